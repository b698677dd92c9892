// test_figure.c: the data of a figure has every point, gnuplot draws it without a word, and failing
// leaves nothing behind.

#include "report/figure.h"
#include "base/csv.h"
#include "tests/sample_rows.h"
#include "tests/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Arena *arena_of_test(void)
{
    Error error;
    return arena_new((size_t)1 << 30, &error);
}

// Whether gnuplot is there; else the test is skipped.
static bool gnuplot_is_here(void)
{
    bool here = system("gnuplot --version >/dev/null 2>&1") == 0;
    if (!here)
        skip("gnuplot is not installed");
    return here;
}

static bool written(Arena *arena, const char *folder, const Row *rows, size_t count, Csv *csv)
{
    Error error = { 0 };
    if (!CHECK(figures_write(folder, rows, count, "plots", &error))) {
        printf("%s\n", error.text);
        return false;
    }
    return CHECK(csv_read(arena, path_join(arena, folder, "figures/score_by_params.csv"),
                          CSV_COMMAS, true, csv, &error));
}

static const char *cell(const Csv *csv, size_t row, const char *column)
{
    return csv->row[row].field[csv_column(csv, column)];
}

static void a_sweep_gives_data_and_two_pictures_and_nothing_else(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Csv csv;
    Bytes svg, png;
    const char *folder = test_folder(), **name;
    size_t names;
    if (gnuplot_is_here() && written(arena, folder, sweep_rows(arena), SWEEP_ROWS, &csv)) {
        CHECK(csv.rows == 2 * 3 * 6);
        const char *figures = path_join(arena, folder, "figures");
        CHECK(folder_list(arena, figures, "", &name, &names, &error) && names == 3);
        CHECK(file_read(arena, path_join(arena, figures, "score_by_params.svg"), &svg, &error));
        CHECK(file_read(arena, path_join(arena, figures, "score_by_params.png"), &png, &error));
        CHECK(strstr((const char *)svg.data, "reviews, mini") != NULL);
        CHECK(strstr((const char *)svg.data, "adapter") != NULL);
        CHECK(strstr((const char *)svg.data, "n = 5.") != NULL);
        CHECK(!memcmp(png.data, "\x89PNG", 4) && png.size > 10000);
    }
    arena_free(arena);
}

// A method that trains nothing, an interval that reaches below zero, a single seed, one without any
// score, an untrained one; and a null. All are in the data; each but the failed one is drawn.
static void every_point_is_in_the_data_and_no_bar_is_cut(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Row rows[] = {
        finished(arena, "tiny", "reviews", "frozen", "", 1, 0.7),
        finished(arena, "tiny", "reviews", "frozen", "", 2, 0.71),
        finished(arena, "tiny", "reviews", "lora", "lora.rank=4", 1, 0.02),
        finished(arena, "tiny", "reviews", "lora", "lora.rank=4", 2, 0.12),
        finished(arena, "tiny", "reviews", "lora", "lora.rank=8", 1, 0.9),
        finished(arena, "tiny", "reviews", "full", "", 1, 0.9),
        finished(arena, "tiny", "reviews", "full", "", 2, 0.8),
        finished(arena, "tiny", "reviews", "bitfit", "", 1, NAN),
        finished(arena, "tiny", "reviews", "null", "", 1, 0.5),
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    rows[0].params_trained = rows[1].params_trained = 0;
    rows[6].pretrained = "no";
    rows[7].status = "failed";
    if (gnuplot_is_here() && written(arena, test_folder(), rows, ROWS, &csv)) {
        const char *label[] = { "bitfit", "frozen",          "full", "lora rank=4", "lora rank=8",
                                "null",   "full (untrained)" };
        CHECK(csv.rows == sizeof label / sizeof *label);
        for (size_t l = 0; l < sizeof label / sizeof *label; l++) {
            size_t r = 0;
            while (r < csv.rows && strcmp(cell(&csv, r, "label"), label[l]) != 0)
                r++;
            if (!CHECK(r < csv.rows))
                continue;
            bool placed = strcmp(label[l], "bitfit") != 0 && strcmp(label[l], "null") != 0;
            CHECK((*cell(&csv, r, "x") != '\0') == placed);
            if (!strcmp(label[l], "frozen")) {
                CHECK_TEXT(cell(&csv, r, "params_trained"), "0");
                CHECK_TEXT(cell(&csv, r, "x"), "50"); // beside the decade below 1000 / 2
            }
            if (!strcmp(label[l], "bitfit"))
                CHECK_TEXT(cell(&csv, r, "failed"), "1");
            if (!strcmp(label[l], "lora rank=8")) {
                CHECK_TEXT(cell(&csv, r, "n"), "1");
                CHECK_TEXT(cell(&csv, r, "low"), "");
            }
            if (!strcmp(label[l], "lora rank=4")) // 0.07 - 12.706 x 0.0707 / sqrt(2)
                CHECK_CLOSE(atof(cell(&csv, r, "low")), 0.07 - 12.7062047362 * 0.05, 1e-8);
        }
    }
    arena_free(arena);
}

static void names_with_quotes_blanks_and_backticks_are_only_names(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Row rows[] = { finished(arena, "it's \"small\"", "a `date` task", "my own, method", "", 1, 0.7),
                   finished(arena, "it's \"small\"", "a `date` task", "new_one", "", 1, 0.7) };
    if (gnuplot_is_here())
        written(arena, test_folder(), rows, 2, &csv);
    arena_free(arena);
}

static void many_tasks_and_a_model_that_ran_on_one_are_drawn(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Bytes svg;
    Error error = { 0 };
    const char *task[] = { "a", "b", "c", "d", "e", "f" };
    Row rows[13];
    for (int t = 0; t < 6; t++)
        for (int s = 0; s < 2; s++)
            rows[2 * t + s] = finished(arena, "tiny", task[t], "full", "", s + 1, 0.7 + 0.01 * s);
    rows[12] = finished(arena, "mini", "c", "lora", "", 1, NAN);
    rows[12].status = "timeout";
    const char *folder = test_folder();
    if (gnuplot_is_here() && written(arena, folder, rows, 13, &csv)) {
        CHECK(file_read(arena, path_join(arena, folder, "figures/score_by_params.svg"), &svg,
                        &error));
        CHECK(strstr((const char *)svg.data, "f, tiny") != NULL);
        CHECK(strstr((const char *)svg.data, "c, mini") != NULL);
        CHECK(strstr((const char *)svg.data, "a, mini") == NULL); // never asked
        CHECK(strstr((const char *)svg.data, "no score") != NULL);
        CHECK(strstr((const char *)svg.data, "Of 13 runs 1 timeout.") != NULL);
    }
    arena_free(arena);
}

static void nothing_to_draw_is_said(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Row row = finished(arena, "tiny", "reviews", "lora", "", 1, NAN);
    row.status = "failed";
    CHECK(!figures_write(test_folder(), &row, 1, "plots", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "there is nothing to draw");
    CHECK(!figures_write(test_folder(), NULL, 0, "plots", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "there is nothing to draw");
    arena_free(arena);
}

static void a_missing_gnuplot_is_named_with_its_package(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *folder = test_folder();
    char *path = strdup(getenv("PATH"));
    setenv("PATH", folder, 1);
    CHECK(!figures_write(folder, sweep_rows(arena), SWEEP_ROWS, "plots", &error));
    setenv("PATH", path, 1);
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "gnuplot is missing; should be installed");
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "gnuplot-nox");
    free(path);
    arena_free(arena);
}

static void a_word_of_gnuplot_is_a_failure_that_leaves_no_picture(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *folder = test_folder(), **name;
    size_t names;
    if (gnuplot_is_here()) {
        CHECK(file_write_text(path_join(arena, folder, "score_by_params.gp"),
                              "set terminal svg; set output out\nplot x\nwarn 'odd'\n", &error));
        CHECK(!figures_write(folder, sweep_rows(arena), SWEEP_ROWS, folder, &error));
        CHECK_ERROR(&error, ERROR_WORK, "score_by_params.svg: gnuplot: ");
        CHECK(folder_list(arena, path_join(arena, folder, "figures"), "", &name, &names, &error));
        CHECK(names == 1); // the data
    }
    arena_free(arena);
}

// In grey only shapes are left.
static void no_two_methods_share_a_shape(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Bytes style;
    bool used[100] = { 0 };
    int shapes = 0;
    CHECK(file_read(arena, "plots/style.gp", &style, &error));
    for (const char *at = (const char *)style.data; (at = strstr(at, "\nset linetype ")); at++) {
        int shape = atoi(strstr(at, " pt ") + 4);
        if (CHECK(0 < shape && shape < 100))
            CHECK(!used[shape]);
        used[shape] = true;
        shapes++;
    }
    CHECK(shapes == 15);
    arena_free(arena);
}

void suite_figure(void)
{
    ADD(a_sweep_gives_data_and_two_pictures_and_nothing_else);
    ADD(every_point_is_in_the_data_and_no_bar_is_cut);
    ADD(names_with_quotes_blanks_and_backticks_are_only_names);
    ADD(many_tasks_and_a_model_that_ran_on_one_are_drawn);
    ADD(nothing_to_draw_is_said);
    ADD(a_missing_gnuplot_is_named_with_its_package);
    ADD(a_word_of_gnuplot_is_a_failure_that_leaves_no_picture);
    ADD(no_two_methods_share_a_shape);
}
