// asked.h: what several commands are asked for alike.
#ifndef COMMAND_ASKED_H
#define COMMAND_ASKED_H
#include "base/command.h"
#include "base/row.h"
#include "run/request.h"

// A request from the options; `own` are the command's flags, which it leaves alone; `standard` is
// the method where none is given (NULL: then one must be).
bool request_read(Arena *arena, const Arguments *arguments, const Flag *own, const char *standard,
                  Request *request, Error *error);
bool no_operands(const Arguments *arguments, Error *error);
// What --max-memory has chosen for a run, "micro-batch 4, recompute".
const char *chosen_levers(Arena *arena, const Row *row);
// --labels, outputs of the head; 2 where it is not given.
bool labels_read(const Arguments *arguments, int64_t *labels, Error *error);
#endif
