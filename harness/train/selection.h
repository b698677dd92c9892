// selection.h: the weights of the epoch that scores best on tune (--select best).
//
// Tune is scored after each epoch and after the last step. A small task that min-steps takes
// through hundreds of epochs is looked at MOST_LOOKS times at most: after every second epoch, every
// third, and so on. An epoch is counted from 1; the last may be a part of one.
#ifndef TRAIN_SELECTION_H
#define TRAIN_SELECTION_H
#include "engine/state.h"

enum { MOST_LOOKS = 100 };

typedef struct {
    size_t count; // 0: none
    size_t steps; // of the run
    size_t epoch; // steps
    size_t every; // epochs from one look to the next
} Looks;

Looks looks_of(size_t steps, size_t epoch_steps);
bool looks_after(const Looks *looks, size_t step); // steps count from 0
int64_t looks_epoch(const Looks *looks, size_t step);

// A copy of the trained numbers as they were at the best look so far.
typedef struct {
    State *state;
    float *kept;
    size_t bytes;
    double score;
    int64_t epoch; // 0: nothing is kept yet
} Best;

Best best_new(Arena *arena, State *state);
void best_look(Best *best, double score, int64_t epoch); // of equal scores the earlier is kept
void best_restore(const Best *best);                     // gives the memory of the copy back, too
#endif
