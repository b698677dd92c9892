// kept.c: rows from batches to examples, and from examples to batches.
#include "train/kept.h"
#include <string.h>

// Where the rows of an example begin; of the number of examples: how many rows there are.
static size_t first_row(Count rows, const Tokens *tokens, size_t example)
{
    return count_of(rows, &(Extent){ .tokens = tokens->offset[example], .sequences = example });
}

size_t kept_bytes(const Graph *graph, const Tokens *tokens)
{
    return kept_bytes_of(
        graph, &(Extent){ .tokens = tokens->offset[tokens->count], .sequences = tokens->count });
}

size_t kept_bytes_of(const Graph *graph, const Extent *all)
{
    size_t bytes = 0;
    for (size_t i = 0; i < graph->outputs; i++) {
        const ValueInfo *info = &graph->value[graph->output[i]];
        bytes += count_of(info->rows, all) * (size_t)info->cols * sizeof(float);
    }
    return bytes;
}

// Every value begins on a cache line.
static size_t piece_of(const ValueInfo *info, const Tokens *tokens)
{
    size_t bytes =
        first_row(info->rows, tokens, tokens->count) * (size_t)info->cols * sizeof(float);
    return (bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
}

size_t kept_room(const Graph *graph, const Tokens *tokens)
{
    size_t bytes = 0;
    for (size_t i = 0; i < graph->outputs; i++)
        bytes += piece_of(&graph->value[graph->output[i]], tokens);
    return bytes;
}

void kept_lay(Arena *arena, const Graph *graph, const Tokens *tokens, const void *piece, Kept *kept)
{
    const char *at = piece;
    Count *each = arena_take(arena, graph->outputs + 1, sizeof *each);
    *kept = (Kept){ .tokens = tokens,
                    .value = graph->output,
                    .rows = each,
                    .all = arena_take(arena, graph->outputs + 1, sizeof(Matrix)),
                    .values = graph->outputs };
    for (size_t i = 0; i < kept->values; i++) {
        const ValueInfo *info = &graph->value[kept->value[i]];
        size_t cols = (size_t)info->cols;
        each[i] = info->rows;
        kept->all[i] = (Matrix){ (float *)(uintptr_t)at, // who stores in them has memory there
                                 first_row(info->rows, tokens, tokens->count), cols, cols };
        at += piece_of(info, tokens);
    }
}

bool kept_copy(void *with, Matrix to, Matrix from)
{
    (void)with;
    for (size_t r = 0; r < to.rows; r++)
        memcpy(row_at(to, r), row_at(from, r), to.cols * sizeof(float));
    return true;
}

bool kept_equal(void *with, Matrix to, Matrix from)
{
    (void)with;
    for (size_t r = 0; r < to.rows; r++)
        if (memcmp(row_at(to, r), row_at(from, r), to.cols * sizeof(float)) != 0)
            return false;
    return true;
}

static Matrix block_of(const Kept *kept, size_t value, uint32_t example)
{
    size_t first = first_row(kept->rows[value], kept->tokens, example);
    return rows_of(kept->all[value], first,
                   first_row(kept->rows[value], kept->tokens, example + 1) - first);
}

// Each example's place among all, with its rows of the batch. False: `block` said no.
static bool blocks(const Kept *kept, size_t value, const Batch *batch, Matrix rows,
                   KeptBlock *block, void *with)
{
    size_t row = 0;
    for (size_t s = 0; s < batch->extent.sequences; s++) {
        Matrix place = block_of(kept, value, batch->example[s]);
        if (!block(with, place, rows_of(rows, row, place.rows)))
            return false;
        row += place.rows;
    }
    return true;
}

bool kept_fill(Arena *arena, const Kept *kept, Runner *runner, const Batches *batches, size_t steps,
               KeptBlock *block, void *with, bool (*go_on)(void *), void *context)
{
    BatchBuffer buffer = batch_buffer(arena, &batches->largest);
    for (size_t b = 0; b < steps; b++) {
        Batch batch = batch_at(&buffer, kept->tokens, batches, b);
        runner_step(runner, &batch, &(StepOptions){ .weight = 1 });
        for (size_t i = 0; i < kept->values; i++)
            if (!blocks(kept, i, &batch, runner_value(runner, kept->value[i]), block, with))
                return false;
        if (go_on && !go_on(context))
            return false;
    }
    return true;
}

void kept_release(Kept *kept)
{
    file_unmap(kept->mapped);
    kept->mapped = (Bytes){ 0 };
}

static bool give(void *with, Matrix from, Matrix to)
{
    return kept_copy(with, to, from);
}

void kept_feed(const Kept *kept, const Batch *batch, const Value *fed, const Runner *runner)
{
    for (size_t i = 0; i < kept->values; i++)
        blocks(kept, i, batch, runner_feed(runner, fed[i], &batch->extent), give, NULL);
}
