// kernel_layernorm.c: normalisation of each row, with the residual sum before it.
#include "engine/kernels.h"
#include "engine/kernels_impl.h"
#include "engine/vector.h"
#include <assert.h>

// Sum of (x - mean)^2, in the order of sum_floats().
static double sum_deviations(const float *x, size_t n, double mean)
{
    double lane[LANES] = { 0 }, rest = 0;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES) // vectorised
        for (size_t j = 0; j < LANES; j++)
            lane[j] += (x[i + j] - mean) * (x[i + j] - mean);
    for (size_t i = whole; i < n; i++)
        rest += (x[i] - mean) * (x[i] - mean);
    return pairwise(lane) + rest;
}

void layernorm(Matrix y, Matrix z, Matrix rstd, Matrix x, Matrix r, Matrix gain, Matrix offset,
               double epsilon)
{
    size_t H = x.cols;
    assert(y.rows == x.rows && y.cols == H && gain.cols == H && offset.cols == H);
    const float *restrict g = gain.data, *restrict o = offset.data;
    for (size_t row = 0; row < x.rows; row++) {
        float *out = row_at(y, row); // holds x + r until its own turn: x may be written as z
        const float *in = row_at(x, row);
        if (r.data) {
            const float *residual = row_at(r, row);
            INDEPENDENT
            for (size_t i = 0; i < H; i++) // vectorised
                out[i] = in[i] + residual[i];
            in = out;
        }
        double mean = sum_floats(in, H) / (double)H;
        double scale = 1 / sqrt(sum_deviations(in, H, mean) / (double)H + epsilon);
        float center = (float)mean, s = (float)scale; // no double inside the loops
        if (z.data) {
            float *normal = row_at(z, row);
            INDEPENDENT
            for (size_t i = 0; i < H; i++) { // vectorised
                float n = (in[i] - center) * s;
                normal[i] = n;
                out[i] = g[i] * n + o[i];
            }
        } else {
            INDEPENDENT
            for (size_t i = 0; i < H; i++) // vectorised
                out[i] = g[i] * ((in[i] - center) * s) + o[i];
        }
        if (rstd.data)
            *row_at(rstd, row) = s;
    }
}

// Sums of u = dy . gain and of u . z, in the order of sum_floats().
static void sums_of_row(double *sum_u, double *sum_uz, const float *dy, const float *gain,
                        const float *z, size_t n)
{
    double u[LANES] = { 0 }, uz[LANES] = { 0 }, rest_u = 0, rest_uz = 0;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            double product = (double)dy[i + j] * gain[i + j];
            u[j] += product;
            uz[j] += product * z[i + j];
        }
    for (size_t i = whole; i < n; i++) {
        double product = (double)dy[i] * gain[i];
        rest_u += product;
        rest_uz += product * z[i];
    }
    *sum_u = pairwise(u) + rest_u;
    *sum_uz = pairwise(uz) + rest_uz;
}

void layernorm_backward(Matrix dx, bool add_dx, Matrix dgain, Matrix doffset, Matrix dy, Matrix z,
                        Matrix rstd, Matrix gain)
{
    size_t H = dy.cols;
    if (dgain.data) // before dx, which may lie on dy
        sum_rows_of_products(dgain, dy, z, true);
    if (doffset.data)
        sum_rows(doffset, dy, true);
    if (!dx.data)
        return;
    const float *restrict g = gain.data;
    for (size_t row = 0; row < dy.rows; row++) {
        float *out = row_at(dx, row);
        const float *in = row_at(dy, row), *normal = row_at(z, row);
        double u, uz;
        sums_of_row(&u, &uz, in, g, normal, H);
        float mean = (float)(u / (double)H), slope = (float)(uz / (double)H),
              s = *row_at(rstd, row);
        if (add_dx) {
            INDEPENDENT
            for (size_t i = 0; i < H; i++) // vectorised
                out[i] += s * (in[i] * g[i] - mean - normal[i] * slope);
        } else {
            INDEPENDENT
            for (size_t i = 0; i < H; i++) // vectorised
                out[i] = s * (in[i] * g[i] - mean - normal[i] * slope);
        }
    }
}
