// bert.c: the post-LN encoder under BERT's names, and its masked-language-model head.
//
// Devlin et al. 2019 (arXiv 1810.04805).
#include "model/sites.h"

#define POOLER "bert.pooler.dense"
#define MLM "cls.predictions."
#define MLM_DENSE MLM "transform.dense"

const EncoderNames bert_names = {
    .attention = { "attention.self.query", "attention.self.key", "attention.self.value",
                   "attention.output.dense" },
    .attn_norm = "attention.output.LayerNorm",
    .ffn_mid = "intermediate.dense",
    .ffn_out = "output.dense",
    .ffn_norm = "output.LayerNorm",
    .typed = true,
};

// The head is the checkpoint's, and no method's to train.
static Value of_mlm(Builder *builder, const char *name, Kind kind, int64_t rows, int64_t cols)
{
    return checkpoint_parameter(builder, name, kind, SITE_POOLER, rows, cols, false);
}

static Value mlm(Builder *builder, Value x)
{
    const Config *config = builder->is->config;
    Graph *graph = builder->graph;
    int64_t hidden = config->hidden;
    Value word = parameter_at(builder, "bert.embeddings.word_embeddings.weight", KIND_EMBEDDING,
                              SITE_EMBEDDING, -1, config->vocabulary, hidden);
    x = picked_tokens(graph, x);
    graph->place = "mlm";
    Value b = of_mlm(builder, MLM_DENSE ".bias", KIND_BIAS, 1, hidden);
    Value W = of_mlm(builder, MLM_DENSE ".weight", KIND_WEIGHT, hidden, hidden);
    x = linear(graph, x, W, b);
    Value offset = of_mlm(builder, MLM "transform.LayerNorm.bias", KIND_OFFSET, 1, hidden);
    Value gain = of_mlm(builder, MLM "transform.LayerNorm.weight", KIND_GAIN, 1, hidden);
    x = activate(graph, config->activation, x);
    x = normalise(graph, x, NO_VALUE, gain, offset, config->epsilon);
    Value bias = of_mlm(builder, MLM "bias", KIND_BIAS, 1, config->vocabulary);
    return tied_cross_entropy_loss(graph, x, word, bias);
}

const Architecture architecture_bert = {
    .encoder = post_norm_encoder,
    .model = "bert",
    .layers = "bert.encoder.layer",
    .names = &bert_names,
    .mlm = mlm,
    .pooler = POOLER,
    .has_pooler = true,
    .readable = true,
};

// ---- checkpoints

bool checkpoint_has_pooler(const Checkpoint *checkpoint)
{
    return checkpoint_bert(checkpoint, POOLER ".weight") != NULL;
}

bool checkpoint_has_mlm(const Checkpoint *checkpoint)
{
    return checkpoint_bert(checkpoint, MLM_DENSE ".weight") != NULL;
}

Head head_resolve(Head head, const Checkpoint *checkpoint)
{
    if (head != HEAD_AUTO)
        return head;
    return checkpoint_bert(checkpoint, "cls.seq_relationship.weight") ? HEAD_POOLER : HEAD_MEAN;
}
