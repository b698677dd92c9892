// test_sweep_search.c: sweeps that search: what follows from which rows, and the driver doing it.
#include "base/text.h"
#include "tests/program.h"
#include "tests/sweep_bench.h"
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD "name: small\nmodels: tiny\ntasks: ./few\nseeds: 2\n" TRAIN

// ---- the agenda on made-up rows: nothing runs

static volatile sig_atomic_t never;

// The spec's agenda in the test's folder; its task is found there.
static bool make(Bench *b, Shard shard, Spec *spec, Agenda *agenda)
{
    Error error;
    char *before = getcwd(NULL, 0);
    bool ok = CHECK(before && chdir(b->folder) == 0) &&
              CHECK(spec_read(b->arena, b->options.spec, b->options.set, b->options.sets, spec,
                              &error)) &&
              CHECK(agenda_make(b->arena, spec, b->options.out, shard, &never, agenda, &error)) &&
              CHECK(agenda_look(agenda, stdout, &error));
    if (!ok)
        printf("%s\n", error.text);
    CHECK(before && chdir(before) == 0);
    free(before);
    return ok;
}

static void ends(Bench *b, Job *job, const char *status, double score)
{
    Row *row = arena_take(b->arena, 1, sizeof *row);
    *row = job->decided;
    row->status = status;
    row->attempts = job->row ? job->row->attempts + 1 : 1;
    row->tune_score = score;
    row->loss = 1;
    row->wall_s = 0.25;
    job->row = row;
    job->running = false;
}

static const char *plan_of(Bench *b, const Agenda *agenda)
{
    const char *text = "";
    for (size_t i = 0; i < agenda->jobs; i++)
        text = arena_format(b->arena, "%s%s\n", text, agenda->job[i]->label);
    return text;
}

static void trials_then_the_winner_on_every_seed_follow_from_rows(void)
{
    static const char grid[] = "full tiny ./few trial 1 lr 5e-05\n"
                               "full tiny ./few trial 2 lr 0.000158\n"
                               "full tiny ./few trial 3 lr 0.0005\n"
                               "full tiny ./few trial 4 lr 0.00158\n"
                               "full tiny ./few trial 5 lr 0.005\n";
    static const char rest[] = "null tiny ./few seed 1\nnull tiny ./few seed 2\n";
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, HEAD "methods: [null, full]\nsearch:\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        SettingRuns *full = &agenda.setting[1];
        CHECK_TEXT(plan_of(&b, &agenda), arena_format(b.arena, "%s%s", grid, rest));
        CHECK_TEXT(agenda.setting[0].no_trials, "its method has no rate");
        CHECK(agenda_following(&agenda) == 3 + 2);
        const double score[] = { .5, .6, .7, .8 };
        for (size_t i = 0; i < 4; i++)
            ends(&b, full->job[i], "ok", score[i]);
        CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 7);
        ends(&b, full->job[4], "diverged", NAN);
        CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 9);
        ends(&b, full->job[6], "ok", .9); // halfway to the better neighbour is number 6, this is 7
        CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 9);
        ends(&b, full->job[5], "ok", .75);
        CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 10);
        CHECK(agenda_following(&agenda) == 2);
        CHECK(full->job[7]->request.protocol.epochs == 4 &&
              full->job[7]->request.protocol.min_steps == 8);
        ends(&b, full->job[7], "ok", .95);
        CHECK(agenda_follow(&agenda, full, &error) && agenda_following(&agenda) == 0);
        CHECK_TEXT(plan_of(&b, &agenda),
                   arena_format(b.arena,
                                "%sfull tiny ./few trial 6 lr 0.000889\n"
                                "full tiny ./few trial 7 lr 0.00281\n"
                                "full tiny ./few trial 8 lr 0.00281, longer\n"
                                "null tiny ./few seed 1\nfull tiny ./few seed 1\n"
                                "null tiny ./few seed 2\nfull tiny ./few seed 2\n",
                                grid));
        for (size_t i = 0; i < 2; i++) {
            const Row *row = &agenda.job[9 + 2 * i]->decided;
            CHECK(row->seed == (int64_t)i + 1 && row->lr == 0.00281 && row->head_lr == 0.00281);
            CHECK(row->epochs == 4 && row->min_steps == 8 && row->trials == 8);
            CHECK_TEXT(row->stage, "final");
            CHECK_TEXT(row->lr_source, "searched");
            CHECK_TEXT(row->winner_key, full->job[7]->decided.key);
            CHECK_TEXT(row->winner_on_edge, "no");
            CHECK_TEXT(row->search_space,
                       "lr 5e-05 0.000158 0.0005 0.000889 0.00158 0.00281 0.005; "
                       "4 x steps at 0.00281");
            CHECK_CLOSE(row->search_s, 8 * 0.25, 0);
        }
        const Row *trial = &full->job[0]->decided;
        CHECK(trial->seed == 0 && trial->init_seed == 0 && trial->test_n == WHOLE_UNKNOWN);
        CHECK_TEXT(trial->stage, "trial");
        CHECK_TEXT(trial->eval_split, "tune");
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

// A search whose longer trial won, in rows that were written and read: one of a method with options
// of its own, one without. Another sweep takes over the rate with as many steps, or the rate alone.
static void steps_are_taken_over_or_not(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, HEAD "methods: [head, lora]\nsearch: {trials: 8}\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        const char *rows = path_join(b.arena, b.options.out, "rows");
        CHECK(folder_make(rows, &error));
        for (size_t s = 0; s < agenda.settings; s++)
            for (size_t i = 0; i < 8; i++) {
                ends(&b, agenda.setting[s].job[i], "ok", 0.5 + 0.01 * (double)i);
                CHECK(agenda_follow(&agenda, &agenda.setting[s], &error));
            }
        for (size_t i = 0; i < agenda.jobs; i++) {
            if (!agenda.job[i]->row)
                ends(&b, agenda.job[i], "ok", 0.6);
            const Row *row = agenda.job[i]->row;
            CHECK(row_write(arena_format(b.arena, "%s/%s.csv", rows, row->key), row, &error));
        }
    }
    agenda_close(&agenda);
    static const char *const from[] = { "search={from: out}", "search={from: out, steps: own}" };
    for (int own = 0; own < 2; own++) {
        const char *const set[] = { from[own], "train.batch=4" };
        b.options.set = set;
        b.options.sets = 2;
        b.options.out = path_join(b.arena, b.folder, "later");
        if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
            CHECK(agenda.jobs == 4);
            for (size_t i = 0; i < agenda.jobs; i++) {
                CHECK(agenda.job[i]->decided.min_steps == (own ? 2 : 8));
                CHECK(agenda.job[i]->decided.epochs == (own ? 1 : 4));
                CHECK_TEXT(agenda.job[i]->decided.lr_source, "searched");
            }
        }
        agenda_close(&agenda);
    }
    arena_free(b.arena);
}

// Of 32 rows in batches of 8, 1 epoch has 4 steps and 4 have 16: the longer trial of the first
// setting, at the best rate of its grid, is the second setting's trial there, and so are its
// finals.
static void what_two_settings_have_in_common_is_one_run(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, "name: a\nmodels: tiny\ntasks: ./few\nseeds: 2\nmethods: full\n"
                       "train: {min_steps: 0, epochs: [1, 4], batch: 8}\nsearch: {trials: 8}\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        SettingRuns *one = &agenda.setting[0], *four = &agenda.setting[1];
        const double score[] = { .5, .6, .7, .6, .5, .6, .6 };
        for (size_t i = 0; i < 5; i++)
            ends(&b, one->job[i], "ok", score[i]);
        CHECK(agenda_follow(&agenda, one, &error) && one->known == 7);
        for (size_t i = 5; i < 7; i++)
            ends(&b, one->job[i], "ok", score[i]);
        CHECK(agenda_follow(&agenda, one, &error) && one->known == 8);
        CHECK(one->job[7] == four->job[2] && one->job[7]->setting == four);
        CHECK(agenda.jobs == 7 + 5 && agenda_following(&agenda) == 2 + 3 + 2);
        for (size_t i = 0; i < 5; i++)
            if (four->job[i] != one->job[7])
                ends(&b, four->job[i], "ok", score[i]);
        ends(&b, one->job[7], "ok", .9); // it alone was waited for, and by both
        CHECK(agenda_follow_run(&agenda, one->job[7], &error));
        CHECK(one->finals && one->best == 7 && four->known == 7 && agenda.jobs == 7 + 7 + 2);
        ends(&b, four->job[5], "ok", .6);
        ends(&b, four->job[6], "ok", .6);
        CHECK(agenda_follow(&agenda, four, &error) && four->known == 8);
        ends(&b, four->job[7], "ok", .8);
        CHECK(agenda_follow(&agenda, four, &error) && four->finals && four->best == 2);
        CHECK(agenda.jobs == 8 + 7 + 2 && agenda_following(&agenda) == 0);
        for (size_t i = 15; i < 17; i++) { // told as the first setting's
            CHECK(agenda.job[i]->setting == one && !agenda.job[i]->trial);
            CHECK(agenda.job[i]->decided.epochs == 4 && agenda.job[i]->decided.steps == 16);
        }
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

// Both settings' trials train on train alone: they are the same, and their finals are not.
static void settings_that_differ_in_finals_alone_share_their_trials(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, "name: a\nmodels: tiny\ntasks: ./few\nseeds: 1\nmethods: full\n"
                       "train: {min_steps: 2, epochs: 1, batch: 8, train_on: [train, train+tune]}\n"
                       "search: {trials: 1}\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        CHECK(agenda.jobs == 1 && agenda_following(&agenda) == 2);
        ends(&b, agenda.job[0], "ok", .5);
        CHECK(agenda_follow_run(&agenda, agenda.job[0], &error));
        if (CHECK(agenda.jobs == 3)) {
            CHECK_TEXT(agenda.job[1]->decided.train_on, "train");
            CHECK_TEXT(agenda.job[2]->decided.train_on, "train+tune");
        }
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

// Another trial has left the rows of the frozen bottom; the next search may have to compute them.
static void a_trial_that_found_its_rows_counts_what_they_cost(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, HEAD "methods: head\nsearch: {trials: 3}\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        SettingRuns *head = &agenda.setting[0];
        for (size_t i = 0; i < 3 && CHECK(i < head->known); i++) {
            ends(&b, head->job[i], "ok", .5);
            Row *row = (Row *)(uintptr_t)head->job[i]->row; // made by ends()
            row->load_s = 0.125, row->train_s = 0.0625;
            if (i == 1)
                row->feature_s = 3;
            CHECK(agenda_follow(&agenda, head, &error));
        }
        if (CHECK(head->finals && agenda.jobs == 3 + 2))
            CHECK_CLOSE(agenda.job[3]->decided.search_s, 0.25 + 3.1875 + 0.25, 1e-3);
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

static void a_setting_that_waits_for_its_last_trial_does_not_stop_others(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, HEAD "methods: [full, bitfit]\nsearch: {trials: 3}\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        SettingRuns *full = &agenda.setting[0], *bitfit = &agenda.setting[1];
        for (size_t i = 0; i < 3; i++) {
            CHECK(agenda_next(&agenda, INFINITY, NAN) == full->job[i]); // the plan's order
            ends(&b, full->job[i], "ok", .5);
            CHECK(agenda_follow(&agenda, full, &error));
        }
        for (size_t i = 0; i < 3; i++) { // trials before the finals that are known by now
            CHECK(agenda_next(&agenda, INFINITY, NAN) == bitfit->job[i]);
            bitfit->job[i]->running = true;
        }
        for (size_t i = 0; i < 2; i++) {
            Job *next = agenda_next(&agenda, INFINITY, NAN);
            CHECK(next && !next->trial && next->setting == full &&
                  next->decided.seed == (int64_t)i + 1);
            if (next)
                next->running = true;
        }
        CHECK(agenda_next(&agenda, INFINITY, NAN) == NULL);
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

static void a_trial_that_fails_twice_is_the_worst_and_the_search_goes_on(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, HEAD "methods: full\nsearch: {trials: 3}\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        SettingRuns *full = agenda.setting;
        ends(&b, full->job[0], "ok", .5);
        ends(&b, full->job[1], "failed", .9);
        ends(&b, full->job[2], "ok", .4);
        full->job[1]->attempts = 1;
        CHECK(agenda_follow(&agenda, full, &error) && !full->finals);
        CHECK(agenda_next(&agenda, INFINITY, NAN) == full->job[1]);
        ends(&b, full->job[1], "timeout", NAN);
        full->job[1]->running = true; // as while a third attempt were on its way
        CHECK(agenda_follow(&agenda, full, &error) && !full->finals);
        full->job[1]->running = false;
        CHECK(agenda_follow(&agenda, full, &error) && full->finals && full->best == 0);
        CHECK_TEXT(agenda.job[3]->decided.winner_on_edge, "yes");
        // It is not tried again, by a later command neither: finals are, as nothing follows from
        // them.
        full->job[1]->attempts = 0;
        Job *next = agenda_next(&agenda, INFINITY, NAN);
        CHECK(next == agenda.job[3]);
        ends(&b, agenda.job[3], "failed", NAN);
        ends(&b, agenda.job[3], "failed", NAN);
        ends(&b, agenda.job[4], "ok", .5);
        CHECK(agenda_next(&agenda, INFINITY, NAN) == agenda.job[3]);
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

static void a_search_in_which_nothing_worked_finds_no_rate(void)
{
    static const char *const status[] = { "diverged", "failed", "diverged" };
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, HEAD "methods: full\nsearch: {trials: 3}\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        SettingRuns *full = agenda.setting;
        for (size_t i = 0; i < 3; i++)
            ends(&b, full->job[i], status[i], .9);
        CHECK(agenda_follow(&agenda, full, &error) && agenda_following(&agenda) == 2);
        ends(&b, full->job[1], "failed", .9);
        CHECK(agenda_follow(&agenda, full, &error) && full->fruitless && !full->finals);
        CHECK(agenda.jobs == 3 && agenda_following(&agenda) == 0);
        CHECK(agenda_next(&agenda, INFINITY, NAN) == NULL);
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

static void longer_steps_have_a_longer_timeout(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, "name: a\nmodels: tiny\ntasks: ./few\nseeds: 1\nmethods: full\n"
                       "train: {min_steps: 2, epochs: 1, batch: 8, timeout: 100}\n"
                       "search: {trials: 2}\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        SettingRuns *full = agenda.setting;
        ends(&b, full->job[0], "ok", .5);
        CHECK(agenda_follow(&agenda, full, &error) && full->known == 2);
        ends(&b, full->job[1], "ok", .6);
        CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 3);
        CHECK(agenda.job[0]->request.protocol.timeout == 100);
        CHECK(agenda.job[1]->request.protocol.timeout == 400);
        CHECK(agenda.job[2]->request.protocol.timeout == 400);
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

// A longest run of 4 x 3000 epochs is none that a command takes; five trials have none.
static void steps_are_bounded_where_there_is_a_longer_trial(void)
{
    static const char *const set[] = { "search.trials=5", "search.trials=8" };
    Bench b;
    if (!bench_new(&b, "name: a\nmodels: tiny\ntasks: ./few\nseeds: 1\nmethods: full\n"
                       "train: {epochs: 3000, batch: 32}\nsearch:\n"))
        return;
    b.options.dry_run = true;
    b.options.sets = 1;
    for (size_t i = 0; i < 2; i++) {
        b.options.set = &set[i];
        CHECK(drive_whole(&b) == (i ? 2 : 0));
    }
    CHECK(said(&b, "4 times 3000 epochs, of the longest trial, are over 10000"));
    arena_free(b.arena);
}

static void a_rate_that_is_given_is_not_searched(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    if (!bench_new(&b, HEAD "methods: {full: {lr: [1e-3, 2e-3]}, bitfit: {head_lr: 1e-2}}\n"
                            "search: {trials: 1}\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        CHECK(agenda.settings == 3);
        CHECK_TEXT(agenda.setting[0].no_trials, "its rate is given");
        CHECK_TEXT(agenda.setting[1].no_trials, "its rate is given");
        CHECK(!agenda.setting[2].no_trials && agenda.setting[2].known == 1);
        const Row *trial = &agenda.setting[2].job[0]->decided;
        CHECK(trial->lr == 8e-3 && trial->head_lr == 1e-2); // the head's own rate stays
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

static void finals_alone_train_on_tune(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, "name: both\nmodels: tiny\ntasks: ./few\nseeds: 1\nmethods: full\n"
                       "train: {min_steps: 2, epochs: 1, batch: 8, train_on: train+tune}\n"
                       "search: {trials: 1}\n"))
        return;
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        SettingRuns *full = agenda.setting;
        CHECK_TEXT(full->job[0]->decided.train_on, "train");
        ends(&b, full->job[0], "ok", .5);
        CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 2);
        CHECK_TEXT(agenda.job[1]->decided.train_on, "train+tune");
        CHECK(agenda.job[1]->decided.train_n == 40 && agenda.job[0]->decided.train_n == 32);
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

static void shards_are_disjoint_and_complete_and_keep_settings_whole(void)
{
    Bench b;
    if (!bench_new(&b, HEAD "methods: {null: , head: , lora: {rank: [2, 4]}, bitfit: }\n"
                            "search: {trials: 1}\n"))
        return;
    for (size_t count = 1; count <= 6; count++) {
        int seen[5] = { 0 };
        size_t jobs = 0;
        for (size_t index = 0; index < count; index++) {
            Spec spec;
            Agenda agenda;
            if (make(&b, (Shard){ index, count }, &spec, &agenda)) {
                for (size_t k = 0; k < agenda.settings; k++)
                    seen[agenda.setting[k].number]++;
                jobs += agenda.jobs + agenda_following(&agenda);
            }
            agenda_close(&agenda);
        }
        for (size_t k = 0; k < 5; k++)
            CHECK(seen[k] == 1);
        CHECK(jobs == 4 * (1 + 2) + 2);
    }
    arena_free(b.arena);
}

// 20 flops a second; the first needs 5 s, the second 2.
static void a_run_that_would_end_too_late_is_passed_over(void)
{
    Row ok = { .status = "ok", .model = "tiny", .method = "full", .wall_s = 2 };
    Job job[] = { { .flops = 40, .row = &ok }, { .flops = 100 }, { .flops = 40 } };
    Job *list[] = { &job[0], &job[1], &job[2] };
    Agenda agenda = { .job = list, .jobs = 3 };
    for (int i = 1; i < 3; i++) {
        job[i].decided.model = "tiny";
        job[i].decided.method = "full";
        job[i].request.protocol.timeout = NAN;
    }
    CHECK(agenda_next(&agenda, 5.1, NAN) == &job[1]);
    CHECK(agenda_next(&agenda, 4.9, NAN) == &job[2]);
    CHECK(agenda_next(&agenda, 1.9, NAN) == NULL);
    job[1].request.protocol.timeout = 1; // it is given up by then
    CHECK(agenda_next(&agenda, 1.9, NAN) == &job[1]);
    agenda.jobs = 2;
    list[0] = &job[2];
    job[1].request.protocol.timeout = NAN;
    CHECK(agenda_next(&agenda, 2.9, NAN) == &job[2]); // nothing is known of the rate
    CHECK(agenda_next(&agenda, 2.9, 10) == NULL);
    CHECK(agenda_next(&agenda, 4.1, 10) == &job[2]);
}

// ---- the driver

#define SEARCHED HEAD "methods: [null, full]\nsearch: {trials: 4}\n"

static void a_searched_sweep_runs_trials_and_then_the_winner(void)
{
    Bench b;
    size_t count;
    if (!bench_new(&b, SEARCHED))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows rows = runs_of(&b, b.options.out);
    if (CHECK(rows.count == 4 + 4)) {
        size_t best = 0;
        for (size_t i = 0; i < 4; i++) {
            const Row *row = &rows.row[i];
            CHECK_TEXT(row->stage, "trial");
            CHECK(isnan(row->score) && !isnan(row->tune_score) && row->seed == 0);
            best = row->tune_score > rows.row[best].tune_score ||
                           (row->tune_score == rows.row[best].tune_score &&
                            row->loss < rows.row[best].loss)
                       ? i
                       : best;
        }
        for (size_t i = 4; i < 8; i++) {
            const Row *row = &rows.row[i];
            bool full = i % 2;
            CHECK_TEXT(row->method, full ? "full" : "null");
            CHECK(row->seed == (int64_t)(i - 4) / 2 + 1 && !isnan(row->score));
            CHECK(!full || (row->lr == rows.row[best].lr && row->trials == 4 &&
                            !strcmp(row->winner_key, rows.row[best].key)));
        }
    }
    CHECK(printed(&b, "small: 8 of 8 runs, 8 ok\n"));
    names_in(&b, "predictions", ".csv", &count);
    CHECK(count == 4);
    names_in(&b, "curves", ".csv", &count);
    CHECK(count == 6);
    CHECK(strstr(text_of(&b, b.options.out, "plan.csv"),
                 ",trial,0,tiny,few,full,full.embeddings=yes,0.0005,"));
    const char *state = state_of_rows(&b);
    b.options.jobs = 1;
    CHECK(drive_whole(&b) == 0); // nothing is left
    CHECK_TEXT(state_of_rows(&b), state);
    b.options.out = path_join(b.arena, b.folder, "one");
    CHECK(drive_whole(&b) == 0);
    same_rows(runs_of(&b, b.options.out), rows);
    arena_free(b.arena);
}

// Lessons L1. The rows of trials are the same to the last cell; finals differ in their scores
// alone.
static void other_labels_of_dev_and_test_choose_the_same(void)
{
    static const char *const files[] = { "few/dev.csv", "few/test.csv" };
    Bench b;
    if (!bench_new(&b, "name: small\nmodels: tiny\ntasks: ./few\nseeds: 1\nmethods: full\n" TRAIN
                       "search: {trials: 3}\n"))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows first = runs_of(&b, b.options.out);
    for (int i = 0; i < 2; i++) {
        char *text = arena_text(b.arena, text_of(&b, b.folder, files[i]));
        const char *turned = "";
        size_t lines;
        char **line = text_split(b.arena, text, '\n', &lines);
        for (size_t l = 0; l + 1 < lines; l++) {
            char *comma = strrchr(line[l], ',');
            const char *label = !strcmp(comma, ",yes")  ? ",no"
                                : !strcmp(comma, ",no") ? ",yes"
                                                        : comma;
            turned =
                arena_format(b.arena, "%s%.*s%s\n", turned, (int)(comma - line[l]), line[l], label);
        }
        write_text(path_join(b.arena, b.folder, files[i]), turned);
    }
    b.options.out = path_join(b.arena, b.folder, "turned");
    CHECK(drive_whole(&b) == 0);
    Rows second = runs_of(&b, b.options.out);
    if (CHECK(first.count == 4 && second.count == 4))
        for (size_t i = 0; i < 4; i++) {
            const Row *a = &first.row[i], *c = &second.row[i];
            CHECK_TEXT(c->key, a->key);
            CHECK(row_same(a, c, NULL) == (i < 3)); // the last is the final
            CHECK(a->lr == c->lr && a->params_changed == c->params_changed);
            if (i == 3)
                CHECK_TEXT(c->winner_key, a->winner_key);
            CHECK(a->tune_score == c->tune_score);
        }
    arena_free(b.arena);
}

static void copy_rows(const Bench *b, const char *from, const char *to)
{
    CHECK(system(arena_format(b->arena, "cd '%s' && mkdir -p '%s' && cp -R '%s'/. '%s'", b->folder,
                              to, from, to)) == 0);
}

static void rows_of_two_machines_join_by_copying(void)
{
    Bench b;
    if (!bench_new(&b, HEAD "methods: [null, full, bitfit]\nsearch: {trials: 1}\n"))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows whole = runs_of(&b, b.options.out);
    for (size_t i = 0; i < 2; i++) {
        b.options.shard = (Shard){ i, 2 };
        b.options.out = arena_format(b.arena, "%s/part%zu", b.folder, i);
        CHECK(drive_whole(&b) == 0);
        CHECK(runs_of(&b, b.options.out).count < whole.count);
    }
    b.options.shard = (Shard){ 0 };
    b.options.out = path_join(b.arena, b.folder, "joined");
    static const char *const folders[] = { "rows", "scores", "curves", "predictions" };
    for (size_t i = 0; i < 8; i++)
        copy_rows(&b, arena_format(b.arena, "part%zu/%s", i / 4, folders[i % 4]),
                  arena_format(b.arena, "joined/%s", folders[i % 4]));
    const char *state = state_of_rows(&b);
    CHECK(drive_whole(&b) == 0);
    CHECK_TEXT(state_of_rows(&b), state);
    same_rows(runs_of(&b, b.options.out), whole);
    arena_free(b.arena);
}

// One trial fails twice: the search and its finals are done, and stay as they are.
static void a_search_with_a_failed_trial_is_done_once(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, HEAD "methods: full\nsearch: {trials: 3}\n"))
        return;
    before(&b, "*\"--lr 0.000158\"*) exit 7;;");
    CHECK(drive_whole(&b) == 1);
    CHECK(said(&b, "1 of 5 runs did not end ok"));
    Rows rows = runs_of(&b, b.options.out);
    const char *state = state_of_rows(&b), *plan = text_of(&b, b.options.out, "plan.csv");
    CHECK(rows.count == 5);
    b.options.image = b.program;
    CHECK(drive_whole(&b) == 1);
    CHECK(!strstr(text_of(&b, b.folder, "stderr"), " of no run "));
    CHECK_TEXT(state_of_rows(&b), state);
    CHECK_TEXT(text_of(&b, b.options.out, "plan.csv"), plan);
    same_rows(runs_of(&b, b.options.out), rows);
    b.options.dry_run = true;
    CHECK(drive_whole(&b) == 0 && printed(&b, "small: 5 runs, 5 finished, 0 to do\n"));
    b.options.dry_run = false;
    b.options.commands = true;
    CHECK(drive_whole(&b) == 0);
    CHECK_TEXT(text_of(&b, b.folder, "stdout"), "");
    b.options.commands = false;
    // Without its row the trial is to be done, and what followed from it is kept meanwhile.
    for (size_t i = 0; i < rows.count; i++)
        if (!strcmp(rows.row[i].status, "failed"))
            unlink(arena_format(b.arena, "%s/rows/%s.csv", b.options.out, rows.row[i].key));
    if (make(&b, (Shard){ 0 }, &spec, &agenda)) {
        CHECK(agenda.jobs == 3 && agenda_following(&agenda) == 2);
        CHECK(agenda_write(&agenda, &error) && runs_of(&b, b.options.out).count == 4);
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

static void a_shard_leaves_the_rows_of_the_others_in_the_table(void)
{
    Bench b;
    if (!bench_new(&b, HEAD "methods: [null, full, bitfit]\nsearch: {trials: 1}\n"))
        return;
    CHECK(drive_whole(&b) == 0);
    size_t whole = runs_of(&b, b.options.out).count;
    const char *state = state_of_rows(&b);
    b.options.shard = (Shard){ 0, 2 };
    CHECK(drive_whole(&b) == 0);
    CHECK(!strstr(text_of(&b, b.folder, "stderr"), " of no run "));
    CHECK(whole == 2 + 3 + 3 && runs_of(&b, b.options.out).count == whole);
    CHECK_TEXT(state_of_rows(&b), state);
    arena_free(b.arena);
}

static void a_sweep_that_finds_no_rate_says_so(void)
{
    Bench b;
    if (!bench_new(&b, HEAD "methods: full\nsearch: {trials: 1}")) // without a line end
        return;
    before(&b, "*trial*) exit 7;;");
    const char *const set[] = { "train.batch=16" };
    b.options.set = set;
    b.options.sets = 1;
    CHECK(drive_whole(&b) == 1);
    CHECK(said(&b, "full tiny ./few: no trial ended ok, so there is no rate and there are no "
                   "finals; a trial whose row is removed is done again\n"));
    CHECK(printed(&b, "small: 1 of 1 runs, 1 failed\n"));
    CHECK(strstr(text_of(&b, b.options.out, "spec.yaml"), "}\n# --set train.batch=16\n") != NULL);
    arena_free(b.arena);
}

// Another machine has finished the run while it crashes here.
static void a_finished_row_is_not_replaced_by_a_crash(void)
{
    Bench b;
    if (!bench_new(&b, HEAD "methods: null\n"))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows whole = runs_of(&b, b.options.out);
    b.options.out = path_join(b.arena, b.folder, "later");
    // The row that comes is of a ninth attempt there.
    before(&b, "*null*) for f in out/rows/*; do sed 's/,ok,1,/,ok,9,/' $f >later/rows/${f##*/}; "
               "done; exit 7;;");
    CHECK(drive_whole(&b) == 0);
    same_rows(runs_of(&b, b.options.out), whole);
    arena_free(b.arena);
}

static void rates_are_taken_over_from_an_earlier_sweep(void)
{
    Bench b;
    size_t trials = 0;
    if (!bench_new(&b, SEARCHED))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows first = runs_of(&b, b.options.out);
    const char *const set[] = { "search={from: out}", "train.batch=4", "seeds=[1, 2]" };
    b.options.set = set;
    b.options.sets = 3;
    b.options.out = path_join(b.arena, b.folder, "later");
    CHECK(drive_whole(&b) == 0);
    Rows later = runs_of(&b, b.options.out);
    CHECK(later.count == 4);
    for (size_t i = 0; i < later.count; i++) {
        trials += !strcmp(later.row[i].stage, "trial");
        if (!strcmp(later.row[i].method, "full") && first.count == 8) {
            CHECK(later.row[i].batch == 4 && later.row[i].lr == first.row[5].lr);
            CHECK_TEXT(later.row[i].winner_key, first.row[5].winner_key);
            CHECK_TEXT(later.row[i].lr_source, "searched");
            CHECK(later.row[i].trials == 4 && later.row[i].search_s == first.row[5].search_s);
        }
    }
    CHECK(trials == 0);
    b.options.dry_run = true;
    CHECK(drive_whole(&b) == 0);
    CHECK(printed(&b, "full tiny ./few: no trials: its rate is taken over; batch differs\n"));
    b.options.dry_run = false;
    const char *const own_seed[] = { "search={from: out}", "seeds=[0, 1]" };
    b.options.set = own_seed;
    b.options.sets = 2;
    CHECK(drive_whole(&b) == 2);
    CHECK(said(&b, "full tiny ./few: seed 0 is the trials' own in out; should be others than the "
                   "search's\n"));
    const char *const untrained[] = { "search={from: out}", "train.pretrained=no" };
    b.options.set = untrained;
    CHECK(drive_whole(&b) == 2);
    CHECK(said(&b, "out: has no search of full tiny ./few but with pretrained yes; should be one "
                   "with pretrained no\n"));
    const char *const missing[] = { "search={from: out}", "methods=[null, full, bitfit]" };
    b.options.set = missing;
    b.options.sets = 2;
    CHECK(drive_whole(&b) == 2);
    CHECK(said(&b, "out: has no searched row of bitfit tiny ./few; should be a sweep that searched "
                   "it\n"));
    b.options.set = (const char *const[]){ "search={from: nowhere}" };
    b.options.sets = 1;
    CHECK(drive_whole(&b) == 2 && said(&b, "nowhere: no such folder"));
    arena_free(b.arena);
}

// The default wins a search of one: its finals are the runs that were there before the search.
static void a_result_that_is_there_gets_its_search_beside_it(void)
{
    Bench b;
    if (!bench_new(&b, HEAD "methods: full\n"))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows before_it = runs_of(&b, b.options.out);
    const char *const set[] = { "search.trials=1" };
    b.options.set = set;
    b.options.sets = 1;
    CHECK(drive_whole(&b) == 0);
    Rows after = runs_of(&b, b.options.out);
    if (CHECK(before_it.count == 2 && after.count == 3))
        for (size_t i = 0; i < 2; i++) {
            CHECK_TEXT(before_it.row[i].lr_source, "default");
            CHECK_TEXT(after.row[i + 1].lr_source, "searched");
            CHECK_TEXT(after.row[i + 1].winner_key, after.row[0].key);
            CHECK_TEXT(after.row[i + 1].finished_at, before_it.row[i].finished_at);
            CHECK(after.row[i + 1].wall_s == before_it.row[i].wall_s);
        }
    CHECK(said(&b, "full tiny ./few: the best rate, 0.0005, is the lowest that was tried\n"));
    b.options.sets = 0; // and loses it with the search
    CHECK(drive_whole(&b) == 0);
    same_rows(runs_of(&b, b.options.out), before_it);
    arena_free(b.arena);
}

static void a_dry_run_counts_what_follows(void)
{
    Bench b;
    if (!bench_new(&b, HEAD "methods: [null, full]\nsearch:\n"))
        return;
    b.options.dry_run = true;
    CHECK(drive_whole(&b) == 0);
    CHECK(printed(&b,
                  "search: 8 trials a setting on seed 0\n"
                  "  null tiny ./few: no trials: its method has no rate\n"
                  "  full tiny ./few: lr 5e-05 0.000158 0.0005 0.00158 0.005; 0 of 8 settled\n"));
    CHECK(printed(&b, "full tiny ./few trial 5 lr 0.005: never run\n"));
    CHECK(printed(&b, "small: 12 runs, 0 finished, 7 to do, 5 that follow from their rows\n"));
    CHECK(printed(&b, "where the trial of 4 x the steps wins in every setting\n"));
    CHECK(!folder_exists(b.options.out));
    b.options.dry_run = false;
    b.options.commands = true;
    CHECK(drive_whole(&b) == 0);
    size_t lines;
    text_split(b.arena, text_of(&b, b.folder, "stdout"), '\n', &lines);
    CHECK(lines == 7 + 1);
    CHECK(printed(&b, " --stage trial"));
    CHECK(said(&b, "5 more runs follow once the rows of these are there"));
    arena_free(b.arena);
}

static void a_deadline_ends_what_runs_and_says_what_is_left(void)
{
    Bench b;
    size_t count;
    if (!bench_new(&b, HEAD "methods: bitfit\n"))
        return;
    b.options.jobs = 1;
    b.options.seconds = SANITIZED ? 20 : 4; // to begin in
    before(&b, "*bitfit*) echo x >>begun; exec sleep 60;;");
    CHECK(drive_whole(&b) == 1);
    CHECK(said(&b, "the time is up; 2 of 2 runs are left, about "));
    CHECK_TEXT(text_of(&b, b.folder, "begun"), "x\n"); // once: an end is no failure
    names_in(&b, "rows", ".csv", &count);
    CHECK(count == 0);
    CHECK(processes_are(&b, 0));
    b.options.image = b.program;
    b.options.seconds = 1000;
    CHECK(drive_whole(&b) == 0);
    arena_free(b.arena);
}

static void rows_of_another_schema_are_refused_and_not_done_again(void)
{
    Bench b;
    size_t count;
    if (!bench_new(&b, HEAD "methods: null\n"))
        return;
    CHECK(drive_whole(&b) == 0);
    const char **names = names_in(&b, "rows", ".csv", &count);
    if (CHECK(count == 2)) {
        // A column more, and a number higher, as a later program would write.
        const char *path = arena_format(b.arena, "%s/rows/%s", b.options.out, names[0]);
        char *text = read_text(b.arena, path), *line = strchr(text, '\n') + 1;
        char *comma = strchr(line, ',');
        CHECK(comma[1] == '1' && comma[2] == ',');
        comma[1] = '2';
        line[-1] = '\0';
        line[strlen(line) - 1] = '\0';
        write_text(path, arena_format(b.arena, "%s,novelty\n%s,1\n", text, line));
        const char *state = state_of_rows(&b);
        CHECK(drive_whole(&b) == 2);
        CHECK(said(&b, "schema: is 2; should be 1"));
        CHECK_TEXT(state_of_rows(&b), state);
    }
    arena_free(b.arena);
}

void suite_sweep_search(void)
{
    ADD(trials_then_the_winner_on_every_seed_follow_from_rows);
    ADD(what_two_settings_have_in_common_is_one_run);
    ADD(settings_that_differ_in_finals_alone_share_their_trials);
    ADD(a_trial_that_found_its_rows_counts_what_they_cost);
    ADD(a_setting_that_waits_for_its_last_trial_does_not_stop_others);
    ADD(a_trial_that_fails_twice_is_the_worst_and_the_search_goes_on);
    ADD(a_search_in_which_nothing_worked_finds_no_rate);
    ADD(longer_steps_have_a_longer_timeout);
    ADD(steps_are_bounded_where_there_is_a_longer_trial);
    ADD(a_rate_that_is_given_is_not_searched);
    ADD(finals_alone_train_on_tune);
    ADD(shards_are_disjoint_and_complete_and_keep_settings_whole);
    ADD(a_run_that_would_end_too_late_is_passed_over);
    ADD(a_searched_sweep_runs_trials_and_then_the_winner);
    ADD(other_labels_of_dev_and_test_choose_the_same);
    ADD(rows_of_two_machines_join_by_copying);
    ADD(a_search_with_a_failed_trial_is_done_once);
    ADD(a_shard_leaves_the_rows_of_the_others_in_the_table);
    ADD(a_sweep_that_finds_no_rate_says_so);
    ADD(a_finished_row_is_not_replaced_by_a_crash);
    ADD(rates_are_taken_over_from_an_earlier_sweep);
    ADD(steps_are_taken_over_or_not);
    ADD(a_result_that_is_there_gets_its_search_beside_it);
    ADD(a_dry_run_counts_what_follows);
    ADD(a_deadline_ends_what_runs_and_says_what_is_left);
    ADD(rows_of_another_schema_are_refused_and_not_done_again);
}
