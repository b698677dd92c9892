// check.c: tunemark check: is a task's data fit for a fair comparison? A page, or CSV.
#include "base/text.h"
#include "command/asked.h"
#include "command/commands.h"
#include "data/check.h"
#include "run/files.h"
#include <math.h>
#include <string.h>

static const Flag flags[] = {
    { "model", 0, TAKES_TEXT("NAME"), "whose vocabulary cuts texts into tokens [tiny]" },
    { "max-length", 0, TAKES_AS_IN_RUN, "tokens a text at most, as in a run" },
    { "fold", 0, TAKES_AS_IN_RUN,
      "the part that is dev, of a task with folds; its first where not given" },
    { "strict", 0, NULL, "exit status 1 where something is wrong" },
    { "csv", 0, NULL, "split,measure,value: findings, labels and all measures" },
    FLAG_END,
};

enum {
    WIDTH = 80,       // of the page
    TITLE = 26,       // of the tables' first column
    CELL = 13,        // of a split's
    TEXT_FROM = 17,   // of the findings
    LABELS_SHOWN = 12 // of a task with more only the rarest and the commonest
};

// ---- options

static bool task_asked(const Arguments *arguments, const char **task, Error *error)
{
    const char *example = "as in: tunemark check reviews";
    if (argument_is(arguments, "task"))
        return fail(error, ERROR_INPUT, (Where){ .item = "--task" }, example, "is not given here");
    if (arguments->operands != 1)
        return fail(error, ERROR_INPUT,
                    (Where){ .item = arguments->operands ? arguments->operand[1] : "task" },
                    example, arguments->operands ? "is a second task" : "is not given");
    *task = arguments->operand[0];
    return true;
}

// ---- the page

static void findings_print(const Finding *finding, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        printf("%-5s  %-9s ", verdict_names[finding[i].verdict], finding[i].about);
        text_put(stdout, finding[i].text, TEXT_FROM, WIDTH);
        if (finding[i].advice) {
            printf("%*s-> ", TEXT_FROM, "");
            text_put(stdout, finding[i].advice, TEXT_FROM + 3, WIDTH);
        }
    }
}

static bool there(const Check *check, Split s)
{
    return !isnan(check->value[CHECK_rows][s]);
}

// A title of at most TITLE - 1 columns; what is longer is cut at a character.
static void title_print(const char *title)
{
    size_t bytes = strlen(title);
    while (utf8_columns(title, bytes) > TITLE - 1 || (bytes > 0 && (title[bytes] & 0xc0) == 0x80))
        bytes--;
    printf("%.*s%*s", (int)bytes, title, (int)(TITLE - utf8_columns(title, bytes)), "");
}

static void cell_print(Unit unit, double value, double rows)
{
    char text[48];
    if (isnan(value))
        *text = '\0';
    else if (unit == UNIT_COUNT || (unit == UNIT_OF_ALL && value == 0))
        snprintf(text, sizeof text, "%.0f", value);
    else if (unit == UNIT_OF_ALL)
        snprintf(text, sizeof text, "%.0f %4.1f%%", value, 100 * value / rows);
    else if (unit == UNIT_SHARE)
        snprintf(text, sizeof text, "%.2f%%", 100 * value);
    else
        snprintf(text, sizeof text, unit == UNIT_POINTS ? "%.1f" : "%.4g",
                 unit == UNIT_POINTS ? 100 * value : value);
    printf("%*s", CELL, text);
}

static void line_print(const Check *check, const char *title, Unit unit, const double *value)
{
    title_print(title);
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        if (there(check, s))
            cell_print(unit, value[s], check->value[CHECK_rows][s]);
    putchar('\n');
}

static void head_print(const Check *check)
{
    printf("\n%*s", TITLE, "");
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        if (there(check, s))
            printf("%*s", CELL, split_names[s]);
    putchar('\n');
}

static void labels_print(const Check *check)
{
    const Task *task = check->task;
    size_t least = SIZE_MAX, most = 0;
    for (int k = 0; k < task->classes; k++) {
        size_t count = check->label[SPLIT_TRAIN][k];
        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    for (int k = 0; k < task->classes; k++) {
        double value[SPLITS];
        size_t count = check->label[SPLIT_TRAIN][k];
        if (task->classes > LABELS_SHOWN && count != least && count != most)
            continue;
        for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
            value[s] = check->label[s] ? (double)check->label[s][k] : (double)NAN;
        line_print(check, task->labels[k], UNIT_OF_ALL, value);
        least = count == least ? SIZE_MAX : least; // one of each
        most = count == most ? SIZE_MAX : most;
    }
    if (task->classes > LABELS_SHOWN)
        printf("the rarest and the commonest of %d labels in train; all: --csv\n", task->classes);
}

static void measures_print(const Check *check)
{
    for (int m = 0; m < CHECK_LAST; m++) {
        const MeasureIs *is = &check_measures[m];
        bool some = is->unit == UNIT_OF_ALL || is->unit == UNIT_SHARE, any = false;
        for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
            any |= check->value[m][s] > 0 || (!some && !isnan(check->value[m][s]));
        if (any)
            line_print(check, is->title, is->unit, check->value[m]);
    }
    puts("what is 0 in every split is left out; --csv has it");
}

static void page_print(const Check *check, const char *model, const Finding *finding, size_t count)
{
    const Task *task = check->task;
    printf("%s%s%s\n", task->name, task->summary ? ": " : "", task->summary ? task->summary : "");
    printf("%s on %s", metric_names[task->metric], split_names[task->report]);
    if (task->folds)
        printf(", part %d of %d", task->fold, task->folds);
    printf("; tune from %s%s\n", task->file[SPLIT_TUNE].path ? "its " : "train, by ", check->rule);
    printf("tokens by the vocabulary of %s, at most %lld a text\n", model,
           (long long)check->max_length);
    puts("The labels of dev and test are read for this page: it judges data, and nothing\n"
         "may be chosen by what it says of them.\n");
    findings_print(finding, count);
    head_print(check);
    if (task->classes) {
        labels_print(check);
        putchar('\n');
    }
    measures_print(check);
}

// ---- CSV

static void csv_line(const char *split, const char *measure, const char *value)
{
    printf("%s,", split);
    csv_put(stdout, measure);
    putchar(',');
    csv_put(stdout, value);
    putchar('\n');
}

static void csv_print(Arena *arena, const Check *check, const char *model, const Finding *finding,
                      size_t count)
{
    const Task *task = check->task;
    const struct {
        const char *measure, *value;
    } of[] = {
        { "task", task->name },
        { "task_version", task->version },
        { "metric", metric_names[task->metric] },
        { "positive", task->positive >= 0 ? task->labels[task->positive] : "" },
        { "report", split_names[task->report] },
        { "fold", task->fold ? arena_format(arena, "%d", task->fold) : "" },
        { "tune", check->rule },
        { "model", model },
        { "max_length", arena_format(arena, "%lld", (long long)check->max_length) },
        { "gap", arena_format(arena, "%.9g", check->gap.value) },
        { "gap_low", isnan(check->gap.low) ? "" : arena_format(arena, "%.9g", check->gap.low) },
        { "gap_high", isnan(check->gap.high) ? "" : arena_format(arena, "%.9g", check->gap.high) },
    };
    puts("split,measure,value");
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        csv_line("", of[i].measure, of[i].value);
    for (size_t i = 0; i < count; i++)
        csv_line("", arena_format(arena, "verdict:%s", finding[i].about),
                 verdict_names[finding[i].verdict]);
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++) {
        for (int k = 0; check->label[s] && k < task->classes; k++)
            csv_line(split_names[s], arena_format(arena, "label:%s", task->labels[k]),
                     arena_format(arena, "%zu", check->label[s][k]));
        for (int m = 0; m < CHECK_LAST; m++)
            if (!isnan(check->value[m][s]))
                csv_line(split_names[s], check_measures[m].name,
                         arena_format(arena, "%.9g", check->value[m][s]));
    }
}

// ---- the command

static bool command(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    const char *name = NULL, *folder;
    int64_t max_length, fold = INT64_MIN;
    Task task;
    Dataset dataset;
    Config config;
    Tokenizer *tokenizer;
    Check check;
    Finding finding[MOST_FINDINGS];
    if (!task_asked(arguments, &name, error) || !arguments_known(arguments, flags, NULL, error) ||
        !argument_read(arguments, "max-length", &max_length, error) ||
        !argument_read(arguments, "fold", &fold, error))
        return false;
    const char *model = argument_value(arguments, "model");
    model = model ? model : "tiny";
    if (!model_folder(arena, model, &folder, error) ||
        !config_read(path_join(arena, folder, "config.json"), &config, error) ||
        !(tokenizer = tokenizer_read(arena, folder, error)) ||
        !task_find(arena, datasets_folder(arena), name, &task, error) ||
        !task_fold(arena, &task, fold, error) ||
        !config_length(&config, max_length, task_pairs(&task), &max_length, error) ||
        !dataset_read(arena, &task, &dataset, error) ||
        !check_data(arena, tokenizer, &task, &dataset, max_length, config_longest(&config), &check,
                    error))
        return false;
    size_t count = check_findings(arena, &check, finding);
    if (argument_is(arguments, "csv"))
        csv_print(arena, &check, model, finding, count);
    else
        page_print(&check, model, finding, count);
    for (size_t i = 0; i < count && argument_is(arguments, "strict"); i++)
        *status = finding[i].verdict == VERDICT_WRONG ? ERROR_WORK : *status;
    return true;
}

const Command command_check = {
    .name = "check",
    .summary = "is a task's data fit for a fair comparison? labels, lengths, overlap, leaks",
    .operands = "TASK",
    .usage = "  tunemark check reviews\n"
             "  tunemark check path/to/folder --model mini --max-length 64 --strict\n"
             "  tunemark check mr --fold 3\n"
             "  tunemark check sst2 --csv >sst2.csv\n",
    .flags = flags,
    .knows_options = true,
    .run = command,
};
