// size.h: how much of a method a budget of parameters allows: its size, solved for.
//
// The size of a method is the first of its options that is a whole number, as lora's rank,
// adapter's width or prefix's rows: the more of it, the more it trains. A method without one trains
// what it trains.
#ifndef RUN_SIZE_H
#define RUN_SIZE_H
#include "model/describe.h"
#include "run/request.h"

const Option *method_size(const Method *method); // NULL: it has none

// Where the request has a budget the method of its description is given, in place of its options, a
// copy with the largest size with which it trains at most that share of the encoder's parameters
// outside the embeddings. Refused: a method without a size; a size that is given, too; a budget
// that the smallest one that trains anything is over.
bool size_solve(Arena *arena, const Request *request, Description *description, Error *error);

// The size that a description has, as "rank 7".
const char *size_text(Arena *arena, const Description *description);
#endif
