// test_sweep.c: the driver, with the real program as its children.
#include "sweep/sweep.h"
#include "base/hash.h"
#include "base/text.h"
#include "sweep/child.h"
#include "sweep/progress.h"
#include "tests/program.h"
#include "tests/sweep_bench.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char small[] = "name: small\nmodels: tiny\ntasks: ./few\nmethods: [full, bitfit]\n"
                            "seeds: 2\n" TRAIN;

static void a_sweep_gives_a_row_a_run_in_the_order_of_the_plan(void)
{
    Bench b;
    size_t count;
    if (!bench_new(&b, small))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows rows = runs_of(&b, b.options.out);
    const char *const method[] = { "full", "bitfit", "full", "bitfit" };
    CHECK(rows.count == 4);
    for (size_t i = 0; i < 4 && i < rows.count; i++) {
        CHECK_TEXT(rows.row[i].method, method[i]);
        CHECK_TEXT(rows.row[i].status, "ok");
        CHECK_TEXT(rows.row[i].sweep, "small");
        CHECK_TEXT(rows.row[i].spec_sha, hash_bytes(small, strlen(small)).hex);
        CHECK(rows.row[i].seed == (int64_t)(1 + i / 2));
        CHECK(rows.row[i].attempts == 1 && rows.row[i].jobs == 2);
    }
    CHECK(printed(&b, "small: 4 of 4 runs, 4 ok\n"));
    CHECK(said(&b, "[4/4] "));
    names_in(&b, "logs", ".log", &count);
    CHECK(count == 4);
    CHECK_TEXT(text_of(&b, b.options.out, "spec.yaml"), small);
    CHECK(strstr(text_of(&b, b.options.out, "plan.csv"), ",2,tiny,few,bitfit,") != NULL);
    CHECK(strstr(text_of(&b, b.options.out, "manifest.json"), "\"openblas\": \"OpenBLAS") != NULL);
    arena_free(b.arena);
}

static void neither_jobs_nor_order_changes_a_row(void)
{
    Bench b;
    if (!bench_new(&b, small))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows two = runs_of(&b, b.options.out);
    b.options.jobs = 1;
    b.options.out = path_join(b.arena, b.folder, "one");
    CHECK(drive_whole(&b) == 0);
    Rows one = runs_of(&b, b.options.out);
    same_rows(one, two);
    CHECK(one.count > 0 && one.row[0].jobs == 1);
    const char *const reversed[] = { "methods=[bitfit, full]", "seeds=[2, 1]" };
    b.options.set = reversed;
    b.options.sets = 2;
    b.options.out = path_join(b.arena, b.folder, "reversed");
    CHECK(drive_whole(&b) == 0);
    Rows back = runs_of(&b, b.options.out);
    for (size_t i = 0; i < back.count / 2; i++) {
        Row swapped = back.row[i];
        back.row[i] = back.row[back.count - 1 - i];
        back.row[back.count - 1 - i] = swapped;
    }
    same_rows(back, one);
    arena_free(b.arena);
}

// Seeds of one frozen encoder: the second run onwards finds what the first has left.
static void runs_of_a_sweep_share_what_is_frozen(void)
{
    static const char spec[] = "name: small\nmodels: tiny\ntasks: ./few\nmethods: head\nseeds: 4\n"
                               "train: {epochs: 9, min_steps: 2, batch: 8, max_length: 32%s}\n";
    Bench b;
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    if (!bench_new(&b, arena_format(arena, spec, ", cache_folder: ./kept")))
        return;
    b.options.jobs = 1;
    CHECK(drive_whole(&b) == 0);
    Rows shared = runs_of(&b, b.options.out);
    CHECK(shared.count == 4 && files_below(path_join(arena, b.folder, "kept")) == 1);
    for (size_t i = 0; i < shared.count; i++) // the seconds of one pass, which no second one takes
        CHECK(shared.row[i].feature_s > 0 && shared.row[i].feature_s == shared.row[0].feature_s);
    b.options.out = path_join(arena, b.folder, "alone");
    CHECK(file_write_text(b.options.spec, arena_format(arena, spec, ""), &error));
    CHECK(drive_whole(&b) == 0);
    Rows alone = runs_of(&b, b.options.out);
    same_rows(shared, alone);
    if (CHECK(alone.count == 4))
        CHECK(alone.row[1].feature_s != alone.row[0].feature_s);
    arena_free(b.arena);
    arena_free(arena);
}

static void what_is_finished_does_not_run_again(void)
{
    Bench b;
    Error error;
    if (!bench_new(&b, small))
        return;
    CHECK(drive_whole(&b) == 0);
    const char *rows = state_of_rows(&b), *plan = text_of(&b, b.options.out, "plan.csv");
    const char *runs = text_of(&b, b.options.out, "runs.csv");
    CHECK(file_write_text(b.options.spec, arena_format(b.arena, "# another comment\n\n%s", small),
                          &error));
    unlink(path_join(b.arena, b.options.out, "runs.csv"));
    CHECK(drive_whole(&b) == 0);
    CHECK_TEXT(state_of_rows(&b), rows);
    CHECK_TEXT(text_of(&b, b.options.out, "plan.csv"), plan);
    CHECK_TEXT(text_of(&b, b.options.out, "runs.csv"), runs);
    CHECK(printed(&b, "small: 4 of 4 runs, 4 ok\n"));
    arena_free(b.arena);
}

// A new dev set makes no run pending: its key knows what is trained and chosen on.
static void data_that_have_changed_since_are_named(void)
{
    Bench b;
    Error error;
    if (!bench_new(&b, small))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows before_it = runs_of(&b, b.options.out);
    const char *dev = path_join(b.arena, b.folder, "few/dev.csv");
    CHECK(file_write_text(
        dev, arena_format(b.arena, "%sa good one,no\n", text_of(&b, b.folder, "few/dev.csv")),
        &error));
    b.options.dry_run = true;
    CHECK(drive_whole(&b) == 0);
    CHECK(printed(&b, "4 finished, 0 to do"));
    const char *said_then = "few: its dev or test data have changed since 4 runs were scored on "
                            "them; a run whose row is removed is done again\n";
    CHECK_TEXT(text_of(&b, b.folder, "stderr"), said_then);
    b.options.dry_run = false;
    CHECK(unlink(row_file(b.arena, b.options.out, "rows", before_it.row[0].key)) == 0);
    CHECK(drive_whole(&b) == 0);
    CHECK(said(&b, "few: its dev or test data have changed since 3 runs were scored on them;"));
    Rows rows = runs_of(&b, b.options.out);
    if (CHECK(rows.count == 4))
        CHECK(rows.row[0].eval_n == before_it.row[0].eval_n + 1);
    arena_free(b.arena);
}

static void a_row_that_is_cut_is_named_and_done_again(void)
{
    Bench b;
    size_t count;
    if (!bench_new(&b, small))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows whole = runs_of(&b, b.options.out);
    const char **names = names_in(&b, "rows", ".csv", &count);
    if (CHECK(count == 4)) {
        for (size_t i = 0; i < 3; i++) { // nothing, half, all but the last byte
            struct stat s;
            const char *path = arena_format(b.arena, "%s/rows/%s", b.options.out, names[i]);
            CHECK(stat(path, &s) == 0 && truncate(path, i == 0   ? 0
                                                        : i == 1 ? s.st_size / 2
                                                                 : s.st_size - 1) == 0);
        }
        CHECK(drive_whole(&b) == 0);
        for (size_t i = 0; i < 3; i++)
            CHECK(said(&b, arena_format(b.arena, "%s: is cut", names[i])));
        same_rows(runs_of(&b, b.options.out), whole);
    }
    arena_free(b.arena);
}

static void rows_of_another_plan_stay_and_are_not_in_the_table(void)
{
    Bench b;
    size_t count;
    const char *const fewer[] = { "seeds=1" };
    if (!bench_new(&b, small))
        return;
    CHECK(drive_whole(&b) == 0);
    b.options.set = fewer;
    b.options.sets = 1;
    CHECK(drive_whole(&b) == 0);
    names_in(&b, "rows", ".csv", &count);
    CHECK(count == 4);
    CHECK(runs_of(&b, b.options.out).count == 2);
    CHECK(said(&b, "2 rows of no run that this spec is known to have"));
    CHECK(strstr(text_of(&b, b.options.out, "spec.yaml"), "# --set seeds=1\n") != NULL);
    arena_free(b.arena);
}

// Six runs: one is killed by a signal each time, one diverges, one goes on after its timeout.
static void a_crash_a_divergence_and_a_timeout_are_rows_too(void)
{
    Bench b;
    if (!bench_new(&b, "name: six\nmodels: tiny\ntasks: ./few\nseeds: 1\n"
                       "methods:\n  full: {lr: [1e-3, 10], weight_decay: 10, min_steps: 60}\n  "
                       "bitfit:\n  head:\n"
                       "  lora: {timeout: 0.2}\n  null:\n" TRAIN))
        return;
    b.options.grace = 0.1;
    before(&b, "*bitfit*) echo x >>crashed; echo 'about to crash' >&2; kill -SEGV $$;;\n"
               "*lora*) sh -c 'tail -f \"$0/spec.yaml\"; :' \"$PWD\";;");
    CHECK(drive_whole(&b) == 1);
    Rows rows = runs_of(&b, b.options.out);
    const char *const status[] = { "ok", "diverged", "failed", "ok", "timeout", "ok" };
    CHECK(rows.count == 6);
    for (size_t i = 0; i < 6 && i < rows.count; i++)
        CHECK_TEXT(rows.row[i].status, status[i]);
    if (rows.count == 6) {
        CHECK_TEXT(rows.row[2].error, "killed by signal 11 (Segmentation fault): about to crash");
        CHECK_TEXT(rows.row[2].method, "bitfit");
        CHECK(rows.row[2].seed == 1 && rows.row[2].attempts == 2);
        CHECK(isnan(rows.row[2].score) && isnan(rows.row[2].wall_s));
        CHECK(isnan(rows.row[4].score) && rows.row[4].attempts == 2);
    }
    CHECK(printed(&b, "six: 6 of 6 runs, 3 ok, 1 diverged, 1 failed, 1 timeout\n"));
    CHECK(said(&b, "tunemark: ") && said(&b, "3 of 6 runs did not end ok\n"));
    CHECK(processes_are(&b, 0));

    // A new command tries what failed again, twice; what diverged is final.
    CHECK(drive_whole(&b) == 1);
    CHECK_TEXT(text_of(&b, b.folder, "crashed"), "x\nx\nx\nx\n");
    rows = runs_of(&b, b.options.out);
    CHECK(rows.count == 6 && rows.row[2].attempts == 4 && rows.row[1].attempts == 1);
    before(&b, "nothing) ;;");
    b.options.grace = 60;
    b.options.set = (const char *const[]){ "methods.lora.timeout=100" };
    b.options.sets = 1;
    CHECK(drive_whole(&b) == 1);
    CHECK(printed(&b, "six: 6 of 6 runs, 5 ok, 1 diverged\n"));
    arena_free(b.arena);
}

static void one_driver_a_folder(void)
{
    Bench b;
    if (!bench_new(&b, small))
        return;
    CHECK(mkdir(b.options.out, 0777) == 0);
    int file = open(path_join(b.arena, b.options.out, ".lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    CHECK(dprintf(file, "1234\n") == 5 && flock(file, LOCK_EX) == 0);
    CHECK(drive_whole(&b) == 3);
    CHECK(said(&b, "another sweep works here (process 1234)\n"));
    CHECK(!file_exists(path_join(b.arena, b.options.out, "plan.csv")));
    close(file);
    CHECK(drive_whole(&b) == 0);
    CHECK(!file_exists(path_join(b.arena, b.options.out, ".lock"))); // nobody works here
    arena_free(b.arena);
}

static void ctrl_c_keeps_rows_and_the_same_command_goes_on(void)
{
    Bench b;
    size_t count;
    if (!bench_new(&b, small))
        return;
    b.options.jobs = 1;
    before(&b, "*bitfit*) trap 'echo asked >asked; exit 1' TERM; >begun; sleep 30 & wait;;");
    pid_t pid = drive(&b, RLIM_INFINITY);
    for (int i = 0; i < 6000 && !file_exists(path_join(b.arena, b.folder, "begun")); i++)
        usleep(10000);
    CHECK(kill(pid, SIGINT) == 0);
    CHECK(ended(pid) == 130);
    CHECK(processes(&b) == 0); // at once: the driver has waited for them
    CHECK_TEXT(text_of(&b, b.folder, "asked"), "asked\n"); // before they would have been killed
    CHECK(said(&b, "runs are kept, and the same command goes on\n"));
    names_in(&b, "rows", ".csv", &count);
    CHECK(count == 1);
    CHECK(runs_of(&b, b.options.out).count == count);
    CHECK(parts_left(&b) == 0);
    b.options.image = b.program;
    CHECK(drive_whole(&b) == 0);
    Rows rows = runs_of(&b, b.options.out);
    CHECK(rows.count == 4);
    for (size_t i = 0; i < rows.count; i++)
        CHECK(rows.row[i].attempts == 1); // an interruption is no failure
    arena_free(b.arena);
}

static size_t rows_there(const Bench *b)
{
    size_t count;
    names_in(b, "rows", ".csv", &count);
    return count;
}

// The second of four runs waits until the driver has stopped. What is left after it takes as long
// as the two took, whatever passed meanwhile.
static void ctrl_z_stops_the_driver_and_no_run(void)
{
    Bench b;
    Error error;
    int status = 0, left_s = -1;
    bool stopped = false;
    if (!bench_new(&b, small))
        return;
    b.options.jobs = 1;
    before(&b, "*--seed*) ;; *bitfit*) >begun; while [ ! -e stopped ]; do sleep 0.1; done;;");
    pid_t pid = drive(&b, RLIM_INFINITY);
    setpgid(pid, pid); // as a shell does it: a group that nobody could let go on does not stop
    for (int i = 0; i < 6000 && !file_exists(path_join(b.arena, b.folder, "begun")); i++)
        usleep(10000);
    kill(pid, SIGTSTP);
    for (int i = 0; i < 6000 && !stopped; i++, usleep(10000))
        stopped = waitpid(pid, &status, WUNTRACED | WNOHANG) == pid && WIFSTOPPED(status);
    CHECK(stopped);
    CHECK(said(&b, "stopped: 1 run in flight goes on to the end, and nothing else starts until"));
    CHECK(file_write_text(path_join(b.arena, b.folder, "stopped"), "", &error));
    for (int i = 0; i < 6000 && rows_there(&b) < 2; i++)
        usleep(10000);
    sleep(3);
    CHECK(rows_there(&b) == 2);
    kill(pid, SIGCONT);
    CHECK(ended(pid) == 0);
    Rows rows = runs_of(&b, b.options.out);
    const char *second = strstr(text_of(&b, b.folder, "stderr"), "[2/4] bitfit");
    const char *eta = second ? strstr(second, "ETA ") : NULL;
    if (CHECK(rows.count == 4 && eta && sscanf(eta, "ETA %d s", &left_s) == 1))
        CHECK(left_s <= 1 + rows.row[0].wall_s + rows.row[1].wall_s);
    arena_free(b.arena);
}

static void children_die_with_their_driver(void)
{
    Bench b;
    if (!bench_new(&b, small))
        return;
    before(&b, "run*) exec tail -f \"$PWD/spec.yaml\";;");
    pid_t pid = drive(&b, RLIM_INFINITY);
    CHECK(processes_are(&b, 2));
    CHECK(drive_whole(&b) == 3);
    CHECK(said(&b, arena_format(b.arena, "another sweep works here (process %ld)\n", (long)pid)));
    kill(pid, SIGKILL);
    CHECK(ended(pid) == 128 + SIGKILL);
    CHECK(processes_are(&b, 0));
    arena_free(b.arena);
}

static void what_a_kill_left_half_written_is_removed(void)
{
    Bench b;
    Error error;
    if (!bench_new(&b, small))
        return;
    pid_t dead = fork();
    if (dead == 0)
        _exit(0); // and stays a zombie until the end of the test
    const char *rows = path_join(b.arena, b.options.out, "rows");
    const char *stale = arena_format(b.arena, "%s/abc.csv.%ld.part", rows, (long)dead);
    const char *alive = arena_format(b.arena, "%s/abc.csv.%ld.part", rows, (long)getpid());
    const char *fresh = arena_format(b.arena, "%s/def.csv.%ld.part", rows, (long)dead);
    const char *other = arena_format(b.arena, "%s/abc.csv.%ldab.part", rows, (long)dead);
    CHECK(folder_make(rows, &error) && file_write_text(stale, "half", &error) &&
          file_write_text(alive, "half", &error) && file_write_text(other, "half", &error));
    age_parts(&b);
    CHECK(file_write_text(fresh, "half", &error));
    CHECK(drive_whole(&b) == 0);
    CHECK(!file_exists(stale));
    CHECK(file_exists(alive)); // somebody else is writing it
    CHECK(file_exists(fresh)); // on another machine that number may be somebody's
    CHECK(file_exists(other)); // that is no process's number
    ended(dead);
    arena_free(b.arena);
}

// Those that it has now, before any dies: a second attempt is left alone.
static bool kill_children(pid_t driver)
{
    enum { MOST = 16 };
    pid_t child[MOST];
    int children = 0;
    bool hit = false;
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && children < MOST && (entry = readdir(proc))) {
        char path[300], line[64] = "";
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = fopen(path, "re");
        long parent = 0;
        if (file && fgets(line, sizeof line, file) && strrchr(line, ')'))
            parent = strtol(strrchr(line, ')') + 3, NULL, 10);
        if (file)
            fclose(file);
        if (parent == driver)
            child[children++] = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    if (proc)
        closedir(proc);
    for (int c = 0; c < children; c++)
        hit = kill(child[c], SIGKILL) == 0 || hit;
    return hit;
}

static bool went_well(const Bench *b, int status)
{
    if (status != 0)
        printf("the sweep ended with %d:\n%s\n", status, text_of(b, b->folder, "stderr"));
    return status == 0;
}

static void kill_at_any_moment(const char *spec)
{
    Bench b;
    size_t count;
    uint64_t random = 20;
    if (!bench_new(&b, spec))
        return;
    b.options.out = path_join(b.arena, b.folder, "whole");
    CHECK(went_well(&b, drive_whole(&b)));
    Rows whole = runs_of(&b, b.options.out);
    double wall = 0;
    for (size_t i = 0; i < whole.count; i++)
        wall += isnan(whole.row[i].wall_s) ? 0 : whole.row[i].wall_s;
    b.options.out = path_join(b.arena, b.folder, "out");
    const char *finished = "";
    bool child_was_hit = false;
    for (int kills = 0; kills < 10; kills++) {
        pid_t pid = drive(&b, RLIM_INFINITY);
        // Early kills are the likeliest to hit: the driver's own start, then a share of the whole.
        double fraction = (double)(mix(&random) % 1000) / 1000;
        usleep((useconds_t)(1e6 * fraction * (0.05 + 0.3 * wall)));
        if (kills % 3 == 2) { // a child instead: the driver has to notice
            child_was_hit = kill_children(pid) || child_was_hit;
            CHECK(went_well(&b, ended(pid)));
        } else {
            kill(pid, SIGKILL);
            ended(pid);
        }
        CHECK(processes_are(&b, 0));
        // Every file that has its final name is whole, and no finished one was touched.
        const char **names = names_in(&b, "rows", ".csv", &count), *state = "";
        for (size_t i = 0; i < count; i++) {
            Rows rows;
            Error error;
            const char *path = arena_format(b.arena, "%s/rows/%s", b.options.out, names[i]);
            CHECK(rows_read(b.arena, path, &rows.row, &rows.count, &error) && rows.count == 1);
        }
        state = state_of_rows(&b);
        for (char *line = arena_text(b.arena, finished), *next; (next = strchr(line, '\n'));
             line = next + 1) {
            *next = '\0';
            CHECK(strstr(state, line) != NULL);
        }
        finished = state;
        if (kills % 3 == 2 && kills < 9) { // begin anew
            b.options.out = arena_format(b.arena, "%s/out%d", b.folder, kills);
            finished = "";
        }
    }
    age_parts(&b);
    CHECK(went_well(&b, drive_whole(&b)));
    CHECK(parts_left(&b) == 0);
    same_rows(runs_of(&b, b.options.out), whole);
    if (!child_was_hit)
        printf("no child was hit\n");
    arena_free(b.arena);
}

static void kill_9_at_any_moment_loses_nothing(void)
{
    kill_at_any_moment("name: small\nmodels: tiny\ntasks: ./few\nmethods: [full, bitfit, head]\n"
                       "seeds: 2\n" TRAIN);
}

static void kill_9_at_any_moment_of_a_search_leaves_the_same_winner(void)
{
    kill_at_any_moment("name: small\nmodels: tiny\ntasks: ./few\nmethods: full\nseeds: 2\n" TRAIN
                       "search: {trials: 4}\n");
}

static void commands_run_by_eight_processes_give_the_same_folder(void)
{
    Bench b;
    Error error;
    if (!bench_new(&b, small))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows rows = runs_of(&b, b.options.out);
    b.options.out = path_join(b.arena, b.folder, "it's apart"); // to be quoted
    b.options.commands = true;
    CHECK(drive_whole(&b) == 0);
    CHECK(!folder_exists(b.options.out));
    // Each command twice, so that writers of one file meet.
    const char *list = text_of(&b, b.folder, "stdout"),
               *path = path_join(b.arena, b.folder, "list");
    CHECK(file_write_text(path, arena_format(b.arena, "%s%s", list, list), &error));
    CHECK(system(arena_format(b.arena,
                              "cd '%s' && xargs -P 8 -d '\\n' -I {} sh -c {} <'%s' >'%s.out' 2>&1",
                              b.folder, path, path)) == 0);
    CHECK(parts_left(&b) == 0);
    b.options.commands = false;
    const char *state = state_of_rows(&b);
    CHECK(drive_whole(&b) == 0);
    CHECK_TEXT(state_of_rows(&b), state);
    same_rows(runs_of(&b, b.options.out), rows);
    arena_free(b.arena);
}

// What Slurm would do, by the shell: a task a part, and then the lines that the script says.
static void the_parts_of_an_array_job_join_to_the_same_folder(void)
{
    Bench b;
    Error error;
    if (!bench_new(
            &b, "name: small\nmodels: tiny\ntasks: ./few\nmethods: [full, bitfit]\nseeds: 2\n" TRAIN
                "search: {trials: 2}\n"))
        return;
    CHECK(drive_whole(&b) == 0);
    Rows rows = runs_of(&b, b.options.out);
    b.options.out = path_join(b.arena, b.folder, "it's apart"); // to be quoted
    CHECK(rename(b.options.spec, path_join(b.arena, b.folder, "-x.yaml")) == 0);
    b.options.spec = "-x.yaml"; // no option
    b.options.slurm = 2;
    b.options.jobs = 1;
    b.options.grace = 7.5;
    CHECK(drive_whole(&b) == 0);
    CHECK(!folder_exists(b.options.out));
    CHECK(printed(&b, "#SBATCH --array=1-2\n") && printed(&b, "#SBATCH --cpus-per-task=1\n"));
    CHECK(printed(&b, " --grace 7.5 "));
    const char *script = text_of(&b, b.folder, "stdout"), *join = strstr(script, "#   for part in");
    CHECK(file_write_text(path_join(b.arena, b.folder, "job.sh"), script, &error));
    CHECK(system(arena_format(b.arena,
                              "cd '%s' && for i in 1 2; do SLURM_ARRAY_TASK_ID=$i bash job.sh "
                              ">>job.log 2>&1 || exit 1; done",
                              b.folder)) == 0);
    if (!CHECK(join != NULL))
        return;
    size_t length = strcspn(join, "\n");
    CHECK(system(arena_format(b.arena, "cd '%s' && %.*s", b.folder, (int)length - 4, join + 4)) ==
          0);
    b.options.slurm = 0;
    const char *state = state_of_rows(&b);
    CHECK(drive_whole(&b) == 0); // nothing was left to do
    CHECK_TEXT(state_of_rows(&b), state);
    CHECK(rows.count == 8 && same_rows(runs_of(&b, b.options.out), rows));
    arena_free(b.arena);
}

static void a_full_disk_ends_the_sweep_with_status_3_and_nothing_half_written(void)
{
    static const rlim_t most_bytes[] = { 10, 150, 500, 1000 };
    Bench b;
    if (!bench_new(&b, small))
        return;
    for (size_t i = 0; i < sizeof most_bytes / sizeof *most_bytes; i++) {
        CHECK(ended(drive(&b, most_bytes[i])) == 3);
        CHECK(most_bytes[i] < 150 || said(&b, "not written: File too large\n"));
        CHECK(parts_left(&b) == 0);
        CHECK(processes_are(&b, 0));
    }
    CHECK(drive_whole(&b) == 0);
    CHECK(runs_of(&b, b.options.out).count == 4);
    arena_free(b.arena);
}

// Lessons L13.
static void a_dry_run_warns_of_one_rate_for_several_methods(void)
{
    static const struct {
        const char *methods, *set, *said; // NULL: nothing of rates
    } of[] = {
        { "methods: [full, lora, null, feature]\n", "train.lr=5e-5",
          "rates: one for 2 methods: lr 5e-05, and none of them searched\n" },
        { "methods: [full, lora, bitfit]\n", "methods.lora.lr=1e-3", NULL },
        { "methods: {full: {lr: 1e-3}, lora: {lr: 1e-3}, bitfit: {lr: 3e-3}}\n",
          "search=", "rates: one for 2 methods: lr 0.001, and none of them searched\n" },
        { "methods: [full, lora]\n", "train.lr=[1e-4, 1e-3]", NULL },
        { "methods: [full, lora]\n", "search=", NULL },
        { "methods: [full, null]\n", "train.lr=1e-3", NULL },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Bench b = { .arena = NULL };
        char spec[512];
        snprintf(spec, sizeof spec, HEAD "%s", of[i].methods);
        if (!bench_new(&b, spec))
            return;
        b.options.dry_run = true;
        b.options.set = &of[i].set;
        b.options.sets = 1;
        CHECK(drive_whole(&b) == 0);
        if (!CHECK(of[i].said ? printed(&b, of[i].said) : !printed(&b, "rates: one for")))
            printf("%s%s\n", of[i].methods, of[i].set);
        arena_free(b.arena);
    }
}

static void a_dry_run_says_why_and_writes_nothing(void)
{
    Bench b;
    size_t count;
    if (!bench_new(&b, small))
        return;
    b.options.dry_run = true;
    CHECK(drive_whole(&b) == 0);
    CHECK(!folder_exists(b.options.out));
    CHECK(printed(&b, "full tiny ./few seed 1: never run\n"));
    CHECK(printed(&b, "small: 4 runs, 0 finished, 4 to do\n"));
    CHECK(printed(&b, "half of the rate of a product for 4"));
    CHECK(printed(
        &b, "seeds: 2; compare claims nothing of fewer than 3\n       a sign-flip test beside it "
            "needs 6 for 5 % in 1 comparison\n"));
    const char *const set[] = { "models=[tiny, mini]", "methods=[full, null, bitfit, head]" };
    b.options.set = set, b.options.sets = 2; // two of each model, and a floor is compared with none
    CHECK(drive_whole(&b) == 0);
    CHECK(printed(&b, "needs 8 for 5 % in 4 comparisons\n"));
    b.options.sets = 0;
    b.options.dry_run = false;
    before(&b, "*bitfit*) exit 7;;");
    CHECK(drive_whole(&b) == 1);
    const char **names = names_in(&b, "rows", ".csv", &count);
    const char *state = state_of_rows(&b);
    CHECK(count == 4);
    b.options.dry_run = true;
    CHECK(drive_whole(&b) == 0);
    CHECK(printed(&b, "bitfit tiny ./few seed 2: failed: exit status 7 without a word\n"));
    CHECK(printed(&b, "small: 4 runs, 2 finished, 2 to do\n"));
    CHECK(printed(&b, "rates from rows of the same model for 2"));
    b.options.set = (const char *const[]){ "methods.full.lr=0.0007" };
    b.options.sets = 1;
    CHECK(drive_whole(&b) == 0);
    CHECK(printed(&b, "full tiny ./few seed 1: lr differs from an existing row\n"));
    CHECK(
        printed(&b, "rates from rows of the same model and method for 2, rows of the same model"));
    CHECK_TEXT(state_of_rows(&b), state);
    b.options.sets = 0;
    for (size_t i = 0; i < count; i++)
        CHECK(truncate(arena_format(b.arena, "%s/rows/%s", b.options.out, names[i]), 100) == 0);
    CHECK(drive_whole(&b) == 0);
    CHECK(printed(&b, "full tiny ./few seed 1: its row cannot be read\n"));
    arena_free(b.arena);
}

static void what_cannot_run_is_refused_before_anything_begins(void)
{
    static const struct {
        const char *spec, *part;
    } wrong[] = {
        { "name: a\nmodels: tiny\ntasks: ./few\nseeds: 1\nmethods:\n  full: {lr: [1e-3, "
          "0.001]}\n",
          "spec.yaml:6: 'full tiny ./few seed 1 lr 1e-3' and 'full tiny ./few seed 1 lr 0.001' "
          "are the same run" },
        { "name: a\nmodels: tinny\ntasks: ./few\nmethods:\n  full:\n",
          "spec.yaml:2: full tinny ./few seed 1: " },
        { "name: a\nmodels: tiny\ntasks: ./fewer\nmethods: full\n",
          "spec.yaml:3: full tiny ./fewer seed 1: " },
        { "name: a\nmodels: tiny\ntasks: ./few\nseeds: 1\nmethods: full\nsearch: {from: gone}\n",
          "spec.yaml:6: no folder gone; should be the folder of a sweep" },
        { "name: a\nmodels: tiny\ntasks: ./few\nmethods:\n  lora: {rank: 512}\n", "spec.yaml:5: " },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Bench b;
        if (!bench_new(&b, wrong[i].spec))
            return;
        CHECK(drive_whole(&b) == 2);
        CHECK(said(&b, wrong[i].part));
        CHECK(!folder_exists(b.options.out));
        arena_free(b.arena);
    }
}

static void a_shell_reads_a_command_back_as_it_was(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 24, &error);
    char *word[] = { "printf", "%s|",           "plain-1.5", "",   "a b",
                     "it's",   "$HOME \"`x`\"", "q+v",       "\\", NULL };
    char answer[200] = "";
    FILE *shell = popen(shell_line(arena, word), "r");
    CHECK(shell && fgets(answer, sizeof answer, shell));
    pclose(shell);
    CHECK_TEXT(answer, "plain-1.5||a b|it's|$HOME \"`x`\"|q+v|\\|");
    CHECK_TEXT(shell_line(arena, word + 7), "q+v '\\'");
    char *broken[] = { "a\nb", NULL };
    CHECK_TEXT(shell_line(arena, broken), "'a'$'\\n''b'");
    arena_free(arena);
}

static void a_log_that_is_a_pipe_is_an_error_and_no_wait(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 24, &error);
    const char *pipe = path_join(arena, test_folder(), "pipe.log");
    char *word[] = { "true", NULL };
    Child child;
    CHECK(mkfifo(pipe, 0666) == 0);
    CHECK(!child_start("true", word, pipe, &child, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "pipe.log: cannot be written: ");
    arena_free(arena);
}

static void a_child_is_alone_and_its_last_words_are_kept(void)
{
    static const struct {
        const char *script, *words;
    } cases[] = {
        { "echo begin; echo 'tunemark: no space' >&2; exit 3", "no space" },
        { "printf 'one\\ntwo  \\n\\n'; exit 1", "two" },
        { "exit 5", "exit status 5 without a word" },
        { "true", "ended without a row" },
        { "kill -9 $$", "killed by signal 9 (Killed)" },
        { "printf 'a\\033[1mb\\0c\\n'; exit 1", "a [1mb c" },
        { "printf 'caf\\303\\251 \\303'; exit 1", "caf\303\251 " },
        { "cat; [ \"$(ps -o pgid= -p $$ | tr -d ' ')\" = $$ ] && echo alone; exit 1", "alone" },
    };
    Error error;
    Arena *arena = arena_new((size_t)1 << 24, &error);
    const char *log = path_join(arena, test_folder(), "log");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *argument[] = { "sh", "-c", arena_text(arena, cases[i].script), NULL };
        Child child;
        int status;
        CHECK(child_start("sh", argument, log, &child, &error));
        while (!child_ended(&child, &status))
            usleep(1000);
        CHECK_TEXT(child_words(arena, &child, status), cases[i].words);
    }
    char *missing[] = { "nothing", NULL };
    Child child;
    int status;
    CHECK(child_start("/nothing", missing, log, &child, &error));
    while (!child_ended(&child, &status))
        usleep(1000);
    CHECK_TEXT(child_words(arena, &child, status),
               "nothing cannot be started: No such file or directory");
    char *six[] = { "echo", "6.5", NULL }, *none[] = { "false", NULL };
    CHECK_CLOSE(child_number("echo", six), 6.5, 0);
    CHECK(isnan(child_number("false", none)));
    signal(SIGCHLD, SIG_IGN); // then nobody says how it ended
    CHECK(isnan(child_number("echo", six)));
    signal(SIGCHLD, SIG_DFL);
    arena_free(arena);
}

static void progress_is_one_line(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 24, &error);
    Row row;
    row_clear(&row);
    row.status = "ok";
    row.lr = 0.001;
    row.tune_score = 0.9123;
    row.tokens_per_s = 41234;
    Progress p = { .done = 37, .total = 240, .left_s = NAN };
    CHECK_TEXT(progress_line(arena, &p), "[ 37/240]");
    p.label = "lora mini sst2 seed 3";
    p.row = &row;
    p.left_s = 3 * 3600 + 12 * 60 + 40;
    p.running = 2;
    p.failed = 1;
    CHECK_TEXT(progress_line(arena, &p),
               "[ 37/240] lora mini sst2 seed 3 lr 0.001 | tune 91.2 | 41k tok/s "
               "| ETA 3 h 12 m | 2 running | 1 failed");
    row_clear(&row);
    row.status = "failed";
    p.running = p.failed = 0;
    p.done = 240;
    CHECK_TEXT(progress_line(arena, &p), "[240/240] lora mini sst2 seed 3 | failed");
    CHECK_TEXT(duration_text(arena, 59.4), "59 s");
    CHECK_TEXT(duration_text(arena, 59.6), "1 m 0 s");
    CHECK_TEXT(duration_text(arena, 3599), "59 m 59 s");
    arena_free(arena);
}

// A width is of columns: what is no terminal has 80, and the last stays free.
static void a_line_is_cut_between_characters(void)
{
    char text[2 * 81 + 1] = "", *shown = NULL;
    size_t size;
    for (size_t columns = 78; columns <= 81; columns++) {
        FILE *terminal = open_memstream(&shown, &size);
        for (size_t i = 0; i < columns; i++)
            memcpy(text + 2 * i, "\u00e9", 3);
        terminal_line(terminal, text);
        fclose(terminal);
        text[2 * (columns < 79 ? columns : 79)] = '\0';
        CHECK(strlen(shown) > 4);
        CHECK_TEXT(shown + strlen("\r\033[K"), text);
        free(shown);
    }
}

void suite_sweep(void)
{
    ADD(a_shell_reads_a_command_back_as_it_was);
    ADD(a_log_that_is_a_pipe_is_an_error_and_no_wait);
    ADD(a_child_is_alone_and_its_last_words_are_kept);
    ADD(progress_is_one_line);
    ADD(a_line_is_cut_between_characters);
    ADD(what_cannot_run_is_refused_before_anything_begins);
    ADD(a_sweep_gives_a_row_a_run_in_the_order_of_the_plan);
    ADD(neither_jobs_nor_order_changes_a_row);
    ADD(runs_of_a_sweep_share_what_is_frozen);
    ADD(what_is_finished_does_not_run_again);
    ADD(data_that_have_changed_since_are_named);
    ADD(a_row_that_is_cut_is_named_and_done_again);
    ADD(rows_of_another_plan_stay_and_are_not_in_the_table);
    ADD(a_crash_a_divergence_and_a_timeout_are_rows_too);
    ADD(one_driver_a_folder);
    ADD(ctrl_c_keeps_rows_and_the_same_command_goes_on);
    ADD(ctrl_z_stops_the_driver_and_no_run);
    ADD(children_die_with_their_driver);
    ADD(what_a_kill_left_half_written_is_removed);
    ADD(kill_9_at_any_moment_loses_nothing);
    ADD(kill_9_at_any_moment_of_a_search_leaves_the_same_winner);
    ADD(commands_run_by_eight_processes_give_the_same_folder);
    ADD(the_parts_of_an_array_job_join_to_the_same_folder);
    ADD(a_full_disk_ends_the_sweep_with_status_3_and_nothing_half_written);
    ADD(a_dry_run_warns_of_one_rate_for_several_methods);
    ADD(a_dry_run_says_why_and_writes_nothing);
}
