// floor.c: see floor.h.

#include "report/floor.h"
#include "base/csv.h"
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
        Floor *all = arena_grown(arena, floors->floor, floors->count, floors->count + csv.rows + 1,
                                 sizeof *all);
        floors->floor = all;
        for (size_t r = 0; r < csv.rows; r++)
            if (!floor_read(&csv, &csv.row[r], &all[floors->count++], error))
                return false;
    }
    return true;
}

static bool floor_is_of(const Floor *floor, const Block *block, const Fold *fold, const char *split)
{
    return floor->fold == fold->number && !strcmp(floor->task, block->task) &&
           !strcmp(floor->split, known(split)) && !strcmp(floor->metric, known(block->metric)) &&
           (!floor->data_sha || text_same(fold->row->data_sha, floor->data_sha)) &&
           floor->train_limit == fold->row->train_limit;
}

// The mean, over the folds of a block, of the floors of this name; NAN where some fold has none.
static double over_folds(Arena *arena, const Floors *floors, const Block *block, const Floor *like)
{
    double *score = arena_take(arena, block->folds, sizeof *score);
    for (size_t k = 0; k < block->folds; k++) {
        score[k] = NAN;
        for (size_t f = 0; f < floors->count; f++)
            if (!strcmp(floors->floor[f].name, like->name) &&
                floor_is_of(&floors->floor[f], block, &block->fold[k], like->split))
                score[k] = fmax(score[k], floors->floor[f].score);
    }
    return block_over_folds(block, score, !strcmp(like->split, "tune"));
}

const Floor *floor_of(Arena *arena, const Floors *floors, const Block *block, const char *split)
{
    Floor *highest = NULL;
    for (size_t f = 0; f < floors->count; f++) {
        const Floor *floor = &floors->floor[f];
        if (!floor_is_of(floor, block, &block->fold[0], split))
            continue;
        double score = over_folds(arena, floors, block, floor);
        if (isnan(score) || (highest && score <= highest->score))
            continue;
        highest = highest ? highest : arena_take(arena, 1, sizeof *highest);
        *highest = *floor;
        highest->score = score;
    }
    return highest;
}
