// Numbers and names are read strictly.
#include "tests/test.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

static void a_whole_number_is_all_digits(void)
{
    int64_t value = 0;
    CHECK(text_whole("0", &value) && value == 0);
    CHECK(text_whole("-12", &value) && value == -12);
    CHECK(text_whole("007", &value) && value == 7);
    CHECK(text_whole("9223372036854775807", &value) && value == INT64_MAX);
    CHECK(text_whole("-9223372036854775808", &value) && value == INT64_MIN);
    const char *const wrong[] = { "",
                                  "-",
                                  " 1",
                                  "1 ",
                                  "+1",
                                  "1.0",
                                  "1e3",
                                  "0x10",
                                  "--1",
                                  "1a",
                                  "1\n",
                                  "9223372036854775808",
                                  "-9223372036854775809" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (!CHECK(!text_whole(wrong[i], &value)))
            printf("taken: '%s'\n", wrong[i]);
}

static void a_real_number_is_decimal_and_finite(void)
{
    double value = 0;
    CHECK(text_real("1e-4", &value) && value == 1e-4);
    CHECK(text_real("-2.50E+2", &value) && value == -250);
    CHECK(text_real(".5", &value) && value == 0.5);
    CHECK(text_real("5.", &value) && value == 5);
    CHECK(text_real("1e-400", &value) && value == 0);
    CHECK(text_real("1.7976931348623157e308", &value));
    const char *const wrong[] = { "",      "-",  ".",  "e5",  "1e", "1e+",   "nan",   "inf", "0x1",
                                  "1e309", " 1", "1 ", "1,5", "+1", "1e5.0", "1.2.3", "-.e1" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (!CHECK(!text_real(wrong[i], &value)))
            printf("taken: '%s'\n", wrong[i]);
}

// 0.1 as a float is 0.100000001490116...
static void the_shortest_decimal_reads_back(void)
{
    static const struct {
        double value;
        const char *exact, *single;
    } of[] = { { 0.1, "0.1", "0.1" },
               { 3.0, "3", "3" },
               { (double)(1.0f / 3), "0.3333333432674408", "0.33333334" },
               { 16777216, "16777216", "16777216" },
               { (double)0.1f, "0.10000000149011612", "0.1" },
               { -1e-7, "-1e-07", "-1e-07" } };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        char text[REAL_TEXT];
        text_shortest(text, of[i].value, false);
        CHECK_TEXT(text, of[i].exact);
        text_shortest(text, of[i].value, true);
        CHECK_TEXT(text, of[i].single);
    }
}

static void a_flag_is_one_of_four_words(void)
{
    bool value = false;
    CHECK(text_flag("yes", &value) && value && text_flag("true", &value) && value);
    CHECK(text_flag("no", &value) && !value && text_flag("false", &value) && !value);
    CHECK(!text_flag("", &value) && !text_flag("1", &value) && !text_flag("Yes", &value));
}

static void a_misspelt_word_finds_its_name_and_nonsense_finds_none(void)
{
    const char *const names[] = { "rank", "alpha", "dropout", "learning-rate", "lr", "q", NULL };
    CHECK_TEXT(text_nearest("rnak", names, NULL), "rank");
    CHECK_TEXT(text_nearest("rannk", names, NULL), "rank");
    CHECK_TEXT(text_nearest("RANK", names, NULL), "rank");
    CHECK_TEXT(text_nearest("learning_rate", names, NULL), "learning-rate");
    CHECK_TEXT(text_nearest("dropuot", names, NULL), "dropout");
    CHECK_TEXT(text_nearest("rl", names, NULL), "lr"); // a swap is one slip; two would be all of it
    CHECK_TEXT(text_nearest("l", names, NULL), NULL);
    CHECK_TEXT(text_nearest("zzzz", names, NULL), NULL);
    CHECK_TEXT(text_nearest("zzzz", names, "one of six"), "one of six");
    CHECK_TEXT(text_nearest("rnak", names, "one of six"), "rank");
    CHECK_TEXT(text_nearest("", names, NULL), NULL);
    CHECK_TEXT(text_nearest("k", names, NULL), NULL); // not q: nothing of it would be left
    char word[100];
    memset(word, 'r', sizeof word);
    word[99] = '\0';
    CHECK_TEXT(text_nearest(word, names, NULL), NULL);
    const char *const tie[] = { "cat", "car", NULL };
    CHECK_TEXT(text_nearest("cas", tie, NULL), "cat"); // the first of the nearest
}

static void a_word_is_among_names_only_as_a_whole(void)
{
    static const char *const names[] = { "rank", "alpha", NULL };
    CHECK(text_listed("rank", "rank|alpha") && text_listed("alpha", "rank|alpha"));
    CHECK(!text_listed("ran", "rank|alpha") && !text_listed("alph", "rank|alpha"));
    CHECK(!text_listed("ank", "rank|alpha") && !text_listed("", "rank|alpha"));
    CHECK(text_among("rank", names) && text_among("alpha", names));
    CHECK(!text_among("ran", names) && !text_among("ranks", names) && !text_among("", names));
    CHECK(!text_among("rank", names + 2));
}

static void a_word_is_found_at_its_place(void)
{
    static const char *const names[] = { "rank", "alpha", NULL };
    CHECK(text_index("rank", names) == 0 && text_index("alpha", names) == 1);
    CHECK(text_index("alph", names) == -1 && text_index("rank", names + 2) == -1);
}

static void a_part_is_appended_once_and_known_as_a_whole(void)
{
    Error error;
    Arena *arena = arena_new(1 << 16, &error);
    static const char *const parts[] = { "bag of words", "words", "bag", "words", "bag of words" };
    const char *text = NULL;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        text_append_once(arena, &text, ", ", parts[i]);
    CHECK_TEXT(text, "bag of words, words, bag");
    arena_free(arena);
}

static void a_text_is_folded_at_blanks_by_its_columns(void)
{
    CHECK(text_fitting("one two", 7) == 7 && text_fitting("one two", 6) == 3);
    CHECK(text_fitting("\u00e9\u00e9\u00e9 \u00e9\u00e9\u00e9", 7) == 13); // 7 columns, 13 bytes
    CHECK(text_fitting("lora:rank=4,targets=all", 14) == 12);              // after the comma
    CHECK(text_fitting("aaaaaaaa", 5) == 5);

    char *put;
    size_t size;
    FILE *out = open_memstream(&put, &size);
    text_put(out, "one two three four five six", 4, 0);  // a file: one line
    text_put(out, "one two three four five six", 4, 25); // 21 columns
    text_put(out, "one two three four five six", 4, 10); // never fewer than 20
    fclose(out);
    CHECK_TEXT(put, "one two three four five six\n"
                    "one two three four\n    five six\n"
                    "one two three four\n    five six\n");
    free(put);
}

static void an_end_is_left_out_only_where_it_stands(void)
{
    Error error;
    Arena *arena = arena_new(1 << 16, &error);
    CHECK_TEXT(text_stem(arena, "sst2.yaml", ".yaml"), "sst2");
    CHECK_TEXT(text_stem(arena, ".yaml", ".yaml"), "");
    CHECK(!text_stem(arena, "sst2.yml", ".yaml") && !text_stem(arena, "yaml", ".yaml"));
    CHECK_TEXT(text_thousands(arena, "1234567"), "1,234,567");
    CHECK_TEXT(text_thousands(arena, "123"), "123");
    arena_free(arena);
}

static void a_split_keeps_empty_parts(void)
{
    Error error;
    Arena *arena = arena_new(4096, &error);
    size_t count;
    char **part = text_split(arena, "q+v", '+', &count);
    CHECK(count == 2);
    CHECK_TEXT(part[0], "q");
    CHECK_TEXT(part[1], "v");
    CHECK(part[2] == NULL);
    part = text_split(arena, "+a+", '+', &count);
    CHECK(count == 3);
    CHECK_TEXT(part[0], "");
    CHECK_TEXT(part[2], "");
    text_split(arena, "", '+', &count);
    CHECK(count == 0);
    text_split(arena, "a", '+', &count);
    CHECK(count == 1);
    arena_free(arena);
}

// Unicode 15, table 3-7: the shortest form only, no surrogates, nothing above U+10FFFF.
static void utf8_is_valid_only_in_its_shortest_form(void)
{
    const char *const right[] = {
        "", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"
    };
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        CHECK(utf8_valid((const uint8_t *)right[i], strlen(right[i]), NULL));
    const char *const wrong[] = {
        "ab\x80", "ab\xc0\x80", "ab\xe0\x80\x80", "ab\xed\xa0\x80", "ab\xf4\x90\x80\x80",
        "ab\xff", "ab\xe2\x82", "ab\xc3"
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t bad = 0;
        CHECK(!utf8_valid((const uint8_t *)wrong[i], strlen(wrong[i]), &bad));
        CHECK(bad == 2);
    }
}

static void bytes_have_a_unit_or_none(void)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } right[] = { { "0", 0 },
                  { "4096", 4096 },
                  { "24GB", 24000000000 },
                  { "24 GB", 24000000000 },
                  { "1.5TB", 1500000000000 },
                  { "64K", 64000 },
                  { "1.5kB", 1500 },
                  { "7B", 7 },
                  { "80G", 80000000000 },
                  { "1.0005kB", 1000 },
                  { "0.5GiB", 1 << 29 },
                  { "2KiB", 2048 },
                  { "512MiB", 1 << 29 } };
    static const char *const wrong[] = { "",     "GB",    "-1GB", "24 gb",
                                         "24Gi", "1e9",   "1..5", ".",
                                         "x",    "24GBs", "24 X", "2 4 GB",
                                         "1MBB", "nan",   "inf",  "99999999999999999GB" };
    int64_t bytes;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        if (!CHECK(text_size(right[i].text, &bytes) && bytes == right[i].bytes))
            printf("%s\n", right[i].text);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (!CHECK(!text_size(wrong[i], &bytes)))
            printf("%s\n", wrong[i]);
    static const struct {
        double bytes;
        const char *text;
    } told[] = { { 0, "0" },
                 { 96, "96" },
                 { 999, "999" },
                 { 1000, "1K" },
                 { 13843441408, "13.84G" },
                 { 999960, "1M" },
                 { 1.2e12, "1.2T" },
                 { 0x1p60, "1.153E" } };
    char text[SIZE_TEXT];
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        CHECK_TEXT(text_of_size(text, told[i].bytes), told[i].text);
}

static void a_duration_is_hours_minutes_and_seconds_in_this_order(void)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } right[] = { { "8h", 28800 }, { "90m", 5400 },    { "1h30m", 5400 }, { "3600", 3600 },
                  { "45s", 45 },   { "1h1m1s", 3661 }, { "2h5s", 7205 },  { "0", 0 } };
    static const char *const wrong[] = { "",     "h",    "8x",     "30m1h", "1h1h",        "-1",
                                         "1.5h", "1h30", "1h 30m", "8H",    "99999999999h" };
    int64_t seconds;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        CHECK(text_duration(right[i].text, &seconds) && seconds == right[i].seconds);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (!CHECK(!text_duration(wrong[i], &seconds)))
            printf("'%s'\n", wrong[i]);
}

void suite_text(void)
{
    ADD(bytes_have_a_unit_or_none);
    ADD(a_duration_is_hours_minutes_and_seconds_in_this_order);
    ADD(a_whole_number_is_all_digits);
    ADD(a_real_number_is_decimal_and_finite);
    ADD(the_shortest_decimal_reads_back);
    ADD(a_flag_is_one_of_four_words);
    ADD(a_misspelt_word_finds_its_name_and_nonsense_finds_none);
    ADD(a_word_is_among_names_only_as_a_whole);
    ADD(a_word_is_found_at_its_place);
    ADD(a_part_is_appended_once_and_known_as_a_whole);
    ADD(a_text_is_folded_at_blanks_by_its_columns);
    ADD(an_end_is_left_out_only_where_it_stands);
    ADD(a_split_keeps_empty_parts);
    ADD(utf8_is_valid_only_in_its_shortest_form);
}
