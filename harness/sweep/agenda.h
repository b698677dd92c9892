// agenda.h: what a sweep has to do: a function of its spec and of the rows in its folder.
//
// State is one file a run, rows/KEY.csv, named by the hash of what decides its result. `ok` and
// `diverged` are final; a run whose row says `failed` or `timeout`, or cannot be read, is pending.
// Not all runs are known from the start: of a setting whose rate is searched first the trials of
// the grid are, then those that follow from their rows (search.h), at last the finals of the best.
// In the plan come all grids, setting by setting, then all refined trials, all longer ones, and the
// finals, seed by seed. What two settings have in common is one run. The folder:
//
//   spec.yaml, manifest.json                  written by the driver
//   plan.csv, runs.csv                        written here: the runs that are known; their rows
//   rows/ scores/ curves/ predictions/        written by the runs, KEY.csv each
//   profiles/                                 KEY.csv, of runs that ask for it
//   logs/                                     KEY.log: what a run said, all its attempts
//   figures/                                  for plots
#ifndef SWEEP_AGENDA_H
#define SWEEP_AGENDA_H
#include "run/resolve.h"
#include "sweep/found.h"
#include "sweep/search.h"
#include "sweep/spec.h"

typedef struct SettingRuns SettingRuns;
typedef struct {
    Request request; // `out` is the sweep's folder
    const char *label;
    SettingRuns *setting; // the first in the plan of those that share it
    uint64_t place;       // in the plan
    bool trial;
    bool literal; // a final as the spec has it, without a search: it is there once
    Row decided;  // as resolve() has it
    double flops;
    size_t bytes;
    const Row *row;   // what rows/ has; NULL: none, or none that can be read
    const char *why;  // why it is pending, as --dry-run says it
    int64_t attempts; // within this command
    bool running;
    bool amended; // the row's file is still without the search that this spec has for it
} Job;

// A model, a task, a method and all options but seed and rate.
struct SettingRuns {
    const Asked *asked;    // of the first seed
    size_t number;         // in the spec, from 0
    const char *no_trials; // why it has none; NULL: its rate is searched
    const char *key;       // of its final at the default rate, where the spec gives none
    double standard;       // that rate, or the multiple of it about which rates are tried
    Trial trial[MOST_TRIALS];
    Job *job[MOST_TRIALS]; // of the trials that are known
    size_t known;
    bool finals;    // are known: every trial is settled, or there are none
    bool fruitless; // every trial is settled and none ended ok: there are no finals
    size_t best;    // of the trials, where finals are known
    double flops;   // of a final with the spec's own steps
    size_t bytes;
};

// The settings whose number + number / count is index modulo count: with as many methods as shards
// none gets one method alone.
typedef struct {
    size_t index, count; // index from 0; count 0 means all
} Shard;

typedef struct {
    const Spec *spec;
    const char *folder;
    Interrupt *interrupted;
    Job **job; // those that are known, in the order of the plan
    size_t jobs;
    Job **by_key;
    SettingRuns *setting;
    size_t settings;
    const Row **stray; // rows that can be read and belong to no run that is known, by key
    size_t strays;
    const Row **other; // of settings of the spec that are not in the shard
    size_t others;
    Shard shard;
    Rows found;  // of the sweep that rates are taken over from
    bool looked; // rows have been read
    Arena *arena, *shared;
    FilesRead *files;
} Agenda;

// Resolves what is known of the spec without any row; writes nothing. Two settings that are the
// same are refused, and a rate that is to be taken over and is not there. Also after a failure,
// close it.
bool agenda_make(Arena *arena, const Spec *spec, const char *folder, Shard shard,
                 Interrupt *interrupted, Agenda *agenda, Error *error);
void agenda_close(Agenda *agenda);

// Reads the rows that are there, resolves what follows from them and says why each pending run is
// pending. A row that cannot be read is named on `tell`, and the run is pending; rows of no known
// run are counted there. NULL: nobody is told. Rows of another schema are refused.
bool agenda_look(Agenda *agenda, FILE *tell, Error *error);

int64_t agenda_threads(const Agenda *agenda); // the most that a run of it has

bool job_final(const Job *job);
// Whether nothing more is to be expected of it: it is final, or a trial that has failed twice. What
// follows from its row must not change, so it is tried again only where that row is removed.
bool job_settled(const Job *job);

// The run to start next: of those that are neither settled nor running nor tried twice within this
// command a trial before a final, then the least tried, then the first. One that by its rate
// (agenda_rate with `standard`) takes longer than `seconds` is passed over. NULL: there is none.
Job *agenda_next(Agenda *agenda, double seconds, double standard);
int64_t job_attempt(const Job *job); // the number of its next attempt: one more than its row's

// Reads the row that attempt `attempt` of a run has written, or a finished one that was put there
// meanwhile. False in `written`: there is neither.
bool agenda_collect(Agenda *agenda, Job *job, int64_t attempt, bool *written, Error *error);

// Writes the row of a run that ended without one: its decided cells, the status and the error.
bool agenda_fail(const Agenda *agenda, Job *job, int64_t attempt, int64_t jobs, const char *status,
                 const char *words, Error *error);

// Resolves what follows from the rows of a setting, and what follows from that.
bool agenda_follow(Agenda *agenda, SettingRuns *setting, Error *error);
// The same for all settings that a run is a trial of.
bool agenda_follow_run(Agenda *agenda, const Job *job, Error *error);

// Runs that are not known yet. `flops` takes finals to have the spec's own steps; `most` LONGER x
// as many, where the search has a longer trial.
typedef struct {
    size_t trials, finals;
    double flops, most;
} Following;
Following setting_following(const Agenda *agenda, const SettingRuns *setting);
size_t agenda_following(const Agenda *agenda); // trials and finals of all settings

// Rows of finished runs whose rate this spec has searched for, and which say otherwise (they were
// given it, or made by another search), are written again with that: a result has the effort beside
// it that went into it. What a search has found stays its own where this spec has none.
bool agenda_amend(Agenda *agenda, Error *error);

// plan.csv and runs.csv, each whole. plan.csv is of the shard alone; runs.csv also has the rows of
// other shards, and those of a search that follow from a trial that is to be done again.
bool agenda_write(const Agenda *agenda, Error *error);

// Flops a second of one run: from rows of the same model and method, else of the same model, else
// of any; `standard` (may be NAN) where there are none. `kind` says which: 0 to 3.
double agenda_rate(const Agenda *agenda, const Job *job, double standard, int *kind);
#endif
