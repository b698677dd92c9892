// encoder.c: the post-LN encoder layer by layer, with a site for each place that a method may
// change.
//
//   x0 = drop(LN(word + position + type))
//   y = drop(attention(x Wq^T + bq, ...) Wo^T + bo);  a = LN(x + y)
//   y = drop(f(a W1^T + b1) W2^T + b2);               x' = LN(a + y)
//
// Devlin et al. 2019 (arXiv 1810.04805); exact GELU where the config says so.
#include "model/sites.h"

static const char *name_of(Builder *builder, const char *rest)
{
    return arena_format(builder->graph->arena, "%s.%s", builder->architecture->model, rest);
}

static Value embeddings(Builder *builder)
{
    const Config *config = builder->is->config;
    Graph *graph = builder->graph;
    graph->place = "embeddings";
    Embedded at = { .type = NO_VALUE };
    at.word = table_at(builder, name_of(builder, "embeddings.word_embeddings.weight"),
                       config->vocabulary);
    at.position = table_at(builder, name_of(builder, "embeddings.position_embeddings.weight"),
                           config->positions);
    if (builder->architecture->names->typed)
        at.type = table_at(builder, name_of(builder, "embeddings.token_type_embeddings.weight"),
                           config->types);
    Norm norm = norm_at(builder, name_of(builder, "embeddings.LayerNorm"), SITE_EMBEDDING, -1);
    at.gain = norm.gain;
    at.offset = norm.offset;
    at.x = normalise(graph, embed(graph, at.word, at.position, at.type), NO_VALUE, norm.gain,
                     norm.offset, config->epsilon);
    at.x = dropout(graph, at.x, builder->is->hidden_dropout);
    return embedded_at(builder, at);
}

// LN(x + drop(y)), with the method's branch on the way.
static Value end_of(Builder *builder, Site site, int layer, const char *name, Value x, Value y)
{
    y = dropout(builder->graph, y, builder->is->hidden_dropout);
    Norm norm = norm_at(builder, layer_name(builder, layer, name), site, layer);
    y = branch_at(builder, (Branch){ site, layer, x, y, norm.gain, norm.offset });
    place_at(builder, layer, site == SITE_ATTN ? "attn norm" : "ffn norm");
    return normalise(builder->graph, y, x, norm.gain, norm.offset, builder->is->config->epsilon);
}

static Value attention_layer(Builder *builder, int layer, Value x)
{
    const EncoderNames *names = builder->architecture->names;
    Value y = attention_at(builder, layer, &names->attention, x);
    return end_of(builder, SITE_ATTN, layer, names->attn_norm, x, y);
}

static Value feed_forward_layer(Builder *builder, int layer, Value a)
{
    const EncoderNames *names = builder->architecture->names;
    Value y = feed_forward_at(builder, layer, names->ffn_mid, names->ffn_out, a);
    return end_of(builder, SITE_FFN, layer, names->ffn_norm, a, y);
}

static Value layer_of(Builder *builder, int layer, Value x)
{
    return feed_forward_layer(builder, layer, attention_layer(builder, layer, x));
}

Value post_norm_encoder(Builder *builder)
{
    return through_layers(builder, embeddings(builder), layer_of);
}
