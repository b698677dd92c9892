// op_rmsnorm.c: y = gain . x / rms(x). Kept for the backward: the normalised rows z and 1 / rms.
#include "engine/op_impl.h"

Value normalise_rms(Graph *graph, Value x, Value gain, double epsilon)
{
    Value in[] = { x, gain };
    return graph_give(graph, graph_add(graph, &op_rmsnorm, in, 2, (Setting){ .epsilon = epsilon }),
                      0);
}

static bool rmsnorm_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *x = info_of(graph, node, 0), *gain = info_of(graph, node, 1);
    if (gain->cols != x->cols || !count_equal(gain->rows, ROWS(1)))
        return misfit(graph, node, 0, 1);
    out[0] = out[1] = *x;
    out[2] = (ValueInfo){ .rows = x->rows, .cols = 1 };
    return true;
}

static void rmsnorm_forward(Step *step, const Node *node)
{
    rmsnorm(at(step, node->out[0]), at(step, node->out[1]), at(step, node->out[2]),
            at(step, node->in[0]), at(step, node->in[1]), node->set.epsilon);
}

static void rmsnorm_backward_nodes(Gradient *gradient, const Node *node)
{
    Value in[] = { gradient_of(gradient, node->out[0]), also(gradient, node, 1),
                   also(gradient, node, 2), node->in[1] };
    int32_t back = append(gradient, &op_rmsnorm_grad, in, 4, (Setting){ 0 });
    give(gradient, back, 1, node->in[1]);
    give(gradient, back, 0, node->in[0]);
}

const Operator op_rmsnorm = {
    .name = "rmsnorm",
    .inputs = 2,
    .outputs = 3,
    .in_place = true,
    .rowwise = 1,
    .size = rmsnorm_size,
    .forward = rmsnorm_forward,
    .backward = rmsnorm_backward_nodes,
};

// ---- rmsnorm_grad: dy, z, rrms, gain -> dx, dgain

static bool rmsnorm_grad_size(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] = *info_of(graph, node, 0);
    out[1] = (ValueInfo){ .rows = ROWS(1), .cols = out[0].cols };
    return true;
}

static void rmsnorm_grad_forward(Step *step, const Node *node)
{
    Matrix dgain = at(step, node->out[1]);
    clear_unless_added(node, 1, dgain);
    rmsnorm_backward(at(step, node->out[0]), adds(node, 0), dgain, at(step, node->in[0]),
                     at(step, node->in[1]), at(step, node->in[2]), at(step, node->in[3]));
}

const Operator op_rmsnorm_grad = {
    .name = "rmsnorm_grad",
    .inputs = 4,
    .outputs = 2,
    .in_place = true,
    .adds = 3,
    .size = rmsnorm_grad_size,
    .forward = rmsnorm_grad_forward,
};
