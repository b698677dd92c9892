// fixtures_statistics.c: DIR/statistics/fixtures.json (format: the README beside it). A call is
// given its input and answers with an object; each field that the case expects must be in it:
// numbers within 1e-9 of max(1, |value|) or the case's own tolerance, p values within 1e-8 of
// themselves as well, all else exactly. null is NAN or NULL.
#include "base/bootstrap.h"
#include "base/comparison.h"
#include "base/exact.h"
#include "base/file.h"
#include "base/jackknife.h"
#include "base/json.h"
#include "base/metric_impl.h"
#include "base/multiple.h"
#include "base/statistic.h"
#include "tests/fixtures.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- out of and into JSON

static const json_t *get(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

static double real_or(const json_t *object, const char *key, double otherwise)
{
    return get(object, key) ? number_of(object, key) : otherwise;
}

static double *reals(Arena *arena, const json_t *list)
{
    double *x = arena_take(arena, json_array_size(list) + 1, sizeof *x);
    for (size_t i = 0; i < json_array_size(list); i++)
        x[i] = json_is_null(json_array_get(list, i)) ? (double)NAN
                                                     : json_number_value(json_array_get(list, i));
    return x;
}

// rows x columns of a list of lists.
static double *matrix(Arena *arena, const json_t *lists, size_t *rows, size_t *columns)
{
    *rows = json_array_size(lists), *columns = json_array_size(json_array_get(lists, 0));
    double *x = arena_take(arena, *rows * *columns + 1, sizeof *x);
    for (size_t r = 0; r < *rows; r++)
        memcpy(x + r * *columns, reals(arena, json_array_get(lists, r)), *columns * sizeof *x);
    return x;
}

static json_t *number(double x)
{
    return isnan(x) ? json_null() : json_real(x);
}

static json_t *list_of(const double *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, number(x[i]));
    return list;
}

static json_t *word(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *value(double x)
{
    return json_pack("{so}", "value", number(x));
}

// ---- metrics of one run

static bool of_scores(Metric which)
{
    return which == METRIC_PEARSON || which == METRIC_SPEARMAN || which == METRIC_RMSE;
}

static Metric metric_named(const char *name)
{
    Metric which = 0;
    while (which < METRICS && strcmp(metric_names[which], name) != 0)
        which++;
    return which;
}

// Labels are whole numbers from 0.
static Answers answers_of(Arena *arena, Metric which, const json_t *gold, const json_t *pred,
                          const json_t *input)
{
    Answers answers = { .n = json_array_size(gold),
                        .positive = (int)real_or(input, "positive", -1) };
    answers.gold_score = reals(arena, gold);
    answers.answer_score = pred ? reals(arena, pred) : answers.gold_score;
    if (of_scores(which))
        return answers;
    int32_t *side[2];
    for (int k = 0; k < 2; k++) {
        const double *from = k ? answers.answer_score : answers.gold_score;
        side[k] = arena_take(arena, answers.n, sizeof(int32_t));
        for (size_t i = 0; i < answers.n; i++) {
            side[k][i] = (int32_t)from[i];
            answers.classes = (int)fmax(answers.classes, from[i] + 1);
        }
    }
    answers.gold = side[0], answers.answer = side[1];
    answers.classes = (int)fmax(answers.classes, (double)json_array_size(get(input, "labels")));
    answers.classes = (int)fmax(answers.classes, answers.positive + 1);
    return answers;
}

static json_t *metric_call(Arena *arena, const char *name, const json_t *input)
{
    Metric which = metric_named(name);
    Answers answers = answers_of(arena, which, get(input, "gold"), get(input, "pred"), input);
    return value(metric(which, &answers));
}

static json_t *score_call(Arena *arena, const char *name, const json_t *input)
{
    Metric which = metric_named(json_string_value(get(input, "metric")));
    Answers answers = answers_of(arena, which, get(input, "gold"), get(input, "pred"), input);
    (void)name;
    return value(metric_score(which, &answers));
}

// Probabilities as they are, or logits, in double; a run has its logits in float.
static json_t *ece_call(Arena *arena, const char *name, const json_t *input)
{
    size_t n, classes;
    const json_t *logits = get(input, "logits");
    const double *row = matrix(arena, logits ? logits : get(input, "prob"), &n, &classes);
    const double *gold = reals(arena, get(input, "gold"));
    Calibration bins = { .n = 0 };
    (void)name;
    for (size_t i = 0; i < n; i++, row += classes) {
        size_t best = 0;
        double all = 0;
        for (size_t c = 1; c < classes; c++)
            best = row[c] > row[best] ? c : best;
        for (size_t c = 0; c < classes; c++)
            all += exp(row[c] - row[best]);
        calibration_add(&bins, logits ? 1 / all : row[best], gold[i] == (double)best);
    }
    return value(calibration_error(&bins));
}

static json_t *midranks_call(Arena *arena, const char *name, const json_t *input)
{
    size_t n = json_array_size(get(input, "x"));
    const double *x = reals(arena, get(input, "x"));
    double *rank = arena_take(arena, n + 1, sizeof *rank);
    (void)name;
    for (size_t i = 0; i < n; i++)
        rank[i] = midrank(x, n, i);
    return json_pack("{so}", "value", list_of(rank, n));
}

// The label is the lowest whose constant answer reaches the majority.
static json_t *majority_call(Arena *arena, const char *name, const json_t *input)
{
    Metric which = metric_named(json_string_value(get(input, "metric")));
    Answers answers = answers_of(arena, which, get(input, "gold"), NULL, input);
    double majority = metric_majority(which, &answers);
    int32_t *constant = arena_take(arena, answers.n, sizeof *constant), label = 0;
    (void)name;
    answers.answer = constant;
    for (; label < answers.classes; label++) {
        for (size_t i = 0; i < answers.n; i++)
            constant[i] = label;
        if (metric_score(which, &answers) == majority)
            break;
    }
    return json_pack("{so,so}", "value", number(majority), "label",
                     answers.classes ? json_integer(label) : json_null());
}

static json_t *dead_call(Arena *arena, const char *name, const json_t *input)
{
    (void)arena, (void)name;
    return json_pack("{sb}", "dead",
                     metric_dead(number_of(input, "score"), number_of(input, "majority")));
}

// ---- t, intervals, quantiles

static json_t *t_call(Arena *arena, const char *name, const json_t *input)
{
    double df = number_of(input, "df"), t = number_of(input, "t");
    (void)arena;
    if (!strcmp(name, "t_quantile"))
        return value(t_quantile(number_of(input, "q"), df));
    double both = t_two_sided(t, df);
    return value(!strcmp(name, "t_two_sided") ? both : t < 0 ? both / 2 : 1 - both / 2);
}

static json_t *interval_call(Arena *arena, const char *name, const json_t *input)
{
    size_t n = json_array_size(get(input, "x"));
    Interval of = interval_of(reals(arena, get(input, "x")), n, real_or(input, "level", 0.95));
    const char *reason = n == 0 ? "empty" : n == 1 ? "one_seed" : NULL;
    (void)name;
    return json_pack("{si,so,so,so,so,so}", "n", (int)of.n, "mean", number(of.mean), "sd",
                     number(of.sd), "lo", number(of.low), "hi", number(of.high), "reason",
                     word(of.zero_variance ? "zero_variance" : reason));
}

static json_t *quantile_call(Arena *arena, const char *name, const json_t *input)
{
    size_t n = json_array_size(get(input, "x"));
    double *x = reals(arena, get(input, "x")), q = number_of(input, "q");
    (void)name;
    bootstrap_of(x, n, 0.95); // sorts
    return value(quantile(x, n, q));
}

static json_t *mdd_call(Arena *arena, const char *name, const json_t *input)
{
    (void)arena, (void)name;
    return value(detectable(number_of(input, "se"), number_of(input, "df"), 1));
}

// ---- two-way variance

static json_t *two_way_answer(const TwoWay *of)
{
    return json_pack("{so,so,so,so,so,so,so,so,so,so,so,so,so}", "difference", number(of->value),
                     "mean", number(of->value), "se", number(of->se), "df", number(of->df), "lo",
                     number(of->low), "hi", number(of->high), "t", number(of->t), "p",
                     number(of->p), "mdd", number(detectable(of->se, of->df, 1)), "ms_seed",
                     number(of->ms_seed), "ms_group", number(of->ms_group), "ms_rest",
                     number(of->ms_rest), "basis", word(basis_names[of->basis]));
}

static void put_count(json_t *answer, const char *key, size_t count)
{
    json_object_set_new(answer, key, json_integer((json_int_t)count));
}

static json_t *two_way_call(Arena *arena, const char *name, const json_t *input)
{
    size_t seeds, more, groups;
    double level = real_or(input, "level", 0.95);
    const double *u = matrix(arena, get(input, "u"), &seeds, &groups);
    TwoWay of;
    json_t *answer;
    if (!strcmp(name, "two_way")) {
        of = twoway(arena, u, seeds, groups, level);
        answer = two_way_answer(&of);
        put_count(answer, "seeds", seeds);
    } else {
        const double *v = matrix(arena, get(input, "v"), &more, &groups);
        of = twoway_unpaired(arena, u, seeds, v, more, groups, level);
        answer = two_way_answer(&of);
        put_count(answer, "seeds_a", seeds);
        put_count(answer, "seeds_b", more);
    }
    put_count(answer, "groups", groups);
    json_object_set_new(answer, "reason", word(reason_names[of.reason]));
    return answer;
}

static json_t *satterthwaite_call(Arena *arena, const char *name, const json_t *input)
{
    Component of = components_joined((Component){ number_of(input, "A"), number_of(input, "nuA") },
                                     (Component){ number_of(input, "B"), number_of(input, "nuB") },
                                     (Component){ number_of(input, "E"), number_of(input, "nuE") });
    (void)arena, (void)name;
    return json_pack("{so,so}", "var", number(of.variance), "df", number(of.df));
}

// ---- whole comparisons

typedef struct {
    Metric which;
    size_t items, groups, runs;
    uint32_t *group;
    Answers *answers;
    Weighed **weighed;
    double *theta, *u;
} Side;

// Groups are numbered by first appearance.
static uint32_t *groups_of(Arena *arena, const json_t *names, size_t *groups)
{
    size_t n = json_array_size(names);
    uint32_t *group = arena_take(arena, n, sizeof *group);
    *groups = 0;
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        while (!json_equal(json_array_get(names, same), json_array_get(names, i)))
            same++;
        group[i] = same < i ? group[same] : (uint32_t)(*groups)++;
    }
    return group;
}

static Side side_of(Arena *arena, const json_t *input, const char *key)
{
    const json_t *runs = get(input, key), *gold = get(input, "gold");
    Side side = { .which = metric_named(json_string_value(get(input, "metric"))) };
    side.group = groups_of(arena, get(input, "group"), &side.groups);
    side.runs = json_array_size(runs);
    side.answers = arena_take(arena, side.runs, sizeof *side.answers);
    side.weighed = arena_take(arena, side.runs, sizeof *side.weighed);
    side.theta = arena_take(arena, side.runs, sizeof *side.theta);
    side.u = arena_take(arena, side.runs * side.groups, sizeof *side.u);
    for (size_t s = 0; s < side.runs; s++) {
        side.answers[s] = answers_of(arena, side.which, gold, json_array_get(runs, s), input);
        side.theta[s] = group_values(arena, side.which, &side.answers[s], side.group, side.groups,
                                     side.u + s * side.groups);
        side.weighed[s] = weighed_new(arena, side.which, &side.answers[s], side.group, side.groups);
    }
    return side;
}

static json_t *group_values_call(Arena *arena, const char *name, const json_t *input)
{
    Side side = side_of(arena, input, "pred");
    json_t *u = json_array();
    (void)name;
    if (get(input, "other")) {
        Side other = side_of(arena, input, "other");
        for (size_t s = 0; s < side.runs; s++)
            side.theta[s] -= other.theta[s];
        for (size_t i = 0; i < side.runs * side.groups; i++)
            side.u[i] -= other.u[i];
    }
    for (size_t s = 0; s < side.runs; s++)
        json_array_append_new(u, list_of(side.u + s * side.groups, side.groups));
    return json_pack("{so,so}", "theta", list_of(side.theta, side.runs), "u", u);
}

static json_t *one_method_call(Arena *arena, const char *name, const json_t *input)
{
    Side side = side_of(arena, input, "pred");
    TwoWay of = twoway(arena, side.u, side.runs, side.groups, real_or(input, "level", 0.95));
    json_t *answer = two_way_answer(&of);
    (void)name;
    put_count(answer, "seeds", side.runs);
    put_count(answer, "groups", side.groups);
    json_object_set_new(answer, "reason", word(reason_names[of.reason]));
    return answer;
}

static Sample sample_of(Arena *arena, const Side *side, const json_t *seeds)
{
    Seeds *pair = arena_take(arena, side->runs, sizeof *pair);
    for (size_t s = 0; s < side->runs; s++)
        pair[s].init = pair[s].order = json_integer_value(json_array_get(seeds, s));
    return (Sample){ side->runs, side->groups, pair, side->theta, side->u };
}

static json_t *compare_call(Arena *arena, const char *name, const json_t *input)
{
    Side side_a = side_of(arena, input, "a"), side_b = side_of(arena, input, "b");
    Sample a = sample_of(arena, &side_a, get(input, "seeds_a"));
    Sample b = sample_of(arena, &side_b, get(input, "seeds_b"));
    Comparison of = compare(arena, &a, &b, real_or(input, "level", 0.95));
    json_t *answer = two_way_answer(&of.test);
    (void)name;
    put_count(answer, "seeds", of.seeds);
    put_count(answer, "seeds_a", of.used_a);
    put_count(answer, "seeds_b", of.used_b);
    put_count(answer, "groups", a.groups);
    put_count(answer, "left_out", of.left_out);
    json_object_set_new(answer, "paired", json_boolean(of.paired));
    json_object_set_new(answer, "reason", word(reason_names[of.test.reason]));
    return answer;
}

// Seeds with differences d and one group: only their signs matter.
static json_t *wins_call(Arena *arena, const char *name, const json_t *input)
{
    size_t n = json_array_size(get(input, "d"));
    const double *d = reals(arena, get(input, "d")), *zero = arena_zero(arena, n, sizeof *zero);
    Seeds *seeds = arena_take(arena, n, sizeof *seeds);
    (void)name;
    for (size_t s = 0; s < n; s++)
        seeds[s] = (Seeds){ (int64_t)s, 1 };
    Comparison of =
        compare(arena, &(Sample){ n, 1, seeds, d, d }, &(Sample){ n, 1, seeds, zero, zero }, 0.95);
    json_t *answer = json_object();
    put_count(answer, "wins", of.wins);
    put_count(answer, "ties", of.ties);
    put_count(answer, "losses", of.losses);
    return answer;
}

// ---- bootstrap

static uint32_t *times_of(Arena *arena, const json_t *drawn, size_t n)
{
    uint32_t *times = arena_zero(arena, n, sizeof *times);
    for (size_t i = 0; i < json_array_size(drawn); i++)
        times[json_integer_value(json_array_get(drawn, i))]++;
    return times;
}

static json_t *bootstrap_call(Arena *arena, const char *name, const json_t *input)
{
    Side a = side_of(arena, input, "a"), b = side_of(arena, input, "b");
    const json_t *seeds = get(input, "seed_draws"), *groups = get(input, "group_draws");
    Resampled of = { a.weighed, b.weighed, a.runs, b.runs, true, a.groups };
    size_t draws = json_array_size(seeds);
    double *draw = arena_take(arena, draws, sizeof *draw);
    (void)name;
    for (size_t r = 0; r < draws; r++) {
        const uint32_t *times = times_of(arena, json_array_get(seeds, r), a.runs);
        draw[r] =
            bootstrap_draw(&of, times, times, times_of(arena, json_array_get(groups, r), a.groups));
    }
    json_t *replicates = list_of(draw, draws);
    Bootstrap result = bootstrap_of(draw, draws, real_or(input, "level", 0.95));
    return json_pack("{so,so,so,so}", "replicates", replicates, "lo", number(result.low), "hi",
                     number(result.high), "p", number(result.p));
}

// Any u with two decimals as a difference of right answers: groups of 400 items, of which A alone
// has 100 u right, or B alone where u < 0; so accuracy differs by u / 4 in the mean.
static json_t *drawn_call(Arena *arena, const char *name, const json_t *input)
{
    enum { GROUP = 400 };
    size_t runs, groups, below = 0;
    const double *u = matrix(arena, get(input, "u"), &runs, &groups);
    size_t n = GROUP * groups;
    Weighed **side[2];
    int32_t *gold = arena_zero(arena, n, sizeof *gold);
    uint32_t *group = arena_take(arena, n, sizeof *group);
    (void)name;
    for (size_t i = 0; i < n; i++)
        group[i] = (uint32_t)(i / GROUP);
    for (int k = 0; k < 2; k++) {
        side[k] = arena_take(arena, runs, sizeof(Weighed *));
        for (size_t s = 0; s < runs; s++) {
            int32_t *wrong = arena_take(arena, n, sizeof *wrong);
            Answers *answers = arena_take(arena, 1, sizeof *answers);
            for (size_t i = 0; i < n; i++)
                wrong[i] =
                    (double)(i % GROUP) >= round(100 * (k ? -1 : 1) * u[s * groups + group[i]]);
            *answers = (Answers){ n, 2, -1, gold, wrong, NULL, NULL, NULL };
            side[k][s] = weighed_new(arena, METRIC_ACCURACY, answers, group, groups);
        }
    }
    Bootstrap of =
        bootstrap(arena, &(Resampled){ side[0], side[1], runs, runs, true, groups }, 1, 0.95);
    double sum = 0, squares = 0;
    for (size_t r = 0; r < of.draws; r++) {
        sum += 4 * of.draw[r];
        below += of.draw[r] <= 1e-12;
    }
    double mean = sum / (double)of.draws;
    for (size_t r = 0; r < of.draws; r++)
        squares += (4 * of.draw[r] - mean) * (4 * of.draw[r] - mean);
    return json_pack("{so,so,so}", "mean", number(mean), "sd",
                     number(sqrt(squares / (double)of.draws)), "share_below_or_at_0",
                     number((double)below / (double)of.draws));
}

// ---- tests over seeds or one pair of runs; several comparisons

static json_t *sign_flip_call(Arena *arena, const char *name, const json_t *input)
{
    size_t n = json_array_size(get(input, "d"));
    SignFlip of = sign_flip(reals(arena, get(input, "d")), n, 1);
    (void)name;
    return json_pack("{si,so,so}", "n", (int)n, "p", number(of.p), "p_min", number(of.smallest));
}

static json_t *mcnemar_call(Arena *arena, const char *name, const json_t *input)
{
    size_t n10 = (size_t)number_of(input, "n10"), n01 = (size_t)number_of(input, "n01");
    (void)arena, (void)name;
    return json_pack("{si,si,so}", "n10", (int)n10, "n01", (int)n01, "p",
                     number(mcnemar(n10, n01)));
}

static json_t *holm_call(Arena *arena, const char *name, const json_t *input)
{
    size_t n = json_array_size(get(input, "p"));
    double *adjusted = arena_take(arena, n + 1, sizeof *adjusted);
    (void)name;
    holm(arena, reals(arena, get(input, "p")), n, adjusted);
    return json_pack("{so}", "adjusted", list_of(adjusted, n));
}

static json_t *letters_call(Arena *arena, const char *name, const json_t *input)
{
    const json_t *names = get(input, "names");
    size_t n = json_array_size(names), i;
    const char **is = arena_take(arena, n, sizeof *is), **text = arena_take(arena, n, sizeof *text);
    bool *differ = arena_zero(arena, n * n, sizeof *differ);
    size_t *order = arena_take(arena, n, sizeof *order);
    json_t *pair, *in_order = json_array(), *letters = json_array();
    (void)name;
    for (i = 0; i < n; i++)
        is[i] = json_string_value(json_array_get(names, i));
    json_array_foreach(get(input, "differ"), i, pair)
    {
        size_t a = 0, b = 0;
        while (strcmp(is[a], json_string_value(json_array_get(pair, 0))) != 0)
            a++;
        while (strcmp(is[b], json_string_value(json_array_get(pair, 1))) != 0)
            b++;
        differ[a * n + b] = differ[b * n + a] = true;
    }
    letters_of(arena, is, reals(arena, get(input, "means")), n, differ, order, text);
    for (i = 0; i < n; i++) {
        json_t *mine = json_array();
        for (const char *at = text[order[i]]; *at; at++)
            json_array_append_new(mine, json_stringn(at, 1));
        json_array_append_new(in_order, json_string(is[order[i]]));
        json_array_append_new(letters, mine);
    }
    return json_pack("{so,so}", "order", in_order, "letters", letters);
}

// ---- the cases

static const struct {
    const char *call;
    json_t *(*answer)(Arena *arena, const char *call, const json_t *input);
} calls[] = {
    { "accuracy", metric_call },
    { "f1", metric_call },
    { "f1_macro", metric_call },
    { "matthews", metric_call },
    { "pearson", metric_call },
    { "spearman", metric_call },
    { "rmse", metric_call },
    { "ece", ece_call },
    { "midranks", midranks_call },
    { "score", score_call },
    { "majority", majority_call },
    { "dead", dead_call },
    { "t_cdf", t_call },
    { "t_two_sided", t_call },
    { "t_quantile", t_call },
    { "mean_interval", interval_call },
    { "one_method", one_method_call },
    { "satterthwaite", satterthwaite_call },
    { "two_way", two_way_call },
    { "two_way_unpaired", two_way_call },
    { "group_values", group_values_call },
    { "compare", compare_call },
    { "mdd", mdd_call },
    { "bootstrap", bootstrap_call },
    { "bootstrap_exact", drawn_call },
    { "quantile", quantile_call },
    { "sign_flip", sign_flip_call },
    { "mcnemar", mcnemar_call },
    { "seed_wins", wins_call },
    { "holm", holm_call },
    { "letters", letters_call },
};

// `relative`: a p value, or a list of them.
static void same(Fixtures *fixtures, const json_t *got, const json_t *expected, double tolerance,
                 bool relative, const char *what)
{
    if (json_is_array(expected)) {
        size_t n = json_array_size(expected);
        expect(fixtures, json_array_size(got) == n, "%s has %zu parts; should have %zu", what,
               json_array_size(got), n);
        for (size_t i = 0; i < n; i++)
            same(fixtures, json_array_get(got, i), json_array_get(expected, i), tolerance, relative,
                 what);
    } else if (json_is_number(expected) && json_is_number(got)) {
        double is = json_number_value(got), should = json_number_value(expected);
        expect_close(fixtures, is, should, tolerance > 0 ? tolerance : 1e-9 * fmax(1, fabs(should)),
                     "%s", what);
        if (relative)
            expect_close(fixtures, is, should, 1e-8 * fabs(should), "%s, relative", what);
    } else {
        char *is = json_dumps(got, JSON_ENCODE_ANY),
             *should = json_dumps(expected, JSON_ENCODE_ANY);
        expect(fixtures, json_equal(got, expected), "%s is %s; should be %s", what,
               is ? is : "nothing", should);
        free(is);
        free(should);
    }
}

static void one_case(Fixtures *fixtures, const json_t *one, size_t c)
{
    const char *call = calls[c].call, *key;
    json_t *got = calls[c].answer(fixtures->arena, call, get(one, "input")), *expected;
    bool tail = !strcmp(call, "t_two_sided");
    case_begin(fixtures, json_string_value(get(one, "id")));
    json_object_foreach((json_t *)(uintptr_t)get(one, "expect"), key, expected)
        same(fixtures, get(got, key), expected, real_or(one, "tol", 0),
             tail || !strcmp(key, "p") || !strcmp(key, "adjusted"), key);
    case_end(fixtures);
    json_decref(got);
}

// Once a call; `skipped` lists those named so far.
static void skip_call(Fixtures *fixtures, const char *call, const char **skipped)
{
    while (*skipped && strcmp(*skipped, call) != 0)
        skipped++;
    if (*skipped)
        return;
    *skipped = call;
    case_skip(fixtures, call, "statistics that no command computes");
}

void statistics_fixtures(Fixtures *fixtures, const char *folder)
{
    Error error;
    const char *path = arena_format(fixtures->arena, "%s/statistics/fixtures.json", folder);
    const char *skipped[32] = { NULL };
    size_t i;
    json_t *one;
    if (!file_exists(path))
        return;
    json_t *file = json_open(path, &error);
    if (!file) {
        case_begin(fixtures, "statistics");
        expect_read(fixtures, false, &error);
        case_end(fixtures);
    }
    json_array_foreach(get(file, "cases"), i, one)
    {
        const char *call = json_string_value(get(one, "call"));
        size_t c = 0;
        while (c < sizeof calls / sizeof *calls && strcmp(calls[c].call, call) != 0)
            c++;
        if (c < sizeof calls / sizeof *calls) {
            size_t mark = arena_mark(fixtures->arena);
            one_case(fixtures, one, c);
            arena_rewind(fixtures->arena, mark);
        } else
            skip_call(fixtures, call, skipped);
    }
    json_decref(file);
}
