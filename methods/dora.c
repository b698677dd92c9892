// dora: weights taken apart into lengths, trained, and directions, updated at low rank.
//
//   V = W + c B A;   W'_o = m_o V_o / |V_o| for each output row o
//   A: rank x in,  B: out x rank,  m: out;   c = alpha / rank
//
// Liu et al. 2024 (arXiv 2402.09353), eq. 5. The paper writes W as in x out and takes lengths of
// columns: of W here, out x in, they are rows. With `norm constant` the length is a number to the
// gradient (section 4.3), which is then not the derivative of the loss. m starts at |W_o|, B at
// zero: the pretrained function, up to rounding.

#include "methods/method.h"

typedef struct {
    int64_t rank;
    double alpha;
    unsigned targets;
    bool rslora;
    int norm;
} Dora;
enum { CONSTANT, EXACT };

static const Option options[] = {
    { "rank", OPTION_WHOLE, offsetof(Dora, rank), "8", 1, 65536, NULL, "inner width r" },
    { "alpha", OPTION_REAL, offsetof(Dora, alpha), "16", 1e-6, 1024, NULL,
      "scale is alpha / rank" },
    { "targets", OPTION_SET, offsetof(Dora, targets), "q+v", 0, 0, LINEAR_SITE_NAMES,
      "layers to update" },
    { "rslora", OPTION_FLAG, offsetof(Dora, rslora), "no", 0, 0, NULL,
      "scale is alpha / sqrt(rank)" },
    { "norm", OPTION_CHOICE, offsetof(Dora, norm), "constant", 0, 0, "constant|exact",
      "whether the gradient sees that a row's length depends on its direction's update" },
    OPTION_END,
};

static void lengths_of_rows(float *out, const Parameter *parameter, const Matrix *from,
                            uint64_t init_seed)
{
    (void)init_seed;
    for (size_t o = 0; o < (size_t)parameter->cols; o++)
        out[o] = (float)sqrt(sum_squares(row_at(from[0], o), from[0].cols));
}

static Value weight(Build *build, const Linear *at, const void *chosen)
{
    const Dora *dora = chosen;
    Graph *graph = build->graph;
    int64_t most = at->in < at->out ? at->in : at->out, rank = dora->rank;
    if (!(dora->targets >> at->site & 1))
        return at->W;
    if (rank > most)
        refuse(build, "rank", arena_format(graph->arena, "1 to %lld", (long long)most),
               "%lld is too large for %s (%lld x %lld)", (long long)rank, site_names[at->site],
               (long long)at->out, (long long)at->in);
    double scale = dora->alpha / (dora->rslora ? sqrt((double)rank) : (double)rank);
    Value A = trained(build, at, "A", rank, at->in, init_uniform(1 / sqrt((double)at->in)));
    Value B = trained(build, at, "B", at->out, rank, init_zero());
    Value m =
        trained_vector(build, at->out, init_zero(), "%d.%s.m", at->layer, site_names[at->site]);
    starts_from(build, m, lengths_of_rows, NULL, (Value[]){ at->W, NO_VALUE, NO_VALUE, NO_VALUE });
    Value V = add_scaled_value(graph, at->W, product_n(graph, B, A), scale);
    return scale_each_row(graph, unit_length_rows(graph, V, dora->norm == CONSTANT), m);
}

static Merged merged(Build *build, const Linear *at, const void *chosen)
{
    return (Merged){ weight(build, at, chosen), at->b };
}

static int64_t count(const Config *config, bool pooler, const void *chosen)
{
    const Dora *dora = chosen;
    (void)pooler;
    return over_sites(config, dora->targets, dora->rank, dora->rank + 1);
}

const Method method_dora = {
    .name = "dora",
    .summary = "low-rank updates of directions, and lengths",
    .paper = "Liu et al. 2024, arXiv 2402.09353",
    .claims = UNCHANGED_AT_START | MERGES,
    .options = options,
    .options_size = sizeof(Dora),
    .rate = { 4e-3, 3e-3, 2e-3, 5e-4 },
    .derivative_with = { "norm", "exact" },
    .weight = weight,
    .merged = merged,
    .count = count,
};
