// lock.h: one process at a time, by a file that is there while somebody has it or waits for it, or
// by a folder itself.
#ifndef BASE_LOCK_H
#define BASE_LOCK_H
#include <stdbool.h>

typedef struct {
    const char *path; // NULL: a folder's
    int file;         // -1: not locked
} Lock;
#define UNLOCKED ((Lock){ .file = -1 })

// Waits for whoever has it, asking go_on(context) (may be NULL) now and then: false, it said no. A
// process that dies lets go. Where there can be no lock (no permission, a file system without
// them) the answer is true at once: what it guards has to be right without it, if slower. Let go
// of it with lock_release, which takes an unlocked one, too.
bool lock_wait(const char *path, bool (*go_on)(void *), void *context, Lock *lock);
// The same of what is done in a folder within moments: waits without asking, and leaves no file
// there, killed or not.
Lock lock_folder(const char *folder);
void lock_release(Lock *lock);
#endif
