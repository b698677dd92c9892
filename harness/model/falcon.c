// falcon.c: a decoder whose attention and feed-forward layer stand side by side, with rotary
// positions, one head of keys and values for all queries (7B) or for a group of them (40B); no
// biases.
//
//   x0 = word
//   n = LN(x);  x += drop(attention(rotary(n Wq^T), rotary(n Wk^T), n Wv^T) Wo^T)
//                  + drop(gelu(n' W1^T) W2^T)        n' = n, or a LayerNorm of its own (40B)
//   LN(x) of the last layer
//
// Almazrouei et al. 2023 (arXiv 2311.16867), section 4. A checkpoint holds q, k and v in one
// matrix; here they are three layers. Keys that a method adds are not turned: they have no place.
#include "model/sites.h"

typedef struct {
    Norm norm;
    Value n; // the layer's input under it
} Normed;

static Normed normed(Builder *builder, const char *name, Site site, int layer, Value x)
{
    place_at(builder, layer, site == SITE_ATTN ? "attn norm" : "ffn norm");
    Norm norm = norm_at(builder, layer_name(builder, layer, name), site, layer);
    return (Normed){ norm, normalise(builder->graph, x, NO_VALUE, norm.gain, norm.offset,
                                     builder->is->config->epsilon) };
}

// drop(y), as the method makes it.
static Value end_of(Builder *builder, Site site, int layer, Normed from, Value y)
{
    y = dropout(builder->graph, y, builder->is->hidden_dropout);
    return branch_at(builder, (Branch){ site, layer, from.n, y, from.norm.gain, from.norm.offset });
}

static Value attention_layer(Builder *builder, int layer, Normed from)
{
    static const AttentionNames names = { "self_attention.query_key_value.q",
                                          "self_attention.query_key_value.k",
                                          "self_attention.query_key_value.v",
                                          "self_attention.dense" };
    return end_of(builder, SITE_ATTN, layer, from, attention_at(builder, layer, &names, from.n));
}

static Value feed_forward_layer(Builder *builder, int layer, Normed from)
{
    return end_of(
        builder, SITE_FFN, layer, from,
        feed_forward_at(builder, layer, "mlp.dense_h_to_4h", "mlp.dense_4h_to_h", from.n));
}

static Value layer_of(Builder *builder, int layer, Value x)
{
    bool two = builder->is->config->two_norms;
    Graph *graph = builder->graph;
    Normed for_attn = normed(builder, two ? "ln_attn" : "input_layernorm", SITE_ATTN, layer, x);
    Value attn = attention_layer(builder, layer, for_attn);
    Normed for_ffn = two ? normed(builder, "ln_mlp", SITE_FFN, layer, x) : for_attn;
    Value ffn = feed_forward_layer(builder, layer, for_ffn);
    place_at(builder, layer, "sum");
    return add(graph, add(graph, x, attn), ffn);
}

static Value encoder(Builder *builder)
{
    Value x =
        through_layers(builder, words_at(builder, "transformer.word_embeddings.weight"), layer_of);
    builder->graph->place = "norm";
    Norm norm = norm_at(builder, "transformer.ln_f", SITE_NORM, -1);
    return normalise(builder->graph, x, NO_VALUE, norm.gain, norm.offset,
                     builder->is->config->epsilon);
}

const Architecture architecture_falcon = {
    .encoder = encoder,
    .layers = "transformer.h",
    .no_bias = true,
    .causal = true,
    .rotary = true,
};
