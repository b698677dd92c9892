// heldout.h: forgetting: the masked-language-model loss on held-out texts.
//
// A file of texts, one a line; empty lines are passed over; a text is cut to max_length tokens. Of
// the tokens that are not [CLS] or [SEP] 15 % are picked; of these 80 % become [MASK], 10 % a piece
// drawn from the whole vocabulary, 10 % stay (Devlin et al. 2019, section 3.1). What is picked and
// what it becomes is a function of the number of the text and the position, whatever the method,
// the seeds and the batch: all runs of a model are asked the same. As many texts go through the
// model at once as in the run's evaluation, 32 at most.
//
// The loss is the mean over all picked tokens, in nats.
#ifndef RUN_HELDOUT_H
#define RUN_HELDOUT_H
#include "base/hash.h"
#include "data/tokens.h"
#include "engine/state.h"
#include "model/describe.h"
#include "model/tokenizer.h"

enum { HELDOUT_BATCH = 32 };

typedef struct {
    const Tokenizer *tokenizer;
    Tokens tokens;      // of all texts
    const Batch *batch; // masked
    size_t batches, picked;
    Extent largest;
    Hash hash; // of the file
} Heldout;

// Has the model learned something that it could forget, and a head to ask it with?
bool heldout_applies(const Description *description, const Checkpoint *checkpoint);

// A file that cannot be read, is no UTF-8, or has nothing to pick is refused; so is a vocabulary
// without [MASK]. Batches are of 32 texts.
bool heldout_read(Arena *arena, const Tokenizer *tokenizer, const char *path, size_t max_length,
                  Heldout *heldout, Error *error);
// The same texts in batches of `most` at most.
void heldout_cut(Arena *arena, size_t most, Heldout *heldout);

// Bytes that there have to be for the losses before and after: the first comes before anything else
// is held; beside the second lie `held` bytes, with all parameters of `graph`. 0: no batches.
bool heldout_peak(Arena *arena, const Heldout *heldout, const Description *description,
                  const Graph *graph, size_t held, size_t *peak, Error *error);

// Of the model that `description` describes. `tuned` NULL: of the untouched checkpoint, with no
// method attached; else with the method attached and with these trained parameters (init_seed: of
// those that stay as they were drawn). Memory is its own and given back; what is
// frozen is read where `tuned` has it.
bool heldout_loss(const Heldout *heldout, const Description *description, Checkpoint *checkpoint,
                  uint64_t init_seed, const State *tuned, double *loss, Error *error);
#endif
