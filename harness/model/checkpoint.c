// checkpoint.c: safetensors, read in the order of the file: length, header, entries, offsets.
//
// Format: https://github.com/huggingface/safetensors#format. As there, a header has at most 100 MB
// and begins with '{', and the tensors' bytes cover the rest of the file exactly.
#include "model/checkpoint.h"
#include "base/text.h"
#include "base/json.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers of a file are used as they lie");

enum { LENGTH_BYTES = 8, HIGHEST_RANK = 8, LONGEST_HEADER = 100000000, LONGEST_NAME = 512 };

static const struct {
    const char *name;
    TensorType type;
    unsigned bits;
} dtypes[] = {
    // those of TensorType first, in its order
    { "F32", TENSOR_F32, 32 },      { "F16", TENSOR_F16, 16 },      { "BF16", TENSOR_BF16, 16 },
    { "F64", TENSOR_OTHER, 64 },    { "I64", TENSOR_OTHER, 64 },    { "U64", TENSOR_OTHER, 64 },
    { "I32", TENSOR_OTHER, 32 },    { "U32", TENSOR_OTHER, 32 },    { "I16", TENSOR_OTHER, 16 },
    { "U16", TENSOR_OTHER, 16 },    { "I8", TENSOR_OTHER, 8 },      { "U8", TENSOR_OTHER, 8 },
    { "BOOL", TENSOR_OTHER, 8 },    { "F8_E4M3", TENSOR_OTHER, 8 }, { "F8_E5M2", TENSOR_OTHER, 8 },
    { "F8_E8M0", TENSOR_OTHER, 8 }, { "C64", TENSOR_OTHER, 64 },
};
static const char known_dtypes[] = "F32, F16, BF16, or an F64, F8, I, U, BOOL or C64 type";

// The tensors' bytes, and where messages place what is wrong with them.
typedef struct {
    const char *file;
    const uint8_t *data;
    size_t size;
} Body;

static bool read_length(Bytes bytes, const char *file, Bytes *header, Body *body, Error *error);
static bool read_entries(Arena *arena, const json_t *root, const Body *body, Checkpoint *checkpoint,
                         Error *error);
static bool check_metadata(const json_t *metadata, const char *file, Error *error);
static bool read_entry(const json_t *entry, const Body *body, Tensor *tensor, Error *error);
static bool read_dtype(const json_t *entry, const Body *body, Tensor *tensor, unsigned *bits,
                       Error *error);
static bool read_shape(const json_t *entry, const Body *body, Tensor *tensor, Error *error);
static bool read_offsets(const json_t *entry, const Body *body, Tensor *tensor, Error *error);
static bool check_cover(const Checkpoint *checkpoint, const Body *body, Error *error);
static int by_place(const void *a, const void *b);

bool checkpoint_open(Arena *arena, const char *path, Checkpoint *checkpoint, Error *error)
{
    Bytes bytes;
    if (!file_map(path, &bytes, error))
        return false;
    if (!checkpoint_parse(arena, bytes, path, checkpoint, error)) {
        file_unmap(bytes);
        return false;
    }
    checkpoint->mapped = true;
    return true;
}

void checkpoint_close(Checkpoint *checkpoint)
{
    if (checkpoint->mapped)
        file_unmap(checkpoint->bytes);
    *checkpoint = (Checkpoint){ 0 };
}

void checkpoint_rest(const Checkpoint *checkpoint)
{
    if (checkpoint->mapped)
        file_rest(checkpoint->bytes);
}

bool checkpoint_parse(Arena *arena, Bytes bytes, const char *file, Checkpoint *checkpoint,
                      Error *error)
{
    Bytes header = { 0 };
    Body body = { 0 };
    if (!read_length(bytes, file, &header, &body, error))
        return false;
    json_t *root = json_parse(header, file, error);
    if (!root)
        return false;
    *checkpoint = (Checkpoint){ .file = arena_text(arena, file), .bytes = bytes };
    bool ok = read_entries(arena, root, &body, checkpoint, error) &&
              check_cover(checkpoint, &body, error);
    json_decref(root);
    if (ok)
        tensors_sort(checkpoint->tensor, checkpoint->tensors);
    return ok;
}

static bool read_length(Bytes bytes, const char *file, Bytes *header, Body *body, Error *error)
{
    Where where = { .file = file };
    uint64_t length;
    if (bytes.size < sizeof length)
        return fail(error, ERROR_INPUT, where, "a whole safetensors file", "has only %zu bytes",
                    bytes.size);
    static const char pointer[] = "version https://git-lfs";
    if (bytes.size >= sizeof pointer && !memcmp(bytes.data, pointer, sizeof pointer - 1))
        return fail(error, ERROR_INPUT, where, "the file itself (`git lfs pull` gets it)",
                    "is a pointer of Git LFS");
    memcpy(&length, bytes.data, sizeof length);
    size_t left = bytes.size - sizeof length;
    if (length > left)
        return fail(error, ERROR_INPUT, where, "a whole safetensors file",
                    "ends %" PRIu64 " bytes before its header does", length - left);
    if (length > LONGEST_HEADER)
        return fail(error, ERROR_INPUT, where, "100000000 at most",
                    "the header's length of %" PRIu64 " bytes is too large", length);
    *header = (Bytes){ .data = bytes.data + sizeof length, .size = (size_t)length };
    *body = (Body){ file, header->data + header->size, left - header->size };
    if (header->size == 0 || header->data[0] != '{')
        return fail(error, ERROR_INPUT, where, "a safetensors file",
                    "the header does not begin with '{'");
    return true;
}

static bool read_entries(Arena *arena, const json_t *root, const Body *body, Checkpoint *checkpoint,
                         Error *error)
{
    checkpoint->tensor = arena_zero(arena, json_object_size(root), sizeof *checkpoint->tensor);
    const char *name;
    json_t *entry;
    json_object_foreach((json_t *)root, name, entry)
    { // the cast: jansson 2.14 wants it so
        if (!strcmp(name, "__metadata__")) {
            if (!check_metadata(entry, body->file, error))
                return false;
            continue;
        }
        Tensor *tensor = &checkpoint->tensor[checkpoint->tensors++];
        tensor->name = arena_text(arena, name);
        if (!read_entry(entry, body, tensor, error))
            return false;
    }
    return true;
}

static bool check_metadata(const json_t *metadata, const char *file, Error *error)
{
    bool right = json_is_object(metadata);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)metadata, key, value) right = right && json_is_string(value);
    return right || fail(error, ERROR_INPUT, (Where){ .file = file, .item = "__metadata__" },
                         "an object of texts", "holds something else");
}

static bool read_entry(const json_t *entry, const Body *body, Tensor *tensor, Error *error)
{
    Where where = { .file = body->file, .item = tensor->name };
    if (!tensor->name[0])
        return fail(error, ERROR_INPUT, (Where){ .file = body->file }, "named",
                    "a tensor has no name");
    if (!json_is_object(entry))
        return fail(error, ERROR_INPUT, where, "an object with dtype, shape and data_offsets",
                    "the entry is no object");
    unsigned bits = 0;
    if (!read_dtype(entry, body, tensor, &bits, error) || !read_shape(entry, body, tensor, error) ||
        !read_offsets(entry, body, tensor, error))
        return false;
    size_t bytes;
    if (__builtin_mul_overflow(tensor->count, bits / 8, &bytes) || bytes != tensor->bytes)
        return fail(error, ERROR_INPUT, where, "dtype times shape",
                    "data_offsets hold %zu bytes for %zu numbers of %u bits", tensor->bytes,
                    tensor->count, bits);
    return true;
}

static bool read_dtype(const json_t *entry, const Body *body, Tensor *tensor, unsigned *bits,
                       Error *error)
{
    Where where = { .file = body->file, .item = tensor->name };
    const char *name = json_string_value(json_object_get(entry, "dtype"));
    if (!name)
        return fail(error, ERROR_INPUT, where, known_dtypes, "has no dtype");
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (!strcmp(name, dtypes[i].name)) {
            tensor->type = dtypes[i].type;
            *bits = dtypes[i].bits;
            return true;
        }
    return fail(error, ERROR_INPUT, where, known_dtypes, "dtype '%s' is unknown", name);
}

static bool read_shape(const json_t *entry, const Body *body, Tensor *tensor, Error *error)
{
    Where where = { .file = body->file, .item = tensor->name };
    const json_t *shape = json_object_get(entry, "shape");
    size_t rank = json_array_size(shape);
    if (!json_is_array(shape) || rank > HIGHEST_RANK)
        return fail(error, ERROR_INPUT, where, "a list of at most 8 sizes",
                    "shape is no list or too long");
    tensor->rank = (int)rank;
    tensor->count = 1;
    bool too_many = false, empty = false;
    for (size_t i = 0; i < rank; i++) {
        const json_t *size = json_array_get(shape, i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return fail(error, ERROR_INPUT, where, "whole numbers from 0 on",
                        "shape holds something else");
        tensor->shape[i] = json_integer_value(size);
        empty = empty || tensor->shape[i] == 0;
        too_many =
            too_many || __builtin_mul_overflow(tensor->count, tensor->shape[i], &tensor->count);
    }
    if (empty) // also where the other sizes alone would be too many
        tensor->count = 0;
    else if (too_many)
        return fail(error, ERROR_INPUT, where, "as many numbers as the file holds",
                    "the product of its shape overflows");
    return true;
}

static bool read_offsets(const json_t *entry, const Body *body, Tensor *tensor, Error *error)
{
    Where where = { .file = body->file, .item = tensor->name };
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
    json_int_t begin = json_integer_value(first), end = json_integer_value(last);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last) ||
        begin < 0)
        return fail(error, ERROR_INPUT, where, "[begin, end] in bytes",
                    "data_offsets is no pair of whole numbers");
    if (begin > end)
        return fail(error, ERROR_INPUT, where, "begin <= end",
                    "data_offsets end (%" PRId64 ") before they begin (%" PRId64 ")", (int64_t)end,
                    (int64_t)begin);
    if ((uint64_t)end > body->size)
        return fail(error, ERROR_INPUT, where, "a whole safetensors file",
                    "ends %" PRIu64 " bytes behind the end of the file",
                    (uint64_t)end - body->size);
    tensor->data = body->data + begin;
    tensor->bytes = (size_t)(end - begin);
    return true;
}

// Each tensor begins where the one before it ends, the first with the body, the last ends with it.
static bool check_cover(const Checkpoint *checkpoint, const Body *body, Error *error)
{
    qsort(checkpoint->tensor, checkpoint->tensors, sizeof *checkpoint->tensor, by_place);
    const uint8_t *end = body->data;
    for (size_t i = 0; i < checkpoint->tensors; i++) {
        const Tensor *tensor = &checkpoint->tensor[i];
        Where where = { .file = body->file, .item = tensor->name };
        if (tensor->data < end)
            return fail(error, ERROR_INPUT, where, "apart", "lies %zu bytes deep in '%s'",
                        (size_t)(end - tensor->data), checkpoint->tensor[i - 1].name);
        if (tensor->data > end)
            return fail(error, ERROR_INPUT, where, "without gaps",
                        "begins behind a gap of %zu bytes", (size_t)(tensor->data - end));
        end = tensor->data + tensor->bytes;
    }
    size_t left = body->size - (size_t)(end - body->data);
    return left == 0 || fail(error, ERROR_INPUT, (Where){ .file = body->file },
                             "the end of the file", "%zu bytes follow the last tensor", left);
}

static int by_place(const void *a, const void *b)
{
    const Tensor *x = a, *y = b;
    const uint8_t *end_x = x->data + x->bytes, *end_y = y->data + y->bytes;
    int begin = (x->data > y->data) - (x->data < y->data);
    return begin ? begin
                 : (end_x > end_y) - (end_x < end_y); // an empty tensor before its neighbour
}

static int by_name(const void *a, const void *b)
{
    const Tensor *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void tensors_sort(Tensor *tensor, size_t count)
{
    qsort(tensor, count, sizeof *tensor, by_name);
}

const Tensor *checkpoint_find(const Checkpoint *checkpoint, const char *name)
{
    const Tensor key = { .name = name };
    return checkpoint->tensors == 0 ? NULL
                                    : bsearch(&key, checkpoint->tensor, checkpoint->tensors,
                                              sizeof *checkpoint->tensor, by_name);
}

// Endings of names, as checkpoints have them now and as BERT's first ones do.
static const struct {
    const char *modern, *old;
} endings[] = { { "LayerNorm.weight", "LayerNorm.gamma" }, { "LayerNorm.bias", "LayerNorm.beta" } };

const Tensor *checkpoint_bert(const Checkpoint *checkpoint, const char *name)
{
    static const char prefix[] = "bert.";
    const char *bare = strncmp(name, prefix, sizeof prefix - 1) ? name : name + sizeof prefix - 1;
    const Tensor *found = checkpoint_find(checkpoint, name);
    if (!found)
        found = checkpoint_find(checkpoint, bare);
    for (size_t i = 0; !found && i < sizeof endings / sizeof *endings; i++) {
        size_t length = strlen(name);
        char old[LONGEST_NAME];
        if (!text_ends(name, endings[i].modern) || length >= sizeof old)
            continue;
        snprintf(old, sizeof old, "%.*s%s", (int)(length - strlen(endings[i].modern)), name,
                 endings[i].old); // is shorter
        found = checkpoint_find(checkpoint, old);
        if (!found)
            found = checkpoint_find(checkpoint, old + (bare - name));
    }
    return found;
}

const char *checkpoint_modern(Arena *arena, const char *name)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (text_ends(name, endings[i].old))
            return arena_format(arena, "%.*s%s", (int)(strlen(name) - strlen(endings[i].old)), name,
                                endings[i].modern);
    return name;
}

static uint32_t widen_f16(uint16_t half);

void tensor_read(const Tensor *tensor, float *out)
{
    assert(tensor->type != TENSOR_OTHER);
    if (tensor->type == TENSOR_F32 && tensor->bytes > 0)
        memcpy(out, tensor->data, tensor->bytes);
    for (size_t i = 0; tensor->type != TENSOR_F32 && i < tensor->count; i++) {
        uint16_t half;
        memcpy(&half, tensor->data + i * sizeof half, sizeof half);
        uint32_t bits = tensor->type == TENSOR_F16 ? widen_f16(half) : (uint32_t)half << 16;
        memcpy(&out[i], &bits, sizeof bits);
    }
}

// IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits; float32: 1, 8 (bias 127), 23.
// The bits move up by 13 and the exponent grows by 127 - 15. Infinities and NaNs keep their
// fraction below the exponent 255. A subnormal m 2^-24 is (2^-14 + m 2^-24) - 2^-14, in normal
// float32, so it survives where the processor flushes subnormals to zero.
static uint32_t widen_f16(uint16_t half)
{
    uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13, sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t normal = magnitude + ((127 - 15) << 23), special = magnitude | (255u << 23);
    uint32_t with_one = magnitude + ((127 - 14) << 23), subnormal;
    float difference;
    memcpy(&difference, &with_one, sizeof difference);
    difference -= 0x1p-14f;
    memcpy(&subnormal, &difference, sizeof subnormal);
    uint32_t exponent = half & 0x7c00;
    return sign | (exponent == 0 ? subnormal : exponent == 0x7c00 ? special : normal);
}

typedef struct {
    TensorOut *tensor; // by name
    char *header;      // padded
    uint64_t length;   // of the header
    Bytes *piece;      // that the file is made of: these two, and the tensors
    size_t pieces;
} File;

static int by_out_name(const void *a, const void *b);
static char *header_of(const TensorOut *tensor, size_t tensors);
static size_t bytes_of(const TensorOut *tensor);
static bool put_file(FILE *out, const void *content);

// Whatever comes back: file_free. False: out of memory.
static bool file_new(const TensorOut *tensor, size_t tensors, File *file)
{
    *file = (File){ .tensor = malloc((tensors + 1) * sizeof *file->tensor),
                    .piece = malloc((tensors + 2) * sizeof *file->piece) };
    if (!file->tensor || !file->piece)
        return false;
    if (tensors > 0)
        memcpy(file->tensor, tensor, tensors * sizeof *tensor);
    qsort(file->tensor, tensors, sizeof *file->tensor, by_out_name);
    if (!(file->header = header_of(file->tensor, tensors)))
        return false;
    file->length = strlen(file->header);
    file->piece[file->pieces++] = (Bytes){ (const uint8_t *)&file->length, LENGTH_BYTES };
    file->piece[file->pieces++] = (Bytes){ (const uint8_t *)file->header, file->length };
    for (size_t i = 0; i < tensors; i++)
        file->piece[file->pieces++] = (Bytes){ file->tensor[i].data, bytes_of(&file->tensor[i]) };
    return true;
}

static void file_free(File *file)
{
    free(file->piece);
    free(file->header);
    free(file->tensor);
}

bool checkpoint_write(const char *path, const TensorOut *tensor, size_t tensors, Hash *hash,
                      Error *error)
{
    File file;
    bool ok =
        file_new(tensor, tensors, &file) && (!hash || hash_pieces(file.piece, file.pieces, hash));
    if (ok)
        ok = file_write(path, put_file, &file, error);
    else
        fail(error, ERROR_ENVIRONMENT, (Where){ .file = path }, NULL, "out of memory");
    file_free(&file);
    return ok;
}

size_t checkpoint_bytes(const TensorOut *tensor, size_t tensors)
{
    File file;
    size_t bytes = 0;
    if (file_new(tensor, tensors, &file))
        for (size_t i = 0; i < file.pieces; i++)
            bytes += file.piece[i].size;
    file_free(&file);
    return bytes;
}

static int by_out_name(const void *a, const void *b)
{
    const TensorOut *x = a, *y = b;
    return strcmp(x->name, y->name);
}

// With "format": "pt", without which the transformers library refuses a file. NULL: out of memory.
static char *header_of(const TensorOut *tensor, size_t tensors)
{
    json_t *root = json_pack("{s:{s:s}}", "__metadata__", "format", "pt");
    size_t begin = 0;
    bool ok = root;
    for (size_t i = 0; ok && i < tensors; i++) {
        assert(0 <= tensor[i].rank && tensor[i].rank <= HIGHEST_RANK);
        assert(i == 0 || strcmp(tensor[i - 1].name, tensor[i].name) < 0);
        size_t end = begin + bytes_of(&tensor[i]);
        json_t *shape = json_array();
        for (int d = 0; d < tensor[i].rank; d++)
            ok = json_array_append_new(shape, json_integer(tensor[i].shape[d])) == 0 && ok;
        json_t *entry =
            json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtypes[tensor[i].type].name, "shape", shape,
                      "data_offsets", (json_int_t)begin, (json_int_t)end);
        ok = json_object_set_new(root, tensor[i].name, entry) == 0 && ok;
        begin = end;
    }
    char *text = ok ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    size_t length = text ? strlen(text) : 0, padded = (length + 7) / 8 * 8;
    char *header = text ? malloc(padded + 1) : NULL;
    if (header)
        snprintf(header, padded + 1, "%-*s", (int)padded, text);
    free(text);
    return header;
}

static size_t bytes_of(const TensorOut *tensor)
{
    assert(tensor->type < TENSOR_OTHER);
    size_t bytes = dtypes[tensor->type].bits / 8;
    for (int i = 0; i < tensor->rank; i++)
        bytes *= (size_t)tensor->shape[i];
    return bytes;
}

static bool put_file(FILE *out, const void *content)
{
    const File *file = content;
    bool ok = true;
    for (size_t i = 0; ok && i < file->pieces; i++) {
        Bytes piece = file->piece[i];
        ok = piece.size == 0 || fwrite(piece.data, 1, piece.size, out) == piece.size;
    }
    return ok;
}
