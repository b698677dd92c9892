// panels.c: products with a small right side, such as a layer's weights.
//
// C = A op(B) after Goto and van de Geijn (2008), less one level: a block of op(B) of at most DEEP
// x BROAD is packed into panels as wide as a tile; rows of A are read where they lie. A tile of C
// stays in registers over DEEP steps. A general library packs A, too: with an inner size of a
// model's width a tenth of the work.
//
// An element's sum runs over the inner index in its order, DEEP summands at a time, whatever the
// number of rows and its place among them: a row of C has the same bits in every batch and on any
// number of threads.
#include "engine/panels.h"
#include <omp.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
enum { LANE = 16, TALL = 12 }; // floats of a vector; rows of a tile: 2 TALL + 3 registers
#elif defined(__AVX__)
enum { LANE = 8, TALL = 6 };
#else
enum { LANE = 4, TALL = 6 };
#endif
enum {
    WIDE = 2 * LANE,    // columns of a tile
    DEEP = 4096 / WIDE, // a panel takes half of a first-level cache
    BROAD = 128,        // and all panels a part of the second
    BLOCK = 16 * TALL,  // rows of A that meet a panel before the next one does
};

typedef float Vector
    __attribute__((vector_size(LANE * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef float Quad
    __attribute__((vector_size(4 * sizeof(float)), aligned(sizeof(float)), may_alias));

static _Thread_local float packed[BROAD * DEEP] __attribute__((aligned(64)));

// Columns of `to`, WIDE apart, become four rows of `from`.
static inline void transpose(float *to, const float *from, size_t stride)
{
    Quad a = *(const Quad *)from, b = *(const Quad *)(from + stride);
    Quad c = *(const Quad *)(from + 2 * stride), d = *(const Quad *)(from + 3 * stride);
    Quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    Quad cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    *(Quad *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(Quad *)(to + WIDE) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(Quad *)(to + 2 * WIDE) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(Quad *)(to + 3 * WIDE) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

// B (depth x width) as a panel: row k at to + k WIDE.
static void panel_of_rows(float *to, Matrix B)
{
    for (size_t k = 0; k < B.rows; k++, to += WIDE) {
        if (B.cols == WIDE)
            memcpy(to, row_at(B, k), WIDE * sizeof *to);
        else
            memcpy(to, row_at(B, k), B.cols * sizeof *to);
    }
}

// The transpose of B (width x depth) as a panel.
static void panel_of_columns(float *to, Matrix B)
{
    size_t deep = B.cols - B.cols % 4, wide = B.rows - B.rows % 4;
    for (size_t j = 0; j < wide; j += 4)
        for (size_t k = 0; k < deep; k += 4)
            transpose(to + k * WIDE + j, row_at(B, j) + k, B.stride);
    for (size_t j = 0; j < B.rows; j++)
        for (size_t k = j < wide ? deep : 0; k < B.cols; k++)
            to[k * WIDE + j] = row_at(B, j)[k];
}

// Panels of op(B), whose columns are those of C; the last one is filled up with zeros.
static void panels_of(bool transposed, Matrix B, size_t depth, size_t breadth)
{
    for (size_t n = 0; n < breadth; n += WIDE) {
        size_t width = breadth - n < WIDE ? breadth - n : WIDE;
        float *to = packed + n * depth;
        if (width < WIDE)
            memset(to, 0, depth * WIDE * sizeof *to);
        if (transposed)
            panel_of_columns(to, (Matrix){ row_at(B, n), width, depth, B.stride });
        else
            panel_of_rows(to, (Matrix){ B.data + n, depth, width, B.stride });
    }
}

typedef struct {
    Vector at[TALL][2];
} Tile;

// `vectors` is a constant where it is called, so that the sums stay in registers.
static inline __attribute__((always_inline)) Tile
tile(const float *const row[TALL], const float *restrict panel, size_t depth, int vectors)
{
    Tile sum = { 0 };
    for (size_t k = 0; k < depth; k++, panel += WIDE) {
        Vector b[2] = { *(const Vector *)panel, *(const Vector *)(panel + LANE) };
#pragma GCC unroll 16
        for (int i = 0; i < TALL; i++)
            for (int j = 0; j < vectors; j++)
                sum.at[i][j] += row[i][k] * b[j];
    }
    return sum;
}

// C = alpha sum + beta C; with beta 0 C is not read.
static void put(Matrix C, const Tile *sum, float alpha, float beta)
{
    for (size_t i = 0; i < C.rows; i++) {
        float *c = row_at(C, i), one[WIDE];
        for (int j = 0; j < 2 && C.cols == WIDE; j++) {
            Vector *to = (Vector *)(c + j * LANE);
            *to = beta == 0 ? alpha * sum->at[i][j] : alpha * sum->at[i][j] + beta * *to;
        }
        if (C.cols == WIDE)
            continue;
        memcpy(one, sum->at[i], sizeof one);
        for (size_t j = 0; j < C.cols; j++)
            c[j] = beta == 0 ? alpha * one[j] : alpha * one[j] + beta * c[j];
    }
}

// Some rows of A by one panel.
static void meet(Matrix A, const float *panel, Matrix C, float alpha, float beta)
{
    for (size_t m = 0; m < C.rows; m += TALL) {
        Matrix to = rows_of(C, m, C.rows - m < TALL ? C.rows - m : TALL);
        const float *row[TALL];
        for (size_t i = 0; i < TALL; i++) { // a tile that is not whole takes its last row again
            row[i] = row_at(A, m + (i < to.rows ? i : to.rows - 1));
            __builtin_prefetch(row_at(to, i < to.rows ? i : 0), 1);
        }
        Tile sum = C.cols > LANE ? tile(row, panel, A.cols, 2) : tile(row, panel, A.cols, 1);
        put(to, &sum, alpha, beta);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void product_of_rows(bool transpose_b, float alpha, Matrix A, Matrix B, float beta, Matrix C)
{
    for (size_t n = 0; n < C.cols; n += BROAD)
        for (size_t k = 0; k < A.cols; k += DEEP) {
            size_t breadth = least(BROAD, C.cols - n), depth = least(DEEP, A.cols - k);
            const float *from = transpose_b ? row_at(B, n) + k : row_at(B, k) + n;
            panels_of(transpose_b, (Matrix){ (float *)(uintptr_t)from, 0, 0, B.stride }, depth,
                      breadth);
            for (size_t m = 0; m < C.rows; m += BLOCK)
                for (size_t j = 0; j < breadth; j += WIDE) {
                    size_t rows = least(BLOCK, C.rows - m), cols = least(WIDE, breadth - j);
                    meet(columns_of(rows_of(A, m, rows), k, depth), packed + j * depth,
                         columns_of(rows_of(C, m, rows), n + j, cols), alpha, k ? 1 : beta);
                }
        }
}

void product_by_panels(bool transpose_b, float alpha, Matrix A, Matrix B, float beta, Matrix C)
{
    size_t threads = (size_t)omp_get_max_threads(), share = (C.rows + threads - 1) / threads;
    if (threads == 1 || share < BLOCK) {
        product_of_rows(transpose_b, alpha, A, B, beta, C);
        return;
    }
#pragma omp parallel for
    for (size_t t = 0; t < threads; t++) {
        size_t first = least(t * share, C.rows), rows = least(share, C.rows - first);
        product_of_rows(transpose_b, alpha, rows_of(A, first, rows), B, beta,
                        rows_of(C, first, rows));
    }
}
