// draft.h: a large file that is written piece by piece, and has its name only once it is whole.
//
// Its room on the disk is taken before the first byte is written, so a full disk is met at the
// start. Until it is kept it is called PATH.PID.part and locked; a part that nobody has locked is
// of a process that was killed, and whoever drafts the same path next removes it. Nothing is
// synced: a reader has to see for itself (a checksum) that no power cut came between.
#ifndef BASE_DRAFT_H
#define BASE_DRAFT_H
#include "base/file.h"

typedef struct {
    const char *path, *part; // part NULL: it has its name, or will never have one
    int file;
    size_t size;
} Draft;

// `kept` false: the file never gets its name and is gone with the last who holds it. All of these
// fail with ERROR_ENVIRONMENT; close the draft whatever happened after it was opened.
bool draft_open(Arena *arena, const char *path, bool kept, size_t size, Draft *draft, Error *error);
bool draft_put(const Draft *draft, const void *data, size_t bytes, size_t offset, Error *error);
// The whole file, read-only; it shows what is put from then on, and outlives the draft: file_unmap.
bool draft_map(const Draft *draft, Bytes *bytes, Error *error);
bool draft_keep(Draft *draft, Error *error); // takes the place of what PATH was
void draft_close(Draft *draft);
#endif
