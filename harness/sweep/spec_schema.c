// spec_schema.c: the JSON Schema of a spec, made of the tables that spec.c reads by.
//
// Options of a run are shared by every place that takes them, $defs/options; a name that a method
// has for itself (dropout, of lora) means its own there, so it is left to each place. A place is
// closed by unevaluatedProperties, which sees through the $ref.
#include "base/json.h"
#include "sweep/spec_impl.h"
#include <assert.h>
#include <string.h>

static json_t *definitions(void);
static json_t *place(const Method *method);

bool spec_schema(FILE *out, Error *error)
{
    json_t *properties = json_object(), *needed = json_array();
    for (const SpecKey *key = spec_keys; key->name; key++) {
        json_t *value = key->schema();
        json_object_set_new(value, "description", json_string(key->help));
        json_object_set_new(properties, key->name, value);
        if (key->needed)
            json_array_append_new(needed, json_string(key->name));
    }
    json_t *schema =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "$schema",
                  "https://json-schema.org/draft/2020-12/schema", "title",
                  "a sweep's spec of tunemark", "type", "object", "properties", properties,
                  "required", needed, "additionalProperties", 0, "$defs", definitions());
    bool ok = schema && json_dumpf(schema, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) == 0 &&
              fputc('\n', out) >= 0;
    json_decref(schema);
    return ok || fail(error, ERROR_ENVIRONMENT, (Where){ .item = "schema" }, NULL,
                      "could not be written");
}

json_t *schema_name(void)
{
    return json_pack("{s:[s, s], s:s, s:i}", "type", "string", "number", "pattern",
                     "^[A-Za-z0-9_][A-Za-z0-9_.-]*$", "minimum", 0);
}

// One name, names in a list or, where `options` is given, a mapping from names to such.
static json_t *names_schema(json_t *name, json_t *options)
{
    json_t *schema = json_pack("{s:[s, s, s*], s:i, s:o, s:i, s:b}", "type", "string", "array",
                               options ? "object" : NULL, "minLength", 1, "items", name, "minItems",
                               1, "uniqueItems", 1);
    if (options) {
        json_object_set_new(schema, "minProperties", json_integer(1));
        json_object_update(schema, options);
        json_decref(options);
    }
    return schema;
}

json_t *schema_models(void)
{
    return names_schema(json_pack("{s:s, s:i}", "type", "string", "minLength", 1), NULL);
}

json_t *schema_tasks(void)
{
    return names_schema(json_pack("{s:s, s:i}", "type", "string", "minLength", 1),
                        json_pack("{s:{s:s}}", "additionalProperties", "$ref", "#/$defs/run"));
}

json_t *schema_methods(void)
{
    json_t *names = json_array(), *properties = json_object();
    for (size_t m = 0; methods[m]; m++) {
        json_array_append_new(names, json_string(methods[m]->name));
        if (!strcmp(methods[m]->name, "null")) // which YAML takes for nothing
            json_array_append_new(names, json_null());
        json_object_set_new(properties, methods[m]->name, place(methods[m]));
    }
    json_t *schema =
        names_schema(json_pack("{s:O}", "enum", names),
                     json_pack("{s:o, s:b}", "properties", properties, "additionalProperties", 0));
    json_object_set_new(schema, "if", json_pack("{s:s}", "type", "string"));
    json_object_set_new(schema, "then", json_pack("{s:o}", "enum", names));
    return schema;
}

json_t *schema_seeds(void)
{
    json_t *seed = option_schema(option_find(protocol_options, "seed"));
    return json_pack("{s:[s, s], s:i, s:i, s:o, s:i, s:b, s:i}", "type", "integer", "array",
                     "minimum", 1, "maximum", MOST_SEEDS, "items", seed, "minItems", 1,
                     "uniqueItems", 1, "default", STANDARD_SEEDS);
}

json_t *schema_train(void)
{
    return json_pack("{s:s}", "$ref", "#/$defs/run");
}

static json_t *described(json_t *schema, const Option *option)
{
    json_object_set_new(schema, "description", json_string(option->help));
    if (option->standard) {
        json_t *number = json_loads(option->standard, JSON_DECODE_ANY, NULL);
        json_object_set_new(schema, "default", number ? number : json_string(option->standard));
    }
    return schema;
}

json_t *schema_search(void)
{
    json_t *properties = json_object(), *without = json_object();
    for (size_t i = 0; trial_options[i]; i++)
        json_object_set_new(without, trial_options[i], json_false());
    for (const Option *o = search_options; o->name; o++)
        json_object_set_new(properties, o->name, described(option_schema(o), o));
    return json_pack("{s:[s, s], s:o, s:b, s:{s:{s:o}}, s:{s:[s]}}", "type", "object", "null",
                     "properties", properties, "additionalProperties", 0, "dependentSchemas",
                     "from", "properties", without, "dependentRequired", "steps", "from");
}

// ---- options, and the places that take them

static bool owned(const Option *option)
{
    for (size_t m = 0; methods[m]; m++)
        if (option_find(method_options(methods[m]), option->name))
            return true;
    return false;
}

// One value, or several in a list.
static json_t *values_schema(const Option *option)
{
    json_t *one = option_schema(option);
    json_t *list = json_pack("{s:s, s:O, s:i}", "type", "array", "items", one, "minItems", 1);
    return described(json_pack("{s:[o, o]}", "anyOf", one, list), option);
}

// Adds an option to a place: under the name that editors propose, with _, and under each spelling
// that is read, with - or _ and with the method's name before it.
static void put(json_t *properties, json_t *patterns, const char *owner, const Option *option)
{
    char name[64], pattern[256];
    size_t at = 0, length = strlen(option->name);
    assert(length < sizeof name && (!owner || strlen(owner) < sizeof name));
    at = (size_t)snprintf(pattern, sizeof pattern, "^%s%s%s", owner ? "(" : "", owner ? owner : "",
                          owner ? "[.])?" : "");
    for (size_t i = 0; i <= length; i++) {
        bool dash = option->name[i] == '-' || option->name[i] == '_';
        name[i] = dash ? '_' : option->name[i];
        at += (size_t)snprintf(pattern + at, sizeof pattern - at, "%s%.*s", dash ? "[-_]" : "",
                               !dash, option->name + i);
    }
    snprintf(pattern + at, sizeof pattern - at, "$");
    json_t *value = json_pack(
        "{s:o}", "$ref",
        json_sprintf("#/$defs/%s%s%s", owner ? owner : "", owner ? "." : "", option->name));
    json_object_set(properties, name, value);
    if (owner || strchr(name, '_'))
        json_object_set(patterns, pattern, value);
    json_decref(value);
}

// What takes options: every run's, and a method's own (NULL: none); or nothing at all.
static json_t *place(const Method *method)
{
    json_t *properties = json_object(), *patterns = json_object();
    const Option *own = method ? method_options(method) : NULL;
    for (const Option *o = own; o && o->name; o++)
        put(properties, patterns, method->name, o);
    for (const Option *o = protocol_options; o->name; o++)
        if (spec_takes(o) && owned(o) && !(own && option_find(own, o->name)))
            put(properties, patterns, NULL, o);
    return json_pack("{s:[s, s], s:s, s:o, s:o, s:b}", "type", "object", "null", "$ref",
                     "#/$defs/options", "properties", properties, "patternProperties", patterns,
                     "unevaluatedProperties", 0);
}

static json_t *definitions(void)
{
    json_t *all = json_object(), *properties = json_object(), *patterns = json_object();
    json_object_set_new(all, "run", place(NULL));
    json_object_set_new(
        all, "options",
        json_pack("{s:o, s:o}", "properties", properties, "patternProperties", patterns));
    for (const Option *o = protocol_options; o->name; o++) {
        if (!spec_takes(o))
            continue;
        json_object_set_new(all, o->name, values_schema(o));
        if (!owned(o))
            put(properties, patterns, NULL, o);
    }
    for (size_t m = 0; methods[m]; m++)
        for (const Option *o = method_options(methods[m]); o->name; o++) {
            char name[128];
            snprintf(name, sizeof name, "%s.%s", methods[m]->name, o->name);
            json_object_set_new(all, name, values_schema(o));
        }
    return all;
}
