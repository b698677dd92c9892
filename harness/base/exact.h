// exact.h: exact tests that take the items as they are: over seeds, or over one pair of runs.
//
// Neither says anything about other items: where items matter, the sign flip alarms far above 5 %.
#ifndef BASE_EXACT_H
#define BASE_EXACT_H
#include <stddef.h>
#include <stdint.h>

typedef struct {
    double p;        // NAN for n = 0
    double smallest; // that n differences with these zeros could reach
} SignFlip;
// The share of the 2^n sign vectors with |sum| at least as large as seen. Beyond n = 20 of 100,000
// drawn ones, and the one seen; `seed` (below 2^53) says which.
SignFlip sign_flip(const double *difference, size_t n, uint64_t seed);

// McNemar 1947, exact and two-sided: n10 items that only the first run has right, n01 only the
// second. Items are taken as independent.
double mcnemar(size_t n10, size_t n01);
#endif
