// explain.h: where the bytes and the seconds between two runs go: a waterfall from one to the
// other.
//
// Bytes are those of the plans (plan_peak of the row): classes, and of the activations what is
// alive during the node that the most is alive at, by where it comes from and why it is still
// there. Seconds are of steps of both, in turns and on the same batches, by node. Each entry is an
// amount of either run, and all of them together are the whole, so nothing is left unexplained.
#ifndef COST_EXPLAIN_H
#define COST_EXPLAIN_H
#include "run/prepare.h"

// What an entry is, in the order in which they are told.
typedef enum {
    WEIGHTS,
    GRADIENTS,
    MOMENTS,         // the optimizer's
    FROZEN_ROWS,     // what a frozen bottom gives each training row, kept (frozen.h)
    FOR_PARAMETERS,  // given by the forward, and read by gradients of parameters alone
    FOR_VALUES,      // given by the forward, and read to pass gradients down
    FOR_AGAIN,       // given by the forward, and read by what computes activations again alone
    GOING_FORWARD,   // given by the forward, and not read by the backward
    GOING_BACK,      // a gradient of a value, on its way down
    GAPS,            // what the placement leaves between what is alive
    SCRATCH,         // the workspace
    OTHER_STEP,      // an evaluation's step, where it takes more than training's
    FORWARD_NODES,   // of the model
    BACKWARD_NODES,  // that give gradients of values (dX)
    PARAMETER_NODES, // that give gradients of parameters (dW)
    AGAIN_NODES,     // of the forward, computed again for the backward (--recompute)
    METHOD_NODES,    // what the method has added to the model, and its backward
    FEEDING,         // kept rows of a frozen bottom, copied to where a step reads them
    UPDATE,          // the optimizer
    ACCOUNTS
} Account;
extern const char *const account_names[];
bool account_is_memory(Account account); // else time

typedef struct {
    Account account;
    const char *place;  // where it comes from: "layer 1 ffn_mid"; "" where it has none
    const char *op;     // what gives it, or of whose backward the node is; "": several
    const char *reader; // the place whose backward reads it last; "": none
    size_t count[2];    // values, or nodes, of either run
    double amount[2];   // bytes, or seconds a step
} Entry;

typedef struct {
    Entry *entry;
    size_t entries;
    double total[2]; // the sum of the entries
} Waterfall;

// Of two prepared runs; adds up to their plan_peak, to the byte.
Waterfall explain_bytes(Arena *arena, const Prepared *const of[2]);

// The same over all layers: entries that differ in nothing but the layer are one. Sorted by
// account, in it by the size of the difference. Before, entries are as layers follow.
Waterfall waterfall_grouped(Arena *arena, const Waterfall *waterfall);

// ---- seconds

typedef struct {
    size_t steps;        // that count, of each
    size_t done;         // of each; the slower half of the rounds is not counted
    double measured[2];  // seconds a step, by the clock around it
    double low, high;    // the middle half of all rounds' differences, seconds a step
    double feature_s[2]; // the frozen prefix, once; no part of a step
    double cores;        // share of its cores that the process had; below 1: others had the rest
} Timing;

// Do both take steps, and on the same batches? NULL: yes; else why not, in words.
const char *explain_unlike(Arena *arena, const Prepared *const of[2]);

// Steps of both in turns (A B B A, ...) on the batches of the runs' beginning: `steps` of each, or
// 0: as many as some ten seconds allow. False: the error.
bool explain_seconds(Arena *arena, const Prepared *const of[2], size_t steps, Waterfall *waterfall,
                     Timing *timing, Error *error);
#endif
