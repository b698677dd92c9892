// test_agenda.c: what a sweep has to do, on made-up rows: nothing runs.
#include "sweep/agenda.h"
#include "tests/sweep_bench.h"
#include <math.h>

static Bench b;
static Spec spec;
static Agenda agenda;
static Error error;

static void end(void)
{
    agenda_close(&agenda);
    arena_free(b.arena);
}

// The agenda of a spec without rows. False: there is none, and nothing to end.
static bool begin(const char *text)
{
    if (!bench_new(&b, text))
        return false;
    if (bench_agenda(&b, (Shard){ 0 }, &spec, &agenda))
        return true;
    end();
    return false;
}

static void ends(Job *job, const char *status, double score)
{
    Row *row = arena_take(b.arena, 1, sizeof *row);
    *row = job->decided;
    row->status = status;
    row->attempts = job->row ? job->row->attempts + 1 : 1;
    row->tune_score = score;
    row->loss = 1;
    row->wall_s = 0.25;
    job->row = row;
    job->running = false;
}

static const char *plan_of(void)
{
    const char *text = "";
    for (size_t i = 0; i < agenda.jobs; i++)
        text = arena_format(b.arena, "%s%s\n", text, agenda.job[i]->label);
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
    if (!begin(HEAD "methods: [null, full]\nsearch:\n"))
        return;
    SettingRuns *full = &agenda.setting[1];
    CHECK_TEXT(plan_of(), arena_format(b.arena, "%s%s", grid, rest));
    CHECK_TEXT(agenda.setting[0].no_trials, "its method has no rate");
    CHECK(agenda_following(&agenda) == 3 + 2);
    const double score[] = { .5, .6, .7, .8 };
    for (size_t i = 0; i < 4; i++)
        ends(full->job[i], "ok", score[i]);
    CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 7);
    ends(full->job[4], "diverged", NAN);
    CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 9);
    ends(full->job[6], "ok", .9); // halfway to the better neighbour is number 6, this is 7
    CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 9);
    ends(full->job[5], "ok", .75);
    CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 10);
    CHECK(agenda_following(&agenda) == 2);
    CHECK(full->job[7]->request.protocol.epochs == 4 &&
          full->job[7]->request.protocol.min_steps == 8);
    ends(full->job[7], "ok", .95);
    CHECK(agenda_follow(&agenda, full, &error) && agenda_following(&agenda) == 0);
    CHECK_TEXT(plan_of(), arena_format(b.arena,
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
        CHECK_TEXT(row->search_space, "lr 5e-05 0.000158 0.0005 0.000889 0.00158 0.00281 0.005; "
                                      "4 x steps at 0.00281");
        CHECK_CLOSE(row->search_s, 8 * 0.25, 0);
    }
    const Row *trial = &full->job[0]->decided;
    CHECK(trial->seed == 0 && trial->init_seed == 0 && trial->test_n == WHOLE_UNKNOWN);
    CHECK_TEXT(trial->stage, "trial");
    CHECK_TEXT(trial->eval_split, "tune");
    end();
}

// A search whose longer trial won, in rows that were written and read: one of a method with options
// of its own, one without. Another sweep takes over the rate with as many steps, or the rate alone.
static void steps_are_taken_over_or_not(void)
{
    if (!begin(HEAD "methods: [head, lora]\nsearch: {trials: 8}\n"))
        return;
    const char *rows = path_join(b.arena, b.options.out, "rows");
    CHECK(folder_make(rows, &error));
    for (size_t s = 0; s < agenda.settings; s++)
        for (size_t i = 0; i < 8; i++) {
            ends(agenda.setting[s].job[i], "ok", 0.5 + 0.01 * (double)i);
            CHECK(agenda_follow(&agenda, &agenda.setting[s], &error));
        }
    for (size_t i = 0; i < agenda.jobs; i++) {
        if (!agenda.job[i]->row)
            ends(agenda.job[i], "ok", 0.6);
        const Row *row = agenda.job[i]->row;
        CHECK(row_write(arena_format(b.arena, "%s/%s.csv", rows, row->key), row, &error));
    }
    agenda_close(&agenda);
    static const char *const from[] = { "search={from: out}", "search={from: out, steps: own}" };
    for (int own = 0; own < 2; own++) {
        const char *const set[] = { from[own], "train.batch=4" };
        b.options.set = set;
        b.options.sets = 2;
        b.options.out = path_join(b.arena, b.folder, "later");
        if (bench_agenda(&b, (Shard){ 0 }, &spec, &agenda)) {
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
    if (!begin("name: a\nmodels: tiny\ntasks: ./few\nseeds: 2\nmethods: full\n"
               "train: {min_steps: 0, epochs: [1, 4], batch: 8}\nsearch: {trials: 8}\n"))
        return;
    SettingRuns *one = &agenda.setting[0], *four = &agenda.setting[1];
    const double score[] = { .5, .6, .7, .6, .5, .6, .6 };
    for (size_t i = 0; i < 5; i++)
        ends(one->job[i], "ok", score[i]);
    CHECK(agenda_follow(&agenda, one, &error) && one->known == 7);
    for (size_t i = 5; i < 7; i++)
        ends(one->job[i], "ok", score[i]);
    CHECK(agenda_follow(&agenda, one, &error) && one->known == 8);
    CHECK(one->job[7] == four->job[2] && one->job[7]->setting == four);
    CHECK(agenda.jobs == 7 + 5 && agenda_following(&agenda) == 2 + 3 + 2);
    for (size_t i = 0; i < 5; i++)
        if (four->job[i] != one->job[7])
            ends(four->job[i], "ok", score[i]);
    ends(one->job[7], "ok", .9); // it alone was waited for, and by both
    CHECK(agenda_follow_run(&agenda, one->job[7], &error));
    CHECK(one->finals && one->best == 7 && four->known == 7 && agenda.jobs == 7 + 7 + 2);
    ends(four->job[5], "ok", .6);
    ends(four->job[6], "ok", .6);
    CHECK(agenda_follow(&agenda, four, &error) && four->known == 8);
    ends(four->job[7], "ok", .8);
    CHECK(agenda_follow(&agenda, four, &error) && four->finals && four->best == 2);
    CHECK(agenda.jobs == 8 + 7 + 2 && agenda_following(&agenda) == 0);
    for (size_t i = 15; i < 17; i++) { // told as the first setting's
        CHECK(agenda.job[i]->setting == one && !agenda.job[i]->trial);
        CHECK(agenda.job[i]->decided.epochs == 4 && agenda.job[i]->decided.steps == 16);
    }
    end();
}

// Both settings' trials train on train alone: they are the same, and their finals are not.
static void settings_that_differ_in_finals_alone_share_their_trials(void)
{
    if (!begin("name: a\nmodels: tiny\ntasks: ./few\nseeds: 1\nmethods: full\n"
               "train: {min_steps: 2, epochs: 1, batch: 8, train_on: [train, train+tune]}\n"
               "search: {trials: 1}\n"))
        return;
    CHECK(agenda.jobs == 1 && agenda_following(&agenda) == 2);
    ends(agenda.job[0], "ok", .5);
    CHECK(agenda_follow_run(&agenda, agenda.job[0], &error));
    if (CHECK(agenda.jobs == 3)) {
        CHECK_TEXT(agenda.job[1]->decided.train_on, "train");
        CHECK_TEXT(agenda.job[2]->decided.train_on, "train+tune");
    }
    end();
}

// Another trial has left the rows of the frozen bottom; the next search may have to compute them.
static void a_trial_that_found_its_rows_counts_what_they_cost(void)
{
    if (!begin(HEAD "methods: head\nsearch: {trials: 3}\n"))
        return;
    SettingRuns *head = &agenda.setting[0];
    for (size_t i = 0; i < 3 && CHECK(i < head->known); i++) {
        ends(head->job[i], "ok", .5);
        Row *row = (Row *)(uintptr_t)head->job[i]->row; // made by ends()
        row->load_s = 0.125, row->train_s = 0.0625;
        if (i == 1)
            row->feature_s = 3;
        CHECK(agenda_follow(&agenda, head, &error));
    }
    if (CHECK(head->finals && agenda.jobs == 3 + 2))
        CHECK_CLOSE(agenda.job[3]->decided.search_s, 0.25 + 3.1875 + 0.25, 1e-3);
    end();
}

static void a_setting_that_waits_for_its_last_trial_does_not_stop_others(void)
{
    if (!begin(HEAD "methods: [full, bitfit]\nsearch: {trials: 3}\n"))
        return;
    SettingRuns *full = &agenda.setting[0], *bitfit = &agenda.setting[1];
    for (size_t i = 0; i < 3; i++) {
        CHECK(agenda_next(&agenda, INFINITY, NAN) == full->job[i]); // the plan's order
        ends(full->job[i], "ok", .5);
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
    end();
}

static void a_trial_that_fails_twice_is_the_worst_and_the_search_goes_on(void)
{
    if (!begin(HEAD "methods: full\nsearch: {trials: 3}\n"))
        return;
    SettingRuns *full = agenda.setting;
    ends(full->job[0], "ok", .5);
    ends(full->job[1], "failed", .9);
    ends(full->job[2], "ok", .4);
    full->job[1]->attempts = 1;
    CHECK(agenda_follow(&agenda, full, &error) && !full->finals);
    CHECK(agenda_next(&agenda, INFINITY, NAN) == full->job[1]);
    ends(full->job[1], "timeout", NAN);
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
    ends(agenda.job[3], "failed", NAN);
    ends(agenda.job[3], "failed", NAN);
    ends(agenda.job[4], "ok", .5);
    CHECK(agenda_next(&agenda, INFINITY, NAN) == agenda.job[3]);
    end();
}

static void a_search_in_which_nothing_worked_finds_no_rate(void)
{
    static const char *const status[] = { "diverged", "failed", "diverged" };
    if (!begin(HEAD "methods: full\nsearch: {trials: 3}\n"))
        return;
    SettingRuns *full = agenda.setting;
    for (size_t i = 0; i < 3; i++)
        ends(full->job[i], status[i], .9);
    CHECK(agenda_follow(&agenda, full, &error) && agenda_following(&agenda) == 2);
    ends(full->job[1], "failed", .9);
    CHECK(agenda_follow(&agenda, full, &error) && full->fruitless && !full->finals);
    CHECK(agenda.jobs == 3 && agenda_following(&agenda) == 0);
    CHECK(agenda_next(&agenda, INFINITY, NAN) == NULL);
    end();
}

static void longer_steps_have_a_longer_timeout(void)
{
    if (!begin("name: a\nmodels: tiny\ntasks: ./few\nseeds: 1\nmethods: full\n"
               "train: {min_steps: 2, epochs: 1, batch: 8, timeout: 100}\n"
               "search: {trials: 2}\n"))
        return;
    SettingRuns *full = agenda.setting;
    ends(full->job[0], "ok", .5);
    CHECK(agenda_follow(&agenda, full, &error) && full->known == 2);
    ends(full->job[1], "ok", .6);
    CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 3);
    CHECK(agenda.job[0]->request.protocol.timeout == 100);
    CHECK(agenda.job[1]->request.protocol.timeout == 400);
    CHECK(agenda.job[2]->request.protocol.timeout == 400);
    end();
}

// A longest run of 4 x 3000 epochs is none that a command takes; five trials have none.
static void steps_are_bounded_where_there_is_a_longer_trial(void)
{
    static const char *const set[] = { "search.trials=5", "search.trials=8" };
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
    if (!begin(HEAD "methods: {full: {lr: [1e-3, 2e-3]}, bitfit: {head_lr: 1e-2}}\n"
                    "search: {trials: 1}\n"))
        return;
    CHECK(agenda.settings == 3);
    CHECK_TEXT(agenda.setting[0].no_trials, "its rate is given");
    CHECK_TEXT(agenda.setting[1].no_trials, "its rate is given");
    CHECK(!agenda.setting[2].no_trials && agenda.setting[2].known == 1);
    const Row *trial = &agenda.setting[2].job[0]->decided;
    CHECK(trial->lr == 8e-3 && trial->head_lr == 1e-2); // the head's own rate stays
    end();
}

static void finals_alone_train_on_tune(void)
{
    if (!begin("name: both\nmodels: tiny\ntasks: ./few\nseeds: 1\nmethods: full\n"
               "train: {min_steps: 2, epochs: 1, batch: 8, train_on: train+tune}\n"
               "search: {trials: 1}\n"))
        return;
    SettingRuns *full = agenda.setting;
    CHECK_TEXT(full->job[0]->decided.train_on, "train");
    ends(full->job[0], "ok", .5);
    CHECK(agenda_follow(&agenda, full, &error) && agenda.jobs == 2);
    CHECK_TEXT(agenda.job[1]->decided.train_on, "train+tune");
    CHECK(agenda.job[1]->decided.train_n == 40 && agenda.job[0]->decided.train_n == 32);
    end();
}

static void shards_are_disjoint_and_complete_and_keep_settings_whole(void)
{
    if (!bench_new(&b, HEAD "methods: {null: , head: , lora: {rank: [2, 4]}, bitfit: }\n"
                            "search: {trials: 1}\n"))
        return;
    for (size_t count = 1; count <= 6; count++) {
        int seen[5] = { 0 };
        size_t jobs = 0;
        for (size_t index = 0; index < count; index++) {
            if (bench_agenda(&b, (Shard){ index, count }, &spec, &agenda)) {
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
    agenda = (Agenda){ .job = list, .jobs = 3 };
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

static void a_trial_comes_before_a_final_and_then_the_least_tried(void)
{
    Row failed = { .status = "failed" }, ok = { .status = "ok" },
        diverged = { .status = "diverged" };
    Job job[] = { { .row = &ok },
                  { .row = &failed, .attempts = 1 },
                  { .row = &diverged },
                  { .running = true },
                  { .row = &failed },
                  { .row = NULL },
                  { .row = &failed, .attempts = 2 },
                  { .row = &failed, .attempts = 1, .trial = true },
                  { .trial = true } };
    enum { JOBS = sizeof job / sizeof *job };
    Job *list[JOBS];
    for (size_t i = 0; i < JOBS; i++)
        list[i] = &job[i];
    agenda = (Agenda){ .job = list, .jobs = JOBS };
    const size_t order[] = { 8, 7, 4, 5, 1 };
    for (size_t i = 0; i < 5; i++) {
        Job *next = agenda_next(&agenda, INFINITY, NAN);
        CHECK(next == &job[order[i]]);
        if (next)
            next->running = true;
    }
    CHECK(agenda_next(&agenda, INFINITY, NAN) == NULL);
}

// Worked by hand. 10 flops in 1 s and 30 in 1 s by the same method: 20 a second. With lora's 100 in
// 8 s the model's rows make 140 in 10 s: 14. With the other model's 60 in 30 s: 200 in 40 s: 5.
static void a_rate_comes_from_the_nearest_rows(void)
{
    static const struct {
        const char *model, *method, *status;
        double flops, seconds;
    } rows[] = {
        { "tiny", "full", "ok", 10, 1 },      { "tiny", "full", "ok", 30, 1 },
        { "tiny", "lora", "ok", 100, 8 },     { "mini", "lora", "ok", 60, 30 },
        { "tiny", "full", "failed", 9, NAN }, { "tiny", "full", "diverged", 900, 1 },
    };
    Row row[sizeof rows / sizeof *rows];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row_clear(&row[i]);
        row[i].model = rows[i].model;
        row[i].method = rows[i].method;
        row[i].status = rows[i].status;
        row[i].flops = rows[i].flops;
        row[i].wall_s = rows[i].seconds;
    }
    const Row *stray[sizeof rows / sizeof *rows];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        stray[i] = &row[i];
    agenda = (Agenda){ .stray = stray, .strays = sizeof rows / sizeof *rows };
    Job job = { 0 };
    int kind;
    row_clear(&job.decided);
    job.decided.model = "tiny";
    job.decided.method = "full";
    CHECK_CLOSE(agenda_rate(&agenda, &job, 7, &kind), 20, 0);
    CHECK(kind == 0);
    job.decided.method = "head";
    CHECK_CLOSE(agenda_rate(&agenda, &job, 7, &kind), 14, 0);
    CHECK(kind == 1);
    job.decided.model = "base";
    CHECK_CLOSE(agenda_rate(&agenda, &job, 7, &kind), 5, 0);
    CHECK(kind == 2);
    agenda.strays = 0;
    CHECK_CLOSE(agenda_rate(&agenda, &job, 7, &kind), 7, 0);
    CHECK(kind == 3);
    // Of a planned run the evaluation counts, too, as it does in what is to be done.
    Job done = { .flops = 15, .row = &row[0] }, *only = &done;
    agenda.job = &only;
    agenda.jobs = 1;
    CHECK_CLOSE(agenda_rate(&agenda, &job, 7, &kind), 15, 0);
}

void suite_agenda(void)
{
    ADD(trials_then_the_winner_on_every_seed_follow_from_rows);
    ADD(steps_are_taken_over_or_not);
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
    ADD(a_trial_comes_before_a_final_and_then_the_least_tried);
    ADD(a_rate_comes_from_the_nearest_rows);
}
