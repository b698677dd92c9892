// tokens.c: tunemark tokens.
#include "base/lines.h"
#include "base/text.h"
#include "command/asked.h"
#include "command/commands.h"
#include "run/files.h"
#include <string.h>

static const Flag flags[] = {
    { "model", 0, TAKES_TEXT("NAME"), "whose vocabulary [tiny]" },
    { "max-length", 0, TAKES_AS_IN_RUN, "tokens at most" },
    { "ids", 0, NULL, "ids alone, a line a text" },
    FLAG_END,
};

static void tokens_print(const Tokenizer *tokenizer, Arena *arena, const char *text,
                         const char *text_b, size_t max_length, bool ids)
{
    Encoding encoding;
    tokenizer_encode(tokenizer, arena, text, text_b, max_length, &encoding);
    for (size_t i = 0; i < encoding.count; i++)
        if (ids)
            printf("%s%d", i ? " " : "", (int)encoding.token[i]);
        else
            printf("%s%s", i ? " " : "", tokenizer_piece(tokenizer, encoding.token[i]));
    printf("%s\n", encoding.truncated && !ids ? " (cut)" : "");
}

static bool tokens(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    Tokenizer *tokenizer;
    const char *folder;
    int64_t max_length;
    (void)status;
    if (!argument_read(arguments, "max-length", &max_length, error))
        return false;
    const char *model = argument_value(arguments, "model");
    if (arguments->operands > 2)
        return fail(error, ERROR_INPUT, (Where){ .item = arguments->operand[2] },
                    "in quotes: one text or two", "is a third text");
    for (size_t i = 0; i < arguments->operands; i++) {
        size_t bad;
        if (!utf8_valid((const uint8_t *)arguments->operand[i], strlen(arguments->operand[i]),
                        &bad))
            return fail(error, ERROR_INPUT, (Where){ .item = "text" }, "UTF-8",
                        "byte %zu is not UTF-8", bad + 1);
    }
    if (!model_folder(arena, model ? model : "tiny", &folder, error) ||
        !(tokenizer = tokenizer_read(arena, folder, error)))
        return false;
    bool ids = argument_is(arguments, "ids");
    if (arguments->operands) {
        tokens_print(tokenizer, arena, arguments->operand[0], arguments->operand[1],
                     (size_t)max_length, ids);
        return true;
    }
    Lines lines = { .name = "standard input", .in = stdin };
    const char *text;
    lines.line = arena_take(arena, LINES_ROOM + 1, 1);
    size_t mark = arena_mark(arena);
    for (;; arena_rewind(arena, mark)) {
        lines.room = LINES_ROOM;
        if (!lines_next(&lines, &text, error))
            return false;
        if (!text)
            return true;
        tokens_print(tokenizer, arena, text, NULL, (size_t)max_length, ids);
    }
}

const Command command_tokens = {
    .name = "tokens",
    .summary = "show how a text (or a pair, or each line of standard input) is tokenised",
    .operands = "[TEXT [TEXT]]",
    .usage = "  tunemark tokens --model tiny \"An uneven but charming film.\"\n",
    .flags = flags,
    .run = tokens,
};
