// graph_impl.h: what the passes over a graph share with graph.c, and nobody else.
#ifndef ENGINE_GRAPH_IMPL_H
#define ENGINE_GRAPH_IMPL_H
#include "engine/operator.h"

Graph *graph_copy(Arena *arena, const Graph *from, Error *error); // with room to grow
Value graph_gradient_leaf(Graph *graph, int32_t parameter);
// What is added next stands where this node does.
static inline void stand_at(Graph *graph, const Node *node)
{
    graph->place = node->place;
    graph->part = node->part;
    graph->block = node->block;
    graph->of = node->of;
}
// By value: does a trained parameter lie at or below it?
bool *trained_below(Arena *arena, const Graph *graph);
#endif
