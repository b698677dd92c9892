// fixtures_tokens.c: DIR/tokens/fixtures.jsonl, one case a line; vocabulary NAME is vocab-NAME.txt.
#include "base/json.h"
#include "model/tokenizer.h"
#include "tests/fixtures.h"
#include <string.h>

typedef struct {
    const char *name;
    Tokenizer *tokenizer; // NULL: could not be read; `error` says why
    Error error;
} Vocabulary;

static const Vocabulary *vocabulary(Fixtures *fixtures, const char *folder, const char *name,
                                    Vocabulary *known, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if (!strcmp(known[i].name, name))
            return &known[i];
    if (*count == 16)
        return NULL;
    Vocabulary *new = &known[(*count)++];
    Bytes bytes;
    const char *path = arena_format(fixtures->arena, "%s/vocab-%s.txt", folder, name);
    new->name = arena_text(fixtures->arena, name);
    new->tokenizer = file_read(fixtures->arena, path, &bytes, &new->error)
                         ? tokenizer_parse(fixtures->arena, bytes, path, true, &new->error)
                         : NULL;
    return new;
}

// A NUL, which no text of ours can hold, as U+0001: one rule drops both.
static const char *text_of(Arena *arena, const json_t *text)
{
    if (!json_is_string(text))
        return NULL;
    size_t length = json_string_length(text);
    char *copy = arena_zero(arena, length + 1, 1);
    for (size_t i = 0; i < length; i++)
        copy[i] = json_string_value(text)[i] ? json_string_value(text)[i] : '\1';
    return copy;
}

static void encoded(Fixtures *fixtures, const Tokenizer *tokenizer, const json_t *line)
{
    const json_t *ids = json_object_get(line, "ids"), *types = json_object_get(line, "type_ids");
    Encoding got;
    tokenizer_encode(tokenizer, fixtures->arena,
                     text_of(fixtures->arena, json_object_get(line, "text")),
                     text_of(fixtures->arena, json_object_get(line, "text_b")),
                     (size_t)number_of(line, "max_length"), &got);
    expect(fixtures, got.count == json_array_size(ids), "%zu tokens; should be %zu", got.count,
           json_array_size(ids));
    for (size_t i = 0; i < got.count && i < json_array_size(ids); i++) {
        expect(fixtures, got.token[i] == json_integer_value(json_array_get(ids, i)),
               "token %zu is %d '%s'; should be %lld", i, (int)got.token[i],
               tokenizer_piece(tokenizer, got.token[i]),
               (long long)json_integer_value(json_array_get(ids, i)));
        expect(fixtures, got.type[i] == json_integer_value(json_array_get(types, i)),
               "type %zu is %d; should be %lld", i, (int)got.type[i],
               (long long)json_integer_value(json_array_get(types, i)));
    }
}

void tokens_fixtures(Fixtures *fixtures, const char *folder)
{
    Error error;
    Bytes bytes;
    Vocabulary known[16];
    size_t vocabularies = 0, number = 0;
    char *path = arena_format(fixtures->arena, "%s/tokens/fixtures.jsonl", folder);
    folder = arena_format(fixtures->arena, "%s/tokens", folder);
    if (!file_exists(path)) {
        case_skip(fixtures, "tokens", "no such file");
        return;
    }
    if (!file_read(fixtures->arena, path, &bytes, &error)) {
        case_begin(fixtures, "tokens");
        expect_read(fixtures, false, &error);
        case_end(fixtures);
        return;
    }
    const char *at = (const char *)bytes.data, *end = at + bytes.size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);
        json_error_t wrong;
        json_t *line = json_loadb(at, length, JSON_ALLOW_NUL, &wrong);
        case_begin(fixtures, arena_format(fixtures->arena, "tokens:%zu", ++number));
        expect(fixtures, line != NULL, "is no JSON: %s", wrong.text);
        if (line) {
            const char *name = json_string_value(json_object_get(line, "vocab"));
            const Vocabulary *with =
                name ? vocabulary(fixtures, folder, name, known, &vocabularies) : NULL;
            size_t mark = arena_mark(fixtures->arena);
            expect(fixtures, with != NULL, "names no vocabulary");
            if (with && expect_read(fixtures, with->tokenizer != NULL, &with->error))
                encoded(fixtures, with->tokenizer, line);
            arena_rewind(fixtures->arena, mark);
        }
        case_end(fixtures);
        json_decref(line);
        at += length + 1;
    }
}
