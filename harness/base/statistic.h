// statistic.h: Student's t for any df > 0, and the interval over seeds.
#ifndef BASE_STATISTIC_H
#define BASE_STATISTIC_H
#include <stdbool.h>
#include <stddef.h>

double t_two_sided(double t, double df);    // 2 P(T > |t|)
double t_quantile(double p, double df);     // P(T <= quantile) = p

typedef struct {
    size_t n;
    double mean, sd, low, high; // NAN where not defined: n = 0 nothing, n = 1 the mean alone
    bool zero_variance;         // all equal (min = max): sd 0, low = high = mean
} Interval;
Interval interval_of(const double *value, size_t n, double level); // mean +- t sd / sqrt(n)
#endif
