// place.c: first fit in several orders, and a search where none of them leaves no gap.
//
// Buffers are placed one after another, each at the lowest offset where nothing that lives at the
// same time is. Which order is best depends on the graph: largest first, longest-lived first, or
// first those that live through the fullest moments. Or rising and falling: what the forward leaves
// for the backward lies at the bottom and dies from the top down, so gradients on their way lie
// better right below the ceiling than on it, where they would hold what is above them up.
//
// Where every order leaves a gap, each is varied: whatever ends highest is placed earlier (as in
// the hill climbing of compilers for small devices), MOST_TRIES times at most.
#include "engine/place.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_TRIES = 40 };

typedef int Order(const void *a, const void *b);

bool alive_during(const Buffer *buffer, int32_t moment)
{
    return buffer->first <= moment && moment <= buffer->last;
}

// ---- orders

static int by_size(const void *a, const void *b)
{
    const Buffer *x = *(Buffer *const *)a, *y = *(Buffer *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->first < y->first ? -1 : x->first > y->first;
}

static int by_life(const void *a, const void *b)
{
    const Buffer *x = *(Buffer *const *)a, *y = *(Buffer *const *)b;
    int32_t lx = x->last - x->first, ly = y->last - y->first;
    return lx != ly ? (lx < ly ? 1 : -1) : by_size(a, b);
}

static int by_crowd(const void *a, const void *b)
{
    const Buffer *x = *(Buffer *const *)a, *y = *(Buffer *const *)b;
    return x->crowd != y->crowd ? (x->crowd < y->crowd ? 1 : -1) : by_size(a, b);
}

static Order *const orders[] = { by_size, by_life, by_crowd };
enum { ORDERS = sizeof orders / sizeof *orders };

// What is alive during each moment, and for each buffer the most of it in its life. Returns the
// most of all.
static size_t crowds(Arena *arena, Buffer *buffer, size_t count)
{
    size_t most = 0, mark = arena_mark(arena);
    int32_t end = 0;
    for (size_t b = 0; b < count; b++)
        end = buffer[b].last > end ? buffer[b].last : end;
    // The moment -1 comes first. A buffer's bytes come with its first moment and go after its last.
    size_t *alive = arena_zero(arena, (size_t)end + 3, sizeof *alive);
    for (size_t b = 0; b < count; b++) {
        alive[buffer[b].first + 1] += buffer[b].bytes;
        alive[buffer[b].last + 2] -= buffer[b].bytes; // wraps, and the sum wraps back
    }
    for (size_t m = 1; m <= (size_t)end + 1; m++)
        alive[m] += alive[m - 1];
    for (size_t b = 0; b < count; b++) {
        for (int32_t m = buffer[b].first + 1; m <= buffer[b].last + 1; m++)
            if (alive[m] > buffer[b].crowd)
                buffer[b].crowd = alive[m];
        most = buffer[b].crowd > most ? buffer[b].crowd : most;
    }
    arena_rewind(arena, mark);
    return most;
}

// ---- one order

// A buffer that has been placed; they lie side by side, since each new one looks at most of them.
typedef struct {
    size_t offset, end;
    int32_t first, last;
} Lying;

static bool meet(const Buffer *a, const Lying *b)
{
    return a->first <= b->last && b->first <= a->last;
}

// `there`: what is placed already, by offset.
static size_t lowest(const Buffer *buffer, const Lying *there, size_t placed)
{
    size_t offset = 0;
    for (size_t j = 0; j < placed && there[j].offset < offset + buffer->bytes; j++)
        if (there[j].end > offset && meet(buffer, &there[j]))
            offset = there[j].end;
    return offset;
}

// Below the ceiling. SIZE_MAX: there is no room.
static size_t highest(const Buffer *buffer, const Lying *there, size_t placed, size_t ceiling)
{
    for (size_t j = placed; j-- > 0;)
        if (there[j].offset < ceiling && there[j].end + buffer->bytes > ceiling &&
            meet(buffer, &there[j]))
            ceiling = there[j].offset;
    return ceiling < buffer->bytes ? SIZE_MAX : ceiling - buffer->bytes;
}

static void insert(const Buffer *buffer, Lying *there, size_t placed)
{
    size_t at = placed;
    while (at > 0 && there[at - 1].offset > buffer->offset)
        at--;
    memmove(there + at + 1, there + at, (placed - at) * sizeof *there);
    there[at] =
        (Lying){ buffer->offset, buffer->offset + buffer->bytes, buffer->first, buffer->last };
}

// Buffers that are given from `turn` on lie below the ceiling, where they fit. Returns the end.
static size_t placed_in_turn(Buffer *const *buffer, size_t count, int32_t turn, size_t ceiling,
                             Lying *there)
{
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        size_t offset = SIZE_MAX;
        if (buffer[i]->first >= turn)
            offset = highest(buffer[i], there, i, ceiling);
        if (offset == SIZE_MAX)
            offset = lowest(buffer[i], there, i);
        buffer[i]->offset = offset;
        insert(buffer[i], there, i);
        if (offset + buffer[i]->bytes > end)
            end = offset + buffer[i]->bytes;
    }
    return end;
}

// ---- the best of them

typedef struct {
    Buffer *buffer;
    size_t count, least; // least: no end is lower
    size_t end;          // the lowest so far
    size_t *offset;      // by buffer, of that
    Buffer **queue;
    Lying *there;
} Search;

static void keep(Search *search, size_t end)
{
    if (end >= search->end)
        return;
    search->end = end;
    for (size_t b = 0; b < search->count; b++)
        search->offset[b] = search->buffer[b].offset;
}

static void put_earlier(Buffer **queue, size_t end)
{
    size_t at = 0;
    while (queue[at]->offset + queue[at]->bytes < end)
        at++;
    Buffer *high = queue[at];
    memmove(queue + at / 2 + 1, queue + at / 2, (at - at / 2) * sizeof(Buffer *));
    queue[at / 2] = high;
}

static void attempt(Search *search, Order *order, int32_t turn, int tries)
{
    for (size_t b = 0; b < search->count; b++)
        search->queue[b] = &search->buffer[b];
    qsort(search->queue, search->count, sizeof(Buffer *), order);
    for (int t = 0; t < tries && search->end > search->least; t++) {
        size_t end =
            placed_in_turn(search->queue, search->count, turn, search->least, search->there);
        keep(search, end);
        put_earlier(search->queue, end);
    }
}

size_t place(Arena *arena, Buffer *buffer, size_t count, int32_t turn)
{
    size_t mark = arena_mark(arena);
    Search search = { .buffer = buffer, .count = count, .end = SIZE_MAX };
    search.least = crowds(arena, buffer, count);
    search.offset = arena_take(arena, count + 1, sizeof *search.offset);
    search.queue = arena_take(arena, count + 1, sizeof(Buffer *));
    search.there = arena_take(arena, count + 1, sizeof *search.there);
    if (count == 0)
        search.end = 0;
    for (int tries = 1; tries <= MOST_TRIES; tries += MOST_TRIES - 1)
        for (int falls = 0; falls < 2; falls++)
            for (int o = 0; o < ORDERS; o++)
                attempt(&search, orders[o], falls ? turn : INT32_MAX, tries);
    for (size_t b = 0; b < count; b++)
        buffer[b].offset = search.offset[b];
    arena_rewind(arena, mark);
    return search.end;
}
