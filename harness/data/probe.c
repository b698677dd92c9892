// probe.c: counts of (term, class) in one hash table.
#include "data/probe.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// A term: the text's type, a piece, and the one behind it (its id + 1; 0 for a piece alone).
typedef uint64_t Term;
static const Term in_both = UINT64_MAX, in_one = UINT64_MAX - 1;

typedef struct {
    Term term;
    int32_t class; // `classes`: of any class
    uint32_t rows; // 0: the slot is free
} Slot;

struct Probe {
    Arena *arena;
    int classes;
    double *rows, *terms; // n_k and N_k
    double different;     // V
    Slot *slot;           // a power of two of them, at most half taken
    size_t mask, taken;
    Term *of_row; // of the row that is looked at
    size_t room;
};

static Slot *slot_of(const Probe *p, Term term, int32_t class)
{
    uint64_t hash = (term ^ (uint64_t) class << 56 ^ (uint64_t) class) * 0x9e3779b97f4a7c15;
    size_t at = (hash ^ hash >> 32) & p->mask;
    while (p->slot[at].rows > 0 && (p->slot[at].term != term || p->slot[at].class != class))
        at = (at + 1) & p->mask;
    return &p->slot[at];
}

static void slots_double(Probe *p)
{
    Slot *old = p->slot;
    size_t slots = p->mask + 1;
    p->slot = arena_zero(p->arena, 2 * slots, sizeof *p->slot);
    p->mask = 2 * slots - 1;
    for (size_t i = 0; i < slots; i++)
        if (old[i].rows > 0)
            *slot_of(p, old[i].term, old[i].class) = old[i];
    arena_drop(old, slots * sizeof *old);
}

static void count(Probe *p, Term term, int32_t class)
{
    if (2 * (p->taken + 1) > p->mask)
        slots_double(p);
    Slot *slot = slot_of(p, term, class);
    if (slot->rows++ == 0) {
        *slot = (Slot){ term, class, 1 };
        p->taken++;
        p->different += class == p->classes;
    }
}

static int ascending(const void *a, const void *b)
{
    Term x = *(const Term *)a, y = *(const Term *)b;
    return x < y ? -1 : x > y;
}

static Term term_of(int32_t type, int32_t piece, int32_t next)
{
    return (Term)(type > 0) << 63 | (Term)piece << 32 | (Term)(next + 1);
}

// The pieces alone of the texts of a pair, in both and in one: behind the row's terms, which are
// sorted.
static size_t add_shared(Term *term, size_t terms)
{
    size_t first = 0, second = 0, both = 0, end = terms;
    for (size_t i = 0; i < terms; i++) {
        if ((uint32_t)term[i] != 0) // two pieces
            continue;
        Term other = term[i] ^ (Term)1 << 63;
        bool is_second = term[i] >> 63;
        first += !is_second;
        second += is_second;
        both += !is_second && bsearch(&other, term, terms, sizeof *term, ascending) != NULL;
    }
    for (size_t i = 0; i < both; i++)
        term[end++] = in_both;
    for (size_t i = 0; i < first + second - 2 * both; i++)
        term[end++] = in_one;
    return end;
}

// The terms of a row, into p->of_row.
static size_t terms_of(Probe *p, const Tokens *tokens, size_t row)
{
    size_t begin = tokens->offset[row], end = tokens->offset[row + 1], found = 0, terms = 0;
    bool pair = end > begin && tokens->type[end - 1] > 0;
    if (p->room < 3 * (end - begin)) {
        p->room = 6 * (end - begin);
        p->of_row = arena_take(p->arena, p->room, sizeof *p->of_row);
    }
    for (size_t i = begin; i < end; i++) {
        p->of_row[found++] = term_of(tokens->type[i], tokens->token[i], -1);
        if (i + 1 < end && tokens->type[i] == tokens->type[i + 1])
            p->of_row[found++] = term_of(tokens->type[i], tokens->token[i], tokens->token[i + 1]);
    }
    qsort(p->of_row, found, sizeof *p->of_row, ascending);
    for (size_t i = 0; i < found; i++)
        if (i == 0 || p->of_row[i] != p->of_row[i - 1])
            p->of_row[terms++] = p->of_row[i];
    return pair ? add_shared(p->of_row, terms) : terms;
}

Probe *probe_new(Arena *arena, const Tokens *train, const int32_t *label, int classes)
{
    Probe *p = arena_zero(arena, 1, sizeof *p);
    p->arena = arena;
    p->classes = classes;
    p->rows = arena_zero(arena, (size_t)classes, sizeof *p->rows);
    p->terms = arena_zero(arena, (size_t)classes, sizeof *p->terms);
    p->mask = ((size_t)1 << 16) - 1;
    p->slot = arena_zero(arena, p->mask + 1, sizeof *p->slot);
    for (size_t i = 0; i < train->count; i++) {
        size_t terms = terms_of(p, train, i);
        assert(0 <= label[i] && label[i] < classes);
        p->rows[label[i]]++;
        p->terms[label[i]] += (double)terms;
        for (size_t t = 0; t < terms; t++) {
            count(p, p->of_row[t], label[i]);
            count(p, p->of_row[t], (int32_t)classes);
        }
    }
    return p;
}

void probe_row(Probe *p, const Tokens *tokens, size_t row, double *log_p)
{
    size_t terms = terms_of(p, tokens, row), known = 0;
    for (int32_t k = 0; k < p->classes; k++)
        log_p[k] = log(p->rows[k]);
    for (size_t t = 0; t < terms; t++) {
        if (slot_of(p, p->of_row[t], p->classes)->rows == 0)
            continue;
        known++;
        for (int32_t k = 0; k < p->classes; k++)
            log_p[k] += log1p(slot_of(p, p->of_row[t], k)->rows);
    }
    for (int32_t k = 0; k < p->classes; k++)
        log_p[k] -= (double)known * log(p->terms[k] + p->different);
}
