// product.h: every matrix product of the program: by panels (panels.h) where a plain right side
// meets at most PANELS_INNER columns, by OpenBLAS (OpenMP build) elsewhere.
#ifndef ENGINE_PRODUCT_H
#define ENGINE_PRODUCT_H
#include "base/error.h"
#include "engine/matrix.h"

// C = alpha op(A) op(B) + beta C, op(X) = X or its transpose. With beta 0 C is not read. A size of
// 0 is allowed (an inner 0 scales C by beta).
void product(bool transpose_a, bool transpose_b, float alpha, Matrix A, Matrix B, float beta,
             Matrix C);

// OpenBLAS chooses its kernels as it is loaded, and those of a Prescott, without AVX, for a
// processor newer than itself. There this begins the program anew, with the same arguments and
// OPENBLAS_CORETYPE set to the best kernels that the processor can run; it does nothing where the
// variable is set. The first call of a main().
void product_begin(char **argument);

// Sets the number of threads (through OpenMP: openblas_set_num_threads is overridden in OpenMP
// builds), checks after a first product that the process has just these, and holds NN, NT and TN
// products by OpenBLAS of several row counts and odd sizes against a plain loop (milliseconds). A
// BLAS that computes wrong results, or another number of threads, is ERROR_ENVIRONMENT.
bool product_start(int threads, Error *error);

// The comparison with a plain loop on its own, of anything that has product()'s form.
typedef void Product(bool transpose_a, bool transpose_b, float alpha, Matrix A, Matrix B,
                     float beta, Matrix C);
bool product_check(Product *multiply, Error *error);

#define BACKEND "panels+openblas" // what computes products
enum { LIBRARY_TEXT = 64 };
const char *product_library(char text[LIBRARY_TEXT]); // text, "OpenBLAS 0.3.21 openmp"
const char *product_core(void); // the kernels in use: "Haswell", "SkylakeX", "Zen"

// GFLOP/s of products of 512 x 512 over about `seconds`; 0 when there is no memory for them.
double product_probe(double seconds);
#define SHARE_OF_PROBE 0.5 // that a run reaches, roughly: for estimates where nothing else tells
#endif
