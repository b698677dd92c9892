// command.h: a command of the program, and reading its command line.
//
// `--name value`, `--name=value`, `-n value`, `-nvalue`, `--` as getopt_long has them; but which
// long options there are may depend on one of them (--method), so they are collected first.
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H
#include "base/arena.h"
#include "base/option.h"
#include <stdint.h>

typedef struct {
    const char *name;    // long, without dashes
    char letter;         // 0: none
    const Option *takes; // type, bounds and default of what it takes; NULL: nothing, it is a switch
    const char *help;
} Flag;
#define TAKES(kind, called, least, most, usual)                                                    \
    &(const Option)                                                                                \
    {                                                                                              \
        .type = OPTION_##kind, .choices = called, .low = least, .high = most, .standard = usual    \
    }
#define TAKES_TEXT(called) TAKES(TEXT, called, 0, 0, NULL)
#define TAKES_CHOICE(names, usual) TAKES(CHOICE, names, 0, 0, usual)
extern const Option as_in_run;
#define TAKES_AS_IN_RUN &as_in_run // what the run's option of this name does
#define FLAG_END                                                                                   \
    {                                                                                              \
        .name = NULL                                                                               \
    }

typedef struct {
    const char *name, *value; // value NULL for a switch
} Given;

typedef struct {
    Given *given; // options in the order of the command line
    size_t givens;
    const char **operand; // what is no option
    size_t operands;
    const Flag *flags; // that the command has
} Arguments;

// `flags` are the command's own; any other long option is taken with a value. An unknown letter or
// a missing value is refused. `-` and `_` in an option's name are the same, as in option_find: it
// is given with `-`.
bool arguments_read(Arena *arena, int count, char **argument, const Flag *flags,
                    Arguments *arguments, Error *error);
bool argument_is(const Arguments *arguments, const char *name);           // is the switch there?
const char *argument_value(const Arguments *arguments, const char *name); // the last one, or NULL
// What was given for a flag, or its default, of the C type that goes with its Option's; *value is
// as it was where there is neither.
bool argument_read(const Arguments *arguments, const char *name, void *value, Error *error);
// Refuses the first option that is neither in `flags` nor in the tables (NULL-terminated list).
bool arguments_known(const Arguments *arguments, const Flag *flags, const Option *const *tables,
                     Error *error);

// Options of a run, "save|out", that a command would ignore: what is right instead, and why, as in
// "is of a run, and no task is read here".
typedef struct {
    const char *names, *right, *why;
} OfRun;

typedef struct Command Command;

typedef struct {
    Arena *arena;
    const Command *const *commands; // all there are, NULL-terminated
    const char *program;            // as invoked
    int count;                      // what follows the command's name
    char **argument;
    const Arguments *arguments; // the same, read by the command's flags
    Interrupt *interrupted;     // set by Ctrl-C
} Invocation;

struct Command {
    const char *name, *summary; // one line
    const char *operands;       // what is no option: "SPEC", "[TEXT]...", "dev|test"; or NULL
    const char *usage;          // example lines for --help, each with its line end
    const Flag *flags;          // the command's own; NULL: none
    const char *one_of[4];      // of each such list of flags, "csv|json", one can be given
    bool takes_request;         // also takes the options of a run and of its method
    const OfRun *refused;       // but these; ends with names NULL; NULL: none
    bool knows_options;         // refuses options that are not its flags in words of its own
    bool stops_gently;          // looks at `interrupted`; else Ctrl-C ends the process
    // *status is the exit status of a command that did its work: 0, or 1 when what it tried failed.
    bool (*run)(const Invocation *invocation, int *status, Error *error);
};

// Which of a list, that may be NULL, an option is of; NULL: of none.
const OfRun *of_run(const OfRun *list, const char *option);
// Refuses the options of `refused`, which may be NULL.
bool arguments_obeyed(Arena *arena, const Arguments *arguments, const OfRun *refused, Error *error);
// Refuses two flags of which one can be given.
bool arguments_agree(Arena *arena, const Arguments *arguments, const char *const *one_of,
                     Error *error);

const Flag *flag_find(const Flag *flags, const char *name); // flags may be NULL; NULL: none
Option flag_option(const Flag *flag); // all that is known of it; not of a switch
void flags_help(FILE *out, const Flag *flags);
#endif
