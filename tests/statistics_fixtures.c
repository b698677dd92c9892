// statistics_fixtures.c: see statistics_fixtures.h.

#include "tests/statistics_fixtures.h"
#include <math.h>
#include <string.h>

void each_fixture(const char *call, void (*test)(json_t *fixture))
{
    char path[4096];
    json_error_t wrong;
    json_t *cases = NULL;
    size_t i, run = 0;
    json_t *one;
    if (!shared_folder()) {
        skip("no ../shared/reference");
        return;
    }
    snprintf(path, sizeof path, "%s/reference/statistics/fixtures.json", shared_folder());
    json_t *file = json_load_file(path, 0, &wrong);
    if (!CHECK(file != NULL))
        return;
    cases = json_object_get(file, "cases");
    json_array_foreach(cases, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "call")), call) != 0)
            continue;
        unsigned failed = CU_get_number_of_failures();
        test(one);
        if (CU_get_number_of_failures() > failed)
            printf("in %s\n", json_string_value(json_object_get(one, "id")));
        run++;
    }
    CHECK(run > 0);
    json_decref(file);
}

double fixture_real(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

bool fixture_same(double value, double expected)
{
    bool same =
        isnan(expected) ? isnan(value) : fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected));
    if (!same)
        printf("\nis %.17g; should be %.12g\n", value, expected);
    return same;
}
