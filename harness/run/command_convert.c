// command_convert.c: pytorch_model.bin to model.safetensors.
#include "base/text.h"
#include "model/torch.h"
#include "run/command_impl.h"
#include "run/commands.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const Flag convert_flags[] = {
    { "out", 0, "FOLDER", "where to write, with config.json and vocabulary [beside the old]" },
    FLAG_END,
};

static const char from_name[] = "pytorch_model.bin", to_name[] = "model.safetensors";

// What lies in a model's folder instead, and what then helps.
static bool from_missing(Arena *arena, const char *folder, Error *error)
{
    static const struct {
        const char *suffix, *what, *right;
    } others[] = {
        { ".bin.index.json", "has its weights in several files",
          "one: transformers' save_pretrained with a larger max_shard_size writes it" },
        { ".index", "is a TensorFlow checkpoint",
          "pytorch_model.bin: `transformers-cli convert --model_type bert` makes one" },
        { ".h5", "is a TensorFlow model",
          "pytorch_model.bin: from_pretrained with from_tf=True, then save_pretrained" },
        { ".msgpack", "is a Flax model",
          "pytorch_model.bin: from_pretrained with from_flax=True, then save_pretrained" },
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const char **names;
        size_t count;
        if (!folder_list(arena, folder, others[i].suffix, &names, &count, error))
            return false;
        if (count > 0)
            return fail(error, ERROR_INPUT, (Where){ .file = path_join(arena, folder, names[0]) },
                        others[i].right, "%s", others[i].what);
    }
    return fail(error, ERROR_INPUT, (Where){ .file = folder }, "a model's folder with one",
                "has no %s", from_name);
}

static int by_name(const void *a, const void *b)
{
    const TensorOut *x = a, *y = b;
    return strcmp(x->name, y->name);
}

// What is no number of float type, as BERT's position_ids, is computed anew by whoever reads: it is
// left out, and said.
static bool write_tensors(Arena *arena, const Checkpoint *from, const char *path, Error *error)
{
    TensorOut *out = arena_zero(arena, from->tensors + 1, sizeof *out);
    size_t count = 0, numbers = 0, left_out = 0;
    for (size_t i = 0; i < from->tensors; i++) {
        const Tensor *tensor = &from->tensor[i];
        if (tensor->type == TENSOR_OTHER) {
            left_out++;
            continue;
        }
        TensorOut *to = &out[count++];
        *to = (TensorOut){ .name = checkpoint_modern(arena, tensor->name),
                           .type = tensor->type,
                           .rank = tensor->rank,
                           .data = tensor->data };
        memcpy(to->shape, tensor->shape, sizeof to->shape);
        numbers += tensor->count;
    }
    if (count == 0)
        return fail(error, ERROR_INPUT, (Where){ .file = from->file }, "a model's",
                    "no tensor holds numbers of float type");
    qsort(out, count, sizeof *out, by_name);
    for (size_t i = 1; i < count; i++)
        if (!strcmp(out[i - 1].name, out[i].name))
            return fail(error, ERROR_INPUT, (Where){ .file = from->file, .item = out[i].name },
                        "under one of them", "is there under its old and its new name");
    if (!checkpoint_write(path, out, count, error))
        return false;
    printf("%s: %zu tensors, %zu numbers, %zu bytes\n", path, count, numbers,
           checkpoint_bytes(out, count));
    for (size_t i = 0; left_out > 0 && i < from->tensors; i++)
        if (from->tensor[i].type == TENSOR_OTHER)
            printf("left out, as no weight: %s\n", from->tensor[i].name);
    return true;
}

static bool put_bytes(FILE *out, const void *content)
{
    const Bytes *bytes = content;
    return fwrite(bytes->data, 1, bytes->size, out) == bytes->size;
}

// What a model's folder needs beside its weights; config.json has to be there, and is.
static bool copy_others(Arena *arena, const char *from, const char *to, Error *error)
{
    static const char *const names[] = { "config.json", "vocab.txt", "tokenizer_config.json" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Bytes bytes;
        const char *path = path_join(arena, from, names[i]);
        if (!file_exists(path))
            continue;
        if (!file_read(arena, path, &bytes, error) ||
            !file_write(path_join(arena, to, names[i]), put_bytes, &bytes, error))
            return false;
    }
    return true;
}

static bool convert_folder(Arena *arena, const char *folder, const char *to, Error *error)
{
    const char *from = path_join(arena, folder, from_name);
    const char *path = path_join(arena, to ? to : folder, to_name);
    Bytes bytes;
    Checkpoint checkpoint;
    if (!file_exists(from))
        return from_missing(arena, folder, error);
    if (!file_exists(path_join(arena, folder, "config.json")))
        return fail(error, ERROR_INPUT, (Where){ .file = folder }, "a model's folder with one",
                    "has no config.json");
    if (file_exists(path))
        return fail(error, ERROR_INPUT, (Where){ .file = path },
                    "removed first, or another folder given with --out", "is there already");
    if (!file_map(from, &bytes, error))
        return false;
    bool ok = torch_parse(arena, bytes, from, &checkpoint, error) &&
              (!to || (folder_make(to, error) && copy_others(arena, folder, to, error))) &&
              write_tensors(arena, &checkpoint, path, error);
    file_unmap(bytes);
    return ok;
}

static bool convert(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    Arguments arguments;
    const char *folder;
    (void)status;
    if (!arguments_read(arena, invocation->count, invocation->argument, convert_flags, &arguments,
                        error) ||
        !arguments_known(&arguments, convert_flags, NULL, error))
        return false;
    if (arguments.operands != 1)
        return fail(error, ERROR_INPUT, (Where){ .item = "convert" }, "one folder",
                    "%zu folders are given", arguments.operands);
    if (folder_exists(arguments.operand[0])) // also one that is no model yet, to say what it lacks
        folder = arguments.operand[0];
    else if (!model_folder(arena, arguments.operand[0], &folder, error))
        return false;
    return convert_folder(arena, folder, argument_value(&arguments, "out"), error);
}

const Command command_convert = {
    .name = "convert",
    .summary = "write model.safetensors of a model that has pytorch_model.bin",
    .operands = "FOLDER",
    .usage =
        "  tunemark convert models/BERT-Mini\n"
        "  tunemark convert models/BERT-Mini --out models/mini-google\n\n"
        "FOLDER is a path, or a name in one of TUNEMARK_MODELS. Both formats of torch.save are\n"
        "read, and no code of the file is run: what is no tensor is refused. Numbers keep their\n"
        "type (F32, F16, BF16) and bits, old names (LayerNorm.gamma, .beta) become weight, bias.\n",
    .flags = convert_flags,
    .run = convert,
};
