// op_embedding.c: rows of tables by the batch's indices: word[token] + position[p] + type[t].
#include "engine/op_impl.h"

Value embed(Graph *graph, Value word, Value position, Value type)
{
    return graph_give(
        graph,
        graph_add(graph, &op_embedding, (Value[]){ word, position, type }, 3, (Setting){ 0 }), 0);
}

static bool embedding_size(Graph *graph, const Node *node, ValueInfo *out)
{
    for (int k = 0; k < LOOKUPS; k++)
        if (node->in[k] != NO_VALUE && !is_constant(info_of(graph, node, k)->rows))
            return unfit(graph, node, k, "a table");
    if (node->in[1] == NO_VALUE && node->in[2] != NO_VALUE)
        return unfit(graph, node, 2, "absent where positions are");
    for (int k = 1; k < LOOKUPS; k++)
        if (node->in[k] != NO_VALUE &&
            info_of(graph, node, k)->cols != info_of(graph, node, 0)->cols)
            return misfit(graph, node, 0, k);
    out[0] = (ValueInfo){ .rows = ROWS_TOKENS, .cols = info_of(graph, node, 0)->cols };
    return true;
}

static void embedding_forward(Step *step, const Node *node)
{
    embedding(at(step, node->out[0]), at(step, node->in[0]), at(step, node->in[1]),
              at(step, node->in[2]), step->batch);
}

static void embedding_backward_nodes(Gradient *gradient, const Node *node)
{
    for (int k = 0; k < LOOKUPS; k++)
        if (wanted(gradient, node->in[k])) {
            Value in[] = { gradient_of(gradient, node->out[0]), node->in[k] };
            give(gradient, append(gradient, &op_embedding_grad, in, 2, (Setting){ .lookup = k }), 0,
                 node->in[k]);
        }
}

const Operator op_embedding = {
    .name = "embedding",
    .inputs = LOOKUPS,
    .outputs = 1,
    .optional = 1 << 1 | 1 << 2,
    .looks_up = true,
    .size = embedding_size,
    .forward = embedding_forward,
    .backward = embedding_backward_nodes,
};

// ---- embedding_grad: dy, table (for its shape) -> dtable

static bool embedding_grad_size(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] =
        (ValueInfo){ .rows = info_of(graph, node, 1)->rows, .cols = info_of(graph, node, 1)->cols };
    return true;
}

static void embedding_grad_forward(Step *step, const Node *node)
{
    Matrix dtable = at(step, node->out[0]);
    clear_unless_added(node, 0, dtable);
    embedding_backward(dtable, at(step, node->in[0]), batch_lookup(step->batch, node->set.lookup));
}

const Operator op_embedding_grad = {
    .name = "embedding_grad",
    .inputs = 2,
    .outputs = 1,
    .adds = 1,
    .size = embedding_grad_size,
    .forward = embedding_grad_forward,
};
