// test_checkpoint.c: safetensors files built by hand, byte by byte; and our own read back.
#include "model/checkpoint.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

enum { FILE_ROOM = 4096 };

typedef struct {
    uint8_t byte[FILE_ROOM];
    size_t size;
} Built;

// The length of `header` as 8 bytes, the header, and `body` bytes 0, 1, 2, ...
static Built build(const char *header, size_t body)
{
    Built built = { 0 };
    size_t length = strlen(header);
    for (int i = 0; i < 8; i++)
        built.byte[i] = (uint8_t)(length >> (8 * i));
    memcpy(built.byte + 8, header, length);
    for (size_t i = 0; i < body; i++)
        built.byte[8 + length + i] = (uint8_t)i;
    built.size = 8 + length + body;
    return built;
}

static Arena *arena;

static bool parse(const Built *built, Checkpoint *checkpoint, Error *error)
{
    return checkpoint_parse(arena, (Bytes){ built->byte, built->size }, "m.safetensors", checkpoint,
                            error);
}

static void read_two_tensors(void)
{
    // In the file "w" comes first, in the body "b" does.
    Built built = build("{\"w\":{\"dtype\":\"F16\",\"shape\":[2,3],\"data_offsets\":[4,16]},"
                        "\"__metadata__\":{\"format\":\"pt\"},"
                        "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}   ",
                        16);
    Checkpoint c;
    Error error;
    if (!CHECK(parse(&built, &c, &error)))
        return;
    const uint8_t *body = built.byte + built.size - 16;
    CHECK(c.tensors == 2);
    CHECK_TEXT(c.tensor[0].name, "b");
    const Tensor *w = checkpoint_find(&c, "w"), *b = checkpoint_find(&c, "b");
    if (!CHECK(w && b))
        return;
    CHECK(w->type == TENSOR_F16 && w->rank == 2 && w->shape[0] == 2 && w->shape[1] == 3);
    CHECK(w->count == 6 && w->bytes == 12 && w->data == body + 4);
    CHECK(b->type == TENSOR_F32 && b->rank == 1 && b->count == 1 && b->data == body);
    CHECK(!checkpoint_find(&c, "__metadata__") && !checkpoint_find(&c, ""));
}

static void entries_and_bytes_may_be_in_different_orders(void)
{
    with_arena(&arena, read_two_tensors);
}

static void read_odd_shapes(void)
{
    Built built =
        build("{\"empty\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,8,0],"
              "\"data_offsets\":[3,3]},"
              "\"scalar\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[3,5]},"
              "\"ids\":{\"dtype\":\"U8\",\"shape\":[1,1,3,1,1,1,1,1],\"data_offsets\":[0,3]}}",
              5);
    Checkpoint c;
    Error error;
    if (!CHECK(parse(&built, &c, &error)))
        return;
    const Tensor *empty = checkpoint_find(&c, "empty"), *scalar = checkpoint_find(&c, "scalar");
    const Tensor *ids = checkpoint_find(&c, "ids");
    CHECK(empty->count == 0 && empty->bytes == 0 && empty->rank == 3);
    CHECK(scalar->count == 1 && scalar->rank == 0);
    CHECK(ids->type == TENSOR_OTHER && ids->count == 3 && ids->rank == 8);
    float value; // bytes 3, 4 at an odd address: 0x0403 << 16
    tensor_read(scalar, &value);
    CHECK(value == 0x1.06p-119f);
    built = build("{}", 0);
    CHECK(parse(&built, &c, &error) && c.tensors == 0 && !checkpoint_find(&c, "x"));
}

static void scalars_empty_tensors_and_odd_addresses_are_read(void)
{
    with_arena(&arena, read_odd_shapes);
}

#define ENTRY(name, dtype, shape, offsets)                                                         \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void refuse_files(void)
{
    static const struct {
        const char *header;
        size_t body;
        const char *part;
    } refusal[] = {
        { "{" ENTRY("a", "F32", "[2]", "[0,8]") "," ENTRY("b", "F32", "[1]", "[4,8]") "}", 8,
          "m.safetensors: b: lies 4 bytes deep in 'a'; should be apart" },
        { "{" ENTRY("a", "F32", "[1]", "[0,4]") "," ENTRY("b", "F32", "[1]", "[8,12]") "}", 12,
          "b: begins behind a gap of 4 bytes" },
        { "{" ENTRY("a", "F32", "[1]", "[4,8]") "}", 8, "a: begins behind a gap of 4 bytes" },
        { "{" ENTRY("a", "F32", "[1]", "[4,0]") "}", 4,
          "a: data_offsets end (0) before they begin" },
        { "{" ENTRY("a", "F32", "[1]", "[0,4]") "}", 3,
          "a: ends 1 bytes behind the end of the file" },
        { "{" ENTRY("a", "F32", "[1]", "[0,4]") "}", 5, "m.safetensors: 1 bytes follow the last" },
        { "{}", 1, "m.safetensors: 1 bytes follow the last" },
        { "{" ENTRY("a", "F32", "[2]", "[0,4]") "}", 4,
          "a: data_offsets hold 4 bytes for 2 numbers of 32 bits" },
        { "{" ENTRY("a", "F16", "[1]", "[0,4]") "}", 4, "a: data_offsets hold 4 bytes" },
        // 2^32 x 2^32 is 0 in 64 bits; 2^62 numbers are 0 bytes in 64 bits
        { "{" ENTRY("a", "F32", "[4294967296,4294967296]", "[0,0]") "}", 0,
          "a: the product of its shape overflows" },
        { "{" ENTRY("a", "F32", "[4611686018427387904]", "[0,0]") "}", 0,
          "a: data_offsets hold 0" },
        { "{" ENTRY("a", "F32", "[-1]", "[0,4]") "}", 4, "a: shape holds something else" },
        { "{" ENTRY("a", "F32", "[1.0]", "[0,4]") "}", 4, "a: shape holds something else" },
        { "{" ENTRY("a", "F32", "4", "[0,4]") "}", 4, "a: shape is no list" },
        { "{" ENTRY("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "a: shape is no list or" },
        { "{" ENTRY("a", "F33", "[1]", "[0,4]") "}", 4,
          "a: dtype 'F33' is unknown; should be F32" },
        { "{" ENTRY("a", "F32", "[1]", "[0,4,4]") "}", 4, "a: data_offsets is no pair" },
        { "{" ENTRY("a", "F32", "[1]", "[0]") "}", 4, "a: data_offsets is no pair" },
        { "{" ENTRY("a", "F32", "[1]", "[-4,0]") "}", 4, "a: data_offsets is no pair" },
        { "{" ENTRY("a", "F32", "[1]", "[\"0\",4]") "}", 4, "a: data_offsets is no pair" },
        { "{\"a\":[1,2]}", 0, "a: the entry is no object" },
        { "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "a: shape is no list" },
        { "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "a: has no dtype" },
        { "{" ENTRY("a", "F32", "[1]", "[0,4]") "," ENTRY("a", "F32", "[1]", "[4,8]") "}", 8,
          "duplicate object key near '\"a\"'" },
        { "{" ENTRY("", "F32", "[1]", "[0,4]") "}", 4, "a tensor has no name" },
        { "{\"__metadata__\":{\"steps\":5}}", 0, "__metadata__: holds something else" },
        { "{\"__metadata__\":[]}", 0, "__metadata__: holds something else" },
        { "[]", 0, "the header does not begin with '{'" },
        { " {}", 0, "the header does not begin with '{'" },
        { "", 0, "the header does not begin with '{'" },
        { "{\"a\":", 0, "m.safetensors" },
        { "{\"a\":{\"shape\":[99999999999999999999]}}", 0, "m.safetensors" },
    };
    for (size_t i = 0; i < sizeof refusal / sizeof *refusal; i++) {
        Built built = build(refusal[i].header, refusal[i].body);
        Checkpoint c;
        Error error = { 0 };
        if (CHECK(!parse(&built, &c, &error)))
            CHECK_ERROR(&error, ERROR_INPUT, refusal[i].part);
        else
            printf("with %s\n", refusal[i].header);
    }
}

static void a_wrong_entry_is_refused_with_the_name_of_its_tensor(void)
{
    with_arena(&arena, refuse_files);
}

static void cut_files(void)
{
    Built whole = build("{" ENTRY("a", "F32", "[2]", "[0,8]") "}", 8);
    Checkpoint c;
    Error error;
    CHECK(parse(&whole, &c, &error));
    for (size_t size = 0; size < whole.size; size++) {
        Built cut = whole;
        cut.size = size;
        if (CHECK(!parse(&cut, &c, &error)))
            CHECK_ERROR(&error, ERROR_INPUT, "m.safetensors: ");
    }
    memset(whole.byte, 0xff, 8); // 2^64 - 1: a sum with anything wraps around
    CHECK(!parse(&whole, &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "bytes before its header does");
}

static void a_file_cut_anywhere_is_refused(void)
{
    with_arena(&arena, cut_files);
}

// By the definition of the format, in double: sign, exponent and fraction to a number.
static double half_value(unsigned half)
{
    unsigned exponent = half >> 10 & 31, fraction = half & 1023;
    double magnitude = exponent ? ldexp(1024 + fraction, (int)exponent - 25) : ldexp(fraction, -24);
    return half & 0x8000 ? -magnitude : magnitude;
}

static void every_half_widens_exactly(void)
{
    static uint16_t half[1 << 16];
    static float value[1 << 16];
    for (unsigned i = 0; i < 1 << 16; i++)
        half[i] = (uint16_t)i;
    Tensor tensor = {
        .type = TENSOR_F16, .count = 1 << 16, .bytes = sizeof half, .data = (const uint8_t *)half
    };
    tensor_read(&tensor, value);
    unsigned wrong = 0;
    for (unsigned i = 0; i < 1 << 16; i++) {
        bool negative = i & 0x8000, special = (i & 0x7c00) == 0x7c00;
        bool right = !special          ? (double)value[i] == half_value(i)
                     : (i & 1023) == 0 ? isinf(value[i])
                                       : isnan(value[i]);
        wrong += !right || (bool)signbit(value[i]) != negative;
    }
    CHECK(wrong == 0);
    CHECK(value[0x0001] == 0x1p-24f && value[0x3c00] == 1 && value[0x7bff] == 65504);
}

static void every_bfloat_widens_exactly(void)
{
    static uint16_t half[1 << 16];
    static float value[1 << 16];
    for (unsigned i = 0; i < 1 << 16; i++)
        half[i] = (uint16_t)i;
    Tensor tensor = {
        .type = TENSOR_BF16, .count = 1 << 16, .bytes = sizeof half, .data = (const uint8_t *)half
    };
    tensor_read(&tensor, value);
    unsigned wrong = 0;
    for (unsigned i = 0; i < 1 << 16; i++) {
        unsigned exponent = i >> 7 & 255, fraction = i & 127;
        double magnitude =
            exponent ? ldexp(128 + fraction, (int)exponent - 134) : ldexp(fraction, -133);
        bool right = exponent < 255  ? (double)fabsf(value[i]) == magnitude
                     : fraction == 0 ? isinf(value[i])
                                     : isnan(value[i]);
        wrong += !right || (bool)signbit(value[i]) != (bool)(i & 0x8000);
    }
    CHECK(wrong == 0);
    CHECK(value[0x0001] == 0x1p-133f && value[0xc000] == -2);
}

static void find_bert_names(void)
{
    static const char *const present[] = {
        "embeddings.LayerNorm.gamma", "bert.encoder.layer.0.output.LayerNorm.beta",
        "bert.pooler.dense.weight",   "pooler.dense.bias",
        "bert.pooler.dense.bias",     "embeddings.word_embeddings.weight",
        "cls.predictions.bias"
    };
    char header[1024] = "{";
    size_t tensors = sizeof present / sizeof *present;
    for (size_t i = 0; i < tensors; i++) { // one number each
        size_t used = strlen(header);
        snprintf(header + used, sizeof header - used,
                 "\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%zu,%zu]}%s",
                 present[i], 4 * i, 4 * i + 4, i + 1 < tensors ? "," : "}");
    }
    Built built = build(header, 4 * tensors);
    static const struct {
        const char *asked, *found;
    } name[] = {
        { "bert.embeddings.LayerNorm.weight", "embeddings.LayerNorm.gamma" },
        { "bert.encoder.layer.0.output.LayerNorm.bias",
          "bert.encoder.layer.0.output.LayerNorm.beta" },
        { "bert.pooler.dense.weight", "bert.pooler.dense.weight" },
        { "bert.pooler.dense.bias", "bert.pooler.dense.bias" }, // rather than without "bert."
        { "bert.embeddings.word_embeddings.weight", "embeddings.word_embeddings.weight" },
        { "cls.predictions.bias", "cls.predictions.bias" },
    };
    static const char *const absent[] = { "bert.embeddings.LayerNorm.bias",
                                          "bert.cls.predictions",
                                          "bert.",
                                          "",
                                          "LayerNorm.weight",
                                          "classifier.weight" };
    Checkpoint c;
    Error error;
    if (!CHECK(parse(&built, &c, &error)))
        return;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        const Tensor *tensor = checkpoint_bert(&c, name[i].asked);
        CHECK_TEXT(tensor ? tensor->name : NULL, name[i].found);
    }
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        CHECK(!checkpoint_bert(&c, absent[i]));
}

static void tensors_are_found_under_old_names_and_without_prefix(void)
{
    with_arena(&arena, find_bert_names);
}

static void write_by_hand(void)
{
    // Sorted by name, "b" comes first.
    static const float matrix[] = { 1, 2, 3, 4 }, scalar[] = { -0.5f };
    const TensorOut out[] = { { "w", TENSOR_F32, 2, { 2, 2 }, matrix },
                              { "b\"", TENSOR_F32, 0, { 0 }, scalar } };
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"pt\"},"
        "\"b\\\"\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
        "\"w\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[4,20]}}";
    static const uint8_t body[] = { 0, 0,    0, 0xbf, 0,    0,    0x80, 0x3f, 0,    0,
                                    0, 0x40, 0, 0,    0x40, 0x40, 0,    0,    0x80, 0x40 };
    size_t padded = (sizeof header - 1 + 7) / 8 * 8;
    Built expected = { .size = 8 + padded + sizeof body };
    expected.byte[0] = (uint8_t)padded;
    memset(expected.byte + 8, ' ', padded);
    memcpy(expected.byte + 8, header, sizeof header - 1);
    memcpy(expected.byte + 8 + padded, body, sizeof body);

    char *path = path_join(arena, test_folder(), "model.safetensors");
    Error error;
    Bytes bytes;
    Hash hash;
    if (!CHECK(checkpoint_write(path, out, 2, &hash, &error)) ||
        !CHECK(file_read(arena, path, &bytes, &error)))
        return;
    CHECK_TEXT(hash.hex, hash_bytes(expected.byte, expected.size).hex);
    CHECK(padded < 256 && bytes.size == expected.size);
    CHECK(bytes.size == expected.size && !memcmp(bytes.data, expected.byte, bytes.size));
    const TensorOut sizes[] = { { "w", TENSOR_F32, 2, { 2, 2 }, NULL },
                                { "b\"", TENSOR_F32, 0, { 0 }, NULL } };
    CHECK(checkpoint_bytes(sizes, 2) == expected.size);
}

static void a_written_file_has_these_bytes(void)
{
    with_arena(&arena, write_by_hand);
}

static void write_and_read(void)
{
    static const float number[7] = { 0x1p-149f, -0.0f, 3.4e38f, 1, 2, 3, INFINITY };
    const char *path = path_join(arena, test_folder(), "m.safetensors");
    Error error;
    // Names of 1, 2, ... letters give headers of every length modulo 8.
    char name[10] = "";
    for (size_t length = 1; length < sizeof name; length++) {
        name[length - 1] = 'x';
        const TensorOut out[] = { { "zero", TENSOR_F32, 2, { 4, 0 }, NULL },
                                  { name, TENSOR_F32, 1, { 7 }, number } };
        Checkpoint c;
        if (!CHECK(checkpoint_write(path, out, 2, NULL, &error)) ||
            !CHECK(checkpoint_open(arena, path, &c, &error)))
            return;
        const Tensor *tensor = checkpoint_find(&c, name), *zero = checkpoint_find(&c, "zero");
        float back[7] = { 0 };
        if (CHECK(c.tensors == 2 && tensor && tensor->count == 7)) {
            tensor_read(tensor, back);
            CHECK(!memcmp(back, number, sizeof number));
            CHECK((tensor->data - c.bytes.data) % 8 == 0);
        }
        CHECK(zero && zero->rank == 2 && zero->shape[0] == 4 && zero->count == 0);
        checkpoint_close(&c);
        CHECK(!c.bytes.data && c.tensors == 0);
    }
}

static void written_files_are_read_back_and_aligned(void)
{
    with_arena(&arena, write_and_read);
}

static void open_files(void)
{
    Checkpoint c;
    Error error;
    if (CHECK(checkpoint_open(arena, "models/bundled/tiny/model.safetensors", &c, &error))) {
        const Tensor *word = checkpoint_bert(&c, "bert.embeddings.word_embeddings.weight");
        CHECK(word && word->type == TENSOR_F16 && word->shape[0] == 8192 && word->shape[1] == 128);
        checkpoint_close(&c);
    }
    CHECK(!checkpoint_open(arena, "no/such.safetensors", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "no/such.safetensors");
    CHECK(!checkpoint_open(arena, "models/bundled/tiny/vocab.txt", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "vocab.txt: ");
}

static void the_bundled_model_opens_and_other_files_do_not(void)
{
    with_arena(&arena, open_files);
}

static void read_pointer(void)
{
    static const char text[] =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n";
    const Bytes bytes = { (const uint8_t *)text, sizeof text - 1 };
    Checkpoint checkpoint;
    Error error;
    CHECK(!checkpoint_parse(arena, bytes, "m.safetensors", &checkpoint, &error));
    CHECK_ERROR(&error, ERROR_INPUT,
                "m.safetensors: is a pointer of Git LFS; should be the file itself");
}

static void a_pointer_to_a_file_is_called_one(void)
{
    with_arena(&arena, read_pointer);
}

static void write_nowhere(void)
{
    static const float number[1] = { 1 };
    const TensorOut out[] = { { "a", TENSOR_F32, 1, { 1 }, number } };
    Error error;
    CHECK(!checkpoint_write(path_join(arena, test_folder(), "no/folder/m.safetensors"), out, 1,
                            NULL, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "m.safetensors");
}

static void writing_into_a_missing_folder_is_wrong_input(void)
{
    with_arena(&arena, write_nowhere);
}

void suite_checkpoint(void)
{
    ADD(entries_and_bytes_may_be_in_different_orders);
    ADD(scalars_empty_tensors_and_odd_addresses_are_read);
    ADD(a_wrong_entry_is_refused_with_the_name_of_its_tensor);
    ADD(a_pointer_to_a_file_is_called_one);
    ADD(a_file_cut_anywhere_is_refused);
    ADD(every_half_widens_exactly);
    ADD(every_bfloat_widens_exactly);
    ADD(tensors_are_found_under_old_names_and_without_prefix);
    ADD(a_written_file_has_these_bytes);
    ADD(written_files_are_read_back_and_aligned);
    ADD(the_bundled_model_opens_and_other_files_do_not);
    ADD(writing_into_a_missing_folder_is_wrong_input);
}
