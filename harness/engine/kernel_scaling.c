// kernel_scaling.c: rows scaled by a vector, and by their own length.
//
// In place is allowed where kernels.h says so: INDEPENDENT instead of restrict.
#include "engine/kernels.h"
#include "engine/vector.h"
#include <assert.h>

#define LEAST_LENGTH 1e-12 // of a row: one of zeros stays zeros

void scale_rows(Matrix y, Matrix a, Matrix scale, bool add)
{
    assert(scale.rows == 1 && scale.cols == a.rows && y.rows == a.rows);
    for (size_t r = 0; r < a.rows; r++)
        scale_copy(rows_of(y, r, 1), rows_of(a, r, 1), scale.data[r], add);
}

void products_of_rows(Matrix y, Matrix a, Matrix b, bool add)
{
    assert(y.rows == 1 && y.cols == a.rows && a.rows == b.rows && a.cols == b.cols);
    for (size_t r = 0; r < a.rows; r++) {
        float product = (float)sum_products(row_at(a, r), row_at(b, r), a.cols);
        y.data[r] = add ? y.data[r] + product : product;
    }
}

void unit_rows(Matrix y, Matrix scale, Matrix x)
{
    assert(y.rows == x.rows && y.cols == x.cols);
    for (size_t r = 0; r < x.rows; r++) {
        double length = sqrt(sum_squares(row_at(x, r), x.cols));
        float s = (float)(1 / fmax(length, LEAST_LENGTH));
        scale_copy(rows_of(y, r, 1), rows_of(x, r, 1), s, false);
        if (scale.data)
            scale.data[r] = s;
    }
}

void unit_rows_backward(Matrix dx, bool add, Matrix dy, Matrix y, Matrix scale)
{
    assert(scale.rows == 1 && scale.cols == dy.rows);
    for (size_t r = 0; r < dy.rows; r++) {
        float *out = row_at(dx, r), s = scale.data[r];
        const float *in = row_at(dy, r), *unit = row_at(y, r);
        float along = (float)sum_products(in, unit, dy.cols);
        if (add) {
            INDEPENDENT
            for (size_t i = 0; i < dy.cols; i++) // vectorised
                out[i] += s * (in[i] - along * unit[i]);
        } else {
            INDEPENDENT
            for (size_t i = 0; i < dy.cols; i++) // vectorised
                out[i] = s * (in[i] - along * unit[i]);
        }
    }
}
