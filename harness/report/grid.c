// grid.c: see grid.h.

#include "report/grid.h"
#include "base/machine.h"
#include "base/text.h"
#include <string.h>

enum { WIDTH = 100, NARROWEST = 60 }; // where it is no terminal; of one

static void print_heading(FILE *out, Arena *arena, const Grid *grid, TableFormat format);
static void print_aligned(FILE *out, Arena *arena, const Grid *grid);
static void print_markdown(FILE *out, Arena *arena, const Grid *grid);
static void print_latex(FILE *out, Arena *arena, const Grid *grid);

void grid_print(FILE *out, Arena *arena, const Grid *grid, TableFormat format)
{
    if (format == TABLE_LATEX) {
        print_latex(out, arena, grid);
        return;
    }
    if (grid->name)
        print_heading(out, arena, grid, format);
    if (format == TABLE_MARKDOWN)
        print_markdown(out, arena, grid);
    else
        print_aligned(out, arena, grid);
}

// "reviews: accuracy on dev, ...", then the other lines.
static void print_heading(FILE *out, Arena *arena, const Grid *grid, TableFormat format)
{
    bool text = format == TABLE_TEXT;
    const char *first = arena_format(arena, text ? "%s" : "**%s**", grid->name);
    for (size_t i = 0; i == 0 || grid->line[i - 1]; i++) {
        const char *line = grid->line[i] ? grid->line[i] : "";
        if (i == 0)
            line = arena_format(arena, "%s%s%s", first, *line ? ": " : "", line);
        else if (!grid->line[i])
            break;
        if (text)
            text_put(out, line, 0, terminal_columns(out));
        else
            fprintf(out, "%s\n", line);
    }
    fputs(text ? "" : "\n", out);
}

// Whether a label only repeats the one above it: the first column's, as in "tiny" over its methods.
static bool repeats(const Grid *grid, size_t row, size_t column)
{
    return column == 0 && grid->labels > 1 && row > 0 &&
           !strcmp(grid->cell[row * grid->columns], grid->cell[(row - 1) * grid->columns]);
}

static void pad(FILE *out, size_t columns)
{
    while (columns-- > 0)
        putc(' ', out);
}

// The n-th line of a heading, and how long it is.
static const char *heading_line(const char *heading, size_t n, size_t *length)
{
    for (; n > 0 && *heading; n--) {
        heading += strcspn(heading, "\n");
        heading += *heading == '\n';
    }
    *length = strcspn(heading, "\n");
    return heading;
}

static size_t column_width(const Grid *grid, size_t column)
{
    size_t widest = 0;
    for (size_t line = 0; line < 2; line++) {
        size_t length;
        const char *text = heading_line(grid->title[column], line, &length);
        widest = utf8_columns(text, length) > widest ? utf8_columns(text, length) : widest;
    }
    for (size_t r = 0; r < grid->rows; r++) {
        const char *text = grid->cell[r * grid->columns + column];
        size_t columns = utf8_columns(text, strlen(text));
        widest = columns > widest ? columns : widest;
    }
    return widest;
}

// One line of columns `from` .. `to` - 1 after the labels. Nothing stands after the last text.
static void print_line(FILE *out, const Grid *grid, size_t from, size_t to, const char *const *text,
                       const size_t *length)
{
    size_t owed = 0; // blanks, printed before the next text only
    bool first = true;
    for (size_t c = 0; c < to; c = c + 1 == grid->labels && c + 1 < from ? from : c + 1) {
        size_t room = column_width(grid, c) - utf8_columns(text[c], length[c]);
        owed += (first ? 0 : 2) + (grid->side[c] == 'l' ? 0 : room);
        first = false;
        if (length[c] > 0) {
            pad(out, owed);
            owed = 0;
        }
        fwrite(text[c], 1, length[c], out);
        owed += grid->side[c] == 'l' ? room : 0;
    }
    putc('\n', out);
}

static void print_aligned(FILE *out, Arena *arena, const Grid *grid)
{
    const char **text = arena_take(arena, grid->columns, sizeof *text);
    size_t *length = arena_take(arena, grid->columns, sizeof *length), labels = 0, to;
    size_t width = terminal_columns(out);
    width = width == 0 ? WIDTH : width < NARROWEST ? NARROWEST : width;
    for (size_t c = 0; c < grid->labels; c++)
        labels += column_width(grid, c) + 2;
    for (size_t from = grid->labels; from < grid->columns; from = to) {
        size_t line_width = labels;
        for (to = from; to < grid->columns; to++) {
            line_width += column_width(grid, to) + (to > from ? 2 : 0);
            if (line_width > width && to > from && !(grid->remarks && to + 1 == grid->columns))
                break; // remarks may stand out: they are rare, and belong to their line
        }
        if (from > grid->labels)
            putc('\n', out);
        for (size_t line = 0; line < 2; line++) {
            bool any = false;
            for (size_t c = 0; c < grid->columns; c++) {
                bool broken = strchr(grid->title[c], '\n') != NULL; // others on the second line
                text[c] = heading_line(grid->title[c], broken ? line : 1 - line, &length[c]);
                any = any || (length[c] > 0 && (c < grid->labels || (from <= c && c < to)));
            }
            if (any)
                print_line(out, grid, from, to, text, length);
        }
        for (size_t r = 0; r < grid->rows; r++) {
            for (size_t c = 0; c < grid->columns; c++) {
                text[c] = repeats(grid, r, c) ? "" : grid->cell[r * grid->columns + c];
                length[c] = strlen(text[c]);
            }
            print_line(out, grid, from, to, text, length);
        }
    }
    putc('\n', out);
}

const char *heading_unbroken(Arena *arena, const char *heading)
{
    char *text = arena_text(arena, heading), *to = text;
    for (; *heading; heading++)
        if (*heading != '\n')
            *to++ = *heading;
        else if (to == text || to[-1] != '-')
            *to++ = ' ';
    *to = '\0';
    return text;
}

static void put_marked(FILE *out, const char *text) // a bar would end the cell
{
    for (; *text; text++) {
        if (strchr("|*_<`[\\", *text))
            putc('\\', out);
        putc(*text == '\n' ? ' ' : *text, out);
    }
}

static void print_markdown(FILE *out, Arena *arena, const Grid *grid)
{
    for (size_t c = 0; c < grid->columns; c++) {
        fputs("| ", out);
        put_marked(out, heading_unbroken(arena, grid->title[c]));
        putc(' ', out);
    }
    fputs("|\n", out);
    for (size_t c = 0; c < grid->columns; c++)
        fputs(grid->side[c] == 'l' ? "| --- " : "| ---: ", out);
    fputs("|\n", out);
    for (size_t i = 0; i < grid->rows * grid->columns; i++) {
        fputs("| ", out);
        put_marked(out, grid->cell[i]);
        fputs((i + 1) % grid->columns ? " " : " |\n", out);
    }
    putc('\n', out);
}

// What is special to LaTeX, or prints as something else in its usual font, and how to say it.
static void put_latex(FILE *out, const char *text)
{
    static const struct {
        const char *text, *latex;
    } special[] = {
        { "\\", "\\textbackslash{}" },
        { "~", "\\textasciitilde{}" },
        { "^", "\\textasciicircum{}" },
        { "<", "\\textless{}" },
        { ">", "\\textgreater{}" },
        { "|", "\\textbar{}" },
        { "\"", "{''}" },
        { "&", "\\&" },
        { "%", "\\%" },
        { "$", "\\$" },
        { "#", "\\#" },
        { "_", "\\_" },
        { "{", "\\{" },
        { "}", "\\}" },
        { "\n", " " },
        { "\u00b1", "$\\pm$" },
        { "\u2020", "\\textsuperscript{\\textdagger}" },
        { "\u2021", "\\textsuperscript{\\textdaggerdbl}" },
    };
    while (*text) {
        size_t s = 0, specials = sizeof special / sizeof *special;
        while (s < specials && strncmp(text, special[s].text, strlen(special[s].text)) != 0)
            s++;
        if (s < specials) {
            fputs(special[s].latex, out);
            text += strlen(special[s].text);
        } else
            putc(*text++, out);
    }
}

// How long the upper of a heading's two lines is; 0 where it has one.
static size_t heading_above(const Grid *grid, size_t column)
{
    const char *title = grid->title[column];
    return strchr(title, '\n') ? strcspn(title, "\n") : 0;
}

// One past the last column that shares the upper line of this one's heading.
static size_t heading_end(const Grid *grid, size_t column)
{
    size_t length = heading_above(grid, column), end = column + 1;
    while (end < grid->columns && length > 0 && heading_above(grid, end) == length &&
           !strncmp(grid->title[end], grid->title[column], length))
        end++;
    return end;
}

// Headings keep their two lines, which is what keeps a table narrow; what several columns side by
// side have in common above stands once, over all of them and a rule.
static void print_latex_heading(FILE *out, Arena *arena, const Grid *grid)
{
    bool broken = false, common = false;
    for (size_t c = 0; c < grid->columns; c++) {
        broken = broken || heading_above(grid, c) > 0;
        common = common || heading_end(grid, c) > c + 1;
    }
    for (size_t c = 0, end; broken && c < grid->columns; c = end) {
        end = heading_end(grid, c);
        if (end > c + 1)
            fprintf(out, "\\multicolumn{%zu}{c}{", end - c);
        put_latex(out, arena_format(arena, "%.*s", (int)heading_above(grid, c), grid->title[c]));
        fputs(end > c + 1 ? "}" : "", out);
        fputs(end < grid->columns ? " & " : " \\\\\n", out);
    }
    for (size_t c = 0, end; common && c < grid->columns; c = end) {
        end = heading_end(grid, c);
        if (end > c + 1)
            fprintf(out, "\\cmidrule(lr){%zu-%zu}", c + 1, end);
    }
    fputs(common ? "\n" : "", out);
    for (size_t c = 0; c < grid->columns; c++) {
        const char *title = grid->title[c];
        size_t above = heading_above(grid, c);
        put_latex(out, title + above + (title[above] == '\n'));
        fputs(c + 1 < grid->columns ? " & " : " \\\\\n\\midrule\n", out);
    }
}

static void print_latex(FILE *out, Arena *arena, const Grid *grid)
{
    fputs("\\begin{table}\n\\centering\n", out);
    if (grid->name) {
        fputs("\\caption{", out);
        put_latex(out, grid->name);
        for (size_t i = 0; grid->line[i]; i++) {
            fputs(i > 0 ? "; " : *grid->line[i] ? ": " : "", out);
            put_latex(out, grid->line[i]);
        }
        fputs(".}\n", out);
    }
    fputs("\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n", out);
    fprintf(out, "\\begin{tabular}{%.*s}\n\\toprule\n", (int)grid->columns, grid->side);
    print_latex_heading(out, arena, grid);
    bool groups = false;
    for (size_t r = 0; r < grid->rows; r++)
        groups = groups || repeats(grid, r, 0);
    for (size_t r = 0; r < grid->rows; r++) {
        if (r > 0 && groups && !repeats(grid, r, 0))
            fputs("\\addlinespace\n", out);
        for (size_t c = 0; c < grid->columns; c++) {
            put_latex(out, repeats(grid, r, c) ? "" : grid->cell[r * grid->columns + c]);
            fputs(c + 1 < grid->columns ? " & " : " \\\\\n", out);
        }
    }
    fputs("\\bottomrule\n\\end{tabular}\n}\n\\end{table}\n\n", out);
}

void grid_note(FILE *out, TableFormat format, bool first, bool last, const char *note)
{
    if (format != TABLE_LATEX) {
        if (format == TABLE_MARKDOWN)
            fprintf(out, "- %s\n", note);
        else
            text_put(out, note, 0, terminal_columns(out));
        return;
    }
    if (first)
        fputs("{\\footnotesize\\noindent\n", out);
    put_latex(out, note);
    fputs(last ? "\n\\par}\n" : "\n", out);
}
