// phrases.c: a trie of words with its edges in one hash table.
#include "data/phrases.h"
#include <assert.h>
#include <string.h>

enum { NONE = INT32_MAX, ROOT = 0 };

typedef struct {
    uint32_t node, word, child; // child ROOT: the slot is free (the root is nobody's child)
} Edge;

typedef struct {
    const char *start; // NULL: the slot is free
    size_t length;
    uint32_t word;
} Spelling;

struct Phrases {
    size_t *begin;  // texts + 1: the words of a text in `word`
    uint32_t *word; // all texts' words as numbers
    uint32_t *number;
    Edge *edge;
    size_t edge_mask; // slots are a power of two, at most half of them taken
    uint32_t *ends;   // for each node the number of the text that ends there, NONE
};

static size_t slots_for(size_t entries)
{
    size_t slots = 16;
    while (slots < 2 * entries)
        slots *= 2;
    return slots;
}

const char *next_word(const char **at, size_t *length)
{
    const char *word = *at + strspn(*at, PHRASE_BLANKS);
    *length = strcspn(word, PHRASE_BLANKS);
    *at = word + *length;
    return *length > 0 ? word : NULL;
}

// The words' numbers, by their spelling.
static void number_words(Phrases *p, Arena *arena, const char *const *text, size_t count)
{
    size_t words = p->begin[count], slots = slots_for(words), mark;
    uint32_t next = 0;
    p->word = arena_take(arena, words + 1, sizeof *p->word);
    mark = arena_mark(arena);
    Spelling *table = arena_zero(arena, slots, sizeof *table);
    for (size_t i = 0; i < count; i++) {
        uint32_t *word = p->word + p->begin[i];
        size_t length;
        for (const char *at = text[i], *c; (c = next_word(&at, &length));) {
            uint64_t hash = 0xcbf29ce484222325; // FNV-1a
            for (size_t j = 0; j < length; j++)
                hash = (hash ^ (uint8_t)c[j]) * 0x100000001b3;
            size_t slot = (hash ^ hash >> 32) & (slots - 1);
            while (table[slot].start &&
                   (table[slot].length != length || memcmp(table[slot].start, c, length) != 0))
                slot = (slot + 1) & (slots - 1);
            if (!table[slot].start)
                table[slot] = (Spelling){ c, length, next++ };
            *word++ = table[slot].word;
        }
    }
    arena_rewind(arena, mark);
}

static Edge *edge_at(const Phrases *p, uint32_t node, uint32_t word)
{
    uint64_t hash = ((uint64_t)node << 32 | word) * 0x9e3779b97f4a7c15;
    size_t slot = (hash ^ hash >> 32) & p->edge_mask;
    while (p->edge[slot].child != ROOT &&
           (p->edge[slot].node != node || p->edge[slot].word != word))
        slot = (slot + 1) & p->edge_mask;
    return &p->edge[slot];
}

Phrases *phrases_new(Arena *arena, const char *const *text, size_t count)
{
    Phrases *p = arena_zero(arena, 1, sizeof *p);
    p->begin = arena_take(arena, count + 1, sizeof *p->begin);
    size_t words = 0, length;
    for (size_t i = 0; i < count; i++) {
        p->begin[i] = words;
        for (const char *at = text[i]; next_word(&at, &length);)
            words++;
    }
    p->begin[count] = words;
    assert(words < NONE && count < NONE);
    number_words(p, arena, text, count);
    p->edge_mask = slots_for(words) - 1;
    p->edge = arena_zero(arena, p->edge_mask + 1, sizeof *p->edge);
    p->ends = arena_take(arena, words + 1, sizeof *p->ends);
    p->number = arena_take(arena, count + 1, sizeof *p->number);
    uint32_t nodes = 1, next = 0;
    p->ends[ROOT] = NONE;
    for (size_t i = 0; i < count; i++) {
        uint32_t node = ROOT;
        for (size_t w = p->begin[i]; w < p->begin[i + 1]; w++) {
            Edge *edge = edge_at(p, node, p->word[w]);
            if (edge->child == ROOT) {
                *edge = (Edge){ node, p->word[w], nodes };
                p->ends[nodes++] = NONE;
            }
            node = edge->child;
        }
        if (p->ends[node] == NONE)
            p->ends[node] = next++;
        p->number[i] = p->ends[node];
    }
    return p;
}

uint32_t phrases_number(const Phrases *phrases, size_t text)
{
    return phrases->number[text];
}

void phrases_inside(const Phrases *p, size_t text, bool *inside)
{
    size_t begin = p->begin[text], end = p->begin[text + 1];
    if (begin < end && p->ends[ROOT] != NONE) // the text without words lies in every other
        inside[p->ends[ROOT]] = true;
    for (size_t start = begin; start < end; start++) {
        uint32_t node = ROOT;
        for (size_t w = start; w < end && (node = edge_at(p, node, p->word[w])->child) != ROOT; w++)
            if (p->ends[node] != NONE && (start != begin || w + 1 != end))
                inside[p->ends[node]] = true;
    }
}
