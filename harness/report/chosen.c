// chosen.c: see chosen.h.

#include "report/chosen.h"
#include "base/text.h"
#include "report/summary.h"
#include <math.h>
#include <string.h>

bool chosen_read(Arena *arena, const char *text, Chosen *chosen, Error *error)
{
    static const char right[] = "METHOD, METHOD:OPTION=VALUE or METHOD@FOLDER";
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
static const char *value_of(Arena *arena, const Row *row, const char *name, size_t length)
{
    size_t parts, owner = strlen(row->method);
    char **part = text_split(arena, known(row->options), ';', &parts);
    for (size_t p = 0; p < parts; p++) {
        const char *own = part[p];
        if (!strncmp(own, row->method, owner) && own[owner] == '.')
            own += owner + 1;
        if (!strncmp(own, name, length) && own[length] == '=')
            return own + length + 1;
    }
    const Column *column = row_find(arena_format(arena, "%.*s", (int)length, name));
    const char *cell = column ? row_text(arena, row, column) : NULL;
    return cell && !*cell ? without_lever(column->name) : cell;
}

static bool same_value(const char *a, const char *b)
{
    double x, y;
    return !strcmp(a, b) || (text_real(a, &x) && text_real(b, &y) && x == y);
}

// A name that no row has, or a value that none has: says which there are.
static bool no_such_value(Arena *arena, const Chosen *chosen, const char *condition,
                          const Rows *rows, Error *error)
{
    size_t length = (size_t)(strchr(condition, '=') - condition), names = 0;
    const char *there = "", **name = arena_zero(arena, row_columns + 64, sizeof *name);
    for (size_t r = 0; r < rows->count; r++) {
        const char *value = value_of(arena, &rows->row[r], condition, length);
        bool new = value &&*value;
        for (size_t o = 0; o < r && new; o++) {
            const char *before = value_of(arena, &rows->row[o], condition, length);
            new = !before || strcmp(before, value) != 0;
        }
        if (new)
            text_append(arena, &there, " or ", "%s", value);
    }
    if (*there)
        return fail(error, ERROR_INPUT, (Where){ .item = chosen->text }, there, "no rows with %s",
                    condition);
    size_t parts, owner = strlen(chosen->method);
    char **part = text_split(arena, known(rows->row[0].options), ';', &parts);
    for (size_t p = 0; p < parts && p < 63; p++) {
        bool own = !strncmp(part[p], chosen->method, owner) && part[p][owner] == '.';
        const char *text = part[p] + (own ? owner + 1 : 0);
        name[names++] = arena_format(arena, "%.*s", (int)strcspn(text, "="), text);
    }
    for (size_t c = 0; c < row_columns; c++)
        name[names++] = row_column[c].name;
    const char *typed = arena_format(arena, "%.*s", (int)length, condition);
    const char *near = text_nearest(typed, name);
    return fail(error, ERROR_INPUT, (Where){ .item = chosen->text },
                near ? near : "an option of the method or a column of the row",
                "'%s' is unknown in these rows", typed);
}

static void keep(Rows *rows, const Rows *all, size_t from)
{
    rows->row[rows->count] = all->row[from];
    rows->folder[rows->count++] = all->folder[from];
}

static bool of_method(Arena *arena, const Chosen *chosen, const Rows *all, Rows *rows, Error *error)
{
    const char **name = arena_zero(arena, all->count + 1, sizeof *name);
    size_t names = 0;
    for (size_t r = 0; r < all->count; r++) {
        const Row *row = &all->row[r];
        if (!row->method || !strcmp(known(row->stage), "trial"))
            continue;
        if (!text_among(row->method, name))
            name[names++] = row->method;
        if (!strcmp(row->method, chosen->method))
            keep(rows, all, r);
    }
    if (rows->count > 0)
        return true;
    const char *near = text_nearest(chosen->method, name), *there = "";
    for (size_t n = 0; n < names; n++)
        text_append(arena, &there, ", ", "%s", name[n]);
    return fail(error, ERROR_INPUT, (Where){ .item = chosen->text },
                near    ? near
                : names ? arena_format(arena, "one of %s", there)
                        : "a method with finished runs",
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
    const Rows all = { .row = arena_take(arena, rows->count + 1, sizeof *all.row),
                       .folder = arena_take(arena, rows->count + 1, sizeof *all.folder),
                       .count = rows->count };
    memcpy(all.row, rows->row, rows->count * sizeof *all.row);
    memcpy(all.folder, rows->folder, rows->count * sizeof *all.folder);
    rows->count = 0;
    for (size_t r = 0; r < all.count; r++) {
        bool used = *row_text(arena, &all.row[r], lever) != '\0', other = false;
        for (size_t o = 0; o < all.count && used && !other; o++)
            other = !*row_text(arena, &all.row[o], lever) &&
                    !strcmp(known(all.row[o].model), known(all.row[r].model)) &&
                    !strcmp(known(all.row[o].task), known(all.row[r].task));
        if (!other)
            keep(rows, &all, r);
    }
}

bool chosen_rows(Arena *arena, const Chosen *chosen, const Rows *of, Rows *rows, Error *error)
{
    const Rows once = rows_once(arena, of), *all = &once;
    *rows = (Rows){ .row = arena_take(arena, all->count + 1, sizeof *rows->row),
                    .folder = arena_take(arena, all->count + 1, sizeof *rows->folder) };
    if (!of_method(arena, chosen, all, rows, error))
        return false;
    for (size_t c = 0; c < chosen->conditions; c++) {
        const char *condition = chosen->condition[c], *equals = strchr(condition, '=');
        Rows left = *rows;
        left.count = 0;
        size_t before = rows->count, kept = 0;
        for (size_t r = 0; r < before; r++) {
            const char *value =
                value_of(arena, &rows->row[r], condition, (size_t)(equals - condition));
            kept += value && same_value(value, equals + 1);
        }
        if (kept == 0)
            return no_such_value(arena, chosen, condition, rows, error);
        for (size_t r = 0; r < before; r++) {
            const char *value =
                value_of(arena, &rows->row[r], condition, (size_t)(equals - condition));
            if (value && same_value(value, equals + 1))
                keep(&left, rows, r);
        }
        rows->count = left.count;
    }
    for (size_t l = 0; lever_columns[l]; l++)
        if (!named(chosen, lever_columns[l]))
            without(arena, row_find(lever_columns[l]), rows);
    return true;
}
