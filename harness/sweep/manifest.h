// manifest.h: manifest.json, what a sweep's rows were made with and when.
//
//   {"commands": [{"command", "start", "end", "spec", "program", "libraries", "machine",
//                  "environment", "models", "tasks"}]}
//
// One entry a command that had something to do, the newest last; `end` is null while it runs and
// stays so when it is killed. Libraries are as loaded, not as compiled against; hashes are those of
// the rows (model_sha, data_sha); times are UTC.
#ifndef SWEEP_MANIFEST_H
#define SWEEP_MANIFEST_H
#include "base/json.h"
#include "sweep/agenda.h"

typedef struct {
    Arena *arena;
    const char *path;
    json_t *root, *entry; // entry is root's
} Manifest;

// Reads what is there, adds an entry and writes. One that cannot be read is begun anew.
bool manifest_begin(Arena *arena, const Agenda *agenda, const Spec *spec, const char *command,
                    Manifest *manifest, Error *error);
bool manifest_end(Manifest *manifest, Error *error); // writes the end; releases
#endif
