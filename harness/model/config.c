// config.c: for each architecture its sizes and rates as tables with bounds; the few keys that may
// not be ignored; and what follows from others.
#include "model/config.h"
#include "base/json.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *key;
    size_t field; // of an int64_t in Config
    int64_t most; // at least 1
    const char *right;
    bool optional; // absent or null: the field keeps what it has
} Size;

// The bounds are far above any model there is, and low enough that products of two of them fit into
// 64 bits whatever the file says.
#define SIZE(key, member, most, optional)                                                          \
    {                                                                                              \
        key, offsetof(Config, member), most, "a whole number, 1 to " #most, optional               \
    }

static const Size bert_sizes[] = {
    SIZE("vocab_size", vocabulary, 16777216, false),
    SIZE("hidden_size", hidden, 65536, false),
    SIZE("num_hidden_layers", layers, 1024, false),
    SIZE("num_attention_heads", heads, 65536, false),
    SIZE("intermediate_size", intermediate, 1048576, false),
    SIZE("max_position_embeddings", positions, 1048576, false),
    SIZE("type_vocab_size", types, 1024, false),
    { .key = NULL },
};
static const Size distilbert_sizes[] = {
    SIZE("vocab_size", vocabulary, 16777216, false),
    SIZE("dim", hidden, 65536, false),
    SIZE("n_layers", layers, 1024, false),
    SIZE("n_heads", heads, 65536, false),
    SIZE("hidden_dim", intermediate, 1048576, false),
    SIZE("max_position_embeddings", positions, 1048576, false),
    { .key = NULL },
};
static const Size gpt2_sizes[] = {
    SIZE("vocab_size", vocabulary, 16777216, false),
    SIZE("n_embd", hidden, 65536, false),
    SIZE("n_layer", layers, 1024, false),
    SIZE("n_head", heads, 65536, false),
    SIZE("n_inner", intermediate, 1048576, true),
    SIZE("n_positions", positions, 1048576, false),
    { .key = NULL },
};
static const Size llama_sizes[] = {
    SIZE("vocab_size", vocabulary, 16777216, false),
    SIZE("hidden_size", hidden, 65536, false),
    SIZE("num_hidden_layers", layers, 1024, false),
    SIZE("num_attention_heads", heads, 65536, false),
    SIZE("num_key_value_heads", kv_heads, 65536, true),
    SIZE("intermediate_size", intermediate, 1048576, false),
    SIZE("max_position_embeddings", positions, 1048576, true),
    { .key = NULL },
};
static const Size falcon_sizes[] = {
    SIZE("vocab_size", vocabulary, 16777216, false),
    SIZE("hidden_size", hidden, 65536, false),
    SIZE("num_hidden_layers", layers, 1024, false),
    SIZE("num_attention_heads", heads, 65536, false),
    SIZE("num_kv_heads", kv_heads, 65536, true),
    SIZE("ffn_hidden_size", intermediate, 1048576, true),
    SIZE("max_position_embeddings", positions, 1048576, true),
    { .key = NULL },
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
static bool is_base(double value);

#define RATE(key, member)                                                                          \
    {                                                                                              \
        key, offsetof(Config, member), is_rate, false, "a number from 0 to below 1"                \
    }
#define OPTIONAL_RATE(key, member)                                                                 \
    {                                                                                              \
        key, offsetof(Config, member), is_rate, true, "null or a number from 0 to below 1"         \
    }
#define EPSILON(key)                                                                               \
    {                                                                                              \
        key, offsetof(Config, epsilon), is_positive, true, "a number above 0, at most 1"           \
    }
#define INITIALIZER_RANGE                                                                          \
    {                                                                                              \
        "initializer_range", offsetof(Config, initializer_range), is_deviation, true,              \
            "a number from 0 to 100"                                                               \
    }
#define ROTARY_BASE                                                                                \
    {                                                                                              \
        "rope_theta", offsetof(Config, rotary_base), is_base, true, "a number from 1 to 1e12"      \
    }

static const Real bert_reals[] = {
    RATE("hidden_dropout_prob", hidden_dropout),
    RATE("attention_probs_dropout_prob", attention_dropout),
    OPTIONAL_RATE("classifier_dropout", classifier_dropout),
    EPSILON("layer_norm_eps"),
    INITIALIZER_RANGE,
    { .key = NULL },
};
static const Real distilbert_reals[] = {
    RATE("dropout", hidden_dropout),
    RATE("attention_dropout", attention_dropout),
    OPTIONAL_RATE("seq_classif_dropout", classifier_dropout),
    INITIALIZER_RANGE,
    { .key = NULL },
};
static const Real gpt2_reals[] = {
    OPTIONAL_RATE("resid_pdrop", hidden_dropout),
    OPTIONAL_RATE("attn_pdrop", attention_dropout),
    EPSILON("layer_norm_epsilon"),
    INITIALIZER_RANGE,
    { .key = NULL },
};
static const Real llama_reals[] = {
    OPTIONAL_RATE("attention_dropout", attention_dropout),
    EPSILON("rms_norm_eps"),
    ROTARY_BASE,
    INITIALIZER_RANGE,
    { .key = NULL },
};
static const Real falcon_reals[] = {
    OPTIONAL_RATE("hidden_dropout", hidden_dropout),
    OPTIONAL_RATE("attention_dropout", attention_dropout),
    EPSILON("layer_norm_epsilon"),
    ROTARY_BASE,
    INITIALIZER_RANGE,
    { .key = NULL },
};

// Keys with the one value that is honoured; absent is that value, too.
typedef struct {
    const char *key, *word; // of a text
    bool flag;              // else
} Fixed;

static const Fixed bert_fixed[] = { { "position_embedding_type", "absolute", false },
                                    { "is_decoder", NULL, false },
                                    { "add_cross_attention", NULL, false },
                                    { .key = NULL } };
static const Fixed gpt2_fixed[] = { { "add_cross_attention", NULL, false },
                                    { "scale_attn_weights", NULL, true },
                                    { "scale_attn_by_inverse_layer_idx", NULL, false },
                                    { .key = NULL } };
static const Fixed llama_fixed[] = { { "attention_bias", NULL, false },
                                     { "mlp_bias", NULL, false },
                                     { .key = NULL } };
static const Fixed falcon_fixed[] = { { "alibi", NULL, false },
                                      { "bias", NULL, false },
                                      { "parallel_attn", NULL, true },
                                      { .key = NULL } };
static const Fixed nothing_fixed[] = { { .key = NULL } };

typedef struct {
    const char *name;
    Activation is;
} Named;
static const Named gelus[] = {
    { "gelu", GELU }, { "gelu_new", GELU_NEW }, { "relu", RELU }, { .name = NULL }
};
static const Named silus[] = { { "silu", SWISH }, { .name = NULL } };
static const char gelus_right[] = "gelu, gelu_new or relu", silus_right[] = "silu";

static bool bert_rest(const json_t *root, const char *file, Config *config, Error *error);
static bool roberta_rest(const json_t *root, const char *file, Config *config, Error *error);
static bool gpt2_rest(const json_t *root, const char *file, Config *config, Error *error);
static bool llama_rest(const json_t *root, const char *file, Config *config, Error *error);
static bool falcon_rest(const json_t *root, const char *file, Config *config, Error *error);

// How an architecture's config.json reads.
typedef struct {
    const Size *size;
    const Real *real;
    const Fixed *fixed;
    const char *activation; // its key
    const char *standard;   // of it; NULL: must be given
    const Named *named;
    const char *named_right;
    // What else there is to know once the sizes are read; NULL: nothing.
    bool (*rest)(const json_t *root, const char *file, Config *config, Error *error);
    Config from; // what is absent
} Format;

#define BEGIN .initializer_range = 0.02, .rotary_base = 10000
#define ENCODER                                                                                    \
    {                                                                                              \
        BEGIN, .epsilon = 1e-12, .classifier_dropout = (double)NAN                                 \
    }
// clang-format off
static const Format formats[MODEL_TYPES] = {
    [MODEL_BERT] = { bert_sizes, bert_reals, bert_fixed, "hidden_act", NULL, gelus, gelus_right, bert_rest, ENCODER },
    [MODEL_DISTILBERT] = { distilbert_sizes, distilbert_reals, nothing_fixed, "activation", NULL, gelus, gelus_right, NULL, ENCODER },
    [MODEL_ROBERTA] = { bert_sizes, bert_reals, bert_fixed, "hidden_act", NULL, gelus, gelus_right, roberta_rest, { BEGIN, .epsilon = 1e-12, .classifier_dropout = (double)NAN, .padding = 1 } },
    [MODEL_GPT2] = { gpt2_sizes, gpt2_reals, gpt2_fixed, "activation_function", "gelu_new", gelus, gelus_right, gpt2_rest, { BEGIN, .epsilon = 1e-5, .hidden_dropout = 0.1, .attention_dropout = 0.1 } },
    [MODEL_LLAMA] = { llama_sizes, llama_reals, llama_fixed, "hidden_act", "silu", silus, silus_right, llama_rest, { BEGIN, .epsilon = 1e-6, .positions = 2048 } },
    [MODEL_FALCON] = { falcon_sizes, falcon_reals, falcon_fixed, "activation", "gelu", gelus, gelus_right, falcon_rest, { BEGIN, .epsilon = 1e-5, .positions = 2048 } },
};
// clang-format on

const char *const model_type_names[] = {
    [MODEL_BERT] = "bert", [MODEL_DISTILBERT] = "distilbert", [MODEL_ROBERTA] = "roberta",
    [MODEL_GPT2] = "gpt2", [MODEL_LLAMA] = "llama",           [MODEL_FALCON] = "falcon",
    [MODEL_TYPES] = NULL,
};

static bool read_all(const json_t *root, const char *file, Config *config, Error *error);
static bool read_type(const json_t *root, const char *file, ModelType *type, Error *error);
static bool read_fixed(const json_t *root, const Fixed *fixed, const char *file, Error *error);
static bool read_sizes(const json_t *root, const Size *size, const char *file, Config *config,
                       Error *error);
static const char *key_of(const Format *format, size_t field);
static bool read_heads(const Format *format, const char *file, Config *config, Error *error);
static bool read_reals(const json_t *root, const Real *real, const char *file, Config *config,
                       Error *error);
static bool read_activation(const json_t *root, const Format *format, const char *file,
                            Config *config, Error *error);
static bool given(const json_t *value); // there, and not null
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

int64_t config_longest(const Config *config)
{
    return config->positions - (config->type == MODEL_ROBERTA ? config->padding + 1 : 0);
}

bool config_length(const Config *config, int64_t asked, bool pairs, int64_t *length, Error *error)
{
    int64_t longest = config_longest(config), least = pairs ? 5 : 3;
    bool whole = longest < asked; // the model is the limit
    const char *positions = key_of(&formats[config->type], offsetof(Config, positions));
    char right[32];
    *length = whole ? longest : asked;
    if (*length >= least)
        return true;
    snprintf(right, sizeof right, "at least %" PRId64,
             whole ? least + config->positions - longest : least);
    return fail(error, ERROR_INPUT, (Where){ .item = whole ? positions : "max-length" }, right,
                "%" PRId64 " leaves no room for a text", whole ? config->positions : asked);
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
    ModelType type;
    if (!json_is_object(root))
        return fail(error, ERROR_INPUT, (Where){ .file = file },
                    "an object {...} of keys and values", "is no JSON object");
    if (!read_type(root, file, &type, error))
        return false;
    const Format *format = &formats[type];
    *config = format->from;
    config->type = type;
    config->type_assumed = !json_object_get(root, "model_type");
    // The fixed keys first: another kind of the architecture may lack sizes, and the message should
    // name what makes it one.
    if (!read_fixed(root, format->fixed, file, error) ||
        !read_sizes(root, format->size, file, config, error) ||
        (format->rest && !format->rest(root, file, config, error)) ||
        !read_heads(format, file, config, error) ||
        !read_activation(root, format, file, config, error) ||
        !read_reals(root, format->real, file, config, error))
        return false;
    if (isnan(config->classifier_dropout))
        config->classifier_dropout = config->hidden_dropout;
    return true;
}

static bool read_type(const json_t *root, const char *file, ModelType *type, Error *error)
{
    static const char right[] = "bert, distilbert, roberta, gpt2, llama or falcon";
    const json_t *value = json_object_get(root, "model_type");
    *type = MODEL_BERT;
    if (!value) // config.json of 2018
        return true;
    if (!must_be(value, json_is_string(value), right, "model_type", file, error))
        return false;
    for (ModelType t = 0; t < MODEL_TYPES; t++)
        if (!strcmp(json_string_value(value), model_type_names[t])) {
            *type = t;
            return true;
        }
    return fail(error, ERROR_INPUT, (Where){ .file = file, .item = "model_type" }, right,
                "'%s' is not supported", json_string_value(value));
}

static bool read_fixed(const json_t *root, const Fixed *fixed, const char *file, Error *error)
{
    for (; fixed->key; fixed++) {
        const json_t *value = json_object_get(root, fixed->key);
        const char *right = fixed->word ? fixed->word : fixed->flag ? "true" : "false";
        if (!value)
            continue;
        if (!must_be(value,
                     fixed->word ? json_is_string(value)
                                 : json_is_boolean(value) && json_is_true(value) == fixed->flag,
                     right, fixed->key, file, error))
            return false;
        if (fixed->word && strcmp(json_string_value(value), fixed->word) != 0)
            return fail(error, ERROR_INPUT, (Where){ .file = file, .item = fixed->key }, right,
                        "'%s' is not supported", json_string_value(value));
    }
    return true;
}

static bool read_sizes(const json_t *root, const Size *size, const char *file, Config *config,
                       Error *error)
{
    for (; size->key; size++) {
        const json_t *value = json_object_get(root, size->key);
        json_int_t number = json_integer_value(value);
        if (size->optional && !given(value))
            continue;
        if (!must_be(value, json_is_integer(value) && 1 <= number && number <= size->most,
                     size->right, size->key, file, error))
            return false;
        *(int64_t *)((char *)config + size->field) = number;
    }
    if (config->intermediate == 0)
        config->intermediate = 4 * config->hidden;
    return true;
}

// The key that an architecture has for a field.
static const char *key_of(const Format *format, size_t field)
{
    const Size *size = format->size;
    while (size->key && size->field != field)
        size++;
    return size->key;
}

static bool read_heads(const Format *format, const char *file, Config *config, Error *error)
{
    const char *heads = key_of(format, offsetof(Config, heads));
    const char *kv_heads = key_of(format, offsetof(Config, kv_heads));
    char right[64];
    if (config->kv_heads == 0)
        config->kv_heads = config->heads;
    if (config->hidden % config->heads != 0) {
        snprintf(right, sizeof right, "a multiple of %s", heads);
        return fail(error, ERROR_INPUT,
                    (Where){ .file = file, .item = key_of(format, offsetof(Config, hidden)) },
                    right, "%" PRId64 " is not divisible by %" PRId64 " heads", config->hidden,
                    config->heads);
    }
    snprintf(right, sizeof right, "a divisor of %s", heads);
    return config->heads % config->kv_heads == 0 ||
           fail(error, ERROR_INPUT, (Where){ .file = file, .item = kv_heads }, right,
                "%" PRId64 " does not divide %" PRId64 " heads", config->kv_heads, config->heads);
}

static bool read_reals(const json_t *root, const Real *real, const char *file, Config *config,
                       Error *error)
{
    for (; real->key; real++) {
        const json_t *value = json_object_get(root, real->key);
        if (real->optional && !given(value))
            continue;
        double number = json_number_value(value);
        if (!must_be(value, json_is_number(value) && real->allowed(number), real->right, real->key,
                     file, error))
            return false;
        *(double *)((char *)config + real->field) = number;
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

static bool is_base(double value)
{
    return 1 <= value && value <= 1e12;
}

static bool read_activation(const json_t *root, const Format *format, const char *file,
                            Config *config, Error *error)
{
    const json_t *value = json_object_get(root, format->activation);
    bool stands = format->standard && !given(value);
    if (!stands && !must_be(value, json_is_string(value), format->named_right, format->activation,
                            file, error))
        return false;
    const char *name = stands ? format->standard : json_string_value(value);
    for (const Named *named = format->named; named->name; named++)
        if (!strcmp(name, named->name)) {
            config->activation = named->is;
            return true;
        }
    return fail(error, ERROR_INPUT, (Where){ .file = file, .item = format->activation },
                format->named_right, "'%s' is not supported", name);
}

// ---- what one architecture has beside

static bool bert_rest(const json_t *root, const char *file, Config *config, Error *error)
{
    const json_t *pruned = json_object_get(root, "pruned_heads");
    const json_t *tied = json_object_get(root, "tie_word_embeddings");
    if (given(tied) &&
        !must_be(tied, json_is_boolean(tied), "true or false", "tie_word_embeddings", file, error))
        return false;
    config->untied = json_is_false(tied);
    if (!given(pruned))
        return true;
    bool is_empty = (json_is_object(pruned) && json_object_size(pruned) == 0) ||
                    (json_is_array(pruned) && json_array_size(pruned) == 0);
    return must_be(pruned, is_empty, "empty or absent", "pruned_heads", file, error);
}

// Its positions begin behind the padding's.
static bool roberta_rest(const json_t *root, const char *file, Config *config, Error *error)
{
    const json_t *padding = json_object_get(root, "pad_token_id");
    if (!bert_rest(root, file, config, error))
        return false;
    if (given(padding)) {
        config->padding = json_integer_value(padding);
        if (!must_be(padding,
                     json_is_integer(padding) && 0 <= config->padding &&
                         config->padding < config->vocabulary,
                     "null or a whole number, 0 to below vocab_size", "pad_token_id", file, error))
            return false;
    }
    return config_longest(config) > 0 ||
           fail(error, ERROR_INPUT, (Where){ .file = file, .item = "max_position_embeddings" },
                "more than pad_token_id + 1", "%" PRId64 " leaves no room for a text",
                config->positions);
}

// One rate serves the embeddings and the sub-layers, as in every published checkpoint.
static bool gpt2_rest(const json_t *root, const char *file, Config *config, Error *error)
{
    const json_t *embeddings = json_object_get(root, "embd_pdrop");
    const json_t *layers = json_object_get(root, "resid_pdrop");
    double of_layers = given(layers) ? json_number_value(layers) : config->hidden_dropout;
    return !given(embeddings) ||
           must_be(embeddings,
                   json_is_number(embeddings) && json_number_value(embeddings) == of_layers,
                   "the number that resid_pdrop is", "embd_pdrop", file, error);
}

// Rotary positions turn pairs of columns.
static bool heads_in_pairs(const char *file, const Config *config, Error *error)
{
    return config->hidden % config->heads != 0 || config->hidden / config->heads % 2 == 0 ||
           fail(error, ERROR_INPUT, (Where){ .file = file, .item = "hidden_size" },
                "an even number of columns a head", "%" PRId64 " are %" PRId64 " heads of %" PRId64,
                config->hidden, config->heads, config->hidden / config->heads);
}

static bool llama_rest(const json_t *root, const char *file, Config *config, Error *error)
{
    const json_t *size = json_object_get(root, "head_dim");
    return heads_in_pairs(file, config, error) &&
           (!given(size) || must_be(size,
                                    json_is_integer(size) &&
                                        json_integer_value(size) == config->hidden / config->heads,
                                    "hidden_size / num_attention_heads", "head_dim", file, error));
}

// num_kv_heads is read by the newer kind alone; the first had one head for all (multi_query, the
// default), or one each.
static bool falcon_rest(const json_t *root, const char *file, Config *config, Error *error)
{
    const json_t *newer = json_object_get(root, "new_decoder_architecture");
    const json_t *shared = json_object_get(root, "multi_query");
    const json_t *norms = json_object_get(root, "num_ln_in_parallel_attn");
    bool is_newer = json_is_true(newer);
    json_int_t of_norms = json_integer_value(norms);
    if ((newer && !must_be(newer, json_is_boolean(newer), "true or false",
                           "new_decoder_architecture", file, error)) ||
        (shared &&
         !must_be(shared, json_is_boolean(shared), "true or false", "multi_query", file, error)) ||
        (given(norms) && !must_be(norms, json_is_integer(norms) && (of_norms == 1 || of_norms == 2),
                                  "null, 1 or 2", "num_ln_in_parallel_attn", file, error)))
        return false;
    if (!is_newer)
        config->kv_heads = json_is_false(shared) ? config->heads : 1;
    config->two_norms = is_newer && of_norms != 1;
    return heads_in_pairs(file, config, error);
}

static bool given(const json_t *value)
{
    return value && !json_is_null(value);
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
