// floor.c: see floor.h.

#include "report/floor.h"
#include "base/csv.h"
#include "base/metric.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

static const char *const columns[] = { "task",  "train_limit", "split", "metric",
                                       "floor", "seeds",       "score", NULL };
enum { TASK, TRAIN_LIMIT, SPLIT, METRIC, NAME, SEEDS, SCORE, COLUMNS };
static const char fold_column[] = "fold", sha_column[] = "data_sha"; // may be missing

static const char *cell_if_there(const Csv *csv, const CsvRow *row, const char *column)
{
    size_t at = csv_column(csv, column);
    return at == SIZE_MAX ? "" : row->field[at];
}

static bool floor_read(const Csv *csv, const CsvRow *row, Floor *floor, Error *error)
{
    const char *field[COLUMNS];
    Where where = { .file = csv->file, .line = row->line };
    for (int c = 0; c < COLUMNS; c++)
        field[c] = row->field[csv_column(csv, columns[c])];
    *floor = (Floor){
        .task = field[TASK],
        .split = field[SPLIT],
        .metric = field[METRIC],
        .name = field[NAME],
    };
    const char *data_sha = cell_if_there(csv, row, sha_column);
    floor->data_sha = *data_sha ? data_sha : NULL;
    if (!text_whole(field[TRAIN_LIMIT], &floor->train_limit) || floor->train_limit < 0)
        return fail(error, ERROR_INPUT, where, "a number of rows, 0 for all",
                    "train_limit '%s' is none", field[TRAIN_LIMIT]);
    const char *part = cell_if_there(csv, row, fold_column);
    if (*part && (!text_whole(part, &floor->fold) || floor->fold < 0))
        return fail(error, ERROR_INPUT, where, "a fold's number, or empty", "fold '%s' is none",
                    part);
    if (!text_whole(field[SEEDS], &floor->seeds) || floor->seeds < 1)
        return fail(error, ERROR_INPUT, where, "a number of runs", "seeds '%s' is none",
                    field[SEEDS]);
    if (!text_real(field[SCORE], &floor->score) || floor->score < -1 || floor->score > 1)
        return fail(error, ERROR_INPUT, where, "a fraction, such as 0.865", "score '%s' is none",
                    field[SCORE]);
    return true;
}

bool floors_of_folders(Arena *arena, const char *const *folders, size_t folder_count,
                       Floors *floors, Error *error)
{
    *floors = (Floors){ 0 };
    for (size_t f = 0; f < folder_count; f++) {
        const char *path = path_join(arena, folders[f], "floors.csv");
        Csv csv;
        if (!file_exists(path))
            continue;
        if (!csv_read(arena, path, CSV_COMMAS, true, &csv, error))
            return false;
        for (int c = 0; c < COLUMNS; c++)
            if (csv_column(&csv, columns[c]) == SIZE_MAX)
                return fail(error, ERROR_INPUT, (Where){ .file = path, .line = 1 },
                            "task,train_limit,fold,split,metric,floor,seeds,score",
                            "no column '%s'", columns[c]);
        Floor *all = arena_take(arena, floors->count + csv.rows + 1, sizeof *all);
        if (floors->count > 0)
            memcpy(all, floors->floor, floors->count * sizeof *all);
        floors->floor = all;
        for (size_t r = 0; r < csv.rows; r++)
            if (!floor_read(&csv, &csv.row[r], &all[floors->count++], error))
                return false;
    }
    return true;
}

const Floor *floor_of(const Floors *floors, const Block *block, const char *split)
{
    const Floor *highest = NULL;
    const Row *row = block->cell->row;
    for (size_t f = 0; f < floors->count; f++) {
        const Floor *floor = &floors->floor[f];
        if (!strcmp(floor->task, block->task) && !strcmp(floor->split, known(split)) &&
            !strcmp(floor->metric, known(block->metric)) &&
            (!floor->data_sha || text_same(row->data_sha, floor->data_sha)) &&
            floor->train_limit == row->train_limit &&
            floor->fold == (row->fold == WHOLE_UNKNOWN ? 0 : row->fold) &&
            (!highest || floor->score > highest->score))
            highest = floor;
    }
    return highest;
}

double run_majority(Arena *arena, const Rows *rows, const Row *row, const char *split)
{
    double majority;
    Error error;
    Csv csv;
    if (text_same(row->eval_split, split))
        return row->majority_score;
    if (!rows->folder || !row->key)
        return NAN;
    char *path = row_file(arena, rows->folder[(size_t)(row - rows->row)], "scores", row->key);
    if (!csv_read(arena, path, CSV_COMMAS, true, &csv, &error))
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

OnSplit cell_on_split(Arena *arena, const Rows *rows, const Cell *cell, const char *split)
{
    const Column *column = split_column(split);
    double *score = arena_take(arena, cell->runs + 1, sizeof *score), living = 0;
    OnSplit on = { 0 };
    size_t n = 0;
    for (size_t r = 0; r < cell->runs; r++) {
        const Row *row = cell->run[r];
        bool own = text_same(row->eval_split, split);
        score[n] = !row_ok(row) ? NAN : own ? row->score : row_number(row, column);
        if (isnan(score[n]))
            continue;
        size_t mark = arena_mark(arena);
        double majority = run_majority(arena, rows, row, split);
        bool dead = metric_dead(score[n], majority);
        arena_rewind(arena, mark);
        on.judged += isnan(majority) ? 0 : 1;
        on.dead += dead;
        living += dead ? 0 : score[n];
        n++;
    }
    sort_numbers(score, n); // any order of the runs gives the same bits
    on.score = interval_of(score, n, 0.95);
    on.living = on.dead > 0 && on.dead < n ? living / (double)(n - on.dead) : NAN;
    return on;
}
