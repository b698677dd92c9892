// jackknife.h: what each group of items contributes to one run's score.
//
// u[g] for each of G groups, whose mean is the score theta, so that a score of any kind can be
// treated as a mean over groups (base/twoway.h):
//   accuracy      u_g = theta + (G / n) sum_{i in g} (right_i - theta)
//   any other     u_g = theta + (G - 1)(mean of theta(-g) - theta(-g)),  theta(-g) without group g
// The second is the pseudo-value of Tukey 1958, moved so that its mean is theta. Values of a
// difference of two runs are the differences of their values.
#ifndef BASE_JACKKNIFE_H
#define BASE_JACKKNIFE_H
#include "base/arena.h"
#include "base/metric.h"

// Returns theta (metric_score). `group` of each item is below `groups`, each of which has an item.
// O(n) apart from classes x groups; O(n x groups) for Spearman, which ranks anew for each deletion.
double group_values(Arena *scratch, Metric which, const Answers *answers, const uint32_t *group,
                    size_t groups, double *u);
#endif
