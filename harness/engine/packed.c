// packed.c: see packed.h.
#include "engine/packed.h"
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

const char *const store_names[] = { "f32", "bf16", "int8", NULL };

enum { LARGEST = 127, SIGNIFICAND_CUT = 16 };

size_t store_bytes(Store store, size_t rows, size_t cols)
{
    switch (store) {
    case STORE_BF16:
        return rows * cols * sizeof(uint16_t);
    case STORE_INT8:
        return rows * sizeof(float) + rows * cols * sizeof(int8_t);
    default:
        return rows * cols * sizeof(float);
    }
}

Packed packed_in(void *memory, Store store, size_t rows, size_t cols)
{
    bool scaled = store == STORE_INT8; // scales first: they are to be aligned
    return (Packed){ .store = store,
                     .rows = rows,
                     .cols = cols,
                     .numbers = (char *)memory + (scaled ? rows * sizeof(float) : 0),
                     .scale = scaled ? memory : NULL };
}

static uint16_t rounded(float x)
{
    uint32_t bits, half = 1U << (SIGNIFICAND_CUT - 1);
    memcpy(&bits, &x, sizeof bits);
    if (isnan(x)) // stays one, whatever is cut off
        return (uint16_t)(bits >> SIGNIFICAND_CUT | 0x40);
    return (uint16_t)((bits + half - 1 + (bits >> SIGNIFICAND_CUT & 1)) >> SIGNIFICAND_CUT);
}

static float scale_of(const float *x, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            return NAN;
        most = fmaxf(most, fabsf(x[i]));
    }
    return most / LARGEST;
}

static void pack_int8(int8_t *to, float *scale, const float *x, size_t n)
{
    *scale = scale_of(x, n);
    for (size_t i = 0; i < n; i++) {
        float q = *scale > 0 ? rintf(x[i] / *scale) : 0; // false for NaN
        to[i] = (int8_t)fmaxf(-LARGEST, fminf(q, LARGEST));
    }
}

void pack_rows(const Packed *to, Matrix from)
{
    size_t n = to->cols;
    assert(from.rows == to->rows && from.cols == n);
    for (size_t r = 0; r < to->rows; r++) {
        const float *x = row_at(from, r);
        if (to->store == STORE_INT8)
            pack_int8((int8_t *)to->numbers + r * n, &to->scale[r], x, n);
        else
            for (size_t i = 0; i < n; i++)
                ((uint16_t *)to->numbers)[r * n + i] = rounded(x[i]);
    }
}

static void unpack_int8(float *restrict out, const int8_t *restrict q, float scale, size_t n)
{
    for (size_t i = 0; i < n; i++) // vectorised
        out[i] = scale * (float)q[i];
}

static void unpack_bf16(float *restrict out, const uint16_t *restrict upper, size_t n)
{
    for (size_t i = 0; i < n; i++) { // vectorised
        uint32_t bits = (uint32_t)upper[i] << SIGNIFICAND_CUT;
        memcpy(&out[i], &bits, sizeof bits);
    }
}

void unpack_rows(Matrix out, const Packed *from, size_t first)
{
    size_t n = from->cols;
    assert(out.cols == n && first + out.rows <= from->rows);
    for (size_t r = 0; r < out.rows; r++)
        if (from->store == STORE_INT8)
            unpack_int8(row_at(out, r), (const int8_t *)from->numbers + (first + r) * n,
                        from->scale[first + r], n);
        else
            unpack_bf16(row_at(out, r), (const uint16_t *)from->numbers + (first + r) * n, n);
}
