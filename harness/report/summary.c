// summary.c: see summary.h.

#include "report/summary_impl.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

static void find_fields(Work *work, const Column *const *apart);
static void keep_runs(Work *work, const Row *rows, size_t count, Summary *summary);
static void place(Work *work, Run *run);
static bool same_items(const Work *work, size_t block, Error *error);
static bool seeds_differ(const Work *work, Error *error);
static int cell_order(const void *a, const void *b);
static int by_task(const void *a, const void *b);

bool summary_of(Arena *arena, const Row *rows, size_t count, bool trials,
                const Column *const *apart, Summary *summary, Error *error)
{
    Work work = { .arena = arena, .trials = trials };
    *summary = (Summary){ 0 };
    find_fields(&work, apart);
    keep_runs(&work, rows, count, summary);
    work.block = arena_zero(arena, work.runs + 1, sizeof *work.block);
    work.cell = arena_zero(arena, work.runs + 1, sizeof *work.cell);
    for (size_t i = 0; i < work.runs; i++)
        place(&work, &work.run[i]);
    for (size_t b = 0; b < work.blocks; b++)
        if (!same_items(&work, b, error))
            return false;
    if (!seeds_differ(&work, error))
        return false;
    summary->blocks = work.blocks;
    summary->block = arena_zero(arena, work.blocks + 1, sizeof *summary->block);
    for (size_t b = 0; b < work.blocks; b++)
        fill_block(&work, b, &summary->block[b]);
    name_blocks(&work, summary);
    label_cells(&work, summary);
    for (size_t b = 0; b < summary->blocks; b++) {
        qsort(summary->block[b].cell, summary->block[b].cells, sizeof(Cell), cell_order);
        note_uneven(&work, summary, &summary->block[b]);
    }
    qsort(summary->block, summary->blocks, sizeof(Block), by_task);
    return true;
}

size_t summary_cells(const Summary *summary)
{
    size_t cells = 0;
    for (size_t b = 0; b < summary->blocks; b++)
        cells += summary->block[b].cells;
    return cells;
}

bool cell_is_null(const Cell *cell)
{
    return !strcmp(known(cell->row->method), "null");
}

const Block *block_of(const Summary *summary, const Cell *cell)
{
    const Block *block = summary->block;
    while (cell < block->cell || cell >= block->cell + block->cells)
        block++;
    return block;
}

static bool uses_levers(const Row *row)
{
    Row none;
    row_clear(&none);
    return !rows_alike(row, &none, ROLE_lever);
}

// Of the runs that ended ok, which stand first and by seed.
static bool same_seeds(const Cell *a, const Cell *b)
{
    for (size_t r = 0;; r++) {
        bool more = r < a->runs && row_ok(a->run[r]);
        if (more != (r < b->runs && row_ok(b->run[r])))
            return false;
        if (!more)
            return true;
        if (a->run[r]->fold != b->run[r]->fold || !rows_alike(a->run[r], b->run[r], ROLE_seed))
            return false;
    }
}

const Cell *cell_without_levers(const Block *block, const Cell *cell, bool *other_seeds)
{
    const Cell *found = NULL;
    *other_seeds = false;
    for (size_t c = 0; c < block->cells && !found && uses_levers(cell->row); c++) {
        const Cell *other = &block->cell[c];
        if (uses_levers(other->row) ||
            !rows_alike(cell->row, other->row, ROLES_OF_LINE & ~ROLE_lever))
            continue;
        if (same_seeds(cell, other))
            found = other;
        else
            *other_seeds = true;
    }
    *other_seeds = *other_seeds && !found;
    return found;
}

static void find_fields(Work *work, const Column *const *apart)
{
    size_t more = 0;
    while (apart && apart[more])
        more++;
    work->field = arena_take(work->arena, row_columns + more, sizeof *work->field);
    for (size_t i = 0; i < row_columns; i++) {
        const Column *c = &row_column[i];
        Part part = c->role == ROLE_seed      ? OF_SEED
                    : c->role == ROLE_steps   ? OF_SEARCH
                    : c->role & ROLES_OF_LINE ? OF_LINE
                                              : OF_BLOCK;
        if (!(c->role & (ROLES_OF_SETTING | ROLE_seed)))
            continue;
        if (c == row_find("fold"))
            work->fold = work->fields;
        bool use = c->role == ROLE_lever || c == row_find("budget");
        work->field[work->fields++] = (Field){ c, part, use, false };
    }
    for (size_t a = 0; a < more; a++) {
        size_t f = 0;
        while (f < work->fields && work->field[f].column != apart[a])
            f++;
        if (f < work->fields && work->field[f].part != OF_SEED)
            work->field[f].apart = true;
        else
            work->field[work->fields++] = (Field){ apart[a], OF_LINE, false, true };
    }
}

static int by_seed(const void *a, const void *b) // those that ended ok first: they know most
{
    const Row *x = *(const Row *const *)a, *y = *(const Row *const *)b;
    if (row_ok(x) != row_ok(y))
        return row_ok(y) - row_ok(x);
    if (x->seed != y->seed)
        return x->seed < y->seed ? -1 : 1;
    if (x->fold != y->fold)
        return x->fold < y->fold ? -1 : 1;
    return strcmp(known(x->key), known(y->key));
}

// Every order of the same rows gives the same runs in the same order, and so the same bits.
static void keep_runs(Work *work, const Row *rows, size_t count, Summary *summary)
{
    const Row **kept = arena_take(work->arena, count + 1, sizeof(Row *));
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        bool trial = !strcmp(known(rows[i].stage), "trial");
        summary->trials += trial;
        if (trial == work->trials)
            kept[n++] = &rows[i];
    }
    qsort(kept, n, sizeof(Row *), by_seed);
    summary->run = kept;
    summary->runs = n;
    work->run = arena_zero(work->arena, n + 1, sizeof *work->run);
    work->runs = n;
    for (size_t i = 0; i < n; i++) {
        Run *run = &work->run[i];
        run->row = kept[i];
        run->searched = !strcmp(known(kept[i]->lr_source), "searched");
        run->folded = kept[i]->fold != WHOLE_UNKNOWN && !work->field[work->fold].apart;
        run->value = arena_take(work->arena, work->fields + 1, sizeof(char *));
        for (size_t f = 0; f < work->fields; f++)
            run->value[f] = row_text(work->arena, kept[i], work->field[f].column);
    }
}

static Part part_of(const Work *work, size_t field, const Run *run)
{
    ColumnRole role = work->field[field].column->role;
    if (run->folded && (role == ROLE_fold || (run->searched && (role & (ROLE_rate | ROLE_steps)))))
        return OF_FOLD;
    Part part = work->field[field].part;
    return part != OF_SEARCH ? part : run->searched || work->trials ? OF_LINE : OF_BLOCK;
}

static bool agrees(const Work *work, const Run *run, const Draft *draft, Part part)
{
    for (size_t f = 0; f < work->fields; f++) {
        const char *mine = run->value[f], *its = draft->value[f];
        bool comparable = (*mine && *its) || work->field[f].use;
        if (part_of(work, f, run) == part && comparable && strcmp(mine, its) != 0)
            return false;
    }
    return true;
}

// Adds what the run knows to a draft that it agrees with.
static void join(const Work *work, const Run *run, Draft *draft, Part part)
{
    if (!draft->value) {
        draft->value = arena_take(work->arena, work->fields + 1, sizeof(char *));
        for (size_t f = 0; f < work->fields; f++)
            draft->value[f] = "";
    }
    for (size_t f = 0; f < work->fields; f++)
        if (part_of(work, f, run) == part && !*draft->value[f])
            draft->value[f] = run->value[f];
}

static void place(Work *work, Run *run)
{
    size_t b = 0, c = 0;
    while (b < work->blocks && (strcmp(work->block[b].task, known(run->row->task)) != 0 ||
                                !agrees(work, run, &work->block[b], OF_BLOCK)))
        b++;
    work->blocks += b == work->blocks;
    work->block[b].task = known(run->row->task);
    join(work, run, &work->block[b], OF_BLOCK);
    while (c < work->cells &&
           (work->cell[c].block != b || !agrees(work, run, &work->cell[c], OF_LINE)))
        c++;
    work->cells += c == work->cells;
    work->cell[c].block = b;
    join(work, run, &work->cell[c], OF_LINE);
    run->draft = c;
}

// The first run of the block that ended ok and knows the column: of the same fold, as `row`, where
// `per_fold`.
static const Row *first_of(const Work *work, size_t block, const Row *row, const Column *column,
                           bool per_fold)
{
    for (size_t i = 0; i < work->runs; i++) {
        const Row *first = work->run[i].row;
        if (work->cell[work->run[i].draft].block == block && row_ok(first) &&
            (!per_fold || first->fold == row->fold) && *row_text(work->arena, first, column))
            return first;
    }
    return row;
}

// Refuses two scores in one column that are of different items, but for folds, or metrics.
static bool same_items(const Work *work, size_t block, Error *error)
{
    static const struct {
        const char *column;
        bool per_fold, if_known; // not every run is tested; a data_sha may have been left out
    } of[] = { { "metric", false, false },
               { "eval_split", false, false },
               { "eval_n", true, false },
               { "test_n", true, true },
               { "data_sha", true, true } };
    for (size_t i = 0; i < work->runs; i++) {
        const Row *row = work->run[i].row;
        if (work->cell[work->run[i].draft].block != block || !row_ok(row))
            continue;
        for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
            const Column *column = row_find(of[k].column);
            const Row *first = first_of(work, block, row, column, of[k].per_fold);
            const char *a = row_text(work->arena, first, column);
            const char *b = row_text(work->arena, row, column);
            if (strcmp(a, b) != 0 && !(*b == '\0' && of[k].if_known))
                return fail(error, ERROR_INPUT, (Where){ .item = row->task },
                            "the same in every row of a table", "%s is %s in %s but %s in %s",
                            of[k].column, *a ? a : "unknown", known(first->key), *b ? b : "unknown",
                            known(row->key));
        }
    }
    return true;
}

// Two rows of one cell and fold with the same seeds are one run, or differ in what no column says.
static bool seeds_differ(const Work *work, Error *error)
{
    for (size_t i = 0; i < work->runs; i++)
        for (size_t j = i + 1; j < work->runs; j++) {
            const Run *a = &work->run[i], *b = &work->run[j];
            if (a->draft == b->draft && a->row->fold == b->row->fold &&
                rows_alike(a->row, b->row, ROLE_seed))
                return fail(error, ERROR_INPUT, (Where){ .item = a->row->task },
                            "one row a seed: one of them moved to another folder",
                            "rows %s and %s are both %s with seed %s, and no column but the key "
                            "tells them apart",
                            known(a->row->key), known(b->row->key), known(a->row->method),
                            row_text(work->arena, a->row, row_find("seed")));
        }
    return true;
}

int method_order(const void *a, const void *b)
{
    const Cell *x = a, *y = b;
    int order = x->untrained - y->untrained;
    if (!order && !isnan(x->params_trained) && !isnan(y->params_trained))
        order = (x->params_trained > y->params_trained) - (x->params_trained < y->params_trained);
    if (!order)
        order = isnan(x->params_trained) - isnan(y->params_trained);
    if (!order && text_same(x->row->method, y->row->method)) // as a number, not as the label has it
        order = (x->row->lr > y->row->lr) - (x->row->lr < y->row->lr);
    return order ? order : strcmp(x->label, y->label);
}

int model_order(const void *a, const void *b)
{
    const Cell *x = a, *y = b;
    int order = (x->model_size > y->model_size) - (x->model_size < y->model_size);
    return order ? order : strcmp(known(x->row->model), known(y->row->model));
}

static int cell_order(const void *a, const void *b)
{
    int order = model_order(a, b);
    return order ? order : method_order(a, b);
}

static int by_task(const void *a, const void *b)
{
    const Block *x = a, *y = b;
    int order = strcmp(x->task, y->task);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}
