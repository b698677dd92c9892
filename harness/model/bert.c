// bert.c: the encoder layer by layer, with a site for each place that a method may change.
//
//   x0 = drop(LN(word + position + type))
//   y = drop(attention(x Wq^T + bq, ...) Wo^T + bo);  a = LN(x + y)
//   y = drop(f(a W1^T + b1) W2^T + b2);               x' = LN(a + y)
#include "model/bert.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const Description *is;
    Build build;
    Graph *graph;
} Bert;

const char *const site_names[] = { "q",       "k",    "v",   "attn_out",  "ffn_mid",
                                   "ffn_out", "attn", "ffn", "embedding", "pooler" };

const char *const head_names[] = { "auto", "pooler", "linear", "mean", "mlp" };

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

static Value checkpoint_parameter(Bert *bert, const char *name, Kind kind, int64_t rows,
                                  int64_t cols, bool is_trained)
{
    Parameter p = {
        .name = name,
        .rows = rows,
        .cols = cols,
        .rank = kind == KIND_WEIGHT || kind == KIND_EMBEDDING ? 2 : 1,
        .trained = is_trained,
        .part = PART_ENCODER,
    };
    if (!bert->is->pretrained)
        p.init = untrained(bert->is->config, name, kind);
    return graph_parameter(bert->graph, &p);
}

// A parameter that the method is asked about.
static Value parameter(Bert *bert, const char *name, Kind kind, Site site, int layer, int64_t rows,
                       int64_t cols)
{
    const Method *method = bert->is->method.method;
    ParameterAt at = { .name = name,
                       .kind = kind,
                       .site = site,
                       .layer = layer,
                       .layers = (int)bert->is->config->layers };
    return checkpoint_parameter(bert, name, kind, rows, cols,
                                method && method->param &&
                                    method->param(&at, bert->is->method.options));
}

static const char *layer_name(Bert *bert, int layer, const char *rest)
{
    return arena_format(bert->graph->arena, "bert.encoder.layer.%d.%s", layer, rest);
}

static double rate(const Bert *bert, double of_config)
{
    return bert->is->training ? of_config : 0;
}

// ---- sites

// What a hook answered; without an answer nothing can be built.
static Value answered(Bert *bert, Value value, const char *hook)
{
    Graph *graph = bert->graph;
    if (value != NO_VALUE)
        return value;
    if (!graph->failed) {
        graph->failed = true;
        fail(graph->error, ERROR_WORK, (Where){ .item = graph->place }, "a value",
             "%s: its hook `%s` gave none", bert->is->method.method->name, hook);
    }
    return 0; // as what is added to a graph that failed
}

// A linear layer `name` at a site, as the method makes it.
static Value linear_at(Bert *bert, Site site, int layer, const char *name, Value x, int64_t in,
                       int64_t out)
{
    const Method *method = bert->is->method.method;
    const void *options = bert->is->method.options;
    Graph *graph = bert->graph;
    graph->place = arena_format(graph->arena, "layer %d %s", layer, site_names[site]);
    Linear at = { .site = site, .layer = layer, .in = in, .out = out, .x = x, .y = NO_VALUE };
    at.W = parameter(bert, arena_format(graph->arena, "%s.weight", name), KIND_WEIGHT, site, layer,
                     out, in);
    at.b = parameter(bert, arena_format(graph->arena, "%s.bias", name), KIND_BIAS, site, layer, 1,
                     out);
    if (bert->is->merged && method && method->merged) {
        Merged merged = method->merged(&bert->build, &at, options);
        return linear(graph, x, answered(bert, merged.W, "merged"), merged.b);
    }
    if (method && method->weight)
        at.W = answered(bert, method->weight(&bert->build, &at, options), "weight");
    at.y = linear(graph, x, at.W, at.b);
    return method && method->linear
               ? answered(bert, method->linear(&bert->build, &at, options), "linear")
               : at.y;
}

static Value branch_at(Bert *bert, Branch at)
{
    const Method *method = bert->is->method.method;
    Graph *graph = bert->graph;
    if (!method || !method->branch)
        return at.y;
    graph->place =
        arena_format(graph->arena, "layer %d %s %s", at.layer, site_names[at.site], method->name);
    return answered(bert, method->branch(&bert->build, &at, bert->is->method.options), "branch");
}

static void norm_parameters(Bert *bert, const char *name, Site site, int layer, Value *gain,
                            Value *offset)
{
    Arena *arena = bert->graph->arena;
    int64_t hidden = bert->is->config->hidden;
    *gain =
        parameter(bert, arena_format(arena, "%s.weight", name), KIND_GAIN, site, layer, 1, hidden);
    *offset =
        parameter(bert, arena_format(arena, "%s.bias", name), KIND_OFFSET, site, layer, 1, hidden);
}

// ---- the encoder

static Value embeddings(Bert *bert)
{
    const Config *config = bert->is->config;
    const Method *method = bert->is->method.method;
    Graph *graph = bert->graph;
    Value gain, offset;
    graph->place = "embeddings";
    Value word = parameter(bert, "bert.embeddings.word_embeddings.weight", KIND_EMBEDDING,
                           SITE_EMBEDDING, -1, config->vocabulary, config->hidden);
    Value position = parameter(bert, "bert.embeddings.position_embeddings.weight", KIND_EMBEDDING,
                               SITE_EMBEDDING, -1, config->positions, config->hidden);
    Value type = parameter(bert, "bert.embeddings.token_type_embeddings.weight", KIND_EMBEDDING,
                           SITE_EMBEDDING, -1, config->types, config->hidden);
    norm_parameters(bert, "bert.embeddings.LayerNorm", SITE_EMBEDDING, -1, &gain, &offset);
    Value x = normalise(graph, embed(graph, word, position, type), NO_VALUE, gain, offset,
                        config->epsilon);
    x = dropout(graph, x, rate(bert, bert->is->hidden_dropout));
    if (!method || !method->embedded)
        return x;
    Embedded at = { x, word, position, type, gain, offset };
    graph->place = arena_format(graph->arena, "embeddings %s", method->name);
    return answered(bert, method->embedded(&bert->build, &at, bert->is->method.options),
                    "embedded");
}

static Value attention_layer(Bert *bert, int layer, Value x)
{
    const Config *config = bert->is->config;
    const Method *method = bert->is->method.method;
    Graph *graph = bert->graph;
    int64_t hidden = config->hidden;
    Value gain, offset;
    KeysValues extra = { NO_VALUE, NO_VALUE };
    Value q = linear_at(bert, SITE_Q, layer, layer_name(bert, layer, "attention.self.query"), x,
                        hidden, hidden);
    Value k = linear_at(bert, SITE_K, layer, layer_name(bert, layer, "attention.self.key"), x,
                        hidden, hidden);
    Value v = linear_at(bert, SITE_V, layer, layer_name(bert, layer, "attention.self.value"), x,
                        hidden, hidden);
    if (method && method->keys_values) {
        graph->place = arena_format(graph->arena, "layer %d attn %s", layer, method->name);
        extra = method->keys_values(&bert->build, layer, bert->is->method.options);
    }
    graph->place = arena_format(graph->arena, "layer %d attention", layer);
    Value c = attend(graph, q, k, v, extra.k, extra.v, (int)config->heads,
                     rate(bert, bert->is->attention_dropout));
    Value y = linear_at(bert, SITE_ATTN_OUT, layer,
                        layer_name(bert, layer, "attention.output.dense"), c, hidden, hidden);
    y = dropout(graph, y, rate(bert, bert->is->hidden_dropout));
    norm_parameters(bert, layer_name(bert, layer, "attention.output.LayerNorm"), SITE_ATTN, layer,
                    &gain, &offset);
    y = branch_at(bert, (Branch){ SITE_ATTN, layer, x, y, gain, offset });
    graph->place = arena_format(graph->arena, "layer %d attn norm", layer);
    return normalise(graph, y, x, gain, offset, config->epsilon);
}

static Value feed_forward_layer(Bert *bert, int layer, Value a)
{
    const Config *config = bert->is->config;
    Graph *graph = bert->graph;
    Value gain, offset;
    Value m = linear_at(bert, SITE_FFN_MID, layer, layer_name(bert, layer, "intermediate.dense"), a,
                        config->hidden, config->intermediate);
    m = activate(graph, config->activation, m);
    Value y = linear_at(bert, SITE_FFN_OUT, layer, layer_name(bert, layer, "output.dense"), m,
                        config->intermediate, config->hidden);
    y = dropout(graph, y, rate(bert, bert->is->hidden_dropout));
    norm_parameters(bert, layer_name(bert, layer, "output.LayerNorm"), SITE_FFN, layer, &gain,
                    &offset);
    y = branch_at(bert, (Branch){ SITE_FFN, layer, a, y, gain, offset });
    graph->place = arena_format(graph->arena, "layer %d ffn norm", layer);
    return normalise(graph, y, a, gain, offset, config->epsilon);
}

static Value encoder(Bert *bert)
{
    Value x = embeddings(bert);
    for (int layer = 0; layer < bert->is->config->layers; layer++) {
        bert->graph->block = 1 + layer;
        x = feed_forward_layer(bert, layer, attention_layer(bert, layer, x));
    }
    bert->graph->block = 0;
    return x;
}

// ---- heads

static Value pooler(Bert *bert, Value x)
{
    int64_t hidden = bert->is->config->hidden;
    Graph *graph = bert->graph;
    Value first = first_token(graph, x), y;
    if (bert->is->pooler_new)
        y = head_layer(&bert->build, "bert.pooler.dense", first, hidden, hidden);
    else {
        graph->place = "pooler";
        y = linear(
            graph, first,
            parameter(bert, "bert.pooler.dense.weight", KIND_WEIGHT, SITE_POOLER, -1, hidden,
                      hidden),
            parameter(bert, "bert.pooler.dense.bias", KIND_BIAS, SITE_POOLER, -1, 1, hidden));
    }
    return activate(graph, TANH, y);
}

// What a head's classifier reads.
static Value pooled(Bert *bert, Head head, Value x)
{
    int64_t hidden = bert->is->config->hidden;
    Graph *graph = bert->graph;
    graph->place = "pool";
    switch (head) {
    case HEAD_POOLER:
        return pooler(bert, x);
    case HEAD_LINEAR:
        return first_token(graph, x);
    case HEAD_MLP:
        x = head_layer(&bert->build, "head.dense", mean_tokens(graph, x), hidden, hidden);
        return activate(graph, TANH, x);
    default:
        return mean_tokens(graph, x);
    }
}

static Value logits(Bert *bert, Value x)
{
    Graph *graph = bert->graph;
    const Method *method = bert->is->method.method;
    x = pooled(bert, bert->is->head, x);
    if (method && method->head)
        x = answered(bert, method->head(&bert->build, x, bert->is->method.options), "head");
    x = dropout(graph, x, rate(bert, bert->is->classifier_dropout));
    return head_layer(&bert->build, "classifier", x, bert->is->outputs, graph->value[x].cols);
}

static Bert begin(Arena *arena, const Description *description, Error *error)
{
    const Method *method = description->method.method;
    Description *is = arena_zero(arena, 1, sizeof *is);
    Bert bert = { .is = is, .graph = graph_new(arena, error) };
    *is = *description;
    bert.build = (Build){ .graph = bert.graph,
                          .config = is->config,
                          .method = method,
                          .outputs = is->outputs,
                          .scores = is->scores,
                          .pooler_new = is->pooler_new,
                          .training = is->training,
                          .storing = is->storing && !is->training,
                          .stored = is->stored,
                          .words = &is->words,
                          .once = NO_VALUE };
    if (method && method->resolve) {
        void *options = arena_zero(arena, 1, method->options_size);
        memcpy(options, is->method.options, method->options_size);
        method->resolve(&bert.build, options);
        is->method.options = options;
    }
    return bert;
}

static Value renumbered(const Value *map, Value value)
{
    return value == NO_VALUE ? NO_VALUE : map[value];
}

// What stored values were computed from is no part of the model any more.
static void drop_unread(Arena *arena, Graph *graph)
{
    bool *read = arena_zero(arena, graph->values, sizeof *read);
    for (size_t i = 0; i < graph->outputs; i++)
        read[graph->output[i]] = true;
    for (size_t i = graph->nodes; i-- > 0;) {
        const Node *node = &graph->node[i];
        bool any = false;
        for (int k = 0; k < NODE_OUTPUTS; k++)
            any |= node->out[k] != NO_VALUE && read[node->out[k]];
        for (int k = 0; k < NODE_INPUTS && any; k++)
            if (node->in[k] != NO_VALUE)
                read[node->in[k]] = true;
    }
    for (size_t v = 0; v < graph->values; v++) // trim() keeps those that train
        if (graph->value[v].parameter >= 0 && !read[v])
            graph->parameter[graph->value[v].parameter].trained = false;
}

static bool finish(Arena *arena, Bert *bert, Described *described, Error *error)
{
    Value *map;
    if (bert->is->stored)
        drop_unread(arena, bert->graph);
    described->graph = trim(arena, bert->graph, !bert->is->frozen_dropout, &map, error);
    if (described->graph && bert->is->frozen_store != STORE_F32)
        described->graph = pack(arena, described->graph, bert->is->frozen_store, error);
    if (!described->graph)
        return false;
    described->logits = renumbered(map, described->logits);
    described->loss = renumbered(map, described->loss);
    for (int head = 0; head < HEADS; head++)
        described->pooled[head] = renumbered(map, described->pooled[head]);
    for (Computed *one = bert->build.computed; one; one = one->next)
        one->value = map[one->value];
    described->computed = bert->build.computed;
    described->options = bert->is->method.options;
    return true;
}

static const Described NOTHING = {
    .logits = NO_VALUE,
    .loss = NO_VALUE,
    .pooled = { NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE },
};

bool describe(Arena *arena, const Description *description, Described *described, Error *error)
{
    Bert bert = begin(arena, description, error);
    *described = NOTHING;
    described->logits = logits(&bert, encoder(&bert));
    bert.graph->place = "loss";
    if (!description->training)
        graph_output(bert.graph, described->logits);
    else if (description->scores)
        described->loss = squared_error_loss(bert.graph, described->logits);
    else
        described->loss = cross_entropy_loss(bert.graph, described->logits);
    return finish(arena, &bert, described, error);
}

bool describe_mlm(Arena *arena, const Description *description, Described *described, Error *error)
{
    Description evaluation = *description;
    evaluation.training = false;
    Bert bert = begin(arena, &evaluation, error);
    const Config *config = description->config;
    Graph *graph = bert.graph;
    int64_t hidden = config->hidden;
    *described = NOTHING;
    Value word = parameter(&bert, "bert.embeddings.word_embeddings.weight", KIND_EMBEDDING,
                           SITE_EMBEDDING, -1, config->vocabulary, hidden);
    Value x = picked_tokens(graph, encoder(&bert));
    graph->place = "mlm";
    // The head is the checkpoint's, and no method's to train.
#define MLM(name, kind, rows, cols)                                                                \
    checkpoint_parameter(&bert, "cls.predictions." name, kind, rows, cols, false)
    x = linear(graph, x, MLM("transform.dense.weight", KIND_WEIGHT, hidden, hidden),
               MLM("transform.dense.bias", KIND_BIAS, 1, hidden));
    x = normalise(graph, activate(graph, config->activation, x), NO_VALUE,
                  MLM("transform.LayerNorm.weight", KIND_GAIN, 1, hidden),
                  MLM("transform.LayerNorm.bias", KIND_OFFSET, 1, hidden), config->epsilon);
    described->loss =
        tied_cross_entropy_loss(graph, x, word, MLM("bias", KIND_BIAS, 1, config->vocabulary));
#undef MLM
    return finish(arena, &bert, described, error);
}

bool describe_features(Arena *arena, const Description *description, unsigned heads,
                       Described *described, Error *error)
{
    Description evaluation = *description;
    evaluation.training = false;
    Bert bert = begin(arena, &evaluation, error);
    *described = NOTHING;
    Value x = encoder(&bert);
    for (int head = 0; head < HEADS; head++)
        if (heads >> head & 1)
            graph_output(bert.graph, described->pooled[head] = pooled(&bert, (Head)head, x));
    return finish(arena, &bert, described, error);
}

// ---- checkpoints

bool checkpoint_has_pooler(const Checkpoint *checkpoint)
{
    return checkpoint_bert(checkpoint, "bert.pooler.dense.weight") != NULL;
}

bool checkpoint_has_mlm(const Checkpoint *checkpoint)
{
    return checkpoint_bert(checkpoint, "cls.predictions.transform.dense.weight") != NULL;
}

Head head_resolve(Head head, const Checkpoint *checkpoint)
{
    if (head != HEAD_AUTO)
        return head;
    return checkpoint_bert(checkpoint, "cls.seq_relationship.weight") ? HEAD_POOLER : HEAD_MEAN;
}

const float *checkpoint_giver(void *context, const Parameter *parameter, float *out, Error *error)
{
    const Checkpoint *checkpoint = context;
    const Tensor *tensor = checkpoint_bert(checkpoint, parameter->name);
    Where where = { .file = checkpoint->file, .item = parameter->name };
    char right[64];
    if (parameter->rank == 2)
        snprintf(right, sizeof right, "a tensor of %lld x %lld", (long long)parameter->rows,
                 (long long)parameter->cols);
    else
        snprintf(right, sizeof right, "a tensor of %lld", (long long)parameter->cols);
    if (!tensor) {
        fail(error, ERROR_INPUT, where, right, "is missing");
        return NULL;
    }
    if (tensor->type == TENSOR_OTHER) {
        fail(error, ERROR_INPUT, where, "F32, F16 or BF16", "has a dtype that holds no weights");
        return NULL;
    }
    if (tensor->rank != parameter->rank || tensor->shape[tensor->rank - 1] != parameter->cols ||
        (tensor->rank == 2 && tensor->shape[0] != parameter->rows)) {
        fail(error, ERROR_INPUT, where, right, "has the wrong shape for config.json");
        return NULL;
    }
    if (tensor->type == TENSOR_F32 && (uintptr_t)tensor->data % sizeof(float) == 0)
        return (const float *)(const void *)tensor->data;
    tensor_read(tensor, out);
    return out;
}
