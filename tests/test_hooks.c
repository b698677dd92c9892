// test_hooks.c: where a method is asked, and what it is told there.
#include "model/describe.h"
#include "tests/small_model.h"
#include "tests/test.h"
#include <string.h>

enum { MOST_CALLS = 64 };
static struct {
    int parameters, linears, weights, branches, keys, embeds;
    ParameterAt parameter[MOST_CALLS];
    Linear linear[MOST_CALLS], weight[MOST_CALLS];
    Branch branch[MOST_CALLS];
    Value new_weight[MOST_CALLS];
    int key_layer[MOST_CALLS];
} calls;

static bool same_shape(const Graph *graph, Value value, Count rows, int64_t cols)
{
    return value != NO_VALUE && count_equal(graph->value[value].rows, rows) &&
           graph->value[value].cols == cols;
}

static bool seen_param(const ParameterAt *at, const void *options)
{
    CHECK(options == &calls);
    if (CHECK(calls.parameters < MOST_CALLS))
        calls.parameter[calls.parameters++] = *at;
    return at->kind == KIND_BIAS;
}

static Value seen_linear(Build *build, const Linear *at, const void *options)
{
    const Graph *g = build->graph;
    CHECK(options == &calls && build->training && build->config->hidden == HIDDEN);
    CHECK(same_shape(g, at->x, ROWS_TOKENS, at->in) && same_shape(g, at->y, ROWS_TOKENS, at->out));
    CHECK(same_shape(g, at->W, ROWS(at->out), at->in) && same_shape(g, at->b, ROWS(1), at->out));
    calls.linear[calls.linears++] = *at;
    return at->y;
}

static Value seen_weight(Build *build, const Linear *at, const void *options)
{
    CHECK(options == &calls && at->y == NO_VALUE);
    CHECK(same_shape(build->graph, at->x, ROWS_TOKENS, at->in));
    CHECK(same_shape(build->graph, at->W, ROWS(at->out), at->in));
    calls.new_weight[calls.weights] = add_scaled_value(build->graph, at->W, at->W, 0.5);
    calls.weight[calls.weights] = *at;
    return calls.new_weight[calls.weights++];
}

static Value seen_branch(Build *build, const Branch *at, const void *options)
{
    const Graph *g = build->graph;
    CHECK(options == &calls);
    CHECK(same_shape(g, at->x, ROWS_TOKENS, HIDDEN) && same_shape(g, at->y, ROWS_TOKENS, HIDDEN));
    CHECK(same_shape(g, at->gain, ROWS(1), HIDDEN) && same_shape(g, at->offset, ROWS(1), HIDDEN));
    calls.branch[calls.branches++] = *at;
    return at->y;
}

static KeysValues seen_keys(Build *build, int layer, const void *options)
{
    (void)build;
    CHECK(options == &calls);
    calls.key_layer[calls.keys++] = layer;
    return (KeysValues){ NO_VALUE, NO_VALUE };
}

static Value seen_embedded(Build *build, const Embedded *at, const void *options)
{
    const Graph *g = build->graph;
    CHECK(options == &calls && calls.linears == 0);
    CHECK(same_shape(g, at->x, ROWS_TOKENS, HIDDEN));
    CHECK(same_shape(g, at->word, ROWS(VOCABULARY), HIDDEN));
    CHECK(same_shape(g, at->position, ROWS(LONGEST), HIDDEN));
    CHECK(same_shape(g, at->type, ROWS(2), HIDDEN));
    CHECK(same_shape(g, at->gain, ROWS(1), HIDDEN) && same_shape(g, at->offset, ROWS(1), HIDDEN));
    calls.embeds++;
    return at->x;
}

static const Method seeing = {
    .name = "seeing",
    .param = seen_param,
    .linear = seen_linear,
    .weight = seen_weight,
    .branch = seen_branch,
    .keys_values = seen_keys,
    .embedded = seen_embedded,
};

static const char *op_below(const Graph *graph, Value value)
{
    return graph->value[value].node < 0 ? "a leaf" : graph->node[graph->value[value].node].op->name;
}

static void hooks_are_asked_at_each_site_in_order_with_its_values(void)
{
    static const Site order[] = {
        SITE_Q, SITE_K, SITE_V, SITE_ATTN_OUT, SITE_FFN_MID, SITE_FFN_OUT
    };
    Small s;
    Described d;
    small_begin(&s, &seeing, 1);
    memset(&calls, 0, sizeof calls);
    s.description.method.options = &calls;
    s.description.head = HEAD_POOLER;
    if (CHECK(describe(s.arena, &s.description, &d, &s.error))) {
        CHECK(calls.embeds == 1 && calls.keys == LAYERS && calls.branches == 2 * LAYERS);
        CHECK(calls.linears == 6 * LAYERS && calls.weights == 6 * LAYERS);
        for (int i = 0; i < 6 * LAYERS; i++) {
            const Linear *at = &calls.linear[i];
            CHECK(at->site == order[i % 6] && at->layer == i / 6);
            CHECK(at->in == (at->site == SITE_FFN_OUT ? INTERMEDIATE : HIDDEN));
            CHECK(at->out == (at->site == SITE_FFN_MID ? INTERMEDIATE : HIDDEN));
            CHECK(calls.weight[i].site == at->site && calls.weight[i].layer == at->layer);
            CHECK(at->W == calls.new_weight[i]); // what the weight hook made of it
        }
        for (int i = 0; i < 2 * LAYERS; i++)
            CHECK(calls.branch[i].site == (i % 2 ? SITE_FFN : SITE_ATTN) &&
                  calls.branch[i].layer == i / 2);
        for (int i = 0; i < LAYERS; i++)
            CHECK(calls.key_layer[i] == i);
        // A sub-layer's input: of attention what q reads, of ffn what ffn_mid reads.
        for (int i = 0; i < LAYERS; i++) {
            CHECK(calls.branch[2 * i].x == calls.linear[6 * i].x);
            CHECK(calls.branch[2 * i + 1].x == calls.linear[6 * i + 4].x);
        }
        CHECK(graph_find(d.graph, "bert.pooler.dense.bias")->trained); // param said so
    }
    small_end(&s);
}

static const char *name_of(const Graph *graph, Value value)
{
    return value == NO_VALUE || graph->value[value].parameter < 0
               ? "no parameter"
               : graph->parameter[graph->value[value].parameter].name;
}

static void extra_keys_are_keys_and_extra_values_values(void)
{
    Small s;
    small_begin(&s, &every_hook, 1);
    if (CHECK(small_plan(&s))) {
        const Graph *g = s.plans.eval.graph;
        const Node *node = last_attention(g);
        CHECK_TEXT(name_of(g, node->in[3]), "every.1.k.keys");
        CHECK_TEXT(name_of(g, node->in[4]), "every.1.k.values");
    }
    small_end(&s);
}

static Value after_dropout(Build *build, const Branch *at, const void *options)
{
    (void)options;
    CHECK_TEXT(op_below(build->graph, at->y), "dropout");
    return at->y;
}

static void a_branch_is_asked_after_dropout_and_before_the_norm(void)
{
    static const Method method = { .name = "branching", .branch = after_dropout };
    Small s;
    Described d;
    small_begin(&s, &method, 1);
    CHECK(describe(s.arena, &s.description, &d, &s.error));
    small_end(&s);
}

typedef struct {
    const char *name;
    Kind kind;
    Site site;
} Asked;

static void param_is_asked_about_every_tensor_of_the_encoder_once(void)
{
    static const Asked outside[] = {
        { "bert.embeddings.word_embeddings.weight", KIND_EMBEDDING, SITE_EMBEDDING },
        { "bert.embeddings.position_embeddings.weight", KIND_EMBEDDING, SITE_EMBEDDING },
        { "bert.embeddings.token_type_embeddings.weight", KIND_EMBEDDING, SITE_EMBEDDING },
        { "bert.embeddings.LayerNorm.weight", KIND_GAIN, SITE_EMBEDDING },
        { "bert.embeddings.LayerNorm.bias", KIND_OFFSET, SITE_EMBEDDING },
        { "bert.pooler.dense.weight", KIND_WEIGHT, SITE_POOLER },
        { "bert.pooler.dense.bias", KIND_BIAS, SITE_POOLER },
    };
    static const Asked within[] = {
        { "attention.self.query.weight", KIND_WEIGHT, SITE_Q },
        { "attention.self.query.bias", KIND_BIAS, SITE_Q },
        { "attention.self.key.weight", KIND_WEIGHT, SITE_K },
        { "attention.self.key.bias", KIND_BIAS, SITE_K },
        { "attention.self.value.weight", KIND_WEIGHT, SITE_V },
        { "attention.self.value.bias", KIND_BIAS, SITE_V },
        { "attention.output.dense.weight", KIND_WEIGHT, SITE_ATTN_OUT },
        { "attention.output.dense.bias", KIND_BIAS, SITE_ATTN_OUT },
        { "attention.output.LayerNorm.weight", KIND_GAIN, SITE_ATTN },
        { "attention.output.LayerNorm.bias", KIND_OFFSET, SITE_ATTN },
        { "intermediate.dense.weight", KIND_WEIGHT, SITE_FFN_MID },
        { "intermediate.dense.bias", KIND_BIAS, SITE_FFN_MID },
        { "output.dense.weight", KIND_WEIGHT, SITE_FFN_OUT },
        { "output.dense.bias", KIND_BIAS, SITE_FFN_OUT },
        { "output.LayerNorm.weight", KIND_GAIN, SITE_FFN },
        { "output.LayerNorm.bias", KIND_OFFSET, SITE_FFN },
    };
    Small s;
    Described d;
    small_begin(&s, &seeing, 1);
    memset(&calls, 0, sizeof calls);
    s.description.method.options = &calls;
    s.description.head = HEAD_POOLER;
    CHECK(describe(s.arena, &s.description, &d, &s.error));
    CHECK(calls.parameters == 7 + 16 * LAYERS);
    for (int i = 0; i < 7 + 16 * LAYERS; i++) {
        const Asked *one = i < 7 ? &outside[i] : &within[(i - 7) % 16];
        int layer = i < 7 ? -1 : (i - 7) / 16, times = 0;
        const char *name =
            i < 7 ? one->name : arena_format(s.arena, "bert.encoder.layer.%d.%s", layer, one->name);
        for (int j = 0; j < calls.parameters; j++)
            times += !strcmp(calls.parameter[j].name, name) &&
                     calls.parameter[j].kind == one->kind && calls.parameter[j].site == one->site &&
                     calls.parameter[j].layer == layer;
        if (!CHECK(times == 1))
            printf("%s: %d times\n", name, times);
        const Parameter *p = graph_find(d.graph, name);
        CHECK(p && p->part == (one->site == SITE_EMBEDDING ? PART_EMBEDDING : PART_ENCODER) &&
              p->trained == (one->kind == KIND_BIAS));
        CHECK(p && p->rank == (one->kind == KIND_WEIGHT || one->kind == KIND_EMBEDDING ? 2 : 1));
    }
    small_end(&s);
}

static Value failing(Build *build, const Linear *at, const void *options)
{
    (void)options;
    if (at->site == SITE_FFN_MID)
        return product_n(build->graph, at->x, at->W);
    return at->y;
}

static void a_hook_that_describes_nonsense_is_an_error_with_its_place(void)
{
    static const Method method = { .name = "failing", .linear = failing };
    Small s;
    Described d;
    small_begin(&s, &method, 1);
    CHECK(!describe(s.arena, &s.description, &d, &s.error));
    CHECK_ERROR(&s.error, ERROR_WORK, "layer 0 ffn_mid: product: inputs 0 (tokens x 12) and 1 (20");
    small_end(&s);
    small_begin(&s, method_find("lora", &s.error), 1);
    small_set(&s, "rank", "13");
    CHECK(!small_plan(&s));
    CHECK_ERROR(&s.error, ERROR_INPUT,
                "lora: rank: 13 is too large for q (12 x 12); should be 1 to 12");
    small_end(&s);
}

void suite_hooks(void)
{
    ADD(hooks_are_asked_at_each_site_in_order_with_its_values);
    ADD(extra_keys_are_keys_and_extra_values_values);
    ADD(a_branch_is_asked_after_dropout_and_before_the_norm);
    ADD(param_is_asked_about_every_tensor_of_the_encoder_once);
    ADD(a_hook_that_describes_nonsense_is_an_error_with_its_place);
}
