// machine.h: what this machine and process are, for the row.
#ifndef RUN_MACHINE_H
#define RUN_MACHINE_H
#include "base/row.h"

#define BACKEND "panels+openblas" // what computes products

void row_machine(Arena *arena, Row *row); // cpu, cores, blas, compiler, commit, ...
Whole memory_now(const char *field);      // bytes of "VmRSS", "VmHWM" in /proc/self/status
bool memory_reset_peak(void);             // VmHWM begins anew; false where the kernel refuses
double memory_total(void); // bytes that a process may use: the machine's, or its control group's
double cpu_seconds(void);  // of this process
double load_average(void); // of the last minute; NAN where unknown
#endif
