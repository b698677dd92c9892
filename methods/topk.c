// topk: the top k layers, all of their tensors, and the pooler where the head reads it. The
// embeddings stay frozen, so even with all layers it is not `full`.
//
// "Variable fine-tuning" in Houlsby et al. 2019 (arXiv 1902.00751), section 3.

#include "methods/method.h"

typedef struct {
    int64_t layers;
} Topk;

static const Option options[] = {
    { "layers", OPTION_WHOLE, offsetof(Topk, layers), "1", 0, 65536, NULL,
      "how many train, from the top; 0 is `head`" },
    OPTION_END,
};

static void resolve(Build *build, void *chosen)
{
    const Topk *topk = chosen;
    long long most = build->config->layers;
    if (topk->layers > most)
        refuse(build, "layers", arena_format(build->graph->arena, "0 to %lld", most),
               "%lld is more than the model has", (long long)topk->layers);
}

static bool param(const ParameterAt *at, const void *chosen)
{
    const Topk *topk = chosen;
    return at->site == SITE_POOLER || (at->layer >= 0 && at->layer >= at->layers - topk->layers);
}

static int64_t count(const Config *c, bool pooler, const void *chosen)
{
    const Topk *topk = chosen;
    int64_t H = c->hidden, F = c->intermediate;
    return topk->layers * (4 * H * H + 2 * H * F + 9 * H + F) + (pooler ? H * H + H : 0);
}

const Method method_topk = {
    .name = "topk",
    .summary = "the top layers, whole",
    .paper = "Houlsby et al. 2019, arXiv 1902.00751",
    .claims = UNCHANGED_AT_START | CALM_WHEN_FROZEN,
    .options = options,
    .options_size = sizeof(Topk),
    .rate = { 1.5e-3, 6e-4, 2e-4, 6e-5 },
    .resolve = resolve,
    .param = param,
    .count = count,
};
