// commands.h: the commands about one run.
#ifndef RUN_COMMANDS_H
#define RUN_COMMANDS_H
#include "base/command.h"

extern const Command command_run, command_params, command_tokens, command_list, command_graph,
    command_verify, command_probe, command_rows, command_predict, command_explain, command_estimate,
    command_check, command_convert;
#endif
