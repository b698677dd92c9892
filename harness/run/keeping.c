// keeping.c: see keeping.h.
#include "run/keeping.h"
#include "base/clock.h"
#include "base/version.h"
#include "engine/product.h"
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

// "name=value" lines of what decides the rows beside graph, tokens and batches.
static const char *others(Arena *arena, const Prepared *p, const Graph *graph)
{
    const Request *request = p->request;
    char library[LIBRARY_TEXT];
    const char *text = arena_format(
        arena,
        "numerics=%d\nmodel=%s\ncompiler=%s\nflags=%s\nblas=%s\nblas_core=%s\nbackend=%s\n"
        "threads=%" PRId64 "\n",
        NUMERICS, p->model->sha.hex, version_compiler, version_flags, product_library(library),
        product_core(), BACKEND, request->protocol.threads);
    if (is_drawn(graph))
        text = arena_format(arena, "%sinit_seed=%" PRIu64 "\n", text, p->init_seed);
    if (is_of_method(graph))
        text = arena_format(arena, "%smethod=%s\nmethod_sha=%s\noptions=%s\n", text,
                            request->method->name, method_sha(request->method),
                            prepared_options(arena, p));
    return text;
}

Keeping keeping_new(bool (*go_on)(void *), void *context)
{
    return (Keeping){ .go_on = go_on, .context = context, .lock = UNLOCKED };
}

static int sources_of(const Prepared *p, KeptSource of[MOST_KEPT])
{
    const Plan *plan = p->plans.prefix_plan ? p->plans.prefix_plan : p->plans.features_plan;
    of[0] = (KeptSource){ plan, &p->tokens[SPLIT_TRAIN], &p->frozen.batches };
    of[1] = (KeptSource){ plan, &p->tokens[SPLIT_TUNE], &p->evaluation[SPLIT_TUNE] };
    return p->plans.prefix_plan ? 1 : p->plans.features_plan ? 2 : 0;
}

// False: go_on said no.
static bool look(Arena *arena, Keeping *k, const Prepared *p, const KeptSource *of)
{
    const Protocol *protocol = &p->request->protocol;
    KeptPlace place = { .folder = protocol->cache_folder,
                        .own = protocol->out,
                        .in_file = p->frozen.in_file,
                        .go_on = k->go_on,
                        .context = k->context };
    bool ok = true;
    for (int i = 0; i < k->claims && ok; i++) {
        place.name = k->name[i].hex;
        if (!k->claim[i].found.size)
            ok = kept_look(arena, &place, &of[i], &k->claim[i]);
    }
    return ok;
}

static bool all_found(const Keeping *k)
{
    for (int i = 0; i < k->claims; i++)
        if (!k->claim[i].empty && !k->claim[i].found.size)
            return false;
    return true;
}

// What is not there yet another run may be computing: then it is there afterwards.
static bool look_or_wait(Arena *arena, Keeping *k, const Prepared *p, const KeptSource *of)
{
    const char *folder = p->request->protocol.cache_folder;
    if (!look(arena, k, p, of))
        return false;
    if (!folder || all_found(k))
        return true;
    const char *path = path_join(arena, folder, arena_format(arena, "%s.lock", k->name[0].hex));
    if (!lock_wait(path, k->go_on, k->context, &k->lock) || !look(arena, k, p, of))
        return false;
    if (all_found(k))
        lock_release(&k->lock);
    return true;
}

bool keeping_claim(void *keeping, Arena *arena, const Prepared *p, Error *error)
{
    Keeping *k = keeping;
    const Protocol *protocol = &p->request->protocol;
    KeptSource of[MOST_KEPT];
    double start = seconds_now();
    Error why; // a folder that cannot be made has no room, as the files then say
    if (protocol->cache_folder)
        folder_make(protocol->cache_folder, &why);
    if (p->frozen.in_file)
        folder_make(protocol->out, &why);
    k->claims = sources_of(p, of);
    for (int i = 0; i < k->claims; i++) {
        k->claim[i] = (KeptClaim){ .draft.file = -1 };
        if (protocol->cache_folder)
            k->name[i] = kept_name(arena, &of[i], others(arena, p, plan_graph(of[i].plan)));
    }
    k->stopped = !look_or_wait(arena, k, p, of);
    bool ok = true;
    for (int i = 0; i < k->claims && ok && !k->stopped; i++)
        ok = kept_take(arena, &k->claim[i], error);
    if (!ok)
        keeping_release(k);
    k->spent += seconds_now() - start;
    return ok;
}

KeptEnd keeping_rows(Arena *arena, Keeping *k, const Prepared *p, const Trainer *trainer,
                     Error *error)
{
    Runner *runner = p->plans.prefix_plan ? trainer->prefix : trainer->features;
    KeptEnd end = KEPT;
    if (k->claims == 0 && !keeping_claim(k, arena, p, error))
        return KEPT_FAILED;
    double start = seconds_now();
    if (k->stopped)
        end = KEPT_STOPPED;
    for (int i = 0; i < k->claims && end == KEPT; i++) {
        end = kept_get(arena, &k->claim[i], runner, &k->kept[i], error);
        k->seconds += k->claim[i].seconds;
    }
    lock_release(&k->lock);
    k->spent += seconds_now() - start;
    return end;
}

void keeping_release(Keeping *k)
{
    for (int i = 0; i < k->claims; i++) {
        kept_release(&k->kept[i]);
        kept_unclaim(&k->claim[i]);
    }
    lock_release(&k->lock);
    k->claims = 0;
}
