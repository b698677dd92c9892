// run.h: one run: what was asked for, what it comes to, and doing it.
#ifndef RUN_RUN_H
#define RUN_RUN_H
#include "base/option.h"
#include "base/row.h"
#include "data/dataset.h"
#include "model/describe.h"
#include "model/hooks.h"

typedef enum { STAGE_FINAL, STAGE_TRIAL } Stage;
typedef enum { SELECT_LAST, SELECT_BEST } Select;
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
    int frozen_dropout; // auto, yes, no
    int64_t max_length, train_limit;
    int64_t fold; // INT64_MIN: the first, where the task has folds
    bool pretrained;
    int64_t seed, init_seed, order_seed, dropout_seed, data_seed; // INT64_MIN: as seed
    const char *heldout;                                          // a file of texts; NULL: none
    int stage;    // Stage. A trial is scored on tune alone: the labels of dev and test stay unread
    int select;   // Select: the weights after the last step, or after the epoch best on tune
    int train_on; // TrainOn
    int64_t micro_batch; // 0: the whole batch
    bool recompute;
    int frozen_dtype;   // Store. Where one of the three changes nothing, the row and the key are
                        // those without it
    int64_t max_memory; // bytes that the run may be predicted to take; INT64_MIN: any
    // What follows is not in the key.
    double timeout; // seconds; NAN: none
    int64_t threads;
    int64_t cache, cache_file; // MB
    const char *cache_folder;  // that runs leave kept rows in for each other; NULL: none
    const char *out;           // the folder that the row goes to
    const char *save;          // the folder that the tuned model goes to (saved.h); NULL: none
    bool profile;              // where the steps' time goes is written, too (profile.h)
    const char *sweep, *study; // names for the row
    int64_t attempt, jobs;     // for the row; a sweep's driver knows them
    // The search that found the rate, for the row of a final; winner_key NULL: there was none.
    const char *winner_key, *search_space;
    int64_t trials; // INT64_MIN: not given
    bool winner_on_edge;
    double search_s; // NAN: not given
} Protocol;
extern const Option protocol_options[];

typedef struct {
    Protocol protocol;
    const Method *method;
    void *options; // the method's
} Request;

// A request with every option at its default. The method's name decides which options there are.
bool request_new(Arena *arena, const char *method, Request *request, Error *error);
// What a method fits is for heads of its own: --head is then not to be given.
bool request_head(const Request *request, Error *error);
// "lr", "rank" or "lora.rank"; an unknown name is refused with the nearest one, or with the method
// that has it. `value` NULL: there was none, which is refused, too.
bool request_set(Arena *arena, Request *request, const char *name, const char *value, Where where,
                 Error *error);
// The command line that makes this request: "run --model tiny ...", what is not at its default.
char **request_arguments(Arena *arena, const Request *request, size_t *count);

// A name (bundled, or in a folder of TUNEMARK_MODELS) or a folder with config.json.
bool model_folder(Arena *arena, const char *name, const char **folder, Error *error);

// What a request comes to, before anything is computed: files read and hashed, the task's rows
// drawn and tokenised, the graphs described and planned. Uses no BLAS. What several requests read
// (hashes, tokens of a task by a vocabulary) is read once.
typedef struct FilesRead FilesRead;
FilesRead *files_new(Arena *arena);
void files_close(FilesRead *files); // unmaps the checkpoints
typedef struct {
    Row row;      // all decided cells, key and plan_* included
    double flops; // of the whole run, for an estimate of its time
    size_t bytes; // predicted peak of the process
} Resolved;
bool resolve(Arena *arena, FilesRead *files, const Request *request, Resolved *resolved,
             Error *error);

// Does it: trains, evaluates, writes what --save asks for, OUT/scores/KEY.csv,
// OUT/predictions/KEY.csv, OUT/curves/KEY.csv, OUT/profiles/KEY.csv and last OUT/rows/KEY.csv.
// `row` is what was written. True also for a run that diverged or ran out of time (row.status says
// so); one that did not end ok never replaces a row that did (ERROR_WORK). `tell` (may be NULL) is
// told of each step, and of step 0, without loss and rate, while the frozen prefix is computed;
// when it returns false the run is given up with ERROR_INTERRUPTED, and nothing is written.
typedef bool (*Tell)(void *context, int64_t step, int64_t steps, double loss, double tokens_per_s);
bool run(Arena *arena, const Request *request, Tell tell, void *context, Row *row, Error *error);
#endif
