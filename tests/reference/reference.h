// reference.h: the textbook form of every kernel, in double, without a trick.
//
// What engine/kernels.h defines, written again as its equations read; the suites hold both against
// each other, and take slopes of these by differences. A Table is small and has no stride.
#ifndef TESTS_REFERENCE_H
#define TESTS_REFERENCE_H
#include "engine/kernels.h"

enum { TABLE_SIDE = 80 };
typedef struct {
    size_t rows, cols;
    double at[TABLE_SIDE][TABLE_SIDE];
} Table;

void reference_product(Table *C, bool transpose_a, bool transpose_b, double alpha, const Table *A,
                       const Table *B, double beta);
void reference_activation(Activation which, Table *y, const Table *x);
void reference_sum_rows(Table *y, const Table *x);
void reference_layernorm(Table *y, Table *z, const Table *x, const Table *gain, const Table *offset,
                         double epsilon);
void reference_layernorm_backward(Table *dx, Table *dgain, Table *doffset, const Table *dy,
                                  const Table *x, const Table *gain, double epsilon);
void reference_rmsnorm(Table *y, const Table *x, const Table *gain, double epsilon);
void reference_rmsnorm_backward(Table *dx, Table *dgain, const Table *dy, const Table *x,
                                const Table *gain, double epsilon);
// Segments of rows as `layout` says.
void reference_rotary(Table *y, const Table *x, const Rotary *options, const Batch *batch,
                      Layout layout);
void reference_embedding(Table *y, const Table *word, const Table *position, const Table *type,
                         const Batch *batch);
void reference_embedding_backward(Table *dtable, const Table *dy, const int32_t *index);
void reference_first_rows(Table *y, const Table *x, const Batch *batch, size_t extra);
void reference_last_rows(Table *y, const Table *x, const Batch *batch, size_t extra);
void reference_picked_rows(Table *y, const Table *x, const Batch *batch, size_t extra);
void reference_mean_rows(Table *y, const Table *x, const Batch *batch, size_t extra);
// Each row / max(its length, 1e-12).
void reference_unit_rows(Table *y, const Table *x);
// Of each sequence: `rows`, then its own of x, which has `extra` a sequence in front already.
void reference_rows_joined(Table *y, const Table *rows, const Table *x, const Batch *batch,
                           size_t extra);
// 1 or 0 of one element, and the factor of those that are kept.
bool reference_kept(const Dropout *dropout, uint32_t head, uint32_t example, uint32_t position,
                    uint32_t column);
double reference_dropout_scale(const Dropout *dropout);
// The position that decides a row's mask: `row` of its segment.
uint32_t reference_position(Layout layout, size_t row);
// The column that decides a key's mask, of which the first `extra` are not the sequence's own.
uint32_t reference_column(size_t key, size_t extra);
// extra_k and extra_v may have no rows. P is written where it is not NULL, as attention() lays it.
void reference_attention(Table *c, double *P, const Table *q, const Table *k, const Table *v,
                         const Table *extra_k, const Table *extra_v, const Attention *options,
                         const Batch *batch);
// The outputs have their shapes and are added to.
void reference_attention_backward(Table *dq, Table *dk, Table *dv, Table *dextra_k, Table *dextra_v,
                                  const Table *dc, const Table *q, const Table *k, const Table *v,
                                  const Table *extra_k, const Table *extra_v,
                                  const Attention *options, const Batch *batch);
double reference_cross_entropy(const Table *logits, const int32_t *label);
double reference_squared_error(const Table *logits, const float *target);
#endif
