// A budget of parameters, and the size of each method that it allows.
#include "tests/run_bench.h"
#include "base/text.h"
#include "run/resolve.h"
#include "cost/shape.h"
#include "run/size.h"
#include "train/counts.h"
#include <stdlib.h>
#include <string.h>

// BERT of 2 layers of 128: 413,056 parameters outside the embeddings.
//   a layer: 4 x (128 x 128 + 128) + (512 x 128 + 512) + (128 x 512 + 128) + 4 x 128 = 198,272
//   the pooler: 128 x 128 + 128 = 16,512
static const char small_bert[] =
    "{\"vocab_size\": 30522, \"hidden_size\": 128, \"num_hidden_layers\": 2, "
    "\"num_attention_heads\": 2, \"intermediate_size\": 512, \"max_position_embeddings\": 512, "
    "\"type_vocab_size\": 2, \"hidden_act\": \"gelu\", \"hidden_dropout_prob\": 0.1, "
    "\"attention_probs_dropout_prob\": 0.1}";

typedef struct {
    Arena *arena;
    Shape shape;
} World;

typedef struct {
    const char *name, *value; // NULL: none
} Also;

static World world(void)
{
    Error error;
    World w = { .arena = arena_new(ARENA_RUN, &error) };
    const char *path = path_join(w.arena, test_folder(), "config.json");
    write_text(path, small_bert);
    CHECK(shape_read(w.arena, path, &w.shape, &error));
    return w;
}

// The method's size under a budget; -1: refused, and `error` says why.
static int64_t size_under(World *w, const char *method, const char *budget, const Also *setting,
                          double *share, Error *error)
{
    Request request;
    Description description;
    Described described;
    if (!CHECK(request_new(w->arena, method, &request, error)) ||
        !CHECK(request_set(w->arena, &request, "budget", budget, (Where){ 0 }, error)))
        return -1;
    if (setting && setting->name)
        CHECK(request_set(w->arena, &request, setting->name, setting->value, (Where){ 0 }, error));
    request.protocol.head = HEAD_POOLER;
    if (!shape_description(w->arena, &w->shape, &request, 2, &description, error))
        return -1;
    const Option *size = method_size(request.method);
    description.training = false;
    if (!CHECK(describe(w->arena, &description, &described, error)))
        return -1;
    Counts counts = counts_of(described.graph);
    if (share)
        *share = shares_of(&counts).method_nonembedding;
    return strtoll(option_text(w->arena, size, description.method.options), NULL, 10);
}

// 0.02 of 413,056 is 8,261.1.
static void a_size_is_the_largest_within_the_budget(void)
{
    static const struct {
        const char *method, *budget;
        Also setting;
        int64_t size;
    } known[] = {
        { "lora", "0.02", { 0 }, 8 },   // 1,024 a rank: q and v of two layers, 128 + 128
        { "lora", "0.0198", { 0 }, 7 }, // 8,178.5
        { "lora", "0.01", { "targets", "ffn_mid" }, 3 }, // 2 x (128 + 512) = 1,280 a rank
        { "dora", "0.02", { 0 }, 7 },                    // 1,024 a rank, and 512 lengths
        { "prefix", "0.02", { 0 }, 16 },                 // 512 a row
        { "prompt", "0.02", { 0 }, 64 },                 // 128 a row
        { "prompt", "0.5", { 0 }, 256 },                 // the most that it takes
        { "adapter", "0.02", { 0 }, 6 }, // 4 x (257 r + 128), and 2 x 128 of five LayerNorms
        { "adapter", "0.02", { "variant", "pfeiffer" }, 15 }, // 2 x (257 r + 128)
        { "adapter", "1", { 0 }, 400 },                       // and not what is over 1
        { "topk", "0.6", { 0 }, 1 },                          // a layer and the pooler: 0.52
        { "topk", "1", { 0 }, 2 },
        { "topk", "0.5", { 0 }, 0 }, // the pooler: 0.04
        { "lora", "1", { 0 }, 128 }, // a rank of 129 fits no layer of 128
    };
    World w = world();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        Error error;
        double share = NAN;
        int64_t size =
            size_under(&w, known[i].method, known[i].budget, &known[i].setting, &share, &error);
        if (!CHECK(size == known[i].size) || !CHECK(share <= strtod(known[i].budget, NULL)))
            printf("%s at %s: %lld, which trains %g\n", known[i].method, known[i].budget,
                   (long long)size, share);
    }
    shape_close(&w.shape);
    arena_free(w.arena);
}

static void a_budget_is_kept_to_the_last_parameter(void)
{
    World w = world();
    Error error;
    const char *exact = arena_format(w.arena, "%.17g", 8192.0 / 413056);
    const char *less = arena_format(w.arena, "%.17g", 8191.0 / 413056);
    CHECK(size_under(&w, "lora", exact, NULL, NULL, &error) == 8);
    CHECK(size_under(&w, "lora", less, NULL, NULL, &error) == 7);
    shape_close(&w.shape);
    arena_free(w.arena);
}

static void more_of_a_size_trains_more(void)
{
    static const char *const budgets[] = { "0.55", "0.7", "1" };
    World w = world();
    size_t sized = 0;
    for (size_t m = 0; methods[m]; m++) {
        double before = 0;
        if (methods[m]->fit || !method_size(methods[m]))
            continue;
        sized++;
        for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
            Error error;
            double share = NAN;
            CHECK(size_under(&w, methods[m]->name, budgets[i], NULL, &share, &error) > 0);
            CHECK(share >= before && share <= strtod(budgets[i], NULL));
            before = share;
        }
    }
    CHECK(sized >= 6);
    shape_close(&w.shape);
    arena_free(w.arena);
}

static void a_budget_that_cannot_be_kept_is_refused(void)
{
    static const struct {
        const char *method, *budget;
        Also setting;
        const char *part;
    } wrong[] = {
        { "bitfit", "0.1", { 0 }, "bitfit has no size to solve for; should be of adapter, dora" },
        { "feature", "0.1", { 0 }, "feature has no size" },
        { "full", "0.1", { 0 }, "full has no size" },
        { "lora", "0.1", { "rank", "4" }, "rank is given, too; should be one of the two" },
        { "lora", "0.1", { "rank", "8" }, "rank is given, too" }, // its default, but typed
        { "adapter", "0.1", { "size", "auto" }, "size is given, too" },
        { "lora", "0.001", { 0 }, "0.001 is under what lora of rank 1 trains; should be 0.00248" },
        { "lora", "0", { 0 }, "0 is under what lora of rank 1 trains" },
        { "topk", "0.03", { 0 }, "0.03 is under what topk of layers 0 trains; should be 0.04" },
    };
    World w = world();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Error error = { 0 };
        int64_t size =
            size_under(&w, wrong[i].method, wrong[i].budget, &wrong[i].setting, NULL, &error);
        if (!CHECK(size == -1 && error.kind == ERROR_INPUT &&
                   strstr(error.text, wrong[i].part) != NULL))
            printf("%s\n", error.text);
    }
    shape_close(&w.shape);
    arena_free(w.arena);
}

// What the refusal names is enough.
static void the_least_budget_that_is_named_is_one(void)
{
    World w = world();
    for (size_t m = 0; methods[m]; m++) {
        Error error = { 0 };
        if (methods[m]->fit || !method_size(methods[m]))
            continue;
        CHECK(size_under(&w, methods[m]->name, "0.0001", NULL, NULL, &error) == -1);
        const char *named = strstr(error.text, "should be ");
        if (!CHECK(named != NULL))
            continue;
        named += strlen("should be ");
        const char *least = arena_format(w.arena, "%.*s", (int)strcspn(named, " "), named);
        CHECK(size_under(&w, methods[m]->name, least, NULL, NULL, &error) >= 0);
    }
    shape_close(&w.shape);
    arena_free(w.arena);
}

static void a_run_has_the_size_and_says_what_it_was_for(void)
{
    Bench b = run_bench();
    Done given = run_of(&b, "lora", SETTINGS("rank", "5"));
    Done solved = run_of(&b, "lora", SETTINGS("budget", "0.014")); // of 396,544: 5 ranks of 1,024
    CHECK_TEXT(solved.row.options, given.row.options);
    CHECK(solved.row.score == given.row.score && solved.row.loss == given.row.loss);
    CHECK(solved.row.params_trained == given.row.params_trained);
    CHECK(strcmp(solved.row.key, given.row.key) != 0);
    CHECK(solved.row.budget == 0.014 && isnan(given.row.budget));
    CHECK_TEXT(solved.row.budget_of, "nonembedding");
    CHECK(given.row.budget_of == NULL && given.row.warnings == NULL);
    arena_free(b.arena);
}

static void a_budget_that_is_not_used_up_is_a_warning(void)
{
    Bench b = run_bench();
    Done done = run_of(&b, "prompt", SETTINGS("budget", "0.5", "max-length", "16"));
    CHECK(done.row.warnings &&
          strstr(done.row.warnings,
                 "its largest size trains 8.26 % of the encoder, of a budget of 50 %"));
    arena_free(b.arena);
}

// An empty cell of `budget` is a size that was given, not one that is unknown.
static void a_given_size_and_a_solved_one_are_two_lines(void)
{
    Bench b = run_bench();
    const char *out = path_join(b.arena, b.folder, "both");
    for (int seed = 1; seed <= 4; seed++) {
        const char *number = arena_format(b.arena, "%d", seed);
        if (seed <= 3)
            run_of(&b, "lora", SETTINGS("rank", "5", "seed", number, "out", out));
        if (seed >= 3)
            run_of(&b, "lora", SETTINGS("budget", "0.014", "seed", number, "out", out));
    }
    Said said = program(b.arena, NULL, "table %s --columns score,budget --csv", out);
    CHECK(said.status == 0 && strstr(said.out, ",lora,") != NULL);
    CHECK(strstr(said.out, "lora budget=0.014") != NULL && !strstr(said.out, "budget_of"));
    arena_free(b.arena);
}

// Two budgets that come to one size: each has the search of its own.
static void a_rate_is_taken_over_from_the_search_of_the_same_budget(void)
{
    static const char spec[] = "name: %s\nmodels: [tiny]\ntasks: [%s]\nseeds: 1\n"
                               "methods: {lora: {budget: [%s]}}\nsearch: {%s}\n"
                               "train: {epochs: 0, min_steps: 1, max_length: 16}\n";
    Bench b = run_bench();
    const char *from = path_join(b.arena, b.folder, "from");
    const char *first = path_join(b.arena, b.folder, "first.yaml");
    const char *second = path_join(b.arena, b.folder, "second.yaml");
    write_text(first, arena_format(b.arena, spec, "first", b.task, "0.014, 0.0141", "trials: 1"));
    write_text(second, arena_format(b.arena, spec, "second", b.task, "0.0141",
                                    arena_format(b.arena, "from: %s", from)));
    CHECK(program(b.arena, NULL, "sweep %s --out %s", first, from).status == 0);
    Said said = program(b.arena, NULL, "sweep %s --out %s/to --dry-run", second, b.folder);
    if (!CHECK(said.status == 0 && strstr(said.out, "second: 1 runs, 0 finished, 1 to do")))
        printf("%s%s", said.out, said.err);
    arena_free(b.arena);
}

static void the_size_is_said_where_people_read(void)
{
    Bench b = run_bench();
    Said said = program(b.arena, NULL, "params --model tiny --method lora --budget 0.014");
    CHECK(said.status == 0 && strstr(said.out, "rank 5") != NULL);
    said = program(b.arena, NULL,
                   "run --model tiny --task %s --method prefix --budget 0.014 --epochs 0 "
                   "--min-steps 1 --out %s/said",
                   b.task, b.folder);
    CHECK(said.status == 0 && strstr(said.err, "budget: length 10\n") != NULL);
    arena_free(b.arena);
}

static void a_saved_method_has_its_size(void)
{
    Bench b = run_bench();
    const char *saved = path_join(b.arena, b.folder, "saved");
    run_of(&b, "lora", SETTINGS("budget", "0.014", "save", saved));
    Said said = program(b.arena, NULL, "predict %s --task %s", saved, b.task);
    CHECK(said.status == 0 && strstr(said.out, "dev,") != NULL);
    arena_free(b.arena);
}

void suite_size(void)
{
    ADD(a_size_is_the_largest_within_the_budget);
    ADD(a_budget_is_kept_to_the_last_parameter);
    ADD(more_of_a_size_trains_more);
    ADD(a_budget_that_cannot_be_kept_is_refused);
    ADD(the_least_budget_that_is_named_is_one);
    ADD(a_run_has_the_size_and_says_what_it_was_for);
    ADD(a_budget_that_is_not_used_up_is_a_warning);
    ADD(a_given_size_and_a_solved_one_are_two_lines);
    ADD(a_rate_is_taken_over_from_the_search_of_the_same_budget);
    ADD(the_size_is_said_where_people_read);
    ADD(a_saved_method_has_its_size);
}
