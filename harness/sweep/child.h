// child.h: the programs that a driver starts, and their end.
//
// A child is fork + exec, in a process group of its own, so that Ctrl-C in the terminal reaches the
// driver alone; it dies with its driver (PR_SET_PDEATHSIG), reads /dev/null, and writes both its
// streams to a log. The driver is one thread and has done nothing with BLAS.
#ifndef SWEEP_CHILD_H
#define SWEEP_CHILD_H
#include "base/arena.h"
#include <sys/types.h>

typedef struct {
    pid_t pid;
    const char *log;
    off_t begin; // of what this child says in the log
} Child;

// Starts `image` with the arguments (NULL-terminated, the first is the name that the program sees)
// and appends to the log what it says, after a line with the command.
bool child_start(const char *image, char *const *argument, const char *log, Child *child,
                 Error *error);
bool child_ended(const Child *child, int *status); // does not wait; true once, as waitpid is
void child_signal(const Child *child, int signal); // to its whole group

// The last line that it wrote, without the program's name before it; with what the status says
// where it was killed or wrote nothing. One line of at most 200 bytes.
const char *child_words(Arena *arena, const Child *child, int status);

// The words of a command line as a POSIX shell reads them back, quoted where they must be. It is
// one line: a line break in a word is $'\n', which bash and POSIX.1-2024 know.
const char *shell_line(Arena *arena, char *const *argument);

// A child for its answer: runs it to its end and reads the number that it prints. NAN when it
// fails.
double child_number(const char *image, char *const *argument);
#endif
