// torch.c: the container, its storages, and the tensors that view them.
#include "model/torch.h"
#include "base/text.h"
#include "model/pickle.h"
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

static const struct {
    const char *name; // of the storage's class
    TensorType type;
    size_t width; // bytes of a number
} types[] = {
    { "FloatStorage", TENSOR_F32, 4 },     { "HalfStorage", TENSOR_F16, 2 },
    { "BFloat16Storage", TENSOR_BF16, 2 }, { "LongStorage", TENSOR_OTHER, 8 },
    { "IntStorage", TENSOR_OTHER, 4 },     { "ShortStorage", TENSOR_OTHER, 2 },
    { "CharStorage", TENSOR_OTHER, 1 },    { "ByteStorage", TENSOR_OTHER, 1 },
    { "BoolStorage", TENSOR_OTHER, 1 },
};

// Tensors may share a storage, as tied weights do, but not many: copies of them would fill memory.
enum { VIEWS_MOST = 4 };

typedef struct {
    Bytes key;
    const char *class; // "FloatStorage"
    TensorType type;
    size_t width, count;
    const uint8_t *data; // count x width bytes, once they are read
} Storage;

typedef struct {
    Arena *arena;
    const char *file;
    size_t bytes; // of the file
    const PickleValue *dict;
    size_t pickled;    // bytes of the pickle that the dict is of
    const char **name; // of its tensors, in its order
    Storage *storage;  // by key, each once
    size_t storages;
} Reader;

static bool read_zip(Reader *reader, Bytes bytes, Error *error);
static bool read_legacy(Reader *reader, Bytes bytes, Error *error);
static bool read_tensors(const Reader *reader, Checkpoint *checkpoint, Error *error);

bool torch_parse(Arena *arena, Bytes bytes, const char *file, Checkpoint *checkpoint, Error *error)
{
    // The number 119547037146038801333356 as a pickle of protocol 2.
    static const uint8_t legacy[] = { 0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46,
                                      0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.' };
    static const char zip[] = "PK\3\4";
    Reader reader = { .arena = arena, .file = file, .bytes = bytes.size };
    *checkpoint = (Checkpoint){ .file = arena_text(arena, file), .bytes = bytes };
    if (bytes.size >= strlen(zip) && !memcmp(bytes.data, zip, strlen(zip)))
        return read_zip(&reader, bytes, error) && read_tensors(&reader, checkpoint, error);
    if (bytes.size >= sizeof legacy && !memcmp(bytes.data, legacy, sizeof legacy)) {
        Bytes behind = { bytes.data + sizeof legacy, bytes.size - sizeof legacy };
        return read_legacy(&reader, behind, error) && read_tensors(&reader, checkpoint, error);
    }
    return fail(error, ERROR_INPUT, (Where){ .file = file }, "a zip archive or a pickle of torch's",
                "torch.save has not written this");
}

static bool foreign(const Reader *reader, Error *error)
{
    return fail(error, ERROR_INPUT, (Where){ .file = reader->file }, "of little-endian numbers",
                "was written on another kind of machine");
}

static bool out_of_memory(const Reader *reader, Error *error)
{
    return fail(error, ERROR_ENVIRONMENT, (Where){ .file = reader->file }, NULL, "out of memory");
}

// ---- the storages that the dict's tensors name

static int by_key(const void *a, const void *b)
{
    const Storage *x = a, *y = b;
    size_t shorter = x->key.size < y->key.size ? x->key.size : y->key.size;
    int order = shorter ? memcmp(x->key.data, y->key.data, shorter) : 0;
    return order ? order : (x->key.size > y->key.size) - (x->key.size < y->key.size);
}

static Storage *storage_find(const Reader *reader, Bytes key)
{
    const Storage sought = { .key = key };
    return reader->storages == 0 ? NULL
                                 : bsearch(&sought, reader->storage, reader->storages,
                                           sizeof *reader->storage, by_key);
}

static bool storage_of(const Reader *reader, const PickleValue *value, const char *name,
                       Storage *storage, Error *error)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(value->storage.type, types[i].name)) {
            *storage = (Storage){ .key = value->storage.key,
                                  .class = value->storage.type,
                                  .type = types[i].type,
                                  .width = types[i].width,
                                  .count = (size_t)value->storage.count };
            return storage->count <= SIZE_MAX / 2 / storage->width ||
                   fail(error, ERROR_INPUT, (Where){ .file = reader->file, .item = name },
                        "as large as the file at most", "its storage has %zu numbers",
                        storage->count);
        }
    return fail(error, ERROR_INPUT, (Where){ .file = reader->file, .item = name },
                "of 32 or 16 bits: model.float() before it is saved", "is of 64 bits (%s)",
                value->storage.type);
}

// The dict's names and tensors are what they should be; of their storages each stands once.
static bool collect(Reader *reader, Error *error)
{
    Where where = { .file = reader->file };
    const char *right = "a dict of names and tensors, as save_pretrained writes it";
    const PickleValue *dict = reader->dict;
    size_t left = reader->pickled;
    if (dict->kind != PICKLE_DICT || dict->items.count == 0)
        return fail(error, ERROR_INPUT, where, right, "holds no tensors at its top");
    reader->storage = arena_take(reader->arena, dict->items.count, sizeof *reader->storage);
    reader->name = arena_take(reader->arena, dict->items.count, sizeof *reader->name);
    for (const PickleItem *item = dict->items.first; item; item = item->next) {
        Bytes key = item->key->text;
        if (item->key->kind != PICKLE_TEXT || key.size == 0 || key.size > INT_MAX ||
            !utf8_valid(key.data, key.size, NULL) || memchr(key.data, 0, key.size))
            return fail(error, ERROR_INPUT, where, right, "the name of a tensor is no text");
        // Each has bytes of its own. From the memo one could stand a hundred thousand times.
        if (key.size > left)
            return fail(error, ERROR_INPUT, where, "each once", "names of tensors stand twice");
        left -= key.size;
        const char *name = arena_format(reader->arena, "%.*s", (int)key.size, key.data);
        if (item->value->kind != PICKLE_TENSOR)
            return fail(error, ERROR_INPUT, (Where){ .file = reader->file, .item = name }, right,
                        "is no tensor");
        if (!storage_of(reader, item->value->tensor->storage, name,
                        &reader->storage[reader->storages], error))
            return false;
        reader->name[reader->storages++] = name;
    }
    qsort(reader->storage, reader->storages, sizeof *reader->storage, by_key);
    size_t kept = 0;
    for (size_t i = 1; i < reader->storages; i++) {
        Storage *last = &reader->storage[kept], *next = &reader->storage[i];
        if (by_key(last, next) != 0)
            reader->storage[++kept] = *next;
        else if (last->class != next->class || last->count != next->count)
            return fail(error, ERROR_INPUT, where, "one", "a storage has two types or sizes");
    }
    reader->storages = kept + 1;
    return true;
}

// ---- the archive

static bool read_entry(const Reader *reader, zip_t *zip, const char *name, const uint8_t **data,
                       size_t *size, Error *error);
static const char *top_folder(Arena *arena, zip_t *zip);
static bool check_order(const Reader *reader, zip_t *zip, const char *folder, Error *error);

static bool read_archive(Reader *reader, zip_t *zip, Error *error)
{
    static const char pickled[] = "data.pkl";
    size_t size, left = reader->bytes;
    const uint8_t *data;
    const char *folder = top_folder(reader->arena, zip);
    if (!folder)
        return fail(error, ERROR_INPUT, (Where){ .file = reader->file },
                    "an archive that torch.save has written", "has no %s", pickled);
    if (!check_order(reader, zip, folder, error) ||
        !read_entry(reader, zip, arena_format(reader->arena, "%s%s", folder, pickled), &data, &size,
                    error))
        return false;
    Bytes pickle = { data, size };
    reader->dict = pickle_read(reader->arena, &pickle, reader->file, pickled, error);
    reader->pickled = size - pickle.size;
    if (!reader->dict || !collect(reader, error))
        return false;
    for (size_t i = 0; i < reader->storages; i++) {
        Storage *storage = &reader->storage[i];
        if (storage->key.size > INT_MAX)
            return out_of_memory(reader, error);
        const char *name = arena_format(reader->arena, "%sdata/%.*s", folder,
                                        (int)storage->key.size, storage->key.data);
        if (!read_entry(reader, zip, name, &storage->data, &size, error))
            return false;
        if (size != storage->count * storage->width)
            return fail(error, ERROR_INPUT, (Where){ .file = reader->file, .item = name }, "whole",
                        "has %zu bytes for %zu numbers of %zu", size, storage->count,
                        storage->width);
        if (size > left)
            return fail(error, ERROR_INPUT, (Where){ .file = reader->file, .item = name },
                        "each in a place of its own", "lies where other storages lie");
        left -= size;
    }
    return true;
}

static bool read_zip(Reader *reader, Bytes bytes, Error *error)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *source = zip_source_buffer_create(bytes.data, bytes.size, 0, &why);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &why) : NULL;
    bool ok = zip && read_archive(reader, zip, error);
    if (!zip)
        fail(error, ERROR_INPUT, (Where){ .file = reader->file }, "a whole archive",
             "cannot be opened: %s", zip_error_strerror(&why));
    if (zip)
        zip_discard(zip);
    else
        zip_source_free(source);
    zip_error_fini(&why);
    return ok;
}

// "NAME/" of the entry NAME/data.pkl, which is the first; NULL where it is not.
static const char *top_folder(Arena *arena, zip_t *zip)
{
    const char *first = zip_get_name(zip, 0, ZIP_FL_ENC_RAW);
    const char *slash = first ? strchr(first, '/') : NULL;
    if (!slash || strcmp(slash + 1, "data.pkl") != 0)
        return NULL;
    return arena_format(arena, "%.*s", (int)(slash + 1 - first), first);
}

// Of the numbers' bytes: torch says it since 2.1, and before wrote them as they lay in memory.
static bool check_order(const Reader *reader, zip_t *zip, const char *folder, Error *error)
{
    static const char little[] = "little";
    const char *name = arena_format(reader->arena, "%sbyteorder", folder);
    const uint8_t *data;
    size_t size;
    if (zip_name_locate(zip, name, ZIP_FL_ENC_RAW) < 0)
        return true;
    if (!read_entry(reader, zip, name, &data, &size, error))
        return false;
    return (size == strlen(little) && !memcmp(data, little, size)) || foreign(reader, error);
}

// A stored entry, whole, its checksum right.
static bool read_entry(const Reader *reader, zip_t *zip, const char *name, const uint8_t **data,
                       size_t *size, Error *error)
{
    Where where = { .file = reader->file, .item = name };
    const zip_uint64_t known =
        ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    zip_stat_t about;
    if (zip_stat(zip, name, ZIP_FL_ENC_RAW, &about) != 0 || (about.valid & known) != known)
        return fail(error, ERROR_INPUT, where, "whole", "is not in the archive");
    if (about.comp_method != ZIP_CM_STORE || about.size != about.comp_size)
        return fail(error, ERROR_INPUT, where, "stored, as torch.save does", "is compressed");
    if (about.size >= arena_left(reader->arena))
        return out_of_memory(reader, error);
    uint8_t *taken = arena_take(reader->arena, (size_t)about.size + 1, 1), beyond;
    zip_file_t *entry = zip_fopen_index(zip, about.index, 0);
    bool ok = entry && zip_fread(entry, taken, about.size) == (zip_int64_t)about.size &&
              zip_fread(entry, &beyond, 1) == 0; // at its end the checksum is looked at
    if (!ok)
        fail(error, ERROR_INPUT, where, "whole", "cannot be read: %s",
             entry ? zip_file_strerror(entry) : zip_strerror(zip));
    if (entry)
        zip_fclose(entry);
    *data = taken;
    *size = (size_t)about.size;
    return ok;
}

// ---- the old format

static bool take_storages(Reader *reader, const PickleValue *keys, Bytes bytes, Error *error);

static const PickleValue *entry_of(const PickleValue *dict, const char *key)
{
    const PickleItem *item = dict->kind == PICKLE_DICT ? dict->items.first : NULL;
    while (item && !pickle_is(item->key, key))
        item = item->next;
    return item ? item->value : NULL;
}

static const PickleValue *read_pickle(const Reader *reader, Bytes *bytes, const char *part,
                                      Error *error)
{
    return pickle_read(reader->arena, bytes, reader->file, part, error);
}

// The two pickles before the dict; nothing of them is kept.
static bool read_head(const Reader *reader, Bytes *bytes, Error *error)
{
    const PickleValue *protocol = read_pickle(reader, bytes, "protocol", error);
    if (!protocol)
        return false;
    if (protocol->kind != PICKLE_WHOLE || protocol->whole != 1001)
        return fail(error, ERROR_INPUT, (Where){ .file = reader->file }, "1001",
                    "the protocol's number is another");
    const PickleValue *machine = read_pickle(reader, bytes, "machine", error);
    if (!machine)
        return false;
    const PickleValue *little = entry_of(machine, "little_endian");
    if (!little || little->kind != PICKLE_TRUTH || !little->whole)
        return foreign(reader, error);
    return true;
}

static bool read_legacy(Reader *reader, Bytes bytes, Error *error)
{
    size_t mark = arena_mark(reader->arena);
    if (!read_head(reader, &bytes, error))
        return false;
    arena_rewind(reader->arena, mark);
    size_t before = bytes.size;
    reader->dict = read_pickle(reader, &bytes, "dict", error);
    reader->pickled = before - bytes.size;
    if (!reader->dict || !collect(reader, error))
        return false;
    const PickleValue *keys = read_pickle(reader, &bytes, "keys", error);
    return keys && take_storages(reader, keys, bytes, error);
}

static bool take_storages(Reader *reader, const PickleValue *keys, Bytes bytes, Error *error)
{
    Where where = { .file = reader->file, .item = "storages" };
    if (keys->kind != PICKLE_LIST)
        return fail(error, ERROR_INPUT, where, "a list of keys", "are not named");
    for (const PickleItem *item = keys->items.first; item; item = item->next) {
        const PickleValue *key = item->value;
        Storage *storage = key->kind == PICKLE_TEXT ? storage_find(reader, key->text) : NULL;
        uint64_t count;
        if (!storage || storage->data)
            return fail(error, ERROR_INPUT, where, "each that a tensor views, once",
                        "one is of no tensor, or stands twice");
        if (bytes.size < sizeof count)
            return fail(error, ERROR_INPUT, where, "whole", "end before the last of them");
        memcpy(&count, bytes.data, sizeof count);
        bytes.data += sizeof count;
        bytes.size -= sizeof count;
        if (count != storage->count)
            return fail(error, ERROR_INPUT, where, "the same",
                        "one has %" PRIu64 " numbers, its tensors say %zu", count, storage->count);
        size_t size = storage->count * storage->width;
        if (size > bytes.size)
            return fail(error, ERROR_INPUT, where, "whole", "end %zu bytes early",
                        size - bytes.size);
        storage->data = bytes.data;
        bytes.data += size;
        bytes.size -= size;
    }
    for (size_t i = 0; i < reader->storages; i++)
        if (!reader->storage[i].data)
            return fail(error, ERROR_INPUT, where, "each that a tensor views, once",
                        "one is missing");
    return bytes.size == 0 || fail(error, ERROR_INPUT, where, "the end of the file",
                                   "%zu bytes follow the last of them", bytes.size);
}

// ---- tensors

static bool view(const Reader *reader, const PickleTensor *from, Tensor *tensor, Error *error);

static bool read_tensors(const Reader *reader, Checkpoint *checkpoint, Error *error)
{
    const PickleItem *item = reader->dict->items.first;
    size_t bytes = 0, most = VIEWS_MOST * reader->bytes;
    checkpoint->tensor =
        arena_zero(reader->arena, reader->dict->items.count, sizeof *checkpoint->tensor);
    for (; item; item = item->next) {
        Tensor *tensor = &checkpoint->tensor[checkpoint->tensors];
        tensor->name = reader->name[checkpoint->tensors++];
        if (!view(reader, item->value->tensor, tensor, error))
            return false;
        bytes += tensor->bytes;
        if (bytes > most)
            return fail(error, ERROR_INPUT, (Where){ .file = reader->file, .item = tensor->name },
                        arena_format(reader->arena, "%zu at most, %d times those of the file", most,
                                     VIEWS_MOST),
                        "with it tensors have %zu bytes", bytes);
    }
    tensors_sort(checkpoint->tensor, checkpoint->tensors);
    for (size_t i = 1; i < checkpoint->tensors; i++)
        if (!strcmp(checkpoint->tensor[i - 1].name, checkpoint->tensor[i].name))
            return fail(error, ERROR_INPUT,
                        (Where){ .file = reader->file, .item = checkpoint->tensor[i].name }, "once",
                        "stands twice");
    return true;
}

// The last number of a view lies within its storage, and it has no more numbers than that.
static bool within(const PickleTensor *from, size_t storage, size_t *count)
{
    int64_t last = from->offset, product = 1, reach;
    bool empty = false, over = false;
    for (int d = 0; d < from->rank; d++) {
        int64_t size = from->shape[d];
        empty = empty || size == 0;
        over = over || __builtin_mul_overflow(product, size, &product) ||
               __builtin_mul_overflow(size - (size > 0), from->stride[d], &reach) ||
               __builtin_add_overflow(last, reach, &last);
    }
    *count = empty || over ? 0 : (size_t)product;
    return empty || (!over && (uint64_t)last < storage && (uint64_t)product <= storage);
}

static bool contiguous(const PickleTensor *from)
{
    int64_t stride = 1;
    for (int d = from->rank - 1; d >= 0; d--) {
        int64_t size = from->shape[d];
        if (size != 1 && from->stride[d] != stride)
            return false;
        stride *= size;
    }
    return true;
}

// Number after number, the last index runs fastest.
static void gather(const PickleTensor *from, const uint8_t *numbers, size_t width, size_t count,
                   uint8_t *to)
{
    int64_t index[PICKLE_RANK] = { 0 }, at = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(to + i * width, numbers + (size_t)at * width, width);
        for (int d = from->rank - 1; d >= 0; d--) {
            if (index[d] + 1 < from->shape[d]) {
                at += from->stride[d];
                index[d]++;
                break;
            }
            at -= index[d] * from->stride[d];
            index[d] = 0;
        }
    }
}

static bool view(const Reader *reader, const PickleTensor *from, Tensor *tensor, Error *error)
{
    const Storage *storage = storage_find(reader, from->storage->storage.key);
    Where where = { .file = reader->file, .item = tensor->name };
    tensor->type = storage->type;
    tensor->rank = from->rank;
    memcpy(tensor->shape, from->shape, sizeof tensor->shape);
    if (!within(from, storage->count, &tensor->count))
        return fail(error, ERROR_INPUT, where, "within it, each number once",
                    "reaches out of its storage of %zu numbers, or repeats them", storage->count);
    tensor->bytes = tensor->count * storage->width;
    tensor->data = storage->data;
    if (tensor->count == 0)
        return true;
    tensor->data += (size_t)from->offset * storage->width;
    if (contiguous(from))
        return true;
    if (tensor->bytes >= arena_left(reader->arena))
        return out_of_memory(reader, error);
    uint8_t *copy = arena_take(reader->arena, tensor->bytes, 1);
    gather(from, tensor->data, storage->width, tensor->count, copy);
    tensor->data = copy;
    return true;
}
