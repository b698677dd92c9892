// trim.c: rows that nobody reads are not computed; nodes that no output reaches are dropped.
//
// A classifier that reads the first token needs one row a sequence of the last layer's output, and
// so of everything row-wise below it, down to one attention query a sequence. Walking backwards
// over the nodes, each value learns how it is read: whole, through one selection, or more ways than
// one. Walking forwards again, a node is made whole, on selected rows, or whole with selections
// behind it.
#include "engine/graph_impl.h"
#include <assert.h>
#include <string.h>

enum { MOST_SELECTIONS = 4 };

typedef struct {
    bool whole;        // some reader needs every row
    unsigned selected; // bit s: some reader needs the rows of Trim.selection[s]
} Reading;

typedef struct {
    const Graph *from;
    Graph *to;
    const Operator *selection[MOST_SELECTIONS]; // that occur in the graph
    int selections;
    Reading *reading; // by old value
    Value *whole;     // by old value: its new one
    Value *some;      // by selection, in it by old value: the new one of its selected rows
    const bool *trained;
    bool calm;
} Trim;

static bool rowwise(const Operator *op, int input)
{
    return op->rowwise >> input & 1;
}

static void selections(Trim *trim)
{
    for (size_t i = 0; i < trim->from->nodes; i++) {
        const Operator *op = trim->from->node[i].op;
        int s = 0;
        while (s < trim->selections && trim->selection[s] != op)
            s++;
        if (!op->selects || s < trim->selections)
            continue;
        assert(s < MOST_SELECTIONS);
        trim->selection[trim->selections++] = op;
    }
}

static int selection_of(const Trim *trim, const Operator *op)
{
    int s = 0;
    while (trim->selection[s] != op)
        s++;
    return s;
}

static Value *some_of(const Trim *trim, int selection, Value old)
{
    return &trim->some[(size_t)selection * trim->from->values + (size_t)old];
}

// The one way in which rows are selected, where it may become a selection of the node's inputs;
// else -1.
static int sinking(const Trim *trim, const Node *node, const Reading *out)
{
    int s = 0;
    if (out->whole || !out->selected || out->selected & (out->selected - 1) || !node->op->rowwise)
        return -1;
    while (!(out->selected >> s & 1))
        s++;
    assert(trim->selection[s]);
    return node->op->walks && !trim->selection[s]->walks ? -1 : s;
}

// Does the node draw random numbers that trim takes away?
static bool calmed(const Trim *trim, const Node *node)
{
    return trim->calm && draws(node) && !trim->trained[node->out[0]];
}

static void read_whole(Trim *trim, Value value)
{
    if (value != NO_VALUE)
        trim->reading[value].whole = true;
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
        int sinks = sinking(trim, node, out);
        if (out->selected && sinks < 0)
            out->whole = true;
        if (!out->whole && !out->selected)
            continue;
        for (int k = 0; k < node->op->inputs; k++) {
            if (node->in[k] == NO_VALUE)
                continue;
            if (node->op->selects)
                trim->reading[node->in[k]].selected |= 1U << selection_of(trim, node->op);
            else if (sinks >= 0 && rowwise(node->op, k))
                trim->reading[node->in[k]].selected |= 1U << sinks;
            else
                read_whole(trim, node->in[k]);
        }
    }
}

// The node over new inputs: selected rows of the row-wise ones where it sinks (-1: nowhere).
static int32_t rebuilt(Trim *trim, const Node *node, int sinks)
{
    Value in[NODE_INPUTS];
    for (int k = 0; k < NODE_INPUTS; k++)
        in[k] = node->in[k] == NO_VALUE              ? NO_VALUE
                : sinks >= 0 && rowwise(node->op, k) ? *some_of(trim, sinks, node->in[k])
                                                     : trim->whole[node->in[k]];
    return graph_again(trim->to, node, in);
}

static void rebuild(Trim *trim, const Node *node)
{
    Value out = node->out[0];
    const Reading *reading = out == NO_VALUE ? NULL : &trim->reading[out];
    if (!reading || (!reading->whole && !reading->selected))
        return;
    if (node->op->selects) { // the selected rows are there already
        trim->whole[out] = *some_of(trim, selection_of(trim, node->op), node->in[0]);
        return;
    }
    Node kept = *node;
    int sinks = sinking(trim, node, reading);
    if (calmed(trim, node)) {
        kept.op->random(&kept.set)->rate = 0;
        if (node->op->inputs == 1) { // nothing but dropout: its input takes its place
            trim->whole[out] = trim->whole[node->in[0]];
            for (int s = 0; s < trim->selections; s++)
                *some_of(trim, s, out) = *some_of(trim, s, node->in[0]);
            return;
        }
    }
    int32_t index = rebuilt(trim, &kept, sinks);
    if (sinks >= 0)
        *some_of(trim, sinks, out) = graph_give(trim->to, index, 0);
    else
        for (int k = 0; k < NODE_OUTPUTS; k++)
            if (node->out[k] != NO_VALUE)
                trim->whole[node->out[k]] = graph_give(trim->to, index, k);
}

// Where a value is there whole, the selections of its rows follow.
static void select_behind(Trim *trim, Value old)
{
    const Reading *reading = &trim->reading[old];
    for (int s = 0; s < trim->selections; s++) {
        Value *some = some_of(trim, s, old);
        if (reading->whole && reading->selected >> s & 1 && *some == NO_VALUE)
            *some = graph_give(
                trim->to,
                graph_add(trim->to, trim->selection[s], &trim->whole[old], 1, (Setting){ 0 }), 0);
    }
}

// By parameter: does its leaf stay? Those that are read; those that train, which gradient() refuses
// where nobody reads them; and those that one of these starts from.
static bool *staying(Arena *arena, const Trim *trim)
{
    const Graph *from = trim->from;
    bool *stays = arena_zero(arena, from->parameters + 1, sizeof *stays);
    for (size_t v = 0; v < from->values; v++)
        if (from->value[v].parameter >= 0)
            stays[from->value[v].parameter] = trim->reading[v].whole || trim->trained[v];
    for (size_t p = 0; p < from->parameters; p++)
        for (int k = 0; stays[p] && from->parameter[p].start && k < START_FROM; k++) {
            const char *name = from->parameter[p].start->from[k];
            const Parameter *source = name ? graph_find(from, name) : NULL;
            if (source) // it starts otherwise, so nothing follows from it
                stays[source - from->parameter] = true;
        }
    return stays;
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
    trim.trained = trained_below(arena, graph, false);
    selections(&trim);
    trim.some = arena_take(arena, (size_t)trim.selections * graph->values + 1, sizeof *trim.some);
    readings(&trim);
    for (size_t v = 0; v < graph->values; v++) {
        trim.whole[v] = NO_VALUE;
        for (int s = 0; s < trim.selections; s++)
            *some_of(&trim, s, (Value)v) = NO_VALUE;
    }
    const bool *stays = staying(arena, &trim);
    for (size_t v = 0; v < graph->values; v++)
        if (graph->value[v].parameter >= 0 && stays[graph->value[v].parameter])
            trim.whole[v] = graph_parameter(trim.to, &graph->parameter[graph->value[v].parameter]);
    for (size_t i = 0; i < graph->nodes; i++) {
        rebuild(&trim, &graph->node[i]);
        if (graph->node[i].out[0] != NO_VALUE)
            select_behind(&trim, graph->node[i].out[0]);
    }
    for (size_t i = 0; i < graph->outputs; i++)
        graph_output(trim.to, trim.whole[graph->output[i]]);
    if (map)
        *map = trim.whole;
    return trim.to->failed ? NULL : trim.to;
}
