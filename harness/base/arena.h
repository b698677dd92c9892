// arena.h: memory that is given back whole.
//
// Whoever made an arena owns all that was taken from it; pieces have no free. An arena reserves its
// address range at once (mmap, MAP_NORESERVE) and gets pages when they are touched, so a piece
// never moves and taking cannot fail but by exceeding the reservation, which is our own mistake.
// With SAN=1 what is not handed out is poisoned, with a red zone behind each piece.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/error.h"
#include <stdarg.h>
#include <stddef.h>

enum { ARENA_ALIGNMENT = 64 };
// The reservation of a run's arena: 64 GiB of addresses, or half of it again and again where a
// limit on addresses leaves less.
#define ARENA_RUN ((size_t)1 << 36)

typedef struct Arena Arena;

Arena *arena_new(size_t bytes, Error *error); // NULL: ERROR_ENVIRONMENT. Release with arena_free.
// A run's arena with room for `more` beside, which it has whatever there is less of.
Arena *arena_with(size_t more, Error *error);
void arena_free(Arena *arena); // NULL is allowed

// count x size bytes, 64-byte aligned; asserts that it fits and that the product does not overflow.
// Zeroed when fresh, undefined after a rewind.
void *arena_take(Arena *arena, size_t count, size_t size);
void *arena_zero(Arena *arena, size_t count, size_t size); // always zeroed
// Room for `room` elements, of which the first are the `count` of `from` (NULL where there is
// none).
void *arena_grown(Arena *arena, const void *from, size_t count, size_t room, size_t size);
char *arena_text(Arena *arena, const char *text); // a copy of a string
__attribute__((format(printf, 2, 3))) char *arena_format(Arena *arena, const char *format, ...);
__attribute__((format(printf, 2, 0))) char *arena_vformat(Arena *arena, const char *format,
                                                          va_list arguments);

// The pages that lie wholly within a piece go back to the system; what they held is zero.
void arena_drop(void *piece, size_t bytes);

size_t arena_left(const Arena *arena);        // the longest piece that can still be taken
size_t arena_mark(const Arena *arena);        // bytes in use
void arena_rewind(Arena *arena, size_t mark); // pages above the mark go back to the system
#endif
