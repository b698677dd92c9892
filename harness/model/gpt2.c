// gpt2.c: a pre-LN decoder with learned positions. Radford et al. 2019.
//
//   x0 = drop(word + position)
//   n = LN(x);  x += drop(attention(n Wq^T + bq, ...) Wo^T + bo)     each token on those before it
//   n = LN(x);  x += drop(f(n W1^T + b1) W2^T + b2)
//   LN(x) of the last layer
//
// A checkpoint holds its matrices as in x out, and those of q, k and v side by side in one, c_attn;
// here they are three layers of out x in.
#include "model/sites.h"

static Value embeddings(Builder *builder)
{
    const Config *config = builder->is->config;
    Graph *graph = builder->graph;
    Embedded at = { .type = NO_VALUE, .gain = NO_VALUE, .offset = NO_VALUE };
    graph->place = "embeddings";
    at.word = table_at(builder, "transformer.wte.weight", config->vocabulary);
    at.position = table_at(builder, "transformer.wpe.weight", config->positions);
    at.x =
        dropout(graph, embed(graph, at.word, at.position, NO_VALUE), builder->is->hidden_dropout);
    return embedded_at(builder, at);
}

static Value normalised(Builder *builder, Norm norm, Value x)
{
    return normalise(builder->graph, x, NO_VALUE, norm.gain, norm.offset,
                     builder->is->config->epsilon);
}

// x + drop(y), with the method's branch on the way. n: what the sub-layer read.
static Value end_of(Builder *builder, Site site, int layer, Norm norm, Value x, Value n, Value y)
{
    y = dropout(builder->graph, y, builder->is->hidden_dropout);
    y = branch_at(builder, (Branch){ site, layer, n, y, norm.gain, norm.offset });
    place_at(builder, layer, site == SITE_ATTN ? "attn sum" : "ffn sum");
    return add(builder->graph, x, y);
}

static Value attention_layer(Builder *builder, int layer, Value x)
{
    static const AttentionNames names = { "attn.c_attn.q", "attn.c_attn.k", "attn.c_attn.v",
                                          "attn.c_proj" };
    place_at(builder, layer, "attn norm");
    Norm norm = norm_at(builder, layer_name(builder, layer, "ln_1"), SITE_ATTN, layer);
    Value n = normalised(builder, norm, x);
    return end_of(builder, SITE_ATTN, layer, norm, x, n, attention_at(builder, layer, &names, n));
}

static Value feed_forward_layer(Builder *builder, int layer, Value x)
{
    place_at(builder, layer, "ffn norm");
    Norm norm = norm_at(builder, layer_name(builder, layer, "ln_2"), SITE_FFN, layer);
    Value n = normalised(builder, norm, x);
    Value y = feed_forward_at(builder, layer, "mlp.c_fc", "mlp.c_proj", n);
    return end_of(builder, SITE_FFN, layer, norm, x, n, y);
}

static Value layer_of(Builder *builder, int layer, Value x)
{
    return feed_forward_layer(builder, layer, attention_layer(builder, layer, x));
}

static Value encoder(Builder *builder)
{
    Value x = through_layers(builder, embeddings(builder), layer_of);
    builder->graph->place = "norm";
    return normalised(builder, norm_at(builder, "transformer.ln_f", SITE_NORM, -1), x);
}

const Architecture architecture_gpt2 = {
    .encoder = encoder,
    .layers = "transformer.h",
    .causal = true,
};
