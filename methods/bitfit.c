// bitfit: biases alone.
//
// Ben Zaken et al. 2022 (arXiv 2106.10199): `all` trains every bias vector (LayerNorms' offsets and
// the pooler's bias included, as their code does), `query_ffn` the paper's b_q and b_m2, that is
// the query's and the intermediate layer's, and the pooler's.

#include "methods/method.h"

typedef struct {
    int subset;
} Bitfit;
enum { ALL, QUERY_FFN };

static const Option options[] = {
    { "subset", OPTION_CHOICE, offsetof(Bitfit, subset), "all", 0, 0, "all|query_ffn",
      "which biases train" },
    OPTION_END,
};

static bool param(const ParameterAt *at, const void *chosen)
{
    const Bitfit *bitfit = chosen;
    if (bitfit->subset == ALL)
        return at->kind == KIND_BIAS || at->kind == KIND_OFFSET;
    return at->kind == KIND_BIAS &&
           (at->site == SITE_Q || at->site == SITE_FFN_MID || at->site == SITE_POOLER);
}

static int64_t count(const Config *c, bool pooler, const void *chosen)
{
    const Bitfit *bitfit = chosen;
    int64_t H = c->hidden, F = c->intermediate;
    return (bitfit->subset == ALL ? c->layers * (7 * H + F) + H : c->layers * (H + F)) +
           (pooler ? H : 0);
}

const Method method_bitfit = {
    .name = "bitfit",
    .summary = "bias vectors alone",
    .paper = "Ben Zaken et al. 2022, arXiv 2106.10199",
    .claims = UNCHANGED_AT_START,
    .options = options,
    .options_size = sizeof(Bitfit),
    .rate = { 8e-3, 5e-3, 5e-3, 2e-3 },
    .param = param,
    .count = count,
};
