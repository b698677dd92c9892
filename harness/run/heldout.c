// heldout.c: texts -> masked batches -> a loss.
#include "run/heldout.h"
#include "base/random.h"
#include "data/tokens.h"
#include "engine/plan.h"
#include <string.h>

enum { MASK_SEED = 1 };
#define PICKED 0.15
#define MASKED 0.8   // of the picked ones
#define REPLACED 0.9 // what is above stays

static Batch masked(Arena *arena, const Heldout *heldout, const Batches *batches, size_t s);

bool heldout_applies(const Description *description, const Checkpoint *checkpoint)
{
    return description->pretrained && checkpoint_has_mlm(checkpoint);
}

bool heldout_read(Arena *arena, const Tokenizer *tokenizer, const char *path, size_t max_length,
                  Heldout *heldout, Error *error)
{
    Csv lines;
    *heldout = (Heldout){ .tokenizer = tokenizer };
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
    if (!tokens_of(arena, tokenizer, &(Task){ .classes = 0 }, texts, max_length, &heldout->tokens,
                   error))
        return false;
    heldout_cut(arena, HELDOUT_BATCH, heldout);
    return heldout->picked > 0 || fail(error, ERROR_INPUT, (Where){ .file = path },
                                       "texts, one a line", "has no token that would be masked");
}

void heldout_cut(Arena *arena, size_t most, Heldout *heldout)
{
    Batches batches;
    batches_in_order(arena, &heldout->tokens, most < HELDOUT_BATCH ? most : HELDOUT_BATCH,
                     &batches);
    Batch *batch = arena_take(arena, batches.steps + 1, sizeof *batch);
    heldout->batches = heldout->picked = 0;
    heldout->largest = (Extent){ 0 };
    for (size_t s = 0; s < batches.steps; s++) {
        Batch made = masked(arena, heldout, &batches, s);
        if (made.extent.selected == 0)
            continue;
        heldout->picked += made.extent.selected;
        heldout->largest = extent_max(heldout->largest, made.extent);
        batch[heldout->batches++] = made;
    }
    heldout->batch = batch;
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

static Batch masked(Arena *arena, const Heldout *heldout, const Batches *batches, size_t s)
{
    Extent extent = extent_at(&heldout->tokens, batches, s);
    BatchBuffer buffer = batch_buffer(arena, &extent);
    Batch batch = batch_at(&buffer, &heldout->tokens, batches, s);
    uint32_t *picked = arena_take(arena, extent.tokens, sizeof *picked);
    int32_t *was = arena_take(arena, extent.tokens, sizeof *was);
    for (size_t i = 0; i < extent.sequences; i++) // [CLS] and [SEP] are never asked for
        for (uint32_t t = batch.offset[i] + 1; t + 1 < batch.offset[i + 1]; t++) {
            bool asked;
            int32_t before = batch.token[t];
            buffer.token[t] = seen(heldout->tokenizer, before, batch.example[i],
                                   (size_t)batch.position[t], &asked);
            if (asked) {
                picked[batch.extent.selected] = t;
                was[batch.extent.selected++] = before;
            }
        }
    batch.picked = picked;
    batch.picked_label = was;
    return batch;
}

// Of a pass: of the untouched checkpoint, or with the method attached.
static const Plan *plan_pass(Arena *arena, const Heldout *heldout, const Description *description,
                             bool tuned, Error *error)
{
    Description is = *description;
    Described pass;
    if (!tuned)
        is.method = (Attached){ NULL, NULL }, is.frozen_store = STORE_F32;
    return describe_mlm(arena, &is, &pass, error)
               ? plan(arena, pass.graph, &heldout->largest, error)
               : NULL;
}

// A pass has the plan's memory and, in its own, what is not lent to it (lend).
static size_t pass_bytes(const Plan *pass, const Graph *lender)
{
    const Graph *graph = plan_graph(pass);
    size_t bytes = plan_bytes(pass);
    for (size_t i = 0; i < graph->parameters; i++) {
        const Parameter *p = &graph->parameter[i];
        if (!lender || p->trained || p->store != STORE_F32 || !graph_find(lender, p->name))
            bytes += parameter_bytes(p);
    }
    return bytes;
}

bool heldout_peak(Arena *arena, const Heldout *heldout, const Description *description,
                  const Graph *graph, size_t held, size_t *peak, Error *error)
{
    const Plan *before, *after;
    *peak = 0;
    if (heldout->batches == 0)
        return true;
    if (!(before = plan_pass(arena, heldout, description, false, error)) ||
        !(after = plan_pass(arena, heldout, description, true, error)))
        return false;
    size_t first = pass_bytes(before, NULL), last = held + pass_bytes(after, graph);
    *peak = first > last ? first : last;
    return true;
}

typedef struct {
    const State *tuned; // NULL: nobody lends
    Checkpoint *checkpoint;
} Lender;

// A Giver: what is frozen is read where the tuned model has it.
static const float *lend(void *context, const Parameter *parameter, float *out, Error *error)
{
    const Lender *lender = context;
    const Slot *slot = lender->tuned ? state_find(lender->tuned, parameter->name) : NULL;
    bool lends = slot && slot->value && !parameter->trained && parameter->store == STORE_F32;
    return lends ? slot->value : checkpoint_giver(lender->checkpoint, parameter, out, error);
}

static double mean_loss(const Heldout *heldout, Runner *runner)
{
    double sum = 0;
    for (size_t b = 0; b < heldout->batches; b++)
        sum += runner_step(runner, &heldout->batch[b], &(StepOptions){ .weight = 1 }) *
               (double)heldout->batch[b].extent.selected;
    return sum / (double)heldout->picked;
}

bool heldout_loss(const Heldout *heldout, const Description *description, Checkpoint *checkpoint,
                  uint64_t init_seed, const State *tuned, double *loss, Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    Lender lender = { tuned, checkpoint };
    const Plan *pass = arena ? plan_pass(arena, heldout, description, tuned != NULL, error) : NULL;
    const Graph *graph = pass ? plan_graph(pass) : NULL;
    State *state = pass ? state_for_use(arena, &graph, 1, init_seed, lend, &lender, error) : NULL;
    if (state) {
        if (tuned)
            state_take_trained(state, tuned);
        float *memory = arena_take(arena, plan_bytes(pass), 1);
        *loss = mean_loss(heldout, runner_new(arena, pass, state, memory));
    }
    arena_free(arena);
    return state != NULL;
}
