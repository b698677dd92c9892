// kernel_embedding.c: rows looked up in tables and added.
#include "engine/kernels.h"
#include <assert.h>

void embedding(Matrix y, Matrix word, Matrix position, Matrix type, const Batch *batch)
{
    size_t H = y.cols;
    assert(y.rows == batch->extent.tokens && word.cols == H);
    assert(position.data ? position.cols == H : !type.data);
    for (size_t r = 0; r < y.rows; r++) {
        float *restrict out = row_at(y, r);
        const float *restrict w = row_at(word, (size_t)batch->token[r]);
        if (!position.data) {
            for (size_t i = 0; i < H; i++)
                out[i] = w[i];
            continue;
        }
        const float *restrict p = row_at(position, (size_t)batch->position[r]);
        if (type.data) {
            const float *restrict t = row_at(type, (size_t)batch->type[r]);
            for (size_t i = 0; i < H; i++) // vectorised
                out[i] = w[i] + p[i] + t[i];
        } else
            for (size_t i = 0; i < H; i++) // vectorised
                out[i] = w[i] + p[i];
    }
}

// A table of a few rows (token types) gets thousands of summands a row: its sums are taken in
// double, a strip of columns at a time. A large table's rows get few each, added where they lie.
enum { FEW_ROWS = 4, STRIP = 16 };

static void few_rows_backward(Matrix dtable, Matrix dy, const int32_t *index)
{
    for (size_t c = 0; c < dy.cols; c += STRIP) {
        double sum[FEW_ROWS][STRIP] = { 0 };
        size_t width = dy.cols - c < STRIP ? dy.cols - c : STRIP;
        for (size_t r = 0; r < dy.rows; r++) {
            double *restrict into = sum[index[r]];
            const float *restrict in = row_at(dy, r) + c;
            if (width == STRIP)
                for (size_t j = 0; j < STRIP; j++)
                    into[j] += in[j];
            else
                for (size_t j = 0; j < width; j++)
                    into[j] += in[j];
        }
        for (size_t t = 0; t < dtable.rows; t++)
            for (size_t j = 0; j < width; j++)
                row_at(dtable, t)[c + j] = (float)(row_at(dtable, t)[c + j] + sum[t][j]);
    }
}

void embedding_backward(Matrix dtable, Matrix dy, const int32_t *index)
{
    assert(dtable.cols == dy.cols);
    if (dtable.rows <= FEW_ROWS) {
        few_rows_backward(dtable, dy, index);
        return;
    }
    for (size_t r = 0; r < dy.rows; r++) {
        float *restrict out = row_at(dtable, (size_t)index[r]);
        const float *restrict in = row_at(dy, r);
        for (size_t i = 0; i < dy.cols; i++) // vectorised
            out[i] += in[i];
    }
}
