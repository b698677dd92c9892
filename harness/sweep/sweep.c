// sweep.c: the driver: plan, lock, start, wait, write.
#include "sweep/sweep_impl.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/text.h"
#include "sweep/manifest.h"
#include "sweep/slurm.h"
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WRITE_SECONDS 5 // between two writings of plan.csv and runs.csv

static size_t jobs_at_once(const SweepOptions *options, const Agenda *agenda);
static void print_commands(Sweep *s);
static bool work(Sweep *s, Error *error);
static bool lock(const char *folder, Arena *arena, Lock *lock, Error *error);
static bool prepare(Sweep *s, Error *error);
static bool write_tables(Sweep *s, double seconds, Error *error);
static bool drive(Sweep *s, Error *error);
static bool start(Sweep *s, Job *job, Error *error);
static bool finish(Sweep *s, Slot *slot, int status, Error *error);
static void stop(Sweep *s);
static bool in_front(const Sweep *s);
static void end_children(Sweep *s);
static void show(Sweep *s, const Slot *ended);
static bool conclude(Sweep *s, Error *error);
static bool parts_have_settings(const Sweep *s, Error *error);
static char **arguments(Sweep *s, Job *job);

bool sweep(const SweepOptions *options, Interrupt *interrupted, FILE *out, FILE *people,
           Error *error)
{
    Sweep s = { .options = options,
                .interrupted = interrupted,
                .out = out,
                .people = people,
                .deadline = options->seconds > 0 ? seconds_now() + options->seconds : INFINITY,
                .standard = (double)NAN };
    bool ok = false;
    s.terminal = fileno(people) >= 0 && isatty(fileno(people)) && !options->quiet;
    if (!(s.arena = arena_new(ARENA_RUN, error)))
        return false;
    if (!spec_read(s.arena, options->spec, options->set, options->sets, &s.spec, error))
        goto done;
    if (!parts_have_settings(&s, error))
        goto done;
    const char *folder = options->out ? options->out : path_join(s.arena, "results", s.spec.name);
    if (!agenda_make(s.arena, &s.spec, folder, options->shard, interrupted, &s.agenda, error))
        goto done;
    for (size_t i = 0; i < s.agenda.found.cuts; i++)
        fprintf(people, "%s; left out\n", s.agenda.found.cut[i]);
    s.slots = jobs_at_once(options, &s.agenda);
    if (options->dry_run || options->commands || options->slurm) { // nothing is locked or written
        ok = agenda_look(&s.agenda, people, error);
        if (ok && options->commands)
            print_commands(&s);
        else if (ok && options->slurm)
            ok = slurm_script(&s, error);
        else if (ok)
            ok = dry_run(&s, error);
    } else
        ok = work(&s, error);
done:
    agenda_close(&s.agenda);
    arena_free(s.arena);
    return ok;
}

// A part without any would leave a folder without rows, which no table reads.
static bool parts_have_settings(const Sweep *s, Error *error)
{
    size_t settings = s->spec.count / s->spec.seeds, slurm = s->options->slurm;
    size_t parts = slurm ? slurm : s->options->shard.count;
    return parts <= settings ||
           fail(error, ERROR_INPUT, (Where){ .item = slurm ? "--slurm" : "--shard" },
                arena_format(s->arena, "at most %zu, a setting each", settings),
                "%zu parts are more than the sweep has settings", parts);
}

// A run takes `threads` cores; cores are those that this process may use.
static size_t jobs_at_once(const SweepOptions *options, const Agenda *agenda)
{
    cpu_set_t cores;
    int64_t threads = agenda_threads(agenda), count = 1;
    if (options->jobs > 0)
        return options->jobs;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0)
        count = CPU_COUNT(&cores);
    return count > threads ? (size_t)(count / threads) : 1;
}

// The command of a run: what --commands prints and what a child executes.
static char **arguments(Sweep *s, Job *job)
{
    size_t count;
    job->request.protocol.attempt = job_attempt(job);
    job->request.protocol.jobs = (int64_t)s->slots;
    char **from = request_arguments(s->arena, &job->request, &count);
    char **argument = arena_zero(s->arena, count + 2, sizeof *argument);
    argument[0] = arena_text(s->arena, s->options->program);
    memcpy(argument + 1, from, count * sizeof *argument);
    return argument;
}

static void print_commands(Sweep *s)
{
    size_t trials = 0;
    for (size_t i = 0; i < s->agenda.jobs; i++) {
        size_t mark = arena_mark(s->arena);
        const Job *job = s->agenda.job[i];
        trials += job->trial && !job_settled(job);
        if (!job_settled(job))
            fprintf(s->out, "%s\n", shell_line(s->arena, arguments(s, s->agenda.job[i])));
        arena_rewind(s->arena, mark);
    }
    size_t following = agenda_following(&s->agenda);
    if (following)
        fprintf(s->people,
                "%zu more runs follow once the rows of these are there: give this command again\n",
                following);
    if (trials)
        fputs("a trial that leaves no row, as one that is killed, is settled by this command "
              "without --commands\n",
              s->people);
}

// What the kernel could give without swapping; 0 where it does not say.
static size_t available_bytes(void)
{
    char kilobytes[32];
    file_field("/proc/meminfo", "MemAvailable", kilobytes, sizeof kilobytes);
    return (size_t)strtoull(kilobytes, NULL, 10) * 1024;
}

static bool work(Sweep *s, Error *error)
{
    Lock locked;
    if (!folder_make(s->agenda.folder, error) || !lock(s->agenda.folder, s->arena, &locked, error))
        return false;
    bool ok = prepare(s, error);
    Need whole = need(s);
    size_t available = available_bytes();
    if (ok && available && whole.sum > available)
        fprintf(s->people,
                "memory: %zu runs at once may need %.0f MB, %.0f MB are available; fewer --jobs "
                "need less\n",
                whole.at_once, (double)whole.sum / 1e6, (double)available / 1e6);
    ok = ok && (!agenda_next(&s->agenda, INFINITY, s->standard) || drive(s, error)) &&
         conclude(s, error);
    lock_release(&locked);
    return ok;
}

static bool lock(const char *folder, Arena *arena, Lock *lock, Error *error)
{
    const char *path = path_join(arena, folder, ".lock");
    LockTry got = lock_try(path, lock);
    if (got == LOCK_GOT)
        return true;
    if (got == LOCK_NONE)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL, "cannot be locked: %s",
                    strerror(errno));
    long holder = lock_holder(path);
    return fail(error, ERROR_ENVIRONMENT, (Where){ .file = folder }, NULL,
                "another sweep works here%s",
                holder > 0 ? arena_format(arena, " (process %ld)", holder) : "");
}

// Of a sweep's folder: itself, and what lies in it.
static const char *const folders[] = { "",     "rows",    "scores",  "curves", "predictions",
                                       "logs", "figures", "profiles" };
enum { FOLDERS = sizeof folders / sizeof *folders };

static bool remove_parts(Sweep *s, Error *error)
{
    bool ok = true;
    for (size_t f = 0; f < FOLDERS && ok; f++)
        ok = parts_remove(s->arena, path_join(s->arena, s->agenda.folder, folders[f]), error);
    return ok;
}

// The file as it is, and the overrides that it was run with.
static bool put_spec(FILE *out, const void *content)
{
    const Sweep *s = content;
    Bytes text = s->spec.text;
    bool ok = fwrite(text.data, 1, text.size, out) == text.size;
    if (s->options->sets > 0 && text.size > 0 && text.data[text.size - 1] != '\n')
        ok = fputc('\n', out) != EOF && ok; // else the last line would end in a comment
    for (size_t i = 0; i < s->options->sets; i++)
        ok = fprintf(out, "# --set %s\n", s->options->set[i]) > 0 && ok;
    return ok;
}

static bool prepare(Sweep *s, Error *error)
{
    for (size_t i = 0; i < FOLDERS; i++)
        if (!folder_make(path_join(s->arena, s->agenda.folder, folders[i]), error))
            return false;
    return remove_parts(s, error) && agenda_look(&s->agenda, s->people, error) &&
           file_write(path_join(s->arena, s->agenda.folder, "spec.yaml"), put_spec, s, error) &&
           agenda_amend(&s->agenda, error) && write_tables(s, 0, error);
}

// Rows are what counts; these two follow from them, and would cost more than the runs of a large
// sweep if they were written after each.
static bool write_tables(Sweep *s, double seconds, Error *error)
{
    double now = seconds_now();
    if (seconds > 0 && now - s->written < seconds)
        return true;
    s->written = now;
    return agenda_write(&s->agenda, error);
}

static bool drive(Sweep *s, Error *error)
{
    Manifest manifest;
    sigset_t awaited, before;
    struct timespec moment = { .tv_nsec = 200 * 1000 * 1000 };
    bool ok = true;
    if (!manifest_begin(s->arena, &s->agenda, &s->spec, s->options->command_line, &manifest, error))
        return false;
    s->slot = arena_zero(s->arena, s->slots, sizeof *s->slot);
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD); // a child that ends ends the wait
    sigaddset(&awaited, SIGTSTP);
    sigprocmask(SIG_BLOCK, &awaited, &before);
    if (!isinf(s->deadline))
        s->standard = standard_rate(s);
    while (ok && !*s->interrupted && seconds_now() < s->deadline) {
        Job *next;
        while (ok && !*s->interrupted && s->running < s->slots &&
               (next = agenda_next(&s->agenda, s->deadline - seconds_now(), s->standard)))
            ok = start(s, next, error);
        if (!ok || s->running == 0)
            break;
        show(s, NULL);
        if (sigtimedwait(&awaited, NULL, &moment) == SIGTSTP)
            stop(s);
        for (size_t i = 0; ok && i < s->slots; i++) {
            Slot *slot = &s->slot[i];
            int status;
            if (slot->job && child_ended(&slot->child, &status))
                ok = finish(s, slot, status, error);
            else if (slot->job && seconds_now() > slot->deadline && !slot->killed) {
                child_signal(&slot->child, SIGKILL);
                slot->killed = true;
            }
        }
    }
    end_children(s);
    if (in_front(s))
        terminal_line(s->people, "");
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (ok)
        ok = remove_parts(s, error) && write_tables(s, 0, error) && manifest_end(&manifest, error);
    else
        json_decref(manifest.root);
    return ok;
}

static bool start(Sweep *s, Job *job, Error *error)
{
    Slot *slot = s->slot;
    while (slot->job)
        slot++;
    char **argument = arguments(s, job);
    const char *log = arena_format(s->arena, "%s/logs/%s.log", s->agenda.folder, job->decided.key);
    if (!child_start(s->options->image, argument, log, &slot->child, error))
        return false;
    double timeout = job->request.protocol.timeout;
    slot->job = job;
    slot->attempt = job_attempt(job);
    slot->started = seconds_now();
    slot->deadline = isnan(timeout) ? INFINITY : slot->started + timeout + s->options->grace;
    slot->killed = false;
    job->running = true;
    job->attempts++;
    s->running++;
    if (s->options->verbose) {
        if (s->terminal)
            terminal_line(s->people, "");
        fprintf(s->people, "%s\n", shell_line(s->arena, argument));
    }
    return true;
}

// A child has ended: its row, or one that says why there is none.
static bool finish(Sweep *s, Slot *slot, int status, Error *error)
{
    Job *job = slot->job;
    Slot ended = *slot;
    bool written;
    slot->job = NULL;
    job->running = false;
    s->running--;
    if (!agenda_collect(&s->agenda, job, ended.attempt, &written, error))
        return false;
    if (!written && !agenda_fail(&s->agenda, job, ended.attempt, (int64_t)s->slots,
                                 ended.killed ? "timeout" : "failed",
                                 ended.killed ? "killed: it went on after its timeout"
                                              : child_words(s->arena, &ended.child, status),
                                 error))
        return false;
    if (job_final(job)) {
        s->flops_done += job->flops;
        s->seconds_done += isnan(job->row->wall_s) ? seconds_now() - ended.started
                                                   : job->row->wall_s; // which no Ctrl-Z is in
    }
    if (!agenda_follow_run(&s->agenda, job, error) || !agenda_amend(&s->agenda, error) ||
        !write_tables(s, WRITE_SECONDS, error))
        return false;
    show(s, &ended);
    return true;
}

// Ctrl-Z stops the driver alone. A run that were stopped, too, would have the pause in its times,
// and its timeout would go by: those in flight go on.
static void stop(Sweep *s)
{
    sigset_t it;
    sigemptyset(&it);
    sigaddset(&it, SIGTSTP);
    if (s->terminal)
        terminal_line(s->people, "");
    fprintf(s->people,
            "stopped: %zu run%s in flight go%s on to the end, and nothing else starts until fg or "
            "bg\n",
            s->running, s->running == 1 ? "" : "s", s->running == 1 ? "es" : "");
    fflush(s->people);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &it, NULL); // here; or not, where nobody could let it go on again
    sigprocmask(SIG_BLOCK, &it, NULL);
}

// SIGTERM, and SIGKILL for who does not listen. What was finished in time is kept.
static void end_children(Sweep *s)
{
    const double patience = 5;
    double began = seconds_now();
    for (size_t i = 0; i < s->slots; i++)
        if (s->slot[i].job)
            child_signal(&s->slot[i].child, SIGTERM);
    while (s->running > 0) {
        struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };
        nanosleep(&moment, NULL);
        for (size_t i = 0; i < s->slots; i++) {
            Slot *slot = &s->slot[i];
            int status;
            bool written;
            Error ignored; // the first error is the one to report
            if (slot->job && child_ended(&slot->child, &status)) {
                agenda_collect(&s->agenda, slot->job, slot->attempt, &written, &ignored);
                slot->job->running = false;
                slot->job = NULL;
                s->running--;
            } else if (slot->job && seconds_now() - began > patience)
                child_signal(&slot->child, SIGKILL);
        }
    }
}

// Flops that are left over the rate of one run, over the runs at once; what is running has done its
// share by now. NAN until a run has finished.
static double left_s(const Sweep *s)
{
    double flops = 0, rate = s->flops_done / s->seconds_done;
    size_t left = s->running;
    for (size_t i = 0; i < s->agenda.jobs; i++) {
        const Job *job = s->agenda.job[i];
        if (!job_settled(job) && !job->running && job->attempts == 0) {
            flops += job->flops;
            left++;
        }
    }
    for (size_t i = 0; i < s->slots; i++)
        if (s->slot[i].job)
            flops += fmax(0, s->slot[i].job->flops - rate * (seconds_now() - s->slot[i].started));
    for (size_t k = 0; k < s->agenda.settings; k++) {
        Following more = setting_following(&s->agenda, &s->agenda.setting[k]);
        flops += more.flops;
        left += more.trials + more.finals;
    }
    return s->seconds_done > 0 && left > 0
               ? flops / rate / (double)(left < s->slots ? left : s->slots)
               : NAN;
}

// Whether the line of progress is on the terminal: after bg that is the shell's.
static bool in_front(const Sweep *s)
{
    pid_t group = s->terminal ? tcgetpgrp(fileno(s->people)) : 0;
    return group == getpgrp() || group < 0; // < 0: of a terminal that has no jobs
}

// `ended`: the run that has just ended; NULL between.
static void show(Sweep *s, const Slot *ended)
{
    size_t mark = arena_mark(s->arena);
    Progress *p = &s->progress;
    bool front = in_front(s);
    if (s->options->quiet || (!ended && !front))
        return;
    p->total = s->agenda.jobs + agenda_following(&s->agenda);
    p->running = ended ? 0 : s->running; // the next one is about to start
    p->done = p->failed = 0;
    for (size_t i = 0; i < s->agenda.jobs; i++) {
        p->done += job_final(s->agenda.job[i]);
        p->failed += s->agenda.job[i]->row && !job_final(s->agenda.job[i]);
    }
    if (ended) {
        p->label = ended->job->label;
        p->row = ended->job->row;
    }
    p->left_s = left_s(s);
    const char *line = progress_line(s->arena, p);
    bool bad = ended && !row_ok(p->row);
    if (bad || !s->terminal) {
        if (front)
            terminal_line(s->people, "");
        fprintf(s->people, "%s\n", line);
        if (bad && p->row->error)
            fprintf(s->people, "  %s\n", p->row->error);
    }
    if (front)
        terminal_line(s->people, line);
    arena_rewind(s->arena, mark);
}

// Settings that no rate was found for.
static size_t say_fruitless(const Sweep *s)
{
    size_t count = 0;
    for (size_t k = 0; k < s->agenda.settings; k++)
        if (s->agenda.setting[k].fruitless) {
            count++;
            fprintf(s->people,
                    "%s: no trial ended ok, so there is no rate and there are no finals; a trial "
                    "whose row is removed is done again\n",
                    s->agenda.setting[k].asked->setting);
        }
    return count;
}

// A rate at the end of what was tried may not be the best there is.
static void say_edges(const Sweep *s)
{
    for (size_t k = 0; k < s->agenda.settings; k++) {
        const SettingRuns *setting = &s->agenda.setting[k];
        size_t trials = setting->known, best = setting->best;
        if (setting->no_trials || !setting->finals || !search_on_edge(setting->trial, trials, best))
            continue;
        bool lowest = search_is_lowest(setting->trial, trials, best);
        fprintf(s->people,
                "%s: the best rate, %.3g, is the %s that was tried (search: {around: %g} would try "
                "%s ones)\n",
                setting->asked->setting,
                search_rate(setting->standard, setting->trial[best].quarters),
                lowest ? "lowest" : "highest", s->spec.search.around * (lowest ? 0.1 : 10),
                lowest ? "lower" : "higher");
    }
}

// A trial that diverged has told what it was asked: that its rate is too high.
static bool told(const Job *job)
{
    return job->row && (row_ok(job->row) || (job->trial && !strcmp(job->row->status, "diverged")));
}

// Whether a run is left that was not tried: the deadline forbade it, or cut it off.
static bool left_untried(Sweep *s)
{
    return agenda_following(&s->agenda) > 0 || agenda_next(&s->agenda, INFINITY, s->standard);
}

static const char *time_left(Sweep *s)
{
    double seconds = cost_of(s).seconds / (double)need(s).at_once;
    return isnan(seconds) ? "nobody knows how long"
                          : arena_format(s->arena, "%s with %zu at once",
                                         duration_text(s->arena, seconds), need(s).at_once);
}

static bool conclude(Sweep *s, Error *error)
{
    size_t count[4] = { 0 }, rows = 0, good = 0; // count by status
    size_t all = s->agenda.jobs + agenda_following(&s->agenda);
    for (size_t i = 0; i < s->agenda.jobs; i++) {
        const Job *job = s->agenda.job[i];
        const Row *row = job->row;
        for (size_t k = 0; row && k < 4; k++)
            count[k] += !strcmp(row->status, row_statuses[k]);
        rows += row != NULL;
        good += told(job);
        if (row && !told(job))
            fprintf(s->people, "%s: %s%s%s (%s/logs/%s.log)\n", job->label, row->status,
                    row->error ? ": " : "", row->error ? row->error : "", s->agenda.folder,
                    row->key);
    }
    say_edges(s);
    size_t fruitless = say_fruitless(s);
    fprintf(s->out, "%s: %zu of %zu runs", s->spec.name, rows, all);
    for (size_t k = 0; k < 4; k++)
        if (count[k])
            fprintf(s->out, ", %zu %s", count[k], row_statuses[k]);
    fprintf(s->out, "\n%s/runs.csv\n", s->agenda.folder);
    char *const show[] = { arena_text(s->arena, s->options->program), (char *)"table",
                           arena_text(s->arena, s->agenda.folder), NULL };
    if (good > 0)
        fprintf(s->people, "see: %s\n", shell_line(s->arena, show));
    Where where = { .file = s->agenda.folder };
    if (*s->interrupted)
        return fail(error, ERROR_INTERRUPTED, where, NULL,
                    "interrupted; %zu of %zu runs are kept, and the same command goes on",
                    count[0] + count[1], all);
    if (!isinf(s->deadline) && count[0] + count[1] < all && left_untried(s))
        return fail(error, ERROR_WORK, where, NULL,
                    "the time is up; %zu of %zu runs are left, about %s, and the same command goes "
                    "on",
                    all - count[0] - count[1], all, time_left(s));
    if (good < all)
        return fail(error, ERROR_WORK, where, NULL, "%zu of %zu runs did not end ok", all - good,
                    all);
    if (fruitless)
        return fail(error, ERROR_WORK, where, NULL, "%zu of %zu settings found no rate", fruitless,
                    s->agenda.settings);
    return true;
}
