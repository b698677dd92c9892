// run_bench.h: runs within the test's own process, on a small task, and what they leave.
#ifndef TESTS_RUN_BENCH_H
#define TESTS_RUN_BENCH_H
#include "tests/program.h"

typedef struct {
    Arena *arena;
    const char *folder, *task;
    int runs; // each goes to a folder of its own unless `out` is among its settings
} Bench;
Bench run_bench(void); // the caller frees its arena

typedef struct {
    Row row;
    const char *out;
} Done;

// Runs a method with these settings; a run that is refused is a failure of the test.
Done run_on(Bench *b, const char *task, const char *method, const char *const *settings);
Done run_of(Bench *b, const char *method, const char *const *settings); // on the bench's task

// The run's file beside its row: kind is "scores", "predictions", "curves" or "profiles".
const char *run_file(Bench *b, const Done *done, const char *kind);
const char *run_text(Bench *b, const Done *done, const char *kind);
// A cell of a file without quotes, by line and column from 0; "" where there is none.
const char *cell_at(Bench *b, const char *text, size_t line, size_t column);

// Makes good of bad and bad of good in a file of the small task.
void turn_labels(Bench *b, const char *path);
#endif
