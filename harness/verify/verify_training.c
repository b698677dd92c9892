// verify_training.c: what steps do: to what trains and to what does not, twice, and on disk.
#include "verify/verify_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- frozen: what changes is what is declared trained

typedef struct {
    size_t trained, other; // frozen; or with noise alone
} Tensors;

static bool changes(Trial *trial, void *context, Proof *proof, Error *error)
{
    const World *world = trial->world;
    const State *state = trial->trainer.state;
    Tensors *tensors = context;
    trial->trainer.training.weight_decay = 1;
    if (!trial_learn(trial, error))
        return false;
    for (size_t i = 0; i < state->slots; i++) {
        const Slot *slot = &state->slot[i];
        bool changed = memcmp(slot->value, trial->start[i], slot->count * sizeof(float)) != 0;
        *(slot->is.trained ? &tensors->trained : &tensors->other) += 1;
        if (changed != slot->is.trained)
            return found(proof, FAILS,
                         changed ? "%s is frozen, but has changed after %d steps"
                                 : "%s is to be trained, but is the same after %d steps",
                         slot->is.name, TRIAL_STEPS);
    }
    if (memcmp(world->weights, world->pristine, world->numbers * sizeof(float)) != 0)
        found(proof, FAILS, "the checkpoint's own numbers have changed");
    return true;
}

bool check_frozen(World *world, Proof *proof, Error *error)
{
    Tensors tensors = { 0 };
    if (!each_trial(world, changes, &tensors, proof, error))
        return proof->standing == FAILS;
    const char *after = arena_format(world->arena, "%d steps with weight decay 1", TRIAL_STEPS);
    return found(proof, HOLDS,
                 "after %s all %zu trained tensors of %zu trials have changed, all %zu frozen ones "
                 "have their bits",
                 world->method->fit ? "the fit" : after, tensors.trained, world->choices + 1,
                 tensors.other);
}

// ---- reached: a gradient everywhere; after two steps, since of two factors one may begin at zero

static bool gradients_of(Trial *trial, void *context, Proof *proof, Error *error)
{
    const State *state = trial->trainer.state;
    Tensors *tensors = context;
    double squares = 0;
    (void)error;
    trial_steps(trial, 2);
    trainer_backward(&trial->trainer, &trial->world->batch[2], 2, 1);
    for (size_t i = 0; i < state->slots; i++)
        if (state->slot[i].is.trained)
            squares += sum_squares(state->slot[i].gradient, state->slot[i].count);
    for (size_t i = 0; i < state->slots; i++) {
        const Slot *slot = &state->slot[i];
        if (!slot->is.trained)
            continue;
        double norm = sqrt(sum_squares(slot->gradient, slot->count));
        *(norm > NOISE * sqrt(squares) ? &tensors->trained : &tensors->other) += 1;
        if (!(norm > 0))
            return found(proof, FAILS, "%s has no gradient after two steps", slot->is.name);
    }
    return true;
}

bool check_reached(World *world, Proof *proof, Error *error)
{
    Tensors tensors = { 0 };
    if (world->method->fit)
        return found(proof, DOES_NOT_APPLY, "it fits, without a backward through the model");
    if (!each_trial(world, gradients_of, &tensors, proof, error))
        return proof->standing == FAILS;
    return found(
        proof, HOLDS,
        "after two steps all %zu trained tensors of %zu trials have a gradient, %zu of them "
        "only noise",
        tensors.trained + tensors.other, world->choices + 1, tensors.other);
}

// ---- saved: trained tensors to a file and back

// A fresh trainer whose trained tensors are not numbers until they are read.
static bool loaded_logits(Trial *trial, const char *path, Matrix *logits, size_t *tensors,
                          Error *error)
{
    Description description = description_of(trial->world, trial->choice->options, trial->head);
    Checkpoint file;
    Trial fresh;
    description.stored = true;
    if (!checkpoint_open(trial->world->arena, path, &file, error))
        return false;
    *tensors += file.tensors;
    bool ok = trial_open(trial->world, &description, &fresh, error);
    if (ok) {
        State *state = fresh.trainer.state;
        for (size_t i = 0; i < state->slots; i++)
            for (size_t j = 0; state->slot[i].is.trained && j < state->slot[i].count; j++)
                state->slot[i].value[j] = NAN;
        ok = trained_load(fresh.trainer.state, &file, error);
    }
    if (ok)
        *logits = trial_logits(&fresh);
    trial_close(&fresh);
    checkpoint_close(&file);
    return ok;
}

typedef struct {
    const char *path;
    size_t tensors;
} Saved;

static bool saved(Trial *trial, void *context, Proof *proof, Error *error)
{
    Saved *saved = context;
    Matrix loaded;
    if (!trial_learn(trial, error))
        return false;
    Matrix trained = trial_logits(trial);
    if (!trainer_save(&trial->trainer, saved->path, NULL, error) ||
        !loaded_logits(trial, saved->path, &loaded, &saved->tensors, error))
        return false;
    if (!bits_equal(trained, loaded))
        found(proof, FAILS, "read back on the untouched model the logits are off by %.2g",
              apart(trained, loaded));
    return true;
}

bool check_saved(World *world, Proof *proof, Error *error)
{
    const char *home = getenv("TMPDIR");
    char *folder =
        arena_format(world->arena, "%s/tunemark-verify-XXXXXX", home && *home ? home : "/tmp");
    Saved context = { 0 };
    if (!mkdtemp(folder))
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = folder }, NULL,
                    "no folder could be made there");
    context.path = path_join(world->arena, folder, "method.safetensors");
    bool all = each_trial(world, saved, &context, proof, error);
    unlink(context.path);
    rmdir(folder);
    if (!all)
        return proof->standing == FAILS;
    return found(
        proof, HOLDS,
        "%zu tensors of %zu trials written, and read back on the untouched model: the same "
        "logits to the bit",
        context.tensors, world->choices + 1);
}

// ---- repeated: the same bits twice

static bool repeats(Trial *trial, void *context, Proof *proof, Error *error)
{
    Description description = description_of(trial->world, trial->choice->options, trial->head);
    Trial again;
    bool ok = trial_open(trial->world, &description, &again, error), same = true;
    (void)context;
    bool fits = trial->world->method->fit;
    if (ok && fits)
        ok = trial_fit(trial, error) && trial_fit(&again, error);
    for (int64_t step = 0; ok && !fits && same && step < TRIAL_STEPS; step++) {
        double first = trial_step(trial, step), second = trial_step(&again, step);
        trial_logits(&again);   // looking changes nothing
        same = first == second; // false where they are no numbers
        if (!same)
            found(proof, FAILS, "the loss of step %d is %.9g, then %.9g", (int)step, first, second);
    }
    if (ok && same && !bits_equal(trial_logits(trial), trial_logits(&again)))
        found(proof, FAILS, "the same losses twice, but other logits");
    trial_close(&again);
    return ok;
}

bool check_repeated(World *world, Proof *proof, Error *error)
{
    if (!each_trial(world, repeats, NULL, proof, error))
        return proof->standing == FAILS;
    if (world->method->fit)
        return found(proof, HOLDS, "fitted twice: the same logits");
    return found(proof, HOLDS,
                 "%d steps twice, once with an evaluation after each: the same losses and logits",
                 TRIAL_STEPS);
}

// ---- learns: the loss of the first passes over the batches and of the last, as a run trains. The
// pooler makes it hard: a new classifier by itself brings the loss down by 7 %, LayerNorm's offsets
// by twice that.

enum { PASSES = 36, ENDS = 4 };
#define LEAST_FALL 0.1

static double loss_of(Trial *trial)
{
    const World *world = trial->world;
    Matrix logits = trial_logits(trial);
    int32_t *label = arena_take(world->arena, logits.rows, sizeof *label);
    size_t count = 0;
    for (int b = 0; b < BATCHES; b++)
        for (size_t s = 0; s < world->batch[b].extent.sequences; s++)
            label[count++] = world->batch[b].label[s];
    return cross_entropy((Matrix){ 0 }, logits, label, 1);
}

// The loss before a fit and after it.
static bool fitted_losses(Trial *trial, double *first, double *last, Error *error)
{
    *first = loss_of(trial);
    if (!trial_fit(trial, error))
        return false;
    *last = loss_of(trial);
    return true;
}

bool check_learns(World *world, Proof *proof, Error *error)
{
    Description description = description_of(world, world->choice[0].options, HEAD_POOLER);
    Config config = world->config;
    Trial trial;
    double first = 0, last = 0;
    config.initializer_range = 0.02;
    description.config = &config;
    bool ok = trial_open(world, &description, &trial, error);
    if (ok) {
        int64_t steps = PASSES * BATCHES, end = ENDS * BATCHES;
        trial.trainer.training.schedule = SCHEDULE_LINEAR;
        trial.trainer.training.warmup = schedule_warmup(WARMUP_SHARE, steps);
        trial.trainer.training.steps = steps;
        if (world->method->fit)
            ok = fitted_losses(&trial, &first, &last, error);
        for (int64_t step = 0; !world->method->fit && step < steps; step++) {
            double loss = trial_step(&trial, step);
            first += step < end ? loss / (double)end : 0;
            last += step >= steps - end ? loss / (double)end : 0;
        }
    }
    trial_close(&trial);
    if (!ok)
        return false;
    if (world->method->fit)
        return found(proof, last < (1 - LEAST_FALL) * first ? HOLDS : FAILS,
                     "fitted, the loss is %.3f; under the random head it was %.3f", last, first);
    bool falls = last < (1 - LEAST_FALL) * first;
    return found(proof, falls ? HOLDS : FAILS,
                 "at rate %g the loss goes from %.3f to %.3f in %d steps%s",
                 trial.trainer.training.lr, first, last, PASSES * BATCHES,
                 falls ? ""
                       : ", by less than a tenth, and a classifier by itself brings 7 %: is "
                         "that a rate for it?");
}
