// kept.c: rows from batches to examples, and from examples to batches.
#include "run/kept.h"
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

static void copy_rows(Matrix to, size_t first_to, Matrix from, size_t first_from, size_t count)
{
    for (size_t r = 0; r < count; r++)
        memcpy(row_at(to, first_to + r), row_at(from, first_from + r), to.cols * sizeof(float));
}

// The block of each of a batch's examples, at its place in the batch and in the split.
static void blocks(const Kept *kept, size_t value, const Batch *batch, Matrix rows, bool keep)
{
    Count each = kept->rows[value];
    Matrix all = kept->all[value];
    size_t row = 0;
    for (size_t s = 0; s < batch->extent.sequences; s++) {
        size_t example = batch->example[s], first = first_row(each, kept->tokens, example);
        size_t count = first_row(each, kept->tokens, example + 1) - first;
        if (keep)
            copy_rows(all, first, rows, row, count);
        else
            copy_rows(rows, row, all, first, count);
        row += count;
    }
}

bool kept_compute(Arena *arena, const Plan *plan, Runner *runner, const Tokens *tokens,
                  const Batches *batches, bool (*go_on)(void *), void *context, Kept *kept)
{
    const Graph *graph = plan_graph(plan);
    Count *each = arena_take(arena, graph->outputs + 1, sizeof *each);
    BatchBuffer buffer = batch_buffer(arena, &batches->largest);
    *kept = (Kept){ tokens, graph->output, each,
                    arena_take(arena, graph->outputs + 1, sizeof(Matrix)), graph->outputs };
    for (size_t i = 0; i < kept->values; i++) {
        const ValueInfo *info = &graph->value[kept->value[i]];
        size_t rows = first_row(info->rows, tokens, tokens->count), cols = (size_t)info->cols;
        each[i] = info->rows;
        kept->all[i] =
            (Matrix){ arena_take(arena, rows * cols + 1, sizeof(float)), rows, cols, cols };
    }
    for (size_t b = 0; b < batches->steps; b++) {
        Batch batch = batch_fill(&buffer, tokens, batches->order + batches->begin[b],
                                 batches->begin[b + 1] - batches->begin[b]);
        runner_step(runner, &batch, &(StepOptions){ .weight = 1 });
        for (size_t i = 0; i < kept->values; i++)
            blocks(kept, i, &batch, runner_value(runner, kept->value[i]), true);
        if (go_on && !go_on(context))
            return false;
    }
    return true;
}

void kept_feed(const Kept *kept, const Batch *batch, const Value *fed, const Runner *runner)
{
    for (size_t i = 0; i < kept->values; i++)
        blocks(kept, i, batch, runner_feed(runner, fed[i], &batch->extent), false);
}
