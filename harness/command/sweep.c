// sweep.c: tunemark sweep.
#include "base/text.h"
#include "command/commands.h"
#include "sweep/child.h"
#include "sweep/spec.h"
#include "sweep/sweep.h"
#include <string.h>

static const char usage[] = "  tunemark sweep quick\n"
                            "  tunemark sweep first --dry-run\n"
                            "  tunemark sweep first --set seeds=8 --set methods.lora.rank=4 -j 4\n"
                            "  tunemark sweep first --commands | parallel\n"
                            "  tunemark sweep first --deadline 8h --shard 1/2\n"
                            "  tunemark sweep first --slurm 8 >job.sh && sbatch job.sh\n";

static const Flag flags[] = {
    { "dry-run", 'n', NULL, "say what would run, why, how long and in how much memory" },
    { "jobs", 'j', TAKES(WHOLE, "N", 1, 4096, NULL),
      "runs at once; as many as there are cores for where not given" },
    { "out", 'o', TAKES_TEXT("FOLDER"), "the sweep's folder [results/NAME]" },
    { "set", 0, TAKES_TEXT("KEY=VALUE"), "override the spec, as train.epochs=1; may be repeated" },
    { "commands", 0, NULL, "print a command for each run to do, a line each, as for parallel" },
    { "deadline", 0, TAKES_TEXT("TIME"),
      "end by then, as 8h, 1h30m or 90m; start nothing that would end later" },
    { "shard", 0, TAKES_TEXT("I/N"), "only the Ith of N parts of the settings, from 1" },
    { "slurm", 0, TAKES(WHOLE, "N", 1, 4096, NULL),
      "print the script of a Slurm array job that does it in N parts" },
    { "grace", 0, TAKES(REAL, "SECONDS", 0, 1e9, SWEEP_GRACE),
      "from a run's timeout until it is killed" },
    { "schema", 0, NULL, "print the JSON Schema of a spec, for editors; without a spec" },
    { "verbose", 'v', NULL, "show the command of each run that starts" },
    { "quiet", 'q', NULL, "no progress" },
    FLAG_END,
};

// "2/3": the second of three.
static bool read_shard(Arena *arena, const char *typed, Shard *shard, Error *error)
{
    size_t parts;
    char **part = text_split(arena, typed, '/', &parts);
    int64_t index, count;
    if (parts != 2 || !text_whole(part[0], &index) || !text_whole(part[1], &count) || index < 1 ||
        count < index || count > 1000000)
        return fail(error, ERROR_INPUT, (Where){ .item = "--shard" },
                    "as 1/4, the first of four parts", "'%s' is no part", typed);
    *shard = (Shard){ (size_t)index - 1, (size_t)count };
    return true;
}

// A file, or the name of a spec that comes with the program.
static bool spec_file(Arena *arena, const char *typed, const char **file, Error *error)
{
    const char *folder = path_join(arena, home_folder(arena), "results/specs");
    const char *bundled = path_join(arena, folder, arena_format(arena, "%s.yaml", typed));
    *file = strchr(typed, '/') || file_exists(typed) || !file_exists(bundled) ? typed : bundled;
    return strchr(typed, '/') || file_exists(*file) ||
           fail(error, ERROR_INPUT, (Where){ .item = "sweep" },
                "a file, or a name of `tunemark list specs`", "'%s' is not found", typed);
}

static bool seconds_read(const Arguments *arguments, SweepOptions *options, Error *error)
{
    const char *deadline = argument_value(arguments, "deadline");
    int64_t seconds = 0;
    if (!argument_read(arguments, "grace", &options->grace, error))
        return false;
    if (deadline && (!text_duration(deadline, &seconds) || seconds < 1))
        return fail(error, ERROR_INPUT, (Where){ .item = "--deadline" }, "as 8h, 1h30m or 90m",
                    "'%s' is no time", deadline);
    options->seconds = (double)seconds;
    return true;
}

// How the runs are divided: over this machine, over others.
static bool parts_read(Arena *arena, const Arguments *arguments, SweepOptions *options,
                       Error *error)
{
    const char *shard = argument_value(arguments, "shard");
    if (options->out && !options->out[0])
        return fail(error, ERROR_INPUT, (Where){ .item = "--out" }, "a folder", "'' is empty");
    int64_t jobs = 0, slurm = 0;
    if (!argument_read(arguments, "jobs", &jobs, error) ||
        !argument_read(arguments, "slurm", &slurm, error) ||
        (shard && !read_shard(arena, shard, &options->shard, error)))
        return false;
    if (slurm > 0 && jobs == 0)
        jobs = 1; // this machine's cores say nothing about a node's
    options->jobs = (size_t)jobs;
    options->slurm = (size_t)slurm;
    return true;
}

// The manifest, which is JSON, has them.
static bool words_are_text(char *const *words, Error *error)
{
    for (; *words; words++)
        if (!utf8_valid((const uint8_t *)*words, strlen(*words), NULL))
            return fail(error, ERROR_INPUT, (Where){ .item = *words }, "UTF-8", "is no text");
    return true;
}

static bool command(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    (void)status; // runs that did not end ok are an error that says how many
    if (argument_is(arguments, "schema"))
        return arguments->operands == 0
                   ? spec_schema(stdout, error)
                   : fail(error, ERROR_INPUT, (Where){ .item = "--schema" }, "without a spec",
                          "'%s' is given, too", arguments->operand[0]);
    if (arguments->operands != 1)
        return fail(error, ERROR_INPUT, (Where){ .item = "sweep" },
                    "one, as results/specs/quick.yaml", "%zu specs are given", arguments->operands);
    char **words = arena_zero(arena, (size_t)invocation->count + 3, sizeof *words);
    words[0] = arena_text(arena, invocation->program);
    words[1] = arena_text(arena, "sweep");
    memcpy(words + 2, invocation->argument, (size_t)invocation->count * sizeof *words);
    if (!words_are_text(words, error))
        return false;
    const char **set = arena_zero(arena, arguments->givens + 1, sizeof *set);
    SweepOptions options = {
        .set = set,
        .out = argument_value(arguments, "out"),
        .program = invocation->program,
        .image = "/proc/self/exe",
        .command_line = shell_line(arena, words),
        .dry_run = argument_is(arguments, "dry-run"),
        .commands = argument_is(arguments, "commands"),
        .quiet = argument_is(arguments, "quiet"),
        .verbose = argument_is(arguments, "verbose"),
    };
    for (size_t i = 0; i < arguments->givens; i++)
        if (!strcmp(arguments->given[i].name, "set"))
            set[options.sets++] = arguments->given[i].value;
    if (options.dry_run || options.commands)
        signal(SIGPIPE, SIG_DFL); // it only prints, and ends with `head`
    return parts_read(arena, arguments, &options, error) &&
           seconds_read(arguments, &options, error) &&
           spec_file(arena, arguments->operand[0], &options.spec, error) &&
           sweep(&options, invocation->interrupted, stdout, stderr, error);
}

const Command command_sweep = {
    .name = "sweep",
    .summary = "run what is missing of a spec: models x tasks x methods x seeds",
    .operands = "SPEC",
    .usage = usage,
    .flags = flags,
    .one_of = { "dry-run|commands|slurm|schema", "slurm|shard", "verbose|quiet" },
    .stops_gently = true,
    .run = command,
};
