// verify.c: the list of checks, and what they say.
#include "verify/verify_impl.h"
#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    Check *check;
    bool of_trained; // does not apply to a method that trains nothing
} checks[CHECKS] = {
    { "gradients", check_gradients, true }, { "start", check_start, false },
    { "frozen", check_frozen, true },       { "reached", check_reached, true },
    { "count", check_count, false },        { "saved", check_saved, true },
    { "merged", check_merged, false },      { "repeated", check_repeated, true },
    { "learns", check_learns, true },       { "options", check_options, false },
};

bool verify(Arena *arena, const Method *method, const void *options, Verified *verified,
            Error *error)
{
    World world;
    *verified = (Verified){ 0 };
    if (!world_new(arena, method, options, &world, error))
        return false;
    for (int i = 0; i < CHECKS; i++) {
        Proof *proof = &verified->proof[i];
        size_t mark = arena_mark(arena);
        proof->name = checks[i].name;
        if (checks[i].of_trained && !world.trains)
            found(proof, DOES_NOT_APPLY, "it trains nothing");
        else if (!checks[i].check(&world, proof, error)) {
            if (error->kind == ERROR_ENVIRONMENT)
                return false;
            found(proof, FAILS, "%s", error->text);
        }
        verified->failed += proof->standing == FAILS;
        world_restore(&world);
        arena_rewind(arena, mark);
    }
    return true;
}

bool found(Proof *proof, Standing standing, const char *says, ...)
{
    va_list arguments;
    va_start(arguments, says);
    proof->standing = standing;
    vsnprintf(proof->says, sizeof proof->says, says, arguments);
    va_end(arguments);
    return true;
}
