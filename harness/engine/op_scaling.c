// op_scaling.c: columns or rows scaled by a vector, and rows scaled to length 1.
//
//   scale_columns  y = a diag(v)       v: 1 x columns
//                  da = dy diag(v),    dv = column sums of dy . a
//   scale_rows     y = diag(v) a       v: 1 x rows
//                  da = diag(v) dy,    dv = row sums of dy . a
//   unit_rows      y_r = x_r / |x_r|
//                  dx_r = (dy_r - y_r <y_r, dy_r>) / |x_r|; the length a number: dy_r / |x_r|
#include "engine/op_impl.h"

static bool is_row_of(const ValueInfo *info, Count cols)
{
    return count_equal(info->rows, ROWS(1)) && count_equal(ROWS(info->cols), cols);
}

static void products_forward(Step *step, const Node *node,
                             void (*kernel)(Matrix y, Matrix a, Matrix b, bool add))
{
    kernel(at(step, node->out[0]), at(step, node->in[0]), at(step, node->in[1]), adds(node, 0));
}

// Of y = op(a, v): da by the operator itself, dv by `products`.
static void scaling_backward(Gradient *gradient, const Node *node, const Operator *products)
{
    Value dy = gradient_of(gradient, node->out[0]), a = node->in[0], v = node->in[1];
    if (wanted(gradient, v))
        give(gradient, append(gradient, products, (Value[]){ dy, a }, 2, (Setting){ 0 }), 0, v);
    if (wanted(gradient, a))
        give(gradient, append(gradient, node->op, (Value[]){ dy, v }, 2, (Setting){ 0 }), 0, a);
}

// ---- scale_columns

Value scale_columns(Graph *graph, Value a, Value v)
{
    return graph_give(graph,
                      graph_add(graph, &op_scale_columns, (Value[]){ a, v }, 2, (Setting){ 0 }), 0);
}

static bool scale_columns_size(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] = *info_of(graph, node, 0);
    return is_row_of(info_of(graph, node, 1), ROWS(out[0].cols)) || misfit(graph, node, 0, 1);
}

static void scale_columns_forward(Step *step, const Node *node)
{
    products_forward(step, node, multiply);
}

static void scale_columns_backward(Gradient *gradient, const Node *node)
{
    scaling_backward(gradient, node, &op_products_of_columns);
}

const Operator op_scale_columns = {
    .name = "scale_columns",
    .inputs = 2,
    .outputs = 1,
    .in_place = true,
    .adds = 1,
    .rowwise = 1,
    .size = scale_columns_size,
    .forward = scale_columns_forward,
    .backward = scale_columns_backward,
};

static bool products_of_columns_size(Graph *graph, const Node *node, ValueInfo *out)
{
    if (!size_of_equals(graph, node, out))
        return false;
    out[0].rows = ROWS(1);
    return true;
}

static void products_of_columns_forward(Step *step, const Node *node)
{
    products_forward(step, node, sum_rows_of_products);
}

const Operator op_products_of_columns = {
    .name = "products_of_columns",
    .inputs = 2,
    .outputs = 1,
    .adds = 1,
    .size = products_of_columns_size,
    .forward = products_of_columns_forward,
};

// ---- scale_rows

Value scale_each_row(Graph *graph, Value a, Value v)
{
    return graph_give(graph, graph_add(graph, &op_scale_rows, (Value[]){ a, v }, 2, (Setting){ 0 }),
                      0);
}

static bool scale_rows_size(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] = *info_of(graph, node, 0);
    return is_row_of(info_of(graph, node, 1), out[0].rows) || misfit(graph, node, 0, 1);
}

static void scale_rows_forward(Step *step, const Node *node)
{
    products_forward(step, node, scale_rows);
}

static void scale_rows_backward(Gradient *gradient, const Node *node)
{
    scaling_backward(gradient, node, &op_products_of_rows);
}

const Operator op_scale_rows = {
    .name = "scale_rows",
    .inputs = 2,
    .outputs = 1,
    .in_place = true,
    .adds = 1,
    .size = scale_rows_size,
    .forward = scale_rows_forward,
    .backward = scale_rows_backward,
};

static bool products_of_rows_size(Graph *graph, const Node *node, ValueInfo *out)
{
    if (!size_of_equals(graph, node, out))
        return false;
    out[0] = (ValueInfo){ .rows = ROWS(1), .cols = out[0].rows.constant };
    return true;
}

static void products_of_rows_forward(Step *step, const Node *node)
{
    products_forward(step, node, products_of_rows);
}

const Operator op_products_of_rows = {
    .name = "products_of_rows",
    .inputs = 2,
    .outputs = 1,
    .adds = 1,
    .size = products_of_rows_size,
    .forward = products_of_rows_forward,
};

// ---- unit_rows: x -> y, 1 / lengths

Value unit_length_rows(Graph *graph, Value x, bool constant_length)
{
    Setting set = { .constant_length = constant_length };
    return graph_give(graph, graph_add(graph, &op_unit_rows, &x, 1, set), 0);
}

static bool unit_rows_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *x = info_of(graph, node, 0);
    if (!is_constant(x->rows))
        return unfit(graph, node, 0, "as many rows in every batch");
    out[0] = *x;
    out[1] = (ValueInfo){ .rows = ROWS(1), .cols = x->rows.constant };
    return true;
}

static void unit_rows_forward(Step *step, const Node *node)
{
    unit_rows(at(step, node->out[0]), at(step, node->out[1]), at(step, node->in[0]));
}

static void unit_rows_backward_nodes(Gradient *gradient, const Node *node)
{
    Value in[] = { gradient_of(gradient, node->out[0]), also(gradient, node, 1), node->out[0] };
    int32_t back = node->set.constant_length
                       ? append(gradient, &op_scale_rows, in, 2, (Setting){ 0 })
                       : append(gradient, &op_unit_rows_grad, in, 3, (Setting){ 0 });
    give(gradient, back, 0, node->in[0]);
}

const Operator op_unit_rows = {
    .name = "unit_rows",
    .inputs = 1,
    .outputs = 2,
    .in_place = true,
    .size = unit_rows_size,
    .forward = unit_rows_forward,
    .backward = unit_rows_backward_nodes,
};

// ---- unit_rows_grad: dy, 1 / lengths, y -> dx

static void unit_rows_grad_forward(Step *step, const Node *node)
{
    unit_rows_backward(at(step, node->out[0]), adds(node, 0), at(step, node->in[0]),
                       at(step, node->in[2]), at(step, node->in[1]));
}

const Operator op_unit_rows_grad = {
    .name = "unit_rows_grad",
    .inputs = 3,
    .outputs = 1,
    .in_place = true,
    .adds = 1,
    .size = size_of_input,
    .forward = unit_rows_grad_forward,
};
