// reference_attention.c: dropout and attention, see reference.h.
#include "base/random.h"
#include "tests/reference/reference.h"
#include <Random123/threefry.h>
#include <math.h>

bool reference_kept(const Dropout *dropout, uint32_t head, uint32_t example, uint32_t position,
                    uint32_t column)
{
    Random4 seed = random_at(dropout->seed, STREAM_DROPOUT, dropout->site, dropout->step);
    threefry4x32_key_t key = { { seed.word[0], seed.word[1], seed.word[2], seed.word[3] } };
    threefry4x32_ctr_t counter = { { column / 8, position, example, head } };
    threefry4x32_ctr_t bits = threefry4x32_R(12, counter, key);
    uint32_t word = bits.v[column % 8 / 2];
    return (column % 2 ? word / 65536 : word % 65536) >= round(dropout->rate * 65536.);
}

double reference_dropout_scale(const Dropout *dropout)
{
    return 1 / (1 - round(dropout->rate * 65536.) / 65536);
}

uint32_t reference_position(Layout layout, size_t row)
{
    if (!layout.tokens)
        return 0;
    if (row < layout.extra)
        return (uint32_t)(1048576 + row);
    return (uint32_t)(row - layout.extra);
}

uint32_t reference_column(size_t key, size_t extra)
{
    return (uint32_t)(key < extra ? 1048576 + key : key - extra);
}

// One query of one head against every key of its sequence.
typedef struct {
    const Table *q, *k, *v, *extra_k, *extra_v;
    const Attention *options;
    const Batch *batch;
    size_t sequence, head, size, query; // query: within the segment
    size_t q_row, keys;
    double P[2 * TABLE_SIDE], D[2 * TABLE_SIDE]; // probabilities; factors of dropout
} Row;

static size_t extra_rows(const Table *extra)
{
    return extra ? extra->rows : 0;
}

static const double *key_at(const Row *row, const Table *extra, const Table *own, size_t key)
{
    Segment keys = segment_of(row->batch, row->options->keys, row->sequence);
    int kv_heads = row->options->kv_heads ? row->options->kv_heads : row->options->heads;
    size_t kv_head = row->head * (size_t)kv_heads / (size_t)row->options->heads;
    size_t shared = extra_rows(extra), column = kv_head * row->size;
    return key < shared ? &extra->at[key][column] : &own->at[keys.first + key - shared][column];
}

// Causal: extra keys, and a sequence's own up to the query's place; what a prompt put in front has
// places below 0.
static bool is_met(const Row *row, size_t key)
{
    long shared = (long)extra_rows(row->extra_k);
    long place =
        row->options->queries.tokens ? (long)row->query - (long)row->options->queries.extra : 0;
    return !row->options->causal || (long)key < shared ||
           (long)key - shared - (long)row->options->keys.extra <= place;
}

static void probabilities(Row *row)
{
    double sum = 0;
    Segment queries = segment_of(row->batch, row->options->queries, row->sequence);
    row->keys =
        extra_rows(row->extra_k) + segment_of(row->batch, row->options->keys, row->sequence).count;
    row->q_row = queries.first + row->query;
    for (size_t i = 0; i < row->keys; i++) {
        double score = 0;
        for (size_t j = 0; j < row->size; j++)
            score += row->q->at[row->q_row][row->head * row->size + j] *
                     key_at(row, row->extra_k, row->k, i)[j];
        row->P[i] = is_met(row, i) ? exp(score / sqrt((double)row->size)) : 0;
        sum += row->P[i];
    }
    const Dropout *dropout = &row->options->dropout;
    for (size_t i = 0; i < row->keys; i++) {
        row->P[i] /= sum;
        row->D[i] = reference_kept(
                        dropout, (uint32_t)row->head, row->batch->example[row->sequence],
                        reference_position(row->options->queries, row->query),
                        reference_column(i, extra_rows(row->extra_k) + row->options->keys.extra)) *
                    reference_dropout_scale(dropout);
    }
}

// Calls `visit` for every query of every head of every sequence, in the order of P.
static void each_row(Row *row, void (*visit)(Row *row, void *with), void *with)
{
    row->size = row->q->cols / (size_t)row->options->heads;
    for (row->sequence = 0; row->sequence < row->batch->extent.sequences; row->sequence++)
        for (row->head = 0; row->head < (size_t)row->options->heads; row->head++) {
            size_t queries = segment_of(row->batch, row->options->queries, row->sequence).count;
            for (row->query = 0; row->query < queries; row->query++) {
                probabilities(row);
                visit(row, with);
            }
        }
}

typedef struct {
    Table *c;
    double *P;
} Forward;

static void forward(Row *row, void *with)
{
    Forward *to = with;
    for (size_t i = 0; i < row->keys && to->P; i++)
        *to->P++ = row->P[i];
    for (size_t j = 0; j < row->size; j++) {
        double sum = 0;
        for (size_t i = 0; i < row->keys; i++)
            sum += row->P[i] * row->D[i] * key_at(row, row->extra_v, row->v, i)[j];
        to->c->at[row->q_row][row->head * row->size + j] = sum;
    }
}

void reference_attention(Table *c, double *P, const Table *q, const Table *k, const Table *v,
                         const Table *extra_k, const Table *extra_v, const Attention *options,
                         const Batch *batch)
{
    Row row = { .q = q,
                .k = k,
                .v = v,
                .extra_k = extra_k,
                .extra_v = extra_v,
                .options = options,
                .batch = batch };
    c->rows = q->rows;
    c->cols = q->cols;
    each_row(&row, forward, &(Forward){ c, P });
}

typedef struct {
    Table *dq, *dk, *dv, *dextra_k, *dextra_v;
    const Table *dc;
} Backward;

static double *gradient_at(const Row *row, Table *extra, Table *own, size_t key)
{
    return (double *)(uintptr_t)key_at(row, extra, own, key);
}

static void backward(Row *row, void *with)
{
    Backward *to = with;
    const double *dc = &to->dc->at[row->q_row][row->head * row->size];
    const double *q = &row->q->at[row->q_row][row->head * row->size];
    double *dq = &to->dq->at[row->q_row][row->head * row->size];
    double W[2 * TABLE_SIDE], mean = 0;
    for (size_t i = 0; i < row->keys; i++) {
        W[i] = 0;
        for (size_t j = 0; j < row->size; j++) {
            W[i] += dc[j] * key_at(row, row->extra_v, row->v, i)[j] * row->D[i];
            gradient_at(row, to->dextra_v, to->dv, i)[j] += row->P[i] * row->D[i] * dc[j];
        }
        mean += W[i] * row->P[i];
    }
    for (size_t i = 0; i < row->keys; i++) {
        double dS = row->P[i] * (W[i] - mean) / sqrt((double)row->size);
        for (size_t j = 0; j < row->size; j++) {
            dq[j] += dS * key_at(row, row->extra_k, row->k, i)[j];
            gradient_at(row, to->dextra_k, to->dk, i)[j] += dS * q[j];
        }
    }
}

void reference_attention_backward(Table *dq, Table *dk, Table *dv, Table *dextra_k, Table *dextra_v,
                                  const Table *dc, const Table *q, const Table *k, const Table *v,
                                  const Table *extra_k, const Table *extra_v,
                                  const Attention *options, const Batch *batch)
{
    Row row = { .q = q,
                .k = k,
                .v = v,
                .extra_k = extra_k,
                .extra_v = extra_v,
                .options = options,
                .batch = batch };
    each_row(&row, backward, &(Backward){ dq, dk, dv, dextra_k, dextra_v, dc });
}
