// placing.h: a plan checked by lives that are worked out anew, for suites that make plans.
#ifndef TESTS_PLACING_H
#define TESTS_PLACING_H
#include "tests/graphs.h"

// No two values that are alive at one node share memory, but for an addition and what it adds to,
// and for what an operator may work on in place; every value lies inside the arena, 64-byte
// aligned.
void places_hold(const Plan *plan, const char *what, uint64_t seed);

// Plays the graph node by node; before each, everything in the arena that no living value's element
// lies in becomes NaN. Loss, gradients and outputs have the bits that a step gives.
void dead_memory_is_not_read(Made *made, const Batch *batch, const char *what, uint64_t seed);
// The offsets are those of the rule in plan.c, played by searching through all that is placed.
void lowest_free_hold(const Plan *plan, const char *what, uint64_t seed);
#endif
