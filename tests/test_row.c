// A row goes out and comes back; its columns are those of one list.
#include "tests/test.h"
#include "tests/row_same.h"
#include "base/file.h"
#include "base/option.h"
#include "base/row.h"
#include <stdlib.h>
#include <string.h>

static char *header_text(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    row_header(out);
    fclose(out);
    return text;
}

static char *line_text(const Row *row)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    row_put(out, row);
    fclose(out);
    return text;
}

static void the_columns_and_their_groups_stand_in_the_order_of_the_design(void)
{
    static const char *const groups[] = { "key",        "what",   "protocol", "score",
                                          "parameters", "memory", "time",     "machine" };
    size_t group = 0;
    for (size_t i = 0; i < row_columns; i++) {
        while (group < 8 && strcmp(row_column[i].group, groups[group]) != 0)
            group++; // never back: each group is one piece
        if (!CHECK(group < 8))
            printf("column %s\n", row_column[i].name);
        CHECK(row_find(row_column[i].name) == &row_column[i]); // no name twice
        CHECK(row_column[i].source[0] && !strpbrk(row_column[i].source, "|\n"));
    }
    CHECK(group == 7 && row_find("none") == NULL);
    char *header = header_text();
    CHECK(!strncmp(header, "key,schema,numerics,status,attempts,error,warnings,finished_at,", 63));
    CHECK(strstr(header, ",majority_score,loss,accuracy,f1,f1_macro,matthews,pearson,") != NULL);
    CHECK(strstr(header, ",model_sha,vocab_sha,data_sha,spec_sha\n") != NULL);
    free(header);
}

// Written out from the definition: "all but measured ones: attempts, error, finished_at, commit,
// dirty, jobs, load_start, and the groups memory (except plan_*, eval_plan_peak), time (except
// tokens, flops) and machine (except the hashes)". And search_s, a sum of times, and the hash of
// the spec's file, which an edit of a comment changes: as the commit, it says where a row comes
// from.
static void measured_are_the_columns_that_the_definition_names(void)
{
    static const char *const named[] = { "attempts", "error", "finished_at", "commit",
                                         "dirty",    "jobs",  "load_start",  "search_s" };
    static const char *const excepted[] = { "eval_plan_peak", "tokens",    "flops",
                                            "model_sha",      "vocab_sha", "data_sha" };
    for (size_t i = 0; i < row_columns; i++) {
        const Column *column = &row_column[i];
        bool measured = !strcmp(column->group, "memory") || !strcmp(column->group, "time") ||
                        !strcmp(column->group, "machine");
        for (size_t j = 0; j < sizeof named / sizeof *named; j++)
            measured = measured || !strcmp(column->name, named[j]);
        for (size_t j = 0; j < sizeof excepted / sizeof *excepted; j++)
            measured = measured && strcmp(column->name, excepted[j]) != 0;
        measured = measured && strncmp(column->name, "plan_", 5) != 0;
        if (!CHECK((column->kind == COLUMN_measured) == measured))
            printf("column %s\n", column->name);
    }
}

static void a_cleared_row_is_empty_and_a_zero_is_not(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Row row;
    memset(&row, 0, sizeof row);
    row_clear(&row);
    char *line = line_text(&row);
    CHECK(strlen(line) == row_columns && strspn(line, ",") == row_columns - 1);
    free(line);
    row.score = 0, row.seed = 0;
    CHECK_TEXT(row_text(arena, &row, row_find("score")), "0");
    CHECK_TEXT(row_text(arena, &row, row_find("seed")), "0");
    CHECK_TEXT(row_text(arena, &row, row_find("loss")), "");
    row.score = -0.0, row.loss = INFINITY;
    CHECK_TEXT(row_text(arena, &row, row_find("score")), "0");
    CHECK_TEXT(row_text(arena, &row, row_find("loss")), "");
    row.loss = 1.0 / 3, row.lr = 1e-4, row.flops = 123456789012;
    CHECK_TEXT(row_text(arena, &row, row_find("loss")), "0.333333333");
    CHECK_TEXT(row_text(arena, &row, row_find("lr")), "0.0001");
    CHECK_TEXT(row_text(arena, &row, row_find("flops")), "1.23456789e+11");
    arena_free(arena);
}

// Each cell has a value of its own, so that two that change places would be seen.
static void fill(Arena *arena, Row *row)
{
    row_clear(row);
    for (size_t i = 0; i < row_columns; i++) {
        void *field = (char *)row + row_column[i].field;
        if (row_column[i].type == COLUMN_Text)
            *(Text *)field = arena_format(arena, "%s,\"%zu\"", row_column[i].name, i);
        else if (row_column[i].type == COLUMN_Whole)
            *(Whole *)field = 1000 + (Whole)i;
        else
            *(Real *)field = (double)i / 1000; // a score is no more than 1
    }
    row->schema = ROW_SCHEMA;
}

static void a_row_comes_back_as_it_was_written(void)
{
    Error error = { 0 };
    Arena *arena = arena_new(1 << 24, &error);
    char *path = path_join(arena, test_folder(), "r.csv");
    Row full, empty, *rows = NULL;
    size_t count = 0;
    fill(arena, &full);
    CHECK(row_write(path, &full, &error) && rows_read(arena, path, &rows, &count, &error));
    CHECK_TEXT(error.text, "");
    if (CHECK(count == 1))
        for (size_t i = 0; i < row_columns; i++)
            CHECK_TEXT(row_text(arena, rows, &row_column[i]),
                       row_text(arena, &full, &row_column[i]));
    row_clear(&empty);
    CHECK(row_write(path, &empty, &error) && rows_read(arena, path, &rows, &count, &error));
    CHECK(count == 1 && rows->key == NULL && rows->seed == WHOLE_UNKNOWN && isnan(rows->score));
    arena_free(arena);
}

static void columns_are_found_by_name_in_any_order(void)
{
    Error error = { 0 };
    Arena *arena = arena_new(1 << 24, &error);
    char *path = path_join(arena, test_folder(), "r.csv"), *header = "", *line = "";
    Row full, *rows = NULL;
    size_t count = 0;
    fill(arena, &full);
    full.key = "a key";
    for (size_t i = row_columns; i-- > 0;) {
        const char *text = row_text(arena, &full, &row_column[i]);
        bool text_column = row_column[i].type == COLUMN_Text;
        header = arena_format(arena, "%s%s%s", header, *header ? "," : "", row_column[i].name);
        line = arena_format(arena, "%s%s%s", line, *line ? "," : "", text_column ? "a key" : text);
    }
    CHECK(file_write_text(path, arena_format(arena, "%s\n%s\n", header, line), &error));
    CHECK(rows_read(arena, path, &rows, &count, &error));
    CHECK_TEXT(error.text, "");
    if (CHECK(count == 1)) {
        CHECK_TEXT(rows->key, "a key");
        CHECK(rows->seed == full.seed && rows->cores == full.cores && rows->score == full.score);
    }
    arena_free(arena);
}

static void rows_are_the_same_when_all_but_measured_cells_are(void)
{
    Error error;
    Arena *arena = arena_new(1 << 24, &error);
    Row a, b;
    const Column *differs;
    fill(arena, &a);
    for (size_t i = 0; i < row_columns; i++) {
        void *field = (char *)&b + row_column[i].field;
        fill(arena, &b);
        CHECK(row_same(&a, &b, &differs) && differs == NULL);
        if (row_column[i].type == COLUMN_Text)
            *(Text *)field = NULL;
        else if (row_column[i].type == COLUMN_Whole)
            *(Whole *)field += 1;
        else
            *(Real *)field += 1e-5;
        bool measured = row_column[i].kind == COLUMN_measured;
        CHECK(row_same(&a, &b, &differs) == measured);
        CHECK(differs == (measured ? NULL : &row_column[i]));
    }
    fill(arena, &b);
    b.score += 1e-12; // written alike
    CHECK(row_same(&a, &b, NULL));
    arena_free(arena);
}

static void refusals_name_file_line_and_column(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 26, &error);
    char *path = path_join(arena, test_folder(), "r.csv"), *header = header_text();
    header[strlen(header) - 1] = '\0';
    Row row, *rows;
    size_t count;
    fill(arena, &row);
    char *line = line_text(&row);

    CHECK(file_write_text(path, arena_format(arena, "%s\n", header), &error));
    CHECK(rows_read(arena, path, &rows, &count, &error) && count == 0);

    CHECK(file_write_text(path, arena_format(arena, "%s,scroe\n", header), &error));
    CHECK(!rows_read(arena, path, &rows, &count, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "r.csv:1: column 'scroe' is unknown; should be score");

    CHECK(file_write_text(path, "key,schema\nx,1\n", &error));
    CHECK(!rows_read(arena, path, &rows, &count, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "r.csv:1: column 'numerics' is missing; should be there");

    line[strlen(line) / 2] = '\0'; // as a file that was cut
    CHECK(file_write_text(path, arena_format(arena, "%s\n%s", header, line), &error));
    CHECK(!rows_read(arena, path, &rows, &count, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "r.csv:2: ");

    static const char *const wrong[][3] = {
        { "seed", "x",
          "r.csv:2: seed: 'x' is not a whole number; should be a whole number, or empty" },
        { "seed", "1.0", "r.csv:2: seed: '1.0' is not a whole number" },
        { "score", "nan", "r.csv:2: score: 'nan' is not a number; should be a number, or empty" },
        { "score", " 1", "r.csv:2: score: ' 1' is not a number" },
        { "score", "79.8", "r.csv:2: score: is 79.8; should be a fraction, from -1 to 1" },
        { "matthews", "-1.5", "r.csv:2: matthews: is -1.5; should be" },
        { "schema", "2", "r.csv:2: schema: is 2; should be 1" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text = arena_format(arena, "%s\n", header);
        for (size_t j = 0; j < row_columns; j++)
            text = arena_format(arena, "%s%s%s", text, j ? "," : "",
                                strcmp(row_column[j].name, wrong[i][0]) ? "" : wrong[i][1]);
        CHECK(file_write_text(path, text, &error));
        CHECK(!rows_read(arena, path, &rows, &count, &error));
        CHECK_ERROR(&error, ERROR_INPUT, wrong[i][2]);
    }
    free(line);
    free(header);
    arena_free(arena);
}

// What options_canonical writes, with the marks that it puts before ; and itself.
static void options_come_back_as_they_were_typed(void)
{
    Error error;
    Arena *arena = arena_new(1 << 16, &error);
    static const char *const typed = "a;b\\c=d";
    static const Option table[] = {
        { "file", OPTION_TEXT, 0, NULL, 0, 0, NULL, "" },
        { "zone", OPTION_TEXT, sizeof(char *), NULL, 0, 0, NULL, "" },
        OPTION_END,
    };
    const char *const options[] = { typed, "y" };
    Row row;
    size_t count;
    row_clear(&row);
    row_options(arena, &row, &count);
    CHECK(count == 0);
    row.method = "lora";
    row.options = options_canonical(arena, table, options, "lora");
    const RowSetting *option = row_options(arena, &row, &count);
    if (CHECK(count == 2)) {
        CHECK_TEXT(option[0].name, "file");
        CHECK_TEXT(option[0].value, typed);
        CHECK_TEXT(option[1].name, "zone");
    }
    CHECK_TEXT(row_option(arena, &row, "zone"), "y");
    row.commit = "3fa2c1d04e5b", row.dirty = "yes"; // as compare and a table's notes say it
    CHECK_TEXT(row_commit(arena, &row), "3fa2c1d04e+changes");
    CHECK(!row_option(arena, &row, "b\\c") && !row_option(arena, &row, "lora.zone"));
    arena_free(arena);
}

// A file may hold any text there: what is read of it lies within what was taken for it.
static void options_without_values_end_within_their_own_memory(void)
{
    enum { PARTS = 1000 };
    Error error;
    Arena *arena = arena_new(1 << 17, &error);
    char text[2 * PARTS + 1] = "", untouched[4096] = "";
    size_t count;
    Row row;
    for (size_t i = 0; i < PARTS; i++)
        memcpy(text + 2 * i, "n;", 3);
    row_clear(&row);
    row.options = text;
    const RowSetting *option = row_options(arena, &row, &count);
    if (CHECK(count == PARTS)) {
        CHECK_TEXT(option[PARTS - 1].name, "n");
        CHECK_TEXT(option[PARTS - 1].value, "");
    }
    CHECK(!memcmp(arena_take(arena, sizeof untouched, 1), untouched, sizeof untouched));
    arena_free(arena);
}

static void the_schema_has_a_line_for_each_column(void)
{
    char *text = NULL, line[64];
    size_t size, lines = 0, groups = 0;
    FILE *out = open_memstream(&text, &size);
    row_schema(out);
    fclose(out);
    for (const char *at = text; (at = strstr(at, "\n| `")); at++)
        lines++;
    for (const char *at = text; (at = strstr(at, "\n## ")); at++)
        groups++;
    CHECK(lines == row_columns && groups == 8);
    for (size_t i = 0; i < row_columns; i++) {
        snprintf(line, sizeof line, "\n| `%s` | ", row_column[i].name);
        CHECK(strstr(text, line) != NULL);
    }
    CHECK(strstr(text, "| `plan_peak` | whole | bytes | decided | planner: ") != NULL);
    free(text);
}

static void the_page_of_columns_is_the_one_that_the_table_makes(void)
{
    Error error;
    Bytes page;
    Arena *arena = arena_new(1 << 20, &error);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    row_schema(out);
    fclose(out);
    if (CHECK(file_read(arena, "results/SCHEMA.md", &page, &error)))
        CHECK(!strcmp((const char *)page.data, text)); // tunemark list columns >results/SCHEMA.md
    free(text);
    arena_free(arena);
}

void suite_row(void)
{
    ADD(the_columns_and_their_groups_stand_in_the_order_of_the_design);
    ADD(measured_are_the_columns_that_the_definition_names);
    ADD(the_page_of_columns_is_the_one_that_the_table_makes);
    ADD(a_cleared_row_is_empty_and_a_zero_is_not);
    ADD(a_row_comes_back_as_it_was_written);
    ADD(columns_are_found_by_name_in_any_order);
    ADD(rows_are_the_same_when_all_but_measured_cells_are);
    ADD(refusals_name_file_line_and_column);
    ADD(options_come_back_as_they_were_typed);
    ADD(options_without_values_end_within_their_own_memory);
    ADD(the_schema_has_a_line_for_each_column);
}
