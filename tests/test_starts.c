// test_starts.c: parameters that start from others, from a method's hook to the row.
#include "tests/program.h"
#include "tests/small_model.h"
#include "tests/test.h"
#include <string.h>

static void copied(float *out, const Parameter *parameter, const Matrix *from, uint64_t seed)
{
    (void)seed;
    CHECK((int64_t)from[0].rows == parameter->rows && (int64_t)from[0].cols == parameter->cols);
    memcpy(out, from[0].data, from[0].rows * from[0].cols * sizeof *out);
}

// ---- a weight that trains in the place of the checkpoint's

static Value own_weight(Build *build, const Linear *at, const void *options)
{
    (void)options;
    Value W = trained(build, at, "W", at->out, at->in, (Init){ INIT_CONSTANT, 0 });
    starts_from(build, W, copied, NULL, (Value[]){ at->W, NO_VALUE, NO_VALUE, NO_VALUE });
    return W;
}

static const Method replaced = { .name = "replaced", .weight = own_weight };
static const Method bare = { .name = "bare" };

static void a_source_that_nothing_else_reads_is_still_there(void)
{
    Small s;
    float plain[MOST_SEQUENCES * OUTPUTS];
    small_begin(&s, &bare, 1);
    if (small_open(&s)) {
        Matrix logits = trainer_logits(&s.trainer, &s.batch.view);
        for (size_t r = 0; r < logits.rows; r++)
            memcpy(plain + r * OUTPUTS, row_at(logits, r), OUTPUTS * sizeof *plain);
        s.description.method.method = &replaced;
        if (small_open(&s)) {
            const Slot *W = state_find(s.trainer.state, "replaced.1.q.W");
            const Slot *from =
                state_find(s.trainer.state, "bert.encoder.layer.1.attention.self.query.weight");
            CHECK(W && W->is.trained && from && !from->is.trained);
            CHECK(W && from && same_bits(W->value, from->value, W->count));
            logits = trainer_logits(&s.trainer, &s.batch.view);
            for (size_t r = 0; r < logits.rows; r++)
                CHECK(same_bits(row_at(logits, r), plain + r * OUTPUTS, OUTPUTS));
        }
    }
    small_end(&s);
}

// ---- a source that starts from others itself

static Value chain(Build *build, const Linear *at, bool first_made_last)
{
    Value a = trained(build, at, "a", at->out, at->in, (Init){ INIT_CONSTANT, 0 });
    Value b = trained(build, at, "b", at->out, at->in, (Init){ INIT_CONSTANT, 0 });
    const Value from_W[] = { at->W, NO_VALUE, NO_VALUE, NO_VALUE };
    const Value from_a[] = { a, NO_VALUE, NO_VALUE, NO_VALUE };
    if (first_made_last)
        starts_from(build, b, copied, NULL, from_a);
    starts_from(build, a, copied, NULL, from_W);
    if (!first_made_last)
        starts_from(build, b, copied, NULL, from_a);
    return add(build->graph, a, b);
}

static Value chain_down(Build *build, const Linear *at, const void *options)
{
    (void)options;
    return chain(build, at, false);
}

static Value chain_up(Build *build, const Linear *at, const void *options)
{
    (void)options;
    return chain(build, at, true);
}

static void a_source_that_starts_from_others_is_refused_in_either_order(void)
{
    for (int up = 0; up < 2; up++) {
        const Method method = { .name = "chained", .weight = up ? chain_up : chain_down };
        Small s;
        small_begin(&s, &method, 1);
        CHECK(!small_plan(&s));
        CHECK_ERROR(&s.error, ERROR_WORK, "chained.0.q.a: starts from other parameters");
        small_end(&s);
    }
}

// ---- a source that trains: the row compares with what it was

static bool gains(const ParameterAt *at, const void *options)
{
    (void)options;
    return at->kind == KIND_GAIN && at->site == SITE_FFN;
}

// A vector without any effect, at the gain's start or at zero.
static Value idle(Build *build, const Branch *at, bool from_gain)
{
    Value v =
        trained_vector(build, build->config->hidden, (Init){ INIT_CONSTANT, 0 }, "%d.v", at->layer);
    if (at->site != SITE_FFN)
        return add_scaled_value(build->graph, at->y, scale_columns(build->graph, at->y, v), 0);
    if (from_gain)
        starts_from(build, v, copied, NULL, (Value[]){ at->gain, NO_VALUE, NO_VALUE, NO_VALUE });
    return at->y;
}

static Value idle_from_gain(Build *build, const Branch *at, const void *options)
{
    (void)options;
    return idle(build, at, true);
}

static Value idle_from_zero(Build *build, const Branch *at, const void *options)
{
    (void)options;
    return idle(build, at, false);
}

static int64_t count(const Config *config, bool pooler, const void *options)
{
    (void)pooler, (void)options;
    return 2 * config->layers * config->hidden;
}

static Whole changed_by(Arena *arena, const Method *method, const char *task, const char *out)
{
    Request request;
    Error error;
    Row row;
    row_clear(&row);
    bool ok = small_request(arena, "head", task, SETTINGS("out", out), &request, &error);
    request.method = method;
    if (!CHECK(ok && run(arena, &request, NULL, NULL, &row, &error)))
        printf("%s\n", error.text);
    return row.params_changed;
}

static void what_started_from_a_source_that_has_moved_has_not_changed(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *task = small_task(arena, folder, "task");
    Method method = { .name = "idle",
                      .rate = { 1e-2, 1e-2, 1e-2, 1e-2 },
                      .param = gains,
                      .branch = idle_from_gain,
                      .count = count };
    Whole from_gain = changed_by(arena, &method, task, path_join(arena, folder, "gain"));
    method.branch = idle_from_zero;
    CHECK(changed_by(arena, &method, task, path_join(arena, folder, "zero")) == from_gain);
    CHECK(from_gain > 0);
    arena_free(arena);
}

// ---- fewer sources than there may be, and not the first ones

static void second_copied(float *out, const Parameter *parameter, const Matrix *from, uint64_t seed)
{
    CHECK(!from[0].data && !from[2].data && from[1].data);
    if (from[1].data)
        copied(out, parameter, &from[1], seed);
}

static Value second_weight(Build *build, const Linear *at, const void *options)
{
    (void)options;
    Value W = trained(build, at, "W", at->out, at->in, (Init){ INIT_CONSTANT, 0 });
    starts_from(build, W, second_copied, NULL, (Value[]){ NO_VALUE, at->W, NO_VALUE, NO_VALUE });
    return W;
}

static int64_t count_of_weights(const Config *config, bool pooler, const void *options)
{
    (void)pooler, (void)options;
    return config->layers *
           (4 * config->hidden * config->hidden + 2 * config->hidden * config->intermediate);
}

static void each_source_has_its_own_place(void)
{
    static const Method method = { .name = "second",
                                   .rate = { 1e-2, 1e-2, 1e-2, 1e-2 },
                                   .weight = second_weight,
                                   .count = count_of_weights };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *task = small_task(arena, folder, "task");
    CHECK(changed_by(arena, &method, task, path_join(arena, folder, "out")) > 0);
    arena_free(arena);
}

// ---- a tensor that stays

static Value beside_frozen(Build *build, const Linear *at, const void *options)
{
    (void)options;
    Init normal = { INIT_NORMAL, 1 };
    Value A = frozen_matrix(build, 2, at->in, normal, "A.%d", (int)at->site);
    Value B = trained(build, at, "B", at->out, 2, (Init){ INIT_CONSTANT, 0 });
    return add_product_t(build->graph, at->y, product_t(build->graph, at->x, A), B, 1);
}

static void a_frozen_matrix_is_the_method_s_and_stays(void)
{
    static const Method method = { .name = "m", .linear = beside_frozen };
    Small s;
    small_begin(&s, &method, 1);
    if (small_open(&s)) {
        const Slot *A = state_find(s.trainer.state, "m.A.0");
        Counts counts = counts_of(s.plans.backward);
        CHECK(A && !A->is.trained && A->is.part == PART_METHOD && A->value[0] != 0);
        // A of the six sites, which layers share, and B of each layer.
        int64_t in = 2 * (5 * HIDDEN + INTERMEDIATE);
        int64_t out = 2 * LAYERS * (5 * HIDDEN + INTERMEDIATE);
        CHECK(counts.method == in + out);
        CHECK(counts.trained == out + OUTPUTS * (HIDDEN + 1));
    }
    small_end(&s);
}

// ---- a tensor that stays, and is drawn again for the loss on held-out texts

static Value difference_of_two(Build *build, const Linear *at, const void *options)
{
    (void)options;
    if (at->site != SITE_Q)
        return at->y;
    Value A = frozen_matrix(build, 2, at->in, (Init){ INIT_NORMAL, 1 }, "%d.A", at->layer);
    Value C = frozen_matrix(build, at->out, 2, (Init){ INIT_NORMAL, 1 }, "%d.C", at->layer);
    Value B = trained(build, at, "B", 2, at->in, (Init){ INIT_CONSTANT, 0 });
    starts_from(build, B, copied, NULL, (Value[]){ A, NO_VALUE, NO_VALUE, NO_VALUE });
    Value more = add_product_t(build->graph, at->y, product_t(build->graph, at->x, A), C, 1);
    return add_product_t(build->graph, more, product_t(build->graph, at->x, B), C, -1);
}

static int64_t count_of_two(const Config *config, bool pooler, const void *options)
{
    (void)pooler, (void)options;
    return 2 * config->layers * config->hidden;
}

// Without a step B is still A: the function is the checkpoint's as long as A is the run's own.
static void what_stays_is_the_run_s_own_for_held_out_texts(void)
{
    static const Method method = { .name = "two",
                                   .rate = { 1e-2, 1e-2, 1e-2, 1e-2 },
                                   .linear = difference_of_two,
                                   .count = count_of_two };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *task = small_task(arena, folder, "task");
    const char *texts = path_join(arena, folder, "texts");
    write_text(texts, "the film was dull and the story cold\na lovely meal in a bright room\n");
    Request request;
    Row row;
    row_clear(&row);
    bool ok = small_request(arena, "head", task,
                            SETTINGS("out", path_join(arena, folder, "out"), "heldout", texts,
                                     "epochs", "0", "min-steps", "0", "init-seed", "5"),
                            &request, &error);
    request.method = &method;
    if (!CHECK(ok && run(arena, &request, NULL, NULL, &row, &error)))
        printf("%s\n", error.text);
    CHECK(row.mlm_before > 0);
    CHECK_CLOSE(row.mlm_after, row.mlm_before, 1e-4);
    arena_free(arena);
}

// ---- a hook without an answer

static Value no_linear(Build *build, const Linear *at, const void *options)
{
    (void)build, (void)options;
    return at->site == SITE_V && at->layer == 1 ? NO_VALUE : at->y;
}

static Value no_branch(Build *build, const Branch *at, const void *options)
{
    (void)build, (void)at, (void)options;
    return NO_VALUE;
}

static Value no_head(Build *build, Value pooled, const void *options)
{
    (void)build, (void)pooled, (void)options;
    return NO_VALUE;
}

static void a_hook_without_an_answer_is_named(void)
{
    static const Method method[] = { { .name = "m", .linear = no_linear },
                                     { .name = "m", .branch = no_branch },
                                     { .name = "m", .head = no_head } };
    static const char *const says[] = {
        "layer 1 v: m: its hook `linear` gave none; should be a value",
        "layer 0 attn m: m: its hook `branch` gave none",
        "m: its hook `head` gave none",
    };
    for (int i = 0; i < 3; i++) {
        Small s;
        small_begin(&s, &method[i], 1);
        s.error.text[0] = '\0';
        CHECK(!small_plan(&s));
        CHECK_ERROR(&s.error, ERROR_WORK, says[i]);
        small_end(&s);
    }
}

void suite_starts(void)
{
    ADD(a_source_that_nothing_else_reads_is_still_there);
    ADD(each_source_has_its_own_place);
    ADD(a_source_that_starts_from_others_is_refused_in_either_order);
    ADD(a_frozen_matrix_is_the_method_s_and_stays);
    ADD(what_stays_is_the_run_s_own_for_held_out_texts);
    ADD(a_hook_without_an_answer_is_named);
    ADD(what_started_from_a_source_that_has_moved_has_not_changed);
}
