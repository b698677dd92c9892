// plan.c: lives, places, and the loop that runs a graph.
//
// A buffer is one or more values that share memory: a value added to, what it is added to, and what
// an operator works on in place. Its life goes from the node that gives it to the last that reads
// it; an output of the graph lives to the end. place() gives buffers their offsets.
#include "engine/plan.h"
#include "base/clock.h"
#include "engine/operator.h"
#include "engine/place.h"
#include "engine/step.h"
#include <assert.h>
#include <string.h>

enum { ALIGNMENT = 64, PAGE = 4096 };

struct Plan {
    const Graph *graph;
    Extent largest;
    int32_t *buffer; // by value; -1: it lies in a slot, or (value 0) nowhere
    int32_t *leaf;   // by value: the parameter whose gradient it is or adds to, else -1
    size_t *stride;  // by value
    Buffer *place;
    size_t places;
    size_t activations, workspace; // bytes
};

// Rows start 64-byte aligned where they are long enough for it to matter; strides that are
// multiples of a page make every row meet in the same cache sets. Probabilities are one block.
static size_t stride_of(const ValueInfo *info)
{
    size_t cols = (size_t)info->cols, lane = ALIGNMENT / sizeof(float);
    if (info->rows.squares || cols < lane)
        return cols;
    size_t stride = (cols + lane - 1) / lane * lane;
    return stride * sizeof(float) % PAGE ? stride : stride + lane;
}

static size_t bytes_of(const Plan *plan, Value value)
{
    size_t rows = count_of(plan->graph->value[value].rows, &plan->largest);
    size_t bytes = rows * plan->stride[value] * sizeof(float);
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool same_shape(const ValueInfo *a, const ValueInfo *b)
{
    return count_equal(a->rows, b->rows) && a->cols == b->cols;
}

// Reading node by value, the last one; a value nobody reads ends with its node.
static int32_t *last_readers(Arena *arena, const Graph *graph)
{
    int32_t *last = arena_take(arena, graph->values, sizeof *last);
    for (size_t v = 0; v < graph->values; v++)
        last[v] = graph->value[v].node;
    for (size_t i = 0; i < graph->nodes; i++) {
        const Node *node = &graph->node[i];
        for (int k = 0; k < NODE_INPUTS; k++)
            if (node->in[k] != NO_VALUE)
                last[node->in[k]] = (int32_t)i;
        for (int k = 0; k < NODE_OUTPUTS; k++)
            if (node->base[k] != NO_VALUE)
                last[node->base[k]] = (int32_t)i;
    }
    for (size_t i = 0; i < graph->outputs; i++)
        last[graph->output[i]] = (int32_t)graph->nodes;
    return last;
}

static void share(Plan *plan, Value value, int32_t buffer, const int32_t *last)
{
    plan->buffer[value] = buffer;
    if (last[value] > plan->place[buffer].last)
        plan->place[buffer].last = last[value];
}

// May output 0 lie on input 0? Only if this node is the last to read anything of that buffer, and
// reads it as input 0 alone: c + c b^T is no longer c b^T once c is being written.
static bool on_input(const Plan *plan, const Node *node, int32_t index)
{
    Value in = node->in[0];
    if (!node->op->in_place || plan->buffer[in] < 0 || plan->place[plan->buffer[in]].last != index)
        return false;
    for (int k = 1; k < NODE_INPUTS; k++)
        if (node->in[k] != NO_VALUE && plan->buffer[node->in[k]] == plan->buffer[in])
            return false;
    return same_shape(&plan->graph->value[in], &plan->graph->value[node->out[0]]);
}

static void lives(Arena *arena, Plan *plan)
{
    const Graph *graph = plan->graph;
    const int32_t *last = last_readers(arena, graph);
    for (size_t v = 0; v < graph->values; v++) {
        plan->buffer[v] = -1;
        plan->leaf[v] = graph->value[v].gradient ? graph->value[v].parameter : -1;
        plan->stride[v] = graph->value[v].parameter >= 0 ? (size_t)graph->value[v].cols
                                                         : stride_of(&graph->value[v]);
        if (graph->value[v].fed) { // there before the first node
            plan->place[plan->places] =
                (Buffer){ .bytes = bytes_of(plan, (Value)v), .first = -1, .last = last[v] };
            plan->buffer[v] = (int32_t)plan->places++;
        }
    }
    for (size_t i = 0; i < graph->nodes; i++) {
        const Node *node = &graph->node[i];
        for (int k = 0; k < NODE_OUTPUTS; k++) {
            Value out = node->out[k];
            if (out == NO_VALUE)
                continue;
            if (node->base[k] != NO_VALUE) {
                plan->leaf[out] = plan->leaf[node->base[k]];
                plan->stride[out] = plan->stride[node->base[k]];
                if (plan->leaf[out] < 0)
                    share(plan, out, plan->buffer[node->base[k]], last);
            } else if (k == 0 && on_input(plan, node, (int32_t)i))
                share(plan, out, plan->buffer[node->in[0]], last);
            else {
                plan->place[plan->places] = (Buffer){ .bytes = bytes_of(plan, out),
                                                      .first = (int32_t)i,
                                                      .last = last[out] };
                plan->buffer[out] = (int32_t)plan->places++;
            }
        }
    }
}

// Can every offset be a number of bytes? Far beyond any memory, and below where sums would wrap.
static bool countable(const Graph *graph, const Extent *largest, Error *error)
{
    double bytes = 0;
    for (size_t v = 0; v < graph->values; v++) {
        Count rows = graph->value[v].rows;
        bytes += 4 * ((double)graph->value[v].cols + ALIGNMENT) *
                 ((double)rows.constant + (double)rows.tokens * (double)largest->tokens +
                  (double)rows.sequences * (double)largest->sequences +
                  (double)rows.selected * (double)largest->selected +
                  (double)rows.squares * (double)largest->squares);
    }
    return bytes < 0x1p60 || fail(error, ERROR_INPUT, (Where){ 0 }, "a smaller batch or max-length",
                                  "a step needs %.3g bytes", bytes);
}

const Plan *plan_of_any_size(Arena *arena, const Graph *graph, const Extent *largest, Error *error)
{
    if (!countable(graph, largest, error))
        return NULL;
    Plan *plan = arena_zero(arena, 1, sizeof *plan);
    plan->graph = graph;
    plan->largest = *largest;
    plan->buffer = arena_take(arena, graph->values, sizeof *plan->buffer);
    plan->leaf = arena_take(arena, graph->values, sizeof *plan->leaf);
    plan->stride = arena_take(arena, graph->values, sizeof *plan->stride);
    plan->place = arena_zero(arena, graph->values, sizeof *plan->place);
    lives(arena, plan);
    plan->activations = place(arena, plan->place, plan->places, (int32_t)graph->forward_nodes);
    for (size_t i = 0; i < graph->nodes; i++)
        if (graph->node[i].op->scratch) {
            size_t bytes =
                graph->node[i].op->scratch(graph, &graph->node[i], largest) * sizeof(float);
            if (bytes > plan->workspace)
                plan->workspace = bytes;
        }
    plan->workspace = (plan->workspace + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return plan;
}

const Plan *plan(Arena *arena, const Graph *graph, const Extent *largest, Error *error)
{
    const Plan *plan = plan_of_any_size(arena, graph, largest, error);
    if (plan && plan_bytes(plan) > ARENA_RUN) {
        fail(error, ERROR_INPUT, (Where){ 0 }, "a smaller batch or max-length",
             "a step needs %.1f GiB", (double)plan_bytes(plan) / 0x1p30);
        return NULL;
    }
    return plan;
}

size_t plan_bytes(const Plan *plan)
{
    return plan->activations + plan->workspace;
}

size_t plan_activations(const Plan *plan)
{
    return plan->activations;
}

size_t plan_workspace(const Plan *plan)
{
    return plan->workspace;
}

const Graph *plan_graph(const Plan *plan)
{
    return plan->graph;
}

Placed plan_place(const Plan *plan, Value value)
{
    if (plan->buffer[value] < 0)
        return (Placed){ .offset = SIZE_MAX };
    const Buffer *buffer = &plan->place[plan->buffer[value]];
    return (Placed){ buffer->offset, bytes_of(plan, value), buffer->first, buffer->last };
}

Moment plan_fullest(const Plan *plan)
{
    Moment most = { 0, 0 };
    for (int32_t i = 0; i < (int32_t)plan->graph->nodes; i++) {
        size_t bytes = 0;
        for (size_t b = 0; b < plan->places; b++)
            if (alive_during(&plan->place[b], i))
                bytes += plan->place[b].bytes;
        if (bytes > most.bytes)
            most = (Moment){ i, bytes };
    }
    return most;
}

// Does a later value take the place of this one before the node has been computed?
static bool overwritten(const Plan *plan, Value value, int32_t node)
{
    const ValueInfo *info = plan->graph->value;
    for (size_t v = 0; v < plan->graph->values; v++)
        if (plan->buffer[v] == plan->buffer[value] && info[v].node > info[value].node &&
            info[v].node <= node)
            return true;
    return false;
}

size_t plan_alive(const Plan *plan, int32_t node, Value *value)
{
    size_t count = 0;
    for (size_t v = 0; v < plan->graph->values; v++)
        if (plan->buffer[v] >= 0 && alive_during(&plan->place[plan->buffer[v]], node) &&
            plan->graph->value[v].node <= node && !overwritten(plan, (Value)v, node))
            value[count++] = (Value)v;
    return count;
}

// ---- running

struct Runner {
    Step step;
    Passes passes;
    double *profile; // seconds by node; NULL: nobody asks
};

Runner *runner_new(Arena *arena, const Plan *plan, State *state, float *memory)
{
    Runner *runner = arena_zero(arena, 1, sizeof *runner);
    const Graph *graph = plan->graph;
    runner->step = (Step){ .graph = graph, .plan = plan, .memory = memory };
    runner->step.scratch = memory + plan->activations / sizeof(float);
    runner->step.slot = arena_take(arena, graph->parameters + 1, sizeof(Slot *));
    for (size_t p = 0; p < graph->parameters; p++) {
        runner->step.slot[p] = state_find(state, graph->parameter[p].name);
        assert(runner->step.slot[p] && runner->step.slot[p]->is.store == graph->parameter[p].store);
    }
    return runner;
}

// Returns the seconds.
static double run_nodes(Runner *runner, size_t first, size_t end)
{
    Step *step = &runner->step;
    double start = seconds_now(), before = start;
    for (size_t i = first; i < end; i++) {
        step->graph->node[i].op->forward(step, &step->graph->node[i]);
        if (runner->profile) {
            double now = seconds_now();
            runner->profile[i] += now - before;
            before = now;
        }
    }
    return seconds_now() - start;
}

double runner_step(Runner *runner, const Batch *batch, const StepOptions *options)
{
    Step *step = &runner->step;
    assert(batch->extent.tokens <= step->plan->largest.tokens &&
           batch->extent.sequences <= step->plan->largest.sequences &&
           batch->extent.selected <= step->plan->largest.selected &&
           batch->extent.squares <= step->plan->largest.squares &&
           batch->extent.longest <= step->plan->largest.longest);
    step->batch = batch;
    step->options = *options;
    step->loss = 0;
    size_t nodes = step->graph->nodes;
    size_t forward = step->graph->forward_nodes ? step->graph->forward_nodes : nodes;
    runner->passes.forward += run_nodes(runner, 0, forward);
    runner->passes.backward += run_nodes(runner, forward, nodes);
    return step->loss;
}

Passes runner_passes(const Runner *runner)
{
    return runner->passes;
}

const double *runner_profile(Arena *arena, Runner *runner)
{
    if (!runner->profile)
        runner->profile = arena_zero(arena, runner->step.graph->nodes + 1, sizeof(double));
    return runner->profile;
}

Matrix runner_value(const Runner *runner, Value value)
{
    return at(&runner->step, value);
}

static Matrix matrix_at(const Step *step, Value value, const Extent *extent)
{
    const Plan *plan = step->plan;
    const ValueInfo *info = &step->graph->value[value];
    Matrix m = { .rows = count_of(info->rows, extent),
                 .cols = (size_t)info->cols,
                 .stride = plan->stride[value] };
    if (plan->buffer[value] >= 0)
        m.data = step->memory + plan->place[plan->buffer[value]].offset / sizeof(float);
    else if (plan->leaf[value] >= 0)
        m.data = step->slot[plan->leaf[value]]->gradient;
    else
        m.data = step->slot[info->parameter]->value;
    return m;
}

Matrix runner_feed(const Runner *runner, Value leaf, const Extent *extent)
{
    assert(runner->step.graph->value[leaf].fed);
    return matrix_at(&runner->step, leaf, extent);
}

Matrix at(const Step *step, Value value)
{
    return value == NO_VALUE ? (Matrix){ 0 } : matrix_at(step, value, &step->batch->extent);
}

bool adds(const Node *node, int output)
{
    return node->base[output] != NO_VALUE;
}

Layout layout_at(const Step *step, Value value)
{
    return layout_of(step->graph->value[value].rows);
}

Dropout dropout_at(const Step *step, Dropout set)
{
    set.seed = step->options.dropout_seed;
    set.step = step->options.step;
    return set;
}
