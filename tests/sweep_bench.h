// sweep_bench.h: a sweep's driver for tests, with the real program as its children.
//
// A driver runs in a forked process of its own. Where a child must crash, hang or be slow, a shell
// script stands before the program: it does so for the runs that it picks, and is the program for
// the others.
#ifndef TESTS_SWEEP_BENCH_H
#define TESTS_SWEEP_BENCH_H
#include "base/file.h"
#include "sweep/sweep.h"
#include "tests/test.h"
#include <sys/resource.h>
#include <sys/types.h>

// Runs of a tenth of a second: a task ./few of a few rows in the test's folder, where drivers work.
#define TRAIN "train: {epochs: 1, min_steps: 2, batch: 8, max_length: 32}\n"

#define HEAD "name: small\nmodels: tiny\ntasks: ./few\nseeds: 2\n" TRAIN

typedef struct {
    Arena *arena;
    const char *folder;  // of the test
    const char *program; // build/.../tunemark
    SweepOptions options;
} Bench;

// False: the program is not built, and the test is skipped.
bool bench_new(Bench *bench, const char *spec);

// The spec's agenda and what the rows make of it, in the test's folder. Close it, false or not.
bool bench_agenda(Bench *bench, Shard shard, Spec *spec, Agenda *agenda);

// A script before the program: `body` sees the command line in "$*", and the rest is the program's.
void before(Bench *bench, const char *body);

// Begins a driver; what it says goes to the files `stdout` and `stderr` of the test's folder.
pid_t drive(const Bench *bench, rlim_t most_bytes);
// Its exit status, as a shell has it. A driver that hangs is a failure, not the end of the tests.
int ended(pid_t pid);
int drive_whole(const Bench *bench);

const char *text_of(const Bench *bench, const char *folder, const char *name); // "": not there
bool said(const Bench *bench, const char *part);    // on stderr; prints it where it was not
bool printed(const Bench *bench, const char *part); // on stdout

Rows runs_of(const Bench *bench, const char *folder);
// All but the cells of a failure and of the sweep's name are the same, run by run.
bool same_rows(Rows a, Rows b);
const char **names_in(const Bench *bench, const char *folder, const char *suffix, size_t *count);
size_t parts_left(const Bench *bench);
void age_parts(const Bench *bench);   // by a day
size_t processes(const Bench *bench); // that have the test's folder in their command line
bool processes_are(const Bench *bench, size_t count); // within a minute: a process that begins
                                                      // another program has none for a moment
const char *state_of_rows(const Bench *bench); // bytes and times of all row files, as one text
#endif
