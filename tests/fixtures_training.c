// fixtures_training.c: DIR/training/GROUP/CASE.json: logits before, every step's loss, gradient
// norm and rate, each tensor's gradient and change by norm and probe, logits and
// masked-language-model loss after. The probe of a tensor v is sum v[i] sin(i + 1): a transposed
// one has another.
#include "tests/fixtures_model.h"
#include "run/heldout.h"
#include <math.h>
#include <string.h>

static double probe(const float *v, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)v[i] * sin((double)i + 1);
    return sum;
}

static double norm(const float *v, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)v[i] * (double)v[i];
    return sqrt(sum);
}

static double tolerance_of(const json_t *c, const char *key)
{
    return number_of(json_object_get(c, "tolerance"), key);
}

static double noise_of(const json_t *tensor, size_t index, double floor)
{
    return fmax(floor,
                8 * json_number_value(json_array_get(json_object_get(tensor, "dev32"), index)));
}

// An option of the case as a user would type it: a list is joined by +, a truth is yes or no.
static const char *option_value(Arena *arena, const json_t *value)
{
    char *text = arena_text(arena, "");
    if (json_is_boolean(value))
        return json_is_true(value) ? "yes" : "no";
    if (json_is_string(value))
        return arena_text(arena, json_string_value(value));
    if (json_is_number(value))
        return arena_format(arena, "%.17g", json_number_value(value));
    for (size_t i = 0; i < json_array_size(value); i++)
        text = arena_format(arena, "%s%s%s", text, i ? "+" : "",
                            json_string_value(json_array_get(value, i)));
    return text;
}

static bool request_of(Fixtures *fixtures, const json_t *c, Request *request)
{
    Error error;
    const char *name;
    json_t *value;
    if (!expect_read(fixtures,
                     request_new(fixtures->arena, json_string_value(json_object_get(c, "method")),
                                 request, &error),
                     &error))
        return false;
    json_object_foreach(json_object_get(c, "options"), name, value)
    {
        if (!expect_read(
                fixtures,
                request_set(fixtures->arena, request,
                            arena_format(fixtures->arena, "%s.%s", request->method->name, name),
                            option_value(fixtures->arena, value), (Where){ .item = "options" },
                            &error),
                &error))
            return false;
    }
    return true;
}

static int choice(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++)
        if (name && !strcmp(names[i], name))
            return i;
    return -1;
}

static Training training_of(const json_t *train)
{
    static const char *const schedules[] = { "linear", "constant", "cosine", NULL };
    const char *schedule = json_string_value(json_object_get(train, "schedule"));
    return (Training){
        .schedule = (Schedule)choice(schedules, schedule),
        .lr = number_of(train, "lr"),
        .head_lr = number_of(train, "lr"),
        .head_part = PART_HEAD,
        .warmup = (int64_t)number_of(train, "warmup"),
        .steps = (int64_t)number_of(train, "steps"),
        .weight_decay = number_of(train, "weight_decay"),
        .clip = number_of(train, "clip"),
        .beta1 = number_of(train, "beta1"),
        .beta2 = number_of(train, "beta2"),
        .epsilon = number_of(train, "eps"),
    };
}

// The parameters that the case gives, over those that the trainer began with.
static void start_from(Fixtures *fixtures, const char *folder, const json_t *c, Trainer *trainer)
{
    Error error;
    Checkpoint init;
    const char *name = json_string_value(json_object_get(c, "init"));
    if (!name)
        return;
    if (!expect_read(fixtures,
                     checkpoint_open(fixtures->arena,
                                     arena_format(fixtures->arena, "%s/%s", folder, name), &init,
                                     &error),
                     &error))
        return;
    for (size_t i = 0; i < init.tensors; i++) {
        Slot *slot = state_find(trainer->state, init.tensor[i].name);
        expect(fixtures, slot && slot->count == init.tensor[i].count,
               "%s is no parameter here, or has another size", init.tensor[i].name);
        if (slot && slot->count == init.tensor[i].count)
            tensor_read(&init.tensor[i], slot->value);
    }
    checkpoint_close(&init);
}

static void ends(Fixtures *fixtures, const json_t *c, Model *model, const char *when)
{
    const json_t *test = json_object_get(c, "test");
    Arena *arena = fixtures->arena;
    const char *key = arena_format(arena, "logits_%s", when);
    const json_t *logits = json_object_get(c, key);
    Batch batch = packed(arena, test, 0, SIZE_MAX);
    Matrix got = trainer_logits(&model->trainer, &batch);
    expect(fixtures, json_array_size(logits) == got.rows, "%s has %zu rows", key, got.rows);
    for (size_t r = 0; r < json_array_size(logits); r++)
        for (size_t k = 0; k < got.cols; k++)
            expect_close(fixtures, (double)row_at(got, r)[k],
                         json_number_value(json_array_get(json_array_get(logits, r), k)),
                         tolerance_of(c, key), "%s[%zu][%zu]", key, r, k);
    if (!json_object_get(c, "mlm"))
        return;
    key = arena_format(arena, "mlm_%s", when);
    batch = packed(arena, json_object_get(c, "mlm"), 0, SIZE_MAX);
    Heldout heldout = {
        .batch = &batch, .batches = 1, .picked = batch.extent.selected, .largest = batch.extent
    };
    Error error;
    double loss;
    trainer_settle(&model->trainer);
    if (expect_read(fixtures,
                    heldout_loss(&heldout, &model->plans.description, &model->checkpoint, 1,
                                 model->trainer.state, &loss, &error),
                    &error))
        expect_close(fixtures, loss, number_of(c, key), tolerance_of(c, key), "%s", key);
}

static void trained_tensors(Fixtures *fixtures, const json_t *c, const State *state)
{
    const json_t *trained = json_object_get(c, "trained"), *params = json_object_get(c, "params");
    int64_t count = 0, tensors = 0, method = 0;
    for (size_t i = 0; i < state->slots; i++)
        if (state->slot[i].is.trained) {
            tensors++;
            count += (int64_t)state->slot[i].count;
            method += state->slot[i].is.part == PART_METHOD ? (int64_t)state->slot[i].count : 0;
        }
    for (size_t i = 0; i < json_array_size(trained); i++) {
        const json_t *t = json_array_get(trained, i), *shape = json_object_get(t, "shape");
        const char *name = json_string_value(json_object_get(t, "name"));
        const Slot *slot = state_find(state, name);
        size_t rank = json_array_size(shape);
        expect(fixtures, slot && slot->is.trained, "%s is not trained", name);
        if (!slot)
            continue;
        expect(fixtures,
               slot->is.cols == json_integer_value(json_array_get(shape, rank - 1)) &&
                   slot->is.rows ==
                       (rank == 2 ? json_integer_value(json_array_get(shape, 0)) : (json_int_t)1),
               "%s has another shape", name);
        expect(fixtures, (slot->is.rank == 2) == json_is_true(json_object_get(t, "decay")),
               "%s decays otherwise", name);
    }
    expect(fixtures, (size_t)tensors == json_array_size(trained),
           "%lld tensors are trained; should be %zu", (long long)tensors, json_array_size(trained));
    expect_close(fixtures, (double)count, number_of(params, "trained"), 0, "trained parameters");
    expect_close(fixtures, (double)method, number_of(params, "method"), 0,
                 "the method's parameters");
}

static void first_gradients(Fixtures *fixtures, const json_t *c, const State *state)
{
    const json_t *trained = json_object_get(c, "trained");
    double whole = number_of(json_array_get(json_object_get(c, "steps"), 0), "grad_norm");
    for (size_t i = 0; i < json_array_size(trained); i++) {
        const json_t *t = json_array_get(trained, i);
        const Slot *slot = state_find(state, json_string_value(json_object_get(t, "name")));
        if (!slot || !slot->gradient)
            continue;
        double size = fmax(number_of(t, "grad_norm"), 1e-6 * whole);
        if (json_is_true(json_object_get(t, "noise"))) {
            expect(fixtures, norm(slot->gradient, slot->count) < 1e-5 * whole,
                   "the gradient of %s should be noise", slot->is.name);
            continue;
        }
        expect_close(fixtures, norm(slot->gradient, slot->count), number_of(t, "grad_norm"),
                     noise_of(t, 0, 1e-5) * size, "grad_norm of %s", slot->is.name);
        expect_close(fixtures, probe(slot->gradient, slot->count), number_of(t, "grad_probe"),
                     noise_of(t, 1, 1e-5) * size, "grad_probe of %s", slot->is.name);
    }
}

static void changes(Fixtures *fixtures, const json_t *c, const State *state, float *const *start)
{
    const json_t *trained = json_object_get(c, "trained");
    for (size_t i = 0; i < json_array_size(trained); i++) {
        const json_t *t = json_array_get(trained, i);
        const Slot *slot = state_find(state, json_string_value(json_object_get(t, "name")));
        if (!slot || !slot->is.trained || json_is_true(json_object_get(t, "noise")))
            continue;
        float *change = start[slot - state->slot];
        double size = number_of(t, "change_norm"), tolerance = noise_of(t, 2, 1e-4) * size;
        expect_close(fixtures, norm(slot->value, slot->count), number_of(t, "norm_after"),
                     tolerance + 1e-6 * number_of(t, "norm_after"), "norm_after of %s",
                     slot->is.name);
        for (size_t j = 0; j < slot->count; j++)
            change[j] = slot->value[j] - change[j];
        expect_close(fixtures, norm(change, slot->count), size, tolerance, "change_norm of %s",
                     slot->is.name);
        expect_close(fixtures, probe(change, slot->count), number_of(t, "change_probe"),
                     noise_of(t, 3, 1e-4) * size, "change_probe of %s", slot->is.name);
    }
}

// Half a unit of the twelfth digit: values are written with twelve.
static double half_digit(double value)
{
    return value > 0 ? 0.5 * pow(10, floor(log10(value)) - 11) : 0;
}

// One step in the parts of `micro`, or whole.
static void one_step(Fixtures *fixtures, const json_t *c, Model *model, int64_t t)
{
    const json_t *step = json_array_get(json_object_get(c, "steps"), (size_t)t);
    const json_t *micro = json_object_get(c, "micro");
    const json_t *micro_losses = json_object_get(step, "micro_losses");
    const Training *training = &model->trainer.training;
    size_t sequences = json_array_size(json_object_get(step, "sequences")), first = 0;
    double loss = 0;
    for (size_t part = 0; first < sequences; part++) {
        size_t count = micro ? (size_t)json_integer_value(json_array_get(micro, part)) : sequences;
        if (count == 0)
            break;
        Batch batch = packed(fixtures->arena, step, first, count);
        double weight = (double)count / (double)sequences;
        double mean = trainer_backward(&model->trainer, &batch, t, weight);
        if (micro_losses)
            expect_close(fixtures, mean, json_number_value(json_array_get(micro_losses, part)),
                         tolerance_of(c, "loss"), "loss of part %zu of step %lld", part,
                         (long long)t);
        loss += weight * mean;
        first += count;
    }
    expect_close(fixtures, loss, number_of(step, "loss"), tolerance_of(c, "loss"),
                 "loss of step %lld", (long long)t);
    if (t == 0)
        first_gradients(fixtures, c, model->trainer.state);
    double whole = trainer_update(&model->trainer, t), relative = tolerance_of(c, "grad_norm");
    expect_close(fixtures, whole, number_of(step, "grad_norm"),
                 relative * number_of(step, "grad_norm"), "grad_norm of step %lld", (long long)t);
    expect_close(fixtures, clip_factor(training->clip, whole), number_of(step, "clip_factor"),
                 relative * number_of(step, "clip_factor"), "clip_factor of step %lld",
                 (long long)t);
    double rate =
        schedule_rate(training->schedule, training->lr, t, training->warmup, training->steps);
    double expected = number_of(step, "lr");
    expect_close(fixtures, rate, expected, 1e-12 * expected + half_digit(expected),
                 "lr of step %lld", (long long)t);
}

static void played(Fixtures *fixtures, const char *folder, const json_t *c, const Request *request)
{
    static const char *const heads[] = { "auto", "pooler", "linear", "mean", "mlp", NULL };
    Arena *arena = fixtures->arena;
    const json_t *steps = json_object_get(c, "steps");
    int head = choice(heads, json_string_value(json_object_get(c, "head")));
    bool scores = !strcmp(json_string_value(json_object_get(c, "task")), "regression");
    Training training = training_of(json_object_get(c, "train"));
    Model model;
    if (head < 0 || (int)training.schedule < 0) {
        expect(fixtures, false, "has an unknown head or schedule");
        return;
    }
    Extent train = { 0 }, eval = packed(arena, json_object_get(c, "test"), 0, SIZE_MAX).extent;
    for (size_t t = 0; t < json_array_size(steps); t++)
        train = extent_max(train, packed(arena, json_array_get(steps, t), 0, SIZE_MAX).extent);
    const char *path =
        arena_format(arena, "%s/%s", folder, json_string_value(json_object_get(c, "model")));
    Description description = { .method = { request->method, request->options },
                                .head = (Head)head,
                                .outputs = (int)number_of(c, "labels"),
                                .scores = scores };
    if (!model_open(fixtures, path, &description, &train, &eval, &training, &model))
        return;
    start_from(fixtures, folder, c, &model.trainer);
    State *state = model.trainer.state;
    trained_tensors(fixtures, c, state);
    float **start = arena_zero(arena, state->slots, sizeof *start);
    for (size_t i = 0; i < state->slots; i++)
        if (state->slot[i].is.trained) {
            start[i] = arena_take(arena, state->slot[i].count, sizeof(float));
            memcpy(start[i], state->slot[i].value, state->slot[i].count * sizeof(float));
        }
    ends(fixtures, c, &model, "before");
    for (size_t t = 0; t < json_array_size(steps); t++)
        one_step(fixtures, c, &model, (int64_t)t);
    ends(fixtures, c, &model, "after");
    changes(fixtures, c, state, start);
    model_close(&model);
}

static void one_case(Fixtures *fixtures, const char *folder, const char *name, const char *path)
{
    Error error;
    Request request;
    size_t mark = arena_mark(fixtures->arena);
    json_t *c = json_open(path, &error);
    const char *task = json_string_value(json_object_get(c, "task"));
    if (c && task && !strcmp(task, "mlm"))
        case_skip(fixtures, name, "training of a masked language model");
    else {
        case_begin(fixtures, name);
        if (expect_read(fixtures, c != NULL, &error)) {
            expect(fixtures, task != NULL, "names no task");
            if (task && request_of(fixtures, c, &request))
                played(fixtures, folder, c, &request);
        }
        case_end(fixtures);
    }
    json_decref(c);
    arena_rewind(fixtures->arena, mark);
}

// A group is a folder of cases; models' folders and `other` are none.
void training_fixtures(Fixtures *fixtures, const char *folder)
{
    Error error;
    const char **groups, **cases;
    size_t group_count, case_count;
    Arena *arena = fixtures->arena;
    folder = arena_format(arena, "%s/training", folder);
    if (!folder_exists(folder)) {
        case_skip(fixtures, "training", "no such folder");
        return;
    }
    if (!folder_list(arena, folder, "", &groups, &group_count, &error))
        return;
    for (size_t g = 0; g < group_count; g++) {
        const char *group = path_join(arena, folder, groups[g]);
        if (!folder_exists(group) || !strcmp(groups[g], "other") ||
            file_exists(path_join(arena, group, "config.json")) ||
            !folder_list(arena, group, ".json", &cases, &case_count, &error))
            continue;
        for (size_t i = 0; i < case_count; i++)
            one_case(fixtures, group,
                     arena_format(arena, "%s/%.*s", groups[g], (int)strlen(cases[i]) - 5, cases[i]),
                     path_join(arena, group, cases[i]));
    }
}
