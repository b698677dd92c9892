// prepare_impl.h: what the prepare*.c share: preparing a run is deciding (prepare.c), planning
// (prepare_plans.c) and saying so (prepare_row.c, prepare_key.c, prepare_warnings.c), in this
// order.
#ifndef RUN_PREPARE_IMPL_H
#define RUN_PREPARE_IMPL_H
#include "run/prepare.h"

// Levers, passes, plans, frozen, ledger; all before them is decided. FileAsked: prepare_for.
bool prepare_plans(Arena *arena, FileAsked *file, void *context, Prepared *p, Error *error);
void prepare_flops(Prepared *p);
// Which heads a run may end with: one, but of a fit that chooses.
unsigned prepare_heads(const Prepared *p);
// Does any batch, of training or evaluation, go through the model in parts?
bool prepare_in_parts(const Prepared *p);

// The row's decided cells, refused where a text of the user is none for a row; then, from these,
// the hashes and the key; NULL: no warnings.
bool prepare_row(Arena *arena, Prepared *p, Error *error);
void prepare_key(Arena *arena, const Prepared *p, Row *row);
const char *prepare_warnings(Arena *arena, const Prepared *p);
#endif
