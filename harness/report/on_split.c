// on_split.c: see on_split.h.

#include "report/on_split.h"
#include "base/csv.h"
#include "base/metric.h"
#include "base/statistic.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

double run_majority(Arena *arena, const Rows *rows, const Row *row, const char *split)
{
    double majority;
    Error error;
    Csv csv;
    if (text_same(row->eval_split, split) && !isnan(row->majority_score))
        return row->majority_score; // a trial, which is judged on tune, does not have it
    const char *path = beside_row(arena, rows, row, "scores");
    if (!path || !csv_read(arena, path, CSV_COMMAS, true, &csv, &error))
        return NAN; // it is no part of the row, and may be left behind
    size_t s = csv_column(&csv, "split"), m = csv_column(&csv, "metric"),
           v = csv_column(&csv, "majority");
    for (size_t r = 0; r < csv.rows && s != SIZE_MAX && m != SIZE_MAX && v != SIZE_MAX; r++)
        if (!strcmp(csv.row[r].field[s], split) && text_same(row->metric, csv.row[r].field[m]) &&
            text_real(csv.row[r].field[v], &majority))
            return majority;
    return NAN;
}

const Column *split_column(const char *split)
{
    static const char *const splits[][2] = { { "dev", "score_dev" },
                                             { "test", "score_test" },
                                             { "tune", "tune_score" } };
    for (size_t s = 0; s < sizeof splits / sizeof *splits; s++)
        if (!strcmp(split, splits[s][0]))
            return row_find(splits[s][1]);
    return NULL;
}

double run_score(const Row *row, const char *split)
{
    const Column *column = split_column(split);
    if (text_same(row->eval_split, split) && !isnan(row->score))
        return row->score;
    return column ? row_number(row, column) : NAN; // a trial has what it scored on tune alone
}

OnSplit cell_on_split(Arena *arena, const Rows *rows, const Cell *cell, const char *split)
{
    double *score = arena_take(arena, cell->runs + 1, sizeof *score), living = 0;
    OnSplit on = { 0 };
    for (size_t r = 0; r < cell->runs; r++) {
        const Row *row = cell->run[r];
        score[r] = row_ok(row) ? run_score(row, split) : NAN;
        if (isnan(score[r]))
            continue;
        size_t mark = arena_mark(arena);
        double majority = run_majority(arena, rows, row, split);
        bool dead = metric_dead(score[r], majority);
        arena_rewind(arena, mark);
        on.judged += isnan(majority) ? 0 : 1;
        on.dead += dead;
        living += dead ? 0 : score[r];
        on.scored++;
    }
    on.unscored = cell->runs - cell->failed - cell->diverged - cell->timeout - on.scored;
    on.score = cell_over_seeds(arena, cell, score, !strcmp(split, "tune"));
    on.living = on.dead > 0 && on.dead < on.scored ? living / (double)(on.scored - on.dead) : NAN;
    return on;
}
