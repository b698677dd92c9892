// asked.c: see the header.
#include "command/asked.h"
#include <string.h>

bool request_read(Arena *arena, const Arguments *arguments, const Flag *own, const char *standard,
                  Request *request, Error *error)
{
    const char *method = argument_value(arguments, "method");
    if (!method && !(method = standard))
        return fail(error, ERROR_INPUT, (Where){ .item = "--method" },
                    "a name of `tunemark list methods`", "is not given");
    if (!request_new(arena, method, request, error))
        return false;
    for (size_t i = 0; i < arguments->givens; i++) {
        const Given *given = &arguments->given[i];
        const Flag *flag = own;
        while (flag && flag->name && strcmp(flag->name, given->name))
            flag++;
        if ((flag && flag->name) || !strcmp(given->name, "method"))
            continue;
        if (!request_set(arena, request, given->name, given->value,
                         (Where){ .item = arena_format(arena, "--%s", given->name) }, error))
            return false;
    }
    return true;
}

bool no_operands(const Arguments *arguments, Error *error)
{
    return arguments->operands == 0 ||
           fail(error, ERROR_INPUT, (Where){ .item = arguments->operand[0] },
                "an option with two dashes", "is not understood");
}

bool labels_read(const Arguments *arguments, int64_t *labels, Error *error)
{
    *labels = 2;
    return argument_whole(arguments, "labels", 1, 1000000, labels, error);
}

const char *chosen_levers(Arena *arena, const Row *row)
{
    const char *pass = "the whole batch at once";
    if (row->micro_batch != WHOLE_UNKNOWN)
        pass = arena_format(arena, "micro-batch %lld", (long long)row->micro_batch);
    return arena_format(arena, "%s%s", pass, row->recompute ? ", recompute" : "");
}
