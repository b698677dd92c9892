// random.c: Philox4x32-10.
//
//   counter = low, high (64 bits each, least significant word first)
//   key     = seed ^ stream << 60
//
// Under one seed the streams have different keys, and Philox is a bijection of the counter under
// each key. Two streams under two seeds could share a key only if one seed had bits above the
// 60th; an option's seed has at most 53 bits, so streams never coincide.
#include "base/random.h"
#include "base/hash.h"
#include <Random123/philox.h>
#include <assert.h>
#include <math.h>
#include <string.h>

static uint64_t first_words(Random4 bits);
static double inside(uint64_t bits);

Random4 random_at(uint64_t seed, Stream stream, uint64_t high, uint64_t low)
{
    uint64_t mixed = seed ^ (uint64_t)stream << 60;
    philox4x32_ctr_t counter = { { (uint32_t)low, (uint32_t)(low >> 32), (uint32_t)high,
                                   (uint32_t)(high >> 32) } };
    philox4x32_key_t key = { { (uint32_t)mixed, (uint32_t)(mixed >> 32) } };
    philox4x32_ctr_t drawn = philox4x32_R(10, counter, key);
    return (Random4){ { drawn.v[0], drawn.v[1], drawn.v[2], drawn.v[3] } };
}

double random_uniform(Random4 bits)
{
    return inside(first_words(bits));
}

// Box and Muller 1958; one of the pair.
double random_normal(Random4 bits)
{
    double angle = 2 * 3.14159265358979323846 * inside((uint64_t)bits.word[2] << 32 | bits.word[3]);
    return sqrt(-2 * log(inside(first_words(bits)))) * cos(angle);
}

// Lemire 2019 (arXiv 1805.10941) without the rejection.
uint64_t random_below(Random4 bits, uint64_t n)
{
    assert(n > 0);
    return (uint64_t)((unsigned __int128)first_words(bits) * n >> 64);
}

uint64_t random_name(const char *name)
{
    Hash hash = hash_bytes(name, strlen(name));
    return hash_word(&hash, 0);
}

void random_order(uint32_t *order, size_t count, uint64_t seed, Stream stream, uint64_t which)
{
    assert(count <= (size_t)UINT32_MAX + 1);
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)random_below(random_at(seed, stream, which, i), i);
        uint32_t last = order[i - 1];
        order[i - 1] = order[other];
        order[other] = last;
    }
}

static uint64_t first_words(Random4 bits)
{
    return (uint64_t)bits.word[0] << 32 | bits.word[1];
}

// 52 bits and a half: with 53 the largest would round to 1.
static double inside(uint64_t bits)
{
    return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}
