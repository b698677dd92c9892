// `make bench` on a little: tests/bench/bench.py and scale.py, which need Python, and PyTorch for
// the other side of the first.
#include "tests/program.h"
#include "base/csv.h"
#include "base/file.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A script of tests/bench with `words`. What it says is in FOLDER/said. -1: there is no Python.
static int script(Arena *arena, const char *folder, const char *name, const char *words)
{
    static bool there, looked;
    if (!looked)
        there = system("python3 -c '' >/dev/null 2>&1") == 0, looked = true;
    if (!there) {
        skip("there is no python3");
        return -1;
    }
    int status = system(
        arena_format(arena, "tests/bench/%s %s >%s/said 2>&1 </dev/null", name, words, folder));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// One that measures, on the program that was built with these tests, into FOLDER/out.
static int measured(Arena *arena, const char *folder, const char *name, const char *words)
{
    char *limits = arena_text(arena, test_program());
    *strrchr(limits, '/') = '\0';
    return script(arena, folder, name,
                  arena_format(arena, "--program %s --limits %s/limits --out %s/out %s",
                               test_program(), limits, folder, words));
}

static int bench(Arena *arena, const char *folder, const char *words)
{
    return measured(
        arena, folder, "bench.py",
        arena_format(arena, "--sizes 2x128 --texts sst2 --methods full,lora,feature --seconds 0 %s",
                     words));
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
        CHECK(strstr(said, "\n2x128      sst2    full  ") != NULL); // where its time goes
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

static double number(const Csv *csv, size_t row, const char *column)
{
    return atof(csv->row[row].field[csv_column(csv, column)]);
}

static bool same(const Csv *csv, size_t a, size_t b, const char *column)
{
    size_t c = csv_column(csv, column);
    return !strcmp(csv->row[a].field[c], csv->row[b].field[c]);
}

// Two rounds of one cell, worked by hand: 600 tokens/s and 500 to 700 beside 100, on 35 GFLOP/s of
// 50; a fifth of a step is the optimizer's.
static void targets_are_held_against_what_was_measured(void)
{
    static const char *const line[] = {
        "\nspeed,2x128,sst2,full,>=,6,6,5,7,yes,no\n",
        "\nspeed sorted,2x128,sst2,full,>=,1,6,5,7,yes,yes\n",
        "\nsgemm,2x128,sst2,full,>=,0.7,0.7,0.6,0.8,yes,no\n",
        "\noptimizer,2x128,sst2,full,<=,0.1,0.2,0.2,0.2,no,yes\n",
        "\nspeed,2x128,sst2,lora,>=,8,,,,,\n", // not measured
    };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    const char *folder = test_folder();
    char *text = arena_text(arena, "side,size,texts,method,threads,round,tokens,wall_s,cpu_s,"
                                   "gflops_per_s,optimizer_share,rss,rss_rest,padding,probe_gflops,"
                                   "ways\n");
    for (int round = 0; round < 2; round++)
        text = arena_format(arena,
                            "%slimit,2x128,sst2,full,1,%d,,,,50,,,,,,\n"
                            "here,2x128,sst2,full,1,%d,%d,1,1,%d,0.2,1000,100,,50,\n"
                            "shuffled,2x128,sst2,full,1,%d,100,1,1,,,2000,100,0.5,,bmm\n"
                            "sorted,2x128,sst2,full,1,%d,100,1,1,,,2000,100,0,,bmm\n",
                            text, round, round, round ? 700 : 500, round ? 40 : 30, round, round);
    write_text(arena_format(arena, "%s/measurements.csv", folder), text);
    write_text(arena_format(arena, "%s/limits.csv", folder),
               "what,tokens,outputs,inputs,best,mean,unit\nfma,,,,100,90,GFLOP/s\n"
               "bandwidth,,,,10,9,GB/s\n");
    write_text(arena_format(arena, "%s/about.csv", folder), "name,value\nmachine,none\n");
    if (script(arena, folder, "report.py", folder) >= 0) {
        const char *held = read_text(arena, arena_format(arena, "%s/targets.csv", folder));
        for (size_t i = 0; i < sizeof line / sizeof *line; i++)
            if (!CHECK(strstr(held, line[i]) != NULL))
                printf("%s%s\n", line[i], read_text(arena, arena_format(arena, "%s/said", folder)));
    }
    arena_free(arena);
}

// What is planned, unlike seconds, is no matter of chance: it grows along each axis.
static void check_scale(const Csv *csv)
{
    size_t compared = 0, doubled = 0;
    for (size_t a = 0; a < csv->rows; a++) {
        CHECK(number(csv, a, "step_s_low") > 0);
        CHECK(number(csv, a, "step_s_low") <= number(csv, a, "step_s"));
        CHECK(number(csv, a, "step_s") <= number(csv, a, "step_s_high"));
        CHECK(number(csv, a, "steps") >= 2 && number(csv, a, "tokens_per_s") > 0);
        CHECK(number(csv, a, "gflops_per_s") > 0 && number(csv, a, "sgemm_share") > 0);
        CHECK(number(csv, a, "arena_peak") <= number(csv, a, "plan_peak"));
        CHECK(number(csv, a, "rss_peak") > number(csv, a, "arena_peak") / 2);
        for (size_t b = a + 1; b < csv->rows; b++) {
            if (!same(csv, a, b, "axis") || !same(csv, a, b, "panel"))
                continue;
            double first = number(csv, a, "plan_peak"), then = number(csv, b, "plan_peak");
            if (strcmp(csv->row[a].field[csv_column(csv, "axis")], "jobs") != 0) {
                if (same(csv, a, b, "method"))
                    CHECK(first < then), compared++;
                else if (same(csv, a, b, "value"))
                    CHECK(first > then); // full, then lora
            } else if (same(csv, a, b, "method") && same(csv, a, b, "threads") &&
                       number(csv, a, "jobs") == 1 && number(csv, b, "jobs") == 2)
                CHECK(then == 2 * first), doubled++;
        }
    }
    CHECK(compared == 2 * (3 + 1 + 1 + 1)); // pairs of sizes, for two methods
    CHECK(doubled > 0 || sysconf(_SC_NPROCESSORS_ONLN) == 1);
}

static void a_step_is_measured_against_sizes(void)
{
    static const char *const axes[] = { "batch", "length", "width", "depth", "jobs" };
    Error error;
    Arena *arena = arena_new(1 << 22, &error);
    const char *folder = test_folder();
    char *path = arena_format(arena, "%s/out/measurements.csv", folder);
    int status = measured(arena, folder, "scale.py", "--short");
    if (status >= 0) {
        Csv csv;
        char *scale = arena_format(arena, "%s/out/scale.csv", folder);
        if (!CHECK(status == 0) || !CHECK(csv_read(arena, scale, CSV_COMMAS, true, &csv, &error)))
            printf("%s\n", read_text(arena, arena_format(arena, "%s/said", folder)));
        else
            check_scale(&csv);
        for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
            CHECK(file_exists(arena_format(arena, "%s/out/scale-%s.svg", folder, axes[i])));
            CHECK(file_exists(arena_format(arena, "%s/out/scale-%s.png", folder, axes[i])));
        }
        CHECK(!file_exists(arena_format(arena, "%s/out/models", folder)));

        // Cut short in its last line: that one alone is measured again.
        char *before = read_text(arena, path), *cut = arena_text(arena, before);
        cut[strlen(cut) - 8] = '\0';
        *strrchr(cut, ',') = '\0';
        write_text(path, cut);
        CHECK(measured(arena, folder, "scale.py", "--short") == 0);
        const char *said = read_text(arena, arena_format(arena, "%s/said", folder));
        CHECK(strstr(said, "[  1/1] round 1: ") != NULL);
        *strrchr(cut, '\n') = '\0';
        CHECK(!strncmp(read_text(arena, path), cut, strlen(cut)));
    }
    arena_free(arena);
}

void suite_bench(void)
{
    ADD(tunemark_is_measured_where_pytorch_is_not);
    ADD(two_programs_are_compared);
    ADD(pytorch_computes_the_same);
    ADD(what_is_unknown_is_refused);
    ADD(targets_are_held_against_what_was_measured);
    ADD(a_step_is_measured_against_sizes);
}
