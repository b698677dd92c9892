// roberta.c: the post-LN encoder under RoBERTa's names. Liu et al. 2019 (arXiv 1907.11692).
//
// Its table of positions begins with those up to the padding's id, which no text uses. Its
// classifier stands on a dense layer that is new, as what HF calls
// RobertaForSequenceClassification.
#include "model/sites.h"

static Value encoder(Builder *builder)
{
    static const EncoderNames names = {
        .word = "roberta.embeddings.word_embeddings.weight",
        .position = "roberta.embeddings.position_embeddings.weight",
        .type = "roberta.embeddings.token_type_embeddings.weight",
        .norm = "roberta.embeddings.LayerNorm",
        .layers = "roberta.encoder.layer",
        .q = "attention.self.query",
        .k = "attention.self.key",
        .v = "attention.self.value",
        .attn_out = "attention.output.dense",
        .attn_norm = "attention.output.LayerNorm",
        .ffn_mid = "intermediate.dense",
        .ffn_out = "output.dense",
        .ffn_norm = "output.LayerNorm",
    };
    return post_norm_encoder(builder, &names);
}

const Architecture architecture_roberta = { .encoder = encoder, .pooler = "head.pooler" };
