// groups.h: which rows belong together, by the SHA-256 of what they hold: so that any split of them
// is the same for every method and seed, and does not depend on the order of the file.
#ifndef DATA_GROUPS_H
#define DATA_GROUPS_H
#include "data/dataset.h"

// A row's place in an order that depends on its content alone: half of a SHA-256, which is enough
// to tell any rows apart.
typedef struct {
    uint64_t high, low;
    uint32_t row;
} RowKey;

int key_order(const void *a, const void *b); // of two RowKeys, for qsort; equal ones by their row
bool key_same(const RowKey *a, const RowKey *b);

// The rows' keys in their order: rows of a group are neighbours, in the order of the file.
RowKey *keys_of_groups(Arena *arena, Examples rows, Group group);

// Keys that no two rows share, of all that a row holds, in their order.
RowKey *keys_of_rows(Arena *arena, Examples rows);

// Fills in each row's `group`, in the order of the file. The keys are those of keys_of_groups.
void groups_number(Arena *arena, Examples rows, const RowKey *key);

// A row's texts, each with its zero byte; the place behind. Without the zero bytes they have
// texts_bytes; these, a label and a number take CONTENT_EXTRA more at most.
char *texts_put(char *to, const Example *row);
size_t texts_bytes(const Example *row);
enum { CONTENT_EXTRA = 64 };
#endif
