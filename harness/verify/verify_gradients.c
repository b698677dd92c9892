// verify_gradients.c: <gradient, v> against the slope of the loss along v.
//
// v is the gradient's own direction plus a random one, each of length 1: the first makes the slope
// large, the second lets every entry take part. The loss is a double made of float32 logits, so it
// is off by about 1e-7, and steps are as long as its curvature allows: of central differences D,
// (4 D(h/2) - D(h)) / 3 is off by h^4 alone. h begins where the loss moves by some hundredths and
// is halved while the two disagree; a wrong gradient agrees at no h. Where a relu's kink lies on
// the way a right one may disagree, too: it gets a few points. Dropout is on: its masks are those
// of the step. Parameters are moved off their start, where half of them may be without effect.
//
// A tensor with a gradient below NOISE of the whole (key biases: softmax does not see a constant
// added to all keys) has no direction to speak of; the slope along it must be as small.
#include "base/random.h"
#include "verify/verify_impl.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TOLERANCE 1e-3 // of the tensor's gradient; measured: 1e-4
enum { HALVINGS = 7, POINTS = 12 };

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

// False: *proof says by how much it is off.
static bool agrees(Line *line, const char *name, Seen *seen, Proof *proof)
{
    double length, claimed = aim(line, seen->whole, &length);
    bool noise = length <= NOISE * seen->whole;
    double off = disagreement(line, claimed) / (noise ? seen->whole : length);
    if (noise && !(off <= 10 * NOISE))
        found(proof, FAILS, "%s has no gradient, but the loss has a slope, %.2g of the whole", name,
              off);
    else if (!noise && !(off <= TOLERANCE))
        found(proof, FAILS, "%s: the loss's slope is another, off by %.2g of the gradient", name,
              off);
    else {
        seen->directions++;
        seen->noise += noise;
        seen->off = noise ? seen->off : fmax(seen->off, off);
        return true;
    }
    return false;
}

static Line line_of(Trial *trial, const Plan *forward)
{
    Arena *arena = trial->world->arena;
    State *state = trial->trainer.state;
    Line line = { .world = trial->world,
                  .forward =
                      runner_new(arena, forward, state, arena_take(arena, plan_bytes(forward), 1)),
                  .slot = arena_take(arena, state->slots, sizeof(Slot *)),
                  .from = arena_take(arena, state->slots, sizeof(float *)),
                  .v = arena_take(arena, state->slots, sizeof(float *)),
                  .gradient = arena_take(arena, state->slots, sizeof(float *)) };
    for (size_t i = 0; i < state->slots; i++) {
        size_t count = state->slot[i].count, n = line.slots;
        if (!state->slot[i].is.trained)
            continue;
        line.slot[n] = &state->slot[i];
        line.from[n] = arena_take(arena, count, sizeof(float));
        line.v[n] = arena_take(arena, count, sizeof(float));
        line.gradient[n] = arena_take(arena, count, sizeof(float));
        line.slots++;
    }
    return line;
}

// To a random point about the start, and the gradient there.
static void move(Line *line, Trial *trial, uint64_t point, Seen *seen)
{
    double squares = 0;
    for (size_t i = 0; i < line->slots; i++) {
        Slot *slot = line->slot[i];
        const float *start = trial->start[slot - trial->trainer.state->slot];
        uint64_t name = random_name(slot->is.name);
        for (size_t j = 0; j < slot->count; j++) {
            double random = random_normal(random_at(SEED + 2 + point, STREAM_TEST, name, j));
            line->from[i][j] = slot->value[j] = (float)((double)start[j] + 0.1 * random);
        }
        memset(slot->gradient, 0, slot->count * sizeof(float));
    }
    trainer_backward(&trial->trainer, &line->world->batch[0], 0, 1);
    for (size_t i = 0; i < line->slots; i++) {
        memcpy(line->gradient[i], line->slot[i]->gradient, line->slot[i]->count * sizeof(float));
        squares += sum_squares(line->gradient[i], line->slot[i]->count);
    }
    seen->whole = sqrt(squares);
}

// Every trained tensor by itself, the lowest layer's first, then all together.
static bool slopes(Trial *trial, void *context, Proof *proof, Error *error)
{
    const World *world = trial->world;
    const Plan *forward = plan(world->arena, trial->plans.train.graph, &world->largest, error);
    if (!forward)
        return false;
    Line all = line_of(trial, forward);
    uint64_t point = 0;
    int tries = 0;
    move(&all, trial, point, context);
    for (size_t i = 0; i <= all.slots;) {
        bool whole = i == all.slots;
        Line one = {
            world, all.forward, all.slot + i, 1, all.from + i, all.v + i, all.gradient + i
        };
        if (agrees(whole ? &all : &one, whole ? "all trained tensors" : one.slot[0]->is.name,
                   context, proof)) {
            proof->standing = HOLDS;
            tries = 0;
            i++;
        } else if (++tries == POINTS)
            break;
        else
            move(&all, trial, ++point, context);
    }
    return true;
}

// The world with the option under which the method's gradient is one, in every choice. False:
// *proof says that the method's file names none.
static bool differentiable(const World *world, World *tried, Proof *proof)
{
    const Method *method = world->method;
    const char *name = method->derivative_with.option, *value = method->derivative_with.value;
    const Option *option = name ? option_find(method_options(method), name) : NULL;
    *tried = *world;
    if (name && !option)
        return !found(proof, FAILS, "derivative_with names '%s', which is no option of it", name);
    for (size_t i = 0; name && i < tried->choices; i++) {
        void *options = value ? options_with(world, world->choice[i].options, option, value) : NULL;
        if (!options)
            return !found(proof, FAILS, "derivative_with gives %s the value '%s', which it has not",
                          name, value ? value : "");
        tried->choice[i].options = options;
    }
    return true;
}

bool check_gradients(World *world, Proof *proof, Error *error)
{
    Seen seen = { 0 };
    World tried;
    const char *with = world->method->derivative_with.option;
    if (world->method->fit)
        return check_optimum(world, proof, error);
    if (!differentiable(world, &tried, proof))
        return true;
    if (!each_trial(&tried, slopes, &seen, proof, error))
        return proof->standing == FAILS;
    return found(
        proof, HOLDS,
        "%d directions in %zu trials, off by %.1e of the gradient at most; %d have only noise%s%s%s"
        "%s",
        seen.directions, world->choices + 1, seen.off, seen.noise, with ? "; all with " : "",
        with ? with : "", with ? "=" : "", with ? world->method->derivative_with.value : "");
}
