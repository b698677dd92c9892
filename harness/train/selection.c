// selection.c: when to look, and a copy of the trained numbers.
#include "train/selection.h"
#include <string.h>

Looks looks_of(size_t steps, size_t epoch_steps)
{
    size_t epochs = (steps + epoch_steps - 1) / epoch_steps;
    size_t every = (epochs + MOST_LOOKS - 1) / MOST_LOOKS;
    if (steps == 0)
        return (Looks){ 0 };
    return (Looks){ (epochs + every - 1) / every, steps, epoch_steps, every };
}

bool looks_after(const Looks *looks, size_t step)
{
    return looks->count > 0 &&
           ((step + 1) % (looks->epoch * looks->every) == 0 || step + 1 == looks->steps);
}

int64_t looks_epoch(const Looks *looks, size_t step)
{
    return (int64_t)(step / looks->epoch) + 1;
}

Best best_new(Arena *arena, State *state)
{
    Best best = { .state = state };
    for (size_t i = 0; i < state->slots; i++)
        best.bytes += state->slot[i].is.trained ? state->slot[i].count * sizeof(float) : 0;
    best.kept = arena_take(arena, best.bytes + 1, 1);
    return best;
}

// Between the state and the copy, one way or the other.
static void copy(const Best *best, bool back)
{
    float *kept = best->kept;
    for (size_t i = 0; i < best->state->slots; i++) {
        const Slot *slot = &best->state->slot[i];
        if (!slot->is.trained)
            continue;
        memcpy(back ? slot->value : kept, back ? kept : slot->value, slot->count * sizeof *kept);
        kept += slot->count;
    }
}

void best_look(Best *best, double score, int64_t epoch)
{
    if (best->epoch > 0 && !(score > best->score))
        return;
    best->score = score;
    best->epoch = epoch;
    copy(best, false);
}

void best_restore(const Best *best)
{
    copy(best, true);
    arena_drop(best->kept, best->bytes);
}
