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
// What a command that makes no run refuses: where to write, when to give up, names for its row. The
// end of a list of OfRun.
#define OF_NO_RUN                                                                                  \
    { "save|out|cache-folder", "left out", "and nothing is written here" },                        \
        { "profile|timeout", "left out", "and no run is made here" },                              \
        { DRIVER_OPTIONS, "left out", "and no row is written here" },                              \
    {                                                                                              \
        NULL, NULL, NULL                                                                           \
    }
// The options of a run that a command takes, as a table; with none where it takes no request.
const Option *request_options(Arena *arena, const Command *command);
// --split, one of split_names; *split as it was where it is not given.
bool split_read(Arena *arena, const Arguments *arguments, int *split, Error *error);
#endif
