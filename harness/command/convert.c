// convert.c: pytorch_model.bin to model.safetensors.
#include "base/text.h"
#include "command/commands.h"
#include "model/torch.h"
#include "run/files.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const Flag convert_flags[] = {
    { "out", 0, TAKES_TEXT("FOLDER"),
      "where to write, with config.json and vocabulary [beside the old]" },
    FLAG_END,
};

static const char from_name[] = "pytorch_model.bin", to_name[] = "model.safetensors";

// What lies in a model's folder instead, and what then helps.
static bool from_missing(Arena *arena, const char *folder, Error *error)
{
    static const struct {
        const char *suffix, *what, *right;
    } otherwise[] = {
        { ".bin.index.json", "has its weights in several files",
          "one: transformers' save_pretrained with a larger max_shard_size writes it" },
        { ".index", "is a TensorFlow checkpoint",
          "pytorch_model.bin: `transformers-cli convert --model_type bert` makes one" },
        { ".h5", "is a TensorFlow model",
          "pytorch_model.bin: from_pretrained with from_tf=True, then save_pretrained" },
        { ".msgpack", "is a Flax model",
          "pytorch_model.bin: from_pretrained with from_flax=True, then save_pretrained" },
    };
    const char *written = path_join(arena, folder, to_name);
    if (file_exists(written))
        return fail(error, ERROR_INPUT, (Where){ .file = written }, "left as it is",
                    "is what convert writes");
    for (size_t i = 0; i < sizeof otherwise / sizeof *otherwise; i++) {
        const char **names;
        size_t count;
        if (!folder_list(arena, folder, otherwise[i].suffix, &names, &count, error))
            return false;
        if (count > 0)
            return fail(error, ERROR_INPUT, (Where){ .file = path_join(arena, folder, names[0]) },
                        otherwise[i].right, "%s", otherwise[i].what);
    }
    return fail(error, ERROR_INPUT, (Where){ .file = folder }, "a model's folder with one",
                "has no %s", from_name);
}

static int by_name(const void *a, const void *b)
{
    const TensorOut *x = a, *y = b;
    return strcmp(x->name, y->name);
}

typedef struct {
    TensorOut *tensor; // by name
    size_t count, numbers;
} TensorsOut;

// What is no number of float type, as BERT's position_ids, is computed anew by whoever reads: it is
// left out.
static bool choose_tensors(Arena *arena, const Checkpoint *from, TensorsOut *out, Error *error)
{
    *out = (TensorsOut){ .tensor = arena_zero(arena, from->tensors + 1, sizeof *out->tensor) };
    for (size_t i = 0; i < from->tensors; i++) {
        const Tensor *tensor = &from->tensor[i];
        if (tensor->type == TENSOR_OTHER)
            continue;
        TensorOut *to = &out->tensor[out->count++];
        *to = (TensorOut){ .name = checkpoint_modern(arena, tensor->name),
                           .type = tensor->type,
                           .rank = tensor->rank,
                           .data = tensor->data };
        memcpy(to->shape, tensor->shape, sizeof to->shape);
        out->numbers += tensor->count;
    }
    if (out->count == 0)
        return fail(error, ERROR_INPUT, (Where){ .file = from->file }, "a model's",
                    "no tensor holds numbers of float type");
    qsort(out->tensor, out->count, sizeof *out->tensor, by_name);
    for (size_t i = 1; i < out->count; i++)
        if (!strcmp(out->tensor[i - 1].name, out->tensor[i].name))
            return fail(error, ERROR_INPUT,
                        (Where){ .file = from->file, .item = out->tensor[i].name },
                        "under one of them", "is there under its old and its new name");
    return true;
}

static void say_tensors(const char *path, const Checkpoint *from, const TensorsOut *out)
{
    printf("%s: %zu tensors, %zu numbers, %zu bytes\n", path, out->count, out->numbers,
           checkpoint_bytes(out->tensor, out->count));
    for (size_t i = 0; i < from->tensors; i++)
        if (from->tensor[i].type == TENSOR_OTHER)
            printf("left out, as no weight: %s\n", from->tensor[i].name);
}

// What a model's folder needs beside its weights; config.json has to be there, and is.
static const char *const others[] = { "config.json", "vocab.txt", "tokenizer_config.json",
                                      "special_tokens_map.json", "added_tokens.json" };
enum { OTHERS = sizeof others / sizeof *others };

static bool put_bytes(FILE *out, const void *content)
{
    const Bytes *bytes = content;
    return fwrite(bytes->data, 1, bytes->size, out) == bytes->size;
}

static bool copy_file(Arena *arena, const char *from, const char *to, Error *error)
{
    Bytes bytes;
    return file_read(arena, from, &bytes, error) && file_write(to, put_bytes, &bytes, error);
}

// Of another folder all that is to be written, or nothing: what was there before stays.
static bool fill_folder(Arena *arena, const char *from, const char *to, const TensorsOut *out,
                        Error *error)
{
    const char *written[OTHERS + 1] = { path_join(arena, to, to_name) };
    size_t count = 1;
    bool made = !folder_exists(to);
    for (size_t i = 0; i < OTHERS; i++)
        if (file_exists(path_join(arena, to, others[i])))
            return fail(error, ERROR_INPUT, (Where){ .file = path_join(arena, to, others[i]) },
                        "another folder, without a model", "is there already");
    bool ok = folder_make(to, error) &&
              checkpoint_write(written[0], out->tensor, out->count, NULL, error);
    for (size_t i = 0; ok && i < OTHERS; i++) {
        const char *path = path_join(arena, from, others[i]);
        if (!file_exists(path))
            continue;
        written[count++] = path_join(arena, to, others[i]);
        ok = copy_file(arena, path, written[count - 1], error);
    }
    for (size_t i = 0; !ok && i < count; i++)
        unlink(written[i]);
    if (!ok && made)
        rmdir(to);
    return ok;
}

static bool convert_folder(Arena *arena, const char *folder, const char *to, Error *error)
{
    const char *from = path_join(arena, folder, from_name);
    const char *path = path_join(arena, to ? to : folder, to_name);
    Bytes bytes;
    Checkpoint checkpoint;
    TensorsOut out;
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
              choose_tensors(arena, &checkpoint, &out, error) &&
              (to ? fill_folder(arena, folder, to, &out, error)
                  : checkpoint_write(path, out.tensor, out.count, NULL, error));
    if (ok)
        say_tensors(path, &checkpoint, &out);
    file_unmap(bytes);
    return ok;
}

static bool convert(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    const char *folder;
    (void)status;
    if (arguments->operands != 1)
        return fail(error, ERROR_INPUT, (Where){ .item = "convert" }, "one folder",
                    "%zu folders are given", arguments->operands);
    if (folder_exists(arguments->operand[0])) // also one that is no model yet, to say what it lacks
        folder = arguments->operand[0];
    else if (!model_folder(arena, arguments->operand[0], &folder, error))
        return false;
    return convert_folder(arena, folder, argument_value(arguments, "out"), error);
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
