// trim.c: rows that nobody reads are not computed; nodes that no output reaches are dropped.
//
// A classifier that reads the first token needs one row a sequence of the last layer's output, and
// so of everything row-wise below it, down to one attention query a sequence. Walking backwards
// over the nodes, each value learns how it is read: whole, through one selection, or both. Walking
// forwards again, a node is made whole, on selected rows, or whole with a selection behind it.
#include "engine/graph_impl.h"

typedef struct {
    bool whole;               // some reader needs every row
    const Operator *selected; // some reader needs just these rows; NULL: none
} Reading;

typedef struct {
    const Graph *from;
    Graph *to;
    Reading *reading;    // by old value
    Value *whole, *some; // by old value: its new ones
    const bool *trained;
    bool calm;
} Trim;

static bool rowwise(const Operator *op, int input)
{
    return op->rowwise >> input & 1;
}

// May this selection of the node's output become a selection of its inputs?
static bool sinks(const Node *node, const Operator *selection)
{
    return node->op->rowwise && !(node->op->walks && selection->walks == false);
}

// Does the node draw random numbers that trim takes away?
static bool calmed(const Trim *trim, const Node *node)
{
    return trim->calm && node->op->random && !trim->trained[node->out[0]];
}

static void read_whole(Trim *trim, Value value)
{
    if (value != NO_VALUE)
        trim->reading[value].whole = true;
}

static void read_selected(Trim *trim, Value value, const Operator *selection)
{
    Reading *reading = &trim->reading[value];
    if (trim->from->value[value].node < 0 ||
        (reading->selected && reading->selected != selection)) {
        reading->whole = true; // a leaf, or two ways of selecting: take it whole
        reading->selected = reading->selected ? reading->selected : selection;
    } else
        reading->selected = selection;
}

static void readings(Trim *trim)
{
    const Graph *from = trim->from;
    for (size_t i = 0; i < from->outputs; i++)
        read_whole(trim, from->output[i]);
    for (size_t i = from->nodes; i-- > 0;) {
        const Node *node = &from->node[i];
        if (node->out[0] == NO_VALUE)
            continue;
        Reading *out = &trim->reading[node->out[0]];
        for (int k = 1; k < NODE_OUTPUTS; k++) // a second output that is read holds the node whole
            if (node->out[k] != NO_VALUE && trim->reading[node->out[k]].whole)
                out->whole = true;
        if (out->selected && !out->whole && !sinks(node, out->selected))
            out->whole = true;
        if (!out->whole && !out->selected)
            continue;
        for (int k = 0; k < node->op->inputs; k++) {
            if (node->in[k] == NO_VALUE)
                continue;
            if (node->op->selects)
                read_selected(trim, node->in[k], node->op);
            else if (!out->whole && rowwise(node->op, k))
                read_selected(trim, node->in[k], out->selected);
            else
                read_whole(trim, node->in[k]);
        }
    }
}

// The node over new inputs; `some` of the row-wise ones where rows are selected.
static int32_t rebuilt(Trim *trim, const Node *node, bool selected)
{
    Value in[NODE_INPUTS];
    for (int k = 0; k < NODE_INPUTS; k++)
        in[k] = node->in[k] == NO_VALUE            ? NO_VALUE
                : selected && rowwise(node->op, k) ? trim->some[node->in[k]]
                                                   : trim->whole[node->in[k]];
    trim->to->place = node->place;
    return graph_add(trim->to, node->op, in, (size_t)node->op->inputs, node->set);
}

static void rebuild(Trim *trim, const Node *node)
{
    Value out = node->out[0];
    const Reading *reading = out == NO_VALUE ? NULL : &trim->reading[out];
    if (!reading || (!reading->whole && !reading->selected))
        return;
    if (node->op->selects) {
        // The selected rows are there already; a selection of a selection is not described by
        // anyone.
        trim->whole[out] = trim->some[node->in[0]];
        return;
    }
    Node kept = *node;
    if (calmed(trim, node)) {
        if (node->op->outputs == 1) { // dropout: its input takes its place
            trim->whole[out] = trim->whole[node->in[0]];
            trim->some[out] = trim->some[node->in[0]];
            return;
        }
        kept.set.attention.dropout.rate = 0;
    }
    if (reading->whole) {
        int32_t index = rebuilt(trim, &kept, false);
        for (int k = 0; k < NODE_OUTPUTS; k++)
            if (node->out[k] != NO_VALUE)
                trim->whole[node->out[k]] = graph_give(trim->to, index, k);
    } else
        trim->some[out] = graph_give(trim->to, rebuilt(trim, &kept, true), 0);
}

// Where a value is read both whole and selected, the selection follows the whole.
static void select_behind(Trim *trim, Value old)
{
    const Reading *reading = &trim->reading[old];
    if (reading->whole && reading->selected && trim->some[old] == NO_VALUE)
        trim->some[old] = graph_give(
            trim->to, graph_add(trim->to, reading->selected, &trim->whole[old], 1, (Setting){ 0 }),
            0);
}

const Graph *trim(Arena *arena, const Graph *graph, bool calm, Value **map, Error *error)
{
    Trim trim = { .from = graph, .calm = calm };
    if (graph->failed)
        return NULL;
    trim.to = graph_new(arena, error);
    trim.to->sites = graph->sites;
    trim.to->side_sites = graph->side_sites;
    trim.reading = arena_zero(arena, graph->values, sizeof *trim.reading);
    trim.whole = arena_take(arena, graph->values, sizeof *trim.whole);
    trim.some = arena_take(arena, graph->values, sizeof *trim.some);
    trim.trained = trained_below(arena, graph);
    for (size_t v = 0; v < graph->values; v++)
        trim.whole[v] = trim.some[v] = NO_VALUE;
    readings(&trim);
    for (size_t v = 0; v < graph->values; v++)
        if (graph->value[v].parameter >= 0 &&
            (trim.reading[v].whole ||
             trim.trained[v])) { // unread and trained: for gradient() to refuse
            trim.whole[v] = graph_parameter(trim.to, &graph->parameter[graph->value[v].parameter]);
            select_behind(&trim, (Value)v);
        }
    for (size_t i = 0; i < graph->nodes; i++) {
        rebuild(&trim, &graph->node[i]);
        if (graph->node[i].out[0] != NO_VALUE && !graph->node[i].op->selects)
            select_behind(&trim, graph->node[i].out[0]);
    }
    for (size_t i = 0; i < graph->outputs; i++)
        graph_output(trim.to, trim.whole[graph->output[i]]);
    if (map)
        *map = trim.whole;
    return trim.to->failed ? NULL : trim.to;
}
