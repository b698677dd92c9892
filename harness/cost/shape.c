// shape.c: config.json and what follows from it.
#include "cost/shape.h"
#include "run/prepare.h"
#include "run/size.h"
#include <string.h>

bool shape_read(Arena *arena, const char *model, Shape *shape, Error *error)
{
    const char *folder = NULL;
    *shape = (Shape){ .has_checkpoint = false };
    if (!model)
        return fail(error, ERROR_INPUT, (Where){ .item = "--model" },
                    "a name, a folder or a config.json", "is not given");
    if (file_exists(model))
        return config_read(model, &shape->config, error);
    const char *sizes =
        path_join(arena, path_join(arena, configs_folder(arena), model), "config.json");
    if (!model_folder(arena, model, &folder, error))
        return !strchr(model, '/') && file_exists(sizes) &&
               config_read(sizes, &shape->config, error);
    if (!config_read(path_join(arena, folder, "config.json"), &shape->config, error))
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

bool shape_description(Arena *arena, const Shape *shape, const Request *request, int labels,
                       Description *description, Error *error)
{
    const Checkpoint *checkpoint = shape->has_checkpoint ? &shape->checkpoint : NULL;
    *description = request_description(request, &shape->config, checkpoint);
    description->outputs = labels;
    return size_solve(arena, request, description, error);
}

bool shape_length(const Shape *shape, int64_t max_length, size_t *length, Error *error)
{
    int64_t tokens;
    bool ok = config_length(&shape->config, max_length, false, &tokens, error);
    *length = (size_t)tokens;
    return ok;
}

Extent extent_of(size_t sequences, size_t length)
{
    return (Extent){ .tokens = sequences * length,
                     .sequences = sequences,
                     .squares = sequences * length * length,
                     .longest = length };
}
