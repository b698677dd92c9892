// deferred.h: updates that the rows of a table get late.
//
// A step looks up a few rows of an embedding table; the gradient of all others is 0, and yet AdamW
// moves them, by their moments. What moves a row can wait until the row is read: then its missed
// updates are made one after another, which gives the bits that it would have had.
#ifndef ENGINE_DEFERRED_H
#define ENGINE_DEFERRED_H
#include "engine/state.h"

// The tables that `graph`, with its backward, trains and only looks up get their updates late from
// now on. state_look_up then comes before each of the graph's steps, and state_settle before
// anybody else reads or writes their values.
void state_defer(Arena *arena, State *state, const Graph *graph);
void state_look_up(State *state, const Batch *batch); // the rows of this batch have all updates
void state_settle(State *state);                      // all rows have
bool state_settled(const State *state);               // have they?

// ---- what state_update uses, of a slot with `deferred`

double deferred_squares(const Slot *slot); // the sum over the gradient: sum_squares' bits
void deferred_update(Slot *slot, const AdamW *update);
#endif
