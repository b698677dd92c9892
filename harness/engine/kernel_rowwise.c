// kernel_rowwise.c: arithmetic element by element.
//
// In place is allowed nearly everywhere, so the loops carry INDEPENDENT instead of restrict.
#include "engine/kernels.h"
#include "engine/vector.h"
#include <assert.h>

void add_scaled(Matrix y, Matrix a, Matrix b, float scale, bool add)
{
    assert(same_size(y, a) && same_size(y, b));
    for (size_t r = 0; r < y.rows; r++) {
        float *out = row_at(y, r);
        const float *p = row_at(a, r), *q = row_at(b, r);
        size_t n = y.cols;
        if (add) {
            INDEPENDENT
            for (size_t i = 0; i < n; i++) // vectorised
                out[i] += p[i] + scale * q[i];
        } else {
            INDEPENDENT
            for (size_t i = 0; i < n; i++) // vectorised
                out[i] = p[i] + scale * q[i];
        }
    }
}

void multiply(Matrix y, Matrix a, Matrix b, bool add)
{
    assert(same_size(y, a) && y.cols == b.cols && (b.rows == 1 || b.rows == y.rows));
    for (size_t r = 0; r < y.rows; r++) {
        float *out = row_at(y, r);
        const float *p = row_at(a, r), *q = row_at(b, b.rows == 1 ? 0 : r);
        size_t n = y.cols;
        if (add) {
            INDEPENDENT
            for (size_t i = 0; i < n; i++) // vectorised
                out[i] += p[i] * q[i];
        } else {
            INDEPENDENT
            for (size_t i = 0; i < n; i++) // vectorised
                out[i] = p[i] * q[i];
        }
    }
}

void scale_copy(Matrix y, Matrix a, float scale, bool add)
{
    assert(same_size(y, a));
    for (size_t r = 0; r < y.rows; r++) {
        float *out = row_at(y, r);
        const float *p = row_at(a, r);
        size_t n = y.cols;
        if (add) {
            INDEPENDENT
            for (size_t i = 0; i < n; i++) // vectorised
                out[i] += scale * p[i];
        } else {
            INDEPENDENT
            for (size_t i = 0; i < n; i++) // vectorised
                out[i] = scale * p[i];
        }
    }
}

void add_row(Matrix y, Matrix bias)
{
    assert(bias.rows == 1 && bias.cols == y.cols);
    const float *restrict b = bias.data;
    for (size_t r = 0; r < y.rows; r++) {
        float *restrict out = row_at(y, r);
        for (size_t i = 0; i < y.cols; i++) // vectorised
            out[i] += b[i];
    }
}
