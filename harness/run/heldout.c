// heldout.c: texts -> masked batches -> a loss.
#include "run/heldout.h"
#include "base/random.h"
#include "data/tokens.h"
#include "train/trainer.h"
#include <string.h>

enum { TEXTS_A_BATCH = 32, MASK_SEED = 1 };
#define PICKED 0.15
#define MASKED 0.8   // of the picked ones
#define REPLACED 0.9 // what is above stays

static Batch masked(Arena *arena, const Tokenizer *tokenizer, const Tokens *tokens,
                    const uint32_t *text, size_t count);

bool heldout_applies(const Description *description, const Checkpoint *checkpoint)
{
    return description->pretrained && checkpoint_has_mlm(checkpoint);
}

bool heldout_read(Arena *arena, const Tokenizer *tokenizer, const char *path, size_t max_length,
                  Heldout *heldout, Error *error)
{
    Csv lines;
    Tokens tokens;
    Batches batches;
    *heldout = (Heldout){ .batch = NULL };
    if (tokenizer_id(tokenizer, "[MASK]") < 0)
        return fail(error, ERROR_INPUT, (Where){ .item = "heldout" },
                    "a model whose vocabulary has it", "there is no [MASK] to put into texts");
    if (!csv_read(arena, path, CSV_LINES, false, &lines, error) ||
        !hash_file(path, &heldout->hash, error))
        return false;
    Example *text = arena_take(arena, lines.rows, sizeof *text);
    Examples texts = { text, 0 };
    for (size_t i = 0; i < lines.rows; i++)
        if (lines.row[i].field[0][strspn(lines.row[i].field[0], " \t\r")] != '\0')
            text[texts.count++] = (Example){ .text = lines.row[i].field[0] };
    if (!tokens_of(arena, tokenizer, &(Task){ .classes = 0 }, texts, max_length, &tokens, error))
        return false;
    batches_in_order(arena, &tokens, TEXTS_A_BATCH, &batches);
    Batch *batch = arena_take(arena, batches.steps + 1, sizeof *batch);
    for (size_t s = 0; s < batches.steps; s++) {
        Batch made = masked(arena, tokenizer, &tokens, batches.order + batches.begin[s],
                            batches.begin[s + 1] - batches.begin[s]);
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

static Batch masked(Arena *arena, const Tokenizer *tokenizer, const Tokens *tokens,
                    const uint32_t *text, size_t count)
{
    Extent extent = batch_extent(tokens, text, count);
    BatchBuffer buffer = batch_buffer(arena, &extent);
    Batch batch = batch_fill(&buffer, tokens, text, count);
    uint32_t *picked = arena_take(arena, extent.tokens, sizeof *picked);
    int32_t *was = arena_take(arena, extent.tokens, sizeof *was);
    for (size_t i = 0; i < count; i++) // [CLS] and [SEP] are never asked for
        for (uint32_t t = batch.offset[i] + 1; t + 1 < batch.offset[i + 1]; t++) {
            bool asked;
            int32_t before = batch.token[t];
            buffer.token[t] = seen(tokenizer, before, text[i], (size_t)batch.position[t], &asked);
            if (asked) {
                picked[batch.extent.selected] = t;
                was[batch.extent.selected++] = before;
            }
        }
    batch.picked = picked;
    batch.picked_label = was;
    return batch;
}

static double mean_loss(const Heldout *heldout, Trainer *trainer)
{
    double sum = 0;
    for (size_t b = 0; b < heldout->batches; b++)
        sum += trainer_mlm(trainer, &heldout->batch[b]) * (double)heldout->batch[b].extent.selected;
    return sum / (double)heldout->picked;
}

bool heldout_loss(const Heldout *heldout, const Description *description, Checkpoint *checkpoint,
                  uint64_t init_seed, const State *tuned, double *loss, Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    Description is = *description;
    Plans plans;
    Trainer trainer = { .step = NULL };
    if (!tuned)
        is.method = (Attached){ NULL, NULL }, is.frozen_store = STORE_F32;
    bool ok = arena && plans_make(arena, &is, NULL, NULL, &heldout->largest, &plans, error) &&
              trainer_new(arena, &plans, checkpoint, init_seed, 0, &(Training){ .steps = 0 },
                          &trainer, error);
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
