// forecast.c: what a sweep is to do, how long it takes and in how much memory.
#include "base/comparison.h"
#include "engine/product.h"
#include "sweep/sweep_impl.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void say_search(const Sweep *s);
static void say_seeds(const Sweep *s);
static void say_rates(Sweep *s);

bool dry_run(Sweep *s, Error *error)
{
    static const char *const from[] = { "rows of the same model and method",
                                        "rows of the same model", "rows of other models",
                                        "half of the rate of a product" };
    Need whole = need(s);
    say_search(s);
    for (size_t i = 0; i < s->agenda.jobs; i++)
        if (!job_settled(s->agenda.job[i]))
            fprintf(s->out, "%s: %s\n", s->agenda.job[i]->label, s->agenda.job[i]->why);
    fprintf(s->out, "%s: %zu runs, %zu finished, %zu to do", s->spec.name,
            s->agenda.jobs + whole.following, s->agenda.jobs - whole.pending, whole.pending);
    if (whole.following)
        fprintf(s->out, ", %zu that follow from their rows", whole.following);
    fputc('\n', s->out);
    if (whole.pending == 0)
        return true;
    Cost cost = cost_of(s);
    double at_once = (double)whole.at_once;
    fprintf(s->out, "time: %s, %zu at once (%.3g TFLOP",
            isnan(cost.seconds) ? "not known" : duration_text(s->arena, cost.seconds / at_once),
            whole.at_once, cost.flops / 1e12);
    const char *comma = "; rates from ";
    for (size_t k = 0; k < 4; k++)
        if (cost.used[k] && !isnan(cost.seconds)) {
            fprintf(s->out, "%s%s for %zu", comma, from[k], cost.used[k]);
            comma = ", ";
        }
    fputs(")\n", s->out);
    if (cost.most_seconds > cost.seconds)
        fprintf(s->out,
                "      with finals of the spec's own steps; %s where the trial of %d x the steps "
                "wins in every setting\n",
                duration_text(s->arena, cost.most_seconds / at_once), LONGER);
    fprintf(s->out, "memory: %.0f MB the largest run, %.0f MB at most for %zu at once\n",
            (double)whole.largest / 1e6, (double)whole.sum / 1e6, whole.at_once);
    say_rates(s);
    say_seeds(s);
    return ferror(s->out) ? fail(error, ERROR_ENVIRONMENT, (Where){ 0 }, NULL, "not written")
                          : true;
}

// What each setting's trials are, and how far its search is.
static void say_search(const Sweep *s)
{
    const SearchAsked *search = &s->spec.search;
    if (!search->asked)
        return;
    if (search->from)
        fprintf(s->out, "search: rates from %s\n", search->from);
    else
        fprintf(s->out, "search: %" PRId64 " trials a setting on seed %" PRId64 "\n",
                search->trials, search->seed);
    for (size_t k = 0; k < s->agenda.settings; k++) {
        const SettingRuns *setting = &s->agenda.setting[k];
        size_t settled = 0, mark = arena_mark(s->arena);
        for (size_t i = 0; i < setting->known; i++)
            settled += job_settled(setting->job[i]);
        fprintf(s->out, "  %s: ", setting->asked->setting);
        if (setting->no_trials)
            fprintf(s->out, "no trials: %s\n", setting->no_trials);
        else
            fprintf(s->out, "%s; %zu of %" PRId64 " settled%s\n",
                    search_space(s->arena, setting->standard, setting->trial, setting->known),
                    settled, search->trials,
                    setting->finals      ? ", finals follow from them"
                    : setting->fruitless ? ", none ended ok: no finals"
                                         : "");
        arena_rewind(s->arena, mark);
    }
}

static bool same_place(const Asked *a, const Asked *b)
{
    return !strcmp(a->request.protocol.model, b->request.protocol.model) &&
           !strcmp(a->request.protocol.task, b->request.protocol.task);
}

// Each setting of a model and task with one of them: folds are one question, and a floor is none.
static size_t comparisons_of(const Spec *spec)
{
    size_t comparisons = 0;
    for (size_t k = 0; k < spec->count / spec->seeds; k++) {
        const Asked *asked = &spec->asked[k], *first = NULL;
        for (size_t j = 0; j <= k && !first; j++)
            if (same_place(&spec->asked[j], asked) &&
                !(spec->asked[j].request.method->claims & TRAINS_NOTHING))
                first = &spec->asked[j];
        comparisons += first && first != asked &&
                       !(asked->request.method->claims & TRAINS_NOTHING) &&
                       asked->request.protocol.fold == first->request.protocol.fold;
    }
    return comparisons;
}

// A sign-flip test over n seeds has no p below 2 / 2^n, whatever the effect, and Holm's first of k
// comparisons must be below 5 % / k.
static void say_seeds(const Sweep *s)
{
    size_t comparisons = comparisons_of(&s->spec), least = 1;
    if (comparisons == 0)
        return;
    while (ldexp(2, -(int)least) > SIGNIFICANT / (double)comparisons)
        least++;
    if (s->spec.seeds < least)
        fprintf(s->out,
                "seeds: %zu; compare %s %d%s\n"
                "       a sign-flip test beside it needs %zu for %g %% in %zu comparison%s\n",
                s->spec.seeds,
                s->spec.seeds < FEWEST_SEEDS ? "claims nothing of fewer than"
                                             : "can claim something of",
                FEWEST_SEEDS, s->spec.seeds < FEWEST_SEEDS ? "" : " and more", least,
                100 * SIGNIFICANT, comparisons, comparisons == 1 ? "" : "s");
}

// The rate that the spec gives a setting; NAN: none, or several, or its method takes no steps.
static double only_rate(const Agenda *agenda, const Asked *asked)
{
    const Request *request = &asked->request;
    double rate = request->protocol.lr;
    if (!method_steps(request->method, request->options))
        return NAN;
    for (size_t k = 0; k < agenda->settings; k++) {
        const Asked *other = agenda->setting[k].asked;
        if (other->request.method == request->method && same_place(other, asked) &&
            other->request.protocol.lr != rate)
            return NAN;
    }
    return rate;
}

// A ranking by it is of how far each method's own rate is from that one.
static void say_rates(Sweep *s)
{
    const Agenda *agenda = &s->agenda;
    size_t most = 1, mark = arena_mark(s->arena);
    double *rate = arena_take(s->arena, agenda->settings + 1, sizeof *rate), at_most = 0;
    for (size_t k = 0; k < agenda->settings; k++)
        rate[k] = only_rate(agenda, agenda->setting[k].asked);
    for (size_t k = 0; k < agenda->settings; k++) {
        size_t count = 0;
        for (size_t m = 0; methods[m] && !isnan(rate[k]); m++) {
            bool has = false;
            for (size_t i = 0; i < agenda->settings && !has; i++)
                has = rate[i] == rate[k] &&
                      agenda->setting[i].asked->request.method == methods[m] &&
                      same_place(agenda->setting[i].asked, agenda->setting[k].asked);
            count += has;
        }
        if (count > most)
            most = count, at_most = rate[k];
    }
    arena_rewind(s->arena, mark);
    if (most > 1)
        fprintf(s->out, "rates: one for %zu methods: lr %g, and none of them searched\n", most,
                at_most);
}

static double rate_of(Sweep *s, const Job *job, Cost *cost, size_t runs)
{
    int kind;
    double rate = agenda_rate(&s->agenda, job, s->standard, &kind);
    if (kind == 3 && isnan(s->standard))
        rate = s->standard = standard_rate(s);
    cost->used[kind] += runs;
    return rate;
}

Cost cost_of(Sweep *s)
{
    Cost cost = { 0 };
    for (size_t i = 0; i < s->agenda.jobs; i++) {
        const Job *job = s->agenda.job[i];
        if (job_settled(job))
            continue;
        cost.seconds += job->flops / rate_of(s, job, &cost, 1);
        cost.flops += job->flops;
    }
    cost.most_seconds = cost.seconds;
    for (size_t k = 0; k < s->agenda.settings; k++) {
        const SettingRuns *setting = &s->agenda.setting[k];
        Following more = setting_following(&s->agenda, setting);
        if (more.finals == 0)
            continue;
        double rate = rate_of(s, setting->job[0], &cost, more.trials + more.finals);
        cost.seconds += more.flops / rate;
        cost.flops += more.flops;
        cost.most_seconds += more.most / rate;
    }
    return cost;
}

double standard_rate(const Sweep *s)
{
    char *argument[] = { arena_text(s->arena, s->options->program), "probe", NULL };
    return SHARE_OF_PROBE * 1e9 * child_number(s->options->image, argument);
}

static int larger_first(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left < right) - (left > right);
}

Need need(Sweep *s)
{
    Need need = { 0 };
    size_t mark = arena_mark(s->arena);
    size_t count = 0, following = agenda_following(&s->agenda);
    size_t *bytes = arena_take(s->arena, s->agenda.jobs + following + 1, sizeof *bytes);
    for (size_t i = 0; i < s->agenda.jobs; i++)
        if (!job_settled(s->agenda.job[i]))
            bytes[count++] = s->agenda.job[i]->bytes;
    need.pending = count;
    need.following = following;
    for (size_t k = 0; k < s->agenda.settings; k++) {
        const SettingRuns *setting = &s->agenda.setting[k];
        Following more = setting_following(&s->agenda, setting);
        for (size_t i = 0; i < more.trials + more.finals; i++)
            bytes[count++] = setting->bytes;
    }
    qsort(bytes, count, sizeof *bytes, larger_first);
    need.at_once = s->slots < count ? s->slots : count;
    need.largest = count ? bytes[0] : 0;
    for (size_t i = 0; i < need.at_once; i++)
        need.sum += bytes[i];
    arena_rewind(s->arena, mark);
    return need;
}
