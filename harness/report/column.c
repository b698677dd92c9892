// column.c: see column.h.

#include "report/column.h"
#include "base/option.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

typedef const char *Text_of(Arena *arena, const Shown *shown, const At *at);
typedef double Number_of(Arena *arena, const Shown *shown, const At *at);

static Text_of score, runs, letters_of_cell, remarks, of_row, count_of, share_of, bytes_of,
    training_of;
static Number_of score_number, runs_number, row_value, training_s;

static const struct Kind {
    const char *name, *title, *help;
    const char *column; // of a row: what it is made of
    char side;
    Text_of *text;
    Number_of *number;
} kinds[] = {
    { "score", "score", "mean over seeds and half-width of its 95 % t interval, in points", NULL,
      'l', score, score_number },
    { "n", "n", "runs with a score, of all where some have none", NULL, 'r', runs, runs_number },
    { "letters", "group",
      "methods of one task and model that share a letter can't be told apart at 5 %", NULL, 'l',
      letters_of_cell, NULL },
    { "trained", "trained", "trained parameters", "params_trained", 'r', count_of, row_value },
    { "share", "% of\nall", "trained parameters in % of all", "trained_share", 'r', share_of,
      row_value },
    { "share_inner", "% of non-\nembedding", "the same without embeddings",
      "trained_share_nonembedding", 'r', share_of, row_value },
    { "memory", "plan\nMB", "planned peak of training, in 10^6 bytes", "plan_peak", 'r', bytes_of,
      row_value },
    { "resident", "rss\nMB", "highest resident memory while training, in 10^6 bytes",
      "rss_train_peak", 'r', bytes_of, row_value },
    { "time", "train\ns", "seconds of training: train_s and feature_s", "train_s", 'r', training_of,
      training_s },
    { "remarks", "remarks", "dead, failed, diverged and timed-out runs, and what else to know",
      NULL, 'l', remarks, NULL },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool column_named(Arena *arena, const char *option, const char *name, Shown *shown,
                         Error *error)
{
    const char **all = arena_zero(arena, KINDS + row_columns + 1, sizeof *all);
    const Column *column = row_find(name);
    *shown = (Shown){ .name = name };
    for (size_t k = 0; k < KINDS; k++) {
        all[k] = kinds[k].name;
        if (strcmp(name, kinds[k].name) != 0)
            continue;
        *shown = (Shown){ .name = name,
                          .title = kinds[k].title,
                          .column = kinds[k].column ? row_find(kinds[k].column) : NULL,
                          .side = kinds[k].side,
                          .text = kinds[k].text,
                          .number = kinds[k].number,
                          .field = kinds[k].number == training_s ? "training_s" : NULL };
        return true;
    }
    memcpy(all + KINDS, row_names, row_columns * sizeof *all);
    if (!column)
        return fail(error, ERROR_INPUT, (Where){ .item = option },
                    text_nearest(name, all, "one of `tunemark table --columns help`"),
                    "'%s' is no column", name);
    bool points = column_is_share(column, "score");
    bool share = column_is_share(column, "parameters");
    const char *unit = points ? "" : share ? "%" : column->unit;
    if (!strcmp(unit, "bytes"))
        unit = "MB";
    if (text_ends(name, unit)) // "min_steps" says it
        unit = "";
    shown->column = column;
    shown->title = *unit ? arena_format(arena, "%s\n%s", name, unit) : name;
    shown->side = column->type == COLUMN_Text || points ? 'l' : 'r';
    shown->text = of_row;
    shown->number = column->type == COLUMN_Text ? NULL : row_value;
    return true;
}

static bool add_scores(Arena *arena, const Shown *usual, const char *typed, Shown *shown,
                       size_t *count, Error *error)
{
    size_t n;
    char **split = text_split(arena, typed, ',', &n);
    for (size_t i = 0; i < n; i++) {
        const Column *column = split_column(split[i]);
        if (!column)
            return fail(error, ERROR_INPUT, (Where){ .item = "--split" }, "dev, test or tune",
                        "'%s' is none", split[i]);
        shown[*count] = *usual;
        shown[*count].split = split[i];
        shown[*count].title = split[i];
        shown[(*count)++].column = column;
    }
    return true;
}

bool columns_of(Arena *arena, const char *option, const char *names, const char *typed_splits,
                Shown **shown, size_t *count, Error *error)
{
    size_t n, splits;
    char **name = text_split(arena, names, ',', &n);
    bool counted = false;
    splits_typed(arena, typed_splits, &splits);
    *shown = arena_zero(arena, n * splits + 1, sizeof **shown); // and n, which comes once
    *count = 0;
    for (size_t i = 0; i < n; i++)
        counted = counted || !strcmp(name[i], "n");
    for (size_t i = 0; i < n; i++) {
        Shown one;
        if (!column_named(arena, option, name[i], &one, error))
            return false;
        bool mean = !strcmp(name[i], "score");
        one.splits = typed_splits;
        if (!mean || !typed_splits)
            (*shown)[(*count)++] = one;
        else if (!add_scores(arena, &one, typed_splits, *shown, count, error))
            return false;
        if (mean && !counted && column_named(arena, option, "n", &one, error)) {
            one.splits = typed_splits;
            (*shown)[(*count)++] = one;
        }
        counted = counted || mean;
    }
    return *count > 0 || fail(error, ERROR_INPUT, (Where){ .item = option },
                              "a list such as score,trained,time", "names nothing");
}

bool columns_has(const Shown *shown, size_t count, const char *name)
{
    for (size_t c = 0; c < count; c++)
        if (!strcmp(shown[c].name, name))
            return true;
    return false;
}

void column_help(FILE *out)
{
    for (size_t k = 0; k < KINDS; k++)
        help_line(out, 28, kinds[k].name, kinds[k].help);
    for (size_t c = 0; c < row_columns; c++)
        help_line(out, 28, row_column[c].name, row_column[c].source);
}

// ---- what there is to say of a cell's runs

const char *busy_text(Arena *arena, const Row *const *run, size_t runs)
{
    enum { QUIET = 90 }; // in percent: some of the rest is waiting for files
    double least = INFINITY, most = 0;
    size_t busy = 0, timed = 0;
    for (size_t r = 0; r < runs; r++) {
        double share = 100 * run[r]->cpu_s / run[r]->wall_s;
        if (!row_ok(run[r]) || run[r]->threads != 1 || isnan(share))
            continue;
        timed++;
        if (share >= QUIET)
            continue;
        busy++;
        least = fmin(least, floor(share));
        most = fmax(most, floor(share));
    }
    return busy == 0
               ? NULL
               : arena_format(arena,
                              "%zu of %zu run%s had less than %d %% of their core (%.0f%s %%), "
                              "since the machine was busy",
                              busy, timed, timed == 1 ? "" : "s", QUIET, least,
                              most > least ? arena_format(arena, " to %.0f", most) : "");
}

const char *dead_text(Arena *arena, const OnSplit *on)
{
    return on->dead ? arena_format(arena, "%zu/%zu dead", on->dead, on->scored) : "";
}

const char *cell_missing(Arena *arena, const Cell *cell, size_t unscored)
{
    const char *text = "";
    if (cell->failed)
        text_append(arena, &text, ", ", "%zu failed", cell->failed);
    if (cell->diverged)
        text_append(arena, &text, ", ", "%zu diverged", cell->diverged);
    if (cell->timeout)
        text_append(arena, &text, ", ", "%zu timeout", cell->timeout);
    if (unscored)
        text_append(arena, &text, ", ", "%zu without a score", unscored);
    if (cell->not_run)
        text_append(arena, &text, ", ", "%zu fold%s not run", cell->not_run,
                    cell->not_run == 1 ? "" : "s");
    return text;
}

// ---- what stands in them

const char *score_text(Arena *arena, const Interval *of)
{
    if (of->n == 0)
        return "";
    if (isnan(of->low))
        return arena_format(arena, "%.1f", 100 * of->mean);
    if (of->zero_variance) // not the 0.0 of a small spread
        return arena_format(arena, "%.1f ± 0", 100 * of->mean);
    return arena_format(arena, "%.1f ± %.1f", 100 * of->mean, 100 * (of->high - of->low) / 2);
}

static bool in_points(const Shown *shown)
{
    return shown->number == score_number ||
           (shown->column && column_is_share(shown->column, "score"));
}

double column_change(Arena *arena, const Shown *shown, const At *at)
{
    if (!at->beside || !shown->number || shown->number == runs_number)
        return NAN;
    At other = *at;
    other.cell = at->beside;
    double here = shown->number(arena, shown, at), there = shown->number(arena, shown, &other);
    return in_points(shown) ? here - there : (here - there) / there;
}

const char *column_text(Arena *arena, const Shown *shown, const At *at)
{
    const char *text = shown->text(arena, shown, at);
    double change = 100 * column_change(arena, shown, at);
    if (!isfinite(change) || change == 0)
        return text;
    int digits = in_points(shown) || fabs(change) < 1;
    return arena_format(arena, "%s (%+.*f%s)", text, digits, change, in_points(shown) ? "" : " %");
}

char **splits_typed(Arena *arena, const char *typed, size_t *count)
{
    char **split = text_split(arena, known(typed), ',', count);
    if (*count > 0)
        return split;
    *count = 1;
    return arena_zero(arena, 1, sizeof *split);
}

OnSplit at_on_split(Arena *arena, const At *at, const char *split)
{
    return cell_on_split(arena, at->rows, at->cell, split ? split : known(at->block->split));
}

bool column_shows_dead(Arena *arena, const Shown *shown, const At *at)
{
    size_t splits, dead = 0;
    char **split = splits_typed(arena, shown->splits, &splits);
    for (size_t s = 0; s < splits && dead == 0; s++)
        dead = at_on_split(arena, at, split[s]).dead;
    return dead > 0;
}

static const char *score(Arena *arena, const Shown *shown, const At *at)
{
    OnSplit on = at_on_split(arena, at, shown->split);
    const char *text = score_text(arena, &on.score);
    const Floor *floor =
        floor_of(arena, at->floors, at->block, shown->split ? shown->split : at->block->split);
    if (floor && on.score.mean < floor->score)
        text_append(arena, &text, " ", "†");
    if (at->remarked)
        return text;
    if (at->cell->on_edge)
        text_append(arena, &text, " ", "‡");
    if (on.dead)
        text_append(arena, &text, " ", "%s", dead_text(arena, &on));
    if (at->cell->seeds > on.score.n)
        text_append(arena, &text, " ", "%s", cell_missing(arena, at->cell, on.unscored));
    return text;
}

static double score_number(Arena *arena, const Shown *shown, const At *at)
{
    return at_on_split(arena, at, shown->split).score.mean;
}

// "3", "2/3"; of several splits that differ "dev 3, test 2/3".
static const char *runs(Arena *arena, const Shown *shown, const At *at)
{
    const char *text = "", *first = NULL;
    bool differ = false;
    size_t splits;
    char **split = splits_typed(arena, shown->splits, &splits);
    for (size_t s = 0; s < splits; s++) {
        size_t n = at_on_split(arena, at, split[s]).score.n, all = at->cell->seeds;
        const char *mine = arena_format(arena, n == all ? "%zu" : "%zu/%zu", n, all);
        first = first ? first : mine;
        differ = differ || strcmp(first, mine) != 0;
        text_append(arena, &text, ", ", "%s %s", known(split[s]), mine);
    }
    return differ ? text : first;
}

static const char *letters_of_cell(Arena *arena, const Shown *shown, const At *at)
{
    (void)arena, (void)shown;
    return known(at->cell->letters);
}

static double runs_number(Arena *arena, const Shown *shown, const At *at)
{
    size_t splits;
    char **split = splits_typed(arena, shown->splits, &splits);
    return (double)at_on_split(arena, at, *split).score.n;
}

// "1/3 dead, the others 80.0"; of several splits each with its name: "dev 1/3 dead; test 2/3 dead".
static const char *remarks(Arena *arena, const Shown *shown, const At *at)
{
    const Cell *cell = at->cell;
    const char *text = "";
    size_t splits, unscored = 0;
    char **split = splits_typed(arena, shown->splits, &splits);
    for (size_t s = 0; s < splits; s++) {
        OnSplit on = at_on_split(arena, at, split[s]);
        const char *mine = dead_text(arena, &on);
        if (!isnan(on.living))
            text_append(arena, &mine, ", ", "the others %.1f", 100 * on.living);
        if (on.score.zero_variance)
            text_append(arena, &mine, ", ", "all seeds equal");
        if (splits > 1 && on.unscored)
            text_append(arena, &mine, ", ", "%zu without a score", on.unscored);
        unscored = splits > 1 ? 0 : on.unscored; // else said beside its split
        if (*mine)
            text_append(arena, &text, "; ", "%s%s%s", splits > 1 ? split[s] : "",
                        splits > 1 ? " " : "", mine);
    }
    if (*cell_missing(arena, cell, unscored))
        text_append(arena, &text, ", ", "%s", cell_missing(arena, cell, unscored));
    if (cell->on_edge)
        text_append(arena, &text, ", ", "chosen at the edge of its search");
    return text;
}

// One number for a cell: the mean of a score in points, the largest of bytes, the median of others;
// NAN for seconds of different machines.
static double row_value(Arena *arena, const Shown *shown, const At *at)
{
    const Column *column = shown->column;
    bool time = column->kind == COLUMN_measured && !strcmp(column->group, "time");
    if (time && at->block->untimed)
        return NAN;
    if (column_is_share(column, "score"))
        return cell_interval(arena, at->cell, column).mean;
    return !strcmp(column->unit, "bytes") ? cell_largest(arena, at->cell, column)
                                          : cell_median(arena, at->cell, column);
}

const char *three_digits(Arena *arena, double value)
{
    if (isnan(value))
        return "";
    if (value < 0.1)
        return arena_format(arena, "%.2g", value);
    return arena_format(arena, "%.*f", value >= 100 ? 0 : value >= 10 ? 1 : 2, value);
}

const char *count_text(Arena *arena, double value)
{
    if (isnan(value))
        return "";
    if (value < 9999.5)
        return arena_format(arena, "%.0f", value);
    bool millions = value >= 999500;
    value /= millions ? 1e6 : 1e3;
    return arena_format(arena, "%.*f%c",
                        value >= 99.95   ? 0
                        : value >= 9.995 ? 1
                                         : 2,
                        value, millions ? 'M' : 'k');
}

static const char *count_of(Arena *arena, const Shown *shown, const At *at)
{
    return count_text(arena, row_value(arena, shown, at));
}

static const char *share_of(Arena *arena, const Shown *shown, const At *at)
{
    double value = row_value(arena, shown, at);
    return isnan(value) ? "" : arena_format(arena, "%.3g", 100 * value);
}

static const char *bytes_of(Arena *arena, const Shown *shown, const At *at)
{
    return three_digits(arena, row_value(arena, shown, at) / 1e6);
}

static double training_s(Arena *arena, const Shown *shown, const At *at)
{
    (void)shown;
    return at->block->untimed ? (double)NAN : cell_training(arena, at->cell);
}

static const char *training_of(Arena *arena, const Shown *shown, const At *at)
{
    return three_digits(arena, training_s(arena, shown, at));
}

// Each text that the runs of a cell say, once.
static const char *texts(Arena *arena, const Column *column, const Cell *cell)
{
    const char *text = "", *value;
    for (size_t i = 0; i < cell->runs; i++)
        if (*(value = row_text(arena, cell->run[i], column)))
            text_append_once(arena, &text, ", ", value);
    return text;
}

// Any column of a row, as its group and unit ask for.
static const char *of_row(Arena *arena, const Shown *shown, const At *at)
{
    const Column *column = shown->column;
    if (column->type == COLUMN_Text)
        return texts(arena, column, at->cell);
    if (column_is_share(column, "score")) {
        Interval interval = cell_interval(arena, at->cell, column);
        return score_text(arena, &interval);
    }
    double value = row_value(arena, shown, at);
    if (isnan(value))
        return "";
    if (!strcmp(column->unit, "bytes"))
        return bytes_of(arena, shown, at);
    if (column_is_share(column, "parameters"))
        return share_of(arena, shown, at);
    if (!strcmp(column->unit, "seconds") || !strcmp(column->unit, "ms"))
        return three_digits(arena, value);
    return arena_format(arena, column->type == COLUMN_Whole ? "%.0f" : "%.4g", value);
}
