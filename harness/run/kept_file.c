// kept_file.c: looking for the file, else computing into memory (and a copy for others) or into it.
#include "run/kept_file.h"
#include "base/clock.h"
#include "base/draft.h"
#include "engine/operator.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct {
    char magic[16];
    char digest[64]; // of what follows (digest_of)
    char name[64];
    uint64_t bytes; // of the rows
    double seconds;
    char rest[32];
} Head;
enum { DIGESTED = offsetof(Head, name), CHUNK = 1 << 16 };
_Static_assert(sizeof(Head) == 192 && sizeof(Head) % ARENA_ALIGNMENT == 0, "rows are aligned");
static const char magic[16] = "tunemark kept 1"; // raised with every change of the layout

// ---- the name

// The hash of everything so far becomes the hash of that and this.
static void also_text(Arena *arena, Hash *hash, const char *text)
{
    size_t mark = arena_mark(arena);
    const char *both = arena_format(arena, "%s\n%s", hash->hex, text);
    *hash = hash_bytes(both, strlen(both));
    arena_rewind(arena, mark);
}

static void also_bytes(Arena *arena, Hash *hash, const void *data, size_t size)
{
    also_text(arena, hash, hash_bytes(data, size).hex);
}

static void also_value(Arena *arena, Hash *hash, const Graph *graph, Value value)
{
    const ValueInfo *v = &graph->value[value];
    also_text(arena, hash,
              arena_format(arena,
                           "value %d: %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
                           " x %" PRId64,
                           value, v->rows.constant, v->rows.tokens, v->rows.sequences,
                           v->rows.selected, v->rows.squares, v->cols));
}

// What an operator is told beside its inputs follows from the checkpoint's config, which is in the
// hash of the checkpoint, or from the method's options.
static void also_graph(Arena *arena, Hash *hash, const Graph *graph)
{
    for (size_t i = 0; i < graph->parameters; i++) {
        const Parameter *p = &graph->parameter[i];
        also_text(arena, hash,
                  arena_format(arena, "parameter %s: %" PRId64 " x %" PRId64 " %s, start %d %.17g",
                               p->name, p->rows, p->cols, store_names[p->store], (int)p->init.kind,
                               p->init.scale));
    }
    for (size_t i = 0; i < graph->nodes; i++) {
        const Node *node = &graph->node[i];
        also_text(arena, hash, node->op->name);
        for (int k = 0; k < NODE_INPUTS; k++)
            if (node->in[k] != NO_VALUE) {
                int32_t of = graph->value[node->in[k]].parameter;
                also_text(arena, hash,
                          arena_format(arena, "in %d: value %d, parameter %d", k, node->in[k], of));
            }
        for (int k = 0; k < NODE_OUTPUTS; k++)
            if (node->out[k] != NO_VALUE)
                also_value(arena, hash, graph, node->out[k]);
    }
    for (size_t i = 0; i < graph->outputs; i++)
        also_text(arena, hash, arena_format(arena, "given: value %d", graph->output[i]));
}

Hash kept_name(Arena *arena, const KeptSource *of, const char *with)
{
    const Tokens *tokens = of->tokens;
    const Batches *batches = of->batches;
    size_t begins = batches->steps + 1, all = tokens->offset[tokens->count];
    Hash hash = hash_bytes(magic, sizeof magic);
    also_text(arena, &hash, with);
    also_graph(arena, &hash, plan_graph(of->plan));
    also_bytes(arena, &hash, tokens->offset, (tokens->count + 1) * sizeof *tokens->offset);
    also_bytes(arena, &hash, tokens->token, all * sizeof *tokens->token);
    also_bytes(arena, &hash, tokens->type, all * sizeof *tokens->type);
    also_bytes(arena, &hash, batches->begin, begins * sizeof *batches->begin);
    also_bytes(arena, &hash, batches->order,
               batches->begin[batches->steps] * sizeof *batches->order);
    return hash;
}

// ---- the file

static size_t room_of(const KeptSource *of)
{
    return sizeof(Head) + kept_room(plan_graph(of->plan), of->tokens);
}

static Head head_of(const KeptPlace *place, const KeptSource *of, double seconds)
{
    Head head = { .bytes = kept_bytes(plan_graph(of->plan), of->tokens), .seconds = seconds };
    memcpy(head.magic, magic, sizeof magic);
    memcpy(head.name, place->name, sizeof head.name);
    return head;
}

// SHA-256 chunk by chunk, each with the digest of those before it (of none: zeros). `mapped`: its
// pages go back as they are read, so that reading a file that memory is not to hold has no peak.
static void digest_of(char to[64], Bytes file, bool mapped)
{
    char both[128] = { 0 }; // the digest so far, the chunk's hash
    for (size_t begin = 0, at = DIGESTED; begin < file.size; at = begin += CHUNK) {
        size_t end = file.size - begin < CHUNK ? file.size : begin + CHUNK;
        memcpy(both + 64, hash_bytes(file.data + at, end - at).hex, 64);
        memcpy(both, hash_bytes(both, sizeof both).hex, 64);
        if (mapped)
            file_rest((Bytes){ file.data + begin, end - begin });
    }
    memcpy(to, both, 64);
}

// Is it all of what this program would have written under this name? The size comes first.
static bool sound(Bytes file, const KeptPlace *place, const KeptSource *of, Head *head)
{
    char right[64];
    if (file.size != room_of(of))
        return false;
    memcpy(head, file.data, sizeof *head);
    Head expected = head_of(place, of, head->seconds);
    memcpy(expected.digest, head->digest, sizeof expected.digest);
    if (memcmp(head, &expected, sizeof *head) != 0 || !(head->seconds >= 0))
        return false;
    digest_of(right, file, place->in_file);
    return !memcmp(right, head->digest, sizeof right);
}

static void lay(Arena *arena, const KeptSource *of, const void *image, Kept *kept)
{
    kept_lay(arena, plan_graph(of->plan), of->tokens, (const char *)image + sizeof(Head), kept);
}

static bool find(Arena *arena, const KeptPlace *place, const char *path, const KeptSource *of,
                 Kept *kept, KeptTook *took)
{
    Bytes file;
    Head head;
    Error why; // a file that cannot be read is none
    if (!file_exists(path) || !file_map(path, &file, &why))
        return false;
    if (sound(file, place, of, &head)) {
        lay(arena, of, file.data, kept);
        if (kept_fill(arena, kept, of->runner, of->batches, 1, kept_equal, NULL, NULL, NULL)) {
            kept->mapped = file;
            took->found = true;
            took->seconds = head.seconds;
            if (place->in_file)
                file_rest(file);
            return true;
        }
    }
    file_unmap(file);
    return false;
}

// ---- into memory

// For others; this run has them.
static bool copy_out(Arena *arena, const char *path, Bytes image, Error *error)
{
    Draft draft;
    if (!draft_open(arena, path, true, image.size, &draft, error))
        return false;
    bool ok = draft_put(&draft, image.data, image.size, 0, error) && draft_keep(&draft, error);
    draft_close(&draft);
    return ok;
}

static KeptEnd into_memory(Arena *arena, const KeptPlace *place, const char *path,
                           const KeptSource *of, Kept *kept, KeptTook *took)
{
    double start = seconds_now();
    Error error;
    Bytes image = { arena_take(arena, room_of(of), 1), room_of(of) };
    Head *head = (Head *)(uintptr_t)image.data;
    lay(arena, of, image.data, kept);
    if (!kept_fill(arena, kept, of->runner, of->batches, of->batches->steps, kept_copy, NULL,
                   of->go_on, of->context))
        return KEPT_STOPPED;
    took->seconds = seconds_now() - start;
    if (!path)
        return KEPT;
    *head = head_of(place, of, took->seconds);
    digest_of(head->digest, image, false);
    if (!copy_out(arena, path, image, &error))
        took->warning = arena_text(arena, error.text);
    return KEPT;
}

// ---- into the file

typedef struct {
    const Draft *draft;
    const uint8_t *base; // of its mapping
    float *room;         // for a block without gaps between its rows
    Error *error;
    bool failed;
} Writing;

static bool write_block(void *with, Matrix to, Matrix from)
{
    Writing *writing = with;
    Matrix whole = { writing->room, to.rows, to.cols, to.cols };
    kept_copy(NULL, whole, from);
    writing->failed =
        !draft_put(writing->draft, whole.data, to.rows * to.cols * sizeof(float),
                   (size_t)((const uint8_t *)to.data - writing->base), writing->error);
    return !writing->failed;
}

static float *room_for_a_block(Arena *arena, const KeptSource *of)
{
    const Graph *graph = plan_graph(of->plan);
    size_t most = 1;
    for (size_t i = 0; i < graph->outputs; i++) {
        const ValueInfo *info = &graph->value[graph->output[i]];
        size_t floats = count_of(info->rows, &of->batches->largest) * (size_t)info->cols;
        most = floats > most ? floats : most;
    }
    return arena_take(arena, most, sizeof(float));
}

static bool give_name(const KeptPlace *place, const KeptSource *of, Bytes file, double seconds,
                      Draft *draft, Error *error)
{
    Head head = head_of(place, of, seconds);
    if (!draft_put(draft, &head, sizeof head, 0, error))
        return false;
    digest_of(head.digest, file, true); // which shows what was put
    return draft_put(draft, &head, sizeof head, 0, error) && draft_keep(draft, error);
}

static KeptEnd into_file(Arena *arena, const KeptPlace *place, const char *path,
                         const KeptSource *of, Kept *kept, KeptTook *took, Error *error)
{
    double start = seconds_now();
    const char *called = path ? path : path_join(arena, place->own, "kept");
    Draft draft;
    Bytes file = { 0 };
    Error why;
    KeptEnd end = KEPT_NO_ROOM;
    if (!draft_open(arena, called, path != NULL, room_of(of), &draft, error))
        return KEPT_NO_ROOM;
    if (!draft_map(&draft, &file, error))
        goto done;
    Writing writing = { &draft, file.data, room_for_a_block(arena, of), error, false };
    lay(arena, of, file.data, kept);
    bool whole = kept_fill(arena, kept, of->runner, of->batches, of->batches->steps, write_block,
                           &writing, of->go_on, of->context);
    if (!whole) {
        end = writing.failed ? KEPT_NO_ROOM : KEPT_STOPPED;
        goto done;
    }
    end = KEPT;
    took->seconds = seconds_now() - start;
    kept->mapped = file;
    if (path && !give_name(place, of, file, took->seconds, &draft, &why))
        took->warning = arena_text(arena, why.text);
    file_rest(file);
done:
    if (end != KEPT)
        file_unmap(file);
    draft_close(&draft);
    return end;
}

KeptEnd kept_get(Arena *arena, const KeptPlace *place, const KeptSource *of, Kept *kept,
                 KeptTook *took, Error *error)
{
    double start = seconds_now();
    KeptEnd end = KEPT;
    bool shared = place->folder && of->batches->steps > 0; // no examples make no file
    const char *path =
        shared ? path_join(arena, place->folder, arena_format(arena, "%s.kept", place->name))
               : NULL;
    *took = (KeptTook){ 0 };
    if (!path || !find(arena, place, path, of, kept, took))
        end = place->in_file && of->batches->steps > 0
                  ? into_file(arena, place, path, of, kept, took, error)
                  : into_memory(arena, place, path, of, kept, took);
    took->spent = seconds_now() - start;
    return end;
}
