// op_rowwise.c: operators that go over a matrix element by element.
#include "engine/op_impl.h"

// ---- add: a, b -> a + scale b

Value add(Graph *graph, Value a, Value b)
{
    return add_scaled_value(graph, a, b, 1);
}

Value add_scaled_value(Graph *graph, Value a, Value b, double scale)
{
    return graph_give(
        graph, graph_add(graph, &op_add, (Value[]){ a, b }, 2, (Setting){ .scale = (float)scale }),
        0);
}

static void add_forward(Step *step, const Node *node)
{
    add_scaled(at(step, node->out[0]), at(step, node->in[0]), at(step, node->in[1]),
               node->set.scale, adds(node, 0));
}

static void add_backward(Gradient *gradient, const Node *node)
{
    Value dy = gradient_of(gradient, node->out[0]);
    if (node->set.scale == 1.0F)
        pass(gradient, dy, node->in[1]);
    else if (wanted(gradient, node->in[1]))
        give(gradient, append(gradient, &op_scale, &dy, 1, (Setting){ .scale = node->set.scale }),
             0, node->in[1]);
    pass(gradient, dy, node->in[0]);
}

const Operator op_add = {
    .name = "add",
    .inputs = 2,
    .outputs = 1,
    .in_place = true,
    .adds = 1,
    .rowwise = 3,
    .size = size_of_equals,
    .forward = add_forward,
    .backward = add_backward,
};

// ---- scale: a -> scale a

static void scale_forward(Step *step, const Node *node)
{
    scale_copy(at(step, node->out[0]), at(step, node->in[0]), node->set.scale, adds(node, 0));
}

static void scale_backward(Gradient *gradient, const Node *node)
{
    Value dy = gradient_of(gradient, node->out[0]);
    give(gradient, append(gradient, &op_scale, &dy, 1, node->set), 0, node->in[0]);
}

const Operator op_scale = {
    .name = "scale",
    .inputs = 1,
    .outputs = 1,
    .in_place = true,
    .adds = 1,
    .rowwise = 1,
    .size = size_of_input,
    .forward = scale_forward,
    .backward = scale_backward,
};

// ---- multiply: a, b -> a . b

Value multiply_values(Graph *graph, Value a, Value b)
{
    return graph_give(graph, graph_add(graph, &op_multiply, (Value[]){ a, b }, 2, (Setting){ 0 }),
                      0);
}

static void multiply_forward(Step *step, const Node *node)
{
    multiply(at(step, node->out[0]), at(step, node->in[0]), at(step, node->in[1]), adds(node, 0));
}

static void multiply_backward(Gradient *gradient, const Node *node)
{
    Value dy = gradient_of(gradient, node->out[0]), a = node->in[0], b = node->in[1];
    if (wanted(gradient, a))
        give(gradient, append(gradient, &op_multiply, (Value[]){ dy, b }, 2, (Setting){ 0 }), 0, a);
    if (wanted(gradient, b))
        give(gradient, append(gradient, &op_multiply, (Value[]){ dy, a }, 2, (Setting){ 0 }), 0, b);
}

const Operator op_multiply = {
    .name = "multiply",
    .inputs = 2,
    .outputs = 1,
    .in_place = true,
    .adds = 1,
    .rowwise = 3,
    .size = size_of_equals,
    .forward = multiply_forward,
    .backward = multiply_backward,
};

// ---- sum_rows: x -> 1 x cols

static bool sum_rows_size(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] = (ValueInfo){ .rows = ROWS(1), .cols = info_of(graph, node, 0)->cols };
    return true;
}

static void sum_rows_forward(Step *step, const Node *node)
{
    sum_rows(at(step, node->out[0]), at(step, node->in[0]), adds(node, 0));
}

const Operator op_sum_rows = {
    .name = "sum_rows",
    .inputs = 1,
    .outputs = 1,
    .adds = 1,
    .size = sum_rows_size,
    .forward = sum_rows_forward,
};

// ---- activation: x -> y, slope. The slope is made by the forward, where its parts are at hand, so
// the backward is one product and x need not be kept.

Value activate(Graph *graph, Activation which, Value x)
{
    return graph_give(graph,
                      graph_add(graph, &op_activation, &x, 1, (Setting){ .activation = which }), 0);
}

static void activation_forward(Step *step, const Node *node)
{
    activation(node->set.activation, at(step, node->out[0]), at(step, node->out[1]),
               at(step, node->in[0]));
}

static void activation_backward(Gradient *gradient, const Node *node)
{
    Value in[] = { gradient_of(gradient, node->out[0]), also(gradient, node, 1) };
    give(gradient, append(gradient, &op_multiply, in, 2, (Setting){ 0 }), 0, node->in[0]);
}

const Operator op_activation = {
    .name = "activation",
    .inputs = 1,
    .outputs = 2,
    .in_place = true,
    .rowwise = 1,
    .size = size_of_input,
    .forward = activation_forward,
    .backward = activation_backward,
};

// ---- dropout: x -> x . mask / (1 - rate). Its own backward: the mask is a function of the place.

static Value dropout_on(Graph *graph, Value x, double rate, uint32_t site)
{
    Setting set = { .dropout = { .site = site, .rate = (float)rate } };
    return rate > 0 ? graph_give(graph, graph_add(graph, &op_dropout, &x, 1, set), 0) : x;
}

Value dropout(Graph *graph, Value x, double rate)
{
    return dropout_on(graph, x, rate, graph->sites++);
}

Value side_dropout(Graph *graph, Value x, double rate)
{
    return dropout_on(graph, x, rate, (1U << 15) + graph->side_sites++);
}

static bool dropout_size(Graph *graph, const Node *node, ValueInfo *out)
{
    if (!lies_in_batch(info_of(graph, node, 0)->rows))
        return unfit(graph, node, 0, "over tokens, or one row a sequence");
    return size_of_input(graph, node, out);
}

static Dropout *dropout_of(Setting *set)
{
    return &set->dropout;
}

static void dropout_forward(Step *step, const Node *node)
{
    Dropout set = dropout_at(step, node->set.dropout);
    dropout_rows(at(step, node->out[0]), at(step, node->in[0]), &set, step->batch,
                 layout_at(step, node->in[0]), adds(node, 0));
}

static void dropout_backward(Gradient *gradient, const Node *node)
{
    Value dy = gradient_of(gradient, node->out[0]);
    give(gradient, append(gradient, &op_dropout, &dy, 1, node->set), 0, node->in[0]);
}

const Operator op_dropout = {
    .name = "dropout",
    .inputs = 1,
    .outputs = 1,
    .in_place = true,
    .adds = 1,
    .rowwise = 1,
    .walks = true,
    .random = dropout_of,
    .size = dropout_size,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
