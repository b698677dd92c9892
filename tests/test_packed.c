// test_packed.c: weights in fewer bytes: the formats by hand, products over tiles, which weights of
// a model are stored so, and that training over them is training over their numbers.
#include "engine/packed.h"
#include "engine/product.h"
#include "tests/graph_bench.h"
#include "tests/small_model.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

// ---- the formats

// Packs one row and expands it again.
static void there_and_back(Store store, const float *x, float *back, size_t n)
{
    float memory[64];
    CHECK(store_bytes(store, 1, n) <= sizeof memory);
    Packed packed = packed_in(memory, store, 1, n);
    pack_rows(&packed, (Matrix){ (float *)(uintptr_t)x, 1, n, n });
    unpack_rows((Matrix){ back, 1, n, n }, &packed, 0);
}

// The largest is 127, so the scale is 1: halves go to the even neighbour.
static void int8_by_hand(void)
{
    static const float x[] = { 127, 0.5F, 1.5F, 2.5F, -0.5F, -126.5F, -2.51F, 0.49F, 0, -3 };
    static const float expected[] = { 127, 0, 2, 2, 0, -126, -3, 0, 0, -3 };
    float back[10];
    there_and_back(STORE_INT8, x, back, 10);
    for (size_t i = 0; i < 10; i++)
        CHECK(back[i] == expected[i]);
    static const float halves[] = { -63.5F, 0.25F, 0.75F,
                                    31.75F }; // scale 1/2: -127, 0.5, 1.5, 63.5
    static const float of_halves[] = { -63.5F, 0, 1, 32 };
    there_and_back(STORE_INT8, halves, back, 4);
    for (size_t i = 0; i < 4; i++)
        CHECK(back[i] == of_halves[i]);
}

static void each_row_has_a_scale_of_its_own(void)
{
    float x[] = { 127, 1, 0, 0, 0.127F, 0.001F, NAN, 1, 1e-45F, 1e-45F, 3, INFINITY }, back[12];
    float memory[16];
    Packed packed = packed_in(memory, STORE_INT8, 6, 2);
    CHECK(store_bytes(STORE_INT8, 6, 2) == 6 * 4 + 12 && store_bytes(STORE_BF16, 6, 2) == 24 &&
          store_bytes(STORE_F32, 6, 2) == 48);
    pack_rows(&packed, (Matrix){ x, 6, 2, 2 });
    unpack_rows((Matrix){ back, 6, 2, 2 }, &packed, 0);
    CHECK(back[0] == 127 && back[1] == 1 && back[2] == 0 && back[3] == 0);
    CHECK_CLOSE(back[4] / 0.127F, 1, 1e-6);
    CHECK_CLOSE(back[5] / 0.001F, 1, 1e-6);
    CHECK(isnan(back[6]) && isnan(back[7]) && isnan(back[10]) && isnan(back[11]));
    CHECK(fabsf(back[8]) <= 1e-43F);
    unpack_rows((Matrix){ back, 1, 2, 2 }, &packed, 2); // one row from the middle
    CHECK_CLOSE(back[0] / 0.127F, 1, 1e-6);
}

// Eight bits of significand: beside 1 the numbers are 2^-7 apart.
static void bf16_by_hand(void)
{
    static const float x[] = { 1,        1 + 0x1p-8F, 1 + 0x3p-8F,     1 + 0x1p-8F + 0x1p-20F,
                               -0.0F,    INFINITY,    0x1.fffffep127F, 1.5F,
                               -0x1p-8F, 0x1p-133F };
    static const float expected[] = { 1,        1,        1 + 0x1p-6F, 1 + 0x1p-7F, 0,
                                      INFINITY, INFINITY, 1.5F,        -0x1p-8F,    0x1p-133F };
    float back[10], nan = NAN;
    there_and_back(STORE_BF16, x, back, 10);
    for (size_t i = 0; i < 10; i++)
        if (!CHECK(back[i] == expected[i]))
            printf("%zu: %a\n", i, (double)back[i]);
    CHECK(signbit(back[4]));
    there_and_back(STORE_BF16, &nan, back, 1);
    CHECK(isnan(back[0]));
}

static void rounding_is_off_by_half_a_step_at_most(void)
{
    uint64_t random = 5;
    float x[40], back[40], largest = 0;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < 40; i++) {
            x[i] = mix_float(&random) * (float)(1 << round % 9);
            largest = i == 0 || fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
        }
        there_and_back(STORE_INT8, x, back, 40);
        for (size_t i = 0; i < 40; i++)
            CHECK(fabsf(back[i] - x[i]) <= 0.50001F * largest / 127);
        there_and_back(STORE_BF16, x, back, 40);
        for (size_t i = 0; i < 40; i++)
            CHECK(fabsf(back[i] - x[i]) <= 0x1p-8F * fabsf(x[i]));
    }
}

// ---- products

// y and dx of a frozen layer of `rows` outputs, packed and over its expanded numbers.
static void products_over_tiles(Store store, int64_t rows, int64_t cols)
{
    enum { TILE = 64 };
    Bench b;
    Made made;
    bench_begin(&b, (uint64_t)rows);
    Value x = given(b.graph, "x", ROWS_TOKENS, cols, true);
    Value W = parameter_of(b.graph, "W", rows, cols, false);
    Value y = linear(b.graph, x, W, NO_VALUE), loss = dotted_loss(b.graph, y);
    graph_output(b.graph, y);
    const Graph *graph = pack(b.arena, b.graph, store, &b.error);
    CHECK(nodes_of(graph, "packed_linear") == 1 && nodes_of(graph, "linear") == 0);
    if (CHECK(make(b.arena, graph, loss, &b.batch.view.extent, &made, &b.error))) {
        play(&made, &b.batch.view);
        const Slot *slot = state_find(made.state, "W");
        size_t n = b.batch.view.extent.tokens, out = (size_t)rows, in = (size_t)cols;
        CHECK(!slot->value &&
              made.state->weight_bytes ==
                  store_bytes(store, out, in) + state_find(made.state, "x")->count * sizeof(float));
        CHECK(plan_workspace(made.plan) <=
              ((out < TILE ? out : TILE) * in * sizeof(float) + 63) / 64 * 64);
        Matrix full = { arena_take(b.arena, out * in + 1, 4), out, in, in };
        Matrix tiled = { arena_take(b.arena, n * out + 1, 4), n, out, out };
        Matrix whole = { arena_take(b.arena, n * out + 1, 4), n, out, out };
        Matrix X = { state_find(made.state, "x")->value, n, in, in };
        Matrix got = runner_value(made.runner, y);
        unpack_rows(full, &slot->packed, 0);
        for (size_t r = 0; r < out; r += TILE) {
            size_t count = out - r < TILE ? out - r : TILE;
            product(false, true, 1, X, rows_of(full, r, count), 0, columns_of(tiled, r, count));
        }
        product(false, true, 1, X, full, 0, whole);
        for (size_t r = 0; r < n; r++) {
            CHECK(same_bits(row_at(got, r), row_at(tiled, r), out));
            for (size_t c = 0; c < out; c++)
                CHECK_CLOSE(row_at(got, r)[c], row_at(whole, r)[c], 1e-5);
        }
        if (rows <= TABLE_SIDE)
            slopes_hold(&made, &b.batch.view, 2e-5, "packed", (uint64_t)rows);
    }
    bench_end(&b, (uint64_t)rows);
}

static void products_take_a_tile_at_a_time(void)
{
    static const int64_t rows[] = { 1, 17, 63, 64, 65, 80, 128, 200 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (Store store = STORE_BF16; store <= STORE_INT8; store++) {
            products_over_tiles(store, rows[i], 33);
            products_over_tiles(store, rows[i], 1);
        }
}

// ---- which weights

static bool is_linear_weight(const char *name)
{
    const char *end = strstr(name, ".weight");
    return end && !end[7] && !strstr(name, "embeddings") && !strstr(name, "LayerNorm");
}

// A small model whose frozen weights are stored so. False: it has no room for the method.
static bool begin_stored(Small *s, const Method *method, Store store)
{
    small_begin(s, method, 4);
    s->description.frozen_store = store;
    if (method->fit)
        return false;
    if (small_plan(s))
        return small_open(s);
    CHECK(s->error.kind == ERROR_INPUT);
    return false;
}

// Of what the graph reads otherwise than as a layer's weight nothing is packed: a weight that
// every_hook or dora replaces, a table, a vector.
static void frozen_weights_that_layers_alone_read_are_packed(void)
{
    for (size_t m = 0; m < method_count(); m++) {
        Small s;
        const Method *method = method_at(m);
        if (begin_stored(&s, method, STORE_INT8)) {
            const Graph *graph = s.plans.eval.graph;
            size_t packed = 0, replaced = 0;
            for (size_t p = 0; p < graph->parameters; p++) {
                const Parameter *is = &graph->parameter[p];
                bool may = is_linear_weight(is->name) && !is->trained;
                CHECK(is->store == STORE_F32 || (may && is->store == STORE_INT8));
                packed += is->store == STORE_INT8;
                replaced += may && is->store == STORE_F32;
                const Slot *slot = state_find(s.trainer.state, is->name);
                CHECK(slot->is.store == is->store && !slot->value == (is->store == STORE_INT8));
            }
            // Of six matrices a layer: dora's q and v, every_hook's v and ffn_mid.
            size_t hooked = method->weight ? 2 * LAYERS : 0;
            if (!CHECK(replaced == hooked) || !CHECK(packed == 0 || packed + hooked >= 6))
                printf("%s: %zu packed, %zu not\n", method->name, packed, replaced);
            CHECK(!strcmp(method->name, "full") == (packed == 0));
        }
        small_end(&s);
    }
}

static void filled_with_twice(float *out, const Parameter *p, const Matrix *from, uint64_t seed)
{
    (void)seed;
    for (int64_t i = 0; i < p->rows * p->cols; i++)
        out[i] = 2 * from[0].data[i];
}

// Its numbers come when all others are there.
static void a_frozen_weight_that_starts_from_another_stays_as_it_is(void)
{
    static const Start start = { .fill = filled_with_twice, .from = { "source" } };
    Bench b;
    bench_begin(&b, 3);
    Value x = given(b.graph, "x", ROWS_TOKENS, 5, false);
    Parameter source = {
        .name = "source", .rows = 4, .cols = 5, .rank = 2, .init = { INIT_NORMAL, 1 }
    };
    Parameter twice = { .name = "twice",
                        .rows = 4,
                        .cols = 5,
                        .rank = 2,
                        .init = { .kind = INIT_OTHERS },
                        .start = &start };
    graph_parameter(b.graph, &source);
    graph_output(b.graph, linear(b.graph, x, graph_parameter(b.graph, &twice), NO_VALUE));
    const Graph *packed = pack(b.arena, b.graph, STORE_INT8, &b.error);
    if (CHECK(graph_find(packed, "twice")->store == STORE_F32)) {
        const State *state = state_new(b.arena, &packed, 1, 1, NULL, NULL, &b.error);
        CHECK(state_find(state, "twice")->value[19] == 2 * state_find(state, "source")->value[19]);
    }
    bench_end(&b, 3);
}

// Beside a layer: an addition, an output, a parameter that starts from it, the layer's own input.
static void who_is_read_otherwise_too_stays_as_it_is(void)
{
    static const char *const names[] = { "plain", "added", "given", "source", "input", "trained" };
    static const Start start = { .from = { "source" } };
    Bench b;
    bench_begin(&b, 3);
    Graph *g = b.graph;
    Value x = given(g, "x", ROWS_TOKENS, 5, false), W[6];
    for (int i = 0; i < 6; i++) {
        W[i] = parameter_of(g, names[i], 5, 5, i == 5);
        x = linear(g, x, W[i], NO_VALUE);
    }
    Value sum = add(g, W[1], linear(g, W[4], W[0], NO_VALUE));
    Parameter later = { .name = "later",
                        .rows = 1,
                        .cols = 5,
                        .rank = 1,
                        .init = { .kind = INIT_OTHERS },
                        .start = &start };
    x = linear(g, x, W[0], graph_parameter(g, &later));
    graph_output(g, sum);
    graph_output(g, W[2]);
    graph_output(g, x);
    const Graph *packed = pack(b.arena, g, STORE_INT8, &b.error);
    for (int i = 0; i < 6; i++)
        if (!CHECK(graph_find(packed, names[i])->store == (i == 0 ? STORE_INT8 : STORE_F32)))
            printf("%s\n", names[i]);
    CHECK(nodes_of(packed, "packed_linear") == 3 && nodes_of(packed, "linear") == 5);
    CHECK(graph_find(g, "plain")->store == STORE_F32); // the graph given is as it was
    bench_end(&b, 3);
}

static void f32_is_the_graph_as_it_was(void)
{
    Small s;
    Error error;
    small_begin(&s, method_find("lora", &error), 4);
    if (CHECK(small_plan(&s)))
        CHECK(nodes_of(s.plans.backward, "packed_linear") == 0);
    small_end(&s);
}

// ---- training

// The same model with the packed numbers as plain ones.
static void expand_into(const State *from, State *to)
{
    for (size_t i = 0; i < from->slots; i++) {
        const Slot *slot = &from->slot[i];
        Slot *plain = state_find(to, slot->is.name);
        size_t rows = (size_t)slot->is.rows, cols = (size_t)slot->is.cols;
        if (slot->is.store != STORE_F32)
            unpack_rows((Matrix){ plain->value, rows, cols, cols }, &slot->packed, 0);
    }
}

// The small model's weights have fewer rows than a tile, so products are the same.
static void training_is_that_over_the_expanded_numbers_to_the_bit(void)
{
    size_t compared = 0;
    for (size_t m = 0; m < method_count(); m++)
        for (Store store = STORE_BF16; store <= STORE_INT8; store++) {
            Small packed, plain;
            bool open = begin_stored(&packed, method_at(m), store);
            open = begin_stored(&plain, method_at(m), STORE_F32) && open;
            if (open && !(method_at(m)->claims & TRAINS_NOTHING)) {
                expand_into(packed.trainer.state, plain.trainer.state);
                for (int64_t step = 0; step < 5; step++) {
                    const Batch *batch = &packed.batch.view;
                    double loss = trainer_backward(&packed.trainer, batch, step, 1);
                    CHECK(trainer_backward(&plain.trainer, batch, step, 1) == loss);
                    trainer_update(&packed.trainer, step);
                    trainer_update(&plain.trainer, step);
                }
                trainer_settle(&packed.trainer);
                trainer_settle(&plain.trainer);
                const State *state = packed.trainer.state;
                for (size_t i = 0; i < state->slots; i++)
                    if (state->slot[i].is.trained &&
                        !CHECK(same_bits(
                            state->slot[i].value,
                            state_find(plain.trainer.state, state->slot[i].is.name)->value,
                            state->slot[i].count)))
                        printf("%s: %s\n", method_at(m)->name, state->slot[i].is.name);
                Made a, b;
                if (small_mlm(&packed, &a) && small_mlm(&plain, &b)) {
                    expand_into(a.state, b.state); // its head, too
                    CHECK(play(&a, &packed.batch.view) == play(&b, &plain.batch.view));
                }
                compared++;
            }
            small_end(&plain);
            small_end(&packed);
        }
    CHECK(compared >= 20);
}

void suite_packed(void)
{
    ADD(int8_by_hand);
    ADD(each_row_has_a_scale_of_its_own);
    ADD(bf16_by_hand);
    ADD(rounding_is_off_by_half_a_step_at_most);
    ADD(products_take_a_tile_at_a_time);
    ADD(frozen_weights_that_layers_alone_read_are_packed);
    ADD(a_frozen_weight_that_starts_from_another_stays_as_it_is);
    ADD(who_is_read_otherwise_too_stays_as_it_is);
    ADD(f32_is_the_graph_as_it_was);
    ADD(training_is_that_over_the_expanded_numbers_to_the_bit);
}
