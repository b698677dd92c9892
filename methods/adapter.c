// adapter: bottlenecks at the sub-layers.
//
//   f(z) = act(z D^T + bd) U^T + bu          D: r x H, U: H x r
//   houlsby    y' = y + s f(y)               x: the sub-layer's input, y: its output before the
//   pfeiffer   y' = y + s f(LN(x + y))       residual; LN: its own LayerNorm, which then runs again
//   parallel   y' = y + s f(x)               on x + y'
//
// Houlsby et al. 2019 (arXiv 1902.00751): two a layer, and all LayerNorms train. Pfeiffer et al.
// 2021 (arXiv 2005.00247) and He et al. 2022 (arXiv 2110.04366): at ffn alone, as in AdapterHub's
// code. D and U start small, normal and cut at two deviations; of parallel D is uniform within
// 1 / sqrt(H) and U zero.

#include "methods/method.h"

typedef struct {
    int variant, activation, layernorm;
    unsigned sites;
    int64_t size;
    double scale, init_sd;
} Adapter;
enum { HOULSBY, PFEIFFER, PARALLEL };

static const Option options[] = {
    { "variant", OPTION_CHOICE, offsetof(Adapter, variant), "houlsby", 0, 0,
      "houlsby|pfeiffer|parallel", "what the bottleneck reads; it decides what is auto" },
    { "size", OPTION_WHOLE, offsetof(Adapter, size), "auto", 1, 262144, NULL,
      "inner width r (auto: hidden / 8, between 4 and 64)" },
    { "sites", OPTION_SET, offsetof(Adapter, sites), "auto", 0, 0, "attn|ffn",
      "sub-layers that have one (auto: of houlsby all, else ffn)" },
    { "activation", OPTION_CHOICE, offsetof(Adapter, activation), "auto", 0, 0,
      "gelu|relu|tanh|swish", "act (auto: of houlsby gelu, else relu)" },
    { "scale", OPTION_REAL, offsetof(Adapter, scale), "auto", 0.01, 100, NULL,
      "s (auto: of parallel 4, else 1)" },
    { "layernorm", OPTION_CHOICE, offsetof(Adapter, layernorm), "auto", 0, 0, "no|yes",
      "whether all LayerNorms train (auto: of houlsby yes, else no)" },
    { "init_sd", OPTION_REAL, offsetof(Adapter, init_sd), "0.01", 0, 1, NULL,
      "standard deviation at the start, but of parallel" },
    OPTION_END,
};
static const Activation activations[] = { GELU, RELU, TANH, SWISH };
enum { AT_ATTN = 1, AT_FFN = 2, CHOSE_GELU = 0, CHOSE_RELU = 1 };

// What auto is, by variant.
static const struct {
    unsigned sites;
    int activation, layernorm;
    double scale;
} standards[] = {
    [HOULSBY] = { AT_ATTN | AT_FFN, CHOSE_GELU, true, 1 },
    [PFEIFFER] = { AT_FFN, CHOSE_RELU, false, 1 },
    [PARALLEL] = { AT_FFN, CHOSE_RELU, false, 4 },
};

static void resolve(Build *build, void *chosen)
{
    Adapter *a = chosen;
    int64_t H = build->config->hidden, r = H / 8;
    if (a->size == INT64_MIN)
        a->size = r < 4 ? 4 : r > 64 ? 64 : r;
    if (a->sites == 0)
        a->sites = standards[a->variant].sites;
    if (a->activation < 0)
        a->activation = standards[a->variant].activation;
    if (a->layernorm < 0)
        a->layernorm = standards[a->variant].layernorm;
    if (isnan(a->scale))
        a->scale = standards[a->variant].scale;
    if (a->size > 4 * H)
        refuse(build, "size", arena_format(build->graph->arena, "1 to %lld", 4LL * H),
               "%lld is no bottleneck of %lld", (long long)a->size, (long long)H);
}

static bool param(const ParameterAt *at, const void *chosen)
{
    const Adapter *a = chosen;
    return a->layernorm && (at->kind == KIND_GAIN || at->kind == KIND_OFFSET);
}

// A linear layer of the method's own; part: "down" or "up".
static Value layer(Build *build, const Branch *at, const char *part, Value z, int64_t out,
                   int64_t in, Init init)
{
    const char *site = site_names[at->site];
    return linear(build->graph, z,
                  trained_matrix(build, out, in, init, "%d.%s.%s.weight", at->layer, site, part),
                  trained_vector(build, out, init_zero(), "%d.%s.%s.bias", at->layer, site, part));
}

static Value branch(Build *build, const Branch *at, const void *chosen)
{
    const Adapter *a = chosen;
    Graph *graph = build->graph;
    int64_t H = build->config->hidden;
    Init down = init_cut_normal(a->init_sd), up = down;
    Value z = at->y;
    if (!(a->sites & (at->site == SITE_ATTN ? AT_ATTN : AT_FFN)))
        return at->y;
    if (a->variant == PFEIFFER)
        z = normalise(graph, at->y, at->x, at->gain, at->offset, build->config->epsilon);
    if (a->variant == PARALLEL) {
        z = at->x;
        down = init_uniform(1 / sqrt((double)H));
        up = init_zero();
    }
    z = activate(graph, activations[a->activation], layer(build, at, "down", z, a->size, H, down));
    return add_scaled_value(graph, at->y, layer(build, at, "up", z, H, a->size, up), a->scale);
}

static int64_t count(const Config *c, bool pooler, const void *chosen)
{
    const Adapter *a = chosen;
    int64_t H = c->hidden, L = c->layers, r = a->size;
    int64_t sites = (a->sites & AT_ATTN ? 1 : 0) + (a->sites & AT_FFN ? 1 : 0);
    (void)pooler;
    return sites * L * (2 * H * r + H + r) + (a->layernorm ? 2 * H * (2 * L + 1) : 0);
}

const Method method_adapter = {
    .name = "adapter",
    .summary = "bottlenecks at the sub-layers",
    .paper = "Houlsby et al. 2019, arXiv 1902.00751",
    .options = options,
    .options_size = sizeof(Adapter),
    .rate = { 3e-3, 3e-3, 3e-3, 1e-3 },
    .resolve = resolve,
    .param = param,
    .branch = branch,
    .count = count,
};
