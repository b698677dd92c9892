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

void adamw(float *restrict value, float *restrict m, float *restrict v, float *restrict gradient,
           size_t n, const AdamW *options)
{
    assert(options->t > 0);
    double t = (double)options->t;
    float b1 = (float)options->beta1, rest1 = (float)(1 - options->beta1);
    float b2 = (float)options->beta2, rest2 = (float)(1 - options->beta2);
    float kept = (float)(1 - options->rate * options->decay), clip = (float)options->clip;
    float step = (float)(options->rate / (1 - pow(options->beta1, t)));
    float correction = (float)(1 / sqrt(1 - pow(options->beta2, t)));
    float epsilon = (float)options->epsilon;
    for (size_t i = 0; i < n; i++) { // vectorised
        float g = clip * gradient[i];
        float first = flush(b1 * m[i] + rest1 * g), second = flush(b2 * v[i] + rest2 * (g * g));
        m[i] = first;
        v[i] = second;
        value[i] = kept * value[i] - step * first / (sqrtf(second) * correction + epsilon);
        gradient[i] = 0;
    }
}
