// A file is read whole or refused with a reason; it is written whole or not at all.
#include "tests/test.h"
#include "base/file.h"
#include "base/hash.h"
#include "tests/program.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEBIBYTE = 1 << 20 };

static void a_file_comes_back_as_it_was_written(void)
{
    Error error;
    Arena *arena = arena_new(MEBIBYTE, &error);
    char *path = path_join(arena, test_folder(), "f");
    const char *const texts[] = { "", "x", "line\nline\n" };
    for (size_t i = 0; i < 3; i++) {
        Bytes read = { 0 }, map = { 0 };
        CHECK(file_write_text(path, texts[i], &error));
        CHECK(file_read(arena, path, &read, &error) && file_map(path, &map, &error));
        CHECK_TEXT((const char *)read.data, texts[i]); // the zero behind it is there
        CHECK(read.size == strlen(texts[i]) && map.size == read.size);
        CHECK(!memcmp(read.data, map.data, map.size));
        file_unmap(map);
    }
    arena_free(arena);
}

static void what_is_no_regular_file_is_refused_by_name(void)
{
    Error error;
    Arena *arena = arena_new(MEBIBYTE, &error);
    const char *folder = test_folder();
    char *pipe_path = path_join(arena, folder, "pipe"), *none = path_join(arena, folder, "none");
    Bytes bytes;
    CHECK(mkfifo(pipe_path, 0600) == 0);
    CHECK(!file_read(arena, folder, &bytes, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "is a folder; should be a file");
    CHECK(!file_map(pipe_path, &bytes, &error)); // and does not wait for a writer
    CHECK_ERROR(&error, ERROR_INPUT, "/pipe: is a pipe; should be a file");
    CHECK(!file_read(arena, "/dev/zero", &bytes, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "/dev/zero: is a device; should be a file");
    CHECK(!file_read(arena, none, &bytes, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "/none: cannot be read: No such file or directory");
    CHECK(!file_exists(folder) && folder_exists(folder) && !folder_exists(none));
    arena_free(arena);
}

static void a_file_longer_than_the_arena_is_refused(void)
{
    Error error;
    Arena *arena = arena_new(4096, &error);
    char *path = path_join(arena, test_folder(), "long");
    Bytes bytes;
    CHECK(file_write_text(path, "", &error) && truncate(path, (off_t)1 << 40) == 0); // a hole
    CHECK(!file_read(arena, path, &bytes, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "1099511627776 bytes do not fit");
    arena_free(arena);
}

static size_t entries(const char *folder)
{
    Error error;
    Arena *arena = arena_new(MEBIBYTE, &error);
    const char **names;
    size_t count = 0;
    CHECK(folder_list(arena, folder, "", &names, &count, &error));
    arena_free(arena);
    return count;
}

static bool put_megabyte(FILE *out, const void *content)
{
    for (int i = 0; i < MEBIBYTE; i++)
        if (putc(*(const char *)content, out) == EOF)
            return false;
    return true;
}

static bool put_and_ignore(FILE *out, const void *content)
{
    put_megabyte(out, content);
    return true;
}

static bool write_nothing(FILE *out, const void *content)
{
    (void)content;
    fputs("half", out);
    errno = EINTR;
    return false;
}

// A limit on the size of a file stands for a full disk: the write fails with EFBIG.
static void a_full_disk_leaves_the_old_file_and_nothing_else(void)
{
    bool (*const body[])(FILE *, const void *) = { put_megabyte, put_and_ignore };
    for (size_t i = 0; i < 2; i++) {
        Error error;
        const char *folder = test_folder();
        char path[128];
        snprintf(path, sizeof path, "%s/row.csv", folder);
        CHECK(file_write_text(path, "old", &error));
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            struct rlimit limit = { 4096, 4096 };
            signal(SIGXFSZ, SIG_IGN);
            setrlimit(RLIMIT_FSIZE, &limit);
            bool ok = file_write(path, body[i], "x", &error);
            _exit(!ok && error.kind == ERROR_ENVIRONMENT &&
                          strstr(error.text, "row.csv: not written: File too large")
                      ? 0
                      : 1);
        }
        int status = 1;
        waitpid(child, &status, 0);
        CHECK(status == 0);
        Arena *arena = arena_new(MEBIBYTE, &error);
        Bytes bytes = { 0 };
        CHECK(file_read(arena, path, &bytes, &error));
        CHECK_TEXT((const char *)bytes.data, "old");
        CHECK(entries(folder) == 1);
        arena_free(arena);
    }
}

static void a_body_that_fails_leaves_nothing(void)
{
    Error error;
    const char *folder = test_folder();
    char path[128];
    snprintf(path, sizeof path, "%s/row.csv", folder);
    CHECK(!file_write(path, write_nothing, NULL, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "row.csv: not written: Interrupted system call");
    CHECK(entries(folder) == 0);
}

static void a_path_that_leads_nowhere_is_wrong_input(void)
{
    Error error;
    const char *folder = test_folder();
    char path[256], below[300], name[5000];
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(below, sizeof below, "%s/row.csv", path);
    CHECK(file_write_text(path, "in the way", &error));
    CHECK(!file_write_text(below, "x", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "row.csv: not written: Not a directory; should be a path in");
    CHECK(!folder_make(below, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "file: cannot be made: File exists; should be");
    CHECK(!folder_make("", &error));
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    CHECK(!file_write_text(name, "x", &error) && error.kind == ERROR_INPUT);
    CHECK(!folder_make(name, &error) && error.kind == ERROR_INPUT);
    CHECK(entries(folder) == 1);
}

static void only_files_are_replaced_and_a_link_stays_one(void)
{
    Error error;
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    const char *pipe = path_join(arena, folder, "pipe"), *link = path_join(arena, folder, "link");
    const char *file = path_join(arena, folder, "file");
    struct stat status;
    CHECK(mkfifo(pipe, 0600) == 0 && file_write_text(file, "old", &error) &&
          symlink("file", link) == 0);
    CHECK(!file_write_text(pipe, "x", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "pipe: is no file that can be replaced");
    CHECK(!file_write_text(folder, "x", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "is no file that can be replaced");
    CHECK(lstat(pipe, &status) == 0 && S_ISFIFO(status.st_mode));
    CHECK(file_write_text(link, "new", &error));
    CHECK(lstat(link, &status) == 0 && S_ISLNK(status.st_mode));
    CHECK_TEXT(read_text(arena, file), "new");
    CHECK(entries(folder) == 3);
    arena_free(arena);
}

static void a_folder_is_made_with_its_parents_and_once_more(void)
{
    Error error;
    char path[128];
    snprintf(path, sizeof path, "%s/a/b//c/", test_folder());
    CHECK(folder_make(path, &error) && folder_exists(path));
    CHECK(folder_make(path, &error));
    CHECK(folder_make("/", &error) && folder_make(".", &error));
}

static void a_listing_is_sorted_and_takes_the_suffix_only(void)
{
    Error error;
    Arena *arena = arena_new(MEBIBYTE, &error);
    const char *folder = test_folder(), **names;
    size_t count;
    for (int i = 0; i < 150; i++)
        CHECK(
            file_write_text(arena_format(arena, "%s/%03d.csv", folder, (i * 7) % 150), "", &error));
    CHECK(file_write_text(path_join(arena, folder, "Z.csv"), "", &error));
    CHECK(file_write_text(path_join(arena, folder, "v"), "", &error));
    CHECK(folder_list(arena, folder, ".csv", &names, &count, &error) && count == 151);
    for (int i = 0; i < 150; i++)
        CHECK_TEXT(names[i], arena_format(arena, "%03d.csv", i));
    CHECK_TEXT(names[150], "Z.csv");
    CHECK(folder_list(arena, path_join(arena, folder, "none"), "", &names, &count, &error));
    CHECK(count == 0);
    CHECK(!folder_list(arena, path_join(arena, folder, "v"), "", &names, &count, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "v: cannot be listed: Not a directory; should be a folder");
    arena_free(arena);
}

static void paths_join_with_one_slash(void)
{
    Error error;
    Arena *arena = arena_new(4096, &error);
    CHECK_TEXT(path_join(arena, "a", "b"), "a/b");
    CHECK_TEXT(path_join(arena, "a/", "b"), "a/b");
    CHECK_TEXT(path_join(arena, "/", "b"), "/b");
    CHECK_TEXT(path_join(arena, "", "b"), "b");
    CHECK_TEXT(path_join(arena, "a", "/b"), "/b");
    arena_free(arena);
}

// FIPS 180-4's examples.
static void a_field_is_what_stands_behind_its_name_and_colon(void)
{
    static const struct {
        const char *name, *value;
    } of[] = {
        { "VmHWM", "1024 kB" }, { "model name", "A: B" }, { "model", "" },  { "Vm", "" },
        { "cores", "2" },       { "empty", "" },          { "last", "12" }, { "none", "" },
    };
    Error error;
    char path[128], value[8];
    snprintf(path, sizeof path, "%s/fields", test_folder());
    CHECK(file_write_text(path,
                          "x VmHWM: 7\nVmHWM:\t  1024 kB\nmodel name\t: A: B\ncores: 2\n"
                          "cores: 3\nempty:\nmodel\nlast:12",
                          &error));
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        file_field(path, of[i].name, value, sizeof value);
        CHECK_TEXT(value, of[i].value);
    }
    file_field(path, "VmHWM", value, 3);
    CHECK_TEXT(value, "10");
    file_field("/none", "VmHWM", value, sizeof value);
    CHECK_TEXT(value, "");
}

static void sha256_gives_the_published_sums(void)
{
    Error error;
    char path[128];
    Hash hash = { 0 };
    CHECK_TEXT(hash_bytes("", 0).hex,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_TEXT(hash_bytes("abc", 3).hex,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    snprintf(path, sizeof path, "%s/abc", test_folder());
    CHECK(file_write_text(path, "abc", &error) && hash_file(path, &hash, &error));
    CHECK_TEXT(hash.hex, hash_bytes("abc", 3).hex);
    // ba7816bf8f01cfea 414140de5dae2223 b00361a396177a9c b410ff61f20015ad
    CHECK(hash_word(&hash, 0) == 0xba7816bf8f01cfea && hash_word(&hash, 1) == 0x414140de5dae2223);
    CHECK(hash_word(&hash, 3) == 0xb410ff61f20015ad);
    CHECK(!hash_file("/none", &hash, &error));
}

void suite_file(void)
{
    ADD(a_file_comes_back_as_it_was_written);
    ADD(what_is_no_regular_file_is_refused_by_name);
    ADD(a_file_longer_than_the_arena_is_refused);
    ADD(a_full_disk_leaves_the_old_file_and_nothing_else);
    ADD(a_body_that_fails_leaves_nothing);
    ADD(a_path_that_leads_nowhere_is_wrong_input);
    ADD(only_files_are_replaced_and_a_link_stays_one);
    ADD(a_folder_is_made_with_its_parents_and_once_more);
    ADD(a_listing_is_sorted_and_takes_the_suffix_only);
    ADD(paths_join_with_one_slash);
    ADD(a_field_is_what_stands_behind_its_name_and_colon);
    ADD(sha256_gives_the_published_sums);
}
