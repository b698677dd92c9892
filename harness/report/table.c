// table.c: see table.h.

#include "report/table.h"
#include "base/csv.h"
#include "report/summary.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 100 }; // of a terminal; a wider text table is printed in parts

// Rows of text under headings. A heading may break its line ('\n') where lines are aligned.
typedef struct {
    const char *const *heading;
    size_t columns, labels; // the first `labels` columns stand before every part
    const char *side;       // a letter a column: 'l' or 'r'
    bool remarks;           // the last column may stand out beyond the width
    const char **cell;      // rows x columns, never NULL
    size_t rows;
} Grid;

static void print_csv(FILE *out, const Summary *summary);
static void print_overview(FILE *out, Arena *arena, const Summary *summary, TableFormat format);
static void print_block(FILE *out, Arena *arena, const Block *block, TableFormat format);
static void print_notes(FILE *out, Arena *arena, const Summary *summary, TableFormat format);

bool table_print(FILE *out, FILE *notes, const Row *rows, size_t count, TableFormat format,
                 Error *error)
{
    Summary summary;
    Arena *arena = arena_new(ARENA_RUN, error);
    bool done = arena && summary_of(arena, rows, count, &summary, error);
    if (done && format == TABLE_CSV)
        print_csv(out, &summary);
    else if (done) {
        if (summary.blocks > 1)
            print_overview(out, arena, &summary, format);
        for (size_t b = 0; b < summary.blocks; b++)
            print_block(out, arena, &summary.block[b], format);
    }
    if (done && notes)
        print_notes(notes, arena, &summary, format);
    arena_free(arena);
    return done;
}

static void put_real(FILE *out, double value)
{
    if (!isnan(value))
        fprintf(out, "%.9g", value);
    putc(',', out);
}

static void put_text(FILE *out, const char *text)
{
    csv_put(out, known(text));
    putc(',', out);
}

static void print_csv(FILE *out, const Summary *summary)
{
    fputs("task,block,differs,model,method,options,label,pretrained,metric,eval_split,eval_n,"
          "majority_score,mean,sd,n,lo,hi,runs,dead,living_mean,failed,diverged,timeout,unscored,"
          "params_trained,trained_share,trained_share_nonembedding,plan_peak,rss_peak,train_s\n",
          out);
    for (size_t b = 0; b < summary->blocks; b++) {
        const Block *block = &summary->block[b];
        for (size_t c = 0; c < block->cells; c++) {
            const Cell *cell = &block->cell[c];
            const Interval *score = &cell->score;
            put_text(out, block->task);
            put_text(out, block->name);
            put_text(out, block->differs);
            put_text(out, cell->row->model);
            put_text(out, cell->row->method);
            put_text(out, cell->row->options);
            put_text(out, cell->label);
            put_text(out, cell->row->pretrained);
            put_text(out, block->metric);
            put_text(out, block->split);
            put_real(out, block->items == WHOLE_UNKNOWN ? NAN : (double)block->items);
            put_real(out, block->majority);
            put_real(out, score->mean);
            put_real(out, score->sd);
            fprintf(out, "%zu,", score->n);
            put_real(out, score->low);
            put_real(out, score->high);
            fprintf(out, "%zu,%zu,", cell->runs, cell->dead);
            put_real(out, cell->living);
            fprintf(out, "%zu,%zu,%zu,%zu,", cell->failed, cell->diverged, cell->timeout,
                    cell->unscored);
            put_real(out, cell->params_trained);
            put_real(out, cell->trained_share);
            put_real(out, cell->trained_share_nonembedding);
            put_real(out, cell->plan_peak);
            put_real(out, cell->rss_peak);
            if (!block->untimed && !isnan(cell->train_s))
                fprintf(out, "%.9g", cell->train_s);
            putc('\n', out);
        }
    }
}

// Columns of text on a terminal; a byte that continues a character of UTF-8 takes none.
static size_t width(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)text[i] & 0xC0) != 0x80;
    return columns;
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
        const char *text = heading_line(grid->heading[column], line, &length);
        widest = width(text, length) > widest ? width(text, length) : widest;
    }
    for (size_t r = 0; r < grid->rows; r++) {
        const char *text = grid->cell[r * grid->columns + column];
        size_t columns = width(text, strlen(text));
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
        size_t room = column_width(grid, c) - width(text[c], length[c]);
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
    for (size_t c = 0; c < grid->labels; c++)
        labels += column_width(grid, c) + 2;
    for (size_t from = grid->labels; from < grid->columns; from = to) {
        size_t line_width = labels;
        for (to = from; to < grid->columns; to++) {
            line_width += column_width(grid, to) + (to > from ? 2 : 0);
            if (line_width > WIDTH && to > from && !(grid->remarks && to + 1 == grid->columns))
                break; // remarks may stand out: they are rare, and belong to their line
        }
        if (from > grid->labels)
            putc('\n', out);
        for (size_t line = 0; line < 2; line++) {
            bool any = false;
            for (size_t c = 0; c < grid->columns; c++) {
                bool broken = strchr(grid->heading[c], '\n') != NULL; // others on the second line
                text[c] = heading_line(grid->heading[c], broken ? line : 1 - line, &length[c]);
                any = any || (length[c] > 0 && (c < grid->labels || (from <= c && c < to)));
            }
            if (any)
                print_line(out, grid, from, to, text, length);
        }
        for (size_t r = 0; r < grid->rows; r++) {
            for (size_t c = 0; c < grid->columns; c++) {
                text[c] = grid->cell[r * grid->columns + c];
                if (c == 0 && r > 0 && !strcmp(text[c], grid->cell[(r - 1) * grid->columns]))
                    text[c] = ""; // the model once
                length[c] = strlen(text[c]);
            }
            print_line(out, grid, from, to, text, length);
        }
    }
    putc('\n', out);
}

static void put_marked(FILE *out, const char *text) // a bar would end the cell
{
    for (; *text; text++) {
        if (*text == '|' || *text == '*' || *text == '_')
            putc('\\', out);
        putc(*text == '\n' ? ' ' : *text, out);
    }
}

static void print_markdown(FILE *out, const Grid *grid)
{
    for (size_t c = 0; c < grid->columns; c++) {
        fputs("| ", out);
        put_marked(out, grid->heading[c]);
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

static void print_grid(FILE *out, Arena *arena, const Grid *grid, TableFormat format)
{
    if (format == TABLE_MARKDOWN)
        print_markdown(out, grid);
    else
        print_aligned(out, arena, grid);
}

static const char *score_text(Arena *arena, const Interval *score)
{
    if (score->n == 0)
        return "";
    if (score->n == 1)
        return arena_format(arena, "%.1f", 100 * score->mean);
    if (score->zero_variance) // not the 0.0 of a small spread
        return arena_format(arena, "%.1f ± 0", 100 * score->mean);
    return arena_format(arena, "%.1f ± %.1f", 100 * score->mean,
                        100 * (score->high - score->low) / 2);
}

// Three digits, as far as the last of them is no fraction of a hundredth.
static const char *three_digits(Arena *arena, double value)
{
    if (isnan(value))
        return "";
    return arena_format(arena, "%.*f", value >= 100 ? 0 : value >= 10 ? 1 : 2, value);
}

static const char *percent(Arena *arena, double share)
{
    return isnan(share) ? "" : arena_format(arena, "%.3g", 100 * share);
}

// One line a model and method over all blocks, one column a block.
static void print_overview(FILE *out, Arena *arena, const Summary *summary, TableFormat format)
{
    enum { LABELS = 3 };
    size_t most = 0, lines = 0, columns = summary->blocks + LABELS;
    for (size_t b = 0; b < summary->blocks; b++)
        most += summary->block[b].cells;
    Cell *line = arena_take(arena, most, sizeof *line); // the first of its model and label
    for (size_t b = 0; b < summary->blocks; b++)
        for (size_t c = 0; c < summary->block[b].cells; c++) {
            const Cell *cell = &summary->block[b].cell[c];
            size_t l = 0;
            while (l < lines && (strcmp(known(line[l].row->model), known(cell->row->model)) != 0 ||
                                 strcmp(line[l].label, cell->label) != 0))
                l++;
            if (l == lines)
                line[lines++] = *cell;
        }
    qsort(line, lines, sizeof *line, cell_order);

    const char **heading = arena_take(arena, columns, sizeof *heading);
    const char **text = arena_take(arena, lines * columns, sizeof *text);
    char *side = arena_take(arena, columns, sizeof *side);
    memset(side, 'l', columns);
    side[2] = 'r';
    heading[0] = "model", heading[1] = "method", heading[2] = "n";
    for (size_t b = 0; b < summary->blocks; b++)
        heading[LABELS + b] = summary->block[b].name;
    for (size_t l = 0; l < lines; l++) {
        const char **at = text + l * columns;
        size_t fewest = SIZE_MAX, largest = 0;
        at[0] = known(line[l].row->model), at[1] = line[l].label;
        for (size_t b = 0; b < summary->blocks; b++) {
            const Block *block = &summary->block[b];
            at[LABELS + b] = "";
            for (size_t c = 0; c < block->cells; c++) {
                const Cell *cell = &block->cell[c];
                if (strcmp(known(cell->row->model), at[0]) != 0 || strcmp(cell->label, at[1]) != 0)
                    continue;
                text_append(arena, &at[LABELS + b], "", "%s", score_text(arena, &cell->score));
                if (cell->dead)
                    text_append(arena, &at[LABELS + b], " ", "%s", cell_dead(arena, cell));
                if (cell->runs > cell->score.n)
                    text_append(arena, &at[LABELS + b], " ", "%s", cell_missing(arena, cell));
                fewest = cell->score.n < fewest ? cell->score.n : fewest;
                largest = cell->score.n > largest ? cell->score.n : largest;
            }
        }
        at[2] = fewest == largest ? arena_format(arena, "%zu", largest)
                                  : arena_format(arena, "%zu-%zu", fewest, largest);
    }
    Grid grid = { heading, columns, LABELS, side, false, text, lines };
    print_grid(out, arena, &grid, format);
}

static const char *remarks(Arena *arena, const Cell *cell)
{
    const char *text = "";
    if (cell->dead)
        text_append(arena, &text, ", ", "%s", cell_dead(arena, cell));
    if (!isnan(cell->living))
        text_append(arena, &text, ", ", "the others %.1f", 100 * cell->living);
    if (cell->runs > cell->score.n)
        text_append(arena, &text, ", ", "%s", cell_missing(arena, cell));
    if (cell->score.zero_variance)
        text_append(arena, &text, ", ", "all seeds equal");
    if (cell->on_edge)
        text_append(arena, &text, ", ", "rate at the edge of its search");
    return text;
}

static void print_block(FILE *out, Arena *arena, const Block *block, TableFormat format)
{
    static const char *const heading[] = {
        "model",
        "method",
        "score",
        "n",
        "trained %\nof all",
        "trained %\nof non-embedding",
        "plan\nMB",
        "rss\nMB",
        "train\ns",
        "remarks",
    };
    enum { COLUMNS = sizeof heading / sizeof *heading };
    const char **text = arena_take(arena, block->cells * COLUMNS, sizeof *text);
    bool any = false;
    for (size_t c = 0; c < block->cells; c++) {
        const Cell *cell = &block->cell[c];
        const char **at = text + c * COLUMNS;
        at[0] = known(cell->row->model);
        at[1] = cell->label;
        at[2] = score_text(arena, &cell->score);
        at[3] = cell->score.n == cell->runs
                    ? arena_format(arena, "%zu", cell->runs)
                    : arena_format(arena, "%zu/%zu", cell->score.n, cell->runs);
        at[4] = percent(arena, cell->trained_share);
        at[5] = percent(arena, cell->trained_share_nonembedding);
        at[6] = three_digits(arena, cell->plan_peak / 1e6);
        at[7] = three_digits(arena, cell->rss_peak / 1e6);
        at[8] = block->untimed ? "" : three_digits(arena, cell->train_s);
        at[9] = remarks(arena, cell);
        any = any || *at[9];
    }
    fprintf(out, format == TABLE_MARKDOWN ? "**%s**" : "%s", block->name);
    if (block->metric)
        fprintf(out, ": %s on %s", block->metric, known(block->split));
    if (block->items != WHOLE_UNKNOWN)
        fprintf(out, ", %lld items", (long long)block->items);
    if (!isnan(block->majority))
        fprintf(out, "; best constant answer %.1f", 100 * block->majority);
    fprintf(out, "\n%s\n", block->protocol);
    if (*block->differs)
        fprintf(out, "apart from other rows of %s: %s\n", block->task, block->differs);
    if (format == TABLE_MARKDOWN)
        putc('\n', out);
    Grid grid = { heading, COLUMNS, 2, "lllrrrrrrl", true, text, block->cells };
    if (!any) { // no column for what is not there
        for (size_t c = 0; c < block->cells; c++)
            memmove(text + c * (COLUMNS - 1), text + c * COLUMNS, (COLUMNS - 1) * sizeof *text);
        grid.columns--;
        grid.remarks = false;
    }
    print_grid(out, arena, &grid, format);
}

static const char *commit_of(Arena *arena, const Row *row)
{
    const char *dirty = row_text(arena, row, row_find("dirty"));
    bool clean = !*dirty || !strcmp(dirty, "no") || !strcmp(dirty, "0");
    return row->commit ? arena_format(arena, "%.10s%s", row->commit, clean ? "" : "+changes")
                       : "unknown";
}

// "3fa2c1d (12 rows), 9be0 (3 rows)" where rows of several commits stand together; else "".
static const char *mixed_commits(Arena *arena, const Summary *summary)
{
    const char **commit = arena_take(arena, summary->runs + 1, sizeof *commit), *text = "";
    size_t *rows = arena_zero(arena, summary->runs + 1, sizeof *rows), commits = 0;
    for (size_t i = 0; i < summary->runs; i++) {
        const char *mine = commit_of(arena, summary->run[i]);
        size_t c = 0;
        while (c < commits && strcmp(commit[c], mine) != 0)
            c++;
        if (c == commits)
            commit[commits++] = mine;
        rows[c]++;
    }
    for (size_t c = 0; c < commits && commits > 1; c++)
        text_append(arena, &text, ", ", "%s (%zu row%s)", commit[c], rows[c],
                    rows[c] == 1 ? "" : "s");
    return text;
}

static void print_missing(FILE *out, Arena *arena, const Summary *summary, const char *mark)
{
    for (size_t i = 0; i < summary->runs; i++) {
        const Row *row = summary->run[i];
        if (!isnan(row->score) && !strcmp(known(row->status), "ok"))
            continue;
        fprintf(out, "%sno score: %s %s %s, seed %s: %s%s%s (key %.12s)\n", mark, known(row->model),
                known(row->task), known(row->method), row_text(arena, row, row_find("seed")),
                row->status ? row->status : "no status", row->error ? ": " : "", known(row->error),
                row->key ? row->key : "unknown");
    }
}

// A note on a block that is also true of others: once, with the names of all.
static void note_once(FILE *out, Arena *arena, const Summary *summary, size_t b, const char *mark,
                      const char *what, size_t field)
{
    const char *names = "", *mine = *(const char **)((char *)&summary->block[b] + field);
    for (size_t o = 0; o < summary->blocks && mine; o++) {
        const char *text = *(const char **)((char *)&summary->block[o] + field);
        if (!text || strcmp(text, mine) != 0)
            continue;
        if (o < b)
            return;
        text_append(arena, &names, ", ", "%s", summary->block[o].name);
    }
    if (mine)
        fprintf(out, "%s%s: %s %s.\n", mark, names, what, mine);
}

static void print_notes(FILE *out, Arena *arena, const Summary *summary, TableFormat format)
{
    const char *mark = format == TABLE_MARKDOWN ? "- " : "",
               *commits = mixed_commits(arena, summary);
    bool dead = false;
    for (size_t b = 0; b < summary->blocks; b++)
        for (size_t c = 0; c < summary->block[b].cells; c++)
            dead = dead || summary->block[b].cell[c].dead;
    fprintf(out,
            "%sscore: mean and half-width of its 95 %% t interval over n seeds, in points;"
            " n = 1: no interval.\n",
            mark);
    fprintf(out,
            "%sMB: 10^6 bytes, the largest of the n runs, planned and of the process;"
            " train s: their median.\n",
            mark);
    if (dead)
        fprintf(out, "%sdead: at or below the best constant answer; dead runs are in the mean.\n",
                mark);
    for (size_t b = 0; b < summary->blocks; b++)
        note_once(out, arena, summary, b, mark, "lines differ in", offsetof(Block, uneven));
    for (size_t b = 0; b < summary->blocks; b++)
        note_once(out, arena, summary, b, mark, "no train s, since rows differ in",
                  offsetof(Block, untimed));
    if (*commits)
        fprintf(out, "%swarning: rows of several commits stand together: %s.\n", mark, commits);
    if (summary->trials > 0)
        fprintf(out, "%s%zu trial rows are left out: they have no score.\n", mark, summary->trials);
    if (summary->copies > 0)
        fprintf(out, "%s%zu copies of rows (same key) are left out.\n", mark, summary->copies);
    print_missing(out, arena, summary, mark);
}
