// commands_impl.h: what the commands about one run share.
#ifndef COMMAND_COMMANDS_IMPL_H
#define COMMAND_COMMANDS_IMPL_H
#include "base/command.h"
#include "cost/shape.h"
#include "run/prepare.h"

// A request from the options; `own` are the command's flags, which it leaves alone; `standard` is
// the method where none is given (NULL: then one must be).
bool request_read(Arena *arena, const Arguments *arguments, const Flag *own, const char *standard,
                  Request *request, Error *error);
bool no_operands(const Arguments *arguments, Error *error);
// What --max-memory has chosen for a run, "micro-batch 4, recompute".
const char *chosen_levers(Arena *arena, const Row *row);
// --labels, outputs of the head; 2 where it is not given.
bool labels_read(const Arguments *arguments, int64_t *labels, Error *error);
// list_more.c: of `tunemark list`.
bool list_specs(Arena *arena, Error *error);
bool list_columns_json(FILE *out, Error *error); // results/schema.json
// CSV, a line an option: of,option,letter,type,takes,low,high,standard,help. `of` is the command or
// the method; an option without a name is what a command takes besides.
void list_options(const Command *const *commands);
#endif
