// yaml_read.c: see yaml_read.h.
#include "base/yaml_read.h"
#include "base/text.h"

Where yaml_where(const YamlReader *reader, const Yaml *value)
{
    return (Where){ .file = reader->file, .line = value->line, .item = value->key };
}

bool yaml_wrong(const YamlReader *reader, const Yaml *value, const char *right, const char *what)
{
    return fail(reader->error, ERROR_INPUT, yaml_where(reader, value), right, "%s", what);
}

bool yaml_read_map(const YamlReader *reader, const Yaml *map, const char *const *names)
{
    if (map->kind != YAML_MAP)
        return yaml_wrong(
            reader, map,
            arena_format(reader->arena, "a map with %s", text_choices(reader->arena, names)),
            "is not a map");
    for (const Yaml *child = map->first; child; child = child->next) {
        if (text_among(child->key, names))
            continue;
        return yaml_wrong(reader, child,
                          text_nearest(child->key, names, text_choices(reader->arena, names)),
                          "is unknown");
    }
    return true;
}

bool yaml_read_text(const YamlReader *reader, const Yaml *value, const char **text)
{
    if (value->kind != YAML_TEXT || !*value->text)
        return yaml_wrong(reader, value, "a text",
                          value->kind == YAML_TEXT ? "is empty" : "is not a text");
    *text = value->text;
    return true;
}

bool yaml_read_flag(const YamlReader *reader, const Yaml *value, bool *flag)
{
    if (value->kind != YAML_TEXT || !text_flag(value->text, flag))
        return yaml_wrong(reader, value, "yes or no", "is not a flag");
    return true;
}

bool yaml_read_choice(const YamlReader *reader, const Yaml *value, const char *const *names,
                      int *index)
{
    const char *text = NULL;
    if (!yaml_read_text(reader, value, &text))
        return false;
    *index = text_index(text, names);
    return *index >= 0 || fail(reader->error, ERROR_INPUT, yaml_where(reader, value),
                               text_choices(reader->arena, names), "'%s' is unknown", text);
}

bool yaml_read_texts(const YamlReader *reader, const Yaml *list, size_t least, size_t most,
                     const char *right, const char *const **texts, size_t *count)
{
    *count = 0;
    if (list->kind != YAML_LIST)
        return yaml_wrong(reader, list, "a list: [FIRST, SECOND]", "is not a list");
    for (const Yaml *child = list->first; child; child = child->next)
        ++*count;
    if (*count < least || *count > most)
        return fail(reader->error, ERROR_INPUT, yaml_where(reader, list), right, "has %zu", *count);
    const char **text = arena_zero(reader->arena, *count + 1, sizeof *text), **next = text;
    for (const Yaml *child = list->first; child; child = child->next) {
        if (child->kind != YAML_TEXT || !*child->text)
            return yaml_wrong(reader, list, "texts", "holds something else than a text");
        if (text_among(child->text, text))
            return fail(reader->error, ERROR_INPUT, yaml_where(reader, list), "each once",
                        "holds '%s' twice", child->text);
        *next++ = child->text;
    }
    *texts = text;
    return true;
}
