// profile.h: where the time of the training steps goes.
//
// OUT/profiles/KEY.csv, a line a node of the training graph in the order of computing, and two
// more: `optimizer`, and `rest`, what is done between the steps; the seconds of all lines add up to
// the row's train_s.
//   node      its number in `tunemark graph` with the same options, for --cache, --cache-file,
//             --recompute and --max-memory make other graphs; empty for the two
//   pass      forward; backward, where it gives the gradient of a value; parameters, where all that
//             it gives are gradients of parameters (dW); again, where it computes for the backward
//             what the forward has computed before (--recompute). backward_s of the row is all but
//             forward. Of the two lines: update and between
//   operator  its kind; place: where in the model
//   seconds   over all steps; flops: of products, a multiply-add is 2
#ifndef RUN_PROFILE_H
#define RUN_PROFILE_H
#include "run/prepare.h"

typedef struct {
    const double *seconds; // by node of the training graph
    size_t steps;          // that were done
    double train_s, optimizer_s;
} Profile;

// profile NULL removes the file.
bool profile_write(Arena *arena, const char *out, const Prepared *prepared, const Profile *profile,
                   Error *error);

// Its table by pass and operator, the longest first: seconds, their share, GFLOP/s.
bool profile_print(Arena *arena, const char *path, FILE *to, Error *error);
#endif
