// task_impl.h: what task.c, task_parse.c, task_file.c and records.c share.
#ifndef DATA_TASK_IMPL_H
#define DATA_TASK_IMPL_H
#include "base/yaml_read.h"
#include "data/task.h"

// A description while it is read.
typedef struct {
    YamlReader yaml;
    const Yaml *root;
    Task *task;
    bool scores;           // the files have a column of scores
    size_t files, grouped; // read so far; those of them with groups
} TaskReader;

// The keys `files`, once labels are read, and `rows`.
bool task_read_files(TaskReader *reader, const Yaml *map);
bool task_read_rows(TaskReader *reader, const Yaml *map);

// "a, b, c", or "1 to 3" without a header: the columns of a file.
const char *task_columns(Arena *arena, const Csv *csv);
#endif
