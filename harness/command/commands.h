// commands.h: what the program can be asked to do, a file of this folder each; main.c has their
// table.
#ifndef COMMAND_COMMANDS_H
#define COMMAND_COMMANDS_H
#include "command/command.h"

extern const Command command_run, command_predict, command_sweep, command_params, command_estimate,
    command_tokens, command_list, command_check, command_graph, command_verify, command_rows,
    command_table, command_compare, command_explain, command_plots, command_convert, command_probe;
#endif
