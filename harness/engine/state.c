// state.c: parameters with their gradients and moments.
#include "engine/state.h"
#include "base/random.h"
#include "engine/deferred.h"
#include "engine/kernels.h"
#include <assert.h>
#include <math.h>
#include <string.h>

// Row p of sinusoids of amplitude a: [sin(p w_j) | cos(p w_j)], w_j = 1000^(-j / (cols / 2)).
static void sinusoids(float *out, const Parameter *parameter)
{
    int64_t half = parameter->cols / 2;
    for (int64_t p = 0; p < parameter->rows; p++)
        for (int64_t j = 0; j < parameter->cols; j++) {
            double angle = (double)p * pow(1000, -(double)(j % half) / (double)half);
            out[p * parameter->cols + j] =
                (float)(parameter->init.scale * (j < half ? sin(angle) : cos(angle)));
        }
}

static void from_others(float *out, const Parameter *parameter, const State *state,
                        uint64_t init_seed)
{
    Matrix from[START_FROM] = { { 0 } };
    for (int k = 0; k < START_FROM; k++) {
        if (!parameter->start->from[k])
            continue;
        const Slot *slot = state_find(state, parameter->start->from[k]);
        assert(slot && slot->is.init.kind != INIT_OTHERS);
        size_t cols = (size_t)slot->is.cols;
        from[k] = (Matrix){ slot->value, (size_t)slot->is.rows, cols, cols };
    }
    parameter->start->fill(out, parameter, from, init_seed);
}

// The first draw is INIT_NORMAL's; about one in twenty is drawn again.
static double cut_normal(uint64_t init_seed, uint64_t name, uint64_t index)
{
    double normal = 3;
    for (uint64_t draw = 0; fabs(normal) > 2; draw++)
        normal = random_normal(random_at(init_seed, STREAM_INIT, name, index | draw << 48));
    return normal;
}

void init_fill(float *out, const Parameter *parameter, const State *state, uint64_t init_seed)
{
    size_t count = (size_t)(parameter->rows * parameter->cols);
    uint64_t name = random_name(parameter->name);
    double scale = parameter->init.scale;
    InitKind kind = parameter->init.kind;
    if (kind == INIT_OTHERS) {
        from_others(out, parameter, state, init_seed);
        return;
    }
    if (kind == INIT_SINUSOIDS && parameter->cols > 1) {
        sinusoids(out, parameter);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Random4 bits = { 0 };
        if (kind == INIT_NORMAL || kind == INIT_UNIFORM)
            bits = random_at(init_seed, STREAM_INIT, name, i);
        out[i] = kind == INIT_NORMAL       ? (float)(scale * random_normal(bits))
                 : kind == INIT_CUT_NORMAL ? (float)(scale * cut_normal(init_seed, name, i))
                 : kind == INIT_UNIFORM    ? (float)(scale * (2 * random_uniform(bits) - 1))
                                           : (float)scale;
    }
}

Slot *state_find(const State *state, const char *name)
{
    for (size_t i = 0; i < state->slots; i++)
        if (!strcmp(state->slot[i].is.name, name))
            return &state->slot[i];
    return NULL;
}

void state_take_trained(State *state, const State *from)
{
    for (size_t i = 0; i < state->slots; i++) {
        Slot *slot = &state->slot[i];
        const Slot *now = state_find(from, slot->is.name);
        if (slot->is.trained && now)
            memcpy(slot->value, now->value, slot->count * sizeof *slot->value);
    }
}

// Its numbers are needed as float32 only until they are packed.
static bool slot_pack(Arena *arena, Slot *slot, uint64_t init_seed, Giver giver, void *context,
                      Error *error)
{
    size_t rows = (size_t)slot->is.rows, cols = (size_t)slot->is.cols;
    void *memory = arena_take(arena, parameter_bytes(&slot->is), 1);
    size_t mark = arena_mark(arena);
    float *room = arena_take(arena, slot->count, sizeof *room);
    const float *given = room;
    if (slot->is.init.kind != INIT_GIVEN)
        init_fill(room, &slot->is, NULL, init_seed);
    else if (!(given = giver(context, &slot->is, room, error)))
        return false;
    slot->packed = packed_in(memory, slot->is.store, rows, cols);
    pack_rows(&slot->packed,
              (Matrix){ (float *)(uintptr_t)given, rows, cols, cols }); // is only read
    arena_rewind(arena, mark);
    return true;
}

static bool slot_fill(Arena *arena, Slot *slot, bool learns, uint64_t init_seed, Giver giver,
                      void *context, Error *error)
{
    size_t mark = arena_mark(arena);
    slot->count = (size_t)(slot->is.rows * slot->is.cols);
    if (slot->is.store != STORE_F32)
        return slot_pack(arena, slot, init_seed, giver, context, error);
    slot->value = arena_take(arena, slot->count, sizeof(float));
    if (slot->is.init.kind == INIT_GIVEN) {
        const float *given = giver(context, &slot->is, slot->value, error);
        if (!given)
            return false;
        if (given != slot->value && !slot->is.trained) {
            arena_rewind(arena, mark); // read where it lies; never written, so the cast is safe
            slot->value = (float *)(uintptr_t)given;
        } else if (given != slot->value)
            memcpy(slot->value, given, slot->count * sizeof(float));
    } else if (slot->is.init.kind != INIT_OTHERS)
        init_fill(slot->value, &slot->is, NULL, init_seed);
    if (slot->is.trained && learns) {
        slot->gradient = arena_zero(arena, slot->count, sizeof(float));
        slot->m = arena_zero(arena, slot->count, sizeof(float));
        slot->v = arena_zero(arena, slot->count, sizeof(float));
    }
    return true;
}

static State *bound(Arena *arena, const Graph *const *graphs, size_t count, bool learns,
                    uint64_t init_seed, Giver giver, void *context, Error *error)
{
    State *state = arena_zero(arena, 1, sizeof *state);
    size_t room = 0;
    for (size_t g = 0; g < count; g++)
        room += graphs[g]->parameters;
    state->slot = arena_zero(arena, room + 1, sizeof *state->slot);
    for (size_t g = 0; g < count; g++)
        for (size_t p = 0; p < graphs[g]->parameters; p++) {
            if (state_find(state, graphs[g]->parameter[p].name))
                continue;
            Slot *slot = &state->slot[state->slots];
            slot->is = graphs[g]->parameter[p];
            if (!slot_fill(arena, slot, learns, init_seed, giver, context, error))
                return NULL;
            state->slots++;
            state->weight_bytes += parameter_bytes(&slot->is);
            state->gradient_bytes += slot->gradient ? slot->count * sizeof(float) : 0;
            state->moment_bytes += slot->gradient ? 2 * slot->count * sizeof(float) : 0;
        }
    for (size_t i = 0; i < state->slots; i++) // now that the others have their numbers
        if (state->slot[i].is.init.kind == INIT_OTHERS)
            init_fill(state->slot[i].value, &state->slot[i].is, state, init_seed);
    return state;
}

State *state_new(Arena *arena, const Graph *const *graphs, size_t count, uint64_t init_seed,
                 Giver giver, void *context, Error *error)
{
    return bound(arena, graphs, count, true, init_seed, giver, context, error);
}

State *state_for_use(Arena *arena, const Graph *const *graphs, size_t count, uint64_t init_seed,
                     Giver giver, void *context, Error *error)
{
    return bound(arena, graphs, count, false, init_seed, giver, context, error);
}

State *state_for_graph(Arena *arena, State *state, const Graph *graph)
{
    State *own = arena_zero(arena, 1, sizeof *own);
    *own = *state;
    own->slot = arena_take(arena, state->slots + 1, sizeof *own->slot);
    memcpy(own->slot, state->slot, state->slots * sizeof *own->slot);
    for (size_t i = 0; i < own->slots; i++) {
        Slot *slot = &own->slot[i];
        const Parameter *as = graph_find(graph, slot->is.name);
        if (!as || as->store == slot->is.store)
            continue;
        assert(as->store == STORE_F32);
        slot->is.store = STORE_F32;
        slot->value = arena_take(arena, slot->count, sizeof *slot->value);
        size_t rows = slot->packed.rows, cols = slot->packed.cols;
        unpack_rows((Matrix){ slot->value, rows, cols, cols }, &slot->packed, 0);
    }
    return own;
}

static double slot_squares(const Slot *slot)
{
    return slot->deferred ? deferred_squares(slot) : sum_squares(slot->gradient, slot->count);
}

void state_update(State *state, const Training *training, int64_t step, double *norm)
{
    double squares = 0;
    for (size_t i = 0; i < state->slots; i++)
        if (state->slot[i].is.trained)
            squares += slot_squares(&state->slot[i]);
    *norm = sqrt(squares);
    state->updates++;
    for (size_t i = 0; i < state->slots; i++) {
        Slot *slot = &state->slot[i];
        if (!slot->is.trained)
            continue;
        double lr = slot->is.part == training->head_part ? training->head_lr : training->lr;
        AdamW options = {
            .beta1 = training->beta1,
            .beta2 = training->beta2,
            .epsilon = training->epsilon,
            .rate = schedule_rate(training->schedule, lr, step, training->warmup, training->steps),
            .decay = slot->is.rank == 2 ? training->weight_decay : 0,
            .clip = clip_factor(training->clip, *norm),
            .t = state->updates,
        };
        if (slot->deferred)
            deferred_update(slot, &options);
        else
            adamw(slot->value, slot->m, slot->v, slot->gradient, slot->count,
                  adamw_factors(&options));
    }
}
