// test_methods.c: what methods' files build with, and finding them.
#include "model/hooks.h"
#include "tests/graphs.h"
#include "tests/program.h"
#include "base/file.h"
#include <math.h>
#include <string.h>

static void rates_lie_log_log_between_the_widths_of_the_table(void)
{
    const Method method = { .rate = { 8e-3, 2e-3, 1e-3, 2.5e-4 } };
    static const struct {
        int64_t hidden;
        double rate;
    } cases[] = {
        { 1, 8e-3 },
        { 128, 8e-3 },
        { 256, 2e-3 },
        { 384, 1e-3 },
        { 768, 2.5e-4 },
        { 1024, 2.5e-4 },
        { 181, 4e-3 },      // nearly 128 sqrt(2): the root of 8e-3
                            // x 2e-3
        { 543, 5e-4 },      // nearly 384 sqrt(2)
        { 200, 3.2768e-3 }, // 8e-3 (128 / 200)^2: a quarter at twice the width
        { 600, 4.096e-4 },  // 1e-3 (384 / 600)^2
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_CLOSE(method_rate(&method, NULL, cases[i].hidden) / cases[i].rate, 1,
                    cases[i].hidden % 128 ? 2e-3 : 1e-12);
}

static double a_quarter(const void *options)
{
    return *(const int *)options ? 0.25 : 1;
}

static void an_option_may_want_another_rate(void)
{
    const Method method = { .rate = { 8e-3, 2e-3, 1e-3, 2.5e-4 }, .rate_times = a_quarter };
    CHECK(method_rate(&method, &(int){ 1 }, 256) == 5e-4);
    CHECK(method_rate(&method, &(int){ 0 }, 256) == 2e-3);
    CHECK(method_rate(&method, NULL, 256) == 2e-3);
}

static void a_method_without_rates_has_rate_zero_at_every_width(void)
{
    const Method method = { .name = "idle" };
    for (int64_t hidden = 1; hidden < 1000; hidden += 37)
        CHECK(method_rate(&method, NULL, hidden) == 0);
}

// Two layers, H = 10, F = 40: q and v are 10 x 10, ffn_mid 10 -> 40, ffn_out 40 -> 10.
static void sums_over_sites_by_hand(void)
{
    const Config config = { .hidden = 10, .intermediate = 40, .layers = 2 };
    CHECK(over_sites(&config, 0, 3, 5) == 0);
    CHECK(over_sites(&config, 1U << SITE_Q, 3, 5) == 2 * (30 + 50));
    CHECK(over_sites(&config, 1U << SITE_Q | 1U << SITE_V, 3, 5) == 4 * 80);
    CHECK(over_sites(&config, 1U << SITE_ATTN_OUT, 3, 5) == 160);
    CHECK(over_sites(&config, 1U << SITE_FFN_MID, 3, 5) == 2 * (30 + 200));
    CHECK(over_sites(&config, 1U << SITE_FFN_OUT, 3, 5) == 2 * (120 + 50));
    CHECK(over_sites(&config, 63, 3, 5) == 4 * 160 + 460 + 340);
}

static void methods_are_found_by_name_and_the_nearest_is_named(void)
{
    Error error;
    size_t count = 0;
    for (; methods[count]; count++) {
        CHECK(method_find(methods[count]->name, &error) == methods[count]);
        CHECK(strlen(method_sha(methods[count])) == 64);
        for (size_t i = 0; i < count; i++)
            CHECK(strcmp(methods[i]->name, methods[count]->name) != 0 &&
                  strcmp(method_sha(methods[i]), method_sha(methods[count])) != 0);
    }
    CHECK(count >= 5);
    CHECK_TEXT(method_sha(&(Method){ .name = "lora" }), "");
    CHECK(!method_find("lroa", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "method: 'lroa' is unknown; should be lora");
    CHECK(!method_find("something entirely else", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "tunemark list methods");
}

typedef struct {
    Arena *arena;
    Error error;
    Build build;
} Bench;

static const Method mine = { .name = "mine" };
static const Linear at_v = { .site = SITE_V, .layer = 3, .in = 5, .out = 7 };

static void bench_begin(Bench *bench, bool training)
{
    bench->arena = arena_new((size_t)1 << 24, &bench->error);
    bench->build = (Build){ .graph = graph_new(bench->arena, &bench->error),
                            .method = &mine,
                            .training = training };
}

static void a_methods_parameter_is_known_by_layer_site_and_part(void)
{
    Bench b;
    bench_begin(&b, true);
    Linear other = at_v;
    other.layer = 2;
    Value A = trained(&b.build, &at_v, "A", 2, 5, (Init){ INIT_UNIFORM, 0.5 });
    CHECK(trained(&b.build, &at_v, "A", 2, 5, (Init){ INIT_UNIFORM, 0.5 }) == A);
    CHECK(trained(&b.build, &at_v, "B", 7, 2, (Init){ INIT_CONSTANT, 0 }) != A);
    CHECK(trained(&b.build, &other, "A", 2, 5, (Init){ INIT_UNIFORM, 0.5 }) != A);
    const Parameter *p = graph_find(b.build.graph, "mine.3.v.A");
    CHECK(p && p->rows == 2 && p->cols == 5 && p->rank == 2 && p->trained);
    CHECK(p && p->part == PART_METHOD && p->init.kind == INIT_UNIFORM && p->init.scale == 0.5);
    CHECK(graph_find(b.build.graph, "mine.2.v.A") && b.build.graph->parameters == 3);
    arena_free(b.arena);
}

static void a_long_name_is_whole(void)
{
    Bench b;
    char part[400];
    bench_begin(&b, true);
    memset(part, 'a', sizeof part);
    part[sizeof part - 1] = '\0';
    Value v = trained_vector(&b.build, 5, (Init){ INIT_CONSTANT, 0 }, "%s", part);
    const char *name = b.build.graph->parameter[b.build.graph->value[v].parameter].name;
    CHECK(strlen(name) == strlen(b.build.method->name) + sizeof part);
    arena_free(b.arena);
}

static void a_methods_dropout_is_its_own_and_none_in_evaluation(void)
{
    for (int training = 0; training < 2; training++) {
        Bench b;
        bench_begin(&b, training);
        Value x = given(b.build.graph, "x", ROWS_TOKENS, 5, false);
        Value y = method_dropout(&b.build, x, 0.2);
        CHECK((y != x) == training);
        CHECK(b.build.graph->sites == 0); // the model's masks stay
        CHECK(method_dropout(&b.build, x, 0) == x);
        arena_free(b.arena);
    }
}

static void an_option_that_does_not_fit_is_refused_once(void)
{
    Bench b;
    bench_begin(&b, true);
    CHECK(!refuse(&b.build, "rank", "1 to 5", "%d is too large for %s", 9, "v"));
    CHECK(b.build.graph->failed);
    CHECK_ERROR(&b.error, ERROR_INPUT, "mine: rank: 9 is too large for v; should be 1 to 5");
    CHECK(!refuse(&b.build, "alpha", "more", "is small"));
    CHECK_ERROR(&b.error, ERROR_INPUT, "mine: rank");
    arena_free(b.arena);
}

static int64_t none(const Config *config, bool pooler, const void *options)
{
    (void)config, (void)pooler, (void)options;
    return 0;
}

// What a method's file lacks is said with its name, before anything is computed with it.
static void a_method_that_lacks_something_is_refused(void)
{
    typedef struct {
        double share;
    } Chosen;
    static const Option fine[] = { { "share", OPTION_REAL, 0, "0.5", 0, 1, NULL, "a" },
                                   OPTION_END };
    static const Option wild[] = { { "share", OPTION_REAL, 0, "1.5", 0, 1, NULL, "a" },
                                   OPTION_END };
    const Method whole = { .name = "m",
                           .summary = "s",
                           .paper = "p",
                           .rate = { 1, 1, 1, 1 },
                           .options = fine,
                           .options_size = sizeof(Chosen),
                           .count = none };
    Method lacks[8];
    static const char *const says[8] = {
        "methods/m.c: .name: is another; should be the name of its file",
        "methods/m.c: .summary: is not given",
        "methods/m.c: .paper: is not given",
        "methods/m.c: .count: is not given",
        "methods/m.c: .rate: is not given; should be four default rates above 0",
        "methods/m.c: .options_size: is given without options",
        "methods/m.c: option share: lies beyond .options_size, 0 bytes",
        "methods/m.c: default of option share: 1.5 is out of range; should be 0 to 1",
    };
    Error error;
    CHECK(method_whole(&whole, "m", &error));
    for (int i = 0; i < 8; i++)
        lacks[i] = whole;
    lacks[0].name = NULL;
    lacks[1].summary = NULL;
    lacks[2].paper = NULL;
    lacks[3].count = NULL;
    lacks[4].rate[3] = 0;
    lacks[5].options = NULL;
    lacks[6].options_size = 0;
    lacks[7].options = wild;
    for (int i = 0; i < 8; i++) {
        CHECK(!method_whole(&lacks[i], "m", &error));
        CHECK_ERROR(&error, ERROR_INPUT, says[i]);
    }
    lacks[4].claims = TRAINS_NOTHING;
    CHECK(method_whole(&lacks[4], "m", &error));
    for (size_t i = 0; methods[i]; i++)
        CHECK(method_whole(methods[i], method_files[i], &error));
}

// The first line of what a script of methods/ says of a file with this text, "" where it is silent;
// false: it was refused.
static bool script_says(const char *script, const char *path, const char *text, char *said,
                        int room)
{
    char command[256] = "";
    write_text(path, text);
    snprintf(command, sizeof command, "methods/%s.sh %s 2>&1", script, path);
    FILE *pipe = popen(command, "r");
    if (!CHECK(pipe != NULL) || !fgets(said, room, pipe))
        *said = '\0';
    return pipe && pclose(pipe) == 0;
}

static bool sha_of(const char *path, const char *text, char *said, int room)
{
    return script_says("sha", path, text, said, room);
}

// Rows stay what they are when a default rate is mended: the rate of a run is in its key itself.
static void a_method_s_sha_is_of_what_decides_its_results(void)
{
    Error error;
    Arena *arena = arena_new(1 << 16, &error);
    const char *path = path_join(arena, test_folder(), "one.c");
    char first[65] = "", other[65] = "";
    CHECK(sha_of(path,
                 "const Method method_one = {\n .name = \"m\",\n  .rate = { 1e-3, 2, 3, 4 },\n};\n",
                 first, sizeof first));
    CHECK(sha_of(path,
                 "// m\nconst Method method_one = {\n .name = \"m\",\n  .rate = { 5, 2, 3, 4 }, // "
                 "new\n};\n",
                 other, sizeof other));
    CHECK(strlen(first) == 64);
    CHECK_TEXT(other, first);
    CHECK(sha_of(path,
                 "const Method method_one = {\n .name = \"n\",\n  .rate = { 1e-3, 2, 3, 4 },\n};\n",
                 other, sizeof other));
    CHECK(strlen(other) == 64 && strcmp(other, first) != 0);
    arena_free(arena);
}

// The build stops at a file that the registry could not name, or whose rates a hash would hold.
static void a_method_s_file_that_cannot_be_one_is_refused(void)
{
    Error error;
    Arena *arena = arena_new(1 << 16, &error);
    const char *folder = test_folder(), *line = "const Method method_one = {\n";
    const struct {
        const char *name, *text, *says;
    } cases[] = {
        { "o-ne.c", line, "other letters" },
        { "1one.c", line, "other letters" },
        { "two.c", line, "const Method method_two = {" },
        { "one.c", "const Method method_one = {\n .rate = { 1, 2,\n 3, 4 },\n};\n",
          "several lines" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = path_join(arena, folder, cases[i].name);
        char said[512] = "";
        CHECK(!sha_of(path, cases[i].text, said, sizeof said) && strstr(said, cases[i].says));
    }
    arena_free(arena);
}

// Nothing else would notice but by luck: who walks the table reads what lies behind it.
static void a_table_of_options_without_an_end_stops_the_build(void)
{
    Error error;
    Arena *arena = arena_new(1 << 16, &error);
    const char *path = path_join(arena, test_folder(), "one.c");
    const char *line = "    { \"rank\", OPTION_WHOLE, 0, \"8\", 1, 9, NULL, \"r\" },\n";
    const char *whole = arena_format(
        arena, "// m\nstatic const Option options[] = {\n%s    OPTION_END,\n};\n", line);
    char said[512];
    CHECK(script_says("options", path, whole, said, sizeof said) && !*said);
    CHECK(!script_says("options", path,
                       arena_format(arena, "static const Option more[] = {\n%s};\n%s", line, whole),
                       said, sizeof said));
    CHECK(strstr(said, "one.c:1: a table of options has no end; should be OPTION_END"));
    arena_free(arena);
}

void suite_methods(void)
{
    ADD(rates_lie_log_log_between_the_widths_of_the_table);
    ADD(an_option_may_want_another_rate);
    ADD(a_method_without_rates_has_rate_zero_at_every_width);
    ADD(sums_over_sites_by_hand);
    ADD(a_method_that_lacks_something_is_refused);
    ADD(a_method_s_sha_is_of_what_decides_its_results);
    ADD(a_method_s_file_that_cannot_be_one_is_refused);
    ADD(a_table_of_options_without_an_end_stops_the_build);
    ADD(methods_are_found_by_name_and_the_nearest_is_named);
    ADD(a_methods_parameter_is_known_by_layer_site_and_part);
    ADD(a_long_name_is_whole);
    ADD(a_methods_dropout_is_its_own_and_none_in_evaluation);
    ADD(an_option_that_does_not_fit_is_refused_once);
}
