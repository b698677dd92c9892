// on_split.c: see on_split.h.

#include "report/on_split.h"
#include "base/csv.h"
#include "base/metric.h"
#include "base/statistic.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

typedef struct {
    const char *split, *metric;
    double majority; // NAN: the metric has no best constant answer
} Score;

static bool scores_read(Arena *arena, const char *path, Score **scores, size_t *count, Error *error)
{
    static const char *const names[] = { "split", "metric", "majority" };
    Bytes bytes;
    Csv csv;
    size_t at[3];
    if (!file_read(arena, path, &bytes, error) ||
        !csv_parse_as(arena, bytes, path, &(CsvForm){ .header = true }, &csv, error))
        return false;
    for (size_t c = 0; c < 3; c++)
        if ((at[c] = csv_column(&csv, names[c])) == SIZE_MAX)
            return fail(error, ERROR_INPUT, (Where){ .file = path }, NULL, "has no column '%s'",
                        names[c]);
    if (csv.rows == 0 || bytes.data[bytes.size - 1] != '\n') // a number that is cut is a number
        return fail(error, ERROR_INPUT, (Where){ .file = path }, "whole lines, as the run wrote it",
                    "is cut off");
    Score *score = *scores = arena_take(arena, csv.rows, sizeof *score);
    *count = csv.rows;
    for (size_t r = 0; r < csv.rows; r++) {
        const char *const *field = csv.row[r].field, *text = field[at[2]];
        Where where = { .file = path, .line = csv.row[r].line, .item = names[2] };
        score[r] = (Score){ field[at[0]], field[at[1]], NAN };
        if (*text && !text_real(text, &score[r].majority))
            return fail(error, ERROR_INPUT, where, "a number, or empty", "'%s' is not a number",
                        text);
        if (!score_bounded(score[r].majority, text, where, error))
            return false;
    }
    return true;
}

// The run's file: it is no part of the row, and may be left behind.
static const char *scores_of(Arena *arena, const Rows *rows, const Row *row)
{
    const char *path = beside_row(arena, rows, row, "scores");
    return path && name_exists(path) ? path : NULL;
}

bool majorities_check(Arena *arena, const Rows *rows, Error *error)
{
    bool ok = true;
    size_t mark = arena_mark(arena), count;
    for (size_t r = 0; r < rows->count && ok; r++) {
        const char *path = scores_of(arena, rows, &rows->row[r]);
        Score *scores;
        ok = !path || scores_read(arena, path, &scores, &count, error);
        arena_rewind(arena, mark);
    }
    return ok;
}

double run_majority(Arena *arena, const Rows *rows, const Row *row, const char *split)
{
    Error error;
    Score *score;
    size_t count;
    if (text_same(row->eval_split, split) && !isnan(row->majority_score))
        return row->majority_score; // a trial, which is judged on tune, does not have it
    const char *path = scores_of(arena, rows, row);
    if (!path || !scores_read(arena, path, &score, &count, &error))
        return NAN;
    for (size_t r = 0; r < count; r++)
        if (!strcmp(score[r].split, split) && text_same(row->metric, score[r].metric))
            return score[r].majority;
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
