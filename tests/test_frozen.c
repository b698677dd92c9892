// test_frozen.c: the frozen-prefix cache: when there is one, and that a run with it is the run
// without it up to rounding.
#include "train/frozen.h"
#include "run/resolve.h"
#include "tests/program.h"
#include "tests/small_model.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXAMPLES = 11, BATCH = 4, STEPS = 20 };

// The last layer, and the head. Written here, so that the cache is seen to follow from the graph.
static bool last_layer(const ParameterAt *at, const void *options)
{
    (void)options;
    return at->layer == LAYERS - 1 || at->site == SITE_POOLER;
}
static bool head_only(const ParameterAt *at, const void *options)
{
    (void)options;
    return at->site == SITE_POOLER;
}
// The biases of values, in every layer: beneath them lies but one linear layer.
static bool low(const ParameterAt *at, const void *options)
{
    (void)options;
    return at->site == SITE_V && at->kind == KIND_BIAS;
}
static const Method top = { .name = "top", .claims = CALM_WHEN_FROZEN, .param = last_layer };
static const Method probe = { .name = "probe", .claims = CALM_WHEN_FROZEN, .param = head_only };
static const Method values = { .name = "values", .claims = CALM_WHEN_FROZEN, .param = low };

typedef struct {
    Small small;
    Tokens tokens;
    Batches steps;
    Plans whole, cut;
    Frozen frozen;
} Case;

static Tokens some_tokens(Case *c)
{
    Arena *arena = c->small.arena;
    uint32_t *offset = arena_zero(arena, EXAMPLES + 1, sizeof *offset);
    int32_t *token = arena_zero(arena, EXAMPLES * LONGEST, sizeof *token);
    int32_t *type = arena_zero(arena, EXAMPLES * LONGEST, sizeof *type);
    int32_t *label = arena_zero(arena, EXAMPLES, sizeof *label);
    for (size_t e = 0; e < EXAMPLES; e++) {
        offset[e + 1] = offset[e] + (uint32_t)(1 + below(c->small.pool, LONGEST));
        label[e] = (int32_t)below(c->small.pool, OUTPUTS);
        for (uint32_t t = offset[e]; t < offset[e + 1]; t++)
            token[t] = (int32_t)below(c->small.pool, VOCABULARY);
    }
    return (Tokens){
        .count = EXAMPLES, .offset = offset, .token = token, .type = type, .label = label
    };
}

static bool case_open(Case *c, const Method *method, Head head, bool frozen_dropout, double memory)
{
    Small *s = &c->small;
    Budget budget = { .memory = memory };
    small_begin(s, method, 7);
    s->description.head = head;
    s->description.frozen_dropout = frozen_dropout;
    c->tokens = some_tokens(c);
    batches_shuffled(s->arena, &c->tokens, BATCH, STEPS, 5, &c->steps);
    if (!CHECK(plans_make(s->arena, &s->description, &c->steps.largest, &c->steps.largest,
                          &c->whole, &s->error)))
        return false;
    c->cut = c->whole;
    return CHECK(frozen_plan(s->arena, &c->tokens, &c->steps, BATCH, &budget, &c->cut, &c->frozen,
                             &s->error));
}

// Trains and gives the logits of a batch of every length.
static Matrix trained_logits(Case *c, const Plans *plans)
{
    Small *s = &c->small;
    Trainer trainer;
    Kept kept;
    BatchBuffer buffer = batch_buffer(s->arena, &c->steps.largest);
    Matrix logits = { arena_take(s->arena, BATCH * OUTPUTS, sizeof(float)), BATCH, OUTPUTS,
                      OUTPUTS };
    if (!CHECK(trainer_new(s->arena, plans, NULL, 3, 9, &s->training, &trainer, &s->error)))
        return logits;
    if (plans->prefix_plan) {
        const Graph *graph = plan_graph(plans->prefix_plan);
        const Batches *once = &c->frozen.batches;
        kept_lay(s->arena, graph, &c->tokens, arena_take(s->arena, kept_room(graph, &c->tokens), 1),
                 &kept);
        CHECK(kept_fill(s->arena, &kept, trainer.prefix, once, once->steps, kept_copy, NULL, NULL,
                        NULL));
        trainer.kept = &kept;
    }
    for (size_t step = 0; step < STEPS; step++) {
        size_t begin = c->steps.begin[step], count = c->steps.begin[step + 1] - begin;
        size_t part = step % 3 == 1 && count > 1 ? 1 : count; // now and then in two parts
        for (size_t at = 0; at < count; at += part, part = count - at) {
            Batch batch = batch_fill(&buffer, &c->tokens, c->steps.order + begin + at, part);
            trainer_backward(&trainer, &batch, (int64_t)step, (double)part / (double)count);
        }
        trainer_update(&trainer, (int64_t)step);
    }
    Batch batch = batch_fill(&buffer, &c->tokens, c->steps.order, BATCH);
    Matrix got = trainer_logits(&trainer, &batch);
    for (size_t r = 0; r < got.rows; r++)
        memcpy(row_at(logits, r), row_at(got, r), OUTPUTS * sizeof(float));
    trainer_free(&trainer);
    return logits;
}

static void training_on_kept_rows_is_training(void)
{
    for (int head = HEAD_POOLER; head <= HEAD_MLP; head++)
        for (int m = 0; m < 2; m++) {
            Case c;
            if (case_open(&c, m ? &top : &probe, (Head)head, false, 1e9) &&
                CHECK(c.cut.prefix_plan != NULL)) {
                Matrix whole = trained_logits(&c, &c.whole), less = trained_logits(&c, &c.cut);
                double most = 0;
                for (size_t i = 0; i < BATCH * OUTPUTS; i++) {
                    most = fmax(most, fabs((double)whole.data[i]));
                    if (!CHECK_CLOSE(less.data[i], whole.data[i], 1e-5))
                        printf("head %s, %s\n", head_names[head], m ? "top" : "probe");
                }
                CHECK(most > 0.1); // logits to speak of
            }
            small_end(&c.small);
        }
}

// Its leaves would hold whatever is there.
static void a_cut_step_without_kept_rows_stops_the_program(void)
{
    Case c;
    if (case_open(&c, &probe, HEAD_MEAN, false, 1e9) && CHECK(c.cut.prefix_plan != NULL)) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            Trainer trainer;
            BatchBuffer buffer = batch_buffer(c.small.arena, &c.steps.largest);
            if (!freopen("/dev/null", "w", stderr) ||
                !trainer_new(c.small.arena, &c.cut, NULL, 3, 9, &c.small.training, &trainer,
                             &c.small.error))
                _exit(1);
            Batch batch = batch_fill(&buffer, &c.tokens, c.steps.order, BATCH);
            trainer_backward(&trainer, &batch, 0, 1);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) > 1); // a sanitizer may turn it into exit
    }
    small_end(&c.small);
}

static void a_head_keeps_one_row_an_example_and_a_layer_its_tokens(void)
{
    Case c;
    if (case_open(&c, &probe, HEAD_MEAN, false, 1e9))
        CHECK(c.frozen.bytes == EXAMPLES * HIDDEN * sizeof(float));
    small_end(&c.small);
    if (case_open(&c, &top, HEAD_MEAN, false, 1e9))
        CHECK(c.frozen.bytes == c.tokens.offset[EXAMPLES] * HIDDEN * sizeof(float));
    small_end(&c.small);
}

static void the_budget_holds_whole_or_not_at_all(void)
{
    Case c;
    double exact = EXAMPLES * HIDDEN * sizeof(float);
    if (case_open(&c, &probe, HEAD_MEAN, false, exact))
        CHECK(c.cut.prefix_plan && c.frozen.batches.steps == 3);
    small_end(&c.small);
    if (case_open(&c, &probe, HEAD_MEAN, false, exact - 1))
        CHECK(!c.cut.prefix_plan && c.frozen.bytes == 0 && c.cut.train_plan == c.whole.train_plan);
    small_end(&c.small);
}

static void dropout_below_the_head_leaves_nothing_to_keep(void)
{
    Case c;
    if (case_open(&c, &probe, HEAD_MEAN, true, 1e9))
        CHECK(!c.cut.prefix_plan && c.frozen.batches.steps == 0);
    small_end(&c.small);
}

// What is frozen beneath a bias of layer 0 is a few products of many.
static void what_would_save_little_is_not_kept(void)
{
    Case c;
    if (case_open(&c, &values, HEAD_MEAN, false, 1e9)) {
        Cut halves;
        CHECK(cut(c.small.arena, c.whole.train.graph, c.whole.train.loss, &halves, &c.small.error));
        CHECK(halves.values > 0 && !c.cut.prefix_plan);
    }
    small_end(&c.small);
}

// ---- a run

static Row row_with(Arena *arena, const char *task, const char *cache, const char *out)
{
    Request request;
    Error error;
    Row row;
    const char *settings[] = {
        "epochs", "4", "max-length", "64", "cache", cache, "out", out, NULL
    };
    row_clear(&row);
    if (!CHECK(small_request(arena, "head", task, settings, &request, &error) &&
               run(arena, &request, NULL, NULL, &row, &error)))
        printf("%s\n", error.text);
    return row;
}

static void a_row_says_what_the_cache_took_and_saved(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *task = small_task(arena, folder, "task");
    Row with = row_with(arena, task, "1", path_join(arena, folder, "with"));
    Row without = row_with(arena, task, "0", path_join(arena, folder, "without"));
    CHECK_TEXT(with.key, without.key);
    CHECK(with.flops < without.flops / 2 && with.flops > without.flops / 40);
    CHECK(with.feature_s > 0 && isfinite(with.cache_saved_s));
    CHECK(isnan(without.feature_s) && isnan(without.cache_saved_s));
    CHECK(with.tokens == without.tokens);
    CHECK_CLOSE(with.loss, without.loss, 1e-5);
    CHECK_CLOSE(with.gflops_per_s, with.flops / (with.train_s + with.feature_s) / 1e9, 1e-9);
    CHECK(with.plan_weights == without.plan_weights);
    CHECK(with.arena_peak <= with.plan_peak + 4096);
    arena_free(arena);
}

// The longest evaluation takes more than a step; both the rows and its plan are there at once.
static void kept_rows_lie_beside_the_largest_plan(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *task = small_task(arena, folder, "task");
    const char *row = "lovely";
    for (int i = 0; i < 60; i++)
        row = arena_format(arena, "%s story", row);
    const char *dev = "text,label\n";
    for (int i = 0; i < 30; i++)
        dev = arena_format(arena, "%s%s,%s\n", dev, row, i % 2 ? "good" : "bad");
    write_text(path_join(arena, task, "dev.csv"), dev);
    Row with = row_with(arena, task, "1", path_join(arena, folder, "with"));
    Row without = row_with(arena, task, "0", path_join(arena, folder, "without"));
    CHECK(without.plan_peak < without.eval_plan_peak);
    CHECK(with.eval_plan_peak == without.eval_plan_peak);
    CHECK(with.plan_peak == with.eval_plan_peak + 48 * 128 * 4); // a row of tiny's width each
    CHECK(with.arena_peak <= with.plan_peak);
    Request request;
    Resolved resolved;
    FilesRead *files = files_new(arena);
    const char *settings[] = { "epochs", "4", "max-length", "64", "cache", "1", NULL };
    CHECK(small_request(arena, "head", task, settings, &request, &error) &&
          resolve(arena, files, &request, &resolved, &error));
    CHECK(resolved.bytes == (size_t)with.plan_peak);
    files_close(files);
    arena_free(arena);
}

static bool refuses(void *context, int64_t step, int64_t steps, double loss, double tokens_per_s)
{
    int *calls = context;
    (void)steps;
    CHECK(step == 0 && isnan(loss) && isnan(tokens_per_s));
    return ++*calls < 2;
}

static void an_interruption_is_heard_before_the_first_step(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *task = small_task(arena, folder, "task");
    const char *settings[] = { "epochs", "4", "batch", "4", "out", path_join(arena, folder, "out"),
                               NULL };
    Request request;
    Row row;
    int calls = 0;
    CHECK(small_request(arena, "head", task, settings, &request, &error));
    CHECK(!run(arena, &request, refuses, &calls, &row, &error));
    CHECK_ERROR(&error, ERROR_INTERRUPTED, "before the first step");
    CHECK(calls == 2);
    arena_free(arena);
}

void suite_frozen(void)
{
    ADD(training_on_kept_rows_is_training);
    ADD(a_cut_step_without_kept_rows_stops_the_program);
    ADD(a_head_keeps_one_row_an_example_and_a_layer_its_tokens);
    ADD(the_budget_holds_whole_or_not_at_all);
    ADD(dropout_below_the_head_leaves_nothing_to_keep);
    ADD(what_would_save_little_is_not_kept);
    ADD(a_row_says_what_the_cache_took_and_saved);
    ADD(kept_rows_lie_beside_the_largest_plan);
    ADD(an_interruption_is_heard_before_the_first_step);
}
