// kernel_attention.c: attention over packed sequences, and its gradients.
//
// A sequence and a head at a time: the products by product() on column views, so that nothing is
// gathered or padded, and what is between them on one block of queries x keys, which stays in the
// cache.
#include "engine/kernels.h"
#include "engine/product.h"
#include "engine/vector.h"
#include <assert.h>

// Keys or values of one head of one sequence, one above the other: first those that all sequences
// share. No data: absent, as an output.
typedef struct {
    Matrix extra, own;
} Stacked;

static void hide_later(Matrix S, const Attention *options, size_t extra);
static void softmax(Matrix S);
static void times_stacked(Matrix S, float scale, Matrix rows, Stacked keys);
static void sum_of_stacked(Matrix c, bool add, Matrix D, Stacked values);
static void add_to_stacked(Stacked d, bool add, Matrix D, Matrix rows);
static void slopes_of_scores(Matrix W, Matrix P, float scale);

static size_t most_rows(const Extent *largest, Layout layout)
{
    return layout.tokens ? largest->longest + layout.extra : 1;
}

size_t attention_scratch(const Extent *largest, const Attention *attention, size_t extra)
{
    return 2 * most_rows(largest, attention->queries) *
           (extra + most_rows(largest, attention->keys));
}

static Matrix part(Matrix m, Segment rows, size_t head, size_t size)
{
    if (!m.data)
        return m;
    return columns_of(rows_of(m, rows.first, rows.count), head * size, size);
}

static Stacked stacked(Matrix extra, Matrix own, Segment rows, size_t head, size_t size)
{
    return (Stacked){ part(extra, (Segment){ 0, extra.rows }, head, size),
                      part(own, rows, head, size) };
}

int kv_heads_of(const Attention *attention)
{
    return attention->kv_heads ? attention->kv_heads : attention->heads;
}

// How many heads of queries one of keys and values serves.
static size_t sharing(const Attention *options)
{
    int kv_heads = kv_heads_of(options);
    assert(options->heads % kv_heads == 0);
    return (size_t)(options->heads / kv_heads);
}

void attention(Matrix c, Matrix P, Matrix q, Matrix k, Matrix v, Matrix extra_k, Matrix extra_v,
               const Attention *options, const Batch *batch, float *scratch)
{
    size_t heads = (size_t)options->heads, size = q.cols / heads, done = 0;
    size_t shared = sharing(options);
    float scale = (float)(1 / sqrt((double)size));
    assert(q.cols % heads == 0 && extra_k.rows == extra_v.rows);
    for (size_t s = 0; s < batch->extent.sequences; s++) {
        Segment queries = segment_of(batch, options->queries, s);
        Segment keys = segment_of(batch, options->keys, s);
        size_t n = queries.count, m = extra_k.rows + keys.count;
        size_t in_front = extra_k.rows + options->keys.extra;
        for (size_t j = 0; j < heads; j++, done += n * m) {
            Matrix own = { P.data ? P.data + done : scratch + n * m, n, m, m }, D = own;
            times_stacked(own, scale, part(q, queries, j, size),
                          stacked(extra_k, k, keys, j / shared, size));
            if (options->causal)
                hide_later(own, options, extra_k.rows);
            softmax(own);
            if (options->dropout.rate > 0) {
                D = (Matrix){ scratch, n, m, m };
                dropout_factors(D, &options->dropout, (uint32_t)j, batch->example[s],
                                options->queries, in_front);
                multiply(D, D, own, false);
            }
            sum_of_stacked(part(c, queries, j, size), false, D,
                           stacked(extra_v, v, keys, j / shared, size));
        }
    }
}

void attention_backward(AttentionGradients out, Matrix dc, Matrix P, Matrix q, Matrix k, Matrix v,
                        Matrix extra_k, Matrix extra_v, const Attention *options,
                        const Batch *batch, float *scratch)
{
    size_t heads = (size_t)options->heads, size = q.cols / heads, done = 0;
    float scale = (float)(1 / sqrt((double)size));
    bool scores = out.dq.data || out.dk.data || out.dextra_k.data;
    size_t shared = sharing(options);
    for (size_t s = 0; s < batch->extent.sequences; s++) {
        Segment queries = segment_of(batch, options->queries, s);
        Segment keys = segment_of(batch, options->keys, s);
        size_t n = queries.count, m = extra_k.rows + keys.count;
        size_t in_front = extra_k.rows + options->keys.extra;
        for (size_t j = 0; j < heads; j++, done += n * m) {
            Matrix own = { P.data + done, n, m, m }, W = { scratch, n, m, m }, D = own;
            Matrix slope = part(dc, queries, j, size);
            size_t kv = j / shared;
            bool again = j % shared > 0; // the keys' and values' gradients have a part already
            if (scores)
                times_stacked(W, 1, slope, stacked(extra_v, v, keys, kv, size));
            if (options->dropout.rate > 0) {
                D = (Matrix){ scratch + n * m, n, m, m };
                dropout_factors(D, &options->dropout, (uint32_t)j, batch->example[s],
                                options->queries, in_front);
                if (scores)
                    multiply(W, W, D, false);
                multiply(D, D, own, false);
            }
            add_to_stacked(stacked(out.dextra_v, out.dv, keys, kv, size), out.add_v || again, D,
                           slope);
            if (!scores)
                continue;
            slopes_of_scores(W, own, scale);
            if (out.dq.data)
                sum_of_stacked(part(out.dq, queries, j, size), out.add_q, W,
                               stacked(extra_k, k, keys, kv, size));
            add_to_stacked(stacked(out.dextra_k, out.dk, keys, kv, size), out.add_k || again, W,
                           part(q, queries, j, size));
        }
    }
}

// Keys behind a query's place get the score -inf, so that their probability and its slope are 0.
// (They are computed: skipping them would cut the products into pieces.)
static void hide_later(Matrix S, const Attention *options, size_t extra)
{
    for (size_t r = 0; r < S.rows; r++) {
        size_t seen = extra + options->keys.extra + r + 1;
        seen = seen > options->queries.extra ? seen - options->queries.extra : 0;
        for (size_t i = seen; i < S.cols; i++)
            row_at(S, r)[i] = -INFINITY;
    }
}

// Rows of S are one after another: exp, the dear part, takes them all in one loop.
static void softmax(Matrix S)
{
    size_t n = S.rows * S.cols;
    for (size_t r = 0; r < S.rows; r++) {
        float *restrict x = row_at(S, r), largest = maximum(x, S.cols);
        for (size_t i = 0; i < S.cols; i++) // vectorised
            x[i] -= largest;
    }
    float *restrict all = S.data;
    for (size_t i = 0; i < n; i++) // vectorised
        all[i] = expf(all[i]);
    for (size_t r = 0; r < S.rows; r++) {
        float *restrict x = row_at(S, r), scale = (float)(1 / sum_floats(x, S.cols));
        for (size_t i = 0; i < S.cols; i++) // vectorised
            x[i] *= scale;
    }
}

// From W = (dc v^T) . mask to dS / sqrt(d) = scale P . (W - rowsum(W . P)), in place.
static void slopes_of_scores(Matrix W, Matrix P, float scale)
{
    for (size_t r = 0; r < W.rows; r++) {
        float *restrict w = row_at(W, r);
        const float *restrict p = row_at(P, r);
        float mean = (float)sum_products(w, p, W.cols);
        for (size_t i = 0; i < W.cols; i++) // vectorised
            w[i] = scale * p[i] * (w[i] - mean);
    }
}

// S = scale rows [extra; own]^T
static void times_stacked(Matrix S, float scale, Matrix rows, Stacked keys)
{
    size_t extra = keys.extra.rows;
    if (extra > 0)
        product(false, true, scale, rows, keys.extra, 0, columns_of(S, 0, extra));
    product(false, true, scale, rows, keys.own, 0, columns_of(S, extra, S.cols - extra));
}

// c (+)= D [extra; own]
static void sum_of_stacked(Matrix c, bool add, Matrix D, Stacked values)
{
    size_t extra = values.extra.rows;
    if (extra > 0)
        product(false, false, 1, columns_of(D, 0, extra), values.extra, add ? 1 : 0, c);
    product(false, false, 1, columns_of(D, extra, D.cols - extra), values.own,
            add || extra > 0 ? 1 : 0, c);
}

// [dextra; down] (+)= D^T rows, each where it is wanted; the extra ones are always added to.
static void add_to_stacked(Stacked d, bool add, Matrix D, Matrix rows)
{
    size_t own = d.own.data ? d.own.rows : D.cols - d.extra.rows, extra = D.cols - own;
    if (d.extra.data)
        product(true, false, 1, columns_of(D, 0, extra), rows, 1, d.extra);
    if (d.own.data)
        product(true, false, 1, columns_of(D, extra, own), rows, add ? 1 : 0, d.own);
}
