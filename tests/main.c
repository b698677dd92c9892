// main.c: runs the suites. usage: run-tests [SUITE...]    Exit status 1 when anything fails, 2 for
// a suite that is not there.
#include "tests/test.h"
#include "engine/product.h"
#include <CUnit/Basic.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const Suite suites[];
static CU_pSuite adding;
static CU_pTest last_skipped;
static unsigned skipped;
static char folder[64];

void test_add(const char *name, void (*run)(void))
{
    CU_add_test(adding, name, run);
}

bool check(bool holds, const char *text, const char *file, int line)
{
    if (!holds)
        printf("\n%s:%d: does not hold: %s\n", file, line, text);
    CU_assertImplementation(holds, (unsigned)line, text, file, "", CU_FALSE);
    return holds;
}

bool check_close(double value, double expected, double tolerance, const char *text,
                 const char *file, int line)
{
    double difference = fabs(value - expected);
    bool close = difference <= tolerance * fmax(1, fabs(expected)); // false for NaN
    if (!close)
        printf("\n%s:%d: %s is %.17g; should be %.17g within %g\n", file, line, text, value,
               expected, tolerance);
    CU_assertImplementation(close, (unsigned)line, text, file, "", CU_FALSE);
    return close;
}

bool check_text(const char *value, const char *expected, const char *file, int line)
{
    bool same = value && expected ? !strcmp(value, expected) : value == expected;
    if (!same)
        printf("\n%s:%d: is  %s\n      should be %s\n", file, line, value ? value : "(null)",
               expected ? expected : "(null)");
    CU_assertImplementation(same, (unsigned)line, "text", file, "", CU_FALSE);
    return same;
}

bool check_error(const Error *error, ErrorKind kind, const char *part, const char *file, int line)
{
    bool right = error->kind == kind && strstr(error->text, part) && !strchr(error->text, '\n');
    if (!right)
        printf("\n%s:%d: the error is %d \"%s\"\n      should be %d with \"%s\"\n", file, line,
               (int)error->kind, error->text, (int)kind, part);
    CU_assertImplementation(right, (unsigned)line, part, file, "", CU_FALSE);
    return right;
}

void skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("\nskipped: %s: ", CU_get_current_test()->pName);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    skipped += CU_get_current_test() != last_skipped;
    last_skipped = CU_get_current_test();
}

uint64_t mix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

float mix_float(uint64_t *state)
{
    return (float)((double)(mix(state) >> 11) * 0x1p-52 - 1);
}

static void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    chmod(path, 0700);
    while (dir && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
            char child[4096];
            snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
            if (unlink(child) != 0)
                remove_tree(child);
        }
    if (dir)
        closedir(dir);
    rmdir(path);
}

Arena *arena_of_test(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    if (!arena)
        abort();
    return arena;
}

void with_arena(Arena **arena, void (*test)(void))
{
    *arena = arena_of_test();
    test();
    arena_free(*arena);
}

const char *test_folder(void)
{
    if (folder[0])
        remove_tree(folder);
    snprintf(folder, sizeof folder, "/tmp/tunemark-test-XXXXXX");
    if (!mkdtemp(folder))
        abort();
    return folder;
}

const char *shared_folder(void)
{
    struct stat status;
    return stat("../shared", &status) == 0 ? "../shared" : NULL;
}

const char *test_program(void)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof "tunemark");
    char *end = length > 0 ? memrchr(path, '/', (size_t)length) : NULL;
    if (!end)
        abort();
    strcpy(end + 1, "tunemark");
    return path;
}

// A test that ends the program would otherwise end it without a name.
static void name_the_test(int number)
{
    const char *parts[] = { "\ntests: ended in ",
                            CU_get_current_suite() ? CU_get_current_suite()->pName : "", ": ",
                            CU_get_current_test() ? CU_get_current_test()->pName : "", "\n" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
            break;
    signal(number, SIG_DFL);
    raise(number);
}

static bool wanted(const char *suite, int count, char **argument)
{
    for (int i = 1; i < count; i++)
        if (!strcmp(argument[i], suite))
            return true;
    return count < 2;
}

int main(int count, char **argument)
{
    product_begin(argument);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    int found = 0;
    for (const Suite *s = suites; s->name; s++)
        if (wanted(s->name, count, argument)) {
            adding = CU_add_suite(s->name, NULL, NULL);
            s->add();
            found++;
        }
    if (found < count - 1 || found == 0) {
        fprintf(stderr, "tests: no such suite; should be of");
        for (const Suite *s = suites; s->name; s++)
            fprintf(stderr, " %s", s->name);
        fprintf(stderr, "\n");
        return 2;
    }
    const int ends[] = { SIGABRT, SIGALRM, SIGFPE, SIGILL, SIGTERM };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        signal(ends[i], name_the_test);
#ifndef __SANITIZE_ADDRESS__ // whose own report says more
    signal(SIGSEGV, name_the_test);
    signal(SIGBUS, name_the_test);
#endif
    setvbuf(stdout, NULL, _IOLBF, 0);
    CU_set_error_action(CUEA_IGNORE);
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_tests_failed();
    unsigned run = CU_get_number_of_tests_run();
    if (folder[0])
        remove_tree(folder);
    CU_cleanup_registry();
    printf("%u passed, %u failed, %u skipped\n", run - failed - skipped, failed, skipped);
    return failed ? 1 : 0;
}
