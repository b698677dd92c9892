// verify.c: tunemark verify.
#include "base/machine.h"
#include "base/text.h"
#include "command/asked.h"
#include "command/commands.h"
#include "engine/product.h"
#include "verify/verify.h"
#include <string.h>

static void print(const Method *method, const Verified *verified)
{
    static const char *const standing[] = { "ok", "FAILED", "does not apply" };
    printf("%s: %s\n", method->name, method->summary);
    const char *before = "";
    for (int i = 0; i < CHECKS; i++) {
        const Proof *proof = &verified->proof[i];
        bool again = proof->standing == FAILS && !strcmp(proof->says, before);
        printf("  %-14s  %-9s  ", standing[proof->standing], proof->name);
        text_put(stdout, again ? "the same" : proof->says, 29, terminal_columns(stdout));
        before = proof->says;
    }
}

// The method's options as they are given, where it is the only method; NULL: none is given.
static bool options_read(Arena *arena, const Arguments *arguments, void **options, Error *error)
{
    *options = NULL;
    const Method *one = arguments->operands == 1 ? method_find(arguments->operand[0], error) : NULL;
    const Option *const tables[] = { one ? method_options(one) : NULL, NULL };
    if (!arguments_known(arguments, NULL, tables, error))
        return false;
    if (!one || arguments->givens == 0)
        return true;
    *options = arena_zero(arena, 1, one->options_size);
    options_default(tables[0], *options);
    for (size_t i = 0; i < arguments->givens; i++) {
        const Given *given = &arguments->given[i];
        Where where = { .item = arena_format(arena, "--%s", given->name) };
        if (!option_set(arena, option_find(tables[0], given->name), *options, one->name,
                        given->value, where, error))
            return false;
    }
    return true;
}

static bool command(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    void *options;
    size_t failed = 0, tried = 0;
    for (size_t i = 0; i < arguments->operands; i++)
        if (!method_find(arguments->operand[i], error))
            return false;
    if (!options_read(arena, arguments, &options, error) || !product_start(1, error))
        return false;
    for (size_t m = 0; methods[m] && arguments->operands == 0; m++)
        if (!method_whole(methods[m], method_files[m], error))
            return false;
    for (size_t m = 0; methods[m]; m++) {
        bool asked = arguments->operands == 0;
        Verified verified;
        for (size_t i = 0; i < arguments->operands; i++)
            asked |= method_find(arguments->operand[i], error) == methods[m];
        if (!asked)
            continue;
        size_t mark = arena_mark(arena);
        if (!verify(arena, methods[m], options, &verified, error))
            return false;
        arena_rewind(arena, mark);
        print(methods[m], &verified);
        fflush(stdout);
        failed += (size_t)verified.failed;
        tried++;
    }
    if (failed > 0)
        *status = ERROR_WORK;
    if (tried > 1)
        printf("%zu methods, %zu checks failed\n", tried, failed);
    return true;
}

const Command command_verify = {
    .name = "verify",
    .summary = "check that methods do what their files say, on a small generated model",
    .operands = "[METHOD]...",
    .usage = "  tunemark verify lora\n"
             "  tunemark verify          # all of them\n"
             "  tunemark verify adapter --variant parallel     # with these options alone\n",
    .knows_options = true,
    .run = command,
};
