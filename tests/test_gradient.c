// test_gradient.c: the backward as nodes: sums of several parts, tied and frozen parameters, what
// is refused, parts of a batch.
#include "engine/graph.h"
#include "tests/graph_bench.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

enum { H = 5 };

static bool bench_make(Bench *bench, Value loss, Made *made)
{
    if (CHECK(
            make(bench->arena, bench->graph, loss, &bench->batch.view.extent, made, &bench->error)))
        return true;
    printf("%s\n", bench->error.text);
    return false;
}

// Plays and holds every trained parameter's gradient against the twin's slope.
static void gradients_hold(Bench *bench, Value y, Made *made, const char *what, uint64_t seed)
{
    Value loss = dotted_loss(bench->graph, y);
    if (!bench_make(bench, loss, made))
        return;
    play(made, &bench->batch.view);
    slopes_hold(made, &bench->batch.view, 5e-5, what, seed);
    nothing_is_idle(made->graph);
}

static Value weight(Bench *bench, const char *name, bool trained)
{
    return parameter_of(bench->graph, name, H, H, trained);
}

static void parts_of_a_value_read_several_times_are_added(void)
{
    for (int readers = 1; readers <= 4; readers++)
        for (uint64_t seed = 1; seed <= 6; seed++) {
            Bench b;
            Made made;
            bench_begin(&b, seed);
            Value x = linear(b.graph, given(b.graph, "x", ROWS_TOKENS, H, true),
                             weight(&b, "W", true), NO_VALUE);
            Value y = linear(b.graph, x, weight(&b, "A", true), NO_VALUE);
            if (readers > 1)
                y = multiply_values(b.graph, y, x);
            if (readers > 2)
                y = add(b.graph, activate(b.graph, GELU, x), y);
            if (readers > 3)
                y = normalise(b.graph, y, x, parameter_of(b.graph, "g", 1, H, true),
                              parameter_of(b.graph, "o", 1, H, true), 0.1);
            gradients_hold(&b, y, &made, "readers", seed);
            bench_end(&b, seed);
        }
}

// Two linear layers on one value: the second part needs no node of its own.
static void a_second_part_is_added_in_place_where_the_operator_can(void)
{
    Bench b;
    Made made;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, H, true);
    Value y = multiply_values(b.graph, linear(b.graph, x, weight(&b, "A", false), NO_VALUE),
                              linear(b.graph, x, weight(&b, "B", false), NO_VALUE));
    gradients_hold(&b, y, &made, "in place", 1);
    CHECK(nodes_of(made.graph, "add") == 0 && nodes_of(made.graph, "scale") == 0);
    CHECK(nodes_of(made.graph, "product") == 2);
    bench_end(&b, 1);
}

// z = x + f(x) without dropout: one value is the gradient of x and of f's output until f's node has
// been walked. Adding f's part in place before that would change what f's backward reads.
static void a_gradient_that_two_values_hold_is_not_added_to(void)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        Bench b;
        Made made;
        bench_begin(&b, seed);
        Value x = given(b.graph, "x", ROWS_TOKENS, H, true), y, gain, offset;
        for (int layer = 0; layer < 3; layer++) {
            y = linear(b.graph, activate(b.graph, TANH, x),
                       weight(&b, arena_format(b.arena, "W%d", layer), true), NO_VALUE);
            switch (seed % 4) {
            case 0:
                x = add(b.graph, x, y);
                break;
            case 1:
                x = add(b.graph, y, x);
                break;
            case 2: // x itself again, and a reader of y beside the sum
                x = add(b.graph, add(b.graph, y, x), multiply_values(b.graph, y, x));
                break;
            default:
                gain = parameter_of(b.graph, arena_format(b.arena, "g%d", layer), 1, H, true);
                offset = parameter_of(b.graph, arena_format(b.arena, "o%d", layer), 1, H, true);
                x = normalise(b.graph, y, x, gain, offset, 0.1);
            }
        }
        gradients_hold(&b, x, &made, "residual", seed);
        bench_end(&b, seed);
    }
}

// Once f's node has been walked, x alone holds the sum's gradient: f's part is added where it lies.
static void a_gradient_is_added_to_in_place_once_one_value_is_left_to_hold_it(void)
{
    Bench b;
    Made made;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, H, true);
    for (int layer = 0; layer < 3; layer++) {
        const char *name = arena_format(b.arena, "W%d", layer);
        Value y = linear(b.graph, activate(b.graph, TANH, x), weight(&b, name, true), NO_VALUE);
        x = add(b.graph, x, y);
    }
    gradients_hold(&b, x, &made, "residual", 1);
    CHECK(nodes_of(made.graph, "add") == 3 && nodes_of(made.graph, "scale") == 0); // the forward's
    bench_end(&b, 1);
}

static void a_sum_of_a_value_with_itself_counts_twice(void)
{
    Bench b;
    Made made;
    bench_begin(&b, 2);
    Value x = given(b.graph, "x", ROWS_TOKENS, H, true);
    Value y = add(b.graph, x, x);
    gradients_hold(&b, add(b.graph, y, y), &made, "x + x", 2);
    const float *dx = gradient_at(&made, "x");
    for (size_t r = 0; r < b.batch.view.extent.tokens; r++)
        for (size_t c = 0; c < H; c++)
            CHECK_CLOSE(dx[r * H + c], 4 * weight_at(r, c), 1e-6);
    bench_end(&b, 2);
}

// As a masked language model's decoder is tied to the embedding (L19).
static void a_tied_parameter_has_one_gradient_of_all_its_uses(void)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        Bench b;
        Made made;
        bench_begin(&b, seed);
        Value table = parameter_of(b.graph, "table", WORDS, H, true);
        Value x =
            embed(b.graph, table, parameter_of(b.graph, "position", LONGEST, H, false), NO_VALUE);
        Value W = weight(&b, "W", true);
        x = linear(b.graph, activate(b.graph, GELU, linear(b.graph, x, W, NO_VALUE)), W, NO_VALUE);
        Value y = product_t(b.graph, x, table);
        gradients_hold(&b, y, &made, "tied", seed);
        size_t leaves = 0;
        for (size_t v = 0; v < made.graph->values; v++)
            leaves += made.graph->value[v].gradient;
        CHECK(leaves == 2);
        CHECK(made.graph->parameters == 3);
        bench_end(&b, seed);
    }
}

static void random_graphs_have_the_slopes_of_their_twins(void)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        Bench b;
        Made made;
        Value loss;
        bench_begin(&b, seed);
        b.graph = random_graph(b.arena, b.pool, &loss, &b.error);
        if (!bench_make(&b, loss, &made))
            printf("seed %llu\n", (unsigned long long)seed);
        else {
            double value = play(&made, &b.batch.view);
            Twin *twin = twin_new(made.graph, made.state);
            CHECK_CLOSE(value, twin_play(twin, &b.batch.view, &step_options), 1e-4);
            twin_free(twin);
            slopes_hold(&made, &b.batch.view, 3e-4, "random graph", seed);
            nothing_is_idle(made.graph);
        }
        bench_end(&b, seed);
    }
}

// ---- frozen parts

static void a_frozen_bottom_has_no_backward_and_keeps_nothing(void)
{
    Bench b;
    Made made;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, H, false);
    x = normalise(b.graph,
                  activate(b.graph, GELU,
                           linear(b.graph, x, weight(&b, "A", false),
                                  parameter_of(b.graph, "a", 1, H, false))),
                  x, parameter_of(b.graph, "g", 1, H, false),
                  parameter_of(b.graph, "o", 1, H, false), 0.1);
    size_t bottom = b.graph->nodes;
    Value y = linear(b.graph, x, weight(&b, "B", true), parameter_of(b.graph, "b", 1, H, true));
    gradients_hold(&b, y, &made, "frozen", 1);
    // Of the loss nothing, of the top layer dW and db.
    CHECK(made.graph->nodes - made.graph->forward_nodes == 2);
    CHECK(nodes_of(made.graph, "product") == 1 && nodes_of(made.graph, "sum_rows") == 1);
    for (size_t i = 0; i < bottom; i++)
        for (int k = 1; k < NODE_OUTPUTS; k++)
            CHECK(made.graph->node[i].out[k] == NO_VALUE);
    bench_end(&b, 1);
}

// As BitFit's lowest LayerNorm: what the others' gradients would read is not kept.
static void an_offset_alone_keeps_nothing_of_its_norm(void)
{
    Bench b;
    Made made;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, H, false);
    Value y = normalise(b.graph, x, NO_VALUE, parameter_of(b.graph, "g", 1, H, false),
                        parameter_of(b.graph, "o", 1, H, true), 0.1);
    gradients_hold(&b, y, &made, "offset", 1);
    CHECK(nodes_of(made.graph, "layernorm_grad") == 0 && nodes_of(made.graph, "sum_rows") == 1);
    CHECK(made.graph->node[1].out[1] == NO_VALUE && made.graph->node[1].out[2] == NO_VALUE);
    bench_end(&b, 1);
}

static void the_lowest_trained_parameter_gets_its_gradient_through_frozen_layers(void)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        Bench b;
        Made made;
        bench_begin(&b, seed);
        Value x = given(b.graph, "x", ROWS_TOKENS, 6, false);
        x = linear(b.graph, x, parameter_of(b.graph, "low", 6, 6, true), NO_VALUE);
        for (int layer = 0; layer < 3; layer++) {
            Value y = attend(b.graph, x, x, x, NO_VALUE, NO_VALUE, 3, 0.2);
            x = normalise(b.graph, dropout(b.graph, y, 0.1), x,
                          parameter_of(b.graph, "g", 1, 6, false),
                          parameter_of(b.graph, "o", 1, 6, false), 0.1);
        }
        gradients_hold(&b, first_token(b.graph, x), &made, "low", seed);
        const float *d = gradient_at(&made, "low");
        CHECK(d && sum_squares(d, 36) > 1e-6);
        bench_end(&b, seed);
    }
}

static void nothing_trained_is_no_backward(void)
{
    Bench b;
    bench_begin(&b, 1);
    Value x = given(b.graph, "x", ROWS_TOKENS, H, false);
    Value loss = dotted_loss(b.graph, linear(b.graph, x, weight(&b, "A", false), NO_VALUE));
    const Graph *back = gradient(b.arena, b.graph, loss, &b.error);
    CHECK(back && back->nodes == b.graph->nodes && back->values == b.graph->values);
    bench_end(&b, 1);
}

// L38: what is meant to train and cannot is an error that names it.
static void a_trained_parameter_without_a_way_is_refused_by_name(void)
{
    for (int which = 0; which < 3; which++) {
        Bench b;
        Value *map;
        bench_begin(&b, 1);
        Value x = given(b.graph, "x", ROWS_TOKENS, H, false);
        Value lost = parameter_of(b.graph, "method.0.q.lost", H, H, true);
        if (which > 0) // read by a node that nothing reads
            lost = linear(b.graph, x, lost, NO_VALUE);
        Value y = linear(b.graph, x, weight(&b, "A", true), NO_VALUE);
        if (which > 1) { // read by an output that is not the loss
            graph_output(b.graph, lost);
        }
        Value loss = dotted_loss(b.graph, y);
        CHECK(!gradient(b.arena, b.graph, loss, &b.error));
        CHECK_ERROR(&b.error, ERROR_WORK, "method.0.q.lost: is to be trained, but the loss does");
        const Graph *trimmed = trim(b.arena, b.graph, false, &map, &b.error);
        memset(&b.error, 0, sizeof b.error);
        if (CHECK(trimmed && map[loss] != NO_VALUE)) {
            CHECK(!gradient(b.arena, trimmed, map[loss], &b.error));
            CHECK_ERROR(&b.error, ERROR_WORK, "method.0.q.lost");
        }
        bench_end(&b, 1);
    }
}

static void values_keep_their_numbers(void)
{
    Bench b;
    Value loss;
    bench_begin(&b, 4);
    Graph *graph = random_graph(b.arena, b.pool, &loss, &b.error);
    const Graph *back = gradient(b.arena, graph, loss, &b.error);
    CHECK(back && back->forward_nodes == graph->nodes && back->values > graph->values);
    for (size_t v = 0; back && v < graph->values; v++)
        CHECK(!memcmp(&back->value[v], &graph->value[v], sizeof graph->value[v]));
    for (size_t i = 0; back && i < graph->nodes; i++)
        CHECK(!memcmp(back->node[i].in, graph->node[i].in, sizeof back->node[i].in) &&
              back->node[i].out[0] == graph->node[i].out[0]);
    bench_end(&b, 4);
}

// ---- parts of a batch

static double part_step(Made *made, const Batch *part, double weight_of_part)
{
    StepOptions options = step_options;
    options.weight = weight_of_part;
    return runner_step(made->runner, part, &options);
}

// A loss that is a mean over examples, over everything that gets a gradient by adding.
static Value examined(Bench *b, bool scores, int32_t *label, float *target)
{
    Graph *g = b->graph;
    Value x =
        embed(g, parameter_of(g, "word", WORDS, 6, true),
              parameter_of(g, "position", LONGEST, 6, true), parameter_of(g, "type", 2, 6, true));
    Value y = attend(g, linear(g, x, parameter_of(g, "Q", 6, 6, true), NO_VALUE), x, x,
                     parameter_of(g, "k", 3, 6, true), parameter_of(g, "v", 3, 6, true), 2, 0.1);
    x = normalise(g, dropout(g, y, 0.2), x, parameter_of(g, "gain", 1, 6, true),
                  parameter_of(g, "offset", 1, 6, true), 0.1);
    y = linear(g, mean_tokens(g, x), parameter_of(g, "C", scores ? 1 : 3, 6, true),
               parameter_of(g, "c", 1, scores ? 1 : 3, true));
    for (size_t s = 0; s < MOST_SEQUENCES; s++) {
        label[s] = (int32_t)below(b->pool, 3);
        target[s] = mix_float(&b->pool->random);
    }
    b->batch.view.label = label;
    b->batch.view.target = target;
    return scores ? squared_error_loss(g, y) : cross_entropy_loss(g, y);
}

// L43: the mean over 5 examples, not the mean of the means over 3 and 2.
static void parts_weighted_by_their_size_equal_the_whole_batch(void)
{
    static const size_t each[] = { 0, 1, 2, 3, 4 };
    for (uint64_t seed = 1; seed <= 40; seed++) {
        Bench b;
        Made made;
        int32_t label[MOST_SEQUENCES];
        float target[MOST_SEQUENCES];
        bench_begin(&b, seed);
        size_t sequences = b.batch.view.extent.sequences, first = sequences / 2 + 1;
        if (sequences < 3 || first == sequences - first ||
            !bench_make(&b, examined(&b, seed % 2, label, target), &made)) {
            bench_end(&b, seed);
            continue;
        }
        Batch parts[] = { sequences_of(b.arena, &b.batch.view, each, first),
                          sequences_of(b.arena, &b.batch.view, each + first, sequences - first) };
        double loss = play(&made, &b.batch.view), sum = 0;
        float **whole = arena_zero(b.arena, made.state->slots, sizeof *whole);
        for (size_t i = 0; i < made.state->slots; i++) {
            Slot *slot = &made.state->slot[i];
            whole[i] = arena_take(b.arena, slot->count, sizeof(float));
            memcpy(whole[i], slot->gradient, slot->count * sizeof(float));
            memset(slot->gradient, 0, slot->count * sizeof(float));
        }
        for (int p = 0; p < 2; p++) {
            double share = (double)parts[p].extent.sequences / (double)sequences;
            sum += share * part_step(&made, &parts[p], share);
        }
        CHECK_CLOSE(sum, loss, 1e-6);
        for (size_t i = 0; i < made.state->slots; i++)
            for (size_t j = 0; j < made.state->slot[i].count; j++)
                if (!CHECK_CLOSE(made.state->slot[i].gradient[j], whole[i][j], 1e-6))
                    printf("seed %llu, %s\n", (unsigned long long)seed,
                           made.state->slot[i].is.name);
        bench_end(&b, seed);
    }
}

static void gradients_of_parts_add_up_and_scale_with_the_weight(void)
{
    Bench b;
    Made made;
    int32_t label[MOST_SEQUENCES];
    float target[MOST_SEQUENCES];
    bench_begin(&b, 3);
    if (bench_make(&b, examined(&b, false, label, target), &made)) {
        double loss = play(&made, &b.batch.view);
        float **once = arena_zero(b.arena, made.state->slots, sizeof *once);
        for (size_t i = 0; i < made.state->slots; i++) {
            Slot *slot = &made.state->slot[i];
            once[i] = arena_take(b.arena, slot->count, sizeof(float));
            memcpy(once[i], slot->gradient, slot->count * sizeof(float));
        }
        CHECK_CLOSE(part_step(&made, &b.batch.view, 2.5), loss, 0); // the loss is not weighted
        for (size_t i = 0; i < made.state->slots; i++)
            for (size_t j = 0; j < made.state->slot[i].count; j++)
                if (!CHECK_CLOSE(made.state->slot[i].gradient[j], 3.5 * once[i][j], 1e-6))
                    printf("%s\n", made.state->slot[i].is.name);
    }
    bench_end(&b, 3);
}

void suite_gradient(void)
{
    ADD(parts_of_a_value_read_several_times_are_added);
    ADD(a_second_part_is_added_in_place_where_the_operator_can);
    ADD(a_gradient_that_two_values_hold_is_not_added_to);
    ADD(a_gradient_is_added_to_in_place_once_one_value_is_left_to_hold_it);
    ADD(a_sum_of_a_value_with_itself_counts_twice);
    ADD(a_tied_parameter_has_one_gradient_of_all_its_uses);
    ADD(random_graphs_have_the_slopes_of_their_twins);
    ADD(a_frozen_bottom_has_no_backward_and_keeps_nothing);
    ADD(an_offset_alone_keeps_nothing_of_its_norm);
    ADD(the_lowest_trained_parameter_gets_its_gradient_through_frozen_layers);
    ADD(nothing_trained_is_no_backward);
    ADD(a_trained_parameter_without_a_way_is_refused_by_name);
    ADD(values_keep_their_numbers);
    ADD(parts_weighted_by_their_size_equal_the_whole_batch);
    ADD(gradients_of_parts_add_up_and_scale_with_the_weight);
}
