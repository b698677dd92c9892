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
// It has no name before it is whole (draft.h), is read by mapping, so that processes share its
// pages, and trusted only when size, name and digest are right and its first batch, computed anew,
// has the same bits. Anything else is as if it were not there, and is replaced.
#ifndef TRAIN_KEPT_FILE_H
#define TRAIN_KEPT_FILE_H
#include "base/draft.h"
#include "base/hash.h"
#include "train/kept.h"

// What gives the rows of a split: every example once, in order.
typedef struct {
    const Plan *plan;
    const Tokens *tokens;
    const Batches *batches;
} KeptSource;

// `with`: "name=value" lines of what decides the rows beside graph, tokens and batches.
Hash kept_name(Arena *arena, const KeptSource *of, const char *with);

typedef struct {
    const char *folder; // that other runs look into; NULL: none does
    const char *name;   // of the file in it, less ".kept"
    const char *own;    // the folder for a file of this run alone, where `folder` gives none
    bool in_file;       // the rows are not to take memory
    bool (*go_on)(void *context); // asked now and then; false puts an end to it. NULL: no end
    void *context;
} KeptPlace;

// The file that was found, or the room on the disk for the one that will be written.
typedef struct {
    KeptPlace place;
    KeptSource of;
    bool empty;          // no examples: they make no file
    const char *path;    // in `folder`; NULL: none
    Bytes found;         // right but for its first batch, which kept_get compares; size 0: none
    Draft draft;         // file -1: none
    bool shares;         // the draft will be `path`
    double seconds;      // that computing the rows took, be it another process
    const char *warning; // why no other run will find them; NULL: they will, or none was to
} KeptClaim;

// In this order, the first two before the plan of a run whose rows go to a file is final: is the
// file there (false: go_on said no); where it is not, its room is taken (false: the rows are to lie
// in a file, and the error says why there is no room for one); and the rows, found or computed by a
// runner of the source's plan, to be released with kept_release. Whatever happened: kept_unclaim.
bool kept_look(Arena *arena, const KeptPlace *place, const KeptSource *of, KeptClaim *claim);
bool kept_take(Arena *arena, KeptClaim *claim, Error *error);
typedef enum { KEPT, KEPT_STOPPED, KEPT_FAILED } KeptEnd; // go_on said no; a file is not written
KeptEnd kept_get(Arena *arena, KeptClaim *claim, Runner *runner, Kept *kept, Error *error);
void kept_unclaim(KeptClaim *claim);
#endif
