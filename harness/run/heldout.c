// heldout.c: texts -> masked batches -> a loss.
#include "run/heldout.h"
#include "base/random.h"
#include "base/text.h"
#include "train/trainer.h"
#include <string.h>

enum { TEXTS_A_BATCH = 32, MASK_SEED = 1 };
#define PICKED 0.15
#define MASKED 0.8   // of the picked ones
#define REPLACED 0.9 // what is above stays

typedef struct {
    char **text;
    size_t texts;
} Lines;

static bool lines_of(Arena *arena, const char *path, Lines *lines, Error *error);
static Batch masked(Arena *arena, const Tokenizer *tokenizer, const Lines *lines, size_t from,
                    size_t max_length);

bool heldout_applies(const Description *description, const Checkpoint *checkpoint)
{
    return description->pretrained && checkpoint_has_mlm(checkpoint);
}

bool heldout_read(Arena *arena, const Tokenizer *tokenizer, const char *path, size_t max_length,
                  Heldout *heldout, Error *error)
{
    Lines lines = { NULL, 0 };
    *heldout = (Heldout){ .batch = NULL };
    if (tokenizer_id(tokenizer, "[MASK]") < 0)
        return fail(error, ERROR_INPUT, (Where){ .item = "heldout" },
                    "a model whose vocabulary has it", "there is no [MASK] to put into texts");
    if (!lines_of(arena, path, &lines, error) || !hash_file(path, &heldout->hash, error))
        return false;
    Batch *batch = arena_take(arena, lines.texts / TEXTS_A_BATCH + 1, sizeof *batch);
    for (size_t from = 0; from < lines.texts; from += TEXTS_A_BATCH) {
        Batch made = masked(arena, tokenizer, &lines, from, max_length);
        if (made.extent.selected == 0)
            continue;
        heldout->picked += made.extent.selected;
        heldout->largest = extent_max(heldout->largest, made.extent);
        batch[heldout->batches++] = made;
    }
    heldout->batch = batch;
    return heldout->picked > 0 || fail(error, ERROR_INPUT, (Where){ .file = path },
                                       "texts, one a line", "has no token that would be masked");
}

static bool lines_of(Arena *arena, const char *path, Lines *lines, Error *error)
{
    Bytes bytes;
    size_t count;
    if (!file_read(arena, path, &bytes, error) ||
        !bytes_are_text(bytes, (Where){ .file = path }, error))
        return false;
    char **line = text_split(arena, (const char *)bytes.data, '\n', &count);
    *lines = (Lines){ line, 0 };
    for (size_t i = 0; i < count; i++)
        if (line[i][strspn(line[i], " \t\r")] != '\0')
            line[lines->texts++] = line[i];
    return true;
}

// What the model sees at a position instead of `token`; *picked: the loss asks for it.
static int32_t seen(const Tokenizer *tokenizer, int32_t token, size_t text, size_t position,
                    bool *picked)
{
    Random4 bits = random_at(MASK_SEED, STREAM_MASK, text, position);
    double part = (double)bits.word[2] * 0x1p-32;
    *picked = random_uniform(bits) < PICKED;
    if (!*picked || part >= REPLACED)
        return token;
    if (part < MASKED)
        return tokenizer_id(tokenizer, "[MASK]");
    return (int32_t)((uint64_t)bits.word[3] * tokenizer_vocabulary(tokenizer) >> 32);
}

static Batch masked(Arena *arena, const Tokenizer *tokenizer, const Lines *lines, size_t from,
                    size_t max_length)
{
    size_t left = lines->texts - from, count = left < TEXTS_A_BATCH ? left : TEXTS_A_BATCH;
    size_t room = count * max_length;
    uint32_t *offset = arena_take(arena, count + 1, sizeof *offset);
    uint32_t *example = arena_take(arena, count, sizeof *example);
    int32_t *token = arena_take(arena, room, sizeof *token);
    int32_t *type = arena_take(arena, room, sizeof *type);
    int32_t *position = arena_take(arena, room, sizeof *position);
    uint32_t *picked = arena_take(arena, room, sizeof *picked);
    int32_t *was = arena_take(arena, room, sizeof *was);
    Extent extent = { .sequences = count };
    for (size_t i = 0; i < count; i++) {
        Encoding text = { .token = token + extent.tokens, .type = type + extent.tokens };
        tokenizer_encode_into(tokenizer, lines->text[from + i], NULL, max_length, &text);
        offset[i] = (uint32_t)extent.tokens;
        example[i] = (uint32_t)(from + i);
        for (size_t t = 0; t < text.count; t++) {
            bool asked = false;
            int32_t before = text.token[t];
            position[extent.tokens + t] = (int32_t)t;
            if (t > 0 && t + 1 < text.count) // [CLS] and [SEP] are never asked for
                text.token[t] = seen(tokenizer, before, from + i, t, &asked);
            if (asked) {
                picked[extent.selected] = (uint32_t)(extent.tokens + t);
                was[extent.selected++] = before;
            }
        }
        extent.tokens += text.count;
        extent.squares += text.count * text.count;
        extent.longest = text.count > extent.longest ? text.count : extent.longest;
    }
    offset[count] = (uint32_t)extent.tokens;
    return (Batch){ .extent = extent,
                    .offset = offset,
                    .example = example,
                    .token = token,
                    .type = type,
                    .position = position,
                    .picked = picked,
                    .picked_label = was };
}

static double mean_loss(const Heldout *heldout, Trainer *trainer)
{
    double sum = 0;
    for (size_t b = 0; b < heldout->batches; b++)
        sum += trainer_mlm(trainer, &heldout->batch[b]) * (double)heldout->batch[b].extent.selected;
    return sum / (double)heldout->picked;
}

bool heldout_loss(const Heldout *heldout, const Description *description, Checkpoint *checkpoint,
                  const State *tuned, double *loss, Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    Description is = *description;
    Plans plans;
    Trainer trainer = { .step = NULL };
    if (!tuned)
        is.method = (Attached){ NULL, NULL }, is.frozen_store = STORE_F32;
    bool ok =
        arena && plans_make(arena, &is, NULL, NULL, &heldout->largest, &plans, error) &&
        trainer_new(arena, &plans, checkpoint, 0, 0, &(Training){ .steps = 0 }, &trainer, error);
    if (ok) {
        for (size_t i = 0; i < trainer.state->slots; i++) {
            Slot *slot = &trainer.state->slot[i];
            const Slot *now = tuned ? state_find(tuned, slot->is.name) : NULL;
            if (now && slot->is.trained)
                memcpy(slot->value, now->value, slot->count * sizeof *slot->value);
        }
        *loss = mean_loss(heldout, &trainer);
    }
    trainer_free(&trainer);
    arena_free(arena);
    return ok;
}
