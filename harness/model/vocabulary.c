// vocabulary.c: lines -> pieces -> tables of them.
#include "base/encoding.h"
#include "model/vocabulary.h"

enum { MOST_PIECES = 1 << 24 };

static size_t lines_of(const char *text, size_t size);
static bool split_lines(Vocabulary *vocabulary, char *text, size_t size, const char *file,
                        Error *error);
static bool index_pieces(Arena *arena, Vocabulary *vocabulary, const char *file, Error *error);
static Pieces pieces_new(Arena *arena, size_t count);
static uint64_t hash_of(const char *text, size_t length);

bool vocabulary_parse(Arena *arena, Bytes bytes, const char *file, Vocabulary *vocabulary,
                      Error *error)
{
    Where where = { .file = file };
    bytes = bytes_after_mark(bytes);
    if (bytes.size == 0)
        return fail(error, ERROR_INPUT, where, "one piece a line", "is empty");
    if (!bytes_are_text(bytes, (Where){ .file = file }, error))
        return false;
    char *text = arena_take(arena, bytes.size + 1, 1);
    memcpy(text, bytes.data, bytes.size);
    text[bytes.size] = '\0';
    *vocabulary = (Vocabulary){ .pieces = lines_of(text, bytes.size) };
    if (vocabulary->pieces > MOST_PIECES)
        return fail(error, ERROR_INPUT, where, "at most 16777216", "%zu pieces are too many",
                    vocabulary->pieces);
    vocabulary->piece = arena_take(arena, vocabulary->pieces, sizeof *vocabulary->piece);
    vocabulary->length = arena_take(arena, vocabulary->pieces, sizeof *vocabulary->length);
    return split_lines(vocabulary, text, bytes.size, file, error) &&
           index_pieces(arena, vocabulary, file, error);
}

static size_t lines_of(const char *text, size_t size)
{
    size_t lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n' || i + 1 == size; // the last line may lack its end
    return lines;
}

static bool split_lines(Vocabulary *vocabulary, char *text, size_t size, const char *file,
                        Error *error)
{
    char *at = text;
    for (size_t i = 0; i < vocabulary->pieces; i++) {
        char *end = memchr(at, '\n', size - (size_t)(at - text)),
             *next = end ? end + 1 : text + size;
        if (!end)
            end = text + size;
        if (end > at && end[-1] == '\r')
            end--;
        if (end == at)
            return fail(error, ERROR_INPUT, (Where){ .file = file, .line = i + 1 }, "a piece",
                        "the line is empty");
        *end = '\0';
        vocabulary->piece[i] = at;
        vocabulary->length[i] = (uint32_t)(end - at);
        at = next;
    }
    return true;
}

static bool goes_on(const char *piece)
{
    return piece[0] == '#' && piece[1] == '#';
}

static bool index_pieces(Arena *arena, Vocabulary *vocabulary, const char *file, Error *error)
{
    size_t going_on = 0;
    for (size_t i = 0; i < vocabulary->pieces; i++)
        going_on += goes_on(vocabulary->piece[i]);
    vocabulary->first = pieces_new(arena, vocabulary->pieces - going_on);
    vocabulary->next = pieces_new(arena, going_on);
    for (size_t i = 0; i < vocabulary->pieces; i++) {
        bool on = goes_on(vocabulary->piece[i]);
        Pieces *pieces = on ? &vocabulary->next : &vocabulary->first;
        const char *text = vocabulary->piece[i] + (on ? 2 : 0);
        size_t length = vocabulary->length[i] - (on ? 2 : 0);
        uint64_t hash = hash_of(text, length);
        Entry *entry = entry_of(vocabulary, pieces, text, length, hash);
        if (entry->id >= 0)
            return fail(error, ERROR_INPUT, (Where){ .file = file, .line = i + 1 },
                        "in the vocabulary once", "'%s' stands in line %d already",
                        vocabulary->piece[i], entry->id + 1);
        *entry = (Entry){ (uint32_t)(hash >> 32), (int32_t)i };
        if (length > pieces->longest)
            pieces->longest = length;
    }
    return true;
}

static Pieces pieces_new(Arena *arena, size_t count)
{
    size_t entries = 2;
    while (entries < 2 * count)
        entries *= 2;
    Pieces pieces = { .entry = arena_take(arena, entries, sizeof(Entry)), .mask = entries - 1 };
    for (size_t i = 0; i < entries; i++)
        pieces.entry[i] = (Entry){ 0, -1 };
    return pieces;
}

static uint64_t hash_of(const char *text, size_t length)
{
    uint64_t hash = hash_start;
    for (size_t i = 0; i < length; i++)
        hash = hash_more(hash, (uint8_t)text[i]);
    return hash;
}

int32_t vocabulary_id(const Vocabulary *vocabulary, const char *piece)
{
    bool on = goes_on(piece);
    const char *text = piece + (on ? 2 : 0);
    size_t length = strlen(text);
    return entry_of(vocabulary, on ? &vocabulary->next : &vocabulary->first, text, length,
                    hash_of(text, length))
        ->id;
}
