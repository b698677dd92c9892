// folder.c: see folder.h.

#include "base/folder.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    Rows rows;
    size_t room, cut_room;
} Growing;

static void append(Arena *arena, Growing *to, const char *folder, const Row *more, size_t count)
{
    Rows *rows = &to->rows;
    if (rows->count + count > to->room) {
        to->room = 2 * (rows->count + count);
        rows->row = arena_grown(arena, rows->row, rows->count, to->room, sizeof *rows->row);
        rows->folder =
            arena_grown(arena, rows->folder, rows->count, to->room, sizeof *rows->folder);
    }
    for (size_t i = 0; i < count; i++) {
        rows->row[rows->count] = more[i];
        rows->folder[rows->count++] = folder;
    }
}

static bool append_file(Arena *arena, Growing *to, const char *folder, const char *path,
                        Error *error)
{
    Row *more;
    size_t count;
    if (!rows_read(arena, path, &more, &count, error))
        return false;
    append(arena, to, folder, more, count);
    return true;
}

static void leave_out(Arena *arena, Growing *to, const Error *why)
{
    if (to->rows.cuts == to->cut_room) {
        to->cut_room = 2 * to->cut_room + 1;
        to->rows.cut =
            arena_grown(arena, to->rows.cut, to->rows.cuts, to->cut_room, sizeof *to->rows.cut);
    }
    to->rows.cut[to->rows.cuts++] = arena_text(arena, why->text);
}

static bool has_key(const Rows *rows, const char *key)
{
    for (size_t i = 0; i < rows->count; i++)
        if (text_same(rows->row[i].key, key))
            return true;
    return false;
}

// Where there is no plan that can be read, nothing is known to be missing.
static void hold_to_plan(Arena *arena, Rows *rows, const char *folder)
{
    Error unread;
    Csv plan;
    char *path = path_join(arena, folder, "plan.csv");
    if (!file_exists(path) || !csv_read(arena, path, CSV_COMMAS, true, &plan, &unread))
        return;
    size_t key = csv_column(&plan, "key"), stage = csv_column(&plan, "stage");
    size_t planned = 0, there = 0;
    for (size_t i = 0; i < plan.rows && key != SIZE_MAX && stage != SIZE_MAX; i++) {
        const char **cell = plan.row[i].field;
        if (strcmp(cell[stage], "final") != 0)
            continue;
        planned++;
        there += has_key(rows, cell[key]);
    }
    if (there < planned)
        rows->partial[rows->partials++] =
            arena_format(arena, "%s: %zu of %zu planned runs have rows", folder, there, planned);
}

static bool append_folder(Arena *arena, Growing *to, const char *folder, Error *error)
{
    const char **name;
    size_t names, before = to->rows.count, cuts = to->rows.cuts;
    char *of_rows = path_join(arena, folder, "rows"), *runs = path_join(arena, folder, "runs.csv");
    if (file_exists(folder)) {
        char *above = arena_text(arena, folder), *slash = strrchr(above, '/');
        if (slash)
            *slash = '\0';
        return append_file(arena, to, slash ? above : ".", folder, error);
    }
    if (!folder_exists(folder))
        return fail(error, ERROR_INPUT, (Where){ .file = folder }, "the folder of a sweep",
                    "no such folder");
    if (!folder_list(arena, of_rows, ".csv", &name, &names, error))
        return false;
    for (size_t i = 0; i < names; i++) {
        Error cut;
        const Row *row;
        if (row_read(arena, path_join(arena, of_rows, name[i]), text_stem(arena, name[i], ".csv"),
                     &row, &cut))
            append(arena, to, folder, row, 1);
        else
            leave_out(arena, to, &cut);
    }
    if (names == 0 && file_exists(runs) && !append_file(arena, to, folder, runs, error))
        return false;
    if (to->rows.count == before)
        return fail(error, ERROR_INPUT, (Where){ .file = folder },
                    "a folder with rows/*.csv or runs.csv", "no rows%s%s",
                    to->rows.cuts > cuts ? "; " : "",
                    to->rows.cuts > cuts ? to->rows.cut[cuts] : "");
    return true;
}

bool rows_of_folders(Arena *arena, const char *const *folders, size_t folder_count, Rows *rows,
                     Error *error)
{
    Growing all = { 0 };
    for (size_t i = 0; i < folder_count; i++)
        if (!append_folder(arena, &all, folders[i], error))
            return false;
    *rows = all.rows;
    return true;
}

void rows_hold_to_plans(Arena *arena, const char *const *folders, size_t folder_count, Rows *rows)
{
    rows->partial = arena_take(arena, folder_count + 1, sizeof *rows->partial);
    for (size_t i = 0; i < folder_count; i++)
        hold_to_plan(arena, rows, folders[i]);
}

// ---- rows with one key

typedef struct {
    const Row *row;
    const char *folder; // NULL: rows of no folder
    size_t place;       // among all
} Keyed;

static int by_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int by_key(const void *a, const void *b)
{
    const Keyed *x = a, *y = b;
    int order = by_text(x->row->key, y->row->key);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

const char *beside_row(Arena *arena, const Rows *rows, const Row *row, const char *kind)
{
    return rows->folder && row->key ? row_file(arena, rows->folder[row - rows->row], kind, row->key)
                                    : NULL;
}

static bool has_predictions(Arena *arena, const Keyed *of)
{
    return of->folder && file_exists(row_file(arena, of->folder, "predictions", of->row->key));
}

static bool worth_more(Arena *arena, const Keyed *a, const Keyed *b)
{
    size_t mark = arena_mark(arena);
    int order = row_ok(a->row) - row_ok(b->row);
    if (!order)
        order = has_predictions(arena, a) - has_predictions(arena, b);
    if (!order)
        order = by_text(a->row->finished_at, b->row->finished_at);
    if (!order)
        order = by_text(b->folder, a->folder);
    arena_rewind(arena, mark);
    return order > 0;
}

Rows rows_kept(Arena *arena, const Rows *all, const bool *keeps)
{
    Rows kept = *all;
    kept.row = arena_take(arena, all->count + 1, sizeof *kept.row);
    kept.folder = all->folder ? arena_take(arena, all->count + 1, sizeof *kept.folder) : NULL;
    kept.count = 0;
    for (size_t r = 0; r < all->count; r++) {
        if (!keeps[r])
            continue;
        kept.row[kept.count] = all->row[r];
        if (kept.folder)
            kept.folder[kept.count] = all->folder[r];
        kept.count++;
    }
    return kept;
}

Rows rows_once(Arena *arena, const Rows *all)
{
    Keyed *keyed = arena_take(arena, all->count + 1, sizeof *keyed);
    bool *keeps = arena_zero(arena, all->count + 1, sizeof *keeps);
    const Keyed *best = keyed;
    for (size_t i = 0; i < all->count; i++)
        keyed[i] = (Keyed){ &all->row[i], all->folder ? all->folder[i] : NULL, i };
    qsort(keyed, all->count, sizeof *keyed, by_key);
    for (size_t i = 0; i < all->count; i++) {
        bool again = i > 0 && keyed[i].row->key && text_same(keyed[i].row->key, best->row->key);
        if (again && !worth_more(arena, &keyed[i], best))
            continue;
        if (again)
            keeps[best->place] = false;
        best = &keyed[i];
        keeps[best->place] = true;
    }
    Rows once = rows_kept(arena, all, keeps);
    once.copies += all->count - once.count;
    return once;
}
