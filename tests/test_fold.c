// test_fold.c: what no batch changes is computed once, and nothing else is.
#include "engine/fold.h"
#include "tests/graph_bench.h"
#include "tests/test.h"
#include <string.h>

enum { H = 6 };

// W + 0.5 B A, and a bias that is scaled by a gain.
static Value merged_layer(Bench *b, Value x)
{
    Graph *g = b->graph;
    Value A = parameter_of(g, "A", 2, H, true), B = parameter_of(g, "B", 5, 2, true);
    Value W = add_scaled_value(g, parameter_of(g, "W", 5, H, false), product_n(g, B, A), 0.5);
    Value bias = multiply_values(g, parameter_of(g, "gain", 1, 5, true),
                                 parameter_of(g, "bias", 1, 5, false));
    return linear(g, x, W, bias);
}

typedef struct {
    Folded folded;
    Made whole; // before
    Runner *runner;
    State *state;
} Both;

static bool both_ways(Bench *b, Both *both)
{
    Extent *largest = &b->batch.view.extent;
    if (!CHECK(make(b->arena, b->graph, NO_VALUE, largest, &both->whole, &b->error) &&
               fold(b->arena, b->graph, &both->folded, &b->error)))
        return false;
    both->state = folded_state(b->arena, &both->folded, both->whole.state, &b->error);
    const Plan *planned = plan(b->arena, both->folded.rest, largest, &b->error);
    if (!CHECK(both->state && planned))
        return false;
    both->runner =
        runner_new(b->arena, planned, both->state, arena_zero(b->arena, plan_bytes(planned), 1));
    return true;
}

static void outputs_agree(Bench *b, Both *both)
{
    play(&both->whole, &b->batch.view);
    runner_step(both->runner, &b->batch.view, &step_options);
    for (size_t o = 0; o < b->graph->outputs; o++) {
        Matrix a = runner_value(both->whole.runner, b->graph->output[o]);
        Matrix c = runner_value(both->runner, both->folded.rest->output[o]);
        if (!CHECK(a.rows == c.rows && a.cols == c.cols))
            continue;
        for (size_t r = 0; r < a.rows; r++)
            for (size_t i = 0; i < a.cols; i++)
                CHECK_CLOSE(row_at(c, r)[i], row_at(a, r)[i], 1e-6);
    }
}

static void a_merged_weight_is_a_parameter_of_the_rest(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        Bench b;
        Both both;
        bench_begin(&b, seed);
        Value x = given(b.graph, "x", ROWS_TOKENS, H, false);
        graph_output(b.graph, first_token(b.graph, merged_layer(&b, x)));
        if (both_ways(&b, &both)) {
            const Folded *f = &both.folded;
            CHECK(f->values == 2 && f->once->outputs == 2);
            CHECK(nodes_of(f->once, "product") == 1 && nodes_of(f->rest, "product") == 0);
            CHECK(f->rest->nodes + f->once->nodes == b.graph->nodes);
            CHECK(!graph_find(f->rest, "W") && !graph_find(f->rest, "A") &&
                  graph_find(f->rest, f->named[0])->rows == 5);
            outputs_agree(&b, &both);
        }
        bench_end(&b, seed);
    }
}

// Its inputs are parameters alone, but its rows are those that the tokens name.
static void a_table_looked_up_by_tokens_is_not_folded(void)
{
    Bench b;
    Both both;
    bench_begin(&b, 1);
    Value word = parameter_of(b.graph, "word", 32, H, false);
    Value position = parameter_of(b.graph, "position", 32, H, false);
    graph_output(b.graph, mean_tokens(b.graph, embed(b.graph, word, position, NO_VALUE)));
    if (both_ways(&b, &both)) {
        CHECK(both.folded.values == 0 && !both.folded.once);
        CHECK(both.folded.rest->nodes == b.graph->nodes);
    }
    bench_end(&b, 1);
}

// The numbers are those of the state at the time of folding, and the others are shared.
static void the_rest_reads_the_numbers_where_they_lie(void)
{
    Bench b;
    Both both;
    bench_begin(&b, 3);
    Value x = given(b.graph, "x", ROWS_TOKENS, H, false);
    Value y = merged_layer(&b, x);
    graph_output(b.graph, linear(b.graph, y, parameter_of(b.graph, "V", 3, 5, true), NO_VALUE));
    if (both_ways(&b, &both)) {
        const Slot *V = state_find(both.state, "V");
        CHECK(V->value == state_find(both.whole.state, "V")->value && !V->is.trained);
        CHECK(state_find(both.state, both.folded.named[0])->count == 5 * H);
        outputs_agree(&b, &both);
    }
    bench_end(&b, 3);
}

void suite_fold(void)
{
    ADD(a_merged_weight_is_a_parameter_of_the_rest);
    ADD(a_table_looked_up_by_tokens_is_not_folded);
    ADD(the_rest_reads_the_numbers_where_they_lie);
}
