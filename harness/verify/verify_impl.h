// verify_impl.h: the small world that the checks try a method in, shared by verify*.c and nobody
// else.
#ifndef VERIFY_VERIFY_IMPL_H
#define VERIFY_VERIFY_IMPL_H
#include "train/trainer.h"
#include "verify/verify.h"

// ---- the world (verify_world.c)

// Values of a method's options: its defaults, but for one option, or for all.
typedef struct {
    const char *says; // "defaults", "rank=3", "all others"
    const void *base; // the options that differ in `option` alone; NULL: the defaults
    const Option *option;
    const char *value; // of that option
    void *options;
} Choice;

enum { BATCHES = 8, SEQUENCES = 9, LABELS = 7, TRIAL_STEPS = 6, CHOICES = 64, SEED = 20190610 };
typedef struct {
    Arena *arena;
    const Method *method; // the one that is tried
    bool trains;          // by steps or by a fit
    Config config;
    Checkpoint checkpoint;     // in memory: random weights, nothing at a default
    float *weights, *pristine; // its numbers, and a copy that nobody writes to
    size_t numbers;
    Batch batch[BATCHES]; // of sequences whose labels can be learnt
    Extent largest;
    bool given;             // options were: one choice
    Choice choice[CHOICES]; // the first: the defaults, or what was given
    size_t choices;
    const char *untried; // names of options that have no other value to try; "": none
} World;

bool world_new(Arena *arena, const Method *method, const void *options, World *world, Error *error);
void world_restore(World *world); // the weights, after a method that changed them
// The defaults (base NULL) or `base` but for one option; NULL where the value is out of bounds.
void *options_with(const World *world, const void *base, const Option *option, const char *value);
bool legal(const World *world, const void *options); // the method does not refuse the model

// ---- a trial: the method on the model (verify_trial.c)

typedef struct {
    World *world;
    const Choice *choice;
    Head head;
    Plans plans;
    Trainer trainer;
    float **start; // by slot: its numbers at the beginning
} Trial;

// options NULL: nothing is attached.
Description description_of(const World *world, const void *options, Head head);
// Close it whether it could be opened or not.
bool trial_open(World *world, const Description *description, Trial *trial, Error *error);
void trial_close(Trial *trial);
double trial_step(Trial *trial, int64_t step); // -> its loss
void trial_steps(Trial *trial, int64_t steps);
bool trial_fit(Trial *trial, Error *error);   // of a method that fits (verify_fit.c)
bool trial_learn(Trial *trial, Error *error); // that, or TRIAL_STEPS steps
Matrix trial_logits(Trial *trial);            // of all batches, kept
double apart(Matrix a, Matrix b); // largest difference, of the largest of b or of 1; or NAN
bool bits_equal(Matrix a, Matrix b);

// Every choice with a pooler on it, and the defaults under the mean, too; memory is given back
// after each. `each` may leave a proof that FAILS: that ends it, with the choice and the head
// behind what it says. False: that, or an error.
typedef bool Each(Trial *trial, void *context, Proof *proof, Error *error);
bool each_trial(World *world, Each *each, void *context, Proof *proof, Error *error);

// ---- findings

// Returns true: the check did its work.
__attribute__((format(printf, 3, 4))) bool found(Proof *proof, Standing standing, const char *says,
                                                 ...);

// A check leaves one proof. False: an error, which is what it then says.
typedef bool Check(World *world, Proof *proof, Error *error);
Check check_gradients;                                                        // verify_gradients.c
Check check_optimum;                                                          // verify_fit.c
Check check_start, check_count, check_merged, check_options;                  // verify_claims.c
Check check_frozen, check_reached, check_saved, check_repeated, check_learns; // verify_training.c

#define NOISE 1e-5 // a tensor's gradient below this part of the whole one is rounding (key biases)
#endif
