// table.c: tunemark table and tunemark plots.
#include "command/commands.h"
#include "base/file.h"
#include "command/select.h"
#include "report/column.h"
#include "report/figure.h"
#include "report/table.h"
#include <string.h>

// The rows of the folders on the command line. What is no row is named, and leaves a status of 1.
static bool operands(const Invocation *invocation, const Flag *flags, Arguments *arguments,
                     Rows *rows, int *status, Error *error)
{
    if (!arguments_read(invocation->arena, invocation->count, invocation->argument, flags,
                        arguments, error) ||
        !arguments_known(arguments, flags, NULL, error))
        return false;
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

static bool trials_asked(const Arguments *arguments)
{
    const char *stage = argument_value(arguments, "stage");
    return stage && !strcmp(stage, "trial");
}

// ---- table

static const Flag table_flags[] = {
    { "columns", 'c', "LIST",
      "what to show, as in `score,trained,time,forward_s`; `--columns help` says what there is" },
    { "rows", 'r', "KEYS",
      "what a line is: of task, model, method and columns of a row [model,method]" },
    { "by", 'b', "KEYS", "what a table is [task]" },
    { "across", 'a', "KEY", "what lies side by side, as in `--across task`" },
    { "split", 0, "LIST", "of whose score: dev, test, tune or several [what each task reports]" },
    { "levers", 0, NULL,
      "with each number's change from the run without micro-batch, recompute and frozen-dtype" },
    { "sort", 0, "COLUMN", "lines by this, the smallest first; by -COLUMN, the largest first" },
    SELECT_FLAGS,
    { "csv", 0, NULL, "a line a cell with every number, scores as fractions; notes go to stderr" },
    { "markdown", 0, NULL, "for a page" },
    { "latex", 0, NULL, "for a paper, with the package booktabs" },
    FLAG_END,
};

static bool table(const Invocation *invocation, int *status, Error *error)
{
    static const char *const formats[] = { "text", "csv", "markdown", "latex" };
    Arguments arguments;
    Rows rows;
    Floors floors;
    TableChoice choice = { .format = TABLE_TEXT };
    if (!arguments_read(invocation->arena, invocation->count, invocation->argument, table_flags,
                        &arguments, error))
        return false;
    choice.columns = argument_value(&arguments, "columns");
    if (choice.columns && !strcmp(choice.columns, "help")) {
        column_help(stdout);
        return true;
    }
    if (!operands(invocation, table_flags, &arguments, &rows, status, error) ||
        !floors_of_folders(invocation->arena, arguments.operand, arguments.operands, &floors,
                           error))
        return false;
    choice.rows = argument_value(&arguments, "rows");
    choice.by = argument_value(&arguments, "by");
    choice.across = argument_value(&arguments, "across");
    choice.split = argument_value(&arguments, "split");
    choice.sort = argument_value(&arguments, "sort");
    choice.trials = trials_asked(&arguments);
    choice.levers = argument_is(&arguments, "levers");
    for (TableFormat f = TABLE_CSV; f <= TABLE_LATEX; f++)
        if (argument_is(&arguments, formats[f]))
            choice.format = f;
    FILE *notes = choice.format == TABLE_CSV ? stderr : stdout;
    return table_print(stdout, notes, &rows, &floors, &choice, error);
}

const Command command_table = {
    .name = "table",
    .summary = "print tables of rows: scores with their intervals over seeds, memory, time",
    .operands = "FOLDER...",
    .usage = "  tunemark table results/quick\n"
             "  tunemark table results/quick --rows method --across task --model tiny\n"
             "  tunemark table results/quick --columns score,lr,forward_s --csv\n"
             "  tunemark table results/levers --levers\n",
    .flags = table_flags,
    .run = table,
};

// ---- plots

static const Flag plots_flags[] = {
    { "only", 0, "NAMES", "of these figures; `--only help` says which there are [all with data]" },
    { "out", 'o', "FOLDER", "figures/ is made in it [the first folder of rows]" },
    SELECT_FLAGS,
    { "pdf", 0, NULL, "a PDF, too, for a paper" },
    FLAG_END,
};

static bool plots(const Invocation *invocation, int *status, Error *error)
{
    Arguments arguments;
    Rows rows;
    FigureChoice choice = { 0 };
    if (!arguments_read(invocation->arena, invocation->count, invocation->argument, plots_flags,
                        &arguments, error))
        return false;
    choice.only = argument_value(&arguments, "only");
    if (choice.only && !strcmp(choice.only, "help")) {
        figure_help(stdout);
        return true;
    }
    if (!operands(invocation, plots_flags, &arguments, &rows, status, error))
        return false;
    const char *out = argument_value(&arguments, "out");
    choice.plots = path_join(invocation->arena, home_folder(invocation->arena), "plots");
    choice.pdf = argument_is(&arguments, "pdf");
    return figures_write(out ? out : arguments.operand[0], &rows, &choice, stdout, error);
}

const Command command_plots = {
    .name = "plots",
    .summary = "draw figures of rows, as SVG and PNG with their CSV: score, memory, time, curves",
    .operands = "FOLDER...",
    .usage = "  tunemark plots results/quick\n"
             "  tunemark plots results/quick --only memory,time --task reviews --pdf\n",
    .flags = plots_flags,
    .run = plots,
};
