// summary_label.c: what cells and blocks are called, so that no two have one name; see summary.h.

#include "report/summary_impl.h"
#include "base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
static const char *const noted_columns[] = { // lines may differ in them, and the table says so
    "head", "lr_source", "trials", "epochs", "min_steps", NULL };
// clang-format on

static int value_order(const Column *column, const char *a, const char *b)
{
    if (column->type == COLUMN_Text || !*a || !*b)
        return strcmp(a, b);
    double x = strtod(a, NULL), y = strtod(b, NULL);
    return (x > y) - (x < y);
}

// Whether a column that differs tells two blocks apart: one that was asked for is told elsewhere,
// and so is all that follows from a fold.
static bool tells(const Work *work, size_t field, size_t a, size_t b)
{
    size_t fold = work->fold;
    bool one_fold = !strcmp(work->block[a].value[fold], work->block[b].value[fold]);
    return !work->field[field].apart && (one_fold || work->field[field].column->role != ROLE_fold);
}

// Of two blocks of one task, by the first column that differs; 0 where none does that tells them
// apart, unless `all` count.
static int block_order(const Work *work, size_t a, size_t b, bool all)
{
    int order = 0;
    for (size_t f = 0; f < work->fields && !order; f++)
        if (all || tells(work, f, a, b))
            order = value_order(work->field[f].column, work->block[a].value[f],
                                work->block[b].value[f]);
    return order;
}

void settings_append(Arena *arena, const char **text, const RowSetting *setting, size_t settings,
                     const char *between, const char *is)
{
    for (size_t s = 0; s < settings; s++)
        text_append(arena, text, between, "%s%s%s", setting[s].name, is, setting[s].value);
}

const char *cell_settings(Arena *arena, const Cell *cell, bool rates)
{
    const char *text = "";
    for (size_t s = 0; s < cell->settings; s++) {
        const RowSetting *setting = &cell->setting[s];
        const Column *column = row_find(setting->name); // NULL: an option
        bool rate = column && (column->role & (ROLE_rate | ROLE_steps));
        if (!strcmp(setting->name, row_find("pretrained")->name) && !strcmp(setting->value, "no"))
            text_append(arena, &text, " ", "(untrained)");
        else if (rates || !rate)
            text_append(arena, &text, " ", "%s=%s", setting->name, setting->value);
    }
    return text;
}

static RowSetting setting_of(Arena *arena, const Column *column, const char *value)
{
    int length = column_is_hash(column) ? HASH_SHOWN : 200;
    return (RowSetting){ column->name, arena_format(arena, "%.*s", length, value) };
}

// The columns in which blocks of the task differ.
static void find_differing(const Work *work, size_t block, Block *named)
{
    const Draft *mine = &work->block[block];
    RowSetting *setting = arena_take(work->arena, work->fields + 1, sizeof *setting);
    named->setting = setting;
    for (size_t f = 0; f < work->fields; f++) {
        const Column *column = work->field[f].column;
        bool here = false;
        for (size_t o = 0; o < work->blocks; o++)
            here = here || (!strcmp(work->block[o].task, mine->task) && tells(work, f, block, o) &&
                            strcmp(work->block[o].value[f], mine->value[f]) != 0);
        if (here)
            setting[named->settings++] =
                setting_of(work->arena, column, *mine->value[f] ? mine->value[f] : "unknown");
    }
    named->differs = "";
    settings_append(work->arena, &named->differs, setting, named->settings, ", ", " ");
}

// Where a task has several blocks: names them by the one column that differs, or numbers them.
void name_blocks(const Work *work, Summary *summary)
{
    for (size_t b = 0; b < work->blocks; b++) {
        Block *block = &summary->block[b];
        size_t number = 1;
        find_differing(work, b, block);
        for (size_t o = 0; o < work->blocks; o++) {
            bool first = !strcmp(work->block[o].task, block->task);
            block->place += first && block_order(work, o, b, true) < 0;
            for (size_t p = 0; p < o && first; p++)
                first = strcmp(work->block[p].task, block->task) != 0 ||
                        block_order(work, p, o, false) != 0;
            number += first && block_order(work, o, b, false) < 0;
        }
        if (block->settings == 1)
            block->name = arena_format(work->arena, "%s (%s)", block->task, block->differs);
        else if (block->settings > 1)
            block->name = arena_format(work->arena, "%s (%zu)", block->task, number);
    }
}

// Whether some cell of the same method, on the same model or on another one, has another value.
static bool option_differs(Arena *arena, const Cell *cell, const RowSetting *option,
                           bool same_model, Cell *const *all, size_t cells)
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

// The options of a cell that have another value on the same model; or, `by_model`, those that
// differ between models alone, as defaults do that go by the width.
static RowSetting *differing_options(const Work *work, const Cell *cell, bool by_model,
                                     Cell *const *all, size_t *count)
{
    size_t options, cells = work->cells;
    RowSetting *option = row_options(work->arena, cell->row, &options);
    *count = 0;
    for (size_t o = 0; o < options; o++) {
        bool here = option_differs(work->arena, cell, &option[o], true, all, cells);
        if (by_model ? !here && option_differs(work->arena, cell, &option[o], false, all, cells)
                     : here)
            option[(*count)++] = option[o];
    }
    return option;
}

// In what the lines that would have the same label differ. What a search tries beside rates is said
// where fewer than half of them have it.
static void add_differing_settings(const Work *work, const Block *block, Cell *cell)
{
    for (size_t f = 0; f < work->fields; f++) {
        const Column *column = work->field[f].column;
        size_t alike = 0, other = 0; // lines of the same label
        const char *mine = row_text(work->arena, cell->row, column);
        bool follows = column == row_find("head_lr") && row_head_follows(cell->row);
        if ((work->field[f].part != OF_LINE && work->field[f].part != OF_SEARCH) ||
            work->field[f].apart || !*mine || follows)
            continue;
        for (size_t c = 0; c < block->cells; c++) {
            const Cell *o = &block->cell[c];
            bool same_label = !strcmp(o->label, cell->label) &&
                              !strcmp(known(o->row->model), known(cell->row->model));
            bool same = !strcmp(row_text(work->arena, o->row, column), mine);
            alike += same_label && same;
            other += same_label && !same;
        }
        if (other > 0 && (work->field[f].part != OF_SEARCH || alike <= other))
            cell->setting[cell->settings++] = setting_of(work->arena, column, mine);
    }
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

// "lora rank=8 (untrained)", of the settings that are known so far.
static void put_label(const Work *work, Cell *cell)
{
    const char *settings = cell_settings(work->arena, cell, true);
    cell->label = known(cell->row->method);
    text_append(work->arena, &cell->label, *settings ? " " : "", "%s", settings);
}

void label_cells(const Work *work, Summary *summary)
{
    size_t n = work->cells;
    Cell **all = all_cells(work, summary);
    for (size_t c = 0; c < n; c++) {
        Cell *cell = all[c];
        const RowSetting *option = differing_options(work, cell, false, all, &cell->settings);
        size_t most = cell->settings + 1 + work->fields;
        cell->setting = arena_take(work->arena, most, sizeof *cell->setting);
        memcpy(cell->setting, option, cell->settings * sizeof *option);
        if (cell->untrained)
            cell->setting[cell->settings++] = setting_of(work->arena, row_find("pretrained"), "no");
        put_label(work, cell);
    }
    for (size_t b = 0; b < summary->blocks; b++) {
        Block *block = &summary->block[b];
        for (size_t c = 0; c < block->cells; c++) // all are compared before any label is changed
            add_differing_settings(work, block, &block->cell[c]);
        for (size_t c = 0; c < block->cells; c++)
            put_label(work, &block->cell[c]);
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
        size_t options;
        const RowSetting *option = differing_options(work, cell, true, all, &options);
        const char *mine = known(cell->row->method);
        settings_append(work->arena, &mine, option, options, " ", "=");
        text_append(work->arena, &mine, " ", "(%s)", known(cell->row->model));
        if (options > 0) // other lines of the method may have the same
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
        if (work->trials && column->role == ROLE_steps)
            continue; // the lines say it
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
