// row_same.c: see the header.
#include "tests/row_same.h"
#include "tests/test.h"
#include <string.h>

bool row_same(const Row *a, const Row *b, const Column **differs)
{
    Arena *arena = arena_of_test();
    const Column *other = NULL;
    for (size_t i = 0; i < row_columns && !other; i++) {
        const Column *column = &row_column[i];
        if (column->kind != COLUMN_measured &&
            strcmp(row_text(arena, a, column), row_text(arena, b, column)) != 0)
            other = column;
    }
    arena_free(arena);
    if (differs)
        *differs = other;
    return !other;
}
