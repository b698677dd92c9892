// bootstrap.c: see bootstrap.h.

#include "base/bootstrap.h"
#include "base/random.h"
#include "base/statistic.h"
#include <math.h>
#include <string.h>

// What a number is drawn for; with the draw, its place in the stream.
typedef enum { DRAW_GROUPS, DRAW_A, DRAW_B } Drawn;

// How often each of n is drawn in n draws with repetition. Two draws come out of one random number.
static void draw_times(uint32_t *times, size_t n, uint64_t seed, size_t draw, Drawn what)
{
    Random4 bits = { { 0 } };
    memset(times, 0, n * sizeof *times);
    for (size_t i = 0; i < n; i++) {
        if (i % 2 == 0)
            bits = random_at(seed, STREAM_RESAMPLE, (uint64_t)draw << 2 | what, i / 2);
        else
            bits.word[0] = bits.word[2], bits.word[1] = bits.word[3];
        times[random_below(bits, n)]++;
    }
}

Bootstrap bootstrap(Arena *arena, const Resampled *of, uint64_t seed, double level)
{
    double *draw = arena_take(arena, BOOTSTRAP_DRAWS, sizeof *draw);
    uint32_t *groups = arena_take(arena, of->groups, sizeof *groups);
    uint32_t *a = arena_take(arena, of->runs_a, sizeof *a);
    uint32_t *b = of->paired ? a : arena_take(arena, of->runs_b, sizeof *b);
    for (size_t i = 0; i < BOOTSTRAP_DRAWS; i++) {
        draw_times(groups, of->groups, seed, i, DRAW_GROUPS);
        draw_times(a, of->runs_a, seed, i, DRAW_A);
        if (!of->paired)
            draw_times(b, of->runs_b, seed, i, DRAW_B);
        draw[i] = bootstrap_draw(of, a, b, groups);
    }
    return bootstrap_of(draw, BOOTSTRAP_DRAWS, level);
}

static double side(Weighed *const *run, size_t runs, const uint32_t *drawn, const uint32_t *times)
{
    double sum = 0;
    for (size_t s = 0; s < runs; s++)
        if (drawn[s] > 0)
            sum += drawn[s] * weighed_score(run[s], times);
    return sum / (double)runs;
}

double bootstrap_draw(const Resampled *of, const uint32_t *times_a, const uint32_t *times_b,
                      const uint32_t *times)
{
    return side(of->a, of->runs_a, times_a, times) - side(of->b, of->runs_b, times_b, times);
}

Bootstrap bootstrap_of(double *draw, size_t draws, double level)
{
    size_t below = 0, above = 0;
    sort_numbers(draw, draws);
    for (size_t i = 0; i < draws; i++) {
        below += draw[i] <= 0;
        above += draw[i] >= 0;
    }
    size_t fewer = below < above ? below : above;
    return (Bootstrap){ quantile(draw, draws, (1 - level) / 2),
                        quantile(draw, draws, (1 + level) / 2),
                        fmin(1, 2 * (double)(1 + fewer) / (double)(1 + draws)), draw, draws };
}
