// task_parse.c: a task's description. The keys are explained in datasets/README.md.
#include "base/text.h"
#include "data/task_impl.h"

const char *const group_names[] = { "text", "premise", "sentence", "linked", "given", NULL };

static const char *const keys[] = { "version", "summary",  "warning",  "folder",      "format",
                                    "header",  "ragged",   "encoding", "columns",     "labels",
                                    "codes",   "positive", "metric",   "label_until", "group",
                                    "report",  "folds",    "files",    "rows",        NULL };

// labels: [negative, positive]. The order is that of the classes.
static bool read_labels(TaskReader *r, const Yaml *list)
{
    const char *right = arena_format(r->yaml.arena, "2 to %d", MOST_LABELS);
    size_t count;
    if (!yaml_read_texts(&r->yaml, list, 2, MOST_LABELS, right, &r->task->labels, &count))
        return false;
    r->task->classes = (int)count;
    return true;
}

// What answers are and what they are worth: labels, positive, metric.
static bool read_answers(TaskReader *r)
{
    Task *task = r->task;
    bool scores = r->scores;
    const Yaml *labels = yaml_get(r->root, "labels"), *positive = yaml_get(r->root, "positive"),
               *name = yaml_get(r->root, "metric");
    if (scores && (labels || positive))
        return yaml_wrong(&r->yaml, labels ? labels : positive, "left out: the column is a score",
                          "can't be used");
    if (!scores && !labels)
        return yaml_wrong(&r->yaml, r->root, "labels: [FIRST, SECOND]", "labels are missing");
    if (positive && !yaml_read_choice(&r->yaml, positive, task->labels, &task->positive))
        return false;
    static const Metric of_labels[] = { METRIC_ACCURACY, METRIC_F1, METRIC_F1_MACRO,
                                        METRIC_MATTHEWS };
    static const Metric of_scores[] = { METRIC_SPEARMAN, METRIC_PEARSON };
    const Metric *fits = scores ? of_scores : of_labels;
    const char *names[5] = { NULL };
    for (int i = 0; i < (scores ? 2 : 4); i++)
        names[i] = metric_names[fits[i]];
    int chosen = 0; // the first is the default
    if (name && !yaml_read_choice(&r->yaml, name, names, &chosen))
        return false;
    task->metric = fits[chosen];
    if (task->metric == METRIC_F1 && task->positive < 0)
        return yaml_wrong(&r->yaml, name, "used with the key positive", "has no positive label");
    return true;
}

static bool read_group(TaskReader *r, const Yaml *group)
{
    Task *task = r->task;
    bool pairs = task_pairs(task);
    int chosen = GROUP_TEXT;
    if (group && !yaml_read_choice(&r->yaml, group, group_names, &chosen))
        return false;
    task->group = (Group)chosen;
    if ((task->group == GROUP_PREMISE || task->group == GROUP_LINKED) && !pairs)
        return yaml_wrong(&r->yaml, group, "text, or columns with a text_b",
                          "needs pairs of texts");
    if (task->group == GROUP_SENTENCE && pairs)
        return yaml_wrong(&r->yaml, group, "text, premise or linked", "needs single texts");
    if (task->group == GROUP_GIVEN && r->grouped < r->files)
        return yaml_wrong(&r->yaml, group, "groups: FILE for each file",
                          "has a file without groups");
    if (task->group != GROUP_GIVEN && r->grouped > 0)
        return yaml_wrong(&r->yaml, group ? group : r->root, "group: given",
                          "has files with groups");
    return true;
}

static bool read_folds(TaskReader *r, const Yaml *folds)
{
    Task *task = r->task;
    int64_t number = 0;
    if (folds->kind != YAML_TEXT || !text_whole(folds->text, &number) || number < 2 ||
        number > MOST_FOLDS)
        return yaml_wrong(&r->yaml, folds, arena_format(r->yaml.arena, "2 to %d", MOST_FOLDS),
                          "is no number of folds");
    if (task->file[SPLIT_TUNE].path || task->file[SPLIT_DEV].path || task->file[SPLIT_TEST].path)
        return yaml_wrong(&r->yaml, folds, "left out, or files with train alone",
                          "has other splits beside it");
    if (task->group == GROUP_SENTENCE)
        return yaml_wrong(&r->yaml, folds, "another group than sentence",
                          "would part sentences from their phrases");
    task->folds = (int)number;
    task->fold = 1;
    return true;
}

// How rows are split: group, report, folds.
static bool read_protocol(TaskReader *r)
{
    static const char *const reports[] = { "dev", "test", NULL };
    Task *task = r->task;
    const TaskFile *dev = &task->file[SPLIT_DEV], *test = &task->file[SPLIT_TEST];
    const Yaml *report = yaml_get(r->root, "report"), *folds = yaml_get(r->root, "folds");
    int last = 0;
    if (!read_group(r, yaml_get(r->root, "group")) ||
        (report && !yaml_read_choice(&r->yaml, report, reports, &last)) ||
        (folds && !read_folds(r, folds)))
        return false;
    task->report = last ? SPLIT_TEST : SPLIT_DEV;
    if (last && (!test->path || test->optional))
        return yaml_wrong(&r->yaml, report, "dev, or a test file that is not optional",
                          "may be absent");
    if (last && !test->label && !test->given)
        return yaml_wrong(&r->yaml, report, "dev, or a test file with labels", "has no labels");
    if (!last && !dev->path && !folds)
        return yaml_wrong(&r->yaml, yaml_get(r->root, "files"),
                          "train and dev, or train and test with report: test, or train with "
                          "folds: 10",
                          "are not complete");
    return true;
}

bool task_parse(Arena *arena, Bytes bytes, const char *file, const char *name, Task *task,
                Error *error)
{
    *task = (Task){ .name = name, .folder = name, .description = file, .positive = -1 };
    const Yaml *root = yaml_parse(arena, bytes, file, error);
    TaskReader r = { .yaml = { arena, file, error }, .root = root, .task = task };
    if (!root || !yaml_read_map(&r.yaml, root, keys))
        return false;
    const Yaml *version = yaml_get(root, "version"), *summary = yaml_get(root, "summary"),
               *warning = yaml_get(root, "warning"), *folder = yaml_get(root, "folder"),
               *labels = yaml_get(root, "labels"), *files = yaml_get(root, "files"),
               *rows = yaml_get(root, "rows");
    if (!version || !files)
        return yaml_wrong(&r.yaml, root, version ? "files: {train: FILE, dev: FILE}" : "version: 1",
                          version ? "files are missing" : "the version is missing");
    return yaml_read_text(&r.yaml, version, &task->version) &&
           (!summary || yaml_read_text(&r.yaml, summary, &task->summary)) &&
           (!warning || yaml_read_text(&r.yaml, warning, &task->warning)) &&
           (!folder || yaml_read_text(&r.yaml, folder, &task->folder)) &&
           (!labels || read_labels(&r, labels)) && task_read_files(&r, files) &&
           (!rows || task_read_rows(&r, rows)) && read_answers(&r) && read_protocol(&r);
}
