// files.c: a list each of models, tasks and tokens; whoever asks for the same again gets the same.
#include "run/files.h"
#include "base/clock.h"
#include "base/text.h"
#include "data/overlap.h"
#include "model/describe.h"
#include <stdlib.h>
#include <string.h>

typedef struct Tokenised {
    Wanted is;
    Tokens tokens;
    struct Tokenised *next;
} Tokenised;

typedef struct ModelEntry {
    ModelFiles files;
    struct ModelEntry *next;
} ModelEntry;

typedef struct TaskEntry {
    TaskFiles files;
    struct TaskEntry *next;
} TaskEntry;

struct FilesRead {
    Arena *arena;
    ModelEntry *models;
    TaskEntry *tasks;
    Tokenised *tokenised;
};

FilesRead *files_new(Arena *arena)
{
    FilesRead *files = arena_zero(arena, 1, sizeof *files);
    files->arena = arena;
    return files;
}

void files_close(FilesRead *files)
{
    for (ModelEntry *e = files->models; e; e = e->next)
        checkpoint_close(&e->files.checkpoint);
    files->models = NULL;
}

// ---- files

const char *datasets_folder(Arena *arena)
{
    return path_join(arena, home_folder(arena), "datasets");
}

char **models_folders(Arena *arena, size_t *count)
{
    char *bundled = path_join(arena, home_folder(arena), "models/bundled");
    const char *search = getenv("TUNEMARK_MODELS");
    char **folder = text_split(arena, arena_format(arena, ":%s", search ? search : ""), ':', count);
    folder[0] = bundled;
    return folder;
}

const char *configs_folder(Arena *arena)
{
    return path_join(arena, home_folder(arena), "models/configs");
}

static bool has_config(Arena *arena, const char *folder, const char *name)
{
    return file_exists(path_join(arena, path_join(arena, folder, name), "config.json"));
}

// NULL-terminated; with those that have sizes alone.
static const char *const *model_names(Arena *arena)
{
    Error unread;
    const char *text = "";
    size_t parts, count, names;
    char **part = models_folders(arena, &parts);
    for (size_t i = 0; i <= parts; i++) {
        const char *folder = i < parts ? part[i] : configs_folder(arena), **name;
        if (!folder_list(arena, folder, "", &name, &count, &unread))
            continue;
        for (size_t j = 0; j < count; j++)
            if (has_config(arena, folder, name[j]))
                text_append(arena, &text, "\n", "%s", name[j]);
    }
    char **list = text_split(arena, text, '\n', &names);
    const char **all = arena_zero(arena, names + 1, sizeof *all);
    for (size_t i = 0; i < names; i++)
        all[i] = list[i];
    return all;
}

bool model_folder(Arena *arena, const char *name, const char **folder, Error *error)
{
    Where where = { .item = "model" };
    if (strchr(name, '/') || file_exists(path_join(arena, name, "config.json"))) {
        *folder = arena_text(arena, name);
        if (file_exists(path_join(arena, name, "config.json")))
            return true;
        return fail(error, ERROR_INPUT, where, "a folder with config.json", "no checkpoint in '%s'",
                    name);
    }
    size_t parts = 0;
    char **part = models_folders(arena, &parts);
    for (size_t i = 0; i < parts; i++) {
        char *path = path_join(arena, part[i], name);
        if (has_config(arena, part[i], name)) {
            *folder = path;
            return true;
        }
    }
    if (has_config(arena, configs_folder(arena), name))
        return fail(error, ERROR_INPUT, where, "one with weights",
                    "'%s' has sizes alone, for estimate, params and graph", name);
    return fail(error, ERROR_INPUT, where,
                text_nearest(name, model_names(arena),
                             "a folder, a name of `tunemark list models`, or in a folder of "
                             "TUNEMARK_MODELS (models/fetch.sh gets public ones)"),
                "'%s' is not found", name);
}

// The hash of two files; the second may be absent.
static bool hash_pair(Arena *arena, const char *a, const char *b, Hash *hash, Error *error)
{
    Hash one, two = { "" };
    if (!hash_file(a, &one, error) || (file_exists(b) && !hash_file(b, &two, error)))
        return false;
    const char *text = arena_format(arena, "%s %s", one.hex, two.hex);
    *hash = hash_bytes(text, strlen(text));
    return true;
}

// A folder that lacks model.safetensors alone can be helped.
static bool weights_there(Arena *arena, const char *folder, const char *weights, Error *error)
{
    return file_exists(weights) || !file_exists(path_join(arena, folder, "pytorch_model.bin")) ||
           fail(error, ERROR_INPUT, (Where){ .file = weights },
                arena_format(arena, "made of pytorch_model.bin: tunemark convert %s", folder),
                "is not there");
}

bool model_files(FilesRead *files, const char *asked, ModelFiles **model, Error *error)
{
    Arena *arena = files->arena;
    const char *folder;
    if (!asked)
        return fail(error, ERROR_INPUT, (Where){ .item = "model" },
                    "a name of `tunemark list models`, or a folder", "is not given");
    if (!model_folder(arena, asked, &folder, error))
        return false;
    for (ModelEntry *e = files->models; e; e = e->next)
        if (!strcmp(e->files.folder, folder)) {
            *model = &e->files;
            return true;
        }
    ModelEntry *entry = arena_zero(arena, 1, sizeof *entry);
    ModelFiles *read = *model = &entry->files;
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    char *trimmed = arena_format(arena, "%.*s", (int)length, folder),
         *slash = strrchr(trimmed, '/');
    read->folder = folder;
    read->name = slash && slash[1] ? slash + 1 : trimmed;
    const char *weights = path_join(arena, folder, "model.safetensors");
    const char *config = path_join(arena, folder, "config.json");
    if (!config_read(config, &read->config, error) ||
        !weights_readable(&read->config, config, error) ||
        !weights_there(arena, folder, weights, error) ||
        !hash_pair(arena, path_join(arena, folder, "vocab.txt"),
                   path_join(arena, folder, "tokenizer_config.json"), &read->vocab_sha, error) ||
        !(read->tokenizer = tokenizer_read(arena, folder, error)) ||
        !hash_pair(arena, weights, path_join(arena, folder, "config.json"), &read->sha, error))
        return false;
    if (tokenizer_vocabulary(read->tokenizer) > (size_t)read->config.vocabulary)
        return fail(error, ERROR_INPUT, (Where){ .file = path_join(arena, folder, "vocab.txt") },
                    arena_format(arena, "at most %lld, config.json's vocab_size",
                                 (long long)read->config.vocabulary),
                    "has %zu pieces", tokenizer_vocabulary(read->tokenizer));
    if (!checkpoint_open(arena, weights, &read->checkpoint, error))
        return false;
    entry->next = files->models;
    files->models = entry;
    return true;
}

bool task_files(FilesRead *files, const char *asked, int64_t fold, TaskFiles **task, Error *error)
{
    Arena *arena = files->arena;
    if (!asked)
        return fail(error, ERROR_INPUT, (Where){ .item = "task" },
                    "a name of `tunemark list tasks`, or a folder", "is not given");
    for (TaskEntry *e = files->tasks; e; e = e->next)
        if (!strcmp(e->files.asked, asked) && e->files.fold == fold) {
            *task = &e->files;
            return true;
        }
    TaskEntry *entry = arena_zero(arena, 1, sizeof *entry);
    *task = &entry->files;
    entry->files.asked = arena_text(arena, asked);
    entry->files.fold = fold;
    if (!task_find(arena, datasets_folder(arena), asked, &entry->files.task, error) ||
        !task_fold(arena, &entry->files.task, fold, error) ||
        !dataset_read(arena, &entry->files.task, &entry->files.dataset, error))
        return false;
    rows_in_train(arena, &entry->files.dataset, entry->files.in_train);
    entry->next = files->tasks;
    files->tasks = entry;
    return true;
}

static bool same(const Wanted *a, const Wanted *b)
{
    return a->model == b->model && a->task == b->task && a->split == b->split &&
           a->max_length == b->max_length && a->limit == b->limit && a->data_seed == b->data_seed;
}

bool split_tokens(FilesRead *files, const Wanted *wanted, Tokens *tokens, double *seconds,
                  Error *error)
{
    const Task *task = &wanted->task->task;
    Tokenised *t = files->tokenised;
    while (t && !same(&t->is, wanted))
        t = t->next;
    if (!t) {
        double start = seconds_now();
        Examples rows =
            dataset_limit(files->arena, task, wanted->task->dataset.split[wanted->split],
                          wanted->limit, wanted->data_seed);
        t = arena_zero(files->arena, 1, sizeof *t);
        if (!tokens_of(files->arena, wanted->model->tokenizer, task, rows, wanted->max_length,
                       &t->tokens, error))
            return false;
        t->is = *wanted;
        t->next = files->tokenised;
        files->tokenised = t;
        *seconds += seconds_now() - start;
    }
    *tokens = t->tokens;
    return true;
}
