// pack.c: which weights of a graph are stored in fewer bytes.
#include "engine/graph_impl.h"
#include <string.h>

// By parameter: is there somebody who can only read it as it is?
static bool *read_as_it_is(Arena *arena, const Graph *graph)
{
    bool *read = arena_zero(arena, graph->parameters + 1, sizeof *read);
    for (size_t i = 0; i < graph->nodes; i++)
        for (int k = 0; k < NODE_INPUTS; k++) {
            Value in = graph->node[i].in[k];
            if (in != NO_VALUE && graph->value[in].parameter >= 0)
                read[graph->value[in].parameter] |= k != 1 || !graph->node[i].op->packed;
        }
    for (size_t i = 0; i < graph->outputs; i++)
        if (graph->value[graph->output[i]].parameter >= 0)
            read[graph->value[graph->output[i]].parameter] = true;
    for (size_t p = 0; p < graph->parameters; p++) {
        read[p] |= graph->parameter[p].init.kind == INIT_OTHERS; // filled once the others are
        for (int k = 0; graph->parameter[p].start && k < START_FROM; k++) {
            const char *name = graph->parameter[p].start->from[k];
            const Parameter *from = name ? graph_find(graph, name) : NULL;
            if (from)
                read[from - graph->parameter] = true;
        }
    }
    return read;
}

const Graph *pack(Arena *arena, const Graph *graph, Store store, Error *error)
{
    Graph *packed = graph_copy(arena, graph, error);
    const bool *as_it_is = read_as_it_is(arena, graph);
    for (size_t i = 0; i < packed->nodes; i++) {
        Node *node = &packed->node[i];
        int32_t p = node->op->packed ? packed->value[node->in[1]].parameter : -1;
        if (p < 0 || packed->parameter[p].trained || as_it_is[p])
            continue;
        packed->parameter[p].store = store;
        node->op = node->op->packed;
    }
    return packed;
}
