// datasets/fetch.sh and models/fetch.sh on a server of loopback that fails in every way. They need
// curl, python3 for the server, and unzip.
#include "tests/program.h"
#include "base/file.h"
#include "base/hash.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SUM "00000000000000000000000000000000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

typedef struct {
    Arena *arena;
    const char *folder, *served, *to, *table; // the last three in the first
    pid_t server;
    int port;
} World;

static void rest(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

static void world_end(World *world)
{
    if (world->server > 0) {
        kill(world->server, SIGKILL);
        waitpid(world->server, NULL, 0);
    }
    arena_free(world->arena);
}

// NULL: the test is skipped, or has failed.
static World *world_begin(void)
{
    Error error;
    if (system("curl --version >/dev/null 2>&1 && python3 -c '' 2>/dev/null && command -v unzip "
               "flock >/dev/null") != 0) {
        skip("one of curl, unzip, flock and python3 is missing");
        return NULL;
    }
    Arena *arena = arena_new((size_t)1 << 28, &error);
    World *world = arena_zero(arena, 1, sizeof *world);
    world->arena = arena;
    world->folder = test_folder();
    world->served = path_join(world->arena, world->folder, "served");
    world->to = path_join(world->arena, world->folder, "to");
    world->table = path_join(world->arena, world->folder, "table");
    CHECK(folder_make(world->served, &error));
    fflush(NULL);
    if ((world->server = fork()) == 0) {
        execlp("python3", "python3", "tests/fetch_server.py", world->served, (char *)NULL);
        _exit(127);
    }
    const char *port = path_join(world->arena, world->served, "port");
    for (int i = 0; i < 2000 && !file_exists(port); i++)
        rest();
    world->port = atoi(read_text(world->arena, port));
    if (CHECK(world->port > 0))
        return world;
    world_end(world);
    return NULL;
}

// "http://127.0.0.1:PORT/HOW/FILE BYTES SHA256", the numbers those of the file.
static const char *from(World *world, const char *how, const char *file)
{
    Bytes bytes;
    Error error;
    if (!file_read(world->arena, path_join(world->arena, world->served, file), &bytes, &error))
        abort();
    return arena_format(world->arena, "from http://127.0.0.1:%d/%s/%s %zu %s\n", world->port, how,
                        file, bytes.size, hash_bytes(bytes.data, bytes.size).hex);
}

// With words of `env`, such as "FETCH_WAIT=1".
static const char *command_in(World *world, const char *env, const char *words)
{
    return arena_format(world->arena,
                        "no_proxy='*' FETCH_TRIES=3 FETCH_STALL=1 FETCH_WAIT=0 %s "
                        "datasets/fetch.sh --table %s %s >%s.out 2>%s.err </dev/null",
                        env, world->table, words, world->to, world->to);
}

static const char *command(World *world, const char *words)
{
    return command_in(world, "", words);
}

static Said said(World *world, int status)
{
    return (Said){ .status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
                   .out = read_text(world->arena, arena_format(world->arena, "%s.out", world->to)),
                   .err =
                       read_text(world->arena, arena_format(world->arena, "%s.err", world->to)) };
}

// Fetches task `t`, of which the table says `lines`.
static Said fetch(World *world, const char *lines)
{
    write_text(world->table, arena_format(world->arena, "task t  a test; no terms\n%s", lines));
    return said(world, system(command(world, arena_format(world->arena, "%s t", world->to))));
}

static bool shell(World *world, const char *format, const char *a, const char *b)
{
    return system(arena_format(world->arena, format, a, b)) == 0;
}

static bool same(World *world, const char *file, const char *served)
{
    return system(arena_format(world->arena, "cmp -s %s/t/%s %s/%s", world->to, file, world->served,
                               served)) == 0;
}

static const char *log_of(World *world)
{
    return read_text(world->arena, path_join(world->arena, world->served, "log"));
}

static bool clean(World *world) // what was on its way is gone
{
    return !folder_exists(path_join(world->arena, world->to, ".fetch"));
}

// It ended with `status` and said `part` to people.
static bool check_said(Said is, int status, const char *part, const char *file, int line)
{
    bool right = is.status == status && strstr(is.err, part);
    if (!right)
        printf("\nstatus %d, \"%s\"; should be %d with \"%s\"\n", is.status, is.err, status, part);
    return check(right, part, file, line);
}
#define CHECK_SAID(is, status, part) check_said((is), (status), (part), __FILE__, __LINE__)

// ---- what goes wrong on the way

static void each_failure_is_overcome_or_said(void)
{
    World *world = world_begin();
    if (!world)
        return;
    static const struct {
        const char *how, *says;
        int status;
        const char *range; // that was asked for in the end; NULL: none
    } of[] = {
        { "ok", "t: http://127.0.0.1:", 0, NULL },
        { "redirect", "t: http://", 0, NULL },
        { "busy", "error: 503; again in 0 s", 0, NULL },
        { "once", "again in 0 s", 0, "GET /once/plain bytes=100000-" },
        { "reset", "again in 0 s", 0, "GET /reset/plain bytes=100000-" },
        { "stall", "again in 0 s", 0, "GET /stall/plain bytes=100000-" },
        { "cut", "again in 0 s", 0, "GET /cut/plain bytes=100000-" }, // and gets all, twice
        { "missing", "/missing/plain: The requested URL returned error: 404\n", 1, NULL },
        { "loop", "redirects", 1, NULL },
        { "short", "/short/plain: ", 1, "GET /short/plain bytes=150000-" },
        { "full", "/full/plain: sends more than the 200000 bytes that it should\n", 1, NULL },
        { "endless", "/endless/plain: sends more than the 200000 bytes ", 1, NULL },
        { "trickle", "again in 0 s", 0, "GET /trickle/plain bytes=" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const char *lines =
            arena_format(world->arena, "%s  got\n", from(world, of[i].how, "plain"));
        Said is = fetch(world, lines);
        if (!CHECK_SAID(is, of[i].status, of[i].says))
            printf("%s\n", of[i].how);
        CHECK(same(world, "got", "plain") == (of[i].status == 0));
        CHECK(strstr(is.out, of[i].status ? "not whole: t" : "to: 1\n") != NULL);
        CHECK(!of[i].range || strstr(log_of(world), of[i].range));
        if (of[i].status == 0) {
            CHECK(clean(world));
            size_t before = strlen(log_of(world));
            CHECK(strstr(fetch(world, lines).out, "to: 0\n") != NULL);
            CHECK(strlen(log_of(world)) == before); // nothing is asked for again
        }
        CHECK(system(arena_format(world->arena, "rm -rf %s", world->to)) == 0);
    }
    const char *nobody = "from http://127.0.0.1:1/x 3 " SUM "\n  got\n"; // nobody listens
    CHECK_SAID(fetch(world, nobody), 1, "connect");
    world_end(world);
}

// ---- sums

static void sums_are_checked_and_unknown_ones_kept(void)
{
    World *world = world_begin();
    if (!world)
        return;
    const char *wrong = arena_format(world->arena,
                                     "from http://127.0.0.1:%d/ok/plain 200000 %064d\n"
                                     "  got\n",
                                     world->port, 0);
    CHECK_SAID(fetch(world, wrong), 1, "has the wrong sum ");
    const char *asked = strstr(log_of(world), "GET /ok/plain"); // in one piece, so only once
    CHECK(asked && !strstr(asked + 1, "GET /ok/plain"));
    CHECK(!file_exists(path_join(world->arena, world->to, "t/got")));
    const char *archive =
        arena_format(world->arena, "from http://127.0.0.1:%d/ok/two.zip - %064d\n  got top/x.tsv\n",
                     world->port, 0);
    CHECK_SAID(fetch(world, archive), 1, "two.zip: has the wrong sum ");
    CHECK(!file_exists(path_join(world->arena, world->to, "t/got")));
    const char *unknown =
        arena_format(world->arena, "at http://127.0.0.1:%d/ok/\n  plain\n", world->port);
    Said is = fetch(world, unknown);
    CHECK_SAID(is, 0, "t/plain: no sum is known; that of what came is kept in ");
    CHECK(strstr(is.err, "/ok/plain, size not known\n") != NULL);
    CHECK(same(world, "plain", "plain"));
    CHECK(system(arena_format(world->arena, "cd %s && sha256sum --quiet -c SHA256SUMS",
                              world->to)) == 0);
    CHECK(strstr(fetch(world, unknown).out, "to: 0\n") != NULL);
    // What is changed here is fetched again; what is changed there is refused.
    write_text(path_join(world->arena, world->to, "t/plain"), "changed");
    CHECK_SAID(fetch(world, unknown), 0, "t: http://");
    CHECK(same(world, "plain", "plain"));
    write_text(path_join(world->arena, world->to, "t/plain"), "changed");
    write_text(path_join(world->arena, world->served, "plain"), "changed, too");
    CHECK_SAID(fetch(world, unknown), 1, "t/plain: has the wrong sum ");
    CHECK_TEXT(read_text(world->arena, path_join(world->arena, world->to, "t/plain")), "changed");
    world_end(world);
}

// ---- where nothing can be put

static void what_cannot_be_put_in_place_is_said_and_kept(void)
{
    World *world = world_begin();
    if (!world)
        return;
    static const char *const in_the_way[] = { "mkdir -p %s && : >%s/t", "mkdir -p %s/t %s/t/got" };
    for (size_t i = 0; i < 2; i++) {
        const char *lines =
            arena_format(world->arena, "%s  got\n", from(world, i ? "ok" : "whole", "plain"));
        CHECK(shell(world, in_the_way[i], world->to, world->to));
        Said is = fetch(world, lines);
        CHECK_SAID(is, 3, i ? "cannot overwrite directory" : "cannot create directory");
        CHECK(!*is.out);
        size_t before = strlen(log_of(world));
        CHECK(shell(world, "rm -rf %s/t", world->to, ""));
        CHECK(strstr(fetch(world, lines).out, "to: 1\n") != NULL);
        CHECK(same(world, "got", "plain") && strlen(log_of(world)) == before); // kept what had come
        CHECK(shell(world, "rm -rf %s", world->to, ""));
    }
    world_end(world);
}

// `kB` that are taken of the 300; what is to be fetched is longer than what is left.
static void check_room(World *world, const char *kB, const char *file, const char *wanted)
{
    const char *lines = arena_format(world->arena, "%s%s", from(world, "ok", file), wanted);
    CHECK(shell(world, "head -c %s000 /dev/zero >%s/taken 2>/dev/null; true", kB, world->to));
    Said is = fetch(world, lines);
    if (!CHECK_SAID(is, 3, "cannot be "))
        printf("%s kB, %s\n", kB, file);
    CHECK(!*is.out && !strstr(is.err, "has no") && !strstr(is.err, "unpacked"));
    CHECK(files_below(path_join(world->arena, world->to, "t")) == 0);
    CHECK(shell(world, "rm -rf %s/* %s/.fetch", world->to, world->to));
}

static void a_full_disk_is_said_to_be_full(void)
{
    World *world = world_begin();
    if (!world)
        return;
    if (folder_make(world->to, &(Error){ 0 }) &&
        shell(world, "mount -t tmpfs -o size=300k none %s%s 2>/dev/null", world->to, "")) {
        check_room(world, "999", "plain", "  got\n"); // from the beginning
        check_room(world, "200", "plain", "  got\n"); // while it comes
        check_room(world, "0", "wide.zip", "  got top/wide\n");
        check_room(world, "0", "wide.tar.gz", "  got top/wide\n");
        check_room(world, "0", "wide.tar.gz", "  got/ top/\n");
        CHECK(shell(world, "umount %s%s", world->to, ""));
    } else
        skip("no file system of 300 kB can be mounted here");
    world_end(world);
}

// ---- archives

static void archives_give_what_the_table_names_and_nothing_else(void)
{
    World *world = world_begin();
    if (!world)
        return;
    Arena *arena = world->arena;
    Said is = fetch(world,
                    arena_format(arena,
                                 "%s  a/x.tsv top/x.tsv\n  y.tsv *y.tsv\n"
                                 "%s  neg/ top/neg/\n  README top/README\n",
                                 from(world, "once", "two.zip"), from(world, "ok", "tree.tar.gz")));
    CHECK_SAID(is, 0, "t: http://");
    CHECK(!strncmp(read_text(arena, path_join(arena, world->to, "t/a/x.tsv")), "x\t1\n", 4));
    CHECK(!strncmp(read_text(arena, path_join(arena, world->to, "t/y.tsv")), "y\t2\n", 4));
    CHECK_TEXT(read_text(arena, path_join(arena, world->to, "t/neg/1.txt")), "worse");
    CHECK_TEXT(read_text(arena, path_join(arena, world->to, "t/README")), "read me");
    CHECK(files_below(path_join(arena, world->to, "t")) == 5 && clean(world));
    size_t before = strlen(log_of(world));
    is = fetch(world, arena_format(arena, "%s  neg/ top/neg/\n", from(world, "ok", "tree.tar.gz")));
    CHECK(is.status == 0 && strlen(log_of(world)) == before);
    static const struct {
        const char *file, *lines, *says;
    } refused[] = {
        { "climbs.tar.gz", "  pos/ top/pos/\n",
          "climbs.tar.gz: it has links or devices, or names" },
        { "links.tar.gz", "  more/ top/neg/\n", "t/more/: cannot be unpacked from http://" },
        { "tree.tar.gz", "  more/ top/other/\n", "top/other: Not found in archive\n" },
        { "tree.tar.gz", "  more top/other\n", "top/other: Not found in archive\n" },
        { "two.zip", "  more top/other\n", "filename not matched:  top/other\n" },
        { "two.zip", "  more/ top/\n", "two.zip: a zip archive gives files alone" },
        { "plain", "  more top/other\n", "plain: it is no .zip, .tar.gz or .tgz" },
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        is = fetch(world, arena_format(arena, "%s%s", from(world, "ok", refused[i].file),
                                       refused[i].lines));
        CHECK_SAID(is, 1, refused[i].says);
        CHECK(files_below(path_join(arena, world->to, "t")) == 5);
    }
    CHECK(!file_exists(path_join(arena, world->folder, "climbed")));
    world_end(world);
}

// ---- interruptions

// Starts a fetch in a process group of its own; returns when some of it has come.
static pid_t started(World *world, const char *lines)
{
    write_text(world->table, arena_format(world->arena, "task t  a test; no terms\n%s", lines));
    const char *line = command(world, arena_format(world->arena, "%s t", world->to));
    const char *some =
        arena_format(world->arena, "test -s %s/.fetch/*.part 2>/dev/null", world->to);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        static const int ends[] = { SIGHUP, SIGINT, SIGTERM };
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            signal(ends[i], SIG_DFL);
        setpgid(0, 0);
        execl("/bin/sh", "sh", "-c", arena_format(world->arena, "exec env %s", line), (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000 && system(some) != 0; i++)
        rest();
    return child;
}

static void what_is_interrupted_is_resumed(void)
{
    World *world = world_begin();
    if (!world)
        return;
    static const struct {
        int signal, status;
        bool group; // as Ctrl-C does it; else the script alone
    } of[] = { { SIGINT, 130, true }, { SIGTERM, 130, false }, { SIGKILL, -SIGKILL, true } };
    const char *lines = arena_format(world->arena, "%s  got\n", from(world, "slow", "plain"));
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        int status = 0;
        pid_t child = started(world, lines);
        kill(of[i].group ? -child : child, of[i].signal);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            continue;
        Said is = said(world, status);
        CHECK(is.status == of[i].status);
        CHECK(of[i].signal == SIGKILL || strstr(is.err, "the same command goes on from here"));
        CHECK(files_below(world->to) == 0); // nothing half there but in .fetch
        unlink(path_join(world->arena, world->served, "log"));
        CHECK_SAID(fetch(world, lines), 0, "t: http://");
        CHECK(same(world, "got", "plain") && clean(world));
        CHECK(strstr(log_of(world), "GET /slow/plain bytes=") != NULL); // the rest alone
        CHECK(system(arena_format(world->arena, "rm -rf %s", world->to)) == 0);
    }
    pid_t child = started(world, lines);
    CHECK_SAID(fetch(world, lines), 3, "another fetch is at work there");
    kill(-child, SIGKILL);
    waitpid(child, NULL, 0);
    world_end(world);
}

// Of a file whose sum nobody knows, what has come so far may be of another version.
static void two_versions_never_make_one_file(void)
{
    World *world = world_begin();
    if (!world)
        return;
    Arena *arena = world->arena;
    const char *slow = arena_format(arena, "at http://127.0.0.1:%d/slow/\n  plain\n", world->port);
    const char *once = arena_format(arena, "at http://127.0.0.1:%d/once/\n  plain\n", world->port);
    pid_t child = started(world, slow);
    kill(-child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK(shell(world, "tr a b <%s/plain >%s/other", world->served, world->served));
    CHECK(shell(world, "mv %s/other %s/plain", world->served, world->served));
    CHECK_SAID(fetch(world, slow), 0, "no sum is known");
    CHECK(same(world, "plain", "plain"));
    CHECK(shell(world, "rm -rf %s%s", world->to, ""));
    CHECK_SAID(fetch(world, once), 0, "again in 0 s");
    CHECK(same(world, "plain", "plain") && !strstr(log_of(world), "bytes="));
    world_end(world);
}

static void one_name_leaves_the_part_of_another(void)
{
    World *world = world_begin();
    if (!world)
        return;
    Arena *arena = world->arena;
    const char *slow = from(world, "slow", "plain"), *ok = from(world, "ok", "tree.tar.gz");
    pid_t child = started(world, arena_format(arena, "%s  got\n", slow));
    kill(-child, SIGKILL);
    waitpid(child, NULL, 0);
    write_text(world->table, arena_format(arena,
                                          "task u  a test; no terms\n%s  got\n"
                                          "task t  a test; no terms\n%s  got\n",
                                          ok, slow));
    CHECK_SAID(said(world, system(command(world, arena_format(arena, "%s u", world->to)))), 0,
               "u: ");
    CHECK_SAID(said(world, system(command(world, arena_format(arena, "%s t", world->to)))), 0,
               "t: ");
    CHECK(same(world, "got", "plain") && clean(world));
    CHECK(strstr(log_of(world), "GET /slow/plain bytes=") != NULL);
    world_end(world);
}

// ---- the command line and the tables

static void wrong_words_and_tables_are_refused(void)
{
    Error error;
    World world = { .arena = arena_new((size_t)1 << 28, &error), .folder = test_folder() };
    world.to = path_join(world.arena, world.folder, "to");
    world.table = path_join(world.arena, world.folder, "table");
    static const struct {
        const char *table, *says;
    } tables[] = {
        { "task t  x\nfrom http://h/a 1 " SUM "\n  ../b\n",
          "table:3: \"../b\" cannot be a file's name" },
        { "task t  x\nfrom http://h/a 1 " SUM "\n  /b\n", "cannot be a file's name" },
        { "task t  x\nfrom http://h/a.zip 1 " SUM "\n  b c/../../d\n", "cannot be a file's name" },
        { "task ../t  x\n", "table:1: \"../t\" cannot be" },
        { "task t  x\nfrom file:///etc/passwd 1 " SUM "\n  b\n", "is no address" },
        { "task t  x\nat http://h/a\n  b\n", "is no address" },
        { "task t  x\nfrom http://h/a many aa\n  b\n", "\"many\" is no number of bytes" },
        { "task t  x\nfrom http://h/a 1 xx\n  b\n", "\"xx\" is no SHA-256" },
        { "task t  x\nfrom http://h/a 1 " SUM "0\n  b\n", "0\" is no SHA-256, which has 64" },
        { "task t  x\nfrom http://h/a 1 " SUM "\n  b/\n", "\"b/\" is a folder" },
        { "task t  x\n  b\n", "\"b\" is unknown" },
        { "from http://h/a 1 " SUM "\n", "stands before any task" },
        { "# nothing\n", "has no task" },
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        write_text(world.table, tables[i].table);
        Said is = said(&world, system(command(&world, world.to)));
        CHECK_SAID(is, 2, tables[i].says);
        CHECK(!folder_exists(world.to));
    }
    write_text(world.table, "task t  a test; no terms\nfrom http://h/a 1 " SUM "\n  b\n");
    static const struct {
        const char *words, *says;
    } words[] = {
        { "x nothing", "nothing: is no task; should be all, or one of" },
        { "--nonsense", "--nonsense is unknown; should be --list" },
        { "--table", "--table has no value" },
        { "--table /nowhere x", "/nowhere: cannot be read" },
        { "'' t", "the folder's name is empty; should be a folder, or left out" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        CHECK_SAID(said(&world, system(command(&world, words[i].words))), 2, words[i].says);
    Said is = said(&world, system(command(&world, "--list")));
    CHECK(is.status == 0 && !*is.err && strstr(is.out, "t ") == is.out);
    CHECK_SAID(said(&world, system(command(&world, "/proc/nowhere t"))), 3, "cannot be made");
    arena_free(world.arena);
}

// A curl that tells what it was told, and fails for a while; a sleep that takes no time.
static void https_stays_https_and_numbers_are_decimal(void)
{
    World *world = world_begin();
    if (!world)
        return;
    const char *path = path_join(world->arena, world->folder, "programs");
    CHECK(shell(world, "mkdir %s%s", path, "") &&
          shell(world, "printf '#!/bin/sh\\necho \"$@\" >>%s.said\\nexit 7\\n' >%s/curl", path,
                path) &&
          shell(world, "printf '#!/bin/sh\\n' >%s/sleep; chmod +x %s/*", path, path));
    const char *env = arena_format(world->arena, "PATH=%s:$PATH FETCH_WAIT=08", path);
    write_text(world->table, "task t  a test; no terms\nat https://h/\n  b\nat http://h/\n  c\n");
    Said is =
        said(world, system(command_in(world, env, arena_format(world->arena, "%s t", world->to))));
    CHECK_SAID(is, 1, "https://h/b: curl failed with 7; again in 8 s\n");
    CHECK(strstr(is.err, "http://h/c: curl failed with 7; again in 16 s\n") != NULL);
    const char *told = read_text(world->arena, arena_format(world->arena, "%s.said", path));
    CHECK(strstr(told, "--proto =http,https --proto-redir =https --max-redirs") ==
          strstr(told, "--proto "));
    CHECK(strstr(told, "--proto-redir =http,https --max-redirs") != NULL);
    world_end(world);
}

static void the_tables_of_the_repository_are_right(void)
{
    static const struct {
        const char *tool, *name;
    } of[] = { { "datasets/fetch.sh", "\nsst2 " }, { "models/fetch.sh", "\nBERT-Mini " } };
    Error error;
    Arena *arena = arena_new((size_t)1 << 28, &error);
    for (size_t i = 0; i < 2; i++) {
        const char *out = path_join(arena, test_folder(), "out");
        CHECK(system(arena_format(arena, "%s --list >%s", of[i].tool, out)) == 0);
        CHECK(strstr(read_text(arena, out), of[i].name) != NULL);
        CHECK(system(arena_format(arena, "awk 'length > 100 { exit 1 }' %s", out)) == 0);
        CHECK(system(arena_format(arena, "%s --help >%s", of[i].tool, out)) == 0);
        CHECK(strstr(read_text(arena, out), "usage: ") != NULL);
    }
    arena_free(arena);
}

// MRPC's files are made of those that it is published in; the sums are of GLUE's.
static void mrpc_is_split_as_glue_does(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 28, &error);
    const char *data = getenv("TUNEMARK_DATA"), *folder = test_folder();
    const char *mrpc = data ? arena_format(arena, "%.*s/mrpc", (int)strcspn(data, ":"), data) : "";
    if (!file_exists(path_join(arena, mrpc, "msr_paraphrase_train.txt"))) {
        skip("no mrpc in TUNEMARK_DATA");
        arena_free(arena);
        return;
    }
    const char *script = path_join(arena, folder, "made.sh");
    CHECK(
        system(arena_format(arena,
                            "mkdir %s/mrpc && cp %s/msr_*.txt %s/mrpc && awk -F'\\t' -v OFS='\\t' "
                            "'NR > 1 { print $2, $3 }' %s/dev.tsv >%s/mrpc/mrpc_dev_ids.tsv && "
                            "sed -n '/^made()/,/^}/p' datasets/fetch.sh >%s",
                            folder, mrpc, folder, mrpc, folder, script)) == 0);
    static const char *const files[] = { "train.tsv", "dev.tsv", "test.tsv" };
    for (size_t i = 0; i < 3; i++)
        CHECK(system(arena_format(arena, "folder=%s; . %s; made mrpc %s | cmp - %s/%s", folder,
                                  script, files[i], mrpc, files[i])) == 0);
    arena_free(arena);
}

void suite_fetch(void)
{
    ADD(each_failure_is_overcome_or_said);
    ADD(sums_are_checked_and_unknown_ones_kept);
    ADD(what_cannot_be_put_in_place_is_said_and_kept);
    ADD(a_full_disk_is_said_to_be_full);
    ADD(archives_give_what_the_table_names_and_nothing_else);
    ADD(what_is_interrupted_is_resumed);
    ADD(two_versions_never_make_one_file);
    ADD(one_name_leaves_the_part_of_another);
    ADD(https_stays_https_and_numbers_are_decimal);
    ADD(wrong_words_and_tables_are_refused);
    ADD(the_tables_of_the_repository_are_right);
    ADD(mrpc_is_split_as_glue_does);
}
