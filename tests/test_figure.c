// test_figure.c: the data of each figure has every point, with the numbers worked by hand; gnuplot
// draws it without a word; failing leaves nothing behind.

#include "report/figure_impl.h"
#include "base/csv.h"
#include "tests/sample_rows.h"
#include "tests/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Whether gnuplot is there; else the test is skipped.
static bool gnuplot_is_here(void)
{
    bool here = system("gnuplot --version >/dev/null 2>&1") == 0;
    if (!here)
        skip("gnuplot is not installed");
    return here;
}

// Draws `only` (NULL: all) of rows whose curves are in `folder`, too.
static bool drawn(Arena *arena, const char *folder, Row *rows, size_t count, const char *plots,
                  const char *only, Error *error)
{
    const char **of = arena_take(arena, count + 1, sizeof *of);
    for (size_t i = 0; i < count; i++)
        of[i] = folder;
    const Rows all = { .row = rows, .folder = of, .count = count };
    const FigureChoice choice = { .plots = plots, .only = only };
    return figures_write(folder, &all, &choice, NULL, NULL, error);
}

static bool data_of(Arena *arena, const char *folder, Row *rows, size_t count, const char *figure,
                    Csv *csv)
{
    Error error = { 0 };
    if (!CHECK(drawn(arena, folder, rows, count, "plots", figure, &error))) {
        printf("%s\n", error.text);
        return false;
    }
    return CHECK(csv_read(arena, arena_format(arena, "%s/figures/%s.csv", folder, figure),
                          CSV_COMMAS, true, csv, &error));
}

static bool written(Arena *arena, const char *folder, Row *rows, size_t count, Csv *csv)
{
    return data_of(arena, folder, rows, count, "score_by_params", csv);
}

static char *picture(Arena *arena, const char *folder, const char *name)
{
    Error error = { 0 };
    Bytes bytes = { (const uint8_t *)"", 0 };
    CHECK(file_read(arena, arena_format(arena, "%s/figures/%s", folder, name), &bytes, &error));
    return (char *)bytes.data;
}

static const char *cell(const Csv *csv, size_t row, const char *column)
{
    return csv->row[row].field[csv_column(csv, column)];
}

// Each figure that there are data for, and no other: of rows alone there are no curves.
static void a_sweep_gives_data_and_two_pictures_a_figure_and_nothing_else(void)
{
    static const struct {
        const char *name, *title, *xlabel;
    } figure[] = { { "score_by_params", "Score against trained parameters", "trained parameters" },
                   { "score_by_memory", "Score against memory of training", "planned MB" },
                   { "score_by_time", "Score against time of training", "seconds of training" },
                   { "score_by_size", "Score by size of the model", "model and its parameters" },
                   { "memory", "Memory of training", "MB" },
                   { "time", "Where the time goes", "seconds" } };
    enum { FIGURES = sizeof figure / sizeof *figure };
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *folder = test_folder(), **name;
    size_t names;
    Row *rows = sweep_rows(arena);
    for (size_t i = 0; i < SWEEP_ROWS; i++)
        rows[i].plan_weights = 6000000, rows[i].plan_activations = 15500000;
    rows[0].cache_saved_s = 1;
    if (gnuplot_is_here() && CHECK(drawn(arena, folder, rows, SWEEP_ROWS, "plots", NULL, &error))) {
        CHECK(folder_list(arena, path_join(arena, folder, "figures"), "", &name, &names, &error));
        CHECK(names == 3 * FIGURES);
        for (int f = 0; f < FIGURES; f++) {
            char *svg = picture(arena, folder, arena_format(arena, "%s.svg", figure[f].name));
            char *png = picture(arena, folder, arena_format(arena, "%s.png", figure[f].name));
            CHECK(!memcmp(png, "\x89PNG", 4));
            CHECK(strstr(svg, figure[f].title) != NULL);
            CHECK(strstr(svg, arena_format(arena, ">%s<", figure[f].xlabel)) != NULL);
            CHECK(strstr(svg, ">adapter<") != NULL && strstr(svg, "n = 5.") != NULL);
            CHECK(strstr(svg, "reviews") != NULL);
            CHECK(!strstr(svg, "of a frozen bottom") == (strcmp(figure[f].name, "memory") != 0));
            CHECK(!strstr(svg, "scale(0.00)")); // librsvg refuses such a file whole
            CHECK(!strstr(svg, ":Bold\""));     // no family has that name
        }
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
    const char *task[] = { "a", "b", "c", "d", "e", "f" };
    Row rows[13];
    for (int t = 0; t < 6; t++)
        for (int s = 0; s < 2; s++)
            rows[2 * t + s] = finished(arena, "tiny", task[t], "full", "", s + 1, 0.7 + 0.01 * s);
    rows[12] = finished(arena, "mini", "c", "lora", "", 1, NAN);
    rows[12].status = "timeout";
    const char *folder = test_folder();
    if (gnuplot_is_here() && written(arena, folder, rows, 13, &csv)) {
        const char *svg = picture(arena, folder, "score_by_params.svg");
        CHECK(strstr(svg, "f, tiny") != NULL);
        CHECK(strstr(svg, "c, mini") != NULL);
        CHECK(strstr(svg, "a, mini") == NULL); // never asked
        CHECK(strstr(svg, "no score") != NULL);
        CHECK(strstr(svg, "Of 13 runs 1 timeout.") != NULL);
    }
    arena_free(arena);
}

static void a_seed_that_lost_a_fold_is_counted_in_the_caption(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Row rows[5];
    for (int i = 0; i < 5; i++) {
        rows[i] = finished(arena, "tiny", "mr", "full", "", i / 2 + 1, 0.7 + 0.01 * i);
        rows[i].fold = i % 2 + 1;
        rows[i].key = arena_format(arena, "%s%d", rows[i].key, i);
    }
    const char *folder = test_folder();
    if (gnuplot_is_here() && written(arena, folder, rows, 5, &csv))
        CHECK(strstr(picture(arena, folder, "score_by_params.svg"), "Of 6 runs 1 fold not run."));
    arena_free(arena);
}

// Pieces begin where the one before ends; the largest of the runs counts, not their sum.
static void memory_is_stacked_by_class_with_the_measured_peak(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Row rows[] = { finished(arena, "tiny", "reviews", "lora", "", 1, 0.7),
                   finished(arena, "tiny", "reviews", "lora", "", 2, 0.7) };
    for (int i = 0; i < 2; i++) {
        rows[i].plan_weights = 6000000, rows[i].plan_gradients = 1000000;
        rows[i].plan_optimizer = 2000000, rows[i].plan_activations = 3000000 + i * 1000000;
        rows[i].plan_workspace = 0, rows[i].rss_train_peak = 30000000;
    }
    if (gnuplot_is_here() && data_of(arena, test_folder(), rows, 2, "memory", &csv)) {
        const char *expected[][4] = {
            { "weights", "6", "0", "6" },
            { "gradients", "1", "6", "7" },
            { "optimizer", "2", "7", "9" },
            { "activations", "4", "9", "13" },
            { "workspace", "0", "13", "13" },
            { "measured peak of the process in training", "30", "30", "30" },
        };
        CHECK(csv.rows == 6);
        for (size_t r = 0; r < 6 && r < csv.rows; r++) {
            CHECK_TEXT(cell(&csv, r, "class"), expected[r][0]);
            CHECK_TEXT(cell(&csv, r, "MB"), expected[r][1]);
            CHECK_TEXT(cell(&csv, r, "from"), expected[r][2]);
            CHECK_TEXT(cell(&csv, r, "to"), expected[r][3]);
        }
    }
    arena_free(arena);
}

// train_s 10 of which 1 was spent on updates: 9 for the passes. A phase that nobody measured is no
// piece, and seconds of two machines are not drawn.
static void time_is_stacked_by_the_phases_that_were_measured(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Error error = { 0 };
    const char *folder = test_folder();
    Row rows[] = { finished(arena, "tiny", "reviews", "lora", "", 1, 0.7),
                   finished(arena, "tiny", "reviews", "lora", "", 2, 0.7) };
    for (int i = 0; i < 2; i++) {
        rows[i].load_s = 2, rows[i].train_s = 10, rows[i].optimizer_s = 1, rows[i].wall_s = 14;
        rows[i].eval_s = 1 + 0.5 * i; // median 1.25
    }
    if (gnuplot_is_here() && data_of(arena, folder, rows, 2, "time", &csv)) {
        const char *expected[][4] = {
            { "load", "2", "0", "2" },
            { "optimizer", "1", "2", "3" },
            { "forward and backward", "9", "3", "12" },
            { "evaluate", "1.25", "12", "13.25" },
            { "the whole run", "14", "14", "14" },
        };
        CHECK(csv.rows == 5);
        for (size_t r = 0; r < 5 && r < csv.rows; r++) {
            CHECK_TEXT(cell(&csv, r, "class"), expected[r][0]);
            CHECK_TEXT(cell(&csv, r, "seconds"), expected[r][1]);
            CHECK_TEXT(cell(&csv, r, "from"), expected[r][2]);
            CHECK_TEXT(cell(&csv, r, "to"), expected[r][3]);
        }
        rows[1].cpu = "another";
        CHECK(!drawn(arena, folder, rows, 2, "plots", "time", &error));
        CHECK_ERROR(&error, ERROR_INPUT,
                    "nothing to draw; should be runs with seconds, all of a task");
    }
    arena_free(arena);
}

// The bag of words of a task is in the data, the legend and the range of y.
static void a_floor_is_drawn_where_there_is_one(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Csv csv;
    const char *folder = test_folder();
    Row rows[] = { finished(arena, "tiny", "reviews", "lora", "", 1, 0.70),
                   finished(arena, "tiny", "topics", "lora", "", 1, 0.60) };
    Floor floor = { .task = "reviews",
                    .split = "dev",
                    .metric = "accuracy",
                    .name = "bag of words",
                    .train_limit = 0,
                    .seeds = 3,
                    .score = 0.9 };
    const Floors floors = { &floor, 1 };
    rows[0].train_limit = rows[1].train_limit = 0;
    const char *of[] = { folder, folder };
    const Rows all = { .row = rows, .folder = of, .count = 2 };
    const FigureChoice choice = { .plots = "plots", .only = "score_by_params", .floors = &floors };
    if (!gnuplot_is_here() || !CHECK(figures_write(folder, &all, &choice, NULL, NULL, &error)) ||
        !CHECK(csv_read(arena, arena_format(arena, "%s/figures/score_by_params.csv", folder),
                        CSV_COMMAS, true, &csv, &error)))
        return;
    CHECK(csv.rows == 3);
    CHECK_TEXT(cell(&csv, 2, "task"), "reviews");
    CHECK_TEXT(cell(&csv, 2, "label"), "bag of words");
    CHECK_TEXT(cell(&csv, 2, "score"), "0.9");
    CHECK_TEXT(cell(&csv, 2, "n"), "3");
    const char *svg = picture(arena, folder, "score_by_params.svg");
    CHECK(strstr(svg, "bag of words") && strstr(svg, "<text> 90</text>"));
    arena_free(arena);
}

// Two models make a line; a method that ran with one has no place in the figure.
static void lines_go_from_model_to_model(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Row rows[] = { finished(arena, "tiny", "reviews", "lora", "", 1, 0.7),
                   finished(arena, "mini", "reviews", "lora", "", 1, 0.8),
                   finished(arena, "tiny", "reviews", "full", "", 1, 0.9) };
    if (gnuplot_is_here() && data_of(arena, test_folder(), rows, 3, "score_by_size", &csv) &&
        CHECK(csv.rows == 3)) {
        CHECK_TEXT(cell(&csv, 0, "model"), "tiny");
        CHECK_TEXT(cell(&csv, 0, "x"), "1500000"); // alone in its panel: not set apart
        CHECK_TEXT(cell(&csv, 1, "model"), "mini");
        CHECK_TEXT(cell(&csv, 1, "x"), "6500000");
        CHECK_TEXT(cell(&csv, 1, "series"), "1");
        CHECK_TEXT(cell(&csv, 2, "method"), "full");
        CHECK_TEXT(cell(&csv, 2, "series"), "0");
    }
    arena_free(arena);
}

// A step of the loss of 0 and one of 18, in 11 points: the running mean of 9 at the middle has
// both, at the ends 5 points. Seeds 1 and 2: the mean of 2 and 4 is 3, in the range 2 to 4.
static void curves_are_means_over_seeds_in_their_range(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Error error = { 0 };
    const char *folder = test_folder(),
               *text[2] = { "step,tokens,seconds,loss,tune\n", "step,tokens,seconds,loss,tune\n" };
    Row rows[] = { finished(arena, "tiny", "reviews", "lora", "", 1, 0.7),
                   finished(arena, "tiny", "reviews", "lora", "", 2, 0.7),
                   finished(arena, "tiny", "reviews", "full", "", 1, 0.7) }; // without a curve
    for (int i = 0; i < 11; i++)
        for (int r = 0; r < 2; r++)
            text[r] = arena_format(arena, "%s%d,,,%d,%s\n", text[r], 10 * i,
                                   r        ? 4
                                   : i == 5 ? 18
                                            : 0,
                                   i == 4   ? "0.5"
                                   : i == 9 ? "0.6"
                                            : "");
    CHECK(folder_make(path_join(arena, folder, "curves"), &error));
    for (int r = 0; r < 2; r++)
        CHECK(file_write_text(arena_format(arena, "%s/curves/%s.csv", folder, rows[r].key), text[r],
                              &error));
    if (gnuplot_is_here() && data_of(arena, folder, rows, 3, "curves", &csv) &&
        CHECK(csv.rows == 11 + 2)) {
        const double low[] = { 0, 18.0 / 6, 18.0 / 7, 18.0 / 8, 2, 2,
                               2, 18.0 / 8, 18.0 / 7, 18.0 / 6, 0 };
        for (size_t r = 0; r < 11; r++) {
            CHECK_TEXT(cell(&csv, r, "of"), "loss");
            CHECK_TEXT(cell(&csv, r, "n"), "2");
            CHECK_CLOSE(atof(cell(&csv, r, "step")), 10 * (double)r, 0);
            CHECK_CLOSE(atof(cell(&csv, r, "low")), low[r], 1e-8);
            CHECK_CLOSE(atof(cell(&csv, r, "high")), 4, 0);
            CHECK_CLOSE(atof(cell(&csv, r, "mean")), (low[r] + 4) / 2, 1e-8);
        }
        CHECK(strstr(picture(arena, folder, "curves.svg"), "n = 2, and the range") != NULL);
        CHECK_TEXT(cell(&csv, 11, "of"), "tune_points");
        CHECK_TEXT(cell(&csv, 11, "mean"), "50");
        CHECK_TEXT(cell(&csv, 12, "mean"), "60");
        CHECK_TEXT(cell(&csv, 12, "step"), "90");
    }
    arena_free(arena);
}

// "12abc" is no number, of a step or of a loss.
static void what_is_no_number_is_no_point(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Error error = { 0 };
    const char *folder = test_folder();
    Row row = finished(arena, "tiny", "reviews", "lora", "", 1, 0.7);
    CHECK(folder_make(path_join(arena, folder, "curves"), &error) &&
          file_write_text(row_file(arena, folder, "curves", row.key),
                          "step,tokens,seconds,loss,tune\n0,,,2,\n10,,,4abc,\n20x,,,4,\n30,,,4,\n",
                          &error));
    if (gnuplot_is_here() && data_of(arena, folder, &row, 1, "curves", &csv) &&
        CHECK(csv.rows == 2))
        CHECK_TEXT(cell(&csv, 1, "step"), "30");
    arena_free(arena);
}

// A caption is as long as it has to be: all that sets thirty blocks of a task apart.
static void a_long_caption_is_whole(void)
{
    enum { BLOCKS = 30 };
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Row rows[BLOCKS];
    Csv csv;
    for (int64_t b = 0; b < BLOCKS; b++) {
        rows[b] = finished(arena, "tiny", "reviews", "lora", "", b, 0.7);
        rows[b].max_length = 1000 + b, rows[b].batch = 100 + b, rows[b].train_n = 4000 + b;
        rows[b].tune_n = 100 + b, rows[b].epochs = 10 + b, rows[b].min_steps = 2000 + b;
    }
    if (gnuplot_is_here() && written(arena, folder, rows, BLOCKS, &csv)) {
        const char *svg = picture(arena, folder, "score_by_params.svg");
        CHECK(strstr(svg, "max_length 1000") && strstr(svg, "max_length 1029"));
    }
    arena_free(arena);
}

static void nothing_to_draw_is_said(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Row row = finished(arena, "tiny", "reviews", "lora", "", 1, NAN);
    row.status = "failed";
    CHECK(!drawn(arena, test_folder(), &row, 1, "plots", NULL, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "there is nothing to draw");
    CHECK(!drawn(arena, test_folder(), NULL, 0, "plots", NULL, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "there is nothing to draw");
    CHECK(!drawn(arena, test_folder(), &row, 1, "plots", "curves", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "should be runs with curves/KEY.csv");
    CHECK(!drawn(arena, test_folder(), &row, 1, "plots", "memroy", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "--only: 'memroy' is no figure; should be memory");
    const char *folder = test_folder(), *scores = row_file(arena, folder, "scores", row.key);
    CHECK(folder_make(scores, &error)); // in a file's place
    CHECK(!drawn(arena, folder, &row, 1, "plots", NULL, &error));
    CHECK_ERROR(&error, ERROR_INPUT, scores);
    arena_free(arena);
}

static void a_missing_gnuplot_is_named_with_its_package(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *folder = test_folder();
    char *path = strdup(getenv("PATH"));
    setenv("PATH", folder, 1);
    CHECK(!drawn(arena, folder, sweep_rows(arena), SWEEP_ROWS, "plots", NULL, &error));
    setenv("PATH", path, 1);
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "gnuplot is missing; should be installed");
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "gnuplot-nox");
    free(path);
    arena_free(arena);
}

static void a_word_of_gnuplot_is_a_failure_that_leaves_no_picture(void)
{
    static const char *const others[] = { "style.gp", "page.gp", "panel.gp" };
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *folder = test_folder(), **name;
    size_t names;
    if (gnuplot_is_here()) {
        for (int o = 0; o < 3; o++)
            CHECK(file_write_text(path_join(arena, folder, others[o]), "", &error));
        CHECK(file_write_text(path_join(arena, folder, "score_by_params.gp"),
                              "set terminal svg; set output out\nplot x\nwarn 'odd'\n", &error));
        CHECK(!drawn(arena, folder, sweep_rows(arena), SWEEP_ROWS, folder, "score_by_params",
                     &error));
        CHECK_ERROR(&error, ERROR_WORK, "score_by_params.svg: gnuplot: ");
        CHECK(folder_list(arena, path_join(arena, folder, "figures"), "", &name, &names, &error));
        CHECK(names == 1); // the data
    }
    arena_free(arena);
}

// As a full disk leaves it, of which gnuplot says nothing.
static void half_a_picture_is_none_and_the_old_one_stays(void)
{
    static const char *const half[] = { "", "print '<svg'\n",
                                        "do for [i=1:99] {print '<g></g>'}\n" };
    static const char *const others[] = { "page.gp", "panel.gp", "score_by_params.gp" };
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *folder = test_folder(), **name;
    const char *old = path_join(arena, folder, "figures/score_by_params.svg");
    size_t names;
    if (gnuplot_is_here() && CHECK(folder_make(path_join(arena, folder, "figures"), &error))) {
        CHECK(file_write_text(old, "old", &error));
        for (int o = 0; o < 3; o++)
            CHECK(file_write_text(path_join(arena, folder, others[o]), "", &error));
        for (int h = 0; h < 3; h++) {
            CHECK(file_write_text(
                path_join(arena, folder, "style.gp"),
                arena_format(arena, "number(name) = 1\nset print out\n%s", half[h]), &error));
            CHECK(!drawn(arena, folder, sweep_rows(arena), SWEEP_ROWS, folder, "score_by_params",
                         &error));
            CHECK_ERROR(&error, ERROR_ENVIRONMENT, "score_by_params.svg: not written whole");
            CHECK_TEXT(picture(arena, folder, "score_by_params.svg"), "old");
        }
        CHECK(folder_list(arena, path_join(arena, folder, "figures"), "", &name, &names, &error));
        CHECK(names == 2); // and the data
    }
    arena_free(arena);
}

// Line ends in a folder's name, in a task's; quotes, blanks and backticks as above.
static void line_ends_in_names_stop_no_figure(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Error error = { 0 };
    const char *folder = path_join(arena, test_folder(), "two\nlines 'quoted'");
    Row row = finished(arena, "tiny", "a task\nof two lines", "lora", "", 1, 0.7);
    CHECK(folder_make(folder, &error));
    if (gnuplot_is_here() && written(arena, folder, &row, 1, &csv) && CHECK(csv.rows == 1))
        CHECK_TEXT(cell(&csv, 0, "task"), "a task of two lines");
    arena_free(arena);
}

// Those that the style does not know are letters, each another.
static void methods_without_a_shape_are_letters(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    const char *folder = test_folder(),
               *method[] = { "sparse", "soft", "s_s", "lora+bitfit", "lora" };
    Row rows[5];
    for (int i = 0; i < 5; i++)
        rows[i] = finished(arena, "tiny", "reviews", method[i], "", 1, 0.5 + 0.1 * i);
    if (gnuplot_is_here() && written(arena, folder, rows, 5, &csv)) {
        const char *svg = picture(arena, folder, "score_by_params.svg");
        const char *letter[] = { ">S<", ">F<", ">P<", ">L<" }; // s_s, soft, sparse, lora+bitfit
        for (int i = 0; i < 4; i++)
            CHECK(strstr(svg, letter[i]) != NULL);
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
    CHECK(shapes == 13);
    arena_free(arena);
}

static void a_field_is_whole_and_on_one_line(void)
{
    char text[2 * 300 + 1] = "", *field = NULL;
    size_t size;
    FILE *out = open_memstream(&field, &size);
    for (size_t i = 0; i < 300; i++)
        memcpy(text + 2 * i, "\u00e9", 3);
    memcpy(text, "a\nb,", 4);
    put_word(out, text);
    fclose(out);
    text[1] = ' ';
    if (CHECK(size == sizeof text - 1 + 2)) {
        CHECK(field[0] == '"' && field[size - 1] == '"');
        CHECK(!memcmp(field + 1, text, sizeof text - 1));
    }
    free(field);
}

// Two settings of a method: by a word at each point, by a line of their own in the legend; of many
// the caption says that they are not told apart.
static void settings_of_one_method_are_told_apart(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Error error = { 0 };
    Row rows[16];
    for (int i = 0; i < 16; i++) { // ranks 1 to 8 on two models
        const char *model = i % 2 ? "mini" : "tiny";
        rows[i] = finished(arena, model, "reviews", "lora",
                           arena_format(arena, "lora.rank=%d", i / 2 + 1), 1, 0.7 + 0.01 * i);
        rows[i].params_trained = 1000 * (i / 2 + 1);
        rows[i].params_total = i % 2 ? 5000000 : 1500000;
    }
    if (gnuplot_is_here() && CHECK(drawn(arena, folder, rows, 4, "plots", NULL, &error))) {
        const char *svg = picture(arena, folder, "score_by_params.svg");
        CHECK(strstr(svg, ">rank=1<") && strstr(svg, ">rank=2<") && strstr(svg, ">lora<"));
        CHECK(!strstr(svg, "look alike"));
        svg = picture(arena, folder, "score_by_size.svg");
        CHECK(strstr(svg, ">lora rank=1<") && strstr(svg, ">lora rank=2<"));
        CHECK(drawn(arena, folder, rows, 16, "plots", NULL, &error));
        svg = picture(arena, folder, "score_by_params.svg");
        CHECK(!strstr(svg, ">rank=1<") && strstr(svg, "Settings of one method look alike"));
    }
    arena_free(arena);
}

void suite_figure(void)
{
    ADD(a_field_is_whole_and_on_one_line);
    ADD(a_sweep_gives_data_and_two_pictures_a_figure_and_nothing_else);
    ADD(every_point_is_in_the_data_and_no_bar_is_cut);
    ADD(names_with_quotes_blanks_and_backticks_are_only_names);
    ADD(many_tasks_and_a_model_that_ran_on_one_are_drawn);
    ADD(a_seed_that_lost_a_fold_is_counted_in_the_caption);
    ADD(memory_is_stacked_by_class_with_the_measured_peak);
    ADD(time_is_stacked_by_the_phases_that_were_measured);
    ADD(a_floor_is_drawn_where_there_is_one);
    ADD(lines_go_from_model_to_model);
    ADD(curves_are_means_over_seeds_in_their_range);
    ADD(what_is_no_number_is_no_point);
    ADD(a_long_caption_is_whole);
    ADD(nothing_to_draw_is_said);
    ADD(a_missing_gnuplot_is_named_with_its_package);
    ADD(a_word_of_gnuplot_is_a_failure_that_leaves_no_picture);
    ADD(half_a_picture_is_none_and_the_old_one_stays);
    ADD(line_ends_in_names_stop_no_figure);
    ADD(methods_without_a_shape_are_letters);
    ADD(no_two_methods_share_a_shape);
    ADD(settings_of_one_method_are_told_apart);
}
