// test_trim.c: rows that nobody reads, nodes that nobody reads, random numbers below what is
// trained.
#include "engine/graph.h"
#include "tests/graph_bench.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

enum { H = 6 };

static Value vector(Bench *b, const char *name)
{
    return parameter_of(b->graph, name, 1, H, true);
}

static Value layer(Bench *b, Value x, int number)
{
    Graph *g = b->graph;
#define NAME(of) arena_format(b->arena, "%s%d", of, number)
    Value q = linear(g, x, parameter_of(g, NAME("Q"), H, H, true), vector(b, NAME("q")));
    Value k = linear(g, x, parameter_of(g, NAME("K"), H, H, true), vector(b, NAME("k")));
    Value v = linear(g, x, parameter_of(g, NAME("V"), H, H, true), NO_VALUE);
    Value c = attend(g, q, k, v, NO_VALUE, NO_VALUE, 2, 0.2);
    Value a = normalise(g, dropout(g, c, 0.1), x, vector(b, NAME("g")), vector(b, NAME("o")), 0.1);
    Value m = activate(g, GELU, linear(g, a, parameter_of(g, NAME("M"), 9, H, true), NO_VALUE));
    Value y = linear(g, m, parameter_of(g, NAME("F"), H, 9, true), NO_VALUE);
    Value down = product_t(g, side_dropout(g, a, 0.3), parameter_of(g, NAME("A"), 2, H, true));
    y = add_product_t(g, y, down, parameter_of(g, NAME("B"), H, 2, true), 0.5);
    return normalise(g, add_scaled_value(g, y, multiply_values(g, a, y), 0.3), a,
                     vector(b, NAME("h")), vector(b, NAME("p")), 0.1);
#undef NAME
}

// The trimmed graph has the loss and the slopes of the untrimmed one's twin.
static void plays_alike(Bench *b, Value loss, const char *what, uint64_t seed,
                        const Graph **trimmed)
{
    Value *map;
    Made whole, less;
    *trimmed = trim(b->arena, b->graph, false, &map, &b->error);
    if (!CHECK(*trimmed &&
               make(b->arena, b->graph, loss, &b->batch.view.extent, &whole, &b->error) &&
               make(b->arena, *trimmed, map[loss], &b->batch.view.extent, &less, &b->error))) {
        printf("%s, seed %llu: %s\n", what, (unsigned long long)seed, b->error.text);
        return;
    }
    double expected = play(&whole, &b->batch.view), got = play(&less, &b->batch.view);
    CHECK_CLOSE(got, expected, 1e-5);
    Twin *twin = twin_new(whole.graph, whole.state);
    CHECK_CLOSE(got, twin_play(twin, &b->batch.view, &step_options), 1e-4);
    twin_free(twin);
    slopes_hold(&less, &b->batch.view, 3e-4, what, seed);
    for (size_t i = 0; i < whole.state->slots; i++) {
        const Slot *one = &whole.state->slot[i], *other = state_find(less.state, one->is.name);
        if (!CHECK(other || !one->is.trained) || !one->is.trained)
            continue;
        double size = 1 + sqrt(sum_squares(one->gradient, one->count));
        for (size_t j = 0; j < one->count; j++)
            if (!CHECK_CLOSE(other->gradient[j] / size, one->gradient[j] / size, 1e-5))
                printf("%s, seed %llu, %s\n", what, (unsigned long long)seed, one->is.name);
    }
    nothing_is_idle(less.graph);
}

static void a_trimmed_graph_plays_like_the_whole_one(void)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        Bench b;
        const Graph *trimmed;
        bench_begin(&b, seed);
        Value x = layer(&b, layer(&b, given(b.graph, "x", ROWS_TOKENS, H, true), 0), 1);
        x = seed % 3 == 0   ? first_token(b.graph, x)
            : seed % 3 == 1 ? mean_tokens(b.graph, x)
                            : add(b.graph, first_token(b.graph, x), mean_tokens(b.graph, x));
        plays_alike(&b, dotted_loss(b.graph, x), "layers", seed, &trimmed);
        bench_end(&b, seed);
    }
}

static void random_graphs_play_alike_when_trimmed(void)
{
    for (uint64_t seed = 1; seed <= 80; seed++) {
        Bench b;
        Value loss;
        const Graph *trimmed;
        bench_begin(&b, seed);
        b.graph = random_graph(b.arena, b.pool, &loss, &b.error);
        plays_alike(&b, loss, "random graph", seed, &trimmed);
        bench_end(&b, seed);
    }
}

static Count rows_given_by(const Graph *graph, const char *op, size_t which)
{
    for (size_t i = 0; i < graph->nodes; i++)
        if (!strcmp(graph->node[i].op->name, op) && which-- == 0)
            return graph->value[graph->node[i].out[0]].rows;
    return ROWS(-1);
}

static Count rows_read_by(const Graph *graph, const char *op, size_t which, int input)
{
    for (size_t i = 0; i < graph->nodes; i++)
        if (!strcmp(graph->node[i].op->name, op) && which-- == 0)
            return graph->value[graph->node[i].in[input]].rows;
    return ROWS(-1);
}

// The last layer of two: one query a sequence, keys and values of all tokens; below it everything.
// With lengths 3 and 5, T = 8 and S = 2: of the last layer's products only K and V see 8 rows.
static void the_first_token_of_the_last_layer_takes_one_query_a_sequence(void)
{
    static const Extent hand = { .tokens = 8, .sequences = 2, .squares = 34, .longest = 5 };
    Bench b;
    Value *map;
    bench_begin(&b, 1);
    Value x = layer(&b, layer(&b, given(b.graph, "x", ROWS_TOKENS, H, true), 0), 1);
    graph_output(b.graph, x = first_token(b.graph, x));
    const Graph *g = trim(b.arena, b.graph, false, &map, &b.error);
    if (CHECK(g != NULL)) {
        CHECK(count_equal(rows_given_by(g, "attention", 0), ROWS_TOKENS));
        CHECK(count_equal(rows_given_by(g, "attention", 1), ROWS_SEQUENCES));
        CHECK(count_equal(rows_read_by(g, "attention", 1, 0), ROWS_SEQUENCES));
        CHECK(count_equal(rows_read_by(g, "attention", 1, 1), ROWS_TOKENS));
        CHECK(count_equal(rows_read_by(g, "attention", 1, 2), ROWS_TOKENS));
        // Layer 0's output is selected once, for the query and for the residual.
        CHECK(nodes_of(g, "first_rows") == 1);
        CHECK(count_equal(g->value[map[x]].rows, ROWS_SEQUENCES));
        // A layer on n rows: Q, K, V 72 n each, M and F 108 n each, A and B 24 n each; attention
        // 4 x pairs x 6.
        double below = 8 * (3 * 72 + 2 * 108 + 2 * 24) + 34 * 24;
        double last = 8 * 2 * 72 + 2 * (72 + 2 * 108 + 2 * 24) + 8 * 24;
        CHECK_CLOSE(graph_flops(g, &hand), below + last, 0);
    }
    bench_end(&b, 1);
}

static void a_mean_reads_every_row(void)
{
    Bench b;
    Value *map;
    bench_begin(&b, 1);
    Value x = layer(&b, given(b.graph, "x", ROWS_TOKENS, H, true), 0);
    graph_output(b.graph, mean_tokens(b.graph, x));
    const Graph *g = trim(b.arena, b.graph, false, &map, &b.error);
    CHECK(g && g->nodes == b.graph->nodes && nodes_of(g, "first_rows") == 0);
    CHECK(g && count_equal(rows_given_by(g, "attention", 0), ROWS_TOKENS));
    bench_end(&b, 1);
}

// Read whole and by the first token: made once, whole, with one selection behind it.
static void a_value_that_is_also_read_whole_is_selected_behind(void)
{
    Bench b;
    Value *map;
    bench_begin(&b, 1);
    Value x = layer(&b, given(b.graph, "x", ROWS_TOKENS, H, true), 0);
    Value first = first_token(b.graph, x), again = first_token(b.graph, x);
    graph_output(b.graph, mean_tokens(b.graph, x));
    graph_output(b.graph, activate(b.graph, TANH, first));
    graph_output(b.graph, again);
    const Graph *g = trim(b.arena, b.graph, false, &map, &b.error);
    CHECK(g && nodes_of(g, "attention") == 1 && nodes_of(g, "first_rows") == 1);
    CHECK(g && g->nodes == b.graph->nodes - 1);
    CHECK(g && count_equal(rows_given_by(g, "attention", 0), ROWS_TOKENS));
    CHECK(map[first] == map[again]);
    bench_end(&b, 1);
}

// Two ways of selecting one value: each reader gets its own rows.
static void first_and_picked_rows_of_one_value_stay_apart(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (int order = 0; order < 4; order++) {
            Bench b;
            Value *map;
            Made made;
            bench_begin(&b, seed);
            if (b.batch.view.extent.selected == 0)
                b.batch.view.extent.selected++, b.batch.picked[0] = 0;
            Value x = layer(&b, given(b.graph, "x", ROWS_TOKENS, H, false), 0);
            Value y = order < 2 ? activate(b.graph, RELU, x) : x;
            Value first, picked;
            if (order % 2 == 0) {
                first = activate(b.graph, TANH, first_token(b.graph, x));
                picked = activate(b.graph, TANH, picked_tokens(b.graph, y));
            } else {
                picked = activate(b.graph, TANH, picked_tokens(b.graph, x));
                first = activate(b.graph, TANH, first_token(b.graph, y));
            }
            graph_output(b.graph, first);
            graph_output(b.graph, picked);
            const Graph *g = trim(b.arena, b.graph, false, &map, &b.error);
            if (CHECK(g && make(b.arena, g, NO_VALUE, &b.batch.view.extent, &made, &b.error))) {
                play(&made, &b.batch.view);
                Twin *twin = twin_new(b.graph, made.state);
                twin_play(twin, &b.batch.view, &step_options);
                close_to_table(runner_value(made.runner, map[first]), twin->value[first], 1e-5,
                               "first", seed);
                close_to_table(runner_value(made.runner, map[picked]), twin->value[picked], 1e-5,
                               "picked", seed);
                twin_free(twin);
            }
            bench_end(&b, seed);
        }
}

// Picked rows lie in no order that dropout or attention could follow: the selection stays above.
static void picked_rows_do_not_sink_through_what_walks_the_batch(void)
{
    Bench b;
    Value *map;
    bench_begin(&b, 1);
    Value x = layer(&b, given(b.graph, "x", ROWS_TOKENS, H, false), 0);
    x = activate(b.graph, GELU, dropout(b.graph, x, 0.1));
    graph_output(b.graph, picked_tokens(b.graph, x));
    const Graph *g = trim(b.arena, b.graph, false, &map, &b.error);
    if (CHECK(g != NULL)) {
        CHECK(nodes_of(g, "picked_rows") == 1);
        CHECK(count_equal(rows_given_by(g, "dropout", 1), ROWS_TOKENS)); // [0] is the layer's
        CHECK(count_equal(rows_given_by(g, "activation", 1), ROWS_SELECTED));
    }
    bench_end(&b, 1);
}

static void nodes_that_no_output_reaches_are_gone(void)
{
    Bench b;
    Value *map;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, H, false);
    Value dead = linear(b.graph, x, parameter_of(b.graph, "D", H, H, false), NO_VALUE);
    dead = dropout(b.graph, activate(b.graph, GELU, dead), 0.1);
    Value y = linear(b.graph, x, parameter_of(b.graph, "W", H, H, false), NO_VALUE);
    graph_output(b.graph, y);
    const Graph *g = trim(b.arena, b.graph, false, &map, &b.error);
    CHECK(g && g->nodes == 2 && g->outputs == 1 && g->output[0] == map[y]);
    CHECK(g && graph_find(g, "W") && !graph_find(g, "D")); // nor is its memory held
    CHECK(map[dead] == NO_VALUE);
    bench_end(&b, 1);
}

// ---- calm

// x -> attention, dropout (frozen) -> W (trained) -> attention, dropout.
static void calm_takes_random_numbers_below_the_first_trained_parameter_alone(void)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        Bench b;
        Value *map;
        Made made;
        bench_begin(&b, seed);
        bool trained = seed % 2, top = seed % 4 < 2;
        Value x = given(b.graph, "x", ROWS_TOKENS, H, false);
        x = dropout(b.graph, attend(b.graph, x, x, x, NO_VALUE, NO_VALUE, 2, 0.2), 0.3);
        x = linear(b.graph, x, parameter_of(b.graph, "W", H, H, trained), NO_VALUE);
        x = dropout(b.graph, attend(b.graph, x, x, x, NO_VALUE, NO_VALUE, 2, 0.2), 0.3);
        x = top ? first_token(b.graph, x) : mean_tokens(b.graph, x);
        Value loss = dotted_loss(b.graph, x);
        CHECK(random_nodes(b.graph) == 4);
        const Graph *as_is = trim(b.arena, b.graph, false, &map, &b.error);
        CHECK(as_is && random_nodes(as_is) == 4);
        const Graph *g = trim(b.arena, b.graph, true, &map, &b.error);
        CHECK(g && random_nodes(g) == (trained ? 2 : 0));
        CHECK(g && nodes_of(g, "dropout") == (trained ? 1 : 0) && nodes_of(g, "attention") == 2);
        // What is left is the graph without them: the same sites, the same loss.
        if (CHECK(g && make(b.arena, g, map[loss], &b.batch.view.extent, &made, &b.error))) {
            double calm = play(&made, &b.batch.view);
            for (size_t i = 0; i < b.graph->nodes; i++) {
                Node *node = &b.graph->node[i];
                if (i >= 4 && trained)
                    break;
                if (draws(node))
                    node->op->random(&node->set)->rate = 0;
            }
            Twin *twin = twin_new(b.graph, made.state);
            CHECK_CLOSE(calm, twin_play(twin, &b.batch.view, &step_options), 1e-5);
            twin_free(twin);
        }
        bench_end(&b, seed);
    }
}

// Without its dropout a value is its input, whose selected rows are there already.
static void a_calmed_value_shares_the_selection_of_its_input(void)
{
    Bench b;
    Value *map;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, H, false), y = dropout(b.graph, x, 0.1);
    Value first = first_token(b.graph, x), again = first_token(b.graph, y);
    graph_output(b.graph, mean_tokens(b.graph, x));
    graph_output(b.graph, mean_tokens(b.graph, y));
    graph_output(b.graph, first);
    graph_output(b.graph, again);
    const Graph *g = trim(b.arena, b.graph, true, &map, &b.error);
    CHECK(g && nodes_of(g, "first_rows") == 1 && map[first] == map[again]);
    CHECK(g && nodes_of(g, "dropout") == 0 && map[y] == map[x]);
    bench_end(&b, 1);
}

static void places_and_sites_survive(void)
{
    Bench b;
    Value *map;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, H, false);
    b.graph->place = "layer 7 dropout";
    x = side_dropout(b.graph, dropout(b.graph, x, 0.1), 0.1);
    graph_output(b.graph, x);
    const Graph *g = trim(b.arena, b.graph, false, &map, &b.error);
    CHECK(g && g->sites == 1 && g->side_sites == 1);
    CHECK_TEXT(g->node[1].place, "layer 7 dropout");
    CHECK(g->node[1].set.dropout.site == 0 && g->node[2].set.dropout.site == 1 << 15);
    bench_end(&b, 1);
}

void suite_trim(void)
{
    ADD(a_trimmed_graph_plays_like_the_whole_one);
    ADD(random_graphs_play_alike_when_trimmed);
    ADD(the_first_token_of_the_last_layer_takes_one_query_a_sequence);
    ADD(a_mean_reads_every_row);
    ADD(a_value_that_is_also_read_whole_is_selected_behind);
    ADD(first_and_picked_rows_of_one_value_stay_apart);
    ADD(picked_rows_do_not_sink_through_what_walks_the_batch);
    ADD(nodes_that_no_output_reaches_are_gone);
    ADD(calm_takes_random_numbers_below_the_first_trained_parameter_alone);
    ADD(a_calmed_value_shares_the_selection_of_its_input);
    ADD(places_and_sites_survive);
}
