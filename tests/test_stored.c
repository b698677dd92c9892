// test_stored.c: what a method computes from its parameters alone is kept as plain numbers.
#include "run/inference.h"
#include "tests/small_model.h"
#include "tests/test.h"
#include <string.h>

enum { ROWS_ADDED = 3, INNER = 4 };

static Value rows_of_layer(Build *build, int layer, const char *what)
{
    Value left = trained_matrix(build, ROWS_ADDED, INNER, (Init){ INIT_UNIFORM, 1 }, "left");
    Value right =
        trained_matrix(build, INNER, HIDDEN, (Init){ INIT_UNIFORM, 1 }, "%d.%s.right", layer, what);
    return stored(build, product_n(build->graph, left, right), "%d.%s", layer, what);
}

static KeysValues keys_values_hook(Build *build, int layer, const void *options)
{
    (void)options;
    return (KeysValues){ rows_of_layer(build, layer, "key"), rows_of_layer(build, layer, "value") };
}

// Beside them one that is stored as it is.
static Value branch_hook(Build *build, const Branch *at, const void *options)
{
    Graph *graph = build->graph;
    (void)options;
    if (at->site != SITE_FFN)
        return at->y;
    Value offset =
        trained_vector(build, HIDDEN, (Init){ INIT_UNIFORM, 0.5 }, "%d.offset", at->layer);
    Value plain = trained_matrix(build, HIDDEN, HIDDEN, (Init){ INIT_UNIFORM, 0.5 }, "plain");
    return linear(graph, at->y, plain, offset);
}

static const Method method = {
    .name = "factored",
    .keys_values = keys_values_hook,
    .branch = branch_hook,
};

static const Computed *computed_find(const Computed *list, const char *name)
{
    for (; list; list = list->next)
        if (!strcmp(list->name, name))
            return list;
    return NULL;
}

static const char *const added[] = { "factored.0.key", "factored.0.value", "factored.1.key",
                                     "factored.1.value" };

static void evaluation_lists_what_is_to_be_stored_when_asked_and_training_nothing(void)
{
    Small s;
    small_begin(&s, &method, 1);
    if (CHECK(small_plan(&s))) // elsewhere the values are free to go when they are read
        CHECK(!s.plans.eval.computed && s.plans.eval.graph->outputs == 1);
    s.description.storing = true;
    if (CHECK(small_plan(&s))) {
        const Graph *graph = s.plans.eval.graph;
        size_t count = 0;
        CHECK(!s.plans.train.computed);
        for (const Computed *one = s.plans.eval.computed; one; one = one->next)
            count++;
        CHECK(count == 4);
        for (size_t i = 0; i < 4; i++) {
            const Computed *one = computed_find(s.plans.eval.computed, added[i]);
            if (!CHECK(one))
                continue;
            CHECK(count_equal(graph->value[one->value].rows, ROWS(ROWS_ADDED)));
            CHECK(graph->value[one->value].cols == HIDDEN);
            CHECK(!graph_find(graph, added[i]));
        }
        CHECK(graph_find(graph, "factored.left")->rank == 2);
        CHECK(graph_find(graph, "factored.0.offset")->rank == 1);
        CHECK(counts_of(graph).method ==
              ROWS_ADDED * INNER + 4 * INNER * HIDDEN + LAYERS * HIDDEN + HIDDEN * HIDDEN);
    }
    small_end(&s);
}

// Numbers of the computed values and of the parameters that stay, and nothing else, make the same
// model.
static void a_stored_description_has_plain_parameters_and_the_same_logits(void)
{
    Small s;
    Described d;
    small_begin(&s, &method, 2);
    s.description.storing = true;
    if (small_open(&s)) {
        Matrix logits = trainer_logits(&s.trainer, &s.batch.view);
        Description plain = s.description;
        plain.training = plain.storing = false;
        plain.stored = true;
        if (CHECK(describe(s.arena, &plain, &d, &s.error))) {
            CHECK(!d.computed && !nodes_of(d.graph, "product"));
            CHECK(!graph_find(d.graph, "factored.left") &&
                  !graph_find(d.graph, "factored.1.value.right"));
            CHECK(graph_find(d.graph, "factored.plain")->trained);
            CHECK(counts_of(d.graph).method ==
                  4 * ROWS_ADDED * HIDDEN + LAYERS * HIDDEN + HIDDEN * HIDDEN);
            Made made;
            CHECK(make(s.arena, d.graph, NO_VALUE, &s.batch.view.extent, &made, &s.error));
            for (size_t i = 0; i < made.state->slots; i++) {
                Slot *to = &made.state->slot[i];
                const Slot *from = state_find(s.trainer.state, to->is.name);
                const Computed *one = computed_find(s.plans.eval.computed, to->is.name);
                if (!CHECK(!from != !one))
                    continue;
                Matrix rows = one ? runner_value(s.trainer.eval, one->value)
                                  : (Matrix){ from->value, (size_t)to->is.rows, (size_t)to->is.cols,
                                              (size_t)to->is.cols };
                for (size_t r = 0; r < rows.rows; r++)
                    memcpy(to->value + r * rows.cols, row_at(rows, r), rows.cols * sizeof(float));
            }
            play(&made, &s.batch.view);
            Matrix again = runner_value(made.runner, d.logits);
            for (size_t r = 0; r < logits.rows; r++)
                CHECK(same_bits(row_at(logits, r), row_at(again, r), logits.cols));
        }
    }
    small_end(&s);
}

// One task's file, over the untouched model described as stored: the same logits to the bit.
static void a_file_holds_the_computed_numbers_in_place_of_what_they_came_from(void)
{
    Small s;
    Checkpoint file;
    size_t bytes = 0, there = 0;
    small_begin(&s, &method, 3);
    if (small_open(&s)) {
        const char *path = path_join(s.arena, test_folder(), "method.safetensors");
        small_loss(&s, &s.batch.view);
        trainer_update(&s.trainer, 0);
        if (CHECK(trainer_save(&s.trainer, path, NULL, &s.error) &&
                  trainer_saved_bytes(&s.trainer, &bytes, &s.error) &&
                  checkpoint_open(s.arena, path, &file, &s.error))) {
            for (size_t i = 0; i < 4; i++) {
                const Tensor *tensor = checkpoint_find(&file, added[i]);
                CHECK(tensor && tensor->shape[0] == ROWS_ADDED && tensor->shape[1] == HIDDEN);
                there += tensor != NULL;
            }
            CHECK(there == 4 && file.tensors == 4 + LAYERS + 1 + 2); // offsets, plain, classifier
            CHECK(file.bytes.size == bytes);
            Description plain = s.description;
            Described d;
            plain.training = false;
            plain.stored = true;
            CHECK(describe(s.arena, &plain, &d, &s.error));
            State *state =
                state_for_use(s.arena, &d.graph, 1, 3, NULL, NULL, &s.error); // small_open's seed
            CHECK(state && trained_load(state, &file, &s.error));
            Tuned *tuned = tuned_new(&plain, &s.batch.view.extent, state, false, &s.error);
            Matrix before = trainer_logits(&s.trainer, &s.batch.view);
            Matrix after = tuned_logits(tuned, &s.batch.view);
            for (size_t r = 0; r < before.rows; r++)
                CHECK(same_bits(row_at(before, r), row_at(after, r), before.cols));
            tuned_free(tuned);
            checkpoint_close(&file);
        }
    }
    small_end(&s);
}

void suite_stored(void)
{
    ADD(evaluation_lists_what_is_to_be_stored_when_asked_and_training_nothing);
    ADD(a_stored_description_has_plain_parameters_and_the_same_logits);
    ADD(a_file_holds_the_computed_numbers_in_place_of_what_they_came_from);
}
