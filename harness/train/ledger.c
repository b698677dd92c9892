// ledger.c: see the header.
#include "train/ledger.h"
#include "base/machine.h"
#include <math.h>

static int64_t held_bytes(const Held *held)
{
    return held->weights + held->gradients + held->optimizer;
}

int64_t ledger_training(const Ledger *ledger)
{
    return held_bytes(&ledger->held) + (int64_t)(ledger->step + ledger->kept);
}

int64_t ledger_evaluation(const Ledger *ledger)
{
    return held_bytes(&ledger->held) + (int64_t)ledger->evaluation;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t ledger_peak(const Ledger *ledger)
{
    return larger(larger(ledger_training(ledger), ledger_evaluation(ledger)),
                  (int64_t)ledger->heldout);
}

int64_t ledger_resident(const Ledger *ledger)
{
    return larger(ledger_training(ledger) + (int64_t)ledger->in_file, ledger_evaluation(ledger));
}

bool memory_fits(double bytes, double held, const Arena *arena, const char *who, const char *helps,
                 Error *error)
{
    double there = memory_total(), left = (double)arena_left(arena);
    return (bytes <= there && held < left) ||
           fail(error, ERROR_ENVIRONMENT, (Where){ .item = "memory" }, NULL,
                "%s %.1f GB where there are %.1f GB; %s", who, bytes / 1e9, fmin(there, left) / 1e9,
                helps);
}

bool ledgers_fit(const Ledger *const *ledger, size_t runs, const Arena *arena, Error *error)
{
    double peak = 0, held = 0;
    for (size_t r = 0; r < runs; r++) {
        peak += (double)ledger_peak(ledger[r]);
        held += (double)held_bytes(&ledger[r]->held);
    }
    return memory_fits(peak, held, arena, runs > 1 ? "both runs at once need" : "the run needs",
                       "a smaller batch or max-length needs less", error);
}
