// rows.c: tunemark rows: a split of a task as CSV, as runs see it: after the tune rule and
// train-limit. For other programs that are to be compared on the same rows.
#include "base/csv.h"
#include "base/text.h"
#include "command/asked.h"
#include "command/commands.h"
#include "data/dataset.h"
#include "run/files.h"
#include <string.h>

static const Flag flags[] = {
    { "task", 0, TAKES_TEXT("NAME"), "a name of `tunemark list tasks`, or a folder" },
    { "split", 0, TAKES_CHOICE("train|tune|dev|test", NULL), "which rows [train]" },
    { "fold", 0, TAKES_AS_IN_RUN,
      "the part that is dev, of a task with folds; its first where not given" },
    { "train-limit", 0, TAKES_AS_IN_RUN, "rows of train, as in a run; 0: all" },
    { "data-seed", 0, TAKES_AS_IN_RUN, "which rows train-limit takes; 1 where not given" },
    { "about", 0, NULL, "in place of rows: metric, positive label, and which splits have labels" },
    FLAG_END,
};

// 3.8, not 3.79999995.
static void score_put(float score)
{
    char text[REAL_TEXT];
    text_shortest(text, (double)score, true);
    fputs(text, stdout);
}

static void example_put(const Task *task, const Example *example)
{
    csv_put(stdout, example->text);
    if (example->text_b) {
        putchar(',');
        csv_put(stdout, example->text_b);
    }
    putchar(',');
    if (task->classes)
        csv_put(stdout, task->labels[example->label]);
    else
        score_put(example->score);
    printf(",%u,%u\n", example->id, example->group);
}

static void about_print(Arena *arena, const Task *task, const Dataset *dataset)
{
    puts("task,task_version,metric,positive,fold,splits,data_sha");
    csv_put(stdout, task->name);
    putchar(',');
    csv_put(stdout, task->version);
    printf(",%s,", metric_names[task->metric]);
    csv_put(stdout, task->positive >= 0 ? task->labels[task->positive] : "");
    printf(task->folds ? ",%d," : ",,", task->fold);
    for (int s = 0; s < SPLITS; s++)
        if (dataset->split[s].count > 0 && (s < SPLIT_DEV || dataset->label_text[s]))
            printf("%s%s", s ? " " : "", split_names[s]);
    printf(",%s\n", dataset_sha(arena, dataset));
}

static bool command(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    Task task;
    Dataset dataset;
    int64_t limit, seed = 1, fold = INT64_MIN;
    int split = SPLIT_TRAIN;
    (void)status;
    if (!argument_read(arguments, "fold", &fold, error) ||
        !argument_read(arguments, "train-limit", &limit, error) ||
        !argument_read(arguments, "data-seed", &seed, error) ||
        !split_read(arena, arguments, &split, error))
        return false;
    const char *name = argument_value(arguments, "task");
    if (!name)
        return fail(error, ERROR_INPUT, (Where){ .item = "--task" },
                    "a name of `tunemark list tasks`, or a folder", "is not given");
    if (split != SPLIT_TRAIN && limit > 0)
        return fail(error, ERROR_INPUT, (Where){ .item = "--train-limit" }, "with --split train",
                    "is of no other split");
    if (!task_find(arena, datasets_folder(arena), name, &task, error) ||
        !task_fold(arena, &task, fold, error) || !dataset_read(arena, &task, &dataset, error))
        return false;
    if (argument_is(arguments, "about")) {
        about_print(arena, &task, &dataset);
        return true;
    }
    if (split >= SPLIT_DEV && !dataset_labels(&task, (Split)split, &dataset, error))
        return false;
    Examples examples = dataset.split[split];
    if (split == SPLIT_TRAIN)
        examples = dataset_limit(arena, &task, examples, (size_t)limit, (uint64_t)seed);
    printf("text%s,%s,id,group\n", task_pairs(&task) ? ",text_b" : "",
           task.classes ? "label" : "score");
    for (size_t i = 0; i < examples.count; i++)
        example_put(&task, &examples.example[i]);
    return true;
}

const Command command_rows = {
    .name = "rows",
    .summary = "print a split of a task as CSV, as runs see it",
    .usage = "  tunemark rows --task sst2 --train-limit 8000 --data-seed 1 >train.csv\n"
             "  tunemark rows --task mr --fold 3 --about\n",
    .flags = flags,
    .run = command,
};
