// placing.c: see placing.h.
#include "tests/placing.h"
#include "engine/step.h"
#include "tests/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// By value, the node that gives it and the last that reads it or adds to it; nodes for an output.
typedef struct {
    int32_t first, last;
} Life;

static Life *lives_of(const Graph *graph)
{
    Life *life = calloc(graph->values, sizeof *life);
    if (!life)
        abort();
    for (size_t v = 0; v < graph->values; v++)
        life[v] = (Life){ graph->value[v].node, graph->value[v].node };
    for (int32_t i = 0; i < (int32_t)graph->nodes; i++)
        for (int k = 0; k < NODE_INPUTS; k++) {
            Value in = graph->node[i].in[k];
            Value base = k < NODE_OUTPUTS ? graph->node[i].base[k] : NO_VALUE;
            if (in != NO_VALUE)
                life[in].last = i;
            if (base != NO_VALUE)
                life[base].last = i;
        }
    for (size_t i = 0; i < graph->outputs; i++)
        life[graph->output[i]].last = (int32_t)graph->nodes;
    return life;
}

// May `late`, given by a node, lie where `early` is read there for the last time?
static bool may_follow(const Graph *graph, const Plan *plan, Value early, Value late)
{
    const Node *node = &graph->node[graph->value[late].node];
    const ValueInfo *a = &graph->value[early], *b = &graph->value[late];
    if (plan_place(plan, early).offset != plan_place(plan, late).offset || a->cols != b->cols ||
        !count_equal(a->rows, b->rows))
        return false;
    for (int k = 0; k < NODE_OUTPUTS; k++)
        if (node->out[k] == late && node->base[k] == early)
            return true;
    for (int k = 1; k < NODE_INPUTS; k++)
        if (node->in[k] == early)
            return false;
    return node->out[0] == late && node->in[0] == early && node->op->in_place &&
           node->base[0] == NO_VALUE;
}

void places_hold(const Plan *plan, const char *what, uint64_t seed)
{
    const Graph *graph = plan_graph(plan);
    Life *life = lives_of(graph);
    size_t end = 0;
    for (size_t v = 0; v < graph->values; v++) {
        Placed one = plan_place(plan, (Value)v);
        if (one.offset == SIZE_MAX)
            continue;
        end = one.offset + one.bytes > end ? one.offset + one.bytes : end;
        CHECK(one.offset % 64 == 0 && one.first <= life[v].first && one.last >= life[v].last);
        for (size_t u = 0; u < v; u++) {
            Placed other = plan_place(plan, (Value)u);
            if (other.offset == SIZE_MAX || other.offset >= one.offset + one.bytes ||
                one.offset >= other.offset + other.bytes || life[u].first > life[v].last ||
                life[v].first > life[u].last)
                continue;
            bool right =
                (life[u].last == life[v].first && may_follow(graph, plan, (Value)u, (Value)v)) ||
                (life[v].last == life[u].first && may_follow(graph, plan, (Value)v, (Value)u));
            if (!CHECK(right))
                printf("%s, seed %llu: values %zu (nodes %d to %d) and %zu (%d to %d) overlap\n",
                       what, (unsigned long long)seed, u, life[u].first, life[u].last, v,
                       life[v].first, life[v].last);
        }
    }
    CHECK(end == plan_activations(plan));
    CHECK(plan_bytes(plan) == plan_activations(plan) + plan_workspace(plan));
    for (size_t v = 0; v < graph->values; v++) // a parameter, its gradient, or a sum that began so
        if (plan_place(plan, (Value)v).offset == SIZE_MAX && graph->value[v].parameter < 0 &&
            graph->value[v].node >= 0) {
            Value sum = (Value)v;
            while (graph->value[sum].node >= 0) {
                const Node *node = &graph->node[graph->value[sum].node];
                int k = 0;
                while (node->out[k] != sum)
                    k++;
                sum = node->base[k];
            }
            CHECK(sum != NO_VALUE && graph->value[sum].gradient);
        }
    free(life);
}

static void mark(bool *alive, const float *memory, Matrix m)
{
    for (size_t r = 0; r < m.rows; r++)
        for (size_t c = 0; c < m.cols; c++)
            alive[row_at(m, r) + c - memory] = true;
}

typedef struct {
    float *copy;
    size_t count;
} Kept;

static Kept kept_of(Matrix m)
{
    Kept kept = { calloc(m.rows * m.cols + 1, sizeof(float)), 0 };
    if (!kept.copy)
        abort();
    for (size_t r = 0; r < m.rows; r++, kept.count += m.cols)
        memcpy(kept.copy + kept.count, row_at(m, r), m.cols * sizeof(float));
    return kept;
}

static void is_kept(Kept kept, Matrix m, const char *what, uint64_t seed)
{
    Kept now = kept_of(m);
    if (!CHECK(now.count == kept.count && same_bits(now.copy, kept.copy, now.count)))
        printf("%s, seed %llu\n", what, (unsigned long long)seed);
    free(now.copy);
    free(kept.copy);
}

static Matrix as_matrix(float *data, size_t count)
{
    return (Matrix){ data, 1, count, count };
}

void dead_memory_is_not_read(Made *made, const Batch *batch, const char *what, uint64_t seed)
{
    const Graph *graph = made->graph;
    size_t floats = plan_bytes(made->plan) / sizeof(float);
    double loss = play(made, batch);
    Kept *output = calloc(graph->outputs + 1, sizeof *output);
    Kept *slope = calloc(made->state->slots + 1, sizeof *slope);
    bool *alive = calloc(floats + 1, sizeof *alive);
    Life *life = lives_of(graph);
    Slot **slot = calloc(graph->parameters + 1, sizeof *slot);
    if (!output || !slope || !alive || !slot)
        abort();
    for (size_t i = 0; i < graph->outputs; i++)
        output[i] = kept_of(runner_value(made->runner, graph->output[i]));
    for (size_t i = 0; i < made->state->slots; i++)
        if (made->state->slot[i].gradient) {
            Slot *s = &made->state->slot[i];
            slope[i] = kept_of(as_matrix(s->gradient, s->count));
            memset(s->gradient, 0, s->count * sizeof(float));
        }
    for (size_t p = 0; p < graph->parameters; p++)
        slot[p] = state_find(made->state, graph->parameter[p].name);
    Step step = { .graph = graph,
                  .plan = made->plan,
                  .slot = slot,
                  .memory = made->memory,
                  .scratch = made->memory + plan_activations(made->plan) / sizeof(float),
                  .batch = batch,
                  .options = step_options };
    for (int32_t i = 0; i <= (int32_t)graph->nodes; i++) {
        memset(alive, 0, floats * sizeof *alive);
        for (size_t v = 0; v < graph->values; v++)
            if (life[v].first < i && life[v].last >= i &&
                plan_place(made->plan, (Value)v).offset != SIZE_MAX)
                mark(alive, made->memory, at(&step, (Value)v));
        for (size_t f = 0; f < floats; f++)
            if (!alive[f])
                made->memory[f] = NAN;
        if (i < (int32_t)graph->nodes)
            graph->node[i].op->forward(&step, &graph->node[i]);
    }
    if (!CHECK(step.loss == loss))
        printf("%s, seed %llu: the loss is %.9g; should be %.9g\n", what, (unsigned long long)seed,
               step.loss, loss);
    for (size_t i = 0; i < graph->outputs; i++)
        is_kept(output[i], at(&step, graph->output[i]), what, seed);
    for (size_t i = 0; i < made->state->slots; i++)
        if (made->state->slot[i].gradient)
            is_kept(slope[i], as_matrix(made->state->slot[i].gradient, made->state->slot[i].count),
                    made->state->slot[i].is.name, seed);
    free(output), free(slope), free(alive), free(life), free(slot);
}

// ---- the rule of placing

typedef struct {
    Placed is;
    size_t offset;
} Block;

// In the order of the nodes that give them; values that share memory are one.
static size_t blocks_of(const Plan *plan, Block *block)
{
    const Graph *graph = plan_graph(plan);
    size_t count = 0;
    for (size_t i = 0; i < graph->nodes; i++)
        for (int k = 0; k < NODE_OUTPUTS; k++) {
            Value out = graph->node[i].out[k];
            Placed is = out == NO_VALUE ? (Placed){ .offset = SIZE_MAX } : plan_place(plan, out);
            if (is.offset != SIZE_MAX && is.first == (int32_t)i)
                block[count++] = (Block){ .is = is };
        }
    return count;
}

static bool goes_before(const Placed *a, const Placed *b, bool by_life)
{
    int32_t life = (a->last - a->first) - (b->last - b->first);
    if (by_life && life != 0)
        return life > 0;
    return a->bytes != b->bytes ? a->bytes > b->bytes : a->first < b->first;
}

static bool is_free(const Block *block, size_t count, const Block *own, size_t offset)
{
    for (size_t i = 0; i < count; i++)
        if (block[i].is.first <= own->is.last && own->is.first <= block[i].is.last &&
            block[i].offset < offset + own->is.bytes &&
            offset < block[i].offset + block[i].is.bytes)
            return false;
    return true;
}

static size_t played(Block *block, size_t count, bool by_life)
{
    size_t end = 0;
    for (size_t i = 1; i < count; i++) // keeps the order of equals
        for (size_t j = i; j > 0 && goes_before(&block[j].is, &block[j - 1].is, by_life); j--) {
            Block swapped = block[j];
            block[j] = block[j - 1];
            block[j - 1] = swapped;
        }
    for (size_t i = 0; i < count; i++) {
        block[i].offset = 0;
        while (!is_free(block, i, &block[i], block[i].offset))
            block[i].offset += 64;
        if (block[i].offset + block[i].is.bytes > end)
            end = block[i].offset + block[i].is.bytes;
    }
    return end;
}

void lowest_free_hold(const Plan *plan, const char *what, uint64_t seed)
{
    size_t room = plan_graph(plan)->values;
    Block *long_first = calloc(2 * room, sizeof *long_first), *large_first = long_first + room;
    if (!long_first)
        abort();
    size_t count = blocks_of(plan, long_first);
    memcpy(large_first, long_first, count * sizeof *long_first);
    size_t by_life = played(long_first, count, true), by_size = played(large_first, count, false);
    const Block *right = by_life < by_size ? long_first : large_first;
    CHECK(plan_activations(plan) == (by_life < by_size ? by_life : by_size));
    for (size_t i = 0; i < count; i++)
        if (!CHECK(right[i].offset == right[i].is.offset))
            printf("%s, seed %llu: the block of node %d lies at %zu; should be at %zu\n", what,
                   (unsigned long long)seed, right[i].is.first, right[i].is.offset,
                   right[i].offset);
    free(long_first);
}
