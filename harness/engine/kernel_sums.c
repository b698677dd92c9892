// kernel_sums.c: sums in double, in an order that depends on the sizes alone: along a row as
// kernels_impl.h says, along a column from the first row to the last.
#include "engine/kernels.h"
#include "engine/kernels_impl.h"
#include <assert.h>
#include <string.h>

double sum_floats(const float *x, size_t n)
{
    double lane[LANES] = { 0 }, rest = 0;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES) // vectorised
        for (size_t j = 0; j < LANES; j++)
            lane[j] += x[i + j];
    for (size_t i = whole; i < n; i++)
        rest += x[i];
    return pairwise(lane) + rest;
}

double sum_products(const float *x, const float *y, size_t n)
{
    double lane[LANES] = { 0 }, rest = 0;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES) // vectorised
        for (size_t j = 0; j < LANES; j++)
            lane[j] += (double)x[i + j] * y[i + j];
    for (size_t i = whole; i < n; i++)
        rest += (double)x[i] * y[i];
    return pairwise(lane) + rest;
}

double sum_squares(const float *x, size_t n)
{
    return sum_products(x, x, n);
}

double sum_squares_of(Matrix x, const uint64_t *some)
{
    double lane[LANES] = { 0 };
    assert(x.stride == x.cols);
    if (x.cols % LANES > 0) // rows begin in other lanes
        return sum_squares(x.data, x.rows * x.cols);
    for (size_t r = 0; r < x.rows; r++)
        if (some[r / 64] >> r % 64 & 1)
            for (size_t i = 0; i < x.cols; i += LANES) // vectorised
                for (size_t j = 0; j < LANES; j++)
                    lane[j] += (double)row_at(x, r)[i + j] * row_at(x, r)[i + j];
    return pairwise(lane);
}

// Floats are ordered as whole numbers are, once the lower bits of negative ones are turned round;
// and whole numbers the vectoriser may compare in any order.
static inline int32_t ordered(int32_t bits)
{
    return bits ^ (bits >> 31 & INT32_MAX);
}

float maximum(const float *x, size_t n)
{
    assert(n > 0);
    int32_t largest = INT32_MIN;
    for (size_t i = 0; i < n; i++) { // vectorised
        int32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits = ordered(bits);
        largest = bits > largest ? bits : largest;
    }
    largest = ordered(largest);
    float value;
    memcpy(&value, &largest, sizeof value);
    return value;
}

// A strip of columns at a time, so that its sums stay in registers.
enum { STRIP = 32 };

static void store(float *y, const double *sum, size_t width, bool add)
{
    for (size_t j = 0; j < width; j++)
        y[j] = (float)(add ? (double)y[j] + sum[j] : sum[j]);
}

void sum_rows(Matrix y, Matrix x, bool add)
{
    assert(y.rows == 1 && y.cols == x.cols);
    size_t whole = x.cols - x.cols % STRIP, rows = x.rows, stride = x.stride;
    for (size_t c = 0; c < whole; c += STRIP) {
        const float *in = x.data + c;
        double sum[STRIP] = { 0 };
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < STRIP; j++) // vectorised
                sum[j] += in[r * stride + j];
        store(y.data + c, sum, STRIP, add);
    }
    double sum[STRIP] = { 0 };
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < x.cols - whole; j++)
            sum[j] += x.data[r * stride + whole + j];
    store(y.data + whole, sum, x.cols - whole, add);
}

void sum_rows_of_products(Matrix y, Matrix a, Matrix b, bool add)
{
    assert(y.rows == 1 && y.cols == a.cols && a.rows == b.rows && a.cols == b.cols);
    size_t whole = a.cols - a.cols % STRIP, rows = a.rows;
    for (size_t c = 0; c < whole; c += STRIP) {
        const float *p = a.data + c, *q = b.data + c;
        double sum[STRIP] = { 0 };
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < STRIP; j++) // vectorised
                sum[j] += (double)p[r * a.stride + j] * q[r * b.stride + j];
        store(y.data + c, sum, STRIP, add);
    }
    double sum[STRIP] = { 0 };
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < a.cols - whole; j++)
            sum[j] += (double)a.data[r * a.stride + whole + j] * b.data[r * b.stride + whole + j];
    store(y.data + whole, sum, a.cols - whole, add);
}
