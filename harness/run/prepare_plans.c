// prepare_plans.c: the graphs of a run and their plans, as its levers have them, and what these
// take.
#include "run/prepare_impl.h"
#include "engine/operator.h"
#include <inttypes.h>
#include <math.h>

bool prepare_in_parts(const Prepared *p)
{
    return p->levers.pass < (size_t)p->request->protocol.batch;
}

// Rows of the largest batch that goes through the model.
static size_t largest_batch(const Prepared *p)
{
    size_t batch = (size_t)p->request->protocol.batch, most = 0;
    bool trains = p->batches.steps > 0 || p->request->method->fit;
    for (int s = trains ? SPLIT_TRAIN : SPLIT_TUNE; s < SPLITS; s++)
        most = p->tokens[s].count > most ? p->tokens[s].count : most;
    return most < batch ? most : batch;
}

static void decide_passes(Arena *arena, Prepared *p)
{
    batches_in_parts(arena, &p->tokens[SPLIT_TRAIN], &p->batches, p->levers.pass, &p->passes);
    p->largest_evaluation = (Extent){ 0 };
    for (int s = SPLIT_TUNE; s < SPLITS; s++) {
        batches_in_order(arena, &p->tokens[s], p->levers.pass, &p->evaluation[s]);
        p->largest_evaluation = extent_max(p->largest_evaluation, p->evaluation[s].largest);
    }
    if (p->heldout.batches > 0 && p->levers.pass < HELDOUT_BATCH)
        heldout_cut(arena, p->levers.pass, &p->heldout);
}

unsigned prepare_heads(const Prepared *p)
{
    return p->request->method->fit ? p->request->method->heads(p->request->options)
                                   : 1U << p->description.head;
}

// With the head whose evaluation takes most memory, where it is not chosen yet.
static bool decide_plans(Arena *arena, Prepared *p, Error *error)
{
    unsigned heads = prepare_heads(p);
    const Extent *train = p->passes.steps ? &p->passes.largest : NULL;
    for (int head = 0; head < HEADS; head++) {
        Plans plans;
        if (!(heads >> head & 1))
            continue;
        p->description.head = (Head)head;
        if (!plans_make(arena, &p->description, train, &p->largest_evaluation, &plans, error))
            return false;
        if (!p->plans.eval_plan || plan_bytes(plans.eval_plan) > plan_bytes(p->plans.eval_plan))
            p->plans = plans;
    }
    p->description.head = p->plans.description.head;
    Budget budget = { .memory = p->levers.keeps ? 1e6 * (double)p->request->protocol.cache : 0,
                      .file = p->no_room ? 0 : 1e6 * (double)p->request->protocol.cache_file };
    if (p->request->method->fit)
        return fitting_plan(arena, &p->tokens[SPLIT_TRAIN], &p->tokens[SPLIT_TUNE],
                            &p->evaluation[SPLIT_TUNE], p->levers.pass, &budget, &p->plans,
                            &p->frozen, error);
    // Whether rows are kept does not ask for recomputation, which is to change no bit.
    return frozen_plan(arena, &p->tokens[SPLIT_TRAIN], &p->passes, p->levers.pass, &budget,
                       &p->plans, &p->frozen, error) &&
           (!p->levers.recompute || plans_recompute(arena, train, &p->plans, error));
}

static Ledger ledger_of(const Prepared *p)
{
    Counts all = counts_of(p->plans.eval.graph);
    bool steps = p->plans.backward != NULL; // neither a fit nor a run of no steps has gradients
    const Plan *train = plans_training(&p->plans);
    return (Ledger){
        .held = held_of(&all, steps, p->looks.count > 0),
        .activations = plan_activations(train),
        .workspace = plan_workspace(train),
        // Kept rows lie beside the step's memory, which is that of the largest plan.
        .step = p->frozen.bytes ? plans_bytes(&p->plans) : plan_bytes(train),
        .evaluation = plan_bytes(p->plans.eval_plan),
        .kept = frozen_memory(&p->frozen),
        .in_file = p->frozen.bytes - frozen_memory(&p->frozen),
    };
}

// Nodes of a training step that draw random numbers.
static size_t drawing(Arena *arena, const Prepared *p, bool frozen_dropout)
{
    Description description = p->description;
    Described described;
    Error error;
    size_t count = 0;
    description.frozen_dropout = frozen_dropout;
    if (describe(arena, &description, &described, &error))
        for (size_t i = 0; i < described.graph->nodes; i++)
            count += draws(&described.graph->node[i]);
    return count;
}

// What moves nothing of this run is as if it had not been asked for, in key and row: there is no
// layer below the topmost that trains, no frozen weight that linear layers alone read, no dropout
// below what trains. (The held-out texts are read through a weight that the checkpoint brings.)
static void keep_effective(Arena *arena, Prepared *p)
{
    const Plans *plans = &p->plans;
    bool claimed = !(p->request->method->claims & CALM_WHEN_FROZEN);
    p->levers.recompute = plans->backward && graph_recomputes(plans->backward);
    if (p->description.frozen_dropout != claimed &&
        (!plans->backward || drawing(arena, p, true) == drawing(arena, p, false)))
        p->description.frozen_dropout = claimed;
    if (!graph_packs(plans->eval.graph) && p->heldout.batches == 0)
        p->description.frozen_store = STORE_F32;
}

static bool plan_with(Arena *arena, const Levers *levers, Prepared *p, Error *error)
{
    p->levers = *levers;
    decide_passes(arena, p);
    if (!decide_plans(arena, p, error))
        return false;
    keep_effective(arena, p);
    p->ledger = ledger_of(p);
    const Held *held = &p->ledger.held;
    int64_t copy = held->optimizer - 2 * held->gradients; // of --select best; moments are gone then
    return heldout_peak(arena, &p->heldout, &p->description, p->plans.eval.graph,
                        (size_t)(held->weights + copy), &p->ledger.heldout, error);
}

// Plans that are tried one after another, each in the memory of the one before.
typedef struct {
    Arena *arena;
    size_t mark;
    const Prepared *p; // not planned yet
    Prepared newest;
    Error error;
} Trial;

static bool plan_anew(Trial *trial, const Levers *levers, Error *error)
{
    arena_rewind(trial->arena, trial->mark);
    trial->newest = *trial->p;
    return plan_with(trial->arena, levers, &trial->newest, error);
}

static double predicted(void *context, const Levers *levers)
{
    Trial *trial = context;
    return plan_anew(trial, levers, &trial->error) ? (double)ledger_peak(&trial->newest.ledger)
                                                   : INFINITY;
}

static bool plan_within(Arena *arena, Prepared *p, Error *error)
{
    const Protocol *protocol = &p->request->protocol;
    Trial *trial = arena_zero(arena, 1, sizeof *trial);
    Levers levers;
    double least = 0;
    if (protocol->micro_batch > 0 || protocol->recompute)
        return fail(error, ERROR_INPUT, (Where){ .item = "max-memory" },
                    "without micro-batch and recompute", "chooses these itself");
    *trial = (Trial){ .arena = arena, .mark = arena_mark(arena), .p = p };
    if (levers_choose((size_t)protocol->batch, (double)protocol->max_memory, predicted, trial,
                      &levers, &least)) {
        bool planned = plan_anew(trial, &levers, error); // once more, for often others came after
        *p = trial->newest;
        return planned;
    }
    if (isinf(least)) {
        *error = trial->error;
        return false;
    }
    return fail(error, ERROR_INPUT, (Where){ .item = "max-memory" },
                arena_format(arena, "at least %.1fMB", ceil(least / 1e5) / 10),
                "%s is not enough, even for one example at a time and with recomputation",
                protocol_text(arena, protocol, "max-memory"));
}

static bool plan_once(Arena *arena, Prepared *p, Error *error)
{
    const Protocol *protocol = &p->request->protocol;
    bool parts = 0 < protocol->micro_batch && (size_t)protocol->micro_batch < largest_batch(p);
    const Levers asked = { .pass = (size_t)(parts ? protocol->micro_batch : protocol->batch),
                           .recompute = protocol->recompute,
                           .keeps = true };
    return protocol->max_memory == INT64_MIN ? plan_with(arena, &asked, p, error)
                                             : plan_within(arena, p, error);
}

// Without the file that it was chosen with.
static bool still_within(Arena *arena, const Prepared *p, Error *error)
{
    int64_t most = p->request->protocol.max_memory, takes = ledger_peak(&p->ledger);
    return most == INT64_MIN || takes <= most ||
           fail(error, ERROR_ENVIRONMENT, (Where){ .item = "max-memory" },
                arena_format(arena, "at least %.1fMB, or room for the file",
                             ceil((double)takes / 1e5) / 10),
                "what a frozen bottom gives has no room in a file (%s), and the run takes more "
                "without one",
                p->no_room);
}

// A disk without room for the file takes it from the plan: the machine decides then (frozen.h). The
// levers stay, since they are in the key.
bool prepare_plans(Arena *arena, FileAsked *file, void *context, Prepared *p, Error *error)
{
    Prepared *before = arena_take(arena, 1, sizeof *before);
    size_t mark = arena_mark(arena);
    Error why;
    *before = *p;
    if (!plan_once(arena, p, error))
        return false;
    if (!file || !p->frozen.in_file || file(context, arena, p, &why))
        return true;
    const Levers chosen = p->levers;
    arena_rewind(arena, mark);
    *p = *before;
    p->no_room = arena_text(arena, why.text);
    return plan_with(arena, &chosen, p, error) && still_within(arena, p, error);
}

// Products of all steps and of all evaluations.
void prepare_flops(Prepared *p)
{
    p->flops =
        p->frozen.flops + batches_flops(p->plans.backward, &p->tokens[SPLIT_TRAIN], &p->passes);
    for (int split = SPLIT_TUNE; split < SPLITS; split++)
        p->evaluation_flops +=
            batches_flops(p->plans.eval.graph, &p->tokens[split], &p->evaluation[split]) *
            (split == SPLIT_TUNE ? 1 + (double)p->looks.count : 1);
}
