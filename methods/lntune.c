// lntune: gain and offset of the LayerNorms.
//
// Houlsby et al. 2019 (arXiv 1902.00751), section 3.4, whose count of 40k on BERT-base leaves open
// whether the embeddings' LayerNorm is among them: `emb`.

#include "methods/method.h"

typedef struct {
    bool emb;
} Lntune;

static const Option options[] = {
    { "emb", OPTION_FLAG, offsetof(Lntune, emb), "yes", 0, 0, NULL,
      "whether the embeddings' LayerNorm trains, too" },
    OPTION_END,
};

static bool param(const ParameterAt *at, const void *chosen)
{
    const Lntune *lntune = chosen;
    return (at->kind == KIND_GAIN || at->kind == KIND_OFFSET) &&
           (lntune->emb || at->site != SITE_EMBEDDING);
}

static int64_t count(const Config *config, bool pooler, const void *chosen)
{
    const Lntune *lntune = chosen;
    (void)pooler;
    return 2 * config->hidden * (2 * config->layers + (lntune->emb ? 1 : 0));
}

const Method method_lntune = {
    .name = "lntune",
    .summary = "gains and offsets of the LayerNorms alone",
    .paper = "Houlsby et al. 2019, arXiv 1902.00751",
    .claims = UNCHANGED_AT_START,
    .options = options,
    .options_size = sizeof(Lntune),
    .rate = { 1e-2, 5e-3, 5e-3, 2e-3 },
    .param = param,
    .count = count,
};
