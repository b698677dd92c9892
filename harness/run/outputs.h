// outputs.h: what logits are worth, and what a run writes beside its row: scores, predictions, the
// training curve.
#ifndef RUN_OUTPUTS_H
#define RUN_OUTPUTS_H
#include "run/prepare.h"

// What a model (`with`) answers to every example, in order: count x outputs, in the arena.
typedef Matrix Ask(void *with, const Batch *batch); // sequences x outputs, until the next
const float *logits_of(Arena *arena, const Tokens *tokens, const Batches *batches, size_t outputs,
                       Ask *ask, void *with);

// One split's answers, in the order of its rows.
typedef struct {
    Split split;
    Answers answers;
    const float *logits; // n x outputs
    int outputs;
    double loss, score, majority; // NAN of a test without labels, whose answers have no gold
} Evaluation;

// Of the logits (n x outputs) of a whole split; labels of dev and test have been read
// (dataset_labels), where there are any.
Evaluation evaluation_of(Arena *arena, const TaskFiles *files, Split split, const float *logits);
// "split,id,group,gold,pred,logits" and a line an example. False: out has an error.
bool predictions_put(FILE *out, const TaskFiles *task, const Evaluation *evaluation, size_t count);

typedef struct {
    int64_t step, tokens;
    double seconds, loss, tune; // tune NAN where it was not evaluated
} CurvePoint;

// OUT/FOLDER/KEY.csv by `body`, whole. content NULL: what an earlier run has left there is removed.
bool write_beside(Arena *arena, const char *out, const char *folder, const char *key,
                  bool (*body)(FILE *, const void *), const void *content, Error *error);
// Each with a count of 0 removes the file.
bool write_scores(Arena *arena, const char *out, const Prepared *prepared,
                  const Evaluation *evaluation, size_t count, Error *error);
bool write_predictions(Arena *arena, const char *out, const Prepared *prepared,
                       const Evaluation *evaluation, size_t count, Error *error);
bool write_curve(Arena *arena, const char *out, const Prepared *prepared, const CurvePoint *point,
                 size_t count, Error *error);
#endif
