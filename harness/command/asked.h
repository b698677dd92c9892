// asked.h: what several commands are asked for alike.
#ifndef COMMAND_ASKED_H
#define COMMAND_ASKED_H
#include "command/command.h"
#include "base/row.h"
#include "run/request.h"

// A request from the options; `own` are the command's flags, which it leaves alone; `standard` is
// the method where none is given (NULL: then one must be).
bool request_read(Arena *arena, const Arguments *arguments, const Flag *own, const char *standard,
                  Request *request, Error *error);
// Options of a run, "save|out", that a command would ignore: what is right instead, and why, as in
// "is of a run, and no task is read here".
typedef struct {
    const char *names, *right, *why;
} OfRun;
// Refuses the options of `own` (ends with names NULL; NULL: none), and those that only a run obeys:
// where it writes, when it gives up, names for its row.
bool of_no_run(Arena *arena, const Arguments *arguments, const OfRun *own, Error *error);
// --labels, outputs of the head; 2 where it is not given.
bool labels_read(const Arguments *arguments, int64_t *labels, Error *error);
// A whole number that a run has as an option, too: with its bounds, and its default where it has
// one; else *value is as it was where it is not given.
bool protocol_whole(const Arguments *arguments, const char *name, int64_t *value, Error *error);
// --split, one of split_names; *split as it was where it is not given.
bool split_read(Arena *arena, const Arguments *arguments, int *split, Error *error);
#endif
