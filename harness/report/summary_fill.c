// summary_fill.c: the numbers of cells and blocks; see summary.h.

#include "report/summary_impl.h"
#include "base/metric.h"
#include "base/text.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
const char *const machine_columns[] = {
    "cpu", "blas", "blas_core", "threads", "jobs", "backend", "compiler", "flags", NULL };
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

Interval cell_interval(Arena *arena, const Cell *cell, const Column *column)
{
    double *value;
    size_t mark = arena_mark(arena), n = values(arena, cell, column, &value);
    Interval interval = interval_of(value, n, 0.95);
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

static void fill_cell(const Work *work, size_t c, Cell *cell)
{
    const Row **run = arena_take(work->arena, work->runs, sizeof *run);
    const Column *score = row_find(work->trials ? "tune_score" : "score");
    size_t scored = 0;
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
        if (!row_ok(row) || isnan(row_number(row, score)))
            continue;
        scored++;
        cell->dead += metric_dead(row_number(row, score), row->majority_score);
    }
    cell->run = run;
    cell->row = run[0];
    cell->unscored = cell->runs - scored - cell->failed - cell->diverged - cell->timeout;
    cell->untrained = !strcmp(known(cell->row->pretrained), "no");
    cell->score = cell_interval(work->arena, cell, score);
    cell->model_size = model_size(work, cell->row->model);
    cell->params_trained = cell_median(work->arena, cell, row_find("params_trained"));
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
            if (work->cell[run->draft].block != block || !row_ok(run->row))
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

void fill_block(const Work *work, size_t b, Block *block)
{
    block->task = block->name = work->block[b].task;
    block->items = WHOLE_UNKNOWN;
    block->cell = arena_zero(work->arena, work->cells, sizeof *block->cell);
    for (size_t c = 0; c < work->cells; c++)
        if (work->cell[c].block == b)
            fill_cell(work, c, &block->cell[block->cells++]);
    for (size_t i = 0; i < work->runs && !block->metric; i++)
        if (work->cell[work->run[i].draft].block == b && row_ok(work->run[i].row)) {
            block->metric = work->run[i].row->metric;
            block->split = work->trials ? "tune" : work->run[i].row->eval_split;
            block->items = work->trials ? work->run[i].row->tune_n : work->run[i].row->eval_n;
        }
    block->untimed = differing(work, b, machine_columns);
    block->protocol = "";
    for (size_t f = 0; f < work->fields; f++)
        if (text_among(work->field[f].column->name, shown_columns) && !work->field[f].apart &&
            *work->block[b].value[f])
            text_append(work->arena, &block->protocol, ", ", "%s %s", work->field[f].column->name,
                        work->block[b].value[f]);
}
