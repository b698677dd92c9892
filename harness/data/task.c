// task.c: finding a task: its description, its files, or a plain folder.
#include "data/task.h"
#include "data/task_impl.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const split_names[] = { "train", "tune", "dev", "test", NULL };
enum { MOST_SHOWN = 12 };
static const char folder_needs[] = "a folder with train.csv and dev.csv, their columns "
                                   "text[,text_b],label or text[,text_b],score; "
                                   "for other files a description (datasets/README.md)";

static bool described(Arena *arena, const char *path, Task *task, Error *error);
static bool plain(Arena *arena, const char *folder, Task *task, Error *error);
static bool unknown(Arena *arena, const char *datasets, const char *name, Error *error);

bool task_pairs(const Task *task)
{
    return task->file[SPLIT_TRAIN].text_b != NULL;
}

bool task_find(Arena *arena, const char *datasets, const char *name, Task *task, Error *error)
{
    if (text_ends(name, ".yaml"))
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

bool task_names(Arena *arena, const char *datasets, const char *const **names, Error *error)
{
    const char **files = NULL;
    size_t count = 0;
    if (!folder_list(arena, datasets, ".yaml", &files, &count, error))
        return false;
    const char **name = arena_zero(arena, count + 1, sizeof *name);
    for (size_t i = 0; i < count; i++)
        name[i] = text_stem(arena, files[i], ".yaml");
    text_sort(name, count); // "a.yaml" is behind "a-b.yaml", "a" is not
    *names = name;
    return true;
}

const char *task_columns(Arena *arena, const Csv *csv)
{
    if (!csv->header)
        return arena_format(arena, csv->columns == 1 ? "1" : "1 to %zu", csv->columns);
    const char *list = csv->header[0];
    for (size_t i = 1; i < csv->columns && i < MOST_SHOWN; i++)
        list = arena_format(arena, "%s, %s", list, csv->header[i]);
    return csv->columns > MOST_SHOWN ? arena_format(arena, "%s, ...", list) : list;
}

static bool unknown(Arena *arena, const char *datasets, const char *name, Error *error)
{
    const char *const *names = NULL;
    if (!task_names(arena, datasets, &names, error))
        return false;
    const char *right = folder_needs;
    if (!strchr(name, '/') && names[0])
        right = text_nearest(name, names,
                             arena_format(arena, "%s, or %s", text_choices(arena, names), right));
    return fail(error, ERROR_INPUT, (Where){ .item = "task" }, right, "'%s' is unknown", name);
}

// ---- descriptions

static bool locate(Arena *arena, Task *task, Error *error);

static bool parsed(Arena *arena, const char *path, Task *task, Error *error)
{
    Bytes bytes;
    const char *slash = strrchr(path, '/');
    const char *name = text_stem(arena, slash ? slash + 1 : path, ".yaml");
    return file_read(arena, path, &bytes, error) &&
           task_parse(arena, bytes, path, name, task, error);
}

static bool described(Arena *arena, const char *path, Task *task, Error *error)
{
    return parsed(arena, path, task, error) && locate(arena, task, error);
}

bool task_describe(Arena *arena, const char *datasets, const char *name, Task *task, Error *error)
{
    return parsed(arena, path_join(arena, datasets, arena_format(arena, "%s.yaml", name)), task,
                  error);
}

static bool is_there(const TaskFile *file, const char *path)
{
    return file->suffix ? folder_exists(path) : file_exists(path);
}

// Of one part of a split, the files' full paths.
static bool find_part(Arena *arena, const char *folder, TaskFile *file, Error *error)
{
    file->path = path_join(arena, folder, file->path);
    file->groups = file->groups ? path_join(arena, folder, file->groups) : NULL;
    const char *absent = !is_there(file, file->path) ? file->path : NULL;
    if (!absent && file->groups && !file_exists(file->groups))
        absent = file->groups;
    return !absent || fail(error, ERROR_INPUT, (Where){ .file = absent },
                           "there, as the training rows are", "is missing");
}

static bool find_split(Arena *arena, const char *folder, TaskFile *file, Error *error)
{
    if (!file->path)
        return true;
    if (file->optional && !is_there(file, path_join(arena, folder, file->path))) {
        file->path = NULL;
        return true;
    }
    if (!find_part(arena, folder, file, error))
        return false;
    for (TaskFile *last = file; last->next;) {
        TaskFile *part = arena_take(arena, 1, sizeof *part);
        *part = *last->next;
        last->next = part;
        if (!find_part(arena, folder, part, error))
            return false;
        last = part;
    }
    return true;
}

// The folder of the files: beside the description, else in one of TUNEMARK_DATA; known by its
// training file.
static bool locate(Arena *arena, Task *task, Error *error)
{
    const char *slash = strrchr(task->description, '/'), *search = getenv("TUNEMARK_DATA");
    const TaskFile *train = &task->file[SPLIT_TRAIN];
    const char *found = NULL;
    const char *beside =
        slash ? arena_format(arena, "%.*s", (int)(slash - task->description), task->description)
              : ".";
    size_t parents = 0;
    char **parent = text_split(arena, search ? search : "", ':', &parents);
    for (size_t i = 0; i <= parents && !found; i++) {
        const char *in = i == 0 ? beside : parent[i - 1];
        const char *folder =
            *task->folder == '/' ? task->folder : path_join(arena, in, task->folder);
        if (*in && is_there(train, path_join(arena, folder, train->path)))
            found = folder;
    }
    if (!found)
        return fail(
            error, ERROR_INPUT, (Where){ .file = task->description, .item = "folder" },
            "in a folder that TUNEMARK_DATA names (datasets/fetch.sh gets public ones), or beside "
            "this file",
            "%s/%s is not found (TUNEMARK_DATA is %s)", task->folder, train->path,
            search && *search ? search : "not set");
    task->folder = found;
    for (int s = 0; s < SPLITS; s++)
        if (!find_split(arena, found, &task->file[s], error))
            return false;
    return true;
}

bool task_fold(Arena *arena, Task *task, int64_t fold, Error *error)
{
    Where where = { .item = "fold" };
    if (fold != INT64_MIN && !task->folds)
        return fail(error, ERROR_INPUT, where, "left out", "%s has splits of its own", task->name);
    if (fold != INT64_MIN && fold > task->folds)
        return fail(error, ERROR_INPUT, where, arena_format(arena, "1 to %d", task->folds),
                    "%s has no fold %" PRId64, task->name, fold);
    task->fold = fold != INT64_MIN ? (int)fold : task->folds ? 1 : 0;
    return true;
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
            task->file[s] =
                (TaskFile){ .path = path, .form = { .header = true }, .text = "text", .rows = -1 };
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
    text_sort(label, csv->rows);
    for (size_t i = 0; i < csv->rows; i++)
        if (classes == 0 || strcmp(label[i], label[classes - 1]) != 0)
            label[classes++] = label[i];
    if (classes < 2 || classes > MOST_LABELS)
        return fail(
            error, ERROR_INPUT, (Where){ .file = csv->file, .item = "label" },
            classes < 2
                ? "2 or more"
                : arena_format(arena, "%d or fewer; numbers belong in a column score", MOST_LABELS),
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
