// list.c: tunemark list: what may be said: methods, models, specs and tasks that are here, the
// columns of a row, and all options.
#include "base/csv.h"
#include "base/machine.h"
#include "base/metric.h"
#include "base/text.h"
#include "command/asked.h"
#include "command/commands.h"
#include "data/task.h"
#include "run/files.h"
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const Flag flags[] = {
    { "markdown", 0, NULL, "as a table for a page: methods, tasks" },
    { "csv", 0, NULL, "for programs: tasks" },
    { "json", 0, NULL, "columns as a Frictionless Table Schema" },
    FLAG_END,
};

typedef enum { FORM_TEXT, FORM_CSV, FORM_MARKDOWN, FORM_JSON, FORMS } Form;
static const char *const form_names[FORMS] = { NULL, "csv", "markdown", "json" };

// ---- methods

static bool list_methods(const Invocation *invocation, Form form, Error *error)
{
    Arena *arena = invocation->arena;
    bool markdown = form == FORM_MARKDOWN;
    size_t columns = terminal_columns(stdout);
    int name = 0, summary = 0; // the widest
    for (size_t i = 0; methods[i]; i++)
        if (!method_whole(methods[i], method_files[i], error))
            return false;
    for (size_t i = 0; methods[i]; i++) {
        name = (int)strlen(methods[i]->name) > name ? (int)strlen(methods[i]->name) : name;
        summary =
            (int)strlen(methods[i]->summary) > summary ? (int)strlen(methods[i]->summary) : summary;
    }
    if (markdown)
        printf(
            "| method | what it trains | options | default rate at 128, 256, 384, 768 | paper |\n"
            "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; methods[i]; i++) {
        const Method *m = methods[i];
        void *options = arena_zero(arena, 1, m->options_size + 1);
        options_default(method_options(m), options);
        const char *text = options_canonical(arena, method_options(m), options, NULL);
        if (markdown && m->claims & TRAINS_NOTHING)
            printf("| `%s` | %s | | | |\n", m->name, m->summary);
        else if (markdown)
            printf("| `%s` | %s | %s%s%s | %g, %g, %g, %g | %s |\n", m->name, m->summary,
                   *text ? "`" : "", text, *text ? "`" : "", m->rate[0], m->rate[1], m->rate[2],
                   m->rate[3], m->paper);
        else {
            printf("%-*s ", name, m->name);
            text_put(stdout,
                     *text ? arena_format(arena, "%-*s %s", summary, m->summary, text) : m->summary,
                     (size_t)name + 1, columns);
        }
    }
    return true;
}

// ---- models and specs

static bool list_models_of(Arena *arena, const char *folder, const char *what, Error *error)
{
    const char **names;
    size_t count;
    if (!folder_list(arena, folder, "", &names, &count, error))
        return false;
    for (size_t j = 0; j < count; j++) {
        Config c;
        const char *model = path_join(arena, folder, names[j]),
                   *config = path_join(arena, model, "config.json");
        if (!file_exists(config))
            continue;
        if (config_read(config, &c, error))
            printf("%-20s %" PRId64 " x %" PRId64 ", vocabulary %" PRId64 "  %s\n", names[j],
                   c.layers, c.hidden, c.vocabulary, what ? what : model);
        else
            printf("%-20s %s\n", names[j], error->text);
    }
    return true;
}

static bool list_models(const Invocation *invocation, Form form, Error *error)
{
    Arena *arena = invocation->arena;
    (void)form;
    size_t parts;
    char **part = models_folders(arena, &parts);
    for (size_t i = 0; i < parts; i++)
        if (!list_models_of(arena, part[i], NULL, error))
            return false;
    return list_models_of(arena, configs_folder(arena), "sizes alone: estimate, params and graph",
                          error);
}

// The first sentence of the comment that a spec begins with; "" where there is none.
static const char *spec_summary(Arena *arena, const char *path)
{
    Bytes bytes;
    Error error;
    const char *text = "";
    if (!file_read(arena, path, &bytes, &error))
        return "";
    const char *at = (const char *)bytes.data, *end = at + bytes.size;
    while (at < end && *at == '#') {
        size_t length = strcspn(at, "\n");
        text_append(arena, &text, " ", "%.*s", (int)(length - 1 - (at[1] == ' ')),
                    at + 1 + (at[1] == ' '));
        at += length + (at[length] == '\n');
    }
    const char *stop = strstr(text, ". "), *ask = strstr(text, "? ");
    stop = ask && (!stop || ask < stop) ? ask : stop;
    return stop ? arena_format(arena, "%.*s", (int)(stop + 1 - text), text) : text;
}

static bool list_specs(const Invocation *invocation, Form form, Error *error)
{
    Arena *arena = invocation->arena;
    (void)form;
    const char *folder = path_join(arena, home_folder(arena), "results/specs"), **names;
    size_t count, columns = terminal_columns(stdout);
    int widest = 4; // "spec"
    if (!folder_list(arena, folder, ".yaml", &names, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        int width = (int)strlen(names[i] = text_stem(arena, names[i], ".yaml"));
        widest = width > widest ? width : widest;
    }
    printf("%-*s ", widest, "spec");
    text_put(stdout, arena_format(arena, "asks; NAME.yaml in %s", folder), (size_t)widest + 1,
             columns);
    for (size_t i = 0; i < count; i++) {
        const char *summary =
            spec_summary(arena, path_join(arena, folder, arena_format(arena, "%s.yaml", names[i])));
        printf("%-*s ", widest, names[i]);
        text_put(stdout, *summary ? summary : "(no comment at its head)", (size_t)widest + 1,
                 columns);
    }
    return true;
}

// ---- tasks

// What is evaluated: dev, test, or a part of so many.
static const char *task_reports(Arena *arena, const Task *task)
{
    return task->folds ? arena_format(arena, "%d folds", task->folds) : split_names[task->report];
}

static void task_print(Arena *arena, const Task *task, bool here, Form form)
{
    const char *metric = metric_names[task->metric], *reports = task_reports(arena, task);
    const char *summary = task->summary ? task->summary : "";
    const char *labels = task->classes ? arena_format(arena, "%d", task->classes) : "score";
    if (form == FORM_MARKDOWN)
        printf("| %s | %s | %s | %s | %s |\n", task->name, summary, metric, labels, reports);
    else if (form == FORM_CSV) {
        printf("%s,%s,%s,%s,%s,", task->name, metric, labels, reports, here ? "yes" : "no");
        csv_put(stdout, summary);
        putchar('\n');
    } else
        printf("%-15s %-9s %6s  %-8s %-4s %s\n", task->name, metric, labels, reports,
               here ? "yes" : "no", summary);
}

static bool list_tasks(const Invocation *invocation, Form form, Error *error)
{
    static const char *const heads[] = {
        [FORM_TEXT] = "task            metric    labels  scored   here asks",
        [FORM_CSV] = "task,metric,labels,scored,here,summary",
        [FORM_MARKDOWN] =
            "| task | asks | metric | labels | scored |\n| --- | --- | --- | ---: | --- |",
    };
    Arena *arena = invocation->arena;
    const char *datasets = datasets_folder(arena);
    const char *const *names;
    size_t absent = 0;
    if (!task_names(arena, datasets, &names, error))
        return false;
    puts(heads[form]);
    for (size_t i = 0; names[i]; i++) {
        Task task, found;
        Error unlocated;
        if (!task_describe(arena, datasets, names[i], &task, error))
            return false;
        bool here = task_find(arena, datasets, names[i], &found, &unlocated);
        absent += !here;
        task_print(arena, &task, here, form);
    }
    if (absent && form == FORM_TEXT && isatty(STDERR_FILENO))
        fprintf(stderr,
                "tunemark: %zu are not here: their files belong in a folder NAME in one of "
                "TUNEMARK_DATA\n",
                absent);
    return true;
}

// ---- options

static void option_line(const char *of, char letter, const Option *option)
{
    const char dashed[] = { '-', letter, '\0' };
    printf("%s,--%s,%s,%s,%s,", of, option->name, letter ? dashed : "", option_type(option),
           option_takes(option));
    if (option->type == OPTION_REAL)
        printf("%.15g,%.15g,", option->low, option->high);
    else if (option->type == OPTION_WHOLE || option->type == OPTION_BYTES)
        printf("%.0f,%.0f,", option->low, option->high);
    else
        printf(",,");
    printf("%s,", option->standard ? option->standard : "");
    csv_put(stdout, option->help);
    putchar('\n');
}

static void flag_line(const char *of, const Flag *flag)
{
    const char dashed[] = { '-', flag->letter, '\0' };
    if (flag->takes) {
        const Option option = flag_option(flag);
        option_line(of, flag->letter, &option);
        return;
    }
    printf("%s,--%s,%s,switch,,,,,", of, flag->name, flag->letter ? dashed : "");
    csv_put(stdout, flag->help);
    putchar('\n');
}

// CSV, a line an option: of,option,letter,type,takes,low,high,standard,help. `of` is the command or
// the method; an option without a name is what a command takes besides.
static bool list_options(const Invocation *invocation, Form form, Error *error)
{
    const Command *const *commands = invocation->commands;
    (void)form, (void)error;
    puts("of,option,letter,type,takes,low,high,standard,help");
    for (; *commands; commands++) {
        const Command *c = *commands;
        printf("%s,,,operand,%s,,,,", c->name, c->operands ? c->operands : "");
        csv_put(stdout, c->summary);
        putchar('\n');
        for (const Flag *f = c->flags; f && f->name; f++)
            flag_line(c->name, f);
        for (const Option *o = request_options(invocation->arena, c); o->name; o++)
            option_line(c->name, '\0', o);
    }
    for (size_t m = 0; methods[m]; m++)
        for (const Option *o = method_options(methods[m]); o->name; o++)
            option_line(methods[m]->name, '\0', o);
    return true;
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

// results/SCHEMA.md and results/schema.json.
static bool list_columns(const Invocation *invocation, Form form, Error *error)
{
    (void)invocation;
    if (form == FORM_JSON)
        return row_table_schema(stdout, column_values, error);
    row_schema(stdout);
    return true;
}

// ---- the command

typedef struct {
    const char *name;
    bool (*print)(const Invocation *, Form, Error *);
    bool has[FORMS]; // forms beside the text
} List;

static const List lists[] = {
    { "methods", list_methods, { [FORM_MARKDOWN] = true } },
    { "models", list_models, { 0 } },
    { "specs", list_specs, { 0 } },
    { "tasks", list_tasks, { [FORM_CSV] = true, [FORM_MARKDOWN] = true } },
    { "columns", list_columns, { [FORM_JSON] = true } },
    { "options", list_options, { 0 } },
};

static bool list(const Invocation *invocation, int *status, Error *error)
{
    const Arguments *arguments = invocation->arguments;
    const char *what = arguments->operands ? arguments->operand[0] : "";
    const char *names = "";
    const List *asked = NULL;
    Form form = FORM_TEXT;
    (void)status;
    if (arguments->operands > 1)
        return fail(error, ERROR_INPUT, (Where){ .item = arguments->operand[1] },
                    "one list at a time", "is a second list");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        text_append(invocation->arena, &names, ", ", "%s", lists[i].name);
        if (!strcmp(what, lists[i].name))
            asked = &lists[i];
    }
    if (!asked)
        return fail(error, ERROR_INPUT, (Where){ .item = "list" },
                    arena_format(invocation->arena, "one of: %s", names),
                    *what ? "'%s' is no list" : "it is not said what", what);
    for (Form f = FORM_CSV; f < FORMS; f++)
        if (argument_is(arguments, form_names[f]))
            form = f;
    if (form != FORM_TEXT && !asked->has[form])
        return fail(error, ERROR_INPUT, (Where){ .item = "list" }, "without it", "%s have no --%s",
                    what, form_names[form]);
    return asked->print(invocation, form, error);
}

const Command command_list = {
    .name = "list",
    .summary = "list methods, models, specs, tasks, the columns of a row, or all options",
    .operands = "methods|models|specs|tasks|columns|options",
    .usage = "  tunemark list methods\n"
             "  tunemark list tasks --csv\n"
             "  tunemark list columns >results/SCHEMA.md\n"
             "  tunemark list columns --json >results/schema.json\n"
             "  tunemark list options >options.csv\n",
    .flags = flags,
    .one_of = { "csv|markdown|json" },
    .run = list,
};
