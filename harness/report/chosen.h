// chosen.h: the rows that a method on the command line names.
//
//   lora                        all rows of the method
//   lora:rank=4,lr=0.001        those with this in an option of the method or a column of the row
//   full@results/quick   those of one folder
//   each                 of all methods
//
// An option is called as on a command line, lora.rank and init-sd, too, and so is a column.
// Of micro_batch, recompute and frozen_dtype those not named are meant to be empty,
// where the same model and task has such rows: `lora` beside `lora:recompute=yes` is the run as it
// is. `each` has them all.
#ifndef REPORT_CHOSEN_H
#define REPORT_CHOSEN_H
#include "base/folder.h"

typedef struct {
    const char *text;    // as typed
    const char *method;  // "lora"
    bool each;           // the method is "each"
    RowSetting *setting; // "rank", "4": as typed, without the method's name before it
    size_t settings;
    const char *folder; // NULL: none is named
} Chosen;

// What is typed for a method, whatever becomes of it. ERROR_INPUT for a text of another form than
// those that are `right`.
bool chosen_read(Arena *arena, const char *text, const char *right, Chosen *chosen, Error *error);

// The rows of `all` that are meant, without trials, each key once (rows_once).
// ERROR_INPUT, with the nearest that there is, where there are none.
bool chosen_rows(Arena *arena, const Chosen *chosen, const Rows *all, Rows *rows, Error *error);
#endif
