// reference.c: see reference.h.
#include "tests/reference/reference.h"
#include <math.h>

void reference_product(Table *C, bool transpose_a, bool transpose_b, double alpha, const Table *A,
                       const Table *B, double beta)
{
    size_t inner = transpose_a ? A->rows : A->cols;
    for (size_t i = 0; i < C->rows; i++)
        for (size_t j = 0; j < C->cols; j++) {
            double sum = 0;
            for (size_t k = 0; k < inner; k++)
                sum += (transpose_a ? A->at[k][i] : A->at[i][k]) *
                       (transpose_b ? B->at[j][k] : B->at[k][j]);
            C->at[i][j] = alpha * sum + (beta == 0 ? 0 : beta * C->at[i][j]);
        }
}

static double activated(Activation which, double x)
{
    double pi = acos(-1);
    switch (which) {
    case GELU:
        return x * (1 + erf(x / sqrt(2))) / 2;
    case GELU_NEW:
        return x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x))) / 2;
    case RELU:
        return fmax(x, 0);
    case TANH:
        return tanh(x);
    case SWISH:
        return x / (1 + exp(-x));
    }
    return NAN;
}

void reference_activation(Activation which, Table *y, const Table *x)
{
    y->rows = x->rows;
    y->cols = x->cols;
    for (size_t r = 0; r < x->rows; r++)
        for (size_t c = 0; c < x->cols; c++)
            y->at[r][c] = activated(which, x->at[r][c]);
}

void reference_sum_rows(Table *y, const Table *x)
{
    y->rows = 1;
    y->cols = x->cols;
    for (size_t c = 0; c < x->cols; c++) {
        y->at[0][c] = 0;
        for (size_t r = 0; r < x->rows; r++)
            y->at[0][c] += x->at[r][c];
    }
}

static double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

static double rstd_of(const double *x, size_t n, double epsilon)
{
    double mean = mean_of(x, n), squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return 1 / sqrt(squares / (double)n + epsilon);
}

void reference_layernorm(Table *y, Table *z, const Table *x, const Table *gain, const Table *offset,
                         double epsilon)
{
    y->rows = z->rows = x->rows;
    y->cols = z->cols = x->cols;
    for (size_t r = 0; r < x->rows; r++)
        for (size_t c = 0; c < x->cols; c++) {
            double mean = mean_of(x->at[r], x->cols), rstd = rstd_of(x->at[r], x->cols, epsilon);
            z->at[r][c] = (x->at[r][c] - mean) * rstd;
            y->at[r][c] = gain->at[0][c] * z->at[r][c] + offset->at[0][c];
        }
}

void reference_layernorm_backward(Table *dx, Table *dgain, Table *doffset, const Table *dy,
                                  const Table *x, const Table *gain, double epsilon)
{
    static Table y, z;
    reference_layernorm(&y, &z, x, gain, gain, epsilon);
    *dx = *x;
    *dgain = *doffset = *gain;
    for (size_t c = 0; c < x->cols; c++)
        dgain->at[0][c] = doffset->at[0][c] = 0;
    for (size_t r = 0; r < x->rows; r++) {
        double u[TABLE_SIDE], uz[TABLE_SIDE];
        for (size_t c = 0; c < x->cols; c++) {
            u[c] = dy->at[r][c] * gain->at[0][c];
            uz[c] = u[c] * z.at[r][c];
            dgain->at[0][c] += dy->at[r][c] * z.at[r][c];
            doffset->at[0][c] += dy->at[r][c];
        }
        for (size_t c = 0; c < x->cols; c++)
            dx->at[r][c] = rstd_of(x->at[r], x->cols, epsilon) *
                           (u[c] - mean_of(u, x->cols) - z.at[r][c] * mean_of(uz, x->cols));
    }
}

static double rrms_of(const double *x, size_t n, double epsilon)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += x[i] * x[i];
    return 1 / sqrt(squares / (double)n + epsilon);
}

void reference_rmsnorm(Table *y, const Table *x, const Table *gain, double epsilon)
{
    y->rows = x->rows;
    y->cols = x->cols;
    for (size_t r = 0; r < x->rows; r++)
        for (size_t c = 0; c < x->cols; c++)
            y->at[r][c] = gain->at[0][c] * x->at[r][c] * rrms_of(x->at[r], x->cols, epsilon);
}

// d y_c / d x_i = gain_c (s [c = i] - s^3 x_c x_i / H), s = 1 / rms.
void reference_rmsnorm_backward(Table *dx, Table *dgain, const Table *dy, const Table *x,
                                const Table *gain, double epsilon)
{
    *dx = *x;
    *dgain = *gain;
    for (size_t c = 0; c < x->cols; c++)
        dgain->at[0][c] = 0;
    for (size_t r = 0; r < x->rows; r++) {
        double s = rrms_of(x->at[r], x->cols, epsilon);
        for (size_t i = 0; i < x->cols; i++) {
            dgain->at[0][i] += dy->at[r][i] * x->at[r][i] * s;
            dx->at[r][i] = s * gain->at[0][i] * dy->at[r][i];
            for (size_t c = 0; c < x->cols; c++)
                dx->at[r][i] -= dy->at[r][c] * gain->at[0][c] * s * s * s * x->at[r][c] *
                                x->at[r][i] / (double)x->cols;
        }
    }
}

void reference_rotary(Table *y, const Table *x, const Rotary *options, const Batch *batch,
                      Layout layout)
{
    size_t size = (size_t)options->size;
    *y = *x;
    for (size_t s = 0; s < batch->extent.sequences; s++) {
        Segment own = segment_of(batch, layout, s);
        for (size_t r = 0; r < own.count; r++)
            for (size_t c = 0; c < x->cols; c++) {
                size_t within = c % size, pair = within % (size / 2), row = own.first + r;
                double place = layout.tokens ? (double)r - (double)layout.extra : 0;
                double angle = place / pow(options->base, 2 * (double)pair / (double)options->size);
                if (options->back)
                    angle = -angle;
                if (within < size / 2)
                    y->at[row][c] =
                        x->at[row][c] * cos(angle) - x->at[row][c + size / 2] * sin(angle);
                else
                    y->at[row][c] =
                        x->at[row][c] * cos(angle) + x->at[row][c - size / 2] * sin(angle);
            }
    }
}

void reference_embedding(Table *y, const Table *word, const Table *position, const Table *type,
                         const Batch *batch)
{
    y->rows = batch->extent.tokens;
    y->cols = word->cols;
    for (size_t r = 0; r < y->rows; r++)
        for (size_t c = 0; c < y->cols; c++)
            y->at[r][c] = word->at[batch->token[r]][c] +
                          (position ? position->at[batch->position[r]][c] : 0) +
                          (type ? type->at[batch->type[r]][c] : 0);
}

void reference_embedding_backward(Table *dtable, const Table *dy, const int32_t *index)
{
    for (size_t r = 0; r < dy->rows; r++)
        for (size_t c = 0; c < dy->cols; c++)
            dtable->at[index[r]][c] += dy->at[r][c];
}

void reference_first_rows(Table *y, const Table *x, const Batch *batch, size_t extra)
{
    y->rows = batch->extent.sequences;
    y->cols = x->cols;
    for (size_t s = 0; s < y->rows; s++)
        for (size_t c = 0; c < y->cols; c++)
            y->at[s][c] = x->at[batch->offset[s] + (s + 1) * extra][c];
}

void reference_last_rows(Table *y, const Table *x, const Batch *batch, size_t extra)
{
    y->rows = batch->extent.sequences;
    y->cols = x->cols;
    for (size_t s = 0; s < y->rows; s++)
        for (size_t c = 0; c < x->cols; c++)
            y->at[s][c] = x->at[batch->offset[s + 1] - 1 + (s + 1) * extra][c];
}

void reference_picked_rows(Table *y, const Table *x, const Batch *batch, size_t extra)
{
    y->rows = batch->extent.selected;
    y->cols = x->cols;
    for (size_t i = 0; i < y->rows; i++)
        for (size_t s = 0; s < batch->extent.sequences; s++)
            if (batch->picked[i] >= batch->offset[s] && batch->picked[i] < batch->offset[s + 1])
                for (size_t c = 0; c < y->cols; c++)
                    y->at[i][c] = x->at[batch->picked[i] + (s + 1) * extra][c];
}

void reference_mean_rows(Table *y, const Table *x, const Batch *batch, size_t extra)
{
    y->rows = batch->extent.sequences;
    y->cols = x->cols;
    for (size_t s = 0; s < y->rows; s++)
        for (size_t c = 0; c < y->cols; c++) {
            double sum = 0;
            for (size_t r = batch->offset[s]; r < batch->offset[s + 1]; r++)
                sum += x->at[r + (s + 1) * extra][c];
            y->at[s][c] = sum / (double)(batch->offset[s + 1] - batch->offset[s]);
        }
}

void reference_unit_rows(Table *y, const Table *x)
{
    for (size_t r = 0; r < x->rows; r++) {
        double squares = 0;
        for (size_t c = 0; c < x->cols; c++)
            squares += x->at[r][c] * x->at[r][c];
        for (size_t c = 0; c < x->cols; c++)
            y->at[r][c] = x->at[r][c] / fmax(sqrt(squares), 1e-12);
    }
}

void reference_rows_joined(Table *y, const Table *rows, const Table *x, const Batch *batch,
                           size_t extra)
{
    size_t row = 0, from = 0;
    for (size_t s = 0; s < batch->extent.sequences; s++) {
        size_t own = batch->offset[s + 1] - batch->offset[s] + extra;
        for (size_t r = 0; r < rows->rows + own; r++, row++)
            for (size_t c = 0; c < x->cols; c++)
                y->at[row][c] = r < rows->rows ? rows->at[r][c] : x->at[from + r - rows->rows][c];
        from += own;
    }
}

double reference_cross_entropy(const Table *logits, const int32_t *label)
{
    double loss = 0;
    for (size_t r = 0; r < logits->rows; r++) {
        double sum = 0;
        for (size_t c = 0; c < logits->cols; c++)
            sum += exp(logits->at[r][c] - logits->at[r][label[r]]);
        loss += log(sum) / (double)logits->rows;
    }
    return loss;
}

double reference_squared_error(const Table *logits, const float *target)
{
    double loss = 0;
    for (size_t r = 0; r < logits->rows; r++)
        loss += pow(logits->at[r][0] - target[r], 2) / (double)logits->rows;
    return loss;
}
