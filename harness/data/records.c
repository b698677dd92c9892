// records.c: files -> texts and labels.
#include "data/records.h"
#include "base/encoding.h"
#include "base/text.h"
#include "data/task_impl.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    Arena *arena;
    const Task *task;
    Split split;
    Error *error;
} Reader;

// Of a file's lines the share that may be ragged, and how many may be however few there are.
enum { RAGGED_SHARE = 100, RAGGED_FEW = 2 };

// Of one file, or of a folder.
static bool read_table(const Reader *r, const TaskFile *file, Records *part);
static bool read_folder(const Reader *r, const TaskFile *file, Records *part);
static bool read_groups(const Reader *r, const TaskFile *file, Records *part);

static bool read_part(const Reader *r, const TaskFile *file, Records *part)
{
    return (file->suffix ? read_folder : read_table)(r, file, part) &&
           (!file->groups || read_groups(r, file, part));
}

bool records_read(Arena *arena, const Task *task, Split split, Records *records, Error *error)
{
    const TaskFile *first = &task->file[split], *file = first;
    const Reader r = { arena, task, split, error };
    Records all = { 0 };
    do {
        Records part = { 0 };
        if (!read_part(&r, file, &part))
            return false;
        if (part.count == 0)
            return fail(error, ERROR_INPUT, (Where){ .file = file->path }, "1 or more",
                        "has no %s%s", file->suffix ? "file *" : "rows",
                        file->suffix ? file->suffix : "");
        if (all.count && !all.record->label != !part.record->label)
            return fail(error, ERROR_INPUT, (Where){ .file = file->path },
                        arena_format(arena, "as in %s", first->path), "has %slabels",
                        part.record->label ? "" : "no ");
        Record *both =
            arena_grown(arena, all.record, all.count, all.count + part.count, sizeof *both);
        memcpy(both + all.count, part.record, part.count * sizeof *both);
        all = (Records){ both, all.count + part.count, all.ragged + part.ragged };
    } while ((file = file->next));
    if (first->rows >= 0 && (uint64_t)first->rows != all.count)
        return fail(error, ERROR_INPUT, (Where){ .file = first->path },
                    arena_format(arena, "%" PRId64 " (%s)", first->rows, task->description),
                    "%s %zu rows", first->next ? "and what belongs to it have" : "has", all.count);
    *records = all;
    return true;
}

// ---- labels

// A label as it stands in a file -> one of the task's. Scores stay as they are.
static bool label_of(const Reader *r, const TaskFile *file, const char *typed, Record *record)
{
    const Task *task = r->task;
    const char *const *known = file->codes ? file->codes : task->labels;
    const char *end = file->until ? strchr(typed, file->until) : NULL;
    size_t length = end ? (size_t)(end - typed) : strlen(typed);
    record->label = typed;
    if (!task->classes)
        return true;
    for (int k = 0; k < task->classes; k++)
        if (strncmp(known[k], typed, length) == 0 && !known[k][length]) {
            record->label = task->labels[k];
            return true;
        }
    return fail(r->error, ERROR_INPUT, record->where, text_choices(r->arena, known),
                "'%.*s' is unknown", (int)length, typed);
}

// ---- a file of rows

static bool no_column(const Reader *r, const Csv *csv, const char *name)
{
    return fail(r->error, ERROR_INPUT, (Where){ .file = csv->file, .line = 1 },
                arena_format(r->arena, "one of %s", task_columns(r->arena, csv)),
                "has no column '%s'", name);
}

// A plain folder has no other columns: a misspelt text_b would be left out in silence.
static bool no_others(const Reader *r, const Csv *csv, const TaskFile *file)
{
    for (size_t i = 0; i < csv->columns; i++) {
        const char *name = csv->header[i];
        if (!text_same(name, file->text) && !text_same(name, file->label) &&
            !text_same(name, file->text_b))
            return fail(r->error, ERROR_INPUT,
                        (Where){ .file = csv->file, .line = 1, .item = name },
                        "a column of train.csv: text, text_b, label or score",
                        "is not a column of this task");
    }
    return true;
}

typedef struct {
    size_t text, text_b, label; // SIZE_MAX: there is none
    size_t *further, furthers;
} Columns;

static bool find_columns(const Reader *r, const Csv *csv, const TaskFile *file, Columns *columns)
{
    *columns = (Columns){ csv_column(csv, file->text), SIZE_MAX, SIZE_MAX, NULL, 0 };
    if (columns->text == SIZE_MAX)
        return no_column(r, csv, file->text);
    if (file->text_b && (columns->text_b = csv_column(csv, file->text_b)) == SIZE_MAX)
        return no_column(r, csv, file->text_b);
    while (file->further && file->further[columns->furthers])
        columns->furthers++;
    columns->further = arena_take(r->arena, columns->furthers + 1, sizeof(size_t));
    for (size_t i = 0; i < columns->furthers; i++)
        if ((columns->further[i] = csv_column(csv, file->further[i])) == SIZE_MAX)
            return no_column(r, csv, file->further[i]);
    columns->label = file->label ? csv_column(csv, file->label) : SIZE_MAX;
    // A test file may come without: it is then not scored.
    if (file->label && columns->label == SIZE_MAX &&
        (r->split != SPLIT_TEST || r->task->report == SPLIT_TEST))
        return no_column(r, csv, file->label);
    return r->task->description || no_others(r, csv, file);
}

static const char *joined(Arena *arena, const char *const *field, const Columns *columns)
{
    const char *text = field[columns->text];
    for (size_t i = 0; i < columns->furthers; i++)
        text = arena_format(arena, "%s %s", text, field[columns->further[i]]);
    return text;
}

static bool few_ragged(const Reader *r, const Csv *csv)
{
    size_t lines = csv->rows + csv->dropped, most = lines / RAGGED_SHARE;
    most = most < RAGGED_FEW ? RAGGED_FEW : most;
    return csv->dropped <= most ||
           fail(r->error, ERROR_INPUT, (Where){ .file = csv->file },
                arena_format(r->arena, "%zu or fewer under ragged: drop; is it another format?",
                             most),
                "%zu of %zu lines do not have %zu fields", csv->dropped, lines, csv->columns);
}

static bool read_table(const Reader *r, const TaskFile *file, Records *part)
{
    Csv csv;
    Columns columns;
    if (!csv_read_as(r->arena, file->path, &file->form, &csv, r->error) || !few_ragged(r, &csv))
        return false;
    if (csv.rows == 0)
        return true;
    if (!find_columns(r, &csv, file, &columns))
        return false;
    *part = (Records){ arena_take(r->arena, csv.rows, sizeof(Record)), csv.rows, csv.dropped };
    for (size_t i = 0; i < csv.rows; i++) {
        const char *const *field = csv.row[i].field;
        Record *record = &part->record[i];
        *record = (Record){
            .text = joined(r->arena, field, &columns),
            .text_b = file->text_b ? field[columns.text_b] : NULL,
            .label = file->given,
            .where = { .file = file->path, .line = csv.row[i].line, .item = file->label }
        };
        if (columns.label != SIZE_MAX && !label_of(r, file, field[columns.label], record))
            return false;
    }
    return true;
}

// ---- a folder of texts

static int by_number(const void *a, const void *b) // 2_9.txt before 10_1.txt
{
    return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

// All of a file is the text; a mark before it and line ends behind it are not.
static bool read_text_file(const Reader *r, const TaskFile *file, const char *path,
                           const char **text)
{
    Bytes bytes;
    if (!file_read(r->arena, path, &bytes, r->error))
        return false;
    if (file->form.encoding == ENCODING_WINDOWS_1252 &&
        !bytes_from_windows_1252(r->arena, bytes, path, &bytes, r->error))
        return false;
    if (!bytes_are_text(bytes, (Where){ .file = path }, r->error))
        return false;
    bytes = bytes_after_mark(bytes);
    char *begin = (char *)(uintptr_t)bytes.data, *end = begin + bytes.size; // the arena's, so ours
    while (end > begin && (end[-1] == '\n' || end[-1] == '\r'))
        *--end = '\0';
    *text = begin;
    return true;
}

static bool read_folder(const Reader *r, const TaskFile *file, Records *part)
{
    const char **name;
    if (!folder_list(r->arena, file->path, file->suffix, &name, &part->count, r->error))
        return false;
    qsort(name, part->count, sizeof *name, by_number);
    part->record = arena_take(r->arena, part->count + 1, sizeof *part->record);
    for (size_t i = 0; i < part->count; i++) {
        const char *path = path_join(r->arena, file->path, name[i]);
        part->record[i] = (Record){ .label = file->given, .where = { .file = path, .line = 1 } };
        if (!read_text_file(r, file, path, &part->record[i].text))
            return false;
    }
    return true;
}

// ---- groups

// A line of the file a row, in the same order.
static bool read_groups(const Reader *r, const TaskFile *file, Records *part)
{
    Csv csv;
    const CsvForm lines = { .format = CSV_LINES, .encoding = file->form.encoding };
    if (!csv_read_as(r->arena, file->groups, &lines, &csv, r->error))
        return false;
    if (csv.rows != part->count)
        return fail(r->error, ERROR_INPUT, (Where){ .file = file->groups },
                    arena_format(r->arena, "%zu, as %s has rows", part->count, file->path),
                    "has %zu lines", csv.rows);
    for (size_t i = 0; i < csv.rows; i++)
        part->record[i].group = csv.row[i].field[0];
    return true;
}
