// method.h: all that a file in methods/ needs.
//
// A method is a table of options, a few hooks (model/hooks.h says what each is given) and a count.
// Gradients, memory, the optimizer, saving, tables come from elsewhere.
#ifndef METHODS_METHOD_H
#define METHODS_METHOD_H
#include "model/hooks.h"
#include <math.h>
#include <stddef.h>

static inline Init init_zero(void)
{
    return (Init){ INIT_CONSTANT, 0 };
}
static inline Init init_constant(double value)
{
    return (Init){ INIT_CONSTANT, value };
}
static inline Init init_normal(double deviation)
{
    return (Init){ INIT_NORMAL, deviation };
}
static inline Init init_cut_normal(double deviation) // nothing beyond two deviations
{
    return (Init){ INIT_CUT_NORMAL, deviation };
}
static inline Init init_uniform(double bound)
{
    return (Init){ INIT_UNIFORM, bound };
}
#endif
