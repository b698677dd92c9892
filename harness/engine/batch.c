// batch.c: which rows embeddings look up, and the larger of two extents.
#include "engine/batch.h"

const int32_t *batch_lookup(const Batch *batch, int which)
{
    const int32_t *const lookup[LOOKUPS] = { batch->token, batch->position, batch->type };
    return lookup[which];
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

Extent extent_max(Extent a, Extent b)
{
    return (Extent){
        .tokens = larger(a.tokens, b.tokens),
        .sequences = larger(a.sequences, b.sequences),
        .selected = larger(a.selected, b.selected),
        .squares = larger(a.squares, b.squares),
        .longest = larger(a.longest, b.longest),
    };
}
