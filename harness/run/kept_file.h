// kept_file.h: kept rows (kept.h) in a file: where memory is not to hold them, and for other runs.
//
// A file is named after the hash of all that decides its rows: the graph that gives them, with the
// checkpoint and what is drawn; the tokens, which stand for task, split, vocabulary and length; how
// they are batched; and the build, BLAS, kernels and threads, for another sum's order has other
// bits. Rates and most seeds are not in it, so the runs of a search share one file. Native byte
// order and layout:
//
//   magic, digest of all that follows, name, bytes, seconds, 0 to 192 bytes; then the piece
//
// It is written under another name first (draft.h), read by mapping, so that processes share its
// pages, and trusted only when size, name and digest are right and its first batch, computed anew,
// has the same bits. Anything else is as if it were not there, and is replaced.
#ifndef RUN_KEPT_FILE_H
#define RUN_KEPT_FILE_H
#include "base/hash.h"
#include "run/kept.h"

// What computes the rows of a split: every example once, in order.
typedef struct {
    const Plan *plan;
    Runner *runner;
    const Tokens *tokens;
    const Batches *batches;
    bool (*go_on)(void *context); // asked after each batch
    void *context;
} KeptSource;

// `with`: "name=value" lines of what decides the rows beside graph, tokens and batches.
Hash kept_name(Arena *arena, const KeptSource *of, const char *with);

typedef struct {
    const char *folder; // that other runs look into; NULL: none does
    const char *name;   // of the file in it, less ".kept"
    const char *own;    // the folder for a file of this run alone, where `folder` is NULL
    bool in_file;       // the rows are not to take memory
} KeptPlace;

typedef enum { KEPT, KEPT_STOPPED, KEPT_NO_ROOM } KeptEnd;
typedef struct {
    double seconds; // that computing all of them took, be it another process
    double spent;   // by this process, in all
    bool found;
    const char *warning; // they are there, but for no other run; NULL: they are
} KeptTook;

// The rows, found or computed; release them with kept_release. KEPT_STOPPED: go_on said no.
// KEPT_NO_ROOM: the error says why no file holds them.
KeptEnd kept_get(Arena *arena, const KeptPlace *place, const KeptSource *of, Kept *kept,
                 KeptTook *took, Error *error);
#endif
