// keeping.h: where a run keeps what it computes once for each example (kept_file.h), by its
// options.
#ifndef RUN_KEEPING_H
#define RUN_KEEPING_H
#include "run/kept_file.h"
#include "run/prepare.h"

// The rows of a split as the run's protocol asks for them: --cache, --cache-file, --cache-folder.
KeptEnd keep(Arena *arena, const Request *request, const Prepared *prepared, const KeptSource *of,
             Kept *kept, KeptTook *took, Error *error);
// "name=value" lines of what decides the rows beside graph, tokens and batches.
const char *keeping_with(Arena *arena, const Request *request, const Prepared *prepared,
                         const Graph *graph);
// The folder is there or made; whether it can be written shows when it is.
bool keeping_ready(const Protocol *protocol, Error *error);
#endif
