// sweep.h: runs what is missing of a spec, each run in a process of its own.
//
// One driver a folder (flock on FOLDER/.lock). A crash, a kill or a power cut at any instant loses
// at most the runs in flight; the same command goes on. A run that ends without its row gets one
// from the driver, with status `failed` and its last words, or `timeout` when it had to be killed;
// failed and timed-out runs are tried twice in a command.
//
// A trial that fails twice counts as the worst of its search, which goes on, and is not tried again
// by later commands; one that diverged is an answer and no failure. No run is started that would
// not end before the deadline, by its flops and the rate of the rows that are there; what runs at
// the deadline is ended as by Ctrl-C. Ctrl-Z stops the driver alone: runs in flight go on to their
// end, and the deadline stays where it is.
#ifndef SWEEP_SWEEP_H
#define SWEEP_SWEEP_H
#include "sweep/agenda.h"

#define SWEEP_GRACE "60" // as typed

typedef struct {
    const char *spec;       // a file
    const char *const *set; // overrides as typed, "train.epochs=1"
    size_t sets;
    const char *out; // the folder; NULL: results/NAME
    size_t jobs;     // runs at once; 0: as many as there are cores for
    size_t slurm;    // parts of an array job whose script is printed; 0: none
    Shard shard;     // the settings to run
    double seconds;  // until the deadline; 0: none
    double grace;    // seconds after its timeout that a run is given to end by itself [SWEEP_GRACE]
    const char *program;      // the program as it was invoked, for what is printed
    const char *image;        // what a child executes: /proc/self/exe, so that a program that is
                              // rebuilt meanwhile does not change in the middle of a sweep
    const char *command_line; // for the manifest
    bool dry_run, commands, quiet, verbose;
} SweepOptions;

// Writes the product (the summary, the dry run, the commands, the script) to `out` and what people
// watch to `people`. False with ERROR_WORK when a run did not end ok or the deadline has left some,
// ERROR_INTERRUPTED after `interrupted` was set, ERROR_ENVIRONMENT when another driver works in the
// folder or it cannot be written.
bool sweep(const SweepOptions *options, Interrupt *interrupted, FILE *out, FILE *people,
           Error *error);
#endif
