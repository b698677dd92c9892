// ia3: keys, values and the feed-forward layer's middle, each column scaled by a learnt factor.
//
//   k' = lk . k,   v' = lv . v,   y = (lf . m) W2^T + b2        lk, lv: H, lf: F; all start at 1
//
// Liu et al. 2022 (arXiv 2205.05638), section 3.3. Vectors, so that weight decay does not pull them
// towards 0, away from the pretrained function.

#include "methods/method.h"

// A parameter is known by its site and layer: `linear` and `merged` speak of one vector.
static Value factors(Build *build, const Linear *at)
{
    int64_t columns = at->site == SITE_FFN_OUT ? at->in : at->out;
    return trained_vector(build, columns, init_constant(1), "%d.%s", at->layer,
                          site_names[at->site]);
}

static bool scales_output(Site site)
{
    return site == SITE_K || site == SITE_V;
}

static Value linear_hook(Build *build, const Linear *at, const void *chosen)
{
    Graph *graph = build->graph;
    (void)chosen;
    if (scales_output(at->site))
        return scale_columns(graph, at->y, factors(build, at));
    if (at->site != SITE_FFN_OUT)
        return at->y;
    return linear(graph, scale_columns(graph, at->x, factors(build, at)), at->W, at->b);
}

static Merged merged(Build *build, const Linear *at, const void *chosen)
{
    Graph *graph = build->graph;
    (void)chosen;
    if (scales_output(at->site)) {
        Value l = factors(build, at);
        return (Merged){ scale_each_row(graph, at->W, l), multiply_values(graph, at->b, l) };
    }
    if (at->site != SITE_FFN_OUT)
        return (Merged){ at->W, at->b };
    return (Merged){ scale_columns(graph, at->W, factors(build, at)), at->b };
}

static int64_t count(const Config *config, bool pooler, const void *chosen)
{
    (void)pooler, (void)chosen;
    return config->layers * (2 * config->hidden + config->intermediate);
}

const Method method_ia3 = {
    .name = "ia3",
    .summary = "learnt factors of keys, values and the middle",
    .paper = "Liu et al. 2022, arXiv 2205.05638",
    .claims = UNCHANGED_AT_START | MERGES,
    .rate = { 3e-2, 3e-2, 5e-3, 2e-3 },
    .linear = linear_hook,
    .merged = merged,
    .count = count,
};
