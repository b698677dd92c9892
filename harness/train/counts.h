// counts.h: the parameters of a graph, counted: what a method trains, of what, and what it holds.
#ifndef TRAIN_COUNTS_H
#define TRAIN_COUNTS_H
#include "model/describe.h"
#include "train/ledger.h"

// Parameters counted on the evaluation graph.
typedef struct {
    int64_t bytes; // of all, as they are stored
    int64_t total, embedding, trained, method, head;
    int64_t trained_tables; // word, position and type
    int64_t trained_head;
    int64_t head_new; // layers: new dense ones of the head beside the classifier
} Counts;
Counts counts_of(const Graph *graph);
// The same with a head that a method fitted counted by its free numbers. `options`: the method's,
// resolved, as a description gives them back.
Counts counts_free(const Graph *graph, const Description *description, const void *options);
// What the method's closed form, which is BERT's, says that it trains beside the head; options as
// above.
int64_t counts_claimed(const Description *description, const void *options);

// keeps_best: a copy of what trains is kept beside the moments until the last step (--select best).
Held held_of(const Counts *counts, bool steps, bool keeps_best);

// Of a model: what is trained / all; and what is trained beside the head / what the checkpoint has.
// Without embeddings: these are not in the denominator and the tables not in the numerator, which
// is the denominator at most (the tables' LayerNorm, where it is trained, counts as trained).
typedef struct {
    double trained, method, trained_nonembedding, method_nonembedding;
} Shares;
Shares shares_of(const Counts *counts);
// Its method_nonembedding as it is: more than 1 where a method adds more than there was.
double share_nonembedding(const Counts *counts);
#endif
