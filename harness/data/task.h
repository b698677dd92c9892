// task.h: a task's description: datasets/NAME.yaml (keys: datasets/README.md), or any folder with
// train.csv and dev.csv.
//
// A plain folder has the columns text[,text_b],label or text[,text_b],score and may hold tune.csv
// and test.csv. Its labels are those of train.csv in bytewise order, its group is text, its metric
// accuracy or spearman.
#ifndef DATA_TASK_H
#define DATA_TASK_H
#include "base/arena.h"
#include "base/csv.h"
#include "base/metric.h"

typedef enum { SPLIT_TRAIN, SPLIT_TUNE, SPLIT_DEV, SPLIT_TEST, SPLITS } Split;
extern const char *const split_names[]; // train tune dev test; NULL-terminated

// Rows of one group belong together: they are all in tune or all in train.
typedef enum {
    GROUP_NONE,    // each row is its own
    GROUP_TEXT,    // equal texts (of a pair: both)
    GROUP_PREMISE, // equal first texts
    GROUP_SENTENCE // rows are phrases of each other: tune takes whole sentences, and all rows that
                   // lie in one of them leave train
} Group;
extern const char *const group_names[]; // none text premise sentence; NULL-terminated

typedef struct {
    const char *path; // NULL: the task has no such file
    bool optional;    // where it is absent, the task is without this split
    CsvFormat format;
    bool header;                       // without one a column's name is its number, from 1
    const char *text, *text_b, *label; // columns; text_b NULL for single texts
    int64_t rows;                      // as the description states; -1: it does not
} TaskFile;

typedef struct {
    const char *name, *version; // version "folder" for a plain folder
    const char *summary;        // one line, NULL when there is none
    const char *description;    // the yaml file; NULL for a plain folder
    const char *folder;         // where its files are
    TaskFile file[SPLITS];
    const char *const *labels; // in the order of their indices, NULL-terminated; NULL for scores
    int classes;               // 0 for scores
    int positive;              // index of the positive label, -1
    Metric metric;
    Group group;
    Split report; // dev, unless the description says test
} Task;

// `name` is a task of `datasets` (the folder of the program's descriptions), a yaml file, or a
// folder. A task's files lie in one folder: beside the description, else in one of TUNEMARK_DATA
// (paths with colons between). What is missing is named, with what would be right. The description
// is checked, the rows are not (dataset.h), but a plain folder's train.csv is read for its labels.
bool task_find(Arena *arena, const char *datasets, const char *name, Task *task, Error *error);

// A description alone, as task_find reads it: paths are relative to where the files will be found,
// and `folder` is as written there.
bool task_parse(Arena *arena, Bytes bytes, const char *file, const char *name, Task *task,
                Error *error);

// Names of the descriptions in `datasets`, bytewise sorted, NULL-terminated.
bool task_names(Arena *arena, const char *datasets, const char *const **names, Error *error);
#endif
