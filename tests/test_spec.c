// test_spec.c: a sweep's YAML file as the runs that it asks for.
#include "base/json.h"
#include "base/text.h"
#include "sweep/spec.h"
#include "tests/program.h"
#include <stdlib.h>
#include <string.h>

static Arena *arena;

static bool read_spec(const char *text, const char *const *set, Spec *spec, Error *error)
{
    size_t sets = 0;
    const char *path = path_join(arena, test_folder(), "spec.yaml");
    while (set && set[sets])
        sets++;
    return file_write_text(path, text, error) && spec_read(arena, path, set, sets, spec, error);
}

static bool begin(void)
{
    Error error;
    arena = arena_new(ARENA_RUN, &error);
    return CHECK(arena != NULL);
}

// The labels of all runs, one a line.
static const char *labels(const Spec *spec)
{
    const char *all = "";
    for (size_t i = 0; i < spec->count; i++)
        all = arena_format(arena, "%s%s\n", all, spec->asked[i].label);
    return all;
}

// The value of an option in the nth run, as typed.
static const char *value(const Spec *spec, size_t run, const char *name)
{
    const Request *request = &spec->asked[run].request;
    const Option *own =
        request->method->options ? option_find(request->method->options, name) : NULL;
    const Option *common = option_find(protocol_options, name);
    return own ? option_text(arena, own, request->options)
               : option_text(arena, common, &request->protocol);
}

static void order_is_seed_then_task_then_model_then_method(void)
{
    Spec spec;
    Error error;
    if (!begin())
        return;
    CHECK(read_spec("name: order\nmodels: [tiny, mini]\ntasks: [reviews, topics]\n"
                    "methods: [full, lora]\nseeds: 2\n",
                    NULL, &spec, &error));
    CHECK_TEXT(labels(&spec), "full tiny reviews seed 1\nlora tiny reviews seed 1\n"
                              "full mini reviews seed 1\nlora mini reviews seed 1\n"
                              "full tiny topics seed 1\nlora tiny topics seed 1\n"
                              "full mini topics seed 1\nlora mini topics seed 1\n"
                              "full tiny reviews seed 2\nlora tiny reviews seed 2\n"
                              "full mini reviews seed 2\nlora mini reviews seed 2\n"
                              "full tiny topics seed 2\nlora tiny topics seed 2\n"
                              "full mini topics seed 2\nlora mini topics seed 2\n");
    CHECK_TEXT(spec.name, "order");
    CHECK(spec.study == NULL);
    CHECK_TEXT(spec.asked[15].request.protocol.model, "mini");
    CHECK_TEXT(spec.asked[15].request.protocol.task, "topics");
    CHECK_TEXT(spec.asked[15].request.protocol.sweep, "order");
    CHECK_TEXT(spec.asked[15].request.method->name, "lora");
    CHECK(spec.asked[15].request.protocol.seed == 2 && spec.asked[7].request.protocol.seed == 1);
    arena_free(arena);
}

static void a_list_as_a_value_is_a_product_the_first_named_slowest(void)
{
    Spec spec;
    Error error;
    if (!begin())
        return;
    CHECK(read_spec("name: grid\nmodels: tiny\ntasks: reviews\nseeds: [7]\n"
                    "train: {epochs: [1, 2]}\n"
                    "methods:\n  lora: {rank: [4, 8], alpha: 32}\n  full:\n",
                    NULL, &spec, &error));
    CHECK_TEXT(labels(&spec), "lora tiny reviews seed 7 epochs 1 rank 4\n"
                              "lora tiny reviews seed 7 epochs 1 rank 8\n"
                              "lora tiny reviews seed 7 epochs 2 rank 4\n"
                              "lora tiny reviews seed 7 epochs 2 rank 8\n"
                              "full tiny reviews seed 7 epochs 1\n"
                              "full tiny reviews seed 7 epochs 2\n");
    CHECK(spec.settings == 6 && spec.seeds == 1);
    CHECK_TEXT(value(&spec, 2, "rank"), "4");
    CHECK_TEXT(value(&spec, 2, "epochs"), "2");
    CHECK_TEXT(value(&spec, 2, "alpha"), "32");
    CHECK_TEXT(value(&spec, 1, "rank"), "8");
    arena_free(arena);
}

static void a_method_counts_before_a_task_and_a_task_before_train(void)
{
    Spec spec;
    Error error;
    if (!begin())
        return;
    CHECK(read_spec("name: places\nmodels: [tiny]\nseeds: 1\nstudy: cost\n"
                    "train: {epochs: 3, batch: 16, lr: 1e-4}\n"
                    "tasks:\n  reviews:\n  topics: {epochs: 20, batch: 8}\n"
                    "methods:\n  full: {batch: 4}\n  head:\n",
                    NULL, &spec, &error));
    const char *const epochs[] = { "3", "3", "20", "20" }, *const batch[] = { "4", "16", "4", "8" };
    CHECK(spec.count == 4);
    for (size_t i = 0; i < 4 && i < spec.count; i++) {
        CHECK_TEXT(value(&spec, i, "epochs"), epochs[i]);
        CHECK_TEXT(value(&spec, i, "batch"), batch[i]);
        CHECK_TEXT(value(&spec, i, "lr"), "0.0001");
        CHECK_TEXT(spec.asked[i].request.protocol.study, "cost");
    }
    arena_free(arena);
}

static void a_methods_own_option_hides_the_common_one_of_its_name(void)
{
    Spec spec;
    Error error;
    if (!begin())
        return;
    CHECK(read_spec("name: hide\nmodels: tiny\ntasks: reviews\nseeds: 1\ntrain: {dropout: 0.3}\n"
                    "methods: {lora: {dropout: 0.2, lora.rank: 2}, full: {dropout: 0.4}}\n",
                    NULL, &spec, &error));
    CHECK_CLOSE(spec.asked[0].request.protocol.dropout, 0.3, 0);
    CHECK_TEXT(value(&spec, 0, "dropout"), "0.2");
    CHECK_TEXT(value(&spec, 0, "rank"), "2");
    CHECK_CLOSE(spec.asked[1].request.protocol.dropout, 0.4, 0);
    arena_free(arena);
}

static void seeds_are_five_unless_said(void)
{
    Spec spec;
    Error error;
    const char *text = "name: five\nmodels: tiny\ntasks: reviews\nmethods: full\n";
    if (!begin())
        return;
    CHECK(read_spec(text, NULL, &spec, &error));
    CHECK(spec.count == 5 && spec.asked[4].request.protocol.seed == 5);
    CHECK(read_spec(text, (const char *const[]){ "seeds=[3, 11]", NULL }, &spec, &error));
    CHECK(spec.count == 2 && spec.asked[1].request.protocol.seed == 11);
    arena_free(arena);
}

static void overrides_change_and_add(void)
{
    Spec spec;
    Error error;
    const char *const set[] = { "train.epochs=1",       "methods.lora.rank=[2, 4]",
                                "tasks.topics.batch=2", "name=other",
                                "models=mini",          "methods.lora.lora.alpha=64",
                                "train.max-length=64",  NULL };
    if (!begin())
        return;
    CHECK(read_spec("name: set\nmodels: [tiny]\ntasks: reviews\nmethods: [full, lora]\nseeds: 1\n"
                    "train: {epochs: 3}\n",
                    set, &spec, &error));
    CHECK_TEXT(spec.name, "other");
    CHECK_TEXT(labels(&spec), "full mini reviews seed 1\nlora mini reviews seed 1 rank 2\n"
                              "lora mini reviews seed 1 rank 4\nfull mini topics seed 1\n"
                              "lora mini topics seed 1 rank 2\nlora mini topics seed 1 rank 4\n");
    CHECK_TEXT(value(&spec, 4, "epochs"), "1");
    CHECK_TEXT(value(&spec, 4, "alpha"), "64");
    CHECK_TEXT(value(&spec, 4, "batch"), "2");
    CHECK(spec.asked[4].request.protocol.max_length == 64);
    CHECK(spec.asked[1].request.protocol.batch != 2);
    arena_free(arena);
}

static void an_override_in_another_spelling_is_of_the_same_option(void)
{
    static const struct {
        const char *train, *rank, *set[3];
    } of[] = {
        { "min_steps", "rank", { "train.min-steps=7", "methods.lora.lora.rank=4" } },
        { "min-steps", "lora.rank", { "train.min_steps=7", "methods.lora.rank=4" } },
    };
    Spec spec;
    Error error;
    if (!begin())
        return;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        if (!CHECK(read_spec(arena_format(arena,
                                          "name: a\nmodels: tiny\ntasks: reviews\nseeds: 1\n"
                                          "methods:\n  lora: {%s: 2}\ntrain: {%s: 5}\n",
                                          of[i].rank, of[i].train),
                             of[i].set, &spec, &error))) {
            printf("%s\n", error.text);
            continue;
        }
        CHECK(spec.count == 1);
        CHECK_TEXT(value(&spec, 0, "min-steps"), "7");
        CHECK_TEXT(value(&spec, 0, "rank"), "4");
    }
    // Names are no options, and another method's prefix is none of this one's.
    CHECK(read_spec("name: a\nmodels: tiny\ntasks: [a_b]\nmethods: [full]\nseeds: 1\n",
                    SETTINGS("tasks.a-b.epochs=2"), &spec, &error));
    CHECK(spec.count == 2);
    CHECK(!read_spec("name: a\nmodels: tiny\ntasks: a\nmethods: {lora: {rank: 2}}\n",
                     SETTINGS("methods.lora.dora.rank=2"), &spec, &error));
    arena_free(arena);
}

static bool at(Where where, const char *file, size_t line)
{
    return !strcmp(where.file + strlen(where.file) - strlen(file), file) && where.line == line;
}

static void what_a_run_is_refused_for_has_the_line_that_gave_it(void)
{
    Spec spec;
    Error error;
    if (!begin())
        return;
    CHECK(read_spec("name: a\nmodels:\n- tiny\n- nope\ntasks:\n  reviews:\n  other:\n"
                    "    max_length: 8\nmethods:\n  lora:\n    rank: 4\ntrain:\n  fold: 2\n",
                    SETTINGS("train.batch=4"), &spec, &error));
    const Asked *last = &spec.asked[3]; // nope on other
    CHECK(at(asked_where(last, "model: 'nope' is not found"), "spec.yaml", 4));
    CHECK(at(asked_where(last, "task: 'other' is unknown"), "spec.yaml", 7));
    CHECK(at(asked_where(last, "other: has no tune rows"), "spec.yaml", 7));
    CHECK(at(asked_where(last, "max-length: 8 is too short"), "spec.yaml", 8));
    CHECK(at(asked_where(last, "lora: trains too much"), "spec.yaml", 10));
    CHECK(at(asked_where(last, "fold: other has splits of its own"), "spec.yaml", 13));
    CHECK(at(asked_where(last, "batch: is too large"), "--set train.batch=4", 0));
    CHECK(at(asked_where(last, "a/config.json: cannot be read"), "spec.yaml", 0));
    CHECK(at(asked_where(&spec.asked[0], "model: is no checkpoint"), "spec.yaml", 3));
    arena_free(arena);
}

static void a_search_is_asked_for_with_its_trials_and_seed(void)
{
    static const char base[] = "name: a\nmodels: tiny\ntasks: reviews\nmethods: [full, lora]\n";
    Spec spec;
    Error error;
    if (!begin())
        return;
    CHECK(read_spec(base, NULL, &spec, &error));
    CHECK(!spec.search.asked);
    const char *text = arena_format(arena, "%ssearch:\n", base);
    CHECK(read_spec(text, NULL, &spec, &error));
    CHECK(spec.search.asked && spec.search.trials == 8 && spec.search.seed == 0 &&
          !spec.search.from);
    CHECK(read_spec(text, (const char *const[]){ "search.trials=3", "search.seed=99", NULL }, &spec,
                    &error));
    CHECK(spec.search.trials == 3 && spec.search.seed == 99);
    CHECK(read_spec(text, (const char *const[]){ "search.from=results/b", NULL }, &spec, &error));
    CHECK_TEXT(spec.search.from, "results/b");
    // The trials' seed may be a final's where there are no trials.
    CHECK(read_spec(text, (const char *const[]){ "search.from=b", "seeds=[0]", NULL }, &spec,
                    &error));
    CHECK_TEXT(spec.asked[0].setting, "full tiny reviews");
    arena_free(arena);
}

static void what_is_wrong_is_refused_with_its_line(void)
{
    static const struct {
        const char *text, *part;
    } wrong[] = {
        { "name: a\nmodls: [tiny]\n", "spec.yaml:2: key 'modls' is unknown; should be models" },
        { "name: a\nmodels: tiny\ntasks: reviews\n", "key 'methods' is missing" },
        { "- a\n", "is not a sweep's spec" },
        { "", "spec" },
        { "name: ../a\nmodels: tiny\ntasks: reviews\nmethods: full\n",
          "spec.yaml:1: name is no name" },
        { "name: a\nmodels: []\ntasks: reviews\nmethods: full\n", "spec.yaml:2: models is empty" },
        { "name: a\nmodels: {tiny: }\ntasks: reviews\nmethods: full\n",
          "spec.yaml:2: models is a mapping" },
        { "name: a\nmodels: [tiny, tiny]\ntasks: reviews\nmethods: full\n",
          "spec.yaml:2: models: 'tiny' is named twice" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods:\n  full:\n  lorra:\n", "spec.yaml:6: " },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods:\n  lora: {rnak: 4}\n", "spec.yaml:5: " },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods:\n  lora:\n    rank: [4, 0]\n",
          "rank: 0 is out of range" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods:\n  lora: 4\n",
          "spec.yaml:5: what stands beside" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods:\n  lora: {rank: {a: 1}}\n",
          "spec.yaml:5: rank is not a value" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods:\n  lora: {rank: 4, lora.rank: 8}\n",
          "spec.yaml:5: lora.rank is given twice" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\ntrain:\n  epocs: 3\n",
          "spec.yaml:6: option 'epocs' is unknown; should be epochs" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: lora\ntrain:\n  rank: 3\n",
          "spec.yaml:6: option 'rank' is unknown" },
        { "name: a\nmodels: tiny\ntasks: {reviews: {max_length: 8, max-length: 9}}\nmethods: full\n"
          "train: {max_length: 64}\n",
          "is given twice" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\ntrain: {epochs-: 3}\n",
          "spec.yaml:5: option 'epochs-' is unknown; should be epochs" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\ntrain: {seed: 3}\n",
          "spec.yaml:5: 'seed' is not an option of a spec" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\ntrain: {save: here}\n",
          "spec.yaml:5: 'save' is not an option of a spec; should be said to one run" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\ntrain: 3\n",
          "spec.yaml:5: train is not a mapping" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\ntrain: {pretrained: maybe}\n",
          "spec.yaml:5: " },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nseeds: 0\n",
          "spec.yaml:5: seeds is '0'; should be how many" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nseeds: [1, x]\n",
          "spec.yaml:5: " },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nseeds: [1, 1]\n",
          "spec.yaml:5: seeds: '1' is named twice" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nseeds: [7, 1, 007]\n"
          "search: {trials: 1}\n",
          "spec.yaml:5: seeds: '7' is named twice" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch: {trials: 9}\n",
          "spec.yaml:5: search: trials: 9 is out of range; should be 1 to 8" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch:\n  trials: 0\n",
          "spec.yaml:6: search: trials: 0 is out of range" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch: {around: 0}\n",
          "spec.yaml:5: search: around: 0 is out of range; should be 0.001 to 1000" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch: {from: x, around: 3}\n",
          "spec.yaml:5: search: from means no trials, so around means nothing" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch: {trails: 4}\n",
          "spec.yaml:5: search: 'trails' is unknown; should be trials" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch: 8\n",
          "spec.yaml:5: search is not a mapping; should be a mapping such as {trials: 8}" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch: [8]\n",
          "spec.yaml:5: search is not a mapping" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch: {trials: [4, 8]}\n",
          "spec.yaml:5: search: trials has no value; should be one value" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch: {seed: x}\n",
          "spec.yaml:5: search: seed: " },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch: {from: b, trials: 4}\n",
          "spec.yaml:5: search: from means no trials, so trials means nothing; should be without "
          "it" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nsearch: {steps: own}\n",
          "spec.yaml:5: search: steps are of the sweep that rates are taken from; should be beside "
          "from" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\nserach:\n",
          "spec.yaml:5: key 'serach' is unknown; should be search" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\ntrain: {stage: trial}\n",
          "spec.yaml:5: 'stage' is not an option of a spec" },
        { "name: a\nmodels: tiny\ntasks: reviews\nmethods: full\ntrain: {winner_key: abc}\n",
          "spec.yaml:5: 'winner_key' is not an option of a spec" },
    };
    if (!begin())
        return;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Spec spec;
        Error error = { 0 };
        CHECK(!read_spec(wrong[i].text, NULL, &spec, &error));
        CHECK_ERROR(&error, ERROR_INPUT, wrong[i].part);
    }
    arena_free(arena);
}

static void a_wrong_override_is_refused_as_it_was_typed(void)
{
    static const struct {
        const char *set, *part;
    } wrong[] = {
        { "train.epochs", "--set train.epochs: has no key or no =" },
        { "=3", "--set =3: " },
        { "train.epocs=1", "--set train.epocs=1: option 'epocs' is unknown; should be epochs" },
        { "methods.lora.rank=0", "--set methods.lora.rank=0: " },
        { "trian.epochs=1", "--set trian.epochs=1: key 'trian' is unknown; should be train" },
        { "train..epochs=1", "--set train..epochs=1: " },
        { "seeds=[1", "--set seeds=[1" },
        { "models.tiny.y=1", "--set models.tiny.y=1: models is a mapping" },
        { "name.x=1", "--set name.x=1: name is no name" },
        { "seeds=2\nname: q", "has a line break; should be one line, and a --set for each key" },
        { "name=q\n", "has a line break" },
        { "seeds=2\rname: q", "has a line break" },
        { "seeds=2 #\xE2\x80\xA8name: q", "has a line break" }, // U+2028, which ends a comment
    };
    if (!begin())
        return;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Spec spec;
        Error error = { 0 };
        CHECK(!read_spec("name: a\nmodels: tiny\ntasks: reviews\nmethods: [full, lora]\n",
                         (const char *const[]){ wrong[i].set, NULL }, &spec, &error));
        CHECK_ERROR(&error, ERROR_INPUT, wrong[i].part);
    }
    arena_free(arena);
}

static bool in_place(const json_t *place, const json_t *shared, const char *name)
{
    return json_object_get(json_object_get(place, "properties"), name) ||
           json_object_get(json_object_get(shared, "properties"), name);
}

// Whether a mapping of options takes a name: by its schema, as by spec_read.
static void the_schema_has_the_options_that_a_spec_takes(void)
{
    static const char *const elsewhere[] = { "model", "task",  "method", "seed",     "out",
                                             "save",  "sweep", "study",  "spec_sha", NULL };
    Error error;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    CHECK(spec_schema(out, &error));
    fclose(out);
    json_t *root = json_parse((Bytes){ (const uint8_t *)text, size }, "schema", &error);
    const json_t *all = json_object_get(root, "$defs"), *shared = json_object_get(all, "options"),
                 *of = json_object_get(
                     json_object_get(json_object_get(root, "properties"), "methods"), "properties");
    CHECK(root && json_object_size(json_object_get(root, "properties")) == 8 &&
          json_array_size(json_object_get(root, "required")) == 4);
    CHECK(in_place(json_object_get(all, "run"), shared, "min_steps"));
    CHECK(!in_place(json_object_get(all, "run"), shared, "rank"));
    for (size_t m = 0; methods[m]; m++) {
        const json_t *place = json_object_get(of, methods[m]->name);
        for (const Option *o = method_options(methods[m]); o->name; o++)
            CHECK(in_place(place, NULL, o->name));
        CHECK(in_place(place, shared, "epochs") && in_place(place, shared, "dropout"));
        for (size_t i = 0; elsewhere[i]; i++)
            CHECK(!in_place(place, shared, elsewhere[i]));
    }
    const json_t *lora = json_object_get(json_object_get(of, "lora"), "properties");
    CHECK_TEXT(json_string_value(json_object_get(json_object_get(lora, "dropout"), "$ref")),
               "#/$defs/lora.dropout"); // its own hides the common one
    json_decref(root);
    free(text);
}

void suite_spec(void)
{
    ADD(the_schema_has_the_options_that_a_spec_takes);
    ADD(order_is_seed_then_task_then_model_then_method);
    ADD(a_list_as_a_value_is_a_product_the_first_named_slowest);
    ADD(a_method_counts_before_a_task_and_a_task_before_train);
    ADD(a_methods_own_option_hides_the_common_one_of_its_name);
    ADD(seeds_are_five_unless_said);
    ADD(overrides_change_and_add);
    ADD(an_override_in_another_spelling_is_of_the_same_option);
    ADD(what_a_run_is_refused_for_has_the_line_that_gave_it);
    ADD(a_search_is_asked_for_with_its_trials_and_seed);
    ADD(what_is_wrong_is_refused_with_its_line);
    ADD(a_wrong_override_is_refused_as_it_was_typed);
}
