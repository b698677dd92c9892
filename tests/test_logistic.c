// test_logistic.c: the optimum by hand, by another solver, and by its gradient.
#include "engine/logistic.h"
#include "tests/test.h"
#include <limits.h>
#include <math.h>
#include <string.h>

enum { ROWS = 23, COLS = 3 };

// x[i][j] = sin(1.3 i + 2.1 j + 0.5 i j), as float32.
static Matrix waves(Arena *arena, size_t rows)
{
    Matrix x = { arena_take(arena, rows * COLS, sizeof(float)), rows, COLS, COLS };
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < COLS; j++)
            row_at(x, i)[j] = (float)sin(1.3 * (double)i + 2.1 * (double)j + 0.5 * (double)(i * j));
    return x;
}

static int32_t *labels(Arena *arena, size_t rows, int classes)
{
    int32_t *label = arena_take(arena, rows, sizeof *label);
    for (size_t i = 0; i < rows; i++)
        label[i] = (int32_t)((i * i + i / (classes == 2 ? 5 : 3)) % (size_t)classes);
    return label;
}

// Two points, -1 and 1, one of each class: b = 0, and w = 2 C / (1 + e^w).
static void two_points_have_the_root_of_one_equation(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    float x[] = { -1, 1 };
    int32_t label[] = { 0, 1 };
    double w, b;
    Design design = design_new(arena, (Matrix){ x, 2, 1, 1 }, false);
    CHECK(logistic_fit(arena, &design, label, 2, 1, NULL, NULL, &w, &b, &error));
    CHECK_CLOSE(w, 0.6748316143423994, 1e-8);
    CHECK_CLOSE(b, 0, 1e-8);
    arena_free(arena);
}

// Newton's method in Python (floats of 64 bits, its own elimination) on the same rows.
static void newton_s_method_finds_the_same(void)
{
    static const double two[] = { 0.19117189459, 0.134647673646, -0.130944474662, -0.461038366246 };
    static const double three[][COLS + 1] = {
        { -0.494989719176, 0.253939064699, 0.0169931400098, -0.0559854694621 },
        { 0.826480514517, -0.0093371289365, 0.0440965237827, 0.0857670561528 },
        { -0.331490795341, -0.244601935763, -0.0610896637925, -0.0297815866908 },
    };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Design design = design_new(arena, waves(arena, ROWS), false);
    double W[3 * COLS], b[3];
    CHECK(logistic_fit(arena, &design, labels(arena, ROWS, 2), 2, 0.5, NULL, NULL, W, b, &error));
    design_fold(&design, 1, W, b);
    for (int j = 0; j < COLS; j++)
        CHECK_CLOSE(W[j], two[j], 1e-7);
    CHECK_CLOSE(b[0], two[COLS], 1e-7);
    CHECK(logistic_fit(arena, &design, labels(arena, ROWS, 3), 3, 10, NULL, NULL, W, b, &error));
    CHECK_CLOSE(b[0] + b[1] + b[2], 0, 1e-12); // of the centred columns: folding moves it
    for (int j = 0; j < COLS; j++)
        CHECK_CLOSE(W[j] + W[COLS + j] + W[2 * COLS + j], 0, 1e-7);
    design_fold(&design, 3, W, b);
    double mean = (b[0] + b[1] + b[2]) / 3;
    for (int k = 0; k < 3; k++) {
        for (int j = 0; j < COLS; j++)
            CHECK_CLOSE(W[k * COLS + j], three[k][j], 1e-7);
        CHECK_CLOSE(b[k] - mean, three[k][COLS], 1e-7);
    }
    arena_free(arena);
}

// Over several blocks of rows.
static void the_gradient_is_the_objective_s_slope(void)
{
    enum { MANY = 2 * DESIGN_BLOCK + 7 };
    for (int classes = 2; classes <= 4; classes += 2) {
        Error error;
        Arena *arena = arena_new(1 << 20, &error);
        Design design = design_new(arena, waves(arena, MANY), true);
        const int32_t *label = labels(arena, MANY, classes);
        size_t vectors = logistic_vectors(classes);
        double x[4 * COLS + 4], gradient[4 * COLS + 4];
        double *b = x + vectors * COLS, *db = gradient + vectors * COLS;
        CHECK(vectors == (classes == 2 ? 1 : 4));
        for (size_t i = 0; i < vectors * (COLS + 1); i++)
            x[i] = cos(3 * (double)i);
        double here = logistic_objective(arena, &design, label, classes, 2, x, b, gradient, db);
        for (size_t i = 0; i < vectors * (COLS + 1); i++) {
            double was = x[i], h = 1e-5;
            x[i] = was + h;
            double up = logistic_objective(arena, &design, label, classes, 2, x, b, NULL, NULL);
            x[i] = was - h;
            double down = logistic_objective(arena, &design, label, classes, 2, x, b, NULL, NULL);
            x[i] = was;
            CHECK_CLOSE((up - down) / (2 * h) / here, gradient[i] / here, 1e-8);
        }
        arena_free(arena);
    }
}

static void scores_of_a_thousand_do_not_overflow(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    float x[] = { -1, 1 };
    int32_t label[] = { 1, 1 };
    double W[] = { 1000, -1000, 0 }, b[] = { 0, 0, 0 }, dW[3], db[3];
    Design design = design_plain(arena, (Matrix){ x, 2, 1, 1 });
    // Of row 0 the score of its class is 1000 (sigmoid: -1000), of row 1 it is -1000 (1000).
    double two = logistic_objective(arena, &design, label, 2, 1e9, W, b, dW, db);
    CHECK_CLOSE(two, 1000 + 1e6 / 2e9, 1e-12);
    double three = logistic_objective(arena, &design, label, 3, 1e9, W, b, dW, db);
    CHECK_CLOSE(three, 2000 + 2e6 / 2e9, 1e-12);
    CHECK_CLOSE(dW[1], -1 + -1000 / 1e9, 1e-12);
    arena_free(arena);
}

typedef struct {
    int asked, patience;
} Asker;

static bool patient(void *context)
{
    Asker *asker = context;
    return ++asker->asked < asker->patience;
}

// However near: from the fifth iteration or so on its gradient would pass for small enough.
static void told_to_stop_it_says_so_at_every_iteration(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Design design = design_new(arena, waves(arena, ROWS), true);
    const int32_t *label = labels(arena, ROWS, 2);
    double W[COLS], b[1], V[COLS], a[1];
    Asker asker = { 0, INT_MAX };
    CHECK(logistic_fit(arena, &design, label, 2, 100, patient, &asker, W, b, &error));
    CHECK(asker.asked > 5);
    for (int last = asker.asked, stop = 1; stop <= last; stop++) {
        asker = (Asker){ 0, stop };
        CHECK(!logistic_fit(arena, &design, label, 2, 100, patient, &asker, V, a, &error));
        CHECK_ERROR(&error, ERROR_WORK, "was stopped");
        CHECK(asker.asked == stop);
    }
    asker = (Asker){ 0, asker.patience + 1 };
    CHECK(logistic_fit(arena, &design, label, 2, 100, patient, &asker, V, a, &error));
    CHECK(!memcmp(V, W, sizeof W) && a[0] == b[0]);
    arena_free(arena);
}

static void vectors_that_are_no_numbers_are_an_error(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Matrix x = waves(arena, ROWS);
    double W[COLS], b[1];
    row_at(x, 3)[1] = NAN;
    Design design = design_new(arena, x, true);
    CHECK(!logistic_fit(arena, &design, labels(arena, ROWS, 2), 2, 1, NULL, NULL, W, b, &error));
    CHECK_ERROR(&error, ERROR_WORK, "no finite numbers");
    arena_free(arena);
}

void suite_logistic(void)
{
    ADD(two_points_have_the_root_of_one_equation);
    ADD(newton_s_method_finds_the_same);
    ADD(the_gradient_is_the_objective_s_slope);
    ADD(scores_of_a_thousand_do_not_overflow);
    ADD(vectors_that_are_no_numbers_are_an_error);
    ADD(told_to_stop_it_says_so_at_every_iteration);
}
