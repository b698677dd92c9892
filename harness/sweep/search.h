// search.h: how a setting's rate is searched: which trials follow from those that are done, and
// which of them is the best. Functions of numbers alone.
//
// Rates are the method's default for the model's width x 10^(quarters / 4), of three digits. Three
// parts, each known when all trials before it are settled:
//
//   grid      5 rates over two decades: quarters -4 -2 0 2 4
//   refined   2 more. Where the best so far is the lowest or highest: outward by half-decades; else
//             the two halfway to its neighbours. One alone goes to the better neighbour's side
//   longer    the best of these with LONGER x the steps
//
//   trials    1  2  3  4  5  6  7  8
//   grid      1  1  3  3  5  5  5  5
//   refined   0  0  0  1  0  1  2  2
//   longer    0  1  0  0  0  0  0  1
//
// Best is the largest score on tune; then the smaller loss there, the rate nearest to the default,
// the smaller rate, the fewer steps. A trial that did not end ok is worse than all that did, and
// counts as tried. Where none did no rate is found, whatever is best.
#ifndef SWEEP_SEARCH_H
#define SWEEP_SEARCH_H
#include "base/arena.h"

enum { MOST_TRIALS = 8, LONGER = 4 };

typedef struct {
    int quarters; // of a decade, from the default
    bool longer;
} Trial;

typedef struct {
    bool settled; // false: its result is still to come, and what else is here means nothing
    bool ok;
    double score, loss; // on tune
} Outcome;

// The trials that are known from the outcomes of those before them, in order; returns how many.
// `outcome` has MOST_TRIALS places. A later call with more outcomes gives the same and more.
size_t search_known(size_t trials, const Outcome *outcome, Trial known[MOST_TRIALS]);
bool search_settled(const Outcome *outcome, size_t count);
bool search_has_longer(size_t trials);
bool search_worked(const Outcome *outcome); // a rate can be chosen by it
size_t search_best(const Trial *trial, const Outcome *outcome, size_t count);
// Is its rate the lowest tried; is it that or the highest? Both where it is the only one.
bool search_is_lowest(const Trial *trial, size_t count, size_t which);
bool search_on_edge(const Trial *trial, size_t count, size_t which);
double search_rate(double standard, int quarters);
// "lr 5e-05 0.000158 0.0005; 4 x steps at 0.0005", rates ascending.
const char *search_space(Arena *arena, double standard, const Trial *trial, size_t count);
#endif
