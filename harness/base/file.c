// file.c: every open, read and write of the harness's own files; errors name the path.
#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int open_regular(const char *path, size_t *size, Error *error);
static ErrorKind kind_of(int number);
static bool unwritten(Where where, const char *right, const char *what, int number, Error *error);
static void signals_wait(sigset_t *before);
static const char in_folder[] = "a path in a folder that is there";
static const char a_folder[] = "a folder, or where one can be made";
static bool folder_sync(const char *path);
static bool put_text(FILE *out, const void *text);

bool file_read(Arena *arena, const char *path, Bytes *bytes, Error *error)
{
    size_t size, done = 0;
    int file = open_regular(path, &size, error);
    bool ok = false;
    if (file < 0)
        return false;
    if (size >= arena_left(arena)) {
        fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL,
             "%zu bytes do not fit into %zu bytes of memory", size, arena_left(arena));
        goto done;
    }
    uint8_t *data = arena_take(arena, size + 1, 1);
    while (done < size) {
        ssize_t got = read(file, data + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            fail(error, kind_of(errno), (Where){ .file = path }, NULL, "cannot be read: %s",
                 strerror(errno));
            goto done;
        }
        if (got == 0) // somebody has cut it since
            break;
        done += (size_t)got;
    }
    data[done] = 0;
    *bytes = (Bytes){ data, done };
    ok = true;
done:
    close(file);
    return ok;
}

bool file_map(const char *path, Bytes *bytes, Error *error)
{
    size_t size;
    int file = open_regular(path, &size, error);
    if (file < 0)
        return false;
    void *data = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0) : "";
    if (data == MAP_FAILED)
        fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL, "cannot be mapped: %s",
             strerror(errno));
    else
        *bytes = (Bytes){ data, size };
    close(file);
    return data != MAP_FAILED;
}

void file_unmap(Bytes bytes)
{
    if (bytes.size)
        munmap((void *)(uintptr_t)bytes.data, bytes.size);
}

void file_rest(Bytes bytes)
{
    size_t before = (uintptr_t)bytes.data % (size_t)sysconf(_SC_PAGESIZE);
    if (bytes.size) // cannot fail: a mapping of ours that is not locked
        madvise((void *)((uintptr_t)bytes.data - before), before + bytes.size, MADV_DONTNEED);
}

// O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
static int open_regular(const char *path, size_t *size, Error *error)
{
    Where where = { .file = path };
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &status) != 0) {
        fail(error, kind_of(errno), where, NULL, "cannot be read: %s", strerror(errno));
        if (file >= 0)
            close(file);
        return -1;
    }
    if (!S_ISREG(status.st_mode)) {
        fail(error, ERROR_INPUT, where, "a file", "is a %s",
             S_ISDIR(status.st_mode)    ? "folder"
             : S_ISFIFO(status.st_mode) ? "pipe"
                                        : "device");
        close(file);
        return -1;
    }
    *size = (size_t)status.st_size;
    return file;
}

// What a reader can do nothing about is the environment's; a name that leads nowhere is input.
static ErrorKind kind_of(int number)
{
    static const int environment[] = { EMFILE, ENFILE, ENOMEM, EIO };
    for (size_t i = 0; i < sizeof environment / sizeof *environment; i++)
        if (number == environment[i])
            return ERROR_ENVIRONMENT;
    return ERROR_INPUT;
}

bool part_name(char part[PATH_MAX], const char *path)
{
    int length = snprintf(part, PATH_MAX, "%s.%ld.part", path, (long)getpid());
    errno = ENAMETOOLONG;
    return 0 <= length && length < PATH_MAX;
}

bool file_replace(const char *path,
                  bool (*make)(const char *part, const void *context, Error *error),
                  const void *context, Error *error)
{
    Where where = { .file = path };
    char part[PATH_MAX], target[PATH_MAX];
    sigset_t before;
    struct stat there;
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) // a device would become a file
        return fail(error, ERROR_INPUT, where, "a file, or nothing yet",
                    "is no file that can be replaced");
    if (realpath(path, target)) // what a link leads to
        path = target;
    if (!part_name(part, path))
        return unwritten(where, in_folder, "not written", errno, error);
    signals_wait(&before); // Ctrl-C comes before the temporary name is there, or after it is gone
    bool ok = make(part, context, error);
    if (ok && (rename(part, path) != 0 || !folder_sync(path)))
        ok = unwritten(where, in_folder, "not written", errno, error);
    if (!ok)
        unlink(part);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

typedef struct {
    const char *path;
    bool (*body)(FILE *out, const void *content);
    const void *content;
} Written;

static bool write_part(const char *part, const void *context, Error *error)
{
    const Written *is = context;
    FILE *out = fopen(part, "we");
    if (out)
        errno = 0;
    bool ok = out && is->body(out, is->content) && !ferror(out) && fflush(out) == 0 &&
              fsync(fileno(out)) == 0;
    int number = errno;
    if (out && fclose(out) != 0 && ok)
        ok = false, number = errno;
    return ok || unwritten((Where){ .file = is->path }, in_folder, "not written",
                           number ? number : EIO, error);
}

bool file_write(const char *path, bool (*body)(FILE *out, const void *content), const void *content,
                Error *error)
{
    return file_replace(path, write_part, &(Written){ path, body, content }, error);
}

static void signals_wait(sigset_t *before)
{
    static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        sigaddset(&set, ends[i]);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

// A path that leads nowhere is input; what else hinders writing is the environment's.
static bool unwritten(Where where, const char *right, const char *what, int number, Error *error)
{
    static const int input[] = { ENOENT, ENOTDIR, EISDIR, EEXIST, ENAMETOOLONG, ELOOP };
    bool wrong = false;
    for (size_t i = 0; i < sizeof input / sizeof *input; i++)
        wrong = wrong || number == input[i];
    return fail(error, wrong ? ERROR_INPUT : ERROR_ENVIRONMENT, where, wrong ? right : NULL,
                "%s: %s", what, strerror(number));
}

// The new name is safe from a power cut once its folder is. Some file systems have no fsync of
// folders and say EINVAL, and a folder that may be written to, but not read, can't be opened: there
// nothing more can be done.
static bool folder_sync(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0; // "rows/", "/", ""
    memcpy(folder, path, length);                           // shorter than `part`, which fitted
    folder[length] = '\0';
    int file = open(length ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return errno == EACCES;
    bool ok = fsync(file) == 0 || errno == EINVAL;
    int number = errno;
    close(file);
    errno = number;
    return ok;
}

bool file_write_text(const char *path, const char *text, Error *error)
{
    return file_write(path, put_text, text, error);
}

static bool put_text(FILE *out, const void *text)
{
    return fputs(text, out) != EOF;
}

// A zombie is dead: init may take its time to bury what a killed process left.
static bool lives(int64_t pid)
{
    char path[64], line[512] = "";
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "re");
    if (!file) // gone, or not ours to see
        return kill((pid_t)pid, 0) == 0 || errno == EPERM;
    const char *name = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    return name && name[1] && !strchr("ZX", name[2]);
}

// A file is written within moments. Whoever writes it may be on another machine or in another
// container, where PID is its own: it is done for after hours alone.
static bool is_left(const char *path)
{
    enum { HOURS = 6 };
    struct stat file;
    return stat(path, &file) == 0 && time(NULL) - file.st_mtime > HOURS * 3600;
}

bool parts_remove(Arena *arena, const char *folder, Error *error)
{
    const char **names;
    size_t count;
    if (!folder_list(arena, folder, ".part", &names, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *dot = strrchr(text_stem(arena, names[i], ".part"), '.');
        const char *path = path_join(arena, folder, names[i]);
        int64_t pid;
        if (dot && text_whole(dot + 1, &pid) && 0 < pid && pid <= INT32_MAX && !lives(pid) &&
            is_left(path))
            unlink(path);
    }
    return true;
}

bool folder_make(const char *path, Error *error)
{
    Where where = { .file = path };
    char parent[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof parent)
        return unwritten(where, a_folder, "cannot be made", length ? ENAMETOOLONG : ENOENT, error);
    for (size_t i = 1; i <= length; i++) { // each parent, then the folder itself
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(parent, path, i);
        parent[i] = '\0';
        if (mkdir(parent, 0777) != 0 && !folder_exists(parent))
            return unwritten((Where){ .file = parent }, a_folder, "cannot be made", errno, error);
    }
    return true;
}

bool file_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

bool folder_holds(const char *folder, const char *path)
{
    char parent[PATH_MAX];
    struct stat one, other;
    const char *slash = strrchr(path, '/');
    snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - path + 1) : 1,
             slash ? path : ".");
    return stat(folder, &one) == 0 && stat(parent, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

bool name_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

bool folder_exists(const char *path)
{
    int number = errno; // folder_make reports what mkdir said
    struct stat status;
    bool is = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    errno = number;
    return is;
}

bool folder_list(Arena *arena, const char *path, const char *suffix, const char ***names,
                 size_t *count, Error *error)
{
    Where where = { .file = path };
    size_t found = 0, room = 64;
    const char **name = arena_take(arena, room, sizeof *name);
    struct dirent *entry;
    DIR *folder = opendir(path);
    *names = name;
    *count = 0;
    if (!folder && errno == ENOENT)
        return true;
    if (!folder)
        return fail(error, kind_of(errno), where, "a folder", "cannot be listed: %s",
                    strerror(errno));
    while ((errno = 0, entry = readdir(folder))) {
        const char *at = entry->d_name;
        if (!strcmp(at, ".") || !strcmp(at, "..") || !text_ends(at, suffix))
            continue;
        if (found == room) {
            room *= 2;
            name = arena_grown(arena, name, found, room, sizeof *name);
        }
        name[found++] = arena_text(arena, at);
    }
    int number = errno;
    closedir(folder);
    if (number)
        return fail(error, ERROR_ENVIRONMENT, where, NULL, "cannot be listed: %s",
                    strerror(number));
    text_sort(name, found);
    *names = name;
    *count = found;
    return true;
}

void file_field(const char *path, const char *name, char *value, size_t size)
{
    char line[512];
    size_t length = strlen(name);
    FILE *file = fopen(path, "re");
    value[0] = '\0';
    while (file && !value[0] && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, length) != 0)
            continue;
        const char *colon = line + length + strspn(line + length, " \t");
        if (*colon != ':')
            continue;
        const char *text = colon + 1 + strspn(colon + 1, " \t");
        snprintf(value, size, "%.*s", (int)strcspn(text, "\n"), text);
    }
    if (file)
        fclose(file);
}

char *path_join(Arena *arena, const char *folder, const char *name)
{
    size_t length = strlen(folder);
    if (length == 0 || name[0] == '/')
        return arena_text(arena, name);
    return arena_format(arena, "%s%s%s", folder, folder[length - 1] == '/' ? "" : "/", name);
}

const char *home_folder(Arena *arena)
{
    const char *given = getenv("TUNEMARK_HOME");
    if (given && *given)
        return arena_text(arena, given);
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    // build/gcc/tunemark: the tree is two folders above, or as many as it takes to meet datasets/
    // and models/; bin/tunemark: share/tunemark lies beside bin
    for (char *end = length > 0 ? program + length : NULL; end;) {
        *end = '\0';
        if (!(end = strrchr(program, '/')))
            break;
        *end = '\0';
        const char *above = *program ? program : "/";
        const char *const home[] = { path_join(arena, above, "share/tunemark"), above };
        for (size_t i = 0; i < sizeof home / sizeof *home; i++)
            if (folder_exists(path_join(arena, home[i], "datasets")) &&
                folder_exists(path_join(arena, home[i], "models")))
                return arena_text(arena, home[i]);
    }
    return ".";
}
