// fitting.c: vectors in, a head out.
#include "train/fitting.h"
#include <assert.h>
#include <string.h>

bool fitting_plan(Arena *arena, const Tokens *train, const Tokens *tune, const Batches *of_tune,
                  size_t batch, const Budget *budget, Plans *plans, Frozen *frozen, Error *error)
{
    batches_in_order(arena, train, batch, &frozen->batches);
    Extent largest = extent_max(frozen->batches.largest, of_tune->largest);
    if (!plans_features(arena, &largest, plans, error))
        return false;
    const Graph *graph = plans->features.graph;
    frozen->bytes = kept_bytes(graph, train) + (tune->count ? kept_bytes(graph, tune) : 0);
    frozen->in_file = room_for(budget, frozen->bytes) == IN_FILE;
    frozen->flops =
        batches_flops(graph, train, &frozen->batches) + batches_flops(graph, tune, of_tune);
    return true;
}

Vectors fitting_vectors(const Plans *plans, const Kept *kept)
{
    Vectors vectors = { .count = kept->tokens->count,
                        .label = kept->tokens->label,
                        .target = kept->tokens->target };
    for (int head = 0; head < HEADS; head++)
        for (size_t i = 0; i < kept->values; i++)
            if (kept->value[i] == plans->features.pooled[head])
                vectors.under[head] = kept->all[i];
    return vectors;
}

Slot *fitting_slot(const State *state, const char *name, Error *error)
{
    Slot *slot = state_find(state, name);
    if (slot && slot->is.trained)
        return slot;
    fail(error, ERROR_WORK, (Where){ .item = name }, "a parameter of the head",
         "is what the fit gives, and the head has none of this name");
    return NULL;
}

bool fitting_adopt(Arena *arena, const Fitted *fitted, const Extent *largest, Plans *plans,
                   Trainer *trainer, Error *error)
{
    Description evaluation = plans->description;
    size_t room = plans_bytes(plans);
    evaluation.training = false;
    plans->description.head = evaluation.head = fitted->head;
    if (!describe(arena, &evaluation, &plans->eval, error) ||
        !(plans->eval_plan = plan(arena, plans->eval.graph, largest, error)))
        return false;
    assert(plan_bytes(plans->eval_plan) <= room); // it was planned with the head that needs most
    trainer->eval = runner_new(arena, plans->eval_plan, trainer->state, trainer->memory);
    for (size_t i = 0; i < fitted->tensors; i++) {
        Slot *slot = fitting_slot(trainer->state, fitted->tensor[i].name, error);
        if (!slot)
            return false;
        memcpy(slot->value, fitted->tensor[i].number, slot->count * sizeof *slot->value);
    }
    return true;
}
