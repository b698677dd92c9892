// kernel_rotary.c: rows turned by their positions. Angles are taken in double; the checkpoints were
// trained with those of a float.
#include "engine/kernels.h"
#include "engine/vector.h"
#include <assert.h>

static void angles(float *cosine, float *sine, size_t half, const Rotary *options, double position)
{
    double sign = options->back ? -1 : 1;
    for (size_t i = 0; i < half; i++) {
        double angle = position * pow(options->base, -(double)i / (double)half);
        cosine[i] = (float)cos(angle);
        sine[i] = (float)(sign * sin(angle));
    }
}

static void turn(float *y, const float *x, const float *cosine, const float *sine, size_t half)
{
    INDEPENDENT
    for (size_t i = 0; i < half; i++) { // vectorised
        float a = x[i], b = x[i + half];
        y[i] = a * cosine[i] - b * sine[i];
        y[i + half] = b * cosine[i] + a * sine[i];
    }
}

static void turn_and_add(float *y, const float *x, const float *cosine, const float *sine,
                         size_t half)
{
    INDEPENDENT
    for (size_t i = 0; i < half; i++) { // vectorised
        float a = x[i], b = x[i + half];
        y[i] += a * cosine[i] - b * sine[i];
        y[i + half] += b * cosine[i] + a * sine[i];
    }
}

void rotary(Matrix y, Matrix x, const Rotary *options, const Batch *batch, Layout layout, bool add,
            float *scratch)
{
    size_t size = (size_t)options->size, half = size / 2;
    float *cosine = scratch, *sine = scratch + half;
    assert(y.rows == x.rows && y.cols == x.cols && size % 2 == 0 && x.cols % size == 0);
    for (size_t s = 0; s < batch->extent.sequences; s++) {
        Segment own = segment_of(batch, layout, s);
        for (size_t r = 0; r < own.count; r++) {
            float *out = row_at(y, own.first + r);
            const float *in = row_at(x, own.first + r);
            angles(cosine, sine, half, options, (double)r - (double)layout.extra);
            for (size_t c = 0; c < x.cols; c += size)
                (add ? turn_and_add : turn)(out + c, in + c, cosine, sine, half);
        }
    }
}
