// fitting.h: a method that fits a classifier on the vectors of a frozen encoder (hook `fit`),
// instead of steps: planning it, giving it its vectors, and taking what it fitted as the head.
#ifndef TRAIN_FITTING_H
#define TRAIN_FITTING_H
#include "train/frozen.h"
#include "train/trainer.h"

// The graph of the vectors for batches up to these, and what keeping them takes: every row of train
// and of tune (`of_tune`: its batches, as evaluated), once; in memory where the budget has room for
// it nowhere.
bool fitting_plan(Arena *arena, const Tokens *train, const Tokens *tune, const Batches *of_tune,
                  size_t batch, const Budget *budget, Plans *plans, Frozen *frozen, Error *error);

// A split's vectors out of its kept rows, which lie where they lay.
Vectors fitting_vectors(const Plans *plans, const Kept *kept);

// What a tensor that was fitted is for. NULL, and ERROR_WORK: nothing of the head has this name.
Slot *fitting_slot(const State *state, const char *name, Error *error);

// Evaluation becomes that of the fitted head, with its numbers: in batches up to `largest`, in the
// step's memory where that holds it.
bool fitting_adopt(Arena *arena, const Fitted *fitted, const Extent *largest, Plans *plans,
                   Trainer *trainer, Error *error);
#endif
