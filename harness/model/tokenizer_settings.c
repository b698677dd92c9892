// tokenizer_settings.c: tokenizer_config.json -> what BertTokenizer would make of it, or a refusal;
// older folders have its special tokens in special_tokens_map.json and added_tokens.json.
#include "model/tokenizer_impl.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include <string.h>

const char *const special_text[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", NULL };
static const char only_specials[] = "[PAD], [UNK], [CLS], [SEP] and [MASK] alone";

static bool settings_of(const json_t *root, const char *file, Settings *settings, Error *error);
static bool setting(const json_t *root, const char *key, const char *file, bool *value,
                    Error *error);
static bool check_specials(const json_t *root, const char *file, Settings *settings, Error *error);
static bool check_class(const json_t *root, const char *file, Error *error);
static bool check_added(const json_t *root, const char *file, Error *error);
static bool check_added_ids(const json_t *root, const char *file, Settings *settings, Error *error);

bool settings_read(Arena *arena, const char *folder, Settings *settings, Error *error)
{
    static const struct {
        const char *name;
        bool (*read)(const json_t *root, const char *file, Settings *settings, Error *error);
    } files[] = { { "tokenizer_config.json", settings_of },
                  { "special_tokens_map.json", check_specials },
                  { "added_tokens.json", check_added_ids } };
    bool ok = true;
    *settings = (Settings){ true, true, true };
    for (size_t i = 0; i < sizeof files / sizeof *files && ok; i++) {
        const char *path = path_join(arena, folder, files[i].name);
        if (!file_exists(path))
            continue;
        json_t *root = json_open(path, error);
        ok = root != NULL &&
             (json_is_object(root) ||
              fail(error, ERROR_INPUT, (Where){ .file = path },
                   "an object {...} of keys and values", "is no JSON object")) &&
             files[i].read(root, path, settings, error);
        json_decref(root);
    }
    return ok;
}

static bool settings_of(const json_t *root, const char *file, Settings *settings, Error *error)
{
    bool basic = true;
    if (!setting(root, "do_lower_case", file, &settings->lower_case, error))
        return false;
    settings->strip_accents = settings->lower_case; // where the key is null or absent
    if (!setting(root, "strip_accents", file, &settings->strip_accents, error) ||
        !setting(root, "tokenize_chinese_chars", file, &settings->space_ideographs, error) ||
        !setting(root, "do_basic_tokenize", file, &basic, error))
        return false;
    if (!basic)
        return fail(error, ERROR_INPUT, (Where){ .file = file, .item = "do_basic_tokenize" },
                    "true", "false is not supported");
    return check_specials(root, file, settings, error) && check_class(root, file, error) &&
           check_added(root, file, error);
}

static bool setting(const json_t *root, const char *key, const char *file, bool *value,
                    Error *error)
{
    const json_t *found = json_object_get(root, key);
    if (!found || json_is_null(found))
        return true;
    if (!json_is_boolean(found))
        return fail(error, ERROR_INPUT, (Where){ .file = file, .item = key }, "true, false or null",
                    "is neither true nor false");
    *value = json_is_true(found);
    return true;
}

// Newer files write a special token as an object with its text in "content".
static const char *text_of(const json_t *token)
{
    const json_t *content = json_is_object(token) ? json_object_get(token, "content") : token;
    return json_is_string(content) ? json_string_value(content) : "";
}

static bool check_specials(const json_t *root, const char *file, Settings *settings, Error *error)
{
    static const char *const special_key[SPECIALS] = { "pad_token", "unk_token", "cls_token",
                                                       "sep_token", "mask_token" };
    // Texts that would be matched in the raw text.
    static const char *const whole[] = { "never_split", "additional_special_tokens",
                                         "extra_special_tokens" };
    (void)settings;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        const json_t *tokens = json_object_get(root, whole[i]);
        if (json_array_size(tokens) + json_object_size(tokens) > 0)
            return fail(error, ERROR_INPUT, (Where){ .file = file, .item = whole[i] },
                        "null or empty", "a list is not supported");
    }
    for (int i = 0; i < SPECIALS; i++) {
        const json_t *token = json_object_get(root, special_key[i]);
        if (token && !json_is_null(token) && strcmp(text_of(token), special_text[i]) != 0)
            return fail(error, ERROR_INPUT, (Where){ .file = file, .item = special_key[i] },
                        special_text[i], "another special token is not supported");
    }
    return true;
}

// The tokenizers that are BertTokenizer under another name; each may end in "Fast".
static bool check_class(const json_t *root, const char *file, Error *error)
{
    static const char *const same[] = { "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer",
                                        "MobileBertTokenizer" };
    const char *name = json_string_value(json_object_get(root, "tokenizer_class"));
    for (size_t i = 0; name && i < sizeof same / sizeof *same; i++) {
        size_t length = strlen(same[i]);
        if (!strncmp(name, same[i], length) && (!name[length] || !strcmp(name + length, "Fast")))
            return true;
    }
    return !name || fail(error, ERROR_INPUT, (Where){ .file = file, .item = "tokenizer_class" },
                         "BertTokenizer", "'%s' is not supported", name);
}

// Tokens beside the vocabulary would be matched in the raw text as the special ones are.
static bool check_added(const json_t *root, const char *file, Error *error)
{
    const char *id;
    json_t *token;
    json_object_foreach(json_object_get(root, "added_tokens_decoder"), id, token)
    {
        if (!text_among(text_of(token), special_text))
            return fail(error, ERROR_INPUT, (Where){ .file = file, .item = "added_tokens_decoder" },
                        only_specials, "token %s is not supported", id);
    }
    return true;
}

// The same as {"[E1]": 30522}.
static bool check_added_ids(const json_t *root, const char *file, Settings *settings, Error *error)
{
    const char *text;
    json_t *id;
    (void)settings;
    json_object_foreach((json_t *)root, text, id)
    {
        if (!text_among(text, special_text))
            return fail(error, ERROR_INPUT, (Where){ .file = file }, only_specials,
                        "token '%s' is not supported", text);
    }
    return true;
}
