// plan.h: where every value lies, and running it.
//
// One plan a graph: sizes are those of the largest extent, offsets are the same for every batch, so
// a step allocates nothing. Liveness decides what may share memory; an operator that may work in
// place does so when nobody reads its input later.
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H
#include "engine/graph.h"
#include "engine/optimizer.h"
#include "engine/state.h"

typedef struct Plan Plan; // opaque: its offsets fit the arena because plan() made it so

// NULL: larger than the arena of a run.
const Plan *plan(Arena *arena, const Graph *graph, const Extent *largest, Error *error);
// The same without that bound, for what is only counted and never bound to memory.
const Plan *plan_of_any_size(Arena *arena, const Graph *graph, const Extent *largest, Error *error);
size_t plan_bytes(const Plan *plan);       // the step arena that it needs: the next two together
size_t plan_activations(const Plan *plan); // every value, placed by its life
size_t plan_workspace(const Plan *plan);   // the largest scratch of a node, after the values
const Graph *plan_graph(const Plan *plan);
// Bytes and place of one value at the largest extent, for listings; offset SIZE_MAX: not in the
// arena.
typedef struct {
    size_t offset, bytes;
    int32_t first, last; // nodes: it is given by `first` and read last by `last`
} Placed;
Placed plan_place(const Plan *plan, Value value);

// The node during which most is alive, the first of equals, and the bytes of it. What activations
// take beyond these are gaps that the placement leaves.
typedef struct {
    int32_t node;
    size_t bytes;
} Moment;
Moment plan_fullest(const Plan *plan);
// What is alive during a node: of each buffer the value that it then holds. `value` has room for
// all values of the graph; returns how many there are.
size_t plan_alive(const Plan *plan, int32_t node, Value *value);

// A plan bound to a state (parameters by name) and to memory of plan_bytes(), 64-byte aligned.
typedef struct Runner Runner;
Runner *runner_new(Arena *arena, const Plan *plan, State *state, float *memory);

typedef struct {
    uint64_t dropout_seed;
    uint64_t step; // for dropout
    double weight; // of the loss's gradient: 1, or B_c / B for a part of a batch
} StepOptions;
// Computes the graph on a batch: values, and gradients added to the state's. Returns the loss (0
// for a graph without one). Allocates nothing.
double runner_step(Runner *runner, const Batch *batch, const StepOptions *options);
// Seconds of all steps so far: of the nodes before the backward that gradient() appended, and of
// those of the backward.
typedef struct {
    double forward, backward;
} Passes;
Passes runner_passes(const Runner *runner);
// From now on also of each node; their seconds so far, by node. Changes no bit.
const double *runner_profile(Arena *arena, Runner *runner);
// Where the rows of a fed leaf for the next batch, of this extent, are to be written. A step may
// write over them.
Matrix runner_feed(const Runner *runner, Value leaf, const Extent *extent);
// An output of the graph, as the last step left it.
Matrix runner_value(const Runner *runner, Value value);
#endif
