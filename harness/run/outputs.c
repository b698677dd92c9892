// outputs.c: evaluation; OUT/scores/KEY.csv, OUT/predictions/KEY.csv, OUT/curves/KEY.csv; each
// written whole.
#include "run/outputs.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

const float *logits_of(Arena *arena, const Tokens *tokens, const Batches *batches, size_t outputs,
                       Ask *ask, void *with)
{
    float *logits = arena_take(arena, tokens->count * outputs + 1, sizeof *logits), *at = logits;
    BatchBuffer buffer = batch_buffer(arena, &batches->largest);
    for (size_t s = 0; s < batches->steps; s++) {
        Batch batch = batch_at(&buffer, tokens, batches, s);
        Matrix got = ask(with, &batch);
        for (size_t r = 0; r < got.rows; r++, at += outputs)
            memcpy(at, row_at(got, r), outputs * sizeof *logits);
    }
    return logits;
}

Evaluation evaluation_of(Arena *arena, const TaskFiles *files, Split split, const float *logits)
{
    const Task *task = &files->task;
    const Examples *examples = &files->dataset.split[split];
    size_t n = examples->count, outputs = task->classes ? (size_t)task->classes : 1;
    Evaluation evaluation = { .split = split, .outputs = (int)outputs, .logits = logits };
    int32_t *gold = arena_take(arena, n + 1, sizeof *gold);
    int32_t *answer = arena_take(arena, n + 1, sizeof *answer);
    double *gold_score = arena_take(arena, n + 1, sizeof *gold_score);
    double *answer_score = arena_take(arena, n + 1, sizeof *answer_score);
    float *target = arena_take(arena, n + 1, sizeof *target);
    for (size_t i = 0; i < n; i++) {
        gold[i] = examples->example[i].label;
        gold_score[i] = (double)(target[i] = examples->example[i].score);
        answer[i] = answer_of(logits + i * outputs, (int)outputs);
        answer_score[i] = (double)logits[i * outputs];
    }
    evaluation.answers = task->classes ? (Answers){ .n = n,
                                                    .classes = task->classes,
                                                    .positive = task->positive,
                                                    .gold = gold,
                                                    .answer = answer,
                                                    .logits = logits }
                                       : (Answers){ .n = n,
                                                    .positive = -1,
                                                    .gold_score = gold_score,
                                                    .answer_score = answer_score };
    evaluation.loss = evaluation.score = evaluation.majority = (double)NAN;
    if (split == SPLIT_TEST && !files->dataset.label_text[split]) {
        evaluation.answers.gold = NULL;
        evaluation.answers.gold_score = NULL;
        return evaluation;
    }
    Matrix all = { (float *)(uintptr_t)logits, n, outputs, outputs }; // read alone
    evaluation.loss = task->classes ? cross_entropy((Matrix){ 0 }, all, gold, 1)
                                    : squared_error((Matrix){ 0 }, all, target, 1);
    evaluation.score = metric_score(task->metric, &evaluation.answers);
    evaluation.majority = metric_majority(task->metric, &evaluation.answers);
    return evaluation;
}

// ---- files

typedef struct {
    const Prepared *prepared;
    const Evaluation *evaluation;
    const CurvePoint *point;
    size_t count;
} Content;

bool write_beside(Arena *arena, const char *out, const char *folder, const char *key,
                  bool (*body)(FILE *, const void *), const void *content, Error *error)
{
    const char *file = row_file(arena, out, folder, key);
    if (!content)
        return unlink(file) == 0 || errno == ENOENT ||
               fail(error, ERROR_ENVIRONMENT, (Where){ .file = file }, NULL,
                    "of an earlier run cannot be removed: %s", strerror(errno));
    return folder_make(path_join(arena, out, folder), error) &&
           file_write(file, body, content, error);
}

static bool write_under(Arena *arena, const char *out, const char *folder, const Content *content,
                        bool (*body)(FILE *, const void *), Error *error)
{
    return write_beside(arena, out, folder, content->prepared->row.key, body,
                        content->count ? content : NULL, error);
}

static void put_real(FILE *out, double value)
{
    fputc(',', out);
    csv_put_real(out, value);
}

// ---- scores: every metric on every split; one training, many evaluations

static bool scores_body(FILE *out, const void *of)
{
    const Content *content = of;
    fputs("split,n,metric,value,majority\n", out);
    for (size_t i = 0; i < content->count; i++)
        for (int m = 0; m < METRICS; m++) {
            const Answers *answers = &content->evaluation[i].answers;
            double value = metric((Metric)m, answers);
            if (isnan(value))
                continue;
            fprintf(out, "%s,%zu,%s", split_names[content->evaluation[i].split], answers->n,
                    metric_names[m]);
            put_real(out, value);
            put_real(out, m == METRIC_ECE || m == METRIC_RMSE
                              ? (double)NAN
                              : metric_majority((Metric)m, answers));
            fputc('\n', out);
        }
    return !ferror(out);
}

bool write_scores(Arena *arena, const char *out, const Prepared *prepared,
                  const Evaluation *evaluation, size_t count, Error *error)
{
    Content content = { .prepared = prepared, .evaluation = evaluation, .count = count };
    return write_under(arena, out, "scores", &content, scores_body, error);
}

// ---- predictions: dev and test, for paired comparisons

static void prediction(FILE *out, const TaskFiles *task, const Evaluation *evaluation, size_t i)
{
    const Example *example = &task->dataset.split[evaluation->split].example[i];
    const Answers *answers = &evaluation->answers;
    fprintf(out, "%s,%u,%u,", split_names[evaluation->split], example->id, example->group);
    if (answers->gold)
        csv_put(out, task->task.labels[answers->gold[i]]);
    else if (answers->gold_score)
        fprintf(out, "%.9g", answers->gold_score[i]);
    fputc(',', out);
    if (answers->classes)
        csv_put(out, task->task.labels[answers->answer[i]]);
    else
        fprintf(out, "%.9g", answers->answer_score[i]);
    for (int k = 0; k < evaluation->outputs; k++)
        fprintf(out, "%c%.9g", k ? ' ' : ',',
                (double)evaluation->logits[i * (size_t)evaluation->outputs + (size_t)k]);
    fputc('\n', out);
}

bool predictions_put(FILE *out, const TaskFiles *task, const Evaluation *evaluation, size_t count)
{
    fputs("split,id,group,gold,pred,logits\n", out);
    for (size_t e = 0; e < count; e++)
        for (size_t i = 0; i < evaluation[e].answers.n; i++)
            prediction(out, task, &evaluation[e], i);
    return !ferror(out);
}

static bool predictions_body(FILE *out, const void *of)
{
    const Content *content = of;
    return predictions_put(out, content->prepared->task, content->evaluation, content->count);
}

bool write_predictions(Arena *arena, const char *out, const Prepared *prepared,
                       const Evaluation *evaluation, size_t count, Error *error)
{
    Content content = { .prepared = prepared, .evaluation = evaluation, .count = count };
    return write_under(arena, out, "predictions", &content, predictions_body, error);
}

// ---- curve

static bool curve_body(FILE *out, const void *of)
{
    const Content *content = of;
    fputs("step,tokens,seconds,loss,tune\n", out);
    for (size_t i = 0; i < content->count; i++) {
        const CurvePoint *p = &content->point[i];
        fprintf(out, "%lld,%lld", (long long)p->step, (long long)p->tokens);
        put_real(out, p->seconds);
        put_real(out, p->loss);
        put_real(out, p->tune);
        fputc('\n', out);
    }
    return !ferror(out);
}

bool write_curve(Arena *arena, const char *out, const Prepared *prepared, const CurvePoint *point,
                 size_t count, Error *error)
{
    Content content = { .prepared = prepared, .point = point, .count = count };
    return write_under(arena, out, "curves", &content, curve_body, error);
}
