// test_ledger.c: what a run says of its memory, against what the process takes, what the steps ask
// for, and what they write.
#include "base/file.h"
#include "base/text.h"
#include "model/checkpoint.h"
#include "run/prepare.h"
#include "run/steps.h"
#include "tests/counted.h"
#include "tests/run_bench.h"
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

// ---- the process

// A copy of tiny whose numbers are float32, so that frozen ones are read where they lie.
static const char *wide_model(Arena *arena, const char *folder)
{
    const char *path = model_copy(arena, folder, "wide");
    const char *weights = path_join(arena, path, "model.safetensors");
    const char *beside = path_join(arena, path, "wide.safetensors");
    Checkpoint from;
    Error error;
    if (!checkpoint_open(arena, weights, &from, &error))
        abort();
    TensorOut *to = arena_zero(arena, from.tensors, sizeof *to);
    for (size_t t = 0; t < from.tensors; t++) {
        const Tensor *tensor = &from.tensor[t];
        float *number = arena_take(arena, tensor->count + 1, sizeof *number);
        tensor_read(tensor, number);
        to[t] = (TensorOut){ .name = tensor->name, .rank = tensor->rank, .data = number };
        memcpy(to[t].shape, tensor->shape, sizeof to[t].shape);
    }
    if (!checkpoint_write(beside, to, from.tensors, NULL, &error) || rename(beside, weights) != 0)
        abort();
    checkpoint_close(&from);
    return path;
}

// Runs whose largest part differs: weights, moments, activations, what is mapped or packed, what is
// read.
static const struct {
    const char *model; // NULL: the wide one
    const char *task;
    const char *words;
} runs[] = {
    { "tiny", "reviews", "--method full --batch 32" },
    { "tiny", "reviews", "--method lora --batch 160 --max-length 24" },
    { NULL, "reviews", "--method bitfit --batch 64 --micro-batch 48" },
    { NULL, "reviews", "--method full --batch 16 --select best" },
    { "mini", "reviews", "--method head --batch 64 --frozen-dtype int8 --cache 0" },
    { "mini", "reviews", "--method adapter --batch 16 --recompute yes" },
    { "tiny", "sst2", "--method lora --batch 8 --train-limit 100" },
    { "tiny", "reviews",
      "--method topk --batch 32 --cache 0 --cache-file 100 --epochs 3 --min-steps 1" },
};
enum { RUNS = sizeof runs / sizeof *runs };

static Row row_there(Arena *arena, const char *out)
{
    const char *folder = path_join(arena, out, "rows");
    DIR *dir = opendir(folder);
    struct dirent *entry;
    Row row, *rows;
    Error error;
    size_t count;
    row_clear(&row);
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' &&
            rows_read(arena, path_join(arena, folder, entry->d_name), &rows, &count, &error) &&
            count == 1)
            row = rows[0];
    if (dir)
        closedir(dir);
    return row;
}

// What is resident is counted in pages, and files are mapped by the dozen of them: on a process of
// 30 MB and more that is below the 5 %.
static void the_predicted_peak_is_what_the_process_takes(void)
{
    Bench b = run_bench();
    const char *wide = wide_model(b.arena, b.folder);
    if (SANITIZED) {
        skip("a sanitizer's memory is in no plan");
        arena_free(b.arena);
        return;
    }
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); // pages of 2 MB would round every number up
    for (size_t i = 0; i < RUNS; i++) {
        const char *out = arena_format(b.arena, "%s/process%zu", b.folder, i);
        const char *words =
            arena_format(b.arena, "--model %s --task %s %s", runs[i].model ? runs[i].model : wide,
                         runs[i].task, runs[i].words);
        Said said = program(b.arena, NULL, "run --stage trial --epochs 0 --min-steps 2 %s --out %s",
                            words, out);
        Row row = row_there(b.arena, out);
        if (said.status != 0 && strstr(said.err, "TUNEMARK_DATA")) {
            skip("no %s in TUNEMARK_DATA", runs[i].task);
            continue;
        }
        if (!CHECK(said.status == 0))
            printf("%s: %s", words, said.err);
        if (row.rss_peak == WHOLE_UNKNOWN) {
            skip("this system does not say what is resident");
            break;
        }
        double took = (double)(row.rss_peak - row.rss_start), off;
        off = (double)row.predicted_peak / took - 1;
        if (!CHECK(fabs(off) <= 0.05))
            printf("%s: predicted %.2f MB, took %.2f MB\n", words,
                   1e-6 * (double)row.predicted_peak, 1e-6 * took);
    }
    prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
    arena_free(b.arena);
}

// ---- a step

enum { WARM = 2, COUNTED_STEPS = 3 };

typedef struct {
    Prepared p;
    Trainer trainer;
    Arena *arena;
    FilesRead *files;
} Stepping;

static bool stepping_open(Bench *b, const char *method, const char *const *settings, Stepping *s)
{
    Request request;
    Error error = { .text = "" };
    s->arena = arena_new(ARENA_RUN, &error);
    s->files = files_new(s->arena);
    bool ok = CHECK(small_request(s->arena, method, b->task, settings, &request, &error)) &&
              CHECK(prepare(s->arena, s->files, &request, &s->p, &error)) &&
              CHECK(trainer_new(s->arena, &s->p.plans, &s->p.model->checkpoint, 1, 1,
                                &s->p.training, &s->trainer, &error));
    if (!ok)
        printf("%s: %s\n", method, error.text);
    return ok;
}

static void stepping_close(Stepping *s)
{
    trainer_free(&s->trainer);
    files_close(s->files);
    arena_free(s->arena);
}

static void steps_do(Stepping *s, BatchBuffer *buffer, size_t from, size_t to)
{
    size_t tokens;
    for (size_t step = from; step < to; step++) {
        step_backward(&s->p, &s->trainer, buffer, step, &tokens);
        trainer_update(&s->trainer, (int64_t)step);
    }
}

static void steps_ask_for_no_memory(const char *const *settings)
{
    Bench b = run_bench();
    for (size_t m = 0; methods[m]; m++) {
        Stepping s;
        if ((methods[m]->claims & TRAINS_NOTHING) || methods[m]->fit ||
            !stepping_open(&b, methods[m]->name, settings, &s))
            continue;
        BatchBuffer buffer = batch_buffer(s.arena, &s.p.passes.largest);
        steps_do(&s, &buffer, 0, WARM);
        size_t before = counted_allocations(), mark = arena_mark(s.arena);
        steps_do(&s, &buffer, WARM, WARM + COUNTED_STEPS);
        size_t after = counted_allocations();
        if (!CHECK(after == before && arena_mark(s.arena) == mark))
            printf("%s: %zu allocations\n", methods[m]->name, after - before);
        stepping_close(&s);
    }
    arena_free(b.arena);
}

#define SIX_STEPS "min-steps", "6", "cache", "0"

static void a_step_asks_for_no_memory(void)
{
    if (!COUNTED)
        skip("allocations are counted with glibc and without sanitizers");
    else
        steps_ask_for_no_memory(SETTINGS(SIX_STEPS));
}

static void neither_does_one_in_parts_that_computes_again(void)
{
    if (!COUNTED)
        skip("allocations are counted with glibc and without sanitizers");
    else
        steps_ask_for_no_memory(
            SETTINGS(SIX_STEPS, "micro-batch", "3", "recompute", "yes", "frozen-dtype", "int8"));
}

static void every_allocation_is_counted(void)
{
    size_t before = counted_allocations();
    if (!COUNTED) {
        skip("allocations are counted with glibc and without sanitizers");
        return;
    }
    void *volatile memory = malloc(1);
    memory = realloc(memory, 100);
    free(memory);
    CHECK(counted_allocations() == before + 2);
    Error error;
    arena_free(arena_new(1, &error));
    CHECK(counted_allocations() == before + 3);
}

// ---- what is written

enum { ALIGNED = 64 }; // a plan's last bytes may be those that it is rounded up by

static bool written_as_planned(const Row *row, const char *of)
{
    Whole plan = row->plan_peak > row->eval_plan_peak ? row->plan_peak : row->eval_plan_peak;
    Whole unwritten = plan - row->arena_peak;
    bool holds = CHECK(0 <= unwritten && unwritten < ALIGNED);
    if (!holds)
        printf("%s: %s on %s: %lld of %lld bytes planned were not written\n", of, row->method,
               row->model, (long long)unwritten, (long long)plan);
    return holds;
}

static void every_run_writes_up_to_its_planned_peak(void)
{
    static const char *const settings[][9] = {
        { "batch", "1" },
        { "batch", "13", "recompute", "yes", "max-length", "7" },
        { "batch", "32", "micro-batch", "5", "frozen-dtype", "int8", "select", "best" },
    };
    Bench b = run_bench();
    for (size_t m = 0; methods[m]; m++)
        for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
            Done done = run_of(&b, methods[m]->name, settings[s]);
            written_as_planned(&done.row, "a run");
        }
    arena_free(b.arena);
}

static size_t row_written(Arena *arena, const char *path)
{
    Row *row;
    Error error;
    size_t count = 0;
    if (!CHECK(rows_read(arena, path, &row, &count, &error) && count == 1) || !row_ok(row))
        return 0;
    written_as_planned(row, path);
    return 1;
}

// The files of every folder rows/ below `folder`. Returns how many rows there were.
static size_t rows_below(Arena *arena, const char *folder, bool of_rows)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t rows = 0;
    while (dir && (entry = readdir(dir))) {
        const char *path = path_join(arena, folder, entry->d_name);
        if (entry->d_name[0] != '.')
            rows += of_rows ? row_written(arena, path)
                            : rows_below(arena, path, !strcmp(entry->d_name, "rows"));
    }
    if (dir)
        closedir(dir);
    return rows;
}

static void every_row_that_is_kept_here_was_written_as_planned(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = path_join(arena, home_folder(arena), "results/reference");
    CHECK(rows_below(arena, folder, false) > 100);
    arena_free(arena);
}

void suite_ledger(void)
{
    ADD(the_predicted_peak_is_what_the_process_takes);
    ADD(every_allocation_is_counted);
    ADD(a_step_asks_for_no_memory);
    ADD(neither_does_one_in_parts_that_computes_again);
    ADD(every_run_writes_up_to_its_planned_peak);
    ADD(every_row_that_is_kept_here_was_written_as_planned);
}
