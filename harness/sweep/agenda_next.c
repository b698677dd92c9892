// agenda_next.c: which run is next, and what is left, as far as that can be told.
#include "base/text.h"
#include "sweep/agenda_impl.h"
#include <math.h>
#include <string.h>

int64_t agenda_threads(const Agenda *agenda)
{
    int64_t most = 1;
    for (size_t i = 0; i < agenda->jobs; i++)
        if (agenda->job[i]->request.protocol.threads > most)
            most = agenda->job[i]->request.protocol.threads;
    return most;
}

bool job_final(const Job *job)
{
    return job->row && (row_ok(job->row) || !strcmp(job->row->status, "diverged"));
}

bool job_settled(const Job *job)
{
    return job_final(job) ||
           (job->trial && job->row && !job->running && job->row->attempts >= MOST_ATTEMPTS);
}

static bool before(const Job *a, const Job *b)
{
    return a->trial != b->trial ? a->trial : a->attempts < b->attempts;
}

// Rates that one search for the next run has asked for; a spec has few models and methods.
enum { MOST_RATES = 64 };
typedef struct {
    const Job *of[MOST_RATES];
    double rate[MOST_RATES];
    size_t count;
} Rates;

static double rate_in(Rates *rates, const Agenda *agenda, const Job *job, double standard)
{
    int kind;
    for (size_t i = 0; i < rates->count; i++)
        if (text_same(rates->of[i]->decided.model, job->decided.model) &&
            text_same(rates->of[i]->decided.method, job->decided.method))
            return rates->rate[i];
    double rate = agenda_rate(agenda, job, standard, &kind);
    if (rates->count < MOST_RATES) {
        rates->of[rates->count] = job;
        rates->rate[rates->count++] = rate;
    }
    return rate;
}

// Whether it ends within `seconds`, as far as is known.
static bool fits(Rates *rates, const Agenda *agenda, const Job *job, double seconds,
                 double standard)
{
    if (isinf(seconds))
        return true;
    double needs = job->flops / rate_in(rates, agenda, job, standard);
    return !(fmin(needs, job->request.protocol.timeout) > seconds);
}

Job *agenda_next(Agenda *agenda, double seconds, double standard)
{
    Job *next = NULL;
    Rates rates = { .count = 0 };
    for (size_t i = 0; i < agenda->jobs; i++) {
        Job *job = agenda->job[i];
        if (!job->running && job->attempts < MOST_ATTEMPTS && !job_settled(job) &&
            (!next || before(job, next)) && fits(&rates, agenda, job, seconds, standard))
            next = job;
    }
    return next;
}

int64_t job_attempt(const Job *job)
{
    return job->row && job->row->attempts > 0 ? job->row->attempts + 1 : 1;
}

// ---- what follows, as far as that can be told

Following setting_following(const Agenda *agenda, const SettingRuns *setting)
{
    size_t trials = (size_t)agenda->spec->search.trials;
    if (setting->finals || setting->fruitless)
        return (Following){ 0 };
    Following following = { .trials = trials - setting->known, .finals = agenda->spec->seeds };
    bool longer = search_has_longer(trials), waits = longer && following.trials > 0;
    double finals = (double)following.finals * setting->flops;
    following.flops = finals;
    if (following.trials > 0) // as the first trial each, and the longer one
        following.flops +=
            setting->job[0]->flops * ((double)following.trials + (waits ? LONGER - 1 : 0));
    following.most = following.flops + (longer ? (LONGER - 1) * finals : 0);
    return following;
}

size_t agenda_following(const Agenda *agenda)
{
    size_t count = 0;
    for (size_t k = 0; k < agenda->settings; k++) {
        Following following = setting_following(agenda, &agenda->setting[k]);
        count += following.trials + following.finals;
    }
    return count;
}

// Adds a row and its flops to the sum that it belongs to: 0 same model and method, 1 same model, 2
// any.
static void count_row(const Row *row, double its_flops, const Job *job, double flops[3],
                      double seconds[3])
{
    if (!row || !row_ok(row) || !(its_flops > 0) || !(row->wall_s > 0))
        return;
    bool model = text_same(row->model, job->decided.model);
    int kind = !model ? 2 : text_same(row->method, job->decided.method) ? 0 : 1;
    for (; kind < 3; kind++) {
        flops[kind] += its_flops;
        seconds[kind] += row->wall_s;
    }
}

double agenda_rate(const Agenda *agenda, const Job *job, double standard, int *kind)
{
    double flops[3] = { 0 }, seconds[3] = { 0 };
    for (size_t i = 0; i < agenda->jobs; i++)
        count_row(agenda->job[i]->row, agenda->job[i]->flops, job, flops, seconds);
    for (size_t i = 0; i < agenda->strays; i++) // of these the training's alone are known
        count_row(agenda->stray[i], agenda->stray[i]->flops, job, flops, seconds);
    for (size_t i = 0; i < agenda->others; i++)
        count_row(agenda->other[i], agenda->other[i]->flops, job, flops, seconds);
    for (*kind = 0; *kind < 3; ++*kind)
        if (seconds[*kind] > 0)
            return flops[*kind] / seconds[*kind];
    return standard;
}
