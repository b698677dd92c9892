// `make bench` on a little: tests/bench/bench.py, which needs Python, and PyTorch for its other
// side.
#include "tests/program.h"
#include "base/file.h"
#include <stdlib.h>
#include <string.h>

// bench.py with `words`, on the program that was built with these tests. What it says is in
// FOLDER/said. -1: there is no Python.
static int bench(Arena *arena, const char *folder, const char *words)
{
    static bool there, looked;
    char *limits = arena_text(arena, test_program());
    if (!looked)
        there = system("python3 -c '' >/dev/null 2>&1") == 0, looked = true;
    if (!there) {
        skip("there is no python3");
        return -1;
    }
    *strrchr(limits, '/') = '\0';
    char *line = arena_format(arena,
                              "tests/bench/bench.py --program %s --limits %s/limits --out %s/out "
                              "--sizes 2x128 --texts sst2 --methods lora,feature --seconds 0 %s "
                              ">%s/said 2>&1 </dev/null",
                              test_program(), limits, folder, words, folder);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void tunemark_is_measured_where_pytorch_is_not(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    const char *folder = test_folder();
    int status = bench(arena, folder, "--alone --one-thread --rounds 2");
    if (status >= 0) {
        const char *said = read_text(arena, arena_format(arena, "%s/said", folder));
        const char *ratios = read_text(arena, arena_format(arena, "%s/out/ratios.csv", folder));
        if (!CHECK(status == 0))
            printf("%s\n", said);
        CHECK(strstr(said, "\nlora ") && strstr(said, "\nfeature "));
        CHECK(strstr(ratios, "\n2x128,sst2,lora,,2,") != NULL);
        CHECK(strstr(ratios, "\n2x128,sst2,feature,,2,") != NULL);
        CHECK(file_exists(arena_format(arena, "%s/out/bench.svg", folder)));
    }
    arena_free(arena);
}

// The same program on both sides: how long it takes is a matter of chance, what is printed is not.
static void two_programs_are_compared(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    const char *folder = test_folder();
    int status =
        bench(arena, folder, arena_format(arena, "--rounds 2 --compare %s", test_program()));
    if (status >= 0) {
        const char *said = read_text(arena, arena_format(arena, "%s/said", folder));
        if (!CHECK(status == 0 || status == 1))
            printf("%s\n", said);
        CHECK(strstr(said, "\n2x128   sst2    lora ") != NULL);
        CHECK((strstr(said, "bench: ") && strstr(said, "a step takes more than")) == (status == 1));
    }
    arena_free(arena);
}

static void pytorch_computes_the_same(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    const char *folder = test_folder();
    int status = bench(arena, folder, "--agree");
    if (status == 3)
        skip("PyTorch is not here");
    else if (status >= 0 && !CHECK(status == 0))
        printf("%s\n", read_text(arena, arena_format(arena, "%s/said", folder)));
    arena_free(arena);
}

static void what_is_unknown_is_refused(void)
{
    static const char *const words[][2] = {
        { "--methods lora,loar", "'loar' is unknown; should be of full,lora" },
        { "--sizes 3x128", "'3x128' is unknown; should be of 2x128" },
        { "--compare no-such-commit", "no-such-commit" },
    };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    const char *folder = test_folder();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        int status = bench(arena, folder, words[i][0]);
        if (status < 0)
            break;
        CHECK(status == 2);
        CHECK(strstr(read_text(arena, arena_format(arena, "%s/said", folder)), words[i][1]) !=
              NULL);
    }
    arena_free(arena);
}

void suite_bench(void)
{
    ADD(tunemark_is_measured_where_pytorch_is_not);
    ADD(two_programs_are_compared);
    ADD(pytorch_computes_the_same);
    ADD(what_is_unknown_is_refused);
}
