// agenda.h: what a sweep has to do: a function of its spec and of the rows in its folder.
//
// State is one file a run, rows/KEY.csv, named by the hash of what decides its result. `ok` and
// `diverged` are final; a run whose row says `failed` or `timeout`, or cannot be read, is pending.
// The folder:
//
//   spec.yaml, manifest.json                  written by the driver
//   plan.csv, runs.csv                        written here: every planned run; the rows there are
//   rows/ scores/ curves/ predictions/        written by the runs, KEY.csv each
//   logs/                                     KEY.log: what a run said, all its attempts
//   figures/                                  for plots
#ifndef SWEEP_AGENDA_H
#define SWEEP_AGENDA_H
#include "sweep/spec.h"
#include <signal.h>

typedef struct {
    Request request; // `out` is the sweep's folder
    const char *label;
    Row decided; // as resolve() has it
    double flops;
    size_t bytes;
    const Row *row;   // what rows/ has; NULL: none, or none that can be read
    const char *why;  // why it is pending, as --dry-run says it
    int64_t attempts; // within this command
    bool running;
} Job;

typedef struct {
    const char *folder;
    Job *job; // in the order of the plan
    size_t jobs;
    Job **by_key;
    Row *stray; // rows that can be read and belong to no planned run
    size_t strays;
} Agenda;

typedef const volatile sig_atomic_t Interrupt; // set by a signal

// Resolves every run of the spec; writes nothing. Two runs with one key are refused.
bool agenda_make(Arena *arena, const Spec *spec, const char *folder, Interrupt *interrupted,
                 Agenda *agenda, Error *error);

// Reads the rows that are there and says why each pending run is pending. A row that cannot be read
// is named on `tell`, and the run is pending; rows of no planned run are counted there.
bool agenda_look(Arena *arena, Agenda *agenda, FILE *tell, Error *error);

bool job_final(const Job *job);

// The run to start next: of those that are neither final nor running nor tried twice within this
// command the least tried, then the first. NULL: there is none.
Job *agenda_next(Agenda *agenda);
int64_t job_attempt(const Job *job); // the number of its next attempt: one more than its row's

// Reads the row that attempt `attempt` of a run has written. False without an error: it has not.
bool agenda_collect(Arena *arena, const Agenda *agenda, Job *job, int64_t attempt, bool *written,
                    Error *error);

// Writes the row of a run that ended without one: its decided cells, the status and the error.
bool agenda_fail(Arena *arena, const Agenda *agenda, Job *job, int64_t attempt, int64_t jobs,
                 const char *status, const char *words, Error *error);

// plan.csv and runs.csv, each whole.
bool agenda_write(const Agenda *agenda, Error *error);

// Flops a second of one run: from rows of the same model and method, else of the same model, else
// of any; `standard` (may be NAN) where there are none. `kind` says which: 0 to 3.
double agenda_rate(const Agenda *agenda, const Job *job, double standard, int *kind);
#endif
