// config.c: the sizes as a table with bounds; the few keys that may not be ignored, one by one.
#include "model/config.h"
#include "base/json.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *key;
    size_t field; // of an int64_t in Config
    int64_t low, high;
    const char *right;
} Size;

// The upper bounds are far above any encoder there is, and low enough that products of two of them
// fit into 64 bits whatever the file says.
static const Size size[] = {
    { "vocab_size", offsetof(Config, vocabulary), 1, 1 << 24, "a whole number, 1 to 16777216" },
    { "hidden_size", offsetof(Config, hidden), 1, 1 << 16, "a whole number, 1 to 65536" },
    { "num_hidden_layers", offsetof(Config, layers), 1, 1 << 10, "a whole number, 1 to 1024" },
    { "num_attention_heads", offsetof(Config, heads), 1, 1 << 16, "a whole number, 1 to 65536" },
    { "intermediate_size", offsetof(Config, intermediate), 1, 1 << 20,
      "a whole number, 1 to 1048576" },
    { "max_position_embeddings", offsetof(Config, positions), 1, 1 << 20,
      "a whole number, 1 to 1048576" },
    { "type_vocab_size", offsetof(Config, types), 1, 1 << 10, "a whole number, 1 to 1024" },
};

typedef struct {
    const char *key;
    size_t field; // of a double in Config
    bool (*allowed)(double value);
    bool optional; // absent or null: the field keeps what it has
    const char *right;
} Real;

static bool is_rate(double value);
static bool is_positive(double value);
static bool is_deviation(double value);

static const Real real[] = {
    { "hidden_dropout_prob", offsetof(Config, hidden_dropout), is_rate, false,
      "a number from 0 to below 1" },
    { "attention_probs_dropout_prob", offsetof(Config, attention_dropout), is_rate, false,
      "a number from 0 to below 1" },
    { "classifier_dropout", offsetof(Config, classifier_dropout), is_rate, true,
      "null or a number from 0 to below 1" },
    { "layer_norm_eps", offsetof(Config, epsilon), is_positive, true,
      "a number above 0, at most 1" },
    { "initializer_range", offsetof(Config, initializer_range), is_deviation, true,
      "a number from 0 to 100" },
};

static const char *const activation_names[] = {
    [GELU] = "gelu", [GELU_NEW] = "gelu_new", [RELU] = "relu"
};

static bool read_all(const json_t *root, const char *file, Config *config, Error *error);
static bool read_sizes(const json_t *root, const char *file, Config *config, Error *error);
static bool read_reals(const json_t *root, const char *file, Config *config, Error *error);
static bool read_activation(const json_t *root, const char *file, Config *config, Error *error);
static bool refuse_unhonoured(const json_t *root, const char *file, Error *error);
static bool must_be(const json_t *value, bool right, const char *should_be, const char *key,
                    const char *file, Error *error);

bool config_read(const char *path, Config *config, Error *error)
{
    Bytes bytes;
    if (!file_map(path, &bytes, error))
        return false;
    bool ok = config_parse(bytes, path, config, error);
    file_unmap(bytes);
    return ok;
}

bool config_parse(Bytes bytes, const char *file, Config *config, Error *error)
{
    json_t *root = json_parse(bytes, file, error);
    if (!root)
        return false;
    bool ok = read_all(root, file, config, error);
    json_decref(root);
    return ok;
}

static bool read_all(const json_t *root, const char *file, Config *config, Error *error)
{
    *config = (Config){ .classifier_dropout = NAN, .epsilon = 1e-12, .initializer_range = 0.02 };
    if (!json_is_object(root))
        return fail(error, ERROR_INPUT, (Where){ .file = file },
                    "an object {...} of keys and values", "is no JSON object");
    // The unhonoured keys first: another architecture may lack sizes that BERT has, and the message
    // should name the architecture.
    if (!refuse_unhonoured(root, file, error) || !read_sizes(root, file, config, error) ||
        !read_activation(root, file, config, error) || !read_reals(root, file, config, error))
        return false;
    if (isnan(config->classifier_dropout))
        config->classifier_dropout = config->hidden_dropout;
    return true;
}

static bool read_sizes(const json_t *root, const char *file, Config *config, Error *error)
{
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        const json_t *value = json_object_get(root, size[i].key);
        json_int_t number = json_integer_value(value);
        if (!must_be(value,
                     json_is_integer(value) && size[i].low <= number && number <= size[i].high,
                     size[i].right, size[i].key, file, error))
            return false;
        *(int64_t *)((char *)config + size[i].field) = number;
    }
    if (config->hidden % config->heads != 0)
        return fail(error, ERROR_INPUT, (Where){ .file = file, .item = "hidden_size" },
                    "a multiple of num_attention_heads",
                    "%" PRId64 " is not divisible by %" PRId64 " heads", config->hidden,
                    config->heads);
    const json_t *padding = json_object_get(root, "pad_token_id");
    config->padding = json_integer_value(padding); // 0 where absent or null
    return !padding || json_is_null(padding) ||
           must_be(padding,
                   json_is_integer(padding) && 0 <= config->padding &&
                       config->padding < config->vocabulary,
                   "null or a whole number, 0 to below vocab_size", "pad_token_id", file, error);
}

static bool read_reals(const json_t *root, const char *file, Config *config, Error *error)
{
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        const json_t *value = json_object_get(root, real[i].key);
        if (real[i].optional && (!value || json_is_null(value)))
            continue;
        double number = json_number_value(value);
        if (!must_be(value, json_is_number(value) && real[i].allowed(number), real[i].right,
                     real[i].key, file, error))
            return false;
        *(double *)((char *)config + real[i].field) = number;
    }
    return true;
}

static bool is_rate(double value)
{
    return 0 <= value && value < 1;
}

static bool is_positive(double value)
{
    return 0 < value && value <= 1;
}

static bool is_deviation(double value)
{
    return 0 <= value && value <= 100;
}

static bool read_activation(const json_t *root, const char *file, Config *config, Error *error)
{
    static const char key[] = "hidden_act", right[] = "gelu, gelu_new or relu";
    const json_t *value = json_object_get(root, key);
    if (!must_be(value, json_is_string(value), right, key, file, error))
        return false;
    for (size_t i = 0; i < sizeof activation_names / sizeof *activation_names; i++)
        if (!strcmp(json_string_value(value), activation_names[i])) {
            config->activation = (Activation)i;
            return true;
        }
    return fail(error, ERROR_INPUT, (Where){ .file = file, .item = key }, right,
                "'%s' is not supported", json_string_value(value));
}

// Where a key is absent the first BERT's behaviour is meant: config.json of 2018 had none of these.
static bool refuse_unhonoured(const json_t *root, const char *file, Error *error)
{
    static const struct {
        const char *key, *right;
    } word[] = { { "model_type", "bert" }, { "position_embedding_type", "absolute" } },
      flag[] = { { "is_decoder", "false" }, { "add_cross_attention", "false" } };
    for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
        const json_t *value = json_object_get(root, word[i].key);
        if (!value)
            continue;
        if (!must_be(value, json_is_string(value), word[i].right, word[i].key, file, error))
            return false;
        if (strcmp(json_string_value(value), word[i].right) != 0)
            return fail(error, ERROR_INPUT, (Where){ .file = file, .item = word[i].key },
                        word[i].right, "'%s' is not supported", json_string_value(value));
    }
    for (size_t i = 0; i < sizeof flag / sizeof *flag; i++) {
        const json_t *value = json_object_get(root, flag[i].key);
        if (value && !must_be(value, json_is_false(value), flag[i].right, flag[i].key, file, error))
            return false;
    }
    const json_t *pruned = json_object_get(root, "pruned_heads");
    if (!pruned || json_is_null(pruned))
        return true;
    bool is_empty = (json_is_object(pruned) && json_object_size(pruned) == 0) ||
                    (json_is_array(pruned) && json_array_size(pruned) == 0);
    return must_be(pruned, is_empty, "empty or absent", "pruned_heads", file, error);
}

// Returns `right`; where that is false, fails with the value as the file has it.
static bool must_be(const json_t *value, bool right, const char *should_be, const char *key,
                    const char *file, Error *error)
{
    if (right)
        return true;
    Where where = { .file = file, .item = key };
    if (!value)
        return fail(error, ERROR_INPUT, where, should_be, "is missing");
    if (json_is_object(value) || json_is_array(value))
        return fail(error, ERROR_INPUT, where, should_be, "%s is not supported",
                    json_is_object(value) ? "an object" : "a list");
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    fail(error, ERROR_INPUT, where, should_be, "%.60s is not supported", text ? text : "the value");
    free(text);
    return false;
}
