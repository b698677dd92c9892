// step.h: a batch being computed, as operators' forwards see it.
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H
#include "engine/operator.h"
#include "engine/plan.h"

struct Step {
    const Graph *graph;
    const Plan *plan;
    Slot **slot; // by parameter of the graph
    float *memory;
    float *scratch;
    const Batch *batch;
    StepOptions options;
    double loss;
};

Layout layout_at(const Step *step, Value value);   // where the value's rows lie in the batch
Dropout dropout_at(const Step *step, Dropout set); // with the step's seed and number
#endif
