// task.c: descriptions of tasks. The keys are explained in datasets/README.md.
#include "data/task.h"
#include "data/task_impl.h"
#include "base/text.h"
#include "base/yaml.h"
#include <stdlib.h>
#include <string.h>

const char *const split_names[] = { "train", "tune", "dev", "test", NULL };
const char *const group_names[] = { "none", "text", "premise", "sentence", NULL };

static const char *const keys[] = { "version", "summary", "folder",   "format", "header",
                                    "columns", "labels",  "positive", "metric", "group",
                                    "tune",    "report",  "files",    "rows",   NULL };
static const char *const file_keys[] = { "file", "format", "header", "columns", "optional", NULL };
static const char *const column_keys[] = { "text", "text_b", "label", "score", NULL };
static const char *const formats[] = { "csv", "tsv", NULL }; // in the order of CsvFormat
static const char *const tune_sources[] = { "train", "file", NULL };
static const char folder_needs[] =
    "a folder with train.csv and dev.csv, their columns text[,text_b],label or text[,text_b],score";

enum { MOST_LABELS = 1000, MOST_SHOWN = 12 };

typedef struct {
    Arena *arena;
    const char *file;
    const Yaml *root;
    Task *task;
    Error *error;
} Reader;

static bool described(Arena *arena, const char *path, Task *task, Error *error);
static bool plain(Arena *arena, const char *folder, Task *task, Error *error);
static bool unknown(Arena *arena, const char *datasets, const char *name, Error *error);

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

bool task_find(Arena *arena, const char *datasets, const char *name, Task *task, Error *error)
{
    if (ends_in(name, ".yaml"))
        return described(arena, name, task, error);
    if (*name && !strchr(name, '/')) {
        const char *path = path_join(arena, datasets, arena_format(arena, "%s.yaml", name));
        if (file_exists(path))
            return described(arena, path, task, error);
    }
    if (folder_exists(name))
        return plain(arena, name, task, error);
    return unknown(arena, datasets, name, error);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool task_names(Arena *arena, const char *datasets, const char *const **names, Error *error)
{
    const char **files = NULL;
    size_t count = 0;
    if (!folder_list(arena, datasets, ".yaml", &files, &count, error))
        return false;
    const char **name = arena_zero(arena, count + 1, sizeof *name);
    for (size_t i = 0; i < count; i++)
        name[i] = arena_format(arena, "%.*s", (int)(strlen(files[i]) - strlen(".yaml")), files[i]);
    qsort(name, count, sizeof *name, by_bytes); // "a.yaml" is behind "a-b.yaml", "a" is not
    *names = name;
    return true;
}

const char *task_choices(Arena *arena, const char *const *names)
{
    size_t count = 0;
    while (names[count])
        count++;
    const char *list = count > MOST_SHOWN ? arena_format(arena, "one of %zu: %s", count, names[0])
                                          : (count ? names[0] : "");
    for (size_t i = 1; i < count && i < MOST_SHOWN; i++)
        list = arena_format(arena, "%s%s%s", list, i + 1 == count ? " or " : ", ", names[i]);
    return count > MOST_SHOWN ? arena_format(arena, "%s, ...", list) : list;
}

const char *task_columns(Arena *arena, const Csv *csv)
{
    const char *list = csv->columns ? csv->header[0] : "none";
    for (size_t i = 1; i < csv->columns && i < MOST_SHOWN; i++)
        list = arena_format(arena, "%s, %s", list, csv->header[i]);
    return csv->columns > MOST_SHOWN ? arena_format(arena, "%s, ...", list) : list;
}

static bool unknown(Arena *arena, const char *datasets, const char *name, Error *error)
{
    const char *const *names = NULL;
    if (!task_names(arena, datasets, &names, error))
        return false;
    const char *right = folder_needs, *near = text_nearest(name, names);
    if (!strchr(name, '/') && names[0])
        right = near ? near
                     : arena_format(arena, "%s, or %s", task_choices(arena, names), folder_needs);
    return fail(error, ERROR_INPUT, (Where){ .item = "task" }, right, "'%s' is unknown", name);
}

// ---- descriptions

static bool locate(Arena *arena, Task *task, Error *error);

static bool described(Arena *arena, const char *path, Task *task, Error *error)
{
    Bytes bytes;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    name = arena_format(arena, "%.*s", (int)(strlen(name) - strlen(".yaml")), name);
    return file_read(arena, path, &bytes, error) &&
           task_parse(arena, bytes, path, name, task, error) && locate(arena, task, error);
}

// The folder of the files: beside the description, else in one of TUNEMARK_DATA; known by its
// training file.
static bool locate(Arena *arena, Task *task, Error *error)
{
    const char *slash = strrchr(task->description, '/'), *search = getenv("TUNEMARK_DATA");
    const char *train = task->file[SPLIT_TRAIN].path, *found = NULL;
    const char *beside =
        slash ? arena_format(arena, "%.*s", (int)(slash - task->description), task->description)
              : ".";
    size_t parents = 0;
    char **parent = text_split(arena, search ? search : "", ':', &parents);
    for (size_t i = 0; i <= parents && !found; i++) {
        const char *in = i == 0 ? beside : parent[i - 1];
        const char *folder =
            *task->folder == '/' ? task->folder : path_join(arena, in, task->folder);
        if (*in && file_exists(path_join(arena, folder, train)))
            found = folder;
    }
    if (!found)
        return fail(error, ERROR_INPUT, (Where){ .file = task->description, .item = "folder" },
                    "in a folder that TUNEMARK_DATA names, or beside this file",
                    "%s/%s is not found (TUNEMARK_DATA is %s)", task->folder, train,
                    search && *search ? search : "not set");
    task->folder = found;
    for (int s = 0; s < SPLITS; s++) {
        TaskFile *file = &task->file[s];
        if (!file->path)
            continue;
        file->path = path_join(arena, found, file->path);
        if (file_exists(file->path))
            continue;
        if (!file->optional)
            return fail(error, ERROR_INPUT, (Where){ .file = file->path },
                        "there, as the training rows are", "is missing");
        file->path = NULL;
    }
    return true;
}

static Where at(const Reader *r, const Yaml *value)
{
    return (Where){ .file = r->file, .line = value->line, .item = value->key };
}

static bool wrong(const Reader *r, const Yaml *value, const char *right, const char *what)
{
    return fail(r->error, ERROR_INPUT, at(r, value), right, "%s", what);
}

// A map whose keys are all among `names`.
static bool read_map(const Reader *r, const Yaml *map, const char *const *names)
{
    if (map->kind != YAML_MAP)
        return fail(r->error, ERROR_INPUT, at(r, map),
                    arena_format(r->arena, "a map with %s", task_choices(r->arena, names)),
                    "is not a map");
    for (const Yaml *child = map->first; child; child = child->next) {
        if (text_among(child->key, names))
            continue;
        const char *near = text_nearest(child->key, names);
        return wrong(r, child, near ? near : task_choices(r->arena, names), "is unknown");
    }
    return true;
}

static bool read_text(const Reader *r, const Yaml *value, const char **text)
{
    if (value->kind != YAML_TEXT || !*value->text)
        return wrong(r, value, "a text", value->kind == YAML_TEXT ? "is empty" : "is not a text");
    *text = value->text;
    return true;
}

static bool read_flag(const Reader *r, const Yaml *value, bool *flag)
{
    if (value->kind != YAML_TEXT || !text_flag(value->text, flag))
        return wrong(r, value, "yes or no", "is not a flag");
    return true;
}

static bool read_choice(const Reader *r, const Yaml *value, const char *const *names, int *index)
{
    const char *text = NULL;
    if (!read_text(r, value, &text))
        return false;
    for (*index = 0; names[*index]; ++*index)
        if (strcmp(names[*index], text) == 0)
            return true;
    return fail(r->error, ERROR_INPUT, at(r, value), task_choices(r->arena, names),
                "'%s' is unknown", text);
}

// columns: {text: sentence, label: label}. A file is labelled or scored, single or pairs.
static bool read_columns(const Reader *r, const Yaml *map, TaskFile *file, bool *scores)
{
    file->text = file->text_b = file->label = NULL;
    if (!read_map(r, map, column_keys))
        return false;
    for (const Yaml *child = map->first; child; child = child->next) {
        bool score = strcmp(child->key, "score") == 0;
        const char **column = strcmp(child->key, "text") == 0     ? &file->text
                              : strcmp(child->key, "text_b") == 0 ? &file->text_b
                                                                  : &file->label;
        if (*column)
            return wrong(r, child, "either label or score", "is one too many");
        if (!read_text(r, child, column))
            return false;
        if (column == &file->label)
            *scores = score;
    }
    if (!file->text || !file->label)
        return wrong(r, map, "text and label or score", "are not complete");
    return true;
}

// files: {train: train.tsv, test: {file: test.txt, header: no, ...}}. What a file does not say of
// itself holds for all.
static bool read_file(const Reader *r, const Yaml *value, TaskFile *file, bool scores)
{
    const Yaml *format = yaml_get(r->root, "format"), *columns = NULL;
    const char *name = NULL;
    if (value->kind == YAML_MAP) {
        if (!read_map(r, value, file_keys))
            return false;
        if (!yaml_get(value, "file"))
            return wrong(r, value, "file: NAME", "names no file");
        if (!read_text(r, yaml_get(value, "file"), &name))
            return false;
        format = yaml_get(value, "format") ? yaml_get(value, "format") : format;
        columns = yaml_get(value, "columns");
        if ((yaml_get(value, "header") &&
             !read_flag(r, yaml_get(value, "header"), &file->header)) ||
            (yaml_get(value, "optional") &&
             !read_flag(r, yaml_get(value, "optional"), &file->optional)))
            return false;
    } else if (!read_text(r, value, &name))
        return false;
    int chosen = ends_in(name, ".tsv") ? CSV_TABS : CSV_COMMAS;
    if (!format && !ends_in(name, ".tsv") && !ends_in(name, ".csv"))
        return wrong(r, value, "csv or tsv", "has no format, in its name or as a key");
    if (format && !read_choice(r, format, formats, &chosen))
        return false;
    file->format = chosen == CSV_TABS ? CSV_TABS : CSV_COMMAS;
    bool pair = file->text_b, scored = scores;
    if (columns && !read_columns(r, columns, file, &scored))
        return false;
    if (scored != scores || !file->text_b == pair)
        return wrong(r, columns, "the columns of the other files under other names",
                     "do not agree");
    const char *const used[] = { file->text, file->label, file->text_b };
    for (int i = 0; i < (pair ? 3 : 2) && !file->header; i++) {
        int64_t number = 0;
        if (!text_whole(used[i], &number) || number < 1)
            return fail(r->error, ERROR_INPUT, at(r, value),
                        "columns by their numbers, from 1, where there is no header",
                        "column '%s' is no number", used[i]);
    }
    file->path = name;
    return true;
}

static bool read_files(const Reader *r, const Yaml *map, const TaskFile *common, bool scores)
{
    if (!read_map(r, map, split_names))
        return false;
    for (int s = 0; s < SPLITS; s++) {
        const Yaml *value = yaml_get(map, split_names[s]);
        TaskFile file = *common;
        if (value && !read_file(r, value, &file, scores))
            return false;
        if (!value && (s == SPLIT_TRAIN || s == SPLIT_DEV))
            return wrong(r, map, "train and dev, perhaps tune and test", "are not complete");
        if (file.optional && s != SPLIT_TEST)
            return wrong(r, value, "test", "is optional: only one split may be");
        r->task->file[s] = file;
    }
    return true;
}

// rows: {train: 67349, dev: 872}.
static bool read_rows(const Reader *r, const Yaml *map)
{
    if (!read_map(r, map, split_names))
        return false;
    for (const Yaml *child = map->first; child; child = child->next) {
        int s = 0;
        while (strcmp(split_names[s], child->key) != 0)
            s++;
        TaskFile *file = &r->task->file[s];
        if (child->kind != YAML_TEXT || !text_whole(child->text, &file->rows) || file->rows < 1)
            return wrong(r, child, "a number of rows, 1 or more", "is no number of rows");
        if (!file->path)
            return wrong(r, child, "a split that has a file", "has no file");
    }
    return true;
}

// labels: [negative, positive]. The order is that of the classes.
static bool read_labels(const Reader *r, const Yaml *list)
{
    Task *task = r->task;
    int count = 0;
    if (list->kind != YAML_LIST)
        return wrong(r, list, "a list: [negative, positive]", "are not a list");
    for (const Yaml *child = list->first; child && count <= MOST_LABELS; child = child->next)
        count++;
    if (count < 2 || count > MOST_LABELS)
        return fail(r->error, ERROR_INPUT, at(r, list), "2 to 1000", "are %d", count);
    const char **label = arena_zero(r->arena, (size_t)count + 1, sizeof *label);
    task->labels = label;
    for (const Yaml *child = list->first; child; child = child->next, task->classes++) {
        if (child->kind != YAML_TEXT || !*child->text)
            return wrong(r, list, "texts", "hold something else than a text");
        for (int i = 0; i < task->classes; i++)
            if (strcmp(label[i], child->text) == 0)
                return fail(r->error, ERROR_INPUT, at(r, list), "each label once",
                            "hold '%s' twice", child->text);
        label[task->classes] = child->text;
    }
    return true;
}

// What answers are and what they are worth: labels, positive, metric.
static bool read_answers(const Reader *r, bool scores)
{
    Task *task = r->task;
    const Yaml *labels = yaml_get(r->root, "labels"), *positive = yaml_get(r->root, "positive"),
               *name = yaml_get(r->root, "metric");
    if (scores && (labels || positive))
        return wrong(r, labels ? labels : positive, "left out: the column is a score",
                     "can't be used");
    if (!scores && !labels)
        return wrong(r, r->root, "labels: [FIRST, SECOND]", "labels are missing");
    if ((labels && !read_labels(r, labels)) ||
        (positive && !read_choice(r, positive, task->labels, &task->positive)))
        return false;
    static const Metric of_labels[] = { METRIC_ACCURACY, METRIC_F1, METRIC_F1_MACRO,
                                        METRIC_MATTHEWS };
    static const Metric of_scores[] = { METRIC_SPEARMAN, METRIC_PEARSON };
    const Metric *fits = scores ? of_scores : of_labels;
    const char *names[5] = { NULL };
    for (int i = 0; i < (scores ? 2 : 4); i++)
        names[i] = metric_names[fits[i]];
    int chosen = 0; // the first is the default
    if (name && !read_choice(r, name, names, &chosen))
        return false;
    task->metric = fits[chosen];
    if (task->metric == METRIC_F1 && task->positive < 0)
        return wrong(r, name, "used with the key positive", "has no positive label");
    return true;
}

// How rows are split: group, tune, report.
static bool read_protocol(const Reader *r)
{
    static const char *const reports[] = { "dev", "test", NULL };
    Task *task = r->task;
    const TaskFile *file = task->file;
    const Yaml *group = yaml_get(r->root, "group"), *tune = yaml_get(r->root, "tune"),
               *report = yaml_get(r->root, "report");
    int chosen_group = GROUP_TEXT, has_tune = file[SPLIT_TUNE].path != NULL, from = has_tune,
        last = 0;
    if ((group && !read_choice(r, group, group_names, &chosen_group)) ||
        (tune && !read_choice(r, tune, tune_sources, &from)) ||
        (report && !read_choice(r, report, reports, &last)))
        return false;
    task->group = (Group)chosen_group;
    task->report = last ? SPLIT_TEST : SPLIT_DEV;
    if (task->group == GROUP_PREMISE && !file[SPLIT_TRAIN].text_b)
        return wrong(r, group, "text, or columns with a text_b", "needs pairs of texts");
    if (task->group == GROUP_SENTENCE && file[SPLIT_TRAIN].text_b)
        return wrong(r, group, "text or premise", "needs single texts");
    if (from != has_tune)
        return wrong(r, tune, has_tune ? "file" : "train, or a file under files",
                     has_tune ? "has a file" : "has no file");
    if (last && (!file[SPLIT_TEST].path || file[SPLIT_TEST].optional))
        return wrong(r, report, "dev, or a test file that is not optional", "may be absent");
    return true;
}

bool task_parse(Arena *arena, Bytes bytes, const char *file, const char *name, Task *task,
                Error *error)
{
    *task = (Task){ .name = name, .folder = name, .description = file, .positive = -1 };
    const Yaml *root = yaml_parse(arena, bytes, file, error);
    const Reader r = { .arena = arena, .file = file, .root = root, .task = task, .error = error };
    if (!root || !read_map(&r, root, keys))
        return false;
    const Yaml *version = yaml_get(root, "version"), *summary = yaml_get(root, "summary"),
               *folder = yaml_get(root, "folder"), *header = yaml_get(root, "header"),
               *columns = yaml_get(root, "columns"), *files = yaml_get(root, "files"),
               *rows = yaml_get(root, "rows");
    if (!version || !files)
        return wrong(&r, root, version ? "files: {train: FILE, dev: FILE}" : "version: 1",
                     version ? "files are missing" : "the version is missing");
    TaskFile common = { .header = true, .text = "text", .label = "label", .rows = -1 };
    bool scores = false;
    return read_text(&r, version, &task->version) &&
           (!summary || read_text(&r, summary, &task->summary)) &&
           (!folder || read_text(&r, folder, &task->folder)) &&
           (!header || read_flag(&r, header, &common.header)) &&
           (!columns || read_columns(&r, columns, &common, &scores)) &&
           read_files(&r, files, &common, scores) && (!rows || read_rows(&r, rows)) &&
           read_answers(&r, scores) && read_protocol(&r);
}

// ---- a folder without a description

static bool read_plain(Arena *arena, Arena *scratch, Task *task, Error *error);

static bool plain(Arena *arena, const char *folder, Task *task, Error *error)
{
    char *real = realpath(folder, NULL);
    const char *slash = real ? strrchr(real, '/') : NULL;
    *task = (Task){ .name = arena_text(arena, slash && slash[1] ? slash + 1 : folder),
                    .version = "folder",
                    .folder = arena_text(arena, folder),
                    .positive = -1,
                    .group = GROUP_TEXT,
                    .report = SPLIT_DEV };
    free(real);
    for (int s = 0; s < SPLITS; s++) {
        const char *path = path_join(arena, folder, arena_format(arena, "%s.csv", split_names[s]));
        if (file_exists(path))
            task->file[s] = (TaskFile){
                .path = path, .format = CSV_COMMAS, .header = true, .text = "text", .rows = -1
            };
        else if (s == SPLIT_TRAIN || s == SPLIT_DEV)
            return fail(error, ERROR_INPUT, (Where){ .file = folder }, folder_needs,
                        "has no %s.csv", split_names[s]);
    }
    Arena *scratch = arena_new(ARENA_RUN, error);
    bool ok = scratch && read_plain(arena, scratch, task, error);
    arena_free(scratch);
    return ok;
}

// The different labels of a training file, in bytewise order.
static bool labels_of(Arena *arena, Arena *scratch, const Csv *csv, Task *task, Error *error)
{
    size_t column = csv_column(csv, "label"), classes = 0;
    const char **label = arena_take(scratch, csv->rows + 1, sizeof *label);
    for (size_t i = 0; i < csv->rows; i++)
        if (!*(label[i] = csv->row[i].field[column]))
            return fail(error, ERROR_INPUT,
                        (Where){ .file = csv->file, .line = csv->row[i].line, .item = "label" },
                        "a name", "is empty");
    qsort(label, csv->rows, sizeof *label, by_bytes);
    for (size_t i = 0; i < csv->rows; i++)
        if (classes == 0 || strcmp(label[i], label[classes - 1]) != 0)
            label[classes++] = label[i];
    if (classes < 2 || classes > MOST_LABELS)
        return fail(error, ERROR_INPUT, (Where){ .file = csv->file, .item = "label" },
                    classes < 2 ? "2 or more" : "1000 or fewer; numbers belong in a column score",
                    "%zu different in %zu rows", classes, csv->rows);
    const char **kept = arena_zero(arena, classes + 1, sizeof *kept);
    for (size_t i = 0; i < classes; i++)
        kept[i] = arena_text(arena, label[i]);
    task->labels = kept;
    task->classes = (int)classes;
    return true;
}

// What train.csv says of the task: single or pair, labels or scores.
static bool read_plain(Arena *arena, Arena *scratch, Task *task, Error *error)
{
    Csv csv;
    const char *path = task->file[SPLIT_TRAIN].path;
    if (!csv_read(scratch, path, CSV_COMMAS, true, &csv, error))
        return false;
    bool pair = csv_column(&csv, "text_b") != SIZE_MAX,
         labels = csv_column(&csv, "label") != SIZE_MAX,
         scores = csv_column(&csv, "score") != SIZE_MAX;
    if (labels == scores || csv_column(&csv, "text") == SIZE_MAX)
        return fail(error, ERROR_INPUT, (Where){ .file = path, .line = 1 },
                    "text[,text_b],label or text[,text_b],score", "the columns are %s",
                    task_columns(scratch, &csv));
    for (int s = 0; s < SPLITS; s++) {
        task->file[s].text_b = pair ? "text_b" : NULL;
        task->file[s].label = labels ? "label" : "score";
    }
    task->metric = labels ? METRIC_ACCURACY : METRIC_SPEARMAN;
    return scores || labels_of(arena, scratch, &csv, task, error);
}
