// panels.h: products whose right side is packed into panels (panels.c); for product.c only.
#ifndef ENGINE_PANELS_H
#define ENGINE_PANELS_H
#include "engine/matrix.h"
#include <stdbool.h>

// Up to this inner size they are measured to be faster than OpenBLAS (0.3.21: 1.05 to 1.18 x at
// inner sizes of 128 to 512 and 200 to 1,600 rows with AVX2); beyond it C is read too often.
enum { PANELS_INNER = 512 };

// As product() with A as it is; inner size > 0. A row of C has the same bits whatever the other
// rows and the number of threads.
void product_by_panels(bool transpose_b, float alpha, Matrix A, Matrix B, float beta, Matrix C);
#endif
