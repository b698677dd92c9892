// test_trainer.c: one task's tensors in a file. (Steps are checked by suite verify and the
// fixtures.)
#include "run/request.h"
#include "train/trainer.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

typedef struct {
    Arena *arena;
    Config config;
    Request request;
    Plans plans;
    Trainer trainer;
} Case;

// A method on an untrained model; release with case_close.
static bool case_open(Case *c, const char *method, const char *option, const char *value)
{
    Error error;
    Extent extent = { .tokens = 7, .sequences = 2, .squares = 25, .longest = 4 };
    Training training = { .lr = 1e-3, .head_lr = 1e-3, .head_part = PART_HEAD, .steps = 1 };
    *c = (Case){ .config = { .vocabulary = 23,
                             .hidden = 12,
                             .layers = 2,
                             .heads = 3,
                             .kv_heads = 3,
                             .intermediate = 20,
                             .positions = 9,
                             .types = 2,
                             .initializer_range = 0.02,
                             .epsilon = 1e-12 } };
    if (!CHECK((c->arena = arena_new(ARENA_RUN, &error)) != NULL))
        return false;
    bool ok = request_new(c->arena, method, &c->request, &error) &&
              (!option || request_set(c->arena, &c->request, option, value, (Where){ 0 }, &error));
    Description description = { .config = &c->config,
                                .method = { c->request.method, c->request.options },
                                .head = HEAD_MEAN,
                                .outputs = 5,
                                .training = true };
    ok = ok && plans_make(c->arena, &description, &extent, &extent, &c->plans, &error) &&
         trainer_new(c->arena, &c->plans, NULL, 1, 1, &training, &c->trainer, &error);
    if (!CHECK(ok))
        printf("%s\n", error.text);
    return ok;
}

static void case_close(Case *c)
{
    trainer_free(&c->trainer);
    arena_free(c->arena);
}

static const char *saved(const Case *c)
{
    Error error;
    const char *path = path_join(c->arena, test_folder(), "method.safetensors");
    CHECK(trainer_save(&c->trainer, path, NULL, &error));
    return path;
}

static void a_file_holds_the_trained_tensors_and_no_others(void)
{
    Case c;
    Checkpoint file;
    Error error;
    if (case_open(&c, "lora", "rank", "3") &&
        CHECK(checkpoint_open(c.arena, saved(&c), &file, &error))) {
        CHECK(file.tensors == 2 * 2 * 2 + 2); // A and B of q and v in two layers; the classifier's
        const Tensor *A = checkpoint_find(&file, "lora.1.v.A");
        const Tensor *bias = checkpoint_find(&file, "classifier.bias");
        CHECK(A && A->rank == 2 && A->shape[0] == 3 && A->shape[1] == 12);
        CHECK(bias && bias->rank == 1 && bias->shape[0] == 5);
        checkpoint_close(&file);
    }
    case_close(&c);
}

static void what_is_read_back_has_its_bits(void)
{
    Case c;
    Checkpoint file;
    Error error;
    if (case_open(&c, "bitfit", NULL, NULL)) {
        Slot *slot = state_find(c.trainer.state, "bert.encoder.layer.1.output.dense.bias");
        if (CHECK(slot && slot->count == 12)) {
            slot->value[0] = 0x1.fffffep-3F, slot->value[11] = -0.0F;
            bool opened = CHECK(checkpoint_open(c.arena, saved(&c), &file, &error));
            slot->value[0] = slot->value[11] = NAN;
            if (opened) {
                CHECK(trained_load(c.trainer.state, &file, &error));
                CHECK(slot->value[0] == 0x1.fffffep-3F);
                CHECK(slot->value[11] == 0 && signbit(slot->value[11]));
                checkpoint_close(&file);
            }
        }
    }
    case_close(&c);
}

// Loads what `from` saved into `to`, which refuses it.
static void refused(Case *from, Case *to, const char *part)
{
    Checkpoint file;
    Error error = { 0 };
    if (CHECK(checkpoint_open(from->arena, saved(from), &file, &error))) {
        CHECK(!trained_load(to->trainer.state, &file, &error));
        CHECK_ERROR(&error, ERROR_INPUT, part);
        checkpoint_close(&file);
    }
}

static void a_file_of_something_else_is_refused_by_name(void)
{
    Case lora, wider, biases, head;
    int opened = case_open(&lora, "lora", "rank", "3") + case_open(&wider, "lora", "rank", "4") +
                 case_open(&biases, "bitfit", NULL, NULL) + case_open(&head, "head", NULL, NULL);
    if (opened == 4) {
        refused(&lora, &wider, "lora.0.q.A: has the wrong shape for run.json; should be");
        refused(&lora, &biases, "lora.0.q.A: is not trained here");
        refused(&head, &lora, "lora.0.q.A: is missing; should be a tensor of 3 x 12");
    }
    case_close(&head);
    case_close(&biases);
    case_close(&wider);
    case_close(&lora);
}

void suite_trainer(void)
{
    ADD(a_file_holds_the_trained_tensors_and_no_others);
    ADD(what_is_read_back_has_its_bits);
    ADD(a_file_of_something_else_is_refused_by_name);
}
