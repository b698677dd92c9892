// Any bytes at all as a vocabulary, and behind two NULs two texts to encode with it. Either every
// piece is found under its id and each encoding has the form [CLS] A [SEP] or [CLS] A [SEP] B
// [SEP], or the vocabulary is refused with one line that names the file.
#include "model/tokenizer.h"
#include "tests/test.h"
#include <string.h>

static void check_encoding(const Tokenizer *tokenizer, const Encoding *e, size_t max_length,
                           bool pair)
{
    size_t separators = 0, first = 0;
    CHECK(2 <= e->count && e->count <= max_length);
    for (size_t i = 0; i < e->count; i++) {
        CHECK(0 <= e->token[i] && (size_t)e->token[i] < tokenizer_vocabulary(tokenizer));
        separators += e->token[i] == tokenizer_id(tokenizer, "[SEP]");
        first += e->type[i] == 0;
        CHECK(e->type[i] == (i >= first));
    }
    CHECK(e->token[0] == tokenizer_id(tokenizer, "[CLS]") && separators >= (pair ? 2 : 1));
    CHECK(e->token[first - 1] == tokenizer_id(tokenizer, "[SEP]"));
    CHECK(e->token[e->count - 1] == tokenizer_id(tokenizer, "[SEP]"));
    CHECK((first == e->count) == !pair);
}

static void check_texts(const Tokenizer *tokenizer, Arena *arena, const char *a, const char *b)
{
    size_t whole = 2 * (strlen(a) + strlen(b)) + 5; // no token without a byte, none is two
    Encoding both, longest, shortest;
    tokenizer_encode(tokenizer, arena, a, b, whole, &both);
    check_encoding(tokenizer, &both, whole, true);
    CHECK(!both.truncated);
    tokenizer_encode(tokenizer, arena, a, b, 7, &shortest);
    check_encoding(tokenizer, &shortest, 7, true);
    CHECK(shortest.truncated == (both.count > 7));
    tokenizer_encode(tokenizer, arena, a, NULL, whole, &longest);
    check_encoding(tokenizer, &longest, whole, false);
    CHECK(!memcmp(longest.token, both.token, longest.count * sizeof *both.token));
    tokenizer_encode(tokenizer, arena, a, NULL, 6, &shortest);
    check_encoding(tokenizer, &shortest, 6, false);
    CHECK(shortest.count == (longest.count < 6 ? longest.count : 6));
    CHECK(!memcmp(shortest.token, longest.token, (shortest.count - 1) * sizeof *both.token));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Error error = { 0 };
    Arena *arena = arena_new((size_t)1 << 28, &error);
    const uint8_t *zero = length > 0 ? memchr(bytes, 0, length) : NULL;
    size_t size = zero ? (size_t)(zero - bytes) : length;
    char *text = arena_zero(arena, length - size + 2, 1);
    if (zero)
        memcpy(text, zero + 1, length - size - 1);
    for (int lower_case = 0; lower_case < 2; lower_case++) {
        const Tokenizer *tokenizer =
            tokenizer_parse(arena, (Bytes){ bytes, size }, "fuzz", lower_case, &error);
        if (!tokenizer) {
            CHECK_ERROR(&error, ERROR_INPUT, "fuzz");
            continue;
        }
        for (size_t i = 0; i < tokenizer_vocabulary(tokenizer); i++)
            CHECK(tokenizer_id(tokenizer, tokenizer_piece(tokenizer, (int32_t)i)) == (int32_t)i);
        CHECK(tokenizer_capitals(tokenizer) < tokenizer_vocabulary(tokenizer));
        check_texts(tokenizer, arena, text, text + strlen(text) + 1);
    }
    arena_free(arena);
    return 0;
}
