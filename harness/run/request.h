// request.h: what is asked of a run: its options and its method's, from a command line or a spec
// and back to one.
#ifndef RUN_REQUEST_H
#define RUN_REQUEST_H
#include "base/option.h"
#include "model/hooks.h"

typedef enum { STAGE_FINAL, STAGE_TRIAL } Stage;
typedef enum { SELECT_LAST, SELECT_BEST } Select;
typedef enum { FROZEN_DROPOUT_AUTO, FROZEN_DROPOUT_YES, FROZEN_DROPOUT_NO } FrozenDropout;
typedef enum { TRAIN_ON_TRAIN, TRAIN_ON_BOTH } TrainOn;

// Options of a run beside the method's own; the table is the parser, the bounds and the help.
typedef struct {
    const char *model, *task, *method; // names or folders; the method by name
    int head;                          // Head
    double lr, head_lr;                // NAN: not given
    int64_t epochs, min_steps, batch;
    int schedule;
    double warmup, weight_decay, clip;
    double dropout;     // NAN: the config's
    int frozen_dropout; // FrozenDropout. As auto where it changes nothing
    int64_t max_length, train_limit;
    int64_t fold; // INT64_MIN: the first, where the task has folds
    bool pretrained;
    int64_t seed, init_seed, order_seed, dropout_seed, data_seed; // INT64_MIN: as seed
    const char *heldout;                                          // a file of texts; NULL: none
    int stage;    // Stage. A trial is scored on tune alone: the labels of dev and test stay unread
    int select;   // Select: the weights after the last step, or after the epoch best on tune; the
                  // last where no step goes through the model
    int train_on; // TrainOn
    int64_t micro_batch; // 0: the whole batch
    bool recompute;
    int frozen_dtype;   // Store. Where one of the three changes nothing, the row and the key are
                        // those without it
    int64_t max_memory; // bytes that the run may be predicted to take; INT64_MIN: any
    double budget;      // the method's size is solved for it (size.h); NAN: it is as given
    // What follows is not in the key.
    double timeout; // seconds; NAN: none
    int64_t threads;
    int64_t cache, cache_file; // MB
    const char *cache_folder;  // that runs leave kept rows in for each other; NULL: none
    const char *out;           // the folder that the row goes to
    const char *save;          // the folder that the tuned model goes to (saved.h); NULL: none
    bool profile;              // where the steps' time goes is written, too (profile.h)
    const char *sweep, *study; // names for the row
    const char *spec_sha;      // of the sweep's spec, for the row
    int64_t attempt, jobs;     // for the row; a sweep's driver knows them
    // The search that found the rate, for the row of a final; winner_key NULL: there was none.
    const char *winner_key, *search_space;
    int64_t trials; // INT64_MIN: not given
    bool winner_on_edge;
    double search_s; // NAN: not given
} Protocol;
extern const Option protocol_options[];
// Those that only a sweep's driver gives, for the row.
#define DRIVER_OPTIONS                                                                             \
    "sweep|study|spec-sha|attempt|jobs|winner-key|trials|search-space|winner-on-edge|search-s"
// An option as text, "0.06".
const char *protocol_text(Arena *arena, const Protocol *protocol, const char *name);

typedef struct {
    Protocol protocol;
    const Method *method;
    void *options;   // the method's
    bool size_given; // among them its size (size.h)
} Request;

// A request with every option at its default. The method's name decides which options there are.
bool request_new(Arena *arena, const char *method, Request *request, Error *error);
// What a method fits is for heads of its own: --head is then not to be given.
bool request_head(const Request *request, Error *error);
// "lr", "rank" or "lora.rank"; an unknown name is refused with the nearest one, or with the method
// that has it. `value` NULL: there was none, which is refused, too.
bool request_set(Arena *arena, Request *request, const char *name, const char *value, Where where,
                 Error *error);
// The seed of one stream of random numbers: its own where it has one, else the run's.
int64_t stream_seed(int64_t own, int64_t seed);
// The command line that makes this request: "run --model tiny ...", what is not at its default.
char **request_arguments(Arena *arena, const Request *request, size_t *count);
#endif
