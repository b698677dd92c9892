// explain_impl.h: what the explain*.c share.
#ifndef COST_EXPLAIN_IMPL_H
#define COST_EXPLAIN_IMPL_H
#include "cost/explain.h"
#include <stdio.h>

Waterfall waterfall_new(Arena *arena, size_t room);           // of entries, at most
void waterfall_add(Waterfall *waterfall, const Entry *entry); // to one like it, where there is one
// A plan's activations, as those of one side: an entry a reason, and the gaps.
void waterfall_add_plan(Arena *arena, Waterfall *waterfall, int side, const Plan *plan);

typedef struct {
    const Waterfall *from;
    bool all;            // every entry is a line
    bool seconds;        // shown as milliseconds; else bytes
    const char *name[2]; // of the columns
    const char *title, *whole;
} Drawing;
void waterfall_put(FILE *out, Arena *arena, const Drawing *of); // explain_waterfall.c

enum { STEPS_A_ROUND = 2 };
typedef struct {
    double *node[2]; // seconds by node
    double feed[2], update[2], measured[2];
    double a_token; // seconds of both
} Round;
// What the clock says of rounds, the quickest first: means over the first `counted`.
void explain_timing(Arena *arena, const Round *round, size_t rounds, size_t counted,
                    Timing *timing);
#endif
