// test_metric.c: metrics by hand, and on small cases where other programs failed.

#include "base/metric.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

static Answers labels(size_t n, const int32_t *gold, const int32_t *answer, int classes)
{
    return (Answers){ .n = n, .classes = classes, .positive = 1, .gold = gold, .answer = answer };
}

static Answers scores(size_t n, const double *gold, const double *answer)
{
    return (Answers){ .n = n, .positive = -1, .gold_score = gold, .answer_score = answer };
}

static void the_larger_logit_is_the_answer_and_ties_go_to_the_lower_label(void)
{
    CHECK(answer_of((const float[]){ 0, 2, 1 }, 3) == 1);
    CHECK(answer_of((const float[]){ -1, 2, 2 }, 3) == 1);
    CHECK(answer_of((const float[]){ 0, 0, 0 }, 3) == 0);
    CHECK(answer_of((const float[]){ -3, -2, -1 }, 3) == 2);
}

// Four items: right at the first and the last. tp 1, fp 1, fn 1: F1 = 2 / 4.
static void four_items_by_hand(void)
{
    const int32_t gold[] = { 0, 0, 1, 1 }, answer[] = { 0, 1, 0, 1 };
    Answers a = labels(4, gold, answer, 2);
    CHECK_CLOSE(metric(METRIC_ACCURACY, &a), 0.5, 0);
    CHECK_CLOSE(metric(METRIC_F1, &a), 0.5, 0);
    CHECK_CLOSE(metric(METRIC_F1_MACRO, &a), 0.5, 0);
    CHECK_CLOSE(metric(METRIC_MATTHEWS, &a), 0, 0);
}

// Six 0 and four 1; one hit among the 1, one 0 answered as 1: tp 1, fp 1, fn 3, tn 5.
// Matthews (1 * 5 - 1 * 3) / sqrt(2 * 8 * 4 * 6).
static void f1_is_that_of_the_positive_class_not_of_the_better_one(void)
{
    const int32_t gold[] = { 0, 0, 0, 0, 0, 0, 1, 1, 1, 1 };
    const int32_t answer[] = { 0, 0, 0, 0, 0, 1, 1, 0, 0, 0 };
    Answers a = labels(10, gold, answer, 2);
    CHECK_CLOSE(metric(METRIC_F1, &a), 1.0 / 3, 1e-15);
    CHECK_CLOSE(metric(METRIC_ACCURACY, &a), 0.6, 1e-15);
    CHECK_CLOSE(metric(METRIC_MATTHEWS, &a), 2 / sqrt(384), 1e-15);
    CHECK_CLOSE(metric(METRIC_F1_MACRO, &a), (1.0 / 3 + 5.0 / 7) / 2, 1e-15);
    a.positive = 0;
    CHECK_CLOSE(metric(METRIC_F1, &a), 5.0 / 7, 1e-15);
}

// 279 of 408 are positive: accuracy 0.6838, F1 558 / 687 = 0.8122, Matthews 0; and dead.
static void a_constant_answer_equals_the_majority_to_the_last_digit_and_is_dead(void)
{
    int32_t gold[408], answer[408];
    for (int i = 0; i < 408; i++) {
        gold[i] = i < 279;
        answer[i] = 1;
    }
    Answers a = labels(408, gold, answer, 2);
    const double expected[] = { 279.0 / 408, 558.0 / 687, 279.0 / 687, 0 };
    for (Metric m = METRIC_ACCURACY; m <= METRIC_MATTHEWS; m++) {
        CHECK_CLOSE(metric_score(m, &a), expected[m], 1e-15);
        CHECK_CLOSE(metric_majority(m, &a), metric_score(m, &a), 0);
        CHECK(metric_dead(metric_score(m, &a), metric_majority(m, &a)));
    }
    answer[0] = 0, answer[407] = 0, answer[406] = 0; // two more right than wrong
    CHECK(!metric_dead(metric_score(METRIC_ACCURACY, &a), metric_majority(METRIC_ACCURACY, &a)));
}

// One positive of ten: always 0 is right nine times, yet its F1 is 0; always 1 has 2 / 11.
static void the_majority_is_the_best_constant_in_the_metric_not_the_commonest_label(void)
{
    const int32_t gold[] = { 0, 0, 0, 0, 1, 0, 0, 0, 0, 0 };
    Answers a = labels(10, gold, NULL, 2);
    CHECK_CLOSE(metric_majority(METRIC_ACCURACY, &a), 0.9, 1e-15);
    CHECK_CLOSE(metric_majority(METRIC_F1, &a), 2.0 / 11, 1e-15);
    CHECK_CLOSE(metric_majority(METRIC_MATTHEWS, &a), 0, 0);
}

static void a_dead_run_is_at_or_below_the_majority_and_unknown_is_not_dead(void)
{
    CHECK(metric_dead(0.5, 0.5));
    CHECK(metric_dead(0.5 + 1e-13, 0.5));
    CHECK(metric_dead(0.4, 0.5));
    CHECK(!metric_dead(0.5 + 1e-11, 0.5));
    CHECK(!metric_dead(NAN, 0.5));
    CHECK(!metric_dead(0.4, NAN));
}

// Items of 70,000: n squared is past 32 bits, the product of both roots' arguments past 64.
static void matthews_of_many_items_does_not_overflow(void)
{
    enum { N = 70000 };
    static int32_t gold[N], answer[N];
    for (int i = 0; i < N; i++) {
        gold[i] = i % 2;
        answer[i] = i % 8 < 2 ? 1 - gold[i] : gold[i]; // a quarter wrong, half of each class
    }
    Answers a = labels(N, gold, answer, 2);
    CHECK_CLOSE(metric(METRIC_MATTHEWS, &a), 0.5, 1e-12);
}

static void a_constant_side_has_no_correlation_and_scores_zero(void)
{
    const double gold[] = { 1, 2, 3 }, tenth[] = { 0.1, 0.1, 0.1 };
    const Metric both[] = { METRIC_PEARSON, METRIC_SPEARMAN };
    for (int m = 0; m < 2; m++) {
        Answers a = scores(3, gold, tenth), b = scores(3, tenth, gold), one = scores(1, gold, gold);
        CHECK(isnan(metric(both[m], &a)) && isnan(metric(both[m], &b)));
        CHECK(isnan(metric(both[m], &one)));
        CHECK_CLOSE(metric_score(both[m], &a), 0, 0);
        CHECK_CLOSE(metric_majority(both[m], &a), 0, 0);
    }
}

// Ranks of gold 1, 2.5, 2.5, 4; of the answers 1 2 3 4: 4.5 / sqrt(4.5 * 5). The formula with
// squared differences of ranks would say 0.95.
static void spearman_shares_ranks_between_equal_values(void)
{
    const double gold[] = { 1, 2, 2, 3 }, answer[] = { 1, 2, 3, 4 };
    Answers a = scores(4, gold, answer);
    CHECK_CLOSE(metric(METRIC_SPEARMAN, &a), 4.5 / sqrt(22.5), 1e-15);
}

// Three equal logits: confidence 1/3 = 5/15, the right end of bin 4. A second item just above lies
// in bin 5: right and wrong do not cancel. Closed on the left both would share bin 5.
static void bins_of_confidence_are_closed_on_the_right(void)
{
    const float logits[] = { 0, 0, 0, 0.01F, 0, 0 };
    const int32_t gold[] = { 0, 1 };
    Answers a = { .n = 2, .classes = 3, .positive = -1, .gold = gold, .logits = logits };
    double above = 1 / (1 + 2 * exp(-(double)0.01F));
    CHECK_CLOSE(metric(METRIC_ECE, &a), ((1 - 1.0 / 3) + above) / 2, 1e-14);
    a.logits = NULL;
    CHECK(isnan(metric(METRIC_ECE, &a)));
}

static void a_metric_that_does_not_apply_is_unknown(void)
{
    const int32_t gold[] = { 0, 1 }, answer[] = { 0, 1 };
    const double score[] = { 1, 2 };
    Answers a = labels(2, gold, answer, 2), s = scores(2, score, score);
    const Metric of_scores[] = { METRIC_PEARSON, METRIC_SPEARMAN, METRIC_RMSE };
    for (int m = 0; m < 3; m++)
        CHECK(isnan(metric(of_scores[m], &a)) && isnan(metric_score(of_scores[m], &a)));
    for (Metric m = METRIC_ACCURACY; m <= METRIC_MATTHEWS; m++)
        CHECK(isnan(metric(m, &s)) && isnan(metric_majority(m, &s)));
    CHECK(isnan(metric(METRIC_ECE, &s)));
    CHECK(isnan(metric_majority(METRIC_RMSE, &s)));
    a.positive = -1;
    CHECK(isnan(metric(METRIC_F1, &a)) && isnan(metric_majority(METRIC_F1, &a)));
}

static void metrics_have_their_columns_names(void)
{
    CHECK_TEXT(metric_names[METRIC_F1_MACRO], "f1_macro");
    CHECK_TEXT(metric_names[METRIC_ECE], "ece");
    CHECK(metric_names[METRICS] == NULL);
}

void suite_metric(void)
{
    ADD(the_larger_logit_is_the_answer_and_ties_go_to_the_lower_label);
    ADD(four_items_by_hand);
    ADD(f1_is_that_of_the_positive_class_not_of_the_better_one);
    ADD(a_constant_answer_equals_the_majority_to_the_last_digit_and_is_dead);
    ADD(the_majority_is_the_best_constant_in_the_metric_not_the_commonest_label);
    ADD(a_dead_run_is_at_or_below_the_majority_and_unknown_is_not_dead);
    ADD(matthews_of_many_items_does_not_overflow);
    ADD(a_constant_side_has_no_correlation_and_scores_zero);
    ADD(spearman_shares_ranks_between_equal_values);
    ADD(bins_of_confidence_are_closed_on_the_right);
    ADD(a_metric_that_does_not_apply_is_unknown);
    ADD(metrics_have_their_columns_names);
}
