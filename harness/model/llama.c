// llama.c: a pre-norm decoder with RMSNorm, rotary positions, a gated feed-forward layer and, in
// larger models, fewer heads of keys and values than of queries; no biases.
//
//   x0 = word
//   n = RMS(x);  x += attention(rotary(n Wq^T), rotary(n Wk^T), n Wv^T) Wo^T
//   n = RMS(x);  x += (silu(n Wg^T) . (n Wu^T)) Wd^T
//   RMS(x) of the last layer
//
// Touvron et al. 2023 (arXiv 2302.13971; grouped heads: 2307.09288). The gate is ffn_mid's second
// layer. Keys that a method adds are not turned: they have no place.
#include "model/sites.h"

#define LAYERS "model.layers"

static Value embeddings(Builder *builder)
{
    const Config *config = builder->is->config;
    Embedded at = { .position = NO_VALUE, .type = NO_VALUE, .gain = NO_VALUE, .offset = NO_VALUE };
    builder->graph->place = "embeddings";
    at.word = parameter_at(builder, "model.embed_tokens.weight", KIND_EMBEDDING, SITE_EMBEDDING, -1,
                           config->vocabulary, config->hidden);
    at.x = embed(builder->graph, at.word, NO_VALUE, NO_VALUE);
    return embedded_at(builder, at);
}

static Value dense(Builder *builder, Site site, int layer, const char *name, const char *second,
                   Value x, int64_t in, int64_t out)
{
    return linear_at(builder,
                     (Dense){ .site = site,
                              .layer = layer,
                              .name = layer_name(builder, LAYERS, layer, name),
                              .in = in,
                              .out = out,
                              .no_bias = true,
                              .second = second },
                     x);
}

// x + y, with the method's branch on the way. n: what the sub-layer read.
static Value end_of(Builder *builder, Site site, int layer, Value gain, Value x, Value n, Value y)
{
    y = branch_at(builder, (Branch){ site, layer, n, y, gain, NO_VALUE });
    place_at(builder, layer, site == SITE_ATTN ? "attn sum" : "ffn sum");
    return add(builder->graph, x, y);
}

static Value attention_layer(Builder *builder, int layer, Value x)
{
    const Config *config = builder->is->config;
    Graph *graph = builder->graph;
    int64_t hidden = config->hidden, width = hidden / config->heads * config->kv_heads;
    place_at(builder, layer, "attn norm");
    Value gain =
        gain_at(builder, layer_name(builder, LAYERS, layer, "input_layernorm"), SITE_ATTN, layer);
    Value n = normalise_rms(graph, x, gain, config->epsilon);
    Value q = dense(builder, SITE_Q, layer, "self_attn.q_proj", NULL, n, hidden, hidden);
    Value k = dense(builder, SITE_K, layer, "self_attn.k_proj", NULL, n, hidden, width);
    Value v = dense(builder, SITE_V, layer, "self_attn.v_proj", NULL, n, hidden, width);
    KeysValues extra = keys_values_at(builder, layer, width);
    place_at(builder, layer, "attention");
    Value c = attend_before(graph, turned(builder, q), turned(builder, k), v, extra.k, extra.v,
                            (int)config->heads, (int)config->kv_heads,
                            rate(builder, builder->is->attention_dropout));
    Value y = dense(builder, SITE_ATTN_OUT, layer, "self_attn.o_proj", NULL, c, hidden, hidden);
    return end_of(builder, SITE_ATTN, layer, gain, x, n, y);
}

static Value feed_forward_layer(Builder *builder, int layer, Value x)
{
    const Config *config = builder->is->config;
    Graph *graph = builder->graph;
    int64_t hidden = config->hidden, intermediate = config->intermediate;
    place_at(builder, layer, "ffn norm");
    Value gain = gain_at(builder, layer_name(builder, LAYERS, layer, "post_attention_layernorm"),
                         SITE_FFN, layer);
    Value n = normalise_rms(graph, x, gain, config->epsilon);
    Value up = dense(builder, SITE_FFN_MID, layer, "mlp.up_proj", NULL, n, hidden, intermediate);
    Value gate =
        dense(builder, SITE_FFN_MID, layer, "mlp.gate_proj", "gate", n, hidden, intermediate);
    Value m = multiply_values(graph, activate(graph, config->activation, gate), up);
    Value y = dense(builder, SITE_FFN_OUT, layer, "mlp.down_proj", NULL, m, intermediate, hidden);
    return end_of(builder, SITE_FFN, layer, gain, x, n, y);
}

static Value encoder(Builder *builder)
{
    Value x = embeddings(builder);
    for (int layer = 0; layer < builder->is->config->layers; layer++) {
        builder->graph->block = 1 + layer;
        x = feed_forward_layer(builder, layer, attention_layer(builder, layer, x));
    }
    builder->graph->block = 0;
    builder->graph->place = "norm";
    return normalise_rms(builder->graph, x, gain_at(builder, "model.norm", SITE_NORM, -1),
                         builder->is->config->epsilon);
}

const Architecture architecture_llama = { .encoder = encoder, .causal = true };
