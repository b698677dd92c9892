// slurm.c: a sweep as an array job: each of its parts is a sweep of some of the settings in a
// folder of its own, so that parts wait for nothing but themselves. A part that is ended, by a node
// that fails or a limit of time, goes on where it was when it is queued again.
#include "sweep/slurm.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { MEBIBYTE = 1 << 20, LEAST_MEBIBYTES = 256, NOTICE = 60 };

// The command of a part but for --out and --shard, which the script fills in.
static const char *command_of(Sweep *s)
{
    const SweepOptions *options = s->options;
    char **words = arena_zero(s->arena, 2 * options->sets + 11, sizeof *words), **word = words;
    const char *here = options->spec[0] == '-' ? "./" : ""; // else it would be an option
    const char *first[] = { options->program, "sweep",
                            arena_format(s->arena, "%s%s", here, options->spec) };
    for (size_t i = 0; i < 3; i++)
        *word++ = arena_text(s->arena, first[i]);
    for (size_t i = 0; i < options->sets; i++) {
        *word++ = arena_text(s->arena, "--set");
        *word++ = arena_text(s->arena, options->set[i]);
    }
    *word++ = arena_text(s->arena, "--jobs");
    *word++ = arena_format(s->arena, "%zu", s->slots);
    if (options->seconds > 0) {
        *word++ = arena_text(s->arena, "--deadline");
        *word++ = arena_format(s->arena, "%.0fs", options->seconds);
    }
    char *grace = arena_format(s->arena, "%.17g", options->grace);
    if (strcmp(grace, SWEEP_GRACE) != 0) {
        *word++ = arena_text(s->arena, "--grace");
        *word++ = grace;
    }
    return shell_line(s->arena, words);
}

bool slurm_script(Sweep *s, Error *error)
{
    const SweepOptions *options = s->options;
    char *out[] = { arena_text(s->arena, s->agenda.folder), NULL };
    const char *folder = shell_line(s->arena, out), *command = command_of(s);
    size_t planned = need(s).sum / MEBIBYTE;
    fprintf(s->out,
            "#!/bin/bash\n"
            "#SBATCH --job-name=%s\n"
            "#SBATCH --array=1-%zu\n"
            "#SBATCH --nodes=1\n"
            "#SBATCH --ntasks=1\n"
            "#SBATCH --cpus-per-task=%" PRId64 "\n"
            "#SBATCH --mem=%zuM\n",
            s->spec.name, options->slurm, (int64_t)s->slots * agenda_threads(&s->agenda),
            planned + planned / 4 + LEAST_MEBIBYTES);
    if (options->seconds > 0)
        fprintf(s->out, "#SBATCH --time=%.0f\n", ceil(options->seconds / 60) + 2);
    fprintf(s->out,
            "#SBATCH --requeue\n"
            "#SBATCH --open-mode=append\n"
            "#SBATCH --output=%s-%%A-%%a.log\n"
            "#SBATCH --signal=B:INT@%d\n"
            "# Submit it from this folder. A part that was ended goes on where it was: submit it "
            "again.\n"
            "# When all have ended, join their rows and finish what is left:\n"
            "#   for part in %s/part-*; do cp -r \"$part\"/*/ %s; done\n"
            "#   %s --out %s\n"
            "exec %s --out %s/part-\"$SLURM_ARRAY_TASK_ID\" "
            "--shard \"$SLURM_ARRAY_TASK_ID\"/%zu\n",
            s->spec.name, NOTICE, folder, folder, command, folder, command, folder, options->slurm);
    return ferror(s->out) ? fail(error, ERROR_ENVIRONMENT, (Where){ 0 }, NULL, "not written")
                          : true;
}
