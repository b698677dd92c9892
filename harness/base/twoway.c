// twoway.c: see twoway.h.

#include "base/twoway.h"
#include "base/statistic.h"
#include <math.h>

typedef struct {
    double mean, seed, group, rest; // mean squares; NAN where there is one seed or group
    double largest;                 // of |u|
} Squares;

const char *const basis_names[] = { "none", "items", "seeds", "seeds+items" };
const char *const reason_names[] = { NULL, "zero_variance", "one_seed_one_group" };

static Squares squares_of(Arena *scratch, const double *u, size_t seeds, size_t groups);
static double group_variance(const double *u, size_t seeds_u, const double *v, size_t seeds_v,
                             size_t groups);
static TwoWay tested(double value, Component part, size_t groups, double scale, Basis basis,
                     double level);
static Component sum_of(Component a, Component b, double least);

TwoWay twoway(Arena *scratch, const double *u, size_t seeds, size_t groups, double level)
{
    Squares of = squares_of(scratch, u, seeds, groups);
    double S = (double)seeds, G = (double)groups;
    Component by_seed = { of.seed / S, S - 1 }, by_group = { of.group / S, G - 1 };
    TwoWay result;
    if (seeds == 1)
        result = tested(of.mean, by_group, groups, of.largest,
                        groups == 1 ? OVER_NOTHING : OVER_ITEMS, level);
    else if (groups == 1)
        result = tested(of.mean, by_seed, groups, of.largest, OVER_SEEDS, level);
    else {
        Component rest = { of.rest / S, (S - 1) * (G - 1) };
        result = tested(of.mean, components_joined(by_seed, by_group, rest), groups, of.largest,
                        OVER_BOTH, level);
    }
    result.ms_seed = of.seed, result.ms_group = of.group, result.ms_rest = of.rest;
    return result;
}

TwoWay twoway_unpaired(Arena *scratch, const double *u, size_t seeds_u, const double *v,
                       size_t seeds_v, size_t groups, double level)
{
    Squares a = squares_of(scratch, u, seeds_u, groups),
            b = squares_of(scratch, v, seeds_v, groups);
    double value = a.mean - b.mean, scale = fmax(a.largest, b.largest), G = (double)groups;
    double Su = (double)seeds_u, Sv = (double)seeds_v, fewest = fmin(Su, Sv) - 1;
    Component by_group = { group_variance(u, seeds_u, v, seeds_v, groups), G - 1 };
    if (fewest == 0)
        return tested(value, by_group, groups, scale, groups == 1 ? OVER_NOTHING : OVER_ITEMS,
                      level);
    Component by_seed =
        sum_of((Component){ a.seed / Su, Su - 1 }, (Component){ b.seed / Sv, Sv - 1 }, fewest);
    if (groups == 1)
        return tested(value, by_seed, groups, scale, OVER_SEEDS, level);
    Component rest = sum_of((Component){ a.rest / Su, (Su - 1) * (G - 1) },
                            (Component){ b.rest / Sv, (Sv - 1) * (G - 1) }, fewest * (G - 1));
    return tested(value, components_joined(by_seed, by_group, rest), groups, scale, OVER_BOTH,
                  level);
}

Component components_joined(Component seeds, Component groups, Component rest)
{
    const Component part[] = { seeds, groups, rest };
    double items = fmax(groups.variance - rest.variance, 0), all = seeds.variance + items;
    double inverse = 0;
    if (all == 0)
        return (Component){ 0, NAN };
    for (int c = 0; c < (items > 0 ? 3 : 1); c++) {
        double share = part[c].variance / all, df = part[c].df;
        double raised = (df + 2) * share / (df + 2 * share);
        inverse += raised * raised / df;
    }
    return (Component){ all, fmax(1 / inverse, fmin(seeds.df, groups.df)) };
}

double detectable(double se, double df, size_t k)
{
    if (isnan(df))
        return NAN;
    return se == 0 ? 0 : (t_quantile(1 - 0.025 / (double)k, df) + t_quantile(0.80, df)) * se;
}

static double mean_of(const double *u, size_t n, size_t step)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += u[i * step];
    return sum / (double)n;
}

static Squares squares_of(Arena *scratch, const double *u, size_t seeds, size_t groups)
{
    Squares of = { .seed = 0 };
    size_t mark = arena_mark(scratch);
    double *seed_mean = arena_take(scratch, seeds, sizeof *seed_mean);
    double S = (double)seeds, G = (double)groups;
    for (size_t s = 0; s < seeds; s++)
        seed_mean[s] = mean_of(u + s * groups, groups, 1);
    of.mean = mean_of(seed_mean, seeds, 1);
    for (size_t s = 0; s < seeds; s++)
        of.seed += (seed_mean[s] - of.mean) * (seed_mean[s] - of.mean);
    for (size_t g = 0; g < groups; g++) {
        double group = mean_of(u + g, seeds, groups) - of.mean;
        of.group += group * group;
        for (size_t s = 0; s < seeds; s++) {
            double rest = u[s * groups + g] - seed_mean[s] - group;
            of.rest += rest * rest;
            of.largest = fmax(of.largest, fabs(u[s * groups + g]));
        }
    }
    arena_rewind(scratch, mark);
    of.seed = seeds > 1 ? G * of.seed / (S - 1) : (double)NAN;
    of.group = groups > 1 ? S * of.group / (G - 1) : (double)NAN;
    of.rest = seeds > 1 && groups > 1 ? of.rest / ((S - 1) * (G - 1)) : (double)NAN;
    return of;
}

// Over groups, of u_.g - v_.g.
static double group_variance(const double *u, size_t seeds_u, const double *v, size_t seeds_v,
                             size_t groups)
{
    double sum = 0, squares = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t g = 0; g < groups; g++) {
            double d = mean_of(u + g, seeds_u, groups) - mean_of(v + g, seeds_v, groups);
            if (pass == 0)
                sum += d;
            else
                squares += (d - sum / (double)groups) * (d - sum / (double)groups);
        }
    return groups > 1 ? squares / (double)(groups - 1) : (double)NAN;
}

static Component sum_of(Component a, Component b, double least)
{
    double all = a.variance + b.variance;
    return (Component){
        all, all > 0 ? all * all / (a.variance * a.variance / a.df + b.variance * b.variance / b.df)
                     : least
    };
}

// part.variance is G times that of the value.
static TwoWay tested(double value, Component part, size_t groups, double scale, Basis basis,
                     double level)
{
    double variance = part.variance / (double)groups;
    TwoWay result = { value, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, basis, NOT_EMPTY };
    if (isnan(variance)) {
        result.reason = ONE_SEED_ONE_GROUP;
        return result;
    }
    if (variance <= 1e-24 * scale * scale) {
        result.se = 0, result.low = result.high = value;
        result.reason = ZERO_VARIANCE;
        result.p = fabs(value) <= 1e-12 * scale ? 1 : (double)NAN;
        return result;
    }
    result.se = sqrt(variance);
    result.df = part.df;
    double half = t_quantile((1 + level) / 2, part.df) * result.se;
    result.low = value - half, result.high = value + half;
    result.t = value / result.se;
    result.p = t_two_sided(result.t, part.df);
    return result;
}
