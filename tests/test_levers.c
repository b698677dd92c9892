// test_levers.c: options that take less memory: what they change of the row, and what they leave.
#include "tests/run_bench.h"
#include "base/file.h"
#include "base/text.h"
#include "model/checkpoint.h"
#include "run/levers.h"
#include "run/resolve.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Methods that change the graph in different places.
static const char *const of_all_kinds[] = { "full", "head", "topk",   "adapter", "bitfit", "dora",
                                            "lora", "ia3",  "lntune", "prefix",  "prompt", NULL };

// ---- runs side by side

enum { MOST_LOSSES = 200 };

static size_t losses_of(Bench *b, const Done *done, double loss[MOST_LOSSES])
{
    const char *text = run_text(b, done, "curves");
    size_t count = 0;
    while (count < MOST_LOSSES && text_real(cell_at(b, text, count + 1, 3), &loss[count]))
        count++;
    return count;
}

// Twenty steps at one rate for all methods; the task's 48 rows leave a smaller batch now and then.
static Done saving_run(Bench *b, const char *method, const char *const *settings)
{
    static const char *const own[] = { "min-steps", "20", "batch", "7", "lr", "1e-3" };
    const char *all[32] = { NULL };
    size_t count = 0;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        all[count++] = own[i];
    for (size_t i = 0; settings && settings[i]; i++)
        all[count++] = settings[i];
    all[count++] = "save";
    all[count++] = arena_format(b->arena, "%s/saved%d", b->folder, b->runs);
    Done done = run_of(b, method, all);
    CHECK_TEXT(done.row.status, "ok");
    return done;
}

// The weights that run number `run` of the bench saved.
static bool weights_of(Bench *b, int run, Checkpoint *file)
{
    Error error;
    const char *path = arena_format(b->arena, "%s/saved%d/method.safetensors", b->folder, run);
    return CHECK(checkpoint_open(b->arena, path, file, &error));
}

// A key's bias has no gradient but rounding, which AdamW makes steps of: softmax is blind to it.
static bool blind(const char *name)
{
    return strstr(name, "self.key.bias") != NULL;
}

// Losses and weights of two runs in turn; tolerance 0: to the bit. Weights are held by the root of
// the mean square, within a tenth of the tolerance: of a hidden unit that hardly ever fires single
// weights have next to no gradient either.
static void check_same_training(Bench *b, const Done *a, int first, const Done *c, int second,
                                double tolerance)
{
    double left[MOST_LOSSES], right[MOST_LOSSES];
    size_t count = losses_of(b, a, left);
    Checkpoint one, other;
    CHECK(count == 20 && losses_of(b, c, right) == count);
    for (size_t i = 0; i < count; i++)
        CHECK_CLOSE(left[i], right[i], tolerance);
    if (!weights_of(b, first, &one) || !weights_of(b, second, &other))
        return;
    CHECK(one.tensors == other.tensors);
    for (size_t t = 0; t < one.tensors; t++) {
        const Tensor *x = &one.tensor[t], *y = checkpoint_find(&other, x->name);
        if (!CHECK(y && y->bytes == x->bytes) || (tolerance > 0 && blind(x->name)))
            continue;
        float *numbers = arena_take(b->arena, x->bytes, 2), *same = numbers + x->bytes / 4;
        tensor_read(x, numbers);
        tensor_read(y, same);
        if (tolerance == 0)
            CHECK(!memcmp(numbers, same, x->bytes));
        double squares = 0;
        for (size_t i = 0; i < x->bytes / 4; i++)
            squares += pow((double)numbers[i] - (double)same[i], 2);
        double off = sqrt(squares / (double)(x->bytes / 4));
        if (!CHECK(off <= tolerance / 10))
            printf("%s %s: off by %g\n", a->row.method, x->name, off);
    }
    checkpoint_close(&one);
    checkpoint_close(&other);
}

// ---- parts of a batch

static void a_batch_in_parts_trains_as_a_whole(void)
{
    for (size_t m = 0; of_all_kinds[m]; m++) {
        Bench b = run_bench();
        Done whole = saving_run(&b, of_all_kinds[m], NULL);
        Done parts = saving_run(&b, of_all_kinds[m], SETTINGS("micro-batch", "3"));
        check_same_training(&b, &whole, 0, &parts, 1, 1e-5);
        CHECK(whole.row.dropout > 0);
        CHECK(strcmp(whole.row.key, parts.row.key) != 0);
        CHECK(whole.row.micro_batch == WHOLE_UNKNOWN && parts.row.micro_batch == 3);
        CHECK(parts.row.batch == 7 && parts.row.steps == 20);
        CHECK(parts.row.tokens == whole.row.tokens);
        CHECK_CLOSE(parts.row.loss, whole.row.loss, 1e-5);
        CHECK(parts.row.plan_activations < whole.row.plan_activations);
        CHECK(parts.row.plan_peak < whole.row.plan_peak);
        CHECK(parts.row.eval_plan_peak < whole.row.eval_plan_peak);
        CHECK(parts.row.arena_peak <= parts.row.plan_peak ||
              parts.row.arena_peak <= parts.row.eval_plan_peak);
        arena_free(b.arena);
    }
}

// A third of the examples at once is a third of the activations, but for the parameters' own.
static void activations_follow_the_largest_part(void)
{
    Bench b = run_bench();
    const char *const parts[] = { "12", "6", "3", "1" };
    Whole before = run_of(&b, "full", SETTINGS("batch", "24")).row.plan_activations;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        Row row = run_of(&b, "full", SETTINGS("batch", "24", "micro-batch", parts[i])).row;
        CHECK((double)row.plan_activations < 0.65 * (double)before);
        before = row.plan_activations;
    }
    arena_free(b.arena);
}

// Whatever is not smaller than the batch is the batch, and leaves the run what it was.
static void a_part_as_large_as_the_batch_is_the_whole(void)
{
    Bench b = run_bench();
    Done whole = run_of(&b, "lora", NULL);
    const char *const large[] = { "0", "8", "9", "65536" };
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        Done done = run_of(&b, "lora", SETTINGS("micro-batch", large[i]));
        CHECK_TEXT(done.row.key, whole.row.key);
        CHECK(done.row.micro_batch == WHOLE_UNKNOWN);
    }
    arena_free(b.arena);
}

// What a fit reads goes through the model in parts; the fit itself sees all of it.
static void a_fit_reads_its_vectors_in_parts(void)
{
    Bench b = run_bench();
    Done whole = run_of(&b, "feature", NULL);
    Done parts = run_of(&b, "feature", SETTINGS("micro-batch", "3"));
    CHECK_CLOSE(parts.row.loss, whole.row.loss, 1e-4);
    CHECK(parts.row.micro_batch == 3 && parts.row.plan_peak < whole.row.plan_peak);
    arena_free(b.arena);
}

static void a_saved_run_in_parts_predicts_to_the_bit(void)
{
    Bench b = run_bench();
    Done done = saving_run(&b, "lora", SETTINGS("micro-batch", "3"));
    Said said = program(b.arena, NULL, "predict %s/saved0 --task %s --split dev", b.folder, b.task);
    const char *own = run_text(&b, &done, "predictions");
    CHECK(said.status == 0 && strlen(said.out) > 100);
    CHECK(!strncmp(own, said.out, strlen(said.out))); // dev comes first, test after it
    arena_free(b.arena);
}

// ---- activations computed again

static void recomputing_changes_no_bit(void)
{
    for (size_t m = 0; of_all_kinds[m]; m++) {
        Bench b = run_bench();
        Done plain = saving_run(&b, of_all_kinds[m], NULL);
        Done again = saving_run(&b, of_all_kinds[m], SETTINGS("recompute", "yes"));
        check_same_training(&b, &plain, 0, &again, 1, 0);
        CHECK(again.row.score == plain.row.score && again.row.loss == plain.row.loss);
        // Of tiny's two layers the lower one; head and topk keep or never need it.
        bool none = !strcmp(of_all_kinds[m], "head") || !strcmp(of_all_kinds[m], "topk");
        CHECK(none == !strcmp(plain.row.key, again.row.key));
        CHECK(!plain.row.recompute && none == !again.row.recompute);
        CHECK(none == (again.row.flops == plain.row.flops));
        CHECK(none ||
              (again.row.flops > plain.row.flops && again.row.flops < 1.5 * plain.row.flops &&
               again.row.plan_activations < plain.row.plan_activations));
        CHECK(again.row.plan_weights == plain.row.plan_weights);
        arena_free(b.arena);
    }
}

// What the profile counts of each node adds up to the row's operations, parts and copies included.
static void a_profile_counts_what_is_computed_again(void)
{
    Bench b = run_bench();
    Done plain = run_of(&b, "lora", SETTINGS("micro-batch", "3"));
    Done done =
        run_of(&b, "lora", SETTINGS("recompute", "yes", "micro-batch", "3", "profile", "yes"));
    const char *text = run_text(&b, &done, "profiles");
    double sum = 0, again = 0, behind = 0, flops, seconds;
    for (size_t line = 1; text_real(cell_at(&b, text, line, 5), &flops); line++) {
        const char *pass = cell_at(&b, text, line, 1);
        bool is_again = !strcmp(pass, "again");
        CHECK(text_real(cell_at(&b, text, line, 4), &seconds));
        sum += flops;
        again += is_again ? flops : 0;
        if (is_again || !strcmp(pass, "backward") || !strcmp(pass, "parameters"))
            behind += seconds;
    }
    CHECK_CLOSE(sum / done.row.flops, 1, 1e-6);
    CHECK(again > 0);
    CHECK_CLOSE(again / (done.row.flops - plain.row.flops), 1, 1e-6);
    CHECK(fabs(behind - done.row.backward_s) < 0.05 * done.row.train_s);
    arena_free(b.arena);
}

// ---- the levers that a limit asks for

// A run of which each example takes a byte for each of `each`, or a third of it again, beside
// `weights` and what is kept.
typedef struct {
    size_t weights, each, kept, tries;
} Needs;

static double needed(void *context, const Levers *levers)
{
    Needs *needs = context;
    size_t step = levers->pass * needs->each / (levers->recompute ? 3 : 1);
    needs->tries++;
    return (double)(needs->weights + step + (levers->keeps ? needs->kept : 0));
}

static void the_first_lever_that_fits_is_taken(void)
{
    static const struct {
        double most;
        Levers right;
    } of[] = {
        { 1450, { 32, false, true } }, // 100 + 32 * 30 + 390
        { 1449, { 32, false, false } }, { 1060, { 32, false, false } },
        { 1059, { 31, false, false } }, { 400, { 10, false, false } },
        { 399, { 9, false, false } },   { 130, { 1, false, false } },
        { 129, { 2, true, false } },    { 110, { 1, true, false } },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Needs needs = { 100, 30, 390, 0 };
        Levers got = { 0 };
        double least = 0;
        CHECK(levers_choose(32, of[i].most, needed, &needs, &got, &least));
        if (!CHECK(got.pass == of[i].right.pass && got.recompute == of[i].right.recompute &&
                   got.keeps == of[i].right.keeps))
            printf("within %g: %zu at once\n", of[i].most, got.pass);
        CHECK(needs.tries <= 24);
    }
    Needs needs = { 100, 30, 390, 0 };
    Levers got;
    double least = 0;
    CHECK(!levers_choose(32, 109, needed, &needs, &got, &least) && least == 110);
    CHECK(!levers_choose(1, 109, needed, &needs, &got, &least) && least == 110);
    CHECK(levers_choose(1, 129, needed, &needs, &got, &least) && got.recompute);
}

static Whole peak_of(const Row *row)
{
    return row->plan_peak > row->eval_plan_peak ? row->plan_peak : row->eval_plan_peak;
}

// LoRA on mini, which has layers to compute again.
static Row mini_row(Bench *b, const char *limit, const char *micro_batch, const char *recompute)
{
    const char *settings[] = { "model", "mini",        "min-steps", "1",         "batch",
                               "24",    "micro-batch", micro_batch, "recompute", recompute,
                               NULL,    NULL,          NULL };
    if (limit)
        settings[10] = "max-memory", settings[11] = limit;
    return run_of(b, "lora", settings).row;
}

static Whole peak_with(Bench *b, const char *micro_batch, const char *recompute)
{
    Row row = mini_row(b, NULL, micro_batch, recompute);
    return peak_of(&row);
}

static Row within(Bench *b, Whole limit)
{
    return mini_row(b, arena_format(b->arena, "%lld", (long long)limit), "0", "no");
}

static void a_run_stays_within_its_limit(void)
{
    Bench b = run_bench();
    Whole whole = peak_with(&b, "0", "no"), one = peak_with(&b, "1", "no");
    Whole least = peak_with(&b, "1", "yes");
    CHECK(least < one && one < whole);
    Row row = within(&b, whole);
    CHECK(row.micro_batch == WHOLE_UNKNOWN && !row.recompute && peak_of(&row) == whole);
    Whole limit = (one + whole) / 2;
    row = within(&b, limit);
    CHECK(row.micro_batch > 1 && row.micro_batch < 24 && !row.recompute && peak_of(&row) <= limit);
    CHECK(row.arena_peak <= limit);
    const char *more = arena_format(b.arena, "%lld", (long long)row.micro_batch + 1);
    CHECK(peak_with(&b, more, "no") > limit);
    const char *same = arena_format(b.arena, "%lld", (long long)row.micro_batch);
    CHECK_TEXT(mini_row(&b, NULL, same, "no").key, row.key);
    limit = (least + one) / 2;
    row = within(&b, limit);
    CHECK_TEXT(row.recompute, "yes");
    CHECK(row.micro_batch >= 1 && peak_of(&row) <= limit);
    arena_free(b.arena);
}

static void what_does_not_fit_is_refused_with_what_would(void)
{
    Bench b = run_bench();
    const char *words = arena_format(
        b.arena,
        "run -q --model tiny --task %s --method lora --min-steps 1 --epochs 0 --warmup 0 "
        "--out %s/o",
        b.task, b.folder);
    const char *aloud = arena_format(b.arena, "run%s", words + strlen("run -q"));
    Said said = program(b.arena, NULL, "%s --max-memory 2MB", words);
    CHECK_REFUSED(said, 2, "max-memory: 2MB is not enough, even for one example");
    const char *least = strstr(said.err, "at least ");
    if (CHECK(least)) {
        const char *enough =
            arena_format(b.arena, "%.*s", (int)strcspn(least + 9, "\n"), least + 9);
        said = program(b.arena, NULL, "%s --max-memory %s", words, enough);
        CHECK(said.status == 0 && !*said.err); // what it has chosen is told unless quiet
        said = program(b.arena, NULL, "%s --seed 2 --max-memory %s", aloud, enough);
        CHECK_TEXT(said.err, "tunemark: max-memory: micro-batch 1, recompute\n");
    }
    CHECK_REFUSED(program(b.arena, NULL, "%s --max-memory 1GB --micro-batch 4", words), 2,
                  "max-memory: chooses these itself; should be without micro-batch and recompute");
    CHECK_REFUSED(program(b.arena, NULL, "%s --max-memory 1GB --rank 1024", words), 2, "rank: ");
    said = program(b.arena, NULL, "%s --recompute yes --frozen-dtype int8 --profile yes", words);
    CHECK(said.status == 0 && !*said.err);
    said = program(b.arena, NULL, "%s --max-memory 1GB", aloud);
    CHECK_TEXT(said.err, "tunemark: max-memory: the whole batch at once\n");
    arena_free(b.arena);
}

// What the cache would keep counts, and is given up before anything else.
static void kept_rows_are_given_up_first(void)
{
    Bench b = run_bench();
    Row with = run_of(&b, "head", SETTINGS("epochs", "9")).row;
    Row without = run_of(&b, "head", SETTINGS("epochs", "9", "cache", "0")).row;
    CHECK(!isnan(with.feature_s) && isnan(without.feature_s));
    CHECK(peak_of(&without) < peak_of(&with));
    const char *limit = arena_format(b.arena, "%lld", (long long)peak_of(&with) - 1);
    Row row = run_of(&b, "head", SETTINGS("epochs", "9", "max-memory", limit)).row;
    CHECK(isnan(row.feature_s) && row.micro_batch == WHOLE_UNKNOWN);
    CHECK_TEXT(row.key, with.key);
    CHECK(!with.warnings && !without.warnings);
    CHECK_TEXT(row.warnings, "within max-memory what a frozen bottom gives is not kept");
    row = run_of(&b, "head", SETTINGS("epochs", "9", "max-memory", limit, "cache-file", "1")).row;
    CHECK_TEXT(row.warnings, "within max-memory what a frozen bottom gives is kept in a file");
    limit = arena_format(b.arena, "%lld", (long long)peak_of(&with));
    CHECK(!run_of(&b, "head", SETTINGS("epochs", "9", "max-memory", limit)).row.warnings);
    arena_free(b.arena);
}

// ---- levers that move nothing

// The decided cells of a run on mini, whose four layers give every lever something to do where the
// method leaves it anything.
static Resolved resolved_with(Bench *b, const char *method, const char *const *settings)
{
    Request request;
    Error error = { .text = "" };
    Resolved resolved = { .flops = 0 };
    FilesRead *files = files_new(b->arena);
    if (!CHECK(small_request(b->arena, method, b->task, settings, &request, &error) &&
               resolve(b->arena, files, &request, &resolved, &error)))
        printf("%s: %s\n", method, error.text);
    files_close(files);
    return resolved;
}

static Resolved resolved_of(Bench *b, const char *method, const char *option, const char *value)
{
    return resolved_with(b, method, SETTINGS("model", "mini", "cache", "0", option, value));
}

static bool stands_where_it_acts(const Resolved *plain, const Resolved *with, bool acts,
                                 bool stands)
{
    bool same = !strcmp(plain->row.key, with->row.key);
    return CHECK(acts == stands) && CHECK(acts == !same);
}

// A lever stands in row and key where it changes what the run holds or computes, and only there.
static void a_lever_that_moves_nothing_is_in_neither_row_nor_key(void)
{
    Bench b = run_bench();
    size_t acting = 0;
    for (size_t m = 0; methods[m]; m++) {
        const char *method = methods[m]->name;
        Resolved plain = resolved_of(&b, method, "micro-batch", "0");
        Resolved again = resolved_of(&b, method, "recompute", "yes");
        Resolved packed = resolved_of(&b, method, "frozen-dtype", "int8");
        Resolved whole = resolved_of(&b, method, "micro-batch", "8");
        Resolved parts = resolved_of(&b, method, "micro-batch", "7");
        bool computes = again.flops != plain.flops;
        bool packs = packed.row.plan_weights != plain.row.plan_weights;
        bool holds =
            stands_where_it_acts(&plain, &again, computes, again.row.recompute != NULL) &&
            stands_where_it_acts(&plain, &packed, packs, packed.row.frozen_dtype != NULL) &&
            stands_where_it_acts(&plain, &whole, false, whole.row.micro_batch > 0) &&
            stands_where_it_acts(&plain, &parts, true, parts.row.micro_batch == 7);
        if (!holds)
            printf("%s\n", method);
        acting += computes + packs;
    }
    CHECK(acting > 12);
    Said said =
        program(b.arena, NULL,
                "run --model tiny --task %s --method full --min-steps 1 --epochs 0 --out %s "
                "--frozen-dtype int8",
                b.task, b.folder);
    CHECK(said.status == 0);
    CHECK(strstr(said.err,
                 "tunemark: frozen-dtype: changes nothing here; the run is that without it\n"));
    arena_free(b.arena);
}

// Of 48 rows to train on and 12 to tune by, a batch of 100 is whole in parts of 48.
static void what_parts_no_batch_is_no_micro_batch(void)
{
    Bench b = run_bench();
    static const struct {
        const char *method, *parts;
        bool acts;
    } cases[] = { { "lora", "99", false }, { "lora", "48", false },    { "lora", "47", true },
                  { "null", "47", false }, { "feature", "48", false }, { "feature", "47", true } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *out = path_join(b.arena, b.folder, "parts");
        Done whole = run_of(&b, cases[i].method, SETTINGS("batch", "100", "min-steps", "2"));
        Done parts = run_of(
            &b, cases[i].method,
            SETTINGS("batch", "100", "min-steps", "2", "out", out, "micro-batch", cases[i].parts));
        CHECK((parts.row.micro_batch != WHOLE_UNKNOWN) == cases[i].acts);
        if (!CHECK(!strcmp(whole.row.key, parts.row.key) == !cases[i].acts))
            printf("%s %s\n", cases[i].method, cases[i].parts);
    }
    arena_free(b.arena);
}

static void dropout_of_a_frozen_part_that_there_is_not_is_as_if_not_asked_for(void)
{
    Bench b = run_bench();
    static const struct {
        const char *method, *asked, *dropout;
        bool acts;
    } cases[] = { { "full", "no", "0.1", false },     { "null", "no", "0.1", false },
                  { "feature", "yes", "0.1", false }, { "head", "yes", "0.1", true },
                  { "head", "yes", "0", false },      { "lora", "no", "0.1", true },
                  { "lora", "no", "0", false },       { "topk", "yes", "0.1", true } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Resolved r[2];
        for (int asked = 0; asked < 2; asked++)
            r[asked] = resolved_with(&b, cases[i].method,
                                     SETTINGS("dropout", cases[i].dropout, "frozen-dropout",
                                              asked ? cases[i].asked : "auto"));
        CHECK(!strcmp(r[0].row.frozen_dropout, r[1].row.frozen_dropout) == !cases[i].acts);
        if (!CHECK(!strcmp(r[0].row.key, r[1].row.key) == !cases[i].acts))
            printf("%s %s\n", cases[i].method, cases[i].dropout);
    }
    arena_free(b.arena);
}

static void without_steps_through_the_model_there_is_no_best_epoch_to_select(void)
{
    Bench b = run_bench();
    static const char *const never[] = { "null", "feature", "lora" }; // but lora
    for (int i = 0; i < 3; i++) {
        Resolved last = resolved_of(&b, never[i], "select", "last");
        Resolved best = resolved_of(&b, never[i], "select", "best");
        CHECK_TEXT(best.row.select, i < 2 ? "last" : "best");
        CHECK(!strcmp(last.row.key, best.row.key) == (i < 2));
    }
    Resolved mlp = resolved_with(&b, "feature", SETTINGS("select", "best", "classifier", "mlp"));
    CHECK(mlp.row.steps > 0);
    CHECK_TEXT(mlp.row.select, "last");
    Said said = program(b.arena, NULL,
                        "run --model tiny --task %s --method null --out %s --frozen-dropout no "
                        "--select best --micro-batch 99",
                        b.task, b.folder);
    CHECK(said.status == 0);
    for (int i = 0; i < 3; i++)
        CHECK(strstr(said.err, arena_format(b.arena,
                                            "tunemark: %s: changes nothing here; the run is that "
                                            "without it\n",
                                            ((const char *[]){ "micro-batch", "frozen-dropout",
                                                               "select" })[i])) != NULL);
    arena_free(b.arena);
}

// ---- weights in fewer bytes

static void every_method_runs_and_its_ledger_counts_the_bytes(void)
{
    for (size_t m = 0; methods[m]; m++)
        for (int d = 0; d < 2; d++) {
            Bench b = run_bench();
            const char *dtype = d ? "int8" : "bf16";
            Row plain = run_of(&b, methods[m]->name, NULL).row;
            Row row = run_of(&b, methods[m]->name, SETTINGS("frozen-dtype", dtype)).row;
            CHECK_TEXT(row.status, "ok");
            bool none = !strcmp(methods[m]->name, "full");
            CHECK(none ? !row.frozen_dtype : !strcmp(row.frozen_dtype, dtype));
            CHECK(!plain.frozen_dtype && none == !strcmp(plain.key, row.key));
            CHECK(row.params_total == plain.params_total && row.steps == plain.steps);
            // tiny has two layers of 12 H^2 weights, H 128; null's classifier is frozen, too.
            Whole saved = plain.plan_weights - row.plan_weights;
            Whole all = 2 * 12 * 128 * 128 * (d ? 3 : 2);
            if (!CHECK(none ? saved == 0 : saved > all / 3 && saved <= all + 1024))
                printf("%s %s: %lld bytes less\n", methods[m]->name, dtype, (long long)saved);
            Whole plan = row.plan_peak > row.eval_plan_peak ? row.plan_peak : row.eval_plan_peak;
            CHECK(row.arena_peak <= plan && (double)row.arena_peak > 0.9 * (double)plan);
            CHECK(fabs(row.loss - plain.loss) < 0.05);
            CHECK(none == (row.loss == plain.loss));
            arena_free(b.arena);
        }
}

static void a_saved_run_predicts_to_the_bit_and_merges(void)
{
    Bench b = run_bench();
    const char *folder = arena_format(b.arena, "%s/saved", b.folder);
    Done done = run_of(&b, "lora", SETTINGS("frozen-dtype", "int8", "save", folder));
    Said said = program(b.arena, NULL, "predict %s --task %s --split dev", folder, b.task);
    const char *own = run_text(&b, &done, "predictions");
    CHECK(said.status == 0 && strlen(said.out) > 100);
    CHECK(!strncmp(own, said.out, strlen(said.out)));
    Said merged =
        program(b.arena, NULL, "predict %s --task %s --split dev --merged", folder, b.task);
    CHECK(merged.status == 0 && strlen(merged.out) > 100);
    // Rounding alone: q and v are merged as float32, whose last digits may differ.
    CHECK(strncmp(merged.out, said.out, 20) == 0);
    const char *json = arena_format(b.arena, "%s/run.json", folder),
               *text = read_text(b.arena, json);
    CHECK(strstr(text, "\"frozen_dtype\": \"int8\"") != NULL);
    char *at = strstr(text, "int8");
    if (CHECK(at)) {
        memcpy(at, "int4", 4);
        write_text(json, text);
        CHECK_REFUSED(program(b.arena, NULL, "predict %s --task %s", folder, b.task), 2,
                      "frozen_dtype: is not as it should be; should be bf16 or int8");
    }
    arena_free(b.arena);
}

// The checkpoint itself is measured as it is; what it has become as it is used.
static void forgetting_is_against_the_untouched_checkpoint(void)
{
    Bench b = run_bench();
    const char *texts = arena_format(b.arena, "%s/texts", b.folder);
    write_text(texts, "the film was dull and the story cold\na lovely meal in a bright room\n");
    Row plain = run_of(&b, "head", SETTINGS("heldout", texts)).row;
    Row row = run_of(&b, "head", SETTINGS("heldout", texts, "frozen-dtype", "int8")).row;
    CHECK(row.mlm_before == plain.mlm_before && plain.mlm_after == plain.mlm_before);
    CHECK(row.mlm_after != plain.mlm_after);
    CHECK_CLOSE(row.mlm_after, plain.mlm_after, 0.02);
    arena_free(b.arena);
}

static void all_levers_work_together(void)
{
    Bench b = run_bench();
    Row plain = run_of(&b, "lora", NULL).row;
    Row all =
        run_of(&b, "lora", SETTINGS("frozen-dtype", "int8", "micro-batch", "3", "recompute", "yes"))
            .row;
    CHECK_TEXT(all.status, "ok");
    CHECK(all.plan_weights < plain.plan_weights && all.plan_activations < plain.plan_activations);
    CHECK_CLOSE(all.loss, plain.loss, 0.05);
    const char *limit = arena_format(b.arena, "%lld", (long long)all.plan_peak);
    Row chosen = run_of(&b, "lora", SETTINGS("frozen-dtype", "int8", "max-memory", limit)).row;
    CHECK(chosen.plan_peak <= all.plan_peak && chosen.eval_plan_peak <= all.plan_peak);
    arena_free(b.arena);
}

void suite_levers(void)
{
    ADD(the_first_lever_that_fits_is_taken);
    ADD(a_run_stays_within_its_limit);
    ADD(what_does_not_fit_is_refused_with_what_would);
    ADD(kept_rows_are_given_up_first);
    ADD(recomputing_changes_no_bit);
    ADD(a_profile_counts_what_is_computed_again);
    ADD(a_batch_in_parts_trains_as_a_whole);
    ADD(activations_follow_the_largest_part);
    ADD(a_part_as_large_as_the_batch_is_the_whole);
    ADD(a_fit_reads_its_vectors_in_parts);
    ADD(a_saved_run_in_parts_predicts_to_the_bit);
    ADD(a_lever_that_moves_nothing_is_in_neither_row_nor_key);
    ADD(what_parts_no_batch_is_no_micro_batch);
    ADD(dropout_of_a_frozen_part_that_there_is_not_is_as_if_not_asked_for);
    ADD(without_steps_through_the_model_there_is_no_best_epoch_to_select);
    ADD(every_method_runs_and_its_ledger_counts_the_bytes);
    ADD(a_saved_run_predicts_to_the_bit_and_merges);
    ADD(forgetting_is_against_the_untouched_checkpoint);
    ADD(all_levers_work_together);
}
