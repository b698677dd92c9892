// found.c: looks for a setting among rows.
#include "sweep/found.h"
#include "base/file.h"
#include "base/text.h"
#include "run/request.h"
#include "sweep/search.h"
#include <string.h>

bool found_read(Arena *arena, const char *folder, Where where, Rows *rows, Error *error)
{
    const char *there = folder;
    if (!folder_exists(there) && folder[0] != '/')
        there = path_join(arena, home_folder(arena), folder);
    if (!folder_exists(there))
        return fail(error, ERROR_INPUT, where, "the folder of a sweep", "no folder %s", folder);
    return rows_of_folders(arena, &there, 1, rows, error);
}

static bool same_setting(const Row *a, const Row *b)
{
    return text_same(a->model, b->model) && text_same(a->task, b->task) &&
           text_same(a->method, b->method) && !strcmp(known(a->options), known(b->options));
}

// What a spec may say beside the setting, but the steps, the rate, and levers that compute the
// same; and what the task's files do.
static bool of_protocol(const Column *column)
{
    static const char *const data[] = { "data_sha", "metric", NULL };
    static const char *const apart[] = { "lr", "micro_batch", "recompute", NULL };
    const unsigned of = ROLE_line | ROLE_lever | ROLE_rate | ROLE_fold | ROLE_block;
    bool may_say = (column->role & of) && option_find(protocol_options, column->name);
    return (may_say && !text_among(column->name, apart)) || text_among(column->name, data);
}

// A cell as it is compared: a head's rate is "" where it follows lr.
static const char *said(Arena *arena, const Row *row, const Column *column)
{
    bool follows = column == row_find("head_lr") && row_head_follows(row);
    return follows ? "" : row_text(arena, row, column);
}

// Names the columns of the protocol in which two rows differ: "batch, warmup"; or "".
static const char *differing(Arena *arena, const Row *a, const Row *b)
{
    const char *differ = "";
    for (const Column *column = row_column; column < row_column + row_columns; column++)
        if (of_protocol(column) && strcmp(said(arena, a, column), said(arena, b, column)) != 0)
            text_append(arena, &differ, ", ", "%s", column->name);
    return differ;
}

static bool same_protocol(Arena *arena, const Row *a, const Row *b)
{
    size_t mark = arena_mark(arena);
    bool same = !*differing(arena, a, b);
    arena_rewind(arena, mark);
    return same;
}

static bool is_times(const Row *many, const Row *few)
{
    const int64_t more[] = { many->epochs, many->min_steps };
    const int64_t less[] = { few->epochs, few->min_steps };
    for (int i = 0; i < 2; i++)
        if (less[i] < 0 || less[i] > INT64_MAX / LONGER || more[i] != less[i] * LONGER)
            return false;
    return true;
}

// A longer trial has the steps of another one of its search, at its rate, LONGER times. The best of
// the short ones has that many times its own steps beside it; so has one of no steps, in itself.
static bool is_longer(Arena *arena, const Rows *rows, const Row *winner)
{
    bool shorter = false, longer = false;
    for (size_t i = 0; i < rows->count; i++) {
        const Row *row = &rows->row[i];
        if (!text_same(row->stage, "trial") || row->lr != winner->lr || row->seed != winner->seed ||
            !same_setting(row, winner) || !same_protocol(arena, row, winner))
            continue;
        shorter = shorter || is_times(winner, row);
        longer = longer || is_times(row, winner);
    }
    return shorter && !longer;
}

// What makes it another problem: a rate that was found there says nothing here.
static bool check_same(Arena *arena, const Row *final, const Row *decided, const char *folder,
                       const char *setting, Error *error)
{
    static const char *const names[] = { "pretrained", "head", "model_sha", "vocab_sha" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const Column *column = row_find(names[i]);
        const char *there = row_text(arena, final, column),
                   *here = row_text(arena, decided, column);
        if (strcmp(there, here) != 0)
            return fail(error, ERROR_INPUT, (Where){ .file = folder },
                        arena_format(arena, "one with %s %s", names[i], here),
                        "has no search of %s but with %s %s", setting, names[i], there);
    }
    return true;
}

bool found_of(Arena *arena, const Rows *rows, const Row *decided, const char *folder,
              const char *setting, Found *found, Error *error)
{
    Where where = { .file = folder };
    const Row *final = NULL, *winner = NULL;
    bool several = false, exact = false;
    for (size_t i = 0; i < rows->count; i++) {
        const Row *row = &rows->row[i];
        if (!text_same(row->lr_source, "searched") || !text_same(row->stage, "final") ||
            !row->winner_key || !same_setting(row, decided))
            continue;
        bool alike = same_protocol(arena, row, decided);
        if (final && alike == exact && strcmp(row->winner_key, final->winner_key) != 0)
            several = true;
        if (!final || (alike && !exact)) {
            several = false;
            exact = alike;
            final = row;
        }
    }
    if (!final)
        return fail(error, ERROR_INPUT, where, "a sweep that searched it",
                    "has no searched row of %s", setting);
    if (several)
        return fail(error, ERROR_INPUT, where, "one search of it, or one of the same protocol",
                    "has several searches of %s", setting);
    for (size_t i = 0; i < rows->count && !winner; i++)
        if (text_same(rows->row[i].key, final->winner_key))
            winner = &rows->row[i];
    if (!winner)
        return fail(error, ERROR_INPUT, where, "there with its finals",
                    "the trial %s of %s is missing", final->winner_key, setting);
    *found = (Found){ .final = final,
                      .winner = winner,
                      .differs = differing(arena, final, decided),
                      .longer = is_longer(arena, rows, winner) };
    return check_same(arena, final, decided, folder, setting, error);
}
