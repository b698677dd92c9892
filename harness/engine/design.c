// design.c: moments of columns, blocks of rows, and the way back.
#include "engine/design.h"
#include <assert.h>
#include <cblas.h>
#include <math.h>

Design design_new(Arena *arena, Matrix x, bool standardise)
{
    double *mean = arena_zero(arena, x.cols, sizeof *mean);
    double *scale = arena_zero(arena, x.cols, sizeof *scale), n = (double)x.rows;
    assert(x.rows > 0);
    for (size_t r = 0; r < x.rows; r++)
        for (size_t c = 0; c < x.cols; c++)
            mean[c] += (double)row_at(x, r)[c];
    for (size_t c = 0; c < x.cols; c++)
        mean[c] /= n;
    for (size_t r = 0; r < x.rows && standardise; r++)
        for (size_t c = 0; c < x.cols; c++) {
            double off = (double)row_at(x, r)[c] - mean[c];
            scale[c] += off * off;
        }
    for (size_t c = 0; c < x.cols; c++) {
        bool constant = true; // a computed variance of equal numbers need not be 0
        for (size_t r = 1; r < x.rows && constant; r++)
            constant = row_at(x, r)[c] == row_at(x, 0)[c];
        scale[c] = constant || !standardise ? 1 : 1 / sqrt(scale[c] / n);
    }
    return (Design){ x, mean, scale };
}

Design design_plain(Arena *arena, Matrix x)
{
    double *mean = arena_zero(arena, x.cols, sizeof *mean);
    double *scale = arena_take(arena, x.cols, sizeof *scale);
    for (size_t c = 0; c < x.cols; c++)
        scale[c] = 1;
    return (Design){ x, mean, scale };
}

void design_block(const Design *design, size_t first, size_t count, double *z)
{
    size_t cols = design->x.cols;
    assert(count <= DESIGN_BLOCK);
    for (size_t r = 0; r < count; r++) {
        const float *x = row_at(design->x, first + r);
        for (size_t c = 0; c < cols; c++)
            z[r * cols + c] = ((double)x[c] - design->mean[c]) * design->scale[c];
    }
}

void design_gram(Arena *arena, const Design *design, double *gram)
{
    size_t mark = arena_mark(arena), rows = design->x.rows, cols = design->x.cols;
    double *z = arena_take(arena, DESIGN_BLOCK * cols + 1, sizeof *z);
    for (size_t first = 0; first < rows; first += DESIGN_BLOCK) {
        size_t count = rows - first < DESIGN_BLOCK ? rows - first : DESIGN_BLOCK;
        design_block(design, first, count, z);
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (blasint)cols, (blasint)count, 1, z,
                    (blasint)cols, 1, gram, (blasint)cols);
    }
    arena_rewind(arena, mark);
}

void design_fold(const Design *design, size_t vectors, double *W, double *b)
{
    size_t cols = design->x.cols;
    for (size_t v = 0; v < vectors; v++)
        for (size_t c = 0; c < cols; c++) {
            W[v * cols + c] *= design->scale[c];
            b[v] -= W[v * cols + c] * design->mean[c];
        }
}
