// Forgetting: the same question before and after, and for all methods.
#include "tests/program.h"
#include "tests/row_same.h"
#include "base/file.h"
#include "base/machine.h"
#include "run/prepare.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    Arena *arena;
    const char *folder, *task, *texts;
    int runs;
} Bench;

static const char some_texts[] =
    "I was not sure that this film would be worth the time, and it is a good story after all.\n"
    "\n"
    "The room was cold and the people at the desk did not say a word to us.\r\n"
    "A long book about the sea, with too many names and not enough weather in it.\n"
    "   \n"
    "Nobody knows why the old man left the city in the end.\n";

static Bench bench_new(void)
{
    Error error;
    Bench b = { .arena = arena_new(ARENA_RUN, &error), .folder = test_folder() };
    b.task = small_task(b.arena, b.folder, "task");
    b.texts = path_join(b.arena, b.folder, "texts.txt");
    write_text(b.texts, some_texts);
    return b;
}

static Row run_of(Bench *b, const char *method, const char *const *settings)
{
    Request request;
    Error error;
    Row row;
    const char *out = arena_format(b->arena, "%s/out%d", b->folder, b->runs++);
    row_clear(&row);
    if (!CHECK(small_request(b->arena, method, b->task, settings, &request, &error)) ||
        !CHECK(request_set(b->arena, &request, "heldout", b->texts, (Where){ 0 }, &error)) ||
        !CHECK(request_set(b->arena, &request, "out", out, (Where){ 0 }, &error)) ||
        !CHECK(run(b->arena, &request, NULL, NULL, &row, &error)))
        printf("%s: %s\n", method, error.text);
    return row;
}

// Lessons L45: the column is of the untouched checkpoint.
static void before_is_the_same_for_all_methods_to_the_bit(void)
{
    Bench b = bench_new();
    Row null = run_of(&b, "null", NULL);
    CHECK(2 < null.mlm_before && null.mlm_before < 9); // log of 8192 pieces: 9.01
    for (size_t m = 0; methods[m]; m++) {
        Row row = run_of(&b, methods[m]->name, SETTINGS("seed", "5"));
        CHECK(row.mlm_before == null.mlm_before && isfinite(row.mlm_after));
    }
    arena_free(b.arena);
}

static void what_is_not_tuned_forgets_nothing_to_the_bit(void)
{
    Bench b = bench_new();
    Row null = run_of(&b, "null", NULL);
    Row head = run_of(&b, "head", NULL); // another head stands on the same encoder
    Row still = run_of(&b, "full", SETTINGS("lr", "0"));
    Row full = run_of(&b, "full", SETTINGS("lr", "1e-3"));
    Row lora = run_of(&b, "lora", NULL);
    CHECK(null.mlm_after == null.mlm_before);
    CHECK(head.mlm_after == head.mlm_before);
    CHECK(still.mlm_after == still.mlm_before);
    CHECK(full.mlm_after != full.mlm_before && lora.mlm_after != lora.mlm_before);
    arena_free(b.arena);
}

static void asking_changes_nothing_of_the_run_but_its_key(void)
{
    Bench b = bench_new();
    Request request;
    Error error;
    Row with = run_of(&b, "full", NULL), without;
    CHECK(small_request(b.arena, "full", b.task, SETTINGS("out", b.folder), &request, &error));
    CHECK(run(b.arena, &request, NULL, NULL, &without, &error));
    CHECK(strcmp(with.key, without.key) != 0);
    CHECK(isnan(without.mlm_before) && isnan(without.mlm_after));
    without.key = with.key;
    without.mlm_before = with.mlm_before;
    without.mlm_after = with.mlm_after;
    const Column *differs;
    if (!CHECK(row_same(&with, &without, &differs)))
        printf("column %s\n", differs->name);
    CHECK(with.arena_peak == without.arena_peak);
    arena_free(b.arena);
}

// The texts take 4,000 tokens a batch: more than the run itself.
static void asking_adds_nothing_to_the_peaks_of_the_run(void)
{
    Bench b = bench_new();
    Row *rows[2];
    FILE *out = fopen(b.texts, "we");
    for (int text = 0; text < 32; text++) {
        for (int word = 0; word < 124; word++)
            fputs("film ", out);
        fputs("\n", out);
    }
    fclose(out);
    for (int with = 0; with < 2; with++) {
        size_t count;
        Error error;
        const char *more = with ? arena_format(b.arena, " --heldout %s", b.texts) : "";
        Said said = program(b.arena, NULL,
                            "run --model tiny --task %s --method null --batch 1 --out %s/peaks%d%s",
                            b.task, b.folder, with, more);
        const char *key = strstr(said.out, "/rows/");
        if (!CHECK(said.status == 0 && key) ||
            !CHECK(rows_read(
                b.arena,
                arena_format(b.arena, "%s/peaks%d/rows/%.64s.csv", b.folder, with, key + 6),
                &rows[with], &count, &error)))
            return;
    }
    CHECK(rows[1]->mlm_after == rows[1]->mlm_before);
    CHECK(SANITIZED || rows[1]->rss_peak < rows[0]->rss_peak + 3000000);
    arena_free(b.arena);
}

static void long_texts(const Bench *b)
{
    FILE *out = fopen(b->texts, "we");
    for (int text = 0; text < 64; text++) {
        for (int word = 0; word < 124; word++)
            fputs(word % 3 ? "film " : "the ", out);
        fputs("\n", out);
    }
    fclose(out);
}

// The largest VmHWM that a process is seen with, in kB.
static long most_resident(Bench *b, const char *more)
{
    long most = 0;
    int status;
    pid_t child = program_start(b->arena,
                                "run --model tiny --task %s --method lora --epochs 0 --min-steps 3 "
                                "--max-memory 9MB --out %s/most%d%s",
                                b->task, b->folder, b->runs++, more);
    const char *path = arena_format(b->arena, "/proc/%d/status", (int)child);
    while (waitpid(child, &status, WNOHANG) == 0) {
        char line[256];
        FILE *file = fopen(path, "re");
        while (file && fgets(line, sizeof line, file))
            if (!strncmp(line, "VmHWM:", 6) && atol(line + 6) > most)
                most = atol(line + 6);
        if (file)
            fclose(file);
        usleep(500);
    }
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return most;
}

// 32 of these texts take 20 MB for what is said of their words alone.
static void what_max_memory_allows_holds_while_held_out_texts_are_asked(void)
{
    Bench b = bench_new();
    long_texts(&b);
    long without = most_resident(&b, "");
    long with = most_resident(&b, arena_format(b.arena, " --heldout %s", b.texts));
    if (SANITIZED)
        skip("a sanitizer's memory is in no plan");
    else if (!CHECK(with < without + 3000))
        printf("%ld kB without, %ld kB with held-out texts\n", without, with);
    arena_free(b.arena);
}

static bool prepared_with(Bench *b, const char *const *settings, Prepared *p)
{
    Request request;
    Error error = { .text = "" };
    FilesRead *files = files_new(b->arena);
    bool ok = CHECK(small_request(b->arena, "lora", b->task, settings, &request, &error)) &&
              CHECK(prepare(b->arena, files, &request, p, &error));
    if (!ok)
        printf("%s\n", error.text);
    files_close(files);
    return ok;
}

static void a_pass_that_takes_more_than_the_run_is_what_there_has_to_be(void)
{
    Bench b = bench_new();
    Prepared with, without, parts;
    long_texts(&b);
    if (prepared_with(&b, SETTINGS("heldout", b.texts, "max-length", "128"), &with) &&
        prepared_with(&b, SETTINGS("max-length", "128"), &without) &&
        prepared_with(&b, SETTINGS("heldout", b.texts, "max-length", "128", "micro-batch", "5"),
                      &parts)) {
        CHECK(without.ledger.heldout == 0);
        // 15 % of 8 x 124 words, 8192 numbers each
        CHECK((double)with.ledger.heldout > 8 * 124 * 0.15 * 8192 * 4 * 0.9);
        CHECK(ledger_peak(&with.ledger) == (int64_t)with.ledger.heldout);
        CHECK(ledger_peak(&without.ledger) < ledger_peak(&with.ledger));
        CHECK(with.heldout.largest.sequences == 8 && parts.heldout.largest.sequences == 5);
        CHECK(parts.ledger.heldout < with.ledger.heldout);
        CHECK(with.row.plan_peak == without.row.plan_peak &&
              with.row.eval_plan_peak == without.row.eval_plan_peak);
    }
    arena_free(b.arena);
}

static void parts_have_the_loss_of_the_whole(void)
{
    Bench b = bench_new();
    Row whole = run_of(&b, "lora", SETTINGS("lr", "0"));
    Row parts = run_of(&b, "lora", SETTINGS("lr", "0", "micro-batch", "3"));
    CHECK(parts.micro_batch == 3);
    CHECK(fabs(whole.mlm_before - parts.mlm_before) < 1e-5);
    CHECK(fabs(whole.mlm_after - parts.mlm_after) < 1e-5);
    arena_free(b.arena);
}

// After the last step no arena is to be had, which asks for more addresses; one is given back
// first.
static bool tell_and_starve(void *context, int64_t step, int64_t steps, double loss, double rate)
{
    struct rlimit *before = context, now;
    (void)loss, (void)rate;
    if (step == steps && getrlimit(RLIMIT_AS, &now) == 0) {
        *before = now;
        now.rlim_cur = (rlim_t)memory_now("VmSize") - ARENA_RUN + (1 << 30);
        setrlimit(RLIMIT_AS, &now);
    }
    return true;
}

static void a_trained_model_that_cannot_be_asked_is_a_row_with_warnings(void)
{
    Bench b = bench_new();
    Request request;
    Error error = { .text = "" };
    Row row, *rows;
    struct rlimit limit;
    size_t count;
    if (SANITIZED) {
        skip("a sanitizer needs addresses of its own");
        arena_free(b.arena);
        return;
    }
    getrlimit(RLIMIT_AS, &limit);
    CHECK(small_request(b.arena, "lora", b.task, SETTINGS("heldout", b.texts, "out", b.folder),
                        &request, &error));
    bool ran = run(b.arena, &request, tell_and_starve, &limit, &row, &error);
    setrlimit(RLIMIT_AS, &limit);
    if (!CHECK(ran))
        printf("%s\n", error.text);
    else if (CHECK(rows_read(b.arena, arena_format(b.arena, "%s/rows/%s.csv", b.folder, row.key),
                             &rows, &count, &error))) {
        CHECK(row_ok(rows) && isfinite(rows->score_dev));
        CHECK(isfinite(rows->mlm_before) && isnan(rows->mlm_after));
        CHECK(rows->saved_bytes == WHOLE_UNKNOWN && isnan(rows->infer_b1_ms));
        CHECK(rows->warnings && strstr(rows->warnings, "mlm_after is not measured: "));
        CHECK(rows->warnings && strstr(rows->warnings, "saved_bytes is not known: "));
        CHECK(rows->warnings && strstr(rows->warnings, "its use is not timed: "));
    }
    arena_free(b.arena);
}

static void a_model_without_the_head_has_no_loss_and_a_warning(void)
{
    Bench b = bench_new();
    Row untrained = run_of(&b, "null", SETTINGS("pretrained", "no"));
    CHECK(isnan(untrained.mlm_before) && isnan(untrained.mlm_after));
    CHECK_TEXT(untrained.warnings, "an untrained model has nothing to forget");
    const char *shared = shared_folder();
    const char *model = path_join(b.arena, shared ? shared : "", "models/all-MiniLM-L6-v2");
    if (!shared || !folder_exists(model))
        skip("no %s", model);
    else {
        Row row = run_of(&b, "null", SETTINGS("model", model));
        CHECK(isnan(row.mlm_before) && isnan(row.mlm_after));
        CHECK(row.warnings && strstr(row.warnings, "no masked-language-model head"));
    }
    arena_free(b.arena);
}

// The loss is that of the word table as decoder.
static void a_decoder_with_a_table_of_its_own_is_refused(void)
{
    static const char tied[] = "\"tie_word_embeddings\": true";
    Bench b = bench_new();
    Request request;
    Error error;
    Row row;
    const char *model = model_copy(b.arena, b.folder, "untied");
    const char *path = path_join(b.arena, model, "config.json");
    char *config = read_text(b.arena, path), *at = strstr(config, tied);
    if (!CHECK(at))
        return;
    write_text(path, arena_format(b.arena, "%.*s\"tie_word_embeddings\": false%s",
                                  (int)(at - config), config, at + strlen(tied)));
    const char *const *settings = SETTINGS("model", model, "out", b.folder);
    CHECK(small_request(b.arena, "null", b.task, settings, &request, &error));
    CHECK(run(b.arena, &request, NULL, NULL, &row, &error) && row_ok(&row));
    CHECK(request_set(b.arena, &request, "heldout", b.texts, (Where){ 0 }, &error));
    CHECK(!run(b.arena, &request, NULL, NULL, &row, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "untied/config.json: tie_word_embeddings: false is not supported with --heldout; "
                "should be true");
    arena_free(b.arena);
}

static void a_loss_that_is_no_number_is_warned_of(void)
{
    Bench b = bench_new();
    const char *model = model_without(b.arena, b.folder, "broken", "weather");
    Row row = run_of(&b, "head", SETTINGS("model", model));
    CHECK(row_ok(&row) && isfinite(row.score_dev)); // the task has no such word
    CHECK(isnan(row.mlm_before) && isnan(row.mlm_after));
    CHECK(row.warnings && strstr(row.warnings, "the loss on held-out texts is nan before the run"));
    CHECK(row.warnings && strstr(row.warnings, "the loss on held-out texts is nan after the run"));
    CHECK(!run_of(&b, "head", NULL).warnings);
    arena_free(b.arena);
}

static Tokenizer *tiny(Bench *b)
{
    Error error;
    return tokenizer_read(
        b->arena, path_join(b->arena, home_folder(b->arena), "models/bundled/tiny"), &error);
}

// 15 % of the tokens between the ends; 80 % of these are masks, 10 % other pieces, 10 % as they
// were.
static void what_is_picked_and_what_it_becomes_have_the_paper_s_shares(void)
{
    Bench b = bench_new();
    Error error;
    Heldout heldout;
    Tokenizer *tokenizer = tiny(&b);
    const char *path = path_join(b.arena, b.folder, "many");
    FILE *out = fopen(path, "we");
    for (int i = 0; i < 2000; i++)
        fprintf(out, "the film was good and the story was long\n"); // nine pieces
    fclose(out);
    if (!CHECK(heldout_read(b.arena, tokenizer, path, 64, &heldout, &error)))
        return;
    double picked = 0, masks = 0, same = 0, asked = 2000 * 9;
    CHECK(heldout.batches == 63);
    for (size_t i = 0; i < heldout.batches; i++) {
        const Batch *batch = &heldout.batch[i];
        CHECK(batch->extent.sequences == (i < 62 ? 32 : 16));
        for (size_t k = 0; k < batch->extent.selected; k++) {
            size_t at = batch->picked[k];
            int position = batch->position[at];
            CHECK(0 < position && position < 10); // neither [CLS] nor [SEP]
            CHECK(k == 0 || batch->picked[k - 1] < at);
            CHECK(0 <= batch->token[at] && batch->token[at] < 8192);
            masks += batch->token[at] == tokenizer_id(tokenizer, "[MASK]");
            same += batch->token[at] == batch->picked_label[k];
            picked++;
        }
    }
    CHECK(picked == (double)heldout.picked);
    // within four standard errors
    CHECK(fabs(picked / asked - 0.15) < 4 * sqrt(0.15 * 0.85 / asked));
    CHECK(fabs(masks / picked - 0.8) < 4 * sqrt(0.8 * 0.2 / picked));
    CHECK(fabs(same / picked - 0.1) < 4 * sqrt(0.1 * 0.9 / picked));
    arena_free(b.arena);
}

static void masks_depend_on_text_number_and_position_alone(void)
{
    Bench b = bench_new();
    Error error;
    Heldout few, more;
    Tokenizer *tokenizer = tiny(&b);
    CHECK(heldout_read(b.arena, tokenizer, b.texts, 64, &few, &error));
    const char *path = path_join(b.arena, b.folder, "more");
    write_text(path, arena_format(b.arena, "%sOne more text at the end of it all.\n", some_texts));
    CHECK(heldout_read(b.arena, tokenizer, path, 64, &more, &error));
    CHECK(few.batches == 1 && more.batches == 1 && few.batch->extent.sequences == 4 &&
          more.batch->extent.sequences == 5);
    CHECK(few.picked > 4 && more.picked >= few.picked);
    CHECK(!memcmp(few.batch->token, more.batch->token, few.batch->extent.tokens * sizeof(int32_t)));
    CHECK(!memcmp(few.batch->picked, more.batch->picked, few.picked * sizeof(uint32_t)));
    CHECK(strcmp(few.hash.hex, more.hash.hex) != 0);
    arena_free(b.arena);
}

static void a_file_that_is_no_texts_is_refused_with_its_line(void)
{
    Bench b = bench_new();
    static const struct {
        const char *text, *part;
    } of[] = { { "", "is empty; should be rows" },
               { "\n \n\t\n", "has no token that would be masked; should be texts, one a line" },
               { "good\n\xff\xfe\n", "bad:2: byte 0xff is no text; should be UTF-8 without NUL" } };
    Tokenizer *tokenizer = tiny(&b);
    Error error;
    Heldout heldout;
    const char *path = path_join(b.arena, b.folder, "bad");
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        write_text(path, of[i].text);
        CHECK(!heldout_read(b.arena, tokenizer, path, 64, &heldout, &error));
        CHECK_ERROR(&error, ERROR_INPUT, of[i].part);
    }
    CHECK(!heldout_read(b.arena, tokenizer, b.folder, 64, &heldout, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "is a folder; should be a file");
    CHECK(!heldout_read(b.arena, tokenizer, "/nowhere/texts", 64, &heldout, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "cannot be read");
    arena_free(b.arena);
}

// The model's page says 3.91 for stretches of 32; ours begin where texts begin.
static void tiny_reads_reviews_about_as_well_as_its_page_says(void)
{
    Bench b = bench_new();
    const char *shared = shared_folder();
    const char *path = path_join(b.arena, shared ? shared : "", "corpus/heldout-reviews.txt");
    if (!shared || !file_exists(path)) {
        skip("no %s", path);
        arena_free(b.arena);
        return;
    }
    char *text = read_text(b.arena, path), *end = text;
    for (int line = 0; line < 128 && (end = strchr(end, '\n')); line++)
        end++;
    if (end)
        *end = '\0';
    write_text(b.texts, text);
    Row row = run_of(&b, "null", SETTINGS("max-length", "32"));
    CHECK(3.3 < row.mlm_before && row.mlm_before < 4.3);
    arena_free(b.arena);
}

void suite_heldout(void)
{
    ADD(before_is_the_same_for_all_methods_to_the_bit);
    ADD(what_is_not_tuned_forgets_nothing_to_the_bit);
    ADD(asking_changes_nothing_of_the_run_but_its_key);
    ADD(asking_adds_nothing_to_the_peaks_of_the_run);
    ADD(what_max_memory_allows_holds_while_held_out_texts_are_asked);
    ADD(a_pass_that_takes_more_than_the_run_is_what_there_has_to_be);
    ADD(parts_have_the_loss_of_the_whole);
    ADD(a_trained_model_that_cannot_be_asked_is_a_row_with_warnings);
    ADD(a_model_without_the_head_has_no_loss_and_a_warning);
    ADD(a_decoder_with_a_table_of_its_own_is_refused);
    ADD(a_loss_that_is_no_number_is_warned_of);
    ADD(what_is_picked_and_what_it_becomes_have_the_paper_s_shares);
    ADD(masks_depend_on_text_number_and_position_alone);
    ADD(a_file_that_is_no_texts_is_refused_with_its_line);
    ADD(tiny_reads_reviews_about_as_well_as_its_page_says);
}
