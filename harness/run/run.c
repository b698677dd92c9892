// run.c: one run: prepare, learn, evaluate, write, and what all of it took.
//
//   files read -> splits -> tokens -> batches    prepare_for (prepare.c)
//   -> described -> gradient -> planned          plans_make (train/plans.c)
//   -> what a frozen part gives, once; or a fit  run_learn (run_learn.c)
//   -> steps                                     run_train (run_train.c), step_backward (steps.c)
//   -> evaluated                                 run_evaluate_all (run_evaluate.c)
//   -> files and row                             run_write (run_write.c)
#include "run/run_impl.h"
#include "base/clock.h"
#include "base/machine.h"
#include "base/version.h"
#include "engine/product.h"
#include "run/inference.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

#define PROBE_SECONDS 0.05
#define INFERENCE_SECONDS 0.25
#define MODEST_FLOPS 30e9

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
    Whole highest;    // of the phases that ended
    Whole anon, file; // the largest at their ends
    bool apart;       // each phase has its own
} Peaks;

static Whole larger(Whole a, Whole b)
{
    return a > b ? a : b;
}

static Whole phase_ended(Peaks *peaks)
{
    Whole peak = memory_now("VmHWM");
    peaks->highest = larger(peaks->highest, peak);
    peaks->anon = larger(peaks->anon, memory_now("RssAnon"));
    peaks->file = larger(peaks->file, memory_now("RssFile"));
    return peaks->apart ? peak : WHOLE_UNKNOWN;
}

// What one task costs to keep and to use; of a run that did not end well nothing is kept. What
// cannot be measured of a result that is there costs a warning, not the result.
static void used(Arena *arena, Run *run)
{
    Row *row = run->row;
    Error why;
    size_t bytes = 0;
    if (!row_ok(row))
        return;
    if (trainer_saved_bytes(&run->trainer, &bytes, &why))
        row->saved_bytes = (Whole)bytes;
    else
        run_warn(arena, row, arena_format(arena, "saved_bytes is not known: %s", why.text));
    if (!strcmp(row->stage, "final") &&
        !inference_cost(&run->prepared, run->trainer.state,
                        at_most(INFERENCE_SECONDS, &run->prepared), row, &why))
        run_warn(arena, row, arena_format(arena, "its use is not timed: %s", why.text));
}

// When what began and ended, by the clock and by the processor's.
typedef struct {
    double asking, asked; // the untouched checkpoint, of its loss
    double loaded, start, trained, ended;
    double cpu, cpu_start; // spent until `loaded`; at `start`
} Times;

static void row_times(const Run *run, const Times *t, double claimed, Row *row)
{
    double asked = t->asked - t->asking;
    row->load_s = t->loaded - run->started - asked - run->prepared.tokenize_s - claimed;
    row->tokenize_s = run->prepared.tokenize_s;
    row->eval_s += asked + (t->ended - t->trained);
    row->wall_s = (t->loaded - run->started) + (t->ended - t->start);
    row->cpu_s = t->cpu + (cpu_seconds() - t->cpu_start);
}

static void row_trainer(Arena *arena, const Run *run, Row *row)
{
    const Prepared *p = &run->prepared;
    const State *state = run->trainer.state;
    row->params_changed =
        trainer_changed(arena, &run->trainer, &p->model->checkpoint, p->init_seed);
    if (run->request->method->count_head && row->params_changed > row->params_trained)
        row->params_changed = row->params_trained; // two rows of the head that are one vector
    row->arena_peak =
        (Whole)(trainer_written(&run->trainer) + p->ledger.kept + state->weight_bytes +
                state->gradient_bytes + state->moment_bytes + run->best.bytes);
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

// What stands against the run is known before anything is computed.
static bool begin(Arena *arena, Run *run, Error *error)
{
    Prepared *p = &run->prepared;
    const Ledger *ledger = &p->ledger;
    if (run->interrupted) // while it waited for another run
        return run_stopped(arena, run, error);
    checkpoint_rest(&p->model->checkpoint); // its header has been read
    row_begin(arena, run);
    return ledgers_fit(&ledger, 1, arena, error) && run_folders(arena, run, error);
}

static bool load(Arena *arena, Run *run, Error *error)
{
    Prepared *p = &run->prepared;
    if (!trainer_new(arena, &p->plans, &p->model->checkpoint, p->init_seed, p->dropout_seed,
                     &p->training, &run->trainer, error))
        return false;
    run->curve = arena_zero(arena, CURVE_POINTS, sizeof *run->curve);
    run->row->eval_s = 0;
    if (p->looks.count)
        run->best = best_new(arena, run->trainer.state);
    return true;
}

static bool compute(Arena *arena, Run *run, Error *error)
{
    const Prepared *p = &run->prepared;
    Row *row = run->row;
    Peaks peaks = { .highest = WHOLE_UNKNOWN, .anon = WHOLE_UNKNOWN, .file = WHOLE_UNKNOWN };
    Times t;
    double claimed = run->keeping.spent; // already, on what it keeps
    if (!begin(arena, run, error))
        return false;
    phase_ended(&peaks);
    t.asking = seconds_now();
    if (!run_forgetting(arena, run, NULL, &row->mlm_before, error)) // before anything else is held
        return false;
    checkpoint_rest(&p->model->checkpoint); // what this read counts for no phase of the run
    t.asked = seconds_now();
    memory_reset_peak();
    if (!load(arena, run, error))
        return false;
    phase_ended(&peaks);
    t.loaded = seconds_now(), t.cpu = cpu_seconds() - run->cpu_started;
    double probe = product_probe(at_most(PROBE_SECONDS, p));

    peaks.apart = memory_reset_peak();
    t.start = seconds_now(), t.cpu_start = cpu_seconds();
    if (!run_learn(arena, run, error))
        return false;
    if (p->looks.count && row_ok(row))
        run_select(arena, run);
    row->rss_train_peak = phase_ended(&peaks);
    trainer_rest(&run->trainer);
    peaks.apart = memory_reset_peak();
    t.trained = seconds_now();
    if (!run_evaluate_all(arena, run, error))
        return false;
    row->rss_eval_peak = phase_ended(&peaks);
    row->rss_peak = peaks.highest;
    row->rss_anon_sampled = peaks.anon;
    row->rss_file_sampled = peaks.file;
    trainer_rest(&run->trainer); // of evaluation
    if (!run_forgetting(arena, run, run->trainer.state, &row->mlm_after, error))
        run_warn(arena, row, arena_format(arena, "mlm_after is not measured: %s", error->text));
    t.ended = seconds_now();
    row_times(run, &t, claimed, row);

    row->probe_gflops = (probe + product_probe(at_most(PROBE_SECONDS, p))) / 2;
    row_trainer(arena, run, row);
    row->finished_at = utc_now(arena);
    used(arena, run);
    return run_write(arena, run, error);
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
    run.keeping = keeping_new(run_goes_on, &run);
    FilesRead *files = files_new(arena);
    run.load_start = load_average();
    bool ok =
        product_start((int)request->protocol.threads, error) &&
        prepare_for(arena, files, request, keeping_claim, &run.keeping, &run.prepared, error) &&
        compute(arena, &run, error);
    keeping_release(&run.keeping);
    trainer_free(&run.trainer);
    files_close(files);
    return ok;
}
