// select.c: see select.h.

#include "command/select.h"
#include "base/text.h"
#include "run/files.h"
#include <string.h>

static const char *const short_names[] = { "task", "model", "method", "study", "stage", NULL };

// --task a,b or --where task!=a,b.
typedef struct {
    const char *option;
    const Column *column; // NULL: the option is no condition
    bool without;         // keeps the rows that have none of the values
    char **value;
    size_t values;
} Condition;

static bool condition_read(Arena *arena, const Given *given, Condition *condition, Error *error)
{
    const char *list = given->value;
    *condition = (Condition){ .option = arena_format(arena, "--%s", given->name) };
    if (text_among(given->name, short_names))
        condition->column = row_find(given->name);
    else if (!strcmp(given->name, "where")) {
        const char *equals = strchr(given->value, '=');
        if (!equals)
            return fail(error, ERROR_INPUT, (Where){ .item = "--where" }, "COLUMN=VALUE",
                        "'%s' has no =", given->value);
        condition->without = equals > given->value && equals[-1] == '!';
        char *name = arena_format(arena, "%.*s", (int)(equals - given->value - condition->without),
                                  given->value);
        condition->column = row_find(name);
        if (!condition->column)
            return fail(error, ERROR_INPUT, (Where){ .item = "--where" },
                        text_nearest(name, row_names, "one of `tunemark list columns`"),
                        "'%s' is no column", name);
        list = equals + 1;
    }
    condition->value = text_split(arena, list ? list : "", ',', &condition->values);
    return true;
}

// Refuses a value that stands in no row.
static bool values_are_there(Arena *arena, const Rows *rows, const Condition *of, Error *error)
{
    for (size_t v = 0; v < of->values; v++) {
        const char **name = arena_zero(arena, rows->count + 1, sizeof *name);
        size_t names = 0, i = 0;
        for (; i < rows->count; i++) {
            const char *cell = row_text(arena, &rows->row[i], of->column);
            if (row_value_is(of->column, cell, of->value[v]))
                break;
            if (*cell && !text_among(cell, name))
                name[names++] = cell;
        }
        if (i == rows->count)
            return fail(
                error, ERROR_INPUT, (Where){ .item = of->option },
                text_nearest(of->value[v], name, names ? text_choices(arena, name) : "left out"),
                "'%s' is in no row", of->value[v]);
    }
    return true;
}

static void keep(Arena *arena, Rows *rows, const Condition *of)
{
    bool *keeps = arena_zero(arena, rows->count + 1, sizeof *keeps);
    for (size_t i = 0; i < rows->count; i++) {
        const char *cell = row_text(arena, &rows->row[i], of->column);
        bool is = of->values == 0 && !*cell; // `--where study=`: of none
        for (size_t v = 0; v < of->values; v++)
            is = is || row_value_is(of->column, cell, of->value[v]);
        keeps[i] = is != of->without;
    }
    *rows = rows_kept(arena, rows, keeps);
}

bool rows_select(Arena *arena, const Arguments *arguments, Rows *rows, Error *error)
{
    Condition *condition = arena_take(arena, arguments->givens + 1, sizeof *condition);
    for (size_t g = 0; g < arguments->givens; g++) // all, before rows go
        if (!condition_read(arena, &arguments->given[g], &condition[g], error) ||
            (condition[g].column && !values_are_there(arena, rows, &condition[g], error)))
            return false;
    for (size_t g = 0; g < arguments->givens; g++)
        if (condition[g].column)
            keep(arena, rows, &condition[g]);
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
    rows_hold_to_plans(invocation->arena, arguments->operand, arguments->operands, rows);
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
