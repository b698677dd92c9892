// letters.h: which methods of one block (a task and a model) can't be told apart.
//
// Every pair of methods is compared over seeds and items (base/comparison.h), the p values are
// adjusted by Holm over all pairs of the block, and two methods share a letter exactly if theirs is
// not below 5 %. Sharing is not transitive: "a", "ab", "b".
#ifndef REPORT_LETTERS_H
#define REPORT_LETTERS_H
#include "base/comparison.h"
#include "base/folder.h"

typedef struct {
    const char *name;      // of the method; decides the order of equal means
    const Row *const *run; // its runs; they point into `rows`
    size_t runs;
    const char *letters; // the answer: "a", "ab"; "" for fewer than FEWEST_SEEDS of the used
    size_t used;         // runs with predictions
} Lettered;

// Fills letters and used of each, on a split (NULL: the one that the task reports). *pairs is the
// size of the family, *untested how many of its pairs have no p (all seeds differ alike) and so
// don't differ. Reads predictions/KEY.csv beside the rows; a method without them has no letter.
// ERROR_INPUT where the methods answered other items.
bool letters(Arena *arena, const Rows *rows, const char *split, Lettered *method, size_t methods,
             size_t *pairs, size_t *untested, Error *error);

// "methods that share a letter can't be told apart at 5 % (Holm, k = 15)", for a caption.
const char *letters_caption(Arena *arena, size_t pairs, size_t untested);
#endif
