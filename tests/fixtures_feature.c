// fixtures_feature.c: the runs of DIR/training/other/feature.json: the method feature on the
// vectors of 60 sentences, against Newton's method and a plain solver in float64. Their
// coefficients are of the standardised columns: ours are taken back there.
#include "tests/fixtures_model.h"
#include <math.h>
#include <string.h>

static bool goes_on(void *context)
{
    (void)context;
    return true;
}

static Head head_of(const char *pooling)
{
    return !strcmp(pooling, "cls")    ? HEAD_LINEAR
           : !strcmp(pooling, "mean") ? HEAD_MEAN
                                      : HEAD_POOLER;
}

static void moments(Matrix x, size_t column, bool standardise, double *mean, double *sd)
{
    double n = (double)x.rows, squares = 0;
    *mean = 0;
    for (size_t r = 0; r < x.rows; r++)
        *mean += (double)row_at(x, r)[column] / n;
    for (size_t r = 0; r < x.rows; r++)
        squares += pow((double)row_at(x, r)[column] - *mean, 2) / n;
    *mean = standardise ? *mean : 0;
    *sd = standardise ? sqrt(squares) : 1;
}

// Of vector k: the head's row k, or the difference of its two rows.
static double number_at(const float *rows, size_t outputs, size_t cols, size_t k, size_t j)
{
    double own = (double)rows[k * cols + j];
    return outputs == 2 ? (double)rows[cols + j] - own : own;
}

static void coefficients(Fixtures *fixtures, const json_t *run, Matrix x, const Fitted *fitted,
                         size_t outputs, size_t number)
{
    const json_t *rows = json_object_get(run, "coefficients");
    const json_t *tolerances = json_object_get(run, "tolerance");
    double tolerance = number_of(tolerances, "coefficients"), mean, sd;
    bool standardise = json_is_true(json_object_get(run, "standardise"));
    const float *W = fitted->tensor[0].number, *b = fitted->tensor[1].number;
    expect(fixtures, json_array_size(rows) == (outputs == 2 ? 1 : outputs), "run %zu has %zu rows",
           number, json_array_size(rows));
    for (size_t k = 0; k < json_array_size(rows); k++) {
        double offset = number_at(b, outputs, 1, k, 0);
        for (size_t j = 0; j < x.cols; j++) {
            double w = number_at(W, outputs, x.cols, k, j);
            moments(x, j, standardise, &mean, &sd);
            offset += w * mean;
            expect_close(fixtures, w * sd,
                         json_number_value(json_array_get(json_array_get(rows, k), j)), tolerance,
                         "run %zu, coefficients[%zu][%zu]", number, k, j);
        }
        expect_close(fixtures, offset,
                     json_number_value(json_array_get(json_object_get(run, "intercepts"), k)),
                     tolerance, "run %zu, intercepts[%zu]", number, k);
    }
}

// Probabilities of classes, or what ridge says: of two classes the difference of the logits.
static void answers(Fixtures *fixtures, const json_t *run, Matrix x, const Fitted *fitted,
                    size_t outputs, size_t number)
{
    const json_t *chances = json_object_get(run, "test_probabilities");
    const json_t *rows = chances ? chances : json_object_get(run, "test_scores");
    double tolerance = number_of(json_object_get(run, "tolerance"), "test"), logit[3], sum;
    const float *W = fitted->tensor[0].number, *b = fitted->tensor[1].number;
    for (size_t r = 0; r < json_array_size(rows); r++) {
        const json_t *row = json_array_get(rows, r);
        sum = 0;
        for (size_t k = 0; k < outputs; k++) {
            logit[k] = (double)b[k];
            for (size_t j = 0; j < x.cols; j++)
                logit[k] += (double)W[k * x.cols + j] * (double)row_at(x, r)[j];
            sum += exp(logit[k]);
        }
        for (size_t k = 0; k < json_array_size(row); k++) {
            double got = chances        ? exp(logit[k]) / sum
                         : outputs == 2 ? logit[1] - logit[0]
                                        : logit[k];
            expect_close(fixtures, got, json_number_value(json_array_get(row, k)), tolerance,
                         "run %zu, %s[%zu][%zu]", number,
                         chances ? "test_probabilities" : "test_scores", r, k);
        }
    }
}

static bool set(Fixtures *fixtures, Request *request, const char *name, const char *value)
{
    Error error;
    return expect_read(
        fixtures, request_set(fixtures->arena, request, name, value, (Where){ 0 }, &error), &error);
}

static Request request_of(Fixtures *fixtures, const json_t *run)
{
    Error error;
    Request request = { .method = NULL };
    const char *strength = json_object_get(run, "C") ? "C" : "alpha";
    if (expect_read(fixtures, request_new(fixtures->arena, "feature", &request, &error), &error)) {
        set(fixtures, &request, "pooling", json_string_value(json_object_get(run, "pooling")));
        set(fixtures, &request, "classifier",
            json_string_value(json_object_get(run, "classifier")));
        set(fixtures, &request, "standardise",
            json_is_true(json_object_get(run, "standardise")) ? "yes" : "no");
        set(fixtures, &request, strength,
            arena_format(fixtures->arena, "%.17g", number_of(run, strength)));
    }
    return request;
}

static Matrix matrix_of(Arena *arena, const json_t *rows)
{
    size_t count = json_array_size(rows), cols = json_array_size(json_array_get(rows, 0));
    Matrix m = { arena_take(arena, count * cols + 1, sizeof(float)), count, cols, cols };
    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; c < cols; c++)
            row_at(m, r)[c] = (float)json_number_value(json_array_get(json_array_get(rows, r), c));
    return m;
}

void feature_runs(Fixtures *fixtures, const json_t *file)
{
    Arena *arena = fixtures->arena;
    const json_t *list = json_object_get(file, "targets");
    size_t count = json_array_size(list), number;
    float *target = arena_take(arena, count + 1, sizeof *target);
    int32_t *label = arena_take(arena, count + 1, sizeof *label);
    json_t *run;
    for (size_t i = 0; i < count; i++)
        target[i] = (float)json_number_value(json_array_get(list, i));
    json_array_foreach(json_object_get(file, "runs"), number, run)
    {
        const char *pooling = json_string_value(json_object_get(run, "pooling"));
        int classes = (int)number_of(run, "classes");
        size_t outputs = classes ? (size_t)classes : 1;
        Request request = request_of(fixtures, run);
        Fitted fitted = { .tensors = 0 };
        Error error;
        if (!request.method)
            return;
        list = json_object_get(file, arena_format(arena, "labels%d", classes));
        for (size_t i = 0; i < count; i++)
            label[i] = (int32_t)json_integer_value(json_array_get(list, i));
        Matrix train = matrix_of(
            arena, json_object_get(file, arena_format(arena, "features_%s_train", pooling)));
        Matrix test = matrix_of(
            arena, json_object_get(file, arena_format(arena, "features_%s_test", pooling)));
        Config config = { .hidden = (int64_t)train.cols };
        Fit fit = { .arena = arena,
                    .config = &config,
                    .train = { .count = count, .label = classes ? label : NULL, .target = target },
                    .outputs = (int)outputs,
                    .scores = !classes,
                    .go_on = goes_on };
        fit.train.under[head_of(pooling)] = train;
        if (!expect_read(fixtures, request.method->fit(&fit, request.options, &fitted, &error),
                         &error))
            return;
        coefficients(fixtures, run, train, &fitted, outputs, number);
        answers(fixtures, run, test, &fitted, outputs, number);
    }
}
