// replay.h: a fuzz target as a test, without a fuzzer.
#ifndef TESTS_FUZZ_REPLAY_H
#define TESTS_FUZZ_REPLAY_H
#include <stddef.h>
#include <stdint.h>

// Hands the target nothing, every file of tests/fuzz/seeds/NAME and tests/fuzz/found/NAME, and of
// each file its beginnings and copies with one byte changed.
void replay(const char *name, int (*target)(const uint8_t *bytes, size_t length));
#endif
