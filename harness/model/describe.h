// describe.h: a model with a head, as a graph with named sites.
//
// Which model follows from its config; each architecture is a file of this folder that sites.h says
// how to write.
#ifndef MODEL_DESCRIBE_H
#define MODEL_DESCRIBE_H
#include "model/checkpoint.h"
#include "model/hooks.h"

typedef struct {
    const Config *config;
    Attached method; // .method NULL: nothing attached, nothing trained
    Head head;       // not HEAD_AUTO
    int outputs;     // K: classes, or 1 for scores
    bool scores;     // squared error instead of cross-entropy
    bool pooler_new; // the checkpoint has none: part of the head
    bool pretrained; // false: every parameter has an initial rule instead of INIT_GIVEN
    bool training;   // with dropout and loss; false: logits alone
    double hidden_dropout, attention_dropout, classifier_dropout;
    bool frozen_dropout; // the part below the first trained parameter runs with dropout, too
    bool merged;         // evaluation: linear layers as the method's `merged` gives them
    Words words;         // of the split that is trained on, for methods that read them
    bool storing;        // evaluation: what one task's file holds is listed, and an output
    bool stored;         // evaluation: what the method computes from parameters alone is one
    Store frozen_store;  // of frozen weights that linear layers alone read
} Description;

typedef struct {
    const Graph *graph;  // trimmed; without its backward
    const void *options; // the method's, resolved
    Value logits, loss;  // loss NO_VALUE unless training
    Value pooled[HEADS]; // what describe_features was asked for, else NO_VALUE
    // Of an evaluation that says `storing`: outputs that one task's file holds under these names,
    // in place of the parameters that are not in the graph of the same description with `stored`.
    const Computed *computed;
} Described;

bool describe(Arena *arena, const Description *description, Described *described, Error *error);
// The masked-language-model loss at the picked tokens, in evaluation, with the method attached.
bool describe_mlm(Arena *arena, const Description *description, Described *described, Error *error);
// Heads whose vector is the encoder's own.
enum { VECTOR_HEADS = 1 << HEAD_POOLER | 1 << HEAD_LINEAR | 1 << HEAD_MEAN };
// The encoder's vectors in evaluation, under each of `heads` (bits 1 << Head): pooler, first token
// (linear), mean.
bool describe_features(Arena *arena, const Description *description, unsigned heads,
                       Described *described, Error *error);

// Can weights and a tokenizer of this type be read? Else the error names `file`, config.json.
bool weights_readable(const Config *config, const char *file, Error *error);
// Does its config alone say that the checkpoint brings a pooler?
bool config_has_pooler(const Config *config);

// What a checkpoint brings beside its encoder.
bool checkpoint_has_pooler(const Checkpoint *checkpoint);
bool checkpoint_has_mlm(const Checkpoint *checkpoint);
Head head_resolve(Head head, const Checkpoint *checkpoint); // auto -> pooler or mean

// A tensor's numbers, by any of its names: in `out`, or where they lie. A missing one is an error
// that names it, one of another shape names also `described`, the file that says what there is.
const float *tensor_given(const Checkpoint *checkpoint, const char *described,
                          const Parameter *parameter, float *out, Error *error);
// The same as a Giver (state.h) whose context is a Checkpoint, beside its config.json.
const float *checkpoint_giver(void *checkpoint, const Parameter *parameter, float *out,
                              Error *error);
#endif
