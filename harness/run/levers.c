// levers.c: see levers.h.
#include "run/levers.h"

typedef struct {
    LeversTake *take;
    void *context;
    double most, last; // of the newest try
} Search;

static bool fits(Search *search, size_t pass, bool recompute, Levers *levers)
{
    for (int keeps = 1; keeps >= 0; keeps--) {
        *levers = (Levers){ pass, recompute, keeps };
        search->last = search->take(search->context, levers);
        if (search->last <= search->most)
            return true;
    }
    return false;
}

bool levers_choose(size_t batch, double most, LeversTake *take, void *context, Levers *levers,
                   double *least)
{
    Search search = { take, context, most, 0 };
    for (int recompute = 0; recompute < 2; recompute++) {
        if (fits(&search, batch, recompute, levers))
            return true;
        Levers found, tried;
        if (batch == 1 || !fits(&search, 1, recompute, &found))
            continue;
        for (size_t above = batch; above - found.pass > 1;) {
            size_t middle = found.pass + (above - found.pass) / 2;
            if (fits(&search, middle, recompute, &tried))
                found = tried;
            else
                above = middle;
        }
        *levers = found;
        return true;
    }
    *least = search.last;
    return false;
}

const char *levers_text(Arena *arena, const Row *row)
{
    const char *pass = "the whole batch at once";
    if (row->micro_batch != WHOLE_UNKNOWN)
        pass = arena_format(arena, "micro-batch %lld", (long long)row->micro_batch);
    return arena_format(arena, "%s%s", pass, row->recompute ? ", recompute" : "");
}
