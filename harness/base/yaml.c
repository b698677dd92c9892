// yaml.c: libyaml's events, made into a tree; what a spec has no use for is refused on the way.
#include "base/yaml.h"
#include "base/encoding.h"
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { LARGEST = 1 << 20 };

typedef struct {
    yaml_parser_t parser;
    Arena *arena;
    Bytes bytes;
    const char *file;
    Error *error;
} Reader;

static bool characters_are_fit(Bytes bytes, const char *file, Error *error);
static Yaml *document(Reader *reader);
static bool next(Reader *reader, yaml_event_t *event);
static Yaml *value(Reader *reader, yaml_event_t *event, int depth);
static bool children(Reader *reader, Yaml *parent, int depth);
static bool keys_differ(Reader *reader, const Yaml *map);
static bool refuse(Reader *reader, size_t line, const char *right, const char *what);

Yaml *yaml_parse(Arena *arena, Bytes bytes, const char *file, Error *error)
{
    Reader reader = { .arena = arena, .bytes = bytes, .file = file, .error = error };
    if (!characters_are_fit(bytes, file, error))
        return NULL;
    if (!yaml_parser_initialize(&reader.parser)) {
        fail(error, ERROR_ENVIRONMENT, (Where){ .file = file }, NULL, "out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&reader.parser, bytes.data, bytes.size);
    Yaml *root = document(&reader);
    yaml_parser_delete(&reader.parser);
    return root;
}

const Yaml *yaml_get(const Yaml *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (const Yaml *child = map->first; child; child = child->next)
        if (!strcmp(child->key, key))
            return child;
    return NULL;
}

// libyaml reads UTF-16 too, and reports a tab in the indentation as a character that "cannot start
// any token".
static bool characters_are_fit(Bytes bytes, const char *file, Error *error)
{
    Where where = { .file = file };
    if (bytes.size > LARGEST)
        return fail(error, ERROR_INPUT, where, "at most 1 MiB", "has %zu bytes", bytes.size);
    if (!bytes_are_text(bytes, (Where){ .file = file }, error))
        return false;
    bool indentation = true;
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] == '\t' && indentation) {
            where.line = line_at(bytes, i);
            return fail(error, ERROR_INPUT, where, "spaces", "a tab in the indentation");
        }
        indentation = bytes.data[i] == '\n' || (indentation && bytes.data[i] == ' ');
    }
    return true;
}

static Yaml *document(Reader *reader)
{
    yaml_event_t event;
    Yaml *root = NULL;
    for (bool ended = false; !ended;) {
        if (!next(reader, &event))
            return NULL;
        yaml_event_type_t type = event.type;
        size_t line = event.start_mark.line + 1;
        if (type == YAML_DOCUMENT_START_EVENT && root) {
            yaml_event_delete(&event);
            refuse(reader, line, "one document", "a second document begins");
            return NULL;
        }
        if (type == YAML_STREAM_START_EVENT || type == YAML_STREAM_END_EVENT ||
            type == YAML_DOCUMENT_START_EVENT || type == YAML_DOCUMENT_END_EVENT)
            yaml_event_delete(&event);
        else if (!(root = value(reader, &event, 0)))
            return NULL;
        ended = type == YAML_STREAM_END_EVENT;
    }
    if (!root || (root->kind == YAML_TEXT && !root->text[0] && !root->quoted)) {
        refuse(reader, 0, NULL, "is empty");
        return NULL;
    }
    return root;
}

static bool next(Reader *reader, yaml_event_t *event)
{
    yaml_parser_t *parser = &reader->parser;
    if (yaml_parser_parse(parser, event))
        return true;
    Where where = { .file = reader->file };
    const char *problem = parser->problem ? parser->problem : "is no YAML";
    const char *context = parser->context ? parser->context : "";
    if (parser->error == YAML_MEMORY_ERROR)
        return fail(reader->error, ERROR_ENVIRONMENT, where, NULL, "out of memory");
    where.line = parser->error == YAML_READER_ERROR ? line_at(reader->bytes, parser->problem_offset)
                                                    : parser->problem_mark.line + 1;
    return fail(reader->error, ERROR_INPUT, where, NULL, "%s%s%s", context, *context ? ": " : "",
                problem);
}

// Takes the event over and what belongs to it from the stream.
static Yaml *value(Reader *reader, yaml_event_t *event, int depth)
{
    Yaml *node = arena_zero(reader->arena, 1, sizeof *node);
    const char *tag = NULL, *anchor = NULL;
    bool ok = true;
    node->line = event->start_mark.line + 1;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        node->kind = YAML_TEXT;
        node->quoted = event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
                       event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
        node->text = arena_text(reader->arena, (const char *)event->data.scalar.value);
        tag = (const char *)event->data.scalar.tag;
        anchor = (const char *)event->data.scalar.anchor;
        if (strlen(node->text) != event->data.scalar.length)
            ok = refuse(reader, node->line, "left out", "a NUL character within a text");
        break;
    case YAML_SEQUENCE_START_EVENT:
        node->kind = YAML_LIST;
        tag = (const char *)event->data.sequence_start.tag;
        anchor = (const char *)event->data.sequence_start.anchor;
        break;
    case YAML_MAPPING_START_EVENT:
        node->kind = YAML_MAP;
        tag = (const char *)event->data.mapping_start.tag;
        anchor = (const char *)event->data.mapping_start.anchor;
        break;
    default: // an alias
        ok = refuse(reader, node->line, "written out, or quoted", "an alias (*name)");
    }
    if (ok && anchor)
        ok = refuse(reader, node->line, "left out, or the text quoted", "an anchor (&name)");
    if (ok && tag)
        ok = refuse(reader, node->line, "left out, or the text quoted", "a tag (!type)");
    yaml_event_delete(event);
    if (ok && node->kind != YAML_TEXT)
        ok = children(reader, node, depth + 1) &&
             (node->kind == YAML_LIST || keys_differ(reader, node));
    return ok ? node : NULL;
}

static bool children(Reader *reader, Yaml *parent, int depth)
{
    if (depth > YAML_DEEPEST)
        return refuse(reader, parent->line, "flatter",
                      "lists and maps lie too deep in one another");
    for (Yaml **end = &parent->first;; end = &(*end)->next) {
        yaml_event_t event;
        Yaml *key = NULL;
        if (!next(reader, &event))
            return false;
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return true;
        }
        if (parent->kind == YAML_MAP) {
            if (!(key = value(reader, &event, depth)))
                return false;
            if (key->kind != YAML_TEXT)
                return refuse(reader, key->line, "text", "a list or a map stands as a key");
            if (!next(reader, &event))
                return false;
        }
        if (!(*end = value(reader, &event, depth)))
            return false;
        if (key) {
            (*end)->key = key->text;
            (*end)->line = key->line;
        }
    }
}

static int by_key_and_line(const void *a, const void *b)
{
    const Yaml *left = *(const Yaml *const *)a, *right = *(const Yaml *const *)b;
    int order = strcmp(left->key, right->key);
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

static bool keys_differ(Reader *reader, const Yaml *map)
{
    size_t count = 0, mark = arena_mark(reader->arena);
    for (const Yaml *child = map->first; child; child = child->next)
        count++;
    const Yaml **sorted = arena_take(reader->arena, count, sizeof *sorted);
    count = 0;
    for (const Yaml *child = map->first; child; child = child->next)
        sorted[count++] = child;
    qsort(sorted, count, sizeof *sorted, by_key_and_line);
    bool ok = true;
    for (size_t i = 1; i < count && ok; i++)
        if (!strcmp(sorted[i - 1]->key, sorted[i]->key))
            ok = fail(reader->error, ERROR_INPUT,
                      (Where){ reader->file, sorted[i]->line, sorted[i]->key }, "given once",
                      "stands in line %zu already", sorted[i - 1]->line);
    arena_rewind(reader->arena, mark);
    return ok;
}

static bool refuse(Reader *reader, size_t line, const char *right, const char *what)
{
    return fail(reader->error, ERROR_INPUT, (Where){ reader->file, line, NULL }, right, "%s", what);
}
