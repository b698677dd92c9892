// test_search.c: the ladder of trials and its winner, worked by hand on made-up outcomes.
#include "sweep/search.h"
#include "base/file.h"
#include "base/option.h"
#include "model/hooks.h"
#include "run/request.h"
#include "sweep/found.h"
#include "tests/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The quarters of the trials that are known, "-4 -2 0 2 4", a longer one with "x".
static const char *ladder(Arena *arena, size_t trials, const Outcome *outcome)
{
    Trial known[MOST_TRIALS];
    const char *text = "";
    size_t count = search_known(trials, outcome, known);
    for (size_t i = 0; i < count; i++)
        text = arena_format(arena, "%s%s%d%s", text, i ? " " : "", known[i].quarters,
                            known[i].longer ? "x" : "");
    return text;
}

static void set(Outcome *outcome, size_t count, const double *score)
{
    memset(outcome, 0, MOST_TRIALS * sizeof *outcome);
    for (size_t i = 0; i < count; i++)
        outcome[i] = (Outcome){ .settled = true, .ok = true, .score = score[i], .loss = 1 };
}

static void eight_trials_are_a_grid_two_refined_and_a_longer_one(void)
{
    static const struct {
        double score[7];
        const char *refined, *longer;
    } of[] = {
        // Best in the middle: both halfway; then the longer one at the best of seven.
        { { .5, .6, .9, .7, .5, .8, .95 }, "-4 -2 0 2 4 1 -1", "-4 -2 0 2 4 1 -1 -1x" },
        { { .5, .7, .9, .6, .5, .8, .85 }, "-4 -2 0 2 4 -1 1", "-4 -2 0 2 4 -1 1 0x" },
        { { .5, .6, .7, .9, .5, .8, .95 }, "-4 -2 0 2 4 1 3", "-4 -2 0 2 4 1 3 3x" },
        // Best at an end: outward.
        { { .9, .6, .7, .5, .5, .95, .3 }, "-4 -2 0 2 4 -6 -8", "-4 -2 0 2 4 -6 -8 -6x" },
        { { .1, .6, .7, .8, .9, .85, .95 }, "-4 -2 0 2 4 6 8", "-4 -2 0 2 4 6 8 8x" },
        { { .1, .6, .7, .8, .9, .85, .2 }, "-4 -2 0 2 4 6 8", "-4 -2 0 2 4 6 8 4x" },
    };
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    Outcome outcome[MOST_TRIALS];
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        for (size_t count = 0; count < 5; count++) {
            set(outcome, count, of[i].score);
            CHECK_TEXT(ladder(arena, 8, outcome), "-4 -2 0 2 4");
        }
        set(outcome, 5, of[i].score);
        CHECK_TEXT(ladder(arena, 8, outcome), of[i].refined);
        CHECK_TEXT(ladder(arena, 7, outcome), of[i].refined);
        set(outcome, 6, of[i].score);
        CHECK_TEXT(ladder(arena, 8, outcome), of[i].refined);
        set(outcome, 7, of[i].score);
        CHECK_TEXT(ladder(arena, 8, outcome), of[i].longer);
        CHECK_TEXT(ladder(arena, 7, outcome), of[i].refined);
        outcome[2].settled = false; // one of the grid is being done again
        CHECK_TEXT(ladder(arena, 8, outcome), "-4 -2 0 2 4");
    }
    arena_free(arena);
}

static void fewer_trials_make_a_smaller_search_that_is_as_even(void)
{
    static const char *const whole[] = {
        "0",           "0 0x",          "-2 0 2",           "-2 0 2 1",
        "-4 -2 0 2 4", "-4 -2 0 2 4 1", "-4 -2 0 2 4 1 -1", "-4 -2 0 2 4 1 -1 0x"
    };
    static const double three[] = { .5, .9, .6, .7 }, five[] = { .5, .5, .9, .6, .5, .7, .7 };
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    Outcome outcome[MOST_TRIALS];
    for (size_t trials = 1; trials <= MOST_TRIALS; trials++) {
        set(outcome,
            trials < 5   ? trials < 4 ? trials : 4
            : trials < 7 ? trials
                         : 7,
            trials < 5 ? three : five);
        if (trials < 3)
            set(outcome, 1, &five[2]);
        CHECK_TEXT(ladder(arena, trials, outcome), whole[trials - 1]);
    }
    set(outcome, 3, (const double[]){ .9, .5, .6 });
    CHECK_TEXT(ladder(arena, 4, outcome), "-2 0 2 -4");
    arena_free(arena);
}

// Five trials at -4 -2 0 2 4 and a sixth at 0 with more steps.
static void ties_go_by_loss_then_to_the_default_then_down_then_to_fewer_steps(void)
{
    static const Trial trial[] = { { -4, false }, { -2, false }, { 0, false },
                                   { 2, false },  { 4, false },  { 0, true } };
    static const struct {
        double score[6], loss[6];
        size_t best;
    } of[] = {
        { { .5, .6, .7, .9, .8, .7 }, { 1, 1, 1, 9, 1, 1 }, 3 }, // the score alone counts
        { { .5, .9, .7, .9, .8, .9 }, { 1, .3, 1, .2, 1, .4 }, 3 },
        { { .9, .5, .5, .9, .5, .5 }, { 1, 1, 1, 1, 1, 1 }, 3 }, // 2 is nearer than -4
        { { .9, .5, .5, .5, .9, .5 }, { 1, 1, 1, 1, 1, 1 }, 0 }, // as near: the smaller rate
        { { .5, .9, .5, .9, .5, .5 }, { 1, 1, 1, 1, 1, 1 }, 1 },
        { { .5, .5, .9, .5, .5, .9 }, { 1, 1, 1, 1, 1, 1 }, 2 }, // the same rate: fewer steps
        { { .5, .5, .9, .5, .5, .9 }, { 1, 1, 1, 1, 1, .9 }, 5 },
        { { .9, .9, .9, .9, .9, .9 }, { NAN, 1, NAN, 2, 1, NAN }, 1 },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Outcome outcome[6];
        for (size_t t = 0; t < 6; t++)
            outcome[t] = (Outcome){ true, true, of[i].score[t], of[i].loss[t] };
        CHECK(search_best(trial, outcome, 6) == of[i].best);
    }
}

static void what_did_not_end_ok_is_the_worst_and_counts_as_tried(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    Outcome outcome[MOST_TRIALS];
    Trial trial[MOST_TRIALS];
    set(outcome, 5, (const double[]){ .1, .2, .3, .9, .9 });
    outcome[3].ok = outcome[4].ok = false; // they diverged, whatever they scored
    CHECK_TEXT(ladder(arena, 8, outcome), "-4 -2 0 2 4 -1 1"); // -2 is a better neighbour than 2
    outcome[2].score = NAN;
    CHECK_TEXT(ladder(arena, 8, outcome), "-4 -2 0 2 4 -3 -1");
    for (size_t i = 0; i < 5; i++)
        outcome[i].ok = false; // none worked: the default is the one to go on with
    search_known(5, outcome, trial);
    CHECK(search_best(trial, outcome, 5) == 2);
    arena_free(arena);
}

static void the_edge_is_of_all_rates_tried(void)
{
    static const Trial trial[] = { { -4, false }, { 0, false }, { 4, false },
                                   { 6, false },  { 8, false }, { 6, true } };
    CHECK(search_on_edge(trial, 6, 0) && !search_on_edge(trial, 6, 1));
    CHECK(!search_on_edge(trial, 6, 2) && !search_on_edge(trial, 6, 3));
    CHECK(search_on_edge(trial, 6, 4) && !search_on_edge(trial, 6, 5));
    CHECK(search_on_edge(trial, 3, 2) && search_on_edge(trial, 4, 3));
    CHECK(search_on_edge(trial + 1, 1, 0));
}

static void rates_have_three_digits_and_are_listed_upwards(void)
{
    static const Trial trial[] = { { -4, false }, { 0, false },  { 4, false },
                                   { 1, false },  { -1, false }, { 1, true } };
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    CHECK(search_rate(5e-3, 0) == 5e-3 && search_rate(5e-3, 4) == 0.05);
    CHECK(search_rate(5e-3, -2) == 0.00158 && search_rate(3e-5, 6) == 9.49e-4);
    CHECK(search_rate(1.234567e-3, 0) == 1.23e-3);
    CHECK_TEXT(search_space(arena, 5e-3, trial, 6),
               "lr 0.0005 0.00281 0.005 0.00889 0.05; 4 x steps at 0.00889");
    CHECK_TEXT(search_space(arena, 5e-3, trial, 1), "lr 0.0005");
    arena_free(arena);
}

static void every_rate_of_every_method_is_one_that_a_run_accepts(void)
{
    const Option *lr = option_find(protocol_options, "lr");
    for (size_t m = 0; methods[m]; m++)
        for (int width = 0; width < 4; width++)
            CHECK(methods[m]->rate[width] >= 0 &&
                  search_rate(methods[m]->rate[width], 8) <= lr->high);
}

// ---- taking rates over

static Row trial_row(const char *key, double lr, int64_t epochs)
{
    Row row;
    row_clear(&row);
    row.key = key;
    row.status = "ok";
    row.stage = "trial";
    row.model = "tiny";
    row.task = "reviews";
    row.method = "lora";
    row.options = "lora.rank=8";
    row.lr = lr;
    row.lr_source = "given";
    row.epochs = epochs;
    row.min_steps = 100 * epochs;
    row.batch = 32;
    return row;
}

static Row final_row(const Row *winner, int64_t seed, int64_t limit)
{
    Row row = *winner;
    row.key = seed == 1 ? "f" : "g";
    row.stage = "final";
    row.seed = seed;
    row.train_limit = limit;
    row.lr_source = "searched";
    row.winner_key = winner->key;
    row.trials = 8;
    return row;
}

static void write_row(Arena *arena, const char *rows, const Row *from)
{
    Row row = *from;
    Error error;
    row.schema = ROW_SCHEMA;
    row.status = "ok";
    CHECK(row_write(arena_format(arena, "%s/%s.csv", rows, row.key), &row, &error));
}

static void a_folder_is_looked_for_beside_the_caller_and_then_where_the_program_has_its_own(void)
{
    Error error = { .text = "" };
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *there = path_join(arena, test_folder(), "home"),
               *rows = path_join(arena, there, "results/old/rows");
    const char *before = getenv("TUNEMARK_HOME");
    Where where = { .file = "s.yaml", .line = 7 };
    Row row = trial_row("a", 2e-3, 3);
    Rows found;
    CHECK(folder_make(rows, &error));
    write_row(arena, rows, &row);
    setenv("TUNEMARK_HOME", there, 1);
    if (!CHECK(found_read(arena, "results/old", where, &found, &error)))
        printf("%s\n", error.text);
    else
        CHECK(found.count == 1 && found.cuts == 0);
    CHECK(!found_read(arena, "results/none", where, &found, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "s.yaml:7: no folder results/none; should be the folder of");
    CHECK(!found_read(arena, "/results/old", where, &found, &error));
    if (before)
        setenv("TUNEMARK_HOME", before, 1);
    else
        unsetenv("TUNEMARK_HOME");
    arena_free(arena);
}

static void a_file_that_holds_no_row_is_left_out_and_named(void)
{
    Error error = { .text = "" };
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *there = path_join(arena, test_folder(), "some"),
               *rows = path_join(arena, there, "rows");
    Rows found;
    CHECK(folder_make(rows, &error));
    Row a = trial_row("a", 2e-3, 3), b = trial_row("b", 2e-3, 12);
    write_row(arena, rows, &a);
    write_row(arena, rows, &b);
    Bytes bytes;
    CHECK(file_read(arena, path_join(arena, rows, "b.csv"), &bytes, &error));
    CHECK(file_write_text(path_join(arena, rows, "c.csv"), (const char *)bytes.data, &error));
    CHECK(truncate(path_join(arena, rows, "b.csv"), (off_t)bytes.size - 1) == 0);
    if (CHECK(found_read(arena, there, (Where){ 0 }, &found, &error)) &&
        CHECK(found.count == 1 && found.cuts == 2)) {
        CHECK_TEXT(found.row[0].key, "a");
        CHECK(strstr(found.cut[0], "rows/b.csv: is cut; should be a whole row"));
        CHECK(strstr(found.cut[1], "rows/c.csv: holds something else; should be the one row of"));
    }
    arena_free(arena);
}

static void a_rate_is_taken_over_with_its_share_of_the_steps(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    const Row trial[] = { trial_row("a", 2e-3, 3), trial_row("b", 2e-3, 12),
                          trial_row("c", 4e-3, 3) };
    Row row[] = { trial[0], trial[1], trial[2], final_row(&trial[1], 1, 100),
                  final_row(&trial[1], 2, 100) };
    Rows rows = { .row = row, .count = 5 };
    Found found;
    Row sought = trial_row("s", 1e-3, 20); // whatever its protocol
    CHECK(found_of(arena, &rows, &sought, "there", "lora tiny reviews", &found, &error));
    CHECK(found.longer && found.final->lr == 2e-3 && found.final->trials == 8);
    row[3] = final_row(&trial[2], 1, 100);
    row[4] = final_row(&trial[2], 2, 100);
    CHECK(found_of(arena, &rows, &sought, "there", "lora tiny reviews", &found, &error));
    CHECK(!found.longer && found.final->lr == 4e-3);
    arena_free(arena);
}

// Trials of 3 and 12 epochs at one rate are of one search where all else is the same, and the short
// one is it that has four times its own steps beside it.
static void only_a_longer_trial_of_its_own_search_makes_a_winner_longer(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    const Row winner = trial_row("b", 2e-3, 12);
    Row row[] = { trial_row("a", 2e-3, 3), winner, final_row(&winner, 1, 0),
                  trial_row("d", 1e-3, 48) };
    Rows rows = { .row = row, .count = 4 };
    Found found;
    row[2].train_limit = winner.train_limit;
    CHECK(found_of(arena, &rows, &winner, "there", "it", &found, &error) && found.longer);
    CHECK_TEXT(found.differs, "");
    CHECK(found.winner == &row[1]);
    row[0].seed = 7;
    CHECK(found_of(arena, &rows, &winner, "there", "it", &found, &error) && !found.longer);
    row[0].seed = winner.seed;
    row[0].batch = 8;
    CHECK(found_of(arena, &rows, &winner, "there", "it", &found, &error) && !found.longer);
    row[0].batch = winner.batch;
    row[3].lr = 2e-3;
    CHECK(found_of(arena, &rows, &winner, "there", "it", &found, &error) && !found.longer);
    row[1] = trial_row("b", 2e-3, 0); // four times nothing
    rows.count = 3;
    CHECK(found_of(arena, &rows, &winner, "there", "it", &found, &error) && !found.longer);
    arena_free(arena);
}

static void a_rate_of_another_problem_is_not_taken_over(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    const Row winner = trial_row("a", 2e-3, 3);
    Row row[] = { winner, final_row(&winner, 1, 100) }, sought = winner;
    Rows rows = { .row = row, .count = 2 };
    Found found;
    row[1].pretrained = sought.pretrained = "yes";
    row[1].head = "bert";
    sought.head = "roberta";
    CHECK(!found_of(arena, &rows, &sought, "there", "it", &found, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "there: has no search of it but with head bert; should be one with head roberta");
    sought.head = "bert";
    sought.pretrained = "no";
    CHECK(!found_of(arena, &rows, &sought, "there", "it", &found, &error));
    sought.pretrained = "yes";
    sought.batch = 8;
    sought.train_limit = 100;
    CHECK(found_of(arena, &rows, &sought, "there", "it", &found, &error));
    CHECK_TEXT(found.differs, "batch");
    sought.metric = "f1";
    CHECK(found_of(arena, &rows, &sought, "there", "it", &found, &error));
    CHECK_TEXT(found.differs, "batch, metric");
    row[1].model_sha = "a";
    sought.model_sha = "b"; // another model of the same name
    CHECK(!found_of(arena, &rows, &sought, "there", "it", &found, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "there: has no search of it but with model_sha a; should be one with model_sha b");
    arena_free(arena);
}

static void of_several_searches_the_one_of_the_same_protocol_is_taken(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    const Row trial[] = { trial_row("a", 2e-3, 3), trial_row("c", 4e-3, 3) };
    Row row[] = { trial[0], trial[1], final_row(&trial[0], 1, 100), final_row(&trial[1], 1, 500) };
    Rows rows = { .row = row, .count = 4 };
    Found found;
    Row sought = trial_row("s", 1e-3, 3);
    sought.train_limit = 500;
    CHECK(found_of(arena, &rows, &sought, "there", "it", &found, &error));
    CHECK(found.final->lr == 4e-3);
    sought.train_limit = 100;
    CHECK(found_of(arena, &rows, &sought, "there", "it", &found, &error));
    CHECK(found.final->lr == 2e-3);
    sought.train_limit = 0;
    CHECK(!found_of(arena, &rows, &sought, "there", "it", &found, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "there: has several searches of it");
    arena_free(arena);
}

static void what_was_not_searched_is_not_taken_over(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 20, &error);
    const Row trial = trial_row("a", 2e-3, 3);
    Row row[] = { trial, final_row(&trial, 1, 100) }, sought = trial;
    Rows rows = { .row = row, .count = 2 };
    Found found;
    sought.options = "lora.rank=4";
    CHECK(!found_of(arena, &rows, &sought, "there", "lora tiny reviews rank 4", &found, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "there: has no searched row of lora tiny reviews rank 4");
    row[1].lr_source = "given";
    CHECK(!found_of(arena, &rows, &trial, "there", "it", &found, &error));
    row[1].lr_source = "searched";
    row[1].winner_key = "lost";
    CHECK(!found_of(arena, &rows, &trial, "there", "it", &found, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "there: the trial lost of it is missing");
    arena_free(arena);
}

void suite_search(void)
{
    ADD(eight_trials_are_a_grid_two_refined_and_a_longer_one);
    ADD(fewer_trials_make_a_smaller_search_that_is_as_even);
    ADD(ties_go_by_loss_then_to_the_default_then_down_then_to_fewer_steps);
    ADD(what_did_not_end_ok_is_the_worst_and_counts_as_tried);
    ADD(the_edge_is_of_all_rates_tried);
    ADD(rates_have_three_digits_and_are_listed_upwards);
    ADD(every_rate_of_every_method_is_one_that_a_run_accepts);
    ADD(a_folder_is_looked_for_beside_the_caller_and_then_where_the_program_has_its_own);
    ADD(a_file_that_holds_no_row_is_left_out_and_named);
    ADD(a_rate_is_taken_over_with_its_share_of_the_steps);
    ADD(only_a_longer_trial_of_its_own_search_makes_a_winner_longer);
    ADD(a_rate_of_another_problem_is_not_taken_over);
    ADD(of_several_searches_the_one_of_the_same_protocol_is_taken);
    ADD(what_was_not_searched_is_not_taken_over);
}
