// verify.c: the list of checks, and what they say.
#include "verify/verify_impl.h"
#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    Check *check;
} checks[CHECKS] = {
    { "gradients", check_gradients }, { "start", check_start },       { "frozen", check_frozen },
    { "reached", check_reached },     { "count", check_count },       { "saved", check_saved },
    { "merged", check_merged },       { "repeated", check_repeated }, { "learns", check_learns },
    { "options", check_options },
};

bool verify(Arena *arena, const Method *method, const void *options, Verified *verified,
            Error *error)
{
    World world;
    *verified = (Verified){ 0 };
    if (!world_new(arena, method, options, &world, error))
        return false;
    for (int i = 0; i < CHECKS; i++) {
        Finding *finding = &verified->finding[i];
        size_t mark = arena_mark(arena);
        finding->name = checks[i].name;
        if (!checks[i].check(&world, finding, error)) {
            if (error->kind == ERROR_ENVIRONMENT)
                return false;
            found(finding, FAILS, "%s", error->text);
        }
        verified->failed += finding->verdict == FAILS;
        world_restore(&world);
        arena_rewind(arena, mark);
    }
    return true;
}

bool found(Finding *finding, Verdict verdict, const char *says, ...)
{
    va_list arguments;
    va_start(arguments, says);
    finding->verdict = verdict;
    vsnprintf(finding->says, sizeof finding->says, says, arguments);
    va_end(arguments);
    return true;
}
