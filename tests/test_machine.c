// What a control group allows, from made files as the kernel has them.
#include "base/machine.h"
#include "base/file.h"
#include "tests/program.h"
#include <math.h>
#include <string.h>

// ROOT/GROUP/FILE with a limit.
static void limit_write(Arena *arena, const char *root, const char *group, const char *limit)
{
    Error error;
    const char *folder = path_join(arena, root, group);
    CHECK(folder_make(folder, &error));
    write_text(path_join(arena, folder,
                         strncmp(group, "memory", 6) ? "memory.max" : "memory.limit_in_bytes"),
               limit);
}

static double limit_of(Arena *arena, const char *root, const char *groups)
{
    const char *path = path_join(arena, root, "cgroup");
    write_text(path, groups);
    return memory_limit(path, root);
}

static void the_own_group_s_limit_counts_and_those_around_it(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *root = test_folder();
    limit_write(arena, root, "job", "8000000\n");
    limit_write(arena, root, "job/step", "max\n");
    limit_write(arena, root, "job/step/task", "5000000\n");
    limit_write(arena, root, "job/other", "1000000\n");
    CHECK_CLOSE(limit_of(arena, root, "0::/job/step/task\n"), 5e6, 0);
    CHECK_CLOSE(limit_of(arena, root, "0::/job/step\n"), 8e6, 0); // of the group around it
    CHECK(isinf(limit_of(arena, root, "0::/\n")));
    limit_write(arena, root, "", "2000000\n"); // of the root, which in a container is its own
    CHECK_CLOSE(limit_of(arena, root, "0::/job/step/task\n"), 2e6, 0);
    CHECK_CLOSE(limit_of(arena, root, "0::/no/such:group\n"), 2e6, 0);
    CHECK_CLOSE(limit_of(arena, root, ""), 2e6, 0);
    arena_free(arena);
}

static void of_version_1_the_tree_of_memory_counts(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *root = test_folder();
    limit_write(arena, root, "memory", "9223372036854771712\n"); // as the kernel says: none
    limit_write(arena, root, "memory/job", "7000000\n");
    limit_write(arena, root, "memory/cpu", "3000000\n");
    CHECK_CLOSE(limit_of(arena, root, "5:cpuset:/cpu\n4:memory:/job\n0::/\n"), 7e6, 0);
    CHECK_CLOSE(limit_of(arena, root, "4:cpu,memory:/job/step\n"), 7e6, 0);
    CHECK(limit_of(arena, root, "4:cpu:/job\nmemory\n") > 1e18);
    arena_free(arena);
}

static void a_process_has_no_more_than_the_machine(void)
{
    double total = memory_total();
    CHECK(total >= (double)memory_now("VmRSS") && total < 1e15);
}

void suite_machine(void)
{
    ADD(the_own_group_s_limit_counts_and_those_around_it);
    ADD(of_version_1_the_tree_of_memory_counts);
    ADD(a_process_has_no_more_than_the_machine);
}
