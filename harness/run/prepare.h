// prepare.h: everything of a run that comes before computing: files, rows, tokens, batches, graphs,
// plans, and the row's decided cells with the key.
#ifndef RUN_PREPARE_H
#define RUN_PREPARE_H
#include "base/row.h"
#include "run/files.h"
#include "run/heldout.h"
#include "run/levers.h"
#include "run/request.h"
#include "train/fitting.h"
#include "train/selection.h"
#include "train/trainer.h"

// Raised by hand whenever results change for the same description; part of the key.
#define NUMERICS 2

typedef struct {
    const Request *request; // whose run it is; it outlives this
    ModelFiles *model;
    TaskFiles *task;
    int64_t max_length;    // tokens of a text at most
    Tokens tokens[SPLITS]; // train's is of the rows that are trained on; not scored: none
    Batches batches;       // of training; steps 0 for a method that trains nothing
    Levers levers;
    Batches passes; // the parts of `batches`
    Looks looks;    // at tune while training; none without --select best
    Batches evaluation[SPLITS];
    Extent largest_evaluation;
    Heldout heldout; // without batches: none asked for, or this model has no use for it
    Description description;
    Plans plans;
    Frozen frozen; // or what is kept for a fit
    Ledger ledger;
    Training training;
    uint64_t init_seed, order_seed, dropout_seed, data_seed;
    double tokenize_s;
    const char *no_room;     // why what is kept is not in a file, as the budget would have it; NULL
    double flops;            // of training: all steps, and the frozen prefix once where it is kept
    double evaluation_flops; // of looks, too
    Row row;                 // decided cells
} Prepared;

// The arena holds what is this run's alone; what runs share lies with the files. Where plans.cut
// has values, train_plan is of the rest: what it is fed has to be kept (run_learn.c) before the
// first step.
bool prepare(Arena *arena, FilesRead *files, const Request *request, Prepared *prepared,
             Error *error);

// The same for a run that follows: whether there is a file for what is kept in one (keeping.h) is
// asked before the plan is final, which is made without where there is none. `prepared` is whole
// then, but for its row.
typedef bool FileAsked(void *context, Arena *arena, const Prepared *prepared, Error *why);
bool prepare_for(Arena *arena, FilesRead *files, const Request *request, FileAsked *file,
                 void *context, Prepared *prepared, Error *error);

// The method's options as they are in effect: lora.alpha=16;lora.rank=8.
const char *prepared_options(Arena *arena, const Prepared *prepared);

// What a request is described as, as for training, but for the outputs of its head: with the head
// that a run has on such a checkpoint (NULL: there is none), of several that a method may fit the
// first.
Description request_description(const Request *request, const Config *config,
                                const Checkpoint *checkpoint);

// Steps of a method that takes any on this many training rows.
int64_t steps_of(const Protocol *protocol, size_t rows);
#endif
