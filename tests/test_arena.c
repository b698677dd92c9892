// Pieces are aligned, apart and zeroed; under SAN=1 what is not handed out cannot be read.
#include "tests/program.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

static void pieces_are_aligned_zeroed_and_apart(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    uint8_t *end = (uint8_t *)arena;
    for (size_t size = 0; size < 200; size++) {
        uint8_t *piece = arena_take(arena, size, 1);
        CHECK((uintptr_t)piece % ARENA_ALIGNMENT == 0);
        CHECK(piece >= end + (size == 1)); // a piece of no bytes has an address of its own too
        for (size_t i = 0; i < size; i++)
            CHECK(piece[i] == 0);
        memset(piece, 0xff, size);
        end = piece + size;
    }
    arena_free(arena);
}

static void a_piece_may_be_as_long_as_the_reservation_and_no_longer(void)
{
    Error error;
    for (size_t bytes = 64; bytes <= 1 << 16; bytes = 2 * bytes + 64) {
        Arena *arena = arena_new(bytes, &error);
        size_t left = arena_left(arena);
        CHECK(left >= bytes);
        memset(arena_take(arena, left, 1), 1, left);
        CHECK(arena_left(arena) == 0);
        arena_free(arena);
    }
    arena_free(NULL);
}

static void a_plan_of_whole_lines_fits_its_own_sum(void)
{
    Error error;
    Arena *arena = arena_new(1000 * 64, &error);
    for (int i = 0; i < 1000; i++)
        memset(arena_take(arena, 16, sizeof(float)), 1, 64);
    arena_free(arena);
}

static void a_rewind_gives_pages_back_and_the_same_piece_again(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    char *kept = arena_text(arena, "kept");
    size_t mark = arena_mark(arena), bytes = 1 << 22;
    uint8_t *piece = arena_take(arena, bytes, 1);
    memset(piece, 7, bytes);
    arena_rewind(arena, mark);
    CHECK(arena_mark(arena) == mark);
    CHECK_TEXT(kept, "kept");
    CHECK(arena_take(arena, bytes, 1) == piece);
    CHECK(piece[bytes - 1] == 0); // a new page: the old one is gone
    arena_rewind(arena, mark);
    uint8_t *zero = arena_zero(arena, 10, 10);
    for (size_t i = 0; i < 100; i++)
        CHECK(zero[i] == 0);
    arena_rewind(arena, 0);
    CHECK(arena_mark(arena) == 0);
    arena_free(arena);
}

static void what_is_dropped_is_zero_and_its_neighbours_stay(void)
{
    Error error;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = 3 * page + 100;
    Arena *arena = arena_new(1 << 20, &error);
    uint8_t *before = arena_take(arena, 100, 1), *piece = arena_take(arena, bytes, 1);
    uint8_t *after = arena_take(arena, 100, 1);
    size_t zeros = 0;
    memset(before, 1, 100), memset(piece, 2, bytes), memset(after, 3, 100);
    arena_drop(piece, bytes);
    for (size_t i = 0; i < 100; i++)
        CHECK(before[i] == 1 && after[i] == 3);
    for (size_t i = 0; i < bytes; i++)
        zeros += piece[i] == 0;
    CHECK(zeros == 2 * page || zeros == 3 * page); // as it lies
    CHECK(piece[0] == 2 || (uintptr_t)piece % page == 0);
    arena_drop(before, 100); // no whole page
    CHECK(before[50] == 1);
    arena_free(arena);
}

static void texts_are_copied_and_formatted(void)
{
    Error error;
    Arena *arena = arena_new(4096, &error);
    char text[] = "abc";
    char *copy = arena_text(arena, text);
    text[0] = 'x';
    CHECK_TEXT(copy, "abc");
    CHECK_TEXT(arena_text(arena, ""), "");
    CHECK_TEXT(arena_format(arena, "%s=%d", "rank", 8), "rank=8");
    CHECK_TEXT(arena_format(arena, "%s", ""), "");
    arena_free(arena);
}

static void a_reservation_that_cannot_be_is_the_environment_s_fault(void)
{
    Error error;
    CHECK(!arena_new((size_t)1 << 60, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "cannot reserve 1152921504606846976 bytes");
    CHECK(!arena_new(SIZE_MAX, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "cannot reserve");
}

// 2^40 bytes are more than a run's arena has; 2^50 more than a process can address.
static void what_is_asked_for_beside_a_run_is_there_or_refused(void)
{
    Error error;
    size_t more = (size_t)1 << 40;
    Arena *arena = arena_with(more, &error);
    if (!SANITIZED && CHECK(arena))
        CHECK(arena_left(arena) >= more + ARENA_RUN);
    arena_free(arena);
    CHECK(!arena_with((size_t)1 << 50, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "cannot reserve");
    CHECK(!arena_with(SIZE_MAX, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "cannot reserve");
}

static void a_product_that_overflows_and_a_piece_too_long_stop_the_program(void)
{
    for (int which = 0; which < 2; which++) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            Error error;
            Arena *arena = arena_new(4096, &error);
            if (!freopen("/dev/null", "w", stderr))
                _exit(1);
            arena_take(arena, which ? arena_left(arena) + 1 : SIZE_MAX / 2, which ? 1 : 4);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) > 1); // a sanitizer may turn it into exit
    }
}

static void what_is_not_handed_out_is_poisoned(void)
{
#ifdef __SANITIZE_ADDRESS__
    Error error;
    Arena *arena = arena_new(1 << 24, &error);
    uint8_t *piece = arena_take(arena, 100, 1), *large = arena_take(arena, 1 << 20, 1);
    CHECK(!__asan_region_is_poisoned(piece, 100));
    CHECK(__asan_address_is_poisoned(piece + 100) && __asan_address_is_poisoned(piece + 128));
    CHECK(!__asan_region_is_poisoned(large, 1 << 20));
    CHECK(__asan_address_is_poisoned(large + (1 << 20)));
    arena_rewind(arena, 0);
    CHECK(__asan_address_is_poisoned(piece) && __asan_address_is_poisoned(large + (1 << 19)));
    arena_free(arena);
#else
    CHECK(true); // seen by make test SAN=1
#endif
}

void suite_arena(void)
{
    ADD(pieces_are_aligned_zeroed_and_apart);
    ADD(a_piece_may_be_as_long_as_the_reservation_and_no_longer);
    ADD(a_plan_of_whole_lines_fits_its_own_sum);
    ADD(a_rewind_gives_pages_back_and_the_same_piece_again);
    ADD(what_is_dropped_is_zero_and_its_neighbours_stay);
    ADD(texts_are_copied_and_formatted);
    ADD(a_reservation_that_cannot_be_is_the_environment_s_fault);
    ADD(what_is_asked_for_beside_a_run_is_there_or_refused);
    ADD(a_product_that_overflows_and_a_piece_too_long_stop_the_program);
    ADD(what_is_not_handed_out_is_poisoned);
}
