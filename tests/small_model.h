// small_model.h: an untrained BERT small enough for the twins, with a method on it, and batches.
#ifndef TESTS_SMALL_MODEL_H
#define TESTS_SMALL_MODEL_H
#include "train/trainer.h"
#include "tests/graphs.h"

enum { HIDDEN = 12, INTERMEDIATE = 20, LAYERS = 2, VOCABULARY = 23, OUTPUTS = 3 };

// A method with a hook of every kind, each of which changes the result and trains.
extern const Method every_hook;
// The registry's, and every_hook as the last.
size_t method_count(void);
const Method *method_at(size_t which);

typedef struct {
    Arena *arena;
    Pool *pool;
    RandomBatch batch; // with labels, targets and picked labels
    int32_t label[MOST_SEQUENCES], picked_label[MOST_SEQUENCES * LONGEST];
    float target[MOST_SEQUENCES];
    Config config;
    Description description;
    Training training;
    Plans plans;
    Trainer trainer; // of the last small_open
    Error error;
} Small;

// The batch of `seed`, at dropout 0.1, head mean, three classes, everything trained and no clip;
// description and config may be changed before small_open.
void small_begin(Small *small, const Method *method, uint64_t seed);
// One option of the method, as typed.
void small_set(Small *small, const char *option, const char *value);
// Graphs and plans for batches up to this one, and a trainer with initial values. False: the error.
bool small_plan(Small *small);
bool small_open(Small *small);
void small_end(Small *small);

// The training graph and its twin's inputs as graphs.h has them.
Made small_made(Small *small);
// The masked-language-model loss over the trainer's parameters; its own head's are drawn.
bool small_mlm(Small *small, Made *made);
const Node *last_attention(const Graph *graph); // NULL: there is none
// Parameters that begin at zero or one (biases, gains, LoRA's B) moved off their start.
void small_stir(Small *small);
double small_loss(Small *small, const Batch *batch); // of a training step that updates nothing
void clear_gradients(State *state);
#endif
