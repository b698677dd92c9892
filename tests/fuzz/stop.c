// stop.c: what CHECK and its kin do under a fuzzer, in the place of tests/main.c: a fact that does
// not hold ends the program, and the fuzzer keeps the input.
#include "tests/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool check(bool holds, const char *text, const char *file, int line)
{
    if (!holds) {
        fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
        abort();
    }
    return true;
}

bool check_close(double value, double expected, double tolerance, const char *text,
                 const char *file, int line)
{
    return check(fabs(value - expected) <= tolerance * fmax(1, fabs(expected)), text, file, line);
}

bool check_text(const char *value, const char *expected, const char *file, int line)
{
    bool same = value && expected ? !strcmp(value, expected) : value == expected;
    return check(same, value ? value : "(null)", file, line);
}

bool check_error(const Error *error, ErrorKind kind, const char *part, const char *file, int line)
{
    return check(error->kind == kind && strstr(error->text, part), error->text, file, line);
}
