// run_train.c: step after step, with the curve and the looks at tune between them.
#include "run/run_impl.h"
#include "base/clock.h"
#include "base/statistic.h"
#include "run/steps.h"
#include <math.h>

enum { SETTLING_STEPS = 5 };

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

// Scores tune between two steps. Returns the seconds that it took, which are no training.
static double look(Arena *arena, Run *run, size_t step)
{
    double start = seconds_now();
    size_t mark = arena_mark(arena);
    Evaluation tune = run_evaluate(arena, run, SPLIT_TUNE);
    arena_rewind(arena, mark);
    run->curve[run->points - 1].tune = tune.score;
    best_look(&run->best, isfinite(tune.loss) ? tune.score : -INFINITY,
              looks_epoch(&run->prepared.looks, step));
    return seconds_now() - start;
}

typedef struct {
    double start, before; // of the training, of this step; looks are left out
    double *rate;         // tokens a second, by step
    int64_t seen;         // tokens
    size_t steps;         // that were taken
    bool whole;           // all of them
} Course;

// After a step: is it the last that makes sense? Who is late with nothing left to do is done.
static bool ended(Arena *arena, Run *run, size_t step, double loss, double norm)
{
    size_t steps = run->prepared.batches.steps;
    if (!isfinite(loss) || !isfinite(norm)) {
        run->row->status = "diverged";
        run->row->error = arena_format(arena, "the %s is %g at step %zu",
                                       isfinite(loss) ? "gradient's norm" : "loss",
                                       isfinite(loss) ? norm : loss, step);
        return true;
    }
    if (step + 1 < steps && run_late(run)) {
        run->row->status = "timeout";
        run->row->error = arena_format(arena, "gave up after %g seconds at step %zu of %zu",
                                       run->request->protocol.timeout, step, steps);
        return true;
    }
    return false;
}

static bool take_steps(Arena *arena, Run *run, Course *course, Error *error)
{
    Prepared *p = &run->prepared;
    BatchBuffer buffer = batch_buffer(arena, &p->passes.largest);
    size_t tokens;
    course->rate = arena_take(arena, p->batches.steps + 1, sizeof *course->rate);
    course->start = course->before = seconds_now();
    if (run->request->protocol.profile && run->trainer.train)
        run->profile.seconds = runner_profile(arena, run->trainer.train);
    for (size_t s = 0; s < p->batches.steps; s++) {
        double loss = step_backward(p, &run->trainer, &buffer, s, &tokens);
        double norm = trainer_update(&run->trainer, (int64_t)s), now = seconds_now();
        course->rate[s] = (double)tokens / (now - course->before);
        course->before = now;
        course->seen += (int64_t)tokens;
        course->steps = s + 1;
        curve_add(run, (int64_t)s, course->seen, now - course->start, loss);
        if (ended(arena, run, s, loss, norm))
            return true;
        if (run->tell && !run->tell(run->context, (int64_t)s + 1, (int64_t)p->batches.steps, loss,
                                    course->rate[s]))
            return fail(error, ERROR_INTERRUPTED, (Where){ .item = "run" }, NULL,
                        "interrupted at step %zu of %zu; nothing is kept", s + 1, p->batches.steps);
        if (looks_after(&p->looks, s)) {
            trainer_settle(&run->trainer);
            double looked = look(arena, run, s);
            course->start += looked;
            course->before += looked;
            run->row->eval_s += looked;
        }
    }
    course->whole = true;
    return true;
}

static void row_trained(Run *run, const Course *course)
{
    const Prepared *p = &run->prepared;
    Row *row = run->row;
    Passes passes = { 0 };
    if (run->trainer.train) // else there is nothing to train
        passes = runner_passes(run->trainer.train);
    row->forward_s = passes.forward;
    row->backward_s = passes.backward;
    row->optimizer_s = run->trainer.optimizer_s;
    row->train_s = course->before - course->start;
    run->profile.steps = course->steps;
    run->profile.train_s = row->train_s;
    run->profile.optimizer_s = row->optimizer_s;
    row->tokens = course->seen;
    row->tokens_per_s = median_rate(course->rate, course->steps);
    double frozen_s = run->trainer.kept ? run->keeping.seconds : 0;
    if (run->trainer.kept)
        row->cache_saved_s =
            frozen_s * (double)course->seen / (double)p->frozen.batches.tokens - run->keeping.spent;
    if (course->whole)
        row->flops = p->flops;
    if (course->whole && p->flops > 0)
        row->gflops_per_s = p->flops / (row->train_s + frozen_s) / 1e9;
}

bool run_train(Arena *arena, Run *run, Error *error)
{
    Course course = { .seen = 0 };
    if (!take_steps(arena, run, &course, error))
        return false;
    double left = seconds_now();
    trainer_settle(&run->trainer); // a run that ended early has rows whose updates wait
    course.before += seconds_now() - left;
    row_trained(run, &course);
    return true;
}
