// kernel_dropout.c: masks from counters, Threefry4x32-12 (Salmon et al. 2011) by Random123.
//
//   key     = random_at(seed, STREAM_DROPOUT, site, step), all four words
//   counter = column / 8, position, example, head
//
// The 128 bits are eight 16-bit numbers, word after word, the lower half first; number column % 8
// keeps the element when it is at least rate x 2^16. Threefry and not Philox, because GCC
// vectorises both but Philox's widening multiplications cost shuffles: 0.27 and 0.89 ns a decision
// (AVX2, one core). The authors know of no statistical flaw from 12 rounds on.
#include "base/random.h"
#include "engine/kernels.h"
#include "engine/vector.h"
#include <Random123/threefry.h>
#include <assert.h>

enum { ROUNDS = 12, COLUMNS = 8, LANES = 16 }; // columns of a block; blocks drawn at a time

typedef struct {
    threefry4x32_key_t key;
    int32_t threshold; // of 2^16
    float scale;       // of what is kept
    uint32_t head, example;
    uint32_t block; // of the first column
    Layout layout;
} Mask;

static Mask mask_of(const Dropout *dropout, uint32_t head, uint32_t example, Layout layout);
static void masked(Matrix y, Matrix x, const Mask *mask, bool add);

void dropout_rows(Matrix y, Matrix x, const Dropout *dropout, const Batch *batch, Layout layout,
                  bool add)
{
    assert(y.rows == x.rows && y.cols == x.cols);
    Mask mask = mask_of(dropout, 0, 0, layout);
    if (mask.threshold == 0) {
        scale_copy(y, x, 1, add);
        return;
    }
    for (size_t s = 0; s < batch->extent.sequences; s++) {
        Segment own = segment_of(batch, layout, s);
        mask.example = batch->example[s];
        masked(rows_of(y, own.first, own.count), rows_of(x, own.first, own.count), &mask, add);
    }
}

void dropout_factors(Matrix factor, const Dropout *dropout, uint32_t head, uint32_t example,
                     Layout layout, size_t extra)
{
    Mask mask = mask_of(dropout, head, example, layout);
    masked(columns_of(factor, extra, factor.cols - extra), (Matrix){ 0 }, &mask, false);
    mask.block = DROPOUT_EXTRA / COLUMNS;
    masked(columns_of(factor, 0, extra), (Matrix){ 0 }, &mask, false);
}

static Mask mask_of(const Dropout *dropout, uint32_t head, uint32_t example, Layout layout)
{
    assert(dropout->rate >= 0 && dropout->rate <= 1);
    Random4 key = random_at(dropout->seed, STREAM_DROPOUT, dropout->site, dropout->step);
    Mask mask = { .threshold = (int32_t)lrint((double)dropout->rate * 65536),
                  .head = head,
                  .example = example,
                  .layout = layout };
    for (int i = 0; i < 4; i++)
        mask.key.v[i] = key.word[i];
    mask.scale = (float)(65536. / (65536 - mask.threshold)); // infinite, and not used, at rate 1
    return mask;
}

static uint32_t position_of(size_t row, Layout layout)
{
    if (!layout.tokens)
        return 0;
    return (uint32_t)(row < layout.extra ? DROPOUT_EXTRA + row : row - layout.extra);
}

// The factors of LANES blocks, which may be of several rows.
static void draw(float *restrict factor, const Mask *mask, const uint32_t *restrict block,
                 const uint32_t *restrict position)
{
    uint32_t bits[LANES][4], head = mask->head, example = mask->example;
    threefry4x32_key_t key = mask->key;
    for (size_t j = 0; j < LANES; j++) { // vectorised
        threefry4x32_ctr_t counter = { { block[j], position[j], example, head } };
        threefry4x32_ctr_t drawn = threefry4x32_R(ROUNDS, counter, key);
        bits[j][0] = drawn.v[0];
        bits[j][1] = drawn.v[1];
        bits[j][2] = drawn.v[2];
        bits[j][3] = drawn.v[3];
    }
    const uint32_t *word = bits[0];
    int32_t threshold = mask->threshold;
    float scale = mask->scale;
    for (size_t i = 0; i < 4 * LANES; i++) { // vectorised
        factor[2 * i] = (int32_t)(word[i] & 0xffff) >= threshold ? scale : 0;
        factor[2 * i + 1] = (int32_t)(word[i] >> 16) >= threshold ? scale : 0;
    }
}

// (y +)= x . factors, or the factors alone when there is no x. The rows are those of one sequence;
// their blocks are drawn in one line from the first row's first to the last row's last.
static void masked(Matrix y, Matrix x, const Mask *mask, bool add)
{
    size_t blocks = (y.cols + COLUMNS - 1) / COLUMNS, drawn_row = 0, drawn_block = 0;
    size_t row = 0, col = 0; // of the next element
    while (row < y.rows && blocks > 0) {
        uint32_t block[LANES], position[LANES];
        float factor[COLUMNS * LANES];
        for (size_t j = 0; j < LANES; j++) { // beyond the last row they are drawn for nobody
            block[j] = mask->block + (uint32_t)drawn_block;
            position[j] = position_of(drawn_row, mask->layout);
            if (++drawn_block == blocks) {
                drawn_block = 0;
                drawn_row++;
            }
        }
        draw(factor, mask, block, position);
        for (size_t used = 0; used < COLUMNS * LANES && row < y.rows;) {
            size_t left = y.cols - col, there = COLUMNS * LANES - used;
            size_t count = left < there ? left : there;
            const float *f = factor + used;
            float *out = row_at(y, row) + col;
            if (!x.data)
                for (size_t i = 0; i < count; i++)
                    out[i] = f[i];
            else if (add) {
                const float *in = row_at(x, row) + col;
                INDEPENDENT
                for (size_t i = 0; i < count; i++) // vectorised
                    out[i] += in[i] * f[i];
            } else {
                const float *in = row_at(x, row) + col;
                INDEPENDENT
                for (size_t i = 0; i < count; i++) // vectorised
                    out[i] = in[i] * f[i];
            }
            if (count == left) { // the next row starts with a block of its own
                used += (count + COLUMNS - 1) / COLUMNS * COLUMNS;
                row++;
                col = 0;
            } else {
                used += count;
                col += count;
            }
        }
    }
}
