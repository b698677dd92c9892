// plan.h: where every value lies, and running it.
//
// One plan a graph: sizes are those of the largest extent, offsets are the same for every batch, so a
// step allocates nothing. Liveness decides what may share memory; an operator that may work in place
// does so when nobody reads its input later.
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H
#include "engine/graph.h"
#include "engine/optimizer.h"
#include "engine/state.h"

typedef struct Plan Plan; // opaque: its offsets fit the arena because plan() made it so

const Plan *plan(Arena *arena, const Graph *graph, const Extent *largest, Error *error);
size_t plan_bytes(const Plan *plan);           // the step arena that it needs
size_t plan_activations(const Plan *plan);     // highest sum of live values, scratch apart
size_t plan_workspace(const Plan *plan);       // largest scratch of a node (live beside activations)

// Runs the graph on a batch. `memory` is plan_bytes() long, 64-byte aligned. The loss (0 without
// one) is returned; its gradient enters with `weight` (1, or B_c / B for a part of a batch).
typedef struct {
    uint64_t dropout_seed;
    uint64_t step; // for dropout
    double weight;
} StepOptions;
double plan_run(const Plan *plan, State *state, const Batch *batch, float *memory,
                const StepOptions *options);
Matrix plan_value(const Plan *plan, const Batch *batch, float *memory, Value value); // an output
#endif
