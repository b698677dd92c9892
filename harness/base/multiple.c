// multiple.c: see multiple.h.

#include "base/multiple.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    double value;
    const char *name; // "" where it decides nothing
    size_t index;
} Placed;

static int ascending(const void *a, const void *b)
{
    const Placed *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

size_t holm(Arena *scratch, const double *p, size_t n, double *adjusted)
{
    size_t mark = arena_mark(scratch), k = 0;
    Placed *placed = arena_take(scratch, n + 1, sizeof *placed);
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = NAN;
        if (!isnan(p[i]))
            placed[k++] = (Placed){ p[i], "", i };
    }
    qsort(placed, k, sizeof *placed, ascending);
    for (size_t j = 0; j < k; j++) {
        largest = fmax(largest, fmin(1, (double)(k - j) * placed[j].value));
        adjusted[placed[j].index] = largest;
    }
    arena_rewind(scratch, mark);
    return k;
}

// ---- letters: a column is a set of methods, by their places in the order; it will be one letter

typedef struct {
    char **column; // of each: a byte a place, 1 for a member
    size_t columns, n;
} Columns;

static bool within(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] && !b[i])
            return false;
    return true;
}

static char *without(Arena *arena, const char *column, size_t n, size_t member)
{
    char *copy = arena_take(arena, n, 1);
    memcpy(copy, column, n);
    copy[member] = 0;
    return copy;
}

// Every column that holds both is replaced by itself without the one and itself without the other;
// then none is kept that lies within another.
static void separate(Arena *arena, Columns *of, size_t i, size_t j)
{
    char **next = arena_take(arena, 2 * of->columns, sizeof *next);
    size_t made = 0, kept = 0;
    for (size_t c = 0; c < of->columns; c++) {
        char *column = of->column[c];
        bool both = column[i] && column[j];
        next[made++] = both ? without(arena, column, of->n, i) : column;
        if (both)
            next[made++] = without(arena, column, of->n, j);
    }
    of->column = arena_take(arena, made, sizeof *of->column);
    for (size_t c = 0; c < made; c++) {
        bool lies_within = false;
        for (size_t o = 0; o < made && !lies_within; o++) // of equal ones the first stays
            lies_within = o != c && within(next[c], next[o], of->n) &&
                          (o < c || !within(next[o], next[c], of->n));
        if (!lies_within)
            of->column[kept++] = next[c];
    }
    of->columns = kept;
}

static int by_members(const void *a, const void *b) // no column lies within another: see `separate`
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    while (*x == *y)
        x++, y++;
    return *x ? -1 : 1;
}

static void name_column(char *name, size_t index) // a b ... z aa ab ...
{
    if (index >= 26)
        name_column(name, index / 26 - 1);
    size_t length = strlen(name);
    name[length] = (char)('a' + index % 26);
    name[length + 1] = '\0';
}

void letters_of(Arena *arena, const char *const *name, const double *mean, size_t n,
                const bool *differ, size_t *order, const char **letters)
{
    Placed *placed = arena_take(arena, n + 1, sizeof *placed);
    Columns of = { arena_take(arena, 1, sizeof(char *)), 1, n };
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++)
        placed[i] = (Placed){ -mean[i], name[i], i };
    qsort(placed, n, sizeof *placed, ascending);
    of.column[0] = arena_take(arena, n, 1);
    memset(of.column[0], 1, n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (differ[placed[i].index * n + placed[j].index])
                separate(arena, &of, i, j);
    if (of.columns > 1)
        qsort(of.column, of.columns, sizeof *of.column, by_members);
    for (size_t i = 0; i < n; i++) {
        const char *text = "";
        for (size_t c = 0; c < of.columns; c++) {
            char letter[16] = "";
            name_column(letter, c);
            if (of.column[c][i])
                text = arena_format(arena, "%s%s%s", text, *text && of.columns > 26 ? "," : "",
                                    letter);
        }
        order[i] = placed[i].index;
        letters[placed[i].index] = text;
    }
}
