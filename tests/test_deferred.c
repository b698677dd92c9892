// test_deferred.c: rows of embeddings that get their updates late have the bits that they would
// have had at once.
#include "engine/deferred.h"
#include "tests/graphs.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

enum {
    VOCABULARY = 170,
    COMMON = 128,
    POSITIONS = 5,
    TYPES = 2,
    SEQUENCES = 3,
    ROOM = SEQUENCES * POSITIONS
};

typedef struct {
    Extent extent;
    uint32_t offset[SEQUENCES + 1], example[SEQUENCES];
    int32_t token[ROOM], position[ROOM], type[ROOM], label[SEQUENCES];
} Sequences;

// Words from COMMON on come often, the others hardly ever, the last never.
static Batch draw(Sequences *s, uint64_t *seed)
{
    *s = (Sequences){ .extent = { .sequences = SEQUENCES } };
    for (uint32_t i = 0; i < SEQUENCES; i++) {
        size_t length = 1 + mix(seed) % POSITIONS;
        for (size_t p = 0; p < length; p++, s->extent.tokens++) {
            int32_t least = mix(seed) % 50 ? COMMON : 0;
            s->token[s->extent.tokens] =
                least + (int32_t)(mix(seed) % (uint64_t)(VOCABULARY - 1 - least));
            s->position[s->extent.tokens] = (int32_t)p;
            s->type[s->extent.tokens] = (int32_t)(mix(seed) % TYPES);
        }
        s->offset[i + 1] = (uint32_t)s->extent.tokens;
        s->example[i] = i;
        s->extent.squares += length * length;
        s->extent.longest = length > s->extent.longest ? length : s->extent.longest;
    }
    return (Batch){ s->extent,   s->offset, s->example, s->token, s->type,
                    s->position, s->label,  NULL,       NULL,     NULL };
}

typedef struct {
    int64_t cols;
    double decay;
    bool whole; // the word table is read as a matrix, too
} Case;

static bool build(Arena *arena, const Case *c, Made *made, Error *error)
{
    static const Extent largest = { .tokens = ROOM,
                                    .sequences = SEQUENCES,
                                    .squares = SEQUENCES * POSITIONS * POSITIONS,
                                    .longest = POSITIONS };
    Graph *graph = graph_new(arena, error);
    Value word = parameter_of(graph, "word", VOCABULARY, c->cols, true);
    Value position = parameter_of(graph, "position", POSITIONS, c->cols, true);
    Value type = parameter_of(graph, "type", TYPES, c->cols, true);
    Value y = embed(graph, word, position, type);
    if (c->whole)
        graph_output(graph, linear(graph, word, type, NO_VALUE));
    return make(arena, graph, dotted_loss(graph, y), &largest, made, error);
}

static bool same_state(const State *a, const State *b)
{
    bool same = true;
    for (size_t i = 0; i < a->slots; i++) {
        const Slot *one = &a->slot[i], *other = &b->slot[i];
        same = same && same_bits(one->value, other->value, one->count) &&
               same_bits(one->m, other->m, one->count) && same_bits(one->v, other->v, one->count) &&
               same_bits(one->gradient, other->gradient, one->count);
    }
    return same;
}

// One step of one or two parts on each; the second gets its updates late.
static bool step(Made *now, Made *late, const Training *training, int64_t number, uint64_t *seed)
{
    double norm[2], loss[2] = { 0, 0 };
    for (uint64_t part = 0; part < 1 + mix(seed) % 2; part++) {
        Sequences room;
        Batch batch = draw(&room, seed);
        state_look_up(late->state, &batch);
        loss[0] += runner_step(now->runner, &batch, &step_options);
        loss[1] += runner_step(late->runner, &batch, &step_options);
    }
    state_update(now->state, training, number, &norm[0]);
    state_update(late->state, training, number, &norm[1]);
    return loss[0] == loss[1] && norm[0] == norm[1] && norm[0] > 0;
}

// More steps than the updates that are remembered; a rate that differs in each; now and then all
// rows are asked for.
static void late_updates_have_their_bits(void)
{
    static const Case cases[] = {
        { 16, 0, false }, { 48, 0, false }, { 48, 0.1, false }, { 20, 0, false }, { 7, 0.3, false }
    };
    enum { STEPS = 2500 };
    Training training = { .schedule = SCHEDULE_LINEAR,
                          .lr = 0.01,
                          .head_part = 1,
                          .warmup = 50,
                          .steps = STEPS,
                          .clip = 1,
                          .beta1 = 0.9,
                          .beta2 = 0.999,
                          .epsilon = 1e-8 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Error error;
        Arena *arena = arena_new(ARENA_RUN, &error);
        Made now, late;
        uint64_t seed = 17 + i;
        size_t differ = 0, behind = 0;
        training.weight_decay = cases[i].decay;
        if (!CHECK(build(arena, &cases[i], &now, &error) && build(arena, &cases[i], &late, &error)))
            break;
        state_defer(arena, late.state, late.graph);
        for (int64_t s = 0; s < STEPS; s++) {
            differ += !step(&now, &late, &training, s, &seed);
            behind += !same_state(now.state, late.state);
            if (s == 700 || s == 2300) {
                state_settle(late.state);
                CHECK(same_state(now.state, late.state));
            }
        }
        state_settle(late.state);
        CHECK(same_state(now.state, late.state));
        CHECK(differ == 0);
        CHECK(behind > STEPS / 2); // else nothing waited
        arena_free(arena);
    }
}

// Rows of a table that is read whole as well have to be there in each step.
static void a_table_that_is_read_whole_waits_for_nothing(void)
{
    static const Case whole = { 16, 0, true }, alone = { 16, 0, false };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    Made made, other;
    if (CHECK(build(arena, &whole, &made, &error) && build(arena, &alone, &other, &error))) {
        state_defer(arena, made.state, made.graph);
        state_defer(arena, other.state, other.graph);
        CHECK(!state_find(made.state, "word")->deferred);
        CHECK(state_find(made.state, "position")->deferred != NULL);
        CHECK(state_find(other.state, "word")->deferred != NULL);
    }
    arena_free(arena);
}

static void sums_over_some_rows_have_the_bits_of_all(void)
{
    enum { ROWS = 130, COLS = 32 };
    static float x[ROWS * COLS];
    uint64_t some[3] = { 0 }, seed = 3;
    for (size_t r = 0; r < ROWS; r++) {
        bool is = mix(&seed) % 3 == 0;
        some[r / 64] |= (uint64_t)is << r % 64;
        for (size_t c = 0; c < COLS; c++)
            x[r * COLS + c] = is ? mix_float(&seed) : 0;
    }
    for (size_t cols = 1; cols <= COLS; cols++) {
        memset(x, 0, sizeof x);
        for (size_t r = 0; r < ROWS; r++)
            for (size_t c = 0; c < cols && some[r / 64] >> r % 64 & 1; c++)
                x[r * cols + c] = mix_float(&seed);
        double sum = sum_squares_of((Matrix){ x, ROWS, cols, cols }, some);
        CHECK(sum > 0 && sum == sum_squares(x, ROWS * cols));
    }
}

void suite_deferred(void)
{
    ADD(late_updates_have_their_bits);
    ADD(a_table_that_is_read_whole_waits_for_nothing);
    ADD(sums_over_some_rows_have_the_bits_of_all);
}
