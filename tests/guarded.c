// guarded.c: see guarded.h.
#include "tests/guarded.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>

static const float guard = 12345.5f;

Pool *pool_new(uint64_t seed)
{
    Pool *pool = malloc(sizeof *pool);
    if (!pool)
        abort();
    pool->used = pool->count = 0;
    pool->random = seed;
    for (size_t i = 0; i < POOL; i++)
        pool->at[i] = guard;
    return pool;
}

size_t below(Pool *pool, size_t n)
{
    return (size_t)(mix(&pool->random) % n);
}

// With numbers in -1 .. 1.
Matrix matrix(Pool *pool, size_t rows, size_t cols)
{
    size_t stride = cols + below(pool, 5), start = pool->used + 1 + below(pool, 8);
    Matrix m = { pool->at + start, rows, cols, stride };
    pool->used = start + rows * stride + 1;
    if (pool->used > POOL || pool->count == MOST)
        abort();
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            row_at(m, r)[c] = mix_float(&pool->random);
    pool->given[pool->count++] = m;
    return m;
}

static bool guards_hold(const Pool *pool)
{
    static bool element[POOL];
    memset(element, 0, sizeof element);
    for (size_t i = 0; i < pool->count; i++)
        for (size_t r = 0; r < pool->given[i].rows; r++)
            for (size_t c = 0; c < pool->given[i].cols; c++)
                element[row_at(pool->given[i], r) + c - pool->at] = true;
    for (size_t i = 0; i < POOL; i++)
        if (!element[i] && pool->at[i] != guard)
            return false;
    return true;
}

// Ends a case: nothing but elements was written.
void pool_free(Pool *pool, uint64_t seed)
{
    if (!CHECK(guards_hold(pool)))
        printf("seed %llu\n", (unsigned long long)seed);
    free(pool);
}

Matrix copy(Pool *pool, Matrix from)
{
    Matrix m = matrix(pool, from.rows, from.cols);
    for (size_t r = 0; r < m.rows; r++)
        memcpy(row_at(m, r), row_at(from, r), m.cols * sizeof(float));
    return m;
}

void read_table(Table *table, Matrix m)
{
    table->rows = m.rows;
    table->cols = m.cols;
    for (size_t r = 0; r < m.rows; r++)
        for (size_t c = 0; c < m.cols; c++)
            table->at[r][c] = row_at(m, r)[c];
}

Table *table_of(Matrix m)
{
    Table *table = calloc(1, sizeof *table);
    if (!table)
        abort();
    read_table(table, m);
    return table;
}

void close_to_table(Matrix m, const Table *table, double tolerance, const char *what, uint64_t seed)
{
    bool right = m.rows == table->rows && m.cols == table->cols;
    for (size_t r = 0; r < m.rows && right; r++)
        for (size_t c = 0; c < m.cols && right; c++)
            right = CHECK_CLOSE(row_at(m, r)[c], table->at[r][c], tolerance);
    if (!CHECK(right))
        printf("%s, seed %llu, %zu x %zu\n", what, (unsigned long long)seed, m.rows, m.cols);
}

// Element by element: m = base + change.
void close_to_sum(Matrix m, const Table *base, const Table *change, double tolerance,
                  const char *what, uint64_t seed)
{
    Table *sum = calloc(1, sizeof *sum);
    if (!sum)
        abort();
    sum->rows = m.rows;
    sum->cols = m.cols;
    for (size_t r = 0; r < m.rows; r++)
        for (size_t c = 0; c < m.cols; c++)
            sum->at[r][c] = (base ? base->at[r][c] : 0) + change->at[r][c];
    close_to_table(m, sum, tolerance, what, seed);
    free(sum);
}

double dot(const Table *a, const Table *b)
{
    double sum = 0;
    for (size_t r = 0; r < a->rows; r++)
        for (size_t c = 0; c < a->cols; c++)
            sum += a->at[r][c] * b->at[r][c];
    return sum;
}

void move(Table *x, const Table *direction, double length)
{
    for (size_t r = 0; r < x->rows; r++)
        for (size_t c = 0; c < x->cols; c++)
            x->at[r][c] += length * direction->at[r][c];
}

// The slope of `loss` along a random direction in x is <dx, direction>: one number in which every
// entry of the gradient takes part. The twins are in double, so that the difference is sharp.
void slope_is(double (*loss)(void *), void *with, Table *x, Matrix dx, Pool *pool, double tolerance,
              const char *what, uint64_t seed)
{
    Matrix v = matrix(pool, x->rows, x->cols);
    Table *direction = table_of(v), *gradient = table_of(dx), *start = table_of(v);
    const double h = 1e-5;
    *start = *x;
    move(x, direction, h);
    double above = loss(with);
    *x = *start;
    move(x, direction, -h);
    double under = loss(with);
    *x = *start;
    if (!CHECK_CLOSE(dot(gradient, direction), (above - under) / (2 * h), tolerance))
        printf("%s, seed %llu, %zu x %zu\n", what, (unsigned long long)seed, x->rows, x->cols);
    free(direction);
    free(gradient);
    free(start);
}

void random_batch(RandomBatch *batch, Pool *pool)
{
    Extent extent = { .sequences = 1 + below(pool, MOST_SEQUENCES) };
    batch->offset[0] = 0;
    for (size_t s = 0; s < extent.sequences; s++) {
        size_t length = 1 + below(pool, LONGEST);
        batch->example[s] = (uint32_t)below(pool, 1000);
        for (size_t i = 0; i < length; i++, extent.tokens++) {
            batch->token[extent.tokens] = (int32_t)below(pool, WORDS);
            batch->type[extent.tokens] = (int32_t)below(pool, 2);
            batch->position[extent.tokens] = (int32_t)i;
            if (below(pool, 3) == 0)
                batch->picked[extent.selected++] = (uint32_t)extent.tokens;
        }
        batch->offset[s + 1] = (uint32_t)extent.tokens;
        extent.squares += length * length;
        extent.longest = length > extent.longest ? length : extent.longest;
    }
    batch->view = (Batch){ .extent = extent,
                           .offset = batch->offset,
                           .example = batch->example,
                           .token = batch->token,
                           .type = batch->type,
                           .position = batch->position,
                           .picked = batch->picked };
}
