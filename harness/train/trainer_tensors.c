// trainer_tensors.c: one task's tensors, to a file and from one, and how many of their numbers have
// changed.
#include "train/trainer.h"
#include "engine/fold.h"
#include <string.h>

// What the method computes from its parameters, as slots of the names that a file has for it.
static State *computed_values(Arena *arena, const Trainer *trainer, Error *error)
{
    Description is = trainer->plans->description;
    Described eval;
    Folded folded;
    State *state;
    is.training = false;
    is.storing = true;
    if (!describe(arena, &is, &eval, error))
        return NULL;
    if (!eval.computed)
        return trainer->state;
    if (!fold(arena, eval.graph, &folded, error) ||
        !(state = folded_state(arena, &folded, trainer->state, error)))
        return NULL;
    for (const Computed *one = eval.computed; one; one = one->next)
        for (size_t o = 0; o < eval.graph->outputs; o++)
            if (eval.graph->output[o] == one->value)
                state->slot[folded.rest->value[folded.rest->output[o]].parameter].is.name =
                    one->name;
    return state;
}

typedef struct {
    TensorOut *tensor;
    size_t count;
} Tensors;

// The trained parameters of the model as it is stored; without numbers they are names and shapes.
static bool tensors_of(Arena *arena, const Trainer *trainer, bool numbers, Tensors *tensors,
                       Error *error)
{
    Description is = trainer->plans->description;
    Described described;
    is.training = false;
    is.stored = true;
    if (!describe(arena, &is, &described, error))
        return false;
    const State *computed = numbers ? computed_values(arena, trainer, error) : trainer->state;
    const Graph *graph = described.graph;
    *tensors = (Tensors){ .tensor = arena_zero(arena, graph->parameters + 1, sizeof(TensorOut)) };
    for (size_t i = 0; computed && i < graph->parameters; i++) {
        const Parameter *p = &graph->parameter[i];
        const Slot *slot = state_find(trainer->state, p->name);
        slot = slot ? slot : state_find(computed, p->name);
        if (!p->trained)
            continue;
        tensors->tensor[tensors->count++] =
            (TensorOut){ .name = p->name,
                         .rank = p->rank,
                         .shape = { p->rank == 2 ? p->rows : p->cols, p->rank == 2 ? p->cols : 0 },
                         .data = slot ? slot->value : NULL };
    }
    return computed != NULL;
}

bool trainer_save(const Trainer *trainer, const char *path, Hash *hash, Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    Tensors tensors;
    bool ok = arena && tensors_of(arena, trainer, true, &tensors, error) &&
              checkpoint_write(path, tensors.tensor, tensors.count, hash, error);
    arena_free(arena);
    return ok;
}

bool trainer_saved_bytes(const Trainer *trainer, size_t *bytes, Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    Tensors tensors;
    bool ok = arena && tensors_of(arena, trainer, false, &tensors, error);
    if (ok && (*bytes = checkpoint_bytes(tensors.tensor, tensors.count)) == 0)
        ok = fail(error, ERROR_ENVIRONMENT, (Where){ 0 }, NULL, "out of memory");
    arena_free(arena);
    return ok;
}

bool trained_load(State *state, Checkpoint *file, Error *error)
{
    for (size_t i = 0; i < file->tensors; i++) {
        const Slot *slot = state_find(state, file->tensor[i].name);
        if (!slot || !slot->is.trained)
            return fail(error, ERROR_INPUT,
                        (Where){ .file = file->file, .item = file->tensor[i].name },
                        "a file of the same method, options and head", "is not trained here");
    }
    for (size_t i = 0; i < state->slots; i++) {
        Slot *slot = &state->slot[i];
        if (!slot->is.trained)
            continue;
        const float *given = tensor_given(file, "run.json", &slot->is, slot->value, error);
        if (!given)
            return false;
        if (given != slot->value)
            memcpy(slot->value, given, slot->count * sizeof(float));
    }
    return true;
}

// ---- what has changed

// The numbers that a slot started with; what it started from may have been trained since.
static const float *start_of(Arena *arena, const Trainer *trainer, Checkpoint *checkpoint,
                             uint64_t init_seed, const Slot *slot)
{
    float *room = arena_take(arena, slot->count, sizeof *room);
    Error error;
    if (slot->is.init.kind == INIT_GIVEN)
        return checkpoint_giver(checkpoint, &slot->is, room, &error);
    State before = { .slot = arena_take(arena, START_FROM, sizeof *before.slot) };
    for (int k = 0; slot->is.init.kind == INIT_OTHERS && k < START_FROM; k++) {
        const char *name = slot->is.start->from[k];
        const Slot *from = name ? state_find(trainer->state, name) : NULL;
        if (!from)
            continue;
        before.slot[before.slots] = *from;
        if (from->is.trained) // it is only read, so the cast is safe
            before.slot[before.slots].value =
                (float *)(uintptr_t)start_of(arena, trainer, checkpoint, init_seed, from);
        before.slots++;
    }
    init_fill(room, &slot->is, &before, init_seed);
    return room;
}

int64_t trainer_changed(Arena *arena, const Trainer *trainer, Checkpoint *checkpoint,
                        uint64_t init_seed)
{
    const State *state = trainer->state;
    int64_t count = 0;
    for (size_t i = 0; i < state->slots; i++) {
        const Slot *slot = &state->slot[i];
        size_t mark = arena_mark(arena);
        if (!slot->is.trained)
            continue;
        const float *start = start_of(arena, trainer, checkpoint, init_seed, slot);
        for (size_t j = 0; j < slot->count; j++)
            count += memcmp(&start[j], &slot->value[j], sizeof *start) != 0;
        arena_rewind(arena, mark);
    }
    return count;
}
