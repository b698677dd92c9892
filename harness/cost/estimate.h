// estimate.h: what fine-tuning takes, from a model's sizes alone: no weights are read, no memory
// for them is taken, nothing is computed.
//
// The graphs are those of a run and planned by the same planner, for batches of texts of one
// length; a run whose largest batch is such a one has these very bytes in its plan_* columns. Of a
// run that keeps what a frozen bottom gives (--cache) they are those without it.
#ifndef COST_ESTIMATE_H
#define COST_ESTIMATE_H
#include "cost/shape.h"
#include "train/counts.h"

typedef struct {
    size_t batch, length; // texts, tokens of each
    size_t rows;          // of a method that fits: whose vectors are kept; else of no account
    size_t pass;          // texts that go through the model at a time; 0: all of the batch
    bool recompute;       // of layers, in the backward
    bool keeps_best;      // --select best
    bool halves;          // every frozen number takes two bytes
    double memory;        // bytes that the largest batch is to fit; 0: it is not asked for
} EstimateAsked;

typedef struct {
    Counts counts;
    Shares shares;
    Ledger ledger;     // of a step
    double flops;      // of it: a multiply-add is 2, of products alone
    bool fits_vectors; // a step is one batch of the encoder; steps are not repeated
    bool recomputes;   // something is computed again
    bool head_alone;   // the model has nothing that the method trains but a new head
    size_t most;       // texts of the largest batch that fits the memory; 0: none does
} Estimate;

enum { MOST_BATCH = 1 << 30 }; // no larger batch is looked for

// The description is as for training; of a method that trains nothing a step is an evaluation's. An
// error says what the method cannot do on this model.
bool estimate(const Description *description, const EstimateAsked *asked, Estimate *estimate,
              Error *error);
#endif
