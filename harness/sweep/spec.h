// spec.h: a sweep's YAML file -> the runs that it asks for, in order.
//
//   name: sentiment                    the folder results/sentiment and the rows' `sweep`
//   study: cost                        optional: the rows' `study`
//   models: [tiny, mini]
//   tasks: {reviews: , rte: {epochs: 20}}   or a list of names
//   methods: {head: , lora: {rank: [4, 8]}} or a list of names
//   seeds: 5                           1 to 5; or a list of numbers; 5 where it is missing
//   train: {batch: 32}                 options of every run
//   search: {trials: 8, seed: 0}       optional: the rate of each setting is searched (search.h) on
//                                      that seed; bare, or fewer trials; `around: 10`: about ten
//                                      times the method's default
//   search: {from: results/sentiment}  or: no trials; the rates that a sweep has found before, with
//                                      4 x the steps where that won there; `steps: own`: without
//
// Options are named as on the command line, with `_` or `-`; a method's own may carry its prefix. A
// list as a value means one run for each of its members. Where an option is given in several places
// the method's counts before the task's, and the task's before `train`. The order is seed-major, so
// that a night cut short leaves a balanced table: seed, task, model, method, then options, the one
// named first varying slowest.
//
// A setting is what has one rate: a model, a task, a method and all options but the seed. It is
// searched where its method has a rate and the spec gives none.
#ifndef SWEEP_SPEC_H
#define SWEEP_SPEC_H
#include "base/file.h"
#include "run/request.h"

// What the spec says of a run, and where: a line of the file, or an override.
typedef struct {
    const char *name, *text; // "model" "tiny"; "lora.rank" "4"
    Where where;
} AskedAt;

typedef struct {
    Request request;      // model, task, method, seed, sweep, study and all options; not `out`
    Where where;          // the line that named its method
    const char *path;     // of the spec
    const AskedAt *given; // model, task, method, seed, and options
    size_t givens;
    const char *label;   // "lora mini sst2 seed 3 rank 4": for people; with the options that vary
    const char *setting; // the same without the seed
} Asked;

enum { SEARCH_STEPS_FOUND, SEARCH_STEPS_OWN };
typedef struct {
    bool asked;
    int64_t trials, seed; // 1 to 8 trials a setting; these three mean nothing where `from` is given
    double around;        // the middle of the rates, as a multiple of the default
    const char *from;     // a sweep's folder; NULL: search
    int steps;            // SEARCH_STEPS_*, where `from` is given
    Where where;
} SearchAsked;

typedef struct {
    const char *name, *study; // study: NULL where the file has none
    Bytes text;               // the file as it is
    const char *sha;          // SHA-256 of it
    SearchAsked search;
    Asked *asked;    // asked[s * (count / seeds) + k]: setting k with seed s
    size_t count;    // 1 or more
    size_t seeds;    // how many
    size_t settings; // methods with their options, on one model and task with one seed; the most
} Spec;

// `set` are overrides as typed: "train.epochs=1", "seeds=[1, 2]", "methods.lora.rank=4"; a key that
// the file lacks is added. Everything wrong in the file is refused with its line, an unknown key
// with the nearest known one; that models and tasks exist is for resolve() to see.
bool spec_read(Arena *arena, const char *path, const char *const *set, size_t sets, Spec *spec,
               Error *error);

// The place of what a message of a run names first: "model: 'nope' is not found". The file, where
// that is nothing that the spec gives.
Where asked_where(const Asked *asked, const char *message);

// results/specs/schema.json: a JSON Schema (draft 2020-12) of a spec as YAML 1.2 reads it, for
// editors. It refuses no spec that spec_read takes, but for values that YAML has another type for
// (a number in quotes, a folder called 1); spec_read sees more.
bool spec_schema(FILE *out, Error *error);
#endif
