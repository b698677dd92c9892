// select.c: see select.h.

#include "command/select.h"
#include "base/text.h"
#include "run/files.h"
#include <stdlib.h>
#include <string.h>

static const char *const short_names[] = { "task", "model", "method", "study", "stage", NULL };

// Refuses a value that stands in no row.
static bool value_is_there(Arena *arena, const Rows *rows, const Column *column, const char *option,
                           const char *typed, Error *error)
{
    const char **name = arena_zero(arena, rows->count + 1, sizeof *name);
    size_t names = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const char *cell = row_text(arena, &rows->row[i], column);
        if (row_value_is(column, cell, typed))
            return true;
        if (*cell && !text_among(cell, name))
            name[names++] = cell;
    }
    return fail(error, ERROR_INPUT, (Where){ .item = option },
                text_nearest(typed, name, names ? text_choices(arena, name) : "left out"),
                "'%s' is in no row", typed);
}

// Keeps rows whose `column` is one of "a,b"; with `without`, the others.
static bool keep(Arena *arena, Rows *rows, const Column *column, bool without, const char *option,
                 const char *list, Error *error)
{
    size_t values, kept = 0;
    char **value = text_split(arena, list, ',', &values);
    for (size_t v = 0; v < values; v++)
        if (!value_is_there(arena, rows, column, option, value[v], error))
            return false;
    for (size_t i = 0; i < rows->count; i++) {
        const char *cell = row_text(arena, &rows->row[i], column);
        bool is = values == 0 && !*cell; // `--where study=`: of none
        for (size_t v = 0; v < values; v++)
            is = is || row_value_is(column, cell, value[v]);
        if (is == without)
            continue;
        rows->row[kept] = rows->row[i];
        rows->folder[kept++] = rows->folder[i];
    }
    rows->count = kept;
    return true;
}

static bool keep_where(Arena *arena, Rows *rows, const char *typed, Error *error)
{
    const char *equals = strchr(typed, '=');
    bool without = equals && equals > typed && equals[-1] == '!';
    if (!equals)
        return fail(error, ERROR_INPUT, (Where){ .item = "--where" }, "COLUMN=VALUE",
                    "'%s' has no =", typed);
    char *name = arena_format(arena, "%.*s", (int)(equals - typed - without), typed);
    const Column *column = row_find(name);
    if (!column)
        return fail(error, ERROR_INPUT, (Where){ .item = "--where" },
                    text_nearest(name, row_names, "one of results/SCHEMA.md"), "'%s' is no column",
                    name);
    return keep(arena, rows, column, without, "--where", equals + 1, error);
}

bool rows_select(Arena *arena, const Arguments *arguments, Rows *rows, Error *error)
{
    for (size_t g = 0; g < arguments->givens; g++) {
        const Given *given = &arguments->given[g];
        const char *option = arena_format(arena, "--%s", given->name);
        if (!strcmp(given->name, "where") && !keep_where(arena, rows, given->value, error))
            return false;
        if (text_among(given->name, short_names) &&
            !keep(arena, rows, row_find(given->name), false, option, given->value, error))
            return false;
    }
    return rows->count > 0 ||
           fail(error, ERROR_INPUT, (Where){ .item = "rows" }, "fewer conditions", "none is left");
}

bool rows_asked(const Invocation *invocation, Rows *rows, int *status, Error *error)
{
    const Arguments *arguments = invocation->arguments;
    if (arguments->operands == 0)
        return fail(error, ERROR_INPUT, (Where){ .item = "folder" },
                    "a sweep's folder, such as results/quick", "is not given");
    if (!rows_of_folders(invocation->arena, arguments->operand, arguments->operands, rows, error))
        return false;
    for (size_t i = 0; i < rows->cuts; i++)
        fprintf(stderr, "left out: %s\n", rows->cut[i]);
    *status = rows->cuts > 0;
    return rows_select(invocation->arena, arguments, rows, error);
}

bool floors_asked(const Invocation *invocation, Floors *floors, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    const char **folder = arena_take(arena, arguments->operands + 1, sizeof *folder);
    memcpy(folder, arguments->operand, arguments->operands * sizeof *folder);
    folder[arguments->operands] = path_join(arena, datasets_folder(arena), "bundled");
    return floors_of_folders(arena, folder, arguments->operands + 1, floors, error);
}
