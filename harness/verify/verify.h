// verify.h: does a method do what its file says?
//
// Any method, of the registry or not, is tried on a small generated BERT through the code that runs
// use (plans_make, trainer_*): at its defaults, at another value of each option, at other values of
// all at once; under two heads. No size of that model equals another, and none is 1, so that a
// transposed or a forgotten dimension shows. No file is needed; save and load use a temporary one.
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H
#include "model/hooks.h"

typedef enum { HOLDS, FAILS, DOES_NOT_APPLY } Standing;

typedef struct {
    const char *name; // of the check, one word
    Standing standing;
    char says[384]; // what was measured, what was wrong, or why it does not apply
} Proof;

enum { CHECKS = 10 };
typedef struct {
    Proof proof[CHECKS];
    int failed;
} Verified;

// The checks in their order:
//   gradients  slopes of the loss along random directions, parameters off their start
//   start      where claimed, the encoder and the logits are the pretrained model's
//   frozen     what trains is what changes; all else keeps its bits, under weight decay 1
//   reached    after two steps every trained tensor has a gradient
//   count      the closed form equals the graph's count, at several shapes
//   saved      trained tensors written, read back on the untouched model: the same logits
//   merged     where offered, one plain model with the same logits and no more work a token
//   repeated   the same bits twice
//   learns     the loss falls at the default rate
//   options    each option changes something
// With `options` these alone are tried; NULL: the defaults and others.
// Fails (false) only for want of memory or of a place for the temporary file, and where `options`
// do not fit the generated model.
bool verify(Arena *arena, const Method *method, const void *options, Verified *verified,
            Error *error);
#endif
