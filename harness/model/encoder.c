// encoder.c: the post-LN encoder layer by layer, with a site for each place that a method may
// change.
//
//   x0 = drop(LN(word + position + type))
//   y = drop(attention(x Wq^T + bq, ...) Wo^T + bo);  a = LN(x + y)
//   y = drop(f(a W1^T + b1) W2^T + b2);               x' = LN(a + y)
//
// Devlin et al. 2019 (arXiv 1810.04805); exact GELU where the config says so.
#include "model/sites.h"

typedef struct {
    Builder *builder;
    const char *model;
    const EncoderNames *names;
} Encoder;

static const char *name_of(const Encoder *encoder, const char *rest)
{
    return arena_format(encoder->builder->graph->arena, "%s.%s", encoder->model, rest);
}

static const char *name_in(const Encoder *encoder, int layer, const char *rest)
{
    return layer_name(encoder->builder, name_of(encoder, encoder->names->layers), layer, rest);
}

static Value table(const Encoder *encoder, const char *rest, int64_t rows)
{
    Builder *builder = encoder->builder;
    return parameter_at(builder, name_of(encoder, rest), KIND_EMBEDDING, SITE_EMBEDDING, -1, rows,
                        builder->is->config->hidden);
}

static Value embeddings(const Encoder *encoder)
{
    Builder *builder = encoder->builder;
    const Config *config = builder->is->config;
    Graph *graph = builder->graph;
    graph->place = "embeddings";
    Embedded at = { .type = NO_VALUE };
    at.word = table(encoder, "embeddings.word_embeddings.weight", config->vocabulary);
    at.position = table(encoder, "embeddings.position_embeddings.weight", config->positions);
    if (encoder->names->typed)
        at.type = table(encoder, "embeddings.token_type_embeddings.weight", config->types);
    Norm norm = norm_at(builder, name_of(encoder, "embeddings.LayerNorm"), SITE_EMBEDDING, -1);
    at.gain = norm.gain;
    at.offset = norm.offset;
    at.x = normalise(graph, embed(graph, at.word, at.position, at.type), NO_VALUE, norm.gain,
                     norm.offset, config->epsilon);
    at.x = dropout(graph, at.x, rate(builder, builder->is->hidden_dropout));
    return embedded_at(builder, at);
}

static Value dense(const Encoder *encoder, Site site, int layer, const char *name, Value x,
                   int64_t in, int64_t out)
{
    return linear_at(encoder->builder,
                     (Dense){ .site = site,
                              .layer = layer,
                              .name = name_in(encoder, layer, name),
                              .in = in,
                              .out = out },
                     x);
}

// LN(x + drop(y)), with the method's branch on the way.
static Value end_of(const Encoder *encoder, Site site, int layer, const char *name, Value x,
                    Value y)
{
    Builder *builder = encoder->builder;
    y = dropout(builder->graph, y, rate(builder, builder->is->hidden_dropout));
    Norm norm = norm_at(builder, name_in(encoder, layer, name), site, layer);
    y = branch_at(builder, (Branch){ site, layer, x, y, norm.gain, norm.offset });
    place_at(builder, layer, site == SITE_ATTN ? "attn norm" : "ffn norm");
    return normalise(builder->graph, y, x, norm.gain, norm.offset, builder->is->config->epsilon);
}

static Value attention_layer(const Encoder *encoder, int layer, Value x)
{
    Builder *builder = encoder->builder;
    const EncoderNames *names = encoder->names;
    const Config *config = builder->is->config;
    int64_t hidden = config->hidden;
    Value q = dense(encoder, SITE_Q, layer, names->q, x, hidden, hidden);
    Value k = dense(encoder, SITE_K, layer, names->k, x, hidden, hidden);
    Value v = dense(encoder, SITE_V, layer, names->v, x, hidden, hidden);
    KeysValues extra = keys_values_at(builder, layer, hidden);
    place_at(builder, layer, "attention");
    Value c = attend(builder->graph, q, k, v, extra.k, extra.v, (int)config->heads,
                     rate(builder, builder->is->attention_dropout));
    Value y = dense(encoder, SITE_ATTN_OUT, layer, names->attn_out, c, hidden, hidden);
    return end_of(encoder, SITE_ATTN, layer, names->attn_norm, x, y);
}

static Value feed_forward_layer(const Encoder *encoder, int layer, Value a)
{
    const EncoderNames *names = encoder->names;
    const Config *config = encoder->builder->is->config;
    Value m = dense(encoder, SITE_FFN_MID, layer, names->ffn_mid, a, config->hidden,
                    config->intermediate);
    m = activate(encoder->builder->graph, config->activation, m);
    Value y = dense(encoder, SITE_FFN_OUT, layer, names->ffn_out, m, config->intermediate,
                    config->hidden);
    return end_of(encoder, SITE_FFN, layer, names->ffn_norm, a, y);
}

Value post_norm_encoder(Builder *builder, const char *model, const EncoderNames *names)
{
    Encoder encoder = { builder, model, names };
    Value x = embeddings(&encoder);
    for (int layer = 0; layer < builder->is->config->layers; layer++) {
        builder->graph->block = 1 + layer;
        x = feed_forward_layer(&encoder, layer, attention_layer(&encoder, layer, x));
    }
    builder->graph->block = 0;
    return x;
}
