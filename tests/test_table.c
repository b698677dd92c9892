// test_table.c: which rows stand together, what a cell says, and what a table may not hide.

#include "base/folder.h"
#include "report/table.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/sample_rows.h"
#include "tests/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The table as text, notes behind it; NULL with the error when it is refused. Free it.
static char *printed(Row *rows, size_t count, TableFormat format, Error *error)
{
    const Rows all = { .row = rows, .count = count };
    const Floors none = { 0 };
    const TableChoice choice = { .format = format };
    char *text = NULL, *copy = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (table_print(out, format == TABLE_CSV ? NULL : out, &all, &none, &choice, error)) {
        fflush(out);
        copy = strdup(text);
    }
    fclose(out);
    free(text);
    return copy;
}

// The same of a choice, and of rows that are in a folder; or the error.
static char *choice_text(const Rows *all, const TableChoice *choice)
{
    const Floors none = { 0 };
    char *text = NULL;
    size_t size;
    Error error = { 0 };
    FILE *out = open_memstream(&text, &size);
    if (!table_print(out, choice->format == TABLE_CSV ? NULL : out, all, &none, choice, &error))
        fputs(error.text, out);
    fclose(out);
    return text;
}

static bool choice_says(const Rows *all, const TableChoice *choice, const char *part)
{
    char *text = choice_text(all, choice);
    bool found = strstr(text, part) != NULL;
    if (!found)
        printf("\nno \"%s\" in:\n%s\n", part, text);
    free(text);
    return found;
}

static bool says(Row *rows, size_t count, TableFormat format, const char *part)
{
    Error error = { 0 };
    char *text = printed(rows, count, format, &error);
    bool found = text && strstr(text, part);
    if (!found)
        printf("\nno \"%s\" in:\n%s\n", part, text ? text : error.text);
    free(text);
    return found;
}

static Row *five(Arena *arena, const double *score)
{
    Row *rows = arena_take(arena, 5, sizeof *rows);
    for (int64_t i = 0; i < 5; i++)
        rows[i] = finished(arena, "tiny", "reviews", "lora", "lora.rank=8", i + 1, score[i]);
    return rows;
}

// 0.80 0.81 0.82 0.83 0.84: mean 0.82, sd sqrt(0.00025), half-width 2.776445105 sd / sqrt(5) =
// 0.019632432: 82.0 and 2.0 points, 0.800367568 and 0.839632432 as fractions.
static const double spread[] = { 0.80, 0.81, 0.82, 0.83, 0.84 };

static void a_cell_is_mean_and_half_width_in_points_with_n(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    CHECK(says(rows, 5, TABLE_TEXT, "82.0 ± 2.0  5 "));
    CHECK(says(rows, 5, TABLE_MARKDOWN, "| tiny | lora | 82.0 ± 2.0 | 5 |"));
    CHECK(says(rows, 5, TABLE_CSV, ",0.82,0.0158113883,5,0.800367568,0.839632432,5,0,"));
    CHECK(says(rows, 5, TABLE_TEXT, "accuracy on dev, 872 items; best constant answer 50.0"));
    CHECK(says(rows, 1, TABLE_TEXT, " 80.0   1 "));
    CHECK(says(rows, 1, TABLE_CSV, ",0.8,,1,,,1,0,"));
    arena_free(arena);
}

// Also one that always stands there, or is asked for by two of its names.
static void a_column_of_csv_stands_there_once(void)
{
    Arena *arena = arena_of_test();
    const Rows all = { .row = five(arena, spread), .count = 5 };
    TableChoice choice = { .format = TABLE_CSV, .columns = "options,trained,params_trained,time" };
    CHECK(choice_says(&all, &choice, ",floor_score,params_trained,training_s\n"));
    choice.columns = "time,train_s";
    CHECK(choice_says(&all, &choice, ",floor_score,training_s,train_s\n"));
    arena_free(arena);
}

// The order of the rows, as files lie in a folder, is no information.
static void every_order_of_the_rows_prints_the_same_bytes(void)
{
    Arena *arena = arena_of_test();
    Row *rows = sweep_rows(arena);
    Error error;
    uint64_t random = 3;
    char *first = printed(rows, SWEEP_ROWS, TABLE_CSV, &error);
    for (size_t i = SWEEP_ROWS - 1; i > 0; i--) {
        size_t j = mix(&random) % (i + 1);
        Row row = rows[i];
        rows[i] = rows[j], rows[j] = row;
    }
    char *second = printed(rows, SWEEP_ROWS, TABLE_CSV, &error);
    CHECK_TEXT(second, first);
    free(first);
    free(second);
    arena_free(arena);
}

static void a_text_table_of_two_models_and_three_tasks_fits_100_columns(void)
{
    Arena *arena = arena_of_test();
    Row *rows = sweep_rows(arena);
    Error error;
    for (size_t i = 0; i < SWEEP_ROWS; i++)
        rows[i].majority_score = 0.4; // nobody is dead, so no remarks
    char *text = printed(rows, SWEEP_ROWS, TABLE_TEXT, &error);
    size_t lines = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        size_t columns = 0;
        for (char *at = line; *at; at++)
            columns += ((unsigned char)*at & 0xC0) != 0x80;
        if (!strncmp(line, "train_n", 7) || !strncmp(line, "score:", 6))
            continue; // sentences may be folded by the terminal
        if (!CHECK(columns <= 100))
            printf("%zu: %s\n", columns, line);
        CHECK(line[strlen(line) - 1] != ' ');
    }
    CHECK(lines > 50);
    free(text);
    arena_free(arena);
}

// 4 alive and one that scores the best constant answer: mean (4 * 0.8 + 0.5) / 5 = 0.74.
static void a_dead_run_is_in_the_mean_and_counted(void)
{
    Arena *arena = arena_of_test();
    const double score[] = { 0.8, 0.8, 0.5, 0.8, 0.8 };
    Row *rows = five(arena, score);
    CHECK(says(rows, 5, TABLE_TEXT, "74.0 ± "));
    CHECK(says(rows, 5, TABLE_TEXT, "1/5 dead, the others 80.0"));
    CHECK(says(rows, 5, TABLE_CSV, ",5,1,0.8,0,0,0,0,0,,,"));
    CHECK(says(rows, 5, TABLE_TEXT, "dead: at or below the best constant answer"));
    arena_free(arena);
}

// Of dev one is dead, of test those at and below its own best constant answer, 0.6.
static void dead_runs_are_those_of_the_split_that_is_shown(void)
{
    Arena *arena = arena_of_test();
    Error error;
    const double dev[] = { 0.8, 0.8, 0.5, 0.8, 0.8 }, test[] = { 0.6, 0.7, 0.9, 0.8, 0.4 };
    Row *rows = five(arena, dev);
    const char *folder = test_folder(), *folders[5];
    CHECK(folder_make(path_join(arena, folder, "scores"), &error));
    for (int i = 0; i < 5; i++) {
        folders[i] = folder;
        rows[i].score_dev = dev[i], rows[i].score_test = test[i];
        CHECK(file_write_text(row_file(arena, folder, "scores", rows[i].key),
                              "split,n,metric,value,majority\n"
                              "test,9,f1,0.1,0.1\ntest,9,accuracy,0.1,0.6\n",
                              &error));
    }
    Rows all = { .row = rows, .folder = folders, .count = 5 };
    CHECK(choice_says(&all, &(TableChoice){ .split = "test" }, "2/5 dead, the others 80.0\n"));
    CHECK(choice_says(&all, &(TableChoice){ .split = "test", .format = TABLE_MARKDOWN },
                      "| 2/5 dead, the others 80.0 |"));
    CHECK(choice_says(&all, &(TableChoice){ .split = "test", .format = TABLE_LATEX },
                      "2/5 dead, the others 80.0"));
    CHECK(choice_says(&all, &(TableChoice){ .split = "dev,test" },
                      "dev 1/5 dead, the others 80.0; test 2/5 dead, the others 80.0\n"));
    CHECK(choice_says(&all, &(TableChoice){ .split = "dev,test", .columns = "score" },
                      "74.0 ± 16.7 1/5 dead  68.0 ± 23.9 2/5 dead  5"));
    CHECK(choice_says(&all,
                      &(TableChoice){ .split = "test", .columns = "score,n", .format = TABLE_CSV },
                      "score_test_hi,score_test_n,score_test_dead,score_test_living_mean\n"));
    CHECK(choice_says(&all,
                      &(TableChoice){ .split = "test", .columns = "score,n", .format = TABLE_CSV },
                      ",5,2,0.8\n"));
    all.folder = NULL; // nobody knows
    CHECK(choice_says(&all,
                      &(TableChoice){ .split = "test", .columns = "score,n", .format = TABLE_CSV },
                      ",5,,\n"));
    arena_free(arena);
}

// A file of scores that is not as a run left it would change who is dead without a word.
static void scores_that_no_run_wrote_are_refused(void)
{
#define SCORES "split,n,metric,value,majority\n"
    static const struct {
        const char *text, *part;
    } wrong[] = {
        { SCORES "test,9,f1,0.1,\ntest,9,accuracy,0.1,57\n",
          ".csv:3: majority: is 57; should be a fraction, from -1 to 1" },
        { SCORES "test,9,accuracy,0.1,1e300\n", ".csv:2: majority: is 1e300; " },
        { SCORES "test,9,accuracy,0.1,-3\n", ".csv:2: majority: is -3; " },
        { SCORES "test,9,accuracy,0.1,nan\n",
          ".csv:2: majority: 'nan' is not a number; should be a number, or empty" },
        { "", ".csv: " },
        { SCORES, ".csv: is cut off; should be whole lines, as the run wrote it" },
        { SCORES "test,9,accuracy,0.1,0.5", ".csv: is cut off" }, // of 0.55
        { SCORES "test,9,accuracy\n", ".csv:2: " },
        { "split,n,metric,value\ntest,9,accuracy,0.1\n", ".csv: has no column 'majority'" },
    };
    Arena *arena = arena_of_test();
    Error error;
    Row *rows = five(arena, (const double[]){ 0.8, 0.8, 0.5, 0.8, 0.8 });
    const char *folder = test_folder(), *folders[] = { folder, folder, folder, folder, folder };
    const char *file = row_file(arena, folder, "scores", rows[3].key);
    Rows all = { .row = rows, .folder = folders, .count = 5 };
    CHECK(folder_make(path_join(arena, folder, "scores"), &error));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(file_write_text(file, wrong[i].text, &error));
        char *text = choice_text(&all, &(TableChoice){ .split = "test" });
        CHECK(!strncmp(text, file, strlen(file) - strlen(".csv")) && !strchr(text, '\n'));
        CHECK(strstr(text, wrong[i].part) != NULL);
        free(text);
    }
    CHECK(unlink(file) == 0 && choice_says(&all, &(TableChoice){ 0 }, "1/5 dead, the others 80.0"));
    CHECK(folder_make(file, &error) && choice_says(&all, &(TableChoice){ 0 }, file));
    arena_free(arena);
}

// A trial's row knows no best constant answer; that of tune is among its scores.
static void a_trial_at_the_best_constant_answer_is_dead(void)
{
    Arena *arena = arena_of_test();
    Error error;
    const double tune[] = { 0.8, 0.52, 0.5, 0.8, 0.8 };
    Row *rows = five(arena, tune);
    const char *folder = test_folder(), *folders[5];
    CHECK(folder_make(path_join(arena, folder, "scores"), &error));
    for (int i = 0; i < 5; i++) {
        folders[i] = folder;
        rows[i].stage = "trial", rows[i].tune_score = tune[i];
        rows[i].score = rows[i].majority_score = NAN;
        rows[i].eval_split = "tune";
        CHECK(file_write_text(row_file(arena, folder, "scores", rows[i].key),
                              "split,n,metric,value,majority\ntune,9,accuracy,0.1,0.52\n", &error));
    }
    Rows all = { .row = rows, .folder = folders, .count = 5 };
    CHECK(choice_says(&all, &(TableChoice){ .trials = true, .columns = "score" }, "2/5 dead"));
    CHECK(choice_says(&all, &(TableChoice){ .trials = true }, "; best constant answer 52.0\n"));
    CHECK(choice_says(&all, &(TableChoice){ .trials = true, .format = TABLE_CSV }, ",2,0.8,0,0,"));
    all.folder = NULL; // nobody knows
    CHECK(choice_says(&all, &(TableChoice){ .trials = true, .format = TABLE_CSV }, ",,,0,0,"));
    arena_free(arena);
}

static void a_column_may_be_named_many_times(void)
{
    Arena *arena = arena_of_test();
    const double score[] = { 0.8, 0.8, 0.7, 0.8, 0.8 };
    Row *rows = five(arena, score);
    const char *names = "score";
    for (int i = 1; i < 200; i++)
        text_append(arena, &names, ",", "score");
    Rows all = { .row = rows, .count = 5 };
    CHECK(choice_says(&all, &(TableChoice){ .split = "dev,test", .columns = names }, "dev"));
    arena_free(arena);
}

// MRPC's constant answer, five times.
static void five_dead_runs_are_dead_without_spread(void)
{
    Arena *arena = arena_of_test();
    const double score[] = { 279.0 / 408, 279.0 / 408, 279.0 / 408, 279.0 / 408, 279.0 / 408 };
    Row *rows = five(arena, score);
    for (int i = 0; i < 5; i++)
        rows[i].majority_score = 279.0 / 408;
    CHECK(says(rows, 5, TABLE_TEXT, "68.4 ± 0  5 "));
    CHECK(says(rows, 5, TABLE_TEXT, "5/5 dead, all seeds equal"));
    CHECK(says(rows, 5, TABLE_CSV, ",0.683823529,0,5,0.683823529,0.683823529,5,5,,0,0,0,0,0,,,"));
    arena_free(arena);
}

static void runs_without_a_score_are_counted_by_name_and_listed_with_their_keys(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    rows[1].status = "failed", rows[1].error = "out of memory", rows[1].score = NAN;
    rows[3].status = "diverged", rows[3].score = NAN;
    rows[4].status = "timeout", rows[4].score = NAN;
    rows[1].lr = NAN, rows[1].lr_source = NULL, rows[1].train_n = WHOLE_UNKNOWN; // failed early
    CHECK(says(rows, 5, TABLE_TEXT, "81.0 ± 12.7  2/5 "));
    CHECK(says(rows, 5, TABLE_TEXT, "1 failed, 1 diverged, 1 timeout"));
    char line[128];
    snprintf(line, sizeof line,
             "no score: tiny reviews lora, seed 2: failed: out of memory (key %.12s)", rows[1].key);
    CHECK(says(rows, 5, TABLE_TEXT, line));
    for (int i = 0; i < 5; i++)
        rows[i].status = "failed", rows[i].score = NAN;
    CHECK(says(rows, 5, TABLE_TEXT, "0/5 "));
    CHECK(says(rows, 5, TABLE_CSV, ",,,0,,,5,,,5,0,0,0,0,,,"));
    arena_free(arena);
}

// A key that varies within a line sets its runs apart: no mean has the first one's name.
static void a_column_that_is_a_key_sets_runs_apart(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    const Rows all = { .row = rows, .count = 5 };
    rows[3].cpu = rows[4].cpu = "Another CPU";
    CHECK(choice_says(&all, &(TableChoice){ .rows = "seed", .columns = "score,n" },
                      "\nseed  score  n\n1     80.0   1\n2     81.0   1\n"));
    CHECK(choice_says(&all, &(TableChoice){ .rows = "method", .across = "seed" },
                      "method  n  seed 1  seed 2  seed 3  seed 4  seed 5\n"
                      "lora    1  80.0    81.0    82.0    83.0    84.0\n"));
    CHECK(choice_says(
        &all, &(TableChoice){ .by = "seed", .columns = "score,n" },
        "seed 5\ntask     model  method  score  n\nreviews  tiny   lora    84.0   1\n"));
    CHECK(choice_says(&all, &(TableChoice){ .rows = "method,cpu", .columns = "score" },
                      "lora    Another CPU  83.5 ± 6.4  2\n        Sample CPU   81.0 ± 2.5  3\n"));
    CHECK(choice_says(&all, &(TableChoice){ .rows = "method,score", .columns = "n" },
                      "lora    0.8    1\n        0.81   1\n"));
    CHECK(choice_says(
        &all, &(TableChoice){ .rows = "seed", .columns = "n", .format = TABLE_CSV },
        "unscored,not_run,seed\nreviews,reviews,,tiny,lora,lora.rank=8,lora,yes,accuracy,dev,"
        "872,0.5,,,1,1,0,0,0,0,0,1\n"));
    rows[1].status = "failed", rows[1].cpu = NULL; // unknown: no line of its own
    CHECK(choice_says(&all, &(TableChoice){ .rows = "method,cpu", .columns = "n" },
                      "Sample CPU   2/3\n"));
    arena_free(arena);
}

// A floor whose name is a part of another's is a floor of its own.
static void every_floor_is_named(void)
{
    Arena *arena = arena_of_test();
    Row rows[] = { finished(arena, "tiny", "reviews", "lora", "", 1, 0.7),
                   finished(arena, "tiny", "topics", "lora", "", 1, 0.7) };
    Floor floor[] = { { .name = "bag of words", .task = "reviews", .score = 0.9 },
                      { .name = "words", .task = "topics", .score = 0.8 } };
    const Floors floors = { floor, 2 };
    const Rows all = { .row = rows, .count = 2 };
    const TableChoice choice = { .rows = "method", .across = "task" };
    Error error = { 0 };
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (int f = 0; f < 2; f++) {
        floor[f].split = "dev", floor[f].metric = "accuracy", floor[f].seeds = 1;
        rows[f].train_limit = 0;
    }
    CHECK(table_print(out, out, &all, &floors, &choice, &error));
    fclose(out);
    CHECK(strstr(text, "\nbag of words, words ") != NULL);
    CHECK(strstr(text, "below the bag of words or words of its task") != NULL);
    free(text);
    arena_free(arena);
}

// 4.1 kB are no 0.00 MB.
static void few_bytes_have_digits(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    for (int i = 0; i < 5; i++)
        rows[i].plan_peak = 4096;
    CHECK(says(rows, 5, TABLE_TEXT, " 0.0041 "));
    arena_free(arena);
}

static void rows_scored_on_different_items_are_refused_with_both_keys(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Row *rows = five(arena, spread);
    rows[3].eval_n = 800;
    CHECK(printed(rows, 5, TABLE_TEXT, &error) == NULL);
    CHECK_ERROR(&error, ERROR_INPUT, "reviews: eval_n is 872 in ");
    CHECK_ERROR(&error, ERROR_INPUT, rows[0].key);
    CHECK_ERROR(&error, ERROR_INPUT, rows[3].key);
    rows[3].eval_n = 872, rows[2].eval_split = "test";
    CHECK(printed(rows, 5, TABLE_TEXT, &error) == NULL);
    CHECK_ERROR(&error, ERROR_INPUT, "eval_split is dev in ");
    rows[2].eval_split = "dev", rows[1].metric = "f1";
    CHECK(printed(rows, 5, TABLE_CSV, &error) == NULL);
    CHECK_ERROR(&error, ERROR_INPUT, "metric is accuracy in ");
    arena_free(arena);
}

static void rows_tested_on_different_items_are_refused(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Row *rows = five(arena, spread);
    rows[1].test_n = rows[2].test_n = 300; // the others were not tested
    CHECK(says(rows, 5, TABLE_TEXT, "82.0 ± 2.0  5 "));
    rows[4].test_n = 299;
    CHECK(printed(rows, 5, TABLE_TEXT, &error) == NULL);
    CHECK_ERROR(&error, ERROR_INPUT, "reviews: test_n is 300 in ");
    CHECK_ERROR(&error, ERROR_INPUT, rows[1].key);
    CHECK_ERROR(&error, ERROR_INPUT, rows[4].key);
    arena_free(arena);
}

// A run may be scored on dev and not on test.
static void n_is_that_of_the_split_that_is_shown(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    const Rows all = { .row = rows, .count = 5 };
    for (int i = 0; i < 5; i++) {
        rows[i].score_dev = rows[i].score;
        rows[i].score_test = i < 3 ? 0.7 + 0.1 * i : NAN;
    }
    CHECK(choice_says(&all, &(TableChoice){ .split = "test" }, "80.0 ± 24.8  3/5 "));
    CHECK(choice_says(&all, &(TableChoice){ .split = "test" }, " 2 without a score\n"));
    CHECK(choice_says(&all, &(TableChoice){ .split = "test,dev", .columns = "score,remarks" },
                      "80.0 ± 24.8  82.0 ± 2.0  test 3/5, dev 5  test 2 without a score\n"));
    CHECK(
        choice_says(&all, &(TableChoice){ .split = "dev", .columns = "score" }, "82.0 ± 2.0  5\n"));
    CHECK(choice_says(&all, &(TableChoice){ .split = "test", .rows = "method", .across = "task" },
                      "lora    3  80.0 ± 24.8 2 without a score\n"));
    CHECK(choice_says(&all,
                      &(TableChoice){ .split = "dev,test", .rows = "method", .across = "task" },
                      "lora           3-5  "));
    arena_free(arena);
}

// max_length 64 in two of five: two blocks, none averaged with the other, each with what differs.
static void rows_of_different_protocols_are_in_different_blocks(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    rows[3].max_length = rows[4].max_length = 64;
    CHECK(says(rows, 5, TABLE_TEXT, "reviews (max_length 128): accuracy"));
    CHECK(says(rows, 5, TABLE_CSV, "reviews,reviews (max_length 128),max_length 128,tiny,lora,"));
    CHECK(says(rows, 5, TABLE_CSV, ",0.81,0.01,3,"));
    CHECK(says(rows, 5, TABLE_CSV, ",0.835,0.00707106781,2,"));
    arena_free(arena);
}

// By size, as numbers; by a number of their own where two columns differ; and by the rest alone
// where one of the columns stands over them.
static void blocks_of_a_task_are_called_by_what_differs(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    const Rows all = { .row = rows, .count = 5 };
    const TableChoice across = { .rows = "task", .across = "max_length", .by = "model,method" };
    rows[3].max_length = rows[4].max_length = 64;
    CHECK(choice_says(&all, &(TableChoice){ .rows = "task", .columns = "score" },
                      "reviews (max_length 64)   83.5 ± 6.4  2\n"
                      "reviews (max_length 128)  81.0 ± 2.5  3\n"));
    CHECK(choice_says(&all, &across,
                      "task       n  max_length 64  max_length 128\n"
                      "reviews  2-3  83.5 ± 6.4     81.0 ± 2.5\n"));
    CHECK(choice_says(&all, &across,
                      "reviews: accuracy on dev, 872 items; best constant answer 50.0;"
                      " train_n 5000, tune_n 500, train_on train, epochs 3, min_steps 1000, select "
                      "last, batch 32.\n"));
    rows[4].batch = 16;
    CHECK(choice_says(
        &all, &(TableChoice){ .rows = "task", .columns = "score" },
        "reviews (1)  84.0        1\nreviews (2)  83.0        1\nreviews (3)  81.0 ± 2.5  3\n"));
    CHECK(choice_says(&all, &across,
                      "reviews (batch 16)    1  84.0\n"
                      "reviews (batch 32)  1-3  83.0           81.0 ± 2.5\n"));
    arena_free(arena);
}

// Two folds of 100 and 300 items: what a seed scores is the mean, here 0.65 and 0.75. Of these the
// mean is 0.7, sd 0.0707, half-width 12.706 sd / sqrt(2) = 0.635.
static Row *folds(Arena *arena)
{
    const double score[] = { 0.8, 0.6, 0.9, 0.7 };
    Row *rows = arena_take(arena, 4, sizeof *rows);
    for (int i = 0; i < 4; i++) {
        rows[i] = finished(arena, "tiny", "mr", "lora", "", 1 + i / 2, score[i]);
        rows[i].key = arena_format(arena, "%064d", i);
        rows[i].fold = 1 + i % 2, rows[i].score_dev = score[i];
        rows[i].eval_n = i % 2 ? 300 : 100;
        rows[i].train_n = i % 2 ? 4700 : 4900;
        rows[i].data_sha = i % 2 ? "b" : "a";
        rows[i].majority_score = i % 2 ? 0.55 : 0.51;
    }
    return rows;
}

static void folds_are_one_score_a_seed(void)
{
    Arena *arena = arena_of_test();
    Row *rows = folds(arena);
    const Rows all = { .row = rows, .count = 4 };
    const TableChoice choice = { .columns = "score,remarks" };
    CHECK(choice_says(&all, &choice,
                      "mr: accuracy on dev, 400 items, the mean over 2 folds; best constant answer "
                      "54.0\nfold 1-2, train_n 4700-4900, tune_n 500,"));
    CHECK(choice_says(&all, &choice, "tiny   lora    70.0 ± 63.5  2\n"));
    CHECK(choice_says(&all, &(TableChoice){ .columns = "score_dev" }, "70.0 ± 63.5\n"));
    CHECK(choice_says(&all, &(TableChoice){ .format = TABLE_CSV }, ",0.7,0.0707106781,2,"));
    CHECK(choice_says(&all,
                      &(TableChoice){ .rows = "task", .across = "fold", .by = "method,model" },
                      "task  n  fold 1       fold 2\nmr    2  85.0 ± 63.5  65.0 ± 63.5\n"));
    rows[1].score = 0.5; // a dead run of four; its seed scores 0.575
    CHECK(choice_says(&all, &choice, "66.2 ± 111.2  2  1/4 dead, the others 80.0\n"));
    rows[1].status = "failed", rows[1].score = NAN; // the other seed alone
    CHECK(choice_says(&all, &choice, "tiny   lora    75.0   1/2  1 failed\n"));
    rows[1].fold = WHOLE_UNKNOWN; // before it was known which
    CHECK(choice_says(&all, &choice, "tiny   lora    75.0   1/2  1 failed\n"));
    arena_free(arena);
}

static void a_seed_without_some_fold_has_no_score(void)
{
    Arena *arena = arena_of_test();
    Row *rows = folds(arena);
    const Rows three = { .row = rows, .count = 3 }, all = { .row = rows, .count = 4 };
    const TableChoice choice = { .columns = "score,remarks" };
    CHECK(choice_says(&three, &choice, "tiny   lora    65.0   1/2  1 fold not run\n"));
    CHECK(choice_says(&three, &(TableChoice){ .format = TABLE_CSV, .columns = "n" },
                      ",1,3,0,0,0,0,1\n")); // n, runs, failed, ..., not_run
    rows[1].fold = rows[3].fold = 3;        // not 1 to 3
    CHECK(choice_says(&all, &choice, "\nfold 1 3, train_n"));
    rows[3].data_sha = "c";
    CHECK(choice_says(&all, &choice, "data_sha is b in "));
    rows[3].data_sha = "b", rows[3].eval_n = 299;
    CHECK(choice_says(&all, &choice, "eval_n is 300 in "));
    rows[3].eval_n = 100, rows[3].data_sha = "a", rows[3].fold = 1;
    CHECK(choice_says(&all, &choice, "no column but the key tells them apart"));
    arena_free(arena);
}

// Each fold has a search of its own, so the rate is no other line; a rate that was given is.
static void folds_may_have_found_other_rates(void)
{
    Arena *arena = arena_of_test();
    Row *rows = folds(arena);
    const Rows all = { .row = rows, .count = 4 };
    const TableChoice choice = { .columns = "score,remarks" };
    for (int i = 0; i < 4; i++) {
        rows[i].lr_source = "searched", rows[i].trials = 8;
        rows[i].lr = i % 2 ? 0.001 : 0.002, rows[i].epochs = i % 2 ? 3 : 12;
    }
    CHECK(choice_says(&all, &choice, "tiny   lora    70.0 ± 63.5  2\n"));
    CHECK(choice_says(&all, &choice, "epochs 3-12, "));
    for (int i = 0; i < 4; i++)
        rows[i].lr_source = "given", rows[i].trials = WHOLE_UNKNOWN, rows[i].epochs = 3;
    CHECK(choice_says(&all, &choice, "lora lr=0.001         0/2  2 folds not run\n"));
    arena_free(arena);
}

static void rows_of_different_results_of_the_same_program_are_in_different_blocks(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    rows[4].numerics = 2, rows[3].numerics = 1;
    CHECK(says(rows, 5, TABLE_TEXT, "reviews (numerics 2): accuracy"));
    rows = five(arena, spread);
    rows[4].spec_sha = "5bec"; // the spec got another seed: the same results
    CHECK(says(rows, 5, TABLE_CSV, "reviews,reviews,,tiny,lora,"));
    arena_free(arena);
}

// A model's words may be others while its parameters are not.
static void rows_of_two_tokenizers_are_in_different_lines(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    rows[0].vocab_sha = rows[1].vocab_sha = "aa11", rows[3].vocab_sha = rows[4].vocab_sha = "bb22";
    CHECK(says(rows, 5, TABLE_MARKDOWN, "| tiny | lora vocab\\_sha=aa11 | 81.0 ± 2.5 | 3 |"));
    CHECK(says(rows, 5, TABLE_MARKDOWN, "| tiny | lora vocab\\_sha=bb22 | 83.5 ± 6.4 | 2 |"));
    rows[3].model = rows[4].model = "mini"; // each model has its own
    CHECK(says(rows, 5, TABLE_MARKDOWN, "| mini | lora | 83.5 ± 6.4 | 2 |"));
    CHECK(says(rows, 5, TABLE_TEXT, "reviews: accuracy on dev"));
    arena_free(arena);
}

static void times_of_different_machines_are_not_in_one_column(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    CHECK(says(rows, 5, TABLE_TEXT, " 12.3\n"));
    CHECK(says(rows, 5, TABLE_CSV, "48000000,12.34\n"));
    rows[2].cpu = "Another CPU", rows[1].jobs = 4;
    CHECK(says(rows, 5, TABLE_TEXT, " 48.0\n"));
    CHECK(says(rows, 5, TABLE_CSV, "48000000,\n"));
    CHECK(says(rows, 5, TABLE_TEXT, "82.0 ± 2.0  5 "));
    CHECK(says(rows, 5, TABLE_TEXT, "reviews: no times, since rows differ in jobs, cpu."));
    rows = five(arena, spread);
    rows[2].blas = "OpenBLAS 0.3.99"; // the same machine, but not the same work
    CHECK(says(rows, 5, TABLE_TEXT, "reviews: no times, since rows differ in blas."));
    arena_free(arena);
}

static bool is_silent_on(Row *rows, size_t count, const char *part)
{
    Error error;
    char *text = printed(rows, count, TABLE_TEXT, &error);
    bool silent = text && !strstr(text, part);
    free(text);
    return silent;
}

// 9 s of work in 10 s by the clock are a quiet machine's; of two threads one may have to wait.
static void times_of_a_busy_machine_are_warned_of(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    for (int i = 0; i < 5; i++)
        rows[i].cpu_s = 9.3, rows[i].wall_s = 10;
    CHECK(is_silent_on(rows, 5, "busy"));
    rows[1].cpu_s = 8.9, rows[4].cpu_s = 1.7;
    CHECK(says(rows, 5, TABLE_TEXT,
               "times by the clock: 2 of 5 runs had less than 90 % of their core (17 to 89 %),"
               " since the machine was busy; the column cpu_s"));
    rows[4].status = "failed";
    CHECK(says(rows, 5, TABLE_TEXT, "1 of 4 runs had less than 90 % of their core (89 %)"));
    for (int i = 0; i < 5; i++)
        rows[i].threads = 2;
    CHECK(is_silent_on(rows, 5, "busy"));
    arena_free(arena);
}

static void mixed_commits_are_warned_of(void)
{
    Arena *arena = arena_of_test();
    Error error;
    Row *rows = five(arena, spread);
    char *text = printed(rows, 5, TABLE_TEXT, &error);
    CHECK(text && !strstr(text, "warning"));
    free(text);
    rows[0].commit = "77aa", rows[1].dirty = "yes";
    CHECK(says(rows, 5, TABLE_TEXT, "warning: rows of several commits stand together: "));
    CHECK(says(rows, 5, TABLE_TEXT, "77aa (1 row), 3fa2c1d+changes (1 row), 3fa2c1d (3 rows)"));
    arena_free(arena);
}

// Options appear where lines of the method differ in them, and nowhere else.
static void a_label_says_what_differs_and_no_more(void)
{
    Arena *arena = arena_of_test();
    Row rows[] = {
        finished(arena, "tiny", "reviews", "lora", "lora.alpha=16;lora.rank=8", 1, 0.8),
        finished(arena, "tiny", "reviews", "lora", "lora.alpha=16;lora.rank=4", 1, 0.7),
        finished(arena, "tiny", "reviews", "full", "", 1, 0.9),
        finished(arena, "tiny", "reviews", "full", "", 1, 0.6),
        finished(arena, "tiny", "reviews", "bitfit", "", 1, 0.65),
        finished(arena, "tiny", "reviews", "bitfit", "", 2, 0.66),
        finished(arena, "tiny", "reviews", "bitfit", "", 3, 0.67),
    };
    rows[3].key = "other", rows[3].pretrained = "no";
    rows[4].head_lr = rows[4].lr; // which goes without saying
    rows[5].lr = rows[5].head_lr = 3e-3;
    rows[6].lr = 3e-3, rows[6].head_lr = 1e-2;
    const char *lines[] = { "| tiny | lora rank=8 | 80.0 | 1 |",
                            "| tiny | lora rank=4 | 70.0 | 1 |",
                            "| tiny | full | 90.0 | 1 |",
                            "| tiny | full (untrained) | 60.0 | 1 |",
                            "| tiny | bitfit lr=0.001 | 65.0 | 1 |",
                            "| tiny | bitfit lr=0.003 | 66.0 | 1 |",
                            "| tiny | bitfit head\\_lr=0.01 lr=0.003 | 67.0 | 1 |" };
    for (int i = 0; i < 7; i++)
        CHECK(says(rows, 7, TABLE_MARKDOWN, lines[i]));
    rows[2].pretrained = "yes", rows[2].lr = 3e-3, rows[3].pretrained = NULL; // of others' making
    CHECK(says(rows, 7, TABLE_MARKDOWN, "| tiny | full pretrained=yes lr=0.003 | 90.0 | 1 |"));
    CHECK(!says(rows, 7, TABLE_MARKDOWN, "(untrained)"));
    arena_free(arena);
}

// Rows say what was used to take less memory; what they say nothing of was not used.
// What goes by the width of a model sets no lines of one method apart: a note says it.
static void options_that_go_by_the_model_are_no_label(void)
{
    Arena *arena = arena_of_test();
    Row rows[] = {
        finished(arena, "tiny", "reviews", "adapter", "adapter.size=16;adapter.act=relu", 1, 0.8),
        finished(arena, "mini", "reviews", "adapter", "adapter.size=32;adapter.act=relu", 1, 0.7),
        finished(arena, "mini", "reviews", "adapter", "adapter.size=32;adapter.act=gelu", 1, 0.6),
    };
    CHECK(says(rows, 2, TABLE_MARKDOWN, "| tiny | adapter | 80.0 | 1 |"));
    CHECK(says(rows, 2, TABLE_MARKDOWN, "| mini | adapter | 70.0 | 1 |"));
    CHECK(says(rows, 2, TABLE_TEXT,
               "differ in options: adapter size=16 (tiny), adapter size=32 (mini)."));
    CHECK(says(rows, 3, TABLE_MARKDOWN, "| mini | adapter act=relu | 70.0 | 1 |"));
    CHECK(says(rows, 3, TABLE_MARKDOWN, "| tiny | adapter | 80.0 | 1 |"));
    arena_free(arena);
}

static void a_run_without_a_lever_is_no_run_with_one(void)
{
    Arena *arena = arena_of_test();
    Row rows[4];
    for (int i = 0; i < 4; i++)
        rows[i] = finished(arena, "tiny", "reviews", "lora", "", 1, 0.8 + 0.01 * i);
    rows[1].key = "parts", rows[1].micro_batch = 8;
    rows[2].key = "again", rows[2].recompute = "yes";
    rows[3].key = "bytes", rows[3].frozen_dtype = "int8";
    char *text = printed(rows, 4, TABLE_TEXT, &(Error){ 0 });
    CHECK(text && strstr(text, "lora micro_batch=8") && strstr(text, "lora recompute=yes") &&
          strstr(text, "lora frozen_dtype=int8"));
    free(text);
    CHECK(says(rows, 4, TABLE_CSV, "reviews,reviews,,tiny,lora,"));
    arena_free(arena);
}

// What differs between seeds is no change that a lever makes.
static void a_change_is_of_the_same_seeds(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    const Rows all = { .row = rows, .count = 4 }, three = { .row = rows, .count = 3 };
    const TableChoice choice = { .levers = true, .columns = "score" };
    static const char other_seeds[] = "no change, since the line without has other seeds: lora "
                                      "recompute=yes of tiny on reviews.";
    rows[2].recompute = rows[3].recompute = "yes"; // of seeds 3 and 4 beside 1 and 2
    CHECK(choice_says(&all, &choice, "lora recompute=yes  82.5 ± 6.4  2\n"));
    CHECK(choice_says(&all, &choice, other_seeds));
    CHECK(choice_says(&all,
                      &(TableChoice){ .levers = true, .columns = "score", .format = TABLE_CSV },
                      "lora recompute=yes,yes,accuracy,dev,872,0.5,,,0.825,0.00707106781,2,"
                      "0.761468976,0.888531024,2,0,,0,0,0,0,0,,\n"));
    for (int i = 2; i < 4; i++)
        rows[i].seed = rows[i].init_seed = rows[i].order_seed = rows[i].dropout_seed = i - 1;
    CHECK(choice_says(&all, &choice, "lora recompute=yes  82.5 ± 6.4 (+2.0)  2\n"));
    CHECK(choice_says(&three, &choice, other_seeds)); // one of the two is missing
    CHECK(choice_says(&three, &(TableChoice){ .levers = true, .columns = "score", .rows = "seed" },
                      "82.0 (+2.0)"));
    arena_free(arena);
}

// Nats are no fractions: a hundredth of them is no point. Beside a mean stands the change of means.
static void a_change_is_in_points_of_scores_in_points_alone(void)
{
    Arena *arena = arena_of_test();
    static const double score[] = { 0.5, 0.6, 0.7, 0.5, 0.6, 0.76 }; // of one median
    Row rows[6];
    const Rows all = { .row = rows, .count = 6 };
    TableChoice choice = { .levers = true, .columns = "score_dev,loss,rmse" };
    for (int i = 0; i < 6; i++) {
        rows[i] = finished(arena, "tiny", "reviews", "lora", "", i % 3 + 1, score[i]);
        rows[i].key = arena_format(arena, "%d", i);
        rows[i].score_dev = score[i];
        rows[i].recompute = i < 3 ? NULL : "yes";
        rows[i].loss = i < 3 ? 0.5 : 0.55;
        rows[i].rmse = i < 3 ? 4 : 3;
    }
    CHECK(choice_says(&all, &choice, " (+2.0)  0.55 (+10 %)  3 (-25 %)\n"));
    choice.format = TABLE_CSV;
    CHECK(choice_says(&all, &choice, ",score_dev_hi,loss,rmse,score_dev_change,"));
    CHECK(choice_says(&all, &choice, ",0.55,3,0.02,0.1,-0.25\n"));
    arena_free(arena);
}

// Models by size, pretrained first, then by what is trained, whatever their names.
static void lines_are_sorted_by_size(void)
{
    Arena *arena = arena_of_test();
    Row rows[] = {
        finished(arena, "a-large", "reviews", "adapter", "", 1, 0.8),
        finished(arena, "tiny", "reviews", "adapter", "", 2, 0.8),
        finished(arena, "tiny", "reviews", "zero", "", 1, 0.8),
        finished(arena, "tiny", "reviews", "adapter", "", 1, 0.8),
    };
    rows[1].pretrained = "no", rows[2].params_trained = 10;
    CHECK(says(rows, 4, TABLE_TEXT, "\ntiny     zero "));
    CHECK(says(
        rows, 4, TABLE_MARKDOWN,
        "| tiny | zero | 80.0 | 1 | 10 | 0.0667 |  | 21.5 | 48.0 | 12.3 |\n| tiny | adapter |"));
    CHECK(says(rows, 4, TABLE_MARKDOWN, "| 12.3 |\n| tiny | adapter (untrained) |"));
    CHECK(says(rows, 4, TABLE_MARKDOWN, "| 12.3 |\n| a-large | adapter |"));
    arena_free(arena);
}

// Columns of a terminal before `part` in the line of `text` that has `label`.
static size_t columns_before(const char *text, const char *label, const char *part)
{
    const char *line = strstr(text, label), *end = strstr(line, part);
    size_t columns = 0;
    while (line > text && line[-1] != '\n')
        line--;
    for (; line < end; line++)
        columns += ((unsigned char)*line & 0xC0) != 0x80;
    return columns;
}

// The plus-minus sign is two bytes and one column.
static void columns_stand_under_each_other(void)
{
    Arena *arena = arena_of_test();
    Error error;
    Row *rows = five(arena, spread);
    rows[4] = finished(arena, "tiny", "reviews", "full", "", 1, 0.8); // without an interval
    char *text = printed(rows, 5, TABLE_TEXT, &error);
    CHECK(strstr(text, "±") != NULL);
    CHECK(columns_before(text, "full ", "21.5") == columns_before(text, "lora ", "21.5"));
    CHECK(columns_before(text, "full ", "21.5") > 20);
    free(text);
    arena_free(arena);
}

static void a_search_may_choose_rate_and_steps_of_its_own(void)
{
    Arena *arena = arena_of_test();
    Row rows[] = { finished(arena, "tiny", "reviews", "lora", "", 1, 0.8),
                   finished(arena, "tiny", "reviews", "full", "", 1, 0.9) };
    for (int i = 0; i < 2; i++)
        rows[i].lr_source = "searched", rows[i].trials = 8;
    rows[1].epochs = 12, rows[1].lr = 3e-4, rows[1].winner_on_edge = "yes";
    CHECK(says(rows, 2, TABLE_CSV, "reviews,reviews,,tiny,full,"));
    CHECK(says(rows, 2, TABLE_TEXT, "chosen at the edge of its search"));
    CHECK(says(rows, 2, TABLE_CSV, ",1,0,,0,0,0,0,0,yes,,"));
    // Steps that lines differ in are not the task's; those of all are.
    CHECK(says(rows, 2, TABLE_TEXT, "max_length 128, min_steps 1000, select last, batch 32\n"));
    rows[1].epochs = 3;
    CHECK(says(rows, 2, TABLE_TEXT, "max_length 128, epochs 3, min_steps 1000, select last,"));
    rows[1].epochs = 12;
    rows[0].lr_source = "given", rows[0].trials = WHOLE_UNKNOWN, rows[1].epochs = 3;
    CHECK(says(rows, 2, TABLE_TEXT,
               "reviews: lines differ in lr_source searched: full; lr_source given: lora"));
    Row models[] = { finished(arena, "tiny", "reviews", "lora", "", 1, 0.8),
                     finished(arena, "tiny", "reviews", "full", "", 1, 0.9),
                     finished(arena, "mini", "reviews", "lora", "", 1, 0.8),
                     finished(arena, "mini", "reviews", "full", "", 1, 0.9) };
    for (int i = 0; i < 4; i++)
        models[i].lr_source = "searched", models[i].trials = 8;
    models[2].epochs = 12;
    CHECK(says(models, 4, TABLE_TEXT,
               "differ in epochs 3: full, lora (tiny); epochs 12: lora (mini)."));
    arena_free(arena);
}

static void trial_rows_and_copies_are_left_out_and_counted(void)
{
    Arena *arena = arena_of_test();
    Row rows[4], *all = five(arena, spread);
    memcpy(rows, all, 3 * sizeof *rows);
    rows[3] = rows[0];
    rows[1].stage = "trial", rows[1].score = NAN;
    CHECK(says(rows, 4, TABLE_CSV, ",0.81,0.0141421356,2,"));
    CHECK(says(rows, 4, TABLE_TEXT, "1 trial row of searches left out; --stage trial shows it."));
    CHECK(says(rows, 4, TABLE_TEXT, "1 copy is left out (rows with one key)."));
    rows[3].key = "other"; // the same seed twice, though it is said to be another run
    Error error = { 0 };
    CHECK(printed(rows, 4, TABLE_TEXT, &error) == NULL);
    CHECK_ERROR(&error, ERROR_INPUT, "are both lora with seed 1, and no column but the key");
    arena_free(arena);
}

// One standard error of 249 answers is 2.8 points. The trial of more steps stands among the others.
static void trials_that_cant_be_told_apart_are_counted(void)
{
    Arena *arena = arena_of_test();
    const double tied[] = { 0.71, 0.71, 0.72, 0.725, 0.725, 0.73, 0.73, 0.72 };
    Row *rows = arena_take(arena, 8, sizeof *rows);
    for (int i = 0; i < 8; i++) {
        rows[i] = finished(arena, "tiny", "reviews", "lora", "", 1, NAN);
        rows[i].stage = "trial", rows[i].tune_score = tied[i], rows[i].tune_n = 249;
        rows[i].lr = 0.001 * (i % 7 + 1), rows[i].epochs = i == 7 ? 12 : 3;
        rows[i].key = arena_format(arena, "%064d", i);
    }
    const Rows all = { .row = rows, .count = 8 };
    const TableChoice choice = { .trials = true, .columns = "score" };
    CHECK(choice_says(&all, &choice,
                      "reviews: trials that lie within one standard error of the "
                      "best of their search, which chose among them by chance: "
                      "lora on tiny 8 of 8.\n"));
    CHECK(choice_says(&all, &choice,
                      "tiny   lora epochs=12 lr=0.001  72.0   1\n"
                      "       lora lr=0.001            71.0   1\n"
                      "       lora lr=0.002            71.0   1\n"));
    rows[5].tune_score = 0.757; // 2.7 points: of 0.725 and more no more than the 0.73
    CHECK(choice_says(&all, &choice, "lora on tiny 2 of 8.\n"));
    for (int i = 0; i < 4; i++)
        rows[i].pretrained = "no", rows[i].tune_score -= 0.2; // a search of its own
    CHECK(choice_says(&all, &choice, "lora on tiny 2 of 4, lora (untrained) on tiny 4 of 4.\n"));
    for (int i = 0; i < 4; i++)
        rows[i].pretrained = "yes";
    rows[5].tune_score = 0.8;
    char *text = choice_text(&all, &choice);
    CHECK(!strstr(text, "standard error of the best"));
    free(text);
    arena_free(arena);
}

static void where_there_are_trials_alone_it_says_so_and_no_more(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    Error error;
    for (int i = 0; i < 5; i++)
        rows[i].stage = "trial", rows[i].score = NAN;
    char *text = printed(rows, 5, TABLE_TEXT, &error);
    CHECK_TEXT(text, "no finals, so no scores: 5 trial rows of searches; --stage trial shows what "
                     "is there.\n");
    free(text);
    arena_free(arena);
}

static void what_was_not_measured_is_empty(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    for (int i = 0; i < 5; i++) {
        rows[i].trained_share = rows[i].train_s = rows[i].majority_score = NAN;
        rows[i].params_trained = rows[i].plan_peak = rows[i].rss_train_peak = WHOLE_UNKNOWN;
    }
    CHECK(says(rows, 5, TABLE_MARKDOWN, "| tiny | lora | 82.0 ± 2.0 | 5 |  |  |  |  |  |  |\n"));
    CHECK(says(rows, 5, TABLE_CSV, ",5,,,0,0,0,0,0,,,,,,,,\n"));
    CHECK(says(rows, 5, TABLE_TEXT, "872 items\n"));
    arena_free(arena);
}

// <x> would be markup, ` the beginning of code, \ would take away what follows.
static void what_markdown_would_read_is_marked(void)
{
    Arena *arena = arena_of_test();
    Row row = finished(arena, "a<b>", "reviews", "x`y[z]\\|", "", 1, 0.8);
    CHECK(says(&row, 1, TABLE_MARKDOWN, "| a\\<b> | x\\`y\\[z]\\\\\\| |"));
    arena_free(arena);
}

static void shares_say_of_what(void)
{
    Arena *arena = arena_of_test();
    Row *rows = five(arena, spread);
    for (int i = 0; i < 5; i++)
        rows[i].trained_share = 0.01182, rows[i].trained_share_nonembedding = 0.02364;
    CHECK(says(rows, 5, TABLE_MARKDOWN, "| trained | % of all | % of non-embedding |"));
    CHECK(says(rows, 5, TABLE_MARKDOWN, "| 5 | 1000 | 1.18 | 2.36 | 21.5 | 48.0 | 12.3 |"));
    arena_free(arena);
}

// rows/ is the truth; runs.csv, made from it, may be older.
static void a_folder_gives_its_rows_and_else_its_runs(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Row *row = five(arena, spread);
    Rows rows;
    const char *folder = test_folder();
    char *of_rows = path_join(arena, folder, "rows"), *runs = path_join(arena, folder, "runs.csv");
    CHECK(!rows_of_folders(arena, &folder, 1, &rows, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "no rows");
    CHECK(row_write(runs, &row[0], &error));
    CHECK(rows_of_folders(arena, &folder, 1, &rows, &error));
    CHECK(rows.count == 1 && rows.row[0].score == 0.80);
    CHECK(folder_make(of_rows, &error));
    for (int i = 1; i < 4; i++)
        CHECK(row_write(path_join(arena, of_rows, arena_format(arena, "%s.csv", row[i].key)),
                        &row[i], &error));
    CHECK(rows_of_folders(arena, &folder, 1, &rows, &error));
    CHECK(rows.count == 3 && rows.row[0].score > 0.80 && rows.cuts == 0);
    CHECK(rows_of_folders(arena, (const char *[]){ folder, runs }, 2, &rows, &error));
    CHECK(rows.count == 4 && rows.row[3].score == 0.80);
    for (size_t i = 0; i < rows.count; i++) // the file's rows, too, have their curves beside it
        CHECK_TEXT(rows.folder[i], folder);
    folder = path_join(arena, folder, "none");
    CHECK(!rows_of_folders(arena, &folder, 1, &rows, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "none: no such folder");
    arena_free(arena);
}

static size_t partials_of(Arena *arena, const char *folder, Rows *rows)
{
    Error error;
    if (!CHECK(rows_of_folders(arena, &folder, 1, rows, &error)))
        return SIZE_MAX;
    rows_hold_to_plans(arena, &folder, 1, rows);
    return rows->partials;
}

// Of five finals, three with rows. A trial without its row is none of them.
static void a_sweep_that_is_not_whole_says_so(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Row *row = five(arena, spread);
    Rows rows = { 0 };
    const TableChoice choice = { .columns = "score" }, trials = { .trials = true };
    const char *folder = test_folder(), *plan = "key,stage\nnone,trial\n";
    char *of_rows = path_join(arena, folder, "rows"), *path = path_join(arena, folder, "plan.csv");
    CHECK(folder_make(of_rows, &error));
    for (int i = 0; i < 5; i++) {
        text_append(arena, &plan, "", "%s,final\n", row[i].key);
        CHECK(i > 2 || row_write(row_file(arena, folder, "rows", row[i].key), &row[i], &error));
    }
    const char *const wrong[] = { "key,seed\nother,1\n", "key,stage\n\"" };
    for (size_t i = 0; i < 2; i++) { // a plan of before there were stages, and one that is cut
        CHECK(file_write_text(path, wrong[i], &error));
        CHECK(partials_of(arena, folder, &rows) == 0);
    }
    CHECK(file_write_text(path, plan, &error));
    CHECK(partials_of(arena, folder, &rows) == 1);
    CHECK(choice_says(&rows, &choice,
                      arena_format(arena, "%s: 3 of 5 planned runs have rows.\n", folder)));
    rows.row[0].stage = "trial", rows.row[0].tune_score = 0.8;
    char *text = choice_text(&rows, &trials);
    CHECK(!strstr(text, "planned runs"));
    free(text);
    for (int i = 3; i < 5; i++)
        CHECK(row_write(row_file(arena, folder, "rows", row[i].key), &row[i], &error));
    CHECK(partials_of(arena, folder, &rows) == 0);
    arena_free(arena);
}

static void a_file_cut_short_is_named_and_left_out(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Row *row = five(arena, spread);
    Rows rows;
    const char *folder = test_folder();
    char *of_rows = path_join(arena, folder, "rows");
    CHECK(folder_make(of_rows, &error));
    CHECK(file_write_text(path_join(arena, of_rows, "0.csv"), "key,schema\n", &error));
    CHECK(!rows_of_folders(arena, &folder, 1, &rows, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "no rows; ");
    CHECK_ERROR(&error, ERROR_INPUT, "rows/0.csv");
    CHECK(row_write(row_file(arena, folder, "rows", row[0].key), &row[0], &error));
    CHECK(row_write(path_join(arena, of_rows, "1.csv"), &row[0], &error)); // of another key
    CHECK(rows_of_folders(arena, &folder, 1, &rows, &error));
    if (CHECK(rows.count == 1 && rows.cuts == 2)) {
        CHECK(strstr(rows.cut[0], "rows/0.csv: is cut") || strstr(rows.cut[0], "rows/0.csv:1: "));
        CHECK(strstr(rows.cut[1], "rows/1.csv: holds something else") != NULL);
    }
    arena_free(arena);
}

void suite_table(void)
{
    ADD(a_cell_is_mean_and_half_width_in_points_with_n);
    ADD(a_column_of_csv_stands_there_once);
    ADD(every_order_of_the_rows_prints_the_same_bytes);
    ADD(a_text_table_of_two_models_and_three_tasks_fits_100_columns);
    ADD(a_dead_run_is_in_the_mean_and_counted);
    ADD(dead_runs_are_those_of_the_split_that_is_shown);
    ADD(scores_that_no_run_wrote_are_refused);
    ADD(a_trial_at_the_best_constant_answer_is_dead);
    ADD(a_column_may_be_named_many_times);
    ADD(five_dead_runs_are_dead_without_spread);
    ADD(runs_without_a_score_are_counted_by_name_and_listed_with_their_keys);
    ADD(a_column_that_is_a_key_sets_runs_apart);
    ADD(every_floor_is_named);
    ADD(few_bytes_have_digits);
    ADD(rows_scored_on_different_items_are_refused_with_both_keys);
    ADD(rows_tested_on_different_items_are_refused);
    ADD(n_is_that_of_the_split_that_is_shown);
    ADD(rows_of_different_protocols_are_in_different_blocks);
    ADD(blocks_of_a_task_are_called_by_what_differs);
    ADD(folds_are_one_score_a_seed);
    ADD(a_seed_without_some_fold_has_no_score);
    ADD(folds_may_have_found_other_rates);
    ADD(rows_of_different_results_of_the_same_program_are_in_different_blocks);
    ADD(rows_of_two_tokenizers_are_in_different_lines);
    ADD(times_of_different_machines_are_not_in_one_column);
    ADD(times_of_a_busy_machine_are_warned_of);
    ADD(mixed_commits_are_warned_of);
    ADD(a_label_says_what_differs_and_no_more);
    ADD(options_that_go_by_the_model_are_no_label);
    ADD(a_run_without_a_lever_is_no_run_with_one);
    ADD(a_change_is_of_the_same_seeds);
    ADD(a_change_is_in_points_of_scores_in_points_alone);
    ADD(lines_are_sorted_by_size);
    ADD(columns_stand_under_each_other);
    ADD(a_search_may_choose_rate_and_steps_of_its_own);
    ADD(trial_rows_and_copies_are_left_out_and_counted);
    ADD(trials_that_cant_be_told_apart_are_counted);
    ADD(where_there_are_trials_alone_it_says_so_and_no_more);
    ADD(what_was_not_measured_is_empty);
    ADD(what_markdown_would_read_is_marked);
    ADD(shares_say_of_what);
    ADD(a_folder_gives_its_rows_and_else_its_runs);
    ADD(a_sweep_that_is_not_whole_says_so);
    ADD(a_file_cut_short_is_named_and_left_out);
}
