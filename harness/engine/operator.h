// operator.h: an operator is a struct; nodes point at it; nothing in the engine asks which one it
// is.
#ifndef ENGINE_OPERATOR_H
#define ENGINE_OPERATOR_H
#include "engine/graph.h"

typedef struct Step Step;         // step.h: a batch being computed
typedef struct Gradient Gradient; // gradient.c: a backward being built

struct Operator {
    const char *name;
    int inputs, outputs; // at most
    unsigned optional;   // bit i: input i may be NO_VALUE
    bool in_place;    // output 0 may lie on input 0 when nobody reads that later; its kernel then
                      // has no restrict
    unsigned adds;    // bit k: output k can be added to what is there
    unsigned rowwise; // bit i: row r of output 0 reads row r of input i and no other row of it, so
                      // a row selection of the output is one of these inputs. 0: not row-wise
    bool selects;     // a row selection: output 0 is some rows of input 0
    bool looks_up;    // of input k only the rows that batch_lookup k names are read
    bool walks;       // needs to know where its rows lie in the batch: tokens, or one a sequence
    Dropout *(*random)(Setting *set); // the dropout of a node that draws random numbers; NULL: none
    const Operator *packed; // the same over an input 1 that is packed (packed.h); NULL: none
    bool loss;              // gives the step's loss (a double in the Step)
    // Shapes of all outputs that might be asked for; false after graph->error was filled.
    bool (*size)(Graph *graph, const Node *node, ValueInfo *out);
    void (*forward)(Step *step, const Node *node); // computes; cannot fail
    // Appends nodes; computes nothing. NULL: not differentiable.
    void (*backward)(Gradient *gradient, const Node *node);
    double (*flops)(const Graph *graph, const Node *node, const Extent *extent); // NULL: none
    size_t (*scratch)(const Graph *graph, const Node *node,
                      const Extent *largest); // floats; NULL: none
};
extern const Operator *const operators[]; // NULL-terminated; tests walk it
extern const Operator op_product, op_scale, op_sum_rows, op_multiply, op_dropout; // for backwards

// ---- what forward uses
Matrix at(const Step *step, Value value); // data NULL for NO_VALUE
bool adds(const Node *node, int output);  // to what is there
bool draws(const Node *node);             // random numbers: at rate 0 none

// ---- what backward uses
bool wanted(const Gradient *gradient, Value value);           // does a trained parameter lie below?
Value gradient_of(Gradient *gradient, Value value);           // of an output; NO_VALUE: none
Value also(Gradient *gradient, const Node *node, int output); // asks the forward node for an output
// A node whose outputs are gradients, and output k as the gradient of `target`, added to what there
// is; nothing is asked for where target is not wanted.
int32_t append(Gradient *gradient, const Operator *op, const Value *in, size_t inputs, Setting set);
void give(Gradient *gradient, int32_t node, int output, Value target);
// An output that is the gradient of several values; then `pass` it to each.
Value fresh(Gradient *gradient, int32_t node, int output);
// The whole gradient of `target` (or one more part of it) is `value` itself.
void pass(Gradient *gradient, Value value, Value target);
Graph *gradient_graph(Gradient *gradient);
#endif
