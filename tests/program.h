// program.h: runs for tests: a small task, a run within the test, and the program itself.
#ifndef TESTS_PROGRAM_H
#define TESTS_PROGRAM_H
#include "run/run.h"
#include "tests/test.h"
#include <sys/types.h>

// AddressSanitizer keeps address space and shadow of its own: what a test says of memory is not so.
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

// A plain folder FOLDER/NAME with train (48 rows), tune (16), dev (30) and test (20), two labels
// that the words tell apart. Returns its path.
const char *small_task(Arena *arena, const char *folder, const char *name);
// The same texts twice a row, with a score.
const char *small_pairs(Arena *arena, const char *folder, const char *name);

// A request on tiny for a few short steps, then `settings`: names and values in turn, NULL at the
// end. False: refused.
bool small_request(Arena *arena, const char *method, const char *task, const char *const *settings,
                   Request *request, Error *error);
#define SETTINGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

// `tunemark` in a process of its own.
typedef struct {
    const char *out;      // standard output goes to this file; "": closed; NULL: is kept
    const char *set;      // NAME=VALUE of its environment; NULL: nothing
    const char *in;       // standard input is this file; NULL: empty
    size_t file_bytes;    // largest file it may write; 0: any
    size_t address_bytes; // address space; 0: any
} Around;
typedef struct {
    int status; // of its exit; -N: ended by signal N
    char *out, *err;
} Said;
// `words`: the command line without the program, blanks between; no quoting.
Said program(Arena *arena, const Around *around, const char *words, ...)
    __attribute__((format(printf, 3, 4)));
// The same, not waited for; what it says goes nowhere.
pid_t program_start(Arena *arena, const char *words, ...) __attribute__((format(printf, 2, 3)));
int program_ended(pid_t child); // waits; as Said.status
// It ended with `status`, wrote nothing to standard output and one line "tunemark: ... PART ..." to
// standard error.
bool check_refused(Said said, int status, const char *part, const char *file, int line);
#define CHECK_REFUSED(said, status, part)                                                          \
    check_refused((said), (status), (part), __FILE__, __LINE__)

// A copy of the bundled tiny model at FOLDER/NAME, to be changed.
const char *model_copy(Arena *arena, const char *folder, const char *name);
// Such a copy in which all that is known of one piece of the vocabulary is NaN.
const char *model_without(Arena *arena, const char *folder, const char *name, const char *piece);
void write_text(const char *path, const char *text);
char *read_text(Arena *arena, const char *path); // "" where there is none
size_t files_below(const char *folder);          // regular files, however deep
#endif
