// probe.h: how far a bag of words gets: naive Bayes, the same yardstick for every split.
//
//   log P(k | row) = log n_k + sum over the row's terms t of log((n_kt + 1) / (N_k + V)) + constant
//
// n_k: training rows of class k; n_kt: those of them that have term t; N_k: the sum of n_kt over t;
// V: the terms that train has, which alone are counted (Laplace's rule; McCallum, Nigam 1998).
// A term is a piece of the vocabulary or two neighbouring ones, of the first or of the second text,
// once a row. A pair has two terms more, as often as pieces stand in both texts and in one alone.
// Nothing is chosen, no split but train is looked at, and no number is drawn.
#ifndef DATA_PROBE_H
#define DATA_PROBE_H
#include "data/tokens.h"

typedef struct Probe Probe;

// label: of each row of train, 0 .. classes - 1.
Probe *probe_new(Arena *arena, const Tokens *train, const int32_t *label, int classes);
// log P of each class for a row of any split, up to a constant; -INFINITY for a class that has no
// training row.
void probe_row(Probe *probe, const Tokens *tokens, size_t row, double *log_p);
#endif
