// trainer.c: describe -> gradient -> plan -> run.
#include "run/trainer.h"
#include <stdlib.h>
#include <string.h>

// A NaN that no kernel makes: what is still there after a run was never written.
enum { PATTERN = 0x7fa5a5a5 };

bool plans_make(Arena *arena, const Description *description, const Extent *train,
                const Extent *eval, const Extent *mlm, Plans *plans, Error *error)
{
    *plans = (Plans){ .description = *description };
    Description evaluation = *description;
    evaluation.training = false;
    if (train) {
        if (!describe(arena, description, &plans->train, error))
            return false;
        plans->backward = gradient(arena, plans->train.graph, plans->train.loss, error);
        if (!plans->backward)
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

size_t plans_bytes(const Plans *plans)
{
    const Plan *each[] = { plans->train_plan, plans->eval_plan, plans->mlm_plan };
    size_t most = 0;
    for (int i = 0; i < 3; i++)
        if (each[i] && plan_bytes(each[i]) > most)
            most = plan_bytes(each[i]);
    return most;
}

Counts counts_of(const Graph *graph)
{
    Counts counts = { 0 };
    for (size_t i = 0; i < graph->parameters; i++) {
        const Parameter *p = &graph->parameter[i];
        int64_t count = p->rows * p->cols;
        bool embedding = !strncmp(p->name, "bert.embeddings.", 16);
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
    const Graph *graphs[3];
    size_t count = 0, bytes = plans_bytes(plans);
    *trainer = (Trainer){ .plans = plans, .training = *training, .dropout_seed = dropout_seed };
    if (plans->backward)
        graphs[count++] = plans->backward;
    if (plans->eval.graph)
        graphs[count++] = plans->eval.graph;
    if (plans->mlm.graph)
        graphs[count++] = plans->mlm.graph;
    trainer->state =
        state_new(arena, graphs, count, init_seed, checkpoint_giver, checkpoint, error);
    if (!trainer->state || !(trainer->step = arena_new(bytes + ARENA_ALIGNMENT, error)))
        return false;
    trainer->memory = arena_take(trainer->step, bytes, 1);
    uint32_t *word = (uint32_t *)(void *)trainer->memory;
    for (size_t i = 0; i < bytes / sizeof *word; i++)
        word[i] = PATTERN;
    if (plans->train_plan)
        trainer->train = runner_new(arena, plans->train_plan, trainer->state, trainer->memory);
    if (plans->eval_plan)
        trainer->eval = runner_new(arena, plans->eval_plan, trainer->state, trainer->memory);
    if (plans->mlm_plan)
        trainer->mlm = runner_new(arena, plans->mlm_plan, trainer->state, trainer->memory);
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
    return runner_step(trainer->train, part, &options);
}

double trainer_update(Trainer *trainer, int64_t step)
{
    double norm;
    state_update(trainer->state, &trainer->training, step, &norm);
    return norm;
}

Matrix trainer_logits(Trainer *trainer, const Batch *batch)
{
    runner_step(trainer->eval, batch, &(StepOptions){ .weight = 1 });
    return runner_value(trainer->eval, trainer->plans->eval.logits);
}

double trainer_mlm(Trainer *trainer, const Batch *batch)
{
    return runner_step(trainer->mlm, batch, &(StepOptions){ .weight = 1 });
}

// The caller's to free; NULL: out of memory.
static TensorOut *trained_tensors(const State *state, size_t *count)
{
    TensorOut *tensor = calloc(state->slots + 1, sizeof *tensor);
    *count = 0;
    for (size_t i = 0; tensor && i < state->slots; i++) {
        const Slot *slot = &state->slot[i];
        bool matrix = slot->is.rank == 2;
        if (slot->is.trained)
            tensor[(*count)++] = (TensorOut){ .name = slot->is.name,
                                              .rank = slot->is.rank,
                                              .shape = { matrix ? slot->is.rows : slot->is.cols,
                                                         matrix ? slot->is.cols : 0 },
                                              .data = slot->value };
    }
    return tensor;
}

bool trainer_save(const Trainer *trainer, const char *path, Error *error)
{
    size_t count;
    TensorOut *tensor = trained_tensors(trainer->state, &count);
    bool ok = tensor
                  ? checkpoint_write(path, tensor, count, error)
                  : fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL, "out of memory");
    free(tensor);
    return ok;
}

size_t trainer_saved_bytes(const Trainer *trainer)
{
    size_t count;
    TensorOut *tensor = trained_tensors(trainer->state, &count);
    size_t bytes = tensor ? checkpoint_bytes(tensor, count) : 0;
    free(tensor);
    return bytes;
}

bool trainer_load(Trainer *trainer, Checkpoint *file, Error *error)
{
    State *state = trainer->state;
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
    while (words > 0 && word[words - 1] == PATTERN)
        words--;
    return words * sizeof *word;
}
