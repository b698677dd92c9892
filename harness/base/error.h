// error.h: the one way in which anything here fails.
//
// A function that can fail returns bool (or a pointer; NULL is failure) and takes `Error *error`
// last. Failing, it has filled *error once, where most is known, and released what it took.
// Callers hand it up unchanged. Only main() prints; only main() exits.
#ifndef BASE_ERROR_H
#define BASE_ERROR_H
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

// The kind is the exit status.
typedef enum {
    ERROR_WORK = 1,
    ERROR_INPUT = 2,
    ERROR_ENVIRONMENT = 3,
    ERROR_INTERRUPTED = 130
} ErrorKind;
typedef const volatile sig_atomic_t Interrupt; // set by a signal

typedef struct {
    const char *file; // a path, or NULL
    size_t line;      // counted from 1; 0 when there is none
    const char *item; // an option, key, column or tensor, or NULL
} Where;

typedef struct {
    ErrorKind kind;
    char text[512]; // "train.tsv:17: label '2' is unknown; should be 0 or 1"
} Error;

// Fills *error with "file:line: item: what; should be right" and returns false, so that
// `return fail(...)` and `ok = fail(...)` read well. `right` says what would have been right; NULL
// where only the environment can answer. Control characters of the input come out escaped, and a
// text that is too long is cut with "...", so that the message is always one line.
__attribute__((format(printf, 5, 6))) bool fail(Error *error, ErrorKind kind, Where where,
                                                const char *right, const char *what, ...);
#ifdef __clang_analyzer__ // clang-tidy reads one file at a time: tell it what fail returns
#define fail(...) ((fail)(__VA_ARGS__), false)
#endif
#endif
