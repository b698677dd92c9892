// compare_differ.c: what tells the two sides of a comparison apart, and the verdict in words.

#include "report/compare.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

// clang-format off
// Of the setting and the machine, but no difference of the methods, or said elsewhere.
static const char *const silent[] = {
    "model", "method", "options", "vocab_sha", "fold", "jobs", NULL };
// Said first, in this order; and those that are said where they are equal, too.
static const char *const first[] = {
    "lr", "head_lr", "lr_source", "trials", "winner_on_edge", "steps", "epochs", "min_steps", "head",
    "commit", NULL };
static const char *const matter[] = { "lr_source", "trials", "steps", "head", "commit", NULL };
// clang-format on

typedef struct {
    Arena *arena;
    const Compared *block;
    Differences of;
} Work;

static void options_differ(Work *work);
static void column_differs(Work *work, const Column *column);

Differences differences_of(Arena *arena, const Compared *block)
{
    Work work = { arena, block, { .same = "" } };
    work.of.line = arena_take(arena, row_columns + 64, sizeof *work.of.line);
    options_differ(&work);
    for (const char *const *name = first; *name; name++)
        column_differs(&work, row_find(*name));
    for (size_t c = 0; c < row_columns; c++) {
        const Column *column = &row_column[c];
        if ((column->role & (ROLES_OF_SETTING | ROLE_machine)) &&
            !text_among(column->name, silent) && !text_among(column->name, first))
            column_differs(&work, column);
    }
    if (!work.of.machines)
        text_append(arena, &work.of.same, ", ", "machine");
    return work.of;
}

static void add(Work *work, const char *part, const char *a, const char *b)
{
    if (work->of.lines < row_columns + 64)
        work->of.line[work->of.lines++] = (Differing){ part, { a, b } };
}

// Of one method the options that differ; of two all of each.
static void options_differ(Work *work)
{
    const Row *row[] = { work->block->of[0].cell->row, work->block->of[1].cell->row };
    const char *text[2] = { "", "" };
    bool one_method = !strcmp(known(row[0]->method), known(row[1]->method));
    for (int s = 0; s < 2; s++) {
        size_t options;
        const RowSetting *option = row_options(work->arena, row[s], &options);
        for (size_t o = 0; o < options; o++)
            if (!one_method ||
                !text_same(row_option(work->arena, row[1 - s], option[o].name), option[o].value))
                text_append(work->arena, &text[s], ", ", "%s=%s", option[o].name, option[o].value);
    }
    if (*text[0] || *text[1])
        add(work, "options", text[0], text[1]);
}

// A cell as it is held against another: of a hash its beginning, and of a commit whether the
// program was that commit's.
static const char *cell_said(Arena *arena, const Row *row, const Column *column)
{
    if (!strcmp(column->name, "commit"))
        return known(row_commit(arena, row));
    const char *text = row_text(arena, row, column);
    return strstr(column->name, "_sha") ? arena_format(arena, "%.8s", text) : text;
}

// All that the runs of a side say in a column: "a", "a and b"; "" where none says. *several: more
// than one thing.
static const char *values_of(Arena *arena, const Cell *cell, const Column *column, bool *several)
{
    const char *text = "";
    for (size_t r = 0; r < cell->runs; r++) {
        const char *mine = cell_said(arena, cell->run[r], column), *before = text;
        if (*mine)
            text_append_once(arena, &text, " and ", arena_format(arena, "%.200s", mine));
        *several = *several || (*before && text != before);
    }
    return text;
}

static void column_differs(Work *work, const Column *column)
{
    const char *value[2], *name = column->name;
    const Cell *const cell[] = { work->block->of[0].cell, work->block->of[1].cell };
    bool mixed = false;
    for (int s = 0; s < 2; s++)
        value[s] = values_of(work->arena, cell[s], column, &mixed);
    bool same = !strcmp(value[0], value[1]);
    bool one_method = !strcmp(known(cell[0]->row->method), known(cell[1]->row->method));
    if (column->role == ROLE_machine)
        work->of.machines |= !same || mixed;
    if (!strcmp(name, "commit"))
        work->of.commits |= !same || mixed;
    if (same) {
        if (*value[0] && !mixed && text_among(name, matter))
            text_append(work->arena, &work->of.same, ", ", "%s %s", name, value[0]);
        return;
    }
    if (!strcmp(name, "method_sha") && !one_method)
        return;
    if (!strcmp(name, "head_lr") && row_head_follows(cell[0]->row) &&
        row_head_follows(cell[1]->row))
        return;
    add(work, name, *value[0] ? value[0] : "-", *value[1] ? value[1] : "-");
}

// ---- numbers in words

static int decimals_of(const TwoWay *test)
{
    double half = 100 * (test->high - test->low) / 2;
    return isnan(half) || half >= 1 || half == 0 ? 1 : half >= 0.1 ? 2 : 3;
}

const char *test_points(Arena *arena, const TwoWay *test, double fraction)
{
    return isnan(fraction) ? "-" : arena_format(arena, "%.*f", decimals_of(test), 100 * fraction);
}

bool no_variance(const TwoWay *test)
{
    return test->reason == ZERO_VARIANCE;
}

// ---- the verdict

typedef enum { NO_CLAIM, SAME_ANSWERS, NO_VARIANCE, NOT_APART, APART } Kind;

static Kind kind_of(const Compared *block)
{
    const TwoWay *test = &block->result.test;
    double p = block->adjusted_p; // of one block its own
    if (block->result.seeds < FEWEST_SEEDS)
        return NO_CLAIM;
    if (block->same_answers)
        return SAME_ANSWERS;
    if (isnan(p) || no_variance(test))
        return NO_VARIANCE;
    return p < SIGNIFICANT ? APART : NOT_APART;
}

// Fewer than three seeds.
static const char *no_claim(Arena *arena, const Compared *block)
{
    const Comparison *result = &block->result;
    const char *runs = result->seeds == 1 ? "One pair of runs" : "Two seeds";
    if (!result->paired)
        runs = arena_format(arena, "%zu against %zu runs, of %s and of %s,", result->used_a,
                            result->used_b, block->of[0].asked, block->of[1].asked);
    return arena_format(arena, "%s can't carry a claim%s.", runs,
                        result->seeds == 1 ? " about the methods: it is about these runs only"
                                           : "");
}

const char *verdict(Arena *arena, const Compared *block)
{
    const TwoWay *test = &block->result.test;
    const char *a = block->of[0].asked, *b = block->of[1].asked;
    switch (kind_of(block)) {
    case SAME_ANSWERS:
        return arena_format(arena, "%s and %s give the same answers to all items in every run.", a,
                            b);
    case NO_CLAIM:
        return no_claim(arena, block);
    case NO_VARIANCE:
        return arena_format(arena, "Not tested: all seeds differ by the same amount%s.",
                            block->items.groups > 1 ? ", and the items show no more than the rest"
                                                    : "");
    case NOT_APART:
        return arena_format(arena,
                            "%s and %s can't be told apart; a difference of %s points "
                            "would have been found in 80 of 100.",
                            a, b, test_points(arena, test, block->detectable));
    case APART:
        break;
    }
    return arena_format(arena, "%s scores %s than %s, by %s points.", a,
                        test->value > 0 ? "higher" : "lower", b,
                        test_points(arena, test, fabs(test->value)));
}

const char *verdict_short(const Compared *block)
{
    static const char *const words[] = { [NO_CLAIM] = "no claim",
                                         [SAME_ANSWERS] = "same answers",
                                         [NO_VARIANCE] = "not tested",
                                         [NOT_APART] = "not told apart" };
    Kind kind = kind_of(block);
    return kind != APART ? words[kind] : block->result.test.value > 0 ? "higher" : "lower";
}
