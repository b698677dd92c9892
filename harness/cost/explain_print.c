// explain_print.c: a waterfall on a terminal of 100 columns, and as CSV.
#include "cost/explain_print.h"
#include "base/csv.h"
#include "base/text.h"
#include "run/profile.h"
#include <math.h>
#include <string.h>

enum { WIDTH = 100, LEAST_LABEL = 38, MOST_NAME = 14, LEAST_BAR = 8, NOTE = 98 };
#define WORTH_A_LINE 0.02 // of the largest total; what differs less is summed as "others"
#define AGREES 0.03       // of the clock around a step: what its nodes and the optimizer may miss
#define ALONE 0.95        // of a core

typedef struct {
    const char *label;
    double amount[2];
    bool leaf; // its difference is a step of the waterfall; else it is the sum of what follows
} Line;

typedef struct {
    Arena *arena;
    const Waterfall *from;
    bool all;     // every entry is a line
    bool seconds; // else bytes
    Line *line;
    size_t lines;
} Screen;

// ---- lines

static void add_line(Screen *screen, int indent, const char *label, const double amount[2],
                     bool leaf)
{
    screen->line[screen->lines++] =
        (Line){ .label = arena_format(screen->arena, "%*s%s", 2 * indent, "", label),
                .amount = { amount[0], amount[1] },
                .leaf = leaf };
}

static const char *label_of(Arena *arena, const Entry *entry)
{
    size_t place = strlen(entry->place), op = strlen(entry->op);
    bool told = op <= place && !strcmp(entry->place + place - op, entry->op); // "attention"
    const char *text = told ? entry->place : arena_format(arena, "%s %s", entry->place, entry->op);
    if (!*entry->reader)
        return text;
    if (!account_is_memory(entry->account))
        return arena_format(arena, "%s, %s", text, entry->reader);
    return strcmp(entry->reader, entry->place) != 0
               ? arena_format(arena, "%s, read by %s", text, entry->reader)
               : arena_format(arena, "%s, read by its own", text);
}

static double difference(const double amount[2])
{
    return amount[1] - amount[0];
}

static void sum(double to[2], const double amount[2])
{
    to[0] += amount[0];
    to[1] += amount[1];
}

// Entries that make little difference, or none, as one line; a single one as itself.
typedef struct {
    double amount[2];
    const Entry *last;
    size_t count;
} Rest;

static void add_rest(Screen *screen, int indent, const Rest *rest, const char *name)
{
    if (rest->count > 0)
        add_line(screen, indent,
                 rest->count == 1 ? label_of(screen->arena, rest->last)
                                  : arena_format(screen->arena, "%zu %s", rest->count, name),
                 rest->amount, true);
}

static void add_entries(Screen *screen, Account account, int indent)
{
    Rest other = { .count = 0 }, alike = { .count = 0 };
    double worth = WORTH_A_LINE * fmax(screen->from->total[0], screen->from->total[1]);
    for (size_t e = 0; e < screen->from->entries; e++) {
        const Entry *entry = &screen->from->entry[e];
        if (entry->account != account)
            continue;
        if (screen->all || fabs(difference(entry->amount)) >= worth) {
            add_line(screen, indent, label_of(screen->arena, entry), entry->amount, true);
            continue;
        }
        Rest *rest = difference(entry->amount) == 0 ? &alike : &other;
        sum(rest->amount, entry->amount);
        rest->last = entry;
        rest->count++;
    }
    add_rest(screen, indent, &other, "others");
    add_rest(screen, indent, &alike, "the same in both");
}

static bool has_places(const Screen *screen, Account account)
{
    for (size_t e = 0; e < screen->from->entries; e++)
        if (screen->from->entry[e].account == account && *screen->from->entry[e].place)
            return true;
    return false;
}

static bool amounts_of(const Screen *screen, Account first, Account last, double amount[2])
{
    bool any = false;
    amount[0] = amount[1] = 0;
    for (size_t e = 0; e < screen->from->entries; e++)
        if (first <= screen->from->entry[e].account && screen->from->entry[e].account <= last) {
            sum(amount, screen->from->entry[e].amount);
            any = true;
        }
    return any;
}

static void add_account(Screen *screen, Account account, int indent)
{
    double amount[2];
    size_t lines = screen->lines;
    if (!amounts_of(screen, account, account, amount))
        return;
    add_line(screen, indent, account_names[account], amount, true);
    if (!has_places(screen, account) || (difference(amount) == 0 && !screen->all))
        return;
    screen->line[lines].leaf = false;
    add_entries(screen, account, indent + 1);
    if (screen->lines == lines + 2 && !screen->all) { // its only line says no more
        screen->lines--;
        screen->line[lines].leaf = true;
    }
}

static void find_lines(Screen *screen)
{
    double amount[2];
    screen->line = arena_zero(screen->arena, screen->from->entries + 3 * ACCOUNTS, sizeof(Line));
    for (Account account = 0; account < ACCOUNTS; account++) {
        if (account == FOR_PARAMETERS && amounts_of(screen, FOR_PARAMETERS, GAPS, amount))
            add_line(screen, 0, "activations", amount, false);
        add_account(screen, account, FOR_PARAMETERS <= account && account <= GAPS);
    }
}

// ---- numbers

static const char *grouped(Arena *arena, const char *digits) // "12345" -> "12,345"
{
    const char *text = "";
    size_t n = strlen(digits);
    for (size_t i = 0; i < n; i++)
        text = arena_format(arena, "%s%s%c", text, i > 0 && (n - i) % 3 == 0 ? "," : "", digits[i]);
    return text;
}

static const char *number(const Screen *screen, double amount, bool sign)
{
    const char *before = amount < 0 ? "-" : sign && amount > 0 ? "+" : "";
    const char *digits =
        screen->seconds ? arena_format(screen->arena, "%.3f", fabs(1e3 * amount))
                        : grouped(screen->arena, arena_format(screen->arena, "%.0f", fabs(amount)));
    return arena_format(screen->arena, "%s%s", before, digits);
}

// ---- drawing

typedef struct {
    int label, number, bar; // columns
    double scale;           // columns a unit
} Columns;

static int longer(int columns, const char *text)
{
    int length = (int)utf8_columns(text, strlen(text));
    return length > columns ? length : columns;
}

static Columns columns_for(const Screen *screen, const char *const name[2])
{
    Columns columns = { .label = LEAST_LABEL };
    double now = screen->from->total[0], most = fmax(now, screen->from->total[1]);
    for (int s = 0; s < 2; s++)
        columns.number =
            longer(longer(columns.number, name[s]), number(screen, -screen->from->total[s], true));
    columns.number = longer(columns.number, "difference");
    for (size_t l = 0; l < screen->lines; l++) {
        const Line *line = &screen->line[l];
        columns.label = longer(columns.label, line->label);
        now += line->leaf ? difference(line->amount) : 0;
        most = fmax(most, now);
    }
    int most_label = WIDTH - 3 * (columns.number + 2) - 2 - LEAST_BAR;
    if (columns.label > most_label)
        columns.label = most_label;
    columns.bar = WIDTH - columns.label - 3 * (columns.number + 2) - 2;
    columns.scale = most > 0 ? columns.bar / most : 0;
    return columns;
}

// What is too long for its column stands on a line of its own.
static void put_label(FILE *out, const Columns *columns, const char *label)
{
    int length = longer(0, label);
    if (length > columns->label)
        fprintf(out, "%s\n%*s", label, columns->label, "");
    else
        fprintf(out, "%s%*s", label, columns->label - length, "");
}

static void put_bar(FILE *out, const Columns *columns, double from, double to, char sign)
{
    int a = (int)lround(columns->scale * fmin(from, to));
    int b = (int)lround(columns->scale * fmax(from, to));
    if (a < b)
        fprintf(out, "  %*s", a, "");
    for (int i = a; i < b; i++)
        putc(sign, out);
    putc('\n', out);
}

static void put_numbers(FILE *out, const Screen *screen, const Columns *columns, const char *label,
                        const double amount[2])
{
    put_label(out, columns, label);
    fprintf(out, "  %*s", columns->number, number(screen, amount[0], false));
    fprintf(out, "  %*s", columns->number, number(screen, amount[1], false));
    fprintf(out, "  %*s", columns->number, number(screen, difference(amount), true));
}

static void put_waterfall(FILE *out, Screen *screen, const char *title, const char *whole,
                          const char *const name[2])
{
    find_lines(screen);
    Columns columns = columns_for(screen, name);
    double now = screen->from->total[0];
    put_label(out, &columns, title);
    fprintf(out, "  %*s  %*s  %*s", columns.number, name[0], columns.number, name[1],
            columns.number, "difference");
    put_bar(out, &columns, 0, now, '=');
    for (size_t l = 0; l < screen->lines; l++) {
        const Line *line = &screen->line[l];
        double next = now + difference(line->amount);
        put_numbers(out, screen, &columns, line->label, line->amount);
        if (line->leaf)
            put_bar(out, &columns, now, next, next < now ? '-' : '+');
        else
            putc('\n', out);
        now = line->leaf ? next : now;
    }
    put_numbers(out, screen, &columns, whole, screen->from->total);
    put_bar(out, &columns, 0, screen->from->total[1], '=');
}

// A sentence over as many lines as it needs.
static void put_wrapped(FILE *out, const char *text)
{
    while (*text) {
        size_t length = 0, fits = strlen(text);
        if (utf8_columns(text, fits) > NOTE) {
            for (size_t i = 0; text[i] && utf8_columns(text, i) <= NOTE; i++)
                length = text[i] == ' ' ? i : length;
            fits = length ? length : fits;
        }
        fprintf(out, "%.*s\n", (int)fits, text);
        text += fits + strspn(text + fits, " ");
    }
}

// ---- notes

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
    put_wrapped(out, arena_format(arena,
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
    put_wrapped(out,
                arena_format(arena,
                             "Means over %zu steps of each, the quicker half of %zu, in turns on "
                             "the same batches; the difference was %+.3f to %+.3f in half of the "
                             "rounds. Nodes and optimizer are %.1f %% and %.1f %% of the clock "
                             "around a step.",
                             t->steps, t->done, 1e3 * t->low, 1e3 * t->high,
                             100 * explain_agreement(of, 0), 100 * explain_agreement(of, 1)));
    if (t->cores < ALONE)
        put_wrapped(out, arena_format(arena,
                                      "Other processes took %.0f %% of the core meanwhile: on a "
                                      "quiet machine the seconds are fewer and more even.",
                                      100 * (1 - t->cores)));
    for (int s = 0; s < 2; s++)
        if (t->feature_s[s] > 0)
            put_wrapped(out, arena_format(arena,
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

// "full -> lora on tiny, reviews"; names that are too long for a column are A and B below.
static void put_title(FILE *out, Arena *arena, const Explained *of, Explained *below)
{
    const Row *row = &of->run[0]->row;
    const Extent *largest = largest_of(of->run[!of->run[0]->batches.steps]);
    *below = *of;
    if (longer(longer(0, of->name[0]), of->name[1]) > MOST_NAME) {
        below->name[0] = "A", below->name[1] = "B";
        fprintf(out, "A: %s\nB: %s\n", of->name[0], of->name[1]);
    } else
        fprintf(out, "%s -> %s\n", of->name[0], of->name[1]);
    put_wrapped(out, arena_format(arena, "%s on %s, batches of %zu texts and %zu tokens at most",
                                  row->model, row->task, largest->sequences, largest->tokens));
    putc('\n', out);
}

void explain_screen(FILE *out, Arena *arena, const Explained *of, bool all)
{
    Explained as;
    Waterfall bytes = shown(arena, &of->bytes, all), seconds = shown(arena, &of->seconds, all);
    Screen memory = { .arena = arena, .from = &bytes, .all = all };
    Screen time = { .arena = arena, .from = &seconds, .all = all, .seconds = true };
    put_title(out, arena, of, &as);
    put_waterfall(out, &memory, "bytes, as planned for training", "peak", as.name);
    put_moment(out, arena, &as);
    putc('\n', out);
    if (of->unlike) {
        put_wrapped(out, arena_format(arena, "Seconds are not compared: %s.", of->unlike));
        return;
    }
    put_waterfall(out, &time, "milliseconds a step", "step", as.name);
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
                entry->amount[0], entry->amount[1], difference(entry->amount));
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
