// row.c: the table that ROW_COLUMNS makes, and what is done with each of its columns.
#include "base/row.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/option.h"
#include "base/text.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define KIND_OF(role)                                                                              \
    ((role) >= ROLE_measured ? COLUMN_measured                                                     \
     : (role) == ROLE_result ? COLUMN_result                                                       \
                             : COLUMN_decided)
#define COLUMN_OF(name, type, role, group, unit, source)                                           \
    { #name,                                                                                       \
      #group,                                                                                      \
      unit,                                                                                        \
      source,                                                                                      \
      COLUMN_##type,                                                                               \
      ROLE_##role,                                                                                 \
      KIND_OF(ROLE_##role),                                                                        \
      offsetof(Row, name) },
const Column row_column[] = { ROW_COLUMNS(COLUMN_OF) };
#undef COLUMN_OF
const size_t row_columns = sizeof row_column / sizeof *row_column;

#define NAME_OF(name, type, role, group, unit, source) #name,
const char *const row_names[] = { ROW_COLUMNS(NAME_OF) NULL };
#undef NAME_OF

enum { COLUMNS = sizeof row_column / sizeof *row_column };

static const struct {
    const char *name, *right, *json; // json: as Table Schema calls it
} types[] = {
    [COLUMN_Text] = { "text", "text", "string" },
    [COLUMN_Whole] = { "whole", "a whole number, or empty", "integer" },
    [COLUMN_Real] = { "real", "a number, or empty", "number" },
};
static const char *const kinds[] = {
    [COLUMN_decided] = "decided", [COLUMN_result] = "result", [COLUMN_measured] = "measured"
};

const char *const row_statuses[] = { "ok", "diverged", "failed", "timeout", NULL };

typedef struct {
    char digits[32];
} Cell;

static const char *cell_text(const Row *row, const Column *column, Cell *cell);
static bool cell_read(Row *row, const Column *column, const char *text);
static bool schema_is_ours(const Csv *csv, Error *error);
static bool columns_of(const Csv *csv, size_t at[COLUMNS], Error *error);
static bool row_body(FILE *out, const void *row);
static void *field_of(const Row *row, const Column *column);

const Column *row_find(const char *name)
{
    int index = text_index(name, row_names);
    return index < 0 ? NULL : &row_column[index];
}

bool column_is_share(const Column *column, const char *group)
{
    return !strcmp(column->group, group) && !strcmp(column->unit, "fraction");
}

// Every metric that is a fraction lies there: matthews and correlations may be negative.
bool score_bounded(double score, const char *text, Where where, Error *error)
{
    return !(fabs(score) > 1) ||
           fail(error, ERROR_INPUT, where, "a fraction, from -1 to 1", "is %s", text);
}

void row_clear(Row *row)
{
    static const Text unknown_Text = NULL;
    static const Whole unknown_Whole = WHOLE_UNKNOWN;
    static const Real unknown_Real = NAN;
#define CLEAR(name, type, role, group, unit, source) row->name = unknown_##type;
    ROW_COLUMNS(CLEAR)
#undef CLEAR
}

void row_header(FILE *out)
{
    for (size_t i = 0; i < row_columns; i++)
        fprintf(out, "%s%s", i ? "," : "", row_column[i].name);
    fputc('\n', out);
}

void row_put(FILE *out, const Row *row)
{
    for (size_t i = 0; i < row_columns; i++) {
        Cell cell;
        if (i)
            fputc(',', out);
        csv_put(out, cell_text(row, &row_column[i], &cell));
    }
    fputc('\n', out);
}

bool row_ok(const Row *row)
{
    return row->status && !strcmp(row->status, "ok");
}

double row_alone_s(const Row *row)
{
    const double phase[] = { row->load_s, row->tokenize_s, row->feature_s, row->train_s,
                             row->eval_s };
    double sum = 0;
    for (size_t i = 0; i < sizeof phase / sizeof *phase; i++)
        sum += isnan(phase[i]) ? 0 : phase[i];
    return isnan(row->wall_s) ? (double)NAN : fmax(row->wall_s, sum);
}

const char *row_text(Arena *arena, const Row *row, const Column *column)
{
    Cell cell;
    return arena_text(arena, cell_text(row, column, &cell));
}

bool rows_alike(const Row *a, const Row *b, unsigned roles)
{
    bool alike = true;
    for (size_t i = 0; i < row_columns && alike; i++) {
        Cell x, y;
        const Column *column = &row_column[i];
        alike =
            !(column->role & roles) || !strcmp(cell_text(a, column, &x), cell_text(b, column, &y));
    }
    return alike;
}

const char *row_commit(Arena *arena, const Row *row)
{
    const char *changes = text_same(row->dirty, "yes") ? "+changes" : "";
    return row->commit ? arena_format(arena, "%.10s%s", row->commit, changes) : NULL;
}

bool column_is_hash(const Column *column)
{
    return strstr(column->name, "_sha") != NULL;
}

bool row_value_is(const Column *column, const char *value, const char *typed)
{
    double a, b;
    bool number = !column || column->type != COLUMN_Text;
    if (column && column_is_hash(column) && strlen(typed) >= HASH_SHOWN)
        return !strncmp(value, typed, strlen(typed));
    return !strcmp(value, typed) || (number && text_real(value, &a) && text_real(typed, &b) &&
                                     !(a < b) && !(b < a)); // the same, and so are two NaN
}

// "lora.alpha=16;lora.rank=8"
RowSetting *row_options(Arena *arena, const Row *row, size_t *count)
{
    const char *at = known(row->options);
    size_t size = strlen(at) + 2;
    RowSetting *option = arena_take(arena, size, sizeof *option);
    char *to = arena_take(arena, 2 * size, 1); // a part without '=' has two ends for its one ';'
    for (*count = 0; *at; at += *at == ';') {
        at = option_own(at, row->method);
        option[*count].name = to;
        while (*at && *at != '=' && *at != ';')
            *to++ = *at++;
        *to++ = '\0';
        at += *at == '=';
        option[(*count)++].value = to;
        for (; *at && *at != ';'; at++) {
            at += *at == '\\' && at[1];
            *to++ = *at;
        }
        *to++ = '\0';
    }
    return option;
}

const char *row_option(Arena *arena, const Row *row, const char *name)
{
    size_t count;
    const RowSetting *option = row_options(arena, row, &count);
    for (size_t o = 0; o < count; o++)
        if (option_called(option[o].name, name))
            return option[o].value;
    return NULL;
}

bool row_head_follows(const Row *row)
{
    return row->head_lr == row->lr || (isnan(row->head_lr) && isnan(row->lr));
}

bool row_write(const char *path, const Row *row, Error *error)
{
    return file_write(path, row_body, row, error);
}

char *row_file(Arena *arena, const char *folder, const char *kind, const char *key)
{
    return path_join(arena, path_join(arena, folder, kind), arena_format(arena, "%s.csv", key));
}

static bool row_body(FILE *out, const void *row)
{
    row_header(out);
    row_put(out, row);
    return !ferror(out);
}

// The cell as a file holds it, but not quoted; numbers are written into *cell.
static const char *cell_text(const Row *row, const Column *column, Cell *cell)
{
    const void *field = field_of(row, column);
    cell->digits[0] = '\0';
    if (column->type == COLUMN_Text) {
        Text text = *(const Text *)field;
        return text ? text : "";
    }
    if (column->type == COLUMN_Whole) {
        Whole whole = *(const Whole *)field;
        if (whole != WHOLE_UNKNOWN)
            snprintf(cell->digits, sizeof cell->digits, "%" PRId64, whole);
    } else {
        Real real = *(const Real *)field;
        if (isfinite(real))
            snprintf(cell->digits, sizeof cell->digits, "%.9g", real + 0.0); // -0 is 0
    }
    return cell->digits;
}

bool rows_read(Arena *arena, const char *path, Row **rows, size_t *count, Error *error)
{
    Csv csv;
    size_t at[COLUMNS];
    if (!csv_read(arena, path, CSV_COMMAS, true, &csv, error) || !schema_is_ours(&csv, error) ||
        !columns_of(&csv, at, error))
        return false;
    Row *row = arena_take(arena, csv.rows, sizeof *row);
    for (size_t r = 0; r < csv.rows; r++) {
        Where where = { .file = csv.file, .line = csv.row[r].line };
        row_clear(&row[r]);
        for (size_t i = 0; i < row_columns; i++) {
            const char *text = csv.row[r].field[at[i]];
            where.item = row_column[i].name;
            if (!cell_read(&row[r], &row_column[i], text))
                return fail(error, ERROR_INPUT, where, types[row_column[i].type].right,
                            "'%s' is not a%s number", text,
                            row_column[i].type == COLUMN_Whole ? " whole" : "");
            if (column_is_share(&row_column[i], "score") &&
                !score_bounded(*(const Real *)field_of(&row[r], &row_column[i]), text, where,
                               error))
                return false;
        }
    }
    *rows = row;
    *count = csv.rows;
    return true;
}

bool row_read(Arena *arena, const char *path, const char *key, const Row **row, Error *error)
{
    Where where = { .file = path };
    Bytes bytes;
    Row *rows;
    size_t count;
    if (!file_read(arena, path, &bytes, error))
        return false;
    if (bytes.size == 0 || bytes.data[bytes.size - 1] != '\n')
        return fail(error, ERROR_INPUT, where, "a whole row", "is cut");
    if (!rows_read(arena, path, &rows, &count, error))
        return false;
    if (count != 1 || !text_same(rows->key, key))
        return fail(error, ERROR_INPUT, where, "the one row of this key", "holds something else");
    *row = rows;
    const char *status = rows->status ? rows->status : "";
    return text_among(status, row_statuses) ||
           fail(error, ERROR_INPUT, where, "ok, diverged, failed or timeout", "status is '%s'",
                status);
}

const Row *row_finished(Arena *arena, const char *path, const char *key)
{
    const Row *row = NULL;
    Error error;
    bool there = file_exists(path) && row_read(arena, path, key, &row, &error);
    return there && row_ok(row) ? row : NULL;
}

// Before the columns, which are others in another schema.
static bool schema_is_ours(const Csv *csv, Error *error)
{
    size_t at = csv_column(csv, "schema");
    for (size_t r = 0; r < csv->rows && at != SIZE_MAX; r++) {
        Where where = { .file = csv->file, .line = csv->row[r].line, .item = "schema" };
        char right[32];
        int64_t schema;
        snprintf(right, sizeof right, "%d", ROW_SCHEMA);
        if (text_whole(csv->row[r].field[at], &schema) && schema != ROW_SCHEMA)
            return fail(error, ERROR_INPUT, where, right, "is %" PRId64, schema);
    }
    return true;
}

bool rows_of_other_schema(Arena *arena, const char *path)
{
    Csv csv;
    Error error;
    return csv_read(arena, path, CSV_COMMAS, true, &csv, &error) && !schema_is_ours(&csv, &error);
}

// Where each of our columns stands in the file.
static bool columns_of(const Csv *csv, size_t at[COLUMNS], Error *error)
{
    Where where = { .file = csv->file, .line = 1 };
    for (size_t i = 0; i < csv->columns; i++)
        if (!row_find(csv->header[i]))
            return fail(error, ERROR_INPUT, where, text_nearest(csv->header[i], row_names, NULL),
                        "column '%s' is unknown", csv->header[i]);
    for (size_t i = 0; i < row_columns; i++)
        if ((at[i] = csv_column(csv, row_names[i])) == SIZE_MAX)
            return fail(error, ERROR_INPUT, where, "there", "column '%s' is missing", row_names[i]);
    return true;
}

static bool cell_read(Row *row, const Column *column, const char *text)
{
    void *field = field_of(row, column);
    if (!*text)
        return true;
    if (column->type == COLUMN_Text) {
        *(Text *)field = text;
        return true;
    }
    return column->type == COLUMN_Whole ? text_whole(text, field) : text_real(text, field);
}

void row_schema(FILE *out)
{
    fprintf(
        out,
        "# The row\n\n"
        "One run is one line of CSV. The program makes this page from the table that writes the "
        "row: version %d,\n%zu columns, in the order of the file.\n\n"
        "- An **empty cell** means: not measured, or does not apply. It never means 0, and a 0 "
        "was measured.\n"
        "- **Scores and shares are fractions** (0.912, not 91.2); tables print points.\n"
        "- Reals have up to nine digits. A real that is not finite is left empty.\n"
        "- **decided**: fixed before the run starts. **result**: what came out of it. "
        "**measured**: differs from\n  one execution to the next. Two rows are *the same row* "
        "when all cells but the measured ones are equal.\n",
        ROW_SCHEMA, row_columns);
    const char *group = "";
    for (size_t i = 0; i < row_columns; i++) {
        const Column *column = &row_column[i];
        if (strcmp(group, column->group) != 0)
            fprintf(out,
                    "\n## %s\n\n| column | type | unit | kind | where the value comes from |\n"
                    "|---|---|---|---|---|\n",
                    column->group);
        group = column->group;
        fprintf(out, "| `%s` | %s | %s | %s | %s |\n", column->name, types[column->type].name,
                column->unit, kinds[column->kind], column->source);
    }
}

static json_t *field_schema(Arena *arena, const Column *column, const char *values)
{
    json_t *field = json_pack("{s:s, s:s, s:s, s:s*, s:s, s:s}", "name", column->name, "type",
                              types[column->type].json, "description", column->source, "unit",
                              *column->unit ? column->unit : NULL, "kind", kinds[column->kind],
                              "group", column->group);
    size_t count = 0;
    char **value = values ? text_split(arena, values, '|', &count) : NULL;
    json_t *list = values ? json_array() : NULL;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(value[i]));
    if (list)
        json_object_set_new(field, "constraints", json_pack("{s:o}", "enum", list));
    if (column_is_share(column, "score"))
        json_object_set_new(field, "constraints",
                            json_pack("{s:i, s:i}", "minimum", -1, "maximum", 1));
    return field;
}

bool row_table_schema(FILE *out, const char *(*values)(Arena *, const Column *), Error *error)
{
    Arena *arena = arena_new(1 << 20, error);
    json_t *fields = arena ? json_array() : NULL;
    bool ok = fields != NULL;
    for (size_t i = 0; i < row_columns && ok; i++)
        ok = json_array_append_new(
                 fields, field_schema(arena, &row_column[i], values(arena, &row_column[i]))) == 0;
    json_t *schema = json_pack("{s:s, s:s, s:o, s:[s], s:[s]}", "$schema",
                               "https://datapackage.org/profiles/2.0/tableschema.json",
                               "description", "rows of tunemark, one a run; results/SCHEMA.md",
                               "fields", fields, "missingValues", "", "primaryKey", "key");
    ok = ok && schema && json_dumpf(schema, out, JSON_INDENT(2)) == 0 && fputc('\n', out) >= 0;
    json_decref(schema);
    arena_free(arena);
    return ok || fail(error, ERROR_ENVIRONMENT, (Where){ .item = "schema" }, NULL,
                      "could not be written");
}

static void *field_of(const Row *row, const Column *column)
{
    return (char *)(uintptr_t)row + column->field;
}
