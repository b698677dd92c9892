// lora: low-rank updates beside chosen linear layers.
//
//   y' = y + c dropout(x) A^T B^T      A: rank x in, B: out x rank; c = alpha / rank
//
// Hu et al. 2021 (arXiv 2106.09685), eq. 3. B starts at zero, so tuning starts from the pretrained
// function. A starts uniform within 1 / sqrt(in), as in the authors' code; the paper's text says
// Gaussian. `rslora` takes c = alpha / sqrt(rank) (Kalajdzievski 2023, arXiv 2312.03732).

#include "methods/method.h"

typedef struct {
    int64_t rank;
    double alpha, dropout;
    unsigned targets;
    bool rslora;
} Lora;

static const Option options[] = {
    { "rank", OPTION_WHOLE, offsetof(Lora, rank), "8", 1, 65536, NULL, "inner width r" },
    { "alpha", OPTION_REAL, offsetof(Lora, alpha), "16", 1e-6, 1024, NULL,
      "scale is alpha / rank" },
    { "dropout", OPTION_REAL, offsetof(Lora, dropout), "0", 0, 0.9, NULL, "rate before A" },
    { "targets", OPTION_SET, offsetof(Lora, targets), "q+v", 0, 0, LINEAR_SITE_NAMES,
      "layers to update" },
    { "rslora", OPTION_FLAG, offsetof(Lora, rslora), "no", 0, 0, NULL,
      "scale is alpha / sqrt(rank)" },
    OPTION_END,
};

typedef struct {
    Value A, B;
} Factors;

// A parameter is known by its site, layer and name: `linear` and `merged` speak of one pair.
static Factors factors(Build *build, const Linear *at, const Lora *lora)
{
    int64_t most = at->in < at->out ? at->in : at->out;
    if (lora->rank > most)
        refuse(build, "rank", arena_format(build->graph->arena, "1 to %lld", (long long)most),
               "%lld is too large for %s (%lld x %lld)", (long long)lora->rank,
               site_names[at->site], (long long)at->out, (long long)at->in);
    return (Factors){
        .A = trained(build, at, "A", lora->rank, at->in, init_uniform(1 / sqrt((double)at->in))),
        .B = trained(build, at, "B", at->out, lora->rank, init_zero()),
    };
}

static double scale(const Lora *lora)
{
    return lora->alpha / (lora->rslora ? sqrt((double)lora->rank) : (double)lora->rank);
}

static Value linear_hook(Build *build, const Linear *at, const void *chosen)
{
    const Lora *lora = chosen;
    if (!(lora->targets >> at->site & 1))
        return at->y;
    Factors f = factors(build, at, lora);
    Value down = product_t(build->graph, method_dropout(build, at->x, lora->dropout), f.A);
    return add_product_t(build->graph, at->y, down, f.B, scale(lora));
}

static Merged merged(Build *build, const Linear *at, const void *chosen)
{
    const Lora *lora = chosen;
    if (!(lora->targets >> at->site & 1))
        return (Merged){ at->W, at->b };
    Factors f = factors(build, at, lora);
    Value update = product_n(build->graph, f.B, f.A);
    return (Merged){ add_scaled_value(build->graph, at->W, update, scale(lora)), at->b };
}

static int64_t count(const Config *config, bool pooler, const void *chosen)
{
    const Lora *lora = chosen;
    (void)pooler;
    return over_sites(config, lora->targets, lora->rank, lora->rank);
}

const Method method_lora = {
    .name = "lora",
    .summary = "low-rank updates beside chosen linear layers",
    .paper = "Hu et al. 2021, arXiv 2106.09685",
    .claims = UNCHANGED_AT_START | MERGES,
    .options = options,
    .options_size = sizeof(Lora),
    .rate = { 4e-3, 3e-3, 2e-3, 5e-4 },
    .linear = linear_hook,
    .merged = merged,
    .count = count,
};
