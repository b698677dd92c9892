// bootstrap.h: hierarchical paired bootstrap of a difference: a second opinion that decides
// nothing.
//
// One draw: seeds with repetition; groups of items with repetition, the same groups for all seeds
// drawn and for both methods; the mean over the drawn seeds of (score of A - score of B) on the
// drawn items. Groups drawn anew for each seed would divide the variance of the items by the seeds.
//
// No bootstrap is exact for crossed effects (McCullagh 2000; Owen 2007): with 3 seeds this one
// calls 0.1 to 10 % of comparisons of a method with itself significant at 5 % (the interval is a
// normal's).
#ifndef BASE_BOOTSTRAP_H
#define BASE_BOOTSTRAP_H
#include "base/weighed.h"

enum { BOOTSTRAP_DRAWS = 10000 };

typedef struct {
    Weighed *const *a, *const *b; // the runs, on one set of items; pairs in turn where paired
    size_t runs_a, runs_b;        // equal where paired
    bool paired;                  // A's seeds are drawn, and B's are the same; else each its own
    size_t groups;
} Resampled;

typedef struct {
    double low, high, p;
    double *draw; // ascending
    size_t draws;
} Bootstrap;

// Random numbers are a function of (seed, draw, index): the same rows give the same interval.
// `seed` is below 2^53.
Bootstrap bootstrap(Arena *arena, const Resampled *of, uint64_t seed, double level);

// The difference under one draw: how often each run and each group was drawn.
double bootstrap_draw(const Resampled *of, const uint32_t *times_a, const uint32_t *times_b,
                      const uint32_t *times);
// From the draws: they get sorted.
Bootstrap bootstrap_of(double *draw, size_t draws, double level);
#endif
