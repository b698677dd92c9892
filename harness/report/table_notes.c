// table_notes.c: what a reader must know beside the tables.

#include "report/table_impl.h"
#include "base/text.h"
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

double block_majority(const Table *table, const Block *block, const char *split)
{
    const char *of = split ? split : known(block->split);
    double *majority = arena_take(table->arena, block->folds, sizeof *majority);
    for (size_t f = 0; f < block->folds; f++) {
        int64_t number = block->fold[f].number;
        majority[f] = NAN;
        for (size_t c = 0; c < block->cells; c++)
            for (size_t r = 0; r < block->cell[c].runs && isnan(majority[f]); r++) {
                const Row *row = block->cell[c].run[r];
                if (number == 0 || row->fold == number)
                    majority[f] = run_majority(table->arena, table->rows, row, of);
            }
    }
    return block_over_folds(block, majority, !strcmp(of, "tune"));
}

// The floors of one split: "best constant answer 50.0; bag of words 86.5".
static const char *floors_text(const Table *table, const Block *block, const char *split)
{
    const char *text = "";
    double majority = block_majority(table, block, split);
    const Floor *floor = floor_of(table->arena, table->floors, block, split ? split : block->split);
    if (!isnan(majority))
        text_append(table->arena, &text, "", "best constant answer %.1f", 100 * majority);
    if (floor)
        text_append(table->arena, &text, "; ", "%s %.1f", floor->name, 100 * floor->score);
    return text;
}

const char *block_details(const Table *table, const Block *block)
{
    Arena *arena = table->arena;
    const char *text = "", *floors;
    bool split = false;
    for (size_t c = 0; c < table->shown_count; c++)
        split = split || table->shown[c].split;
    if (block->metric)
        text_append(arena, &text, "", split ? "%s" : "%s on %s", block->metric,
                    known(block->split));
    if (block->items != WHOLE_UNKNOWN && !split)
        text_append(arena, &text, ", ", "%lld items", (long long)block->items);
    if (block->folds > 1)
        text_append(arena, &text, ", ", "the mean over %zu folds", block->folds);
    if (!split && *(floors = floors_text(table, block, NULL)))
        text_append(arena, &text, "; ", "%s", floors);
    for (size_t c = 0; c < table->shown_count; c++) {
        const char *its = table->shown[c].split;
        if (its && *(floors = floors_text(table, block, its)))
            text_append(arena, &text, "; ", "%s: %s", its, floors);
    }
    return text;
}

// ---- the sentences

typedef struct {
    Arena *arena;
    const char **note;
    size_t count, room;
} Notes;

// Says nothing twice.
__attribute__((format(printf, 2, 3))) static void note(Notes *notes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_vformat(notes->arena, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < notes->count; i++)
        if (!strcmp(notes->note[i], text))
            return;
    if (notes->count == notes->room) {
        notes->room = 2 * notes->room + 16;
        notes->note =
            arena_grown(notes->arena, notes->note, notes->count, notes->room, sizeof *notes->note);
    }
    notes->note[notes->count++] = text;
}

// "3fa2c1d (12 rows), 9be0 (3 rows)" where rows of several commits stand together; else "".
static const char *mixed_commits(Arena *arena, const Summary *summary)
{
    const char **commit = arena_take(arena, summary->runs + 1, sizeof *commit), *text = "";
    size_t *rows = arena_zero(arena, summary->runs + 1, sizeof *rows), commits = 0;
    for (size_t i = 0; i < summary->runs; i++) {
        const char *mine = row_commit(arena, summary->run[i]);
        mine = mine ? mine : "unknown";
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

static void note_missing(Notes *notes, const Summary *summary, bool trials)
{
    for (size_t i = 0; i < summary->runs; i++) {
        const Row *row = summary->run[i];
        if (!isnan(trials ? row->tune_score : row->score) && row_ok(row))
            continue;
        note(notes, "no score: %s %s %s, seed %s: %s%s%s (key %.12s)", known(row->model),
             known(row->task), known(row->method), row_text(notes->arena, row, row_find("seed")),
             row->status ? row->status : "no status", row->error ? ": " : "", known(row->error),
             row->key ? row->key : "unknown");
    }
}

// A note on a block that is also true of others: once, with the names of all.
static void note_once(Notes *notes, const Summary *summary, size_t b, const char *what,
                      size_t field)
{
    const char *names = "", *mine = *(const char **)((char *)&summary->block[b] + field);
    for (size_t o = 0; o < summary->blocks && mine; o++) {
        const char *text = *(const char **)((char *)&summary->block[o] + field);
        if (!text || strcmp(text, mine) != 0)
            continue;
        if (o < b)
            return;
        text_append_once(notes->arena, &names, ", ", summary->block[o].name);
    }
    if (mine)
        note(notes, "%s: %s %s.", names, what, mine);
}

// Which floors some score of the table is below; NULL where none is.
static const char *marked(const Table *table)
{
    const char *names = NULL;
    for (size_t e = 0; e < table->entries; e++)
        for (size_t c = 0; c < table->shown_count; c++) {
            const At *at = &table->entry[e];
            const Shown *shown = &table->shown[c];
            const Floor *floor = floor_of(table->arena, table->floors, at->block,
                                          shown->split ? shown->split : at->block->split);
            if (strcmp(shown->name, "score") != 0 || !floor ||
                !(shown->number(table->arena, shown, at) < floor->score))
                continue;
            text_append_once(table->arena, &names, " or ", floor->name);
        }
    return names;
}

static bool edges(const Summary *summary)
{
    for (size_t b = 0; b < summary->blocks; b++)
        for (size_t c = 0; c < summary->block[b].cells; c++)
            if (summary->block[b].cell[c].on_edge)
                return true;
    return false;
}

// "lora rank=4 on tiny".
static const char *search_name(Arena *arena, const Cell *cell)
{
    const char *settings = cell_settings(arena, cell, false);
    return arena_format(arena, "%s%s%s on %s", known(cell->row->method), *settings ? " " : "",
                        settings, known(cell->row->model));
}

// Of trials: their lines differ in what a search tries alone.
static bool same_search(const Cell *a, const Cell *b)
{
    return rows_alike(a->row, b->row, ROLES_OF_LINE & ~ROLE_rate);
}

// "lora on tiny 5 of 8", where more than one trial of a search lies within one standard error of
// the best; the error of a share of right answers is known, of other metrics it is not.
static const char *near_ties(Arena *arena, const Block *block)
{
    const char *text = NULL;
    bool *told = arena_zero(arena, block->cells + 1, sizeof *told);
    for (size_t c = 0; c < block->cells && text_same(block->metric, "accuracy"); c++) {
        size_t trials = 0, near = 0;
        double best = 0;
        if (told[c])
            continue;
        for (size_t o = c; o < block->cells; o++)
            if (same_search(&block->cell[c], &block->cell[o])) {
                told[o] = true;
                trials++;
                best = fmax(best, block->cell[o].score.mean); // a NaN is left out
            }
        double least = best - sqrt(best * (1 - best) / (double)block->items);
        for (size_t o = c; o < block->cells; o++)
            near +=
                block->cell[o].score.mean >= least && same_search(&block->cell[c], &block->cell[o]);
        if (near > 1)
            text_append(arena, &text, ", ", "%s %zu of %zu", search_name(arena, &block->cell[c]),
                        near, trials);
    }
    return text;
}

static void note_scores(Notes *notes, const Table *table)
{
    const Summary *summary = &table->summary;
    const char *below = marked(table);
    bool scores = columns_has(table->shown, table->shown_count, "score");
    bool dead = false, tune = table->choice->trials;
    for (size_t e = 0; e < table->entries && !dead; e++) // all columns have the same splits
        dead = column_shows_dead(table->arena, &table->shown[0], &table->entry[e]);
    for (size_t c = 0; c < table->shown_count; c++)
        tune = tune || !strcmp(known(table->shown[c].split), "tune");
    if (scores)
        note(notes, "score: mean and half-width of its 95 %% t interval over n seeds, in points;"
                    " n = 1: no interval.");
    if (scores && tune)
        note(notes, "tune: choices are made on it, so a score there is no result.");
    for (size_t b = 0; b < summary->blocks && scores && table->choice->trials; b++) {
        const char *ties = near_ties(table->arena, &summary->block[b]);
        if (ties)
            note(notes,
                 "%s: trials that lie within one standard error of the best of their search, which"
                 " chose among them by chance: %s.",
                 summary->block[b].name, ties);
    }
    if (below)
        note(notes, "†: below the %s of its task, which saw no pretrained model.", below);
    if (scores && edges(summary) && !columns_has(table->shown, table->shown_count, "remarks"))
        note(notes, "‡: chosen at the edge of its search, which may not have been wide enough.");
    if (dead)
        note(notes, "dead: at or below the best constant answer; dead runs are in the mean.");
    for (size_t l = 0; table->letters_note && table->letters_note[l]; l++)
        note(notes, "%s.", table->letters_note[l]);
    if (!table->headed)
        for (size_t b = 0; b < summary->blocks; b++) {
            const Block *block = &summary->block[b];
            const char *details = block_details(table, block);
            note(notes, "%s: %s%s%s.", block->name, details, *details ? "; " : "", block->protocol);
        }
}

static bool shows(const Table *table, bool (*such)(const Column *))
{
    for (size_t c = 0; c < table->shown_count; c++)
        if (table->shown[c].column && such(table->shown[c].column))
            return true;
    return false;
}

static bool in_bytes(const Column *column)
{
    return !strcmp(column->unit, "bytes");
}

static bool in_seconds(const Column *column)
{
    return !strcmp(column->group, "time");
}

// Seconds that pass whether the run is at work or waits for its turn.
static bool by_the_clock(const Column *column)
{
    return in_seconds(column) && column->kind == COLUMN_measured && strcmp(column->name, "cpu_s");
}

static void note_runs(Notes *notes, const Table *table)
{
    const Summary *summary = &table->summary;
    const char *commits = mixed_commits(table->arena, summary);
    bool seconds = shows(table, in_seconds), timed = false; // asked for; in some block
    for (size_t b = 0; b < summary->blocks; b++)
        timed = timed || (seconds && !summary->block[b].untimed);
    const char *busy = timed && shows(table, by_the_clock)
                           ? busy_text(table->arena, summary->run, summary->runs)
                           : NULL;
    note_scores(notes, table);
    if (table->choice->levers)
        note(notes, "(+-): change from the line without micro_batch, recompute and frozen_dtype;"
                    " of scores in points.");
    const char *others = NULL;
    for (size_t e = 0; e < table->entries; e++) {
        const At *at = &table->entry[e];
        if (at->other_seeds)
            text_append_once(table->arena, &others, "; ",
                             arena_format(table->arena, "%s of %s on %s", at->cell->label,
                                          known(at->cell->row->model), at->block->name));
    }
    if (others)
        note(notes, "no change, since the line without has other seeds: %s.", others);
    if (shows(table, in_bytes))
        note(notes,
             "MB: 10^6 bytes, the largest of the n runs; plan: as planned, rss: of the process%s.",
             columns_has(table->shown, table->shown_count, "resident") ? " while training" : "");
    if (timed)
        note(notes, "times: the median of the n runs.");
    if (busy)
        note(notes, "times by the clock: %s; the column cpu_s is what they used of it.", busy);
    for (size_t b = 0; b < summary->blocks; b++)
        note_once(notes, summary, b, "lines differ in", offsetof(Block, uneven));
    for (size_t b = 0; b < summary->blocks && seconds; b++)
        note_once(notes, summary, b, "no times, since rows differ in", offsetof(Block, untimed));
    if (*commits)
        note(notes, "warning: rows of several commits stand together: %s.", commits);
    if (summary->trials > 0 && !table->choice->trials)
        note(notes, "%zu trial row%s of searches left out; --stage trial shows %s.",
             summary->trials, summary->trials == 1 ? "" : "s",
             summary->trials == 1 ? "it" : "them");
    if (table->rows->copies > 0)
        note(notes, "%zu cop%s left out (rows with one key).", table->rows->copies,
             table->rows->copies == 1 ? "y is" : "ies are");
    note_missing(notes, summary, table->choice->trials);
}

void table_notes(FILE *out, const Table *table)
{
    const Summary *summary = &table->summary;
    Notes notes = { .arena = table->arena };
    if (summary->runs > 0)
        note_runs(&notes, table);
    else // there are rows, or nobody would have asked for a table
        note(&notes, "no finals, so no scores: %zu trial row%s; --stage trial shows what is there.",
             summary->trials, summary->trials == 1 ? " of a search" : "s of searches");
    for (size_t i = 0; i < table->rows->partials && !table->choice->trials; i++)
        note(&notes, "%s.", table->rows->partial[i]);
    for (size_t i = 0; i < notes.count; i++)
        grid_note(out, table->choice->format, i == 0, i + 1 == notes.count, notes.note[i]);
}
