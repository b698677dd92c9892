// figure_stack.c: bars made of pieces, one a method: memory by class of buffer, seconds by phase.
//
// The pieces are columns of the row; what no run fills is not drawn.

#include "report/column.h"
#include "report/figure_impl.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

typedef struct {
    const char *column, *name; // of the row; as printed
} Class;

typedef struct Stack {
    const Class *class;             // in the order of the pieces
    const char *whole, *whole_name; // what was measured of all of it: a column; as printed
    const char *unit;
    double scale;
    bool largest; // over the runs of a cell; else their median
} Stack;

static const Stack memory = {
    .class = (const Class[]){ { "plan_weights", "weights" },
                              { "plan_gradients", "gradients" },
                              { "plan_optimizer", "optimizer" },
                              { "plan_activations", "activations" },
                              { "plan_workspace", "workspace" },
                              { NULL, NULL } },
    .whole = "rss_train_peak",
    .whole_name = "measured peak of the process in training",
    .unit = "MB",
    .scale = 1e-6,
    .largest = true,
};
static const Stack seconds = {
    .class = (const Class[]){ { "load_s", "load" },
                              { "tokenize_s", "tokenize" },
                              { "feature_s", "features" },
                              { "forward_s", "forward" },
                              { "backward_s", "backward" },
                              { "optimizer_s", "optimizer" },
                              { "train_s", "train" },
                              { "eval_s", "evaluate" },
                              { NULL, NULL } },
    .whole = "wall_s",
    .whole_name = "the whole run",
    .unit = "seconds",
    .scale = 1,
};

static double value_of(const Figure *figure, const Stack *stack, const Cell *cell, const char *name)
{
    const Column *column = row_find(name);
    double value = stack->largest ? cell_largest(figure->arena, cell, column)
                                  : cell_median(figure->arena, cell, column);
    return value * stack->scale;
}

// train_s is the time of training that no column in it accounts for.
static double piece_of(const Figure *figure, const Stack *stack, const Cell *cell, const char *name)
{
    static const char *const within[] = { "forward_s", "backward_s", "optimizer_s" };
    double value = value_of(figure, stack, cell, name);
    for (size_t w = 0; w < 3 && !strcmp(name, "train_s"); w++) {
        double part = value_of(figure, stack, cell, within[w]);
        if (!isnan(part))
            value = fmax(value - part, 0);
    }
    return value;
}

// What train_s is of then: all of training, or what is left of it.
static const char *name_of(const Figure *figure, const Stack *stack, const Class *class)
{
    bool passes = false, updates = false;
    for (size_t b = 0; b < figure->summary->blocks && !strcmp(class->column, "train_s"); b++)
        for (size_t c = 0; c < figure->summary->block[b].cells; c++) {
            const Cell *cell = &figure->summary->block[b].cell[c];
            passes = passes || !isnan(value_of(figure, stack, cell, "forward_s"));
            updates = updates || !isnan(value_of(figure, stack, cell, "optimizer_s"));
        }
    return passes ? "rest of training" : updates ? "forward and backward" : class->name;
}

static bool measured(const Figure *figure, const Cell *cell)
{
    const Stack *stack = figure->kind->stack;
    double sum = 0;
    for (const Class *class = stack->class; class->column; class ++) {
        double value = piece_of(figure, stack, cell, class->column);
        sum += isnan(value) ? 0 : value;
    }
    bool apart = figure->kind->timed && block_of(figure->summary, cell)->untimed;
    return sum > 0 && !apart; // seconds of one machine only
}

// The line of a label among those of its line of panels, from 1; a new one where there is none.
static size_t line_of(const char **labels, const char *label)
{
    size_t l = 0;
    while (labels[l] && strcmp(labels[l], label) != 0)
        l++;
    labels[l] = label;
    return l + 1;
}

static void add_pieces(Figure *figure, size_t p, const Cell *cell, size_t line)
{
    const Stack *stack = figure->kind->stack;
    Panel *panel = &figure->panel[p];
    double at = 0;
    size_t number = 0;
    for (const Class *class = stack->class; class->column; class ++) {
        double value = piece_of(figure, stack, cell, class->column);
        number++;
        if (isnan(value))
            continue;
        figure->piece[figure->pieces++] = (Piece){ .cell = cell,
                                                   .class = name_of(figure, stack, class),
                                                   .panel = p,
                                                   .line = line,
                                                   .number = number,
                                                   .value = value,
                                                   .from = at,
                                                   .to = at + value };
        at += value;
    }
    double whole = value_of(figure, stack, cell, stack->whole);
    if (!isnan(whole))
        figure->piece[figure->pieces++] = (Piece){ .cell = cell,
                                                   .class = stack->whole_name,
                                                   .panel = p,
                                                   .line = line,
                                                   .value = whole,
                                                   .from = whole,
                                                   .to = whole };
    panel->x_high = fmax(panel->x_high, fmax(at, isnan(whole) ? 0 : whole));
}

// The classes that are wide enough to be seen; returns the names of those that are not.
static const char *find_legend(Figure *figure)
{
    const Stack *stack = figure->kind->stack;
    const char *narrow = "";
    size_t number = 0;
    for (const Class *class = stack->class; class->column; class ++) {
        double most = 0, share = 0;
        const char *name = class->name;
        number++;
        for (size_t i = 0; i < figure->pieces; i++) {
            const Piece *piece = &figure->piece[i];
            if (piece->number != number)
                continue;
            name = piece->class;
            most = fmax(most, piece->value);
            share = fmax(share, piece->value / figure->panel[piece->panel].x_high);
        }
        if (share > 0.004)
            page_legend(figure, LEGEND_BOX, &(Entry){ .text = name, .class = number });
        else if (most > 0)
            text_append(figure->arena, &narrow, ", ", "%s", name);
    }
    for (size_t i = 0; i < figure->pieces; i++)
        if (figure->piece[i].number == 0)
            page_legend(figure, LEGEND_TICK, &(Entry){ .text = stack->whole_name });
    return narrow;
}

// The bars of a line of panels, which has one model, and one scale.
static const char *const *find_bars(Figure *figure, size_t line, size_t cells, size_t *longest)
{
    enum { BAR = 17 };
    const char **labels = arena_zero(figure->arena, cells + 1, sizeof *labels);
    double most = 0;
    size_t bars = 0;
    for (size_t p = 0; p < figure->panels; p++) {
        Panel *panel = &figure->panel[p];
        for (size_t c = 0; c < panel->block->cells && panel->line == line; c++) {
            const Cell *cell = &panel->block->cell[c];
            if (!in_panel(panel, cell) || !measured(figure, cell))
                continue;
            *longest = strlen(cell->label) > *longest ? strlen(cell->label) : *longest;
            add_pieces(figure, p, cell, line_of(labels, cell->label));
            most = fmax(most, panel->x_high);
        }
    }
    while (labels[bars])
        bars++;
    figure->height[line] = BAR * (double)bars + 10;
    for (size_t p = 0; p < figure->panels; p++)
        if (figure->panel[p].line == line) {
            figure->panel[p].x_low = 0, figure->panel[p].x_high = 1.05 * most;
            figure->panel[p].low = (double)bars + 0.7, figure->panel[p].high = 0.3; // downwards
        }
    return labels;
}

static bool find(Figure *figure)
{
    enum { LETTER = 6, MOST_PIECES = 16 };
    const Stack *stack = figure->kind->stack;
    size_t cells = summary_cells(figure->summary), longest = 0;
    page_panels(figure, true, measured);
    if (figure->panels == 0)
        return false;
    figure->piece = arena_zero(figure->arena, MOST_PIECES * cells + 1, sizeof(Piece));
    const char *const **label = arena_zero(figure->arena, figure->down + 1, sizeof *label);
    figure->height = arena_zero(figure->arena, figure->down + 1, sizeof *figure->height);
    for (size_t l = 0; l < figure->down; l++)
        label[l] = find_bars(figure, l, cells, &longest);
    figure->label = label;
    figure->left = fmax(40, 18 + LETTER * (double)longest);
    figure->xlabel = stack->unit;
    figure->beside = 30;
    figure->bottom = 58;
    figure->caption = arena_format(
        figure->arena,
        stack->largest ? "As planned, to the byte: the largest of the runs, %s MB is 10^6 bytes."
                       : "Medians over the runs, %s",
        page_counts(figure, false));
    const char *narrow = find_legend(figure);
    if (*narrow)
        text_append(figure->arena, &figure->caption, " ", "Too little to be seen: %s.", narrow);
    const Row *const *run = figure->summary->run;
    bool kept = false;
    for (size_t i = 0; i < figure->summary->runs && stack->largest; i++)
        kept |= run[i]->cache_saved_s > 0;
    if (kept)
        text_append(figure->arena, &figure->caption, " ",
                    "What is kept of a frozen bottom for all rows is in activations.");
    if (figure->kind->timed)
        page_times(figure);
    return true;
}

static void put(FILE *out, const Figure *figure)
{
    fprintf(out, "task,model,method,label,pretrained,n,class,%s,from,to,panel,line,number\n",
            figure->kind->stack->unit);
    for (size_t i = 0; i < figure->pieces; i++) {
        const Piece *piece = &figure->piece[i];
        put_cell(out, &figure->panel[piece->panel], piece->cell);
        fprintf(out, "%zu,", piece->cell->score.n);
        put_word(out, piece->class);
        fprintf(out, ",%.9g,%.9g,%.9g,%zu,%zu,%zu\n", piece->value, piece->from, piece->to,
                piece->panel + 1, piece->line, piece->number);
    }
}

// The names of the bars at the left of a line of panels; beside it only their places.
static void put_bars(FILE *out, const Figure *figure, const Panel *panel)
{
    const char *const *label = figure->label[panel->line];
    fputs("set ytics (", out);
    for (size_t l = 0; label[l]; l++) {
        fputs(l ? ", " : "", out);
        put_quoted(out, panel->column == 0 ? label[l] : "", " ");
        fprintf(out, " %zu", l + 1);
    }
    fputs(")\n", out);
    size_t classes = 0;
    while (figure->kind->stack->class[classes].column)
        classes++;
    fprintf(out, "classes = %zu\n", classes);
}

const FigureKind figure_memory = {
    .name = "memory",
    .panel = "stack",
    .title = "Memory of training",
    .stack = &memory,
    .help = "planned memory by class of buffer, a bar a method, with the measured peak",
    .needs = "runs with plan_weights and the other classes of planned memory",
    .find = find,
    .put = put,
    .put_panel = put_bars,
};
const FigureKind figure_time = {
    .name = "time",
    .panel = "stack",
    .title = "Where the time goes",
    .timed = true,
    .stack = &seconds,
    .help = "seconds by phase, a bar a method",
    .needs = "runs with seconds, all of a task from one machine",
    .find = find,
    .put = put,
    .put_panel = put_bars,
};
