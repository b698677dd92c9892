// op_layernorm.c: y = LN(x + residual). Kept for the backward: the normalised rows z and rstd, from
// which everything follows (methods.md 0.10); x + residual itself is never stored.
#include "engine/op_impl.h"
#include <string.h>

Value normalise(Graph *graph, Value x, Value residual, Value gain, Value offset, double epsilon)
{
    Value in[] = { x, residual, gain, offset };
    return graph_give(graph,
                      graph_add(graph, &op_layernorm, in, 4, (Setting){ .epsilon = epsilon }), 0);
}

static bool layernorm_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *x = info_of(graph, node, 0);
    if (node->in[1] != NO_VALUE && (!count_equal(x->rows, info_of(graph, node, 1)->rows) ||
                                    x->cols != info_of(graph, node, 1)->cols))
        return misfit(graph, node, 0, 1);
    for (int k = 2; k < 4; k++)
        if (info_of(graph, node, k)->cols != x->cols ||
            !count_equal(info_of(graph, node, k)->rows, ROWS(1)))
            return misfit(graph, node, 0, k);
    out[0] = out[1] = *x;
    out[2] = (ValueInfo){ .rows = x->rows, .cols = 1 };
    return true;
}

static void layernorm_forward(Step *step, const Node *node)
{
    layernorm(at(step, node->out[0]), at(step, node->out[1]), at(step, node->out[2]),
              at(step, node->in[0]), at(step, node->in[1]), at(step, node->in[2]),
              at(step, node->in[3]), node->set.epsilon);
}

static void layernorm_backward_nodes(Gradient *gradient, const Node *node)
{
    Value x = node->in[0], residual = node->in[1], dy = gradient_of(gradient, node->out[0]);
    if (!wanted(gradient, x) && !wanted(gradient, residual) && !wanted(gradient, node->in[2])) {
        // An offset alone: z and rstd, as large as x, need not be kept.
        give(gradient, append(gradient, &op_sum_rows, &dy, 1, (Setting){ 0 }), 0, node->in[3]);
        return;
    }
    Value in[] = { dy, also(gradient, node, 1), also(gradient, node, 2), node->in[2] };
    int32_t back = append(gradient, &op_layernorm_grad, in, 4, (Setting){ 0 });
    give(gradient, back, 1, node->in[2]);
    give(gradient, back, 2, node->in[3]);
    if (wanted(gradient, x) && wanted(gradient, residual)) {
        Value dx = fresh(gradient, back, 0);
        pass(gradient, dx, x);
        pass(gradient, dx, residual);
    } else
        give(gradient, back, 0, wanted(gradient, x) ? x : residual);
}

const Operator op_layernorm = {
    .name = "layernorm",
    .inputs = 4,
    .outputs = 3,
    .optional = 1 << 1,
    .in_place = true,
    .rowwise = 3,
    .size = layernorm_size,
    .forward = layernorm_forward,
    .backward = layernorm_backward_nodes,
};

// ---- layernorm_grad: dy, z, rstd, gain -> dx, dgain, doffset

static bool layernorm_grad_size(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] = *info_of(graph, node, 0);
    out[1] = out[2] = (ValueInfo){ .rows = ROWS(1), .cols = out[0].cols };
    return true;
}

static void layernorm_grad_forward(Step *step, const Node *node)
{
    Matrix dgain = at(step, node->out[1]), doffset = at(step, node->out[2]);
    clear_unless_added(node, 1, dgain);
    clear_unless_added(node, 2, doffset);
    layernorm_backward(at(step, node->out[0]), adds(node, 0), dgain, doffset, at(step, node->in[0]),
                       at(step, node->in[1]), at(step, node->in[2]), at(step, node->in[3]));
}

const Operator op_layernorm_grad = {
    .name = "layernorm_grad",
    .inputs = 4,
    .outputs = 3,
    .in_place = true,
    .adds = 7,
    .size = layernorm_grad_size,
    .forward = layernorm_grad_forward,
};
