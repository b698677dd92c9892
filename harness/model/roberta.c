// roberta.c: the post-LN encoder under RoBERTa's names. Liu et al. 2019 (arXiv 1907.11692).
//
// Its table of positions begins with those up to the padding's id, which no text uses. Its
// classifier stands on a dense layer that is new, as what HF calls
// RobertaForSequenceClassification.
#include "model/sites.h"

const Architecture architecture_roberta = {
    .encoder = post_norm_encoder,
    .model = "roberta",
    .layers = "roberta.encoder.layer",
    .names = &bert_names,
    .pooler = "head.pooler",
};
