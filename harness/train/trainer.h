// trainer.h: from plans to steps: state, runners, and one update after another.
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H
#include "train/counts.h"
#include "train/kept.h"
#include "train/plans.h"

typedef struct {
    const Plans *plans;
    State *state;
    Training training;
    uint64_t dropout_seed;
    Runner *train, *eval, *prefix, *features;
    const Kept *kept;   // what the prefix gave, before the first step; NULL: nothing was cut
    float *memory;      // the step arena
    double optimizer_s; // of updates so far
    uint32_t fill;      // of what no step wrote: a NaN that no kernel makes; 0 after trainer_rest
    size_t written;     // before trainer_rest
    Arena *step;
} Trainer;

// Takes its parameters from the checkpoint (NULL: untrained) and from init_seed. The trainer's step
// arena is its own: release with trainer_free.
bool trainer_new(Arena *arena, const Plans *plans, Checkpoint *checkpoint, uint64_t init_seed,
                 uint64_t dropout_seed, const Training *training, Trainer *trainer, Error *error);
void trainer_free(Trainer *trainer);

// Adds the gradients of a batch's part; `weight` is B_c / B. Returns the part's mean loss.
double trainer_backward(Trainer *trainer, const Batch *part, int64_t step, double weight);
// Clips, updates, clears. Returns the gradient's norm before clipping. Some rows of embeddings get
// their updates late (engine/deferred.h): all have them after the last step of the training, after
// trainer_logits, and after trainer_settle, which comes before anybody else reads values.
double trainer_update(Trainer *trainer, int64_t step);
void trainer_settle(Trainer *trainer);
// sequences x outputs, valid until the next call.
Matrix trainer_logits(Trainer *trainer, const Batch *batch);
// Training is over and settled: gradients, moments and the step's memory go back to the system, so
// that what comes next has a peak of its own.
void trainer_rest(Trainer *trainer);

// One task's tensors, head included, as a safetensors file: what was trained, or where the method
// computes what it uses from that, the computed numbers (Description.stored). The trainer has an
// evaluation's graph. `hash` as of checkpoint_write.
bool trainer_save(const Trainer *trainer, const char *path, Hash *hash, Error *error);
bool trainer_saved_bytes(const Trainer *trainer, size_t *bytes, Error *error); // of that file
// Such a file over the trained parameters of a state on the same model, described as `stored`. A
// tensor that is missing, of another shape or not trained here is an error that names it.
bool trained_load(State *state, Checkpoint *file, Error *error);

// Trained numbers whose bits differ from where they started; the checkpoint and the seed are those
// of trainer_new.
int64_t trainer_changed(Arena *arena, const Trainer *trainer, Checkpoint *checkpoint,
                        uint64_t init_seed);

size_t trainer_written(const Trainer *trainer); // bytes of the step arena up to the highest written
#endif
