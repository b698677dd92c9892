// fixtures.h: comparing the program with results of an independent implementation, case by case.
#ifndef TESTS_FIXTURES_H
#define TESTS_FIXTURES_H
#include "base/arena.h"
#include "base/error.h"
#include <jansson.h>
#include <stdbool.h>

typedef struct {
    Arena *arena; // rewound after each case
    unsigned passed, failed;
    const char *name; // of the running case: "single/lora-qv"
    char first[512];  // the first value that differs, "" when none has
    char *skipped;    // a line: what was left out and why; grows
} Fixtures;

void case_begin(Fixtures *fixtures, const char *name);
void case_end(Fixtures *fixtures); // prints a line for a failed case
void case_skip(Fixtures *fixtures, const char *name, const char *why);

// The first difference of a case is kept. A NaN differs. The tolerance is absolute.
void expect_close(Fixtures *fixtures, double value, double expected, double tolerance,
                  const char *what, ...) __attribute__((format(printf, 5, 6)));
void expect(Fixtures *fixtures, bool holds, const char *what, ...)
    __attribute__((format(printf, 3, 4)));
bool expect_read(Fixtures *fixtures, bool read,
                 const Error *error); // false: the error is the difference

double number_of(const json_t *object, const char *key); // NAN when absent or no number

void tokens_fixtures(Fixtures *fixtures, const char *folder);     // DIR/tokens/fixtures.jsonl
void training_fixtures(Fixtures *fixtures, const char *folder);   // DIR/training/GROUP/CASE.json
void other_fixtures(Fixtures *fixtures, const char *folder);      // DIR/training/other/*.json
void statistics_fixtures(Fixtures *fixtures, const char *folder); // DIR/statistics/fixtures.json
#endif
