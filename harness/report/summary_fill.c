// summary_fill.c: the numbers of cells and blocks; see summary.h.

#include "report/summary_impl.h"
#include "base/text.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
static const char *const shown_columns[] = {
    "fold", "train_n", "tune_n", "train_on", "train_limit", "epochs", "min_steps", "batch", "max_length",
    "select", NULL };
// clang-format on

double row_number(const Row *row, const Column *column)
{
    const char *at = (const char *)row + column->field;
    if (column->type == COLUMN_Real)
        return *(const Real *)at;
    assert(column->type == COLUMN_Whole);
    return *(const Whole *)at == WHOLE_UNKNOWN ? NAN : (double)*(const Whole *)at;
}

// What the runs of a cell that ended ok say about a column, ascending; how many do.
static size_t values(Arena *arena, const Cell *cell, const Column *column, double **value)
{
    size_t n = 0;
    *value = arena_take(arena, cell->runs + 1, sizeof **value);
    for (size_t i = 0; i < cell->runs; i++) {
        double number = row_ok(cell->run[i]) ? row_number(cell->run[i], column) : NAN;
        if (!isnan(number))
            (*value)[n++] = number;
    }
    sort_numbers(*value, n);
    return n;
}

double cell_median(Arena *arena, const Cell *cell, const Column *column)
{
    double *value;
    size_t mark = arena_mark(arena), n = values(arena, cell, column, &value);
    double middle = median(value, n);
    arena_rewind(arena, mark);
    return middle;
}

double cell_training(Arena *arena, const Cell *cell)
{
    size_t mark = arena_mark(arena), n = 0;
    double *value = arena_take(arena, cell->runs + 1, sizeof *value);
    for (size_t i = 0; i < cell->runs; i++) {
        const Row *row = cell->run[i];
        double before = isnan(row->feature_s) ? 0 : row->feature_s;
        if (row_ok(row) && !(isnan(row->train_s) && isnan(row->feature_s)))
            value[n++] = before + (isnan(row->train_s) ? 0 : row->train_s);
    }
    double middle = median(value, n);
    arena_rewind(arena, mark);
    return middle;
}

double cell_largest(Arena *arena, const Cell *cell, const Column *column)
{
    double *value;
    size_t mark = arena_mark(arena), n = values(arena, cell, column, &value);
    double largest = n == 0 ? NAN : value[n - 1];
    arena_rewind(arena, mark);
    return largest;
}

// What a run's score weighs in the mean over folds: the items that it is of; 1 where unknown, or
// where there are no folds.
static double fold_weight(const Row *row, size_t folds, bool tune)
{
    int64_t n = tune ? row->tune_n : row->eval_n;
    return n == WHOLE_UNKNOWN || folds == 1 ? 1 : (double)n;
}

double block_over_folds(const Block *block, const double *value, bool tune)
{
    double sum = 0, items = 0;
    for (size_t f = 0; f < block->folds; f++) {
        double weight = fold_weight(block->fold[f].row, block->folds, tune);
        sum += weight * value[f];
        items += weight;
    }
    return sum / items;
}

Interval cell_over_seeds(Arena *arena, const Cell *cell, const double *value, bool tune)
{
    size_t mark = arena_mark(arena), complete = 0;
    double *mean = arena_take(arena, cell->seeds + 1, sizeof *mean);
    for (size_t s = 0; s < cell->seeds; s++) {
        double sum = 0, items = 0;
        size_t folds = 0;
        for (size_t r = 0; r < cell->runs; r++) {
            double weight = fold_weight(cell->run[r], cell->folds, tune);
            if (cell->seed[r] != s || isnan(value[r]))
                continue;
            sum += weight * value[r];
            items += weight;
            folds++;
        }
        if (folds == cell->folds)
            mean[complete++] = sum / items;
    }
    sort_numbers(mean, complete); // any order of the runs gives the same bits
    Interval interval = interval_of(mean, complete, 0.95);
    arena_rewind(arena, mark);
    return interval;
}

Interval cell_interval(Arena *arena, const Cell *cell, const Column *column)
{
    size_t mark = arena_mark(arena);
    double *value = arena_take(arena, cell->runs + 1, sizeof *value);
    for (size_t r = 0; r < cell->runs; r++)
        value[r] = row_ok(cell->run[r]) ? row_number(cell->run[r], column) : NAN;
    Interval interval = cell_over_seeds(arena, cell, value, column == row_find("tune_score"));
    arena_rewind(arena, mark);
    return interval;
}

// A model's own parameters are those of its row with the fewest: methods add theirs.
static double model_size(const Work *work, const char *model)
{
    const Column *total = row_find("params_total");
    double smallest = INFINITY;
    for (size_t i = 0; i < work->runs; i++)
        if (!strcmp(known(work->run[i].row->model), known(model)))
            smallest = fmin(smallest, row_number(work->run[i].row, total));
    return smallest;
}

// Numbers the seeds of a cell.
static void number_seeds(Arena *arena, Cell *cell)
{
    size_t *seed = arena_take(arena, cell->runs + 1, sizeof *seed);
    cell->seed = seed;
    for (size_t r = 0; r < cell->runs; r++) {
        size_t before = 0;
        while (before < r && !rows_alike(cell->run[before], cell->run[r], ROLE_seed))
            before++;
        seed[r] = before < r ? seed[before] : cell->seeds++;
    }
}

static void fill_cell(const Work *work, size_t c, size_t folds, Cell *cell)
{
    const Row **run = arena_take(work->arena, work->runs, sizeof *run);
    const Column *score = row_find(work->trials ? "tune_score" : "score");
    for (size_t i = 0; i < work->runs; i++) {
        const Row *row = work->run[i].row;
        const char *status = known(row->status);
        if (work->run[i].draft != c)
            continue;
        run[cell->runs++] = row;
        cell->failed += !strcmp(status, "failed");
        cell->diverged += !strcmp(status, "diverged");
        cell->timeout += !strcmp(status, "timeout");
        cell->on_edge = cell->on_edge || text_same(row->winner_on_edge, "yes");
    }
    cell->run = run;
    cell->row = run[0];
    cell->folds = folds;
    number_seeds(work->arena, cell);
    cell->not_run = folds * cell->seeds > cell->runs ? folds * cell->seeds - cell->runs : 0;
    cell->untrained = !strcmp(known(cell->row->pretrained), "no");
    cell->score = cell_interval(work->arena, cell, score);
    cell->model_size = model_size(work, cell->row->model);
    cell->params_trained = cell_median(work->arena, cell, row_find("params_trained"));
}

// "jobs, cpu": what runs of the block that ended ok differ in of the machine; or NULL.
static const char *machines(const Work *work, size_t block)
{
    const char *text = NULL;
    for (const Column *column = row_column; column < row_column + row_columns; column++) {
        const char *first = NULL;
        bool differ = false;
        for (size_t i = 0; i < work->runs && column->role == ROLE_machine; i++) {
            const Run *run = &work->run[i];
            if (work->cell[run->draft].block != block || !row_ok(run->row))
                continue;
            const char *value = row_text(work->arena, run->row, column);
            if (!first)
                first = value;
            differ = differ || strcmp(first, value) != 0;
        }
        if (differ)
            text_append(work->arena, &text, ", ", "%s", column->name);
    }
    return text;
}

static int by_number(const void *a, const void *b)
{
    const Fold *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

// Which folds the runs of a block are of, as far as folds are one question.
static void find_folds(const Work *work, size_t b, Block *block)
{
    Fold *fold = arena_zero(work->arena, work->runs + 1, sizeof *fold);
    bool any = false;
    block->fold = fold;
    for (size_t i = 0; i < work->runs; i++)
        any = any || (work->cell[work->run[i].draft].block == b &&
                      work->run[i].row->fold != WHOLE_UNKNOWN);
    for (size_t i = 0; i < work->runs; i++) {
        const Run *run = &work->run[i];
        int64_t number = run->row->fold != WHOLE_UNKNOWN ? run->row->fold : 0;
        size_t f = 0;
        if (work->cell[run->draft].block != b || (any && number == 0)) // unknown, not none
            continue;
        while (f < block->folds && fold[f].number != number)
            f++;
        if (f == block->folds)
            fold[block->folds++] = (Fold){ number, run->row };
        else if (row_ok(run->row) && !row_ok(fold[f].row))
            fold[f].row = run->row;
    }
    qsort(fold, block->folds, sizeof *fold, by_number);
}

// "train_n 5000"; of folds that differ "train_n 4795-4801", but "fold 1 3 4" where one is missing.
// Nothing of what lines differ in, which is said elsewhere.
static void protocol_part(const Work *work, size_t b, size_t f, size_t folds, const char **protocol)
{
    const Column *column = work->field[f].column;
    const char *all = NULL, *first = NULL;
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < work->runs; i++) {
        const char *value = work->run[i].value[f];
        if (work->cell[work->run[i].draft].block != b || !*value)
            continue;
        first = first ? first : value;
        text_append_once(work->arena, &all, " ", value);
        if (column->type == COLUMN_Whole) {
            least = fmin(least, row_number(work->run[i].row, column));
            most = fmax(most, row_number(work->run[i].row, column));
        }
    }
    bool one = first && !strcmp(all, first);
    bool gaps = column == row_find("fold") && most - least >= (double)folds;
    if (one || gaps)
        text_append(work->arena, protocol, ", ", "%s %s", column->name, all);
    else if (folds > 1 && least < most)
        text_append(work->arena, protocol, ", ", "%s %.0f-%.0f", column->name, least, most);
}

void fill_block(const Work *work, size_t b, Block *block)
{
    block->task = block->name = work->block[b].task;
    block->items = WHOLE_UNKNOWN;
    find_folds(work, b, block);
    block->cell = arena_zero(work->arena, work->cells, sizeof *block->cell);
    for (size_t c = 0; c < work->cells; c++)
        if (work->cell[c].block == b)
            fill_cell(work, c, block->folds, &block->cell[block->cells++]);
    for (size_t i = 0; i < work->runs && !block->metric; i++)
        if (work->cell[work->run[i].draft].block == b && row_ok(work->run[i].row)) {
            block->metric = work->run[i].row->metric;
            block->split = work->trials ? "tune" : work->run[i].row->eval_split;
        }
    for (size_t f = 0; f < block->folds; f++) {
        int64_t n = work->trials ? block->fold[f].row->tune_n : block->fold[f].row->eval_n;
        if (row_ok(block->fold[f].row) && n != WHOLE_UNKNOWN)
            block->items = n + (block->items == WHOLE_UNKNOWN ? 0 : block->items);
    }
    block->untimed = machines(work, b);
    block->protocol = "";
    for (size_t f = 0; f < work->fields; f++)
        if (text_among(work->field[f].column->name, shown_columns) && !work->field[f].apart)
            protocol_part(work, b, f, block->folds, &block->protocol);
}
