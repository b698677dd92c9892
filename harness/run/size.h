// size.h: how much of a method a budget of parameters allows: its size, solved for.
//
// The size of a method is the first of its options that is a whole number, as lora's rank,
// adapter's width or prefix's rows: the more of it, the more it trains. A method without one trains
// what it trains.
#ifndef RUN_SIZE_H
#define RUN_SIZE_H
#include "model/describe.h"

const Option *method_size(const Method *method); // NULL: it has none

// In place of its options the method of `description` has a copy with the largest size of which it
// trains `budget` of the encoder's parameters outside the embeddings at most
// (method_share_nonembedding of the row). Refused: no size; a size that is given, too; a budget
// that the smallest one that trains anything is over.
bool size_solve(Arena *arena, double budget, Description *description, Error *error);
#endif
