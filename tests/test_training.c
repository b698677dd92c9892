// test_training.c: steps of a small model under every method of the registry: what moves, what must
// not, and what a step costs. (What a method claims is checked by suite verify.)
#include "engine/deferred.h"
#include "tests/placing.h"
#include "tests/small_model.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

// Every method of the registry at its defaults, and the tests' own. False for those that train
// nothing, or whose defaults this small model has no room for: they are passed over.
static bool begin_method(Small *s, size_t which, uint64_t seed)
{
    const Method *method = method_at(which);
    small_begin(s, method, seed);
    if (method->claims & TRAINS_NOTHING)
        return false;
    if (small_plan(s))
        return small_open(s);
    CHECK(s->error.kind == ERROR_INPUT);
    printf("\n%s: %s\n", method->name, s->error.text);
    return false;
}

static float **copied(Small *s)
{
    State *state = s->trainer.state;
    float **copy = arena_zero(s->arena, state->slots, sizeof *copy);
    for (size_t i = 0; i < state->slots; i++) {
        copy[i] = arena_take(s->arena, state->slot[i].count, sizeof(float));
        memcpy(copy[i], state->slot[i].value, state->slot[i].count * sizeof(float));
    }
    return copy;
}

static bool moved(const Slot *slot, const float *from)
{
    return !same_bits(slot->value, from, slot->count);
}

static void step(Small *s, int64_t number)
{
    trainer_backward(&s->trainer, &s->batch.view, number, 1);
    trainer_update(&s->trainer, number);
}

// L20, L33: after two steps the tensors that have changed are those declared trained.
static void what_changes_is_what_is_declared_trained(void)
{
    for (size_t m = 0; m < method_count(); m++) {
        Small s;
        if (begin_method(&s, m, 3)) {
            float **start = copied(&s);
            step(&s, 0);
            step(&s, 1);
            for (size_t i = 0; i < s.trainer.state->slots; i++) {
                const Slot *slot = &s.trainer.state->slot[i];
                if (!CHECK(moved(slot, start[i]) == slot->is.trained))
                    printf("%s, %s\n", s.description.method.method->name, slot->is.name);
                CHECK(!slot->gradient == !slot->is.trained);
            }
        }
        small_end(&s);
    }
}

// L34: weight decay 1 takes a hundredth of a trained matrix in each step, nothing of a frozen one.
static void frozen_tensors_keep_their_bits_under_weight_decay(void)
{
    for (size_t m = 0; m < method_count(); m++) {
        Small s;
        if (begin_method(&s, m, 4)) {
            float **start = copied(&s);
            s.trainer.training.weight_decay = 1;
            for (int64_t number = 0; number < 50; number++)
                step(&s, number);
            for (size_t i = 0; i < s.trainer.state->slots; i++) {
                const Slot *slot = &s.trainer.state->slot[i];
                CHECK(moved(slot, start[i]) == slot->is.trained);
                for (size_t j = 0; j < slot->count; j++)
                    CHECK(isfinite(slot->value[j]));
            }
        }
        small_end(&s);
    }
}

static void decay_shrinks_matrices_and_no_vectors(void)
{
    Small s;
    Error error;
    small_begin(&s, method_find("full", &error), 1);
    if (small_open(&s)) {
        float **start = copied(&s);
        s.trainer.training.weight_decay = 1;
        trainer_update(&s.trainer, 0); // no gradient: decay alone, by a hundredth
        trainer_settle(&s.trainer);
        for (size_t i = 0; i < s.trainer.state->slots; i++) {
            const Slot *slot = &s.trainer.state->slot[i];
            double kept = slot->is.trained && slot->is.rank == 2 ? 0.99 : 1; // mlm's are frozen
            for (size_t j = 0; j < slot->count; j++)
                CHECK_CLOSE(slot->value[j], kept * (double)start[i][j], 1e-7);
        }
    }
    small_end(&s);
}

static void the_head_has_a_rate_of_its_own(void)
{
    Small s;
    Error error;
    small_begin(&s, method_find("full", &error), 1);
    s.description.head = HEAD_MLP;
    s.training.lr = 0;
    if (small_open(&s)) {
        float **start = copied(&s);
        step(&s, 0);
        for (size_t i = 0; i < s.trainer.state->slots; i++)
            CHECK(moved(&s.trainer.state->slot[i], start[i]) ==
                  (s.trainer.state->slot[i].is.part == PART_HEAD));
    }
    small_end(&s);
}

// ---- parts of a batch

static void two_parts_train_like_one_batch(void)
{
    static const size_t each[] = { 0, 1, 2, 3, 4 };
    for (size_t m = 0; m < method_count(); m++) {
        Small one, two;
        uint64_t seed = 1;
        while (begin_method(&one, m, seed) && one.batch.view.extent.sequences != 5) {
            small_end(&one);
            seed++;
        }
        if (one.trainer.state) {
            begin_method(&two, m, seed);
            const size_t first = 3;
            Batch parts[] = { sequences_of(two.arena, &two.batch.view, each, first),
                              sequences_of(two.arena, &two.batch.view, each + first, 2) };
            for (int64_t number = 0; number < 2; number++) {
                double loss = trainer_backward(&one.trainer, &one.batch.view, number, 1);
                double sum = 0.6 * trainer_backward(&two.trainer, &parts[0], number, 0.6);
                sum += 0.4 * trainer_backward(&two.trainer, &parts[1], number, 0.4);
                CHECK_CLOSE(sum, loss, 1e-5);
                double norm = trainer_update(&one.trainer, number);
                CHECK_CLOSE(trainer_update(&two.trainer, number) / norm, 1, 1e-4);
            }
            small_end(&two);
        }
        small_end(&one);
    }
}

// ---- what a step leaves

static void evaluation_between_steps_changes_nothing(void)
{
    for (size_t m = 0; m < method_count(); m++) {
        Small with, without;
        if (begin_method(&with, m, 5) && CHECK(begin_method(&without, m, 5))) {
            for (int64_t number = 0; number < 3; number++) {
                trainer_logits(&with.trainer, &with.batch.view);
                step(&with, number);
                step(&without, number);
            }
            for (size_t i = 0; i < with.trainer.state->slots; i++)
                CHECK(same_bits(with.trainer.state->slot[i].value,
                                without.trainer.state->slot[i].value,
                                with.trainer.state->slot[i].count));
            small_end(&without);
        }
        small_end(&with);
    }
}

// A step of all sequences and one of the first: rows of embeddings that this does not read wait.
static void leave_rows_waiting(Small *s, int64_t number)
{
    static const size_t first[] = { 0 };
    Batch part = sequences_of(s->arena, &s->batch.view, first, 1);
    step(s, number);
    trainer_backward(&s->trainer, &part, number + 1, 1);
    trainer_update(&s->trainer, number + 1);
    CHECK(!state_settled(s->trainer.state));
}

// Whoever evaluates finds their updates made, as after trainer_settle.
static void evaluation_reads_rows_that_have_all_updates(void)
{
    Error error;
    Small asked, settled;
    small_begin(&asked, method_find("full", &error), 5);
    small_begin(&settled, method_find("full", &error), 5);
    if (small_open(&asked) && small_open(&settled)) {
        leave_rows_waiting(&asked, 0);
        leave_rows_waiting(&settled, 0);
        trainer_settle(&settled.trainer);
        Matrix a = trainer_logits(&asked.trainer, &asked.batch.view);
        Matrix b = trainer_logits(&settled.trainer, &settled.batch.view);
        for (size_t r = 0; r < a.rows; r++)
            CHECK(same_bits(row_at(a, r), row_at(b, r), a.cols));
    }
    small_end(&settled);
    small_end(&asked);
}

// L10: each seed changes what it should, and nothing else.
static void seeds_change_what_they_should(void)
{
    Error error;
    float loss[3][2];
    for (int rate = 0; rate < 2; rate++)
        for (int seed = 0; seed < 3; seed++) {
            Small s;
            small_begin(&s, method_find("lora", &error), 2);
            s.description.hidden_dropout = s.description.attention_dropout =
                s.description.classifier_dropout = rate ? 0.1 : 0;
            if (CHECK(small_plan(&s) &&
                      trainer_new(s.arena, &s.plans, NULL, seed == 1 ? 8 : 3, seed == 2 ? 8 : 3,
                                  &s.training, &s.trainer, &s.error)))
                loss[seed][rate] = (float)small_loss(&s, &s.batch.view);
            small_end(&s);
        }
    CHECK(loss[0][0] == loss[2][0]); // the dropout seed at rate 0
    CHECK(loss[0][1] != loss[2][1]);
    CHECK(loss[0][0] != loss[1][0]); // the init seed
    CHECK(loss[0][0] != loss[0][1]);
}

// ---- memory

static void the_arena_is_written_to_its_planned_end_and_not_beyond(void)
{
    for (size_t m = 0; m < method_count(); m++) {
        Small s;
        if (begin_method(&s, m, 6)) {
            size_t planned = plans_bytes(&s.plans);
            CHECK(planned >= plan_bytes(s.plans.train_plan) &&
                  planned >= plan_bytes(s.plans.eval_plan));
            CHECK(planned == plan_bytes(s.plans.train_plan) ||
                  planned == plan_bytes(s.plans.eval_plan));
            CHECK(trainer_written(&s.trainer) == 0);
            trainer_logits(&s.trainer, &s.batch.view);
            step(&s, 0);
            size_t written = trainer_written(&s.trainer);
            // What is left is the rounding of the last buffer, and scratch that no head needed.
            if (!CHECK(written <= planned && written + 1024 > planned))
                printf("%s: %zu of %zu\n", s.description.method.method->name, written, planned);
        }
        small_end(&s);
    }
}

// Frozen parts keep nothing: head below bitfit below full.
static void less_trained_is_less_kept(void)
{
    Error error;
    static const char *const names[] = { "head", "bitfit", "full" };
    size_t activations[3], gradients[3];
    for (int i = 0; i < 3; i++) {
        Small s;
        small_begin(&s, method_find(names[i], &error), 1);
        small_open(&s);
        activations[i] = plan_activations(s.plans.train_plan);
        gradients[i] = s.trainer.state->gradient_bytes;
        CHECK(s.trainer.state->moment_bytes == 2 * gradients[i]);
        CHECK((int64_t)s.trainer.state->gradient_bytes ==
              4 * counts_of(s.plans.eval.graph).trained);
        small_end(&s);
    }
    CHECK(activations[0] < activations[1] && activations[1] < activations[2]);
    CHECK(gradients[0] < gradients[1] && gradients[1] < gradients[2]);
}

static void smaller_batches_and_repeated_runs_have_the_same_bits(void)
{
    static const size_t one[] = { 0 };
    for (size_t m = 0; m < method_count(); m++) {
        Small s, again;
        if (begin_method(&s, m, 7) && CHECK(begin_method(&again, m, 7))) {
            Batch small = sequences_of(s.arena, &s.batch.view, one, 1);
            double alone = small_loss(&again, &small);
            double whole = small_loss(&s, &s.batch.view);
            CHECK_CLOSE(small_loss(&s, &small), alone, 0);
            CHECK_CLOSE(small_loss(&again, &s.batch.view), whole, 0);
            Made made = small_made(&s);
            places_hold(made.plan, s.description.method.method->name, 7);
            dead_memory_is_not_read(&made, &small, s.description.method.method->name, 7);
            small_end(&again);
        }
        small_end(&s);
    }
}

// ---- counts: V 23, P 9, types 2, H 12, F 20, two layers, three classes

static size_t trained_tensors(const Graph *graph)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->parameters; i++)
        count += graph->parameter[i].trained;
    return count;
}

static void parameters_are_counted_by_part(void)
{
    Small s;
    Error error;
    // Tables and their norm (23 + 9 + 2 + 2) 12; a layer 4 x 144 + 2 x 240 weights, 9 H + F
    // vectors; the classifier 39.
    const int64_t embedding = 36 * 12, layer = 4 * 144 + 2 * 240 + 9 * 12 + 20, classifier = 39;
    small_begin(&s, method_find("lora", &error), 1);
    small_set(&s, "rank", "3");
    CHECK(small_plan(&s));
    Counts c = counts_of(s.plans.eval.graph);
    const int64_t lora = 2 * 2 * 3 * 24; // A and B of q and v, 12 x 3 each
    CHECK(c.total == embedding + 2 * layer + lora + classifier);
    CHECK(c.embedding == embedding && c.method == lora && c.head == classifier);
    CHECK(c.trained == lora + classifier && c.trained_tables == 0 && c.trained_head == classifier);
    CHECK(trained_tensors(s.plans.eval.graph) == 2 * 2 * 2 + 2 && c.head_new == 0);
    small_end(&s);
    small_begin(&s, method_find("full", &error), 1);
    CHECK(small_plan(&s));
    c = counts_of(s.plans.eval.graph);
    CHECK(c.trained == c.total && c.trained_tables == 34 * 12); // their norm is no table
    CHECK(c.total == embedding + 2 * layer + classifier);
    CHECK(trained_tensors(s.plans.eval.graph) == 5 + 2 * 16 + 2);
    small_end(&s);
}

static void plans_are_made_for_what_is_asked(void)
{
    Small s;
    Error error;
    Plans plans;
    small_begin(&s, method_find("full", &error), 1);
    const Extent *extent = &s.batch.view.extent;
    CHECK(plans_make(s.arena, &s.description, NULL, extent, &plans, &s.error));
    CHECK(!plans.train_plan && !plans.backward && plans.eval_plan);
    CHECK(plans_bytes(&plans) == plan_bytes(plans.eval_plan));
    CHECK(plans.eval.loss == NO_VALUE);
    CHECK(plans_make(s.arena, &s.description, extent, NULL, &plans, &s.error));
    CHECK(plans.train_plan && !plans.eval_plan && plans.train.loss != NO_VALUE);
    small_end(&s);
}

void suite_training(void)
{
    ADD(what_changes_is_what_is_declared_trained);
    ADD(frozen_tensors_keep_their_bits_under_weight_decay);
    ADD(decay_shrinks_matrices_and_no_vectors);
    ADD(the_head_has_a_rate_of_its_own);
    ADD(two_parts_train_like_one_batch);
    ADD(evaluation_between_steps_changes_nothing);
    ADD(evaluation_reads_rows_that_have_all_updates);
    ADD(seeds_change_what_they_should);
    ADD(the_arena_is_written_to_its_planned_end_and_not_beyond);
    ADD(less_trained_is_less_kept);
    ADD(smaller_batches_and_repeated_runs_have_the_same_bits);
    ADD(parameters_are_counted_by_part);
    ADD(plans_are_made_for_what_is_asked);
}
