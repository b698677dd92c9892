// test_feature.c: what the method feature chooses and folds, and a run with it. (The solvers have
// suites of their own; `tunemark verify feature` checks the optimum on the vectors of a model.)
#include "base/file.h"
#include "engine/perceptron.h"
#include "engine/product.h"
#include "run/resolve.h"
#include "tests/run_bench.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

enum { ROWS = 30, WIDTH = 4 };

typedef struct {
    Arena *arena;
    Config config;
    Training training;
    Request request;
    Fit fit;
    Fitted fitted;
    int scored;    // times that a setting was scored
    int favourite; // the score of that time is 1, of the others 0; -1: all are equal
    Error error;
} Case;

static double score(void *context, Matrix logits)
{
    Case *c = context;
    CHECK(logits.rows == c->fit.tune.count && logits.cols == (size_t)c->fit.outputs);
    return c->scored++ == c->favourite;
}

static bool goes_on(void *context)
{
    (void)context;
    return true;
}

// Vectors of either pooling; the first columns tell the label.
static Vectors vectors(Arena *arena, size_t rows, int classes, uint64_t seed)
{
    int32_t *label = arena_take(arena, rows, sizeof *label);
    float *target = arena_take(arena, rows, sizeof *target);
    Vectors v = { .count = rows, .label = classes ? label : NULL, .target = target };
    for (int head = HEAD_LINEAR; head <= HEAD_MEAN; head++) {
        Matrix x = { arena_take(arena, rows * WIDTH, sizeof(float)), rows, WIDTH, WIDTH };
        for (size_t i = 0; i < rows * WIDTH; i++)
            x.data[i] = 0.8F * mix_float(&seed) + 2;
        for (size_t r = 0; r < rows; r++) {
            label[r] = (int32_t)(r % (size_t)(classes ? classes : 2));
            target[r] = (float)label[r] + 0.25F * (float)(r % 3);
            row_at(x, r)[label[r]] += head == HEAD_MEAN ? 1 : 0.5F;
        }
        v.under[head] = x;
    }
    return v;
}

static Case case_new(int classes)
{
    Case c = { .favourite = -1 };
    c.arena = arena_new(ARENA_RUN, &c.error);
    CHECK(request_new(c.arena, "feature", &c.request, &c.error));
    c.config = (Config){ .hidden = WIDTH, .initializer_range = 0.3 };
    c.training = (Training){ .schedule = SCHEDULE_CONSTANT,
                             .lr = 1e-2,
                             .head_lr = 1e-2,
                             .head_part = PART_HEAD,
                             .steps = 60,
                             .beta1 = 0.9,
                             .beta2 = 0.999,
                             .epsilon = 1e-8 };
    c.fit = (Fit){ .arena = c.arena,
                   .train = vectors(c.arena, ROWS, classes, 1),
                   .tune = vectors(c.arena, 12, classes, 2),
                   .outputs = classes ? classes : 1,
                   .scores = !classes,
                   .score = score,
                   .go_on = goes_on,
                   .batch = 8,
                   .dropout = 0.2,
                   .init_seed = 1,
                   .order_seed = 2,
                   .dropout_seed = 3 };
    return c;
}

static bool fitted(Case *c, const char *const *settings)
{
    for (; settings && settings[0]; settings += 2)
        CHECK(
            request_set(c->arena, &c->request, settings[0], settings[1], (Where){ 0 }, &c->error));
    c->fit.config = &c->config;
    c->fit.training = &c->training;
    c->fit.context = c;
    c->scored = 0;
    c->fitted = (Fitted){ .tensors = 0 };
    if (CHECK(c->request.method->fit(&c->fit, c->request.options, &c->fitted, &c->error)))
        return true;
    printf("%s\n", c->error.text);
    return false;
}

// ---- what is chosen

static void settings_are_tried_from_the_strongest_penalty_on(void)
{
    static const struct {
        int favourite;
        const char *took;
        bool on_edge;
        Head head;
    } cases[] = { { -1, "pooling=cls;C=0.01", true, HEAD_LINEAR },
                  { 1, "pooling=mean;C=0.01", true, HEAD_MEAN },
                  { 4, "pooling=cls;C=1", false, HEAD_LINEAR },
                  { 7, "pooling=mean;C=10", true, HEAD_MEAN } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Case c = case_new(2);
        c.favourite = cases[i].favourite;
        if (fitted(&c, NULL)) {
            CHECK(c.scored == 8 && c.fitted.trials == 8);
            CHECK_TEXT(c.fitted.tried, "pooling=cls,mean;C=0.01,0.1,1,10");
            CHECK_TEXT(c.fitted.took, cases[i].took);
            CHECK(c.fitted.on_edge == cases[i].on_edge && c.fitted.head == cases[i].head);
        }
        arena_free(c.arena);
    }
    Case c = case_new(0);
    if (fitted(&c, SETTINGS("classifier", "ridge"))) {
        CHECK_TEXT(c.fitted.tried, "pooling=cls,mean;alpha=10,1,0.1,0.01");
        CHECK_TEXT(c.fitted.took, "pooling=cls;alpha=10");
    }
    arena_free(c.arena);
}

static void what_is_given_is_not_searched(void)
{
    Case c = case_new(2);
    if (fitted(&c, SETTINGS("pooling", "mean", "C", "3"))) {
        CHECK(c.scored == 0 && c.fitted.trials == 0 && !c.fitted.on_edge);
        CHECK_TEXT(c.fitted.took, "pooling=mean;C=3");
    }
    if (fitted(&c, SETTINGS("C", "auto")))
        CHECK(c.scored == 4 && c.fitted.trials == 4 && c.fitted.head == HEAD_MEAN);
    arena_free(c.arena);
}

static void without_tune_rows_it_is_the_mean_and_1(void)
{
    Case c = case_new(2);
    c.fit.tune.count = 0;
    if (fitted(&c, NULL)) {
        CHECK(c.scored == 0 && c.fitted.trials == 0);
        CHECK_TEXT(c.fitted.took, "pooling=mean;C=1");
    }
    arena_free(c.arena);
}

// L1: tune may choose, but never be fitted on, nor standardised by.
static void another_tune_part_changes_no_weight_of_a_setting(void)
{
    static const char *const classifiers[] = { "logistic", "ridge", "mlp" };
    for (int i = 0; i < 3; i++) {
        Case c = case_new(3);
        if (fitted(&c, SETTINGS("classifier", classifiers[i], "pooling", "cls", "hidden", "5"))) {
            Fitted before = c.fitted;
            c.fit.tune = vectors(c.arena, 40, 3, 99);
            if (fitted(&c, NULL))
                for (size_t t = 0; t < before.tensors; t++)
                    CHECK(before.tensor[t].number[0] == c.fitted.tensor[t].number[0] &&
                          before.tensor[t].number[2] == c.fitted.tensor[t].number[2]);
        }
        arena_free(c.arena);
    }
}

// ---- what is folded

static void two_classes_are_one_vector_and_its_negative(void)
{
    Case c = case_new(2);
    if (fitted(&c, SETTINGS("pooling", "cls", "C", "1"))) {
        const float *W = c.fitted.tensor[0].number, *b = c.fitted.tensor[1].number;
        CHECK_TEXT(c.fitted.tensor[0].name, "classifier.weight");
        CHECK_TEXT(c.fitted.tensor[1].name, "classifier.bias");
        for (int j = 0; j < WIDTH; j++)
            CHECK(W[j] == -W[WIDTH + j]);
        CHECK(b[0] == -b[1]);
        CHECK(W[WIDTH + 1] > 0 && W[WIDTH] < 0); // column 1 is larger where the label is 1
    }
    arena_free(c.arena);
}

static void a_wider_column_has_a_weight_as_much_smaller(void)
{
    Case c = case_new(2), wide = case_new(2);
    const float *W, *V;
    for (size_t r = 0; r < ROWS; r++) {
        float *x = row_at(wide.fit.train.under[HEAD_LINEAR], r);
        x[2] = 8 * x[2] - 16;
    }
    if (fitted(&c, SETTINGS("pooling", "cls", "C", "1")) &&
        fitted(&wide, SETTINGS("pooling", "cls", "C", "1"))) {
        W = c.fitted.tensor[0].number, V = wide.fitted.tensor[0].number;
        for (int j = 0; j < WIDTH; j++)
            CHECK_CLOSE(V[j] * (j == 2 ? 8 : 1), W[j], 1e-5);
        CHECK_CLOSE(wide.fitted.tensor[1].number[0],
                    (double)c.fitted.tensor[1].number[0] + 16 * (double)V[2], 1e-4);
    }
    arena_free(c.arena);
    arena_free(wide.arena);
}

// The head of mlp on the vectors as they are says what the perceptron says on standardised ones.
static void mlp_folds_standardising_into_its_layer(void)
{
    enum { UNITS = 5 };
    Case c = case_new(3);
    if (fitted(&c, SETTINGS("classifier", "mlp", "hidden", "5", "pooling", "cls"))) {
        const Matrix x = c.fit.train.under[HEAD_LINEAR];
        Design design = design_new(c.arena, x, true);
        Perceptron is = { .hidden = UNITS,
                          .outputs = 3,
                          .dropout = 0.2,
                          .deviation = 0.3,
                          .dense = "head.dense",
                          .last = "classifier",
                          .part = PART_HEAD,
                          .init_seed = 1,
                          .order_seed = 2,
                          .dropout_seed = 3,
                          .batch = 8,
                          .training = c.training };
        Layers layers;
        double z[WIDTH];
        CHECK(perceptron_fit(c.arena, &design, c.fit.train.label, NULL, &is, NULL, NULL, &layers,
                             &c.error));
        CHECK(c.fitted.tensors == 4);
        const float *U = c.fitted.tensor[0].number, *u = c.fitted.tensor[1].number;
        for (size_t r = 0; r < ROWS; r++) {
            design_block(&design, r, 1, z);
            for (int h = 0; h < UNITS; h++) {
                double raw = (double)u[h], standard = (double)layers.c[h];
                for (int j = 0; j < WIDTH; j++) {
                    raw += (double)U[h * WIDTH + j] * (double)row_at(x, r)[j];
                    standard += (double)layers.U[h * WIDTH + j] * z[j];
                }
                CHECK_CLOSE(raw, standard, 1e-5);
            }
        }
        CHECK(!memcmp(c.fitted.tensor[2].number, layers.W, 3 * UNITS * sizeof(float)));
    }
    arena_free(c.arena);
}

// Exclusive or is nothing to a linear classifier.
static void a_perceptron_learns_what_no_line_divides(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    float x[] = { 0, 0, 0, 1, 1, 0, 1, 1 };
    int32_t label[] = { 0, 1, 1, 0 };
    Design design = design_new(arena, (Matrix){ x, 4, 2, 2 }, true);
    Perceptron is = { .hidden = 16,
                      .outputs = 2,
                      .deviation = 0.5,
                      .dense = "dense",
                      .last = "last",
                      .batch = 3,
                      .training = { .schedule = SCHEDULE_CONSTANT,
                                    .lr = 2e-2,
                                    .head_lr = 2e-2,
                                    .steps = 600,
                                    .beta1 = 0.9,
                                    .beta2 = 0.999,
                                    .epsilon = 1e-8 } };
    Layers layers;
    double z[2];
    CHECK(perceptron_fit(arena, &design, label, NULL, &is, NULL, NULL, &layers, &error));
    for (size_t r = 0; r < 4; r++) {
        double y[2] = { (double)layers.b[0], (double)layers.b[1] };
        design_block(&design, r, 1, z);
        for (int h = 0; h < 16; h++) {
            double unit = (double)layers.c[h] + (double)layers.U[2 * h] * z[0] +
                          (double)layers.U[2 * h + 1] * z[1];
            for (int k = 0; k < 2; k++)
                y[k] += fmax(unit, 0) * (double)layers.W[k * 16 + h];
        }
        CHECK(label[r] ? y[1] > y[0] + 1 : y[0] > y[1] + 1);
    }
    arena_free(arena);
}

// ---- a run

static Row row_of(Bench *b, const char *out, const char *const *settings)
{
    Request request;
    Error error;
    Row row;
    row_clear(&row);
    if (!CHECK(small_request(b->arena, "feature", b->task, settings, &request, &error) &&
               request_set(b->arena, &request, "out", path_join(b->arena, b->folder, out),
                           (Where){ 0 }, &error) &&
               run(b->arena, &request, NULL, NULL, &row, &error)))
        printf("%s\n", error.text);
    return row;
}

static const char *predictions(Bench *b, const char *out, const Row *row)
{
    return read_text(b->arena,
                     arena_format(b->arena, "%s/%s/predictions/%s.csv", b->folder, out, row->key));
}

static void a_row_tells_the_search_within_the_run(void)
{
    Bench b = run_bench();
    Row row = row_of(&b, "auto", NULL);
    CHECK_TEXT(row.head, "auto");
    CHECK(row.trials == 8 && row.search_s > 0 && row.feature_s > row.search_s);
    CHECK(row.search_space &&
          strstr(row.search_space, "pooling=cls,mean;C=0.01,0.1,1,10: pooling="));
    CHECK_TEXT(row.options, "feature.C=auto;feature.alpha=auto;feature.classifier=logistic;"
                            "feature.hidden=128;feature.pooling=auto;feature.standardise=yes");
    CHECK(row.params_trained == 129 && row.params_head == 129 && row.params_changed == 129);
    CHECK(row.steps == 0 && isnan(row.lr) && isnan(row.train_s));
    CHECK(row.plan_gradients == 0 && row.plan_optimizer == 0);
    CHECK(row.arena_peak <= row.plan_peak + 4096);
    CHECK(row.flops > 0 && row.score > row.majority_score);
    arena_free(b.arena);
}

// Each setting is fitted from the same start, whatever was tried before it.
static void what_was_chosen_gives_the_same_bits_when_it_is_given(void)
{
    Bench b = run_bench();
    Row first = row_of(&b, "auto", NULL), again = row_of(&b, "again", NULL);
    CHECK_TEXT(again.key, first.key);
    CHECK_TEXT(predictions(&b, "again", &again), predictions(&b, "auto", &first));
    const char *took = strstr(first.search_space, ": pooling=") + strlen(": pooling=");
    size_t length = strcspn(took, ";");
    const char *pooling = arena_format(b.arena, "%.*s", (int)length, took);
    const char *C = took + length + strlen(";C=");
    Row given = row_of(&b, "given", SETTINGS("pooling", pooling, "C", C));
    CHECK(strcmp(given.key, first.key) != 0 && given.trials == WHOLE_UNKNOWN);
    CHECK_TEXT(given.head, !strcmp(pooling, "cls") ? "linear" : "mean");
    CHECK_CLOSE(given.loss, first.loss, 1e-5); // one vector alone is computed: other products
    arena_free(b.arena);
}

static void with_tune_among_the_training_rows_nothing_is_searched(void)
{
    Bench b = run_bench();
    const char *folder = path_join(b.arena, b.folder, "kept");
    Row both = row_of(&b, "both", SETTINGS("train-on", "train+tune", "cache-folder", folder));
    CHECK(both.tune_n == 0 && isnan(both.tune_score) && both.trials == WHOLE_UNKNOWN);
    CHECK_TEXT(both.head, "auto"); // the row says what that was
    CHECK_TEXT(both.search_space, "pooling=mean;C=1: pooling=mean;C=1");
    Row given =
        row_of(&b, "given", SETTINGS("train-on", "train+tune", "pooling", "mean", "C", "1"));
    CHECK(!given.search_space);
    CHECK_CLOSE(given.loss, both.loss, 1e-5);
    arena_free(b.arena);
}

static void mlp_has_steps_and_the_linear_ones_none(void)
{
    Bench b = run_bench();
    Row mlp =
        row_of(&b, "mlp",
               SETTINGS("classifier", "mlp", "hidden", "7", "pooling", "mean", "min-steps", "40"));
    CHECK(mlp.steps == 40 && mlp.lr == 1e-3 && mlp.head_new == 1);
    CHECK(mlp.params_trained == 7 * 129 + 2 * 8);
    Row ridge = row_of(&b, "ridge", SETTINGS("classifier", "ridge", "min-steps", "40"));
    CHECK(ridge.steps == 0 && isnan(ridge.lr) && ridge.head_new == 0);
    arena_free(b.arena);
}

static bool refuses(void *context, int64_t step, int64_t steps, double loss, double tokens_per_s)
{
    int *calls = context;
    (void)step, (void)steps, (void)loss, (void)tokens_per_s;
    return ++*calls < 20; // among the iterations of the first setting
}

// Of `feature`, fitted by `fit`, whose caller refuses when `tell` does.
static void is_interrupted(bool (*fit)(const Fit *, const void *, Fitted *, Error *),
                           bool (*tell)(void *, int64_t, int64_t, double, double))
{
    Bench b = run_bench();
    Request request;
    Error error;
    Row row;
    int calls = 0;
    CHECK(small_request(b.arena, "feature", b.task,
                        SETTINGS("out", path_join(b.arena, b.folder, "out")), &request, &error));
    Method method = *request.method;
    method.fit = fit ? fit : method.fit;
    request.method = &method;
    CHECK(!run(b.arena, &request, tell, &calls, &row, &error));
    CHECK_ERROR(&error, ERROR_INTERRUPTED, "before the first step");
    arena_free(b.arena);
}

static void an_interruption_is_heard_within_a_fit(void)
{
    is_interrupted(NULL, refuses);
}

// It hears the no, and goes on.
static bool deaf(const Fit *fit, const void *options, Fitted *is, Error *error)
{
    Fit patient = *fit;
    for (int i = 0; i < 30; i++)
        fit->go_on(fit->context);
    patient.go_on = goes_on;
    return method_find("feature", error)->fit(&patient, options, is, error);
}

static bool refuses_once(void *context, int64_t step, int64_t steps, double loss,
                         double tokens_per_s)
{
    int *calls = context;
    (void)step, (void)steps, (void)loss, (void)tokens_per_s;
    return ++*calls != 20;
}

static void a_fit_that_was_told_to_stop_is_of_no_use_whatever_it_says(void)
{
    is_interrupted(deaf, refuses_once);
}

static void what_does_not_fit_together_is_refused_before_anything_is_computed(void)
{
    static const struct {
        const char *settings[5], *says;
        bool scores;
    } cases[] = {
        { { "classifier", "logistic" },
          "logistic has classes, and the task has scores; should be ridge",
          true },
        { { "pooling", "pooler" },
          "the checkpoint has no pooler; should be auto, cls or mean",
          false },
        { { "alpha", "2" }, "alpha: is ridge's", false },
        { { "C", "2", "classifier", "ridge" }, "C: is logistic's", false },
        { { "head", "mean" }, "head: feature has options of its own that decide it", false },
    };
    Bench b = run_bench();
    const char *pairs = small_pairs(b.arena, b.folder, "pairs");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Request request;
        Resolved resolved;
        Error error;
        FilesRead *files = files_new(b.arena);
        CHECK(small_request(b.arena, "feature", cases[i].scores ? pairs : b.task, cases[i].settings,
                            &request, &error));
        CHECK(!resolve(b.arena, files, &request, &resolved, &error));
        CHECK_ERROR(&error, ERROR_INPUT, cases[i].says);
        files_close(files);
    }
    arena_free(b.arena);
}

static void a_task_with_scores_is_for_ridge(void)
{
    Bench b = run_bench();
    b.task = small_pairs(b.arena, b.folder, "pairs");
    Row row = row_of(&b, "out", NULL), given = row_of(&b, "out", SETTINGS("classifier", "ridge"));
    CHECK(strstr(row.options, "classifier=ridge") != NULL);
    CHECK_TEXT(row.key, given.key);
    CHECK(row.params_trained == 129 && isfinite(row.score) && isfinite(row.rmse));
    arena_free(b.arena);
}

void suite_feature(void)
{
    ADD(settings_are_tried_from_the_strongest_penalty_on);
    ADD(what_is_given_is_not_searched);
    ADD(without_tune_rows_it_is_the_mean_and_1);
    ADD(another_tune_part_changes_no_weight_of_a_setting);
    ADD(two_classes_are_one_vector_and_its_negative);
    ADD(a_wider_column_has_a_weight_as_much_smaller);
    ADD(mlp_folds_standardising_into_its_layer);
    ADD(a_perceptron_learns_what_no_line_divides);
    ADD(a_row_tells_the_search_within_the_run);
    ADD(what_was_chosen_gives_the_same_bits_when_it_is_given);
    ADD(with_tune_among_the_training_rows_nothing_is_searched);
    ADD(mlp_has_steps_and_the_linear_ones_none);
    ADD(an_interruption_is_heard_within_a_fit);
    ADD(a_fit_that_was_told_to_stop_is_of_no_use_whatever_it_says);
    ADD(what_does_not_fit_together_is_refused_before_anything_is_computed);
    ADD(a_task_with_scores_is_for_ridge);
}
