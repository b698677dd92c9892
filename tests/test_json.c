// JSON is read by jansson; a refusal says file, line and column.
#include "tests/test.h"
#include "base/json.h"
#include <string.h>

static json_t *parse(const char *text, Error *error)
{
    return json_parse((Bytes){ (const uint8_t *)text, strlen(text) }, "config.json", error);
}

static void an_object_is_read_whole(void)
{
    Error error;
    json_t *json = parse("{\"hidden_size\": 128, \"layer_norm_eps\": 1e-12}\n", &error);
    CHECK(json_integer_value(json_object_get(json, "hidden_size")) == 128);
    CHECK_CLOSE(json_real_value(json_object_get(json, "layer_norm_eps")), 1e-12, 0);
    json_decref(json);
}

static void what_is_no_json_is_refused_with_its_line(void)
{
    Error error;
    CHECK(!parse("{\"a\": 1,\n \"a\": 2}", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "config.json:2: column 4: duplicate object key");
    CHECK(!parse("{\n\n\"a\": 01}", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "config.json:3: ");
    CHECK(!parse("{\"a\": 1} x", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "end of file expected near 'x'");
    CHECK(!parse("{\"a\": 1", &error) && error.kind == ERROR_INPUT);
    CHECK(!parse("{\"a\": \"\\u0000\"}", &error) && error.kind == ERROR_INPUT);
    CHECK(!parse("{\"a\": \"\xff\"}", &error) && error.kind == ERROR_INPUT);
    CHECK(!parse("", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "config.json: is empty; should be JSON");
    char deep[10000];
    memset(deep, '[', sizeof deep);
    deep[sizeof deep - 1] = '\0';
    CHECK(!parse(deep, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "maximum parsing depth reached");
}

static void a_file_is_opened_or_named(void)
{
    Error error;
    char path[128];
    snprintf(path, sizeof path, "%s/c.json", test_folder());
    CHECK(!json_open(path, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "c.json: cannot be read: No such file or directory");
    CHECK(file_write_text(path, "[1]", &error));
    json_t *json = json_open(path, &error);
    CHECK(json_array_size(json) == 1);
    json_decref(json);
    CHECK(file_write_text(path, "[1,]", &error) && !json_open(path, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "c.json:1: column 4: ");
}

void suite_json(void)
{
    ADD(an_object_is_read_whole);
    ADD(what_is_no_json_is_refused_with_its_line);
    ADD(a_file_is_opened_or_named);
}
