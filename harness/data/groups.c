// groups.c: the keys of rows and what they are made of.
#include "data/groups.h"
#include "base/hash.h"
#include "data/phrases.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static RowKey key_of(const char *bytes, size_t size, size_t row)
{
    Hash hash = hash_bytes(bytes, size);
    return (RowKey){ hash_word(&hash, 0), hash_word(&hash, 1), (uint32_t)row };
}

int key_order(const void *a, const void *b)
{
    const RowKey *x = a, *y = b;
    if (x->high != y->high)
        return x->high < y->high ? -1 : 1;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

bool key_same(const RowKey *a, const RowKey *b)
{
    return a->high == b->high && a->low == b->low;
}

static char *put(char *to, const char *text)
{
    return stpcpy(to, text ? text : "") + 1;
}

char *texts_put(char *to, const Example *row)
{
    return put(put(to, row->text), row->text_b);
}

size_t texts_bytes(const Example *row)
{
    return strlen(row->text) + (row->text_b ? strlen(row->text_b) : 0);
}

static size_t longest(Examples rows) // room for the content of any of them
{
    size_t most = 0;
    for (size_t i = 0; i < rows.count; i++) {
        size_t bytes = texts_bytes(&rows.example[i]);
        most = bytes > most ? bytes : most;
    }
    return most + CONTENT_EXTRA;
}

// What a row's group is known by, where one text or row of texts alone decides it.
static size_t group_content(const Example *row, Group group, char *content)
{
    char *end = content;
    size_t length;
    switch (group) {
    case GROUP_PREMISE:
        end = put(end, row->text);
        break;
    case GROUP_SENTENCE: // words with single blanks
        for (const char *at = row->text, *word; (word = next_word(&at, &length));) {
            end = mempcpy(end, word, length);
            *end++ = ' ';
        }
        break;
    case GROUP_TEXT:
    case GROUP_GIVEN:  // and the line beside it: keys_linked
    case GROUP_LINKED: // either text: keys_linked
        end = texts_put(end, row);
        break;
    }
    return (size_t)(end - content);
}

// The first row of a set of rows that belong together; shortens the way there.
static uint32_t first_of(uint32_t *before, uint32_t row)
{
    while (before[row] != row)
        row = before[row] = before[before[row]];
    return row;
}

// Rows are linked by either text, or by the line beside them and by their texts: those have a zero
// byte, so that no line is equal to them.
static RowKey link_of(const Example *row, Group group, bool second, size_t number, char *content)
{
    if (group == GROUP_GIVEN && second)
        return key_of(content, group_content(row, group, content), number);
    const char *of = group == GROUP_GIVEN ? row->given : second ? row->text_b : row->text;
    return key_of(of, strlen(of), number);
}

// Rows that are linked have the smallest key of all their links.
static RowKey *keys_linked(Arena *arena, Examples rows, Group group)
{
    RowKey *key = arena_take(arena, rows.count + 1, sizeof *key);
    size_t mark = arena_mark(arena), links = 2 * rows.count;
    char *content = arena_take(arena, longest(rows), 1);
    RowKey *link = arena_take(arena, links + 1, sizeof *link);
    uint32_t *before = arena_take(arena, rows.count + 1, sizeof *before);
    bool *known = arena_zero(arena, rows.count + 1, sizeof *known);
    for (size_t i = 0; i < links; i++) {
        link[i] = link_of(&rows.example[i / 2], group, i % 2, i / 2, content);
        before[i / 2] = (uint32_t)(i / 2);
    }
    qsort(link, links, sizeof *link, key_order);
    for (size_t i = 1; i < links; i++) {
        uint32_t a = first_of(before, link[i - 1].row), b = first_of(before, link[i].row);
        if (key_same(&link[i - 1], &link[i]))
            before[a > b ? a : b] = a > b ? b : a;
    }
    for (size_t i = 0; i < links; i++) {
        uint32_t first = first_of(before, link[i].row);
        if (!known[first])
            key[first] = link[i];
        known[first] = true;
    }
    for (size_t i = 0; i < rows.count; i++) {
        key[i] = key[first_of(before, (uint32_t)i)];
        key[i].row = (uint32_t)i;
    }
    arena_rewind(arena, mark);
    qsort(key, rows.count, sizeof *key, key_order);
    return key;
}

RowKey *keys_of_groups(Arena *arena, Examples rows, Group group)
{
    if (group == GROUP_LINKED || group == GROUP_GIVEN)
        return keys_linked(arena, rows, group);
    RowKey *key = arena_take(arena, rows.count + 1, sizeof *key);
    char *content = arena_take(arena, longest(rows), 1);
    for (size_t i = 0; i < rows.count; i++)
        key[i] = key_of(content, group_content(&rows.example[i], group, content), i);
    qsort(key, rows.count, sizeof *key, key_order);
    return key;
}

// Equal rows get their number besides.
RowKey *keys_of_rows(Arena *arena, Examples rows)
{
    RowKey *key = arena_take(arena, rows.count + 1, sizeof *key), first = { 0 };
    char *content = arena_take(arena, longest(rows), 1);
    size_t nth = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const Example *row = &rows.example[i];
        char *end = texts_put(content, row);
        end += sprintf(end, "%d %.9g", (int)row->label, (double)row->score);
        key[i] = key_of(content, (size_t)(end - content), i);
    }
    qsort(key, rows.count, sizeof *key, key_order);
    for (size_t i = 0; i < rows.count; i++) { // the second of equal rows, the third, ...
        nth = i > 0 && key_same(&first, &key[i]) ? nth + 1 : 0;
        if (nth == 0)
            first = key[i];
        else
            key[i] = key_of(content,
                            (size_t)sprintf(content, "%016" PRIx64 "%016" PRIx64 " %zu", first.high,
                                            first.low, nth),
                            key[i].row);
    }
    qsort(key, rows.count, sizeof *key, key_order);
    return key;
}

void groups_number(Arena *arena, Examples rows, const RowKey *key)
{
    for (size_t i = 0; i < rows.count; i++)
        rows.example[i].group = (uint32_t)i;
    for (size_t i = 1; i < rows.count; i++) // the first row of each group, for all of its rows
        if (key_same(&key[i - 1], &key[i]))
            rows.example[key[i].row].group = rows.example[key[i - 1].row].group;
    uint32_t next = 0, *number = arena_take(arena, rows.count + 1, sizeof *number);
    for (size_t i = 0; i < rows.count; i++) {
        uint32_t first = rows.example[i].group;
        if (first == i)
            number[i] = next++;
        rows.example[i].group = number[first];
    }
}
