// asked.c: see the header.
#include "command/asked.h"
#include "base/text.h"
#include "data/task.h"
#include <string.h>

bool request_read(Arena *arena, const Arguments *arguments, const Flag *own, const char *standard,
                  Request *request, Error *error)
{
    const char *method = argument_value(arguments, "method");
    if (argument_is(arguments, "method") && !method)
        return fail(error, ERROR_INPUT, (Where){ .item = "--method" },
                    "a name of `tunemark list methods`", "has no value");
    if (!method && !(method = standard))
        return fail(error, ERROR_INPUT, (Where){ .item = "--method" },
                    "a name of `tunemark list methods`", "is not given");
    if (!request_new(arena, method, request, error))
        return false;
    for (size_t i = 0; i < arguments->givens; i++) {
        const Given *given = &arguments->given[i];
        if (flag_find(own, given->name) || !strcmp(given->name, "method"))
            continue;
        if (!request_set(arena, request, given->name, given->value,
                         (Where){ .item = arena_format(arena, "--%s", given->name) }, error))
            return false;
    }
    return true;
}

const Option *request_options(Arena *arena, const Command *command)
{
    size_t count = 0, taken = 0;
    while (protocol_options[count].name)
        count++;
    Option *options = arena_zero(arena, count + 1, sizeof *options);
    for (size_t i = 0; i < count && command->takes_request; i++)
        if (!of_run(command->refused, protocol_options[i].name))
            options[taken++] = protocol_options[i];
    return options;
}

bool split_read(Arena *arena, const Arguments *arguments, int *split, Error *error)
{
    const char *typed = argument_value(arguments, "split");
    int index = typed ? text_index(typed, split_names) : *split;
    if (typed && index < 0)
        return fail(error, ERROR_INPUT, (Where){ .item = "--split" },
                    text_choices(arena, split_names), "'%s' is no split", typed);
    *split = index;
    return true;
}
