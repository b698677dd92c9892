// run_write.c: what a run leaves. The row comes last, so that what stands in rows/ is whole.
#include "run/run_impl.h"
#include "run/saved.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

// Is there a row of this run that ended ok? An attempt that did not never takes its place.
static bool finished_before(Arena *arena, const char *path)
{
    Error error;
    Row *rows;
    size_t count;
    return file_exists(path) && rows_read(arena, path, &rows, &count, &error) && count == 1 &&
           row_ok(&rows[0]);
}

bool run_write(Arena *arena, Run *run, Error *error)
{
    Prepared *p = &run->prepared;
    const char *out = run->request->protocol.out;
    const Evaluation *scored = run->evaluation;
    const char *path = row_file(arena, out, "rows", p->row.key);
    if (!row_ok(run->row) && finished_before(arena, path))
        return fail(error, ERROR_WORK, (Where){ .file = path }, NULL,
                    "%s: %s; the finished row that is there is kept", run->row->status,
                    run->row->error);
    size_t n = run->evaluations, tune = n > 0 && scored[0].split == SPLIT_TUNE;
    return (n == 0 || !run->request->protocol.save ||
            saved_write(arena, run->request->protocol.save, run->request, p, &run->trainer,
                        error)) &&
           write_scores(arena, out, p, scored, n, error) &&
           write_predictions(arena, out, p, scored + tune, n - tune, error) &&
           write_curve(arena, out, p, run->curve, run->points, error) &&
           profile_write(arena, out, p, run->profile.seconds ? &run->profile : NULL, error) &&
           row_write(path, run->row, error);
}

bool run_folders(Arena *arena, const Run *run, Error *error)
{
    const Protocol *protocol = &run->request->protocol;
    const char *rows = path_join(arena, protocol->out, "rows");
    bool keeps = run->prepared.frozen.batches.steps > 0 && protocol->cache_folder;
    if ((keeps && !folder_make(protocol->cache_folder, error)) || !folder_make(rows, error) ||
        (protocol->save && !saved_ready(arena, protocol->save, error)))
        return false;
    return access(rows, W_OK | X_OK) == 0 || fail(error, ERROR_ENVIRONMENT, (Where){ .file = rows },
                                                  NULL, "cannot be written: %s", strerror(errno));
}
