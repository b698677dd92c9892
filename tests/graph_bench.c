// graph_bench.c: see the header.
#include "tests/graph_bench.h"
#include <string.h>

void bench_begin(Bench *bench, uint64_t seed)
{
    memset(&bench->error, 0, sizeof bench->error);
    bench->arena = arena_new((size_t)1 << 28, &bench->error);
    bench->pool = pool_new(seed);
    random_batch(&bench->batch, bench->pool);
    bench->graph = graph_new(bench->arena, &bench->error);
}

void bench_end(Bench *bench, uint64_t seed)
{
    pool_free(bench->pool, seed);
    arena_free(bench->arena);
}
