// verify_trial.c: the method on the model, as a run has it.
#include "verify/verify_impl.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

Description description_of(const World *world, const void *options, Head head)
{
    const Method *method = options ? world->method : NULL;
    return (Description){
        .config = &world->config,
        .method = { method, options },
        .head = head,
        .outputs = LABELS,
        .pretrained = true,
        .training = true,
        .hidden_dropout = world->config.hidden_dropout,
        .attention_dropout = world->config.attention_dropout,
        .classifier_dropout = world->config.classifier_dropout,
        .frozen_dropout = !(method && method->claims & CALM_WHEN_FROZEN),
    };
}

bool trial_open(World *world, const Description *description, Trial *trial, Error *error)
{
    double rate = method_rate(world->method, description->method.options, world->config.hidden);
    bool training =
        description->method.method && world->trains && !description->merged && !description->stored;
    bool fits = training && world->method->fit;
    Training rates = { .schedule = SCHEDULE_CONSTANT,
                       .lr = rate,
                       .head_lr = rate,
                       .head_part = PART_HEAD,
                       .steps = TRIAL_STEPS,
                       .clip = 1,
                       .beta1 = ADAM_BETA1,
                       .beta2 = ADAM_BETA2,
                       .epsilon = ADAM_EPSILON };
    *trial = (Trial){ .world = world, .head = description->head };
    if (!plans_make(world->arena, description, training && !fits ? &world->largest : NULL,
                    &world->largest, &trial->plans, error) ||
        (fits && !plans_features(world->arena, &world->largest, &trial->plans, error)) ||
        !trainer_new(world->arena, &trial->plans, &world->checkpoint, SEED, SEED, &rates,
                     &trial->trainer, error))
        return false;
    const State *state = trial->trainer.state;
    trial->start = arena_take(world->arena, state->slots + 1, sizeof *trial->start);
    for (size_t i = 0; i < state->slots; i++) {
        trial->start[i] = arena_take(world->arena, state->slot[i].count, sizeof(float));
        memcpy(trial->start[i], state->slot[i].value, state->slot[i].count * sizeof(float));
    }
    return true;
}

void trial_close(Trial *trial)
{
    trainer_free(&trial->trainer);
}

double trial_step(Trial *trial, int64_t step)
{
    double loss = trainer_backward(&trial->trainer, &trial->world->batch[step % BATCHES], step, 1);
    trainer_update(&trial->trainer, step);
    return loss;
}

void trial_steps(Trial *trial, int64_t steps)
{
    for (int64_t step = 0; step < steps; step++)
        trial_step(trial, step);
    trainer_settle(&trial->trainer);
}

bool trial_learn(Trial *trial, Error *error)
{
    if (trial->world->method->fit)
        return trial_fit(trial, error);
    trial_steps(trial, TRIAL_STEPS);
    return true;
}

Matrix trial_logits(Trial *trial)
{
    Matrix all = { arena_take(trial->world->arena, BATCHES * SEQUENCES * LABELS, sizeof(float)), 0,
                   LABELS, LABELS };
    for (int b = 0; b < BATCHES; b++) {
        Matrix got = trainer_logits(&trial->trainer, &trial->world->batch[b]);
        for (size_t r = 0; r < got.rows; r++, all.rows++)
            memcpy(row_at(all, all.rows), row_at(got, r), LABELS * sizeof(float));
    }
    return all;
}

double apart(Matrix a, Matrix b)
{
    double most = 0, largest = 1;
    for (size_t i = 0; i < a.rows * a.cols; i++) {
        double difference = fabs((double)a.data[i] - (double)b.data[i]);
        if (isnan(difference))
            return difference;
        most = fmax(most, difference);
        largest = fmax(largest, fabs((double)b.data[i]));
    }
    return most / largest;
}

bool bits_equal(Matrix a, Matrix b)
{
    return a.rows == b.rows && memcmp(a.data, b.data, a.rows * a.cols * sizeof(float)) == 0;
}

static bool one_trial(World *world, const Choice *choice, Head head, Each *each, void *context,
                      Proof *proof, Error *error)
{
    Description description = description_of(world, choice->options, head);
    Trial trial;
    size_t mark = arena_mark(world->arena);
    bool ok = trial_open(world, &description, &trial, error);
    trial.choice = choice;
    ok = ok && each(&trial, context, proof, error);
    trial_close(&trial);
    arena_rewind(world->arena, mark);
    if (ok && proof->standing == FAILS) {
        size_t length = strlen(proof->says);
        snprintf(proof->says + length, sizeof proof->says - length, " (%s, head %s)", choice->says,
                 head_names[head]);
        return false;
    }
    return ok;
}

bool each_trial(World *world, Each *each, void *context, Proof *proof, Error *error)
{
    if (!one_trial(world, &world->choice[0], HEAD_MEAN, each, context, proof, error))
        return false;
    for (size_t i = 0; i < world->choices; i++)
        if (!one_trial(world, &world->choice[i], HEAD_POOLER, each, context, proof, error))
            return false;
    return true;
}
