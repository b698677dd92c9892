// table.h: rows as a table a person reads, or a program.
//
// A block a task (report/summary.h says which rows stand together), a line a model and method. A
// score is the mean over n seeds with the half-width of its 95 % t interval (reference: sd with
// n - 1, Student's t with n - 1 degrees of freedom), in points; --csv has fractions. Several blocks
// are preceded by an overview with a column a block. What was not measured is empty, never 0; runs
// without a score are counted by name, dead ones too, and listed with their keys.
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H
#include "base/row.h"

typedef enum { TABLE_TEXT, TABLE_CSV, TABLE_MARKDOWN } TableFormat;

// Prints the table to `out`. What a reader must know beside it (what a number is, runs without a
// score, commits that are mixed, what makes times incomparable) goes to `notes`: the same file for
// people, another for --csv, nowhere when NULL. ERROR_INPUT where rows can't share a table.
bool table_print(FILE *out, FILE *notes, const Row *rows, size_t count, TableFormat format,
                 Error *error);
#endif
