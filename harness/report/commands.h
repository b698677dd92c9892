// commands.h: the commands about rows.
#ifndef REPORT_COMMANDS_H
#define REPORT_COMMANDS_H
#include "base/command.h"

extern const Command command_table, command_plots, command_compare;
#endif
