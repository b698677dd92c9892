// fold.c: fixed values -> a graph of their own; the others over parameters in their place.
#include "engine/fold.h"
#include "engine/graph_impl.h"
#include "engine/plan.h"
#include <assert.h>
#include <string.h>

typedef struct {
    Arena *arena;
    const Graph *from;
    Graph *once, *rest;
    const bool *fixed;        // by value of `from`
    Value *in_once, *in_rest; // by value of `from`: the new one, or NO_VALUE
    Value *value;
    const char **named;
    size_t values;
} Fold;

// By value: does no batch change it?
static bool *fixed_values(Arena *arena, const Graph *graph)
{
    bool *fixed = arena_zero(arena, graph->values, sizeof *fixed);
    for (size_t v = 0; v < graph->values; v++)
        fixed[v] = graph->value[v].parameter >= 0;
    for (size_t i = 0; i < graph->nodes; i++) {
        const Node *node = &graph->node[i];
        bool all = !draws(node) && !node->op->loss;
        for (int k = 0; k < NODE_INPUTS; k++)
            all = all && (node->in[k] == NO_VALUE || fixed[node->in[k]]);
        for (int k = 0; k < NODE_OUTPUTS; k++)
            all = all && (node->out[k] == NO_VALUE || is_constant(graph->value[node->out[k]].rows));
        for (int k = 0; all && k < NODE_OUTPUTS; k++)
            if (node->out[k] != NO_VALUE)
                fixed[node->out[k]] = true;
    }
    return fixed;
}

// The value in `rest`: a fixed one that a node gives becomes a parameter where it is first read.
static Value in_rest(Fold *fold, Value old)
{
    const ValueInfo *info = old == NO_VALUE ? NULL : &fold->from->value[old];
    if (!info || fold->in_rest[old] != NO_VALUE)
        return info ? fold->in_rest[old] : NO_VALUE;
    if (info->parameter >= 0)
        return fold->in_rest[old] =
                   graph_parameter(fold->rest, &fold->from->parameter[info->parameter]);
    Parameter p = { .name = arena_format(fold->arena, "folded.%zu", fold->values),
                    .rows = info->rows.constant,
                    .cols = info->cols,
                    .rank = 2 };
    fold->value[fold->values] = fold->in_once[old];
    fold->named[fold->values++] = p.name;
    graph_output(fold->once, fold->in_once[old]);
    return fold->in_rest[old] = graph_parameter(fold->rest, &p);
}

static Value in_once(Fold *fold, Value old)
{
    if (old != NO_VALUE && fold->in_once[old] == NO_VALUE) // a parameter
        fold->in_once[old] =
            graph_parameter(fold->once, &fold->from->parameter[fold->from->value[old].parameter]);
    return old == NO_VALUE ? NO_VALUE : fold->in_once[old];
}

static void rebuild(Fold *fold, const Node *node)
{
    bool once = node->out[0] != NO_VALUE && fold->fixed[node->out[0]];
    Graph *to = once ? fold->once : fold->rest;
    Value in[NODE_INPUTS], *made = once ? fold->in_once : fold->in_rest;
    for (int k = 0; k < NODE_INPUTS; k++)
        in[k] = once ? in_once(fold, node->in[k]) : in_rest(fold, node->in[k]);
    int32_t index = graph_again(to, node, in);
    for (int k = 0; k < NODE_OUTPUTS; k++)
        if (node->out[k] != NO_VALUE)
            made[node->out[k]] = graph_give(to, index, k);
}

bool fold(Arena *arena, const Graph *graph, Folded *folded, Error *error)
{
    Fold fold = { .arena = arena, .from = graph, .fixed = fixed_values(arena, graph) };
    assert(graph->forward_nodes == 0);
    fold.once = graph_new(arena, error);
    fold.rest = graph_new(arena, error);
    fold.in_once = arena_take(arena, graph->values, sizeof *fold.in_once);
    fold.in_rest = arena_take(arena, graph->values, sizeof *fold.in_rest);
    fold.value = arena_take(arena, graph->values, sizeof *fold.value);
    fold.named = arena_take(arena, graph->values, sizeof *fold.named);
    for (size_t v = 0; v < graph->values; v++)
        fold.in_once[v] = fold.in_rest[v] = NO_VALUE;
    for (size_t i = 0; i < graph->nodes; i++)
        rebuild(&fold, &graph->node[i]);
    for (size_t i = 0; i < graph->outputs; i++)
        graph_output(fold.rest, in_rest(&fold, graph->output[i]));
    *folded = (Folded){ .once = fold.values ? fold.once : NULL,
                        .rest = fold.rest,
                        .values = fold.values,
                        .value = fold.value,
                        .named = fold.named };
    return !fold.once->failed && !fold.rest->failed;
}

// The values of `once`, copied to slots of `to`.
static bool compute(Arena *arena, const Folded *folded, State *state, State *to, Error *error)
{
    static const uint32_t nothing[1] = { 0 };
    const Batch batch = { .offset = nothing };
    const Plan *planned = plan(arena, folded->once, &batch.extent, error);
    Arena *step = planned ? arena_new(plan_bytes(planned) + ARENA_ALIGNMENT, error) : NULL;
    if (!step)
        return false;
    Runner *runner = runner_new(arena, planned, state, arena_take(step, plan_bytes(planned), 1));
    runner_step(runner, &batch, &(StepOptions){ .weight = 1 });
    for (size_t i = 0; i < folded->values; i++) {
        Slot *slot = state_find(to, folded->named[i]);
        Matrix got = runner_value(runner, folded->value[i]);
        slot->value = arena_take(arena, slot->count, sizeof *slot->value);
        for (size_t r = 0; r < got.rows; r++)
            memcpy(slot->value + r * got.cols, row_at(got, r), got.cols * sizeof *slot->value);
    }
    arena_free(step);
    return true;
}

State *folded_state(Arena *arena, const Folded *folded, State *state, Error *error)
{
    const Graph *rest = folded->rest;
    if (folded->once)
        state = state_for_graph(arena, state, folded->once);
    state = state_for_graph(arena, state, rest);
    State *to = arena_zero(arena, 1, sizeof *to);
    to->slot = arena_zero(arena, rest->parameters + 1, sizeof *to->slot);
    for (; to->slots < rest->parameters; to->slots++) {
        Slot *slot = &to->slot[to->slots];
        slot->is = rest->parameter[to->slots];
        slot->is.trained = false;
        slot->count = (size_t)(slot->is.rows * slot->is.cols);
        const Slot *given = state_find(state, slot->is.name);
        if (given) {
            slot->value = given->value;
            slot->packed = given->packed;
        }
        to->weight_bytes += parameter_bytes(&slot->is);
    }
    return !folded->once || compute(arena, folded, state, to, error) ? to : NULL;
}
