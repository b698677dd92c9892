// One run, one row: what it holds, what lies beside it, and what a seed or a label may change.
#include "tests/run_bench.h"
#include "tests/row_same.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/text.h"
#include "model/checkpoint.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool same_predictions(Bench *b, const Done *a, const Done *c)
{
    const char *left = run_text(b, a, "predictions");
    return *left && !strcmp(left, run_text(b, c, "predictions"));
}

static double number(Bench *b, const char *text, size_t line, size_t column)
{
    double value = (double)NAN;
    return text_real(cell_at(b, text, line, column), &value) ? value : (double)NAN;
}

static double loss_at(Bench *b, const Done *done, size_t step)
{
    return number(b, run_text(b, done, "curves"), step + 1, 3);
}

// ---- the row

static void every_cell_that_has_a_source_is_known_and_no_other(void)
{
    static const char *const empty[] = {
        "error",         "warnings",       "sweep",     "study",        "init_from", "fold",
        "best_epoch",    "micro_batch",    "recompute", "frozen_dtype", "trials",    "search_space",
        "winner_key",    "winner_on_edge", "search_s",  "budget",       "budget_of", "f1",
        "pearson",       "spearman",       "rmse",      "mlm_before",   "mlm_after", "feature_s",
        "cache_saved_s", "spec_sha",       NULL
    };
    static const char *const where_git_is[] = { "commit", "dirty", NULL };
    Bench b = run_bench();
    Done done = run_of(&b, "lora", NULL);
    for (size_t i = 0; i < row_columns; i++) {
        const Column *column = &row_column[i];
        bool known = *row_text(b.arena, &done.row, column) != '\0';
        if (text_among(column->name, where_git_is))
            continue;
        if (!CHECK(known != text_among(column->name, empty)))
            printf("column %s\n", column->name);
    }
    CHECK_TEXT(done.row.status, "ok");
    CHECK(done.row.train_n == 48 && done.row.tune_n == 16 && done.row.eval_n == 30 &&
          done.row.test_n == 20 && done.row.steps == 6);
    CHECK_TEXT(done.row.eval_split, "dev");
    CHECK(done.row.score == done.row.score_dev && done.row.score == done.row.accuracy);
    CHECK(done.row.majority_score == 0.5);
    arena_free(b.arena);
}

static void the_file_holds_the_row_that_was_returned(void)
{
    Bench b = run_bench();
    Done done = run_of(&b, "head", SETTINGS("sweep", "a,b", "study", "c", "attempt", "2"));
    Row *rows;
    size_t count;
    Error error;
    if (CHECK(rows_read(b.arena, run_file(&b, &done, "rows"), &rows, &count, &error)) &&
        CHECK(count == 1))
        for (size_t i = 0; i < row_columns; i++)
            CHECK_TEXT(row_text(b.arena, &rows[0], &row_column[i]),
                       row_text(b.arena, &done.row, &row_column[i]));
    CHECK_TEXT(done.row.sweep, "a,b");
    CHECK(done.row.attempts == 2);
    CHECK(files_below(done.out) == 4); // and no .part
    arena_free(b.arena);
}

static double cpu_now(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

// Lessons L25.
// Another process that takes the core between two looks at the clock makes a gap now and then; a
// phase that nobody counts makes one each time.
static void times_add_up_to_the_wall(void)
{
    Bench b = run_bench();
    const char *texts = path_join(b.arena, b.folder, "texts");
    write_text(texts, "the film was dull and the story cold\n");
    bool adds_up = false, cpu_adds_up = false, steps_add_up = false;
    for (int attempt = 0; attempt < 5 && !(adds_up && cpu_adds_up && steps_add_up); attempt++) {
        double before = cpu_now();
        Done done = run_of(&b, "full", SETTINGS("heldout", texts));
        double cpu = cpu_now() - before; // probes and the writing of files included
        const Row *r = &done.row;
        double sum = r->load_s + r->tokenize_s + r->train_s + r->eval_s;
        adds_up |= fabs(r->wall_s - sum) <= fmax(0.02 * r->wall_s, 0.02);
        cpu_adds_up |=
            r->cpu_s <= 1.02 * r->wall_s + 0.02 && r->cpu_s <= cpu && r->cpu_s > 0.5 * cpu;
        double parts = r->forward_s + r->backward_s + r->optimizer_s;
        CHECK(0 < r->forward_s && 0 < r->backward_s && 0 < r->optimizer_s);
        steps_add_up |= 0.5 * r->train_s < parts;
        CHECK(parts < r->train_s);
        CHECK(0 < r->load_s && 0 < r->tokenize_s && 0 < r->train_s && 0 < r->eval_s);
        CHECK_CLOSE(r->gflops_per_s, r->flops / r->train_s / 1e9, 1e-9);
    }
    CHECK(adds_up);
    CHECK(cpu_adds_up);
    CHECK(steps_add_up);
    arena_free(b.arena);
}

static void measured_memory_is_what_was_planned(void)
{
    Bench b = run_bench();
    const char *const methods_of[] = { "full", "null" };
    Done done[2];
    for (int i = 0; i < 2; i++) {
        Arena *own = b.arena;
        Error error;
        b.arena = arena_new(ARENA_RUN, &error);
        done[i] = run_of(&b, methods_of[i], NULL);
        const Row *r = &done[i].row;
        Whole plan = r->plan_peak > r->eval_plan_peak ? r->plan_peak : r->eval_plan_peak;
        CHECK(r->arena_peak <= plan && (double)r->arena_peak > 0.95 * (double)plan);
        CHECK(r->plan_peak == r->plan_weights + r->plan_gradients + r->plan_optimizer +
                                  r->plan_activations + r->plan_workspace);
        CHECK(r->rss_train_peak <= r->rss_peak && r->rss_eval_peak <= r->rss_peak);
        arena_free(b.arena);
        b.arena = own;
    }
    // The second of two runs in one process has its own peak, not the first's.
    CHECK(SANITIZED || done[1].row.rss_peak + 3 * 4 * 1500000 < done[0].row.rss_train_peak);
    arena_free(b.arena);
}

static void a_run_of_no_steps_holds_no_gradients(void)
{
    Bench b = run_bench();
    Row row = run_of(&b, "full", SETTINGS("epochs", "0", "min_steps", "0")).row;
    CHECK_TEXT(row.status, "ok");
    CHECK(row.steps == 0 && row.params_trained > 0);
    CHECK(row.plan_gradients == 0 && row.plan_optimizer == 0);
    CHECK((double)row.arena_peak > 0.95 * (double)row.eval_plan_peak);
    arena_free(b.arena);
}

// Evaluation holds neither gradients nor moments (12 bytes a trained number) nor the step of
// training; a method that trains nothing has none to give back.
static void evaluation_has_a_peak_of_its_own_below_trainings(void)
{
    Bench b = run_bench();
    Row full = run_of(&b, "full", NULL).row, null = run_of(&b, "null", NULL).row;
    if (full.rss_train_peak == WHOLE_UNKNOWN)
        skip("the kernel lets no peak begin anew");
    else if (!SANITIZED) {
        double idle = 12.0 * (double)full.params_trained;
        CHECK((double)(full.rss_train_peak - full.rss_eval_peak) > 0.9 * idle);
        CHECK(full.rss_peak >= full.rss_train_peak && full.rss_eval_peak > full.plan_weights);
        CHECK((double)llabs(null.rss_train_peak - null.rss_eval_peak) < 0.1 * idle);
        CHECK((double)full.arena_peak > 0.95 * (double)full.plan_peak); // what was dropped counts
    }
    arena_free(b.arena);
}

// ---- the files beside it

static size_t largest_of(Bench *b, const char *logits, size_t *count)
{
    char **value = text_split(b->arena, logits, ' ', count);
    size_t largest = 0;
    for (size_t k = 1; k < *count; k++)
        if (strtod(value[k], NULL) > strtod(value[largest], NULL))
            largest = k;
    return largest;
}

static void the_score_follows_from_the_predictions_and_these_from_the_logits(void)
{
    static const char *const labels[] = { "bad", "good" }; // bytewise
    Bench b = run_bench();
    Done done = run_of(&b, "full", NULL);
    const char *text = run_text(&b, &done, "predictions");
    CHECK(!strncmp(text, "split,id,group,gold,pred,logits\n", 32));
    size_t line = 1;
    for (int split = 0; split < 2; split++) {
        const char *name = split ? "test" : "dev";
        const char *asked = read_text(b.arena, arena_format(b.arena, "%s/%s.csv", b.task, name));
        size_t n = split ? 20 : 30, right = 0;
        for (size_t i = 0; i < n; i++, line++) {
            size_t classes, said = largest_of(&b, cell_at(&b, text, line, 5), &classes);
            CHECK_TEXT(cell_at(&b, text, line, 0), name);
            CHECK(number(&b, text, line, 1) == (double)i);
            CHECK_TEXT(cell_at(&b, text, line, 3), cell_at(&b, asked, i + 1, 1));
            CHECK(classes == 2);
            CHECK_TEXT(cell_at(&b, text, line, 4), labels[said]);
            right += !strcmp(cell_at(&b, text, line, 3), cell_at(&b, text, line, 4));
        }
        CHECK((double)right / (double)n == (split ? done.row.score_test : done.row.score_dev));
    }
    CHECK_TEXT(cell_at(&b, text, line, 0), "");
    arena_free(b.arena);
}

static void scores_hold_every_metric_of_every_split(void)
{
    Bench b = run_bench();
    Done done = run_of(&b, "head", NULL);
    const char *text = run_text(&b, &done, "scores");
    static const char *const split[] = { "tune", "dev", "test" };
    static const char *const of[] = { "accuracy", "f1_macro", "matthews", "ece" };
    static const double n[] = { 16, 30, 20 };
    const double accuracy[] = { done.row.tune_score, done.row.score_dev, done.row.score_test };
    for (size_t s = 0; s < 3; s++)
        for (size_t m = 0; m < 4; m++) {
            size_t line = 1 + 4 * s + m;
            CHECK_TEXT(cell_at(&b, text, line, 0), split[s]);
            CHECK(number(&b, text, line, 1) == n[s]);
            CHECK_TEXT(cell_at(&b, text, line, 2), of[m]);
            if (m == 0) {
                CHECK_CLOSE(number(&b, text, line, 3), accuracy[s], 1e-9);
                CHECK(number(&b, text, line, 4) == 0.5);
            }
            if (m == 3)
                CHECK_TEXT(cell_at(&b, text, line, 4), "");
        }
    CHECK_TEXT(cell_at(&b, text, 13, 0), "");
    arena_free(b.arena);
}

static void a_curve_has_at_most_200_points_and_the_last_step(void)
{
    static const struct {
        const char *steps;
        size_t points; // of every ceil(steps / 199)-th step, and the last
    } of[] = { { "199", 199 }, { "200", 101 }, { "399", 134 } };
    Bench b = run_bench();
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Done done = run_of(
            &b, "head",
            SETTINGS("min-steps", of[i].steps, "batch", "1", "max-length", "5", "epochs", "0"));
        const char *text = run_text(&b, &done, "curves");
        size_t lines, last;
        text_split(b.arena, text, '\n', &lines);
        last = lines - 2; // after the last line end comes an empty part
        CHECK(last == of[i].points && last <= 200);
        CHECK(number(&b, text, 1, 0) == 0);
        CHECK(number(&b, text, last, 0) == (double)done.row.steps - 1);
        CHECK(number(&b, text, last, 1) == (double)done.row.tokens);
        CHECK_CLOSE(number(&b, text, last, 4), done.row.tune_score, 1e-9);
        CHECK_TEXT(cell_at(&b, text, 1, 4), "");
    }
    arena_free(b.arena);
}

// ---- the same, and what changes it

static void a_run_done_twice_has_the_same_bits(void)
{
    Bench b = run_bench();
    Done first = run_of(&b, "full", NULL);
    run_of(&b, "lora", NULL); // lessons L35: the next run starts from the checkpoint
    Done second = run_of(&b, "full", NULL);
    const Column *differs;
    if (!CHECK(row_same(&first.row, &second.row, &differs)))
        printf("column %s\n", differs->name);
    CHECK(same_predictions(&b, &first, &second));
    CHECK_TEXT(run_text(&b, &first, "scores"), run_text(&b, &second, "scores"));
    for (size_t s = 0; s < 6; s++)
        CHECK(loss_at(&b, &first, s) == loss_at(&b, &second, s) && loss_at(&b, &first, s) > 0);
    arena_free(b.arena);
}

// Lessons L10: one seed at a time.
static void each_seed_changes_its_own_and_nothing_else(void)
{
    Bench b = run_bench();
    Done start = run_of(&b, "null", NULL);
    Done start_init = run_of(&b, "null", SETTINGS("init-seed", "2"));
    Done start_other =
        run_of(&b, "null", SETTINGS("order-seed", "2", "dropout-seed", "3", "data-seed", "4"));
    CHECK(!same_predictions(&b, &start, &start_init));
    CHECK(same_predictions(&b, &start, &start_other));

    Done calm = run_of(&b, "lora", SETTINGS("dropout", "0"));
    Done calm_drop = run_of(&b, "lora", SETTINGS("dropout", "0", "dropout-seed", "2"));
    Done calm_order = run_of(&b, "lora", SETTINGS("dropout", "0", "order-seed", "2"));
    CHECK(same_predictions(&b, &calm, &calm_drop));
    CHECK(loss_at(&b, &calm, 0) != loss_at(&b, &calm_order, 0)); // another first batch
    CHECK(!same_predictions(&b, &calm, &calm_order));

    Done base = run_of(&b, "lora", NULL);
    Done drop = run_of(&b, "lora", SETTINGS("dropout-seed", "2"));
    Done data = run_of(&b, "lora", SETTINGS("data-seed", "2"));
    CHECK(loss_at(&b, &base, 0) != loss_at(&b, &drop, 0));
    CHECK(!same_predictions(&b, &base, &drop));
    CHECK(same_predictions(&b, &base, &data)); // nothing is drawn without train-limit
    Done part = run_of(&b, "lora", SETTINGS("train-limit", "16"));
    Done part_data = run_of(&b, "lora", SETTINGS("train-limit", "16", "data-seed", "2"));
    CHECK(part.row.train_n == 16 && part_data.row.train_n == 16);
    CHECK(!same_predictions(&b, &part, &part_data));
    arena_free(b.arena);
}

// Lessons L1: selection and training see none of them.
static void other_labels_of_dev_and_test_change_scores_alone(void)
{
    static const char *const changed[] = { "score",    "score_dev", "score_test",
                                           "loss",     "accuracy",  "f1_macro",
                                           "matthews", "ece",       NULL };
    Bench b = run_bench();
    Done first = run_of(&b, "full", NULL);
    turn_labels(&b, path_join(b.arena, b.task, "dev.csv"));
    turn_labels(&b, path_join(b.arena, b.task, "test.csv"));
    Done second = run_of(&b, "full", NULL);
    for (size_t i = 0; i < row_columns; i++) {
        const Column *c = &row_column[i];
        if (c->kind == COLUMN_measured || text_among(c->name, changed))
            continue;
        CHECK_TEXT(row_text(b.arena, &second.row, c), row_text(b.arena, &first.row, c));
    }
    CHECK_CLOSE(second.row.score, 1 - first.row.score, 1e-12);
    const char *left = run_text(&b, &first, "predictions"),
               *right = run_text(&b, &second, "predictions");
    for (size_t line = 1; line <= 50; line++) {
        CHECK_TEXT(cell_at(&b, left, line, 5), cell_at(&b, right, line, 5));
        CHECK(strcmp(cell_at(&b, left, line, 3), cell_at(&b, right, line, 3)) != 0);
    }
    for (size_t s = 0; s < 6; s++)
        CHECK(loss_at(&b, &first, s) == loss_at(&b, &second, s));
    arena_free(b.arena);
}

static void full_at_rate_0_is_the_untouched_model(void)
{
    Bench b = run_bench();
    Done null = run_of(&b, "null", NULL);
    Done full = run_of(&b, "full", SETTINGS("lr", "0"));
    Done tuned = run_of(&b, "full", NULL);
    CHECK(same_predictions(&b, &null, &full));
    CHECK(full.row.params_changed == 0 && full.row.params_trained > 1500000);
    CHECK(null.row.params_trained == 0 && null.row.steps == 0 && null.row.tokens == 0);
    CHECK(isnan(null.row.lr) && !null.row.lr_source && isnan(null.row.tokens_per_s));
    CHECK(!same_predictions(&b, &null, &tuned));
    CHECK(tuned.row.params_changed > tuned.row.params_nonembedding / 2 &&
          tuned.row.params_changed <= tuned.row.params_trained);
    arena_free(b.arena);
}

static void without_pretraining_the_same_architecture_starts_anew(void)
{
    Bench b = run_bench();
    Done yes = run_of(&b, "null", NULL);
    Done no = run_of(&b, "null", SETTINGS("pretrained", "no"));
    Done other = run_of(&b, "null", SETTINGS("pretrained", "no", "init-seed", "2"));
    CHECK_TEXT(no.row.pretrained, "no");
    CHECK(no.row.params_total == yes.row.params_total);
    CHECK(!same_predictions(&b, &yes, &no) && !same_predictions(&b, &no, &other));
    arena_free(b.arena);
}

static void a_test_file_without_labels_is_not_scored(void)
{
    Bench b = run_bench();
    const char *without = small_task(b.arena, b.folder, "without");
    write_text(path_join(b.arena, without, "test.csv"), "text\nthe room was bright\n");
    Done done = run_on(&b, without, "lora", NULL), other = run_of(&b, "lora", NULL);
    CHECK_TEXT(done.row.status, "ok");
    CHECK_TEXT(done.row.warnings, "test has no labels: it is not scored");
    CHECK(isnan(done.row.score_test) && done.row.test_n == WHOLE_UNKNOWN);
    CHECK(done.row.score_dev == other.row.score_dev);
    CHECK(strstr(run_text(&b, &done, "scores"), "\ntest,") == NULL);
    CHECK(strstr(run_text(&b, &other, "scores"), "\ntest,") != NULL);
    arena_free(b.arena);
}

static void a_rate_that_was_given_is_told_from_the_default(void)
{
    Bench b = run_bench();
    Done standard = run_of(&b, "lora", NULL);
    Done given = run_of(&b, "lora", SETTINGS("lr", "0.004"));
    Done head = run_of(&b, "lora", SETTINGS("head-lr", "0.001"));
    CHECK_TEXT(standard.row.lr_source, "default");
    CHECK_TEXT(given.row.lr_source, "given");
    CHECK(standard.row.lr == 0.004 && given.row.lr == 0.004 && standard.row.head_lr == 0.004);
    CHECK_TEXT(standard.row.key, given.row.key); // where it comes from changes nothing
    CHECK(head.row.lr == 0.004 && head.row.head_lr == 0.001);
    CHECK(!same_predictions(&b, &standard, &head));
    arena_free(b.arena);
}

static void a_rate_is_of_no_fit(void)
{
    Bench b = run_bench();
    Done without = run_of(&b, "feature", NULL);
    Done with = run_of(&b, "feature", SETTINGS("lr", "0.1", "head-lr", "0.2"));
    CHECK_TEXT(with.row.key, without.row.key);
    CHECK(isnan(with.row.lr) && with.row.lr_source == NULL);
    arena_free(b.arena);
}

// head claims to run calm below what it trains; lora does not.
static void dropout_of_the_frozen_part_is_as_claimed_or_as_asked(void)
{
    Bench b = run_bench();
    Done head = run_of(&b, "head", NULL);
    Done head_no = run_of(&b, "head", SETTINGS("frozen-dropout", "no"));
    Done head_yes = run_of(&b, "head", SETTINGS("frozen-dropout", "yes"));
    Done lora = run_of(&b, "lora", NULL);
    CHECK_TEXT(head.row.frozen_dropout, "no");
    CHECK_TEXT(head_yes.row.frozen_dropout, "yes");
    CHECK_TEXT(lora.row.frozen_dropout, "yes");
    CHECK_TEXT(head.row.key, head_no.row.key);
    CHECK(same_predictions(&b, &head, &head_no) && !same_predictions(&b, &head, &head_yes));
    arena_free(b.arena);
}

static void a_task_with_scores_has_correlations(void)
{
    Bench b = run_bench();
    const char *pairs = small_pairs(b.arena, b.folder, "pairs");
    Done done = run_on(&b, pairs, "lora", SETTINGS("max-length", "32"));
    const Row *r = &done.row;
    CHECK_TEXT(r->metric, "spearman");
    CHECK(!isnan(r->pearson) && !isnan(r->spearman) && !isnan(r->rmse) && r->rmse > 0);
    CHECK(isnan(r->accuracy) && isnan(r->f1) && isnan(r->f1_macro) && isnan(r->matthews) &&
          isnan(r->ece));
    CHECK(r->score == r->spearman && r->majority_score == 0);
    CHECK_CLOSE(r->loss, r->rmse * r->rmse, 1e-6);
    CHECK(r->params_head == 129);
    const char *text = run_text(&b, &done, "predictions");
    CHECK_TEXT(cell_at(&b, text, 1, 4), cell_at(&b, text, 1, 5));
    arena_free(b.arena);
}

static void each_head_is_another_model(void)
{
    static const struct {
        const char *head;
        int64_t parameters, layers;
    } of[] = { { "pooler", 128 * 128 + 128 + 258, 1 },
               { "linear", 258, 0 },
               { "mean", 258, 0 },
               { "mlp", 128 * 128 + 128 + 258, 1 } };
    Bench b = run_bench();
    Done done[4];
    for (size_t i = 0; i < 4; i++) {
        done[i] = run_of(&b, "head", SETTINGS("head", of[i].head));
        CHECK_TEXT(done[i].row.head, of[i].head);
        CHECK(done[i].row.params_head == of[i].parameters);
        CHECK(done[i].row.head_new == of[i].layers);
        CHECK(done[i].row.params_trained == of[i].parameters);
        for (size_t j = 0; j < i; j++)
            CHECK(!same_predictions(&b, &done[i], &done[j]));
    }
    // tiny has no pooler (lessons L39)
    CHECK_TEXT(done[0].row.warnings, "the checkpoint has no pooler: drawn anew");
    CHECK(!done[1].row.warnings && !done[2].row.warnings && !done[3].row.warnings);
    arena_free(b.arena);
}

// ---- runs that do not end well

// Sets the first numbers of a tensor of 16 bits to NaN.
static void spoil(Bench *b, const char *model, const char *name)
{
    Checkpoint checkpoint;
    Error error;
    const char *path = path_join(b->arena, model, "model.safetensors");
    if (!CHECK(checkpoint_open(b->arena, path, &checkpoint, &error)))
        return;
    const Tensor *tensor = checkpoint_bert(&checkpoint, name);
    long at = (long)(tensor->data - checkpoint.bytes.data);
    checkpoint_close(&checkpoint);
    FILE *file = fopen(path, "r+e");
    fseek(file, at, SEEK_SET);
    fputs("\xff\x7f", file);
    fclose(file);
}

static void a_loss_that_is_no_number_ends_the_run_without_a_score(void)
{
    Bench b = run_bench();
    const char *model = model_copy(b.arena, b.folder, "spoiled");
    spoil(&b, model, "bert.encoder.layer.0.attention.self.query.weight");
    Done done = run_of(&b, "lora", SETTINGS("model", model));
    CHECK_TEXT(done.row.status, "diverged");
    CHECK(done.row.error && strstr(done.row.error, "the loss is nan at step 0"));
    CHECK(isnan(done.row.score) && isnan(done.row.tune_score) && isnan(done.row.loss) &&
          isnan(done.row.majority_score));
    CHECK(files_below(done.out) == 2); // the row and the curve
    Said said =
        program(b.arena, NULL, "run --model %s --task %s --method lora --min-steps 3 --out %s/exec",
                model, b.task, b.folder);
    CHECK(said.status == 1 && strstr(said.out, "diverged: the loss is") && !*said.err);

    // Nothing is trained: the weights that do not work are seen when they are evaluated.
    Done null = run_of(&b, "null", SETTINGS("model", model));
    CHECK_TEXT(null.row.status, "diverged");
    CHECK(isnan(null.row.score) && files_below(null.out) == 1);
    arena_free(b.arena);
}

static void a_run_out_of_time_leaves_no_score(void)
{
    Bench b = run_bench();
    Done well = run_of(&b, "lora", SETTINGS("timeout", "600"));
    CHECK_TEXT(well.row.status, "ok");
    Done late =
        run_of(&b, "lora", SETTINGS("out", path_join(b.arena, b.folder, "late"), "timeout", "0"));
    CHECK_TEXT(late.row.status, "timeout");
    CHECK(late.row.error && strstr(late.row.error, "gave up after 0 seconds at step 0 of 6"));
    CHECK_TEXT(late.row.key, well.row.key);
    CHECK(isnan(late.row.score) && files_below(late.out) == 2);      // the row and the curve
    CHECK(0 < late.row.tokens && late.row.tokens < well.row.tokens); // of the one step that it did
    CHECK(isnan(late.row.flops) && well.row.flops > 0);
    arena_free(b.arena);
}

static void who_is_late_with_nothing_left_to_do_is_done(void)
{
    Bench b = run_bench();
    static const char *const methods_late[] = { "null", "lora" }; // no step; one
    for (int i = 0; i < 2; i++) {
        Done late =
            run_of(&b, methods_late[i], SETTINGS("timeout", "0", "epochs", "0", "min-steps", "1"));
        CHECK_TEXT(late.row.status, "ok");
        CHECK(isfinite(late.row.score));
    }
    arena_free(b.arena);
}

// Beside a run that planned just the steps which the other did: all updates are made in both, those
// of rows that no later step looked up, too.
static void a_run_that_ends_early_says_what_it_changed(void)
{
    static const struct {
        const char *status, *name, *value, *in_the_other;
    } early[] = { { "timeout", "timeout", "0", "600" },
                  { "diverged", "weight-decay", "10", "10" } }; // at rate 1: times -9 a step
    Bench b = run_bench();
    for (size_t e = 0; e < 2; e++) {
        const char *settings[] = { "epochs",       "0",   "schedule",    "constant",
                                   "warmup",       "0",   "lr",          "1",
                                   "weight-decay", "0.1", early[e].name, early[e].value,
                                   "min-steps",    "400", NULL };
        enum { VALUE = 11, STEPS = 13 };
        Done ended = run_of(&b, "full", settings);
        CHECK_TEXT(ended.row.status, early[e].status);
        const char *at = ended.row.error ? strstr(ended.row.error, "at step ") : NULL;
        if (!CHECK(at != NULL))
            continue;
        settings[VALUE] = early[e].in_the_other;
        settings[STEPS] = arena_format(b.arena, "%d", atoi(at + 8) + 1);
        Done whole = run_of(&b, "full", settings);
        if (!CHECK(ended.row.params_changed == whole.row.params_changed))
            printf("%s: %lld changed, of a run of %s steps %lld\n", early[e].status,
                   (long long)ended.row.params_changed, settings[STEPS],
                   (long long)whole.row.params_changed);
    }
    arena_free(b.arena);
}

static void a_finished_row_is_not_replaced_by_an_attempt_that_did_not_end(void)
{
    Bench b = run_bench();
    const char *out = path_join(b.arena, b.folder, "same");
    Done well = run_of(&b, "lora", SETTINGS("out", out));
    const char *row = run_text(&b, &well, "rows"), *scores = run_text(&b, &well, "scores");
    CHECK(files_below(out) == 4);
    Request request;
    Error error;
    CHECK(small_request(b.arena, "lora", b.task, SETTINGS("out", out, "timeout", "0"), &request,
                        &error));
    Row late;
    CHECK(!run(b.arena, &request, NULL, NULL, &late, &error));
    CHECK_ERROR(&error, ERROR_WORK,
                "timeout: gave up after 0 seconds at step 0 of 6; the finished row");
    CHECK_TEXT(run_text(&b, &well, "rows"), row);
    CHECK_TEXT(run_text(&b, &well, "scores"), scores);
    arena_free(b.arena);
}

// Another process may finish the same run between the look for its row and the writing of one.
static void an_attempt_that_did_not_end_waits_for_whoever_is_writing(void)
{
    static const char words[] = "run --model tiny --task %s --method lora --min-steps 6 --batch 8 "
                                "--max-length 16 --out %s%s";
    Bench b = run_bench();
    const char *out = path_join(b.arena, b.folder, "same"), *rows = path_join(b.arena, out, "rows");
    const char *elsewhere = path_join(b.arena, b.folder, "elsewhere"), **name;
    size_t count;
    Error error;
    CHECK(program(b.arena, NULL, words, b.task, out, "").status == 0);
    if (!CHECK(folder_list(b.arena, rows, ".csv", &name, &count, &error) && count == 1))
        return;
    const char *path = path_join(b.arena, rows, name[0]), *row = read_text(b.arena, path);
    CHECK(unlink(path) == 0);
    double start = seconds_now();
    CHECK(program(b.arena, NULL, words, b.task, elsewhere, " --timeout 0").status == 1);
    double longer = 2 * (seconds_now() - start);

    Lock lock = lock_folder(rows);
    pid_t child = program_start(b.arena, words, b.task, out, " --timeout 0");
    nanosleep(&(struct timespec){ (time_t)longer, (long)(1e9 * (longer - floor(longer))) }, NULL);
    CHECK(lock.file >= 0 && !file_exists(path));
    write_text(path, row);
    lock_release(&lock);
    CHECK(program_ended(child) == 1);
    CHECK_TEXT(read_text(b.arena, path), row);
    arena_free(b.arena);
}

// Lessons L40: a cased vocabulary under a tokenizer that lower-cases.
static void capitals_that_no_text_reaches_are_warned_of(void)
{
    Bench b = run_bench();
    const char *model = model_copy(b.arena, b.folder, "cased");
    const char *path = path_join(b.arena, model, "vocab.txt");
    char *text = read_text(b.arena, path), *at = text;
    for (size_t line = 0; at && *at; line++) {
        if (line >= 5000 && line < 5200 && *at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    write_text(path, text);
    Done done = run_of(&b, "null", SETTINGS("model", model));
    CHECK(done.row.warnings && strstr(done.row.warnings, "texts are lower-cased, but "));
    arena_free(b.arena);
}

// ---- threads and memory

static void one_thread_means_one_whatever_the_environment_says(void)
{
    Bench b = run_bench();
    for (int threads = 1; threads <= 2; threads++) {
        Row *rows;
        size_t count;
        Error error;
        if (threads > sysconf(_SC_NPROCESSORS_ONLN)) {
            skip("one core");
            break;
        }
        const char *out = arena_format(b.arena, "%s/threads%d", b.folder, threads);
        Said said = program(b.arena, &(Around){ .set = "OMP_NUM_THREADS=8" },
                            "run --model tiny --task %s --method head --min-steps 3 --epochs 0 "
                            "--threads %d --out %s",
                            b.task, threads, out);
        CHECK(said.status == 0 && !*said.err);
        char *file = strrchr(said.out, '/'); // the last line is the row's file
        if (!CHECK(file != NULL))
            break;
        file[strcspn(file, "\n")] = '\0';
        if (!CHECK(rows_read(b.arena, arena_format(b.arena, "%s/rows%s", out, file), &rows, &count,
                             &error)))
            break;
        CHECK(rows[0].threads == threads);
        if (threads == 1)
            CHECK(rows[0].cpu_s <= 1.02 * rows[0].wall_s + 0.02);
    }
    arena_free(b.arena);
}

// Lessons L22: ru_maxrss would be the parent's.
static void a_large_parent_is_not_in_the_peak(void)
{
    Bench b = run_bench();
    size_t large = (size_t)400 << 20, count;
    char *held = malloc(large);
    Row *rows;
    Error error;
    if (!CHECK(held != NULL))
        return;
    memset(held, 1, large);
    Said said = program(b.arena, NULL, "run --model tiny --task %s --method null --out %s/child",
                        b.task, b.folder);
    CHECK(said.status == 0 && held[large / 2] == 1);
    free(held);
    const char *file =
        arena_format(b.arena, "%s/child/rows/%.64s.csv", b.folder, strstr(said.out, "/rows/") + 6);
    if (CHECK(rows_read(b.arena, file, &rows, &count, &error)))
        CHECK(rows[0].rss_peak < (Whole)large / 2 && rows[0].rss_start < (Whole)large / 2);
    arena_free(b.arena);
}

// Sums of a column of the profile's lines of one pass; NULL: of all.
static double profiled(Bench *b, const Done *done, const char *pass, const char *column)
{
    Csv csv;
    Error error;
    double sum = 0, value;
    if (!CHECK(csv_read(b->arena, run_file(b, done, "profiles"), CSV_COMMAS, true, &csv, &error)))
        return (double)NAN;
    for (size_t r = 0; r < csv.rows; r++)
        if (!pass || !strcmp(csv.row[r].field[csv_column(&csv, "pass")], pass)) {
            CHECK(text_real(csv.row[r].field[csv_column(&csv, column)], &value));
            sum += value;
        }
    return sum;
}

static void a_profile_adds_up_and_changes_no_bit(void)
{
    static const char *const method[] = { "full", "lora", "head" };
    Bench b = run_bench();
    for (int m = 0; m < 3; m++) {
        Done plain = run_of(&b, method[m], NULL);
        Done done = run_of(&b, method[m], SETTINGS("profile", "yes"));
        const Row *r = &done.row;
        double passes = profiled(&b, &done, "backward", "seconds") +
                        profiled(&b, &done, "parameters", "seconds");
        CHECK_TEXT(r->key, plain.row.key);
        CHECK(same_predictions(&b, &plain, &done));
        CHECK_CLOSE(profiled(&b, &done, NULL, "seconds"), r->train_s, 1e-6);
        CHECK_CLOSE(profiled(&b, &done, "update", "seconds"), r->optimizer_s, 1e-6);
        CHECK(profiled(&b, &done, "between", "seconds") >= 0);
        CHECK(fabs(profiled(&b, &done, "forward", "seconds") - r->forward_s) < 0.05 * r->train_s);
        CHECK(fabs(passes - r->backward_s) < 0.05 * r->train_s);
        CHECK(profiled(&b, &done, "parameters", "seconds") > 0);
        if (m < 2) // what a frozen bottom costs once is in feature_s
            CHECK_CLOSE(profiled(&b, &done, NULL, "flops") / r->flops, 1, 1e-6);
        Done again = run_of(&b, method[m], SETTINGS("out", done.out));
        CHECK(!file_exists(run_file(&b, &again, "profiles"))); // of another attempt
    }
    arena_free(b.arena);
}

void suite_run(void)
{
    ADD(every_cell_that_has_a_source_is_known_and_no_other);
    ADD(the_file_holds_the_row_that_was_returned);
    ADD(times_add_up_to_the_wall);
    ADD(measured_memory_is_what_was_planned);
    ADD(a_run_of_no_steps_holds_no_gradients);
    ADD(evaluation_has_a_peak_of_its_own_below_trainings);
    ADD(the_score_follows_from_the_predictions_and_these_from_the_logits);
    ADD(scores_hold_every_metric_of_every_split);
    ADD(a_curve_has_at_most_200_points_and_the_last_step);
    ADD(a_run_done_twice_has_the_same_bits);
    ADD(each_seed_changes_its_own_and_nothing_else);
    ADD(other_labels_of_dev_and_test_change_scores_alone);
    ADD(full_at_rate_0_is_the_untouched_model);
    ADD(without_pretraining_the_same_architecture_starts_anew);
    ADD(a_test_file_without_labels_is_not_scored);
    ADD(a_profile_adds_up_and_changes_no_bit);
    ADD(a_rate_that_was_given_is_told_from_the_default);
    ADD(a_rate_is_of_no_fit);
    ADD(dropout_of_the_frozen_part_is_as_claimed_or_as_asked);
    ADD(a_task_with_scores_has_correlations);
    ADD(each_head_is_another_model);
    ADD(a_loss_that_is_no_number_ends_the_run_without_a_score);
    ADD(a_run_out_of_time_leaves_no_score);
    ADD(who_is_late_with_nothing_left_to_do_is_done);
    ADD(a_run_that_ends_early_says_what_it_changed);
    ADD(a_finished_row_is_not_replaced_by_an_attempt_that_did_not_end);
    ADD(an_attempt_that_did_not_end_waits_for_whoever_is_writing);
    ADD(capitals_that_no_text_reaches_are_warned_of);
    ADD(one_thread_means_one_whatever_the_environment_says);
    ADD(a_large_parent_is_not_in_the_peak);
}
