// Any bytes at all as a safetensors file: either the tensors cover its end exactly, each is found
// by its name and can be read, or it is refused with one line that names the file.
#include "model/checkpoint.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>

static void check_tensor(const Checkpoint *checkpoint, const Tensor *tensor)
{
    const uint8_t *end = checkpoint->bytes.data + checkpoint->bytes.size;
    CHECK(checkpoint->bytes.data + 8 < tensor->data && tensor->data <= end);
    CHECK(tensor->bytes <= (size_t)(end - tensor->data));
    CHECK(checkpoint_find(checkpoint, tensor->name) == tensor);
    CHECK(checkpoint_bert(checkpoint, tensor->name) == tensor);
    float *number = malloc(tensor->count * sizeof *number + 1);
    if (number && tensor->type != TENSOR_OTHER)
        tensor_read(tensor, number);
    free(number);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Error error = { 0 };
    Checkpoint checkpoint;
    Arena *arena = arena_new((size_t)1 << 26, &error);
    if (checkpoint_parse(arena, (Bytes){ bytes, length }, "fuzz", &checkpoint, &error)) {
        uint64_t header;
        memcpy(&header, bytes, sizeof header);
        size_t covered = sizeof header + (size_t)header;
        for (size_t i = 0; i < checkpoint.tensors; i++) {
            check_tensor(&checkpoint, &checkpoint.tensor[i]);
            covered += checkpoint.tensor[i].bytes;
        }
        CHECK(covered == length);
        checkpoint_close(&checkpoint);
    } else
        CHECK_ERROR(&error, ERROR_INPUT, "fuzz");
    arena_free(arena);
    return 0;
}
