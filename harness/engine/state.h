// state.h: what changes while training: parameters, their gradients, the optimizer's moments.
//
// Frozen parameters that the caller gives as float32 are read where they lie; everything trained is
// copied into memory of the state.
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H
#include "engine/graph.h"
#include "engine/optimizer.h"

typedef struct Deferred Deferred; // deferred.h

typedef struct {
    Parameter is;
    size_t count;  // rows x cols
    float *value;  // contiguous; frozen ones may lie in a read-only mapping: only `trained` change
    Packed packed; // in place of `value`, which is NULL, where is.store says so
    float *gradient, *m, *v; // trained only, else NULL; none in a state_for_use
    Deferred *deferred;      // rows that get their updates late; NULL: all at once
} Slot;

typedef struct {
    Slot *slot;
    size_t slots;
    int64_t updates;                                   // t of AdamW
    size_t weight_bytes, gradient_bytes, moment_bytes; // weight_bytes counts mapped ones too
} State;

// Gives the numbers of a parameter with INIT_GIVEN: fills `out`, or returns a pointer to float32
// numbers that outlive the state (then out is not touched). NULL: no such tensor (error filled).
typedef const float *(*Giver)(void *context, const Parameter *parameter, float *out, Error *error);

// The parameters of several graphs (training, evaluation) bound by name to one state; `trained` of
// the first graph that has one holds.
State *state_new(Arena *arena, const Graph *const *graphs, size_t count, uint64_t init_seed,
                 Giver giver, void *context, Error *error);
// The same for a model that is not trained any more.
State *state_for_use(Arena *arena, const Graph *const *graphs, size_t count, uint64_t init_seed,
                     Giver giver, void *context, Error *error);
// The state as a graph reads it: what is packed and the graph reads as float32 is expanded into the
// arena. The rest is shared.
State *state_for_graph(Arena *arena, State *state, const Graph *graph);
Slot *state_find(const State *state, const char *name);
// What trains gets the numbers that `from` has under the same name.
void state_take_trained(State *state, const State *from);

// Clips by the global norm over all trained parameters, updates them and clears the gradients.
// *norm: the norm before clipping. step counts from 0.
void state_update(State *state, const Training *training, int64_t step, double *norm);

// Initial numbers of a parameter (not INIT_GIVEN); of INIT_OTHERS from what `state` holds now.
void init_fill(float *out, const Parameter *parameter, const State *state, uint64_t init_seed);
#endif
