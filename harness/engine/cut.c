// cut.c: two walks over the nodes: which values are fixed, and, from the end, which nodes the rest
// needs. What a node of the rest reads and does not stand in it is the frontier.
#include "engine/cut.h"
#include "engine/graph_impl.h"

typedef struct {
    const Graph *from;
    const bool *moves; // by value: not fixed
    bool *read;        // by value: the rest reads it
    bool *rest;        // by node
} Walk;

// Does the rest have to compute the node itself?
static bool in_rest(const Walk *walk, const Node *node)
{
    for (int k = 0; k < NODE_OUTPUTS; k++)
        if (node->out[k] != NO_VALUE &&
            (walk->moves[node->out[k]] ||
             (walk->read[node->out[k]] && !lies_in_batch(walk->from->value[node->out[k]].rows))))
            return true;
    return false;
}

static void readers(Walk *walk)
{
    const Graph *from = walk->from;
    for (size_t i = 0; i < from->outputs; i++)
        walk->read[from->output[i]] = true;
    for (size_t i = from->nodes; i-- > 0;) {
        const Node *node = &from->node[i];
        walk->rest[i] = in_rest(walk, node);
        for (int k = 0; k < NODE_INPUTS && walk->rest[i]; k++)
            if (node->in[k] != NO_VALUE)
                walk->read[node->in[k]] = true;
    }
}

static bool on_frontier(const Walk *walk, size_t value)
{
    int32_t node = walk->from->value[value].node;
    return node >= 0 && walk->read[value] && !walk->rest[node];
}

static Graph *begin(Arena *arena, const Graph *from, Error *error)
{
    Graph *graph = graph_new(arena, error);
    graph->sites = from->sites;
    graph->side_sites = from->side_sites;
    return graph;
}

// The parameters that are asked for, in the order of the graph they come from.
static void parameters(Graph *to, const Walk *walk, const bool *needed, Value *map)
{
    const Graph *from = walk->from;
    for (size_t v = 0; v < from->values; v++)
        if (from->value[v].parameter >= 0 && needed[v])
            map[v] = graph_parameter(to, &from->parameter[from->value[v].parameter]);
}

static void node_again(Graph *to, const Node *node, const bool *needed, Value *map)
{
    Value in[NODE_INPUTS];
    for (int k = 0; k < NODE_INPUTS; k++)
        in[k] = node->in[k] == NO_VALUE ? NO_VALUE : map[node->in[k]];
    int32_t index = graph_again(to, node, in);
    for (int k = 0; k < NODE_OUTPUTS; k++)
        if (node->out[k] != NO_VALUE && (k == 0 || needed[node->out[k]]))
            map[node->out[k]] = graph_give(to, index, k);
}

static Value *empty_map(Arena *arena, const Graph *from)
{
    Value *map = arena_take(arena, from->values, sizeof *map);
    for (size_t v = 0; v < from->values; v++)
        map[v] = NO_VALUE;
    return map;
}

static const Graph *prefix(Arena *arena, const Walk *walk, Value *given, Error *error)
{
    const Graph *from = walk->from;
    Graph *to = begin(arena, from, error);
    Value *map = empty_map(arena, from);
    bool *needed = arena_zero(arena, from->values, sizeof *needed); // by value
    size_t count = 0;
    for (size_t v = 0; v < from->values; v++)
        needed[v] = on_frontier(walk, v);
    mark_read(from, needed);
    parameters(to, walk, needed, map);
    for (size_t i = 0; i < from->nodes; i++)
        if (gives_any(&from->node[i], needed))
            node_again(to, &from->node[i], needed, map);
    for (size_t v = 0; v < from->values && !to->failed; v++)
        if (on_frontier(walk, v))
            graph_output(to, given[count++] = map[v]);
    return to->failed ? NULL : to;
}

static const Graph *rest(Arena *arena, const Walk *walk, Value *fed, Value *loss, Error *error)
{
    const Graph *from = walk->from;
    Graph *to = begin(arena, from, error);
    Value *map = empty_map(arena, from);
    size_t count = 0;
    parameters(to, walk, walk->read, map);
    for (size_t v = 0; v < from->values; v++)
        if (on_frontier(walk, v))
            map[v] = fed[count++] = graph_fed(to, from->value[v].rows, from->value[v].cols);
    for (size_t i = 0; i < from->nodes; i++)
        if (walk->rest[i])
            node_again(to, &from->node[i], walk->read, map);
    for (size_t i = 0; i < from->outputs; i++)
        graph_output(to, map[from->output[i]]);
    *loss = map[*loss];
    return to->failed ? NULL : to;
}

bool cut(Arena *arena, const Graph *graph, Value loss, Cut *cut, Error *error)
{
    Walk walk = { .from = graph, .moves = trained_below(arena, graph, true) };
    walk.read = arena_zero(arena, graph->values, sizeof *walk.read);
    walk.rest = arena_zero(arena, graph->nodes + 1, sizeof *walk.rest);
    *cut = (Cut){ .loss = loss };
    readers(&walk);
    for (size_t v = 0; v < graph->values; v++)
        cut->values += on_frontier(&walk, v);
    if (cut->values == 0)
        return true;
    Value *given = arena_take(arena, cut->values, sizeof *given);
    Value *fed = arena_take(arena, cut->values, sizeof *fed);
    cut->given = given;
    cut->fed = fed;
    return (cut->prefix = prefix(arena, &walk, given, error)) &&
           (cut->rest = rest(arena, &walk, fed, &cut->loss, error));
}
