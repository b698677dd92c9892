// main.c: a table of commands, nothing else. It alone prints errors and exits.
#include "base/file.h"
#include "base/text.h"
#include "base/version.h"
#include "command/asked.h"
#include "command/commands.h"
#include "engine/product.h"
#include "run/request.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const Command *const commands[] = {
    &command_run,     &command_predict,  &command_sweep,
    &command_params,  &command_estimate, &command_tokens,
    &command_list,    &command_check,    &command_graph,
    &command_verify,  &command_rows,     &command_table,
    &command_compare, &command_explain,  &command_plots,
    &command_convert, &command_probe,    NULL,
};

// The one global of the program: a signal's handler can reach nothing else.
static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

// A file that is opened must not become standard output because that was closed: what is missing is
// filled with something that refuses to be used.
static void standard_files(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0)
            (void)!open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static const char *const surroundings[][2] = {
    { "TUNEMARK_DATA", "folders of public data sets, FOLDER[:FOLDER]..." },
    { "TUNEMARK_MODELS", "folders of checkpoints, likewise" },
    { "TUNEMARK_HOME",
      "where datasets/, models/, plots/ and results/specs/ lie, instead of the program's own" },
};

static void help(FILE *out)
{
    fputs("tunemark: measure ways of fine-tuning a pretrained Transformer\n\n"
          "Usage: tunemark COMMAND [OPTION]...\n\nCommands:\n",
          out);
    for (size_t i = 0; commands[i]; i++) {
        char left[32];
        snprintf(left, sizeof left, "tunemark %s", commands[i]->name);
        help_line(out, 17, left, commands[i]->summary);
    }
    fputs("\ntunemark COMMAND --help tells more; tunemark --version says commit, compiler\n"
          "and flags.\n\n"
          "Exit status: 0 done; 1 the work failed; 2 wrong input; 3 the environment (no\n"
          "space, no permission, a missing program); 130 interrupted.\n\n"
          "Environment:\n",
          out);
    for (size_t i = 0; i < sizeof surroundings / sizeof *surroundings; i++)
        help_line(out, 17, surroundings[i][0], surroundings[i][1]);
}

// The options of a run that a command takes, and those of a method, where one is named.
static bool request_help(const Command *command, const Method *method, Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    if (!arena)
        return false;
    putchar('\n');
    options_help(stdout, request_options(arena, command), NULL, NULL);
    if (method) {
        size_t length = strlen(method->name) + strlen(method->summary) + strlen(method->paper) + 5;
        printf("\n%s: %s%s(%s)\n", method->name, method->summary, length > 100 ? "\n  " : " ",
               method->paper);
        options_help(stdout, method_options(method), method->name, protocol_options);
    } else
        puts("\nThe options of a method: add --method NAME");
    arena_free(arena);
    return true;
}

static bool command_help(const Command *command, const char *method, Error *error)
{
    const Method *about = method ? method_find(method, error) : NULL;
    if (method && !about)
        return false;
    printf("tunemark %s: %s\n\nUsage: tunemark %s [OPTION]...%s%s\n\nExamples:\n%s\nOptions:\n",
           command->name, command->summary, command->name, command->operands ? " " : "",
           command->operands ? command->operands : "", command->usage);
    flags_help(stdout, command->flags);
    help_line(stdout, 23, "-h, --help", "this");
    return !command->takes_request || request_help(command, about, error);
}

// NULL: no such command, and the error names the nearest.
static const Command *command_find(const char *name, Error *error)
{
    const char *names[sizeof commands / sizeof *commands] = { NULL };
    for (size_t i = 0; commands[i]; i++) {
        names[i] = commands[i]->name;
        if (!strcmp(name, names[i]))
            return commands[i];
    }
    fail(error, ERROR_INPUT, (Where){ 0 },
         text_nearest(name, names, "one that `tunemark help` shows"), "'%s' is no command", name);
    return NULL;
}

// Whether the arguments of a command ask for its help, and of which method.
static bool asks_help(int count, char **argument, const char **method)
{
    bool asks = false;
    *method = NULL;
    for (int i = 0; i < count && strcmp(argument[i], "--") != 0; i++) {
        if (!strcmp(argument[i], "--method") && i + 1 < count)
            *method = argument[i + 1];
        else if (!strncmp(argument[i], "--method=", 9))
            *method = argument[i] + 9;
        asks |= !strcmp(argument[i], "--help") || !strcmp(argument[i], "-h");
    }
    return asks;
}

// Reads what follows a command's name, and refuses what no such command has.
static bool arguments_fit(Arena *arena, const Command *command, int count, char **argument,
                          Arguments *arguments, Error *error)
{
    if (!arguments_read(arena, count, argument, command->flags, arguments, error))
        return false;
    if (!command->operands && arguments->operands > 0)
        return fail(error, ERROR_INPUT, (Where){ .item = arguments->operand[0] },
                    "an option with two dashes", "is not understood");
    return arguments_agree(arena, arguments, command->one_of, error) &&
           arguments_obeyed(arena, arguments, command->refused, error) &&
           (command->takes_request || command->knows_options ||
            arguments_known(arguments, command->flags, NULL, error));
}

static bool command_run_it(const Command *command, int count, char **argument, int *status,
                           Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    if (command->stops_gently) {
        signal(SIGPIPE,
               SIG_IGN);  // work goes on where nobody reads; what only prints ends with `head`
        sigaction(SIGINT, // a second one ends the process at once
                  &(struct sigaction){ .sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND },
                  NULL);
    }
    Arguments arguments;
    const Invocation invocation = { arena,        commands,   argument[0], count - 2,
                                    argument + 2, &arguments, &interrupted };
    bool ok = arena && arguments_fit(arena, command, count - 2, argument + 2, &arguments, error) &&
              command->run(&invocation, status, error);
    arena_free(arena);
    return ok;
}

// Without it, what is there would be listed as nothing.
static bool home_is_there(Error *error)
{
    const char *home = getenv("TUNEMARK_HOME");
    return !home || !*home || folder_exists(home) ||
           fail(error, ERROR_INPUT, (Where){ .item = "TUNEMARK_HOME" },
                "a folder with datasets/ and models/", "'%s' is no folder", home);
}

static bool dispatch(int count, char **argument, int *status, Error *error)
{
    const char *name = count > 1 ? argument[1] : "", *method;
    const Command *command;
    bool wants_help = !strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h");
    if (!strcmp(name, "--version")) {
        if (count > 2)
            return fail(error, ERROR_INPUT, (Where){ .item = argument[2] }, "--version alone",
                        "is not understood");
        char text[VERSION_TEXT];
        printf("%s, %s\n", version_text(text), version_flags);
        return true;
    }
    if (count < 2 || (wants_help && count == 2)) {
        help(count < 2 ? stderr : stdout);
        *status = count < 2 ? ERROR_INPUT : 0;
        return true;
    }
    if (!(command = command_find(wants_help ? argument[2] : name, error)))
        return false;
    if (asks_help(count - 2, argument + 2, &method) || wants_help)
        return command_help(command, method, error);
    return home_is_there(error) && command_run_it(command, count, argument, status, error);
}

int main(int count, char **argument)
{
    Error error = { 0 };
    int status = 0;
    product_begin(argument);
    standard_files();
    signal(SIGCHLD, SIG_DFL); // where it is inherited as ignored no child could be waited for
    signal(SIGXFSZ, SIG_IGN); // a full quota is an error of write, not the end of the process
    bool ok = dispatch(count, argument, &status, &error);
    if ((fflush(stdout) != 0 || ferror(stdout)) && ok)
        ok = fail(&error, ERROR_ENVIRONMENT, (Where){ .item = "standard output" }, NULL,
                  "could not be written");
    if (!ok)
        fprintf(stderr, "tunemark: %s\n", error.text);
    return ok ? status : (int)error.kind;
}
