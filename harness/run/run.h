// run.h: one run, from a request to its row.
#ifndef RUN_RUN_H
#define RUN_RUN_H
#include "base/row.h"
#include "run/request.h"

// Trains, evaluates, writes OUT/scores/KEY.csv, OUT/predictions/KEY.csv, OUT/curves/KEY.csv,
// OUT/profiles/KEY.csv, then OUT/rows/KEY.csv and last what --save asks for: where that fails the
// row is there, and the error names it.
// `row` is what was written. True also for a run that diverged or ran out of time (row.status says
// so); one that did not end ok never replaces a row that did (ERROR_WORK). `tell` (may be NULL) is
// told of each step, and of step 0, without loss and rate, while the frozen prefix is computed or
// waited for and while a method fits;
// when it returns false the run is given up with ERROR_INTERRUPTED, and nothing is written.
typedef bool (*Tell)(void *context, int64_t step, int64_t steps, double loss, double tokens_per_s);
bool run(Arena *arena, const Request *request, Tell tell, void *context, Row *row, Error *error);
#endif
