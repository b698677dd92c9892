// graph_impl.h: what the passes over a graph share among them and with graph.c, and nobody else.
#ifndef ENGINE_GRAPH_IMPL_H
#define ENGINE_GRAPH_IMPL_H
#include "engine/operator.h"

Graph *graph_copy(Arena *arena, const Graph *from, Error *error); // with room to grow
Value graph_gradient_leaf(Graph *graph, int32_t parameter);
// The node over other inputs, its outputs not yet asked for; what is added next stands there, too.
int32_t graph_again(Graph *to, const Node *node, const Value *in);
// gradient.c's. By value: does a trained parameter lie at or below it, or (`or_drawn`) a node that
// draws?
bool *trained_below(Arena *arena, const Graph *graph, bool or_drawn);
#endif
