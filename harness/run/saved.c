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

typedef enum { TEXT, HASH, FLAG, WHOLE, CHOICE, LABELS, METHOD, OPTIONS } KeyType;
typedef struct {
    const char *name;
    KeyType type;
    size_t field; // 0 where the type alone says what is filled
    int64_t low, high;
    const char *const *names; // of a CHOICE: index 0 can't be chosen
    bool optional;            // not there where it holds what is_absent says
} Key;

// clang-format off
static const Key keys[] = { // in the order of the file; options after the method that reads them
    { "format", WHOLE, offsetof(Saved, format), FORMAT, FORMAT, NULL, false },
    { "program", TEXT, offsetof(Saved, program), 0, 0, NULL, false },
    { "key", HASH, offsetof(Saved, key), 0, 0, NULL, false },
    { "numerics", WHOLE, offsetof(Saved, numerics), 1, INT32_MAX, NULL, false },
    { "model", TEXT, offsetof(Saved, model), 0, 0, NULL, false },
    { "model_sha", HASH, offsetof(Saved, model_sha), 0, 0, NULL, false },
    { "vocab_sha", HASH, offsetof(Saved, vocab_sha), 0, 0, NULL, false },
    { "task", TEXT, offsetof(Saved, task), 0, 0, NULL, false },
    { "pairs", FLAG, offsetof(Saved, pairs), 0, 0, NULL, false },
    { "labels", LABELS, 0, 0, 0, NULL, false },
    { "method", METHOD, 0, 0, 0, NULL, false },
    { "method_sha", HASH, offsetof(Saved, method_sha), 0, 0, NULL, false },
    { "options", OPTIONS, 0, 0, 0, NULL, false },
    { "head", CHOICE, offsetof(Saved, head), 0, 0, head_names, false },
    { "pretrained", FLAG, offsetof(Saved, pretrained), 0, 0, NULL, false },
    { "init_seed", WHOLE, offsetof(Saved, init_seed), 0, (int64_t)EXACT_WHOLE, NULL, false },
    { "max_length", WHOLE, offsetof(Saved, max_length), 3, 65536, NULL, false },
    { "batch", WHOLE, offsetof(Saved, batch), 1, 65536, NULL, false },
    { "frozen_dtype", CHOICE, offsetof(Saved, frozen_store), 0, 0, store_names, true },
    { "fold", WHOLE, offsetof(Saved, fold), 1, MOST_FOLDS, NULL, true },
    { "tensors_sha", HASH, offsetof(Saved, tensors_sha), 0, 0, NULL, false },
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

static json_t *labels_of(const Saved *saved, bool *ok)
{
    if (!saved->labels)
        return json_null();
    json_t *list = json_array();
    for (int k = 0; k < saved->classes; k++)
        *ok = json_array_append_new(list, json_string(saved->labels[k])) == 0 && *ok;
    return list;
}

static json_t *options_of(Arena *arena, const Saved *saved, bool *ok)
{
    json_t *object = json_object();
    for (const Option *o = method_options(saved->method); o->name; o++) {
        const char *text = option_text(arena, o, saved->options);
        if (text)
            put(object, o->name, json_string(text), ok);
    }
    return object;
}

static bool is_absent(const Key *key, const void *field)
{
    return key->type == CHOICE ? *(const int *)field == 0 : *(const int64_t *)field == INT64_MIN;
}

static json_t *value_of(Arena *arena, const Key *key, const Saved *saved, bool *ok)
{
    const void *field = (const char *)saved + key->field;
    switch (key->type) {
    case TEXT:
    case HASH:
        return json_string(*(const char *const *)field);
    case FLAG:
        return json_boolean(*(const bool *)field);
    case WHOLE:
        return json_integer(*(const int64_t *)field);
    case CHOICE:
        return json_string(key->names[*(const int *)field]);
    case LABELS:
        return labels_of(saved, ok);
    case METHOD:
        return json_string(saved->method->name);
    case OPTIONS:
        return options_of(arena, saved, ok);
    }
    return NULL;
}

static Saved saved_of(Arena *arena, const Prepared *p, const Hash *tensors)
{
    const Row *row = &p->row;
    const Task *task = &p->task->task;
    return (Saved){
        .format = FORMAT,
        .program = version_text(arena_take(arena, VERSION_TEXT, 1)),
        .key = row->key,
        .numerics = row->numerics,
        .model = row->model,
        .model_sha = row->model_sha,
        .vocab_sha = row->vocab_sha,
        .task = row->task,
        .pairs = task_pairs(task),
        .labels = task->classes ? task->labels : NULL,
        .classes = task->classes,
        .method = p->description.method.method,
        .method_sha = row->method_sha,
        .options = p->description.method.options,
        .head = p->description.head,
        .pretrained = p->description.pretrained,
        .init_seed = row->init_seed,
        .max_length = row->max_length,
        .batch = (int64_t)p->levers.pass,
        .frozen_store = p->description.frozen_store,
        .fold = row->fold,
        .tensors_sha = tensors->hex,
    };
}

static bool write_description(Arena *arena, const char *description, const Prepared *prepared,
                              const Hash *tensors, Error *error)
{
    bool ok = true;
    const Saved saved = saved_of(arena, prepared, tensors);
    json_t *root = json_object();
    for (const Key *key = keys; key < keys + KEYS; key++)
        if (!key->optional || !is_absent(key, (const char *)&saved + key->field))
            put(root, key->name, value_of(arena, key, &saved, &ok), &ok);
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

static bool read_labels(Arena *arena, const json_t *value, Saved *saved, Error *error)
{
    const char *right =
        arena_format(arena, "null, or a list of 2 to %d different texts", MOST_LABELS);
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
    void *options = arena_zero(arena, 1, saved->method->options_size + 1);
    options_default(table, options);
    saved->options = options;
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
        if (!option_set(arena, option, options, NULL, json_string_value(text),
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

static bool read_key(Arena *arena, const Key *key, const json_t *value, Saved *saved, Error *error)
{
    void *field = (char *)saved + key->field;
    const char *text = json_string_value(value);
    int chosen;
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
    case CHOICE:
        if ((chosen = text ? text_index(text, key->names) : -1) <= 0)
            return wrong(saved, key->name, text_choices(arena, key->names + 1), error);
        *(int *)field = chosen;
        return true;
    case LABELS:
        return read_labels(arena, value, saved, error);
    case METHOD:
        return read_method(value, saved, error);
    case OPTIONS:
        return read_options(arena, value, saved, error);
    }
    return true;
}

static bool read_root(Arena *arena, const json_t *root, Saved *saved, Error *error)
{
    const char *names[KEYS + 1] = { NULL }, *name;
    json_t *value;
    if (!json_is_object(root))
        return fail(error, ERROR_INPUT, (Where){ .file = saved->file },
                    "an object, as run --save writes it", "is no JSON object");
    for (size_t i = 0; i < KEYS; i++)
        names[i] = keys[i].name;
    json_object_foreach((json_t *)(uintptr_t)root, name, value) if (!text_among(name, names))
    {
        return fail(error, ERROR_INPUT, (Where){ .file = saved->file, .item = name },
                    text_nearest(name, names, "a key that run --save writes"), "is unknown");
    }
    for (const Key *key = keys; key < keys + KEYS; key++) {
        value = json_object_get(root, key->name);
        if (!value && !key->optional)
            return fail(error, ERROR_INPUT, (Where){ .file = saved->file, .item = key->name },
                        "there, as run --save writes it", "is missing");
        if (value && !read_key(arena, key, value, saved, error))
            return false;
    }
    return true;
}

bool saved_parse(Arena *arena, Bytes bytes, const char *file, Saved *saved, Error *error)
{
    *saved = (Saved){ .file = arena_text(arena, file), .fold = INT64_MIN };
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
