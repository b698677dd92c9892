// tokenizer.c: WordPiece as BertTokenizer does it (Devlin et al. 2019; the rules are those of the
// Rust `tokenizers`, which differ from Google's first code in rare characters).
//
//   1. The five special tokens are matched in the raw text and stay whole.
//   2. U+FFFD and control characters (Cc, Cf, Co; not tab, LF, CR) are dropped; white space becomes
//      a blank; CJK ideographs get blanks around them; NFD; marks (Mn) dropped; lower case,
//      character by character.
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
#include "model/tokenizer_impl.h"
#include "model/vocabulary.h"
#include <assert.h>
#include <string.h>
#include <utf8proc.h>

enum {
    LONGEST_WORD = 100, // characters
    UTF8_BYTES = 4      // of a character, at most
};

typedef enum { DROPPED, BLANK, PUNCTUATION, LETTER } Class;

struct Tokenizer {
    Vocabulary vocabulary;
    int32_t special[SPECIALS]; // ids; -1: not in the vocabulary
    Settings settings;
    uint8_t ascii_class[128], ascii[128]; // Class; the character itself or its lower case
};

static void classify_ascii(Tokenizer *tokenizer);

Tokenizer *tokenizer_read(Arena *arena, const char *folder, Error *error)
{
    const char *path = path_join(arena, folder, "vocab.txt");
    Bytes vocabulary;
    if (!file_map(path, &vocabulary, error))
        return NULL;
    Tokenizer *tokenizer = tokenizer_parse(arena, vocabulary, path, true, error);
    file_unmap(vocabulary);
    if (!tokenizer ||
        !settings_read(arena, folder, tokenizer->special, &tokenizer->settings, error))
        return NULL;
    classify_ascii(tokenizer); // once more: the settings may keep capitals
    return tokenizer;
}

Tokenizer *tokenizer_parse(Arena *arena, Bytes vocabulary, const char *file, bool lower_case,
                           Error *error)
{
    Tokenizer *tokenizer = arena_zero(arena, 1, sizeof *tokenizer);
    tokenizer->settings = (Settings){ lower_case, lower_case, true };
    if (!vocabulary_parse(arena, vocabulary, file, &tokenizer->vocabulary, error))
        return NULL;
    for (int i = 0; i < SPECIALS; i++) {
        tokenizer->special[i] = tokenizer_id(tokenizer, special_text[i]);
        if (tokenizer->special[i] < 0 && i != MASK) {
            fail(error, ERROR_INPUT, (Where){ .file = file },
                 "a line of [PAD], [UNK], [CLS] and [SEP] each", "%s is missing", special_text[i]);
            return NULL;
        }
    }
    classify_ascii(tokenizer);
    return tokenizer;
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
    return tokenizer->vocabulary.pieces;
}

const char *tokenizer_piece(const Tokenizer *tokenizer, int32_t id)
{
    assert(0 <= id && (size_t)id < tokenizer->vocabulary.pieces);
    return tokenizer->vocabulary.piece[id];
}

int32_t tokenizer_id(const Tokenizer *tokenizer, const char *piece)
{
    return vocabulary_id(&tokenizer->vocabulary, piece);
}

const int32_t *tokenizer_specials(const Tokenizer *tokenizer, size_t *count)
{
    *count = SPECIALS;
    return tokenizer->special;
}

static int32_t decode(const uint8_t *at, size_t *length);

size_t tokenizer_capitals(const Tokenizer *tokenizer)
{
    size_t count = 0;
    for (size_t i = 0; tokenizer->settings.lower_case && i < tokenizer->vocabulary.pieces; i++) {
        const char *piece = tokenizer->vocabulary.piece[i];
        bool capital = false;
        size_t length;
        for (size_t at = 0; at < tokenizer->vocabulary.length[i]; at += length) {
            int32_t c = decode((const uint8_t *)piece + at, &length);
            capital = capital || utf8proc_category(c) == UTF8PROC_CATEGORY_LU;
        }
        count += capital && !(piece[0] == '[' && piece[tokenizer->vocabulary.length[i] - 1] == ']');
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
    const Vocabulary *vocabulary = &reader->tokenizer->vocabulary;
    const Pieces *pieces = &vocabulary->first;
    uint64_t hash[sizeof reader->word + 1]; // of the bytes from `begin` to here
    for (size_t begin = 0, end; begin < reader->bytes; begin = end, pieces = &vocabulary->next) {
        size_t left = reader->bytes - begin;
        size_t length = left < pieces->longest ? left : pieces->longest;
        hash[begin] = hash_start;
        for (end = begin; end < begin + length; end++)
            hash[end + 1] = hash_more(hash[end], reader->word[end]);
        int32_t id = -1;
        while (end > begin) { // no piece ends within a character
            const char *text = (const char *)reader->word + begin;
            id = entry_of(vocabulary, pieces, text, end - begin, hash[end])->id;
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
