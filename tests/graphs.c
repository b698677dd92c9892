// graphs.c: see graphs.h.
#include "tests/graphs.h"
#include "engine/step.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

// ---- given: a parameter -> its first rows

static bool given_size(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] = (ValueInfo){ .rows = node->set.rows, .cols = graph->value[node->in[0]].cols };
    return true;
}

static void given_forward(Step *step, const Node *node)
{
    Matrix y = at(step, node->out[0]);
    scale_copy(y, rows_of(at(step, node->in[0]), 0, y.rows), 1, false);
}

static void given_grad_forward(Step *step, const Node *node)
{
    Matrix dy = at(step, node->in[0]), dx = at(step, node->out[0]);
    for (size_t r = 0; r < dx.rows && !adds(node, 0); r++)
        memset(row_at(dx, r), 0, dx.cols * sizeof *dx.data);
    scale_copy(rows_of(dx, 0, dy.rows), dy, 1, true);
}

static const Operator op_given_grad = {
    .name = "given_grad",
    .inputs = 1,
    .outputs = 1,
    .adds = 1,
    .size = given_size,
    .forward = given_grad_forward,
};

static void given_backward(Gradient *gradient, const Node *node)
{
    Value dy = gradient_of(gradient, node->out[0]);
    give(gradient, append(gradient, &op_given_grad, &dy, 1, (Setting){ .rows = ROWS(MOST_ROWS) }),
         0, node->in[0]);
}

const Operator op_given = {
    .name = "given",
    .inputs = 1,
    .outputs = 1,
    .size = given_size,
    .forward = given_forward,
    .backward = given_backward,
};

Value parameter_of(Graph *graph, const char *name, int64_t rows, int64_t cols, bool trained)
{
    Parameter p = { .name = name,
                    .rows = rows,
                    .cols = cols,
                    .rank = rows > 1 ? 2 : 1,
                    .trained = trained,
                    .init = { INIT_UNIFORM, 1 } };
    return graph_parameter(graph, &p);
}

Value given(Graph *graph, const char *name, Count rows, int64_t cols, bool trained)
{
    Value p = parameter_of(graph, name, MOST_ROWS, cols, trained);
    return graph_give(graph, graph_add(graph, &op_given, &p, 1, (Setting){ .rows = rows }), 0);
}

// ---- dotted: y -> sum of y . weight_at

double weight_at(size_t row, size_t column)
{
    return sin(1.7 * (double)row + 0.9 * (double)column + 0.3);
}

static bool dotted_size(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] = (ValueInfo){ .rows = ROWS(1), .cols = 1 };
    out[1] = graph->value[node->in[0]];
    return true;
}

static void dotted_forward(Step *step, const Node *node)
{
    Matrix y = at(step, node->in[0]), dy = at(step, node->out[1]);
    step->loss = 0;
    for (size_t r = 0; r < y.rows; r++)
        for (size_t c = 0; c < y.cols; c++) {
            step->loss += (double)row_at(y, r)[c] * weight_at(r, c);
            if (dy.data)
                row_at(dy, r)[c] = (float)(step->options.weight * weight_at(r, c));
        }
    *at(step, node->out[0]).data = (float)step->loss;
}

static void dotted_backward(Gradient *gradient, const Node *node)
{
    pass(gradient, also(gradient, node, 1), node->in[0]);
}

const Operator op_dotted = {
    .name = "dotted",
    .inputs = 1,
    .outputs = 2,
    .loss = true,
    .size = dotted_size,
    .forward = dotted_forward,
    .backward = dotted_backward,
};

Value dotted_loss(Graph *graph, Value y)
{
    Value loss = graph_give(graph, graph_add(graph, &op_dotted, &y, 1, (Setting){ .scale = 1 }), 0);
    graph_output(graph, loss);
    return loss;
}

// ---- steps

const StepOptions step_options = { .dropout_seed = 11, .step = 3, .weight = 1 };

bool make(Arena *arena, const Graph *graph, Value loss, const Extent *largest, Made *made,
          Error *error)
{
    bool trains = false;
    *made = (Made){ .graph = graph };
    if (graph->failed)
        return false;
    for (size_t p = 0; p < graph->parameters; p++)
        trains |= graph->parameter[p].trained;
    if (trains && loss != NO_VALUE && !(made->graph = gradient(arena, graph, loss, error)))
        return false;
    if (!(made->plan = plan(arena, made->graph, largest, error)) ||
        !(made->state = state_new(arena, &made->graph, 1, 5, NULL, NULL, error)))
        return false;
    made->memory = arena_take(arena, plan_bytes(made->plan), 1);
    made->runner = runner_new(arena, made->plan, made->state, made->memory);
    return true;
}

double play(Made *made, const Batch *batch)
{
    for (size_t i = 0; i < plan_bytes(made->plan) / sizeof(float); i++)
        made->memory[i] = NAN;
    for (size_t i = 0; i < made->state->slots; i++)
        if (made->state->slot[i].gradient)
            memset(made->state->slot[i].gradient, 0, made->state->slot[i].count * sizeof(float));
    return runner_step(made->runner, batch, &step_options);
}

const float *gradient_at(const Made *made, const char *name)
{
    const Slot *slot = state_find(made->state, name);
    return slot ? slot->gradient : NULL;
}

// ---- what a graph holds

static bool is_read(const Graph *graph, Value value)
{
    for (size_t i = 0; i < graph->outputs; i++)
        if (graph->output[i] == value)
            return true;
    for (size_t i = 0; i < graph->nodes; i++) {
        const Node *node = &graph->node[i];
        for (int k = 0; k < NODE_INPUTS; k++)
            if (node->in[k] == value)
                return true;
        for (int k = 0; k < NODE_OUTPUTS; k++)
            if (node->base[k] == value)
                return true;
    }
    return false;
}

// A sum that began at a parameter's gradient has reached its reader.
static bool ends_in_leaf(const Graph *graph, const Node *node, int output)
{
    while (node->base[output] != NO_VALUE) {
        const ValueInfo *base = &graph->value[node->base[output]];
        Value sum = node->base[output];
        if (base->gradient)
            return true;
        node = &graph->node[base->node];
        for (output = 0; node->out[output] != sum;)
            output++;
    }
    return false;
}

void nothing_is_idle(const Graph *graph)
{
    for (size_t i = 0; i < graph->nodes; i++) {
        const Node *node = &graph->node[i];
        bool any = false;
        for (int k = 0; k < NODE_OUTPUTS; k++) {
            if (node->out[k] == NO_VALUE)
                continue;
            any = true;
            if (!CHECK(is_read(graph, node->out[k]) || ends_in_leaf(graph, node, k)))
                printf("output %d of node %zu, %s\n", k, i, node->op->name);
        }
        if (!CHECK(any))
            printf("node %zu, %s, gives nothing\n", i, node->op->name);
    }
}

size_t nodes_of(const Graph *graph, const char *op)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->nodes; i++)
        count += !strcmp(graph->node[i].op->name, op);
    return count;
}

bool same_bits(const float *a, const float *b, size_t count)
{
    return !memcmp(a, b, count * sizeof *a);
}
