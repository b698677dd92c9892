// agenda.c: resolves a spec, reads the rows that are there, writes plan.csv and runs.csv.
#include "sweep/agenda.h"
#include "base/clock.h"
#include "base/csv.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ATTEMPTS = 2, MOST_DIFFERENCES = 3 };

static int by_key(const void *a, const void *b);
static Job *find(const Agenda *agenda, const char *key);
static bool read_row(Arena *arena, const char *path, const char *key, const Row **row,
                     Error *error);
static const char *reason(Arena *arena, const Agenda *agenda, const Job *job);
static bool put_plan(FILE *out, const void *agenda);
static bool put_runs(FILE *out, const void *agenda);

bool agenda_make(Arena *arena, const Spec *spec, const char *folder, Interrupt *interrupted,
                 Agenda *agenda, Error *error)
{
    bool ok = false;
    *agenda = (Agenda){ .folder = folder, .jobs = spec->count };
    agenda->job = arena_zero(arena, spec->count, sizeof *agenda->job);
    agenda->by_key = arena_zero(arena, spec->count, sizeof *agenda->by_key);
    Arena *shared = arena_new(ARENA_RUN, error);
    if (!shared)
        return false;
    Cache *cache = cache_new(shared);
    for (size_t i = 0; i < spec->count; i++) {
        const Asked *asked = &spec->asked[i];
        Job *job = agenda->by_key[i] = &agenda->job[i];
        Resolved resolved;
        Error wrong;
        if (*interrupted) {
            fail(error, ERROR_INTERRUPTED, (Where){ 0 }, NULL, "interrupted; nothing was begun");
            goto done;
        }
        job->request = asked->request;
        job->request.protocol.out = folder;
        job->label = asked->label;
        if (!resolve(arena, cache, &job->request, &resolved, &wrong)) {
            fail(error, wrong.kind, asked->where, NULL, "%s: %s", job->label, wrong.text);
            goto done;
        }
        job->decided = resolved.row;
        job->flops = resolved.flops;
        job->bytes = resolved.bytes;
    }
    qsort(agenda->by_key, agenda->jobs, sizeof *agenda->by_key, by_key);
    for (size_t i = 1; i < agenda->jobs; i++) {
        const Job *a = agenda->by_key[i - 1], *b = agenda->by_key[i];
        if (!strcmp(a->decided.key, b->decided.key)) {
            fail(error, ERROR_INPUT, spec->asked[b - agenda->job].where, "each run once",
                 "'%s' and '%s' are the same run", a->label, b->label);
            goto done;
        }
    }
    ok = true;
done:
    cache_close(cache);
    arena_free(shared);
    return ok;
}

static int by_key(const void *a, const void *b)
{
    const Job *const *left = a, *const *right = b;
    return strcmp((*left)->decided.key, (*right)->decided.key);
}

static Job *find(const Agenda *agenda, const char *key)
{
    Job sought = { .decided.key = key }, *at = &sought;
    Job **found = bsearch(&at, agenda->by_key, agenda->jobs, sizeof *agenda->by_key, by_key);
    return found ? *found : NULL;
}

bool agenda_look(Arena *arena, Agenda *agenda, FILE *tell, Error *error)
{
    const char *rows = path_join(arena, agenda->folder, "rows"), **names;
    size_t count, foreign = 0;
    if (!folder_list(arena, rows, ".csv", &names, &count, error))
        return false;
    agenda->stray = arena_zero(arena, count, sizeof *agenda->stray);
    for (size_t i = 0; i < count; i++) {
        Error unreadable;
        const char *path = path_join(arena, rows, names[i]);
        char *key = arena_text(arena, names[i]);
        key[strlen(key) - strlen(".csv")] = '\0';
        Job *job = find(agenda, key);
        const Row *row;
        bool read = read_row(arena, path, key, &row, &unreadable);
        foreign += !job;
        if (read && job)
            job->row = row;
        else if (read)
            agenda->stray[agenda->strays++] = *row;
        else if (job) {
            fprintf(tell, "%s; the run is done again\n", unreadable.text);
            job->why = "its row cannot be read";
        }
    }
    if (foreign)
        fprintf(tell, "%s: %zu row%s of no run in this spec; left alone, and out of runs.csv\n",
                rows, foreign, foreign == 1 ? "" : "s");
    for (size_t i = 0; i < agenda->jobs; i++)
        if (!job_final(&agenda->job[i]) && !agenda->job[i].why)
            agenda->job[i].why = reason(arena, agenda, &agenda->job[i]);
    return true;
}

// A row is whole: one row, of this key, with a status, and with the line end that was written last.
static bool read_row(Arena *arena, const char *path, const char *key, const Row **row, Error *error)
{
    Where where = { .file = path };
    Bytes bytes;
    Row *rows;
    size_t count;
    if (!file_read(arena, path, &bytes, error))
        return false;
    if (bytes.size == 0 || bytes.data[bytes.size - 1] != '\n')
        return fail(error, ERROR_INPUT, where, "a whole row", "is cut");
    if (!rows_read(arena, path, &rows, &count, error))
        return false;
    if (count != 1 || !rows[0].key || strcmp(rows[0].key, key))
        return fail(error, ERROR_INPUT, where, "the one row of this key", "holds something else");
    static const char *const statuses[] = { "ok", "diverged", "failed", "timeout" };
    for (size_t i = 0; rows[0].status && i < sizeof statuses / sizeof *statuses; i++)
        if (!strcmp(rows[0].status, statuses[i])) {
            *row = &rows[0];
            return true;
        }
    return fail(error, ERROR_INPUT, where, "ok, diverged, failed or timeout", "status is '%s'",
                rows[0].status ? rows[0].status : "");
}

static bool same_text(Text a, Text b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name))
        names++;
    return *names != NULL;
}

// Names the decided cells in which two rows differ, MOST_DIFFERENCES of them at most; `count`
// counts all. Cells that follow from others are named only where no other differs.
static const char *differences(Arena *arena, const Row *a, const Row *b, size_t *count)
{
    static const char *const groups[] = { "memory", "time", "parameters", NULL };
    static const char *const apart[] = { "key", "sweep", "study", "spec_sha", NULL };
    static const char *const follow[] = { "head_lr", "lr_source", "steps", "train_n", NULL };
    const char *names = "";
    *count = 0;
    for (int following = 0; following < 2 && *count == 0; following++)
        for (size_t c = 0; c < row_columns; c++) {
            const Column *column = &row_column[c];
            if (column->kind != COLUMN_decided || is_one_of(column->group, groups) ||
                is_one_of(column->name, apart) || is_one_of(column->name, follow) != following ||
                !strcmp(row_text(arena, a, column), row_text(arena, b, column)))
                continue;
            if (++*count <= MOST_DIFFERENCES)
                names = arena_format(arena, "%s%s%s", names, *names ? ", " : "", column->name);
        }
    return *count > MOST_DIFFERENCES ? arena_format(arena, "%s, ...", names) : names;
}

static const char *reason(Arena *arena, const Agenda *agenda, const Job *job)
{
    const Row *row = job->row, *d = &job->decided;
    if (row && !strcmp(row->status, "timeout"))
        return "timed out";
    if (row)
        return row->error ? arena_format(arena, "failed: %s", row->error) : "failed";
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < agenda->strays; i++) {
        const Row *s = &agenda->stray[i];
        if (!same_text(s->model, d->model) || !same_text(s->task, d->task) ||
            !same_text(s->method, d->method) || s->seed != d->seed)
            continue;
        size_t mark = arena_mark(arena), count;
        const char *names = differences(arena, d, s, &count);
        if (count > 0 && count < least) {
            least = count;
            nearest = names;
        } else
            arena_rewind(arena, mark);
    }
    return nearest ? arena_format(arena, "%s differ%s from an existing row", nearest,
                                  least == 1 ? "s" : "")
                   : "never run";
}

bool job_final(const Job *job)
{
    return job->row && (!strcmp(job->row->status, "ok") || !strcmp(job->row->status, "diverged"));
}

Job *agenda_next(Agenda *agenda)
{
    Job *next = NULL;
    for (size_t i = 0; i < agenda->jobs; i++) {
        Job *job = &agenda->job[i];
        int64_t least = next ? next->attempts : MOST_ATTEMPTS;
        if (!job->running && job->attempts < least && !job_final(job))
            next = job;
    }
    return next;
}

int64_t job_attempt(const Job *job)
{
    return job->row && job->row->attempts > 0 ? job->row->attempts + 1 : 1;
}

static const char *row_path(Arena *arena, const Agenda *agenda, const Job *job)
{
    return arena_format(arena, "%s/rows/%s.csv", agenda->folder, job->decided.key);
}

bool agenda_collect(Arena *arena, const Agenda *agenda, Job *job, int64_t attempt, bool *written,
                    Error *error)
{
    const char *path = row_path(arena, agenda, job);
    const Row *row;
    *written = false;
    if (!file_exists(path))
        return true;
    if (!read_row(arena, path, job->decided.key, &row, error))
        return error->kind != ERROR_ENVIRONMENT; // what cannot be read has not been written
    *written = row->attempts == attempt;
    if (*written)
        job->row = row;
    return true;
}

bool agenda_fail(Arena *arena, const Agenda *agenda, Job *job, int64_t attempt, int64_t jobs,
                 const char *status, const char *words, Error *error)
{
    Row *row = arena_take(arena, 1, sizeof *row);
    *row = job->decided;
    row->status = status;
    row->error = words;
    row->attempts = attempt;
    row->jobs = jobs;
    row->finished_at = utc_now(arena);
    if (!row_write(row_path(arena, agenda, job), row, error))
        return false;
    job->row = row;
    return true;
}

bool agenda_write(const Agenda *agenda, Error *error)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/plan.csv", agenda->folder) >= sizeof path)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = agenda->folder }, NULL,
                    "the path is too long");
    if (!file_write(path, put_plan, agenda, error))
        return false;
    snprintf(path, sizeof path, "%s/runs.csv", agenda->folder);
    return file_write(path, put_runs, agenda, error);
}

static bool put_plan(FILE *out, const void *content)
{
    const Agenda *agenda = content;
    fputs("key,seed,model,task,method,options,flops,status\n", out);
    for (size_t i = 0; i < agenda->jobs; i++) {
        const Row *row = &agenda->job[i].decided;
        const Text cells[] = { row->model, row->task, row->method, row->options };
        fprintf(out, "%s,%" PRId64 ",", row->key, row->seed);
        for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
            csv_put(out, cells[c] ? cells[c] : "");
            putc(',', out);
        }
        fprintf(out, "%.9g,%s\n", agenda->job[i].flops,
                agenda->job[i].row ? agenda->job[i].row->status : "pending");
    }
    return !ferror(out);
}

static bool put_runs(FILE *out, const void *content)
{
    const Agenda *agenda = content;
    row_header(out);
    for (size_t i = 0; i < agenda->jobs; i++)
        if (agenda->job[i].row)
            row_put(out, agenda->job[i].row);
    return !ferror(out);
}

// Adds a row and its flops to the sum that it belongs to: 0 same model and method, 1 same model, 2
// any.
static void count_row(const Row *row, double its_flops, const Job *job, double flops[3],
                      double seconds[3])
{
    if (!row || !row->status || strcmp(row->status, "ok") || !(its_flops > 0) || !(row->wall_s > 0))
        return;
    bool model = same_text(row->model, job->decided.model);
    int kind = !model ? 2 : same_text(row->method, job->decided.method) ? 0 : 1;
    for (; kind < 3; kind++) {
        flops[kind] += its_flops;
        seconds[kind] += row->wall_s;
    }
}

double agenda_rate(const Agenda *agenda, const Job *job, double standard, int *kind)
{
    double flops[3] = { 0 }, seconds[3] = { 0 };
    for (size_t i = 0; i < agenda->jobs; i++)
        count_row(agenda->job[i].row, agenda->job[i].flops, job, flops, seconds);
    for (size_t i = 0; i < agenda->strays; i++) // of these the training's alone are known
        count_row(&agenda->stray[i], agenda->stray[i].flops, job, flops, seconds);
    for (*kind = 0; *kind < 3; ++*kind)
        if (seconds[*kind] > 0)
            return flops[*kind] / seconds[*kind];
    return standard;
}
