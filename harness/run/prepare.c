// prepare.c: from a request to graphs, plans and the decided cells of its row.
#include "run/prepare.h"
#include "base/hash.h"
#include "base/text.h"
#include "data/overlap.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// ---- decisions

// A pair's second text is of type 1.
static bool check_types(Arena *arena, const Prepared *p, Error *error)
{
    if (!p->task->task.file[SPLIT_TRAIN].text_b || p->model->config.types > 1)
        return true;
    Where where = { .file = path_join(arena, p->model->folder, "config.json"),
                    .item = "type_vocab_size" };
    return fail(error, ERROR_INPUT, where, "2 at least, or a task of single texts",
                "1 tells no second text from the first");
}

static const char *option_of(Arena *arena, const char *name, const Protocol *protocol)
{
    return option_text(arena, option_find(protocol_options, name), protocol);
}

static uint64_t seed_of(int64_t own, int64_t seed)
{
    return (uint64_t)(own == INT64_MIN ? seed : own);
}

// Tokens of a text at most.
static int64_t longest_of(const Protocol *protocol, const Prepared *p)
{
    int64_t longest = config_longest(&p->model->config);
    return protocol->max_length < longest ? protocol->max_length : longest;
}

Description request_description(const Request *request, const Config *config,
                                const Checkpoint *checkpoint)
{
    const Protocol *protocol = &request->protocol;
    const Method *method = request->method;
    double given = protocol->dropout;
    Head head = (Head)protocol->head;
    head = checkpoint ? head_resolve(head, checkpoint) : head == HEAD_AUTO ? HEAD_MEAN : head;
    while (method->heads && !(method->heads(request->options) >> head & 1))
        head = (Head)((head + 1) % HEADS);
    return (Description){
        .config = config,
        .method = { request->method, request->options },
        .head = head,
        .pooler_new = checkpoint ? !checkpoint_has_pooler(checkpoint) : !config_has_pooler(config),
        .pretrained = protocol->pretrained,
        .training = true,
        .hidden_dropout = isnan(given) ? config->hidden_dropout : given,
        .attention_dropout = isnan(given) ? config->attention_dropout : given,
        .classifier_dropout = isnan(given) ? config->classifier_dropout : given,
        .frozen_dropout = protocol->frozen_dropout == 0
                              ? !(request->method->claims & CALM_WHEN_FROZEN)
                              : protocol->frozen_dropout == 1,
        .frozen_store = (Store)protocol->frozen_dtype,
    };
}

static void decide_description(const Request *request, Prepared *p)
{
    p->description = request_description(request, &p->model->config, &p->model->checkpoint);
    p->description.outputs = p->task->task.classes ? p->task->task.classes : 1;
    p->description.scores = p->task->task.classes == 0;
}

static bool measures_forgetting(const Prepared *p)
{
    return p->description.pretrained && checkpoint_has_mlm(&p->model->checkpoint);
}

// A model without a masked-language-model head still has the file in its key: the sweep that it
// belongs to names it.
static bool read_heldout(Arena *arena, const char *path, int stage, int64_t max_length, Prepared *p,
                         Error *error)
{
    if (!path)
        return true;
    if (!measures_forgetting(p) || stage == STAGE_TRIAL)
        return hash_file(path, &p->heldout.hash, error);
    return heldout_read(arena, p->model->tokenizer, path, (size_t)max_length, &p->heldout, error);
}

// Whoever chooses by tune needs it, and not among the rows that are trained on.
static bool check_selection(const Protocol *protocol, const Prepared *p, Error *error)
{
    bool chooses = protocol->stage == STAGE_TRIAL || protocol->select == SELECT_BEST;
    bool both = protocol->train_on == TRAIN_ON_BOTH;
    if (chooses && both)
        return fail(error, ERROR_INPUT, (Where){ .item = "train-on" },
                    "train, where select is best or the stage is trial",
                    "train+tune leaves no rows to choose by");
    if (both && protocol->train_limit > 0)
        return fail(error, ERROR_INPUT, (Where){ .item = "train-limit" },
                    "left out with train-on train+tune",
                    "would leave all of tune beside the %" PRId64 " rows", protocol->train_limit);
    if ((chooses || both) && p->task->dataset.split[SPLIT_TUNE].count == 0)
        return fail(error, ERROR_INPUT, (Where){ .item = p->task->task.name },
                    "a tune.csv, or more rows to cut it from", "has no tune rows");
    return true;
}

// What is not scored is not read.
static bool read_tokens(Arena *arena, FilesRead *files, const Protocol *protocol, size_t max_length,
                        Prepared *p, Error *error)
{
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++) {
        Wanted wanted = {
            .model = p->model, .task = p->task, .split = s, .max_length = max_length
        };
        if ((s == SPLIT_TEST && !p->task->dataset.label_text[s]) ||
            (s > SPLIT_TUNE && protocol->stage == STAGE_TRIAL))
            continue;
        if (s == SPLIT_TRAIN && protocol->train_limit > 0) {
            wanted.limit = (size_t)protocol->train_limit;
            wanted.data_seed = p->data_seed;
        }
        if (!split_tokens(files, &wanted, &p->tokens[s], &p->tokenize_s, error))
            return false;
    }
    if (protocol->train_on == TRAIN_ON_BOTH) {
        p->tokens[SPLIT_TRAIN] =
            tokens_joined(arena, &p->tokens[SPLIT_TRAIN], &p->tokens[SPLIT_TUNE]);
        p->tokens[SPLIT_TUNE] = (Tokens){ 0 };
    }
    return true;
}

// Words for methods that read them: what occurs in the rows that are trained on. [UNK] is none.
static void find_words(Arena *arena, const Request *request, Prepared *p)
{
    static const char *const special[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" };
    enum { SPECIAL = sizeof special / sizeof *special };
    int32_t apart[SPECIAL];
    Words *words = &p->description.words;
    if (!(request->method->claims & READS_WORDS))
        return;
    for (int i = 0; i < SPECIAL; i++)
        apart[i] = tokenizer_id(p->model->tokenizer, special[i]);
    words->count =
        tokens_by_frequency(arena, &p->tokens[SPLIT_TRAIN],
                            tokenizer_vocabulary(p->model->tokenizer), apart, SPECIAL, &words->id);
}

int64_t steps_of(const Protocol *protocol, size_t rows)
{
    int64_t an_epoch = ((int64_t)rows + protocol->batch - 1) / protocol->batch;
    int64_t steps = protocol->epochs * an_epoch;
    return steps > protocol->min_steps ? steps : protocol->min_steps;
}

static int64_t decide_steps(const Request *request, size_t rows)
{
    return method_steps(request->method, request->options) ? steps_of(&request->protocol, rows) : 0;
}

// Batches number their examples over all epochs in 32 bits.
static bool check_steps(Arena *arena, int64_t steps, size_t rows, int64_t batch, Error *error)
{
    int64_t an_epoch = ((int64_t)rows + batch - 1) / batch;
    int64_t most = (int64_t)(UINT32_MAX / rows) * an_epoch;
    return steps <= most || fail(error, ERROR_INPUT, (Where){ .item = "steps" },
                                 arena_format(arena, "at most %" PRId64, most),
                                 "%" PRId64 " steps of epochs and min-steps are too many", steps);
}

static void decide_training(const Request *request, Prepared *p, int64_t steps)
{
    const Protocol *protocol = &request->protocol;
    double rate = isnan(protocol->lr)
                      ? method_rate(request->method, request->options, p->model->config.hidden)
                      : protocol->lr;
    p->training = (Training){
        .schedule = (Schedule)protocol->schedule,
        .lr = rate,
        .head_lr = isnan(protocol->head_lr) ? rate : protocol->head_lr,
        .head_part = PART_HEAD,
        .warmup = schedule_warmup(protocol->warmup, steps),
        .steps = steps,
        .weight_decay = protocol->weight_decay,
        .clip = protocol->clip,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-8,
    };
}

static void decide_batches(Arena *arena, const Request *request, Prepared *p)
{
    size_t batch = (size_t)request->protocol.batch;
    size_t steps = request->method->fit ? 0 : (size_t)p->training.steps; // of the model
    batches_shuffled(arena, &p->tokens[SPLIT_TRAIN], batch, steps, p->order_seed, &p->batches);
    if (request->protocol.select == SELECT_BEST)
        p->looks = looks_of(p->batches.steps, (p->tokens[SPLIT_TRAIN].count + batch - 1) / batch);
}

static bool is_in_parts(const Request *request, const Prepared *p)
{
    return p->levers.pass < (size_t)request->protocol.batch;
}

static void decide_passes(Arena *arena, Prepared *p)
{
    batches_in_parts(arena, &p->tokens[SPLIT_TRAIN], &p->batches, p->levers.pass, &p->passes);
    p->largest_evaluation = (Extent){ 0 };
    for (int s = SPLIT_TUNE; s < SPLITS; s++) {
        batches_in_order(arena, &p->tokens[s], p->levers.pass, &p->evaluation[s]);
        p->largest_evaluation = extent_max(p->largest_evaluation, p->evaluation[s].largest);
    }
}

// Which heads a run may end with: one, but of a fit that chooses.
static unsigned heads_of(const Request *request, const Prepared *p)
{
    return request->method->fit ? request->method->heads(request->options)
                                : 1U << p->description.head;
}

// With the head whose evaluation takes most memory, where it is not chosen yet.
static bool decide_plans(Arena *arena, const Request *request, Prepared *p, Error *error)
{
    unsigned heads = heads_of(request, p);
    const Extent *train = p->passes.steps ? &p->passes.largest : NULL;
    for (int head = 0; head < HEADS; head++) {
        Plans plans;
        if (!(heads >> head & 1))
            continue;
        p->description.head = (Head)head;
        if (!plans_make(arena, &p->description, train, &p->largest_evaluation, NULL, &plans, error))
            return false;
        if (!p->plans.eval_plan || plan_bytes(plans.eval_plan) > plan_bytes(p->plans.eval_plan))
            p->plans = plans;
    }
    p->description.head = p->plans.description.head;
    Budget budget = { .memory = p->levers.keeps ? 1e6 * (double)request->protocol.cache : 0,
                      .file = 1e6 * (double)request->protocol.cache_file };
    if (request->method->fit)
        return fitting_plan(arena, &p->tokens[SPLIT_TRAIN], &p->tokens[SPLIT_TUNE], p->levers.pass,
                            &budget, &p->plans, &p->frozen, error);
    // Whether rows are kept does not ask for recomputation, which is to change no bit.
    return frozen_plan(arena, &p->tokens[SPLIT_TRAIN], &p->passes, p->levers.pass, &budget,
                       &p->plans, &p->frozen, error) &&
           (!p->levers.recompute || plans_recompute(arena, train, &p->plans, error));
}

static Ledger ledger_of(const Prepared *p)
{
    Counts all = counts_of(p->plans.eval.graph);
    bool steps = p->batches.steps > 0 || !p->plans.features_plan; // a fit has no gradients
    const Plan *train = plans_training(&p->plans);
    return (Ledger){
        .held = held_of(&all, steps, p->looks.count > 0),
        .activations = plan_activations(train),
        .workspace = plan_workspace(train),
        // Kept rows lie beside the step's memory, which is that of the largest plan.
        .step = p->frozen.bytes ? plans_bytes(&p->plans) : plan_bytes(train),
        .evaluation = plan_bytes(p->plans.eval_plan),
        .kept = frozen_memory(&p->frozen),
        .in_file = p->frozen.bytes - frozen_memory(&p->frozen),
    };
}

// A lever that moves nothing of this run is as if it had not been asked for, in key and row: there
// is no layer below the topmost that trains, or no frozen weight that linear layers alone read.
// (The held-out texts are read through one that the checkpoint brings.)
static void keep_effective(Prepared *p)
{
    const Plans *plans = &p->plans;
    p->levers.recompute = plans->backward && graph_recomputes(plans->backward);
    if (!graph_packs(plans->eval.graph) && p->heldout.batches == 0)
        p->description.frozen_store = STORE_F32;
}

static bool plan_with(Arena *arena, const Request *request, const Levers *levers, Prepared *p,
                      Error *error)
{
    p->levers = *levers;
    decide_passes(arena, p);
    if (!decide_plans(arena, request, p, error))
        return false;
    keep_effective(p);
    p->ledger = ledger_of(p);
    return true;
}

// Plans that are tried one after another, each in the memory of the one before.
typedef struct {
    Arena *arena;
    size_t mark;
    const Request *request;
    const Prepared *p; // not planned yet
    Prepared newest;
    Error error;
} Trial;

static bool plan_anew(Trial *trial, const Levers *levers, Error *error)
{
    arena_rewind(trial->arena, trial->mark);
    trial->newest = *trial->p;
    return plan_with(trial->arena, trial->request, levers, &trial->newest, error);
}

static double predicted(void *context, const Levers *levers)
{
    Trial *trial = context;
    return plan_anew(trial, levers, &trial->error) ? (double)ledger_peak(&trial->newest.ledger)
                                                   : INFINITY;
}

static bool plan_within(Arena *arena, const Request *request, Prepared *p, Error *error)
{
    const Protocol *protocol = &request->protocol;
    Trial *trial = arena_zero(arena, 1, sizeof *trial);
    Levers levers;
    double least = 0;
    if (protocol->micro_batch > 0 || protocol->recompute)
        return fail(error, ERROR_INPUT, (Where){ .item = "max-memory" },
                    "without micro-batch and recompute", "chooses these itself");
    *trial = (Trial){ .arena = arena, .mark = arena_mark(arena), .request = request, .p = p };
    if (levers_choose((size_t)protocol->batch, (double)protocol->max_memory, predicted, trial,
                      &levers, &least)) {
        bool planned = plan_anew(trial, &levers, error); // once more, for often others came after
        *p = trial->newest;
        return planned;
    }
    if (isinf(least)) {
        *error = trial->error;
        return false;
    }
    return fail(error, ERROR_INPUT, (Where){ .item = "max-memory" },
                arena_format(arena, "at least %.1fMB", ceil(least / 1e5) / 10),
                "%s is not enough, even for one example at a time and with recomputation",
                option_of(arena, "max-memory", protocol));
}

static bool plan_once(Arena *arena, const Request *request, Prepared *p, Error *error)
{
    const Protocol *protocol = &request->protocol;
    bool parts = 0 < protocol->micro_batch && protocol->micro_batch < protocol->batch;
    const Levers asked = { .pass = (size_t)(parts ? protocol->micro_batch : protocol->batch),
                           .recompute = protocol->recompute,
                           .keeps = true };
    return protocol->max_memory == INT64_MIN ? plan_with(arena, request, &asked, p, error)
                                             : plan_within(arena, request, p, error);
}

// A disk without room for the file takes it from the plan: the machine decides then (frozen.h).
static bool plan_all(Arena *arena, const Request *request, FileAsked *file, void *context,
                     Prepared *p, Error *error)
{
    Prepared *before = arena_take(arena, 1, sizeof *before);
    size_t mark = arena_mark(arena);
    Request without = *request;
    Error why;
    *before = *p;
    if (!plan_once(arena, request, p, error))
        return false;
    if (!file || !p->frozen.in_file || file(context, arena, p, &why))
        return true;
    arena_rewind(arena, mark);
    *p = *before;
    p->no_room = arena_text(arena, why.text);
    without.protocol.cache_file = 0;
    return plan_once(arena, &without, p, error);
}

// Products of all steps and of all evaluations.
static void count_flops(Prepared *p)
{
    p->flops =
        p->frozen.flops + batches_flops(p->plans.backward, &p->tokens[SPLIT_TRAIN], &p->passes);
    for (int split = SPLIT_TUNE; split < SPLITS; split++)
        p->evaluation_flops +=
            batches_flops(p->plans.eval.graph, &p->tokens[split], &p->evaluation[split]) *
            (split == SPLIT_TUNE ? 1 + (double)p->looks.count : 1);
}

// ---- the row's decided cells

static const char *yes_no(bool flag)
{
    return flag ? "yes" : "no";
}

const char *prepared_options(Arena *arena, const Prepared *p)
{
    const Method *method = p->request->method;
    return options_canonical(arena, method_options(method), p->plans.eval.options, method->name);
}

static void row_what(Arena *arena, const Request *request, const Prepared *p, Row *row)
{
    const Protocol *protocol = &request->protocol;
    row->sweep = protocol->sweep;
    row->study = protocol->study;
    row->stage = option_of(arena, "stage", protocol);
    row->task = p->task->task.name;
    row->task_version = p->task->task.version;
    row->model = p->model->name;
    row->method = request->method->name;
    row->options = prepared_options(arena, p);
    row->method_sha = method_sha(request->method);
    row->pretrained = yes_no(protocol->pretrained);
    row->seed = protocol->seed;
    row->init_seed = (Whole)p->init_seed;
    row->order_seed = (Whole)p->order_seed;
    row->dropout_seed = (Whole)p->dropout_seed;
    row->data_seed = (Whole)p->data_seed;
    if (p->task->task.folds)
        row->fold = p->task->task.fold;
}

static void row_protocol(Arena *arena, const Request *request, const Prepared *p, Row *row)
{
    const Protocol *protocol = &request->protocol;
    bool trains = method_steps(request->method, request->options);
    unsigned heads = heads_of(request, p);
    row->train_n = (Whole)p->tokens[SPLIT_TRAIN].count;
    row->tune_n = (Whole)p->tokens[SPLIT_TUNE].count;
    row->train_on = option_of(arena, "train-on", protocol);
    row->train_limit = protocol->train_limit;
    row->max_length = longest_of(protocol, p);
    row->truncated_share =
        (double)p->tokens[SPLIT_TRAIN].truncated / (double)p->tokens[SPLIT_TRAIN].count;
    row->head = head_names[heads & (heads - 1) ? HEAD_AUTO : p->description.head];
    row->head_new = counts_of(p->plans.eval.graph).head_new;
    row->epochs = protocol->epochs;
    row->min_steps = protocol->min_steps;
    row->select = option_of(arena, "select", protocol);
    row->steps = p->training.steps;
    row->batch = protocol->batch;
    if (is_in_parts(request, p))
        row->micro_batch = (Whole)p->levers.pass;
    if (p->levers.recompute)
        row->recompute = "yes";
    if (p->description.frozen_store != STORE_F32)
        row->frozen_dtype = store_names[p->description.frozen_store];
    row->optimizer = "adamw";
    if (trains) {
        row->lr = p->training.lr;
        row->head_lr = p->training.head_lr;
        row->lr_source = isnan(protocol->lr)    ? "default"
                         : protocol->winner_key ? "searched"
                                                : "given";
    }
    row->winner_key = protocol->winner_key;
    if (protocol->winner_key) {
        row->trials = protocol->trials;
        row->search_space = protocol->search_space;
        row->winner_on_edge = yes_no(protocol->winner_on_edge);
        row->search_s = protocol->search_s;
    }
    row->schedule = option_of(arena, "schedule", protocol);
    row->warmup = protocol->warmup;
    row->weight_decay = protocol->weight_decay;
    row->clip = protocol->clip;
    row->dropout = p->description.hidden_dropout;
    row->frozen_dropout = yes_no(p->description.frozen_dropout);
    row->metric = metric_names[p->task->task.metric];
    Split scored = protocol->stage == STAGE_TRIAL ? SPLIT_TUNE : p->task->task.report;
    row->eval_split = split_names[scored];
    row->eval_n = (Whole)p->tokens[scored].count;
    if (p->tokens[SPLIT_TEST].count)
        row->test_n = (Whole)p->tokens[SPLIT_TEST].count;
}

static void row_parameters(const Prepared *p, Row *row)
{
    Counts counts = counts_free(p->plans.eval.graph, &p->description);
    Shares shares = shares_of(&counts);
    row->params_total = counts.total;
    row->params_embedding = counts.embedding;
    row->params_nonembedding = counts.total - counts.embedding;
    row->params_trained = counts.trained;
    row->params_method = counts.method;
    row->params_head = counts.head;
    row->trained_share = shares.trained;
    row->method_share = shares.method;
    row->trained_share_nonembedding = shares.trained_nonembedding;
    row->method_share_nonembedding = shares.method_nonembedding;
}

static void row_memory(const Ledger *ledger, Row *row)
{
    row->plan_weights = ledger->held.weights;
    row->plan_gradients = ledger->held.gradients;
    row->plan_optimizer = ledger->held.optimizer;
    row->plan_activations = (Whole)(ledger->activations + ledger->kept);
    row->plan_workspace = (Whole)ledger->workspace;
    row->plan_peak = ledger_training(ledger);
    row->eval_plan_peak = ledger_evaluation(ledger);
}

// The key: what decides the result, one "name=value" a line. What is not in it: machine, threads,
// jobs, commit, paths, names of sweep and study, timeout, evaluated splits.
static void row_key(Arena *arena, const Request *request, const Prepared *p, Row *row)
{
    const Protocol *protocol = &request->protocol;
    const Dataset *dataset = &p->task->dataset;
    row->model_sha = arena_text(arena, p->model->sha.hex);
    row->vocab_sha = arena_text(arena, p->model->vocab_sha.hex);
    char *all = arena_format(arena, "%s %s %s %s", dataset->hash[SPLIT_TRAIN].hex,
                             dataset->hash[SPLIT_TUNE].hex, dataset->hash[SPLIT_DEV].hex,
                             dataset->hash[SPLIT_TEST].hex);
    Hash data = hash_bytes(all, strlen(all));
    row->data_sha = arena_text(arena, data.hex);
    row->schema = ROW_SCHEMA;
    row->numerics = NUMERICS;
    char *text = arena_format(
        arena,
        "numerics=%d\nmodel=%s\nvocabulary=%s\ntrain=%s\ntune=%s\ntask_version=%s\ntune_rule=%s\n"
        "method=%s\nmethod_sha=%s\noptions=%s\npretrained=%s\nstage=%s\nhead=%s\noutputs=%d\n"
        "steps=%lld\nbatch=%s\nschedule=%s\nwarmup=%s\nweight_decay=%s\nclip=%s\n"
        "dropout=%.17g %.17g %.17g\nfrozen_dropout=%s\nlr=%.17g\nhead_lr=%.17g\nmax_length=%lld\n"
        "train_limit=%s\nseeds=%llu %llu %llu %llu\n",
        NUMERICS, row->model_sha, row->vocab_sha, dataset->hash[SPLIT_TRAIN].hex,
        dataset->hash[SPLIT_TUNE].hex, row->task_version, dataset->rule, row->method,
        row->method_sha, row->options, row->pretrained, row->stage, row->head,
        p->description.outputs, (long long)p->training.steps, option_of(arena, "batch", protocol),
        row->schedule, option_of(arena, "warmup", protocol),
        option_of(arena, "weight-decay", protocol), option_of(arena, "clip", protocol),
        p->description.hidden_dropout, p->description.attention_dropout,
        p->description.classifier_dropout, row->frozen_dropout, p->training.lr, p->training.head_lr,
        (long long)row->max_length, option_of(arena, "train-limit", protocol),
        (unsigned long long)p->init_seed, (unsigned long long)p->order_seed,
        (unsigned long long)p->dropout_seed, (unsigned long long)p->data_seed);
    if (p->task->task.folds)
        text =
            arena_format(arena, "%sfold=%d of %d\n", text, p->task->task.fold, p->task->task.folds);
    if (protocol->heldout)
        text = arena_format(arena, "%sheldout=%s\n", text, p->heldout.hash.hex);
    if (protocol->select != SELECT_LAST)
        text = arena_format(arena, "%sselect=%s\n", text, row->select);
    if (protocol->train_on != TRAIN_ON_TRAIN)
        text = arena_format(arena, "%strain_on=%s\n", text, row->train_on);
    if (row->micro_batch != WHOLE_UNKNOWN)
        text = arena_format(arena, "%smicro_batch=%lld\n", text, (long long)row->micro_batch);
    if (row->recompute)
        text = arena_format(arena, "%srecompute=%s\n", text, row->recompute);
    if (row->frozen_dtype)
        text = arena_format(arena, "%sfrozen_dtype=%s\n", text, row->frozen_dtype);
    Hash key = hash_bytes(text, strlen(text));
    row->key = arena_text(arena, key.hex);
}

// ---- warnings: what a reader of the row should know

static const char *with_warning(Arena *arena, const char *text, const char *warning)
{
    return arena_format(arena, "%s%s%s", text, *text ? "; " : "", warning);
}

// How much weight decay takes off a weight that has no gradient.
static double shrinkage(const Training *t)
{
    double sum = 0;
    for (int64_t s = 0; s < t->steps && t->weight_decay > 0; s++)
        sum += schedule_rate(t->schedule, t->lr, s, t->warmup, t->steps);
    return -expm1(-t->weight_decay * sum);
}

// Rows that were trained on are remembered. Of train before --train-limit takes of it, and of what
// is scored: a trial is on tune alone.
static const char *with_overlap(Arena *arena, const char *text, const Prepared *p)
{
    for (Split s = SPLIT_TUNE; s < SPLITS; s++) {
        size_t rows = p->tokens[s].count, in_train = p->task->in_train[s];
        if (rows > 0 && (double)in_train >= OVERLAP_MOST * (double)rows)
            text = with_warning(arena, text,
                                arena_format(arena, "%zu of %zu rows of %s stand in train",
                                             in_train, rows, split_names[s]));
    }
    return text;
}

static const char *with_ragged(Arena *arena, const char *text, const Prepared *p)
{
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        if (p->task->dataset.ragged[s] > 0)
            text = with_warning(arena, text,
                                arena_format(arena, "%zu lines of %s are no rows and left out",
                                             p->task->dataset.ragged[s], split_names[s]));
    return text;
}

static const char *warnings_of(Arena *arena, const Request *request, const Prepared *p)
{
    const Description *is = &p->description;
    const Tokenizer *tokenizer = p->model->tokenizer;
    size_t capitals = tokenizer_capitals(tokenizer);
    double shrinks = shrinkage(&p->training);
    const char *text = "", *of_task = p->task->task.warning;
    if (of_task)
        text = with_warning(arena, text, of_task);
    text = with_ragged(arena, text, p);
    if (shrinks > 0.1)
        text =
            with_warning(arena, text,
                         arena_format(arena, "weight decay shrinks weights by %.0f %% over the run",
                                      100 * shrinks));
    if (p->training.steps > 0 && p->training.steps <= p->training.warmup)
        text = with_warning(arena, text, "warm-up takes every step");
    if (is->head == HEAD_POOLER && is->pooler_new && is->pretrained)
        text = with_warning(arena, text, "the checkpoint has no pooler: drawn anew");
    if (is->config->type_assumed)
        text = with_warning(arena, text, "config.json has no model_type: taken for bert");
    bool final = request->protocol.stage == STAGE_FINAL;
    if (final && p->task->task.file[SPLIT_TEST].label &&
        p->task->dataset.split[SPLIT_TEST].count > p->tokens[SPLIT_TEST].count)
        text = with_warning(arena, text, "test has no labels: it is not scored");
    text = with_overlap(arena, text, p);
    if (100 * capitals > tokenizer_vocabulary(tokenizer))
        text = with_warning(arena, text,
                            arena_format(arena,
                                         "texts are lower-cased, but %zu of %zu pieces have "
                                         "capitals",
                                         capitals, tokenizer_vocabulary(tokenizer)));
    if (final && request->protocol.heldout && !measures_forgetting(p))
        text = with_warning(arena, text,
                            is->pretrained ? "the checkpoint has no masked-language-model head: "
                                             "forgetting is not measured"
                                           : "an untrained model has nothing to forget");
    if (!p->levers.keeps) // max-memory took it: nothing else gives it up
        text = with_warning(arena, text,
                            p->frozen.in_file
                                ? "within max-memory what a frozen bottom gives is kept in a file"
                                : "within max-memory what a frozen bottom gives is not kept");
    if (p->no_room)
        text =
            with_warning(arena, text,
                         arena_format(arena, "what a frozen bottom gives had no room in a file: %s",
                                      p->no_room));
    return *text ? text : NULL;
}

static bool check_trained(const Request *request, const Prepared *p, Error *error)
{
    Counts counts = counts_of(p->plans.eval.graph);
    int64_t claimed = request->method->count(
        p->description.config, p->description.head == HEAD_POOLER && !p->description.pooler_new,
        p->plans.eval.options);
    int64_t actual = counts.trained - counts.trained_head;
    if (claimed == actual)
        return true;
    return fail(error, ERROR_WORK, (Where){ .item = request->method->name }, NULL,
                "trains %lld parameters beside the head, but its count says %lld",
                (long long)actual, (long long)claimed);
}

bool prepare(Arena *arena, FilesRead *files, const Request *request, Prepared *p, Error *error)
{
    return prepare_for(arena, files, request, NULL, NULL, p, error);
}

bool prepare_for(Arena *arena, FilesRead *files, const Request *request, FileAsked *file,
                 void *context, Prepared *p, Error *error)
{
    const Protocol *protocol = &request->protocol;
    *p = (Prepared){ .request = request };
    if (!request_head(request, error) || !model_files(files, protocol->model, &p->model, error) ||
        !task_files(files, protocol->task, protocol->fold, &p->task, error) ||
        !check_types(arena, p, error))
        return false;
    p->init_seed = seed_of(protocol->init_seed, protocol->seed);
    p->order_seed = seed_of(protocol->order_seed, protocol->seed);
    p->dropout_seed = seed_of(protocol->dropout_seed, protocol->seed);
    p->data_seed = seed_of(protocol->data_seed, protocol->seed);
    decide_description(request, p);
    int64_t max_length = longest_of(protocol, p);
    int64_t fewest = p->task->task.file[SPLIT_TRAIN].text_b ? 5 : 3;
    if (max_length < fewest)
        return fail(error, ERROR_INPUT, (Where){ .item = "max-length" },
                    arena_format(arena, "at least %lld", (long long)fewest),
                    "%lld leaves no room for a text", (long long)max_length);
    if (!check_selection(protocol, p, error))
        return false;
    if (!read_heldout(arena, protocol->heldout, protocol->stage, max_length, p, error))
        return false;
    if (!read_tokens(arena, files, protocol, (size_t)max_length, p, error))
        return false;
    find_words(arena, request, p);
    size_t rows = p->tokens[SPLIT_TRAIN].count;
    int64_t steps = decide_steps(request, rows);
    if (!check_steps(arena, steps, rows, protocol->batch, error))
        return false;
    decide_training(request, p, steps);
    decide_batches(arena, request, p);
    if (!plan_all(arena, request, file, context, p, error) || !check_trained(request, p, error))
        return false;
    count_flops(p);
    row_clear(&p->row);
    row_what(arena, request, p, &p->row);
    row_protocol(arena, request, p, &p->row);
    row_parameters(p, &p->row);
    row_memory(&p->ledger, &p->row);
    row_key(arena, request, p, &p->row);
    p->row.warnings = warnings_of(arena, request, p);
    return true;
}
