// hash.c: libcrypto's one-shot SHA-256, printed.
#include "base/hash.h"
#include <openssl/sha.h>

Hash hash_bytes(const void *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum[SHA256_DIGEST_LENGTH];
    Hash hash = { 0 };
    SHA256(data, size, sum);
    for (size_t i = 0; i < sizeof sum; i++) {
        hash.hex[2 * i] = digits[sum[i] >> 4];
        hash.hex[2 * i + 1] = digits[sum[i] & 15];
    }
    return hash;
}

bool hash_file(const char *path, Hash *hash, Error *error)
{
    Bytes bytes;
    if (!file_map(path, &bytes, error))
        return false;
    *hash = hash_bytes(bytes.data, bytes.size);
    file_unmap(bytes);
    return true;
}
