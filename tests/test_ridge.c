// test_ridge.c: ridge regression and standardised columns, by hand.
#include "engine/ridge.h"
#include "tests/test.h"
#include <math.h>

// x = 0, 2 and t = 1, 3: centred -1, 1 in both, so W = 2 / (2 + alpha).
static void two_points_on_a_line(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    float x[] = { 0, 2 };
    double t[] = { 1, 3 }, W, b;
    Design design = design_new(arena, (Matrix){ x, 2, 1, 1 }, false);
    Ridge ridge = ridge_new(arena, &design, t, 1);
    CHECK(ridge_solve(arena, &ridge, 2, &W, &b, &error));
    CHECK_CLOSE(W, 0.5, 1e-15);
    CHECK_CLOSE(b, 2, 1e-15); // of the centred column
    design_fold(&design, 1, &W, &b);
    CHECK_CLOSE(b, 1.5, 1e-15);                              // 2 - 0.5 x 1
    CHECK(ridge_solve(arena, &ridge, 1e-4, &W, &b, &error)); // the same sums, another alpha
    CHECK_CLOSE(W, 2 / 2.0001, 1e-12);
    arena_free(arena);
}

// Rows (1, 0) and (0, 1), t = (1, 2) and (-1, 0): centred (.5, -.5) and its opposite, the gram
// matrix has eigenvalue 1 on (1, -1), so W = (1, -1) / (1 + alpha) for both.
static void two_columns_and_two_targets(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    float x[] = { 1, 0, 0, 1 };
    double t[] = { 1, 2, -1, 0 }, W[4], b[2];
    Design design = design_new(arena, (Matrix){ x, 2, 2, 2 }, false);
    Ridge ridge = ridge_new(arena, &design, t, 2);
    CHECK(ridge_solve(arena, &ridge, 3, W, b, &error));
    for (int v = 0; v < 2; v++) {
        CHECK_CLOSE(W[2 * v], 0.25, 1e-15);
        CHECK_CLOSE(W[2 * v + 1], -0.25, 1e-15);
    }
    design_fold(&design, 2, W, b);
    CHECK_CLOSE(b[0], 0, 1e-15);
    CHECK_CLOSE(b[1], 1, 1e-15);
    arena_free(arena);
}

// Columns 10, 30 and 5, 5: deviations 10 and, of equal values, 1.
static void columns_are_standardised_by_the_number_of_rows(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    float x[] = { 10, 5, 30, 5 };
    double t[] = { -1, 1 }, W[2], b, z[4];
    Design design = design_new(arena, (Matrix){ x, 2, 2, 2 }, true);
    design_block(&design, 0, 2, z);
    CHECK(z[0] == -1 && z[1] == 0 && z[2] == 1 && z[3] == 0);
    Ridge ridge = ridge_new(arena, &design, t, 1);
    CHECK(ridge_solve(arena, &ridge, 2, W, &b, &error));
    design_fold(&design, 1, W, &b);
    CHECK_CLOSE(W[0], 0.05, 1e-15); // 2 / (2 + 2) / 10
    CHECK(W[1] == 0);
    CHECK_CLOSE(b, -1, 1e-15);
    arena_free(arena);
}

static void equal_values_have_deviation_1_whatever_their_rounded_mean(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    float x[] = { 0.1F, 0.1F, 0.1F };
    Design design = design_new(arena, (Matrix){ x, 3, 1, 1 }, true);
    CHECK(design.scale[0] == 1);
    arena_free(arena);
}

// Many rows, more columns than a block has by itself: Z^T (Z W - T) + alpha W = 0.
static void the_normal_equations_hold_over_several_blocks(void)
{
    enum { ROWS = 2 * DESIGN_BLOCK + 5, COLS = 9 };
    Error error;
    uint64_t random = 3;
    Arena *arena = arena_new(1 << 22, &error);
    Matrix x = { arena_take(arena, ROWS * COLS, sizeof(float)), ROWS, COLS, COLS };
    double t[ROWS], W[COLS], b, z[COLS], off[COLS] = { 0 }, sum = 0;
    for (size_t i = 0; i < ROWS * COLS; i++)
        x.data[i] = 3 + mix_float(&random);
    for (size_t r = 0; r < ROWS; r++)
        t[r] = (double)mix_float(&random);
    Design design = design_new(arena, x, true);
    Ridge ridge = ridge_new(arena, &design, t, 1);
    CHECK(ridge_solve(arena, &ridge, 0.7, W, &b, &error));
    for (size_t r = 0; r < ROWS; r++) {
        double residual = b - t[r];
        design_block(&design, r, 1, z);
        for (size_t c = 0; c < COLS; c++)
            residual += W[c] * z[c];
        for (size_t c = 0; c < COLS; c++)
            off[c] += residual * z[c];
        sum += residual;
    }
    for (size_t c = 0; c < COLS; c++)
        CHECK_CLOSE(off[c] + 0.7 * W[c], 0, 1e-10);
    CHECK_CLOSE(sum, 0, 1e-10);
    arena_free(arena);
}

static void vectors_that_are_no_numbers_are_an_error(void)
{
    static const float wrong[] = { NAN, INFINITY };
    for (int standardised = 0; standardised < 2; standardised++)
        for (size_t i = 0; i < 2; i++) {
            Error error;
            Arena *arena = arena_new(1 << 20, &error);
            float x[] = { 1, 2, 4, wrong[i], 3, 7 };
            double t[] = { 1, -1, 1 }, W[2], b;
            Design design = design_new(arena, (Matrix){ x, 3, 2, 2 }, standardised);
            Ridge ridge = ridge_new(arena, &design, t, 1);
            CHECK(!ridge_solve(arena, &ridge, 2, W, &b, &error));
            CHECK_ERROR(&error, ERROR_WORK, "no finite numbers");
            arena_free(arena);
        }
}

void suite_ridge(void)
{
    ADD(two_points_on_a_line);
    ADD(two_columns_and_two_targets);
    ADD(columns_are_standardised_by_the_number_of_rows);
    ADD(equal_values_have_deviation_1_whatever_their_rounded_mean);
    ADD(the_normal_equations_hold_over_several_blocks);
    ADD(vectors_that_are_no_numbers_are_an_error);
}
