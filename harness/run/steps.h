// steps.h: the batch of one step, in the parts that the run computes it in.
#ifndef RUN_STEPS_H
#define RUN_STEPS_H
#include "run/prepare.h"

// The gradients of a step's batch, part by part (buffer: of passes.largest). Returns the loss of
// the whole batch, whose weight in it is a part's in the gradient, and the batch's tokens.
double step_backward(const Prepared *prepared, Trainer *trainer, BatchBuffer *buffer, size_t step,
                     size_t *tokens);
#endif
