// logistic.c: the objective, block of rows by block of rows, and L-BFGS around it.
//
// The columns of a Transformer's vectors lean on each other, and L-BFGS would take hundreds of
// steps along them. So it moves U = W R^T, where R^T R = q Z^T Z + I / C is the second derivative
// at W = 0 (q = 1/4 for two classes, 1/K for K, whose rows sum to 0 from the start): there it is I,
// and tens of steps do.
#include "engine/logistic.h"
#include <cblas.h>
#include <lbfgs.h>
#include <math.h>
#include <string.h>

// LAPACK, in OpenBLAS, by Fortran's conventions: columns first, and the length of each text behind.
extern void dpotrf_(const char *uplo, const blasint *n, double *a, const blasint *lda,
                    blasint *info, size_t uplo_length);

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
    double *R, root; // while it is solved: cols x cols, upper; of q times the rows, which scales b
    double *own;     // W and b, or their gradient, of a vector of the solver's
    bool (*go_on)(void *);
    void *context;
    bool stopped; // go_on said no
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

// ---- L-BFGS: its vector is U, then b as scaled

// R, from the sums of products of the columns; false where they are no finite numbers. A diagonal
// that rounding would make negative is kept above 0: R has to be near the second derivative, not
// equal to it.
static bool precondition(Arena *arena, Problem *problem)
{
    const Design *design = problem->design;
    size_t cols = design->x.cols;
    double q = problem->vectors == 1 ? 0.25 : 1 / (double)problem->classes, most = 0;
    blasint n = (blasint)cols, info = 0;
    double *R = arena_zero(arena, cols * cols, sizeof *R);
    design_gram(arena, design, R);
    for (size_t c = 0; c < cols; c++) {
        if (!isfinite(R[c * cols + c]))
            return false;
        most = fmax(most, q * R[c * cols + c]);
    }
    for (size_t i = 0; i < cols * cols; i++)
        R[i] *= q;
    for (size_t c = 0; c < cols; c++)
        R[c * cols + c] += fmax(1 / problem->C, 1e-9 * most);
    dpotrf_("L", &n, R, &n, &info, 1); // our rows are its columns: above is below
    problem->R = R;
    problem->root = sqrt(q * (double)design->x.rows);
    problem->own = arena_take(arena, problem->vectors * (cols + 1), sizeof *problem->own);
    return info == 0;
}

// From one vector to another, which may be the same: its rows by R^-T, R^-1 or R, its last entries
// by 1 / root or root.
enum Way { TO_WEIGHTS, TO_SOLVER_GRADIENT, TO_OWN_GRADIENT };
static void change(const Problem *problem, enum Way way, const double *from, double *to)
{
    size_t vectors = problem->vectors, cols = problem->design->x.cols, weights = vectors * cols;
    double root = way == TO_OWN_GRADIENT ? problem->root : 1 / problem->root;
    if (to != from)
        memcpy(to, from, weights * sizeof *to);
    if (way == TO_OWN_GRADIENT)
        cblas_dtrmm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit,
                    (blasint)vectors, (blasint)cols, 1, problem->R, (blasint)cols, to,
                    (blasint)cols);
    else
        cblas_dtrsm(CblasRowMajor, CblasRight, CblasUpper,
                    way == TO_WEIGHTS ? CblasTrans : CblasNoTrans, CblasNonUnit, (blasint)vectors,
                    (blasint)cols, 1, problem->R, (blasint)cols, to, (blasint)cols);
    for (size_t k = 0; k < vectors; k++)
        to[weights + k] = from[weights + k] * root;
}

static double evaluated(void *context, const double *x, double *gradient, int n, double step)
{
    const Problem *problem = context;
    size_t weights = problem->vectors * problem->design->x.cols;
    double *own = problem->own;
    (void)n, (void)step;
    change(problem, TO_WEIGHTS, x, own);
    double value = objective(problem, own, own + weights, gradient, gradient + weights);
    change(problem, TO_SOLVER_GRADIENT, gradient, gradient);
    return value;
}

static double largest_of(const double *gradient, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n && !isnan(most); i++) // NaN stays
        most = fabs(gradient[i]) <= most ? most : fabs(gradient[i]);
    return most;
}

static int watched(void *context, const double *x, const double *gradient, double fx, double xnorm,
                   double gnorm, double step, int n, int k, int evaluations)
{
    Problem *problem = context;
    (void)x, (void)fx, (void)xnorm, (void)gnorm, (void)step, (void)k, (void)evaluations;
    change(problem, TO_OWN_GRADIENT, gradient, problem->own);
    if (largest_of(problem->own, (size_t)n) <= AIM * (double)problem->design->x.rows)
        return 1;
    problem->stopped = problem->go_on && !problem->go_on(problem->context);
    return problem->stopped;
}

bool logistic_fit(Arena *arena, const Design *design, const int32_t *label, int classes, double C,
                  bool (*go_on)(void *), void *context, double *W, double *b, Error *error)
{
    size_t mark = arena_mark(arena), vectors = logistic_vectors(classes);
    size_t weights = vectors * design->x.cols, n = weights + vectors;
    Problem problem = problem_of(arena, design, label, classes, C);
    double *gradient = arena_take(arena, n, sizeof *gradient), value, mean = 0, *own;
    lbfgs_parameter_t options;
    if (!precondition(arena, &problem))
        return fail(error, ERROR_WORK, (Where){ .item = "logistic regression" }, NULL,
                    "the vectors are no finite numbers, or too far apart in size");
    double *x = lbfgs_malloc((int)n); // as its vector instructions want it
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
    own = problem.own;
    change(&problem, TO_WEIGHTS, x, own);
    objective(&problem, own, own + weights, gradient, gradient + weights);
    double most = largest_of(gradient, n) / (double)design->x.rows;
    for (size_t k = 0; k < vectors && vectors > 1; k++)
        mean += own[weights + k] / (double)vectors;
    memcpy(W, own, weights * sizeof *W);
    for (size_t k = 0; k < vectors; k++)
        b[k] = own[weights + k] - mean;
    lbfgs_free(x);
    arena_rewind(arena, mark);
    if (problem.stopped) // near the optimum or not: where, the clock would decide
        return fail(error, ERROR_WORK, (Where){ .item = "logistic regression" }, NULL,
                    "was stopped");
    return most <= ENOUGH ||
           fail(error, ERROR_WORK, (Where){ .item = "logistic regression" }, NULL,
                "did not converge: the gradient is %.1g a row; should be %g", most, ENOUGH);
}
