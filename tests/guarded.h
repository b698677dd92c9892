// guarded.h: small random matrices for tests of kernels, and slopes by differences.
//
// Every matrix of a case lies in one block, with a stride wider than its rows, off alignment, and a
// guard in every float that is no element: a kernel that writes beside its matrix is noticed.
#ifndef TESTS_GUARDED_H
#define TESTS_GUARDED_H
#include "tests/reference/reference.h"

enum { POOL = 1 << 16, MOST = 48 };
typedef struct {
    float at[POOL];
    size_t used, count;
    Matrix given[MOST];
    uint64_t random;
} Pool;

Pool *pool_new(uint64_t seed);
void pool_free(Pool *pool, uint64_t seed);           // checks the guards
size_t below(Pool *pool, size_t n);                  // a random number in 0 .. n - 1
Matrix matrix(Pool *pool, size_t rows, size_t cols); // with random numbers in -1 .. 1
Matrix copy(Pool *pool, Matrix from);                // in memory and with a stride of its own
Table *table_of(Matrix m);                           // released with free
void read_table(Table *table, Matrix m);

// Each element is near the table's, or near base's (where there is one) and change's sum.
void close_to_table(Matrix m, const Table *table, double tolerance, const char *what,
                    uint64_t seed);
void close_to_sum(Matrix m, const Table *base, const Table *change, double tolerance,
                  const char *what, uint64_t seed);

double dot(const Table *a, const Table *b);
void move(Table *x, const Table *direction, double length);
// The slope of `loss` along a random direction in x is <dx, direction>: one number in which every
// entry of the gradient takes part. `loss` computes in double, by twins, so the difference is
// sharp.
void slope_is(double (*loss)(void *), void *with, Table *x, Matrix dx, Pool *pool, double tolerance,
              const char *what, uint64_t seed);

enum { MOST_SEQUENCES = 5, LONGEST = 9, WORDS = 23 };
typedef struct {
    Batch view;
    uint32_t offset[MOST_SEQUENCES + 1], example[MOST_SEQUENCES];
    uint32_t picked[MOST_SEQUENCES * LONGEST];
    int32_t token[MOST_SEQUENCES * LONGEST], type[MOST_SEQUENCES * LONGEST];
    int32_t position[MOST_SEQUENCES * LONGEST];
} RandomBatch;
void random_batch(RandomBatch *batch, Pool *pool);
#endif
