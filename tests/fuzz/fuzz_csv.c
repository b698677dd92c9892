// Any bytes at all as a file of one of the formats, as the first byte says, with a header or
// without, in either encoding, ragged rows refused, cut or left out: either every row has as many
// fields as there are columns and what is written of them is read as the same rows, or it is
// refused with one line that names the file.
#include "base/csv.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>

static void put(FILE *out, const char *const *field, size_t columns)
{
    for (size_t i = 0; i < columns; i++) {
        if (columns == 1 && !*field[i]) // or the line would be an empty one
            fputs("\"\"", out);
        csv_put(out, field[i]);
        fputc(i + 1 < columns ? ',' : '\n', out);
    }
}

static void check_same(const char *const *a, const char *const *b, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        CHECK_TEXT(a[i], b[i]);
}

static void check_again(Arena *arena, const Csv *csv)
{
    Error error = { 0 };
    Csv again = { 0 };
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (csv->header)
        put(out, csv->header, csv->columns);
    for (size_t r = 0; r < csv->rows; r++)
        put(out, csv->row[r].field, csv->columns);
    fclose(out);
    Bytes bytes = { (uint8_t *)text, size };
    CHECK(csv_parse_as(arena, bytes, "again",
                       &(CsvForm){ .format = CSV_COMMAS, .header = csv->header }, &again, &error));
    CHECK_TEXT(error.text, "");
    CHECK(again.rows == csv->rows && again.columns == csv->columns);
    if (csv->header)
        check_same(again.header, csv->header, csv->columns);
    for (size_t r = 0; r < csv->rows; r++)
        check_same(again.row[r].field, csv->row[r].field, csv->columns);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return 0;
    Error error = { 0 };
    Csv csv;
    Arena *arena = arena_new((size_t)1 << 28, &error);
    CsvFormat format = (CsvFormat)((bytes[0] & 1) | (bytes[0] & 4 ? CSV_WORDS : CSV_COMMAS));
    CsvForm form = { .format = format,
                     .header = bytes[0] & 2,
                     .ragged = (CsvRagged)(bytes[0] >> 3 & 3) % (RAGGED_DROPPED + 1),
                     .encoding = bytes[0] & 32 ? ENCODING_WINDOWS_1252 : ENCODING_UTF8 };
    Bytes file = { bytes + 1, length - 1 };
    if (csv_parse_as(arena, file, "fuzz", &form, &csv, &error)) {
        size_t lines = 1;
        for (size_t i = 0; i < file.size; i++)
            lines += file.data[i] == '\n';
        for (size_t r = 0; r < csv.rows; r++) {
            CHECK(csv.row[r].line <= lines && csv.row[r].line > (r ? csv.row[r - 1].line : 0));
            for (size_t i = 0; i < csv.columns && format == CSV_TABS; i++)
                CHECK(!strpbrk(csv.row[r].field[i], "\t\n"));
        }
        for (size_t i = 0; csv.header && i < csv.columns; i++)
            CHECK(csv_column(&csv, csv.header[i]) == i); // no name twice
        check_again(arena, &csv);
    } else
        CHECK_ERROR(&error, ERROR_INPUT, "fuzz:");
    arena_free(arena);
    return 0;
}
