// machine.h: what this machine has, and what this process takes of it.
#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H
#include "base/row.h"
#include <stdio.h>

Whole memory_now(const char *field); // bytes of "VmRSS", "VmHWM" in /proc/self/status
bool memory_reset_peak(void);        // VmHWM begins anew; false where the kernel refuses
double memory_total(void); // bytes that a process may use: the machine's, or its control group's
// The least that any control group allows that this process is in, itself or by a group within it;
// INFINITY: there is no limit. `groups` lists them as /proc/self/cgroup does, `root` is where their
// trees are mounted, of version 2 itself, of version 1 root/memory.
double memory_limit(const char *groups, const char *root);
double cpu_seconds(void);                // of this process
double load_average(void);               // of the last minute; NAN where unknown
size_t terminal_columns(FILE *terminal); // 0 where it is none, or does not say
#endif
