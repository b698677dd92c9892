// agenda.c: which runs there are: settings, their trials, their finals.
#include "base/text.h"
#include "sweep/agenda_impl.h"
#include "sweep/found.h"
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef enum { TIER_GRID, TIER_REFINED, TIER_LONGER, TIER_FINAL } Tier;

static bool make_setting(Agenda *agenda, SettingRuns *setting, Error *error);
static bool add_job(Agenda *agenda, Job *job, const Asked *asked, Job **there, Error *error);
static bool add_trial(Agenda *agenda, SettingRuns *setting, size_t number, Tier tier, Error *error);
static bool add_finals(Agenda *agenda, SettingRuns *setting, const Protocol *found, Error *error);

static bool in_shard(Shard shard, size_t number)
{
    return shard.count == 0 || (number + number / shard.count) % shard.count == shard.index;
}

bool agenda_make(Arena *arena, const Spec *spec, const char *folder, Shard shard,
                 Interrupt *interrupted, Agenda *agenda, Error *error)
{
    size_t settings = spec->count / spec->seeds, most = 0;
    *agenda = (Agenda){ .spec = spec,
                        .folder = folder,
                        .shard = shard,
                        .interrupted = interrupted,
                        .arena = arena,
                        .setting = arena_zero(arena, settings, sizeof *agenda->setting) };
    if (!(agenda->shared = arena_new(ARENA_RUN, error)))
        return false;
    agenda->files = files_new(agenda->shared);
    for (size_t k = 0; k < settings; k++)
        if (in_shard(shard, k)) {
            agenda->setting[agenda->settings++] =
                (SettingRuns){ .asked = &spec->asked[k], .number = k };
            most += MOST_TRIALS + spec->seeds;
        }
    agenda->job = arena_zero(arena, most + 1, sizeof *agenda->job);
    agenda->by_key = arena_zero(arena, most + 1, sizeof *agenda->by_key);
    if (spec->search.from &&
        !found_read(arena, spec->search.from, spec->search.where, &agenda->found, error))
        return false;
    for (size_t k = 0; k < agenda->settings; k++)
        if (!make_setting(agenda, &agenda->setting[k], error))
            return false;
    return true;
}

void agenda_close(Agenda *agenda)
{
    if (agenda->files)
        files_close(agenda->files);
    arena_free(agenda->shared);
    agenda->files = NULL;
    agenda->shared = NULL;
}

// ---- settings

static bool has_rate(const Request *request)
{
    return method_steps(request->method, request->options) && request->method->rate[0] > 0;
}

// Told at the place of what the error names.
static bool resolved(Agenda *agenda, const Request *request, const char *label, const Asked *asked,
                     Resolved *result, Error *error)
{
    Error wrong;
    if (!agenda->looked && *agenda->interrupted)
        return fail(error, ERROR_INTERRUPTED, (Where){ 0 }, NULL, "interrupted; nothing was begun");
    return resolve(agenda->arena, agenda->files, request, result, &wrong) ||
           fail(error, wrong.kind, asked_where(asked, wrong.text), NULL, "%s: %s", label,
                wrong.text);
}

// The longer trial, and finals of its steps, are runs that a command must accept.
static bool check_bounds(const SettingRuns *setting, Error *error)
{
    static const char *const names[] = { "epochs", "min-steps" };
    const Protocol *protocol = &setting->asked->request.protocol;
    const int64_t value[] = { protocol->epochs, protocol->min_steps };
    for (int i = 0; i < 2; i++) {
        double high = option_find(protocol_options, names[i])->high;
        if ((double)value[i] * LONGER > high)
            return fail(error, ERROR_INPUT, setting->asked->where, "fewer, or given lr",
                        "%s: %d times %" PRId64 " %s, of the longest trial, are over %.0f",
                        setting->asked->setting, LONGER, value[i], names[i], high);
    }
    return true;
}

// A range that was moved may be left by none of the trials.
static bool check_rates(const SettingRuns *setting, const SearchAsked *search, Error *error)
{
    enum { OUTWARD = 8 }; // quarters, the furthest that a search goes
    const Option *lr = option_find(protocol_options, "lr");
    double highest = search_rate(setting->standard, OUTWARD);
    return search->around == 1 || highest <= lr->high ||
           fail(error, ERROR_INPUT, search->where, "nearer to 1",
                "%s: around %g would try rates up to %.3g, above %g", setting->asked->setting,
                search->around, highest, lr->high);
}

static void lengthen(Protocol *protocol)
{
    protocol->epochs *= LONGER;
    protocol->min_steps *= LONGER;
    if (!isnan(protocol->timeout))
        protocol->timeout =
            fmin(protocol->timeout * LONGER, option_find(protocol_options, "timeout")->high);
}

static bool check_longer(Agenda *agenda, const SettingRuns *setting, Error *error)
{
    Request longer = setting->asked->request;
    Resolved result;
    longer.protocol.out = agenda->folder;
    lengthen(&longer.protocol);
    return check_bounds(setting, error) &&
           resolved(agenda, &longer, setting->asked->setting, setting->asked, &result, error);
}

static const Asked *final_asked(const Spec *spec, const SettingRuns *setting, size_t seed)
{
    return &spec->asked[seed * (spec->count / spec->seeds) + setting->number];
}

// A run of the random numbers that the trials had has chosen the rate: no final may be one.
// `trials`: of any of them.
static bool check_seeds(const Agenda *agenda, const SettingRuns *setting, const Row *trials,
                        Error *error)
{
    const Spec *spec = agenda->spec;
    for (size_t s = 0; s < spec->seeds; s++) {
        const Asked *asked = final_asked(spec, setting, s);
        const Protocol *final = &asked->request.protocol;
        if (stream_seed(final->init_seed, final->seed) == trials->init_seed &&
            stream_seed(final->order_seed, final->seed) == trials->order_seed &&
            stream_seed(final->dropout_seed, final->seed) == trials->dropout_seed &&
            stream_seed(final->data_seed, final->seed) == trials->data_seed)
            return fail(error, ERROR_INPUT, spec->search.where, "others than the search's",
                        "%s: seed %" PRId64 " is the trials' own%s%s", asked->setting, final->seed,
                        spec->search.from ? " in " : "", known(spec->search.from));
    }
    return true;
}

static bool make_setting(Agenda *agenda, SettingRuns *setting, Error *error)
{
    const SearchAsked *search = &agenda->spec->search;
    const Asked *asked = setting->asked;
    Protocol protocol = asked->request.protocol;
    Resolved result;
    setting->no_trials = !search->asked               ? "no search is asked for"
                         : !has_rate(&asked->request) ? "its method has no rate"
                         : !isnan(protocol.lr)        ? "its rate is given"
                                                      : NULL;
    if (setting->no_trials)
        return add_finals(agenda, setting, NULL, error);
    Request standard = asked->request;
    standard.protocol.out = agenda->folder;
    standard.protocol.seed = search->from ? protocol.seed : search->seed;
    if (!resolved(agenda, &standard, asked->setting, asked, &result, error))
        return false;
    setting->key = result.row.key;
    for (const SettingRuns *other = agenda->setting; other < setting; other++)
        if (other->key && !strcmp(other->key, setting->key))
            return fail(error, ERROR_INPUT, asked->where, "each run once",
                        "'%s' and '%s' are the same run", other->asked->setting, asked->setting);
    setting->standard = result.row.lr * (search->from ? 1 : search->around);
    setting->flops = result.flops;
    setting->bytes = result.bytes;
    if (!search->from)
        return check_rates(setting, search, error) &&
               check_seeds(agenda, setting, &result.row, error) &&
               (!search_has_longer((size_t)search->trials) ||
                check_longer(agenda, setting, error)) &&
               agenda_follow(agenda, setting, error);

    Found found;
    if (!found_of(agenda->arena, &agenda->found, &result.row, search->from, asked->setting, &found,
                  error))
        return false;
    bool longer = found.longer && search->steps == SEARCH_STEPS_FOUND;
    if (!check_seeds(agenda, setting, found.winner, error) ||
        (longer && !check_bounds(setting, error)))
        return false;
    setting->no_trials = "its rate is taken over";
    if (*found.differs)
        setting->no_trials = arena_format(agenda->arena, "its rate is taken over; %s differ%s",
                                          found.differs, strchr(found.differs, ',') ? "" : "s");
    protocol.lr = found.final->lr;
    if (longer)
        lengthen(&protocol);
    protocol.winner_key = found.final->winner_key;
    protocol.trials = found.final->trials;
    protocol.search_space = found.final->search_space;
    protocol.winner_on_edge =
        found.final->winner_on_edge && !strcmp(found.final->winner_on_edge, "yes");
    protocol.search_s = found.final->search_s;
    return add_finals(agenda, setting, &protocol, error);
}

static Outcome outcome_of(const Job *job)
{
    const Row *row = job->row;
    if (!job_settled(job))
        return (Outcome){ 0 };
    return (
        Outcome){ .settled = true, .ok = row_ok(row), .score = row->tune_score, .loss = row->loss };
}

bool agenda_follow(Agenda *agenda, SettingRuns *setting, Error *error)
{
    size_t trials = (size_t)agenda->spec->search.trials;
    Outcome outcome[MOST_TRIALS] = { 0 };
    if (setting->no_trials || setting->finals || setting->fruitless)
        return true;
    for (bool more = true; more;) {
        for (size_t i = 0; i < setting->known; i++)
            outcome[i] = outcome_of(setting->job[i]);
        size_t before = setting->known, known = search_known(trials, outcome, setting->trial);
        more = known > before;
        for (size_t i = before; i < known; i++) {
            Tier tier = setting->trial[i].longer ? TIER_LONGER
                        : before == 0            ? TIER_GRID
                                                 : TIER_REFINED;
            if (!add_trial(agenda, setting, i, tier, error))
                return false;
        }
    }
    if (setting->known < trials || !search_settled(outcome, trials))
        return true;

    Protocol found = setting->asked->request.protocol;
    size_t best = setting->best = search_best(setting->trial, outcome, trials);
    setting->fruitless = !search_worked(&outcome[best]);
    if (setting->fruitless)
        return true;
    found.lr = search_rate(setting->standard, setting->trial[best].quarters);
    if (setting->trial[best].longer)
        lengthen(&found);
    found.winner_key = setting->job[best]->decided.key;
    found.trials = (int64_t)trials;
    found.search_space = search_space(agenda->arena, setting->standard, setting->trial, trials);
    found.winner_on_edge = search_on_edge(setting->trial, trials, best);
    found.search_s = 0;
    for (size_t i = 0; i < trials; i++)
        if (!isnan(setting->job[i]->row->wall_s))
            found.search_s += row_alone_s(setting->job[i]->row);
    found.search_s = round(1e3 * found.search_s) / 1e3;
    return add_finals(agenda, setting, &found, error);
}

bool agenda_follow_run(Agenda *agenda, const Job *job, Error *error)
{
    for (size_t k = 0; k < agenda->settings; k++) {
        SettingRuns *setting = &agenda->setting[k];
        bool waits = false;
        for (size_t i = 0; i < setting->known; i++)
            waits = waits || setting->job[i] == job;
        if (waits && !agenda_follow(agenda, setting, error))
            return false;
    }
    return true;
}

// ---- runs

static uint64_t place(Tier tier, size_t first, size_t second)
{
    return (uint64_t)tier << 60 | (uint64_t)first << 30 | (uint64_t)second;
}

static bool add_trial(Agenda *agenda, SettingRuns *setting, size_t number, Tier tier, Error *error)
{
    const Trial *trial = &setting->trial[number];
    Job *job = arena_zero(agenda->arena, 1, sizeof *job);
    job->request = setting->asked->request;
    Protocol *protocol = &job->request.protocol;
    protocol->stage = STAGE_TRIAL;
    protocol->train_on = TRAIN_ON_TRAIN; // finals alone may train on tune
    protocol->seed = agenda->spec->search.seed;
    protocol->lr = search_rate(setting->standard, trial->quarters);
    if (trial->longer)
        lengthen(protocol);
    job->label = arena_format(agenda->arena, "%s trial %zu lr %.3g%s", setting->asked->setting,
                              number + 1, protocol->lr, trial->longer ? ", longer" : "");
    job->setting = setting;
    job->place = place(tier, setting->number, number);
    job->trial = true;
    setting->known = number + 1;
    return add_job(agenda, job, setting->asked, &setting->job[number], error);
}

// `found`: the protocol with the rate, the steps and what else a search has found; NULL: the
// spec's.
static bool add_finals(Agenda *agenda, SettingRuns *setting, const Protocol *found, Error *error)
{
    const Spec *spec = agenda->spec;
    setting->finals = true;
    for (size_t s = 0; s < spec->seeds; s++) {
        const Asked *asked = final_asked(spec, setting, s);
        Job *job = arena_zero(agenda->arena, 1, sizeof *job), *there;
        job->request = asked->request;
        job->literal = !found;
        if (found) {
            job->request.protocol = *found;
            job->request.protocol.seed = asked->request.protocol.seed;
        }
        job->label = asked->label;
        job->setting = setting;
        job->place = place(TIER_FINAL, s, setting->number);
        if (!add_job(agenda, job, asked, &there, error))
            return false;
    }
    return true;
}

static void insert(Job **list, size_t count, size_t at, Job *job)
{
    memmove(list + at + 1, list + at, (count - at) * sizeof(Job *));
    list[at] = job;
}

// Where a key stands among the runs by key, or would stand.
static size_t position(const Agenda *agenda, const char *key)
{
    size_t low = 0, high = agenda->jobs;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(agenda->by_key[middle]->decided.key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Job *agenda_find(const Agenda *agenda, const char *key)
{
    size_t at = position(agenda, key);
    bool there = at < agenda->jobs && !strcmp(agenda->by_key[at]->decided.key, key);
    return there ? agenda->by_key[at] : NULL;
}

static void put_in_plan(Agenda *agenda, size_t count, Job *job)
{
    size_t at = count;
    while (at > 0 && agenda->job[at - 1]->place > job->place)
        at--;
    insert(agenda->job, count, at, job);
}

// One run for two settings. It is told as the one's that stands first in the plan, so that it does
// not matter whose search was the faster.
static void share(Agenda *agenda, Job *there, const Job *job)
{
    size_t at = 0;
    there->literal = there->literal || job->literal;
    if (job->place >= there->place)
        return;
    there->request = job->request;
    there->label = job->label;
    there->setting = job->setting;
    there->place = job->place;
    there->decided = job->decided;
    while (agenda->job[at] != there)
        at++;
    memmove(agenda->job + at, agenda->job + at + 1, (agenda->jobs - at - 1) * sizeof(Job *));
    put_in_plan(agenda, agenda->jobs - 1, there);
    agenda_note_search(agenda, there);
}

// `*there`: the run, or the one with its key that is there. Searches meet in one where the longer
// steps of one setting are the steps of another, or two find the same rate.
static bool add_job(Agenda *agenda, Job *job, const Asked *asked, Job **there, Error *error)
{
    Resolved result;
    job->request.protocol.out = agenda->folder;
    if (!resolved(agenda, &job->request, job->label, asked, &result, error))
        return false;
    job->decided = result.row;
    job->flops = result.flops;
    job->bytes = result.bytes;
    *there = agenda_find(agenda, job->decided.key);
    if (*there) {
        bool own = !job->trial && !(*there)->trial && (*there)->setting == job->setting;
        if (own || (job->literal && (*there)->literal))
            return fail(error, ERROR_INPUT, asked->where,
                        text_same((*there)->decided.task, job->decided.task)
                            ? "each run once"
                            : "a sweep each, since a key is of what is trained on alone",
                        "'%s' and '%s' are the same run", (*there)->label, job->label);
        share(agenda, *there, job);
        return true;
    }
    *there = job;
    insert(agenda->by_key, agenda->jobs, position(agenda, job->decided.key), job);
    put_in_plan(agenda, agenda->jobs, job);
    agenda->jobs++;
    if (agenda->looked)
        agenda_attach(agenda, job);
    return true;
}
