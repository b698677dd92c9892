// test_product.c: products against the definition, and the check that refuses a wrong BLAS.
#include "engine/panels.h"
#include "engine/product.h"
#include "tests/reference/reference.h"
#include "tests/program.h"
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// C = {{1, 2}, {3, 4}} {{5, 6}, {7, 8}} = {{19, 22}, {43, 50}}; transposed A {{26, 30}, {38, 44}};
// transposed B {{17, 23}, {39, 53}}.
static void products_worked_by_hand(void)
{
    float a[] = { 1, 2, 3, 4 }, b[] = { 5, 6, 7, 8 };
    static const double expected[3][4] = { { 19, 22, 43, 50 },
                                           { 17, 23, 39, 53 },
                                           { 26, 30, 38, 44 } };
    for (int form = 0; form < 3; form++) {
        float c[] = { 10, 20, 30, 40 };
        Matrix A = { a, 2, 2, 2 }, B = { b, 2, 2, 2 }, C = { c, 2, 2, 2 };
        product(form == 2, form == 1, 2, A, B, 0.5f, C);
        for (int i = 0; i < 4; i++)
            CHECK_CLOSE(c[i], 2 * expected[form][i] + 5 * (i + 1), 0);
    }
}

static Matrix random_matrix(float *data, Table *table, size_t rows, size_t cols, uint64_t *random)
{
    Matrix m = { data, rows, cols, cols + mix(random) % 5 };
    table->rows = rows;
    table->cols = cols;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            table->at[r][c] = row_at(m, r)[c] = mix_float(random);
    return m;
}

static void products_agree_with_the_definition_at_odd_sizes_and_strides(void)
{
    static float a[TABLE_SIDE * (TABLE_SIDE + 5)], b[sizeof a / 4], c[sizeof a / 4];
    static Table TA, TB, TC;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        uint64_t random = seed;
        size_t rows = mix(&random) % 40, cols = mix(&random) % 70, inner = mix(&random) % 70;
        bool ta = mix(&random) % 2, tb = !ta && mix(&random) % 2;
        float alpha = mix_float(&random), beta = mix(&random) % 2 ? mix_float(&random) : 0;
        Matrix A = random_matrix(a, &TA, ta ? inner : rows, ta ? rows : inner, &random);
        Matrix B = random_matrix(b, &TB, tb ? cols : inner, tb ? inner : cols, &random);
        Matrix C = random_matrix(c, &TC, rows, cols, &random);
        product(ta, tb, alpha, A, B, beta, C);
        reference_product(&TC, ta, tb, alpha, &TA, &TB, beta);
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < cols; j++)
                CHECK_CLOSE(row_at(C, i)[j], TC.at[i][j], 1e-5);
    }
}

// Sizes that take several blocks of panels and end within one, on both sides of PANELS_INNER.
enum { ROWS_MOST = 211, COLS_MOST = 150, INNER_MOST = PANELS_INNER + 3 };

typedef struct {
    float a[ROWS_MOST * INNER_MOST], b[COLS_MOST * INNER_MOST], c[ROWS_MOST * COLS_MOST];
    Matrix A, B, C;
    bool tb;
} Large;

static void large_fill(Large *l, size_t inner, bool tb)
{
    uint64_t random = inner;
    for (size_t i = 0; i < sizeof l->a / sizeof *l->a; i++)
        l->a[i] = mix_float(&random);
    for (size_t i = 0; i < sizeof l->b / sizeof *l->b; i++)
        l->b[i] = mix_float(&random);
    l->tb = tb;
    l->A = (Matrix){ l->a, ROWS_MOST, inner, inner };
    l->B = tb ? (Matrix){ l->b, COLS_MOST, inner, inner }
              : (Matrix){ l->b, inner, COLS_MOST, COLS_MOST };
    l->C = (Matrix){ l->c, ROWS_MOST, COLS_MOST, COLS_MOST };
    product(false, tb, 1, l->A, l->B, 0, l->C);
}

static const size_t inners[] = { 3, 128, 301, PANELS_INNER, INNER_MOST };
enum { INNERS = sizeof inners / sizeof *inners };

static void products_of_many_blocks_agree_with_the_definition(void)
{
    static Large l;
    for (size_t i = 0; i < 2 * INNERS; i++) {
        large_fill(&l, inners[i / 2], i % 2);
        double largest = 0;
        for (size_t row = 0; row < ROWS_MOST; row++)
            for (size_t col = 0; col < COLS_MOST; col++) {
                double sum = 0;
                for (size_t k = 0; k < l.A.cols; k++)
                    sum += (double)row_at(l.A, row)[k] *
                           (l.tb ? row_at(l.B, col)[k] : row_at(l.B, k)[col]);
                largest = fmax(largest, fabs(row_at(l.C, row)[col] - sum));
            }
        CHECK_CLOSE(largest, 0, 1e-7 * (double)l.A.cols); // summands are within -1 .. 1
    }
}

static bool same_rows(const Large *l, size_t first, size_t count)
{
    static float c[ROWS_MOST * COLS_MOST];
    Matrix C = { c, count, COLS_MOST, COLS_MOST };
    product(false, l->tb, 1, rows_of(l->A, first, count), l->B, 0, C);
    return !memcmp(c, row_at(l->C, first), count * COLS_MOST * sizeof *c);
}

static bool same_with_threads(const Large *l, int threads)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork(); // threads that OpenMP has started stay
    if (child == 0) {
        omp_set_num_threads(threads);
        _exit(same_rows(l, 0, ROWS_MOST) ? 0 : 1);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void a_row_has_the_same_bits_among_others(void)
{
    static Large l;
    for (size_t i = 0; i < 2 * INNERS && inners[i / 2] <= PANELS_INNER; i++) {
        large_fill(&l, inners[i / 2], i % 2);
        for (size_t row = 0; row < ROWS_MOST; row += 13)
            CHECK(same_rows(&l, row, 1));
        CHECK(same_rows(&l, 5, 100) && same_rows(&l, 1, 7));
        CHECK(same_with_threads(&l, 2) && same_with_threads(&l, 1));
    }
}

static void a_beta_of_zero_does_not_read_the_result(void)
{
    for (size_t inner = 0; inner <= 20; inner += 20) {
        float a[60], b[100], c[15];
        for (size_t i = 0; i < 60; i++)
            a[i] = 1;
        for (size_t i = 0; i < 100; i++)
            b[i] = 1;
        for (size_t i = 0; i < 15; i++)
            c[i] = NAN;
        product(false, false, 1, (Matrix){ a, 3, inner, inner }, (Matrix){ b, inner, 5, 5 }, 0,
                (Matrix){ c, 3, 5, 5 });
        for (size_t i = 0; i < 15; i++)
            CHECK_CLOSE(c[i], (double)inner, 0);
    }
}

static void columns_beside_the_result_are_left_alone(void)
{
    float a[12], b[12], c[40];
    for (size_t i = 0; i < 12; i++)
        a[i] = b[i] = 1;
    for (size_t i = 0; i < 40; i++)
        c[i] = -7;
    product(false, true, 1, (Matrix){ a, 4, 3, 3 }, (Matrix){ b, 4, 3, 3 }, 0,
            columns_of((Matrix){ c, 4, 10, 10 }, 3, 4));
    for (size_t i = 0; i < 40; i++)
        CHECK_CLOSE(c[i], i % 10 >= 3 && i % 10 < 7 ? 3 : -7, 0);
}

static int threads_of_this_process(void)
{
    char line[128];
    int threads = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "Threads: %d", &threads);
    if (status)
        fclose(status);
    return threads;
}

static void *wait_for_ever(void *nothing)
{
    pause();
    return nothing;
}

// In a process of its own, since threads that OpenMP has started stay. `others`: threads that are
// no part of a product.
static int start_in_a_child(int threads, int others)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        Error error = { 0 };
        pthread_t thread;
        for (int i = 0; i < others; i++)
            if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
                _exit(51);
        bool started = product_start(threads, &error);
        if (started && threads_of_this_process() != threads)
            _exit(50);
        _exit(started ? 0 : (int)error.kind);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void the_process_has_the_threads_that_were_asked_for(void)
{
    CHECK(start_in_a_child(2, 0) == 0);
    CHECK(start_in_a_child(3, 0) == 0);
    CHECK(start_in_a_child(1, 1) == ERROR_ENVIRONMENT);
    Error error = { 0 };
    CHECK(product_start(1, &error));
    CHECK(threads_of_this_process() == 1);
}

static void more_threads_than_there_may_be_are_refused_at_once(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *probe = "estimate --model tiny --method head --threads %d";
    CHECK_REFUSED(program(arena, &(Around){ .set = "OMP_THREAD_LIMIT=1" }, probe, 2), 3,
                  "threads: 2 are not allowed; should be at most 1, or OMP_THREAD_LIMIT more");
    CHECK_REFUSED(program(arena, NULL, probe, 1024), 3, "with this BLAS");
    CHECK(program(arena, &(Around){ .set = "OMP_DYNAMIC=true" }, probe, 2).status == 0);
    arena_free(arena);
}

static void forgets_the_last_column(bool ta, bool tb, float alpha, Matrix A, Matrix B, float beta,
                                    Matrix C)
{
    product(ta, tb, alpha, A, B, beta, C);
    if (C.rows == 61 && ta)
        row_at(C, 60)[C.cols - 1] = 0;
}

static void spoils(bool ta, bool tb, float alpha, Matrix A, Matrix B, float beta, Matrix C)
{
    product(ta, tb, alpha, A, B, beta, C);
    row_at(C, 0)[0] = NAN;
}

static void a_blas_that_computes_wrong_results_is_refused_with_the_way_out(void)
{
    Error error = { 0 };
    CHECK(product_check(product, &error));
    CHECK(!product_check(forgets_the_last_column, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "OPENBLAS_CORETYPE");
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, product_core());
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "TN, 61 x 127 x 97");
    CHECK(!product_check(spoils, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "nan");
}

static void the_library_names_its_version_and_threading(void)
{
    char text[LIBRARY_TEXT];
    int major, minor;
    char threading[16];
    CHECK(product_library(text) == text);
    CHECK(sscanf(text, "OpenBLAS %d.%d.%*d %15s", &major, &minor, threading) == 3);
    CHECK_TEXT(threading, "openmp");
    CHECK(strlen(product_core()) > 2);
}

// Where OpenBLAS knows this processor the test says little; where it does not, it holds the choice.
static void a_processor_with_avx2_does_not_get_the_kernels_of_one_without(void)
{
    const char *asked = getenv("OPENBLAS_CORETYPE");
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && !(asked && !strcmp(asked, "Prescott")))
        CHECK(strcmp(product_core(), "Prescott") != 0);
#endif
    char kept[64] = "";
    snprintf(kept, sizeof kept, "%s", asked ? asked : "");
    setenv("OPENBLAS_CORETYPE", "Nehalem", 1); // as it was set: the program goes on
    product_begin((char *[]){ "false", NULL });
    CHECK_TEXT(getenv("OPENBLAS_CORETYPE"), "Nehalem");
    asked ? setenv("OPENBLAS_CORETYPE", kept, 1) : unsetenv("OPENBLAS_CORETYPE");
}

static void the_probe_measures_a_possible_rate(void)
{
    double rate = product_probe(0.01);
    CHECK(rate > 0.5 && rate < 20000);
}

void suite_product(void)
{
    ADD(products_worked_by_hand);
    ADD(products_agree_with_the_definition_at_odd_sizes_and_strides);
    ADD(products_of_many_blocks_agree_with_the_definition);
    ADD(a_row_has_the_same_bits_among_others);
    ADD(a_beta_of_zero_does_not_read_the_result);
    ADD(columns_beside_the_result_are_left_alone);
    ADD(the_process_has_the_threads_that_were_asked_for);
    ADD(more_threads_than_there_may_be_are_refused_at_once);
    ADD(a_blas_that_computes_wrong_results_is_refused_with_the_way_out);
    ADD(the_library_names_its_version_and_threading);
    ADD(a_processor_with_avx2_does_not_get_the_kernels_of_one_without);
    ADD(the_probe_measures_a_possible_rate);
}
