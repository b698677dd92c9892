// test_twoway.c: the two-way variance by hand, its edges, and the values that it is given.

#include "base/comparison.h"
#include "base/jackknife.h"
#include "base/twoway.h"
#include "base/weighed.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

// Rows 0.5 and 2.5, columns 2 and 1, D = 1.5. MS_seed = 2 (1 + 1) = 4, MS_group = 2 (1/4 + 1/4) =
// 1, MS_rest = 0; A = 2, B = 1/2, E = 0: V = 5/2 and se^2 = 5/4. The shares 0.8, 0.2, 0 are raised
// to 2.4/2.6 and 0.6/1.4; 1/df = 1.0357, and df no less than min(1, 1).
static void two_seeds_and_two_groups_by_hand(void)
{
    Arena *arena = arena_of_test();
    TwoWay of = twoway(arena, (const double[]){ 1, 0, 3, 2 }, 2, 2, 0.95);
    CHECK_CLOSE(of.value, 1.5, 0);
    CHECK_CLOSE(of.ms_seed, 4, 0);
    CHECK_CLOSE(of.ms_group, 1, 0);
    CHECK_CLOSE(of.ms_rest, 0, 0);
    CHECK_CLOSE(of.se, sqrt(1.25), 1e-15);
    CHECK_CLOSE(of.df, 1, 0);
    CHECK_CLOSE(of.t, 1.5 / sqrt(1.25), 1e-15);
    CHECK_CLOSE(of.p, 2 * atan(1 / of.t) / acos(-1), 1e-14); // Cauchy
    CHECK_CLOSE(of.high - of.value, 12.7062047362 * sqrt(1.25), 1e-10);
    CHECK(of.basis == OVER_BOTH);
    CHECK(of.reason == NOT_EMPTY);
    Component floor =
        components_joined((Component){ 2, 1 }, (Component){ 0.5, 1 }, (Component){ 0, 1 });
    CHECK_CLOSE(floor.df, 1, 0); // raised from 0.9655
    arena_free(arena);
}

// Where the rest is as large as the groups' part, items add nothing: the t test over seeds.
static void without_an_item_effect_it_is_the_t_test_over_seeds(void)
{
    Component of =
        components_joined((Component){ 3, 4 }, (Component){ 1, 500 }, (Component){ 1, 2000 });
    CHECK_CLOSE(of.variance, 3, 0);
    CHECK_CLOSE(of.df, 4, 0);
    of = components_joined((Component){ 3, 4 }, (Component){ 0.5, 500 }, (Component){ 1, 2000 });
    CHECK_CLOSE(of.variance, 3, 0); // the seeds' part stays whole: never 3 + 0.5 - 1
}

// Without a seed effect A = E, both small beside B: the t test over groups.
static void without_a_seed_effect_it_is_the_t_test_over_items(void)
{
    Component of =
        components_joined((Component){ 1e-9, 2 }, (Component){ 1, 100 }, (Component){ 1e-9, 200 });
    CHECK_CLOSE(of.variance, 1, 1e-12);
    CHECK_CLOSE(of.df, 100, 1e-6);
}

// R = 2 - 1, V = 2; shares 1/2, 1, 1/2 become 4/2 / 3 = 2/3, 1, 3/5: 1/df = (4/9)/2 + 1/100 +
// (9/25)/4.
static void degrees_of_freedom_by_hand(void)
{
    Component of =
        components_joined((Component){ 1, 2 }, (Component){ 2, 100 }, (Component){ 1, 4 });
    CHECK_CLOSE(of.variance, 2, 0);
    CHECK_CLOSE(of.df, 1 / (2.0 / 9 + 0.01 + 0.09), 1e-14);
}

static void one_seed_or_one_group_leaves_the_other_and_one_of_both_nothing(void)
{
    Arena *arena = arena_of_test();
    const double u[] = { 1, 0, 2, 1 }; // mean 1, variance 2/3: se^2 = 1/6 over 3 degrees
    TwoWay items = twoway(arena, u, 1, 4, 0.95), seeds = twoway(arena, u, 4, 1, 0.95);
    TwoWay none = twoway(arena, u, 1, 1, 0.95);
    CHECK(items.basis == OVER_ITEMS);
    CHECK(seeds.basis == OVER_SEEDS);
    CHECK_CLOSE(items.se, sqrt(1.0 / 6), 1e-15);
    CHECK_CLOSE(seeds.se, sqrt(1.0 / 6), 1e-15);
    CHECK(items.df == 3 && seeds.df == 3);
    CHECK(isnan(items.ms_seed) && isnan(seeds.ms_group) && isnan(seeds.ms_rest));
    CHECK(none.value == 1 && isnan(none.se) && isnan(none.p) && isnan(none.low));
    CHECK(none.basis == OVER_NOTHING);
    CHECK(none.reason == ONE_SEED_ONE_GROUP);
    arena_free(arena);
}

// Three times 0.1 leaves 1e-17 in a sum of squares; that is no spread.
static void zero_variance_is_found_and_is_never_significant(void)
{
    Arena *arena = arena_of_test();
    const double same[] = { 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 }, zero[6] = { 0 };
    TwoWay all = twoway(arena, same, 2, 3, 0.95), nothing = twoway(arena, zero, 2, 3, 0.95);
    CHECK(all.reason == ZERO_VARIANCE);
    CHECK(all.se == 0 && all.low == all.value && all.high == all.value);
    CHECK(isnan(all.p) && isnan(all.t) && isnan(detectable(all.se, all.df, 1)));
    CHECK(nothing.reason == ZERO_VARIANCE);
    CHECK(nothing.p == 1 && nothing.value == 0);
    arena_free(arena);
}

// Welch: variances 1/3 and 2/2 of the means; df = (16/9) / ((1/9)/2 + 1/1).
static void unpaired_with_one_group_is_welch(void)
{
    Arena *arena = arena_of_test();
    TwoWay of = twoway_unpaired(arena, (const double[]){ 1, 2, 3 }, 3, (const double[]){ 1, 3 }, 2,
                                1, 0.95);
    CHECK_CLOSE(of.value, 0, 0);
    CHECK_CLOSE(of.se, sqrt(4.0 / 3), 1e-15);
    CHECK_CLOSE(of.df, 16.0 / 9 / (1.0 / 18 + 1), 1e-14);
    CHECK(of.basis == OVER_SEEDS);
    arena_free(arena);
}

// For very many degrees t is normal: 1.959964 + 0.841621.
static void the_detectable_difference_is_2_8016_standard_errors_at_most_certainty(void)
{
    CHECK_CLOSE(detectable(0.01, 1e9, 1), 0.028015852, 1e-8);
    CHECK(detectable(0.01, 2, 1) > 0.05); // 4.30 + 1.06
    CHECK(detectable(0, 3, 1) == 0);
    CHECK_CLOSE(detectable(0.01, 1e9, 22), 0.038936864, 1e-8); // 3.0521 + 0.8416: 5 %/22
}

// ---- group values

static Answers labels(size_t n, const int32_t *gold, const int32_t *answer)
{
    return (Answers){ .n = n, .classes = 2, .positive = 1, .gold = gold, .answer = answer };
}

// F1 2/3; without each item 0, 2/3, 1, mean 5/9: 2/3 + 2 (5/9 - x).
static void values_of_f1_by_hand(void)
{
    Arena *arena = arena_of_test();
    const int32_t gold[] = { 1, 0, 1 }, answer[] = { 1, 0, 0 };
    const uint32_t group[] = { 0, 1, 2 };
    Answers a = labels(3, gold, answer);
    double u[3];
    CHECK_CLOSE(group_values(arena, METRIC_F1, &a, group, 3, u), 2.0 / 3, 1e-15);
    CHECK_CLOSE(u[0], 16.0 / 9, 1e-15);
    CHECK_CLOSE(u[1], 4.0 / 9, 1e-15);
    CHECK_CLOSE(u[2], -2.0 / 9, 1e-15);
    arena_free(arena);
}

// 0.75 + 2/4 (2 - 3 * 0.75) and 0.75 + 2/4 (1 - 0.75): their mean is 0.75, that of the groups' own
// shares (2/3 and 1) is not.
static void values_of_accuracy_weigh_groups_by_their_size(void)
{
    Arena *arena = arena_of_test();
    const int32_t gold[] = { 1, 1, 1, 1 }, answer[] = { 1, 0, 1, 1 };
    const uint32_t group[] = { 0, 0, 1, 0 };
    Answers a = labels(4, gold, answer);
    double u[2];
    CHECK_CLOSE(group_values(arena, METRIC_ACCURACY, &a, group, 2, u), 0.75, 0);
    CHECK_CLOSE(u[0], 0.625, 0);
    CHECK_CLOSE(u[1], 0.875, 0);
    arena_free(arena);
}

// The fast ways (counts, merged moments) against the definition: the metric of the items that stay.
static void values_equal_deletion_one_group_at_a_time(void)
{
    enum { N = 60, GROUPS = 17 };
    Arena *arena = arena_of_test();
    uint64_t random = 5;
    int32_t gold[N], answer[N], kept_gold[N], kept_answer[N];
    double gold_score[N], answer_score[N], kept_gold_score[N], kept_answer_score[N];
    uint32_t group[N], once[GROUPS];
    for (uint32_t i = 0; i < N; i++) {
        gold[i] = (int32_t)(mix(&random) % 3);
        answer[i] = mix(&random) % 4 ? gold[i] : (int32_t)(mix(&random) % 3);
        gold_score[i] = (double)(mix(&random) % 11) / 2; // with ties
        answer_score[i] = gold_score[i] + (double)mix_float(&random);
        group[i] = i < GROUPS ? i : (uint32_t)(mix(&random) % GROUPS);
    }
    gold_score[0] = 1e6; // an outlier, whose deletion leaves little of the sums
    for (Metric which = METRIC_ACCURACY; which < METRIC_ECE; which++) {
        bool scores = which == METRIC_PEARSON || which == METRIC_SPEARMAN || which == METRIC_RMSE;
        Answers all = { N,      scores ? 0 : 3, scores ? -1 : 1, gold,
                        answer, gold_score,     answer_score,    NULL };
        double u[GROUPS], without[GROUPS], mean = 0, sum = 0;
        double theta = group_values(arena, which, &all, group, GROUPS, u);
        Weighed *weighed = weighed_new(arena, which, &all, group, GROUPS);
        for (uint32_t g = 0; g < GROUPS; g++) {
            Answers kept = all;
            kept.n = 0;
            for (size_t i = 0; i < N; i++)
                if (group[i] != g) {
                    kept_gold[kept.n] = gold[i], kept_answer[kept.n] = answer[i];
                    kept_gold_score[kept.n] = gold_score[i];
                    kept_answer_score[kept.n++] = answer_score[i];
                }
            kept.gold = kept_gold, kept.answer = kept_answer;
            kept.gold_score = kept_gold_score, kept.answer_score = kept_answer_score;
            without[g] = metric_score(which, &kept);
            mean += without[g] / GROUPS;
            sum += u[g] / GROUPS;
            for (uint32_t o = 0; o < GROUPS; o++)
                once[o] = o != g;
            CHECK_CLOSE(weighed_score(weighed, once), without[g], 1e-12);
        }
        CHECK_CLOSE(theta, metric_score(which, &all), 0);
        CHECK_CLOSE(sum, theta, 1e-9);
        for (uint32_t g = 0; g < GROUPS && which != METRIC_ACCURACY; g++)
            CHECK_CLOSE(u[g], theta + (GROUPS - 1) * (mean - without[g]), 1e-9);
    }
    arena_free(arena);
}

// Deleting the one item that differs leaves a constant side: the score of that is 0.
static void a_side_that_becomes_constant_scores_zero(void)
{
    Arena *arena = arena_of_test();
    const double gold[] = { 1, 2, 3 }, answer[] = { 0.1, 0.1, 0.7 };
    const uint32_t group[] = { 0, 1, 2 };
    Answers a = { .n = 3, .positive = -1, .gold_score = gold, .answer_score = answer };
    for (int k = 0; k < 2; k++) {
        double u[3];
        double theta = group_values(arena, k ? METRIC_SPEARMAN : METRIC_PEARSON, &a, group, 3, u);
        CHECK_CLOSE(u[2], theta + 2 * (2.0 / 3 - 0), 1e-12); // without 0 or 1: 1; without 2: 0
    }
    arena_free(arena);
}

static void one_group_has_the_score_itself(void)
{
    Arena *arena = arena_of_test();
    const int32_t gold[] = { 1, 0 }, answer[] = { 1, 1 };
    const uint32_t group[] = { 0, 0 };
    Answers a = labels(2, gold, answer);
    double u;
    group_values(arena, METRIC_F1, &a, group, 1, &u);
    CHECK_CLOSE(u, 2.0 / 3, 1e-15);
    arena_free(arena);
}

// ---- pairs

static Comparison comparison(Arena *arena, size_t runs_a, const Seeds *a, size_t runs_b,
                             const Seeds *b)
{
    static const double u[] = { 0.9, 0.8, 0.7, 0.6, 0.55, 0.5 };
    return compare(arena, &(Sample){ runs_a, 1, a, u, u }, &(Sample){ runs_b, 1, b, u, u }, 0.95);
}

static void runs_are_pairs_by_their_seeds_and_not_by_their_place(void)
{
    Arena *arena = arena_of_test();
    const Seeds a[] = { { 1, 1 }, { 2, 2 }, { 3, 3 } }, b[] = { { 3, 3 }, { 1, 1 }, { 2, 2 } };
    Comparison of = comparison(arena, 3, a, 3, b); // 0.9 - 0.8, 0.8 - 0.7, 0.7 - 0.9
    CHECK(of.paired && of.seeds == 3 && of.left_out == 0);
    CHECK(of.wins == 2 && of.ties == 0 && of.losses == 1);
    CHECK_CLOSE(of.difference[2], -0.2, 1e-15);
    CHECK_CLOSE(of.correlation, -0.5, 1e-12);
    const Seeds other_order[] = { { 1, 4 }, { 2, 5 }, { 3, 6 } };
    CHECK(!comparison(arena, 3, a, 3, other_order).paired);
    arena_free(arena);
}

static void unequal_seeds_pair_where_three_or_all_of_the_smaller_side_are_common(void)
{
    Arena *arena = arena_of_test();
    const Seeds five[] = { { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 }, { 5, 5 } };
    const Seeds others[] = { { 4, 4 }, { 5, 5 }, { 6, 6 }, { 3, 3 } };
    Comparison of = comparison(arena, 5, five, 2, others); // both of the smaller side
    CHECK(of.paired && of.seeds == 2 && of.left_out == 3);
    of = comparison(arena, 5, five, 3, others); // 2 common of 3
    CHECK(!of.paired && of.seeds == 3 && of.left_out == 0 && of.used_a == 5 && of.used_b == 3);
    CHECK(isnan(of.correlation) && !of.difference);
    of = comparison(arena, 5, five, 4, others); // 3 common of 4
    CHECK(of.paired && of.seeds == 3 && of.left_out == 3);
    arena_free(arena);
}

void suite_twoway(void)
{
    ADD(two_seeds_and_two_groups_by_hand);
    ADD(without_an_item_effect_it_is_the_t_test_over_seeds);
    ADD(without_a_seed_effect_it_is_the_t_test_over_items);
    ADD(degrees_of_freedom_by_hand);
    ADD(one_seed_or_one_group_leaves_the_other_and_one_of_both_nothing);
    ADD(zero_variance_is_found_and_is_never_significant);
    ADD(unpaired_with_one_group_is_welch);
    ADD(the_detectable_difference_is_2_8016_standard_errors_at_most_certainty);
    ADD(values_of_f1_by_hand);
    ADD(values_of_accuracy_weigh_groups_by_their_size);
    ADD(values_equal_deletion_one_group_at_a_time);
    ADD(a_side_that_becomes_constant_scores_zero);
    ADD(one_group_has_the_score_itself);
    ADD(runs_are_pairs_by_their_seeds_and_not_by_their_place);
    ADD(unequal_seeds_pair_where_three_or_all_of_the_smaller_side_are_common);
}
