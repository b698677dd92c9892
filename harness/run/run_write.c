// run_write.c: what a run leaves. The row comes after its files, so that what stands in rows/ is
// whole; what --save asks for comes behind both, so that no room for it costs no row.
#include "run/run_impl.h"
#include "base/lock.h"
#include "base/text.h"
#include "run/saved.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool write_row(Arena *arena, const Run *run, const char *out, Error *error)
{
    const Prepared *p = &run->prepared;
    const Evaluation *scored = run->evaluation;
    const char *path = row_file(arena, out, "rows", p->row.key);
    if (!row_ok(run->row) && row_finished(arena, path, p->row.key))
        return fail(error, ERROR_WORK, (Where){ .file = path }, NULL,
                    "%s: %s; the finished row that is there is kept", run->row->status,
                    run->row->error);
    size_t n = run->evaluations, tune = n > 0 && scored[0].split == SPLIT_TUNE;
    return write_scores(arena, out, p, scored, n, error) &&
           write_predictions(arena, out, p, scored + tune, n - tune, error) &&
           write_curve(arena, out, p, run->curve, run->points, error) &&
           profile_write(arena, out, p, run->profile.seconds ? &run->profile : NULL, error) &&
           row_write(path, run->row, error);
}

// Of two processes that do the same run one writes after the other, so that what the second finds
// stays as it is until it has written.
bool run_write(Arena *arena, Run *run, Error *error)
{
    const Protocol *protocol = &run->request->protocol;
    Error why;
    Lock lock = lock_folder(path_join(arena, protocol->out, "rows"));
    bool ok = write_row(arena, run, protocol->out, error);
    lock_release(&lock);
    if (!ok || run->evaluations == 0 || !protocol->save ||
        saved_write(arena, protocol->save, &run->prepared, &run->trainer, &why))
        return ok;
    return fail(error, why.kind, (Where){ .item = "--save" }, NULL, "the row is kept, %s; %s",
                row_file(arena, protocol->out, "rows", run->prepared.row.key), why.text);
}

bool run_folders(Arena *arena, const Run *run, Error *error)
{
    const Protocol *protocol = &run->request->protocol;
    const char *rows = path_join(arena, protocol->out, "rows");
    bool keeps = run->prepared.frozen.batches.steps > 0 && protocol->cache_folder;
    if ((keeps && !folder_make(protocol->cache_folder, error)) || !folder_make(rows, error) ||
        (protocol->save && !saved_ready(arena, protocol->save, error)))
        return false;
    const char *path = row_file(arena, protocol->out, "rows", run->prepared.row.key);
    const Row *before = row_finished(arena, path, run->prepared.row.key);
    if (before && !text_same(before->task, run->prepared.row.task)) // as mnli and mnli-mm
        return fail(error, ERROR_INPUT, (Where){ .file = path }, "another --out",
                    "is the same training, scored on %s", known(before->task));
    return access(rows, W_OK | X_OK) == 0 || fail(error, ERROR_ENVIRONMENT, (Where){ .file = rows },
                                                  NULL, "cannot be written: %s", strerror(errno));
}
