// explain.c: tunemark explain.
#include "base/text.h"
#include "command/asked.h"
#include "command/commands.h"
#include "cost/explain_print.h"
#include "engine/product.h"
#include "report/chosen.h"
#include "run/prepare.h"
#include "run/size.h"
#include <string.h>

static const Flag flags[] = {
    { "all", 'a', NULL, "every value and node on a line, each layer's apart" },
    { "csv", 0, NULL, "the same as CSV; seconds are of one step" },
    { "steps", 0, TAKES(WHOLE, "N", 0, 1e6, NULL),
      "steps of each to time, 0: none; as many as ten seconds allow where not given" },
    FLAG_END,
};

static const OfRun of_no_run[] = { OF_NO_RUN };

static const Option *own_option(const Request *request, const char *name)
{
    return option_find(method_options(request->method), name);
}

// "lora:rank=4,targets=all": the method, and options of its own.
static bool method_read(Arena *arena, const char *text, Request *request, Error *error)
{
    const Where where = { .item = text };
    static const char right[] = "METHOD or METHOD:OPTION=VALUE";
    Chosen chosen;
    if (!chosen_read(arena, text, right, &chosen, error) ||
        !request_new(arena, chosen.method, request, error))
        return false;
    if (chosen.folder)
        return fail(error, ERROR_INPUT, where, right, "no folder is read here");
    for (size_t i = 0; i < chosen.settings; i++) {
        const char *name = chosen.setting[i].name;
        bool common = option_find(protocol_options, name), own = own_option(request, name);
        if (common && !own)
            return fail(error, ERROR_INPUT, where, arena_format(arena, "--%s, for both", name),
                        "%s is an option of the run", name);
        if (common) // dropout is the run's, too
            name = arena_format(arena, "%s.%s", chosen.method, name);
        if (!request_set(arena, request, name, chosen.setting[i].value, where, error))
            return false;
    }
    return true;
}

// An option of the run is for both; one of a method for the one that has it.
static bool give(Arena *arena, const Given *given, Request request[2], Error *error)
{
    const char *name = given->name, *item = arena_format(arena, "--%s", given->name);
    const Where where = { .item = item };
    const Option *const tables[] = { protocol_options, method_options(request[0].method),
                                     method_options(request[1].method), NULL };
    bool named[2], asked[2];
    for (int s = 0; s < 2; s++) {
        const char *own = option_own(given->name, request[s].method->name);
        named[s] = own != given->name; // it is meant for this method
        name = named[s] ? own : name;
    }
    bool prefixed = named[0] || named[1];
    if (!strcmp(name, "method"))
        return fail(error, ERROR_INPUT, where, "as in: tunemark explain full lora",
                    "is not given here");
    if (!prefixed && option_find(protocol_options, name)) {
        const bool sized[] = { method_size(request[0].method) != NULL,
                               method_size(request[1].method) != NULL };
        bool of_one = !strcmp(name, "budget") && sized[0] != sized[1]; // the other has no size
        for (int s = 0; s < 2; s++)
            if ((!of_one || sized[s]) &&
                !request_set(arena, &request[s], name, given->value, where, error))
                return false;
        return true;
    }
    for (int s = 0; s < 2; s++)
        asked[s] = (named[s] || !prefixed) && own_option(&request[s], name);
    if (asked[0] && asked[1])
        return fail(error, ERROR_INPUT, where,
                    arena_format(arena, "%s:%s=%s, where it is meant", request[0].method->name,
                                 name, given->value ? given->value : "VALUE"),
                    "is an option of both");
    for (int s = 0; s < 2; s++)
        if (asked[s])
            return request_set(arena, &request[s],
                               arena_format(arena, "%s.%s", request[s].method->name, name),
                               given->value, where, error);
    const Arguments unknown = { .given = (Given[]){ *given }, .givens = 1 };
    return arguments_known(&unknown, flags, tables, error);
}

static bool requests_read(Arena *arena, const Arguments *arguments, Request request[2],
                          Error *error)
{
    if (arguments->operands != 2)
        return fail(error, ERROR_INPUT,
                    (Where){ .item = arguments->operands > 2   ? arguments->operand[2]
                                     : arguments->operands > 0 ? "second method"
                                                               : "method" },
                    "as in: tunemark explain full lora --model tiny --task reviews",
                    arguments->operands > 2 ? "is a third" : "is not given");
    for (int s = 0; s < 2; s++)
        if (!method_read(arena, arguments->operand[s], &request[s], error))
            return false;
    for (size_t i = 0; i < arguments->givens; i++)
        if (!flag_find(flags, arguments->given[i].name) &&
            !give(arena, &arguments->given[i], request, error))
            return false;
    for (int s = 0; s < 2; s++) {
        const char *missing = !request[s].protocol.model  ? "--model"
                              : !request[s].protocol.task ? "--task"
                                                          : NULL;
        if (missing)
            return fail(error, ERROR_INPUT, (Where){ .item = missing },
                        "a name, as in --model tiny --task reviews", "is not given");
    }
    return true;
}

// "lora:rank=4": the method with what is not at its default.
static const char *name_of(Arena *arena, const Attached *is)
{
    const char *name = is->method->name;
    char sign = ':';
    for (const Option *o = method_options(is->method); o->name; o++) {
        const char *value = option_changed(arena, o, is->options);
        if (!value)
            continue;
        name = arena_format(arena, "%s%c%s=%s", name, sign, o->name, value);
        sign = ',';
    }
    return name;
}

static bool explain(Arena *arena, const Request request[2], FilesRead *files, int64_t steps,
                    Explained *of, Error *error)
{
    Prepared *run = arena_zero(arena, 2, sizeof *run);
    *of = (Explained){ .run = { &run[0], &run[1] } };
    for (int s = 0; s < 2; s++) {
        if (!prepare(arena, files, &request[s], &run[s], error))
            return false;
        of->name[s] = name_of(arena, &run[s].description.method);
    }
    of->same = !strcmp(run[0].row.key, run[1].row.key);
    if (of->same)
        return true;
    of->bytes = explain_bytes(arena, of->run);
    of->unlike = steps == 0 ? "no steps are asked for" : explain_unlike(arena, of->run);
    return of->unlike || explain_seconds(arena, of->run, steps > 0 ? (size_t)steps : 0,
                                         &of->seconds, &of->timing, error);
}

// A limit may ask for one thing of one method and for another of the other.
static void levers_print(FILE *out, Arena *arena, const Explained *of)
{
    fprintf(out, "tunemark: max-memory: %s: %s; %s: %s\n", of->name[0],
            levers_text(arena, &of->run[0]->row), of->name[1],
            levers_text(arena, &of->run[1]->row));
}

static bool command(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    Request request[2];
    Explained of;
    int64_t steps = -1; // as many as some seconds allow
    (void)status;
    if (!requests_read(arena, arguments, request, error) ||
        !argument_read(arguments, "steps", &steps, error) ||
        !product_start((int)request[0].protocol.threads, error))
        return false;
    FilesRead *files = files_new(arena);
    bool ok = explain(arena, request, files, steps, &of, error);
    if (ok && request[0].protocol.max_memory != INT64_MIN)
        levers_print(stderr, arena, &of);
    if (ok && argument_is(arguments, "csv"))
        explain_csv(stdout, &of);
    else if (ok && of.same)
        printf("%s and %s are the same run: there is nothing to explain\n", of.name[0], of.name[1]);
    else if (ok)
        explain_screen(stdout, arena, &of, argument_is(arguments, "all"));
    if (ok && !of.same)
        explain_doubts(stderr, &of);
    files_close(files);
    return ok;
}

const Command command_explain = {
    .name = "explain",
    .summary = "where the bytes and the seconds between two methods go, and why",
    .operands = "METHOD METHOD",
    .usage = "  tunemark explain full lora --model tiny --task reviews\n"
             "  tunemark explain lora:rank=4 lora:rank=64,targets=all --model tiny --task reviews\n"
             "  tunemark explain full bitfit --model mini --task topics --batch 64 --csv\n",
    .flags = flags,
    .takes_request = true,
    .refused = of_no_run,
    .run = command,
};
