// kernel_pool.c: where the rows of a sequence lie, and what is picked from them.
#include "engine/kernels.h"
#include <assert.h>
#include <string.h>

Segment segment_of(const Batch *batch, Layout layout, size_t sequence)
{
    if (!layout.tokens)
        return (Segment){ sequence, 1 };
    size_t first = batch->offset[sequence], end = batch->offset[sequence + 1];
    return (Segment){ first + sequence * layout.extra, end - first + layout.extra };
}

// The rows of a sequence without those that a prompt put in front.
static Segment real_rows(const Batch *batch, Layout layout, size_t sequence)
{
    assert(layout.tokens);
    Segment all = segment_of(batch, layout, sequence);
    return (Segment){ all.first + layout.extra, all.count - layout.extra };
}

static void copy_row(Matrix y, size_t to, Matrix x, size_t from)
{
    memcpy(row_at(y, to), row_at(x, from), y.cols * sizeof(float));
}

static void clear(Matrix y)
{
    for (size_t r = 0; r < y.rows; r++)
        memset(row_at(y, r), 0, y.cols * sizeof(float));
}

void first_rows(Matrix y, Matrix x, const Batch *batch, Layout layout)
{
    assert(y.rows == batch->extent.sequences && y.cols == x.cols);
    for (size_t s = 0; s < y.rows; s++)
        copy_row(y, s, x, real_rows(batch, layout, s).first);
}

void first_rows_backward(Matrix dx, Matrix dy, const Batch *batch, Layout layout, bool add)
{
    assert(dy.rows == batch->extent.sequences && dy.cols == dx.cols);
    if (!add)
        clear(dx);
    for (size_t s = 0; s < dy.rows; s++)
        scale_copy(rows_of(dx, real_rows(batch, layout, s).first, 1), rows_of(dy, s, 1), 1, add);
}

static size_t last_row(const Batch *batch, Layout layout, size_t sequence)
{
    Segment own = real_rows(batch, layout, sequence);
    return own.first + own.count - 1;
}

void last_rows(Matrix y, Matrix x, const Batch *batch, Layout layout)
{
    assert(y.rows == batch->extent.sequences && y.cols == x.cols);
    for (size_t s = 0; s < y.rows; s++)
        copy_row(y, s, x, last_row(batch, layout, s));
}

void last_rows_backward(Matrix dx, Matrix dy, const Batch *batch, Layout layout, bool add)
{
    assert(dy.rows == batch->extent.sequences && dy.cols == dx.cols);
    if (!add)
        clear(dx);
    for (size_t s = 0; s < dy.rows; s++)
        scale_copy(rows_of(dx, last_row(batch, layout, s), 1), rows_of(dy, s, 1), 1, add);
}

void picked_rows(Matrix y, Matrix x, const Batch *batch, Layout layout)
{
    assert(y.rows == batch->extent.selected && y.cols == x.cols);
    size_t s = 0;
    for (size_t i = 0; i < y.rows; i++) { // picked rows ascend
        size_t row = batch->picked[i];
        while (row >= batch->offset[s + 1])
            s++;
        copy_row(y, i, x, row + (s + 1) * layout.extra);
    }
}

void mean_rows(Matrix y, Matrix x, const Batch *batch, Layout layout)
{
    assert(y.rows == batch->extent.sequences && y.cols == x.cols);
    for (size_t s = 0; s < y.rows; s++) {
        Segment own = real_rows(batch, layout, s);
        Matrix mean = rows_of(y, s, 1);
        sum_rows(mean, rows_of(x, own.first, own.count), false);
        scale_copy(mean, mean, 1 / (float)own.count, false);
    }
}

void mean_rows_backward(Matrix dx, Matrix dy, const Batch *batch, Layout layout, bool add)
{
    assert(dy.rows == batch->extent.sequences && dy.cols == dx.cols);
    if (!add && layout.extra > 0)
        clear(dx);
    for (size_t s = 0; s < dy.rows; s++) {
        Segment own = real_rows(batch, layout, s);
        for (size_t r = 0; r < own.count; r++)
            scale_copy(rows_of(dx, own.first + r, 1), rows_of(dy, s, 1), 1 / (float)own.count, add);
    }
}

void rows_joined(Matrix y, Matrix rows, Matrix x, const Batch *batch, Layout own)
{
    Layout joined = { true, own.extra + rows.rows };
    for (size_t s = 0; s < batch->extent.sequences; s++) {
        Segment from = segment_of(batch, own, s), to = segment_of(batch, joined, s);
        for (size_t r = 0; r < rows.rows; r++)
            copy_row(y, to.first + r, rows, r);
        for (size_t r = 0; r < from.count; r++)
            copy_row(y, to.first + rows.rows + r, x, from.first + r);
    }
}

// y += the sum over sequences of row r of each, in double from the first sequence to the last.
static void add_joined_row(Matrix y, Matrix dy, const Batch *batch, Layout joined, size_t r)
{
    enum { STRIP = 32 }; // columns whose sums stay in registers
    for (size_t c = 0; c < y.cols; c += STRIP) {
        double sum[STRIP] = { 0 };
        size_t width = y.cols - c < STRIP ? y.cols - c : STRIP;
        for (size_t s = 0; s < batch->extent.sequences; s++) {
            const float *in = row_at(dy, segment_of(batch, joined, s).first + r) + c;
            for (size_t j = 0; j < width; j++)
                sum[j] += in[j];
        }
        for (size_t j = 0; j < width; j++)
            row_at(y, r)[c + j] = (float)((double)row_at(y, r)[c + j] + sum[j]);
    }
}

void rows_joined_backward(Matrix drows, Matrix dx, bool add_dx, Matrix dy, const Batch *batch,
                          Layout own, Layout joined)
{
    size_t l = joined.extra - own.extra;
    for (size_t r = 0; r < l && drows.data; r++)
        add_joined_row(drows, dy, batch, joined, r);
    for (size_t s = 0; s < batch->extent.sequences; s++) {
        Segment to = segment_of(batch, own, s), from = segment_of(batch, joined, s);
        if (dx.data)
            scale_copy(rows_of(dx, to.first, to.count), rows_of(dy, from.first + l, to.count), 1,
                       add_dx);
    }
}
