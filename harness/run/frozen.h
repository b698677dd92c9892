// frozen.h: the frozen-prefix cache: what lies below the first trained parameter and the first
// random node gives the same for an example in every epoch, so a run may compute it once.
//
// Whether a run does follows from its graph, its batches and a budget alone, never from the
// machine, since a product's bits depend on how many rows it has: with the cache logits differ from
// those without it by rounding. A run has one where the rows of all its training examples fit the
// budget whole, and where computing them once and the rest in each step takes at most MOST_LEFT of
// the operations of whole steps.
#ifndef RUN_FROZEN_H
#define RUN_FROZEN_H
#include "data/tokens.h"
#include "run/trainer.h"

#define MOST_LEFT 0.9 // below it, what is saved is worth the memory

typedef struct {
    Batches batches; // every training example once, in order; steps 0: there is no cache
    size_t bytes;    // of the kept rows
    double flops;    // of computing them
} Frozen;

double batches_flops(const Graph *graph, const Tokens *tokens, const Batches *batches);

// Turns plans that were made for whole steps into plans for a prefix and the rest, where a run has
// a cache. budget: bytes.
bool frozen_plan(Arena *arena, const Tokens *tokens, const Batches *steps, size_t batch,
                 double budget, Plans *plans, Frozen *frozen, Error *error);
#endif
