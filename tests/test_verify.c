// test_verify.c: the methods of the registry hold, and each fault that is planted here is found by
// the check that is there for it.
#include "engine/operator.h"
#include "methods/method.h"
#include "verify/verify.h"
#include "tests/program.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

// With one option of it, or (NULL) at its defaults and at others.
static bool verified_with(const Method *method, const char *option, const char *value,
                          Verified *result)
{
    Error error;
    void *options = NULL;
    Arena *arena = arena_new(ARENA_RUN, &error);
    if (option) {
        options = arena_zero(arena, 1, method->options_size);
        options_default(method->options, options);
        CHECK(option_set(arena, option_find(method->options, option), options, NULL, value,
                         (Where){ 0 }, &error));
    }
    bool ok = arena && verify(arena, method, options, result, &error);
    if (!ok)
        printf("\n%s: %s\n", method->name, error.text);
    arena_free(arena);
    return ok;
}

static bool verified(const Method *method, Verified *result)
{
    return verified_with(method, NULL, NULL, result);
}

static const Proof *proof_of(const Verified *result, const char *name)
{
    for (int i = 0; i < CHECKS; i++)
        if (!strcmp(result->proof[i].name, name))
            return &result->proof[i];
    return NULL;
}

static void holds(const Method *method, const char *option, const char *value)
{
    Verified result;
    if (!CHECK(verified_with(method, option, value, &result)))
        return;
    for (int i = 0; i < CHECKS; i++)
        if (!CHECK(result.proof[i].standing != FAILS))
            printf("%s: %s: %s\n", method->name, result.proof[i].name, result.proof[i].says);
    CHECK(result.failed == 0);
}

static void every_method_of_the_registry_holds(void)
{
    for (size_t m = 0; methods[m]; m++)
        holds(methods[m], NULL, NULL);
}

// Each by itself learns at its default rate, too.
static void every_way_to_compute_a_method_holds(void)
{
    static const struct {
        const char *method, *option, *value;
    } ways[] = {
        { "adapter", "variant", "pfeiffer" },
        { "adapter", "variant", "parallel" },
        { "prefix", "reparam", "mlp" },
        { "prompt", "init", "normal" },
        { "dora", "norm", "exact" },
        { "lntune", "emb", "no" },
        { "topk", "layers", "0" },
        { "topk", "layers", "2" },
        { "topk", "layers", "4" },
    };
    if (SANITIZED) // their code has run above, as other values of options
        return;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        Error error;
        const Method *method = method_find(ways[i].method, &error);
        if (CHECK(method))
            holds(method, ways[i].option, ways[i].value);
    }
}

// The checks that fail are those named (joined by blanks), and the first of them says `part`.
static void fails(const Method *method, const char *names, const char *part)
{
    Verified result;
    char failed[128] = "";
    if (!CHECK(verified(method, &result)))
        return;
    for (int i = 0; i < CHECKS; i++)
        if (result.proof[i].standing == FAILS) {
            if (*failed)
                strcat(failed, " ");
            else if (!CHECK(strstr(result.proof[i].says, part)))
                printf("it says: %s\n", result.proof[i].says);
            strcat(failed, result.proof[i].name);
        }
    CHECK_TEXT(failed, names);
}

// ---- a method that holds: low-rank updates of q, without options

enum { RANK = 3 };
#define SCALE (11.0 / RANK)

static Value factor_a(Build *build, const Linear *at, Init init)
{
    return trained(build, at, "A", RANK, at->in, init);
}

static Value factor_b(Build *build, const Linear *at, Init init)
{
    return trained(build, at, "B", at->out, RANK, init);
}

static Value pair(Build *build, const Linear *at, Init a, Init b)
{
    if (at->site != SITE_Q)
        return at->y;
    Value down = product_t(build->graph, at->x, factor_a(build, at, a));
    return add_product_t(build->graph, at->y, down, factor_b(build, at, b), SCALE);
}

static Value pair_linear(Build *build, const Linear *at, const void *options)
{
    (void)options;
    return pair(build, at, init_uniform(0.2), init_zero());
}

static Merged pair_scaled(Build *build, const Linear *at, double scale)
{
    if (at->site != SITE_Q)
        return (Merged){ at->W, at->b };
    Value update = product_n(build->graph, factor_b(build, at, init_zero()),
                             factor_a(build, at, init_uniform(0.2)));
    return (Merged){ add_scaled_value(build->graph, at->W, update, scale), at->b };
}

static Merged pair_merged(Build *build, const Linear *at, const void *options)
{
    (void)options;
    return pair_scaled(build, at, SCALE);
}

static int64_t pair_count(const Config *config, bool pooler, const void *options)
{
    (void)pooler, (void)options;
    return over_sites(config, 1 << SITE_Q, RANK, RANK);
}

static Method sound(void)
{
    return (Method){ .name = "pair",
                     .summary = "low-rank updates of q",
                     .paper = "none",
                     .claims = UNCHANGED_AT_START | MERGES,
                     .rate = { 5e-3, 5e-3, 5e-3, 5e-3 },
                     .linear = pair_linear,
                     .merged = pair_merged,
                     .count = pair_count };
}

static void a_sound_method_outside_the_registry_holds(void)
{
    Method method = sound();
    fails(&method, "", "");
}

// ---- a gradient that is wrong

static void same_forward(Step *step, const Node *node)
{
    scale_copy(at(step, node->out[0]), at(step, node->in[0]), 1, false);
}

// Of y = x it should be dy.
static void short_backward(Gradient *gradient, const Node *node)
{
    Value dy = gradient_of(gradient, node->out[0]);
    Setting set = { .scale = 0.99F };
    give(gradient, append(gradient, &op_scale, &dy, 1, set), 0, node->in[0]);
}

static bool size_as_input(Graph *graph, const Node *node, ValueInfo *out)
{
    out[0] = graph->value[node->in[0]];
    return true;
}

static const Operator op_short = {
    .name = "short",
    .inputs = 1,
    .outputs = 1,
    .rowwise = 1,
    .size = size_as_input,
    .forward = same_forward,
    .backward = short_backward,
};

static Value through(Build *build, const Operator *op, Value x)
{
    return graph_give(build->graph, graph_add(build->graph, op, &x, 1, (Setting){ 0 }), 0);
}

static Value short_linear(Build *build, const Linear *at, const void *options)
{
    return at->site == SITE_Q ? through(build, &op_short, pair_linear(build, at, options)) : at->y;
}

static void a_gradient_one_percent_short_is_found(void)
{
    Method method = sound();
    method.linear = short_linear;
    fails(&method, "gradients", "pair.0.q.A: the loss's slope is another, off by 0.01");
}

// ---- a frozen weight that moves

// Works in place on what it was only to read.
static void worn_forward(Step *step, const Node *node)
{
    Matrix W = at(step, node->in[0]);
    scale_copy(W, W, 0.99F, false);
    same_forward(step, node);
}

static const Operator op_worn = {
    .name = "worn",
    .inputs = 1,
    .outputs = 1,
    .size = size_as_input,
    .forward = worn_forward,
    .backward = short_backward,
};

static Value worn_weight(Build *build, const Linear *at, const void *options)
{
    (void)options;
    return at->site == SITE_V && at->layer == 1 ? through(build, &op_worn, at->W) : at->W;
}

static void a_frozen_weight_that_moves_is_found(void)
{
    Method method = sound();
    Verified result;
    method.weight = worn_weight;
    if (!CHECK(verified(&method, &result)))
        return;
    const Proof *frozen = proof_of(&result, "frozen");
    CHECK(frozen->standing == FAILS);
    CHECK(strstr(frozen->says,
                 "layer.1.attention.self.value.weight is frozen, but has changed after 6 steps"));
    CHECK(proof_of(&result, "saved")->standing == FAILS); // what moved is in no file
}

// ---- a count that lies

static int64_t one_more(const Config *config, bool pooler, const void *options)
{
    return pair_count(config, pooler, options) + 1;
}

static int64_t types_for_labels(const Config *config, bool pooler, const void *options)
{
    return pair_count(config, pooler, options) + (config->types - 2); // right for types 2
}

static void a_count_that_lies_is_found(void)
{
    Method method = sound();
    method.count = one_more;
    fails(&method, "count",
          "the closed form says 721, the graph trains 720"); // 4 layers, 3 (30+30)
    method.count = types_for_labels;
    fails(&method, "count", "the closed form says 723, the graph trains 720");
    method.count = NULL;
    fails(&method, "count", "it has none");
}

// ---- start values

static Value random_linear(Build *build, const Linear *at, const void *options)
{
    (void)options;
    return pair(build, at, init_uniform(0.2), init_normal(1e-3));
}

static Value zero_linear(Build *build, const Linear *at, const void *options)
{
    (void)options;
    return pair(build, at, init_zero(), init_zero());
}

static void a_start_that_changes_the_function_is_found(void)
{
    Method method = sound();
    method.linear = random_linear;
    fails(&method, "start", "claims to begin as the pretrained model, but differs by");
    method.claims = MERGES;
    fails(&method, "", "");
}

// Vectors that are no numbers differ from the model's, though no logit says so.
static Value no_number(Build *build, const Linear *at, const void *options)
{
    Value y = pair_linear(build, at, options);
    return add_scaled_value(build->graph, y, y, (double)NAN);
}

static Value own_head(Build *build, Value pooled, const void *options)
{
    (void)options;
    return activate(build->graph, RELU,
                    head_layer(build, "head.dense", pooled, 5, build->config->hidden));
}

static void a_start_that_is_no_number_is_found(void)
{
    Method method = sound();
    Verified result;
    method.linear = no_number;
    method.head = own_head;
    CHECK(verified(&method, &result));
    CHECK(proof_of(&result, "start")->standing == FAILS);
    CHECK(strstr(proof_of(&result, "start")->says, "differs by nan"));
    method.claims = MERGES;
    CHECK(verified(&method, &result));
    CHECK(strstr(proof_of(&result, "start")->says, "differs by nan"));
}

static bool misspelt_fit(const Fit *fit, const void *options, Fitted *is, Error *error)
{
    bool ok = method_find("feature", error)->fit(fit, options, is, error);
    is->tensor[0].name = "classifier.wieght";
    return ok;
}

static void what_is_fitted_for_no_parameter_is_found(void)
{
    Error error;
    Method method = *method_find("feature", &error);
    static const char *const of[] = { "gradients", "saved", "repeated" };
    Verified result;
    method.fit = misspelt_fit;
    CHECK(verified(&method, &result));
    for (int i = 0; i < 3; i++) {
        CHECK(proof_of(&result, of[i])->standing == FAILS);
        CHECK(strstr(proof_of(&result, of[i])->says, "classifier.wieght: is what the fit gives"));
    }
}

// Options that are still at auto where a hook is to be given what they were resolved to.
static int unresolved;
static const Method *feature_method(const void *options)
{
    Error error;
    const Method *feature = method_find("feature", &error);
    Arena *arena = arena_new(ARENA_RUN, &error);
    unresolved += strstr(options_canonical(arena, feature->options, options, "f"),
                         "f.classifier=auto") != NULL;
    arena_free(arena);
    return feature;
}

static int64_t counted_head(const Config *config, int outputs, const void *options)
{
    return feature_method(options)->count_head(config, outputs, options);
}

static double objective_of(const Fit *fit, const Fitted *is, const void *options)
{
    return feature_method(options)->objective(fit, is, options);
}

static void a_fit_s_hooks_are_given_resolved_options(void)
{
    Error error;
    Method method = *method_find("feature", &error);
    method.count_head = counted_head;
    method.objective = objective_of;
    unresolved = 0;
    holds(&method, NULL, NULL);
    CHECK(unresolved == 0);
}

static void two_zero_factors_are_found(void)
{
    Method method = sound();
    method.linear = zero_linear;
    fails(&method, "frozen reached learns",
          "pair.0.q.A is to be trained, but is the same after 6 steps");
}

static Value unused_linear(Build *build, const Linear *at, const void *options)
{
    if (at->site == SITE_FFN_MID && at->layer == 2)
        trained(build, at, "unused", 2, 3, init_zero());
    return pair_linear(build, at, options);
}

static void a_parameter_without_a_use_is_named(void)
{
    Method method = sound();
    Verified result;
    method.linear = unused_linear;
    if (!CHECK(verified(&method, &result)))
        return;
    const Proof *reached = proof_of(&result, "reached");
    CHECK(reached->standing == FAILS);
    CHECK(strstr(reached->says, "pair.2.ffn_mid.unused: is to be trained, but the loss does not "
                                "depend on it"));
}

// ---- merging

static Merged unscaled(Build *build, const Linear *at, const void *options)
{
    (void)options;
    return pair_scaled(build, at, 1);
}

static Value idle_branch(Build *build, const Branch *at, const void *options)
{
    (void)options;
    return add_scaled_value(build->graph, at->y, at->y, 0);
}

static void a_merge_that_is_none_is_found(void)
{
    Method method = sound();
    method.merged = unscaled;
    fails(&method, "merged", "merged, its logits are off by");
    method = sound();
    method.branch = idle_branch; // stays when linear layers merge
    fails(&method, "merged", "merged, it still works on tokens");
    method = sound();
    method.merged = NULL;
    fails(&method, "merged", "claims to merge, but has no `merged`");
}

// ---- the other checks can fail, too

static void a_rate_of_nothing_is_found(void)
{
    Method method = sound();
    for (int i = 0; i < 4; i++)
        method.rate[i] = 1e-7;
    fails(&method, "learns", "at rate 1e-07 the loss goes from");
}

// Counts its calls.
static void drifting_forward(Step *step, const Node *node)
{
    static int calls;
    scale_copy(at(step, node->out[0]), at(step, node->in[0]), 1 + 1e-4F * (float)calls++, false);
}

static const Operator op_drifting = {
    .name = "drifting",
    .inputs = 1,
    .outputs = 1,
    .rowwise = 1,
    .size = size_as_input,
    .forward = drifting_forward,
    .backward = short_backward,
};

static Value drifting_linear(Build *build, const Linear *at, const void *options)
{
    Value y = pair_linear(build, at, options);
    return at->site == SITE_V ? through(build, &op_drifting, y) : y;
}

static void a_run_that_does_not_repeat_is_found(void)
{
    Method method = sound();
    Verified result;
    method.linear = drifting_linear;
    if (!CHECK(verified(&method, &result)))
        return;
    CHECK(proof_of(&result, "repeated")->standing == FAILS);
    CHECK(strstr(proof_of(&result, "repeated")->says, "the loss of step 0 is"));
}

typedef struct {
    int64_t width;
    double part;
} Deaf;

static const Option deaf_options[] = {
    { "width", OPTION_WHOLE, offsetof(Deaf, width), "5", 1, 9, NULL, "read by nobody" },
    { "part", OPTION_REAL, offsetof(Deaf, part), "0.5", 0, 1, NULL, "read by nobody" },
    OPTION_END,
};

static void an_option_that_changes_nothing_is_found(void)
{
    Method method = sound();
    method.options = deaf_options;
    method.options_size = sizeof(Deaf);
    fails(&method, "options", "width=3 changes nothing");
}

static void a_misspelt_way_to_differentiate_is_found(void)
{
    Method method = sound();
    method.options = deaf_options;
    method.options_size = sizeof(Deaf);
    static const struct {
        const char *option, *value, *says;
    } cases[] = {
        { "widht", "2", "derivative_with names 'widht', which is no option of it" },
        { "width", "10", "derivative_with gives width the value '10', which it has not" },
        { "width", "two", "derivative_with gives width the value 'two', which it has not" },
        { "width", NULL, "derivative_with gives width the value '', which it has not" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Verified result;
        method.derivative_with.option = cases[i].option;
        method.derivative_with.value = cases[i].value;
        if (!CHECK(verified(&method, &result)))
            continue;
        const Proof *gradients = proof_of(&result, "gradients");
        CHECK(gradients->standing == FAILS);
        CHECK_TEXT(gradients->says, cases[i].says);
    }
}

// The method is not to blame for the size of the model that it is tried on.
static void what_does_not_fit_the_generated_model_is_no_finding(void)
{
    Error error = { 0 };
    Verified result;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const Method *lora = method_find("lora", &error);
    void *options = arena_zero(arena, 1, lora->options_size);
    options_default(lora->options, options);
    CHECK(option_set(arena, option_find(lora->options, "rank"), options, NULL, "64", (Where){ 0 },
                     &error));
    CHECK(!verify(arena, lora, options, &result, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "the generated model: of 4 layers and hidden 30 does not take it: lora: rank: 64");
    arena_free(arena);
}

void suite_verify(void)
{
    ADD(every_method_of_the_registry_holds);
    ADD(every_way_to_compute_a_method_holds);
    ADD(a_sound_method_outside_the_registry_holds);
    ADD(a_gradient_one_percent_short_is_found);
    if (SANITIZED) // the others take the same ways through the same code
        return;
    ADD(a_frozen_weight_that_moves_is_found);
    ADD(a_count_that_lies_is_found);
    ADD(a_start_that_changes_the_function_is_found);
    ADD(a_start_that_is_no_number_is_found);
    ADD(what_is_fitted_for_no_parameter_is_found);
    ADD(a_fit_s_hooks_are_given_resolved_options);
    ADD(two_zero_factors_are_found);
    ADD(a_parameter_without_a_use_is_named);
    ADD(a_merge_that_is_none_is_found);
    ADD(a_rate_of_nothing_is_found);
    ADD(a_run_that_does_not_repeat_is_found);
    ADD(an_option_that_changes_nothing_is_found);
    ADD(a_misspelt_way_to_differentiate_is_found);
    ADD(what_does_not_fit_the_generated_model_is_no_finding);
}
