// explain_print.c: what was found, as two waterfalls with their notes for people, and as CSV.
#include "cost/explain_print.h"
#include "base/csv.h"
#include "base/text.h"
#include "cost/explain_impl.h"
#include <math.h>
#include <string.h>

enum { MOST_NAME = 14, NOTE = 98 };
#define AGREES 0.03 // of the clock around a step: what its nodes and the optimizer may miss
#define ALONE 0.95  // of its cores

// ---- notes

static void put_note(FILE *out, const char *text)
{
    text_put(out, text, 0, NOTE);
}

static const char *moment_of(Arena *arena, const Prepared *p)
{
    const Plan *plan = plans_training(&p->plans);
    const Graph *graph = plan_graph(plan);
    int32_t node = plan_fullest(plan).node;
    Pass pass = pass_of(graph, (size_t)node);
    const char *what = pass == PASS_FORWARD ? "the forward"
                       : pass == PASS_AGAIN ? "the second forward"
                                            : "the backward";
    return arena_format(arena, "%s of %s", what,
                        graph->node[node].place ? graph->node[node].place : "a node");
}

static void put_moment(FILE *out, Arena *arena, const Explained *of)
{
    const char *a = moment_of(arena, of->run[0]), *b = moment_of(arena, of->run[1]), *at = a;
    if (strcmp(a, b) != 0)
        at = arena_format(arena, "of %s %s, of %s %s", of->name[0], a, of->name[1], b);
    put_note(out, arena_format(arena,
                               "Activations are what is alive at the fullest moment, %s. What "
                               "passes gradients down is kept however little is trained, as far "
                               "down as anything is.",
                               at));
}

double explain_agreement(const Explained *of, int side)
{
    return of->seconds.total[side] / of->timing.measured[side];
}

static void put_timing(FILE *out, Arena *arena, const Explained *of)
{
    const Timing *t = &of->timing;
    put_note(out, arena_format(arena,
                               "Means over %zu steps of each, the quicker half of %zu, in turns on "
                               "the same batches; the difference was %+.3f to %+.3f in half of all "
                               "rounds. Nodes and optimizer are %.1f %% and %.1f %% of the clock "
                               "around a step.",
                               t->steps, t->done, 1e3 * t->low, 1e3 * t->high,
                               100 * explain_agreement(of, 0), 100 * explain_agreement(of, 1)));
    if (t->cores < ALONE)
        put_note(out, arena_format(arena,
                                   "Other processes took %.0f %% of its cores meanwhile: on a "
                                   "quiet machine the seconds are fewer and more even.",
                                   100 * (1 - t->cores)));
    for (int s = 0; s < 2; s++)
        if (t->feature_s[s] > 0)
            put_note(out, arena_format(arena,
                                       "%s: its frozen part took %.3f s, once, for all training "
                                       "rows; no step has a share of it.",
                                       of->name[s], t->feature_s[s]));
}

bool explain_doubts(FILE *out, const Explained *of)
{
    bool any = false;
    for (int s = 0; s < 2 && !of->unlike; s++)
        if (!(fabs(explain_agreement(of, s) - 1) <= AGREES)) {
            fprintf(out,
                    "tunemark: %s: nodes and optimizer are %.1f %% of a step by the clock; should "
                    "be 97 to 103: something else kept the machine busy, measure again\n",
                    of->name[s], 100 * explain_agreement(of, s));
            any = true;
        }
    return any;
}

// ---- the two forms

static Waterfall shown(Arena *arena, const Waterfall *from, bool all)
{
    return all ? *from : waterfall_grouped(arena, from);
}

// The largest batch of its steps, or of what it computes instead.
static const Extent *largest_of(const Prepared *p)
{
    return p->batches.largest.tokens          ? &p->batches.largest
           : p->frozen.batches.largest.tokens ? &p->frozen.batches.largest
                                              : &p->largest_evaluation;
}

static bool is_long(const char *name)
{
    return utf8_columns(name, strlen(name)) > MOST_NAME;
}

// "full -> lora on tiny, reviews"; names that are too long for a column are A and B below.
static void put_title(FILE *out, Arena *arena, const Explained *of, Explained *below)
{
    const Row *row = &of->run[0]->row;
    const Extent *largest = largest_of(of->run[!of->run[0]->batches.steps]);
    *below = *of;
    if (is_long(of->name[0]) || is_long(of->name[1])) {
        below->name[0] = "A", below->name[1] = "B";
        fprintf(out, "A: %s\nB: %s\n", of->name[0], of->name[1]);
    } else
        fprintf(out, "%s -> %s\n", of->name[0], of->name[1]);
    put_note(out, arena_format(arena, "%s on %s, batches of %zu texts and %zu tokens at most",
                               row->model, row->task, largest->sequences, largest->tokens));
    putc('\n', out);
}

void explain_screen(FILE *out, Arena *arena, const Explained *of, bool all)
{
    Explained as;
    Waterfall bytes = shown(arena, &of->bytes, all), seconds = shown(arena, &of->seconds, all);
    put_title(out, arena, of, &as);
    waterfall_put(out, arena,
                  &(Drawing){ .from = &bytes,
                              .all = all,
                              .name = { as.name[0], as.name[1] },
                              .title = "bytes, as planned for training",
                              .whole = "peak" });
    put_moment(out, arena, &as);
    putc('\n', out);
    if (of->unlike) {
        put_note(out, arena_format(arena, "Seconds are not compared: %s.", of->unlike));
        return;
    }
    waterfall_put(out, arena,
                  &(Drawing){ .from = &seconds,
                              .all = all,
                              .seconds = true,
                              .name = { as.name[0], as.name[1] },
                              .title = "milliseconds a step",
                              .whole = "step" });
    put_timing(out, arena, &as);
}

static void put_entries(FILE *out, const Waterfall *from)
{
    for (size_t e = 0; e < from->entries; e++) {
        const Entry *entry = &from->entry[e];
        const char *text[] = { account_names[entry->account], entry->place, entry->op,
                               entry->reader };
        fputs(account_is_memory(entry->account) ? "bytes" : "seconds", out);
        for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
            putc(',', out);
            csv_put(out, text[i]);
        }
        fprintf(out, ",%zu,%zu,%.17g,%.17g,%.17g\n", entry->count[0], entry->count[1],
                entry->amount[0], entry->amount[1], entry->amount[1] - entry->amount[0]);
    }
}

void explain_csv(FILE *out, const Explained *of)
{
    fputs("what,account,place,operator,reader,count_a,count_b,a,b,difference\n", out);
    if (of->same)
        return;
    put_entries(out, &of->bytes);
    if (!of->unlike)
        put_entries(out, &of->seconds);
}
