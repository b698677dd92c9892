// optimizer.c: AdamW, rate schedules, clipping.
#include "engine/optimizer.h"
#include <assert.h>
#include <float.h>
#include <math.h>

double schedule_rate(Schedule schedule, double lr, int64_t t, int64_t warmup, int64_t steps)
{
    if (t < warmup)
        return lr * (double)t / (double)warmup;
    double left = fmax(1, (double)(steps - warmup)); // steps after the warm-up
    switch (schedule) {
    case SCHEDULE_LINEAR:
        return lr * fmax(0, (double)(steps - t) / left);
    case SCHEDULE_COSINE:
        return lr * (1 + cos(acos(-1) * (double)(t - warmup) / left)) / 2;
    case SCHEDULE_CONSTANT:
        break;
    }
    return lr;
}

int64_t schedule_warmup(double ratio, int64_t steps)
{
    return (int64_t)ceil(ratio * (double)steps);
}

double clip_factor(double clip, double norm)
{
    return clip == 0 ? 1 : fmin(1, clip / (norm + 1e-6));
}

// Moments below FLT_MIN become 0: an embedding row that does not occur halves its moment every
// seven steps, and arithmetic on subnormal numbers is a hundred times slower on some machines.
static inline float flush(float x)
{
    return fabsf(x) < FLT_MIN ? 0 : x;
}

AdamWFactors adamw_factors(const AdamW *update)
{
    assert(update->t > 0);
    double t = (double)update->t;
    return (AdamWFactors){
        .b1 = (float)update->beta1,
        .rest1 = (float)(1 - update->beta1),
        .b2 = (float)update->beta2,
        .rest2 = (float)(1 - update->beta2),
        .kept = (float)(1 - update->rate * update->decay),
        .clip = (float)update->clip,
        .step = (float)(update->rate / (1 - pow(update->beta1, t))),
        .correction = (float)(1 / sqrt(1 - pow(update->beta2, t))),
        .epsilon = (float)update->epsilon,
    };
}

static inline void move(float *value, float *m, float *v, float g, const AdamWFactors *update)
{
    float first = flush(update->b1 * *m + update->rest1 * g);
    float second = flush(update->b2 * *v + update->rest2 * (g * g));
    *m = first;
    *v = second;
    *value = update->kept * *value -
             update->step * first / (sqrtf(second) * update->correction + update->epsilon);
}

void adamw(float *restrict value, float *restrict m, float *restrict v, float *restrict gradient,
           size_t n, AdamWFactors update)
{
    for (size_t i = 0; i < n; i++) { // vectorised
        move(&value[i], &m[i], &v[i], update.clip * gradient[i], &update);
        gradient[i] = 0;
    }
}

// All updates of a strip, then the next: it stays in registers.
enum { STRIP = 16 };

static void idle_strip(float *restrict value, float *restrict m, float *restrict v,
                       const AdamWFactors *update, size_t count)
{
    float values[STRIP], first[STRIP], second[STRIP];
    for (size_t j = 0; j < STRIP; j++)
        values[j] = value[j], first[j] = m[j], second[j] = v[j];
    for (size_t k = 0; k < count; k++) {
        AdamWFactors now = update[k];
        for (size_t j = 0; j < STRIP; j++) // vectorised
            move(&values[j], &first[j], &second[j], 0, &now);
    }
    for (size_t j = 0; j < STRIP; j++)
        value[j] = values[j], m[j] = first[j], v[j] = second[j];
}

void adamw_idle(float *restrict value, float *restrict m, float *restrict v, size_t n,
                const AdamWFactors *update, size_t count)
{
    size_t whole = n - n % STRIP;
    for (size_t i = 0; i < whole; i += STRIP)
        idle_strip(value + i, m + i, v + i, update, count);
    for (size_t i = whole; i < n; i++)
        for (size_t k = 0; k < count; k++)
            move(&value[i], &m[i], &v[i], 0, &update[k]);
}
