// kernel_loss.c: losses and the gradients of their logits.
#include "engine/kernels.h"
#include "engine/kernels_impl.h"
#include "engine/product.h"
#include "engine/vector.h"
#include <assert.h>

// Twice the lanes of kernels_impl.h: GCC takes apart a loop of 16 before it can call the vector
// exp.
enum { WIDE = 2 * LANES };

// log(sum exp(x)) = largest + log(sum exp(x - largest)), all in double. A NaN stays one.
static double log_sum_exp(const float *x, size_t n)
{
    double largest = maximum(x, n), lane[WIDE] = { 0 }, rest = 0;
    size_t whole = n - n % WIDE;
    for (size_t i = 0; i < whole; i += WIDE)
        for (size_t j = 0; j < WIDE; j++) // vectorised
            lane[j] += exp(x[i + j] - largest);
    for (size_t i = whole; i < n; i++)
        rest += exp(x[i] - largest);
    for (size_t j = 0; j < LANES; j++)
        lane[j] += lane[j + LANES];
    return largest + log(pairwise(lane) + rest);
}

double cross_entropy(Matrix dlogits, Matrix logits, const int32_t *label, double weight)
{
    double loss = 0, rows = (double)logits.rows;
    for (size_t r = 0; r < logits.rows; r++) {
        const float *x = row_at(logits, r);
        size_t gold = (size_t)label[r];
        assert(gold < logits.cols);
        double total = log_sum_exp(x, logits.cols);
        loss += total - x[gold];
        if (!dlogits.data)
            continue;
        float *restrict slope = row_at(dlogits, r);
        double scale = weight / rows;
        for (size_t i = 0; i < logits.cols; i++) // vectorised
            slope[i] = (float)(scale * exp(x[i] - total));
        slope[gold] = (float)(scale * (exp(x[gold] - total) - 1));
    }
    return loss / rows;
}

double squared_error(Matrix dlogits, Matrix logits, const float *target, double weight)
{
    assert(logits.cols == 1);
    double loss = 0, rows = (double)logits.rows;
    for (size_t r = 0; r < logits.rows; r++) {
        double difference = (double)*row_at(logits, r) - target[r];
        loss += difference * difference;
        if (dlogits.data)
            *row_at(dlogits, r) = (float)(weight * 2 * difference / rows);
    }
    return loss / rows;
}

enum { TIED_ROWS = 16 }; // rows of logits that exist at a time

size_t tied_scratch(size_t vocabulary)
{
    return TIED_ROWS * vocabulary;
}

double tied_cross_entropy(Matrix z, Matrix word, Matrix bias, const int32_t *label, float *scratch)
{
    double loss = 0;
    for (size_t first = 0; first < z.rows; first += TIED_ROWS) {
        size_t count = z.rows - first < TIED_ROWS ? z.rows - first : TIED_ROWS;
        Matrix logits = { scratch, count, word.rows, word.rows };
        product(false, true, 1, rows_of(z, first, count), word, 0, logits);
        add_row(logits, bias);
        loss += (double)count * cross_entropy((Matrix){ 0 }, logits, label + first, 1);
    }
    return loss / (double)z.rows;
}
