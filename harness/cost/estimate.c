// estimate.c: drawn once and planned, at one batch or at many until the largest is found.
#include "cost/estimate.h"
#include "train/kept.h"
#include "train/plans.h"

// What a step of a method computes, and the graph that its parameters are counted on.
typedef struct {
    const Graph *step, *counted;
    const void *options; // the method's, resolved
    size_t kept;         // bytes that lie beside the step: a fit's vectors
} Drawn;

static bool draw_vectors(Arena *arena, const Description *description, size_t rows, Drawn *drawn,
                         Error *error)
{
    Described features;
    const Attached *is = &description->method;
    if (!describe_features(arena, description, is->method->heads(is->options), &features, error))
        return false;
    drawn->step = features.graph;
    drawn->kept = kept_bytes_of(features.graph, &(Extent){ .sequences = rows });
    return true;
}

static bool draw(Arena *arena, const Description *description, const EstimateAsked *asked,
                 Drawn *drawn, Error *error)
{
    const Method *method = description->method.method;
    Description evaluation = *description;
    Described eval, train;
    evaluation.training = false;
    *drawn = (Drawn){ .kept = 0 };
    if (!describe(arena, &evaluation, &eval, error))
        return false;
    drawn->counted = drawn->step = eval.graph;
    drawn->options = eval.options;
    if (method->claims & TRAINS_NOTHING)
        return true;
    return method->fit
               ? draw_vectors(arena, description, asked->rows, drawn, error)
               : draw_step(arena, description, asked->recompute, &train, &drawn->step, error);
}

static bool plan_batch(Arena *arena, const Drawn *drawn, const EstimateAsked *asked, size_t batch,
                       Estimate *estimate, Error *error)
{
    size_t mark = arena_mark(arena);
    size_t pass = asked->pass > 0 && asked->pass < batch ? asked->pass : batch;
    Extent extent = extent_of(pass, asked->length);
    const Plan *planned = plan_of_any_size(arena, drawn->step, &extent, error);
    if (planned) {
        estimate->ledger.activations = plan_activations(planned);
        estimate->ledger.workspace = plan_workspace(planned);
        estimate->ledger.step = plan_bytes(planned);
        estimate->ledger.kept = drawn->kept;
        estimate->flops = graph_flops(drawn->step, &extent) * (double)batch / (double)pass;
    }
    arena_rewind(arena, mark);
    return planned != NULL;
}

static bool fits(Arena *arena, const Drawn *drawn, const EstimateAsked *asked, size_t batch,
                 Estimate estimate, double *bytes)
{
    Error error; // what is no number of bytes does not fit either
    bool counted = plan_batch(arena, drawn, asked, batch, &estimate, &error);
    *bytes = counted ? (double)ledger_peak(&estimate.ledger) : (double)SIZE_MAX;
    return *bytes <= asked->memory;
}

// Between a batch that fits and one that does not. A plan's bytes are nearly affine in the batch,
// so the line through both finds the place soon; halving in turn, in case that they are not.
static size_t between(size_t low, double low_bytes, size_t high, double high_bytes, double memory,
                      int turn)
{
    size_t middle = low + (high - low) / 2;
    if (turn % 3 == 2 || !(high_bytes > low_bytes))
        return middle;
    double part = (memory - low_bytes) / (high_bytes - low_bytes);
    size_t guess = low + (size_t)(part * (double)(high - low));
    return guess <= low ? low + 1 : guess >= high ? high - 1 : guess;
}

static size_t largest_batch(Arena *arena, const Drawn *drawn, const EstimateAsked *asked,
                            const Estimate *estimate)
{
    size_t low = 0, high = 1;
    double low_bytes = 0, high_bytes;
    while (fits(arena, drawn, asked, high, *estimate, &high_bytes)) {
        low = high;
        low_bytes = high_bytes;
        if (high >= MOST_BATCH)
            return MOST_BATCH;
        high = high < MOST_BATCH / 8 ? 8 * high : MOST_BATCH;
    }
    for (int turn = 0; high - low > 1; turn++) {
        double bytes;
        size_t batch = between(low, low_bytes, high, high_bytes, asked->memory, turn);
        if (fits(arena, drawn, asked, batch, *estimate, &bytes))
            low = batch, low_bytes = bytes;
        else
            high = batch, high_bytes = bytes;
    }
    return low;
}

bool estimate(const Description *description, const EstimateAsked *asked, Estimate *estimate,
              Error *error)
{
    const Method *method = description->method.method;
    Arena *arena = arena_new(ARENA_RUN, error);
    Drawn drawn;
    *estimate = (Estimate){ .fits_vectors = method->fit != NULL };
    bool ok = arena && draw(arena, description, asked, &drawn, error);
    if (ok) {
        Counts all = counts_of(drawn.counted);
        bool steps = !estimate->fits_vectors;
        estimate->counts = counts_free(drawn.counted, description, drawn.options);
        estimate->shares = shares_of(&estimate->counts);
        estimate->ledger.held = held_of(&all, steps, asked->keeps_best);
        if (asked->halves)
            estimate->ledger.held.weights -= 2 * (all.total - all.trained);
        estimate->recomputes = graph_recomputes(drawn.step);
        estimate->head_alone =
            all.trained == all.trained_head && counts_claimed(description, drawn.options) > 0;
        ok = plan_batch(arena, &drawn, asked, asked->batch, estimate, error);
    }
    if (ok && asked->memory > 0)
        estimate->most = largest_batch(arena, &drawn, asked, estimate);
    arena_free(arena);
    return ok;
}
