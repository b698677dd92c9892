// logistic.c: the objective, block of rows by block of rows, and L-BFGS around it.
#include "engine/logistic.h"
#include <cblas.h>
#include <lbfgs.h>
#include <math.h>
#include <string.h>

enum { PAIRS_KEPT = 10, MOST_ITERATIONS = 20000 };
#define AIM 1e-9 // of the number of rows: the largest entry of the gradient
#define ENOUGH 1e-6

typedef struct {
    const Design *design;
    const int32_t *label;
    int classes;
    size_t vectors;
    double C;
    double *z, *score; // of one block
    bool (*go_on)(void *);
    void *context;
} Problem;

static Problem problem_of(Arena *arena, const Design *design, const int32_t *label, int classes,
                          double C)
{
    size_t vectors = logistic_vectors(classes);
    return (Problem){ .design = design,
                      .label = label,
                      .classes = classes,
                      .vectors = vectors,
                      .C = C,
                      .z = arena_take(arena, DESIGN_BLOCK * design->x.cols + 1, sizeof(double)),
                      .score = arena_take(arena, DESIGN_BLOCK * vectors, sizeof(double)) };
}

// Cross-entropy of one row; its scores become their gradient.
static double row_loss(const Problem *problem, double *score, int32_t label)
{
    double largest = score[0], sum = 0, loss;
    if (problem->vectors == 1) { // log(1 + e^s) - y s
        double y = label, s = score[0];
        loss = log1p(exp(-fabs(s))) + fmax(s, 0) - y * s;
        score[0] = 1 / (1 + exp(-s)) - y;
        return loss;
    }
    for (size_t k = 1; k < problem->vectors; k++)
        largest = fmax(largest, score[k]);
    loss = largest - score[label];
    for (size_t k = 0; k < problem->vectors; k++) {
        score[k] = exp(score[k] - largest);
        sum += score[k];
    }
    loss += log(sum);
    for (size_t k = 0; k < problem->vectors; k++)
        score[k] = score[k] / sum - (k == (size_t)label);
    return loss;
}

static double objective(const Problem *problem, const double *W, const double *b, double *dW,
                        double *db)
{
    const Design *design = problem->design;
    size_t rows = design->x.rows, cols = design->x.cols, vectors = problem->vectors;
    double loss = 0, squares = 0;
    for (size_t i = 0; i < vectors * cols; i++) {
        squares += W[i] * W[i];
        dW[i] = W[i] / problem->C;
    }
    memset(db, 0, vectors * sizeof *db);
    for (size_t first = 0; first < rows; first += DESIGN_BLOCK) {
        size_t count = rows - first < DESIGN_BLOCK ? rows - first : DESIGN_BLOCK;
        double *score = problem->score;
        design_block(design, first, count, problem->z);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)count, (blasint)vectors,
                    (blasint)cols, 1, problem->z, (blasint)cols, W, (blasint)cols, 0, score,
                    (blasint)vectors);
        for (size_t r = 0; r < count; r++) {
            for (size_t k = 0; k < vectors; k++)
                score[r * vectors + k] += b[k];
            loss += row_loss(problem, score + r * vectors, problem->label[first + r]);
            for (size_t k = 0; k < vectors; k++)
                db[k] += score[r * vectors + k];
        }
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)vectors, (blasint)cols,
                    (blasint)count, 1, score, (blasint)vectors, problem->z, (blasint)cols, 1, dW,
                    (blasint)cols);
    }
    return loss + squares / (2 * problem->C);
}

double logistic_objective(Arena *arena, const Design *design, const int32_t *label, int classes,
                          double C, const double *W, const double *b, double *dW, double *db)
{
    size_t mark = arena_mark(arena);
    Problem problem = problem_of(arena, design, label, classes, C);
    size_t weights = problem.vectors * design->x.cols;
    double *rest = arena_take(arena, weights + problem.vectors, sizeof *rest);
    double value = objective(&problem, W, b, dW ? dW : rest, db ? db : rest + weights);
    arena_rewind(arena, mark);
    return value;
}

// ---- L-BFGS: its vector is W, then b

static double evaluated(void *context, const double *x, double *gradient, int n, double step)
{
    const Problem *problem = context;
    size_t weights = problem->vectors * problem->design->x.cols;
    (void)n, (void)step;
    return objective(problem, x, x + weights, gradient, gradient + weights);
}

static double largest_of(const double *gradient, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabs(gradient[i]) <= most ? most : fabs(gradient[i]); // NaN stays
    return most;
}

static int watched(void *context, const double *x, const double *gradient, double fx, double xnorm,
                   double gnorm, double step, int n, int k, int evaluations)
{
    const Problem *problem = context;
    (void)x, (void)fx, (void)xnorm, (void)gnorm, (void)step, (void)k, (void)evaluations;
    return largest_of(gradient, (size_t)n) <= AIM * (double)problem->design->x.rows ||
           (problem->go_on && !problem->go_on(problem->context));
}

bool logistic_fit(Arena *arena, const Design *design, const int32_t *label, int classes, double C,
                  bool (*go_on)(void *), void *context, double *W, double *b, Error *error)
{
    size_t mark = arena_mark(arena), vectors = logistic_vectors(classes);
    size_t weights = vectors * design->x.cols, n = weights + vectors;
    Problem problem = problem_of(arena, design, label, classes, C);
    double *gradient = arena_take(arena, n, sizeof *gradient), value, mean = 0;
    double *x = lbfgs_malloc((int)n); // as its vector instructions want it
    lbfgs_parameter_t options;
    if (!x)
        return fail(error, ERROR_ENVIRONMENT, (Where){ 0 }, NULL, "out of memory");
    problem.go_on = go_on;
    problem.context = context;
    lbfgs_parameter_init(&options);
    options.m = PAIRS_KEPT;
    options.epsilon = 0; // `watched` decides
    options.max_iterations = MOST_ITERATIONS;
    memset(x, 0, n * sizeof *x);
    lbfgs((int)n, x, &value, evaluated, watched, &problem, &options);
    objective(&problem, x, x + weights, gradient, gradient + weights);
    double most = largest_of(gradient, n) / (double)design->x.rows;
    for (size_t k = 0; k < vectors && vectors > 1; k++)
        mean += x[weights + k] / (double)vectors;
    memcpy(W, x, weights * sizeof *W);
    for (size_t k = 0; k < vectors; k++)
        b[k] = x[weights + k] - mean;
    lbfgs_free(x);
    arena_rewind(arena, mark);
    return most <= ENOUGH ||
           fail(error, ERROR_WORK, (Where){ .item = "logistic regression" }, NULL,
                "did not converge: the gradient is %.1g a row; should be %g", most, ENOUGH);
}
