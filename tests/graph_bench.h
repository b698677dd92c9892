// graph_bench.h: a random batch and an empty graph for it: the bench of the suites about graphs.
#ifndef TESTS_GRAPH_BENCH_H
#define TESTS_GRAPH_BENCH_H
#include "tests/graphs.h"

typedef struct {
    Arena *arena;
    Pool *pool;
    RandomBatch batch;
    Graph *graph;
    Error error;
} Bench;
void bench_begin(Bench *bench, uint64_t seed);
void bench_end(Bench *bench, uint64_t seed);
#endif
