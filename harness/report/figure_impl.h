// figure_impl.h: what figures share. Each is an entry of a table (figure.c): it finds its panels
// and marks in the rows, writes them as a CSV, and names the gnuplot file that draws one panel of
// it. The page around them (title, caption, places, legend) is page.c's.
#ifndef REPORT_FIGURE_IMPL_H
#define REPORT_FIGURE_IMPL_H
#include "report/figure.h"
#include "report/on_split.h"
#include "report/summary.h"

typedef struct Figure Figure;
typedef struct Panel Panel;

typedef struct {
    const char *name;         // figures/NAME.csv, .svg, .png
    const char *panel;        // plots/PANEL.gp draws one
    const char *title, *help; // as printed; what it shows, one line
    const char *needs;        // what rows must have
    // Of scores against a cost, else NULL: it, NAN where it isn't known; its name; what those lack.
    double (*cost)(Arena *arena, const Block *block, const Cell *cell);
    const char *xlabel, *lacks;
    bool logarithmic;             // its axis
    bool timed;                   // it is seconds, of which the caption says more
    const struct Stack *stack;    // of bars: what is in them, else NULL
    bool (*find)(Figure *figure); // panels, series, marks, legend, caption; false: nothing to draw
    void (*put)(FILE *out, const Figure *figure); // all that is drawn, as CSV
    void (*put_panel)(FILE *out, const Figure *figure,
                      const Panel *panel); // what the .gp wants; or NULL
} FigureKind;
extern const FigureKind figure_score_by_params, figure_score_by_memory, figure_score_by_time,
    figure_score_by_size, figure_memory, figure_time, figure_curves;

struct Panel {
    const Block *block;
    const char *model;               // NULL: all
    size_t column, line;             // its place, from the upper left
    size_t first, last;              // its series, from 1
    double x_low, x_high, low, high; // of the axes; low > high: nothing seen yet
    double null;                     // score of the untouched model, NAN where there is none
    const Floor *floor;              // what its scores are to be above; NULL
    const char *ylabel;
    bool loss; // a curve's: of the loss, not the score on tune
};

typedef struct { // marks of one look in one panel
    const Cell *cell;
    const char *method;
    size_t setting; // its line, of those of its method, from 0
    bool grey;      // untrained
} Series;

typedef struct {
    const Cell *cell;
    size_t panel, series; // series 0: not drawn
    double x, y, low, high;
    size_t n; // runs that it is the mean of
} Mark;

typedef enum {
    LEGEND_POINT,
    LEGEND_LINE,
    LEGEND_DASHES,
    LEGEND_BOX,
    LEGEND_TICK,
    LEGEND_DOTS
} Legend;
typedef struct {
    Legend kind;
    const char *text;
    const char *method; // of points and lines
    size_t setting;
    bool grey;
    size_t class; // of a box, from 1
} Entry;

typedef struct { // a piece of a bar, or (number 0) what was measured of all of it
    const Cell *cell;
    const char *class;
    size_t panel, line, number; // line and number of the class from 1
    double value, from, to;
} Piece;

struct Figure {
    Arena *arena;
    const FigureKind *kind;
    const Summary *summary;
    const Rows *rows;
    const Floors *floors; // NULL: none
    Panel *panel;
    Series *series;
    Mark *mark;
    Piece *piece;
    Entry *entry;
    size_t panels, all_series, marks, pieces, entries;
    size_t across, down;
    const char *xlabel;
    double left, beside, bottom; // room for names and numbers: at the page's left, a panel's, below
    double *height;              // of each line of panels
    double zero; // where 0 stands on an axis of logarithms; NAN where it is not needed
    const char *const **label; // of bars: names for each line of panels, NULL-terminated
    const char *caption;
    const char *csv, *plots;
};

// page.c: a panel for each task and model (or each task) that has cells, in order; `ask` says which
// cells can be drawn. Lines of panels are a model each.
void page_panels(Figure *figure, bool by_model, bool (*ask)(const Figure *, const Cell *));
void page_widen(Panel *panel, double value); // its y axis, to hold it
// Room around what the y axes hold; panels of one task then have one, but for different `loss`.
void page_ranges(Figure *figure, double least);
// Where panels of scores, or of curves, stand: their heights, and the room around them.
void page_places(Figure *figure, const char *xlabel);
void page_sort_marks(Figure *figure); // so that those of a series are together; not drawn ones last
void page_legend(Figure *figure, Legend kind, const Entry *entry); // once each
// Of the settings of the cell's method that the figure has, all models and tasks together, its
// number; how many there are.
size_t page_setting(const Figure *figure, const Cell *cell, size_t *settings);
// A look of its own for the cell: the next series of the panel, and its entry in the legend. A line
// is called by its setting where the method has several.
void page_series(Figure *figure, Panel *panel, Legend kind, const Cell *cell);
// "Mean and its 95 % t interval over seeds, n = 5." and then what page_missing says: " Of 60 runs 2
// dead, 1 failed." and what sets apart blocks of one task; "" where there is nothing to say.
const char *page_counts(const Figure *figure, bool interval);
const char *page_missing(const Figure *figure);
void page_times(Figure *figure); // adds to the caption what a reader of seconds must know
bool in_panel(const Panel *panel, const Cell *cell);
void page_put(FILE *out, const Figure *figure, const char *part, const char *kind); // the script

void put_word(FILE *out, const char *text);                     // a field of CSV on one line
void put_cell(FILE *out, const Panel *panel, const Cell *cell); // task, model, method, label, ...
void put_quoted(FILE *out, const char *text, const char *newline); // a string of gnuplot's

// gnuplot.c: runs a script; whatever gnuplot says is a fault.
bool gnuplot_run(Arena *arena, FILE *script, const char *path, Error *error);
#endif
