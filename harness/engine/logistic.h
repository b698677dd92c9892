// logistic.h: logistic regression with an L2 penalty, to the optimum.
//
//   minimise  sum over rows of CE + |W|^2 / (2 C);   the intercepts b are not penalised
//
// Two classes: one weight vector and a sigmoid; K > 2: softmax over K vectors, whose sum is 0 at
// the optimum, with the sum of b fixed to 0. These are scikit-learn's objectives, so C means the
// same there. Strictly convex in W. Solved by L-BFGS (Liu, Nocedal 1989; liblbfgs) in double until
// no entry of the gradient is above 1e-9 of the number of rows, or no step makes it smaller: then
// it has failed unless all are within 1e-6 of that number.
#ifndef ENGINE_LOGISTIC_H
#define ENGINE_LOGISTIC_H
#include "base/error.h"
#include "engine/design.h"
#include <stdint.h>

static inline size_t logistic_vectors(int classes)
{
    return classes == 2 ? 1 : (size_t)classes;
}

// W: vectors x cols, b: vectors, of the design's rows z; label 0 .. classes - 1. `go_on` (may be
// NULL) is asked after each iteration that is not the last. False: ERROR_WORK, it did not converge
// or was told to stop, however near it was.
bool logistic_fit(Arena *arena, const Design *design, const int32_t *label, int classes, double C,
                  bool (*go_on)(void *), void *context, double *W, double *b, Error *error);

// What is minimised, at W and b; its gradient into dW and db, which may be NULL.
double logistic_objective(Arena *arena, const Design *design, const int32_t *label, int classes,
                          double C, const double *W, const double *b, double *dW, double *db);
#endif
