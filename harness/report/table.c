// table.c: see table.h. Cells -> grids: a line a cell, or lines and columns of chosen keys.

#include "report/table_impl.h"
#include "base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void print_parts(FILE *out, const Table *table, const Layout *layout);
static void print_lines(FILE *out, const Table *table, const Layout *layout, const At *part);
static void print_across(FILE *out, const Table *table, const Layout *layout, const At *part);

bool table_print(FILE *out, FILE *notes, const Rows *rows, const Floors *floors,
                 const TableChoice *choice, Error *error)
{
    Rows once;
    Table table = { .choice = choice, .floors = floors, .rows = &once };
    Layout layout = { 0 };
    table.apart = layout.apart;
    bool done = (table.arena = arena_new(ARENA_RUN, error)) != NULL;
    if (done)
        once = rows_once(table.arena, rows);
    done = done && majorities_check(table.arena, &once, error);
    done = done && table_keys(&table, &layout, error);
    done = done && summary_of(table.arena, once.row, once.count, choice->trials, layout.apart,
                              &table.summary, error);
    done = done && table_layout(&table, &layout, error);
    if (done && choice->format == TABLE_CSV)
        table_csv(out, &table);
    else if (done)
        print_parts(out, &table, &layout);
    if (done && notes)
        table_notes(notes, &table);
    arena_free(table.arena);
    return done;
}

static void print_parts(FILE *out, const Table *table, const Layout *layout)
{
    const At **part = arena_take(table->arena, table->entries + 1, sizeof *part);
    size_t parts = keys_distinct(table, &layout->by, NULL, NULL, part);
    keys_order(table->arena, &layout->by, part, parts);
    if (layout->overview) {
        Layout overview = { .rows = { { { "model", NULL }, { "method", NULL } }, 2 },
                            .across = { { { "task", NULL } }, 1 } };
        Table scores = *table;
        Error error;
        if (columns_of(table->arena, "--columns", "score", table->choice->split, &scores.shown,
                       &scores.shown_count, &error)) {
            scores.entry = arena_take(table->arena, table->entries + 1, sizeof *scores.entry);
            for (size_t e = 0; e < table->entries; e++) {
                scores.entry[e] = table->entry[e];
                scores.entry[e].remarked = false;
            }
            print_across(out, &scores, &overview, scores.entry);
        }
    }
    for (size_t p = 0; p < parts; p++)
        (layout->across.keys > 0 ? print_across : print_lines)(out, table, layout, part[p]);
}

// "reviews", "max_length 64": what stands over a table, or over a column.
static const char *heading(Arena *arena, const Key *key, const At *at)
{
    const char *text = keys_text(arena, key, at);
    if (!key->column)
        return text;
    return arena_format(arena, "%s %s", key->name, *text ? text : "unknown");
}

// "reviews: accuracy on dev, ..." above a table of one task; else what it is of.
static void head(const Table *table, const Layout *layout, const At *part, Grid *grid)
{
    Arena *arena = table->arena;
    const Block *block = part->block;
    const char **line = arena_zero(arena, 4, sizeof *line), *name = NULL;
    bool task = keys_have(&layout->by, "task");
    for (size_t k = 0; k < layout->by.keys; k++)
        text_append(arena, &name, ", ", "%s", heading(arena, &layout->by.key[k], part));
    grid->name = name;
    grid->line = line;
    if (!task)
        return;
    size_t lines = 0;
    line[lines++] = block_details(table, block);
    line[lines++] = block->protocol;
    if (!strstr(block->name, block->differs))
        line[lines++] =
            arena_format(arena, "apart from other rows of %s: %s", block->task, block->differs);
}

// A line a cell.
static void print_lines(FILE *out, const Table *table, const Layout *layout, const At *part)
{
    Arena *arena = table->arena;
    const At **line = arena_take(arena, table->entries + 1, sizeof *line);
    size_t labels = layout->rows.keys, columns = labels + table->shown_count;
    const char **title = arena_take(arena, columns, sizeof *title);
    char *side = arena_take(arena, columns, 1);
    Grid grid = { .title = title, .columns = columns, .labels = labels, .side = side };
    for (size_t e = 0; e < table->entries; e++)
        if (keys_same(arena, &layout->by, part, &table->entry[e]))
            line[grid.rows++] = &table->entry[e];
    grid.cell = arena_take(arena, grid.rows * columns + 1, sizeof *grid.cell);
    for (size_t c = 0; c < labels; c++)
        title[c] = layout->rows.key[c].name, side[c] = 'l';
    for (size_t c = labels; c < columns; c++)
        title[c] = table->shown[c - labels].title, side[c] = table->shown[c - labels].side;
    bool any = false; // last column: remarks; it is left out where there are none
    for (size_t l = 0; l < grid.rows; l++)
        for (size_t c = 0; c < columns; c++) {
            const Shown *shown = c < labels ? NULL : &table->shown[c - labels];
            grid.cell[l * columns + c] = shown ? column_text(arena, shown, line[l])
                                               : keys_text(arena, &layout->rows.key[c], line[l]);
            any = any || (c + 1 == columns && *grid.cell[l * columns + c]);
        }
    grid.remarks = !strcmp(table->shown[table->shown_count - 1].name, "remarks");
    if (grid.remarks && !any) {
        for (size_t l = 0; l < grid.rows; l++)
            memmove(grid.cell + l * (columns - 1), grid.cell + l * columns,
                    (columns - 1) * sizeof *grid.cell);
        grid.columns--;
        grid.remarks = false;
    }
    head(table, layout, part, &grid);
    grid_print(out, arena, &grid, table->choice->format);
}

// What stands across: the chosen columns for each value of the key there, and once, since it is of
// a line, how many runs there are.
typedef struct {
    const At **value;
    const Shown **column;
    size_t values, columns;
    bool counted;
} Across;

static Across across_of(const Table *table, const Layout *layout, const At *part)
{
    Across across = { .value = arena_take(table->arena, table->entries + 1, sizeof *across.value),
                      .column =
                          arena_take(table->arena, table->shown_count + 1, sizeof *across.column) };
    across.values = keys_distinct(table, &layout->across, &layout->by, part, across.value);
    keys_order(table->arena, &layout->across, across.value, across.values);
    for (size_t c = 0; c < table->shown_count; c++)
        if (strcmp(table->shown[c].name, "n") != 0)
            across.column[across.columns++] = &table->shown[c];
    across.counted = across.columns < table->shown_count;
    return across;
}

static bool in_line(const Table *table, const Layout *layout, const At *part, const At *line,
                    const At *at)
{
    return keys_same(table->arena, &layout->by, part, at) &&
           keys_same(table->arena, &layout->rows, line, at);
}

// How many runs the cells of a line have: "5", or "3-5".
static const char *runs_range(const Table *table, const Layout *layout, const At *part,
                              const At *line)
{
    size_t fewest = SIZE_MAX, most = 0, splits;
    char **split = splits_typed(table->arena, table->choice->split, &splits);
    for (size_t e = 0; e < table->entries; e++)
        for (size_t s = 0; s < splits && in_line(table, layout, part, line, &table->entry[e]);
             s++) {
            size_t n = at_on_split(table->arena, &table->entry[e], split[s]).score.n;
            fewest = n < fewest ? n : fewest;
            most = n > most ? n : most;
        }
    return fewest == most ? arena_format(table->arena, "%zu", most)
                          : arena_format(table->arena, "%zu-%zu", fewest, most);
}

// What is known without a run, in the columns of scores: its name; "" where nothing is.
typedef const char *Put_floor(const Table *table, const Across *across, const char **cell);

static const char *put_constant(const Table *table, const Across *across, const char **cell)
{
    const char *name = "";
    for (size_t v = 0; v < across->values; v++)
        for (size_t c = 0; c < across->columns; c++, cell++) {
            const Shown *shown = across->column[c];
            double score = block_majority(table, across->value[v]->block, shown->split);
            if (strcmp(shown->name, "score") != 0 || isnan(score))
                continue;
            name = "best constant";
            *cell = arena_format(table->arena, "%.1f", 100 * score);
        }
    return name;
}

static const char *put_floor(const Table *table, const Across *across, const char **cell)
{
    const char *name = "";
    for (size_t v = 0; v < across->values; v++)
        for (size_t c = 0; c < across->columns; c++, cell++) {
            const Shown *shown = across->column[c];
            const Block *block = across->value[v]->block;
            const Floor *floor = floor_of(table->arena, table->floors, block,
                                          shown->split ? shown->split : block->split);
            if (strcmp(shown->name, "score") != 0 || !floor || isnan(floor->score))
                continue;
            text_append_once(table->arena, &name, ", ", floor->name);
            *cell = arena_format(table->arena, "%.1f", 100 * floor->score);
        }
    return name;
}

// In a table whose lines are methods and whose columns are tasks.
static size_t floor_lines(const Table *table, const Layout *layout, const Across *across,
                          Grid *grid)
{
    static Put_floor *const put[] = { put_constant, put_floor };
    size_t lines = 0, method = 0;
    if (!keys_have(&layout->across, "task") || !keys_have(&layout->rows, "method"))
        return 0;
    while (strcmp(layout->rows.key[method].name, "method") != 0)
        method++;
    for (int f = 0; f < 2; f++) {
        const char **cell = grid->cell + lines * grid->columns;
        for (size_t c = 0; c < grid->columns; c++)
            cell[c] = "";
        cell[method] = put[f](table, across, cell + grid->labels);
        lines += *cell[method] != '\0';
    }
    return lines;
}

static Grid across_grid(const Table *table, const Layout *layout, const Across *across)
{
    Arena *arena = table->arena;
    size_t keys = layout->rows.keys, labels = keys + across->counted;
    size_t columns = labels + across->values * across->columns;
    const char **title = arena_take(arena, columns + 1, sizeof *title);
    char *side = arena_take(arena, columns + 1, 1);
    for (size_t c = 0; c < keys; c++)
        title[c] = layout->rows.key[c].name, side[c] = 'l';
    if (across->counted)
        title[keys] = "n", side[keys] = 'r';
    for (size_t c = labels; c < columns; c++) {
        const At *value = across->value[(c - labels) / across->columns];
        const Shown *shown = across->column[(c - labels) % across->columns];
        const char *name = heading(arena, &layout->across.key[0], value);
        const char *below = heading_unbroken(arena, shown->title);
        title[c] = across->columns == 1 ? name : arena_format(arena, "%s\n%s", name, below);
        side[c] = shown->side;
    }
    return (Grid){ .title = title, .side = side, .labels = labels, .columns = columns };
}

static void put_across(const Table *table, const Layout *layout, const Across *across,
                       const At *part, const At *line, const char **cell)
{
    Arena *arena = table->arena;
    for (size_t k = 0; k < layout->rows.keys; k++)
        *cell++ = keys_text(arena, &layout->rows.key[k], line);
    if (across->counted)
        *cell++ = runs_range(table, layout, part, line);
    for (size_t v = 0; v < across->values; v++, cell += across->columns) {
        const At *is = NULL; // the last that is both of the line and of the value
        for (size_t e = 0; e < table->entries; e++)
            if (keys_same(arena, &layout->across, across->value[v], &table->entry[e]) &&
                in_line(table, layout, part, line, &table->entry[e]))
                is = &table->entry[e];
        for (size_t c = 0; c < across->columns; c++)
            cell[c] = is ? column_text(arena, across->column[c], is) : "";
    }
}

// A line for each value of the keys of rows, a column (or several) for each value of the one
// across.
static void print_across(FILE *out, const Table *table, const Layout *layout, const At *part)
{
    Arena *arena = table->arena;
    const At **line = arena_take(arena, table->entries + 1, sizeof *line);
    size_t lines = keys_distinct(table, &layout->rows, &layout->by, part, line);
    const Across across = across_of(table, layout, part);
    Grid grid = across_grid(table, layout, &across);
    grid.cell = arena_take(arena, (lines + 2) * grid.columns + 1, sizeof *grid.cell);
    grid.rows = floor_lines(table, layout, &across, &grid);
    for (size_t l = 0; l < lines; l++, grid.rows++)
        put_across(table, layout, &across, part, line[l], grid.cell + grid.rows * grid.columns);
    head(table, layout, part, &grid);
    grid_print(out, arena, &grid, table->choice->format);
}
