// pytorch_model.bin: both formats as PyTorch wrote them, pickles and archives built by hand, and
// the command that converts one.
#include "tests/program.h"
#include "model/torch.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

static Arena *arena;

// ---- files of PyTorch's

// tests/torch_files.py: number i of a storage is i / 4 - 1, of `scale` 0.5.
static const struct {
    const char *name;
    TensorType type;
    int rank;
    int64_t shape[2];
    float number[6];
} expected[] = {
    { "LayerNorm.gamma", TENSOR_BF16, 1, { 2 }, { -1, -0.75F } },
    { "decoder.weight", TENSOR_F32, 2, { 3, 2 }, { -1, -0.75F, -0.5F, -0.25F, 0, 0.25F } },
    { "embeddings.word.weight", TENSOR_F32, 2, { 3, 2 }, { -1, -0.75F, -0.5F, -0.25F, 0, 0.25F } },
    { "empty", TENSOR_F32, 2, { 0, 3 }, { 0 } },
    { "every.third", TENSOR_F32, 1, { 4 }, { -0.75F, 0, 0.75F, 1.5F } },
    { "position_ids", TENSOR_OTHER, 2, { 1, 4 }, { 0 } },
    { "query.weight", TENSOR_F16, 2, { 2, 3 }, { -1, -0.5F, 0, -0.75F, -0.25F, 0.25F } },
    { "rest.bias", TENSOR_F32, 1, { 3 }, { 1.25F, 1.5F, 1.75F } },
    { "scale", TENSOR_F32, 0, { 0 }, { 0.5F } },
};
enum { EXPECTED = sizeof expected / sizeof *expected };

static void check_views(const char *path)
{
    Error error;
    Bytes bytes;
    Checkpoint c;
    if (!CHECK(file_read(arena, path, &bytes, &error)) ||
        !CHECK(torch_parse(arena, bytes, path, &c, &error)) || !CHECK(c.tensors == EXPECTED)) {
        printf("%s\n", error.text);
        return;
    }
    for (size_t i = 0; i < EXPECTED; i++) {
        const Tensor *tensor = &c.tensor[i];
        size_t count = 1;
        CHECK_TEXT(tensor->name, expected[i].name);
        CHECK(tensor->type == expected[i].type && tensor->rank == expected[i].rank);
        for (int d = 0; d < tensor->rank; d++) {
            CHECK(tensor->shape[d] == expected[i].shape[d]);
            count *= (size_t)expected[i].shape[d];
        }
        float number[6];
        if (!CHECK(tensor->count == count) || tensor->type == TENSOR_OTHER)
            continue;
        tensor_read(tensor, number);
        for (size_t n = 0; n < count; n++)
            CHECK_CLOSE(number[n], expected[i].number[n], 0);
    }
    const int64_t ids[4] = { 0, 1, 2, 3 };
    CHECK(c.tensor[5].bytes == sizeof ids && !memcmp(c.tensor[5].data, ids, sizeof ids));
}

static void check_both_formats(void)
{
    check_views("tests/fuzz/seeds/torch/views-zip.bin");
    check_views("tests/fuzz/seeds/torch/views-legacy.bin");
}

static void both_formats_are_read_number_for_number(void)
{
    with_arena(&arena, check_both_formats);
}

// ---- pickles by hand

typedef struct {
    const char *bytes;
    size_t size;
} Literal;
#define LITERAL(text)                                                                              \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }

#define STORAGE(class, count)                                                                      \
    "(X\x07\0\0\0storagectorch\n" class "\nX\x01\0\0\0kX\x03\0\0\0cpu" count "NtQ"
#define TENSOR(storage, view) "ctorch._utils\n_rebuild_tensor_v2\n(" storage view "\x89}tR"
#define FLOATS STORAGE("FloatStorage", "K\x04")
#define SQUARE "K\0K\x02K\x02\x86K\x02K\x01\x86"
#define DICT(value) "\x80\2}X\1\0\0\0w" value "s."
#define GOOD DICT(TENSOR(FLOATS, SQUARE))
#define KEYS "\x80\2]X\1\0\0\0ka."
#define NUMBERS                                                                                    \
    "\4\0\0\0\0\0\0\0"                                                                             \
    "0123456789abcdef"
#define MACHINE "\x80\2}X\x0d\0\0\0little_endian\x88s."

static Bytes legacy(Literal dict, Literal rest)
{
    static const char head[] = "\x80\2\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\2M\xe9\3." MACHINE;
    size_t size = sizeof head - 1 + dict.size + rest.size;
    char *data = arena_take(arena, size, 1);
    memcpy(data, head, sizeof head - 1);
    memcpy(data + sizeof head - 1, dict.bytes, dict.size);
    memcpy(data + sizeof head - 1 + dict.size, rest.bytes, rest.size);
    return (Bytes){ (uint8_t *)data, size };
}

static void refuse_pickles(void)
{
    static const struct {
        Literal dict;
        const char *part;
    } refusal[] = {
        { LITERAL("\x80\2cposix\nsystem\n(X\2\0\0\0lstR."),
          "'posix system' is not what tensors are made of, and is not run" },
        { LITERAL("\x80\2c__builtin__\neval\n(X\1\0\0\0"
                  "1tR."),
          "'__builtin__ eval' is not" },
        { LITERAL("\x80\2(iposix\nsystem\n."), "opcode 0x69 is unknown here" },
        { LITERAL("\x80\4}."), "protocol 4 is not 2" },
        { LITERAL("\x80\2]."), "holds no tensors at its top" },
        { LITERAL("\x80\2}."), "holds no tensors at its top" },
        { LITERAL(DICT("N")), "w: is no tensor; should be a dict of names and tensors" },
        { LITERAL("\x80\2}K\1" TENSOR(FLOATS, SQUARE) "s."), "the name of a tensor is no text" },
        { LITERAL("\x80\2}X\1\0\0\0\xff" TENSOR(FLOATS, SQUARE) "s."), "is no text" },
        { LITERAL("\x80\2}X\1\0\0\0\0" TENSOR(FLOATS, SQUARE) "s."), "is no text" },
        { LITERAL(DICT(TENSOR(FLOATS, "K\1K\2K\2\x86K\2K\1\x86"))), // offset 1
          "w: reaches out of its storage of 4 numbers" },
        { LITERAL(DICT(TENSOR(FLOATS, "K\0K\2K\2\x86K\3K\1\x86"))), "reaches out" },
        { LITERAL(DICT(TENSOR(FLOATS, "K\0K\5\x85K\0\x85"))), "or repeats them" }, // stride 0
        { LITERAL(DICT(TENSOR(FLOATS, "K\0\x8a\x08\0\0\0\0\0\0\0\x40K\4\x86K\0K\1\x86"))),
          "reaches out" }, // 2^62 x 4
        { LITERAL(DICT(TENSOR(FLOATS, "K\0K\2\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85"))),
          "reaches out" },
        { LITERAL(DICT(TENSOR(FLOATS, "K\0J\xff\xff\xff\xff\x85K\1\x85"))),
          "a size or stride is no number from 0 on" },
        { LITERAL(DICT(TENSOR(FLOATS, "\x8a\1\xffK\1\x85K\1\x85"))), "a tensor is not made of" },
        { LITERAL(DICT(TENSOR(FLOATS, "K\0K\1\x85)"))), "a tensor is not made of" },
        { LITERAL(DICT(TENSOR("N", SQUARE))), "a tensor is not made of" },
        { LITERAL(DICT("ctorch._utils\n_rebuild_tensor_v2\n)R")), "a tensor lacks something" },
        { LITERAL(DICT("ctorch._utils\n_rebuild_parameter\nN\x85R")), "a parameter is no tensor" },
        { LITERAL(DICT("ctorch\nFloatStorage\n)R")), "called that is no function" },
        { LITERAL(DICT(TENSOR(STORAGE("DoubleStorage", "K\4"), SQUARE))),
          "w: is of 64 bits (DoubleStorage); should be of 32 or 16 bits" },
        { LITERAL(DICT(TENSOR(STORAGE("ComplexFloatStorage", "K\4"), SQUARE))),
          "'torch ComplexFloatStorage' is not" },
        { LITERAL(DICT(TENSOR(STORAGE("FloatStorage", "J\xff\xff\xff\xff"), SQUARE))),
          "a storage is described otherwise" },
        { LITERAL(DICT("NQ")), "a storage is described otherwise" },
        { LITERAL(DICT("h\5")), "place 5 remembers nothing" },
        { LITERAL("\x80\2}j\xff\xff\xff\xff."), "place 4294967295 remembers nothing" },
        { LITERAL("\x80\2q\0."), "nothing is remembered" },
        { LITERAL("\x80\2R."), "a value is missing" },
        { LITERAL("\x80\2s."), "a value is missing" },
        { LITERAL("\x80\2Na."), "items belong to nothing" },
        { LITERAL("\x80\2NNt."), "a mark is missing" },
        { LITERAL("\x80\2}(Nu."), "items belong to nothing" }, // a key without a value
        { LITERAL("\x80\2N}b."), "attributes belong to nothing" },
        { LITERAL("\x80\2NN."), "ends with 2 values" },
        { LITERAL("\x80\2."), "ends with 0 values" },
        { LITERAL("\x80\2X\xff\xff\xff\xff."), "something is longer than what is left" },
        { LITERAL("\x80\2"
                  "ccollections"),
          "name does not end" },
    };
    for (size_t i = 0; i < sizeof refusal / sizeof *refusal; i++) {
        Checkpoint c;
        Error error = { 0 };
        static const Literal rest = LITERAL(KEYS NUMBERS);
        if (!CHECK(!torch_parse(arena, legacy(refusal[i].dict, rest), "m.bin", &c, &error)) ||
            !CHECK_ERROR(&error, ERROR_INPUT, refusal[i].part) ||
            !CHECK_ERROR(&error, ERROR_INPUT, "m.bin: "))
            printf("case %zu: %s\n", i, error.text);
    }
}

static void what_tensors_do_not_need_is_refused_and_not_run(void)
{
    with_arena(&arena, refuse_pickles);
}

static void refuse_storages(void)
{
    static const Literal good = LITERAL(GOOD);
    static const struct {
        Literal rest;
        const char *part; // NULL: is read
    } of[] = {
        { LITERAL(KEYS NUMBERS), NULL },
        { LITERAL(KEYS NUMBERS "x"), "storages: 1 bytes follow the last of them" },
        { LITERAL(KEYS "\4\0\0\0\0\0\0\0"
                       "0123456789abcde"),
          "storages: end 1 bytes early" },
        { LITERAL(KEYS "\4\0\0\0"), "storages: end before the last of them" },
        { LITERAL(KEYS "\3\0\0\0\0\0\0\0"
                       "0123456789ab"),
          "storages: one has 3 numbers, its tensors say 4" },
        { LITERAL("\x80\2]."), "storages: one is missing" },
        { LITERAL("\x80\2]X\1\0\0\0za." NUMBERS), "storages: one is of no tensor" },
        { LITERAL("\x80\2]X\1\0\0\0kaX\1\0\0\0ka." NUMBERS NUMBERS), "or stands twice" },
        { LITERAL("\x80\2]Na." NUMBERS), "storages: one is of no tensor" },
        { LITERAL("\x80\2}." NUMBERS), "storages: are not named" },
        { LITERAL(""), "keys: the pickle does not end" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Checkpoint c;
        Error error = { 0 };
        bool ok = torch_parse(arena, legacy(good, of[i].rest), "m.bin", &c, &error);
        if (!of[i].part) {
            CHECK(ok && c.tensors == 1 && c.tensor[0].count == 4);
            CHECK(ok && !memcmp(c.tensor[0].data, "0123456789abcdef", 16));
        } else if (!CHECK(!ok) || !CHECK_ERROR(&error, ERROR_INPUT, of[i].part))
            printf("case %zu: %s\n", i, error.text);
    }
    static const Literal twice = LITERAL("\x80\2}X\1\0\0\0w" TENSOR(
        FLOATS, SQUARE) "sX\1\0\0\0v" TENSOR(STORAGE("HalfStorage", "K\4"), SQUARE) "s.");
    Checkpoint c;
    Error error;
    CHECK(!torch_parse(arena, legacy(twice, of[0].rest), "m.bin", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "a storage has two types or sizes");
    static const Literal again = LITERAL(
        "\x80\2}X\1\0\0\0w" TENSOR(FLOATS, SQUARE) "sX\1\0\0\0w" TENSOR(FLOATS, SQUARE) "s.");
    CHECK(!torch_parse(arena, legacy(again, of[0].rest), "m.bin", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "m.bin: w: stands twice");
    CHECK(!torch_parse(arena, (Bytes){ (const uint8_t *)"\x80\2}.", 4 }, "m.bin", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "m.bin: torch.save has not written this");
}

// A long pickle of the wrong kind: a list of `count` times nothing.
static Bytes long_list(const char *head, size_t length, size_t count)
{
    static const char end[] = "e.";
    size_t size = length + count + sizeof end - 1;
    char *data = arena_take(arena, size, 1);
    memcpy(data, head, length);
    memset(data + length, 'N', count);
    memcpy(data + length + count, end, sizeof end - 1);
    return (Bytes){ (uint8_t *)data, size };
}

// What a file takes is a matter of its pickles' bounds and its own size: a gigabyte, not three, for
// 16 MB that are refused, and nothing is kept of what is before the dict.
static void refuse_the_long(void)
{
    static const char head[] = "\x80\2\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\2](";
    static const size_t counts[] = { 1000000, 4000000 };
    static const char *const says[] = { "the protocol's number is another",
                                        "protocol: the pickle does not end" };
    for (size_t i = 0; i < 2; i++) {
        Checkpoint c;
        Error error = { 0 };
        Arena *small = arena_new((size_t)300 << 20, &error);
        Bytes file = long_list(head, sizeof head - 1, counts[i]);
        CHECK(!torch_parse(small, file, "m.bin", &c, &error));
        CHECK_ERROR(&error, ERROR_INPUT, says[i]);
        arena_free(small);
    }
}

static char *put_piece(char *end, Literal piece)
{
    memcpy(end, piece.bytes, piece.size);
    return end + piece.size;
}

// Tensors of one storage of 4000 bytes, each of which has to be turned: four are tied, 40 a bomb.
static void refuse_many_views(void)
{
    static const Literal first = LITERAL(
                             "\x80\2}X\1\0\0\0Actorch._utils\n_rebuild_tensor_v2\nq\0(" STORAGE(
                                 "FloatStorage",
                                 "M\xe8\3") "K\0K\2M\xf4\1\x86K\1K\2\x86\x89}tq\1Rs"),
                         key = LITERAL("X\1\0\0\0"), again = LITERAL("h\0h\1Rs"),
                         keys = LITERAL(KEYS "\xe8\3\0\0\0\0\0\0");
    char *dict = arena_take(arena, 1 << 12, 1), *rest = arena_zero(arena, 1 << 13, 1);
    size_t numbers = (size_t)(put_piece(rest, keys) - rest) + 4000;
    for (int tensors = 4; tensors <= 40; tensors += 36) {
        Checkpoint c;
        Error error = { 0 };
        char *end = put_piece(dict, first);
        for (int i = 1; i < tensors; i++) {
            end = put_piece(end, key);
            *end++ = (char)('A' + i);
            end = put_piece(end, again);
        }
        *end++ = '.';
        Bytes file = legacy((Literal){ dict, (size_t)(end - dict) }, (Literal){ rest, numbers });
        bool ok = torch_parse(arena, file, "m.bin", &c, &error);
        if (!CHECK(ok == (tensors == 4)) || (!ok && !CHECK_ERROR(&error, ERROR_INPUT, "4 times")))
            printf("%s\n", error.text);
    }
}

// A tensor of a long name, and 10,000 times more from the memo, of two bytes each.
static void refuse_a_long_name_again_and_again(void)
{
    enum { LENGTH = 10000, TIMES = 10000 };
    static const Literal first = LITERAL("\x80\2}X\x10\x27\0\0"),
                         tensor = LITERAL("q\0" TENSOR(FLOATS, SQUARE) "q\1s("),
                         again = LITERAL("h\0h\1"), last = LITERAL("u."),
                         rest = LITERAL(KEYS NUMBERS);
    char *dict = arena_take(arena, LENGTH + 4 * TIMES + 1000, 1);
    char *end = put_piece(dict, first);
    memset(end, 'n', LENGTH);
    end = put_piece(end + LENGTH, tensor);
    for (int i = 0; i < TIMES; i++)
        end = put_piece(end, again);
    end = put_piece(end, last);
    Checkpoint c;
    Error error = { 0 };
    Bytes file = legacy((Literal){ dict, (size_t)(end - dict) }, rest);
    size_t before = arena_mark(arena);
    CHECK(!torch_parse(arena, file, "m.bin", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "m.bin: names of tensors stand twice; should be each once");
    CHECK(arena_mark(arena) - before < 220 * file.size); // pickle_read's share, and as much again
}

static void what_is_refused_takes_little_memory(void)
{
    with_arena(&arena, refuse_the_long);
    with_arena(&arena, refuse_a_long_name_again_and_again);
    with_arena(&arena, refuse_many_views);
}

static void storages_are_held_against_their_tensors(void)
{
    with_arena(&arena, refuse_storages);
}

// ---- archives by hand

typedef struct {
    const char *name; // NULL: the end
    Literal is;
    bool compressed;
} Entry;

static Bytes archive(const Entry *entry)
{
    const char *path = arena_format(arena, "%s/a.zip", test_folder());
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    for (; zip && entry->name; entry++) {
        zip_source_t *source = zip_source_buffer(zip, entry->is.bytes, entry->is.size, 0);
        zip_int64_t index = zip_file_add(zip, entry->name, source, 0);
        if (index < 0 ||
            zip_set_file_compression(zip, (zip_uint64_t)index,
                                     entry->compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0) != 0)
            abort();
    }
    Bytes bytes;
    Error error;
    if (!zip || zip_close(zip) != 0 || !file_read(arena, path, &bytes, &error))
        abort();
    return bytes;
}

#define FOUR "0123456789abcdef"

static void refuse_archives(void)
{
    static const struct {
        Entry entry[4];
        const char *part; // NULL: is read
    } of[] = {
        { { { "m/data.pkl", LITERAL(GOOD), false }, { "m/data/k", LITERAL(FOUR), false } }, NULL },
        { { { "m/data.pkl", LITERAL(GOOD), false } }, "m/data/k: is not in the archive" },
        { { { "m/data.pkl", LITERAL(GOOD), false }, { "m/data/k", LITERAL(FOUR "x"), false } },
          "m/data/k: has 17 bytes for 4 numbers of 4" },
        { { { "m/data.pkl", LITERAL(GOOD), false },
            { "m/data/k", LITERAL(FOUR FOUR FOUR FOUR FOUR), true } },
          "m/data/k: is compressed; should be stored" },
        { { { "readme", LITERAL("x"), false }, { "m/data.pkl", LITERAL(GOOD), false } },
          "has no data.pkl" },
        { { { "m/data.pkl", LITERAL("\x80\2}"), false } }, "data.pkl: the pickle does not end" },
        { { { "m/data.pkl", LITERAL(GOOD), false },
            { "m/byteorder", LITERAL("little"), false },
            { "m/data/k", LITERAL(FOUR), false } },
          NULL },
        { { { "m/data.pkl", LITERAL(GOOD), false },
            { "m/byteorder", LITERAL("big"), false },
            { "m/data/k", LITERAL(FOUR), false } },
          "m.bin: was written on another kind of machine; should be of little-endian numbers" },
        { { { "m/data.pkl", LITERAL(GOOD), false },
            { "m/byteorder", LITERAL(""), false },
            { "m/data/k", LITERAL(FOUR), false } },
          "m.bin: was written on another kind of machine; should be of little-endian numbers" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Checkpoint c;
        Error error = { 0 };
        bool ok = torch_parse(arena, archive(of[i].entry), "m.bin", &c, &error);
        if (!of[i].part)
            CHECK(ok && c.tensors == 1 && !memcmp(c.tensor[0].data, FOUR, 16));
        else if (!CHECK(!ok) || !CHECK_ERROR(&error, ERROR_INPUT, of[i].part))
            printf("case %zu: %s\n", i, error.text);
    }
    Bytes good = archive(of[0].entry);
    Checkpoint c;
    Error error;
    uint8_t *numbers = memmem(good.data, good.size, FOUR, 16);
    *numbers ^= 1;
    CHECK(!torch_parse(arena, good, "m.bin", &c, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "m/data/k: cannot be read: CRC error");
    *numbers ^= 1;
    for (size_t size = 4; size < good.size; size++) { // cut anywhere
        CHECK(!torch_parse(arena, (Bytes){ good.data, size }, "m.bin", &c, &error));
        CHECK_ERROR(&error, ERROR_INPUT, "m.bin: ");
    }
}

static void archives_are_whole_stored_and_right(void)
{
    with_arena(&arena, refuse_archives);
}

// ---- the command

static Checkpoint opened(const char *path)
{
    Checkpoint c = { 0 };
    Error error;
    if (!CHECK(checkpoint_open(arena, path, &c, &error)))
        printf("%s\n", error.text);
    return c;
}

static void copy_file(const char *from, const char *to)
{
    if (system(arena_format(arena, "cp %s %s", from, to)) != 0)
        abort();
}

static void convert_views(void)
{
    const char *folder = test_folder();
    const char *bin = arena_format(arena, "%s/pytorch_model.bin", folder);
    copy_file("tests/fuzz/seeds/torch/views-legacy.bin", bin);
    CHECK_REFUSED(program(arena, NULL, "convert %s", folder), 2, "has no config.json");
    write_text(arena_format(arena, "%s/config.json", folder), "{}");
    Said said = program(arena, NULL, "convert %s --out %s/new", folder, folder);
    CHECK(said.status == 0 && !*said.err);
    CHECK(strstr(said.out, "new/model.safetensors: 8 tensors, 28 numbers, "));
    CHECK(strstr(said.out, "left out, as no weight: position_ids\n"));
    Checkpoint c = opened(arena_format(arena, "%s/new/model.safetensors", folder));
    const Tensor *gain = checkpoint_find(&c, "LayerNorm.weight");
    CHECK(c.tensors == 8 && !checkpoint_find(&c, "position_ids"));
    CHECK(gain && !checkpoint_find(&c, "LayerNorm.gamma") && gain->type == TENSOR_BF16);
    const Tensor *turned = checkpoint_find(&c, "query.weight");
    float number[6];
    if (CHECK(turned && turned->type == TENSOR_F16 && turned->count == 6)) {
        tensor_read(turned, number);
        CHECK(number[0] == -1 && number[1] == -0.5F && number[3] == -0.75F);
    }
    checkpoint_close(&c);
    CHECK_TEXT(read_text(arena, arena_format(arena, "%s/new/config.json", folder)), "{}");
    CHECK_REFUSED(program(arena, NULL, "convert %s --out %s/new", folder, folder), 2,
                  "model.safetensors: is there already; should be removed first");
    CHECK(files_below(folder) == 4); // nothing half-written beside what there should be
    CHECK_REFUSED(program(arena, &(Around){ .file_bytes = 200 }, "convert %s", folder), 3,
                  "model.safetensors: not written");
    CHECK(files_below(folder) == 4);
    // Into another folder nothing or all of it: one that is not there is not made, a stranger's
    // file stays.
    write_text(arena_format(arena, "%s/vocab.txt", folder), "a line\n");
    CHECK_REFUSED(
        program(arena, &(Around){ .file_bytes = 200 }, "convert %s --out %s/full", folder, folder),
        3, "model.safetensors: not written");
    CHECK(!folder_exists(path_join(arena, folder, "full")));
    Error error;
    const char *theirs = path_join(arena, folder, "theirs");
    CHECK(folder_make(theirs, &error));
    write_text(path_join(arena, theirs, "config.json"), "{\"theirs\": 1}");
    CHECK_REFUSED(program(arena, NULL, "convert %s --out %s", folder, theirs), 2,
                  "theirs/config.json: is there already; should be another folder");
    CHECK_TEXT(read_text(arena, path_join(arena, theirs, "config.json")), "{\"theirs\": 1}");
    CHECK(files_below(theirs) == 1);
    char *large = arena_zero(arena, 1 << 16, 1); // of all files the last is too long
    memset(large, 'x', (1 << 16) - 1);
    write_text(path_join(arena, folder, "tokenizer_config.json"), large);
    CHECK_REFUSED(program(arena, &(Around){ .file_bytes = 1 << 12 }, "convert %s --out %s/full",
                          folder, folder),
                  3, "tokenizer_config.json: not written");
    CHECK(!folder_exists(path_join(arena, folder, "full")));
}

static void types_views_and_old_names_are_converted(void)
{
    with_arena(&arena, convert_views);
}

static void refuse_folders(void)
{
    static const struct {
        const char *file, *part;
    } of[] = {
        { "bert_model.ckpt.index", "is a TensorFlow checkpoint; should be pytorch_model.bin" },
        { "tf_model.h5", "is a TensorFlow model" },
        { "flax_model.msgpack", "is a Flax model" },
        { "model.safetensors", "is what convert writes; should be left as it is" },
        { "pytorch_model.bin.index.json", "has its weights in several files" },
        { "other", "has no pytorch_model.bin" },
        { "adapter_model.safetensors", "has no pytorch_model.bin" },
        { "pytorch_model.bin", "pytorch_model.bin: torch.save has not written this" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const char *folder = arena_format(arena, "%s/%zu", test_folder(), i);
        Error error;
        CHECK(folder_make(folder, &error));
        write_text(path_join(arena, folder, of[i].file), "x");
        write_text(path_join(arena, folder, "config.json"), "{}");
        CHECK_REFUSED(program(arena, NULL, "convert %s", folder), 2, of[i].part);
        CHECK(files_below(folder) == 2);
    }
    CHECK_REFUSED(program(arena, NULL, "convert"), 2, "0 folders are given; should be one folder");
    CHECK_REFUSED(program(arena, NULL, "convert a b"), 2, "2 folders are given");
    CHECK_REFUSED(program(arena, NULL, "convert no-such-model"), 2, "no-such-model");
    CHECK_REFUSED(program(arena, NULL, "convert . --in x"), 2, "--in: is unknown");
}

static void refuse_what_stands_twice(void)
{
    static const Literal dict = LITERAL("\x80\2}X\x0f\0\0\0LayerNorm.gamma" TENSOR(
        FLOATS, SQUARE) "sX\x10\0\0\0LayerNorm.weight" TENSOR(FLOATS, SQUARE) "s.");
    static const Literal rest = LITERAL(KEYS NUMBERS);
    const char *folder = test_folder();
    Bytes bytes = legacy(dict, rest);
    FILE *out = fopen(path_join(arena, folder, "pytorch_model.bin"), "we");
    CHECK(out && fwrite(bytes.data, 1, bytes.size, out) == bytes.size && fclose(out) == 0);
    write_text(path_join(arena, folder, "config.json"), "{}");
    CHECK_REFUSED(program(arena, NULL, "convert %s --out %s/new", folder, folder), 2,
                  "LayerNorm.weight: is there under its old and its new name");
    CHECK(!folder_exists(path_join(arena, folder, "new")));
}

static void a_refused_model_leaves_no_folder(void)
{
    with_arena(&arena, refuse_what_stands_twice);
}

static void other_folders_are_refused_with_a_hint(void)
{
    with_arena(&arena, refuse_folders);
}

// ---- with PyTorch

static const char *python_with_torch(void)
{
    static const char *const names[] = { "python3", "/usr/bin/python3" };
    for (size_t i = 0; i < 2; i++)
        if (system(arena_format(arena, "%s -c 'import torch' >/dev/null 2>&1", names[i])) == 0)
            return names[i];
    return NULL;
}

static void convert_model(void)
{
    const char *folder = test_folder(), *python = python_with_torch();
    if (!python) {
        skip("there is no python3 with torch (Debian: python3-torch)");
        return;
    }
    const char *model = model_copy(arena, folder, "model");
    if (!CHECK(system(arena_format(arena, "%s tests/torch_files.py %s %s", python, folder,
                                   model)) == 0))
        return;
    check_views(arena_format(arena, "%s/views-zip.bin", folder));
    check_views(arena_format(arena, "%s/views-legacy.bin", folder));
    Checkpoint given = opened(arena_format(arena, "%s/model.safetensors", model));
    for (int zip = 0; zip < 2; zip++) {
        const char *path = arena_format(arena, "%s/%s", folder, zip ? "zip" : "legacy");
        copy_file(arena_format(arena, "%s/vocab.txt", model), path);
        CHECK_REFUSED(program(arena, NULL, "run --model %s --task reviews --method head", path), 2,
                      "model.safetensors: is not there; should be made of pytorch_model.bin");
        CHECK(program(arena, NULL, "convert %s", path).status == 0);
        Checkpoint made = opened(arena_format(arena, "%s/model.safetensors", path));
        CHECK(made.tensors == given.tensors);
        for (size_t i = 0; i < made.tensors && i < given.tensors; i++) {
            const Tensor *a = &made.tensor[i], *b = &given.tensor[i];
            CHECK_TEXT(a->name, b->name);
            CHECK(a->type == b->type && a->rank == b->rank && a->bytes == b->bytes &&
                  !memcmp(a->shape, b->shape, sizeof a->shape) &&
                  !memcmp(a->data, b->data, a->bytes));
        }
        checkpoint_close(&made);
    }
    checkpoint_close(&given);
}

static void a_model_comes_back_bit_for_bit(void)
{
    with_arena(&arena, convert_model);
}

void suite_torch(void)
{
    ADD(both_formats_are_read_number_for_number);
    ADD(what_tensors_do_not_need_is_refused_and_not_run);
    ADD(storages_are_held_against_their_tensors);
    ADD(what_is_refused_takes_little_memory);
    ADD(archives_are_whole_stored_and_right);
    ADD(types_views_and_old_names_are_converted);
    ADD(a_refused_model_leaves_no_folder);
    ADD(other_folders_are_refused_with_a_hint);
    ADD(a_model_comes_back_bit_for_bit);
}
