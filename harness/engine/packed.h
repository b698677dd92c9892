// packed.h: weights in fewer bytes than four.
//
//   bf16   the upper half of a float32, rounded to nearest even
//   int8   s_r q_rc with one scale a row: s_r = max_c |w_rc| / 127 in float32, q_rc = w_rc / s_r
//          rounded to nearest even, -127 .. 127; a row of zeros has s_r = 0, one with a number that
//          is not finite s_r = NaN
//
// Rows are the outputs of a linear layer (W is out x in). Nothing here allocates or fails.
#ifndef ENGINE_PACKED_H
#define ENGINE_PACKED_H
#include "engine/matrix.h"
#include <stdbool.h>

typedef enum { STORE_F32, STORE_BF16, STORE_INT8 } Store;
#define STORE_NAMES "f32|bf16|int8"
extern const char *const store_names[]; // by Store; NULL-terminated

typedef struct {
    Store store; // STORE_F32: nothing is packed
    size_t rows, cols;
    void *numbers; // rows x cols, one row after another
    float *scale;  // rows; int8 only
} Packed;

size_t store_bytes(Store store, size_t rows, size_t cols);
// Views into memory of store_bytes(), 4-byte aligned.
Packed packed_in(void *memory, Store store, size_t rows, size_t cols);

void pack_rows(const Packed *to, Matrix from);
// out.rows rows from `first` on, as float32.
void unpack_rows(Matrix out, const Packed *from, size_t first);
#endif
