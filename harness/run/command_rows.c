// command_rows.c: tunemark rows: a split of a task as CSV, as runs see it: after the tune rule and
// train-limit. For other programs that are to be compared on the same rows.
#include "run/command_impl.h"
#include "run/commands.h"
#include <string.h>

static const Flag flags[] = {
    { "task", 0, "NAME", "a name of `tunemark list tasks`, or a folder" },
    { "split", 0, "NAME", "train, tune, dev or test [train]" },
    { "fold", 0, "N", "the part that is dev, of a task with folds [1]" },
    { "train-limit", 0, "N", "rows of train, as in a run; 0: all [0]" },
    { "data-seed", 0, "N", "which rows train-limit takes [1]" },
    FLAG_END,
};

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
        printf("%.9g", (double)example->score);
    printf(",%u,%u\n", example->id, example->group);
}

static bool command(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    Arguments arguments;
    Task task;
    Dataset dataset;
    int64_t limit = 0, seed = 1, fold = INT64_MIN;
    int split = SPLIT_TRAIN;
    (void)status;
    if (!arguments_read(arena, invocation->count, invocation->argument, flags, &arguments, error) ||
        !no_operands(&arguments, error) || !arguments_known(&arguments, flags, NULL, error) ||
        !argument_whole(&arguments, "fold", 1, INT64_MAX, &fold, error) ||
        !argument_whole(&arguments, "train-limit", 0, INT64_MAX, &limit, error) ||
        !argument_whole(&arguments, "data-seed", 0, INT64_MAX, &seed, error))
        return false;
    const char *name = argument_value(&arguments, "task");
    const char *of = argument_value(&arguments, "split");
    while (of && split < SPLITS && strcmp(split_names[split], of) != 0)
        split++;
    if (split == SPLITS)
        return fail(error, ERROR_INPUT, (Where){ .item = "--split" }, "train, tune, dev or test",
                    "'%s' is no split", of);
    if (!name)
        return fail(error, ERROR_INPUT, (Where){ .item = "--task" },
                    "a name of `tunemark list tasks`, or a folder", "is not given");
    if (!task_find(arena, path_join(arena, home_folder(arena), "datasets"), name, &task, error) ||
        !task_fold(arena, &task, fold, error) || !dataset_read(arena, &task, &dataset, error) ||
        (split >= SPLIT_DEV && !dataset_labels(&task, (Split)split, &dataset, error)))
        return false;
    Examples examples = dataset.split[split];
    if (split == SPLIT_TRAIN)
        examples = dataset_limit(arena, &task, examples, (size_t)limit, (uint64_t)seed);
    printf("text%s,%s,id,group\n", task.file[SPLIT_TRAIN].text_b ? ",text_b" : "",
           task.classes ? "label" : "score");
    for (size_t i = 0; i < examples.count; i++)
        example_put(&task, &examples.example[i]);
    return true;
}

const Command command_rows = {
    .name = "rows",
    .summary = "print a split of a task as CSV, as runs see it",
    .usage = "  tunemark rows --task sst2 --train-limit 8000 --data-seed 1 >train.csv\n",
    .flags = flags,
    .run = command,
};
