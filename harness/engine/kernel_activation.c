// kernel_activation.c: activations.
//
// In place is allowed, so the loops carry INDEPENDENT instead of restrict.
#include "engine/kernels.h"
#include "engine/vector.h"
#include <assert.h>

#define ROOT_HALF 0.70710678118654752f      // sqrt(1 / 2)
#define NORMAL_DENSITY 0.39894228040143268f // 1 / sqrt(2 pi)
#define GELU_NEW_SCALE 0.79788456080286536f // sqrt(2 / pi)
#define GELU_NEW_CUBE 0.044715f             // Hendrycks, Gimpel 2016 (arXiv 1606.08415), section 2

// y = f(x) and, where slope is not NULL, slope = f'(x).
typedef void ActivationRow(float *y, float *slope, const float *x, size_t n);
static ActivationRow gelu, gelu_new, relu, tanh_row, swish;

static ActivationRow *const rows_by[] = {
    [GELU] = gelu, [GELU_NEW] = gelu_new, [RELU] = relu, [TANH] = tanh_row, [SWISH] = swish,
};

void activation(Activation which, Matrix y, Matrix slope, Matrix x)
{
    assert(same_size(y, x) && (!slope.data || same_size(slope, x)));
    for (size_t r = 0; r < x.rows; r++)
        rows_by[which](row_at(y, r), slope.data ? row_at(slope, r) : NULL, row_at(x, r), x.cols);
}

// x Phi(x); Phi(x) + x phi(x), with the normal distribution's Phi and phi.
static void gelu(float *y, float *slope, const float *x, size_t n)
{
    if (!slope) {
        INDEPENDENT
        for (size_t i = 0; i < n; i++) // vectorised
            y[i] = x[i] * (0.5f + 0.5f * erff(x[i] * ROOT_HALF));
        return;
    }
    INDEPENDENT
    for (size_t i = 0; i < n; i++) { // vectorised
        float in = x[i], below = 0.5f + 0.5f * erff(in * ROOT_HALF);
        slope[i] = below + in * NORMAL_DENSITY * expf(-0.5f * in * in);
        y[i] = in * below;
    }
}

// x (1 + t) / 2; (1 + t) / 2 + x (1 - t^2) u' / 2, with t = tanh(u), u = sqrt(2 / pi) (x + 0.044715
// x^3).
static void gelu_new(float *y, float *slope, const float *x, size_t n)
{
    if (!slope) {
        INDEPENDENT
        for (size_t i = 0; i < n; i++) { // vectorised
            float in = x[i], cubic = GELU_NEW_CUBE * in * in;
            y[i] = in * (0.5f + 0.5f * tanhf(GELU_NEW_SCALE * in * (1 + cubic)));
        }
        return;
    }
    INDEPENDENT
    for (size_t i = 0; i < n; i++) { // vectorised
        float in = x[i], cubic = GELU_NEW_CUBE * in * in;
        float t = tanhf(GELU_NEW_SCALE * in * (1 + cubic));
        slope[i] = 0.5f + 0.5f * t + 0.5f * in * (1 - t * t) * GELU_NEW_SCALE * (1 + 3 * cubic);
        y[i] = in * (0.5f + 0.5f * t);
    }
}

static void relu(float *y, float *slope, const float *x, size_t n)
{
    if (slope)
        for (size_t i = 0; i < n; i++) // vectorised
            slope[i] = x[i] > 0 ? 1 : 0;
    INDEPENDENT
    for (size_t i = 0; i < n; i++)  // vectorised
        y[i] = x[i] < 0 ? 0 : x[i]; // keeps a NaN
}

static void tanh_row(float *y, float *slope, const float *x, size_t n)
{
    INDEPENDENT
    for (size_t i = 0; i < n; i++) // vectorised
        y[i] = tanhf(x[i]);
    if (slope)
        for (size_t i = 0; i < n; i++) // vectorised
            slope[i] = 1 - y[i] * y[i];
}

// x s; s (1 + x (1 - s)), with s = 1 / (1 + exp(-x)).
static void swish(float *y, float *slope, const float *x, size_t n)
{
    if (!slope) {
        INDEPENDENT
        for (size_t i = 0; i < n; i++) // vectorised
            y[i] = x[i] / (1 + expf(-x[i]));
        return;
    }
    INDEPENDENT
    for (size_t i = 0; i < n; i++) { // vectorised
        float in = x[i], s = 1 / (1 + expf(-in));
        slope[i] = s * (1 + in * (1 - s));
        y[i] = in * s;
    }
}
