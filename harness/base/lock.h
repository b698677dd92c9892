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

// One try, which waits for nobody. A process that dies lets go of what it has; a child has it no
// more once it is another program. Let go of it with lock_release, which takes an unlocked one,
// too.
typedef enum {
    LOCK_GOT,
    LOCK_HELD, // by another process, whose number lock_holder says
    LOCK_NONE, // there can be none here (no permission, a file system without them): see errno
} LockTry;
LockTry lock_try(const char *path, Lock *lock);
long lock_holder(const char *path); // 0: not known
void lock_release(Lock *lock);

// Waits for whoever has it, asking go_on(context) (may be NULL) now and then: false, it said no.
// Where there can be no lock the answer is true at once: what it guards has to be right without it,
// if slower.
bool lock_wait(const char *path, bool (*go_on)(void *), void *context, Lock *lock);
// The same of what is done in a folder within moments: waits without asking, and leaves no file
// there, killed or not.
Lock lock_folder(const char *folder);
#endif
