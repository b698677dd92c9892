// row.h: one run is one row of CSV. The columns are one list; header, order, writer, reader and
// results/SCHEMA.md all come from it.
//
// An unknown cell is written empty, never 0; a known zero means that zero was measured. A real that
// is not finite is unknown, and an empty text too. Two rows are "the same row" when all but their
// measured cells are written alike.
#ifndef BASE_ROW_H
#define BASE_ROW_H
#include "base/arena.h"
#include "base/row_columns.h" // ROW_COLUMNS
#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { ROW_SCHEMA = 1 }; // raised with every change of the columns

typedef const char *Text; // NULL: unknown
typedef int64_t Whole;    // WHOLE_UNKNOWN: unknown
typedef double Real;      // NAN: unknown
#define WHOLE_UNKNOWN INT64_MIN

#define ROW_FIELD(name, type, role, group, unit, source) type name;
typedef struct {
    ROW_COLUMNS(ROW_FIELD)
} Row;
#undef ROW_FIELD

typedef enum { COLUMN_Text, COLUMN_Whole, COLUMN_Real } ColumnType;
typedef enum { COLUMN_decided, COLUMN_result, COLUMN_measured } ColumnKind;
typedef enum { // row_columns.h; sets of them are written with |
    ROLE_decided = 1 << 0,
    ROLE_seed = 1 << 1,
    ROLE_line = 1 << 2,
    ROLE_effort = 1 << 3,
    ROLE_lever = 1 << 4,
    ROLE_rate = 1 << 5,
    ROLE_steps = 1 << 6,
    ROLE_fold = 1 << 7,
    ROLE_block = 1 << 8,
    ROLE_found = 1 << 9,
    ROLE_result = 1 << 10,
    ROLE_measured = 1 << 11,
    ROLE_machine = 1 << 12,
    ROLES_OF_LINE = ROLE_line | ROLE_effort | ROLE_lever | ROLE_rate,
    ROLES_OF_SETTING = ROLES_OF_LINE | ROLE_steps | ROLE_fold | ROLE_block, // all but the seed
} ColumnRole;
typedef struct {
    const char *name, *group, *unit, *source;
    ColumnType type;
    ColumnRole role;
    ColumnKind kind; // of the role
    size_t field;    // offset in Row
} Column;
extern const Column row_column[]; // in the order of the file
extern const size_t row_columns;
extern const char *const row_names[];     // of the columns, NULL-terminated
const Column *row_find(const char *name); // NULL when there is none
bool column_is_share(const Column *column,
                     const char *group); // a fraction of "score", "parameters"
// Refuses a metric that is no fraction; `text`: as the file has it. Unknown, NAN, is none.
bool score_bounded(double score, const char *text, Where where, Error *error);

extern const char *const row_statuses[]; // ok diverged failed timeout; NULL-terminated

void row_clear(Row *row);                // everything unknown
void row_header(FILE *out);              // with its line end
void row_put(FILE *out, const Row *row); // one line; reals with %.9g
bool row_ok(const Row *row);             // its run ended well
// Seconds that the run takes where no other has left it anything: its phases, where these are more
// than its clock (feature_s), else wall_s. Unknown where that is.
double row_alone_s(const Row *row);
const char *row_text(Arena *arena, const Row *row, const Column *column); // as written; "" unknown
bool rows_alike(const Row *a, const Row *b, unsigned roles); // in the columns of these, as written
// "3fa2c1d04e+changes": of what its program was made; NULL: unknown.
const char *row_commit(Arena *arena, const Row *row);
// Whether a value, as written, is what was typed: 0.001 is also 1e-3, but not in a column of texts.
bool row_value_is(const Column *column, const char *value, const char *typed); // NULL: an option
// A hash, which is shown by its first digits, and may be typed so.
enum { HASH_SHOWN = 8 };
bool column_is_hash(const Column *column);
// The options of its method, which the row has as one text (options_canonical): names without the
// method's, values as they were typed. row_option: NULL where it has none called so.
typedef struct { // also a column that sets rows apart
    const char *name, *value;
} RowSetting;
RowSetting *row_options(Arena *arena, const Row *row, size_t *count);
const char *row_option(Arena *arena, const Row *row, const char *name);
// Whether the head's rate is that of the rest: it is where no other is asked for, and that goes
// without saying.
bool row_head_follows(const Row *row);
// Where a run leaves a thing: FOLDER/KIND/KEY.csv. Kinds are rows, scores, predictions, curves and
// profiles.
char *row_file(Arena *arena, const char *folder, const char *kind, const char *key);
bool row_write(const char *path, const Row *row,
               Error *error); // header and row, whole (file_write)
// Reads a file of rows, its columns in any order; a column that the program does not know, a
// missing one, a cell of the wrong type or a row of another schema is refused with file and line.
bool rows_read(Arena *arena, const char *path, Row **rows, size_t *count, Error *error);
// The row that a run left in rows/KEY.csv, whole: one row, of this key, with a status, and with the
// line end that was written last.
bool row_read(Arena *arena, const char *path, const char *key, const Row **row, Error *error);
// The same where it is there and ended ok, so that no other attempt takes its place; else NULL.
const Row *row_finished(Arena *arena, const char *path, const char *key);
// Whether a file of rows says that it is of another schema; false where it says nothing.
bool rows_of_other_schema(Arena *arena, const char *path);
void row_schema(FILE *out); // results/SCHEMA.md
// results/schema.json, a Frictionless Table Schema (datapackage.org/standard/table-schema) of a
// file of rows; unit, kind and group are properties of our own. `values`: those that a column of
// texts may have, "yes|no", or NULL: any.
bool row_table_schema(FILE *out, const char *(*values)(Arena *, const Column *), Error *error);
#endif
