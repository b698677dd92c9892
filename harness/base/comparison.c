// comparison.c: see comparison.h.

#include "base/comparison.h"
#include "base/metric.h"
#include <math.h>

static size_t find_pairs(const Sample *a, const Sample *b, size_t *of_a, size_t *of_b);
static void describe_pairs(Arena *arena, const Sample *a, const Sample *b, Comparison *comparison);

Comparison compare(Arena *arena, const Sample *a, const Sample *b, double level)
{
    Comparison of = { .correlation = NAN };
    size_t fewer = a->runs < b->runs ? a->runs : b->runs, groups = a->groups;
    of.of_a = arena_take(arena, a->runs, sizeof *of.of_a);
    of.of_b = arena_take(arena, b->runs, sizeof *of.of_b);
    size_t pairs = find_pairs(a, b, of.of_a, of.of_b);
    of.paired = pairs >= FEWEST_SEEDS || pairs == fewer;
    of.used_a = of.paired ? pairs : a->runs, of.used_b = of.paired ? pairs : b->runs;
    of.seeds = of.paired ? pairs : fewer;
    of.left_out = a->runs + b->runs - of.used_a - of.used_b;
    if (of.paired) {
        describe_pairs(arena, a, b, &of);
        size_t mark = arena_mark(arena);
        double *u = arena_take(arena, pairs * groups, sizeof *u);
        for (size_t s = 0; s < pairs; s++)
            for (size_t g = 0; g < groups; g++)
                u[s * groups + g] = a->u[of.of_a[s] * groups + g] - b->u[of.of_b[s] * groups + g];
        of.test = twoway(arena, u, pairs, groups, level);
        arena_rewind(arena, mark);
        return of;
    }
    for (size_t s = 0; s < a->runs; s++)
        of.of_a[s] = s;
    for (size_t s = 0; s < b->runs; s++)
        of.of_b[s] = s;
    of.test = twoway_unpaired(arena, a->u, a->runs, b->u, b->runs, groups, level);
    return of;
}

// In the order of A's runs; each run is in one pair at most.
static size_t find_pairs(const Sample *a, const Sample *b, size_t *of_a, size_t *of_b)
{
    size_t pairs = 0;
    for (size_t i = 0; i < a->runs; i++)
        for (size_t j = 0; j < b->runs; j++) {
            bool taken = false;
            for (size_t p = 0; p < pairs; p++)
                taken = taken || of_b[p] == j;
            if (taken || a->seeds[i].init != b->seeds[j].init ||
                a->seeds[i].order != b->seeds[j].order)
                continue;
            of_a[pairs] = i, of_b[pairs++] = j;
            break;
        }
    return pairs;
}

static void describe_pairs(Arena *arena, const Sample *a, const Sample *b, Comparison *of)
{
    double *scores_a = arena_take(arena, of->seeds, sizeof *scores_a);
    double *scores_b = arena_take(arena, of->seeds, sizeof *scores_b);
    of->difference = arena_take(arena, of->seeds, sizeof *of->difference);
    for (size_t s = 0; s < of->seeds; s++) {
        scores_a[s] = a->theta[of->of_a[s]], scores_b[s] = b->theta[of->of_b[s]];
        of->difference[s] = scores_a[s] - scores_b[s];
        of->wins += of->difference[s] > 0;
        of->ties += of->difference[s] == 0;
        of->losses += of->difference[s] < 0;
    }
    of->correlation = metric(METRIC_PEARSON, &(Answers){ .n = of->seeds,
                                                         .positive = -1,
                                                         .gold_score = scores_a,
                                                         .answer_score = scores_b });
}
