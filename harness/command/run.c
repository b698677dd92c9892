// run.c: tunemark run.
#include "base/clock.h"
#include "command/asked.h"
#include "command/commands.h"
#include "run/profile.h"
#include "run/run.h"
#include "run/size.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "  tunemark run --model tiny --task reviews --method lora --rank 4\n"
                            "  tunemark run --model mini --task topics --method full --lr 3e-4 "
                            "--seed 2 --out results/mine\n"
                            "  tunemark run --model tiny --task reviews --method lora --save "
                            "reviews.lora\n";

static const Flag flags[] = {
    { "verbose", 'v', NULL, "a line on stderr now and then, also when it is no terminal" },
    { "quiet", 'q', NULL, "nothing but the result and errors" },
    FLAG_END,
};

typedef struct {
    bool telling, terminal;
    double last; // when a line was last shown
    Interrupt *interrupted;
} Teller;

static bool tell(void *context, int64_t step, int64_t steps, double loss, double tokens_per_s)
{
    Teller *teller = context;
    double now = seconds_now();
    if (!teller->telling ||
        (now - teller->last < (teller->terminal ? 0.25 : 10) && (step == 0 || step < steps)))
        return !*teller->interrupted;
    teller->last = now;
    if (step == 0)
        fprintf(stderr, "%s[    0/%lld] frozen layers%s", teller->terminal ? "\r" : "",
                (long long)steps, teller->terminal ? "  " : "\n");
    else
        fprintf(stderr, "%s[%5lld/%lld] loss %.4f | %.1fk tok/s%s", teller->terminal ? "\r" : "",
                (long long)step, (long long)steps, loss, tokens_per_s / 1e3,
                teller->terminal ? "  " : "\n");
    return !*teller->interrupted;
}

static void points(FILE *out, const char *name, double fraction)
{
    if (!isnan(fraction))
        fprintf(out, " %s %.1f", name, 100 * fraction);
}

// The row in words.
static void row_print(FILE *out, Arena *arena, const Row *row, const Protocol *protocol)
{
    fprintf(out, "%s %s %s", row->method, row->model, row->task);
    if (row->fold != WHOLE_UNKNOWN)
        fprintf(out, " fold %lld", (long long)row->fold);
    fprintf(out, " seed %lld: ", (long long)row->seed);
    if (!row_ok(row))
        fprintf(out, "%s: %s", row->status, row->error ? row->error : "");
    else {
        fputs(row->metric, out);
        points(out, "dev", row->score_dev);
        points(out, "test", row->score_test);
        points(out, "majority", row->majority_score);
        if (isnan(row->score))
            points(out, "tune", row->tune_score);
    }
    fprintf(out, "; trained %lld of %lld (%.3g %%)", (long long)row->params_trained,
            (long long)row->params_total, 100 * row->trained_share);
    fprintf(out, "; plan %.1f MB; %.1f s", (double)row->plan_peak / 1e6, row->wall_s);
    if (row_alone_s(row) > row->wall_s) // a frozen bottom's rows were found in a file
        fprintf(out, " (alone %.1f s)", row_alone_s(row));
    fputc('\n', out);
    if (protocol->save && row->saved_bytes != WHOLE_UNKNOWN)
        fprintf(out, "%s: %lld bytes to keep\n", protocol->save, (long long)row->saved_bytes);
    fprintf(out, "%s\n", row_file(arena, protocol->out, "rows", row->key));
}

// What a reader of the result should know, for people: what --max-memory and --budget have chosen,
// what was asked for in vain, and the row's warnings.
static void notes_print(FILE *out, Arena *arena, const Row *row, const Request *request)
{
    const Protocol *protocol = &request->protocol;
    static const char vain[] = "tunemark: %s: changes nothing here; the run is that without it\n";
    const struct {
        bool asked, there;
        const char *what;
    } each[] = {
        { protocol->micro_batch > 0, row->micro_batch != WHOLE_UNKNOWN, "micro-batch" },
        { protocol->recompute, row->recompute != NULL, "recompute" },
        { protocol->frozen_dtype != STORE_F32, row->frozen_dtype != NULL, "frozen-dtype" },
        { protocol->frozen_dropout == FROZEN_DROPOUT_YES, !strcmp(row->frozen_dropout, "yes"),
          "frozen-dropout" },
        { protocol->frozen_dropout == FROZEN_DROPOUT_NO, !strcmp(row->frozen_dropout, "no"),
          "frozen-dropout" },
        { protocol->select == SELECT_BEST, !strcmp(row->select, "best"), "select" },
    };
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        if (each[i].asked && !each[i].there)
            fprintf(out, vain, each[i].what);
    if (protocol->max_memory != INT64_MIN)
        fprintf(out, "tunemark: max-memory: %s\n", levers_text(arena, row));
    if (!isnan(protocol->budget)) {
        const char *size = method_size(request->method)->name;
        fprintf(out, "tunemark: budget: %s %s\n", size, row_option(arena, row, size));
    }
    if (row->warnings)
        fprintf(out, "tunemark: warning: %s\n", row->warnings);
    if (protocol->profile && !(row->forward_s > 0))
        fprintf(out, "tunemark: profile: no step went through the graph: there is none\n");
}

static bool command(const Invocation *invocation, int *status, Error *error)
{
    const Arguments *arguments = invocation->arguments;
    Request request;
    Row row;
    Teller teller = { .terminal = isatty(STDERR_FILENO), .interrupted = invocation->interrupted };
    if (!request_read(invocation->arena, arguments, flags, NULL, &request, error))
        return false;
    teller.telling =
        argument_is(arguments, "verbose") || (teller.terminal && !argument_is(arguments, "quiet"));
    bool ok = run(invocation->arena, &request, tell, &teller, &row, error);
    if (teller.terminal && teller.last > 0) // however it ended, what follows begins on a clean line
        fputs("\r\033[K", stderr);
    if (!ok)
        return false;
    if (!argument_is(arguments, "quiet"))
        notes_print(stderr, invocation->arena, &row, &request);
    row_print(stdout, invocation->arena, &row, &request.protocol);
    if (request.protocol.profile && row.forward_s > 0) {
        const char *path = row_file(invocation->arena, request.protocol.out, "profiles", row.key);
        if (!profile_print(invocation->arena, path, stdout, error))
            return false;
        puts(path);
    }
    *status = row_ok(&row) ? 0 : ERROR_WORK;
    return true;
}

const Command command_run = {
    .name = "run",
    .summary = "fine-tune one model on one task with one method, and write one row",
    .usage = usage,
    .flags = flags,
    .one_of = { "verbose|quiet" },
    .takes_request = true,
    .stops_gently = true,
    .run = command,
};
