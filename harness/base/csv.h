// csv.h: comma-separated files (RFC 4180, by libcsv) and files of lines (byte for byte).
//
// libcsv trims blanks around unquoted fields, ends a row at a lone CR, and recovers silently from
// an unclosed quote; each of the last two is refused here with its line, and fields keep their
// blanks. So are text after a closing quote and a quote within an unquoted field. A byte-order mark
// is skipped; CRLF, LF and a missing last line end are the same; text must be UTF-8 without NUL.
// Empty lines may follow the last row, but not stand between rows. Files of lines: no quoting at
// all, a quotation mark is a character, and so is a CR that no LF follows.
#ifndef BASE_CSV_H
#define BASE_CSV_H
#include "base/arena.h"
#include "base/file.h"

typedef struct {
    const char **field; // `columns` of them
    size_t line;        // where the row begins in the file, from 1
} CsvRow;

typedef struct {
    const char *file;
    const char **header; // NULL when read without
    size_t columns;
    CsvRow *row;
    size_t rows;
    size_t dropped; // by RAGGED_DROPPED
} Csv;

typedef enum {
    CSV_COMMAS,
    CSV_TABS,  // a line's fields have tabs between
    CSV_WORDS, // two fields: a line's first word, and what follows the blank behind it
    CSV_LINES  // one field: the line; an empty line is a row, too
} CsvFormat;

typedef enum { // a row that has another number of fields than there are columns
    RAGGED_REFUSED,
    RAGGED_CUT,    // fields beyond the columns are left away; fewer are refused
    RAGGED_DROPPED // the row is left out
} CsvRagged;
extern const char *const ragged_names[]; // refuse cut drop; NULL-terminated

typedef enum { ENCODING_UTF8, ENCODING_WINDOWS_1252 } CsvEncoding;
extern const char *const encoding_names[]; // utf-8 windows-1252; NULL-terminated

typedef struct {
    CsvFormat format;
    bool header; // the first row names the columns
    CsvRagged ragged;
    CsvEncoding encoding;
} CsvForm;

// Reads all of it into the arena. With `header` the first row names the columns (no name twice) and
// every row must have as many fields; without, the first row decides the number. A file without
// anything in it is refused. (libcsv has a csv_parse already.)
bool csv_parse_as(Arena *arena, Bytes bytes, const char *file, const CsvForm *form, Csv *csv,
                  Error *error);
bool csv_read_as(Arena *arena, const char *path, const CsvForm *form, Csv *csv, Error *error);

// UTF-8, no row ragged.
bool csv_read(Arena *arena, const char *path, CsvFormat format, bool header, Csv *csv,
              Error *error);

// SIZE_MAX when there is none. Without a header a column's name is its number, from 1.
size_t csv_column(const Csv *csv, const char *name);

// Quoted where RFC 4180 asks for it, and where it begins like a file's mark. A row's only field
// must not be empty: it would be an empty line.
void csv_put(FILE *out, const char *field);
void csv_put_real(FILE *out, double value); // nine digits; nothing of NAN
#endif
