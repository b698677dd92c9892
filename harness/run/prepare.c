// prepare.c: what a request is decided to mean, on its way to graphs, plans and a row.
#include "run/prepare_impl.h"
#include "run/size.h"
#include <assert.h>
#include <inttypes.h>

// A pair's second text is of type 1.
static bool check_types(Arena *arena, const Prepared *p, Error *error)
{
    if (!task_pairs(&p->task->task) || p->model->config.types > 1)
        return true;
    Where where = { .file = path_join(arena, p->model->folder, "config.json"),
                    .item = "type_vocab_size" };
    return fail(error, ERROR_INPUT, where, "2 at least, or a task of single texts",
                "1 tells no second text from the first");
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
        .frozen_dropout = protocol->frozen_dropout == FROZEN_DROPOUT_AUTO
                              ? !(request->method->claims & CALM_WHEN_FROZEN)
                              : protocol->frozen_dropout == FROZEN_DROPOUT_YES,
        .frozen_store = (Store)protocol->frozen_dtype,
    };
}

static bool decide_description(Arena *arena, Prepared *p, Error *error)
{
    assert(p->model);
    p->description = request_description(p->request, &p->model->config, &p->model->checkpoint);
    p->description.outputs = p->task->task.classes ? p->task->task.classes : 1;
    p->description.scores = p->task->task.classes == 0;
    return size_solve(arena, p->request, &p->description, error);
}

// A model without a masked-language-model head still has the file in its key: the sweep that it
// belongs to names it.
static bool read_heldout(Arena *arena, Prepared *p, Error *error)
{
    const Protocol *protocol = &p->request->protocol;
    const char *path = protocol->heldout;
    if (!path)
        return true;
    if (heldout_applies(&p->description, &p->model->checkpoint) && p->model->config.untied)
        return fail(error, ERROR_INPUT,
                    (Where){ .file = path_join(arena, p->model->folder, "config.json"),
                             .item = "tie_word_embeddings" },
                    "true", "false is not supported with --heldout");
    if (!heldout_applies(&p->description, &p->model->checkpoint) || protocol->stage == STAGE_TRIAL)
        return hash_file(path, &p->heldout.hash, error);
    return heldout_read(arena, p->model->tokenizer, path, (size_t)p->max_length, &p->heldout,
                        error);
}

// Whoever chooses by tune needs it, and not among the rows that are trained on.
static bool check_selection(const Prepared *p, Error *error)
{
    const Protocol *protocol = &p->request->protocol;
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
static bool read_tokens(Arena *arena, FilesRead *files, Prepared *p, Error *error)
{
    const Protocol *protocol = &p->request->protocol;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++) {
        Wanted wanted = {
            .model = p->model, .task = p->task, .split = s, .max_length = (size_t)p->max_length
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
        p->tokens[SPLIT_TUNE] = (Tokens){ .offset = p->tokens[SPLIT_TUNE].offset }; // of no rows
    }
    return true;
}

// Words for methods that read them: what occurs in the rows that are trained on. [UNK] is none.
static void find_words(Arena *arena, Prepared *p)
{
    size_t specials;
    const Tokenizer *tokenizer = p->model->tokenizer;
    const int32_t *special = tokenizer_specials(tokenizer, &specials);
    Words *words = &p->description.words;
    if (p->request->method->claims & READS_WORDS)
        words->count =
            tokens_by_frequency(arena, &p->tokens[SPLIT_TRAIN], tokenizer_vocabulary(tokenizer),
                                special, specials, &words->id);
}

static int64_t steps_an_epoch(size_t rows, int64_t batch)
{
    return ((int64_t)rows + batch - 1) / batch;
}

int64_t steps_of(const Protocol *protocol, size_t rows)
{
    int64_t steps = protocol->epochs * steps_an_epoch(rows, protocol->batch);
    return steps > protocol->min_steps ? steps : protocol->min_steps;
}

// The order of all epochs' examples is decided before the first step: so many take a gigabyte, and
// days of training.
enum { EXAMPLES_MOST = 1 << 28 };

static bool check_steps(Arena *arena, int64_t steps, size_t rows, int64_t batch, Error *error)
{
    int64_t most = (int64_t)(EXAMPLES_MOST / rows) * steps_an_epoch(rows, batch);
    return steps <= most || fail(error, ERROR_INPUT, (Where){ .item = "steps" },
                                 arena_format(arena, "at most %" PRId64, most),
                                 "%" PRId64 " steps of epochs and min-steps are too many", steps);
}

static void decide_training(Prepared *p, int64_t steps)
{
    const Protocol *protocol = &p->request->protocol;
    const Method *method = p->request->method;
    bool by_steps = method_steps(method, p->request->options); // else a rate decides nothing
    double rate = by_steps && !isnan(protocol->lr)
                      ? protocol->lr
                      : method_rate(method, p->description.method.options, p->model->config.hidden);
    p->training = (Training){
        .schedule = (Schedule)protocol->schedule,
        .lr = rate,
        .head_lr = by_steps && !isnan(protocol->head_lr) ? protocol->head_lr : rate,
        .head_part = PART_HEAD,
        .warmup = schedule_warmup(protocol->warmup, steps),
        .steps = steps,
        .weight_decay = protocol->weight_decay,
        .clip = protocol->clip,
        .beta1 = ADAM_BETA1,
        .beta2 = ADAM_BETA2,
        .epsilon = ADAM_EPSILON,
    };
}

static void decide_batches(Arena *arena, Prepared *p)
{
    size_t batch = (size_t)p->request->protocol.batch;
    size_t steps = p->request->method->fit ? 0 : (size_t)p->training.steps; // of the model
    batches_shuffled(arena, &p->tokens[SPLIT_TRAIN], batch, steps, p->order_seed, &p->batches);
    if (p->request->protocol.select == SELECT_BEST)
        p->looks = looks_of(p->batches.steps,
                            (size_t)steps_an_epoch(p->tokens[SPLIT_TRAIN].count, (int64_t)batch));
}

static bool check_trained(const Prepared *p, Error *error)
{
    Counts counts = counts_of(p->plans.eval.graph);
    int64_t claimed = counts_claimed(&p->description, p->plans.eval.options);
    int64_t actual = counts.trained - counts.trained_head;
    if (claimed == actual)
        return true;
    return fail(error, ERROR_WORK, (Where){ .item = p->request->method->name }, NULL,
                "trains %lld parameters beside the head, but its count says %lld",
                (long long)actual, (long long)claimed);
}

static bool decide_files(Arena *arena, FilesRead *files, Prepared *p, Error *error)
{
    const Protocol *protocol = &p->request->protocol;
    if (!request_head(p->request, error) ||
        !model_files(files, protocol->model, &p->model, error) ||
        !task_files(files, protocol->task, protocol->fold, &p->task, error) ||
        !check_types(arena, p, error))
        return false;
    p->init_seed = (uint64_t)stream_seed(protocol->init_seed, protocol->seed);
    p->order_seed = (uint64_t)stream_seed(protocol->order_seed, protocol->seed);
    p->dropout_seed = (uint64_t)stream_seed(protocol->dropout_seed, protocol->seed);
    p->data_seed = (uint64_t)stream_seed(protocol->data_seed, protocol->seed);
    return decide_description(arena, p, error);
}

static bool decide_texts(Arena *arena, FilesRead *files, Prepared *p, Error *error)
{
    const Protocol *protocol = &p->request->protocol;
    if (!config_length(&p->model->config, protocol->max_length, task_pairs(&p->task->task),
                       &p->max_length, error) ||
        !check_selection(p, error) || !read_heldout(arena, p, error) ||
        !read_tokens(arena, files, p, error))
        return false;
    find_words(arena, p);
    return true;
}

static bool decide_steps(Arena *arena, Prepared *p, Error *error)
{
    const Protocol *protocol = &p->request->protocol;
    size_t rows = p->tokens[SPLIT_TRAIN].count;
    bool any = method_steps(p->request->method, p->request->options);
    int64_t steps = any ? steps_of(protocol, rows) : 0;
    if (!check_steps(arena, steps, rows, protocol->batch, error))
        return false;
    decide_training(p, steps);
    decide_batches(arena, p);
    return true;
}

bool prepare_for(Arena *arena, FilesRead *files, const Request *request, FileAsked *file,
                 void *context, Prepared *p, Error *error)
{
    *p = (Prepared){ .request = request };
    if (!decide_files(arena, files, p, error) || !decide_texts(arena, files, p, error) ||
        !decide_steps(arena, p, error) || !prepare_plans(arena, file, context, p, error) ||
        !check_trained(p, error) || !prepare_row(arena, p, error))
        return false;
    prepare_flops(p);
    prepare_key(arena, p, &p->row);
    p->row.warnings = prepare_warnings(arena, p);
    return true;
}

bool prepare(Arena *arena, FilesRead *files, const Request *request, Prepared *p, Error *error)
{
    return prepare_for(arena, files, request, NULL, NULL, p, error);
}
