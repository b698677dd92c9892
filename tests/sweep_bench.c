// sweep_bench.c: see the header.
#include "tests/sweep_bench.h"
#include "tests/row_same.h"
#include "base/text.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static bool few_rows(const Bench *b, Error *error)
{
    static const char *const words[] = { "good", "bad", "fine", "dull", "warm", "cold" };
    const char *folder = path_join(b->arena, b->folder, "few");
    static const struct {
        const char *name;
        int rows;
    } split[] = { { "train.csv", 32 }, { "tune.csv", 8 }, { "dev.csv", 12 }, { "test.csv", 12 } };
    bool ok = folder_make(folder, error);
    uint64_t random = 7;
    for (size_t s = 0; ok && s < sizeof split / sizeof *split; s++) {
        const char *text = "text,label\n";
        for (int i = 0; i < split[s].rows; i++) {
            size_t word = mix(&random) % 6;
            text = arena_format(b->arena, "%sthe %s film number %d%s,%s\n", text, words[word], i,
                                split[s].name, word % 2 ? "no" : "yes");
        }
        ok = file_write_text(path_join(b->arena, folder, split[s].name), text, error);
    }
    return ok;
}

bool bench_new(Bench *b, const char *spec)
{
    Error error;
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    *b = (Bench){ .arena = arena_new(ARENA_RUN, &error) };
    if (!CHECK(b->arena && length > 0))
        return false;
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    b->folder = test_folder();
    b->program = path_join(b->arena, self, "tunemark");
    if (access(b->program, X_OK) != 0) {
        skip("%s is not built", b->program);
        return false;
    }
    b->options.spec = path_join(b->arena, b->folder, "spec.yaml");
    b->options.program = b->options.image = b->program;
    b->options.command_line = "tunemark sweep spec.yaml";
    b->options.out = path_join(b->arena, b->folder, "out");
    b->options.jobs = 2;
    b->options.grace = 60;
    return CHECK(few_rows(b, &error) && file_write_text(b->options.spec, spec, &error));
}

bool bench_agenda(Bench *b, Shard shard, Spec *spec, Agenda *agenda)
{
    static Interrupt never;
    Error error;
    char *before = getcwd(NULL, 0);
    bool ok = CHECK(before && chdir(b->folder) == 0) &&
              CHECK(spec_read(b->arena, b->options.spec, b->options.set, b->options.sets, spec,
                              &error)) &&
              CHECK(agenda_make(b->arena, spec, b->options.out, shard, &never, agenda, &error)) &&
              CHECK(agenda_look(agenda, stdout, &error));
    if (!ok)
        printf("%s\n", error.text);
    CHECK(before && chdir(before) == 0);
    free(before);
    return ok;
}

void before(Bench *b, const char *body)
{
    Error error;
    const char *path = path_join(b->arena, b->folder, "before.sh");
    CHECK(file_write_text(path,
                          arena_format(b->arena,
                                       "#!/bin/sh\ncd '%s'\ncase \"$*\" in\n%s\nesac\n"
                                       "cd \"$OLDPWD\"\nexec '%s' \"$@\"\n",
                                       b->folder, body, b->program),
                          &error) &&
          chmod(path, 0755) == 0);
    b->options.image = path;
}

pid_t drive(const Bench *b, rlim_t most_bytes)
{
    const char *to[] = { path_join(b->arena, b->folder, "stdout"),
                         path_join(b->arena, b->folder, "stderr") };
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    Error error = { 0 };
    FILE *out = fopen(to[0], "we"), *people = fopen(to[1], "we");
    struct sigaction action = { .sa_handler = interrupt };
    struct rlimit limit = { most_bytes, most_bytes };
    sigaction(SIGINT, &action, NULL);
    interrupted = 0;
    if (chdir(b->folder) != 0)
        _exit(99);
    if (most_bytes != RLIM_INFINITY) {
        signal(SIGXFSZ, SIG_IGN); // as a full disk: write fails and nobody is killed
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    bool ok = sweep(&b->options, &interrupted, out, people, &error);
    if (!ok)
        fprintf(people, "tunemark: %s\n", error.text);
    fclose(out);
    fclose(people);
    _exit(ok ? 0 : (int)error.kind);
}

int ended(pid_t pid)
{
    int status;
    for (int i = 0; i < 30000; i++, usleep(10000))
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

int drive_whole(const Bench *b)
{
    return ended(drive(b, RLIM_INFINITY));
}

const char *text_of(const Bench *b, const char *folder, const char *name)
{
    Bytes bytes;
    Error error;
    return file_read(b->arena, path_join(b->arena, folder, name), &bytes, &error)
               ? (const char *)bytes.data
               : "";
}

bool said(const Bench *b, const char *part)
{
    bool found = strstr(text_of(b, b->folder, "stderr"), part) != NULL;
    if (!found)
        printf("\nstderr lacks '%s':\n%s\n", part, text_of(b, b->folder, "stderr"));
    return found;
}

bool printed(const Bench *b, const char *part)
{
    bool found = strstr(text_of(b, b->folder, "stdout"), part) != NULL;
    if (!found)
        printf("\nstdout lacks '%s':\n%s\n", part, text_of(b, b->folder, "stdout"));
    return found;
}

Rows runs_of(const Bench *b, const char *folder)
{
    Rows rows = { 0 };
    Error error;
    if (!CHECK(rows_read(b->arena, path_join(b->arena, folder, "runs.csv"), &rows.row, &rows.count,
                         &error)))
        printf("%s\n", error.text);
    return rows;
}

bool same_rows(Rows a, Rows b)
{
    if (!CHECK(a.count == b.count))
        return false;
    for (size_t i = 0; i < a.count; i++) {
        const Column *differs;
        if (!CHECK(row_same(&a.row[i], &b.row[i], &differs))) {
            printf("row %zu differs in %s\n", i, differs->name);
            return false;
        }
    }
    return true;
}

const char **names_in(const Bench *b, const char *folder, const char *suffix, size_t *count)
{
    const char **names;
    Error error;
    CHECK(folder_list(b->arena, path_join(b->arena, b->options.out, folder), suffix, &names, count,
                      &error));
    return names;
}

static const char *const folders[] = { "", "rows", "scores", "curves", "predictions" };

size_t parts_left(const Bench *b)
{
    size_t all = 0, count;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        names_in(b, folders[i], ".part", &count);
        all += count;
    }
    return all;
}

void age_parts(const Bench *b)
{
    const struct timespec day_ago = { .tv_sec = time(NULL) - 86400 };
    const struct timespec times[] = { day_ago, day_ago };
    size_t count;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const char **names = names_in(b, folders[i], ".part", &count);
        for (size_t k = 0; k < count; k++)
            CHECK(
                utimensat(AT_FDCWD,
                          arena_format(b->arena, "%s/%s/%s", b->options.out, folders[i], names[k]),
                          times, 0) == 0);
    }
}

size_t processes(const Bench *b)
{
    size_t found = 0;
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        char path[300], line[4096];
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid == getpid())
            continue;
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        FILE *file = fopen(path, "re");
        size_t size = file ? fread(line, 1, sizeof line - 1, file) : 0;
        if (file)
            fclose(file);
        found += memmem(line, size, b->folder, strlen(b->folder)) != NULL;
    }
    if (proc)
        closedir(proc);
    return found;
}

bool processes_are(const Bench *b, size_t count)
{
    for (int i = 0; i < 3000; i++, usleep(20000))
        if (processes(b) == count)
            return true;
    return false;
}

const char *state_of_rows(const Bench *b)
{
    size_t count;
    const char **names = names_in(b, "rows", ".csv", &count), *state = "";
    for (size_t i = 0; i < count; i++) {
        struct stat s;
        const char *path = arena_format(b->arena, "%s/rows/%s", b->options.out, names[i]);
        if (CHECK(stat(path, &s) == 0))
            state =
                arena_format(b->arena, "%s%s %lu %ld.%09ld\n", state, names[i],
                             (unsigned long)s.st_ino, (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    }
    return state;
}
