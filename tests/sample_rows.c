// sample_rows.c: see sample_rows.h.

#include "tests/sample_rows.h"
#include "base/file.h"
#include "base/metric.h"
#include "tests/test.h"
#include <string.h>

Row finished(Arena *arena, const char *model, const char *task, const char *method,
             const char *options, int64_t seed, double score)
{
    const char *words[] = { model, task, method, options };
    uint64_t hash = (uint64_t)seed;
    Row row;
    row_clear(&row);
    for (int w = 0; w < 4; w++)
        for (const char *at = words[w]; *at; at++) {
            hash ^= (uint64_t)*at;
            hash = mix(&hash);
        }
    row.key = arena_format(arena, "%016llx%016llx", (unsigned long long)mix(&hash),
                           (unsigned long long)mix(&hash));
    row.status = "ok", row.stage = "final", row.pretrained = "yes";
    row.commit = "3fa2c1d", row.dirty = "no";
    row.model = model, row.task = task, row.method = method, row.options = options;
    row.seed = row.init_seed = row.order_seed = row.dropout_seed = seed;
    row.train_n = 5000, row.tune_n = 500, row.epochs = 3, row.min_steps = 1000, row.batch = 32;
    row.max_length = 128, row.select = "last", row.train_on = "train";
    row.lr = 1e-3, row.lr_source = "default", row.head = "pooler";
    row.metric = "accuracy", row.eval_split = "dev", row.eval_n = 872;
    row.score = score, row.majority_score = 0.5;
    row.params_total = !strcmp(model, "tiny") ? 1500000 : 6500000;
    row.params_trained = 1000, row.trained_share = 1000.0 / (double)row.params_total;
    row.plan_peak = 21500000, row.rss_train_peak = 48000000, row.train_s = 12.34;
    row.cpu = "Sample CPU", row.blas_core = "SkylakeX", row.threads = 1, row.jobs = 2;
    return row;
}

typedef struct {
    const bool *right;
    size_t items;
    bool scores;
} Answered;

static double score_asked(size_t item)
{
    return (double)(item % 7) / 2;
}

static bool answers_body(FILE *out, const void *of)
{
    const Answered *answered = of;
    static const char *const label[] = { "no", "yes" };
    fputs("split,id,group,gold,pred,logits\n", out);
    for (size_t i = 0; i < answered->items; i++) {
        double asked = score_asked(i);
        if (answered->scores)
            fprintf(out, "dev,%zu,%zu,%.9g,%.9g,0\n", i, i, asked, answered->right[i] ? asked : 1);
        else
            fprintf(out, "dev,%zu,%zu,%s,%s,0 0\n", i, i, label[i % 2],
                    label[i % 2 ^ !answered->right[i]]);
    }
    return true;
}

// What such a run scores in the row's metric; "yes" is the positive label.
static double score_of(Arena *arena, const char *name, const Answered *answered)
{
    size_t n = answered->items;
    int32_t *gold = arena_take(arena, n, sizeof *gold),
            *answer = arena_take(arena, n, sizeof *answer);
    double *asked = arena_take(arena, n, sizeof *asked), *said = arena_take(arena, n, sizeof *said);
    Metric metric = 0;
    while (strcmp(metric_names[metric], name) != 0)
        metric++;
    for (size_t i = 0; i < n; i++) {
        gold[i] = i % 2, answer[i] = gold[i] ^ !answered->right[i];
        asked[i] = score_asked(i), said[i] = answered->right[i] ? asked[i] : 1;
    }
    return metric_score(
        metric, &(Answers){ n, answered->scores ? 0 : 2, 1, gold, answer, asked, said, NULL });
}

void predicted(Arena *arena, const char *folder, Row row, const bool *right, size_t items)
{
    const char *rows = path_join(arena, folder, "rows");
    const char *predictions = path_join(arena, folder, "predictions");
    const char *file = arena_format(arena, "%s.csv", row.key);
    Error error;
    Answered answered = { right, items,
                          !strcmp(row.metric, "pearson") || !strcmp(row.metric, "spearman") };
    row.score = score_of(arena, row.metric, &answered);
    row.eval_n = (int64_t)items;
    row.schema = ROW_SCHEMA;
    CHECK(folder_make(rows, &error) && folder_make(predictions, &error) &&
          row_write(path_join(arena, rows, file), &row, &error) &&
          file_write(path_join(arena, predictions, file), answers_body, &answered, &error));
}

Row *sweep_rows(Arena *arena)
{
    const struct {
        const char *name, *options;
        int64_t trained[2]; // tiny, mini
        double gain;
    } method[] = {
        { "null", "", { 0, 0 }, 0 },
        { "head", "", { 258, 514 }, 0.55 },
        { "bitfit", "", { 2690, 9986 }, 0.80 },
        { "lora", "lora.alpha=16;lora.rank=8", { 8450, 33282 }, 0.93 },
        { "adapter", "adapter.kind=houlsby;adapter.size=16", { 17730, 70210 }, 0.95 },
        { "full", "", { 1500000, 6500000 }, 1 },
    };
    const char *models[] = { "tiny", "mini" }, *tasks[] = { "reviews", "entail", "topics" };
    const double top[2][3] = { { 0.86, 0.66, 0.78 }, { 0.91, 0.74, 0.85 } };
    Row *rows = arena_take(arena, SWEEP_ROWS, sizeof *rows);
    uint64_t random = 7;
    size_t n = 0;
    for (int64_t seed = 1; seed <= 5; seed++)
        for (int m = 0; m < 2; m++)
            for (int t = 0; t < 3; t++)
                for (int k = 0; k < 6; k++) {
                    double score = 0.5 + (top[m][t] - 0.5) * method[k].gain;
                    score += 0.012 * ((double)mix_float(&random) + (double)mix_float(&random)) / 2;
                    rows[n] = finished(arena, models[m], tasks[t], method[k].name,
                                       method[k].options, seed, score);
                    Row *row = &rows[n++];
                    row->params_trained = method[k].trained[m];
                    row->trained_share = (double)row->params_trained / (double)row->params_total;
                    row->trained_share_nonembedding = row->trained_share * 2;
                    if (k == 5)
                        row->trained_share_nonembedding = 1;
                }
    return rows;
}
