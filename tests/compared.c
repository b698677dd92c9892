// compared.c: see the header.

#include "tests/compared.h"
#include "tests/program.h"
#include <math.h>
#include <string.h>

void answer(bool *right, size_t items, double share, int64_t seed)
{
    uint64_t random = (uint64_t)(fabs(share) * 1e4) * 1000 + (uint64_t)seed;
    for (size_t i = 0; i < items; i++)
        right[i] =
            (double)(i * 7 % items) / (double)items + 0.1 * (double)mix_float(&random) < share;
}

void runs(Arena *arena, const char *folder, Row like, int64_t from, int64_t to, double share)
{
    for (int64_t seed = from; seed <= to; seed++) {
        bool right[ITEMS];
        Row row = finished(arena, like.model, like.task, like.method, like.options, seed, 0);
        like.key = row.key, like.seed = like.init_seed = like.order_seed = like.dropout_seed = seed;
        answer(right, ITEMS, share, seed);
        predicted(arena, folder, like, right, ITEMS);
    }
}

Row like(Arena *arena, const char *method, const char *options)
{
    return finished(arena, "tiny", "reviews", method, options, 1, 0);
}

const char *two_methods(Arena *arena)
{
    const char *folder = test_folder();
    Row full = like(arena, "full", ""), lora = like(arena, "lora", LORA(8));
    full.lr = 3e-4;
    full.spec_sha = "5bec", lora.spec_sha = "7e57"; // of a spec that was edited in between
    runs(arena, folder, lora, 1, 5, 0.75);
    runs(arena, folder, full, 1, 5, 0.90);
    return folder;
}

bool in_order(const char *text, const char *const *lines)
{
    const char *at = text;
    for (; *lines && at; lines++)
        if (!(at = strstr(at, *lines)))
            printf("\nno \"%s\" (in this order) in:\n%s\n", *lines, text);
    return at != NULL;
}

size_t lines_of(const char *text, size_t *widest)
{
    size_t lines = 0, columns = 0;
    *widest = 0;
    for (; *text; text++) {
        columns += ((unsigned char)*text & 0xC0) != 0x80 && *text != '\n';
        if (*text != '\n')
            continue;
        *widest = columns > *widest ? columns : *widest;
        lines++, columns = 0;
    }
    return lines;
}
