// hooks.h: how a method attaches to a model.
//
// A model's builder names its sites and asks the attached method there; a method answers what it
// has hooks for, and every other site stays as it is. Hooks are asked once for each graph
// (training, evaluation, merged, features): what they declare and build must be a function of the
// site and the options alone, but for dropout, which is training's.
#ifndef MODEL_HOOKS_H
#define MODEL_HOOKS_H
#include "base/option.h"
#include "engine/operators.h"
#include "engine/optimizer.h"
#include "model/config.h"

// Sites of a layer. The first six are linear layers, as options name them.
typedef enum {
    SITE_Q,
    SITE_K,
    SITE_V,
    SITE_ATTN_OUT, // attention.output.dense
    SITE_FFN_MID,  // intermediate.dense
    SITE_FFN_OUT,  // output.dense
    LINEAR_SITES,
    SITE_ATTN = LINEAR_SITES, // the attention sub-layer, and its LayerNorm
    SITE_FFN,                 // the feed-forward sub-layer, and its LayerNorm
    SITE_EMBEDDING,           // the tables, and their LayerNorm; layer -1
    SITE_POOLER,              // layer -1
    SITE_NORM,                // the norm behind a decoder's last layer; layer -1
} Site;
#define LINEAR_SITE_NAMES "q|k|v|attn_out|ffn_mid|ffn_out"
extern const char *const site_names[]; // by Site

// A linear layer has a weight and a bias, a LayerNorm a gain and an offset (gamma and beta).
typedef enum { KIND_WEIGHT, KIND_BIAS, KIND_GAIN, KIND_OFFSET, KIND_EMBEDDING } Kind;

// What stands between the encoder and the logits. pooler: tanh of a dense layer on the first token;
// linear: the first token, of a decoder the last; mean: the mean of all; mlp: that, and a new dense
// layer.
typedef enum { HEAD_AUTO, HEAD_POOLER, HEAD_LINEAR, HEAD_MEAN, HEAD_MLP, HEADS } Head;
#define HEAD_NAMES "auto|pooler|linear|mean|mlp"
extern const char *const head_names[]; // by Head; NULL-terminated

// Whose a parameter is (Parameter.part). The encoder's tables, and their LayerNorm, are apart.
typedef enum { PART_ENCODER, PART_METHOD, PART_HEAD, PART_EMBEDDING } Part;
static inline bool part_of_checkpoint(int part)
{
    return part == PART_ENCODER || part == PART_EMBEDDING;
}

typedef struct Method Method;
typedef struct {
    const Method *method;
    const void *options; // as the method's option table laid them out
} Attached;

// Ids of tokens that occur in the training split, the most frequent first; [CLS], [SEP] and the
// other special ones are not among them.
typedef struct {
    const int32_t *id;
    size_t count; // 0: there is no split at hand
} Words;

// A value that a method computes from its parameters alone, and what it is called once it is kept
// as numbers: see stored().
typedef struct Computed Computed;
struct Computed {
    const char *name;
    Value value;
    Computed *next; // NULL: the last
};

// What a hook builds with.
typedef struct {
    Graph *graph;
    const Config *config;
    const Method *method; // whose hook is being asked
    int outputs;          // of the head: classes, or 1 for scores
    bool scores;          // the task has scores instead of classes
    bool pooler_new;      // the checkpoint brings no pooler
    bool training;        // false: describing for evaluation; method_dropout() then does nothing
    bool storing;         // what is to be stored as numbers is listed
    bool stored;          // what is computed from parameters alone has been stored as numbers
    Computed *computed;   // the list, the last first
    const Words *words;   // outlives the state
    Value once;           // the method's own, from one of its hooks to the next; NO_VALUE at first
    const char *second; // at a site's second layer (llama's gate) what its names end with, or NULL
} Build;

// What `param` is asked about: each tensor of the encoder that the checkpoint brings, its pooler's
// too where the head reads it. New layers of the head are not asked about: they train with every
// method that trains.
typedef struct {
    const char *name; // as in the checkpoint
    Kind kind;
    Site site;
    int layer; // from 0; -1 outside the layers
    int layers;
} ParameterAt;

typedef struct {
    Value x;                    // tokens x H, after LayerNorm and dropout
    Value word, position, type; // the tables; NO_VALUE where the model has none, but of words
    Value gain, offset;         // of their LayerNorm, or NO_VALUE
} Embedded;

typedef struct {
    Site site; // one of the six linear ones
    int layer;
    int64_t in, out;
    Value x, W, b; // y = x W^T + b; W is out x in; b NO_VALUE: there is none
    Value y;       // `linear` only; not there for `weight` and `merged`
} Linear;

typedef struct {
    Site site; // SITE_ATTN or SITE_FFN
    int layer;
    Value x;            // the sub-layer's input; where a norm is in front of it, behind that
    Value y;            // its output after dropout, before residual and norm
    Value gain, offset; // of the sub-layer's own norm; an RMSNorm's offset is NO_VALUE
} Branch;

typedef struct {
    Value W, b;
} Merged;

typedef struct {
    Value k, v; // l x H; both NO_VALUE: none
} KeysValues;

enum {
    UNCHANGED_AT_START = 1, // the function at the start is the pretrained one
    MERGES = 2,             // `merged` gives one plain layer
    CALM_WHEN_FROZEN = 4,   // the part below the first trained parameter runs without dropout
    TRAINS_NOTHING = 8,     // not even the head
    READS_WORDS = 16,       // wants Build.words
};

// ---- fit: a classifier solved on the vectors of a frozen encoder, instead of steps

// The vectors of one split.
typedef struct {
    size_t count;        // 0: there is no such split
    Matrix under[HEADS]; // count x hidden: what the classifier reads under a head; those of `heads`
    const int32_t *label; // classes; else NULL
    const float *target;  // scores; else NULL
} Vectors;

typedef struct {
    Arena *arena; // what is fitted lies in it, too
    const Config *config;
    Vectors train, tune; // no other split is there
    int outputs;
    bool scores;
    // Of tune, in the task's metric: larger is better. logits: as the ordinary head gives them.
    double (*score)(void *context, Matrix logits);
    // To be asked now and then; false: stop, and return false.
    bool (*go_on)(void *context);
    void *context;
    // For fitting by steps:
    const Training *training;
    size_t batch;
    double dropout; // before the classifier
    uint64_t init_seed, order_seed, dropout_seed;
} Fit;

enum { FITTED_TENSORS = 4 };
typedef struct {
    Head head; // that it is for
    struct {
        const char *name; // of a parameter of the head, each of which is given
        const float *number;
    } tensor[FITTED_TENSORS];
    size_t tensors;
    double strength;          // of the penalty that was taken, as the method counts it
    int trials;               // settings that were compared on tune; 0: none
    const char *tried, *took; // "pooling=cls,mean;C=0.1,1", "pooling=cls;C=1"
    bool on_edge;             // the setting that won is the smallest or largest tried
} Fitted;

// One file in methods/ defines one of these.
struct Method {
    const char *name, *summary, *paper; // name: that of its file
    unsigned claims;
    // NULL: none. The first that is a whole number is the method's size: the more of it, the more
    // trains, and --budget solves for it.
    const Option *options;
    size_t options_size;
    double rate[4]; // default learning rate at hidden 128, 256, 384, 768; between them log-log
    // What that rate is multiplied with, where options make another kind of parameter; NULL: 1.
    // Asked of the options as they were given, before `resolve`, which needs a graph.
    double (*rate_times)(const void *options);
    // With this option, as typed, its gradient is the derivative of the loss; NULL: always.
    struct {
        const char *option, *value;
    } derivative_with;
    // Decides for the model what was left at auto, and refuses what does not fit it. Asked on a
    // copy, before whatever a graph is described with; what all other hooks are given, but
    // `rate_times`, `heads` and `stepwise`, and what the row and the key show is its result.
    void (*resolve)(Build *build, void *options);
    bool (*param)(const ParameterAt *at, const void *options);
    Value (*linear)(Build *build, const Linear *at, const void *options); // -> y'
    Value (*weight)(Build *build, const Linear *at, const void *options); // -> W'
    Value (*branch)(Build *build, const Branch *at, const void *options); // -> y'
    // build->config->hidden is the width of keys and values: less than the model's where heads of
    // queries share them.
    KeysValues (*keys_values)(Build *build, int layer, const void *options);
    Value (*embedded)(Build *build, const Embedded *at, const void *options); // -> x'
    // With these W and b a plain layer gives what `weight` and `linear` make of it in evaluation.
    Merged (*merged)(Build *build, const Linear *at, const void *options);
    // The layers of the head below the classifier, made with head_layer(); -> what it reads.
    Value (*head)(Build *build, Value pooled, const void *options);
    // A method that fits: the heads that it may be for (bits 1 << Head), and the fit. `stepwise`:
    // do the steps, rate and batch of a run matter to it? NULL: never. These two decide what is
    // described, and so are asked of the options as they were given.
    unsigned (*heads)(const void *options);
    bool (*stepwise)(const void *options);
    bool (*fit)(const Fit *fit, const void *options, Fitted *fitted, Error *error);
    // What `fit` has made as small as it can be, of the training part, as a function of the head's
    // numbers; NAN where it is no optimum of anything. For `tunemark verify`.
    double (*objective)(const Fit *fit, const Fitted *fitted, const void *options);
    // Free numbers of the head that is fitted; NULL: as many as it has.
    int64_t (*count_head)(const Config *config, int outputs, const void *options);
    // What it trains without the head, from the paper's formula; pooler: the graph has one from the
    // checkpoint.
    int64_t (*count)(const Config *config, bool pooler, const void *options);
};

// The registry, made by the build from the folder methods/; NULL-terminated.
extern const Method *const methods[];
extern const char *const method_files[]; // of each one the name of its file, without .c
extern const char *const method_shas[];  // of each one's file, by methods/sha.sh
const char *method_sha(const Method *method);
const Option *method_options(const Method *method); // never NULL
// NULL: unknown, and the error names the nearest, or its file lacks something, and it says what.
const Method *method_find(const char *name, Error *error);
// Is there all that a method has to say? Its options' fields lie within options_size, their
// defaults within their bounds. `file`: of whom the error speaks.
bool method_whole(const Method *method, const char *file, Error *error);
// options NULL: of the untouched model.
double method_rate(const Method *method, const void *options, int64_t hidden);
// Does it train by steps, whether through the model or in its fit? Else a learning rate is nothing
// to it.
bool method_steps(const Method *method, const void *options);

// ---- what a method's file builds with

// Parameters of the method that stay as they begin: METHOD.name, drawn by the run's init seed and
// so never saved.
Value frozen_matrix(Build *build, int64_t rows, int64_t cols, Init init, const char *name, ...)
    __attribute__((format(printf, 5, 6)));
// Trained parameters of the method. Weight decay falls on matrices, not on vectors (1 x cols).
// `name` follows "METHOD.": "%d.key" with a layer, "%d.%s.up.bias" with a layer and its site's
// name, or "rows" for one of no layer. Asking again for the same name gives the same.
Value trained_matrix(Build *build, int64_t rows, int64_t cols, Init init, const char *name, ...)
    __attribute__((format(printf, 5, 6)));
Value trained_vector(Build *build, int64_t cols, Init init, const char *name, ...)
    __attribute__((format(printf, 4, 5)));
// A matrix beside a linear layer, METHOD.LAYER.SITE.part.
Value trained(Build *build, const Linear *at, const char *part, int64_t rows, int64_t cols,
              Init init);

// The parameter starts from numbers of others (leaves of the graph, NO_VALUE: fewer), as they are
// before training; `with` outlives the state. Another that itself starts from others is refused.
void starts_from(Build *build, Value parameter, StartFill *fill, const void *with,
                 const Value from[START_FROM]);

// A matrix that is computed from parameters alone may be kept as plain numbers once training is
// over: gives `computed` back, and where it is to be stored it is listed under the name (as above)
// that it is stored under. In a description that says `stored` it is a parameter of that name
// instead, and what it was computed from is not in the graph.
Value stored(Build *build, Value computed, const char *name, ...)
    __attribute__((format(printf, 3, 4)));

// Dropout of the method's own, with a mask per place; nothing in evaluation.
Value method_dropout(Build *build, Value x, double rate);

// A dense layer of the head: x W^T + b. Trained by every method that trains.
Value head_layer(Build *build, const char *name, Value x, int64_t out, int64_t in);

// Refuses an option that does not fit the model: "lora: rank: 64 is too large for q (32 x 32);
// should be 1 to 32". Returns false.
bool refuse(Build *build, const char *option, const char *right, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

// Sum over layers and chosen linear sites of per_in * in + per_out * out: lora has the rank twice.
int64_t over_sites(const Config *config, unsigned sites, int64_t per_in, int64_t per_out);
#endif
