// Fields come back as they were written; what a lenient reader would repair is refused.
#include "tests/test.h"
#include "base/csv.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static Bytes bytes_of(const char *text)
{
    return (Bytes){ (const uint8_t *)text, strlen(text) };
}

// "a|b//c|d": fields with bars, rows with slashes, the header first.
static const char *flat(Arena *arena, const Csv *csv)
{
    const char *text = "";
    for (size_t r = csv->header ? 0 : 1; r <= csv->rows; r++)
        for (size_t i = 0; i < csv->columns; i++)
            text = arena_format(arena, "%s%s%s", text,
                                i       ? "|"
                                : *text ? "//"
                                        : "",
                                r ? csv->row[r - 1].field[i] : csv->header[i]);
    return text;
}

typedef struct {
    const char *text, *expected; // expected: `flat`, or part of the message where it has a colon
} Case;

static void run(const Case *cases, size_t count, CsvFormat format, bool header)
{
    for (size_t i = 0; i < count; i++) {
        Error error = { 0 };
        Csv csv;
        Arena *arena = arena_new(1 << 24, &error);
        bool ok = csv_parse_as(arena, bytes_of(cases[i].text), "f.csv",
                               &(CsvForm){ .format = format, .header = header }, &csv, &error);
        if (!strncmp(cases[i].expected, "f.csv:", 6)) {
            CHECK(!ok);
            CHECK_ERROR(&error, ERROR_INPUT, cases[i].expected);
        } else {
            CHECK_TEXT(error.text, "");
            CHECK_TEXT(ok ? flat(arena, &csv) : "refused", cases[i].expected);
        }
        arena_free(arena);
    }
}

static void a_word_or_a_line_is_a_field(void)
{
    static const Case words[] = {
        { "a one\nb two  three \r\nc \n", "a|one//b|two  three //c|" },
        { "a one\tand\nb \"two", "a|one\tand//b|\"two" },
        { "a one\nb\n", "f.csv:2: has 1 field; should be 2" },
        { "a one\n\nb two\n", "f.csv:2: an empty line between rows" },
        { "a one\nb two\n\n", "a|one//b|two" },
    };
    static const Case lines[] = {
        { "one, \"two\ttwo\r\nthree", "one, \"two\ttwo//three" },
        { "one\n\ntwo\n\n", "one////two//" }, // an empty line is an empty field
        { "", "f.csv: is empty; should be rows" },
        { "one\n\xff\n", "f.csv:2: byte 0xff is no text" },
    };
    run(words, sizeof words / sizeof *words, CSV_WORDS, false);
    run(lines, sizeof lines / sizeof *lines, CSV_LINES, false);
}

static void windows_1252_becomes_utf8(void)
{
    Arena *arena = arena_new(1 << 20, &(Error){ 0 });
    Error error = { 0 };
    Csv csv;
    const CsvForm form = { .format = CSV_LINES, .encoding = ENCODING_WINDOWS_1252 };
    const char *text = "caf\xe9 \x96 \x80 5\x85\n\xff\xa0~\n";
    CHECK(csv_parse_as(arena, bytes_of(text), "f", &form, &csv, &error));
    CHECK_TEXT(csv.row[0].field[0], "caf\u00e9 \u2013 \u20ac 5\u2026");
    CHECK_TEXT(csv.row[1].field[0], "\u00ff\u00a0~");
    CHECK(!csv_parse_as(arena, bytes_of("one\ntwo\x9d\n"), "f", &form, &csv, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "f:2: byte 0x9d is no text; should be windows-1252");
    CHECK(!csv_parse_as(arena, (Bytes){ (const uint8_t *)"a\0b", 3 }, "f", &form, &csv, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "f:1: byte 0x00 is no text");
    arena_free(arena);
}

static void commas_are_read_as_rfc_4180_says(void)
{
    static const Case cases[] = {
        { "a,b\n1,2\n", "a|b//1|2" },
        { "a,b\n1,2", "a|b//1|2" },
        { "a,b\r\n1,2\r\n", "a|b//1|2" },
        { "\xef\xbb\xbf"
          "a,b\n1,2\n",
          "a|b//1|2" },
        { "a,b\n1,2\n\n\r\n\n", "a|b//1|2" },
        { "a,b\n", "a|b" },
        { "a,b", "a|b" },
        { "a,b\n,\n", "a|b//|" },
        { "a,b\n\"\",\"\"", "a|b//|" },
        { "a,b\n\"x, y\",\"say \"\"no\"\"\"\n", "a|b//x, y|say \"no\"" },
        { "a,b\n\"x\ny\",\"p\r\nq\"\r\n", "a|b//x\ny|p\r\nq" },
        { "a,b\n\"x\ry\",2\n", "a|b//x\ry|2" },
        { "a,b\n  1 ,\t2 \n", "a|b//  1 |\t2 " },
        { "a,b\n\" 1\",' \n", "a|b// 1|' " },
        { "a\n \n", "a// " },
        { "a,b\n\xc3\xa9,\xe2\x82\xac\n", "a|b//\xc3\xa9|\xe2\x82\xac" },
        { "a,b\n\"1\",\"2\"", "a|b//1|2" },
        { "a,b\n1,", "a|b//1|" },
    };
    run(cases, sizeof cases / sizeof *cases, CSV_COMMAS, true);
}

static void what_a_lenient_reader_repairs_is_refused_with_its_line(void)
{
    static const Case cases[] = {
        { "", "f.csv: is empty; should be a line that names the columns" },
        { "\n\n", "f.csv: is empty" },
        { "\xef\xbb\xbf", "f.csv: is empty" },
        { "a,b\n1\n", "f.csv:2: has 1 field; should be 2" },
        { "a,b\n1,2\n\"x\ny\",2,3\n", "f.csv:3: has 3 fields; should be 2" },
        { "a,b\n\"x\n\ny\",2\n1\n", "f.csv:5: has 1 field; should be 2" },
        { "a,b\n1,2\n1,\"2\n3,4\n", "f.csv:3: a quotation mark opens a field that does not end" },
        { "a,b\n1,2\n\"1\n\",\"2\n3,4\n", "f.csv:4: a quotation mark opens a field" },
        { "a,b\n\"", "f.csv:2: a quotation mark opens a field" },
        { "a,b\n1,2\n1,\"2\"x\n", "f.csv:3: text follows a closing quotation mark" },
        { "a,b\n1,\"2\" \n", "f.csv:2: text follows a closing quotation mark" },
        { "a,b\n1,2\"\n", "f.csv:2: a quotation mark within a field that is not quoted" },
        { "a,b\n1, \"2\"\n", "f.csv:2: a quotation mark within a field that is not quoted" },
        { "a,b\r1,2\r", "f.csv:1: a line ends in CR alone; should be LF or CRLF" },
        { "a,b\n1,2\r3,4\n", "f.csv:2: a line ends in CR alone" },
        { "a,b\n1,2\r", "f.csv:2: a line ends in CR alone" },
        { "a,b\n1,2\r\r\n", "f.csv:2: a line ends in CR alone" },
        { "a,b\n\r1,2\n", "f.csv:2: a line ends in CR alone" },
        { "a,b\n\"1\",\"2\"\r\"3\",4\n", "f.csv:2: a line ends in CR alone" },
        { "a,b\n\n1,2\n", "f.csv:2: an empty line between rows; should be left out" },
        { "a,b\r\n\r\n\r\n1,2\r\n", "f.csv:2: an empty line between rows" },
        { "\na,b\n1,2\n", "f.csv:1: an empty line between rows" },
        { "a,b\n1,2\n1,\xff\n", "f.csv:3: byte 0xff is no text; should be UTF-8" },
        { "a,b,a\n1,2,3\n", "f.csv:1: column 'a' occurs twice; should be given once" },
    };
    run(cases, sizeof cases / sizeof *cases, CSV_COMMAS, true);
    Error error;
    Csv csv;
    Arena *arena = arena_new(1 << 24, &error);
    Bytes zero = { (const uint8_t *)"a,b\n1,\0\n", 8 };
    CHECK(!csv_parse_as(arena, zero, "f.csv", &(CsvForm){ .format = CSV_COMMAS, .header = true },
                        &csv, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "f.csv:2: byte 0x00 is no text; should be UTF-8");
    arena_free(arena);
}

// GLUE's files are such: a reader that takes " for a quote loses rows silently (lessons, L42).
static void tabs_are_read_byte_for_byte(void)
{
    static const Case cases[] = {
        { "a\tb\n1\t2\n", "a|b//1|2" },
        { "a\tb\r\n1\t2", "a|b//1|2" },
        { "a\tb\n\"1\t2\"\n\"\t\"\"x\n", "a|b//\"1|2\"//\"|\"\"x" },
        { "a\tb\n1,2\t 3 \n", "a|b//1,2| 3 " },
        { "a\tb\n\t\n", "a|b//|" },
        { "a\tb\n1\t", "a|b//1|" },
        { "a\tb\n1\r2\t3\n", "a|b//1\r2|3" },
        { "a\tb\n1\t2\n\n\n", "a|b//1|2" },
        { "\xef\xbb\xbf"
          "a\tb\n1\t2\n",
          "a|b//1|2" },
        { "a\tb\n1\n", "f.csv:2: has 1 field; should be 2" },
        { "a\tb\n1\t2\t\n", "f.csv:2: has 3 fields; should be 2" },
        { "a\tb\n\n1\t2\n", "f.csv:2: an empty line between rows" },
        { "a\ta\n", "f.csv:1: column 'a' occurs twice" },
        { "a\tb\n1\t\x80\n", "f.csv:2: byte 0x80 is no text" },
        { "", "f.csv: is empty" },
    };
    run(cases, sizeof cases / sizeof *cases, CSV_TABS, true);
}

static void without_a_header_the_first_row_decides_the_columns(void)
{
    static const Case cases[] = {
        { "1,1\n3,4\n", "1|1//3|4" },
        { "1,2\n3\n", "f.csv:2: has 1 field; should be 2" },
        { "", "f.csv: is empty; should be rows" },
    };
    run(cases, sizeof cases / sizeof *cases, CSV_COMMAS, false);
}

static void rows_know_their_lines_and_columns_their_names(void)
{
    Error error;
    Csv csv;
    Arena *arena = arena_new(1 << 24, &error);
    CHECK(csv_parse_as(arena, bytes_of("a,b\n\"1\n\",2\r\n3,4"), "f",
                       &(CsvForm){ .format = CSV_COMMAS, .header = true }, &csv, &error));
    CHECK(csv.rows == 2 && csv.row[0].line == 2 && csv.row[1].line == 4);
    CHECK(csv_column(&csv, "b") == 1 && csv_column(&csv, "B") == SIZE_MAX);
    CHECK(csv_parse_as(arena, bytes_of("a,b\n"), "f",
                       &(CsvForm){ .format = CSV_COMMAS, .header = false }, &csv, &error));
    CHECK(csv.rows == 1 && csv_column(&csv, "a") == SIZE_MAX);
    arena_free(arena);
}

static void a_file_that_does_not_fit_is_refused(void)
{
    Error error;
    Csv csv;
    Arena *arena = arena_new(8192, &error);
    char text[20000];
    memset(text, ',', sizeof text);
    CHECK(!csv_parse_as(arena, (Bytes){ (uint8_t *)text, sizeof text }, "f",
                        &(CsvForm){ .format = CSV_COMMAS, .header = true }, &csv, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "may not fit into");
    arena_free(arena);
}

static void any_field_survives_being_written_and_read(void)
{
    static const char alphabet[] = "ab ,\"\n\r\t;";
    Error error;
    Arena *arena = arena_new(1 << 26, &error);
    uint64_t random = 1;
    for (int round = 0; round < 300; round++) {
        enum { ROWS = 5, COLUMNS = 3 };
        char field[ROWS][COLUMNS][8], *text = NULL;
        size_t size, mark = arena_mark(arena);
        FILE *out = open_memstream(&text, &size);
        for (size_t r = 0; r < ROWS; r++)
            for (size_t i = 0; i < COLUMNS; i++) {
                size_t length = mix(&random) % 8;
                for (size_t j = 0; j < length; j++)
                    field[r][i][j] = alphabet[mix(&random) % (sizeof alphabet - 1)];
                field[r][i][length] = '\0';
                csv_put(out, field[r][i]);
                fputc(i + 1 < COLUMNS ? ',' : '\n', out);
            }
        fclose(out);
        Csv csv = { 0 };
        CHECK(csv_parse_as(arena, bytes_of(text), "f",
                           &(CsvForm){ .format = CSV_COMMAS, .header = false }, &csv, &error));
        CHECK(csv.rows == ROWS && csv.columns == COLUMNS);
        for (size_t r = 0; r < csv.rows; r++)
            for (size_t i = 0; i < csv.columns; i++)
                CHECK_TEXT(csv.row[r].field[i], field[r][i]);
        free(text);
        arena_rewind(arena, mark);
    }
    arena_free(arena);
}

static void quotes_are_written_only_where_needed(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *const fields[] = { "",           " a ",  "x;y",  "x,y",
                                   "say \"no\"", "p\nq", "p\rq", "\xef\xbb\xbf" };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        csv_put(out, fields[i]);
        fputc('|', out);
    }
    fclose(out);
    CHECK_TEXT(text, "| a |x;y|\"x,y\"|\"say \"\"no\"\"\"|\"p\nq\"|\"p\rq\"|\"\xef\xbb\xbf\"|");
    free(text);
}

static void a_file_is_read_and_outlives_its_map(void)
{
    Error error;
    Csv csv;
    Arena *arena = arena_new(1 << 24, &error);
    char *path = path_join(arena, test_folder(), "t.csv");
    CHECK(!csv_read(arena, path, CSV_COMMAS, true, &csv, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "t.csv: cannot be read");
    CHECK(file_write_text(path, "text,label\ngood,1\n", &error));
    CHECK(csv_read(arena, path, CSV_COMMAS, true, &csv, &error));
    CHECK_TEXT(flat(arena, &csv), "text|label//good|1");
    CHECK_TEXT(csv.file, path);
    CHECK(file_write_text(path, "", &error) &&
          !csv_read(arena, path, CSV_COMMAS, true, &csv, &error));
    arena_free(arena);
}

// Room that grows by a fixed step is copied at each: in steps of 128 bytes this took minutes.
static void a_field_of_ten_megabytes_is_read_in_no_time(void)
{
    Error error;
    Csv csv;
    Arena *arena = arena_new(ARENA_RUN, &error);
    size_t size = 10000000;
    char *text = arena_zero(arena, size + 8, 1);
    memset(text, 'x', size);
    memcpy(text + size, ",a\n", 3);
    clock_t start = clock();
    CHECK(csv_parse_as(arena, (Bytes){ (const uint8_t *)text, size + 3 }, "big.csv",
                       &(CsvForm){ .format = CSV_COMMAS, .header = false }, &csv, &error));
    CHECK(csv.rows == 1 && strlen(csv.row[0].field[0]) == size);
    CHECK((double)(clock() - start) / CLOCKS_PER_SEC < 5);
    arena_free(arena);
}

void suite_csv(void)
{
    ADD(a_word_or_a_line_is_a_field);
    ADD(windows_1252_becomes_utf8);
    ADD(commas_are_read_as_rfc_4180_says);
    ADD(what_a_lenient_reader_repairs_is_refused_with_its_line);
    ADD(tabs_are_read_byte_for_byte);
    ADD(without_a_header_the_first_row_decides_the_columns);
    ADD(rows_know_their_lines_and_columns_their_names);
    ADD(a_file_that_does_not_fit_is_refused);
    ADD(any_field_survives_being_written_and_read);
    ADD(quotes_are_written_only_where_needed);
    ADD(a_file_is_read_and_outlives_its_map);
    ADD(a_field_of_ten_megabytes_is_read_in_no_time);
}
