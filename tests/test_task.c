// test_task.c: descriptions of tasks and plain folders.
#include "base/file.h"
#include "data/task.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>

static const char *put(Arena *arena, const char *folder, const char *name, const char *text)
{
    Error error = { 0 };
    const char *path = path_join(arena, folder, name);
    CHECK(file_write_text(path, text, &error));
    return path;
}

static bool parse(Arena *arena, const char *yaml, Task *task, Error *error)
{
    Bytes bytes = { (const uint8_t *)arena_text(arena, yaml), strlen(yaml) };
    return task_parse(arena, bytes, "spam.yaml", "spam", task, error);
}

static void what_is_left_out_has_its_default(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    CHECK(parse(arena, "version: 3\nlabels: [ham, spam]\nfiles: {train: a.tsv, dev: b.csv}\n",
                &task, &error));
    CHECK_TEXT(task.name, "spam");
    CHECK_TEXT(task.folder, "spam");
    CHECK_TEXT(task.version, "3");
    CHECK(task.classes == 2 && task.labels[2] == NULL);
    CHECK_TEXT(task.labels[1], "spam");
    CHECK(task.positive == -1 && task.metric == METRIC_ACCURACY && task.group == GROUP_TEXT &&
          task.report == SPLIT_DEV);
    CHECK(task.file[SPLIT_TRAIN].form.format == CSV_TABS &&
          task.file[SPLIT_DEV].form.format == CSV_COMMAS);
    CHECK(task.file[SPLIT_TRAIN].form.header && task.file[SPLIT_TRAIN].rows == -1);
    CHECK_TEXT(task.file[SPLIT_DEV].text, "text");
    CHECK_TEXT(task.file[SPLIT_DEV].label, "label");
    CHECK(!task.file[SPLIT_DEV].text_b && !task.file[SPLIT_TUNE].path &&
          !task.file[SPLIT_TEST].path);
    CHECK(parse(arena,
                "version: 1\ncolumns: {text: a, text_b: b, score: s}\n"
                "files: {train: a.csv, dev: b.csv}\n",
                &task, &error));
    CHECK(task.classes == 0 && !task.labels && task.metric == METRIC_SPEARMAN);
    arena_free(arena);
}

static void a_file_may_differ_from_the_others(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    CHECK(parse(arena,
                "version: 1\nfolder: f\nformat: tsv\ncolumns: {text: sentence, label: class}\n"
                "labels: [0, 1]\npositive: 1\nmetric: f1\ngroup: sentence\n"
                "files:\n  train: t.csv\n  dev: d\n"
                "  test: {file: x, format: csv, header: no, columns: {text: 2, label: 1},\n"
                "         optional: yes}\n"
                "rows: {dev: 872}\n",
                &task, &error));
    CHECK(task.file[SPLIT_TRAIN].form.format == CSV_TABS); // said so, whatever its name
    CHECK_TEXT(task.file[SPLIT_TRAIN].text, "sentence");
    CHECK(!task.file[SPLIT_TEST].form.header && task.file[SPLIT_TEST].optional &&
          task.file[SPLIT_TEST].form.format == CSV_COMMAS);
    CHECK_TEXT(task.file[SPLIT_TEST].text, "2");
    CHECK_TEXT(task.file[SPLIT_TEST].label, "1");
    CHECK(task.file[SPLIT_DEV].rows == 872 && task.file[SPLIT_DEV].form.header);
    CHECK(task.positive == 1 && task.metric == METRIC_F1 && task.group == GROUP_SENTENCE);
    arena_free(arena);
}

static void a_split_may_be_of_many_files_and_a_task_of_one(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    CHECK(
        parse(arena,
              "version: 1\nlabels: [no, yes]\nformat: lines\nencoding: windows-1252\nfolds: 5\n"
              "files:\n  train:\n    - {file: a, label: no}\n    - {file: b, label: yes}\n"
              "    - {file: c.csv, format: csv, codes: [n, y], columns: {text: [t, u], label: v}}\n"
              "rows: {train: 9}\nwarning: made up\n",
              &task, &error));
    const TaskFile *file = &task.file[SPLIT_TRAIN];
    CHECK(file->form.format == CSV_LINES && file->form.encoding == ENCODING_WINDOWS_1252);
    CHECK(file->rows == 9 && !file->form.header && !file->label && !file->codes);
    CHECK_TEXT(file->given, "no");
    CHECK_TEXT(file->next->given, "yes");
    const TaskFile *last = file->next->next;
    CHECK(!last->next && last->form.header && !last->given);
    CHECK_TEXT(last->text, "t");
    CHECK_TEXT(last->further[0], "u");
    CHECK_TEXT(last->codes[1], "y");
    CHECK(task.folds == 5 && task.fold == 1 && task.report == SPLIT_DEV);
    CHECK_TEXT(task.warning, "made up");
    CHECK(parse(arena,
                "version: 1\nlabels: [a, b]\nformat: words\nlabel_until: \":\"\nreport: test\n"
                "files: {train: t, test: u}\n",
                &task, &error));
    CHECK(task.file[SPLIT_TEST].until == ':' && task.report == SPLIT_TEST && !task.folds);
    CHECK_TEXT(task.file[SPLIT_TEST].text, "2");
    CHECK_TEXT(task.file[SPLIT_TEST].label, "1");
    arena_free(arena);
}

#define GOOD "version: 1\nlabels: [a, b]\n"
#define FILES "files: {train: t.csv, dev: d.csv}\n"

static void a_wrong_description_is_refused_with_its_line(void)
{
    static const struct {
        const char *yaml, *part;
    } wrong[] = {
        { "", "spam.yaml" },
        { "- a\n", "spam.yaml:1: is not a map" },
        { FILES "labels: [a, b]\n", "the version is missing; should be version: 1" },
        { GOOD, "files are missing" },
        { "version: 1\n" FILES, "labels are missing" },
        { GOOD FILES "colums: {text: a}\n", "spam.yaml:4: colums: is unknown; should be columns" },
        { GOOD "files: {train: t.csv, dve: d.csv}\n",
          "spam.yaml:3: dve: is unknown; should be dev" },
        { GOOD "files: {train: t.csv}\n", "spam.yaml:3: files: are not complete" },
        { GOOD "files: {train: t.csv, dev: d}\n", "dev: has no format" },
        { GOOD "format: txt\n" FILES,
          "format: 'txt' is unknown; should be csv, tsv, words, lines or files" },
        { GOOD "header: maybe\n" FILES, "header: is not a flag; should be yes or no" },
        { GOOD "columns: {text: a, label: b, score: c}\n" FILES, "score: is one too many" },
        { GOOD "columns: {text: a}\n" FILES, "columns: are not complete" },
        { GOOD "columns: {text: a, score: b}\n" FILES, "labels: can't be used" },
        { "version: 1\nlabels: [a]\n" FILES, "labels: has 1; should be 2 to 1000" },
        { "version: 1\nlabels: [a, a]\n" FILES, "holds 'a' twice" },
        { "version: 1\nlabels: a\n" FILES, "labels: is not a list" },
        { GOOD FILES "positive: c\n", "positive: 'c' is unknown; should be a or b" },
        { GOOD FILES "metric: f1\n", "metric: has no positive label" },
        { GOOD FILES "metric: pearson\n",
          "'pearson' is unknown; should be accuracy, f1, f1_macro or matthews" },
        { GOOD FILES "metric: rmse\n", "'rmse' is unknown" },
        { GOOD FILES "group: premise\n", "group: needs pairs of texts" },
        { GOOD FILES "group: pair\n", "should be text, premise, sentence, linked or given" },
        { GOOD "columns: {text: a, text_b: c, label: b}\n" FILES "group: sentence\n",
          "group: needs single texts" },
        { GOOD FILES "report: tune\n", "report: 'tune' is unknown; should be dev or test" },
        { GOOD FILES "report: test\n", "report: may be absent" },
        { GOOD FILES "rows: {train: many}\n", "train: is no number of rows" },
        { GOOD FILES "rows: {train: 0}\n", "train: is no number of rows" },
        { GOOD FILES "rows: {test: 9}\n", "test: has no file" },
        { GOOD "files: {train: t.csv, dev: {file: d.csv, optional: yes}}\n",
          "only one split may be" },
        { GOOD "files: {train: t.csv, dev: {header: yes}}\n", "dev: names no file" },
        { GOOD "files: {train: t.csv, dev: {file: d.csv, columns: {text: a, score: b}}}\n",
          "columns: do not agree" },
        { GOOD
          "files: {train: t.csv, dev: {file: d.csv, columns: {text: a, text_b: c, label: b}}}\n",
          "columns: do not agree" },
        { GOOD "files: {train: t.csv, test: d.csv}\n",
          "spam.yaml:3: files: are not complete; should be train and dev, or train and test with "
          "report: test" },
        { GOOD "files: {train: t.csv, dev: d.csv, test: {file: e.csv, columns: {text: a}}}\n"
               "report: test\n",
          "report: has no labels" },
        { GOOD "files: {train: {file: t.csv, columns: {text: a}}, dev: d.csv}\n",
          "columns: are not complete; should be text and label or score" },
        { GOOD "files: {train: [], dev: d.csv}\n", "train: is empty; should be one or more files" },
        { GOOD "files: {train: [t.csv, {file: u.csv, optional: yes}], dev: d.csv}\n",
          "train: lists an optional file" },
        { GOOD "files: {train: {file: t.csv, label: a}, dev: d.csv}\n",
          "label: is one too many; should be either a label or a column of labels" },
        { GOOD "format: lines\nfiles: {train: {file: t, label: c}, dev: d}\n",
          "spam.yaml:4: label: 'c' is unknown; should be a or b" },
        { GOOD "format: lines\nheader: yes\nfiles: {train: {file: t, label: a}, dev: d}\n",
          "header: is for csv and tsv" },
        { GOOD "format: files\nfiles: {train: {file: t.txt, label: a}, dev: d}\n",
          "names one file; should be FOLDER/*.txt" },
        { GOOD "files: {train: f/*.csv, dev: d.csv}\n",
          "train: names many files; should be with format: files" },
        { GOOD "ragged: keep\n" FILES, "ragged: 'keep' is unknown; should be refuse, cut or drop" },
        { GOOD "encoding: ascii\n" FILES, "should be utf-8 or windows-1252" },
        { GOOD "codes: [1]\n" FILES, "codes: has 1; should be 2, as there are labels" },
        { GOOD "codes: [1, 1]\n" FILES, "codes: holds '1' twice" },
        { GOOD "label_until: ab\n" FILES, "label_until: is longer; should be one character" },
        { "version: 1\ncodes: [1, 2]\ncolumns: {text: a, score: b}\n" FILES,
          "codes: can't be used; should be left out: the column is a score" },
        { "version: 1\ncodes: [1, 2]\n" FILES,
          "codes: is about labels, which are missing; should be with labels: [FIRST, SECOND]" },
        { "version: 1\nlabel_until: ':'\n" FILES, "label_until: is about labels, which are miss" },
        { GOOD "columns: {text: [], label: b}\n" FILES, "text: has 0; should be one or more" },
        { GOOD FILES "group: linked\n", "group: needs pairs of texts" },
        { GOOD FILES "group: given\n", "group: has a file without groups" },
        { GOOD "files: {train: {file: t.csv, groups: g}, dev: d.csv}\n",
          "has files with groups; should be group: given" },
        { GOOD FILES "folds: 10\n", "folds: has other splits beside it" },
        { GOOD "files: {train: t.csv}\nfolds: 1\n", "folds: is no number of folds" },
        { GOOD "files: {train: t.csv}\nfolds: 10\ngroup: sentence\n",
          "folds: would part sentences from their phrases" },
        { GOOD "files: {train: t.csv}\nfolds: 10\nreport: test\n", "report: may be absent" },
    };
    Arena *arena = arena_of_test();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Error error = { 0 };
        Task task;
        if (!CHECK(!parse(arena, wrong[i].yaml, &task, &error)))
            printf("%s", wrong[i].yaml);
        CHECK_ERROR(&error, ERROR_INPUT, wrong[i].part);
    }
    arena_free(arena);
}

static void the_descriptions_here_fit_their_data(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    const char *const *names = NULL;
    size_t found = 0;
    if (!CHECK(task_names(arena, "datasets", &names, &error)))
        return;
    for (; *names; names++, found++) {
        Task task;
        if (!folder_exists(path_join(arena, "datasets/bundled", *names)))
            continue; // its data may be absent: test_tasks
        if (!CHECK(task_find(arena, "datasets", *names, &task, &error)))
            printf("%s\n", error.text);
        CHECK_TEXT(task.name, *names);
        CHECK(task.summary && task.file[SPLIT_TUNE].path && task.file[SPLIT_TEST].path);
    }
    CHECK(found >= 27);
    arena_free(arena);
}

static void an_unknown_task_names_the_nearest_and_what_would_be_right(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    CHECK(!task_find(arena, "datasets", "reveiws", &task, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "task: 'reveiws' is unknown; should be reviews");
    CHECK(!task_find(arena, "datasets", "qqqqqqqqqq", &task, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "should be one of 27: agnews, agnews-10k, banking77, cola");
    CHECK(!task_find(arena, "datasets", "no/such/folder", &task, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "should be a folder with train.csv and dev.csv");
    CHECK(!task_find(arena, "datasets", "", &task, &error));
    CHECK(!task_find(arena, "datasets", "no.yaml", &task, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "no.yaml");
    arena_free(arena);
}

static void data_are_sought_beside_the_description_then_in_the_search_path(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    const char *folder = test_folder(), *before = getenv("TUNEMARK_DATA");
    const char *kept = before ? arena_text(arena, before) : NULL;
    const char *yaml =
        put(arena, folder, "spam.yaml",
            GOOD "files: {train: t.csv, dev: d.csv, test: {file: e.csv, optional: yes}}\n");
    const char *first = path_join(arena, folder, "first"),
               *second = path_join(arena, folder, "second");
    CHECK(folder_make(path_join(arena, first, "spam"), &error));
    CHECK(folder_make(path_join(arena, second, "spam"), &error));
    unsetenv("TUNEMARK_DATA");
    CHECK(!task_find(arena, "datasets", yaml, &task, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "spam/t.csv is not found (TUNEMARK_DATA is not set)");
    setenv("TUNEMARK_DATA", arena_format(arena, ":%s:%s", first, second), 1);
    put(arena, second, "spam/t.csv", "");
    CHECK(!task_find(arena, "datasets", yaml, &task, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "second/spam/d.csv: is missing");
    put(arena, second, "spam/d.csv", "");
    CHECK(task_find(arena, "datasets", yaml, &task, &error));
    CHECK_TEXT(task.folder, path_join(arena, second, "spam"));
    CHECK_TEXT(task.file[SPLIT_DEV].path, path_join(arena, second, "spam/d.csv"));
    CHECK(!task.file[SPLIT_TEST].path); // optional and absent
    put(arena, second, "spam/e.csv", "");
    CHECK(task_find(arena, "datasets", yaml, &task, &error));
    CHECK(task.file[SPLIT_TEST].path != NULL);
    CHECK(folder_make(path_join(arena, folder, "spam"), &error));
    put(arena, folder, "spam/t.csv", "");
    put(arena, folder, "spam/d.csv", "");
    CHECK(task_find(arena, folder, "spam", &task, &error));
    CHECK_TEXT(task.folder, path_join(arena, folder, "spam"));
    kept ? setenv("TUNEMARK_DATA", kept, 1) : unsetenv("TUNEMARK_DATA");
    arena_free(arena);
}

static void a_plain_folder_is_a_task(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    const char *folder = test_folder();
    CHECK(!task_find(arena, "datasets", folder, &task, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "has no train.csv; should be a folder with train.csv and dev.csv");
    put(arena, folder, "train.csv", "label,text\nb,x\nZ,y\na,z\nb,w\n\xc3\xa9,v\n");
    CHECK(!task_find(arena, "datasets", folder, &task, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "has no dev.csv");
    put(arena, folder, "dev.csv", "text,label\nx,a\n");
    CHECK(task_find(arena, "datasets", folder, &task, &error));
    CHECK(task.classes == 4 && task.group == GROUP_TEXT && task.metric == METRIC_ACCURACY);
    CHECK_TEXT(task.labels[0], "Z"); // bytewise
    CHECK_TEXT(task.labels[1], "a");
    CHECK_TEXT(task.labels[2], "b");
    CHECK_TEXT(task.labels[3], "\xc3\xa9");
    CHECK(!task.description && !task.file[SPLIT_TUNE].path && !task.file[SPLIT_TEST].path);
    CHECK_TEXT(task.name, strrchr(folder, '/') + 1);
    put(arena, folder, "tune.csv", "text,label\nx,a\n");
    CHECK(task_find(arena, "datasets", arena_format(arena, "%s/.", folder), &task, &error));
    CHECK(task.file[SPLIT_TUNE].path != NULL);
    CHECK_TEXT(task.name, strrchr(folder, '/') + 1);
    put(arena, folder, "train.csv", "text,text_b,score\nx,y,1\n");
    CHECK(task_find(arena, "datasets", folder, &task, &error));
    CHECK(task.classes == 0 && task.metric == METRIC_SPEARMAN);
    CHECK_TEXT(task.file[SPLIT_DEV].text_b, "text_b");
    arena_free(arena);
}

static void a_plain_folder_that_is_none_says_what_it_needs(void)
{
    static const struct {
        const char *train, *part;
    } wrong[] = {
        { "text,lable\nx,a\n",
          "train.csv:1: the columns are text, lable; should be text[,text_b]" },
        { "text,label,score\nx,a,1\n", "train.csv:1: the columns are" },
        { "sentence,label\nx,a\n", "train.csv:1: the columns are" },
        { "text,label\nx,a\ny,a\n", "label: 1 different in 2 rows; should be 2 or more" },
        { "text,label\n", "label: 0 different in 0 rows" },
        { "text,label\nx,a\ny,\n", "train.csv:3: label: is empty" },
    };
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    put(arena, folder, "dev.csv", "text,label\nx,a\n");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Error error = { 0 };
        Task task;
        put(arena, folder, "train.csv", wrong[i].train);
        CHECK(!task_find(arena, "datasets", folder, &task, &error));
        CHECK_ERROR(&error, ERROR_INPUT, wrong[i].part);
    }
    arena_free(arena);
}

void suite_task(void)
{
    ADD(what_is_left_out_has_its_default);
    ADD(a_file_may_differ_from_the_others);
    ADD(a_split_may_be_of_many_files_and_a_task_of_one);
    ADD(a_wrong_description_is_refused_with_its_line);
    ADD(the_descriptions_here_fit_their_data);
    ADD(an_unknown_task_names_the_nearest_and_what_would_be_right);
    ADD(data_are_sought_beside_the_description_then_in_the_search_path);
    ADD(a_plain_folder_is_a_task);
    ADD(a_plain_folder_that_is_none_says_what_it_needs);
}
