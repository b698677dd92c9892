// graphs.h: small graphs with numbers in them, for the suites of the engine and the model.
//
// `given` and `dotted` are two operators of the tests: values of any shape that can be trained, and
// a loss of which every element of a value is a part. A graph's twin is its forward played node by
// node in double, by tests/reference, without a plan: what it gives is held against a step, and its
// slopes against the step's gradients.
#ifndef TESTS_GRAPHS_H
#define TESTS_GRAPHS_H
#include "engine/operator.h"
#include "engine/operators.h"
#include "engine/plan.h"
#include "tests/guarded.h"

enum { MOST_ROWS = 64 };
extern const Operator op_given, op_dotted;
// A parameter with numbers in -1 .. 1, and the first of MOST_ROWS such rows as a value.
Value parameter_of(Graph *graph, const char *name, int64_t rows, int64_t cols, bool trained);
Value given(Graph *graph, const char *name, Count rows, int64_t cols, bool trained);
// The loss sum of y . weight_at(row, column).
Value dotted_loss(Graph *graph, Value y);
double weight_at(size_t row, size_t column);

// A graph ready for steps: with its backward when it has a loss and something is trained.
typedef struct {
    const Graph *graph;
    const Plan *plan;
    State *state;
    Runner *runner;
    float *memory;
} Made;
extern const StepOptions step_options;
bool make(Arena *arena, const Graph *graph, Value loss, const Extent *largest, Made *made,
          Error *error);
// One step with NaN in all of its memory and gradients that begin at zero. Returns the loss.
double play(Made *made, const Batch *batch);
const float *gradient_at(const Made *made, const char *name); // NULL: not trained

// The sequences `which` of a batch, in that order, as a batch of their own. Nothing is picked.
Batch sequences_of(Arena *arena, const Batch *batch, const size_t *which, size_t count);

// A graph of 4 to 20 random nodes over tokens, read by a loss through a pooling or whole; every
// node reaches the loss, each parameter is trained or not by chance. *loss as dotted_loss gives it.
Graph *random_graph(Arena *arena, Pool *pool, Value *loss, Error *error);

// Every output that the backward asks for is read by a later node or a parameter's gradient.
void nothing_is_idle(const Graph *graph);
size_t nodes_of(const Graph *graph, const char *op); // how many
size_t random_nodes(const Graph *graph);             // that draw random numbers
bool same_bits(const float *a, const float *b, size_t count);

// ---- the twin (tests/reference/reference_graph.c)

typedef struct {
    const Graph *graph;
    Table **value; // by value of the graph
    double loss;
} Twin;
// Holds the parameters as the state has them. An operator without a twin fails the test.
Twin *twin_new(const Graph *graph, const State *state);
double twin_play(Twin *twin, const Batch *batch, const StepOptions *options);
void twin_free(Twin *twin);
// After a step: every trained parameter's gradient is the slope of the twin's loss. Relative to the
// gradient's size along the direction, not to 1.
void slopes_hold(Made *made, const Batch *batch, double tolerance, const char *what, uint64_t seed);
void value_holds(Made *made, const Batch *batch, Value value, double tolerance, const char *what,
                 uint64_t seed);
#endif
