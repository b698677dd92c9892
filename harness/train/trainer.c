// trainer.c: describe -> gradient -> plan -> run.
#include "train/trainer.h"
#include "base/clock.h"
#include "engine/deferred.h"
#include "engine/fold.h"
#include <assert.h>
#include <string.h>

// A NaN that no kernel makes: what is still there after a run was never written.
enum { PATTERN = 0x7fa5a5a5 };

bool draw_step(Arena *arena, const Description *description, bool again, Described *described,
               const Graph **step, Error *error)
{
    if (!describe(arena, description, described, error))
        return false;
    *step = described->graph;
    if (!description->training)
        return true;
    return (*step = gradient(arena, described->graph, described->loss, error)) &&
           (!again || (*step = recompute(arena, *step, error)));
}

bool plans_make(Arena *arena, const Description *description, const Extent *train,
                const Extent *eval, const Extent *mlm, Plans *plans, Error *error)
{
    *plans = (Plans){ .description = *description };
    Description evaluation = *description;
    evaluation.training = false;
    if (train) {
        if (!draw_step(arena, description, false, &plans->train, &plans->backward, error))
            return false;
        if (!(plans->train_plan = plan(arena, plans->backward, train, error)))
            return false;
    }
    if (eval) {
        if (!describe(arena, &evaluation, &plans->eval, error))
            return false;
        if (!(plans->eval_plan = plan(arena, plans->eval.graph, eval, error)))
            return false;
    }
    if (mlm) {
        if (!describe_mlm(arena, &evaluation, &plans->mlm, error))
            return false;
        if (!(plans->mlm_plan = plan(arena, plans->mlm.graph, mlm, error)))
            return false;
    }
    return true;
}

bool plans_features(Arena *arena, const Extent *largest, Plans *plans, Error *error)
{
    const Attached *method = &plans->description.method;
    return describe_features(arena, &plans->description, method->method->heads(method->options),
                             &plans->features, error) &&
           (plans->features_plan = plan(arena, plans->features.graph, largest, error));
}

bool plans_recompute(Arena *arena, const Extent *train, Plans *plans, Error *error)
{
    return !plans->backward || ((plans->backward = recompute(arena, plans->backward, error)) &&
                                (plans->train_plan = plan(arena, plans->backward, train, error)));
}

// What a trainer runs, in the order of its runners. `trained` of the first graph that has a
// parameter holds (state_new), so that of training comes first.
enum { PARTS = 5 };

static void parts_of(const Plans *plans, const Plan *part[PARTS])
{
    const Plan *each[] = { plans->train_plan, plans->eval_plan, plans->mlm_plan, plans->prefix_plan,
                           plans->features_plan };
    memcpy(part, each, sizeof each);
}

size_t plans_bytes(const Plans *plans)
{
    const Plan *part[PARTS];
    size_t most = 0;
    parts_of(plans, part);
    for (int i = 0; i < PARTS; i++)
        if (part[i] && plan_bytes(part[i]) > most)
            most = plan_bytes(part[i]);
    return most;
}

const Plan *plans_training(const Plans *plans)
{
    const Plan *train = plans->train_plan      ? plans->train_plan
                        : plans->features_plan ? plans->features_plan
                                               : plans->eval_plan;
    if (plans->prefix_plan && plan_bytes(plans->prefix_plan) > plan_bytes(train))
        return plans->prefix_plan; // one memory for both: the larger one's
    return train;
}

Counts counts_of(const Graph *graph)
{
    Counts counts = { 0 };
    for (size_t i = 0; i < graph->parameters; i++) {
        const Parameter *p = &graph->parameter[i];
        int64_t count = p->rows * p->cols;
        bool embedding = p->part == PART_EMBEDDING;
        counts.bytes += (int64_t)parameter_bytes(p);
        counts.total += count;
        counts.embedding += embedding ? count : 0;
        counts.trained += p->trained ? count : 0;
        counts.trained_tables += p->trained && embedding && p->rank == 2 ? count : 0;
        counts.trained_head += p->trained && p->part == PART_HEAD ? count : 0;
        counts.trained_tensors += p->trained;
        counts.method += p->part == PART_METHOD ? count : 0;
        counts.head += p->part == PART_HEAD ? count : 0;
        counts.head_new +=
            p->part == PART_HEAD && p->rank == 2 && strncmp(p->name, "classifier.", 11);
    }
    return counts;
}

Counts counts_free(const Graph *graph, const Description *description)
{
    Counts counts = counts_of(graph);
    const Attached *is = &description->method;
    if (!is->method || !is->method->count_head)
        return counts;
    int64_t less = counts.head -
                   is->method->count_head(description->config, description->outputs, is->options);
    counts.total -= less;
    counts.trained -= less;
    counts.head -= less;
    counts.trained_head -= less;
    return counts;
}

Held held_of(const Counts *counts, bool steps, bool keeps_best)
{
    int64_t number = sizeof(float), stepped = steps ? counts->trained : 0;
    return (Held){
        .weights = counts->bytes + (keeps_best ? number * stepped : 0),
        .gradients = number * stepped,
        .optimizer = 2 * number * stepped,
    };
}

static double share(int64_t part, int64_t whole)
{
    return (double)(part < whole ? part : whole) / (double)whole;
}

Shares shares_of(const Counts *c)
{
    int64_t tuned = c->trained - c->trained_head, encoder = c->total - c->head - c->method;
    return (Shares){
        .trained = (double)c->trained / (double)c->total,
        .method = (double)tuned / (double)encoder,
        .trained_nonembedding = share(c->trained - c->trained_tables, c->total - c->embedding),
        .method_nonembedding = share(tuned - c->trained_tables, encoder - c->embedding),
    };
}

bool trainer_new(Arena *arena, const Plans *plans, Checkpoint *checkpoint, uint64_t init_seed,
                 uint64_t dropout_seed, const Training *training, Trainer *trainer, Error *error)
{
    const Plan *part[PARTS];
    const Graph *graphs[PARTS];
    size_t count = 0, bytes = plans_bytes(plans);
    *trainer = (Trainer){ .plans = plans, .training = *training, .dropout_seed = dropout_seed };
    parts_of(plans, part);
    for (int i = 0; i < PARTS; i++)
        if (part[i])
            graphs[count++] = plan_graph(part[i]);
    trainer->state = (plans->backward ? state_new : state_for_use)(
        arena, graphs, count, init_seed, checkpoint_giver, checkpoint, error);
    if (trainer->state && plans->backward)
        state_defer(arena, trainer->state, plans->backward);
    if (trainer->state && checkpoint)
        checkpoint_rest(checkpoint); // what the kernel read ahead of tensors that were copied
    if (!trainer->state || !(trainer->step = arena_new(bytes + ARENA_ALIGNMENT, error)))
        return false;
    trainer->memory = arena_take(trainer->step, bytes, 1);
    trainer->fill = PATTERN;
    uint32_t *word = (uint32_t *)(void *)trainer->memory;
    for (size_t i = 0; i < bytes / sizeof *word; i++)
        word[i] = PATTERN;
    Runner **runner[] = { &trainer->train, &trainer->eval, &trainer->mlm, &trainer->prefix,
                          &trainer->features };
    for (int i = 0; i < PARTS; i++)
        if (part[i])
            *runner[i] = runner_new(arena, part[i], trainer->state, trainer->memory);
    return true;
}

void trainer_free(Trainer *trainer)
{
    arena_free(trainer->step);
    trainer->step = NULL;
}

double trainer_backward(Trainer *trainer, const Batch *part, int64_t step, double weight)
{
    StepOptions options = { trainer->dropout_seed, (uint64_t)step, weight };
    assert(trainer->kept || !trainer->plans->prefix_plan); // the rest of a graph needs its rows
    double start = seconds_now();
    state_look_up(trainer->state, part);
    trainer->optimizer_s += seconds_now() - start;
    if (trainer->kept)
        kept_feed(trainer->kept, part, trainer->plans->cut.fed, trainer->train);
    return runner_step(trainer->train, part, &options);
}

double trainer_update(Trainer *trainer, int64_t step)
{
    double norm, start = seconds_now();
    state_update(trainer->state, &trainer->training, step, &norm);
    trainer->optimizer_s += seconds_now() - start;
    if (step + 1 >= trainer->training.steps)
        trainer_settle(trainer);
    return norm;
}

void trainer_settle(Trainer *trainer)
{
    double start = seconds_now();
    state_settle(trainer->state);
    trainer->optimizer_s += seconds_now() - start;
}

Matrix trainer_logits(Trainer *trainer, const Batch *batch)
{
    trainer_settle(trainer);
    runner_step(trainer->eval, batch, &(StepOptions){ .weight = 1 });
    return runner_value(trainer->eval, trainer->plans->eval.logits);
}

double trainer_mlm(Trainer *trainer, const Batch *batch)
{
    trainer_settle(trainer);
    return runner_step(trainer->mlm, batch, &(StepOptions){ .weight = 1 });
}

void trainer_rest(Trainer *trainer)
{
    const State *state = trainer->state;
    assert(state_settled(state)); // moments that an update would need are about to go
    trainer->written = trainer_written(trainer);
    trainer->fill = 0;
    arena_drop(trainer->memory, plans_bytes(trainer->plans));
    for (size_t i = 0; i < state->slots; i++) {
        const Slot *slot = &state->slot[i];
        float *idle[] = { slot->gradient, slot->m, slot->v };
        for (size_t j = 0; j < 3 && slot->gradient; j++)
            arena_drop(idle[j], slot->count * sizeof(float));
    }
}

// ---- one task's tensors

// What the method computes from its parameters, as slots of the names that a file has for it.
static State *computed_values(Arena *arena, const Trainer *trainer, Error *error)
{
    Description is = trainer->plans->description;
    Described eval;
    Folded folded;
    State *state;
    is.training = false;
    is.storing = true;
    if (!describe(arena, &is, &eval, error))
        return NULL;
    if (!eval.computed)
        return trainer->state;
    if (!fold(arena, eval.graph, &folded, error) ||
        !(state = folded_state(arena, &folded, trainer->state, error)))
        return NULL;
    for (const Computed *one = eval.computed; one; one = one->next)
        for (size_t o = 0; o < eval.graph->outputs; o++)
            if (eval.graph->output[o] == one->value)
                state->slot[folded.rest->value[folded.rest->output[o]].parameter].is.name =
                    one->name;
    return state;
}

typedef struct {
    TensorOut *tensor;
    size_t count;
} Tensors;

// The trained parameters of the model as it is stored; without numbers they are names and shapes.
static bool tensors_of(Arena *arena, const Trainer *trainer, bool numbers, Tensors *tensors,
                       Error *error)
{
    Description is = trainer->plans->description;
    Described described;
    is.training = false;
    is.stored = true;
    if (!describe(arena, &is, &described, error))
        return false;
    const State *computed = numbers ? computed_values(arena, trainer, error) : trainer->state;
    const Graph *graph = described.graph;
    *tensors = (Tensors){ .tensor = arena_zero(arena, graph->parameters + 1, sizeof(TensorOut)) };
    for (size_t i = 0; computed && i < graph->parameters; i++) {
        const Parameter *p = &graph->parameter[i];
        const Slot *slot = state_find(trainer->state, p->name);
        slot = slot ? slot : state_find(computed, p->name);
        if (!p->trained)
            continue;
        tensors->tensor[tensors->count++] =
            (TensorOut){ .name = p->name,
                         .rank = p->rank,
                         .shape = { p->rank == 2 ? p->rows : p->cols, p->rank == 2 ? p->cols : 0 },
                         .data = slot ? slot->value : NULL };
    }
    return computed != NULL;
}

bool trainer_save(const Trainer *trainer, const char *path, Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    Tensors tensors;
    bool ok = arena && tensors_of(arena, trainer, true, &tensors, error) &&
              checkpoint_write(path, tensors.tensor, tensors.count, error);
    arena_free(arena);
    return ok;
}

bool trainer_saved_bytes(const Trainer *trainer, size_t *bytes, Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    Tensors tensors;
    bool ok = arena && tensors_of(arena, trainer, false, &tensors, error);
    if (ok && (*bytes = checkpoint_bytes(tensors.tensor, tensors.count)) == 0)
        ok = fail(error, ERROR_ENVIRONMENT, (Where){ 0 }, NULL, "out of memory");
    arena_free(arena);
    return ok;
}

bool trained_load(State *state, Checkpoint *file, Error *error)
{
    for (size_t i = 0; i < file->tensors; i++) {
        const Slot *slot = state_find(state, file->tensor[i].name);
        if (!slot || !slot->is.trained)
            return fail(error, ERROR_INPUT,
                        (Where){ .file = file->file, .item = file->tensor[i].name },
                        "a file of the same method, options and head", "is not trained here");
    }
    for (size_t i = 0; i < state->slots; i++) {
        Slot *slot = &state->slot[i];
        if (!slot->is.trained)
            continue;
        const float *given = checkpoint_giver(file, &slot->is, slot->value, error);
        if (!given)
            return false;
        if (given != slot->value)
            memcpy(slot->value, given, slot->count * sizeof(float));
    }
    return true;
}

size_t trainer_written(const Trainer *trainer)
{
    const uint32_t *word = (const uint32_t *)(const void *)trainer->memory;
    size_t words = plans_bytes(trainer->plans) / sizeof *word;
    // After trainer_rest the pages at the ends still have the pattern where they are not whole.
    while (words > 0 && (word[words - 1] == trainer->fill || word[words - 1] == PATTERN))
        words--;
    return words * sizeof *word > trainer->written ? words * sizeof *word : trainer->written;
}
