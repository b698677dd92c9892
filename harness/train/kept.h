// kept.h: what a graph gives for each example of a split, computed once and kept by example.
//
// Two things rest on it: the frozen-prefix cache (frozen.h) and the vectors that a method fits a
// classifier on (fitting.h). A value's rows are one block an example (lies_in_batch); the blocks of
// all examples stand one after another, in the order of the split, without padding. The rows of all
// values lie in one piece, of memory or of a file (kept_file.h).
#ifndef TRAIN_KEPT_H
#define TRAIN_KEPT_H
#include "base/file.h"
#include "data/tokens.h"
#include "engine/plan.h"

typedef struct {
    const Tokens *tokens; // of the split
    const Value *value;   // outputs of the graph
    const Count *rows;    // of each value, for one batch
    Matrix *all;          // of each value: the rows of all examples
    size_t values;
    Bytes mapped; // the file that they lie in; size 0: they lie in memory of an arena
} Kept;

size_t kept_bytes(const Graph *graph, const Tokens *tokens); // of the rows
size_t kept_room(const Graph *graph, const Tokens *tokens);  // of the piece that holds them
size_t kept_bytes_of(const Graph *graph, const Extent *all); // of texts of this extent in all

// Views of a piece of kept_room bytes, 64-byte aligned. What is done with rows as they are
// computed, a block at a time (`to`: its place in the piece), where false puts an end to it. And
// computing the first `steps` of these batches, which hold every example of the split once; `go_on`
// (may be NULL) is asked after each: when it says no, the answer is false and the rows are of no
// use.
void kept_lay(Arena *arena, const Graph *graph, const Tokens *tokens, const void *piece,
              Kept *kept);
typedef bool KeptBlock(void *with, Matrix to, Matrix from);
KeptBlock kept_copy, kept_equal; // with NULL: stores them; are they there, to the bit?
bool kept_fill(Arena *arena, const Kept *kept, Runner *runner, const Batches *batches, size_t steps,
               KeptBlock *block, void *with, bool (*go_on)(void *), void *context);
void kept_release(Kept *kept); // unmaps a file

// Writes the rows of a batch's examples to the leaves that stand for the values, in their order.
void kept_feed(const Kept *kept, const Batch *batch, const Value *fed, const Runner *runner);
#endif
