// graph.h: what is to be computed, as nodes that read and give values.
//
// A graph is built by describing (graph_add, or the operators' own functions in operators.h), then
// finished: trim() sinks row selections and drops what nobody reads, gradient() appends the
// backward, plan() gives every value its place. Each step makes a new graph that is const from then
// on. All memory is the arena's.
//
// A value has `rows` x `cols` floats; rows are affine in the batch (Count). Values of parameters
// are leaves; what they hold is the State's (state.h).
#ifndef ENGINE_GRAPH_H
#define ENGINE_GRAPH_H
#include "base/arena.h"
#include "base/error.h"
#include "engine/batch.h"
#include "engine/kernels.h"
#include "engine/packed.h"

// rows = constant + tokens T + sequences S + selected M + squares Q of the batch's extent.
typedef struct {
    int64_t constant, tokens, sequences, selected, squares;
} Count;
#define ROWS(n) ((Count){ .constant = (n) })
#define ROWS_TOKENS ((Count){ .tokens = 1 })
#define ROWS_SEQUENCES ((Count){ .sequences = 1 })
#define ROWS_SELECTED ((Count){ .selected = 1 })
size_t count_of(Count count, const Extent *extent);
bool count_equal(Count a, Count b);
bool is_constant(Count rows); // no batch changes them: as a parameter's
Layout layout_of(Count rows); // how a matrix with these rows lies in the batch
// Is there a block of rows for each sequence, over its tokens or one alone? Kernels of `walks` find
// it.
bool lies_in_batch(Count rows);

typedef int32_t Value; // an index into Graph.value
#define NO_VALUE ((Value)-1)

// How a parameter starts. Every number is a function of (init seed, name, index): a new parameter
// shifts nobody's numbers.
typedef enum {
    INIT_GIVEN, // the caller of state_new fills it (a checkpoint's tensor)
    INIT_CONSTANT,
    INIT_NORMAL,
    INIT_CUT_NORMAL, // drawn again beyond two standard deviations
    INIT_UNIFORM,
    INIT_SINUSOIDS,
    INIT_OTHERS, // Parameter.start: from other parameters' numbers
} InitKind;
typedef struct {
    InitKind kind;
    double scale; // the constant; the standard deviation; the bound of (-b, b); the amplitude
} Init;

typedef struct Start Start;
typedef struct {
    const char *name; // unique; as in the checkpoint, or METHOD.LAYER.SITE.PART
    int64_t rows, cols;
    int rank; // 1 or 2, as in the checkpoint; only rank 2 decays
    bool trained;
    int part; // whose it is; the engine only carries it (model/hooks.h)
    Init init;
    const Start *start;
    Store store; // frozen ones alone may be packed (pack)
} Parameter;
size_t parameter_bytes(const Parameter *parameter);

// Fills `out` (rows x cols) from the numbers of the parameters that `start` names.
typedef void StartFill(float *out, const Parameter *parameter, const Matrix *from,
                       uint64_t init_seed);
enum { START_FROM = 4 };
struct Start {
    StartFill *fill;
    const char *from[START_FROM]; // parameters of the graph that start otherwise; NULL: fewer
    const void *with;             // what else `fill` reads
};

typedef struct Operator Operator;
enum { NODE_INPUTS = 10, NODE_OUTPUTS = 5 };

// What an operator is told beside its inputs; each reads its own member.
typedef union {
    float scale;
    double epsilon;
    Activation activation;
    struct {
        float alpha;
        bool transpose_a, transpose_b;
    } product;
    Attention attention;
    Rotary rotary;
    Dropout dropout; // seed and step come from the Step
    int lookup;      // embedding_grad: which of the batch's (batch_lookup)
    Count rows;      // gradients of pooling and joining: rows of what was pooled, joined
    struct {
        int64_t first, cols;
    } columns;
    bool constant_length; // unit_rows
} Setting;

typedef struct {
    const Operator *op; // NULL: a leaf (parameter, or a parameter's gradient)
    Setting set;
    Value in[NODE_INPUTS];    // NO_VALUE where optional and absent
    Value out[NODE_OUTPUTS];  // NO_VALUE: not computed
    Value base[NODE_OUTPUTS]; // out[k] is added to base[k] and takes its place; else NO_VALUE
    int32_t index;            // its own, in Graph.node
    int32_t of;               // of the backward: the node that it belongs to; else its own index
    const char *place;        // "layer 1 ffn_mid": where in the model, for listings; may be NULL
    int part;                 // whose it is, as a Parameter's
    int block;                // what may be computed again as one, such as a layer; 0: of none
    bool again;               // a node of the forward that recompute() put into the backward
} Node;

typedef struct {
    Count rows;
    int64_t cols;
    int32_t node;      // the node that gives it
    int32_t parameter; // leaf of this parameter, else -1
    bool gradient;     // leaf: that parameter's gradient
    bool fed;          // leaf: rows that the caller writes before each step (runner_feed)
} ValueInfo;

typedef struct {
    Arena *arena;
    Node *node;
    size_t nodes, node_room;
    ValueInfo *value;
    size_t values, value_room;
    Parameter *parameter;
    size_t parameters, parameter_room;
    Value *output; // values that somebody reads after the step: never dropped, never reused
    size_t outputs, output_room;
    const char *place; // given to nodes that are added, as the next three
    int part;
    int block;
    int32_t of;                 // while the backward is appended
    uint32_t sites, side_sites; // dropout sites handed out: the model's, and methods' own
    size_t forward_nodes;       // set by gradient(): the nodes before the backward
    Error *error;               // the first failure while describing; later additions are ignored
    bool failed;
} Graph;

Graph *graph_new(Arena *arena, Error *error);
// Describing does not check each addition: the first failure is kept in *error and `failed` is set;
// whoever describes looks once, at the end.

// The leaf of a parameter; a second declaration of the same name gives the same leaf (and must
// agree in shape).
Value graph_parameter(Graph *graph, const Parameter *parameter);
const Parameter *graph_find(const Graph *graph, const char *name);
// A leaf that is given anew for each batch.
Value graph_fed(Graph *graph, Count rows, int64_t cols);
void graph_output(Graph *graph, Value value);

// A node with its outputs not yet asked for; the operator's size rule decides their shapes.
int32_t graph_add(Graph *graph, const Operator *op, const Value *in, size_t inputs, Setting set);
Value graph_give(Graph *graph, int32_t node, int output); // asks for an output; once made, the same

// The graph with each row selection moved as far down as row-wise operators allow, and without the
// nodes that no output reaches. (What a parameter that stays starts from stays, too.) With `calm`,
// random nodes that no trained parameter reaches draw nothing. Values are renumbered: (*map)[old]
// is the new one, or NO_VALUE.
const Graph *trim(Arena *arena, const Graph *graph, bool calm, Value **map, Error *error);

// The graph with frozen weights stored as `store`, where nodes read them through operators that can
// (Operator.packed) and nobody reads them otherwise; those that start from others stay as they are.
// Values keep their numbers.
const Graph *pack(Arena *arena, const Graph *graph, Store store, Error *error);

// The graph followed by its backward: for each trained parameter that `loss` depends on a gradient
// leaf that nodes add to. A trained parameter that no way reaches is an error that names it. Values
// keep their numbers.
const Graph *gradient(Arena *arena, const Graph *graph, Value loss, Error *error);

// A graph with its backward that keeps less: what lies within a block (Node.block) and is read by
// its backward is computed again just before that. Values keep their numbers, and the results their
// bits.
const Graph *recompute(Arena *arena, const Graph *backward, Error *error);

// What a node of such a graph is for: the forward; gradients of values; of parameters alone; the
// forward, computed again for the backward.
typedef enum { PASS_FORWARD, PASS_BACKWARD, PASS_PARAMETERS, PASS_AGAIN } Pass;
extern const char *const pass_names[];
Pass pass_of(const Graph *graph, size_t node);

// By value: what has to be computed for the values that are marked is marked, too.
void mark_read(const Graph *graph, bool *read);
// Is an output of the node among the marked values?
bool gives_any(const Node *node, const bool *marked);

bool graph_packs(const Graph *graph);      // is a parameter stored in fewer bytes?
bool graph_recomputes(const Graph *graph); // is anything computed again?

double graph_flops(const Graph *graph, const Extent *extent); // products only; a multiply-add is 2
double node_flops(const Graph *graph, size_t node, const Extent *extent);
#endif
