// check_findings.c: from a check's numbers to what they mean and what to do about it. The bounds
// are all here.
#include "data/check.h"
#include "data/overlap.h"
#include <math.h>
#include <string.h>

// clang-format off
#define FEW_ROWS     200  // of a split that is scored
#define SHARE_APART  0.10 // of a class, between train and what is reported, and
#define ERRORS_APART 3    // so many standard errors
#define SD_APART     0.25 // between means of scores, in train's sd, and so many standard errors
#define ONE_SIDED    0.90 // accuracy of a constant answer
#define MUCH_UNKNOWN 0.05 // of the tokens
#define MUCH_CUT     0.05 // of the rows
#define MANY_ROWS    0.01 // that stand twice, or have two labels
#define MANY_SHARED  0.20 // of the rows share a part with rows of train
#define SHARED_APART 0.10 // more of tune's than of the reported rows do
#define GAP          0.03 // of the probe's score, and ERRORS_APART
// clang-format on

typedef Finding Judge(Arena *arena, const Check *check); // `text` NULL: does not apply
static Judge rows, ragged, labels, scores, texts, lengths, repeats, conflicts, overlap, groups,
    parts, gap;

static const struct {
    const char *about;
    Judge *judge;
} judges[] = {
    { "rows", rows },       { "ragged", ragged },       { "labels", labels },
    { "scores", scores },   { "texts", texts },         { "lengths", lengths },
    { "repeats", repeats }, { "conflicts", conflicts }, { "overlap", overlap },
    { "groups", groups },   { "parts", parts },         { "gap", gap },
};

const char *const verdict_names[] = { "ok", "look", "wrong" };

size_t check_findings(Arena *arena, const Check *check, Finding finding[MOST_FINDINGS])
{
    size_t count = 0;
    for (size_t j = 0; j < sizeof judges / sizeof *judges; j++) {
        Finding found = judges[j].judge(arena, check);
        found.about = judges[j].about;
        if (found.text)
            finding[count++] = found;
    }
    return count;
}

// ---- what several share

static double rows_in(const Check *check, Split s)
{
    return check->value[CHECK_rows][s];
}

static double share_of(const Check *check, Measure measure, Split s) // NAN: not measured
{
    return check->value[measure][s] / rows_in(check, s);
}

static double highest_share(const Check *check, Measure measure)
{
    double highest = 0;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        highest = fmax(highest, share_of(check, measure, s)); // NAN does not count
    return highest;
}

// "371 of 67349 rows of train, 2 of 872 of dev": the splits that have any; "" for none.
static const char *counted(Arena *arena, const Check *check, Measure measure)
{
    const char *text = "";
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        if (check->value[measure][s] > 0)
            text = arena_format(arena, "%s%s%.0f of %.0f %sof %s", text, *text ? ", " : "",
                                check->value[measure][s], rows_in(check, s), *text ? "" : "rows ",
                                split_names[s]);
    return text;
}

static Finding fine(const char *text)
{
    return (Finding){ VERDICT_OK, NULL, text, NULL };
}

static Finding look(const char *text, const char *advice)
{
    return (Finding){ VERDICT_LOOK, NULL, text, advice };
}

static Finding wrong(const char *text, const char *advice)
{
    return (Finding){ VERDICT_WRONG, NULL, text, advice };
}

// Where a key of a task's description stands, or could.
static const char *in_description(const Check *check)
{
    return check->task->description ? "in the task's description"
                                    : "in a description of this folder (datasets/README.md)";
}

// ---- the judges

// A share of n rows has sqrt(p (1 - p) / n), so at most 1 / (2 sqrt(n)); a correlation near 0 has
// about 1 / sqrt(n), Matthews' too; an F1 has no bound that is of n alone.
static const char *standard_error(Arena *arena, const Task *task, double n)
{
    const char *metric = metric_names[task->metric];
    if (task->metric == METRIC_ACCURACY)
        return arena_format(arena, "%s has a standard error of up to %.1f points", metric,
                            50 / sqrt(n));
    if (task->metric == METRIC_F1 || task->metric == METRIC_F1_MACRO)
        return arena_format(arena,
                            "accuracy has a standard error of up to %.1f points, and %s, which is "
                            "of fewer rows, mostly a larger one",
                            50 / sqrt(n), metric);
    return arena_format(arena, "%s has a standard error of about %.1f points", metric,
                        100 / sqrt(n));
}

static Finding rows(Arena *arena, const Check *check)
{
    const char *text = "";
    double fewest = INFINITY;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++) {
        if (isnan(rows_in(check, s)))
            continue;
        text = arena_format(arena, "%s%s%s %.0f%s", text, *text ? ", " : "", split_names[s],
                            rows_in(check, s), check->labelled[s] ? "" : " (no labels)");
        if (s != SPLIT_TRAIN && check->labelled[s])
            fewest = fmin(fewest, rows_in(check, s));
    }
    if (fewest >= FEW_ROWS)
        return fine(text);
    return look(arena_format(arena, "%s: on %.0f rows %s", text, fewest,
                             standard_error(arena, check->task, fewest)),
                "more rows to score on; smaller differences than that are chance");
}

static Finding ragged(Arena *arena, const Check *check)
{
    const char *text = "";
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        if (check->value[CHECK_ragged][s] > 0)
            text = arena_format(arena, "%s%s%.0f lines of %s", text, *text ? ", " : "",
                                check->value[CHECK_ragged][s], split_names[s]);
    if (!*text)
        return (Finding){ .text = NULL };
    return look(arena_format(arena, "%s are no rows, having other fields, and are left out", text),
                "say so beside the scores: other programs may read other rows");
}

// The class that is missing somewhere: from train first, else from another split.
static Finding missing_class(Arena *arena, const Check *check)
{
    const Task *task = check->task;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        for (int k = 0; check->label[s] && k < task->classes; k++) {
            if (check->label[s][k] > 0)
                continue;
            const char *text =
                arena_format(arena, "no row of %s is '%s'", split_names[s], task->labels[k]);
            if (s == SPLIT_TRAIN)
                return wrong(text, "a class can't be learned without rows: other splits, or a list "
                                   "of labels without it");
            return look(text, "what is said of that class there is said of nothing");
        }
    return (Finding){ .text = NULL };
}

static double class_share(const Check *check, Split s, int k)
{
    return (double)check->label[s][k] / rows_in(check, s);
}

static Finding labels(Arena *arena, const Check *check)
{
    const Task *task = check->task;
    Split report = task->report;
    double constant = check->value[CHECK_constant][report], apart = 0;
    int most = 0;
    Finding missing = missing_class(arena, check);
    if (missing.text || !task->classes)
        return missing;
    for (int k = 0; k < task->classes; k++) {
        double here = class_share(check, report, k),
               off = fabs(here - class_share(check, SPLIT_TRAIN, k)),
               error = sqrt(here * (1 - here) / rows_in(check, report));
        if (off > apart && off > ERRORS_APART * error)
            apart = off, most = k;
    }
    if (apart > SHARE_APART)
        return look(arena_format(arena, "'%s' is %.1f %% of train, %.1f %% of %s",
                                 task->labels[most], 100 * class_share(check, SPLIT_TRAIN, most),
                                 100 * class_share(check, report, most), split_names[report]),
                    "say so beside the scores: what learns train's shares loses by it");
    const char *text = arena_format(
        arena, "%d, each in every split; the best constant answer has %s %.1f on %s", task->classes,
        metric_names[task->metric], 100 * constant, split_names[report]);
    if (task->metric == METRIC_ACCURACY && constant >= ONE_SIDED)
        return look(text, arena_format(arena, "metric: f1, f1_macro or matthews %s",
                                       in_description(check)));
    return fine(text);
}

static Finding scores(Arena *arena, const Check *check)
{
    Split report = check->task->report;
    const double *mean = check->value[CHECK_score_mean], *sd = check->value[CHECK_score_sd],
                 *low = check->value[CHECK_score_low], *high = check->value[CHECK_score_high];
    double off = fabs(mean[report] - mean[SPLIT_TRAIN]);
    if (check->task->classes)
        return (Finding){ .text = NULL };
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        if (low[s] == high[s])
            return wrong(arena_format(arena, "every score of %s is %g", split_names[s], low[s]),
                         "rows whose scores differ: with nothing else correlates");
    const char *text =
        arena_format(arena, "%g to %g, mean %.2f in train; %g to %g, mean %.2f in %s",
                     low[SPLIT_TRAIN], high[SPLIT_TRAIN], mean[SPLIT_TRAIN], low[report],
                     high[report], mean[report], split_names[report]);
    if (off > SD_APART * sd[SPLIT_TRAIN] &&
        off > ERRORS_APART * sd[report] / sqrt(rows_in(check, report)))
        return look(text, "say so beside the scores: a correlation does not see it, an error does");
    return fine(text);
}

static Finding texts(Arena *arena, const Check *check)
{
    const char *empty = counted(arena, check, CHECK_empty);
    double unknown = 0;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        unknown = fmax(unknown, check->value[CHECK_unknown][s]);
    if (*empty)
        return look(arena_format(arena, "%s have an empty text", empty),
                    "take them out, or fill them in: a model answers them all alike");
    const char *text = arena_format(
        arena, "none is empty; %.1f %% of tokens are unknown to the vocabulary", 100 * unknown);
    if (unknown > MUCH_UNKNOWN)
        return look(text, "a model whose vocabulary is of this language: --model");
    return fine(text);
}

static Finding lengths(Arena *arena, const Check *check)
{
    Split longest = SPLIT_TRAIN;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        if (share_of(check, CHECK_truncated, s) > share_of(check, CHECK_truncated, longest))
            longest = s;
    double p95 = check->value[CHECK_tokens_p95][longest],
           cut = share_of(check, CHECK_truncated, longest);
    const char *text = arena_format(arena, "%.1f %% of the rows of %s are cut at %lld tokens",
                                    100 * cut, split_names[longest], (long long)check->max_length);
    int64_t wanted = 8 * (int64_t)ceil(p95 / 8);
    if (cut == 0)
        text = arena_format(arena, "none is cut at %lld tokens; 95 %% of train have at most %.0f",
                            (long long)check->max_length,
                            ceil(check->value[CHECK_tokens_p95][SPLIT_TRAIN]));
    if (cut <= MUCH_CUT)
        return fine(text);
    if (wanted <= check->longest)
        return look(text, arena_format(arena, "--max-length %lld: then 5 %% are cut at most",
                                       (long long)wanted));
    return look(text, arena_format(arena,
                                   "95 %% have at most %.0f tokens, the model has %lld positions: "
                                   "with --max-length %lld it reads what it can",
                                   p95, (long long)check->longest, (long long)check->longest));
}

// Rows that stand twice: a few are the nature of texts.
static Finding twice(Arena *arena, const Check *check, Measure measure, const char *none,
                     const char *how, const char *advice)
{
    const char *which = counted(arena, check, measure);
    if (!*which)
        return fine(none);
    const char *text = arena_format(arena, "%s %s", which, how);
    return highest_share(check, measure) < MANY_ROWS ? fine(text) : look(text, advice);
}

static Finding repeats(Arena *arena, const Check *check)
{
    return twice(
        arena, check, CHECK_repeated_folded, "no text stands twice in a split",
        "repeat a row before them",
        "take the copies out: they count twice in training, and make intervals too narrow");
}

static Finding conflicts(Arena *arena, const Check *check)
{
    return twice(arena, check, CHECK_conflicting, "no text stands elsewhere with another answer",
                 check->task->classes ? "stand elsewhere with another label"
                                      : "stand elsewhere with a score more than a tenth away",
                 "look at them: one of two answers is wrong, and no method can have both right");
}

// "12 of 872 rows of dev stand in train (10 to the byte)".
static const char *overlap_text(Arena *arena, const Check *check)
{
    static const struct {
        Measure measure;
        Split in;
    } of[] = { { CHECK_in_train_folded, SPLIT_TRAIN },
               { CHECK_in_tune_folded, SPLIT_TUNE },
               { CHECK_in_dev_folded, SPLIT_DEV } };
    const char *text = "";
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const char *which = counted(arena, check, of[i].measure), *exact = "";
        if (!*which)
            continue;
        if (of[i].in == SPLIT_TRAIN && *(exact = counted(arena, check, CHECK_in_train)))
            exact = !strcmp(exact, which) ? "" : arena_format(arena, " (to the byte %s)", exact);
        else if (of[i].in == SPLIT_TRAIN)
            exact = " (but for case and blanks)";
        text = arena_format(arena, "%s%s%s stand in %s%s", text, *text ? "; " : "", which,
                            split_names[of[i].in], exact);
    }
    return text;
}

static Finding overlap(Arena *arena, const Check *check)
{
    double trained = highest_share(check, CHECK_in_train_folded),
           tuned = highest_share(check, CHECK_in_tune_folded),
           other = highest_share(check, CHECK_in_dev_folded);
    const char *text = overlap_text(arena, check);
    if (!*text)
        return fine("no row stands in two splits");
    if (fmax(trained, tuned) >= OVERLAP_MOST)
        return wrong(text, "take them out of train (where dev and test are to stay as published), "
                           "or out of the other split: what was trained on is remembered, not "
                           "understood");
    return look(text,
                arena_format(arena, "say so beside the scores: %.1f %% of the rows are not new",
                             100 * fmax(trained, fmax(tuned, other))));
}

// Rows that share something with rows of train. It matters where it is on one side alone, since
// choices are then made on other text than the score, or where it is much.
// `advice` may be NULL.
static Finding shared(Arena *arena, const Check *check, Measure measure, const char *how,
                      const char *advice)
{
    Split report = check->task->report;
    double apart = share_of(check, measure, SPLIT_TUNE) - share_of(check, measure, report);
    const char *which = counted(arena, check, measure);
    const char *text = arena_format(arena, "%s %s", *which ? which : "no row", how);
    if (apart > SHARED_APART)
        return wrong(text, arena_format(arena,
                                        "%s%sa tune file made as %s was: choices on this tune "
                                        "reward memory",
                                        advice ? advice : "", advice ? ", or " : "",
                                        split_names[report]));
    if (highest_share(check, measure) > MANY_SHARED)
        return look(text, "say so beside the scores: part of them may be memory");
    return fine(text);
}

// NULL: the task has that group, or a tune that no group cuts.
static const char *regroup(Arena *arena, const Check *check, Group group)
{
    const Task *task = check->task;
    if (task->group == group || task->file[SPLIT_TUNE].path)
        return NULL;
    return arena_format(arena, "group: %s %s", group_names[group], in_description(check));
}

static Finding groups(Arena *arena, const Check *check)
{
    if (check->task->group != GROUP_PREMISE)
        return (Finding){ .text = NULL };
    return shared(arena, check, CHECK_group_in_train, "with a first text of train",
                  "whole groups in one split");
}

static Finding parts(Arena *arena, const Check *check)
{
    if (task_pairs(check->task))
        return shared(arena, check, CHECK_part_in_train, "with either text in train",
                      regroup(arena, check, GROUP_LINKED));
    return shared(arena, check, CHECK_part_in_train, "within a longer text of train",
                  check->task->folds ? NULL : regroup(arena, check, GROUP_SENTENCE));
}

static Finding gap(Arena *arena, const Check *check)
{
    const Task *task = check->task;
    const char *report = split_names[task->report];
    const TwoWay *found = &check->gap;
    const double *probe = check->value[CHECK_probe], *constant = check->value[CHECK_constant];
    bool learned = !metric_dead(probe[SPLIT_TUNE], constant[SPLIT_TUNE]) ||
                   !metric_dead(probe[task->report], constant[task->report]);
    const char *text = arena_format(arena, "naive Bayes has %s %.1f on tune, %.1f on %s: %+.1f",
                                    metric_names[task->metric], 100 * probe[SPLIT_TUNE],
                                    100 * probe[task->report], report, 100 * found->value);
    if (!isnan(found->low))
        text =
            arena_format(arena, "%s (%+.1f to %+.1f)", text, 100 * found->low, 100 * found->high);
    if (fabs(found->value) <= GAP || !(fabs(found->value) > ERRORS_APART * found->se)) {
        const char *little = "; no better than a constant answer, so this says little";
        text = arena_format(arena, "%s%s", text, learned ? "" : little);
        return fine(text);
    }
    if (found->value < 0)
        return look(
            text, arena_format(arena, "tune is harder than %s: make it as that was made", report));
    const char *other = task->file[SPLIT_TUNE].path
                            ? ""
                            : arena_format(arena, ", or another `group` %s", in_description(check));
    return wrong(text,
                 arena_format(arena,
                              "tune is easier than %s, so choices are made on leaked or easier "
                              "text: a tune file made as %s was%s",
                              report, report, other));
}
