// commands.h: the commands about many runs.
#ifndef SWEEP_COMMANDS_H
#define SWEEP_COMMANDS_H
#include "base/command.h"

extern const Command command_sweep;
#endif
