// test_attention.c: dropout and attention by hand, against their twins on odd shapes, and their
// gradients against slopes of the twins.
#include "engine/kernels.h"
#include "tests/guarded.h"
#include "tests/reference/reference.h"
#include "tests/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const Layout tokens = { .tokens = true };

// ---- dropout

static const Dropout tenth = { .seed = 5, .step = 7, .site = 3, .rate = 0.1f };

static void masks_agree_with_the_library_block_by_block(void)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        Pool *pool = pool_new(seed);
        size_t rows = below(pool, 12), cols = 1 + below(pool, seed % 10 ? 60 : 300);
        Layout layout = { below(pool, 4) > 0, below(pool, 4) };
        Dropout dropout = { mix(&pool->random), mix(&pool->random), (uint32_t)below(pool, 99),
                            (float)below(pool, 11) / 10 };
        uint32_t head = (uint32_t)below(pool, 5), example = (uint32_t)mix(&pool->random);
        size_t extra = below(pool, 3) ? 0 : below(pool, cols + 1);
        Matrix factor = matrix(pool, rows, cols);
        dropout_factors(factor, &dropout, head, example, layout, extra);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < cols; c++) {
                bool kept = reference_kept(&dropout, head, example, reference_position(layout, r),
                                           reference_column(c, extra));
                CHECK_CLOSE(row_at(factor, r)[c], kept ? reference_dropout_scale(&dropout) : 0,
                            1e-7);
            }
        pool_free(pool, seed);
    }
}

static void dropped_rows_are_products_with_the_factors_of_their_sequence(void)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        Pool *pool = pool_new(seed);
        RandomBatch batch;
        random_batch(&batch, pool);
        Layout layout = { below(pool, 4) > 0, below(pool, 3) };
        Extent extent = batch.view.extent;
        bool add = below(pool, 2), in_place = below(pool, 2);
        size_t cols = 1 + below(pool, 79), rows = extent.sequences;
        if (layout.tokens)
            rows = extent.tokens + extent.sequences * layout.extra;
        Dropout dropout = tenth;
        dropout.rate = (float)below(pool, 10) / 10;
        Matrix x = matrix(pool, rows, cols),
               y = in_place ? copy(pool, x) : matrix(pool, rows, cols);
        Table *tx = table_of(x), *ty = table_of(y);
        dropout_rows(y, in_place ? y : x, &dropout, &batch.view, layout, add);
        for (size_t s = 0; s < extent.sequences; s++) {
            Segment own = segment_of(&batch.view, layout, s);
            for (size_t r = 0; r < own.count; r++)
                for (size_t c = 0; c < cols; c++)
                    if (!reference_kept(&dropout, 0, batch.example[s],
                                        reference_position(layout, r), (uint32_t)c))
                        tx->at[own.first + r][c] = 0;
        }
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < cols; c++)
                tx->at[r][c] *= reference_dropout_scale(&dropout);
        close_to_sum(y, add ? ty : NULL, tx, 3e-7, "dropout_rows", seed);
        free(tx), free(ty);
        pool_free(pool, seed);
    }
}

enum { WIDE = 1000, HIGH = 60 };

static size_t kept_of(const float *factor, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        kept += factor[i] > 0;
    return kept;
}

// 60,000 draws at p: standard deviation sqrt(n p (1 - p)); within 4.5 of them but once in 150,000.
static void the_rate_is_met_and_the_mean_is_one(void)
{
    static float factor[HIGH * WIDE];
    static const float rates[] = { 0, 0.1f, 0.5f, 0.9f };
    for (int i = 0; i < 4; i++) {
        Dropout dropout = tenth;
        dropout.rate = rates[i];
        dropout_factors((Matrix){ factor, HIGH, WIDE, WIDE }, &dropout, 0, 1, tokens, 0);
        double n = HIGH * WIDE, kept = (double)kept_of(factor, HIGH * WIDE);
        double deviation = sqrt(n * rates[i] * (1 - rates[i]));
        CHECK(fabs(kept - n * (1 - rates[i])) <= 4.5 * deviation);
        CHECK_CLOSE(sum_floats(factor, HIGH * WIDE), n, 4.5 * deviation / (n * (1 - rates[i])));
    }
}

static void everything_is_dropped_at_rate_one_and_nothing_at_rate_zero(void)
{
    float factor[100];
    Dropout dropout = tenth;
    dropout.rate = 1;
    dropout_factors((Matrix){ factor, 2, 50, 50 }, &dropout, 0, 0, tokens, 0);
    CHECK(kept_of(factor, 100) == 0 && sum_floats(factor, 100) == 0);
    dropout.rate = 0;
    dropout_factors((Matrix){ factor, 2, 50, 50 }, &dropout, 0, 0, tokens, 0);
    CHECK(sum_floats(factor, 100) == 100);
}

// Two masks at rate 1/2 that have nothing to do with each other agree on half of their elements.
static void a_mask_changes_with_each_of_what_it_is_a_function_of(void)
{
    static float first[HIGH * WIDE], second[HIGH * WIDE];
    Dropout half = { .seed = 5, .step = 7, .site = 3, .rate = 0.5f };
    dropout_factors((Matrix){ first, HIGH, WIDE, WIDE }, &half, 2, 9, tokens, 0);
    for (int which = 0; which < 7; which++) {
        Dropout other = half;
        other.seed += which == 0;
        other.step += which == 1;
        other.site += which == 2;
        dropout_factors((Matrix){ second, HIGH, WIDE, WIDE }, &other, 2 + (which == 3),
                        9 + (which == 4), (Layout){ true, which == 5 ? HIGH : 0 },
                        which == 6 ? WIDE : 0);
        size_t same = 0;
        for (size_t i = 0; i < HIGH * WIDE; i++)
            same += first[i] == second[i];
        CHECK(fabs((double)same - HIGH * WIDE / 2) < 4.5 * sqrt(HIGH * WIDE) / 2);
    }
    size_t rows_agree = 0, columns_agree = 0;
    for (size_t r = 0; r + 1 < HIGH; r++)
        for (size_t c = 0; c + 8 < WIDE; c++) {
            rows_agree += first[r * WIDE + c] == first[(r + 1) * WIDE + c];
            columns_agree += first[r * WIDE + c] == first[r * WIDE + c + 8];
        }
    double n = (HIGH - 1) * (WIDE - 8);
    CHECK(fabs((double)rows_agree - n / 2) < 4.5 * sqrt(n) / 2);
    CHECK(fabs((double)columns_agree - n / 2) < 4.5 * sqrt(n) / 2);
}

// The same example alone, in a batch behind others, under a prompt, and its first row alone.
static void a_mask_does_not_depend_on_the_batch(void)
{
    enum { COLS = 37, LENGTH = 4 };
    static const uint32_t alone_at[] = { 0, 4 }, behind_at[] = { 0, 3, 7 };
    static const uint32_t alone_example[] = { 8 }, behind_example[] = { 2, 8 };
    Batch alone = { .extent = { .tokens = 4, .sequences = 1 },
                    .offset = alone_at,
                    .example = alone_example };
    Batch behind = { .extent = { .tokens = 7, .sequences = 2 },
                     .offset = behind_at,
                     .example = behind_example };
    Layout prompt = { true, 2 }, pooled = { .tokens = false };
    float ones[11 * COLS], a[4 * COLS], b[7 * COLS], c[11 * COLS], d[2 * COLS];
    for (int i = 0; i < 11 * COLS; i++)
        ones[i] = 1;
    dropout_rows((Matrix){ a, 4, COLS, COLS }, (Matrix){ ones, 4, COLS, COLS }, &tenth, &alone,
                 tokens, false);
    dropout_rows((Matrix){ b, 7, COLS, COLS }, (Matrix){ ones, 7, COLS, COLS }, &tenth, &behind,
                 tokens, false);
    dropout_rows((Matrix){ c, 11, COLS, COLS }, (Matrix){ ones, 11, COLS, COLS }, &tenth, &behind,
                 prompt, false);
    dropout_rows((Matrix){ d, 2, COLS, COLS }, (Matrix){ ones, 2, COLS, COLS }, &tenth, &behind,
                 pooled, false);
    CHECK(kept_of(a, LENGTH * COLS) > 0 && kept_of(a, LENGTH * COLS) < LENGTH * COLS);
    CHECK(!memcmp(a, b + 3 * COLS, sizeof a));
    CHECK(!memcmp(a, c + (2 + 3 + 2) * COLS, sizeof a));
    CHECK(!memcmp(a, d + 1 * COLS, COLS * sizeof *a));
}

// ---- attention

// Queries and keys of 0 share attention equally, and column j of the values is 1 where the key is
// the j-th: so c holds the factors, by query and own key.
static void own_factors(float c[4][4], size_t prefix, size_t prompt)
{
    static const uint32_t offset[] = { 0, 4 }, example[] = { 8 };
    size_t rows = 4 + prompt, all = rows + prefix;
    Batch batch = { .extent = { 4, 1, 0, 16, 4 }, .offset = offset, .example = example };
    Layout layout = { true, prompt };
    Attention options = { .heads = 1, .queries = layout, .keys = layout, .dropout = tenth };
    float zero[32] = { 0 }, v[32] = { 0 }, out[32], scratch[160];
    for (size_t r = 0; r < 4; r++)
        v[(prompt + r) * 4 + r] = (float)all;
    Matrix x = { zero, rows, 4, 4 }, extra = { prefix ? zero : NULL, prefix, 4, 4 }, none = { 0 };
    options.dropout.rate = 0.5f;
    CHECK(attention_scratch(&batch.extent, &options, prefix) <= 160);
    attention((Matrix){ out, rows, 4, 4 }, none, x, x, (Matrix){ v, rows, 4, 4 }, extra, extra,
              &options, &batch, scratch);
    memcpy(c, out + prompt * 4, 16 * sizeof(float));
}

static void a_key_keeps_its_mask_whatever_is_in_front_of_it(void)
{
    float bare[4][4], other[4][4];
    size_t dropped = 0;
    own_factors(bare, 0, 0);
    for (size_t i = 0; i < 16; i++)
        dropped += bare[i / 4][i % 4] == 0;
    CHECK(dropped > 2 && dropped < 14);
    for (size_t prefix = 0; prefix <= 3; prefix++)
        for (size_t prompt = 0; prompt <= 3; prompt++) {
            own_factors(other, prefix, prompt);
            for (size_t i = 0; i < 16; i++)
                CHECK_CLOSE(other[i / 4][i % 4], bare[i / 4][i % 4], 1e-6);
        }
}

// One head of size 4, one sequence of two tokens. Scores are divided by sqrt(4): the first query's
// are 0 and ln 3, so it takes 1/4 of the first value and 3/4 of the second; the second query is 0
// and takes half of each. An extra key of 0 with value (8, 8, 8, 8) has weight 1/5, 1/3.
static void attention_worked_by_hand(void)
{
    float q[] = { 2, 0, 0, 0, 0, 0, 0, 0 }, k[] = { 0, 5, 5, 5, 1.09861229f, 6, 6, 6 };
    float v[] = { 4, 0, 0, 0, 0, 8, 0, 0 }, c[8], P[6], scratch[12];
    float extra_k[4] = { 0 }, extra_v[] = { 8, 8, 8, 8 };
    static const uint32_t offset[] = { 0, 2 }, example[] = { 0 };
    static const double expected[] = { 1, 6, 0, 0, 2, 4, 0, 0 }, weight[] = { .25, .75, .5, .5 };
    static const double with_extra[] = { 12 / 5., 32 / 5., 8 / 5., 8 / 5.,
                                         4,       16 / 3., 8 / 3., 8 / 3. };
    Batch batch = { .extent = { 2, 1, 0, 4, 2 }, .offset = offset, .example = example };
    Attention options = { .heads = 1, .queries = tokens, .keys = tokens };
    Matrix none = { 0 }, Q = { q, 2, 4, 4 }, K = { k, 2, 4, 4 }, V = { v, 2, 4, 4 },
           C = { c, 2, 4, 4 };
    CHECK(attention_scratch(&batch.extent, &options, 1) <= 12);
    attention(C, (Matrix){ P, 4, 1, 1 }, Q, K, V, none, none, &options, &batch, scratch);
    for (int i = 0; i < 8; i++)
        CHECK_CLOSE(c[i], expected[i], 1e-6);
    for (int i = 0; i < 4; i++)
        CHECK_CLOSE(P[i], weight[i], 1e-6);
    attention(C, none, Q, K, V, (Matrix){ extra_k, 1, 4, 4 }, (Matrix){ extra_v, 1, 4, 4 },
              &options, &batch, scratch);
    for (int i = 0; i < 8; i++)
        CHECK_CLOSE(c[i], with_extra[i], 1e-6);
}

// Two heads of queries on one of keys, of size 1; two tokens behind one row of a prompt. The first
// row meets itself, the second two keys, the third all; scores are q k. Of head 1, whose queries
// are 0, each takes the mean of what it meets; of head 0 the last takes 1/5, 1/5, 3/5: its scores
// are 0, 0 and ln 3. An extra key of score 0 and value 8 joins every one.
static void causal_attention_with_a_shared_head_worked_by_hand(void)
{
    float q[] = { 1, 0, 0, 0, 1, 0 }, k[] = { 0, 0, 1.09861229f }, v[] = { 5, 10, 15 }, c[6];
    float scratch[24], P[24], extra_k[] = { 0 }, extra_v[] = { 8 };
    static const uint32_t offset[] = { 0, 2 }, example[] = { 0 };
    static const double expected[] = { 5, 5, 7.5, 7.5, 12, 10 };
    static const double with_extra[] = { 6.5, 6.5, 23 / 3., 23 / 3., 68 / 6., 9.5 };
    Batch batch = { .extent = { 2, 1, 0, 4, 2 }, .offset = offset, .example = example };
    Layout prompted = { true, 1 };
    Attention options = {
        .heads = 2, .kv_heads = 1, .causal = true, .queries = prompted, .keys = prompted
    };
    Matrix none = { 0 }, K = { k, 3, 1, 1 }, V = { v, 3, 1, 1 }, C = { c, 3, 2, 2 };
    attention(C, (Matrix){ P, 9, 2, 2 }, (Matrix){ q, 3, 2, 2 }, K, V, none, none, &options, &batch,
              scratch);
    for (int i = 0; i < 6; i++)
        CHECK_CLOSE(c[i], expected[i], 1e-6);
    CHECK(P[1] == 0 && P[2] == 0 && P[5] == 0 && P[10] == 0 && P[11] == 0 && P[14] == 0);
    attention(C, none, (Matrix){ q, 3, 2, 2 }, K, V, (Matrix){ extra_k, 1, 1, 1 },
              (Matrix){ extra_v, 1, 1, 1 }, &options, &batch, scratch);
    for (int i = 0; i < 6; i++)
        CHECK_CLOSE(c[i], with_extra[i], 1e-6);
}

static void large_scores_do_not_overflow(void)
{
    float q[] = { 300 }, k[] = { 300, -300, 299 }, v[] = { 1, 2, 3 }, c[1], scratch[6];
    static const uint32_t offset[] = { 0, 3 }, example[] = { 0 };
    Batch batch = { .extent = { 3, 1, 0, 9, 3 }, .offset = offset, .example = example };
    Attention options = { .heads = 1, .queries = { .tokens = false }, .keys = tokens };
    Matrix none = { 0 }, K = { k, 3, 1, 1 }, V = { v, 3, 1, 1 };
    attention((Matrix){ c, 1, 1, 1 }, none, (Matrix){ q, 1, 1, 1 }, K, V, none, none, &options,
              &batch, scratch);
    CHECK_CLOSE(c[0], 1, 1e-6);
}

typedef struct {
    Attention options;
    RandomBatch batch;
    Table *q, *k, *v, *extra_k, *extra_v, *c, *dc;
} Case;

static double loss_of(void *with)
{
    Case *one = with;
    reference_attention(one->c, NULL, one->q, one->k, one->v, one->extra_k, one->extra_v,
                        &one->options, &one->batch.view);
    return dot(one->c, one->dc);
}

static Table *zeros(Matrix shape)
{
    Table *table = table_of(shape);
    memset(table->at, 0, sizeof table->at);
    return table;
}

static size_t rows_of_text(const Batch *batch, Layout layout, size_t s)
{
    return layout.tokens ? batch->offset[s + 1] - batch->offset[s] + layout.extra : 1;
}

// P has as many numbers for each head.
static size_t pairs_of(const Batch *batch, const Attention *options, size_t extra)
{
    size_t pairs = 0;
    for (size_t s = 0; s < batch->extent.sequences; s++)
        pairs += rows_of_text(batch, options->queries, s) *
                 (extra + rows_of_text(batch, options->keys, s));
    return pairs;
}

static void attention_agrees_with_its_twin_and_gradients_with_differences(void)
{
    static double probability[8000];
    for (uint64_t seed = 1; seed <= 200; seed++) {
        Pool *pool = pool_new(seed);
        Case one;
        random_batch(&one.batch, pool);
        Extent extent = one.batch.view.extent;
        size_t extra = below(pool, 4), heads = 1 + below(pool, 4), size = 1 + below(pool, 6);
        size_t kv_heads = heads % 2 == 0 && below(pool, 2) ? heads / 2 : below(pool, 2) ? heads : 1;
        size_t prompt = below(pool, 3), H = heads * size, kv = kv_heads * size;
        Layout keys = { true, prompt }, queries = below(pool, 3) ? keys : (Layout){ false, 0 };
        one.options = (Attention){ .heads = (int)heads,
                                   .kv_heads = (int)kv_heads,
                                   .causal = below(pool, 2),
                                   .queries = queries,
                                   .keys = keys,
                                   .dropout = tenth };
        one.options.dropout.rate = below(pool, 2) ? 0.3f : 0;
        size_t rows = extent.tokens + extent.sequences * prompt;
        size_t query_rows = queries.tokens ? rows : extent.sequences;
        Matrix q = matrix(pool, query_rows, H), k = matrix(pool, rows, kv),
               v = matrix(pool, rows, kv);
        Matrix extra_k = matrix(pool, extra, kv), extra_v = matrix(pool, extra, kv);
        Matrix c = matrix(pool, query_rows, H), dc = matrix(pool, query_rows, H), none = { 0 };
        scale_copy(q, q, 4, false);
        one.q = table_of(q), one.k = table_of(k), one.v = table_of(v), one.dc = table_of(dc);
        one.extra_k = table_of(extra_k), one.extra_v = table_of(extra_v), one.c = table_of(c);
        size_t pairs = pairs_of(&one.batch.view, &one.options, extra);
        Matrix P = matrix(pool, 1, pairs * heads);
        Matrix scratch = matrix(pool, 1, attention_scratch(&extent, &one.options, extra));
        Matrix shared_k = extra ? extra_k : none, shared_v = extra ? extra_v : none;

        reference_attention(one.c, probability, one.q, one.k, one.v, one.extra_k, one.extra_v,
                            &one.options, &one.batch.view);
        attention(c, none, q, k, v, shared_k, shared_v, &one.options, &one.batch.view,
                  scratch.data);
        close_to_table(c, one.c, 2e-6, "attention without P", seed);
        attention(c, (Matrix){ P.data, pairs, heads, heads }, q, k, v, shared_k, shared_v,
                  &one.options, &one.batch.view, scratch.data);
        close_to_table(c, one.c, 2e-6, "attention", seed);
        for (size_t i = 0; i < pairs * heads; i++)
            CHECK_CLOSE(P.data[i], probability[i], 1e-6);

        // Every subset of outputs, each added to or overwritten.
        size_t wanted = 1 + below(pool, 31), add = below(pool, 8);
        Matrix dq = matrix(pool, query_rows, H), dk = matrix(pool, rows, kv),
               dv = matrix(pool, rows, kv);
        Matrix dextra_k = matrix(pool, extra, kv), dextra_v = matrix(pool, extra, kv);
        AttentionGradients out = {
            .dq = wanted & 1 ? dq : none,
            .dk = wanted & 2 ? dk : none,
            .dv = wanted & 4 ? dv : none,
            .dextra_k = wanted & 8 && extra ? dextra_k : none,
            .dextra_v = wanted & 16 && extra ? dextra_v : none,
            .add_q = add & 1,
            .add_k = add & 2,
            .add_v = add & 4,
        };
        Table *before[] = { table_of(dq), table_of(dk), table_of(dv), table_of(dextra_k),
                            table_of(dextra_v) };
        Table *exact[] = { zeros(dq), zeros(dk), zeros(dv), zeros(dextra_k), zeros(dextra_v) };
        reference_attention_backward(exact[0], exact[1], exact[2], exact[3], exact[4], one.dc,
                                     one.q, one.k, one.v, one.extra_k, one.extra_v, &one.options,
                                     &one.batch.view);
        attention_backward(out, dc, P, q, k, v, shared_k, shared_v, &one.options, &one.batch.view,
                           scratch.data);
        const Matrix given[] = { dq, dk, dv, dextra_k, dextra_v };
        static const char *const names[] = { "dq", "dk", "dv", "dextra_k", "dextra_v" };
        for (size_t i = 0; i < 5; i++) {
            bool adds = i > 2 || add >> i & 1;
            if (wanted >> i & 1)
                close_to_sum(given[i], adds ? before[i] : NULL, exact[i], 4e-6, names[i], seed);
            else
                close_to_table(given[i], before[i], 0, "an output that is not wanted", seed);
        }

        for (size_t i = 0; i < 5; i++)
            scale_copy(given[i], given[i], 0, false);
        attention_backward((AttentionGradients){ dq, dk, dv, extra ? dextra_k : none,
                                                 extra ? dextra_v : none, false, false, false },
                           dc, P, q, k, v, shared_k, shared_v, &one.options, &one.batch.view,
                           scratch.data);
        slope_is(loss_of, &one, one.q, dq, pool, 1e-5, "q", seed);
        slope_is(loss_of, &one, one.k, dk, pool, 1e-5, "k", seed);
        slope_is(loss_of, &one, one.v, dv, pool, 1e-5, "v", seed);
        slope_is(loss_of, &one, one.extra_k, dextra_k, pool, 1e-5, "extra_k", seed);
        slope_is(loss_of, &one, one.extra_v, dextra_v, pool, 1e-5, "extra_v", seed);
        for (size_t i = 0; i < 5; i++)
            free(before[i]), free(exact[i]);
        free(one.q), free(one.k), free(one.v), free(one.extra_k), free(one.extra_v);
        free(one.c), free(one.dc);
        pool_free(pool, seed);
    }
}

// A row of dk is the slope along a constant added to all keys: 0 in exact arithmetic.
static void a_constant_added_to_all_keys_changes_nothing(void)
{
    Pool *pool = pool_new(1);
    RandomBatch batch;
    random_batch(&batch, pool);
    size_t rows = batch.view.extent.tokens, H = 6;
    Attention options = { .heads = 2, .queries = tokens, .keys = tokens, .dropout = tenth };
    Matrix q = matrix(pool, rows, H), k = matrix(pool, rows, H), v = matrix(pool, rows, H);
    Matrix c = matrix(pool, rows, H), moved = matrix(pool, rows, H), shift = matrix(pool, 1, H);
    Matrix scratch = matrix(pool, 1, attention_scratch(&batch.view.extent, &options, 0)),
           none = { 0 };
    attention(c, none, q, k, v, none, none, &options, &batch.view, scratch.data);
    add_row(k, shift);
    attention(moved, none, q, k, v, none, none, &options, &batch.view, scratch.data);
    Table *expected = table_of(c);
    close_to_table(moved, expected, 2e-6, "shifted keys", 1);
    free(expected);
    pool_free(pool, 1);
}

void suite_attention(void)
{
    ADD(masks_agree_with_the_library_block_by_block);
    ADD(dropped_rows_are_products_with_the_factors_of_their_sequence);
    ADD(the_rate_is_met_and_the_mean_is_one);
    ADD(everything_is_dropped_at_rate_one_and_nothing_at_rate_zero);
    ADD(a_mask_changes_with_each_of_what_it_is_a_function_of);
    ADD(a_mask_does_not_depend_on_the_batch);
    ADD(a_key_keeps_its_mask_whatever_is_in_front_of_it);
    ADD(attention_worked_by_hand);
    ADD(causal_attention_with_a_shared_head_worked_by_hand);
    ADD(large_scores_do_not_overflow);
    ADD(attention_agrees_with_its_twin_and_gradients_with_differences);
    ADD(a_constant_added_to_all_keys_changes_nothing);
}
