// summary_label.c: what cells and blocks are called, so that no two have one name; see summary.h.

#include "report/summary_impl.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

// clang-format off
static const char *const noted_columns[] = { // lines may differ in them, and the table says so
    "head", "lr_source", "trials", "epochs", "min_steps", NULL };
// clang-format on

// Where a task has several blocks: numbers them, and says for each what differs.
void name_blocks(const Work *work, Summary *summary)
{
    for (size_t b = 0; b < work->blocks; b++) {
        size_t of_task = 0, number_here = 0;
        summary->block[b].differs = "";
        for (size_t o = 0; o < work->blocks; o++)
            if (!strcmp(work->block[o].task, work->block[b].task))
                of_task++, number_here += o <= b;
        if (of_task == 1)
            continue;
        summary->block[b].name =
            arena_format(work->arena, "%s (%zu)", work->block[b].task, number_here);
        for (size_t f = 0; f < work->fields; f++) {
            const char *mine = work->block[b].value[f];
            bool differs = false;
            for (size_t o = 0; o < work->blocks; o++)
                differs = differs || (!strcmp(work->block[o].task, work->block[b].task) &&
                                      strcmp(work->block[o].value[f], mine) != 0);
            if (differs)
                text_append(work->arena, &summary->block[b].differs, ", ", "%s %s",
                            work->field[f].column->name, *mine ? mine : "unknown");
        }
    }
}

// Whether some cell of the same method, on the same model or on another one, has another value.
static bool option_differs(Arena *arena, const Cell *cell, const RowOption *option, bool same_model,
                           Cell *const *all, size_t cells)
{
    size_t mark = arena_mark(arena);
    bool differs = false;
    for (size_t c = 0; c < cells && !differs; c++) {
        const Row *other = all[c]->row;
        differs = !strcmp(known(other->method), known(cell->row->method)) &&
                  !strcmp(known(other->model), known(cell->row->model)) == same_model &&
                  other->options &&
                  !text_same(row_option(arena, other, option->name), option->value);
    }
    arena_rewind(arena, mark);
    return differs;
}

// " rank=8": the options of a cell that have another value on the same model; or, `by_model`, those
// that differ between models alone, as defaults do that go by the width.
static const char *differing_options(const Work *work, const Cell *cell, bool by_model,
                                     Cell *const *all, size_t cells)
{
    const char *text = "";
    size_t options;
    const RowOption *option = row_options(work->arena, cell->row, &options);
    for (size_t o = 0; o < options; o++) {
        bool here = option_differs(work->arena, cell, &option[o], true, all, cells);
        if (by_model ? !here && option_differs(work->arena, cell, &option[o], false, all, cells)
                     : here)
            text_append(work->arena, &text, "", " %s=%s", option[o].name, option[o].value);
    }
    return text;
}

// " lr=0.001": in what the lines that would have the same label differ.
static const char *differing_settings(const Work *work, const Cell *cell, const Cell *others,
                                      size_t cells)
{
    const char *text = "";
    for (size_t f = 0; f < work->fields; f++) {
        const Column *column = work->field[f].column;
        bool hash = strstr(column->name, "_sha") != NULL, differs = false;
        const char *mine = row_text(work->arena, cell->row, column);
        bool follows = column == row_find("head_lr") && row_head_follows(cell->row);
        if ((work->field[f].part != OF_LINE && work->field[f].part != OF_SEARCH) ||
            work->field[f].apart || !*mine || follows)
            continue;
        for (size_t c = 0; c < cells && !differs; c++)
            differs = !strcmp(others[c].label, cell->label) &&
                      !strcmp(known(others[c].row->model), known(cell->row->model)) &&
                      strcmp(row_text(work->arena, others[c].row, column), mine) != 0;
        if (differs)
            text_append(work->arena, &text, "", " %s=%.*s", column->name, hash ? 8 : 200, mine);
    }
    return text;
}

// Those of all blocks; there are work->cells of them.
static Cell **all_cells(const Work *work, const Summary *summary)
{
    Cell **all = arena_take(work->arena, work->cells + 1, sizeof *all);
    size_t n = 0;
    for (size_t b = 0; b < summary->blocks; b++)
        for (size_t c = 0; c < summary->block[b].cells; c++)
            all[n++] = &summary->block[b].cell[c];
    return all;
}

void label_cells(const Work *work, Summary *summary)
{
    size_t n = work->cells;
    Cell **all = all_cells(work, summary);
    for (size_t c = 0; c < n; c++)
        all[c]->label = arena_format(work->arena, "%s%s%s", known(all[c]->row->method),
                                     differing_options(work, all[c], false, all, n),
                                     all[c]->untrained ? " (untrained)" : "");
    for (size_t b = 0; b < summary->blocks; b++) {
        Block *block = &summary->block[b];
        const char **more = arena_take(work->arena, block->cells + 1, sizeof *more);
        for (size_t c = 0; c < block->cells; c++) // all are compared before any is changed
            more[c] = differing_settings(work, &block->cell[c], block->cell, block->cells);
        for (size_t c = 0; c < block->cells; c++)
            text_append(work->arena, &block->cell[c].label, "", "%s", more[c]);
    }
}

// "full, lora (mini)": who has the value of cell c, each label once; with the model where the same
// label has another value on another one.
static const char *who_says(const Work *work, const Block *block, const char *const *value,
                            size_t c)
{
    const char *who = "";
    for (size_t o = c; o < block->cells; o++) {
        const Cell *cell = &block->cell[o];
        bool says = !strcmp(value[o], value[c]), named = false, split = false;
        for (size_t p = 0; p < block->cells && says; p++) {
            bool alike = !strcmp(value[p], value[c]);
            if (strcmp(block->cell[p].label, cell->label) != 0)
                continue;
            named = named || (alike && p < o);
            split = split || (!alike && *value[p]);
        }
        if (says && split)
            text_append(work->arena, &who, ", ", "%s (%s)", cell->label, known(cell->row->model));
        else if (says && !named)
            text_append(work->arena, &who, ", ", "%s", cell->label);
    }
    return who;
}

// "options: adapter size=16 (tiny), adapter size=32 (mini)": what no label says.
static void note_options(const Work *work, const Summary *summary, Block *block)
{
    Cell *const *all = all_cells(work, summary);
    const char *text = "";
    for (size_t c = 0; c < block->cells; c++) {
        const Cell *cell = &block->cell[c];
        const char *options = differing_options(work, cell, true, all, work->cells);
        const char *mine = arena_format(work->arena, "%s%s (%s)", known(cell->row->method), options,
                                        known(cell->row->model));
        if (*options) // other lines of the method may have the same
            text_append_once(work->arena, &text, ", ", mine);
    }
    if (*text)
        text_append(work->arena, &block->uneven, "; ", "options: %s", text);
}

// "head pooler: full, lora; head mean: feature", for each noted column that differs.
void note_uneven(const Work *work, const Summary *summary, Block *block)
{
    const char **value = arena_take(work->arena, block->cells + 1, sizeof *value);
    size_t *first = arena_take(work->arena, block->cells + 1, sizeof *first); // cell of each value
    for (const char *const *name = noted_columns; *name; name++) {
        const Column *column = row_find(*name);
        const char *text = "";
        size_t values = 0;
        for (size_t c = 0; c < block->cells; c++) {
            size_t before = 0;
            value[c] = row_text(work->arena, block->cell[c].row, column);
            while (before < values && strcmp(value[first[before]], value[c]) != 0)
                before++;
            if (before == values && *value[c])
                first[values++] = c;
        }
        for (size_t v = 0; v < values && values > 1; v++)
            text_append(work->arena, &text, "; ", "%s %s: %s", *name, value[first[v]],
                        who_says(work, block, value, first[v]));
        if (values > 1)
            text_append(work->arena, &block->uneven, "; ", "%s", text);
    }
    note_options(work, summary, block);
}
