// exact.c: see exact.h.

#include "base/exact.h"
#include "base/random.h"
#include <math.h>
#include <stdbool.h>

enum { ENUMERATED = 20, DRAWN = 100000 };

static double flipped(const double *difference, size_t n, uint64_t signs)
{
    double sum = 0;
    for (size_t s = 0; s < n; s++)
        sum += signs >> s & 1 ? -difference[s] : difference[s];
    return fabs(sum);
}

static double drawn(const double *difference, size_t n, uint64_t seed, uint64_t draw)
{
    double sum = 0;
    Random4 bits = { { 0 } };
    for (size_t s = 0; s < n; s++) {
        if (s % 128 == 0)
            bits = random_at(seed, STREAM_RESAMPLE, draw, s / 128);
        sum += bits.word[s / 32 % 4] >> s % 32 & 1 ? -difference[s] : difference[s];
    }
    return fabs(sum);
}

SignFlip sign_flip(const double *difference, size_t n, uint64_t seed)
{
    double all = 0, sum = 0;
    size_t zeros = 0;
    uint64_t hits = 0;
    for (size_t s = 0; s < n; s++) {
        all += fabs(difference[s]);
        sum += difference[s];
        zeros += difference[s] == 0;
    }
    if (n == 0)
        return (SignFlip){ NAN, NAN };
    double seen = fabs(sum) - 1e-12 * all; // equal sums may differ in their last bits
    double smallest = zeros == n ? 1 : ldexp(2, (int)zeros - (int)n);
    if (n > ENUMERATED) {
        for (uint64_t draw = 0; draw < DRAWN; draw++)
            hits += drawn(difference, n, seed, draw) >= seen;
        return (SignFlip){ (double)(1 + hits) / (1 + DRAWN), fmax(smallest, 1.0 / (1 + DRAWN)) };
    }
    uint64_t half = (uint64_t)1 << (n - 1); // the other half has the same sums with other signs
    for (uint64_t signs = 0; signs < half; signs++)
        hits += flipped(difference, n, signs) >= seen;
    return (SignFlip){ (double)hits / (double)half, smallest };
}

static double log_factorial(size_t n)
{
    int sign;
    return lgamma_r((double)n + 1, &sign);
}

double mcnemar(size_t n10, size_t n01)
{
    size_t n = n10 + n01, fewer = n10 < n01 ? n10 : n01;
    double tail = 0; // P(Bin(n, 1/2) <= fewer)
    for (size_t k = 0; k <= fewer; k++)
        tail +=
            exp(log_factorial(n) - log_factorial(k) - log_factorial(n - k) - (double)n * log(2));
    return fmin(1, 2 * tail);
}
