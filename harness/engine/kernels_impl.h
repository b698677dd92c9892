// kernels_impl.h: the order of additions that the kernels share; for kernel_*.c only.
//
// The sum of n numbers in double, in an order that depends on n alone: lane j takes x[j], x[j +
// 16], ..., the lanes are added pairwise, and the last n % 16 numbers, added one after another,
// come on top. The vectoriser needs separate sums: without -ffast-math it may not reorder the
// additions of one.
#ifndef ENGINE_KERNELS_IMPL_H
#define ENGINE_KERNELS_IMPL_H
#include <stddef.h>

enum { LANES = 16 };

static inline double pairwise(double lane[LANES])
{
    for (size_t j = 0; j < 8; j++) // loops of known length, so that the lanes stay in registers
        lane[j] += lane[j + 8];
    for (size_t j = 0; j < 4; j++)
        lane[j] += lane[j + 4];
    return (lane[0] + lane[2]) + (lane[1] + lane[3]);
}
#endif
