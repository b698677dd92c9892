// summary.c: see summary.h.

#include "report/summary.h"
#include "base/metric.h"
#include "base/text.h"
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// What a decided column says about where a run belongs. One that is in no list is the protocol's.
// clang-format off
static const char *const name_columns[] = { // a run's name, or what follows from other columns
    "key", "schema", "sweep", "study", "stage", "task", "spec_sha", "vocab_sha", "steps",
    "best_epoch", "truncated_share", "head_new", "search_space", "winner_key", "winner_on_edge", NULL };
static const char *const seed_columns[] = {
    "seed", "init_seed", "order_seed", "dropout_seed", "data_seed", "fold", NULL };
static const char *const line_columns[] = {
    "model", "method", "pretrained", "options", "model_sha", "method_sha", "lr", "head_lr",
    "micro_batch", "recompute", "frozen_dropout", "budget", "budget_of", "head", "lr_source",
    "trials", NULL };
static const char *const searched_columns[] = { // the line's where a search chose them
    "epochs", "min_steps", NULL };
static const char *const hashes[] = { // of the group machine, but they decide what is computed
    "data_sha", "model_sha", NULL };
static const char *const noted_columns[] = { // lines may differ in them, and the table says so
    "head", "lr_source", "trials", "epochs", "min_steps", NULL };
static const char *const machine_columns[] = { "cpu", "blas_core", "threads", "jobs", NULL };
static const char *const shown_columns[] = {
    "train_n", "tune_n", "train_on", "train_limit", "epochs", "min_steps", "batch", "max_length",
    "select", NULL };
// clang-format on

typedef enum { OF_BLOCK, OF_LINE, OF_SEARCH, OF_SEED } Part;
typedef struct {
    const Column *column;
    Part part;
} Field;

typedef struct {
    const Row *row;
    const char **value; // of each field, as written
    bool searched;
    size_t draft; // the cell it is in
} Run;

// A cell or a block while runs are being placed: what is known of it so far.
typedef struct {
    const char **value;
    const char *task;
    size_t block;
} Draft;

typedef struct {
    Arena *arena;
    Field *field;
    size_t fields;
    Run *run;
    size_t runs;
    Draft *block, *cell;
    size_t blocks, cells;
} Work;

static void find_fields(Work *work);
static void keep_runs(Work *work, const Row *rows, size_t count, Summary *summary);
static void place(Work *work, Run *run);
static bool same_items(const Work *work, size_t block, Error *error);
static bool seeds_differ(const Work *work, Error *error);
static void fill_block(const Work *work, size_t b, Block *block);
static void label_cells(const Work *work, Summary *summary);
static void name_blocks(const Work *work, Summary *summary);
static void note_uneven(const Work *work, Block *block);
static int by_task(const void *a, const void *b);

bool summary_of(Arena *arena, const Row *rows, size_t count, Summary *summary, Error *error)
{
    Work work = { .arena = arena };
    *summary = (Summary){ 0 };
    find_fields(&work);
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
        note_uneven(&work, &summary->block[b]);
    }
    qsort(summary->block, summary->blocks, sizeof(Block), by_task);
    return true;
}

static bool listed(const char *const *list, const char *name)
{
    while (*list && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}

static void find_fields(Work *work)
{
    work->field = arena_take(work->arena, row_columns, sizeof *work->field);
    for (size_t i = 0; i < row_columns; i++) {
        const Column *c = &row_column[i];
        bool here = !strcmp(c->group, "key") || !strcmp(c->group, "what") ||
                    !strcmp(c->group, "protocol") || listed(hashes, c->name);
        if (!here || c->kind != COLUMN_decided || listed(name_columns, c->name))
            continue;
        Part part = listed(seed_columns, c->name)       ? OF_SEED
                    : listed(line_columns, c->name)     ? OF_LINE
                    : listed(searched_columns, c->name) ? OF_SEARCH
                                                        : OF_BLOCK;
        work->field[work->fields++] = (Field){ c, part };
    }
}

static const char *known(const char *text)
{
    return text ? text : "";
}

static bool ok(const Row *row)
{
    return !strcmp(known(row->status), "ok");
}

static int by_key(const void *a, const void *b) // of one key, the run that is worth most first
{
    const Row *x = *(const Row *const *)a, *y = *(const Row *const *)b;
    int order = strcmp(known(x->key), known(y->key));
    if (!order)
        order = ok(y) - ok(x);
    return order ? order : strcmp(known(y->finished_at), known(x->finished_at));
}

static int by_seed(const void *a, const void *b) // those that ended ok first: they know most
{
    const Row *x = *(const Row *const *)a, *y = *(const Row *const *)b;
    if (ok(x) != ok(y))
        return ok(y) - ok(x);
    if (x->seed != y->seed)
        return x->seed < y->seed ? -1 : 1;
    return strcmp(known(x->key), known(y->key));
}

// Every order of the same rows gives the same runs in the same order, and so the same bits.
static void keep_runs(Work *work, const Row *rows, size_t count, Summary *summary)
{
    const Row **kept = arena_take(work->arena, count + 1, sizeof(Row *));
    size_t finals = 0, n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(known(rows[i].stage), "trial"))
            summary->trials++;
        else
            kept[finals++] = &rows[i];
    }
    qsort(kept, finals, sizeof(Row *), by_key);
    for (size_t i = 0; i < finals; i++) {
        if (n > 0 && kept[i]->key && !strcmp(kept[i]->key, known(kept[n - 1]->key)))
            summary->copies++;
        else
            kept[n++] = kept[i];
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
        run->value = arena_take(work->arena, work->fields + 1, sizeof(char *));
        for (size_t f = 0; f < work->fields; f++)
            run->value[f] = row_text(work->arena, kept[i], work->field[f].column);
    }
}

static Part part_of(const Work *work, size_t field, const Run *run)
{
    Part part = work->field[field].part;
    return part != OF_SEARCH ? part : run->searched ? OF_LINE : OF_BLOCK;
}

static bool agrees(const Work *work, const Run *run, const Draft *draft, Part part)
{
    for (size_t f = 0; f < work->fields; f++) {
        const char *mine = run->value[f], *its = draft->value[f];
        if (part_of(work, f, run) == part && *mine && *its && strcmp(mine, its) != 0)
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

// Refuses two scores in one column that are of different items or metrics.
static bool same_items(const Work *work, size_t block, Error *error)
{
    static const char *const names[] = { "metric", "eval_split", "eval_n" };
    const Row *first = NULL;
    for (size_t i = 0; i < work->runs; i++) {
        const Row *row = work->run[i].row;
        if (work->cell[work->run[i].draft].block != block || !ok(row))
            continue;
        if (!first)
            first = row;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            const Column *column = row_find(names[k]);
            const char *a = row_text(work->arena, first, column);
            const char *b = row_text(work->arena, row, column);
            if (strcmp(a, b) != 0)
                return fail(error, ERROR_INPUT, (Where){ .item = row->task },
                            "the same in every row of a table", "%s is %s in %s but %s in %s",
                            names[k], *a ? a : "unknown", known(first->key), *b ? b : "unknown",
                            known(row->key));
        }
    }
    return true;
}

// Two rows of one cell with the same seeds are one run, or differ in what no list above knows.
static bool seeds_differ(const Work *work, Error *error)
{
    for (size_t i = 0; i < work->runs; i++)
        for (size_t j = i + 1; j < work->runs; j++) {
            const Run *a = &work->run[i], *b = &work->run[j];
            bool same = a->draft == b->draft;
            for (size_t f = 0; same && f < work->fields; f++)
                same = work->field[f].part != OF_SEED || !strcmp(a->value[f], b->value[f]);
            if (same)
                return fail(error, ERROR_INPUT, (Where){ .item = a->row->task }, "one row a seed",
                            "%s and %s are the same run of %s, seed %s", known(a->row->key),
                            known(b->row->key), known(a->row->method),
                            row_text(work->arena, a->row, row_find("seed")));
        }
    return true;
}

static double number(const Row *row, const char *name)
{
    const Column *column = row_find(name);
    const char *at = (const char *)row + column->field;
    if (column->type == COLUMN_Real)
        return *(const Real *)at;
    assert(column->type == COLUMN_Whole);
    return *(const Whole *)at == WHOLE_UNKNOWN ? NAN : (double)*(const Whole *)at;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef enum { MEDIAN, LARGEST } Middle;

// Of what the runs of a cell say about a column; NAN where none says anything.
static double over_runs(const Work *work, size_t cell, const char *name, Middle which)
{
    size_t n = 0, mark = arena_mark(work->arena);
    double *value = arena_take(work->arena, work->runs, sizeof *value);
    for (size_t i = 0; i < work->runs; i++)
        if (work->run[i].draft == cell && ok(work->run[i].row)) {
            value[n] = number(work->run[i].row, name);
            if (!isnan(value[n]))
                n++;
        }
    qsort(value, n, sizeof *value, ascending);
    double middle = n == 0             ? NAN
                    : which == LARGEST ? value[n - 1]
                                       : (value[(n - 1) / 2] + value[n / 2]) / 2;
    arena_rewind(work->arena, mark);
    return middle;
}

// A model's own parameters are those of its row with the fewest: methods add theirs.
static double model_size(const Work *work, const char *model)
{
    double smallest = INFINITY;
    for (size_t i = 0; i < work->runs; i++)
        if (!strcmp(known(work->run[i].row->model), known(model)))
            smallest = fmin(smallest, number(work->run[i].row, "params_total"));
    return smallest;
}

static void fill_cell(const Work *work, size_t c, Cell *cell)
{
    size_t n = 0, mark = arena_mark(work->arena);
    double *score = arena_take(work->arena, work->runs, sizeof *score), living = 0;
    for (size_t i = 0; i < work->runs; i++) {
        const Row *row = work->run[i].row;
        const char *status = known(row->status);
        if (work->run[i].draft != c)
            continue;
        if (!cell->row)
            cell->row = row;
        cell->runs++;
        cell->failed += !strcmp(status, "failed");
        cell->diverged += !strcmp(status, "diverged");
        cell->timeout += !strcmp(status, "timeout");
        const char *edge = row_text(work->arena, row, row_find("winner_on_edge"));
        cell->on_edge = cell->on_edge || !strcmp(edge, "yes") || !strcmp(edge, "1");
        if (!ok(row) || isnan(row->score))
            continue;
        score[n++] = row->score;
        if (metric_dead(row->score, row->majority_score))
            cell->dead++;
        else
            living += row->score;
    }
    cell->unscored = cell->runs - n - cell->failed - cell->diverged - cell->timeout;
    cell->untrained = !strcmp(known(cell->row->pretrained), "no");
    cell->score = interval_of(score, n, 0.95);
    arena_rewind(work->arena, mark);
    cell->living = cell->dead > 0 && cell->dead < n ? living / (double)(n - cell->dead) : NAN;
    cell->model_size = model_size(work, cell->row->model);
    cell->params_trained = over_runs(work, c, "params_trained", MEDIAN);
    cell->trained_share = over_runs(work, c, "trained_share", MEDIAN);
    cell->trained_share_nonembedding = over_runs(work, c, "trained_share_nonembedding", MEDIAN);
    cell->plan_peak = over_runs(work, c, "plan_peak", LARGEST);
    cell->rss_peak = over_runs(work, c, "rss_peak", LARGEST);
    cell->train_s = over_runs(work, c, "train_s", MEDIAN);
}

// "cpu, jobs": the columns of `names` in which runs of the block that ended ok differ; or NULL.
static const char *differing(const Work *work, size_t block, const char *const *names)
{
    const char *text = NULL;
    for (; *names; names++) {
        const char *first = NULL;
        bool differ = false;
        for (size_t i = 0; i < work->runs; i++) {
            const Run *run = &work->run[i];
            if (work->cell[run->draft].block != block || !ok(run->row))
                continue;
            const char *value = row_text(work->arena, run->row, row_find(*names));
            if (!first)
                first = value;
            differ = differ || strcmp(first, value) != 0;
        }
        if (differ)
            text_append(work->arena, &text, ", ", "%s", *names);
    }
    return text;
}

static void fill_block(const Work *work, size_t b, Block *block)
{
    block->task = block->name = work->block[b].task;
    block->items = WHOLE_UNKNOWN;
    block->majority = NAN;
    block->cell = arena_zero(work->arena, work->cells, sizeof *block->cell);
    for (size_t c = 0; c < work->cells; c++)
        if (work->cell[c].block == b)
            fill_cell(work, c, &block->cell[block->cells++]);
    for (size_t i = 0; i < work->runs && !block->metric; i++)
        if (work->cell[work->run[i].draft].block == b && ok(work->run[i].row)) {
            block->metric = work->run[i].row->metric;
            block->split = work->run[i].row->eval_split;
            block->items = work->run[i].row->eval_n;
            block->majority = work->run[i].row->majority_score;
        }
    block->untimed = differing(work, b, machine_columns);
    block->protocol = "";
    for (size_t f = 0; f < work->fields; f++)
        if (listed(shown_columns, work->field[f].column->name) && *work->block[b].value[f])
            text_append(work->arena, &block->protocol, ", ", "%s %s", work->field[f].column->name,
                        work->block[b].value[f]);
}

// Where a task has several blocks: numbers them, and says for each what differs.
static void name_blocks(const Work *work, Summary *summary)
{
    for (size_t b = 0; b < work->blocks; b++) {
        size_t of_task = 0, number_here = 0;
        summary->block[b].differs = "";
        for (size_t o = 0; o < work->blocks; o++)
            if (!strcmp(work->block[o].task, work->block[b].task))
                of_task++, number_here += o <= b;
        if (of_task == 1)
            continue;
        summary->block[b].name =
            arena_format(work->arena, "%s (%zu)", work->block[b].task, number_here);
        for (size_t f = 0; f < work->fields; f++) {
            const char *mine = work->block[b].value[f];
            bool differs = false;
            for (size_t o = 0; o < work->blocks; o++)
                differs = differs || (!strcmp(work->block[o].task, work->block[b].task) &&
                                      strcmp(work->block[o].value[f], mine) != 0);
            if (differs)
                text_append(work->arena, &summary->block[b].differs, ", ", "%s %s",
                            work->field[f].column->name, *mine ? mine : "unknown");
        }
    }
}

// Whether "lora.alpha=16;lora.rank=8" has just this `part` ("lora.rank=8") among its options.
static bool has_option(const char *options, const char *part, size_t length)
{
    for (const char *at = options; *at; at += strspn(at, ";")) {
        size_t other = strcspn(at, ";");
        if (other == length && !strncmp(at, part, length))
            return true;
        at += other;
    }
    return false;
}

// " rank=8": the options of a cell that have another value in some cell of the same method.
static const char *differing_options(const Work *work, const Cell *cell, Cell *const *all,
                                     size_t cells)
{
    const char *method = known(cell->row->method), *text = "";
    size_t parts, own = strlen(method);
    char **part = text_split(work->arena, known(cell->row->options), ';', &parts);
    for (size_t p = 0; p < parts; p++) {
        bool differs = false;
        for (size_t c = 0; c < cells && !differs; c++)
            differs = !strcmp(known(all[c]->row->method), method) && all[c]->row->options &&
                      !has_option(all[c]->row->options, part[p], strlen(part[p]));
        // In a lora, "lora." goes without saying.
        bool prefixed = !strncmp(part[p], method, own) && part[p][own] == '.';
        if (differs)
            text_append(work->arena, &text, "", " %s", part[p] + (prefixed ? own + 1 : 0));
    }
    return text;
}

// " lr=0.001": in what the lines that would have the same label differ.
static const char *differing_settings(const Work *work, const Cell *cell, const Cell *others,
                                      size_t cells)
{
    const char *text = "";
    for (size_t f = 0; f < work->fields; f++) {
        const Column *column = work->field[f].column;
        bool hash = strstr(column->name, "_sha") != NULL, differs = false;
        const char *mine = row_text(work->arena, cell->row, column);
        if ((work->field[f].part != OF_LINE && work->field[f].part != OF_SEARCH) || !*mine)
            continue;
        for (size_t c = 0; c < cells && !differs; c++)
            differs = !strcmp(others[c].label, cell->label) &&
                      !strcmp(known(others[c].row->model), known(cell->row->model)) &&
                      strcmp(row_text(work->arena, others[c].row, column), mine) != 0;
        if (differs)
            text_append(work->arena, &text, "", " %s=%.*s", column->name, hash ? 8 : 200, mine);
    }
    return text;
}

static void label_cells(const Work *work, Summary *summary)
{
    Cell **all = arena_take(work->arena, work->cells + 1, sizeof *all);
    size_t n = 0;
    for (size_t b = 0; b < summary->blocks; b++)
        for (size_t c = 0; c < summary->block[b].cells; c++)
            all[n++] = &summary->block[b].cell[c];
    for (size_t c = 0; c < n; c++)
        all[c]->label = arena_format(work->arena, "%s%s%s", known(all[c]->row->method),
                                     differing_options(work, all[c], all, n),
                                     all[c]->untrained ? " (untrained)" : "");
    for (size_t b = 0; b < summary->blocks; b++) {
        Block *block = &summary->block[b];
        const char **more = arena_take(work->arena, block->cells + 1, sizeof *more);
        for (size_t c = 0; c < block->cells; c++) // all are compared before any is changed
            more[c] = differing_settings(work, &block->cell[c], block->cell, block->cells);
        for (size_t c = 0; c < block->cells; c++)
            text_append(work->arena, &block->cell[c].label, "", "%s", more[c]);
    }
}

// "head pooler: full, lora; head mean: feature", for each noted column that differs.
static void note_uneven(const Work *work, Block *block)
{
    for (const char *const *name = noted_columns; *name; name++) {
        const Column *column = row_find(*name);
        const char *text = "";
        size_t values = 0;
        for (size_t c = 0; c < block->cells; c++) {
            const char *value = row_text(work->arena, block->cell[c].row, column), *who = "";
            bool before = !*value;
            for (size_t o = 0; o < block->cells; o++) {
                bool same = !strcmp(row_text(work->arena, block->cell[o].row, column), value);
                bool named = false;
                for (size_t p = 0; p < o && !named; p++) // the same label under another model
                    named = !strcmp(block->cell[p].label, block->cell[o].label);
                before = before || (same && o < c);
                if (same && !named)
                    text_append(work->arena, &who, ", ", "%s", block->cell[o].label);
            }
            if (before)
                continue;
            values++;
            text_append(work->arena, &text, "; ", "%s %s: %s", *name, value, who);
        }
        if (values > 1)
            text_append(work->arena, &block->uneven, "; ", "%s", text);
    }
}

int cell_order(const void *a, const void *b)
{
    const Cell *x = a, *y = b;
    int order = ascending(&x->model_size, &y->model_size);
    if (!order)
        order = strcmp(known(x->row->model), known(y->row->model));
    if (!order)
        order = x->untrained - y->untrained;
    if (!order && !isnan(x->params_trained) && !isnan(y->params_trained))
        order = ascending(&x->params_trained, &y->params_trained);
    if (!order)
        order = isnan(x->params_trained) - isnan(y->params_trained);
    return order ? order : strcmp(x->label, y->label);
}

static int by_task(const void *a, const void *b)
{
    const Block *x = a, *y = b;
    int order = strcmp(x->task, y->task);
    return order ? order : strcmp(x->name, y->name);
}

void text_append(Arena *arena, const char **text, const char *separator, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t size = (size_t)vsnprintf(NULL, 0, format, arguments) + 1;
    va_end(arguments);
    char *part = arena_take(arena, size, 1);
    va_start(arguments, format);
    vsnprintf(part, size, format, arguments);
    va_end(arguments);
    if (!*text || !**text)
        separator = "";
    *text = arena_format(arena, "%s%s%s", known(*text), separator, part);
}

const char *cell_dead(Arena *arena, const Cell *cell)
{
    return cell->dead ? arena_format(arena, "%zu/%zu dead", cell->dead, cell->score.n) : "";
}

const char *cell_missing(Arena *arena, const Cell *cell)
{
    const char *text = "";
    if (cell->failed)
        text_append(arena, &text, ", ", "%zu failed", cell->failed);
    if (cell->diverged)
        text_append(arena, &text, ", ", "%zu diverged", cell->diverged);
    if (cell->timeout)
        text_append(arena, &text, ", ", "%zu timeout", cell->timeout);
    if (cell->unscored)
        text_append(arena, &text, ", ", "%zu without a score", cell->unscored);
    return text;
}
