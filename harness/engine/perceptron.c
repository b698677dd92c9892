// perceptron.c: describe -> gradient -> plan -> steps, on rows that are fed.
#include "engine/perceptron.h"
#include "base/random.h"
#include "engine/operators.h"
#include "engine/plan.h"
#include <math.h>

static Value layer(Graph *graph, const Perceptron *is, const char *name, Value x, int64_t out,
                   int64_t in)
{
    return dense_layer(graph, x, &(Dense){ name, out, in, is->deviation, true, is->part });
}

typedef struct {
    const Design *design;
    const int32_t *label;
    const float *target;
    uint32_t *example; // of the batch
    int32_t *batch_label;
    float *batch_target;
    double *z;
} Source;

static Batch fed_batch(const Source *source, const uint32_t *rows, size_t count, Matrix leaf)
{
    for (size_t i = 0; i < count; i++) {
        design_block(source->design, rows[i], 1, source->z);
        for (size_t c = 0; c < leaf.cols; c++)
            row_at(leaf, i)[c] = (float)source->z[c];
        source->example[i] = rows[i];
        if (source->label)
            source->batch_label[i] = source->label[rows[i]];
        else
            source->batch_target[i] = source->target[rows[i]];
    }
    return (Batch){ .extent = { .sequences = count },
                    .example = source->example,
                    .label = source->label ? source->batch_label : NULL,
                    .target = source->label ? NULL : source->batch_target };
}

static const float *number(const State *state, Arena *arena, const char *layer, const char *part)
{
    return state_find(state, arena_format(arena, "%s.%s", layer, part))->value;
}

bool perceptron_fit(Arena *arena, const Design *design, const int32_t *label, const float *target,
                    const Perceptron *is, bool (*go_on)(void *), void *context, Layers *layers,
                    Error *error)
{
    size_t rows = design->x.rows, cols = design->x.cols, most = is->batch < rows ? is->batch : rows;
    size_t an_epoch = (rows + is->batch - 1) / is->batch;
    Graph *graph = graph_new(arena, error);
    Value leaf = graph_fed(graph, ROWS_SEQUENCES, (int64_t)cols);
    Value h = activate(graph, RELU, layer(graph, is, is->dense, leaf, is->hidden, (int64_t)cols));
    Value y = layer(graph, is, is->last, dropout(graph, h, is->dropout), is->outputs, is->hidden);
    Value loss = label ? cross_entropy_loss(graph, y) : squared_error_loss(graph, y);
    const Graph *both = graph->failed ? NULL : gradient(arena, graph, loss, error);
    const Plan *planned = both ? plan(arena, both, &(Extent){ .sequences = most }, error) : NULL;
    if (!planned)
        return false;
    State *state = state_new(arena, &both, 1, is->init_seed, NULL, NULL, error);
    Runner *runner =
        runner_new(arena, planned, state, arena_take(arena, plan_bytes(planned) + 1, 1));
    Source source = { .design = design,
                      .label = label,
                      .target = target,
                      .example = arena_take(arena, most, sizeof(uint32_t)),
                      .batch_label = arena_take(arena, most, sizeof(int32_t)),
                      .batch_target = arena_take(arena, most, sizeof(float)),
                      .z = arena_take(arena, cols, sizeof(double)) };
    uint32_t *order = arena_take(arena, rows, sizeof *order);
    for (int64_t step = 0; step < is->training.steps; step++) {
        size_t epoch = (size_t)step / an_epoch, first = (size_t)step % an_epoch * is->batch;
        size_t count = rows - first < is->batch ? rows - first : is->batch;
        double norm;
        if (first == 0)
            random_order(order, rows, is->order_seed, STREAM_ORDER, epoch);
        Matrix into = runner_feed(runner, leaf, &(Extent){ .sequences = count });
        Batch batch = fed_batch(&source, order + first, count, into);
        double now =
            runner_step(runner, &batch, &(StepOptions){ is->dropout_seed, (uint64_t)step, 1 });
        state_update(state, &is->training, step, &norm);
        if (!isfinite(now) || !isfinite(norm))
            return fail(error, ERROR_WORK, (Where){ .item = "mlp" }, NULL,
                        "its loss is not finite at step %lld", (long long)step);
        if (go_on && step + 1 < is->training.steps && !go_on(context))
            return fail(error, ERROR_WORK, (Where){ .item = "mlp" }, NULL, "was stopped");
    }
    *layers =
        (Layers){ number(state, arena, is->dense, "weight"),
                  number(state, arena, is->dense, "bias"), number(state, arena, is->last, "weight"),
                  number(state, arena, is->last, "bias") };
    return true;
}
