// weighed.c: see weighed.h.

#include "base/weighed.h"
#include "base/metric_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Values by rank: items with equal values share a place, places ascend with the value.
typedef struct {
    uint32_t *place; // of each item
    size_t places;
    double *rank; // of each place under the present times: work
} Places;

struct Weighed {
    Metric which;
    const Answers *answers;
    const uint32_t *group;
    size_t groups;
    double *right, *size; // of each group: METRIC_ACCURACY
    Count *count;         // of each class: work of the other metrics of labels
    Places gold, answer;  // METRIC_SPEARMAN
};

static Places places_of(Arena *arena, const double *value, size_t n);
static double weighed_labels(Weighed *run, const uint32_t *times);
static double weighed_error(const Weighed *run, const uint32_t *times);
static double weighed_correlation(Weighed *run, const uint32_t *times);

Weighed *weighed_new(Arena *arena, Metric which, const Answers *answers, const uint32_t *group,
                     size_t groups)
{
    Weighed *run = arena_zero(arena, 1, sizeof *run);
    *run = (Weighed){ .which = which, .answers = answers, .group = group, .groups = groups };
    if (which == METRIC_ACCURACY) {
        run->right = arena_zero(arena, groups, sizeof *run->right);
        run->size = arena_zero(arena, groups, sizeof *run->size);
        for (size_t i = 0; i < answers->n; i++) {
            run->right[group[i]] += answers->gold[i] == answers->answer[i];
            run->size[group[i]] += 1;
        }
    } else if (answers->classes > 0)
        run->count = arena_take(arena, (size_t)answers->classes, sizeof *run->count);
    if (which == METRIC_SPEARMAN) {
        run->gold = places_of(arena, answers->gold_score, answers->n);
        run->answer = places_of(arena, answers->answer_score, answers->n);
    }
    return run;
}

double weighed_score(Weighed *run, const uint32_t *times)
{
    double right = 0, size = 0;
    if (run->which == METRIC_RMSE)
        return weighed_error(run, times);
    if (run->answers->classes == 0)
        return weighed_correlation(run, times);
    if (run->which != METRIC_ACCURACY)
        return weighed_labels(run, times);
    for (size_t g = 0; g < run->groups; g++) {
        right += times[g] * run->right[g];
        size += times[g] * run->size[g];
    }
    return right / size;
}

static double weighed_labels(Weighed *run, const uint32_t *times)
{
    const Answers *answers = run->answers;
    Tally tally = { .f1_positive = NAN };
    int64_t n = 0;
    memset(run->count, 0, (size_t)answers->classes * sizeof *run->count);
    for (size_t i = 0; i < answers->n; i++) {
        uint32_t weight = times[run->group[i]];
        int32_t gold = answers->gold[i], answer = answers->answer[i];
        run->count[gold].gold += weight;
        run->count[answer].answered += weight;
        run->count[gold].right += gold == answer ? weight : 0;
        n += weight;
    }
    for (int32_t c = 0; c < answers->classes; c++)
        tally_add(&tally, run->count[c], c == answers->positive);
    return tally_metric(run->which, &tally, n);
}

static double weighed_error(const Weighed *run, const uint32_t *times)
{
    const Answers *answers = run->answers;
    double squares = 0, n = 0;
    for (size_t i = 0; i < answers->n; i++) {
        double weight = times[run->group[i]];
        double error = answers->answer_score[i] - answers->gold_score[i];
        squares += weight * error * error;
        n += weight;
    }
    return sqrt(squares / n);
}

// The mid-rank of each place: the mean of the ranks that its items take, from 1.
static void rank_places(const Weighed *run, Places *places, const uint32_t *times)
{
    double below = 0;
    for (size_t p = 0; p < places->places; p++)
        places->rank[p] = 0;
    for (size_t i = 0; i < run->answers->n; i++)
        places->rank[places->place[i]] += times[run->group[i]];
    for (size_t p = 0; p < places->places; p++) {
        double here = places->rank[p];
        places->rank[p] = below + (here + 1) / 2;
        below += here;
    }
}

static double side_of(const Weighed *run, const Places *places, const double *value, size_t item)
{
    return run->which == METRIC_SPEARMAN ? places->rank[places->place[item]] : value[item];
}

static double weighed_correlation(Weighed *run, const uint32_t *times)
{
    const Answers *answers = run->answers;
    double n = 0, gold = 0, answer = 0, gg = 0, aa = 0, ga = 0;
    size_t first = SIZE_MAX;
    bool gold_varies = false, answer_varies = false;
    if (run->which == METRIC_SPEARMAN) {
        rank_places(run, &run->gold, times);
        rank_places(run, &run->answer, times);
    }
    for (size_t i = 0; i < answers->n; i++) {
        double weight = times[run->group[i]];
        if (weight == 0)
            continue;
        first = first == SIZE_MAX ? i : first;
        gold_varies |= answers->gold_score[i] != answers->gold_score[first];
        answer_varies |= answers->answer_score[i] != answers->answer_score[first];
        gold += weight * side_of(run, &run->gold, answers->gold_score, i);
        answer += weight * side_of(run, &run->answer, answers->answer_score, i);
        n += weight;
    }
    if (!gold_varies || !answer_varies)
        return 0; // as metric_score has it
    for (size_t i = 0; i < answers->n; i++) {
        double weight = times[run->group[i]];
        double g = side_of(run, &run->gold, answers->gold_score, i) - gold / n;
        double a = side_of(run, &run->answer, answers->answer_score, i) - answer / n;
        gg += weight * g * g;
        aa += weight * a * a;
        ga += weight * g * a;
    }
    return fmax(-1, fmin(1, ga / (sqrt(gg) * sqrt(aa))));
}

typedef struct {
    double value;
    uint32_t item;
} Valued;

static int by_value(const void *a, const void *b)
{
    double x = ((const Valued *)a)->value, y = ((const Valued *)b)->value;
    return (x > y) - (x < y);
}

static Places places_of(Arena *arena, const double *value, size_t n)
{
    Places places = { .place = arena_take(arena, n, sizeof *places.place) };
    places.rank = arena_take(arena, n, sizeof *places.rank);
    size_t mark = arena_mark(arena);
    Valued *order = arena_take(arena, n, sizeof *order);
    for (size_t i = 0; i < n; i++)
        order[i] = (Valued){ value[i], (uint32_t)i };
    qsort(order, n, sizeof *order, by_value);
    for (size_t i = 0; i < n; i++) {
        places.places += i == 0 || order[i].value != order[i - 1].value;
        places.place[order[i].item] = (uint32_t)places.places - 1;
    }
    arena_rewind(arena, mark);
    return places;
}
