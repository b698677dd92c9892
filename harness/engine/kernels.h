// kernels.h: the numeric loops. They know no graph, allocate nothing, keep no state, cannot fail.
//
// Matrices may have any stride >= cols and any alignment of 4 bytes; "rows x H" gives the shape.
// Outputs do not overlap inputs unless "in place" is said. `add` true: added to what is there,
// false: overwritten. Outputs that "may be absent" have data NULL and are then not computed. Sums
// over a row or a column are taken in double in an order that depends on the sizes alone.
// Each has a plain twin in tests/reference/.
#ifndef ENGINE_KERNELS_H
#define ENGINE_KERNELS_H
#include "engine/batch.h"
#include "engine/matrix.h"
#include <stdbool.h>
#include <stdint.h>

// ---- sums (kernel_sums.c)
double sum_floats(const float *x, size_t n); // 16 lanes, pairwise
double sum_squares(const float *x, size_t n);
// The same of a contiguous matrix, to the bit, where only the rows r with bit r of `some` (bit r %
// 64 of word r / 64) are not 0.
double sum_squares_of(Matrix x, const uint64_t *some);
double sum_products(const float *x, const float *y, size_t n);
float maximum(const float *x, size_t n); // n > 0; with a NaN in x any of its numbers
// y: 1 x H, (y +)= column sums of x, or of a . b
void sum_rows(Matrix y, Matrix x, bool add);
void sum_rows_of_products(Matrix y, Matrix a, Matrix b, bool add);

// ---- element by element (kernel_rowwise.c)
typedef enum { GELU, GELU_NEW, RELU, TANH, SWISH } Activation;
// y = f(x), slope = f'(x); slope may be absent; y may be x (in place).
void activation(Activation which, Matrix y, Matrix slope, Matrix x);
void add_scaled(Matrix y, Matrix a, Matrix b, float scale,
                bool add); // (y +)= a + scale b; y may be a
void multiply(Matrix y, Matrix a, Matrix b,
              bool add); // (y +)= a . b; y may be a; b may have one row
void scale_copy(Matrix y, Matrix a, float scale, bool add); // (y +)= scale a; y may be a
void add_row(Matrix y, Matrix bias);                        // y += bias in every row

// ---- row by row (kernel_scaling.c)
// (y +)= diag(scale) a; scale: 1 x rows; y may be a
void scale_rows(Matrix y, Matrix a, Matrix scale, bool add);
// y: 1 x rows, (y +)= row sums of a . b
void products_of_rows(Matrix y, Matrix a, Matrix b, bool add);
// y_r = s_r x_r, s_r = 1 / max(|x_r|, 1e-12); scale (1 x rows; may be absent) = s; y may be x
void unit_rows(Matrix y, Matrix scale, Matrix x);
// dx_r (+)= s_r (dy_r - y_r <y_r, dy_r>); dx may be dy when add is false
void unit_rows_backward(Matrix dx, bool add, Matrix dy, Matrix y, Matrix scale);

// ---- layer normalisation (kernel_layernorm.c): Ba et al. 2016
//   z = (x + r - mean) rstd;  y = gain . z + offset;  rstd = 1 / sqrt(variance + epsilon), the
// variance divided by H. r (a residual, same shape) may be absent. z and rstd (rows x 1) may be
// absent. y may be x or z may be x (in place).
void layernorm(Matrix y, Matrix z, Matrix rstd, Matrix x, Matrix r, Matrix gain, Matrix offset,
               double epsilon);
// u = dy . gain;  dx = rstd (u - mean(u) - z mean(u . z)); dgain += column sums of dy . z;
// doffset += column sums of dy. Each may be absent. dx may be dy (in place) when add_dx is false.
void layernorm_backward(Matrix dx, bool add_dx, Matrix dgain, Matrix doffset, Matrix dy, Matrix z,
                        Matrix rstd, Matrix gain);

// ---- normalisation by the root of the mean square (kernel_rmsnorm.c): Zhang, Sennrich 2019
//   z = x rrms;  y = gain . z;  rrms = 1 / sqrt(mean(x^2) + epsilon)
// z and rrms (rows x 1) may be absent. y or z may be x (in place).
void rmsnorm(Matrix y, Matrix z, Matrix rrms, Matrix x, Matrix gain, double epsilon);
// u = dy . gain;  dx = rrms (u - z mean(u . z)); dgain += column sums of dy . z. Each may be
// absent. dx may be dy (in place) when add_dx is false.
void rmsnorm_backward(Matrix dx, bool add_dx, Matrix dgain, Matrix dy, Matrix z, Matrix rrms,
                      Matrix gain);

// ---- embeddings (kernel_embedding.c); type may be absent, or both position and type
void embedding(Matrix y, Matrix word, Matrix position, Matrix type, const Batch *batch);
void embedding_backward(Matrix dtable, Matrix dy,
                        const int32_t *index); // dtable[index[r]] += dy[r]

// ---- where a matrix's rows lie in the batch
// Sequence s owns `count` rows from `first` on: for matrices over tokens its own, plus `extra` rows
// a sequence in front of them; for matrices over sequences one.
typedef struct {
    bool tokens;  // rows over tokens; else one row a sequence
    size_t extra; // rows a sequence added in front (prompt)
} Layout;
typedef struct {
    size_t first, count;
} Segment;
Segment segment_of(const Batch *batch, Layout layout, size_t sequence);

// ---- dropout (kernel_dropout.c)
// A mask is a function of (seed, step, site, head, example, position, column), drawn again whenever
// it is needed. The rate is rounded to a multiple of 2^-16 and kept elements are multiplied by
// 1 / (1 - that), so the mean is exact.
//
// Position: the row's place within its sequence, whatever a prompt put in front; the prompt's own
// rows count from DROPOUT_EXTRA on; 0 for matrices over sequences, whose row stands for the first
// token.
enum { DROPOUT_EXTRA = 1 << 20 };
typedef struct {
    uint64_t seed;
    uint64_t step;
    uint32_t site; // which dropout of the model
    float rate;    // 0 .. 1; 0: nothing is dropped
} Dropout;
// (y +)= x . mask / (1 - rate); y may be x. Head 0.
void dropout_rows(Matrix y, Matrix x, const Dropout *dropout, const Batch *batch, Layout layout,
                  bool add);
// The factors (0 or 1 / (1 - rate)) of the rows of one sequence; column c is the c-th key of
// attention's probabilities, the row the query. The first `extra` keys are not of the sequence:
// their columns count from DROPOUT_EXTRA on, those of its own from 0, whatever is in front.
void dropout_factors(Matrix factor, const Dropout *dropout, uint32_t head, uint32_t example,
                     Layout layout, size_t extra);

// ---- rotary positions (kernel_rotary.c): Su et al. 2021 (arXiv 2104.09864), eq. 34
// Each head (of `size` columns, an even number) of each row is turned by its position p: columns i
// and i + size / 2 are a pair, at the angle a = p base^(-2 i / size):
//   y_i = x_i cos a - x_(i + size / 2) sin a;  y_(i + size / 2) = x_(i + size / 2) cos a + x_i sin
//   a
// The pairs are those of Llama's and Falcon's checkpoints; the paper's are neighbours. p is the
// place within the sequence, of rows that a prompt put in front -l .. -1; 0 for matrices over
// sequences, whose row stands for the first token. `back`: by -a, which is the gradient. (y +)=
// ...; y may be x. scratch: size floats.
typedef struct {
    int64_t size;
    double base;
    bool back;
} Rotary;
void rotary(Matrix y, Matrix x, const Rotary *options, const Batch *batch, Layout layout, bool add,
            float *scratch);

// ---- attention (kernel_attention.c)
// For each sequence and head j (columns j d .. (j + 1) d - 1 of q, k, v, d = cols / heads):
//   S = q k^T / sqrt(d), over the extra keys first, then the sequence's own; P = softmax of rows;
//   c = (P . mask) v.
// With fewer heads of keys and values (k, v: columns / heads * kv_heads) each serves heads /
// kv_heads of the queries', one after another. `causal`: a query meets the extra keys and its own
// sequence's up to its own place; what lies beyond has P = 0. q and c have the rows of `queries`
// (tokens, or one a sequence: then the first token of each); k and v those of `keys`. extra_k,
// extra_v: l x H, the same for all sequences; may be absent. P (may be absent): pairs x heads
// floats in one block with stride = cols = heads; sequence after sequence, in it head after head,
// in it queries x (l + keys) probabilities before dropout. scratch: attention_scratch() floats.
typedef struct {
    int heads, kv_heads; // kv_heads 0: as many (kv_heads_of)
    bool causal;
    Layout queries, keys;
    Dropout dropout;
} Attention;
int kv_heads_of(const Attention *attention);
size_t attention_scratch(const Extent *largest, const Attention *attention, size_t extra);
void attention(Matrix c, Matrix P, Matrix q, Matrix k, Matrix v, Matrix extra_k, Matrix extra_v,
               const Attention *options, const Batch *batch, float *scratch);
// dv = (P . mask)^T dc; W = (dc v^T) . mask; dS = P . (W - rowsum(W . P)); dq = dS k / sqrt(d);
// dk = dS^T q / sqrt(d). Every output may be absent; add_x adds to it. The extra ones are sums over
// the sequences and always added to.
typedef struct {
    Matrix dq, dk, dv, dextra_k, dextra_v;
    bool add_q, add_k, add_v;
} AttentionGradients;
void attention_backward(AttentionGradients out, Matrix dc, Matrix P, Matrix q, Matrix k, Matrix v,
                        Matrix extra_k, Matrix extra_v, const Attention *options,
                        const Batch *batch, float *scratch);

// ---- rows picked and pooled (kernel_pool.c)
void first_rows(Matrix y, Matrix x, const Batch *batch, Layout layout); // y: sequences x H; the
                                                                        // first real token of each
void first_rows_backward(Matrix dx, Matrix dy, const Batch *batch, Layout layout, bool add);
void last_rows(Matrix y, Matrix x, const Batch *batch, Layout layout); // the last token of each
void last_rows_backward(Matrix dx, Matrix dy, const Batch *batch, Layout layout, bool add);
void picked_rows(Matrix y, Matrix x, const Batch *batch, Layout layout); // y: selected x H
void mean_rows(Matrix y, Matrix x, const Batch *batch, Layout layout);   // mean of the real tokens
void mean_rows_backward(Matrix dx, Matrix dy, const Batch *batch, Layout layout, bool add);

// ---- rows joined in front of each sequence's (kernel_pool.c)
// y: for each sequence `rows` (l x H), then its own of x, that lie there as `own` says.
void rows_joined(Matrix y, Matrix rows, Matrix x, const Batch *batch, Layout own);
// drows += the sum over sequences of their first l rows; (dx +)= the others. Each may be absent.
void rows_joined_backward(Matrix drows, Matrix dx, bool add_dx, Matrix dy, const Batch *batch,
                          Layout own, Layout joined);

// ---- losses (kernel_loss.c); the loss is a mean over `rows`, in double
// loss = mean_b (logsumexp(logits_b) - logits_b[label_b]); dlogits = weight (softmax - onehot) /
// rows; may be absent.
double cross_entropy(Matrix dlogits, Matrix logits, const int32_t *label, double weight);
// loss = mean_b (logit - target)^2; dlogits = weight 2 (logit - target) / rows; may be absent.
double squared_error(Matrix dlogits, Matrix logits, const float *target, double weight);
// Cross-entropy of logits z word^T + bias against label (selected rows), a few rows at a time, so
// that rows x vocabulary never exists whole. scratch: tied_scratch(vocabulary) floats.
size_t tied_scratch(size_t vocabulary);
double tied_cross_entropy(Matrix z, Matrix word, Matrix bias, const int32_t *label, float *scratch);
#endif
