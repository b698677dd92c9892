// test_cut.c: what is fixed apart from what is not: together they are the whole graph.
#include "engine/cut.h"
#include "tests/graph_bench.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

enum { H = 6 };

static Value frozen(Bench *b, const char *name, int64_t rows, int64_t cols)
{
    return parameter_of(b->graph, name, rows, cols, false);
}

static bool trim_and_cut(Bench *b, Value loss, const Graph **trimmed, Value *trimmed_loss,
                         Cut *halves)
{
    Value *map;
    *trimmed = trim(b->arena, b->graph, false, &map, &b->error);
    if (!CHECK(*trimmed != NULL)) {
        printf("%s\n", b->error.text);
        return false;
    }
    *trimmed_loss = map[loss];
    return CHECK(cut(b->arena, *trimmed, *trimmed_loss, halves, &b->error));
}

// The rest, fed with what the prefix gives of the batch, has the whole graph's loss and gradients.
static void plays_alike(Bench *b, const Graph *graph, Value loss, const Cut *halves, uint64_t seed)
{
    Made whole, below, above;
    const Extent *extent = &b->batch.view.extent;
    if (!CHECK(make(b->arena, graph, loss, extent, &whole, &b->error) &&
               make(b->arena, halves->prefix, NO_VALUE, extent, &below, &b->error) &&
               make(b->arena, halves->rest, halves->loss, extent, &above, &b->error))) {
        printf("seed %llu: %s\n", (unsigned long long)seed, b->error.text);
        return;
    }
    double expected = play(&whole, &b->batch.view);
    play(&below, &b->batch.view);
    memset(above.memory, 0xff, plan_bytes(above.plan));
    for (size_t i = 0; i < halves->values; i++) {
        Matrix from = runner_value(below.runner, halves->given[i]);
        Matrix to = runner_feed(above.runner, halves->fed[i], extent);
        CHECK(from.rows == to.rows && from.cols == to.cols);
        for (size_t r = 0; r < from.rows; r++)
            memcpy(row_at(to, r), row_at(from, r), from.cols * sizeof(float));
    }
    for (size_t i = 0; i < above.state->slots; i++)
        if (above.state->slot[i].is.trained)
            memset(above.state->slot[i].gradient, 0, above.state->slot[i].count * sizeof(float));
    double got = runner_step(above.runner, &b->batch.view, &step_options);
    if (!CHECK_CLOSE(got, expected, 1e-5))
        printf("seed %llu\n", (unsigned long long)seed);
    for (size_t i = 0; i < whole.state->slots; i++) {
        const Slot *one = &whole.state->slot[i], *other = state_find(above.state, one->is.name);
        if (!one->is.trained)
            continue;
        double size = 1 + sqrt(sum_squares(one->gradient, one->count));
        if (!CHECK(other != NULL))
            continue;
        for (size_t j = 0; j < one->count; j++)
            if (!CHECK_CLOSE(other->gradient[j] / size, one->gradient[j] / size, 1e-5))
                printf("seed %llu, %s\n", (unsigned long long)seed, one->is.name);
    }
}

static bool random_below(const Graph *graph)
{
    for (size_t i = 0; i < graph->nodes; i++)
        if (draws(&graph->node[i]))
            return true;
    return false;
}

static void prefix_and_rest_are_the_whole_for_random_graphs(void)
{
    int halved = 0;
    for (uint64_t seed = 0; seed < 150; seed++) {
        Bench b;
        Value loss, trimmed_loss;
        const Graph *trimmed;
        Cut halves;
        bench_begin(&b, seed);
        b.graph = random_graph(b.arena, b.pool, &loss, &b.error);
        if (trim_and_cut(&b, loss, &trimmed, &trimmed_loss, &halves) && halves.values > 0) {
            halved++;
            CHECK(!random_below(halves.prefix));
            for (size_t i = 0; i < halves.prefix->parameters; i++)
                CHECK(!halves.prefix->parameter[i].trained);
            plays_alike(&b, trimmed, trimmed_loss, &halves, seed);
        }
        bench_end(&b, seed);
    }
    CHECK(halved > 50);
}

// x -> linear (frozen) -> dropout -> linear (trained): cut below the dropout.
static void the_frontier_lies_below_the_first_random_node(void)
{
    for (int rate = 0; rate < 2; rate++) {
        Bench b;
        Value trimmed_loss;
        const Graph *trimmed;
        Cut halves;
        bench_begin(&b, 1);
        Graph *g = b.graph;
        Value x =
            embed(g, frozen(&b, "words", WORDS, H), frozen(&b, "places", LONGEST, H), NO_VALUE);
        x = dropout(g, x, rate * 0.3);
        x = activate(g, TANH, linear(g, x, frozen(&b, "W", 5, H), NO_VALUE));
        Value y = linear(g, dropout(g, x, 0.2), parameter_of(g, "V", 4, 5, true), NO_VALUE);
        if (trim_and_cut(&b, dotted_loss(g, y), &trimmed, &trimmed_loss, &halves) &&
            CHECK(halves.values == 1)) {
            const ValueInfo *fed = &halves.rest->value[halves.fed[0]];
            CHECK(fed->cols == (rate ? H : 5) && count_equal(fed->rows, ROWS_TOKENS));
            CHECK(nodes_of(halves.prefix, "linear") == (rate ? 0 : 1));
            CHECK(nodes_of(halves.rest, "linear") == (rate ? 2 : 1));
            CHECK(nodes_of(halves.rest, "embedding") == 0);
            plays_alike(&b, trimmed, trimmed_loss, &halves, 1);
        }
        bench_end(&b, 1);
    }
}

// k is read as keys and as values, x twice, each time by its first rows: the frontier has two
// values.
static void what_is_read_twice_is_kept_once(void)
{
    Bench b;
    Value trimmed_loss;
    const Graph *trimmed;
    Cut halves;
    bench_begin(&b, 2);
    Graph *g = b.graph;
    Value x = embed(g, frozen(&b, "words", WORDS, H), frozen(&b, "places", LONGEST, H), NO_VALUE);
    Value k = linear(g, x, frozen(&b, "K", H, H), NO_VALUE);
    Value q = linear(g, x, parameter_of(g, "Q", H, H, true), NO_VALUE);
    Value c = attend(g, q, k, k, NO_VALUE, NO_VALUE, 2, 0);
    Value y = first_token(g, add(g, c, x));
    if (trim_and_cut(&b, dotted_loss(g, y), &trimmed, &trimmed_loss, &halves) &&
        CHECK(halves.values == 2)) {
        Count one = halves.rest->value[halves.fed[0]].rows;
        Count other = halves.rest->value[halves.fed[1]].rows;
        CHECK(one.tokens + other.tokens == 1 && one.sequences + other.sequences == 1);
        plays_alike(&b, trimmed, trimmed_loss, &halves, 2);
    }
    bench_end(&b, 2);
}

static void a_product_of_frozen_weights_is_not_kept_by_example(void)
{
    Bench b;
    Value trimmed_loss;
    const Graph *trimmed;
    Cut halves;
    bench_begin(&b, 3);
    Graph *g = b.graph;
    Value W = product_n(g, frozen(&b, "A", 4, 3), frozen(&b, "B", 3, H));
    Value x = given(g, "x", ROWS_TOKENS, H, true);
    if (trim_and_cut(&b, dotted_loss(g, product_t(g, x, W)), &trimmed, &trimmed_loss, &halves)) {
        CHECK(halves.values == 0);
        CHECK(!halves.prefix && !halves.rest && halves.loss == trimmed_loss);
    }
    bench_end(&b, 3);
}

static void where_everything_trains_there_is_nothing_to_cut(void)
{
    Bench b;
    Value trimmed_loss;
    const Graph *trimmed;
    Cut halves;
    bench_begin(&b, 4);
    Graph *g = b.graph;
    Value x = embed(g, parameter_of(g, "words", WORDS, H, true),
                    parameter_of(g, "places", LONGEST, H, false), NO_VALUE);
    Value y = linear(g, x, frozen(&b, "W", 5, H), NO_VALUE);
    if (trim_and_cut(&b, dotted_loss(g, y), &trimmed, &trimmed_loss, &halves))
        CHECK(halves.values == 0);
    bench_end(&b, 4);
}

void suite_cut(void)
{
    ADD(prefix_and_rest_are_the_whole_for_random_graphs);
    ADD(the_frontier_lies_below_the_first_random_node);
    ADD(what_is_read_twice_is_kept_once);
    ADD(a_product_of_frozen_weights_is_not_kept_by_example);
    ADD(where_everything_trains_there_is_nothing_to_cut);
}
