// cut.h: what gives the same for an example in every step, apart from what does not.
//
// A value is fixed when no trained parameter and no node that draws random numbers lies at or below
// it. The frontier are the fixed values that the others read. The prefix is the graph that gives
// them; in the rest they stand as fed leaves, so that the rest on rows that the prefix gave once is
// the whole graph. Only values whose rows are one block an example (over tokens, or one a sequence)
// can be kept by example: other fixed ones, such as a product of weights alone, are in both.
#ifndef ENGINE_CUT_H
#define ENGINE_CUT_H
#include "engine/graph.h"

typedef struct {
    const Graph *prefix, *rest;
    size_t values;      // of the frontier; 0: there is nothing to cut, and no graphs
    const Value *given; // by the prefix: its outputs
    const Value *fed;   // in the same order: leaves of the rest
    Value loss;         // of the rest
} Cut;

// A described graph, trimmed and without its backward, and its loss. False: the error.
bool cut(Arena *arena, const Graph *graph, Value loss, Cut *cut, Error *error);
#endif
