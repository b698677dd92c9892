// list_more.c: the lists of what may be said: the specs that are here, and for programs all
// options and the schema of the rows.
#include "base/csv.h"
#include "base/metric.h"
#include "base/text.h"
#include "command/commands_impl.h"
#include <inttypes.h>
#include <string.h>

bool list_specs(Arena *arena, Error *error)
{
    const char *folder = path_join(arena, home_folder(arena), "results/specs"), **names;
    size_t count;
    if (!folder_list(arena, folder, ".yaml", &names, &count, error))
        return false;
    for (size_t i = 0; i < count; i++)
        printf("%-20.*s %s/%s\n", (int)(strlen(names[i]) - strlen(".yaml")), names[i], folder,
               names[i]);
    return true;
}

// ---- options

static void option_line(const char *of, const Option *option)
{
    bool number =
        option->type == OPTION_WHOLE || option->type == OPTION_REAL || option->type == OPTION_BYTES;
    printf("%s,--%s,,%s,%s,", of, option->name, option_type(option), option_takes(option));
    if (number)
        printf("%.15g,%.15g,", option->low, option->high);
    else
        printf(",,");
    printf("%s,", option->standard ? option->standard : "");
    csv_put(stdout, option->help);
    putchar('\n');
}

static void flag_line(const char *of, const Flag *flag)
{
    const char letter[] = { '-', flag->letter, '\0' };
    const char *takes = flag->value ? flag->value : "";
    printf("%s,--%s,%s,%s,%s,,,,", of, flag->name, flag->letter ? letter : "",
           !flag->value         ? "switch"
           : strchr(takes, '|') ? "choice"
                                : "text",
           takes);
    csv_put(stdout, flag->help);
    putchar('\n');
}

void list_options(const Command *const *commands)
{
    puts("of,option,letter,type,takes,low,high,standard,help");
    for (; *commands; commands++) {
        const Command *c = *commands;
        printf("%s,,,operand,%s,,,,", c->name, c->operands ? c->operands : "");
        csv_put(stdout, c->summary);
        putchar('\n');
        for (const Flag *f = c->flags; f && f->name; f++)
            flag_line(c->name, f);
        for (const Option *o = protocol_options; c->takes_request && o->name; o++)
            option_line(c->name, o);
    }
    for (size_t m = 0; methods[m]; m++)
        for (const Option *o = method_options(methods[m]); o->name; o++)
            option_line(methods[m]->name, o);
}

// ---- columns

static const char *joined(Arena *arena, const char *const *names)
{
    const char *all = *names;
    while (*++names)
        all = arena_format(arena, "%s|%s", all, *names);
    return all;
}

// The values that a column of texts may have, "yes|no"; NULL: any.
static const char *column_values(Arena *arena, const Column *column)
{
    const struct {
        const char *column, *const *names;
    } of[] = { { "status", row_statuses },
               { "metric", metric_names },
               { "eval_split", split_names } };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (!strcmp(column->name, of[i].column))
            return joined(arena, of[i].names);
    const Option *option = option_find(protocol_options, column->name);
    bool listed = option && (option->type == OPTION_CHOICE || option->type == OPTION_FLAG);
    return listed ? option_takes(option) : NULL;
}

bool list_columns_json(FILE *out, Error *error)
{
    return row_table_schema(out, column_values, error);
}
