// prepare.h: everything of a run that comes before computing: files, rows, tokens, batches, graphs,
// plans, and the row's decided cells with the key.
#ifndef RUN_PREPARE_H
#define RUN_PREPARE_H
#include "data/tokens.h"
#include "run/heldout.h"
#include "run/run.h"
#include "run/trainer.h"

// Raised by hand whenever results change for the same description; part of the key.
#define NUMERICS 1

typedef struct ModelFiles {
    const char *folder, *name;
    Config config;
    Checkpoint checkpoint; // mapped for as long as the cache lives
    Tokenizer *tokenizer;
    Hash sha, vocab_sha; // of model.safetensors; of vocab.txt and tokenizer_config.json
} ModelFiles;

typedef struct TaskFiles {
    const char *asked; // as the request names it
    Task task;
    Dataset dataset;
} TaskFiles;

typedef struct {
    ModelFiles *model;
    TaskFiles *task;
    Examples train;        // after train_limit
    Tokens tokens[SPLITS]; // train's is of the rows that are left
    Batches batches;       // of training; steps 0 for a method that trains nothing
    Batches evaluation[SPLITS];
    Extent largest_evaluation;
    Heldout heldout; // without batches: none asked for, or this model has no use for it
    Description description;
    Plans plans;
    Training training;
    uint64_t init_seed, order_seed, dropout_seed, data_seed;
    double tokenize_s;
    double flops; // of all training steps
    double evaluation_flops;
    Row row; // decided cells
} Prepared;

// The arena holds what is this run's alone; what runs share lies in the cache.
bool prepare(Arena *arena, Cache *cache, const Request *request, Prepared *prepared, Error *error);
#endif
