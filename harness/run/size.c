// size.c: see size.h.
#include "run/size.h"
#include "train/counts.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

const Option *method_size(const Method *method)
{
    const Option *option = method_options(method);
    while (option->name && option->type != OPTION_WHOLE)
        option++;
    return option->name ? option : NULL;
}

static int64_t *size_in(const Option *size, void *options)
{
    return (int64_t *)(void *)((char *)options + size->field);
}

// The share that the method trains with the options that the description has; false: they do not
// fit the model.
static bool share_of(Arena *arena, const Description *description, double *share, Error *error)
{
    size_t mark = arena_mark(arena);
    Description evaluation = *description;
    Described described;
    evaluation.training = false;
    bool fits = describe(arena, &evaluation, &described, error);
    if (fits) {
        Counts counts = counts_of(described.graph);
        *share = share_nonembedding(&counts);
    }
    arena_rewind(arena, mark);
    return fits;
}

static const char *methods_with_size(Arena *arena)
{
    const char *names = "";
    for (size_t i = 0; methods[i]; i++)
        if (method_size(methods[i]) && !methods[i]->fit)
            names = arena_format(arena, "%s%s%s", names, *names ? ", " : "", methods[i]->name);
    return names;
}

const char *size_text(Arena *arena, const Description *description)
{
    const Option *size = method_size(description->method.method);
    return arena_format(arena, "%s %s", size->name,
                        option_text(arena, size, description->method.options));
}

bool size_solve(Arena *arena, const Request *request, Description *description, Error *error)
{
    const Method *method = request->method;
    double budget = request->protocol.budget;
    const Option *size = method_size(method);
    Where where = { .item = "budget" };
    if (isnan(budget))
        return true;
    if (!size || method->fit)
        return fail(error, ERROR_INPUT, where,
                    arena_format(arena, "of %s", methods_with_size(arena)),
                    "%s has no size to solve for", method->name);
    if (request->size_given)
        return fail(error, ERROR_INPUT, where, "one of the two", "%s is given, too", size->name);
    char *options = arena_take(arena, method->options_size, 1);
    memcpy(options, description->method.options, method->options_size);
    description->method.options = options;

    int64_t *tried = size_in(size, options), fits = (int64_t)size->low - 1;
    int64_t over = (int64_t)size->high + 1;
    double share, least = NAN, most = 0;
    Error unfit;
    *tried = (int64_t)size->low;
    if (!share_of(arena, description, &share, error))
        return false;
    while (over - fits > 1) {
        *tried = fits + (over - fits) / 2;
        bool known = share_of(arena, description, &share, &unfit);
        if (known && share <= budget) {
            fits = *tried;
            most = share;
        } else {
            over = *tried;
            least = known ? share : least;
        }
    }
    *tried = fits;
    return most > 0 ||
           fail(error, ERROR_INPUT, where, arena_format(arena, "%.4g or more", 1.0005 * least),
                "%g is under what %s of %s %" PRId64 " trains", budget, method->name, size->name,
                over);
}
