// product.c: matrix products by panels or by OpenBLAS, and whether they can be trusted here.
#include "engine/product.h"
#include "base/clock.h"
#include "base/file.h"
#include "engine/panels.h"
#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void product_begin(char **argument)
{
#if defined(__x86_64__)
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                  __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
    if (avx2 && !strcmp(product_core(), "Prescott") && !getenv("OPENBLAS_CORETYPE") &&
        setenv("OPENBLAS_CORETYPE", avx512 ? "SkylakeX" : "Haswell", 1) == 0)
        execv("/proc/self/exe", argument); // where that fails, the slow kernels are right, too
#else
    (void)argument;
#endif
}

static blasint whole(size_t n)
{
    assert(n <= INT_MAX);
    return (blasint)n;
}

// BLAS wants a stride of at least 1, even of what it will not read.
static blasint stride_of(Matrix m)
{
    assert(m.stride >= m.cols || m.rows <= 1);
    return whole(m.stride > 0 ? m.stride : 1);
}

static void blas(bool transpose_a, bool transpose_b, float alpha, Matrix A, Matrix B, float beta,
                 Matrix C)
{
    size_t inner = transpose_a ? A.rows : A.cols;
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, whole(C.rows), whole(C.cols), whole(inner),
                alpha, A.data, stride_of(A), B.data, stride_of(B), beta, C.data, stride_of(C));
}

// The number of rows has no say in who computes: a row of a layer has the same bits in every batch.
void product(bool transpose_a, bool transpose_b, float alpha, Matrix A, Matrix B, float beta,
             Matrix C)
{
    size_t inner = transpose_a ? A.rows : A.cols;
    assert(C.rows == (transpose_a ? A.cols : A.rows));
    assert(C.cols == (transpose_b ? B.rows : B.cols));
    assert(inner == (transpose_b ? B.cols : B.rows));
    if (C.rows == 0 || C.cols == 0)
        return;
    if (inner == 0) {
        for (size_t r = 0; r < C.rows; r++)
            for (size_t c = 0; c < C.cols; c++)
                row_at(C, r)[c] = beta == 0 ? 0 : beta * row_at(C, r)[c];
        return;
    }
    if (!transpose_a && inner <= PANELS_INNER)
        product_by_panels(transpose_b, alpha, A, B, beta, C);
    else
        blas(transpose_a, transpose_b, alpha, A, B, beta, C);
}

// Threads of this process, or -1.
static int threads_running(void)
{
    char threads[32];
    file_field("/proc/self/status", "Threads", threads, sizeof threads);
    return threads[0] ? atoi(threads) : -1;
}

// A matrix of its own memory, in which every element is a different small number.
static Matrix numbers(size_t rows, size_t cols)
{
    Matrix m = { calloc(rows * cols, sizeof(float)), rows, cols, cols };
    for (size_t i = 0; m.data && i < rows * cols; i++)
        m.data[i] = (float)(i * 7919 % 2003) / 1001 - 1;
    return m;
}

bool product_start(int threads, Error *error)
{
    char right[64];
    Where where = { .item = "threads" };
    omp_set_dynamic(0);
    omp_set_num_threads(threads);
    if (omp_get_thread_limit() < threads) { // OpenBLAS would wait for those that never come
        snprintf(right, sizeof right, "at most %d, or OMP_THREAD_LIMIT more",
                 omp_get_thread_limit());
        return fail(error, ERROR_ENVIRONMENT, where, right, "%d are not allowed", threads);
    }
    Matrix A = numbers(512, 128), C = numbers(512, 512); // large enough to be split among all
    bool memory = A.data && C.data;
    if (memory)
        blas(false, true, 1, A, A, 0, C);
    free(A.data);
    free(C.data);
    if (!memory)
        return fail(error, ERROR_ENVIRONMENT, (Where){ 0 }, NULL, "out of memory");
    int running = threads_running();
    if (running != threads) {
        snprintf(right, sizeof right, "at most %d with this BLAS", running);
        return fail(error, ERROR_ENVIRONMENT, where, running < threads ? right : NULL,
                    "a product runs on %d threads although %d are asked for", running, threads);
    }
    return product_check(blas, error);
}

// C = op(A) op(B) by the definition, a row of sums in double at a time.
static double largest_difference(bool transpose_a, bool transpose_b, Matrix A, Matrix B, Matrix C,
                                 double *sum)
{
    double largest = 0;
    size_t inner = transpose_a ? A.rows : A.cols;
    for (size_t i = 0; i < C.rows; i++) {
        memset(sum, 0, C.cols * sizeof *sum);
        for (size_t k = 0; k < inner; k++) {
            double a = transpose_a ? row_at(A, k)[i] : row_at(A, i)[k];
            for (size_t j = 0; j < C.cols; j++)
                sum[j] += a * (transpose_b ? row_at(B, j)[k] : row_at(B, k)[j]);
        }
        for (size_t j = 0; j < C.cols; j++) {
            double difference = fabs(row_at(C, i)[j] - sum[j]);
            if (isnan(difference))
                return difference;
            largest = fmax(largest, difference);
        }
    }
    return largest;
}

bool product_check(Product *multiply, Error *error)
{
    static const size_t sizes[][3] = {
        // rows, cols, inner
        { 1, 33, 65 },  { 2, 31, 64 }, { 7, 17, 129 },
        { 16, 48, 33 }, { 33, 65, 7 }, { 61, 127, 97 },
    };
    static const struct {
        const char *name;
        bool a, b;
    } forms[] = { { "NN", false, false }, { "NT", false, true }, { "TN", true, false } };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
            size_t rows = sizes[s][0], cols = sizes[s][1], inner = sizes[s][2];
            Matrix A = forms[f].a ? numbers(inner, rows) : numbers(rows, inner);
            Matrix B = forms[f].b ? numbers(cols, inner) : numbers(inner, cols);
            Matrix C = numbers(rows, cols);
            double *sum = calloc(cols, sizeof *sum), difference = 0;
            bool memory = A.data && B.data && C.data && sum;
            if (memory) {
                multiply(forms[f].a, forms[f].b, 1, A, B, 0, C);
                difference = largest_difference(forms[f].a, forms[f].b, A, B, C, sum);
            }
            free(A.data);
            free(B.data);
            free(C.data);
            free(sum);
            if (!memory)
                return fail(error, ERROR_ENVIRONMENT, (Where){ 0 }, NULL, "out of memory");
            if (!(difference <= 1e-6 * (double)inner)) // summands are within -1 .. 1
                return fail(error, ERROR_ENVIRONMENT, (Where){ .item = "OPENBLAS_CORETYPE" },
                            "another core, for example Haswell",
                            "OpenBLAS computes wrong products with its %s kernels (%s, %zu x %zu x "
                            "%zu is off by %.2g)",
                            product_core(), forms[f].name, rows, cols, inner, difference);
        }
    return true;
}

const char *product_library(char text[LIBRARY_TEXT])
{
    const char *config = openblas_get_config(); // "OpenBLAS 0.3.21 NO_LAPACKE ... USE_OPENMP ..."
    char version[32] = "";
    sscanf(config, "OpenBLAS %31s", version);
    snprintf(text, LIBRARY_TEXT, "OpenBLAS %s %s", version,
             openblas_get_parallel() == OPENBLAS_OPENMP   ? "openmp"
             : openblas_get_parallel() == OPENBLAS_THREAD ? "pthread"
                                                          : "serial");
    return text;
}

const char *product_core(void)
{
    return openblas_get_corename();
}

double product_probe(double seconds)
{
    enum { SIZE = 512 };
    Matrix A = numbers(SIZE, SIZE), B = numbers(SIZE, SIZE), C = numbers(SIZE, SIZE);
    double rate = 0;
    if (A.data && B.data && C.data) {
        product(false, false, 1, A, B, 0, C); // the first one pays for pages and threads
        double start = seconds_now(), spent = 0, products = 0;
        while (products == 0 || spent < seconds) {
            product(false, false, 1, A, B, 0, C);
            products++;
            spent = seconds_now() - start;
        }
        rate = products * 2 * SIZE * SIZE * SIZE / spent * 1e-9;
    }
    free(A.data);
    free(B.data);
    free(C.data);
    return rate;
}
