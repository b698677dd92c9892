// files.h: what runs share: models and tasks, read and hashed once, and the tokens of their splits.
//
// All of it lives as long as FilesRead does; a file that was refused is read again when it is asked
// for again.
#ifndef RUN_FILES_H
#define RUN_FILES_H
#include "base/hash.h"
#include "data/tokens.h"
#include "model/checkpoint.h"
#include "model/config.h"
#include "model/tokenizer.h"

typedef struct FilesRead FilesRead;
FilesRead *files_new(Arena *arena); // none read yet
void files_close(FilesRead *files); // unmaps the checkpoints

typedef struct ModelFiles {
    const char *folder, *name;
    Config config;
    Checkpoint checkpoint; // mapped until files_close
    Tokenizer *tokenizer;
    Hash sha, vocab_sha; // of model.safetensors and config.json; of vocab.txt and
                         // tokenizer_config.json
} ModelFiles;

typedef struct TaskFiles {
    const char *asked; // as the request names it
    int64_t fold;      // likewise
    Task task;
    Dataset dataset;
    size_t in_train[SPLITS]; // rows of a split that stand in train, too (overlap.h)
} TaskFiles;

const char *datasets_folder(Arena *arena);
// Where models are looked for by name: the bundled ones, and the folders of TUNEMARK_MODELS.
char **models_folders(Arena *arena, size_t *count);
// Of models whose sizes alone are known.
const char *configs_folder(Arena *arena);
// A name (bundled, or in a folder of TUNEMARK_MODELS) or a folder with config.json.
bool model_folder(Arena *arena, const char *name, const char **folder, Error *error);
bool model_files(FilesRead *files, const char *asked, ModelFiles **model, Error *error);
// `fold` is for task_fold.
bool task_files(FilesRead *files, const char *asked, int64_t fold, TaskFiles **task, Error *error);

// Which rows of a task, read by which vocabulary.
typedef struct {
    const ModelFiles *model;
    const TaskFiles *task;
    Split split;
    size_t max_length;
    size_t limit; // train_limit; 0: every row. Of train alone, as is the seed
    uint64_t data_seed;
} Wanted;

// Adds the seconds that it took, where they were not there yet. Fails only for want of memory.
bool split_tokens(FilesRead *files, const Wanted *wanted, Tokens *tokens, double *seconds,
                  Error *error);
#endif
