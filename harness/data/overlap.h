// overlap.h: rows that stand in two places: the same text twice in a split, or in two splits.
#ifndef DATA_OVERLAP_H
#define DATA_OVERLAP_H
#include "data/dataset.h"

// What a row is known by: its text, or its two texts (b NULL: the first alone).
typedef struct {
    const char *a, *b;
} TextKey;

// number[i] from 0, equal for keys of equal bytes; returns how many there are.
size_t texts_number(Arena *scratch, const TextKey *key, size_t count, uint32_t *number);

// A copy in lower case (letter by letter, as Unicode's table has it), with one blank for any run of
// white space and none at the ends.
const char *text_folded(Arena *arena, const char *text);

// How many rows of each split stand in train, too: the same text, of a pair both, to the byte.
// Looks at no label.
void rows_in_train(Arena *scratch, const Dataset *dataset, size_t in_train[SPLITS]);

// The share of a split's rows beyond which a score is no longer one on new texts.
#define OVERLAP_MOST 0.01
#endif
