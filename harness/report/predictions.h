// predictions.h: what the runs of several methods answered to the same items.
//
// FOLDER/predictions/KEY.csv of each run (split, id, group, gold, pred, logits) has the answers;
// its row has the seeds, and the score that they must reproduce. Runs that did not end ok have
// none.
//
// Of a task with folds each fold is a run, with items of its own. A seed answers to the items of
// all folds that any side has: what stands for it is one run with all its answers, fold by fold,
// and the metric of these. A seed without some fold is left out.
#ifndef REPORT_PREDICTIONS_H
#define REPORT_PREDICTIONS_H
#include "base/comparison.h"
#include "base/metric.h"
#include "base/folder.h"

// The items of one split.
typedef struct {
    const char *split;
    const char *file; // the predictions that they were first seen in
    Metric metric;
    size_t n, groups, folds;                    // folds: of the task, at least 1
    const char **id, **group_name, **gold_text; // of each item, as written
    uint32_t *group;                            // numbered by first appearance
    int32_t *gold;                              // an index into label; NULL for scores
    double *gold_score;                         // NULL for labels
    const char **label;
    size_t labels;
    int positive; // index of F1's label, or -1
} Items;

typedef struct {
    const Row *row; // of folds the first
    const char *file;
    Answers answers;
} Predicted;

// One method in one block.
typedef struct {
    const Rows *rows;      // given: rows with their folders
    const Row *const *run; // given: its runs, which point into them
    size_t runs;
    Predicted *predicted;  // of each seed that ended ok and has predictions
    size_t count, missing; // missing: ended ok, but there is no file, or not of all folds
    Sample sample;         // of predicted
} Side;

// Reads the predictions of all sides on `split` (NULL: the split of the rows' score). ERROR_INPUT,
// with the file and the first id that differs, where ids, gold or groups are not the same in all,
// and where answers do not give the row's score. A side may be left with no runs; `items` is empty
// where all are.
bool sides_read(Arena *arena, const char *split, Side *side, size_t sides, Items *items,
                Error *error);
#endif
