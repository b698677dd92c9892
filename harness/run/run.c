// run.c: one run: prepare, train, evaluate, write. The row comes last, so that what stands in rows/
// is whole.
#include "run/run.h"
#include "base/clock.h"
#include "base/machine.h"
#include "base/statistic.h"
#include "base/version.h"
#include "engine/product.h"
#include "run/inference.h"
#include "run/keeping.h"
#include "run/outputs.h"
#include "run/profile.h"
#include "run/saved.h"
#include "run/steps.h"
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CURVE_POINTS = 200, SETTLING_STEPS = 5 };
#define PROBE_SECONDS 0.05
#define INFERENCE_SECONDS 0.25
#define MODEST_FLOPS 30e9

typedef struct {
    const Request *request;
    Prepared prepared;
    Trainer trainer;
    Keeping keeping; // of the frozen prefix, or of a fit's vectors
    Profile profile; // seconds NULL: nobody asks
    Row *row;
    CurvePoint *curve;
    size_t points;
    Evaluation evaluation[SPLITS]; // tune first
    size_t evaluations;            // 0: the run did not end well
    Best best;                     // of --select best
    double started;                // of the run, monotonic
    double cpu_started;
    double load_start;
    Whole rss_start;
    Tell tell;
    void *context;
    bool interrupted, late; // before the first step
    Arena *keep;            // of what is kept until the run has learned
} Run;

// Over the steps after the first few, which pay for page faults and caches.
static double median_rate(double *rate, size_t count)
{
    size_t skip = count > 2 * SETTLING_STEPS ? SETTLING_STEPS : 0;
    return median(rate + skip, count - skip);
}

static void curve_add(Run *run, int64_t step, int64_t tokens, double seconds, double loss)
{
    int64_t steps = (int64_t)run->prepared.batches.steps;
    const Looks *looks = &run->prepared.looks;
    int64_t room = CURVE_POINTS - 1 - (int64_t)looks->count; // the last step, and each look
    int64_t every = (steps + room - 1) / room;
    if (step % every == 0 || step + 1 == steps || looks_after(looks, (size_t)step) ||
        !isfinite(loss))
        run->curve[run->points++] = (CurvePoint){ step, tokens, seconds, loss, (double)NAN };
}

// Before the first step, or instead of steps: is the run to go on?
static bool goes_on(void *context)
{
    Run *run = context;
    run->interrupted =
        run->tell &&
        !run->tell(run->context, 0, (int64_t)run->prepared.batches.steps, (double)NAN, (double)NAN);
    run->late = seconds_now() - run->started > run->request->protocol.timeout;
    return !run->interrupted && !run->late;
}

// What goes_on() put an end to ends as among steps: late is a status, interrupted an error.
static bool stopped(Arena *arena, Run *run, Error *error)
{
    if (run->interrupted)
        return fail(error, ERROR_INTERRUPTED, (Where){ .item = "run" }, NULL,
                    "interrupted before the first step; nothing is kept");
    run->row->status = "timeout";
    run->row->error = arena_format(arena, "gave up after %g seconds before the first step",
                                   run->request->protocol.timeout);
    return true;
}

static void warn(Arena *arena, Row *row, const char *warning)
{
    row->warnings = arena_format(arena, "%s%s%s", row->warnings ? row->warnings : "",
                                 row->warnings ? "; " : "", warning);
}

// What lies in run->keeping then, in the memory of `hold` or in a file.
static KeptEnd keep_rows(Arena *arena, Arena *hold, Run *run, Error *error)
{
    Keeping *keeping = &run->keeping;
    KeptEnd end = keeping_rows(hold, keeping, &run->prepared, &run->trainer, error);
    for (int i = 0; i < keeping->claims; i++)
        if (keeping->claim[i].warning)
            warn(arena, run->row,
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
        return end == KEPT_STOPPED && stopped(arena, run, error);
    run->trainer.kept = &run->keeping.kept[0];
    run->row->feature_s = run->keeping.seconds;
    return true;
}

static Evaluation evaluate(Arena *arena, Run *run, Split split);

// Scores tune between two steps. Returns the seconds that it took, which are no training.
static double look(Arena *arena, Run *run, size_t step)
{
    double start = seconds_now();
    size_t mark = arena_mark(arena);
    Evaluation tune = evaluate(arena, run, SPLIT_TUNE);
    arena_rewind(arena, mark);
    run->curve[run->points - 1].tune = tune.score;
    best_look(&run->best, isfinite(tune.loss) ? tune.score : -INFINITY,
              looks_epoch(&run->prepared.looks, step));
    return seconds_now() - start;
}

// Trains to the last step, or until the loss is no number or the time is up: row->status says so.
static bool train(Arena *arena, Run *run, Error *error)
{
    Prepared *p = &run->prepared;
    BatchBuffer buffer = batch_buffer(arena, &p->passes.largest);
    double *rate = arena_take(arena, p->batches.steps + 1, sizeof *rate);
    double start = seconds_now(), before = start, timeout = run->request->protocol.timeout;
    int64_t seen = 0;
    size_t s = 0, tokens;
    if (run->request->protocol.profile && run->trainer.train)
        run->profile.seconds = runner_profile(arena, run->trainer.train);
    for (; s < p->batches.steps; s++) {
        double loss = step_backward(p, &run->trainer, &buffer, s, &tokens);
        double norm = trainer_update(&run->trainer, (int64_t)s), now = seconds_now();
        rate[s] = (double)tokens / (now - before);
        before = now;
        seen += (int64_t)tokens;
        curve_add(run, (int64_t)s, seen, now - start, loss);
        if (!isfinite(loss) || !isfinite(norm)) {
            run->row->status = "diverged";
            run->row->error = arena_format(arena, "the %s is %g at step %zu",
                                           isfinite(loss) ? "gradient's norm" : "loss",
                                           isfinite(loss) ? norm : loss, s);
            break;
        }
        if (now - run->started > timeout) { // false where there is none: NAN
            run->row->status = "timeout";
            run->row->error = arena_format(arena, "gave up after %g seconds at step %zu of %zu",
                                           timeout, s, p->batches.steps);
            break;
        }
        if (run->tell &&
            !run->tell(run->context, (int64_t)s + 1, (int64_t)p->batches.steps, loss, rate[s]))
            return fail(error, ERROR_INTERRUPTED, (Where){ .item = "run" }, NULL,
                        "interrupted at step %zu of %zu; nothing is kept", s + 1, p->batches.steps);
        if (looks_after(&p->looks, s)) {
            trainer_settle(&run->trainer);
            double looked = look(arena, run, s);
            start += looked;
            before += looked;
            run->row->eval_s += looked;
        }
    }
    bool whole = s == p->batches.steps;
    double left = seconds_now();
    trainer_settle(&run->trainer); // a run that ended early has rows whose updates wait
    before += seconds_now() - left;
    Passes passes = { 0 };
    if (run->trainer.train) // else there is nothing to train
        passes = runner_passes(run->trainer.train);
    run->row->forward_s = passes.forward;
    run->row->backward_s = passes.backward;
    run->row->optimizer_s = run->trainer.optimizer_s;
    run->row->train_s = before - start;
    run->profile.steps = whole ? s : s + 1;
    run->profile.train_s = run->row->train_s;
    run->profile.optimizer_s = run->row->optimizer_s;
    run->row->tokens = seen;
    run->row->tokens_per_s = median_rate(rate, whole ? s : s + 1);
    double frozen_s = run->trainer.kept ? run->keeping.seconds : 0;
    if (run->trainer.kept)
        run->row->cache_saved_s =
            frozen_s * (double)seen / (double)p->frozen.batches.tokens - run->keeping.spent;
    if (whole)
        run->row->flops = p->flops;
    if (whole && p->flops > 0)
        run->row->gflops_per_s = p->flops / (run->row->train_s + frozen_s) / 1e9;
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

static void row_fitted(Arena *arena, const Run *run, const Fitted *fitted, double seconds)
{
    Row *row = run->row;
    if (fitted->trials == 0 || run->request->protocol.winner_key)
        return;
    row->trials = fitted->trials;
    row->search_space = arena_format(arena, "%s: %s", fitted->tried, fitted->took);
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
        return end == KEPT_STOPPED && stopped(arena, run, error);
    const Kept *kept = run->keeping.kept;
    Fit fit = { .arena = hold,
                .config = p->description.config,
                .train = fitting_vectors(&p->plans, &kept[0]),
                .tune = fitting_vectors(&p->plans, &kept[1]),
                .outputs = p->description.outputs,
                .scores = p->description.scores,
                .score = fit_score,
                .go_on = goes_on,
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
    if (!run->request->method->fit(&fit, p->plans.eval.options, &fitted, error))
        return (run->interrupted || run->late) && stopped(arena, run, error);
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
    run->row->gflops_per_s = p->flops / run->row->feature_s / 1e9;
    return true;
}

static bool learn(Arena *arena, Run *run, Error *error)
{
    Arena *hold = arena_with(run->prepared.ledger.kept, error);
    run->row->status = "ok";
    bool ok = hold != NULL;
    if (ok && run->request->method->fit)
        ok = fit(arena, hold, run, error);
    else if (ok)
        ok = freeze(arena, hold, run, error) && (!row_ok(run->row) || train(arena, run, error));
    run->trainer.kept = NULL;
    keeping_release(&run->keeping);
    arena_free(hold);
    return ok;
}

static const float *logits_of(Arena *arena, Run *run, Split split)
{
    Prepared *p = &run->prepared;
    const Batches *batches = &p->evaluation[split];
    size_t outputs = (size_t)p->description.outputs, row = 0;
    float *logits = arena_take(arena, p->tokens[split].count * outputs + 1, sizeof *logits);
    BatchBuffer buffer = batch_buffer(arena, &batches->largest);
    for (size_t s = 0; s < batches->steps; s++) {
        size_t count = batches->begin[s + 1] - batches->begin[s];
        Batch batch =
            batch_fill(&buffer, &p->tokens[split], batches->order + batches->begin[s], count);
        Matrix got = trainer_logits(&run->trainer, &batch);
        for (size_t r = 0; r < got.rows; r++, row++)
            memcpy(logits + row * outputs, row_at(got, r), outputs * sizeof *logits);
    }
    return logits;
}

static Evaluation evaluate(Arena *arena, Run *run, Split split)
{
    return evaluation_of(arena, run->prepared.task, split, logits_of(arena, run, split));
}

static void row_scores(const Run *run, const Evaluation *evaluation, size_t count)
{
    Row *row = run->row;
    bool trial = run->request->protocol.stage == STAGE_TRIAL;
    for (size_t i = 0; i < count; i++) {
        const Evaluation *e = &evaluation[i];
        if (e->split == SPLIT_TUNE)
            row->tune_score = e->score;
        if (trial)
            row->loss = e->loss;
        if (e->split == SPLIT_DEV)
            row->score_dev = e->score;
        if (e->split == SPLIT_TEST)
            row->score_test = e->score;
        if (e->split != run->prepared.task->task.report)
            continue;
        row->score = e->score;
        row->loss = e->loss;
        row->majority_score = e->majority;
        row->accuracy = metric(METRIC_ACCURACY, &e->answers);
        row->f1 = metric(METRIC_F1, &e->answers);
        row->f1_macro = metric(METRIC_F1_MACRO, &e->answers);
        row->matthews = metric(METRIC_MATTHEWS, &e->answers);
        row->pearson = metric(METRIC_PEARSON, &e->answers);
        row->spearman = metric(METRIC_SPEARMAN, &e->answers);
        row->rmse = metric(METRIC_RMSE, &e->answers);
        row->ece = metric(METRIC_ECE, &e->answers);
    }
}

// The numbers that a slot started with; what it started from may have been trained since.
static const float *start_of(Arena *arena, const Run *run, const Slot *slot)
{
    const Prepared *p = &run->prepared;
    float *room = arena_take(arena, slot->count, sizeof *room);
    Error error;
    if (slot->is.init.kind == INIT_GIVEN)
        return checkpoint_giver(&p->model->checkpoint, &slot->is, room, &error);
    State before = { .slot = arena_take(arena, START_FROM, sizeof *before.slot) };
    for (int k = 0; slot->is.init.kind == INIT_OTHERS && k < START_FROM; k++) {
        const char *name = slot->is.start->from[k];
        const Slot *from = name ? state_find(run->trainer.state, name) : NULL;
        if (!from)
            break;
        before.slot[before.slots] = *from;
        if (from->is.trained) // it is only read, so the cast is safe
            before.slot[before.slots].value = (float *)(uintptr_t)start_of(arena, run, from);
        before.slots++;
    }
    init_fill(room, &slot->is, &before, p->init_seed);
    return room;
}

// Trained numbers whose bits differ from where they started.
static Whole changed(Arena *arena, const Run *run)
{
    const State *state = run->trainer.state;
    Whole count = 0;
    for (size_t i = 0; i < state->slots; i++) {
        const Slot *slot = &state->slot[i];
        size_t mark = arena_mark(arena);
        if (!slot->is.trained)
            continue;
        const float *start = start_of(arena, run, slot);
        for (size_t j = 0; j < slot->count; j++)
            count += memcmp(&start[j], &slot->value[j], sizeof *start) != 0;
        arena_rewind(arena, mark);
    }
    return count;
}

// Dev and test are labelled only here, after the last step. Weights that give no finite loss on
// tune have diverged in the last step.
static bool evaluate_all(Arena *arena, Run *run, Error *error)
{
    Prepared *p = &run->prepared;
    if (!row_ok(run->row))
        return true;
    for (int split = SPLIT_TUNE; split < SPLITS; split++) {
        if (p->tokens[split].count == 0)
            continue;
        if (split != SPLIT_TUNE &&
            !dataset_labels(&p->task->task, (Split)split, &p->task->dataset, error))
            return false;
        const Evaluation *e = &run->evaluation[run->evaluations++];
        run->evaluation[run->evaluations - 1] = evaluate(arena, run, (Split)split);
        if (!isfinite(e->loss)) {
            run->row->status = "diverged";
            run->row->error = arena_format(arena, "the loss on %s is %g after the last step",
                                           split_names[split], e->loss);
            run->evaluations = 0;
            return true;
        }
        assert(p->task->dataset.label_reads[split] == (split != SPLIT_TUNE)); // once, here
    }
    row_scores(run, run->evaluation, run->evaluations);
    if (run->points && p->looks.count == 0)
        run->curve[run->points - 1].tune = run->row->tune_score;
    return true;
}

// The held-out loss of the checkpoint (tuned NULL) or of what it has become; unknown where there is
// none to measure, and of a run that did not end well.
static bool forgetting(Run *run, const State *tuned, double *loss, Error *error)
{
    Prepared *p = &run->prepared;
    if (p->heldout.batches == 0 || (tuned && !row_ok(run->row)))
        return true;
    return heldout_loss(&p->heldout, &p->description, &p->model->checkpoint, tuned, loss, error);
}

// Is there a row of this run that ended ok? An attempt that did not never takes its place.
static bool finished_before(Arena *arena, const char *path)
{
    Error error;
    Row *rows;
    size_t count;
    return file_exists(path) && rows_read(arena, path, &rows, &count, &error) && count == 1 &&
           row_ok(&rows[0]);
}

// The files beside the row, and last the row. What an earlier run of this key left and this one
// does not have goes away.
static bool write_all(Arena *arena, Run *run, Error *error)
{
    Prepared *p = &run->prepared;
    const char *out = run->request->protocol.out;
    const Evaluation *scored = run->evaluation;
    const char *path = row_file(arena, out, "rows", p->row.key);
    if (!row_ok(run->row) && finished_before(arena, path))
        return fail(error, ERROR_WORK, (Where){ .file = path }, NULL,
                    "%s: %s; the finished row that is there is kept", run->row->status,
                    run->row->error);
    size_t n = run->evaluations, tune = n > 0 && scored[0].split == SPLIT_TUNE;
    return (n == 0 || !run->request->protocol.save ||
            saved_write(arena, run->request->protocol.save, run->request, p, &run->trainer,
                        error)) &&
           write_scores(arena, out, p, scored, n, error) &&
           write_predictions(arena, out, p, scored + tune, n - tune, error) &&
           write_curve(arena, out, p, run->curve, run->points, error) &&
           profile_write(arena, out, p, run->profile.seconds ? &run->profile : NULL, error) &&
           row_write(path, run->row, error);
}

// A folder that cannot be written is known before the training, not after it.
static bool folders_ready(Arena *arena, const Run *run, Error *error)
{
    const Protocol *protocol = &run->request->protocol;
    const char *rows = path_join(arena, protocol->out, "rows");
    bool keeps = run->prepared.frozen.batches.steps > 0 && protocol->cache_folder;
    if ((keeps && !folder_make(protocol->cache_folder, error)) || !folder_make(rows, error) ||
        (protocol->save && !saved_ready(arena, protocol->save, error)))
        return false;
    return access(rows, W_OK | X_OK) == 0 || fail(error, ERROR_ENVIRONMENT, (Where){ .file = rows },
                                                  NULL, "cannot be written: %s", strerror(errno));
}

// What reading and planning left lies beside the plan's; while they went on they may have taken
// more than both.
static Whole predicted_growth(const Ledger *ledger, Whole start)
{
    Whole now = memory_now("VmRSS"), highest = memory_now("VmHWM");
    if (now == WHOLE_UNKNOWN || highest == WHOLE_UNKNOWN || start == WHOLE_UNKNOWN)
        return WHOLE_UNKNOWN;
    Whole then = now + ledger_resident(ledger);
    return (then > highest ? then : highest) - start;
}

// A short run, and there may be many, is not to take longer to be judged than to be done: a probe
// is at most a twentieth of what a modest core needs for it.
static double at_most(double seconds, const Prepared *p)
{
    return fmin(seconds, (p->flops + p->evaluation_flops) / MODEST_FLOPS / 20);
}

// Peaks of resident memory, phase by phase where the kernel lets them begin anew.
typedef struct {
    Whole highest; // of the phases that ended
    bool apart;    // each phase has its own
} Peaks;

static Whole phase_ended(Peaks *peaks)
{
    Whole peak = memory_now("VmHWM");
    peaks->highest = peak > peaks->highest ? peak : peaks->highest;
    return peaks->apart ? peak : WHOLE_UNKNOWN;
}

static void select_best(Arena *arena, Run *run)
{
    Row *row = run->row;
    const Looks *looks = &run->prepared.looks;
    best_restore(&run->best);
    row->best_epoch = run->best.epoch;
    if (row->best_epoch == looks_epoch(looks, looks->steps - 1))
        warn(arena, row, "the last epoch is the best on tune: longer training may score higher");
}

// What one task costs to keep and to use; of a run that did not end well nothing is kept.
static bool used(Run *run, Error *error)
{
    Row *row = run->row;
    if (!row_ok(row))
        return true;
    size_t bytes = 0;
    if (!trainer_saved_bytes(&run->trainer, &bytes, error))
        return false;
    row->saved_bytes = (Whole)bytes;
    return strcmp(row->stage, "final") != 0 ||
           inference_cost(&run->prepared, run->trainer.state,
                          at_most(INFERENCE_SECONDS, &run->prepared), row, error);
}

static bool compute(Arena *arena, Run *run, Error *error)
{
    Prepared *p = &run->prepared;
    Row *row = run->row;
    Peaks peaks = { 0 };
    double claimed = run->keeping.spent; // already, on what it keeps
    if (!trainer_new(arena, &p->plans, &p->model->checkpoint, p->init_seed, p->dropout_seed,
                     &p->training, &run->trainer, error))
        return false;
    run->curve = arena_zero(arena, CURVE_POINTS, sizeof *run->curve);
    row->eval_s = 0;
    if (p->looks.count)
        run->best = best_new(arena, run->trainer.state);
    phase_ended(&peaks);
    double loaded = seconds_now();
    if (!forgetting(run, NULL, &row->mlm_before, error))
        return false;
    double asked = seconds_now(), cpu = cpu_seconds() - run->cpu_started;
    double probe = product_probe(at_most(PROBE_SECONDS, p));

    peaks.apart = memory_reset_peak();
    double start = seconds_now(), cpu_start = cpu_seconds();
    if (!learn(arena, run, error))
        return false;
    if (p->looks.count && row_ok(row))
        select_best(arena, run);
    row->rss_train_peak = phase_ended(&peaks);
    trainer_rest(&run->trainer);
    peaks.apart = memory_reset_peak();
    double trained = seconds_now();
    if (!evaluate_all(arena, run, error))
        return false;
    row->rss_eval_peak = phase_ended(&peaks);
    row->rss_peak = peaks.highest;
    if (!forgetting(run, run->trainer.state, &row->mlm_after, error))
        return false;
    double ended = seconds_now();
    row->load_s = loaded - run->started - p->tokenize_s - claimed;
    row->tokenize_s = p->tokenize_s;
    row->eval_s += (asked - loaded) + (ended - trained);
    row->wall_s = (asked - run->started) + (ended - start);
    row->cpu_s = cpu + (cpu_seconds() - cpu_start);

    row->probe_gflops = (probe + product_probe(at_most(PROBE_SECONDS, p))) / 2;
    row->params_changed = changed(arena, run);
    if (run->request->method->count_head && row->params_changed > row->params_trained)
        row->params_changed = row->params_trained; // two rows of the head that are one vector
    const State *state = run->trainer.state;
    row->arena_peak =
        (Whole)(trainer_written(&run->trainer) + p->ledger.kept + state->weight_bytes +
                state->gradient_bytes + state->moment_bytes + run->best.bytes);
    row->finished_at = utc_now(arena);
    if (!used(run, error))
        return false;
    return write_all(arena, run, error);
}

static void row_machine(Arena *arena, Row *row)
{
    char cpu[256], library[LIBRARY_TEXT];
    file_field("/proc/cpuinfo", "model name", cpu, sizeof cpu);
    row->cpu = cpu[0] ? arena_text(arena, cpu) : NULL;
    row->cores = sysconf(_SC_NPROCESSORS_ONLN);
    row->blas = arena_text(arena, product_library(library));
    row->blas_core = arena_text(arena, product_core());
    row->backend = BACKEND;
    row->compiler = version_compiler;
    row->flags = version_flags;
    row->commit = version_commit[0] ? version_commit : NULL;
    row->dirty = version_commit[0] ? (version_dirty ? "yes" : "no") : NULL;
}

// What is known of the row before anything is computed.
static void row_begin(Arena *arena, Run *run)
{
    const Protocol *protocol = &run->request->protocol;
    Row *row = run->row;
    *row = run->prepared.row;
    row->rss_start = run->rss_start;
    row->predicted_peak = predicted_growth(&run->prepared.ledger, run->rss_start);
    row->load_start = run->load_start;
    row->attempts = protocol->attempt;
    row->jobs = protocol->jobs;
    row->threads = protocol->threads;
    row_machine(arena, row);
}

// From the files to the row.
static bool do_it(Arena *arena, FilesRead *files, Run *run, Error *error)
{
    if (!product_start((int)run->request->protocol.threads, error) ||
        !prepare_for(arena, files, run->request, keeping_claim, &run->keeping, &run->prepared,
                     error))
        return false;
    checkpoint_rest(&run->prepared.model->checkpoint); // its header has been read
    row_begin(arena, run);
    const Ledger *ledger = &run->prepared.ledger;
    return ledgers_fit(&ledger, 1, arena, error) && folders_ready(arena, run, error) &&
           compute(arena, run, error);
}

bool run(Arena *arena, const Request *request, Tell tell, void *context, Row *row, Error *error)
{
    Run run = { .request = request,
                .row = row,
                .tell = tell,
                .context = context,
                .started = seconds_now(),
                .cpu_started = cpu_seconds() };
    memory_reset_peak(); // of what the process did before
    run.rss_start = memory_now("VmRSS");
    run.keeping = keeping_new(goes_on, &run);
    FilesRead *files = files_new(arena);
    run.load_start = load_average();
    bool ok = do_it(arena, files, &run, error);
    keeping_release(&run.keeping);
    trainer_free(&run.trainer);
    files_close(files);
    return ok;
}
