// sample_rows.h: rows as a sweep leaves them, for the suites of report/.
#ifndef TESTS_SAMPLE_ROWS_H
#define TESTS_SAMPLE_ROWS_H
#include "base/arena.h"
#include "base/row.h"

// A finished run of `method` ("lora", with options "lora.rank=8" or "") on 872 items whose best
// constant answer scores 0.5. The key is made of the arguments.
Row finished(Arena *arena, const char *model, const char *task, const char *method,
             const char *options, int64_t seed, double score);

// The same as a file FOLDER/rows/KEY.csv, with FOLDER/predictions/KEY.csv beside it: two labels
// that take turns, right answers where `right` says, each item a group of its own.
void predicted(Arena *arena, const char *folder, Row row, const bool *right, size_t items);

// 2 models x 3 tasks x 6 methods x 5 seeds: null, which knows nothing, and five that train more and
// more and score better and better, with a spread of a point or so.
enum { SWEEP_ROWS = 2 * 3 * 6 * 5 };
Row *sweep_rows(Arena *arena);
#endif
