// fuzz_task.c: any bytes as a description: either a task that everything later can rely on, or a
// refusal of one line.
#include "data/task.h"
#include "tests/test.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Error error = { 0 };
    Task task;
    Arena *arena = arena_new((size_t)1 << 30, &error);
    char *copy = arena_zero(arena, length + 1, 1);
    memcpy(copy, bytes, length);
    Bytes whole = { (const uint8_t *)copy, length };
    if (task_parse(arena, whole, "fuzz.yaml", "fuzz", &task, &error)) {
        CHECK(*task.version && *task.folder);
        CHECK(task.classes == 0 || (task.classes >= 2 && !task.labels[task.classes]));
        CHECK(!task.labels == !task.classes);
        CHECK(task.positive >= -1 &&
              (task.classes ? task.positive < task.classes : task.positive < 0));
        CHECK((task.metric == METRIC_PEARSON || task.metric == METRIC_SPEARMAN) == !task.classes);
        CHECK(task.metric != METRIC_F1 || task.positive >= 0);
        CHECK(task.file[SPLIT_TRAIN].path && !task.file[SPLIT_TRAIN].optional);
        CHECK(task.folds ? task.folds <= MOST_FOLDS && task.fold == 1 && task.report == SPLIT_DEV
                         : task.file[task.report].path && !task.file[task.report].optional);
        for (int s = 0; s < SPLITS; s++)
            CHECK(task.file[s].path || (task.file[s].rows == -1 && !task.file[s].optional));
    } else
        CHECK(error.kind == ERROR_INPUT && error.text[0] && !strchr(error.text, '\n'));
    arena_free(arena);
    return 0;
}
