// table.c: tunemark table.
#include "command/commands.h"
#include "command/select.h"
#include "report/column.h"
#include "report/table.h"
#include <string.h>

static bool trials_asked(const Arguments *arguments)
{
    const char *stage = argument_value(arguments, "stage");
    return stage && !strcmp(stage, "trial");
}

static const Flag flags[] = {
    { "columns", 'c', TAKES_TEXT("LIST"),
      "what to show, as in `score,trained,time,forward_s`; `--columns help` says what there is" },
    { "rows", 'r', TAKES_TEXT("KEYS"),
      "what a line is: of task, model, method and columns of a row [model,method]" },
    { "by", 'b', TAKES_TEXT("KEYS"), "what a table is [task]" },
    { "across", 'a', TAKES_TEXT("KEY"), "what lies side by side, as in `--across task`" },
    { "split", 0, TAKES_TEXT("LIST"),
      "of whose score: dev, test, tune or several [what each task reports]" },
    { "levers", 0, NULL,
      "with each number's change from the run without micro-batch, recompute and frozen-dtype" },
    { "sort", 0, TAKES_TEXT("COLUMN"),
      "lines by this, the smallest first; by -COLUMN, the largest first" },
    { "stage", 0, TAKES_TEXT("NAME"),
      "final, or trial: the search's runs by their score on tune, which are no results [final]" },
    SELECT_FLAGS,
    { "csv", 0, NULL, "a line a cell with every number, scores as fractions; notes go to stderr" },
    { "markdown", 0, NULL, "for a page" },
    { "latex", 0, NULL, "for a paper, with the packages booktabs and graphicx" },
    FLAG_END,
};

static bool table(const Invocation *invocation, int *status, Error *error)
{
    static const char *const formats[] = { "text", "csv", "markdown", "latex" };
    const Arguments *arguments = invocation->arguments;
    Rows rows;
    Floors floors;
    TableChoice choice = { .format = TABLE_TEXT };
    choice.columns = argument_value(arguments, "columns");
    if (choice.columns && !strcmp(choice.columns, "help")) {
        column_help(stdout);
        return true;
    }
    if (!rows_asked(invocation, &rows, status, error) || !floors_asked(invocation, &floors, error))
        return false;
    choice.rows = argument_value(arguments, "rows");
    choice.by = argument_value(arguments, "by");
    choice.across = argument_value(arguments, "across");
    choice.split = argument_value(arguments, "split");
    choice.sort = argument_value(arguments, "sort");
    choice.trials = trials_asked(arguments);
    choice.levers = argument_is(arguments, "levers");
    for (TableFormat f = TABLE_CSV; f <= TABLE_LATEX; f++)
        if (argument_is(arguments, formats[f]))
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
    .flags = flags,
    .one_of = { "csv|markdown|latex" },
    .run = table,
};
