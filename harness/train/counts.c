// counts.c: see the header.
#include "train/counts.h"
#include <math.h>
#include <string.h>

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
        counts.method += p->part == PART_METHOD ? count : 0;
        counts.head += p->part == PART_HEAD ? count : 0;
        counts.head_new +=
            p->part == PART_HEAD && p->rank == 2 && strncmp(p->name, "classifier.", 11);
    }
    return counts;
}

Counts counts_free(const Graph *graph, const Description *description, const void *options)
{
    Counts counts = counts_of(graph);
    const Attached *is = &description->method;
    if (!is->method || !is->method->count_head)
        return counts;
    int64_t less =
        counts.head - is->method->count_head(description->config, description->outputs, options);
    counts.total -= less;
    counts.trained -= less;
    counts.head -= less;
    counts.trained_head -= less;
    return counts;
}

int64_t counts_claimed(const Description *description, const void *options)
{
    bool pooler = description->head == HEAD_POOLER && !description->pooler_new;
    return description->method.method->count(description->config, pooler, options);
}

Held held_of(const Counts *counts, bool steps, bool keeps_best)
{
    int64_t number = sizeof(float), stepped = steps ? counts->trained : 0;
    return (Held){
        .weights = counts->bytes,
        .gradients = number * stepped,
        .optimizer = (2 + keeps_best) * number * stepped,
    };
}

double share_nonembedding(const Counts *c)
{
    int64_t tuned = c->trained - c->trained_head - c->trained_tables;
    return (double)tuned / (double)(c->total - c->head - c->method - c->embedding);
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
        .method_nonembedding = fmin(share_nonembedding(c), 1),
    };
}
