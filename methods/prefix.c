// prefix: trained rows in front of the keys and values of every layer.
//
//   K' = [Pk_i ; k],   V' = [Pv_i ; v]                                  Pk_i, Pv_i: l x H
//   mlp: [Pk_0 | Pv_0 | Pk_1 | ...] = tanh(E M0^T + c0) M1^T + c1       E: l x H, M0: mid x H,
//                                                                       M1: 2 L H x mid
//
// Li, Liang 2021 (arXiv 2101.00190), whose MLP trains alone: what it gives is stored. Without it:
// P-tuning v2 (Liu et al. 2022, arXiv 2110.07602), whose rows start as N(0, 1), like the keys and
// values that they stand beside. Rows at 0.02 all get nearly the same gradient, and Adam moves them
// as one; at 0.2 they do so at the rates that a prefix needs.

#include "methods/method.h"

typedef struct {
    int64_t length, mid;
    int reparam;
    double init_sd;
} Prefix;
enum { NONE, MLP };

static const Option options[] = {
    { "length", OPTION_WHOLE, offsetof(Prefix, length), "16", 1, 512, NULL, "rows l" },
    { "reparam", OPTION_CHOICE, offsetof(Prefix, reparam), "none", 0, 0, "none|mlp",
      "what the rows are trained as" },
    { "mid", OPTION_WHOLE, offsetof(Prefix, mid), "auto", 1, 4096, NULL,
      "inner width of mlp (auto: hidden, at most 512)" },
    { "init_sd", OPTION_REAL, offsetof(Prefix, init_sd), "1", 0, 2, NULL,
      "standard deviation of the rows at the start, but of mlp" },
    OPTION_END,
};

static void resolve(Build *build, void *chosen)
{
    Prefix *prefix = chosen;
    int64_t H = build->config->hidden;
    if (prefix->mid == INT64_MIN)
        prefix->mid = H < 512 ? H : 512;
}

static Init within(int64_t in)
{
    return init_uniform(1 / sqrt((double)in));
}

// l x 2 L H, of all layers at once.
static Value rows_of_all(Build *build, const Prefix *prefix)
{
    Graph *graph = build->graph;
    int64_t H = build->config->hidden, all = 2 * build->config->layers * H, mid = prefix->mid;
    Value E = trained_matrix(build, prefix->length, H, init_normal(1), "embedding");
    Value M0 = trained_matrix(build, mid, H, within(H), "mlp.0.weight");
    Value c0 = trained_vector(build, mid, init_zero(), "mlp.0.bias");
    Value M1 = trained_matrix(build, all, mid, within(mid), "mlp.1.weight");
    Value c1 = trained_vector(build, all, init_zero(), "mlp.1.bias");
    return linear(graph, activate(graph, TANH, linear(graph, E, M0, c0)), M1, c1);
}

static Value rows(Build *build, const Prefix *prefix, int layer, int which, const char *name)
{
    int64_t H = build->config->hidden;
    if (prefix->reparam == NONE)
        return trained_matrix(build, prefix->length, H, init_normal(prefix->init_sd), "%d.%s",
                              layer, name);
    if (build->once == NO_VALUE)
        build->once = rows_of_all(build, prefix);
    return stored(build, some_columns(build->graph, build->once, (2 * layer + which) * H, H),
                  "%d.%s", layer, name);
}

static KeysValues keys_values(Build *build, int layer, const void *chosen)
{
    return (KeysValues){ rows(build, chosen, layer, 0, "key"),
                         rows(build, chosen, layer, 1, "value") };
}

static int64_t count(const Config *c, bool pooler, const void *chosen)
{
    const Prefix *prefix = chosen;
    int64_t H = c->hidden, L = c->layers, l = prefix->length, mid = prefix->mid;
    (void)pooler;
    return prefix->reparam == NONE ? 2 * l * H * L : l * H + mid * (H + 1) + 2 * L * H * (mid + 1);
}

// Weights of an MLP, and not rows: at the rows' rate they do not learn.
static double rate_times(const void *chosen)
{
    return ((const Prefix *)chosen)->reparam == MLP ? 1. / 16 : 1;
}

const Method method_prefix = {
    .name = "prefix",
    .summary = "trained keys and values in every layer",
    .paper = "Li, Liang 2021, arXiv 2101.00190",
    .options = options,
    .options_size = sizeof(Prefix),
    .rate = { 4e-2, 3e-2, 2e-2, 1e-2 },
    .rate_times = rate_times,
    .resolve = resolve,
    .keys_values = keys_values,
    .count = count,
};
