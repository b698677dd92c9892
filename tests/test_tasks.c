// test_tasks.c: the public tasks: their formats, on a few made-up lines in tests/fixtures/tasks,
// and where the data are at hand their counts, their floors, and what tune shares with train.
//
// tests/fixtures/tasks/NAME.csv says what is to be read of a task's fixture, row by row.
#include "base/file.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/records.h"
#include "tests/run_bench.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define FIXTURES "tests/fixtures/tasks"

static const char *const bundled[] = { "entail",     "reviews", "reviews-hard",
                                       "similarity", "topics",  NULL };

// The descriptions whose data are not here, NULL-terminated.
static const char *const *public_tasks(Arena *arena)
{
    Error error = { 0 };
    const char *const *all = NULL;
    CHECK(task_names(arena, "datasets", &all, &error));
    size_t count = 0, kept = 0;
    while (all && all[count])
        count++;
    const char **names = arena_zero(arena, count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        if (!text_among(all[i], bundled))
            names[kept++] = all[i];
    return names;
}

// ---- formats

static const char *cell(const char *text)
{
    return text ? text : "";
}

static void check_split(Arena *arena, const Task *task, Split split, const Csv *expected,
                        size_t *row)
{
    Error error = { 0 };
    Records read;
    if (!CHECK(records_read(arena, task, split, &read, &error))) {
        printf("%s\n", error.text);
        return;
    }
    for (size_t i = 0; i < read.count; i++, ++*row) {
        const Record *record = read.record;
        if (!CHECK(*row < expected->rows))
            return;
        const char *const *field = expected->row[*row].field;
        CHECK_TEXT(split_names[split], field[0]);
        CHECK_TEXT(record[i].text, field[1]);
        CHECK_TEXT(cell(record[i].text_b), field[2]);
        CHECK_TEXT(cell(record[i].label), field[3]);
        CHECK_TEXT(cell(record[i].group), field[4]);
    }
}

static void every_format_is_read_as_its_fixture_says(void)
{
    Arena *arena = arena_of_test();
    const char *const *name = public_tasks(arena);
    const char *before = getenv("TUNEMARK_DATA");
    const char *kept = before ? arena_text(arena, before) : NULL;
    setenv("TUNEMARK_DATA", FIXTURES, 1);
    size_t tasks = 0;
    for (; *name; name++, tasks++) {
        Error error = { 0 };
        Task task;
        Csv expected;
        Dataset dataset;
        size_t row = 0;
        if (!CHECK(csv_read(arena, arena_format(arena, FIXTURES "/%s.csv", *name), CSV_COMMAS, true,
                            &expected, &error)) ||
            !CHECK(task_find(arena, "datasets", *name, &task, &error))) {
            printf("%s\n", error.text);
            continue;
        }
        for (int s = 0; s < SPLITS; s++) {
            task.file[s].rows = -1; // as published
            if (task.file[s].path)
                check_split(arena, &task, (Split)s, &expected, &row);
        }
        if (!CHECK(row == expected.rows))
            printf("%s: %zu rows\n", *name, row);
        task.folds = task.folds ? 2 : 0; // the fixture has fewer rows than folds
        if (!CHECK(dataset_read(arena, &task, &dataset, &error)))
            printf("%s\n", error.text);
        bool labelled = task.file[SPLIT_TEST].label || task.file[SPLIT_TEST].given;
        CHECK(!labelled == !dataset.label_text[SPLIT_TEST]); // GLUE's are never scored
    }
    CHECK(tasks >= 22);
    kept ? setenv("TUNEMARK_DATA", kept, 1) : unsetenv("TUNEMARK_DATA");
    arena_free(arena);
}

// A task of one description and the files in FOLDER; refused with `part`.
static void refused(Arena *arena, const char *folder, const char *yaml, const char *part)
{
    Error error = { 0 };
    Task task;
    Dataset dataset;
    write_text(path_join(arena, folder, "t.yaml"),
               arena_format(arena, "version: 1\nfolder: .\n%s", yaml));
    if (!CHECK(!task_find(arena, folder, "t", &task, &error) ||
               !dataset_read(arena, &task, &dataset, &error)))
        printf("%s", yaml);
    CHECK_ERROR(&error, ERROR_INPUT, part);
}

static void what_does_not_fit_is_refused_with_file_and_line(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *folder = test_folder();
    write_text(path_join(arena, folder, "words"), "a one\nb two\nc:x three\n");
    write_text(path_join(arena, folder, "one"), "a one\nalone\n");
    write_text(path_join(arena, folder, "latin"), "one\ntw\xe9\nthr\x81\n");
    write_text(path_join(arena, folder, "short.tsv"), "a\tone\nb\ttwo\textra\na\n");
    write_text(path_join(arena, folder, "codes.csv"), "text,label\none,1\ntwo,3\n");
    write_text(path_join(arena, folder, "groups"), "g\nh\n");
    CHECK(folder_make(path_join(arena, folder, "texts"), &error));
    write_text(path_join(arena, folder, "texts/1.txt"), "one");
    write_text(path_join(arena, folder, "texts/2.txt"), "two\nlines\xff\n");
    CHECK(folder_make(path_join(arena, folder, "none"), &error));
#define AB "labels: [a, b]\n"
    refused(arena, folder, AB "format: words\nfiles: {train: words, dev: words}\n",
            "words:3: 1: 'c:x' is unknown; should be a or b");
    refused(arena, folder,
            AB "format: words\nlabel_until: \":\"\nfiles: {train: words, dev: words}\n",
            "words:3: 1: 'c' is unknown; should be a or b");
    refused(arena, folder, AB "format: words\nfiles: {train: one, dev: words}\n",
            "one:2: has 1 field; should be 2");
    refused(arena, folder,
            AB "format: lines\nfiles: {train: {file: latin, label: a}, dev: words}\n",
            "dev: are not complete");
    refused(arena, folder,
            AB
            "format: lines\nfiles: {train: {file: latin, label: a}, dev: {file: one, label: a}}\n",
            "latin:2: byte 0xe9 is no text; should be UTF-8");
    refused(arena, folder,
            AB "format: lines\nencoding: windows-1252\n"
               "files: {train: {file: latin, label: a}, dev: {file: one, label: a}}\n",
            "latin:3: byte 0x81 is no text; should be windows-1252");
    refused(arena, folder,
            AB
            "header: no\ncolumns: {text: 2, label: 1}\nfiles: {train: short.tsv, dev: one.csv}\n",
            "one.csv: is missing");
    refused(arena, folder,
            AB "header: no\ncolumns: {text: 2, label: 1}\n"
               "files: {train: short.tsv, dev: short.tsv}\n",
            "short.tsv:2: has 3 fields; should be 2");
    refused(arena, folder,
            AB "header: no\nragged: cut\ncolumns: {text: 2, label: 1}\n"
               "files: {train: short.tsv, dev: short.tsv}\n",
            "short.tsv:3: has 1 field; should be 2");
    refused(arena, folder, AB "codes: [1, 2]\nfiles: {train: codes.csv, dev: codes.csv}\n",
            "codes.csv:3: label: '3' is unknown; should be 1 or 2");
    refused(arena, folder,
            AB "format: files\nfiles: {train: {file: texts/*.txt, label: a}, "
               "dev: {file: texts/*.txt, label: a}}\n",
            "texts/2.txt:2: byte 0xff is no text");
    refused(arena, folder,
            AB "format: files\nfiles: {train: {file: none/*.txt, label: a}, "
               "dev: {file: texts/*.txt, label: a}}\n",
            "none: has no file *.txt; should be 1 or more");
    refused(arena, folder,
            AB "format: files\nfiles: {train: {file: gone/*.txt, label: a}, "
               "dev: {file: texts/*.txt, label: a}}\n",
            "./gone is not found");
    refused(arena, folder,
            AB "format: lines\ngroup: given\n"
               "files: {train: {file: words, label: a, groups: groups}, "
               "dev: {file: words, label: a, groups: groups}}\n",
            "groups: has 2 lines; should be 3, as ");
    refused(arena, folder, AB "format: lines\nfolds: 4\nfiles: {train: {file: words, label: a}}\n",
            "words: 3 rows leave a fold of 4 empty; should be more rows");
    refused(arena, folder,
            AB "format: lines\nrows: {train: 7}\nfolds: 2\n"
               "files: {train: [{file: words, label: a}, {file: one, label: b}]}\n",
            "words: and what belongs to it have 5 rows; should be 7");
#undef AB
    arena_free(arena);
}

static void what_is_ragged_is_cut_or_dropped(void)
{
    static const char *const said[] = { "cut", "drop" };
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    write_text(path_join(arena, folder, "t.tsv"), "a\tone\nb\ttwo\tmore\na\tthree\n");
    write_text(path_join(arena, folder, "d.tsv"), "a\tone\nb\n\n\"\ta\tb\tc\nb\tfour\n");
    for (int cut = 0; cut < 2; cut++) {
        Error error = { 0 };
        Task task;
        Records of = { 0 };
        write_text(path_join(arena, folder, "t.yaml"),
                   arena_format(arena,
                                "version: 1\nfolder: .\nheader: no\nlabels: [a, b]\nragged: %s\n"
                                "columns: {text: 2, label: 1}\nfiles: {train: t.tsv, dev: d.tsv}\n",
                                said[cut]));
        CHECK(task_find(arena, folder, "t", &task, &error));
        CHECK(records_read(arena, &task, SPLIT_TRAIN, &of, &error));
        CHECK(of.count == (cut == 0 ? 3 : 2) && of.ragged == (cut == 0 ? 0 : 1));
        CHECK_TEXT(of.record[1].text, cut == 0 ? "two" : "three");
        CHECK(of.record[1].where.line == (cut == 0 ? 2 : 3));
        bool read = records_read(arena, &task, SPLIT_DEV, &of, &error);
        CHECK(read == (cut == 1)); // cut leaves a row that is too short refused
        CHECK(!read || (of.count == 2 && of.ragged == 2 && !strcmp(of.record[1].text, "four") &&
                        of.record[1].where.line == 5));
    }
    arena_free(arena);
}

// `bad` of 1000 lines are no rows.
static const char *ragged_task(Arena *arena, const char *folder, int bad)
{
    char *text = arena_take(arena, 1 << 15, 1), *end = text;
    for (int i = 0; i < 1000; i++)
        end += sprintf(end, "%c\ttext %d%s\n", i % 2 ? 'a' : 'b', i,
                       i > 500 - bad && i <= 500 ? "\t" : "");
    CHECK(folder_make(folder, &(Error){ 0 }));
    write_text(path_join(arena, folder, "all.tsv"), text);
    const char *yaml = path_join(arena, folder, "t.yaml");
    write_text(yaml, "version: 1\nfolder: .\nheader: no\nlabels: [a, b]\nragged: drop\n"
                     "columns: {text: 2, label: 1}\nfolds: 10\nfiles: {train: all.tsv}\n");
    return yaml;
}

static void what_is_dropped_is_counted_said_and_little(void)
{
    Bench b = run_bench();
    Error error = { 0 };
    Task task;
    Dataset dataset;
    const char *yaml = ragged_task(b.arena, path_join(b.arena, b.folder, "ragged"), 10);
    CHECK(task_find(b.arena, "datasets", yaml, &task, &error));
    CHECK(dataset_read(b.arena, &task, &dataset, &error) && dataset.ragged[SPLIT_TRAIN] == 10);
    Done done = run_on(&b, yaml, "head", SETTINGS("min-steps", "2"));
    CHECK(done.row.warnings &&
          strstr(done.row.warnings, "10 lines of train are no rows and left out"));
    Said is = program(b.arena, NULL, "check %s --fold 3", yaml);
    CHECK(is.status == 0 && strstr(is.out, "\nlook   ragged    10 lines of train are no rows"));
    ragged_task(b.arena, path_join(b.arena, b.folder, "ragged"), 11);
    CHECK(task_find(b.arena, "datasets", yaml, &task, &error));
    CHECK(!dataset_read(b.arena, &task, &dataset, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "all.tsv: 11 of 1000 lines do not have 2 fields; should be 10 or fewer");
    arena_free(b.arena);
}

// ---- groups and folds

// Rows of a pair of texts each, written as one character each, and the groups that they are in.
static void pairs_that_share_a_text_are_one_group(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    Dataset dataset;
    const char *folder = test_folder();
    write_text(path_join(arena, folder, "dev.csv"),
               "text,text_b,label\na,b,x\nc,d,x\ne,a,x\nf,g,x\nd,h,x\nb,h,x\nf,f,x\ni,j,x\n");
    write_text(path_join(arena, folder, "train.csv"), "text,text_b,label\nk,l,x\nm,n,y\n");
    write_text(path_join(arena, folder, "t.yaml"),
               "version: 1\nfolder: .\nlabels: [x, y]\ngroup: linked\n"
               "columns: {text: text, text_b: text_b, label: label}\n"
               "files: {train: train.csv, dev: dev.csv}\n");
    static const uint32_t group[] = { 0, 0, 0, 1, 0, 0, 1, 2 }; // b-h joins a-b and c-d
    CHECK(task_find(arena, folder, "t", &task, &error));
    CHECK(dataset_read(arena, &task, &dataset, &error));
    for (size_t i = 0; i < sizeof group / sizeof *group; i++)
        CHECK(dataset.split[SPLIT_DEV].example[i].group == group[i]);
    for (int s = SPLIT_TRAIN; s <= SPLIT_DEV; s++) // tune has no file of its own
        CHECK(!strncmp(
            program(arena, NULL, "rows --task %s/t.yaml --split %s", folder, split_names[s]).out,
            "text,text_b,label,id,group\n", 27));
    arena_free(arena);
}

// A text under two lines of `groups` joins what they stand for; a line that reads like a text does
// not.
static void a_text_under_two_names_joins_their_groups(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    Dataset dataset;
    const char *folder = test_folder();
    write_text(path_join(arena, folder, "rows"), "one\ntwo\nthree\none\nfour\nfive\nsix\n");
    write_text(path_join(arena, folder, "films"), "A\nA\nB\nB\nC\none\nsix\n");
    write_text(path_join(arena, folder, "t.yaml"),
               "version: 1\nfolder: .\nlabels: [x, y]\ngroup: given\nformat: lines\n"
               "files: {train: {file: rows, label: x, groups: films}, "
               "dev: {file: rows, label: y, groups: films}}\n");
    static const uint32_t group[] = { 0, 0, 0, 0, 1, 2, 3 };
    CHECK(task_find(arena, folder, "t", &task, &error));
    CHECK(dataset_read(arena, &task, &dataset, &error));
    for (size_t i = 0; i < sizeof group / sizeof *group; i++)
        CHECK(dataset.split[SPLIT_DEV].example[i].group == group[i]);
    arena_free(arena);
}

static void write_folds(Arena *arena, const char *folder, bool turned)
{
    char *text = arena_take(arena, 1 << 14, 1), *end = text;
    for (int i = 0; i < 200; i++) {
        int row = turned ? 199 - i : i;
        end += sprintf(end, "%c text %d\n", row % 3 ? 'a' : 'b', row % 150); // 50 twice
    }
    write_text(path_join(arena, folder, "all"), text);
    write_text(path_join(arena, folder, "t.yaml"), "version: 1\nfolder: .\nformat: words\n"
                                                   "labels: [a, b]\nfolds: 10\n"
                                                   "files: {train: all}\nrows: {train: 200}\n");
}

static void every_row_is_in_one_fold(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    Dataset dataset;
    const char *folder = test_folder();
    int in[150] = { 0 }; // the fold of each text
    bool seen[200] = { false };
    for (int turned = 0; turned < 2; turned++) {
        write_folds(arena, folder, turned);
        for (int fold = 1; fold <= 10; fold++) {
            CHECK(task_find(arena, folder, "t", &task, &error) &&
                  task_fold(arena, &task, fold, &error));
            if (!CHECK(dataset_read(arena, &task, &dataset, &error)))
                printf("%s\n", error.text);
            Examples dev = dataset.split[SPLIT_DEV], train = dataset.split[SPLIT_TRAIN];
            CHECK(dev.count >= 19 && dev.count <= 21); // groups of one or two
            CHECK(train.count + dataset.split[SPLIT_TUNE].count + dev.count == 200);
            CHECK(dataset.label_reads[SPLIT_DEV] == 0 && dev.example[0].label == -1);
            CHECK(dataset_labels(&task, SPLIT_DEV, &dataset, &error));
            for (size_t i = 0; i < dev.count; i++) {
                int number = atoi(dev.example[i].text + strlen("text "));
                CHECK(dev.example[i].label ==
                      ((turned ? 199 - dev.example[i].id : dev.example[i].id) % 3 == 0));
                CHECK(turned || !seen[dev.example[i].id]);
                seen[dev.example[i].id] = true;
                CHECK(!in[number] || in[number] == fold); // equal texts, and the turned file
                in[number] = fold;
            }
            for (size_t i = 0; i < train.count; i++)
                CHECK(in[atoi(train.example[i].text + strlen("text "))] != fold);
        }
    }
    for (int i = 0; i < 200; i++)
        CHECK(seen[i]);
    CHECK(task_fold(arena, &task, INT64_MIN, &error) && task.fold == 1);
    CHECK(!task_fold(arena, &task, 11, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "fold: t has no fold 11; should be 1 to 10");
    CHECK(task_find(arena, "datasets", "reviews", &task, &error));
    CHECK(!task_fold(arena, &task, 1, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "fold: reviews has splits of its own; should be left out");
    arena_free(arena);
}

static void a_fold_is_in_key_and_row(void)
{
    Bench b = run_bench();
    const char *folder = path_join(b.arena, b.folder, "folds"), *key = "";
    Error error = { 0 };
    CHECK(folder_make(folder, &error));
    write_folds(b.arena, folder, false);
    const char *task = path_join(b.arena, folder, "t.yaml");
    for (int fold = 1; fold <= 2; fold++) {
        const char *number = arena_format(b.arena, "%d", fold);
        Done done = fold == 1
                        ? run_on(&b, task, "head", SETTINGS("min-steps", "2"))
                        : run_on(&b, task, "head", SETTINGS("min-steps", "2", "fold", number));
        CHECK(done.row.fold == fold);
        CHECK_TEXT(done.row.eval_split, "dev");
        CHECK(done.row.eval_n >= 19 && done.row.eval_n <= 21 && !isnan(done.row.score));
        CHECK(strcmp(key, done.row.key) != 0);
        key = done.row.key;
    }
    Done other = run_of(&b, "head", SETTINGS("min-steps", "2"));
    CHECK(other.row.fold == WHOLE_UNKNOWN);
    arena_free(b.arena);
}

// For datasets/floor.py and other programs.
static void rows_say_what_they_are_and_scores_read_as_written(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *folder = test_folder(), *plain = path_join(arena, folder, "plain");
    CHECK(folder_make(plain, &error));
    write_folds(arena, folder, false);
    static const char head[] = "task,task_version,metric,positive,fold,splits,data_sha\n";
    const char *about = program(arena, NULL, "rows --task %s/t.yaml --fold 3 --about", folder).out;
    CHECK(strstr(about, arena_format(arena, "%st,1,accuracy,,3,train tune dev,", head)) == about);
    CHECK(strlen(about) - strlen(head) == strlen("t,1,accuracy,,3,train tune dev,\n") + 64);
    write_text(path_join(arena, plain, "train.csv"), "text,score\na,1\nb,2\n");
    write_text(path_join(arena, plain, "tune.csv"), "text,score\na,1\nb,2\n");
    write_text(path_join(arena, plain, "dev.csv"),
               "text,score\nx,3.8\ny,0.1\nz,-1e-7\nw,16777217\n");
    write_text(path_join(arena, plain, "test.csv"), "text\nx\n");
    CHECK_TEXT(program(arena, NULL, "rows --task %s --split dev", plain).out,
               "text,score,id,group\nx,3.8,0,0\ny,0.1,1,1\nz,-1e-07,2,2\nw,16777216,3,3\n");
    about = program(arena, NULL, "rows --task %s --about", plain).out; // test has no scores
    CHECK(strstr(about, arena_format(arena, "%splain,folder,spearman,,,train tune dev,", head)) ==
          about);
    CHECK_REFUSED(program(arena, NULL, "check %s/t.yaml --fold 11", folder), 2,
                  "fold: t has no fold 11; should be 1 to 10");
    CHECK_REFUSED(program(arena, NULL, "check reviews --fold 2"), 2,
                  "reviews has splits of its own");
    arena_free(arena);
}

static void a_saved_fold_is_judged_on_its_own_rows(void)
{
    Bench b = run_bench();
    const char *folder = path_join(b.arena, b.folder, "folds"), *saved = b.folder;
    Error error = { 0 };
    CHECK(folder_make(folder, &error));
    write_folds(b.arena, folder, false);
    const char *task = path_join(b.arena, folder, "t.yaml");
    saved = path_join(b.arena, b.folder, "saved");
    Done done = run_on(&b, task, "head", SETTINGS("min-steps", "2", "fold", "7", "save", saved));
    Said said = program(b.arena, NULL, "predict %s --task %s", saved, task);
    CHECK(said.status == 0);
    CHECK_TEXT(said.out, run_text(&b, &done, "predictions"));
    arena_free(b.arena);
}

// What a score is in decides which trial and which epoch is the best.
static void the_metric_is_in_the_key(void)
{
    Bench b = run_bench();
    static const char *const metrics[] = { "accuracy", "f1_macro", "f1\npositive: a",
                                           "f1\npositive: b" };
    const char *folder = path_join(b.arena, b.folder, "folds"), *key[4];
    Error error = { 0 };
    CHECK(folder_make(folder, &error));
    write_folds(b.arena, folder, false);
    const char *task = path_join(b.arena, folder, "t.yaml");
    for (int m = 0; m < 4; m++) {
        write_text(task, arena_format(b.arena,
                                      "version: 1\nfolder: .\nformat: words\nlabels: [a, b]\n"
                                      "report: test\nfiles: {train: all, test: all}\nmetric: %s\n",
                                      metrics[m]));
        Done done = run_on(&b, task, "null", NULL);
        key[m] = done.row.key;
        for (int k = 0; k < m; k++)
            CHECK(strcmp(key[m], key[k]) != 0);
    }
    arena_free(b.arena);
}

static void a_task_without_dev_reports_test_and_may_warn(void)
{
    Bench b = run_bench();
    const char *folder = path_join(b.arena, b.folder, "nodev");
    Error error = { 0 };
    CHECK(folder_make(folder, &error));
    write_folds(b.arena, folder, false);
    const char *task = path_join(b.arena, folder, "t.yaml");
    write_text(task, "version: 1\nfolder: .\nformat: words\nlabels: [a, b]\nreport: test\n"
                     "warning: made up, and known to be\nfiles: {train: all, test: all}\n");
    Done done = run_on(&b, task, "head", SETTINGS("min-steps", "2", "train-on", "train+tune"));
    CHECK_TEXT(done.row.eval_split, "test");
    CHECK(done.row.eval_n == 200 && done.row.test_n == 200 && isnan(done.row.score_dev));
    CHECK(done.row.score == done.row.score_test && !isnan(done.row.score));
    CHECK(done.row.warnings && strstr(done.row.warnings, "made up, and known to be"));
    CHECK(!isnan(done.row.infer_b1_ms));
    arena_free(b.arena);
}

static void tasks_are_listed_whether_they_are_here_or_not(void)
{
    Arena *arena = arena_of_test();
    Csv csv;
    Error error = { 0 };
    Said said = program(arena, &(Around){ .set = "TUNEMARK_DATA=" FIXTURES "/../nowhere" },
                        "list tasks --csv");
    CHECK(said.status == 0);
    CHECK(csv_parse_as(arena, (Bytes){ (const uint8_t *)said.out, strlen(said.out) }, "list",
                       &(CsvForm){ .format = CSV_COMMAS, .header = true }, &csv, &error));
    size_t here = 0, metric = csv_column(&csv, "metric");
    for (size_t i = 0; i < csv.rows; i++) {
        here += !strcmp(csv.row[i].field[csv_column(&csv, "here")], "yes");
        if (!strcmp(csv.row[i].field[0], "cola"))
            CHECK_TEXT(csv.row[i].field[metric], "matthews");
        if (!strcmp(csv.row[i].field[0], "mrpc"))
            CHECK_TEXT(csv.row[i].field[metric], "f1");
        if (!strcmp(csv.row[i].field[0], "stsb"))
            CHECK_TEXT(csv.row[i].field[metric], "spearman");
    }
    CHECK(csv.rows >= 27 && here == 5);
    said = program(arena, NULL, "list tasks");
    for (char *line = said.out, *end; (end = strchr(line, '\n')); line = end + 1)
        CHECK(utf8_columns(line, (size_t)(end - line)) <= 100);
    arena_free(arena);
}

// ---- the data themselves

// Whether a task's files are at hand; they are read whole then.
static bool at_hand(Arena *arena, const char *name, Task *task, Dataset *dataset)
{
    Error error = { 0 };
    if (!task_find(arena, "datasets", name, task, &error))
        return false;
    if (!CHECK(dataset_read(arena, task, dataset, &error))) // checks the description's row counts
        printf("%s\n", error.text);
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// What no row of train may have in common with a row of tune.
static size_t owned(const Task *task, const Example *row, const char *of[2], Arena *arena)
{
    switch (task->group) {
    case GROUP_LINKED:
        of[0] = row->text;
        of[1] = row->text_b;
        return 2;
    case GROUP_GIVEN:
        of[0] = row->given;
        of[1] = row->text;
        return 2;
    case GROUP_TEXT:
        of[0] = row->text_b ? arena_format(arena, "%s\t%s", row->text, row->text_b) : row->text;
        return 1;
    case GROUP_PREMISE:
        of[0] = row->text;
        return 1;
    case GROUP_SENTENCE: // test_dataset
        break;
    }
    return 0;
}

static size_t shared(Arena *arena, const Task *task, const Dataset *dataset)
{
    Examples train = dataset->split[SPLIT_TRAIN], tune = dataset->split[SPLIT_TUNE];
    const char **text = arena_take(arena, 2 * train.count + 1, sizeof *text), *of[2];
    size_t texts = 0, found = 0;
    for (size_t i = 0; i < train.count; i++)
        for (size_t k = owned(task, &train.example[i], of, arena); k > 0; k--)
            text[texts++] = of[k - 1];
    qsort(text, texts, sizeof *text, by_text);
    for (size_t i = 0; i < tune.count; i++)
        for (size_t k = owned(task, &tune.example[i], of, arena); k > 0; k--)
            found += bsearch(&of[k - 1], text, texts, sizeof *text, by_text) != NULL;
    return found;
}

static void tune_is_a_tenth_and_shares_nothing_with_train(void)
{
    Arena *arena = arena_of_test();
    const char *absent = "";
    for (const char *const *name = public_tasks(arena); *name; name++) {
        size_t mark = arena_mark(arena);
        Task task;
        Dataset dataset;
        if (!at_hand(arena, *name, &task, &dataset)) {
            arena_rewind(arena, mark);
            absent = arena_format(arena, "%s %s", absent, *name);
            continue;
        }
        size_t train = dataset.split[SPLIT_TRAIN].count, tune = dataset.split[SPLIT_TUNE].count;
        size_t all = task.group == GROUP_SENTENCE ? tune * 10 : train + tune;
        size_t most = all / 10 < 2000 ? all / 10 : 2000;
        if (!CHECK(tune <= most && tune + 8 >= most) || !CHECK(!shared(arena, &task, &dataset)))
            printf("%s: %zu of %zu\n", *name, tune, all);
        arena_rewind(arena, mark);
    }
    if (*absent)
        skip("not in TUNEMARK_DATA:%s", absent);
    arena_free(arena);
}

// The rows of baselines.csv, and what they are here.
static const struct {
    const char *floor, *split, *task; // task and eval_split there; the task here
    Split evaluated;
} floors[] = {
    { "sst2", "dev", "sst2", SPLIT_DEV },
    { "sst2", "test (sentiment-test)", "sst2", SPLIT_TEST },
    { "cola", "dev", "cola", SPLIT_DEV },
    { "mrpc", "dev", "mrpc", SPLIT_DEV },
    { "mrpc", "test (msr_paraphrase_test)", "mrpc", SPLIT_TEST },
    { "rte", "dev", "rte", SPLIT_DEV },
    { "wnli", "dev", "wnli", SPLIT_DEV },
    { "stsb", "dev", "stsb", SPLIT_DEV },
    { "stsb", "test (original/sts-test.tsv)", "stsb", SPLIT_TEST },
    { "sst2-sentences", "dev", "sst2-sentences", SPLIT_DEV },
    { "sst2-sentences", "test", "sst2-sentences", SPLIT_TEST },
    { "trec", "test", "trec", SPLIT_TEST },
    { "sst5", "dev", "sst5", SPLIT_DEV },
    { "sst5", "test", "sst5", SPLIT_TEST },
    { "agnews", "test (description only)", "agnews-10k", SPLIT_TEST },
    { "mr", "10-fold", "mr", SPLIT_DEV },
    { "cr", "10-fold", "cr", SPLIT_DEV },
    { "subj", "10-fold", "subj", SPLIT_DEV },
    { "mpqa", "10-fold", "mpqa", SPLIT_DEV },
    { "sms", "10-fold", "sms", SPLIT_DEV },
    { "imdb", "test", "imdb", SPLIT_TEST },
    { "trec-fine", "test", "trec-fine", SPLIT_TEST },
    { "banking77", "test", "banking77", SPLIT_TEST },
};

// All rows that are evaluated: of all folds, where there are some.
static Answers evaluated(Arena *arena, Task *task, Dataset *dataset, Split split)
{
    Error error = { 0 };
    size_t n = 0,
           all = task->folds ? (size_t)task->file[SPLIT_TRAIN].rows : dataset->split[split].count;
    int32_t *gold = arena_take(arena, all, sizeof *gold);
    double *score = arena_take(arena, all, sizeof *score);
    for (int fold = task->fold; fold <= task->folds; fold++) {
        if (fold > 1) {
            CHECK(task_fold(arena, task, fold, &error));
            CHECK(dataset_read(arena, task, dataset, &error));
        }
        CHECK(dataset_labels(task, split, dataset, &error));
        for (size_t i = 0; i < dataset->split[split].count && n < all; i++, n++) {
            gold[n] = dataset->split[split].example[i].label;
            score[n] = (double)dataset->split[split].example[i].score;
        }
    }
    CHECK(n == all);
    return (Answers){ .n = n,
                      .classes = task->classes,
                      .positive = task->positive,
                      .gold = task->classes ? gold : NULL,
                      .gold_score = task->classes ? NULL : score };
}

// The label which the file says is the constant answer: by name, or a file's number for it.
static int32_t constant(const Task *task, const char *setting)
{
    const char *name = setting + strlen("label ");
    int64_t number = -1;
    for (int k = 0; k < task->classes; k++)
        if (!strcmp(task->labels[k], name))
            return k;
    CHECK(text_whole(name, &number) && number < task->classes);
    return (int32_t)number;
}

static void check_floor(const char *typed, double value, double tolerance)
{
    double expected;
    if (*typed && CHECK(text_real(typed, &expected)))
        CHECK_CLOSE(value, expected, tolerance);
}

static void check_majority(Arena *arena, const Csv *csv, const char *const *field, Task *task,
                           Dataset *dataset, Split split)
{
    size_t accuracy = csv_column(csv, "accuracy"), rows = csv_column(csv, "eval_rows");
    int64_t expected = 0;
    Examples train = dataset->split[SPLIT_TRAIN], tune = dataset->split[SPLIT_TUNE];
    size_t most = train.count + tune.count;
    size_t *of = arena_zero(arena, (size_t)task->classes + 1, sizeof *of);
    for (size_t i = 0; i < most && task->classes; i++)
        of[(i < train.count ? train.example[i] : tune.example[i - train.count]).label]++;
    Answers answers = evaluated(arena, task, dataset, split);
    CHECK(text_whole(field[rows], &expected) && (size_t)expected == answers.n);
    if (!task->classes) { // no constant has a correlation
        CHECK_CLOSE(metric_majority(task->metric, &answers), 0, 0);
        return;
    }
    int32_t label = constant(task, field[csv_column(csv, "setting")]);
    int32_t *answer = arena_take(arena, answers.n, sizeof *answer);
    for (size_t i = 0; i < answers.n; i++)
        answer[i] = label;
    answers.answer = answer;
    for (int k = 0; k < task->classes && dataset->dropped == 0; k++)
        CHECK(task->folds || of[k] <= of[label]); // it is train's most frequent
    check_floor(field[accuracy], metric(METRIC_ACCURACY, &answers), 6e-5);
    check_floor(field[accuracy + 1], metric(METRIC_MATTHEWS, &answers), 6e-5);
    if (task->positive >= 0)
        check_floor(field[accuracy + 2], metric(METRIC_F1, &answers), task->folds ? 2e-4 : 6e-5);
    check_floor(field[accuracy + 3], metric(METRIC_F1_MACRO, &answers), task->folds ? 2e-4 : 6e-5);
    double best = metric_majority(task->metric, &answers);
    CHECK(best >= metric_score(task->metric, &answers));
}

static void constant_answers_score_as_another_program_counted(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Csv csv;
    const char *shared_here = shared_folder(), *absent = "";
    if (!shared_here || !csv_read(arena, path_join(arena, shared_here, "data/baselines.csv"),
                                  CSV_COMMAS, true, &csv, &error)) {
        skip("no ../shared/data/baselines.csv");
        arena_free(arena);
        return;
    }
    for (size_t f = 0; f < sizeof floors / sizeof *floors; f++) {
        size_t mark = arena_mark(arena), found = 0;
        Task task;
        Dataset dataset;
        if (!at_hand(arena, floors[f].task, &task, &dataset)) {
            arena_rewind(arena, mark);
            absent = arena_format(arena, "%s %s", absent, floors[f].task);
            continue;
        }
        for (size_t i = 0; i < csv.rows; i++) {
            const char *const *field = csv.row[i].field;
            if (strcmp(field[0], floors[f].floor) != 0 || strcmp(field[1], floors[f].split) != 0 ||
                strcmp(field[csv_column(&csv, "method")], "majority") != 0)
                continue;
            found++;
            check_majority(arena, &csv, field, &task, &dataset, floors[f].evaluated);
        }
        CHECK(found == 1);
        arena_rewind(arena, mark);
    }
    if (*absent)
        skip("not in TUNEMARK_DATA:%s", absent);
    arena_free(arena);
}

// Each is one line and status 2, and comes before any fit.
static void scripts_refuse_what_is_wrong(void)
{
    static const struct {
        const char *words, *says;
    } of[] = {
        { "floor.py reviews --seeds 0", "floor.py: --seeds: 0 is out of range; should be 1 or" },
        { "floor.py reviews --csv $d/none/f.csv", "none' is no folder; should be one that is" },
        { "floor.py reviews --csv $d", "cannot be read: Is a directory" },
        { "floor.py reviews --csv datasets/bundled/baselines.csv", "has other columns; should be" },
        { "bundled/check.py nosuch", "check.py: task 'nosuch' is unknown; should be one of rev" },
        { "bundled/measure.py nosuch", "measure.py: task 'nosuch' is unknown" },
    };
    Arena *arena = arena_of_test();
    const char *folder = test_folder(), *err = path_join(arena, folder, "err");
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const char *script =
            arena_format(arena, "%.*s", (int)strcspn(of[i].words, " "), of[i].words);
        const char *needs = strstr(script, "check") ? "sys" : "scipy, sklearn";
        if (system(arena_format(arena, "/usr/bin/python3 -c 'import %s' 2>/dev/null", needs))) {
            skip("%s: no Python with %s", script, needs);
            continue;
        }
        int status = system(arena_format(arena, "d=%s; /usr/bin/python3 datasets/%s >%s.out 2>%s",
                                         folder, of[i].words, err, err));
        const char *text = read_text(arena, err);
        if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2) ||
            !CHECK(strstr(text, of[i].says)) ||
            !CHECK(strchr(text, '\n') && !strchr(text, '\n')[1]))
            printf("%s: status %d, %s\n", of[i].words, status, text);
        CHECK_TEXT(read_text(arena, arena_format(arena, "%s.out", err)), "");
    }
    arena_free(arena);
}

void suite_tasks(void)
{
    ADD(every_format_is_read_as_its_fixture_says);
    ADD(what_does_not_fit_is_refused_with_file_and_line);
    ADD(what_is_ragged_is_cut_or_dropped);
    ADD(what_is_dropped_is_counted_said_and_little);
    ADD(pairs_that_share_a_text_are_one_group);
    ADD(a_text_under_two_names_joins_their_groups);
    ADD(every_row_is_in_one_fold);
    ADD(a_fold_is_in_key_and_row);
    ADD(scripts_refuse_what_is_wrong);
    ADD(rows_say_what_they_are_and_scores_read_as_written);
    ADD(a_saved_fold_is_judged_on_its_own_rows);
    ADD(the_metric_is_in_the_key);
    ADD(a_task_without_dev_reports_test_and_may_warn);
    ADD(tasks_are_listed_whether_they_are_here_or_not);
    ADD(tune_is_a_tenth_and_shares_nothing_with_train);
    ADD(constant_answers_score_as_another_program_counted);
}
