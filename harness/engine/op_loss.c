// op_loss.c: the step's loss, in double in the Step; its logits' gradient is made beside it.
#include "engine/op_impl.h"

static Value loss_of(Graph *graph, const Operator *op, const Value *in, size_t inputs)
{
    Value loss = graph_give(graph, graph_add(graph, op, in, inputs, (Setting){ 0 }), 0);
    graph_output(graph, loss);
    return loss;
}

// A label or a target a sequence.
static bool loss_size(Graph *graph, const Node *node, ValueInfo *out)
{
    if (!count_equal(info_of(graph, node, 0)->rows, ROWS_SEQUENCES))
        return unfit(graph, node, 0, "one row a sequence");
    out[0] = (ValueInfo){ .rows = ROWS(1), .cols = 1 };
    out[1] = *info_of(graph, node, 0);
    return true;
}

static void loss_backward(Gradient *gradient, const Node *node)
{
    pass(gradient, also(gradient, node, 1), node->in[0]);
}

static void loss_is(Step *step, const Node *node, double loss)
{
    step->loss = loss;
    at(step, node->out[0]).data[0] = (float)loss;
}

// ---- cross_entropy

Value cross_entropy_loss(Graph *graph, Value logits)
{
    return loss_of(graph, &op_cross_entropy, &logits, 1);
}

static void cross_entropy_forward(Step *step, const Node *node)
{
    loss_is(step, node,
            cross_entropy(at(step, node->out[1]), at(step, node->in[0]), step->batch->label,
                          step->options.weight));
}

const Operator op_cross_entropy = {
    .name = "cross_entropy",
    .inputs = 1,
    .outputs = 2,
    .loss = true,
    .size = loss_size,
    .forward = cross_entropy_forward,
    .backward = loss_backward,
};

// ---- squared_error

static bool squared_error_size(Graph *graph, const Node *node, ValueInfo *out)
{
    if (info_of(graph, node, 0)->cols != 1)
        return unfit(graph, node, 0, "one column");
    return loss_size(graph, node, out);
}

Value squared_error_loss(Graph *graph, Value logits)
{
    return loss_of(graph, &op_squared_error, &logits, 1);
}

static void squared_error_forward(Step *step, const Node *node)
{
    loss_is(step, node,
            squared_error(at(step, node->out[1]), at(step, node->in[0]), step->batch->target,
                          step->options.weight));
}

const Operator op_squared_error = {
    .name = "squared_error",
    .inputs = 1,
    .outputs = 2,
    .loss = true,
    .size = squared_error_size,
    .forward = squared_error_forward,
    .backward = loss_backward,
};

// ---- tied_cross_entropy: z, word, bias; at the picked rows, for evaluation

Value tied_cross_entropy_loss(Graph *graph, Value z, Value word, Value bias)
{
    return loss_of(graph, &op_tied_cross_entropy, (Value[]){ z, word, bias }, 3);
}

static bool tied_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *word = info_of(graph, node, 1), *bias = info_of(graph, node, 2);
    if (!count_equal(info_of(graph, node, 0)->rows, ROWS_SELECTED))
        return unfit(graph, node, 0, "the picked tokens");
    if (info_of(graph, node, 0)->cols != word->cols || !is_constant(word->rows))
        return misfit(graph, node, 0, 1);
    if (bias->cols != word->rows.constant || !count_equal(bias->rows, ROWS(1)))
        return misfit(graph, node, 1, 2);
    out[0] = (ValueInfo){ .rows = ROWS(1), .cols = 1 };
    return true;
}

// A batch of short texts may have nothing picked: it counts for nothing, and its loss must be a
// number.
static void tied_forward(Step *step, const Node *node)
{
    Matrix z = at(step, node->in[0]);
    loss_is(step, node,
            z.rows == 0 ? 0
                        : tied_cross_entropy(z, at(step, node->in[1]), at(step, node->in[2]),
                                             step->batch->picked_label, step->scratch));
}

static size_t tied_scratch_floats(const Graph *graph, const Node *node, const Extent *largest)
{
    (void)largest;
    return tied_scratch((size_t)info_of(graph, node, 1)->rows.constant);
}

static double tied_flops(const Graph *graph, const Node *node, const Extent *extent)
{
    const ValueInfo *word = info_of(graph, node, 1);
    return 2.0 * (double)count_of(info_of(graph, node, 0)->rows, extent) * (double)word->cols *
           (double)word->rows.constant;
}

const Operator op_tied_cross_entropy = {
    .name = "tied_cross_entropy",
    .inputs = 3,
    .outputs = 1,
    .loss = true,
    .size = tied_size,
    .forward = tied_forward,
    .flops = tied_flops,
    .scratch = tied_scratch_floats,
};
