// request.c: the options of a run, from names and texts to a Request and back to a command line.
#include "run/request.h"
#include "base/text.h"
#include "data/task.h"
#include "engine/optimizer.h"
#include "run/size.h"
#include <stdio.h>
#include <string.h>

#define DIGITS(number) #number
#define TEXT_OF(number) DIGITS(number) // of a number that a macro stands for

// clang-format off
const Option protocol_options[] = {
    { "model", OPTION_TEXT, offsetof(Protocol, model), NULL, 0, 0, "NAME", "a checkpoint: a name of `tunemark list models`, or a folder" },
    { "task", OPTION_TEXT, offsetof(Protocol, task), NULL, 0, 0, "NAME", "a name of `tunemark list tasks`, or a folder with train.csv and dev.csv" },
    { "method", OPTION_TEXT, offsetof(Protocol, method), NULL, 0, 0, "NAME", "a name of `tunemark list methods`; its options follow below" },
    { "head", OPTION_CHOICE, offsetof(Protocol, head), "auto", 0, 0, HEAD_NAMES, "what stands on the encoder; auto is pooler where the checkpoint learned with one, else mean" },
    { "lr", OPTION_REAL, offsetof(Protocol, lr), NULL, 0, 10, NULL, "learning rate; the method's default for the model's width where not given" },
    { "head-lr", OPTION_REAL, offsetof(Protocol, head_lr), NULL, 0, 10, NULL, "learning rate of new head parameters; as lr where not given" },
    { "epochs", OPTION_WHOLE, offsetof(Protocol, epochs), "3", 0, 10000, NULL, "passes over the training rows" },
    { "min-steps", OPTION_WHOLE, offsetof(Protocol, min_steps), "1000", 0, 1e9, NULL, "steps at least, however few the rows" },
    { "batch", OPTION_WHOLE, offsetof(Protocol, batch), "32", 1, 65536, NULL, "examples a step" },
    { "micro-batch", OPTION_WHOLE, offsetof(Protocol, micro_batch), "0", 0, 65536, NULL, "examples that go through the model at once, or 0: the whole batch; fewer take less memory, and gradients of the parts are summed to the batch's" },
    { "recompute", OPTION_FLAG, offsetof(Protocol, recompute), "no", 0, 0, NULL, "what a layer's backward reads is computed again instead of kept: the same bits in less memory and more time" },
    { "max-memory", OPTION_BYTES, offsetof(Protocol, max_memory), NULL, 1e6, 1e12, NULL, "that the plan may take (200MB, 1.5GB): chooses micro-batch, and recompute where that is not enough" },
    { "frozen-dtype", OPTION_CHOICE, offsetof(Protocol, frozen_dtype), "f32", 0, 0, STORE_NAMES, "format of frozen weights of linear layers; int8 has a scale a row" },
    { "budget", OPTION_REAL, offsetof(Protocol, budget), NULL, 0, 1, NULL, "share of the encoder's parameters outside its embeddings that the method may train: the largest size (lora's rank, adapter's size, ...) within it" },
    { "schedule", OPTION_CHOICE, offsetof(Protocol, schedule), "linear", 0, 0, "linear|constant|cosine", "the rate after the warm-up" },
    { "warmup", OPTION_REAL, offsetof(Protocol, warmup), TEXT_OF(WARMUP_SHARE), 0, 1, NULL, "share of the steps in which the rate rises from 0" },
    { "weight-decay", OPTION_REAL, offsetof(Protocol, weight_decay), "0", 0, 10, NULL, "AdamW's lambda, on matrices alone" },
    { "clip", OPTION_REAL, offsetof(Protocol, clip), "1", 0, 1e9, NULL, "largest norm of the gradient, or 0: not clipped" },
    { "dropout", OPTION_REAL, offsetof(Protocol, dropout), NULL, 0, 0.9, NULL, "every rate of the model; the config's where not given" },
    { "frozen-dropout", OPTION_CHOICE, offsetof(Protocol, frozen_dropout), "auto", 0, 0, "auto|yes|no", "dropout below the first trained parameter; auto is as the method claims" },
    { "max-length", OPTION_WHOLE, offsetof(Protocol, max_length), "128", 5, 65536, NULL, "tokens a text at most; cut to the model's positions" },
    { "train-limit", OPTION_WHOLE, offsetof(Protocol, train_limit), "0", 0, 1e9, NULL, "training rows, drawn by data-seed, stratified and nested, or 0: all; not with train-on train+tune" },
    { "fold", OPTION_WHOLE, offsetof(Protocol, fold), NULL, 1, MOST_FOLDS, NULL, "part of the rows that is dev, of a task with folds; its first where not given" },
    { "train-on", OPTION_CHOICE, offsetof(Protocol, train_on), "train", 0, 0, "train|train+tune", "rows to train on; with train+tune nothing is scored on tune" },
    { "select", OPTION_CHOICE, offsetof(Protocol, select), "last", 0, 0, "last|best", "weights to evaluate: after the last step, or after the epoch best on tune" },
    { "stage", OPTION_CHOICE, offsetof(Protocol, stage), "final", 0, 0, "final|trial", "a trial, of a search, is scored on tune alone" },
    { "pretrained", OPTION_FLAG, offsetof(Protocol, pretrained), "yes", 0, 0, NULL, "no: the same architecture with initial weights" },
    { "seed", OPTION_WHOLE, offsetof(Protocol, seed), "1", 0, EXACT_WHOLE, NULL, "the four seeds that follow, where not given" },
    { "init-seed", OPTION_WHOLE, offsetof(Protocol, init_seed), NULL, 0, EXACT_WHOLE, NULL, "initial values of new parameters" },
    { "order-seed", OPTION_WHOLE, offsetof(Protocol, order_seed), NULL, 0, EXACT_WHOLE, NULL, "order of the training rows" },
    { "dropout-seed", OPTION_WHOLE, offsetof(Protocol, dropout_seed), NULL, 0, EXACT_WHOLE, NULL, "dropout's masks" },
    { "data-seed", OPTION_WHOLE, offsetof(Protocol, data_seed), NULL, 0, EXACT_WHOLE, NULL, "which rows train-limit takes" },
    { "heldout", OPTION_TEXT, offsetof(Protocol, heldout), NULL, 0, 0, "FILE", "texts, one a line, for the masked-language-model loss before and after tuning" },
    { "timeout", OPTION_REAL, offsetof(Protocol, timeout), NULL, 0, 1e9, NULL, "seconds after which a run is given up" },
    { "threads", OPTION_WHOLE, offsetof(Protocol, threads), "1", 1, 1024, NULL, "threads of one run" },
    { "cache", OPTION_WHOLE, offsetof(Protocol, cache), "1024", 0, 1e6, NULL, "MB that may keep what a frozen bottom gives each training row, whole or not at all; 0: never" },
    { "cache-file", OPTION_WHOLE, offsetof(Protocol, cache_file), "0", 0, 1e9, NULL, "MB of a file that may keep it where cache's are not enough; it ends with the run, without cache-folder" },
    { "cache-folder", OPTION_TEXT, offsetof(Protocol, cache_folder), NULL, 0, 0, "FOLDER", "folder where runs leave what a frozen bottom gives, for others to find: the same bits in less time" },
    { "out", OPTION_TEXT, offsetof(Protocol, out), "results/single", 0, 0, "FOLDER", "folder for the row" },
    { "save", OPTION_TEXT, offsetof(Protocol, save), NULL, 0, 0, "FOLDER", "folder for the tuned model, for tunemark predict: a new one, or one with a saved method, which is replaced" },
    { "profile", OPTION_FLAG, offsetof(Protocol, profile), "no", 0, 0, NULL, "where the time of steps through the graph goes: a file of nodes, and a table" },
    { "sweep", OPTION_TEXT, offsetof(Protocol, sweep), NULL, 0, 0, "NAME", "name of the sweep, for the row" },
    { "study", OPTION_TEXT, offsetof(Protocol, study), NULL, 0, 0, "NAME", "name of the study, for the row" },
    { "spec-sha", OPTION_TEXT, offsetof(Protocol, spec_sha), NULL, 0, 0, "HASH", "SHA-256 of the spec's file, for the row" },
    { "attempt", OPTION_WHOLE, offsetof(Protocol, attempt), "1", 1, 1e9, NULL, "how often this run was started, for the row" },
    { "jobs", OPTION_WHOLE, offsetof(Protocol, jobs), "1", 1, 65536, NULL, "runs side by side on this machine, for the row" },
    { "winner-key", OPTION_TEXT, offsetof(Protocol, winner_key), NULL, 0, 0, "KEY", "the trial that found the rate, for the row, as what follows" },
    { "trials", OPTION_WHOLE, offsetof(Protocol, trials), NULL, 1, 1e9, NULL, "trials of the search" },
    { "search-space", OPTION_TEXT, offsetof(Protocol, search_space), NULL, 0, 0, "TEXT", "what the search tried" },
    { "winner-on-edge", OPTION_FLAG, offsetof(Protocol, winner_on_edge), "no", 0, 0, NULL, "the rate is the lowest or highest tried" },
    { "search-s", OPTION_REAL, offsetof(Protocol, search_s), NULL, 0, 1e12, NULL, "seconds that the trials took" },
    OPTION_END,
};
// clang-format on

const char *protocol_text(Arena *arena, const Protocol *protocol, const char *name)
{
    return option_text(arena, option_find(protocol_options, name), protocol);
}

bool request_new(Arena *arena, const char *method, Request *request, Error *error)
{
    *request = (Request){ .method = method_find(method, error) };
    if (!request->method)
        return false;
    options_default(protocol_options, &request->protocol);
    request->protocol.method = request->method->name;
    request->options = arena_zero(arena, 1, request->method->options_size + 1);
    options_default(method_options(request->method), request->options);
    return true;
}

bool request_head(const Request *request, Error *error)
{
    return !request->method->fit || request->protocol.head == HEAD_AUTO ||
           fail(error, ERROR_INPUT, (Where){ .item = "head" }, "auto",
                "%s has options of its own that decide it", request->method->name);
}

static bool unknown(const Request *request, const char *name, Where where, Error *error)
{
    const char *names[128] = { NULL };
    size_t count = 0;
    const Option *table[] = { protocol_options, method_options(request->method) };
    for (int t = 0; t < 2; t++)
        for (const Option *o = table[t]; o->name && count + 1 < sizeof names / sizeof *names; o++)
            names[count++] = o->name;
    const char *near = text_nearest(name, names, NULL);
    char whose[64] = "", right[160];
    size_t length = 0;
    for (size_t i = 0; methods[i] && length < sizeof whose - 1; i++)
        if (option_find(method_options(methods[i]), name))
            length += (size_t)snprintf(whose + length, sizeof whose - length, "%s%s",
                                       length > 0 ? " or " : "", methods[i]->name);
    const char *dashes = where.item && !strncmp(where.item, "--", 2) ? "--" : "";
    if (*whose)
        snprintf(right, sizeof right, "with --method %s, or an option of run or of %s", whose,
                 request->method->name);
    else if (near)
        snprintf(right, sizeof right, "%s%s", dashes, near);
    else
        snprintf(right, sizeof right, "an option of run or of %s", request->method->name);
    where.item = where.item ? where.item : name;
    return fail(error, ERROR_INPUT, where, right, "is unknown");
}

bool request_set(Arena *arena, Request *request, const char *name, const char *value, Where where,
                 Error *error)
{
    const Method *method = request->method;
    const char *own = option_own(name, method->name);
    const Option *common = own != name ? NULL : option_find(protocol_options, name);
    const Option *option = common ? common : option_find(method_options(method), own);
    if (!option)
        return unknown(request, name, where, error);
    if (value && !strcmp(name, "method") && strcmp(value, method->name) != 0)
        return fail(error, ERROR_INPUT, (Where){ where.file, where.line, name }, method->name,
                    "'%s' is another than the request is for", value);
    request->size_given |= option == method_size(method);
    return common ? option_set(arena, common, &request->protocol, NULL, value, where, error)
                  : option_set(arena, option, request->options, method->name, value, where, error);
}

int64_t stream_seed(int64_t own, int64_t seed)
{
    return own == INT64_MIN ? seed : own;
}

// An option in one argument each for name and value, when it is not at its default.
static void argument(Arena *arena, const Option *option, const void *options, const char *owner,
                     char **arguments, size_t *count)
{
    const char *value = option_changed(arena, option, options);
    if (!value)
        return;
    arguments[(*count)++] =
        arena_format(arena, "--%s%s%s", owner ? owner : "", owner ? "." : "", option->name);
    arguments[(*count)++] = arena_text(arena, value);
}

char **request_arguments(Arena *arena, const Request *request, size_t *count)
{
    char **arguments = arena_zero(arena, 256, sizeof *arguments);
    *count = 0;
    arguments[(*count)++] = arena_text(arena, "run");
    for (const Option *o = protocol_options; o->name; o++)
        argument(arena, o, &request->protocol, NULL, arguments, count);
    for (const Option *o = method_options(request->method); o->name; o++)
        argument(arena, o, request->options, request->method->name, arguments, count);
    return arguments;
}
