// lock.c: see lock.h.
#include "base/lock.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MILLISECONDS = 50 }; // from one try to the next

// Whoever had it has removed it, and the next may have made another.
static bool is_there(const Lock *lock)
{
    struct stat held, there;
    return fstat(lock->file, &held) == 0 && stat(lock->path, &there) == 0 &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

static void leave(Lock *lock)
{
    if (lock->file >= 0)
        close(lock->file);
    lock->file = -1;
}

LockTry lock_try(const char *path, Lock *lock)
{
    *lock = (Lock){ .path = path };
    for (;;) {
        lock->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        bool locked = lock->file >= 0 && flock(lock->file, LOCK_EX | LOCK_NB) == 0;
        if (locked && is_there(lock)) {
            (void)!ftruncate(lock->file, 0); // on a full disk it is a lock without a number
            dprintf(lock->file, "%ld\n", (long)getpid());
            return LOCK_GOT;
        }
        int number = errno;
        leave(lock);
        if (!locked && number != EINTR) {
            errno = number;
            return number == EWOULDBLOCK ? LOCK_HELD : LOCK_NONE;
        }
    }
}

long lock_holder(const char *path)
{
    char text[32] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file >= 0) {
        (void)!read(file, text, sizeof text - 1);
        close(file);
    }
    return strtol(text, NULL, 10);
}

Lock lock_folder(const char *folder)
{
    Lock lock = { .file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
    while (lock.file >= 0 && flock(lock.file, LOCK_EX) != 0)
        if (errno != EINTR)
            leave(&lock);
    return lock;
}

void lock_release(Lock *lock)
{
    if (lock->file >= 0 && lock->path)
        unlink(lock->path); // while it is still locked: nobody else can have it
    leave(lock);
}

bool lock_wait(const char *path, bool (*go_on)(void *), void *context, Lock *lock)
{
    while (lock_try(path, lock) == LOCK_HELD) {
        if (go_on && !go_on(context))
            return false;
        nanosleep(&(struct timespec){ .tv_nsec = MILLISECONDS * 1000000L }, NULL);
    }
    return true;
}
