// Any bytes at all as pytorch_model.bin: either the tensors are named as text, each once, and each
// number of theirs can be read, or it is refused with one line that names the file.
#include "base/text.h"
#include "model/torch.h"
#include "tests/test.h"
#include <string.h>

static volatile uint8_t seen; // what is read is not left away

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Error error = { 0 };
    Checkpoint checkpoint;
    Arena *arena = arena_new((size_t)1 << 28, &error);
    if (torch_parse(arena, (Bytes){ bytes, length }, "fuzz", &checkpoint, &error)) {
        for (size_t i = 0; i < checkpoint.tensors; i++) {
            const Tensor *tensor = &checkpoint.tensor[i];
            CHECK(utf8_valid((const uint8_t *)tensor->name, strlen(tensor->name), NULL));
            CHECK(i == 0 || strcmp(tensor[-1].name, tensor->name) < 0);
            CHECK(checkpoint_find(&checkpoint, tensor->name) == tensor);
            CHECK(0 <= tensor->rank && tensor->rank <= 8 &&
                  tensor->bytes % (tensor->count + !tensor->count) == 0);
            for (size_t b = 0; b < tensor->bytes; b++)
                seen = tensor->data[b];
        }
    } else
        CHECK((error.kind == ERROR_INPUT || error.kind == ERROR_ENVIRONMENT) &&
              !strncmp(error.text, "fuzz: ", 6) && !strchr(error.text, '\n'));
    arena_free(arena);
    return 0;
}
