// keeping.c: see keeping.h.
#include "run/keeping.h"
#include "base/version.h"
#include "engine/product.h"
#include "run/machine.h"
#include <inttypes.h>

static bool is_drawn(const Graph *graph)
{
    for (size_t i = 0; i < graph->parameters; i++)
        if (graph->parameter[i].init.kind != INIT_GIVEN)
            return true;
    return false;
}

// Is anything of it the method's? Then its options may be, too.
static bool is_of_method(const Graph *graph)
{
    for (size_t i = 0; i < graph->parameters; i++)
        if (graph->parameter[i].part == PART_METHOD)
            return true;
    for (size_t i = 0; i < graph->nodes; i++)
        if (graph->node[i].part == PART_METHOD)
            return true;
    return false;
}

const char *keeping_with(Arena *arena, const Request *request, const Prepared *p,
                         const Graph *graph)
{
    char library[LIBRARY_TEXT];
    const char *text = arena_format(
        arena,
        "numerics=%d\nmodel=%s\ncompiler=%s\nflags=%s\nblas=%s\nblas_core=%s\nbackend=%s\n"
        "threads=%" PRId64 "\n",
        NUMERICS, p->row.model_sha, version_compiler, version_flags, product_library(library),
        product_core(), BACKEND, request->protocol.threads);
    if (is_drawn(graph))
        text = arena_format(arena, "%sinit_seed=%" PRIu64 "\n", text, p->init_seed);
    if (is_of_method(graph))
        text = arena_format(arena, "%smethod=%s\nmethod_sha=%s\noptions=%s\n", text, p->row.method,
                            p->row.method_sha, p->row.options);
    return text;
}

KeptEnd keep(Arena *arena, const Request *request, const Prepared *p, const KeptSource *of,
             Kept *kept, KeptTook *took, Error *error)
{
    const Protocol *protocol = &request->protocol;
    KeptPlace place = { .folder = protocol->cache_folder,
                        .own = protocol->out,
                        .in_file = p->frozen.in_file };
    Hash name;
    if (place.folder) {
        name = kept_name(arena, of, keeping_with(arena, request, p, plan_graph(of->plan)));
        place.name = name.hex;
    }
    return kept_get(arena, &place, of, kept, took, error);
}

bool keeping_ready(const Protocol *protocol, Error *error)
{
    return !protocol->cache_folder || folder_make(protocol->cache_folder, error);
}
