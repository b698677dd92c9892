// summary.h: rows -> blocks of cells: which runs may stand together, and what they say together.
//
// A block is a task under one protocol: every decided column of its rows is equal, apart from those
// that name a run, its seeds, or its line (model, method, options, rates): base/row_columns.h has
// the role of each. A cell is the runs of one line in one block: they differ in seeds alone. An
// unknown value agrees with any, so that a run that failed early stands where it belongs.
//
// Of a task with folds each fold is a run; what a seed scores is the mean over all folds that the
// block has, weighted by their items: for accuracy the share of right answers to all of them. A
// seed without some of them has no score. Rates that were searched may differ between folds, each
// of which has a search of its own.
//
// Trial rows are left out (or, where they are asked for, all others), and counted. Each key is
// there once (base/folder.h, rows_once).
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H
#include "base/row.h"
#include "base/statistic.h"

typedef struct {
    const Row *row;        // its first run: model, method, settings
    const Row *const *run; // all of them, those that ended ok first, by seed
    const char *label;     // "lora rank=8", "full (untrained)"; unique within block and model
    RowSetting *setting;   // what the label says behind the method
    size_t settings;
    bool untrained;      // pretrained = no
    Interval score;      // 95 %, over the seeds of the runs that ended ok; fractions
    size_t folds, seeds; // folds: of the block, at least 1; seeds: runs where there are no folds
    const size_t *seed;  // of each run, the number of its seed
    size_t runs, failed, diverged, timeout;
    size_t not_run;      // folds of its seeds that have no row
    bool on_edge;        // the search chose a rate at the end of its range
    double model_size;   // parameters of the model without what methods add; INFINITY when unknown
    const char *letters; // report/letters.h, of its block and model; "" none, NULL: not looked for
    double params_trained; // median over runs; NAN where no run says
} Cell;

// One of the folds of a block; where a task has none, the whole of it.
typedef struct {
    int64_t number; // 0: the task has no folds
    const Row *row; // a run of it, one that ended ok where there is one
} Fold;

typedef struct {
    const char *task;
    size_t place;              // among the blocks of its task, by the columns that differ
    const char *name;          // the task; with several blocks "rte (max_length 64)", "rte (2)"
    const char *protocol;      // "train_n 5000, epochs 3, ..."
    const RowSetting *setting; // what sets it apart from the task's other blocks
    size_t settings;
    const char *differs;        // the same as a text, "max_length 64"; or ""
    const char *metric, *split; // NULL when no run ended ok
    int64_t items;              // eval_n, of all folds
    const Fold *fold;           // by number
    size_t folds;               // at least 1
    const char *untimed; // NULL, or what differs between machines: "jobs, cpu"; then no train_s
    const char *uneven;  // NULL, or "head pooler: full, lora; head mean: feature"
    Cell *cell;          // by size of model, then pretrained first, trained parameters, label
    size_t cells;
} Block;

typedef struct {
    Block *block; // by task
    size_t blocks;
    const Row **run; // the rows that count, unscored ones last
    size_t runs, trials;
} Summary;

// Everything lives in the arena and points into rows. `trials`: of trial rows alone, whose score is
// tune_score. `apart`: columns, NULL behind the last, that also set cells apart, but are in no
// label, name or protocol; NULL: none. ERROR_INPUT, with two keys, where rows of one block were
// scored on different items or by different metrics, or where two rows of one cell have the same
// seeds.
bool summary_of(Arena *arena, const Row *rows, size_t count, bool trials,
                const Column *const *apart, Summary *summary, Error *error);

size_t summary_cells(const Summary *summary); // of all blocks

// The cell of the block that differs in levers alone, and in which they are empty, of the same
// seeds. NULL: there is none (*other_seeds: but for the seeds there is), or `cell` itself is such a
// one.
const Cell *cell_without_levers(const Block *block, const Cell *cell, bool *other_seeds);

// "rank=8 lr=0.001": the label without the method, and perhaps without rates; "".
const char *cell_settings(Arena *arena, const Cell *cell, bool rates);
// "max_length 64, batch 16": appends names, `is` and values, with `between` before what is not
// first.
void settings_append(Arena *arena, const char **text, const RowSetting *setting, size_t settings,
                     const char *between, const char *is);

bool cell_is_null(const Cell *cell); // of the method null, which is a floor
const Block *block_of(const Summary *summary, const Cell *cell); // the one that it is a cell of

// Of two Cells, for qsort: models by size; methods pretrained first, then by what they train.
int model_order(const void *a, const void *b);
int method_order(const void *a, const void *b);

double row_number(const Row *row, const Column *column); // NAN unknown; not of a text
// Over the runs of a cell that ended ok; NAN, or n = 0, where none says.
double cell_median(Arena *arena, const Cell *cell, const Column *column);
double cell_largest(Arena *arena, const Cell *cell, const Column *column);
// Median of train_s and, where a run has it, feature_s: what a frozen bottom gives is computed once
// then, before training, and without it train_s is of the rest alone.
double cell_training(Arena *arena, const Cell *cell);
Interval cell_interval(Arena *arena, const Cell *cell, const Column *column);
// Over seeds: of what each run of the cell has, NAN for none, `tune` where that is a score on tune.
Interval cell_over_seeds(Arena *arena, const Cell *cell, const double *value, bool tune);
// The mean over the folds of a block of a value of each, weighted as scores are; NAN where one is.
double block_over_folds(const Block *block, const double *value, bool tune);
#endif
