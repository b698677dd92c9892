// The program is what the build says it is: see harness/base/version.h and LDLIBS in the Makefile.
#include "tests/test.h"
#include "base/file.h"
#include "base/version.h"
#include <cblas.h>
#include <string.h>

static void openblas_is_the_openmp_build(void)
{
    CHECK(openblas_get_parallel() == 2); // 0: one thread, 1: threads of its own, 2: OpenMP
}

static void version_names_compiler_and_flags(void)
{
    CHECK(strstr(version_compiler, "GCC ") || strstr(version_compiler, "lang "));
    CHECK(strchr(version_compiler, '.') != NULL);
    CHECK(strstr(version_flags, "-O") != NULL);
}

static void commit_is_hexadecimal_or_unknown(void)
{
    size_t length = strlen(version_commit);
    CHECK(length == 0 || length >= 12);
    CHECK(strspn(version_commit, "0123456789abcdef") == length);
    CHECK(length > 0 || !version_dirty);
}

// The folder of a sweep is of its spec's name, not of its file's.
static void make_finds_the_rows_of_a_spec_where_a_sweep_leaves_them(void)
{
    Error error;
    char line[4096], last[4096] = "", command[4096], spec[2048];
    snprintf(spec, sizeof spec, "%s/file.yaml", test_folder());
    CHECK(file_write_text(spec, "# A spec.\nname: another\n", &error));
    snprintf(command, sizeof command,
             "MAKEFLAGS= MAKELEVEL= make -n DEPS=no plots SPEC='%s quick' 2>&1", spec);
    FILE *make = popen(command, "r");
    while (make && fgets(line, sizeof line, make))
        memcpy(last, line, sizeof last);
    CHECK(make && pclose(make) == 0);
    CHECK_TEXT(last, "build/tunemark plots results/another results/quick\n");
}

void suite_build(void)
{
    ADD(openblas_is_the_openmp_build);
    ADD(version_names_compiler_and_flags);
    ADD(commit_is_hexadecimal_or_unknown);
    ADD(make_finds_the_rows_of_a_spec_where_a_sweep_leaves_them);
}
