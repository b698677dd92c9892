// place.h: where buffers with lives lie in one arena.
//
// No placing ends below what is alive at the fullest moment. Ours ends there for nearly every graph
// of a model (tests/test_memory.c); what it takes beyond are gaps.
#ifndef ENGINE_PLACE_H
#define ENGINE_PLACE_H
#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    size_t bytes;
    int32_t first, last; // moments of its life, both within it
    size_t offset;       // place() gives it
    size_t crowd;        // and this: the most that is alive during its life
} Buffer;

bool alive_during(const Buffer *buffer, int32_t moment);

// Gives every buffer an offset: buffers that are alive at one moment do not overlap. What is given
// from the moment `turn` on may lie at the top, what was given before it does not. Returns where
// the highest ends.
size_t place(Arena *arena, Buffer *buffer, size_t count, int32_t turn);
#endif
