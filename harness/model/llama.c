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

// x + y, with the method's branch on the way. n: what the sub-layer read.
static Value end_of(Builder *builder, Site site, int layer, Value gain, Value x, Value n, Value y)
{
    y = branch_at(builder, (Branch){ site, layer, n, y, gain, NO_VALUE });
    place_at(builder, layer, site == SITE_ATTN ? "attn sum" : "ffn sum");
    return add(builder->graph, x, y);
}

static Value attention_layer(Builder *builder, int layer, Value x)
{
    static const AttentionNames names = { "self_attn.q_proj", "self_attn.k_proj",
                                          "self_attn.v_proj", "self_attn.o_proj" };
    place_at(builder, layer, "attn norm");
    Value gain = gain_at(builder, layer_name(builder, layer, "input_layernorm"), SITE_ATTN, layer);
    Value n = normalise_rms(builder->graph, x, gain, builder->is->config->epsilon);
    return end_of(builder, SITE_ATTN, layer, gain, x, n, attention_at(builder, layer, &names, n));
}

static Value feed_forward_layer(Builder *builder, int layer, Value x)
{
    const Config *config = builder->is->config;
    Graph *graph = builder->graph;
    int64_t hidden = config->hidden, intermediate = config->intermediate;
    place_at(builder, layer, "ffn norm");
    Value gain =
        gain_at(builder, layer_name(builder, layer, "post_attention_layernorm"), SITE_FFN, layer);
    Value n = normalise_rms(graph, x, gain, config->epsilon);
    Value up = linear_at(builder, SITE_FFN_MID, layer, "mlp.up_proj", n, hidden, intermediate);
    builder->build.second = "gate";
    Value gate = linear_at(builder, SITE_FFN_MID, layer, "mlp.gate_proj", n, hidden, intermediate);
    builder->build.second = NULL;
    Value m = multiply_values(graph, activate(graph, config->activation, gate), up);
    Value y = linear_at(builder, SITE_FFN_OUT, layer, "mlp.down_proj", m, intermediate, hidden);
    return end_of(builder, SITE_FFN, layer, gain, x, n, y);
}

static Value layer_of(Builder *builder, int layer, Value x)
{
    return feed_forward_layer(builder, layer, attention_layer(builder, layer, x));
}

static Value encoder(Builder *builder)
{
    Value x = through_layers(builder, words_at(builder, "model.embed_tokens.weight"), layer_of);
    builder->graph->place = "norm";
    return normalise_rms(builder->graph, x, gain_at(builder, "model.norm", SITE_NORM, -1),
                         builder->is->config->epsilon);
}

const Architecture architecture_llama = {
    .encoder = encoder,
    .layers = "model.layers",
    .no_bias = true,
    .causal = true,
    .rotary = true,
};
