// weighed.h: the score of one run's answers where each group of items counts several times or not
// at all: what a bootstrap and a jackknife ask again and again.
//
// A group is an index below `groups`; every group has at least one item. The score is that of a
// list in which the items of group g stand times[g] times (metric_score of it, to rounding).
#ifndef BASE_WEIGHED_H
#define BASE_WEIGHED_H
#include "base/arena.h"
#include "base/metric.h"

typedef struct Weighed Weighed;

// Points into `answers` and `group` (of each item), which must stay.
Weighed *weighed_new(Arena *arena, Metric which, const Answers *answers, const uint32_t *group,
                     size_t groups);
// Not all times are 0. One pass over groups (accuracy) or items; not for two threads at once.
double weighed_score(Weighed *run, const uint32_t *times);
#endif
