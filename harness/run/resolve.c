// resolve.c: prepared, and of that what is asked for.
#include "run/resolve.h"
#include "run/prepare.h"

bool resolve(Arena *arena, FilesRead *files, const Request *request, Resolved *resolved,
             Error *error)
{
    Arena *scratch = arena_new(ARENA_RUN, error);
    Prepared prepared;
    if (!scratch)
        return false;
    bool ok = prepare(scratch, files, request, &prepared, error);
    if (ok) {
        resolved->row = prepared.row;
        resolved->flops = prepared.flops + prepared.evaluation_flops;
        resolved->bytes = (size_t)ledger_peak(&prepared.ledger);
        for (size_t c = 0; c < row_columns; c++)
            if (row_column[c].type == COLUMN_Text) {
                Text *text = (Text *)(void *)((char *)&resolved->row + row_column[c].field);
                *text = *text ? arena_text(arena, *text) : NULL;
            }
    }
    arena_free(scratch);
    return ok;
}
