// random.h: counter-based random numbers (Philox, Salmon et al. 2011, by Random123).
//
// A number is a function of a seed and of where it is used, never of what was drawn before. Streams
// (initial values, order, dropout, data, masks) are told apart by their seed's stream constant.
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H
#include <stddef.h>
#include <stdint.h>

typedef enum {
    STREAM_INIT = 1,
    STREAM_ORDER,
    STREAM_DROPOUT,
    STREAM_DATA,
    STREAM_TEST,
    STREAM_MASK,
    STREAM_RESAMPLE
} Stream;

typedef struct {
    uint32_t word[4];
} Random4;

Random4 random_at(uint64_t seed, Stream stream, uint64_t high, uint64_t low); // 128 random bits

double random_uniform(Random4 bits);             // in (0, 1), from words 0 and 1
double random_normal(Random4 bits);              // N(0, 1), Box-Muller on words 0-3
uint64_t random_below(Random4 bits, uint64_t n); // 0 .. n - 1, n > 0; bias below n / 2^64
uint64_t random_name(const char *name); // a name as a number (first 8 bytes of its SHA-256)

// A permutation of 0 .. count - 1 (Fisher-Yates), a function of (seed, stream, which).
void random_order(uint32_t *order, size_t count, uint64_t seed, Stream stream, uint64_t which);
#endif
