// run_learn.c: what comes before the first step, or instead of steps: keeping what a frozen part
// gives, and the fit on it.
#include "run/run_impl.h"
#include "base/text.h"
#include "base/clock.h"
#include "train/fitting.h"
#include <math.h>
#include <string.h>

bool run_late(const Run *run)
{
    return seconds_now() - run->started > run->request->protocol.timeout; // NAN: never
}

bool run_goes_on(void *context)
{
    Run *run = context;
    bool told = !run->tell || run->tell(run->context, 0, (int64_t)run->prepared.batches.steps,
                                        (double)NAN, (double)NAN);
    run->interrupted |= !told;
    run->late |= run_late(run);
    return !run->interrupted && !run->late;
}

bool run_stopped(Arena *arena, Run *run, Error *error)
{
    if (run->interrupted)
        return fail(error, ERROR_INTERRUPTED, (Where){ .item = "run" }, NULL,
                    "interrupted before the first step; nothing is kept");
    run->row->status = "timeout";
    run->row->error = arena_format(arena, "gave up after %g seconds before the first step",
                                   run->request->protocol.timeout);
    return true;
}

void run_warn(Arena *arena, Row *row, const char *warning)
{
    text_append(arena, &row->warnings, "; ", "%s", warning);
}

// What lies in run->keeping then, in the memory of `hold` or in a file.
static KeptEnd keep_rows(Arena *arena, Arena *hold, Run *run, Error *error)
{
    Keeping *keeping = &run->keeping;
    KeptEnd end = keeping_rows(hold, keeping, &run->prepared, &run->trainer, error);
    for (int i = 0; i < keeping->claims; i++)
        if (keeping->claim[i].warning)
            run_warn(arena, run->row,
                     arena_format(arena, "no other run will find %s", keeping->claim[i].warning));
    return end;
}

// What a frozen bottom gives every training example, once.
static bool freeze(Arena *arena, Arena *hold, Run *run, Error *error)
{
    if (!run->prepared.plans.prefix_plan)
        return true;
    KeptEnd end = keep_rows(arena, hold, run, error);
    if (end != KEPT)
        return end == KEPT_STOPPED && run_stopped(arena, run, error);
    run->trainer.kept = &run->keeping.kept[0];
    run->row->feature_s = run->keeping.seconds;
    return true;
}

// Of tune, as a fit asks for it.
static double fit_score(void *context, Matrix logits)
{
    const Run *run = context;
    Arena *arena = run->keep;
    size_t mark = arena_mark(arena);
    double score = evaluation_of(arena, run->prepared.task, SPLIT_TUNE, logits.data).score;
    arena_rewind(arena, mark);
    return score;
}

// A fit whose numbers came to nothing ends the run as a loss that is not finite ends steps.
static bool no_fit(Arena *arena, Run *run, const Error *error)
{
    if (error->kind != ERROR_WORK)
        return false;
    run->row->status = "diverged";
    run->row->error = arena_text(arena, error->text);
    return true;
}

static void row_fitted(Arena *arena, const Run *run, const Fitted *fitted, double seconds)
{
    Row *row = run->row;
    bool chosen = !strcmp(row->head, head_names[HEAD_AUTO]); // by the fit, be it without a choice
    if ((fitted->trials == 0 && !chosen) || run->request->protocol.winner_key)
        return;
    row->search_space = arena_format(arena, "%s: %s", fitted->tried, fitted->took);
    if (fitted->trials == 0)
        return;
    row->trials = fitted->trials;
    row->winner_on_edge = fitted->on_edge ? "yes" : "no";
    row->search_s = seconds;
}

// The vectors of train and tune, once, and the method's fit on them: it sees no other split.
static bool fit(Arena *arena, Arena *hold, Run *run, Error *error)
{
    Prepared *p = &run->prepared;
    double start = seconds_now(), claimed = run->keeping.spent;
    KeptEnd end = keep_rows(arena, hold, run, error);
    if (end != KEPT)
        return end == KEPT_STOPPED && run_stopped(arena, run, error);
    const Kept *kept = run->keeping.kept;
    Fit fit = { .arena = hold,
                .config = p->description.config,
                .train = fitting_vectors(&p->plans, &kept[0]),
                .tune = fitting_vectors(&p->plans, &kept[1]),
                .outputs = p->description.outputs,
                .scores = p->description.scores,
                .score = fit_score,
                .go_on = run_goes_on,
                .context = run,
                .training = &p->training,
                .batch = (size_t)run->request->protocol.batch,
                .dropout = p->description.classifier_dropout,
                .init_seed = p->init_seed,
                .order_seed = p->order_seed,
                .dropout_seed = p->dropout_seed };
    Fitted fitted = { .tensors = 0 };
    double asked = seconds_now();
    run->keep = hold;
    bool whole = run->request->method->fit(&fit, p->plans.eval.options, &fitted, error);
    if (run->interrupted || run->late) // whatever the fit made of it
        return run_stopped(arena, run, error);
    if (!whole)
        return no_fit(arena, run, error);
    row_fitted(arena, run, &fitted, seconds_now() - asked);
    if (!fitting_adopt(arena, &fitted, &p->largest_evaluation, &p->plans, &run->trainer, error))
        return false;
    p->description.head = fitted.head;
    // The vectors count what computing them takes, not what this run spent on having them.
    const Keeping *keeping = &run->keeping;
    run->row->feature_s = seconds_now() - start - (keeping->spent - claimed) + keeping->seconds;
    if (run->request->protocol.cache_folder)
        run->row->cache_saved_s = keeping->seconds - keeping->spent;
    run->row->tokens = (Whole)p->frozen.batches.tokens;
    run->row->flops = p->flops;
    run->row->gflops_per_s = p->flops / keeping->seconds / 1e9; // the fit's own are not counted;
    return true;
}

bool run_learn(Arena *arena, Run *run, Error *error)
{
    Arena *hold = arena_with(run->prepared.ledger.kept, error);
    run->row->status = "ok";
    bool ok = hold != NULL;
    if (ok && run->request->method->fit)
        ok = fit(arena, hold, run, error);
    else if (ok)
        ok = freeze(arena, hold, run, error) && (!row_ok(run->row) || run_train(arena, run, error));
    run->trainer.kept = NULL;
    keeping_release(&run->keeping);
    arena_free(hold);
    return ok;
}

void run_select(Arena *arena, Run *run)
{
    Row *row = run->row;
    const Looks *looks = &run->prepared.looks;
    best_restore(&run->best);
    row->best_epoch = run->best.epoch;
    if (row->best_epoch == looks_epoch(looks, looks->steps - 1))
        run_warn(arena, row,
                 "the last epoch is the best on tune: longer training may score higher");
}
