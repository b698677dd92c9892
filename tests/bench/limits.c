// limits.c: what one core of this machine can do at most, to hold a training step against.
//
//   usage: limits                                      CSV on standard output: fma, bandwidth
//          limits TOKENSxHIDDENxINTERMEDIATE...        NT, NN, TN of such steps
//
// fma        float32 multiply-adds in registers alone, GFLOP/s (a multiply-add is 2)
// bandwidth  a[i] = b[i] + c[i] / 2 over arrays beyond any cache, GB/s of 12 bytes an element, that
//            is, of what the loop names; where a store first reads its line, 16 go over the bus
// NT NN TN   the products of a linear layer, outputs x inputs, with so many tokens: y = x W^T,
//            dx = dy W, dW = dy^T x, GFLOP/s; by product(), in memory as a plan lays it out
//
// `best` is of several attempts, since other work can only slow an attempt down; `mean` is all of
// them, for what else is measured in the same moments.
#include "base/clock.h"
#include "engine/product.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS = 5, FORMS = 3 };
#define ATTEMPT_SECONDS 0.02

typedef struct {
    double best, mean; // work a second
} Rate;

// Runs `body` for a while, several times.
typedef void Body(void *with);
static Rate rate_of(Body *body, void *with, double work)
{
    Rate rate = { 0 };
    double all_bodies = 0, all_spent = 0;
    body(with); // the first one pays for pages and caches
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        double start = seconds_now(), spent = 0, bodies = 0;
        for (; spent < ATTEMPT_SECONDS; bodies++) {
            body(with);
            spent = seconds_now() - start;
        }
        rate.best = fmax(rate.best, bodies * work / spent);
        all_bodies += bodies, all_spent += spent;
    }
    rate.mean = all_bodies * work / all_spent;
    return rate;
}

static void print(const char *what, Rate rate, const char *unit)
{
    printf("%s,%.4g,%.4g,%s\n", what, rate.best * 1e-9, rate.mean * 1e-9, unit);
}

// ---- multiply-adds in registers

#if defined __AVX512F__
enum { VECTOR = 64 };
#elif defined __AVX__
enum { VECTOR = 32 };
#else
enum { VECTOR = 16 };
#endif
typedef float Floats __attribute__((vector_size(VECTOR)));
enum { CHAINS = 12, ROUNDS = 100000 }; // more chains than latency x units: 4 x 2 on today's cores

static void multiply_adds(void *with)
{
    Floats chain[CHAINS], factor, summand;
    memcpy(&factor, with, sizeof factor);
    memcpy(&summand, (char *)with + sizeof factor, sizeof summand);
    for (int c = 0; c < CHAINS; c++)
        chain[c] = summand + (float)c;
    for (int round = 0; round < ROUNDS; round++)
        for (int c = 0; c < CHAINS; c++) // unrolled: each chain has a register
            chain[c] = chain[c] * factor + summand;
    for (int c = 1; c < CHAINS; c++)
        chain[0] += chain[c];
    memcpy((char *)with + 2 * sizeof factor, &chain[0], sizeof chain[0]);
}

static Rate fma_peak(void)
{
    float with[3 * VECTOR / sizeof(float)];
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        with[i] = 0.5F;
    return rate_of(multiply_adds, with, 2.0 * VECTOR / sizeof(float) * CHAINS * ROUNDS);
}

// ---- memory

enum { ELEMENTS = 32 << 20 }; // 128 MB an array
typedef struct {
    float *restrict a, *restrict b, *restrict c;
} Arrays;

static void triad(void *with)
{
    Arrays *arrays = with;
    float *restrict a = arrays->a;
    const float *restrict b = arrays->b, *restrict c = arrays->c;
    for (size_t i = 0; i < ELEMENTS; i++)
        a[i] = b[i] + 0.5F * c[i];
}

// 0 when there is no memory for it.
static Rate bandwidth(void)
{
    size_t bytes = ELEMENTS * sizeof(float);
    Arrays arrays = { malloc(bytes), malloc(bytes), malloc(bytes) };
    Rate rate = { 0 };
    if (arrays.a && arrays.b && arrays.c) {
        memset(arrays.b, 0, bytes);
        memset(arrays.c, 0, bytes);
        rate = rate_of(triad, &arrays, 3.0 * (double)bytes);
    }
    free(arrays.a);
    free(arrays.b);
    free(arrays.c);
    return rate;
}

// ---- products

typedef struct {
    Matrix A, B, C;
    bool transpose_a, transpose_b;
} Multiplied;

static void multiply(void *with)
{
    const Multiplied *m = with;
    product(m->transpose_a, m->transpose_b, 1, m->A, m->B, 0, m->C);
}

// Values are laid out with strides that avoid multiples of a page, as plan.c does; weights are not.
static Matrix filled(size_t rows, size_t cols, bool weight)
{
    size_t lane = 64 / sizeof(float), stride = cols;
    if (!weight) {
        stride = (cols + lane - 1) / lane * lane;
        stride += stride * sizeof(float) % 4096 ? 0 : lane;
    }
    Matrix m = { aligned_alloc(64, (rows * stride * sizeof(float) + 63) / 64 * 64), rows, cols,
                 stride };
    for (size_t i = 0; m.data && i < rows * stride; i++)
        m.data[i] = (float)(i * 7919 % 2003) / 1001 - 1;
    return m;
}

// False when there is no memory for it.
static bool products(size_t tokens, size_t outputs, size_t inputs)
{
    Matrix x = filled(tokens, inputs, false), y = filled(tokens, outputs, false);
    Matrix W = filled(outputs, inputs, true);
    const struct {
        const char *name;
        Multiplied of;
    } form[FORMS] = {
        { "NT", { x, W, y, false, true } },
        { "NN", { y, W, x, false, false } },
        { "TN", { y, x, W, true, false } },
    };
    bool memory = x.data && y.data && W.data;
    for (int f = 0; f < FORMS && memory; f++) {
        Multiplied of = form[f].of;
        double work = 2.0 * (double)tokens * (double)outputs * (double)inputs;
        char what[80];
        snprintf(what, sizeof what, "%s,%zu,%zu,%zu", form[f].name, tokens, outputs, inputs);
        print(what, rate_of(multiply, &of, work), "GFLOP/s");
    }
    free(x.data);
    free(y.data);
    free(W.data);
    return memory;
}

static bool step(const char *text)
{
    size_t tokens, hidden, intermediate;
    char more;
    if (sscanf(text, "%zux%zux%zu%c", &tokens, &hidden, &intermediate, &more) != 3 || !tokens ||
        !hidden || !intermediate) {
        fprintf(stderr, "limits: '%s' is no step; should be as 424x128x512\n", text);
        return false;
    }
    bool memory = products(tokens, hidden, hidden) && products(tokens, intermediate, hidden) &&
                  products(tokens, hidden, intermediate);
    if (!memory)
        fprintf(stderr, "limits: out of memory\n");
    return memory;
}

int main(int count, char **argument)
{
    Error error;
    product_begin(argument);
    if (!product_start(1, &error)) {
        fprintf(stderr, "limits: %s\n", error.text);
        return (int)error.kind;
    }
    puts("what,tokens,outputs,inputs,best,mean,unit");
    if (count == 1) {
        print("fma,,,", fma_peak(), "GFLOP/s");
        print("bandwidth,,,", bandwidth(), "GB/s");
    }
    for (int i = 1; i < count; i++)
        if (!step(argument[i]))
            return ERROR_INPUT;
    return 0;
}
