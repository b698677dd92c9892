// keeping.h: what a run computes once for each example and keeps (kept.h), by its options --cache,
// --cache-file and --cache-folder: of a frozen bottom the rows of train, of a fit those of train
// and tune.
//
// Runs that want the same rows of a folder wait for the first of them, which computes them, and
// then find its file.
#ifndef RUN_KEEPING_H
#define RUN_KEEPING_H
#include "base/lock.h"
#include "run/prepare.h"
#include "train/kept_file.h"

enum { MOST_KEPT = 2 };

typedef struct {
    bool (*go_on)(void *context); // asked now and then; false puts an end to it. NULL: no end
    void *context;
    Lock lock; // of the first one's name, until the rows are there
    int claims;
    bool stopped; // while claiming
    Hash name[MOST_KEPT];
    KeptClaim claim[MOST_KEPT];
    Kept kept[MOST_KEPT]; // in the order of the splits
    double seconds;       // that computing all of them took, be it another run
    double spent;         // by this run, in all, waiting included
} Keeping;

Keeping keeping_new(bool (*go_on)(void *), void *context);
// Looks for files, else takes their room; for prepare_for. `keeping`: a Keeping. False: there is
// none where there has to be. Where go_on says no, keeping_rows says so.
bool keeping_claim(void *keeping, Arena *arena, const Prepared *prepared, Error *error);
// The rows, after keeping_claim where that has not been. KEPT_FAILED: the error.
KeptEnd keeping_rows(Arena *arena, Keeping *keeping, const Prepared *prepared,
                     const Trainer *trainer, Error *error);
void keeping_release(Keeping *keeping);
#endif
