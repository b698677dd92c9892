// machine.c: see the header. Peaks come from /proc/self/status, never from ru_maxrss, which a child
// inherits over exec.
#include "base/machine.h"
#include "base/file.h"
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

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
    static const char *const limits[] = { "/sys/fs/cgroup/memory.max",
                                          "/sys/fs/cgroup/memory/memory.limit_in_bytes" };
    double total = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE), limit;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        FILE *file = fopen(limits[i], "re");
        if (file && fscanf(file, "%lf", &limit) == 1 && limit > 0 && limit < total)
            total = limit; // "max" is no number
        if (file)
            fclose(file);
    }
    return total;
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

int terminal_columns(FILE *terminal)
{
    struct winsize size;
    return ioctl(fileno(terminal), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
