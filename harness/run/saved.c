// saved.c: run.json by jansson, its keys as a table.
#include "run/saved.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/text.h"
#include "base/version.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT = 1, HASH_DIGITS = 64 };
static const char TENSORS[] = "method.safetensors", DESCRIPTION[] = "run.json";
static const char FROZEN_DTYPE[] = "frozen_dtype", FOLD[] = "fold"; // these need not be there

typedef enum { TEXT, HASH, FLAG, WHOLE, OWN } KeyType; // OWN: has a reader of its own
typedef struct {
    const char *name;
    KeyType type;
    size_t field;
    int64_t low, high;
} Key;

// clang-format off
static const Key keys[] = {
    { "format", WHOLE, offsetof(Saved, format), FORMAT, FORMAT },
    { "program", TEXT, offsetof(Saved, program), 0, 0 },
    { "key", HASH, offsetof(Saved, key), 0, 0 },
    { "numerics", WHOLE, offsetof(Saved, numerics), 1, INT32_MAX },
    { "model", TEXT, offsetof(Saved, model), 0, 0 },
    { "model_sha", HASH, offsetof(Saved, model_sha), 0, 0 },
    { "vocab_sha", HASH, offsetof(Saved, vocab_sha), 0, 0 },
    { "task", TEXT, offsetof(Saved, task), 0, 0 },
    { "pairs", FLAG, offsetof(Saved, pairs), 0, 0 },
    { "labels", OWN, 0, 0, 0 },
    { "method", OWN, 0, 0, 0 },
    { "method_sha", HASH, offsetof(Saved, method_sha), 0, 0 },
    { "options", OWN, 0, 0, 0 },
    { "head", OWN, 0, 0, 0 },
    { "pretrained", FLAG, offsetof(Saved, pretrained), 0, 0 },
    { "init_seed", WHOLE, offsetof(Saved, init_seed), 0, (int64_t)EXACT_WHOLE },
    { "max_length", WHOLE, offsetof(Saved, max_length), 3, 65536 },
    { "batch", WHOLE, offsetof(Saved, batch), 1, 65536 },
    { "tensors_sha", HASH, offsetof(Saved, tensors_sha), 0, 0 },
};
// clang-format on
enum { KEYS = sizeof keys / sizeof *keys };

// ---- writing

bool saved_ready(Arena *arena, const char *folder, Error *error)
{
    const char **name;
    size_t count;
    if (!folder_make(folder, error) || !folder_list(arena, folder, "", &name, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) // what a killed process left half-written has a longer name
        if (strncmp(name[i], TENSORS, sizeof TENSORS - 1) != 0 &&
            strncmp(name[i], DESCRIPTION, sizeof DESCRIPTION - 1) != 0)
            return fail(error, ERROR_INPUT, (Where){ .file = folder, .item = "--save" },
                        "a new folder, or one with a saved method alone", "holds '%s'", name[i]);
    return access(folder, W_OK | X_OK) == 0 ||
           fail(error, ERROR_ENVIRONMENT, (Where){ .file = folder }, NULL, "cannot be written: %s",
                strerror(errno));
}

// jansson refuses a text that is no UTF-8, and what has no memory.
static void put(json_t *object, const char *name, json_t *value, bool *ok)
{
    *ok = json_object_set_new(object, name, value) == 0 && *ok;
}

static json_t *labels_of(const Task *task, bool *ok)
{
    if (!task->classes)
        return json_null();
    json_t *list = json_array();
    for (int k = 0; k < task->classes; k++)
        *ok = json_array_append_new(list, json_string(task->labels[k])) == 0 && *ok;
    return list;
}

static json_t *options_of(Arena *arena, const Attached *is, bool *ok)
{
    json_t *object = json_object();
    for (const Option *o = method_options(is->method); o->name; o++) {
        const char *text = option_text(arena, o, is->options);
        if (text)
            put(object, o->name, json_string(text), ok);
    }
    return object;
}

static json_t *describe_run(Arena *arena, const Prepared *p, const Hash *tensors, bool *ok)
{
    const Row *row = &p->row;
    json_t *root = json_object();
    const char *program = arena_format(arena, "tunemark %s%s, %s",
                                       version_commit[0] ? version_commit : "of no commit",
                                       version_dirty ? " with changes" : "", version_compiler);
    put(root, "format", json_integer(FORMAT), ok);
    put(root, "program", json_string(program), ok);
    put(root, "key", json_string(row->key), ok);
    put(root, "numerics", json_integer(row->numerics), ok);
    put(root, "model", json_string(row->model), ok);
    put(root, "model_sha", json_string(row->model_sha), ok);
    put(root, "vocab_sha", json_string(row->vocab_sha), ok);
    put(root, "task", json_string(row->task), ok);
    put(root, "pairs", json_boolean(task_pairs(&p->task->task)), ok);
    put(root, "labels", labels_of(&p->task->task, ok), ok);
    put(root, "method", json_string(row->method), ok);
    put(root, "method_sha", json_string(row->method_sha), ok);
    put(root, "options", options_of(arena, &p->description.method, ok), ok);
    put(root, "head", json_string(head_names[p->description.head]), ok);
    put(root, "pretrained", json_boolean(p->description.pretrained), ok);
    put(root, "init_seed", json_integer(row->init_seed), ok);
    put(root, "max_length", json_integer(row->max_length), ok);
    put(root, "batch", json_integer((json_int_t)p->levers.pass), ok);
    if (row->frozen_dtype)
        put(root, FROZEN_DTYPE, json_string(row->frozen_dtype), ok);
    if (row->fold != WHOLE_UNKNOWN)
        put(root, FOLD, json_integer(row->fold), ok);
    put(root, "tensors_sha", json_string(tensors->hex), ok);
    return root;
}

static bool write_description(Arena *arena, const char *description, const Prepared *prepared,
                              const Hash *tensors, Error *error)
{
    bool ok = true;
    json_t *root = describe_run(arena, prepared, tensors, &ok);
    char *text = ok ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    if (!text)
        return fail(error, ERROR_INPUT, (Where){ .file = description },
                    "UTF-8, as names and labels", "could not be put together");
    ok = file_write_text(description, arena_format(arena, "%s\n", text), error);
    free(text);
    return ok;
}

// The lock keeps both files one run's; where there is none, the hash tells that they are not.
bool saved_write(Arena *arena, const char *folder, const Prepared *prepared, const Trainer *trainer,
                 Error *error)
{
    Hash tensors;
    Lock lock = lock_folder(folder);
    bool ok =
        trainer_save(trainer, path_join(arena, folder, TENSORS), &tensors, error) &&
        write_description(arena, path_join(arena, folder, DESCRIPTION), prepared, &tensors, error);
    lock_release(&lock);
    return ok;
}

// ---- reading

static bool wrong(const Saved *saved, const char *name, const char *right, Error *error)
{
    return fail(error, ERROR_INPUT, (Where){ .file = saved->file, .item = name }, right,
                "is not as it should be");
}

static bool is_hash(const char *text)
{
    return strlen(text) == HASH_DIGITS && strspn(text, "0123456789abcdef") == HASH_DIGITS;
}

static bool read_key(Arena *arena, const Key *key, const json_t *value, Saved *saved, Error *error)
{
    void *field = (char *)saved + key->field;
    const char *text = json_string_value(value);
    switch (key->type) {
    case TEXT:
    case HASH:
        if (!text || !*text || (key->type == HASH && !is_hash(text)))
            return wrong(saved, key->name, key->type == HASH ? "64 hexadecimal digits" : "a text",
                         error);
        *(const char **)field = arena_text(arena, text);
        return true;
    case FLAG:
        if (!json_is_boolean(value))
            return wrong(saved, key->name, "true or false", error);
        *(bool *)field = json_is_true(value);
        return true;
    case WHOLE:
        if (!json_is_integer(value) || json_integer_value(value) < key->low ||
            json_integer_value(value) > key->high)
            return wrong(
                saved, key->name,
                arena_format(arena, "a whole number, %" PRId64 " to %" PRId64, key->low, key->high),
                error);
        *(int64_t *)field = json_integer_value(value);
        return true;
    case OWN:
        break;
    }
    return true;
}

static bool read_labels(Arena *arena, const json_t *value, Saved *saved, Error *error)
{
    static const char right[] = "null, or a list of 2 to 1000 different texts";
    size_t count = json_array_size(value);
    if (json_is_null(value))
        return true;
    if (!json_is_array(value) || count < 2 || count > MOST_LABELS)
        return wrong(saved, "labels", right, error);
    const char **label = arena_zero(arena, count + 1, sizeof *label);
    for (size_t k = 0; k < count; k++) {
        const char *text = json_string_value(json_array_get(value, k));
        if (!text || text_among(text, label))
            return wrong(saved, "labels", right, error);
        label[k] = arena_text(arena, text);
    }
    saved->labels = label;
    saved->classes = (int)count;
    return true;
}

static bool read_options(Arena *arena, const json_t *value, Saved *saved, Error *error)
{
    const Option *table = method_options(saved->method);
    const char *name;
    json_t *text;
    saved->options = arena_zero(arena, 1, saved->method->options_size + 1);
    options_default(table, saved->options);
    if (!json_is_object(value))
        return wrong(saved, "options", "an object of texts", error);
    json_object_foreach((json_t *)(uintptr_t)value, name, text)
    {
        const Option *option = option_find(table, name);
        const char *item = arena_format(arena, "options: %s", name);
        if (!option || !json_is_string(text))
            return wrong(saved, item,
                         option ? "a text"
                                : arena_format(arena, "an option of %s", saved->method->name),
                         error);
        if (!option_set(arena, option, saved->options, NULL, json_string_value(text),
                        (Where){ .file = saved->file, .item = item }, error))
            return false;
    }
    for (const Option *o = table; o->name; o++)
        if (o->standard && !json_object_get(value, o->name))
            return fail(error, ERROR_INPUT, (Where){ .file = saved->file, .item = "options" },
                        "with every option of the method", "'%s' is missing", o->name);
    return true;
}

static bool read_method(const json_t *value, Saved *saved, Error *error)
{
    const char *name = json_string_value(value);
    Error unknown;
    if (!name)
        return wrong(saved, "method", "a text", error);
    if ((saved->method = method_find(name, &unknown)))
        return true;
    return fail(error, ERROR_INPUT, (Where){ .file = saved->file }, NULL, "%s", unknown.text);
}

static bool read_head(const json_t *value, Saved *saved, Error *error)
{
    const char *name = json_string_value(value);
    for (int head = HEAD_AUTO + 1; name && head <= HEAD_MLP; head++)
        if (!strcmp(name, head_names[head])) {
            saved->head = (Head)head;
            return true;
        }
    return wrong(saved, "head", "pooler, linear, mean or mlp", error);
}

static bool read_dtype(const json_t *value, Saved *saved, Error *error)
{
    for (Store store = STORE_BF16; value && store <= STORE_INT8; store++)
        if (json_is_string(value) && !strcmp(json_string_value(value), store_names[store])) {
            saved->frozen_store = store;
            return true;
        }
    return !value || wrong(saved, FROZEN_DTYPE, "bf16 or int8, or not there", error);
}

static bool read_fold(Arena *arena, const json_t *value, Saved *saved, Error *error)
{
    static const Key key = { FOLD, WHOLE, offsetof(Saved, fold), 1, MOST_FOLDS };
    saved->fold = INT64_MIN;
    return !value || read_key(arena, &key, value, saved, error);
}

static bool read_root(Arena *arena, const json_t *root, Saved *saved, Error *error)
{
    const char *names[KEYS + 3] = { NULL }, *name;
    json_t *value;
    if (!json_is_object(root))
        return fail(error, ERROR_INPUT, (Where){ .file = saved->file },
                    "an object, as run --save writes it", "is no JSON object");
    for (size_t i = 0; i < KEYS; i++)
        names[i] = keys[i].name;
    names[KEYS] = FROZEN_DTYPE;
    names[KEYS + 1] = FOLD;
    json_object_foreach((json_t *)(uintptr_t)root, name, value) if (!text_among(name, names))
    {
        return fail(error, ERROR_INPUT, (Where){ .file = saved->file, .item = name },
                    text_nearest(name, names, "a key that run --save writes"), "is unknown");
    }
    for (size_t i = 0; i < KEYS; i++) {
        value = json_object_get(root, keys[i].name);
        if (!value)
            return fail(error, ERROR_INPUT, (Where){ .file = saved->file, .item = keys[i].name },
                        "there, as run --save writes it", "is missing");
        if (!read_key(arena, &keys[i], value, saved, error))
            return false;
    }
    return read_labels(arena, json_object_get(root, "labels"), saved, error) &&
           read_method(json_object_get(root, "method"), saved, error) &&
           read_options(arena, json_object_get(root, "options"), saved, error) &&
           read_head(json_object_get(root, "head"), saved, error) &&
           read_dtype(json_object_get(root, FROZEN_DTYPE), saved, error) &&
           read_fold(arena, json_object_get(root, FOLD), saved, error);
}

bool saved_parse(Arena *arena, Bytes bytes, const char *file, Saved *saved, Error *error)
{
    *saved = (Saved){ .file = arena_text(arena, file) };
    json_t *root = json_parse(bytes, file, error);
    if (!root)
        return false;
    bool ok = read_root(arena, root, saved, error);
    json_decref(root);
    return ok;
}

bool saved_read(Arena *arena, const char *folder, Saved *saved, Error *error)
{
    const char *path = path_join(arena, folder, DESCRIPTION);
    Bytes bytes;
    if (!file_read(arena, path, &bytes, error) || !saved_parse(arena, bytes, path, saved, error))
        return false;
    if (saved->numerics != NUMERICS)
        return fail(error, ERROR_INPUT, (Where){ .file = path, .item = "numerics" },
                    arena_format(arena, "%d, or read by %s", NUMERICS, saved->program),
                    "%" PRId64 " is another arithmetic than this program's", saved->numerics);
    if (strcmp(saved->method_sha, method_sha(saved->method)) != 0)
        return fail(
            error, ERROR_INPUT, (Where){ .file = path, .item = "method_sha" },
            arena_format(arena, "%s, or read by %s", method_sha(saved->method), saved->program),
            "%s is of another %s than this program's", saved->method_sha, saved->method->name);
    return true;
}

// ---- the model

// What run.json says of the checkpoint must hold: ids and positions look rows of tables up.
static bool check_model(const Saved *saved, const ModelFiles *model, Error *error)
{
    const struct {
        const char *item, *there, *asked;
    } hash[] = { { "model_sha", model->sha.hex, saved->model_sha },
                 { "vocab_sha", model->vocab_sha.hex, saved->vocab_sha } };
    for (size_t i = 0; i < 2; i++)
        if (strcmp(hash[i].there, hash[i].asked) != 0)
            return fail(error, ERROR_INPUT, (Where){ .file = saved->file, .item = hash[i].item },
                        hash[i].asked, "%s has %s", model->folder, hash[i].there);
    if (saved->max_length > config_longest(&model->config))
        return wrong(saved, "max_length", "no more than the model's positions", error);
    if (saved->pairs && (model->config.types < 2 || saved->max_length < 5))
        return wrong(saved, "pairs", "false for this model and max_length", error);
    return true;
}

// The tensors of the file over the untouched model.
static bool load(Arena *arena, const char *path, const Saved *saved, State *state, Error *error)
{
    Checkpoint file;
    Hash hash;
    if (!checkpoint_open(arena, path, &file, error))
        return false;
    hash = hash_bytes(file.bytes.data, file.bytes.size);
    bool ok = !strcmp(hash.hex, saved->tensors_sha) // else the two files are not of one run
                  ? trained_load(state, &file, error)
                  : fail(error, ERROR_INPUT, (Where){ .file = path }, saved->tensors_sha,
                         "has another hash than run.json says, %s", hash.hex);
    checkpoint_close(&file);
    return ok;
}

bool saved_open(Arena *arena, const char *folder, const Saved *saved, ModelFiles *model,
                Description *description, State **state, Error *error)
{
    Described described;
    if (!check_model(saved, model, error))
        return false;
    *description = (Description){
        .config = &model->config,
        .method = { saved->method, saved->options },
        .head = saved->head,
        .outputs = saved->classes ? saved->classes : 1,
        .scores = saved->classes == 0,
        .pooler_new = !checkpoint_has_pooler(&model->checkpoint),
        .pretrained = saved->pretrained,
        .stored = true,
        .frozen_store = saved->frozen_store,
    };
    if (!describe(arena, description, &described, error))
        return false;
    *state = state_for_use(arena, &described.graph, 1, (uint64_t)saved->init_seed, checkpoint_giver,
                           &model->checkpoint, error);
    return *state && load(arena, path_join(arena, folder, TENSORS), saved, *state, error);
}
