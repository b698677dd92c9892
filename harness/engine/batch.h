// batch.h: sequences packed one after another, without padding.
#ifndef ENGINE_BATCH_H
#define ENGINE_BATCH_H
#include <stddef.h>
#include <stdint.h>

// How many rows things have: all row counts are affine in these.
typedef struct {
    size_t tokens, sequences;
    size_t selected; // rows picked by `picked` (masked-language-model positions)
    size_t squares;  // sum over sequences of length squared: attention's pairs
    size_t longest;  // tokens of the longest sequence
} Extent;

// Views into a tokenised set; valid for one step.
typedef struct {
    Extent extent;
    const uint32_t *offset;  // sequences + 1: sequence s has rows offset[s] .. offset[s + 1] - 1
    const uint32_t *example; // sequences: the example's number in its split, for dropout's counter
    const int32_t *token;    // tokens: id in the vocabulary
    const int32_t *type;     // tokens: 0 or 1
    const int32_t *position; // tokens: from 0 in each sequence
    const int32_t *label;    // sequences, classification; else NULL
    const float *target;     // sequences, regression; else NULL
    const uint32_t *picked;  // selected: row numbers in the batch, ascending
    const int32_t *picked_label; // selected: the token that was there
} Batch;

// The rows that embeddings look up: of tokens, positions and types, in this order.
enum { LOOKUPS = 3 };
const int32_t *batch_lookup(const Batch *batch, int which); // extent.tokens of them

// The extent that holds each of two: the maximum of every number.
Extent extent_max(Extent a, Extent b);
#endif
