// test_statistic.c: Student's t and the interval over seeds.

#include "base/statistic.h"
#include "tests/test.h"
#include <math.h>

static void relative(double value, double expected, double tolerance, const char *what)
{
    if (!CHECK(fabs(value / expected - 1) <= tolerance))
        printf("%s: is %.17g; should be %.12g\n", what, value, expected);
}

// 12 digits, computed with mpmath.
static void listed_values_of_t(void)
{
    const struct {
        double p, df, t;
    } quantile[] = {
        { 0.975, 1, 12.7062047362 },     { 0.975, 2, 4.30265272975 },
        { 0.975, 2.37, 3.71892083980 },  { 0.975, 4.62, 2.63549683301 },
        { 0.975, 1e5, 1.95998770753 },   { 0.9999, 1.01, 2944.51292750 },
        { 0.025, 4.62, -2.63549683301 },
    };
    const struct {
        double t, df, p;
    } tails[] = {
        { 2.5, 2.2, 0.118289993014 },
        { 30, 50, 1.23800227960e-33 },
        { 8, 871.5, 3.95158990228e-15 },
    };
    for (size_t i = 0; i < sizeof quantile / sizeof *quantile; i++)
        relative(t_quantile(quantile[i].p, quantile[i].df), quantile[i].t, 5e-12, "quantile");
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        relative(t_two_sided(tails[i].t, tails[i].df), tails[i].p, 5e-12, "tail");
}

// df = 1 is Cauchy: 2 P(T > t) = 2 atan(1/t) / pi; df = 2: 1 - t / sqrt(2 + t^2).
static void closed_forms_of_one_and_two_degrees(void)
{
    for (double t = 1e-6; t < 1e300; t *= 10)
        relative(t_two_sided(t, 1), 2 * atan(1 / t) / acos(-1), 1e-12, "df 1");
    for (double t = 1e-3; t < 1e3; t *= 3) {
        double root = sqrt(2 + t * t);
        relative(t_two_sided(-t, 2), 2 / (root * (root + t)), 1e-12, "df 2"); // 1 - t / root
    }
    CHECK_CLOSE(t_two_sided(0, 3.7), 1, 0);
    CHECK_CLOSE(t_two_sided(INFINITY, 3.7), 0, 0);
}

static void the_quantile_undoes_the_tail(void)
{
    for (double df = 1; df < 2e7; df *= 2.7)
        for (double tail = 0.499; tail > 1e-12; tail /= 9) {
            double t = t_quantile(tail, df); // the lower side
            CHECK(t < 0);
            relative(t_two_sided(t, df) / 2, tail, 1e-8, "tail of the quantile");
        }
    CHECK_CLOSE(t_quantile(0.5, 3), 0, 0);
    CHECK(t_quantile(1, 3) == INFINITY && t_quantile(0, 3) == -INFINITY);
}

// 1 2 3 4 5: mean 3, sd sqrt(10 / 4), half-width t(0.975, 4) sd / sqrt(5) = 2.77644510520
// sqrt(1/2).
static void interval_by_hand(void)
{
    const double x[] = { 1, 2, 3, 4, 5 };
    Interval i = interval_of(x, 5, 0.95);
    CHECK(i.n == 5 && !i.zero_variance);
    CHECK_CLOSE(i.mean, 3, 0);
    CHECK_CLOSE(i.sd, sqrt(2.5), 1e-15);
    CHECK_CLOSE(i.low, 3 - 2.77644510520 * sqrt(0.5), 1e-11);
    CHECK_CLOSE(i.high, 3 + 2.77644510520 * sqrt(0.5), 1e-11);
}

static void an_interval_may_leave_zero_to_one(void)
{
    const double x[] = { 0.01, 0.99 };
    Interval i = interval_of(x, 2, 0.95);
    CHECK(i.low < 0 && i.high > 1);
}

static void one_seed_has_a_mean_and_none_has_nothing(void)
{
    const double x[] = { 0.9 };
    Interval one = interval_of(x, 1, 0.95), none = interval_of(x, 0, 0.95);
    CHECK(one.n == 1 && one.mean == 0.9 && !one.zero_variance);
    CHECK(isnan(one.sd) && isnan(one.low) && isnan(one.high));
    CHECK(none.n == 0 && isnan(none.mean) && isnan(none.sd) && isnan(none.low));
}

// In floating point 0.1 + 0.1 + 0.1 is not 3 * 0.1.
static void equal_scores_have_no_spread_at_all(void)
{
    const double x[] = { 0.1, 0.1, 0.1 };
    Interval i = interval_of(x, 3, 0.95);
    CHECK(i.zero_variance && i.sd == 0 && i.mean == 0.1 && i.low == 0.1 && i.high == 0.1);
}

static void a_median_is_the_middle_or_between_the_middle_two(void)
{
    double odd[] = { 7, -1, 3 }, even[] = { 4, 10, 1, 2 };
    CHECK(median(odd, 3) == 3 && median(even, 4) == 3);
    CHECK(median(odd, 1) == -1 && isnan(median(odd, 0)));
}

void suite_statistic(void)
{
    ADD(listed_values_of_t);
    ADD(closed_forms_of_one_and_two_degrees);
    ADD(the_quantile_undoes_the_tail);
    ADD(interval_by_hand);
    ADD(an_interval_may_leave_zero_to_one);
    ADD(one_seed_has_a_mean_and_none_has_nothing);
    ADD(equal_scores_have_no_spread_at_all);
    ADD(a_median_is_the_middle_or_between_the_middle_two);
}
