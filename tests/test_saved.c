// test_saved.c: a tuned model is saved, and another process predicts with it what the run did; what
// does not fit together is refused.
#include "base/file.h"
#include "base/text.h"
#include "run/saved.h"
#include "tests/program.h"
#include "tests/row_same.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    Arena *arena;
    const char *folder, *task, *out, *save;
} Bench;

static Bench bench_new(void)
{
    Error error;
    Bench b = { .arena = arena_new(ARENA_RUN, &error), .folder = test_folder() };
    b.task = small_task(b.arena, b.folder, "task");
    b.out = path_join(b.arena, b.folder, "out");
    b.save = path_join(b.arena, b.folder, "saved");
    return b;
}

// A run that saves to b->save; `task` and `settings` as of program.h.
static Row run_saving(Bench *b, const char *task, const char *method, const char *const *settings)
{
    Request request;
    Row row;
    Error error;
    row_clear(&row);
    if (!CHECK(small_request(b->arena, method, task, settings, &request, &error) &&
               request_set(b->arena, &request, "out", b->out, (Where){ 0 }, &error) &&
               request_set(b->arena, &request, "save", b->save, (Where){ 0 }, &error) &&
               run(b->arena, &request, NULL, NULL, &row, &error)))
        printf("%s: %s\n", method, error.text);
    return row;
}

static Said predict(Bench *b, const char *more)
{
    return program(b->arena, NULL, "predict %s %s", b->save, more);
}

static Said predict_task(Bench *b, const char *task, const char *more)
{
    return predict(b, arena_format(b->arena, "--task %s%s%s", task, *more ? " " : "", more));
}

// The lines of the run's own predictions that are of a split, with the header.
static const char *own_predictions(Bench *b, const Row *row, const char *split)
{
    const char *path = arena_format(b->arena, "%s/predictions/%s.csv", b->out, row->key);
    size_t lines, length = strlen(split);
    char **line = text_split(b->arena, read_text(b->arena, path), '\n', &lines);
    const char *text = "";
    for (size_t i = 0; i < lines; i++)
        if (i == 0 || (!strncmp(line[i], split, length) && line[i][length] == ','))
            text = arena_format(b->arena, "%s%s\n", text, line[i]);
    return text;
}

static long bytes_of(Bench *b, const char *name)
{
    struct stat status;
    return stat(path_join(b->arena, b->save, name), &status) == 0 ? (long)status.st_size : -1;
}

// Numbers of the last column, blanks between, one line after another.
static size_t logits_of(Bench *b, const char *text, double *logit)
{
    size_t lines, count = 0, values;
    char **line = text_split(b->arena, text, '\n', &lines);
    for (size_t i = 1; i < lines && *line[i]; i++) {
        char **value = text_split(b->arena, strrchr(line[i], ',') + 1, ' ', &values);
        for (size_t k = 0; k < values; k++)
            logit[count++] = strtod(value[k], NULL);
    }
    return count;
}

// ---- what was saved says what the run said

static void merged_agrees(Bench *b, const Method *method, const Row *row)
{
    Said said = predict_task(b, b->task, "--merged");
    double merged[64], attached[64];
    const char *own = own_predictions(b, row, "dev");
    CHECK(said.status == 0);
    if (method->linear) // beside the layer before, within it now; a weight is the same in both
        CHECK(strcmp(said.out, own) != 0);
    if (CHECK(logits_of(b, own, attached) == 60 && logits_of(b, said.out, merged) == 60))
        for (size_t i = 0; i < 60; i++)
            CHECK_CLOSE(merged[i], attached[i], 1e-5);
}

// Predictions are written with nine digits: equal texts are equal bits.
static void every_method_predicts_what_its_run_did(void)
{
    for (size_t m = 0; methods[m]; m++) {
        Bench b = bench_new();
        const Method *method = methods[m];
        Row row = run_saving(&b, b.task, method->name, SETTINGS("lr", "0.01"));
        Said dev = predict_task(&b, b.task, ""), test = predict_task(&b, b.task, "--split test");
        bool same = CHECK(dev.status == 0 && test.status == 0) &&
                    CHECK_TEXT(dev.out, own_predictions(&b, &row, "dev")) &&
                    CHECK_TEXT(test.out, own_predictions(&b, &row, "test"));
        if (!same)
            printf("%s: %s", method->name, dev.err);
        CHECK(row.saved_bytes == bytes_of(&b, "method.safetensors"));
        CHECK(files_below(b.save) == 2);
        CHECK(strstr(dev.err, arena_format(b.arena, "task dev: accuracy %.1f majority 50.0; 30 ",
                                           100 * row.score_dev)));
        if (method->claims & MERGES)
            merged_agrees(&b, method, &row);
        else
            CHECK_REFUSED(
                predict_task(&b, b.task, "--merged"), 2,
                arena_format(b.arena, "--merged: %s has nothing that merges", method->name));
        arena_free(b.arena);
    }
}

// What is in no file comes from the seed: a frozen encoder that was drawn anew, a random head; and
// each head is described as it was.
static void settings_of_the_model_are_kept(void)
{
    static const struct {
        const char *method, *settings[7];
    } of[] = {
        { "lora", { "pretrained", "no", "init-seed", "7", "lora.targets", "q+ffn_out", NULL } },
        { "null", { "head", "pooler", "seed", "5", NULL } },
        { "bitfit", { "head", "mlp", "subset", "query_ffn", NULL } },
        { "full", { "embeddings", "no", "head", "linear", "max-length", "7", NULL } },
        { "prefix", { "reparam", "mlp", "length", "3", NULL } },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Bench b = bench_new();
        Row row = run_saving(&b, b.task, of[i].method, of[i].settings);
        Said said = predict_task(&b, b.task, "--split dev");
        if (!CHECK_TEXT(said.out, own_predictions(&b, &row, "dev")))
            printf("%s: %s", of[i].method, said.err);
        arena_free(b.arena);
    }
}

static void what_one_task_costs_is_its_trained_numbers_and_a_header(void)
{
    Bench b = bench_new();
    Row head = run_saving(&b, b.task, "head", NULL);
    long one = bytes_of(&b, "method.safetensors");
    Row lora = run_saving(&b, b.task, "lora", SETTINGS("rank", "4"));
    long other = bytes_of(&b, "method.safetensors");
    // Lessons L17: the rows that a network gives, 2 x 2 x 16 x 128, and not the network.
    Row prefix = run_saving(&b, b.task, "prefix", SETTINGS("reparam", "mlp", "length", "16"));
    CHECK(prefix.params_trained > 80000 && prefix.saved_bytes > 4 * (8192 + 258) &&
          prefix.saved_bytes < 4 * (8192 + 258) + 700);
    Row null = run_saving(&b, b.task, "null", NULL);
    CHECK(head.params_trained == 258 && one > 4 * 258 && one < 4 * 258 + 400);
    CHECK(other > 4 * lora.params_trained && other < 4 * lora.params_trained + 1500);
    CHECK(null.saved_bytes == bytes_of(&b, "method.safetensors") && null.saved_bytes < 100);
    arena_free(b.arena);
}

static void a_row_has_the_same_key_whether_it_is_saved_or_not(void)
{
    Bench b = bench_new();
    Row saved = run_saving(&b, b.task, "head", NULL), row;
    Request request;
    Error error;
    const Column *differs;
    CHECK(small_request(b.arena, "head", b.task, SETTINGS("out", b.out), &request, &error) &&
          run(b.arena, &request, NULL, NULL, &row, &error));
    CHECK_TEXT(row.key, saved.key);
    CHECK(row_same(&row, &saved, &differs));
    arena_free(b.arena);
}

// ---- pairs and scores, and the order of labels

static void pairs_and_scores_are_predicted_as_such(void)
{
    Bench b = bench_new();
    const char *pairs = small_pairs(b.arena, b.folder, "pairs");
    Row row = run_saving(&b, pairs, "lora", SETTINGS("max-length", "32"));
    Said said = predict_task(&b, pairs, "");
    CHECK_TEXT(said.out, own_predictions(&b, &row, "dev"));
    CHECK(strstr(said.err, "pairs dev: spearman "));
    Said file = predict(&b, arena_format(b.arena, "--file %s/dev.csv", pairs));
    size_t lines, of_task;
    char **line = text_split(b.arena, file.out, '\n', &lines);
    char **own = text_split(b.arena, said.out, '\n', &of_task);
    CHECK_TEXT(line[0], "id,score");
    CHECK(lines == 32 && of_task == 32);
    for (size_t i = 1; i + 1 < lines; i++) // id and the last column
        CHECK_TEXT(line[i], arena_format(b.arena, "%zu,%s", i - 1, strrchr(own[i], ',') + 1));
    CHECK_REFUSED(predict_task(&b, b.task, ""), 2, "labels: task has labels; should be used on");
    const char *texts = path_join(b.arena, b.folder, "texts");
    write_text(texts, "the film was dull\n");
    CHECK_REFUSED(predict(&b, arena_format(b.arena, "--file %s", texts)), 2,
                  "has one text a line, and this method reads pairs");
    // Before anything is read: who types into a terminal is told at once.
    CHECK_REFUSED(predict(&b, "--file /there/is/none"), 2,
                  "has one text a line, and this method reads pairs");
    CHECK_REFUSED(predict(&b, arena_format(b.arena, "--file %s --batch 0", texts)), 2,
                  "batch: 0 is out of range; should be 1 to 65536");
    CHECK_REFUSED(
        predict(&b, arena_format(b.arena, "--file %s/dev.csv", b.task)), 2,
        "dev.csv:1: has other columns than the task of this saved run; should be text and text_b");
    arena_free(b.arena);
}

static const char *described(Bench *b, const char *name, const char *labels)
{
    const char *path = arena_format(b->arena, "%s/%s.yaml", b->folder, name);
    write_text(path, arena_format(b->arena,
                                  "version: 1\nfolder: %s\nlabels: [%s]\ngroup: text\nfiles: "
                                  "{train: train.csv, tune: tune.csv, dev: dev.csv}\n",
                                  b->task, labels));
    return path;
}

// Lessons L41: labels are matched by name. The columns of logits follow the task that is asked.
static void labels_in_another_order_are_the_same_answers(void)
{
    Bench b = bench_new();
    const char *turned = described(&b, "turned", "good, bad");
    const char *others = described(&b, "others", "good, bad, fair");
    Row row = run_saving(&b, b.task, "lora", SETTINGS("min-steps", "12"));
    Said plain = predict_task(&b, b.task, ""), other = predict_task(&b, turned, "");
    double first[64], second[64];
    CHECK(row.score_dev > 0.5 && plain.status == 0 && other.status == 0);
    CHECK_TEXT(strchr(other.err, ' '), strchr(plain.err, ' ')); // but for the task's name
    if (CHECK(logits_of(&b, plain.out, first) == 60 && logits_of(&b, other.out, second) == 60))
        for (size_t i = 0; i < 60; i += 2)
            CHECK(first[i] == second[i + 1] && first[i + 1] == second[i]);
    CHECK_REFUSED(predict_task(&b, others, ""), 2, "labels: ");
    arena_free(b.arena);
}

static void a_test_without_labels_is_predicted_and_not_scored(void)
{
    Bench b = bench_new();
    run_saving(&b, b.task, "head", NULL);
    write_text(path_join(b.arena, b.task, "test.csv"), "text\nthe room was bright\n");
    Said said = predict_task(&b, b.task, "--split test");
    CHECK(said.status == 0 && !strcmp(said.err, "task test: no labels; 1 rows\n"));
    CHECK(!strncmp(said.out, "split,id,group,gold,pred,logits\ntest,0,0,,", 42));
    arena_free(b.arena);
}

// ---- any texts

static void texts_have_a_row_each_with_probabilities(void)
{
    Bench b = bench_new();
    run_saving(&b, b.task, "full", SETTINGS("min-steps", "40", "lr", "0.002"));
    const char *texts = path_join(b.arena, b.folder, "texts");
    write_text(texts, "the film was lovely and the room bright\r\n\nthe meal was awful\n");
    Said said = predict(&b, arena_format(b.arena, "--file %s", texts));
    Said piped = program(b.arena, &(Around){ .in = texts }, "predict %s --file -", b.save);
    CHECK_TEXT(piped.out, said.out);
    write_text(arena_format(b.arena, "%s.csv", texts),
               "id,text\n7,the film was lovely and the room bright\n8,\n9,the meal was awful\n");
    CHECK_TEXT(predict(&b, arena_format(b.arena, "--file %s.csv", texts)).out, said.out);
    const char *to = path_join(b.arena, b.folder, "to.csv");
    Said kept = predict(&b, arena_format(b.arena, "--file %s --out %s", texts, to));
    CHECK(kept.status == 0 && !*kept.out);
    CHECK_TEXT(read_text(b.arena, to), said.out);
    size_t lines, cells;
    char **line = text_split(b.arena, said.out, '\n', &lines);
    if (CHECK(said.status == 0 && lines == 5 && !*said.err)) {
        CHECK_TEXT(line[0], "id,pred,bad,good");
        CHECK(!strncmp(line[1], "0,good,", 7) && !strncmp(line[3], "2,bad,", 6));
        for (size_t i = 1; i <= 3; i++) {
            char **cell = text_split(b.arena, line[i], ',', &cells);
            double bad = strtod(cell[2], NULL), good = strtod(cell[3], NULL);
            CHECK_CLOSE(bad + good, 1, 1e-8);
            CHECK((good > bad) == !strcmp(cell[1], "good"));
        }
    }
    CHECK_REFUSED(predict(&b, arena_format(b.arena, "--file %s --out %s/../%s/run.json", texts,
                                           b.save, strrchr(b.save, '/') + 1)),
                  2, "run.json' is in the saved run; should be a file elsewhere");
    CHECK_REFUSED(predict(&b, "--file /dev/null"), 2, "/dev/null: ");
    CHECK_REFUSED(program(b.arena, NULL, "predict %s --file -", b.save), 2,
                  "standard input: has no text; should be texts, one a line");
    arena_free(b.arena);
}

// Texts are read and answered some at a time; a split is, all at once.
static void texts_beyond_those_read_at_once_are_answered_alike(void)
{
    enum { TIMES = 40, ROWS = TIMES * 30 };
    Bench b = bench_new();
    const char *pairs = small_pairs(b.arena, b.folder, "pairs"), *more = "--batch 48";
    const char *path = path_join(b.arena, pairs, "dev.csv"), *text = read_text(b.arena, path);
    const char *rows = strchr(text, '\n') + 1;
    FILE *out = fopen(path, "ae");
    for (int i = 1; i < TIMES; i++)
        fputs(rows, out);
    CHECK(fclose(out) == 0);
    run_saving(&b, pairs, "head", NULL);
    Said said = predict_task(&b, pairs, more);
    Said file = predict(&b, arena_format(b.arena, "--file %s %s", path, more));
    size_t lines, of_task;
    char **line = text_split(b.arena, file.out, '\n', &lines);
    char **own = text_split(b.arena, said.out, '\n', &of_task);
    if (CHECK(lines == ROWS + 2 && of_task == ROWS + 2))
        for (size_t i = 1; i <= ROWS; i++)
            if (!CHECK_TEXT(line[i],
                            arena_format(b.arena, "%zu,%s", i - 1, strrchr(own[i], ',') + 1)))
                break;
    arena_free(b.arena);
}

static void lines_that_are_no_texts_are_named(void)
{
    enum { BEFORE = 2000 };
    Bench b = bench_new();
    run_saving(&b, b.task, "null", NULL);
    const char *texts = path_join(b.arena, b.folder, "texts");
    const char *words = arena_format(b.arena, "--file %s", texts);
    FILE *out = fopen(texts, "we");
    for (int i = 0; i < BEFORE; i++)
        fputs("the meal\n", out);
    CHECK(fclose(out) == 0);
    size_t lines;
    text_split(b.arena, predict(&b, words).out, '\n', &lines);
    CHECK(lines == BEFORE + 2);
    out = fopen(texts, "ae");
    fputs("the \xff meal\n", out);
    CHECK(fclose(out) == 0);
    CHECK_REFUSED(predict(&b, words), 2, "texts:2001: byte 0xff is no text");
    CHECK_REFUSED(predict(&b, arena_format(b.arena, "--file %s", b.folder)), 2,
                  ": cannot be read: Is a directory");
    CHECK(truncate(texts, 0) == 0 && truncate(texts, 300 << 20) == 0); // a line without an end
    Said said = program(b.arena, &(Around){ .in = texts }, "predict %s --file -", b.save);
    CHECK_REFUSED(said, 2, "standard input: the next texts take more than 256 MB");
    CHECK(unlink(texts) == 0);
    arena_free(b.arena);
}

// The run has not met the word, whose vector is no number.
static void an_answer_that_is_no_number_is_none(void)
{
    Bench b = bench_new();
    const char *texts = path_join(b.arena, b.folder, "texts");
    const char *model = model_without(b.arena, b.folder, "broken", "weather");
    const char *with = arena_format(b.arena, "--model %s", model);
    run_saving(&b, b.task, "lora", SETTINGS("model", model));
    CHECK(predict_task(&b, b.task, with).status == 0);
    FILE *out = fopen(texts, "we");
    for (int i = 0; i < 1500; i++) // more than are answered at once
        fputs("the meal\n", out);
    fputs("the weather\nthe meal\n", out);
    CHECK(fclose(out) == 0);
    CHECK_REFUSED(predict(&b, arena_format(b.arena, "%s --file %s", with, texts)), 1,
                  "texts: the row with id 1500 gets a logit that is no finite number");
    CHECK_REFUSED(
        program(b.arena, &(Around){ .in = texts }, "predict %s %s --file -", b.save, with), 1,
        "standard input: the row with id 1500 ");
    write_text(arena_format(b.arena, "%s.csv", texts), "text\nthe meal\nthe weather\n");
    CHECK_REFUSED(predict(&b, arena_format(b.arena, "%s --file %s.csv", with, texts)), 1,
                  "texts.csv: the row with id 1 ");
    write_text(path_join(b.arena, b.task, "test.csv"),
               "text,label\nthe meal,good\nthe film,bad\nthe weather,bad\n");
    CHECK_REFUSED(predict_task(&b, b.task, arena_format(b.arena, "%s --split test", with)), 1,
                  "task test: the row with id 2 ");
    arena_free(b.arena);
}

static void a_batch_that_there_is_no_memory_for_is_refused(void)
{
    enum { TEXTS = 16000 };
    Bench b = bench_new();
    if (sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / (1 << 30) > 47) {
        skip("so much memory that a batch of 50 GB fits");
        return;
    }
    run_saving(&b, b.task, "null", SETTINGS("model", "mini", "max-length", "512"));
    const char *texts = path_join(b.arena, b.folder, "texts");
    FILE *out = fopen(texts, "we");
    for (int text = 0; text < TEXTS; text++)
        for (int word = 0; word < 510; word++)
            fputs(word < 509 ? "a " : "a\n", out);
    CHECK(fclose(out) == 0);
    CHECK_REFUSED(predict(&b, arena_format(b.arena, "--file %s --batch 65536", texts)), 3,
                  "memory: a batch needs ");
    arena_free(b.arena);
}

// ---- what does not fit together

static void edit(Bench *b, const char *from, const char *to)
{
    const char *path = path_join(b->arena, b->save, "run.json");
    char *text = read_text(b->arena, path), *at = strstr(text, from);
    if (CHECK(at != NULL))
        write_text(path, arena_format(b->arena, "%.*s%s%s", (int)(at - text), text, to,
                                      at + strlen(from)));
}

static void a_description_that_lies_is_refused(void)
{
    static const struct {
        const char *from, *to, *part;
    } of[] = {
        { "{\n", "[\n", "run.json:" },
        { "\"format\": 1", "\"format\": 2", "format: is not as it should be; should be a whole" },
        { "\"format\": 1,", "", "format: is missing" },
        { "\"pairs\"", "\"pears\"", "pears: is unknown; should be pairs" },
        { "\"pairs\": false", "\"pairs\": true",
          "pairs: task has single texts; should be used on pairs" },
        { "\"numerics\": 2", "\"numerics\": 3", "numerics: 3 is another arithmetic" },
        { "\"lora\"", "\"lara\"", "run.json: method: 'lara' is unknown" },
        { "\"rank\": \"8\"", "\"rank\": \"0\"", "run.json: rank: 0 is out of range" },
        { "\"rank\": \"8\"", "\"rank\": \"4\"", "lora.0.q.A: has the wrong shape" },
        { "\"rank\": \"8\"", "\"rank\": 8", "options: rank: is not as it should be" },
        { "\"rank\": \"8\",", "", "options: 'rank' is missing" },
        { "\"rank\"", "\"runk\"", "options: runk: is not as it should be; should be an option of" },
        { "\"mean\"", "\"auto\"", "head: is not as it should be; should be pooler, linear" },
        { "\"mean\"", "\"mlp\"", "head.dense.bias: is missing" },
        { "\"good\"", "\"bad\"", "labels: is not as it should be" },
        { "\"good\"", "\"good\", \"fair\"", "classifier.bias: has the wrong shape" },
        { "\"max_length\": 16", "\"max_length\": 1000", "max_length: is not as it should be" },
        { "\"max_length\": 16", "\"max_length\": 2", "max_length: is not as it should be" },
        { "\"batch\": 8", "\"batch\": 0", "batch: is not as it should be" },
        { "\"batch\": 8", "\"batch\": 8, \"fold\": 0", "fold: is not as it should be" },
        { "\"batch\": 8", "\"batch\": 8, \"frozen_dtype\": \"f32\"",
          "frozen_dtype: is not as it should be; should be bf16 or int8" },
        { "\"init_seed\": 1", "\"init_seed\": -1", "init_seed: is not as it should be" },
        { "\"pretrained\": true", "\"pretrained\": \"yes\"", "pretrained: is not as it should" },
        { "\"model_sha\": \"", "\"model_sha\": \"x", "model_sha: is not as it should be" },
        { "\"model\": \"tiny\"", "\"model\": \"tinny\"", "model: 'tinny' is not found" },
        { "\"model\": \"tiny\"", "\"model\": \"mini\"", "model_sha: " },
    };
    Bench b = bench_new();
    run_saving(&b, b.task, "lora", NULL);
    const char *path = path_join(b.arena, b.save, "run.json"), *whole = read_text(b.arena, path);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        edit(&b, of[i].from, of[i].to);
        if (!CHECK_REFUSED(predict_task(&b, b.task, ""), 2, of[i].part))
            printf("%s\n", of[i].to);
        write_text(path, whole);
    }
    CHECK(predict_task(&b, b.task, "").status == 0);
    unlink(path);
    CHECK_REFUSED(predict_task(&b, b.task, ""), 2, "run.json: ");
    arena_free(b.arena);
}

// `known`: run.json has their hash.
static void write_tensors(Bench *b, const TensorOut *tensor, size_t count, bool known)
{
    Error error;
    Hash hash;
    CHECK(checkpoint_write(path_join(b->arena, b->save, "method.safetensors"), tensor, count, &hash,
                           &error));
    const char *path = path_join(b->arena, b->save, "run.json");
    char *text = read_text(b->arena, path), *at = strstr(text, "\"tensors_sha\": \"");
    if (!known || !CHECK(at))
        return;
    memcpy(at + strlen("\"tensors_sha\": \""), hash.hex, 64);
    write_text(path, text);
}

static void tensors_that_are_not_those_of_the_run_are_refused(void)
{
    static const float zero[256];
    static const TensorOut of[] = { { "classifier.bias", TENSOR_F32, 1, { 2 }, zero },
                                    { "classifier.weight", TENSOR_F32, 2, { 2, 128 }, zero },
                                    { "bert.pooler.dense.bias", TENSOR_F32, 1, { 128 }, zero } };
    static const TensorOut turned[] = { { "classifier.bias", TENSOR_F32, 1, { 2 }, zero },
                                        { "classifier.weight", TENSOR_F32, 2, { 128, 2 }, zero } };
    Bench b = bench_new();
    run_saving(&b, b.task, "head", NULL);
    const char *path = path_join(b.arena, b.save, "method.safetensors");
    write_tensors(&b, turned, 2, false); // of another run, whatever they are
    CHECK_REFUSED(predict_task(&b, b.task, ""), 2,
                  "method.safetensors: has another hash than run.json says");
    write_tensors(&b, of, 1, true);
    CHECK_REFUSED(predict_task(&b, b.task, ""), 2,
                  "classifier.weight: is missing; should be a tensor of 2 x 128");
    write_tensors(&b, of, 3, true);
    CHECK_REFUSED(predict_task(&b, b.task, ""), 2, "bert.pooler.dense.bias: is not trained here");
    write_tensors(&b, turned, 2, true);
    CHECK_REFUSED(predict_task(&b, b.task, ""), 2,
                  "classifier.weight: has the wrong shape for run.json");
    write_tensors(&b, of, 2, false); // of the right shapes: as after a kill between the two files
    CHECK_REFUSED(predict_task(&b, b.task, ""), 2,
                  "method.safetensors: has another hash than run.json says");
    CHECK(truncate(path, 700) == 0);
    CHECK_REFUSED(predict_task(&b, b.task, ""), 2, "method.safetensors: ");
    unlink(path);
    CHECK_REFUSED(predict_task(&b, b.task, ""), 2, "method.safetensors: ");
    arena_free(b.arena);
}

static void another_checkpoint_is_refused_with_both_hashes(void)
{
    Bench b = bench_new();
    const char *model = model_copy(b.arena, b.folder, "elsewhere");
    run_saving(&b, b.task, "lora", NULL);
    Said said = predict_task(&b, b.task, arena_format(b.arena, "--model %s", model));
    CHECK(said.status == 0); // the same bytes in another place
    char *config = read_text(b.arena, path_join(b.arena, model, "config.json"));
    write_text(path_join(b.arena, model, "config.json"), arena_format(b.arena, "%s\n", config));
    said = predict_task(&b, b.task, arena_format(b.arena, "--model %s", model));
    CHECK_REFUSED(said, 2, "model_sha: ");
    CHECK_REFUSED(said, 2, "elsewhere has ");
    CHECK(strstr(said.err, "; should be a7f3eae6") != NULL); // of the bundled one
    arena_free(b.arena);
}

static void predict_wants_one_folder_and_one_thing_to_predict(void)
{
    Bench b = bench_new();
    run_saving(&b, b.task, "head", NULL);
    CHECK_REFUSED(program(b.arena, NULL, "predict"), 2, "predict: 0 folders are given");
    CHECK_REFUSED(program(b.arena, NULL, "predict %s", b.save), 2,
                  "neither --task nor --file is given");
    CHECK_REFUSED(predict_task(&b, b.task, "--file -"), 2, "both --task and --file are given");
    CHECK_REFUSED(predict(&b, "--file - --split dev"), 2, "--split: is not for a file");
    CHECK_REFUSED(predict_task(&b, b.task, "--split def"), 2, "--split: 'def' is no split");
    CHECK_REFUSED(predict_task(&b, b.task, "--batch 0"), 2, "batch: 0 is out of range");
    CHECK_REFUSED(predict_task(&b, b.task, "--threads many"), 2,
                  "threads: 'many' is not a whole number");
    CHECK_REFUSED(predict_task(&b, b.task, "--bach 8"), 2, "--bach: is unknown; should be --batch");
    arena_free(b.arena);
}

// ---- where a run saves

static void a_folder_with_anything_else_is_refused_before_training(void)
{
    Bench b = bench_new();
    const char *words = "run --model tiny --task %s --method head --min-steps 2 --out %s --save %s";
    Said said = program(b.arena, NULL, words, b.task, b.out, b.task);
    CHECK_REFUSED(said, 2, "--save: holds 'dev.csv'; should be a new folder, or one with a saved");
    CHECK(files_below(b.out) == 0);
    const char *file = path_join(b.arena, b.task, "dev.csv");
    CHECK(program(b.arena, NULL, words, b.task, b.out, file).status >= 2);
    CHECK(files_below(b.out) == 0);
    arena_free(b.arena);
}

static void a_later_run_replaces_what_was_saved_and_one_that_fails_does_not(void)
{
    Bench b = bench_new();
    run_saving(&b, b.task, "head", NULL);
    Row second = run_saving(&b, b.task, "lora", NULL);
    CHECK(files_below(b.save) == 2);
    Said said = predict_task(&b, b.task, "");
    CHECK_TEXT(said.out, own_predictions(&b, &second, "dev"));
    Row late = run_saving(&b, b.task, "full", SETTINGS("timeout", "0"));
    CHECK_TEXT(late.status, "timeout");
    CHECK_TEXT(predict_task(&b, b.task, "").out, said.out);
    arena_free(b.arena);
}

// A limit on the size of a file stands for the full disk of another folder: it is met by the
// tensors.
static void where_nothing_can_be_saved_the_row_is_kept(void)
{
    Bench b = bench_new();
    Said said = program(b.arena, &(Around){ .file_bytes = 1 << 20 },
                        "run --model tiny --task %s --method full --min-steps 2 --out %s --save %s",
                        b.task, b.out, b.save);
    const char **name;
    size_t rows;
    Error error;
    CHECK(folder_list(b.arena, path_join(b.arena, b.out, "rows"), ".csv", &name, &rows, &error));
    if (CHECK(rows == 1))
        CHECK_REFUSED(said, 3,
                      arena_format(b.arena, "--save: the row is kept, %s/rows/%s; %s", b.out,
                                   name[0], b.save));
    CHECK(files_below(path_join(b.arena, b.out, "predictions")) == 1);
    CHECK(files_below(b.save) == 0);
    arena_free(b.arena);
}

// A tuned model that is not tuned: its head as the seed draws it.
typedef struct {
    Request request;
    Prepared prepared;
    Trainer trainer;
    Hash tensors; // of its file
} Untuned;

static bool untuned_new(Bench *b, FilesRead *files, const char *seed, Untuned *is)
{
    const char *path = arena_format(b->arena, "%s/alone-%s", b->folder, seed);
    Error error;
    return CHECK(
        small_request(b->arena, "head", b->task, SETTINGS("seed", seed), &is->request, &error) &&
        prepare(b->arena, files, &is->request, &is->prepared, &error) &&
        trainer_new(b->arena, &is->prepared.plans, &is->prepared.model->checkpoint,
                    is->prepared.init_seed, 0, &is->prepared.training, &is->trainer, &error) &&
        trainer_save(&is->trainer, path, NULL, &error) && hash_file(path, &is->tensors, &error));
}

static void of_two_that_save_at_once_both_files_are_one_s(void)
{
    enum { ROUNDS = 25 };
    Bench b = bench_new();
    FilesRead *files = files_new(b.arena);
    Untuned of[2] = { 0 };
    Error error;
    if (!untuned_new(&b, files, "1", &of[0]) || !untuned_new(&b, files, "2", &of[1]) ||
        !CHECK(saved_ready(b.arena, b.save, &error)))
        return;
    CHECK(strcmp(of[0].tensors.hex, of[1].tensors.hex) != 0);
    for (int round = 0; round < ROUNDS; round++) {
        pid_t child[2];
        Saved saved;
        Hash there;
        for (int c = 0; c < 2; c++)
            if ((child[c] = fork()) == 0)
                _exit(!saved_write(b.arena, b.save, &of[c].prepared, &of[c].trainer, &error));
        CHECK(program_ended(child[0]) == 0 && program_ended(child[1]) == 0);
        if (!CHECK(saved_read(b.arena, b.save, &saved, &error)) ||
            !CHECK(hash_file(path_join(b.arena, b.save, "method.safetensors"), &there, &error)))
            break;
        const Untuned *last = &of[strcmp(saved.key, of[0].prepared.row.key) != 0];
        CHECK_TEXT(saved.key, last->prepared.row.key);
        CHECK_TEXT(saved.tensors_sha, last->tensors.hex); // of what it wrote
        if (!CHECK_TEXT(there.hex, last->tensors.hex))
            break;
    }
    CHECK(files_below(b.save) == 2);
    for (int c = 0; c < 2; c++)
        trainer_free(&of[c].trainer);
    files_close(files);
    arena_free(b.arena);
}

void suite_saved(void)
{
    ADD(every_method_predicts_what_its_run_did);
    ADD(settings_of_the_model_are_kept);
    ADD(what_one_task_costs_is_its_trained_numbers_and_a_header);
    ADD(a_row_has_the_same_key_whether_it_is_saved_or_not);
    ADD(pairs_and_scores_are_predicted_as_such);
    ADD(labels_in_another_order_are_the_same_answers);
    ADD(a_test_without_labels_is_predicted_and_not_scored);
    ADD(texts_have_a_row_each_with_probabilities);
    ADD(texts_beyond_those_read_at_once_are_answered_alike);
    ADD(lines_that_are_no_texts_are_named);
    ADD(an_answer_that_is_no_number_is_none);
    ADD(a_batch_that_there_is_no_memory_for_is_refused);
    ADD(a_description_that_lies_is_refused);
    ADD(tensors_that_are_not_those_of_the_run_are_refused);
    ADD(another_checkpoint_is_refused_with_both_hashes);
    ADD(predict_wants_one_folder_and_one_thing_to_predict);
    ADD(a_folder_with_anything_else_is_refused_before_training);
    ADD(a_later_run_replaces_what_was_saved_and_one_that_fails_does_not);
    ADD(where_nothing_can_be_saved_the_row_is_kept);
    ADD(of_two_that_save_at_once_both_files_are_one_s);
}
