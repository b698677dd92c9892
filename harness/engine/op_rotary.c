// op_rotary.c: rows turned by their positions. Its own backward, the other way round.
#include "engine/op_impl.h"

Value rotate(Graph *graph, Value x, int64_t size, double base)
{
    Setting set = { .rotary = { .size = size, .base = base } };
    return graph_give(graph, graph_add(graph, &op_rotary, &x, 1, set), 0);
}

static bool rotary_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *x = info_of(graph, node, 0);
    if (!lies_in_batch(x->rows))
        return unfit(graph, node, 0, "over tokens, or one row a sequence");
    if (node->set.rotary.size % 2 || x->cols % node->set.rotary.size)
        return unfit(graph, node, 0, "heads of an even number of columns");
    return size_of_input(graph, node, out);
}

static void rotary_forward(Step *step, const Node *node)
{
    rotary(at(step, node->out[0]), at(step, node->in[0]), &node->set.rotary, step->batch,
           layout_at(step, node->in[0]), adds(node, 0), step->scratch);
}

static void rotary_backward(Gradient *gradient, const Node *node)
{
    Value dy = gradient_of(gradient, node->out[0]);
    Setting set = node->set;
    set.rotary.back = !set.rotary.back;
    give(gradient, append(gradient, &op_rotary, &dy, 1, set), 0, node->in[0]);
}

static size_t rotary_scratch(const Graph *graph, const Node *node, const Extent *largest)
{
    (void)graph, (void)largest;
    return (size_t)node->set.rotary.size;
}

const Operator op_rotary = {
    .name = "rotary",
    .inputs = 1,
    .outputs = 1,
    .in_place = true,
    .adds = 1,
    .rowwise = 1,
    .walks = true,
    .size = rotary_size,
    .forward = rotary_forward,
    .backward = rotary_backward,
    .scratch = rotary_scratch,
};
