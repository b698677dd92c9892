// folder.h: the rows of sweeps' folders.
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H
#include "base/row.h"

typedef struct {
    Row *row;
    const char **folder; // of each row: its scores/, predictions/ and curves/ are there
    size_t count;
    const char **cut; // files of rows/ that hold no row: "rows/ab.csv:2: ..."; they are left out
    size_t cuts;
    size_t copies;        // rows that rows_once left out
    const char **partial; // "results/quick: 19 of 78 planned runs have rows": rows_hold_to_plans
    size_t partials;
} Rows;

// Of each folder FOLDER/rows/*.csv where there are any, else FOLDER/runs.csv (rebuilt from them, so
// never newer); or a file of rows itself. A file of rows/ that can't be read stops nobody: it is
// named in `cut`. ERROR_INPUT where a folder has no rows at all.
bool rows_of_folders(Arena *arena, const char *const *folders, size_t folder_count, Rows *rows,
                     Error *error);

// Names in `partial` the folders whose plan.csv (a shard's is of the shard alone) has finals
// without a row in any of the folders. Trials only lead to finals.
void rows_hold_to_plans(Arena *arena, const char *const *folders, size_t folder_count, Rows *rows);

// FOLDER/KIND/KEY.csv, which a run leaves beside its row, one of these; NULL: the rows are of no
// folder, or it has no key.
const char *beside_row(Arena *arena, const Rows *rows, const Row *row, const char *kind);

// A copy of those that are marked, a mark each.
Rows rows_kept(Arena *arena, const Rows *all, const bool *keeps);

// Of several rows with one key the one that is worth most: that ended ok, then with predictions
// beside it, then the newest. Whatever the order of folders, the same rows are kept.
Rows rows_once(Arena *arena, const Rows *all);
#endif
