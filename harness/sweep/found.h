// found.h: rates that an earlier sweep has searched, for one that takes them over.
#ifndef SWEEP_FOUND_H
#define SWEEP_FOUND_H
#include "base/folder.h"

typedef struct {
    const Row *final;    // one of the finals with that rate
    const Row *winner;   // the trial that it is from
    const char *differs; // cells of the protocol in which the final differs: "batch, warmup"; or ""
    bool longer;         // LONGER x the spec's steps
} Found;

// All rows of a sweep's folder: rows/, or runs.csv where there are none. A folder that is not here
// is one that comes with the program; `where` is what names it.
bool found_read(Arena *arena, const char *folder, Where where, Rows *rows, Error *error);

// The search of the same model, task, method and options as `decided`. Where there are several, of
// other protocols, it must be the one of the same. One of another head, or of a model that was
// (or was not) pretrained, is refused. `setting` is for messages, `folder` too.
bool found_of(Arena *arena, const Rows *rows, const Row *decided, const char *folder,
              const char *setting, Found *found, Error *error);
#endif
