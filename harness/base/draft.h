// draft.h: a large file that is written piece by piece, and has a name only once it is whole.
//
// Until then it has none at all (O_TMPFILE), so that nothing is left of a process that was killed,
// and no two writers of one path can meet. Its room on the disk is taken before the first byte is
// written: a full disk is met at the start, and not filled to find that out. Nothing is synced: a
// reader has to see for itself (a checksum) that no power cut came between.
#ifndef BASE_DRAFT_H
#define BASE_DRAFT_H
#include "base/file.h"

typedef struct {
    const char *path;
    int file;
    size_t size;
} Draft;

// Of `size` bytes, in the folder of `path`. `named` false: it never gets that name, which then only
// says in errors what it is, and is gone with the last who holds it; that much every file system
// can. All of these fail with ERROR_ENVIRONMENT; close the draft whatever happened after it was
// opened.
bool draft_open(Arena *arena, const char *path, bool named, size_t size, Draft *draft,
                Error *error);
bool draft_put(const Draft *draft, const void *data, size_t bytes, size_t offset, Error *error);
// The whole file, read-only; it shows what is put from then on, and outlives the draft: file_unmap.
bool draft_map(const Draft *draft, Bytes *bytes, Error *error);
bool draft_keep(const Draft *draft, Error *error); // takes the place of what `path` was
void draft_close(Draft *draft);
#endif
