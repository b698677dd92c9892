// statistic.c: see statistic.h.

#include "base/statistic.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double half_log_pi = 0.57236494292470008707;

static double log_gamma_step(double a);
static double log_odds(double t, double df);
static double beta_fraction(double a, double b, double x);

// With q = t^2 / df:  x = 1 / (1 + q),  y = q / (1 + q),
// 2 P(T > t) = I_x(df/2, 1/2) = 1 - I_y(1/2, df/2), whichever fraction converges.
double t_two_sided(double t, double df)
{
    assert(df > 0);
    t = fabs(t);
    if (t == 0)
        return 1;
    double a = df / 2, q = t * (t / df);
    double x = 1 / (1 + q), y = 1 / (1 + 1 / q);
    double front = exp(-a * log_odds(t, df) + log(y) / 2 + log_gamma_step(a) - half_log_pi);
    if (x < (a + 1) / (a + 2.5))
        return front * beta_fraction(a, 0.5, x) / a;
    return 1 - front * beta_fraction(0.5, a, y) / 0.5;
}

double t_quantile(double p, double df)
{
    assert(0 <= p && p <= 1 && df > 0);
    double tail = p > 0.5 ? 1 - p : p, sign = p > 0.5 ? 1 : -1;
    if (tail == 0.5)
        return 0;
    if (tail == 0)
        return sign * INFINITY;
    double low = 0, high = 1;
    while (t_two_sided(high, df) / 2 > tail)
        low = high, high *= 2;
    // Newton's steps on the upper tail, a bisection whenever one leaves the bracket. The bound is
    // never met: at most 11 steps are needed.
    double t = (low + high) / 2;
    for (int steps = 0; steps < 200; steps++) {
        double excess = t_two_sided(t, df) / 2 - tail;
        if (excess > 0)
            low = t;
        else
            high = t;
        double density = exp(log_gamma_step(df / 2) - log(df) / 2 - half_log_pi -
                             (df + 1) / 2 * log_odds(t, df));
        double next = t + excess / density;
        if (!(low <= next && next <= high))
            next = (low + high) / 2;
        double moved = fabs(next - t);
        t = next;
        if (moved <= 1e-15 * t)
            break;
    }
    return sign * t;
}

Interval interval_of(const double *value, size_t n, double level)
{
    Interval interval = { .n = n, .mean = NAN, .sd = NAN, .low = NAN, .high = NAN };
    double sum = 0, squares = 0;
    bool equal = true;
    if (n == 0)
        return interval;
    for (size_t i = 0; i < n; i++) {
        sum += value[i];
        equal = equal && value[i] == value[0];
    }
    interval.mean = equal ? value[0] : sum / (double)n; // the mean of three times 0.1 is not 0.1
    if (n == 1)
        return interval;
    interval.zero_variance = equal;
    for (size_t i = 0; i < n; i++)
        squares += (value[i] - interval.mean) * (value[i] - interval.mean);
    interval.sd = sqrt(squares / (double)(n - 1));
    double half =
        equal ? 0 : t_quantile((1 + level) / 2, (double)(n - 1)) * interval.sd / sqrt((double)n);
    interval.low = interval.mean - half;
    interval.high = interval.mean + half;
    return interval;
}

// ln Gamma(a + 1/2) - ln Gamma(a). The plain difference loses 1e-10 at a = 1e5; the series is
// within 1e-15 from a = 20.
static double log_gamma_step(double a)
{
    int sign;
    if (a < 20)
        return lgamma_r(a + 0.5, &sign) - lgamma_r(a, &sign);
    double b = 1 / a, c = b * b;
    return log(a) / 2 + b * (-1.0 / 8 + c * (1.0 / 192 + c * (-1.0 / 640 + c * (17.0 / 14336))));
}

// ln(1 + t^2 / df), where t^2 may overflow.
static double log_odds(double t, double df)
{
    double q = t * (t / df);
    return q < 1e300 ? log1p(q) : 2 * log(t) - log(df);
}

// The continued fraction of the incomplete beta function by the modified method of Lentz:
// I_x(a, b) = x^a (1 - x)^b / (a B(a, b)) times this. At most 54 steps here.
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m <= 300; m++) {
        double before = value;
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        for (int half = 0; half < 2; half++) {
            double term = half ? odd : even;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            value *= c * d;
        }
        if (fabs(value - before) <= 1e-16 * fabs(value))
            break;
    }
    return value;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

void sort_numbers(double *value, size_t n)
{
    qsort(value, n, sizeof *value, ascending);
}

double median(double *value, size_t n)
{
    if (n == 0)
        return (double)NAN;
    sort_numbers(value, n);
    return n % 2 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2;
}

double quantile(const double *sorted, size_t n, double q)
{
    double h = (double)(n - 1) * q;
    size_t below = (size_t)h;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (h - (double)below) * (sorted[below + 1] - sorted[below]);
}
