// gnuplot.c: runs gnuplot on a script; see figure_impl.h.

#include "report/figure_impl.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// Our surroundings, but for the locale: another would move decimal points and the way of text.
static char **plain_locale(Arena *arena)
{
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **plain = arena_take(arena, n + 2, sizeof *plain);
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "LC_ALL=", 7) != 0)
            plain[kept++] = environ[i];
    plain[kept++] = "LC_ALL=C.UTF-8";
    plain[kept] = NULL;
    return plain;
}

// Runs gnuplot on a script. Whatever it says on its standard error is a fault.
bool gnuplot_run(Arena *arena, FILE *script, const char *path, Error *error)
{
    char *const arguments[] = { "gnuplot", "--default-settings", NULL };
    char said[256] = "", line[256];
    int status = 0, spawned;
    pid_t child = 0;
    FILE *complaints = tmpfile();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    if (!complaints)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL,
                    "no temporary file: %s", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDOUT_FILENO);
    sigemptyset(&none); // Ctrl-C, for which we may be waiting (file_replace), ends it
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    spawned =
        posix_spawnp(&child, "gnuplot", &actions, &attributes, arguments, plain_locale(arena));
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    while (spawned == 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    rewind(complaints);
    while (fgets(line, sizeof line, complaints)) // the reason stands in the last line
        if (line[strspn(line, " \t\n")])
            snprintf(said, sizeof said, "%s", line + strspn(line, " \t"));
    said[strcspn(said, "\n")] = '\0';
    fclose(complaints);
    if (spawned == ENOENT)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = path },
                    "installed (Debian: apt install gnuplot-nox)", "gnuplot is missing");
    if (spawned != 0)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL, "gnuplot: %s",
                    strerror(spawned));
    if (status != 0 || *said)
        return fail(error, ERROR_WORK, (Where){ .file = path }, NULL, "gnuplot: %s",
                    *said ? said : "failed without a word");
    return true;
}
