// hash.h: SHA-256 (libcrypto), as 64 lower-case hexadecimal digits.
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include "base/file.h"

typedef struct {
    char hex[65];
} Hash;

// The first 64 bits as a number, or with `word` 1 to 3 those that follow.
uint64_t hash_word(const Hash *hash, size_t word);
Hash hash_bytes(const void *data, size_t size);
// Of pieces as if they stood one after another. False: out of memory.
bool hash_pieces(const Bytes *piece, size_t pieces, Hash *hash);
bool hash_file(const char *path, Hash *hash, Error *error);
#endif
