// test_estimate.c: what is estimated is what a run has, grows with the batch, and fits or does not.
#include "cost/estimate.h"
#include "base/csv.h"
#include "base/text.h"
#include "run/resolve.h"
#include "tests/program.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRAIN = 21, TUNE = 11, LENGTH = 12, BATCH = 8 };

// A task of which every text is longer than LENGTH.
static const char *long_task(Arena *arena, const char *folder)
{
    static const struct {
        const char *file;
        int rows;
    } split[] = { { "train.csv", TRAIN }, { "tune.csv", TUNE }, { "dev.csv", 9 } };
    const char *path = path_join(arena, folder, "long");
    Error error;
    CHECK(folder_make(path, &error));
    for (int s = 0; s < 3; s++) {
        const char *text = "text,label\n";
        for (int i = 0; i < split[s].rows; i++)
            text = arena_format(arena,
                                "%sthis is one of %d texts that go on and on and on for %d "
                                "words and more of them,%s\n",
                                text, 10 * s + i, i, i % 2 ? "good" : "bad");
        write_text(path_join(arena, path, split[s].file), text);
    }
    return path;
}

static Csv estimates(Arena *arena, const char *words)
{
    Error error;
    Csv csv = { .rows = 0 };
    Said said = program(arena, NULL, "estimate --csv --gflops 100 %s", words);
    bool ok =
        said.status == 0 && !*said.err &&
        csv_parse_as(arena, (Bytes){ (const uint8_t *)said.out, strlen(said.out) }, "estimate",
                     &(CsvForm){ .format = CSV_COMMAS, .header = true }, &csv, &error);
    if (!CHECK(ok))
        printf("estimate %s: status %d, %s\n", words, said.status, said.err);
    return csv;
}

static const char *cell(const Csv *csv, const char *method, const char *column)
{
    size_t of_method = csv_column(csv, "method"), c = csv_column(csv, column);
    for (size_t r = 0; r < csv->rows; r++)
        if (!strcmp(csv->row[r].field[of_method], method))
            return csv->row[r].field[c];
    return "";
}

static double number(const Csv *csv, const char *method, const char *column)
{
    const char *text = cell(csv, method, column);
    return *text ? strtod(text, NULL) : (double)NAN;
}

static void a_run_s_row_has_the_bytes_that_were_estimated(void)
{
    static const char *const same[] = { "params_total",   "params_trained", "plan_weights",
                                        "plan_gradients", "plan_optimizer", "plan_activations",
                                        "plan_workspace", "plan_peak" };
    static const struct {
        const char *name, *value;
    } levers[] = { { "micro-batch", "0" },
                   { "micro-batch", "3" },
                   { "recompute", "yes" },
                   { "select", "best" },
                   { "frozen-dtype", "int8" } };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *task = long_task(arena, test_folder());
    for (size_t l = 0; l < sizeof levers / sizeof *levers; l++) {
        Csv csv = estimates(
            arena, arena_format(arena, "--model tiny --batch %d --max-length %d --rows %d --%s %s",
                                BATCH, LENGTH, TRAIN + TUNE, levers[l].name, levers[l].value));
        for (size_t m = 0; methods[m]; m++) {
            Request request;
            Resolved r;
            const char *name = methods[m]->name;
            if (!CHECK(small_request(arena, name, task,
                                     SETTINGS("batch", "8", "max-length", "12", "cache", "0",
                                              levers[l].name, levers[l].value),
                                     &request, &error) &&
                       resolve(arena, files_new(arena), &request, &r, &error)))
                printf("%s: %s\n", name, error.text);
            for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
                const char *line = methods[m]->claims & TRAINS_NOTHING ? "inference" : name;
                const char *of_row = row_text(arena, &r.row, row_find(same[i]));
                const char *estimated = cell(&csv, line, same[i]);
                if (!CHECK(!strcmp(of_row, estimated)))
                    printf("%s, %s %s: %s is %s in the row, %s in the estimate\n", name,
                           levers[l].name, levers[l].value, same[i], of_row, estimated);
            }
        }
    }
    arena_free(arena);
}

static void frozen_weights_of_half_the_bytes_change_nothing_else(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    Csv whole = estimates(arena, "--model tiny"),
        half = estimates(arena, "--model tiny --weights bf16");
    for (size_t m = 0; methods[m]; m++) {
        const char *name = methods[m]->name;
        double total = number(&whole, name, "params_total"),
               trained = number(&whole, name, "params_trained");
        if (methods[m]->claims & TRAINS_NOTHING || methods[m]->count_head) // counts free numbers
            continue;
        CHECK_CLOSE(number(&whole, name, "plan_weights"), 4 * total, 0);
        CHECK_CLOSE(number(&half, name, "plan_weights"), 4 * trained + 2 * (total - trained), 0);
        CHECK_CLOSE(number(&half, name, "plan_gradients"), 4 * trained, 0);
        CHECK_CLOSE(number(&half, name, "plan_optimizer"), 8 * trained, 0); // Adam's two moments
        CHECK_CLOSE(number(&whole, name, "plan_peak") - number(&half, name, "plan_peak"),
                    2 * (total - trained), 0);
        CHECK_CLOSE(number(&half, name, "plan_activations"),
                    number(&whole, name, "plan_activations"), 0);
    }
    arena_free(arena);
}

// 0.5 x 100 GFLOP/s; GPT-2's forward is 2 x 85,054,464 weights beside the tables a token,
// attention, and the classifier.
static void hours_are_flops_at_half_of_the_probe(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    Csv csv = estimates(arena, "--model gpt2 --steps 500 --batch 4 --max-length 64");
    double weights = 12. * (4 * 768 * 768 + 2 * 768 * 3072), tokens = 4 * 64;
    double flops = 2 * tokens * weights + 12. * 2 * 2 * 4 * 64 * 64 * 768 + 2 * 4 * 768 * 2;
    CHECK_CLOSE(number(&csv, "inference", "flops"), flops, 1e-8);
    CHECK_CLOSE(number(&csv, "inference", "hours"), 500 * flops / 50e9 / 3600, 1e-8);
    CHECK(!*cell(&csv, "feature", "hours")); // its rows are not known
    csv = estimates(arena, "--model models/configs/gpt2 --batch 32 --rows 100000 --max-length 64");
    CHECK_CLOSE(number(&csv, "lora", "steps"), 3 * 3125, 0);
    CHECK_CLOSE(number(&csv, "feature", "steps"), 3125, 0);
    csv = estimates(arena, "--model models/configs/gpt2 --rows 100");
    CHECK_CLOSE(number(&csv, "lora", "steps"), 1000, 0);
    arena_free(arena);
}

typedef struct {
    Arena *arena;
    Shape shape;
    Request request;
    EstimateAsked asked;
} Bench;

static Bench bench_of(const char *model, const char *method, size_t batch)
{
    Error error;
    Bench b = { .arena = arena_new(ARENA_RUN, &error) };
    b.asked = (EstimateAsked){ .batch = batch, .length = 64 };
    const char *path =
        arena_format(b.arena, "%s/models/configs/%s/config.json", home_folder(b.arena), model);
    CHECK(request_new(b.arena, method, &b.request, &error) &&
          shape_read(b.arena, path, &b.shape, &error));
    return b;
}

static Estimate estimated(Bench *b)
{
    Error error;
    Estimate is = { .most = 0 };
    Description description;
    if (!CHECK(shape_description(b->arena, &b->shape, &b->request, 2, &description, &error) &&
               estimate(&description, &b->asked, &is, &error)))
        printf("%s: %s\n", b->request.method->name, error.text);
    return is;
}

static double bytes_of(Bench *b)
{
    Estimate is = estimated(b);
    return (double)ledger_peak(&is.ledger);
}

static void activations_grow_with_the_batch(void)
{
    static const char *const models[] = { "bert-base", "gpt2", "falcon-7b" };
    for (size_t i = 0; i < 3; i++)
        for (size_t m = 0; methods[m]; m++) {
            Bench b = bench_of(models[i], methods[m]->name, 1);
            size_t before = 0;
            for (b.asked.batch = 1; b.asked.batch <= 40; b.asked.batch += b.asked.batch / 3 + 1) {
                Estimate is = estimated(&b);
                CHECK(is.ledger.activations > before);
                before = is.ledger.activations;
            }
            arena_free(b.arena);
        }
}

static void the_largest_batch_fits_and_one_more_does_not(void)
{
    static const double memories[] = { 3e8, 1e9, 24e9, 1e12 };
    static const char *const models[] = { "bert-base", "gpt2" };
    for (size_t i = 0; i < 2; i++)
        for (size_t m = 0; methods[m]; m++)
            for (size_t k = 0; k < sizeof memories / sizeof *memories; k++) {
                Bench b = bench_of(models[i], methods[m]->name, 1);
                b.asked.memory = memories[k];
                size_t most = estimated(&b).most;
                b.asked.memory = 0;
                b.asked.batch = most + 1;
                CHECK(bytes_of(&b) > memories[k]);
                b.asked.batch = most;
                CHECK(most == 0 || bytes_of(&b) <= memories[k]);
                CHECK(most > 0 || memories[k] < 5e9); // a batch of one takes less
                arena_free(b.arena);
            }
}

// 80 layers, every method, each planned a dozen times: about two seconds of one core.
static void eighty_layers_take_seconds(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    clock_t start = clock();
    Csv csv = estimates(arena, "--model models/configs/llama-2-70b --weights f16 --memory 640GB");
    CHECK(csv.rows >= 13 && number(&csv, "lora", "most_batch") > 1);
    CHECK(clock() - start < (SANITIZED ? 120 : 20) * CLOCKS_PER_SEC);
    arena_free(arena);
}

static void lines_are_ordered_by_memory_and_say_what_they_lack(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    Csv csv = estimates(arena, "--model models/configs/llama-2-7b");
    for (size_t r = 1; r < csv.rows; r++) {
        size_t c = csv_column(&csv, "plan_peak");
        CHECK(strtod(csv.row[r - 1].field[c], NULL) <= strtod(csv.row[r].field[c], NULL));
    }
    CHECK(strstr(cell(&csv, "bitfit", "note"), "nothing of what it trains: a new head alone"));
    CHECK(!*cell(&csv, "lora", "note") && !*cell(&csv, "head", "note"));
    Said said = program(arena, NULL, "estimate --model models/configs/llama-2-7b --gflops 10");
    CHECK(strstr(said.out, "\n6.607G weights, frozen ones in f32, trained ones in f32\n"));
    CHECK(strstr(said.out, "bitfit: this model has nothing of what it trains"));
    for (const char *at = said.out; *at; at += strcspn(at, "\n") + 1)
        CHECK(strcspn(at, "\n") <= 100);
    said = program(arena, NULL,
                   "estimate --model models/configs/llama-2-7b --gflops 10 --method "
                   "lora --rank 5000 --targets all");
    CHECK(said.status == 2 && strstr(said.err, "lora: rank: 5000 is too large for q"));
    arena_free(arena);
}

static void levers_and_what_nothing_limits_are_columns(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    Csv csv = estimates(arena, "--model mini --batch 8 --micro-batch 3 --recompute yes "
                               "--frozen-dtype int8 --memory 64MB");
    CHECK_TEXT(cell(&csv, "lora", "micro_batch"), "3");
    CHECK_TEXT(cell(&csv, "lora", "recompute"), "yes");
    CHECK_TEXT(cell(&csv, "head", "recompute"), ""); // of which nothing is computed again
    CHECK_TEXT(cell(&csv, "lora", "weights"), "int8");
    CHECK_TEXT(cell(&csv, "lora", "note"), "any batch fits, up to 2^30 texts at least");
    CHECK_TEXT(cell(&csv, "lora", "most_batch"), ""); // three texts at a time take no more for more
    csv = estimates(arena, "--model mini --batch 8 --micro-batch 8 --memory 64MB");
    CHECK_TEXT(cell(&csv, "lora", "micro_batch"), "");
    CHECK(number(&csv, "lora", "most_batch") > 1);
    const char *config = path_join(arena, test_folder(), "config.json");
    write_text(config,
               "{\"vocab_size\": 64, \"hidden_size\": 16, \"num_hidden_layers\": 1,"
               " \"num_attention_heads\": 2, \"intermediate_size\": 32, \"hidden_act\": \"gelu\","
               " \"max_position_embeddings\": 32, \"type_vocab_size\": 2,"
               " \"hidden_dropout_prob\": 0.1, \"attention_probs_dropout_prob\": 0.1}");
    Said said = program(arena, NULL, "estimate --model %s --gflops 1", config);
    CHECK(strstr(said.out, "\nconfig.json has no model_type: taken for bert\n") != NULL);
    csv = estimates(arena, arena_format(arena, "--model %s", config));
    CHECK_TEXT(cell(&csv, "full", "note"), "config.json has no model_type: taken for bert");
    csv = estimates(arena, "--model models/configs/roberta-base --method full --max-length 4096");
    CHECK(number(&csv, "full", "length") == 512);
    arena_free(arena);
}

static void what_is_wrong_is_said_in_a_line(void)
{
    static const struct {
        const char *words, *part;
    } of[] = {
        { "--model tiny --memory 3x", "--memory: '3x' is no size; should be 1 to 1000000GB" },
        { "--model tiny --weights int8", "--weights: 'int8' is unknown; should be f32, f16" },
        { "--model tiny --rows 0", "--rows: 0 is out of range; should be 1 to" },
        { "--model tiny --gflops 0",
          "--gflops: 0 is out of range; should be 0.001 to 1000000000000" },
        { "--model tiny --labels 0", "--labels: 0 is out of range" },
        { "--method lora", "--model: is not given; should be a name, a folder or a config" },
        { "--model tiny --batch 0", "batch: 0 is out of range" },
        { "--model models/configs/gpt2 --head pooler", "head: a model of type gpt2 has no" },
        { "--model nowhere", "model: 'nowhere' is not found" },
        { "--model tiny --rank 4", "--rank" },
        { "--model tiny --save x", "--save: is of a run, and nothing is written here; should be" },
        { "--model tiny --out x", "--out: is of a run, and nothing is written here" },
        { "--model tiny --task rte",
          "--task: is of a run, and no task is read here; should be --r" },
        { "--model tiny --max-memory 1GB", "--max-memory: is of a run, for which it chooses" },
        { "--model tiny --max_memory 1GB", "--max-memory: is of a run, for which it chooses" },
        { "--model tiny --study x", "--study: is of a run, and no row is written here" },
        { "--model tiny --train_limit 100", "--train-limit: is of a run, and no task is read" },
    };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        CHECK_REFUSED(program(arena, NULL, "estimate --gflops 1 %s", of[i].words), 2, of[i].part);
    arena_free(arena);
}

void suite_estimate(void)
{
    ADD(a_run_s_row_has_the_bytes_that_were_estimated);
    ADD(frozen_weights_of_half_the_bytes_change_nothing_else);
    ADD(hours_are_flops_at_half_of_the_probe);
    ADD(activations_grow_with_the_batch);
    ADD(the_largest_batch_fits_and_one_more_does_not);
    ADD(eighty_layers_take_seconds);
    ADD(lines_are_ordered_by_memory_and_say_what_they_lack);
    ADD(levers_and_what_nothing_limits_are_columns);
    ADD(what_is_wrong_is_said_in_a_line);
}
