// progress.h: how far a sweep is, as one line.
//
//   [ 37/240] lora mini sst2 seed 3 lr 0.001 | tune 91.2 | 41k tok/s | ETA 3 h 12 m | 2 running
//
// and "| 1 failed" behind it where some have. What stands between is the run that ended last. On a
// terminal the line is rewritten; elsewhere there is one a finished run. The estimate counts flops,
// not runs: what is left over the rate that this command's finished runs had.
#ifndef SWEEP_PROGRESS_H
#define SWEEP_PROGRESS_H
#include "base/arena.h"
#include "base/row.h"
#include <stdio.h>

typedef struct {
    size_t done, total; // runs with a final row, and all
    size_t failed;      // rows that say failed or timeout
    size_t running;
    const char *label; // of the run that ended last; NULL: none has
    const Row *row;    // its row
    double left_s;     // NAN: not known yet
} Progress;

const char *progress_line(Arena *arena, const Progress *progress);
const char *duration_text(Arena *arena, double seconds); // "3 h 12 m", "4 m 5 s", "12 s"

// Rewrites the terminal's line, cut to its width; an empty text clears it.
void terminal_line(FILE *terminal, const char *text);
#endif
