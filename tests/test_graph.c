// test_graph.c: graphs that are built: what is refused, flops by hand, row counts.
#include "engine/op_impl.h"
#include "tests/graphs.h"
#include "tests/test.h"
#include <string.h>

// ---- what is refused

typedef struct {
    Arena *arena;
    Graph *graph;
    Error error;
} Refused;

static Graph *refusing(Refused *refused)
{
    refused->arena = arena_new((size_t)1 << 24, &refused->error);
    refused->graph = graph_new(refused->arena, &refused->error);
    refused->graph->place = "layer 1 q";
    return refused->graph;
}

static void is_refused(Refused *refused, const char *part)
{
    Value *map;
    CHECK(refused->graph->failed);
    CHECK_ERROR(&refused->error, ERROR_WORK, part);
    CHECK_ERROR(&refused->error, ERROR_WORK, "layer 1 q: ");
    Error later;
    CHECK(trim(refused->arena, refused->graph, false, &map, &later) == NULL);
    arena_free(refused->arena);
}

static void shapes_that_do_not_fit_are_refused_with_both(void)
{
    Refused r;
#define X(rows, cols) given(g, "x", rows, cols, false)
#define P(name, rows, cols) parameter_of(g, name, rows, cols, false)
    Graph *g = refusing(&r);
    linear(g, X(ROWS_TOKENS, 5), P("W", 7, 6), NO_VALUE);
    is_refused(&r, "linear: inputs 0 (tokens x 5) and 1 (7 x 6) do not fit");
    g = refusing(&r);
    linear(g, X(ROWS_TOKENS, 5), P("W", 7, 5), P("b", 1, 5));
    is_refused(&r, "linear: inputs 1 (7 x 5) and 2 (1 x 5) do not fit");
    g = refusing(&r);
    linear(g, X(ROWS_TOKENS, 5), X(ROWS_TOKENS, 5), NO_VALUE);
    is_refused(&r, "linear: inputs 0 (tokens x 5) and 1 (tokens x 5)");
    g = refusing(&r);
    product_t(g, X(ROWS_TOKENS, 5), X(ROWS_SEQUENCES, 5));
    is_refused(&r, "product: inputs 0 (tokens x 5) and 1 (sequences x 5)");
    g = refusing(&r);
    product_n(g, X(ROWS_TOKENS, 5), P("W", 6, 5));
    is_refused(&r, "product: inputs 0 (tokens x 5) and 1 (6 x 5)");
    g = refusing(&r);
    add_product_t(g, X(ROWS_TOKENS, 5), P("a", 4, 3), P("b", 5, 3), 1);
    is_refused(&r, "add_product: inputs 0 (tokens x 5) and 1 (4 x 3)");
    g = refusing(&r);
    add(g, X(((Count){ .tokens = 1, .sequences = 2 }), 5), P("b", 4, 5));
    is_refused(&r, "add: inputs 0 (tokens + 2 sequences x 5) and 1 (4 x 5)");
    g = refusing(&r);
    normalise(g, X(ROWS_TOKENS, 5), NO_VALUE, P("gain", 2, 5), P("offset", 1, 5), 1e-5);
    is_refused(&r, "layernorm: inputs 0 (tokens x 5) and 2 (2 x 5)");
    g = refusing(&r);
    normalise(g, X(ROWS_TOKENS, 5), X(ROWS_SELECTED, 5), P("gain", 1, 5), P("offset", 1, 5), 1e-5);
    is_refused(&r, "layernorm: inputs 0 (tokens x 5) and 1 (");
    g = refusing(&r);
    embed(g, P("word", 9, 4), P("position", 9, 5), NO_VALUE);
    is_refused(&r, "embedding: inputs 0 (9 x 4) and 1 (9 x 5)");
    g = refusing(&r);
    tied_cross_entropy_loss(g, X(ROWS_SELECTED, 4), P("word", 9, 4), P("bias", 1, 8));
    is_refused(&r, "tied_cross_entropy: inputs 1 (9 x 4) and 2 (1 x 8)");
    g = refusing(&r);
    scale_columns(g, X(ROWS_TOKENS, 5), P("v", 1, 4));
    is_refused(&r, "scale_columns: inputs 0 (tokens x 5) and 1 (1 x 4)");
    g = refusing(&r);
    scale_columns(g, X(ROWS_TOKENS, 5), P("v", 2, 5));
    is_refused(&r, "scale_columns: inputs 0 (tokens x 5) and 1 (2 x 5)");
    g = refusing(&r);
    scale_each_row(g, P("W", 5, 4), P("v", 1, 4));
    is_refused(&r, "scale_rows: inputs 0 (5 x 4) and 1 (1 x 4)");
    g = refusing(&r);
    scale_each_row(g, X(ROWS_TOKENS, 4), P("v", 1, 4));
    is_refused(&r, "scale_rows: inputs 0 (tokens x 4) and 1 (1 x 4)");
    g = refusing(&r);
    some_columns(g, P("W", 5, 6), 2, 5);
    is_refused(&r, "columns: input 0 (5 x 6) does not fit; should be with the columns");
    g = refusing(&r);
    rows_in_front(g, P("rows", 2, 5), X(ROWS_TOKENS, 4));
    is_refused(&r, "in_front: inputs 0 (2 x 5) and 1 (tokens x 4)");
    g = refusing(&r);
    attend(g, X(ROWS_TOKENS, 6), P("k", 5, 6), P("v", 5, 6), NO_VALUE, NO_VALUE, 2, 0);
    is_refused(&r, "attention: input 1 (5 x 6) does not fit; should be over tokens");
    g = refusing(&r);
    attend_before(g, X(ROWS_TOKENS, 6), given(g, "k", ROWS_TOKENS, 6, false),
                  given(g, "v", ROWS_TOKENS, 6, false), NO_VALUE, NO_VALUE, 2, 1, 0);
    is_refused(&r, "attention: inputs 0 (tokens x 6) and 1 (tokens x 6) do not fit");
    g = refusing(&r);
    attend_before(g, X(ROWS_TOKENS, 6), given(g, "k", ROWS_TOKENS, 4, false),
                  given(g, "v", ROWS_TOKENS, 4, false), NO_VALUE, NO_VALUE, 3, 2, 0);
    is_refused(&r, "attention: 3 heads of queries on 2 of keys; should be a multiple of these");
    g = refusing(&r);
    normalise_rms(g, X(ROWS_TOKENS, 5), P("gain", 1, 4), 1e-5);
    is_refused(&r, "rmsnorm: inputs 0 (tokens x 5) and 1 (1 x 4)");
    g = refusing(&r);
    normalise(g, X(ROWS_TOKENS, 5), NO_VALUE, P("gain", 1, 5), NO_VALUE, 1e-5);
    is_refused(&r, "layernorm: input 3 is absent; should be a value");
    g = refusing(&r);
    rotate(g, X(ROWS_TOKENS, 9), 3, 10000);
    is_refused(&r, "rotary: input 0 (tokens x 9) does not fit; should be heads of an even number");
    g = refusing(&r);
    embed(g, P("word", 9, 4), NO_VALUE, P("type", 2, 4));
    is_refused(&r, "embedding: input 2 (2 x 4) does not fit; should be absent where positions");
}

static void rows_that_lie_in_no_sequence_are_refused(void)
{
    Refused r;
    Graph *g = refusing(&r);
    dropout(g, P("p", 4, 5), 0.1);
    is_refused(&r, "dropout: input 0 (4 x 5) does not fit; should be over tokens, or one row");
    g = refusing(&r);
    dropout(g, X(((Count){ .sequences = 2 }), 5), 0.1);
    is_refused(&r, "dropout: input 0 (2 sequences x 5) does not fit");
    g = refusing(&r);
    mean_tokens(g, X(((Count){ .constant = 3, .tokens = 1 }), 5));
    is_refused(&r, "mean_rows: input 0 (3 + tokens x 5) does not fit");
    g = refusing(&r);
    first_token(g, X(ROWS_SEQUENCES, 5));
    is_refused(&r, "first_rows: input 0 (sequences x 5) does not fit; should be over tokens");
    g = refusing(&r);
    mean_tokens(g, P("p", 4, 5));
    is_refused(&r, "mean_rows: input 0 (4 x 5) does not fit");
    g = refusing(&r);
    picked_tokens(g, X(ROWS_SELECTED, 5));
    is_refused(&r, "picked_rows: input 0 (selected x 5) does not fit");
    g = refusing(&r);
    cross_entropy_loss(g, X(ROWS_TOKENS, 5));
    is_refused(&r, "cross_entropy: input 0 (tokens x 5) does not fit; should be one row a sequ");
    g = refusing(&r);
    squared_error_loss(g, X(ROWS_SEQUENCES, 2));
    is_refused(&r, "squared_error: input 0 (sequences x 2) does not fit; should be one column");
    g = refusing(&r);
    unit_length_rows(g, X(ROWS_TOKENS, 5), true);
    is_refused(&r, "unit_rows: input 0 (tokens x 5) does not fit; should be as many rows in every");
    g = refusing(&r);
    rows_in_front(g, P("rows", 2, 5), X(ROWS_SEQUENCES, 5));
    is_refused(&r, "in_front: input 1 (sequences x 5) does not fit; should be over tokens");
    g = refusing(&r);
    rows_in_front(g, X(ROWS_SEQUENCES, 5), X(ROWS_TOKENS, 5));
    is_refused(&r, "in_front: input 0 (sequences x 5) does not fit; should be as many rows in");
    Value q;
    g = refusing(&r);
    q = X(ROWS_TOKENS, 6);
    attend(g, q, q, q, P("k", 3, 6), NO_VALUE, 2, 0);
    is_refused(&r, "attention: input 3 (3 x 6) does not fit; should be as many extra keys");
    g = refusing(&r);
    q = X(ROWS_TOKENS, 6);
    attend(g, q, q, q, NO_VALUE, P("v", 3, 6), 2, 0);
    is_refused(&r, "attention: input 4 (3 x 6) does not fit; should be as many extra keys");
    g = refusing(&r);
    q = X(ROWS_TOKENS, 6);
    attend(g, q, q, q, NO_VALUE, NO_VALUE, 4, 0);
    is_refused(&r, "attention: input 0 (tokens x 6) does not fit; should be as many columns");
#undef X
#undef P
}

// An input that is not optional, in every place of every operator.
static void what_is_absent_is_refused(void)
{
    Refused r;
    Graph *g;
    for (const Operator *const *op = operators; *op; op++)
        for (int i = 0; i < (*op)->inputs; i++) {
            Value in[NODE_INPUTS];
            if ((*op)->optional >> i & 1)
                continue;
            g = refusing(&r);
            for (int k = 0; k < NODE_INPUTS; k++)
                in[k] = k == i ? NO_VALUE : 0;
            graph_add(g, *op, in, (size_t)(*op)->inputs, (Setting){ 0 });
            is_refused(&r, arena_format(r.arena, "%s: input %d is absent", (*op)->name, i));
        }
    g = refusing(&r);
    graph_output(g, NO_VALUE);
    is_refused(&r, "an output is absent; should be a value");
}

// A leaf that is fed is none of those that it renumbers.
static void trim_refuses_a_graph_that_is_fed(void)
{
    Refused r;
    Value *map;
    Graph *g = refusing(&r);
    g->place = "layer 1 q";
    graph_output(
        g, linear(g, graph_fed(g, ROWS_SEQUENCES, 5), parameter_of(g, "W", 7, 5, false), NO_VALUE));
    CHECK(!g->failed && trim(r.arena, g, false, &map, &r.error) == NULL);
    CHECK_ERROR(&r.error, ERROR_WORK, "layer 1 q: linear: input 0 is absent");
    arena_free(r.arena);
}

static void the_first_failure_is_kept(void)
{
    Refused r;
    Graph *g = refusing(&r);
    Value x = given(g, "x", ROWS_TOKENS, 5, false);
    Value wrong = product_n(g, x, parameter_of(g, "W", 6, 5, false));
    add(g, wrong, parameter_of(g, "v", 9, 9, false));
    graph_output(g, wrong);
    CHECK(g->outputs == 0);
    is_refused(&r, "product: ");
}

static void a_parameter_of_two_shapes_is_refused_and_of_one_is_the_same(void)
{
    Refused r;
    Graph *g = refusing(&r);
    Value first = parameter_of(g, "W", 6, 5, false);
    CHECK(parameter_of(g, "W", 6, 5, false) == first && g->parameters == 1);
    parameter_of(g, "W", 5, 6, false);
    CHECK(g->failed);
    CHECK_ERROR(&r.error, ERROR_WORK, "W: is declared as 6 x 5 and as 5 x 6");
    arena_free(r.arena);
}

// ---- flops

static double flops_of(const Graph *graph, const char *op, const Extent *extent)
{
    double flops = 0;
    for (size_t i = 0; i < graph->nodes; i++)
        if (!strcmp(graph->node[i].op->name, op) && graph->node[i].op->flops)
            flops += graph->node[i].op->flops(graph, &graph->node[i], extent);
    return flops;
}

// Lengths 3 and 5: T = 8, S = 2, Q = 9 + 25 = 34.
static const Extent hand = {
    .tokens = 8, .sequences = 2, .selected = 3, .squares = 34, .longest = 5
};

static void flops_of_a_linear_layer_by_hand(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 24, &error);
    Graph *g = graph_new(arena, &error);
    Value x = given(g, "x", ROWS_TOKENS, 6, true);
    Value y = linear(g, x, parameter_of(g, "W", 5, 6, true), parameter_of(g, "b", 1, 5, true));
    Value down = product_t(g, x, parameter_of(g, "A", 2, 6, false));
    y = add_product_t(g, y, down, parameter_of(g, "B", 5, 2, false), 1);
    Value loss = dotted_loss(g, y);
    CHECK_CLOSE(flops_of(g, "linear", &hand), 2 * 8 * 5 * 6, 0);
    CHECK_CLOSE(flops_of(g, "product", &hand), 2 * 8 * 2 * 6, 0);
    CHECK_CLOSE(flops_of(g, "add_product", &hand), 2 * 8 * 5 * 2, 0);
    CHECK_CLOSE(graph_flops(g, &hand), 480 + 192 + 160, 0);
    // dx and dW of the linear layer, 480 each; of the branch, whose factors are frozen, dx alone.
    const Graph *back = gradient(arena, g, loss, &error);
    if (CHECK(back != NULL))
        CHECK_CLOSE(graph_flops(back, &hand), 832 + 2 * 480 + 160 + 192, 0);
    arena_free(arena);
}

// Scores and sums of 34 pairs x 6 columns, 2 x 34 x 6 = 408 each; with two extra keys 34 + 2 x 8 =
// 50 pairs, 600; one query a sequence meets 8 keys, 96; with the two extra ones 8 + 4, 144.
static void flops_of_attention_by_hand(void)
{
    static const char *const names[] = { "q", "k", "v", "extra k", "extra v" };
    static const struct {
        int extra;
        bool one_query;
        double product, own; // of all pairs; of those of own keys
    } cases[] = {
        { 0, false, 408, 408 }, { 2, false, 600, 408 }, { 0, true, 96, 96 }, { 2, true, 144, 96 }
    };
    for (size_t i = 0; i < 4; i++)
        for (unsigned wanted = 1; wanted < 32; wanted++) {
            Error error;
            Arena *arena = arena_new((size_t)1 << 24, &error);
            Graph *g = graph_new(arena, &error);
            Value in[5] = { 0, 0, 0, NO_VALUE, NO_VALUE };
            if (cases[i].extra == 0 && wanted >= 8) {
                arena_free(arena);
                continue;
            }
            for (int k = 0; k < 3; k++)
                in[k] =
                    given(g, names[k], k == 0 && cases[i].one_query ? ROWS_SEQUENCES : ROWS_TOKENS,
                          6, wanted >> k & 1);
            for (int k = 3; k < 5 && cases[i].extra; k++)
                in[k] = parameter_of(g, names[k], cases[i].extra, 6, wanted >> k & 1);
            Value c = attend(g, in[0], in[1], in[2], in[3], in[4], 3, 0.1);
            CHECK_CLOSE(graph_flops(g, &hand), 2 * cases[i].product, 0);
            const Graph *back = gradient(arena, g, dotted_loss(g, c), &error);
            double all = cases[i].product, own = cases[i].own, expected = 0;
            const double each[] = { all, own, own, all - own, all - own };
            for (int k = 0; k < 5; k++)
                expected += wanted >> k & 1 ? each[k] : 0;
            expected += wanted & 0xb ? all : 0; // dP, for dq, dk and the extra keys'
            if (CHECK(back != NULL))
                CHECK_CLOSE(flops_of(back, "attention_grad", &hand), expected, 0);
            arena_free(arena);
        }
}

static void row_counts_are_affine_in_the_batch(void)
{
    Count all = { .constant = 1, .tokens = 2, .sequences = 3, .selected = 5, .squares = 7 };
    CHECK(count_of(all, &hand) == 1 + 16 + 6 + 15 + 238);
    CHECK(count_of(ROWS(4), &hand) == 4 && count_of(ROWS_TOKENS, &hand) == 8);
    CHECK(count_of(ROWS_SEQUENCES, &hand) == 2 && count_of(ROWS_SELECTED, &hand) == 3);
    for (int i = 0; i < 5; i++) {
        Count other = all;
        (&other.constant)[i]++;
        CHECK(!count_equal(all, other));
    }
    CHECK(count_equal(all, all));
}

void suite_graph(void)
{
    ADD(shapes_that_do_not_fit_are_refused_with_both);
    ADD(rows_that_lie_in_no_sequence_are_refused);
    ADD(what_is_absent_is_refused);
    ADD(trim_refuses_a_graph_that_is_fed);
    ADD(the_first_failure_is_kept);
    ADD(a_parameter_of_two_shapes_is_refused_and_of_one_is_the_same);
    ADD(flops_of_a_linear_layer_by_hand);
    ADD(flops_of_attention_by_hand);
    ADD(row_counts_are_affine_in_the_batch);
}
