// Input that is wrong, and surroundings that are: one line that names what, where and what would be
// right; the exit status of its kind; and nothing half-written.
#include "tests/program.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"
#include "model/checkpoint.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    Arena *arena;
    const char *folder, *task, *model, *out;
} Bench;

static Bench bench_new(void)
{
    Error error;
    Bench b = { .arena = arena_new(ARENA_RUN, &error), .folder = test_folder() };
    b.task = small_task(b.arena, b.folder, "task");
    b.model = model_copy(b.arena, b.folder, "model");
    b.out = path_join(b.arena, b.folder, "out");
    return b;
}

static Said run_with(Bench *b, const Around *around, const char *more)
{
    return program(b->arena, around,
                   "run --model %s --task %s --method lora --min-steps 2 --epochs 0 --batch 8 "
                   "--out %s%s%s",
                   b->model, b->task, b->out, *more ? " " : "", more);
}

static bool refused(Bench *b, const char *more, int status, const char *part)
{
    bool right = CHECK_REFUSED(run_with(b, NULL, more), status, part);
    return CHECK(files_below(b->out) == 0) && right;
}

// ---- names

// No reader takes a row with them. Files may have any name; a copy of the task or the model has.
static void names_that_no_row_can_hold_are_refused_before_training(void)
{
    static const struct {
        const char *name, *shown;
    } of[] = { { "t\xe2"
                 "che",
                 "'t\\xe2che' is no text for a row" },
               { "a\x1b[31m", "'a\\x1b[31m' is no text for a row" },
               { "a\nb", "'a\\nb' is no text for a row" },
               { "a\x7f", "'a\\x7f' is no text for a row" },
               { "a\xc2\x9b"
                 "31m",
                 "'a\\xc2\\x9b31m' is no text for a row" } };
    Bench b = bench_new();
    const char *task = b.task, *model = b.model;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const char *name = of[i].name;
        refused(&b, arena_format(b.arena, "--study %s", name), 2,
                arena_format(b.arena, "study: %s", of[i].shown));
        refused(&b, arena_format(b.arena, "--sweep %s --save %s/saved", name, b.folder), 2,
                arena_format(b.arena, "sweep: %s", of[i].shown));
        b.task = small_task(b.arena, b.folder, name);
        refused(&b, "", 2, arena_format(b.arena, "task: %s", of[i].shown));
        b.task = task, b.model = model_copy(b.arena, b.folder, arena_format(b.arena, "m%s", name));
        refused(&b, "", 2, "model: 'm");
        b.model = model;
    }
    CHECK(run_with(&b, NULL,
                   "--study t\xc3\xa2"
                   "che")
              .status == 0);
    arena_free(b.arena);
}

// ---- checkpoints

static void change(Bench *b, const char *name, const char *from, const char *to)
{
    const char *path = path_join(b->arena, b->model, name);
    Error error;
    Bytes bytes;
    CHECK(file_read(b->arena, path, &bytes, &error));
    uint8_t *data = (uint8_t *)(uintptr_t)bytes.data,
            *at = memmem(data, bytes.size, from, strlen(from));
    if (!CHECK(at && strlen(from) == strlen(to)))
        return;
    memcpy(at, to, strlen(to));
    FILE *out = fopen(path, "we");
    CHECK(out && fwrite(data, 1, bytes.size, out) == bytes.size && fclose(out) == 0);
}

static void cut(Bench *b, const char *name, long bytes)
{
    CHECK(truncate(path_join(b->arena, b->model, name), bytes) == 0);
}

static void a_checkpoint_that_lies_is_refused(void)
{
    static const struct {
        const char *from, *to, *part;
    } of[] = {
        // a missing tensor (lessons L39), another type, another shape, a length beyond the file
        { "layer.1.output.dense.weight", "layer.1.output.dense.thinner",
          "bert.encoder.layer.1.output.dense.weight: is missing; should be a tensor of 128 x 512" },
        { "bert.embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.wxight",
          "bert.embeddings.LayerNorm.weight: is missing; should be a tensor of 128" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Bench b = bench_new();
        size_t length = strlen(of[i].from); // of the same length, so that only the name is another
        change(&b, "model.safetensors", of[i].from,
               arena_format(b.arena, "%.*s", (int)length, of[i].to));
        CHECK(refused(&b, "", 2, of[i].part));
        arena_free(b.arena);
    }
}

static void a_checkpoint_that_was_cut_is_refused(void)
{
    static const long lengths[] = { 0, 7, 8, 100, 100000, 3000000 };
    Bench b = bench_new();
    for (size_t i = sizeof lengths / sizeof *lengths; i-- > 0;) {
        cut(&b, "model.safetensors", lengths[i]);
        CHECK(refused(&b, "", 2, "model.safetensors: "));
    }
    unlink(path_join(b.arena, b.model, "model.safetensors"));
    CHECK(refused(&b, "", 2, "model.safetensors: "));
    arena_free(b.arena);
}

static void a_config_that_does_not_fit_is_refused(void)
{
    static const struct {
        const char *from, *to, *part;
    } of[] = {
        { "\"model_type\": \"bert\"", "\"model_type\": \"bart\"",
          "model_type: 'bart' is not supported; should be bert, distilbert, roberta, gpt2, llama" },
        { "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"silu\"",
          "hidden_act: 'silu' is not supported; should be gelu, gelu_new or relu" },
        { "\"hidden_size\": 128", "\"hidden_size\": 127",
          "hidden_size: 127 is not divisible by 2 heads" },
        { "\"hidden_size\": 128", "\"hidden_size\": 130",
          "has the wrong shape for config.json; should be a tensor of 8192 x 130" },
        { "\"intermediate_size\": 512", "\"intermediate_size\": 511",
          "has the wrong shape for config.json; should be a tensor of 511 x 128" },
        { "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3",
          "bert.encoder.layer.2.attention.self.query.weight: is missing" },
        { "\"vocab_size\": 8192", "\"vocab_size\": 8191",
          "vocab.txt: has 8192 pieces; should be at most 8191, config.json's vocab_size" },
        { "\"type_vocab_size\"", "\"tipe_vocab_size\"", "type_vocab_size: is missing" },
        { "{\n", "[\n", "config.json:" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Bench b = bench_new();
        change(&b, "config.json", of[i].from, of[i].to);
        CHECK(refused(&b, "", 2, of[i].part));
        arena_free(b.arena);
    }
}

// Untrained: no tensor is read whose shape would refuse it for another reason.
static void layers_that_a_config_leaves_out_are_warned_of(void)
{
    Bench b = bench_new();
    change(&b, "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
    Said said = run_with(&b, NULL, "");
    CHECK(said.status == 0 && strstr(said.err, "the checkpoint has 2 layers, of which config.json "
                                               "takes the first 1"));
    arena_free(b.arena);
}

// Its sizes are known, its weights are not: run says so before it looks for any.
static void a_model_whose_weights_cannot_be_read_is_refused(void)
{
    static const char *const types[] = { "gpt2", "roberta-base", "distilbert-base", "llama-2-7b",
                                         "falcon-7b" };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        Bench b = bench_new();
        const char *config = arena_format(b.arena, "models/configs/%s/config.json", types[i]);
        write_text(path_join(b.arena, b.model, "config.json"),
                   read_text(b.arena, path_join(b.arena, home_folder(b.arena), config)));
        CHECK(refused(&b, "", 2,
                      "cannot be read yet (estimate, params and graph need none); should be bert"));
        Said said = program(b.arena, NULL, "params --model %s --method lora --csv", b.model);
        CHECK(said.status == 0 && !*said.err);
        said = program(b.arena, NULL, "graph --model %s --method lora --batch 2", b.model);
        CHECK(said.status == 0 && !*said.err && strstr(said.out, "GFLOP a step of 256 tokens"));
        arena_free(b.arena);
    }
}

static void a_model_of_one_type_takes_no_pairs(void)
{
    Bench b = bench_new();
    const char *single = b.task;
    change(&b, "config.json", "\"type_vocab_size\": 2", "\"type_vocab_size\": 1");
    b.task = small_pairs(b.arena, b.folder, "pairs");
    CHECK(refused(&b, "--pretrained no", 2,
                  "type_vocab_size: 1 tells no second text from the first; should be 2 at least"));
    b.task = single;
    CHECK(run_with(&b, NULL, "--pretrained no").status == 0);
    arena_free(b.arena);
}

// [CLS], a token and [SEP] are the least, of a pair [CLS], a token, [SEP], a token and [SEP].
static void a_model_of_too_few_positions_is_refused_by_every_command(void)
{
    static const char three[] =
        "max_position_embeddings: 2 leaves no room for a text; should be at least 3";
    static const char five[] =
        "max_position_embeddings: 4 leaves no room for a text; should be at least 5";
    static const char *const words[] = { "check", "graph --method full --pretrained no --task" };
    Bench b = bench_new();
    change(&b, "config.json", "\"max_position_embeddings\": 512",
           "\"max_position_embeddings\":   2");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        CHECK_REFUSED(program(b.arena, NULL, "%s %s --model %s", words[i], b.task, b.model), 2,
                      three);
    CHECK(refused(&b, "--pretrained no", 2, three));
    CHECK_REFUSED(program(b.arena, NULL, "estimate --model %s --gflops 1", b.model), 2, three);
    CHECK_REFUSED(program(b.arena, NULL, "graph --model %s --method full", b.model), 2, three);
    change(&b, "config.json", "\"max_position_embeddings\":   2",
           "\"max_position_embeddings\":   4");
    CHECK(program(b.arena, NULL, "check %s --model %s", b.task, b.model).status == 0);
    b.task = small_pairs(b.arena, b.folder, "pairs");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        CHECK_REFUSED(program(b.arena, NULL, "%s %s --model %s", words[i], b.task, b.model), 2,
                      five);
    CHECK(refused(&b, "--pretrained no", 2, five));
    arena_free(b.arena);
}

static void files_of_a_model_that_are_missing_or_no_text_are_named(void)
{
    Bench b = bench_new();
    write_text(path_join(b.arena, b.model, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\nword\n");
    CHECK(refused(&b, "", 2, "vocab.txt: ")); // no [SEP]
    write_text(path_join(b.arena, b.model, "vocab.txt"), "");
    CHECK(refused(&b, "", 2, "vocab.txt: "));
    unlink(path_join(b.arena, b.model, "vocab.txt"));
    CHECK(refused(&b, "", 2, "vocab.txt: "));
    unlink(path_join(b.arena, b.model, "config.json"));
    CHECK(refused(&b, "", 2, "model: no checkpoint in '"));
    CHECK(refused(&b, "--model nowhere", 2, "model: 'nowhere' is not found; should be a folder, "));
    CHECK(refused(&b, "--model /dev/null", 2, "model: "));
    CHECK(refused(&b, "--model=", 2, "model: '' is empty; should be a text"));
    arena_free(b.arena);
}

// ---- tasks

static void a_wrong_row_is_named_by_file_and_line(void)
{
    static const struct {
        const char *file, *text, *part;
    } of[] = {
        { "train.csv", "text,label\na,good\nb\n", "train.csv:3: " },
        { "train.csv", "text,label\na,good\nb,bad,more\n", "train.csv:3: " },
        { "train.csv", "text,label\na,good\n\"b,bad\n", "train.csv:" },
        { "train.csv", "", "train.csv" },
        { "train.csv", "text,label\n", "train.csv" },
        { "train.csv", "text\na\n", "train.csv:1: " },
        { "train.csv", "words,label\na,good\n", "train.csv:1: " },
        { "train.csv", "text,label\na,good\nb,good\n", "train.csv" }, // one label
        { "dev.csv", "text,label\na,good\nb,neutral\n", "dev.csv:3: " },
        { "dev.csv", "text,label\n", "dev.csv" },
        { "test.csv", "text,label\na,good\n\xff,bad\n", "test.csv:3: " },
        { "tune.csv", "text,label\na,good\nb,worse\n", "tune.csv:3: " },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Bench b = bench_new();
        write_text(path_join(b.arena, b.task, of[i].file), of[i].text);
        if (!CHECK(refused(&b, "", 2, of[i].part)))
            printf("%zu\n", i);
        arena_free(b.arena);
    }
}

static void a_score_that_is_no_number_is_named(void)
{
    Bench b = bench_new();
    b.task = small_pairs(b.arena, b.folder, "pairs");
    write_text(path_join(b.arena, b.task, "dev.csv"), "text,text_b,score\na,b,1.5\na,b,much\n");
    CHECK(refused(&b, "", 2, "dev.csv:3: "));
    write_text(path_join(b.arena, b.task, "dev.csv"), "text,text_b,score\na,b,1.5\na,b,nan\n");
    CHECK(refused(&b, "", 2, "dev.csv:3: "));
    CHECK(refused(&b, "--max-length 4", 2, "max-length: 4 is out of range; should be 5 to 65536"));
    arena_free(b.arena);
}

// As matched and mismatched MNLI are: one training, scored on either.
static void a_row_of_another_task_is_not_replaced(void)
{
    Bench b = bench_new();
    Said ended = run_with(&b, NULL, "");
    CHECK(ended.status == 0 && files_below(b.out) > 0);
    b.task = small_task(b.arena, b.folder, "other");
    CHECK_REFUSED(run_with(&b, NULL, ""), 2,
                  ".csv: is the same training, scored on task; should be another --out");
    arena_free(b.arena);
}

static void a_folder_that_is_no_task_is_refused(void)
{
    Bench b = bench_new();
    CHECK(refused(&b, "--task nowhere", 2, "task: 'nowhere' is unknown; should be "));
    CHECK(refused(&b, arena_format(b.arena, "--task %s", b.model), 2, "train.csv"));
    CHECK(refused(&b, "--task /dev/null", 2, "task: "));
    unlink(path_join(b.arena, b.task, "dev.csv"));
    CHECK(refused(&b, "", 2, "dev.csv"));
    arena_free(b.arena);
}

// A plain folder of three rows: whatever is tune, some rows must stay to train on.
static void a_task_too_small_to_cut_is_refused_or_runs(void)
{
    Bench b = bench_new();
    unlink(path_join(b.arena, b.task, "tune.csv"));
    for (int rows = 2; rows <= 12; rows += 5) {
        char *text = arena_text(b.arena, "text,label\n");
        for (int i = 0; i < rows; i++)
            text = arena_format(b.arena, "%stext number %d,%s\n", text, i, i % 2 ? "good" : "bad");
        write_text(path_join(b.arena, b.task, "train.csv"), text);
        Said said = run_with(&b, NULL, "");
        CHECK(said.status == 0 || said.status == 2);
        if (said.status == 0)
            CHECK(strstr(said.out, "accuracy dev") && files_below(b.out) % 4 == 0);
    }
    arena_free(b.arena);
}

// ---- options that a model or a machine bounds

static void options_that_do_not_fit_the_model_are_refused(void)
{
    Bench b = bench_new();
    CHECK(refused(&b, "--rank 129", 2,
                  "lora: rank: 129 is too large for q (128 x 128); should be 1 to 128"));
    CHECK(
        refused(&b, "--min-steps 1000000000", 2,
                "steps: 1000000000 steps of epochs and min-steps are too many; should be at most"));
    CHECK(refused(&b, "--heldout /nowhere", 2, "/nowhere: cannot be read"));
    arena_free(b.arena);
}

// ---- the surroundings

static void a_folder_that_cannot_be_written_is_known_before_the_training(void)
{
    Bench b = bench_new();
    b.out = path_join(b.arena, b.task, "train.csv/below");
    CHECK(refused(&b, "--min-steps 10000", 2, "train.csv: cannot be made"));
    b.out = "/dev/null/x";
    CHECK(refused(&b, "", 2, "/dev/null"));
    if (geteuid() == 0)
        b.out = "/proc/self/x"; // whom no permission stops
    else {
        b.out = path_join(b.arena, b.folder, "locked");
        CHECK(mkdir(b.out, 0500) == 0);
    }
    CHECK(refused(&b, "--min-steps 10000", geteuid() == 0 ? 2 : 3, b.out));
    arena_free(b.arena);
}

static size_t ends_in(const char *folder, const char *suffix)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t count = 0;
    while (dir && (entry = readdir(dir))) {
        size_t length = strlen(entry->d_name), of = strlen(suffix);
        count += length >= of && !strcmp(entry->d_name + length - of, suffix);
    }
    if (dir)
        closedir(dir);
    return count;
}

static size_t parts_left(Bench *b)
{
    static const char *const folders[] = { "rows", "scores", "predictions", "curves" };
    size_t count = 0;
    for (size_t i = 0; i < 4; i++)
        count += ends_in(path_join(b->arena, b->out, folders[i]), ".part");
    return count;
}

// At any size of the disk: the row is there whole, or it is not there.
static void a_full_disk_leaves_no_row_and_no_temporary_file(void)
{
    static const size_t room[] = { 300, 1000, 2000, 4000 }; // the message is a file, too
    Bench b = bench_new();
    for (size_t i = 0; i < sizeof room / sizeof *room; i++) {
        Said said = run_with(&b, &(Around){ .file_bytes = room[i] }, "");
        size_t rows = ends_in(path_join(b.arena, b.out, "rows"), ".csv");
        if (said.status == 0)
            CHECK(rows == 1);
        else {
            CHECK_REFUSED(said, 3, "not written: File too large");
            CHECK(rows == 0);
        }
        CHECK(parts_left(&b) == 0);
        CHECK(i > 0 || said.status == 3);
    }
    arena_free(b.arena);
}

static void memory_that_is_not_there_is_an_error_and_no_end_by_a_signal(void)
{
    Bench b = bench_new();
    if (SANITIZED)
        skip("AddressSanitizer takes its own address space");
    else
        CHECK_REFUSED(run_with(&b, &(Around){ .address_bytes = (size_t)1 << 30 }, ""), 3,
                      "cannot reserve 68719476736 bytes of memory");
    // 65536 texts of 512 tokens in a step, of which the plan knows before any memory is touched.
    FILE *out = fopen(path_join(b.arena, b.task, "train.csv"), "we");
    fputs("text,label\n", out);
    for (int row = 0; row < 3000; row++) {
        for (int word = 0; word < 510; word++)
            fputs("a ", out);
        fprintf(out, "%d,%s\n", row, row % 2 ? "good" : "bad");
    }
    fclose(out);
    const char *words = "--max-length 512 --min-steps 1 --model mini --batch";
    CHECK(refused(&b, arena_format(b.arena, "%s 65536", words), 2, "a step needs "));
    if (sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / (1 << 30) > 24)
        skip("so much memory that a step of 30 GB fits");
    else
        CHECK(refused(&b, arena_format(b.arena, "%s 800", words), 3, "memory: the run needs "));
    CHECK(files_below(b.out) == 0);
    arena_free(b.arena);
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

// Waits until the program ends gently at a Ctrl-C; half a minute at most.
static void wait_for_its_handler(pid_t child)
{
    char path[64], caught[64] = "0";
    snprintf(path, sizeof path, "/proc/%ld/status", (long)child);
    for (int i = 0; i < 3000 && !(strtoull(caught, NULL, 16) >> (SIGINT - 1) & 1); i++) {
        wait_ms(10);
        file_field(path, "SigCgt", caught, sizeof caught);
    }
}

static void a_signal_ends_the_run_and_leaves_nothing_half_written(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    Bench b = bench_new();
    for (size_t i = 0; i < 3; i++) {
        pid_t child = program_start(b.arena,
                                    "run --model %s --task %s --method lora --min-steps 20000 "
                                    "--out %s",
                                    b.model, b.task, b.out);
        wait_for_its_handler(child);
        wait_ms(200 + 50 * (long)i);
        CHECK(kill(child, signals[i]) == 0);
        CHECK(program_ended(child) == (signals[i] == SIGINT ? 130 : -signals[i]));
        CHECK(files_below(b.out) == 0);
    }
    // Around the end of a run, where files are written.
    for (long ms = 60; ms < 300; ms += 30) {
        pid_t child =
            program_start(b.arena, "run --model %s --task %s --method null --out %s --seed %ld",
                          b.model, b.task, b.out, ms);
        wait_ms(ms);
        kill(child, SIGTERM);
        int status = program_ended(child);
        CHECK(status == 0 || status == -SIGTERM);
        CHECK(parts_left(&b) == 0);
    }
    size_t rows, count;
    const char **names;
    Error error;
    const char *folder = path_join(b.arena, b.out, "rows");
    CHECK(folder_list(b.arena, folder, "", &names, &rows, &error));
    for (size_t i = 0; i < rows; i++) {
        Row *row;
        CHECK(rows_read(b.arena, path_join(b.arena, folder, names[i]), &row, &count, &error) &&
              count == 1);
    }
    arena_free(b.arena);
}

void suite_bad_input(void)
{
    ADD(names_that_no_row_can_hold_are_refused_before_training);
    ADD(a_checkpoint_that_lies_is_refused);
    ADD(a_checkpoint_that_was_cut_is_refused);
    ADD(a_config_that_does_not_fit_is_refused);
    ADD(a_model_whose_weights_cannot_be_read_is_refused);
    ADD(layers_that_a_config_leaves_out_are_warned_of);
    ADD(a_model_of_one_type_takes_no_pairs);
    ADD(a_model_of_too_few_positions_is_refused_by_every_command);
    ADD(files_of_a_model_that_are_missing_or_no_text_are_named);
    ADD(a_wrong_row_is_named_by_file_and_line);
    ADD(a_score_that_is_no_number_is_named);
    ADD(a_row_of_another_task_is_not_replaced);
    ADD(a_folder_that_is_no_task_is_refused);
    ADD(a_task_too_small_to_cut_is_refused_or_runs);
    ADD(options_that_do_not_fit_the_model_are_refused);
    ADD(a_folder_that_cannot_be_written_is_known_before_the_training);
    ADD(a_full_disk_leaves_no_row_and_no_temporary_file);
    ADD(memory_that_is_not_there_is_an_error_and_no_end_by_a_signal);
    ADD(a_signal_ends_the_run_and_leaves_nothing_half_written);
}
