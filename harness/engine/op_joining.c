// op_joining.c: some columns of a matrix, and rows joined in front of every sequence.
//
//   columns   y = x[:, first .. first + cols - 1]
//   in_front  each sequence of y: the given rows, then its own of x
#include "engine/op_impl.h"

// ---- columns

Value some_columns(Graph *graph, Value x, int64_t first, int64_t cols)
{
    Setting set = { .columns = { first, cols } };
    return graph_give(graph, graph_add(graph, &op_columns, &x, 1, set), 0);
}

static bool columns_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *x = info_of(graph, node, 0);
    int64_t first = node->set.columns.first, cols = node->set.columns.cols;
    if (first < 0 || cols < 1 || first > x->cols - cols)
        return unfit(graph, node, 0, "with the columns that are asked for");
    out[0] = (ValueInfo){ .rows = x->rows, .cols = cols };
    return true;
}

static void columns_forward(Step *step, const Node *node)
{
    Matrix y = at(step, node->out[0]);
    scale_copy(y, columns_of(at(step, node->in[0]), (size_t)node->set.columns.first, y.cols), 1,
               adds(node, 0));
}

static void columns_backward(Gradient *gradient, const Node *node)
{
    Value dy = gradient_of(gradient, node->out[0]);
    Setting set = { .columns = { node->set.columns.first,
                                 gradient_graph(gradient)->value[node->in[0]].cols } };
    give(gradient, append(gradient, &op_columns_grad, &dy, 1, set), 0, node->in[0]);
}

const Operator op_columns = {
    .name = "columns",
    .inputs = 1,
    .outputs = 1,
    .adds = 1,
    .rowwise = 1,
    .size = columns_size,
    .forward = columns_forward,
    .backward = columns_backward,
};

// ---- columns_grad: dy -> dx, as wide as x

static bool columns_grad_size(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] = (ValueInfo){ .rows = info_of(graph, node, 0)->rows, .cols = node->set.columns.cols };
    return true;
}

static void columns_grad_forward(Step *step, const Node *node)
{
    Matrix dx = at(step, node->out[0]), dy = at(step, node->in[0]);
    clear_unless_added(node, 0, dx);
    scale_copy(columns_of(dx, (size_t)node->set.columns.first, dy.cols), dy, 1, true);
}

const Operator op_columns_grad = {
    .name = "columns_grad",
    .inputs = 1,
    .outputs = 1,
    .adds = 1,
    .size = columns_grad_size,
    .forward = columns_grad_forward,
};

// ---- in_front: rows, x

Value rows_in_front(Graph *graph, Value rows, Value x)
{
    return graph_give(graph,
                      graph_add(graph, &op_in_front, (Value[]){ rows, x }, 2, (Setting){ 0 }), 0);
}

static bool in_front_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *rows = info_of(graph, node, 0), *x = info_of(graph, node, 1);
    if (!is_constant(rows->rows))
        return unfit(graph, node, 0, "as many rows in every batch");
    if (!x->rows.tokens || !lies_in_batch(x->rows))
        return unfit(graph, node, 1, "over tokens");
    if (rows->cols != x->cols)
        return misfit(graph, node, 0, 1);
    out[0] = *x;
    out[0].rows.sequences += rows->rows.constant;
    return true;
}

static void in_front_forward(Step *step, const Node *node)
{
    rows_joined(at(step, node->out[0]), at(step, node->in[0]), at(step, node->in[1]), step->batch,
                layout_at(step, node->in[1]));
}

static void in_front_backward(Gradient *gradient, const Node *node)
{
    Value dy = gradient_of(gradient, node->out[0]);
    Setting set = { .rows = gradient_graph(gradient)->value[node->in[1]].rows };
    int32_t back = append(gradient, &op_in_front_grad, &dy, 1, set);
    give(gradient, back, 0, node->in[0]);
    give(gradient, back, 1, node->in[1]);
}

const Operator op_in_front = {
    .name = "in_front",
    .inputs = 2,
    .outputs = 1,
    .walks = true,
    .size = in_front_size,
    .forward = in_front_forward,
    .backward = in_front_backward,
};

// ---- in_front_grad: dy -> drows, dx

static bool in_front_grad_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *dy = info_of(graph, node, 0);
    out[0] = (ValueInfo){ .rows = ROWS(dy->rows.sequences - node->set.rows.sequences),
                          .cols = dy->cols };
    out[1] = (ValueInfo){ .rows = node->set.rows, .cols = dy->cols };
    return true;
}

static void in_front_grad_forward(Step *step, const Node *node)
{
    Matrix drows = at(step, node->out[0]);
    clear_unless_added(node, 0, drows);
    rows_joined_backward(drows, at(step, node->out[1]), adds(node, 1), at(step, node->in[0]),
                         step->batch, layout_of(node->set.rows), layout_at(step, node->in[0]));
}

const Operator op_in_front_grad = {
    .name = "in_front_grad",
    .inputs = 1,
    .outputs = 2,
    .adds = 3,
    .size = in_front_grad_size,
    .forward = in_front_grad_forward,
};
