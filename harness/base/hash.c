// hash.c: libcrypto's SHA-256, printed.
#include "base/hash.h"
#include <openssl/evp.h>
#include <openssl/sha.h>

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

Hash hash_bytes(const void *data, size_t size)
{
    uint8_t sum[SHA256_DIGEST_LENGTH];
    SHA256(data, size, sum);
    return printed(sum);
}

// A piece at a time, given back at once: a checkpoint is not to be in memory for its hash.
static bool sum_of_mapped(Bytes bytes, uint8_t sum[SHA256_DIGEST_LENGTH])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    for (size_t done = 0, size; ok && done < bytes.size; done += size) {
        size = bytes.size - done < CHUNK ? bytes.size - done : CHUNK;
        ok = EVP_DigestUpdate(context, bytes.data + done, size);
        file_rest((Bytes){ bytes.data + done, size });
    }
    ok = ok && EVP_DigestFinal_ex(context, sum, NULL);
    EVP_MD_CTX_free(context);
    return ok;
}

bool hash_file(const char *path, Hash *hash, Error *error)
{
    Bytes bytes;
    uint8_t sum[SHA256_DIGEST_LENGTH];
    if (!file_map(path, &bytes, error))
        return false;
    bool ok = sum_of_mapped(bytes, sum);
    file_unmap(bytes);
    if (!ok)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL, "out of memory");
    *hash = printed(sum);
    return true;
}
