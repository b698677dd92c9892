// found.c: looks for a setting among rows.
#include "sweep/found.h"
#include "base/file.h"
#include "base/text.h"
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

static const char *const setting_columns[] = { "model", "task", "method", "options", NULL };
// What a spec may say beside the setting, the steps apart, and what the task's files do.
static const char *const protocol_columns[] = {
    "pretrained", "head",         "schedule", "frozen_dropout", "select",
    "train_on",   "train_limit",  "fold",     "max_length",     "batch",
    "warmup",     "weight_decay", "clip",     "dropout",        "frozen_dtype",
    "metric",     "data_sha",     "budget",   "head_lr",        NULL
};

// A cell as it is compared: a head's rate is "" where it follows lr.
static const char *said(Arena *arena, const Row *row, const char *column)
{
    bool follows = !strcmp(column, "head_lr") && row_head_follows(row);
    return follows ? "" : row_text(arena, row, row_find(column));
}

// Names those of the columns (NULL-terminated) in which two rows differ as they are written:
// "batch, warmup"; "" where they are the same.
static const char *differing(Arena *arena, const Row *a, const Row *b, const char *const *columns)
{
    const char *differ = "";
    for (; *columns; columns++)
        if (strcmp(said(arena, a, *columns), said(arena, b, *columns)) != 0)
            differ = arena_format(arena, "%s%s%s", differ, *differ ? ", " : "", *columns);
    return differ;
}

static bool same(Arena *arena, const Row *a, const Row *b, const char *const *columns)
{
    size_t mark = arena_mark(arena);
    bool all = !*differing(arena, a, b, columns);
    arena_rewind(arena, mark);
    return all;
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
            !same(arena, row, winner, setting_columns) ||
            !same(arena, row, winner, protocol_columns))
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
            !row->winner_key || !same(arena, row, decided, setting_columns))
            continue;
        bool alike = same(arena, row, decided, protocol_columns);
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
                      .differs = differing(arena, final, decided, protocol_columns),
                      .longer = is_longer(arena, rows, winner) };
    return check_same(arena, final, decided, folder, setting, error);
}
