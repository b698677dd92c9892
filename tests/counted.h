// counted.h: how often memory was asked for in this process, by whatever library.
#ifndef TESTS_COUNTED_H
#define TESTS_COUNTED_H
#include "tests/program.h"

// glibc lets a program put its own in place of malloc, which a sanitizer does, too.
#if defined(__GLIBC__) && !SANITIZED
#define COUNTED 1
#else
#define COUNTED 0
#endif

// Calls so far of malloc and its kin, and of mmap; free is none. 0 where they are not COUNTED.
size_t counted_allocations(void);
#endif
