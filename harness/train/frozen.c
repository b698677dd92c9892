// frozen.c: is the cache there, and the plans with it.
#include "train/frozen.h"
#include "train/kept.h"

double batches_flops(const Graph *graph, const Tokens *tokens, const Batches *batches)
{
    double flops = 0;
    for (size_t s = 0; s < batches->steps; s++) {
        Extent extent = extent_at(tokens, batches, s);
        flops += graph_flops(graph, &extent);
    }
    return flops;
}

Room room_for(const Budget *budget, size_t bytes)
{
    return (double)bytes <= budget->memory ? IN_MEMORY
           : (double)bytes <= budget->file ? IN_FILE
                                           : NOWHERE;
}

size_t frozen_memory(const Frozen *frozen)
{
    return frozen->in_file ? 0 : frozen->bytes;
}

bool frozen_plan(Arena *arena, const Tokens *tokens, const Batches *steps, size_t batch,
                 const Budget *budget, Plans *plans, Frozen *frozen, Error *error)
{
    Frozen made;
    Plans with = *plans;
    *frozen = (Frozen){ .bytes = 0 };
    if (!plans->backward)
        return true;
    if (!cut(arena, plans->train.graph, plans->train.loss, &with.cut, error))
        return false;
    if (with.cut.values == 0)
        return true;
    made.bytes = kept_bytes(with.cut.prefix, tokens);
    Room room = room_for(budget, made.bytes);
    if (room == NOWHERE)
        return true;
    made.in_file = room == IN_FILE;
    if (!(with.backward = gradient(arena, with.cut.rest, with.cut.loss, error)))
        return false;
    batches_in_order(arena, tokens, batch, &made.batches);
    made.flops = batches_flops(with.cut.prefix, tokens, &made.batches);
    if (made.flops + batches_flops(with.backward, tokens, steps) >
        MOST_LEFT * batches_flops(plans->backward, tokens, steps))
        return true;
    if (!(with.prefix_plan = plan(arena, with.cut.prefix, &made.batches.largest, error)) ||
        !(with.train_plan = plan(arena, with.backward, &steps->largest, error)))
        return false;
    *plans = with;
    *frozen = made;
    return true;
}
