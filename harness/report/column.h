// column.h: what can stand in a column of a table.
//
// A name is one of the list below (score, n, trained, ...; column_help) or any column of a row. Of
// a row's column that is a score in points (column_is_share), a cell shows the mean over seeds with
// its interval; of bytes the largest; of other numbers the median; of a text what it is, or all
// that it is.
#ifndef REPORT_COLUMN_H
#define REPORT_COLUMN_H
#include "report/floor.h"
#include "report/on_split.h"

typedef struct { // what a cell of the table is about
    const Block *block;
    const Cell *cell;
    const Floors *floors;
    const Rows *rows;   // those of its runs
    bool remarked;      // a column of remarks says what is dead or missing
    const Cell *beside; // what numbers are held against, or NULL
    bool other_seeds;   // that has others, and so it is NULL
} At;

typedef struct Shown {
    const char *name;     // as typed
    const char *title;    // of the column; lines broken by '\n'
    const Column *column; // of a row, or NULL
    const char *field;    // what CSV calls it; NULL: as the row's column
    const char *split;    // of a score; NULL: the one that the task reports
    const char *splits;   // of all scores beside it, as typed; NULL: none was
    char side;            // 'l' or 'r'
    const char *(*text)(Arena *arena, const struct Shown *shown, const At *at);
    double (*number)(Arena *arena, const struct Shown *shown, const At *at); // to sort by; or NULL
} Shown;

// "score,n,train_s" as a list; n stands behind score where nobody put it, since a mean says nothing
// without it. `splits` ("dev,test"; NULL: what the task reports) is whose score `score` is.
// ERROR_INPUT, with the nearest and the option that named it, for a name that is none.
bool columns_of(Arena *arena, const char *option, const char *names, const char *splits,
                Shown **shown, size_t *count, Error *error);
bool columns_has(const Shown *shown, size_t count, const char *name);
void column_help(FILE *out); // a line a name

// What stands in a cell; where there is something to hold it against, with the difference: "13.3
// (-24 %)", of scores in points. Equal numbers have none.
const char *column_text(Arena *arena, const Shown *shown, const At *at);
// That difference, as a share of what it is held against; of scores in points as fractions. NAN:
// unknown.
double column_change(Arena *arena, const Shown *shown, const At *at);

const char *score_text(Arena *arena, const Interval *score); // "82.0 ± 2.0", in points
// Three digits, as far as the last is no fraction of a hundredth; of less than 0.1 two digits.
const char *three_digits(Arena *arena, double value);
const char *count_text(Arena *arena, double value); // likewise: "9876", "12.3k", "1.23M"

// "2 of 5 runs had less than 90 % of their core (17 to 89 %), since the machine was busy": what
// makes seconds by the clock no cost of a method. Of runs of one thread that ended ok, whose
// processor time is their wall clock on a machine that has nothing else to do. NULL: all had their
// core.
const char *busy_text(Arena *arena, const Row *const *run, size_t runs);
// What a cell scores on a split; NULL: on the one that the task reports.
OnSplit at_on_split(Arena *arena, const At *at, const char *split);
// "dev,test" as two; NULL as one NULL, which is the split that a task reports.
char **splits_typed(Arena *arena, const char *typed, size_t *count);
bool column_shows_dead(Arena *arena, const Shown *shown, const At *at);
// "1/5 dead", "1 failed, 2 timeout"; "" when there is nothing to say.
const char *dead_text(Arena *arena, const OnSplit *on);
const char *cell_missing(Arena *arena, const Cell *cell, size_t unscored);
#endif
