// vocabulary.h: the pieces of vocab.txt, found by their bytes.
#ifndef MODEL_VOCABULARY_H
#define MODEL_VOCABULARY_H
#include "base/arena.h"
#include "base/file.h"
#include <string.h>

// Pieces by their bytes: open addressing, at most half full. Pieces that go on ("##ing") have a
// table of their own, in which they stand without the "##".
typedef struct {
    uint32_t tag; // the half of the hash that did not choose the place
    int32_t id;   // -1: free
} Entry;
typedef struct {
    Entry *entry;
    size_t mask;
    size_t longest; // bytes
} Pieces;

typedef struct {
    const char **piece; // as in the file, by id
    uint32_t *length;   // bytes
    size_t pieces;
    Pieces first, next; // a word's first piece, and those that go on
} Vocabulary;

// One piece a line. It lives in the arena. An empty line, a piece that was there before, and what
// is no text are refused with their line.
bool vocabulary_parse(Arena *arena, Bytes bytes, const char *file, Vocabulary *vocabulary,
                      Error *error);
int32_t vocabulary_id(const Vocabulary *vocabulary, const char *piece); // -1 when there is none

// In the header for the tokenizer's innermost loop, which hashes each byte of a word once: a hash
// begins with hash_start and takes one byte after another.
static const uint64_t hash_start = 0xcbf29ce484222325; // FNV-1a, 64 bits

static inline uint64_t hash_more(uint64_t hash, uint8_t byte)
{
    return (hash ^ byte) * 0x100000001b3;
}

// The piece's entry, or the free one where it would be.
static inline Entry *entry_of(const Vocabulary *vocabulary, const Pieces *pieces, const char *text,
                              size_t length, uint64_t hash)
{
    size_t skip = pieces == &vocabulary->next ? 2 : 0;
    uint32_t tag = (uint32_t)(hash >> 32);
    size_t at = (size_t)(hash ^ tag) & pieces->mask;
    for (;; at = (at + 1) & pieces->mask) {
        Entry *entry = &pieces->entry[at];
        if (entry->id < 0 || (entry->tag == tag && vocabulary->length[entry->id] == length + skip &&
                              !memcmp(vocabulary->piece[entry->id] + skip, text, length)))
            return entry;
    }
}
#endif
