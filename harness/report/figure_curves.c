// figure_curves.c: the loss of training over its steps, and the score on tune where it was looked
// at on the way; a line a method, the mean over its runs, with the range from the lowest to the
// highest.
//
// The loss is of one batch a point, so a run's curve is smoothed first: the mean of a point and up
// to four on either side. A point of the mean is a step that every run has.

#include "base/csv.h"
#include "base/text.h"
#include "report/figure_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 4, MOST_POINTS = 1000 };

typedef struct {
    size_t points;
    double step[MOST_POINTS], value[MOST_POINTS];
} Curve;

static bool read_curve(const Figure *figure, const Row *row, bool loss, Curve *curve)
{
    Error error;
    Csv csv;
    double step, value;
    curve->points = 0;
    size_t mark = arena_mark(figure->arena);
    const char *path = beside_row(figure->arena, figure->rows, row, "curves");
    if (path &&
        csv_read(figure->arena, path, CSV_COMMAS, true, &csv, &error)) { // may be left behind
        size_t s = csv_column(&csv, "step"), v = csv_column(&csv, loss ? "loss" : "tune");
        for (size_t r = 0; r < csv.rows && s != SIZE_MAX && v != SIZE_MAX; r++) {
            const char *const *field = csv.row[r].field;
            if (!text_real(field[s], &step) || !text_real(field[v], &value) ||
                curve->points == MOST_POINTS)
                continue;
            curve->step[curve->points] = step;
            curve->value[curve->points++] = value;
        }
    }
    arena_rewind(figure->arena, mark);
    return curve->points > 1; // the last evaluation alone is no curve
}

static void smooth(Curve *curve)
{
    double value[MOST_POINTS];
    memcpy(value, curve->value, sizeof value);
    for (size_t i = 0; i < curve->points; i++) {
        size_t from = i < SIDE ? 0 : i - SIDE, to = i + SIDE + 1;
        double sum = 0;
        to = to > curve->points ? curve->points : to;
        for (size_t j = from; j < to; j++)
            sum += value[j];
        curve->value[i] = sum / (double)(to - from);
    }
}

static double value_at(const Curve *curve, double step)
{
    for (size_t i = 0; i < curve->points; i++)
        if (!(curve->step[i] < step) && !(curve->step[i] > step))
            return curve->value[i];
    return NAN;
}

// The curves of a cell's runs; how many there are.
static size_t curves_of(const Figure *figure, const Cell *cell, bool loss, Curve **curve)
{
    size_t n = 0;
    *curve = arena_take(figure->arena, cell->runs, sizeof **curve);
    for (size_t r = 0; r < cell->runs; r++) {
        if (!row_ok(cell->run[r]) || !read_curve(figure, cell->run[r], loss, &(*curve)[n]))
            continue;
        if (loss)
            smooth(&(*curve)[n]);
        n++;
    }
    return n;
}

// Appends the marks of a cell to a panel, as one series; nothing where it has no curve.
static void add_curve(Figure *figure, Panel *panel, const Cell *cell)
{
    Curve *curve;
    size_t before = figure->marks, n = curves_of(figure, cell, panel->loss, &curve);
    const double scale = panel->loss ? 1 : 100; // scores in points
    Mark *mark =
        arena_grown(figure->arena, figure->mark, before, before + MOST_POINTS, sizeof *mark);
    figure->mark = mark;
    for (size_t i = 0; n > 0 && i < curve[0].points; i++) {
        double low = INFINITY, high = -INFINITY, sum = 0;
        for (size_t r = 0; r < n; r++) {
            double value = scale * value_at(&curve[r], curve[0].step[i]);
            sum += value; // NAN where one lacks the step
            low = fmin(low, value);
            high = fmax(high, value);
        }
        if (isnan(sum))
            continue;
        mark[figure->marks++] = (Mark){ .cell = cell,
                                        .panel = (size_t)(panel - figure->panel),
                                        .series = figure->all_series + 1,
                                        .x = curve[0].step[i],
                                        .y = sum / (double)n,
                                        .low = low,
                                        .high = high,
                                        .n = n };
        page_widen(panel, low);
        page_widen(panel, high);
        panel->x_low = fmin(panel->x_low, curve[0].step[i]);
        panel->x_high = fmax(panel->x_high, curve[0].step[i]);
    }
    if (figure->marks == before)
        return;
    page_series(figure, panel, LEGEND_LINE, cell);
}

static bool has_loss(const Figure *figure, const Cell *cell)
{
    Curve *curve;
    size_t mark = arena_mark(figure->arena), n = curves_of(figure, cell, true, &curve);
    arena_rewind(figure->arena, mark);
    return n > 0;
}

static bool has_tune(const Figure *figure, const Cell *cell)
{
    Curve *curve;
    size_t mark = arena_mark(figure->arena), n = curves_of(figure, cell, false, &curve);
    arena_rewind(figure->arena, mark);
    return n > 0;
}

// Panels of the loss, and below them those of the score on tune.
static void find_panels(Figure *figure)
{
    Figure tune = *figure;
    page_panels(figure, true, has_loss);
    page_panels(&tune, true, has_tune);
    for (size_t p = 0; p < figure->panels; p++) {
        figure->panel[p].loss = true;
        figure->panel[p].ylabel = figure->panel[p].column == 0 ? "loss of training, nats" : "";
    }
    for (size_t p = 0; p < tune.panels; p++) {
        Panel *panel = &figure->panel[figure->panels++];
        *panel = tune.panel[p];
        panel->line += figure->down;
        panel->ylabel = panel->column == 0 ? "score on tune, points" : "";
    }
    figure->down += tune.down;
    figure->across = tune.across > figure->across ? tune.across : figure->across;
}

static bool find(Figure *figure)
{
    find_panels(figure);
    figure->series =
        arena_zero(figure->arena, 2 * summary_cells(figure->summary) + 1, sizeof(Series));
    for (size_t p = 0; p < figure->panels; p++) {
        Panel *panel = &figure->panel[p];
        panel->first = figure->all_series + 1;
        panel->last = figure->all_series;
        for (size_t c = 0; c < panel->block->cells; c++)
            if (in_panel(panel, &panel->block->cell[c]))
                add_curve(figure, panel, &panel->block->cell[c]);
    }
    if (figure->all_series == 0)
        return false;
    page_ranges(figure, 0);
    for (size_t p = 0; p < figure->panels; p++) // loss and score of a task have the same steps
        for (size_t o = 0; o < figure->panels; o++)
            if (figure->panel[o].block == figure->panel[p].block) {
                figure->panel[p].x_low = fmin(figure->panel[p].x_low, figure->panel[o].x_low);
                figure->panel[p].x_high = fmax(figure->panel[p].x_high, figure->panel[o].x_high);
            }
    page_places(figure, "step");
    size_t fewest = SIZE_MAX, most = 0;
    for (size_t i = 0; i < figure->marks; i++) {
        fewest = figure->mark[i].n < fewest ? figure->mark[i].n : fewest;
        most = figure->mark[i].n > most ? figure->mark[i].n : most;
    }
    const char *n = fewest == most ? arena_format(figure->arena, "%zu", most)
                                   : arena_format(figure->arena, "%zu to %zu", fewest, most);
    figure->caption =
        arena_format(figure->arena,
                     "Mean over the runs that have curves, n = %s%s.%s"
                     " The loss is a running mean of %d points. Axes do not start at 0.",
                     n, most > 1 ? ", and the range from the lowest to the highest" : "",
                     page_missing(figure), 2 * SIDE + 1);
    return true;
}

static void put(FILE *out, const Figure *figure)
{
    fputs("task,model,method,label,pretrained,n,of,step,mean,low,high,panel,series\n", out);
    for (size_t i = 0; i < figure->marks; i++) {
        const Mark *mark = &figure->mark[i];
        const Panel *panel = &figure->panel[mark->panel];
        put_cell(out, panel, mark->cell);
        fprintf(out, "%zu,%s,%.9g,%.9g,%.9g,%.9g,%zu,%zu\n", mark->n,
                panel->loss ? "loss" : "tune_points", mark->x, mark->y, mark->low, mark->high,
                mark->panel + 1, mark->series);
    }
}

static void put_spacing(FILE *out, const Figure *figure, const Panel *panel)
{
    enum { POINTS = 8 };
    size_t most = 1; // steps of a line
    for (size_t i = 0, n = 0; i < figure->marks; i++) {
        const Mark *mark = &figure->mark[i];
        n = i > 0 && mark->series == mark[-1].series ? n + 1 : 1;
        most = mark->panel == (size_t)(panel - figure->panel) && n > most ? n : most;
    }
    fprintf(out, "points_apart = %zu\n", panel->loss ? most / POINTS + 1 : 1);
}

const FigureKind figure_curves = {
    .name = "curves",
    .panel = "curves",
    .title = "Learning curves",
    .help = "loss of training over its steps, and the score on tune where it was looked at",
    .needs = "runs with curves/KEY.csv beside their rows",
    .find = find,
    .put = put,
    .put_panel = put_spacing,
};
