// frozen.h: the frozen-prefix cache: what lies below the first trained parameter and the first
// random node gives the same for an example in every epoch, so a run may compute it once.
//
// Whether a run does follows from its graph, its batches and two budgets alone, never from the
// machine, since a product's bits depend on how many rows it has: with the cache logits differ from
// those without it by rounding. (A disk without room for the file is the exception, and the row has
// a warning then.) A run has one where the rows of all its training examples fit the budget of
// memory whole, or else that of a file, and where computing them once and the rest in each step
// takes at most MOST_LEFT of the operations of whole steps. Where they lie changes no bit.
#ifndef TRAIN_FROZEN_H
#define TRAIN_FROZEN_H
#include "data/tokens.h"
#include "train/plans.h"

#define MOST_LEFT 0.9 // below it, what is saved is worth the memory

typedef struct {
    Batches batches; // every training example once, in order; steps 0: there is no cache
    size_t bytes;    // of the kept rows
    bool in_file;    // and not in memory
    double flops;    // of computing them
} Frozen;

typedef struct {
    double memory, file; // bytes
} Budget;
typedef enum { IN_MEMORY, IN_FILE, NOWHERE } Room;
Room room_for(const Budget *budget, size_t bytes); // the first that has it
size_t frozen_memory(const Frozen *frozen);        // bytes of it that the rows take

double batches_flops(const Graph *graph, const Tokens *tokens, const Batches *batches);

// Turns plans that were made for whole steps into plans for a prefix and the rest, where a run has
// a cache.
bool frozen_plan(Arena *arena, const Tokens *tokens, const Batches *steps, size_t batch,
                 const Budget *budget, Plans *plans, Frozen *frozen, Error *error);
#endif
