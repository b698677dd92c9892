// jackknife.c: see jackknife.h.

#include "base/jackknife.h"
#include "base/metric_impl.h"
#include "base/weighed.h"
#include <math.h>
#include <string.h>

// Items by group: those of group g are item[start[g]] .. item[start[g + 1] - 1].
typedef struct {
    size_t groups;
    size_t *start;
    uint32_t *item;
} Members;

static Members members_of(Arena *arena, const uint32_t *group, size_t n, size_t groups);
static void accuracy_values(const Answers *answers, const Members *members, double theta,
                            double *u);
static void labels_without(Arena *arena, Metric which, const Answers *answers,
                           const Members *members, double *without);
static void scores_without(Arena *arena, Metric which, const Answers *answers,
                           const Members *members, double *without);
static void ranks_without(Arena *arena, const Answers *answers, const uint32_t *group,
                          size_t groups, double *without);

double group_values(Arena *scratch, Metric which, const Answers *answers, const uint32_t *group,
                    size_t groups, double *u)
{
    double theta = metric_score(which, answers), sum = 0;
    size_t mark = arena_mark(scratch);
    Members members = members_of(scratch, group, answers->n, groups);
    if (groups == 1)
        u[0] = theta;
    else if (which == METRIC_ACCURACY)
        accuracy_values(answers, &members, theta, u);
    else {
        if (answers->classes > 0)
            labels_without(scratch, which, answers, &members, u);
        else if (which == METRIC_SPEARMAN)
            ranks_without(scratch, answers, group, groups, u);
        else
            scores_without(scratch, which, answers, &members, u);
        for (size_t g = 0; g < groups; g++)
            sum += u[g];
        for (size_t g = 0; g < groups; g++)
            u[g] = theta + (double)(groups - 1) * (sum / (double)groups - u[g]);
    }
    arena_rewind(scratch, mark);
    return theta;
}

static Members members_of(Arena *arena, const uint32_t *group, size_t n, size_t groups)
{
    Members members = { groups, arena_zero(arena, groups + 2, sizeof *members.start),
                        arena_take(arena, n, sizeof *members.item) };
    for (size_t i = 0; i < n; i++)
        members.start[group[i] + 2]++;
    for (size_t g = 2; g < groups + 2; g++)
        members.start[g] += members.start[g - 1];
    for (size_t i = 0; i < n; i++)
        members.item[members.start[group[i] + 1]++] = (uint32_t)i;
    return members;
}

static void accuracy_values(const Answers *answers, const Members *members, double theta, double *u)
{
    double scale = (double)members->groups / (double)answers->n;
    for (size_t g = 0; g < members->groups; g++) {
        double more = 0;
        for (size_t m = members->start[g]; m < members->start[g + 1]; m++) {
            uint32_t i = members->item[m];
            more += (answers->gold[i] == answers->answer[i]) - theta;
        }
        u[g] = theta + scale * more;
    }
}

static void count_item(Count *count, const Answers *answers, uint32_t i, int times)
{
    int32_t gold = answers->gold[i], answer = answers->answer[i];
    count[gold].gold += times;
    count[answer].answered += times;
    count[gold].right += gold == answer ? times : 0;
}

// Counts are whole numbers, so a group is taken away and put back without a trace.
static void labels_without(Arena *arena, Metric which, const Answers *answers,
                           const Members *members, double *without)
{
    Count *count = arena_zero(arena, (size_t)answers->classes, sizeof *count);
    for (uint32_t i = 0; i < answers->n; i++)
        count_item(count, answers, i, 1);
    for (size_t g = 0; g < members->groups; g++) {
        size_t from = members->start[g], to = members->start[g + 1];
        Tally tally = { .f1_positive = NAN };
        for (size_t m = from; m < to; m++)
            count_item(count, answers, members->item[m], -1);
        for (int32_t c = 0; c < answers->classes; c++)
            tally_add(&tally, count[c], c == answers->positive);
        without[g] = tally_metric(which, &tally, (int64_t)(answers->n - (to - from)));
        for (size_t m = from; m < to; m++)
            count_item(count, answers, members->item[m], 1);
    }
}

// Sums over items with scores, about their means.
typedef struct {
    double n, gold, answer; // means
    double gg, aa, ga;      // squares and products about the means
    double errors;          // sum of (answer - gold)^2
    double gold_low, gold_high, answer_low, answer_high;
} Moments;

// Chan, Golub and LeVeque 1983: sums of squares are added to and never subtracted from.
static Moments together(Moments a, Moments b)
{
    double n = a.n + b.n, dg = b.gold - a.gold, da = b.answer - a.answer;
    if (a.n == 0 || b.n == 0)
        return a.n == 0 ? b : a;
    return (Moments){
        .n = n,
        .gold = a.gold + dg * b.n / n,
        .answer = a.answer + da * b.n / n,
        .gg = a.gg + b.gg + dg * dg * a.n * b.n / n,
        .aa = a.aa + b.aa + da * da * a.n * b.n / n,
        .ga = a.ga + b.ga + dg * da * a.n * b.n / n,
        .errors = a.errors + b.errors,
        .gold_low = fmin(a.gold_low, b.gold_low),
        .gold_high = fmax(a.gold_high, b.gold_high),
        .answer_low = fmin(a.answer_low, b.answer_low),
        .answer_high = fmax(a.answer_high, b.answer_high),
    };
}

static Moments moments_of(const Answers *answers, const Members *members, size_t group)
{
    Moments all = { .n = 0 };
    for (size_t m = members->start[group]; m < members->start[group + 1]; m++) {
        double gold = answers->gold_score[members->item[m]];
        double answer = answers->answer_score[members->item[m]];
        Moments one = { .n = 1, .gold = gold, .answer = answer };
        one.errors = (answer - gold) * (answer - gold);
        one.gold_low = one.gold_high = gold;
        one.answer_low = one.answer_high = answer;
        all = together(all, one);
    }
    return all;
}

static double moments_metric(Metric which, const Moments *moments)
{
    if (which == METRIC_RMSE)
        return sqrt(moments->errors / moments->n);
    if (moments->gold_low == moments->gold_high || moments->answer_low == moments->answer_high)
        return 0; // no correlation: as metric_score has it
    return fmax(-1, fmin(1, moments->ga / (sqrt(moments->gg) * sqrt(moments->aa))));
}

// Without group g: the groups before it and those behind it.
static void scores_without(Arena *arena, Metric which, const Answers *answers,
                           const Members *members, double *without)
{
    Moments *behind = arena_take(arena, members->groups + 1, sizeof *behind);
    Moments before = { .n = 0 };
    behind[members->groups] = before;
    for (size_t g = members->groups; g-- > 0;)
        behind[g] = together(moments_of(answers, members, g), behind[g + 1]);
    for (size_t g = 0; g < members->groups; g++) {
        Moments rest = together(before, behind[g + 1]);
        without[g] = moments_metric(which, &rest);
        before = together(before, moments_of(answers, members, g));
    }
}

static void ranks_without(Arena *arena, const Answers *answers, const uint32_t *group,
                          size_t groups, double *without)
{
    Weighed *run = weighed_new(arena, METRIC_SPEARMAN, answers, group, groups);
    uint32_t *times = arena_take(arena, groups, sizeof *times);
    for (size_t g = 0; g < groups; g++)
        times[g] = 1;
    for (size_t g = 0; g < groups; g++) {
        times[g] = 0;
        without[g] = weighed_score(run, times);
        times[g] = 1;
    }
}
