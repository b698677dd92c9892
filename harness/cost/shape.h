// shape.h: a model as far as its sizes tell: what can be described and counted without its weights.
#ifndef COST_SHAPE_H
#define COST_SHAPE_H
#include "model/describe.h"
#include "run/request.h"

typedef struct {
    Config config;
    // Of a type whose weights can be read, where they are beside config.json: which head is auto,
    // and whether there is a pooler.
    Checkpoint checkpoint;
    bool has_checkpoint;
} Shape;

// `model`: a name (of a model, else of one of models/configs, which are sizes alone), a folder with
// config.json, or a config.json.
bool shape_read(Arena *arena, const char *model, Shape *shape, Error *error);
void shape_close(Shape *shape); // unmaps

// request_description (prepare.h), with so many outputs of its head; with a budget its method has
// the size that this allows.
bool shape_description(Arena *arena, const Shape *shape, const Request *request, int labels,
                       Description *description, Error *error);

// Tokens of the longest single text, as config_length has them.
bool shape_length(const Shape *shape, int64_t max_length, size_t *length, Error *error);
// A batch of `sequences` texts of `length` tokens each.
Extent extent_of(size_t sequences, size_t length);
#endif
