// on_split.h: what runs score on a split, be it the one that their task reports or another.
#ifndef REPORT_ON_SPLIT_H
#define REPORT_ON_SPLIT_H
#include "base/folder.h"
#include "report/summary.h"

// Whether the runs' scores/KEY.csv, those that are there, can be believed. ERROR_INPUT where one
// cannot be read, is cut off, or has a best constant answer that a row could not have.
bool majorities_check(Arena *arena, const Rows *rows, Error *error);

// The best constant answer to the items of a split: a row knows that of its own, the run's
// scores/KEY.csv those of all (checked before). NAN: unknown.
double run_majority(Arena *arena, const Rows *rows, const Row *row, const char *split);

double run_score(const Row *row, const char *split); // dev, test or tune; NAN: the row has none

// What a cell's runs that ended ok score on dev, test or tune, and which of them are dead there.
typedef struct {
    Interval score;      // over seeds
    size_t scored;       // runs: as many, but of folds
    size_t unscored;     // those that ended neither badly nor with a score
    size_t judged, dead; // judged: the best constant answer is known
    double living;       // mean of those that are not dead; NAN when none or all are
} OnSplit;
OnSplit cell_on_split(Arena *arena, const Rows *rows, const Cell *cell, const char *split);
const Column *split_column(const char *split); // score_dev, ...; NULL: it is no split
#endif
