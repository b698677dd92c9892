// resolve.h: what a request comes to, before anything is computed: its row's decided cells with the
// key, its operations, its memory. For who plans many runs and does none.
#ifndef RUN_RESOLVE_H
#define RUN_RESOLVE_H
#include "base/row.h"
#include "run/files.h"
#include "run/request.h"

typedef struct {
    Row row;      // all decided cells, key and plan_* included
    double flops; // of the whole run, for an estimate of its time
    size_t bytes; // of memory that is planned, the larger of training and evaluation
} Resolved;

// Files read and hashed, the task's rows drawn and tokenised, the graphs described and planned
// (prepare.h). Uses no BLAS.
bool resolve(Arena *arena, FilesRead *files, const Request *request, Resolved *resolved,
             Error *error);
#endif
