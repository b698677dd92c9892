// ledger.h: the bytes that a run's plans take, and whether the machine has them. The row,
// --max-memory, `estimate`, `explain` and a sweep's forecast all read this one account.
#ifndef TRAIN_LEDGER_H
#define TRAIN_LEDGER_H
#include "base/arena.h"
#include <stdint.h>

// Of the parameters and, of each that trains where it does so by steps, of its gradient and two
// moments; of what trains also the copy that --select best keeps beside it.
typedef struct {
    int64_t weights, gradients, optimizer;
} Held;

typedef struct {
    Held held;
    size_t activations, workspace; // of the plan that decides what training takes
    size_t step;                   // the step arena in training
    size_t evaluation;             // likewise in evaluation
    size_t heldout;                // all that there is in a pass over held-out texts; 0: none
    size_t kept;                   // rows of a frozen bottom, or a fit's vectors, in memory
    size_t in_file;                // or in a file, whose pages the system may drop
} Ledger;

int64_t ledger_training(const Ledger *ledger);   // the row's plan_peak
int64_t ledger_evaluation(const Ledger *ledger); // the row's eval_plan_peak
int64_t ledger_peak(const Ledger *ledger);       // what there has to be: the largest of all
int64_t ledger_resident(const Ledger *ledger);   // at most, pages of the file among it

// Has the machine so many bytes, of which `held` are to lie in this arena? The kernel promises
// memory that there is not, and ends the process that uses it. Else "WHO 9.9 GB where ...; HELPS".
bool memory_fits(double bytes, double held, const Arena *arena, const char *who, const char *helps,
                 Error *error);
// May runs be done side by side, with what they hold in this arena?
bool ledgers_fit(const Ledger *const *ledger, size_t runs, const Arena *arena, Error *error);
#endif
