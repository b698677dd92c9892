// statistics_fixtures.h: the cases of reference/statistics/fixtures.json, where they are: values
// that another program computed, one short definition a quantity (format: the README beside them).
#ifndef TESTS_STATISTICS_FIXTURES_H
#define TESTS_STATISTICS_FIXTURES_H
#include "tests/test.h"
#include <jansson.h>

// Runs `test` on every case whose call is `call`, prints the id of one that fails, and fails when
// there are none. Skips with a message where the file is absent.
void each_fixture(const char *call, void (*test)(json_t *fixture));

double fixture_real(json_t *object, const char *key); // NAN for null or none
bool fixture_same(double value, double expected);     // 1e-9 of max(1, |expected|); NAN equals NAN
#endif
