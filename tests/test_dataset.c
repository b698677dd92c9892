// test_dataset.c: rows, the tune rule, the labels of evaluated splits, --train-limit.
#include "base/file.h"
#include "data/dataset.h"
#include "data/phrases.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put(Arena *arena, const char *folder, const char *name, const char *text)
{
    Error error = { 0 };
    CHECK(file_write_text(path_join(arena, folder, name), text, &error));
}

// A task of two files and a description; group and the like in `more`.
static void task_of(Arena *arena, Task *task, const char *more, const char *train, const char *dev)
{
    Error error = { 0 };
    const char *folder = test_folder();
    put(arena, folder, "t.csv", train);
    put(arena, folder, "d.csv", dev);
    put(arena, folder, "t.yaml",
        arena_format(arena, "version: 1\nfolder: .\nfiles: {train: t.csv, dev: d.csv}\n%s", more));
    if (!CHECK(task_find(arena, folder, "t", task, &error)))
        printf("%s\n", error.text);
}

static void dataset_of(Arena *arena, const Task *task, Dataset *dataset)
{
    Error error = { 0 };
    if (!CHECK(dataset_read(arena, task, dataset, &error)))
        printf("%s\n", error.text);
}

static bool holds(Examples rows, const char *text)
{
    for (size_t i = 0; i < rows.count; i++)
        if (strcmp(rows.example[i].text, text) == 0)
            return true;
    return false;
}

static size_t with_label(Examples rows, int32_t label)
{
    size_t count = 0;
    for (size_t i = 0; i < rows.count; i++)
        count += rows.example[i].label == label;
    return count;
}

#define DEV "text,label\nd,a\ne,b\n"
#define LABELS "labels: [a, b]\n"

static void bundled_reviews_have_their_rows_and_labels(void)
{
    static const size_t rows[SPLITS] = { 4000, 500, 1000, 1000 };
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    Dataset dataset;
    CHECK(task_find(arena, "datasets", "reviews", &task, &error));
    dataset_of(arena, &task, &dataset);
    for (int s = 0; s < SPLITS; s++)
        CHECK(dataset.split[s].count == rows[s]);
    CHECK_TEXT(dataset.rule, "file");
    CHECK(dataset.dropped == 0);
    CHECK(with_label(dataset.split[SPLIT_TRAIN], 0) == 2000);
    CHECK(with_label(dataset.split[SPLIT_TUNE], 1) == 250);
    // The first row of each file, as it stands there.
    const Example *first = dataset.split[SPLIT_TRAIN].example;
    CHECK_TEXT(first->text,
               "I want my money back. The structure left me saddened. I was absolutely "
               "disillusioned.");
    CHECK(first->label == 0 && first->id == 0 && first->line == 2 && !first->text_b);
    CHECK(dataset.split[SPLIT_TUNE].example[0].label == 1);
    arena_free(arena);
}

static void bundled_pairs_and_scores_are_read(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    Dataset dataset;
    CHECK(task_find(arena, "datasets", "similarity", &task, &error));
    dataset_of(arena, &task, &dataset);
    const Example *first = dataset.split[SPLIT_TRAIN].example;
    CHECK_TEXT(first->text_b, "A forger cleaned a necklace in a foreign country on Tuesday.");
    CHECK_CLOSE(first->score, 2, 0);
    CHECK(first->label == -1);
    CHECK_CLOSE(dataset.split[SPLIT_DEV].example[0].score, 0, 0);
    CHECK(dataset_labels(&task, SPLIT_DEV, &dataset, &error));
    CHECK_CLOSE(dataset.split[SPLIT_DEV].example[0].score, 2.5, 0);
    CHECK(task_find(arena, "datasets", "entail", &task, &error));
    dataset_of(arena, &task, &dataset);
    CHECK(dataset.split[SPLIT_TRAIN].example[0].label == 0);
    CHECK(dataset.split[SPLIT_TUNE].example[0].label == 1);
    arena_free(arena);
}

static void line_ends_marks_and_the_last_newline_change_nothing(void)
{
    static const char *const same[] = {
        "text,label\nfirst text,a\nsecond,b\nthird,a\n",
        "\xef\xbb\xbftext,label\nfirst text,a\nsecond,b\nthird,a\n",
        "text,label\r\nfirst text,a\r\nsecond,b\r\nthird,a\r\n",
        "text,label\nfirst text,a\nsecond,b\nthird,a",
        "label,text\na,first text\nb,\"second\"\na,third\n",
    };
    Arena *arena = arena_of_test();
    Hash expected = { 0 };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        Task task;
        Dataset dataset;
        task_of(arena, &task, LABELS, same[i], DEV);
        dataset_of(arena, &task, &dataset);
        CHECK(dataset.split[SPLIT_TRAIN].count == 2 && dataset.split[SPLIT_TUNE].count == 1);
        expected = i ? expected : dataset.hash[SPLIT_TRAIN];
        CHECK_TEXT(dataset.hash[SPLIT_TRAIN].hex, expected.hex);
    }
    arena_free(arena);
}

static void a_quotation_mark_is_a_character_between_tabs(void)
{
    Arena *arena = arena_of_test();
    Task task;
    Dataset dataset;
    task_of(arena, &task, LABELS "format: tsv\n",
            "text\tlabel\none\ta\n\"two\tb\nthe \"third\" row\ta\nfour\"\tb\nfive\ta\nsix\tb\n",
            "text\tlabel\nd\ta\n");
    dataset_of(arena, &task, &dataset);
    CHECK(dataset.split[SPLIT_TRAIN].count + dataset.split[SPLIT_TUNE].count == 6);
    CHECK(holds(dataset.split[SPLIT_TRAIN], "\"two") || holds(dataset.split[SPLIT_TUNE], "\"two"));
    arena_free(arena);
}

static void an_empty_text_is_a_row(void)
{
    Arena *arena = arena_of_test();
    Task task;
    Dataset dataset;
    task_of(arena, &task, LABELS, "text,label\n,a\nx,b\ny,a\n", "text,label\n,a\n");
    dataset_of(arena, &task, &dataset);
    CHECK(dataset.split[SPLIT_TRAIN].count + dataset.split[SPLIT_TUNE].count == 3);
    CHECK_TEXT(dataset.split[SPLIT_DEV].example[0].text, "");
    arena_free(arena);
}

static void a_wrong_row_is_refused_with_file_and_line(void)
{
    static const struct {
        const char *more, *train, *dev, *part;
    } wrong[] = {
        { LABELS, "text,label\nx,a\ny,c\nz,b\n", DEV,
          "t.csv:3: label: 'c' is unknown; should be a or b" },
        { LABELS, "text,label\nx,a\n\"y\nz\",b\nw,\n", DEV, "t.csv:5: label: '' is unknown" },
        { LABELS, "text,label\nx,a\ny,b\n", "text,label\nd,a\ne, b\n",
          "d.csv:3: label: ' b' is unknown" },
        { LABELS, "text,label\nx,a\ny\nz,b\n", DEV, "t.csv:3" },
        { LABELS, "text,label\nx,a\ny,b,c\nz,b\n", DEV, "t.csv:3" },
        { LABELS, "text,class\nx,a\n", DEV,
          "t.csv:1: has no column 'label'; should be one of text, class" },
        { LABELS, "label\na\n", DEV, "t.csv:1: has no column 'text'" },
        { LABELS, "text,label\nx,a\ny,b\n", "text\nd\n", "d.csv:1: has no column 'label'" },
        { LABELS, "text,label\nx,a\ny,b\n", "text,label\n", "d.csv: has no rows" },
        { LABELS, "text,label\n", DEV, "t.csv: has no rows" },
        { LABELS, "", DEV, "t.csv" },
        { LABELS "rows: {train: 3}\n", "text,label\nx,a\ny,b\n", DEV,
          "t.csv: has 2 rows; should be 3 (" },
        { "columns: {text: text, score: s}\n", "text,s\nx,1.5\ny,high\n", "text,s\nd,1\n",
          "t.csv:3: s: 'high' is no score; should be a number" },
        { "columns: {text: text, score: s}\n", "text,s\nx,1.5\ny,1e99\n", "text,s\nd,1\n",
          "t.csv:3: s: '1e99' is no score" },
        { "columns: {text: text, score: s}\n", "text,s\nx,1.5\ny,nan\n", "text,s\nd,1\n",
          "t.csv:3: s: 'nan' is no score" },
        { LABELS "header: no\ncolumns: {text: 1, label: 3}\n", "x,a\n", "d,a\n",
          "t.csv:1: has no column '3'" },
        { LABELS, "text,label\nx,a\nx,b\n", DEV, "leaves none to train on" },
        { LABELS "columns: {text: text, text_b: other, label: label}\n", "text,label\nx,a\n", DEV,
          "t.csv:1: has no column 'other'" },
    };
    Arena *arena = arena_of_test();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Error error = { 0 };
        Task task;
        Dataset dataset;
        task_of(arena, &task, wrong[i].more, wrong[i].train, wrong[i].dev);
        CHECK(!dataset_read(arena, &task, &dataset, &error));
        CHECK_ERROR(&error, ERROR_INPUT, wrong[i].part);
    }
    arena_free(arena);
}

static void a_plain_folder_takes_its_labels_from_train_alone(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    Dataset dataset;
    const char *folder = test_folder();
    put(arena, folder, "train.csv", "text,label\nx,b\ny,a\nz,b\n");
    put(arena, folder, "dev.csv", "text,label\nd,a\ne,c\n");
    CHECK(task_find(arena, "datasets", folder, &task, &error));
    CHECK(!dataset_read(arena, &task, &dataset, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "dev.csv:3: label: 'c' is unknown; should be a or b");
    put(arena, folder, "dev.csv", "text,label\nd,a\n");
    put(arena, folder, "test.csv", "text,text_b,label\nd,e,a\n");
    CHECK(task_find(arena, "datasets", folder, &task, &error));
    CHECK(!dataset_read(arena, &task, &dataset, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "test.csv:1: text_b: is not a column of this task");
    put(arena, folder, "test.csv", "text\nd\n");
    put(arena, folder, "tune.csv", "text,label\nu,b\n");
    CHECK(task_find(arena, "datasets", folder, &task, &error));
    dataset_of(arena, &task, &dataset);
    CHECK(dataset.split[SPLIT_TRAIN].count == 3 &&
          dataset.split[SPLIT_TRAIN].example[0].label == 1);
    CHECK(dataset.split[SPLIT_TUNE].count == 1 && dataset.split[SPLIT_TEST].count == 1);
    CHECK(!dataset_labels(&task, SPLIT_TEST, &dataset, &error)); // lessons: GLUE's test files
    CHECK_ERROR(&error, ERROR_INPUT, "test.csv: has no column 'label'");
    CHECK(strstr(error.text, "labelled to be scored") != NULL);
    task.report = SPLIT_TEST; // then a run would be for nothing
    CHECK(!dataset_read(arena, &task, &dataset, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "test.csv:1: has no column 'label'");
    arena_free(arena);
}

// A test split of two files, of which one has no labels: neither order is half scored.
static void a_split_is_labelled_in_all_of_its_files_or_in_none(void)
{
    static const struct {
        const char *files, *part;
    } of[] = { { "[l.csv, u.csv]", "u.csv: has no labels; should be as in " },
               { "[u.csv, l.csv]", "l.csv: has labels; should be as in " },
               { "[u.csv, u.csv]", NULL },
               { "[l.csv, l.csv]", NULL } };
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    put(arena, folder, "t.csv", "text,label\nx,a\ny,b\nz,b\n");
    put(arena, folder, "l.csv", "text,label\nd,a\n");
    put(arena, folder, "u.csv", "text\ne\n");
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Error error = { 0 };
        Task task;
        Dataset dataset;
        put(arena, folder, "t.yaml",
            arena_format(arena,
                         "version: 1\nfolder: .\n" LABELS
                         "files: {train: t.csv, dev: l.csv, test: %s}\n",
                         of[i].files));
        CHECK(task_find(arena, folder, "t", &task, &error));
        CHECK(dataset_read(arena, &task, &dataset, &error) == !of[i].part);
        if (of[i].part)
            CHECK_ERROR(&error, ERROR_INPUT, of[i].part);
    }
    arena_free(arena);
}

static void dev_labels_change_nothing_but_what_dataset_labels_tells(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    Dataset dataset, permuted;
    const char *train = "text,label\nx,a\ny,b\nz,b\n";
    task_of(arena, &task, LABELS, train, "text,label\nd,a\ne,b\n");
    dataset_of(arena, &task, &dataset);
    for (size_t i = 0; i < 2; i++)
        CHECK(dataset.split[SPLIT_DEV].example[i].label == -1);
    CHECK(dataset.label_reads[SPLIT_DEV] == 0);
    CHECK(dataset_labels(&task, SPLIT_DEV, &dataset, &error));
    CHECK(dataset.label_reads[SPLIT_DEV] == 1 && dataset.label_reads[SPLIT_TEST] == 0);
    CHECK(dataset.split[SPLIT_DEV].example[0].label == 0 &&
          dataset.split[SPLIT_DEV].example[1].label == 1);
    CHECK(!dataset_labels(&task, SPLIT_TEST, &dataset, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "test: there is no such split");
    CHECK(dataset.label_reads[SPLIT_TEST] == 0);
    task_of(arena, &task, LABELS, train, "text,label\nd,b\ne,a\n");
    dataset_of(arena, &task, &permuted);
    for (int s = 0; s < SPLITS; s++)
        CHECK_TEXT(permuted.hash[s].hex, dataset.hash[s].hex);
    CHECK(dataset_labels(&task, SPLIT_DEV, &permuted, &error));
    CHECK(permuted.split[SPLIT_DEV].example[0].label == 1 &&
          permuted.split[SPLIT_DEV].example[1].label == 0);
    arena_free(arena);
}

static void a_hash_tells_texts_labels_and_order_apart(void)
{
    static const char *const train[] = { "text,label\nx,a\ny,b\nz,b\nxy,a\n",
                                         "text,label\nx,b\ny,b\nz,b\nxy,a\n",
                                         "text,label\nx ,a\ny,b\nz,b\nxy,a\n",
                                         "text,label\ny,b\nx,a\nz,b\nxy,a\n",
                                         "text,label\nx,a\ny,b\nz,b\nx y,a\n" };
    enum { TRAINS = sizeof train / sizeof *train };
    Arena *arena = arena_of_test();
    Hash hash[TRAINS][2];
    for (size_t i = 0; i < TRAINS; i++) {
        Task task;
        Dataset dataset;
        task_of(arena, &task, LABELS, train[i], DEV);
        dataset_of(arena, &task, &dataset);
        hash[i][0] = dataset.hash[SPLIT_TRAIN];
        hash[i][1] = dataset.hash[SPLIT_TUNE];
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(hash[i][0].hex, hash[j][0].hex) != 0 ||
                  strcmp(hash[i][1].hex, hash[j][1].hex) != 0);
    }
    arena_free(arena);
}

// ---- tune

static const char *rows_of(Arena *arena, size_t rows, size_t texts, uint64_t order)
{
    size_t *row = arena_take(arena, rows, sizeof *row);
    char *text = arena_take(arena, 64 * (rows + 1), 1), *end = stpcpy(text, "text,label\n");
    for (size_t i = 0; i < rows; i++)
        row[i] = i;
    for (size_t i = rows; order && i > 1; i--) {
        size_t j = (size_t)(mix(&order) % i), kept = row[i - 1];
        row[i - 1] = row[j];
        row[j] = kept;
    }
    for (size_t i = 0; i < rows; i++)
        end += sprintf(end, "text number %zu,%s\n", row[i] % texts, row[i] % 4 ? "a" : "b");
    return text;
}

static void tune_is_a_tenth_of_train_in_whole_groups(void)
{
    static const struct {
        const char *group;
        size_t rows, texts, tune;
        const char *rule;
    } cases[] = {
        { "text", 400, 400, 40, "group text: 10 % of 400 rows, at most 2000" },
        { "text", 400, 100, 40, "group text: 10 % of 400 rows, at most 2000" },
        { "text", 400, 57, 35, "group text: 10 % of 400 rows, at most 2000" }, // 7 or 8 rows each
        { "text", 22000, 22000, 2000, "group text: 10 % of 22000 rows, at most 2000" },
        { "text", 5, 5, 1, "group text: 10 % of 5 rows, at most 2000" },
        { "text", 40, 4, 10, "group text: 10 % of 40 rows, at most 2000" }, // none fits 4
        { "sentence", 400, 400, 40, "group sentence: 10 % of 400 rows, at most 2000" },
        { "sentence", 400, 100, 40, "group sentence: 10 % of 400 rows, at most 2000" },
    };
    Arena *arena = arena_of_test();
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        Task task;
        Dataset dataset;
        task_of(arena, &task, arena_format(arena, LABELS "group: %s\n", cases[c].group),
                rows_of(arena, cases[c].rows, cases[c].texts, 0), DEV);
        dataset_of(arena, &task, &dataset);
        Examples train = dataset.split[SPLIT_TRAIN], tune = dataset.split[SPLIT_TUNE];
        CHECK_TEXT(dataset.rule, cases[c].rule);
        if (cases[c].texts == 57) // the last may be passed over
            CHECK(tune.count >= cases[c].tune - 2 && tune.count <= 40);
        else
            CHECK(tune.count == cases[c].tune);
        CHECK(train.count + tune.count == cases[c].rows && dataset.dropped == 0);
        for (size_t i = 1; i < train.count; i++)
            CHECK(train.example[i - 1].id < train.example[i].id);
        for (size_t i = 0; i < tune.count && train.count < 1000; i++)
            if (!CHECK(!holds(train, tune.example[i].text)))
                break;
    }
    arena_free(arena);
}

static void tune_does_not_depend_on_the_order_of_the_file(void)
{
    static const char *const groups[] = { "text", "sentence" };
    Arena *arena = arena_of_test();
    for (size_t g = 0; g < 2; g++) {
        Task task;
        Dataset one, other;
        const char *more = arena_format(arena, LABELS "group: %s\n", groups[g]);
        task_of(arena, &task, more, rows_of(arena, 300, 150, 0), DEV);
        dataset_of(arena, &task, &one);
        task_of(arena, &task, more, rows_of(arena, 300, 150, 7), DEV);
        dataset_of(arena, &task, &other);
        CHECK(one.split[SPLIT_TUNE].count == 30 && other.split[SPLIT_TUNE].count == 30);
        for (size_t i = 0; i < 30; i++)
            CHECK(holds(other.split[SPLIT_TUNE], one.split[SPLIT_TUNE].example[i].text));
    }
    arena_free(arena);
}

static void a_premise_goes_to_one_side_whole(void)
{
    Arena *arena = arena_of_test();
    Task task;
    Dataset dataset;
    char *train = arena_take(arena, 1 << 14, 1), *end = stpcpy(train, "text,text_b,label\n");
    for (int i = 0; i < 300; i++)
        end += sprintf(end, "premise %d,hypothesis %d,%s\n", i % 100, i, i % 2 ? "a" : "b");
    task_of(arena, &task,
            LABELS "group: premise\ncolumns: {text: text, text_b: text_b, label: label}\n", train,
            "text,text_b,label\nd,e,a\nd,f,b\nc,e,a\nd,e,b\n");
    dataset_of(arena, &task, &dataset);
    CHECK(dataset.split[SPLIT_TUNE].count == 30);
    for (size_t i = 0; i < 30; i++)
        CHECK(!holds(dataset.split[SPLIT_TRAIN], dataset.split[SPLIT_TUNE].example[i].text));
    const Example *dev = dataset.split[SPLIT_DEV].example;
    CHECK(dev[0].group == 0 && dev[1].group == 0 && dev[2].group == 1 && dev[3].group == 0);
    task.group = GROUP_TEXT; // both texts
    dataset_of(arena, &task, &dataset);
    dev = dataset.split[SPLIT_DEV].example;
    CHECK(dev[0].group == 0 && dev[1].group == 1 && dev[2].group == 2 && dev[3].group == 0);
    arena_free(arena);
}

// Whatever the hash chooses: a sentence takes its phrases out of train, and no phrase is in tune.
static void a_sentence_of_tune_takes_its_phrases_out_of_train(void)
{
    Arena *arena = arena_of_test();
    int chosen = 0;
    for (int other = 0; other < 12; other++) {
        Task task;
        Dataset dataset;
        task_of(arena, &task, LABELS "group: sentence\n",
                arena_format(arena,
                             "text,label\na charming and often affecting journey,a\ncharming,b\n"
                             "often affecting journey ,b\ngone with the wind %d,a\nthe off,b\n",
                             other),
                DEV);
        dataset_of(arena, &task, &dataset);
        Examples train = dataset.split[SPLIT_TRAIN], tune = dataset.split[SPLIT_TUNE];
        CHECK_TEXT(dataset.rule, "group sentence: 10 % of 3 rows, at most 2000");
        CHECK(tune.count == 1);
        bool journey = tune.example[0].id == 0;
        CHECK(dataset.dropped == (journey ? 2 : 0));
        CHECK(holds(train, "charming") == !journey);
        CHECK(holds(train, "often affecting journey ") == !journey);
        CHECK(train.count == (journey ? 2 : 4));
        chosen += journey;
    }
    CHECK(chosen > 0 && chosen < 12); // both were seen
    arena_free(arena);
}

static void equal_sentences_are_one_group(void)
{
    Arena *arena = arena_of_test();
    Task task;
    Dataset dataset;
    task_of(arena, &task, LABELS "group: sentence\n",
            "text,label\na b c,a\na  b c ,b\na b,a\nd e,a\nd e,b\ne,b\n", DEV);
    dataset_of(arena, &task, &dataset);
    CHECK_TEXT(dataset.rule, "group sentence: 10 % of 4 rows, at most 2000");
    CHECK(dataset.split[SPLIT_TUNE].count == 2 && dataset.dropped == 1);
    CHECK(dataset.split[SPLIT_TUNE].example[0].group == dataset.split[SPLIT_TUNE].example[1].group);
    CHECK(dataset.split[SPLIT_TRAIN].count == 3);
    arena_free(arena);
}

// ---- --train-limit

static bool is_among(Examples rows, Examples among)
{
    size_t j = 0; // both are in the order of the file
    for (size_t i = 0; i < rows.count; i++, j++) {
        while (j < among.count && among.example[j].id != rows.example[i].id)
            j++;
        if (j == among.count)
            return false;
    }
    return true;
}

static void a_limit_is_stratified_and_nested(void)
{
    Arena *arena = arena_of_test();
    Task task;
    Dataset dataset;
    task_of(arena, &task, LABELS, rows_of(arena, 400, 400, 0), DEV); // 100 of them b
    dataset_of(arena, &task, &dataset);
    Examples train = dataset.split[SPLIT_TRAIN], before = { 0 };
    double share = (double)with_label(train, 1) / (double)train.count;
    for (size_t limit = 1; limit <= train.count; limit++) {
        Examples part = dataset_limit(arena, &task, train, limit, 5);
        CHECK(part.count == limit);
        double off = (double)with_label(part, 1) - share * (double)limit;
        if (!CHECK(is_among(before, part)) || !CHECK(off > -1 && off < 1))
            break;
        before = part;
    }
    CHECK(dataset_limit(arena, &task, train, 0, 5).count == train.count);
    CHECK(dataset_limit(arena, &task, train, 100000, 5).count == train.count);
    Examples same = dataset_limit(arena, &task, train, 50, 5),
             again = dataset_limit(arena, &task, train, 50, 5),
             other = dataset_limit(arena, &task, train, 50, 6);
    CHECK(is_among(same, again));
    CHECK(!is_among(same, other));
    arena_free(arena);
}

static void equal_labels_get_equal_shares(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    Dataset dataset;
    CHECK(task_find(arena, "datasets", "topics", &task, &error));
    dataset_of(arena, &task, &dataset);
    Examples part = dataset_limit(arena, &task, dataset.split[SPLIT_TRAIN], 200, 1);
    for (int32_t label = 0; label < 10; label++)
        CHECK(with_label(part, label) == 20);
    CHECK(task_find(arena, "datasets", "similarity", &task, &error));
    dataset_of(arena, &task, &dataset);
    Examples fewer = dataset_limit(arena, &task, dataset.split[SPLIT_TRAIN], 100, 1),
             more = dataset_limit(arena, &task, dataset.split[SPLIT_TRAIN], 200, 1);
    CHECK(fewer.count == 100 && more.count == 200 && is_among(fewer, more));
    arena_free(arena);
}

static void a_limit_does_not_depend_on_the_order_of_the_file(void)
{
    Arena *arena = arena_of_test();
    Task task;
    Dataset one, other;
    task_of(arena, &task, LABELS, rows_of(arena, 300, 300, 0), DEV);
    dataset_of(arena, &task, &one);
    task_of(arena, &task, LABELS, rows_of(arena, 300, 300, 3), DEV);
    dataset_of(arena, &task, &other);
    Examples a = dataset_limit(arena, &task, one.split[SPLIT_TRAIN], 60, 1),
             b = dataset_limit(arena, &task, other.split[SPLIT_TRAIN], 60, 1);
    for (size_t i = 0; i < a.count; i++)
        CHECK(holds(b, a.example[i].text));
    for (size_t i = 1; i < b.count; i++)
        CHECK(b.example[i - 1].id < b.example[i].id);
    arena_free(arena);
}

static void a_row_is_drawn_by_what_it_holds_not_by_what_is_beside_it(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    Dataset dataset;
    CHECK(task_find(arena, "datasets", "similarity", &task, &error));
    dataset_of(arena, &task, &dataset);
    Examples train = dataset.split[SPLIT_TRAIN], drawn = dataset_limit(arena, &task, train, 50, 1);
    Example *fewer = arena_take(arena, train.count, sizeof *fewer);
    size_t left = 0;
    for (size_t i = 0; i < train.count; i++)
        if (i % 3 || is_among((Examples){ &train.example[i], 1 }, drawn))
            fewer[left++] = train.example[i];
    CHECK(left < 1500);
    Examples again = dataset_limit(arena, &task, (Examples){ fewer, left }, 50, 1);
    CHECK(is_among(again, drawn));
    arena_free(arena);
}

// ---- what finished rows were made of

// Rows of results/reference are worth nothing once their data are others: each split's hash is in
// their data_sha.
static void the_data_are_those_of_finished_rows(void)
{
    static const char *const tasks[] = { "reviews", "topics", "sst2" };
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Csv rows;
    CHECK(csv_read(arena, "results/reference/first/runs.csv", CSV_COMMAS, true, &rows, &error));
    size_t name = csv_column(&rows, "task"), sha = csv_column(&rows, "data_sha");
    for (size_t t = 0; t < sizeof tasks / sizeof *tasks; t++) {
        Task task;
        Dataset dataset;
        size_t found = 0, mark = arena_mark(arena);
        if (!task_find(arena, "datasets", tasks[t], &task, &error)) {
            skip("%s", error.text);
            continue;
        }
        dataset_of(arena, &task, &dataset);
        for (size_t i = 0; i < rows.rows && found < 1; i++)
            if (!strcmp(rows.row[i].field[name], tasks[t])) {
                CHECK_TEXT(dataset_sha(arena, &dataset), rows.row[i].field[sha]);
                found++;
            }
        CHECK(found == 1);
        arena_rewind(arena, mark);
    }
    arena_free(arena);
}

// ---- SST-2 itself

// Counted besides by a program of another language that looks up each run of words in a set: 67,349
// rows, of which 6,885 lie in no other (6,884 by letters: "yes ." is the end of "eyes ."); the 688
// of the smallest SHA-256 hold 6,985 rows.
static void sst2_has_its_counts(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Task task;
    Dataset dataset;
    if (!task_find(arena, "datasets", "sst2", &task, &error)) {
        skip("%s", error.text);
        arena_free(arena);
        return;
    }
    dataset_of(arena, &task, &dataset);
    Examples train = dataset.split[SPLIT_TRAIN], tune = dataset.split[SPLIT_TUNE];
    CHECK_TEXT(dataset.rule, "group sentence: 10 % of 6885 rows, at most 2000");
    CHECK(tune.count == 688);
    CHECK(train.count == 59676);
    CHECK(dataset.dropped == 6985); // 59,676 + 688 + 6,985 = 67,349
    CHECK(dataset.split[SPLIT_DEV].count == 872);
    const char **text = arena_take(arena, train.count + tune.count, sizeof *text);
    for (size_t i = 0; i < train.count + tune.count; i++)
        text[i] = i < train.count ? train.example[i].text : tune.example[i - train.count].text;
    Phrases *phrases = phrases_new(arena, text, train.count + tune.count);
    bool *inside = arena_zero(arena, train.count + tune.count, sizeof *inside);
    for (size_t i = 0; i < tune.count; i++)
        phrases_inside(phrases, train.count + i, inside);
    size_t leaks = 0;
    for (size_t i = 0; i < train.count; i++)
        leaks += inside[phrases_number(phrases, i)];
    CHECK(leaks == 0);
    for (size_t i = 0; i < train.count; i++)
        phrases_inside(phrases, i, inside);
    for (size_t i = 0; i < tune.count; i++)
        leaks += inside[phrases_number(phrases, train.count + i)];
    CHECK(leaks == 0);
    CHECK(dataset_labels(&task, SPLIT_DEV, &dataset, &error));
    CHECK(with_label(dataset.split[SPLIT_DEV], 1) == 444);
    if (dataset.split[SPLIT_TEST].count) {
        CHECK(dataset.split[SPLIT_TEST].count == 1821);
        CHECK(dataset_labels(&task, SPLIT_TEST, &dataset, &error));
        CHECK(with_label(dataset.split[SPLIT_TEST], 1) == 909);
    }
    arena_free(arena);
}

void suite_dataset(void)
{
    ADD(bundled_reviews_have_their_rows_and_labels);
    ADD(bundled_pairs_and_scores_are_read);
    ADD(line_ends_marks_and_the_last_newline_change_nothing);
    ADD(a_quotation_mark_is_a_character_between_tabs);
    ADD(an_empty_text_is_a_row);
    ADD(a_wrong_row_is_refused_with_file_and_line);
    ADD(a_plain_folder_takes_its_labels_from_train_alone);
    ADD(a_split_is_labelled_in_all_of_its_files_or_in_none);
    ADD(dev_labels_change_nothing_but_what_dataset_labels_tells);
    ADD(a_hash_tells_texts_labels_and_order_apart);
    ADD(tune_is_a_tenth_of_train_in_whole_groups);
    ADD(tune_does_not_depend_on_the_order_of_the_file);
    ADD(a_premise_goes_to_one_side_whole);
    ADD(a_sentence_of_tune_takes_its_phrases_out_of_train);
    ADD(equal_sentences_are_one_group);
    ADD(a_limit_is_stratified_and_nested);
    ADD(equal_labels_get_equal_shares);
    ADD(a_limit_does_not_depend_on_the_order_of_the_file);
    ADD(a_row_is_drawn_by_what_it_holds_not_by_what_is_beside_it);
    ADD(the_data_are_those_of_finished_rows);
    ADD(sst2_has_its_counts);
}
