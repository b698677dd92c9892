// verify_world.c: a generated checkpoint, batches that can be learnt, and values for options.
#include "base/random.h"
#include "base/text.h"
#include "verify/verify_impl.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 9 };

// ---- the checkpoint

static const Config config = {
    .vocabulary = 53,
    .hidden = 30,
    .layers = 4,
    .heads = 5, // of size 6
    .kv_heads = 5,
    .intermediate = 44,
    .positions = 29,
    .types = 2,
    .activation = GELU,
    .hidden_dropout = 0.1,
    .attention_dropout = 0.15,
    .classifier_dropout = 0.2,
    .epsilon = 1e-12,
    .initializer_range = 0.25, // a head that the encoder's gradients come through
};

// No tensor is at a value that would hide something: gains about 1, biases about 0.2, attention far
// from uniform, embeddings as small as in a trained BERT.
static double typical(const Parameter *p, double normal)
{
    if (strstr(p->name, "LayerNorm.weight"))
        return 1 + 0.25 * normal;
    if (p->rank == 1)
        return 0.2 * normal;
    if (strstr(p->name, "embeddings"))
        return 0.05 * normal;
    return 1.3 / sqrt((double)p->cols) * normal;
}

// Runs read a checkpoint, so this one is made: what the encoder asks for, under its names.
static bool checkpoint_make(World *world, Error *error)
{
    Arena *arena = world->arena;
    Description description = description_of(world, NULL, HEAD_POOLER);
    Described described;
    description.training = false;
    if (!describe(arena, &description, &described, error))
        return false;
    const Graph *graph = described.graph;
    Checkpoint *checkpoint = &world->checkpoint;
    checkpoint->file = "the generated model";
    checkpoint->tensor = arena_zero(arena, graph->parameters, sizeof *checkpoint->tensor);
    for (size_t i = 0; i < graph->parameters; i++)
        if (part_of_checkpoint(graph->parameter[i].part))
            world->numbers += (size_t)(graph->parameter[i].rows * graph->parameter[i].cols);
    world->weights = arena_take(arena, world->numbers, sizeof(float));
    world->pristine = arena_take(arena, world->numbers, sizeof(float));
    size_t at = 0;
    for (size_t i = 0; i < graph->parameters; i++) {
        const Parameter *p = &graph->parameter[i];
        if (!part_of_checkpoint(p->part))
            continue;
        Tensor *tensor = &checkpoint->tensor[checkpoint->tensors++];
        *tensor = (Tensor){ .name = p->name,
                            .type = TENSOR_F32,
                            .rank = p->rank,
                            .count = (size_t)(p->rows * p->cols),
                            .data = (const uint8_t *)(world->weights + at) };
        tensor->shape[0] = p->rank == 2 ? p->rows : p->cols;
        tensor->shape[1] = p->rank == 2 ? p->cols : 0;
        tensor->bytes = tensor->count * sizeof(float);
        for (size_t j = 0; j < tensor->count; j++) {
            Random4 bits = random_at(SEED, STREAM_TEST, random_name(p->name), j);
            world->pristine[at++] = (float)typical(p, random_normal(bits));
        }
    }
    tensors_sort(checkpoint->tensor, checkpoint->tensors);
    world_restore(world);
    return true;
}

void world_restore(World *world)
{
    memcpy(world->weights, world->pristine, world->numbers * sizeof(float));
}

// ---- batches: of a sequence's tokens three of four are one of two that tell its label, the others
// are any; lengths are 1 to LONGEST

static uint64_t drawn(uint64_t which, uint64_t index, uint64_t below)
{
    return random_below(random_at(SEED, STREAM_TEST, which, index), below);
}

static Batch batch_make(Arena *arena, uint64_t number)
{
    enum { ROOM = SEQUENCES * LONGEST };
    uint32_t *offset = arena_zero(arena, SEQUENCES + 1, sizeof *offset);
    uint32_t *example = arena_take(arena, SEQUENCES, sizeof *example);
    int32_t *label = arena_take(arena, SEQUENCES, sizeof *label);
    int32_t *token = arena_take(arena, ROOM, sizeof *token);
    int32_t *type = arena_take(arena, ROOM, sizeof *type);
    int32_t *position = arena_take(arena, ROOM, sizeof *position);
    Extent extent = { .sequences = SEQUENCES };
    for (uint64_t s = 0; s < SEQUENCES; s++) {
        uint64_t which = number * SEQUENCES + s, y = drawn(which, 0, LABELS);
        size_t length = s == 0 ? 1 : 1 + drawn(which, 1, LONGEST);
        for (uint64_t i = 0; i < length; i++, extent.tokens++) {
            bool tells = drawn(which, 3 * i + 2, 4) != 0;
            token[extent.tokens] =
                (int32_t)(tells ? 2 * y + drawn(which, 3 * i + 3, 2)
                                : drawn(which, 3 * i + 4, (uint64_t)config.vocabulary));
            type[extent.tokens] = 2 * i > length;
            position[extent.tokens] = (int32_t)i;
        }
        offset[s + 1] = (uint32_t)extent.tokens;
        example[s] = (uint32_t)which;
        label[s] = (int32_t)y;
        extent.squares += length * length;
        extent.longest = length > extent.longest ? length : extent.longest;
    }
    return (Batch){ .extent = extent,
                    .offset = offset,
                    .example = example,
                    .label = label,
                    .token = token,
                    .type = type,
                    .position = position };
}

// ---- values of options

void *options_with(const World *world, const void *base, const Option *option, const char *value)
{
    const Method *method = world->method;
    void *options = arena_zero(world->arena, 1, method->options_size + 1);
    Error error;
    options_default(method_options(method), options);
    if (base && method->options_size)
        memcpy(options, base, method->options_size);
    return !option || option_set(world->arena, option, options, NULL, value, (Where){ 0 }, &error)
               ? options
               : NULL;
}

// False: *refusal says why the method does not take the model.
static bool taken(const World *world, const void *options, Error *refusal)
{
    Description description = description_of(world, options, HEAD_MEAN);
    Described described;
    *refusal = (Error){ 0 };
    description.training = false; // an error that is no refusal is for the checks to report
    return describe(world->arena, &description, &described, refusal) ||
           refusal->kind != ERROR_INPUT;
}

bool legal(const World *world, const void *options)
{
    Error refusal;
    return taken(world, options, &refusal);
}

// What to try for an option, in this order; NULL at the end. Numbers are unlike the model's sizes,
// and unlike each other, so that a scale is no ratio of equal ones.
static const char **candidates(Arena *arena, const Option *option)
{
    static const char *whole[] = { "3", "2", "0", "1", NULL };
    static const char *real[] = { "11", "0.3", NULL };
    static const char *flag[] = { "yes", "no", NULL };
    static const char *none[] = { NULL };
    const char **names = arena_zero(arena, 35, sizeof *names);
    size_t count = 0;
    switch (option->type) {
    case OPTION_WHOLE:
    case OPTION_REAL:
        for (const char **c = option->type == OPTION_WHOLE ? whole : real; *c; c++)
            names[count++] = *c;
        if (isfinite(option->low))
            names[count++] = arena_format(arena, "%.17g", option->low);
        return names;
    case OPTION_SET:
    case OPTION_CHOICE:
        if (option->type == OPTION_SET)
            names[count++] = "all";
        for (const char *at = option->choices; count < 34; at++) {
            size_t length = strcspn(at, "|");
            names[count++] = arena_format(arena, "%.*s", (int)length, at);
            at += length;
            if (!*at)
                break;
        }
        return names;
    case OPTION_FLAG:
        return flag;
    case OPTION_BYTES:
    case OPTION_TEXT:
        break;
    }
    return none;
}

// Adds the option's other legal values beside those of `base`: every one of a choice, of others the
// first that is legal.
static void try_beside(World *world, const Option *option, const Choice *base)
{
    Arena *arena = world->arena;
    const char *standard = option_text(arena, option, world->choice[0].options); // or as given
    for (const char **c = candidates(arena, option); *c && world->choices + 1 < CHOICES; c++) {
        void *options = options_with(world, base ? base->options : NULL, option, *c);
        const char *text = options ? option_text(arena, option, options) : NULL;
        if (!text || text_same(text, standard) || !legal(world, options))
            continue;
        Choice choice = { arena_format(arena, "%s=%s", option->name, text),
                          base ? base->options : NULL, option, *c, options };
        if (base)
            choice.says = arena_format(arena, "%s with %s", choice.says, base->says);
        world->choice[world->choices++] = choice;
        if (option->type != OPTION_CHOICE)
            break;
    }
}

// One that the defaults of the others leave no room for is tried beside another option's value.
static void try_option(World *world, const Option *option)
{
    size_t before = world->choices;
    try_beside(world, option, NULL);
    for (size_t i = 1; i < before && world->choices == before; i++)
        try_beside(world, option, &world->choice[i]);
    if (world->choices == before)
        world->untried = arena_format(world->arena, "%s%s%s", world->untried,
                                      *world->untried ? " " : "", option->name);
}

// Another value of every option, of those that may stand together; of a choice the first.
static void try_all(World *world)
{
    void *all = world->choice[0].options;
    const Option *last = NULL;
    for (size_t i = 1; i < world->choices; i++) {
        if (world->choice[i].option == last)
            continue;
        last = world->choice[i].option;
        void *more = options_with(world, all, last, world->choice[i].value);
        all = legal(world, more) ? more : all;
    }
    if (world->choices > 2)
        world->choice[world->choices++] = (Choice){ .says = "all others", .options = all };
}

// What was given for a larger model may not fit this one: then nothing is known of the method.
static bool choices_make(World *world, const void *given, Error *error)
{
    Error refusal;
    world->untried = "";
    world->choice[world->choices++] = (Choice){ .says = given ? "as given" : "defaults",
                                                .options = options_with(world, given, NULL, NULL) };
    if (given && !taken(world, world->choice[0].options, &refusal))
        return fail(error, ERROR_INPUT, (Where){ .item = "the generated model" }, NULL,
                    "of %lld layers and hidden %lld does not take it: %s", (long long)config.layers,
                    (long long)config.hidden, refusal.text);
    if (given)
        return true;
    for (const Option *o = method_options(world->method); o->name; o++)
        try_option(world, o);
    try_all(world);
    return true;
}

bool world_new(Arena *arena, const Method *method, const void *options, World *world, Error *error)
{
    *world =
        (World){ .arena = arena, .method = method, .config = config, .given = options != NULL };
    world->trains = !(method->claims & TRAINS_NOTHING);
    if (!checkpoint_make(world, error))
        return false;
    for (uint64_t i = 0; i < BATCHES; i++) {
        world->batch[i] = batch_make(arena, i);
        world->largest = extent_max(world->largest, world->batch[i].extent);
    }
    return choices_make(world, options, error);
}
