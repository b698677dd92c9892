// gradient.c: the backward as more nodes, appended only on ways that reach a trained parameter.
//
// Walking the nodes from the loss down, each operator's backward appends nodes that give parts of
// its inputs' gradients. A second part is added in place (the node's `base`) where the operator can
// and nobody else holds the first, or reads it later; else by an add node. A gradient may be held
// for several values at once (both inputs of a sum): a hold ends when the value's own node has been
// walked.
#include "engine/graph_impl.h"
#include "engine/operators.h"

struct Gradient {
    Graph *graph;
    const bool *trained; // by forward value
    Value *partial;      // by forward value: the sum so far, or NO_VALUE
    int *holders;        // by value of the growing graph: forward values that hold it as their sum
    size_t holders_room;
};

bool *trained_below(Arena *arena, const Graph *graph, bool or_drawn)
{
    bool *below = arena_zero(arena, graph->values, sizeof *below);
    for (size_t v = 0; v < graph->values; v++)
        if (graph->value[v].parameter >= 0)
            below[v] = graph->parameter[graph->value[v].parameter].trained;
    for (size_t i = 0; i < graph->nodes; i++) {
        const Node *node = &graph->node[i];
        bool any = or_drawn && draws(node);
        for (int k = 0; k < NODE_INPUTS; k++)
            any |= node->in[k] != NO_VALUE && below[node->in[k]];
        for (int k = 0; k < NODE_OUTPUTS; k++)
            if (node->out[k] != NO_VALUE)
                below[node->out[k]] = any;
    }
    return below;
}

static int *holders(Gradient *gradient, Value value)
{
    Graph *graph = gradient->graph;
    if ((size_t)value >= gradient->holders_room) {
        size_t room = 2 * graph->values;
        int *larger = arena_zero(graph->arena, room, sizeof *larger);
        for (size_t v = 0; v < gradient->holders_room; v++)
            larger[v] = gradient->holders[v];
        gradient->holders = larger;
        gradient->holders_room = room;
    }
    return &gradient->holders[value];
}

static void hold(Gradient *gradient, Value target, Value value)
{
    Value held = gradient->partial[target];
    if (held != NO_VALUE)
        (*holders(gradient, held))--;
    gradient->partial[target] = value;
    (*holders(gradient, value))++;
}

bool wanted(const Gradient *gradient, Value value)
{
    return value != NO_VALUE && gradient->trained[value];
}

Value gradient_of(Gradient *gradient, Value value)
{
    return value == NO_VALUE ? NO_VALUE : gradient->partial[value];
}

Graph *gradient_graph(Gradient *gradient)
{
    return gradient->graph;
}

Value also(Gradient *gradient, const Node *node, int output)
{
    return graph_give(gradient->graph, node->index, output);
}

int32_t append(Gradient *gradient, const Operator *op, const Value *in, size_t inputs, Setting set)
{
    return graph_add(gradient->graph, op, in, inputs, set);
}

// The first part of a trained parameter's gradient is added to its leaf.
static Value sum_so_far(Gradient *gradient, Value target)
{
    int32_t parameter = gradient->graph->value[target].parameter;
    if (gradient->partial[target] == NO_VALUE && parameter >= 0)
        hold(gradient, target, graph_gradient_leaf(gradient->graph, parameter));
    return gradient->partial[target];
}

// An output of the newest node, which adds in place to `base`.
static Value added_in_place(Gradient *gradient, int32_t node, int output, Value base)
{
    Value value = graph_give(gradient->graph, node, output);
    if (!gradient->graph->failed)
        gradient->graph->node[node].base[output] = base;
    return value;
}

static void add_part(Gradient *gradient, Value sum, Value part, Value target)
{
    Graph *graph = gradient->graph;
    if (graph->value[sum].parameter >= 0 || *holders(gradient, sum) == 1) {
        int32_t node = append(gradient, &op_scale, &part, 1, (Setting){ .scale = 1 });
        hold(gradient, target, added_in_place(gradient, node, 0, sum));
    } else
        hold(gradient, target, add(graph, sum, part));
}

// May this output be added to the sum where it lies? The sum must be there before the node, and no
// node may have been appended since that reads it: so only outputs of the newest, and not to one of
// its own, for they have no order (attention whose keys and values are one value).
static bool adds_in_place(Gradient *gradient, int32_t node, int output, Value sum)
{
    const Graph *graph = gradient->graph;
    return (graph->node[node].op->adds >> output & 1) && *holders(gradient, sum) == 1 &&
           graph->value[sum].node < node && (size_t)node + 1 == graph->nodes;
}

void give(Gradient *gradient, int32_t node, int output, Value target)
{
    if (!wanted(gradient, target) || gradient->graph->failed)
        return;
    Value sum = sum_so_far(gradient, target);
    if (sum == NO_VALUE)
        hold(gradient, target, graph_give(gradient->graph, node, output));
    else if (adds_in_place(gradient, node, output, sum))
        hold(gradient, target, added_in_place(gradient, node, output, sum));
    else
        add_part(gradient, sum, graph_give(gradient->graph, node, output), target);
}

Value fresh(Gradient *gradient, int32_t node, int output)
{
    return graph_give(gradient->graph, node, output);
}

void pass(Gradient *gradient, Value value, Value target)
{
    if (!wanted(gradient, target) || gradient->graph->failed)
        return;
    Value sum = sum_so_far(gradient, target);
    if (sum == NO_VALUE)
        hold(gradient, target, value);
    else
        add_part(gradient, sum, value, target);
}

const Graph *gradient(Arena *arena, const Graph *forward, Value loss, Error *error)
{
    Gradient gradient = { .graph = graph_copy(arena, forward, error) };
    Graph *graph = gradient.graph;
    graph->forward_nodes = forward->nodes;
    gradient.trained = trained_below(arena, forward, false);
    gradient.partial = arena_take(arena, forward->values, sizeof *gradient.partial);
    for (size_t v = 0; v < forward->values; v++)
        gradient.partial[v] = NO_VALUE;
    for (size_t i = forward->nodes; i-- > 0 && !graph->failed;) {
        const Node node = graph->node[i]; // a copy: appending may move the nodes
        bool reached = node.op->loss && node.out[0] == loss && gradient.trained[loss];
        for (int k = 0; k < NODE_OUTPUTS; k++)
            reached |=
                (size_t)node.out[k] < forward->values && gradient.partial[node.out[k]] != NO_VALUE;
        if (!reached)
            continue;
        graph->place = node.place;
        graph->part = node.part;
        graph->of = node.index;
        if (!node.op->backward) {
            graph->failed = true;
            fail(error, ERROR_WORK, (Where){ .item = node.place }, NULL,
                 "%s has no gradient, and a trained parameter lies below", node.op->name);
            break;
        }
        node.op->backward(&gradient, &node);
        for (int k = 0; k < NODE_OUTPUTS; k++)
            if ((size_t)node.out[k] < forward->values && gradient.partial[node.out[k]] != NO_VALUE)
                (*holders(&gradient, gradient.partial[node.out[k]]))--;
    }
    for (size_t v = 0; v < forward->values && !graph->failed; v++) {
        int32_t p = forward->value[v].parameter;
        if (p >= 0 && forward->parameter[p].trained && gradient.partial[v] == NO_VALUE) {
            graph->failed = true;
            fail(error, ERROR_WORK, (Where){ .item = forward->parameter[p].name }, NULL,
                 "is to be trained, but the loss does not depend on it");
        }
    }
    return graph->failed ? NULL : graph;
}

// ---- what its nodes are for

// Does the node give gradients of parameters alone?
static bool for_parameters(const Graph *graph, const Node *node)
{
    bool any = false;
    for (int k = 0; k < NODE_OUTPUTS; k++) {
        if (node->out[k] == NO_VALUE)
            continue;
        Value base = node->base[k];
        while (base != NO_VALUE && graph->value[base].node >= 0) { // a sum of several parts
            const Node *part = &graph->node[graph->value[base].node];
            int o = 0;
            while (part->out[o] != base)
                o++;
            base = part->base[o];
        }
        if (base == NO_VALUE || !graph->value[base].gradient)
            return false;
        any = true;
    }
    return any;
}

const char *const pass_names[] = { "forward", "backward", "parameters", "again" };

Pass pass_of(const Graph *graph, size_t node)
{
    if (graph->forward_nodes == 0 || node < graph->forward_nodes)
        return PASS_FORWARD;
    if (graph->node[node].again)
        return PASS_AGAIN;
    return for_parameters(graph, &graph->node[node]) ? PASS_PARAMETERS : PASS_BACKWARD;
}
