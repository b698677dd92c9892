// comparison.h: which runs of two methods are pairs, and what the difference of the methods is
// worth.
//
// A run of A and one of B are a pair if they have the same seeds of initial values and of order.
// Where the common seeds are at least FEWEST_SEEDS, or all the seeds of the smaller side, the test
// is on the pairs and other runs are left out; else the two sides stand for themselves
// (base/twoway.h).
#ifndef BASE_COMPARISON_H
#define BASE_COMPARISON_H
#include "base/twoway.h"
#include <stdint.h>

enum { FEWEST_SEEDS = 3 }; // two carry no claim
#define SIGNIFICANT 0.05   // a p below it is a difference

typedef struct {
    int64_t init, order;
} Seeds;

// The runs of one method on one set of items.
typedef struct {
    size_t runs, groups;
    const Seeds *seeds;  // of each run
    const double *theta; // its score
    const double *u;     // runs x groups: its values (base/jackknife.h)
} Sample;

typedef struct {
    TwoWay test; // of A less B
    bool paired;
    size_t seeds;        // pairs, or the runs of the smaller side
    size_t left_out;     // runs of both sides that are in no pair
    size_t *of_a, *of_b; // the runs used: pair by pair; all of a side where not paired
    size_t used_a, used_b;
    double *difference; // of each pair's scores; none where not paired
    double correlation; // of the pairs' scores; NAN for fewer than 2, a constant side, no pairs
    size_t wins, ties, losses; // pairs with a difference above, at, below 0
} Comparison;

// Both have runs, and the same groups.
Comparison compare(Arena *arena, const Sample *a, const Sample *b, double level);
#endif
