// floor.h: what a task is worth without a pretrained model, from FOLDER/floors.csv.
//
//   task,train_limit,fold,split,metric,floor,seeds,score
//   reviews,0,,dev,accuracy,bag of words,1,0.865
//
// One line is a baseline (`floor` is its name), the mean `score` (a fraction) over `seeds` runs on
// the rows that methods saw: those of `task` under `train_limit` (0: all) and, where it has folds,
// of `fold` (0, empty, or no such column: it has none). Where `data_sha` is there, not empty and
// not that of the runs, the line is of other data and counts for nothing. datasets/floor.py --csv
// writes the file; datasets/bundled/floors.csv has those of the bundled tasks.
#ifndef REPORT_FLOOR_H
#define REPORT_FLOOR_H
#include "base/folder.h"
#include "report/summary.h"

typedef struct {
    const char *task, *split, *metric, *name, *data_sha; // data_sha: NULL where none is said
    int64_t train_limit, fold, seeds;                    // fold: 0 for none
    double score;
} Floor;

typedef struct {
    Floor *floor;
    size_t count;
} Floors;

// Of all folders that have the file. ERROR_INPUT, with its line, where one is not as above.
bool floors_of_folders(Arena *arena, const char *const *folders, size_t folder_count,
                       Floors *floors, Error *error);
// The highest of a block on a split, of folds the mean of those that every fold has, as scores are
// (report/summary.h); NULL where there is none.
const Floor *floor_of(Arena *arena, const Floors *floors, const Block *block, const char *split);
#endif
