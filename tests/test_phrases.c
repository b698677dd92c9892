// test_phrases.c: what lies in what, against a plain search.
#include "data/phrases.h"
#include "tests/test.h"
#include <string.h>

static void the_journey_holds_its_phrases_and_nothing_else(void)
{
    const char *text[] = { "a charming and often affecting journey",
                           "charming",
                           "often affecting journey ",
                           "off",
                           "affecting a",
                           "charming" };
    bool inside[6] = { false };
    Error error = { 0 };
    Arena *arena = arena_new(1 << 24, &error);
    Phrases *phrases = phrases_new(arena, text, 6);
    for (size_t i = 0; i < 5; i++)
        CHECK(phrases_number(phrases, i) == i);
    CHECK(phrases_number(phrases, 5) == 1); // as the first "charming"
    phrases_inside(phrases, 0, inside);
    CHECK(!inside[0] && inside[1] && inside[2]);
    CHECK(!inside[3]); // letters of "often", no word of it
    CHECK(!inside[4]); // its words, not one after the other
    arena_free(arena);
}

static void blanks_do_not_count_and_a_text_without_words_lies_in_every_other(void)
{
    const char *text[] = { "", "  a\t b ", "a b", " \n", "b" };
    bool inside[5] = { false };
    Error error = { 0 };
    Arena *arena = arena_new(1 << 24, &error);
    Phrases *phrases = phrases_new(arena, text, 5);
    CHECK(phrases_number(phrases, 3) == 0);
    CHECK(phrases_number(phrases, 1) == 1 && phrases_number(phrases, 2) == 1);
    phrases_inside(phrases, 3, inside);
    CHECK(!inside[0] && !inside[1] && !inside[2]);
    phrases_inside(phrases, 2, inside);
    CHECK(inside[0] && !inside[1] && inside[2]);
    arena_free(arena);
}

// A blank at each end: then a text lies in another when it is found in it.
static void any_texts_lie_in_each_other_as_a_plain_search_says(void)
{
    enum { TEXTS = 40, WORDS = 7 };
    static char padded[TEXTS][4 * WORDS];
    Error error = { 0 };
    for (uint64_t seed = 1; seed <= 50; seed++) {
        uint64_t random = seed;
        const char *text[TEXTS];
        for (int i = 0; i < TEXTS; i++) {
            size_t words = 1 + mix(&random) % WORDS;
            char *end = padded[i];
            *end++ = ' ';
            for (size_t w = 0; w < words; w++)
                end += sprintf(end, "%s ", mix(&random) % 3 ? "a" : mix(&random) % 2 ? "b" : "ab");
            text[i] = padded[i];
        }
        Arena *arena = arena_new(1 << 24, &error);
        Phrases *phrases = phrases_new(arena, text, TEXTS);
        int differ = 0;
        for (size_t i = 0; i < TEXTS; i++) {
            bool inside[TEXTS] = { false };
            phrases_inside(phrases, i, inside);
            for (size_t j = 0; j < TEXTS; j++) {
                bool same = strcmp(text[i], text[j]) == 0;
                differ += same != (phrases_number(phrases, i) == phrases_number(phrases, j));
                differ += inside[phrases_number(phrases, j)] != (!same && strstr(text[i], text[j]));
            }
        }
        if (differ)
            printf("seed %d: %d differ\n", (int)seed, differ);
        CHECK(differ == 0);
        arena_free(arena);
    }
}

void suite_phrases(void)
{
    ADD(the_journey_holds_its_phrases_and_nothing_else);
    ADD(blanks_do_not_count_and_a_text_without_words_lies_in_every_other);
    ADD(any_texts_lie_in_each_other_as_a_plain_search_says);
}
