// test_draft.c: large files that have no name before they are whole, and locks.
#include "base/draft.h"
#include "base/lock.h"
#include "tests/program.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char content[] = "rows of a frozen bottom";
enum { SIZE = sizeof content };

static bool drafted(Arena *arena, const char *path, Draft *draft)
{
    Error error;
    return draft_open(arena, path, true, SIZE, draft, &error) &&
           draft_put(draft, content, SIZE, 0, &error);
}

static void a_draft_has_its_name_once_it_is_kept(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *path = path_join(arena, folder, "rows");
    for (int again = 0; again < 3; again++) { // in the place of another, and of a link that is none
        Draft draft;
        Bytes shown, read;
        if (again == 2)
            CHECK(unlink(path) == 0 && symlink("nowhere", path) == 0);
        else if (again == 1)
            write_text(path, "what was there");
        CHECK(drafted(arena, path, &draft) && draft_map(&draft, &shown, &error));
        CHECK(files_below(folder) == (again == 1));
        CHECK(draft_keep(&draft, &error));
        draft_close(&draft);
        CHECK(file_read(arena, path, &read, &error) && read.size == SIZE);
        CHECK(!memcmp(read.data, content, SIZE) && !memcmp(shown.data, content, SIZE));
        CHECK(files_below(folder) == 1);
        file_unmap(shown);
    }
    arena_free(arena);
}

static void one_that_is_not_kept_leaves_nothing(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *path = path_join(arena, folder, "rows");
    for (int named = 0; named < 2; named++) {
        Draft draft;
        Bytes shown;
        CHECK(draft_open(arena, path, named, SIZE, &draft, &error));
        CHECK(draft_put(&draft, content, SIZE, 0, &error) && draft_map(&draft, &shown, &error));
        draft_close(&draft);
        CHECK(!memcmp(shown.data, content, SIZE)); // which outlives it
        file_unmap(shown);
    }
    pid_t child = fork();
    if (child == 0) {
        Draft draft;
        drafted(arena, path, &draft);
        raise(SIGKILL);
    }
    CHECK(program_ended(child) == -SIGKILL);
    CHECK(files_below(folder) == 0);
    arena_free(arena);
}

// Each of them drafts again and again while the others do.
static void no_writer_loses_its_draft_to_another(void)
{
    enum { WRITERS = 8, DRAFTS = 200 };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *path = path_join(arena, folder, "rows");
    pid_t writer[WRITERS];
    Bytes read;
    for (int w = 0; w < WRITERS; w++)
        if ((writer[w] = fork()) == 0) {
            int lost = 0;
            size_t mark = arena_mark(arena);
            for (int i = 0; i < DRAFTS; i++) {
                Draft draft;
                bool kept = drafted(arena, path, &draft) && draft_keep(&draft, &error);
                lost += !kept;
                draft_close(&draft);
                arena_rewind(arena, mark);
            }
            _exit(lost < 255 ? lost : 255);
        }
    for (int w = 0; w < WRITERS; w++)
        CHECK(program_ended(writer[w]) == 0);
    CHECK(files_below(folder) == 1);
    CHECK(file_read(arena, path, &read, &error) && read.size == SIZE);
    arena_free(arena);
}

static void where_there_is_no_room_nothing_is_taken(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder();
    struct statvfs disk;
    Draft draft;
    CHECK(statvfs(folder, &disk) == 0);
    size_t more = (size_t)disk.f_bavail * disk.f_frsize + (1U << 30);
    for (int named = 0; named < 2; named++) {
        CHECK(!draft_open(arena, path_join(arena, folder, "rows"), named, more, &draft, &error));
        CHECK_ERROR(&error, ERROR_ENVIRONMENT, "rows: not written: takes ");
        CHECK(strstr(error.text, " are free") != NULL);
    }
    CHECK(files_below(folder) == 0);
    CHECK(!draft_open(arena, path_join(arena, folder, "none/rows"), true, SIZE, &draft, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "none/rows: not written: No such file or directory");
    // Here no file can be without a name, nor be made.
    CHECK(!draft_open(arena, "/proc/rows", true, SIZE, &draft, &error));
    CHECK_ERROR(&error, ERROR_ENVIRONMENT, "/proc/rows: not written: ");
    CHECK(!draft_open(arena, "/proc/rows", false, SIZE, &draft, &error));
    arena_free(arena);
}

// ---- locks

static bool two_more(void *context)
{
    int *asked = context;
    return ++*asked < 3;
}

static void a_lock_is_for_one_and_gone_with_it(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *path = path_join(arena, folder, "lock");
    Lock one = UNLOCKED, other = UNLOCKED;
    int asked = 0;
    CHECK(lock_wait(path, NULL, NULL, &one) && one.file >= 0);
    CHECK(lock_try(path, &other) == LOCK_HELD && other.file < 0 && lock_holder(path) == getpid());
    CHECK(!lock_wait(path, two_more, &asked, &other) && other.file < 0 && asked == 3);
    lock_release(&other); // of nobody: the one that has it keeps it
    CHECK(file_exists(path));
    lock_release(&one);
    CHECK(!file_exists(path) && one.file < 0);
    pid_t child = fork();
    if (child == 0) {
        lock_wait(path, NULL, NULL, &one);
        raise(SIGKILL);
    }
    CHECK(program_ended(child) == -SIGKILL && file_exists(path));
    CHECK(lock_wait(path, NULL, NULL, &other) && other.file >= 0);
    lock_release(&other);
    CHECK(!file_exists(path));
    const char *nowhere = path_join(arena, folder, "none/lock");
    CHECK(lock_wait(nowhere, NULL, NULL, &one) && one.file < 0);
    CHECK(lock_try(nowhere, &one) == LOCK_NONE && lock_holder(nowhere) == 0);
    arena_free(arena);
}

// A number in a file, read and written again under the lock.
static void those_who_wait_come_one_after_another(void)
{
    enum { PROCESSES = 6, TIMES = 20 };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *path = path_join(arena, folder, "lock");
    const char *number = path_join(arena, folder, "number");
    pid_t child[PROCESSES];
    write_text(number, "0");
    for (int c = 0; c < PROCESSES; c++)
        if ((child[c] = fork()) == 0) {
            for (int i = 0; i < TIMES; i++) {
                Lock lock;
                lock_wait(path, NULL, NULL, &lock);
                int was = atoi(read_text(arena, number));
                write_text(number, arena_format(arena, "%d", was + 1));
                lock_release(&lock);
            }
            _exit(0);
        }
    for (int c = 0; c < PROCESSES; c++)
        CHECK(program_ended(child[c]) == 0);
    CHECK_TEXT(read_text(arena, number), arena_format(arena, "%d", PROCESSES * TIMES));
    CHECK(files_below(folder) == 1);
    arena_free(arena);
}

void suite_draft(void)
{
    ADD(a_draft_has_its_name_once_it_is_kept);
    ADD(one_that_is_not_kept_leaves_nothing);
    ADD(no_writer_loses_its_draft_to_another);
    ADD(where_there_is_no_room_nothing_is_taken);
    ADD(a_lock_is_for_one_and_gone_with_it);
    ADD(those_who_wait_come_one_after_another);
}
