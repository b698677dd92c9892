// bert.c: the post-LN encoder under BERT's names, and its masked-language-model head.
//
// Devlin et al. 2019 (arXiv 1810.04805).
#include "model/sites.h"

const EncoderNames bert_names = {
    .q = "attention.self.query",
    .k = "attention.self.key",
    .v = "attention.self.value",
    .attn_out = "attention.output.dense",
    .attn_norm = "attention.output.LayerNorm",
    .ffn_mid = "intermediate.dense",
    .ffn_out = "output.dense",
    .ffn_norm = "output.LayerNorm",
    .typed = true,
};

static Value mlm(Builder *builder, Value x)
{
    const Config *config = builder->is->config;
    Graph *graph = builder->graph;
    int64_t hidden = config->hidden;
    Value word = parameter_at(builder, "bert.embeddings.word_embeddings.weight", KIND_EMBEDDING,
                              SITE_EMBEDDING, -1, config->vocabulary, hidden);
    x = picked_tokens(graph, x);
    graph->place = "mlm";
    // The head is the checkpoint's, and no method's to train.
#define MLM(name, kind, rows, cols)                                                                \
    checkpoint_parameter(builder, "cls.predictions." name, kind, SITE_POOLER, rows, cols, false)
    x = linear(graph, x, MLM("transform.dense.weight", KIND_WEIGHT, hidden, hidden),
               MLM("transform.dense.bias", KIND_BIAS, 1, hidden));
    x = normalise(graph, activate(graph, config->activation, x), NO_VALUE,
                  MLM("transform.LayerNorm.weight", KIND_GAIN, 1, hidden),
                  MLM("transform.LayerNorm.bias", KIND_OFFSET, 1, hidden), config->epsilon);
    return tied_cross_entropy_loss(graph, x, word, MLM("bias", KIND_BIAS, 1, config->vocabulary));
#undef MLM
}

const Architecture architecture_bert = {
    .encoder = post_norm_encoder,
    .model = "bert",
    .layers = "bert.encoder.layer",
    .names = &bert_names,
    .mlm = mlm,
    .pooler = "bert.pooler.dense",
    .has_pooler = true,
    .readable = true,
};
