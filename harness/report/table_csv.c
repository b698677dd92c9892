// table_csv.c: a line a cell; scores as fractions, with all digits.

#include "report/table_impl.h"
#include "base/csv.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

static const char *real(Arena *arena, double value)
{
    return isnan(value) ? "" : arena_format(arena, "%.9g", value);
}

static const char *whole(Arena *arena, size_t value)
{
    return arena_format(arena, "%zu", value);
}

static void put_field(FILE *out, bool *first, const char *text)
{
    if (!*first)
        putc(',', out);
    csv_put(out, text);
    *first = false;
}

// A column of a row by its own name: score_dev, score_dev_lo, score_dev_hi, and what `dead` and
// `living_mean` are there where --split names it; others alone.
static void put_of_row(FILE *out, const Table *table, const Shown *shown, const At *at, bool *first)
{
    Arena *arena = table->arena;
    const Column *column = shown->column;
    bool interval = column_is_share(column, "score");
    static const char *const of_split[] = { "n", "dead", "living_mean" };
    if (!at) {
        put_field(out, first, shown->field ? shown->field : column->name);
        if (interval) {
            put_field(out, first, arena_format(arena, "%s_lo", column->name));
            put_field(out, first, arena_format(arena, "%s_hi", column->name));
        }
        for (int k = 0; k < 3 && shown->split; k++)
            put_field(out, first, arena_format(arena, "%s_%s", column->name, of_split[k]));
    } else if (interval) {
        OnSplit on = shown->split ? at_on_split(arena, at, shown->split) : (OnSplit){ 0 };
        Interval over = shown->split ? on.score : cell_interval(arena, at->cell, column);
        put_field(out, first, real(arena, over.mean));
        put_field(out, first, real(arena, over.low));
        put_field(out, first, real(arena, over.high));
        if (shown->split) {
            put_field(out, first, whole(arena, on.score.n));
            put_field(out, first, on.judged ? whole(arena, on.dead) : "");
            put_field(out, first, real(arena, on.living));
        }
    } else if (shown->number)
        put_field(out, first, real(arena, shown->number(arena, shown, at)));
    else
        put_field(out, first, shown->text(arena, shown, at));
}

// Behind each number that may change with levers: score_dev_change, plan_peak_change.
static void put_changes(FILE *out, const Table *table, const At *at, bool *first)
{
    for (size_t c = 0; c < table->shown_count; c++) {
        const Shown *shown = &table->shown[c];
        const char *column = shown->column ? shown->column->name : "mean";
        bool score = !strcmp(shown->name, "score");
        if (!shown->number || !(shown->column || score))
            continue;
        put_field(
            out, first,
            at ? real(table->arena, column_change(table->arena, shown, at))
               : arena_format(table->arena, "%s_change", shown->field ? shown->field : column));
    }
}

// Is this column of a row among those that always stand there, or among the first `chosen`?
static bool put_before(const Table *table, const char *const *always, size_t chosen,
                       const Column *column, const char *field)
{
    bool before = text_among(column->name, always);
    for (size_t c = 0; c < chosen; c++)
        before =
            before || (table->shown[c].column == column && text_same(table->shown[c].field, field));
    return before;
}

// The names of the columns, or (`at` not NULL) what they hold: one list of both.
static void put_line(FILE *out, const Table *table, const At *at)
{
    Arena *arena = table->arena;
    static const Block no_block;
    static const Row no_row;
    static const Cell no_cell = { .row = &no_row };
    const Block *block = at ? at->block : &no_block;
    const Cell *cell = at ? at->cell : &no_cell;
    const Interval *score = &cell->score;
    const OnSplit on = at ? at_on_split(arena, at, NULL) : (OnSplit){ 0 };
    const Floor *floor = at ? floor_of(arena, table->floors, block, block->split) : NULL;
    const bool items = block->items != WHOLE_UNKNOWN;
    const struct {
        const char *name, *of, *text; // of: the chosen column that brings it; NULL: always there
    } field[] = {
        { "task", NULL, block->task },
        { "block", NULL, block->name },
        { "differs", NULL, block->differs },
        { "model", NULL, cell->row->model },
        { "method", NULL, cell->row->method },
        { "options", NULL, cell->row->options },
        { "label", NULL, cell->label },
        { "pretrained", NULL, cell->row->pretrained },
        { "metric", NULL, block->metric },
        { "eval_split", NULL, block->split },
        { "eval_n", NULL, items ? arena_format(arena, "%lld", (long long)block->items) : "" },
        { "majority_score", NULL, real(arena, at ? block_majority(table, block, NULL) : NAN) },
        { "floor", NULL, floor ? floor->name : "" },
        { "floor_score", NULL, real(arena, floor ? floor->score : NAN) },
        { "mean", "score", real(arena, score->mean) },
        { "sd", "score", real(arena, score->sd) },
        { "n", "n", whole(arena, score->n) },
        { "lo", "score", real(arena, score->low) },
        { "hi", "score", real(arena, score->high) },
        { "runs", "n", whole(arena, cell->runs) },
        { "dead", "score", on.judged ? whole(arena, on.dead) : "" },
        { "living_mean", "score", real(arena, on.living) },
        { "failed", "n", whole(arena, cell->failed) },
        { "diverged", "n", whole(arena, cell->diverged) },
        { "timeout", "n", whole(arena, cell->timeout) },
        { "unscored", "n", whole(arena, on.unscored) },
        { "not_run", "n", whole(arena, cell->not_run) },
        { "on_edge", "score", cell->on_edge ? "yes" : known(cell->row->winner_on_edge) },
        { "letters", "letters", cell->letters },
    };
    enum { FIELDS = sizeof field / sizeof *field };
    const char *put[FIELDS + 1] = { NULL };
    bool first = true;
    for (size_t f = 0, puts = 0; f < FIELDS; f++)
        if (!field[f].of || columns_has(table->shown, table->shown_count, field[f].of)) {
            put_field(out, &first, at ? known(field[f].text) : field[f].name);
            put[puts++] = field[f].name;
        }
    for (size_t c = 0; c < table->shown_count; c++)
        if (table->shown[c].column &&
            !put_before(table, put, c, table->shown[c].column, table->shown[c].field))
            put_of_row(out, table, &table->shown[c], at, &first);
    for (const Column *const *apart = table->apart; *apart; apart++)
        if (!put_before(table, put, table->shown_count, *apart, NULL))
            put_field(out, &first, at ? row_text(arena, cell->row, *apart) : (*apart)->name);
    if (table->choice->levers)
        put_changes(out, table, at, &first);
    putc('\n', out);
}

void table_csv(FILE *out, const Table *table)
{
    put_line(out, table, NULL);
    for (size_t e = 0; e < table->entries; e++) {
        size_t mark = arena_mark(table->arena);
        put_line(out, table, &table->entry[e]);
        arena_rewind(table->arena, mark);
    }
}
