// explain_impl.h: what explain.c and explain_seconds.c share.
#ifndef COST_EXPLAIN_IMPL_H
#define COST_EXPLAIN_IMPL_H
#include "cost/explain.h"

Waterfall waterfall_new(Arena *arena, size_t room);           // of entries, at most
void waterfall_add(Waterfall *waterfall, const Entry *entry); // to one like it, where there is one
// A plan's activations, as those of one side: an entry a reason, and the gaps.
void waterfall_add_plan(Arena *arena, Waterfall *waterfall, int side, const Plan *plan);
#endif
