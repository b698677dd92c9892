// verify_claims.c: what a method's file claims, against the graphs that its hooks make.
#include "verify/verify_impl.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

// Of values near 1: a weight that is put together anew is the old one up to rounding.
#define UNCHANGED 1e-5

// ---- start: the encoder's vectors and the logits are the bare model's

// First token, mean and pooler of all batches.
static bool vectors_of(World *world, const void *options, Matrix *all, Error *error)
{
    Arena *arena = world->arena;
    Description description = description_of(world, options, HEAD_POOLER);
    Described described;
    const Plan *planned;
    State *state;
    description.training = false;
    if (!describe_features(arena, &description, VECTOR_HEADS, &described, error) ||
        !(planned = plan(arena, described.graph, &world->largest, error)) ||
        !(state = state_new(arena, &described.graph, 1, SEED, checkpoint_giver, &world->checkpoint,
                            error)))
        return false;
    const Value *pooled = described.pooled;
    const Value each[] = { pooled[HEAD_LINEAR], pooled[HEAD_MEAN], pooled[HEAD_POOLER] };
    size_t hidden = (size_t)world->config.hidden;
    Runner *runner = runner_new(arena, planned, state, arena_take(arena, plan_bytes(planned), 1));
    *all = (Matrix){ arena_take(arena, 3 * BATCHES * SEQUENCES * hidden, sizeof(float)), 0, hidden,
                     hidden };
    for (int b = 0; b < BATCHES; b++) {
        runner_step(runner, &world->batch[b], &(StepOptions){ .weight = 1 });
        for (int k = 0; k < 3; k++) {
            Matrix got = runner_value(runner, each[k]);
            for (size_t r = 0; r < got.rows; r++, all->rows++)
                memcpy(row_at(*all, all->rows), row_at(got, r), hidden * sizeof(float));
        }
    }
    return true;
}

static bool bare_logits(World *world, Head head, Matrix *logits, Error *error)
{
    Description description = description_of(world, NULL, head);
    Trial bare;
    bool ok = trial_open(world, &description, &bare, error);
    if (ok)
        *logits = trial_logits(&bare);
    trial_close(&bare);
    return ok;
}

static double worse(double a, double b) // NaN is the worst
{
    return isnan(a) || a > b ? a : b;
}

static bool start_of(Trial *trial, void *context, Proof *proof, Error *error)
{
    World *world = trial->world;
    double *most = context;
    Matrix logits, with, without;
    if (!bare_logits(world, trial->head, &logits, error) ||
        !vectors_of(world, trial->choice->options, &with, error) ||
        !vectors_of(world, NULL, &without, error))
        return false;
    double vectors = apart(with, without); // a head of its own has logits of its own
    double off = world->method->head ? 0 : apart(trial_logits(trial), logits);
    off = worse(off, vectors);
    if (world->method->claims & UNCHANGED_AT_START && !(off <= UNCHANGED))
        found(proof, FAILS, "claims to begin as the pretrained model, but differs by %.2g", off);
    *most = worse(*most, off);
    return true;
}

bool check_start(World *world, Proof *proof, Error *error)
{
    double most = 0;
    if (!each_trial(world, start_of, &most, proof, error))
        return proof->standing == FAILS;
    if (!(world->method->claims & UNCHANGED_AT_START))
        return found(proof, DOES_NOT_APPLY,
                     "it does not claim to begin as the pretrained model; differs by %.2g", most);
    return found(proof, HOLDS,
                 "the encoder and the logits begin as the pretrained model's, off by %.2g", most);
}

// ---- count: the closed form, at several shapes

static bool count_at(World *world, const Choice *choice, const Config *config, Head head,
                     bool pooler_new, int64_t *claimed, Proof *proof, Error *error)
{
    Description description = description_of(world, choice->options, head);
    Extent one = { .tokens = 1, .sequences = 1, .squares = 1, .longest = 1 };
    Plans plans;
    description.config = config;
    description.pooler_new = pooler_new;
    if (!plans_make(world->arena, &description, world->trains ? &one : NULL, &one, &plans, error))
        return false;
    Counts counts = counts_of(plans.eval.graph);
    int64_t head_claimed = counts_free(plans.eval.graph, &description, plans.eval.options).head;
    int64_t actual = counts.trained - (world->trains ? counts.head : 0);
    *claimed = counts_claimed(&description, plans.eval.options);
    if (*claimed != actual)
        found(proof, FAILS, "the closed form says %lld, the graph trains %lld (%s, %s%lld x %lld)",
              (long long)*claimed, (long long)actual, choice->says,
              head == HEAD_MEAN ? ""
              : pooler_new      ? "a new pooler, "
                                : "the checkpoint's pooler, ",
              (long long)config->layers, (long long)config->hidden);
    else if (head_claimed != counts.head)
        found(proof, FAILS, "the closed form says %lld for the head, which has %lld numbers (%s)",
              (long long)head_claimed, (long long)counts.head, choice->says);
    else if (plans.backward && counts_of(plans.backward).trained != counts.trained)
        found(proof, FAILS, "training trains %lld parameters, evaluation declares %lld (%s)",
              (long long)counts_of(plans.backward).trained, (long long)counts.trained,
              choice->says);
    return true;
}

bool check_count(World *world, Proof *proof, Error *error)
{
    Config shape[] = { world->config, world->config, world->config };
    int64_t claimed, first = -1;
    int tried = 0;
    if (!world->method->count)
        return found(proof, FAILS, "it has none");
    shape[1].layers = 3, shape[1].hidden = 28, shape[1].heads = shape[1].kv_heads = 4,
    shape[1].intermediate = 17;
    shape[2].vocabulary = 101, shape[2].positions = 67, shape[2].types = 5;
    for (size_t i = 0; i < world->choices; i++)
        for (int c = 0; c < 3; c++)
            for (int pooler = 0; pooler < 3; pooler++) { // none, the checkpoint's, a new one
                const void *options = world->choice[i].options;
                Head head = pooler ? HEAD_POOLER : HEAD_MEAN;
                size_t mark = arena_mark(world->arena);
                if (world->method->heads && !(world->method->heads(options) >> head & 1))
                    continue; // never its head
                bool ok = count_at(world, &world->choice[i], &shape[c], head, pooler == 2, &claimed,
                                   proof, error);
                arena_rewind(world->arena, mark);
                if (!ok && error->kind == ERROR_INPUT && (c > 0 || pooler == 2)) // refused there
                    continue;
                if (!ok || proof->standing == FAILS)
                    return ok;
                first = tried++ ? first : claimed;
            }
    return found(proof, HOLDS, "the closed form is right in %d cases; %lld at the defaults", tried,
                 (long long)first);
}

// ---- merged: one plain model

static double token_flops(const Graph *graph, const Extent *extent)
{
    return graph_flops(graph, extent) - graph_flops(graph, &(Extent){ 0 });
}

static size_t token_nodes(const Graph *graph)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->nodes; i++)
        count += count_of(graph->value[graph->node[i].out[0]].rows, &(Extent){ 0 }) !=
                 count_of(graph->value[graph->node[i].out[0]].rows,
                          &(Extent){ .tokens = 1, .sequences = 1 });
    return count;
}

typedef struct {
    double off, moved; // least moved
    double flops;      // of the merge itself, each step
} Seen;

// With its trained tensors those of the trial; the work a token must be the bare model's.
static bool merged_logits(Trial *trial, const Graph *bare, Matrix *logits, Seen *seen, Proof *proof,
                          Error *error)
{
    World *world = trial->world;
    Description description = description_of(world, trial->choice->options, trial->head);
    Trial merged;
    description.merged = true;
    bool ok = trial_open(world, &description, &merged, error);
    if (ok) {
        const Graph *graph = merged.plans.eval.graph;
        double more = token_flops(graph, &world->largest) - token_flops(bare, &world->largest);
        state_take_trained(merged.trainer.state, trial->trainer.state);
        *logits = trial_logits(&merged);
        seen->flops = graph_flops(graph, &(Extent){ 0 });
        if (more != 0 || token_nodes(graph) != token_nodes(bare))
            found(
                proof, FAILS,
                "merged, it still works on tokens: %+.0f flops, %zu nodes; the bare model has %zu",
                more, token_nodes(graph), token_nodes(bare));
    }
    trial_close(&merged);
    return ok;
}

static bool merge_of(Trial *trial, void *context, Proof *proof, Error *error)
{
    World *world = trial->world;
    Seen *seen = context;
    Description description = description_of(world, NULL, trial->head);
    Matrix attached, merged, before = trial_logits(trial);
    Trial bare;
    trial_steps(trial, TRIAL_STEPS); // with dropout
    attached = trial_logits(trial);
    bool ok = trial_open(world, &description, &bare, error) &&
              merged_logits(trial, bare.plans.eval.graph, &merged, seen, proof, error);
    trial_close(&bare);
    if (!ok || proof->standing == FAILS)
        return ok;
    double off = apart(attached, merged), moved = apart(attached, before);
    if (!(off <= UNCHANGED * fmax(1, moved)))
        found(proof, FAILS, "merged, its logits are off by %.2g; training moved them by %.2g", off,
              moved);
    seen->off = fmax(seen->off, off);
    seen->moved = fmin(seen->moved, moved);
    return true;
}

bool check_merged(World *world, Proof *proof, Error *error)
{
    Seen seen = { .moved = INFINITY };
    bool claims = world->method->claims & MERGES;
    if (claims != (world->method->merged != NULL))
        return found(proof, FAILS,
                     claims ? "claims to merge, but has no `merged`"
                            : "has `merged`, but does not claim to merge");
    if (!claims)
        return found(proof, DOES_NOT_APPLY, "it does not claim to merge");
    if (!each_trial(world, merge_of, &seen, proof, error))
        return proof->standing == FAILS;
    return found(proof, HOLDS,
                 "logits off by %.1e where training moved them by %.2g; per token the bare model's "
                 "work, once a step %.3g kflops",
                 seen.off, seen.moved, seen.flops / 1e3);
}

// ---- options: each changes something

typedef struct {
    int64_t trained, total;
    Matrix start, after;
    double loss[TRIAL_STEPS];
} Outcome;

static bool outcome_of(World *world, const void *options, Outcome *outcome, Error *error)
{
    Description description = description_of(world, options, HEAD_POOLER);
    Trial trial;
    bool ok = trial_open(world, &description, &trial, error);
    *outcome = (Outcome){ 0 };
    if (ok) {
        Counts counts = counts_of(trial.plans.eval.graph);
        outcome->trained = counts.trained;
        outcome->total = counts.total;
        outcome->start = trial_logits(&trial);
        if (world->method->fit)
            ok = trial_fit(&trial, error);
        for (int64_t step = 0; world->trains && !world->method->fit && step < TRIAL_STEPS; step++)
            outcome->loss[step] = trial_step(&trial, step);
        outcome->after = trial_logits(&trial);
    }
    trial_close(&trial);
    return ok;
}

// What differs first, or NULL.
static const char *difference(const Outcome *a, const Outcome *b)
{
    if (a->trained != b->trained)
        return "parameters trained";
    if (a->total != b->total)
        return "parameters";
    if (!bits_equal(a->start, b->start))
        return "logits at the start";
    for (int step = 0; step < TRIAL_STEPS; step++)
        if (a->loss[step] != b->loss[step])
            return "losses";
    return bits_equal(a->after, b->after) ? NULL : "logits after training";
}

// Where an option is left to the method ("auto"), one of its values is what that chooses: then it
// has to differ from another value.
static bool chosen_by_itself(World *world, const Choice *choice, const char **what, Error *error)
{
    Outcome outcome, other;
    if (!text_same(choice->option->standard, "auto") || choice->base)
        return true;
    for (size_t i = 1; i < world->choices && !*what; i++) {
        const Choice *one = &world->choice[i];
        if (one == choice || one->option != choice->option || one->base)
            continue;
        if (!outcome_of(world, choice->options, &outcome, error) ||
            !outcome_of(world, one->options, &other, error))
            return false;
        if (difference(&other, &outcome))
            *what = arena_format(world->arena, "%s, beside %s", difference(&other, &outcome),
                                 one->says);
    }
    return true;
}

// The option's value alone changes something; or else together with another option's (the width of
// a part that is off by default).
static bool changes(World *world, const Choice *choice, const Outcome *defaults, const char **what,
                    Error *error)
{
    Outcome outcome, base;
    *what = NULL;
    if (!outcome_of(world, choice->options, &outcome, error) ||
        (choice->base && !outcome_of(world, choice->base, &base, error)))
        return false;
    *what = difference(choice->base ? &base : defaults, &outcome);
    for (size_t i = 1; i < world->choices && !*what; i++) {
        const Choice *other = &world->choice[i];
        if (!other->option || other->option == choice->option)
            continue;
        void *both = options_with(world, other->options, choice->option, choice->value);
        if (!legal(world, both))
            continue;
        if (!outcome_of(world, other->options, &base, error) ||
            !outcome_of(world, both, &outcome, error))
            return false;
        if (difference(&base, &outcome))
            *what =
                arena_format(world->arena, "%s with %s", difference(&base, &outcome), other->says);
    }
    return *what || chosen_by_itself(world, choice, what, error);
}

bool check_options(World *world, Proof *proof, Error *error)
{
    Outcome defaults;
    const char *all = "", *what;
    if (!method_options(world->method)->name)
        return found(proof, DOES_NOT_APPLY, "it has none");
    if (world->given)
        return found(proof, DOES_NOT_APPLY, "these are given");
    if (!outcome_of(world, world->choice[0].options, &defaults, error))
        return false;
    for (size_t i = 1; i < world->choices && world->choice[i].option; i++) {
        if (!changes(world, &world->choice[i], &defaults, &what, error))
            return false;
        if (!what)
            return found(proof, FAILS, "%s changes nothing", world->choice[i].says);
        all = arena_format(world->arena, "%s%s%s: %s", all, *all ? "; " : "", world->choice[i].says,
                           what);
    }
    if (*world->untried)
        all =
            arena_format(world->arena, "%s%snot tried: %s", all, *all ? "; " : "", world->untried);
    return found(proof, HOLDS, "%s", all);
}
