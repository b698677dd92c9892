// metric_impl.h: what metrics are made of; for the files that count classes themselves, and for
// tests.
#ifndef BASE_METRIC_IMPL_H
#define BASE_METRIC_IMPL_H
#include "base/metric.h"

typedef struct {
    int64_t gold, answered, right; // items of a class: asked for, answered, both
} Count;

// What accuracy, F1, macro-F1 and Matthews need to know of all classes.
typedef struct {
    int64_t right, products, gold, answered; // sums over classes: right, gold x answered, squares
    int occurring;                           // classes in gold or answers
    double f1, f1_positive;                  // the sum of F1 over classes; that of the positive one
} Tally;

void tally_add(Tally *tally, Count count, bool positive); // classes in their order, each once
double tally_metric(Metric which, const Tally *tally, int64_t n); // NAN for others than these four

// The mean of the ranks that the values equal to x[i] share, from 1.
double midrank(const double *x, size_t n, size_t i);

// Guo et al. 2017, eq. 3: the gap between confidence and accuracy, weighted by the bins' sizes.
enum { CALIBRATION_BINS = 15 };
typedef struct {
    double gap[CALIBRATION_BINS]; // right answers less the sum of confidences
    size_t n;
} Calibration;
void calibration_add(Calibration *bins, double confidence, bool right);
double calibration_error(const Calibration *bins);
#endif
