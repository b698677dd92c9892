// full: Finetuning II. Everything in the graph is trained: embeddings, LayerNorms, layers, pooler
// if used, head.
//
// Devlin et al. 2019 (arXiv 1810.04805). `embeddings no` freezes the three tables (not their
// LayerNorm): in small models they are most of all parameters.

#include "methods/method.h"

typedef struct {
    bool embeddings;
} Full;

static const Option options[] = {
    { "embeddings", OPTION_FLAG, offsetof(Full, embeddings), "yes", 0, 0, NULL,
      "whether the word, position and type tables train" },
    OPTION_END,
};

static bool param(const ParameterAt *at, const void *chosen)
{
    const Full *full = chosen;
    return at->kind != KIND_EMBEDDING || full->embeddings;
}

static int64_t count(const Config *c, bool pooler, const void *chosen)
{
    const Full *full = chosen;
    int64_t H = c->hidden, F = c->intermediate;
    int64_t tables = (c->vocabulary + c->positions + c->types) * H;
    return (full->embeddings ? tables : 0) + 2 * H +
           c->layers * (4 * H * H + 2 * H * F + 9 * H + F) + (pooler ? H * H + H : 0);
}

const Method method_full = {
    .name = "full",
    .summary = "Finetuning II: all weights",
    .paper = "Devlin et al. 2019, arXiv 1810.04805",
    .claims = UNCHANGED_AT_START,
    .options = options,
    .options_size = sizeof(Full),
    .rate = { 5e-4, 3e-4, 1e-4, 3e-5 },
    .param = param,
    .count = count,
};
