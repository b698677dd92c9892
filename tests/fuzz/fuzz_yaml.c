// Any bytes at all as a YAML file: either a tree of texts, no deeper than it may be, whose maps
// have each key once, and which is read again from what is written of it; or it is refused with
// one line that names the file.
#include "base/text.h"
#include "base/yaml.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static void check_node(const Yaml *node, size_t depth)
{
    CHECK(depth <= YAML_DEEPEST + 1 && node->line > 0);
    CHECK((node->kind == YAML_TEXT) == (node->text != NULL));
    CHECK(node->kind != YAML_TEXT || !node->first);
    CHECK(!node->text || utf8_valid((const uint8_t *)node->text, strlen(node->text), NULL));
    for (const Yaml *child = node->first; child; child = child->next) {
        CHECK((node->kind == YAML_MAP) == (child->key != NULL));
        CHECK(child->line >= node->line && (!child->next || child->next->line >= child->line));
        if (child->key)
            CHECK(yaml_get(node, child->key) == child); // no key twice
        check_node(child, depth + 1);
    }
}

static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (utf8proc_int32_t point; *text;) {
        text += utf8proc_iterate((const uint8_t *)text, -1, &point);
        fprintf(out, "\\U%08x", (unsigned)point);
    }
    fputc('"', out);
}

static void put_node(FILE *out, const Yaml *node)
{
    if (node->kind == YAML_TEXT) {
        put_text(out, node->text);
        return;
    }
    fputc(node->kind == YAML_MAP ? '{' : '[', out);
    for (const Yaml *child = node->first; child; child = child->next) {
        if (child->key) { // said to be a key, since it may be longer than libyaml looks ahead
            fputs("? ", out);
            put_text(out, child->key);
            fputs(" : ", out);
        }
        put_node(out, child);
        fputs(child->next ? ", " : "", out);
    }
    fputc(node->kind == YAML_MAP ? '}' : ']', out);
}

static void check_same(const Yaml *a, const Yaml *b)
{
    CHECK(a->kind == b->kind);
    CHECK_TEXT(a->key, b->key);
    CHECK_TEXT(a->text, b->text);
    for (a = a->first, b = b->first; a && b; a = a->next, b = b->next)
        check_same(a, b);
    CHECK(!a && !b);
}

static void check_again(Arena *arena, const Yaml *root)
{
    Error error = { 0 };
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    put_node(out, root);
    fclose(out);
    if (size <= 1 << 20) {
        const Yaml *again = yaml_parse(arena, (Bytes){ (uint8_t *)text, size }, "again", &error);
        CHECK_TEXT(error.text, "");
        if (again)
            check_same(again, root);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Error error = { 0 };
    Arena *arena = arena_new((size_t)1 << 28, &error);
    const Yaml *root = yaml_parse(arena, (Bytes){ bytes, length }, "fuzz", &error);
    if (root) {
        check_node(root, 1);
        check_again(arena, root);
    } else
        CHECK_ERROR(&error, ERROR_INPUT, "fuzz:");
    arena_free(arena);
    return 0;
}
