// test.h: what every suite uses. A file tests/test_NAME.c has one function suite_NAME, which adds
// its tests: `void suite_arena(void) { ADD(pieces_are_aligned); }`.
#ifndef TESTS_TEST_H
#define TESTS_TEST_H
#include "base/arena.h"
#include "base/error.h"
#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
    const char *name;
    void (*add)(void);
} Suite;

void test_add(const char *name, void (*run)(void)); // to the suite that is being added
#define ADD(test) test_add(#test, test)

// Each prints what it saw when it fails, with file and line, and the test goes on.
bool check(bool holds, const char *text, const char *file, int line);
bool check_close(double value, double expected, double tolerance, const char *text,
                 const char *file,
                 int line); // NaN fails; tolerance is relative to max(1, |expected|)
bool check_text(const char *value, const char *expected, const char *file, int line);
#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
#define CHECK_CLOSE(value, expected, tolerance)                                                    \
    check_close((value), (expected), (tolerance), #value, __FILE__, __LINE__)
#define CHECK_TEXT(value, expected) check_text((value), (expected), __FILE__, __LINE__)
// The message of a failure must contain `part`, the kind must be as given.
bool check_error(const Error *error, ErrorKind kind, const char *part, const char *file, int line);
#define CHECK_ERROR(error, kind, part) check_error((error), (kind), (part), __FILE__, __LINE__)

// Says why the running test cannot run; counted and printed at the end. Return after it.
__attribute__((format(printf, 1, 2))) void skip(const char *format, ...);

uint64_t mix(uint64_t *state);    // splitmix64: test inputs from a seed
float mix_float(uint64_t *state); // in -1 .. 1
Arena *arena_of_test(void);       // with room for all that a test takes; release it
void with_arena(Arena **arena, void (*test)(void)); // one of its own
const char *test_folder(void);   // an empty temporary folder for this test, removed at the end
const char *test_program(void);  // path of the `tunemark` that was built with these tests
const char *shared_folder(void); // "../shared" where it is, else NULL
#endif
