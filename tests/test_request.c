// Options become a request, a request a command line, and the key holds what decides a result.
#include "tests/program.h"
#include "base/text.h"
#include "command/asked.h"
#include "run/resolve.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    Arena *arena;
    FilesRead *files;
    const char *folder, *task, *other_task, *texts;
} Bench;

static Bench bench_new(void)
{
    Error error;
    Bench b = { .arena = arena_new(ARENA_RUN, &error), .folder = test_folder() };
    b.files = files_new(b.arena);
    b.task = small_task(b.arena, b.folder, "task");
    b.other_task = small_pairs(b.arena, b.folder, "pairs");
    b.texts = path_join(b.arena, b.folder, "texts.txt");
    write_text(b.texts, "the film was dull and the story cold\nthe room was bright\n");
    return b;
}

static void bench_free(Bench *b)
{
    files_close(b->files);
    arena_free(b->arena);
}

static Request request_of(Bench *b, const char *method)
{
    Request request;
    Error error;
    if (!CHECK(request_new(b->arena, method, &request, &error)) ||
        !CHECK(request_set(b->arena, &request, "model", "tiny", (Where){ 0 }, &error)) ||
        !CHECK(request_set(b->arena, &request, "task", b->task, (Where){ 0 }, &error)))
        abort();
    return request;
}

// A request with one option set on top of its own options; "" where it is refused.
static const char *key_with(Bench *b, const Request *base, const char *name, const char *value)
{
    Request request = *base;
    Resolved resolved;
    Error error;
    request.options = arena_take(b->arena, 1, request.method->options_size + 1);
    memcpy(request.options, base->options, request.method->options_size);
    if (name && !request_set(b->arena, &request, name, value, (Where){ 0 }, &error)) {
        CHECK(error.kind == ERROR_INPUT);
        return "";
    }
    if (!resolve(b->arena, b->files, &request, &resolved, &error)) {
        CHECK(error.kind == ERROR_INPUT);
        return "";
    }
    return resolved.row.key;
}

enum { CANDIDATES = 40 };

// Values that an option might be given, legal or not.
static size_t candidates_of(Bench *b, const Option *option, const char *candidate[CANDIDATES])
{
    Arena *arena = b->arena;
    size_t count = 0, parts;
    double standard = option->standard ? strtod(option->standard, NULL) : 0;
    switch (option->type) {
    case OPTION_WHOLE:
        candidate[count++] = arena_format(arena, "%.0f", standard + 1);
        candidate[count++] = arena_format(arena, "%.0f", option->low);
        candidate[count++] = arena_format(arena, "%.0f", option->high > 5000 ? 5000 : option->high);
        break;
    case OPTION_REAL:
        candidate[count++] = arena_format(arena, "%.17g", standard + 0.25);
        candidate[count++] = arena_format(arena, "%.17g", option->low);
        candidate[count++] = "0.5";
        break;
    case OPTION_BYTES:
        candidate[count++] = "1GB";
        candidate[count++] = "8MB"; // of which tiny's weights take the most
        break;
    case OPTION_CHOICE:
    case OPTION_SET:
        for (char **part = text_split(arena, option->choices, '|', &parts); count < parts; count++)
            candidate[count] = part[count];
        break;
    case OPTION_FLAG:
        candidate[count++] = "yes";
        candidate[count++] = "no";
        break;
    case OPTION_TEXT:
        candidate[count++] = !strcmp(option->name, "model")     ? "mini"
                             : !strcmp(option->name, "task")    ? b->other_task
                             : !strcmp(option->name, "heldout") ? b->texts
                                                                : "some text";
    }
    return count;
}

static void an_option_set_to_its_default_by_name_changes_nothing(void)
{
    Bench b = bench_new();
    for (size_t m = 0; methods[m]; m++) {
        Request base = request_of(&b, methods[m]->name);
        const char *key = key_with(&b, &base, NULL, NULL);
        CHECK(strlen(key) == 64);
        const Option *table[] = { protocol_options, method_options(methods[m]) };
        for (int t = m ? 1 : 0; t < 2; t++)
            for (const Option *o = table[t]; o->name; o++)
                if (o->standard) {
                    const char *name =
                        t ? arena_format(b.arena, "%s.%s", methods[m]->name, o->name) : o->name;
                    CHECK_TEXT(key_with(&b, &base, name, o->standard), key);
                }
    }
    bench_free(&b);
}

// Lessons L14: an option that is parsed and not used would leave the key as it was.
static void every_option_of_a_run_but_those_beside_the_result_is_in_the_key(void)
{
    static const char *const beside[] = {
        "timeout",        "threads",  "cache",      "cache-file", "cache-folder",
        "profile",        "out",      "sweep",      "study",      "spec-sha",
        "attempt",        "jobs",     "winner-key", "trials",     "search-space",
        "winner-on-edge", "search-s", "save",       NULL
    };
    Bench b = bench_new();
    Request base = request_of(&b, "lora");
    const char *key = key_with(&b, &base, NULL, NULL);
    for (const Option *o = protocol_options; o->name; o++) {
        const char *candidate[CANDIDATES];
        size_t count = candidates_of(&b, o, candidate), changed = 0, accepted = 0;
        if (!strcmp(o->name, "method") || !strcmp(o->name, "fold")) // of few tasks: test_tasks
            continue;
        for (size_t i = 0; i < count; i++) {
            const char *got = key_with(&b, &base, o->name, candidate[i]);
            accepted += *got != '\0';
            changed += *got && strcmp(got, key) != 0;
        }
        if (!CHECK(accepted > 0) ||
            !CHECK(text_among(o->name, beside) ? changed == 0 : changed > 0))
            printf("option %s: %zu of %zu change the key\n", o->name, changed, accepted);
    }
    bench_free(&b);
}

// An option that the defaults of the others leave no room for: with another choice among them.
static size_t changed_beside_a_choice(Bench *b, const Request *base, const Option *option)
{
    size_t changed = 0;
    for (const Option *o = method_options(base->method); o->name; o++) {
        const char *choice[CANDIDATES], *value[CANDIDATES];
        size_t choices = o->type == OPTION_CHOICE ? candidates_of(b, o, choice) : 0;
        size_t values = candidates_of(b, option, value);
        for (size_t c = 0; c < choices; c++) {
            Request with = request_of(b, base->method->name);
            Error error;
            if (!request_set(b->arena, &with, o->name, choice[c], (Where){ 0 }, &error))
                continue;
            const char *key = key_with(b, &with, NULL, NULL);
            for (size_t i = 0; i < values; i++) {
                const char *got = key_with(b, &with, option->name, value[i]);
                changed += *got && strcmp(got, key) != 0;
            }
        }
    }
    return changed;
}

static void every_value_of_every_method_s_options_has_a_key_of_its_own(void)
{
    Bench b = bench_new();
    for (size_t m = 0; methods[m]; m++) {
        Request base = request_of(&b, methods[m]->name);
        const char *key = key_with(&b, &base, NULL, NULL);
        for (const Option *o = method_options(methods[m]); o->name; o++) {
            const char *candidate[CANDIDATES];
            size_t count = candidates_of(&b, o, candidate), changed = 0;
            const char *name = arena_format(b.arena, "%s.%s", methods[m]->name, o->name);
            bool is_auto = o->standard && !strcmp(o->standard, "auto");
            for (size_t i = 0; i < count; i++) {
                const char *got = key_with(&b, &base, name, candidate[i]);
                bool same = o->standard && !strcmp(candidate[i], o->standard);
                bool differs = strcmp(got, key) != 0; // what auto stands for does not
                if (*got && !same && (differs || CHECK(is_auto)))
                    changed += differs;
            }
            if (changed == 0)
                changed = changed_beside_a_choice(&b, &base, o);
            if (!CHECK(changed > 0))
                printf("option %s changes no key\n", name);
        }
    }
    bench_free(&b);
}

static void keys_of_methods_differ(void)
{
    Bench b = bench_new();
    const char *key[64];
    size_t count = 0;
    for (; methods[count] && count < 64; count++) {
        Request request = request_of(&b, methods[count]->name);
        key[count] = key_with(&b, &request, NULL, NULL);
        for (size_t i = 0; i < count; i++)
            CHECK(strcmp(key[i], key[count]) != 0);
    }
    bench_free(&b);
}

static void what_resolves_to_the_same_run_has_the_same_key(void)
{
    Bench b = bench_new();
    Request base = request_of(&b, "lora");
    const char *key = key_with(&b, &base, NULL, NULL);
    CHECK_TEXT(key_with(&b, &base, "head", "mean"), key); // tiny knows no next sentences
    CHECK_TEXT(key_with(&b, &base, "lr", "4e-3"), key);   // lora's default at width 128
    CHECK_TEXT(key_with(&b, &base, "head-lr", "0.004"), key);
    CHECK_TEXT(key_with(&b, &base, "dropout", "0.1"), key); // the config's
    CHECK_TEXT(key_with(&b, &base, "frozen-dropout", "yes"), key);
    CHECK_TEXT(key_with(&b, &base, "epochs", "4"), key); // 1000 steps at least
    CHECK_TEXT(key_with(&b, &base, "init-seed", "1"), key);
    const char *long_texts = key_with(&b, &base, "max-length", "512");
    CHECK(strcmp(long_texts, key) != 0);
    CHECK_TEXT(key_with(&b, &base, "max-length", "600"), long_texts); // tiny has 512 positions
    CHECK_TEXT(key_with(&b, &base, "model",
                        path_join(b.arena, home_folder(b.arena), "models/bundled/tiny")),
               key); // where it lies is not what it is
    bench_free(&b);
}

// What `tunemark run` would read from the words.
static bool read_back(Arena *arena, char **word, size_t count, Request *request)
{
    Arguments arguments;
    Error error;
    return CHECK_TEXT(word[0], "run") &&
           CHECK(arguments_read(arena, (int)count - 1, word + 1, NULL, &arguments, &error)) &&
           CHECK(arguments.operands == 0) &&
           CHECK(request_read(arena, &arguments, NULL, NULL, request, &error));
}

static void same_options(Arena *arena, const Option *table, const void *a, const void *b)
{
    for (; table->name; table++) {
        const char *left = option_text(arena, table, a), *right = option_text(arena, table, b);
        CHECK_TEXT(left, right);
    }
}

static void a_request_written_as_a_command_line_reads_back_as_itself(void)
{
    Bench b = bench_new();
    for (size_t m = 0; methods[m]; m++) {
        const Option *table[] = { protocol_options, method_options(methods[m]) };
        for (int t = 0; t < 2; t++)
            for (const Option *o = table[t]; o->name; o++) {
                const char *candidate[CANDIDATES];
                size_t count = candidates_of(&b, o, candidate), words;
                const char *name =
                    t ? arena_format(b.arena, "%s.%s", methods[m]->name, o->name) : o->name;
                for (size_t i = 0; i < count; i++) {
                    Request request = request_of(&b, methods[m]->name), back;
                    Error error;
                    if (!request_set(b.arena, &request, name, candidate[i], (Where){ 0 }, &error))
                        continue;
                    char **word = request_arguments(b.arena, &request, &words);
                    if (!read_back(b.arena, word, words, &back))
                        continue;
                    CHECK(back.method == request.method);
                    same_options(b.arena, protocol_options, &request.protocol, &back.protocol);
                    same_options(b.arena, table[1], request.options, back.options);
                }
            }
    }
    bench_free(&b);
}

static void a_command_line_names_only_what_is_not_at_its_default(void)
{
    Bench b = bench_new();
    Request request = request_of(&b, "lora");
    Error error;
    size_t count;
    CHECK(request_set(b.arena, &request, "rank", "4", (Where){ 0 }, &error));
    CHECK(request_set(b.arena, &request, "epochs", "3", (Where){ 0 }, &error));
    CHECK(request_set(b.arena, &request, "dropout", "0.2", (Where){ 0 }, &error));
    CHECK(request_set(b.arena, &request, "lora.dropout", "0.3", (Where){ 0 }, &error));
    char **word = request_arguments(b.arena, &request, &count);
    const char *expected[] = { "run",      "--model",        "tiny",      "--task", b.task,
                               "--method", "lora",           "--dropout", "0.2",    "--lora.rank",
                               "4",        "--lora.dropout", "0.3" };
    if (CHECK(count == sizeof expected / sizeof *expected))
        for (size_t i = 0; i < count; i++)
            CHECK_TEXT(word[i], expected[i]);
    bench_free(&b);
}

static void a_name_with_its_method_before_it_is_the_same_option(void)
{
    Bench b = bench_new();
    Request request = request_of(&b, "lora");
    Error error;
    CHECK_TEXT(key_with(&b, &request, "lora.rank", "4"), key_with(&b, &request, "rank", "4"));
    // Both a run and lora have a dropout: the bare name is the run's.
    CHECK(strcmp(key_with(&b, &request, "lora.dropout", "0.2"),
                 key_with(&b, &request, "dropout", "0.2")) != 0);
    CHECK(!request_set(b.arena, &request, "full.rank", "4", (Where){ 0 }, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "full.rank: is unknown");
    CHECK(!request_set(b.arena, &request, "lora.epochs", "4", (Where){ 0 }, &error));
    CHECK(!request_set(b.arena, &request, "lora.", "4", (Where){ 0 }, &error));
    CHECK(!request_set(b.arena, &request, "", "4", (Where){ 0 }, &error));
    bench_free(&b);
}

static void an_unknown_name_is_refused_with_the_nearest_and_where_it_stands(void)
{
    Bench b = bench_new();
    Request request = request_of(&b, "lora");
    Error error;
    CHECK(!request_set(b.arena, &request, "rnak", "4", (Where){ "s.yaml", 7, "rnak" }, &error));
    CHECK_TEXT(error.text, "s.yaml:7: rnak: is unknown; should be rank");
    CHECK(!request_set(b.arena, &request, "epoch", "4", (Where){ .item = "--epoch" }, &error));
    CHECK_TEXT(error.text, "--epoch: is unknown; should be --epochs");
    CHECK(!request_set(b.arena, &request, "qqqqqqqqqq", "4", (Where){ 0 }, &error));
    CHECK_TEXT(error.text, "qqqqqqqqqq: is unknown; should be an option of run or of lora");
    CHECK(!request_set(b.arena, &request, "method", "full", (Where){ 0 }, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "should be lora");
    CHECK(request_set(b.arena, &request, "method", "lora", (Where){ 0 }, &error));
    CHECK(!request_new(b.arena, "lroa", &request, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "'lroa' is unknown; should be lora");
    bench_free(&b);
}

static void one_seed_sets_four_and_each_may_be_given(void)
{
    Bench b = bench_new();
    Request request = request_of(&b, "lora");
    Resolved r;
    Error error;
    CHECK(request_set(b.arena, &request, "seed", "7", (Where){ 0 }, &error));
    CHECK(resolve(b.arena, b.files, &request, &r, &error));
    CHECK(r.row.seed == 7 && r.row.init_seed == 7 && r.row.order_seed == 7 &&
          r.row.dropout_seed == 7 && r.row.data_seed == 7);
    CHECK(request_set(b.arena, &request, "order-seed", "0", (Where){ 0 }, &error));
    CHECK(request_set(b.arena, &request, "data-seed", "9007199254740992", (Where){ 0 }, &error));
    CHECK(resolve(b.arena, b.files, &request, &r, &error));
    CHECK(r.row.seed == 7 && r.row.init_seed == 7 && r.row.order_seed == 0 &&
          r.row.dropout_seed == 7 && r.row.data_seed == INT64_C(9007199254740992));
    CHECK(!request_set(b.arena, &request, "seed", "9007199254740993", (Where){ 0 }, &error));
    bench_free(&b);
}

static void bounds_that_depend_on_the_model_are_those_of_the_model(void)
{
    Bench b = bench_new();
    Request request = request_of(&b, "lora");
    Resolved resolved;
    Error error;
    CHECK(*key_with(&b, &request, "rank", "128") != '\0');
    CHECK(request_set(b.arena, &request, "rank", "129", (Where){ 0 }, &error));
    CHECK(!resolve(b.arena, b.files, &request, &resolved, &error));
    CHECK_TEXT(error.text, "lora: rank: 129 is too large for q (128 x 128); should be 1 to 128");
    CHECK(error.kind == ERROR_INPUT);
    bench_free(&b);
}

static void a_model_that_was_refused_is_refused_again(void)
{
    Bench b = bench_new();
    Request request = request_of(&b, "head");
    Resolved resolved;
    Error error;
    const char *model = model_copy(b.arena, b.folder, "model");
    const char *vocabulary = path_join(b.arena, model, "vocab.txt");
    write_text(vocabulary, arena_format(b.arena, "%sone-more\n", read_text(b.arena, vocabulary)));
    CHECK(request_set(b.arena, &request, "model", model, (Where){ 0 }, &error));
    for (int time = 0; time < 2; time++) {
        CHECK(!resolve(b.arena, b.files, &request, &resolved, &error));
        CHECK_ERROR(&error, ERROR_INPUT, "vocab.txt: has 8193 pieces; should be at most 8192");
    }
    bench_free(&b);
}

// max(epochs ceil(48 / batch), min_steps): 48 rows in batches of 32 are two steps an epoch.
static void steps_are_of_the_epochs_or_as_many_as_asked_for(void)
{
    static const struct {
        const char *epochs, *steps, *batch;
        int64_t expected;
    } asked[] = {
        { "3", "1000", "32", 1000 }, { "600", "1000", "32", 1200 }, { "3", "0", "48", 3 },
        { "3", "0", "47", 6 },       { "0", "0", "32", 0 },         { "0", "5", "1", 5 }
    };
    Bench b = bench_new();
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        Request request;
        Resolved resolved;
        Error error;
        CHECK(small_request(b.arena, "head", b.task,
                            SETTINGS("epochs", asked[i].epochs, "min-steps", asked[i].steps,
                                     "batch", asked[i].batch),
                            &request, &error));
        CHECK(resolve(b.arena, b.files, &request, &resolved, &error));
        CHECK(resolved.row.steps == asked[i].expected);
    }
    Request request;
    Resolved resolved;
    Error error;
    CHECK(small_request(b.arena, "head", b.task, SETTINGS("min-steps", "1000000000"), &request,
                        &error));
    CHECK(!resolve(b.arena, b.files, &request, &resolved, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "1000000000 steps of epochs and min-steps are too many");
    bench_free(&b);
}

void suite_request(void)
{
    ADD(an_option_set_to_its_default_by_name_changes_nothing);
    ADD(every_option_of_a_run_but_those_beside_the_result_is_in_the_key);
    ADD(every_value_of_every_method_s_options_has_a_key_of_its_own);
    ADD(keys_of_methods_differ);
    ADD(what_resolves_to_the_same_run_has_the_same_key);
    ADD(a_request_written_as_a_command_line_reads_back_as_itself);
    ADD(a_command_line_names_only_what_is_not_at_its_default);
    ADD(a_name_with_its_method_before_it_is_the_same_option);
    ADD(an_unknown_name_is_refused_with_the_nearest_and_where_it_stands);
    ADD(one_seed_sets_four_and_each_may_be_given);
    ADD(bounds_that_depend_on_the_model_are_those_of_the_model);
    ADD(a_model_that_was_refused_is_refused_again);
    ADD(steps_are_of_the_epochs_or_as_many_as_asked_for);
}
