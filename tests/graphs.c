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

Batch sequences_of(Arena *arena, const Batch *batch, const size_t *which, size_t count)
{
    Extent extent = { .sequences = count };
    for (size_t i = 0; i < count; i++) {
        size_t length = batch->offset[which[i] + 1] - batch->offset[which[i]];
        extent.tokens += length;
        extent.squares += length * length;
        extent.longest = length > extent.longest ? length : extent.longest;
    }
    uint32_t *offset = arena_zero(arena, count + 1, sizeof *offset);
    uint32_t *example = arena_take(arena, count, sizeof *example);
    int32_t *label = arena_zero(arena, count, sizeof *label);
    float *target = arena_zero(arena, count, sizeof *target);
    int32_t *of_token[3];
    const int32_t *const from[] = { batch->token, batch->type, batch->position };
    for (int k = 0; k < 3; k++)
        of_token[k] = arena_take(arena, extent.tokens, sizeof(int32_t));
    for (size_t i = 0; i < count; i++) {
        uint32_t first = batch->offset[which[i]];
        size_t length = batch->offset[which[i] + 1] - first;
        offset[i + 1] = offset[i] + (uint32_t)length;
        for (int k = 0; k < 3; k++)
            memcpy(of_token[k] + offset[i], from[k] + first, length * sizeof(int32_t));
        example[i] = batch->example[which[i]];
        label[i] = batch->label ? batch->label[which[i]] : 0;
        target[i] = batch->target ? batch->target[which[i]] : 0;
    }
    return (Batch){ .extent = extent,
                    .offset = offset,
                    .example = example,
                    .token = of_token[0],
                    .type = of_token[1],
                    .position = of_token[2],
                    .label = label,
                    .target = target };
}

// ---- random graphs

enum { SIDE = 6, MOST_GROWN = 64 };

typedef struct {
    Arena *arena;
    Pool *pool;
    Graph *graph;
    Value value[MOST_GROWN]; // over tokens
    bool read[MOST_GROWN];
    int count, parameters;
} Growing;

static Value some_value(Growing *g)
{
    int back = (int)below(g->pool, 4), i = g->count - 1 - back < 0 ? 0 : g->count - 1 - back;
    g->read[i] = true;
    return g->value[i];
}

// Now and then one that is there already: tied.
static Value some_parameter(Growing *g, int64_t rows, int64_t cols)
{
    int number = below(g->pool, 5) == 0 ? (int)below(g->pool, 3) : g->parameters++;
    const char *name =
        arena_format(g->arena, "P%d.%lldx%lld", number, (long long)rows, (long long)cols);
    const Parameter *known = graph_find(g->graph, name);
    return parameter_of(g->graph, name, rows, cols, known ? known->trained : below(g->pool, 2));
}

static Value grown_value(Growing *g)
{
    Graph *graph = g->graph;
    Value x = some_value(g);
    switch (below(g->pool, 10)) {
    case 0:
        return add(graph, x, some_value(g));
    case 1:
        return add_scaled_value(graph, x, some_value(g), 0.4);
    case 2:
        return multiply_values(graph, activate(graph, TANH, x), some_value(g));
    case 3:
        return activate(graph, GELU, x);
    case 4:
        return dropout(graph, x, 0.2);
    case 5:
        return normalise(graph, x, below(g->pool, 2) ? some_value(g) : NO_VALUE,
                         some_parameter(g, 1, SIDE), some_parameter(g, 1, SIDE), 0.1);
    case 6:
        return attend(graph, x, some_value(g), some_value(g), NO_VALUE, NO_VALUE, 2,
                      below(g->pool, 2) ? 0.1 : 0);
    case 7: {
        Value down = product_t(graph, x, some_parameter(g, 2, SIDE));
        return add_product_t(graph, some_value(g), down, some_parameter(g, SIDE, 2), 0.7);
    }
    default:
        return linear(graph, x, some_parameter(g, SIDE, SIDE),
                      below(g->pool, 2) ? some_parameter(g, 1, SIDE) : NO_VALUE);
    }
}

Graph *random_graph(Arena *arena, Pool *pool, Value *loss, Error *error)
{
    Growing g = { .arena = arena, .pool = pool, .graph = graph_new(arena, error) };
    int nodes = 4 + (int)below(pool, 17);
    g.value[g.count++] = given(g.graph, "x", ROWS_TOKENS, SIDE, below(pool, 2));
    while (g.count <= nodes) {
        Value next = grown_value(&g);
        g.value[g.count++] = next;
    }
    // What nobody read is read now, some of it through a pooling.
    size_t way = below(pool, 3);
    Value all = NO_VALUE;
    for (int i = 0; i < g.count; i++) {
        Value one = g.value[i];
        if (g.read[i] && i != g.count - 1)
            continue;
        if (way > 0)
            one = below(pool, way + 1) ? first_token(g.graph, one) : mean_tokens(g.graph, one);
        all = all == NO_VALUE ? one : add(g.graph, all, one);
    }
    *loss = dotted_loss(g.graph, all);
    return g.graph;
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

size_t random_nodes(const Graph *graph)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->nodes; i++)
        count += draws(&graph->node[i]);
    return count;
}

bool same_bits(const float *a, const float *b, size_t count)
{
    return !memcmp(a, b, count * sizeof *a);
}
