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
static inline Init init_uniform(double bound)
{
    return (Init){ INIT_UNIFORM, bound };
}

// A trained parameter of the method beside a linear layer, named METHOD.LAYER.SITE.part. Asking again
// for the same one gives the same.
Value trained(Build *build, const Linear *at, const char *part, int64_t rows, int64_t cols,
              Init init);

// Dropout of the method's own, with a mask per place; nothing in evaluation.
Value method_dropout(Build *build, Value x, double rate);

// Refuses an option that does not fit the model: "lora: rank: 64 is too large for q (32 x 32);
// should be 1 to 32". Returns false.
bool refuse(Build *build, const char *option, const char *right, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

// Sum over layers and chosen linear sites of per_in * in + per_out * out: lora has the rank twice.
int64_t over_sites(const Config *config, unsigned sites, int64_t per_in, int64_t per_out);
#endif
