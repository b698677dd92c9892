// draft.c: see draft.h.
#include "base/draft.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

static bool failed(const Draft *draft, int number, Error *error)
{
    return fail(error, ERROR_ENVIRONMENT, (Where){ .file = draft->path }, NULL, "not written: %s",
                strerror(number ? number : EIO));
}

// Parts of this path whose writer is gone. What cannot be listed or removed stays.
static void drop_stale(Arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, **part;
    const char *folder = slash ? arena_format(arena, "%.*s", (int)(slash - path) + 1, path) : ".";
    size_t parts = 0, length = strlen(name);
    Error error;
    if (!folder_list(arena, folder, ".part", &part, &parts, &error))
        return;
    for (size_t i = 0; i < parts; i++) {
        if (strncmp(part[i], name, length) != 0 || part[i][length] != '.')
            continue;
        const char *stale = path_join(arena, folder, part[i]);
        int file = open(stale, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
        if (file < 0)
            continue;
        if (flock(file, LOCK_EX | LOCK_NB) == 0)
            unlink(stale);
        close(file);
    }
}

static bool take_room(const Draft *draft, Error *error)
{
    int number;
    do
        number = posix_fallocate(draft->file, 0, (off_t)draft->size);
    while (number == EINTR);
    return number == 0 || failed(draft, number, error);
}

bool draft_open(Arena *arena, const char *path, bool kept, size_t size, Draft *draft, Error *error)
{
    *draft = (Draft){ .path = path, .size = size };
    if (kept)
        drop_stale(arena, path);
    draft->part = arena_format(arena, "%s.%ld.part", path, (long)getpid());
    draft->file = open(draft->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (draft->file < 0)
        return failed(draft, errno, error);
    flock(draft->file, LOCK_EX | LOCK_NB); // where there are no locks, a part may be lost
    if (!kept) {
        unlink(draft->part);
        draft->part = NULL;
    }
    if (take_room(draft, error))
        return true;
    draft_close(draft);
    return false;
}

bool draft_put(const Draft *draft, const void *data, size_t bytes, size_t offset, Error *error)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t put =
            pwrite(draft->file, (const uint8_t *)data + done, bytes - done, (off_t)(offset + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return failed(draft, put < 0 ? errno : 0, error);
        done += (size_t)put;
    }
    return true;
}

bool draft_map(const Draft *draft, Bytes *bytes, Error *error)
{
    void *data = mmap(NULL, draft->size, PROT_READ, MAP_SHARED, draft->file, 0);
    if (data == MAP_FAILED)
        return failed(draft, errno, error);
    *bytes = (Bytes){ data, draft->size };
    return true;
}

bool draft_keep(Draft *draft, Error *error)
{
    if (rename(draft->part, draft->path) != 0)
        return failed(draft, errno, error);
    draft->part = NULL;
    return true;
}

void draft_close(Draft *draft)
{
    if (draft->part)
        unlink(draft->part);
    close(draft->file);
    *draft = (Draft){ .file = -1 };
}
