// prepare_warnings.c: what a reader of the row should know: of its data, its training, its memory.
#include "run/prepare_impl.h"
#include "base/text.h"
#include "data/overlap.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    Arena *arena;
    const char *text; // one after another; NULL: none
} Warnings;

static void warn(Warnings *warnings, const char *warning)
{
    text_append(warnings->arena, &warnings->text, "; ", "%s", warning);
}

static void of_task(Warnings *w, const Prepared *p)
{
    if (p->task->task.warning)
        warn(w, p->task->task.warning);
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        if (p->task->dataset.ragged[s] > 0)
            warn(w, arena_format(w->arena, "%zu lines of %s are no rows and left out",
                                 p->task->dataset.ragged[s], split_names[s]));
}

// How much weight decay takes off a weight that has no gradient.
static double shrinkage(const Training *t)
{
    double sum = 0;
    for (int64_t s = 0; s < t->steps && t->weight_decay > 0; s++)
        sum += schedule_rate(t->schedule, t->lr, s, t->warmup, t->steps);
    return -expm1(-t->weight_decay * sum);
}

static void of_training(Warnings *w, const Prepared *p)
{
    double shrinks = shrinkage(&p->training);
    if (shrinks > 0.1)
        warn(w, arena_format(w->arena, "weight decay shrinks weights by %.0f %% over the run",
                             100 * shrinks));
    if (p->training.steps > 0 && p->training.steps <= p->training.warmup)
        warn(w, "warm-up takes every step");
}

// Layers of the checkpoint that a config with fewer leaves out.
static void of_layers(Warnings *w, const Prepared *p)
{
    static const char part[] = "encoder.layer.";
    const Checkpoint *checkpoint = &p->model->checkpoint;
    int64_t most = 0, layers = p->model->config.layers;
    for (size_t i = 0; i < checkpoint->tensors; i++) {
        const char *at = strstr(checkpoint->tensor[i].name, part);
        int64_t layer = at ? strtoll(at + sizeof part - 1, NULL, 10) : 0;
        most = layer > most ? layer : most;
    }
    if (most >= layers)
        warn(w, arena_format(w->arena,
                             "the checkpoint has %lld layers, of which config.json takes "
                             "the first %lld",
                             (long long)most + 1, (long long)layers));
}

static void of_model(Warnings *w, const Description *is)
{
    if (is->head == HEAD_POOLER && is->pooler_new && is->pretrained)
        warn(w, "the checkpoint has no pooler: drawn anew");
    if (is->config->type_assumed)
        warn(w, "config.json has no model_type: taken for bert");
}

static void of_size(Warnings *w, const Prepared *p)
{
    double budget = p->request->protocol.budget, used = p->row.method_share_nonembedding;
    if (used < budget / 2)
        warn(w, arena_format(w->arena,
                             "its largest size trains %.3g %% of the encoder, of a budget of %g %%",
                             100 * used, 100 * budget));
}

// Rows that were trained on are remembered. Of train before --train-limit takes of it, and of what
// is scored: a trial is on tune alone.
static void of_overlap(Warnings *w, const Prepared *p)
{
    for (Split s = SPLIT_TUNE; s < SPLITS; s++) {
        size_t rows = p->tokens[s].count, in_train = p->task->in_train[s];
        if (rows > 0 && (double)in_train >= OVERLAP_MOST * (double)rows)
            warn(w, arena_format(w->arena, "%zu of %zu rows of %s stand in train", in_train, rows,
                                 split_names[s]));
    }
}

static void of_texts(Warnings *w, bool final, const Prepared *p)
{
    size_t capitals = tokenizer_capitals(p->model->tokenizer);
    size_t pieces = tokenizer_vocabulary(p->model->tokenizer);
    if (final && p->task->task.file[SPLIT_TEST].label &&
        p->task->dataset.split[SPLIT_TEST].count > p->tokens[SPLIT_TEST].count)
        warn(w, "test has no labels: it is not scored");
    of_overlap(w, p);
    if (100 * capitals > pieces)
        warn(w, arena_format(w->arena, "texts are lower-cased, but %zu of %zu pieces have capitals",
                             capitals, pieces));
}

static void of_memory(Warnings *w, const Prepared *p)
{
    if (!p->levers.keeps) // max-memory took it: nothing else gives it up
        warn(w, p->frozen.in_file ? "within max-memory what a frozen bottom gives is kept in a file"
                                  : "within max-memory what a frozen bottom gives is not kept");
    if (p->no_room)
        warn(w, arena_format(w->arena, "what a frozen bottom gives had no room in a file: %s",
                             p->no_room));
}

const char *prepare_warnings(Arena *arena, const Prepared *p)
{
    Warnings w = { .arena = arena };
    bool final = p->request->protocol.stage == STAGE_FINAL;
    of_task(&w, p);
    of_training(&w, p);
    of_size(&w, p);
    of_model(&w, &p->description);
    of_layers(&w, p);
    of_texts(&w, final, p);
    if (final && p->request->protocol.heldout &&
        !heldout_applies(&p->description, &p->model->checkpoint))
        warn(&w, p->description.pretrained ? "the checkpoint has no masked-language-model head: "
                                             "forgetting is not measured"
                                           : "an untrained model has nothing to forget");
    of_memory(&w, p);
    return w.text;
}
