// A YAML file becomes a tree of texts; what is not needed is refused with its line.
#include "tests/test.h"
#include "base/yaml.h"
#include <string.h>

static Yaml *parse(Arena *arena, const char *text, Error *error)
{
    return yaml_parse(arena, (Bytes){ (const uint8_t *)text, strlen(text) }, "s.yaml", error);
}

static Arena *room(void)
{
    Error error;
    return arena_new((size_t)1 << 28, &error);
}

static const char spec[] = "# a comment\n"
                           "name: sentiment\n"
                           "models:  [tiny, mini]\n"
                           "tasks:\n"
                           "  reviews:\n"
                           "  rte: {epochs: 20}\n"
                           "methods:\n"
                           "  - lora\n"
                           "  - \"yes\"\n"
                           "quoted: 'it''s'\n"
                           "long: |\n"
                           "  a\n"
                           "  b\n"
                           "last: 1e-4\n";

static void a_spec_becomes_a_tree_with_lines(void)
{
    Arena *arena = room();
    Error error = { 0 };
    const Yaml *root = parse(arena, spec, &error);
    CHECK_TEXT(error.text, "");
    if (!CHECK(root && root->kind == YAML_MAP))
        return;
    CHECK_TEXT(yaml_get(root, "name")->text, "sentiment");
    CHECK(yaml_get(root, "name")->line == 2 && !yaml_get(root, "name")->quoted);
    const Yaml *models = yaml_get(root, "models");
    CHECK(models->kind == YAML_LIST && models->line == 3 && !models->first->key);
    CHECK_TEXT(models->first->text, "tiny");
    CHECK_TEXT(models->first->next->text, "mini");
    CHECK(!models->first->next->next);
    const Yaml *tasks = yaml_get(root, "tasks"), *reviews = yaml_get(tasks, "reviews");
    CHECK(tasks->line == 4 && reviews->line == 5 && reviews->kind == YAML_TEXT);
    CHECK_TEXT(reviews->text, "");
    const Yaml *rte = yaml_get(tasks, "rte");
    CHECK(rte->kind == YAML_MAP && rte->line == 6 && reviews->next == rte);
    CHECK_TEXT(yaml_get(rte, "epochs")->text, "20");
    const Yaml *methods = yaml_get(root, "methods");
    CHECK(methods->line == 7 && methods->first->line == 8);
    CHECK_TEXT(methods->first->next->text, "yes");
    CHECK(methods->first->next->quoted && yaml_get(root, "quoted")->quoted);
    CHECK_TEXT(yaml_get(root, "quoted")->text, "it's");
    CHECK_TEXT(yaml_get(root, "long")->text, "a\nb\n");
    CHECK_TEXT(yaml_get(root, "last")->text, "1e-4");
    CHECK(yaml_get(root, "last")->line == 14 && !yaml_get(root, "last")->next);
    CHECK(!yaml_get(root, "none") && !yaml_get(models, "tiny") && !yaml_get(NULL, "x"));
    arena_free(arena);
}

static void what_a_spec_has_no_use_for_is_refused_with_its_line(void)
{
    Arena *arena = room();
    static const char *const wrong[][2] = {
        { "", "s.yaml: is empty" },
        { "# only a comment\n", "s.yaml: is empty" },
        { "---\n", "s.yaml: is empty" },
        { "a: 1\n\tb: 2\n", "s.yaml:2: a tab in the indentation; should be spaces" },
        { "a:\n  \tb: 2\n", "s.yaml:2: a tab in the indentation; should be spaces" },
        { "a: 1\nb: 2\na: 3\n", "s.yaml:3: a: stands in line 1 already; should be given once" },
        { "x: {a: 1, b: 2, b: 3}", "s.yaml:1: b: stands in line 1 already; should be given once" },
        { "a: &x 1\n", "s.yaml:1: an anchor (&name); should be left out, or the text quoted" },
        { "a: &x [1]\n", "s.yaml:1: an anchor (&name)" },
        { "a: &x {b: 1}\n", "s.yaml:1: an anchor (&name)" },
        { "a: 1\nb: *x\n", "s.yaml:2: an alias (*name); should be written out, or quoted" },
        { "a: !!str 1\n", "s.yaml:1: a tag (!type)" },
        { "a: ! 1\n", "s.yaml:1: a tag (!type)" },
        { "a: !!map {b: 1}\n", "s.yaml:1: a tag (!type)" },
        { "a: !!seq [1]\n", "s.yaml:1: a tag (!type)" },
        { "a: 1\n---\nb: 2\n", "s.yaml:2: a second document begins; should be one document" },
        { "a: 1\n---\n", "s.yaml:2: a second document begins" },
        { "? [a]\n: b\n", "s.yaml:1: a list or a map stands as a key; should be text" },
        { "a: \"\\0\"\n", "s.yaml:1: a NUL character within a text" },
        { "a: 1\nb: \xff\n", "s.yaml:2: byte 0xff is no text; should be UTF-8" },
        { "a: 1\nb: [1\n", "s.yaml:" },
        { "a: 1\n  b: 2\n", "s.yaml:2: mapping values are not allowed in this context" },
        { "a: \"x\n", "s.yaml:" },
        { "a: 1\nb: \x01\n", "s.yaml:2: control characters are not allowed" },
        { "a: 1\nb: @x\n", "s.yaml:2: while scanning for the next token: found character that "
                           "cannot start any token" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Error error = { 0 };
        CHECK(!parse(arena, wrong[i][0], &error));
        CHECK_ERROR(&error, ERROR_INPUT, wrong[i][1]);
    }
    arena_free(arena);
}

static void nesting_of_32_is_read_and_of_33_refused(void)
{
    Arena *arena = room();
    char text[2 * (YAML_DEEPEST + 2)];
    for (size_t deep = 1; deep <= YAML_DEEPEST + 1; deep++) {
        Error error = { 0 };
        memset(text, '[', deep);
        memset(text + deep, ']', deep);
        text[2 * deep] = '\0';
        CHECK(!parse(arena, text, &error) == (deep > YAML_DEEPEST));
        if (deep > YAML_DEEPEST)
            CHECK_ERROR(&error, ERROR_INPUT, "too deep");
    }
    arena_free(arena);
}

static void a_large_file_is_refused_and_many_keys_are_told_apart(void)
{
    Arena *arena = room();
    Error error = { 0 };
    size_t size = (1 << 20) + 1;
    char *text = arena_take(arena, size + 1, 1);
    memset(text, 'x', size);
    CHECK(!parse(arena, text, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "has 1048577 bytes; should be at most 1 MiB");
    text[size - 1] = '\0';
    CHECK(parse(arena, text, &error));
    // Each key once: telling that takes a sort, not a comparison of each with each.
    char *to = text;
    for (int i = 0; i < 100000; i++)
        to += sprintf(to, "%x:\n", i);
    CHECK(parse(arena, text, &error));
    strcpy(to, "1:\n");
    CHECK(!parse(arena, text, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "s.yaml:100001: 1: stands in line 2 already");
    arena_free(arena);
}

static void a_mark_and_crlf_change_nothing(void)
{
    Arena *arena = room();
    Error error = { 0 };
    const Yaml *root = parse(arena,
                             "\xef\xbb\xbf"
                             "a: b\r\nc: d",
                             &error);
    CHECK_TEXT(yaml_get(root, "a")->text, "b");
    CHECK_TEXT(yaml_get(root, "c")->text, "d");
    CHECK(yaml_get(root, "c")->line == 2);
    arena_free(arena);
}

void suite_yaml(void)
{
    ADD(a_spec_becomes_a_tree_with_lines);
    ADD(what_a_spec_has_no_use_for_is_refused_with_its_line);
    ADD(nesting_of_32_is_read_and_of_33_refused);
    ADD(a_large_file_is_refused_and_many_keys_are_told_apart);
    ADD(a_mark_and_crlf_change_nothing);
}
