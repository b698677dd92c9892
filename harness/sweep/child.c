// child.c: fork, exec, signals and logs.
#include "sweep/child.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(const char *image, char *const *argument, int out, int err,
                             pid_t driver);

bool child_start(const char *image, char *const *argument, const char *log, Child *child,
                 Error *error)
{
    Where where = { .file = log };
    // where a pipe lies that nobody reads, it is an error and no wait for a reader
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
    if (out < 0)
        return fail(error, ERROR_ENVIRONMENT, where, NULL, "cannot be written: %s",
                    strerror(errno));
    Arena *words = arena_new((size_t)1 << 24, error);
    if (!words) {
        close(out);
        return false;
    }
    int written = dprintf(out, "$ %s\n", shell_line(words, argument));
    arena_free(words);
    child->log = log;
    child->begin = lseek(out, 0, SEEK_END);
    pid_t driver = getpid();
    child->pid = written < 0 ? -1 : fork();
    if (child->pid == 0)
        become(image, argument, out, out, driver);
    int number = errno; // of dprintf or fork
    close(out);
    if (child->pid < 0)
        return fail(error, ERROR_ENVIRONMENT, where, NULL,
                    written < 0 ? "not written: %s" : "no process for a run: %s", strerror(number));
    setpgid(child->pid, child->pid); // as the child does: whoever comes first
    return true;
}

// Between fork and exec. The driver may have died before prctl: then nobody will send the signal.
static _Noreturn void become(const char *image, char *const *argument, int out, int err,
                             pid_t driver)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != driver)
        _exit(1);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(err, STDERR_FILENO) >= 0)
        execvp(image, argument);
    dprintf(err, "%s cannot be started: %s\n", argument[0], strerror(errno));
    _exit(127);
}

bool child_ended(const Child *child, int *status)
{
    pid_t got;
    do
        got = waitpid(child->pid, status, WNOHANG);
    while (got < 0 && errno == EINTR);
    return got == child->pid;
}

void child_signal(const Child *child, int signal)
{
    if (kill(-child->pid, signal) != 0) // its group is not there yet
        kill(child->pid, signal);
}

const char *child_words(Arena *arena, const Child *child, int status)
{
    enum { LONGEST = 200, TAIL = 4096 };
    char tail[TAIL + 1] = "", *line = tail;
    size_t size = 0;
    int log = open(child->log, O_RDONLY | O_CLOEXEC);
    if (log >= 0) {
        off_t end = lseek(log, 0, SEEK_END);
        off_t from = end - child->begin > TAIL ? end - TAIL : child->begin;
        ssize_t got = pread(log, tail, TAIL, from);
        size = got > 0 ? (size_t)got : 0;
        close(log);
    }
    tail[size] = '\0';
    for (size_t i = 0; i < size; i++) // a NUL or an escape has no place in a cell
        if ((unsigned char)tail[i] < ' ' && tail[i] != '\n' && tail[i] != '\r')
            tail[i] = ' ';
    while (size > 0 && strchr("\n\r ", tail[size - 1]))
        tail[--size] = '\0';
    for (size_t i = 0; i < size; i++)
        if (tail[i] == '\n' || tail[i] == '\r')
            line = tail + i + 1;
    if (!strncmp(line, "tunemark: ", strlen("tunemark: ")))
        line += strlen("tunemark: ");
    size_t length = strlen(line);
    if (length > LONGEST)
        line[length = LONGEST] = '\0';
    size_t bad; // also where a character was cut in its middle
    if (!utf8_valid((const uint8_t *)line, length, &bad))
        line[bad] = '\0';
    if (WIFSIGNALED(status))
        return arena_format(arena, "killed by signal %d (%s)%s%s", WTERMSIG(status),
                            strsignal(WTERMSIG(status)), *line ? ": " : "", line);
    if (status == 0)
        return arena_format(arena, "ended without a row%s%s", *line ? ": " : "", line);
    return *line ? arena_text(arena, line)
                 : arena_format(arena, "exit status %d without a word", WEXITSTATUS(status));
}

const char *shell_line(Arena *arena, char *const *argument)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._-+/=,:@%";
    size_t size = 1;
    for (char *const *word = argument; *word; word++)
        size += 7 * strlen(*word) + 3;
    char *line = arena_take(arena, size, 1), *to = line;
    for (char *const *word = argument; *word; word++) {
        bool quote = !**word || (*word)[strspn(*word, plain)];
        if (to > line)
            *to++ = ' ';
        if (quote)
            *to++ = '\'';
        for (const char *from = *word; *from; from++)
            if (*from == '\'') // ends the quotes, a quoted one, begins again
                to = stpcpy(to, "'\\''");
            else if (*from == '\n') // a line is one, also where it is in a comment
                to = stpcpy(to, "'$'\\n''");
            else
                *to++ = *from;
        if (quote)
            *to++ = '\'';
    }
    *to = '\0';
    return line;
}

double child_number(const char *image, char *const *argument)
{
    int ends[2], status = 0;
    char text[64];
    size_t size = 0;
    double number = NAN;
    pid_t driver = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return NAN;
    pid_t pid = fork(), ended = 0; // 0: nobody says how it ended
    if (pid == 0)
        become(image, argument, ends[1], STDERR_FILENO, driver);
    close(ends[1]);
    ssize_t got = 0;
    while (pid > 0 && size < sizeof text - 1 &&
           ((got = read(ends[0], text + size, sizeof text - 1 - size)) > 0 ||
            (got < 0 && errno == EINTR)))
        size += got > 0 ? (size_t)got : 0;
    close(ends[0]);
    while (pid > 0 && (ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
        ;
    text[size] = '\0';
    text[strcspn(text, " \n")] = '\0';
    if (ended != pid || status != 0 || !text_real(text, &number))
        return NAN;
    return number;
}
