// tokenizer.c: WordPiece as BertTokenizer does it (Devlin et al. 2019; the rules are those of the
// Rust `tokenizers`, which differ from Google's first code in rare characters).
//
//   1. The five special tokens are matched in the raw text and stay whole.
//   2. U+FFFD and control characters (Cc, Cf, Co; not tab, LF, CR) are dropped; white space becomes
//   a
//      blank; CJK ideographs get blanks around them; NFD; marks (Mn) dropped; lower case, character
//      by character.
//   3. Words are split at blanks; ASCII punctuation and the categories P are words of their own.
//   4. Of a word the longest piece first, then the longest that goes on ("##..."), and so forth; a
//      dead end, or more than 100 characters, makes the whole word [UNK].
//   5. [CLS] A [SEP] or [CLS] A [SEP] B [SEP], cut to max_length.
//
// do_lower_case false leaves out NFD, marks and lower case; strip_accents true or false decides
// about NFD and marks alone; tokenize_chinese_chars false leaves out the ideographs' blanks.
//
// All of it is one pass over the text without memory of its own. Where NFD would need any: its only
// action beyond one character is to sort runs of marks, a run ends at the next starter, and a run
// that is too long to be kept makes its word too long for a piece.
#include "model/tokenizer.h"
#include "base/json.h"
#include <assert.h>
#include <string.h>
#include <utf8proc.h>

enum { PAD, UNK, CLS, SEP, MASK, SPECIALS };
static const char *const special_text[SPECIALS] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" };

enum {
    LONGEST_WORD = 100, // characters
    UTF8_BYTES = 4,     // of a character, at most
    MOST_PIECES = 1 << 24,
};

// Pieces by their bytes: open addressing, at most half full. Pieces that go on ("##ing") have a
// table of their own, in which they stand without the "##".
typedef struct {
    uint32_t tag; // the half of the hash that did not choose the place
    int32_t id;   // -1: free
} Slot;
typedef struct {
    Slot *slot;
    size_t mask;
    size_t longest; // bytes
} Pieces;

typedef enum { DROPPED, BLANK, PUNCTUATION, LETTER } Class;

typedef struct {
    bool lower_case, strip_accents, space_ideographs;
} Settings;

struct Tokenizer {
    const char **piece; // as in the file, by id
    uint32_t *length;   // bytes
    size_t pieces;
    Pieces first, next;        // a word's first piece, and those that go on
    int32_t special[SPECIALS]; // ids; -1: not in the vocabulary
    Settings settings;
    uint8_t ascii_class[128], ascii[128]; // Class; the character itself or its lower case
};

static bool settings_read(Arena *arena, const char *folder, Settings *settings, Error *error);
static Tokenizer *parse(Arena *arena, Bytes vocabulary, const char *file, Settings settings,
                        Error *error);

Tokenizer *tokenizer_read(Arena *arena, const char *folder, Error *error)
{
    const char *path = path_join(arena, folder, "vocab.txt");
    Settings settings;
    Bytes vocabulary;
    if (!settings_read(arena, folder, &settings, error) || !file_map(path, &vocabulary, error))
        return NULL;
    Tokenizer *tokenizer = parse(arena, vocabulary, path, settings, error);
    file_unmap(vocabulary);
    return tokenizer;
}

Tokenizer *tokenizer_parse(Arena *arena, Bytes vocabulary, const char *file, bool lower_case,
                           Error *error)
{
    Settings settings = { lower_case, lower_case, true };
    return parse(arena, vocabulary, file, settings, error);
}

static bool settings_of(const json_t *root, const char *file, Settings *settings, Error *error);
static bool setting(const json_t *root, const char *key, const char *file, bool *value,
                    Error *error);
static bool is_special(const json_t *token, const char *text);
static bool check_class(const json_t *root, const char *file, Error *error);
static bool check_added(const json_t *root, const char *file, Error *error);

static bool settings_read(Arena *arena, const char *folder, Settings *settings, Error *error)
{
    const char *path = path_join(arena, folder, "tokenizer_config.json");
    *settings = (Settings){ true, true, true };
    if (!file_exists(path))
        return true;
    json_t *root = json_open(path, error);
    if (!root)
        return false;
    bool ok = settings_of(root, path, settings, error);
    json_decref(root);
    return ok;
}

static bool settings_of(const json_t *root, const char *file, Settings *settings, Error *error)
{
    static const char *const special_key[SPECIALS] = { "pad_token", "unk_token", "cls_token",
                                                       "sep_token", "mask_token" };
    bool basic = true;
    if (!json_is_object(root))
        return fail(error, ERROR_INPUT, (Where){ .file = file },
                    "an object {...} of keys and values", "is no JSON object");
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
    if (json_array_size(json_object_get(root, "never_split")) > 0)
        return fail(error, ERROR_INPUT, (Where){ .file = file, .item = "never_split" },
                    "null or empty", "a list is not supported");
    for (int i = 0; i < SPECIALS; i++) {
        const json_t *token = json_object_get(root, special_key[i]);
        if (token && !json_is_null(token) && !is_special(token, special_text[i]))
            return fail(error, ERROR_INPUT, (Where){ .file = file, .item = special_key[i] },
                        special_text[i], "another special token is not supported");
    }
    return check_class(root, file, error) && check_added(root, file, error);
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
static bool is_special(const json_t *token, const char *text)
{
    const json_t *content = json_is_object(token) ? json_object_get(token, "content") : token;
    return json_is_string(content) && !strcmp(json_string_value(content), text);
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
        bool special = false;
        for (int i = 0; i < SPECIALS; i++)
            special = special || is_special(token, special_text[i]);
        if (!special)
            return fail(error, ERROR_INPUT, (Where){ .file = file, .item = "added_tokens_decoder" },
                        "[PAD], [UNK], [CLS], [SEP] and [MASK] alone", "token %s is not supported",
                        id);
    }
    return true;
}

// ---- the vocabulary

static size_t lines_of(const char *text, size_t size);
static void classify_ascii(Tokenizer *tokenizer);
static bool split_lines(Tokenizer *tokenizer, char *text, size_t size, const char *file,
                        Error *error);
static bool index_pieces(Arena *arena, Tokenizer *tokenizer, const char *file, Error *error);
static Pieces pieces_new(Arena *arena, size_t count);
static Slot *slot_of(const Tokenizer *tokenizer, const Pieces *pieces, const char *text,
                     size_t length, uint64_t hash);
static uint64_t hash_more(uint64_t hash, uint8_t byte);
static uint64_t hash_of(const char *text, size_t length);

static const uint64_t hash_start = 0xcbf29ce484222325; // FNV-1a, 64 bits

static Tokenizer *parse(Arena *arena, Bytes vocabulary, const char *file, Settings settings,
                        Error *error)
{
    static const uint8_t mark[] = { 0xef, 0xbb, 0xbf }; // a byte-order mark
    Where where = { .file = file };
    if (vocabulary.size >= sizeof mark && !memcmp(vocabulary.data, mark, sizeof mark))
        vocabulary = (Bytes){ vocabulary.data + sizeof mark, vocabulary.size - sizeof mark };
    if (vocabulary.size == 0) {
        fail(error, ERROR_INPUT, where, "one piece a line", "is empty");
        return NULL;
    }
    if (!bytes_are_text(vocabulary, file, error))
        return NULL;
    char *text = arena_take(arena, vocabulary.size + 1, 1);
    memcpy(text, vocabulary.data, vocabulary.size);
    text[vocabulary.size] = '\0';

    Tokenizer *tokenizer = arena_zero(arena, 1, sizeof *tokenizer);
    tokenizer->settings = settings;
    tokenizer->pieces = lines_of(text, vocabulary.size);
    if (tokenizer->pieces > MOST_PIECES) {
        fail(error, ERROR_INPUT, where, "at most 16777216", "%zu pieces are too many",
             tokenizer->pieces);
        return NULL;
    }
    tokenizer->piece = arena_take(arena, tokenizer->pieces, sizeof *tokenizer->piece);
    tokenizer->length = arena_take(arena, tokenizer->pieces, sizeof *tokenizer->length);
    if (!split_lines(tokenizer, text, vocabulary.size, file, error) ||
        !index_pieces(arena, tokenizer, file, error))
        return NULL;
    for (int i = 0; i < SPECIALS; i++) {
        tokenizer->special[i] = tokenizer_id(tokenizer, special_text[i]);
        if (tokenizer->special[i] < 0 && i != MASK) {
            fail(error, ERROR_INPUT, where, "a line of [PAD], [UNK], [CLS] and [SEP] each",
                 "%s is missing", special_text[i]);
            return NULL;
        }
    }
    classify_ascii(tokenizer);
    return tokenizer;
}

static size_t lines_of(const char *text, size_t size)
{
    size_t lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n' || i + 1 == size; // the last line may lack its end
    return lines;
}

static bool split_lines(Tokenizer *tokenizer, char *text, size_t size, const char *file,
                        Error *error)
{
    char *at = text;
    for (size_t i = 0; i < tokenizer->pieces; i++) {
        char *end = memchr(at, '\n', size - (size_t)(at - text)),
             *next = end ? end + 1 : text + size;
        if (!end)
            end = text + size;
        if (end > at && end[-1] == '\r')
            end--;
        if (end == at)
            return fail(error, ERROR_INPUT, (Where){ .file = file, .line = i + 1 }, "a piece",
                        "the line is empty");
        *end = '\0';
        tokenizer->piece[i] = at;
        tokenizer->length[i] = (uint32_t)(end - at);
        at = next;
    }
    return true;
}

static bool goes_on(const char *piece)
{
    return piece[0] == '#' && piece[1] == '#';
}

static bool index_pieces(Arena *arena, Tokenizer *tokenizer, const char *file, Error *error)
{
    size_t going_on = 0;
    for (size_t i = 0; i < tokenizer->pieces; i++)
        going_on += goes_on(tokenizer->piece[i]);
    tokenizer->first = pieces_new(arena, tokenizer->pieces - going_on);
    tokenizer->next = pieces_new(arena, going_on);
    for (size_t i = 0; i < tokenizer->pieces; i++) {
        bool on = goes_on(tokenizer->piece[i]);
        Pieces *pieces = on ? &tokenizer->next : &tokenizer->first;
        const char *text = tokenizer->piece[i] + (on ? 2 : 0);
        size_t length = tokenizer->length[i] - (on ? 2 : 0);
        uint64_t hash = hash_of(text, length);
        Slot *slot = slot_of(tokenizer, pieces, text, length, hash);
        if (slot->id >= 0)
            return fail(error, ERROR_INPUT, (Where){ .file = file, .line = i + 1 },
                        "in the vocabulary once", "'%s' stands in line %d already",
                        tokenizer->piece[i], slot->id + 1);
        *slot = (Slot){ (uint32_t)(hash >> 32), (int32_t)i };
        if (length > pieces->longest)
            pieces->longest = length;
    }
    return true;
}

static Pieces pieces_new(Arena *arena, size_t count)
{
    size_t slots = 2;
    while (slots < 2 * count)
        slots *= 2;
    Pieces pieces = { .slot = arena_take(arena, slots, sizeof(Slot)), .mask = slots - 1 };
    for (size_t i = 0; i < slots; i++)
        pieces.slot[i] = (Slot){ 0, -1 };
    return pieces;
}

// The piece's slot, or the free one where it would be.
static Slot *slot_of(const Tokenizer *tokenizer, const Pieces *pieces, const char *text,
                     size_t length, uint64_t hash)
{
    size_t skip = pieces == &tokenizer->next ? 2 : 0;
    uint32_t tag = (uint32_t)(hash >> 32);
    size_t at = (size_t)(hash ^ tag) & pieces->mask;
    for (;; at = (at + 1) & pieces->mask) {
        Slot *slot = &pieces->slot[at];
        if (slot->id < 0 || (slot->tag == tag && tokenizer->length[slot->id] == length + skip &&
                             !memcmp(tokenizer->piece[slot->id] + skip, text, length)))
            return slot;
    }
}

static uint64_t hash_more(uint64_t hash, uint8_t byte)
{
    return (hash ^ byte) * 0x100000001b3;
}

static uint64_t hash_of(const char *text, size_t length)
{
    uint64_t hash = hash_start;
    for (size_t i = 0; i < length; i++)
        hash = hash_more(hash, (uint8_t)text[i]);
    return hash;
}

static void classify_ascii(Tokenizer *tokenizer)
{
    for (int c = 0; c < 128; c++) {
        bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        bool capital = 'A' <= c && c <= 'Z', letter = capital || ('a' <= c && c <= 'z');
        bool dropped = c < ' ' || c == 127, digit = '0' <= c && c <= '9';
        tokenizer->ascii_class[c] = (uint8_t)(blank             ? BLANK
                                              : dropped         ? DROPPED
                                              : letter || digit ? LETTER
                                                                : PUNCTUATION);
        tokenizer->ascii[c] = (uint8_t)(capital && tokenizer->settings.lower_case ? c + 32 : c);
    }
}

size_t tokenizer_vocabulary(const Tokenizer *tokenizer)
{
    return tokenizer->pieces;
}

const char *tokenizer_piece(const Tokenizer *tokenizer, int32_t id)
{
    assert(0 <= id && (size_t)id < tokenizer->pieces);
    return tokenizer->piece[id];
}

int32_t tokenizer_id(const Tokenizer *tokenizer, const char *piece)
{
    bool on = goes_on(piece);
    const char *text = piece + (on ? 2 : 0);
    size_t length = strlen(text);
    return slot_of(tokenizer, on ? &tokenizer->next : &tokenizer->first, text, length,
                   hash_of(text, length))
        ->id;
}

static int32_t decode(const uint8_t *at, size_t *length);

size_t tokenizer_capitals(const Tokenizer *tokenizer)
{
    size_t count = 0;
    for (size_t i = 0; tokenizer->settings.lower_case && i < tokenizer->pieces; i++) {
        const char *piece = tokenizer->piece[i];
        bool capital = false;
        size_t length;
        for (size_t at = 0; at < tokenizer->length[i]; at += length) {
            int32_t c = decode((const uint8_t *)piece + at, &length);
            capital = capital || utf8proc_category(c) == UTF8PROC_CATEGORY_LU;
        }
        count += capital && !(piece[0] == '[' && piece[tokenizer->length[i] - 1] == ']');
    }
    return count;
}

// ---- encoding

// What is known while a text is read: the tokens so far, the word that is not yet complete, and
// behind it the marks that wait for their order.
typedef struct {
    const Tokenizer *tokenizer;
    int32_t *token;
    size_t room;   // of token; more are counted, not kept
    size_t enough; // nobody asks whether there are more tokens than this
    size_t tokens;
    size_t characters, bytes; // of the word; bytes stop at LONGEST_WORD characters
    uint8_t word[LONGEST_WORD * UTF8_BYTES];
    size_t marks;
    int32_t mark[LONGEST_WORD]; // canonically ordered
} Reader;

static void read_text(Reader *reader, const char *text);
static int special_at(const Tokenizer *tokenizer, const uint8_t *at);
static void read_character(Reader *reader, int32_t c);
static bool is_ideograph(int32_t c);
static void decompose(Reader *reader, int32_t c);
static void put_mark(Reader *reader, int32_t c, int class);
static void put_marks(Reader *reader);
static void put_character(Reader *reader, int32_t c);
static void put_letter(Reader *reader, int32_t c);
static void end_word(Reader *reader);
static bool cut_word(Reader *reader);
static void put_token(Reader *reader, int32_t id);
static void cut_pair(size_t *a, size_t *b, size_t room);

void tokenizer_encode(const Tokenizer *tokenizer, Arena *arena, const char *text,
                      const char *text_b, size_t max_length, Encoding *encoding)
{
    *encoding = (Encoding){ .token = arena_take(arena, max_length, sizeof(int32_t)),
                            .type = arena_take(arena, max_length, sizeof(int32_t)) };
    tokenizer_encode_into(tokenizer, text, text_b, max_length, encoding);
}

void tokenizer_encode_into(const Tokenizer *tokenizer, const char *text, const char *text_b,
                           size_t max_length, Encoding *encoding)
{
    assert(max_length >= (text_b ? 5 : 3));
    size_t room = max_length - (text_b ? 3 : 2);
    int32_t *token = encoding->token, *type = encoding->type;
    Reader a = { .tokenizer = tokenizer, .token = token + 1, .room = room };
    a.enough = text_b ? SIZE_MAX : room; // how a pair is cut depends on both full lengths
    read_text(&a, text);
    size_t count_a = a.tokens < room ? a.tokens : room, count_b = 0;
    encoding->truncated = a.tokens > room;
    token[0] = tokenizer->special[CLS];
    if (text_b) {
        // The second text's tokens wait in `type`, until it is known where the first one's end.
        Reader b = { .tokenizer = tokenizer, .token = type, .room = room, .enough = SIZE_MAX };
        read_text(&b, text_b);
        count_a = a.tokens;
        count_b = b.tokens;
        cut_pair(&count_a, &count_b, room);
        encoding->truncated = count_a < a.tokens || count_b < b.tokens;
        memcpy(token + count_a + 2, type, count_b * sizeof *type);
        token[count_a + count_b + 2] = tokenizer->special[SEP];
    }
    token[count_a + 1] = tokenizer->special[SEP];
    encoding->count = count_a + 2 + (text_b ? count_b + 1 : 0);
    for (size_t i = 0; i < encoding->count; i++)
        type[i] = i >= count_a + 2;
}

// The longer text alone is cut where the shorter one fits into half of the room; else both are cut
// to half, and the odd token goes to the longer one (to the second where both are as long).
static void cut_pair(size_t *a, size_t *b, size_t room)
{
    if (*a <= room && *b <= room - *a)
        return;
    size_t *shorter = *a <= *b ? a : b, *longer = *a <= *b ? b : a;
    if (*shorter > room / 2)
        *shorter = room / 2;
    *longer = room - *shorter;
}

static void read_text(Reader *reader, const char *text)
{
    const Tokenizer *tokenizer = reader->tokenizer;
    const uint8_t *at = (const uint8_t *)text;
    while (*at && reader->tokens <= reader->enough) {
        if (*at >= 128) {
            size_t length;
            read_character(reader, decode(at, &length));
            at += length;
            continue;
        }
        Class class = tokenizer->ascii_class[*at];
        if (class == DROPPED) {
            at++;
            continue;
        }
        if (reader->marks > 0)
            put_marks(reader);
        if (class == LETTER) {
            size_t bytes = reader->bytes, characters = reader->characters; // in registers
            do {
                if (characters++ < LONGEST_WORD)
                    reader->word[bytes++] = tokenizer->ascii[*at];
                at++;
            } while (*at < 128 && tokenizer->ascii_class[*at] == LETTER);
            reader->bytes = bytes;
            reader->characters = characters;
            continue;
        }
        end_word(reader);
        int special = *at == '[' ? special_at(tokenizer, at) : SPECIALS;
        if (special < SPECIALS) {
            put_token(reader, tokenizer->special[special]);
            at += strlen(special_text[special]);
        } else if (class == PUNCTUATION)
            put_character(reader, *at++);
        else
            at++;
    }
    put_marks(reader);
    end_word(reader);
}

static int special_at(const Tokenizer *tokenizer, const uint8_t *at)
{
    for (int i = 0; i < SPECIALS; i++)
        if (tokenizer->special[i] >= 0 &&
            !strncmp((const char *)at, special_text[i], strlen(special_text[i])))
            return i;
    return SPECIALS;
}

// U+FFFD, of one byte, for what is no UTF-8. Stops before the text's final zero.
static int32_t decode(const uint8_t *at, size_t *length)
{
    size_t here = 1;
    while (here < UTF8_BYTES && (at[here] & 0xc0) == 0x80)
        here++;
    int32_t c;
    ptrdiff_t used = utf8proc_iterate(at, (ptrdiff_t)here, &c);
    *length = used > 0 ? (size_t)used : 1;
    return used > 0 ? c : 0xfffd;
}

// Rule 2 up to NFD, for characters beyond ASCII.
static void read_character(Reader *reader, int32_t c)
{
    const Settings *settings = &reader->tokenizer->settings;
    bool alone = false;
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
        return;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        put_marks(reader);
        end_word(reader);
        return;
    default:
        if (c == 0xfffd)
            return;
        alone = settings->space_ideographs && is_ideograph(c);
    }
    if (alone) {
        put_marks(reader);
        end_word(reader);
    }
    if (settings->strip_accents)
        decompose(reader, c);
    else
        put_character(reader, c);
    if (alone) {
        put_marks(reader);
        end_word(reader);
    }
}

static bool is_ideograph(int32_t c)
{
    static const int32_t range[][2] = { { 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },
                                        { 0xf900, 0xfaff },   { 0x20000, 0x2a6df },
                                        { 0x2a700, 0x2b73f }, { 0x2b740, 0x2b81f },
                                        { 0x2b920, 0x2ceaf }, // sic: 0x2b820 in Google's code
                                        { 0x2f800, 0x2fa1f } };
    for (size_t i = 0; i < sizeof range / sizeof *range && c >= range[i][0]; i++)
        if (c <= range[i][1])
            return true;
    return false;
}

// NFD, and marks (Mn) dropped. A mark of a class above 0 is no boundary to the sorting, so it may
// be dropped before; one of class 0 is a boundary.
static void decompose(Reader *reader, int32_t c)
{
    int32_t part[8]; // at most 4 in Unicode 15
    int boundary = 0;
    ptrdiff_t parts =
        utf8proc_decompose_char(c, part, sizeof part / sizeof *part, UTF8PROC_DECOMPOSE, &boundary);
    assert(0 < parts && (size_t)parts <= sizeof part / sizeof *part);
    for (ptrdiff_t i = 0; i < parts; i++) {
        const utf8proc_property_t *property = utf8proc_get_property(part[i]);
        bool dropped = property->category == UTF8PROC_CATEGORY_MN;
        if (property->combining_class == 0) {
            put_marks(reader);
            if (!dropped)
                put_character(reader, part[i]);
        } else if (!dropped)
            put_mark(reader, part[i], property->combining_class);
    }
}

// Sorts a mark behind those of its class or a lower one. More than LONGEST_WORD of them make the
// word too long whatever their order: those are only counted.
static void put_mark(Reader *reader, int32_t c, int class)
{
    if (reader->marks == LONGEST_WORD) {
        reader->characters += LONGEST_WORD + 1;
        return;
    }
    size_t at = reader->marks++;
    for (; at > 0 && utf8proc_get_property(reader->mark[at - 1])->combining_class > class; at--)
        reader->mark[at] = reader->mark[at - 1];
    reader->mark[at] = c;
}

static void put_marks(Reader *reader)
{
    for (size_t i = 0; i < reader->marks; i++)
        put_character(reader, reader->mark[i]);
    reader->marks = 0;
}

// Lower case, then rule 3. The one character whose lower case is two characters is U+0130.
static void put_character(Reader *reader, int32_t c)
{
    if (reader->tokenizer->settings.lower_case) {
        if (c == 0x130) {
            put_letter(reader, 'i');
            c = 0x307;
        }
        c = utf8proc_tolower(c);
    }
    bool alone = c < 128 && reader->tokenizer->ascii_class[c] == PUNCTUATION;
    if (!alone && c >= 128) {
        utf8proc_category_t category = utf8proc_category(c);
        alone = UTF8PROC_CATEGORY_PC <= category && category <= UTF8PROC_CATEGORY_PO;
    }
    if (alone)
        end_word(reader);
    put_letter(reader, c);
    if (alone)
        end_word(reader);
}

static void put_letter(Reader *reader, int32_t c)
{
    if (reader->characters++ < LONGEST_WORD)
        reader->bytes += (size_t)utf8proc_encode_char(c, reader->word + reader->bytes);
}

static void end_word(Reader *reader)
{
    if (reader->characters == 0)
        return;
    size_t before = reader->tokens;
    if (reader->characters > LONGEST_WORD || !cut_word(reader)) {
        reader->tokens = before;
        put_token(reader, reader->tokenizer->special[UNK]);
    }
    reader->characters = reader->bytes = 0;
}

// Rule 4. False at a dead end.
static bool cut_word(Reader *reader)
{
    const Tokenizer *tokenizer = reader->tokenizer;
    const Pieces *pieces = &tokenizer->first;
    uint64_t hash[sizeof reader->word + 1]; // of the bytes from `begin` to here
    for (size_t begin = 0, end; begin < reader->bytes; begin = end, pieces = &tokenizer->next) {
        size_t left = reader->bytes - begin;
        size_t length = left < pieces->longest ? left : pieces->longest;
        hash[begin] = hash_start;
        for (end = begin; end < begin + length; end++)
            hash[end + 1] = hash_more(hash[end], reader->word[end]);
        int32_t id = -1;
        while (end > begin) { // no piece ends within a character
            const char *text = (const char *)reader->word + begin;
            id = slot_of(tokenizer, pieces, text, end - begin, hash[end])->id;
            if (id >= 0)
                break;
            end--;
        }
        if (id < 0)
            return false;
        put_token(reader, id);
    }
    return true;
}

static void put_token(Reader *reader, int32_t id)
{
    if (reader->tokens < reader->room)
        reader->token[reader->tokens] = id;
    reader->tokens++;
}
