// tokens.c: texts -> ids, and the batches of a run.
#include "data/tokens.h"
#include "base/random.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Nobody knows how many tokens there will be: they are written one after another into address space
// for the most there can be, of which only what is written takes memory, and copied at their size.
bool tokens_of(Arena *arena, const Tokenizer *tokenizer, const Task *task, Examples examples,
               size_t max_length, Tokens *tokens, Error *error)
{
    size_t count = examples.count, most = count * max_length, total = 0;
    Arena *scratch = arena_new(2 * (most + 1) * sizeof(int32_t) + (1 << 20), error);
    if (!scratch)
        return false;
    *tokens = (Tokens){ .count = count };
    uint32_t *offset = arena_take(arena, count + 1, sizeof *offset);
    int32_t *label = task->classes ? arena_take(arena, count + 1, sizeof *label) : NULL;
    float *target = task->classes ? NULL : arena_take(arena, count + 1, sizeof *target);
    int32_t *token = arena_take(scratch, most + 1, sizeof *token);
    int32_t *type = arena_take(scratch, most + 1, sizeof *type);
    for (size_t i = 0; i < count; i++) {
        const Example *row = &examples.example[i];
        Encoding encoding = { .token = token + total, .type = type + total };
        tokenizer_encode_into(tokenizer, row->text, row->text_b, max_length, &encoding);
        offset[i] = (uint32_t)total;
        total += encoding.count;
        tokens->truncated += encoding.truncated;
        if (label)
            label[i] = row->label;
        if (target)
            target[i] = row->score;
    }
    assert(total <= UINT32_MAX);
    offset[count] = (uint32_t)total;
    tokens->offset = offset;
    tokens->token =
        memcpy(arena_take(arena, total + 1, sizeof *token), token, total * sizeof *token);
    tokens->type = memcpy(arena_take(arena, total + 1, sizeof *type), type, total * sizeof *type);
    tokens->label = label;
    tokens->target = target;
    arena_free(scratch);
    return true;
}

static int descending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : -(x > y);
}

size_t tokens_by_frequency(Arena *arena, const Tokens *tokens, size_t vocabulary,
                           const int32_t *apart, size_t aparts, const int32_t **ids)
{
    // How often, and below it what is larger for smaller numbers.
    uint64_t *ranked = arena_zero(arena, vocabulary + 1, sizeof *ranked);
    for (size_t i = 0; i < tokens->offset[tokens->count]; i++)
        ranked[tokens->token[i]] += (uint64_t)1 << 32;
    for (size_t i = 0; i < aparts; i++)
        if (apart[i] >= 0)
            ranked[apart[i]] = 0;
    size_t count = 0;
    for (size_t id = 0; id < vocabulary; id++)
        if (ranked[id] > 0)
            ranked[count++] = ranked[id] | (UINT32_MAX - id);
    qsort(ranked, count, sizeof *ranked, descending);
    int32_t *id = arena_take(arena, count + 1, sizeof *id);
    for (size_t i = 0; i < count; i++)
        id[i] = (int32_t)(UINT32_MAX - (uint32_t)ranked[i]);
    *ids = id;
    return count;
}

static const void *joined(Arena *arena, const void *a, size_t count_a, const void *b,
                          size_t count_b, size_t size)
{
    char *both = arena_take(arena, count_a + count_b + 1, size);
    memcpy(both, a, count_a * size);
    memcpy(both + count_a * size, b, count_b * size);
    return both;
}

Tokens tokens_joined(Arena *arena, const Tokens *a, const Tokens *b)
{
    uint32_t end = a->offset[a->count];
    uint32_t *offset = arena_take(arena, a->count + b->count + 1, sizeof *offset);
    assert((uint64_t)end + b->offset[b->count] <= UINT32_MAX);
    memcpy(offset, a->offset, a->count * sizeof *offset);
    for (size_t i = 0; i <= b->count; i++)
        offset[a->count + i] = end + b->offset[i];
    Tokens both = { .count = a->count + b->count,
                    .offset = offset,
                    .truncated = a->truncated + b->truncated };
    both.token = joined(arena, a->token, end, b->token, b->offset[b->count], sizeof *both.token);
    both.type = joined(arena, a->type, end, b->type, b->offset[b->count], sizeof *both.type);
    if (a->label)
        both.label = joined(arena, a->label, a->count, b->label, b->count, sizeof *both.label);
    if (a->target)
        both.target = joined(arena, a->target, a->count, b->target, b->count, sizeof *both.target);
    return both;
}

Extent batch_extent(const Tokens *tokens, const uint32_t *examples, size_t count)
{
    Extent extent = { .sequences = count };
    for (size_t i = 0; i < count; i++) {
        size_t length = tokens->offset[examples[i] + 1] - tokens->offset[examples[i]];
        extent.tokens += length;
        extent.squares += length * length;
        extent.longest = length > extent.longest ? length : extent.longest;
    }
    return extent;
}

Extent extent_at(const Tokens *tokens, const Batches *batches, size_t s)
{
    return batch_extent(tokens, batches->order + batches->begin[s],
                        batches->begin[s + 1] - batches->begin[s]);
}

// Cuts epochs of `count` examples each into `steps` batches.
static void cut(Arena *arena, const Tokens *tokens, const uint32_t *order, size_t batch,
                size_t steps, Batches *batches)
{
    size_t count = tokens->count, per_epoch = (count + batch - 1) / batch;
    uint32_t *begin = arena_take(arena, steps + 1, sizeof *begin);
    *batches = (Batches){ .steps = steps, .begin = begin, .order = order };
    begin[0] = 0;
    for (size_t s = 0; s < steps; s++) {
        size_t left = count - s % per_epoch * batch, size = left < batch ? left : batch;
        begin[s + 1] = begin[s] + (uint32_t)size;
        Extent extent = batch_extent(tokens, order + begin[s], size);
        batches->largest = extent_max(batches->largest, extent);
        batches->tokens += extent.tokens;
    }
}

void batches_shuffled(Arena *arena, const Tokens *tokens, size_t batch, size_t steps,
                      uint64_t order_seed, Batches *batches)
{
    size_t count = tokens->count, per_epoch = (count + batch - 1) / batch;
    assert(batch > 0 && count > 0);
    size_t epochs = (steps + per_epoch - 1) / per_epoch;
    assert(epochs <= UINT32_MAX / count);
    uint32_t *order = arena_take(arena, epochs * count + 1, sizeof *order);
    for (size_t epoch = 0; epoch < epochs; epoch++)
        random_order(order + epoch * count, count, order_seed, STREAM_ORDER, epoch);
    cut(arena, tokens, order, batch, steps, batches);
}

void batches_in_order(Arena *arena, const Tokens *tokens, size_t batch, Batches *batches)
{
    assert(batch > 0);
    uint32_t *order = arena_take(arena, tokens->count + 1, sizeof *order);
    for (size_t i = 0; i < tokens->count; i++)
        order[i] = (uint32_t)i;
    cut(arena, tokens, order, batch, (tokens->count + batch - 1) / batch, batches);
}

void batches_in_parts(Arena *arena, const Tokens *tokens, const Batches *batches, size_t most,
                      Batches *parts)
{
    size_t count = 0;
    assert(most > 0);
    for (size_t s = 0; s < batches->steps; s++)
        count += (batches->begin[s + 1] - batches->begin[s] + most - 1) / most;
    uint32_t *begin = arena_take(arena, count + 1, sizeof *begin);
    *parts = (Batches){ .begin = begin, .order = batches->order, .tokens = batches->tokens };
    begin[0] = 0;
    for (size_t s = 0; s < batches->steps; s++)
        while (begin[parts->steps] < batches->begin[s + 1]) {
            size_t at = begin[parts->steps], left = batches->begin[s + 1] - at;
            size_t size = left < most ? left : most;
            Extent extent = batch_extent(tokens, batches->order + at, size);
            parts->largest = extent_max(parts->largest, extent);
            begin[++parts->steps] = (uint32_t)(at + size);
        }
}

BatchBuffer batch_buffer(Arena *arena, const Extent *largest)
{
    size_t tokens = largest->tokens + 1, sequences = largest->sequences + 1;
    return (BatchBuffer){
        .offset = arena_take(arena, sequences, sizeof(uint32_t)),
        .example = arena_take(arena, sequences, sizeof(uint32_t)),
        .token = arena_take(arena, tokens, sizeof(int32_t)),
        .type = arena_take(arena, tokens, sizeof(int32_t)),
        .position = arena_take(arena, tokens, sizeof(int32_t)),
        .label = arena_take(arena, sequences, sizeof(int32_t)),
        .target = arena_take(arena, sequences, sizeof(float)),
    };
}

Batch batch_fill(BatchBuffer *buffer, const Tokens *tokens, const uint32_t *examples, size_t count)
{
    uint32_t row = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t from = tokens->offset[examples[i]],
                 length = tokens->offset[examples[i] + 1] - from;
        memcpy(buffer->token + row, tokens->token + from, length * sizeof *buffer->token);
        memcpy(buffer->type + row, tokens->type + from, length * sizeof *buffer->type);
        for (uint32_t t = 0; t < length; t++)
            buffer->position[row + t] = (int32_t)t;
        buffer->offset[i] = row;
        buffer->example[i] = examples[i];
        if (tokens->label)
            buffer->label[i] = tokens->label[examples[i]];
        if (tokens->target)
            buffer->target[i] = tokens->target[examples[i]];
        row += length;
    }
    buffer->offset[count] = row;
    return (Batch){
        .extent = batch_extent(tokens, examples, count),
        .offset = buffer->offset,
        .example = buffer->example,
        .token = buffer->token,
        .type = buffer->type,
        .position = buffer->position,
        .label = tokens->label ? buffer->label : NULL,
        .target = tokens->target ? buffer->target : NULL,
    };
}

Batch batch_at(BatchBuffer *buffer, const Tokens *tokens, const Batches *batches, size_t s)
{
    return batch_fill(buffer, tokens, batches->order + batches->begin[s],
                      batches->begin[s + 1] - batches->begin[s]);
}
