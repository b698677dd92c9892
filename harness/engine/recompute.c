// recompute.c: activations are computed again instead of kept (Chen et al. 2016, arXiv 1604.06174).
//
// A block's inner values are those that no forward node outside of the block reads. The backward
// keeps its nodes and order; where it first reads an inner value, the nodes that give it are
// appended before, down to what is kept: values of other blocks, parameters, what is fed. So only
// what the backward reads is computed again, and in the forward each inner value's place is free
// once the block has read it. The topmost block stays as it is: its backward comes right after its
// forward, when all is there.
#include "engine/graph_impl.h"
#include <string.h>

typedef struct {
    const Graph *from;
    Graph *to;
    int *block;     // by value of `from`: the block that it is inner to; 0: none
    int32_t *again; // by node of `from`: its copy in `to`, or -1
} Recompute;

// Inner to the block of the node that gives it, unless somebody outside reads it.
static void inner(Recompute *r)
{
    const Graph *from = r->from;
    for (size_t i = 0; i < from->forward_nodes; i++) {
        const Node *node = &from->node[i];
        for (int k = 0; k < NODE_INPUTS; k++)
            if (node->in[k] != NO_VALUE && r->block[node->in[k]] != node->block)
                r->block[node->in[k]] = 0;
        for (int k = 0; k < NODE_OUTPUTS; k++)
            if (node->out[k] != NO_VALUE)
                r->block[node->out[k]] = node->block;
    }
    for (size_t i = 0; i < from->outputs; i++)
        r->block[from->output[i]] = 0;
}

// The block whose inner values the backward reads first; 0: it reads none.
static int topmost(const Recompute *r)
{
    for (size_t i = r->from->forward_nodes; i < r->from->nodes; i++)
        for (int k = 0; k < NODE_INPUTS; k++)
            if (r->from->node[i].in[k] != NO_VALUE && r->block[r->from->node[i].in[k]])
                return r->block[r->from->node[i].in[k]];
    return 0;
}

// What the backward reads in place of a value; what that takes is appended.
static Value instead_of(Recompute *r, Value value)
{
    if (value == NO_VALUE || !r->block[value])
        return value;
    int32_t index = r->from->value[value].node;
    const Node *node = &r->from->node[index];
    int output = 0;
    while (node->out[output] != value)
        output++;
    if (r->again[index] < 0) {
        Value in[NODE_INPUTS];
        for (int k = 0; k < NODE_INPUTS; k++)
            in[k] = instead_of(r, node->in[k]);
        r->again[index] = graph_again(r->to, node, in);
        if (!r->to->failed)
            r->to->node[r->again[index]].again = true;
        graph_give(r->to, r->again[index], 0); // kernels may leave out all outputs but this one
    }
    return graph_give(r->to, r->again[index], output);
}

// A node of the backward as it was, but for what it reads.
static void append_backward(Recompute *r, const Node *node)
{
    Graph *to = r->to;
    Value in[NODE_INPUTS];
    for (int k = 0; k < NODE_INPUTS; k++)
        in[k] = instead_of(r, node->in[k]);
    int32_t index = graph_again(to, node, in);
    if (to->failed)
        return;
    memcpy(to->node[index].out, node->out, sizeof node->out);
    memcpy(to->node[index].base, node->base, sizeof node->base);
    for (int k = 0; k < NODE_OUTPUTS; k++)
        if (node->out[k] != NO_VALUE)
            to->value[node->out[k]].node = index;
}

// Outputs of the forward that were the backward's alone need not be computed there.
static void drop_unread(Arena *arena, Graph *graph)
{
    bool *is_read = arena_zero(arena, graph->values, sizeof *is_read);
    for (size_t i = 0; i < graph->nodes; i++)
        for (int k = 0; k < NODE_INPUTS; k++)
            if (graph->node[i].in[k] != NO_VALUE)
                is_read[graph->node[i].in[k]] = true;
    for (size_t i = 0; i < graph->outputs; i++)
        is_read[graph->output[i]] = true;
    for (size_t i = 0; i < graph->forward_nodes; i++)
        for (int k = 1; k < NODE_OUTPUTS; k++) {
            Value *out = &graph->node[i].out[k];
            if (*out == NO_VALUE || is_read[*out])
                continue;
            graph->value[*out].node = -1; // no node gives it any more
            *out = NO_VALUE;
        }
}

const Graph *recompute(Arena *arena, const Graph *backward, Error *error)
{
    Recompute r = { .from = backward, .to = graph_copy(arena, backward, error) };
    r.block = arena_zero(arena, backward->values, sizeof *r.block);
    r.again = arena_take(arena, backward->forward_nodes + 1, sizeof *r.again);
    inner(&r);
    int top = topmost(&r);
    for (size_t v = 0; v < backward->values; v++)
        r.block[v] = r.block[v] == top ? 0 : r.block[v];
    for (size_t i = 0; i < backward->forward_nodes; i++)
        r.again[i] = -1;
    r.to->nodes = backward->forward_nodes;
    for (size_t i = backward->forward_nodes; i < backward->nodes && !r.to->failed; i++)
        append_backward(&r, &backward->node[i]);
    if (r.to->failed)
        return NULL;
    drop_unread(arena, r.to);
    return r.to;
}
