// shape.c: config.json and what follows from it.
#include "run/shape.h"
#include <math.h>

bool shape_read(Arena *arena, const char *model, Shape *shape, Error *error)
{
    const char *folder = NULL;
    *shape = (Shape){ .has_checkpoint = false };
    if (!model)
        return fail(error, ERROR_INPUT, (Where){ .item = "--model" },
                    "a name, a folder or a config.json", "is not given");
    if (file_exists(model))
        return config_read(model, &shape->config, error);
    if (!model_folder(arena, model, &folder, error) ||
        !config_read(path_join(arena, folder, "config.json"), &shape->config, error))
        return false;
    const char *weights = path_join(arena, folder, "model.safetensors");
    Error unread;
    shape->has_checkpoint =
        file_exists(weights) && weights_readable(&shape->config, weights, &unread);
    return !shape->has_checkpoint || checkpoint_open(arena, weights, &shape->checkpoint, error);
}

void shape_close(Shape *shape)
{
    if (shape->has_checkpoint)
        checkpoint_close(&shape->checkpoint);
}

Description request_description(const Request *request, const Config *config,
                                const Checkpoint *checkpoint)
{
    const Protocol *protocol = &request->protocol;
    const Method *method = request->method;
    double given = protocol->dropout;
    Head head = (Head)protocol->head;
    head = checkpoint ? head_resolve(head, checkpoint) : head == HEAD_AUTO ? HEAD_MEAN : head;
    while (method->heads && !(method->heads(request->options) >> head & 1))
        head = (Head)((head + 1) % HEADS);
    return (Description){
        .config = config,
        .method = { request->method, request->options },
        .head = head,
        .pooler_new = checkpoint ? !checkpoint_has_pooler(checkpoint) : !config_has_pooler(config),
        .pretrained = protocol->pretrained,
        .training = true,
        .hidden_dropout = isnan(given) ? config->hidden_dropout : given,
        .attention_dropout = isnan(given) ? config->attention_dropout : given,
        .classifier_dropout = isnan(given) ? config->classifier_dropout : given,
        .frozen_dropout = protocol->frozen_dropout == 0
                              ? !(request->method->claims & CALM_WHEN_FROZEN)
                              : protocol->frozen_dropout == 1,
        .frozen_store = (Store)protocol->frozen_dtype,
    };
}

Description shape_description(const Shape *shape, const Request *request, int labels)
{
    const Checkpoint *checkpoint = shape->has_checkpoint ? &shape->checkpoint : NULL;
    Description description = request_description(request, &shape->config, checkpoint);
    description.outputs = labels;
    return description;
}

size_t shape_length(const Shape *shape, int64_t max_length)
{
    int64_t longest = config_longest(&shape->config);
    return (size_t)(max_length < longest ? max_length : longest);
}

Extent extent_of(size_t sequences, size_t length)
{
    return (Extent){ .tokens = sequences * length,
                     .sequences = sequences,
                     .squares = sequences * length * length,
                     .longest = length };
}
