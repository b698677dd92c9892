// table_impl.h: what the parts of a table share: its arrangement (table_layout.c), grids (table.c),
// letters (table_letters.c), CSV (table_csv.c), and the sentences beside it (table_notes.c).
#ifndef REPORT_TABLE_IMPL_H
#define REPORT_TABLE_IMPL_H
#include "report/column.h"
#include "report/table.h"

typedef struct {
    const char *name;
    const Column *column; // NULL: task, model or method
} Key;

enum { MOST_KEYS = 8 };

typedef struct {
    Key key[MOST_KEYS];
    size_t keys;
} Keys;

typedef struct {
    Keys rows, by, across;                  // of across one at most
    const Column *apart[3 * MOST_KEYS + 1]; // those of a row among them: they set runs apart
    bool overview;                          // before the tables of single tasks
} Layout;

typedef struct {
    Arena *arena;
    const TableChoice *choice;
    Summary summary;
    const Floors *floors;
    const Rows *rows;
    Shown *shown;
    size_t shown_count;
    At *entry; // every cell, in the order of lines
    size_t entries;
    const char **letters_note;  // what to know of the letters, a sentence each, NULL-terminated
    const Column *const *apart; // the layout's
    bool headed;                // each task is described above its table
} Table;

bool table_keys(Table *table, Layout *layout, Error *error); // reads the choice of keys
// Reads that of columns, then puts the cells in their order.
bool table_layout(Table *table, Layout *layout, Error *error);
bool keys_have(const Keys *keys, const char *name);
const char *keys_text(Arena *arena, const Key *key, const At *at);
bool keys_same(Arena *arena, const Keys *keys, const At *a, const At *b);
// The first entries of all that `keys` tell apart, in the order of lines; with `part` of those that
// agree with it in `of`.
size_t keys_distinct(const Table *table, const Keys *keys, const Keys *of, const At *part,
                     const At **first);
// Puts entries into the order of the keys themselves, whatever the lines are sorted by.
void keys_order(Arena *arena, const Keys *keys, const At **first, size_t n);
// Finds the letters of all cells where the column is shown; leaves the column out where nobody
// asked for it and there are none.
void table_letters(Table *table);
void table_csv(FILE *out, const Table *table);
void table_notes(FILE *out, const Table *table);
// "accuracy on dev, 1000 items; best constant answer 50.0; bag of words 86.5".
const char *block_details(const Table *table, const Block *block);
// The best constant answer of a block on a split; NAN where unknown.
double block_majority(const Table *table, const Block *block, const char *split);
#endif
