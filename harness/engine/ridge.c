// ridge.c: sums over the rows, then one Cholesky an alpha.
#include "engine/ridge.h"
#include <cblas.h>
#include <math.h>
#include <string.h>

// LAPACK, in OpenBLAS, by Fortran's conventions: columns first, and the length of each text behind.
extern void dposv_(const char *uplo, const blasint *n, const blasint *columns, double *a,
                   const blasint *lda, double *b, const blasint *ldb, blasint *info,
                   size_t uplo_length);

Ridge ridge_new(Arena *arena, const Design *design, const double *target, size_t vectors)
{
    size_t rows = design->x.rows, cols = design->x.cols;
    Ridge ridge = { .cols = cols,
                    .vectors = vectors,
                    .gram = arena_zero(arena, cols * cols, sizeof(double)),
                    .cross = arena_zero(arena, vectors * cols, sizeof(double)),
                    .mean = arena_zero(arena, vectors, sizeof(double)) };
    size_t mark = arena_mark(arena);
    double *z = arena_take(arena, DESIGN_BLOCK * cols, sizeof *z);
    double *off = arena_take(arena, DESIGN_BLOCK * vectors, sizeof *off);
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < vectors; v++)
            ridge.mean[v] += target[r * vectors + v];
    for (size_t v = 0; v < vectors; v++)
        ridge.mean[v] /= (double)rows;
    design_gram(arena, design, ridge.gram);
    for (size_t first = 0; first < rows; first += DESIGN_BLOCK) {
        size_t count = rows - first < DESIGN_BLOCK ? rows - first : DESIGN_BLOCK;
        design_block(design, first, count, z);
        for (size_t r = 0; r < count; r++)
            for (size_t v = 0; v < vectors; v++)
                off[r * vectors + v] = target[(first + r) * vectors + v] - ridge.mean[v];
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)vectors, (blasint)cols,
                    (blasint)count, 1, off, (blasint)vectors, z, (blasint)cols, 1, ridge.cross,
                    (blasint)cols);
    }
    arena_rewind(arena, mark);
    return ridge;
}

bool ridge_solve(Arena *arena, const Ridge *ridge, double alpha, double *W, double *b, Error *error)
{
    size_t mark = arena_mark(arena), cols = ridge->cols;
    for (size_t c = 0; c < cols; c++) // LAPACK may take them without a word
        if (!isfinite(ridge->gram[c * cols + c]))
            return fail(error, ERROR_WORK, (Where){ .item = "ridge regression" }, NULL,
                        "the vectors are no finite numbers, or too far apart in size");
    double *A = arena_take(arena, cols * cols, sizeof *A);
    blasint n = (blasint)cols, columns = (blasint)ridge->vectors, info = 0;
    memcpy(A, ridge->gram, cols * cols * sizeof *A);
    for (size_t c = 0; c < cols; c++)
        A[c * cols + c] += alpha;
    memcpy(W, ridge->cross, ridge->vectors * cols * sizeof *W);
    memcpy(b, ridge->mean, ridge->vectors * sizeof *b);
    dposv_("L", &n, &columns, A, &n, W, &n, &info, 1); // our rows are its columns: above is below
    arena_rewind(arena, mark);
    return info == 0 || fail(error, ERROR_WORK, (Where){ .item = "ridge regression" },
                             "a larger alpha", "the vectors depend on each other too closely");
}
