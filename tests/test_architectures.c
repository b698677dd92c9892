// test_architectures.c: the decoders against a textbook written apart, every architecture's
// gradients with a method at every site, and what methods find there.
#include "tests/small_model.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

static const ModelType all[] = { MODEL_BERT, MODEL_DISTILBERT, MODEL_ROBERTA,
                                 MODEL_GPT2, MODEL_LLAMA,      MODEL_FALCON };
enum { ALL = sizeof all / sizeof *all, HEADS_OF_Q = 6, SIZE = HIDDEN / HEADS_OF_Q };

static bool is_decoder(ModelType type)
{
    return type == MODEL_GPT2 || type == MODEL_LLAMA || type == MODEL_FALCON;
}

// The small model as one of `type`: six heads of two columns, keys and values with two where the
// type may share them.
static void become(Small *s, ModelType type, bool two_norms)
{
    bool shares = type == MODEL_LLAMA || type == MODEL_FALCON;
    s->config.type = type;
    s->config.heads = HEADS_OF_Q;
    s->config.kv_heads = shares ? 2 : HEADS_OF_Q;
    s->config.rotary_base = 50;
    s->config.two_norms = two_norms;
    s->config.activation = type == MODEL_LLAMA ? SWISH : type == MODEL_GPT2 ? GELU_NEW : GELU;
    s->config.types = type == MODEL_BERT ? 2 : type == MODEL_ROBERTA ? 1 : 0;
    s->config.epsilon = 0.02;
}

static bool opened(Small *s)
{
    const Extent *extent = &s->batch.view.extent;
    bool trains = s->description.method.method != NULL;
    if (s->config.type == MODEL_ROBERTA) // its one type
        memset(s->batch.type, 0, sizeof s->batch.type);
    if (CHECK(plans_make(s->arena, &s->description, trains ? extent : NULL, extent, &s->plans,
                         &s->error) &&
              trainer_new(s->arena, &s->plans, NULL, 3, step_options.dropout_seed, &s->training,
                          &s->trainer, &s->error)))
        return true;
    printf("%s: %s\n", model_type_names[s->config.type], s->error.text);
    return false;
}

// ---- the textbook: one text, row by row, in double

typedef struct {
    const char *word, *position, *layers, *attn_norm, *ffn_norm, *q, *k, *v, *attn_out, *ffn_mid,
        *gate, *ffn_out, *norm;
} Names;
static const Names gpt2 = { "transformer.wte",
                            "transformer.wpe",
                            "transformer.h",
                            "ln_1",
                            "ln_2",
                            "attn.c_attn.q",
                            "attn.c_attn.k",
                            "attn.c_attn.v",
                            "attn.c_proj",
                            "mlp.c_fc",
                            NULL,
                            "mlp.c_proj",
                            "transformer.ln_f" },
                   llama = { "model.embed_tokens",
                             NULL,
                             "model.layers",
                             "input_layernorm",
                             "post_attention_layernorm",
                             "self_attn.q_proj",
                             "self_attn.k_proj",
                             "self_attn.v_proj",
                             "self_attn.o_proj",
                             "mlp.up_proj",
                             "mlp.gate_proj",
                             "mlp.down_proj",
                             "model.norm" },
                   falcon7 = { "transformer.word_embeddings",
                               NULL,
                               "transformer.h",
                               "input_layernorm",
                               "input_layernorm",
                               "self_attention.query_key_value.q",
                               "self_attention.query_key_value.k",
                               "self_attention.query_key_value.v",
                               "self_attention.dense",
                               "mlp.dense_h_to_4h",
                               NULL,
                               "mlp.dense_4h_to_h",
                               "transformer.ln_f" },
                   falcon40 = { "transformer.word_embeddings",
                                NULL,
                                "transformer.h",
                                "ln_attn",
                                "ln_mlp",
                                "self_attention.query_key_value.q",
                                "self_attention.query_key_value.k",
                                "self_attention.query_key_value.v",
                                "self_attention.dense",
                                "mlp.dense_h_to_4h",
                                NULL,
                                "mlp.dense_4h_to_h",
                                "transformer.ln_f" };

typedef struct {
    const Small *small;
    const Names *names;
    int layer;
    double x[LONGEST][HIDDEN];
    double k[LONGEST][HIDDEN], v[LONGEST][HIDDEN];
} Book;

static const Slot *slot_of(const Book *book, const char *name, const char *part)
{
    char text[128];
    snprintf(text, sizeof text, "%s.%s", name, part);
    return state_find(book->small->trainer.state, text);
}

static const char *within(const Book *book, const char *name)
{
    return arena_format(book->small->arena, "%s.%d.%s", book->names->layers, book->layer, name);
}

static void dense(const Book *book, const char *name, const double *x, double *y)
{
    const Slot *W = slot_of(book, name, "weight"), *b = slot_of(book, name, "bias");
    size_t out = (size_t)W->is.rows, in = (size_t)W->is.cols;
    for (size_t o = 0; o < out; o++) {
        y[o] = b ? (double)b->value[o] : 0;
        for (size_t i = 0; i < in; i++)
            y[o] += (double)W->value[o * in + i] * x[i];
    }
}

// With a bias a LayerNorm, else an RMSNorm.
static void norm(const Book *book, const char *name, const double *x, double *y)
{
    const Slot *gain = slot_of(book, name, "weight"), *offset = slot_of(book, name, "bias");
    double mean = 0, squares = 0;
    for (size_t i = 0; i < HIDDEN && offset; i++)
        mean += x[i] / HIDDEN;
    for (size_t i = 0; i < HIDDEN; i++)
        squares += (x[i] - mean) * (x[i] - mean) / HIDDEN;
    for (size_t i = 0; i < HIDDEN; i++)
        y[i] =
            (x[i] - mean) / sqrt(squares + book->small->config.epsilon) * (double)gain->value[i] +
            (offset ? (double)offset->value[i] : 0);
}

static void turn(const Book *book, double *x, int64_t heads, size_t place)
{
    for (size_t h = 0; h < (size_t)heads && !book->names->position; h++) { // one pair a head
        double *a = x + h * SIZE, *b = a + 1, before = *a;
        double angle = (double)place; // times base^0
        *a = before * cos(angle) - *b * sin(angle);
        *b = before * sin(angle) + *b * cos(angle);
    }
}

static void attention_of(Book *book, const double *n, size_t place, double *y)
{
    size_t group = HEADS_OF_Q / (size_t)book->small->config.kv_heads;
    double q[HIDDEN], c[HIDDEN] = { 0 };
    dense(book, within(book, book->names->q), n, q);
    dense(book, within(book, book->names->k), n, book->k[place]);
    dense(book, within(book, book->names->v), n, book->v[place]);
    turn(book, q, HEADS_OF_Q, place);
    turn(book, book->k[place], book->small->config.kv_heads, place);
    for (size_t h = 0; h < HEADS_OF_Q; h++) {
        double weight[LONGEST], sum = 0;
        size_t kv = h / group * SIZE;
        for (size_t t = 0; t <= place; t++) {
            weight[t] = exp((q[h * SIZE] * book->k[t][kv] + q[h * SIZE + 1] * book->k[t][kv + 1]) /
                            sqrt(SIZE));
            sum += weight[t];
        }
        for (size_t t = 0; t <= place; t++)
            for (size_t i = 0; i < SIZE; i++)
                c[h * SIZE + i] += weight[t] / sum * book->v[t][kv + i];
    }
    dense(book, within(book, book->names->attn_out), c, y);
}

static double activated(const Book *book, double x)
{
    Table in = { .rows = 1, .cols = 1, .at = { { x } } }, out = { .rows = 1, .cols = 1 };
    reference_activation(book->small->config.activation, &out, &in);
    return out.at[0][0];
}

static void feed_forward_of(const Book *book, const double *n, double *y)
{
    double m[INTERMEDIATE], gate[INTERMEDIATE];
    dense(book, within(book, book->names->ffn_mid), n, m);
    if (book->names->gate)
        dense(book, within(book, book->names->gate), n, gate);
    for (size_t i = 0; i < INTERMEDIATE; i++)
        m[i] = book->names->gate ? activated(book, gate[i]) * m[i] : activated(book, m[i]);
    dense(book, within(book, book->names->ffn_out), m, y);
}

// One token behind those that went before it, whose keys and values are there layer by layer: so
// each layer takes all tokens before the next begins.
static void layer_of(Book *book, size_t tokens)
{
    bool parallel = book->small->config.type == MODEL_FALCON;
    for (size_t t = 0; t < tokens; t++) {
        double n[HIDDEN], attn[HIDDEN], ffn[HIDDEN];
        norm(book, within(book, book->names->attn_norm), book->x[t], n);
        attention_of(book, n, t, attn);
        if (parallel)
            norm(book, within(book, book->names->ffn_norm), book->x[t], n);
        for (size_t i = 0; i < HIDDEN; i++)
            book->x[t][i] += attn[i];
        if (!parallel)
            norm(book, within(book, book->names->ffn_norm), book->x[t], n);
        feed_forward_of(book, n, ffn);
        for (size_t i = 0; i < HIDDEN; i++)
            book->x[t][i] += ffn[i];
    }
}

static void logits_of(Book *book, size_t sequence, double *logits)
{
    const Batch *batch = &book->small->batch.view;
    size_t first = batch->offset[sequence], tokens = batch->offset[sequence + 1] - first;
    double last[HIDDEN];
    for (size_t t = 0; t < tokens; t++)
        for (size_t i = 0; i < HIDDEN; i++) {
            const Slot *word = slot_of(book, book->names->word, "weight");
            book->x[t][i] = (double)word->value[(size_t)batch->token[first + t] * HIDDEN + i];
            if (book->names->position)
                book->x[t][i] +=
                    (double)slot_of(book, book->names->position, "weight")->value[t * HIDDEN + i];
        }
    for (book->layer = 0; book->layer < LAYERS; book->layer++)
        layer_of(book, tokens);
    norm(book, book->names->norm, book->x[tokens - 1], last);
    dense(book, "classifier", last, logits);
}

static void a_decoder_computes_what_the_textbook_does(void)
{
    static const struct {
        ModelType type;
        const Names *names;
        bool two_norms;
    } decoders[] = { { MODEL_GPT2, &gpt2, false },
                     { MODEL_LLAMA, &llama, false },
                     { MODEL_FALCON, &falcon7, false },
                     { MODEL_FALCON, &falcon40, true } };
    for (size_t d = 0; d < sizeof decoders / sizeof *decoders; d++)
        for (uint64_t seed = 1; seed <= 6; seed++) {
            Small s;
            small_begin(&s, NULL, seed);
            become(&s, decoders[d].type, decoders[d].two_norms);
            s.description.head = HEAD_LINEAR; // of a decoder the last token
            if (opened(&s)) {
                small_stir(&s);
                Book book = { .small = &s, .names = decoders[d].names };
                Matrix given = trainer_logits(&s.trainer, &s.batch.view);
                for (size_t b = 0; b < given.rows; b++) {
                    double logits[OUTPUTS];
                    logits_of(&book, b, logits);
                    for (size_t i = 0; i < OUTPUTS; i++)
                        CHECK_CLOSE(row_at(given, b)[i], logits[i], 2e-5);
                }
            }
            small_end(&s);
        }
}

// RoBERTa and DistilBERT are BERT but for names and token types; test_bert.c knows BERT.
static void the_encoders_have_the_same_nodes(void)
{
    const Graph *graph[3];
    Small s[3];
    for (int i = 0; i < 3; i++) {
        Described d;
        small_begin(&s[i], &every_hook, 1);
        become(&s[i], all[i], false);
        CHECK(describe(s[i].arena, &s[i].description, &d, &s[i].error));
        graph[i] = d.graph;
        CHECK(graph[i]->nodes == graph[0]->nodes);
        for (size_t n = 0; n < graph[i]->nodes; n++)
            CHECK(graph[i]->node[n].op == graph[0]->node[n].op &&
                  !strcmp(graph[i]->node[n].place, graph[0]->node[n].place));
        CHECK(graph[i]->parameters == graph[0]->parameters - (all[i] == MODEL_DISTILBERT));
    }
    for (int i = 0; i < 3; i++)
        small_end(&s[i]);
}

// ---- a method at every site

static Init around(double bound)
{
    return (Init){ INIT_UNIFORM, bound };
}

static Value linear_hook(Build *build, const Linear *at, const void *options)
{
    (void)options;
    Value down = product_t(build->graph, at->x, trained(build, at, "A", 2, at->in, around(0.4)));
    return add_product_t(build->graph, at->y, down,
                         trained(build, at, "B", at->out, 2, around(0.4)), 0.7);
}

static Value branch_hook(Build *build, const Branch *at, const void *options)
{
    const Linear here = { .site = at->site, .layer = at->layer };
    (void)options;
    return add(build->graph, at->y,
               linear(build->graph, at->x, trained(build, &here, "W", HIDDEN, HIDDEN, around(0.2)),
                      NO_VALUE));
}

static KeysValues keys_values_hook(Build *build, int layer, const void *options)
{
    const Linear here = { .site = SITE_K, .layer = layer };
    int64_t width = build->config->hidden;
    (void)options;
    return (KeysValues){ trained(build, &here, "keys", 3, width, around(0.5)),
                         trained(build, &here, "values", 3, width, around(0.5)) };
}

static Value embedded_hook(Build *build, const Embedded *at, const void *options)
{
    (void)options;
    return rows_in_front(build->graph,
                         trained_matrix(build, 2, build->config->hidden, around(1), "rows"), at->x);
}

static bool param_hook(const ParameterAt *at, const void *options)
{
    (void)at, (void)options;
    return true;
}

static const Method everywhere = {
    .name = "everywhere",
    .param = param_hook,
    .linear = linear_hook,
    .branch = branch_hook,
    .keys_values = keys_values_hook,
    .embedded = embedded_hook,
};

static void every_gradient_is_the_slope_of_the_twin(void)
{
    for (size_t a = 0; a < ALL; a++)
        for (uint64_t seed = 1; seed <= 4; seed++) {
            Small s;
            small_begin(&s, &everywhere, seed);
            become(&s, all[a], seed % 2);
            s.description.head = seed % 2 ? HEAD_LINEAR : HEAD_MEAN;
            if (opened(&s)) {
                small_stir(&s);
                Made made = small_made(&s);
                play(&made, &s.batch.view);
                slopes_hold(&made, &s.batch.view, 2e-3, model_type_names[all[a]], seed);
                nothing_is_idle(made.graph);
            }
            small_end(&s);
        }
}

static const Parameter *made_by(const Graph *graph, const char *name)
{
    char text[64];
    snprintf(text, sizeof text, "everywhere.%s", name);
    return graph_find(graph, text);
}

static bool is_shape(const Parameter *p, int64_t rows, int64_t cols)
{
    return p && p->rows == rows && p->cols == cols;
}

static void every_architecture_has_the_same_sites(void)
{
    static const char *const names[] = { "0.q.A",       "0.k.A",       "0.v.A",    "0.attn_out.A",
                                         "0.ffn_mid.A", "1.ffn_out.A", "1.attn.W", "1.ffn.W",
                                         "1.k.keys",    "rows" };
    for (size_t a = 0; a < ALL; a++) {
        Small s;
        Described d;
        small_begin(&s, &everywhere, 1);
        become(&s, all[a], true);
        if (CHECK(describe(s.arena, &s.description, &d, &s.error))) {
            int64_t width = s.config.kv_heads * SIZE;
            bool gated = all[a] == MODEL_LLAMA;
            for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (!CHECK(made_by(d.graph, names[i])))
                    printf("%s has no %s\n", model_type_names[all[a]], names[i]);
            CHECK(is_shape(made_by(d.graph, "1.k.B"), width, 2));
            CHECK(is_shape(made_by(d.graph, "1.k.keys"), 3, width));
            CHECK(is_shape(made_by(d.graph, "1.q.B"), HIDDEN, 2));
            CHECK(is_shape(made_by(d.graph, "1.ffn_mid.B"), INTERMEDIATE, 2));
            CHECK(is_shape(made_by(d.graph, "1.ffn_mid.B.gate"), INTERMEDIATE, 2) == gated);
            CHECK(nodes_of(d.graph, "attention") == LAYERS);
            CHECK(nodes_of(d.graph, "add_product") == (gated ? 7 : 6) * LAYERS);
            for (size_t n = 0; n < d.graph->nodes; n++)
                if (!strcmp(d.graph->node[n].op->name, "attention"))
                    CHECK(d.graph->node[n].set.attention.causal == is_decoder(all[a]));
        }
        small_end(&s);
    }
}

static void the_first_token_of_a_decoder_is_no_head(void)
{
    for (size_t a = 0; a < ALL; a++) {
        Small s;
        Described d;
        small_begin(&s, &everywhere, 1);
        become(&s, all[a], false);
        s.description.head = HEAD_POOLER;
        s.description.pooler_new = !config_has_pooler(&s.config);
        bool described = describe(s.arena, &s.description, &d, &s.error);
        CHECK(described == !is_decoder(all[a]));
        if (!described)
            CHECK_ERROR(&s.error, ERROR_INPUT, "has no pooler; should be mean, linear or mlp");
        small_end(&s);
    }
}

static void what_a_method_reads_and_a_model_lacks_is_said(void)
{
    Small s;
    Described d;
    Error error;
    small_begin(&s, method_find("adapter", &error), 1);
    small_set(&s, "variant", "pfeiffer");
    become(&s, MODEL_LLAMA, false);
    CHECK(!describe(s.arena, &s.description, &d, &s.error));
    CHECK_ERROR(&s.error, ERROR_WORK, "layer 0 ffn adapter: layernorm: input 3 is absent");
    CHECK(!describe_mlm(s.arena, &s.description, &d, &s.error));
    CHECK_ERROR(&s.error, ERROR_INPUT, "a model of type llama has no masked-language-model head");
    small_end(&s);
}

void suite_architectures(void)
{
    ADD(a_decoder_computes_what_the_textbook_does);
    ADD(the_encoders_have_the_same_nodes);
    ADD(every_gradient_is_the_slope_of_the_twin);
    ADD(every_architecture_has_the_same_sites);
    ADD(the_first_token_of_a_decoder_is_no_head);
    ADD(what_a_method_reads_and_a_model_lacks_is_said);
}
