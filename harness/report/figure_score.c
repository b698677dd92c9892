// figure_score.c: scores against what a method costs (a point a method), trained parameters, memory
// or seconds, and against the size of the model (a line a method); null is a dashed line across, a
// floor a dotted one.

#include "base/csv.h"
#include "base/text.h"
#include "report/column.h"
#include "report/figure_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool exists(const Figure *figure, const Cell *cell)
{
    (void)figure, (void)cell;
    return true;
}

// All cells as marks of their panels, not drawn yet.
static void find_marks(Figure *figure)
{
    size_t cells = summary_cells(figure->summary);
    figure->mark = arena_zero(figure->arena, cells + 1, sizeof(Mark));
    figure->series = arena_zero(figure->arena, cells + 1, sizeof(Series));
    for (size_t p = 0; p < figure->panels; p++) {
        Panel *panel = &figure->panel[p];
        const Block *block = panel->block;
        panel->floor =
            figure->floors ? floor_of(figure->arena, figure->floors, block, block->split) : NULL;
        if (panel->floor)
            page_widen(panel, panel->floor->score);
        for (size_t c = 0; c < block->cells; c++) {
            const Cell *cell = &block->cell[c];
            if (!in_panel(panel, cell))
                continue;
            figure->mark[figure->marks++] = (Mark){ .cell = cell,
                                                    .panel = p,
                                                    .x = NAN,
                                                    .y = cell->score.mean,
                                                    .low = cell->score.low,
                                                    .high = cell->score.high,
                                                    .n = cell->score.n };
            if (cell_is_null(cell) && !cell->untrained && panel->model)
                page_widen(panel, panel->null = cell->score.mean);
        }
    }
}

// The series of a panel that looks like this; a new one where there is none.
static size_t series_of(Figure *figure, Panel *panel, const Cell *cell, Legend kind)
{
    size_t s = panel->first;
    for (; s <= figure->all_series; s++) {
        const Series *series = &figure->series[s - 1];
        if (kind != LEGEND_POINT ? !strcmp(series->cell->label, cell->label)
                                 : !strcmp(series->method, known(cell->row->method)) &&
                                       series->grey == cell->untrained)
            return s;
    }
    page_series(figure, panel, kind, cell);
    return s;
}

// Panels' y axes, their names, the heights, and the legend's last entry.
static void finish(Figure *figure, const char *xlabel)
{
    page_ranges(figure, 0.04); // four points at least: not to blow up noise
    page_places(figure, xlabel);
    for (size_t p = 0; p < figure->panels; p++) {
        Panel *panel = &figure->panel[p];
        const Block *block = panel->block;
        bool repeated = p > 0 && panel[-1].line == panel->line && block->metric &&
                        !strcmp(block->metric, known(panel[-1].block->metric)) &&
                        !strcmp(known(block->split), known(panel[-1].block->split));
        panel->ylabel = block->metric && !repeated
                            ? arena_format(figure->arena, "%s on %s, points", block->metric,
                                           known(block->split))
                            : "";
        panel->low *= 100, panel->high *= 100, panel->null *= 100;
        if (!isnan(panel->null))
            page_legend(figure, LEGEND_DASHES, &(Entry){ .text = "null", .method = "null" });
        if (panel->floor)
            page_legend(figure, LEGEND_DOTS,
                        &(Entry){ .text = panel->floor->name, .method = "null" });
    }
}

// ---- against a cost

static double trained_of(Arena *arena, const Block *block, const Cell *cell)
{
    (void)arena, (void)block;
    return cell->params_trained;
}

static double megabytes_of(Arena *arena, const Block *block, const Cell *cell)
{
    (void)block;
    return cell_largest(arena, cell, row_find("plan_peak")) / 1e6;
}

static double seconds_of(Arena *arena, const Block *block, const Cell *cell)
{
    return block->untimed ? (double)NAN : cell_training(arena, cell);
}

// Linear, from 0, for each panel.
static void find_axis(Figure *figure)
{
    for (size_t p = 0; p < figure->panels; p++)
        figure->panel[p].x_low = figure->panel[p].x_high = 0;
    for (size_t i = 0; i < figure->marks; i++) {
        Mark *mark = &figure->mark[i];
        double *high = &figure->panel[mark->panel].x_high;
        if (mark->series == 0)
            mark->x = NAN;
        else
            *high = fmax(*high, 1.08 * mark->x);
    }
    for (size_t p = 0; p < figure->panels; p++)
        if (figure->panel[p].x_high == 0)
            figure->panel[p].x_high = 1;
}

// Of logarithms; all panels share it. A zero stands left of all others, with a number of its own.
static void find_params_axis(Figure *figure)
{
    double fewest = INFINITY, most = 0;
    bool zeros = false;
    for (size_t i = 0; i < figure->marks; i++) {
        double trained = figure->mark[i].x;
        if (figure->mark[i].series == 0)
            continue;
        zeros = zeros || trained == 0;
        fewest = trained > 0 ? fmin(fewest, trained) : fewest;
        most = fmax(most, trained);
    }
    if (most == 0)
        fewest = most = 1; // all train nothing
    fewest /= 2, most *= 2;
    if (most / fewest < 100) { // so that some tics have numbers
        fewest = pow(10, floor(log10(fewest)));
        most = pow(10, ceil(log10(most)));
    }
    if (zeros) {
        figure->zero = fewest / 2;
        fewest /= 3;
    }
    for (size_t p = 0; p < figure->panels; p++)
        figure->panel[p].x_low = fewest, figure->panel[p].x_high = most;
    for (size_t i = 0; i < figure->marks; i++) {
        Mark *mark = &figure->mark[i];
        mark->x = mark->series == 0 ? NAN : mark->x == 0 ? figure->zero : mark->x;
    }
}

// "rank=8", where the method has several settings; NULL where these are too many or too long to
// stand beside points without hiding each other. "" where it has one.
static const char *point_note(const Figure *figure, const Cell *cell)
{
    enum { MOST_NOTES = 5, LONGEST_NOTE = 16 };
    size_t settings, longest = 0;
    page_setting(figure, cell, &settings);
    if (settings == 1)
        return "";
    for (size_t i = 0; i < figure->marks; i++) {
        const Cell *other = figure->mark[i].cell;
        size_t length = strlen(cell_settings(figure->arena, other, true));
        if (text_same(other->row->method, cell->row->method) && length > longest)
            longest = length;
    }
    return settings > MOST_NOTES || longest > LONGEST_NOTE
               ? NULL
               : cell_settings(figure->arena, cell, true);
}

// Whether some settings of a method can't be told apart.
static bool unnamed(const Figure *figure)
{
    bool some = false;
    for (size_t i = 0; i < figure->marks; i++)
        some = some || (figure->mark[i].series > 0 && !point_note(figure, figure->mark[i].cell));
    return some;
}

static bool find_by_cost(Figure *figure)
{
    const FigureKind *kind = figure->kind;
    size_t unplaced = 0;
    page_panels(figure, true, exists);
    find_marks(figure);
    for (size_t p = 0, i = 0; p < figure->panels; p++) {
        Panel *panel = &figure->panel[p];
        panel->first = figure->all_series + 1;
        panel->last = figure->all_series;
        for (; i < figure->marks && figure->mark[i].panel == p; i++) {
            Mark *mark = &figure->mark[i];
            if (mark->n == 0 || cell_is_null(mark->cell))
                continue;
            mark->x = kind->cost(figure->arena, panel->block, mark->cell);
            if (isnan(mark->x)) {
                unplaced++;
                continue;
            }
            mark->series = series_of(figure, panel, mark->cell, LEGEND_POINT);
            page_widen(panel, mark->y);
            page_widen(panel, mark->low);
            page_widen(panel, mark->high);
        }
    }
    if (figure->all_series == 0)
        return false;
    (kind->logarithmic ? find_params_axis : find_axis)(figure);
    page_sort_marks(figure);
    finish(figure, kind->xlabel);
    text_append(figure->arena, &figure->caption, "", "%s %s", page_counts(figure, true),
                kind->logarithmic ? "Axes do not start at 0."
                                  : "Axes of scores do not start at 0.");
    if (unnamed(figure))
        text_append(figure->arena, &figure->caption, " ",
                    "Settings of one method look alike; the figure's CSV names them.");
    if (kind->timed)
        page_times(figure);
    else if (unplaced)
        text_append(
            figure->arena, &figure->caption, " ", "%zu point%s without %s not drawn.", unplaced,
            unplaced == 1 ? "" : "s",
            arena_format(figure->arena, "%s %s", kind->lacks, unplaced == 1 ? "is" : "are"));
    return true;
}

// Notes stand on the side of their points that is towards the middle.
static void put_notes(FILE *out, const Figure *figure, const Panel *panel)
{
    double middle = figure->kind->logarithmic ? sqrt(panel->x_low * panel->x_high)
                                              : (panel->x_low + panel->x_high) / 2;
    for (size_t i = 0; i < figure->marks; i++) {
        const Mark *mark = &figure->mark[i];
        const char *note = mark->series == 0 ? NULL : point_note(figure, mark->cell);
        if (!note || !*note || mark->panel != (size_t)(panel - figure->panel))
            continue;
        fprintf(out, "set label %zu ", i + 2); // 1 is the panel's
        put_quoted(out, note, " ");
        fprintf(out,
                " at %.9g,%.9g %s offset %s,0.5 font font.\",9\" noenhanced tc rgb \"#444444\"\n",
                mark->x, 100 * mark->y, mark->x > middle ? "right" : "left",
                mark->x > middle ? "-0.9" : "0.9");
    }
}

static void put_floor(FILE *out, const Figure *figure, const Panel *panel)
{
    put_word(out, panel->block->name);
    putc(',', out);
    put_word(out, known(panel->model));
    fputs(",,", out);
    put_word(out, panel->floor->name);
    fprintf(out, ",,%lld,,,", (long long)panel->floor->seeds);
    csv_put_real(out, panel->floor->score);
    fprintf(out, ",,,,,,,,%zu,,\n", (size_t)(panel - figure->panel) + 1);
}

static void put_marks(FILE *out, const Figure *figure)
{
    fputs(
        "task,model,method,label,pretrained,n,params_trained,model_params,score,low,high,runs,dead,"
        "failed,diverged,timeout,panel,series,x\n",
        out);
    for (size_t i = 0; i < figure->marks; i++) {
        const Mark *mark = &figure->mark[i];
        const Cell *cell = mark->cell;
        const Panel *panel = &figure->panel[mark->panel];
        OnSplit on = cell_on_split(figure->arena, figure->rows, cell, known(panel->block->split));
        put_cell(out, panel, cell);
        fprintf(out, "%zu,", mark->n);
        const double number[] = { cell->params_trained,
                                  isinf(cell->model_size) ? NAN : cell->model_size, mark->y,
                                  mark->low, mark->high };
        for (size_t k = 0; k < sizeof number / sizeof *number; k++) {
            csv_put_real(out, number[k]);
            putc(',', out);
        }
        fprintf(out, "%zu,%zu,%zu,%zu,%zu,%zu,%zu,", cell->runs, on.dead, cell->failed,
                cell->diverged, cell->timeout, mark->panel + 1, mark->series);
        csv_put_real(out, mark->x);
        putc('\n', out);
    }
    for (size_t p = 0; p < figure->panels; p++) // behind all marks, which are read by their line
        if (figure->panel[p].floor)
            put_floor(out, figure, &figure->panel[p]);
}

const FigureKind figure_score_by_params = {
    .name = "score_by_params",
    .panel = "score_by_params",
    .title = "Score against trained parameters",
    .help = "score against trained parameters, a point a method, a panel a task and model",
    .needs = "at least one run with a score and its number of trained parameters",
    .cost = trained_of,
    .xlabel = "trained parameters",
    .lacks = "a count of parameters",
    .logarithmic = true,
    .find = find_by_cost,
    .put = put_marks,
    .put_panel = put_notes,
};

const FigureKind figure_score_by_memory = {
    .name = "score_by_memory",
    .panel = "score_by_cost",
    .title = "Score against memory of training",
    .help = "score against planned memory of training, a point a method, a panel a task and model",
    .needs = "at least one run with a score and its plan",
    .cost = megabytes_of,
    .xlabel = "planned MB",
    .lacks = "a plan",
    .find = find_by_cost,
    .put = put_marks,
    .put_panel = put_notes,
};

const FigureKind figure_score_by_time = {
    .name = "score_by_time",
    .panel = "score_by_cost",
    .title = "Score against time of training",
    .help = "score against seconds of training, a point a method, a panel a task and model",
    .needs = "at least one run with a score, of rows of one machine",
    .cost = seconds_of,
    .xlabel = "seconds of training",
    .timed = true,
    .find = find_by_cost,
    .put = put_marks,
    .put_panel = put_notes,
};

// ---- against the model's size

// Whether a line of the block goes from one model to another: null's, too.
static bool has_line(const Block *block, const char *label)
{
    double first = NAN;
    for (size_t c = 0; c < block->cells; c++) {
        const Cell *cell = &block->cell[c];
        if (strcmp(cell->label, label) != 0 || cell->score.n == 0 || isinf(cell->model_size))
            continue;
        if (isnan(first))
            first = cell->model_size;
        else if (cell->model_size > first || cell->model_size < first)
            return true;
    }
    return false;
}

static bool in_a_line(const Figure *figure, const Cell *cell)
{
    return has_line(block_of(figure->summary, cell), cell->label);
}

// Sets the points of one model a little apart, so that their bars do not hide each other.
static void spread(Figure *figure, double span)
{
    for (size_t i = 0; i < figure->marks; i++) {
        Mark *mark = &figure->mark[i];
        const Panel *panel = &figure->panel[mark->panel];
        double lines = (double)(panel->last - panel->first + 1);
        if (mark->series == 0)
            continue;
        double place = ((double)(mark->series - panel->first) - (lines - 1) / 2) / lines;
        mark->x *= pow(span, 0.1 * place);
    }
}

static bool find_by_size(Figure *figure)
{
    double smallest = INFINITY, largest = 0;
    page_panels(figure, false, in_a_line);
    find_marks(figure);
    for (size_t p = 0, i = 0; p < figure->panels; p++) {
        Panel *panel = &figure->panel[p];
        panel->first = figure->all_series + 1;
        panel->last = figure->all_series;
        for (; i < figure->marks && figure->mark[i].panel == p; i++) {
            Mark *mark = &figure->mark[i];
            const Cell *cell = mark->cell;
            if (mark->n == 0 || isinf(cell->model_size) || !has_line(panel->block, cell->label))
                continue;
            mark->series =
                series_of(figure, panel, cell, cell_is_null(cell) ? LEGEND_DASHES : LEGEND_LINE);
            mark->x = cell->model_size;
            smallest = fmin(smallest, mark->x);
            largest = fmax(largest, mark->x);
            page_widen(panel, mark->y);
            page_widen(panel, cell_is_null(cell) ? NAN : mark->low);
            page_widen(panel, cell_is_null(cell) ? NAN : mark->high);
        }
    }
    if (figure->all_series == 0)
        return false;
    spread(figure, largest / smallest);
    page_sort_marks(figure);
    double room = pow(largest / smallest, 0.12);
    for (size_t p = 0; p < figure->panels; p++) {
        figure->panel[p].x_low = smallest / room;
        figure->panel[p].x_high = largest * room;
    }
    finish(figure, "model and its parameters");
    figure->bottom = 84;
    figure->caption = arena_format(
        figure->arena, "%s The points of one model are set a little apart. Axes do not start at 0.",
        page_counts(figure, true));
    return true;
}

// A tic a model, its name over its size.
static void put_models(FILE *out, const Figure *figure, const Panel *panel)
{
    const char *before = "";
    fputs("set xtics (", out);
    for (size_t i = 0; i < figure->marks; i++) {
        const Mark *mark = &figure->mark[i];
        bool again = false;
        if (mark->panel != (size_t)(panel - figure->panel) || mark->series == 0)
            continue;
        for (size_t j = 0; j < i && !again; j++)
            again = figure->mark[j].panel == mark->panel && figure->mark[j].series != 0 &&
                    !strcmp(known(figure->mark[j].cell->row->model), known(mark->cell->row->model));
        if (again)
            continue;
        fputs(before, out);
        put_quoted(out, known(mark->cell->row->model), " ");
        fprintf(out, ".\"\\n%s\" %.9g", count_text(figure->arena, mark->cell->model_size),
                mark->cell->model_size);
        before = ", ";
    }
    fputs(")\n", out);
}

const FigureKind figure_score_by_size = {
    .name = "score_by_size",
    .panel = "score_by_size",
    .title = "Score by size of the model",
    .help = "score against the model's parameters, a line a method, a panel a task",
    .needs = "runs of one method and task with two models of different size",
    .find = find_by_size,
    .put = put_marks,
    .put_panel = put_models,
};
