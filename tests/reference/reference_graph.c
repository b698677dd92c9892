// reference_graph.c: the forward of a graph in double, a table a value, see tests/graphs.h.
#include "tests/graphs.h"
#include "tests/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    Twin *twin;
    const Node *node;
    const Table *in[NODE_INPUTS]; // NULL: absent
    Table *y;                     // its shape is set
    const Batch *batch;
    StepOptions options;
} Playing;

static Layout layout_of_input(const Playing *p, int input)
{
    return layout_of(p->twin->graph->value[p->node->in[input]].rows);
}

static Dropout dropout_of(const Playing *p, Dropout set)
{
    set.seed = p->options.dropout_seed;
    set.step = p->options.step;
    return set;
}

static Table *table_new(void)
{
    Table *table = calloc(1, sizeof *table);
    if (!table)
        abort();
    return table;
}

// y = a + scale b
static void sum_of(Table *y, const Table *a, const Table *b, double scale)
{
    for (size_t r = 0; r < y->rows; r++)
        for (size_t c = 0; c < y->cols; c++)
            y->at[r][c] = a->at[r][c] + scale * b->at[r][c];
}

static void play_given(Playing *p)
{
    for (size_t r = 0; r < p->y->rows; r++)
        for (size_t c = 0; c < p->y->cols; c++)
            p->y->at[r][c] = p->in[0]->at[r][c];
}

static void is_loss(Playing *p, double loss)
{
    p->twin->loss = p->y->at[0][0] = loss;
}

static void play_dotted(Playing *p)
{
    double loss = 0;
    for (size_t r = 0; r < p->in[0]->rows; r++)
        for (size_t c = 0; c < p->in[0]->cols; c++)
            loss += p->in[0]->at[r][c] * weight_at(r, c);
    is_loss(p, loss);
}

static void play_linear(Playing *p)
{
    reference_product(p->y, false, true, 1, p->in[0], p->in[1], 0);
    for (size_t r = 0; r < p->y->rows && p->in[2]; r++)
        for (size_t c = 0; c < p->y->cols; c++)
            p->y->at[r][c] += p->in[2]->at[0][c];
}

static void play_product(Playing *p)
{
    reference_product(p->y, p->node->set.product.transpose_a, p->node->set.product.transpose_b,
                      p->node->set.product.alpha, p->in[0], p->in[1], 0);
}

static void play_add_product(Playing *p)
{
    *p->y = *p->in[0];
    reference_product(p->y, false, true, p->node->set.product.alpha, p->in[1], p->in[2], 1);
}

static void play_add(Playing *p)
{
    sum_of(p->y, p->in[0], p->in[1], p->node->set.scale);
}

static void play_scale(Playing *p)
{
    sum_of(p->y, p->in[0], p->in[0], p->node->set.scale - 1.0);
}

static void play_multiply(Playing *p)
{
    for (size_t r = 0; r < p->y->rows; r++)
        for (size_t c = 0; c < p->y->cols; c++)
            p->y->at[r][c] = p->in[0]->at[r][c] * p->in[1]->at[p->in[1]->rows == 1 ? 0 : r][c];
}

static void play_scale_columns(Playing *p)
{
    for (size_t r = 0; r < p->y->rows; r++)
        for (size_t c = 0; c < p->y->cols; c++)
            p->y->at[r][c] = p->in[0]->at[r][c] * p->in[1]->at[0][c];
}

static void play_scale_rows(Playing *p)
{
    for (size_t r = 0; r < p->y->rows; r++)
        for (size_t c = 0; c < p->y->cols; c++)
            p->y->at[r][c] = p->in[0]->at[r][c] * p->in[1]->at[0][r];
}

static void play_columns(Playing *p)
{
    for (size_t r = 0; r < p->y->rows; r++)
        for (size_t c = 0; c < p->y->cols; c++)
            p->y->at[r][c] = p->in[0]->at[r][c + (size_t)p->node->set.columns.first];
}

// With the length as a number the gradient is no slope of this.
static void play_unit_rows(Playing *p)
{
    reference_unit_rows(p->y, p->in[0]);
}

static void play_in_front(Playing *p)
{
    reference_rows_joined(p->y, p->in[0], p->in[1], p->batch, layout_of_input(p, 1).extra);
}

static void play_activation(Playing *p)
{
    reference_activation(p->node->set.activation, p->y, p->in[0]);
}

static void play_dropout(Playing *p)
{
    Layout layout = layout_of_input(p, 0);
    Dropout dropout = dropout_of(p, p->node->set.dropout);
    for (size_t s = 0; s < p->batch->extent.sequences; s++) {
        Segment own = segment_of(p->batch, layout, s);
        for (size_t r = 0; r < own.count; r++)
            for (size_t c = 0; c < p->y->cols; c++)
                p->y->at[own.first + r][c] =
                    reference_kept(&dropout, 0, p->batch->example[s], reference_position(layout, r),
                                   (uint32_t)c)
                        ? p->in[0]->at[own.first + r][c] * reference_dropout_scale(&dropout)
                        : 0;
    }
}

static void play_layernorm(Playing *p)
{
    Table *x = table_new(), *z = table_new();
    *x = *p->in[0];
    if (p->in[1])
        sum_of(x, p->in[0], p->in[1], 1);
    reference_layernorm(p->y, z, x, p->in[2], p->in[3], p->node->set.epsilon);
    free(x), free(z);
}

static void play_rmsnorm(Playing *p)
{
    reference_rmsnorm(p->y, p->in[0], p->in[1], p->node->set.epsilon);
}

static void play_rotary(Playing *p)
{
    reference_rotary(p->y, p->in[0], &p->node->set.rotary, p->batch, layout_of_input(p, 0));
}

static void play_attention(Playing *p)
{
    Attention options = p->node->set.attention;
    options.dropout = dropout_of(p, options.dropout);
    options.queries = layout_of_input(p, 0);
    options.keys = layout_of_input(p, 1);
    reference_attention(p->y, NULL, p->in[0], p->in[1], p->in[2], p->in[3], p->in[4], &options,
                        p->batch);
}

static void play_embedding(Playing *p)
{
    reference_embedding(p->y, p->in[0], p->in[1], p->in[2], p->batch);
}

static void play_first_rows(Playing *p)
{
    reference_first_rows(p->y, p->in[0], p->batch, layout_of_input(p, 0).extra);
}

static void play_last_rows(Playing *p)
{
    reference_last_rows(p->y, p->in[0], p->batch, layout_of_input(p, 0).extra);
}

static void play_picked_rows(Playing *p)
{
    reference_picked_rows(p->y, p->in[0], p->batch, layout_of_input(p, 0).extra);
}

static void play_mean_rows(Playing *p)
{
    reference_mean_rows(p->y, p->in[0], p->batch, layout_of_input(p, 0).extra);
}

static void play_cross_entropy(Playing *p)
{
    is_loss(p, reference_cross_entropy(p->in[0], p->batch->label));
}

static void play_squared_error(Playing *p)
{
    is_loss(p, reference_squared_error(p->in[0], p->batch->target));
}

static void play_tied_cross_entropy(Playing *p)
{
    Table *logits = table_new();
    logits->rows = p->in[0]->rows;
    logits->cols = p->in[1]->rows;
    reference_product(logits, false, true, 1, p->in[0], p->in[1], 0);
    for (size_t r = 0; r < logits->rows; r++)
        for (size_t c = 0; c < logits->cols; c++)
            logits->at[r][c] += p->in[2]->at[0][c];
    is_loss(p, reference_cross_entropy(logits, p->batch->picked_label));
    free(logits);
}

static const struct {
    const char *op;
    void (*play)(Playing *p);
} twins[] = {
    { "given", play_given },
    { "dotted", play_dotted },
    { "linear", play_linear },
    { "packed_linear", play_linear },
    { "product", play_product },
    { "add_product", play_add_product },
    { "add", play_add },
    { "scale", play_scale },
    { "multiply", play_multiply },
    { "activation", play_activation },
    { "dropout", play_dropout },
    { "layernorm", play_layernorm },
    { "rmsnorm", play_rmsnorm },
    { "rotary", play_rotary },
    { "attention", play_attention },
    { "embedding", play_embedding },
    { "first_rows", play_first_rows },
    { "last_rows", play_last_rows },
    { "picked_rows", play_picked_rows },
    { "mean_rows", play_mean_rows },
    { "cross_entropy", play_cross_entropy },
    { "squared_error", play_squared_error },
    { "tied_cross_entropy", play_tied_cross_entropy },
    { "scale_columns", play_scale_columns },
    { "scale_rows", play_scale_rows },
    { "unit_rows", play_unit_rows },
    { "columns", play_columns },
    { "in_front", play_in_front },
};
enum { TWINS = sizeof twins / sizeof *twins };

Twin *twin_new(const Graph *graph, const State *state)
{
    Twin *twin = calloc(1, sizeof *twin);
    if (!twin || !(twin->value = calloc(graph->values, sizeof(Table *))))
        abort();
    twin->graph = graph;
    for (size_t v = 0; v < graph->values; v++) {
        const ValueInfo *info = &graph->value[v];
        twin->value[v] = table_new();
        if (info->parameter < 0 || info->gradient)
            continue;
        const Slot *slot = state_find(state, graph->parameter[info->parameter].name);
        size_t rows = (size_t)slot->is.rows, cols = (size_t)slot->is.cols;
        if (rows > TABLE_SIDE || cols > TABLE_SIDE)
            abort();
        Matrix numbers = { slot->value, rows, cols, cols };
        if (slot->is.store != STORE_F32 && !(numbers.data = calloc(slot->count + 1, sizeof(float))))
            abort();
        if (slot->is.store != STORE_F32)
            unpack_rows(numbers, &slot->packed, 0);
        read_table(twin->value[v], numbers);
        if (slot->is.store != STORE_F32)
            free(numbers.data);
    }
    return twin;
}

void twin_free(Twin *twin)
{
    for (size_t v = 0; v < twin->graph->values; v++)
        free(twin->value[v]);
    free(twin->value);
    free(twin);
}

double twin_play(Twin *twin, const Batch *batch, const StepOptions *options)
{
    const Graph *graph = twin->graph;
    size_t nodes = graph->forward_nodes ? graph->forward_nodes : graph->nodes;
    twin->loss = 0;
    for (size_t i = 0; i < nodes; i++) {
        Playing p = { .twin = twin, .node = &graph->node[i], .batch = batch, .options = *options };
        const ValueInfo *out = &graph->value[p.node->out[0]];
        size_t t = 0;
        for (int k = 0; k < NODE_INPUTS; k++)
            p.in[k] = p.node->in[k] == NO_VALUE ? NULL : twin->value[p.node->in[k]];
        p.y = twin->value[p.node->out[0]];
        p.y->rows = count_of(out->rows, &batch->extent);
        p.y->cols = (size_t)out->cols;
        while (t < TWINS && strcmp(twins[t].op, p.node->op->name))
            t++;
        if (CHECK(t < TWINS && p.y->rows <= TABLE_SIDE && p.y->cols <= TABLE_SIDE))
            twins[t].play(&p);
        else
            printf("%s has no twin in reference_graph.c, or %zu x %zu is too large\n",
                   p.node->op->name, p.y->rows, p.y->cols);
    }
    return twin->loss;
}

void slopes_hold(Made *made, const Batch *batch, double tolerance, const char *what, uint64_t seed)
{
    const double h = 1e-5;
    Twin *twin = twin_new(made->graph, made->state);
    Table *start = table_new(), *direction = table_new();
    uint64_t random = seed;
    for (size_t v = 0; v < made->graph->values; v++) {
        const ValueInfo *info = &made->graph->value[v];
        if (info->parameter < 0 || info->gradient ||
            !made->graph->parameter[info->parameter].trained)
            continue;
        const Slot *slot = state_find(made->state, made->graph->parameter[info->parameter].name);
        double claimed = 0, size = 0;
        *start = *direction = *twin->value[v];
        for (size_t i = 0; i < slot->count; i++) {
            double along = mix_float(&random), part = along * (double)slot->gradient[i];
            direction->at[i / start->cols][i % start->cols] = along;
            claimed += part;
            size += part * part;
        }
        move(twin->value[v], direction, h);
        double above = twin_play(twin, batch, &step_options);
        *twin->value[v] = *start;
        move(twin->value[v], direction, -h);
        double under = twin_play(twin, batch, &step_options);
        *twin->value[v] = *start;
        double slope = (above - under) / (2 * h), scale = sqrt(size);
        if (!CHECK(fabs(claimed - slope) <= tolerance * (scale + 1e-2)))
            printf("%s, seed %llu: the gradient of %s along a direction is %.9g; should be %.9g\n",
                   what, (unsigned long long)seed, slot->is.name, claimed, slope);
    }
    free(start), free(direction);
    twin_free(twin);
}

void value_holds(Made *made, const Batch *batch, Value value, double tolerance, const char *what,
                 uint64_t seed)
{
    Twin *twin = twin_new(made->graph, made->state);
    twin_play(twin, batch, &step_options);
    close_to_table(runner_value(made->runner, value), twin->value[value], tolerance, what, seed);
    twin_free(twin);
}
