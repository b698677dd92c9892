// graph.c: building a graph, and its forward flops.
#include "engine/graph_impl.h"
#include <string.h>

size_t count_of(Count count, const Extent *extent)
{
    return (size_t)count.constant + (size_t)count.tokens * extent->tokens +
           (size_t)count.sequences * extent->sequences + (size_t)count.selected * extent->selected +
           (size_t)count.squares * extent->squares;
}

bool count_equal(Count a, Count b)
{
    return a.constant == b.constant && a.tokens == b.tokens && a.sequences == b.sequences &&
           a.selected == b.selected && a.squares == b.squares;
}

bool is_constant(Count rows)
{
    return count_equal(rows, ROWS(rows.constant));
}

Layout layout_of(Count rows)
{
    return rows.tokens ? (Layout){ true, (size_t)rows.sequences } : (Layout){ false, 0 };
}

bool lies_in_batch(Count rows)
{
    Count tokens = { .tokens = 1, .sequences = rows.sequences };
    return count_equal(rows, ROWS_SEQUENCES) || count_equal(rows, tokens);
}

// One more element at the end of a growing array of the arena.
#define GROW(graph, array, count, room)                                                            \
    (array) = grown((graph)->arena, (array), (count), &(room), sizeof *(array))

static void *grown(Arena *arena, void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? 2 * *room : 64;
    return arena_grown(arena, array, count, *room, size);
}

static Value value_add(Graph *graph, ValueInfo info)
{
    GROW(graph, graph->value, graph->values, graph->value_room);
    graph->value[graph->values] = info;
    return (Value)graph->values++;
}

Graph *graph_new(Arena *arena, Error *error)
{
    Graph *graph = arena_zero(arena, 1, sizeof *graph);
    graph->arena = arena;
    graph->error = error;
    // Value 0 is what an addition gives after a failure, so that describing may go on to its end.
    value_add(graph, (ValueInfo){ .rows = ROWS(1), .cols = 1, .node = -1, .parameter = -1 });
    return graph;
}

Graph *graph_copy(Arena *arena, const Graph *from, Error *error)
{
    Graph *graph = arena_zero(arena, 1, sizeof *graph);
    *graph = *from;
    graph->arena = arena;
    graph->error = error;
    graph->node_room = graph->value_room = graph->parameter_room = graph->output_room = 0;
#define COPY(array, count, room)                                                                   \
    do {                                                                                           \
        (room) = (count) + 64;                                                                     \
        (array) = arena_grown(arena, (array), (count), (room), sizeof *(array));                   \
    } while (0)
    COPY(graph->node, from->nodes, graph->node_room);
    COPY(graph->value, from->values, graph->value_room);
    COPY(graph->parameter, from->parameters, graph->parameter_room);
    COPY(graph->output, from->outputs, graph->output_room);
#undef COPY
    return graph;
}

const Parameter *graph_find(const Graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->parameters; i++)
        if (!strcmp(graph->parameter[i].name, name))
            return &graph->parameter[i];
    return NULL;
}

Value graph_parameter(Graph *graph, const Parameter *parameter)
{
    if (graph->failed)
        return 0;
    const Parameter *known = graph_find(graph, parameter->name);
    if (known && (known->rows != parameter->rows || known->cols != parameter->cols)) {
        graph->failed = true;
        fail(graph->error, ERROR_WORK, (Where){ .item = parameter->name }, NULL,
             "is declared as %lld x %lld and as %lld x %lld", (long long)known->rows,
             (long long)known->cols, (long long)parameter->rows, (long long)parameter->cols);
        return 0;
    }
    if (known)
        for (size_t v = 0; v < graph->values; v++)
            if (graph->value[v].parameter == known - graph->parameter)
                return (Value)v;
    GROW(graph, graph->parameter, graph->parameters, graph->parameter_room);
    graph->parameter[graph->parameters] = *parameter;
    graph->parameter[graph->parameters].name = arena_text(graph->arena, parameter->name);
    return value_add(graph, (ValueInfo){ .rows = ROWS(parameter->rows),
                                         .cols = parameter->cols,
                                         .node = -1,
                                         .parameter = (int32_t)graph->parameters++ });
}

Value graph_fed(Graph *graph, Count rows, int64_t cols)
{
    if (graph->failed)
        return 0;
    return value_add(
        graph, (ValueInfo){ .rows = rows, .cols = cols, .node = -1, .parameter = -1, .fed = true });
}

void graph_output(Graph *graph, Value value)
{
    if (graph->failed)
        return;
    if (value == NO_VALUE) {
        graph->failed = true;
        fail(graph->error, ERROR_WORK, (Where){ .item = graph->place }, "a value",
             "an output is absent");
        return;
    }
    GROW(graph, graph->output, graph->outputs, graph->output_room);
    graph->output[graph->outputs++] = value;
}

static bool inputs_given(const Graph *graph, const Node *node)
{
    for (int i = 0; i < node->op->inputs; i++)
        if (node->in[i] == NO_VALUE && !(node->op->optional >> i & 1))
            return fail(graph->error, ERROR_WORK, (Where){ .item = graph->place }, "a value",
                        "%s: input %d is absent", node->op->name, i);
    return true;
}

int32_t graph_add(Graph *graph, const Operator *op, const Value *in, size_t inputs, Setting set)
{
    Node node = { .op = op,
                  .set = set,
                  .place = graph->place,
                  .part = graph->part,
                  .block = graph->block,
                  .index = (int32_t)graph->nodes };
    ValueInfo out[NODE_OUTPUTS];
    if (graph->failed)
        return 0;
    node.of = graph->forward_nodes ? graph->of : node.index;
    for (size_t i = 0; i < NODE_INPUTS; i++)
        node.in[i] = i < inputs ? in[i] : NO_VALUE;
    for (size_t k = 0; k < NODE_OUTPUTS; k++)
        node.out[k] = node.base[k] = NO_VALUE;
    if (!inputs_given(graph, &node) || !op->size(graph, &node, out)) {
        graph->failed = true;
        return 0;
    }
    GROW(graph, graph->node, graph->nodes, graph->node_room);
    graph->node[graph->nodes] = node;
    return (int32_t)graph->nodes++;
}

int32_t graph_again(Graph *to, const Node *node, const Value *in)
{
    to->place = node->place;
    to->part = node->part;
    to->block = node->block;
    to->of = node->of;
    return graph_add(to, node->op, in, (size_t)node->op->inputs, node->set);
}

Value graph_give(Graph *graph, int32_t index, int output)
{
    ValueInfo out[NODE_OUTPUTS];
    if (graph->failed)
        return 0;
    Node *node = &graph->node[index];
    if (node->out[output] == NO_VALUE) {
        node->op->size(graph, node, out);
        out[output].node = index;
        out[output].parameter = -1;
        out[output].gradient = out[output].fed = false;
        Value value = value_add(graph, out[output]);
        graph->node[index].out[output] = value;
    }
    return graph->node[index].out[output];
}

bool gives_any(const Node *node, const bool *marked)
{
    for (int k = 0; k < NODE_OUTPUTS; k++)
        if (node->out[k] != NO_VALUE && marked[node->out[k]])
            return true;
    return false;
}

void mark_read(const Graph *graph, bool *read)
{
    for (size_t i = graph->nodes; i-- > 0;) {
        const Node *node = &graph->node[i];
        for (int k = 0; k < NODE_INPUTS && gives_any(node, read); k++)
            if (node->in[k] != NO_VALUE)
                read[node->in[k]] = true;
    }
}

size_t parameter_bytes(const Parameter *parameter)
{
    return store_bytes(parameter->store, (size_t)parameter->rows, (size_t)parameter->cols);
}

Value graph_gradient_leaf(Graph *graph, int32_t parameter)
{
    const Parameter *of = &graph->parameter[parameter];
    return value_add(graph, (ValueInfo){ .rows = ROWS(of->rows),
                                         .cols = of->cols,
                                         .node = -1,
                                         .parameter = parameter,
                                         .gradient = true });
}

double node_flops(const Graph *graph, size_t node, const Extent *extent)
{
    const Node *is = &graph->node[node];
    return is->op->flops ? is->op->flops(graph, is, extent) : 0;
}

bool graph_packs(const Graph *graph)
{
    for (size_t p = 0; p < graph->parameters; p++)
        if (graph->parameter[p].store != STORE_F32)
            return true;
    return false;
}

bool graph_recomputes(const Graph *graph)
{
    for (size_t i = 0; i < graph->nodes; i++)
        if (graph->node[i].again)
            return true;
    return false;
}

double graph_flops(const Graph *graph, const Extent *extent)
{
    double flops = 0;
    for (size_t i = 0; i < graph->nodes; i++)
        flops += node_flops(graph, i, extent);
    return flops;
}
