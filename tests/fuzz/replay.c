// replay.c: the fuzz targets' inputs as ordinary tests. Each input lies in a block of its own size,
// so that the sanitizers see a read behind its end.
#include "tests/fuzz/replay.h"
#include "tests/test.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

typedef int Target(const uint8_t *bytes, size_t length);
enum { BEGINNINGS = 16, CHANGES = 48, LARGEST = 1 << 16 };

static void hand(Target *target, const uint8_t *bytes, size_t length)
{
    uint8_t *copy = calloc(length ? length : 1, 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, length);
    target(copy, length);
    free(copy);
}

// What a fuzzer would try first; larger files only whole, the tests stay quick.
static void vary(Target *target, uint8_t *bytes, size_t length)
{
    uint64_t random = length;
    hand(target, bytes, length);
    if (length == 0 || length > LARGEST)
        return;
    for (size_t i = 0; i < BEGINNINGS; i++)
        hand(target, bytes, (size_t)(mix(&random) % length));
    for (size_t i = 0; i < CHANGES; i++) {
        uint8_t *at = bytes + mix(&random) % length, before = *at;
        *at = (uint8_t)mix(&random);
        hand(target, bytes, length);
        *at = before;
    }
}

static void replay_file(Target *target, const char *path)
{
    FILE *in = fopen(path, "rbe");
    size_t room = 1 << 24, length = 0;
    uint8_t *bytes = malloc(room);
    if (in && bytes)
        length = fread(bytes, 1, room, in);
    if (CHECK(in && bytes && feof(in)))
        vary(target, bytes, length);
    free(bytes);
    if (in)
        fclose(in);
}

void replay(const char *name, Target *target)
{
    static const char *const folders[] = { "seeds", "found" };
    hand(target, (const uint8_t *)"", 0);
    for (size_t i = 0; i < 2; i++) {
        char path[512];
        snprintf(path, sizeof path, "tests/fuzz/%s/%s", folders[i], name);
        struct dirent **entry = NULL;
        int files = scandir(path, &entry, NULL, alphasort);
        for (int f = 0; f < files; f++) {
            if (entry[f]->d_name[0] != '.') {
                snprintf(path, sizeof path, "tests/fuzz/%s/%s/%s", folders[i], name,
                         entry[f]->d_name);
                replay_file(target, path);
            }
            free(entry[f]);
        }
        free(entry);
    }
}
