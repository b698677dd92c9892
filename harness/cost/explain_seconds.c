// explain_seconds.c: steps of two runs in turns, node by node.
//
// A round is A B B A on two batches, so that both compute each of them and a machine that slows
// down slows both. Another process takes its time from single steps: the rounds in which a token
// cost least, half of them, count. They are chosen by both runs together, so neither is favoured,
// and sums over them stay sums over nodes.
#include "cost/explain_impl.h"
#include "base/clock.h"
#include "base/statistic.h"
#include "base/machine.h"
#include "engine/operator.h"
#include "engine/product.h"
#include "run/keeping.h"
#include "run/steps.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 256, FEWEST_ROUNDS = 4 };
#define ABOUT_SECONDS 10

typedef struct {
    Arena *arena;
    const Prepared *const *of;
    Trainer trainer[2];
    Keeping keeping[2];
    const double *profile[2]; // of all steps so far, by node
    double *before[2];
    BatchBuffer buffer[2];
    Round *round;
    size_t rounds;
} Race;

const char *explain_unlike(Arena *arena, const Prepared *const of[2])
{
    const Batches *a = &of[0]->batches, *b = &of[1]->batches;
    for (int s = 0; s < 2; s++)
        if (!of[s]->plans.train_plan)
            return arena_format(arena, "%s takes no steps through the graph", of[s]->row.method);
    bool same = a->steps == b->steps && a->tokens == b->tokens &&
                !memcmp(a->begin, b->begin, (a->steps + 1) * sizeof *a->begin) &&
                !memcmp(a->order, b->order, a->begin[a->steps] * sizeof *a->order);
    return same ? NULL : "their batches are not the same";
}

static size_t nodes_of(const Race *race, int side)
{
    return race->of[side]->plans.backward->nodes;
}

static bool opened(Race *race, int side, double *feature_s, Error *error)
{
    const Prepared *p = race->of[side];
    Trainer *trainer = &race->trainer[side];
    if (!trainer_new(race->arena, &p->plans, &p->model->checkpoint, p->init_seed, p->dropout_seed,
                     &p->training, trainer, error))
        return false;
    Keeping *keeping = &race->keeping[side];
    if (p->plans.prefix_plan) {
        if (keeping_rows(race->arena, keeping, p, trainer, error) != KEPT)
            return false;
        trainer->kept = &keeping->kept[0];
        *feature_s = keeping->seconds;
    }
    race->buffer[side] = batch_buffer(race->arena, &p->passes.largest);
    race->profile[side] = runner_profile(race->arena, trainer->train);
    race->before[side] = arena_zero(race->arena, nodes_of(race, side) + 1, sizeof(double));
    return true;
}

// One step of one of them on batch s; what it took is added to the round's.
static size_t step(Race *race, int side, size_t s, Round *round)
{
    Trainer *trainer = &race->trainer[side];
    size_t nodes = nodes_of(race, side), tokens;
    s %= race->of[0]->batches.steps;
    memcpy(race->before[side], race->profile[side], nodes * sizeof(double));
    Passes passes = runner_passes(trainer->train);
    double start = seconds_now(), updated = trainer->optimizer_s;
    step_backward(race->of[side], trainer, &race->buffer[side], s, &tokens);
    double passed = seconds_now(), looked_up = trainer->optimizer_s - updated;
    trainer_update(trainer, (int64_t)s);
    double end = seconds_now();
    for (size_t i = 0; i < nodes; i++)
        round->node[side][i] += race->profile[side][i] - race->before[side][i];
    Passes now = runner_passes(trainer->train);
    if (trainer->kept)
        round->feed[side] += (passed - start) - looked_up - (now.forward - passes.forward) -
                             (now.backward - passes.backward);
    round->update[side] += trainer->optimizer_s - updated;
    round->measured[side] += end - start;
    return tokens;
}

static Round play_round(Race *race, size_t first)
{
    static const struct {
        int side;
        size_t batch;
    } turn[] = { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 } };
    Round round = { .a_token = 0 };
    size_t tokens = 0;
    for (int side = 0; side < 2; side++)
        round.node[side] = arena_zero(race->arena, nodes_of(race, side) + 1, sizeof(double));
    for (size_t t = 0; t < sizeof turn / sizeof *turn; t++)
        tokens += step(race, turn[t].side, first + turn[t].batch, &round);
    round.a_token = (round.measured[0] + round.measured[1]) / (double)tokens;
    return round;
}

static int quickest_first(const void *a, const void *b)
{
    double x = ((const Round *)a)->a_token, y = ((const Round *)b)->a_token;
    return (x > y) - (x < y);
}

static void race_run(Race *race, size_t steps, Timing *timing)
{
    size_t most = steps ? (steps + STEPS_A_ROUND - 1) / STEPS_A_ROUND : MOST_ROUNDS;
    race->round = arena_zero(race->arena, most + 1, sizeof *race->round);
    play_round(race, 0); // pays for page faults and caches
    double start = seconds_now(), cpu = cpu_seconds();
    while (race->rounds < most &&
           (steps || race->rounds < FEWEST_ROUNDS || seconds_now() - start < ABOUT_SECONDS)) {
        race->round[race->rounds] = play_round(race, STEPS_A_ROUND * race->rounds);
        race->rounds++;
    }
    double threads = (double)race->of[0]->request->protocol.threads;
    timing->cores = (cpu_seconds() - cpu) / (seconds_now() - start) / threads;
    qsort(race->round, race->rounds, sizeof *race->round, quickest_first);
}

// ---- entries

// A node of the backward is of the node whose backward it is.
static Entry entry_of(const Graph *graph, size_t node)
{
    static const Account account[] = { FORWARD_NODES, BACKWARD_NODES, PARAMETER_NODES,
                                       AGAIN_NODES };
    const Node *is = &graph->node[node], *of = &graph->node[is->of];
    Pass pass = pass_of(graph, node);
    bool added = is->part == PART_METHOD;
    return (Entry){ .account = added ? METHOD_NODES : account[pass],
                    .place = is->place ? is->place : "",
                    .op = of->op->name,
                    .reader = added ? pass_names[pass] : "" };
}

static void add_nodes(const Race *race, size_t counted, int side, Waterfall *waterfall)
{
    const Graph *graph = race->of[side]->plans.backward;
    double steps = (double)(STEPS_A_ROUND * counted);
    for (size_t i = 0; i < graph->nodes; i++) {
        Entry entry = entry_of(graph, i);
        entry.count[side] = 1;
        for (size_t r = 0; r < counted; r++)
            entry.amount[side] += race->round[r].node[side][i] / steps;
        waterfall_add(waterfall, &entry);
    }
    Entry feed = { .account = FEEDING, .place = "", .op = "", .reader = "" }, update = feed;
    update.account = UPDATE;
    for (size_t r = 0; r < counted; r++) {
        feed.amount[side] += race->round[r].feed[side] / steps;
        update.amount[side] += race->round[r].update[side] / steps;
    }
    waterfall_add(waterfall, &update);
    if (feed.amount[side] > 0)
        waterfall_add(waterfall, &feed);
}

void explain_timing(Arena *arena, const Round *round, size_t rounds, size_t counted, Timing *timing)
{
    double *difference = arena_take(arena, rounds + 1, sizeof *difference);
    for (size_t r = 0; r < rounds; r++) {
        difference[r] = (round[r].measured[1] - round[r].measured[0]) / STEPS_A_ROUND;
        for (int side = 0; side < 2 && r < counted; side++)
            timing->measured[side] += round[r].measured[side] / (double)(STEPS_A_ROUND * counted);
    }
    sort_numbers(difference, rounds);
    timing->low = difference[rounds / 4];
    timing->high = difference[rounds - 1 - rounds / 4];
    timing->steps = STEPS_A_ROUND * counted;
    timing->done = STEPS_A_ROUND * rounds;
}

bool explain_seconds(Arena *arena, const Prepared *const of[2], size_t steps, Waterfall *waterfall,
                     Timing *timing, Error *error)
{
    const Keeping none = keeping_new(NULL, NULL);
    Race race = { .arena = arena, .of = of, .keeping = { none, none } };
    *timing = (Timing){ .steps = 0 };
    const Ledger *const ledgers[] = { &of[0]->ledger, &of[1]->ledger };
    bool ok = ledgers_fit(ledgers, 2, arena, error);
    for (int side = 0; side < 2 && ok; side++)
        ok = opened(&race, side, &timing->feature_s[side], error);
    if (ok) {
        race_run(&race, steps, timing);
        size_t counted = (race.rounds + 1) / 2;
        *waterfall = waterfall_new(arena, nodes_of(&race, 0) + nodes_of(&race, 1) + ACCOUNTS);
        for (int side = 0; side < 2; side++)
            add_nodes(&race, counted, side, waterfall);
        explain_timing(arena, race.round, race.rounds, counted, timing);
    }
    for (int side = 0; side < 2; side++) {
        keeping_release(&race.keeping[side]);
        trainer_free(&race.trainer[side]);
    }
    return ok;
}
