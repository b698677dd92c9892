// prepare_row.c: the row's decided cells: what is known of a run before anything is computed.
#include "run/prepare_impl.h"
#include "base/text.h"
#include <math.h>

static const char *yes_no(bool flag)
{
    return flag ? "yes" : "no";
}

const char *prepared_options(Arena *arena, const Prepared *p)
{
    const Method *method = p->request->method;
    return options_canonical(arena, method_options(method), p->plans.eval.options, method->name);
}

static void row_what(Arena *arena, const Prepared *p, Row *row)
{
    const Protocol *protocol = &p->request->protocol;
    row->sweep = protocol->sweep;
    row->study = protocol->study;
    row->spec_sha = protocol->spec_sha;
    row->stage = protocol_text(arena, protocol, "stage");
    row->task = p->task->task.name;
    row->task_version = p->task->task.version;
    row->model = p->model->name;
    row->method = p->request->method->name;
    row->options = prepared_options(arena, p);
    row->method_sha = method_sha(p->request->method);
    row->pretrained = yes_no(protocol->pretrained);
    row->seed = protocol->seed;
    row->init_seed = (Whole)p->init_seed;
    row->order_seed = (Whole)p->order_seed;
    row->dropout_seed = (Whole)p->dropout_seed;
    row->data_seed = (Whole)p->data_seed;
    if (p->task->task.folds)
        row->fold = p->task->task.fold;
}

static void row_data(Arena *arena, const Prepared *p, Row *row)
{
    const Protocol *protocol = &p->request->protocol;
    row->train_n = (Whole)p->tokens[SPLIT_TRAIN].count;
    row->tune_n = (Whole)p->tokens[SPLIT_TUNE].count;
    row->train_on = protocol_text(arena, protocol, "train-on");
    row->train_limit = protocol->train_limit;
    row->max_length = p->max_length;
    row->truncated_share =
        (double)p->tokens[SPLIT_TRAIN].truncated / (double)p->tokens[SPLIT_TRAIN].count;
    row->metric = metric_names[p->task->task.metric];
    Split scored = protocol->stage == STAGE_TRIAL ? SPLIT_TUNE : p->task->task.report;
    row->eval_split = split_names[scored];
    row->eval_n = (Whole)p->tokens[scored].count;
    if (p->tokens[SPLIT_TEST].count)
        row->test_n = (Whole)p->tokens[SPLIT_TEST].count;
}

// The rates, and the search that found them.
static void row_rates(const Prepared *p, Row *row)
{
    const Protocol *protocol = &p->request->protocol;
    if (method_steps(p->request->method, p->request->options)) {
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
}

static void row_training(Arena *arena, const Prepared *p, Row *row)
{
    const Protocol *protocol = &p->request->protocol;
    unsigned heads = prepare_heads(p);
    row->head = head_names[heads & (heads - 1) ? HEAD_AUTO : p->description.head];
    row->head_new = counts_of(p->plans.eval.graph).head_new;
    row->epochs = protocol->epochs;
    row->min_steps = protocol->min_steps;
    row->select = p->looks.count > 0 ? protocol_text(arena, protocol, "select") : "last";
    row->steps = p->training.steps;
    row->batch = protocol->batch;
    if (prepare_in_parts(p))
        row->micro_batch = (Whole)p->levers.pass;
    if (p->levers.recompute)
        row->recompute = "yes";
    if (p->description.frozen_store != STORE_F32)
        row->frozen_dtype = store_names[p->description.frozen_store];
    if (!isnan(protocol->budget)) {
        row->budget = protocol->budget;
        row->budget_of = "nonembedding";
    }
    row->optimizer = "adamw";
    row->schedule = protocol_text(arena, protocol, "schedule");
    row->warmup = protocol->warmup;
    row->weight_decay = protocol->weight_decay;
    row->clip = protocol->clip;
    row->dropout = p->description.hidden_dropout;
    row->frozen_dropout = yes_no(p->description.frozen_dropout);
}

static void row_parameters(const Prepared *p, Row *row)
{
    Counts counts = counts_free(p->plans.eval.graph, &p->description, p->plans.eval.options);
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

// Names of folders, of a sweep and a study may be any bytes; no reader takes such a row.
static bool check_texts(const Row *row, Error *error)
{
    for (size_t i = 0; i < row_columns; i++) {
        const Column *column = &row_column[i];
        const char *text =
            column->type == COLUMN_Text ? *(const Text *)((const char *)row + column->field) : NULL;
        if (text && !text_plain(text))
            return fail(error, ERROR_INPUT, (Where){ .item = column->name },
                        "UTF-8 without control characters", "'%s' is no text for a row", text);
    }
    return true;
}

bool prepare_row(Arena *arena, Prepared *p, Error *error)
{
    row_clear(&p->row);
    row_what(arena, p, &p->row);
    row_data(arena, p, &p->row);
    row_training(arena, p, &p->row);
    row_rates(p, &p->row);
    row_parameters(p, &p->row);
    row_memory(&p->ledger, &p->row);
    return check_texts(&p->row, error);
}
