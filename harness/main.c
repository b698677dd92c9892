// main.c: a table of commands, nothing else. It alone prints errors and exits.
#include "base/version.h"
#include "report/commands.h"
#include "run/commands.h"
#include "run/run.h"
#include "sweep/commands.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const Command *const commands[] = {
    &command_run,  &command_sweep, &command_params, &command_tokens, &command_list, &command_graph,
    &command_rows, &command_table, &command_plots,  &command_probe,  NULL,
};

// The one global of the program: a signal's handler can reach nothing else.
static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void help(FILE *out)
{
    fputs("tunemark: measure ways of fine-tuning a pretrained Transformer\n\n", out);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "  tunemark %-8s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n  tunemark COMMAND --help tells more\n", out);
}

static void command_help(FILE *out, const Command *command, const char *method)
{
    Error error;
    const Method *about = method ? method_find(method, &error) : NULL;
    fprintf(out, "tunemark %s: %s\n%s", command->name, command->summary, command->usage);
    if (command->flags) {
        fputc('\n', out);
        flags_help(out, command->flags);
    }
    if (!command->takes_request)
        return;
    fputc('\n', out);
    options_help(out, protocol_options);
    if (about) {
        fprintf(out, "\n%s: %s (%s)\n", about->name, about->summary, about->paper);
        options_help(out, method_options(about));
    } else
        fputs("\nThe options of a method: add --method NAME\n", out);
}

int main(int count, char **argument)
{
    const Command *command = NULL;
    const char *name = count > 1 ? argument[1] : "help", *method = NULL;
    Error error = { 0 };
    int status = 0;
    if (!strcmp(name, "--version")) {
        printf("tunemark %s%s, %s, %s\n", version_commit[0] ? version_commit : "of no commit",
               version_dirty ? " with changes" : "", version_compiler, version_flags);
        return 0;
    }
    if (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h")) {
        help(count > 1 ? stdout : stderr);
        return count > 1 ? 0 : ERROR_INPUT;
    }
    for (size_t i = 0; commands[i]; i++)
        if (!strcmp(commands[i]->name, name))
            command = commands[i];
    bool ok = command != NULL;
    if (!command)
        fail(&error, ERROR_INPUT, (Where){ .item = name }, "one of: tunemark help",
             "is no command");
    for (int i = 2; command && i < count && strcmp(argument[i], "--") != 0; i++) {
        if (!strcmp(argument[i], "--method") && i + 1 < count)
            method = argument[i + 1];
        if (!strcmp(argument[i], "--help") || !strcmp(argument[i], "-h")) {
            command_help(stdout, command, method);
            return 0;
        }
    }
    if (command) {
        Arena *arena = arena_new(ARENA_RUN, &error);
        signal(SIGXFSZ, SIG_IGN); // a full quota is an error of write, not the end of the process
        signal(SIGPIPE, SIG_IGN);
        if (command->stops_gently)
            sigaction(SIGINT, &(struct sigaction){ .sa_handler = interrupt }, NULL);
        ok = arena && command->run(&(Invocation){ arena, argument[0], count - 2, argument + 2,
                                                  &interrupted },
                                   &status, &error);
        arena_free(arena);
    }
    if (ok && (fflush(stdout) != 0 || ferror(stdout))) {
        ok = false;
        fail(&error, ERROR_ENVIRONMENT, (Where){ .item = "standard output" }, NULL,
             "could not be written");
    }
    if (!ok)
        fprintf(stderr, "tunemark: %s\n", error.text);
    return ok ? status : (int)error.kind;
}
