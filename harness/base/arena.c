// arena.c: one reserved range of addresses, handed out from its start.
//
//   | Arena | piece, red zone | piece, red zone | not handed out ...        |
//   0       first                               used     poisoned           reserved
//
// Red zones and poison exist under AddressSanitizer only. Poison costs an eighth of what it covers
// in shadow memory, so it runs a little ahead of `used` instead of over a reservation of gigabytes.
#include "base/arena.h"
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONS 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define POISONS 1
#endif
#ifdef POISONS
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = ARENA_ALIGNMENT, AHEAD = 1 << 16 };
#else
#define ASAN_POISON_MEMORY_REGION(data, size) ((void)(data), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(data, size) ((void)(data), (void)(size))
enum { RED_ZONE = 0, AHEAD = 0 };
#endif

struct Arena {
    size_t reserved; // bytes mapped, this struct among them
    size_t used;     // the next piece begins here
    size_t poisoned; // from `used` to here
};

// A run's arena may have less of its addresses than it asks for, but not less than this.
#define ARENA_LEAST ((size_t)1 << 32)

static size_t first(void);
static size_t rounded(size_t bytes, size_t to);
static void poison_ahead(Arena *arena);

// least: bytes that it may have instead, where a limit on addresses (batch systems set one) leaves
// less than it asks for; SIZE_MAX: nothing less.
static Arena *reserve(size_t bytes, size_t least, const char *right, Error *error)
{
    // A piece is at least ARENA_ALIGNMENT long, so with its red zone it is at most twice as long.
    size_t reserved = 0, page = (size_t)sysconf(_SC_PAGESIZE), fold = RED_ZONE ? 2 : 1;
    void *memory = MAP_FAILED;
    errno = ENOMEM;
    if (bytes < SIZE_MAX / 4) {
        reserved = rounded(first() + fold * rounded(bytes, ARENA_ALIGNMENT), page);
        for (;; reserved = rounded(reserved / 2, page)) {
            memory = mmap(NULL, reserved, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (memory != MAP_FAILED || reserved / 2 / fold < least)
                break;
        }
    }
    if (memory == MAP_FAILED) {
        fail(error, ERROR_ENVIRONMENT, (Where){ 0 }, right,
             "cannot reserve %zu bytes of memory: %s", bytes, strerror(errno));
        return NULL;
    }
    Arena *arena = memory;
    *arena = (Arena){ .reserved = reserved, .used = first(), .poisoned = first() };
    poison_ahead(arena);
    return arena;
}

Arena *arena_new(size_t bytes, Error *error)
{
    return bytes == ARENA_RUN ? arena_with(0, error) : reserve(bytes, SIZE_MAX, NULL, error);
}

Arena *arena_with(size_t more, Error *error)
{
    if (more > SIZE_MAX / 8) // which no machine has; and sums would overflow
        return reserve(SIZE_MAX, SIZE_MAX, NULL, error);
    return reserve(ARENA_RUN + more, ARENA_LEAST + more,
                   more ? NULL : "16 GiB of addresses or more, as ulimit -v has them", error);
}

void arena_free(Arena *arena)
{
    if (!arena)
        return;
    ASAN_UNPOISON_MEMORY_REGION(arena, arena->poisoned); // others may be given these addresses
    munmap(arena, arena->reserved);
}

void *arena_take(Arena *arena, size_t count, size_t size)
{
    size_t bytes;
    bool overflows = __builtin_mul_overflow(count, size, &bytes);
    size_t taken = bytes ? bytes : 1; // so that no two pieces have one address
    assert(!overflows && taken <= arena_left(arena));
    uint8_t *piece = (uint8_t *)arena + arena->used;
    arena->used += rounded(taken, ARENA_ALIGNMENT) + RED_ZONE;
    poison_ahead(arena);
    ASAN_UNPOISON_MEMORY_REGION(piece, bytes);
    return piece;
}

void *arena_zero(Arena *arena, size_t count, size_t size)
{
    void *piece = arena_take(arena, count, size);
    return memset(piece, 0, count * size);
}

void *arena_grown(Arena *arena, const void *from, size_t count, size_t room, size_t size)
{
    void *larger = arena_take(arena, room, size);
    if (count > 0)
        memcpy(larger, from, count * size);
    return larger;
}

char *arena_text(Arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(arena_take(arena, size, 1), text, size);
}

char *arena_format(Arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vformat(arena, format, arguments);
    va_end(arguments);
    return text;
}

char *arena_vformat(Arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(length >= 0);
    char *text = arena_take(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

size_t arena_left(const Arena *arena)
{
    size_t left = arena->reserved - arena->used;
    return left > RED_ZONE ? (left - RED_ZONE) / ARENA_ALIGNMENT * ARENA_ALIGNMENT : 0;
}

size_t arena_mark(const Arena *arena)
{
    return arena->used - first();
}

void arena_rewind(Arena *arena, size_t mark)
{
    assert(mark <= arena_mark(arena));
    size_t from = first() + mark, page = rounded(from, (size_t)sysconf(_SC_PAGESIZE));
    ASAN_POISON_MEMORY_REGION((uint8_t *)arena + from, arena->used - from);
    if (page < arena->used) // cannot fail: the range is ours and not locked
        madvise((uint8_t *)arena + page, arena->used - page, MADV_DONTNEED);
    arena->used = from;
}

void arena_drop(void *piece, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), begin = rounded((uintptr_t)piece, page);
    size_t end = ((uintptr_t)piece + bytes) / page * page;
    if (begin < end) // cannot fail: the range is an arena's and not locked
        madvise((uint8_t *)piece + (begin - (uintptr_t)piece), end - begin, MADV_DONTNEED);
}

static size_t first(void)
{
    return rounded(sizeof(Arena), ARENA_ALIGNMENT) + RED_ZONE;
}

static size_t rounded(size_t bytes, size_t to)
{
    return (bytes + to - 1) / to * to;
}

static void poison_ahead(Arena *arena)
{
    size_t until = arena->used + AHEAD;
    if (until > arena->reserved)
        until = arena->reserved;
    if (until > arena->poisoned) {
        ASAN_POISON_MEMORY_REGION((uint8_t *)arena + arena->poisoned, until - arena->poisoned);
        arena->poisoned = until;
    }
}
