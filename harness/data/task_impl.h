// task_impl.h: lists for messages, shared by task.c and dataset.c.
#ifndef DATA_TASK_IMPL_H
#define DATA_TASK_IMPL_H
#include "base/csv.h"

// "a, b or c"; of more than twelve names their number and the first ones. NULL-terminated.
const char *task_choices(Arena *arena, const char *const *names);

// "a, b, c": the columns of a file that has a header.
const char *task_columns(Arena *arena, const Csv *csv);
#endif
