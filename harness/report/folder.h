// folder.h: the rows of sweeps' folders.
#ifndef REPORT_FOLDER_H
#define REPORT_FOLDER_H
#include "base/row.h"

// Of each folder FOLDER/rows/*.csv where there are any, else FOLDER/runs.csv (rebuilt from them, so
// never newer); or a file of rows itself. ERROR_INPUT where one has no rows.
bool rows_of_folders(Arena *arena, const char *const *folders, size_t folder_count, Row **rows,
                     size_t *count, Error *error);
#endif
