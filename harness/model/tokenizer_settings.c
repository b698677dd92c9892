// tokenizer_settings.c: tokenizer_config.json -> what BertTokenizer would make of it, or a refusal;
// older folders have its special tokens in special_tokens_map.json and added_tokens.json.
#include "model/tokenizer_impl.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include <inttypes.h>
#include <string.h>

const char *const special_text[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", NULL };
static const char only_specials[] = "[PAD], [UNK], [CLS], [SEP] and [MASK] alone";

// A file of the folder, and whom its special tokens' ids are to be those of.
typedef struct {
    const json_t *root;
    const char *path;
    const int32_t *special;
} File;

typedef bool Reader(const File *file, Settings *settings, Error *error);
static Reader settings_of, check_specials, check_added_ids;
static bool setting(const File *file, const char *key, bool *value, Error *error);
static bool check_class(const File *file, Error *error);
static bool check_added(const File *file, Error *error);

bool settings_read(Arena *arena, const char *folder, const int32_t special[SPECIALS],
                   Settings *settings, Error *error)
{
    static const struct {
        const char *name;
        Reader *read;
    } files[] = { { "tokenizer_config.json", settings_of },
                  { "special_tokens_map.json", check_specials },
                  { "added_tokens.json", check_added_ids } };
    bool ok = true;
    *settings = (Settings){ true, true, true };
    for (size_t i = 0; i < sizeof files / sizeof *files && ok; i++) {
        const char *path = path_join(arena, folder, files[i].name);
        if (!name_exists(path))
            continue;
        json_t *root = json_open(path, error);
        ok = root != NULL &&
             (json_is_object(root) ||
              fail(error, ERROR_INPUT, (Where){ .file = path },
                   "an object {...} of keys and values", "is no JSON object")) &&
             files[i].read(&(File){ root, path, special }, settings, error);
        json_decref(root);
    }
    return ok;
}

static bool settings_of(const File *file, Settings *settings, Error *error)
{
    bool basic = true;
    if (!setting(file, "do_lower_case", &settings->lower_case, error))
        return false;
    settings->strip_accents = settings->lower_case; // where the key is null or absent
    if (!setting(file, "strip_accents", &settings->strip_accents, error) ||
        !setting(file, "tokenize_chinese_chars", &settings->space_ideographs, error) ||
        !setting(file, "do_basic_tokenize", &basic, error))
        return false;
    if (!basic)
        return fail(error, ERROR_INPUT, (Where){ .file = file->path, .item = "do_basic_tokenize" },
                    "true", "false is not supported");
    return check_specials(file, settings, error) && check_class(file, error) &&
           check_added(file, error);
}

static bool setting(const File *file, const char *key, bool *value, Error *error)
{
    const json_t *found = json_object_get(file->root, key);
    if (!found || json_is_null(found))
        return true;
    if (!json_is_boolean(found))
        return fail(error, ERROR_INPUT, (Where){ .file = file->path, .item = key },
                    "true, false or null", "is neither true nor false");
    *value = json_is_true(found);
    return true;
}

// Newer files write a special token as an object with its text in "content".
static const char *text_of(const json_t *token)
{
    const json_t *content = json_is_object(token) ? json_object_get(token, "content") : token;
    return json_is_string(content) ? json_string_value(content) : "";
}

static bool check_specials(const File *file, Settings *settings, Error *error)
{
    static const char *const special_key[SPECIALS] = { "pad_token", "unk_token", "cls_token",
                                                       "sep_token", "mask_token" };
    // Others would be matched in the raw text, and so would these lists.
    static const char *const more[] = { "bos_token", "eos_token" };
    static const char *const whole[] = { "never_split", "additional_special_tokens",
                                         "extra_special_tokens" };
    (void)settings;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        const json_t *tokens = json_object_get(file->root, whole[i]);
        bool none = !tokens || json_is_null(tokens) ||
                    (json_is_array(tokens) && json_array_size(tokens) == 0) ||
                    (json_is_object(tokens) && json_object_size(tokens) == 0);
        if (!none)
            return fail(error, ERROR_INPUT, (Where){ .file = file->path, .item = whole[i] },
                        "null or empty", "a list is not supported");
    }
    for (int i = 0; i < SPECIALS; i++) {
        const json_t *token = json_object_get(file->root, special_key[i]);
        if (token && !json_is_null(token) && strcmp(text_of(token), special_text[i]) != 0)
            return fail(error, ERROR_INPUT, (Where){ .file = file->path, .item = special_key[i] },
                        special_text[i], "another special token is not supported");
    }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        const json_t *token = json_object_get(file->root, more[i]);
        if (token && !json_is_null(token) && !text_among(text_of(token), special_text))
            return fail(error, ERROR_INPUT, (Where){ .file = file->path, .item = more[i] }, "null",
                        "another special token is not supported");
    }
    return true;
}

// The tokenizers that are BertTokenizer under another name; each may end in "Fast".
static bool check_class(const File *file, Error *error)
{
    static const char *const same[] = { "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer",
                                        "MobileBertTokenizer" };
    const json_t *class = json_object_get(file->root, "tokenizer_class");
    const char *name = json_is_string(class) ? json_string_value(class) : "";
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        size_t length = strlen(same[i]);
        if (!strncmp(name, same[i], length) && (!name[length] || !strcmp(name + length, "Fast")))
            return true;
    }
    return !class || json_is_null(class) ||
           fail(error, ERROR_INPUT, (Where){ .file = file->path, .item = "tokenizer_class" },
                "BertTokenizer", "'%s' is not supported", name);
}

// Tokens beside the vocabulary would be matched in the raw text as the special ones are.
static bool check_token(const File *file, const char *item, const char *text, int64_t id,
                        Error *error)
{
    const Where where = { .file = file->path, .item = item };
    int token = text_index(text, special_text);
    if (token < 0)
        return fail(error, ERROR_INPUT, where, only_specials, "token '%s' is not supported", text);
    return id == file->special[token] ||
           fail(error, ERROR_INPUT, where, "that of its line in vocab.txt",
                "%s has the id %" PRId64, text, id);
}

static bool check_added(const File *file, Error *error)
{
    static const char key[] = "added_tokens_decoder";
    const json_t *added = json_object_get(file->root, key);
    const char *id;
    json_t *token;
    int64_t number;
    if (added && !json_is_null(added) && !json_is_object(added))
        return fail(error, ERROR_INPUT, (Where){ .file = file->path, .item = key },
                    "an object of ids and tokens", "is none");
    json_object_foreach((json_t *)added, id, token)
    {
        if (!check_token(file, key, text_of(token), text_whole(id, &number) ? number : -1, error))
            return false;
    }
    return true;
}

// The same as {"[MASK]": 4}.
static bool check_added_ids(const File *file, Settings *settings, Error *error)
{
    const char *text;
    json_t *id;
    (void)settings;
    json_object_foreach((json_t *)file->root, text, id)
    {
        if (!check_token(file, NULL, text, json_is_integer(id) ? json_integer_value(id) : -1,
                         error))
            return false;
    }
    return true;
}
