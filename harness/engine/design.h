// design.h: rows of float32 as a classical solver reads them: in double, each column moved and
// scaled.
//
//   z = (x - mean) . scale
//
// A linear classifier W z + b is the classifier W' x + b' of the rows as they are (design_fold).
#ifndef ENGINE_DESIGN_H
#define ENGINE_DESIGN_H
#include "base/arena.h"
#include "engine/matrix.h"

typedef struct {
    Matrix x;
    const double *mean, *scale; // by column
} Design;

// mean of each column; scale 1, or 1 / sd where `standardise`: sd divides by the number of rows,
// and a column whose values are all equal has sd 1. x has a row at least.
Design design_new(Arena *arena, Matrix x, bool standardise);
Design design_plain(Arena *arena, Matrix x); // the rows as they are: mean 0, scale 1

enum { DESIGN_BLOCK = 256 };
// Rows first .. first + count - 1 (at most DESIGN_BLOCK) as z, count x cols without padding.
void design_block(const Design *design, size_t first, size_t count, double *z);

// Adds z^T z over all rows to `gram` (cols x cols, row-major), on and above the diagonal.
void design_gram(Arena *arena, const Design *design, double *gram);

// W (vectors x cols, in place) and b (vectors) from those of z to those of x.
void design_fold(const Design *design, size_t vectors, double *W, double *b);
#endif
