// chosen.c: see chosen.h.

#include "report/chosen.h"
#include "base/text.h"
#include "report/summary.h"
#include <math.h>
#include <string.h>

bool chosen_read(Arena *arena, const char *text, Chosen *chosen, Error *error)
{
    static const char right[] = "METHOD, METHOD:OPTION=VALUE or METHOD@FOLDER; METHOD may be each";
    char *copy = arena_text(arena, text), *at = strchr(copy, '@'), *colon;
    *chosen = (Chosen){ .text = text, .method = copy };
    if (at) {
        *at = '\0';
        chosen->folder = at + 1;
    }
    if ((colon = strchr(copy, ':'))) {
        *colon = '\0';
        chosen->condition = text_split(arena, colon + 1, ',', &chosen->conditions);
    }
    chosen->each = !strcmp(copy, "each");
    bool formed = *copy && (!at || at[1]) && (!colon || chosen->conditions > 0);
    for (size_t c = 0; c < chosen->conditions; c++)
        formed = formed && strchr(chosen->condition[c], '=') > chosen->condition[c];
    return formed || fail(error, ERROR_INPUT, (Where){ .item = text }, right, "is no method");
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

// The value of an option of the row's method, or of a column, as text; NULL where it has neither.
static const char *value_of(Arena *arena, const Row *row, const char *name)
{
    const char *own = row_option(arena, row, name);
    const Column *column = own ? NULL : row_find(name);
    const char *cell = column ? row_text(arena, row, column) : own;
    return column && !*cell ? without_lever(name) : cell;
}

// A name that no row has, or a value that none has: says which there are.
static bool no_such_value(Arena *arena, const Chosen *chosen, const char *condition,
                          const char *name, const Rows *rows, Error *error)
{
    size_t options, values = 0;
    const RowSetting *option = row_options(arena, &rows->row[0], &options);
    const char **there = arena_zero(arena, rows->count + 1, sizeof *there);
    for (size_t r = 0; r < rows->count; r++) {
        const char *value = value_of(arena, &rows->row[r], name);
        if (value && *value && !text_among(value, there))
            there[values++] = value;
    }
    if (values > 0)
        return fail(error, ERROR_INPUT, (Where){ .item = chosen->text }, text_choices(arena, there),
                    "no rows with %s", condition);
    const char **all = arena_zero(arena, options + row_columns + 1, sizeof *all);
    for (size_t o = 0; o < options; o++)
        all[o] = option[o].name;
    memcpy(all + options, row_names, row_columns * sizeof *all);
    return fail(error, ERROR_INPUT, (Where){ .item = chosen->text },
                text_nearest(name, all, "an option of the method or a column of the row"),
                "'%s' is unknown in these rows", name);
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
    size_t length = strlen(column);
    for (size_t c = 0; c < chosen->conditions; c++)
        if (!strncmp(chosen->condition[c], column, length) && chosen->condition[c][length] == '=')
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
    for (size_t c = 0; c < chosen->conditions; c++) {
        const char *condition = chosen->condition[c], *equals = strchr(condition, '=');
        const char *name = arena_format(arena, "%.*s", (int)(equals - condition), condition);
        bool *keeps = arena_zero(arena, rows->count + 1, sizeof *keeps);
        for (size_t r = 0; r < rows->count; r++) {
            const char *value = value_of(arena, &rows->row[r], name);
            keeps[r] = value && row_value_is(row_find(name), value, equals + 1);
        }
        Rows left = rows_kept(arena, rows, keeps);
        if (left.count == 0)
            return no_such_value(arena, chosen, condition, name, rows, error);
        *rows = left;
    }
    for (const Column *lever = row_column; lever < row_column + row_columns; lever++)
        if (lever->role == ROLE_lever && !chosen->each && !named(chosen, lever->name))
            without(arena, lever, rows);
    return true;
}
