// inference.c: describe for evaluation -> fold -> plan -> logits; and a clock around them.
#include "run/inference.h"
#include "base/clock.h"
#include "base/statistic.h"
#include "engine/fold.h"

enum { TEXTS = 32, SHORT_SHARE = 20, LEAST = 3, MOST_TIMES = 4096 };

struct Tuned {
    Arena *arena;
    Runner *runner;
    Value logits;
};

static Runner *tuned_runner(Tuned *tuned, const Description *description, const Extent *largest,
                            State *state, bool folds, Error *error)
{
    Arena *arena = tuned->arena;
    Description evaluation = *description;
    Described described;
    Folded folded;
    evaluation.training = false;
    if (!describe(arena, &evaluation, &described, error))
        return NULL;
    const Graph *graph = described.graph;
    tuned->logits = described.logits;
    if (folds) {
        if (!fold(arena, graph, &folded, error) ||
            !(state = folded_state(arena, &folded, state, error)))
            return NULL;
        size_t output = 0;
        while (graph->output[output] != described.logits)
            output++;
        graph = folded.rest;
        tuned->logits = graph->output[output];
    }
    const Plan *planned = plan(arena, graph, largest, error);
    double bytes = planned ? (double)plan_bytes(planned) : 0;
    return planned && memory_fits(bytes, bytes, arena, "a batch needs", "a smaller one needs less",
                                  error)
               ? runner_new(arena, planned, state, arena_take(arena, plan_bytes(planned), 1))
               : NULL;
}

Tuned *tuned_new(const Description *description, const Extent *largest, State *state, bool folds,
                 Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    if (!arena)
        return NULL;
    Tuned *tuned = arena_zero(arena, 1, sizeof *tuned);
    tuned->arena = arena;
    tuned->runner = tuned_runner(tuned, description, largest, state, folds, error);
    if (tuned->runner)
        return tuned;
    arena_free(arena);
    return NULL;
}

Matrix tuned_logits(Tuned *tuned, const Batch *batch)
{
    runner_step(tuned->runner, batch, &(StepOptions){ .weight = 1 });
    return runner_value(tuned->runner, tuned->logits);
}

void tuned_free(Tuned *tuned)
{
    if (tuned)
        arena_free(tuned->arena);
}

// ---- what it costs

// Batches of one size, each of which is timed in every round.
typedef struct {
    const Tokens *tokens;
    uint32_t example[TEXTS];
    size_t size, count; // examples a batch; batches
} Sizes;

static Extent largest_of(const Sizes *sizes)
{
    Extent largest = { 0 };
    for (size_t b = 0; b < sizes->count; b++)
        largest = extent_max(
            largest, batch_extent(sizes->tokens, sizes->example + b * sizes->size, sizes->size));
    return largest;
}

static bool median_ms(const Description *description, State *state, const Sizes *sizes,
                      double seconds, double *ms, Error *error)
{
    Extent largest = largest_of(sizes);
    Tuned *tuned = tuned_new(description, &largest, state, true, error);
    if (!tuned)
        return false;
    BatchBuffer buffer = batch_buffer(tuned->arena, &largest);
    double *time = arena_take(tuned->arena, MOST_TIMES, sizeof *time);
    double begin = seconds_now(), now = begin;
    size_t times = 0, least = sizes->count > LEAST ? sizes->count : LEAST;
    Batch warm = batch_fill(&buffer, sizes->tokens, sizes->example, sizes->size);
    tuned_logits(tuned, &warm);
    while (times < least || (now - begin < seconds && times + sizes->count <= MOST_TIMES))
        for (size_t b = 0; b < sizes->count; b++) {
            Batch batch =
                batch_fill(&buffer, sizes->tokens, sizes->example + b * sizes->size, sizes->size);
            double start = seconds_now();
            tuned_logits(tuned, &batch);
            now = seconds_now();
            time[times++] = 1e3 * (now - start);
        }
    *ms = median(time, times);
    tuned_free(tuned);
    return true;
}

// Examples that the run read, all epochs and evaluations counted.
static size_t examples_read(const Prepared *p)
{
    size_t read = p->batches.steps ? p->batches.begin[p->batches.steps] : 0;
    for (int split = SPLIT_TUNE; split < SPLITS; split++)
        read += p->tokens[split].count * (split == SPLIT_TUNE ? 1 + p->looks.count : 1);
    return read;
}

bool inference_cost(const Prepared *prepared, State *state, double seconds, Row *row, Error *error)
{
    Description description = prepared->description;
    size_t singles = examples_read(prepared) / SHORT_SHARE;
    const Tokens *tune = &prepared->tokens[SPLIT_TUNE];
    Split report = prepared->task->task.report;
    Sizes one = { .tokens = tune->count ? tune : &prepared->tokens[report], .size = 1 }, batch;
    description.merged = description.method.method->claims & MERGES;
    for (uint32_t i = 0; i < TEXTS; i++)
        one.example[i] = i % (uint32_t)one.tokens->count;
    batch = one;
    batch.size = TEXTS;
    batch.count = 1;
    one.count = singles < LEAST ? LEAST : singles < TEXTS ? singles : TEXTS;
    return median_ms(&description, state, &one, seconds, &row->infer_b1_ms, error) &&
           median_ms(&description, state, &batch, seconds, &row->infer_b32_ms, error);
}
