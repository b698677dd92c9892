// test_recompute.c: what is computed again, where, what that saves, and that no bit changes.
#include "tests/graph_bench.h"
#include "tests/placing.h"
#include "tests/small_model.h"
#include "tests/test.h"
#include <string.h>

// ---- by hand

typedef struct {
    Bench bench;
    const Graph *plain, *again;
} Two;

// Two blocks of y = gelu(x A^T) B^T under a loss; what is trained is in the letters of `trained`:
// x of block 1's input, A and B of either block.
static bool two_blocks(Two *two, const char *trained)
{
    bench_begin(&two->bench, 1);
    Graph *graph = two->bench.graph;
    Value x = given(graph, "x", ROWS_TOKENS, 6, strchr(trained, 'x'));
    for (int block = 1; block <= 2; block++) {
        const char *a = block == 1 ? "A1" : "A2", *b = block == 1 ? "B1" : "B2";
        graph->block = block;
        Value A = parameter_of(graph, a, 8, 6, strchr(trained, 'A'));
        Value B = parameter_of(graph, b, 6, 8, strchr(trained, 'B'));
        x = linear(graph, activate(graph, GELU, linear(graph, x, A, NO_VALUE)), B, NO_VALUE);
    }
    graph->block = 0;
    Value loss = dotted_loss(graph, x);
    two->plain = gradient(two->bench.arena, graph, loss, &two->bench.error);
    if (!CHECK(two->plain))
        return false;
    two->again = recompute(two->bench.arena, two->plain, &two->bench.error);
    return CHECK(two->again);
}

// How many more of an operator there are once the backward computes again.
static size_t more_of(const Two *two, const char *op)
{
    return nodes_of(two->again, op) - nodes_of(two->plain, op);
}

// dB reads gelu(x A^T): both nodes below it. What B gives is read by block 2 and kept; block 2 is
// the topmost.
static void what_the_backward_reads_of_a_lower_block_is_computed_again(void)
{
    Two two;
    if (two_blocks(&two, "B")) {
        CHECK(more_of(&two, "linear") == 1 && more_of(&two, "activation") == 1);
        CHECK(two.again->nodes == two.plain->nodes + 2);
        CHECK(two.again->forward_nodes == two.plain->forward_nodes);
    }
    bench_end(&two.bench, 1);
}

// Only the slope of gelu is asked for: its copy gives that, and the one in the forward no more.
static void an_output_that_the_backward_alone_asked_for_leaves_the_forward(void)
{
    Two two;
    if (two_blocks(&two, "x")) {
        size_t slopes = 0;
        CHECK(more_of(&two, "linear") == 1 && more_of(&two, "activation") == 1);
        for (size_t i = 0; i < two.again->nodes; i++) {
            const Node *node = &two.again->node[i];
            bool slope = node->out[1] != NO_VALUE;
            if (strcmp(node->op->name, "activation") != 0)
                continue;
            slopes += slope;
            CHECK(slope == (i >= two.again->forward_nodes || node->block == 2));
        }
        CHECK(slopes == 2);
    }
    bench_end(&two.bench, 1);
}

// The forward alone reads x A1^T where all that trains lies above it.
static void what_only_the_forward_reads_is_not_computed_again(void)
{
    Two two;
    bench_begin(&two.bench, 1);
    Graph *graph = two.bench.graph;
    Value x = given(graph, "x", ROWS_TOKENS, 6, false);
    for (int block = 1; block <= 3; block++) {
        graph->block = block;
        Value W = parameter_of(graph,
                               block == 1   ? "W1"
                               : block == 2 ? "W2"
                                            : "W3",
                               6, 6, block == 2);
        x = activate(graph, GELU, linear(graph, x, W, NO_VALUE));
    }
    graph->block = 0;
    two.plain = gradient(two.bench.arena, graph, dotted_loss(graph, x), &two.bench.error);
    two.again = two.plain ? recompute(two.bench.arena, two.plain, &two.bench.error) : NULL;
    if (CHECK(two.again)) {
        CHECK(more_of(&two, "linear") == 1 && more_of(&two, "activation") == 1); // of block 2
        for (size_t i = two.again->forward_nodes; i < two.again->nodes; i++)
            CHECK(two.again->node[i].block != 1);
    }
    bench_end(&two.bench, 1);
}

// The node that gives a copy stands right before the first that reads it, or before another copy.
static void copies_stand_right_before_their_block_s_backward(void)
{
    Two two;
    if (two_blocks(&two, "AB")) {
        const Graph *g = two.again;
        bool seen = false, over = false;
        for (size_t i = g->forward_nodes; i < g->nodes; i++) {
            bool copy = !strcmp(g->node[i].op->name, "linear") ||
                        !strcmp(g->node[i].op->name, "activation");
            CHECK(!copy || (g->node[i].block == 1 && !over));
            over = over || (seen && !copy);
            seen = seen || copy;
            if (!seen) // all of block 2's backward
                CHECK(g->node[i].block != 1);
        }
        CHECK(seen && over);
    }
    bench_end(&two.bench, 1);
}

static void a_graph_without_blocks_stays_as_it_is(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        Bench b;
        Value loss;
        bench_begin(&b, seed);
        b.graph = random_graph(b.arena, b.pool, &loss, &b.error);
        const Graph *plain = gradient(b.arena, b.graph, loss, &b.error);
        const Graph *again = plain ? recompute(b.arena, plain, &b.error) : NULL;
        if (CHECK(again))
            CHECK(again->nodes == plain->nodes &&
                  !memcmp(again->node, plain->node, plain->nodes * sizeof *plain->node));
        bench_end(&b, seed);
    }
}

// ---- the model, under every method

// A deeper small model with its backward, and beside it the same with recomputation. False for
// methods that take no steps through the model.
static bool begin_two(Small *plain, Small *again, const Method *method, int layers, uint64_t seed)
{
    Small *each[] = { plain, again };
    small_begin(plain, method, seed);
    small_begin(again, method, seed);
    if (method->claims & TRAINS_NOTHING || method->fit)
        return false;
    for (int i = 0; i < 2; i++) {
        each[i]->config.layers = layers;
        if (!small_plan(each[i])) {
            CHECK(each[i]->error.kind == ERROR_INPUT); // no room for its defaults
            return false;
        }
    }
    return CHECK(
        plans_recompute(again->arena, &again->batch.view.extent, &again->plans, &again->error));
}

static bool open_two(Small *plain, Small *again)
{
    Small *each[] = { plain, again };
    for (int i = 0; i < 2; i++)
        if (!CHECK(trainer_new(each[i]->arena, &each[i]->plans, NULL, 3, 9, &each[i]->training,
                               &each[i]->trainer, &each[i]->error)))
            return false;
    return true;
}

static void end_two(Small *plain, Small *again)
{
    small_end(plain);
    small_end(again);
}

static void training_has_the_same_bits(void)
{
    size_t compared = 0;
    for (size_t m = 0; m < method_count(); m++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            Small plain, again;
            if (begin_two(&plain, &again, method_at(m), 4, seed) && open_two(&plain, &again)) {
                for (int64_t number = 0; number < 5; number++) {
                    double loss = trainer_backward(&plain.trainer, &plain.batch.view, number, 1);
                    CHECK(trainer_backward(&again.trainer, &again.batch.view, number, 1) == loss);
                    CHECK(trainer_update(&plain.trainer, number) ==
                          trainer_update(&again.trainer, number));
                }
                trainer_settle(&plain.trainer);
                trainer_settle(&again.trainer);
                const State *a = plain.trainer.state, *b = again.trainer.state;
                for (size_t i = 0; i < a->slots; i++)
                    if (!CHECK(same_bits(a->slot[i].value, b->slot[i].value, a->slot[i].count)))
                        printf("%s: %s\n", method_at(m)->name, a->slot[i].is.name);
                compared++;
            }
            end_two(&plain, &again);
        }
    CHECK(compared >= 30);
}

static bool is_read(const Graph *graph, Value value)
{
    for (size_t i = 0; i < graph->nodes; i++)
        for (int k = 0; k < NODE_INPUTS; k++)
            if (graph->node[i].in[k] == value)
                return true;
    return false;
}

// Each copy has a reader, none is of the topmost block, and all lie where nothing else does.
static void copies_are_read_and_placed(void)
{
    for (size_t m = 0; m < method_count(); m++) {
        Small plain, again;
        if (begin_two(&plain, &again, method_at(m), 3, 2) && open_two(&plain, &again)) {
            const Graph *before = plain.plans.backward, *after = again.plans.backward;
            const char *name = method_at(m)->name;
            CHECK(after->forward_nodes == before->forward_nodes);
            for (size_t i = after->forward_nodes; i < after->nodes; i++) {
                const Node *node = &after->node[i];
                bool any = false;
                CHECK(node->index == (int32_t)i);
                for (int k = 0; k < NODE_OUTPUTS; k++)
                    if (node->out[k] != NO_VALUE) {
                        CHECK(after->value[node->out[k]].node == (int32_t)i);
                        bool copy = (size_t)node->out[k] >= before->values;
                        any |= !copy || is_read(after, node->out[k]);
                        CHECK(!copy || (0 < node->block && node->block < 3));
                    }
                if (!CHECK(any))
                    printf("%s: node %zu, %s\n", name, i, node->op->name);
            }
            Made made = { after, again.plans.train_plan, again.trainer.state, again.trainer.train,
                          again.trainer.memory };
            places_hold(made.plan, name, 2);
            dead_memory_is_not_read(&made, &again.batch.view, name, 2);
        }
        end_two(&plain, &again);
    }
}

// A batch of real size, in which the layers are what takes the memory.
static double share_kept(const char *method, int layers, double *more_flops)
{
    Small plain, again;
    Error error;
    Extent extent = { .tokens = 640, .sequences = 32, .squares = 32 * 400, .longest = 20 };
    double share = 0;
    Small *each[] = { &plain, &again };
    for (int i = 0; i < 2; i++) {
        small_begin(each[i], method_find(method, &error), 1);
        each[i]->config.layers = layers;
        each[i]->config.positions = 20;
        CHECK(plans_make(each[i]->arena, &each[i]->description, &extent, NULL, &each[i]->plans,
                         &each[i]->error));
    }
    if (CHECK(plans_recompute(again.arena, &extent, &again.plans, &again.error))) {
        double forward = graph_flops(plain.plans.train.graph, &extent);
        share = (double)plan_activations(again.plans.train_plan) /
                (double)plan_activations(plain.plans.train_plan);
        *more_flops = (graph_flops(again.plans.backward, &extent) -
                       graph_flops(plain.plans.backward, &extent)) /
                      forward;
    }
    end_two(&plain, &again);
    return share;
}

// Of L layers one is there whole at a time, of the others what goes from one to the next; and the
// forward of all but the topmost is computed again.
static void activations_fall_the_more_the_deeper(void)
{
    static const char *const of[] = { "full", "lora", "adapter", "bitfit" };
    for (size_t m = 0; m < sizeof of / sizeof *of; m++) {
        double four, twelve, shallow = share_kept(of[m], 4, &four);
        double deep = share_kept(of[m], 12, &twelve);
        CHECK(shallow < 0.4 && deep < 0.2);
        CHECK_CLOSE(four, 3.0 / 4, 0.01);
        CHECK_CLOSE(twelve, 11.0 / 12, 0.01);
    }
}

// The bottom has no backward to compute for, and the topmost layer gains nothing.
static void a_frozen_bottom_and_the_last_layer_are_left_out(void)
{
    static const char *const of[] = { "head", "topk" };
    Error error;
    for (int m = 0; m < 2; m++) {
        Small plain, again;
        if (begin_two(&plain, &again, method_find(of[m], &error), 4, 1))
            CHECK(again.plans.backward->nodes == plain.plans.backward->nodes &&
                  plan_bytes(again.plans.train_plan) == plan_bytes(plain.plans.train_plan));
        end_two(&plain, &again);
    }
    Small plain, again; // the two top layers: the lower of them is computed again
    small_begin(&plain, method_find("topk", &error), 1);
    small_begin(&again, method_find("topk", &error), 1);
    small_set(&plain, "layers", "2");
    small_set(&again, "layers", "2");
    plain.config.layers = again.config.layers = 4;
    if (CHECK(small_plan(&plain) && small_plan(&again) &&
              plans_recompute(again.arena, &again.batch.view.extent, &again.plans, &again.error))) {
        const Graph *g = again.plans.backward;
        CHECK(g->nodes > plain.plans.backward->nodes);
        for (size_t i = g->forward_nodes; i < g->nodes; i++)
            if (!strcmp(g->node[i].op->name, "attention"))
                CHECK(g->node[i].block == 3);
    }
    end_two(&plain, &again);
}

void suite_recompute(void)
{
    ADD(what_the_backward_reads_of_a_lower_block_is_computed_again);
    ADD(an_output_that_the_backward_alone_asked_for_leaves_the_forward);
    ADD(what_only_the_forward_reads_is_not_computed_again);
    ADD(copies_stand_right_before_their_block_s_backward);
    ADD(a_graph_without_blocks_stays_as_it_is);
    ADD(training_has_the_same_bits);
    ADD(copies_are_read_and_placed);
    ADD(activations_fall_the_more_the_deeper);
    ADD(a_frozen_bottom_and_the_last_layer_are_left_out);
}
