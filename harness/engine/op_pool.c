// op_pool.c: from tokens to sequences (first token, last token, mean) or to picked tokens.
#include "engine/op_impl.h"

static Value pooled(Graph *graph, const Operator *op, Value x)
{
    return graph_give(graph, graph_add(graph, op, &x, 1, (Setting){ 0 }), 0);
}

static bool over_tokens(Graph *graph, const Node *node)
{
    Count rows = info_of(graph, node, 0)->rows;
    return (rows.tokens && lies_in_batch(rows)) || unfit(graph, node, 0, "over tokens");
}

static bool size_of_sequences(Graph *graph, const Node *node, ValueInfo *out)
{
    if (!over_tokens(graph, node))
        return false;
    out[0] = (ValueInfo){ .rows = ROWS_SEQUENCES, .cols = info_of(graph, node, 0)->cols };
    return true;
}

// A pooling's gradient has the rows of what was pooled, which it does not read.
static bool size_of_setting(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] = (ValueInfo){ .rows = node->set.rows, .cols = info_of(graph, node, 0)->cols };
    return true;
}

static void append_spread(Gradient *gradient, const Node *node, const Operator *op)
{
    Value dy = gradient_of(gradient, node->out[0]);
    Count rows = gradient_graph(gradient)->value[node->in[0]].rows;
    give(gradient, append(gradient, op, &dy, 1, (Setting){ .rows = rows }), 0, node->in[0]);
}

// ---- first_rows

Value first_token(Graph *graph, Value x)
{
    return pooled(graph, &op_first_rows, x);
}

static void first_rows_forward(Step *step, const Node *node)
{
    first_rows(at(step, node->out[0]), at(step, node->in[0]), step->batch,
               layout_at(step, node->in[0]));
}

static void first_rows_backward_nodes(Gradient *gradient, const Node *node)
{
    append_spread(gradient, node, &op_first_grad);
}

const Operator op_first_rows = {
    .name = "first_rows",
    .inputs = 1,
    .outputs = 1,
    .selects = true,
    .walks = true,
    .size = size_of_sequences,
    .forward = first_rows_forward,
    .backward = first_rows_backward_nodes,
};

static void first_grad_forward(Step *step, const Node *node)
{
    first_rows_backward(at(step, node->out[0]), at(step, node->in[0]), step->batch,
                        layout_of(node->set.rows), adds(node, 0));
}

const Operator op_first_grad = {
    .name = "first_grad",
    .inputs = 1,
    .outputs = 1,
    .adds = 1,
    .size = size_of_setting,
    .forward = first_grad_forward,
};

// ---- last_rows: no selection that sinks, for where it sank rows would be taken for first ones

Value last_token(Graph *graph, Value x)
{
    return pooled(graph, &op_last_rows, x);
}

static void last_rows_forward(Step *step, const Node *node)
{
    last_rows(at(step, node->out[0]), at(step, node->in[0]), step->batch,
              layout_at(step, node->in[0]));
}

static void last_rows_backward_nodes(Gradient *gradient, const Node *node)
{
    append_spread(gradient, node, &op_last_grad);
}

const Operator op_last_rows = {
    .name = "last_rows",
    .inputs = 1,
    .outputs = 1,
    .size = size_of_sequences,
    .forward = last_rows_forward,
    .backward = last_rows_backward_nodes,
};

static void last_grad_forward(Step *step, const Node *node)
{
    last_rows_backward(at(step, node->out[0]), at(step, node->in[0]), step->batch,
                       layout_of(node->set.rows), adds(node, 0));
}

const Operator op_last_grad = {
    .name = "last_grad",
    .inputs = 1,
    .outputs = 1,
    .adds = 1,
    .size = size_of_setting,
    .forward = last_grad_forward,
};

// ---- picked_rows

Value picked_tokens(Graph *graph, Value x)
{
    return pooled(graph, &op_picked_rows, x);
}

static bool size_of_selected(Graph *graph, const Node *node, ValueInfo *out)
{
    if (!over_tokens(graph, node))
        return false;
    out[0] = (ValueInfo){ .rows = ROWS_SELECTED, .cols = info_of(graph, node, 0)->cols };
    return true;
}

static void picked_rows_forward(Step *step, const Node *node)
{
    picked_rows(at(step, node->out[0]), at(step, node->in[0]), step->batch,
                layout_at(step, node->in[0]));
}

const Operator op_picked_rows = {
    .name = "picked_rows",
    .inputs = 1,
    .outputs = 1,
    .selects = true,
    .size = size_of_selected,
    .forward = picked_rows_forward,
};

// ---- mean_rows

Value mean_tokens(Graph *graph, Value x)
{
    return pooled(graph, &op_mean_rows, x);
}

static void mean_rows_forward(Step *step, const Node *node)
{
    mean_rows(at(step, node->out[0]), at(step, node->in[0]), step->batch,
              layout_at(step, node->in[0]));
}

static void mean_rows_backward_nodes(Gradient *gradient, const Node *node)
{
    append_spread(gradient, node, &op_mean_grad);
}

const Operator op_mean_rows = {
    .name = "mean_rows",
    .inputs = 1,
    .outputs = 1,
    .size = size_of_sequences,
    .forward = mean_rows_forward,
    .backward = mean_rows_backward_nodes,
};

static void mean_grad_forward(Step *step, const Node *node)
{
    mean_rows_backward(at(step, node->out[0]), at(step, node->in[0]), step->batch,
                       layout_of(node->set.rows), adds(node, 0));
}

const Operator op_mean_grad = {
    .name = "mean_grad",
    .inputs = 1,
    .outputs = 1,
    .adds = 1,
    .size = size_of_setting,
    .forward = mean_grad_forward,
};
