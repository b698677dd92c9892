// test_kept.c: kept rows in files: the same bits wherever they lie, a file that is found, and files
// that are not to be believed.
#include "run/keeping.h"
#include "base/text.h"
#include "tests/row_same.h"
#include "tests/run_bench.h"
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// Enough epochs that what a frozen bottom gives is kept.
#define EPOCHS "epochs", "9"
// In a file's head.
enum { DIGEST = 16, NAME = 80, BYTES = 144, SECONDS = 152, ROWS = 192 };
#define MARKED_S 1000.0 // that a file says its rows took: a run that found it says so, too

static const char *const cached[] = { "head", "topk", "feature", NULL };

static const char *folder_of(Bench *b, const char *name)
{
    return path_join(b->arena, b->folder, name);
}

static bool same_results(Bench *b, const Done *x, const Done *y)
{
    bool same = CHECK_TEXT(x->row.key, y->row.key);
    same &= CHECK_TEXT(run_text(b, x, "predictions"), run_text(b, y, "predictions"));
    same &= CHECK_TEXT(run_text(b, x, "scores"), run_text(b, y, "scores"));
    same &= CHECK(x->row.loss == y->row.loss && x->row.flops == y->row.flops &&
                  x->row.tokens == y->row.tokens);
    return same;
}

// ---- files

typedef struct {
    const char **name;
    size_t count;
} Files;

static Files files_in(Bench *b, const char *folder, const char *suffix)
{
    Files files;
    Error error;
    CHECK(folder_list(b->arena, folder, suffix, &files.name, &files.count, &error));
    return files;
}

// The one file of a folder.
static const char *file_of(Bench *b, const char *folder)
{
    Files files = files_in(b, folder, ".kept");
    return CHECK(files.count == 1) ? path_join(b->arena, folder, files.name[0]) : "";
}

typedef struct {
    uint8_t *data;
    size_t size;
} Image;

static Image image_of(Bench *b, const char *path)
{
    Bytes bytes;
    Error error;
    if (CHECK(file_read(b->arena, path, &bytes, &error) && bytes.size > ROWS))
        return (Image){ (uint8_t *)(uintptr_t)bytes.data, bytes.size };
    return (Image){ arena_zero(b->arena, ROWS, 1), ROWS };
}

static void image_put(const char *path, Image image)
{
    FILE *out = fopen(path, "we");
    if (CHECK(out != NULL)) {
        CHECK(fwrite(image.data, 1, image.size, out) == image.size);
        CHECK(fclose(out) == 0);
    }
}

static void image_seal(Image image)
{
    char both[128] = { 0 };
    for (size_t begin = 0, at = NAME; begin < image.size; at = begin += 65536) {
        size_t end = begin + 65536 < image.size ? begin + 65536 : image.size;
        memcpy(both + 64, hash_bytes(image.data + at, end - at).hex, 64);
        memcpy(both, hash_bytes(both, 128).hex, 64);
    }
    memcpy(image.data + DIGEST, both, 64);
}

// A sound file that can be told from what any run writes.
static Image mark(Bench *b, const char *path)
{
    Image image = image_of(b, path);
    double seconds = MARKED_S;
    memcpy(image.data + SECONDS, &seconds, sizeof seconds);
    image_seal(image);
    image_put(path, image);
    return image;
}

static bool was_found(Row row)
{
    return row.feature_s >= MARKED_S;
}

#define COMMAND                                                                                    \
    "run --model tiny --task %s --method %s --epochs 9 --min-steps 1 --batch 8 --max-length 32 "   \
    "--out %s --cache-folder %s --cache %d --cache-file %d"

// ---- bits and honesty

static void memory_a_file_and_another_runs_file_give_the_same_bits(void)
{
    Bench b = run_bench();
    for (int m = 0; cached[m]; m++) {
        const char *left = folder_of(&b, arena_format(b.arena, "%s-memory", cached[m]));
        const char *large = folder_of(&b, arena_format(b.arena, "%s-file", cached[m]));
        const char *const settings[][9] = {
            { EPOCHS, NULL },
            { EPOCHS, "cache-folder", left, NULL },
            { EPOCHS, "cache-folder", left, NULL },
            { EPOCHS, "cache", "0", "cache-file", "1", NULL },
            { EPOCHS, "cache", "0", "cache-file", "1", "cache-folder", large, NULL },
            { EPOCHS, "cache", "0", "cache-file", "1", "cache-folder", large, NULL },
            { EPOCHS, "cache", "0", "cache-file", "1", "cache-folder", left, NULL },
        };
        enum { WAYS = sizeof settings / sizeof *settings };
        Done done[WAYS];
        for (int w = 0; w < WAYS; w++) {
            done[w] = run_of(&b, cached[m], settings[w]);
            if (!CHECK(!isnan(done[w].row.feature_s)) || !same_results(&b, &done[0], &done[w]))
                printf("%s, way %d\n", cached[m], w);
            CHECK(!done[w].row.warnings);
            CHECK(files_below(done[w].out) == files_below(done[0].out)); // no file outlives a run
        }
        const Column *differs = NULL;
        for (int w = 1; w < 3; w++) // of shared rows that memory holds every decided cell, too
            if (!CHECK(row_same(&done[0].row, &done[w].row, &differs)))
                printf("%s: %s\n", cached[m], differs->name);
        Files a = files_in(&b, left, ""), c = files_in(&b, large, "");
        CHECK(a.count == (m == 2 ? 2 : 1) && c.count == a.count); // a fit's: train and tune
        for (size_t i = 0; i < a.count; i++)
            CHECK_TEXT(a.name[i], c.name[i]);
    }
    arena_free(b.arena);
}

static void a_run_that_finds_rows_says_what_they_cost(void)
{
    Bench b = run_bench();
    for (int m = 0; cached[m]; m++) {
        const char *folder = folder_of(&b, cached[m]);
        const char *const *settings = SETTINGS(EPOCHS, "cache-folder", folder);
        Row cold = run_of(&b, cached[m], settings).row;
        Files files = files_in(&b, folder, ".kept");
        CHECK(row_alone_s(&cold) == cold.wall_s);
        for (size_t i = 0; i < files.count; i++)
            mark(&b, path_join(b.arena, folder, files.name[i]));
        Row warm = run_of(&b, cached[m], settings).row;
        double all = MARKED_S * (double)files.count;
        double training = isnan(warm.train_s) ? 0 : warm.train_s;
        CHECK(was_found(warm) && !was_found(cold));
        CHECK(m == 2 ? warm.feature_s > all && warm.feature_s < all + warm.wall_s
                     : warm.feature_s == all);
        // Of a fit once; of steps an epoch's worth for each of nine epochs, less what was spent.
        double saved = all * (m == 2 ? 1 : 9);
        CHECK(warm.cache_saved_s < saved && warm.cache_saved_s > saved - warm.wall_s);
        CHECK(row_alone_s(&warm) > all && row_alone_s(&warm) < all + warm.wall_s);
        double passed = m == 2 ? all : training + warm.feature_s; // a fit's own time has no flops
        CHECK_CLOSE(warm.gflops_per_s, warm.flops / passed / 1e9, 1e-9);
        if (m < 2) // and the file says what its own run measured
            CHECK(cold.feature_s > 0 && cold.cache_saved_s < 9 * cold.feature_s);
    }
    arena_free(b.arena);
}

static void rows_in_a_file_are_no_planned_memory(void)
{
    Bench b = run_bench();
    Row memory = run_of(&b, "head", SETTINGS(EPOCHS)).row;
    Row file = run_of(&b, "head", SETTINGS(EPOCHS, "cache", "0", "cache-file", "1")).row;
    Row whole = run_of(&b, "head", SETTINGS(EPOCHS, "cache", "0")).row;
    Whole rows = 48 * 128 * 4; // a row of tiny's width each
    CHECK(memory.plan_peak - file.plan_peak == rows);
    CHECK(memory.plan_activations - file.plan_activations == rows);
    CHECK(memory.arena_peak - file.arena_peak == rows);
    CHECK(isnan(whole.feature_s) && whole.flops > 2 * file.flops);
    CHECK_TEXT(whole.key, file.key);
    // What does not fit a limit in memory goes to the file instead of being given up.
    const char *limit = arena_format(b.arena, "%lld", (long long)memory.plan_peak - 1);
    Row within = run_of(&b, "head", SETTINGS(EPOCHS, "cache-file", "1", "max-memory", limit)).row;
    CHECK(within.plan_peak == file.plan_peak && within.loss == memory.loss);
    arena_free(b.arena);
}

static void too_large_for_both_budgets_is_not_kept(void)
{
    Bench b = run_bench();
    const char *folder = folder_of(&b, "none");
    Row row = run_of(&b, "head", SETTINGS(EPOCHS, "cache", "0", "cache-folder", folder)).row;
    CHECK(isnan(row.feature_s) && isnan(row.cache_saved_s));
    CHECK(access(folder, F_OK) != 0); // what nobody uses is not made
    arena_free(b.arena);
}

// ---- names

// Each setting beside the base: does its run find the base's file?
static void what_decides_the_rows_is_in_the_name_and_nothing_else(void)
{
    Bench b = run_bench();
    const char *changed = model_copy(b.arena, b.folder, "changed");
    const char *config = path_join(b.arena, changed, "config.json");
    char *text = read_text(b.arena, config);
    char *epsilon = strstr(text, "1e-12");
    if (CHECK(epsilon != NULL))
        memcpy(epsilon, "1e-10", 5);
    write_text(config, text);
    const struct {
        const char *method, *setting[5];
        bool same;
    } of[] = {
        { "head", { "lr", "0.1" }, true },
        { "head", { "seed", "9" }, true },
        { "head", { "epochs", "12" }, true },
        { "head", { "weight-decay", "0.1", "clip", "0" }, true },
        { "head", { "recompute", "yes" }, true },
        { "head", { "dropout", "0.3" }, true }, // below the head nothing drops
        { "head", { "max-length", "100" }, true },
        { "head", { "head", "mlp" }, true },
        { "head", { "max-length", "7" }, false },
        { "head", { "train-limit", "40" }, false },
        { "head", { "train-on", "train+tune" }, false },
        { "head", { "batch", "16" }, false },
        { "head", { "micro-batch", "4" }, false },
        { "head", { "head", "linear" }, false },
        { "head", { "frozen-dtype", "bf16" }, false },
        { "head", { "pretrained", "no" }, false },
        { "head", { "model", "mini" }, false },
        { "head", { "model", changed }, false },
        { "topk", { NULL }, false },
        { "topk", { "frozen-dropout", "yes", "dropout", "0" }, false }, // as the line before
    };
    enum { CASES = sizeof of / sizeof *of };
    const char *folder = folder_of(&b, "kept");
    run_of(&b, "head", SETTINGS(EPOCHS, "cache-folder", folder));
    mark(&b, file_of(&b, folder));
    size_t before = 1;
    for (size_t i = 0; i < CASES; i++) {
        const char *settings[10] = { EPOCHS, "cache-folder", folder };
        for (size_t s = 0; s < 4 && of[i].setting[s]; s++)
            settings[4 + s] = of[i].setting[s];
        Row row = run_of(&b, of[i].method, settings).row;
        size_t now = files_in(&b, folder, ".kept").count, more = of[i].same ? 0 : 1;
        more = i == CASES - 1 ? 0 : more;
        if (!CHECK(was_found(row) == of[i].same) || !CHECK(now == before + more))
            printf("%s %s %s: %zu files\n", of[i].method, of[i].setting[0] ? of[i].setting[0] : "",
                   of[i].setting[1] ? of[i].setting[1] : "", now);
        before = now;
    }
    // Another word of as many pieces in the last row, far from the first batch.
    const char *train = path_join(b.arena, b.task, "train.csv");
    char *rows = read_text(b.arena, train), *last = strrchr(rows, ',');
    while (last > rows && strncmp(last, "the ", 4) != 0)
        last--;
    memcpy(last, "his ", 4);
    write_text(train, rows);
    CHECK(!was_found(run_of(&b, "head", SETTINGS(EPOCHS, "cache-folder", folder)).row));
    CHECK(files_in(&b, folder, ".kept").count == before + 1);
    // What is drawn depends on its seed, and sums on the threads.
    const char *drawn = folder_of(&b, "drawn");
    for (int seed = 1; seed <= 3; seed++)
        run_of(&b, "head",
               SETTINGS(EPOCHS, "cache-folder", drawn, "pretrained", "no", "init-seed",
                        seed == 1 ? "1" : "2"));
    CHECK(files_in(&b, drawn, ".kept").count == 2);
    const char *threads = folder_of(&b, "threads");
    for (int t = 1; t <= 2; t++) {
        Said said = program(b.arena, NULL, COMMAND " --threads %d", b.task, "head",
                            folder_of(&b, "out"), threads, 1, 0, t);
        CHECK(said.status == 0 && files_in(&b, threads, ".kept").count == (size_t)t);
    }
    arena_free(b.arena);
}

// ---- files that are not to be believed

typedef struct {
    const char *what;
    size_t at; // the byte; from the end for FLIP_LAST
    enum { FLIP, FLIP_LAST, CUT, CUT_BY_ONE, ONE_MORE, RESEALED, OTHER_NAME, NO_SECONDS } how;
} Damage;

static const Damage damages[] = {
    { "nothing", 0, CUT },
    { "half a head", 100, CUT },
    { "a head alone", ROWS, CUT },
    { "half of the rows", 10000, CUT },
    { "all but a byte", 0, CUT_BY_ONE },
    { "a byte more", 0, ONE_MORE },
    { "another format", 3, FLIP },
    { "another version", 14, FLIP },
    { "another hash", DIGEST + 5, FLIP },
    { "another name", NAME + 63, FLIP },
    { "another size", BYTES, FLIP },
    { "other seconds", SECONDS + 6, FLIP },
    { "another byte of no meaning", ROWS - 1, FLIP },
    { "another first bit", ROWS, FLIP },
    { "a bit amid the rows", 12345, FLIP },
    { "another last bit", 1, FLIP_LAST },
    { "rows of another build", ROWS, RESEALED },
    { "the file of another name, whole", NAME, OTHER_NAME },
    { "seconds that are no number", 0, NO_SECONDS },
};

static Image damaged(Bench *b, Image whole, const Damage *damage)
{
    Image image = { arena_take(b->arena, whole.size + 1, 1), whole.size };
    memcpy(image.data, whole.data, whole.size);
    image.data[whole.size] = 0;
    double none = NAN;
    switch (damage->how) {
    case CUT:
        image.size = damage->at;
        break;
    case CUT_BY_ONE:
        image.size--;
        break;
    case ONE_MORE:
        image.size++;
        break;
    case FLIP:
    case RESEALED:
    case OTHER_NAME:
        image.data[damage->at] ^= 1;
        break;
    case FLIP_LAST:
        image.data[image.size - damage->at] ^= 1;
        break;
    case NO_SECONDS:
        memcpy(image.data + SECONDS, &none, sizeof none);
        break;
    }
    if (damage->how >= RESEALED)
        image_seal(image);
    return image;
}

static void a_file_that_is_not_whole_and_right_is_computed_anew(void)
{
    Bench b = run_bench();
    const char *folder = folder_of(&b, "kept");
    const char *const *settings = SETTINGS(EPOCHS, "cache-folder", folder);
    Done first = run_of(&b, "topk", settings);
    const char *path = file_of(&b, folder);
    Image whole = mark(&b, path);
    CHECK(whole.size > 2 * 65536); // a row a token: several chunks
    CHECK(was_found(run_of(&b, "topk", settings).row));
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        image_put(path, damaged(&b, whole, &damages[i]));
        Done done = run_of(&b, "topk", settings);
        Image now = image_of(&b, path);
        if (!CHECK(!was_found(done.row)) || !same_results(&b, &first, &done) ||
            !CHECK(!done.row.warnings) ||
            !CHECK(now.size == whole.size &&
                   !memcmp(now.data + ROWS, whole.data + ROWS, whole.size - ROWS)))
            printf("%s\n", damages[i].what);
        CHECK(files_in(&b, folder, "").count == 1);
    }
    mark(&b, path); // what was written last is a file as any
    CHECK(was_found(run_of(&b, "topk", settings).row));
    arena_free(b.arena);
}

// Where no file can be: the run goes on, and says so.
static void what_is_no_file_is_left_alone(void)
{
    Bench b = run_bench();
    const char *folder = folder_of(&b, "kept");
    const char *const *settings = SETTINGS(EPOCHS, "cache-folder", folder);
    Done first = run_of(&b, "head", settings);
    const char *path = file_of(&b, folder);
    for (int pipe = 0; pipe < 2; pipe++) {
        CHECK(remove(path) == 0);
        CHECK((pipe ? mkfifo(path, 0600) : mkdir(path, 0700)) == 0);
        Done done = run_of(&b, "head", settings);
        same_results(&b, &first, &done);
        CHECK(!was_found(done.row));
        if (pipe) // is replaced, as any file of that name
            CHECK(file_exists(path) && !done.row.warnings);
        else
            CHECK(done.row.warnings && strstr(done.row.warnings, ".kept: not written: "));
        CHECK(files_in(&b, folder, "").count == 1);
    }
    Said said = program(b.arena, NULL,
                        "run --model tiny --task %s --method head --epochs 9 --min-steps 1 "
                        "--batch 8 --out %s/refused --cache-folder %s",
                        b.task, b.folder, path);
    CHECK_REFUSED(said, 2, "cannot be made");
    arena_free(b.arena);
}

static void a_killed_writer_leaves_nothing(void)
{
    Bench b = run_bench();
    for (int large = 0; large < 2; large++) {
        const char *folder = folder_of(&b, large ? "file" : "memory");
        for (long ms = 20; ms < 400; ms *= 2) {
            pid_t child = program_start(b.arena, COMMAND, b.task, "topk", folder_of(&b, "out"),
                                        folder, !large, large);
            nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
            kill(child, SIGKILL);
            program_ended(child);
            Files files = files_in(&b, folder, "");
            for (size_t i = 0; i < files.count; i++)
                CHECK(strstr(files.name[i], ".part") == NULL);
        }
    }
    arena_free(b.arena);
}

// /proc can have no file without a name, and none at all.
static void where_rows_cannot_be_left_for_others_the_run_has_them(void)
{
    Bench b = run_bench();
    Done usual = run_of(&b, "head", SETTINGS(EPOCHS));
    for (int large = 0; large < 2; large++) {
        Done done = run_of(&b, "head",
                           SETTINGS(EPOCHS, "cache-folder", "/proc", "cache", large ? "0" : "1",
                                    "cache-file", "1"));
        same_results(&b, &usual, &done);
        CHECK(done.row.warnings && strstr(done.row.warnings, "no other run will find /proc/"));
        CHECK(!isnan(done.row.feature_s));
    }
    arena_free(b.arena);
}

// ---- several at once, and a disk that is full

static Done written(Bench *b, const char *out)
{
    Done done = { .out = out };
    Row *rows;
    size_t count;
    Error error;
    row_clear(&done.row);
    const char *folder = path_join(b->arena, out, "rows");
    Files files = files_in(b, folder, ".csv");
    if (CHECK(files.count == 1) &&
        CHECK(rows_read(b->arena, path_join(b->arena, folder, files.name[0]), &rows, &count,
                        &error)) &&
        CHECK(count == 1))
        done.row = rows[0];
    return done;
}

static void of_jobs_at_once_one_computes_and_the_others_find(void)
{
    enum { JOBS = 4 };
    Bench b = run_bench();
    for (int large = 0; large < 2; large++) {
        const char *folder = folder_of(&b, large ? "file" : "memory");
        pid_t job[JOBS];
        const char *out[JOBS];
        for (int j = 0; j < JOBS; j++) {
            out[j] = folder_of(&b, arena_format(b.arena, "at-once%d-%d", large, j));
            job[j] = program_start(b.arena, COMMAND, b.task, "head", out[j], folder, !large, large);
        }
        for (int j = 0; j < JOBS; j++)
            CHECK(program_ended(job[j]) == 0);
        Done first = written(&b, out[0]);
        for (int j = 1; j < JOBS; j++) {
            Done done = written(&b, out[j]);
            same_results(&b, &first, &done);
            CHECK(!done.row.warnings);
            CHECK(done.row.feature_s == first.row.feature_s); // of the one that computed them
        }
        CHECK(files_in(&b, folder, "").count == 1); // and no lock
        mark(&b, file_of(&b, folder));
        Said said = program(b.arena, NULL, COMMAND, b.task, "head", out[0], folder, !large, large);
        CHECK(said.status == 0 && strstr(said.out, " (alone 1"));
        CHECK(was_found(written(&b, out[0]).row));
    }
    arena_free(b.arena);
}

static void a_full_disk_costs_the_file_and_nothing_else(void)
{
    Around full = { .file_bytes = 20000 }; // the head's rows take 48 x 512 bytes
    Bench b = run_bench();
    for (int m = 0; cached[m]; m++)
        for (int large = 0; large < 2; large++) {
            const char *name = arena_format(b.arena, "%s%d", cached[m], large);
            const char *folder = folder_of(&b, name);
            const char *out = folder_of(&b, arena_format(b.arena, "out-%s", name));
            const char *usual = folder_of(&b, arena_format(b.arena, "usual-%s", name));
            bool whole = large && m < 2; // steps, then, that keep nothing
            Said without = program(b.arena, NULL, COMMAND, b.task, cached[m], usual,
                                   path_join(b.arena, usual, "kept"), whole ? 0 : 1, 0);
            Said said =
                program(b.arena, &full, COMMAND, b.task, cached[m], out, folder, !large, large);
            CHECK(without.status == 0 && said.status == 0);
            CHECK(strstr(said.err, "tunemark: warning: ") != NULL &&
                  strstr(said.err, "not written: File too large\n") != NULL);
            Done done = written(&b, out), right = written(&b, usual);
            if (!same_results(&b, &right, &done) || !CHECK(isnan(done.row.feature_s) == whole))
                printf("%s: %s", name, said.err);
            CHECK(done.row.warnings &&
                  strstr(done.row.warnings, large ? "had no room in a file" : "no other run will"));
            // Of a fit the tune rows, which are a third, may have found room.
            for (size_t i = 0; i < files_in(&b, folder, "").count; i++)
                CHECK(m == 2 && strstr(files_in(&b, folder, "").name[i], ".part") == NULL);
        }
    arena_free(b.arena);
}

// The plan without a file takes the place of the one with it: neither memory nor seconds of both.
static void a_run_without_room_takes_what_one_that_keeps_nothing_takes(void)
{
    static const char words[] = "run --model mini --task %s --method topk --epochs 9 --min-steps 1 "
                                "--batch 8 --max-length 16 --cache 0 --out %s --cache-file %d";
    Around full = { .file_bytes = 20000 };
    Bench b = run_bench();
    const char *out = folder_of(&b, "full"), *usual = folder_of(&b, "usual");
    CHECK(program(b.arena, NULL, words, b.task, usual, 0).status == 0);
    CHECK(program(b.arena, &full, words, b.task, out, 4000).status == 0);
    Row done = written(&b, out).row, right = written(&b, usual).row;
    CHECK(done.warnings && strstr(done.warnings, "had no room in a file"));
    CHECK(done.plan_peak == right.plan_peak && row_alone_s(&done) == done.wall_s);
    if (SANITIZED || done.rss_peak == WHOLE_UNKNOWN)
        skip("what is resident is not known");
    else
        CHECK_CLOSE((double)(done.rss_peak - done.rss_start) / 1e6,
                    (double)(right.rss_peak - right.rss_start) / 1e6, 0.05);
    arena_free(b.arena);
}

// What --max-memory chose with the file is in the key; a sweep waits for the row of that key.
static void a_full_disk_changes_no_lever(void)
{
    static const char words[] = "run --model mini --task %s --method %s --epochs 9 --min-steps 1 "
                                "--batch 8 --max-length 16 --out %s --cache-file 4000%s";
    Around full = { .file_bytes = 5000 };
    Bench b = run_bench();
    for (int m = 0; m < 2; m++) {
        const char *method = m ? "feature" : "head"; // a fit keeps its vectors somewhere
        const char *usual = folder_of(&b, arena_format(b.arena, "usual-%s", method));
        CHECK(program(b.arena, NULL, words, b.task, method, usual, "").status == 0);
        Row row = written(&b, usual).row;
        const char *limit = arena_format(
            b.arena, " --max-memory %lld",
            (long long)(row.plan_peak > row.eval_plan_peak ? row.plan_peak : row.eval_plan_peak) -
                1);
        const char *with = folder_of(&b, arena_format(b.arena, "with-%s", method));
        CHECK(program(b.arena, NULL, words, b.task, method, with, limit).status == 0);
        CHECK_TEXT(written(&b, with).row.key, row.key);
        const char *without = folder_of(&b, arena_format(b.arena, "without-%s", method));
        Said said = program(b.arena, &full, words, b.task, method, without, limit);
        if (m)
            CHECK_REFUSED(said, 3, "and the run takes more without one; should be at least ");
        else if (CHECK(said.status == 0))
            CHECK_TEXT(written(&b, without).row.key, row.key);
    }
    arena_free(b.arena);
}

static bool count_before_steps(void *context, int64_t step, int64_t steps, double loss, double rate)
{
    int *calls = context;
    (void)steps, (void)loss, (void)rate;
    *calls += step == 0;
    return true;
}

// It may be a large one.
static void a_file_that_is_found_is_read_with_an_eye_on_the_clock(void)
{
    Bench b = run_bench();
    const char *folder = folder_of(&b, "kept");
    int calls = 0;
    Request request;
    Error error;
    Row row;
    const char *const *settings =
        SETTINGS("epochs", "2", "model", "mini", "train-limit", "300", "stage", "trial",
                 "cache-folder", folder, "out", folder_of(&b, "out"));
    run_on(&b, "reviews", "topk", settings);
    Image image = mark(&b, file_of(&b, folder));
    CHECK(image.size > 3 << 20);
    CHECK(small_request(b.arena, "topk", "reviews", settings, &request, &error));
    CHECK(run(b.arena, &request, count_before_steps, &calls, &row, &error) && was_found(row));
    CHECK(calls >= (int)(image.size >> 20));
    arena_free(b.arena);
}

static bool third_time(void *context, int64_t step, int64_t steps, double loss, double rate)
{
    int *calls = context;
    (void)step, (void)steps, (void)loss, (void)rate;
    return ++*calls < 3;
}

static void an_interruption_leaves_no_part(void)
{
    Bench b = run_bench();
    const char *folder = folder_of(&b, "kept");
    for (int large = 0; large < 2; large++) {
        Request request;
        Error error;
        Row row;
        int calls = 0;
        CHECK(small_request(b.arena, "head", b.task,
                            SETTINGS(EPOCHS, "cache", large ? "0" : "1", "cache-file", "1",
                                     "cache-folder", folder, "out", folder_of(&b, "out")),
                            &request, &error));
        CHECK(!run(b.arena, &request, third_time, &calls, &row, &error));
        CHECK_ERROR(&error, ERROR_INTERRUPTED, "before the first step");
        CHECK(calls == 3 && files_in(&b, folder, "").count == 0);
    }
    arena_free(b.arena);
}

static void one_that_waits_for_another_is_interrupted_at_once(void)
{
    Bench b = run_bench();
    const char *folder = folder_of(&b, "kept"), *out = folder_of(&b, "out");
    const char *const *settings =
        SETTINGS(EPOCHS, "cache", "0", "cache-file", "1", "cache-folder", folder, "out", out);
    Request request;
    Error error;
    Row row;
    int calls = 0;
    run_of(&b, "head", SETTINGS(EPOCHS, "cache", "0", "cache-file", "1", "cache-folder", folder));
    const char *path = file_of(&b, folder);
    const char *name = arena_format(b.arena, "%.*s.lock", (int)strlen(path) - 5, path);
    CHECK(unlink(path) == 0);
    Lock lock;
    CHECK(lock_wait(name, NULL, NULL, &lock) && lock.file >= 0);
    CHECK(small_request(b.arena, "head", b.task, settings, &request, &error));
    CHECK(!run(b.arena, &request, third_time, &calls, &row, &error));
    CHECK_ERROR(&error, ERROR_INTERRUPTED, "before the first step");
    CHECK(calls == 3 && !folder_exists(path_join(b.arena, out, "rows"))); // nothing came after
    lock_release(&lock);
    arena_free(b.arena);
}

void suite_kept(void)
{
    ADD(memory_a_file_and_another_runs_file_give_the_same_bits);
    ADD(a_run_that_finds_rows_says_what_they_cost);
    ADD(rows_in_a_file_are_no_planned_memory);
    ADD(too_large_for_both_budgets_is_not_kept);
    ADD(what_decides_the_rows_is_in_the_name_and_nothing_else);
    ADD(a_file_that_is_not_whole_and_right_is_computed_anew);
    ADD(what_is_no_file_is_left_alone);
    ADD(a_killed_writer_leaves_nothing);
    ADD(where_rows_cannot_be_left_for_others_the_run_has_them);
    ADD(of_jobs_at_once_one_computes_and_the_others_find);
    ADD(a_full_disk_costs_the_file_and_nothing_else);
    ADD(a_run_without_room_takes_what_one_that_keeps_nothing_takes);
    ADD(a_full_disk_changes_no_lever);
    ADD(a_file_that_is_found_is_read_with_an_eye_on_the_clock);
    ADD(an_interruption_leaves_no_part);
    ADD(one_that_waits_for_another_is_interrupted_at_once);
}
