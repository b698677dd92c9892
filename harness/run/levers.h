// levers.h: what a run may do to take less memory, and which of it a limit asks for.
#ifndef RUN_LEVERS_H
#define RUN_LEVERS_H
#include "base/row.h"

typedef struct {
    size_t pass;    // examples that go through the model at once, in evaluation too: 1 to the batch
    bool recompute; // what a layer's backward reads is computed again
    bool keeps;     // what a frozen bottom gives may be kept in memory (frozen.h)
} Levers;

// Bytes that a run is predicted to take with them; more than any limit where it cannot be planned.
typedef double LeversTake(void *context, const Levers *levers);

// The first of these that takes `most` bytes or fewer: the whole batch; the most examples at once;
// the same two with recomputation. Each is tried as it is and then without anything of a frozen
// bottom in memory. False: none does, and *least is what the last takes, one example at once.
// (The most: one example more takes too much. It is found by bisection, for a part with more
// examples has more tokens, but by chance.)
bool levers_choose(size_t batch, double most, LeversTake *take, void *context, Levers *levers,
                   double *least);

// What a run has of them, as its row says: "micro-batch 4, recompute".
const char *levers_text(Arena *arena, const Row *row);
#endif
