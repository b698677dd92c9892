// task_impl.h: what task.c, task_parse.c, records.c and dataset.c share.
#ifndef DATA_TASK_IMPL_H
#define DATA_TASK_IMPL_H
#include "base/csv.h"

enum { MOST_LABELS = 1000 };

bool task_ends_in(const char *text, const char *end);

// "a, b or c"; of more than twelve names their number and the first ones. NULL-terminated.
const char *task_choices(Arena *arena, const char *const *names);

// "a, b, c": the columns of a file that has a header.
const char *task_columns(Arena *arena, const Csv *csv);
#endif
