// found.c: looks for a setting among rows.
#include "sweep/found.h"
#include "base/file.h"
#include "sweep/search.h"
#include <string.h>

bool found_read(Arena *arena, const char *folder, FoundRows *rows, Error *error)
{
    const char *of_rows = path_join(arena, folder, "rows"), **names;
    size_t count;
    if (!folder_exists(folder))
        return fail(error, ERROR_INPUT, (Where){ .file = folder }, "the folder of a sweep",
                    "no such folder");
    if (!folder_list(arena, of_rows, ".csv", &names, &count, error))
        return false;
    if (count == 0)
        return rows_read(arena, path_join(arena, folder, "runs.csv"), &rows->row, &rows->count,
                         error);
    rows->row = arena_take(arena, count, sizeof *rows->row);
    rows->count = 0;
    for (size_t i = 0; i < count; i++) {
        Row *row;
        size_t one;
        if (!rows_read(arena, path_join(arena, of_rows, names[i]), &row, &one, error))
            return false;
        if (one == 1)
            rows->row[rows->count++] = *row;
    }
    return true;
}

static bool same_text(Text a, Text b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static bool same_setting(const Row *a, const Row *b)
{
    return same_text(a->model, b->model) && same_text(a->task, b->task) &&
           same_text(a->method, b->method) && same_text(a->options, b->options);
}

// In what a spec may say beside the method's options, the steps apart.
static bool same_protocol(Arena *arena, const Row *a, const Row *b)
{
    static const char *const names[] = { "pretrained", "head",     "schedule",     "frozen_dropout",
                                         "select",     "train_on", "train_limit",  "max_length",
                                         "batch",      "warmup",   "weight_decay", "clip",
                                         "dropout" };
    size_t mark = arena_mark(arena);
    bool same = true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        same = same && !strcmp(row_text(arena, a, row_find(names[i])),
                               row_text(arena, b, row_find(names[i])));
    arena_rewind(arena, mark);
    return same;
}

static bool is_times(int64_t many, int64_t few)
{
    return few >= 0 && few <= INT64_MAX / LONGER && many == few * LONGER;
}

// A longer trial has the steps of another one at its rate, LONGER times.
static bool is_longer(const FoundRows *rows, const Row *winner)
{
    for (size_t i = 0; i < rows->count; i++) {
        const Row *row = &rows->row[i];
        if (same_text(row->stage, "trial") && same_setting(row, winner) && row->lr == winner->lr &&
            is_times(winner->epochs, row->epochs) && is_times(winner->min_steps, row->min_steps))
            return true;
    }
    return false;
}

bool found_of(Arena *arena, const FoundRows *rows, const Row *decided, const char *folder,
              const char *setting, Found *found, Error *error)
{
    Where where = { .file = folder };
    const Row *final = NULL, *winner = NULL;
    bool several = false, exact = false;
    for (size_t i = 0; i < rows->count; i++) {
        const Row *row = &rows->row[i];
        if (!same_text(row->lr_source, "searched") || !same_text(row->stage, "final") ||
            !row->winner_key || !same_setting(row, decided))
            continue;
        bool same = same_protocol(arena, row, decided);
        if (final && same == exact && strcmp(row->winner_key, final->winner_key) != 0)
            several = true;
        if (!final || (same && !exact)) {
            several = false;
            exact = same;
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
        if (same_text(rows->row[i].key, final->winner_key))
            winner = &rows->row[i];
    if (!winner)
        return fail(error, ERROR_INPUT, where, "there with its finals",
                    "the trial %s of %s is missing", final->winner_key, setting);
    *found = (Found){ .final = final, .longer = is_longer(rows, winner) };
    return true;
}
