// machine.c: see the header. Peaks come from /proc/self/status, never from ru_maxrss, which a child
// inherits over exec.
#include "base/machine.h"
#include "base/file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_PATH = 4096 };

Whole memory_now(const char *field)
{
    char value[128];
    file_field("/proc/self/status", field, value, sizeof value);
    return value[0] ? (Whole)strtoll(value, NULL, 10) * 1024 : WHOLE_UNKNOWN;
}

bool memory_reset_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "we");
    bool written = file && fputs("5", file) >= 0;
    if (file && fclose(file) != 0)
        written = false;
    return written;
}

double memory_total(void)
{
    double there = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    return fmin(there, memory_limit("/proc/self/cgroup", "/sys/fs/cgroup"));
}

// The smallest limit from a group, "/a/b", up to the root of its tree; `group` is used up.
static double limit_from(const char *tree, char *group, const char *file)
{
    double least = INFINITY, limit;
    for (char *last = group; last; last ? *last = '\0' : 0) {
        char path[LONGEST_PATH];
        snprintf(path, sizeof path, "%s%s/%s", tree, group, file);
        FILE *in = fopen(path, "re");
        if (in && fscanf(in, "%lf", &limit) == 1 && limit > 0) // "max" is no number
            least = fmin(least, limit);
        if (in)
            fclose(in);
        last = strrchr(group, '/');
    }
    return least;
}

double memory_limit(const char *groups, const char *root)
{
    char tree[LONGEST_PATH], line[LONGEST_PATH];
    snprintf(tree, sizeof tree, "%s/memory", root);
    double least = fmin(limit_from(root, (char[]){ "" }, "memory.max"),
                        limit_from(tree, (char[]){ "" }, "memory.limit_in_bytes"));
    FILE *in = fopen(groups, "re");
    while (in && fgets(line, sizeof line, in)) { // "0::/group" of version 2, "4:memory:/group" of 1
        char *group = line;
        strsep(&group, ":");
        char *controllers = strsep(&group, ":");
        if (!group)
            continue;
        group[strcspn(group, "\n")] = '\0';
        if (!*controllers)
            least = fmin(least, limit_from(root, group, "memory.max"));
        for (char *name; (name = strsep(&controllers, ","));)
            if (!strcmp(name, "memory"))
                least = fmin(least, limit_from(tree, group, "memory.limit_in_bytes"));
    }
    if (in)
        fclose(in);
    return least;
}

double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double load_average(void)
{
    double load;
    return getloadavg(&load, 1) == 1 ? load : (double)NAN;
}

size_t terminal_columns(FILE *terminal)
{
    struct winsize size;
    return ioctl(fileno(terminal), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
