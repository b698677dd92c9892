// overlap.c: equal texts by sorting, which needs no more than a place a row: 70,000 rows in 0.1 s.
#include "data/overlap.h"
#include "data/phrases.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

typedef struct {
    TextKey key;
    size_t row;
} Place;

static int by_key(const void *a, const void *b)
{
    const TextKey *x = &((const Place *)a)->key, *y = &((const Place *)b)->key;
    int order = strcmp(x->a, y->a);
    return order || !x->b ? order : strcmp(x->b, y->b);
}

size_t texts_number(Arena *scratch, const TextKey *key, size_t count, uint32_t *number)
{
    size_t mark = arena_mark(scratch), numbers = 0;
    Place *place = arena_take(scratch, count + 1, sizeof *place);
    for (size_t i = 0; i < count; i++)
        place[i] = (Place){ key[i], i };
    qsort(place, count, sizeof *place, by_key);
    for (size_t i = 0; i < count; i++) {
        numbers += i == 0 || by_key(&place[i - 1], &place[i]) != 0;
        number[place[i].row] = (uint32_t)(numbers - 1);
    }
    arena_rewind(scratch, mark);
    return numbers;
}

static bool is_blank(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return (c < 128 && c > 0 && strchr(PHRASE_BLANKS, (int)c)) ||
           category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

const char *text_folded(Arena *arena, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    // A lower case may take more bytes than its capital (two become three).
    uint8_t *folded = arena_take(arena, 2 * strlen(text) + 1, 1), *end = folded;
    bool blank = false;
    while (*at) {
        utf8proc_int32_t c;
        ptrdiff_t used = utf8proc_iterate(at, -1, &c);
        if (used < 1) { // no UTF-8, which the loader refuses: a byte as it is
            *end++ = *at++;
            continue;
        }
        at += used;
        if (is_blank(c)) {
            blank = true;
            continue;
        }
        if (blank && end > folded)
            *end++ = ' ';
        blank = false;
        end += utf8proc_encode_char(utf8proc_tolower(c), end);
    }
    *end = '\0';
    return (const char *)folded;
}

void rows_in_train(Arena *scratch, const Dataset *dataset, size_t in_train[SPLITS])
{
    size_t mark = arena_mark(scratch), rows = 0;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        rows += dataset->split[s].count;
    TextKey *key = arena_take(scratch, rows + 1, sizeof *key), *next = key;
    uint32_t *number = arena_take(scratch, rows + 1, sizeof *number), *of = number;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        for (size_t i = 0; i < dataset->split[s].count; i++)
            *next++ =
                (TextKey){ dataset->split[s].example[i].text, dataset->split[s].example[i].text_b };
    bool *trained =
        arena_zero(scratch, texts_number(scratch, key, rows, number) + 1, sizeof *trained);
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++) {
        in_train[s] = 0;
        for (size_t i = 0; i < dataset->split[s].count; i++, of++) {
            trained[*of] |= s == SPLIT_TRAIN;
            in_train[s] += trained[*of];
        }
    }
    arena_rewind(scratch, mark);
}
