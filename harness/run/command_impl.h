// command_impl.h: what the files of the run's commands share.
#ifndef RUN_COMMAND_IMPL_H
#define RUN_COMMAND_IMPL_H
#include "base/command.h"
#include "run/prepare.h"
#include "run/shape.h"

// A request from the options; `own` are the command's flags, which it leaves alone; `standard` is
// the method where none is given (NULL: then one must be).
bool request_read(Arena *arena, const Arguments *arguments, const Flag *own, const char *standard,
                  Request *request, Error *error);
bool no_operands(const Arguments *arguments, Error *error);
// What --max-memory has chosen for a run, "micro-batch 4, recompute".
const char *chosen_levers(Arena *arena, const Row *row);
// A whole number from `least` (0 or 1) on; `standard` where it is not given.
bool count_flag(const Arguments *arguments, const char *name, int64_t least, int64_t standard,
                int64_t *value, Error *error);
// --labels, outputs of the head; 2 where it is not given.
bool labels_read(const Arguments *arguments, int64_t *labels, Error *error);
#endif
