// sweep_impl.h: a sweep at work, for sweep.c (which drives it) and forecast.c (which says what is
// to come).
#ifndef SWEEP_SWEEP_IMPL_H
#define SWEEP_SWEEP_IMPL_H
#include "sweep/child.h"
#include "sweep/progress.h"
#include "sweep/sweep.h"

typedef struct {
    Child child;
    Job *job; // NULL: the place is free
    int64_t attempt;
    double started, deadline; // on the monotonic clock; deadline INFINITY: none
    bool killed;
} Slot;

typedef struct {
    const SweepOptions *options;
    Interrupt *interrupted;
    Arena *arena;
    Spec spec;
    Agenda agenda;
    Slot *slot;
    size_t slots, running;
    FILE *out, *people;
    bool terminal;
    double flops_done, seconds_done; // of runs that this command finished
    double deadline;                 // on the monotonic clock; INFINITY: none
    double standard;                 // flops a second where no row tells; NAN: not known
    double written;                  // when plan.csv and runs.csv were
    Progress progress;
} Sweep;

// Bytes of the largest run that is pending or follows, and of as many of the largest as run at
// once.
typedef struct {
    size_t pending, following, at_once, largest, sum;
} Need;
Need need(Sweep *s);

// Seconds and flops of what is to be done; `most` where each search's longer trial wins.
typedef struct {
    double seconds, flops, most_seconds;
    size_t used[4]; // rates, by what they are from
} Cost;
Cost cost_of(Sweep *s);

// Flops a second where no row tells: what this machine can do in a product, which a child measures
// (`tunemark probe`). A run reaches about half of it.
double standard_rate(const Sweep *s);

// How many runs, why each, hours and bytes.
bool dry_run(Sweep *s, Error *error);
#endif
