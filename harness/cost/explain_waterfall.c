// explain_waterfall.c: a waterfall on a terminal of 100 columns, a step a line, with its bar.
#include "cost/explain_impl.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

enum { WIDTH = 100, LEAST_LABEL = 38, LEAST_BAR = 8 };
#define WORTH_A_LINE 0.02 // of the largest total; what differs less is summed as "others"

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

static const char *number(const Screen *screen, double amount, bool sign)
{
    const char *before = amount < 0 ? "-" : sign && amount > 0 ? "+" : "";
    Arena *arena = screen->arena;
    const char *digits = screen->seconds
                             ? arena_format(arena, "%.3f", fabs(1e3 * amount))
                             : text_thousands(arena, arena_format(arena, "%.0f", fabs(amount)));
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

void waterfall_put(FILE *out, Arena *arena, const Drawing *of)
{
    Screen screen = { .arena = arena, .from = of->from, .all = of->all, .seconds = of->seconds };
    find_lines(&screen);
    Columns columns = columns_for(&screen, of->name);
    double now = of->from->total[0];
    put_label(out, &columns, of->title);
    fprintf(out, "  %*s  %*s  %*s", columns.number, of->name[0], columns.number, of->name[1],
            columns.number, "difference");
    put_bar(out, &columns, 0, now, '=');
    for (size_t l = 0; l < screen.lines; l++) {
        const Line *line = &screen.line[l];
        double next = now + difference(line->amount);
        put_numbers(out, &screen, &columns, line->label, line->amount);
        if (line->leaf)
            put_bar(out, &columns, now, next, next < now ? '-' : '+');
        else
            putc('\n', out);
        now = line->leaf ? next : now;
    }
    put_numbers(out, &screen, &columns, of->whole, of->from->total);
    put_bar(out, &columns, 0, of->from->total[1], '=');
}
