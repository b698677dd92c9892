// draft.c: see draft.h.
#include "base/draft.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool failed(const Draft *draft, int number, Error *error)
{
    return fail(error, ERROR_ENVIRONMENT, (Where){ .file = draft->path }, NULL, "not written: %s",
                strerror(number ? number : EIO));
}

// A disk that is too small is not asked: some give what there is before they say no.
static bool take_room(const Draft *draft, Error *error)
{
    struct statvfs disk;
    char needs[SIZE_TEXT], has[SIZE_TEXT];
    if (fstatvfs(draft->file, &disk) == 0 && disk.f_blocks > 0) {
        double there = (double)disk.f_bavail * (double)disk.f_frsize;
        if ((double)draft->size > there)
            return fail(error, ERROR_ENVIRONMENT, (Where){ .file = draft->path }, NULL,
                        "not written: takes %s bytes where %s are free",
                        text_of_size(needs, (double)draft->size), text_of_size(has, there));
    }
    int number;
    do
        number = posix_fallocate(draft->file, 0, (off_t)draft->size);
    while (number == EINTR);
    return number == 0 || failed(draft, number, error);
}

// A name beside the path that no other process has, on any machine.
static bool another_name(const Draft *draft, char name[PATH_MAX])
{
    char drawn[PATH_MAX];
    unsigned long long number;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return false;
    int length = snprintf(drawn, sizeof drawn, "%s.%016llx", draft->path, number);
    errno = ENAMETOOLONG;
    return length < PATH_MAX && part_name(name, drawn);
}

// Where files cannot be without a name, one that will not get one has it for a moment.
static int open_named(const Draft *draft)
{
    char name[PATH_MAX];
    if (!another_name(draft, name))
        return -1;
    int file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0)
        unlink(name);
    return file;
}

bool draft_open(Arena *arena, const char *path, bool named, size_t size, Draft *draft, Error *error)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? arena_format(arena, "%.*s", (int)(slash - path) + 1, path) : ".";
    *draft = (Draft){ .path = path, .size = size };
    draft->file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | (named ? 0 : O_EXCL), 0666);
    if (draft->file < 0 && !named)
        draft->file = open_named(draft);
    if (draft->file < 0)
        return failed(draft, errno, error);
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

static bool give_name(const Draft *draft, const char *name)
{
    char held[64];
    snprintf(held, sizeof held, "/proc/self/fd/%d", draft->file);
    return linkat(AT_FDCWD, held, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}

// A link takes no other's place, and a rename does.
bool draft_keep(const Draft *draft, Error *error)
{
    char name[PATH_MAX];
    if (give_name(draft, draft->path))
        return true;
    if (errno != EEXIST || !another_name(draft, name) || !give_name(draft, name))
        return failed(draft, errno, error);
    if (rename(name, draft->path) == 0)
        return true;
    int number = errno;
    unlink(name);
    return failed(draft, number, error);
}

void draft_close(Draft *draft)
{
    close(draft->file);
    *draft = (Draft){ .file = -1 };
}
