// matrix.h: everything is a matrix of float32, row-major.
#ifndef ENGINE_MATRIX_H
#define ENGINE_MATRIX_H
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    float *data;
    size_t rows, cols;
    size_t stride; // floats from one row to the next, >= cols
} Matrix;

static inline float *row_at(Matrix m, size_t row)
{
    return m.data + row * m.stride;
}

// `count` columns from `first` on: heads are such views.
static inline Matrix columns_of(Matrix m, size_t first, size_t count)
{
    return (Matrix){ m.data + first, m.rows, count, m.stride };
}

static inline Matrix rows_of(Matrix m, size_t first, size_t count)
{
    return (Matrix){ m.data + first * m.stride, count, m.cols, m.stride };
}

static inline bool same_size(Matrix a, Matrix b)
{
    return a.rows == b.rows && a.cols == b.cols;
}
#endif
