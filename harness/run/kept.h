// kept.h: what a graph gives for each example of a split, computed once and kept by example.
//
// Two things rest on it: the frozen-prefix cache (frozen.h) and the vectors that a method fits a
// classifier on (fitting.h). A value's rows are one block an example (lies_in_batch); the blocks of
// all examples stand one after another, in the order of the split, without padding.
#ifndef RUN_KEPT_H
#define RUN_KEPT_H
#include "data/tokens.h"
#include "engine/plan.h"

typedef struct {
    const Tokens *tokens; // of the split
    const Value *value;   // outputs of the graph
    const Count *rows;    // of each value, for one batch
    Matrix *all;          // of each value: the rows of all examples
    size_t values;
} Kept;

size_t kept_bytes(const Graph *graph, const Tokens *tokens);
size_t kept_bytes_of(const Graph *graph, const Extent *all); // of texts of this extent in all

// Computes the graph of the runner's plan on these batches, which hold every example of the split
// once. `go_on` (may be NULL) is asked after each batch; when it says no, the answer is false and
// the rows are of no use.
bool kept_compute(Arena *arena, const Plan *plan, Runner *runner, const Tokens *tokens,
                  const Batches *batches, bool (*go_on)(void *), void *context, Kept *kept);

// Writes the rows of a batch's examples to the leaves that stand for the values, in their order.
void kept_feed(const Kept *kept, const Batch *batch, const Value *fed, const Runner *runner);
#endif
