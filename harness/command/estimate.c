// estimate.c: tunemark estimate, a line a method, the one with the least memory first.
#include "base/csv.h"
#include "base/text.h"
#include "command/asked.h"
#include "command/commands.h"
#include "cost/estimate.h"
#include "engine/product.h"
#include "run/prepare.h"
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const Flag flags[] = {
    { "memory", 0, TAKES(BYTES, "BYTES", 1, 1e15, NULL),
      "the largest batch that fits, 24GB or 24GiB" },
    { "weights", 0, TAKES_CHOICE("f32|f16|bf16", "f32"),
      "type of frozen weights; what trains is f32" },
    { "steps", 0, TAKES(WHOLE, "N", 0, 1e12, NULL), "for the hours; --min-steps where not given" },
    { "rows", 0, TAKES(WHOLE, "N", 1, 1e12, NULL),
      "training rows: the steps are those of a run on them" },
    { "gflops", 0, TAKES(REAL, "X", 1e-3, 1e12, NULL),
      "what the machine does in a product; this one's, by tunemark probe, where not given" },
    { "labels", 0, TAKES(WHOLE, "N", 1, 1e6, "2"), "outputs of the head" },
    { "csv", 0, NULL, "CSV with a header, all numbers whole" },
    FLAG_END,
};

typedef struct {
    const char *type; // of frozen weights, as typed
    EstimateAsked of;
    int64_t steps, labels;
    double gflops;
    bool csv;
} Asked;

typedef struct {
    const char *method; // or "inference"
    bool known;
    Estimate is;
    double steps;                        // batches in all; NAN: not known
    char note[sizeof((Error *)0)->text]; // what the method cannot do here; "": nothing
} Line;

// ---- options

static bool weights_read(const Arguments *arguments, const Protocol *protocol, Asked *asked,
                         Error *error)
{
    int index;
    if (!argument_read(arguments, "weights", &index, error))
        return false;
    asked->of.halves = index > 0; // f32 is the first
    asked->type = asked->of.halves ? argument_value(arguments, "weights")
                                   : store_names[protocol->frozen_dtype];
    return !asked->of.halves || protocol->frozen_dtype == STORE_F32 ||
           fail(error, ERROR_INPUT, (Where){ .item = "--weights" }, "f32 with frozen-dtype",
                "'%s' is what that changes", asked->type);
}

static bool gflops_read(const Arguments *arguments, int threads, Asked *asked, Error *error)
{
    if (!argument_is(arguments, "gflops")) {
        if (!product_start(threads, error))
            return false;
        asked->gflops = product_probe(0.2);
        return true;
    }
    return argument_read(arguments, "gflops", &asked->gflops, error);
}

static const OfRun refused[] = {
    { "task|train-limit|fold", "--rows and --labels", "and no task is read here" },
    { "max-memory", "--memory", "for which it chooses" },
    { "heldout", "left out", "and no texts are read here" },
    OF_NO_RUN,
};

static bool asked_read(const Arguments *arguments, const Protocol *protocol, Asked *asked,
                       Error *error)
{
    int64_t rows = 0, memory = 0;
    *asked = (Asked){ .of.batch = (size_t)protocol->batch,
                      .of.pass = (size_t)protocol->micro_batch,
                      .of.recompute = protocol->recompute,
                      .of.keeps_best = protocol->select == SELECT_BEST,
                      .csv = argument_is(arguments, "csv") };
    if (!weights_read(arguments, protocol, asked, error) ||
        !argument_read(arguments, "memory", &memory, error) ||
        !argument_read(arguments, "labels", &asked->labels, error) ||
        !argument_read(arguments, "rows", &rows, error))
        return false;
    asked->of.memory = (double)memory;
    asked->of.rows = (size_t)rows;
    asked->steps = rows ? steps_of(protocol, (size_t)rows) : protocol->min_steps;
    return argument_read(arguments, "steps", &asked->steps, error) &&
           gflops_read(arguments, (int)protocol->threads, asked, error);
}

// ---- lines

static double hours_of(const Line *line, const Asked *asked)
{
    return line->steps * line->is.flops / (SHARE_OF_PROBE * 1e9 * asked->gflops) / 3600;
}

// A fit goes over its rows once.
static double steps_taken(const Line *line, const Asked *asked)
{
    if (!line->is.fits_vectors)
        return (double)asked->steps;
    size_t batches = (asked->of.rows + asked->of.batch - 1) / asked->of.batch;
    return asked->of.rows ? (double)batches : (double)NAN;
}

// One more thing to know of a line.
static void __attribute__((format(printf, 2, 3))) note(Line *line, const char *format, ...)
{
    va_list arguments;
    size_t there = strlen(line->note);
    if (there > 0)
        there += (size_t)snprintf(line->note + there, sizeof line->note - there, "; ");
    if (there >= sizeof line->note)
        return;
    va_start(arguments, format);
    vsnprintf(line->note + there, sizeof line->note - there, format, arguments);
    va_end(arguments);
}

static void line_of(Arena *arena, const Shape *shape, const Request *request, const char *name,
                    Asked *asked, Line *line, Error *error)
{
    Description description;
    *line = (Line){ .method = name };
    line->known =
        shape_description(arena, shape, request, (int)asked->labels, &description, error) &&
        shape_length(shape, request->protocol.max_length, &asked->of.length, error) &&
        estimate(&description, &asked->of, &line->is, error);
    line->steps = steps_taken(line, asked);
    if (!line->known)
        note(line, "%s", error->text);
    else if (line->is.head_alone)
        note(line, "%s: this model has nothing of what it trains: a new head alone", name);
}

static int by_bytes(const void *a, const void *b)
{
    const Line *x = a, *y = b;
    if (x->known != y->known)
        return x->known ? -1 : 1;
    int64_t less = ledger_peak(&x->is.ledger), more = ledger_peak(&y->is.ledger);
    if (less != more)
        return less < more ? -1 : 1;
    return strcmp(x->method, y->method);
}

static void most_text(const Line *line, const Asked *asked, char text[16])
{
    if (asked->of.memory == 0)
        *text = '\0';
    else if (line->is.most >= MOST_BATCH)
        snprintf(text, 16, ">= 2^30");
    else
        snprintf(text, 16, "%zu", line->is.most);
}

// ---- printing

// Three digits in seven columns.
static const char *figure(char text[16], double value)
{
    snprintf(text, 16,
             value >= 1000                ? "%.0f"
             : value != 0 && value < 1e-3 ? "%.2g"
                                          : "%.3g",
             value);
    return text;
}

static void line_print(const Line *line, const Asked *asked)
{
    const Estimate *is = &line->is;
    const Ledger *ledger = &is->ledger;
    const double bytes[] = {
        (double)ledger->held.weights,   (double)ledger->held.gradients,
        (double)ledger->held.optimizer, (double)(ledger->activations + ledger->kept),
        (double)ledger->workspace,      (double)ledger_peak(ledger)
    };
    char text[SIZE_TEXT], most[16];
    char number[16];
    printf("%-9s %7s %7s", line->method, text_of_size(text, (double)is->counts.trained),
           figure(number, 100 * is->shares.trained));
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
        printf(" %7s", text_of_size(text, bytes[i]));
    printf(" %7s", text_of_size(text, is->flops));
    printf(" %7s", isnan(line->steps) ? "" : figure(number, hours_of(line, asked)));
    most_text(line, asked, most);
    printf(*most ? " %7s\n" : "\n", most);
}

static const char assumed[] = "config.json has no model_type: taken for bert";

static void table_print(const Shape *shape, const char *model, const Line *line, size_t lines,
                        const Asked *asked)
{
    char text[SIZE_TEXT];
    const Counts *counts = &line->is.counts;
    printf("%s: %s, %" PRId64 " layers of width %" PRId64 ", with a classifier as its head\n",
           model, model_type_names[shape->config.type], shape->config.layers, shape->config.hidden);
    printf("%s weights, frozen ones in %s, trained ones in f32\n",
           text_of_size(text, (double)(counts->total - counts->head - counts->method)),
           asked->type);
    printf("a step: %zu text%s of %zu tokens; hours: %" PRId64 " steps at half of %.4g GFLOP/s\n\n",
           asked->of.batch, asked->of.batch > 1 ? "s" : "", asked->of.length, asked->steps,
           asked->gflops);
    printf("%-9s %7s %7s %7s %7s %7s %7s %7s %7s %7s %7s", "method", "trained", "share %",
           "weights", "grads", "moments", "activ.", "scratch", "total", "flops", "hours");
    printf(asked->of.memory > 0 ? " %7s\n" : "\n", "batch");
    size_t known = 0;
    for (; known < lines && line[known].known; known++)
        line_print(&line[known], asked);
    if (asked->of.memory > 0)
        printf("\nbatch: the most texts whose step fits %s bytes; 0: none does\n",
               text_of_size(text, asked->of.memory));
    bool any = asked->of.memory > 0;
    if (shape->config.type_assumed) {
        printf("%s%s\n", any ? "" : "\n", assumed);
        any = true;
    }
    for (size_t i = 0; i < lines; i++)
        if (line[i].note[0]) {
            printf("%s%s\n", any ? "" : "\n", line[i].note);
            any = true;
        }
}

static void csv_print(const Shape *shape, const char *model, Line *line, size_t lines,
                      const Asked *asked)
{
    puts(
        "model,method,batch,length,micro_batch,recompute,weights,params_total,params_trained,"
        "trained_share,plan_weights,"
        "plan_gradients,plan_optimizer,plan_activations,plan_workspace,plan_peak,flops,steps,hours,"
        "memory,most_batch,note");
    for (size_t i = 0; i < lines; i++) {
        const Estimate *is = &line[i].is;
        bool unbounded = line[i].known && asked->of.memory > 0 && is->most >= MOST_BATCH;
        csv_put(stdout, model);
        printf(",%s,%zu,%zu,", line[i].method, asked->of.batch, asked->of.length);
        if (0 < asked->of.pass && asked->of.pass < asked->of.batch)
            printf("%zu", asked->of.pass);
        printf(",%s,%s,", is->recomputes ? "yes" : "", asked->type);
        if (line[i].known)
            printf("%" PRId64 ",%" PRId64 ",%.9g,%" PRId64 ",%" PRId64 ",%" PRId64
                   ",%zu,%zu,%" PRId64 ",%.9g,",
                   is->counts.total, is->counts.trained, is->shares.trained,
                   is->ledger.held.weights, is->ledger.held.gradients, is->ledger.held.optimizer,
                   is->ledger.activations + is->ledger.kept, is->ledger.workspace,
                   ledger_peak(&is->ledger), is->flops);
        else
            printf(",,,,,,,,,,");
        if (line[i].known && !isnan(line[i].steps))
            printf("%.9g,%.9g,", line[i].steps, hours_of(&line[i], asked));
        else
            printf(",,");
        if (asked->of.memory > 0)
            printf("%.0f", asked->of.memory);
        printf(",");
        if (line[i].known && asked->of.memory > 0 && !unbounded)
            printf("%zu", is->most);
        printf(",");
        if (unbounded)
            note(&line[i], "any batch fits, up to 2^30 texts at least");
        if (shape->config.type_assumed)
            note(&line[i], "%s", assumed);
        csv_put(stdout, line[i].note);
        printf("\n");
    }
}

// ---- the command

static bool lines_of(const Invocation *invocation, const Arguments *arguments, const Shape *shape,
                     const Request *first, Asked *asked, Line *line, size_t *lines, Error *error)
{
    Arena *arena = invocation->arena;
    const char *method = argument_value(arguments, "method");
    Request untouched = *first; // as `null`
    untouched.protocol.budget = NAN;
    if (method) {
        line_of(arena, shape, first, method, asked, &line[0], error);
        *lines = 1;
        return line[0].known;
    }
    *lines = 0;
    line_of(arena, shape, &untouched, "inference", asked, &line[(*lines)++], error);
    if (!line[0].known) // the model itself, not a method
        return false;
    for (size_t m = 0; methods[m]; m++) {
        Request request;
        Error own;
        if (methods[m]->claims & TRAINS_NOTHING) // as above
            continue;
        if (!request_read(arena, arguments, flags, method_files[m], &request, error))
            return false;
        line_of(arena, shape, &request, method_files[m], asked, &line[(*lines)++], &own);
    }
    qsort(line, *lines, sizeof *line, by_bytes);
    return true;
}

static size_t methods_count(void)
{
    size_t count = 0;
    while (methods[count])
        count++;
    return count;
}

static bool command(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    Request first;
    Shape shape;
    Asked asked;
    size_t lines;
    (void)status;
    if (!request_read(arena, arguments, flags, "null", &first, error) ||
        !request_head(&first, error) || !asked_read(arguments, &first.protocol, &asked, error) ||
        !shape_read(arena, first.protocol.model, &shape, error))
        return false;
    Line *line = arena_zero(arena, methods_count() + 1, sizeof *line);
    bool ok = lines_of(invocation, arguments, &shape, &first, &asked, line, &lines, error);
    if (ok && asked.csv)
        csv_print(&shape, first.protocol.model, line, lines, &asked);
    else if (ok)
        table_print(&shape, first.protocol.model, line, lines, &asked);
    shape_close(&shape);
    return ok;
}

const Command command_estimate = {
    .name = "estimate",
    .summary = "memory and time of every method on a model, from config.json alone",
    .usage = "  tunemark estimate --model gpt2 --memory 24GB\n"
             "  tunemark estimate --model llama-2-7b --method lora --rank 64 --weights f16\n",
    .flags = flags,
    .one_of = { "steps|rows" },
    .takes_request = true,
    .refused = refused,
    .run = command,
};
