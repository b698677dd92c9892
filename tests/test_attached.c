// test_attached.c: what single methods compute, start from and cost, as far as suite verify and the
// fixtures cannot tell it.
#include "engine/operator.h"
#include "run/prepare.h"
#include "run/resolve.h"
#include "tests/placing.h"
#include "tests/program.h"
#include "tests/small_model.h"
#include <math.h>
#include <string.h>

typedef struct {
    const char *method;
    const char *set[4]; // option and value, twice at most
} Way;

static bool begin(Small *s, const Way *way, uint64_t seed)
{
    Error error;
    small_begin(s, method_find(way->method, &error), seed);
    for (int i = 0; i < 4 && way->set[i]; i += 2)
        small_set(s, way->set[i], way->set[i + 1]);
    return CHECK(s->description.method.method != NULL);
}

// ---- the forward is the twin's, the gradients are its slopes

static const Way ways[] = {
    { "adapter", { "size", "5" } },
    { "adapter", { "variant", "pfeiffer", "activation", "tanh" } },
    { "adapter", { "variant", "parallel", "activation", "swish" } },
    { "prefix", { "length", "3" } },
    { "prefix", { "reparam", "mlp", "mid", "5" } },
    { "prompt", { "length", "3" } },
    { "prompt", { "length", "2", "init", "normal" } },
    { "ia3", { NULL } },
    { "lntune", { NULL } },
    { "topk", { NULL } },
    { "dora", { "norm", "exact", "targets", "all" } },
};

static void each_way_plays_like_its_twin_and_has_its_slopes(void)
{
    static const Head heads[] = { HEAD_POOLER, HEAD_LINEAR, HEAD_MEAN };
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
        for (int h = 0; h < 3; h++) {
            Small s;
            uint64_t seed = 1 + 3 * w + (uint64_t)h;
            if (begin(&s, &ways[w], seed)) {
                const char *name = ways[w].method;
                s.description.head = heads[h];
                if (small_open(&s)) {
                    small_stir(&s);
                    Made made = small_made(&s);
                    double loss = play(&made, &s.batch.view);
                    Twin *twin = twin_new(made.graph, made.state);
                    CHECK_CLOSE(loss, twin_play(twin, &s.batch.view, &step_options), 1e-5);
                    twin_free(twin);
                    slopes_hold(&made, &s.batch.view, 2e-4, name, seed);
                    nothing_is_idle(made.graph);
                    places_hold(made.plan, name, seed);
                    dead_memory_is_not_read(&made, &s.batch.view, name, seed);
                    Matrix logits = trainer_logits(&s.trainer, &s.batch.view);
                    twin = twin_new(s.plans.eval.graph, s.trainer.state);
                    twin_play(twin, &s.batch.view, &step_options);
                    close_to_table(logits, twin->value[s.plans.eval.logits], 1e-5, name, seed);
                    twin_free(twin);
                    if (!small_mlm(&s, &made)) // without a prompt's rows
                        continue;
                    loss = play(&made, &s.batch.view);
                    twin = twin_new(made.graph, made.state);
                    CHECK_CLOSE(loss, twin_play(twin, &s.batch.view, &step_options), 1e-5);
                    twin_free(twin);
                }
            }
            small_end(&s);
        }
}

// ---- where they start

static void a_parallel_adapter_starts_as_the_pretrained_model(void)
{
    static const Way parallel = { "adapter", { "variant", "parallel" } };
    Small with, without;
    small_begin(&without, NULL, 3);
    if (begin(&with, &parallel, 3) && small_open(&with) && small_open(&without)) {
        Matrix a = trainer_logits(&with.trainer, &with.batch.view);
        Matrix b = trainer_logits(&without.trainer, &without.batch.view);
        for (size_t r = 0; r < a.rows; r++)
            for (size_t c = 0; c < a.cols; c++)
                CHECK(row_at(a, r)[c] == row_at(b, r)[c]); // plus an exact 0
    }
    small_end(&with);
    small_end(&without);
}

static void adapters_start_near_it_and_within_two_deviations(void)
{
    static const Way houlsby = { "adapter", { "size", "12", "init_sd", "0.03" } };
    Small s;
    if (begin(&s, &houlsby, 1) && small_open(&s)) {
        const Slot *down = state_find(s.trainer.state, "adapter.1.attn.down.weight");
        const Slot *up = state_find(s.trainer.state, "adapter.0.ffn.up.weight");
        double squares = sum_squares(down->value, 144) + sum_squares(up->value, 144);
        CHECK(maximum(down->value, 144) <= 0.06F && maximum(up->value, 144) <= 0.06F);
        // sd 0.03 sqrt(0.7737) = 0.0264; over 288 numbers within 4.5 sd of its own.
        CHECK(fabs(sqrt(squares / 288) / 0.0264 - 1) < 0.2);
    }
    small_end(&s);
}

// m is the length of W's rows; so is the start's, whatever the rows.
static void dora_starts_at_the_lengths_of_rows(void)
{
    static const Way dora = { "dora", { "targets", "q+ffn_out" } };
    Small s;
    if (begin(&s, &dora, 2) && small_open(&s))
        for (int site = 0; site < 2; site++) {
            const Slot *m = state_find(s.trainer.state, site ? "dora.1.ffn_out.m" : "dora.1.q.m");
            const Slot *W = state_find(s.trainer.state,
                                       site ? "bert.encoder.layer.1.output.dense.weight"
                                            : "bert.encoder.layer.1.attention.self.query.weight");
            size_t cols = (size_t)W->is.cols;
            CHECK(m->is.rank == 1 && m->is.cols == W->is.rows);
            for (size_t o = 0; o < m->count; o++)
                CHECK_CLOSE(m->value[o], sqrt(sum_squares(W->value + o * cols, cols)), 1e-6);
        }
    small_end(&s);
}

static bool prompt_of(Arena *arena, const char *task, const char *const *settings,
                      Prepared *prepared, Trainer *trainer)
{
    Request request;
    Error error;
    FilesRead *files = files_new(arena);
    bool ok = small_request(arena, "prompt", task, settings, &request, &error) &&
              prepare(arena, files, &request, prepared, &error) &&
              trainer_new(arena, &prepared->plans, &prepared->model->checkpoint,
                          prepared->init_seed, 1, &prepared->training, trainer, &error);
    if (!CHECK(ok))
        printf("%s\n", error.text);
    return ok;
}

// Is the row the embedding of the word, without a position, of type 0?
static bool is_word(const State *state, const float *row, int32_t id, double epsilon)
{
    const float *word = state_find(state, "bert.embeddings.word_embeddings.weight")->value;
    const float *type = state_find(state, "bert.embeddings.token_type_embeddings.weight")->value;
    const float *gain = state_find(state, "bert.embeddings.LayerNorm.weight")->value;
    const float *offset = state_find(state, "bert.embeddings.LayerNorm.bias")->value;
    enum { H = 128 };
    double x[H], mean = 0, variance = 0;
    for (int j = 0; j < H; j++) {
        x[j] = (double)word[id * H + j] + (double)type[j];
        mean += x[j] / H;
    }
    for (int j = 0; j < H; j++)
        variance += (x[j] - mean) * (x[j] - mean) / H;
    for (int j = 0; j < H; j++)
        if (!(fabs((x[j] - mean) / sqrt(variance + epsilon) * (double)gain[j] + (double)offset[j] -
                   (double)row[j]) < 1e-5))
            return false;
    return true;
}

// 24 rows: each a word of the training rows, several of them, no special token.
static void a_prompt_starts_at_words_of_the_training_split(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *task = small_task(arena, test_folder(), "task");
    const char *const *const settings[] = {
        SETTINGS("init", "vocab", "length", "24"),
        SETTINGS("init", "vocab", "length", "24", "order-seed", "5"),
        SETTINGS("init", "vocab", "length", "24", "init-seed", "5")
    };
    float rows[3][24 * 128];
    for (int run = 0; run < 3; run++) {
        Prepared p;
        Trainer trainer;
        if (!prompt_of(arena, task, settings[run], &p, &trainer))
            break;
        const Words *words = &p.description.words;
        const State *state = trainer.state;
        memcpy(rows[run], state_find(state, "prompt.rows")->value, sizeof rows[run]);
        int32_t seen[24] = { 0 };
        int different = 0;
        for (int r = 0; r < 24; r++) {
            size_t k = 0;
            while (k < words->count &&
                   !is_word(state, rows[run] + r * 128, words->id[k], p.model->config.epsilon))
                k++;
            if (!CHECK(k < words->count))
                break;
            seen[r] = words->id[k];
            int before = 0;
            while (seen[before] != seen[r])
                before++;
            different += before == r;
        }
        CHECK(different >= 6);
        for (size_t k = 0; k < words->count; k++)
            CHECK(tokenizer_piece(p.model->tokenizer, words->id[k])[0] != '[');
        // "the ... was ... and the ...": twice in each of 48 rows.
        CHECK_TEXT(tokenizer_piece(p.model->tokenizer, words->id[0]), "the");
        trainer_free(&trainer);
    }
    CHECK(same_bits(rows[0], rows[1], 24 * 128));
    CHECK(!same_bits(rows[0], rows[2], 128));
    arena_free(arena);
}

// ---- what is left at auto

static const char *resolved(Small *s)
{
    Described d;
    const Method *method = s->description.method.method;
    if (!CHECK(describe(s->arena, &s->description, &d, &s->error)))
        return "";
    return options_canonical(s->arena, method->options, d.options, NULL);
}

static void auto_is_decided_by_variant_and_width(void)
{
    static const struct {
        Way way;
        int64_t hidden;
        const char *options;
    } cases[] = {
        { { "adapter", { NULL } },
          12,
          "activation=gelu;init_sd=0.01;layernorm=yes;scale=1;sites=all;size=4;variant=houlsby" },
        { { "adapter", { "variant", "pfeiffer" } },
          128 * 3,
          "activation=relu;init_sd=0.01;layernorm=no;scale=1;sites=ffn;size=48;variant=pfeiffer" },
        { { "adapter", { "variant", "parallel" } },
          768,
          "activation=relu;init_sd=0.01;layernorm=no;scale=4;sites=ffn;size=64;variant=parallel" },
        { { "adapter", { "scale", "2", "sites", "attn" } },
          12,
          "activation=gelu;init_sd=0.01;layernorm=yes;scale=2;sites=attn;size=4;variant=houlsby" },
        { { "prefix", { "reparam", "mlp" } }, 12, "init_sd=1;length=16;mid=12;reparam=mlp" },
        { { "prefix", { NULL } }, 768, "init_sd=1;length=16;mid=512;reparam=none" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Small s;
        if (begin(&s, &cases[i].way, 1)) {
            s.config.hidden = cases[i].hidden;
            CHECK_TEXT(resolved(&s), cases[i].options);
        }
        small_end(&s);
    }
}

static void auto_and_what_it_stands_for_are_one_run(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *task = small_task(arena, test_folder(), "task");
    const char *const *const settings[] = {
        SETTINGS("variant", "houlsby"),
        SETTINGS("size", "16", "activation", "gelu", "layernorm", "yes"),
        SETTINGS("size", "15"),
    };
    Resolved r[3];
    for (int i = 0; i < 3; i++) {
        Request request;
        if (!CHECK(small_request(arena, "adapter", task, settings[i], &request, &error) &&
                   resolve(arena, files_new(arena), &request, &r[i], &error)))
            printf("%s\n", error.text);
    }
    CHECK_TEXT(r[0].row.options,
               "adapter.activation=gelu;adapter.init_sd=0.01;adapter.layernorm=yes;adapter.scale=1;"
               "adapter.sites=all;adapter.size=16;adapter.variant=houlsby");
    CHECK_TEXT(r[1].row.key, r[0].row.key);
    CHECK(strcmp(r[2].row.key, r[0].row.key) != 0);
    arena_free(arena);
}

static void what_does_not_fit_the_model_is_refused(void)
{
    static const struct {
        Way way;
        const char *says;
    } cases[] = {
        { { "topk", { "layers", "3" } },
          "topk: layers: 3 is more than the model has; should be 0 to 2" },
        { { "adapter", { "size", "49" } },
          "adapter: size: 49 is no bottleneck of 12; should be 1 to 48" },
        { { "dora", { "targets", "ffn_mid", "rank", "13" } },
          "dora: rank: 13 is too large for ffn_mid (20 x 12); should be 1 to 12" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Small s;
        if (begin(&s, &cases[i].way, 1)) {
            CHECK(!small_plan(&s));
            CHECK_ERROR(&s.error, ERROR_INPUT, cases[i].says);
        }
        small_end(&s);
    }
}

// ---- listings name the method where its nodes are

static void a_methods_nodes_say_whose_they_are_and_where(void)
{
    static const struct {
        Way way;
        const char *op, *place;
        size_t nodes; // of that kind, there
    } cases[] = {
        { { "adapter", { NULL } }, "linear", "layer 1 attn adapter", 2 },
        { { "adapter", { NULL } }, "linear", "layer 0 ffn adapter", 2 },
        { { "prefix", { "reparam", "mlp" } }, "columns", "layer 1 attn prefix", 2 },
        { { "prefix", { NULL } }, "attention", "layer 1 attention", 1 },
        { { "prompt", { NULL } }, "in_front", "embeddings prompt", 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Small s;
        size_t there = 0;
        if (begin(&s, &cases[i].way, 1) && CHECK(small_plan(&s)))
            for (size_t n = 0; n < s.plans.train.graph->nodes; n++) {
                const Node *node = &s.plans.train.graph->node[n];
                there += !strcmp(node->op->name, cases[i].op) && node->place &&
                         !strcmp(node->place, cases[i].place);
            }
        if (!CHECK(there == cases[i].nodes))
            printf("%s: %zu\n", cases[i].place, there);
        small_end(&s);
    }
}

// ---- prefix: the MLP is computed once, and what it gives is stored

static void the_prefix_mlp_runs_once_whatever_the_layers(void)
{
    static const Way mlp = { "prefix", { "reparam", "mlp", "length", "3" } };
    static const Way plain = { "prefix", { "length", "3" } };
    Small s, none;
    Described stored, rows;
    if (begin(&s, &mlp, 1) && begin(&none, &plain, 1) && small_open(&s)) {
        CHECK(nodes_of(s.plans.eval.graph, "activation") == LAYERS + 1);
        CHECK(nodes_of(s.plans.eval.graph, "columns") == 2 * LAYERS);
        Description d = s.description;
        d.training = false;
        d.stored = true;
        CHECK(describe(s.arena, &d, &stored, &s.error));
        // What is stored is what `none` trains: the same parameters, the same graph.
        d = none.description;
        d.training = false;
        CHECK(describe(none.arena, &d, &rows, &none.error));
        CHECK(stored.graph->nodes == rows.graph->nodes &&
              stored.graph->parameters == rows.graph->parameters);
        for (size_t i = 0; i < rows.graph->parameters; i++)
            CHECK(graph_find(stored.graph, rows.graph->parameter[i].name));
    }
    small_end(&none);
    small_end(&s);
}

// ---- what they cost: methods.md 18

typedef struct {
    Way way;
    double steps; // products of a step, in units of the forward's
    double spread;
    int lowest;       // layer that the backward comes down to; -1: the embeddings
    bool into_lowest; // with gradients of the lowest layer's input
} Cost;

// Does the backward have a node at this place?
static bool backward_at(const Graph *graph, const char *place)
{
    for (size_t i = graph->forward_nodes; i < graph->nodes; i++)
        if (graph->node[i].place && !strncmp(graph->node[i].place, place, strlen(place)))
            return true;
    return false;
}

static void the_backward_ends_at_the_lowest_trained_tensor(void)
{
    static const Cost cases[] = {
        { { "full", { NULL } }, 3, 0.05, -1, true },
        { { "topk", { "layers", "0" } }, 1, 0.01, 4, false },
        { { "topk", { NULL } }, 1.5, 0.07, 3, false },
        { { "topk", { "layers", "2" } }, 2, 0.07, 2, false },
        { { "topk", { "layers", "4" } }, 3, 0.1, 0, false },
        { { "bitfit", { NULL } }, 2, 0.02, -1, true },
        { { "lntune", { NULL } }, 2, 0.02, -1, true },
        { { "lntune", { "emb", "no" } }, 2, 0.2, 0, false },
        { { "ia3", { NULL } }, 2, 0.15, 0, false },
        { { "lora", { NULL } }, 2, 0.2, 0, false },
        { { "adapter", { "layernorm", "no" } }, 2, 0.25, 0, false },
        { { "adapter", { NULL } }, 2.2, 0.15, -1, true },
        { { "prefix", { NULL } }, 2, 0.2, 0, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Small s;
        const Cost *c = &cases[i];
        // As large a model as the small one's plans are made for; nothing is computed.
        const Extent extent = { .tokens = 320, .sequences = 16, .squares = 6400, .longest = 20 };
        if (begin(&s, &c->way, 1)) {
            s.config = (Config){ .vocabulary = 100,
                                 .hidden = 256,
                                 .layers = 4,
                                 .heads = 4,
                                 .kv_heads = 4,
                                 .intermediate = 1024,
                                 .positions = 32,
                                 .types = 2,
                                 .epsilon = 1e-12,
                                 .initializer_range = 0.02 };
            if (CHECK(plans_make(s.arena, &s.description, &extent, NULL, &s.plans, &s.error))) {
                const Graph *g = s.plans.backward;
                double steps = graph_flops(g, &extent) / graph_flops(s.plans.train.graph, &extent);
                if (!CHECK(fabs(steps - c->steps) <= c->spread))
                    printf("%s %s: %.3f\n", c->way.method, c->way.set[1] ? c->way.set[1] : "",
                           steps);
                CHECK(backward_at(g, "embeddings") == (c->lowest < 0));
                for (int layer = 0; layer < 4; layer++) {
                    const char *place = arena_format(s.arena, "layer %d ", layer);
                    if (!CHECK(backward_at(g, place) == (layer >= c->lowest)))
                        printf("%s: layer %d\n", c->way.method, layer);
                }
                if (!c->into_lowest && c->lowest < 4) // attention's input has no gradient
                    for (size_t n = g->forward_nodes; n < g->nodes; n++) {
                        const Node *node = &g->node[n];
                        const char *q = arena_format(s.arena, "layer %d q", c->lowest);
                        if (node->place && !strcmp(node->place, q))
                            for (int k = 0; k < NODE_OUTPUTS; k++)
                                CHECK(node->out[k] == NO_VALUE ||
                                      !g->value[node->out[k]].rows.tokens ||
                                      g->value[node->out[k]].cols != 256);
                    }
            }
        }
        small_end(&s);
    }
}

static Value no_y(Build *build, const Branch *at, const void *options)
{
    (void)build, (void)options;
    return at->x;
}

// An output that a hook replaces without reading it is not computed, nor what is below it alone.
static void a_hook_that_does_not_read_y_pays_nothing_for_it(void)
{
    static const Method skipping = { .name = "skipping", .branch = no_y };
    static const Way ia3 = { "ia3", { NULL } };
    Small s;
    small_begin(&s, &skipping, 1);
    if (CHECK(small_plan(&s)))
        CHECK(nodes_of(s.plans.eval.graph, "attention") == 0 &&
              nodes_of(s.plans.eval.graph, "linear") == 1);
    small_end(&s);
    if (begin(&s, &ia3, 1) && CHECK(small_plan(&s)))
        CHECK(nodes_of(s.plans.eval.graph, "linear") == 6 * LAYERS + 1);
    small_end(&s);
}

void suite_attached(void)
{
    ADD(each_way_plays_like_its_twin_and_has_its_slopes);
    ADD(a_parallel_adapter_starts_as_the_pretrained_model);
    ADD(adapters_start_near_it_and_within_two_deviations);
    ADD(dora_starts_at_the_lengths_of_rows);
    ADD(a_prompt_starts_at_words_of_the_training_split);
    ADD(auto_is_decided_by_variant_and_width);
    ADD(auto_and_what_it_stands_for_are_one_run);
    ADD(what_does_not_fit_the_model_is_refused);
    ADD(a_methods_nodes_say_whose_they_are_and_where);
    ADD(the_prefix_mlp_runs_once_whatever_the_layers);
    ADD(the_backward_ends_at_the_lowest_trained_tensor);
    ADD(a_hook_that_does_not_read_y_pays_nothing_for_it);
}
