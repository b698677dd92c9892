// perceptron.h: one hidden relu layer over given vectors, trained by AdamW.
//
//   h = relu(z U^T + c),   outputs = dropout(h) W^T + b        U: hidden x in, W: outputs x hidden
//
// A graph over a fed leaf, with the engine's own gradient, plan and optimizer: cross-entropy where
// there are labels, squared error where there are targets.
#ifndef ENGINE_PERCEPTRON_H
#define ENGINE_PERCEPTRON_H
#include "engine/design.h"
#include "engine/state.h"

typedef struct {
    int64_t hidden, outputs;
    double dropout;           // before W
    double deviation;         // of the initial U and W; biases begin at 0
    const char *dense, *last; // names of the layers: initial values are functions of them
    int part;                 // of all parameters: head_lr is the rate of head_part
    uint64_t init_seed, order_seed, dropout_seed;
    size_t batch;
    Training training;
} Perceptron;

typedef struct {
    const float *U, *c, *W, *b;
} Layers;

// label, or target where label is NULL, by row. Rows are taken in batches of a new order each epoch
// (a function of order_seed and the epoch). `go_on` (may be NULL) is asked after each step. False:
// ERROR_WORK, the loss is not finite or it was told to stop.
bool perceptron_fit(Arena *arena, const Design *design, const int32_t *label, const float *target,
                    const Perceptron *is, bool (*go_on)(void *), void *context, Layers *layers,
                    Error *error);
#endif
