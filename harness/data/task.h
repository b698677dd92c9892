// task.h: a task's description (datasets/NAME.yaml, or any folder with train.csv and dev.csv) and its
// rows.
#ifndef DATA_TASK_H
#define DATA_TASK_H
#include "base/arena.h"
#include "base/csv.h"
#include "base/hash.h"
#include "base/metric.h"

typedef enum { SPLIT_TRAIN, SPLIT_TUNE, SPLIT_DEV, SPLIT_TEST, SPLITS } Split;
extern const char *const split_names[]; // train tune dev test; NULL-terminated

typedef enum { GROUP_NONE, GROUP_TEXT, GROUP_PREMISE, GROUP_SENTENCE } Group;

typedef struct {
    const char *name;
    const char *folder;         // where its files are
    const char *path[SPLITS];   // NULL: the task has no such file
    CsvFormat format[SPLITS];
    bool header[SPLITS];
    const char *text, *text_b, *label; // columns; text_b NULL for single texts
    const char **labels;        // in the order of their indices; NULL for scores
    int classes;                // 0 for scores
    int positive;               // index of the positive label, -1
    Metric metric;
    Group group;
    bool tune_file;             // tune comes from a file; else it is cut from train
    Split report;               // dev, unless the file says otherwise
    const char *version;
    int64_t expected[SPLITS];   // row counts that the description states; -1 none
} Task;

// `name` is a task's name or a folder. Descriptions are sought in `datasets` (the folder of the
// program's data tables), data in the description's own folder, then in each folder of
// TUNEMARK_DATA. What is missing is named, with what to do about it.
bool task_find(Arena *arena, const char *datasets, const char *name, Task *task, Error *error);

typedef struct {
    const char *text, *text_b; // text_b NULL for single texts
    int32_t label;             // class, or -1
    float score;               // regression
    uint32_t id;               // row number in the official file, from 0
    uint32_t group;            // rows with equal numbers belong together
    size_t line;
} Example;

typedef struct {
    Example *example;
    size_t count;
} Examples;

// All splits of a task, after the tune rule: train (without what tune took away), tune, dev, test.
// Deterministic: the same for every method and seed. Splits that the task lacks are empty; an empty
// train, tune or dev is an error.
typedef struct {
    Examples split[SPLITS];
    Hash hash[SPLITS];     // of each split's content (texts, labels, ids) after the rule
    const char *rule;      // "file" or "group sentence, 10 % of 6884, at most 2000": for the key
    size_t dropped;        // training rows left out because tune holds or is held by them
} Dataset;

// Labels of the evaluated splits (dev, test) are delivered apart, so that a test can count how often
// they are read: `dataset_read` leaves their label -1 and score 0; `dataset_labels` fills them in.
bool dataset_read(Arena *arena, const Task *task, Dataset *dataset, Error *error);
bool dataset_labels(const Task *task, Split split, Dataset *dataset, Error *error);

// The training rows of --train-limit: `limit` of them, stratified by label, nested (the 100 are
// among the 200), a function of data_seed; the order of the file is kept. limit 0: all.
Examples dataset_limit(Arena *arena, const Task *task, Examples train, size_t limit,
                       uint64_t data_seed);
#endif
