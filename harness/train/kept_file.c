// kept_file.c: looking for the file, or taking its room; then computing into memory (and a copy for
// others) or into it.
#include "train/kept_file.h"
#include "base/clock.h"
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
// go_on is asked at each MB of a file that is read.
enum { DIGESTED = offsetof(Head, name), CHUNK = 1 << 16, CHUNKS_A_LOOK = 1 << 4 };
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

static Head head_of(const KeptClaim *claim)
{
    Head head = { .bytes = kept_bytes(plan_graph(claim->of.plan), claim->of.tokens),
                  .seconds = claim->seconds };
    memcpy(head.magic, magic, sizeof magic);
    memcpy(head.name, claim->place.name, sizeof head.name);
    return head;
}

static bool goes_on(const KeptPlace *place)
{
    return !place->go_on || place->go_on(place->context);
}

// SHA-256 chunk by chunk, each with the digest of those before it (of none: zeros). `mapped`: its
// pages go back as they are read, so that reading a file that memory is not to hold has no peak.
// False: go_on said no.
static bool digest_of(char to[64], Bytes file, bool mapped, const KeptPlace *place)
{
    char both[128] = { 0 }; // the digest so far, the chunk's hash
    size_t chunks = 0;
    for (size_t begin = 0, at = DIGESTED; begin < file.size; at = begin += CHUNK) {
        size_t end = file.size - begin < CHUNK ? file.size : begin + CHUNK;
        if (++chunks % CHUNKS_A_LOOK == 0 && !goes_on(place))
            return false;
        memcpy(both + 64, hash_bytes(file.data + at, end - at).hex, 64);
        memcpy(both, hash_bytes(both, sizeof both).hex, 64);
        if (mapped)
            file_rest((Bytes){ file.data + begin, end - begin });
    }
    memcpy(to, both, 64);
    return true;
}

typedef enum { SOUND, UNSOUND, UNKNOWN } Soundness;

// Is it all of what this program would have written under this name? The size comes first.
static Soundness soundness(const KeptClaim *claim, Bytes file, double *seconds)
{
    char right[64];
    Head head;
    if (file.size != room_of(&claim->of))
        return UNSOUND;
    memcpy(&head, file.data, sizeof head);
    Head expected = head_of(claim);
    memcpy(expected.digest, head.digest, sizeof expected.digest);
    expected.seconds = head.seconds;
    if (memcmp(&head, &expected, sizeof head) != 0 || !(head.seconds >= 0))
        return UNSOUND;
    *seconds = head.seconds;
    if (!digest_of(right, file, claim->place.in_file, &claim->place))
        return UNKNOWN;
    return memcmp(right, head.digest, sizeof right) != 0 ? UNSOUND : SOUND;
}

static void lay(Arena *arena, const KeptSource *of, const void *image, Kept *kept)
{
    kept_lay(arena, plan_graph(of->plan), of->tokens, (const char *)image + sizeof(Head), kept);
}

// ---- before the rows are computed

bool kept_look(Arena *arena, const KeptPlace *place, const KeptSource *of, KeptClaim *claim)
{
    Bytes file;
    Error why; // a file that cannot be read is none
    *claim = (KeptClaim){ .place = *place, .of = *of, .draft.file = -1 };
    claim->empty = of->batches->steps == 0;
    if (place->folder && !claim->empty)
        claim->path = path_join(arena, place->folder, arena_format(arena, "%s.kept", place->name));
    if (!claim->path || !file_exists(claim->path) || !file_map(claim->path, &file, &why))
        return true;
    Soundness is = soundness(claim, file, &claim->seconds);
    if (is == SOUND)
        claim->found = file;
    else
        file_unmap(file);
    return is != UNKNOWN;
}

// In a file for others, or else in one of this run alone where memory is not to hold the rows.
bool kept_take(Arena *arena, KeptClaim *claim, Error *error)
{
    const KeptPlace *place = &claim->place;
    size_t room = room_of(&claim->of);
    Error why;
    if (claim->empty || claim->found.size)
        return true;
    claim->shares = claim->path && draft_open(arena, claim->path, true, room, &claim->draft, &why);
    if (claim->path && !claim->shares)
        claim->warning = arena_text(arena, why.text);
    return claim->shares || !place->in_file ||
           draft_open(arena, path_join(arena, place->own, "kept"), false, room, &claim->draft,
                      error);
}

void kept_unclaim(KeptClaim *claim)
{
    if (claim->draft.file >= 0)
        draft_close(&claim->draft);
    file_unmap(claim->found);
    claim->found = (Bytes){ 0 };
}

// ---- found

static bool adopt(Arena *arena, KeptClaim *claim, Runner *runner, Kept *kept)
{
    lay(arena, &claim->of, claim->found.data, kept);
    if (!kept_fill(arena, kept, runner, claim->of.batches, 1, kept_equal, NULL, NULL, NULL))
        return false;
    if (claim->place.in_file)
        file_rest(claim->found);
    kept->mapped = claim->found;
    claim->found = (Bytes){ 0 };
    return true;
}

// ---- into memory

// For others; this run has them. False: go_on said no.
static bool copy_out(KeptClaim *claim, Bytes image)
{
    Head *head = (Head *)(uintptr_t)image.data;
    *head = head_of(claim);
    return digest_of(head->digest, image, false, &claim->place);
}

static KeptEnd into_memory(Arena *arena, KeptClaim *claim, Runner *runner, Kept *kept)
{
    const KeptSource *of = &claim->of;
    double start = seconds_now();
    Error why;
    Bytes image = { arena_take(arena, room_of(of), 1), room_of(of) };
    lay(arena, of, image.data, kept);
    if (!kept_fill(arena, kept, runner, of->batches, of->batches->steps, kept_copy, NULL,
                   claim->place.go_on, claim->place.context))
        return KEPT_STOPPED;
    claim->seconds = seconds_now() - start;
    if (!claim->shares)
        return KEPT;
    if (!copy_out(claim, image))
        return KEPT_STOPPED;
    if (!draft_put(&claim->draft, image.data, image.size, 0, &why) ||
        !draft_keep(&claim->draft, &why))
        claim->warning = arena_text(arena, why.text);
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

// False: go_on said no. A file that cannot be named is this run's alone.
static bool give_name(Arena *arena, KeptClaim *claim, Bytes file)
{
    Error why;
    Head head = head_of(claim);
    bool put = draft_put(&claim->draft, &head, sizeof head, 0, &why); // the digest reads it
    if (put && !digest_of(head.digest, file, true, &claim->place))
        return false;
    if (!put || !draft_put(&claim->draft, &head, sizeof head, 0, &why) ||
        !draft_keep(&claim->draft, &why))
        claim->warning = arena_text(arena, why.text);
    return true;
}

static KeptEnd into_file(Arena *arena, KeptClaim *claim, Runner *runner, Kept *kept, Error *error)
{
    const KeptSource *of = &claim->of;
    double start = seconds_now();
    Bytes file;
    if (!draft_map(&claim->draft, &file, error))
        return KEPT_FAILED;
    Writing writing = { &claim->draft, file.data, room_for_a_block(arena, of), error, false };
    lay(arena, of, file.data, kept);
    bool whole = kept_fill(arena, kept, runner, of->batches, of->batches->steps, write_block,
                           &writing, claim->place.go_on, claim->place.context);
    claim->seconds = seconds_now() - start;
    if (!whole || (claim->shares && !give_name(arena, claim, file))) {
        file_unmap(file);
        return writing.failed ? KEPT_FAILED : KEPT_STOPPED;
    }
    kept->mapped = file;
    file_rest(file);
    return KEPT;
}

KeptEnd kept_get(Arena *arena, KeptClaim *claim, Runner *runner, Kept *kept, Error *error)
{
    if (!goes_on(&claim->place))
        return KEPT_STOPPED;
    if (claim->found.size && adopt(arena, claim, runner, kept))
        return KEPT;
    if (claim->found.size) { // of another build, by the bits of its first batch
        kept_unclaim(claim);
        if (!kept_take(arena, claim, error))
            return KEPT_FAILED;
    }
    return claim->place.in_file && !claim->empty ? into_file(arena, claim, runner, kept, error)
                                                 : into_memory(arena, claim, runner, kept);
}
