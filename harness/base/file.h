// file.h: reading files whole, writing them so that a reader never meets half of one.
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/arena.h"
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
    const uint8_t *data; // followed by a zero byte that is not counted
    size_t size;
} Bytes;

// Reads a regular file into the arena. A folder, a missing or an unreadable file is ERROR_INPUT.
bool file_read(Arena *arena, const char *path, Bytes *bytes, Error *error);

// Maps a regular file read-only; unmap with file_unmap. An empty file gives size 0. A mapped file
// is not followed by a zero byte where its size is a multiple of the page size.
bool file_map(const char *path, Bytes *bytes, Error *error);
void file_unmap(Bytes bytes);
// The memory of a mapped file, or of the pages that a part of it lies on, goes back until it is
// read again.
void file_rest(Bytes bytes);

// Makes a file so that `path` holds its old content or all of the new, whatever happens between:
// kill -9, a full disk. `make` writes `part`, a temporary name; it is unlinked on failure, and
// signals that end the process wait until it is gone. A link stays, and what it leads to is
// replaced. A path that leads nowhere, or to no regular file, is ERROR_INPUT, all else
// ERROR_ENVIRONMENT.
bool file_replace(const char *path,
                  bool (*make)(const char *part, const void *context, Error *error),
                  const void *context, Error *error);
// The same by a stream. body returns false when writing failed (errno says why).
bool file_write(const char *path, bool (*body)(FILE *out, const void *content), const void *content,
                Error *error);
bool file_write_text(const char *path, const char *text, Error *error);
// PATH.PID.part, what is written beside a path before it has that name. False: too long (errno).
bool part_name(char part[PATH_MAX], const char *path);
// Unlinks such names in a folder that are old and whose process does not live: what a kill has left
// half-written.
bool parts_remove(Arena *arena, const char *folder, Error *error);

bool folder_make(const char *path, Error *error); // with its parents; fine when it is there
bool file_exists(const char *path);               // a regular file
bool folder_exists(const char *path);
bool folder_holds(const char *folder, const char *path); // is that the folder of the path's name?
bool name_exists(const char *path); // of anything, a link that leads nowhere too
// Names (not paths) of the folder's entries that end in `suffix`, bytewise sorted. A missing folder
// has none.
bool folder_list(Arena *arena, const char *path, const char *suffix, const char ***names,
                 size_t *count, Error *error);
// The text after "NAME:" (blanks may stand before the colon) in the first such line of a file, as
// /proc has them; "" where there is none.
void file_field(const char *path, const char *name, char *value, size_t size);
// folder/name; `name` alone where the folder is "" or the name begins with a slash.
char *path_join(Arena *arena, const char *folder, const char *name);

// What the program finds its tables in: datasets/, models/, plots/, results/specs/ lie there.
// TUNEMARK_HOME, else the nearest folder above the program's own that has datasets/ and models/, in
// itself (the tree above build/) or in share/tunemark (installed, beside bin/), else the working
// folder. Nothing else in the program asks where it is; results go to the working folder.
const char *home_folder(Arena *arena);
#endif
