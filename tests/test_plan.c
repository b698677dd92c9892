// test_plan.c: who lies where and when, what a smaller batch finds, and the bytes.
#include "engine/plan.h"
#include "tests/graph_bench.h"
#include "tests/placing.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

static bool bench_made(Bench *b, Value loss, const Extent *largest, Made *made)
{
    return CHECK(make(b->arena, b->graph, loss, largest, made, &b->error));
}

// Larger than any random batch.
static const Extent ample = {
    .tokens = 61, .sequences = 7, .selected = 61, .squares = 61 * 13, .longest = 13
};

static void random_graphs_are_placed_without_overlap_and_read_nothing_dead(void)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        Bench b;
        Made made;
        Value loss;
        bench_begin(&b, seed);
        b.graph = random_graph(b.arena, b.pool, &loss, &b.error);
        for (int i = 0; i < 2; i++) // some value that somebody reads after the step
            graph_output(b.graph, 3 + (Value)below(b.pool, b.graph->values - 3));
        if (bench_made(&b, loss, seed % 2 ? &ample : &b.batch.view.extent, &made)) {
            places_hold(made.plan, "random graph", seed);
            dead_memory_is_not_read(&made, &b.batch.view, "random graph", seed);
        }
        bench_end(&b, seed);
    }
}

static void a_smaller_batch_after_a_larger_has_the_bits_it_has_alone(void)
{
    static const size_t last[] = { 0 };
    for (uint64_t seed = 1; seed <= 20; seed++) {
        Bench b;
        Made made, other;
        Value loss;
        bench_begin(&b, seed);
        b.graph = random_graph(b.arena, b.pool, &loss, &b.error);
        Batch small = sequences_of(b.arena, &b.batch.view, last, 1);
        if (bench_made(&b, loss, &b.batch.view.extent, &made) &&
            bench_made(&b, loss, &ample, &other)) {
            double alone = play(&other, &small);
            play(&made, &b.batch.view);
            for (size_t i = 0; i < made.state->slots; i++) // memory stays as the larger left it
                if (made.state->slot[i].gradient)
                    memset(made.state->slot[i].gradient, 0,
                           made.state->slot[i].count * sizeof(float));
            CHECK_CLOSE(runner_step(made.runner, &small, &step_options), alone, 0);
            for (size_t i = 0; i < made.state->slots; i++)
                if (made.state->slot[i].gradient)
                    CHECK(same_bits(made.state->slot[i].gradient, other.state->slot[i].gradient,
                                    made.state->slot[i].count));
        }
        bench_end(&b, seed);
    }
}

static void two_runs_have_the_same_bits(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        Bench b;
        Made made, other;
        Value loss;
        bench_begin(&b, seed);
        b.graph = random_graph(b.arena, b.pool, &loss, &b.error);
        if (bench_made(&b, loss, &ample, &made) && bench_made(&b, loss, &ample, &other)) {
            double first = play(&made, &b.batch.view);
            CHECK_CLOSE(play(&other, &b.batch.view), first, 0);
            CHECK_CLOSE(play(&made, &b.batch.view), first, 0);
            for (size_t i = 0; i < made.state->slots; i++)
                if (made.state->slot[i].gradient)
                    CHECK(same_bits(made.state->slot[i].gradient, other.state->slot[i].gradient,
                                    made.state->slot[i].count));
        }
        bench_end(&b, seed);
    }
}

// ---- by hand

// 8 tokens x 16 floats are 512 bytes. x -> linear -> gelu -> linear -> gelu -> linear: two values
// at a time, gelu where its input lay.
static void a_chain_takes_the_memory_of_two_values(void)
{
    static const Extent extent = { .tokens = 8, .sequences = 2, .squares = 34, .longest = 5 };
    Bench b;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, 16, false);
    Value in[5], out[5];
    for (int i = 0; i < 5; i++) {
        in[i] = linear(b.graph, x, parameter_of(b.graph, "W", 16, 16, false), NO_VALUE);
        x = out[i] = activate(b.graph, GELU, in[i]);
    }
    graph_output(b.graph, x);
    const Plan *p = plan(b.arena, b.graph, &extent, &b.error);
    if (CHECK(p != NULL)) {
        CHECK(plan_bytes(p) == 1024 && plan_activations(p) == 1024 && plan_workspace(p) == 0);
        CHECK(plan_place(p, x).bytes == 512);
        for (int i = 0; i < 5; i++)
            CHECK(plan_place(p, in[i]).offset == plan_place(p, out[i]).offset);
        CHECK(plan_place(p, x).last == (int32_t)b.graph->nodes);
    }
    bench_end(&b, 1);
}

// Trained, each gelu's slope and each layer's input stay until the backward has passed: x, and of
// the five layers y (as the next one's input) and slope; dW needs no place, and the loss 64 bytes.
static void training_keeps_what_the_backward_reads(void)
{
    static const Extent extent = { .tokens = 8, .sequences = 2, .squares = 34, .longest = 5 };
    Bench b;
    Made made;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, 16, false);
    for (int i = 0; i < 5; i++) {
        const char *name = arena_format(b.arena, "W%d", i);
        x = activate(b.graph, GELU,
                     linear(b.graph, x, parameter_of(b.graph, name, 16, 16, true), NO_VALUE));
    }
    // At the loss: x, y1 .. y5, five slopes, dy5, the loss itself.
    if (bench_made(&b, dotted_loss(b.graph, x), &extent, &made)) {
        CHECK(plan_activations(made.plan) == 12 * 512 + 64);
        CHECK(made.state->weight_bytes == 5 * 1024 + 64 * 64);
        CHECK(made.state->gradient_bytes == 5 * 1024);
        CHECK(made.state->moment_bytes == 2 * 5 * 1024);
    }
    bench_end(&b, 1);
}

// attention: 2 x 5 queries x (3 + 5) keys = 80 floats; of the nodes' scratch the largest counts.
static void the_workspace_is_the_largest_scratch(void)
{
    static const Extent extent = { .tokens = 8, .sequences = 2, .squares = 34, .longest = 5 };
    Bench b;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, 16, false);
    x = attend(b.graph, x, x, x, NO_VALUE, NO_VALUE, 2, 0);
    x = attend(b.graph, x, x, x, parameter_of(b.graph, "k", 3, 16, false),
               parameter_of(b.graph, "v", 3, 16, false), 2, 0);
    x = attend(b.graph, x, x, x, NO_VALUE, NO_VALUE, 4, 0);
    graph_output(b.graph, x);
    const Plan *p = plan(b.arena, b.graph, &extent, &b.error);
    CHECK(p && plan_workspace(p) == 80 * sizeof(float));
    CHECK(p && plan_bytes(p) == plan_activations(p) + 320);
    bench_end(&b, 1);
}

static void rows_begin_aligned_and_no_stride_is_a_multiple_of_a_page(void)
{
    static const int64_t widths[] = { 1, 3, 15, 16, 17, 64, 100, 1000, 1024, 2048, 3072, 4096 };
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        Bench b;
        Made made;
        bench_begin(&b, 1);
        Value x = given(b.graph, "x", ROWS_TOKENS, widths[i], false);
        graph_output(b.graph, x);
        if (bench_made(&b, NO_VALUE, &b.batch.view.extent, &made)) {
            Matrix m = runner_value((play(&made, &b.batch.view), made.runner), x);
            CHECK(m.rows == b.batch.view.extent.tokens && m.cols == (size_t)widths[i]);
            CHECK(m.stride >= m.cols && m.stride * sizeof(float) % 4096 != 0);
            CHECK(m.stride <= m.cols + 31);
            CHECK((uintptr_t)m.data % 64 == 0);
            CHECK(m.cols < 16 || m.stride % 16 == 0);
        }
        bench_end(&b, 1);
    }
}

static void a_value_somebody_reads_later_is_not_worked_on_in_place(void)
{
    Bench b;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, 16, false);
    Value y = activate(b.graph, GELU, x); // x is read again
    Value z = activate(b.graph, TANH, x); // the last to read x
    Value w = activate(b.graph, RELU, y); // y is an output
    Value v = add(b.graph, z, w);         // the last to read z
    Value s = graph_give(b.graph, graph_add(b.graph, &op_sum_rows, &v, 1, (Setting){ 0 }), 0);
    graph_output(b.graph, y);
    graph_output(b.graph, s);
    const Plan *p = plan(b.arena, b.graph, &b.batch.view.extent, &b.error);
    if (CHECK(p != NULL)) {
        CHECK(plan_place(p, y).offset != plan_place(p, x).offset);
        CHECK(plan_place(p, z).offset == plan_place(p, x).offset);
        CHECK(plan_place(p, w).offset != plan_place(p, y).offset);
        CHECK(plan_place(p, v).offset == plan_place(p, z).offset);
        places_hold(p, "in place", 1);
    }
    bench_end(&b, 1);
}

static void a_step_larger_than_any_memory_is_refused(void)
{
    static const Extent extent = { .tokens = (size_t)1 << 31, .sequences = 1 << 24 };
    Bench b;
    bench_begin(&b, 1);
    graph_output(b.graph, given(b.graph, "x", ROWS_TOKENS, 16, false));
    CHECK(!plan(b.arena, b.graph, &extent, &b.error));
    CHECK_ERROR(&b.error, ERROR_INPUT, "a step needs 128.0 GiB; should be a smaller batch or");
    const Plan *counted = plan_of_any_size(b.arena, b.graph, &extent, &b.error);
    CHECK(counted && plan_bytes(counted) == (size_t)1 << 37);
    bench_end(&b, 1);
}

static void a_step_whose_bytes_are_no_number_is_not_even_counted(void)
{
    static const Extent extent = { .tokens = SIZE_MAX / 2, .sequences = 1 };
    Bench b;
    bench_begin(&b, 1);
    graph_output(b.graph, given(b.graph, "x", ROWS_TOKENS, 16, false));
    CHECK(!plan_of_any_size(b.arena, b.graph, &extent, &b.error));
    CHECK_ERROR(&b.error, ERROR_INPUT, "a step needs 2.95e+21 bytes; should be a smaller batch");
    bench_end(&b, 1);
}

static void extents_are_combined_number_by_number(void)
{
    Extent a = { 1, 20, 3, 40, 5 }, b = { 10, 2, 30, 4, 50 }, c = extent_max(a, b);
    Extent swapped = extent_max(b, a);
    CHECK(c.tokens == 10 && c.sequences == 20 && c.selected == 30 && c.squares == 40 &&
          c.longest == 50);
    CHECK(!memcmp(&swapped, &c, sizeof c));
}

void suite_plan(void)
{
    ADD(random_graphs_are_placed_without_overlap_and_read_nothing_dead);
    ADD(a_smaller_batch_after_a_larger_has_the_bits_it_has_alone);
    ADD(two_runs_have_the_same_bits);
    ADD(a_chain_takes_the_memory_of_two_values);
    ADD(training_keeps_what_the_backward_reads);
    ADD(the_workspace_is_the_largest_scratch);
    ADD(rows_begin_aligned_and_no_stride_is_a_multiple_of_a_page);
    ADD(a_value_somebody_reads_later_is_not_worked_on_in_place);
    ADD(a_step_larger_than_any_memory_is_refused);
    ADD(a_step_whose_bytes_are_no_number_is_not_even_counted);
    ADD(extents_are_combined_number_by_number);
}
