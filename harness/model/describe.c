// describe.c: an architecture's encoder, a head on it, and what is done with the graph of both.
#include "model/describe.h"
#include "model/sites.h"
#include <stdio.h>
#include <string.h>

static const Architecture *const architectures[MODEL_TYPES] = {
    [MODEL_BERT] = &architecture_bert,       [MODEL_DISTILBERT] = &architecture_distilbert,
    [MODEL_ROBERTA] = &architecture_roberta, [MODEL_GPT2] = &architecture_gpt2,
    [MODEL_LLAMA] = &architecture_llama,     [MODEL_FALCON] = &architecture_falcon,
};

const char *const head_names[] = { "auto", "pooler", "linear", "mean", "mlp", NULL };

// ---- heads

// BERT's tanh for all: with DistilBERT's reference this is a ReLU, and RoBERTa's has a dropout of
// its own in front. Neither type is trained yet.
static Value pooler(Builder *builder, Value x)
{
    const char *name = builder->architecture->pooler;
    int64_t hidden = builder->is->config->hidden;
    Graph *graph = builder->graph;
    Value first = first_token(graph, x), y;
    if (builder->is->pooler_new)
        y = head_layer(&builder->build, name, first, hidden, hidden);
    else {
        graph->place = "pooler";
        Value b = parameter_at(builder, arena_format(graph->arena, "%s.bias", name), KIND_BIAS,
                               SITE_POOLER, -1, 1, hidden);
        Value W = parameter_at(builder, arena_format(graph->arena, "%s.weight", name), KIND_WEIGHT,
                               SITE_POOLER, -1, hidden, hidden);
        y = linear(graph, first, W, b);
    }
    return activate(graph, TANH, y);
}

// What a head's classifier reads.
static Value pooled(Builder *builder, Head head, Value x)
{
    int64_t hidden = builder->is->config->hidden;
    Graph *graph = builder->graph;
    graph->place = "pool";
    switch (head) {
    case HEAD_POOLER:
        return pooler(builder, x);
    case HEAD_LINEAR:
        return builder->architecture->causal ? last_token(graph, x) : first_token(graph, x);
    case HEAD_MLP:
        x = head_layer(&builder->build, "head.dense", mean_tokens(graph, x), hidden, hidden);
        return activate(graph, TANH, x);
    default:
        return mean_tokens(graph, x);
    }
}

static Value logits(Builder *builder, Value x)
{
    Graph *graph = builder->graph;
    const Method *method = builder->is->method.method;
    graph->part = PART_HEAD;
    x = pooled(builder, builder->is->head, x);
    if (method && method->head)
        x = answered(builder, method->head(&builder->build, x, builder->is->method.options),
                     "head");
    x = dropout(graph, x, builder->is->classifier_dropout);
    return head_layer(&builder->build, "classifier", x, builder->is->outputs, graph->value[x].cols);
}

// ---- graphs

// The first token of a decoder sees no other.
static void check_pooler(const Builder *builder)
{
    Graph *graph = builder->graph;
    if (builder->architecture->pooler || builder->is->head != HEAD_POOLER || graph->failed)
        return;
    graph->failed = true;
    fail(graph->error, ERROR_INPUT, (Where){ .item = "head" }, "mean, linear or mlp",
         "a model of type %s has no pooler", model_type_names[builder->is->config->type]);
}

static Builder begin(Arena *arena, const Description *description, Error *error)
{
    const Method *method = description->method.method;
    Description *is = arena_zero(arena, 1, sizeof *is);
    Builder builder = { .is = is,
                        .architecture = architectures[description->config->type],
                        .graph = graph_new(arena, error) };
    *is = *description;
    if (!is->training)
        is->hidden_dropout = is->attention_dropout = is->classifier_dropout = 0;
    builder.build = (Build){ .graph = builder.graph,
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
    check_pooler(&builder);
    if (method && method->resolve) {
        void *options = arena_zero(arena, 1, method->options_size);
        memcpy(options, is->method.options, method->options_size);
        method->resolve(&builder.build, options);
        is->method.options = options;
    }
    return builder;
}

static Value renumbered(const Value *map, Value value)
{
    return value == NO_VALUE ? NO_VALUE : map[value];
}

// What stored values were computed from is no part of the model any more.
static void freeze_unread(Arena *arena, Graph *graph)
{
    bool *read = arena_zero(arena, graph->values, sizeof *read);
    for (size_t i = 0; i < graph->outputs; i++)
        read[graph->output[i]] = true;
    mark_read(graph, read);
    for (size_t v = 0; v < graph->values; v++) // trim() keeps those that train
        if (graph->value[v].parameter >= 0 && !read[v])
            graph->parameter[graph->value[v].parameter].trained = false;
}

static bool finish(Arena *arena, Builder *builder, Described *described, Error *error)
{
    Value *map;
    if (builder->is->stored)
        freeze_unread(arena, builder->graph);
    described->graph = trim(arena, builder->graph, !builder->is->frozen_dropout, &map, error);
    if (described->graph && builder->is->frozen_store != STORE_F32)
        described->graph = pack(arena, described->graph, builder->is->frozen_store, error);
    if (!described->graph)
        return false;
    described->logits = renumbered(map, described->logits);
    described->loss = renumbered(map, described->loss);
    for (int head = 0; head < HEADS; head++)
        described->pooled[head] = renumbered(map, described->pooled[head]);
    for (Computed *one = builder->build.computed; one; one = one->next)
        one->value = map[one->value];
    described->computed = builder->build.computed;
    described->options = builder->is->method.options;
    return true;
}

static const Described NOTHING = {
    .logits = NO_VALUE,
    .loss = NO_VALUE,
    .pooled = { NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE },
};

bool describe(Arena *arena, const Description *description, Described *described, Error *error)
{
    Builder builder = begin(arena, description, error);
    *described = NOTHING;
    described->logits = logits(&builder, builder.architecture->encoder(&builder));
    builder.graph->place = "loss";
    if (!description->training)
        graph_output(builder.graph, described->logits);
    else if (description->scores)
        described->loss = squared_error_loss(builder.graph, described->logits);
    else
        described->loss = cross_entropy_loss(builder.graph, described->logits);
    return finish(arena, &builder, described, error);
}

bool describe_mlm(Arena *arena, const Description *description, Described *described, Error *error)
{
    Description evaluation = *description;
    evaluation.training = false;
    Builder builder = begin(arena, &evaluation, error);
    *described = NOTHING;
    if (!builder.architecture->mlm)
        return fail(error, ERROR_INPUT, (Where){ .item = "heldout" }, "a model of type bert",
                    "a model of type %s has no masked-language-model head",
                    model_type_names[description->config->type]);
    described->loss = builder.architecture->mlm(&builder, builder.architecture->encoder(&builder));
    return finish(arena, &builder, described, error);
}

bool describe_features(Arena *arena, const Description *description, unsigned heads,
                       Described *described, Error *error)
{
    Description evaluation = *description;
    evaluation.training = false;
    Builder builder = begin(arena, &evaluation, error);
    *described = NOTHING;
    Value x = builder.architecture->encoder(&builder);
    for (int head = 0; head < HEADS; head++)
        if (heads >> head & 1)
            graph_output(builder.graph, described->pooled[head] = pooled(&builder, (Head)head, x));
    return finish(arena, &builder, described, error);
}

// ---- configs

bool weights_readable(const Config *config, const char *file, Error *error)
{
    return architectures[config->type]->readable ||
           fail(error, ERROR_INPUT, (Where){ .file = file, .item = "model_type" }, "bert",
                "weights of type %s cannot be read yet (estimate, params and graph need none)",
                model_type_names[config->type]);
}

bool config_has_pooler(const Config *config)
{
    return architectures[config->type]->has_pooler;
}

// ---- checkpoints

// A smaller tensor that is read where it lies would bring in what lies around it, for a system maps
// many pages at once.
enum { IN_PLACE = 1 << 16 }; // bytes

const float *checkpoint_giver(void *context, const Parameter *parameter, float *out, Error *error)
{
    return tensor_given(context, "config.json", parameter, out, error);
}

const float *tensor_given(const Checkpoint *checkpoint, const char *described,
                          const Parameter *parameter, float *out, Error *error)
{
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
        fail(error, ERROR_INPUT, where, right, "has the wrong shape for %s", described);
        return NULL;
    }
    bool stays = !parameter->trained && parameter->store == STORE_F32 && tensor->bytes >= IN_PLACE;
    if (stays && tensor->type == TENSOR_F32 && (uintptr_t)tensor->data % sizeof(float) == 0)
        return (const float *)(const void *)tensor->data;
    tensor_read(tensor, out);
    if (checkpoint->mapped) // what was read lies in `out` now
        file_rest((Bytes){ tensor->data, tensor->bytes });
    return out;
}
