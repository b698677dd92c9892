// test_place.c: buffers that meet do not overlap, and what the placing takes beyond the least.
#include "engine/place.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>

enum { BUFFERS = 60 };

static bool meet(const Buffer *a, const Buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

// What is alive during the fullest moment.
static size_t least_of(const Buffer *buffer, size_t count)
{
    size_t most = 0;
    for (int32_t moment = -1; moment < 100; moment++) {
        size_t alive = 0;
        for (size_t b = 0; b < count; b++)
            alive += buffer[b].first <= moment && moment <= buffer[b].last ? buffer[b].bytes : 0;
        most = alive > most ? alive : most;
    }
    return most;
}

// The most that is alive at once during its life.
static size_t crowd_of(const Buffer *buffer, size_t count, const Buffer *of)
{
    size_t most = 0;
    for (int32_t moment = of->first; moment <= of->last; moment++) {
        size_t alive = 0;
        for (size_t b = 0; b < count; b++)
            alive += buffer[b].first <= moment && moment <= buffer[b].last ? buffer[b].bytes : 0;
        most = alive > most ? alive : most;
    }
    return most;
}

static void holds(const Buffer *buffer, size_t count, size_t end, uint64_t seed)
{
    size_t highest = 0;
    for (size_t a = 0; a < count; a++) {
        size_t over = buffer[a].offset + buffer[a].bytes;
        highest = over > highest ? over : highest;
        CHECK(buffer[a].crowd == crowd_of(buffer, count, &buffer[a]));
        for (size_t b = 0; b < a; b++)
            if (meet(&buffer[a], &buffer[b]) &&
                !CHECK(over <= buffer[b].offset ||
                       buffer[b].offset + buffer[b].bytes <= buffer[a].offset))
                printf("seed %llu: %zu and %zu\n", (unsigned long long)seed, a, b);
    }
    CHECK(end == highest);
    CHECK(end >= least_of(buffer, count));
}

static int larger_first(const void *a, const void *b)
{
    size_t x = ((const Buffer *)a)->bytes, y = ((const Buffer *)b)->bytes;
    return (x < y) - (x > y);
}

static int longer_first(const void *a, const void *b)
{
    const Buffer *x = a, *y = b;
    int32_t lx = x->last - x->first, ly = y->last - y->first;
    return lx != ly ? (lx < ly) - (lx > ly) : larger_first(a, b);
}

// First fit in one order, by trying every end of what is there.
static size_t first_fit(const Buffer *buffer, size_t count,
                        int (*order)(const void *, const void *))
{
    Buffer copy[BUFFERS];
    size_t end = 0;
    memcpy(copy, buffer, count * sizeof *copy);
    qsort(copy, count, sizeof *copy, order);
    for (size_t i = 0; i < count; i++) {
        size_t best = SIZE_MAX;
        for (size_t j = 0; j <= i; j++) { // j == i: at 0
            size_t at = j == i ? 0 : copy[j].offset + copy[j].bytes;
            bool fits = at < best;
            for (size_t k = 0; k < i && fits; k++)
                fits = !meet(&copy[i], &copy[k]) || at + copy[i].bytes <= copy[k].offset ||
                       copy[k].offset + copy[k].bytes <= at;
            best = fits ? at : best;
        }
        copy[i].offset = best;
        end = best + copy[i].bytes > end ? best + copy[i].bytes : end;
    }
    return end;
}

static void random_buffers_do_not_overlap_and_end_no_higher_than_by_size_or_by_life(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t random = seed;
        Buffer buffer[BUFFERS] = { 0 };
        size_t count = mix(&random) % (BUFFERS + 1);
        for (size_t b = 0; b < count; b++) {
            int32_t first = (int32_t)(mix(&random) % 41) - 1;
            int32_t last = first + (int32_t)(mix(&random) % (mix(&random) % 2 ? 40 : 3));
            buffer[b] = (Buffer){ .bytes = 64 * (1 + b + 100 * (mix(&random) % 20)), // all unlike
                                  .first = first,
                                  .last = last };
        }
        size_t mark = arena_mark(arena);
        size_t end = place(arena, buffer, count, (int32_t)(mix(&random) % 40));
        CHECK(arena_mark(arena) == mark);
        holds(buffer, count, end, seed);
        CHECK(end <= first_fit(buffer, count, larger_first));
        CHECK(end <= first_fit(buffer, count, longer_first));
    }
    arena_free(arena);
}

//   moment  0  1  2  3  4  5
//   A  2    #  #                 alive: 3, 3, 2, 2, 3, 3
//   B  1    #  #  #  #
//   C  1          #  #  #  #
//   D  2                #  #
//
// By size A and D lie at 0, B at 2 on A, and C, which meets B and D, at 3: all in 4. By life B lies
// at 0, C at 1, and D at 2: 4, too. In 3: B at 2 over A, C at 0, D over it at 1.
static void a_gap_of_both_plain_orders_is_closed(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 16, &error);
    Buffer buffer[] = { { .bytes = 2, .first = 0, .last = 1 },
                        { .bytes = 1, .first = 0, .last = 3 },
                        { .bytes = 1, .first = 2, .last = 5 },
                        { .bytes = 2, .first = 4, .last = 5 } };
    CHECK(first_fit(buffer, 4, larger_first) == 4 && first_fit(buffer, 4, longer_first) == 4);
    CHECK(place(arena, buffer, 4, 6) == 3);
    holds(buffer, 4, 3, 0);
    CHECK(buffer[0].crowd == 3 && buffer[1].crowd == 3 && buffer[2].crowd == 3);
    arena_free(arena);
}

static void nothing_takes_nothing(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 16, &error);
    Buffer buffer[] = { { .bytes = 0, .first = 0, .last = 4 } };
    CHECK(place(arena, buffer, 0, 0) == 0);
    CHECK(place(arena, buffer, 1, 0) == 0);
    arena_free(arena);
}

void suite_place(void)
{
    ADD(random_buffers_do_not_overlap_and_end_no_higher_than_by_size_or_by_life);
    ADD(a_gap_of_both_plain_orders_is_closed);
    ADD(nothing_takes_nothing);
}
