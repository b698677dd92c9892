// statistic.h: Student's t for any df > 0, the interval over seeds, the median.
//
// The tails by the continued fraction of the incomplete beta function (DLMF 8.17.22; Lentz 1976),
// with neither x nor 1 - x found by subtraction: within 6e-13 for df < 1e4, 3e-17 df beyond.
#ifndef BASE_STATISTIC_H
#define BASE_STATISTIC_H
#include <stdbool.h>
#include <stddef.h>

double t_two_sided(double t, double df); // 2 P(T > |t|)
double t_quantile(double p, double df);  // P(T <= quantile) = p, 0 <= p <= 1

typedef struct {
    size_t n;
    double mean, sd, low, high; // NAN where not defined: n = 0 nothing, n = 1 the mean alone
    bool zero_variance;         // n > 1, all equal (min = max): sd 0, low = high = mean
} Interval;
// mean +- t((1 + level) / 2, n - 1) sd / sqrt(n), sd with n - 1. Nothing is clipped.
Interval interval_of(const double *value, size_t n, double level);

void sort_numbers(double *value, size_t n); // ascending
double median(double *value, size_t n);     // sorts; of an even number the mean of the middle two
// At h = (n - 1) q of the n sorted values, by linear interpolation (R's type 7).
double quantile(const double *sorted, size_t n, double q);
#endif
