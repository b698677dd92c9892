// fixtures_model.c: see the header.
#include "tests/fixtures_model.h"

bool model_open(Fixtures *fixtures, const char *folder, Description *description,
                const Extent *train, const Extent *eval, const Training *training, Model *model)
{
    Error error;
    Arena *arena = fixtures->arena;
    if (!expect_read(fixtures,
                     config_read(path_join(arena, folder, "config.json"), &model->config, &error) &&
                         checkpoint_open(arena, path_join(arena, folder, "model.safetensors"),
                                         &model->checkpoint, &error),
                     &error))
        return false;
    description->config = &model->config;
    description->pretrained = true;
    description->frozen_dropout = true;
    description->training = train != NULL;
    description->pooler_new = !checkpoint_has_pooler(&model->checkpoint);
    if (expect_read(fixtures,
                    plans_make(arena, description, train, eval, &model->plans, &error) &&
                        trainer_new(arena, &model->plans, &model->checkpoint, 1, 1, training,
                                    &model->trainer, &error),
                    &error))
        return true;
    checkpoint_close(&model->checkpoint);
    return false;
}

void model_close(Model *model)
{
    trainer_free(&model->trainer);
    checkpoint_close(&model->checkpoint);
}

static size_t length_at(const json_t *lists, size_t index)
{
    return json_array_size(json_array_get(lists, index));
}

static int32_t whole_at(const json_t *lists, size_t index, size_t place)
{
    return (int32_t)json_integer_value(json_array_get(json_array_get(lists, index), place));
}

Batch packed(Arena *arena, const json_t *object, size_t first, size_t count)
{
    const json_t *sequences = json_object_get(object, "sequences");
    const json_t *types = json_object_get(object, "types"),
                 *labels = json_object_get(object, "labels");
    const json_t *positions = json_object_get(object, "mlm_positions");
    const json_t *masked = json_object_get(object, "mlm_labels");
    size_t end = json_array_size(sequences), tokens = 0, selected = 0;
    if (count < end - first)
        end = first + count;
    for (size_t s = first; s < end; s++) {
        tokens += length_at(sequences, s);
        selected += length_at(positions, s);
    }
    uint32_t *offset = arena_zero(arena, end - first + 1, sizeof *offset);
    uint32_t *example = arena_zero(arena, end - first + 1, sizeof *example);
    int32_t *label = arena_zero(arena, end - first + 1, sizeof *label);
    float *target = arena_zero(arena, end - first + 1, sizeof *target);
    int32_t *token = arena_zero(arena, tokens + 1, sizeof *token);
    int32_t *type = arena_zero(arena, tokens + 1, sizeof *type);
    int32_t *position = arena_zero(arena, tokens + 1, sizeof *position);
    uint32_t *picked = arena_zero(arena, selected + 1, sizeof *picked);
    int32_t *picked_label = arena_zero(arena, selected + 1, sizeof *picked_label);
    Extent extent = { .tokens = tokens, .sequences = end - first, .selected = selected };
    size_t row = 0, pick = 0;
    for (size_t s = first; s < end; s++) {
        size_t length = length_at(sequences, s);
        for (size_t i = 0; i < length_at(positions, s); i++) {
            picked[pick] = (uint32_t)(row + (size_t)whole_at(positions, s, i));
            picked_label[pick++] = whole_at(masked, s, i);
        }
        for (size_t i = 0; i < length; i++) {
            token[row] = whole_at(sequences, s, i);
            type[row] = types ? whole_at(types, s, i) : 0;
            position[row++] = (int32_t)i;
        }
        offset[s - first + 1] = (uint32_t)row;
        example[s - first] = (uint32_t)s;
        label[s - first] = (int32_t)json_integer_value(json_array_get(labels, s));
        target[s - first] = (float)json_number_value(json_array_get(labels, s));
        extent.squares += length * length;
        extent.longest = length > extent.longest ? length : extent.longest;
    }
    return (Batch){ .extent = extent,
                    .offset = offset,
                    .example = example,
                    .token = token,
                    .type = type,
                    .position = position,
                    .label = label,
                    .target = target,
                    .picked = picked,
                    .picked_label = picked_label };
}
