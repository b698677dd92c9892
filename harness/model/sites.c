// sites.c: parameters and sites, and the hooks that are asked there.
#include "model/sites.h"
#include <math.h>
#include <string.h>

const char *const site_names[] = { "q",    "k",   "v",         "attn_out", "ffn_mid", "ffn_out",
                                   "attn", "ffn", "embedding", "pooler",   "norm" };

// ---- parameters

// Initial values of an untrained model, at any size: matrices N(0, 0.68 / sqrt(H)), positions small
// sinusoids. At N(0, 0.02) such a model stays on a plateau without using context.
static Init untrained(const Config *config, const char *name, Kind kind)
{
    if (kind == KIND_GAIN)
        return (Init){ INIT_CONSTANT, 1 };
    if (kind == KIND_BIAS || kind == KIND_OFFSET)
        return (Init){ INIT_CONSTANT, 0 };
    if (strstr(name, "position_embeddings"))
        return (Init){ INIT_SINUSOIDS, 0.06 };
    return (Init){ INIT_NORMAL, 0.68 / sqrt((double)config->hidden) };
}

Value checkpoint_parameter(Builder *builder, const char *name, Kind kind, Site site, int64_t rows,
                           int64_t cols, bool is_trained)
{
    Parameter p = {
        .name = name,
        .rows = rows,
        .cols = cols,
        .rank = kind == KIND_WEIGHT || kind == KIND_EMBEDDING ? 2 : 1,
        .trained = is_trained,
        .part = site == SITE_EMBEDDING ? PART_EMBEDDING : PART_ENCODER,
    };
    if (!builder->is->pretrained)
        p.init = untrained(builder->is->config, name, kind);
    return graph_parameter(builder->graph, &p);
}

Value parameter_at(Builder *builder, const char *name, Kind kind, Site site, int layer,
                   int64_t rows, int64_t cols)
{
    const Method *method = builder->is->method.method;
    ParameterAt at = { .name = name,
                       .kind = kind,
                       .site = site,
                       .layer = layer,
                       .layers = (int)builder->is->config->layers };
    return checkpoint_parameter(builder, name, kind, site, rows, cols,
                                method && method->param &&
                                    method->param(&at, builder->is->method.options));
}

Norm norm_at(Builder *builder, const char *name, Site site, int layer)
{
    Value gain = gain_at(builder, name, site, layer);
    return (Norm){ gain, parameter_at(builder, arena_format(builder->graph->arena, "%s.bias", name),
                                      KIND_OFFSET, site, layer, 1, builder->is->config->hidden) };
}

Value gain_at(Builder *builder, const char *name, Site site, int layer)
{
    return parameter_at(builder, arena_format(builder->graph->arena, "%s.weight", name), KIND_GAIN,
                        site, layer, 1, builder->is->config->hidden);
}

Value table_at(Builder *builder, const char *name, int64_t rows)
{
    return parameter_at(builder, name, KIND_EMBEDDING, SITE_EMBEDDING, -1, rows,
                        builder->is->config->hidden);
}

const char *layer_name(Builder *builder, int layer, const char *rest)
{
    return arena_format(builder->graph->arena, "%s.%d.%s", builder->architecture->layers, layer,
                        rest);
}

void place_at(Builder *builder, int layer, const char *what)
{
    builder->graph->place = arena_format(builder->graph->arena, "layer %d %s", layer, what);
}

// ---- sites

// A hook is asked: the nodes that it adds are the method's, up to its answer.
static Build *asked(Builder *builder)
{
    builder->graph->part = PART_METHOD;
    return &builder->build;
}

Value answered(Builder *builder, Value value, const char *hook)
{
    Graph *graph = builder->graph;
    if (graph->part == PART_METHOD)
        graph->part = PART_ENCODER;
    if (value != NO_VALUE)
        return value;
    if (!graph->failed) {
        graph->failed = true;
        fail(graph->error, ERROR_WORK, (Where){ .item = graph->place }, "a value",
             "%s: its hook `%s` gave none", builder->is->method.method->name, hook);
    }
    return 0; // as what is added to a graph that failed
}

// y = x W^T + b with what the method makes of W, b and y.
static Value hooked(Builder *builder, Linear *at)
{
    const Method *method = builder->is->method.method;
    const void *options = builder->is->method.options;
    Graph *graph = builder->graph;
    if (builder->is->merged && method && method->merged) {
        Merged merged = method->merged(asked(builder), at, options);
        at->W = answered(builder, merged.W, "merged");
        return linear(graph, at->x, at->W, merged.b);
    }
    if (method && method->weight)
        at->W = answered(builder, method->weight(asked(builder), at, options), "weight");
    at->y = linear(graph, at->x, at->W, at->b);
    return method && method->linear
               ? answered(builder, method->linear(asked(builder), at, options), "linear")
               : at->y;
}

Value linear_at(Builder *builder, Site site, int layer, const char *name, Value x, int64_t in,
                int64_t out)
{
    Arena *arena = builder->graph->arena;
    Linear at = {
        .site = site, .layer = layer, .in = in, .out = out, .x = x, .b = NO_VALUE, .y = NO_VALUE
    };
    place_at(builder, layer, site_names[site]);
    name = layer_name(builder, layer, name);
    at.W = parameter_at(builder, arena_format(arena, "%s.weight", name), KIND_WEIGHT, site, layer,
                        out, in);
    if (!builder->architecture->no_bias)
        at.b = parameter_at(builder, arena_format(arena, "%s.bias", name), KIND_BIAS, site, layer,
                            1, out);
    return hooked(builder, &at);
}

Value branch_at(Builder *builder, Branch at)
{
    const Method *method = builder->is->method.method;
    Graph *graph = builder->graph;
    if (!method || !method->branch)
        return at.y;
    graph->place =
        arena_format(graph->arena, "layer %d %s %s", at.layer, site_names[at.site], method->name);
    return answered(builder, method->branch(asked(builder), &at, builder->is->method.options),
                    "branch");
}

Value embedded_at(Builder *builder, Embedded at)
{
    const Method *method = builder->is->method.method;
    Graph *graph = builder->graph;
    if (!method || !method->embedded)
        return at.x;
    graph->place = arena_format(graph->arena, "embeddings %s", method->name);
    return answered(builder, method->embedded(asked(builder), &at, builder->is->method.options),
                    "embedded");
}

KeysValues keys_values_at(Builder *builder, int layer, int64_t width)
{
    const Method *method = builder->is->method.method;
    const Config *config = builder->is->config;
    if (!method || !method->keys_values)
        return (KeysValues){ NO_VALUE, NO_VALUE };
    place_at(builder, layer, arena_format(builder->graph->arena, "attn %s", method->name));
    Config *narrow = arena_zero(builder->graph->arena, 1, sizeof *narrow);
    *narrow = *config;
    narrow->hidden = width;
    builder->build.config = narrow;
    KeysValues extra = method->keys_values(asked(builder), layer, builder->is->method.options);
    builder->build.config = config;
    builder->graph->part = PART_ENCODER;
    return extra;
}

static Value turned(Builder *builder, Value x)
{
    const Config *config = builder->is->config;
    return rotate(builder->graph, x, config->hidden / config->heads, config->rotary_base);
}

Value attention_at(Builder *builder, int layer, const AttentionNames *names, Value n)
{
    const Config *config = builder->is->config;
    Graph *graph = builder->graph;
    int heads = (int)config->heads, kv_heads = (int)config->kv_heads;
    int64_t hidden = config->hidden, width = hidden / heads * kv_heads;
    double rate = builder->is->attention_dropout;
    Value q = linear_at(builder, SITE_Q, layer, names->q, n, hidden, hidden);
    Value k = linear_at(builder, SITE_K, layer, names->k, n, hidden, width);
    Value v = linear_at(builder, SITE_V, layer, names->v, n, hidden, width);
    KeysValues extra = keys_values_at(builder, layer, width);
    place_at(builder, layer, "attention");
    if (builder->architecture->rotary) {
        k = turned(builder, k);
        q = turned(builder, q);
    }
    Value c = builder->architecture->causal
                  ? attend_before(graph, q, k, v, extra.k, extra.v, heads, kv_heads, rate)
                  : attend(graph, q, k, v, extra.k, extra.v, heads, rate);
    return linear_at(builder, SITE_ATTN_OUT, layer, names->out, c, hidden, hidden);
}

Value feed_forward_at(Builder *builder, int layer, const char *mid, const char *out, Value n)
{
    const Config *config = builder->is->config;
    Value m = linear_at(builder, SITE_FFN_MID, layer, mid, n, config->hidden, config->intermediate);
    m = activate(builder->graph, config->activation, m);
    return linear_at(builder, SITE_FFN_OUT, layer, out, m, config->intermediate, config->hidden);
}

// ---- the way from words through layers

Value words_at(Builder *builder, const char *name)
{
    Embedded at = { .position = NO_VALUE, .type = NO_VALUE, .gain = NO_VALUE, .offset = NO_VALUE };
    builder->graph->place = "embeddings";
    at.word = table_at(builder, name, builder->is->config->vocabulary);
    at.x = embed(builder->graph, at.word, NO_VALUE, NO_VALUE);
    return embedded_at(builder, at);
}

Value through_layers(Builder *builder, Value x,
                     Value (*layer_of)(Builder *builder, int layer, Value x))
{
    for (int layer = 0; layer < builder->is->config->layers; layer++) {
        builder->graph->block = 1 + layer;
        x = layer_of(builder, layer, x);
    }
    builder->graph->block = 0;
    return x;
}
