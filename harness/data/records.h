// records.h: the rows of a split as its files have them, whatever their format.
#ifndef DATA_RECORDS_H
#define DATA_RECORDS_H
#include "data/task.h"

typedef struct {
    const char *text, *text_b; // text_b NULL for single texts
    const char *label; // of task->labels, or a score as it stands there; NULL: there is none
    const char *group; // what GROUP_GIVEN knows the row's group by, else NULL
    Where where;       // file, line and column of the label
} Record;

typedef struct {
    Record *record;
    size_t count;
    size_t ragged; // lines of the files that are no rows and were dropped
} Records;

// Reads all files of a split, in the order of the description; of a folder its files in the order
// of their names, numbers by their value. A file without rows, a count that is not the
// description's, a missing column and a label that is none of the task's are refused with file and
// line. A test split may be without labels, in all of its files, where the task does not report it.
// Under `ragged: drop` a file may lose a hundredth of its lines, or the two that a line break makes
// of a row; more are refused.
bool records_read(Arena *arena, const Task *task, Split split, Records *records, Error *error);
#endif
