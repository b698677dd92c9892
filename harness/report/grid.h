// grid.h: texts in rows and columns, for a terminal, a page, or a paper.
#ifndef REPORT_GRID_H
#define REPORT_GRID_H
#include "base/arena.h"
#include <stdio.h>

typedef enum { TABLE_TEXT, TABLE_CSV, TABLE_MARKDOWN, TABLE_LATEX } TableFormat;

typedef struct {
    const char *name;         // "reviews"; NULL: no caption
    const char *const *line;  // NULL-terminated; the first goes on behind the name
    const char *const *title; // a heading a column, its lines broken by '\n'
    size_t columns, labels;   // the first `labels` columns stand before every part
    const char *side;         // a letter a column: 'l' or 'r'
    bool remarks;             // the last column may stand out beyond the width
    const char **cell;        // rows x columns, never NULL
    size_t rows;
} Grid;

// TEXT: aligned, in parts as wide as the terminal, else of at most 100 columns; MARKDOWN; LATEX: a
// table of packages booktabs and graphicx with a caption, made smaller where it is wider than the
// text, and headings of two lines. A label is not said again below itself where rows are
// aligned. Nothing in a cell is special to the reader's program.
void grid_print(FILE *out, Arena *arena, const Grid *grid, TableFormat format);
// A heading on one line: its lines meet at a blank, or at the hyphen that one ends with.
const char *heading_unbroken(Arena *arena, const char *heading);
// A sentence beside the tables; `first` and `last` of several.
void grid_note(FILE *out, TableFormat format, bool first, bool last, const char *note);
#endif
