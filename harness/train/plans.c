// plans.c: describe -> gradient -> plan.
#include "train/plans.h"
#include <string.h>

bool draw_step(Arena *arena, const Description *description, bool again, Described *described,
               const Graph **step, Error *error)
{
    if (!describe(arena, description, described, error))
        return false;
    *step = described->graph;
    if (!description->training)
        return true;
    return (*step = gradient(arena, described->graph, described->loss, error)) &&
           (!again || (*step = recompute(arena, *step, error)));
}

bool plans_make(Arena *arena, const Description *description, const Extent *train,
                const Extent *eval, Plans *plans, Error *error)
{
    *plans = (Plans){ .description = *description };
    Description evaluation = *description;
    evaluation.training = false;
    if (train) {
        if (!draw_step(arena, description, false, &plans->train, &plans->backward, error))
            return false;
        if (!(plans->train_plan = plan(arena, plans->backward, train, error)))
            return false;
    }
    if (eval) {
        if (!describe(arena, &evaluation, &plans->eval, error))
            return false;
        if (!(plans->eval_plan = plan(arena, plans->eval.graph, eval, error)))
            return false;
    }
    return true;
}

bool plans_features(Arena *arena, const Extent *largest, Plans *plans, Error *error)
{
    const Attached *method = &plans->description.method;
    return describe_features(arena, &plans->description, method->method->heads(method->options),
                             &plans->features, error) &&
           (plans->features_plan = plan(arena, plans->features.graph, largest, error));
}

bool plans_recompute(Arena *arena, const Extent *train, Plans *plans, Error *error)
{
    return !plans->backward || ((plans->backward = recompute(arena, plans->backward, error)) &&
                                (plans->train_plan = plan(arena, plans->backward, train, error)));
}

void plans_parts(const Plans *plans, const Plan *part[PARTS])
{
    const Plan *each[] = { plans->train_plan, plans->eval_plan, plans->prefix_plan,
                           plans->features_plan };
    memcpy(part, each, sizeof each);
}

size_t plans_bytes(const Plans *plans)
{
    const Plan *part[PARTS];
    size_t most = 0;
    plans_parts(plans, part);
    for (int i = 0; i < PARTS; i++)
        if (part[i] && plan_bytes(part[i]) > most)
            most = plan_bytes(part[i]);
    return most;
}

const Plan *plans_training(const Plans *plans)
{
    const Plan *train = plans->train_plan      ? plans->train_plan
                        : plans->features_plan ? plans->features_plan
                                               : plans->eval_plan;
    if (plans->prefix_plan && plan_bytes(plans->prefix_plan) > plan_bytes(train))
        return plans->prefix_plan; // one memory for both: the larger one's
    return train;
}
