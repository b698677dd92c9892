// plots.c: tunemark plots.
#include "base/file.h"
#include "command/commands.h"
#include "command/select.h"
#include "report/figure.h"
#include <string.h>

static const Flag flags[] = {
    { "only", 0, TAKES_TEXT("NAMES"),
      "of these figures; `--only help` says which there are [all with data]" },
    { "out", 'o', TAKES_TEXT("FOLDER"), "figures/ is made in it [the first folder of rows]" },
    SELECT_FLAGS,
    { "pdf", 0, NULL, "a PDF, too, for a paper" },
    FLAG_END,
};

static bool plots(const Invocation *invocation, int *status, Error *error)
{
    const Arguments *arguments = invocation->arguments;
    Rows rows;
    Floors floors;
    FigureChoice choice = { 0 };
    choice.only = argument_value(arguments, "only");
    if (choice.only && !strcmp(choice.only, "help")) {
        figure_help(stdout);
        return true;
    }
    if (!rows_asked(invocation, &rows, status, error) || !floors_asked(invocation, &floors, error))
        return false;
    choice.floors = &floors;
    const char *out = argument_value(arguments, "out");
    choice.plots = path_join(invocation->arena, home_folder(invocation->arena), "plots");
    choice.pdf = argument_is(arguments, "pdf");
    return figures_write(out ? out : arguments->operand[0], &rows, &choice, stdout, stderr, error);
}

const Command command_plots = {
    .name = "plots",
    .summary = "draw figures of rows, as SVG and PNG with their CSV: score, memory, time, curves",
    .operands = "FOLDER...",
    .usage = "  tunemark plots results/quick\n"
             "  tunemark plots results/quick --only memory,time --task reviews --pdf\n",
    .flags = flags,
    .run = plots,
};
