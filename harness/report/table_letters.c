// table_letters.c: letters of the cells of a table: a family is what one task and model have, but
// for null, which is a floor and nobody's rival.

#include "report/letters.h"
#include "base/text.h"
#include "report/table_impl.h"
#include <string.h>

typedef struct { // what is to be known of letters, and of which families
    const char *text, *names;
} Caption;

typedef struct {
    Arena *arena;
    Caption *caption; // room for one a family
    size_t captions;
} Captions;

static void add_caption(Captions *captions, const char *text, const Block *block, const Cell *cell)
{
    size_t c = 0;
    while (c < captions->captions && strcmp(captions->caption[c].text, text) != 0)
        c++;
    if (c == captions->captions)
        captions->caption[captions->captions++] = (Caption){ text, "" };
    text_append_once(captions->arena, &captions->caption[c].names, "; ",
                     arena_format(captions->arena, "%s, %s", block->name, known(cell->row->model)));
}

// What the cell scores on the split that its letter is of.
static Interval score_of(const Table *table, const Block *block, const Cell *cell)
{
    const At at = { .rows = table->rows, .block = block, .cell = cell };
    return at_on_split(table->arena, &at, table->choice->split).score;
}

// "; of 3 of 5 runs with predictions: lora, full; no letter below 3": runs that the mean beside a
// letter has, and the letter has not; "" where all have predictions.
static const char *fewer_runs(Arena *arena, const Lettered *method, const size_t *scored,
                              size_t methods)
{
    const char *text = "";
    bool without = false;
    for (size_t c = 0; c < methods; c++) {
        size_t used = method[c].used, n = scored[c];
        const char *names = "";
        bool before = used == n;
        without = without || used < FEWEST_SEEDS;
        for (size_t o = 0; o < c && !before; o++)
            before = method[o].used == used && scored[o] == n;
        for (size_t o = c; o < methods && !before; o++)
            if (method[o].used == used && scored[o] == n)
                text_append(arena, &names, ", ", "%s", method[o].name);
        if (!before)
            text_append(arena, &text, "; ", "of %zu of %zu runs with predictions: %s", used, n,
                        names);
    }
    if (!*text)
        return text;
    return arena_format(arena, "; %s%s", text,
                        without ? arena_format(arena, "; no letter below %d", FEWEST_SEEDS) : "");
}

// The cells from `first` on that have its model; they lie together.
static size_t family(const Table *table, const Block *block, size_t first, Captions *captions)
{
    Cell *cell = block->cell + first;
    size_t cells = 0, methods = 0, pairs, untested;
    Error error;
    Arena *scratch = arena_new(ARENA_RUN, &error);
    while (first + cells < block->cells &&
           !strcmp(known(cell[cells].row->model), known(cell->row->model)))
        cells++;
    Lettered *method = arena_zero(table->arena, cells, sizeof *method);
    size_t *of = arena_take(table->arena, cells, sizeof *of),
           *scored = arena_take(table->arena, cells, sizeof *scored);
    for (size_t c = 0; c < cells; c++) {
        cell[c].letters = "";
        if (cell_is_null(&cell[c]))
            continue;
        method[methods] = (Lettered){ cell[c].label, cell[c].run, cell[c].runs, "", 0 };
        scored[methods] = score_of(table, block, &cell[c]).n;
        of[methods++] = c;
    }
    if (!scratch || !letters(scratch, table->rows, table->choice->split, method, methods, &pairs,
                             &untested, &error)) {
        // Predictions that do not fit are no reason for not showing the scores.
        add_caption(captions, arena_format(table->arena, "no letters: %s", error.text), block,
                    cell);
        arena_free(scratch);
        return cells;
    }
    for (size_t m = 0; m < methods; m++)
        cell[of[m]].letters = arena_text(table->arena, known(method[m].letters));
    arena_free(scratch);
    if (pairs + untested == 0 && methods > 1 && table->choice->columns)
        add_caption(captions,
                    arena_format(table->arena,
                                 "no letters: fewer than two methods have %d runs with predictions",
                                 FEWEST_SEEDS),
                    block, cell);
    if (pairs + untested > 0)
        add_caption(captions,
                    arena_format(table->arena, "%s%s",
                                 letters_caption(table->arena, pairs, untested),
                                 fewer_runs(table->arena, method, scored, methods)),
                    block, cell);
    return cells;
}

// How far apart two of one letter are at most: where n is small, that is far. NULL: no two are.
static const char *widest(const Table *table)
{
    const Cell *high = NULL, *low = NULL;
    const Block *of = NULL;
    double most = 0, means[2] = { 0 };
    for (size_t b = 0; b < table->summary.blocks; b++) {
        const Block *block = &table->summary.block[b];
        double *mean = arena_take(table->arena, block->cells + 1, sizeof *mean);
        for (size_t i = 0; i < block->cells; i++)
            mean[i] = score_of(table, block, &block->cell[i]).mean;
        for (size_t i = 0; i < block->cells; i++)
            for (size_t j = 0; j < block->cells; j++) {
                const Cell *x = &block->cell[i], *y = &block->cell[j];
                double apart = mean[i] - mean[j];
                if (!(apart > most) || !strpbrk(known(x->letters), known(y->letters)) ||
                    strcmp(known(x->row->model), known(y->row->model)) != 0)
                    continue;
                most = apart, high = x, low = y, of = block, means[0] = mean[i], means[1] = mean[j];
            }
    }
    return high ? arena_format(
                      table->arena,
                      "group: of two that share a letter, the furthest apart are %s %.1f and "
                      "%s %.1f (%s, %s)",
                      high->label, 100 * means[0], low->label, 100 * means[1], of->name,
                      known(high->row->model))
                : NULL;
}

void table_letters(Table *table)
{
    bool any = false, asked = table->choice->columns != NULL;
    size_t l = 0;
    while (l < table->shown_count && strcmp(table->shown[l].name, "letters") != 0)
        l++;
    if (l == table->shown_count)
        return;
    Captions captions = { .arena = table->arena };
    const char *none = table->choice->trials                      ? "trials are no results"
                       : strchr(known(table->choice->split), ',') ? "they are of one split alone"
                       : !table->rows->folder                     ? "the rows are in no folder"
                                                                  : NULL;
    bool fit = !none;
    for (size_t b = 0; b < table->summary.blocks && fit; b++) {
        const Block *block = &table->summary.block[b];
        captions.caption = arena_grown(table->arena, captions.caption, captions.captions,
                                       captions.captions + block->cells, sizeof *captions.caption);
        for (size_t c = 0; c < block->cells;)
            c += family(table, block, c, &captions);
        for (size_t c = 0; c < block->cells; c++)
            any = any || *known(block->cell[c].letters);
    }
    const char **note = arena_zero(table->arena, captions.captions + 3, sizeof *note);
    if (none && asked)
        note[0] = arena_format(table->arena, "group: no letters, since %s", none);
    for (size_t c = 0; c < captions.captions;
         c++) // the families need names where there are several
        note[c] = arena_format(table->arena, "group, %s: %s",
                               captions.captions > 1 ? captions.caption[c].names
                                                     : "in each task and model",
                               captions.caption[c].text);
    note[captions.captions] = any ? widest(table) : note[captions.captions];
    table->letters_note = note;
    if (any || asked || table->choice->format == TABLE_CSV)
        return;
    memmove(table->shown + l, table->shown + l + 1,
            (table->shown_count - l - 1) * sizeof *table->shown);
    table->shown_count--;
}
