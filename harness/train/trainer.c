// trainer.c: plans -> state, runners, steps.
#include "train/trainer.h"
#include "base/clock.h"
#include "engine/deferred.h"
#include <assert.h>

// A NaN that no kernel makes: what is still there after a run was never written.
enum { PATTERN = 0x7fa5a5a5 };

bool trainer_new(Arena *arena, const Plans *plans, Checkpoint *checkpoint, uint64_t init_seed,
                 uint64_t dropout_seed, const Training *training, Trainer *trainer, Error *error)
{
    const Plan *part[PARTS];
    const Graph *graphs[PARTS];
    size_t count = 0, bytes = plans_bytes(plans);
    *trainer = (Trainer){ .plans = plans, .training = *training, .dropout_seed = dropout_seed };
    plans_parts(plans, part);
    for (int i = 0; i < PARTS; i++)
        if (part[i])
            graphs[count++] = plan_graph(part[i]);
    trainer->state = (plans->backward ? state_new : state_for_use)(
        arena, graphs, count, init_seed, checkpoint_giver, checkpoint, error);
    if (trainer->state && plans->backward)
        state_defer(arena, trainer->state, plans->backward);
    if (trainer->state && checkpoint)
        checkpoint_rest(checkpoint); // what the kernel read ahead of tensors that were copied
    if (!trainer->state || !(trainer->step = arena_new(bytes + ARENA_ALIGNMENT, error)))
        return false;
    trainer->memory = arena_take(trainer->step, bytes, 1);
    trainer->fill = PATTERN;
    uint32_t *word = (uint32_t *)(void *)trainer->memory;
    for (size_t i = 0; i < bytes / sizeof *word; i++)
        word[i] = PATTERN;
    Runner **runner[] = { &trainer->train, &trainer->eval, &trainer->prefix, &trainer->features };
    for (int i = 0; i < PARTS; i++)
        if (part[i])
            *runner[i] = runner_new(arena, part[i], trainer->state, trainer->memory);
    return true;
}

void trainer_free(Trainer *trainer)
{
    arena_free(trainer->step);
    trainer->step = NULL;
}

double trainer_backward(Trainer *trainer, const Batch *part, int64_t step, double weight)
{
    StepOptions options = { trainer->dropout_seed, (uint64_t)step, weight };
    assert(trainer->kept || !trainer->plans->prefix_plan); // the rest of a graph needs its rows
    double start = seconds_now();
    state_look_up(trainer->state, part);
    trainer->optimizer_s += seconds_now() - start;
    if (trainer->kept)
        kept_feed(trainer->kept, part, trainer->plans->cut.fed, trainer->train);
    return runner_step(trainer->train, part, &options);
}

double trainer_update(Trainer *trainer, int64_t step)
{
    double norm, start = seconds_now();
    state_update(trainer->state, &trainer->training, step, &norm);
    trainer->optimizer_s += seconds_now() - start;
    if (step + 1 >= trainer->training.steps)
        trainer_settle(trainer);
    return norm;
}

void trainer_settle(Trainer *trainer)
{
    double start = seconds_now();
    state_settle(trainer->state);
    trainer->optimizer_s += seconds_now() - start;
}

Matrix trainer_logits(Trainer *trainer, const Batch *batch)
{
    trainer_settle(trainer);
    runner_step(trainer->eval, batch, &(StepOptions){ .weight = 1 });
    return runner_value(trainer->eval, trainer->plans->eval.logits);
}

void trainer_rest(Trainer *trainer)
{
    const State *state = trainer->state;
    assert(state_settled(state)); // moments that an update would need are about to go
    trainer->written = trainer_written(trainer);
    trainer->fill = 0;
    arena_drop(trainer->memory, plans_bytes(trainer->plans));
    for (size_t i = 0; i < state->slots; i++) {
        const Slot *slot = &state->slot[i];
        float *idle[] = { slot->gradient, slot->m, slot->v };
        for (size_t j = 0; j < 3 && slot->gradient; j++)
            arena_drop(idle[j], slot->count * sizeof(float));
    }
}

size_t trainer_written(const Trainer *trainer)
{
    const uint32_t *word = (const uint32_t *)(const void *)trainer->memory;
    size_t words = plans_bytes(trainer->plans) / sizeof *word;
    // After trainer_rest the pages at the ends still have the pattern where they are not whole.
    while (words > 0 && (word[words - 1] == trainer->fill || word[words - 1] == PATTERN))
        words--;
    return words * sizeof *word > trainer->written ? words * sizeof *word : trainer->written;
}
