// test_choice.c: tables of the reader's choice: formats to the letter, columns, lines, filters,
// floors.

#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"
#include "command/select.h"
#include "report/table.h"
#include "tests/program.h"
#include "tests/sample_rows.h"
#include <stdlib.h>
#include <string.h>

static const Floor bag = { .task = "reviews",
                           .split = "dev",
                           .metric = "accuracy",
                           .name = "bag of words",
                           .train_limit = 0,
                           .seeds = 1,
                           .score = 0.815 };

// The tables without the notes, or the refusal's text. Free it.
static char *shown(Row *rows, size_t count, const TableChoice *choice)
{
    char *text = NULL, *copy;
    size_t size;
    Error error = { 0 };
    Floor floor = bag;
    const Floors floors = { &floor, 1 };
    const Rows all = { .row = rows, .count = count };
    FILE *out = open_memstream(&text, &size);
    bool done = table_print(out, NULL, &all, &floors, choice, &error);
    fclose(out);
    copy = strdup(done ? text : error.text);
    free(text);
    return copy;
}

static char *notes_of(Row *rows, size_t count, const TableChoice *choice)
{
    char *text = NULL;
    size_t size;
    Error error = { 0 };
    Floor floor = bag;
    const Floors floors = { &floor, 1 };
    const Rows all = { .row = rows, .count = count };
    FILE *nowhere = fopen("/dev/null", "w"), *notes = open_memstream(&text, &size);
    CHECK(table_print(nowhere, notes, &all, &floors, choice, &error));
    fclose(nowhere);
    fclose(notes);
    return text;
}

static void is(Row *rows, size_t count, const TableChoice *choice, const char *expected)
{
    char *text = shown(rows, count, choice);
    CHECK_TEXT(text, expected);
    free(text);
}

static void refused(Row *rows, size_t count, const TableChoice *choice, const char *part)
{
    char *text = shown(rows, count, choice);
    if (!CHECK(strstr(text, part) != NULL))
        printf("no \"%s\" in: %s\n", part, text);
    free(text);
}

// Two tasks, two methods, two seeds: head 0.80 and 0.82 (81 +- 12.7 points), full 0.90 and 0.92.
enum { EIGHT = 8 };
static Row *eight(Arena *arena)
{
    const char *task[] = { "reviews", "topics" }, *method[] = { "head", "full" };
    Row *rows = arena_take(arena, EIGHT, sizeof *rows);
    for (int i = 0; i < EIGHT; i++) {
        rows[i] = finished(arena, "tiny", task[i / 4], method[i / 2 % 2], "", i % 2 + 1,
                           (i / 2 % 2 ? 0.90 : 0.80) + 0.02 * (i % 2));
        rows[i].params_trained = i / 2 % 2 ? 1500000 : 258;
        rows[i].train_limit = 0;
    }
    return rows;
}

static void methods_by_tasks_with_their_floors_to_the_letter(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    TableChoice choice = { .rows = "method", .across = "task" };
    is(rows, EIGHT, &choice,
       "tiny\n"
       "method         n  reviews        topics\n"
       "best constant     50.0           50.0\n"
       "bag of words      81.5\n"
       "head           2  81.0 ± 12.7 †  81.0 ± 12.7\n"
       "full           2  91.0 ± 12.7    91.0 ± 12.7\n\n");
    choice.format = TABLE_MARKDOWN;
    is(rows, EIGHT, &choice,
       "**tiny**\n\n"
       "| method | n | reviews | topics |\n"
       "| --- | ---: | --- | --- |\n"
       "| best constant |  | 50.0 | 50.0 |\n"
       "| bag of words |  | 81.5 |  |\n"
       "| head | 2 | 81.0 ± 12.7 † | 81.0 ± 12.7 |\n"
       "| full | 2 | 91.0 ± 12.7 | 91.0 ± 12.7 |\n\n");
    choice.format = TABLE_LATEX;
    is(rows, EIGHT, &choice,
       "\\begin{table}\n\\centering\n\\caption{tiny.}\n"
       "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n"
       "\\begin{tabular}{lrll}\n\\toprule\n"
       "method & n & reviews & topics \\\\\n\\midrule\n"
       "best constant &  & 50.0 & 50.0 \\\\\n"
       "bag of words &  & 81.5 &  \\\\\n"
       "head & 2 & 81.0 $\\pm$ 12.7 \\textsuperscript{\\textdagger} & 81.0 $\\pm$ 12.7 \\\\\n"
       "full & 2 & 91.0 $\\pm$ 12.7 & 91.0 $\\pm$ 12.7 \\\\\n"
       "\\bottomrule\n\\end{tabular}\n}\n\\end{table}\n\n");
    arena_free(arena);
}

static void headings_of_two_lines_stay_two_in_latex_and_say_once_what_is_common(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    TableChoice choice = {
        .format = TABLE_LATEX, .rows = "method", .across = "task", .columns = "trained,memory"
    };
    char *text = shown(rows, EIGHT, &choice);
    CHECK(strstr(text, "\\toprule\n"
                       " & \\multicolumn{2}{c}{reviews} & \\multicolumn{2}{c}{topics} \\\\\n"
                       "\\cmidrule(lr){2-3}\\cmidrule(lr){4-5}\n"
                       "method & trained & plan MB & trained & plan MB \\\\\n\\midrule\n") != NULL);
    free(text);
    choice = (TableChoice){ .format = TABLE_LATEX, .columns = "share_inner,memory,resident" };
    text = shown(rows, EIGHT / 2, &choice);
    CHECK(strstr(text, "\\toprule\n"
                       " &  & \\% of non- & plan & rss \\\\\n"
                       "model & method & embedding & MB & MB \\\\\n\\midrule\n") != NULL);
    free(text);
    arena_free(arena);
}

static void what_is_special_to_latex_prints_as_itself(void)
{
    Arena *arena = arena_of_test();
    Row row = finished(arena, "a_b\\c", "50% & {x}", "m$1#~^|<>\"", "", 1, 0.9);
    char *text = shown(&row, 1, &(TableChoice){ .format = TABLE_LATEX, .columns = "score" });
    CHECK(strstr(text, "\\caption{50\\% \\& \\{x\\}: accuracy on dev, 872 items") != NULL);
    CHECK(strstr(text, "\na\\_b\\textbackslash{}c & "
                       "m\\$1\\#\\textasciitilde{}\\textasciicircum{}\\textbar{}\\textless{}"
                       "\\textgreater{}{''} & 90.0 & 1 \\\\\n") != NULL);
    free(text);
    arena_free(arena);
}

// Every number of the CSV, read again, is the one that was printed: 9 digits of it.
// Of 21.5 MB and 80.0 points: 10.75 MB and 79.0; a lever's line alone has a change, and only from
// the line that is the same otherwise.
static void a_lever_is_held_against_the_run_without(void)
{
    Arena *arena = arena_of_test();
    const TableChoice choice = { .columns = "score,plan_peak", .rows = "method", .levers = true };
    const TableChoice csv = { .columns = "score,plan_peak", .levers = true, .format = TABLE_CSV };
    Row rows[] = { finished(arena, "tiny", "reviews", "lora", "lora.rank=8", 1, 0.8),
                   finished(arena, "tiny", "reviews", "lora", "lora.rank=8", 1, 0.79),
                   finished(arena, "tiny", "reviews", "lora", "lora.rank=8", 1, 0.8),
                   finished(arena, "tiny", "reviews", "lora", "lora.rank=4", 1, 0.8) };
    rows[1].key = "parts", rows[1].micro_batch = 8, rows[1].plan_peak = 10750000;
    rows[2].key = "again", rows[2].recompute = "yes";
    rows[3].key = "bytes", rows[3].frozen_dtype = "int8", rows[3].plan_peak = 10750000;
    char *text = shown(rows, 4, &choice), *its = strstr(text, "micro_batch=8");
    if (!CHECK(its && strstr(its, "79.0 (-1.0)") && strstr(its, "10.8 (-50 %)")))
        printf("%s", text);
    CHECK(its && !strstr(strchr(its, '\n'), " %)") && strchr(text, '%') > its);
    free(text);
    text = shown(rows, 4, &csv);
    if (!CHECK(strstr(text, ",plan_peak,mean_change,plan_peak_change\n") &&
               strstr(text, ",10750000,-0.01,-0.5\n") && strstr(text, ",21500000,0,0\n") &&
               strstr(text, ",21500000,,\n") && strstr(text, ",10750000,,\n")))
        printf("%s", text);
    free(text);
    arena_free(arena);
}

static void the_csv_reads_back(void)
{
    Arena *arena = arena_of_test();
    Row *rows = sweep_rows(arena);
    Error error = { 0 };
    Csv csv;
    char *text = shown(rows, SWEEP_ROWS, &(TableChoice){ .format = TABLE_CSV });
    CHECK(csv_parse_as(arena, (Bytes){ (const uint8_t *)text, strlen(text) }, "table",
                       &(CsvForm){ .format = CSV_COMMAS, .header = true }, &csv, &error));
    CHECK(csv.rows == 2 * 3 * 6);
    for (size_t r = 0; r < csv.rows; r++) {
        const char **field = csv.row[r].field;
        double sum = 0;
        int n = 0;
        for (size_t i = 0; i < SWEEP_ROWS; i++)
            if (!strcmp(rows[i].task, field[csv_column(&csv, "task")]) &&
                !strcmp(rows[i].model, field[csv_column(&csv, "model")]) &&
                !strcmp(rows[i].method, field[csv_column(&csv, "method")]))
                sum += rows[i].score, n++;
        CHECK(n == 5 && atoi(field[csv_column(&csv, "n")]) == 5);
        CHECK_CLOSE(atof(field[csv_column(&csv, "mean")]), sum / 5, 1e-8);
        CHECK_CLOSE(atof(field[csv_column(&csv, "lo")]) + atof(field[csv_column(&csv, "hi")]),
                    2 * sum / 5, 1e-8);
    }
    free(text);
    arena_free(arena);
}

// Any column of a row: a score over its seeds, bytes the largest, seconds the median, a text as it
// is.
static void columns_of_choice_and_n_that_stays(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    rows[0].loss = 0.5, rows[1].loss = 0.7, rows[0].f1 = 0.6, rows[1].f1 = 0.62;
    rows[0].rss_train_peak = 40000000, rows[1].rss_train_peak = 50000000;
    rows[0].eval_s = 1, rows[1].eval_s = 2, rows[0].optimizer = rows[1].optimizer = "adamw";
    rows[0].warnings = "one", rows[1].warnings = "two";
    is(rows, 2,
       &(TableChoice){ .columns = "score,f1,rss_train_peak,eval_s,optimizer,warnings,loss" },
       "reviews: accuracy on dev, 872 items; best constant answer 50.0; bag of words 81.5\n"
       "train_n 5000, tune_n 500, train_on train, train_limit 0, max_length 128, epochs 3, "
       "min_steps 1000, select last, batch 32\n"
       "                                              rss_train_peak   eval_s                      "
       " "
       "loss\n"
       "model  method  score          n  f1                       MB  seconds  optimizer  warnings "
       " "
       "nats\n"
       "tiny   head    81.0 ± 12.7 †  2  61.0 ± 12.7            50.0     1.50  adamw      one, two "
       " "
       " 0.6\n\n");
    is(rows, 2, &(TableChoice){ .format = TABLE_CSV, .columns = "score,eval_s,f1" },
       "task,block,differs,model,method,options,label,pretrained,metric,eval_split,eval_n,"
       "majority_score,floor,floor_score,mean,sd,n,lo,hi,runs,dead,living_mean,failed,diverged,"
       "timeout,unscored,not_run,on_edge,eval_s,f1,f1_lo,f1_hi\n"
       "reviews,reviews,,tiny,head,,head,yes,accuracy,dev,872,0.5,bag of words,0.815,0.81,"
       "0.0141421356,2,0.682937953,0.937062047,2,0,,0,0,0,0,0,,1.5,0.61,0.482937953,0.737062047\n");
    rows[0].cpu = "another"; // seconds of two machines have no median
    is(rows, 2, &(TableChoice){ .columns = "eval_s,eval_n", .format = TABLE_MARKDOWN },
       "**reviews**: accuracy on dev, 872 items; best constant answer 50.0; bag of words 81.5\n"
       "train_n 5000, tune_n 500, train_on train, train_limit 0, max_length 128, epochs 3, "
       "min_steps 1000, select last, batch 32\n\n"
       "| model | method | eval\\_s seconds | eval\\_n rows |\n| --- | --- | ---: | ---: |\n"
       "| tiny | head |  | 872 |\n\n");
    arena_free(arena);
}

static void tables_of_methods_with_a_line_a_task(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    is(rows, EIGHT, &(TableChoice){ .rows = "task", .columns = "score,trained" },
       "tiny, head\n"
       "task     score          n  trained\n"
       "reviews  81.0 ± 12.7 †  2      258\n"
       "topics   81.0 ± 12.7    2      258\n\n"
       "tiny, full\n"
       "task     score        n  trained\n"
       "reviews  91.0 ± 12.7  2    1.50M\n"
       "topics   91.0 ± 12.7  2    1.50M\n\n");
    for (int i = 0; i < EIGHT; i++)
        rows[i].lr = i / 2 % 2 ? 1e-4 : 1e-3;
    is(rows, EIGHT, &(TableChoice){ .rows = "lr,task", .by = "model", .columns = "score" },
       "tiny\n"
       "lr      task     method  score          n\n"
       "0.0001  reviews  full    91.0 ± 12.7    2\n"
       "        topics   full    91.0 ± 12.7    2\n"
       "0.001   reviews  head    81.0 ± 12.7 †  2\n"
       "        topics   head    81.0 ± 12.7    2\n\n");
    arena_free(arena);
}

static void splits_side_by_side_each_with_its_floor(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    TableChoice choice = { .columns = "score", .split = "test,dev" };
    for (int i = 0; i < 4; i++)
        rows[i].score_test = rows[i].score - 0.1, rows[i].score_dev = rows[i].score;
    is(rows, 4, &choice,
       "reviews: accuracy; dev: best constant answer 50.0; bag of words 81.5\n"
       "train_n 5000, tune_n 500, train_on train, train_limit 0, max_length 128, epochs 3, "
       "min_steps 1000, select last, batch 32\n"
       "model  method  test         dev            n\n"
       "tiny   head    71.0 ± 12.7  81.0 ± 12.7 †  2\n"
       "       full    81.0 ± 12.7  91.0 ± 12.7    2\n\n");
    choice.split = "tune";
    char *notes = notes_of(rows, 4, &choice);
    CHECK(strstr(notes, "tune: choices are made on it, so a score there is no result.") != NULL);
    free(notes);
    choice.columns = "score,letters";
    notes = notes_of(rows, 4, &choice);
    CHECK(strstr(notes, "letters, since the rows are in no folder") != NULL);
    free(notes);
    choice.split = "dev,test";
    notes = notes_of(rows, 4, &choice);
    CHECK(strstr(notes, "no letters, since they are of one split alone") != NULL);
    free(notes);
    arena_free(arena);
}

// Rows know the best constant answer of one split; scores/KEY.csv that of each.
static void the_best_constant_answer_is_that_of_the_split(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *folder = test_folder();
    Row row = finished(arena, "tiny", "reviews", "head", "", 1, 0.9);
    const Rows rows = { .row = &row, .folder = &folder, .count = 1 };
    Floor floors[] = { bag, bag };
    char *text = NULL;
    size_t size;
    row.train_limit = 0, row.score_test = 0.8;
    floors[0].split = floors[1].split = "test";
    floors[1].score = 0.9, floors[1].train_limit = 100; // of a smaller task
    CHECK(folder_make(path_join(arena, folder, "scores"), &error));
    CHECK(file_write_text(arena_format(arena, "%s/scores/%s.csv", folder, row.key),
                          "split,n,metric,value,majority\ndev,872,accuracy,0.9,0.5\n"
                          "test,1000,f1_macro,0.8,0.3\ntest,1000,accuracy,0.8,0.512\n",
                          &error));
    FILE *out = open_memstream(&text, &size);
    CHECK(table_print(out, NULL, &rows, &(Floors){ floors, 2 },
                      &(TableChoice){ .rows = "method", .across = "task", .split = "test" },
                      &error));
    fclose(out);
    CHECK_TEXT(text, "tiny\n"
                     "method         n  reviews\n"
                     "best constant     51.2\n"
                     "bag of words      81.5\n"
                     "head           1  80.0 †\n\n");
    free(text);
    arena_free(arena);
}

static void lines_sort_by_a_column_either_way(void)
{
    Arena *arena = arena_of_test();
    Row rows[] = { finished(arena, "tiny", "reviews", "one", "", 1, 0.7),
                   finished(arena, "tiny", "reviews", "two", "", 1, 0.9),
                   finished(arena, "tiny", "reviews", "three", "", 1, NAN) };
    rows[0].params_trained = 1, rows[1].params_trained = 2, rows[2].params_trained = 3;
    rows[2].status = "failed";
    TableChoice choice = { .rows = "method", .by = "model", .columns = "n", .sort = "-score" };
    is(rows, 3, &choice,
       "tiny\nmethod  task       n\ntwo     reviews    1\none     reviews    1\nthree   reviews  "
       "0/1\n\n");
    choice.sort = "score";
    is(rows, 3, &choice,
       "tiny\nmethod  task       n\none     reviews    1\ntwo     reviews    1\nthree   reviews  "
       "0/1\n\n");
    choice.sort = "-trained";
    is(rows, 3, &choice,
       "tiny\nmethod  task       n\ntwo     reviews    1\none     reviews    1\nthree   reviews  "
       "0/1\n\n");
    arena_free(arena);
}

static void what_is_dead_or_missing_stands_by_the_score_without_remarks(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    rows[0].score = 0.5, rows[2].status = "timeout", rows[2].score = NAN;
    is(rows, 4, &(TableChoice){ .rows = "method", .columns = "score", .by = "task" },
       "reviews: accuracy on dev, 872 items; best constant answer 50.0; bag of words 81.5\n"
       "train_n 5000, tune_n 500, train_on train, train_limit 0, max_length 128, epochs 3, "
       "min_steps 1000, select last, batch 32\n"
       "method  model  score                      n\n"
       "head    tiny   66.0 ± 203.3 † 1/2 dead    2\n"
       "full    tiny   92.0 1 timeout           1/2\n\n");
    arena_free(arena);
}

static void the_mark_of_a_floor_is_explained(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    char *notes = notes_of(rows, 4, &(TableChoice){ 0 });
    CHECK(strstr(notes, "†: below the bag of words of its task") != NULL);
    free(notes);
    for (int i = 0; i < 4; i++)
        rows[i].train_limit = 100; // the floor saw all rows
    notes = notes_of(rows, 4, &(TableChoice){ 0 });
    CHECK(strstr(notes, "†") == NULL);
    free(notes);
    arena_free(arena);
}

static void trials_are_a_table_of_their_own_by_tune(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    for (int i = 0; i < 2; i++) {
        rows[i].stage = "trial", rows[i].score = NAN, rows[i].tune_score = 0.6 + 0.1 * i;
        rows[i].eval_split = "tune";
        rows[i].seed = rows[i].init_seed = rows[i].order_seed = rows[i].dropout_seed = 1;
        rows[i].lr = i ? 1e-3 : 1e-2;
    }
    TableChoice choice = { .trials = true, .columns = "score", .rows = "method", .by = "task" };
    is(rows, 4, &choice,
       "reviews: accuracy on tune, 500 items; best constant answer 50.0\n"
       "train_n 5000, tune_n 500, train_on train, train_limit 0, max_length 128, epochs 3, "
       "min_steps 1000, select last, batch 32\n"
       "method         model  score  n\n"
       "head lr=0.001  tiny   70.0   1\n"
       "head lr=0.01   tiny   60.0   1\n\n");
    arena_free(arena);
}

// On test `full` answers as `head` does on dev, and the other way round: its letters are its own.
static void letters_are_of_the_split_that_is_shown(void)
{
    enum { ITEMS = 200, SIX = 6 };
    Arena *arena = arena_of_test();
    const char *folder = test_folder(), *method[] = { "head", "full" };
    Error error = { 0 };
    Rows rows;
    for (int m = 0; m < 2; m++)
        for (int seed = 1; seed <= 3; seed++) {
            bool right[ITEMS];
            for (int i = 0; i < ITEMS; i++)
                right[i] = i < (m ? 190 : 120) + seed;
            predicted(arena, folder, finished(arena, "tiny", "reviews", method[m], "", seed, 0),
                      right, ITEMS);
        }
    CHECK(rows_of_folders(arena, &folder, 1, &rows, &error));
    if (!CHECK(rows.count == SIX))
        return;
    const char *dev[SIX], *test[SIX];
    size_t lines;
    for (size_t i = 0; i < SIX; i++) {
        dev[i] = read_text(arena, row_file(arena, folder, "predictions", rows.row[i].key));
        char **line = text_split(arena, dev[i], '\n', &lines);
        test[i] = "";
        for (size_t l = 1; l < lines && *line[l]; l++)
            text_append(arena, &test[i], "", "test%s\n", line[l] + strlen("dev"));
    }
    for (size_t i = 0; i < SIX; i++)
        for (size_t o = 0; o < SIX; o++)
            if (rows.row[i].seed == rows.row[o].seed && i != o) {
                const char *both = arena_format(arena, "%s%s", dev[i], test[o]);
                CHECK(file_write_text(row_file(arena, folder, "predictions", rows.row[i].key), both,
                                      &error));
                rows.row[i].score_test = rows.row[o].score;
            }
    for (int on_test = 0; on_test < 2; on_test++) {
        const TableChoice choice = { .rows = "method",
                                     .columns = "score,letters",
                                     .across = "task",
                                     .split = on_test ? "test" : "dev" };
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        CHECK(table_print(out, out, &rows, &(Floors){ 0 }, &choice, &error));
        fclose(out);
        CHECK(strstr(text, "3  96.0 ± 1.2  a\n") && strstr(text, "3  61.0 ± 1.2  b\n"));
        const char *best = strstr(text, on_test ? "\nhead " : "\nfull ");
        CHECK(best && strstr(best, "96.0") && strstr(best, "96.0") < strchr(best + 1, '\n'));
        free(text);
    }
    arena_free(arena);
}

// Three methods of three seeds with predictions: one far above two that are right on the same
// items. A file of predictions that does not fit costs the letters, not the table.
static void letters_stand_by_the_score_where_predictions_are(void)
{
    enum { ITEMS = 200 };
    Arena *arena = arena_of_test();
    const char *folder = test_folder(), *method[] = { "head", "lora", "full", "null" };
    const int right_on[] = { 120, 121, 190, 110 };
    Error error = { 0 };
    Rows rows;
    const Floors none = { 0 };
    const TableChoice choice = { .rows = "method", .columns = "score,letters", .across = "task" };
    char *text = NULL;
    size_t size;
    for (int m = 0; m < 4; m++)
        for (int seed = 1; seed <= 3; seed++) {
            bool right[ITEMS];
            for (int i = 0; i < ITEMS; i++)
                right[i] = i < right_on[m] + (seed - 2) * (m + 1);
            predicted(arena, folder, finished(arena, "tiny", "reviews", method[m], "", seed, 0),
                      right, ITEMS);
        }
    CHECK(rows_of_folders(arena, &folder, 1, &rows, &error));
    FILE *out = open_memstream(&text, &size);
    CHECK(table_print(out, out, &rows, &none, &choice, &error));
    fclose(out);
    CHECK(strstr(text, "null           3  55.0 ± 5.0\n") != NULL); // a floor: no letter, no pair
    CHECK(strstr(text, "full           3  95.0 ± 3.7  a\n") != NULL);
    CHECK(strstr(text, "head           3  60.0 ± 1.2  b\n") != NULL);
    CHECK(strstr(text, "lora           3  60.5 ± 2.5  b\n") != NULL);
    CHECK(strstr(text, "group, in each task and model: methods that share a letter can't be told "
                       "apart at 5 % (Holm, k = 3).") != NULL);
    CHECK(strstr(text, "group: of two that share a letter, the furthest apart are lora 60.5 and "
                       "head 60.0 (reviews, tiny).") != NULL);
    free(text);
    Rows two = rows; // seeds of each
    two.row = arena_take(arena, rows.count, sizeof *two.row);
    two.count = 0;
    for (size_t i = 0; i < rows.count; i++)
        if (rows.row[i].seed < 3)
            two.row[two.count++] = rows.row[i];
    out = open_memstream(&text, &size);
    CHECK(table_print(out, out, &two, &none, &choice, &error));
    fclose(out);
    CHECK(strstr(text, "no letters: fewer than two methods have 3 runs with predictions.") != NULL);
    if (CHECK(rows.count == 12))
        CHECK(file_write_text(arena_format(arena, "%s/predictions/%s.csv", folder, rows.row[4].key),
                              "split,id\n", &error));
    free(text);
    out = open_memstream(&text, &size);
    CHECK(table_print(out, out, &rows, &none, &choice, &error));
    fclose(out);
    CHECK(strstr(text, "full           3  95.0 ± 3.7\n") != NULL);
    CHECK(strstr(text, "group, in each task and model: no letters: ") != NULL);
    free(text);
    arena_free(arena);
}

static void what_is_not_there_is_refused_with_the_nearest(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    refused(rows, EIGHT, &(TableChoice){ .columns = "scoer" },
            "'scoer' is no column; should be score");
    refused(rows, EIGHT, &(TableChoice){ .columns = "trian_s" }, "should be train_s");
    refused(rows, EIGHT, &(TableChoice){ .columns = "" }, "--columns: names nothing");
    refused(rows, EIGHT, &(TableChoice){ .rows = "modle" },
            "--rows: 'modle' is no key; should be model");
    refused(rows, EIGHT, &(TableChoice){ .by = "tsk" }, "--by: 'tsk' is no key; should be task");
    refused(rows, EIGHT, &(TableChoice){ .across = "task,model" },
            "--across: 'task,model' names several");
    refused(rows, EIGHT, &(TableChoice){ .split = "train" },
            "--split: 'train' is none; should be dev, test");
    refused(rows, EIGHT, &(TableChoice){ .sort = "-cpu" }, "--sort: 'cpu' is none");
    refused(rows, EIGHT, &(TableChoice){ .sort = "-nosuch" }, "--sort: 'nosuch' is no column");
    arena_free(arena);
}

// ---- filters

static bool selected_by(Arena *arena, Row *rows, size_t count, Given *given, size_t givens,
                        Rows *left, Error *error)
{
    const Arguments arguments = { .given = given, .givens = givens };
    *left = (Rows){ .row = arena_take(arena, count, sizeof *rows),
                    .folder = arena_zero(arena, count, sizeof(char *)),
                    .count = count };
    memcpy(left->row, rows, count * sizeof *rows);
    return rows_select(arena, &arguments, left, error);
}

static bool selected(Arena *arena, Row *rows, size_t count, const char *name, const char *value,
                     Rows *left, Error *error)
{
    return selected_by(arena, rows, count, &(Given){ name, value }, 1, left, error);
}

// A value that an earlier condition has taken out is in rows all the same.
static void conditions_that_no_row_meets_together_leave_none(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    Rows left;
    Error error = { 0 };
    Given both[] = { { "task", "topics" }, { "where", "task=reviews" } };
    CHECK(!selected_by(arena, rows, EIGHT, both, 2, &left, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "rows: none is left; should be fewer conditions");
    both[1] = (Given){ "task", "reveiws" };
    CHECK(!selected_by(arena, rows, EIGHT, both, 2, &left, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "--task: 'reveiws' is in no row; should be reviews");
    both[1] = (Given){ "where", "seed=2" };
    CHECK(selected_by(arena, rows, EIGHT, both, 2, &left, &error) && left.count == 2);
    arena_free(arena);
}

static void filters_keep_what_they_name(void)
{
    Arena *arena = arena_of_test();
    Row *rows = eight(arena);
    Rows left;
    Error error = { 0 };
    CHECK(selected(arena, rows, EIGHT, "task", "topics", &left, &error) && left.count == 4);
    CHECK_TEXT(left.row[0].task, "topics");
    CHECK(selected(arena, rows, EIGHT, "method", "full,head", &left, &error) && left.count == 8);
    CHECK(selected(arena, rows, EIGHT, "where", "seed=2", &left, &error) && left.count == 4);
    CHECK(selected(arena, rows, EIGHT, "where", "lr=1e-3", &left, &error) && left.count == 8);
    CHECK(selected(arena, rows, EIGHT, "where", "seed!=2", &left, &error) && left.count == 4);
    CHECK(left.row[0].seed == 1);
    CHECK(selected(arena, rows, EIGHT, "where", "study=", &left, &error) && left.count == 8);
    CHECK(!selected(arena, rows, EIGHT, "model", "tniy", &left, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "--model: 'tniy' is in no row; should be tiny");
    CHECK(!selected(arena, rows, EIGHT, "task", "news", &left, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "should be reviews or topics");
    CHECK(!selected(arena, rows, EIGHT, "where", "sed=1", &left, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "--where: 'sed' is no column; should be seed");
    CHECK(!selected(arena, rows, EIGHT, "where", "seed", &left, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "'seed' has no =; should be COLUMN=VALUE");
    CHECK(!selected(arena, rows, EIGHT, "where", "status!=ok", &left, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "none is left");
    arena_free(arena);
}

// ---- the commands

static void the_commands_take_the_choice_and_name_what_they_leave_out(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *folder = test_folder();
    Row *rows = eight(arena);
    CHECK(folder_make(path_join(arena, folder, "rows"), &error));
    for (int i = 0; i < EIGHT; i++) {
        rows[i].schema = ROW_SCHEMA;
        rows[i].key = arena_format(arena, "%d", i);
        CHECK(row_write(row_file(arena, folder, "rows", rows[i].key), &rows[i], &error));
    }
    Said said =
        program(arena, NULL,
                "table %s --task topics --rows method --by model,task --columns n --sort -n "
                "--where seed!=2",
                folder);
    CHECK(said.status == 0 && strstr(said.out, "method  n\nhead    1\nfull    1\n") != NULL);
    write_text(path_join(arena, folder, "rows/9.csv"), "key,sche");
    said = program(arena, NULL, "table %s --csv", folder);
    CHECK(said.status == 1 && strstr(said.err, "left out: ") &&
          strstr(said.err, "rows/9.csv: is cut"));
    CHECK(strstr(said.out, "topics,topics,,tiny,full,") != NULL);
    said = program(arena, NULL, "table --columns help");
    CHECK(said.status == 0 && strstr(said.out, "\n  time  ") &&
          strstr(said.out, "\n  infer_b1_ms "));
    said = program(arena, NULL, "plots --only help");
    CHECK(said.status == 0 && strstr(said.out, "score_by_size ") != NULL);
    CHECK_REFUSED(program(arena, NULL, "table %s --colums n", folder), 2, "should be --columns");
    CHECK_REFUSED(program(arena, NULL, "table"), 2, "folder: is not given");
    arena_free(arena);
}

// ---- floors

static void floors_are_read_and_bad_ones_refused_with_their_line(void)
{
    static const struct {
        const char *text, *part;
    } bad[] = {
        { "task,train_limit\nreviews,0\n", "floors.csv:1: no column 'split'" },
        { "task,train_limit,split,metric,floor,seeds,score\nr,-1,dev,accuracy,b,1,0.5\n",
          "floors.csv:2: train_limit '-1' is none" },
        { "task,train_limit,split,metric,floor,seeds,score\nr,0,dev,accuracy,b,0,0.5\n",
          "floors.csv:2: seeds '0' is none" },
        { "task,train_limit,fold,split,metric,floor,seeds,score\nr,0,x,dev,accuracy,b,1,0.5\n",
          "floors.csv:2: fold 'x' is none; should be a fold's number, or empty" },
        { "task,train_limit,split,metric,floor,seeds,score\nr,0,dev,accuracy,b,1,86.5\n",
          "floors.csv:2: score '86.5' is none; should be a fraction" },
    };
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    const char *path = path_join(arena, folder, "floors.csv");
    Floors floors;
    Error error = { 0 };
    CHECK(floors_of_folders(arena, &folder, 1, &floors, &error) && floors.count == 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(file_write_text(path, bad[i].text, &error));
        CHECK(!floors_of_folders(arena, &folder, 1, &floors, &error));
        CHECK_ERROR(&error, ERROR_INPUT, bad[i].part);
    }
    CHECK(file_write_text(path,
                          "score,task,train_limit,split,metric,floor,seeds\n"
                          "0.865,reviews,100,dev,accuracy,bag of words,5\n",
                          &error));
    CHECK(floors_of_folders(arena, (const char *[]){ folder, folder }, 2, &floors, &error));
    if (CHECK(floors.count == 2)) {
        CHECK_TEXT(floors.floor[1].name, "bag of words");
        CHECK(floors.floor[1].train_limit == 100 && floors.floor[1].score == 0.865);
        CHECK(floors.floor[1].fold == 0);
    }
    arena_free(arena);
}

// Neither the first, the last nor the lowest.
static void of_several_floors_the_highest_is_to_be_passed(void)
{
    const Row row = { .fold = WHOLE_UNKNOWN, .train_limit = 0 };
    Cell cell = { .row = &row };
    const Fold whole = { 0, &row };
    const Block block = {
        .task = "reviews", .metric = "accuracy", .cell = &cell, .fold = &whole, .folds = 1
    };
    Floor floors[] = { bag, bag, bag, bag };
    floors[0].score = 0.75, floors[1].score = 0.5, floors[2].score = 0.875;
    Arena *arena = arena_of_test();
    CHECK(floor_of(arena, &(Floors){ floors, 4 }, &block, "dev")->score == 0.875);
    floors[2].name = "naive Bayes";
    CHECK_TEXT(floor_of(arena, &(Floors){ floors, 4 }, &block, "dev")->name, "naive Bayes");
    arena_free(arena);
}

static void a_floor_is_of_its_data_alone(void)
{
    Arena *arena = arena_of_test();
    Row row = { .fold = WHOLE_UNKNOWN, .train_limit = 0, .data_sha = "a" };
    Cell cell = { .row = &row };
    const Fold whole = { 0, &row };
    const Block block = {
        .task = "reviews", .metric = "accuracy", .cell = &cell, .fold = &whole, .folds = 1
    };
    Floor floor = bag;
    floor.data_sha = "a";
    CHECK(floor_of(arena, &(Floors){ &floor, 1 }, &block, "dev"));
    row.data_sha = "b";
    CHECK(!floor_of(arena, &(Floors){ &floor, 1 }, &block, "dev"));
    row.data_sha = NULL;
    CHECK(!floor_of(arena, &(Floors){ &floor, 1 }, &block, "dev"));
    floor.data_sha = NULL; // nothing is said
    CHECK(floor_of(arena, &(Floors){ &floor, 1 }, &block, "dev"));
    arena_free(arena);
}

static void a_floor_is_of_its_fold_alone(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    Error error = { 0 };
    Floors floors;
    CHECK(file_write_text(path_join(arena, folder, "floors.csv"),
                          "task,train_limit,fold,split,metric,floor,seeds,score\n"
                          "mr,0,,dev,accuracy,b,1,0.5\nmr,0,2,dev,accuracy,b,1,0.75\n"
                          "mr,0,3,dev,accuracy,b,1,0.625\n",
                          &error));
    CHECK(floors_of_folders(arena, &folder, 1, &floors, &error));
    static const struct {
        Whole fold;
        double score; // 0: there is none
    } of[] = { { WHOLE_UNKNOWN, 0.5 }, { 2, 0.75 }, { 3, 0.625 }, { 4, 0 } };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const Row row = { .fold = of[i].fold, .train_limit = 0 };
        Cell cell = { .row = &row };
        const Fold fold = { of[i].fold == WHOLE_UNKNOWN ? 0 : of[i].fold, &row };
        const Block block = {
            .task = "mr", .metric = "accuracy", .cell = &cell, .fold = &fold, .folds = 1
        };
        const Floor *floor = floor_of(arena, &floors, &block, "dev");
        CHECK(floor ? floor->score == of[i].score : of[i].score == 0);
    }
    // Of several folds the mean, weighted by their items: (0.75 + 3 x 0.625) / 4; none where one
    // has none.
    const Row row[] = { { .fold = 2, .eval_n = 100 }, { .fold = 3, .eval_n = 300 }, { .fold = 4 } };
    const Fold fold[] = { { 2, &row[0] }, { 3, &row[1] }, { 4, &row[2] } };
    Block block = { .task = "mr", .metric = "accuracy", .fold = fold, .folds = 2 };
    CHECK(floor_of(arena, &floors, &block, "dev")->score == 0.65625);
    block.folds = 3;
    CHECK(!floor_of(arena, &floors, &block, "dev"));
    arena_free(arena);
}

void suite_choice(void)
{
    ADD(methods_by_tasks_with_their_floors_to_the_letter);
    ADD(headings_of_two_lines_stay_two_in_latex_and_say_once_what_is_common);
    ADD(what_is_special_to_latex_prints_as_itself);
    ADD(a_lever_is_held_against_the_run_without);
    ADD(the_csv_reads_back);
    ADD(columns_of_choice_and_n_that_stays);
    ADD(tables_of_methods_with_a_line_a_task);
    ADD(splits_side_by_side_each_with_its_floor);
    ADD(the_best_constant_answer_is_that_of_the_split);
    ADD(lines_sort_by_a_column_either_way);
    ADD(what_is_dead_or_missing_stands_by_the_score_without_remarks);
    ADD(the_mark_of_a_floor_is_explained);
    ADD(trials_are_a_table_of_their_own_by_tune);
    ADD(letters_are_of_the_split_that_is_shown);
    ADD(letters_stand_by_the_score_where_predictions_are);
    ADD(what_is_not_there_is_refused_with_the_nearest);
    ADD(filters_keep_what_they_name);
    ADD(conditions_that_no_row_meets_together_leave_none);
    ADD(the_commands_take_the_choice_and_name_what_they_leave_out);
    ADD(floors_are_read_and_bad_ones_refused_with_their_line);
    ADD(of_several_floors_the_highest_is_to_be_passed);
    ADD(a_floor_is_of_its_data_alone);
    ADD(a_floor_is_of_its_fold_alone);
}
