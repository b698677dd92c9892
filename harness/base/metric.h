// metric.h: what a run's answers are worth.
//
// Everything is computed in double, sums in the order of the items. "Constant" is decided by
// min = max of the values, never by a computed variance: three times 0.1 has a sum of squares of
// 1e-34. Nothing here allocates, fails or keeps state.
#ifndef BASE_METRIC_H
#define BASE_METRIC_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    METRIC_ACCURACY, // share of right answers
    METRIC_F1,       // of the positive class: 2 tp / (2 tp + fp + fn); 0/0 = 0
    METRIC_F1_MACRO, // mean over the classes which occur in gold or answers
    METRIC_MATTHEWS, // for any number of classes (Gorodkin 2004), two roots; 0 when either is 0
    METRIC_PEARSON,  // clipped to [-1, 1]; undefined for n < 2 or a constant side
    METRIC_SPEARMAN, // Pearson of mid-ranks: equal values share the mean of their ranks
    METRIC_RMSE,     // in the unit of the labels
    METRIC_ECE,      // 15 bins closed on the right (Guo et al. 2017); classes only
    METRICS
} Metric;
extern const char *const metric_names[]; // "accuracy" ...; NULL-terminated, in the order of Metric

// What was asked and answered, n > 0 items. Classes: gold and answer are set, classes > 0, positive
// is the positive label's index or -1. Scores: gold_score and answer_score are set and classes is
// 0.
typedef struct {
    size_t n;
    int classes, positive;
    const int32_t *gold, *answer;
    const double *gold_score, *answer_score;
    const float *logits; // n x classes, for METRIC_ECE; may be NULL
} Answers;

int32_t answer_of(const float *logits, int classes); // the largest, ties to the lowest index

// NAN where undefined or not applicable (accuracy of scores, F1 without a positive class, ...).
double metric(Metric which, const Answers *answers);
double metric_score(Metric which,
                    const Answers *answers); // as `metric`; an undefined correlation 0

// The best metric_score of a constant answer on these gold labels, over all labels of the task: by
// metric_score itself, so that a run which always says one label equals it to the last digit. Only
// `gold` (or gold_score, where it is 0), n, classes and positive are read. NAN for the two errors,
// rmse and ece, which are no task's score.
double metric_majority(Metric which, const Answers *answers);

// A run that learned nothing: at or below the best constant answer. False when either is unknown.
bool metric_dead(double score, double majority);
#endif
