// table_impl.h: what the parts of a table share: its arrangement (table.c), its letters and
// CSV (table_letters.c, table_csv.c),
// the sentences beside it (table_notes.c).
#ifndef REPORT_TABLE_IMPL_H
#define REPORT_TABLE_IMPL_H
#include "report/column.h"
#include "report/table.h"

typedef struct {
    const char *name;
    const Column *column; // NULL: task, model or method
} Key;

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
    const char **letters_note; // what to know of the letters, a sentence each, NULL-terminated
    bool headed;               // each task is described above its table
} Table;

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
