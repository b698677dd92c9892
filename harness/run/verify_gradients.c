// verify_gradients.c: <gradient, v> against the slope of the loss along v.
//
// v is the gradient's own direction plus a random one, each of length 1: the first makes the slope
// large, the second lets every entry take part. The loss is a double made of float32 logits, so it
// is off by about 1e-7, and steps are as long as its curvature allows: of central differences D,
// (4 D(h/2) - D(h)) / 3 is off by h^4 alone. h begins where the loss moves by some hundredths and
// is halved while the two disagree; a wrong gradient agrees at no h. Dropout is on: its masks are
// those of the step. Parameters are moved off their start, where half of them may be without
// effect.
//
// A tensor with a gradient below NOISE of the whole (key biases: softmax does not see a constant
// added to all keys) has no direction to speak of; the slope along it must be as small.
#include "base/random.h"
#include "run/verify_impl.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TOLERANCE 1e-3 // of the tensor's gradient; measured: 1e-4
enum { HALVINGS = 7 };

// The tensors that move together: where they begin, which way they go, the claimed gradient.
typedef struct {
    const World *world;
    Runner *forward; // the training graph without its backward
    Slot **slot;
    size_t slots;
    float **from, **v, **gradient;
} Line;

typedef struct {
    double whole; // norm of the gradient of all trained tensors, of this trial
    double off;   // the worst so far, of the gradient
    int directions, noise;
} Seen;

static double loss_at(Line *line, double h)
{
    for (size_t i = 0; i < line->slots; i++)
        for (size_t j = 0; j < line->slot[i]->count; j++)
            line->slot[i]->value[j] = (float)((double)line->from[i][j] + h * (double)line->v[i][j]);
    return runner_step(line->forward, &line->world->batch[0],
                       &(StepOptions){ .dropout_seed = SEED, .weight = 1 });
}

static double central(Line *line, double h)
{
    return (loss_at(line, h) - loss_at(line, -h)) / (2 * h);
}

// How far the claimed slope is from the measured one, in the step that suits it best.
static double disagreement(Line *line, double claimed)
{
    double h = fmin(0.06 / fmax(fabs(claimed), 1e-9), 2), least = INFINITY;
    double coarse = central(line, h);
    for (int i = 0; i < HALVINGS && !(least < TOLERANCE / 8 * fabs(claimed)); i++) {
        double fine = central(line, h /= 2);
        least = fmin(least, fabs((4 * fine - coarse) / 3 - claimed));
        coarse = fine;
    }
    for (size_t i = 0; i < line->slots; i++)
        memcpy(line->slot[i]->value, line->from[i], line->slot[i]->count * sizeof(float));
    return least;
}

// Makes v; returns <gradient, v>. *length: of the gradient.
static double aim(Line *line, double whole, double *length)
{
    double squares = 0, random_squares = 0, slope = 0;
    for (size_t i = 0; i < line->slots; i++) {
        uint64_t name = random_name(line->slot[i]->is.name);
        for (size_t j = 0; j < line->slot[i]->count; j++) {
            double u = random_normal(random_at(SEED + 1, STREAM_TEST, name, j));
            double g = (double)line->gradient[i][j];
            line->v[i][j] = (float)u;
            random_squares += u * u;
            squares += g * g;
        }
    }
    *length = sqrt(squares);
    double along = *length > NOISE * whole ? 1 / *length : 0, aside = 1 / sqrt(random_squares);
    for (size_t i = 0; i < line->slots; i++)
        for (size_t j = 0; j < line->slot[i]->count; j++) {
            double g = (double)line->gradient[i][j];
            double v = aside * (double)line->v[i][j] + along * g;
            line->v[i][j] = (float)v;
            slope += v * g;
        }
    return slope;
}

static void try_line(Line *line, const char *name, Seen *seen, Finding *finding)
{
    double length, claimed = aim(line, seen->whole, &length);
    bool noise = length <= NOISE * seen->whole;
    double off = disagreement(line, claimed) / (noise ? seen->whole : length);
    seen->directions++;
    seen->noise += noise;
    if (noise && !(off <= 10 * NOISE))
        found(finding, FAILS, "%s has no gradient, but the loss has a slope, %.2g of the whole",
              name, off);
    else if (!noise && !(off <= TOLERANCE))
        found(finding, FAILS, "%s: the loss's slope is another, off by %.2g of the gradient", name,
              off);
    else if (!noise)
        seen->off = fmax(seen->off, off);
}

// A trained tensor joins the line, off its start.
static void join(Line *line, Slot *slot)
{
    Arena *arena = line->world->arena;
    uint64_t name = random_name(slot->is.name);
    size_t i = line->slots++;
    for (size_t j = 0; j < slot->count; j++)
        slot->value[j] += (float)(0.1 * random_normal(random_at(SEED, STREAM_TEST, name, j)));
    line->slot[i] = slot;
    line->from[i] = arena_take(arena, slot->count, sizeof(float));
    line->v[i] = arena_take(arena, slot->count, sizeof(float));
    line->gradient[i] = arena_take(arena, slot->count, sizeof(float));
    memcpy(line->from[i], slot->value, slot->count * sizeof(float));
}

// Every trained tensor by itself, the lowest layer's first, then all together.
static bool slopes(Trial *trial, void *context, Finding *finding, Error *error)
{
    Seen *seen = context;
    const World *world = trial->world;
    Arena *arena = world->arena;
    State *state = trial->trainer.state;
    const Plan *planned = plan(arena, trial->plans.train.graph, &world->largest, error);
    double squares = 0;
    if (!planned)
        return false;
    float *memory = arena_take(arena, plan_bytes(planned), 1);
    Line all = { .world = world, .forward = runner_new(arena, planned, state, memory) };
    all.slot = arena_take(arena, state->slots, sizeof(Slot *));
    all.from = arena_take(arena, state->slots, sizeof(float *));
    all.v = arena_take(arena, state->slots, sizeof(float *));
    all.gradient = arena_take(arena, state->slots, sizeof(float *));
    for (size_t i = 0; i < state->slots; i++)
        if (state->slot[i].is.trained)
            join(&all, &state->slot[i]);
    trainer_backward(&trial->trainer, &world->batch[0], 0, 1);
    for (size_t i = 0; i < all.slots; i++) {
        memcpy(all.gradient[i], all.slot[i]->gradient, all.slot[i]->count * sizeof(float));
        squares += sum_squares(all.gradient[i], all.slot[i]->count);
    }
    seen->whole = sqrt(squares);
    for (size_t i = 0; i < all.slots && finding->verdict != FAILS; i++) {
        Line one = {
            world, all.forward, all.slot + i, 1, all.from + i, all.v + i, all.gradient + i
        };
        try_line(&one, all.slot[i]->is.name, seen, finding);
    }
    if (finding->verdict != FAILS)
        try_line(&all, "all trained tensors", seen, finding);
    return true;
}

bool check_gradients(World *world, Finding *finding, Error *error)
{
    Seen seen = { 0 };
    if (!world->trains)
        return found(finding, DOES_NOT_APPLY, "it trains nothing");
    if (!each_trial(world, slopes, &seen, finding, error))
        return finding->verdict == FAILS;
    return found(
        finding, HOLDS,
        "%d directions in %zu trials, off by %.1e of the gradient at most; %d have only noise",
        seen.directions, world->choices + 1, seen.off, seen.noise);
}
