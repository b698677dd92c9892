// plans.h: from a description to graphs and their plans.
#ifndef TRAIN_PLANS_H
#define TRAIN_PLANS_H
#include "engine/cut.h"
#include "engine/plan.h"
#include "model/describe.h"

// The graphs of a run and their plans; NULL where the extent was NULL.
typedef struct {
    Description description;
    Described train, eval, features;
    const Graph *backward; // train's graph with its backward; of the rest, where it was cut
    // Without values where steps compute the whole graph (train/frozen.h). Else a step is of use
    // only once a trainer has `kept`: the prefix has to be computed before the first.
    Cut cut;
    const Plan *train_plan, *eval_plan, *prefix_plan, *features_plan;
} Plans;

// What a step computes: the description and, as for training, its backward; with `again` what
// recompute() makes of that.
bool draw_step(Arena *arena, const Description *description, bool again, Described *described,
               const Graph **step, Error *error);

// `description` as for training; evaluation is the same without dropout, loss and labels. An extent
// is the largest batch of its kind.
bool plans_make(Arena *arena, const Description *description, const Extent *train,
                const Extent *eval, Plans *plans, Error *error);
// The vectors that the method fits on, under each of its `heads`.
bool plans_features(Arena *arena, const Extent *largest, Plans *plans, Error *error);
// Steps of training keep less and compute that again (engine/graph.h). extent: of their largest.
bool plans_recompute(Arena *arena, const Extent *train, Plans *plans, Error *error);
size_t plans_bytes(const Plans *plans); // the step arena: the largest of the plans
// What a trainer runs, in the order of its runners. `trained` of the first graph that has a
// parameter holds (state_new), so that of training comes first.
enum { PARTS = 4 };
void plans_parts(const Plans *plans, const Plan *part[PARTS]);
// The plan that decides what training takes: of its steps, or of what it computes instead.
const Plan *plans_training(const Plans *plans);
#endif
