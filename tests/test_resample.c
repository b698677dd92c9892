// test_resample.c: bootstrap, sign flip, McNemar, Holm and letters.

#include "base/bootstrap.h"
#include "base/exact.h"
#include "base/multiple.h"
#include "base/statistic.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

// ---- bootstrap

enum { RUNS = 3, ITEMS = 40, GROUPS = 10 };
typedef struct {
    int32_t gold[ITEMS], answer[2 * RUNS][ITEMS];
    uint32_t group[ITEMS];
    Answers answers[2 * RUNS];
    Weighed *run[2 * RUNS];
} Two;

static Two *two_methods(Arena *arena, Metric which, double share_a, double share_b)
{
    Two *two = arena_zero(arena, 1, sizeof *two);
    uint64_t random = 11;
    for (uint32_t i = 0; i < ITEMS; i++) {
        two->gold[i] = (int32_t)(mix(&random) % 2);
        two->group[i] = i % GROUPS;
    }
    for (int r = 0; r < 2 * RUNS; r++) {
        for (int i = 0; i < ITEMS; i++) {
            double drawn = ((double)mix_float(&random) + 1) / 2;
            two->answer[r][i] = two->gold[i] ^ (drawn > (r < RUNS ? share_a : share_b));
        }
        two->answers[r] = (Answers){ ITEMS, 2, 1, two->gold, two->answer[r], NULL, NULL, NULL };
        two->run[r] = weighed_new(arena, which, &two->answers[r], two->group, GROUPS);
    }
    return two;
}

static Bootstrap drawn(Arena *arena, const Two *two, uint64_t seed)
{
    Resampled of = { two->run, two->run + RUNS, RUNS, RUNS, true, GROUPS };
    return bootstrap(arena, &of, seed, 0.95);
}

static void the_same_rows_and_seed_give_the_same_interval_to_the_bit(void)
{
    Arena *arena = arena_of_test();
    Two *two = two_methods(arena, METRIC_ACCURACY, 0.8, 0.7);
    Bootstrap first = drawn(arena, two, 7), again = drawn(arena, two, 7);
    Bootstrap other = drawn(arena, two, 8);
    CHECK(!memcmp(first.draw, again.draw, first.draws * sizeof *first.draw));
    CHECK(memcmp(first.draw, other.draw, first.draws * sizeof *first.draw) != 0);
    CHECK(first.draws == BOOTSTRAP_DRAWS && first.low < first.high);
    arena_free(arena);
}

// With groups drawn anew for each seed, or for each method, two methods of which one is the other
// would scatter; with common groups and seeds each draw is 0.
static void groups_are_drawn_once_for_all_seeds_and_both_methods(void)
{
    Arena *arena = arena_of_test();
    Two *two = two_methods(arena, METRIC_F1, 0.8, 0.7);
    Resampled of = { two->run, two->run, RUNS, RUNS, true, GROUPS };
    Bootstrap same = bootstrap(arena, &of, 3, 0.95);
    CHECK(same.low == 0 && same.high == 0 && same.p == 1);
    of.paired = false; // seeds of their own: then one method against itself scatters
    Bootstrap apart = bootstrap(arena, &of, 3, 0.95);
    CHECK(apart.low < 0 && apart.high > 0);
    arena_free(arena);
}

// One run of A is all right, one all wrong, B's are all wrong: only the seeds scatter, and 1/4 of
// the draws have the first twice, 1/4 the second.
static void seeds_are_drawn_with_repetition(void)
{
    Arena *arena = arena_of_test();
    const int32_t gold[] = { 0, 0 }, right[] = { 0, 0 }, wrong[] = { 1, 1 };
    const uint32_t group[] = { 0, 1 };
    Answers good = { 2, 2, -1, gold, right, NULL, NULL, NULL };
    Answers bad = { 2, 2, -1, gold, wrong, NULL, NULL, NULL };
    Weighed *a[] = { weighed_new(arena, METRIC_ACCURACY, &good, group, 2),
                     weighed_new(arena, METRIC_ACCURACY, &bad, group, 2) };
    Weighed *b[] = { a[1], a[1] };
    Bootstrap of = bootstrap(arena, &(Resampled){ a, b, 2, 2, true, 2 }, 1, 0.95);
    size_t zeros = 0, ones = 0;
    for (size_t i = 0; i < of.draws; i++) {
        zeros += of.draw[i] == 0;
        ones += of.draw[i] == 1;
    }
    CHECK_CLOSE((double)zeros / (double)of.draws, 0.25, 0.02); // 4 standard errors
    CHECK_CLOSE((double)ones / (double)of.draws, 0.25, 0.02);
    arena_free(arena);
}

// Two halves below and above 0 by hand: 3 of 8 at or below: 2 (1 + 3) / 9.
static void p_and_quantiles_of_eight_draws_by_hand(void)
{
    double draw[] = { 7, -1, 3, 0, 5, -2, 1, 2 };
    Bootstrap of = bootstrap_of(draw, 8, 0.5);
    CHECK_CLOSE(of.p, 8.0 / 9, 1e-15);
    CHECK_CLOSE(of.low, -0.25, 1e-15); // -2 -1 0 1 2 3 5 7 at h = 7/4
    CHECK_CLOSE(of.high, 3.5, 1e-15);  // at 21/4
    CHECK_CLOSE(quantile(draw, 1, 0.975), -2, 0);
}

// ---- sign flip, McNemar

static void five_equal_differences_reach_the_smallest_p(void)
{
    const double d[] = { 5, 5, 5, 5, 5 }, mixed[] = { 1, 2, 3, -1 };
    SignFlip of = sign_flip(d, 5, 1);
    CHECK(of.p == 2.0 / 32 && of.smallest == 2.0 / 32);
    of = sign_flip(mixed, 4, 1); // 3 of 8 vectors with + before the 3 reach 5
    CHECK(of.p == 6.0 / 16 && of.smallest == 2.0 / 16);
}

static void a_zero_doubles_the_smallest_p_and_no_seed_has_none(void)
{
    const double d[] = { 0, 0.1, 0.1, 0.1 }, zeros[] = { 0, 0, 0 };
    SignFlip of = sign_flip(d, 4, 1), nothing = sign_flip(zeros, 3, 1), none = sign_flip(d, 0, 1);
    CHECK(of.p == 0.25 && of.smallest == 0.25);
    CHECK(nothing.p == 1 && nothing.smallest == 1);
    CHECK(isnan(none.p) && isnan(none.smallest));
}

// 24 differences of +1 and 8 of -1: |sum| 16 of 32 independent signs: P(|2 B - 32| >= 16) for
// B of 32: 2 P(B <= 8) = 0.0070.
static void more_than_twenty_seeds_are_drawn(void)
{
    double d[32];
    for (int s = 0; s < 32; s++)
        d[s] = s < 24 ? 1 : -1;
    SignFlip of = sign_flip(d, 32, 1);
    CHECK_CLOSE(of.p, 0.0070, 0.001);
    CHECK(of.p == sign_flip(d, 32, 1).p && of.smallest == 1.0 / 100001);
}

static void fourteen_against_four_by_hand(void)
{
    CHECK_CLOSE(mcnemar(14, 4), 8096.0 / 262144, 1e-14);
    CHECK_CLOSE(mcnemar(4, 14), 8096.0 / 262144, 1e-14);
    CHECK(mcnemar(0, 0) == 1 && mcnemar(3, 3) == 1);
    CHECK(mcnemar(4000, 6000) > 0 && mcnemar(4000, 6000) < 1e-80);
}

// ---- Holm, letters

static void holm_by_hand_and_an_empty_p_does_not_count(void)
{
    Arena *arena = arena_of_test();
    const double p[] = { 0.01, 0.04, 0.03 }, with_empty[] = { 0.02, NAN, 0.02 };
    double adjusted[3];
    CHECK(holm(arena, p, 3, adjusted) == 3);
    CHECK_CLOSE(adjusted[0], 0.03, 1e-15);
    CHECK_CLOSE(adjusted[1], 0.06, 1e-15);
    CHECK_CLOSE(adjusted[2], 0.06, 1e-15);
    CHECK(holm(arena, with_empty, 3, adjusted) == 2);
    CHECK_CLOSE(adjusted[0], 0.04, 1e-15);
    CHECK(isnan(adjusted[1]));
    arena_free(arena);
}

static void three_methods_of_which_only_first_and_last_differ(void)
{
    Arena *arena = arena_of_test();
    const char *name[] = { "low", "high", "middle" }, *letters[3];
    const double mean[] = { 0.7, 0.9, 0.8 };
    bool differ[9] = { 0 };
    size_t order[3];
    differ[0 * 3 + 1] = differ[1 * 3 + 0] = true;
    letters_of(arena, name, mean, 3, differ, order, letters);
    CHECK(order[0] == 1 && order[1] == 2 && order[2] == 0);
    CHECK_TEXT(letters[1], "a");
    CHECK_TEXT(letters[2], "ab");
    CHECK_TEXT(letters[0], "b");
    arena_free(arena);
}

// The property that letters are for, on random relations.
static void methods_share_a_letter_exactly_if_they_do_not_differ(void)
{
    enum { N = 9 };
    uint64_t random = 3;
    for (int round = 0; round < 50; round++) {
        Arena *arena = arena_of_test();
        const char *name[N], *letters[N];
        double mean[N];
        bool differ[N * N] = { 0 };
        size_t order[N];
        for (size_t i = 0; i < N; i++) {
            name[i] = arena_format(arena, "m%zu", i);
            mean[i] = (double)(mix(&random) % 100);
            for (size_t j = 0; j < i; j++)
                differ[i * N + j] = differ[j * N + i] = mix(&random) % 3 == 0;
        }
        letters_of(arena, name, mean, N, differ, order, letters);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < i; j++)
                CHECK((strpbrk(letters[i], letters[j]) == NULL) == differ[i * N + j]);
        arena_free(arena);
    }
}

static void many_columns_have_names_of_two_letters(void)
{
    enum { N = 28 };
    Arena *arena = arena_of_test();
    const char *name[N], *letters[N];
    double mean[N];
    bool differ[N * N];
    size_t order[N];
    for (size_t i = 0; i < N; i++) {
        name[i] = "same", mean[i] = -(double)i;
        for (size_t j = 0; j < N; j++)
            differ[i * N + j] = i != j;
    }
    letters_of(arena, name, mean, N, differ, order, letters);
    CHECK_TEXT(letters[0], "a");
    CHECK_TEXT(letters[25], "z");
    CHECK_TEXT(letters[27], "ab");
    arena_free(arena);
}

void suite_resample(void)
{
    ADD(the_same_rows_and_seed_give_the_same_interval_to_the_bit);
    ADD(groups_are_drawn_once_for_all_seeds_and_both_methods);
    ADD(seeds_are_drawn_with_repetition);
    ADD(p_and_quantiles_of_eight_draws_by_hand);
    ADD(five_equal_differences_reach_the_smallest_p);
    ADD(a_zero_doubles_the_smallest_p_and_no_seed_has_none);
    ADD(more_than_twenty_seeds_are_drawn);
    ADD(fourteen_against_four_by_hand);
    ADD(holm_by_hand_and_an_empty_p_does_not_count);
    ADD(three_methods_of_which_only_first_and_last_differ);
    ADD(methods_share_a_letter_exactly_if_they_do_not_differ);
    ADD(many_columns_have_names_of_two_letters);
}
