// figure.c: see figure.h. rows -> summary -> panels and series -> a CSV and a script of settings,
// which gnuplot reads from a file without a name; the picture gets its name when it is whole.

#include "report/figure.h"
#include "base/csv.h"
#include "base/file.h"
#include "report/summary.h"
#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct { // one method in one panel, pretrained or not: its settings are its points
    const char *method;
    bool grey; // untrained
} Series;

typedef struct {
    const Block *block;
    const char *model;
    size_t column, line; // its place, from the upper left
    size_t first, last;  // its series, from 1
    double low, high;    // of scores and the ends of their bars
    double null;         // NAN where there is none
} Panel;

typedef struct {
    const Cell *cell;
    size_t panel, series; // 0: not drawn, since its score or its parameters are unknown; or null
} Point;

typedef struct {
    Arena *arena;
    const char *plots, *csv;
    Panel *panel;
    Series *series;
    Point *point;
    size_t panels, across, down, all_series, points;
    double x_low, x_high; // of the axis
    double zero;          // where 0 stands on the axis of logarithms; NAN where it is not needed
    const char *caption;
} Figure;

static void find_panels(Figure *figure, const Summary *summary);
static void add_panel(Figure *figure, const Block *block, const char *model, size_t column);
static void find_series(Figure *figure);
static bool find_ranges(Figure *figure, Error *error);
static void find_captions(Figure *figure, const Summary *summary);
static bool put_points(FILE *out, const void *figure);
static bool draw(const Figure *figure, const char *path, const char *kind, Error *error);

bool figures_write(const char *folder, const Row *rows, size_t count, const char *plots_folder,
                   Error *error)
{
    Summary summary;
    Arena *arena = arena_new(ARENA_RUN, error);
    if (!arena)
        return false;
    const char *figures = path_join(arena, folder, "figures");
    Figure figure = { .arena = arena,
                      .plots = plots_folder,
                      .csv = path_join(arena, figures, "score_by_params.csv") };
    bool done = summary_of(arena, rows, count, false, &summary, error);
    if (done) {
        find_panels(&figure, &summary);
        find_series(&figure);
        find_captions(&figure, &summary);
        done = find_ranges(&figure, error) && folder_make(figures, error) &&
               file_write(figure.csv, put_points, &figure, error) &&
               draw(&figure, path_join(arena, figures, "score_by_params.svg"), "svg", error) &&
               draw(&figure, path_join(arena, figures, "score_by_params.png"), "png", error);
    }
    arena_free(arena);
    return done;
}

// A row of panels is up to four tasks with one model; below it the next model, then further tasks.
static void find_panels(Figure *figure, const Summary *summary)
{
    enum { MOST_ACROSS = 4 };
    size_t cells = 0, models = 0;
    for (size_t b = 0; b < summary->blocks; b++)
        cells += summary->block[b].cells;
    Cell *model = arena_take(figure->arena, cells + 1, sizeof *model); // the first of its model
    for (size_t b = 0; b < summary->blocks; b++)
        for (size_t c = 0; c < summary->block[b].cells; c++) {
            const Cell *cell = &summary->block[b].cell[c];
            size_t m = 0;
            while (m < models && strcmp(known(model[m].row->model), known(cell->row->model)) != 0)
                m++;
            if (m == models)
                model[models++] = *cell;
        }
    qsort(model, models, sizeof *model, cell_order);
    figure->panel = arena_zero(figure->arena, summary->blocks * models + 1, sizeof(Panel));
    figure->point = arena_zero(figure->arena, cells + 1, sizeof(Point));
    for (size_t b = 0; b < summary->blocks; b += MOST_ACROSS)
        for (size_t m = 0; m < models; m++) {
            size_t panels = figure->panels;
            for (size_t k = 0; k < MOST_ACROSS && b + k < summary->blocks; k++)
                add_panel(figure, &summary->block[b + k], known(model[m].row->model), k);
            figure->down += figure->panels > panels;
        }
}

// With the points of a model in a block, where there are any, in the row that is being filled.
static void add_panel(Figure *figure, const Block *block, const char *model, size_t column)
{
    size_t points = figure->points;
    for (size_t c = 0; c < block->cells; c++)
        if (!strcmp(known(block->cell[c].row->model), model))
            figure->point[figure->points++] =
                (Point){ .cell = &block->cell[c], .panel = figure->panels };
    if (figure->points == points)
        return;
    figure->panel[figure->panels++] = (Panel){ .block = block,
                                               .model = model,
                                               .column = column,
                                               .line = figure->down,
                                               .low = INFINITY,
                                               .high = -INFINITY,
                                               .null = NAN };
    figure->across = column + 1 > figure->across ? column + 1 : figure->across;
}

static bool is_null(const Cell *cell)
{
    return !strcmp(known(cell->row->method), "null");
}

static bool drawn(const Cell *cell)
{
    return cell->score.n > 0 && !isnan(cell->params_trained) && !is_null(cell);
}

// A series of gnuplot's is a method in a panel, so that it has one look.
static void find_series(Figure *figure)
{
    figure->series = arena_zero(figure->arena, figure->points + 1, sizeof(Series));
    for (size_t p = 0; p < figure->panels; p++) {
        Panel *panel = &figure->panel[p];
        panel->first = figure->all_series + 1;
        for (size_t i = 0; i < figure->points; i++) {
            const Cell *cell = figure->point[i].cell;
            size_t s = panel->first;
            if (figure->point[i].panel != p || !drawn(cell))
                continue;
            while (s <= figure->all_series &&
                   (strcmp(figure->series[s - 1].method, known(cell->row->method)) != 0 ||
                    figure->series[s - 1].grey != cell->untrained))
                s++;
            if (s > figure->all_series)
                figure->series[figure->all_series++] =
                    (Series){ known(cell->row->method), cell->untrained };
            figure->point[i].series = s;
        }
        panel->last = figure->all_series;
    }
}

static void widen(Panel *panel, double value)
{
    if (isnan(value))
        return;
    panel->low = fmin(panel->low, value);
    panel->high = fmax(panel->high, value);
}

// Ranges reach over the ends of all bars; panels of one task share theirs, all panels share x.
static bool find_ranges(Figure *figure, Error *error)
{
    double fewest = INFINITY, most = 0;
    size_t placed = 0, zeros = 0;
    for (size_t i = 0; i < figure->points; i++) {
        const Cell *cell = figure->point[i].cell;
        Panel *panel = &figure->panel[figure->point[i].panel];
        if (is_null(cell) && !cell->untrained)
            widen(panel, panel->null = cell->score.mean);
        if (!figure->point[i].series)
            continue;
        placed++;
        widen(panel, cell->score.mean);
        widen(panel, cell->score.low);
        widen(panel, cell->score.high);
        if (cell->params_trained > 0) {
            fewest = fmin(fewest, cell->params_trained);
            most = fmax(most, cell->params_trained);
        } else
            zeros++;
    }
    if (placed == 0)
        return fail(error, ERROR_INPUT, (Where){ .file = figure->csv },
                    "at least one run with a score and its number of trained parameters",
                    "there is nothing to draw");
    for (size_t p = 0; p < figure->panels; p++)
        for (size_t o = 0; o < figure->panels; o++)
            if (figure->panel[o].block == figure->panel[p].block) {
                figure->panel[p].low = fmin(figure->panel[p].low, figure->panel[o].low);
                figure->panel[p].high = fmax(figure->panel[p].high, figure->panel[o].high);
            }
    for (size_t p = 0; p < figure->panels; p++) {
        Panel *panel = &figure->panel[p];
        if (panel->low > panel->high) // a task without any score
            panel->low = 0, panel->high = 1;
        double span = panel->high - panel->low; // four points at least: not to blow up noise
        double room = fmax(0.06 * span, (0.04 - span) / 2);
        panel->low -= room;
        panel->high += room;
    }
    if (most == 0)
        fewest = most = 1; // all train nothing
    figure->x_low = fewest / 2;
    figure->x_high = most * 2;
    if (figure->x_high / figure->x_low < 100) { // so that some tics have numbers
        figure->x_low = pow(10, floor(log10(figure->x_low)));
        figure->x_high = pow(10, ceil(log10(figure->x_high)));
    }
    figure->zero = NAN;
    if (zeros > 0) { // left of all others, with a number of its own on the axis
        figure->zero = figure->x_low / 2;
        figure->x_low /= 3;
    }
    return true;
}

static void find_captions(Figure *figure, const Summary *summary)
{
    size_t fewest = SIZE_MAX, most = 0, dead = 0, failed = 0, diverged = 0, timeout = 0, lost = 0;
    size_t runs = 0, unplaced = 0;
    for (size_t i = 0; i < figure->points; i++) {
        const Cell *cell = figure->point[i].cell;
        failed += cell->failed, diverged += cell->diverged, timeout += cell->timeout;
        lost += cell->unscored, runs += cell->runs;
        dead += is_null(cell) ? 0 : cell->dead; // null is there to be dead
        unplaced += cell->score.n > 0 && !is_null(cell) && isnan(cell->params_trained);
        if (figure->point[i].series) {
            fewest = cell->score.n < fewest ? cell->score.n : fewest;
            most = cell->score.n > most ? cell->score.n : most;
        }
    }
    const char *n = fewest == most ? arena_format(figure->arena, "%zu", most)
                                   : arena_format(figure->arena, "%zu to %zu", fewest, most);
    const char *text = "", *missing = "";
    Cell all = { .failed = failed, .diverged = diverged, .timeout = timeout, .unscored = lost };
    if (most > 1)
        text_append(figure->arena, &text, "", "Mean and its 95 %% t interval over seeds, n = %s.",
                    n);
    else
        text_append(figure->arena, &text, "", "Single runs (n = 1): no intervals.");
    text_append(figure->arena, &text, " ", "Axes do not start at 0.");
    if (dead)
        text_append(figure->arena, &missing, ", ",
                    "%zu dead (at or below the best constant answer; in the mean)", dead);
    if (failed + diverged + timeout + lost)
        text_append(figure->arena, &missing, ", ", "%s", cell_missing(figure->arena, &all));
    if (*missing)
        text_append(figure->arena, &text, " ", "Of %zu runs %s.", runs, missing);
    if (unplaced)
        text_append(figure->arena, &text, " ",
                    "%zu points without a count of parameters are not drawn.", unplaced);
    for (size_t b = 0; b < summary->blocks; b++)
        if (*summary->block[b].differs)
            text_append(figure->arena, &text, " ", "%s: %s.", summary->block[b].name,
                        summary->block[b].differs);
    figure->caption = text;
}

static void put_number(FILE *out, double value)
{
    if (!isnan(value))
        fprintf(out, "%.9g", value);
}

static bool put_points(FILE *out, const void *content)
{
    const Figure *figure = content;
    fputs("task,model,method,label,pretrained,n,params_trained,score,low,high,runs,dead,failed,"
          "diverged,timeout,panel,series,x\n",
          out);
    for (size_t i = 0; i < figure->points; i++) {
        const Point *point = &figure->point[i];
        const Cell *cell = point->cell;
        const char *text[] = { figure->panel[point->panel].block->name, cell->row->model,
                               cell->row->method, cell->label, cell->row->pretrained };
        for (size_t t = 0; t < sizeof text / sizeof *text; t++) {
            csv_put(out, known(text[t]));
            putc(',', out);
        }
        fprintf(out, "%zu,", cell->score.n);
        const double number[] = { cell->params_trained, cell->score.mean, cell->score.low,
                                  cell->score.high };
        for (size_t k = 0; k < sizeof number / sizeof *number; k++) {
            put_number(out, number[k]);
            putc(',', out);
        }
        fprintf(out, "%zu,%zu,%zu,%zu,%zu,%zu,%zu,", cell->runs, cell->dead, cell->failed,
                cell->diverged, cell->timeout, point->panel + 1, point->series);
        put_number(out, !point->series              ? NAN
                        : cell->params_trained == 0 ? figure->zero
                                                    : cell->params_trained);
        putc('\n', out);
    }
    return !ferror(out);
}

static void put_quoted(FILE *out, const char *text) // nothing is special in it but the quote
{
    putc('\'', out);
    for (; *text; text++)
        fputs(*text == '\'' ? "''" : *text == '\n' ? " " : (const char[]){ *text, '\0' }, out);
    putc('\'', out);
}

static void set_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "%s = ", name);
    put_quoted(out, text);
    putc('\n', out);
}

static void set_text_at(FILE *out, const char *name, size_t at, const char *text)
{
    fprintf(out, "%s[%zu] = ", name, at);
    put_quoted(out, text);
    putc('\n', out);
}

// Where things are, in points of the SVG from the upper left.
enum {
    PANEL_WIDTH = 205,
    PANEL_HEIGHT = 150,
    LEFT = 60,
    BESIDE = 48, // between panels: tics and their numbers
    BELOW = 52,
    BOTTOM = 46,
    LEGEND = 48, // a sample, and room on both sides of an entry
    LETTER = 7,  // of a legend, on average
    CAPTION_LETTER = 5,
    CAPTION_LINE = 14,
    CAPTION_MOST = 8, // lines
    NARROWEST = 480,
};

static const char *score_name(const Figure *figure, const Panel *panel)
{
    return panel->block->metric ? arena_format(figure->arena, "%s on %s, points",
                                               panel->block->metric, known(panel->block->split))
                                : "";
}

static bool below(const Figure *figure, const Panel *panel)
{
    for (size_t p = 0; p < figure->panels; p++)
        if (figure->panel[p].column == panel->column && figure->panel[p].line > panel->line)
            return true;
    return false;
}

static void put_panels(FILE *out, const Figure *figure, double width, double height, double from)
{
    fprintf(out, "panels = %zu\n", figure->panels);
    fprintf(out, "array name[panels]\narray xlabel[panels]\narray ylabel[panels]\n");
    fprintf(out, "array left[panels]\narray right[panels]\narray top[panels]\n");
    fprintf(out, "array bottom[panels]\narray ylow[panels]\narray yhigh[panels]\n");
    fprintf(out, "array null[panels]\narray lines[panels]\n");
    fprintf(out, "array first[panels]\narray last[panels]\n");
    for (size_t p = 0; p < figure->panels; p++) {
        const Panel *panel = &figure->panel[p];
        const char *score = score_name(figure, panel);
        bool repeated =
            p > 0 && panel[-1].line == panel->line && !strcmp(score, score_name(figure, panel - 1));
        double x = LEFT + (double)panel->column * (PANEL_WIDTH + BESIDE);
        double y = from + (double)panel->line * (PANEL_HEIGHT + BELOW);
        set_text_at(out, "name", p + 1,
                    arena_format(figure->arena, "%s, %s", panel->block->name, panel->model));
        set_text_at(out, "ylabel", p + 1, repeated ? "" : score);
        set_text_at(out, "xlabel", p + 1, below(figure, panel) ? "" : "trained parameters");
        fprintf(out, "left[%zu] = %.9g; right[%zu] = %.9g; top[%zu] = %.9g; bottom[%zu] = %.9g\n",
                p + 1, x / width, p + 1, (x + PANEL_WIDTH) / width, p + 1, 1 - y / height, p + 1,
                1 - (y + PANEL_HEIGHT) / height);
        fprintf(out, "ylow[%zu] = %.9g; yhigh[%zu] = %.9g; null[%zu] = %.9g; lines[%zu] = %d\n",
                p + 1, 100 * panel->low, p + 1, 100 * panel->high, p + 1,
                isnan(panel->null) ? 0 : 100 * panel->null, p + 1, !isnan(panel->null));
        fprintf(out, "first[%zu] = %zu; last[%zu] = %zu\n", p + 1, panel->first, p + 1,
                panel->last);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const Series *)a)->method, ((const Series *)b)->method);
}

// Each method that is drawn, once pretrained and once not; style.gp knows their numbers.
static void put_legend(FILE *out, const Figure *figure)
{
    Series *entry = arena_take(figure->arena, figure->all_series + 1, sizeof *entry);
    size_t entries = 0, others = 0;
    bool lines = false;
    // One more than there are: gnuplot evaluates the first step of an empty loop, too.
    fprintf(out, "array method[%zu]\narray grey[%zu]\n", figure->all_series + 1,
            figure->all_series + 1);
    fprintf(out, "method[%zu] = \"null\"\ngrey[%zu] = 0\n", figure->all_series + 1,
            figure->all_series + 1);
    for (size_t s = 0; s < figure->all_series; s++) {
        const Series *series = &figure->series[s];
        size_t e = 0;
        while (e < entries &&
               (strcmp(entry[e].method, series->method) != 0 || entry[e].grey != series->grey))
            e++;
        if (e == entries)
            entry[entries++] = *series;
        set_text_at(out, "method", s + 1, series->method);
        fprintf(out, "grey[%zu] = %d\n", s + 1, series->grey);
    }
    for (size_t p = 0; p < figure->panels; p++)
        lines = lines || !isnan(figure->panel[p].null);
    fprintf(out, "lines_drawn = %d\nentries = %zu\narray entry[%zu]\narray entry_grey[%zu]\n",
            lines, entries, entries, entries);
    for (size_t e = 0; e < entries; e++) {
        set_text_at(out, "entry", e + 1, entry[e].method);
        fprintf(out, "entry_grey[%zu] = %d\n", e + 1, entry[e].grey);
    }
    qsort(entry, entries, sizeof *entry, by_name);
    fprintf(out, "array used[%zu]\n", entries);
    for (size_t e = 0; e < entries; e++)
        if (e == 0 || strcmp(entry[e].method, entry[e - 1].method) != 0)
            set_text_at(out, "used", ++others, entry[e].method);
    fprintf(out, "uses = %zu\n", others);
}

// Folds the caption into lines of at most `letters`; returns how many.
static size_t fold(Arena *arena, const char *text, size_t letters, const char *line[CAPTION_MOST])
{
    size_t lines = 0;
    while (*text && lines < CAPTION_MOST) {
        size_t length = strlen(text), end = length;
        if (length > letters) {
            for (end = letters; end > 0 && text[end] != ' '; end--)
                ;
            if (end == 0) // one long word
                end = strcspn(text, " ");
        }
        line[lines++] = arena_format(arena, "%.*s", (int)end, text);
        text += end;
        text += strspn(text, " ");
    }
    return lines;
}

static void put_script(FILE *out, const Figure *figure, const char *part, const char *kind)
{
    const char *line[CAPTION_MOST];
    size_t longest = 4; // null
    for (size_t s = 0; s < figure->all_series; s++) {
        size_t length = strlen(figure->series[s].method) + (figure->series[s].grey ? 12 : 0);
        longest = length > longest ? length : longest;
    }
    double legend = LEFT + (double)figure->across * (PANEL_WIDTH + BESIDE) - BESIDE + 14;
    double width = fmax(legend + LEGEND + (double)longest * LETTER, NARROWEST);
    size_t lines =
        fold(figure->arena, figure->caption, (size_t)(width - 24) / CAPTION_LETTER, line);
    double top = 62 + (double)lines * CAPTION_LINE;
    double height = top + (double)figure->down * (PANEL_HEIGHT + BELOW) - BELOW + BOTTOM;
    fprintf(out, "width = %.0f; height = %.0f\n", width, height);
    set_text(out, "plots", figure->plots);
    set_text(out, "data", figure->csv);
    set_text(out, "out", part);
    set_text(out, "kind", kind);
    fprintf(out, "title_x = %.9g; title_y = %.9g\n", 12 / width, 1 - 18 / height);
    fprintf(out, "captions = %zu\narray caption[captions]\narray caption_y[captions]\n", lines);
    for (size_t l = 0; l < lines; l++) {
        set_text_at(out, "caption", l + 1, line[l]);
        fprintf(out, "caption_y[%zu] = %.9g\n", l + 1,
                1 - (38 + (double)l * CAPTION_LINE) / height);
    }
    fprintf(out, "legend_left = %.9g; legend_top = %.9g\n", legend / width, 1 - top / height);
    fprintf(out, "xlow = %.9g; xhigh = %.9g\n", figure->x_low, figure->x_high);
    fprintf(out, "zero = %.9g\n", isnan(figure->zero) ? 0 : figure->zero);
    put_panels(out, figure, width, height, top);
    put_legend(out, figure);
    fprintf(out, "load plots.'/score_by_params.gp'\n");
}

// Our surroundings, but for the locale: another would move decimal points and the way of text.
static char **plain_locale(Arena *arena)
{
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **plain = arena_take(arena, n + 2, sizeof *plain);
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "LC_ALL=", 7) != 0)
            plain[kept++] = environ[i];
    plain[kept++] = "LC_ALL=C.UTF-8";
    plain[kept] = NULL;
    return plain;
}

// Runs gnuplot on a script. Whatever it says on its standard error is a fault.
static bool gnuplot(Arena *arena, FILE *script, const char *path, Error *error)
{
    char *const arguments[] = { "gnuplot", "--default-settings", NULL };
    char said[256] = "", line[256];
    int status = 0, spawned;
    pid_t child = 0;
    FILE *complaints = tmpfile();
    posix_spawn_file_actions_t actions;
    if (!complaints)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL,
                    "no temporary file: %s", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDOUT_FILENO);
    spawned = posix_spawnp(&child, "gnuplot", &actions, NULL, arguments, plain_locale(arena));
    posix_spawn_file_actions_destroy(&actions);
    while (spawned == 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    rewind(complaints);
    while (fgets(line, sizeof line, complaints)) // the reason stands in the last line
        if (line[strspn(line, " \t\n")])
            snprintf(said, sizeof said, "%s", line + strspn(line, " \t"));
    said[strcspn(said, "\n")] = '\0';
    fclose(complaints);
    if (spawned == ENOENT)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = path },
                    "installed (Debian: apt install gnuplot-nox)", "gnuplot is missing");
    if (spawned != 0)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL, "gnuplot: %s",
                    strerror(spawned));
    if (status != 0 || *said)
        return fail(error, ERROR_WORK, (Where){ .file = path }, NULL, "gnuplot: %s",
                    *said ? said : "failed without a word");
    return true;
}

static bool draw(const Figure *figure, const char *path, const char *kind, Error *error)
{
    const char *part = arena_format(figure->arena, "%s.%ld.part", path, (long)getpid());
    FILE *script = tmpfile();
    if (!script)
        return fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL,
                    "no temporary file: %s", strerror(errno));
    put_script(script, figure, part, kind);
    bool done = fflush(script) == 0 && !ferror(script);
    if (!done)
        fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL, "script not written: %s",
             strerror(errno));
    rewind(script);
    done = done && gnuplot(figure->arena, script, path, error);
    if (done && rename(part, path) != 0)
        done = fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL, "not written: %s",
                    strerror(errno));
    fclose(script);
    if (!done)
        unlink(part);
    return done;
}
