// row_same.h: are two rows of the same result?
#ifndef TESTS_ROW_SAME_H
#define TESTS_ROW_SAME_H
#include "base/row.h"

// Measured cells apart. *differs is the first column that is not the same, else NULL; may be NULL.
bool row_same(const Row *a, const Row *b, const Column **differs);
#endif
