// prepare_key.c: the key of a run: the hash of what decides its result. Its text never changes for
// what is at its default: every finished row is known by it.
#include "run/prepare_impl.h"
#include "base/hash.h"
#include <math.h>
#include <string.h>

// What decides the result, one "name=value" a line. What is not in it: machine, threads, jobs,
// commit, paths, names of sweep and study, timeout, evaluated splits.
void prepare_key(Arena *arena, const Prepared *p, Row *row)
{
    const Protocol *protocol = &p->request->protocol;
    const Dataset *dataset = &p->task->dataset;
    row->model_sha = arena_text(arena, p->model->sha.hex);
    row->vocab_sha = arena_text(arena, p->model->vocab_sha.hex);
    row->data_sha = dataset_sha(arena, dataset);
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
        p->description.outputs, (long long)p->training.steps,
        protocol_text(arena, protocol, "batch"), row->schedule,
        protocol_text(arena, protocol, "warmup"), protocol_text(arena, protocol, "weight-decay"),
        protocol_text(arena, protocol, "clip"), p->description.hidden_dropout,
        p->description.attention_dropout, p->description.classifier_dropout, row->frozen_dropout,
        p->training.lr, p->training.head_lr, (long long)row->max_length,
        protocol_text(arena, protocol, "train-limit"), (unsigned long long)p->init_seed,
        (unsigned long long)p->order_seed, (unsigned long long)p->dropout_seed,
        (unsigned long long)p->data_seed);
    if (p->task->task.folds)
        text =
            arena_format(arena, "%sfold=%d of %d\n", text, p->task->task.fold, p->task->task.folds);
    const Task *task = &p->task->task;
    if (task->metric != METRIC_ACCURACY) // it chooses rates and epochs, and is the score
        text = arena_format(arena, "%smetric=%s%s%s\n", text, row->metric,
                            task->metric == METRIC_F1 ? " of " : "",
                            task->metric == METRIC_F1 ? task->labels[task->positive] : "");
    if (protocol->heldout)
        text = arena_format(arena, "%sheldout=%s\n", text, p->heldout.hash.hex);
    if (p->looks.count > 0)
        text = arena_format(arena, "%sselect=%s\n", text, row->select);
    if (protocol->train_on != TRAIN_ON_TRAIN)
        text = arena_format(arena, "%strain_on=%s\n", text, row->train_on);
    if (row->micro_batch != WHOLE_UNKNOWN)
        text = arena_format(arena, "%smicro_batch=%lld\n", text, (long long)row->micro_batch);
    if (row->recompute)
        text = arena_format(arena, "%srecompute=%s\n", text, row->recompute);
    if (row->frozen_dtype)
        text = arena_format(arena, "%sfrozen_dtype=%s\n", text, row->frozen_dtype);
    // Another run than one that is given this size: a budget's follows the model.
    if (!isnan(protocol->budget))
        text = arena_format(arena, "%sbudget=%.17g of %s\n", text, row->budget, row->budget_of);
    Hash key = hash_bytes(text, strlen(text));
    row->key = arena_text(arena, key.hex);
}
