// search.c: see search.h.
#include "sweep/search.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// How many of each part, by the number of trials less one.
static const struct {
    size_t grid, refined, longer;
} parts[MOST_TRIALS] = {
    { 1, 0, 0 }, { 1, 0, 1 }, { 3, 0, 0 }, { 3, 1, 0 },
    { 5, 0, 0 }, { 5, 1, 0 }, { 5, 2, 0 }, { 5, 2, 1 },
};

enum { STEP = 2 }; // quarters from one rate of the grid to the next

bool search_has_longer(size_t trials)
{
    return parts[trials - 1].longer > 0;
}

bool search_worked(const Outcome *outcome)
{
    return outcome->ok && !isnan(outcome->score);
}

static double loss_of(const Outcome *outcome)
{
    return isnan(outcome->loss) ? INFINITY : outcome->loss;
}

static bool better(const Trial *a, const Outcome *of_a, const Trial *b, const Outcome *of_b)
{
    if (search_worked(of_a) != search_worked(of_b))
        return search_worked(of_a);
    if (search_worked(of_a) && of_a->score != of_b->score)
        return of_a->score > of_b->score;
    if (search_worked(of_a) && loss_of(of_a) != loss_of(of_b))
        return loss_of(of_a) < loss_of(of_b);
    if (abs(a->quarters) != abs(b->quarters))
        return abs(a->quarters) < abs(b->quarters);
    if (a->quarters != b->quarters)
        return a->quarters < b->quarters;
    return b->longer && !a->longer;
}

size_t search_best(const Trial *trial, const Outcome *outcome, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (better(&trial[i], &outcome[i], &trial[best], &outcome[best]))
            best = i;
    return best;
}

bool search_settled(const Outcome *outcome, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!outcome[i].settled)
            return false;
    return true;
}

static void refine(const Trial *grid, const Outcome *outcome, size_t count, Trial *refined,
                   size_t wanted)
{
    size_t best = search_best(grid, outcome, count);
    int at = grid[best].quarters, side[2] = { -STEP / 2, STEP / 2 };
    if (best == 0 || best == count - 1) {
        side[0] = best == 0 ? -STEP : STEP;
        side[1] = 2 * side[0];
    } else if (better(&grid[best + 1], &outcome[best + 1], &grid[best - 1], &outcome[best - 1])) {
        side[0] = STEP / 2;
        side[1] = -STEP / 2;
    }
    for (size_t i = 0; i < wanted && i < 2; i++)
        refined[i] = (Trial){ .quarters = at + side[i] };
}

size_t search_known(size_t trials, const Outcome *outcome, Trial known[MOST_TRIALS])
{
    size_t grid = parts[trials - 1].grid, refined = parts[trials - 1].refined;
    size_t shorter = grid + refined;
    for (size_t i = 0; i < grid; i++)
        known[i] = (Trial){ .quarters = STEP * ((int)i - (int)grid / 2) };
    if (trials == grid || !search_settled(outcome, grid))
        return grid;
    refine(known, outcome, grid, known + grid, refined);
    if (trials == shorter || !search_settled(outcome, shorter))
        return shorter;
    size_t best = search_best(known, outcome, shorter);
    known[shorter] = (Trial){ .quarters = known[best].quarters, .longer = true };
    return shorter + 1;
}

bool search_is_lowest(const Trial *trial, size_t count, size_t which)
{
    bool lowest = true;
    for (size_t i = 0; i < count; i++)
        lowest = lowest && trial[which].quarters <= trial[i].quarters;
    return lowest;
}

bool search_on_edge(const Trial *trial, size_t count, size_t which)
{
    bool highest = true;
    for (size_t i = 0; i < count; i++)
        highest = highest && trial[which].quarters >= trial[i].quarters;
    return highest || search_is_lowest(trial, count, which);
}

double search_rate(double standard, int quarters)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.3g", standard * pow(10, quarters / 4.0));
    return strtod(digits, NULL);
}

static int ascending(const void *a, const void *b)
{
    const Trial *left = a, *right = b;
    return left->longer != right->longer ? (int)left->longer - (int)right->longer
                                         : left->quarters - right->quarters;
}

const char *search_space(Arena *arena, double standard, const Trial *trial, size_t count)
{
    Trial sorted[MOST_TRIALS];
    const char *text = "lr";
    for (size_t i = 0; i < count; i++)
        sorted[i] = trial[i];
    qsort(sorted, count, sizeof *sorted, ascending);
    for (size_t i = 0; i < count; i++) {
        double rate = search_rate(standard, sorted[i].quarters);
        text = sorted[i].longer ? arena_format(arena, "%s; %d x steps at %.6g", text, LONGER, rate)
                                : arena_format(arena, "%s %.6g", text, rate);
    }
    return text;
}
