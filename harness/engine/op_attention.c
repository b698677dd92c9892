// op_attention.c: attention over the sequences of a packed batch (kernels.h has the equations).
//
// Inputs q, k, v, extra keys, extra values (the last two optional). The probabilities are asked for
// by the backward alone.
#include "engine/op_impl.h"

static Value attend_by(Graph *graph, const Value in[5], Attention options, double dropout_rate)
{
    options.dropout = (Dropout){ .site = graph->sites++, .rate = (float)dropout_rate };
    Setting set = { .attention = options };
    return graph_give(graph, graph_add(graph, &op_attention, in, 5, set), 0);
}

Value attend(Graph *graph, Value q, Value k, Value v, Value extra_k, Value extra_v, int heads,
             double dropout_rate)
{
    Value in[] = { q, k, v, extra_k, extra_v };
    return attend_by(graph, in, (Attention){ .heads = heads }, dropout_rate);
}

Value attend_before(Graph *graph, Value q, Value k, Value v, Value extra_k, Value extra_v,
                    int heads, int kv_heads, double dropout_rate)
{
    Value in[] = { q, k, v, extra_k, extra_v };
    return attend_by(graph, in, (Attention){ .heads = heads, .kv_heads = kv_heads, .causal = true },
                     dropout_rate);
}

static int64_t extra_rows(const Graph *graph, Value extra)
{
    return extra == NO_VALUE ? 0 : graph->value[extra].rows.constant;
}

// Pairs of the batch: sum over sequences of (q tokens n + q extra) (k tokens n + k extra + l).
static Count pairs(Count q, Count k, int64_t l)
{
    if (!q.tokens) // one query a sequence
        return (Count){ .tokens = k.tokens, .sequences = k.sequences + l };
    return (Count){ .squares = 1,
                    .tokens = q.sequences + k.sequences + l,
                    .sequences = q.sequences * (k.sequences + l) };
}

static bool attention_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *q = info_of(graph, node, 0), *k = info_of(graph, node, 1),
                    *v = info_of(graph, node, 2);
    if (!lies_in_batch(q->rows))
        return unfit(graph, node, 0, "over tokens, or one row a sequence");
    if (!k->rows.tokens || !lies_in_batch(k->rows))
        return unfit(graph, node, 1, "over tokens");
    if (q->cols % node->set.attention.heads)
        return unfit(graph, node, 0, "as many columns a head");
    int kv_heads = kv_heads_of(&node->set.attention);
    if (node->set.attention.heads % kv_heads)
        return fail(graph->error, ERROR_WORK, (Where){ .item = graph->place },
                    "a multiple of these", "%s: %d heads of queries on %d of keys", node->op->name,
                    node->set.attention.heads, kv_heads);
    if (q->cols / node->set.attention.heads * kv_heads != k->cols)
        return misfit(graph, node, 0, 1);
    if (!count_equal(k->rows, v->rows) || k->cols != v->cols)
        return misfit(graph, node, 1, 2);
    for (int i = 3; i < 5; i++)
        if (node->in[i] != NO_VALUE && (info_of(graph, node, i)->cols != k->cols ||
                                        !is_constant(info_of(graph, node, i)->rows)))
            return misfit(graph, node, 1, i);
    if (extra_rows(graph, node->in[3]) != extra_rows(graph, node->in[4]))
        return unfit(graph, node, node->in[3] == NO_VALUE ? 4 : 3,
                     "as many extra keys as extra values");
    out[0] = (ValueInfo){ .rows = q->rows, .cols = q->cols };
    out[1] = (ValueInfo){ .rows = pairs(q->rows, k->rows, extra_rows(graph, node->in[3])),
                          .cols = node->set.attention.heads };
    return true;
}

static Dropout *attention_dropout(Setting *set)
{
    return &set->attention.dropout;
}

// The options with what the graph knows: `first` is the input where q, k, v begin.
static Attention attention_options(const Graph *graph, const Node *node, int first)
{
    Attention options = node->set.attention;
    options.queries = layout_of(info_of(graph, node, first)->rows);
    options.keys = layout_of(info_of(graph, node, first + 1)->rows);
    return options;
}

static void attention_forward(Step *step, const Node *node)
{
    Attention options = attention_options(step->graph, node, 0);
    options.dropout = dropout_at(step, options.dropout);
    attention(at(step, node->out[0]), at(step, node->out[1]), at(step, node->in[0]),
              at(step, node->in[1]), at(step, node->in[2]), at(step, node->in[3]),
              at(step, node->in[4]), &options, step->batch, step->scratch);
}

static void attention_backward_nodes(Gradient *gradient, const Node *node)
{
    Value in[] = { gradient_of(gradient, node->out[0]),
                   also(gradient, node, 1),
                   node->in[0],
                   node->in[1],
                   node->in[2],
                   node->in[3],
                   node->in[4] };
    int32_t back = append(gradient, &op_attention_grad, in, 7, node->set);
    for (int k = 0; k < 5; k++)
        give(gradient, back, k, node->in[k]);
}

static size_t attention_scratch_floats(const Graph *graph, const Node *node, const Extent *largest)
{
    Attention options = attention_options(graph, node, 0);
    return attention_scratch(largest, &options, (size_t)extra_rows(graph, node->in[3]));
}

// One product of pairs x H; `first` is the input where q, k, v begin.
static double pair_flops(const Graph *graph, const Node *node, const Extent *extent, int first,
                         int64_t extra)
{
    const ValueInfo *q = info_of(graph, node, first), *k = info_of(graph, node, first + 1);
    return 2.0 * (double)count_of(pairs(q->rows, k->rows, extra), extent) * (double)q->cols;
}

// Scores and their sums of values.
static double attention_flops(const Graph *graph, const Node *node, const Extent *extent)
{
    return 2 * pair_flops(graph, node, extent, 0, extra_rows(graph, node->in[3]));
}

const Operator op_attention = {
    .name = "attention",
    .inputs = 5,
    .outputs = 2,
    .optional = 1 << 3 | 1 << 4,
    .rowwise = 1,
    .walks = true,
    .random = attention_dropout,
    .size = attention_size,
    .forward = attention_forward,
    .backward = attention_backward_nodes,
    .flops = attention_flops,
    .scratch = attention_scratch_floats,
};

// ---- attention_grad: dc, P, q, k, v, extra k, extra v -> dq, dk, dv, d extra k, d extra v

static bool attention_grad_size(Graph *graph, const Node *node, ValueInfo *out)
{
    for (int k = 0; k < 5; k++)
        if (node->in[2 + k] != NO_VALUE)
            out[k] = (ValueInfo){ .rows = info_of(graph, node, 2 + k)->rows,
                                  .cols = info_of(graph, node, 2 + k)->cols };
    return true;
}

static void attention_grad_forward(Step *step, const Node *node)
{
    Attention options = attention_options(step->graph, node, 2);
    options.dropout = dropout_at(step, options.dropout);
    AttentionGradients out = {
        .dq = at(step, node->out[0]),
        .dk = at(step, node->out[1]),
        .dv = at(step, node->out[2]),
        .dextra_k = at(step, node->out[3]),
        .dextra_v = at(step, node->out[4]),
        .add_q = adds(node, 0),
        .add_k = adds(node, 1),
        .add_v = adds(node, 2),
    };
    clear_unless_added(node, 3, out.dextra_k);
    clear_unless_added(node, 4, out.dextra_v);
    attention_backward(out, at(step, node->in[0]), at(step, node->in[1]), at(step, node->in[2]),
                       at(step, node->in[3]), at(step, node->in[4]), at(step, node->in[5]),
                       at(step, node->in[6]), &options, step->batch, step->scratch);
}

static size_t attention_grad_scratch(const Graph *graph, const Node *node, const Extent *largest)
{
    Attention options = attention_options(graph, node, 2);
    return attention_scratch(largest, &options, (size_t)extra_rows(graph, node->in[5]));
}

static double attention_grad_flops(const Graph *graph, const Node *node, const Extent *extent)
{
    double own = pair_flops(graph, node, extent, 2, 0);
    double all = pair_flops(graph, node, extent, 2, extra_rows(graph, node->in[5]));
    const double of[] = { all, own, own, all - own, all - own };
    bool scores = false;
    double flops = 0;
    for (int k = 0; k < 5; k++)
        if (node->out[k] != NO_VALUE) {
            flops += of[k];
            scores |= k != 2 && k != 4; // dq and those of keys need the scores' slopes first
        }
    return scores ? flops + all : flops;
}

const Operator op_attention_grad = {
    .name = "attention_grad",
    .inputs = 7,
    .outputs = 5,
    .optional = 1 << 5 | 1 << 6,
    .adds = 31,
    .random = attention_dropout,
    .size = attention_grad_size,
    .forward = attention_grad_forward,
    .flops = attention_grad_flops,
    .scratch = attention_grad_scratch,
};
