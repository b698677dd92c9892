// verify_fit.c: a method that fits, on the vectors of the small world; and whether its fit is an
// optimum of what it says that it minimises.
//
// Along a line through the fitted numbers the objective J has slope s = (J(h) - J(-h)) / 2h and
// curvature c = (J(h) + J(-h) - 2 J(0)) / h^2: its minimum lies s / c away. Numbers are those of
// the head, after standardising was folded into them, and vectors are as the encoder gives them, so
// that a fold which is wrong shows, too.
#include "base/metric.h"
#include "base/random.h"
#include "train/fitting.h"
#include "verify/verify_impl.h"
#include <math.h>
#include <string.h>

enum { TUNE_BATCHES = 2, LINES = 4 };
#define STEP 1e-3 // of the length of all numbers
#define OPTIMUM 1e-4

typedef struct {
    Fit fit;
    const int32_t *tune_label;
} Fitting;

static bool goes_on(void *context)
{
    (void)context;
    return true;
}

static double score(void *context, Matrix logits)
{
    const Fitting *fitting = context;
    size_t right = 0;
    for (size_t r = 0; r < logits.rows; r++)
        right += answer_of(row_at(logits, r), LABELS) == fitting->tune_label[r];
    return (double)right / (double)logits.rows;
}

// The vectors of batches first .. end - 1.
static Vectors vectors_of(Trial *trial, int first, int end)
{
    World *world = trial->world;
    const Plans *plans = &trial->plans;
    size_t hidden = (size_t)world->config.hidden, room = (size_t)(end - first) * SEQUENCES;
    int32_t *label = arena_take(world->arena, room, sizeof *label);
    Vectors vectors = { .label = label };
    for (int head = 0; head < HEADS; head++)
        if (plans->features.pooled[head] != NO_VALUE)
            vectors.under[head] = (Matrix){ arena_take(world->arena, room * hidden, sizeof(float)),
                                            0, hidden, hidden };
    for (int b = first; b < end; b++) {
        const Batch *batch = &world->batch[b];
        runner_step(trial->trainer.features, batch, &(StepOptions){ .weight = 1 });
        for (int head = 0; head < HEADS; head++) {
            Matrix *all = &vectors.under[head];
            for (size_t r = 0; all->data && r < batch->extent.sequences; r++, all->rows++)
                memcpy(
                    row_at(*all, all->rows),
                    row_at(runner_value(trial->trainer.features, plans->features.pooled[head]), r),
                    hidden * sizeof(float));
        }
        for (size_t r = 0; r < batch->extent.sequences; r++)
            label[vectors.count++] = batch->label[r];
    }
    return vectors;
}

static bool fit_of(Trial *trial, Fitting *fitting, Fitted *fitted, Error *error)
{
    World *world = trial->world;
    *fitted = (Fitted){ .tensors = 0 };
    fitting->fit = (Fit){ .arena = world->arena,
                          .config = &world->config,
                          .train = vectors_of(trial, 0, BATCHES - TUNE_BATCHES),
                          .tune = vectors_of(trial, BATCHES - TUNE_BATCHES, BATCHES),
                          .outputs = LABELS,
                          .score = score,
                          .go_on = goes_on,
                          .context = fitting,
                          .training = &trial->trainer.training,
                          .batch = SEQUENCES,
                          .dropout = world->config.classifier_dropout,
                          .init_seed = SEED,
                          .order_seed = SEED,
                          .dropout_seed = SEED };
    fitting->tune_label = fitting->fit.tune.label;
    return world->method->fit(&fitting->fit, trial->plans.eval.options, fitted, error);
}

bool trial_fit(Trial *trial, Error *error)
{
    World *world = trial->world;
    Fitting fitting;
    Fitted fitted;
    if (!fit_of(trial, &fitting, &fitted, error) ||
        !fitting_adopt(world->arena, &fitted, &world->largest, &trial->plans, &trial->trainer,
                       error))
        return false;
    trial->head = fitted.head;
    return true;
}

// ---- is it the optimum?

typedef struct {
    double off;
    int lines, without; // lines tried; trials whose fit is no optimum of anything
} Seen;

// A copy that may be moved.
static Fitted copied(Arena *arena, const Fitted *fitted, const size_t *count)
{
    Fitted copy = *fitted;
    for (size_t i = 0; i < copy.tensors; i++)
        copy.tensor[i].number = memcpy(arena_take(arena, count[i], sizeof(float)),
                                       fitted->tensor[i].number, count[i] * sizeof(float));
    return copy;
}

// The objective where all numbers have gone `h` of their length along line `number`.
static double moved(const Trial *trial, const Fitting *fitting, const Fitted *fitted,
                    const size_t *count, int number, double h)
{
    Arena *arena = trial->world->arena;
    size_t mark = arena_mark(arena);
    Fitted there = copied(arena, fitted, count);
    double squares = 0, random_squares = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < there.tensors; i++)
            for (size_t j = 0; j < count[i]; j++) {
                double x = (double)fitted->tensor[i].number[j];
                double u = random_normal(
                    random_at(SEED + 3 + (uint64_t)number, STREAM_TEST, (uint64_t)i, j));
                if (pass == 0) {
                    squares += x * x;
                    random_squares += u * u;
                } else
                    ((float *)(uintptr_t)there.tensor[i].number)[j] =
                        (float)(x + h * sqrt(squares / random_squares) * u);
            }
    double value =
        trial->world->method->objective(&fitting->fit, &there, trial->plans.eval.options);
    arena_rewind(arena, mark);
    return value;
}

static bool optimum_of(Trial *trial, void *context, Proof *proof, Error *error)
{
    Seen *seen = context;
    Fitting fitting;
    Fitted fitted;
    size_t count[FITTED_TENSORS];
    if (!fit_of(trial, &fitting, &fitted, error))
        return false;
    for (size_t i = 0; i < fitted.tensors; i++) {
        const Slot *slot = fitting_slot(trial->trainer.state, fitted.tensor[i].name, error);
        if (!slot)
            return false;
        count[i] = slot->count;
    }
    double here = moved(trial, &fitting, &fitted, count, 0, 0);
    if (isnan(here)) {
        seen->without++;
        return true;
    }
    for (int line = 0; line < LINES; line++, seen->lines++) {
        double up = moved(trial, &fitting, &fitted, count, line, STEP);
        double down = moved(trial, &fitting, &fitted, count, line, -STEP);
        double slope = (up - down) / (2 * STEP), curve = (up + down - 2 * here) / (STEP * STEP);
        double off = fabs(slope / curve);
        seen->off = fmax(seen->off, off);
        if (!(curve > 0) || !(off <= OPTIMUM))
            return found(proof, FAILS,
                         "along a line what is minimised has slope %.2g and curvature %.2g: its "
                         "minimum is not at the fitted numbers",
                         slope, curve);
    }
    return true;
}

bool check_optimum(World *world, Proof *proof, Error *error)
{
    Seen seen = { 0 };
    if (!world->method->objective)
        return found(proof, DOES_NOT_APPLY, "it fits, and claims no optimum");
    if (!each_trial(world, optimum_of, &seen, proof, error))
        return proof->standing == FAILS;
    return found(proof, HOLDS,
                 "no gradient is used; what the fit minimises has its minimum there along %d lines "
                 "through the head's numbers, off by %.1e of their length; %d of %zu trials claim "
                 "none",
                 seen.lines, seen.off, seen.without, world->choices + 1);
}
