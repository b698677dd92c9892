// What fail() writes is one line, whatever it was given.
#include "tests/test.h"
#include <string.h>

static void a_message_says_where_what_and_what_would_be_right(void)
{
    Error error;
    Where where = { "sst2/train.tsv", 17, NULL };
    CHECK(!fail(&error, ERROR_INPUT, where, "0 or 1", "label '%s' is unknown", "2"));
    CHECK_TEXT(error.text, "sst2/train.tsv:17: label '2' is unknown; should be 0 or 1");
    CHECK(error.kind == ERROR_INPUT);
    fail(&error, ERROR_INPUT, (Where){ .item = "rank" }, "1 to 1024", "%d is out of range", 0);
    CHECK_TEXT(error.text, "rank: 0 is out of range; should be 1 to 1024");
    fail(&error, ERROR_ENVIRONMENT, (Where){ "out", 0, "lora" }, NULL, "no space");
    CHECK_TEXT(error.text, "out: lora: no space");
    fail(&error, ERROR_WORK, (Where){ 0 }, NULL, "diverged");
    CHECK_TEXT(error.text, "diverged");
}

static void control_characters_and_broken_utf8_are_escaped(void)
{
    Error error;
    fail(&error, ERROR_INPUT, (Where){ .file = "a\nb" }, "x\ty", "'%s'", "\033[31m\r\x7f");
    CHECK_TEXT(error.text, "a\\nb: '\\x1b[31m\\r\\x7f'; should be x\\ty");
    fail(&error, ERROR_INPUT, (Where){ 0 }, NULL, "%s", "caf\xc3\xa9 \xe9 \xc2\x9b \xe2\x82");
    CHECK_TEXT(error.text, "caf\xc3\xa9 \\xe9 \\xc2\\x9b \\xe2\\x82");
}

static void a_message_of_511_bytes_is_whole_and_one_of_512_is_cut(void)
{
    Error error;
    char text[2000];
    memset(text, 'x', sizeof text);
    text[511] = '\0';
    fail(&error, ERROR_INPUT, (Where){ 0 }, NULL, "%s", text);
    CHECK_TEXT(error.text, text);
    text[511] = 'x', text[512] = '\0';
    fail(&error, ERROR_INPUT, (Where){ 0 }, NULL, "%s", text);
    CHECK(strlen(error.text) == 511 && !strcmp(error.text + 507, "x..."));
    text[512] = 'x', text[1999] = '\0';
    fail(&error, ERROR_INPUT, (Where){ .file = text }, text, "%s", text);
    CHECK(strlen(error.text) == 511 && !strcmp(error.text + 507, "x..."));
}

static void a_cut_never_splits_a_character(void)
{
    for (size_t start = 500; start < 511; start++) {
        Error error;
        char text[1000];
        memset(text, 'x', start);
        for (size_t i = start; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xe2\x82\xac", 4);
        fail(&error, ERROR_INPUT, (Where){ 0 }, NULL, "%s", text);
        size_t length = strlen(error.text), euros = length - 3 - (start < 508 ? start : 508);
        CHECK(length < 512 && length > 505 && euros % 3 == 0);
        CHECK_TEXT(error.text + length - 3, "...");
    }
}

static void the_old_message_may_be_part_of_the_new(void)
{
    Error error;
    fail(&error, ERROR_WORK, (Where){ 0 }, NULL, "inner");
    fail(&error, ERROR_WORK, (Where){ .file = "f" }, NULL, "outer: %s", error.text);
    CHECK_TEXT(error.text, "f: outer: inner");
}

void suite_error(void)
{
    ADD(a_message_says_where_what_and_what_would_be_right);
    ADD(control_characters_and_broken_utf8_are_escaped);
    ADD(a_message_of_511_bytes_is_whole_and_one_of_512_is_cut);
    ADD(a_cut_never_splits_a_character);
    ADD(the_old_message_may_be_part_of_the_new);
}
