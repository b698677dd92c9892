// tokens.h: a split as token ids, and batches of it.
#ifndef DATA_TOKENS_H
#define DATA_TOKENS_H
#include "data/dataset.h"
#include "engine/batch.h"
#include "model/tokenizer.h"

typedef struct {
    size_t count;                // examples
    const uint32_t *offset;      // count + 1
    const int32_t *token, *type; // offset[count]
    const int32_t *label;        // count; NULL for scores. Of dev and test: -1 (dataset_labels)
    const float *target;         // count; NULL for classes
    size_t truncated;            // examples that were cut to max_length
} Tokens;

// Fails only with ERROR_ENVIRONMENT (memory).
bool tokens_of(Arena *arena, const Tokenizer *tokenizer, const Task *task, Examples examples,
               size_t max_length, Tokens *tokens, Error *error);

// The ids that occur, the most frequent first (equally frequent ones by number), without the
// `apart` ones; returns how many. Ids are below `vocabulary`.
size_t tokens_by_frequency(Arena *arena, const Tokens *tokens, size_t vocabulary,
                           const int32_t *apart, size_t aparts, const int32_t **ids);

// The examples of a, then those of b.
Tokens tokens_joined(Arena *arena, const Tokens *a, const Tokens *b);

// The batches of a training run, all known before step 1: epoch after epoch in a new order each (a
// function of order_seed and the epoch), `batch` examples a step, an epoch's last batch smaller,
// until there are `steps` of them.
typedef struct {
    size_t steps;
    const uint32_t *begin; // steps + 1: step s takes order[begin[s]] .. order[begin[s + 1] - 1]
    const uint32_t *order; // numbers of examples
    Extent largest;        // holds every batch
    uint64_t tokens;       // summed over all steps
} Batches;
void batches_shuffled(Arena *arena, const Tokens *tokens, size_t batch, size_t steps,
                      uint64_t order_seed, Batches *batches);
// Every example once, in order.
void batches_in_order(Arena *arena, const Tokens *tokens, size_t batch, Batches *batches);
// The same examples in the same order, each step in parts of `most` examples and a last one of what
// is left: the parts of step s are those that begin at begin[s] of `batches` or later and before
// begin[s + 1].
void batches_in_parts(Arena *arena, const Tokens *tokens, const Batches *batches, size_t most,
                      Batches *parts);

// Extent of `count` examples; of batch s.
Extent batch_extent(const Tokens *tokens, const uint32_t *examples, size_t count);
Extent extent_at(const Tokens *tokens, const Batches *batches, size_t s);

// A batch's arrays, allocated once for the largest; batch_fill overwrites them and allocates
// nothing.
typedef struct {
    uint32_t *offset, *example;
    int32_t *token, *type, *position, *label;
    float *target;
} BatchBuffer;
BatchBuffer batch_buffer(Arena *arena, const Extent *largest);
Batch batch_fill(BatchBuffer *buffer, const Tokens *tokens, const uint32_t *examples, size_t count);
Batch batch_at(BatchBuffer *buffer, const Tokens *tokens, const Batches *batches, size_t s);
#endif
