// tokenizer.h: WordPiece as BertTokenizer does it; rules and order in tokenizer.c.
#ifndef MODEL_TOKENIZER_H
#define MODEL_TOKENIZER_H
#include "base/arena.h"
#include "base/file.h"

typedef struct Tokenizer Tokenizer; // never changes once it is read: threads may share one

// Reads FOLDER/vocab.txt (one piece a line; [PAD] [UNK] [CLS] [SEP] must be there, [MASK] may be)
// and FOLDER/tokenizer_config.json where there is one (do_lower_case, strip_accents,
// tokenize_chinese_chars; without the file: lower case). Lives in the arena. An empty line, a piece
// that was there before, and a setting or special token (of special_tokens_map.json and
// added_tokens.json, too) that would change the ids and is not honoured are refused.
Tokenizer *tokenizer_read(Arena *arena, const char *folder, Error *error);
Tokenizer *tokenizer_parse(Arena *arena, Bytes vocabulary, const char *file, bool lower_case,
                           Error *error);
size_t tokenizer_vocabulary(const Tokenizer *tokenizer);
const char *tokenizer_piece(const Tokenizer *tokenizer, int32_t id);
int32_t tokenizer_id(const Tokenizer *tokenizer, const char *piece); // -1 when there is none
// The ids of [PAD], [UNK], [CLS], [SEP] and [MASK], -1 where there is none.
const int32_t *tokenizer_specials(const Tokenizer *tokenizer, size_t *count);

// How many pieces no text can reach, because they have a capital letter and text is lower-cased;
// pieces in brackets ([PAD], [unused7]) apart. Many mean that do_lower_case is wrong for this
// vocabulary, which costs points and raises no error elsewhere.
size_t tokenizer_capitals(const Tokenizer *tokenizer);

typedef struct {
    int32_t *token; // ids; from [CLS] to the last [SEP]
    int32_t *type;  // 0 for the first text with its [CLS] and [SEP], 1 for the second
    size_t count;
    bool truncated;
} Encoding;

// text_b NULL: a single text. max_length >= 3 (5 for a pair); texts are UTF-8 (checked by the
// loader; what is no UTF-8 is dropped here). The arena gives room for max_length tokens and types.
void tokenizer_encode(const Tokenizer *tokenizer, Arena *arena, const char *text,
                      const char *text_b, size_t max_length, Encoding *encoding);
// The same into the caller's arrays encoding->token and encoding->type of max_length each.
void tokenizer_encode_into(const Tokenizer *tokenizer, const char *text, const char *text_b,
                           size_t max_length, Encoding *encoding);
#endif
