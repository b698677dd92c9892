// page.c: the page of a figure: which panels there are and where, title, caption, legend. Places
// are in points of the SVG from the upper left; gnuplot is given shares of the page from the lower
// left.

#include "base/csv.h"
#include "base/text.h"
#include "report/column.h"
#include "report/figure_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 830,  // width where several panels stand side by side: that of a page on the web
    ALONE = 560, // of one panel
    MARGIN = 12,
    RIGHT = 16,
    BELOW = 62, // between panels: tics, their numbers, the next name
    LEGEND_LINE_HEIGHT = 19,
    SAMPLE = 30, // of a legend's entry, with the room behind it
    BETWEEN = 16,
    CAPTION_LINE_HEIGHT = 15,
};

// ---- panels

bool in_panel(const Panel *panel, const Cell *cell)
{
    const Block *block = panel->block;
    return block->cell <= cell && cell < block->cell + block->cells &&
           (!panel->model || !strcmp(known(cell->row->model), panel->model));
}

// The models of all blocks, by size.
static size_t find_models(const Figure *figure, const Cell ***model)
{
    const Summary *summary = figure->summary;
    size_t models = 0;
    *model = arena_take(figure->arena, summary_cells(summary) + 1, sizeof **model);
    for (size_t b = 0; b < summary->blocks; b++)
        for (size_t c = 0; c < summary->block[b].cells; c++) {
            const Cell *cell = &summary->block[b].cell[c];
            size_t m = 0;
            while (m < models && model_order((*model)[m], cell) < 0)
                m++;
            if (m < models && model_order((*model)[m], cell) == 0)
                continue;
            memmove(*model + m + 1, *model + m, (models - m) * sizeof **model);
            (*model)[m] = cell;
            models++;
        }
    return models;
}

void page_panels(Figure *figure, bool by_model, bool (*ask)(const Figure *, const Cell *))
{
    const Summary *summary = figure->summary;
    const Cell **model;
    size_t models = find_models(figure, &model), lines = by_model ? models : 1;
    size_t room = summary->blocks * lines + 1;
    figure->panel = arena_zero(figure->arena, 2 * room, sizeof(Panel)); // curves may double them
    const Block **block = arena_take(figure->arena, summary->blocks + 1, sizeof *block);
    size_t blocks = 0; // that have a panel with some model
    for (size_t b = 0; b < summary->blocks; b++) {
        bool any = false;
        for (size_t c = 0; c < summary->block[b].cells && !any; c++)
            any = ask(figure, &summary->block[b].cell[c]);
        if (any)
            block[blocks++] = &summary->block[b];
    }
    const size_t most = blocks == 4 ? 2 : 3;
    for (size_t b = 0; b < blocks; b += most)
        for (size_t m = 0; m < lines; m++) {
            size_t before = figure->panels;
            for (size_t k = 0; k < most && b + k < blocks; k++) {
                Panel panel = { .block = block[b + k],
                                .model = by_model ? known(model[m]->row->model) : NULL,
                                .column = k,
                                .line = figure->down,
                                .x_low = INFINITY,
                                .x_high = -INFINITY,
                                .low = INFINITY,
                                .high = -INFINITY,
                                .null = NAN,
                                .ylabel = "" };
                bool any = false;
                for (size_t c = 0; c < panel.block->cells; c++)
                    any = any || (in_panel(&panel, &panel.block->cell[c]) &&
                                  ask(figure, &panel.block->cell[c]));
                if (!any)
                    continue;
                figure->across = panel.column >= figure->across ? panel.column + 1 : figure->across;
                figure->panel[figure->panels++] = panel;
            }
            figure->down += figure->panels > before;
        }
}

void page_widen(Panel *panel, double value)
{
    if (isnan(value))
        return;
    panel->low = fmin(panel->low, value);
    panel->high = fmax(panel->high, value);
}

void page_ranges(Figure *figure, double least)
{
    for (size_t p = 0; p < figure->panels; p++)
        for (size_t o = 0; o < figure->panels; o++) {
            Panel *panel = &figure->panel[p], *other = &figure->panel[o];
            if (other->block != panel->block || other->loss != panel->loss)
                continue;
            panel->low = fmin(panel->low, other->low);
            panel->high = fmax(panel->high, other->high);
        }
    for (size_t p = 0; p < figure->panels; p++) {
        Panel *panel = &figure->panel[p];
        if (panel->low > panel->high) // nothing is drawn
            panel->low = 0, panel->high = least > 0 ? 1 : 0;
    }
    double *room = arena_take(figure->arena, figure->panels + 1, sizeof *room);
    for (size_t p = 0; p < figure->panels; p++) {
        double span = figure->panel[p].high - figure->panel[p].low;
        room[p] = fmax(0.06 * span, (least - span) / 2);
        if (!(room[p] > 0))
            room[p] = 0.5;
    }
    for (size_t p = 0; p < figure->panels; p++) {
        figure->panel[p].low -= room[p];
        figure->panel[p].high += room[p];
    }
}

void page_places(Figure *figure, const char *xlabel)
{
    static const double heights[] = { 0, 260, 190, 160 };
    figure->xlabel = xlabel;
    figure->left = 62;
    figure->beside = 48;
    figure->bottom = 58;
    figure->height = arena_take(figure->arena, figure->down + 1, sizeof *figure->height);
    for (size_t l = 0; l < figure->down; l++)
        figure->height[l] = heights[figure->across];
}

// Within a series from left to right.
static int by_series(const void *a, const void *b)
{
    const Mark *x = a, *y = b;
    size_t first = x->series - 1, second = y->series - 1; // 0 is the largest
    if (first != second)
        return first < second ? -1 : 1;
    if (x->x < y->x || x->x > y->x)
        return x->x < y->x ? -1 : 1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

void page_sort_marks(Figure *figure)
{
    qsort(figure->mark, figure->marks, sizeof *figure->mark, by_series);
}

// ---- what is said

void page_legend(Figure *figure, Legend kind, const Entry *entry)
{
    for (size_t e = 0; e < figure->entries; e++)
        if (figure->entry[e].kind == kind && !strcmp(figure->entry[e].text, entry->text))
            return;
    Entry *more = arena_grown(figure->arena, figure->entry, figure->entries, figure->entries + 1,
                              sizeof *more);
    more[figure->entries] = *entry;
    more[figure->entries++].kind = kind;
    figure->entry = more;
}

size_t page_setting(const Figure *figure, const Cell *cell, size_t *settings)
{
    const Summary *summary = figure->summary;
    const char **label = arena_take(figure->arena, summary_cells(summary) + 1, sizeof *label);
    size_t mine = 0;
    *settings = 0;
    for (size_t b = 0; b < summary->blocks; b++)
        for (size_t c = 0; c < summary->block[b].cells; c++) {
            const Cell *other = &summary->block[b].cell[c];
            size_t l = 0;
            if (!text_same(other->row->method, cell->row->method) ||
                other->untrained != cell->untrained)
                continue;
            while (l < *settings && strcmp(label[l], other->label) != 0)
                l++;
            if (l == *settings)
                label[(*settings)++] = other->label;
            mine = strcmp(other->label, cell->label) != 0 ? mine : l;
        }
    return mine;
}

void page_series(Figure *figure, Panel *panel, Legend kind, const Cell *cell)
{
    const char *method = known(cell->row->method);
    size_t settings, setting = page_setting(figure, cell, &settings);
    bool several = settings > 1 && kind == LEGEND_LINE;
    const Entry entry = { .text = several ? cell->label
                                  : cell->untrained
                                      ? arena_format(figure->arena, "%s (untrained)", method)
                                      : method,
                          .method = method,
                          .setting = several ? setting : 0,
                          .grey = cell->untrained };
    figure->series[figure->all_series++] = (Series){
        .cell = cell, .method = method, .setting = entry.setting, .grey = cell->untrained
    };
    panel->last = figure->all_series;
    page_legend(figure, kind, &entry);
}

void page_times(Figure *figure)
{
    const Summary *summary = figure->summary;
    const char *busy = busy_text(figure->arena, summary->run, summary->runs);
    if (busy)
        text_append(figure->arena, &figure->caption, " ", "By the clock: %s.", busy);
    for (size_t b = 0; b < summary->blocks; b++)
        if (summary->block[b].untimed)
            text_append(figure->arena, &figure->caption, " ",
                        "%s: no times, since rows differ in %s.", summary->block[b].name,
                        summary->block[b].untimed);
}

const char *page_missing(const Figure *figure)
{
    Arena *arena = figure->arena;
    size_t dead = 0, runs = 0, unscored = 0;
    Cell all = { 0 };
    const char *text = "", *missing = "";
    for (size_t b = 0; b < figure->summary->blocks; b++)
        for (size_t c = 0; c < figure->summary->block[b].cells; c++) {
            const Block *block = &figure->summary->block[b];
            const Cell *cell = &block->cell[c];
            OnSplit on = cell_on_split(arena, figure->rows, cell, known(block->split));
            all.failed += cell->failed, all.diverged += cell->diverged;
            all.timeout += cell->timeout, unscored += on.unscored;
            all.not_run += cell->not_run;
            runs += cell->runs + cell->not_run;
            dead += cell_is_null(cell) ? 0 : on.dead; // null is there to be dead
        }
    if (dead)
        text_append(arena, &missing, ", ",
                    "%zu dead (at or below the best constant answer; in the mean)", dead);
    if (all.failed + all.diverged + all.timeout + unscored + all.not_run)
        text_append(arena, &missing, ", ", "%s", cell_missing(arena, &all, unscored));
    if (*missing)
        text_append(arena, &text, " ", " Of %zu runs %s.", runs, missing);
    for (size_t b = 0; b < figure->summary->blocks; b++)
        if (!strstr(figure->summary->block[b].name, figure->summary->block[b].differs))
            text_append(arena, &text, "", " %s: %s.", figure->summary->block[b].name,
                        figure->summary->block[b].differs);
    return text;
}

const char *page_counts(const Figure *figure, bool interval)
{
    size_t fewest = SIZE_MAX, most = 0;
    for (size_t b = 0; b < figure->summary->blocks; b++)
        for (size_t c = 0; c < figure->summary->block[b].cells; c++) {
            const Cell *cell = &figure->summary->block[b].cell[c];
            if (cell_is_null(cell) || cell->score.n == 0)
                continue;
            fewest = cell->score.n < fewest ? cell->score.n : fewest;
            most = cell->score.n > most ? cell->score.n : most;
        }
    const char *before = !interval  ? ""
                         : most > 1 ? "Mean and its 95 % t interval over seeds, "
                                    : "Single runs, no intervals: ";
    const char *range = fewest < most ? arena_format(figure->arena, "%zu to ", fewest) : "";
    return arena_format(figure->arena, "%sn = %s%zu.%s", before, range, most, page_missing(figure));
}

// ---- the CSV

void put_word(FILE *out, const char *text)
{
    char *word = strdup(text);
    for (char *at = word; at && *at; at++)
        if (*at == '\n' || *at == '\r')
            *at = ' ';
    csv_put(out, word ? word : "");
    free(word);
}

void put_cell(FILE *out, const Panel *panel, const Cell *cell)
{
    const char *text[] = { panel->block->name, cell->row->model, cell->row->method, cell->label,
                           cell->row->pretrained };
    for (size_t t = 0; t < sizeof text / sizeof *text; t++) {
        put_word(out, known(text[t]));
        putc(',', out);
    }
}

// ---- the script

// Within quotes of this kind nothing is special but the quote itself.
void put_quoted(FILE *out, const char *text, const char *newline)
{
    putc('\'', out);
    for (; *text; text++)
        fputs(*text == '\'' ? "''" : *text == '\n' ? newline : (const char[]){ *text, '\0' }, out);
    putc('\'', out);
}

static void set_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "%s = ", name);
    put_quoted(out, text, " ");
    putc('\n', out);
}

static void set_path(FILE *out, const char *name, const char *path)
{
    fprintf(out, "%s = ", name);
    put_quoted(out, path, "'.\"\\n\".'");
    putc('\n', out);
}

// About as wide as DejaVu Sans of that size sets it.
static double text_width(const char *text, size_t length, double size)
{
    double width = 0;
    for (size_t i = 0; i < length; i++)
        width += strchr("ijlI.,:;'|", text[i])             ? 0.32
                 : strchr("frt ()[]/-", text[i])           ? 0.40
                 : strchr("mwMW%@", text[i])               ? 0.98
                 : ((unsigned char)text[i] & 0xC0) == 0x80 ? 0
                                                           : 0.63;
    return size * width;
}

// Folds text into lines of at most `width`; returns how many.
static size_t fold(Arena *arena, const char *text, double width, const char ***line)
{
    size_t lines = 0;
    *line = arena_take(arena, strlen(text) + 1, sizeof **line);
    while (*text) {
        size_t end = strlen(text);
        while (end > 0 && text_width(text, end, 10) > width)
            do
                end--;
            while (end > 0 && text[end] != ' ');
        if (end == 0) // one long word
            end = strcspn(text, " ");
        (*line)[lines++] = arena_format(arena, "%.*s", (int)end, text);
        text += end;
        text += strspn(text, " ");
    }
    return lines;
}

// Every method of the rows, drawn here or not, so that all figures of one call give a method that
// the style does not know the same look.
static void put_methods(FILE *out, const Figure *figure)
{
    const Summary *summary = figure->summary;
    const char **name = arena_take(figure->arena, summary->runs + 1, sizeof *name);
    size_t kept = 0;
    for (size_t i = 0; i < summary->runs; i++)
        name[i] = known(summary->run[i]->method);
    text_sort(name, summary->runs);
    for (size_t i = 0; i < summary->runs; i++)
        if (kept == 0 || strcmp(name[kept - 1], name[i]) != 0)
            name[kept++] = name[i];
    fprintf(out, "uses = %zu\narray used[%zu]\n", kept, kept + 1);
    for (size_t i = 0; i < kept; i++) {
        fprintf(out, "used[%zu] = ", i + 1);
        put_quoted(out, name[i], " ");
        putc('\n', out);
    }
}

// Places the legend's entries in lines from `top`; returns the height.
static double put_legend(FILE *out, const Figure *figure, double width, double height, double top)
{
    double x = MARGIN, y = top;
    fprintf(out, "entries = %zu\narray entry_kind[%zu]\n", figure->entries, figure->entries + 1);
    fprintf(out, "array entry_style[%zu]\narray entry_setting[%zu]\n", figure->entries + 1,
            figure->entries + 1);
    fprintf(out, "array entry_text[%zu]\narray entry_x[%zu]\narray entry_y[%zu]\n",
            figure->entries + 1, figure->entries + 1, figure->entries + 1);
    for (size_t e = 0; e < figure->entries; e++) {
        const Entry *entry = &figure->entry[e];
        double room = SAMPLE + text_width(entry->text, strlen(entry->text), 11) + BETWEEN;
        if (x > MARGIN && x + room > width - MARGIN)
            x = MARGIN, y += LEGEND_LINE_HEIGHT;
        fprintf(out, "entry_kind[%zu] = %d; entry_x[%zu] = %.6g; entry_y[%zu] = %.6g\n", e + 1,
                (int)entry->kind, e + 1, x / width, e + 1, 1 - y / height);
        fprintf(out, "entry_text[%zu] = ", e + 1);
        put_quoted(out, entry->text, " ");
        fprintf(out, "\nentry_style[%zu] = ", e + 1);
        if (entry->method) {
            fprintf(out, "%d + number(", 100 * entry->grey);
            put_quoted(out, entry->method, " ");
            fputs(")", out);
        } else
            fprintf(out, "%zu", entry->class);
        fprintf(out, "; entry_setting[%zu] = %zu\n", e + 1, entry->setting);
        x += room;
    }
    return y + LEGEND_LINE_HEIGHT - top;
}

// How many lines the legend will have: as put_legend places it.
static double legend_height(const Figure *figure, double width)
{
    char *text;
    size_t size;
    FILE *nowhere = open_memstream(&text, &size);
    double height = nowhere ? put_legend(nowhere, figure, width, 1, 0) : 0;
    if (nowhere)
        fclose(nowhere);
    free(text);
    return height;
}

static void put_panel(FILE *out, const Figure *figure, const Panel *panel, double width,
                      double height, double top)
{
    const double columns = (double)figure->across;
    double wide = (width - figure->left - RIGHT - (columns - 1) * figure->beside) / columns;
    double x = figure->left + (double)panel->column * (wide + figure->beside), y = top;
    for (size_t l = 0; l < panel->line; l++)
        y += figure->height[l] + BELOW;
    fprintf(out, "left = %.6g; right = %.6g; top = %.6g; bottom = %.6g\n", x / width,
            (x + wide) / width, 1 - y / height, 1 - (y + figure->height[panel->line]) / height);
    const char *name =
        !panel->model ? panel->block->name
                      : arena_format(figure->arena, "%s, %s", panel->block->name, panel->model);
    set_text(out, "name", name);
    bool below = false;
    for (size_t p = 0; p < figure->panels; p++)
        below = below ||
                (figure->panel[p].column == panel->column && figure->panel[p].line > panel->line);
    set_text(out, "xlabel", below ? "" : figure->xlabel);
    set_text(out, "ylabel", panel->ylabel);
    fprintf(out, "xlow = %.9g; xhigh = %.9g; ylow = %.9g; yhigh = %.9g\n", panel->x_low,
            panel->x_high, panel->low, panel->high);
    fprintf(out, "panel = %zu; first = %zu; last = %zu; null_drawn = %d; null = %.9g\n",
            (size_t)(panel - figure->panel) + 1, panel->first, panel->last, !isnan(panel->null),
            isnan(panel->null) ? 0 : panel->null);
    fprintf(out, "floor_drawn = %d; floor_score = %.9g\n", panel->floor != NULL,
            panel->floor ? 100 * panel->floor->score : 0);
    fputs("load plots.'/panel.gp'\n", out);
    if (figure->kind->put_panel)
        figure->kind->put_panel(out, figure, panel);
    fprintf(out, "load plots.'/%s.gp'\n", figure->kind->panel);
}

void page_put(FILE *out, const Figure *figure, const char *part, const char *kind)
{
    const char **line;
    double width = figure->across == 1 ? ALONE : PAGE, body = 0;
    for (size_t l = 0; l < figure->down; l++)
        body += figure->height[l] + BELOW;
    size_t lines = fold(figure->arena, figure->caption, width - 2 * MARGIN, &line);
    double legend = 44 + (double)lines * CAPTION_LINE_HEIGHT;
    double top = legend + legend_height(figure, width) + 28;
    double height = top + body - BELOW + figure->bottom;
    fprintf(out, "width = %.0f; height = %.0f\n", width, height);
    set_path(out, "plots", figure->plots);
    set_path(out, "data", figure->csv);
    set_path(out, "out", part);
    set_text(out, "kind", kind);
    put_methods(out, figure);
    fputs("load plots.'/style.gp'\n", out);
    set_text(out, "page_title", figure->kind->title);
    fprintf(out, "captions = %zu\narray caption[%zu]\n", lines, lines + 1);
    for (size_t l = 0; l < lines; l++) {
        fprintf(out, "caption[%zu] = ", l + 1);
        put_quoted(out, line[l], " ");
        putc('\n', out);
    }
    put_legend(out, figure, width, height, legend);
    fprintf(out, "array style[%zu]\nstyle[%zu] = 1\narray setting[%zu]\nsetting[%zu] = 0\n",
            figure->all_series + 1, figure->all_series + 1, figure->all_series + 1,
            figure->all_series + 1); // gnuplot evaluates the first step of an empty loop, too
    fprintf(out, "array from[%zu]\narray to[%zu]\n", figure->all_series + 1,
            figure->all_series + 1);
    for (size_t s = 0, i = 0; s < figure->all_series; s++) {
        fprintf(out, "style[%zu] = %d + number(", s + 1, 100 * figure->series[s].grey);
        put_quoted(out, figure->series[s].method, " ");
        fprintf(out, "); setting[%zu] = %zu; from[%zu] = %zu; ", s + 1, figure->series[s].setting,
                s + 1, i);
        while (i < figure->marks && figure->mark[i].series == s + 1)
            i++;
        fprintf(out, "to[%zu] = %zu\n", s + 1, i - 1);
    }
    fprintf(out, "zero = %.9g\n", isnan(figure->zero) ? 0 : figure->zero);
    fputs("load plots.'/page.gp'\n", out);
    for (size_t p = 0; p < figure->panels; p++)
        put_panel(out, figure, &figure->panel[p], width, height, top);
    fputs("unset multiplot\n", out);
}
