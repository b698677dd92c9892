// folder.c: see folder.h.

#include "report/folder.h"
#include "base/file.h"
#include <string.h>

typedef struct {
    Row *row;
    size_t count, room;
} Rows;

// Reads a file of rows and appends them.
static bool append(Arena *arena, Rows *rows, const char *path, Error *error)
{
    Row *more;
    size_t count;
    if (!rows_read(arena, path, &more, &count, error))
        return false;
    if (rows->count + count > rows->room) {
        Row *before = rows->row;
        rows->room = 2 * (rows->count + count);
        rows->row = arena_take(arena, rows->room, sizeof *rows->row);
        if (rows->count > 0)
            memcpy(rows->row, before, rows->count * sizeof *before);
    }
    if (count > 0)
        memcpy(rows->row + rows->count, more, count * sizeof *more);
    rows->count += count;
    return true;
}

static bool append_folder(Arena *arena, Rows *rows, const char *folder, Error *error)
{
    const char **name;
    size_t names, before = rows->count;
    char *of_rows = path_join(arena, folder, "rows"), *runs = path_join(arena, folder, "runs.csv");
    if (file_exists(folder))
        return append(arena, rows, folder, error);
    if (!folder_exists(folder))
        return fail(error, ERROR_INPUT, (Where){ .file = folder }, "the folder of a sweep",
                    "no such folder");
    if (!folder_list(arena, of_rows, ".csv", &name, &names, error))
        return false;
    for (size_t i = 0; i < names; i++)
        if (!append(arena, rows, path_join(arena, of_rows, name[i]), error))
            return false;
    if (names == 0 && file_exists(runs) && !append(arena, rows, runs, error))
        return false;
    if (rows->count == before)
        return fail(error, ERROR_INPUT, (Where){ .file = folder },
                    "a folder with rows/*.csv or runs.csv", "no rows");
    return true;
}

bool rows_of_folders(Arena *arena, const char *const *folders, size_t folder_count, Row **rows,
                     size_t *count, Error *error)
{
    Rows all = { 0 };
    for (size_t i = 0; i < folder_count; i++)
        if (!append_folder(arena, &all, folders[i], error))
            return false;
    *rows = all.row;
    *count = all.count;
    return true;
}
