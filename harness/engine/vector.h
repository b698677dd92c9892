// vector.h: what GCC has to be told before it vectorises our loops. Nothing here changes a result
// by more than a few units in the last place.
#ifndef ENGINE_VECTOR_H
#define ENGINE_VECTOR_H
#include <math.h>

// glibc's libmvec has vector forms of these (2 to 4 ulp); math.h declares them under -ffast-math
// only. Elsewhere the scalar functions are called.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 35)
__attribute__((simd("notinbranch"))) float erff(float);
__attribute__((simd("notinbranch"))) float expf(float);
__attribute__((simd("notinbranch"))) float tanhf(float);
__attribute__((simd("notinbranch"))) double exp(double);
#endif
#endif

// Before a loop whose rounds touch different elements although its pointers may be equal (in
// place): without it the compiler takes equal pointers for an overlap and falls back to a scalar
// loop.
#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif
#endif
