// kernel_rmsnorm.c: each row divided by the root of its mean square.
#include "engine/kernels.h"
#include "engine/kernels_impl.h"
#include "engine/vector.h"
#include <assert.h>

void rmsnorm(Matrix y, Matrix z, Matrix rrms, Matrix x, Matrix gain, double epsilon)
{
    size_t H = x.cols;
    assert(y.rows == x.rows && y.cols == H && gain.cols == H);
    const float *restrict g = gain.data;
    for (size_t row = 0; row < x.rows; row++) {
        float *out = row_at(y, row);
        const float *in = row_at(x, row);
        float s = (float)(1 / sqrt(sum_squares(in, H) / (double)H + epsilon));
        if (z.data) {
            float *normal = row_at(z, row);
            INDEPENDENT
            for (size_t i = 0; i < H; i++) { // vectorised
                float n = in[i] * s;
                normal[i] = n;
                out[i] = g[i] * n;
            }
        } else {
            INDEPENDENT
            for (size_t i = 0; i < H; i++) // vectorised
                out[i] = g[i] * (in[i] * s);
        }
        if (rrms.data)
            *row_at(rrms, row) = s;
    }
}

// The sum of dy . gain . z, in the order of sum_floats().
static double sum_of_three(const float *dy, const float *gain, const float *z, size_t n)
{
    double lane[LANES] = { 0 }, rest = 0;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += (double)dy[i + j] * gain[i + j] * z[i + j];
    for (size_t i = whole; i < n; i++)
        rest += (double)dy[i] * gain[i] * z[i];
    return pairwise(lane) + rest;
}

void rmsnorm_backward(Matrix dx, bool add_dx, Matrix dgain, Matrix dy, Matrix z, Matrix rrms,
                      Matrix gain)
{
    size_t H = dy.cols;
    if (dgain.data) // before dx, which may lie on dy
        sum_rows_of_products(dgain, dy, z, true);
    if (!dx.data)
        return;
    const float *restrict g = gain.data;
    for (size_t row = 0; row < dy.rows; row++) {
        float *out = row_at(dx, row);
        const float *in = row_at(dy, row), *normal = row_at(z, row);
        float slope = (float)(sum_of_three(in, g, normal, H) / (double)H), s = *row_at(rrms, row);
        if (add_dx) {
            INDEPENDENT
            for (size_t i = 0; i < H; i++) // vectorised
                out[i] += s * (in[i] * g[i] - normal[i] * slope);
        } else {
            INDEPENDENT
            for (size_t i = 0; i < H; i++) // vectorised
                out[i] = s * (in[i] * g[i] - normal[i] * slope);
        }
    }
}
