// chosen.c: see chosen.h.

#include "report/chosen.h"
#include "base/option.h"
#include "base/text.h"
#include "report/summary.h"
#include <math.h>
#include <string.h>

bool chosen_read(Arena *arena, const char *text, const char *right, Chosen *chosen, Error *error)
{
    const Where where = { .item = text };
    char *copy = arena_text(arena, text), *at = strchr(copy, '@'), *colon;
    *chosen = (Chosen){ .text = text, .method = copy, .folder = at ? at + 1 : NULL };
    if (at)
        *at = '\0';
    if ((colon = strchr(copy, ':')))
        *colon = '\0';
    char **part = text_split(arena, colon ? colon + 1 : "", ',', &chosen->settings);
    if (!*copy || (at && !at[1]) || (colon && chosen->settings == 0))
        return fail(error, ERROR_INPUT, where, right, "is no method");
    chosen->each = !strcmp(copy, "each");
    chosen->setting = arena_take(arena, chosen->settings + 1, sizeof *chosen->setting);
    for (size_t i = 0; i < chosen->settings; i++) {
        char *equals = strchr(part[i], '=');
        if (!equals || equals == part[i])
            return fail(error, ERROR_INPUT, where, "METHOD:OPTION=VALUE", "'%s' has no %s", part[i],
                        equals ? "name" : "value");
        *equals = '\0';
        chosen->setting[i] = (RowSetting){ option_own(part[i], copy), equals + 1 };
    }
    return true;
}

// Where the cell of a lever is empty, the run was without it.
static const char *without_lever(const char *name)
{
    static const char *const of[][2] = { { "micro_batch", "0" },
                                         { "recompute", "no" },
                                         { "frozen_dtype", "f32" } };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (!strcmp(of[i][0], name))
            return of[i][1];
    return "";
}

static const Column *column_called(const char *name)
{
    for (size_t c = 0; c < row_columns; c++)
        if (option_called(name, row_column[c].name))
            return &row_column[c];
    return NULL;
}

// The value of an option of the row's method, or of a column, as text; NULL where it has neither.
static const char *value_of(Arena *arena, const Row *row, const char *name)
{
    const char *own = row_option(arena, row, option_own(name, row->method));
    const Column *column = own ? NULL : column_called(name);
    const char *cell = column ? row_text(arena, row, column) : own;
    return column && !*cell ? without_lever(column->name) : cell;
}

// A name that no row has, or a value that none has: says which there are.
static bool no_such_value(Arena *arena, const Chosen *chosen, const RowSetting *setting,
                          const Rows *rows, Error *error)
{
    size_t options, values = 0;
    const RowSetting *option = row_options(arena, &rows->row[0], &options);
    const char **there = arena_zero(arena, rows->count + 1, sizeof *there);
    for (size_t r = 0; r < rows->count; r++) {
        const char *value = value_of(arena, &rows->row[r], setting->name);
        if (value && *value && !text_among(value, there))
            there[values++] = value;
    }
    if (values > 0)
        return fail(error, ERROR_INPUT, (Where){ .item = chosen->text }, text_choices(arena, there),
                    "no rows with %s=%s", setting->name, setting->value);
    const char **all = arena_zero(arena, options + row_columns + 1, sizeof *all);
    for (size_t o = 0; o < options; o++)
        all[o] = option[o].name;
    memcpy(all + options, row_names, row_columns * sizeof *all);
    return fail(error, ERROR_INPUT, (Where){ .item = chosen->text },
                text_nearest(setting->name, all, "an option of the method or a column of the row"),
                "'%s' is unknown in these rows", setting->name);
}

static bool of_method(Arena *arena, const Chosen *chosen, const Rows *all, Rows *rows, Error *error)
{
    const char **name = arena_zero(arena, all->count + 1, sizeof *name);
    bool *keeps = arena_zero(arena, all->count + 1, sizeof *keeps);
    size_t names = 0;
    for (size_t r = 0; r < all->count; r++) {
        const Row *row = &all->row[r];
        if (!row->method || !strcmp(known(row->stage), "trial"))
            continue;
        if (!text_among(row->method, name))
            name[names++] = row->method;
        keeps[r] = chosen->each || !strcmp(row->method, chosen->method);
    }
    *rows = rows_kept(arena, all, keeps);
    if (rows->count > 0)
        return true;
    return fail(error, ERROR_INPUT, (Where){ .item = chosen->text },
                text_nearest(chosen->method, name,
                             names ? text_choices(arena, name) : "a method with finished runs"),
                "no rows of this method");
}

static bool named(const Chosen *chosen, const char *column)
{
    for (size_t s = 0; s < chosen->settings; s++)
        if (option_called(chosen->setting[s].name, column))
            return true;
    return false;
}

// Leaves out rows that used this where there are others of their model and task that did not.
static void without(Arena *arena, const Column *lever, Rows *rows)
{
    bool *keeps = arena_zero(arena, rows->count + 1, sizeof *keeps);
    for (size_t r = 0; r < rows->count; r++) {
        const Row *row = &rows->row[r];
        bool used = *row_text(arena, row, lever) != '\0', other = false;
        for (size_t o = 0; o < rows->count && used && !other; o++)
            other = !*row_text(arena, &rows->row[o], lever) &&
                    !strcmp(known(rows->row[o].model), known(row->model)) &&
                    !strcmp(known(rows->row[o].task), known(row->task));
        keeps[r] = !other;
    }
    *rows = rows_kept(arena, rows, keeps);
}

bool chosen_rows(Arena *arena, const Chosen *chosen, const Rows *of, Rows *rows, Error *error)
{
    const Rows once = rows_once(arena, of);
    if (!of_method(arena, chosen, &once, rows, error))
        return false;
    for (size_t s = 0; s < chosen->settings; s++) {
        const RowSetting *setting = &chosen->setting[s];
        const Column *column = column_called(setting->name);
        bool *keeps = arena_zero(arena, rows->count + 1, sizeof *keeps);
        for (size_t r = 0; r < rows->count; r++) {
            const char *value = value_of(arena, &rows->row[r], setting->name);
            keeps[r] = value && row_value_is(column, value, setting->value);
        }
        Rows left = rows_kept(arena, rows, keeps);
        if (left.count == 0)
            return no_such_value(arena, chosen, setting, rows, error);
        *rows = left;
    }
    for (const Column *lever = row_column; lever < row_column + row_columns; lever++)
        if (lever->role == ROLE_lever && !chosen->each && !named(chosen, lever->name))
            without(arena, lever, rows);
    return true;
}
