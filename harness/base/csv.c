// csv.c: libcsv tells fields and row ends; here they are laid out, counted and, where libcsv would
// guess, refused.
#include "base/csv.h"
#include "base/encoding.h"
#include "base/text.h"
#include <csv.h>
#include <math.h>
#include <string.h>

typedef struct {
    Arena *arena;
    const char *file;
    Csv *csv;
    Error *error;
    char *text;         // where the next field's text goes
    const char **field; // where the next field's pointer goes
    CsvRow *row;        // the row that is being filled
    size_t fields;      // in it so far
    size_t line;        // of the next byte
    size_t empty_line;  // 0, or the first empty line since the last row
    CsvRagged ragged;
    bool header; // the first row is still to come and names the columns
    bool cr;     // the last thing was a CR outside of quotes
    bool failed;
} Reader;

// libcsv's room for a field grows by as much as this, copied each time: its own 128 bytes make a
// field of 10 MB a matter of minutes.
enum { FIELD_ROOM = 1 << 20 };
const char *const ragged_names[] = { "refuse", "cut", "drop", NULL };
const char *const encoding_names[] = { "utf-8", "windows-1252", NULL };

// What separates the fields of a line, and how many there are at most.
static const struct {
    int separator;
    size_t most;
    bool empty; // an empty line is a row
} formats[] = {
    [CSV_COMMAS] = { ',', SIZE_MAX, false },
    [CSV_TABS] = { '\t', SIZE_MAX, false },
    [CSV_WORDS] = { ' ', 2, false },
    [CSV_LINES] = { '\n', 1, true },
};

static bool make_room(Reader *reader, Bytes bytes, CsvFormat format);
static void read_commas(Reader *reader, Bytes bytes);
static void read_lines(Reader *reader, Bytes bytes, CsvFormat format);
static void field_ends(void *text, size_t size, void *reader);
static void add_field(Reader *reader, const char *text, size_t size);
static void row_ends(int end, void *reader);
static void finish_row(Reader *reader);
static void names_differ(Reader *reader, size_t line);
static void refuse(Reader *reader, size_t line, const char *right, const char *what);

bool csv_parse_as(Arena *arena, Bytes bytes, const char *file, const CsvForm *form, Csv *csv,
                  Error *error)
{
    Reader reader = { .arena = arena,
                      .file = file,
                      .csv = csv,
                      .error = error,
                      .line = 1,
                      .ragged = form->ragged,
                      .header = form->header };
    *csv = (Csv){ .file = file };
    if (form->encoding == ENCODING_WINDOWS_1252 &&
        !bytes_from_windows_1252(arena, bytes, file, &bytes, error))
        return false;
    bytes = bytes_after_mark(bytes);
    if (!bytes_are_text(bytes, (Where){ .file = file }, error) ||
        !make_room(&reader, bytes, form->format))
        return false;
    if (form->format == CSV_COMMAS)
        read_commas(&reader, bytes);
    else
        read_lines(&reader, bytes, form->format);
    if (!reader.failed && csv->columns == 0)
        refuse(&reader, 0, form->header ? "a line that names the columns" : "rows", "is empty");
    return !reader.failed;
}

bool csv_read_as(Arena *arena, const char *path, const CsvForm *form, Csv *csv, Error *error)
{
    Bytes bytes;
    if (!file_map(path, &bytes, error))
        return false;
    bool ok = csv_parse_as(arena, bytes, arena_text(arena, path), form, csv, error);
    file_unmap(bytes);
    return ok;
}

bool csv_read(Arena *arena, const char *path, CsvFormat format, bool header, Csv *csv, Error *error)
{
    return csv_read_as(arena, path, &(CsvForm){ .format = format, .header = header }, csv, error);
}

// Takes for the most that these bytes can hold: a field ends at a separator, a line end or the end
// of the file, and its text with a final zero is no longer than it is in the file with its end. The
// names are sorted once.
// Pages that stay untouched cost nothing.
static bool make_room(Reader *reader, Bytes bytes, CsvFormat format)
{
    size_t fields = 1, rows = 1, aligned = 4096;
    int separator = formats[format].separator;
    for (size_t i = 0; i < bytes.size; i++) {
        bool ends_row = bytes.data[i] == '\n' || bytes.data[i] == '\r';
        fields += bytes.data[i] == separator || ends_row;
        rows += ends_row;
    }
    size_t size = bytes.size + 1;
    size_t most = size + 2 * fields * sizeof *reader->field + rows * sizeof *reader->row + aligned;
    if (most > arena_left(reader->arena))
        return fail(reader->error, ERROR_ENVIRONMENT, (Where){ .file = reader->file }, NULL,
                    "%zu lines may not fit into %zu bytes of memory", rows,
                    arena_left(reader->arena));
    reader->text = arena_take(reader->arena, size, 1);
    reader->field = arena_take(reader->arena, fields, sizeof *reader->field);
    reader->row = arena_take(reader->arena, rows, sizeof *reader->row);
    reader->csv->row = reader->row;
    return true;
}

static int no_byte(unsigned char byte)
{
    (void)byte;
    return 0;
}

// libcsv drops "spaces" around a field; here no byte is one. CSV_REPALL_NL reports the LF of a CRLF
// and empty lines as rows without fields, so that a lone CR and an empty line can be told.
static void read_commas(Reader *reader, Bytes bytes)
{
    struct csv_parser parser;
    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL); // fails on NULL alone
    csv_set_space_func(&parser, no_byte);
    csv_set_blk_size(&parser, FIELD_ROOM);
    size_t done = csv_parse(&parser, bytes.data, bytes.size, field_ends, row_ends, reader);
    bool parsed = done == bytes.size && csv_fini(&parser, field_ends, row_ends, reader) == 0;
    if (!parsed && !reader->failed) {
        if (csv_error(&parser) != CSV_EPARSE) {
            fail(reader->error, ERROR_ENVIRONMENT, (Where){ .file = reader->file }, NULL, "%s",
                 csv_strerror(csv_error(&parser)));
            reader->failed = true;
        } else if (done == bytes.size)
            refuse(reader, reader->line, "a quotation mark that closes it",
                   "a quotation mark opens a field that does not end");
        else if (parser.quoted)
            refuse(reader, line_at(bytes, done), "a comma or a line end (a quotation mark is \"\")",
                   "text follows a closing quotation mark");
        else
            refuse(reader, line_at(bytes, done), "a quoted field with \"\" for each of its own",
                   "a quotation mark within a field that is not quoted");
    }
    if (reader->cr)
        refuse(reader, reader->line, "LF or CRLF", "a line ends in CR alone");
    csv_free(&parser);
}

static void read_lines(Reader *reader, Bytes bytes, CsvFormat format)
{
    const char *at = (const char *)bytes.data, *end = at + bytes.size;
    int separator = formats[format].separator;
    while (at < end && !reader->failed) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        const char *last = feed ? feed : end, *next = NULL;
        if (feed && feed > at && feed[-1] == '\r')
            last--;
        for (const char *field = at; at < last && field; field = next ? next + 1 : NULL) {
            bool more = reader->fields + 1 < formats[format].most;
            next = more ? memchr(field, separator, (size_t)(last - field)) : NULL;
            add_field(reader, field, (size_t)((next ? next : last) - field));
        }
        if (at == last && formats[format].empty)
            add_field(reader, at, 0);
        at = feed ? feed + 1 : end;
        row_ends('\n', reader);
    }
}

static void field_ends(void *text, size_t size, void *reader)
{
    add_field(reader, text, size);
}

static void add_field(Reader *reader, const char *text, size_t size)
{
    if (reader->cr)
        refuse(reader, reader->line, "LF or CRLF", "a line ends in CR alone");
    if (reader->failed)
        return;
    if (reader->fields++ == 0)
        *reader->row = (CsvRow){ reader->field, reader->line };
    *reader->field++ = reader->text;
    for (size_t i = 0; i < size; i++) {
        reader->line += text[i] == '\n';
        *reader->text++ = text[i];
    }
    *reader->text++ = '\0';
}

// `end` is LF, CR, or -1 at the end of the file.
static void row_ends(int end, void *context)
{
    Reader *reader = context;
    bool after_cr = reader->cr, nothing = reader->fields == 0;
    reader->cr = end == '\r';
    if (after_cr && !(end == '\n' && nothing)) {
        refuse(reader, reader->line, "LF or CRLF", "a line ends in CR alone");
        return;
    }
    if (nothing && !after_cr && !reader->empty_line && reader->ragged != RAGGED_DROPPED)
        reader->empty_line = reader->line;
    if (!nothing && !reader->failed)
        finish_row(reader);
    reader->line += end == '\n';
}

// A row of another number of fields; false where it is left out.
static bool ragged_stays(Reader *reader, size_t fields, size_t line)
{
    char right[32];
    if (reader->ragged == RAGGED_DROPPED) {
        reader->csv->dropped++;
        return false;
    }
    if (reader->ragged == RAGGED_CUT && fields > reader->csv->columns)
        return true;
    reader->failed = true;
    snprintf(right, sizeof right, "%zu", reader->csv->columns);
    fail(reader->error, ERROR_INPUT, (Where){ reader->file, line, NULL }, right, "has %zu field%s",
         fields, fields == 1 ? "" : "s");
    return true;
}

static void finish_row(Reader *reader)
{
    Csv *csv = reader->csv;
    size_t fields = reader->fields, line = reader->row->line;
    reader->fields = 0;
    if (reader->empty_line)
        refuse(reader, reader->empty_line, "left out", "an empty line between rows");
    else if (csv->columns == 0)
        csv->columns = fields;
    else if (csv->columns != fields && !ragged_stays(reader, fields, line))
        return;
    if (reader->header) {
        reader->header = false;
        csv->header = reader->row->field;
        names_differ(reader, line);
    } else {
        reader->row++;
        csv->rows++;
    }
}

static void names_differ(Reader *reader, size_t line)
{
    size_t count = reader->csv->columns, mark = arena_mark(reader->arena);
    const char **name = arena_take(reader->arena, count, sizeof *name);
    memcpy(name, reader->csv->header, count * sizeof *name);
    text_sort(name, count);
    for (size_t i = 1; i < count && !reader->failed; i++)
        if (!strcmp(name[i - 1], name[i])) {
            reader->failed = true;
            fail(reader->error, ERROR_INPUT, (Where){ reader->file, line, NULL }, "given once",
                 "column '%s' occurs twice", name[i]);
        }
    arena_rewind(reader->arena, mark);
}

static void refuse(Reader *reader, size_t line, const char *right, const char *what)
{
    if (!reader->failed)
        fail(reader->error, ERROR_INPUT, (Where){ reader->file, line, NULL }, right, "%s", what);
    reader->failed = true;
}

size_t csv_column(const Csv *csv, const char *name)
{
    int64_t number;
    if (!csv->header)
        return text_whole(name, &number) && 1 <= number && (uint64_t)number <= csv->columns
                   ? (size_t)number - 1
                   : SIZE_MAX;
    for (size_t i = 0; i < csv->columns; i++)
        if (!strcmp(csv->header[i], name))
            return i;
    return SIZE_MAX;
}

void csv_put(FILE *out, const char *field)
{
    if (strpbrk(field, ",\"\r\n") || !strncmp(field, BYTE_ORDER_MARK, sizeof BYTE_ORDER_MARK - 1))
        csv_fwrite(out, field, strlen(field));
    else
        fputs(field, out);
}

void csv_put_real(FILE *out, double value)
{
    if (!isnan(value))
        fprintf(out, "%.9g", value);
}
