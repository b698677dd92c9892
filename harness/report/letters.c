// letters.c: see letters.h.

#include "report/letters.h"
#include "base/multiple.h"
#include "report/predictions.h"
#include <math.h>

bool letters(Arena *arena, const Rows *rows, const char *split, Lettered *method, size_t methods,
             size_t *pairs, size_t *untested, Error *error)
{
    Items items;
    Side *side = arena_zero(arena, methods + 1, sizeof *side);
    size_t *of = arena_take(arena, methods + 1, sizeof *of), n = 0, pair = 0; // those with a letter
    for (size_t m = 0; m < methods; m++) {
        side[m].rows = rows, side[m].run = method[m].run, side[m].runs = method[m].runs;
        method[m].letters = "";
    }
    if (!sides_read(arena, split, side, methods, &items, error))
        return false;
    for (size_t m = 0; m < methods; m++) {
        method[m].used = side[m].count;
        if (side[m].count >= FEWEST_SEEDS)
            of[n++] = m;
    }
    double *p = arena_take(arena, n * n + 1, sizeof *p),
           *mean = arena_take(arena, n + 1, sizeof *mean);
    const char **name = arena_take(arena, n + 1, sizeof *name);
    for (size_t i = 0; i < n; i++) {
        const Sample *sample = &side[of[i]].sample;
        name[i] = method[of[i]].name, mean[i] = 0;
        for (size_t r = 0; r < sample->runs; r++)
            mean[i] += sample->theta[r] / (double)sample->runs;
        for (size_t j = 0; j < i; j++)
            p[pair++] = compare(arena, &side[of[j]].sample, sample, 0.95).test.p;
    }
    double *adjusted = arena_take(arena, pair + 1, sizeof *adjusted);
    bool *differ = arena_zero(arena, n * n + 1, sizeof *differ);
    *pairs = holm(arena, p, pair, adjusted);
    *untested = pair - *pairs;
    pair = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            differ[i * n + j] = differ[j * n + i] = adjusted[pair++] < SIGNIFICANT; // false for NAN
    size_t *order = arena_take(arena, n + 1, sizeof *order);
    const char **text = arena_take(arena, n + 1, sizeof *text);
    letters_of(arena, name, mean, n, differ, order, text);
    for (size_t i = 0; i < n; i++)
        method[of[i]].letters = text[i];
    return true;
}

const char *letters_caption(Arena *arena, size_t pairs, size_t untested)
{
    const char *of = arena_format(arena,
                                  "methods that share a letter can't be told apart at %g %% "
                                  "(Holm, k = %zu)",
                                  100 * SIGNIFICANT, pairs);
    return untested == 0 ? of
                         : arena_format(arena,
                                        "%s; %zu pair%s not tested: all seeds differ by the same "
                                        "amount, and the items show no more than the rest",
                                        of, untested, untested == 1 ? "" : "s");
}
