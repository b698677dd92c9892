// inference.h: a tuned model as it is used, and what using it costs.
//
// The cost of one example and of a batch is a median of times from tokens to logits, after one of
// each that does not count. The texts are the first 32 of tune in order (of dev where tune was
// trained on; from the first again where there are fewer): each by itself, all of them one after
// another; then all 32 in one batch. So methods are measured on the same texts. Rounds are repeated
// until `seconds` are over, and there are at least three times. A short run is not to take longer
// to be measured than to be done: of its texts only as many are taken one by one as it read itself,
// divided by 20, and at least three. The 32 go through the model at once whatever the run's levers:
// what that takes is in no plan.
#ifndef RUN_INFERENCE_H
#define RUN_INFERENCE_H
#include "run/prepare.h"

typedef struct Tuned Tuned;

// `description` as for training. Its parameters are those of `state` by name, where they lie:
// `state` outlives it and does not change. `folds`: what no batch changes is computed here, once
// (engine/fold.h), so that merged layers are plain ones. Batches up to `largest`. All memory is its
// own; release with tuned_free. NULL: an error, such as a batch that the machine has no memory for.
Tuned *tuned_new(const Description *description, const Extent *largest, State *state, bool folds,
                 Error *error);
Matrix tuned_logits(Tuned *tuned, const Batch *batch); // sequences x outputs, until the next call
void tuned_free(Tuned *tuned);                         // NULL is allowed

// Into row->infer_b1_ms and row->infer_b32_ms: of the merged model where the method merges, else
// with the method attached.
bool inference_cost(const Prepared *prepared, State *state, double seconds, Row *row, Error *error);
#endif
