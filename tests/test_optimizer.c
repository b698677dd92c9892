// test_optimizer.c: AdamW, schedules and clipping, by hand and against PyTorch's numbers.
#include "engine/optimizer.h"
#include "engine/kernels.h"
#include "tests/test.h"
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static const AdamW plain = {
    .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .rate = 0.01, .clip = 1, .t = 1
};

// m = 0.1 g and v = 0.001 g^2; both corrections undo the factor, so the step is rate g / |g| =
// 0.01; without them it would be 0.01 x 0.1 / sqrt(0.001) = 0.0316.
static void the_first_step_is_the_rate(void)
{
    float value[] = { 1, 1 }, m[2] = { 0 }, v[2] = { 0 }, gradient[] = { 1, -250 };
    adamw(value, m, v, gradient, 2, adamw_factors(&plain));
    CHECK_CLOSE(value[0], 0.99, 1e-6);
    CHECK_CLOSE(value[1], 1.01, 1e-6);
    CHECK_CLOSE(m[0], 0.1, 1e-7);
    CHECK_CLOSE(v[1], 62.5, 1e-6);
}

// With a large epsilon E and gradient 1 the step is rate / (1 + E): epsilon stands outside the root
// and after the correction. With E = 3: 0.0025.
static void epsilon_stands_outside_the_root_and_after_the_correction(void)
{
    float value = 0, m = 0, v = 0, gradient = 1;
    AdamW options = plain;
    options.epsilon = 3;
    adamw(&value, &m, &v, &gradient, 1, adamw_factors(&options));
    CHECK_CLOSE(value, -0.0025, 1e-9);
}

// Decay 0.5 at rate 0.01 takes 0.5 % of the value, whatever the gradient; the moments do not see
// it.
static void decay_is_decoupled(void)
{
    float value = 2, m = 0, v = 0, gradient = 0;
    AdamW options = plain;
    options.decay = 0.5;
    adamw(&value, &m, &v, &gradient, 1, adamw_factors(&options));
    CHECK_CLOSE(value, 1.99, 1e-7);
    CHECK_CLOSE(m, 0, 0);
    CHECK_CLOSE(v, 0, 0);
}

static void rate_zero_moves_moments_and_no_value(void)
{
    float value = 2, m = 0, v = 0, gradient = 4;
    AdamW options = plain;
    options.rate = 0;
    options.decay = 0.1;
    adamw(&value, &m, &v, &gradient, 1, adamw_factors(&options));
    CHECK_CLOSE(value, 2, 0);
    CHECK_CLOSE(m, 0.4, 1e-7);
    CHECK_CLOSE(v, 0.016, 1e-7);
}

static void the_gradient_is_zero_afterwards(void)
{
    float value[37] = { 0 }, m[37] = { 0 }, v[37] = { 0 }, gradient[37];
    for (int i = 0; i < 37; i++)
        gradient[i] = (float)i - 7.5f;
    adamw(value, m, v, gradient, 36, adamw_factors(&plain));
    for (int i = 0; i < 36; i++)
        CHECK_CLOSE(gradient[i], 0, 0);
    CHECK_CLOSE(gradient[36], 28.5, 0); // beyond n
    CHECK_CLOSE(value[36], 0, 0);
}

static void moments_of_a_row_that_never_occurs_become_zero_not_subnormal(void)
{
    float value = 1, m = 0, v = 0, gradient = 1e-18f;
    AdamW options = plain;
    for (; options.t < 2000; options.t++) {
        adamw(&value, &m, &v, &gradient, 1, adamw_factors(&options));
        CHECK(m == 0 || fabsf(m) >= FLT_MIN);
        CHECK(v == 0 || v >= FLT_MIN);
    }
    CHECK(m == 0);
}

static void updates_agree_with_the_equations_in_double_over_many_steps(void)
{
    enum { N = 53, STEPS = 200 };
    float value[N], m[N] = { 0 }, v[N] = { 0 }, gradient[N];
    double theta[N], first[N] = { 0 }, second[N] = { 0 };
    uint64_t random = 5;
    for (int i = 0; i < N; i++)
        theta[i] = value[i] = mix_float(&random);
    for (int64_t t = 1; t <= STEPS; t++) {
        AdamW o = { 0.9, 0.99, 1e-6, 1e-3 * (double)(t % 7), 0.1, 0.5, t };
        for (int i = 0; i < N; i++) {
            gradient[i] = mix_float(&random);
            double g = o.clip * gradient[i];
            theta[i] -= o.rate * o.decay * theta[i];
            first[i] = o.beta1 * first[i] + (1 - o.beta1) * g;
            second[i] = o.beta2 * second[i] + (1 - o.beta2) * g * g;
            theta[i] -= o.rate / (1 - pow(o.beta1, (double)t)) * first[i] /
                        (sqrt(second[i] / (1 - pow(o.beta2, (double)t))) + o.epsilon);
        }
        adamw(value, m, v, gradient, N, adamw_factors(&o));
    }
    for (int i = 0; i < N; i++)
        CHECK_CLOSE(value[i], theta[i], 3e-6);
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return CHECK(json_is_number(value)) ? json_number_value(value) : NAN;
}

static json_t *fixture(const char *name)
{
    char path[512];
    if (!shared_folder()) {
        skip("../shared is not there");
        return NULL;
    }
    snprintf(path, sizeof path, "%s/reference/training/other/%s", shared_folder(), name);
    json_t *root = json_load_file(path, 0, NULL);
    CHECK(root != NULL);
    return root;
}

typedef struct {
    float value[12], m[12], v[12], gradient[12];
    size_t n;
    const char *gradient_key, *after_key;
    bool decays;
} Tensor;

static void steps_agree_with_pytorch(void)
{
    json_t *root = fixture("optimizer.json"), *run, *step;
    size_t r, s, steps = 0;
    json_array_foreach(json_object_get(root, "runs"), r, run)
    {
        json_t *options = json_object_get(run, "options");
        json_t *initial = json_object_get(root, "initial");
        Tensor tensors[] = {
            { .n = 12, .gradient_key = "grad_matrix", .after_key = "after_matrix", .decays = true },
            { .n = 5, .gradient_key = "grad_bias", .after_key = "after_bias" },
        };
        static const char *const names[] = { "matrix", "bias" };
        for (int k = 0; k < 2; k++)
            for (size_t i = 0; i < tensors[k].n; i++)
                tensors[k].value[i] = (float)json_number_value(json_array_get(
                    json_object_get(json_object_get(initial, names[k]), "values"), i));
        json_array_foreach(json_object_get(run, "steps"), s, step)
        {
            double squares = 0;
            for (int k = 0; k < 2; k++) {
                Tensor *t = &tensors[k];
                json_t *gradient = json_object_get(step, t->gradient_key);
                for (size_t i = 0; i < t->n; i++)
                    t->gradient[i] = (float)json_number_value(json_array_get(gradient, i));
                squares += sum_squares(t->gradient, t->n);
            }
            CHECK_CLOSE(sqrt(squares), number(step, "grad_norm"), 1e-6);
            for (int k = 0; k < 2; k++) {
                Tensor *t = &tensors[k];
                AdamW adam = {
                    .beta1 = number(options, "beta1"),
                    .beta2 = number(options, "beta2"),
                    .epsilon = number(options, "eps"),
                    .rate = number(step, "lr"),
                    .decay = t->decays ? number(options, "weight_decay") : 0,
                    .clip = clip_factor(number(options, "clip"), sqrt(squares)),
                    .t = (int64_t)s + 1,
                };
                adamw(t->value, t->m, t->v, t->gradient, t->n, adamw_factors(&adam));
                json_t *after = json_object_get(step, t->after_key);
                for (size_t i = 0; i < t->n; i++)
                    CHECK_CLOSE(t->value[i], json_number_value(json_array_get(after, i)), 1e-5);
            }
            steps++;
        }
    }
    CHECK(!root || steps == 15);
    json_decref(root);
}

// 12 steps, 3 of them warming up, lr 9: step 1 of 3 is a third, then 9 (12 - t) / 9 = 12 - t; at
// the middle of the cosine half.
static void schedules_worked_by_hand(void)
{
    CHECK_CLOSE(schedule_rate(SCHEDULE_LINEAR, 9, 0, 3, 12), 0, 0);
    CHECK_CLOSE(schedule_rate(SCHEDULE_LINEAR, 9, 1, 3, 12), 3, 1e-15);
    CHECK_CLOSE(schedule_rate(SCHEDULE_LINEAR, 9, 3, 3, 12), 9, 1e-15);
    CHECK_CLOSE(schedule_rate(SCHEDULE_LINEAR, 9, 10, 3, 12), 2, 1e-15);
    CHECK_CLOSE(schedule_rate(SCHEDULE_LINEAR, 9, 20, 3, 12), 0, 0);
    CHECK_CLOSE(schedule_rate(SCHEDULE_CONSTANT, 9, 10, 3, 12), 9, 0);
    CHECK_CLOSE(schedule_rate(SCHEDULE_COSINE, 9, 7, 2, 12), 4.5, 1e-15);
    CHECK_CLOSE(schedule_rate(SCHEDULE_LINEAR, 9, 0, 0, 1), 9, 0);
    CHECK(schedule_warmup(0.06, 50) == 3);
    CHECK(schedule_warmup(0.06, 10) == 1);
    CHECK(schedule_warmup(0, 10) == 0);
}

static void schedules_agree_with_the_table(void)
{
    json_t *root = fixture("schedule.json"), *one, *rate;
    size_t i, t, rates = 0;
    json_array_foreach(json_object_get(root, "schedules"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "schedule"));
        Schedule schedule = !strcmp(name, "linear")   ? SCHEDULE_LINEAR
                            : !strcmp(name, "cosine") ? SCHEDULE_COSINE
                                                      : SCHEDULE_CONSTANT;
        double lr = number(one, "lr");
        int64_t warmup = (int64_t)number(one, "warmup_steps"),
                steps = (int64_t)number(one, "steps");
        json_array_foreach(json_object_get(one, "table"), t, rate)
        {
            double ours = schedule_rate(schedule, lr, (int64_t)t, warmup, steps);
            CHECK_CLOSE(ours / lr, json_number_value(rate) / lr, 1e-12);
            rates++;
        }
    }
    json_array_foreach(json_object_get(root, "ratios"), i, one)
        CHECK(schedule_warmup(number(one, "ratio"), (int64_t)number(one, "steps")) ==
              (int64_t)number(one, "warmup_steps"));
    CHECK(!root || rates > 50);
    json_decref(root);
}

// Norm 4 with clip 1 is a quarter, but for the 1e-6 beside the norm.
static void clipping_shortens_long_gradients_only(void)
{
    CHECK_CLOSE(clip_factor(1, 4), 1 / 4.000001, 1e-15);
    CHECK_CLOSE(clip_factor(1, 0.5), 1, 0);
    CHECK_CLOSE(clip_factor(0, 1e9), 1, 0);
    CHECK_CLOSE(clip_factor(1, 0), 1, 0);
}

void suite_optimizer(void)
{
    ADD(the_first_step_is_the_rate);
    ADD(epsilon_stands_outside_the_root_and_after_the_correction);
    ADD(decay_is_decoupled);
    ADD(rate_zero_moves_moments_and_no_value);
    ADD(the_gradient_is_zero_afterwards);
    ADD(moments_of_a_row_that_never_occurs_become_zero_not_subnormal);
    ADD(updates_agree_with_the_equations_in_double_over_many_steps);
    ADD(steps_agree_with_pytorch);
    ADD(schedules_worked_by_hand);
    ADD(schedules_agree_with_the_table);
    ADD(clipping_shortens_long_gradients_only);
}
