// test_kernels.c: the numeric loops by hand, against their twins on odd shapes, and their gradients
// against slopes of the twins.
#include "engine/kernels.h"
#include "tests/guarded.h"
#include "tests/reference/reference.h"
#include "tests/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- rows joined

// 2^24 + 1 - 2^24 is 1 in double, and 0 where every sequence is rounded.
static void gradients_of_joined_rows_are_summed_in_double(void)
{
    static const uint32_t offset[] = { 0, 1, 3, 4 };
    static const float part[] = { 16777216, 1, -16777216 };
    enum { WIDTH = 37, ALL = 4 + 3 * 2 };
    Batch batch = { .extent = { .tokens = 4, .sequences = 3 }, .offset = offset };
    Layout own = { true, 0 }, joined = { true, 2 };
    float dy[ALL * WIDTH] = { 0 }, drows[2 * WIDTH];
    for (size_t i = 0; i < WIDTH; i++)
        drows[i] = 0, drows[WIDTH + i] = 4;
    for (size_t s = 0; s < 3; s++)
        for (size_t i = 0; i < 2 * WIDTH; i++)
            dy[(offset[s] + 2 * s) * WIDTH + i] = part[s] * (float)(1 + i / WIDTH);
    rows_joined_backward((Matrix){ drows, 2, WIDTH, WIDTH }, (Matrix){ 0 }, false,
                         (Matrix){ dy, ALL, WIDTH, WIDTH }, &batch, own, joined);
    for (size_t i = 0; i < WIDTH; i++) {
        CHECK_CLOSE(drows[i], 1, 0);
        CHECK_CLOSE(drows[WIDTH + i], 6, 0);
    }
}

// ---- sums

static void sums_worked_by_hand(void)
{
    float x[40], y[40];
    for (int i = 0; i < 40; i++) {
        x[i] = (float)(i + 1);
        y[i] = i % 2 ? 1 : -1;
    }
    CHECK_CLOSE(sum_floats(x, 0), 0, 0);
    CHECK_CLOSE(sum_floats(x, 1), 1, 0);
    CHECK_CLOSE(sum_floats(x, 40), 820, 0);   // 40 41 / 2
    CHECK_CLOSE(sum_floats(x, 33), 561, 0);   // 33 34 / 2
    CHECK_CLOSE(sum_squares(x, 20), 2870, 0); // 20 21 41 / 6
    CHECK_CLOSE(sum_products(x, y, 40), 20, 0);
    CHECK_CLOSE(sum_products(x, y, 17), -9, 0);
    for (size_t n = 1; n <= 40; n++)
        for (size_t top = 0; top < n; top++) {
            x[top] += 100;
            CHECK_CLOSE(maximum(x, n), (double)top + 101, 0);
            x[top] -= 100;
        }
    static const float below_zero[] = { -3, -1, -2, -1e30f }, around[] = { -3, -1, 1e-30f, -1e30f };
    CHECK_CLOSE(maximum(below_zero, 4), -1, 0);
    CHECK_CLOSE(maximum(around, 4), 1e-30f, 0);
    CHECK_CLOSE(maximum(below_zero, 1), -3, 0);
}

// 2^24 + 1 has no float: a sum in float would lose every one of the ones.
static void sums_are_taken_in_double(void)
{
    enum { N = 2000, SIDE = 37 };
    float *x = malloc(N * SIDE * sizeof *x), total[SIDE];
    if (!x)
        abort();
    for (size_t i = 0; i < N * SIDE; i++)
        x[i] = i < SIDE ? 0x1p24f : 1;
    CHECK_CLOSE(sum_floats(x, SIDE * 3), SIDE * 0x1p24 + 2 * SIDE, 0);
    sum_rows((Matrix){ total, 1, SIDE, SIDE }, (Matrix){ x, N, SIDE, SIDE }, false);
    for (int j = 0; j < SIDE; j++)
        CHECK_CLOSE(total[j], (float)(0x1p24 + N - 1), 0);
    free(x);
}

static void column_sums_agree_with_their_twin(void)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        Pool *pool = pool_new(seed);
        size_t rows = below(pool, 40), cols = 1 + below(pool, 79);
        bool add = below(pool, 2);
        Matrix x = matrix(pool, rows, cols), b = matrix(pool, rows, cols);
        Matrix y = matrix(pool, 1, cols), p = matrix(pool, 1, cols);
        Table *tx = table_of(x), *ty = table_of(y), *tp = table_of(p), *tb = table_of(b);
        Table *sum = table_of(y);
        sum_rows(y, x, add);
        reference_sum_rows(sum, tx);
        close_to_sum(y, add ? ty : NULL, sum, 1e-6, "sum_rows", seed);
        sum_rows_of_products(p, x, b, add);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < cols; c++)
                tx->at[r][c] *= tb->at[r][c];
        reference_sum_rows(sum, tx);
        close_to_sum(p, add ? tp : NULL, sum, 1e-6, "sum_rows_of_products", seed);
        free(tx), free(ty), free(tp), free(tb), free(sum);
        pool_free(pool, seed);
    }
}

// ---- element by element

static const struct {
    const char *name;
    Activation which;
} activations[] = {
    { "gelu", GELU }, { "gelu_new", GELU_NEW }, { "relu", RELU },
    { "tanh", TANH }, { "swish", SWISH },
};
enum { ACTIVATIONS = sizeof activations / sizeof *activations };

// Phi(1) = 0.8413447461 and phi(1) = 0.2419707245; tanh form at 1: 0.8411919906 (Hendrycks,
// Gimpel); the slopes are Phi + x phi = 1.0833154706 at 1, 1/2 at 0; swish(1) = 1 / (1 + 1/e).
static void activations_worked_by_hand(void)
{
    static const struct {
        Activation which;
        float x;
        double y, slope;
    } cases[] = {
        { GELU, 1, 0.8413447461, 1.0833154706 },
        { GELU, -1, -0.1586552539, -0.0833154706 },
        { GELU, 0, 0, 0.5 },
        { GELU, 20, 20, 1 },
        { GELU, -20, 0, 0 },
        { GELU_NEW, 1, 0.8411919906, 1.0829640838 },
        { GELU_NEW, -30, 0, 0 },
        { RELU, 3, 3, 1 },
        { RELU, -3, 0, 0 },
        { RELU, 0, 0, 0 },
        { RELU, -INFINITY, 0, 0 },
        { TANH, 0.5493061443f, 0.5, 0.75 },
        { SWISH, 1, 0.7310585786, 0.9276705119 },
        { SWISH, -200, 0, 0 },
        { SWISH, 200, 200, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float x[19], y[19], slope[19]; // long enough for the vector form
        for (int j = 0; j < 19; j++)
            x[j] = cases[i].x;
        activation(cases[i].which, (Matrix){ y, 1, 19, 19 }, (Matrix){ slope, 1, 19, 19 },
                   (Matrix){ x, 1, 19, 19 });
        for (int j = 0; j < 19; j += 6) {
            CHECK_CLOSE(y[j], cases[i].y, 4e-7);
            CHECK_CLOSE(slope[j], cases[i].slope, 6e-7);
        }
    }
}

static void a_nan_passes_through_every_activation(void)
{
    for (int which = 0; which < ACTIVATIONS; which++) {
        float x[] = { 1, NAN, 2 }, y[3];
        activation(activations[which].which, (Matrix){ y, 1, 3, 3 }, (Matrix){ 0 },
                   (Matrix){ x, 1, 3, 3 });
        CHECK(isnan(y[1]) && !isnan(y[0]) && !isnan(y[2]));
    }
}

typedef struct {
    Activation which;
    Table *x, *y, *dy;
} ActivationCase;

static double activation_loss(void *with)
{
    ActivationCase *c = with;
    reference_activation(c->which, c->y, c->x);
    return dot(c->y, c->dy);
}

static void activations_agree_with_their_twin_and_slopes_with_differences(void)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        Pool *pool = pool_new(seed);
        size_t rows = below(pool, 6), cols = 1 + below(pool, 70), which = seed % ACTIVATIONS;
        Matrix x = matrix(pool, rows, cols), slope = matrix(pool, rows, cols);
        Matrix dy = matrix(pool, rows, cols), y = matrix(pool, rows, cols);
        scale_copy(x, x, 4, false);
        if (activations[which].which == RELU) // its slope has a step at 0
            for (size_t r = 0; r < rows; r++)
                for (size_t c = 0; c < cols; c++)
                    row_at(x, r)[c] += row_at(x, r)[c] < 0 ? -0.01f : 0.01f;
        ActivationCase with = { activations[which].which, table_of(x), table_of(x), table_of(dy) };
        Matrix alone = below(pool, 2) ? y : copy(pool, x), in_place = copy(pool, x);
        activation(with.which, alone, (Matrix){ 0 }, alone.data == y.data ? x : alone);
        activation(with.which, in_place, slope, in_place);
        reference_activation(with.which, with.y, with.x);
        close_to_table(alone, with.y, 1e-6, activations[which].name, seed);
        close_to_table(in_place, with.y, 1e-6, activations[which].name, seed);
        multiply(dy, dy, slope, false); // the backward
        slope_is(activation_loss, &with, with.x, dy, pool, 1e-5, activations[which].name, seed);
        free(with.x), free(with.y), free(with.dy);
        pool_free(pool, seed);
    }
}

static void arithmetic_agrees_with_the_definition(void)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        Pool *pool = pool_new(seed);
        size_t rows = below(pool, 6), cols = 1 + below(pool, 70);
        bool add = below(pool, 2), in_place = below(pool, 2), one_row = below(pool, 2);
        Matrix a = matrix(pool, rows, cols), b = matrix(pool, rows, cols);
        Matrix factor = matrix(pool, one_row ? 1 : rows, cols), bias = matrix(pool, 1, cols);
        Matrix y[4];
        for (int k = 0; k < 4; k++)
            y[k] = in_place && k < 3 ? copy(pool, a) : copy(pool, b);
        float scale = mix_float(&pool->random);
        add_scaled(y[0], in_place ? y[0] : a, b, scale, add);
        multiply(y[1], in_place ? y[1] : a, factor, add);
        scale_copy(y[2], in_place ? y[2] : a, scale, add);
        add_row(y[3], bias);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < cols; c++) {
                double p = row_at(a, r)[c], q = row_at(b, r)[c], there = in_place ? p : q;
                double base = add ? there : 0, f = row_at(factor, one_row ? 0 : r)[c];
                CHECK_CLOSE(row_at(y[0], r)[c], base + p + scale * q, 3e-7);
                CHECK_CLOSE(row_at(y[1], r)[c], base + p * f, 2e-7);
                CHECK_CLOSE(row_at(y[2], r)[c], base + scale * p, 2e-7);
                CHECK_CLOSE(row_at(y[3], r)[c], q + row_at(bias, 0)[c], 2e-7);
            }
        pool_free(pool, seed);
    }
}

// ---- layer normalisation

// Row {0, 0, 4, 4}: mean 2, variance 4 (divided by 4, not by 3), so the normalised row is
// {-1, -1, 1, 1}; gain {1, 2, 3, 4} and offset {10, 20, 30, 40} follow. The second row is the sum
// of {1, 2, 3, 4} and the residual {-1, -2, 1, 0}.
static void rows_are_scaled_by_the_definition_and_in_place(void)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        Pool *pool = pool_new(seed);
        size_t rows = 1 + below(pool, 20), cols = 1 + below(pool, 60);
        bool add = below(pool, 2);
        Matrix a = matrix(pool, rows, cols), b = matrix(pool, rows, cols);
        Matrix v = matrix(pool, 1, rows), y = matrix(pool, rows, cols), p = matrix(pool, 1, rows);
        Matrix there = copy(pool, y), were = copy(pool, p), same = copy(pool, a);
        scale_rows(y, a, v, add);
        scale_rows(same, same, v, false);
        products_of_rows(p, a, b, add);
        for (size_t r = 0; r < rows; r++) {
            double sum = add ? (double)were.data[r] : 0;
            for (size_t c = 0; c < cols; c++) {
                float scaled = v.data[r] * row_at(a, r)[c];
                CHECK_CLOSE(row_at(y, r)[c], (add ? row_at(there, r)[c] : 0) + scaled, 2e-7);
                CHECK(row_at(same, r)[c] == scaled);
                sum += (double)row_at(a, r)[c] * (double)row_at(b, r)[c];
            }
            CHECK_CLOSE(p.data[r], sum, 1e-6);
        }
        pool_free(pool, seed);
    }
}

// A unit row does not grow along itself: of dx = s (dy - y <y, dy>) the part along x is zero, and
// it is dy / |x| across it.
static void unit_rows_and_their_gradients_by_hand(void)
{
    float x[] = { 3, 4, 0, 0, -2e-20F, 0, 5, 12 }, y[8], scale[4], dx[8];
    const float dy[] = { 4, -3, 1, 1, 1, 1, 5, 12 };
    Matrix mx = { x, 4, 2, 2 }, my = { y, 4, 2, 2 }, s = { scale, 1, 4, 4 }, mdx = { dx, 4, 2, 2 };
    Matrix mdy = { (float *)(uintptr_t)dy, 4, 2, 2 };
    unit_rows(my, s, mx);
    static const double unit[] = { 0.6, 0.8, 0, 0, -2e-8, 0, 5 / 13.0, 12 / 13.0 };
    for (int i = 0; i < 8; i++)
        CHECK_CLOSE(y[i], unit[i], 1e-7);
    CHECK_CLOSE(scale[0], 0.2, 1e-7);
    CHECK_CLOSE(scale[1] / 1e12, 1, 1e-6);
    CHECK_CLOSE(scale[3], 1 / 13.0, 1e-7);
    unit_rows_backward(mdx, false, mdy, my, s);
    CHECK_CLOSE(dx[0], 0.8, 1e-6); // (4, -3) is across (3, 4)
    CHECK_CLOSE(dx[1], -0.6, 1e-6);
    CHECK_CLOSE(dx[6], 0, 1e-6); // (5, 12) along itself
    CHECK_CLOSE(dx[7], 0, 1e-6);
    unit_rows_backward(mdx, true, mdy, my, s);
    CHECK_CLOSE(dx[0], 1.6, 1e-6);
    unit_rows(mx, (Matrix){ 0 }, mx); // in place, without the lengths
    for (int i = 0; i < 8; i++)
        CHECK(x[i] == y[i]);
}

static void layernorm_of_a_row_worked_by_hand(void)
{
    float x[] = { 0, 0, 4, 4, 1, 2, 3, 4 }, residual[] = { 0, 0, 0, 0, -1, -2, 1, 0 }, y[8], z[8];
    float gain[] = { 1, 2, 3, 4 }, offset[] = { 10, 20, 30, 40 }, rstd[2];
    static const double expected[] = { 9, 18, 33, 44 }, normal[] = { -1, -1, 1, 1 };
    layernorm((Matrix){ y, 2, 4, 4 }, (Matrix){ z, 2, 4, 4 }, (Matrix){ rstd, 2, 1, 1 },
              (Matrix){ x, 2, 4, 4 }, (Matrix){ residual, 2, 4, 4 }, (Matrix){ gain, 1, 4, 4 },
              (Matrix){ offset, 1, 4, 4 }, 0);
    for (int i = 0; i < 8; i++) {
        CHECK_CLOSE(y[i], expected[i % 4], 0);
        CHECK_CLOSE(z[i], normal[i % 4], 0);
    }
    CHECK_CLOSE(rstd[0], 0.5, 0);
    CHECK_CLOSE(rstd[1], 0.5, 0);
}

// A constant row has variance 0: it becomes the offset, however far from 0 it lies.
static void a_constant_row_becomes_the_offset(void)
{
    enum { N = 67 };
    float x[N], y[N], gain[N], offset[N];
    for (int i = 0; i < N; i++) {
        x[i] = 1000.1f;
        gain[i] = 3;
        offset[i] = (float)i;
    }
    Matrix none = { 0 };
    layernorm((Matrix){ y, 1, N, N }, none, none, (Matrix){ x, 1, N, N }, none,
              (Matrix){ gain, 1, N, N }, (Matrix){ offset, 1, N, N }, 1e-12);
    for (int i = 0; i < N; i++)
        CHECK_CLOSE(y[i], i, 1e-5);
}

typedef struct {
    Table *x, *gain, *offset, *dy, *y, *z;
    double epsilon;
} LayernormCase;

static double layernorm_loss(void *with)
{
    LayernormCase *c = with;
    reference_layernorm(c->y, c->z, c->x, c->gain, c->offset, c->epsilon);
    return dot(c->y, c->dy);
}

static void layernorm_agrees_with_its_twin_and_gradients_with_differences(void)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        Pool *pool = pool_new(seed);
        size_t rows = below(pool, 9), H = 1 + below(pool, 79);
        double epsilon = 0.01;
        Matrix none = { 0 }, x = matrix(pool, rows, H), r = matrix(pool, rows, H);
        Matrix gain = matrix(pool, 1, H), offset = matrix(pool, 1, H), dy = matrix(pool, rows, H);
        Matrix y = matrix(pool, rows, H), z = matrix(pool, rows, H), rstd = matrix(pool, rows, 1);
        bool residual = below(pool, 2);
        Table *sum = table_of(x), *tr = table_of(r);
        if (residual)
            move(sum, tr, 1);
        LayernormCase with = { sum,         table_of(gain), table_of(offset), table_of(dy),
                               table_of(x), table_of(x),    epsilon };
        reference_layernorm(with.y, with.z, with.x, with.gain, with.offset, epsilon);
        Matrix from = residual ? r : none;
        size_t where = below(pool, 4); // elsewhere, y on x, z on x, without z and rstd
        Matrix in = copy(pool, x);
        Matrix to_y = where == 1 ? in : y, to_z = where == 2 ? in : z;
        layernorm(to_y, where == 3 ? none : to_z, where == 3 ? none : rstd, in, from, gain, offset,
                  epsilon);
        close_to_table(to_y, with.y, 2e-6, "layernorm", seed);
        layernorm(y, z, rstd, x, from, gain, offset, epsilon);
        close_to_table(y, with.y, 2e-6, "layernorm", seed);
        close_to_table(z, with.z, 2e-6, "layernorm's z", seed);
        if (where == 2)
            close_to_table(to_z, with.z, 2e-6, "layernorm's z in place", seed);

        bool add = below(pool, 2), in_place = !add && below(pool, 2);
        Matrix dx = in_place ? copy(pool, dy) : matrix(pool, rows, H);
        Matrix dgain = matrix(pool, 1, H), doffset = matrix(pool, 1, H),
               exact = matrix(pool, rows, H);
        Table *before = table_of(dx), *gain0 = table_of(dgain), *offset0 = table_of(doffset);
        Table *tdx = table_of(dx), *tdgain = table_of(gain), *tdoffset = table_of(gain);
        reference_layernorm_backward(tdx, tdgain, tdoffset, with.dy, with.x, with.gain, epsilon);
        size_t wanted = 1 + below(pool, 7); // every subset of outputs
        layernorm_backward(wanted & 1 ? dx : none, add, wanted & 2 ? dgain : none,
                           wanted & 4 ? doffset : none, in_place ? dx : dy, z, rstd, gain);
        if (wanted & 1)
            close_to_sum(dx, add ? before : NULL, tdx, 1e-5, "dx", seed);
        if (wanted & 2)
            close_to_sum(dgain, gain0, tdgain, 5e-6, "dgain", seed);
        if (wanted & 4)
            close_to_sum(doffset, offset0, tdoffset, 2e-6, "doffset", seed);
        scale_copy(dgain, dgain, 0, false);
        scale_copy(doffset, doffset, 0, false);
        layernorm_backward(exact, false, dgain, doffset, dy, z, rstd, gain);
        slope_is(layernorm_loss, &with, with.x, exact, pool, 2e-5, "layernorm's x", seed);
        slope_is(layernorm_loss, &with, with.gain, dgain, pool, 1e-5, "layernorm's gain", seed);
        slope_is(layernorm_loss, &with, with.offset, doffset, pool, 1e-5, "layernorm's offset",
                 seed);
        free(with.x), free(with.gain), free(with.offset), free(with.dy), free(with.y), free(with.z);
        free(tr), free(before), free(gain0), free(offset0), free(tdx), free(tdgain), free(tdoffset);
        pool_free(pool, seed);
    }
}

// Row {1, 7, 1, 7}: mean square 25, so the normalised row is {1, 7, 1, 7} / 5.
static void rmsnorm_of_a_row_worked_by_hand(void)
{
    float x[] = { 1, 7, 1, 7 }, gain[] = { 5, 10, 15, 20 }, y[4], z[4], rrms;
    static const double expected[] = { 1, 14, 3, 28 };
    rmsnorm((Matrix){ y, 1, 4, 4 }, (Matrix){ z, 1, 4, 4 }, (Matrix){ &rrms, 1, 1, 1 },
            (Matrix){ x, 1, 4, 4 }, (Matrix){ gain, 1, 4, 4 }, 0);
    CHECK_CLOSE(rrms, 0.2, 1e-7);
    for (int i = 0; i < 4; i++) {
        CHECK_CLOSE(y[i], expected[i], 1e-6);
        CHECK_CLOSE(z[i], x[i] / 5, 1e-6);
    }
    rmsnorm((Matrix){ y, 1, 4, 4 }, (Matrix){ 0 }, (Matrix){ 0 }, (Matrix){ x, 1, 4, 4 },
            (Matrix){ gain, 1, 4, 4 }, 75); // rms 10
    for (int i = 0; i < 4; i++)
        CHECK_CLOSE(y[i], expected[i] / 2, 1e-6);
}

typedef struct {
    Table *x, *gain, *dy, *y;
    double epsilon;
} RmsnormCase;

static double rmsnorm_loss(void *with)
{
    RmsnormCase *c = with;
    reference_rmsnorm(c->y, c->x, c->gain, c->epsilon);
    return dot(c->y, c->dy);
}

static void rmsnorm_agrees_with_its_twin_and_gradients_with_differences(void)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        Pool *pool = pool_new(seed);
        size_t rows = below(pool, 9), H = 1 + below(pool, 79), where = below(pool, 4);
        Matrix none = { 0 }, x = matrix(pool, rows, H), gain = matrix(pool, 1, H);
        Matrix dy = matrix(pool, rows, H), y = matrix(pool, rows, H), z = matrix(pool, rows, H);
        Matrix rrms = matrix(pool, rows, 1), in = copy(pool, x);
        RmsnormCase with = { table_of(x), table_of(gain), table_of(dy), table_of(x), 0.01 };
        reference_rmsnorm(with.y, with.x, with.gain, with.epsilon);
        Matrix to_y = where == 1 ? in : y, to_z = where == 2 ? in : z;
        rmsnorm(to_y, where == 3 ? none : to_z, where == 3 ? none : rrms, in, gain, with.epsilon);
        close_to_table(to_y, with.y, 2e-6, "rmsnorm", seed);
        rmsnorm(y, z, rrms, x, gain, with.epsilon);

        bool add = below(pool, 2), in_place = !add && below(pool, 2);
        Matrix dx = in_place ? copy(pool, dy) : matrix(pool, rows, H);
        Matrix dgain = matrix(pool, 1, H), exact = matrix(pool, rows, H);
        Table *before = table_of(dx), *gain0 = table_of(dgain);
        Table *tdx = table_of(dx), *tdgain = table_of(gain);
        reference_rmsnorm_backward(tdx, tdgain, with.dy, with.x, with.gain, with.epsilon);
        size_t wanted = 1 + below(pool, 3); // every subset of outputs
        rmsnorm_backward(wanted & 1 ? dx : none, add, wanted & 2 ? dgain : none, in_place ? dx : dy,
                         z, rrms, gain);
        if (wanted & 1)
            close_to_sum(dx, add ? before : NULL, tdx, 1e-5, "dx", seed);
        if (wanted & 2)
            close_to_sum(dgain, gain0, tdgain, 5e-6, "dgain", seed);
        scale_copy(dgain, dgain, 0, false);
        rmsnorm_backward(exact, false, dgain, dy, z, rrms, gain);
        slope_is(rmsnorm_loss, &with, with.x, exact, pool, 2e-5, "rmsnorm's x", seed);
        slope_is(rmsnorm_loss, &with, with.gain, dgain, pool, 1e-5, "rmsnorm's gain", seed);
        free(with.x), free(with.gain), free(with.dy), free(with.y);
        free(before), free(gain0), free(tdx), free(tdgain);
        pool_free(pool, seed);
    }
}

// ---- rotary positions

// Two heads of two columns, base 10: pair 0 turns by the position itself. At position 0 nothing
// moves; at 1 (1, 0) becomes (cos 1, sin 1) and (0, 1) (-sin 1, cos 1). Behind two rows of a prompt
// the places are -2, -1, 0, 1.
static void rows_are_turned_by_their_places(void)
{
    static const uint32_t offset[] = { 0, 2 };
    Batch batch = { .extent = { 2, 1, 0, 4, 2 }, .offset = offset };
    Rotary options = { .size = 2, .base = 10 };
    float x[16], y[16], scratch[2];
    for (size_t r = 0; r < 4; r++)
        for (size_t c = 0; c < 4; c++)
            x[4 * r + c] = c == 0 || c == 3;
    for (size_t extra = 0; extra <= 2; extra += 2) {
        size_t rows = 2 + extra;
        rotary((Matrix){ y, rows, 4, 4 }, (Matrix){ x, rows, 4, 4 }, &options, &batch,
               (Layout){ true, extra }, false, scratch);
        for (size_t r = 0; r < rows; r++) {
            double place = (double)r - (double)extra;
            CHECK_CLOSE(y[4 * r], cos(place), 1e-7);
            CHECK_CLOSE(y[4 * r + 1], sin(place), 1e-7);
            CHECK_CLOSE(y[4 * r + 2], -sin(place), 1e-7);
            CHECK_CLOSE(y[4 * r + 3], cos(place), 1e-7);
        }
    }
}

static void rotary_agrees_with_its_twin_and_is_undone_by_its_gradient(void)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        Pool *pool = pool_new(seed);
        RandomBatch batch;
        random_batch(&batch, pool);
        Extent extent = batch.view.extent;
        Layout layout = { below(pool, 4) > 0, below(pool, 3) };
        size_t size = 2 * (1 + below(pool, 8)), H = size * (1 + below(pool, 4));
        size_t rows =
            layout.tokens ? extent.tokens + extent.sequences * layout.extra : extent.sequences;
        if (!layout.tokens)
            layout.extra = 0;
        Rotary options = { (int64_t)size, below(pool, 2) ? 10000 : 3, below(pool, 2) },
               undo = options;
        undo.back = !options.back;
        bool add = below(pool, 2), in_place = below(pool, 2);
        Matrix x = matrix(pool, rows, H), y = in_place ? copy(pool, x) : matrix(pool, rows, H);
        Matrix again = matrix(pool, rows, H), scratch = matrix(pool, 1, size);
        Table *tx = table_of(x), *ty = table_of(x), *before = table_of(y);
        reference_rotary(ty, tx, &options, &batch.view, layout);
        rotary(y, in_place ? y : x, &options, &batch.view, layout, add, scratch.data);
        close_to_sum(y, add ? before : NULL, ty, 1e-6, "rotary", seed);
        rotary(y, x, &options, &batch.view, layout, false, scratch.data);
        rotary(again, y, &undo, &batch.view, layout, false, scratch.data);
        close_to_table(again, tx, 1e-6, "rotary, there and back", seed);
        free(tx), free(ty), free(before);
        pool_free(pool, seed);
    }
}

// ---- batches

// Sequences of 2 and 3 tokens: without extra rows they start at 0 and 2; with 4 extra rows in front
// of each, at 0 and 2 + 4.
static void segments_worked_by_hand(void)
{
    static const uint32_t offset[] = { 0, 2, 5 };
    Batch batch = { .extent = { .tokens = 5, .sequences = 2 }, .offset = offset };
    Segment plain = segment_of(&batch, (Layout){ .tokens = true }, 1);
    CHECK(plain.first == 2 && plain.count == 3);
    Segment first = segment_of(&batch, (Layout){ .tokens = true, .extra = 4 }, 0);
    CHECK(first.first == 0 && first.count == 6);
    Segment second = segment_of(&batch, (Layout){ .tokens = true, .extra = 4 }, 1);
    CHECK(second.first == 6 && second.count == 7);
    Segment one = segment_of(&batch, (Layout){ .tokens = false }, 1);
    CHECK(one.first == 1 && one.count == 1);
}

static void the_larger_extent_holds_both(void)
{
    Extent e = extent_max((Extent){ 1, 9, 3, 9, 5 }, (Extent){ 2, 8, 4, 8, 6 });
    CHECK(e.tokens == 2 && e.sequences == 9 && e.selected == 4 && e.squares == 9 && e.longest == 6);
}

static void embeddings_agree_with_their_twins(void)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        Pool *pool = pool_new(seed);
        RandomBatch batch;
        random_batch(&batch, pool);
        size_t H = 1 + below(pool, 79), tokens = batch.view.extent.tokens;
        bool places = below(pool, 3) > 0, types = places && below(pool, 2);
        Matrix word = matrix(pool, WORDS, H), position = matrix(pool, LONGEST, H);
        Matrix type = matrix(pool, 2, H), y = matrix(pool, tokens, H), dy = matrix(pool, tokens, H);
        Table *tw = table_of(word), *tp = table_of(position), *tt = table_of(type);
        Table *ty = table_of(y), *tdy = table_of(dy);
        embedding(y, word, places ? position : (Matrix){ 0 }, types ? type : (Matrix){ 0 },
                  &batch.view);
        reference_embedding(ty, tw, places ? tp : NULL, types ? tt : NULL, &batch.view);
        close_to_table(y, ty, 1e-6, "embedding", seed);
        embedding_backward(word, dy, batch.token);
        embedding_backward(position, dy, batch.position);
        embedding_backward(type, dy, batch.type);
        reference_embedding_backward(tw, tdy, batch.token);
        reference_embedding_backward(tp, tdy, batch.position);
        reference_embedding_backward(tt, tdy, batch.type);
        close_to_table(word, tw, 2e-6, "words", seed);
        close_to_table(position, tp, 2e-6, "positions", seed);
        close_to_table(type, tt, 1e-6, "types", seed);
        free(tw), free(tp), free(tt), free(ty), free(tdy);
        pool_free(pool, seed);
    }
}

static void type_gradients_are_summed_in_double(void)
{
    enum { N = 3000, H = 17 };
    float *dy = malloc(N * H * sizeof *dy), table[2 * H] = { 0 };
    int32_t *type = calloc(N, sizeof *type);
    if (!dy || !type)
        abort();
    for (size_t i = 0; i < N * H; i++)
        dy[i] = i < H ? 0x1p24f : 1;
    embedding_backward((Matrix){ table, 2, H, H }, (Matrix){ dy, N, H, H }, type);
    for (int j = 0; j < H; j++) {
        CHECK_CLOSE(table[j], (float)(0x1p24 + N - 1), 0);
        CHECK_CLOSE(table[H + j], 0, 0);
    }
    free(dy);
    free(type);
}

// A pooling is linear, so its backward is its transpose: <dy, pool(x)> = <dx, x>.
typedef void Pooling(Matrix y, Matrix x, const Batch *batch, Layout layout);
typedef void PoolingBackward(Matrix dx, Matrix dy, const Batch *batch, Layout layout, bool add);

static void backward_is_the_transpose(Pooling *forward, PoolingBackward *backward, uint64_t seed)
{
    Pool *pool = pool_new(seed);
    RandomBatch batch;
    random_batch(&batch, pool);
    Layout layout = { true, below(pool, 3) };
    Extent extent = batch.view.extent;
    size_t H = 1 + below(pool, 40), rows = extent.tokens + extent.sequences * layout.extra;
    Matrix x = matrix(pool, rows, H), dx = matrix(pool, rows, H);
    Matrix y = matrix(pool, extent.sequences, H), dy = matrix(pool, extent.sequences, H);
    bool add = below(pool, 2);
    forward(y, x, &batch.view, layout);
    Table *tx = table_of(x), *ty = table_of(y), *tdy = table_of(dy), *before = table_of(dx);
    backward(dx, dy, &batch.view, layout, add);
    Table *after = table_of(dx);
    if (add)
        move(after, before, -1);
    CHECK_CLOSE(dot(after, tx), dot(tdy, ty), 2e-5);
    for (size_t s = 0; s < extent.sequences; s++) { // nothing flows into a prompt's rows
        Segment all = segment_of(&batch.view, layout, s);
        for (size_t r = all.first; r < all.first + layout.extra; r++)
            for (size_t c = 0; c < H; c++)
                CHECK_CLOSE(row_at(dx, r)[c], add ? before->at[r][c] : 0, 0);
    }
    free(tx), free(ty), free(tdy), free(before), free(after);
    pool_free(pool, seed);
}

static void poolings_agree_with_their_twins_and_backwards_are_transposes(void)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        Pool *pool = pool_new(seed);
        RandomBatch batch;
        random_batch(&batch, pool);
        Layout layout = { true, below(pool, 3) };
        Extent extent = batch.view.extent;
        size_t H = 1 + below(pool, 79);
        Matrix x = matrix(pool, extent.tokens + extent.sequences * layout.extra, H);
        Matrix first = matrix(pool, extent.sequences, H), mean = matrix(pool, extent.sequences, H);
        Matrix picked = matrix(pool, extent.selected, H);
        Table *tx = table_of(x), *ty = table_of(first);
        first_rows(first, x, &batch.view, layout);
        reference_first_rows(ty, tx, &batch.view, layout.extra);
        close_to_table(first, ty, 0, "first_rows", seed);
        last_rows(first, x, &batch.view, layout);
        reference_last_rows(ty, tx, &batch.view, layout.extra);
        close_to_table(first, ty, 0, "last_rows", seed);
        mean_rows(mean, x, &batch.view, layout);
        reference_mean_rows(ty, tx, &batch.view, layout.extra);
        close_to_table(mean, ty, 2e-7, "mean_rows", seed);
        picked_rows(picked, x, &batch.view, layout);
        reference_picked_rows(ty, tx, &batch.view, layout.extra);
        close_to_table(picked, ty, 0, "picked_rows", seed);
        free(tx), free(ty);
        pool_free(pool, seed);
        backward_is_the_transpose(first_rows, first_rows_backward, seed);
        backward_is_the_transpose(last_rows, last_rows_backward, seed);
        backward_is_the_transpose(mean_rows, mean_rows_backward, seed);
    }
}

// ---- losses

// Logits {0, 0, 0, ln 5} with label 3: the sum of exp is 8, so the loss is ln(8 / 5) and the
// gradient softmax - onehot = {1, 1, 1, 5 - 8} / 8. With two rows each counts half.
static void losses_worked_by_hand(void)
{
    float logits[] = { 0, 0, 0, 1.60943791f, 7, 7, 7, 7 }, slope[8], scores[] = { 3, -1 };
    static const int32_t label[] = { 3, 0 };
    static const float target[] = { 1, -2 };
    static const double expected[] = { 1, 1, 1, -3, -6, 2, 2, 2 };
    double loss =
        cross_entropy((Matrix){ slope, 2, 4, 4 }, (Matrix){ logits, 2, 4, 4 }, label, 0.5);
    CHECK_CLOSE(loss, (log(1.6) + log(4)) / 2, 1e-8);
    for (int i = 0; i < 8; i++)
        CHECK_CLOSE(slope[i], expected[i] / 8 / 2 * 0.5, 1e-8);
    CHECK_CLOSE(squared_error((Matrix){ slope, 2, 1, 1 }, (Matrix){ scores, 2, 1, 1 }, target, 3),
                2.5,
                0); // (4 + 1) / 2
    CHECK_CLOSE(slope[0], 3 * 2 * 2 / 2., 0);
    CHECK_CLOSE(slope[1], 3 * 2 * 1 / 2., 0);
}

static void large_logits_do_not_overflow_and_a_nan_stays(void)
{
    float logits[] = { 1e5f, -1e5f, 0 }, broken[] = { 0, NAN, 1 }, slope[3];
    static const int32_t label[] = { 1 };
    CHECK_CLOSE(cross_entropy((Matrix){ slope, 1, 3, 3 }, (Matrix){ logits, 1, 3, 3 }, label, 1),
                2e5, 0);
    CHECK_CLOSE(slope[0], 1, 0);
    CHECK_CLOSE(slope[1], -1, 0);
    CHECK(isnan(cross_entropy((Matrix){ 0 }, (Matrix){ broken, 1, 3, 3 }, label, 1)));
    broken[1] = INFINITY;
    CHECK(!isfinite(cross_entropy((Matrix){ 0 }, (Matrix){ broken, 1, 3, 3 }, label, 1)));
}

typedef struct {
    Table *logits;
    const int32_t *label;
    const float *target;
} LossCase;

static double cross_entropy_loss(void *with)
{
    LossCase *c = with;
    return reference_cross_entropy(c->logits, c->label);
}

static double squared_error_loss(void *with)
{
    LossCase *c = with;
    return reference_squared_error(c->logits, c->target);
}

static void losses_agree_with_their_twins_and_gradients_with_differences(void)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        Pool *pool = pool_new(seed);
        size_t rows = 1 + below(pool, 40), classes = 1 + below(pool, 70);
        int32_t label[TABLE_SIDE];
        float target[TABLE_SIDE];
        for (size_t r = 0; r < rows; r++) {
            label[r] = (int32_t)below(pool, classes);
            target[r] = mix_float(&pool->random);
        }
        Matrix logits = matrix(pool, rows, classes), slope = matrix(pool, rows, classes);
        Matrix score = matrix(pool, rows, 1), dscore = matrix(pool, rows, 1);
        scale_copy(logits, logits, 8, false);
        LossCase with = { table_of(logits), label, target };
        double loss = cross_entropy(slope, logits, label, 1);
        CHECK_CLOSE(loss, cross_entropy_loss(&with), 1e-12);
        CHECK_CLOSE(cross_entropy((Matrix){ 0 }, logits, label, 1), loss, 0);
        slope_is(cross_entropy_loss, &with, with.logits, slope, pool, 2e-6, "cross_entropy", seed);
        read_table(with.logits, score);
        CHECK_CLOSE(squared_error(dscore, score, target, 1), squared_error_loss(&with), 1e-12);
        slope_is(squared_error_loss, &with, with.logits, dscore, pool, 2e-6, "squared_error", seed);
        free(with.logits);
        pool_free(pool, seed);
    }
}

static void the_tied_loss_is_that_of_the_whole_logits(void)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        Pool *pool = pool_new(seed);
        size_t rows = 1 + below(pool, 50), H = 1 + below(pool, 40),
               vocabulary = 1 + below(pool, 70);
        Matrix z = matrix(pool, rows, H), word = matrix(pool, vocabulary, H);
        Matrix bias = matrix(pool, 1, vocabulary);
        Matrix scratch = matrix(pool, 1, tied_scratch(vocabulary));
        int32_t label[TABLE_SIDE];
        for (size_t r = 0; r < rows; r++)
            label[r] = (int32_t)below(pool, vocabulary);
        Table *tz = table_of(z), *tw = table_of(word), *tb = table_of(bias), *logits = table_of(z);
        logits->cols = vocabulary;
        reference_product(logits, false, true, 1, tz, tw, 0);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < vocabulary; c++)
                logits->at[r][c] += tb->at[0][c];
        CHECK_CLOSE(tied_cross_entropy(z, word, bias, label, scratch.data),
                    reference_cross_entropy(logits, label), 1e-6);
        free(tz), free(tw), free(tb), free(logits);
        pool_free(pool, seed);
    }
}

void suite_kernels(void)
{
    ADD(sums_worked_by_hand);
    ADD(sums_are_taken_in_double);
    ADD(column_sums_agree_with_their_twin);
    ADD(activations_worked_by_hand);
    ADD(a_nan_passes_through_every_activation);
    ADD(activations_agree_with_their_twin_and_slopes_with_differences);
    ADD(arithmetic_agrees_with_the_definition);
    ADD(rows_are_scaled_by_the_definition_and_in_place);
    ADD(unit_rows_and_their_gradients_by_hand);
    ADD(layernorm_of_a_row_worked_by_hand);
    ADD(a_constant_row_becomes_the_offset);
    ADD(layernorm_agrees_with_its_twin_and_gradients_with_differences);
    ADD(rmsnorm_of_a_row_worked_by_hand);
    ADD(rmsnorm_agrees_with_its_twin_and_gradients_with_differences);
    ADD(rows_are_turned_by_their_places);
    ADD(rotary_agrees_with_its_twin_and_is_undone_by_its_gradient);
    ADD(segments_worked_by_hand);
    ADD(the_larger_extent_holds_both);
    ADD(embeddings_agree_with_their_twins);
    ADD(type_gradients_are_summed_in_double);
    ADD(poolings_agree_with_their_twins_and_backwards_are_transposes);
    ADD(losses_worked_by_hand);
    ADD(large_logits_do_not_overflow_and_a_nan_stays);
    ADD(losses_agree_with_their_twins_and_gradients_with_differences);
    ADD(the_tied_loss_is_that_of_the_whole_logits);
    ADD(gradients_of_joined_rows_are_summed_in_double);
}
