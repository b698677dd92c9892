// compare.c: tunemark compare.
#include "base/file.h"
#include "command/asked.h"
#include "command/commands.h"
#include "report/compare.h"
#include <string.h>

static const Flag flags[] = {
    { "task", 't', TAKES_TEXT("NAME"), "of this task alone" },
    { "model", 'm', TAKES_TEXT("NAME"), "of this model alone" },
    { "split", 0, TAKES_CHOICE("dev|test", NULL),
      "of whose score [the one that each task reports]" },
    { "interval", 0, TAKES_CHOICE("seeds|items", "seeds"),
      "of the two scores themselves: over seeds, or over seeds and items" },
    { "level", 0, TAKES(REAL, "PERCENT", 50, 99.99, "95"),
      "of the intervals; what is called a difference stays at 5 %" },
    { "csv", 0, NULL, "every number, a line a block, scores as fractions" },
    { "json", 0, NULL, "the same as a list" },
    FLAG_END,
};

static bool question_of(Arena *arena, const Arguments *arguments, Question *question, Error *error)
{
    double percent;
    int split = -1, over;
    bool no_second = arguments->operands == 2 && !strchr(arguments->operand[0], '@') &&
                     folder_exists(arguments->operand[1]);
    if (arguments->operands < 2 || no_second)
        return fail(error, ERROR_INPUT,
                    (Where){ .item = arguments->operands ? "second method" : "method" },
                    "as in: tunemark compare lora full results/quick", "is not given");
    *question = (Question){ .folder = arguments->operand + 2,
                            .folders = arguments->operands - 2,
                            .task = argument_value(arguments, "task"),
                            .model = argument_value(arguments, "model"),
                            .split = argument_value(arguments, "split") };
    if (!split_read(arena, arguments, &split, error) ||
        !argument_read(arguments, "interval", &over, error) ||
        !argument_read(arguments, "level", &percent, error))
        return false;
    question->over_items = over == 1;
    question->level = percent / 100;
    question->every_field = argument_is(arguments, "csv") || argument_is(arguments, "json");
    for (int s = 0; s < 2; s++)
        if (!chosen_read(arena, arguments->operand[s],
                         "METHOD, METHOD:OPTION=VALUE or METHOD@FOLDER; METHOD may be each",
                         &question->chosen[s], error))
            return false;
    return !question->chosen[0].each || !question->chosen[1].each ||
           fail(error, ERROR_INPUT, (Where){ .item = "each" }, "a method beside each",
                "is given twice");
}

static bool run(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    Question question;
    Comparisons comparisons;
    if (!question_of(arena, arguments, &question, error) ||
        !compare_methods(arena, &question, &comparisons, error))
        return false;
    for (size_t c = 0; c < comparisons.cuts; c++)
        fprintf(stderr, "left out: %s\n", comparisons.cut[c]);
    *status = comparisons.cuts > 0;
    if (argument_is(arguments, "json"))
        compare_json(stdout, arena, &comparisons);
    else if (argument_is(arguments, "csv"))
        compare_csv(stdout, arena, &comparisons);
    else
        compare_screen(stdout, arena, &comparisons);
    return true;
}

const Command command_compare = {
    .name = "compare",
    .summary = "methods on the same items: what differs, by how much, and could it be noise",
    .operands = "METHOD METHOD [FOLDER]...",
    .usage = "  tunemark compare lora full results/quick\n"
             "  tunemark compare lora:rank=4 lora:rank=8 FOLDER --task reviews --model tiny\n"
             "  tunemark compare full@FOLDER full@OTHER\n"
             "  tunemark compare each full FOLDER    every other method, under one Holm\n",
    .flags = flags,
    .one_of = { "csv|json" },
    .run = run,
};
