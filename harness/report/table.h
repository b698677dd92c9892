// table.h: rows as a table a person reads, or a program.
//
// report/summary.h says which rows stand together: the cells of the table have a task (with one
// protocol), a model and a method (with its settings). Which of the three are the lines, which part
// the tables, and which lie side by side is the reader's choice; without any, there is an overview
// (lines: model and method; across: tasks), then a table a task.
//
// A score is the mean over n seeds with the half-width of its 95 % t interval (reference: sd with
// n - 1, Student's t with n - 1 degrees of freedom), in points; CSV has fractions. What was not
// measured is empty, never 0; runs without a score are counted by name, dead ones too, and listed
// with their keys. A floor (report/floor.h) stands in each table, and what is below it is marked.
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H
#include "report/floor.h"
#include "base/folder.h"
#include "report/grid.h"

// Lists as typed, NULL for the usual. Keys are task, model, method, or a column of a row: runs that
// differ in it are in different cells, also where they differ in their seeds alone.
typedef struct {
    TableFormat format;
    const char *columns;            // report/column.h
    const char *rows, *by, *across; // keys: of a line; of a table; what lies side by side
    const char *split;              // "dev,test"
    const char *sort;               // a column, "-" before it for the largest first
    bool trials;                    // of the search's runs, by their score on tune
    bool levers;                    // numbers with their change from the run without levers
} TableChoice;

// Prints the tables to `out`. What a reader must know beside them (what a number is, runs without a
// score, commits that are mixed, what makes times incomparable) goes to `notes`: the same file for
// people, another for CSV, nowhere when NULL. CSV is a line a cell. ERROR_INPUT where rows can't
// share a table or a choice names what is not there.
bool table_print(FILE *out, FILE *notes, const Rows *rows, const Floors *floors,
                 const TableChoice *choice, Error *error);
#endif
