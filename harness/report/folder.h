// folder.h: the rows of a sweep's folder.
#ifndef REPORT_FOLDER_H
#define REPORT_FOLDER_H
#include "base/row.h"

// FOLDER/rows/*.csv where there are any, else FOLDER/runs.csv (rebuilt from them, so never newer);
// or a file of rows itself. ERROR_INPUT when there are no rows.
bool rows_of_folder(Arena *arena, const char *folder, Row **rows, size_t *count, Error *error);

// Of several, one after the other.
bool rows_of_folders(Arena *arena, const char *const *folders, size_t folder_count, Row **rows,
                     size_t *count, Error *error);
#endif
