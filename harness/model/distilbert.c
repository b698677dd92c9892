// distilbert.c: the post-LN encoder under DistilBERT's names. Sanh et al. 2019 (arXiv 1910.01108).
//
// No token types; the dense layer below its classifier is new.
#include "model/sites.h"

static const EncoderNames names = {
    .attention = { "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin" },
    .attn_norm = "sa_layer_norm",
    .ffn_mid = "ffn.lin1",
    .ffn_out = "ffn.lin2",
    .ffn_norm = "output_layer_norm",
};

const Architecture architecture_distilbert = {
    .encoder = post_norm_encoder,
    .model = "distilbert",
    .layers = "distilbert.transformer.layer",
    .names = &names,
    .pooler = "head.pooler",
};
