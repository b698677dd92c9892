// fixtures_model.h: a checkpoint with a method on it, and batches as the fixtures write them.
#ifndef TESTS_FIXTURES_MODEL_H
#define TESTS_FIXTURES_MODEL_H
#include "base/json.h"
#include "run/request.h"
#include "train/trainer.h"
#include "tests/fixtures.h"

typedef struct {
    Config config;
    Checkpoint checkpoint;
    Plans plans;
    Trainer trainer;
} Model;

// `description` lacks what the checkpoint decides; dropout is 0. False: the case has failed.
bool model_open(Fixtures *fixtures, const char *folder, Description *description,
                const Extent *train, const Extent *eval, const Training *training, Model *model);
void model_close(Model *model);

// `count` sequences from `first` on of an object with sequences, types and, where it has them,
// labels or mlm_positions and mlm_labels.
Batch packed(Arena *arena, const json_t *object, size_t first, size_t count);

// The runs of training/other/feature.json (fixtures_feature.c).
void feature_runs(Fixtures *fixtures, const json_t *file);
#endif
