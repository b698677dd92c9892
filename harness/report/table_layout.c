// table_layout.c: what is a line, a table, a column of the reader's choice, and their order.

#include "report/table_impl.h"
#include "base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char usual_columns[] =
    "score,n,letters,trained,share,share_inner,memory,resident,time,remarks";
static const char levers_columns[] = "score,n,memory,arena_peak,resident,time,remarks";
static const char *const dimensions[] = { "task", "model", "method", NULL };

static bool find_columns(Table *table, Error *error);
static void find_entries(Table *table);
static bool sort_entries(Table *table, const Keys *rows, Error *error);

bool table_layout(Table *table, Layout *layout, Error *error)
{
    const TableChoice *choice = table->choice;
    if (!find_columns(table, error))
        return false;
    layout->overview = !choice->rows && !choice->by && !choice->across && !choice->columns &&
                       table->summary.blocks > 1;
    table_letters(table);
    find_entries(table);
    return sort_entries(table, &layout->rows, error);
}

static bool keys_read(Arena *arena, const char *list, const char *option, Keys *keys, Error *error)
{
    size_t n;
    char **name = text_split(arena, known(list), ',', &n);
    for (size_t i = 0; i < n; i++) {
        const Column *column = row_find(name[i]);
        bool dimension = text_among(name[i], dimensions);
        const size_t most = MOST_KEYS - 3; // task, model and method find room in any case
        if (keys->keys == most)
            return fail(error, ERROR_INPUT, (Where){ .item = option },
                        arena_format(arena, "%zu keys at most", most), "'%s' is one too many",
                        name[i]);
        keys->key[keys->keys++] = (Key){ name[i], dimension ? NULL : column };
        if (dimension || column)
            continue;
        return fail(error, ERROR_INPUT, (Where){ .item = option },
                    text_nearest(name[i], row_names,
                                 "task, model, method or one of `tunemark list columns`"),
                    "'%s' is no key", name[i]);
    }
    return true;
}

bool keys_have(const Keys *keys, const char *name)
{
    for (size_t k = 0; k < keys->keys; k++)
        if (!strcmp(keys->key[k].name, name))
            return true;
    return false;
}

// What nobody named of task, model and method goes to the lines, or, where these alone were named,
// to the tables: so no two cells ever meet in one place.
bool table_keys(Table *table, Layout *layout, Error *error)
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
    const Keys *all[] = { rows, by, &layout->across };
    for (size_t d = 0; dimensions[d]; d++) {
        Keys *left = choice->rows && !choice->by ? by : rows;
        bool named = false;
        for (size_t k = 0; k < 3; k++)
            named = named || keys_have(all[k], dimensions[d]);
        if (!named)
            left->key[left->keys++] = (Key){ dimensions[d], NULL };
    }
    size_t apart = 0;
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < all[k]->keys; i++)
            if (all[k]->key[i].column)
                layout->apart[apart++] = all[k]->key[i].column;
    table->headed = keys_have(by, "task");
    return true;
}

static bool find_columns(Table *table, Error *error)
{
    const TableChoice *choice = table->choice;
    const char *names = choice->columns  ? choice->columns
                        : choice->across ? "score"
                        : choice->levers ? levers_columns
                                         : usual_columns;
    return columns_of(table->arena, "--columns", names, choice->split, &table->shown,
                      &table->shown_count, error);
}

static void find_entries(Table *table)
{
    const Summary *summary = &table->summary;
    table->entry = arena_zero(table->arena, summary_cells(summary) + 1, sizeof *table->entry);
    bool remarked = columns_has(table->shown, table->shown_count, "remarks");
    for (size_t b = 0; b < summary->blocks; b++)
        for (size_t c = 0; c < summary->block[b].cells; c++) {
            const Block *block = &summary->block[b];
            const Cell *cell = &block->cell[c];
            At *at = &table->entry[table->entries++];
            *at = (At){ .block = block,
                        .cell = cell,
                        .floors = table->floors,
                        .rows = table->rows,
                        .remarked = remarked };
            if (table->choice->levers)
                at->beside = cell_without_levers(block, cell, &at->other_seeds);
        }
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
    if (typed && !columns_of(table->arena, "--sort", typed + falling, table->choice->split, &by,
                             &count, error))
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

// ---- keys

const char *keys_text(Arena *arena, const Key *key, const At *at)
{
    if (key->column)
        return row_text(arena, at->cell->row, key->column);
    return !strcmp(key->name, "task")    ? at->block->name
           : !strcmp(key->name, "model") ? known(at->cell->row->model)
                                         : at->cell->label;
}

bool keys_same(Arena *arena, const Keys *keys, const At *a, const At *b)
{
    for (size_t k = 0; k < keys->keys; k++)
        if (strcmp(keys_text(arena, &keys->key[k], a), keys_text(arena, &keys->key[k], b)) != 0)
            return false;
    return true;
}

size_t keys_distinct(const Table *table, const Keys *keys, const Keys *of, const At *part,
                     const At **first)
{
    size_t n = 0;
    for (size_t e = 0; e < table->entries; e++) {
        const At *at = &table->entry[e];
        size_t d = 0;
        if (part && !keys_same(table->arena, of, part, at))
            continue;
        while (d < n && !keys_same(table->arena, keys, first[d], at))
            d++;
        if (d == n)
            first[n++] = at;
    }
    return n;
}

void keys_order(Arena *arena, const Keys *keys, const At **first, size_t n)
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
