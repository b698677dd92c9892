// run_impl.h: what the run*.c share: a run on its way from run.c, which prepares it, to run_learn.c
// (run_train.c by steps), run_evaluate.c and run_write.c.
#ifndef RUN_RUN_IMPL_H
#define RUN_RUN_IMPL_H
#include "run/keeping.h"
#include "run/outputs.h"
#include "run/profile.h"
#include "run/run.h"

enum { CURVE_POINTS = 200 };

typedef struct {
    const Request *request;
    Prepared prepared;
    Trainer trainer;
    Keeping keeping; // of the frozen prefix, or of a fit's vectors
    Profile profile; // seconds NULL: nobody asks
    Row *row;
    CurvePoint *curve;
    size_t points;
    Evaluation evaluation[SPLITS]; // tune first
    size_t evaluations;            // 0: the run did not end well
    Best best;                     // of --select best
    double started;                // of the run, monotonic
    double cpu_started;
    double load_start;
    Whole rss_start;
    Tell tell;
    void *context;
    bool interrupted, late; // before the first step; what once was so stays so
    Arena *keep;            // of what is kept until the run has learned
} Run;

bool run_late(const Run *run); // past its --timeout
// Before the first step, or instead of steps: is the run (context) to go on? Where it is not, it
// ends as among steps: late is a status, interrupted an error.
bool run_goes_on(void *context);
void run_warn(Arena *arena, Row *row, const char *warning); // beside those that are there
bool run_stopped(Arena *arena, Run *run, Error *error);

// Trains or fits. What put an end to it is in row->status; an interruption is an error.
bool run_learn(Arena *arena, Run *run, Error *error);
// Trains to the last step, or until the loss is no number or the time is up: row->status says so.
bool run_train(Arena *arena, Run *run, Error *error);
// --select best: the weights of the best look.
void run_select(Arena *arena, Run *run);

// The labels of dev and test are to be read before.
Evaluation run_evaluate(Arena *arena, Run *run, Split split);
// Every split that is scored, and the row's scores; nothing of a run that did not end well.
bool run_evaluate_all(Arena *arena, Run *run, Error *error);
// The held-out loss of the checkpoint (tuned NULL) or of what it has become; unknown where there is
// none to measure, and of a run that did not end well.
bool run_forgetting(Arena *arena, Run *run, const State *tuned, double *loss, Error *error);

// A folder that cannot be written is known before the training, not after it.
bool run_folders(Arena *arena, const Run *run, Error *error);
// The files beside the row, and last the row. What an earlier run of this key left and this one
// does not have goes away.
bool run_write(Arena *arena, Run *run, Error *error);
#endif
