// agenda_rows.c: what has become of the runs: their rows, plan.csv and runs.csv.
#include "base/clock.h"
#include "base/csv.h"
#include "base/lock.h"
#include "base/text.h"
#include "sweep/agenda_impl.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIFFERENCES = 3 };

static const char *row_path(Arena *arena, const Agenda *agenda, const Job *job);
static const char *reason(Arena *arena, const Agenda *agenda, const Job *job);
static bool set_apart(Agenda *agenda, Error *error);
static void tell_of_other_data(const Agenda *agenda, FILE *tell);
static bool awaited(const Agenda *agenda, const Row *row);
static bool put_plan(FILE *out, const void *agenda);
static bool put_runs(FILE *out, const void *agenda);

bool agenda_look(Agenda *agenda, FILE *tell, Error *error)
{
    Arena *arena = agenda->arena;
    const char *rows = path_join(arena, agenda->folder, "rows"), **names;
    size_t count, unreadable = 0, known = agenda->jobs;
    if (!folder_list(arena, rows, ".csv", &names, &count, error))
        return false;
    agenda->stray = arena_zero(arena, count, sizeof *agenda->stray);
    for (size_t i = 0; i < count; i++) { // in the order of their keys
        Error wrong;
        const char *path = path_join(arena, rows, names[i]);
        const char *key = text_stem(arena, names[i], ".csv");
        if (row_read(arena, path, key, &agenda->stray[agenda->strays], &wrong))
            agenda->strays++;
        else if (rows_of_other_schema(arena, path)) { // not to be done again without a word
            *error = wrong;
            return false;
        } else
            unreadable++;
    }
    agenda->looked = true;
    for (size_t i = 0; i < known; i++)
        agenda_attach(agenda, agenda->by_key[i]);
    for (size_t k = 0; k < agenda->settings; k++)
        if (!agenda_follow(agenda, &agenda->setting[k], error))
            return false;
    if (!set_apart(agenda, error))
        return false;
    for (size_t i = 0; i < agenda->jobs && tell; i++) {
        Job *job = agenda->job[i];
        const char *path = row_path(arena, agenda, job);
        const Row *row;
        Error wrong;
        if (job->row || !file_exists(path) || row_read(arena, path, job->decided.key, &row, &wrong))
            continue;
        fprintf(tell, "%s; the run is done again\n", wrong.text);
        job->why = "its row cannot be read";
        unreadable--;
    }
    size_t waiting = 0, foreign = agenda->strays + unreadable;
    for (size_t i = 0; i < agenda->strays; i++)
        waiting += awaited(agenda, agenda->stray[i]);
    foreign -= waiting;
    if (tell)
        tell_of_other_data(agenda, tell);
    if (tell && waiting)
        fprintf(tell, "%s: %zu row%s of a search that has trials to do again; in runs.csv\n", rows,
                waiting, waiting == 1 ? "" : "s");
    if (tell && foreign)
        fprintf(tell,
                "%s: %zu row%s of no run that this spec is known to have; left alone, and out of "
                "runs.csv\n",
                rows, foreign, foreign == 1 ? "" : "s");
    return true;
}

// A run's key knows train and tune alone: dev and test decide no more than what it is scored on.
// data_sha is of all four, less the labels of the last two, which nobody reads before the end.
static bool of_other_data(const Job *job)
{
    const Row *row = job->row;
    return !job->trial && row && row_ok(row) && row->data_sha && job->decided.data_sha &&
           strcmp(row->data_sha, job->decided.data_sha) != 0;
}

// A line a task of which finished runs were scored on other rows than are there now.
static void tell_of_other_data(const Agenda *agenda, FILE *tell)
{
    for (size_t i = 0; i < agenda->jobs; i++) {
        const char *task = agenda->job[i]->decided.task;
        size_t runs = 0;
        bool told = !of_other_data(agenda->job[i]);
        for (size_t j = 0; j < agenda->jobs && !told; j++)
            if (of_other_data(agenda->job[j]) && text_same(agenda->job[j]->decided.task, task)) {
                told = j < i;
                runs++;
            }
        if (!told)
            fprintf(tell,
                    "%s: its dev or test data have changed since %zu run%s scored on them; a run "
                    "whose row is removed is done again\n",
                    task, runs, runs == 1 ? " was" : "s were");
    }
}

static int by_key(const void *a, const void *b)
{
    const Row *const *left = a, *const *right = b;
    return strcmp((*left)->key, (*right)->key);
}

static const Row **stray_find(const Agenda *agenda, const char *key)
{
    const Row *sought = &(Row){ .key = key };
    return bsearch(&sought, agenda->stray, agenda->strays, sizeof *agenda->stray, by_key);
}

// Whether it differs from the setting's trials in rate and steps alone.
static bool is_trial_of(const SettingRuns *setting, const Row *row)
{
    const Row *trial = &setting->job[0]->decided;
    const unsigned same = ROLE_seed | ROLE_line | ROLE_lever | ROLE_fold | ROLE_block;
    return text_same(row->stage, trial->stage) && text_same(row->task, trial->task) &&
           rows_alike(row, trial, same);
}

// A trial or a final of a search that is not settled: once the trials before it are, it most likely
// is what follows. Where there are more trials than the search has, some are of another one.
static bool awaited(const Agenda *agenda, const Row *row)
{
    const Job *winner = row->winner_key ? agenda_find(agenda, row->winner_key) : NULL;
    const Row **trial = stray_find(agenda, row->winner_key ? row->winner_key : row->key);
    for (size_t k = 0; (winner || trial) && k < agenda->settings; k++) {
        const SettingRuns *setting = &agenda->setting[k];
        size_t trials = setting->known;
        if (setting->finals || setting->fruitless)
            continue;
        for (size_t i = 0; winner && i < setting->known; i++)
            if (setting->job[i] == winner)
                return true;
        if (!trial || !is_trial_of(setting, *trial))
            continue;
        for (size_t i = 0; i < agenda->strays; i++)
            trials += is_trial_of(setting, agenda->stray[i]);
        if (trials <= (size_t)agenda->spec->search.trials)
            return true;
    }
    return false;
}

// Of the rows of no run in the shard those that the whole spec has.
static bool set_apart(Agenda *agenda, Error *error)
{
    Agenda whole;
    size_t left = 0;
    if (agenda->shard.count == 0 || agenda->strays == 0)
        return true;
    const Row **own = arena_take(agenda->arena, agenda->strays, sizeof *own);
    agenda->other = arena_zero(agenda->arena, agenda->strays, sizeof *agenda->other);
    bool ok = agenda_make(agenda->arena, agenda->spec, agenda->folder, (Shard){ 0 },
                          agenda->interrupted, &whole, error) &&
              agenda_look(&whole, NULL, error);
    for (size_t i = 0; ok && i < agenda->strays; i++) {
        const Row *row = agenda->stray[i];
        bool other =
            agenda_find(&whole, row->key) || (awaited(&whole, row) && !awaited(agenda, row));
        if (other)
            agenda->other[agenda->others++] = row;
        else
            own[left++] = row; // awaited goes by all of the strays
    }
    if (ok)
        agenda->stray = own, agenda->strays = left;
    agenda_close(&whole);
    return ok;
}

void agenda_attach(Agenda *agenda, Job *job)
{
    const Row **found = stray_find(agenda, job->decided.key);
    if (found) {
        job->row = *found;
        size_t behind = (size_t)(agenda->stray + agenda->strays - (found + 1));
        memmove(found, found + 1, behind * sizeof *found);
        agenda->strays--;
        agenda_note_search(agenda, job);
    }
    if (!job_final(job))
        job->why = reason(agenda->arena, agenda, job);
}

// Names the decided cells in which two rows differ, MOST_DIFFERENCES of them at most; `count`
// counts all. Cells that follow from others are named only where no other differs.
static const char *differences(Arena *arena, const Row *a, const Row *b, size_t *count)
{
    static const char *const groups[] = { "memory", "time", "parameters", NULL };
    static const char *const apart[] = { "key", "sweep", "study", "trials", NULL };
    static const char *const follow[] = { "head_lr", "lr_source", "steps", "train_n", NULL };
    const char *names = "";
    *count = 0;
    for (int following = 0; following < 2 && *count == 0; following++)
        for (size_t c = 0; c < row_columns; c++) {
            const Column *column = &row_column[c];
            if (column->kind != COLUMN_decided || text_among(column->group, groups) ||
                column->role == ROLE_found || text_among(column->name, apart) ||
                text_among(column->name, follow) != following ||
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
        const Row *s = agenda->stray[i];
        if (!text_same(s->model, d->model) || !text_same(s->task, d->task) ||
            !text_same(s->method, d->method) || s->seed != d->seed)
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

// ---- the search that a result came from

void agenda_note_search(Agenda *agenda, Job *job)
{
    if (job->trial || !job_final(job) || !job->decided.winner_key) // without a search: as it was
        return;
    if (rows_alike(job->row, &job->decided, ROLE_effort | ROLE_found))
        return;
    Row *row = arena_take(agenda->arena, 1, sizeof *row);
    *row = *job->row;
    row->lr_source = job->decided.lr_source;
    row->trials = job->decided.trials;
    row->search_space = job->decided.search_space;
    row->winner_key = job->decided.winner_key;
    row->winner_on_edge = job->decided.winner_on_edge;
    row->search_s = job->decided.search_s;
    job->row = row;
    job->amended = true;
}

// What another process has written since is left as it is.
static bool amend(const Agenda *agenda, const Job *job, Error *error)
{
    const char *path = row_path(agenda->arena, agenda, job);
    const Row *now;
    Error unread;
    Lock lock = lock_folder(path_join(agenda->arena, agenda->folder, "rows"));
    bool ours = row_read(agenda->arena, path, job->decided.key, &now, &unread) &&
                text_same(now->finished_at, job->row->finished_at);
    bool ok = !ours || row_write(path, job->row, error);
    lock_release(&lock);
    return ok;
}

bool agenda_amend(Agenda *agenda, Error *error)
{
    for (size_t i = 0; i < agenda->jobs; i++) {
        Job *job = agenda->job[i];
        if (job->amended && !amend(agenda, job, error))
            return false;
        job->amended = false;
    }
    return true;
}

// ---- rows that are being made

static const char *row_path(Arena *arena, const Agenda *agenda, const Job *job)
{
    return row_file(arena, agenda->folder, "rows", job->decided.key);
}

bool agenda_collect(Agenda *agenda, Job *job, int64_t attempt, bool *written, Error *error)
{
    Arena *arena = agenda->arena;
    const char *path = row_path(arena, agenda, job);
    const Row *row;
    *written = false;
    if (!file_exists(path))
        return true;
    if (!row_read(arena, path, job->decided.key, &row, error))
        return error->kind != ERROR_ENVIRONMENT; // what cannot be read has not been written
    Job read = { .row = row };
    *written = job_final(&read) || row->attempts == attempt;
    if (*written) {
        job->row = row;
        agenda_note_search(agenda, job);
    }
    return true;
}

bool agenda_fail(const Agenda *agenda, Job *job, int64_t attempt, int64_t jobs, const char *status,
                 const char *words, Error *error)
{
    Arena *arena = agenda->arena;
    Row *row = arena_take(arena, 1, sizeof *row);
    *row = job->decided;
    row->status = status;
    row->error = words;
    row->attempts = attempt;
    row->jobs = jobs;
    row->finished_at = utc_now(arena);
    const char *path = row_path(arena, agenda, job);
    Lock lock = lock_folder(path_join(arena, agenda->folder, "rows"));
    const Row *finished = row_finished(arena, path, job->decided.key); // by another process
    bool ok = finished || row_write(path, row, error);
    lock_release(&lock);
    if (ok)
        job->row = finished ? finished : row;
    return ok;
}

bool agenda_write(const Agenda *agenda, Error *error)
{
    Arena *arena = agenda->arena;
    size_t mark = arena_mark(arena);
    bool ok = file_write(path_join(arena, agenda->folder, "plan.csv"), put_plan, agenda, error) &&
              file_write(path_join(arena, agenda->folder, "runs.csv"), put_runs, agenda, error);
    arena_rewind(arena, mark);
    return ok;
}

static bool put_plan(FILE *out, const void *content)
{
    const Agenda *agenda = content;
    fputs("key,stage,seed,model,task,method,options,lr,flops,status\n", out);
    for (size_t i = 0; i < agenda->jobs; i++) {
        const Job *job = agenda->job[i];
        const Row *row = &job->decided;
        const Text cells[] = { row->model, row->task, row->method, row->options };
        fprintf(out, "%s,%s,%" PRId64 ",", row->key, row->stage, row->seed);
        for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
            csv_put(out, cells[c] ? cells[c] : "");
            putc(',', out);
        }
        csv_put_real(out, row->lr);
        fprintf(out, ",%.9g,%s\n", job->flops, job->row ? job->row->status : "pending");
    }
    return !ferror(out);
}

static bool put_runs(FILE *out, const void *content)
{
    const Agenda *agenda = content;
    row_header(out);
    for (size_t i = 0; i < agenda->jobs; i++)
        if (agenda->job[i]->row)
            row_put(out, agenda->job[i]->row);
    for (size_t i = 0; i < agenda->others; i++)
        row_put(out, agenda->other[i]);
    for (size_t i = 0; i < agenda->strays; i++)
        if (awaited(agenda, agenda->stray[i]))
            row_put(out, agenda->stray[i]);
    return !ferror(out);
}
