// fixtures.c: usage: fixtures DIR    Runs every case found in DIR/tokens, DIR/training/GROUP,
// DIR/training/other and DIR/statistics through the code that the program uses, names each that
// differs with its first value, says what was left out, and ends with "N passed, N failed". Status
// 1 when any failed, 3 when there is no such folder.
#include "tests/fixtures.h"
#include "base/file.h"
#include "engine/product.h"
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

void case_begin(Fixtures *fixtures, const char *name)
{
    fixtures->name = name;
    fixtures->first[0] = '\0';
}

void case_end(Fixtures *fixtures)
{
    if (fixtures->first[0])
        printf("%s: %s\n", fixtures->name, fixtures->first);
    fixtures->passed += !fixtures->first[0];
    fixtures->failed += !!fixtures->first[0];
}

void case_skip(Fixtures *fixtures, const char *name, const char *why)
{
    // Cases of one reason stand together: "why: a b c".
    static const char between[] = "; ";
    char *line = fixtures->skipped ? fixtures->skipped : "";
    char *reason = strstr(line, why), *longer;
    size_t length = strlen(line) + strlen(why) + strlen(name) + 8;
    if (!(longer = malloc(length)))
        return;
    if (reason) {
        char *end = strstr(reason, between);
        size_t head = end ? (size_t)(end - line) : strlen(line);
        snprintf(longer, length, "%.*s %s%s", (int)head, line, name, line + head);
    } else
        snprintf(longer, length, "%s%s%s: %s", line, *line ? between : "", why, name);
    free(fixtures->skipped);
    fixtures->skipped = longer;
}

static void differs(Fixtures *fixtures, const char *what, va_list arguments, const char *rest)
{
    if (fixtures->first[0])
        return;
    int length = vsnprintf(fixtures->first, sizeof fixtures->first, what, arguments);
    if (length >= 0 && (size_t)length < sizeof fixtures->first)
        snprintf(fixtures->first + length, sizeof fixtures->first - (size_t)length, "%s", rest);
}

void expect_close(Fixtures *fixtures, double value, double expected, double tolerance,
                  const char *what, ...)
{
    char rest[128];
    va_list arguments;
    if (fabs(value - expected) <= tolerance)
        return;
    snprintf(rest, sizeof rest, " is %.10g; should be %.10g within %.2g", value, expected,
             tolerance);
    va_start(arguments, what);
    differs(fixtures, what, arguments, rest);
    va_end(arguments);
}

void expect(Fixtures *fixtures, bool holds, const char *what, ...)
{
    va_list arguments;
    if (holds)
        return;
    va_start(arguments, what);
    differs(fixtures, what, arguments, "");
    va_end(arguments);
}

bool expect_read(Fixtures *fixtures, bool read, const Error *error)
{
    expect(fixtures, read, "%s", error->text);
    return read;
}

double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

int main(int count, char **argument)
{
    Error error;
    Fixtures fixtures = { 0 };
    product_begin(argument);
    if (count != 2) {
        fprintf(stderr, "usage: fixtures DIR\n");
        return 2;
    }
    if (!folder_exists(argument[1])) {
        fprintf(stderr, "fixtures: no folder '%s'\n", argument[1]);
        return 3;
    }
    if (!(fixtures.arena = arena_new(ARENA_RUN, &error)) || !product_start(1, &error)) {
        fprintf(stderr, "fixtures: %s\n", error.text);
        return (int)error.kind;
    }
    tokens_fixtures(&fixtures, argument[1]);
    training_fixtures(&fixtures, argument[1]);
    other_fixtures(&fixtures, argument[1]);
    statistics_fixtures(&fixtures, argument[1]);
    arena_free(fixtures.arena);
    if (fixtures.skipped)
        printf("skipped: %s\n", fixtures.skipped);
    free(fixtures.skipped);
    printf("%u passed, %u failed\n", fixtures.passed, fixtures.failed);
    return fixtures.failed ? 1 : 0;
}
