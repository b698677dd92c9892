// test_compare.c: `tunemark compare` on folders made up here: what it must say, and refuse.

#include "report/compare.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/compared.h"
#include "tests/program.h"
#include "tests/sample_rows.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void a_screen_says_what_differs_before_by_how_much_and_ends_with_a_verdict(void)
{
    Arena *arena = arena_of_test();
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", two_methods(arena));
    size_t widest;
    CHECK(said.status == 0);
    IN_ORDER(said.out, "lora against full: tiny on reviews, dev", "\ndiffer in   lora", "full\n",
             "\noptions     alpha=16, rank=8", "\nlr          0.001", "0.0003\n",
             "\nthe same    lr_source default, head pooler, commit 3fa2c1d, machine\n",
             "\ndetectable  ", "\naccuracy    lora 7", " ± ", "(over seeds alone)",
             "\ndifference  -1", " points, 95 % interval -", "; p < 0.001\n",
             "5 pairs of seeds, 300 items", "\ninterval    ", "\nbootstrap   ",
             "a picture, it decides nothing",
             "\nsign flip   p 0.062 on these very items; these 5 seeds can't go below 0.062",
             "\nseeds       lora ahead in 0 of 5, full in 5", "\ncosts ", "1,000 (0.0667 %)",
             "\nverdict     lora scores lower than full, by 1");
    CHECK(!strstr(said.out, "warning") && !strstr(said.out, "note ") &&
          !strstr(said.out, "spec_sha"));
    CHECK(lines_of(said.out, &widest) <= 23); // and the prompt
    CHECK(widest <= 80);
    CHECK_TEXT(said.err, "");
    arena_free(arena);
}

static void two_that_are_alike_are_never_called_equal(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena);
    runs(arena, folder, like(arena, "bitfit", ""), 1, 5, 0.751);
    Said said = program(arena, &(Around){ 0 }, "compare lora bitfit %s", folder);
    IN_ORDER(said.out, "lora and bitfit can't be told apart; a difference of ",
             " points\n            would have been found in 80 of 100.");
    CHECK(!strstr(said.out, "equal"));
    arena_free(arena);
}

static void one_or_two_seeds_carry_no_claim(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    runs(arena, folder, like(arena, "lora", LORA(8)), 1, 2, 0.5);
    runs(arena, folder, like(arena, "full", ""), 1, 2, 0.9);
    runs(arena, folder, like(arena, "head", ""), 2, 2, 0.3);
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    IN_ORDER(said.out, "verdict     Two seeds can't carry a claim.");
    said = program(arena, &(Around){ 0 }, "compare lora head %s", folder);
    IN_ORDER(said.out, "these runs, other items: 1 pair of seeds", "McNemar     p ",
             "; 1 left out, their seeds being on one",
             "verdict     One pair of runs can't carry a claim about the methods");
    runs(arena, folder, like(arena, "bitfit", ""), 3, 6, 0.7);
    said = program(arena, &(Around){ 0 }, "compare head bitfit %s", folder);
    IN_ORDER(said.out, "1 and 4 seeds, not paired",
             "verdict     1 against 4 runs, of head and of bitfit, can't carry a claim about");
    // Nor is it one that two runs are alike.
    said = program(arena, &(Around){ 0 }, "compare lora lora %s", folder);
    IN_ORDER(said.out, "p 1\n", "verdict     Two seeds can't carry a claim.");
    arena_free(arena);
}

static void seeds_of_their_own_are_not_paired(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    runs(arena, folder, like(arena, "lora", LORA(8)), 1, 3, 0.75);
    runs(arena, folder, like(arena, "full", ""), 4, 7, 0.90);
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    IN_ORDER(said.out, "other seeds, other items: 3 and 4 seeds, not paired, 300 items",
             "\nverdict     lora scores lower than full");
    CHECK(!strstr(said.out, "sign flip") && !strstr(said.out, "left out"));
    arena_free(arena);
}

// Where a folder has the same line with and without recompute, what does not name it is without.
static void a_method_is_meant_without_levers(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    bool right[ITEMS];
    runs(arena, folder, like(arena, "lora", LORA(8)), 1, 3, 0.90);
    for (int64_t seed = 1; seed <= 3; seed++)
        for (int parts = 0; parts < 2; parts++) {
            Row row = like(arena, "lora", LORA(8));
            row.key = arena_format(arena, "again%d%d", (int)seed, parts);
            row.seed = row.init_seed = row.order_seed = row.dropout_seed = seed;
            row.recompute = "yes";
            if (parts)
                row.micro_batch = 8;
            answer(right, ITEMS, 0.75, seed);
            predicted(arena, folder, row, right, ITEMS);
        }
    Said said = program(arena, &(Around){ 0 }, "compare lora:recompute=yes lora %s", folder);
    CHECK(said.status == 0);
    IN_ORDER(said.out, "\nrecompute   yes ", "-\n", "scores lower than");
    CHECK(!strstr(said.out, "micro_batch"));
    said =
        program(arena, &(Around){ 0 }, "compare lora:recompute=yes,micro_batch=8 lora %s", folder);
    IN_ORDER(said.out, "\nmicro_batch 8 ", "-\n");
    arena_free(arena);
}

// "difference,se,df,items,groups" of lora against full.
static const char *shown_test(Arena *arena, const char *folder)
{
    Error error;
    Csv csv;
    const char *text = "";
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s --csv", folder);
    const CsvForm form = { .format = CSV_COMMAS, .header = true };
    Bytes bytes = { (const uint8_t *)said.out, strlen(said.out) };
    if (!CHECK(csv_parse_as(arena, bytes, "out", &form, &csv, &error)))
        return said.err;
    for (const char *const *name =
             (const char *const[]){ "difference", "se", "df", "items", "groups", NULL };
         *name; name++)
        text_append(arena, &text, ",", "%s", csv.row[0].field[csv_column(&csv, *name)]);
    return text;
}

// Fold 1 has 100 items, fold 2 the others, and both number them from 0. The test is that of the
// same answers to a task without folds.
static void folds_are_compared_over_all_their_items(void)
{
    enum { FEW = 100, FOLDS = 2, SEEDS = 3 };
    Arena *arena = arena_of_test();
    const char *folder = test_folder(), *whole = path_join(arena, folder, "whole"), *last = NULL;
    double mean[2] = { 0 };
    bool all[FEW + ITEMS];
    for (int m = 0; m < 2; m++)
        for (int64_t seed = 1; seed <= SEEDS; seed++) {
            Row row = like(arena, m ? "full" : "lora", "");
            row.seed = row.init_seed = row.order_seed = row.dropout_seed = seed;
            for (int fold = 1; fold <= FOLDS; fold++) {
                bool *right = fold == 1 ? all : all + FEW;
                size_t items = fold == 1 ? FEW : ITEMS, found = 0;
                row.key = arena_format(arena, "key%d%d%d", m, (int)seed, fold);
                row.fold = fold, row.data_sha = fold == 1 ? "a" : "b";
                row.eval_n = (int64_t)items;
                answer(right, items, m ? 0.9 : fold == 1 ? 0.6 : 0.8, seed);
                predicted(arena, folder, row, right, items);
                for (size_t i = 0; i < items; i++)
                    found += right[i];
                mean[m] += (double)found / (FEW + ITEMS) / SEEDS;
                last = row.key;
            }
            row.fold = WHOLE_UNKNOWN, row.eval_n = FEW + ITEMS;
            predicted(arena, whole, row, all, FEW + ITEMS);
        }
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    IN_ORDER(said.out, "3 pairs of seeds, 400 items, ", "scores lower than full");
    CHECK(!strstr(said.out, "folds together"));
    said = program(arena, &(Around){ 0 }, "table %s --columns score,letters", folder);
    IN_ORDER(said.out, "400 items, the mean over 2 folds",
             arena_format(arena, "%.1f", 100 * mean[1]), "3  a\n",
             arena_format(arena, "%.1f", 100 * mean[0]), "3  b\n");
    CHECK_TEXT(shown_test(arena, folder), shown_test(arena, whole));
    unlink(path_join(arena, folder, arena_format(arena, "predictions/%s.csv", last)));
    said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    IN_ORDER(said.out, "2 pairs of seeds", "full: 2 without predictions");
    arena_free(arena);
}

static void of_folds_a_metric_that_is_no_mean_says_of_what_it_is(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    bool right[ITEMS];
    for (int k = 0; k < 12; k++) {
        Row row = like(arena, k % 2 ? "full" : "lora", "");
        row.key = arena_format(arena, "key%d", k);
        row.seed = row.init_seed = row.order_seed = row.dropout_seed = k / 4;
        row.fold = 1 + k / 2 % 2, row.metric = "f1_macro";
        answer(right, ITEMS, k % 2 ? 0.9 : 0.7, k / 4);
        predicted(arena, folder, row, right, ITEMS);
    }
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    IN_ORDER(said.out, "f1_macro of the answers of 2 folds together; a table has the mean",
             "scores lower than full");
    arena_free(arena);
}

// F1's label is in no file of predictions: it is the one that gives the rows' scores.
static void every_metric_has_the_difference_of_the_rows_scores(void)
{
    static const char *const metrics[] = { "f1", "f1_macro", "matthews", "pearson", "spearman" };
    for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++) {
        Arena *arena = arena_of_test();
        const char *folder = test_folder();
        Error error;
        Csv csv;
        Rows rows;
        double mean[2] = { 0 };
        Row lora = like(arena, "lora", LORA(8)), full = like(arena, "full", "");
        lora.metric = full.metric = metrics[m];
        runs(arena, folder, lora, 1, 3, 0.75);
        runs(arena, folder, full, 1, 3, 0.90);
        CHECK(rows_of_folders(arena, &folder, 1, &rows, &error));
        for (size_t r = 0; r < rows.count; r++)
            mean[strcmp(rows.row[r].method, "lora") != 0] += rows.row[r].score / 3;
        Said said = program(arena, &(Around){ 0 }, "compare lora full %s --csv", folder);
        Bytes bytes = { (const uint8_t *)said.out, strlen(said.out) };
        if (CHECK(csv_parse_as(arena, bytes, "out",
                               &(CsvForm){ .format = CSV_COMMAS, .header = true }, &csv, &error))) {
            CHECK_TEXT(csv.row[0].field[csv_column(&csv, "metric")], metrics[m]);
            CHECK_CLOSE(atof(csv.row[0].field[csv_column(&csv, "difference")]), mean[0] - mean[1],
                        1e-8);
        }
        arena_free(arena);
    }
}

static void a_difference_without_any_variance_is_not_tested(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    runs(arena, folder, like(arena, "lora", LORA(8)), 1, 3, -1); // all wrong
    runs(arena, folder, like(arena, "full", ""), 1, 3, 2);       // all right
    Said said = program(arena, &(Around){ 0 }, "compare full lora %s", folder);
    IN_ORDER(said.out, "difference  100.0 points, 95 % interval 100.0 to 100.0\n",
             "verdict     Not tested: all seeds differ by the same amount, and the items");
    arena_free(arena);
}

// Right on all items but one, which is another in each run: u scatters, its means do not.
static void answers_that_scatter_are_not_called_the_same_where_nothing_is_left_to_test(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    static const char *const tasks[] = { "reviews", "topics" };
    for (int64_t seed = 1; seed <= 3; seed++)
        for (int k = 0; k < 4; k++) {
            const char *method = k % 2 ? "full" : "lora";
            bool right[ITEMS];
            for (size_t i = 0; i < ITEMS; i++)
                right[i] = i != (size_t)(k % 2 ? seed % 3 + 1 : seed);
            predicted(arena, folder, finished(arena, "tiny", tasks[k / 2], method, "", seed, 0),
                      right, ITEMS);
        }
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s --task reviews", folder);
    IN_ORDER(said.out, "detectable  all seeds differ by the same amount: nothing can be said of it",
             "difference  0.0 points", "verdict     Not tested: all seeds differ by the same");
    CHECK(!strstr(said.out, "same answers") && !strstr(said.out, "nothing varies"));
    said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    IN_ORDER(said.out, "\nreviews ", "  not tested\n", "\ntopics ", "  not tested\n");
    arena_free(arena);
}

// One more item of 300 is 0.3 points, and the interval has two digits for less than that.
static void a_verdict_has_the_digits_of_the_lines_above(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    for (int64_t seed = 1; seed <= 3; seed++)
        for (int k = 0; k < 2; k++) {
            static bool right[8000];
            for (size_t i = 0; i < 8000; i++)
                right[i] = i % 2 == 0 || (k && i == 1) || (int64_t)i == 2 * seed + 1;
            predicted(arena, folder,
                      finished(arena, "tiny", "reviews", k ? "full" : "lora", "", seed, 0), right,
                      8000);
        }
    Said said = program(arena, &(Around){ 0 }, "compare full lora %s", folder);
    const char *line = strstr(said.out, "difference  "), *points, *found;
    CHECK(line && !strncmp(line, "difference  0.013 points", 24));
    points = strstr(said.out, "detectable  "), found = strstr(said.out, "a difference of ");
    if (CHECK(points && found))
        CHECK(!strncmp(points + 12, found + 16, strcspn(points + 12, " ")));
    arena_free(arena);
}

static void a_method_against_itself_has_the_same_answers(void)
{
    Arena *arena = arena_of_test();
    Said said = program(arena, &(Around){ 0 }, "compare lora lora %s", two_methods(arena));
    IN_ORDER(said.out, "A against B:", "A: lora ", "B: lora", "nothing that the rows say",
             "detectable  all seeds differ by the same amount",
             "difference  0.0 points, 95 % interval 0.0 to 0.0; p 1",
             "verdict     lora and lora give the same answers to all items in every run.");
    arena_free(arena);
}

// Dead, failed and other runs are in no test or in it, and always counted.
static void runs_that_are_dead_failed_left_out_or_without_predictions_are_counted(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena);
    Error error;
    Row failed = finished(arena, "tiny", "reviews", "full", "", 6, 0);
    failed.schema = ROW_SCHEMA, failed.status = "failed", failed.score = NAN, failed.lr = 3e-4;
    CHECK(row_write(row_file(arena, folder, "rows", failed.key), &failed, &error));
    runs(arena, folder, like(arena, "lora", LORA(8)), 6, 6, 0.2); // below 0.5: dead
    Row gone = finished(arena, "tiny", "reviews", "lora", LORA(8), 1, 0);
    CHECK(!remove(arena_format(arena, "%s/predictions/%s.csv", folder, gone.key)));
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    IN_ORDER(said.out, "4 pairs of seeds",
             "note        lora: 1/6 dead, 1 without predictions; full: 1 failed; 2 left out");
    arena_free(arena);
}

// All live on dev; on test, whose best constant answer is 0.75, none of lora's and one of full's. A
// fourth run of full was not tested.
static void dead_and_missing_runs_are_those_of_the_split_that_is_compared(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Error error;
    CHECK(folder_make(path_join(arena, folder, "scores"), &error));
    for (int64_t seed = 1; seed <= 3; seed++)
        for (int k = 0; k < 2; k++) {
            bool right[ITEMS], wrong = k && seed == 2;
            Row row = finished(arena, "tiny", "reviews", k ? "full" : "lora", "", seed, 0);
            row.score_test = wrong ? 0.75 : 1;
            answer(right, ITEMS, 0.9, seed);
            predicted(arena, folder, row, right, ITEMS);
            FILE *more = fopen(row_file(arena, folder, "predictions", row.key), "a");
            for (int i = 0; i < 4; i++)
                fprintf(more, "test,%d,%d,yes,%s,0 0\n", i, i, wrong && i == 0 ? "no" : "yes");
            fclose(more);
            CHECK(file_write_text(row_file(arena, folder, "scores", row.key),
                                  "split,n,metric,value,majority\ntest,4,accuracy,1,0.75\n",
                                  &error));
        }
    Row untested = finished(arena, "tiny", "reviews", "full", "", 4, 0.9);
    untested.schema = ROW_SCHEMA, untested.eval_n = ITEMS;
    CHECK(row_write(row_file(arena, folder, "rows", untested.key), &untested, &error));
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s --split test", folder);
    IN_ORDER(said.out, "full: 1/3 dead, 1 without a score, 1 without predictions");
    said = program(arena, &(Around){ 0 }, "compare lora full %s --split test --json", folder);
    IN_ORDER(said.out, "\"dead_a\": 0", "\"dead_b\": 1");
    said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    CHECK(!strstr(said.out, "dead") && !strstr(said.out, "without a score"));
    CHECK(row_write(row_file(arena, folder, "scores", untested.key), &untested, &error));
    said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    CHECK_REFUSED(said, 2, ".csv: has no column 'split'");
    arena_free(arena);
}

static void other_machines_and_commits_are_warned_of(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Row full = like(arena, "full", "");
    full.cpu = "Another CPU", full.commit = "0123abcd";
    runs(arena, folder, like(arena, "lora", LORA(8)), 1, 3, 0.75);
    runs(arena, folder, full, 1, 3, 0.90);
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    IN_ORDER(said.out, "commit      3fa2c1d", "0123abcd\n", "cpu         Sample CPU",
             "Another CPU\n",
             "warning     rows of several machines or jobs and commits: seconds and bytes");
    arena_free(arena);
}

// It is one machine, whatever its name has in it.
static void a_name_with_and_in_it_is_one(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Row full = like(arena, "full", ""), lora = like(arena, "lora", LORA(8));
    full.cpu = lora.cpu = "Core and Co";
    runs(arena, folder, lora, 1, 3, 0.75);
    runs(arena, folder, full, 1, 3, 0.90);
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    CHECK(said.status == 0 && !strstr(said.out, "warning"));
    arena_free(arena);
}

// ";" within a text does not end it.
static void an_option_of_any_text_is_one(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    runs(arena, folder, like(arena, "lora", "lora.alpha=16;lora.words=a\\;b"), 1, 3, 0.75);
    runs(arena, folder, like(arena, "lora", "lora.alpha=16;lora.words=c"), 1, 3, 0.90);
    Said said = program(arena, &(Around){ 0 }, "compare lora:words=a;b lora:words=c %s", folder);
    CHECK(said.status == 0);
    IN_ORDER(said.out, "options     words=a;b ", "words=c\n");
    arena_free(arena);
}

static void settings_of_one_method_are_told_apart_by_options_columns_and_folders(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Row slow = like(arena, "lora", LORA(4));
    slow.lr = 1e-4;
    runs(arena, folder, like(arena, "lora", LORA(8)), 1, 3, 0.75);
    runs(arena, folder, slow, 1, 3, 0.90);
    const char *other = arena_format(arena, "%s/other", folder);
    runs(arena, other, like(arena, "lora", LORA(8)), 1, 3, 0.80);
    Said said = program(arena, &(Around){ 0 }, "compare lora:rank=4 lora:rank=8 %s", folder);
    CHECK(said.status == 0);
    IN_ORDER(said.out, "differ in   lora:rank=4 ", "options     rank=4 ", "rank=8\n",
             "verdict     lora:rank=4 scores higher than lora:rank=8, by ");
    Said by_rate = program(arena, &(Around){ 0 }, "compare lora:lr=1e-4 lora:lr=0.001 %s", folder);
    CHECK(by_rate.status == 0);
    IN_ORDER(by_rate.out, "A against B:", "differ in   A: lora:lr=1e-4", "B: lora:lr=0.001",
             "verdict     lora:lr=1e-4 scores higher than lora:lr=0.001, by ");
    said = program(arena, &(Around){ 0 }, "compare lora:lora.rank=4 each:lora.rank=8 %s", folder);
    CHECK(said.status == 0);
    IN_ORDER(said.out, "options     rank=4 ", "rank=8\n");
    said =
        program(arena, &(Around){ 0 }, "compare lora:max-length=128,rank=4 lora:rank=8 %s", folder);
    CHECK(said.status == 0);
    said = program(arena, &(Around){ 0 }, "compare lora:rank=8@%s lora@%s", folder, other);
    CHECK(said.status == 0 && strstr(said.out, "nothing that the rows say") != NULL);
    said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    CHECK_REFUSED(said, ERROR_INPUT, "full: no rows of this method; should be lora");
    said = program(arena, &(Around){ 0 }, "compare lora lora:rank=4 %s", folder);
    CHECK_REFUSED(said, ERROR_INPUT,
                  "lora: is more than one setting on reviews of tiny: 'lora:rank=4");
    arena_free(arena);
}

// What is said to tell settings apart does so when it is typed.
static void settings_are_named_as_they_can_be_typed(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Row lora = like(arena, "lora", LORA(8)), untrained = lora;
    untrained.pretrained = "no";
    runs(arena, folder, like(arena, "full", ""), 1, 3, 0.75);
    runs(arena, folder, lora, 1, 3, 0.75);
    runs(arena, folder, untrained, 4, 6, 0.60);
    CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare lora full %s", folder), ERROR_INPUT,
                  "'lora:pretrained=yes' or 'lora:pretrained=no'");
    CHECK(program(arena, &(Around){ 0 }, "compare lora:pretrained=yes full %s", folder).status ==
          0);
    folder = test_folder();
    runs(arena, folder, like(arena, "full", ""), 1, 3, 0.75);
    lora.method_sha = "8b612d6d1f61";
    runs(arena, folder, lora, 1, 3, 0.7);
    lora.method_sha = "8b612d6eec3e";
    runs(arena, folder, lora, 4, 6, 0.7);
    CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare lora full %s", folder), ERROR_INPUT,
                  "'lora:method_sha=8b612d6d' or 'lora:method_sha=8b612d6e'");
    CHECK(
        program(arena, &(Around){ 0 }, "compare lora:method_sha=8b612d6d full %s", folder).status ==
        0);
    CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare lora:method_sha=8b612d full %s", folder),
                  ERROR_INPUT, "no rows with method_sha=8b612d");
    arena_free(arena);
}

static void what_is_not_there_is_refused_with_the_nearest(void)
{
    static const struct {
        const char *words, *says;
    } of[] = {
        { "lroa full", "lroa: no rows of this method; should be lora" },
        { "lora:rnak=8 full", "lora:rnak=8: 'rnak' is unknown in these rows; should be rank" },
        { "lora:rank=9 full", "lora:rank=9: no rows with rank=9; should be 8" },
        { "lora full --task reviews --model no", "--task and --model: lora and full have no rows" },
        { "lora: full", "lora:: is no method; should be METHOD, METHOD:OPTION=VALUE or METHOD@F" },
        { "lora:rank full", "lora:rank: 'rank' has no value; should be METHOD:OPTION=VALUE" },
        { "lora:=8 full", "lora:=8: '=8' has no name; should be METHOD:OPTION=VALUE" },
        { "lora full --task rte",
          "--task: lora and full have no rows of it; should be one that both have" },
        { "lora full --split test", "no lines of split 'test'; should be a split that was eval" },
        { "lora full --split dve", "--split: 'dve' is no split; should be train, tune, dev or t" },
        { "lora full --interval wide", "--interval: 'wide' is unknown; should be seeds or items" },
        { "lora full --level 5", "--level: 5 is out of range; should be 50 to 99.99" },
        { "lora full --level wide", "--level: 'wide' is not a number; should be 50 to 99.99" },
        { "lora full --josn", "--josn: is unknown; should be --json" },
    };
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena);
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare %s %s", of[k].words, folder),
                      ERROR_INPUT, of[k].says);
    CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare lora"), ERROR_INPUT,
                  "second method: is not given; should be as in: tunemark compare lora full");
    CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare lora full"), ERROR_INPUT,
                  "folder: is not given; should be a sweep's folder");
    CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare lora full %s/none", folder), ERROR_INPUT,
                  "no such folder");
    arena_free(arena);
}

static void without_any_predictions_nothing_is_compared(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena);
    CHECK(!rename(arena_format(arena, "%s/predictions", folder),
                  arena_format(arena, "%s/elsewhere", folder)));
    CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare lora full %s", folder), ERROR_INPUT,
                  "predictions: there are no predictions of lora on reviews, tiny; there are no "
                  "predictions of full on reviews, tiny; should be predictions/KEY.csv beside");
    arena_free(arena);
}

static void a_field_of_another_line_is_refused_with_its_id(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena);
    Row row = finished(arena, "tiny", "reviews", "full", "", 2, 0);
    const char *file = arena_format(arena, "%s/predictions/%s.csv", folder, row.key);
    char *text = read_text(arena, file), *at = strstr(text, "\ndev,41,41,");
    CHECK(at != NULL);
    at[6] = '7'; // id 47
    write_text(file, text);
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    CHECK_REFUSED(said, ERROR_INPUT, ".csv:43: id 47: id is '47', but '41' in ");
    arena_free(arena);
}

static void a_long_label_does_not_run_into_its_value(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Row full = like(arena, "full", "");
    full.frozen_dropout = "yes";
    runs(arena, folder, like(arena, "lora", LORA(8)), 1, 3, 0.75);
    runs(arena, folder, full, 1, 3, 0.90);
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    IN_ORDER(said.out, "\nfrozen_dropout\n            - ", "yes\n");
    arena_free(arena);
}

// A cell of a lever that is empty is of a run without it.
static void a_run_without_a_lever_is_found_by_saying_so(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Row again = like(arena, "lora", LORA(8));
    again.recompute = "yes", again.options = LORA(8) ";lora.x=1";
    runs(arena, folder, like(arena, "lora", LORA(8)), 1, 3, 0.75);
    runs(arena, folder, again, 1, 3, 0.90);
    Said said =
        program(arena, &(Around){ 0 }, "compare lora:recompute=no lora:recompute=yes %s", folder);
    CHECK(said.status == 0);
    IN_ORDER(said.out, "A: lora:recompute=no", "B: lora:recompute=yes");
    said = program(arena, &(Around){ 0 },
                   "compare lora:micro_batch=0,frozen_dtype=f32,recompute=no lora:recompute=yes %s",
                   folder);
    CHECK(said.status == 0);
    said = program(arena, &(Around){ 0 }, "compare lora:recompute=maybe lora %s", folder);
    CHECK_REFUSED(said, ERROR_INPUT, "no rows with recompute=maybe; should be");
    arena_free(arena);
}

static void a_long_name_goes_on_after_a_part_of_it(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    const char *name = "low_rank_updates_of_attention_and_more";
    runs(arena, folder, like(arena, "full", ""), 1, 3, 0.90);
    runs(arena, folder, like(arena, name, ""), 1, 3, 0.75);
    Said said = program(arena, &(Around){ 0 }, "compare %s full %s", name, folder);
    CHECK(said.status == 0);
    IN_ORDER(said.out, "differ in   A: low_rank_updates_of_attention_", "B: full\n",
             "\n            and_more\n");
    arena_free(arena);
}

// The rows of a side that names its folder are read apart from the other's, and both are told of.
static void rows_that_cannot_be_read_are_named_on_standard_error_and_leave_status_1(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena), *other = arena_format(arena, "%s/other", folder);
    Error error;
    runs(arena, other, like(arena, "full", ""), 1, 3, 0.90);
    CHECK(file_write_text(path_join(arena, folder, "rows/cut.csv"), "key,schema\n", &error));
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s --csv", folder);
    const char *once = strstr(said.err, "cut.csv");
    CHECK(said.status == 1 && !strncmp(said.out, "task,", 5));
    CHECK(once && !strstr(once + 1, "cut.csv"));
    CHECK(file_write_text(path_join(arena, other, "rows/torn.csv"), "key,schema\n", &error));
    said = program(arena, &(Around){ 0 }, "compare lora@%s full@%s", folder, other);
    CHECK(said.status == 1 && strstr(said.err, "cut.csv") && strstr(said.err, "torn.csv"));
    CHECK(!strstr(said.out, "left out: "));
    arena_free(arena);
}

// Of a folder and its copy without predictions, in either order.
static void the_order_of_folders_does_not_decide_whether_there_are_predictions(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena), *copy = arena_format(arena, "%s/copy", folder);
    const char *const of[][2] = { { folder, copy }, { copy, folder } };
    runs(arena, copy, like(arena, "lora", LORA(8)), 1, 5, 0.75);
    CHECK(!rename(arena_format(arena, "%s/predictions", copy),
                  arena_format(arena, "%s/elsewhere", copy)));
    for (int k = 0; k < 2; k++) {
        Said said = program(arena, &(Around){ 0 }, "compare lora full %s %s", of[k][0], of[k][1]);
        IN_ORDER(said.out, "5 pairs of seeds", "lora scores lower than full");
        CHECK(!strstr(said.out, "without predictions"));
        said = program(arena, &(Around){ 0 }, "table %s %s", of[k][0], of[k][1]);
        IN_ORDER(said.out, "  5  a  ", "  5  b  ", "share a letter", "5 copies are left out");
    }
    arena_free(arena);
}

// A letter of three runs stands beside a mean of five.
static void letters_say_where_they_rest_on_fewer_runs_than_the_mean(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena);
    static const char *const fewer[] = { "lora", "full", "head" };
    runs(arena, folder, like(arena, "head", ""), 1, 5, 0.60);
    runs(arena, folder, like(arena, "bitfit", ""), 1, 5, 0.80);
    for (int m = 0; m < 3; m++)
        for (int64_t seed = 1; seed <= (m == 2 ? 3 : 2); seed++) {
            Row row = like(arena, fewer[m], m ? "" : LORA(8));
            row = finished(arena, "tiny", "reviews", row.method, row.options, seed, 0);
            CHECK(!remove(arena_format(arena, "%s/predictions/%s.csv", folder, row.key)));
        }
    Said said = program(arena, &(Around){ 0 }, "table %s", folder);
    IN_ORDER(said.out, "(Holm, k = 3); of 3 of 5 runs with predictions: full, lora; "
                       "of 2 of 5 runs with predictions: head; no letter below 3.\n");
    arena_free(arena);
}

// Of a head over a frozen bottom that is kept, training is both: the pass before it, and the rest.
static void what_training_took_has_the_pass_of_a_kept_bottom(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Row head = like(arena, "head", "");
    head.train_s = 2, head.feature_s = 31, head.cpu_s = 8, head.wall_s = 40;
    runs(arena, folder, like(arena, "full", ""), 1, 3, 0.90);
    runs(arena, folder, head, 1, 3, 0.75);
    Said said = program(arena, &(Around){ 0 }, "compare head full %s", folder);
    IN_ORDER(said.out, "\ncosts ", "\nhead ", "    33.0 ", "\nfull ", "12.3 ", "warning",
             "train s of head: 3 of 3 runs had less than 90 % of their core");
    said = program(arena, &(Around){ 0 }, "table %s --columns time", folder);
    IN_ORDER(said.out, " head  ", "  33.0\n");
    said = program(arena, &(Around){ 0 }, "table %s --columns time --csv", folder);
    IN_ORDER(said.out, ",training_s\n", ",33\n");
    arena_free(arena);
}

static void csv_and_json_have_the_fields_of_the_reference_in_their_order(void)
{
    static const char *const names[] = {
        "difference", "lo",          "hi",         "se",
        "df",         "p",           "mdd",        "basis",
        "reason",     "paired",      "seeds",      "left_out",
        "items",      "groups",      "ms_seed",    "ms_group",
        "ms_rest",    "correlation", "boot_lo",    "boot_hi",
        "boot_p",     "flip_p",      "flip_p_min", "wins",
        "ties",       "losses",      "mcnemar_p",  "params_trained_a",
    };
    Arena *arena = arena_of_test();
    Error error;
    Csv csv;
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s --csv", two_methods(arena));
    Bytes bytes = { (const uint8_t *)said.out, strlen(said.out) };
    if (!CHECK(csv_parse_as(arena, bytes, "out", &(CsvForm){ .format = CSV_COMMAS, .header = true },
                            &csv, &error)))
        return;
    size_t first = csv_column(&csv, "difference");
    CHECK(csv.rows == 1 && first != SIZE_MAX);
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        CHECK_TEXT(csv.header[first + n], names[n]);
#define FIELD(name) csv.row[0].field[csv_column(&csv, name)]
    CHECK_CLOSE(atof(FIELD("score_a")) - atof(FIELD("score_b")), atof(FIELD("difference")), 1e-8);
    CHECK(atof(FIELD("lo")) < atof(FIELD("difference")) && atof(FIELD("hi")) < 0);
    CHECK_TEXT(FIELD("basis"), "seeds+items");
    CHECK_TEXT(FIELD("reason"), "");
    CHECK_TEXT(FIELD("paired"), "yes");
    CHECK_TEXT(FIELD("losses"), "5");
    CHECK_TEXT(FIELD("mcnemar_p"), "");
    CHECK_TEXT(FIELD("flip_p_min"), "0.0625");
    CHECK_TEXT(FIELD("holm_p"), FIELD("p"));
#undef FIELD
    arena_free(arena);
}

static void the_interval_over_items_is_wider_and_the_level_is_what_was_asked_for(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena);
    double width[3];
    const char *const options[] = { "--interval seeds", "--interval items", "--level 50" };
    for (int k = 0; k < 3; k++) {
        Said said = program(arena, &(Around){ 0 }, "compare lora full %s %s", folder, options[k]);
        const char *at = strstr(said.out, "± ");
        width[k] = CHECK(at != NULL) ? atof(at + strlen("± ")) : 0;
        IN_ORDER(said.out, k == 1 ? "(over seeds and items)" : "(over seeds alone)",
                 k == 2 ? "50 % interval" : "95 % interval");
    }
    CHECK(width[1] > width[0] && width[2] < width[0]);
    arena_free(arena);
}

static void the_same_rows_give_the_same_bytes(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena);
    Said first = program(arena, &(Around){ 0 }, "compare lora full %s --json", folder);
    Said second = program(arena, &(Around){ 0 }, "compare lora full %s --json", folder);
    CHECK(first.status == 0 && strlen(first.out) > 500);
    CHECK_TEXT(second.out, first.out);
    arena_free(arena);
}

void suite_compare(void)
{
    ADD(a_screen_says_what_differs_before_by_how_much_and_ends_with_a_verdict);
    ADD(two_that_are_alike_are_never_called_equal);
    ADD(one_or_two_seeds_carry_no_claim);
    ADD(a_method_is_meant_without_levers);
    ADD(seeds_of_their_own_are_not_paired);
    ADD(folds_are_compared_over_all_their_items);
    ADD(of_folds_a_metric_that_is_no_mean_says_of_what_it_is);
    ADD(every_metric_has_the_difference_of_the_rows_scores);
    ADD(a_difference_without_any_variance_is_not_tested);
    ADD(answers_that_scatter_are_not_called_the_same_where_nothing_is_left_to_test);
    ADD(a_verdict_has_the_digits_of_the_lines_above);
    ADD(a_method_against_itself_has_the_same_answers);
    ADD(runs_that_are_dead_failed_left_out_or_without_predictions_are_counted);
    ADD(dead_and_missing_runs_are_those_of_the_split_that_is_compared);
    ADD(other_machines_and_commits_are_warned_of);
    ADD(a_name_with_and_in_it_is_one);
    ADD(an_option_of_any_text_is_one);
    ADD(settings_of_one_method_are_told_apart_by_options_columns_and_folders);
    ADD(settings_are_named_as_they_can_be_typed);
    ADD(what_is_not_there_is_refused_with_the_nearest);
    ADD(without_any_predictions_nothing_is_compared);
    ADD(a_field_of_another_line_is_refused_with_its_id);
    ADD(a_run_without_a_lever_is_found_by_saying_so);
    ADD(a_long_name_goes_on_after_a_part_of_it);
    ADD(a_long_label_does_not_run_into_its_value);
    ADD(rows_that_cannot_be_read_are_named_on_standard_error_and_leave_status_1);
    ADD(the_order_of_folders_does_not_decide_whether_there_are_predictions);
    ADD(letters_say_where_they_rest_on_fewer_runs_than_the_mean);
    ADD(what_training_took_has_the_pass_of_a_kept_bottom);
    ADD(csv_and_json_have_the_fields_of_the_reference_in_their_order);
    ADD(the_interval_over_items_is_wider_and_the_level_is_what_was_asked_for);
    ADD(the_same_rows_give_the_same_bytes);
}
