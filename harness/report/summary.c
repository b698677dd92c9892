// summary.c: see summary.h.

#include "report/summary_impl.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

// What a decided column says about where a run belongs. One that is in no list is the protocol's.
// clang-format off
static const char *const name_columns[] = { // a run's name, or what follows from other columns
    "key", "schema", "sweep", "study", "stage", "task", "steps", "best_epoch", "truncated_share",
    "head_new", "budget_of", "search_space", "winner_key", "winner_on_edge", NULL };
static const char *const seed_columns[] = {
    "seed", "init_seed", "order_seed", "dropout_seed", "data_seed", NULL };
static const char *const line_columns[] = {
    "model", "method", "pretrained", "options", "model_sha", "vocab_sha", "method_sha", "lr",
    "head_lr", "micro_batch", "recompute", "frozen_dtype", "frozen_dropout", "budget", "head",
    "lr_source", "trials", NULL };
const char *const lever_columns[] = { "micro_batch", "recompute", "frozen_dtype", NULL };
const char *const searched_columns[] = { // the line's where a search tries or chose them
    "epochs", "min_steps", NULL };
static const char *const hashes[] = { // of the group machine, but they decide what is computed
    "data_sha", "model_sha", "vocab_sha", NULL };
const char *const fold_columns[] = { "fold", "train_n", "tune_n", "data_sha", NULL };
const char *const rate_columns[] = { // of each fold, which has a search of its own
    "lr", "head_lr", "epochs", "min_steps", NULL };
static const char *const use_columns[] = { // empty where what they say was not used
    "micro_batch", "recompute", "frozen_dtype", "budget", NULL };
// clang-format on

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

static bool uses_levers(Arena *arena, const Row *row)
{
    for (size_t l = 0; lever_columns[l]; l++)
        if (*row_text(arena, row, row_find(lever_columns[l])))
            return true;
    return false;
}

// But for the columns of `but`.
static bool same_line(Arena *arena, const Row *a, const Row *b, const char *const *but)
{
    bool same = true;
    size_t mark = arena_mark(arena);
    for (size_t c = 0; line_columns[c] && same; c++) {
        const Column *column = row_find(line_columns[c]);
        same = text_among(column->name, but) ||
               !strcmp(row_text(arena, a, column), row_text(arena, b, column));
    }
    arena_rewind(arena, mark);
    return same;
}

bool same_search(Arena *arena, const Row *a, const Row *b)
{
    return same_line(arena, a, b, rate_columns);
}

bool same_seed(Arena *arena, const Row *a, const Row *b)
{
    bool same = true;
    size_t mark = arena_mark(arena);
    for (size_t c = 0; seed_columns[c] && same; c++)
        same = !strcmp(row_text(arena, a, row_find(seed_columns[c])),
                       row_text(arena, b, row_find(seed_columns[c])));
    arena_rewind(arena, mark);
    return same;
}

// Of the runs that ended ok, which stand first and by seed.
static bool same_seeds(Arena *arena, const Cell *a, const Cell *b)
{
    for (size_t r = 0;; r++) {
        bool more = r < a->runs && row_ok(a->run[r]);
        if (more != (r < b->runs && row_ok(b->run[r])))
            return false;
        if (!more)
            return true;
        if (a->run[r]->fold != b->run[r]->fold || !same_seed(arena, a->run[r], b->run[r]))
            return false;
    }
}

const Cell *cell_without_levers(Arena *arena, const Block *block, const Cell *cell,
                                bool *other_seeds)
{
    const Cell *found = NULL;
    size_t mark = arena_mark(arena);
    *other_seeds = false;
    for (size_t c = 0; c < block->cells && !found && uses_levers(arena, cell->row); c++) {
        const Cell *other = &block->cell[c];
        if (uses_levers(arena, other->row) ||
            !same_line(arena, cell->row, other->row, lever_columns))
            continue;
        if (same_seeds(arena, cell, other))
            found = other;
        else
            *other_seeds = true;
    }
    *other_seeds = *other_seeds && !found;
    arena_rewind(arena, mark);
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
        bool here = !strcmp(c->group, "key") || !strcmp(c->group, "what") ||
                    !strcmp(c->group, "protocol") || text_among(c->name, hashes);
        if (!here || c->kind != COLUMN_decided || text_among(c->name, name_columns))
            continue;
        Part part = text_among(c->name, seed_columns)       ? OF_SEED
                    : text_among(c->name, line_columns)     ? OF_LINE
                    : text_among(c->name, searched_columns) ? OF_SEARCH
                                                            : OF_BLOCK;
        if (c == row_find("fold"))
            work->fold = work->fields;
        work->field[work->fields++] = (Field){ c, part, text_among(c->name, use_columns), false };
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
    const char *column = work->field[field].column->name;
    if (run->folded &&
        (text_among(column, fold_columns) || (run->searched && text_among(column, rate_columns))))
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

// Two rows of one cell and fold with the same seeds are one run, or differ in what no list above
// knows.
static bool seeds_differ(const Work *work, Error *error)
{
    for (size_t i = 0; i < work->runs; i++)
        for (size_t j = i + 1; j < work->runs; j++) {
            const Run *a = &work->run[i], *b = &work->run[j];
            if (a->draft == b->draft && a->row->fold == b->row->fold &&
                same_seed(work->arena, a->row, b->row))
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
