// commands.c: tunemark table and tunemark plots.
#include "report/commands.h"
#include "base/file.h"
#include "report/figure.h"
#include "report/folder.h"
#include "report/table.h"

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
                    "a sweep's folder, such as results/reference/first", "is not given");
    if (!rows_of_folders(invocation->arena, arguments->operand, arguments->operands, rows, error))
        return false;
    for (size_t i = 0; i < rows->cuts; i++)
        fprintf(stderr, "left out: %s\n", rows->cut[i]);
    *status = rows->cuts > 0;
    return true;
}

// ---- table

static const Flag table_flags[] = {
    { "csv", 0, NULL, "every number, scores as fractions; notes go to stderr" },
    { "markdown", 0, NULL, "for a page" },
    FLAG_END,
};

static bool table(const Invocation *invocation, int *status, Error *error)
{
    Arguments arguments;
    Rows rows;
    if (!operands(invocation, table_flags, &arguments, &rows, status, error))
        return false;
    bool csv = argument_is(&arguments, "csv");
    TableFormat format = csv                                   ? TABLE_CSV
                         : argument_is(&arguments, "markdown") ? TABLE_MARKDOWN
                                                               : TABLE_TEXT;
    return table_print(stdout, csv ? stderr : stdout, rows.row, rows.count, format, error);
}

const Command command_table = {
    .name = "table",
    .summary = "print a table of rows: score with its interval over seeds, n, memory, time",
    .usage = "  tunemark table results/reference/first\n"
             "  tunemark table results/reference/first results/reference/first-untrained --csv\n",
    .flags = table_flags,
    .run = table,
};

// ---- plots

static const Flag plots_flags[] = {
    { "out", 'o', "FOLDER", "figures/ is made in it [the first folder of rows]" },
    FLAG_END,
};

static bool plots(const Invocation *invocation, int *status, Error *error)
{
    Arguments arguments;
    Rows rows;
    if (!operands(invocation, plots_flags, &arguments, &rows, status, error))
        return false;
    const char *out = argument_value(&arguments, "out");
    out = out ? out : arguments.operand[0];
    const char *folder = path_join(invocation->arena, home_folder(invocation->arena), "plots");
    if (!figures_write(out, rows.row, rows.count, folder, error))
        return false;
    printf("%s/figures/score_by_params.{csv,svg,png}\n", out);
    return true;
}

const Command command_plots = {
    .name = "plots",
    .summary = "draw score against trained parameters, as SVG and PNG with their CSV",
    .usage = "  tunemark plots results/reference/first\n",
    .flags = plots_flags,
    .run = plots,
};
