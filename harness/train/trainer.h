// trainer.h: from a description to steps: graphs, plans, state, and one update after another.
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H
#include "engine/cut.h"
#include "model/describe.h"
#include "train/kept.h"
#include "train/ledger.h"

// The graphs of a run and their plans; NULL where the extent was NULL.
typedef struct {
    Description description;
    Described train, eval, mlm, features;
    const Graph *backward; // train's graph with its backward; of the rest, where it was cut
    // Without values where steps compute the whole graph (train/frozen.h). Else a step is of use
    // only once a trainer has `kept`: the prefix has to be computed before the first.
    Cut cut;
    const Plan *train_plan, *eval_plan, *mlm_plan, *prefix_plan, *features_plan;
} Plans;

// What a step computes: the description and, as for training, its backward; with `again` what
// recompute() makes of that.
bool draw_step(Arena *arena, const Description *description, bool again, Described *described,
               const Graph **step, Error *error);

// `description` as for training; evaluation is the same without dropout, loss and labels. An extent
// is the largest batch of its kind.
bool plans_make(Arena *arena, const Description *description, const Extent *train,
                const Extent *eval, const Extent *mlm, Plans *plans, Error *error);
// The vectors that the method fits on, under each of its `heads`.
bool plans_features(Arena *arena, const Extent *largest, Plans *plans, Error *error);
// Steps of training keep less and compute that again (engine/graph.h). extent: of their largest.
bool plans_recompute(Arena *arena, const Extent *train, Plans *plans, Error *error);
size_t plans_bytes(const Plans *plans); // the step arena: the largest of the plans
// The plan that decides what training takes: of its steps, or of what it computes instead.
const Plan *plans_training(const Plans *plans);

// Parameters counted on the evaluation graph.
typedef struct {
    int64_t bytes; // of all, as they are stored
    int64_t total, embedding, trained, method, head;
    int64_t trained_tables; // word, position and type
    int64_t trained_head;
    int64_t head_new; // layers: new dense ones of the head beside the classifier
    int64_t trained_tensors;
} Counts;
Counts counts_of(const Graph *graph);
// The same with a head that a method fitted counted by its free numbers.
Counts counts_free(const Graph *graph, const Description *description);

// keeps_best: a copy of what trains is kept beside it (--select best).
Held held_of(const Counts *counts, bool steps, bool keeps_best);

// Of a model: what is trained / all; and what is trained beside the head / what the checkpoint has.
// Without embeddings: these are not in the denominator and the tables not in the numerator, which
// is the denominator at most (the tables' LayerNorm, where it is trained, counts as trained).
typedef struct {
    double trained, method, trained_nonembedding, method_nonembedding;
} Shares;
Shares shares_of(const Counts *counts);

typedef struct {
    const Plans *plans;
    State *state;
    Training training;
    uint64_t dropout_seed;
    Runner *train, *eval, *mlm, *prefix, *features;
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
// trainer_logits and trainer_mlm, and after trainer_settle, which comes before anybody else reads
// values.
double trainer_update(Trainer *trainer, int64_t step);
void trainer_settle(Trainer *trainer);
// sequences x outputs, valid until the next call.
Matrix trainer_logits(Trainer *trainer, const Batch *batch);
double trainer_mlm(Trainer *trainer, const Batch *batch);
// Training is over and settled: gradients, moments and the step's memory go back to the system, so
// that what comes next has a peak of its own.
void trainer_rest(Trainer *trainer);

// One task's tensors, head included, as a safetensors file: what was trained, or where the method
// computes what it uses from that, the computed numbers (Description.stored). The trainer has an
// evaluation's graph.
bool trainer_save(const Trainer *trainer, const char *path, Error *error);
bool trainer_saved_bytes(const Trainer *trainer, size_t *bytes, Error *error); // of that file
// Such a file over the trained parameters of a state on the same model, described as `stored`. A
// tensor that is missing, of another shape or not trained here is an error that names it.
bool trained_load(State *state, Checkpoint *file, Error *error);

size_t trainer_written(const Trainer *trainer); // bytes of the step arena up to the highest written
#endif
