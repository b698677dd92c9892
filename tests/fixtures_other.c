// fixtures_other.c: DIR/training/other/*.json: schedules, AdamW with clipping, number formats of
// checkpoints, features of a frozen encoder.
#include "tests/fixtures_model.h"
#include <math.h>
#include <string.h>

// ---- schedule.json: the rate of every step; warm-up steps of a ratio

static void schedules(Fixtures *fixtures, const char *folder, const json_t *file)
{
    static const char *const names[] = { "linear", "constant", "cosine" };
    size_t i, t;
    json_t *one, *rate;
    (void)folder;
    json_array_foreach(json_object_get(file, "schedules"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "schedule"));
        Schedule schedule = SCHEDULE_LINEAR;
        while (schedule <= SCHEDULE_COSINE && name && strcmp(names[schedule], name))
            schedule++;
        expect(fixtures, name && schedule <= SCHEDULE_COSINE, "schedule %zu is unknown", i);
        json_array_foreach(json_object_get(one, "table"), t, rate)
        {
            double expected = json_number_value(rate);
            expect_close(fixtures,
                         schedule_rate(schedule, number_of(one, "lr"), (int64_t)t,
                                       (int64_t)number_of(one, "warmup_steps"),
                                       (int64_t)number_of(one, "steps")),
                         expected, 1e-12 * expected, "schedule %zu, step %zu", i, t);
        }
    }
    json_array_foreach(json_object_get(file, "ratios"), i, one) expect_close(
        fixtures,
        (double)schedule_warmup(number_of(one, "ratio"), (int64_t)number_of(one, "steps")),
        number_of(one, "warmup_steps"), 0, "warm-up of ratio %zu", i);
}

// ---- optimizer.json: given gradients on small tensors

static void floats_of(const json_t *list, float *out)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        out[i] = (float)json_number_value(json_array_get(list, i));
}

typedef struct {
    const char *name;
    size_t count;
    bool matrix;
    float *value, *m, *v, *gradient;
} Tensor_;

static void optimizer_run(Fixtures *fixtures, const json_t *initial, const json_t *run,
                          size_t number)
{
    Arena *arena = fixtures->arena;
    const json_t *options = json_object_get(run, "options");
    size_t tensors = json_object_size(initial), k = 0, t;
    Tensor_ *tensor = arena_zero(arena, tensors, sizeof *tensor);
    const char *name;
    json_t *one, *step;
    json_object_foreach((json_t *)(uintptr_t)initial, name, one)
    {
        const json_t *values = json_object_get(one, "values");
        size_t count = json_array_size(values);
        tensor[k] = (Tensor_){ .name = name,
                               .count = count,
                               .matrix = json_array_size(json_object_get(one, "shape")) == 2,
                               .value = arena_zero(arena, count, sizeof(float)),
                               .m = arena_zero(arena, count, sizeof(float)),
                               .v = arena_zero(arena, count, sizeof(float)),
                               .gradient = arena_zero(arena, count, sizeof(float)) };
        floats_of(values, tensor[k++].value);
    }
    json_array_foreach(json_object_get(run, "steps"), t, step)
    {
        double squares = 0;
        for (k = 0; k < tensors; k++) {
            floats_of(json_object_get(step, arena_format(arena, "grad_%s", tensor[k].name)),
                      tensor[k].gradient);
            squares += sum_squares(tensor[k].gradient, tensor[k].count);
        }
        expect_close(fixtures, sqrt(squares), number_of(step, "grad_norm"),
                     1e-5 * number_of(step, "grad_norm"), "run %zu, grad_norm of step %zu", number,
                     t);
        for (k = 0; k < tensors; k++) {
            AdamW adam = { .beta1 = number_of(options, "beta1"),
                           .beta2 = number_of(options, "beta2"),
                           .epsilon = number_of(options, "eps"),
                           .rate = number_of(step, "lr"),
                           .decay = tensor[k].matrix ? number_of(options, "weight_decay") : 0,
                           .clip = clip_factor(number_of(options, "clip"), sqrt(squares)),
                           .t = (int64_t)t + 1 };
            adamw(tensor[k].value, tensor[k].m, tensor[k].v, tensor[k].gradient, tensor[k].count,
                  adamw_factors(&adam));
            const json_t *after =
                json_object_get(step, arena_format(arena, "after_%s", tensor[k].name));
            for (size_t i = 0; i < tensor[k].count; i++) {
                double expected = json_number_value(json_array_get(after, i));
                expect_close(fixtures, (double)tensor[k].value[i], expected, 1e-5 * fabs(expected),
                             "run %zu, %s[%zu] after step %zu", number, tensor[k].name, i, t);
            }
        }
    }
}

static void optimizer(Fixtures *fixtures, const char *folder, const json_t *file)
{
    size_t i;
    json_t *run;
    (void)folder;
    json_array_foreach(json_object_get(file, "runs"), i, run)
        optimizer_run(fixtures, json_object_get(file, "initial"), run, i);
}

// ---- dtype.json: logits and [CLS] norms of one model in three number formats

static void row_expected(Fixtures *fixtures, const float *row, const json_t *expected,
                         double tolerance, const char *what, size_t index)
{
    for (size_t k = 0; k < json_array_size(expected); k++)
        expect_close(fixtures, (double)row[k], json_number_value(json_array_get(expected, k)),
                     tolerance, "%s[%zu][%zu]", what, index, k);
}

static const Method *nothing(void)
{
    Error error;
    return method_find("null", &error);
}

// The encoder's vectors of a batch: cls, mean and pooler of each sequence.
typedef struct {
    Matrix cls, mean, pooler;
} Pooled;

static bool vectors_of(Fixtures *fixtures, const char *folder, const Batch *batch, Model *model,
                       Pooled *vectors)
{
    Error error;
    Arena *arena = fixtures->arena;
    Described *described = arena_zero(arena, 1, sizeof *described);
    Description description = { .config = &model->config, .pretrained = true };
    const Plan *placed = NULL;
    State *state = NULL;
    if (!expect_read(fixtures,
                     config_read(path_join(arena, folder, "config.json"), &model->config, &error) &&
                         checkpoint_open(arena, path_join(arena, folder, "model.safetensors"),
                                         &model->checkpoint, &error),
                     &error))
        return false;
    if (!expect_read(fixtures,
                     describe_features(arena, &description, VECTOR_HEADS, described, &error) &&
                         (placed = plan(arena, described->graph, &batch->extent, &error)) &&
                         (state = state_new(arena, &described->graph, 1, 1, checkpoint_giver,
                                            &model->checkpoint, &error)),
                     &error)) {
        checkpoint_close(&model->checkpoint);
        return false;
    }
    Runner *runner = runner_new(arena, placed, state, arena_take(arena, plan_bytes(placed) + 1, 1));
    runner_step(runner, batch, &(StepOptions){ .weight = 1 });
    *vectors = (Pooled){ runner_value(runner, described->pooled[HEAD_LINEAR]),
                         runner_value(runner, described->pooled[HEAD_MEAN]),
                         runner_value(runner, described->pooled[HEAD_POOLER]) };
    return true;
}

static void dtype(Fixtures *fixtures, const char *folder, const json_t *file)
{
    Arena *arena = fixtures->arena;
    size_t i, r;
    json_t *one, *row;
    json_array_foreach(json_object_get(file, "models"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "model"));
        const char *path = arena_format(arena, "%s/%s", folder, name);
        const json_t *weight = json_object_get(file, "classifier_weight");
        double tolerance = number_of(file, "tolerance");
        Batch batch = packed(arena, json_object_get(file, "batch"), 0, SIZE_MAX);
        Model model;
        Pooled vectors;
        Description description = { .method = { .method = nothing() },
                                    .head = HEAD_POOLER,
                                    .outputs = (int)json_array_size(weight) };
        if (!model_open(fixtures, path, &description, NULL, &batch.extent, &(Training){ 0 },
                        &model))
            return;
        Slot *W = state_find(model.trainer.state, "classifier.weight");
        Slot *b = state_find(model.trainer.state, "classifier.bias");
        json_array_foreach(weight, r, row) floats_of(row, W->value + r * (size_t)W->is.cols);
        floats_of(json_object_get(file, "classifier_bias"), b->value);
        Matrix logits = trainer_logits(&model.trainer, &batch);
        json_array_foreach(json_object_get(one, "logits"), r, row)
            row_expected(fixtures, row_at(logits, r), row, tolerance, name, r);
        model_close(&model);
        if (!vectors_of(fixtures, path, &batch, &model, &vectors))
            return;
        json_array_foreach(json_object_get(one, "cls_norms"), r, row)
            expect_close(fixtures, sqrt(sum_squares(row_at(vectors.cls, r), vectors.cls.cols)),
                         json_number_value(row), tolerance, "%s: cls_norms[%zu]", name, r);
        checkpoint_close(&model.checkpoint);
    }
}

// ---- feature.json: the vectors themselves, then what is solved on them

static void features(Fixtures *fixtures, const char *folder, const json_t *file)
{
    static const char *const parts[] = { "train", "test" };
    static const char *const poolings[] = { "cls", "mean", "pooler" };
    Arena *arena = fixtures->arena;
    for (int part = 0; part < 2; part++) {
        json_t *batch_json = json_object();
        Model model;
        Pooled vectors;
        size_t r;
        json_t *row;
        json_object_set(batch_json, "sequences",
                        json_object_get(file, arena_format(arena, "sequences_%s", parts[part])));
        Batch batch = packed(arena, batch_json, 0, SIZE_MAX);
        json_decref(batch_json);
        if (!vectors_of(fixtures,
                        arena_format(arena, "%s/%s", folder,
                                     json_string_value(json_object_get(file, "model"))),
                        &batch, &model, &vectors))
            return;
        const Matrix of[] = { vectors.cls, vectors.mean, vectors.pooler };
        for (int p = 0; p < 3; p++) {
            const char *key = arena_format(arena, "features_%s_%s", poolings[p], parts[part]);
            double noise = number_of(json_object_get(file, "float32"), poolings[p]);
            json_array_foreach(json_object_get(file, key), r, row)
                row_expected(fixtures, row_at(of[p], r), row, fmax(1e-5, 8 * noise), key, r);
        }
        checkpoint_close(&model.checkpoint);
    }
    feature_runs(fixtures, file);
}

void other_fixtures(Fixtures *fixtures, const char *folder)
{
    static const struct {
        const char *name;
        void (*compare)(Fixtures *, const char *, const json_t *);
    } files[] = { { "dtype.json", dtype },
                  { "feature.json", features },
                  { "optimizer.json", optimizer },
                  { "schedule.json", schedules } };
    Error error;
    const char **names;
    size_t count;
    Arena *arena = fixtures->arena;
    folder = arena_format(arena, "%s/training/other", folder);
    if (!folder_list(arena, folder, ".json", &names, &count, &error))
        return;
    for (size_t i = 0; i < count; i++) {
        size_t f = 0, mark = arena_mark(arena);
        const char *name = arena_format(arena, "other/%s", names[i]);
        while (f < sizeof files / sizeof *files && strcmp(files[f].name, names[i]))
            f++;
        if (f == sizeof files / sizeof *files) {
            case_skip(fixtures, name, "unknown kind of file");
            continue;
        }
        json_t *file = json_open(path_join(arena, folder, names[i]), &error);
        case_begin(fixtures, name);
        if (expect_read(fixtures, file != NULL, &error))
            files[f].compare(fixtures, folder, file);
        case_end(fixtures);
        json_decref(file);
        arena_rewind(arena, mark);
    }
}
