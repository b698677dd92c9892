// summary_impl.h: what the parts of summary share: runs being placed (summary.c), then counted
// (summary_fill.c) and named (summary_label.c).
#ifndef REPORT_SUMMARY_IMPL_H
#define REPORT_SUMMARY_IMPL_H
#include "report/summary.h"

typedef enum { OF_BLOCK, OF_LINE, OF_SEARCH, OF_FOLD, OF_SEED } Part;
typedef struct {
    const Column *column;
    Part part;
    bool use;   // an empty cell is a value like others: not used
    bool apart; // asked for: it is in no label, name or protocol
} Field;

typedef struct {
    const Row *row;
    const char **value;    // of each field, as written
    bool searched, folded; // its rate was searched; it is of a fold, and folds are one question
    size_t draft;          // the cell it is in
} Run;

// A cell or a block while runs are being placed: what is known of it so far.
typedef struct {
    const char **value;
    const char *task;
    size_t block;
} Draft;

typedef struct {
    Arena *arena;
    bool trials; // of these, by their score on tune
    Field *field;
    size_t fields;
    size_t fold; // the field that is the fold; where it was asked for each is a question of its own
    Run *run;
    size_t runs;
    Draft *block, *cell;
    size_t blocks, cells;
} Work;

void fill_block(const Work *work, size_t b, Block *block);
void name_blocks(const Work *work, Summary *summary);
void label_cells(const Work *work, Summary *summary);
void note_uneven(const Work *work, const Summary *summary, Block *block);
#endif
