// hash.c: libcrypto's SHA-256, printed.
#include "base/hash.h"
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 20 };

static Hash printed(const uint8_t sum[SHA256_DIGEST_LENGTH])
{
    static const char digits[] = "0123456789abcdef";
    Hash hash = { 0 };
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        hash.hex[2 * i] = digits[sum[i] >> 4];
        hash.hex[2 * i + 1] = digits[sum[i] & 15];
    }
    return hash;
}

uint64_t hash_word(const Hash *hash, size_t word)
{
    char digits[17] = "";
    memcpy(digits, hash->hex + 16 * word, 16);
    return strtoull(digits, NULL, 16);
}

Hash hash_bytes(const void *data, size_t size)
{
    uint8_t sum[SHA256_DIGEST_LENGTH];
    SHA256(data, size, sum);
    return printed(sum);
}

// `mapped`: a chunk at a time, given back at once: a checkpoint is not to be in memory for its
// hash.
static bool sum_of(const Bytes *piece, size_t pieces, bool mapped, Hash *hash)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t sum[SHA256_DIGEST_LENGTH];
    bool ok = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    for (size_t p = 0; p < pieces; p++)
        for (size_t done = 0, size; ok && done < piece[p].size; done += size) {
            Bytes left = { piece[p].data + done, piece[p].size - done };
            size = left.size = left.size < CHUNK ? left.size : CHUNK;
            ok = EVP_DigestUpdate(context, left.data, size);
            if (mapped)
                file_rest(left);
        }
    ok = ok && EVP_DigestFinal_ex(context, sum, NULL);
    EVP_MD_CTX_free(context);
    if (ok)
        *hash = printed(sum);
    return ok;
}

bool hash_pieces(const Bytes *piece, size_t pieces, Hash *hash)
{
    return sum_of(piece, pieces, false, hash);
}

bool hash_file(const char *path, Hash *hash, Error *error)
{
    Bytes bytes;
    if (!file_map(path, &bytes, error))
        return false;
    bool ok = sum_of(&bytes, 1, true, hash);
    file_unmap(bytes);
    return ok || fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL, "out of memory");
}
