// saved.h: a tuned model as a folder beside its checkpoint: FOLDER/method.safetensors, one task's
// tensors, and FOLDER/run.json, all else that decides what they mean:
//
//   format 1; program, for people; key of the row; numerics
//   model, model_sha, vocab_sha; task, pairs (true or false)
//   labels: in the order of the logits; null for a score
//   method, method_sha, options {name: text}; head, pretrained, init_seed (of what is in no file)
//   frozen_dtype (left out where it is f32), fold (where the task has none)
//   max_length; batch (of the evaluation); tensors_sha: SHA-256 of method.safetensors
//
// run.json is written last and holds the hash of what was written to the other file, so what a kill
// left half replaced, or of two runs one file each, is noticed. A folder may be saved to again, by
// one run after another; one that holds anything else is refused.
#ifndef RUN_SAVED_H
#define RUN_SAVED_H
#include "run/prepare.h"

typedef struct {
    const char *file; // run.json
    const char *program, *key, *model, *model_sha, *vocab_sha, *task, *method_sha, *tensors_sha;
    const char *const *labels; // NULL-terminated; NULL for a score
    int classes;               // 0 for a score
    const Method *method;
    const void *options;
    Head head;
    bool pairs, pretrained;
    Store frozen_store; // "frozen_dtype": bf16 or int8; f32 where the key is not there
    int64_t format, numerics, init_seed, max_length, batch;
    int64_t fold; // INT64_MIN: the task has none
} Saved;

// Makes the folder. Before training: one that cannot be saved to is then known.
bool saved_ready(Arena *arena, const char *folder, Error *error);
bool saved_write(Arena *arena, const char *folder, const Prepared *prepared, const Trainer *trainer,
                 Error *error);

// Every key is there, of its type and within its bounds, and no other is; options are those of the
// method. Nothing is said of models and tensors.
bool saved_parse(Arena *arena, Bytes bytes, const char *file, Saved *saved, Error *error);
// FOLDER/run.json, written by a program whose method and numerics are this one's: else what is
// predicted would not be what the run would have said.
bool saved_read(Arena *arena, const char *folder, Saved *saved, Error *error);

// The model that was saved: the checkpoint must be the one that it was tuned on. The state lives in
// the arena and reads the checkpoint where it lies.
bool saved_open(Arena *arena, const char *folder, const Saved *saved, ModelFiles *model,
                Description *description, State **state, Error *error);
#endif
