// compared.h: methods whose runs have predictions, and what `compare` prints of them.
#ifndef TESTS_COMPARED_H
#define TESTS_COMPARED_H
#include "tests/sample_rows.h"
#include <stdint.h>

enum { ITEMS = 300 };
#define LORA(rank) "lora.alpha=16;lora.rank=" #rank

// A run is right where difficulty, a little of the seed's and of the method's own, is below the
// share.
void answer(bool *right, size_t items, double share, int64_t seed);

// Runs of seeds `from` to `to` in a folder, each right on about `share` of ITEMS.
void runs(Arena *arena, const char *folder, Row like, int64_t from, int64_t to, double share);

Row like(Arena *arena, const char *method, const char *options); // tiny on reviews

const char *two_methods(Arena *arena); // a folder: five seeds each of lora at 75 %, full at 90 %

// Whether each of the lines, NULL behind the last, is there, in this order.
bool in_order(const char *text, const char *const *lines);
#define IN_ORDER(text, ...) CHECK(in_order((text), (const char *const[]){ __VA_ARGS__, NULL }))

size_t lines_of(const char *text, size_t *widest); // of a terminal; widest in columns
#endif
