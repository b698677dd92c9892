// Trials, the best epoch, and tune as training rows: what a run chooses by, and what it does not
// see.
#include "train/selection.h"
#include "base/text.h"
#include "run/prepare.h"
#include "run/resolve.h"
#include "tests/row_same.h"
#include "tests/run_bench.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t lines_of(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

// Logits of every scored item are the same, whatever the labels.
static bool same_weights(Bench *b, const Done *a, const Done *c)
{
    const char *left = run_text(b, a, "predictions"), *right = run_text(b, c, "predictions");
    bool same = lines_of(left) > 1 && lines_of(left) == lines_of(right);
    for (size_t line = 1; same && line < lines_of(left); line++)
        same = !strcmp(cell_at(b, left, line, 5), cell_at(b, right, line, 5));
    return same;
}

static bool same_losses(Bench *b, const Done *a, const Done *c, size_t steps)
{
    const char *left = run_text(b, a, "curves"), *right = run_text(b, c, "curves");
    bool same = true;
    for (size_t line = 1; same && line <= steps; line++)
        same = *cell_at(b, left, line, 3) &&
               !strcmp(cell_at(b, left, line, 3), cell_at(b, right, line, 3));
    return same;
}

// ---- when tune is looked at

// Worked by hand. 10 steps in epochs of 4: after steps 3, 7 and 9, the last within epoch 3. 1,000
// steps in epochs of 2 are 500 epochs: every fifth is looked at, first after step 9 of epoch 5.
static void tune_is_looked_at_after_each_epoch_and_the_last_step(void)
{
    Looks looks = looks_of(10, 4);
    CHECK(looks.count == 3);
    for (size_t s = 0; s < 10; s++)
        CHECK(looks_after(&looks, s) == (s == 3 || s == 7 || s == 9));
    CHECK(looks_epoch(&looks, 3) == 1 && looks_epoch(&looks, 7) == 2 &&
          looks_epoch(&looks, 9) == 3);
    looks = looks_of(1000, 2);
    size_t after = 0;
    for (size_t s = 0; s < 1000; s++)
        after += looks_after(&looks, s);
    CHECK(looks.count == 100 && after == 100);
    CHECK(looks_after(&looks, 9) && !looks_after(&looks, 8) && looks_epoch(&looks, 9) == 5);
    looks = looks_of(1001, 2); // 501 epochs: every sixth, and the last
    for (size_t s = after = 0; s < 1001; s++)
        after += looks_after(&looks, s);
    CHECK(looks.every == 6 && looks.count == 84 && after == 84 && looks_epoch(&looks, 1000) == 501);
    CHECK(looks_of(8, 4).count == 2 && looks_of(3, 4).count == 1);
    looks = looks_of(0, 4);
    CHECK(looks.count == 0 && !looks_after(&looks, 0));
}

static void of_equal_scores_the_earlier_weights_are_kept(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    float trained[] = { 1, 2 }, frozen[] = { 3 };
    Slot slot[] = { { .count = 1, .value = frozen },
                    { .is = { .trained = true }, .count = 2, .value = trained } };
    State state = { .slot = slot, .slots = 2 };
    Best best = best_new(arena, &state);
    const double score[] = { -INFINITY, 0.5, 0.75, 0.75, 0.5 };
    for (int64_t epoch = 1; epoch <= 5; epoch++) {
        trained[1] = (float)(10 * epoch);
        best_look(&best, score[epoch - 1], epoch);
    }
    frozen[0] = 4;
    best_restore(&best);
    CHECK(best.epoch == 3 && best.score == 0.75 && best.bytes == 8);
    CHECK(trained[0] == 1 && trained[1] == 30 && frozen[0] == 4);
    arena_free(arena);
}

// ---- the best epoch

// A rate at which the run learns and then jumps about: 5 epochs of 6 steps.
#define JUMPY "lr", "0.02", "schedule", "constant", "warmup", "0", "min-steps", "0", "clip", "0"

static void the_best_epoch_s_weights_are_those_of_a_run_that_ends_there(void)
{
    Bench b = run_bench();
    Done best = run_of(&b, "full", SETTINGS(JUMPY, "epochs", "5", "select", "best"));
    Done last = run_of(&b, "full", SETTINGS(JUMPY, "epochs", "5"));
    CHECK_TEXT(best.row.select, "best");
    CHECK(strcmp(best.row.key, last.row.key) != 0);
    CHECK(same_losses(&b, &best, &last, 30)); // looking disturbs nothing
    const char *curve = run_text(&b, &best, "curves");
    double highest = -1;
    int64_t epoch = 0;
    CHECK(lines_of(curve) == 31);
    for (size_t step = 0; step < 30; step++) {
        double score = NAN;
        CHECK((*cell_at(&b, curve, step + 1, 4) != '\0') == (step % 6 == 5));
        if (text_real(cell_at(&b, curve, step + 1, 4), &score) && score > highest) {
            highest = score;
            epoch = (int64_t)step / 6 + 1;
        }
    }
    CHECK(best.row.best_epoch == epoch && best.row.tune_score == highest);
    CHECK(epoch > 0 && epoch < 5); // else this shows nothing
    Done there = run_of(&b, "full",
                        SETTINGS(JUMPY, "epochs", arena_format(b.arena, "%lld", (long long)epoch)));
    CHECK(same_weights(&b, &best, &there));
    CHECK(!same_weights(&b, &best, &last));
    CHECK(best.row.warnings == NULL);
    CHECK(best.row.plan_weights == last.row.plan_weights);
    CHECK(best.row.plan_optimizer == last.row.plan_optimizer + 4 * last.row.params_trained);
    if (best.row.rss_eval_peak != WHOLE_UNKNOWN) // the copy is given back before
        CHECK(SANITIZED ||
              best.row.rss_eval_peak < last.row.rss_eval_peak + last.row.params_trained);
    CHECK(best.row.arena_peak <= best.row.plan_peak &&
          best.row.arena_peak > last.row.arena_peak + 4 * last.row.params_trained - 1);
    arena_free(b.arena);
}

static void a_score_that_rises_to_the_last_epoch_is_warned_of(void)
{
    Bench b = run_bench();
    Done one = run_of(&b, "full", SETTINGS("select", "best", "min-steps", "0", "epochs", "1"));
    CHECK(one.row.best_epoch == 1);
    CHECK_TEXT(one.row.warnings,
               "the last epoch is the best on tune: longer training may score higher");
    arena_free(b.arena);
}

// Lessons L1.
static void other_labels_of_dev_and_test_change_no_weight_and_no_choice(void)
{
    Bench b = run_bench();
    Done best[2], trial[2];
    for (int i = 0; i < 2; i++) {
        best[i] = run_of(&b, "full", SETTINGS(JUMPY, "epochs", "3", "select", "best"));
        trial[i] = run_of(&b, "full", SETTINGS("stage", "trial"));
        turn_labels(&b, path_join(b.arena, b.task, "dev.csv"));
        turn_labels(&b, path_join(b.arena, b.task, "test.csv"));
    }
    const Column *differs;
    CHECK(same_weights(&b, &best[0], &best[1]));
    CHECK(best[0].row.best_epoch == best[1].row.best_epoch);
    CHECK(best[0].row.tune_score == best[1].row.tune_score);
    CHECK(strcmp(run_text(&b, &best[0], "predictions"), run_text(&b, &best[1], "predictions")) !=
          0);
    CHECK(row_same(&trial[0].row, &trial[1].row, &differs)); // all of it
    arena_free(b.arena);
}

// ---- trials

static void a_trial_is_scored_on_tune_alone(void)
{
    static const char *const unknown[] = { "score",    "score_dev", "score_test",     "accuracy",
                                           "f1_macro", "matthews",  "majority_score", "ece",
                                           "test_n",   NULL };
    Bench b = run_bench();
    Done trial = run_of(&b, "full", SETTINGS("stage", "trial", "lr", "1e-3"));
    Done final = run_of(&b, "full", SETTINGS("lr", "1e-3"));
    CHECK_TEXT(trial.row.stage, "trial");
    CHECK_TEXT(trial.row.eval_split, "tune");
    CHECK(trial.row.eval_n == 16 && trial.row.tune_n == 16);
    CHECK(strcmp(trial.row.key, final.row.key) != 0);
    CHECK(same_losses(&b, &trial, &final, 6));
    CHECK(trial.row.tune_score == final.row.tune_score);
    CHECK(trial.row.loss > 0 && trial.row.loss != final.row.loss);
    for (size_t i = 0; unknown[i]; i++)
        CHECK_TEXT(row_text(b.arena, &trial.row, row_find(unknown[i])), "");
    CHECK_TEXT(run_text(&b, &trial, "predictions"), "");
    CHECK(lines_of(run_text(&b, &trial, "curves")) == 7);
    const char *scores = run_text(&b, &trial, "scores");
    for (size_t line = 1; line < lines_of(scores); line++)
        CHECK_TEXT(cell_at(&b, scores, line, 0), "tune");
    CHECK(lines_of(scores) == 5);
    arena_free(b.arena);
}

// What has no tokens is not evaluated, and only what is evaluated has its labels read.
static void a_trial_has_nothing_to_read_labels_for(void)
{
    Bench b = run_bench();
    FilesRead *files = files_new(b.arena);
    for (int trial = 0; trial < 2; trial++) {
        Request request;
        Prepared prepared;
        Error error;
        CHECK(small_request(b.arena, "full", b.task, SETTINGS("stage", trial ? "trial" : "final"),
                            &request, &error) &&
              prepare(b.arena, files, &request, &prepared, &error));
        CHECK((prepared.tokens[SPLIT_DEV].count == 0) == trial);
        CHECK((prepared.tokens[SPLIT_TEST].count == 0) == trial);
        CHECK(prepared.evaluation[SPLIT_DEV].steps == (trial ? 0 : 4));
        CHECK(prepared.task->dataset.label_reads[SPLIT_DEV] == 0);
    }
    files_close(files);
    arena_free(b.arena);
}

static void what_a_search_found_stands_in_the_row_and_not_in_the_key(void)
{
    Bench b = run_bench();
    Done given = run_of(&b, "full", SETTINGS("lr", "1e-3"));
    Done searched = run_of(&b, "full",
                           SETTINGS("lr", "1e-3", "winner-key", "abc", "trials", "8",
                                    "search-space", "lr 1e-3", "search-s", "2.5"));
    CHECK_TEXT(searched.row.key, given.row.key);
    CHECK_TEXT(given.row.lr_source, "given");
    CHECK_TEXT(searched.row.lr_source, "searched");
    CHECK_TEXT(searched.row.winner_key, "abc");
    CHECK_TEXT(searched.row.search_space, "lr 1e-3");
    CHECK_TEXT(searched.row.winner_on_edge, "no");
    CHECK(searched.row.trials == 8 && searched.row.search_s == 2.5);
    CHECK(!given.row.winner_on_edge && given.row.trials == WHOLE_UNKNOWN);
    arena_free(b.arena);
}

// ---- tune as training rows

static void train_and_tune_is_as_one_file_with_both(void)
{
    static const char *const header[] = { "text,label\n", "text,text_b,score\n" };
    Bench b = run_bench();
    for (int scores = 0; scores < 2; scores++) {
        const char *apart = scores ? small_pairs(b.arena, b.folder, "pairs") : b.task;
        const char *whole = scores ? small_pairs(b.arena, b.folder, "pairs2")
                                   : small_task(b.arena, b.folder, "task2");
        const char *train = path_join(b.arena, whole, "train.csv");
        const char *tune = read_text(b.arena, path_join(b.arena, apart, "tune.csv"));
        write_text(train, arena_format(b.arena, "%s%s", read_text(b.arena, train),
                                       tune + strlen(header[scores])));
        Done both = run_on(&b, apart, "full", SETTINGS("train-on", "train+tune"));
        Done one = run_on(&b, whole, "full", NULL), less = run_on(&b, apart, "full", NULL);
        CHECK_TEXT(both.row.train_on, "train+tune");
        CHECK_TEXT(one.row.train_on, "train");
        CHECK(both.row.train_n == 64 && both.row.tune_n == 0 && both.row.steps == 8);
        CHECK(isnan(both.row.tune_score) && !isnan(both.row.score));
        CHECK(strstr(run_text(&b, &both, "scores"), "tune,") == NULL);
        CHECK(same_weights(&b, &both, &one) && !same_weights(&b, &both, &less));
        CHECK(strcmp(both.row.key, less.row.key) != 0);
    }
    arena_free(b.arena);
}

static void who_chooses_by_tune_cannot_train_on_it(void)
{
    static const char *const other[][2] = { { "select", "best" }, { "stage", "trial" } };
    Bench b = run_bench();
    FilesRead *files = files_new(b.arena);
    for (int i = 0; i < 2; i++) {
        Request request;
        Resolved resolved;
        Error error;
        CHECK(small_request(b.arena, "full", b.task,
                            SETTINGS("train-on", "train+tune", other[i][0], other[i][1]), &request,
                            &error));
        CHECK(!resolve(b.arena, files, &request, &resolved, &error));
        CHECK_ERROR(&error, ERROR_INPUT, "train-on: train+tune leaves no rows to choose by");
    }
    Request request;
    Resolved resolved;
    Error error;
    CHECK(small_request(b.arena, "full", b.task,
                        SETTINGS("train-on", "train+tune", "train-limit", "8"), &request, &error));
    CHECK(!resolve(b.arena, files, &request, &resolved, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "train-limit: would leave all of tune beside the 8 rows; should be left out with "
                "train-on train+tune");
    files_close(files);
    arena_free(b.arena);
}

void suite_selection(void)
{
    ADD(tune_is_looked_at_after_each_epoch_and_the_last_step);
    ADD(of_equal_scores_the_earlier_weights_are_kept);
    ADD(the_best_epoch_s_weights_are_those_of_a_run_that_ends_there);
    ADD(a_score_that_rises_to_the_last_epoch_is_warned_of);
    ADD(other_labels_of_dev_and_test_change_no_weight_and_no_choice);
    ADD(a_trial_is_scored_on_tune_alone);
    ADD(a_trial_has_nothing_to_read_labels_for);
    ADD(what_a_search_found_stands_in_the_row_and_not_in_the_key);
    ADD(train_and_tune_is_as_one_file_with_both);
    ADD(who_chooses_by_tune_cannot_train_on_it);
}
