// counted.c: malloc and its kin, and mmap, as the C library has them, and a counter before each.
//
// The names are looked up in the program first, so OpenBLAS, OpenMP and every other shared library
// call these, too. What the C library maps for its own malloc has been counted there.
#include "tests/counted.h"
#include <stdatomic.h>

#if COUNTED
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_size_t count;

size_t counted_allocations(void)
{
    return atomic_load(&count);
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
    atomic_fetch_add(&count, 1);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    void *got = memalign(alignment, size);
    if (!got)
        return ENOMEM;
    *memory = got;
    return 0;
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset)
{
    atomic_fetch_add(&count, 1);
    long got = syscall(SYS_mmap, address, length, protection, flags, file, offset);
    return got == -1 ? MAP_FAILED : (void *)(uintptr_t)got;
}
#else
size_t counted_allocations(void)
{
    return 0;
}
#endif
