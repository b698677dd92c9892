// null: the untouched model under a random head: the floor of a table, and the engine's forward
// alone.

#include "methods/method.h"

static int64_t count(const Config *config, bool pooler, const void *chosen)
{
    (void)config, (void)pooler, (void)chosen;
    return 0;
}

const Method method_null = {
    .name = "null",
    .summary = "the untouched model under a random head: the floor",
    .paper = "none",
    .claims = UNCHANGED_AT_START | TRAINS_NOTHING,
    .count = count,
};
