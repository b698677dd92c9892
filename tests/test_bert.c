// test_bert.c: the encoder and its heads as graphs: against their twin, in any batch, under every
// method, and against another program's numbers.
#include "base/json.h"
#include "model/describe.h"
#include "tests/placing.h"
#include "tests/small_model.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

static const Head heads[] = { HEAD_POOLER, HEAD_LINEAR, HEAD_MEAN, HEAD_MLP };
enum { SOME_HEADS = 4 };

static const Method *named(const char *name)
{
    Error error;
    return method_find(name, &error);
}

// The methods whose graphs the twin can play, with options that leave no two sizes equal.
static void begin_with(Small *s, int which, uint64_t seed)
{
    static const char *const names[] = { "full", "bitfit", "head", "lora" };
    small_begin(s, which < 4 ? named(names[which]) : &every_hook, seed);
    if (which == 3) {
        small_set(s, "rank", "5");
        small_set(s, "alpha", "7");
        small_set(s, "dropout", "0.2");
        small_set(s, "targets", "all");
    }
}
enum { ATTACHED = 5 };

// ---- against the twin

static void every_head_and_method_plays_like_its_twin_and_has_its_slopes(void)
{
    for (int which = 0; which < ATTACHED; which++)
        for (int h = 0; h < SOME_HEADS; h++)
            for (int scores = 0; scores < 2; scores++) {
                uint64_t seed = (uint64_t)(1 + which * 8 + h * 2 + scores);
                Small s;
                begin_with(&s, which, seed);
                s.description.head = heads[h];
                s.description.scores = scores;
                s.description.outputs = scores ? 1 : OUTPUTS;
                s.description.pooler_new = h == 0 && which % 2;
                if (small_open(&s)) {
                    small_stir(&s);
                    Made made = small_made(&s);
                    double loss = play(&made, &s.batch.view);
                    Twin *twin = twin_new(made.graph, made.state);
                    CHECK_CLOSE(loss, twin_play(twin, &s.batch.view, &step_options), 1e-5);
                    twin_free(twin);
                    slopes_hold(&made, &s.batch.view, 2e-4, "model", seed);
                    nothing_is_idle(made.graph);
                    places_hold(made.plan, "model", seed);
                    dead_memory_is_not_read(&made, &s.batch.view, "model", seed);
                    places_hold(s.plans.eval_plan, "evaluation", seed);
                    Matrix logits = trainer_logits(&s.trainer, &s.batch.view);
                    twin = twin_new(s.plans.eval.graph, s.trainer.state);
                    twin_play(twin, &s.batch.view, &step_options);
                    close_to_table(logits, twin->value[s.plans.eval.logits], 1e-5, "logits", seed);
                    twin_free(twin);
                }
                small_end(&s);
            }
}

// Each of the three rates has its places, and each place draws a mask of its own.
static void each_rate_has_its_places_and_each_place_its_site(void)
{
    static const struct {
        double hidden, attention, classifier;
        size_t attentions, dropouts;
    } cases[] = {
        { 0, 0.2, 0, LAYERS, 0 },
        { 0.2, 0, 0, 0, 1 + 2 * LAYERS },
        { 0, 0, 0.2, 0, 1 },
        { 0.2, 0.3, 0.4, LAYERS, 2 + 2 * LAYERS },
    };
    for (size_t c = 0; c < 4; c++)
        for (int which = 0; which < ATTACHED; which += 4) { // full; every hook, with two of its own
            size_t attentions = 0, dropouts = 0, own = which ? 2 * LAYERS : 0, count = 0;
            uint32_t site[64];
            Small s;
            begin_with(&s, which, 1);
            s.description.hidden_dropout = cases[c].hidden;
            s.description.attention_dropout = cases[c].attention;
            s.description.classifier_dropout = cases[c].classifier;
            CHECK(small_plan(&s));
            for (size_t i = 0; i < s.plans.train.graph->nodes; i++) {
                const Node *node = &s.plans.train.graph->node[i];
                Setting set = node->set;
                if (!draws(node))
                    continue;
                attentions += !strcmp(node->op->name, "attention");
                dropouts += !strcmp(node->op->name, "dropout");
                site[count] = node->op->random(&set)->site;
                for (size_t j = 0; j < count; j++)
                    CHECK(site[j] != site[count]);
                count++;
            }
            CHECK(attentions == cases[c].attentions && dropouts == cases[c].dropouts + own);
            small_end(&s);
        }
}

static void every_activation_of_a_config_gives_logits_of_its_own(void)
{
    static const Activation which[] = { GELU, GELU_NEW, RELU };
    float seen[3] = { 0 };
    for (int i = 0; i < 3; i++) {
        Small s;
        small_begin(&s, named("full"), 1);
        s.config.activation = which[i];
        if (small_open(&s)) {
            Matrix logits = trainer_logits(&s.trainer, &s.batch.view);
            seen[i] = logits.data[0];
            Twin *twin = twin_new(s.plans.eval.graph, s.trainer.state);
            twin_play(twin, &s.batch.view, &step_options);
            close_to_table(logits, twin->value[s.plans.eval.logits], 1e-5, "activation", 1);
            twin_free(twin);
        }
        small_end(&s);
    }
    CHECK(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
}

// The tied decoder at the picked tokens; its loss is the twin's, its head the checkpoint's alone.
static void the_masked_language_model_loss_is_its_twins_and_ties_the_embedding(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        Small s;
        begin_with(&s, (int)(seed % ATTACHED), seed);
        if (small_open(&s)) {
            small_stir(&s);
            Made mlm;
            if (!small_mlm(&s, &mlm))
                continue;
            double loss = play(&mlm, &s.batch.view);
            Twin *twin = twin_new(mlm.graph, mlm.state);
            CHECK_CLOSE(loss, twin_play(twin, &s.batch.view, &step_options), 1e-5);
            twin_free(twin);
            places_hold(mlm.plan, "mlm", seed);
            // Beside the encoder: dense, LayerNorm, bias; no table of its own.
            Counts with = counts_of(mlm.graph), without = counts_of(s.plans.eval.graph);
            CHECK(with.total - (without.total - without.head) ==
                  HIDDEN * HIDDEN + 3 * HIDDEN + VOCABULARY);
            const Parameter *dense =
                graph_find(mlm.graph, "cls.predictions.transform.dense.weight");
            CHECK(dense && !dense->trained);
        }
        small_end(&s);
    }
}

// ---- batches

static void reversed(size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        order[i] = count - 1 - i;
}

// L37: alone, among others, in another order.
static void a_sequence_has_the_same_logits_in_any_batch(void)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        Small s;
        begin_with(&s, (int)(seed % ATTACHED), seed);
        s.description.head = heads[seed % SOME_HEADS];
        if (small_open(&s)) {
            float all[MOST_SEQUENCES][OUTPUTS];
            size_t order[MOST_SEQUENCES], count = s.batch.view.extent.sequences;
            small_stir(&s);
            Matrix logits = trainer_logits(&s.trainer, &s.batch.view);
            for (size_t i = 0; i < count; i++)
                memcpy(all[i], row_at(logits, i), sizeof all[i]);
            reversed(order, count);
            Batch batch = sequences_of(s.arena, &s.batch.view, order, count);
            logits = trainer_logits(&s.trainer, &batch);
            for (size_t i = 0; i < count; i++)
                for (size_t k = 0; k < OUTPUTS; k++)
                    CHECK_CLOSE(row_at(logits, i)[k], all[order[i]][k], 2e-6);
            for (size_t i = 0; i < count; i++) {
                batch = sequences_of(s.arena, &s.batch.view, &i, 1);
                logits = trainer_logits(&s.trainer, &batch);
                CHECK(logits.rows == 1 && logits.cols == OUTPUTS);
                for (size_t k = 0; k < OUTPUTS; k++)
                    CHECK_CLOSE(logits.data[k], all[i][k], 2e-6);
            }
        }
        small_end(&s);
    }
}

// With dropout: an example's masks are its own, so the batch's loss is the mean of the losses that
// its examples have alone, and its gradient the mean of theirs.
static void masks_do_not_depend_on_the_batch(void)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        Small s;
        begin_with(&s, (int)(seed % ATTACHED), seed);
        s.description.head = heads[seed % SOME_HEADS];
        s.description.hidden_dropout = s.description.attention_dropout = 0.3;
        if (small_open(&s)) {
            size_t order[MOST_SEQUENCES], count = s.batch.view.extent.sequences;
            State *state = s.trainer.state;
            double mean = 0, loss = trainer_backward(&s.trainer, &s.batch.view, 3, 1);
            float **whole = arena_zero(s.arena, state->slots, sizeof *whole);
            for (size_t i = 0; i < state->slots; i++)
                if (state->slot[i].gradient) {
                    whole[i] = arena_take(s.arena, state->slot[i].count, sizeof(float));
                    memcpy(whole[i], state->slot[i].gradient, state->slot[i].count * sizeof(float));
                }
            clear_gradients(state);
            reversed(order, count);
            Batch batch = sequences_of(s.arena, &s.batch.view, order, count);
            CHECK_CLOSE(small_loss(&s, &batch), loss, 2e-6);
            for (size_t i = 0; i < count; i++) {
                batch = sequences_of(s.arena, &s.batch.view, &i, 1);
                mean += trainer_backward(&s.trainer, &batch, 3, 1 / (double)count) / (double)count;
            }
            CHECK_CLOSE(mean, loss, 2e-6);
            for (size_t i = 0; i < state->slots; i++)
                for (size_t j = 0; j < state->slot[i].count && whole[i]; j++)
                    if (!CHECK_CLOSE(state->slot[i].gradient[j], whole[i][j], 5e-6))
                        printf("seed %llu, %s\n", (unsigned long long)seed, state->slot[i].is.name);
            // Another step, or another example's number, is another mask.
            CHECK(trainer_backward(&s.trainer, &s.batch.view, 4, 1) != loss);
            for (size_t i = 0; i < MOST_SEQUENCES; i++)
                s.batch.example[i] += 1000;
            CHECK(trainer_backward(&s.trainer, &s.batch.view, 3, 1) != loss);
        }
        small_end(&s);
    }
}

static void types_positions_and_order_count_and_places_do_not(void)
{
    Small s;
    static const size_t one[] = { 0 };
    small_begin(&s, named("full"), 7);
    if (small_open(&s)) {
        Batch batch = sequences_of(s.arena, &s.batch.view, one, 1);
        int32_t *token = (int32_t *)(uintptr_t)batch.token,
                *type = (int32_t *)(uintptr_t)batch.type,
                *position = (int32_t *)(uintptr_t)batch.position;
        size_t last = batch.extent.tokens - 1;
        CHECK(last > 1);
        token[0] = 3, token[last] = 4;
        float before = trainer_logits(&s.trainer, &batch).data[0];
        type[last] ^= 1;
        CHECK(fabsf(trainer_logits(&s.trainer, &batch).data[0] - before) > 1e-4F);
        type[last] ^= 1;
        token[0] = 4, token[last] = 3;
        CHECK(fabsf(trainer_logits(&s.trainer, &batch).data[0] - before) > 1e-4F);
        token[0] = 3, token[last] = 4;
        position[0] = (int32_t)last, position[last] = 0;
        CHECK(fabsf(trainer_logits(&s.trainer, &batch).data[0] - before) > 1e-4F);
        position[0] = 0, position[last] = (int32_t)last;
        CHECK(trainer_logits(&s.trainer, &batch).data[0] == before);
    }
    small_end(&s);
}

// L29: whatever the rates, evaluation has no random node, and the same bits each time.
static void evaluation_draws_nothing(void)
{
    for (int which = 0; which < ATTACHED; which++) {
        float before[MOST_SEQUENCES * OUTPUTS];
        for (int high = 0; high < 2; high++) {
            Small s;
            begin_with(&s, which, 2);
            s.description.hidden_dropout = s.description.attention_dropout =
                s.description.classifier_dropout = high ? 0.5 : 0;
            if (small_open(&s)) {
                Described mlm, features;
                size_t count = s.batch.view.extent.sequences;
                CHECK(
                    describe_mlm(s.arena, &s.description, &mlm, &s.error) &&
                    describe_features(s.arena, &s.description, VECTOR_HEADS, &features, &s.error));
                const Graph *graphs[] = { s.plans.eval.graph, mlm.graph, features.graph };
                for (int g = 0; g < 3; g++)
                    for (size_t i = 0; i < graphs[g]->nodes; i++)
                        CHECK(!draws(&graphs[g]->node[i]) &&
                              (g == 1 || !graphs[g]->node[i].op->loss));
                for (int time = 0; time < 2; time++) {
                    Matrix logits = trainer_logits(&s.trainer, &s.batch.view);
                    for (size_t i = 0; i < count; i++) {
                        if (high || time)
                            CHECK(same_bits(before + i * OUTPUTS, row_at(logits, i), OUTPUTS));
                        memcpy(before + i * OUTPUTS, row_at(logits, i), OUTPUTS * sizeof *before);
                    }
                }
            }
            small_end(&s);
        }
    }
}

// ---- rows nobody reads

static const Method *wrapped;

static Value whole_branch(Build *build, const Branch *at, const void *options)
{
    if (at->layer == LAYERS - 1 && at->site == SITE_FFN) // read, and so computed, at every row
        graph_output(build->graph, at->y);
    return wrapped->branch ? wrapped->branch(build, at, options) : at->y;
}

static void heads_on_the_first_token_compute_one_query_a_sequence_and_the_same(void)
{
    for (int which = 0; which < ATTACHED; which++)
        for (int h = 0; h < SOME_HEADS; h++) {
            Small less, whole;
            bool first = heads[h] == HEAD_POOLER || heads[h] == HEAD_LINEAR;
            begin_with(&less, which, (uint64_t)(which + 1));
            begin_with(&whole, which, (uint64_t)(which + 1));
            wrapped = whole.description.method.method;
            Method reads_whole = *wrapped;
            reads_whole.branch = whole_branch;
            whole.description.method.method = &reads_whole;
            less.description.head = whole.description.head = heads[h];
            bool open = small_open(&less);
            if (small_open(&whole) && open) {
                const Graph *l = less.plans.backward, *w = whole.plans.backward;
                const Extent *extent = &less.batch.view.extent;
                CHECK(count_equal(l->value[last_attention(l)->in[0]].rows,
                                  first ? ROWS_SEQUENCES : ROWS_TOKENS));
                CHECK(count_equal(l->value[last_attention(l)->in[1]].rows, ROWS_TOKENS));
                CHECK(count_equal(w->value[last_attention(w)->in[0]].rows, ROWS_TOKENS));
                if (first && extent->tokens > extent->sequences)
                    CHECK(graph_flops(l, extent) < graph_flops(w, extent));
                else
                    CHECK_CLOSE(graph_flops(l, extent), graph_flops(w, extent), 0);
                double loss = trainer_backward(&whole.trainer, &whole.batch.view, 3, 1);
                CHECK_CLOSE(trainer_backward(&less.trainer, &less.batch.view, 3, 1), loss, 1e-6);
                for (size_t i = 0; i < less.trainer.state->slots; i++) {
                    const Slot *one = &less.trainer.state->slot[i];
                    const Slot *other = state_find(whole.trainer.state, one->is.name);
                    for (size_t j = 0; j < one->count && one->gradient && CHECK(other); j++)
                        if (!CHECK_CLOSE(one->gradient[j], other->gradient[j], 1e-5))
                            printf("%s, head %d\n", one->is.name, h);
                }
            }
            small_end(&less);
            small_end(&whole);
        }
}

// ---- random numbers below what is trained

// Sites: after the embedding, in each layer the probabilities and two outputs, before the
// classifier: 1 + 3 x 2 + 1 = 8. `head mlp` and `pooler` train below the classifier's; `linear` and
// `mean` have nothing trained below any.
static void calm_leaves_dropout_above_trained_parameters_alone(void)
{
    static const size_t calm_head[SOME_HEADS] = { 1, 0, 0, 1 };
    for (int h = 0; h < SOME_HEADS; h++)
        for (int calm = 0; calm < 2; calm++) {
            static const char *const names[] = { "head", "full", "bitfit", "lora" };
            for (int m = 0; m < 4; m++) {
                Small s;
                small_begin(&s, named(names[m]), 1);
                s.description.head = heads[h];
                s.description.frozen_dropout = !calm;
                if (CHECK(small_plan(&s))) {
                    size_t nodes = random_nodes(s.plans.train.graph);
                    // lora trains from the first layer's queries on: what it leaves calm is the
                    // embedding's dropout.
                    size_t expected = !calm ? 8 : m == 0 ? calm_head[h] : m == 3 ? 7 : 8;
                    if (!CHECK(nodes == expected))
                        printf("%s, head %d: %zu\n", names[m], h, nodes);
                }
                small_end(&s);
            }
        }
}

// Of a frozen encoder under a linear probe no backward node is left but the classifier's own.
static void a_probe_has_a_backward_of_two_nodes(void)
{
    Small s;
    small_begin(&s, named("head"), 1);
    if (CHECK(small_plan(&s))) {
        const Graph *g = s.plans.backward;
        CHECK(g->nodes - g->forward_nodes == 2);
        for (size_t i = 0; i < g->forward_nodes; i++)
            for (int k = 1; k < NODE_OUTPUTS; k++)
                CHECK(g->node[i].out[k] == NO_VALUE || g->node[i].op->loss);
    }
    small_end(&s);
}

// ---- heads

static void heads_have_their_parameters(void)
{
    for (int h = 0; h < SOME_HEADS; h++)
        for (int pooler_new = 0; pooler_new < 2; pooler_new++) {
            Small s;
            small_begin(&s, named("bitfit"), 1);
            s.description.head = heads[h];
            s.description.pooler_new = pooler_new;
            if (CHECK(small_plan(&s))) {
                const Graph *g = s.plans.eval.graph;
                Counts counts = counts_of(g);
                const Parameter *W = graph_find(g, "classifier.weight");
                const Parameter *pooler = graph_find(g, "bert.pooler.dense.weight");
                const Parameter *dense = graph_find(g, "head.dense.weight");
                int64_t classifier = OUTPUTS * HIDDEN + OUTPUTS, square = HIDDEN * HIDDEN + HIDDEN;
                bool added = h == 3 || (h == 0 && pooler_new);
                CHECK(W && W->rows == OUTPUTS && W->cols == HIDDEN && W->trained && W->rank == 2);
                CHECK(W && W->init.kind == INIT_NORMAL && W->init.scale == 0.3);
                CHECK(graph_find(g, "classifier.bias")->init.kind == INIT_CONSTANT);
                CHECK(!pooler == (h != 0) && !dense == (h != 3));
                CHECK(!pooler || (pooler->part == (pooler_new ? PART_HEAD : PART_ENCODER) &&
                                  pooler->trained == pooler_new)); // bitfit trains no matrix
                CHECK(counts.head == classifier + (added ? square : 0));
                CHECK(counts.head_new == added);
            }
            small_end(&s);
        }
}

// The head of every method starts alike, whatever else a method brings (L10).
static void methods_share_the_head_they_start_with(void)
{
    float W[OUTPUTS * HIDDEN];
    for (int which = 0; which < ATTACHED; which++) {
        Small s;
        begin_with(&s, which, 1);
        if (small_open(&s)) {
            const Slot *slot = state_find(s.trainer.state, "classifier.weight");
            if (which > 0)
                CHECK(same_bits(W, slot->value, OUTPUTS * HIDDEN));
            memcpy(W, slot->value, sizeof W);
        }
        small_end(&s);
    }
}

static void methods_that_claim_it_start_from_the_same_function(void)
{
    float logits[MOST_SEQUENCES * OUTPUTS];
    for (size_t m = 0; methods[m]; m++) {
        Small s;
        for (int with = 0; with < 2; with++) {
            small_begin(&s, with ? methods[m] : NULL, 6);
            s.description.head = HEAD_LINEAR;
            if (!(methods[m]->claims & UNCHANGED_AT_START) || !small_plan(&s)) {
                small_end(&s);
                break; // a default that this small model has no room for
            }
            if (small_open(&s)) {
                Matrix got = trainer_logits(&s.trainer, &s.batch.view);
                for (size_t i = 0; i < got.rows; i++) {
                    const float *was = logits + i * OUTPUTS;
                    for (size_t k = 0; with && k < OUTPUTS; k++) // a weight put together anew is
                        CHECK_CLOSE(row_at(got, i)[k], was[k],   // the old one up to rounding
                                    methods[m]->weight ? 1e-5 : 0);
                    memcpy(logits + i * OUTPUTS, row_at(got, i), OUTPUTS * sizeof *logits);
                }
            }
            small_end(&s);
        }
    }
}

static void a_merged_layer_is_the_one_it_was_merged_from(void)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        Small s;
        float before[MOST_SEQUENCES * OUTPUTS];
        begin_with(&s, 3, seed);
        if (small_open(&s)) {
            small_stir(&s);
            Description merged = s.description;
            Described d;
            Matrix logits = trainer_logits(&s.trainer, &s.batch.view);
            for (size_t i = 0; i < logits.rows; i++)
                memcpy(before + i * OUTPUTS, row_at(logits, i), OUTPUTS * sizeof *before);
            merged.merged = true;
            merged.training = false;
            const Plan *placed = NULL;
            if (CHECK(describe(s.arena, &merged, &d, &s.error) &&
                      (placed = plan(s.arena, d.graph, &s.batch.view.extent, &s.error)))) {
                Runner *runner = runner_new(s.arena, placed, s.trainer.state,
                                            arena_take(s.arena, plan_bytes(placed), 1));
                CHECK(nodes_of(d.graph, "add_product") == 0);
                runner_step(runner, &s.batch.view, &step_options);
                logits = runner_value(runner, d.logits);
                for (size_t i = 0; i < logits.rows; i++)
                    for (size_t k = 0; k < OUTPUTS; k++)
                        CHECK_CLOSE(row_at(logits, i)[k], before[i * OUTPUTS + k], 1e-5);
            }
        }
        small_end(&s);
    }
}

// ---- untrained models

static void untrained_models_begin_as_they_should(void)
{
    static const struct {
        const char *name;
        InitKind kind;
        double scale;
    } cases[] = {
        { "bert.embeddings.word_embeddings.weight", INIT_NORMAL, 0.68 / 3.4641016151 },
        { "bert.embeddings.position_embeddings.weight", INIT_SINUSOIDS, 0.06 },
        { "bert.embeddings.LayerNorm.weight", INIT_CONSTANT, 1 },
        { "bert.embeddings.LayerNorm.bias", INIT_CONSTANT, 0 },
        { "bert.encoder.layer.1.output.dense.weight", INIT_NORMAL, 0.68 / 3.4641016151 },
        { "bert.encoder.layer.1.output.dense.bias", INIT_CONSTANT, 0 },
    };
    Small s;
    small_begin(&s, named("full"), 1);
    CHECK(small_plan(&s));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Parameter *p = graph_find(s.plans.eval.graph, cases[i].name);
        CHECK(p && p->init.kind == cases[i].kind);
        CHECK_CLOSE(p ? p->init.scale : NAN, cases[i].scale, 1e-9);
    }
    s.description.pretrained = true;
    CHECK(small_plan(&s));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(graph_find(s.plans.eval.graph, cases[i].name)->init.kind == INIT_GIVEN);
    CHECK(graph_find(s.plans.eval.graph, "classifier.weight")->init.kind == INIT_NORMAL);
    small_end(&s);
}

// ---- checkpoints

static bool written(Arena *arena, const TensorOut *tensor, size_t count, Checkpoint *checkpoint)
{
    Error error;
    const char *path = path_join(arena, test_folder(), "model.safetensors");
    return CHECK(checkpoint_write(path, tensor, count, NULL, &error) &&
                 checkpoint_open(arena, path, checkpoint, &error));
}

static void a_tensor_of_a_checkpoint_is_given_when_its_shape_is_right(void)
{
    enum { ROWS_OF_W = 129, COLS_OF_W = 128 };
    static const float number[ROWS_OF_W * COLS_OF_W] = { 1, 2, 3, 4, 5, 6 };
    const TensorOut tensors[] = {
        { .name = "bert.encoder.layer.0.output.dense.weight",
          .rank = 2,
          .shape = { ROWS_OF_W, COLS_OF_W },
          .data = number },
        { .name = "encoder.layer.0.output.dense.bias", .rank = 1, .shape = { 3 }, .data = number },
        { .name = "bert.embeddings.LayerNorm.gamma", .rank = 1, .shape = { 6 }, .data = number },
    };
    Error error;
    Arena *arena = arena_new((size_t)1 << 24, &error);
    Checkpoint checkpoint;
    if (written(arena, tensors, 3, &checkpoint)) {
        static float out[ROWS_OF_W * COLS_OF_W];
        Parameter W = { .name = tensors[0].name, .rows = ROWS_OF_W, .cols = COLS_OF_W, .rank = 2 };
        Parameter b = {
            .name = "bert.encoder.layer.0.output.dense.bias", .rows = 1, .cols = 3, .rank = 1
        };
        Parameter gain = {
            .name = "bert.embeddings.LayerNorm.weight", .rows = 1, .cols = 6, .rank = 1
        };
        const float *given = checkpoint_giver(&checkpoint, &W, out, &error);
        CHECK(given && same_bits(given, number, 6));
        CHECK(given && (const uint8_t *)given >= checkpoint.bytes.data && given != out);
        W.trained = true; // then its numbers are to be written
        CHECK(checkpoint_giver(&checkpoint, &W, out, &error) == out && same_bits(out, number, 6));
        CHECK(checkpoint_giver(&checkpoint, &b, out, &error) == out); // too small to be mapped
        given = checkpoint_giver(&checkpoint, &gain, out, &error);
        CHECK(given && same_bits(given, number, 6));
        W.rows = 3, W.cols = 2;
        CHECK(!checkpoint_giver(&checkpoint, &W, out, &error));
        CHECK_ERROR(&error, ERROR_INPUT,
                    "layer.0.output.dense.weight: has the wrong shape for con");
        CHECK_ERROR(&error, ERROR_INPUT, "should be a tensor of 3 x 2");
        W.rows = 3, W.cols = 3;
        CHECK(!checkpoint_giver(&checkpoint, &W, out, &error));
        CHECK_ERROR(&error, ERROR_INPUT, "should be a tensor of 3 x 3");
        b.cols = 6, b.rows = 1, b.rank = 1;
        CHECK(!checkpoint_giver(&checkpoint, &b, out, &error));
        CHECK_ERROR(&error, ERROR_INPUT, "should be a tensor of 6");
        gain.rank = 2;
        CHECK(!checkpoint_giver(&checkpoint, &gain, out, &error));
        CHECK_ERROR(&error, ERROR_INPUT, "has the wrong shape");
        gain.name = "bert.embeddings.LayerNorm.other";
        CHECK(!checkpoint_giver(&checkpoint, &gain, out, &error));
        CHECK_ERROR(&error, ERROR_INPUT,
                    "model.safetensors: bert.embeddings.LayerNorm.other: is mi");
        checkpoint_close(&checkpoint);
    }
    arena_free(arena);
}

static void what_a_checkpoint_brings_decides_the_head(void)
{
    static const float number[] = { 0 };
    static const char *const names[] = { "bert.pooler.dense.weight", "cls.seq_relationship.weight",
                                         "cls.predictions.transform.dense.weight", "other" };
    for (unsigned which = 0; which < 8; which++) {
        Error error;
        Arena *arena = arena_new((size_t)1 << 24, &error);
        Checkpoint checkpoint;
        TensorOut tensor[4];
        size_t count = 0;
        for (unsigned i = 0; i < 4; i++)
            if (i == 3 || which >> i & 1)
                tensor[count++] =
                    (TensorOut){ .name = names[i], .rank = 2, .shape = { 1, 1 }, .data = number };
        if (written(arena, tensor, count, &checkpoint)) {
            CHECK(checkpoint_has_pooler(&checkpoint) == (which & 1));
            CHECK(checkpoint_has_mlm(&checkpoint) == (which >> 2 & 1));
            CHECK(head_resolve(HEAD_AUTO, &checkpoint) == (which & 2 ? HEAD_POOLER : HEAD_MEAN));
            for (int h = 0; h < SOME_HEADS; h++)
                CHECK(head_resolve(heads[h], &checkpoint) == heads[h]);
            checkpoint_close(&checkpoint);
        }
        arena_free(arena);
    }
}

// all-MiniLM-L6-v2 in F16: the encoder's vectors of eight inputs, from another program in F64.

static void close_to_list(Matrix m, size_t row, const json_t *list, const char *what)
{
    CHECK(json_array_size(list) == m.cols);
    double worst = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        worst = fmax(worst,
                     fabs((double)row_at(m, row)[i] - json_number_value(json_array_get(list, i))));
    if (!CHECK(worst <= 1e-5))
        printf("%s of input %zu differs by %g\n", what, row, worst);
}

static void a_public_model_gives_the_vectors_that_it_should(void)
{
    enum { INPUTS = 8, ROOM = 256 };
    static int32_t token[ROOM], type[ROOM], position[ROOM];
    uint32_t offset[INPUTS + 1] = { 0 }, example[INPUTS] = { 0 };
    json_t *line[INPUTS] = { NULL };
    Small s;
    Checkpoint checkpoint;
    Bytes bytes;
    if (!shared_folder() || !folder_exists("../shared/models/all-MiniLM-L6-v2")) {
        skip("no ../shared/models/all-MiniLM-L6-v2");
        return;
    }
    small_begin(&s, NULL, 1);
    const char *folder = "../shared/models/all-MiniLM-L6-v2";
    bool read = config_read(path_join(s.arena, folder, "config.json"), &s.config, &s.error) &&
                file_read(s.arena, path_join(s.arena, folder, "expected.jsonl"), &bytes, &s.error);
    Extent extent = { .sequences = INPUTS };
    const uint8_t *at = bytes.data;
    for (size_t i = 0; i < INPUTS && read; i++) {
        const uint8_t *end = memchr(at, '\n', (size_t)(bytes.data + bytes.size - at));
        read = end && (line[i] = json_parse((Bytes){ at, (size_t)(end - at) }, "expected.jsonl",
                                            &s.error));
        size_t length = json_array_size(json_object_get(line[i], "ids"));
        for (size_t t = 0; t < length && extent.tokens < ROOM; t++, extent.tokens++) {
            token[extent.tokens] =
                (int32_t)json_integer_value(json_array_get(json_object_get(line[i], "ids"), t));
            type[extent.tokens] = (int32_t)json_integer_value(
                json_array_get(json_object_get(line[i], "type_ids"), t));
            position[extent.tokens] = (int32_t)t;
        }
        offset[i + 1] = (uint32_t)extent.tokens;
        extent.squares += length * length;
        extent.longest = length > extent.longest ? length : extent.longest;
        at = end ? end + 1 : at;
    }
    const Batch batch = { .extent = extent,
                          .offset = offset,
                          .example = example,
                          .token = token,
                          .type = type,
                          .position = position };
    Described d;
    const Plan *placed = NULL;
    State *state = NULL;
    s.description.pretrained = true;
    if (CHECK(read && extent.tokens == 87 &&
              checkpoint_open(s.arena, path_join(s.arena, folder, "model.safetensors"), &checkpoint,
                              &s.error))) {
        if (CHECK(describe_features(s.arena, &s.description, VECTOR_HEADS, &d, &s.error) &&
                  (placed = plan(s.arena, d.graph, &extent, &s.error)) &&
                  (state = state_new(s.arena, &d.graph, 1, 1, checkpoint_giver, &checkpoint,
                                     &s.error)))) {
            Runner *runner =
                runner_new(s.arena, placed, state, arena_take(s.arena, plan_bytes(placed), 1));
            runner_step(runner, &batch, &step_options);
            for (size_t i = 0; i < INPUTS; i++) {
                close_to_list(runner_value(runner, d.pooled[HEAD_LINEAR]), i,
                              json_object_get(line[i], "cls"), "cls");
                close_to_list(runner_value(runner, d.pooled[HEAD_MEAN]), i,
                              json_object_get(line[i], "mean"), "mean");
                close_to_list(runner_value(runner, d.pooled[HEAD_POOLER]), i,
                              json_object_get(line[i], "pooler"), "pooler");
            }
        }
        checkpoint_close(&checkpoint);
    } else
        printf("%s\n", s.error.text);
    for (size_t i = 0; i < INPUTS; i++)
        json_decref(line[i]);
    small_end(&s);
}

void suite_bert(void)
{
    ADD(every_head_and_method_plays_like_its_twin_and_has_its_slopes);
    ADD(each_rate_has_its_places_and_each_place_its_site);
    ADD(every_activation_of_a_config_gives_logits_of_its_own);
    ADD(the_masked_language_model_loss_is_its_twins_and_ties_the_embedding);
    ADD(a_sequence_has_the_same_logits_in_any_batch);
    ADD(masks_do_not_depend_on_the_batch);
    ADD(types_positions_and_order_count_and_places_do_not);
    ADD(evaluation_draws_nothing);
    ADD(heads_on_the_first_token_compute_one_query_a_sequence_and_the_same);
    ADD(calm_leaves_dropout_above_trained_parameters_alone);
    ADD(a_probe_has_a_backward_of_two_nodes);
    ADD(heads_have_their_parameters);
    ADD(methods_share_the_head_they_start_with);
    ADD(methods_that_claim_it_start_from_the_same_function);
    ADD(a_merged_layer_is_the_one_it_was_merged_from);
    ADD(untrained_models_begin_as_they_should);
    ADD(a_tensor_of_a_checkpoint_is_given_when_its_shape_is_right);
    ADD(what_a_checkpoint_brings_decides_the_head);
    ADD(a_public_model_gives_the_vectors_that_it_should);
}
