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

enum { MOST_LABELS = 1000 };

typedef enum { SPLIT_TRAIN, SPLIT_TUNE, SPLIT_DEV, SPLIT_TEST, SPLITS } Split;
extern const char *const split_names[]; // train tune dev test; NULL-terminated

// Rows of one group belong together: they are all in tune or all in train.
typedef enum {
    GROUP_TEXT,     // equal texts (of a pair: both)
    GROUP_PREMISE,  // equal first texts
    GROUP_SENTENCE, // rows are phrases of each other: tune takes whole sentences, and all rows that
                    // lie in one of them leave train
    GROUP_LINKED,   // pairs with a text in common, first or second, and pairs linked by such pairs
    GROUP_GIVEN // equal lines of a file beside the rows, or equal texts, and rows linked by such
} Group;
extern const char *const group_names[]; // as above, in lower case; NULL-terminated

// A file of a split, or (`suffix`) a folder whose files are a text each.
typedef struct TaskFile {
    const char *path;   // NULL: the task has no such file
    const char *suffix; // what the names of the folder's files end in; NULL: `path` is a file
    bool optional;      // where it is absent, the task is without this split
    CsvForm form;       // without a header a column's name is its number, from 1
    const char *text, *text_b;  // columns; text_b NULL for single texts
    const char *const *further; // columns whose text follows `text` behind a blank; NULL: none
    const char *label;          // column; NULL: every row has the label `given`, or none
    const char *given;
    const char *const *codes;    // the task's labels as they stand in this file; NULL: by name
    char until;                  // a label ends before this character; '\0': it is all of its field
    const char *groups;          // GROUP_GIVEN: the file with a line a row; else NULL
    int64_t rows;                // of the whole split, as stated; -1: it is not
    const struct TaskFile *next; // the split goes on there
} TaskFile;

enum { MOST_FOLDS = 100 };

typedef struct {
    const char *name, *version; // version "folder" for a plain folder
    const char *summary;        // one line, NULL when there is none
    const char *warning;        // what a reader of its scores should know; NULL: nothing special
    const char *description;    // the yaml file; NULL for a plain folder
    const char *folder;         // where its files are
    TaskFile file[SPLITS];
    const char *const *labels; // in the order of their indices, NULL-terminated; NULL for scores
    int classes;               // 0 for scores
    int positive;              // index of the positive label, -1
    Metric metric;
    Group group;
    Split report; // dev, unless the description says test
    int folds,
        fold; // dev is part `fold`, from 1, of `folds` parts of the training file; 0: it is not
} Task;

bool task_pairs(const Task *task); // of texts; else of single ones

// `name` is a task of `datasets` (the folder of the program's descriptions), a yaml file, or a
// folder. A task's files lie in one folder: beside the description, else in one of TUNEMARK_DATA
// (paths with colons between). What is missing is named, with what would be right. The description
// is checked, the rows are not (dataset.h), but a plain folder's train.csv is read for its labels.
bool task_find(Arena *arena, const char *datasets, const char *name, Task *task, Error *error);

// A description alone, as task_find reads it: paths are relative to where the files will be found,
// and `folder` is as written there.
bool task_parse(Arena *arena, Bytes bytes, const char *file, const char *name, Task *task,
                Error *error);

// A description of `datasets`, as task_find reads it, but its files are not sought.
bool task_describe(Arena *arena, const char *datasets, const char *name, Task *task, Error *error);

// Chooses the part that is dev, where there are folds; INT64_MIN: the first. Refused where there
// are none or fewer.
bool task_fold(Arena *arena, Task *task, int64_t fold, Error *error);

// Names of the descriptions in `datasets`, bytewise sorted, NULL-terminated.
bool task_names(Arena *arena, const char *datasets, const char *const **names, Error *error);
#endif
