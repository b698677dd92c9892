// files.c: a list each of models, tasks and tokens; whoever asks for the same again gets the same.
#include "run/files.h"
#include "base/clock.h"
#include "base/text.h"
#include "data/overlap.h"
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

struct Cache {
    Arena *arena;
    ModelEntry *models;
    TaskEntry *tasks;
    Tokenised *tokenised;
};

Cache *cache_new(Arena *arena)
{
    Cache *cache = arena_zero(arena, 1, sizeof *cache);
    cache->arena = arena;
    return cache;
}

void cache_close(Cache *cache)
{
    for (ModelEntry *e = cache->models; e; e = e->next)
        checkpoint_close(&e->files.checkpoint);
    cache->models = NULL;
}

// ---- files

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

bool model_files(Cache *cache, const char *asked, ModelFiles **files, Error *error)
{
    Arena *arena = cache->arena;
    const char *folder;
    if (!asked)
        return fail(error, ERROR_INPUT, (Where){ .item = "model" },
                    "a name of `tunemark list models`, or a folder", "is not given");
    if (!model_folder(arena, asked, &folder, error))
        return false;
    for (ModelEntry *e = cache->models; e; e = e->next)
        if (!strcmp(e->files.folder, folder)) {
            *files = &e->files;
            return true;
        }
    ModelEntry *entry = arena_zero(arena, 1, sizeof *entry);
    ModelFiles *model = *files = &entry->files;
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    char *trimmed = arena_format(arena, "%.*s", (int)length, folder),
         *slash = strrchr(trimmed, '/');
    model->folder = folder;
    model->name = slash && slash[1] ? slash + 1 : trimmed;
    const char *weights = path_join(arena, folder, "model.safetensors");
    const char *config = path_join(arena, folder, "config.json");
    if (!config_read(config, &model->config, error) ||
        !weights_readable(&model->config, config, error) ||
        !weights_there(arena, folder, weights, error) ||
        !hash_pair(arena, path_join(arena, folder, "vocab.txt"),
                   path_join(arena, folder, "tokenizer_config.json"), &model->vocab_sha, error) ||
        !(model->tokenizer = tokenizer_read(arena, folder, error)) ||
        !hash_pair(arena, weights, path_join(arena, folder, "config.json"), &model->sha, error))
        return false;
    if (tokenizer_vocabulary(model->tokenizer) > (size_t)model->config.vocabulary)
        return fail(error, ERROR_INPUT, (Where){ .file = path_join(arena, folder, "vocab.txt") },
                    arena_format(arena, "at most %lld, config.json's vocab_size",
                                 (long long)model->config.vocabulary),
                    "has %zu pieces", tokenizer_vocabulary(model->tokenizer));
    if (!checkpoint_open(arena, weights, &model->checkpoint, error))
        return false;
    entry->next = cache->models;
    cache->models = entry;
    return true;
}

bool task_files(Cache *cache, const char *asked, int64_t fold, TaskFiles **files, Error *error)
{
    Arena *arena = cache->arena;
    if (!asked)
        return fail(error, ERROR_INPUT, (Where){ .item = "task" },
                    "a name of `tunemark list tasks`, or a folder", "is not given");
    for (TaskEntry *e = cache->tasks; e; e = e->next)
        if (!strcmp(e->files.asked, asked) && e->files.fold == fold) {
            *files = &e->files;
            return true;
        }
    TaskEntry *entry = arena_zero(arena, 1, sizeof *entry);
    *files = &entry->files;
    entry->files.asked = arena_text(arena, asked);
    entry->files.fold = fold;
    if (!task_find(arena, path_join(arena, home_folder(arena), "datasets"), asked,
                   &entry->files.task, error) ||
        !task_fold(arena, &entry->files.task, fold, error) ||
        !dataset_read(arena, &entry->files.task, &entry->files.dataset, error))
        return false;
    rows_in_train(arena, &entry->files.dataset, entry->files.in_train);
    entry->next = cache->tasks;
    cache->tasks = entry;
    return true;
}

static bool same(const Wanted *a, const Wanted *b)
{
    return a->model == b->model && a->task == b->task && a->split == b->split &&
           a->max_length == b->max_length && a->limit == b->limit && a->data_seed == b->data_seed;
}

bool split_tokens(Cache *cache, const Wanted *wanted, Tokens *tokens, double *seconds, Error *error)
{
    const Task *task = &wanted->task->task;
    Tokenised *t = cache->tokenised;
    while (t && !same(&t->is, wanted))
        t = t->next;
    if (!t) {
        double start = seconds_now();
        Examples rows =
            dataset_limit(cache->arena, task, wanted->task->dataset.split[wanted->split],
                          wanted->limit, wanted->data_seed);
        t = arena_zero(cache->arena, 1, sizeof *t);
        if (!tokens_of(cache->arena, wanted->model->tokenizer, task, rows, wanted->max_length,
                       &t->tokens, error))
            return false;
        t->is = *wanted;
        t->next = cache->tokenised;
        cache->tokenised = t;
        *seconds += seconds_now() - start;
    }
    *tokens = t->tokens;
    return true;
}
