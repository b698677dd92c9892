// test_sweep_search.c: sweeps that search, by the driver; test_agenda.c has what follows from which
// rows.
#include "base/text.h"
#include "tests/program.h"
#include "tests/sweep_bench.h"
#include "tests/row_same.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

// Its rates are ten times the default's; the one that both searches try is run once.
static void a_search_may_be_about_another_rate(void)
{
    Bench b;
    if (!bench_new(&b, HEAD "methods: full\nsearch: {trials: 3}\n"))
        return;
    CHECK(drive_whole(&b) == 0);
    write_text(b.options.spec, HEAD "methods: full\nsearch: {trials: 3, around: 10}\n");
    CHECK(drive_whole(&b) == 0);
    Rows rows = runs_of(&b, b.options.out);
    static const double rate[] = { 0.00158, 0.005, 0.0158 }; // 0.0005 x 10 x 10^(-1/2 0 1/2)
    for (size_t i = 0; i < 3 && CHECK(rows.count >= 3); i++)
        CHECK(rows.row[i].lr == rate[i] && !strcmp(rows.row[i].stage, "trial"));
    size_t files;
    names_in(&b, "rows", ".csv", &files);
    CHECK(files >= 3 + 3 - 1 + 2);
    write_text(b.options.spec, HEAD "methods: full\nsearch: {trials: 3, around: 1000}\n");
    CHECK(drive_whole(&b) == ERROR_INPUT);
    CHECK(said(&b, "around 1000 would try rates up to 50, above 10; should be nearer to 1"));
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
    if (bench_agenda(&b, (Shard){ 0 }, &spec, &agenda)) {
        CHECK(agenda.jobs == 3 && agenda_following(&agenda) == 2);
        CHECK(agenda_write(&agenda, &error) && runs_of(&b, b.options.out).count == 4);
    }
    agenda_close(&agenda);
    arena_free(b.arena);
}

// The longer trial wins. Its search is not settled once the first trial's row is removed, and what
// followed from it is kept meanwhile: by a part of the sweep, too, and by the one without it.
static void rows_behind_a_trial_to_do_again_are_awaited(void)
{
    Bench b;
    Spec spec;
    Agenda agenda;
    Error error;
    if (!bench_new(&b, HEAD "methods: [full, bitfit]\nsearch: {trials: 2}\n"))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows rows = runs_of(&b, b.options.out);
    if (!CHECK(rows.count == 2 * (2 + 2)))
        return;
    for (size_t i = 0; i < rows.count; i++) {
        Row row = rows.row[i];
        const char *path = row_file(b.arena, b.options.out, "rows", row.key);
        bool longer = row.min_steps == 2 * LONGER;
        row.tune_score = longer; // 0 of the shorter one
        if (!strcmp(row.stage, "trial"))
            CHECK(row_write(path, &row, &error));
    }
    CHECK(drive_whole(&b) == 0);
    rows = runs_of(&b, b.options.out);
    CHECK_TEXT(rows.row[0].method, "full");
    CHECK_TEXT(rows.row[4].winner_key, rows.row[2].key);
    b.options.dry_run = true;
    b.options.set = (const char *const[]){ "search={trials: 2, around: 10}" };
    b.options.sets = 1;
    CHECK(drive_whole(&b) == 0 && said(&b, " rows of no run ")); // those are of another search
    CHECK(!strstr(text_of(&b, b.folder, "stderr"), "trials to do again"));
    b.options.sets = 0;
    unlink(row_file(b.arena, b.options.out, "rows", rows.row[0].key));
    for (size_t part = 0; part <= 2; part++) {
        Shard shard = part < 2 ? (Shard){ part, 2 } : (Shard){ 0 };
        if (bench_agenda(&b, shard, &spec, &agenda)) {
            CHECK(agenda_write(&agenda, &error) && runs_of(&b, b.options.out).count == 7);
            CHECK(agenda.others == (part == 0 ? 4 : part == 1 ? 3 : 0));
        }
        agenda_close(&agenda);
    }
    CHECK(drive_whole(&b) == 0);
    CHECK(said(&b, "3 rows of a search that has trials to do again; in runs.csv\n"));
    CHECK(!strstr(text_of(&b, b.folder, "stderr"), " of no run "));
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
    b.options.shard = (Shard){ 3, 4 };
    CHECK(drive_whole(&b) == 2);
    CHECK(said(&b, "--shard: 4 parts are more than the sweep has settings; should be at most 3"));
    b.options.shard = (Shard){ 0 }, b.options.slurm = 4;
    CHECK(drive_whole(&b) == 2 && said(&b, "--slurm: 4 parts are more than"));
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
    b.options.set = (const char *const[]){ "search={from: out}", "train.head_lr=0.3", "seeds=1" };
    CHECK(drive_whole(&b) == 0);
    CHECK(printed(&b, "full tiny ./few: no trials: its rate is taken over; head_lr differs\n"));
    b.options.dry_run = false;
    const char *const own_seed[] = { "search={from: out}", "seeds=[0, 1]" };
    b.options.set = own_seed;
    b.options.sets = 2;
    CHECK(drive_whole(&b) == 2);
    CHECK(said(&b, "full tiny ./few: seed 0 is the trials' own in out; should be others than the "
                   "search's\n"));
    const char *const streams[] = { "search={from: out}",   "methods=full",
                                    "train.init_seed=0",    "train.order_seed=0",
                                    "train.dropout_seed=0", "train.data_seed=0" };
    b.options.set = streams; // other numbers of the same random numbers
    b.options.sets = 6;
    CHECK(drive_whole(&b) == 2);
    CHECK(said(&b, "is the trials' own in out"));
    const char *const alike[] = {
        "search={from: out}", "methods=full",         "train.init_seed=5",
        "train.order_seed=5", "train.dropout_seed=5", "train.data_seed=5"
    };
    b.options.set = alike; // and of one another
    CHECK(drive_whole(&b) == 2);
    CHECK(said(&b, "are the same run; should be each run once"));
    b.options.set = (const char *const[]){ "search={trials: 1}", "seeds=[0, 1]" };
    b.options.sets = 2;
    CHECK(drive_whole(&b) == 2);
    CHECK(said(&b, "full tiny ./few: seed 0 is the trials' own; should be others"));
    b.options.sets = 2;
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
    CHECK(drive_whole(&b) == 2 && said(&b, "no folder nowhere"));
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
    CHECK(said(&b, "full tiny ./few: the best rate, 0.0005, is the lowest that was tried "
                   "(search: {around: 0.1} would try lower ones)\n"));
    b.options.sets = 0; // and keeps it: it went into the rate that the default is now known to be
    CHECK(drive_whole(&b) == 0);
    Rows without = runs_of(&b, b.options.out);
    CHECK(without.count == 2);
    for (size_t i = 0; i < without.count; i++)
        CHECK_TEXT(without.row[i].lr_source, "searched");
    arena_free(b.arena);
}

// `feature` chooses its own settings: the sweep has no search to say beside them.
static void a_fit_says_what_it_tried(void)
{
    Bench b;
    if (!bench_new(&b, HEAD "methods: feature\n"))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows rows = runs_of(&b, b.options.out);
    if (CHECK(rows.count == 2))
        for (size_t i = 0; i < 2; i++) {
            CHECK(rows.row[i].trials == 8 && rows.row[i].search_s >= 0);
            CHECK(rows.row[i].search_space && strstr(rows.row[i].search_space, "C=0.01,0.1,1,10"));
            CHECK(rows.row[i].winner_on_edge != NULL);
        }
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
    ADD(a_searched_sweep_runs_trials_and_then_the_winner);
    ADD(a_search_may_be_about_another_rate);
    ADD(other_labels_of_dev_and_test_choose_the_same);
    ADD(rows_of_two_machines_join_by_copying);
    ADD(a_search_with_a_failed_trial_is_done_once);
    ADD(rows_behind_a_trial_to_do_again_are_awaited);
    ADD(a_shard_leaves_the_rows_of_the_others_in_the_table);
    ADD(a_sweep_that_finds_no_rate_says_so);
    ADD(a_finished_row_is_not_replaced_by_a_crash);
    ADD(rates_are_taken_over_from_an_earlier_sweep);
    ADD(a_result_that_is_there_gets_its_search_beside_it);
    ADD(a_fit_says_what_it_tried);
    ADD(a_dry_run_counts_what_follows);
    ADD(a_deadline_ends_what_runs_and_says_what_is_left);
    ADD(rows_of_another_schema_are_refused_and_not_done_again);
}
