// multiple.h: many comparisons at once.
#ifndef BASE_MULTIPLE_H
#define BASE_MULTIPLE_H
#include "base/arena.h"

// Holm 1979: adjusted[i] for each p; NAN stays NAN and does not count. Returns how many count.
size_t holm(Arena *scratch, const double *p, size_t n, double *adjusted);

// Compact letter display (Piepho 2004): two methods share a letter exactly if they don't differ.
// order[] gets the methods by mean, descending, ties by name; letters[] the text of each method, as
// "ab" (with commas where names of two letters are needed). differ: n x n, symmetric.
void letters_of(Arena *arena, const char *const *name, const double *mean, size_t n,
                const bool *differ, size_t *order, const char **letters);
#endif
