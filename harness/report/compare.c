// compare.c: see compare.h.

#include "report/compare.h"
#include "base/text.h"
#include "base/hash.h"
#include "base/multiple.h"
#include "base/random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool rows_of_sides(Arena *arena, const Question *question, Comparisons *comparisons,
                          Rows *rows, Error *error);
static bool find_blocks(Arena *arena, const Question *question, const Rows *rows,
                        Comparisons *comparisons, Error *error);
static bool compare_block(Arena *arena, const Question *question, bool draws, Compared *block,
                          Error *error);

bool compare_methods(Arena *arena, const Question *question, Comparisons *comparisons, Error *error)
{
    Rows rows[2];
    const char *missing = NULL;
    size_t compared = 0;
    *comparisons = (Comparisons){ .level = question->level, .over_items = question->over_items };
    if (!rows_of_sides(arena, question, comparisons, rows, error))
        return false;
    if (!find_blocks(arena, question, rows, comparisons, error))
        return false;
    for (size_t b = 0; b < comparisons->blocks; b++) {
        Compared *block = &comparisons->block[b];
        if (!compare_block(arena, question, question->every_field || comparisons->blocks == 1,
                           block, error))
            return false;
        missing = block->missing ? block->missing : missing;
        compared += !block->missing;
    }
    if (compared == 0)
        return fail(error, ERROR_INPUT, (Where){ .item = "predictions" },
                    "predictions/KEY.csv beside rows/, as `run` and `sweep` write them", "%s",
                    missing);
    double *p = arena_take(arena, comparisons->blocks, sizeof *p);
    double *adjusted = arena_take(arena, comparisons->blocks, sizeof *adjusted);
    for (size_t b = 0; b < comparisons->blocks; b++)
        p[b] = comparisons->block[b].missing ? (double)NAN : comparisons->block[b].result.test.p;
    comparisons->family = holm(arena, p, comparisons->blocks, adjusted);
    for (size_t b = 0; b < comparisons->blocks; b++) {
        Compared *block = &comparisons->block[b];
        block->adjusted_p = adjusted[b];
        const TwoWay *test = &block->result.test;
        block->detectable =
            block->missing ? (double)NAN : detectable(test->se, test->df, comparisons->family);
    }
    return true;
}

static bool same_folders(const char *const *a, size_t of_a, const char *const *b, size_t of_b)
{
    bool same = of_a == of_b;
    for (size_t f = 0; f < of_a && same; f++)
        same = !strcmp(a[f], b[f]);
    return same;
}

static void add_cuts(Arena *arena, Comparisons *comparisons, const Rows *rows)
{
    size_t all = comparisons->cuts + rows->cuts;
    const char **cut = arena_take(arena, all + 1, sizeof *cut);
    for (size_t c = 0; c < all; c++)
        cut[c] = c < comparisons->cuts ? comparisons->cut[c] : rows->cut[c - comparisons->cuts];
    comparisons->cut = cut, comparisons->cuts = all;
}

// A side looks in its own folder; else in those of the command line; else in the other side's.
static bool rows_of_sides(Arena *arena, const Question *question, Comparisons *comparisons,
                          Rows *rows, Error *error)
{
    const char *const *folder[2];
    size_t folders[2];
    Rows all;
    for (int s = 0; s < 2; s++) {
        const char *const *own = &question->chosen[s].folder, *const *other =
                                                                  &question->chosen[1 - s].folder;
        folder[s] = *own ? own : question->folders ? question->folder : other;
        folders[s] = *own || !question->folders ? 1 : question->folders;
        comparisons->asked[s] = question->chosen[s].text;
        if (!*own && question->folders == 0 && !*other)
            return fail(error, ERROR_INPUT, (Where){ .item = "folder" },
                        "a sweep's folder, such as results/quick", "is not given");
        bool read = s == 1 && same_folders(folder[0], folders[0], folder[1], folders[1]);
        if (!read && !rows_of_folders(arena, folder[s], folders[s], &all, error))
            return false;
        if (!read)
            add_cuts(arena, comparisons, &all);
        if (!chosen_rows(arena, &question->chosen[s], &all, &rows[s], error) ||
            !majorities_check(arena, &rows[s], error))
            return false;
    }
    return true;
}

// What fits in the columns of a screen.
static void names_of(const char *const asked[2], const char *name[2])
{
    enum { SHORT = 11 };
    bool fit = strlen(asked[0]) <= SHORT && strlen(asked[1]) <= SHORT && strcmp(asked[0], asked[1]);
    name[0] = fit ? asked[0] : "A";
    name[1] = fit ? asked[1] : "B";
}

static bool in_block(const Row *row, const Compared *block)
{
    return !strcmp(known(row->task), block->task) && !strcmp(known(row->model), block->model);
}

// The tasks and models that both sides have, a block each as yet.
static size_t find_places(const Question *question, const Rows *rows, Compared *place)
{
    size_t places = 0;
    for (size_t r = 0; r < rows[0].count; r++) {
        const Row *row = &rows[0].row[r];
        Compared *at = &place[places];
        bool known_one = false, shared = false;
        *at = (Compared){ .task = known(row->task), .model = known(row->model) };
        for (size_t p = 0; p < places && !known_one; p++)
            known_one = in_block(row, &place[p]);
        for (size_t o = 0; o < rows[1].count && !shared; o++)
            shared = in_block(&rows[1].row[o], at);
        if (known_one || !shared || (question->task && strcmp(question->task, at->task) != 0) ||
            (question->model && strcmp(question->model, at->model) != 0))
            continue;
        places++;
    }
    return places;
}

// A setting by its line in a table, and what sets it apart from that line in another block.
static const char *setting(Arena *arena, const Block *block, const Cell *cell)
{
    return *block->differs ? arena_format(arena, "%s, %s", cell->label, block->differs)
                           : cell->label;
}

// The same as it is typed: "lora:rank=4,max_length=128"; `beside`: untrained ones.
static const char *typed_setting(Arena *arena, const Block *block, const Cell *cell, bool beside)
{
    const char *settings = "";
    if (beside && !cell->untrained)
        settings = arena_format(arena, "%s=yes", row_find("pretrained")->name);
    settings_append(arena, &settings, cell->setting, cell->settings, ",", "=");
    settings_append(arena, &settings, block->setting, block->settings, ",", "=");
    return arena_format(arena, "%s%s%s", known(cell->row->method), *settings ? ":" : "", settings);
}

// The settings of a side's rows in a place, all of `rows` in `mine`.
static bool settings_of(Arena *arena, const Rows *rows, const Compared *place, Rows *mine,
                        Summary *summary, Error *error)
{
    bool *keeps = arena_zero(arena, rows->count + 1, sizeof *keeps);
    for (size_t r = 0; r < rows->count; r++)
        keeps[r] = in_block(&rows->row[r], place);
    *mine = rows_kept(arena, rows, keeps);
    return summary_of(arena, mine->row, mine->count, false, NULL, summary, error);
}

static Contender contender_of(const char *asked, const Rows *rows, const Cell *cell)
{
    return (Contender){ .asked = asked,
                        .cell = cell,
                        .side = { .rows = rows, .run = cell->run, .runs = cell->runs } };
}

// The rows of a side in a place, which must be runs of one setting.
static bool one_setting(Arena *arena, const Chosen *chosen, const Rows *rows, const Compared *place,
                        Contender *contender, Error *error)
{
    Summary summary;
    Rows *mine = arena_take(arena, 1, sizeof *mine);
    if (!settings_of(arena, rows, place, mine, &summary, error))
        return false;
    const char *settings = "";
    bool untrained = false;
    for (size_t r = 0; r < mine->count; r++)
        untrained = untrained || text_same(mine->row[r].pretrained, "no");
    for (size_t b = 0; b < summary.blocks; b++)
        for (size_t c = 0; c < summary.block[b].cells; c++)
            text_append(
                arena, &settings, " or ", "'%s'",
                typed_setting(arena, &summary.block[b], &summary.block[b].cell[c], untrained));
    if (summary.blocks > 1 || summary.block[0].cells > 1)
        return fail(error, ERROR_INPUT, (Where){ .item = chosen->text },
                    "told apart, as in lora:rank=4, lora:lr=0.001 or lora@FOLDER",
                    "is more than one setting on %s of %s: %s", place->task, place->model,
                    settings);
    *contender = contender_of(chosen->text, mine, summary.block[0].cell);
    return true;
}

static bool has_run(const Cell *cell, const Row *run)
{
    for (size_t r = 0; r < cell->runs; r++)
        if (!strcmp(known(cell->run[r]->key), known(run->key)))
            return true;
    return false;
}

// A block for each setting in a place but the other side's own, and null, which is a floor.
static bool each_setting(Arena *arena, const Rows *rows, const Compared *place,
                         Comparisons *comparisons, Error *error)
{
    int side = comparisons->each;
    Summary summary;
    Rows *mine = arena_take(arena, 1, sizeof *mine);
    if (!settings_of(arena, rows, place, mine, &summary, error))
        return false;
    for (size_t b = 0; b < summary.blocks; b++)
        for (size_t c = 0; c < summary.block[b].cells; c++) {
            const Cell *cell = &summary.block[b].cell[c];
            if (cell_is_null(cell) || has_run(place->of[1 - side].cell, cell->row))
                continue;
            Compared *block = &comparisons->block[comparisons->blocks++];
            *block = *place;
            block->of[side] = contender_of(setting(arena, &summary.block[b], cell), mine, cell);
        }
    return true;
}

// By the cells of a side that is not each: the places have no others yet.
static int by_task_and_model(const void *a, const void *b)
{
    const Compared *x = a, *y = b;
    int s = !x->of[0].cell, order = strcmp(x->task, y->task);
    return order ? order : model_order(x->of[s].cell, y->of[s].cell);
}

static bool find_blocks(Arena *arena, const Question *question, const Rows *rows,
                        Comparisons *comparisons, Error *error)
{
    const Chosen *chosen = question->chosen;
    Compared *place = arena_zero(arena, rows[0].count + 1, sizeof *place);
    size_t places = find_places(question, rows, place);
    comparisons->block =
        arena_take(arena, rows[0].count + rows[1].count + 1, sizeof *comparisons->block);
    comparisons->each = chosen[0].each ? 0 : chosen[1].each ? 1 : -1;
    names_of(comparisons->asked, comparisons->name);
    for (size_t p = 0; p < places; p++)
        for (int s = 0; s < 2; s++)
            if (!chosen[s].each &&
                !one_setting(arena, &chosen[s], &rows[s], &place[p], &place[p].of[s], error))
                return false;
    qsort(place, places, sizeof *place, by_task_and_model);
    for (size_t p = 0; p < places; p++) {
        if (comparisons->each < 0)
            comparisons->block[comparisons->blocks++] = place[p];
        else if (!each_setting(arena, &rows[comparisons->each], &place[p], comparisons, error))
            return false;
    }
    for (size_t b = 0; b < comparisons->blocks; b++) {
        Contender *of = comparisons->block[b].of;
        const char *asked[2] = { of[0].asked, of[1].asked }, *name[2] = { asked[0], asked[1] };
        if (comparisons->blocks == 1 || comparisons->each < 0) // else a line has room for it
            names_of(asked, name);
        of[0].name = name[0], of[1].name = name[1];
    }
    if (places > 0 && comparisons->blocks == 0)
        return fail(error, ERROR_INPUT, (Where){ .item = "each" }, "a folder of several methods",
                    "there is none but %s", chosen[1 - comparisons->each].text);
    if (places == 0 && (question->task || question->model))
        return fail(error, ERROR_INPUT,
                    (Where){ .item = !question->model  ? "--task"
                                     : !question->task ? "--model"
                                                       : "--task and --model" },
                    "one that both have", "%s and %s have no rows of it", chosen[0].text,
                    chosen[1].text);
    return places > 0 || fail(error, ERROR_INPUT, (Where){ .item = chosen[1].text },
                              "two methods of the same task and model",
                              "shares no task and model with %s", chosen[0].text);
}

// A number below 2^53 that names the comparison: the same rows give the same draws.
static uint64_t seed_of(Arena *arena, const Compared *block)
{
    const char *text = arena_format(arena, "compare %s", block->items.split);
    for (int s = 0; s < 2; s++) {
        const size_t *of = s ? block->result.of_b : block->result.of_a;
        size_t used = s ? block->result.used_b : block->result.used_a;
        for (size_t r = 0; r < used; r++)
            text = arena_format(arena, "%s %d:%s", text, s,
                                block->of[s].side.predicted[of[r]].row->key);
    }
    return random_name(text) >> 11;
}

static Weighed **weighed_runs(Arena *arena, const Compared *block, int s)
{
    const size_t *of = s ? block->result.of_b : block->result.of_a;
    size_t used = s ? block->result.used_b : block->result.used_a;
    Weighed **run = arena_take(arena, used, sizeof *run);
    for (size_t r = 0; r < used; r++)
        run[r] =
            weighed_new(arena, block->items.metric, &block->of[s].side.predicted[of[r]].answers,
                        block->items.group, block->items.groups);
    return run;
}

// The mean score of the runs that are compared, and its interval: over seeds as they are, or over
// seeds and items.
static void own_score(Arena *arena, const Question *question, Compared *block, int s)
{
    Contender *contender = &block->of[s];
    const Sample *sample = &contender->side.sample;
    const size_t *of = s ? block->result.of_b : block->result.of_a;
    size_t used = s ? block->result.used_b : block->result.used_a, groups = sample->groups;
    double *theta = arena_take(arena, used, sizeof *theta);
    double *u = arena_take(arena, used * groups, sizeof *u);
    for (size_t r = 0; r < used; r++) {
        theta[r] = sample->theta[of[r]];
        memcpy(u + r * groups, sample->u + of[r] * groups, groups * sizeof *u);
    }
    contender->score = interval_of(theta, used, question->level);
    if (question->over_items) {
        TwoWay both = twoway(arena, u, used, groups, question->level);
        contender->score.low = both.low, contender->score.high = both.high;
        contender->score.zero_variance = false; // of the seeds
    }
}

static double mcnemar_of(const Compared *block)
{
    size_t n10 = 0, n01 = 0;
    if (!block->result.paired || block->result.seeds != 1 || !block->items.gold)
        return NAN;
    const Answers *a = &block->of[0].side.predicted[block->result.of_a[0]].answers;
    const Answers *b = &block->of[1].side.predicted[block->result.of_b[0]].answers;
    for (size_t i = 0; i < block->items.n; i++) {
        bool right_a = a->gold[i] == a->answer[i], right_b = b->gold[i] == b->answer[i];
        n10 += right_a && !right_b;
        n01 += right_b && !right_a;
    }
    return mcnemar(n10, n01);
}

// Of no variance it can't be read: that is about means over items.
static bool same_answers(const Compared *block)
{
    bool same = block->result.paired;
    for (size_t r = 0; r < block->result.seeds && same; r++) {
        const Answers *a = &block->of[0].side.predicted[block->result.of_a[r]].answers;
        const Answers *b = &block->of[1].side.predicted[block->result.of_b[r]].answers;
        for (size_t i = 0; i < block->items.n && same; i++)
            same = block->items.gold ? a->answer[i] == b->answer[i]
                                     : a->answer_score[i] == b->answer_score[i];
    }
    return same;
}

static Bootstrap resampled(Arena *arena, const Question *question, const Compared *block,
                           uint64_t seed)
{
    Resampled of = { .a = weighed_runs(arena, block, 0),
                     .b = weighed_runs(arena, block, 1),
                     .runs_a = block->result.used_a,
                     .runs_b = block->result.used_b,
                     .paired = block->result.paired,
                     .groups = block->items.groups };
    return bootstrap(arena, &of, seed, question->level);
}

static bool compare_block(Arena *arena, const Question *question, bool draws, Compared *block,
                          Error *error)
{
    Side side[] = { block->of[0].side, block->of[1].side };
    if (!sides_read(arena, question->split, side, 2, &block->items, error))
        return false;
    for (int s = 0; s < 2; s++) {
        Contender *contender = &block->of[s];
        contender->side = side[s];
        if (block->items.split)
            contender->on =
                cell_on_split(arena, contender->side.rows, contender->cell, block->items.split);
        if (side[s].count == 0)
            text_append(arena, &block->missing, "; ", "%s of %s on %s, %s",
                        side[s].missing ? "there are no predictions" : "no run ended well",
                        contender->asked, block->task, block->model);
    }
    if (block->missing)
        return true;
    block->result = compare(arena, &side[0].sample, &side[1].sample, question->level);
    for (int s = 0; s < 2; s++)
        own_score(arena, question, block, s);
    uint64_t seed = seed_of(arena, block);
    if (draws)
        block->bootstrap = resampled(arena, question, block, seed);
    block->flip =
        sign_flip(block->result.difference, block->result.paired ? block->result.seeds : 0, seed);
    block->mcnemar = mcnemar_of(block);
    block->same_answers = same_answers(block);
    return true;
}
