// steps.c: see the header.
#include "run/steps.h"

// The first of the parts, which end where batches end, too.
static size_t first_pass(const Prepared *p, size_t step)
{
    size_t low = 0, high = p->passes.steps;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->passes.begin[middle] < p->batches.begin[step])
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double step_backward(const Prepared *p, Trainer *trainer, BatchBuffer *buffer, size_t step,
                     size_t *tokens)
{
    size_t end = p->batches.begin[step + 1], whole = end - p->batches.begin[step];
    double loss = 0;
    *tokens = 0;
    for (size_t pass = first_pass(p, step); p->passes.begin[pass] < end; pass++) {
        size_t begin = p->passes.begin[pass], count = p->passes.begin[pass + 1] - begin;
        double weight = (double)count / (double)whole;
        Batch part = batch_fill(buffer, &p->tokens[SPLIT_TRAIN], p->passes.order + begin, count);
        loss += weight * trainer_backward(trainer, &part, (int64_t)step, weight);
        *tokens += part.extent.tokens;
    }
    return loss;
}
