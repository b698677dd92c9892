// predict.c: tunemark predict: what a saved method says of a split or of any texts.
#include "base/lines.h"
#include "base/text.h"
#include "command/asked.h"
#include "command/commands.h"
#include "engine/product.h"
#include "run/inference.h"
#include "run/outputs.h"
#include "run/saved.h"
#include <errno.h>
#include <math.h>
#include <string.h>

static const Flag flags[] = {
    { "task", 0, TAKES_TEXT("NAME"),
      "score a split of this task; gives split, id, group, gold, pred and logits" },
    { "split", 0, TAKES_CHOICE("train|tune|dev|test", NULL),
      "which rows [what the task reports: dev]" },
    { "file", 0, TAKES_TEXT("FILE"),
      "texts, one a line, or NAME.csv with text[,text_b]; -: standard input; gives id, pred and "
      "each label's probability" },
    { "model", 0, TAKES_TEXT("NAME"),
      "where the checkpoint is that was tuned, by name or folder [as saved]" },
    { "merged", 0, NULL, "the method merged into the model's layers" },
    { "batch", 0, TAKES(WHOLE, "N", 1, 65536, NULL),
      "examples at a time, as saved where not given" },
    { "threads", 0, TAKES_AS_IN_RUN,
      "threads; with as many as the run had, it says the same to the bit" },
    { "out", 'o', TAKES_TEXT("FILE"), "write there instead of to standard output" },
    FLAG_END,
};

// What stays of texts that were read at once: logits in the order of the saved labels.
typedef struct Answered {
    size_t count;
    const float *logits;
    struct Answered *next;
} Answered;

typedef struct {
    Arena *arena;
    Arguments arguments;
    const char *task, *file; // one of the two
    int64_t batch, threads;
    Saved saved;
    ModelFiles *model;
    Description description;
    State *state;
    Answered *answered; // of --file
} Predict;

static bool open_saved(Predict *p, FilesRead *files, Error *error)
{
    const Arguments *arguments = &p->arguments;
    const char *folder = arguments->operand[0], *model = argument_value(arguments, "model");
    if (!saved_read(p->arena, folder, &p->saved, error))
        return false;
    bool merges = argument_is(arguments, "merged");
    if (merges && !(p->saved.method->claims & MERGES))
        return fail(error, ERROR_INPUT, (Where){ .item = "--merged" }, "left out",
                    "%s has nothing that merges", p->saved.method->name);
    p->batch = p->saved.batch;
    if (!argument_read(arguments, "batch", &p->batch, error) ||
        !argument_read(arguments, "threads", &p->threads, error) ||
        !product_start((int)p->threads, error) ||
        !model_files(files, model ? model : p->saved.model, &p->model, error) ||
        !saved_open(p->arena, folder, &p->saved, p->model, &p->description, &p->state, error))
        return false;
    p->description.merged = merges;
    return true;
}

static Matrix ask(void *tuned, const Batch *batch)
{
    return tuned_logits(tuned, batch);
}

// Of all examples, in the order of the saved labels. NULL: an error.
static const float *compute(const Predict *p, Arena *arena, const Tokens *tokens, Error *error)
{
    Batches batches;
    batches_in_order(arena, tokens, (size_t)p->batch, &batches);
    Tuned *tuned =
        tuned_new(&p->description, &batches.largest, p->state, p->description.merged, error);
    if (!tuned)
        return NULL;
    const float *logits =
        logits_of(arena, tokens, &batches, (size_t)p->description.outputs, ask, tuned);
    tuned_free(tuned);
    return logits;
}

// A logit that is no finite number says nothing. `before`: ids of `texts` that went before.
static bool all_finite(const Predict *p, const char *texts, size_t before, const float *logits,
                       size_t count, Error *error)
{
    size_t outputs = (size_t)p->description.outputs;
    for (size_t i = 0; i < count * outputs; i++)
        if (!isfinite(logits[i]))
            return fail(error, ERROR_WORK, (Where){ .file = texts }, NULL,
                        "the row with id %zu gets a logit that is no finite number",
                        before + i / outputs);
    return true;
}

// To --out, whole, or to standard output.
static bool write_out(const Predict *p, bool (*body)(FILE *, const void *), const void *content,
                      Error *error)
{
    const char *path = argument_value(&p->arguments, "out");
    if (path)
        return file_write(path, body, content, error);
    return body(stdout, content) ||
           fail(error, ERROR_ENVIRONMENT, (Where){ .item = "standard output" }, NULL,
                "could not be written");
}

// ---- a split of a task

// Labels are matched by name: the order of two descriptions may differ. by_task[k]: which of the
// saved ones the task's k-th is.
static bool match_labels(const Predict *p, const Task *task, int **by_task, Error *error)
{
    const Saved *saved = &p->saved;
    Where where = { .file = saved->file, .item = "labels" };
    if (!task->classes != !saved->classes)
        return fail(error, ERROR_INPUT, where,
                    saved->classes ? "used on a task with labels" : "used on a task with scores",
                    "%s has %s", task->name, task->classes ? "labels" : "scores");
    if (task_pairs(task) != saved->pairs)
        return fail(error, ERROR_INPUT, (Where){ .file = saved->file, .item = "pairs" },
                    saved->pairs ? "used on pairs of texts" : "used on single texts", "%s has %s",
                    task->name, saved->pairs ? "single texts" : "pairs");
    *by_task = arena_zero(p->arena, (size_t)task->classes + 1, sizeof **by_task);
    for (int k = 0; k < task->classes; k++) {
        int found = text_index(task->labels[k], saved->labels);
        if (found < 0 || saved->classes != task->classes)
            return fail(error, ERROR_INPUT, where,
                        arena_format(p->arena, "the labels of %s, in any order", task->name),
                        found < 0 ? "'%s' is not among them" : "there are others beside '%s'",
                        task->labels[k]);
        (*by_task)[k] = found;
    }
    return true;
}

typedef struct {
    const TaskFiles *task;
    const Evaluation *evaluation;
} Said;

static bool split_body(FILE *out, const void *of)
{
    const Said *content = of;
    return predictions_put(out, content->task, content->evaluation, 1);
}

static bool split_of(const Predict *p, const TaskFiles *files, Split *split, Error *error)
{
    int found = (int)files->task.report;
    if (!split_read(p->arena, &p->arguments, &found, error))
        return false;
    if (files->dataset.split[found].count == 0)
        return fail(error, ERROR_INPUT, (Where){ .item = "--split" }, "another",
                    "this task has no %s", split_names[found]);
    *split = (Split)found;
    return true;
}

// Rows of another fold are those that were trained on.
static bool open_task(const Predict *p, FilesRead *files, TaskFiles **task, Error *error)
{
    return task_files(files, p->task, INT64_MIN, task, error) &&
           (!(*task)->task.folds || strcmp((*task)->task.name, p->saved.task) != 0 ||
            task_files(files, p->task, p->saved.fold, task, error));
}

static bool predict_split(const Predict *p, FilesRead *files, Error *error)
{
    TaskFiles *task;
    int *by_task = NULL;
    Split split = SPLIT_DEV;
    double seconds = 0;
    Tokens tokens;
    const float *got = NULL;
    if (!open_task(p, files, &task, error) || !match_labels(p, &task->task, &by_task, error) ||
        !split_of(p, task, &split, error))
        return false;
    Wanted wanted = {
        .model = p->model, .task = task, .split = split, .max_length = (size_t)p->saved.max_length
    };
    if (!split_tokens(files, &wanted, &tokens, &seconds, error) ||
        !(got = compute(p, p->arena, &tokens, error)) ||
        (split >= SPLIT_DEV && task->dataset.label_text[split] &&
         !dataset_labels(&task->task, split, &task->dataset, error)))
        return false;
    size_t outputs = (size_t)p->description.outputs;
    const char *texts = arena_format(p->arena, "%s %s", task->task.name, split_names[split]);
    if (!all_finite(p, texts, 0, got, tokens.count, error))
        return false;
    float *logits = arena_take(p->arena, tokens.count * outputs + 1, sizeof *logits);
    for (size_t i = 0; i < tokens.count * outputs; i++)
        logits[i] = got[i - i % outputs + (size_t)by_task[i % outputs]];
    Evaluation evaluation = evaluation_of(p->arena, task, split, logits);
    if (!write_out(p, split_body, &(Said){ task, &evaluation }, error))
        return false;
    fprintf(stderr, "%s %s: ", task->task.name, split_names[split]);
    if (isnan(evaluation.score))
        fprintf(stderr, "no labels");
    else
        fprintf(stderr, "%s %.1f majority %.1f", metric_names[task->task.metric],
                100 * evaluation.score, 100 * evaluation.majority);
    fprintf(stderr, "; %zu rows\n", tokens.count);
    return true;
}

// ---- any texts

// They are read, and answered, so many at a time, so that any number of them takes the same memory.
enum { TEXTS_AT_ONCE = 1024 };

typedef struct {
    Lines lines; // a text a line; .in NULL: rows of a table, of which .read went before
    Csv table;
    size_t text, text_b; // columns
} Source;

// A line is a text, an empty one too, so that rows and lines have the same numbers.
static bool next_lines(Source *from, Arena *arena, size_t most, Examples *examples, Error *error)
{
    const char *text = NULL;
    from->lines.room = LINES_ROOM;
    while (examples->count < most) {
        if (!lines_next(&from->lines, &text, error))
            return false;
        if (!text)
            break;
        examples->example[examples->count++].text = arena_text(arena, text);
    }
    return true;
}

static void next_rows(Source *from, size_t most, Examples *examples)
{
    size_t *read = &from->lines.read;
    for (; examples->count < most && *read < from->table.rows; ++*read) {
        const char *const *field = from->table.row[*read].field;
        examples->example[examples->count++] =
            (Example){ .text = field[from->text],
                       .text_b = from->text_b == SIZE_MAX ? NULL : field[from->text_b] };
    }
}

static bool open_lines(const Predict *p, Source *from, Error *error)
{
    bool piped = !strcmp(p->file, "-");
    Lines *lines = &from->lines;
    lines->name = piped ? "standard input" : p->file;
    if (p->saved.pairs)
        return fail(error, ERROR_INPUT, (Where){ .file = lines->name },
                    "NAME.csv with text and text_b",
                    "has one text a line, and this method reads pairs");
    lines->line = arena_take(p->arena, LINES_ROOM + 1, 1);
    lines->in = piped ? stdin : fopen(p->file, "re");
    return lines->in || fail(error, ERROR_INPUT, (Where){ .file = p->file }, NULL,
                             "cannot be read: %s", strerror(errno));
}

static bool open_table(const Predict *p, Source *from, Error *error)
{
    from->lines.name = p->file;
    if (!csv_read(p->arena, p->file, CSV_COMMAS, true, &from->table, error))
        return false;
    from->text = csv_column(&from->table, "text");
    from->text_b = csv_column(&from->table, "text_b");
    return (from->text != SIZE_MAX && (from->text_b != SIZE_MAX) == p->saved.pairs) ||
           fail(error, ERROR_INPUT, (Where){ .file = p->file, .line = 1 },
                p->saved.pairs ? "text and text_b" : "text, without text_b",
                "has other columns than the task of this saved run");
}

// *answered stays NULL where there are no more. The arena is for what does not stay.
static bool answer_next(const Predict *p, Source *from, Arena *arena, Answered **answered,
                        Error *error)
{
    static const Task unlabelled = { .name = "texts" };
    size_t batch = (size_t)p->batch, outputs = (size_t)p->description.outputs;
    size_t most = (TEXTS_AT_ONCE + batch - 1) / batch * batch; // batches are as of all at once
    Examples examples = { arena_zero(arena, most, sizeof *examples.example), 0 };
    Tokens tokens;
    const float *logits;
    if (!from->lines.in)
        next_rows(from, most, &examples);
    else if (!next_lines(from, arena, most, &examples, error))
        return false;
    if (examples.count == 0)
        return true;
    if (!tokens_of(arena, p->model->tokenizer, &unlabelled, examples, (size_t)p->saved.max_length,
                   &tokens, error) ||
        !(logits = compute(p, arena, &tokens, error)) ||
        !all_finite(p, from->lines.name, from->lines.read - examples.count, logits, examples.count,
                    error))
        return false;
    float *kept = arena_take(p->arena, examples.count * outputs, sizeof *kept);
    memcpy(kept, logits, examples.count * outputs * sizeof *kept);
    *answered = arena_take(p->arena, 1, sizeof **answered);
    **answered = (Answered){ .count = examples.count, .logits = kept };
    return true;
}

static bool answer_all(Predict *p, Source *from, Error *error)
{
    Arena *arena = arena_new(ARENA_RUN, error);
    Answered **next = &p->answered;
    while (arena && answer_next(p, from, arena, next, error)) {
        arena_rewind(arena, 0);
        if (!*next) {
            arena_free(arena);
            return true;
        }
        next = &(*next)->next;
    }
    arena_free(arena);
    return false;
}

// Softmax in double of one example's logits.
static void probabilities(FILE *out, const float *logits, int classes)
{
    double most = (double)logits[answer_of(logits, classes)], sum = 0;
    for (int k = 0; k < classes; k++)
        sum += exp((double)logits[k] - most);
    for (int k = 0; k < classes; k++)
        fprintf(out, ",%.9g", exp((double)logits[k] - most) / sum);
}

static bool texts_body(FILE *out, const void *of)
{
    const Predict *p = of;
    int classes = p->saved.classes;
    size_t id = 0;
    fputs(classes ? "id,pred" : "id,score", out);
    for (int k = 0; k < classes; k++) {
        fputc(',', out);
        csv_put(out, p->saved.labels[k]);
    }
    fputc('\n', out);
    for (const Answered *a = p->answered; a; a = a->next)
        for (size_t i = 0; i < a->count; i++) {
            const float *logits = a->logits + i * (size_t)p->description.outputs;
            fprintf(out, "%zu,", id++);
            if (classes) {
                csv_put(out, p->saved.labels[answer_of(logits, classes)]);
                probabilities(out, logits, classes);
            } else
                fprintf(out, "%.9g", (double)logits[0]);
            fputc('\n', out);
        }
    return !ferror(out);
}

static bool predict_texts(Predict *p, Error *error)
{
    Source from = { .lines.in = NULL };
    const char *end = strrchr(p->file, '.');
    bool table = end && !strcmp(end, ".csv");
    if (argument_value(&p->arguments, "split"))
        return fail(error, ERROR_INPUT, (Where){ .item = "--split" }, "with --task",
                    "is not for a file");
    bool ok = (table ? open_table : open_lines)(p, &from, error) && answer_all(p, &from, error);
    if (from.lines.in && from.lines.in != stdin)
        fclose(from.lines.in);
    if (ok && !p->answered)
        return fail(error, ERROR_INPUT, (Where){ .file = from.lines.name }, "texts, one a line",
                    "has no text");
    return ok && write_out(p, texts_body, p, error);
}

static bool command(const Invocation *invocation, int *status, Error *error)
{
    Predict p = { .arena = invocation->arena, .arguments = *invocation->arguments };
    (void)status;
    p.task = argument_value(&p.arguments, "task");
    p.file = argument_value(&p.arguments, "file");
    if (p.arguments.operands != 1)
        return fail(error, ERROR_INPUT, (Where){ .item = "predict" },
                    "one folder that run --save made", "%zu folders are given",
                    p.arguments.operands);
    if (!p.task == !p.file)
        return fail(error, ERROR_INPUT, (Where){ .item = "predict" },
                    "one of --task NAME and --file FILE", "%s given",
                    p.task ? "both --task and --file are" : "neither --task nor --file is");
    const char *out = argument_value(&p.arguments, "out");
    if (out && folder_holds(p.arguments.operand[0], out))
        return fail(error, ERROR_INPUT, (Where){ .item = "--out" }, "a file elsewhere",
                    "'%s' is in the saved run", out);
    FilesRead *files = files_new(p.arena);
    bool ok = open_saved(&p, files, error) &&
              (p.task ? predict_split(&p, files, error) : predict_texts(&p, error));
    files_close(files);
    return ok;
}

const Command command_predict = {
    .name = "predict",
    .summary = "say what a saved method makes of a split or of any texts",
    .operands = "FOLDER",
    .usage = "  tunemark predict reviews.lora --task reviews --split test >predictions.csv\n"
             "  echo 'a lovely film' | tunemark predict reviews.lora --file -\n",
    .flags = flags,
    .run = command,
};
