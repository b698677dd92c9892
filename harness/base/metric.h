// metric.h: what a run's answers are worth. Definitions and edge cases: docs of each function; all
// in double, ties and orders fixed.
#ifndef BASE_METRIC_H
#define BASE_METRIC_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    METRIC_ACCURACY, // share of right answers
    METRIC_F1,       // of the positive class; 0/0 = 0
    METRIC_F1_MACRO, // mean over the classes which occur in gold or answers
    METRIC_MATTHEWS, // Gorodkin 2004, two roots; 0 when either is 0
    METRIC_PEARSON,  // clipped to [-1, 1]; undefined for n < 2 or a constant side
    METRIC_SPEARMAN, // Pearson of mid-ranks
    METRIC_RMSE,
    METRIC_ECE,      // 15 bins closed on the right (Guo et al. 2017); classes only
    METRICS
} Metric;
extern const char *const metric_names[]; // "accuracy" ...; NULL-terminated, in the order of Metric

// What was asked and answered, n items. Classes: gold and answer are set, classes > 0, positive is
// the positive label's index or -1. Scores: gold_score and answer_score are set and classes is 0.
typedef struct {
    size_t n;
    int classes, positive;
    const int32_t *gold, *answer;
    const double *gold_score, *answer_score;
    const float *logits; // n x classes, for METRIC_ECE; may be NULL
} Answers;

int32_t answer_of(const float *logits, int classes); // the largest, ties to the lowest index

double metric(Metric which, const Answers *answers); // NAN where undefined or not applicable
double metric_score(Metric which, const Answers *answers);    // as `metric`, an undefined correlation 0
// The best metric_score of a constant answer on these gold labels, by calling metric_score on
// constant answers.
double metric_majority(Metric which, const Answers *answers);
#endif
