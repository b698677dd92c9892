// predictions.c: see predictions.h.

#include "report/predictions.h"
#include "base/csv.h"
#include "base/jackknife.h"
#include "base/text.h"
#include "report/on_split.h"
#include "report/summary.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 5 };
static const char *const columns[COLUMNS] = { "split", "id", "group", "gold", "pred" };
enum { SPLIT, ID, GROUP, GOLD, PRED };

// The lines of one file that are about the split.
typedef struct {
    const char *file;
    const char ***field; // COLUMNS of each line
    size_t *line;
    size_t n;
} Lines;

// The items of one fold; of a task without folds all that there are. Labels are those of `all`.
typedef struct {
    int64_t number;
    Items items;
} Part;

typedef struct {
    Part *part; // by number, once all are read
    size_t parts;
    Items *all;
} Parts;

static bool same_question(const Side *side, size_t sides, const char *split, Items *items,
                          Error *error);
static bool read_side(Arena *arena, Arena *files, Side *side, Parts *parts, Error *error);
static bool settle(Side *side, size_t sides, Parts *parts, Error *error);
static void join_parts(Arena *arena, Parts *parts);
static void join_folds(Arena *arena, Side *side, const Parts *parts);
static void number_groups(Arena *arena, Items *items);
static void take_sample(Arena *arena, Side *side, const Items *items);

bool sides_read(Arena *arena, const char *split, Side *side, size_t sides, Items *items,
                Error *error)
{
    *items = (Items){ .positive = -1 };
    if (!same_question(side, sides, split, items, error))
        return false;
    size_t runs = 0;
    for (size_t s = 0; s < sides; s++)
        runs += side[s].runs;
    Parts parts = { .part = arena_zero(arena, runs + 1, sizeof(Part)), .all = items };
    Arena *files = arena_new(ARENA_RUN, error); // what they hold, a file at a time
    bool done = files != NULL;
    for (size_t s = 0; s < sides && done; s++)
        done = read_side(arena, files, &side[s], &parts, error);
    arena_free(files);
    if (!done || !settle(side, sides, &parts, error))
        return false;
    join_parts(arena, &parts);
    for (size_t s = 0; s < sides && parts.parts > 0; s++) {
        join_folds(arena, &side[s], &parts);
        take_sample(arena, &side[s], items);
    }
    return true;
}

static bool has_score(const Row *row)
{
    return row_ok(row) && row->metric && row->eval_split;
}

// One metric, and one split.
static bool same_question(const Side *side, size_t sides, const char *split, Items *items,
                          Error *error)
{
    const Row *first = NULL;
    for (size_t s = 0; s < sides; s++)
        for (size_t r = 0; r < side[s].runs; r++) {
            const Row *row = side[s].run[r];
            if (!has_score(row))
                continue;
            first = first ? first : row;
            if (strcmp(row->metric, first->metric) != 0)
                return fail(error, ERROR_INPUT, (Where){ .item = row->task }, "the same in both",
                            "metric is %s in %s but %s in %s", first->metric, first->key,
                            row->metric, row->key);
            if (!split && strcmp(row->eval_split, first->eval_split) != 0)
                return fail(error, ERROR_INPUT, (Where){ .item = row->task },
                            "the same in both (or use --split)",
                            "eval_split is %s in %s but %s in %s", first->eval_split, first->key,
                            row->eval_split, row->key);
        }
    if (!first)
        return true;
    items->split = split ? split : first->eval_split;
    int metric = text_index(first->metric, metric_names);
    if (metric < 0)
        return fail(error, ERROR_INPUT, (Where){ .item = first->task }, "one of results/SCHEMA.md",
                    "metric '%s' of %s is unknown", first->metric, first->key);
    items->metric = (Metric)metric;
    return true;
}

static bool of_scores(Metric metric)
{
    return metric == METRIC_PEARSON || metric == METRIC_SPEARMAN || metric == METRIC_RMSE;
}

static bool read_lines(Arena *arena, const char *file, const char *split, Lines *lines,
                       Error *error)
{
    Csv csv;
    size_t at[COLUMNS];
    *lines = (Lines){ .file = file };
    if (!csv_read(arena, file, CSV_COMMAS, true, &csv, error))
        return false;
    for (int c = 0; c < COLUMNS; c++)
        if ((at[c] = csv_column(&csv, columns[c])) == SIZE_MAX)
            return fail(error, ERROR_INPUT, (Where){ file, 1, columns[c] },
                        "split,id,group,gold,pred", "no such column");
    lines->field = arena_take(arena, csv.rows + 1, sizeof *lines->field);
    lines->line = arena_take(arena, csv.rows + 1, sizeof *lines->line);
    for (size_t r = 0; r < csv.rows; r++) {
        if (strcmp(csv.row[r].field[at[SPLIT]], split) != 0)
            continue;
        const char **field = arena_take(arena, COLUMNS, sizeof *field);
        for (int c = 0; c < COLUMNS; c++)
            field[c] = csv.row[r].field[at[c]];
        lines->field[lines->n] = field;
        lines->line[lines->n++] = csv.row[r].line;
    }
    return lines->n > 0 || fail(error, ERROR_INPUT, (Where){ .file = file },
                                "a split that was evaluated", "no lines of split '%s'", split);
}

static int32_t label_of(Arena *arena, Items *items, const char *text)
{
    for (size_t l = 0; l < items->labels; l++)
        if (!strcmp(items->label[l], text))
            return (int32_t)l;
    if ((items->labels & (items->labels - 1)) == 0) // full at each power of two
        items->label = arena_grown(arena, items->label, items->labels, 2 * items->labels + 1,
                                   sizeof *items->label);
    items->label[items->labels] = arena_text(arena, text);
    return (int32_t)items->labels++;
}

static bool number_at(const Lines *lines, size_t i, int column, double *value, Error *error)
{
    return text_real(lines->field[i][column], value) ||
           fail(error, ERROR_INPUT, (Where){ lines->file, lines->line[i], columns[column] },
                "a number", "'%s' is none", lines->field[i][column]);
}

static bool take_items(Arena *arena, const Lines *lines, Items *all, Items *items, Error *error)
{
    *items = (Items){ .split = all->split, .metric = all->metric };
    items->file = lines->file;
    items->n = lines->n;
    items->id = arena_take(arena, items->n, sizeof *items->id);
    items->group_name = arena_take(arena, items->n, sizeof *items->group_name);
    items->gold_text = arena_take(arena, items->n, sizeof *items->gold_text);
    items->group = arena_take(arena, items->n, sizeof *items->group);
    if (of_scores(items->metric))
        items->gold_score = arena_take(arena, items->n, sizeof *items->gold_score);
    else
        items->gold = arena_take(arena, items->n, sizeof *items->gold);
    for (size_t i = 0; i < items->n; i++) {
        const char **field = lines->field[i];
        items->id[i] = arena_text(arena, field[ID]);
        items->group_name[i] =
            strcmp(field[GROUP], field[ID]) != 0 ? arena_text(arena, field[GROUP]) : items->id[i];
        if (items->gold)
            items->gold[i] = label_of(arena, all, field[GOLD]);
        items->gold_text[i] =
            items->gold ? all->label[items->gold[i]] : arena_text(arena, field[GOLD]);
        if (items->gold)
            continue;
        if (!number_at(lines, i, GOLD, &items->gold_score[i], error))
            return false;
    }
    return true;
}

// Numbers groups by first appearance: the place of a name in the sorted names says whether it is
// new.
typedef struct {
    const char *name;
    uint32_t item;
} Named;

static int by_name(const void *a, const void *b)
{
    const Named *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->item > y->item) - (x->item < y->item);
}

static void number_groups(Arena *arena, Items *items)
{
    Named *named = arena_take(arena, items->n, sizeof *named);
    uint32_t *first = arena_take(arena, items->n, sizeof *first); // of the item's group
    for (size_t i = 0; i < items->n; i++)
        named[i] = (Named){ items->group_name[i], (uint32_t)i };
    qsort(named, items->n, sizeof *named, by_name);
    for (size_t k = 0; k < items->n; k++)
        first[named[k].item] = k > 0 && !strcmp(named[k].name, named[k - 1].name)
                                   ? first[named[k - 1].item]
                                   : named[k].item;
    for (size_t i = 0; i < items->n; i++)
        items->group[i] = first[i] == i ? (uint32_t)items->groups++ : items->group[first[i]];
}

static bool same_items(const Lines *lines, const Items *items, Error *error)
{
    const char **const known[] = { NULL, items->id, items->group_name, items->gold_text };
    for (size_t i = 0; i < lines->n && i < items->n; i++)
        for (int c = ID; c <= GOLD; c++)
            if (strcmp(lines->field[i][c], known[c][i]) != 0)
                return fail(error, ERROR_INPUT, (Where){ lines->file, lines->line[i], NULL },
                            "the same items", "id %s: %s is '%s', but '%s' in %s",
                            lines->field[i][ID], columns[c], lines->field[i][c], known[c][i],
                            items->file);
    if (lines->n == items->n)
        return true;
    bool more = lines->n > items->n;
    return fail(error, ERROR_INPUT, (Where){ .file = lines->file }, "the same items",
                "id %s is in one file alone: %zu items of %s, but %zu in %s",
                more ? lines->field[items->n][ID] : items->id[lines->n], lines->n, items->split,
                items->n, items->file);
}

static Part *part_of(Parts *parts, int64_t number)
{
    size_t p = 0;
    while (p < parts->parts && parts->part[p].number != number)
        p++;
    if (p == parts->parts)
        parts->part[parts->parts++].number = number;
    return &parts->part[p];
}

static bool read_run(Arena *arena, Arena *files, const char *file, const Row *row, Parts *parts,
                     Predicted *predicted, Error *error)
{
    Lines lines;
    Items *items = &part_of(parts, row->fold)->items;
    if (!read_lines(files, file, parts->all->split, &lines, error))
        return false;
    if (!(items->n == 0 ? take_items(arena, &lines, parts->all, items, error)
                        : same_items(&lines, items, error)))
        return false;
    int32_t *answer = arena_take(arena, items->n, sizeof *answer);
    double *answer_score = arena_take(arena, items->n, sizeof *answer_score);
    for (size_t i = 0; i < items->n; i++) {
        if (items->gold)
            answer[i] = label_of(arena, parts->all, lines.field[i][PRED]);
        else if (!number_at(&lines, i, PRED, &answer_score[i], error))
            return false;
    }
    *predicted = (Predicted){ row, file, { .n = items->n, .positive = -1 } };
    predicted->answers.gold = items->gold, predicted->answers.answer = answer;
    predicted->answers.gold_score = items->gold_score;
    predicted->answers.answer_score = answer_score;
    return true;
}

static bool read_side(Arena *arena, Arena *files, Side *side, Parts *parts, Error *error)
{
    side->predicted = arena_zero(arena, side->runs + 1, sizeof *side->predicted);
    side->count = side->missing = 0;
    for (size_t r = 0; r < side->runs; r++) {
        const Row *row = side->run[r];
        const char *file = beside_row(arena, side->rows, row, "predictions");
        if (!has_score(row) || !file)
            continue;
        if (!file_exists(file)) {
            side->missing++;
            continue;
        }
        bool done =
            read_run(arena, files, file, row, parts, &side->predicted[side->count++], error);
        arena_rewind(files, 0);
        if (!done)
            return false;
    }
    return true;
}

static int by_number(const void *a, const void *b)
{
    const Part *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

// The items of all folds, one after another.
static void join_parts(Arena *arena, Parts *parts)
{
    Items *all = parts->all;
    all->folds = parts->parts;
    qsort(parts->part, parts->parts, sizeof *parts->part, by_number);
    for (size_t p = 0; p < parts->parts; p++)
        all->n += parts->part[p].items.n;
    all->id = arena_take(arena, all->n + 1, sizeof *all->id);
    all->group_name = arena_take(arena, all->n + 1, sizeof *all->group_name);
    all->gold_text = arena_take(arena, all->n + 1, sizeof *all->gold_text);
    all->group = arena_take(arena, all->n + 1, sizeof *all->group);
    if (of_scores(all->metric))
        all->gold_score = arena_take(arena, all->n + 1, sizeof *all->gold_score);
    else
        all->gold = arena_take(arena, all->n + 1, sizeof *all->gold);
    for (size_t p = 0, i = 0; p < parts->parts; i += parts->part[p++].items.n) {
        Items *items = &parts->part[p].items;
        number_groups(arena, items); // no group lies in two folds, whatever its name
        for (size_t k = 0; k < items->n; k++)
            all->group[i + k] = (uint32_t)all->groups + items->group[k];
        all->groups += items->groups;
        all->file = p == 0 ? items->file : all->file;
        memcpy(all->id + i, items->id, items->n * sizeof *all->id);
        memcpy(all->group_name + i, items->group_name, items->n * sizeof *all->group_name);
        memcpy(all->gold_text + i, items->gold_text, items->n * sizeof *all->gold_text);
        if (all->gold)
            memcpy(all->gold + i, items->gold, items->n * sizeof *all->gold);
        else
            memcpy(all->gold_score + i, items->gold_score, items->n * sizeof *all->gold_score);
    }
}

// The run of the same seed as `first` in a fold; NULL: it has none.
static const Predicted *in_fold(const Side *side, const Row *first, int64_t number)
{
    for (size_t r = 0; r < side->count; r++)
        if (side->predicted[r].row->fold == number &&
            rows_alike(side->predicted[r].row, first, ROLE_seed))
            return &side->predicted[r];
    return NULL;
}

// All answers of one seed, fold by fold; false where a fold is missing.
static bool join_seed(Arena *arena, const Side *side, const Row *first, const Parts *parts,
                      Predicted *joined)
{
    const Items *all = parts->all;
    int32_t *answer = arena_take(arena, all->n, sizeof *answer);
    double *answer_score = arena_take(arena, all->n, sizeof *answer_score);
    size_t n = 0;
    for (size_t p = 0; p < parts->parts; p++) {
        const Predicted *run = in_fold(side, first, parts->part[p].number);
        if (!run)
            return false;
        if (p == 0)
            *joined = *run;
        if (all->gold)
            memcpy(answer + n, run->answers.answer, run->answers.n * sizeof *answer);
        else
            memcpy(answer_score + n, run->answers.answer_score,
                   run->answers.n * sizeof *answer_score);
        n += run->answers.n;
    }
    joined->answers.n = all->n;
    joined->answers.gold = all->gold, joined->answers.answer = answer;
    joined->answers.gold_score = all->gold_score, joined->answers.answer_score = answer_score;
    return true;
}

// Runs of folds -> one a seed.
static void join_folds(Arena *arena, Side *side, const Parts *parts)
{
    Predicted *joined = arena_zero(arena, side->count + 1, sizeof *joined);
    size_t count = 0;
    for (size_t r = 0; r < side->count; r++) {
        const Row *row = side->predicted[r].row;
        size_t before = 0;
        while (before < r && !rows_alike(side->predicted[before].row, row, ROLE_seed))
            before++;
        if (before < r)
            continue;
        bool whole = join_seed(arena, side, row, parts, &joined[count]);
        count += whole;
        side->missing += !whole;
    }
    side->predicted = joined;
    side->count = count;
}

static bool reproduces(const Items *items, const Predicted *predicted)
{
    double score = metric_score(items->metric, &predicted->answers);
    double known = run_score(predicted->row, items->split);
    return isnan(known) || fabs(score - known) <= 1e-6;
}

// Labels are complete only now. Which one F1 is of, no file of predictions says: it is the one
// whose F1 is every row's score.
static bool settle(Side *side, size_t sides, Parts *parts, Error *error)
{
    Items *items = parts->all;
    const Predicted *wrong = NULL;
    for (int label = 0; label == 0 || (label < (int)items->labels && wrong); label++) {
        items->positive = items->metric == METRIC_F1 ? label : -1;
        wrong = NULL;
        for (size_t s = 0; s < sides; s++)
            for (size_t r = 0; r < side[s].count; r++) {
                Predicted *predicted = &side[s].predicted[r];
                predicted->answers.classes = (int)items->labels;
                predicted->answers.positive = items->positive;
                if (!reproduces(items, predicted))
                    wrong = predicted;
            }
        if (items->metric != METRIC_F1)
            break;
    }
    if (!wrong)
        return true;
    return fail(error, ERROR_INPUT, (Where){ .file = wrong->file }, "those of the same run",
                "%s of these answers on %s is not %.9g, as the row says",
                metric_names[items->metric], items->split, run_score(wrong->row, items->split));
}

static void take_sample(Arena *arena, Side *side, const Items *items)
{
    Seeds *seeds = arena_take(arena, side->count + 1, sizeof *seeds);
    double *theta = arena_take(arena, side->count + 1, sizeof *theta);
    double *u = arena_take(arena, side->count * items->groups + 1, sizeof *u);
    for (size_t r = 0; r < side->count; r++) {
        const Row *row = side->predicted[r].row;
        bool known = row->init_seed != WHOLE_UNKNOWN && row->order_seed != WHOLE_UNKNOWN;
        seeds[r] =
            known ? (Seeds){ row->init_seed, row->order_seed } : (Seeds){ row->seed, row->seed };
        theta[r] = group_values(arena, items->metric, &side->predicted[r].answers, items->group,
                                items->groups, u + r * items->groups);
    }
    side->sample = (Sample){ side->count, items->groups, seeds, theta, u };
}
