// test_check.c: tunemark check: each planted fault is found, by its own finding and no other; and
// the warning that a run gives of rows that stand in train.
#include "base/text.h"
#include "data/check.h"
#include "tests/program.h"
#include "tests/run_bench.h"
#include <math.h>
#include <string.h>

// ---- a task in memory, to be spoilt and written

enum { TRAIN = 800, HELD = 300, TEXT = 512 };

typedef struct {
    char text[TRAIN][TEXT], text_b[TRAIN][TEXT]; // text_b: of a pair
    char answer[TRAIN][16];
    size_t rows;
} Rows;

typedef struct {
    Arena *arena;
    Rows *part; // SPLITS of them
    bool pairs, scores, unlabelled_test;
    const char *description; // the yaml's own lines; NULL: a plain folder
    Task task;
    Dataset dataset;
    Check check;
    Finding finding[MOST_FINDINGS];
    size_t findings;
    Error error;
} Spoilt;

// Eight words a text, so that none lies in another; two of ten texts have the other label's words,
// so that there is something to find for a bag of words, and not everything.
static void sentence(char text[TEXT], bool good, uint64_t *random)
{
    static const char *const who[] = { "film",   "story", "meal",  "room", "singer",
                                       "answer", "park",  "train", "book", "house",
                                       "road",   "song",  "game" };
    static const char *const how[][6] = { { "dull", "awful", "broken", "cold", "poor", "grim" },
                                          { "lovely", "bright", "kind", "fine", "warm", "good" } };
    int at = 0;
    bool kind = mix(random) % 10 < 2 ? !good : good;
    for (int i = 0; i < 4; i++)
        at += snprintf(text + at, (size_t)(TEXT - at), "%s%s %s", i ? " " : "",
                       how[kind][mix(random) % 6], who[mix(random) % 13]);
}

static void spoilt_open(Spoilt *s)
{
    uint64_t random = 7;
    *s = (Spoilt){ .arena = arena_new(ARENA_RUN, &s->error) };
    s->part = arena_zero(s->arena, SPLITS, sizeof *s->part);
    for (Split p = SPLIT_TRAIN; p < SPLITS; p++) {
        s->part[p].rows = p == SPLIT_TRAIN ? TRAIN : HELD;
        for (size_t i = 0; i < s->part[p].rows; i++) {
            bool good = i % 2;
            sentence(s->part[p].text[i], good, &random);
            sentence(s->part[p].text_b[i], good, &random);
            snprintf(s->part[p].answer[i], sizeof *s->part[p].answer, "%s", good ? "good" : "bad");
        }
    }
}

// Scores from 0 to 5 in place of labels, higher where words are good.
static void with_scores(Spoilt *s)
{
    uint64_t random = 3;
    s->scores = true;
    for (Split p = SPLIT_TRAIN; p < SPLITS; p++)
        for (size_t i = 0; i < s->part[p].rows; i++)
            snprintf(s->part[p].answer[i], sizeof *s->part[p].answer, "%.1f",
                     (double)(i % 2) * 2.5 + 0.5 * (double)(mix(&random) % 6));
}

static void copy_row(Spoilt *s, Split from, size_t row, Split to, size_t at)
{
    const Rows *a = &s->part[from];
    Rows *b = &s->part[to];
    memcpy(b->text[at], a->text[row], TEXT);
    memcpy(b->text_b[at], a->text_b[row], TEXT);
    memcpy(b->answer[at], a->answer[row], sizeof *a->answer);
}

static const char *spoilt_write(Spoilt *s)
{
    const char *folder = path_join(s->arena, test_folder(), "task");
    CHECK(folder_make(folder, &s->error));
    for (Split p = SPLIT_TRAIN; p < SPLITS; p++) {
        if (s->part[p].rows == 0)
            continue;
        bool labelled = p != SPLIT_TEST || !s->unlabelled_test;
        FILE *out = fopen(arena_format(s->arena, "%s/%s.csv", folder, split_names[p]), "we");
        fprintf(out, "text%s%s\n", s->pairs ? ",text_b" : "",
                labelled ? (s->scores ? ",score" : ",label") : "");
        for (size_t i = 0; i < s->part[p].rows; i++) {
            fprintf(out, "\"%s\"", s->part[p].text[i]);
            if (s->pairs)
                fprintf(out, ",\"%s\"", s->part[p].text_b[i]);
            fprintf(out, labelled ? ",%s\n" : "\n", s->part[p].answer[i]);
        }
        fclose(out);
    }
    if (!s->description)
        return folder;
    const char *files = s->part[SPLIT_TUNE].rows
                            ? "files: {train: train.csv, tune: tune.csv, dev: dev.csv}"
                            : "files: {train: train.csv, dev: dev.csv}";
    const char *yaml = path_join(s->arena, folder, "task.yaml");
    write_text(yaml,
               arena_format(s->arena, "version: 1\nfolder: .\n%s\n%s\n", files, s->description));
    return yaml;
}

static bool spoilt_check(Spoilt *s, int64_t max_length)
{
    const char *home = home_folder(s->arena);
    Tokenizer *tokenizer =
        tokenizer_read(s->arena, path_join(s->arena, home, "models/bundled/tiny"), &s->error);
    bool ok = tokenizer && task_find(s->arena, home, spoilt_write(s), &s->task, &s->error) &&
              dataset_read(s->arena, &s->task, &s->dataset, &s->error) &&
              check_data(s->arena, tokenizer, &s->task, &s->dataset, max_length, 512, &s->check,
                         &s->error);
    if (!CHECK(ok))
        printf("%s\n", s->error.text);
    s->findings = ok ? check_findings(s->arena, &s->check, s->finding) : 0;
    return ok;
}

static const Finding *about(const Spoilt *s, const char *name)
{
    static const Finding none = { VERDICT_OK, "", "", "" };
    for (size_t i = 0; i < s->findings; i++)
        if (!strcmp(s->finding[i].about, name))
            return &s->finding[i];
    return &none;
}

// Exactly the findings of `expected` ("overlap wrong, parts look") are not ok; each that is not has
// an advice, and each that is has none.
static void check_findings_are(const Spoilt *s, const char *expected)
{
    char found[256] = "";
    for (size_t i = 0; i < s->findings; i++) {
        const Finding *f = &s->finding[i];
        CHECK((f->verdict == VERDICT_OK) == (f->advice == NULL));
        if (f->verdict != VERDICT_OK)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s %s",
                     *found ? ", " : "", f->about, verdict_names[f->verdict]);
    }
    if (!CHECK_TEXT(found, expected))
        for (size_t i = 0; i < s->findings; i++)
            printf("%s %s: %s\n", verdict_names[s->finding[i].verdict], s->finding[i].about,
                   s->finding[i].text);
}

static void check_says(const Spoilt *s, const char *name, const char *part)
{
    const Finding *finding = about(s, name);
    if (!CHECK(strstr(finding->text, part) != NULL))
        printf("%s: \"%s\" has no \"%s\"\n", name, finding->text, part);
}

// ---- no fault

static void a_clean_task_is_ok(void)
{
    Spoilt s;
    spoilt_open(&s);
    if (spoilt_check(&s, 128)) {
        check_findings_are(&s, "");
        CHECK_TEXT(about(&s, "rows")->text, "train 800, tune 300, dev 300, test 300");
        CHECK_TEXT(about(&s, "overlap")->text, "no row stands in two splits");
        CHECK(s.check.label[SPLIT_DEV][1] == 150 && s.check.value[CHECK_groups][SPLIT_DEV] == 300);
        // Eight of ten rows can be told, and are: to three standard errors.
        for (Split p = SPLIT_TUNE; p < SPLITS; p++)
            CHECK_CLOSE(s.check.value[CHECK_probe][p], 0.8, 0.07);
        CHECK_CLOSE(s.check.gap.value,
                    s.check.value[CHECK_probe][SPLIT_TUNE] - s.check.value[CHECK_probe][SPLIT_DEV],
                    1e-12);
        CHECK(s.dataset.label_reads[SPLIT_DEV] == 1 && s.dataset.label_reads[SPLIT_TEST] == 1);
    }
    arena_free(s.arena);
}

// Eight words of train's are ten tokens with [CLS] and [SEP], or some more.
static void only_what_is_longer_is_cut(void)
{
    Spoilt s;
    spoilt_open(&s);
    if (spoilt_check(&s, 128)) {
        double most = s.check.value[CHECK_tokens_max][SPLIT_TRAIN];
        CHECK(s.check.value[CHECK_tokens_min][SPLIT_TRAIN] == 10 && 10 < most && most < 20);
        CHECK(spoilt_check(&s, (int64_t)most) && s.check.value[CHECK_truncated][SPLIT_TRAIN] == 0);
        CHECK(spoilt_check(&s, 9) && s.check.value[CHECK_truncated][SPLIT_TRAIN] == TRAIN);
    }
    arena_free(s.arena);
}

static void bundled_tasks_are_ok(void)
{
    static const char *const names[] = { "reviews", "reviews-hard", "topics", "entail",
                                         "similarity" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Spoilt s = { .findings = 0 };
        s.arena = arena_new(ARENA_RUN, &s.error);
        Tokenizer *tokenizer = tokenizer_read(s.arena, "models/bundled/tiny", &s.error);
        if (CHECK(tokenizer && task_find(s.arena, "datasets", names[i], &s.task, &s.error) &&
                  dataset_read(s.arena, &s.task, &s.dataset, &s.error) &&
                  check_data(s.arena, tokenizer, &s.task, &s.dataset, 128, 512, &s.check,
                             &s.error))) {
            s.findings = check_findings(s.arena, &s.check, s.finding);
            check_findings_are(&s, "");
        }
        arena_free(s.arena);
    }
}

// ---- planted faults

static void rows_of_dev_in_train(Spoilt *s)
{
    for (size_t i = 0; i < 10; i++)
        copy_row(s, SPLIT_TRAIN, 2 * i, SPLIT_DEV, 2 * i);
}

static void capitals_and_blanks(Spoilt *s)
{
    rows_of_dev_in_train(s);
    for (size_t i = 0; i < 20; i += 2) {
        char *text = s->part[SPLIT_DEV].text[i], *blank = strchr(text, ' ');
        memmove(blank + 2, blank + 1, strlen(blank)); // one more
        blank[1] = '\t';
        text[0] = (char)(text[0] - 'a' + 'A');
    }
}

static void one_row_of_dev_in_train(Spoilt *s)
{
    copy_row(s, SPLIT_TRAIN, 5, SPLIT_DEV, 5);
}

static void rows_of_tune_in_train(Spoilt *s)
{
    for (size_t i = 0; i < 10; i++)
        copy_row(s, SPLIT_TRAIN, i, SPLIT_TUNE, i);
}

static void rows_of_dev_in_tune(Spoilt *s)
{
    for (size_t i = 0; i < 10; i++)
        copy_row(s, SPLIT_TUNE, i, SPLIT_DEV, i);
}

static void rows_of_test_in_dev(Spoilt *s)
{
    for (size_t i = 0; i < 10; i++)
        copy_row(s, SPLIT_DEV, i, SPLIT_TEST, i);
}

static void copies_within_train(Spoilt *s)
{
    for (size_t i = 0; i < 10; i++)
        copy_row(s, SPLIT_TRAIN, i, SPLIT_TRAIN, 100 + i);
}

// The copy of a row has the other label: as many of each label as before.
static void two_labels_of_a_text(Spoilt *s)
{
    for (size_t i = 0; i < 10; i++) {
        copy_row(s, SPLIT_TRAIN, i, SPLIT_TRAIN, 101 + i);
        memcpy(s->part[SPLIT_TRAIN].answer[101 + i], i % 2 ? "bad\0" : "good", 5);
    }
}

static void long_rows(Spoilt *s)
{
    for (size_t i = 0; i < 60; i++) {
        char *text = s->part[SPLIT_TRAIN].text[i];
        while (strlen(text) < 200)
            strcat(text, " film");
    }
}

static void a_class_that_dev_lacks(Spoilt *s)
{
    s->description = "labels: [bad, good, odd]";
    for (size_t i = 0; i < 30; i++) {
        memcpy(s->part[SPLIT_TRAIN].answer[i], "odd", 4);
        memcpy(s->part[SPLIT_TUNE].answer[i], "odd", 4);
    }
}

static void a_class_that_train_lacks(Spoilt *s)
{
    s->description = "labels: [bad, good, odd]";
    for (size_t i = 0; i < 30; i++) {
        memcpy(s->part[SPLIT_DEV].answer[i], "odd", 4);
        memcpy(s->part[SPLIT_TUNE].answer[i], "odd", 4);
    }
}

static void one_answer_nearly_always(Spoilt *s)
{
    for (Split p = SPLIT_TRAIN; p < SPLITS; p++)
        for (size_t i = 0; i < s->part[p].rows; i++)
            memcpy(s->part[p].answer[i], i % 20 ? "good" : "bad\0", 5);
}

static void other_shares_on_dev(Spoilt *s)
{
    uint64_t random = 11;
    for (size_t i = 0; i < 60; i++) { // rows of their own, to keep what a bag of words gets
        sentence(s->part[SPLIT_DEV].text[2 * i], true, &random);
        memcpy(s->part[SPLIT_DEV].answer[2 * i], "good", 5);
    }
}

static void an_easy_tune(Spoilt *s)
{
    static const char *const word[] = { "awful", "lovely" };
    for (size_t i = 0; i < HELD; i++)
        snprintf(s->part[SPLIT_TUNE].text[i], TEXT, "%s %s %s row %zu of the easy ones",
                 word[i % 2], word[i % 2], word[i % 2], i);
}

static void a_hard_tune(Spoilt *s)
{
    for (size_t i = 0; i < HELD; i++)
        snprintf(s->part[SPLIT_TUNE].text[i], TEXT, "row %zu of the ones that say nothing", i);
}

// Each text of tune is the end of one of train, with its label: as by a cut by text on SST-2.
static void phrases_of_train_in_tune(Spoilt *s)
{
    for (size_t i = 0; i < HELD; i++) {
        copy_row(s, SPLIT_TRAIN, i, SPLIT_TUNE, i);
        const char *end = strchr(s->part[SPLIT_TRAIN].text[i], ' ') + 1;
        memmove(s->part[SPLIT_TUNE].text[i], end, strlen(end) + 1);
    }
}

static void an_empty_text(Spoilt *s)
{
    memcpy(s->part[SPLIT_DEV].text[3], " ", 2);
}

static void another_script(Spoilt *s)
{
    for (size_t i = 0; i < HELD; i++)
        snprintf(s->part[SPLIT_DEV].text[i] + strlen(s->part[SPLIT_DEV].text[i]), 32,
                 " \xe1\x8a\xa0\xe1\x88\x9b\xe1\x88\xad\xe1\x8a\x9b");
}

static void few_rows(Spoilt *s)
{
    s->part[SPLIT_DEV].rows = 100;
}

typedef struct {
    void (*plant)(Spoilt *);
    const char *found, *about, *says;
} Fault;

// In a clean task, or what `first` makes of it.
static void fault_is_found(const Fault *fault, void (*first)(Spoilt *), int64_t max_length)
{
    Spoilt s;
    spoilt_open(&s);
    if (first)
        first(&s);
    fault->plant(&s);
    if (spoilt_check(&s, max_length)) {
        check_findings_are(&s, fault->found);
        check_says(&s, fault->about, fault->says);
    }
    arena_free(s.arena);
}

static void every_planted_fault_is_found_and_nothing_else(void)
{
    static const Fault of[] = {
        { rows_of_dev_in_train, "overlap wrong", "overlap",
          "10 of 300 rows of dev stand in train" },
        { capitals_and_blanks, "overlap wrong", "overlap",
          "10 of 300 rows of dev stand in train (but for case and blanks)" },
        { one_row_of_dev_in_train, "overlap look", "overlap",
          "1 of 300 rows of dev stand in train" },
        { rows_of_tune_in_train, "overlap wrong", "overlap",
          "10 of 300 rows of tune stand in train" },
        { rows_of_dev_in_tune, "overlap wrong", "overlap", "10 of 300 rows of dev stand in tune" },
        { rows_of_test_in_dev, "overlap look", "overlap", "10 of 300 rows of test stand in dev" },
        { copies_within_train, "repeats look", "repeats",
          "10 of 800 rows of train repeat a row before them" },
        { two_labels_of_a_text, "repeats look, conflicts look", "conflicts",
          "20 of 800 rows of train stand elsewhere with another label" },
        { long_rows, "lengths look", "lengths", "7.5 % of the rows of train are cut at 32 tokens" },
        { a_class_that_dev_lacks, "labels look", "labels", "no row of dev is 'odd'" },
        { a_class_that_train_lacks, "labels wrong", "labels", "no row of train is 'odd'" },
        { one_answer_nearly_always, "labels look", "labels",
          "the best constant answer has accuracy 95.0 on dev" },
        { other_shares_on_dev, "labels look", "labels", "'bad' is 50.0 % of train, 30.0 % of dev" },
        { an_easy_tune, "gap wrong", "gap", "naive Bayes has accuracy 100.0 on tune" },
        { a_hard_tune, "gap look", "gap", "naive Bayes has accuracy 50.0 on tune" },
        { phrases_of_train_in_tune, "parts wrong", "parts",
          "300 of 300 rows of tune within a longer text of train" },
        { an_empty_text, "texts look", "texts", "1 of 300 rows of dev have an empty text" },
        { another_script, "texts look", "texts", "none is empty; " },
        { few_rows, "rows look", "rows",
          "on 100 rows accuracy has a standard error of up to 5.0 points" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        fault_is_found(&of[i], NULL, 32);
}

// Lessons, L6: ten rows, two of which share a sentence with train.
static void pairs_that_share_a_sentence_are_counted(void)
{
    Spoilt s;
    spoilt_open(&s);
    s.pairs = true;
    s.part[SPLIT_DEV].rows = 10;
    memcpy(s.part[SPLIT_DEV].text[2], s.part[SPLIT_TRAIN].text_b[40], TEXT);
    memcpy(s.part[SPLIT_DEV].text_b[7], s.part[SPLIT_TRAIN].text[41], TEXT);
    if (spoilt_check(&s, 128)) {
        check_says(&s, "parts", "2 of 10 rows of dev with either text in train");
        CHECK(s.check.value[CHECK_part_in_train][SPLIT_TUNE] == 0);
        CHECK(isnan(s.check.value[CHECK_group_in_train][SPLIT_DEV]));
        CHECK(s.check.value[CHECK_in_train][SPLIT_DEV] == 0);
    }
    arena_free(s.arena);
}

static void a_standard_error_is_that_of_the_metric(void)
{
    static const struct {
        const char *metric, *says;
    } of[] = {
        { "accuracy", "on 100 rows accuracy has a standard error of up to 5.0 points" },
        { "matthews", "on 100 rows matthews has a standard error of about 10.0 points" },
        { "f1", "on 100 rows accuracy has a standard error of up to 5.0 points, and f1, which is" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Spoilt s;
        spoilt_open(&s);
        s.description =
            arena_format(s.arena, "labels: [bad, good]\npositive: good\nmetric: %s", of[i].metric);
        few_rows(&s);
        if (spoilt_check(&s, 32))
            check_says(&s, "rows", of[i].says);
        arena_free(s.arena);
    }
}

// Pairs of few first texts. A tune that is cut by whole rows shares its first texts with train, one
// that is cut by premise does not. A plain folder is cut by whole rows and has no key for another
// group.
static void a_tune_that_is_cut_through_groups_is_found(void)
{
    static const char *const described[] = {
        "columns: {text: text, text_b: text_b, label: label}\nlabels: [bad, good]\ngroup: text",
        "columns: {text: text, text_b: text_b, label: label}\nlabels: [bad, good]\ngroup: premise",
        NULL,
    };
    static const char *const advice[] = {
        "group: linked in the task's description, or a tune file made as dev was",
        NULL,
        "group: linked in a description of this folder (datasets/README.md), or a tune file",
    };
    for (int how = 0; how < 3; how++) {
        Spoilt s;
        bool by_group = how == 1;
        spoilt_open(&s);
        s.pairs = true;
        s.part[SPLIT_TUNE].rows = 0;
        s.description = described[how];
        for (size_t i = 0; i < TRAIN; i++)
            memcpy(s.part[SPLIT_TRAIN].text[i], s.part[SPLIT_TRAIN].text[i % 100], TEXT);
        if (spoilt_check(&s, 128)) {
            CHECK(about(&s, "parts")->verdict == (by_group ? VERDICT_OK : VERDICT_WRONG));
            CHECK(*about(&s, "groups")->text == (by_group ? 'n' : '\0')); // "no row with ..."
            CHECK(by_group || strstr(about(&s, "parts")->advice, advice[how]) != NULL);
            if (!by_group)
                check_says(&s, "parts", "80 of 80 rows of tune with either text in train");
            else
                CHECK(s.check.value[CHECK_largest_group][SPLIT_TUNE] == 8);
        }
        arena_free(s.arena);
    }
}

static void first_texts_of_train_in_tune_are_groups_in_two_splits(void)
{
    Spoilt s;
    spoilt_open(&s);
    s.pairs = true;
    s.description = "columns: {text: text, text_b: text_b, label: label}\n"
                    "labels: [bad, good]\ngroup: premise";
    for (size_t i = 0; i < 60; i++)
        memcpy(s.part[SPLIT_TUNE].text[i], s.part[SPLIT_TRAIN].text[i], TEXT);
    if (spoilt_check(&s, 128)) {
        check_findings_are(&s, "groups wrong, parts wrong");
        check_says(&s, "groups", "60 of 300 rows of tune with a first text of train");
        CHECK(!strstr(about(&s, "parts")->advice, "group")); // tune has a file: no group cuts it
    }
    arena_free(s.arena);
}

// ---- scores

static void a_task_of_scores_is_checked_like_one_of_labels(void)
{
    Spoilt s;
    spoilt_open(&s);
    with_scores(&s);
    s.unlabelled_test = true;
    if (spoilt_check(&s, 128)) {
        check_findings_are(&s, "");
        check_says(&s, "scores", "0 to 5, mean 2.5");
        check_says(&s, "rows", "test 300 (no labels)");
        check_says(&s, "gap", "naive Bayes has spearman ");
        CHECK(s.check.value[CHECK_probe][SPLIT_DEV] > 0.3);
        CHECK(isnan(s.check.value[CHECK_probe][SPLIT_TEST]) && !s.check.label[SPLIT_TRAIN]);
        CHECK(s.check.value[CHECK_tokens_min][SPLIT_TEST] > 0);
        CHECK(s.dataset.label_reads[SPLIT_TEST] == 0);
    }
    arena_free(s.arena);
}

static void equal_scores(Spoilt *s)
{
    for (size_t i = 0; i < HELD; i++)
        memcpy(s->part[SPLIT_DEV].answer[i], "2", 2);
}

static void equal_scores_of_train(Spoilt *s)
{
    for (size_t i = 0; i < TRAIN; i++)
        memcpy(s->part[SPLIT_TRAIN].answer[i], "2", 2);
}

static void higher_scores(Spoilt *s)
{
    for (size_t i = 0; i < HELD; i++)
        s->part[SPLIT_DEV].answer[i][0]++;
}

static void two_scores_of_a_text(Spoilt *s)
{
    for (size_t i = 0; i < 10; i++) {
        copy_row(s, SPLIT_TRAIN, i, SPLIT_TRAIN, 100 + i);
        memcpy(s->part[SPLIT_TRAIN].answer[i], i < 5 ? "2.3" : "1.0", 4);
        memcpy(s->part[SPLIT_TRAIN].answer[100 + i], i < 5 ? "2.7" : "4.0", 4); // a tenth: 0.5
    }
}

static void faults_of_scores_are_found(void)
{
    static const Fault of[] = {
        { equal_scores, "scores wrong, gap wrong", "scores", "every score of dev is 2" },
        { equal_scores_of_train, "scores wrong", "scores", "every score of train is 2" },
        { higher_scores, "scores look", "scores", "1 to 6" },
        { two_scores_of_a_text, "repeats look, conflicts look", "conflicts",
          "10 of 800 rows of train stand elsewhere with a score more than a tenth away" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        fault_is_found(&of[i], with_scores, 128);
}

// ---- the command

static void the_page_and_its_csv_say_the_same(void)
{
    Spoilt s;
    spoilt_open(&s);
    rows_of_dev_in_train(&s);
    const char *folder = spoilt_write(&s);
    Said page = program(s.arena, NULL, "check %s", folder),
         csv = program(s.arena, NULL, "check %s --csv", folder);
    CHECK(page.status == 0 && !*page.err && csv.status == 0 && !*csv.err);
    CHECK(strstr(page.out, "\nwrong  overlap   10 of 300 rows of dev stand in train\n"));
    CHECK(strstr(page.out, "\nalso in train                                      0     10  3.3%"));
    CHECK(strstr(page.out, "nothing\nmay be chosen"));
    CHECK(!strncmp(csv.out, "split,measure,value\n,task,task\n", 31));
    CHECK(strstr(csv.out, "\n,verdict:overlap,wrong\n") && strstr(csv.out, "\ndev,in_train,10\n") &&
          strstr(csv.out, "\ndev,label:good,150\n") && strstr(csv.out, "\n,metric,accuracy\n"));
    size_t lines, widest = 0;
    char **line = text_split(s.arena, page.out, '\n', &lines);
    for (size_t i = 0; i < lines; i++)
        widest = utf8_columns(line[i], strlen(line[i])) > widest
                     ? utf8_columns(line[i], strlen(line[i]))
                     : widest;
    CHECK(widest <= 80);
    CHECK(program(s.arena, NULL, "check %s --strict", folder).status == 1);
    arena_free(s.arena);
    spoilt_open(&s);
    CHECK(program(s.arena, NULL, "check %s --strict", spoilt_write(&s)).status == 0);
    arena_free(s.arena);
}

// RoBERTa's table has rows for positions that no text uses: a run reads two tokens less than it.
static void texts_are_cut_where_a_run_cuts_them(void)
{
    Spoilt s;
    spoilt_open(&s);
    const char *task = spoilt_write(&s), *folder = path_join(s.arena, task, "roberta");
    Bytes words;
    CHECK(folder_make(folder, &s.error));
    CHECK(file_read(s.arena, "models/bundled/tiny/vocab.txt", &words, &s.error));
    write_text(path_join(s.arena, folder, "vocab.txt"), (const char *)words.data);
    write_text(path_join(s.arena, folder, "config.json"),
               "{\"model_type\": \"roberta\", \"vocab_size\": 8192, \"hidden_size\": 8,"
               " \"num_hidden_layers\": 1, \"num_attention_heads\": 2, \"intermediate_size\": 8,"
               " \"max_position_embeddings\": 34, \"type_vocab_size\": 1,"
               " \"hidden_act\": \"gelu\", \"hidden_dropout_prob\": 0,"
               " \"attention_probs_dropout_prob\": 0, \"layer_norm_eps\": 1e-5}");
    Said said = program(s.arena, NULL, "check %s --model %s --csv", task, folder);
    CHECK(said.status == 0 && strstr(said.out, "\n,max_length,32\n"));
    arena_free(s.arena);
}

static void a_wrong_question_is_refused(void)
{
    static const struct {
        const char *words, *part;
    } of[] = {
        { "check", "task: is not given; should be as in: tunemark check reviews" },
        { "check reviews topics", "topics: is a second task" },
        { "check --task reviews", "--task: is not given here" },
        { "check no-such-task", "'no-such-task'" },
        { "check reviews --model none", "model: 'none' is not found" },
        { "check reviews --max-length 4", "max-length: 4 is out of range" },
        { "check reviews --csvv", "--csvv: is unknown; should be --csv" },
    };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        CHECK_REFUSED(program(arena, NULL, "%s", of[i].words), 2, of[i].part);
    const char *folder = path_join(arena, test_folder(), "odd");
    CHECK(folder_make(folder, &error));
    write_text(path_join(arena, folder, "train.csv"), "text,label\na,x\nb,y\nc,x\nd,y\n");
    write_text(path_join(arena, folder, "dev.csv"), "text,label\na,z\n");
    CHECK_REFUSED(program(arena, NULL, "check %s", folder), 2, "dev.csv:2: label: 'z' is unknown");
    write_text(path_join(arena, folder, "dev.csv"), "text,label\n,x\n"); // the least there can be
    Said said = program(arena, NULL, "check %s --strict", folder);
    CHECK(said.status == 1 || said.status == 0);
    CHECK(strstr(said.out, "look   texts     1 of 1 rows of dev have an empty text") &&
          !strstr(said.out, "nan"));
    arena_free(arena);
}

// ---- a run's warning

// Dev is not in the key: with rows of train in dev it is the same run, and says so.
static void a_run_warns_of_rows_that_stand_in_train(void)
{
    Bench b = run_bench();
    Spoilt s;
    spoilt_open(&s);
    Done clean = run_on(&b, spoilt_write(&s), "head", NULL);
    rows_of_dev_in_train(&s);
    Done warned = run_on(&b, spoilt_write(&s), "head", NULL);
    Done trial = run_on(&b, spoilt_write(&s), "head", SETTINGS("stage", "trial")); // no dev in it
    CHECK_TEXT(warned.row.status, "ok");
    CHECK_TEXT(warned.row.warnings, "10 of 300 rows of dev stand in train");
    CHECK_TEXT(warned.row.key, clean.row.key);
    CHECK(!clean.row.warnings && !trial.row.warnings);
    rows_of_tune_in_train(&s);
    trial = run_on(&b, spoilt_write(&s), "head", SETTINGS("stage", "trial"));
    CHECK_TEXT(trial.row.warnings, "10 of 300 rows of tune stand in train");
    arena_free(s.arena);
    arena_free(b.arena);
}

void suite_check(void)
{
    ADD(a_clean_task_is_ok);
    ADD(only_what_is_longer_is_cut);
    ADD(bundled_tasks_are_ok);
    ADD(every_planted_fault_is_found_and_nothing_else);
    ADD(pairs_that_share_a_sentence_are_counted);
    ADD(a_standard_error_is_that_of_the_metric);
    ADD(a_tune_that_is_cut_through_groups_is_found);
    ADD(first_texts_of_train_in_tune_are_groups_in_two_splits);
    ADD(a_task_of_scores_is_checked_like_one_of_labels);
    ADD(faults_of_scores_are_found);
    ADD(the_page_and_its_csv_say_the_same);
    ADD(texts_are_cut_where_a_run_cuts_them);
    ADD(a_wrong_question_is_refused);
    ADD(a_run_warns_of_rows_that_stand_in_train);
}
