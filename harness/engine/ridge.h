// ridge.h: ridge regression with an intercept that is not penalised.
//
//   W = (Z^T Z + alpha I)^-1 Z^T (T - mean T),   b = mean T        Z: the design's rows, centred
//
// Hoerl, Kennard 1970. By Cholesky, in double (LAPACK's dposv). The sums over the rows are made
// once for any number of alphas.
#ifndef ENGINE_RIDGE_H
#define ENGINE_RIDGE_H
#include "base/error.h"
#include "engine/design.h"

typedef struct {
    size_t cols, vectors;
    double *gram;  // Z^T Z, cols x cols: on and above the diagonal
    double *cross; // (T - mean T)^T Z, vectors x cols
    double *mean;  // of T, vectors
} Ridge;

// target: rows x vectors. The design is centred, as design_new makes it.
Ridge ridge_new(Arena *arena, const Design *design, const double *target, size_t vectors);
// W: vectors x cols, b: vectors. alpha > 0. False: ERROR_WORK, the vectors are no finite numbers,
// or the matrix is not positive definite in double.
bool ridge_solve(Arena *arena, const Ridge *ridge, double alpha, double *W, double *b,
                 Error *error);
#endif
