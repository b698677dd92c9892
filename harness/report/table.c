// table.c: see table.h. Which cell stands where.

#include "report/table_impl.h"
#include "base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char usual_columns[] =
    "score,n,letters,trained,share,share_inner,memory,resident,time,remarks";
static const char *const dimensions[] = { "task", "model", "method", NULL };
enum { MOST_KEYS = 8 };

typedef struct {
    Key key[MOST_KEYS];
    size_t keys;
} Keys;

typedef struct {
    Keys rows, by, across; // of across one at most
    bool overview;         // before the tables of single tasks
} Layout;

static bool find_layout(Table *table, Layout *layout, Error *error);
static bool find_columns(Table *table, Error *error);
static void find_entries(Table *table);
static bool sort_entries(Table *table, const Keys *rows, Error *error);
static void print_parts(FILE *out, const Table *table, const Layout *layout);
static void print_lines(FILE *out, const Table *table, const Layout *layout, const At *part);
static void print_across(FILE *out, const Table *table, const Layout *layout, const At *part);

bool table_print(FILE *out, FILE *notes, const Rows *rows, const Floors *floors,
                 const TableChoice *choice, Error *error)
{
    Table table = { .choice = choice, .floors = floors, .rows = rows };
    Layout layout = { 0 };
    bool done = (table.arena = arena_new(ARENA_RUN, error)) != NULL;
    done = done &&
           summary_of(table.arena, rows->row, rows->count, choice->trials, &table.summary, error);
    done = done && find_layout(&table, &layout, error) && find_columns(&table, error);
    if (done) {
        table_letters(&table);
        find_entries(&table);
    }
    done = done && sort_entries(&table, &layout.rows, error);
    if (done && choice->format == TABLE_CSV)
        table_csv(out, &table);
    else if (done)
        print_parts(out, &table, &layout);
    if (done && notes)
        table_notes(notes, &table);
    arena_free(table.arena);
    return done;
}

// ---- what is a line, a table, a column

static bool keys_read(Arena *arena, const char *list, const char *option, Keys *keys, Error *error)
{
    size_t n;
    char **name = text_split(arena, known(list), ',', &n);
    for (size_t i = 0; i < n; i++) {
        const Column *column = row_find(name[i]);
        const char **all = arena_zero(arena, row_columns + 4, sizeof *all);
        bool dimension = text_among(name[i], dimensions);
        if (keys->keys == MOST_KEYS)
            return fail(error, ERROR_INPUT, (Where){ .item = option }, "8 keys at most",
                        "'%s' is one too many", name[i]);
        keys->key[keys->keys++] = (Key){ name[i], dimension ? NULL : column };
        if (dimension || column)
            continue;
        for (size_t c = 0; c < row_columns; c++)
            all[c] = row_column[c].name;
        const char *near = text_nearest(name[i], all);
        return fail(error, ERROR_INPUT, (Where){ .item = option },
                    near ? near : "task, model, method or a column of results/SCHEMA.md",
                    "'%s' is no key", name[i]);
    }
    return true;
}

static bool keys_have(const Keys *keys, const char *name)
{
    for (size_t k = 0; k < keys->keys; k++)
        if (!strcmp(keys->key[k].name, name))
            return true;
    return false;
}

// What nobody named of task, model and method goes to the lines, or, where these alone were named,
// to the tables: so no two cells ever meet in one place.
static bool find_layout(Table *table, Layout *layout, Error *error)
{
    const TableChoice *choice = table->choice;
    bool free_choice = choice->rows || choice->by || choice->across;
    Keys *rows = &layout->rows, *by = &layout->by;
    if (!keys_read(table->arena, choice->rows, "--rows", rows, error) ||
        !keys_read(table->arena, free_choice ? choice->by : "task", "--by", by, error) ||
        !keys_read(table->arena, choice->across, "--across", &layout->across, error))
        return false;
    if (layout->across.keys > 1)
        return fail(error, ERROR_INPUT, (Where){ .item = "--across" }, "one key",
                    "'%s' names several", choice->across);
    for (size_t d = 0; dimensions[d]; d++) {
        const Keys *all[] = { rows, by, &layout->across };
        Keys *left = choice->rows && !choice->by ? by : rows;
        bool named = false;
        for (size_t k = 0; k < 3; k++)
            named = named || keys_have(all[k], dimensions[d]);
        if (!named && left->keys < MOST_KEYS)
            left->key[left->keys++] = (Key){ dimensions[d], NULL };
    }
    layout->overview = !free_choice && !choice->columns && table->summary.blocks > 1;
    table->headed = keys_have(by, "task");
    return true;
}

static bool find_columns(Table *table, Error *error)
{
    const TableChoice *choice = table->choice;
    const char *names = choice->columns  ? choice->columns
                        : choice->across ? "score"
                                         : usual_columns;
    return columns_of(table->arena, names, choice->split, &table->shown, &table->shown_count,
                      error);
}

static void find_entries(Table *table)
{
    const Summary *summary = &table->summary;
    size_t cells = 0;
    for (size_t b = 0; b < summary->blocks; b++)
        cells += summary->block[b].cells;
    table->entry = arena_zero(table->arena, cells + 1, sizeof *table->entry);
    bool remarked = columns_has(table->shown, table->shown_count, "remarks");
    for (size_t b = 0; b < summary->blocks; b++)
        for (size_t c = 0; c < summary->block[b].cells; c++)
            table->entry[table->entries++] = (At){ .summary = summary,
                                                   .block = &summary->block[b],
                                                   .cell = &summary->block[b].cell[c],
                                                   .floors = table->floors,
                                                   .remarked = remarked };
}

// ---- order

typedef struct {
    const At *at;
    const Keys *keys;
    double number; // what --sort asks for; NAN stands last
    bool falling;
    size_t place;
    Arena *arena;
} Sorted;

static int by_key(Arena *arena, const Key *key, const At *a, const At *b)
{
    if (key->column && key->column->type == COLUMN_Text)
        return strcmp(row_text(arena, a->cell->row, key->column),
                      row_text(arena, b->cell->row, key->column));
    if (key->column) {
        double x = row_number(a->cell->row, key->column);
        double y = row_number(b->cell->row, key->column);
        return isnan(x) || isnan(y) ? isnan(x) - isnan(y) : (x > y) - (x < y);
    }
    if (!strcmp(key->name, "task"))
        return (a->block > b->block) - (a->block < b->block);
    return !strcmp(key->name, "model") ? model_order(a->cell, b->cell)
                                       : method_order(a->cell, b->cell);
}

static int in_order(const void *a, const void *b)
{
    const Sorted *x = a, *y = b;
    int order = isnan(x->number) - isnan(y->number);
    if (!order && !isnan(x->number))
        order = (x->number > y->number) - (x->number < y->number);
    if (order && !isnan(x->number) && !isnan(y->number))
        return x->falling ? -order : order;
    for (size_t k = 0; k < x->keys->keys && !order; k++)
        order = by_key(x->arena, &x->keys->key[k], x->at, y->at);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static bool sort_entries(Table *table, const Keys *rows, Error *error)
{
    const char *typed = table->choice->sort;
    Sorted *sorted = arena_take(table->arena, table->entries + 1, sizeof *sorted);
    At *entry = arena_take(table->arena, table->entries + 1, sizeof *entry);
    Shown *by = NULL;
    size_t count = 0;
    bool falling = typed && *typed == '-';
    if (typed &&
        !columns_of(table->arena, typed + falling, table->choice->split, &by, &count, error))
        return false;
    if (by && !by->number)
        return fail(error, ERROR_INPUT, (Where){ .item = "--sort" }, "a column of numbers",
                    "'%s' is none", typed + falling);
    for (size_t e = 0; e < table->entries; e++)
        sorted[e] = (Sorted){ .at = &table->entry[e],
                              .keys = rows,
                              .number = by ? by->number(table->arena, by, &table->entry[e]) : NAN,
                              .falling = falling,
                              .place = e,
                              .arena = table->arena };
    qsort(sorted, table->entries, sizeof *sorted, in_order);
    for (size_t e = 0; e < table->entries; e++)
        entry[e] = *sorted[e].at;
    table->entry = entry;
    return true;
}

// ---- tables

static const char *key_text(Arena *arena, const Key *key, const At *at)
{
    if (key->column)
        return row_text(arena, at->cell->row, key->column);
    return !strcmp(key->name, "task")    ? at->block->name
           : !strcmp(key->name, "model") ? known(at->cell->row->model)
                                         : at->cell->label;
}

static bool same(Arena *arena, const Keys *keys, const At *a, const At *b)
{
    for (size_t k = 0; k < keys->keys; k++)
        if (strcmp(key_text(arena, &keys->key[k], a), key_text(arena, &keys->key[k], b)) != 0)
            return false;
    return true;
}

// The first entries of all that `keys` tell apart, of one part (NULL: of all), in their order;
// those of tables by task, model and method.
static size_t distinct(const Table *table, const Keys *keys, const Keys *of, const At *part,
                       const At **first)
{
    size_t n = 0;
    for (size_t e = 0; e < table->entries; e++) {
        const At *at = &table->entry[e];
        size_t d = 0;
        if (part && !same(table->arena, of, part, at))
            continue;
        while (d < n && !same(table->arena, keys, first[d], at))
            d++;
        if (d == n)
            first[n++] = at;
    }
    return n;
}

// Puts parts or columns into the order of their own keys, whatever the lines are sorted by.
static void order_by_keys(Arena *arena, const Keys *keys, const At **first, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0; j--) {
            int order = 0;
            for (size_t k = 0; k < keys->keys && !order; k++)
                order = by_key(arena, &keys->key[k], first[j - 1], first[j]);
            if (order <= 0)
                break;
            const At *at = first[j];
            first[j] = first[j - 1], first[j - 1] = at;
        }
}

static void print_parts(FILE *out, const Table *table, const Layout *layout)
{
    const At **part = arena_take(table->arena, table->entries + 1, sizeof *part);
    size_t parts = distinct(table, &layout->by, NULL, NULL, part);
    order_by_keys(table->arena, &layout->by, part, parts);
    if (layout->overview) {
        Layout overview = { .rows = { { { "model", NULL }, { "method", NULL } }, 2 },
                            .across = { { { "task", NULL } }, 1 } };
        Table scores = *table;
        Error error;
        if (columns_of(table->arena, "score", table->choice->split, &scores.shown,
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

// "reviews: accuracy on dev, ..." above a table of one task; else what it is of.
static void head(const Table *table, const Layout *layout, const At *part, Grid *grid)
{
    Arena *arena = table->arena;
    const Block *block = part->block;
    const char **line = arena_zero(arena, 4, sizeof *line), *name = NULL;
    bool task = keys_have(&layout->by, "task");
    for (size_t k = 0; k < layout->by.keys; k++)
        text_append(arena, &name, ", ", "%s", key_text(arena, &layout->by.key[k], part));
    grid->name = name;
    grid->line = line;
    if (!task)
        return;
    size_t lines = 0;
    line[lines++] = block_details(table, block);
    line[lines++] = block->protocol;
    if (*block->differs)
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
        if (same(arena, &layout->by, part, &table->entry[e]))
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
            grid.cell[l * columns + c] = shown ? shown->text(arena, shown, line[l])
                                               : key_text(arena, &layout->rows.key[c], line[l]);
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

// How many runs the cells of a line have: "5", or "3-5".
static const char *runs_range(const Table *table, const Layout *layout, const At *part,
                              const At *line)
{
    size_t fewest = SIZE_MAX, most = 0;
    for (size_t e = 0; e < table->entries; e++) {
        const At *at = &table->entry[e];
        if (!same(table->arena, &layout->by, part, at) ||
            !same(table->arena, &layout->rows, line, at))
            continue;
        fewest = at->cell->score.n < fewest ? at->cell->score.n : fewest;
        most = at->cell->score.n > most ? at->cell->score.n : most;
    }
    return fewest == most ? arena_format(table->arena, "%zu", most)
                          : arena_format(table->arena, "%zu-%zu", fewest, most);
}

// What a floor scores in the columns of a table whose lines are methods and whose columns are
// tasks.
static size_t floor_lines(const Table *table, const Layout *layout, const At *const *value,
                          size_t values, const Shown *const *column, size_t columns, Grid *grid)
{
    Arena *arena = table->arena;
    size_t lines = 0, method = 0;
    if (!keys_have(&layout->across, "task") || !keys_have(&layout->rows, "method"))
        return 0;
    while (strcmp(layout->rows.key[method].name, "method") != 0)
        method++;
    for (int floor_line = 0; floor_line < 2; floor_line++) {
        const char **cell = grid->cell + lines * grid->columns, *name = "";
        for (size_t c = 0; c < grid->columns; c++)
            cell[c] = "";
        for (size_t v = 0; v < values; v++)
            for (size_t c = 0; c < columns; c++) {
                const Block *block = value[v]->block;
                const char *split = column[c]->split ? column[c]->split : block->split;
                const Floor *floor = floor_of(table->floors, block, split);
                double score = floor_line ? floor ? floor->score : NAN
                                          : block_majority(table, block, column[c]->split);
                if (strcmp(column[c]->name, "score") != 0 || isnan(score))
                    continue;
                if (!floor_line && !*name)
                    name = "best constant";
                else if (floor_line && !strstr(name, floor->name))
                    text_append(arena, &name, ", ", "%s", floor->name);
                cell[grid->labels + v * columns + c] = arena_format(arena, "%.1f", 100 * score);
            }
        cell[method] = name;
        lines += *name != '\0';
    }
    return lines;
}

// A line for each value of the keys of rows, a column (or several) for each value of the one
// across.
static void print_across(FILE *out, const Table *table, const Layout *layout, const At *part)
{
    Arena *arena = table->arena;
    const At **line = arena_take(arena, table->entries + 1, sizeof *line);
    const At **value = arena_take(arena, table->entries + 1, sizeof *value);
    size_t lines = distinct(table, &layout->rows, &layout->by, part, line);
    size_t values = distinct(table, &layout->across, &layout->by, part, value), shown = 0;
    const Shown **column = arena_take(arena, table->shown_count + 1, sizeof *column);
    order_by_keys(arena, &layout->across, value, values);
    for (size_t c = 0; c < table->shown_count; c++)
        if (strcmp(table->shown[c].name, "n") != 0) // a column of its own
            column[shown++] = &table->shown[c];
    bool counted = shown < table->shown_count;
    Grid grid = { .labels = layout->rows.keys + counted };
    grid.columns = grid.labels + values * shown;
    const char **title = arena_take(arena, grid.columns + 1, sizeof *title);
    char *side = arena_take(arena, grid.columns + 1, 1);
    grid.title = title, grid.side = side;
    for (size_t c = 0; c < layout->rows.keys; c++)
        title[c] = layout->rows.key[c].name, side[c] = 'l';
    if (counted)
        title[grid.labels - 1] = "n", side[grid.labels - 1] = 'r';
    for (size_t v = 0; v < values; v++)
        for (size_t c = 0; c < shown; c++) {
            const char *name = key_text(arena, &layout->across.key[0], value[v]);
            const char *below = column[c]->title;
            size_t at = grid.labels + v * shown + c;
            side[at] = column[c]->side;
            title[at] = shown == 1 ? name
                                   : arena_format(arena, "%s\n%.*s", name,
                                                  (int)strcspn(below, "\n"), below);
        }
    grid.cell = arena_take(arena, (lines + 2) * grid.columns + 1, sizeof *grid.cell);
    grid.rows = floor_lines(table, layout, value, values, column, shown, &grid);
    for (size_t l = 0; l < lines; l++, grid.rows++) {
        const char **cell = grid.cell + grid.rows * grid.columns;
        for (size_t c = 0; c < grid.columns; c++)
            cell[c] = c < layout->rows.keys ? key_text(arena, &layout->rows.key[c], line[l]) : "";
        if (counted)
            cell[grid.labels - 1] = runs_range(table, layout, part, line[l]);
        for (size_t e = 0; e < table->entries; e++) {
            const At *at = &table->entry[e];
            if (!same(arena, &layout->by, part, at) || !same(arena, &layout->rows, line[l], at))
                continue;
            for (size_t v = 0; v < values; v++)
                for (size_t c = 0; c < shown && same(arena, &layout->across, value[v], at); c++)
                    cell[grid.labels + v * shown + c] = column[c]->text(arena, column[c], at);
        }
    }
    head(table, layout, part, &grid);
    grid_print(out, arena, &grid, table->choice->format);
}
