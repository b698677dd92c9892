// explain_print.h: what explain.h finds, for people and for programs.
#ifndef COST_EXPLAIN_PRINT_H
#define COST_EXPLAIN_PRINT_H
#include "cost/explain.h"
#include <stdio.h>

typedef struct {
    const char *name[2]; // as they are headed: "full", "lora:rank=4"
    const Prepared *run[2];
    bool same; // one and the same run: nothing is explained
    Waterfall bytes, seconds;
    Timing timing;
    const char *unlike; // why seconds are not compared; NULL: they are
} Explained;

// A screen of 100 columns, grouped over layers; `all`: every entry on a line.
void explain_screen(FILE *out, Arena *arena, const Explained *of, bool all);
// A line an entry, each layer's own, with a header; of the same run the header alone. Bytes and
// seconds (a step) add up to the plans' peaks and to the profiles.
void explain_csv(FILE *out, const Explained *of);

// The entries' seconds of one run over the clock's around a step.
double explain_agreement(const Explained *of, int side);
// Says where they do not agree within 3 %, a line a run; were there any?
bool explain_doubts(FILE *out, const Explained *of);
#endif
