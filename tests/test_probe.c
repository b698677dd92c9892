// test_probe.c: what tunemark check is made of: folded and numbered texts, naive Bayes over pieces.
#include "data/overlap.h"
#include "data/probe.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

static void folding_is_of_case_and_blanks_alone(void)
{
    static const char *const of[][2] = {
        { "A  Lovely\tfilm\n", "a lovely film" },
        { "  a\xc2\xa0 b\xe3\x80\x80", "a b" },                 // blanks of Unicode
        { "\xc3\x84rger, \xce\xa3", "\xc3\xa4rger, \xcf\x83" }, // capitals of Unicode
        { "\xc8\xba", "\xe2\xb1\xa5" }, // whose small letter takes more bytes
        { "a-b. c", "a-b. c" },
        { " \r\n", "" },
        { "", "" },
    };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        CHECK_TEXT(text_folded(arena, of[i][0]), of[i][1]);
    CHECK(strlen(text_folded(arena, "a\xff")) == 2); // no UTF-8: ends
    arena_free(arena);
}

static void texts_are_numbered_by_both_of_a_pair(void)
{
    const TextKey key[] = { { "a", "b" }, { "b", "a" }, { "a", "b" }, { "a", "c" }, { "ab", "" } };
    uint32_t number[5];
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    CHECK(texts_number(arena, key, 5, number) == 4);
    CHECK(number[0] == number[2] && number[0] != number[1] && number[0] != number[3] &&
          number[0] != number[4]);
    CHECK(texts_number(arena, key, 0, number) == 0);
    arena_free(arena);
}

static Tokens tokens_of_ids(const uint32_t *offset, const int32_t *token, const int32_t *type,
                            size_t count)
{
    return (Tokens){ .count = count, .offset = offset, .token = token, .type = type };
}

// Train: "1 2" is 0, "1 3" is 1. Terms 1, 2, 3, 1 2, 1 3: V = 5; each class has three of them.
// "1 2" again: class 0 log 1 + 3 log(2 / 8), class 1 log 1 + log(2 / 8) + 2 log(1 / 8).
// "9 2": 9 and 9 2 are unknown, 2 is not. "2 2": 2 counts once.
static void naive_bayes_of_rows_worked_by_hand(void)
{
    const uint32_t offset[] = { 0, 2, 4, 6 };
    const int32_t train[] = { 1, 2, 1, 3 }, asked[] = { 1, 2, 9, 2, 2, 2 }, type[6] = { 0 };
    const int32_t label[] = { 0, 1 };
    Tokens rows = tokens_of_ids(offset, train, type, 2),
           other = tokens_of_ids(offset, asked, type, 3);
    double log_p[2];
    Error error;
    Arena *arena = arena_new(1 << 26, &error);
    Probe *probe = probe_new(arena, &rows, label, 2);
    probe_row(probe, &other, 0, log_p);
    CHECK_CLOSE(log_p[0], 3 * log(2. / 8), 1e-12);
    CHECK_CLOSE(log_p[1], log(2. / 8) + 2 * log(1. / 8), 1e-12);
    for (size_t row = 1; row < 3; row++) {
        probe_row(probe, &other, row, log_p);
        CHECK_CLOSE(log_p[0], log(2. / 8), 1e-12);
        CHECK_CLOSE(log_p[1], log(1. / 8), 1e-12);
    }
    arena_free(arena);
}

// Pairs: "1 | 1" is 0: terms 1 of the first, 1 of the second, one piece in both. "1 | 2" is 1: 1 of
// the first, 2 of the second, two pieces in one alone. V = 5, N = 3 and 4. "3 | 3" has of these
// the piece in both alone.
static void naive_bayes_of_pairs_sees_what_both_texts_have(void)
{
    const uint32_t offset[] = { 0, 2, 4 };
    const int32_t train[] = { 1, 1, 1, 2 }, asked[] = { 3, 3, 3, 4 }, type[] = { 0, 1, 0, 1 };
    const int32_t label[] = { 0, 1 };
    Tokens rows = tokens_of_ids(offset, train, type, 2),
           other = tokens_of_ids(offset, asked, type, 2);
    double log_p[2];
    Error error;
    Arena *arena = arena_new(1 << 26, &error);
    Probe *probe = probe_new(arena, &rows, label, 2);
    probe_row(probe, &other, 0, log_p);
    CHECK_CLOSE(log_p[0], log(2. / 8), 1e-12);
    CHECK_CLOSE(log_p[1], log(1. / 9), 1e-12);
    probe_row(probe, &other, 1, log_p); // two pieces in one alone
    CHECK_CLOSE(log_p[0], 2 * log(1. / 8), 1e-12);
    CHECK_CLOSE(log_p[1], 2 * log(3. / 9), 1e-12);
    arena_free(arena);
}

// The table of counts has grown several times: no count is lost.
static void naive_bayes_of_many_terms(void)
{
    enum { ROWS = 4000, LENGTH = 16 };
    Error error;
    Arena *arena = arena_new((size_t)1 << 30, &error);
    uint32_t *offset = arena_take(arena, ROWS + 1, sizeof *offset);
    int32_t *token = arena_take(arena, ROWS * LENGTH, sizeof *token),
            *type = arena_zero(arena, ROWS * LENGTH, sizeof *type),
            *label = arena_take(arena, ROWS, sizeof *label);
    for (size_t i = 0; i <= ROWS; i++)
        offset[i] = (uint32_t)(i * LENGTH);
    for (size_t i = 0; i < ROWS * LENGTH; i++)
        token[i] = (int32_t)i; // no piece twice
    for (size_t i = 0; i < ROWS; i++)
        label[i] = i % 2;
    Tokens rows = tokens_of_ids(offset, token, type, ROWS);
    Probe *probe = probe_new(arena, &rows, label, 2);
    double terms = (2 * LENGTH - 1) * (double)ROWS; // V, half of them of each class
    for (size_t i = 0; i < ROWS; i += 999) {
        double log_p[2];
        probe_row(probe, &rows, i, log_p);
        CHECK_CLOSE(log_p[i % 2] - log_p[(i + 1) % 2], (2 * LENGTH - 1) * log(2), 1e-12);
        CHECK_CLOSE(log_p[(i + 1) % 2], log(ROWS / 2) - (2 * LENGTH - 1) * log(1.5 * terms), 1e-12);
    }
    arena_free(arena);
}

void suite_probe(void)
{
    ADD(folding_is_of_case_and_blanks_alone);
    ADD(texts_are_numbered_by_both_of_a_pair);
    ADD(naive_bayes_of_rows_worked_by_hand);
    ADD(naive_bayes_of_pairs_sees_what_both_texts_have);
    ADD(naive_bayes_of_many_terms);
}
