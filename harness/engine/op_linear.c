// op_linear.c: linear layers and plain matrix products.
//
//   linear       y = x W^T + b              dx = dy W, dW = dy^T x, db = column sums of dy
//   product      y = alpha op(a) op(b)      op(x) = x or its transpose
//   add_product  y = c + alpha a b^T        in place on c: a side product costs no pass of its own
#include "engine/op_impl.h"

static Setting product_setting(double alpha, bool transpose_a, bool transpose_b)
{
    return (Setting){ .product = { (float)alpha, transpose_a, transpose_b } };
}

// ---- linear: x, W, b

Value linear(Graph *graph, Value x, Value W, Value b)
{
    return graph_give(graph, graph_add(graph, &op_linear, (Value[]){ x, W, b }, 3, (Setting){ 0 }),
                      0);
}

Value dense_layer(Graph *graph, Value x, const Dense *is)
{
    Parameter W = { .name = arena_format(graph->arena, "%s.weight", is->name),
                    .rows = is->out,
                    .cols = is->in,
                    .rank = 2,
                    .trained = is->trained,
                    .part = is->part,
                    .init = { INIT_NORMAL, is->deviation } };
    Parameter b = { .name = arena_format(graph->arena, "%s.bias", is->name),
                    .rows = 1,
                    .cols = is->out,
                    .rank = 1,
                    .trained = is->trained,
                    .part = is->part,
                    .init = { INIT_CONSTANT, 0 } };
    graph->place = is->name;
    Value bias = graph_parameter(graph, &b);
    return linear(graph, x, graph_parameter(graph, &W), bias);
}

bool linear_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *x = info_of(graph, node, 0), *W = info_of(graph, node, 1);
    if (x->cols != W->cols || !is_constant(W->rows))
        return misfit(graph, node, 0, 1);
    if (node->in[2] != NO_VALUE && (info_of(graph, node, 2)->cols != W->rows.constant ||
                                    !count_equal(info_of(graph, node, 2)->rows, ROWS(1))))
        return misfit(graph, node, 1, 2);
    out[0] = (ValueInfo){ .rows = x->rows, .cols = W->rows.constant };
    return true;
}

static void linear_forward(Step *step, const Node *node)
{
    Matrix y = at(step, node->out[0]), bias = at(step, node->in[2]);
    product(false, true, 1, at(step, node->in[0]), at(step, node->in[1]), 0, y);
    if (bias.data)
        add_row(y, bias);
}

static void linear_backward(Gradient *gradient, const Node *node)
{
    Value x = node->in[0], W = node->in[1], b = node->in[2];
    Value dy = gradient_of(gradient, node->out[0]);
    if (wanted(gradient, x))
        give(gradient,
             append(gradient, &op_product, (Value[]){ dy, W }, 2, product_setting(1, false, false)),
             0, x);
    if (wanted(gradient, W))
        give(gradient,
             append(gradient, &op_product, (Value[]){ dy, x }, 2, product_setting(1, true, false)),
             0, W);
    if (wanted(gradient, b))
        give(gradient, append(gradient, &op_sum_rows, &dy, 1, (Setting){ 0 }), 0, b);
}

double linear_flops(const Graph *graph, const Node *node, const Extent *extent)
{
    const ValueInfo *W = info_of(graph, node, 1);
    return 2.0 * (double)count_of(info_of(graph, node, 0)->rows, extent) * (double)W->cols *
           (double)W->rows.constant;
}

const Operator op_linear = {
    .name = "linear",
    .inputs = 3,
    .outputs = 1,
    .optional = 1 << 2,
    .rowwise = 1,
    .packed = &op_packed_linear,
    .size = linear_size,
    .forward = linear_forward,
    .backward = linear_backward,
    .flops = linear_flops,
};

// ---- product: a, b

Value product_t(Graph *graph, Value a, Value b)
{
    return graph_give(
        graph, graph_add(graph, &op_product, (Value[]){ a, b }, 2, product_setting(1, false, true)),
        0);
}

Value product_n(Graph *graph, Value a, Value b)
{
    return graph_give(
        graph,
        graph_add(graph, &op_product, (Value[]){ a, b }, 2, product_setting(1, false, false)), 0);
}

static bool product_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *a = info_of(graph, node, 0), *b = info_of(graph, node, 1);
    bool ta = node->set.product.transpose_a, tb = node->set.product.transpose_b;
    Count inner_a = ta ? a->rows : ROWS(a->cols), inner_b = tb ? ROWS(b->cols) : b->rows;
    if (!count_equal(inner_a, inner_b) || (tb && !is_constant(b->rows)))
        return misfit(graph, node, 0, 1);
    out[0] = (ValueInfo){ .rows = ta ? ROWS(a->cols) : a->rows,
                          .cols = tb ? b->rows.constant : b->cols };
    return true;
}

static void product_forward(Step *step, const Node *node)
{
    product(node->set.product.transpose_a, node->set.product.transpose_b, node->set.product.alpha,
            at(step, node->in[0]), at(step, node->in[1]), adds(node, 0) ? 1 : 0,
            at(step, node->out[0]));
}

// The gradients of alpha op(a) op(b): da = alpha dy op(b)^T (transposed where a is), and so for b.
static void product_gradients(Gradient *gradient, Value dy, Value a, Value b, double alpha, bool ta,
                              bool tb)
{
    if (wanted(gradient, a))
        give(gradient,
             ta ? append(gradient, &op_product, (Value[]){ b, dy }, 2,
                         product_setting(alpha, tb, true))
                : append(gradient, &op_product, (Value[]){ dy, b }, 2,
                         product_setting(alpha, false, !tb)),
             0, a);
    if (wanted(gradient, b))
        give(gradient,
             tb ? append(gradient, &op_product, (Value[]){ dy, a }, 2,
                         product_setting(alpha, true, ta))
                : append(gradient, &op_product, (Value[]){ a, dy }, 2,
                         product_setting(alpha, !ta, false)),
             0, b);
}

static void product_backward(Gradient *gradient, const Node *node)
{
    product_gradients(gradient, gradient_of(gradient, node->out[0]), node->in[0], node->in[1],
                      (double)node->set.product.alpha, node->set.product.transpose_a,
                      node->set.product.transpose_b);
}

static double product_flops(const Graph *graph, const Node *node, const Extent *extent)
{
    const ValueInfo *a = info_of(graph, node, 0), *b = info_of(graph, node, 1);
    double columns =
        node->set.product.transpose_b ? (double)count_of(b->rows, extent) : (double)b->cols;
    return 2.0 * (double)count_of(a->rows, extent) * (double)a->cols * columns;
}

const Operator op_product = {
    .name = "product",
    .inputs = 2,
    .outputs = 1,
    .adds = 1,
    .rowwise = 1, // row selections are sought before there are transposed ones
    .size = product_size,
    .forward = product_forward,
    .backward = product_backward,
    .flops = product_flops,
};

// ---- add_product: c, a, b

Value add_product_t(Graph *graph, Value c, Value a, Value b, double scale)
{
    return graph_give(graph,
                      graph_add(graph, &op_add_product, (Value[]){ c, a, b }, 3,
                                product_setting(scale, false, true)),
                      0);
}

static bool add_product_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *c = info_of(graph, node, 0), *a = info_of(graph, node, 1),
                    *b = info_of(graph, node, 2);
    if (a->cols != b->cols)
        return misfit(graph, node, 1, 2);
    if (!count_equal(c->rows, a->rows))
        return misfit(graph, node, 0, 1);
    if (c->cols != b->rows.constant || !is_constant(b->rows))
        return misfit(graph, node, 0, 2);
    out[0] = *c;
    return true;
}

static void add_product_forward(Step *step, const Node *node)
{
    Matrix y = at(step, node->out[0]), c = at(step, node->in[0]);
    if (y.data != c.data)
        scale_copy(y, c, 1, false);
    product(false, true, node->set.product.alpha, at(step, node->in[1]), at(step, node->in[2]), 1,
            y);
}

static void add_product_backward(Gradient *gradient, const Node *node)
{
    Value dy = gradient_of(gradient, node->out[0]);
    product_gradients(gradient, dy, node->in[1], node->in[2], (double)node->set.product.alpha,
                      false, true);
    pass(gradient, dy, node->in[0]);
}

static double add_product_flops(const Graph *graph, const Node *node, const Extent *extent)
{
    const ValueInfo *b = info_of(graph, node, 2);
    return 2.0 * (double)count_of(info_of(graph, node, 1)->rows, extent) * (double)b->cols *
           (double)b->rows.constant;
}

const Operator op_add_product = {
    .name = "add_product",
    .inputs = 3,
    .outputs = 1,
    .in_place = true,
    .rowwise = 3,
    .size = add_product_size,
    .forward = add_product_forward,
    .backward = add_product_backward,
    .flops = add_product_flops,
};
