// fold.h: what no batch changes is computed once.
//
// A node that reads nothing but parameters, or what such nodes give, gives the same for every batch
// as long as the parameters stay: a merged weight W + c B A, say. (A table that is looked up by
// tokens has a row for each of them: its rows are not fixed, so it is none of these.) Folding
// divides a graph in two: `once` gives these values, and in `rest` they are parameters.
//
// For use after training: nothing can be trained through a folded value.
#ifndef ENGINE_FOLD_H
#define ENGINE_FOLD_H
#include "engine/state.h"

typedef struct {
    const Graph *once; // NULL: nothing can be folded
    const Graph *rest; // its outputs are those of the whole graph, in the same order
    size_t values;
    const Value *value;       // in `once`, whose outputs they are
    const char *const *named; // the parameters of `rest` that take their place, INIT_GIVEN
} Folded;

// The graph is an evaluation's: no gradients. False: ERROR_WORK, as while describing.
bool fold(Arena *arena, const Graph *graph, Folded *folded, Error *error);

// Computes `once` on the parameters of `state`. What comes back binds `rest`: it shares the numbers
// of `state`, which must outlive it and not change; nothing of it is trained.
State *folded_state(Arena *arena, const Folded *folded, State *state, Error *error);
#endif
