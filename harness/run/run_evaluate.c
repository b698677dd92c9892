// run_evaluate.c: a split's logits and what they are worth, and the row's scores.
#include "run/run_impl.h"
#include <assert.h>
#include <math.h>

static Matrix ask(void *trainer, const Batch *batch)
{
    return trainer_logits(trainer, batch);
}

Evaluation run_evaluate(Arena *arena, Run *run, Split split)
{
    const Prepared *p = &run->prepared;
    return evaluation_of(arena, p->task, split,
                         logits_of(arena, &p->tokens[split], &p->evaluation[split],
                                   (size_t)p->description.outputs, ask, &run->trainer));
}

static void row_scores(const Run *run, const Evaluation *evaluation, size_t count)
{
    Row *row = run->row;
    bool trial = run->request->protocol.stage == STAGE_TRIAL;
    for (size_t i = 0; i < count; i++) {
        const Evaluation *e = &evaluation[i];
        if (e->split == SPLIT_TUNE)
            row->tune_score = e->score;
        if (trial)
            row->loss = e->loss;
        if (e->split == SPLIT_DEV)
            row->score_dev = e->score;
        if (e->split == SPLIT_TEST)
            row->score_test = e->score;
        if (e->split != run->prepared.task->task.report)
            continue;
        row->score = e->score;
        row->loss = e->loss;
        row->majority_score = e->majority;
        row->accuracy = metric(METRIC_ACCURACY, &e->answers);
        row->f1 = metric(METRIC_F1, &e->answers);
        row->f1_macro = metric(METRIC_F1_MACRO, &e->answers);
        row->matthews = metric(METRIC_MATTHEWS, &e->answers);
        row->pearson = metric(METRIC_PEARSON, &e->answers);
        row->spearman = metric(METRIC_SPEARMAN, &e->answers);
        row->rmse = metric(METRIC_RMSE, &e->answers);
        row->ece = metric(METRIC_ECE, &e->answers);
    }
}

// Dev and test are labelled only here, after the last step. Weights that give no finite loss on
// tune have diverged in the last step.
bool run_evaluate_all(Arena *arena, Run *run, Error *error)
{
    Prepared *p = &run->prepared;
    if (!row_ok(run->row))
        return true;
    for (int split = SPLIT_TUNE; split < SPLITS; split++) {
        if (p->tokens[split].count == 0)
            continue;
        if (split != SPLIT_TUNE &&
            !dataset_labels(&p->task->task, (Split)split, &p->task->dataset, error))
            return false;
        const Evaluation *e = &run->evaluation[run->evaluations++];
        run->evaluation[run->evaluations - 1] = run_evaluate(arena, run, (Split)split);
        if (!isfinite(e->loss)) {
            run->row->status = "diverged";
            run->row->error = arena_format(arena, "the loss on %s is %g after the last step",
                                           split_names[split], e->loss);
            run->evaluations = 0;
            return true;
        }
        assert(p->task->dataset.label_reads[split] == (split != SPLIT_TUNE)); // once, here
    }
    row_scores(run, run->evaluation, run->evaluations);
    if (run->points && p->looks.count == 0)
        run->curve[run->points - 1].tune = run->row->tune_score;
    return true;
}

bool run_forgetting(Arena *arena, Run *run, const State *tuned, double *loss, Error *error)
{
    Prepared *p = &run->prepared;
    if (p->heldout.batches == 0 || (tuned && !row_ok(run->row)))
        return true;
    if (!heldout_loss(&p->heldout, &p->description, &p->model->checkpoint, p->init_seed, tuned,
                      loss, error))
        return false;
    if (!isfinite(*loss)) // the row has no cell for it
        run_warn(arena, run->row,
                 arena_format(arena, "the loss on held-out texts is %g %s the run", *loss,
                              tuned ? "after" : "before"));
    return true;
}
