// fuzz_saved.c: any bytes as run.json: either a description that everything later can rely on, or a
// refusal of one line.
#include "run/saved.h"
#include "tests/test.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Error error = { 0 };
    Saved saved;
    Arena *arena = arena_new((size_t)1 << 30, &error);
    if (saved_parse(arena, (Bytes){ bytes, length }, "fuzz", &saved, &error)) {
        CHECK(saved.method && saved.options && *saved.model && *saved.task);
        CHECK(strlen(saved.key) == 64 && strlen(saved.tensors_sha) == 64);
        CHECK(saved.classes == 0 ? !saved.labels
                                 : saved.classes >= 2 && !saved.labels[saved.classes]);
        CHECK(HEAD_AUTO < saved.head && saved.head <= HEAD_MLP);
        CHECK(3 <= saved.max_length && saved.max_length <= 65536 && saved.batch >= 1);
        CHECK(saved.init_seed >= 0 && saved.format == 1);
    } else
        CHECK(error.kind == ERROR_INPUT && error.text[0] && !strchr(error.text, '\n'));
    arena_free(arena);
    return 0;
}
